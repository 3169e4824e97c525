package flow

import (
	"slices"
	"strconv"
	"strings"
)

// zero is the value of a slot that is not known, as expressions see it.
func (d *SlotDef) zero() any {
	switch d.Type {
	case "yesno":
		return false
	case "number", "quantity", "money":
		return 0.0
	case "choices", "list":
		return []string{}
	case "dimensions":
		return []float64{0, 0, 0}
	case "rows":
		return [][]string{}
	}
	return ""
}

// native is a value as expressions see it.
func (d *SlotDef) native(v Value) any {
	switch d.Type {
	case "yesno":
		return v.Text == "yes"
	case "number", "money":
		return decimal(v.Text)
	case "quantity":
		return decimal(v.Text) * scale(v.Unit, d.units[0])
	case "choices", "list":
		if v.List == nil {
			return []string{}
		}
		return v.List
	case "dimensions":
		out := []float64{0, 0, 0}
		for i := range min(3, len(v.List)) {
			out[i] = decimal(v.List[i]) * scale(v.Unit, d.units[0])
		}
		return out
	case "rows":
		if v.Rows == nil {
			return [][]string{}
		}
		return v.Rows
	}
	return v.Text
}

func decimal(s string) float64 {
	f, _ := strconv.ParseFloat(s, 64)
	return f
}

// perBase is how many of a base unit one of a unit is; units of different kinds never meet in one slot.
var perBase = map[string]float64{"kg": 1, "g": 0.001, "lb": 0.45359237, "cm": 1, "m": 100, "in": 2.54, "cbm": 1}

func scale(from, to string) float64 {
	a, b := perBase[from], perBase[to]
	if from == to || a == 0 || b == 0 {
		return 1
	}
	return a / b
}

func (d *SlotDef) column(id string) int {
	return slices.IndexFunc(d.columns, func(c *SlotDef) bool { return c.ID == id })
}

// option is the message id of an option's label.
func (d *SlotDef) option(value string) string { return "option." + d.Set + "." + value }

// arg is a value as a sentence shows it.
func (d *SlotDef) arg(name string, v Value) Arg {
	switch d.Type {
	case "yesno":
		return Word(name, "value."+v.Text)
	case "choice":
		return Word(name, d.option(v.Text))
	case "choices":
		items := make([]Arg, len(v.List))
		for i, o := range v.List {
			items[i] = Word("", d.option(o))
		}
		return Several(name, items...)
	case "list":
		return someOf(name, len(v.List), func(i int) string { return v.List[i] })
	case "number":
		return Number(name, v.Text)
	case "quantity":
		return Quantity(name, v.Text, v.Unit)
	case "money":
		return Money(name, v.Text, v.Unit)
	case "date":
		return Date(name, v.Text)
	case "dimensions":
		return Text(name, strings.Join(v.List, " × ")+" "+v.Unit)
	case "rows":
		rows := Say("value.rows", Number("Count", strconv.Itoa(len(v.Rows))))
		return Arg{Name: name, Kind: KindLine, Line: &rows}
	}
	if d.Kind == "seller_id" {
		return Text(name, maskTail(v.Text))
	}
	return Text(name, v.Text)
}

// maskTail hides all but the last four characters.
func maskTail(s string) string {
	if len(s) <= 4 {
		return s
	}
	return "…" + s[len(s)-4:]
}

// typed is a value as a person would type it, to prefill a field.
func (d *SlotDef) typed(v Value) string {
	switch d.Type {
	case "choices", "list":
		return strings.Join(v.List, "\n")
	case "quantity":
		return v.Text + " " + v.Unit
	case "money":
		return v.Unit + " " + v.Text
	case "dimensions":
		return strings.Join(v.List, "x") + " " + v.Unit
	case "rows":
		lines := make([]string, len(v.Rows))
		for i, r := range v.Rows {
			lines[i] = strings.TrimRight(strings.Join(r, ", "), ", ") // without the empty cells at its end
		}
		return strings.Join(lines, "\n")
	}
	return v.Text
}

// fact is a slot's label and value for a summary; Missing when it is not known.
func (b *Book) fact(slot string, slots map[string]Slot) Fact {
	d := b.slots[slot]
	f := Fact{Label: Say("slot." + slot + ".label")}
	s, ok := slots[slot]
	if !ok {
		f.Missing, f.Value = true, Say("value.missing")
		return f
	}
	f.Value = Say("value.known", d.arg("Value", s.Value))
	return f
}

func sameValue(a, b Value) bool {
	return a.Text == b.Text && a.Unit == b.Unit && slices.Equal(a.List, b.List) &&
		slices.EqualFunc(a.Rows, b.Rows, func(x, y []string) bool { return slices.Equal(x, y) })
}
