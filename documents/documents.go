// Package documents makes the papers of a shipment: commercial invoice, packing list, customs data sheet, a proof of the carton
// labels, a checklist and the index of a claim, each as PDF and as XLSX; and it reads lists of goods and cartons from XLSX and CSV.
//
// Bytes in, bytes out. Nothing here knows the time, the disk or chance: the same facts give the same bytes, so a paper can be made
// again from its case whenever somebody asks for it.
//
//	facts.yaml ─► ReadFacts ─┐
//	lists ─► Read ───────────┼─► Facts ─► Check    what cannot be right (stops), what is doubtful (warns)
//	a case ──────────────────┘     │      Missing  how complete a paper is, and which fields it still needs
//	                               ▼
//	                        Make: a paper (titles, groups of facts, tables) ─► pdf.go or xlsx.go ─► File
//
// A paper whose fields are not all known is made all the same: it says DRAFT, marks the gaps and lists them. A paper whose numbers
// contradict each other, or that has characters which no font at hand can draw, is not made: Make's error says what to mend.
//
// Papers are in English, because customs read English, with Chinese beside it when the reader asked for Chinese. Every word comes
// from the catalogues (see Words); what the shipment says of itself comes from the facts. Where a rule comes from, comments say by
// the id that the room knowledge has for the source.
package documents

import (
	"fmt"
	"slices"
	"strings"
)

// A Kind is a kind of paper.
type Kind string

// The kinds, in the order in which their files sort.
const (
	Checklist Kind = "checklist"          // what to check before the goods leave
	Invoice   Kind = "commercial-invoice" // after 19 CFR 141.86
	Customs   Kind = "customs-data"       // what the brokers on both sides ask for
	Labels    Kind = "label-proof"        // a proof of the carton labels, never the labels themselves
	Packing   Kind = "packing-list"       // what is in which carton
	Claim     Kind = "claim-index"        // the first page of a bundle of evidence

	// Configuration is what to type into Seller Central when the shipment is created; only facts with settings have it.
	Configuration Kind = "configuration-sheet"
)

// Kinds lists the kinds of papers that every shipment may have; KindsFor has those that one speaks of.
func Kinds() []Kind { return []Kind{Checklist, Invoice, Customs, Labels, Packing, Claim} }

// step is the activation step in which a paper is made: its number begins the file's name.
func (k Kind) step() string {
	switch k {
	case Claim:
		return "09"
	case Configuration:
		return "06"
	}
	return "07"
}

// A Format is a kind of file.
type Format string

// The formats.
const (
	PDF  Format = "pdf"
	XLSX Format = "xlsx"
)

// mime says what a file of a format is called on the web.
func (f Format) mime() string {
	if f == PDF {
		return "application/pdf"
	}
	return "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
}

// Words are the catalogues. *locales.Words is one.
type Words interface {
	// Text is the message id in a language, as it stands; false when there is none.
	Text(lang, id string) (string, bool)
	// Accepted lists what people may write for the message id in a language.
	Accepted(lang, id string) []string
}

// Options say how a paper is made.
type Options struct {
	Format Format
	Lang   string // the reader's: with "zh-Hans" Chinese stands beside the English
	Words  Words
	Font   []byte // a TrueType font for the characters that the built-in one lacks; may be nil
}

// chinese says whether Chinese stands beside the English.
func (o Options) chinese() bool { return strings.HasPrefix(o.Lang, "zh") }

// A File is a finished paper. Name is ASCII and sorts by step.
type File struct {
	Name string
	Type string // the MIME type
	Data []byte
}

// Make makes a paper. Its error is a *Refusal when the facts contradict each other, and an *Unprintable when there are characters
// that no font at hand can draw; both say what to do. What is only missing or doubtful does not stop a paper: see Missing and Check.
func Make(kind Kind, f Facts, o Options) (File, error) {
	if stopping := blocks(Check(f)); len(stopping) > 0 {
		return File{}, &Refusal{stopping}
	}
	if slices.Contains(KindsOfJapan(), kind) && !f.ForJapan() {
		return File{}, &Refusal{[]Finding{{Level: Block, Field: "destination", Says: say("check.not_for_japan", word("Paper", "paper."+string(kind)))}}}
	}
	p, err := lay(kind, &f, o)
	if err != nil {
		return File{}, err
	}
	var data []byte
	switch o.Format {
	case PDF:
		data, err = p.pdf(o)
	case XLSX:
		data, err = p.xlsx(o)
	default:
		return File{}, fmt.Errorf("documents: there is no format %q", o.Format)
	}
	if err != nil {
		return File{}, err
	}
	return File{Name: FileName(kind, f, o.Format), Type: o.Format.mime(), Data: data}, nil
}

// FileName is what Make calls a paper: 07-commercial-invoice-INV-2026-0117.pdf. The reference is the facts', the number of the
// invoice or the id of the shipment, whichever is there first.
func FileName(kind Kind, f Facts, format Format) string {
	name := kind.step() + "-" + string(kind)
	for _, ref := range []string{f.Reference, f.Invoice.Number, f.Amazon.ShipmentID} {
		if s := slug(ref); s != "" {
			return name + "-" + s + "." + string(format)
		}
	}
	return name + "." + string(format)
}

// slug keeps what every file system takes.
func slug(s string) string {
	var b strings.Builder
	for _, r := range s {
		switch {
		case r >= '0' && r <= '9', r >= 'A' && r <= 'Z', r >= 'a' && r <= 'z', r == '_':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	return strings.Trim(b.String(), "-")
}

// A Refusal says why a paper was not made: numbers that contradict each other.
type Refusal struct{ Findings []Finding }

// Error names them by their ids, for a log; a person reads the findings' sentences.
func (r *Refusal) Error() string {
	var ids []string
	for _, f := range r.Findings {
		ids = append(ids, f.Field+": "+f.Says.ID)
	}
	return "documents: the facts contradict each other: " + strings.Join(ids, ", ")
}

// An Unprintable names characters that no font at hand can draw, and where they stand.
type Unprintable struct {
	Characters []rune   // each once, in the order in which they came up
	In         []string // the texts they stand in, at most ten, cut short
}

// Says names the characters and what to do, for a person.
func (u *Unprintable) Says() Sentence {
	var which []string
	for _, r := range u.Characters[:min(len(u.Characters), 20)] {
		which = append(which, fmt.Sprintf("%c (U+%04X)", r, r))
	}
	s := say("check.unprintable", text("Which", ""))
	s.Args[0].Text = strings.Join(which, ", ")
	return s
}

// Error names the characters.
func (u *Unprintable) Error() string {
	return fmt.Sprintf("documents: no font at hand has %q", u.Characters)
}
