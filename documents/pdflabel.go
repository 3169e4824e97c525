package documents

import "strings"

// A label's size in millimetres: 3 1/3 by 4 inches, four on a page of A4.
const (
	labelWide = 84.0
	labelHigh = 102.0
	module    = 0.254 // the narrowest bar; 10 of them are quiet on both sides
)

// labels draws the proofs, four on a page.
func (s *sheet) labels(x labels) {
	left := (s.across - 2*labelWide - 6) / 2
	s.y -= 2
	for i, l := range x.list {
		if i%2 == 0 && (i == 0 || s.y+labelHigh > s.bottom()+2) {
			if s.y+labelHigh > s.bottom()+2 {
				s.page()
			}
		}
		s.label(left+float64(i%2)*(labelWide+6), s.y, l)
		if i%2 == 1 || i == len(x.list)-1 {
			s.y += labelHigh + 3
		}
	}
}

// label draws one proof with its corner at x, y.
func (s *sheet) label(x, y float64, l label) {
	s.frame(x, y, labelWide, labelHigh, ink, 0.3)
	s.fill(x+0.15, y+0.15, labelWide-0.3, 6.2, colour{250, 232, 230})
	s.centred(x, y+4.4, l.proof.join(), 7.6, alarm, true)
	w := labelWide - 8
	at := y + 11.5
	s.write(x+4, at, l.number.en, 12, ink, true)
	if l.number.zh != "" {
		s.write(x+4+s.width(l.number.en, 12)+3, at, l.number.zh, 9, faint, false)
	}
	at += 3
	half := w/2 - 1
	low := at
	for i, b := range []box{l.from, l.to} {
		cy := at
		bx := x + 4 + float64(i)*(half+2)
		put := func(text string, size float64, c colour, most int) {
			for n, line := range s.wrap(text, size, half) {
				if n < most {
					cy += size * 1.3 * pointMM
					s.write(bx, cy, line, size, c, false)
				}
			}
		}
		put(b.title.join(), 6, faint, 1)
		if b.gap && b.name == "" {
			cy += 3
			s.missing(bx, cy, 6.5)
		}
		put(b.name, 6.8, ink, 2)
		put(strings.Join(b.lines, ", "), 6.4, ink, 4)
		low = max(low, cy)
	}
	at = max(low+2.2, y+34)
	s.line(x+4, at, x+labelWide-4, rule, 0.2)
	s.barcode(x, at+2.5, l)
	at += 28
	s.line(x+4, at, x+labelWide-4, rule, 0.2)
	at += 1
	for i, f := range l.fields {
		if i > 5 {
			break
		}
		fx := x + 4 + float64(i%2)*(half+2)
		if i%2 == 0 {
			at += 3.6
		}
		label := f.label.en
		s.write(fx, at, label, 5.6, faint, false)
		if f.gap {
			s.missing(fx+s.width(label, 5.6)+1.5, at, 6.2)
			continue
		}
		s.write(fx+s.width(label, 5.6)+1.5, at, s.wrap(f.value, 6.8, half-s.width(label, 5.6)-1.5)[0], 6.8, ink, false)
	}
	at += 3.2
	for _, c := range l.contents {
		at += 3.4
		s.write(x+4, at, s.wrap(c, 7.2, w)[0], 7.2, ink, true)
	}
	var marks []string
	for _, m := range l.marks {
		marks = append(marks, m.en)
	}
	s.centred(x, y+labelHigh-2.6, strings.Join(marks, "   "), 8, ink, true)
}

// barcode draws the box's id as Code 128 with its quiet zones, and the id beneath; or says that there is none.
func (s *sheet) barcode(x, y float64, l label) {
	if l.bars == nil {
		s.centred(x, y+8, l.derived.en, 7.5, alarm, false)
		s.centred(x, y+12, l.derived.zh, 7.5, alarm, false)
		return
	}
	m := module
	for float64(len(l.bars)+20)*m > labelWide-2 {
		m *= 0.95
	}
	s.pdf.SetFillColor(0, 0, 0)
	left := x + (labelWide-float64(len(l.bars))*m)/2
	for i := 0; i < len(l.bars); {
		n := 0
		for i+n < len(l.bars) && l.bars[i+n] == l.bars[i] {
			n++
		}
		if l.bars[i] {
			s.pdf.Rect(left+float64(i)*m, y, float64(n)*m, 14, "F")
		}
		i += n
	}
	s.centred(x, y+18, l.id, 9.5, ink, true)
	s.centred(x, y+21.6, l.derived.join(), 5.8, alarm, false)
}

// centred writes a line in the middle of a label, smaller when it would not fit.
func (s *sheet) centred(x, y float64, text string, size float64, c colour, bold bool) {
	for size > 4 && s.width(text, size) > labelWide-3 {
		size -= 0.3
	}
	s.write(x+(labelWide-s.width(text, size))/2, y, text, size, c, bold)
}
