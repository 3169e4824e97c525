package landedcost

import (
	"strconv"

	"github.com/shopspring/decimal"
)

// prefix is where this package's messages stand in the catalogues.
const prefix = "landedcost."

// A Sentence is a message that has not been said yet: its id in the catalogue, and what goes into its holes.
type Sentence struct {
	ID   string `json:"id"`
	Args []Arg  `json:"args,omitempty"`
}

// An Arg fills the hole Name.
type Arg struct {
	Name string    `json:"name"`
	Kind Kind      `json:"kind"`
	Text string    `json:"text"`
	Unit string    `json:"unit,omitempty"` // AsMoney: ISO 4217; AsQuantity: kg, lb, cm, in, cbm …
	Zh   string    `json:"zh,omitempty"`   // AsName: the same in Chinese
	Line *Sentence `json:"line,omitempty"` // AsLine
	List []Arg     `json:"list,omitempty"` // AsSeveral
}

// Kind is how an Arg is written.
type Kind string

// The kinds of arguments. Numbers are decimal strings.
const (
	AsText     Kind = "text"
	AsNumber   Kind = "number"
	AsMoney    Kind = "money"
	AsQuantity Kind = "quantity"
	AsDate     Kind = "date"
	AsWord     Kind = "word"    // Text is the id of another message
	AsLine     Kind = "line"    // another sentence
	AsSeveral  Kind = "several" // a list of arguments
	AsName     Kind = "name"    // what an operator called something, in English and in Chinese
)

// A Name is what an operator calls something, in both languages.
type Name struct {
	En string `json:"en"`
	Zh string `json:"zh"`
}

func say(id string, args ...Arg) Sentence { return Sentence{prefix + id, args} }

func text(name, s string) Arg      { return Arg{Name: name, Kind: AsText, Text: s} }
func count(name string, n int) Arg { return Arg{Name: name, Kind: AsNumber, Text: strconv.Itoa(n)} }
func date(name string, d Day) Arg  { return Arg{Name: name, Kind: AsDate, Text: d.String()} }
func word(name, id string) Arg     { return Arg{Name: name, Kind: AsWord, Text: prefix + id} }
func number(name string, d decimal.Decimal) Arg {
	return Arg{Name: name, Kind: AsNumber, Text: d.String()}
}
func cash(name string, m Money) Arg {
	return Arg{Name: name, Kind: AsMoney, Text: m.decimal(), Unit: m.Currency}
}
func quantity(name string, d decimal.Decimal, u Unit) Arg {
	return Arg{Name: name, Kind: AsQuantity, Text: d.String(), Unit: string(u)}
}
func percent(name string, d decimal.Decimal) Arg { return number(name, d.Mul(hundred)) }
func named(name string, n Name) Arg              { return Arg{Name: name, Kind: AsName, Text: n.En, Zh: n.Zh} }
