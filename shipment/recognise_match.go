package shipment

import "bytes"

// attempt is what might be one number: a word, or several with separators between them.
type attempt struct {
	number [longest]byte
	n      int
	digits int
	start  int
	end    int // byte after the last character
	words  int
	spaced bool // a space was left out
	dashes int  // how many dashes were left out
	dash   int  // the place of the last one
	inner  bool // a word in it is a number by itself, with a check digit that fits
	mended bool
}

// match is one reading of an attempt, before it is written out.
type match struct {
	shape  *shape
	check  Check
	sure   int
	hinted bool // its carrier is named
}

// matches are the readings of an attempt. No number has more than a handful.
type matches struct {
	list [12]match
	n    int
}

// candidate reads the number that begins with the word at i, if there is one. A word that is a number by itself stays
// alone; otherwise words are joined as people group digits: "RR 123 456 785 CN", "9400 1112 0620 6407 6287 46".
func (s *scanner) candidate(i int, w word, glued bool) (Candidate, bool) {
	if w.n > longest {
		return Candidate{}, false
	}
	a := attempt{start: i, end: i}
	s.add(&a, w)
	found, best, bestAlone := matches{}, attempt{}, false
	leading := w.digits == 0 // nothing but letters yet
	trailing := 0            // letters in words without digits, after the first digit
	for {
		if a.n >= shortest && a.digits > 0 {
			alone := s.aloneUntil(a.end)
			m := s.match(&a, alone, glued)
			if m.n == 0 && a.words == 1 {
				m = s.mend(&a, alone, glued)
			}
			if m.n > 0 && !(a.inner && m.list[0].check != CheckOK) {
				ok, bestOK := m.list[0].check == CheckOK, found.n > 0 && found.list[0].check == CheckOK
				if found.n == 0 || alone && (!bestAlone || a.n > best.n) || !bestAlone && (ok || !bestOK) {
					found, best, bestAlone = m, a, alone
				}
			}
			if m.n > 0 && a.words == 1 {
				break
			}
		}
		next, gap, ok := s.separator(a.end)
		if !ok {
			break
		}
		w := s.word(next)
		if w.n == 0 || a.n+w.n > longest || s.url && gap == space {
			break
		}
		if gap == dash {
			if a.words == 1 && a.n == 4 && a.digits == 4 && a.number[0] <= '2' && w.n == 2 { // the year of a date
				break
			}
			a.dashes, a.dash = a.dashes+1, a.n
		} else {
			switch a.spaced = true; {
			case leading && a.n > 4:
				return s.build(&best, &found)
			case !leading && w.digits == 0:
				if trailing += w.n; trailing > 2 {
					return s.build(&best, &found)
				}
			}
		}
		leading = leading && w.digits == 0
		if w.n >= 10 && w.digits > 0 && !a.inner {
			alone := attempt{start: next, end: next}
			s.add(&alone, w)
			m := s.match(&alone, true, false)
			a.inner = m.n > 0 && (m.list[0].check == CheckOK || m.list[0].sure > 85)
		}
		a.end = next
		s.add(&a, w)
	}
	return s.build(&best, &found)
}

// add appends the word that begins at a.end.
func (s *scanner) add(a *attempt, w word) {
	for i := a.end; i < w.end; {
		kind, c, size := s.read(i)
		if kind == letterOrDigit {
			a.number[a.n] = c
			a.n++
		}
		i += size
	}
	a.digits += w.digits
	a.words++
	a.end = w.end
}

// separator skips what may stand between two groups of one number: a few spaces, or one dash. It says where the next word begins.
func (s *scanner) separator(i int) (next int, gap kind, ok bool) {
	gap = invisible
	for range 8 {
		if i >= s.end {
			return 0, gap, false
		}
		kind, _, size := s.read(i)
		switch kind {
		case letterOrDigit:
			return i, gap, gap != invisible
		case space:
			gap = space
		case dash:
			if gap == dash {
				return 0, gap, false
			}
			if gap == invisible {
				gap = dash
			}
		case invisible:
		default:
			return 0, gap, false
		}
		i += size
	}
	return 0, gap, false
}

// match tries every format that has numbers of this length, and drops what does not deserve to be said.
func (s *scanner) match(a *attempt, alone, glued bool) (m matches) {
	number := a.number[:a.n]
	bare := a.digits == a.n
	if bare && (glued || s.dashedOn(a.end)) {
		return m
	}
	named, spoken := s.hints&s.tables.named, s.hints&spokenOf != 0
	phone := bare && a.n == 11 && number[0] == '1' && number[1] >= '3'
	accepted := 0 // how sure the best reading is that does not fail
	for i := range s.tables.byLength[a.n] {
		f := &s.tables.byLength[a.n][i]
		switch {
		case f.keyword != 0 && s.hints&f.keyword == 0, f.tight && a.spaced, f.mixed && bare, !f.fits(number):
			continue
		}
		if f.post {
			if _, ok := s.tables.posts[[2]byte(number[a.n-2:])]; !ok {
				continue
			}
		}
		x := match{shape: f}
		x.hinted = s.hints&f.bit != 0 || f.keyword != 0 || f.split > 0 && a.dashes == 1 && a.dash == f.split && !a.spaced
		if x.check = CheckNone; f.rule.kind != noRule {
			x.check = f.rule.check(number[f.from:f.to], number[f.to])
		}
		weak, told := false, 0 // told is how sure it is when the carrier is named
		switch x.check {
		case CheckOK:
			x.sure, told = f.sure.ok, 97
			weak = bare && (a.words > 1 && a.n < 15 || phone)
		case CheckNone:
			x.sure, told = f.sure.none, 90
			weak = bare || f.sure.none < 50 || a.spaced && f.sure.none < 90
		case CheckFailed:
			x.sure, told = f.sure.failed, 55
			weak = bare || a.spaced || f.sure.failed < 50
		}
		if !x.hinted {
			if weak && !alone && !spoken && named == 0 || (f.quiet || phone && !spoken) && x.check == CheckFailed || bare && s.url && !(spoken && named == 0) {
				continue
			}
			if bare && x.check != CheckOK {
				x.sure /= 2
			}
		} else {
			x.sure = max(x.sure, told)
		}
		if x.check != CheckFailed {
			accepted = max(accepted, x.sure)
		}
		m.insert(x)
	}
	if accepted > 0 { // what fails is not worth saying beside what does not, unless that is a shape that many numbers have
		kept := 0
		for _, x := range m.list[:m.n] {
			if x.check != CheckFailed || x.hinted || x.sure > accepted {
				m.list[kept] = x
				kept++
			}
		}
		m.n = kept
	}
	return m
}

// insert keeps the readings sorted, the surest first and otherwise in the order of formats.csv, and one for each format.
func (m *matches) insert(x match) {
	for i, y := range m.list[:m.n] {
		if y.shape.format.Format == x.shape.format.Format {
			if y.sure >= x.sure {
				return
			}
			copy(m.list[i:], m.list[i+1:m.n])
			m.n--
			break
		}
	}
	at := m.n
	for at > 0 && m.list[at-1].sure < x.sure {
		at--
	}
	if at == len(m.list) {
		return
	}
	m.n = min(m.n+1, len(m.list))
	copy(m.list[at+1:m.n], m.list[at:])
	m.list[at] = x
}

// mend tries O and I as the digits they look like, where the format wants digits. Only a check digit that then fits makes
// that believable.
func (s *scanner) mend(a *attempt, alone, glued bool) matches {
	number := a.number[:a.n]
	if bytes.IndexByte(number, 'O') < 0 && bytes.IndexByte(number, 'I') < 0 || a.digits*2 < a.n {
		return matches{}
	}
	for i := range s.tables.byLength[a.n] {
		f := &s.tables.byLength[a.n][i]
		if f.rule.kind == noRule {
			continue
		}
		b := *a
		for j, set := range f.want {
			if c := b.number[j]; set>>value(c)&1 == 0 && (c == 'O' || c == 'I') {
				b.number[j] = '0'
				if c == 'I' {
					b.number[j] = '1'
				}
				b.digits++
			}
		}
		if m := s.match(&b, alone, glued); m.n > 0 && m.list[0].check == CheckOK {
			*a = b
			a.mended = true
			return m
		}
	}
	return matches{}
}

// build writes a candidate out.
func (s *scanner) build(a *attempt, m *matches) (Candidate, bool) {
	if m.n == 0 {
		return Candidate{}, false
	}
	list := m.list[:m.n]
	top := list[0]
	choices := 1 // carriers that have about as good a claim as the best one
	possible := func(x match) bool {
		return x.hinted == top.hinted && x.sure*2 >= top.sure && x.check != CheckFailed
	}
	for i, x := range list[1:] {
		if !possible(x) {
			continue
		}
		choices++
		for _, y := range list[:i+1] {
			if y.shape.Carrier == x.shape.Carrier {
				choices--
				break
			}
		}
	}
	if choices > 1 {
		for i, x := range list {
			if possible(x) {
				list[i].sure /= choices
			}
		}
	}
	c := Candidate{Number: s.written(a, top.shape), Start: a.start, End: a.end}
	c.Reading = s.reading(&c, list[0])
	if m.n > 1 {
		c.Others = make([]Reading, 0, m.n-1)
		for _, x := range list[1:] {
			c.Others = append(c.Others, s.reading(&c, x))
		}
	}
	switch bare := a.digits == a.n; {
	case a.mended:
		c.Doubt = DoubtMended
	case top.check == CheckFailed:
		c.Doubt = DoubtCheck
	case choices > 1:
		c.Doubt = DoubtAmbiguous
	case bare && !(top.hinted && top.check == CheckOK):
		c.Doubt = DoubtDigits
	case top.sure < 70:
		c.Doubt = DoubtShape
	}
	return c, true
}

// written is the number as its carrier writes it. It is a part of the text where that already stands so.
func (s *scanner) written(a *attempt, f *shape) string {
	var room [longest + 8]byte
	out, from := room[:0], 0
	for _, at := range f.dashes {
		out = append(append(out, a.number[from:at]...), '-')
		from = at
	}
	out = append(out, a.number[from:a.n]...)
	if f.lower {
		out = bytes.ToLower(out)
	}
	if asIs := s.text[a.start:a.end]; asIs == string(out) {
		return asIs
	}
	return string(out)
}

// reading fills in what is particular to the number.
func (s *scanner) reading(c *Candidate, x match) Reading {
	r := x.shape.Reading
	r.Check, r.Sure = x.check, x.sure
	number := c.Number
	if x.shape.post {
		p := s.tables.posts[[2]byte([]byte(number[len(number)-2:]))]
		r.Country, r.Name, r.NameZH = p.code, p.operator, p.operatorZH
		for _, service := range s.tables.services {
			for i := range service.shapes {
				if fits(service.shapes[i].want, number[:2]) {
					r.Service = service.name
				}
			}
		}
	}
	if x.shape.parent {
		r.Parent = number[x.shape.from:x.shape.to]
	}
	if x.shape.linked {
		r.Link = x.shape.link[0] + number + x.shape.link[1]
	}
	return r
}
