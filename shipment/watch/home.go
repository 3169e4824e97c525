package watch

import (
	"context"
	"fmt"
	"slices"
	"strconv"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// homeRows is how many shipments a home page shows; the list has the others.
const homeRows = 10

// Home is the shipments on somebody's home page: those with a problem, and those of which nothing was heard for too long, are also what needs
// them.
func (l List) Home(ctx context.Context, tenant, caseID string) (bot.HomePart, error) {
	all, err := l.Shipments.CaseShipments(ctx, tenant, caseID, mostListed)
	if err != nil {
		return bot.HomePart{}, fmt.Errorf("watch: list shipments: %w", err)
	}
	sheet := Table(all, flow.Filters[0], l.Now())
	out := bot.HomePart{Title: sheet.Title, Part: sheet.Parts[0], Actions: listActions(all, flow.Filters[0], l.Now())}
	if t := out.Part.Table; t != nil && len(t.Rows) > homeRows {
		out.Part.Text = []flow.Line{flow.Say("shipment.list.more", flow.Number("Count", strconv.Itoa(len(t.Rows)-homeRows)))}
		short := *t
		short.Rows = t.Rows[:homeRows]
		out.Part.Table = &short
	}
	var silent []flow.Line
	for _, x := range all {
		s := x.Shipment
		if _, stale := s.Stale(l.Now()); stale && !s.Exception {
			silent = append(silent, flow.Say("shipment.push.stale", flow.Text("Number", s.Number), flow.Word("Status", statusWord(s.Now()))))
		}
		if s.Exception {
			out.Needs = append(out.Needs, flow.Say("shipment.push.exception_began", flow.Text("Number", s.Number), flow.Word("What", what(s.Trouble.Status, s.Trouble.Sub))))
		}
	}
	out.Needs = append(out.Needs, silent...)
	out.Actions = slices.DeleteFunc(out.Actions, func(a flow.Action) bool { return a.Style == "quiet" })
	return out, nil
}
