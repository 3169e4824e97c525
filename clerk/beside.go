package clerk

import (
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/clerk/chart"
	"xiaobao/landedcost"
)

func itoa(n int) string { return strconv.Itoa(n) }

// groups gather the stages of the way for a table that fits into a chat. The goods cost the same by every route and stand apart.
var groups = []struct {
	id     string
	stages []landedcost.Stage
}{
	{"group_before", []landedcost.Stage{landedcost.Packaging, landedcost.PreCarriage, landedcost.Export, landedcost.Origin, landedcost.Freight}},
	{"group_insurance", []landedcost.Stage{landedcost.Insured}},
	{"group_duty", []landedcost.Stage{landedcost.Dutied, landedcost.Fees}},
	{"group_tax", []landedcost.Stage{landedcost.Tax}},
	{"group_after", []landedcost.Stage{landedcost.Clearance, landedcost.Destination, landedcost.Delivery, landedcost.Inbound}},
}

// dutied are the groups that an estimate without customs does not know.
var dutied = []string{"group_duty", "group_tax"}

// sum is what a group of stages comes to.
func sum(e *landedcost.Estimate, stages []landedcost.Stage) landedcost.Money {
	m := landedcost.Money{Amount: decimal.Zero, Currency: e.Currency}
	for _, s := range e.Subtotals {
		if slices.Contains(stages, s.Stage) {
			m.Amount = m.Amount.Add(s.Sum.Amount)
		}
	}
	return m
}

// way is everything but the goods.
func way(e *landedcost.Estimate) landedcost.Money {
	goods := sum(e, []landedcost.Stage{landedcost.Goods})
	return landedcost.Money{Amount: e.Total.Amount.Sub(goods.Amount), Currency: e.Currency}
}

// reckoned are the candidates with an estimate: open ones first, in the order of the cards.
func reckoned(found []candidate) []*candidate {
	var open, shut []*candidate
	for i := range found {
		switch c := &found[i]; {
		case !c.ok:
		case c.shut == "":
			open = append(open, c)
		default:
			shut = append(shut, c)
		}
	}
	return append(open, shut...)
}

// beside shows the routes as a table and as bars, who pays what, and what to look at.
func (j *job) beside(found []candidate) {
	all := reckoned(found)
	if len(all) == 0 {
		return
	}
	j.basis(all)
	t := &bot.Table{Head: []string{j.ui("col_route"), j.ui("col_unit"), j.ui("col_way"), j.ui("col_days")}} // what counts most is seen without moving the table
	var shown []int
	for i, g := range groups {
		if slices.ContainsFunc(all, func(c *candidate) bool { return sum(&c.estimate, g.stages).Amount.IsPositive() }) || slices.Contains(dutied, g.id) && all[0].estimate.Bare {
			shown = append(shown, i)
			t.Head = append(t.Head, j.ui(g.id))
		}
	}
	t.Head = append(t.Head, j.ui("col_for"))
	for _, c := range all {
		e := &c.estimate
		row := []string{j.Name(e.RouteName), j.Plain(e.PerUnit), j.Plain(way(e)), j.Days(e)}
		for _, i := range shown {
			if g := groups[i]; e.Bare && slices.Contains(dutied, g.id) {
				row = append(row, j.ui("unknown"))
			} else {
				row = append(row, j.Plain(sum(e, g.stages)))
			}
		}
		t.Rows = append(t.Rows, append(row, j.wayNames(c)))
	}
	j.show(bot.Block{Kind: bot.Grid, Table: t})
	if text := j.winners(all); text != "" {
		j.paragraph(bot.Plain, text)
	}
	j.picture(j.routeBars(all), "02-costs")
	j.whoPays(all)
	j.flags(all)
}

// basis says what all of the numbers rest on: whose they are, for what, of which day.
func (j *job) basis(all []*candidate) {
	estimates := estimatesOf(all)
	e := all[0].estimate
	j.paragraph(bot.Warn, strings.Join(j.Notes(estimates), "\n\n"))
	facts := []bot.Fact{
		{Label: j.ui("to"), Value: j.option("store", j.facts.store())},
		{Label: j.ui("cargo"), Value: j.Head("head.measure", flow.Number("Cartons", itoa(e.Measure.Cartons)), flow.Number("Units", itoa(e.Measure.Units)),
			flow.Quantity("Volume", e.Measure.CBM.String(), "cbm"), flow.Quantity("Weight", e.Measure.GrossKg.String(), "kg"))},
		{Label: j.ui("value"), Value: j.Cash(sum(&e, []landedcost.Stage{landedcost.Goods}))},
		{Label: j.ui("as_of"), Value: j.Head("line.named", flow.Date("Name", e.On.String()))},
		{Label: j.ui("in"), Value: j.Currency(e.Currency)},
	}
	j.show(bot.Block{Kind: bot.Facts, Facts: facts})
	if others := j.facts["marketplaces"].List; len(others) > 1 {
		var names []string
		for _, s := range others {
			if s != j.facts.store() {
				names = append(names, j.option("store", s))
			}
		}
		j.show(bot.Block{Kind: bot.Note, Text: j.ui("one_store", flow.Text("Store", j.option("store", j.facts.store())), several("Others", names))})
	}
}

func several(name string, items []string) flow.Arg {
	a := flow.Arg{Name: name, Kind: flow.KindSeveral}
	for _, s := range items {
		a.List = append(a.List, flow.Text("", s))
	}
	return a
}

func estimatesOf(all []*candidate) []landedcost.Estimate {
	out := make([]landedcost.Estimate, len(all))
	for i, c := range all {
		out[i] = c.estimate
	}
	return out
}

// wayNames says which choices a route prices, or why these goods cannot go by it.
func (j *job) wayNames(c *candidate) string {
	if c.shut != "" {
		return j.ui(c.shut)
	}
	var names []string
	for _, w := range c.ways {
		names = append(names, j.option("route", w))
	}
	if j.Chinese() {
		return strings.Join(names, "、")
	}
	return strings.Join(names, ", ")
}

// winners names the lowest and the fastest of those that are open; nothing with fewer than two, or when they cannot be compared.
func (j *job) winners(all []*candidate) string {
	var open []*candidate
	for _, c := range all {
		if c.shut == "" {
			open = append(open, c)
		}
	}
	if len(open) < 2 {
		return ""
	}
	low, fast := open[0], (*candidate)(nil)
	for _, c := range open {
		if worse(low, c) {
			low = c
		}
		if d := c.estimate.TransitDays[1]; d > 0 && (fast == nil || d < fast.estimate.TransitDays[1]) {
			fast = c
		}
	}
	text := j.ui("lowest", flow.Text("Route", j.Name(low.estimate.RouteName)), Money("Sum", low.estimate.PerUnit))
	if fast != nil {
		text += "\n" + j.ui("fastest", flow.Text("Route", j.Name(fast.estimate.RouteName)), flow.Text("Days", j.Days(&fast.estimate)))
	}
	return text
}

// routeBars draws what the way comes to by each route.
func (j *job) routeBars(all []*candidate) chart.Bars {
	b := chart.Bars{Title: j.ui("chart_routes"), Unit: j.ui("chart_unit", flow.Text("Currency", j.Currency(all[0].estimate.Currency))), Lang: j.Lang, Note: j.noted(estimatesOf(all))}
	used := map[int]int{}
	for i, g := range groups {
		if slices.ContainsFunc(all, func(c *candidate) bool { return sum(&c.estimate, g.stages).Amount.IsPositive() }) {
			used[i] = len(b.Series)
			b.Series = append(b.Series, j.ui(g.id))
		}
	}
	for _, c := range all {
		e := &c.estimate
		r := chart.Row{Label: j.Name(e.RouteName), Total: j.Plain(way(e)), Quiet: c.shut != ""}
		var notes []string
		if e.TransitDays[1] > 0 {
			notes = append(notes, j.ui("days", flow.Text("Days", j.Days(e))))
		}
		if e.Bare {
			notes = append(notes, j.ui("without_customs"))
		}
		if c.shut != "" {
			notes = append(notes, j.ui(c.shut))
		}
		r.Note = strings.Join(notes, " · ")
		for i, g := range groups {
			if at, ok := used[i]; ok {
				v, _ := sum(e, g.stages).Amount.Float64()
				r.Parts = append(r.Parts, chart.Part{Series: at, Value: v})
			}
		}
		b.Rows = append(b.Rows, r)
	}
	return b
}

// whoPays shows which side pays for which part of the way under the seller's trade term.
func (j *job) whoPays(all []*candidate) {
	term := all[0].estimate.Incoterm
	t := &bot.Table{Head: []string{j.ui("col_part"), j.ui("col_payer")}}
	for _, stage := range landedcost.Stages() {
		if stage == landedcost.Goods || !slices.ContainsFunc(all, func(c *candidate) bool { return sum(&c.estimate, []landedcost.Stage{stage}).Amount.IsPositive() }) {
			continue
		}
		t.Rows = append(t.Rows, []string{j.Head("stage." + string(stage)), j.Payer(landedcost.WhoPays(term, stage))})
	}
	j.show(bot.Block{Kind: bot.Heading, Text: j.ui("who_pays", flow.Text("Term", string(term)))}, bot.Block{Kind: bot.Grid, Table: t})
	j.paragraph(bot.Plain, j.ui("both_sides"))
}

// flags lists what somebody should look at; what not all routes have is said with the route.
func (j *job) flags(all []*candidate) {
	var common, own []string
	count := map[string]int{}
	for _, c := range all {
		for _, f := range c.estimate.Flags {
			count[j.Sentence(f)]++
		}
	}
	for i, c := range all {
		for _, f := range c.estimate.Flags {
			switch said := j.Sentence(f); {
			case count[said] < len(all):
				own = append(own, j.ui("no_estimate", flow.Text("Route", c.name(j)), flow.Text("Why", said)))
			case i == 0:
				common = append(common, said)
			}
		}
	}
	if len(common)+len(own) > 0 {
		j.heading(j.Head("head.flags"))
		j.list(bot.NoMark, append(common, own...)...)
	}
}
