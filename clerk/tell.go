package clerk

import (
	"fmt"
	"slices"
	"strings"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/landedcost"
)

// A Teller says what an estimate names: its sentences, amounts and rates, in one language.
type Teller struct {
	Words bot.Words
	Lang  string
	Zone  string

	cited []landedcost.Used // the rates so far, as they are numbered
}

// Sentence says a sentence of an estimate.
func (t *Teller) Sentence(x landedcost.Sentence) string {
	return t.Words.Say(t.Lang, t.Zone, t.line(x))
}

// Head says one of the titles and columns of estimates.
func (t *Teller) Head(id string, args ...flow.Arg) string {
	return t.Words.Say(t.Lang, t.Zone, flow.Say("landedcost."+id, args...))
}

// line turns a sentence into the words' own type. What an operator called something is taken in the reader's language.
func (t *Teller) line(x landedcost.Sentence) flow.Line {
	l := flow.Line{ID: x.ID, Args: make([]flow.Arg, len(x.Args))}
	for i, a := range x.Args {
		l.Args[i] = t.arg(a)
	}
	return l
}

func (t *Teller) arg(a landedcost.Arg) flow.Arg {
	switch a.Kind {
	case landedcost.AsName:
		return flow.Text(a.Name, t.Name(landedcost.Name{En: a.Text, Zh: a.Zh}))
	case landedcost.AsLine:
		l := t.line(*a.Line)
		return flow.Arg{Name: a.Name, Kind: flow.KindLine, Line: &l}
	case landedcost.AsSeveral:
		out := flow.Arg{Name: a.Name, Kind: flow.KindSeveral}
		for _, x := range a.List {
			out.List = append(out.List, t.arg(x))
		}
		return out
	}
	return flow.Arg{Name: a.Name, Kind: flow.ArgKind(a.Kind), Text: a.Text, Unit: a.Unit}
}

// Chinese says whether the reader reads Chinese.
func (t *Teller) Chinese() bool { return strings.HasPrefix(t.Lang, "zh") }

// Name is what an operator called something.
func (t *Teller) Name(n landedcost.Name) string {
	if t.Chinese() {
		return n.Zh
	}
	return n.En
}

// Money is an amount as an argument of a sentence.
func Money(name string, m landedcost.Money) flow.Arg {
	return flow.Money(name, strings.TrimPrefix(m.String(), m.Currency+" "), m.Currency)
}

// Cash writes an amount with its currency.
func (t *Teller) Cash(m landedcost.Money) string { return t.Head("line.named", Money("Name", m)) }

// Plain writes an amount without its currency.
func (t *Teller) Plain(m landedcost.Money) string {
	return t.Head("line.named", flow.Number("Name", strings.TrimPrefix(m.String(), m.Currency+" ")))
}

// Currency is what a currency is called; its code when nobody has called it anything.
func (t *Teller) Currency(code string) string {
	if !t.Words.Has(t.Lang, "currency."+code) {
		return code
	}
	return t.Words.Say(t.Lang, t.Zone, flow.Say("currency."+code))
}

// Payer says who pays for a line under the term of the sale.
func (t *Teller) Payer(p landedcost.Payer) string {
	if p == landedcost.Nobody {
		return t.Head("payer.nobody")
	}
	return t.Head("payer." + string(p))
}

// How says how a line came about.
func (t *Teller) How(l *landedcost.Line) string {
	how := make([]string, len(l.Formula))
	for i, f := range l.Formula {
		how[i] = t.Sentence(f)
	}
	if t.Chinese() {
		return strings.Join(how, "；")
	}
	return strings.Join(how, "; ")
}

// Days says how long a route takes, as its card says.
func (t *Teller) Days(e *landedcost.Estimate) string {
	if e.TransitDays[1] == 0 {
		return t.Head("head.days_unknown")
	}
	return t.Head("head.days", flow.Number("From", fmt.Sprint(e.TransitDays[0])), flow.Number("To", fmt.Sprint(e.TransitDays[1])))
}

// Measured says what was measured.
func (t *Teller) Measured(m *landedcost.Measure) string {
	measured := []string{t.Head("head.measure", flow.Number("Cartons", fmt.Sprint(m.Cartons)), flow.Number("Units", fmt.Sprint(m.Units)),
		flow.Quantity("Volume", m.CBM.String(), "cbm"), flow.Quantity("Weight", m.GrossKg.String(), "kg"))}
	if m.Chargeable.IsPositive() {
		measured = append(measured, t.Head("head.chargeable", flow.Quantity("Weight", m.Chargeable.String(), string(m.WeightUnit))))
	}
	if m.RevenueTons.IsPositive() {
		measured = append(measured, t.Head("head.rt", flow.Number("Tons", m.RevenueTons.String())))
	}
	return strings.Join(measured, " · ")
}

// noted are the notes in one paragraph; Chinese sentences have no space between them.
func (t *Teller) noted(all []landedcost.Estimate) string {
	if t.Chinese() {
		return strings.Join(t.Notes(all), "")
	}
	return strings.Join(t.Notes(all), " ")
}

// Notes says what belongs to every number of the estimates, each once.
func (t *Teller) Notes(all []landedcost.Estimate) []string {
	var said []string
	for i := range all {
		for _, n := range all[i].Notes {
			if text := t.Sentence(n); !slices.Contains(said, text) {
				said = append(said, text)
			}
		}
	}
	return said
}

// Flags says what somebody should look at; what several estimates have is said once.
func (t *Teller) Flags(all []landedcost.Estimate) []string {
	var said []string
	for i := range all {
		for _, f := range all[i].Flags {
			if text := t.Sentence(f); !slices.Contains(said, text) {
				said = append(said, text)
			}
		}
	}
	return said
}

// Cite numbers rates, each once, and returns their marks: "[1][3]".
func (t *Teller) Cite(used []landedcost.Used) string {
	var marks string
	for _, u := range used {
		at := slices.Index(t.cited, u)
		if at < 0 {
			at, t.cited = len(t.cited), append(t.cited, u)
		}
		if mark := fmt.Sprintf("[%d]", at+1); !strings.Contains(marks, mark) {
			marks += mark
		}
	}
	return marks
}

// Cited lists the rates that were cited, in the order of their numbers: what, since when, checked when, by which source.
func (t *Teller) Cited() []string {
	out := make([]string, len(t.cited))
	for i, u := range t.cited {
		out[i] = fmt.Sprintf("[%d] %s", i+1, t.rate(u))
	}
	return out
}

func (t *Teller) rate(u landedcost.Used) string {
	value := u.Value
	if u.Unit != "" && !strings.HasSuffix(value, "%") {
		value += " " + u.Unit
	}
	id := "head.rate"
	switch {
	case u.From == 0:
		id = "head.rate_undated"
	case u.To != 0:
		id = "head.rate_until"
	}
	args := []flow.Arg{flow.Text("What", u.What), flow.Text("Value", value), flow.Date("Checked", u.Checked.String()), flow.Text("Source", u.Source)}
	if u.From != 0 {
		args = append(args, flow.Date("From", u.From.String()))
	}
	if u.To != 0 {
		args = append(args, flow.Date("To", u.To.String()))
	}
	text := t.Head(id, args...)
	if u.Invented {
		text = t.Head("head.invented") + " · " + text
	}
	return text
}
