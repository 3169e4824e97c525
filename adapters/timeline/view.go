package timeline

import (
	"context"
	"fmt"
	"net/url"
	"slices"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/shipment/watch"
)

// A view is one request for one page.
type view struct {
	pages *Pages
	lang  string
	name  string
	query url.Values

	title   string
	back    bool // there is a list above this shipment
	filters []filter
	blocks  []bot.Block
	numbers bool // the first column of a table leads to a shipment
}

type filter struct {
	Name string
	URL  string
	Here bool
}

// fill finds what the link shows.
func (v *view) fill(ctx context.Context, l link) error {
	p := v.pages
	number := l.Number
	if number == "" {
		if number = v.query.Get("number"); number == "" {
			return v.list(ctx, l)
		}
		v.back = true
	}
	x, err := p.Shipments.Shipment(ctx, l.Tenant, l.Case, number)
	if err != nil {
		return fmt.Errorf("timeline: find a shipment: %w", err)
	}
	sheet := watch.Timeline(x.Shipment)
	v.title = p.Words.Say(v.lang, l.Zone, sheet.Title)
	v.blocks = bot.SheetBlocks(p.Words, nil, v.lang, l.Zone, sheet)[1:] // without the title
	return nil
}

func (v *view) list(ctx context.Context, l link) error {
	p := v.pages
	all, err := p.Shipments.CaseShipments(ctx, l.Tenant, l.Case, mostListed)
	if err != nil {
		return fmt.Errorf("timeline: list shipments: %w", err)
	}
	chosen := v.query.Get("filter")
	if !slices.Contains(flow.Filters, chosen) {
		chosen = flow.Filters[0]
	}
	for _, f := range flow.Filters {
		v.filters = append(v.filters, filter{Name: p.say(v.lang, "filter."+f), URL: v.address(v.lang, f, ""), Here: f == chosen})
	}
	sheet := watch.Table(all, chosen, p.Now())
	v.title = p.Words.Say(v.lang, l.Zone, sheet.Title)
	v.blocks, v.numbers = bot.SheetBlocks(p.Words, nil, v.lang, l.Zone, sheet)[1:], true
	return nil
}

// gone says that there is nothing here, or not any more.
func (v *view) gone() {
	v.title = v.pages.say(v.lang, "shipment.page.gone")
	v.blocks = []bot.Block{{Kind: bot.Paragraph, Text: v.pages.say(v.lang, "shipment.page.gone_how")}}
}

// address is this page in a language, with a filter or a shipment of the list.
func (v *view) address(lang, filter, number string) string {
	q := url.Values{"lang": {lang}}
	if filter != "" {
		q.Set("filter", filter)
	}
	if number != "" {
		q.Set("number", number)
	}
	return Root + v.name + "?" + q.Encode()
}

// page is what the template shows.
type page struct {
	Lang, Title, Notice, Updated string
	Back                         *filter
	Languages, Filters           []filter
	Blocks                       []block
}

type block struct {
	bot.Block
	Links []string // for each row of a table
}

func (v *view) page() page {
	p := v.pages
	out := page{
		Lang: v.lang, Title: v.title, Filters: v.filters,
		Notice: p.say(v.lang, "shipment.page.notice"), Updated: p.say(v.lang, "shipment.page.seen", flow.Time("Time", p.Now())),
	}
	for _, lang := range p.Languages {
		out.Languages = append(out.Languages, filter{Name: p.say(lang, "language."+lang), URL: v.address(lang, v.query.Get("filter"), v.query.Get("number")), Here: lang == v.lang})
	}
	if v.back {
		out.Back = &filter{Name: p.say(v.lang, "shipment.page.all"), URL: v.address(v.lang, "", "")}
	}
	for _, b := range v.blocks {
		one := block{Block: b}
		if v.numbers && b.Kind == bot.Grid {
			for _, row := range b.Table.Rows {
				one.Links = append(one.Links, v.address(v.lang, "", row[0]))
			}
		}
		out.Blocks = append(out.Blocks, one)
	}
	return out
}
