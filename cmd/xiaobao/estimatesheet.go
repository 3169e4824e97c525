package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/rivo/uniseg"

	"xiaobao/bot/flow"
	"xiaobao/clerk"
	"xiaobao/landedcost"
	"xiaobao/locales"
)

// sheet lays estimates out as text in one language.
type sheet struct {
	strings.Builder
	words *locales.Words
	lang  string
	clerk.Teller
}

// newSheet begins a sheet in a language.
func newSheet(words *locales.Words, lang string) *sheet {
	return &sheet{words: words, lang: lang, Teller: clerk.Teller{Words: words, Lang: lang}}
}

// say says a sentence of an estimate.
func (s *sheet) say(x landedcost.Sentence) string { return s.Sentence(x) }

func (s *sheet) head(id string, args ...flow.Arg) string { return s.Head(id, args...) }

// comparison writes the routes beside each other, then every one with all its lines, then what holds for
// all of them and the rates they were made with.
func (s *sheet) comparison(c landedcost.Comparison, ship landedcost.Shipment) {
	first := &c.Estimates[0]
	name := ship.Name
	if name == "" {
		name = "–"
	}
	s.row(s.head("head.title", flow.Text("Name", name), flow.Text("Destination", first.Destination), flow.Text("Incoterm", string(first.Incoterm)), flow.Date("On", first.On.String())))
	for _, note := range s.Notes(c.Estimates) {
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
		s.row(s.head("head.bond", clerk.Money("Size", b.Size)) + " " + s.Cite(b.Rates))
		for _, f := range b.Formula {
			s.row("  " + s.say(f))
		}
	}
	s.row("")
	s.list(s.head("head.flags"), s.flags(first.Flags, func(f string) bool { return common[f] }))
	s.row("")
	s.row(s.head("head.rates"))
	for _, line := range s.Cited() {
		s.row("  " + line)
	}
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
		top = append(top, s.Name(e.RouteName))
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
					return s.Plain(sub.Sum)
				}
			}
			return ""
		})
	}
	t.rule()
	each(s.head("head.total"), func(e *landedcost.Estimate) string { return s.Plain(e.Total) })
	each(s.head("head.landed"), func(e *landedcost.Estimate) string { return s.Plain(e.Landed) })
	each(s.head("head.per_unit"), func(e *landedcost.Estimate) string { return s.Plain(e.PerUnit) })
	each(s.head("head.transit"), func(e *landedcost.Estimate) string { return s.Days(e) })
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

// estimate writes one route: what was measured, every line with how it came about, the sums, and the flags
// that only this route has.
func (s *sheet) estimate(e *landedcost.Estimate, common map[string]bool) {
	s.row("")
	s.row("== " + s.head("head.route", flow.Text("Route", s.Name(e.RouteName)), flow.Word("Mode", "landedcost.mode."+string(e.Mode))) + " ==")
	s.row(s.Measured(&e.Measure))
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
		t.add(s.say(l.Name), s.Payer(l.Payer), s.Cash(l.Amount), s.Plain(l.Sum), s.Cite(l.Rates), s.How(l))
	}
	t.rule()
	t.add(s.head("head.total"), "", "", s.Plain(e.Total))
	if e.TaxTotal.Amount.IsPositive() {
		t.add(s.head("head.tax"), "", "", s.Plain(e.TaxTotal))
	}
	t.add(s.head("head.landed"), "", "", s.Plain(e.Landed))
	t.add(s.head("head.per_unit"), "", "", s.Plain(e.PerUnit))
	t.write(&s.Builder)

	if len(e.Items) > 1 {
		s.row("")
		s.row(s.head("head.items"))
		for i, item := range e.Items {
			sku := item.SKU
			if sku == "" {
				sku = "#" + strconv.Itoa(i+1)
			}
			s.row("  " + s.head("head.item_cost", flow.Text("Name", sku), flow.Number("Units", strconv.Itoa(item.Units)), clerk.Money("Landed", item.Landed), clerk.Money("PerUnit", item.PerUnit)))
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
