package documents

import (
	"bytes"
	"fmt"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

// The page: A4 in millimetres.
const (
	margin   = 14.0
	footRoom = 16.0 // at the bottom, the foot in it
	lineRoom = 1.38 // a line's height in sizes
	gutter   = 6.0  // between boxes that stand beside each other
)

type colour struct{ r, g, b int }

var (
	ink    = colour{28, 33, 40}
	faint  = colour{104, 112, 122}
	accent = colour{14, 84, 104}
	alarm  = colour{176, 42, 36}
	rule   = colour{206, 212, 218}
	shade  = colour{241, 244, 246}
)

// sheet draws a paper.
type sheet struct {
	*typesetter
	pdf          *fpdf.Fpdf
	p            *paper
	across, down float64 // the page
	y            float64 // where the next part begins
}

// epoch stands in the properties of a paper whose day is not known: never the time at which it was made.
var epoch = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// pdf draws the paper. Characters that cannot be drawn are found before the first page.
func (p *paper) pdf(o Options) (data []byte, err error) {
	fonts, err := faces(o.Font)
	if err != nil {
		return nil, err
	}
	s := &sheet{typesetter: &typesetter{faces: fonts}, p: p, across: 210, down: 297}
	p.eachText(s.look)
	if len(s.lacking.Characters) > 0 {
		return nil, &s.lacking
	}
	defer func() {
		if r := recover(); r != nil { // a font that is broken where only drawing looks
			data, err = nil, fmt.Errorf("documents: draw the paper: %v", r)
		}
	}()
	orientation := "P"
	if p.wide {
		s.across, s.down, orientation = s.down, s.across, "L"
	}
	s.pdf = fpdf.New(orientation, "mm", "A4", "")
	s.properties()
	for i := range s.faces {
		s.pdf.AddUTF8FontFromBytes(s.faces[i].name, "", bytes.Clone(s.faces[i].data)) // fpdf writes into what it is given
	}
	s.page()
	s.title()
	for i, x := range p.parts {
		// A signature does not stand alone on a page: what is before it comes along.
		if g, ok := x.(group); ok && i+1 < len(p.parts) {
			if sign, ok := p.parts[i+1].(signatures); ok {
				s.room(s.groupHigh(g) + s.signHigh(sign))
			}
		}
		s.part(x)
	}
	s.feet()
	var b bytes.Buffer
	if err := s.pdf.Output(&b); err != nil {
		return nil, fmt.Errorf("documents: write the PDF: %w", err)
	}
	s.pdf = nil // its pages are in what it wrote
	if data, err = squeeze(b.Bytes()); err != nil {
		return nil, fmt.Errorf("documents: compress the PDF: %w", err)
	}
	return data, nil
}

func (s *sheet) properties() {
	made := s.p.made
	if made.IsZero() {
		made = epoch
	}
	s.pdf.SetCompression(false) // squeeze does it
	s.pdf.SetCatalogSort(true)
	s.pdf.SetCreationDate(made)
	s.pdf.SetModificationDate(made)
	s.pdf.SetTitle(s.p.title.en+" "+s.p.f.Invoice.Number, true)
	s.pdf.SetAuthor(s.p.f.Exporter.Name, true)
	s.pdf.SetCreator("Xiaobao", false)
	s.pdf.SetProducer("Xiaobao", false)
	s.pdf.SetLang("en")
	s.pdf.SetMargins(margin, margin, margin)
	s.pdf.SetAutoPageBreak(false, 0)
	s.pdf.SetDisplayMode("fullwidth", "continuous")
}

// inner is the width between the margins.
func (s *sheet) inner() float64 { return s.across - 2*margin }

// bottom is where the body of a page ends.
func (s *sheet) bottom() float64 { return s.down - footRoom }

// page begins a page. All but the first say shortly what they belong to.
func (s *sheet) page() {
	s.pdf.AddPage()
	s.y = margin
	if s.pdf.PageNo() == 1 {
		return
	}
	s.write(margin, s.y+3, s.p.title.join(), 8, faint, false)
	right := ""
	for _, f := range s.p.head {
		if f.value != "" {
			right = f.value
			break
		}
	}
	s.write(s.across-margin-s.width(right, 8), s.y+3, right, 8, faint, false)
	s.line(margin, s.y+5, s.across-margin, rule, 0.2)
	s.y += 9
}

// room begins a page when less than h is left.
func (s *sheet) room(h float64) {
	if s.y+h > s.bottom() {
		s.page()
	}
}

func (s *sheet) title() {
	p := s.p
	size := 20.0
	for size > 11 && s.width(p.title.en, size) > s.inner()-76 { // what stands in the corner has room
		size--
	}
	s.write(margin, s.y+7.5, p.title.en, size, accent, true)
	if p.title.zh != "" {
		s.write(margin, s.y+14.5, p.title.zh, 12, faint, false)
	}
	y, labelAt := s.y+3, s.across-margin-72
	for _, f := range p.head {
		s.write(labelAt, y, f.label.join(), 7.5, faint, false)
		switch {
		case f.value != "":
			for i, l := range s.wrap(f.value, 10, 40) {
				if i == 2 {
					break
				}
				s.write(labelAt+33, y+float64(i)*4.4, l, 10, ink, true)
				if i > 0 {
					y += 4.4
				}
			}
		case f.gap:
			s.missing(labelAt+33, y, 9)
		default:
			s.write(labelAt+33, y, "–", 10, faint, false)
		}
		y += 6
	}
	below := s.y + 18
	if p.title.zh == "" {
		below = s.y + 13
	}
	if p.draft {
		d := p.say("paper.draft").join()
		w := s.width(d, 9) + 6
		s.fill(s.across-margin-w, max(y-3, s.y+10), w, 5.6, colour{250, 232, 230})
		s.write(s.across-margin-w+3, max(y-3, s.y+10)+4, d, 9, alarm, true)
		y = max(y-3, s.y+10) + 5.6
	}
	s.y = max(below, y) + 1
	s.line(margin, s.y, s.across-margin, accent, 0.7)
	s.y += 5
}

// feet writes the foot of every page, when it is known how many there are.
func (s *sheet) feet() {
	n := s.pdf.PageCount()
	for i := 1; i <= n; i++ {
		s.pdf.SetPage(i)
		y := s.down - 9
		s.line(margin, y-4, s.across-margin, rule, 0.2)
		page := s.p.say("paper.page", count("Page", i), count("Of", n)).join()
		w := s.width(page, 7)
		s.write(s.across-margin-w, y, page, 7, faint, false)
		left := s.p.notice.en
		if !s.p.made.IsZero() {
			left = s.p.made.Format(time.DateOnly) + "  " + left
		}
		s.write(margin, y, s.wrap(left, 7, s.inner()-w-6)[0], 7, faint, false)
		s.write(margin, y+3.4, s.p.notice.zh, 7, faint, false)
	}
}

// write draws one line of text with its baseline at y. Bold is drawn by the outline, so that one font is enough.
func (s *sheet) write(x, y float64, text string, size float64, c colour, bold bool) {
	if text == "" {
		return
	}
	s.pdf.SetTextColor(c.r, c.g, c.b)
	if bold {
		s.pdf.SetDrawColor(c.r, c.g, c.b)
		s.pdf.SetLineWidth(size * 0.011)
		s.pdf.SetTextRenderingMode(2)
	}
	for _, r := range s.runs(text) {
		s.pdf.SetFont(s.faces[r.face].name, "", size)
		s.pdf.Text(x, y, r.text)
		x += s.width(r.text, size)
	}
	if bold {
		s.pdf.SetTextRenderingMode(0)
	}
}

// missing marks a gap where a value should stand.
func (s *sheet) missing(x, y, size float64) {
	s.write(x, y, s.p.say("paper.gap").join(), size, alarm, false)
}

func (s *sheet) line(x1, y, x2 float64, c colour, w float64) {
	s.pdf.SetDrawColor(c.r, c.g, c.b)
	s.pdf.SetLineWidth(w)
	s.pdf.Line(x1, y, x2, y)
}

func (s *sheet) fill(x, y, w, h float64, c colour) {
	s.pdf.SetFillColor(c.r, c.g, c.b)
	s.pdf.Rect(x, y, w, h, "F")
}

func (s *sheet) frame(x, y, w, h float64, c colour, width float64) {
	s.pdf.SetDrawColor(c.r, c.g, c.b)
	s.pdf.SetLineWidth(width)
	s.pdf.Rect(x, y, w, h, "D")
}
