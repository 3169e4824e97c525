package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"

	"xiaobao/bot/flow"
	"xiaobao/landedcost"
	"xiaobao/locales"
)

// sheet lays estimates out as text in one language.
type sheet struct {
	strings.Builder
	words *locales.Words
	lang  string
	cited []landedcost.Used // the rates so far, as they are numbered
}

// say says a sentence of an estimate.
func (s *sheet) say(x landedcost.Sentence) string { return s.words.Say(s.lang, "", s.line(x)) }

func (s *sheet) head(id string, args ...flow.Arg) string {
	return s.words.Say(s.lang, "", flow.Say("landedcost."+id, args...))
}

// line turns a sentence into the words' own type. What an operator called something is taken in the sheet's language.
func (s *sheet) line(x landedcost.Sentence) flow.Line {
	l := flow.Line{ID: x.ID, Args: make([]flow.Arg, len(x.Args))}
	for i, a := range x.Args {
		l.Args[i] = s.arg(a)
	}
	return l
}

func (s *sheet) arg(a landedcost.Arg) flow.Arg {
	switch a.Kind {
	case landedcost.AsName:
		return flow.Text(a.Name, s.name(landedcost.Name{En: a.Text, Zh: a.Zh}))
	case landedcost.AsLine:
		l := s.line(*a.Line)
		return flow.Arg{Name: a.Name, Kind: flow.KindLine, Line: &l}
	case landedcost.AsSeveral:
		out := flow.Arg{Name: a.Name, Kind: flow.KindSeveral}
		for _, x := range a.List {
			out.List = append(out.List, s.arg(x))
		}
		return out
	}
	return flow.Arg{Name: a.Name, Kind: flow.ArgKind(a.Kind), Text: a.Text, Unit: a.Unit}
}

func (s *sheet) name(n landedcost.Name) string {
	if strings.HasPrefix(s.lang, "zh") {
		return n.Zh
	}
	return n.En
}

func money(name string, m landedcost.Money) flow.Arg {
	return flow.Money(name, strings.TrimPrefix(m.String(), m.Currency+" "), m.Currency)
}

// cash writes an amount with its currency, plain one without.
func (s *sheet) cash(m landedcost.Money) string {
	return s.head("line.named", money("Name", m))
}

func (s *sheet) plain(m landedcost.Money) string {
	return s.head("line.named", flow.Number("Name", strings.TrimPrefix(m.String(), m.Currency+" ")))
}

// comparison writes the routes beside each other, then every one with all its lines, then what holds for
// all of them and the rates they were made with.
func (s *sheet) comparison(c landedcost.Comparison, ship landedcost.Shipment) {
	first := &c.Estimates[0]
	name := ship.Name
	if name == "" {
		name = "–"
	}
	s.row(s.head("head.title", flow.Text("Name", name), flow.Text("Destination", first.Destination), flow.Text("Incoterm", string(first.Incoterm)), flow.Date("On", first.On.String())))
	for _, note := range s.notes(c) {
		s.row("! " + note)
	}
	if len(c.Estimates) > 1 {
		s.beside(c)
	}
	common := s.commonFlags(c.Estimates)
	for i := range c.Estimates {
		s.estimate(&c.Estimates[i], common)
	}
	for _, r := range c.Refused {
		s.row("")
		s.refused(r)
	}
	if b := first.Bond; b != nil {
		s.row("")
		s.row(s.head("head.bond", money("Size", b.Size)) + " " + s.cite(b.Rates))
		for _, f := range b.Formula {
			s.row("  " + s.say(f))
		}
	}
	s.row("")
	s.list(s.head("head.flags"), s.flags(first.Flags, func(f string) bool { return common[f] }))
	s.row("")
	s.row(s.head("head.rates"))
	for i, u := range s.cited {
		s.row(fmt.Sprintf("  [%d] %s", i+1, s.rate(u)))
	}
}

// notes says what belongs to every number, each once.
func (s *sheet) notes(c landedcost.Comparison) []string {
	var said []string
	for _, e := range c.Estimates {
		for _, n := range e.Notes {
			if text := s.say(n); !slices.Contains(said, text) {
				said = append(said, text)
			}
		}
	}
	return said
}

func (s *sheet) row(text string) {
	s.WriteString(strings.TrimRight(text, " "))
	s.WriteByte('\n')
}

// beside is the table of routes: a row for each stage that any of them has.
func (s *sheet) beside(c landedcost.Comparison) {
	t := table{right: map[int]bool{}}
	top := []string{s.head("head.compare", flow.Text("Currency", c.Estimates[0].Currency))}
	for i, e := range c.Estimates {
		t.right[i+1] = true
		top = append(top, s.name(e.RouteName))
	}
	t.add(top...)
	each := func(label string, cell func(*landedcost.Estimate) string) {
		row := []string{label}
		for i := range c.Estimates {
			row = append(row, cell(&c.Estimates[i]))
		}
		if strings.Join(row[1:], "") != "" {
			t.add(row...)
		}
	}
	for _, stage := range landedcost.Stages() {
		each(s.head("stage."+string(stage)), func(e *landedcost.Estimate) string {
			for _, sub := range e.Subtotals {
				if sub.Stage == stage {
					return s.plain(sub.Sum)
				}
			}
			return ""
		})
	}
	t.rule()
	each(s.head("head.total"), func(e *landedcost.Estimate) string { return s.plain(e.Total) })
	each(s.head("head.landed"), func(e *landedcost.Estimate) string { return s.plain(e.Landed) })
	each(s.head("head.per_unit"), func(e *landedcost.Estimate) string { return s.plain(e.PerUnit) })
	each(s.head("head.transit"), func(e *landedcost.Estimate) string { return s.days(e) })
	each("", func(e *landedcost.Estimate) string {
		if e.Route == c.Cheapest {
			return s.head("head.cheapest")
		}
		return ""
	})
	each("", func(e *landedcost.Estimate) string {
		if e.Route == c.Fastest {
			return s.head("head.fastest")
		}
		return ""
	})
	s.row("")
	t.write(&s.Builder)
}

func (s *sheet) days(e *landedcost.Estimate) string {
	if e.TransitDays[1] == 0 {
		return s.head("head.days_unknown")
	}
	return s.head("head.days", flow.Number("From", strconv.Itoa(e.TransitDays[0])), flow.Number("To", strconv.Itoa(e.TransitDays[1])))
}

// estimate writes one route: what was measured, every line with how it came about, the sums, and the flags
// that only this route has.
func (s *sheet) estimate(e *landedcost.Estimate, common map[string]bool) {
	s.row("")
	s.row("== " + s.head("head.route", flow.Text("Route", s.name(e.RouteName)), flow.Word("Mode", "landedcost.mode."+string(e.Mode))) + " ==")
	m := &e.Measure
	measured := []string{s.head("head.measure", flow.Number("Cartons", strconv.Itoa(m.Cartons)), flow.Number("Units", strconv.Itoa(m.Units)),
		flow.Quantity("Volume", m.CBM.String(), "cbm"), flow.Quantity("Weight", m.GrossKg.String(), "kg"))}
	if m.Chargeable.IsPositive() {
		measured = append(measured, s.head("head.chargeable", flow.Quantity("Weight", m.Chargeable.String(), string(m.WeightUnit))))
	}
	if m.RevenueTons.IsPositive() {
		measured = append(measured, s.head("head.rt", flow.Number("Tons", m.RevenueTons.String())))
	}
	s.row(strings.Join(measured, " · "))
	for _, f := range e.Customs.Formula {
		s.row(s.say(f))
	}
	s.row("")

	t := table{right: map[int]bool{2: true, 3: true}}
	t.add(s.head("head.item"), s.head("head.payer"), s.head("head.amount"), s.head("head.sum", flow.Text("Currency", s.words.Say(s.lang, "", flow.Say("currency."+e.Currency)))), s.head("head.rates"), s.head("head.how"))
	var stage landedcost.Stage
	for i := range e.Lines {
		l := &e.Lines[i]
		if l.Stage != stage {
			stage = l.Stage
			t.wide("-- " + s.head("stage."+string(stage)))
		}
		payer := string(l.Payer)
		if payer == "" {
			payer = "nobody"
		}
		how := make([]string, len(l.Formula))
		for k, f := range l.Formula {
			how[k] = s.say(f)
		}
		t.add(s.say(l.Name), s.head("payer."+payer), s.cash(l.Amount), s.plain(l.Sum), s.cite(l.Rates), strings.Join(how, s.semicolon()))
	}
	t.rule()
	t.add(s.head("head.total"), "", "", s.plain(e.Total))
	if e.TaxTotal.Amount.IsPositive() {
		t.add(s.head("head.tax"), "", "", s.plain(e.TaxTotal))
	}
	t.add(s.head("head.landed"), "", "", s.plain(e.Landed))
	t.add(s.head("head.per_unit"), "", "", s.plain(e.PerUnit))
	t.write(&s.Builder)

	if len(e.Items) > 1 {
		s.row("")
		s.row(s.head("head.items"))
		for i, item := range e.Items {
			sku := item.SKU
			if sku == "" {
				sku = "#" + strconv.Itoa(i+1)
			}
			s.row("  " + s.head("head.item_cost", flow.Text("Name", sku), flow.Number("Units", strconv.Itoa(item.Units)), money("Landed", item.Landed), money("PerUnit", item.PerUnit)))
		}
	}
	if own := s.flags(e.Flags, func(f string) bool { return !common[f] }); len(own) > 0 {
		s.row("")
		s.list(s.head("head.flags"), own)
	}
}

// flags says those flags that pick chooses.
func (s *sheet) flags(flags []landedcost.Sentence, pick func(string) bool) []string {
	var out []string
	for _, f := range flags {
		if text := s.say(f); pick(text) {
			out = append(out, text)
		}
	}
	return out
}

func (s *sheet) list(title string, items []string) {
	s.row(title)
	for _, item := range items {
		s.row("  - " + item)
	}
}

// commonFlags are those that every estimate has.
func (s *sheet) commonFlags(all []landedcost.Estimate) map[string]bool {
	n := map[string]int{}
	for i := range all {
		for _, f := range all[i].Flags {
			n[s.say(f)]++
		}
	}
	common := map[string]bool{}
	for text, k := range n {
		common[text] = k == len(all)
	}
	return common
}

func (s *sheet) semicolon() string {
	if strings.HasPrefix(s.lang, "zh") {
		return "；"
	}
	return "; "
}

// cite numbers rates, each once.
func (s *sheet) cite(used []landedcost.Used) string {
	var marks string
	for _, u := range used {
		at := slices.Index(s.cited, u)
		if at < 0 {
			at, s.cited = len(s.cited), append(s.cited, u)
		}
		if mark := fmt.Sprintf("[%d]", at+1); !strings.Contains(marks, mark) {
			marks += mark
		}
	}
	return marks
}

func (s *sheet) rate(u landedcost.Used) string {
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
	text := s.head(id, args...)
	if u.Invented {
		text = s.head("head.invented") + " · " + text
	}
	return text
}

func (s *sheet) refused(r *landedcost.Refusal) {
	var gaps []string
	for _, g := range r.Gaps {
		gaps = append(gaps, s.say(g.Say))
	}
	s.list(s.head("head.refused", flow.Text("Route", r.Route)), gaps)
}

// refusal is what to say when no route at all can be estimated.
func (s *sheet) refusal(c landedcost.Comparison, ship landedcost.Shipment) error {
	if len(c.Refused) == 0 {
		return fmt.Errorf("the rate card has no route to %s", ship.Destination)
	}
	for _, r := range c.Refused {
		s.refused(r)
	}
	return errors.New(strings.TrimSpace(s.String()))
}

// table aligns columns by what they fill on a terminal, where a Chinese character fills two.
type table struct {
	rows  [][]string
	right map[int]bool
}

func (t *table) add(cells ...string) { t.rows = append(t.rows, cells) }
func (t *table) rule()               { t.rows = append(t.rows, nil) }

// wide adds a row that is one text and does not widen the first column.
func (t *table) wide(text string) { t.rows = append(t.rows, []string{"\x00" + text}) }

func (t *table) write(b *strings.Builder) {
	var widths []int
	for _, row := range t.rows {
		for i, cell := range row {
			if i == len(widths) {
				widths = append(widths, 0)
			}
			if !strings.HasPrefix(cell, "\x00") && i < 5 {
				widths[i] = max(widths[i], uniseg.StringWidth(cell))
			}
		}
	}
	total := 0
	for _, w := range widths {
		total += w + 2
	}
	for _, row := range t.rows {
		if row == nil {
			b.WriteString(strings.Repeat("-", min(total-2, 100)) + "\n")
			continue
		}
		if text, ok := strings.CutPrefix(row[0], "\x00"); ok {
			b.WriteString(text + "\n")
			continue
		}
		var line strings.Builder
		for i, cell := range row {
			pad := strings.Repeat(" ", max(0, widths[i]-uniseg.StringWidth(cell)))
			if t.right[i] {
				line.WriteString(pad + cell + "  ")
			} else {
				line.WriteString(cell + pad + "  ")
			}
		}
		b.WriteString(strings.TrimRight(line.String(), " ") + "\n")
	}
}
