package shipment

import "strings"

// Check is what the check digit of a number says.
type Check string

// The three verdicts. A check digit that does not fit is a warning and no refusal: carriers do issue such numbers.
const (
	CheckNone   Check = "none" // the format has no check digit
	CheckOK     Check = "ok"
	CheckFailed Check = "failed"
)

// Doubt is the first reason to ask before a number is believed.
type Doubt string

// The doubts, the weightiest first.
const (
	NoDoubt        Doubt = ""
	DoubtMended    Doubt = "mended"    // a letter O or I was read as a digit
	DoubtCheck     Doubt = "check"     // the check digit does not fit
	DoubtAmbiguous Doubt = "ambiguous" // several carriers have such numbers: offer them all
	DoubtDigits    Doubt = "digits"    // bare digits, which fit by chance often enough
	DoubtShape     Doubt = "shape"     // a common shape without a check digit
)

// A Reading is one way to understand a number: as a number of one carrier in one of its formats.
type Reading struct {
	Carrier   string `json:"carrier"`   // the id of data/carriers.csv; "s10" is the post of Country
	Name      string `json:"name"`      // the carrier's name, or the post's
	NameZH    string `json:"name_zh"`   // the same for Chinese readers
	Format    string `json:"format"`    // the id of data/formats.csv
	FormatIs  string `json:"format_is"` // the format in English words
	Check     Check  `json:"check"`
	Sure      int    `json:"sure"`              // 0–100; compares readings and is no probability
	Country   string `json:"country,omitempty"` // of a postal number: the country of the post, ISO 3166-1
	Service   string `json:"service,omitempty"` // of a postal number: the kind of service (UPU S10)
	Parent    string `json:"parent,omitempty"`  // of a box: the shipment it belongs to
	Link      string `json:"link,omitempty"`    // where the carrier, or 17TRACK for it, shows the number
	Simulated bool   `json:"simulated,omitempty"`
}

// A Candidate is a place in a text that looks like a number to track. The embedded Reading is the likeliest; Others
// are the other possible ones, likeliest first.
type Candidate struct {
	Number string `json:"number"` // upper case, half width, without the separators people type
	Start  int    `json:"start"`  // text[Start:End] is what was read
	End    int    `json:"end"`
	Reading
	Others []Reading `json:"others,omitempty"`
	Doubt  Doubt     `json:"doubt,omitempty"`
}

// Confirm reports whether a person should say yes before the number is used.
func (c Candidate) Confirm() bool { return c.Doubt != NoDoubt }

// Recognise finds the numbers to track in whatever was pasted: one number, a list, a table, the address of a carrier's
// page, full-width characters, a sentence in any language. They come in the order of the text and do not overlap.
//
// Letters make a number tell its carrier; bare digits hardly do, since more than one in ten random ones fit some check
// digit. So bare digits always have a doubt, unless the line (or the heading above it) names the carrier, and in running text they only
// count when their check digit fits or a word such as "tracking" or "运单" stands in the same line. Text without numbers
// costs no allocation.
func Recognise(text string) []Candidate {
	if text == "" {
		return nil
	}
	s := scanner{text: text, tables: compiled()}
	var heading hint
	used := false // the heading has had numbers under it
	for start := 0; start < len(text); {
		end := len(text)
		if n := strings.IndexByte(text[start:], '\n'); n >= 0 {
			end = start + n
		}
		own, blank := s.hintsIn(start, end)
		s.hints = own
		if own == 0 {
			s.hints = heading
		}
		before := len(s.found)
		s.line(start, end)
		switch {
		case len(s.found) > before:
			used = true
		case own != 0:
			heading, used = own, false
		case blank && used:
			heading = 0
		}
		start = end + 1
	}
	return s.found
}

// line finds the numbers in one line.
func (s *scanner) line(i, end int) {
	s.end, s.url, s.clean = end, false, true
	glued, lastDigits := false, false // a dash just before; the word before it had digits
	for i < end {
		kind, _, size := s.read(i)
		if kind != letterOrDigit {
			switch kind {
			case fieldBreak:
				s.clean = true
			case other:
				s.clean, s.url = false, false
			case space, quote:
				s.url = false
			}
			glued = kind == dash && lastDigits || glued && kind == invisible
			if kind != dash && kind != invisible {
				lastDigits = false
			}
			i += size
			continue
		}
		w := s.word(i)
		if c, ok := s.candidate(i, w, glued); ok {
			s.found = append(s.found, c)
			i, glued, lastDigits = c.End, false, true
			continue
		}
		if strings.HasPrefix(s.text[w.end:end], "://") || w.www && strings.HasPrefix(s.text[w.end:end], ".") {
			s.url = true
		}
		s.clean, glued, lastDigits = false, false, w.digits > 0
		i = w.end
	}
}
