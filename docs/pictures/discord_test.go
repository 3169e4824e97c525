package pictures

import (
	"encoding/json"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/adapters/web/webtest"
	"xiaobao/locales"
)

// TestDiscordPictures walks through the beginning of step 1 at a stand-in for Discord, in both languages, and takes pictures of what the program
// really sent: its components are drawn as plain HTML, which looks like Discord only as far as their kinds, order, words and colours go.
func TestDiscordPictures(t *testing.T) {
	words, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := discordtest.New(t)
	t.Setenv("DISCORD_TOKEN", discordtest.Token)
	t.Setenv("DISCORD_API_URL", s.API())
	dir := t.TempDir()
	if *update {
		dir = "."
	}
	a := album{T: t, words: words, dir: dir, base: start(t)}
	var page string
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprint(w, page)
	}))
	t.Cleanup(front.Close)
	p := webtest.Start(t).Person("en")
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	for n, who := range []struct{ lang, locale, user, send string }{{"en", "en-GB", discordtest.Person, "Fill In"}, {"zh-Hans", "zh-CN", discordtest.Stranger, "填写"}} {
		at := discordtest.InServer(who.locale)
		at.User = who.user
		k := 100 * n
		// The newest message that has a button, and what pressing it is.
		find := func(label string) (from discordtest.Message, payload map[string]any) {
			k++
			s.Wait(label, func() bool {
				for _, m := range s.Messages(discordtest.Channel) {
					if m.Only == who.user {
						if press := m.Pressed(k, at, label); press != nil {
							from, payload = m, press
						}
					}
				}
				return payload != nil
			})
			return from, payload
		}
		k++
		s.Do(at.Command(k, "step", "number", "1"))
		_, press := find(a.say(who.lang, "option.fulfilment.fba"))
		s.Do(press)
		_, press = find(who.send)
		opened := s.Do(press)
		var all strings.Builder
		for _, m := range s.Messages(discordtest.Channel) {
			if m.Only == who.user {
				all.WriteString(bubble(m, who.lang))
			}
		}
		page = sheet(who.lang, all.String())
		p.Size(720, 980, false)
		p.Go(front.URL)
		webtest.Eval[bool](p, "(window.scrollTo(0, document.body.scrollHeight), true)")
		a.shot(p, "discord-"+who.lang)
		page = sheet(who.lang, window(t, opened.Response))
		p.Size(520, 470, false)
		p.Go(front.URL)
		a.shot(p, "discord-form-"+who.lang)
	}
	if f := s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
	for _, name := range []string{"discord-en", "discord-zh-Hans", "discord-form-en", "discord-form-zh-Hans"} {
		if i, err := os.Stat(filepath.Join(dir, name+".png")); err != nil || i.Size() < 5000 {
			t.Errorf("%s: %v %v", name, i, err)
		}
	}
}

// A part is a component, as much of it as is drawn.
type part struct {
	Type        int    `json:"type"`
	Style       int    `json:"style"`
	Label       string `json:"label"`
	Description string `json:"description"`
	Content     string `json:"content"`
	Placeholder string `json:"placeholder"`
	Accent      int    `json:"accent_color"`
	Required    *bool  `json:"required"`
	Options     []struct {
		Label string `json:"label"`
	} `json:"options"`
	File struct {
		URL string `json:"url"`
	} `json:"file"`
	Component  *part  `json:"component"`
	Components []part `json:"components"`
}

// bubble draws a message.
func bubble(m discordtest.Message, lang string) string {
	var all []part
	_ = json.Unmarshal(m.Components, &all) // what cannot be read is not drawn, and the picture shows it
	var b strings.Builder
	for _, c := range all {
		b.WriteString(draw(c))
	}
	only := map[string]string{"en": "Only you can see this", "zh-Hans": "仅您可见"}[lang]
	return `<article><div class="who"><i>包</i><b>Xiaobao</b><em>APP</em></div><div class="body">` + b.String() + `<p class="only">` + only + `</p></div></article>`
}

func draw(c part) string {
	inner := func() string {
		var b strings.Builder
		for _, in := range c.Components {
			b.WriteString(draw(in))
		}
		return b.String()
	}
	esc := html.EscapeString
	switch c.Type {
	case 1:
		return `<div class="row">` + inner() + `</div>`
	case 2:
		return fmt.Sprintf(`<span class="button s%d">%s</span>`, c.Style, esc(c.Label))
	case 3:
		if c.Placeholder == "" && len(c.Options) > 0 {
			c.Placeholder = c.Options[0].Label
		}
		return `<span class="select">` + esc(c.Placeholder) + `<b>⌄</b></span>`
	case 4:
		return fmt.Sprintf(`<span class="input s%d">%s</span>`, c.Style, esc(c.Placeholder))
	case 10:
		return markdown(c.Content)
	case 13:
		return `<p class="file">📄 ` + esc(strings.TrimPrefix(c.File.URL, "attachment://")) + `</p>`
	case 14:
		return `<hr>`
	case 17:
		return fmt.Sprintf(`<section style="border-left-color:#%06x">%s</section>`, c.Accent, inner())
	case 18:
		star := `<u>*</u>`
		if c.Component == nil {
			return ""
		}
		if c.Component.Required != nil && !*c.Component.Required {
			star = ""
		}
		help := ""
		if c.Description != "" {
			help = `<small>` + esc(c.Description) + `</small>`
		}
		return `<label><b>` + esc(c.Label) + star + `</b>` + help + draw(*c.Component) + `</label>`
	case 19:
		return `<span class="input s1">⇪</span>`
	case 21, 22:
		var b strings.Builder
		for _, o := range c.Options {
			fmt.Fprintf(&b, `<span class="choice k%d"><i></i>%s</span>`, c.Type, esc(o.Label))
		}
		return b.String()
	}
	return fmt.Sprintf("<p>(%d)</p>", c.Type)
}

var (
	bold   = regexp.MustCompile(`\*\*(.+?)\*\*`)
	link   = regexp.MustCompile(`\[(.+?)\]\(&lt;.+?&gt;\)`)
	moment = regexp.MustCompile(`&lt;t:(\d+):f&gt;`)
	slash  = regexp.MustCompile(`\\(.)`)
)

// markdown draws what Xiaobao uses of Discord's markdown.
func markdown(s string) string {
	var b strings.Builder
	for l := range strings.SplitSeq(s, "\n") {
		tag := "p"
		for mark, t := range map[string]string{"### ": "h3", "-# ": "small"} {
			if rest, ok := strings.CutPrefix(l, mark); ok {
				l, tag = rest, t
			}
		}
		l = slash.ReplaceAllStringFunc(html.EscapeString(l), func(m string) string { return fmt.Sprintf("&#%d;", []rune(m)[1]) })
		l = link.ReplaceAllString(bold.ReplaceAllString(l, "<b>$1</b>"), "<a>$1</a>")
		l = moment.ReplaceAllStringFunc(l, func(m string) string {
			n, _ := strconv.ParseInt(moment.FindStringSubmatch(m)[1], 10, 64)
			return "<time>" + time.Unix(n, 0).UTC().Format("2 Jan 2006 15:04") + "</time>"
		})
		fmt.Fprintf(&b, "<%s>%s</%s>", tag, l, tag)
	}
	return b.String()
}

// window draws the form that an interaction was answered with.
func window(t *testing.T, response json.RawMessage) string {
	var r struct {
		Type int
		Data struct {
			Title      string
			Components []part
		}
	}
	if err := json.Unmarshal(response, &r); err != nil || r.Type != 9 {
		t.Fatalf("no window was opened: %v %s", err, response)
	}
	var b strings.Builder
	for _, c := range r.Data.Components {
		b.WriteString(draw(c))
	}
	return `<div class="window"><h3>` + html.EscapeString(r.Data.Title) + `</h3>` + b.String() + `</div>`
}

func sheet(lang, body string) string {
	return `<!doctype html><html lang="` + lang + `"><meta charset="utf-8"><style>
body{background:#313338;color:#dbdee1;font:15px/1.4 "Noto Sans","Liberation Sans","Noto Sans CJK SC",sans-serif;margin:18px}
article{margin:0 0 16px}.who{display:flex;gap:8px;align-items:center}.who i{width:34px;height:34px;border-radius:50%;background:#3b6ea5;color:#fff;display:grid;place-items:center;font-style:normal}
.who em{background:#5865f2;color:#fff;font:600 10px sans-serif;border-radius:3px;padding:2px 4px}.body{margin:2px 0 0 42px}
p{margin:0;min-height:8px}h3{margin:4px 0;font-size:17px;color:#f2f3f5}small{display:block;color:#949ba4;font-size:12.5px}a{color:#00a8fc}
section{background:#2b2d31;border:1px solid #3f4147;border-left:4px solid;border-radius:8px;padding:12px 14px}
.row{display:flex;flex-wrap:wrap;gap:8px;margin:8px 0 0}.button{background:#4e5058;color:#fff;border-radius:6px;padding:6px 14px;font-weight:500}
.s1.button{background:#5865f2}.s3.button{background:#248046}.s4.button{background:#da373c}
.select,.input{display:block;box-sizing:border-box;width:100%;background:#1e1f22;border-radius:6px;padding:8px 12px;color:#949ba4;min-height:38px}.select b{float:right}.input.s2{min-height:84px}
.only{color:#949ba4;font-size:12px;margin-top:5px}time{background:#3f4147;border-radius:3px;padding:0 3px}hr{border:0;border-top:1px solid #3f4147}
.window{background:#2b2d31;border-radius:10px;padding:18px}.window label{display:block;margin:14px 0}.window u{color:#f23f43;text-decoration:none}.window label>b,.window small{display:block;margin-bottom:4px}
.choice{display:flex;gap:10px;align-items:center;padding:5px 0}.choice i{width:18px;height:18px;border:2px solid #949ba4;border-radius:50%}.k22 i{border-radius:4px}
</style><body>` + body
}
