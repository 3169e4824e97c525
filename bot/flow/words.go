package flow

import "time"

// A Line is one sentence that has not been said yet: the id of a message in the catalogue and what goes into its holes.
// The engine only ever names words; rendering happens once, in the reader's language.
type Line struct {
	ID   string `json:"id"`
	Args []Arg  `json:"args,omitempty"`
}

// Say makes a Line.
func Say(id string, args ...Arg) Line { return Line{ID: id, Args: args} }

// An Arg fills the hole Name of a message. Its kind decides how it is formatted, so no raw code and no float reaches a
// sentence.
type Arg struct {
	Name string  `json:"n"`
	Kind ArgKind `json:"k"`
	Text string  `json:"t,omitempty"`    // Plain: as it is. Word: a message id. Number, Money, Quantity: a decimal string. Date: 2006-01-02
	Unit string  `json:"u,omitempty"`    // Money: ISO 4217. Quantity: kg, lb, cm, in, cbm ...
	At   int64   `json:"a,omitempty"`    // Time, Clock: microseconds since 1970, UTC
	List []Arg   `json:"l,omitempty"`    // Several: joined as the language does
	Line *Line   `json:"line,omitempty"` // KindLine: another sentence with holes of its own
}

// ArgKind is how an Arg is formatted.
type ArgKind string

// The kinds of arguments.
const (
	KindText     ArgKind = "text"
	KindWord     ArgKind = "word"
	KindNumber   ArgKind = "number"
	KindMoney    ArgKind = "money"
	KindQuantity ArgKind = "quantity"
	KindDate     ArgKind = "date"
	KindTime     ArgKind = "time"
	KindClock    ArgKind = "clock"
	KindSeveral  ArgKind = "several"
	KindLine     ArgKind = "line"
)

// Text is a text that somebody wrote; it goes into the sentence as it is.
func Text(name, text string) Arg { return Arg{Name: name, Kind: KindText, Text: text} }

// Word is another message, by its id.
func Word(name, id string) Arg { return Arg{Name: name, Kind: KindWord, Text: id} }

// Number is a decimal string; a count chooses the plural form when its name is Count.
func Number(name, decimal string) Arg { return Arg{Name: name, Kind: KindNumber, Text: decimal} }

// Money is an amount in a currency.
func Money(name, decimal, currency string) Arg {
	return Arg{Name: name, Kind: KindMoney, Text: decimal, Unit: currency}
}

// Quantity is an amount with a unit.
func Quantity(name, decimal, unit string) Arg {
	return Arg{Name: name, Kind: KindQuantity, Text: decimal, Unit: unit}
}

// Date is a civil date, which no time zone moves.
func Date(name, iso string) Arg { return Arg{Name: name, Kind: KindDate, Text: iso} }

// Time is a moment, shown in the reader's zone.
func Time(name string, t time.Time) Arg { return Arg{Name: name, Kind: KindTime, At: t.UnixMicro()} }

// Clock is a moment, shown in the reader's zone without naming it: for tables that name it once.
func Clock(name string, t time.Time) Arg { return Arg{Name: name, Kind: KindClock, At: t.UnixMicro()} }

// Several is a list, joined as the language joins lists.
func Several(name string, items ...Arg) Arg { return Arg{Name: name, Kind: KindSeveral, List: items} }

// exampleLines are an example of an answer for each slot.
func (t *turn) exampleLines(slots []string) []Line {
	var out []Line
	for _, slot := range slots {
		d := t.b.slots[slot]
		label := Word("Label", "slot."+slot+".label")
		switch {
		case t.b.has("slot." + slot + ".example"):
			out = append(out, Say("example.is", label, Word("Example", "slot."+slot+".example")))
		case d.Example != "":
			out = append(out, Say("example.is", label, Text("Example", d.Example)))
		case len(d.Options) > 0:
			var items []Arg
			for _, o := range t.options(d) {
				items = append(items, Arg{Kind: KindWord, Text: o.Label.ID})
			}
			out = append(out, Say("example.one_of", label, Several("Options", items...)))
		case d.Type == "yesno":
			out = append(out, Say("example.one_of", label, Several("Options", Word("", "value.yes"), Word("", "value.no"))))
		default:
			out = append(out, Say("example.type."+d.Type, label))
		}
	}
	return out
}
