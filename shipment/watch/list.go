package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/shipment"
)

// A Lister lists what a case watches. The store is one.
type Lister interface {
	// CaseShipments lists at most n, sorted by number.
	CaseShipments(ctx context.Context, tenant, caseID string, n int) ([]Watched, error)
	// Shipment finds one. bot.ErrGone when the case watches no such number.
	Shipment(ctx context.Context, tenant, caseID, number string) (Watched, error)
}

// Links makes pages that can be looked at without an account.
type Links interface {
	// Share makes a link to the timeline of a shipment, or to the list of all when number is empty. It ends by itself.
	Share(ctx context.Context, d bot.Delivery, number string) (url string, ends time.Time, err error)
}

// A List answers what people ask about their shipments:
//
//	shipment.list    [filter]  a table, with the filters and the shipments as buttons
//	shipment.export            the whole table, also as CSV
//	shipment.share   [number]  a link to the timeline, or to the list
type List struct {
	Shipments Lister
	Links     Links // nil: no page is served, and a call for a link says so
	Now       func() time.Time
}

// mostListed is how many shipments of one case are listed; mostExported how many are written to a file.
const (
	mostListed   = 500
	mostExported = 20_000
)

// Calls are the calls it answers, for bot.Config.
func (l List) Calls() map[string]bot.CallFunc {
	return map[string]bot.CallFunc{"shipment.list": l.list, "shipment.export": l.export, "shipment.share": l.share}
}

func (l List) list(ctx context.Context, d bot.Delivery) (bot.Returned, error) {
	all, err := l.Shipments.CaseShipments(ctx, d.Tenant, d.Case, mostListed)
	if err != nil {
		return bot.Returned{}, fmt.Errorf("watch: list shipments: %w", err)
	}
	filter := d.Call.Args["filter"]
	if !slices.Contains(flow.Filters, filter) {
		filter = flow.Filters[0]
	}
	r := returned(d, nil, "")
	r.Show = &flow.Show{Sheet: Table(all, filter, l.Now()), Actions: listActions(all, filter, l.Now())}
	return r, nil
}

func (l List) export(ctx context.Context, d bot.Delivery) (bot.Returned, error) {
	all, err := l.Shipments.CaseShipments(ctx, d.Tenant, d.Case, mostExported)
	if err != nil {
		return bot.Returned{}, fmt.Errorf("watch: list shipments: %w", err)
	}
	r := returned(d, nil, "")
	r.Show = &flow.Show{Sheet: Table(all, flow.Filters[0], l.Now())}
	if len(all) > 0 {
		r.Show.Files = []string{"csv"}
	}
	return r, nil
}

func (l List) share(ctx context.Context, d bot.Delivery) (bot.Returned, error) {
	if l.Links == nil {
		return returned(d, nil, "shipment.fault.no_page"), nil
	}
	number := clean(d.Call.Args["number"])
	title := flow.Say("shipment.list.share_all")
	if number != "" {
		x, err := l.Shipments.Shipment(ctx, d.Tenant, d.Case, number)
		switch {
		case errors.Is(err, bot.ErrGone):
			return returned(d, nil, "shipment.fault.not_watched"), nil
		case err != nil:
			return bot.Returned{}, fmt.Errorf("watch: find a shipment: %w", err)
		}
		number = x.Shipment.Number
		title = flow.Say("shipment.list.share_one", flow.Text("Number", number))
	}
	url, ends, err := l.Links.Share(ctx, d, number)
	if err != nil {
		return bot.Returned{}, fmt.Errorf("watch: share a timeline: %w", err)
	}
	r := returned(d, nil, "")
	r.Show = &flow.Show{
		Sheet: flow.Sheet{ID: "shipment.link", Flow: "track", Step: 9, Title: title, Made: l.Now(), Parts: []flow.Part{
			{Text: []flow.Line{flow.Say("shipment.list.share_who", flow.Time("Until", ends))}},
			{Paste: []flow.Line{flow.Say("value.known", flow.Text("Value", url))}},
		}},
		Actions: []flow.Action{{Verb: "open_link", Label: flow.Say("shipment.list.open"), Link: url}},
	}
	return r, nil
}

// listActions are the filters that would show something else, one select of what is shown, the table as a file and the link.
func listActions(all []Watched, filter string, now time.Time) []flow.Action {
	var out []flow.Action
	for _, f := range flow.Filters {
		n := 0
		for _, x := range all {
			if passes(x.Shipment, f, now) {
				n++
			}
		}
		if n > 0 && f != filter {
			out = append(out, flow.Action{Verb: "shipments", Value: f, Label: flow.Say("shipment.list.filter", flow.Word("Filter", "filter."+f), flow.Number("Count", strconv.Itoa(n)))})
		}
	}
	var options []flow.Option
	for _, x := range all {
		if passes(x.Shipment, filter, now) {
			options = append(options, flow.Option{Value: x.Shipment.Number, Label: flow.Say("shipment.list.option", flow.Text("Number", x.Shipment.Number), flow.Word("Status", statusWord(standing(x.Shipment))))})
		}
	}
	if len(options) > 0 {
		out = append(out, flow.Action{Verb: "shipment", Label: flow.Say("verb.shipment"), Options: options, Search: true},
			flow.Action{Verb: "shipments_csv", Label: flow.Say("verb.shipments_csv"), Style: "quiet"},
			flow.Action{Verb: "share", Label: flow.Say("verb.share"), Style: "quiet"})
	}
	return out
}

// Table is the list of shipments that pass a filter of flow.Filters: what is wrong first, then what was heard of last.
func Table(all []Watched, filter string, now time.Time) flow.Sheet {
	var list []shipment.Shipment
	for _, x := range all {
		if passes(x.Shipment, filter, now) {
			list = append(list, x.Shipment)
		}
	}
	slices.SortStableFunc(list, func(a, b shipment.Shipment) int {
		if a.Exception != b.Exception {
			if a.Exception {
				return -1
			}
			return 1
		}
		return lastAt(b).Compare(lastAt(a))
	})
	count := flow.Number("Count", strconv.Itoa(len(list)))
	sheet := flow.Sheet{ID: "shipment.shipments", Flow: "track", Step: 9, Title: flow.Say("shipment.list.title", flow.Word("Filter", "filter."+filter), count), Made: now}
	if len(list) == 0 {
		sheet.Parts = []flow.Part{{Text: []flow.Line{flow.Say("shipment.list.none")}}}
		return sheet
	}
	t := flow.Table{}
	for _, head := range []string{"number", "status", "place", "time", "eta", "source"} {
		t.Head = append(t.Head, flow.Say("shipment.card."+head))
	}
	for _, s := range list {
		status := known(flow.Word("", statusWord(standing(s))))
		if s.Exception {
			status = flow.Say("shipment.list.trouble", flow.Word("Status", statusWord(standing(s))), flow.Word("Trouble", what(s.Trouble.Status, s.Trouble.Sub)))
		}
		row := []flow.Line{known(flow.Text("", s.Number)), status, {}, {}, {}, {}}
		if e, ok := latest(s); ok {
			if where, ok := place(e.Place); ok {
				row[2] = known(where)
			}
			row[3] = known(when(e))
		}
		if !s.ETA.IsZero() {
			row[4] = expected(s, now)
		}
		switch {
		case simulated(s):
			row[5] = known(flow.Word("", "shipment.card.simulated"))
		case s.Source != "":
			row[5] = known(sourceName(s.Source))
		}
		t.Rows = append(t.Rows, row)
	}
	sheet.Parts = []flow.Part{{Table: &t}}
	return sheet
}

// expected is the day on which a shipment is to arrive, and whether that is over.
func expected(s shipment.Shipment, now time.Time) flow.Line {
	day := flow.Date("Eta", s.ETA.String())
	if passes(s, "late", now) {
		return flow.Say("shipment.list.late", day)
	}
	return known(day)
}

// lastAt is when a shipment was heard of last.
func lastAt(s shipment.Shipment) time.Time {
	if e, ok := latest(s); ok {
		return e.At
	}
	return s.Registered
}

// passes says whether a shipment is among those of a filter.
func passes(s shipment.Shipment, filter string, now time.Time) bool {
	there := s.Furthest.Rank() >= shipment.Delivered.Rank()
	switch filter {
	case "moving":
		return !there && !s.Over() && s.Status != ""
	case "late":
		return !there && !s.Over() && !s.ETA.IsZero() && s.ETA.Days(shipment.DateOf(now)) < 0
	case "customs":
		return s.Now() == shipment.Customs || s.Exception && s.Trouble.Status == shipment.Customs
	case "trouble":
		return s.Exception
	case "delivered":
		return there
	}
	return true
}
