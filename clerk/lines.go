package clerk

import (
	"github.com/shopspring/decimal"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/clerk/chart"
	"xiaobao/landedcost"
)

// lines shows one estimate: every line with who pays it, how it came about and by which rates, the sums, a picture of its parts, what
// to look at, and the rates with their dates and sources. Unless it stands alone, what holds for all routes was said above.
func (j *job) lines(c *candidate, alone bool) {
	e := &c.estimate
	j.heading(j.Head("head.route", flow.Text("Route", j.Name(e.RouteName)), flow.Word("Mode", "landedcost.mode."+string(e.Mode))))
	if c.shut != "" {
		j.paragraph(bot.Bad, j.ui(c.shut))
	}
	measured := []bot.Fact{{Label: j.ui("measured"), Value: j.Measured(&e.Measure)}, {Label: j.Head("head.transit"), Value: j.Days(e)}}
	j.show(bot.Block{Kind: bot.Facts, Facts: measured})
	for _, f := range e.Customs.Formula {
		j.show(bot.Block{Kind: bot.Note, Text: j.Sentence(f)})
	}

	t := &bot.Table{Head: []string{j.Head("head.item"), j.Head("head.payer"), j.Head("head.how"), j.Head("head.amount"), j.Head("head.sum", flow.Text("Currency", j.Currency(e.Currency))), j.Head("head.rates")}}
	for i := range e.Lines {
		l := &e.Lines[i]
		if i == mostLines {
			break
		}
		t.Rows = append(t.Rows, []string{j.Sentence(l.Name), j.Payer(l.Payer), j.How(l), j.Cash(l.Amount), j.Plain(l.Sum), j.Cite(l.Rates)})
	}
	j.show(bot.Block{Kind: bot.Grid, Table: t})
	j.more(len(e.Lines) - mostLines)

	total := []bot.Fact{{Label: j.Head("head.total"), Value: j.Cash(e.Total)}}
	if e.Bare {
		total[0].Label = j.ui("total_bare")
	}
	if e.TaxTotal.Amount.IsPositive() {
		total = append(total, bot.Fact{Label: j.Head("head.tax"), Value: j.Cash(e.TaxTotal)})
	}
	total = append(total, bot.Fact{Label: j.Head("head.landed"), Value: j.Cash(e.Landed)}, bot.Fact{Label: j.Head("head.per_unit"), Value: j.Cash(e.PerUnit)})
	j.show(bot.Block{Kind: bot.Facts, Facts: total})
	j.items(e)
	j.picture(j.partBars(e), "05-estimate")
	if alone {
		j.flags([]*candidate{c})
	}
	j.heading(j.Head("head.rates"))
	j.list(bot.NoMark, j.Cited()...)
}

// How many lines of an estimate and lines of goods are shown in the chat; the workbook has them all.
const (
	mostLines = 40
	mostItems = 12
)

// items shows what each line of goods comes to, when there are several.
func (j *job) items(e *landedcost.Estimate) {
	if len(e.Items) < 2 {
		return
	}
	goods := j.facts.shipment().Goods
	j.heading(j.Head("head.items"))
	var said []string
	for i, item := range e.Items[:min(len(e.Items), mostItems)] {
		name := item.SKU
		if name == "" && i < len(goods) {
			name = goods[i].Name
		}
		said = append(said, j.Head("head.item_cost", flow.Text("Name", name), flow.Number("Units", itoa(item.Units)), Money("Landed", item.Landed), Money("PerUnit", item.PerUnit)))
	}
	j.list(bot.NoMark, said...)
	j.more(len(e.Items) - mostItems)
}

// more says how many rows only the workbook has.
func (j *job) more(left int) {
	if left > 0 {
		j.show(bot.Block{Kind: bot.Note, Text: j.Words.Say(j.Lang, j.Zone, flow.Say("ui.more_rows", flow.Number("Count", itoa(left))))})
	}
}

// partBars draws what an estimate is made of.
func (j *job) partBars(e *landedcost.Estimate) chart.Bars {
	b := chart.Bars{
		Title: j.ui("chart_parts", flow.Text("Route", j.Name(e.RouteName))), Unit: j.ui("chart_unit", flow.Text("Currency", j.Currency(e.Currency))), Lang: j.Lang,
		Note: j.noted([]landedcost.Estimate{*e}),
	}
	for i, s := range e.Subtotals {
		v, _ := s.Sum.Amount.Float64()
		r := chart.Row{Label: j.Head("stage." + string(s.Stage)), Total: j.Plain(s.Sum), Parts: []chart.Part{{Series: i, Value: v}}}
		if e.Total.Amount.IsPositive() {
			share := s.Sum.Amount.Mul(decimal.NewFromInt(100)).DivRound(e.Total.Amount, 1)
			r.Note = j.ui("share", flow.Number("Percent", share.String()))
		}
		b.Rows = append(b.Rows, r)
	}
	return b
}

// picture shows bars as a picture, with their numbers for whoever does not see it. Without a font to draw with there is only the
// drawing, which a page shows and a chat tells.
func (j *job) picture(b chart.Bars, name string) {
	p := bot.Block{Kind: bot.Picture, Text: b.Alt(), Drawn: &bot.Document{Name: name + ".svg", Type: "image/svg+xml", Data: b.SVG(), Note: b.Title}}
	if j.fonts != nil {
		if fonts, err := j.fonts(); err == nil {
			if data, err := b.PNG(fonts...); err == nil {
				p.File = &bot.Document{Name: name + ".png", Type: "image/png", Data: data, Note: b.Title}
			}
		}
	}
	j.show(p)
}
