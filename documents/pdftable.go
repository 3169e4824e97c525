package documents

// A drawn is a line of a cell: its text, and how.
type drawn struct {
	text string
	size float64
	c    colour
	bold bool
	w    float64
}

const (
	cellSize = 8.0
	noteSize = 6.8
	padX     = 1.6
	padY     = 1.3
)

// table draws a table. Its header is carried to every page; a row that fits a page is never parted.
func (s *sheet) table(t table) {
	widths, total := make([]float64, len(t.cols)), 0.0
	for _, c := range t.cols {
		total += c.share
	}
	for i, c := range t.cols {
		widths[i] = s.inner() * c.share / total
	}
	head, headHigh := s.header(t, widths)
	s.heading(t.title, headHigh+8)
	if headHigh > 0 {
		s.room(headHigh + 8)
		s.drawHeader(head, headHigh, widths, t)
	}
	newPage := func() {
		s.page()
		if headHigh > 0 {
			s.drawHeader(head, headHigh, widths, t)
		}
	}
	for i, r := range t.rows {
		if i == len(t.rows)-1 { // a sum alone on a page would sum up nothing
			s.together(t, widths, r, newPage)
		}
		s.row(t, widths, r, false, newPage)
	}
	for _, r := range t.sums {
		s.row(t, widths, r, true, newPage)
	}
	s.y += 5
}

// header wraps the heads of the columns: English above Chinese.
func (s *sheet) header(t table, widths []float64) (lines [][]drawn, high float64) {
	lines = make([][]drawn, len(t.cols))
	for i, c := range t.cols {
		for _, x := range []struct {
			text string
			bold bool
		}{{c.head.en, true}, {c.head.zh, false}} {
			if x.text == "" || !x.bold && x.text == c.head.en {
				continue
			}
			for _, l := range s.wrap(x.text, smallSize, widths[i]-2*padX) {
				lines[i] = append(lines[i], drawn{text: l, size: smallSize, c: ink, bold: x.bold, w: s.width(l, smallSize)})
			}
		}
		h := 0.0
		for _, l := range lines[i] {
			h += l.high()
		}
		if h > 0 {
			high = max(high, h+2*padY)
		}
	}
	return lines, high
}

func (d drawn) high() float64 { return d.size * 1.32 * pointMM }

func (s *sheet) drawHeader(lines [][]drawn, high float64, widths []float64, t table) {
	s.fill(margin, s.y, s.inner(), high, shade)
	x := margin
	for i, ls := range lines {
		s.cellLines(x, s.y+padY, widths[i], ls, t.cols[i].right)
		x += widths[i]
	}
	s.y += high
	s.line(margin, s.y, s.across-margin, accent, 0.35)
}

func (s *sheet) cellLines(x, y, w float64, ls []drawn, right bool) {
	for _, l := range ls {
		y += l.high()
		at := x + padX
		if right {
			at = x + w - padX - l.w
		}
		s.write(at, y-l.size*0.3*pointMM, l.text, l.size, l.c, l.bold)
	}
}

// together goes to a new page when the last row and the sums have no room on this one.
func (s *sheet) together(t table, widths []float64, last []cell, newPage func()) {
	high := s.high(last, widths, false)
	for _, r := range t.sums {
		high += s.high(r, widths, true)
	}
	if s.y+high > s.bottom() && high < (s.bottom()-margin)*0.5 && s.y > s.bottom()*0.5 {
		newPage()
	}
}

// high is how tall a row will be.
func (s *sheet) high(r []cell, widths []float64, loud bool) float64 {
	high := 0.0
	for i, c := range r {
		h := 2 * padY
		for _, l := range s.cell(c, widths[i], loud) {
			h += l.high()
		}
		high = max(high, h)
	}
	return high
}

// row draws a row; one that is taller than a page goes on after newPage.
func (s *sheet) row(t table, widths []float64, r []cell, loud bool, newPage func()) {
	cells, high := make([][]drawn, len(r)), 0.0
	for i, c := range r {
		cells[i] = s.cell(c, widths[i], loud)
		h := 0.0
		for _, l := range cells[i] {
			h += l.high()
		}
		high = max(high, h+2*padY)
	}
	if s.y+high > s.bottom() && high < (s.bottom()-margin)*0.8 {
		newPage()
	}
	for {
		if s.y+padY*2+cellSize*1.32*pointMM > s.bottom() {
			newPage()
		}
		take, h := s.taken(cells)
		if loud {
			s.fill(margin, s.y, s.inner(), h, shade)
		}
		x := margin
		left := false
		for i := range cells {
			s.cellLines(x, s.y+padY, widths[i], cells[i][:take[i]], t.cols[i].right)
			cells[i] = cells[i][take[i]:]
			left = left || len(cells[i]) > 0
			x += widths[i]
		}
		s.y += h
		s.line(margin, s.y, s.across-margin, rule, 0.15)
		if !left {
			return
		}
		newPage()
	}
}

// taken says how many lines of each cell still fit the page, and how tall they are.
func (s *sheet) taken(cells [][]drawn) (take []int, high float64) {
	take = make([]int, len(cells))
	for i, ls := range cells {
		h := 2 * padY
		for _, l := range ls {
			if s.y+h+l.high() > s.bottom()+0.01 {
				break
			}
			h += l.high()
			take[i]++
		}
		high = max(high, h)
	}
	return take, high
}

// cell wraps a cell: its text, and its notes beneath.
func (s *sheet) cell(c cell, w float64, loud bool) []drawn {
	var out []drawn
	put := func(text string, size float64, col colour, bold bool) {
		for _, l := range s.wrap(text, size, w-2*padX) {
			out = append(out, drawn{l, size, col, bold, s.width(l, size)})
		}
	}
	if c.gap {
		put(s.p.say("paper.gap").join(), noteSize, alarm, false)
	} else if text := c.String(); text != "" {
		size := cellSize
		for c.num != nil && size > 5 && s.width(text, size) > w-2*padX {
			size -= 0.5 // a number is never parted
		}
		put(text, size, ink, loud)
	}
	for _, n := range c.notes {
		put(n, noteSize, faint, false)
	}
	return out
}
