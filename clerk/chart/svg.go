package chart

import (
	"fmt"
	"strings"
)

// A palette is the colours of one theme. The hues keep their distance for those who do not see all colours.
type palette struct {
	ground, ink, soft string
	hues, pale        []string
}

var (
	light = palette{
		ground: "#ffffff", ink: "#1f2430", soft: "#5b6472",
		hues: []string{"#2f6fb3", "#e08a1e", "#4d9a62", "#b2455d", "#7b62a8", "#4fa3b5", "#8a7a55", "#6b7280"},
		pale: []string{"#b5cce4", "#f3d4a8", "#bcdac4", "#e2bcc5", "#cdc3df", "#bddde4", "#d3ccbc", "#c6c9ce"},
	}
	dark = palette{
		ground: "#171b22", ink: "#e8ebf0", soft: "#a3adbb",
		hues: []string{"#6ea8e5", "#f0a94b", "#7cc492", "#e07d93", "#ab93da", "#79c8d8", "#bfae84", "#9aa2af"},
		pale: []string{"#34495f", "#6a5130", "#3c5a45", "#63404a", "#4f4663", "#3c5a62", "#57503f", "#484d55"},
	}
)

func (p palette) hue(i int, pale bool) string {
	from := p.hues
	if pale {
		from = p.pale
	}
	return from[((i%len(from))+len(from))%len(from)]
}

// SVG draws the bars for a page. It is light, and dark where the page that shows it is.
func (b Bars) SVG() []byte {
	l := b.layout()
	var s strings.Builder
	fmt.Fprintf(&s, `<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%.0f" viewBox="0 0 %d %.0f" role="img"%s>`, width, l.high, width, l.high, lang(b.Lang))
	fmt.Fprintf(&s, "<title>%s</title>", escape(b.Title))
	s.WriteString("<style>text{font-family:'Noto Sans','Noto Sans SC','PingFang SC','Microsoft YaHei',system-ui,sans-serif}@media (prefers-color-scheme:dark){")
	fmt.Fprintf(&s, ".g{fill:%s}.i{fill:%s}.s{fill:%s}", dark.ground, dark.ink, dark.soft)
	for i := range dark.hues {
		fmt.Fprintf(&s, ".h%d{fill:%s}.p%d{fill:%s}", i, dark.hues[i], i, dark.pale[i])
	}
	s.WriteString("}</style>")
	fmt.Fprintf(&s, `<rect class="g" width="%d" height="%.0f" rx="8" fill="%s"/>`, width, l.high, light.ground)
	for _, x := range l.boxes {
		class := "h"
		if x.pale {
			class = "p"
		}
		fmt.Fprintf(&s, `<rect class="%s%d" x="%.1f" y="%.1f" width="%.1f" height="%.1f" fill="%s"/>`, class, x.hue%len(light.hues), x.x, x.y, x.w, x.h, light.hue(x.hue, x.pale))
	}
	for _, w := range l.words {
		class, fill := "i", light.ink
		if w.soft {
			class, fill = "s", light.soft
		}
		anchor := ""
		if w.right {
			anchor = ` text-anchor="end"`
		}
		fmt.Fprintf(&s, `<text class="%s" x="%.1f" y="%.1f" font-size="%g"%s fill="%s">%s</text>`, class, w.x, w.y, w.size, anchor, fill, escape(w.text))
	}
	s.WriteString("</svg>\n")
	return []byte(s.String())
}

func lang(tag string) string {
	if tag == "" {
		return ""
	}
	return ` lang="` + escape(tag) + `"`
}

var safe = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;", "'", "&#39;")

// escape makes a text safe in XML, where some characters are not allowed at all.
func escape(text string) string {
	return safe.Replace(strings.Map(func(r rune) rune {
		if r < 0x20 && r != '\t' && r != '\n' || r == 0xfffe || r == 0xffff {
			return -1
		}
		return r
	}, text))
}
