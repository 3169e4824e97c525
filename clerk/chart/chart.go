// Package chart draws horizontal bars: what the routes of a comparison come to, or what an estimate is made of. It draws the same
// picture twice, as SVG for a page and as PNG for a chat, from one layout:
//
//	Bars ──► layout (boxes and texts, in units) ──► SVG: light, and dark where the reader's page is
//	                                             └► PNG: light, twice as many pixels as units
//
// Bytes out, nothing in but the arguments: the same bars and fonts give the same bytes. Whoever cannot see a picture reads Alt.
package chart

import (
	"strings"
	"unicode"
)

// Bars are what is drawn.
type Bars struct {
	Title  string
	Unit   string   // what the numbers are, said under the title: "USD"
	Series []string // the names of the parts, in the order they are laid beside each other; none: no legend
	Rows   []Row
	Note   string // said below: that it is no quote, that numbers are invented
	Lang   string // of the texts, BCP 47
}

// A Row is one bar.
type Row struct {
	Label string
	Total string // what it comes to, as it is read
	Note  string // small, beside the label: the days, "lowest"
	Parts []Part // laid beside each other
	Quiet bool   // paler: it is shown, but it does not count among the others
}

// sum is how long the bar is.
func (r Row) sum() float64 {
	var sum float64
	for _, p := range r.Parts {
		sum += max(0, p.Value)
	}
	return sum
}

// A Part is one piece of a bar. Values below zero are drawn as nothing.
type Part struct {
	Series int // which of Bars.Series it is
	Value  float64
}

// mostRows is how many bars fit into a picture that is still looked at.
const mostRows = 24

// Alt says what the picture shows, line by line.
func (b Bars) Alt() string {
	var s strings.Builder
	s.WriteString(b.Title)
	if b.Unit != "" {
		s.WriteString(" (" + b.Unit + ")")
	}
	for _, r := range b.Rows {
		s.WriteString("\n" + r.Label + ": " + r.Total)
		if r.Note != "" {
			s.WriteString(" · " + r.Note)
		}
	}
	return s.String()
}

// The measures of a picture, in units. A unit is a pixel of the page.
const (
	width   = 720
	edge    = 20
	barHigh = 18
	big     = 17
	normal  = 13
	small   = 11.5
)

// A box is a piece of a bar or of the legend; hue is an index into the palettes.
type box struct {
	x, y, w, h float64
	hue        int
	pale       bool
}

// A words is a line of text. Its y is the baseline.
type words struct {
	x, y, size float64
	right      bool // x is its end
	soft       bool // greyer
	text       string
}

// A layout is everything that is drawn, in the order in which it is.
type layout struct {
	high  float64
	boxes []box
	words []words
}

func (b Bars) layout() layout {
	var l layout
	y := float64(edge + big)
	say := func(w words) {
		w.text = clip(w.text, w.size, width-2*edge)
		if w.text != "" {
			l.words = append(l.words, w)
		}
	}
	say(words{x: edge, y: y, size: big, text: b.Title})
	if b.Unit != "" {
		y += 20
		say(words{x: edge, y: y, size: small, soft: true, text: b.Unit})
	}
	y = l.legend(b.Series, y+14)
	rows := b.Rows[:min(len(b.Rows), mostRows)]
	most := 0.0
	for _, r := range rows {
		most = max(most, r.sum())
	}
	for _, r := range rows {
		y += 30
		total := clip(r.Total, normal, width/2)
		label := clip(r.Label, normal, width-2*edge-wide(total, normal)-12)
		say(words{x: edge, y: y, size: normal, soft: r.Quiet, text: label})
		say(words{x: width - edge, y: y, size: normal, right: true, soft: r.Quiet, text: total})
		if left := width - 2*edge - wide(total, normal) - wide(label, normal) - 24; r.Note != "" && left > 40 {
			say(words{x: edge + wide(label, normal) + 10, y: y, size: small, soft: true, text: clip(r.Note, small, left)})
		}
		y += 7
		x := float64(edge)
		for _, p := range r.Parts {
			if p.Value <= 0 || most == 0 {
				continue
			}
			w := p.Value / most * (width - 2*edge)
			l.boxes = append(l.boxes, box{x, y, max(w, 1), barHigh, p.Series, r.Quiet})
			x += w
		}
		y += barHigh
	}
	for _, line := range wrap(b.Note, small, width-2*edge) {
		y += 22
		say(words{x: edge, y: y, size: small, soft: true, text: line})
	}
	l.high = y + edge
	return l
}

// legend puts the names of the series in lines below each other, and says where the last line ends.
func (l *layout) legend(series []string, y float64) float64 {
	if len(series) == 0 {
		return y - 14
	}
	x := float64(edge)
	y += 10
	for i, name := range series {
		name = clip(name, small, 200)
		w := 16 + wide(name, small) + 18
		if x+w > width-edge && x > edge {
			x, y = edge, y+20
		}
		l.boxes = append(l.boxes, box{x, y - 10, 11, 11, i, false})
		l.words = append(l.words, words{x: x + 16, y: y, size: small, text: name})
		x += w
	}
	return y
}

// wide is about how wide a text is: the same for every font, so that both pictures are laid out alike. It errs to the wide side.
func wide(text string, size float64) float64 {
	em := 0.0
	for _, r := range text {
		switch {
		case r >= 0x1100 && (unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul) || r >= 0x3000 && r <= 0x303f || r >= 0xff00 && r <= 0xff60):
			em++
		case unicode.IsUpper(r) || r == 'm' || r == 'w' || r == '%':
			em += 0.74
		case strings.ContainsRune(" .,:;'|ilIjft()[]·", r):
			em += 0.36
		default:
			em += 0.6
		}
	}
	return em * size
}

// clip shortens a text to a width; what was cut shows as ….
func clip(text string, size, most float64) string {
	text = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, strings.ToValidUTF8(text, ""))
	if wide(text, size) <= most {
		return text
	}
	runes := []rune(text)
	for len(runes) > 0 && wide(string(runes)+"…", size) > most {
		runes = runes[:len(runes)-1]
	}
	return strings.TrimSpace(string(runes)) + "…"
}

// wrap cuts a text into lines: between words, or between Chinese characters. At most three.
func wrap(text string, size, most float64) []string {
	var lines []string
	runes := []rune(strings.Join(strings.Fields(text), " "))
	for len(runes) > 0 && len(lines) < 3 {
		end, cut := 0, 0
		for end < len(runes) && wide(string(runes[:end+1]), size) <= most {
			end++
			if end == len(runes) || runes[end] == ' ' || unicode.Is(unicode.Han, runes[end]) && !strings.ContainsRune("（《“", runes[end-1]) {
				cut = end
			}
		}
		if cut == 0 {
			cut = max(end, 1)
		}
		if len(lines) == 2 && cut < len(runes) {
			lines = append(lines, clip(string(runes), size, most))
			break
		}
		lines = append(lines, string(runes[:cut]))
		runes = []rune(strings.TrimLeft(string(runes[cut:]), " "))
	}
	return lines
}
