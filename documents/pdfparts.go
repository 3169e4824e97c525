package documents

// part draws one part of a paper.
func (s *sheet) part(x part) {
	switch x := x.(type) {
	case group:
		s.group(x)
	case table:
		s.table(x)
	case prose:
		s.prose(x)
	case tasks:
		s.tasks(x)
	case labels:
		s.labels(x)
	case signatures:
		s.signatures(x)
	}
}

// heading draws the title of a part and keeps room for what follows it.
func (s *sheet) heading(t pairOf, follows float64) {
	if t.en == "" {
		return
	}
	s.room(9 + follows)
	s.write(margin, s.y+4, t.en, 10.5, accent, true)
	if t.zh != "" && t.zh != t.en {
		s.write(margin+s.width(t.en, 10.5)+2.5, s.y+4, t.zh, 9, faint, false)
	}
	s.y += 6.5
}

// A strip is one line of a box as it will be drawn.
type strip struct {
	label, value string
	size         float64
	bold, gap    bool
	c            colour
	above        float64
}

const (
	plainSize = 8.5
	smallSize = 7.2
	labelCol  = 41.0 // the width of the column of labels
)

// perRow is how many boxes stand beside each other: up to three, or two by two where a company's number would lack the room.
func (s *sheet) perRow(g group) int {
	switch n := len(g.boxes); {
	case s.p.wide && n == 4:
		return 4
	case !s.p.wide && (n > 3 || n > 2 && g.title.en == ""):
		return 2
	default:
		return min(n, 3)
	}
}

// groupHigh is how tall a group of one row will be.
func (s *sheet) groupHigh(g group) float64 {
	if len(g.boxes) == 0 {
		return 0
	}
	per := s.perRow(g)
	w, h := (s.inner()-gutter*float64(per-1))/float64(per), 0.0
	for _, b := range g.boxes {
		h = max(h, tall(s.strips(b, w)))
	}
	return h + 14
}

// group draws boxes beside each other.
func (s *sheet) group(g group) {
	if len(g.boxes) == 0 {
		return
	}
	per := s.perRow(g)
	s.heading(g.title, 14)
	w := (s.inner() - gutter*float64(per-1)) / float64(per)
	for i := 0; i < len(g.boxes); i += per {
		row := g.boxes[i:min(i+per, len(g.boxes))]
		strips := make([][]strip, len(row))
		h := 0.0
		for j, b := range row {
			strips[j] = s.strips(b, w)
			h = max(h, tall(strips[j]))
		}
		s.room(min(h, s.bottom()-margin-20))
		s.beside(strips, w)
		s.y += 4
	}
}

func tall(ss []strip) float64 {
	h := 0.0
	for _, x := range ss {
		h += x.above + x.size*lineRoom*pointMM
	}
	return h
}

// beside draws columns of strips; what does not fit goes on to the next page.
func (s *sheet) beside(cols [][]strip, w float64) {
	for {
		top, left, deepest := s.y, false, s.y
		for j := range cols {
			y := top
			x := margin + float64(j)*(w+gutter)
			for len(cols[j]) > 0 {
				one := cols[j][0]
				h := one.above + one.size*lineRoom*pointMM
				if y+h > s.bottom() {
					left = true
					break
				}
				y += h
				s.strip(x, y, one, w)
				cols[j] = cols[j][1:]
			}
			deepest = max(deepest, y)
		}
		s.y = deepest
		if !left {
			return
		}
		s.page()
	}
}

func (s *sheet) strip(x, y float64, one strip, w float64) {
	at := x
	y -= one.size * 0.32 * pointMM
	if one.label != "" {
		s.write(x, y, one.label, smallSize, faint, false)
	}
	if one.label != "" || one.above < 0 {
		at = x + s.labelWidth(w)
	}
	if one.gap {
		s.missing(at, y, one.size)
		return
	}
	s.write(at, y, one.value, one.size, one.c, one.bold)
}

func (s *sheet) labelWidth(w float64) float64 { return min(labelCol, w*0.46) }

// strips lays out a box: its title, the name, the lines, then labels with their values.
func (s *sheet) strips(b box, w float64) []strip {
	var out []strip
	for i, l := range s.wrap(b.title.join(), smallSize, w) {
		if b.title.en == "" {
			break
		}
		out = append(out, strip{value: l, size: smallSize, c: faint, above: gap(i == 0, 0.6)})
	}
	if b.name != "" {
		for i, l := range s.wrap(b.name, 9.5, w) {
			out = append(out, strip{value: l, size: 9.5, bold: true, c: ink, above: gap(i == 0, 0.8)})
		}
	}
	for _, l := range b.lines {
		for _, l := range s.wrap(l, plainSize, w) {
			out = append(out, strip{value: l, size: plainSize, c: ink})
		}
	}
	if b.gap {
		out = append(out, strip{gap: true, size: plainSize, above: 0.6})
	}
	lw := s.labelWidth(w)
	for i, f := range b.fields {
		first := gap(i > 0 || len(out) > 0, 0.7)
		labels := s.apart(f.label, smallSize, lw-2)
		values := []string{f.value}
		if !f.gap {
			values = s.wrap(f.value, plainSize, w-lw)
		}
		for n := range max(len(labels), len(values)) {
			one := strip{size: plainSize, c: ink, above: -0.0001}
			if n == 0 {
				one.above = max(first, 0)
			}
			if n < len(labels) {
				one.label = labels[n]
			}
			if n < len(values) {
				one.value, one.gap = values[n], f.gap
			}
			if one.label == "" {
				one.above = -0.0001 // stands under the value, not under the label
			}
			out = append(out, one)
		}
	}
	return out
}

// apart writes both languages in one line where they fit, else one under the other.
func (s *sheet) apart(t pairOf, size, w float64) []string {
	if one := t.join(); s.width(one, size) <= w {
		return []string{one}
	}
	out := s.wrap(t.en, size, w)
	if t.zh != "" && t.zh != t.en {
		out = append(out, s.wrap(t.zh, size, w)...)
	}
	return out
}

func gap(when bool, mm float64) float64 {
	if when {
		return mm
	}
	return 0
}

// prose draws sentences; loud ones stand on a shade.
func (s *sheet) prose(x prose) {
	size := 8.0
	var ls []strip
	inset := 0.0
	if x.loud {
		inset = 3
	}
	for i, t := range x.texts {
		for j, lang := range []string{t.en, t.zh} {
			if lang == "" || j == 1 && t.zh == t.en {
				continue
			}
			c := ink
			if j == 1 {
				c = faint
			}
			for n, l := range s.wrap(lang, size, s.inner()-2*inset) {
				ls = append(ls, strip{value: l, size: size, c: c, above: gap(n == 0 && i+j > 0, 0.8)})
			}
		}
	}
	s.heading(x.title, min(tall(ls), 20))
	if h := tall(ls); h < 50 {
		s.room(h + 4) // both languages stay together
	}
	for len(ls) > 0 {
		s.room(8)
		fits, h := 0, 0.0
		for fits < len(ls) {
			one := ls[fits].above + ls[fits].size*lineRoom*pointMM
			if s.y+h+one+3 > s.bottom() {
				break
			}
			h += one
			fits++
		}
		if fits == 0 {
			s.page()
			continue
		}
		if x.loud {
			s.fill(margin, s.y, s.inner(), h+3, shade)
			s.y += 1.2
		}
		for _, l := range ls[:fits] {
			s.y += l.above + l.size*lineRoom*pointMM
			s.write(margin+inset, s.y-l.size*0.32*pointMM, l.value, l.size, l.c, false)
		}
		if x.loud {
			s.y += 1.8
		}
		ls = ls[fits:]
	}
	s.y += 4
}

// tasks draws things to tick, with a box each.
func (s *sheet) tasks(x tasks) {
	s.heading(x.title, 8)
	for _, t := range x.items {
		var ls []strip
		for _, l := range s.wrap(t.text.en, plainSize, s.inner()-8) {
			ls = append(ls, strip{value: l, size: plainSize, c: ink})
		}
		if t.text.zh != "" {
			for _, l := range s.wrap(t.text.zh, plainSize, s.inner()-8) {
				ls = append(ls, strip{value: l, size: plainSize, c: faint})
			}
		}
		if t.note != "" {
			for _, l := range s.wrap(t.note, smallSize, s.inner()-8) {
				ls = append(ls, strip{value: l, size: smallSize, c: faint})
			}
		}
		s.room(min(tall(ls)+2, 100))
		s.frame(margin+0.3, s.y+0.5, 3.2, 3.2, ink, 0.25)
		if t.done {
			s.pdf.SetLineWidth(0.5)
			s.pdf.SetDrawColor(accent.r, accent.g, accent.b)
			s.pdf.Line(margin+0.8, s.y+2.1, margin+1.6, s.y+3.1)
			s.pdf.Line(margin+1.6, s.y+3.1, margin+3.2, s.y+0.9)
		}
		for _, l := range ls {
			s.room(l.size * lineRoom * pointMM)
			s.y += l.size * lineRoom * pointMM
			s.write(margin+6, s.y-l.size*0.32*pointMM, l.value, l.size, l.c, false)
		}
		s.y += 1.6
	}
	s.y += 3
}

// signHigh is how tall the place for a signature will be.
func (s *sheet) signHigh(x signatures) float64 {
	h := max(6*float64(len(x.fields)), 22) + 7
	for _, t := range []string{x.says.en, x.says.zh} {
		if t != "" {
			h += float64(len(s.wrap(t, 8, s.inner())))*8*lineRoom*pointMM + 1.5
		}
	}
	return h
}

// signatures draws where somebody signs and seals.
func (s *sheet) signatures(x signatures) {
	w := s.inner() * 0.6
	s.room(s.signHigh(x))
	s.y += 2
	if x.says.en != "" {
		for _, t := range []struct {
			text string
			c    colour
		}{{x.says.en, ink}, {x.says.zh, faint}} {
			if t.text == "" {
				continue
			}
			for _, l := range s.wrap(t.text, 8, s.inner()) {
				s.y += 8 * lineRoom * pointMM
				s.write(margin, s.y-1, l, 8, t.c, false)
			}
		}
		s.y += 3
	}
	top := s.y
	for _, f := range x.fields {
		s.y += 6
		s.write(margin, s.y-1.2, f.label.join(), smallSize, faint, false)
		switch {
		case f.value != "":
			s.write(margin+46, s.y-1.2, s.wrap(f.value, 9, w-48)[0], 9, ink, false)
		case f.gap:
			s.missing(margin+46, s.y-1.2, 8)
		}
		s.line(margin+45, s.y, margin+w, rule, 0.25)
	}
	x0 := margin + w + gutter
	h := max(s.y-top, 22)
	s.frame(x0, top, s.across-margin-x0, h, rule, 0.25)
	s.write(x0+2.5, top+4, x.seal.join(), smallSize, faint, false)
	s.y = top + h + 5
}
