package flow

import (
	"math/big"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xiaobao/bot/answer"
)

// secret names the kind of secret a text holds; empty when it holds none.
func secret(text string) string {
	if found := answer.Secrets(text); len(found) > 0 {
		return string(found[0].Kind)
	}
	return ""
}

// clean prepares a typed line for being understood.
func clean(text string) string {
	s, _ := answer.Prose(text, 0)
	return s
}

// wordKey is a text as words are compared: without case, width, spaces and punctuation.
func wordKey(text string) string { return answer.Fold(text) }

// ordinal reads "2", "第二个", "2.".
func ordinal(text string) (int, bool) { return answer.OrdinalOf(text, 1000) }

// stepNumber reads which step is meant: "4", "step 4", "第四步", "步骤4".
func stepNumber(text string) (int, bool) {
	s, _ := answer.Clean(strings.ToLower(text), 100)
	for _, word := range []string{"step", "步骤", "第", "#"} {
		s = strings.TrimSpace(strings.TrimPrefix(s, word))
	}
	s = strings.TrimSpace(strings.TrimSuffix(s, "步"))
	q, ok := answer.Number(s)
	if !ok || q.Unit != "" {
		return 0, false
	}
	for n := 1; n <= 10; n++ {
		if q.Value == itoa(n) {
			return n, true
		}
	}
	return 0, false
}

// read reads a text for a slot of this case: an option that is not offered now is none.
func (t *turn) read(d *SlotDef, text string) (Value, *Line) {
	if d.optionWhen != nil {
		offered := *d
		offered.Options = nil
		for _, o := range t.options(d) {
			offered.Options = append(offered.Options, o.Value)
		}
		d = &offered
	}
	return t.b.read(d, text, t.now)
}

// read reads a typed or submitted text as a value of a slot. The fault says what is wrong and what to do.
func (b *Book) read(d *SlotDef, text string, now time.Time) (Value, *Line) {
	return b.readAs(d, d.ID, text, now)
}

func fault(id string, args ...Arg) (Value, *Line) {
	l := Say(id, args...)
	return Value{}, &l
}

// readAs reads a text for a slot or, with key "slot.column", for a column of one.
func (b *Book) readAs(d *SlotDef, key, text string, now time.Time) (Value, *Line) {
	switch d.Type {
	case "yesno":
		if v := b.yesNo(text); v != "" {
			return Value{Text: v}, nil
		}
		return fault("fault.yesno")
	case "choice":
		return b.readChoice(d, key, text)
	case "choices":
		return b.readChoices(d, key, text)
	case "text":
		return readText(d, text)
	case "id":
		return b.readID(d, text)
	case "number", "quantity":
		return readNumber(d, text)
	case "money":
		return readMoney(d, text)
	case "date":
		return readDate(text, now)
	case "dimensions":
		return readSize(d, text)
	case "list":
		return b.readList(d, text)
	case "rows":
		return b.readRows(d, text, now)
	}
	return fault("fault.empty")
}

func (b *Book) optionArgs(d *SlotDef, ids []string) Arg {
	var items []Arg
	for _, o := range ids {
		items = append(items, Word("", d.option(o)))
	}
	return Several("Options", items...)
}

func (b *Book) readChoice(d *SlotDef, key, text string) (Value, *Line) {
	m := b.words.options[key].Match(text)
	switch len(m.IDs) {
	case 1:
		if slices.Contains(d.Options, m.IDs[0]) {
			return Value{Text: m.IDs[0]}, nil
		}
		fallthrough // it exists, but is not offered now
	case 0:
		return fault("fault.choice", b.optionArgs(d, d.Options))
	}
	return fault("fault.ambiguous", b.optionArgs(d, m.IDs))
}

func (b *Book) readChoices(d *SlotDef, key, text string) (Value, *Line) {
	p := b.words.options[key].Choices(text)
	if len(p.Unclear) > 0 {
		u := p.Unclear[0]
		if len(u.Candidates) > 1 {
			return fault("fault.ambiguous", b.optionArgs(d, u.Candidates))
		}
		return fault("fault.choices", Text("Part", u.Text), b.optionArgs(d, d.Options))
	}
	if d.min != nil && len(p.IDs) < int(*d.min) {
		return fault("fault.too_few", Number("Min", decimalText(*d.min)))
	}
	if d.max != nil && len(p.IDs) > int(*d.max) {
		return fault("fault.too_many", Number("Count", itoa(len(p.IDs))), Number("Max", decimalText(*d.max)))
	}
	if len(p.IDs) == 0 {
		return fault("fault.choices", Text("Part", text), b.optionArgs(d, d.Options))
	}
	return Value{List: p.IDs}, nil
}

// defaultMax is how many characters a text may have when its slot does not say.
const defaultMax = 200

func readText(d *SlotDef, text string) (Value, *Line) {
	s, _ := answer.Prose(text, 0)
	limit := defaultMax
	if d.max != nil {
		limit = int(*d.max)
	}
	if n := utf8.RuneCountInString(s); n > limit {
		return fault("fault.text_max", Number("Count", itoa(n)), Number("Max", itoa(limit)))
	}
	if s == "" {
		return fault("fault.empty")
	}
	return Value{Text: s}, nil
}

func (b *Book) readID(d *SlotDef, text string) (Value, *Line) {
	if d.Example != "" && !strings.ContainsFunc(wordKey(text), func(r rune) bool { return r < 0x80 && (unicode.IsLetter(r) || unicode.IsDigit(r)) }) {
		return fault("fault.unlike", Text("Example", d.Example)) // words, not a mistyped number
	}
	check, _ := b.deps.Check(d.Kind)
	v := check(text)
	if v.Fault != nil {
		return Value{}, v.Fault
	}
	return Value{Text: v.Value}, nil
}

func decimalText(f float64) string { return nativeText(f) }

// limits checks a number against a slot's bounds.
func (d *SlotDef) limits(value string) *Line {
	f := decimal(value)
	if d.integer && strings.Contains(strings.TrimRight(strings.TrimRight(value, "0"), "."), ".") {
		l := Say("fault.integer")
		return &l
	}
	if d.min != nil && f < *d.min {
		l := Say("fault.min", Number("Min", decimalText(*d.min)))
		return &l
	}
	if d.max != nil && f > *d.max {
		l := Say("fault.max", Number("Max", decimalText(*d.max)))
		return &l
	}
	return nil
}

func readNumber(d *SlotDef, text string) (Value, *Line) {
	q, ok := answer.Number(text)
	if !ok {
		return fault("fault.number")
	}
	value, unit := q.Value, string(q.Unit)
	if d.Type == "number" {
		unit = ""
	} else if unit == "" {
		unit = d.units[0]
	} else if !slices.Contains(d.units, unit) {
		if value, ok = convert(value, unit, d.units[0]); !ok {
			return fault("fault.unit", unitArgs(d.units))
		}
		unit = d.units[0]
	}
	if d.integer {
		if i := strings.IndexByte(value, '.'); i >= 0 && strings.Trim(value[i+1:], "0") == "" {
			value = value[:i]
		}
	}
	if wrong := d.limits(value); wrong != nil {
		return Value{}, wrong
	}
	return Value{Text: value, Unit: unit}, nil
}

func unitArgs(units []string) Arg {
	var items []Arg
	for _, u := range units {
		items = append(items, Text("", u))
	}
	return Several("Units", items...)
}

// inBase is how many of a kind's base unit one of a unit is, exactly.
var inBase = map[string]struct{ kind, factor string }{
	"kg": {"mass", "1"}, "g": {"mass", "1/1000"}, "t": {"mass", "1000"}, "jin": {"mass", "1/2"}, "lb": {"mass", "0.45359237"}, "oz": {"mass", "0.028349523125"},
	"cm": {"length", "1"}, "mm": {"length", "1/10"}, "m": {"length", "100"}, "in": {"length", "2.54"}, "ft": {"length", "30.48"},
	"cbm": {"volume", "1"}, "cuft": {"volume", "0.028316846592"},
}

// convert turns a decimal from one unit into another of the same kind, rounded to four places.
func convert(value, from, to string) (string, bool) {
	a, b := inBase[from], inBase[to]
	if a.kind == "" || a.kind != b.kind {
		return "", false
	}
	x, ok := new(big.Rat).SetString(value)
	if !ok {
		return "", false
	}
	fa, _ := new(big.Rat).SetString(a.factor)
	fb, _ := new(big.Rat).SetString(b.factor)
	s := x.Mul(x, fa.Quo(fa, fb)).FloatString(4)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), "."), true
}

func readMoney(d *SlotDef, text string) (Value, *Line) {
	a, ok := answer.Money(text)
	if !ok {
		return fault("fault.money")
	}
	if a.Currency == "" && len(d.units) == 1 {
		a.Currency = d.units[0]
	}
	if !slices.Contains(d.units, a.Currency) {
		return fault("fault.currency", unitArgs(d.units), Text("Example", d.units[0]+" "+a.Value))
	}
	if wrong := d.limits(a.Value); wrong != nil {
		return Value{}, wrong
	}
	return Value{Text: a.Value, Unit: a.Currency}, nil
}

func readDate(text string, now time.Time) (Value, *Line) {
	w, ok := answer.Date(text, now, now.Location())
	switch {
	case !ok:
		return fault("fault.date")
	case w.Ambiguous():
		return fault("fault.date_two")
	}
	return Value{Text: w.Day.String()}, nil
}

func readSize(d *SlotDef, text string) (Value, *Line) {
	s, ok := answer.Dimensions(text)
	if !ok {
		return fault("fault.dimensions")
	}
	sides, unit := []string{s.Length, s.Width, s.Height}, string(s.Unit)
	if unit == "" {
		unit = d.units[0]
	}
	if !slices.Contains(d.units, unit) {
		for i, side := range sides {
			if sides[i], ok = convert(side, unit, d.units[0]); !ok {
				return fault("fault.unit", unitArgs(d.units))
			}
		}
		unit = d.units[0]
	}
	for _, side := range sides {
		if wrong := d.limits(side); wrong != nil {
			return Value{}, wrong
		}
		if decimal(side) <= 0 {
			return fault("fault.dimensions")
		}
	}
	return Value{List: sides, Unit: unit}, nil
}

// warnings are the doubts about a value that never block. text is what it was read from: that a number was mended, say, can be
// told from that only.
func (b *Book) warnings(d *SlotDef, v Value, text string) []Line {
	var out []Line
	if d.latin && strings.ContainsFunc(v.Text, func(r rune) bool { return r > 0x24F && r < 0x2000 || r > 0x206F }) {
		out = append(out, Say("warn.latin"))
	}
	if unused := b.unused(d, text); len(unused) > 0 {
		out = append(out, Say("warn.columns", Several("Columns", unused...)))
	}
	if d.Kind == "" {
		return out
	}
	items := []string{text}
	if d.Type != "id" {
		items = answer.Lines(text)
	}
	check, _ := b.deps.Check(d.Kind)
	var done []string
	for _, item := range items {
		if x := check(item); !slices.Contains(done, x.Value) {
			done = append(done, x.Value)
			out = append(out, x.Warnings...)
		}
	}
	return out
}
