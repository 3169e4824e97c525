package watch

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// Suggest finds the shipments of a case whose number holds what was typed, or all when nothing was: what is wrong first, then what was
// heard of last. It is a bot.SuggestFunc.
func (l List) Suggest(ctx context.Context, tenant, caseID, query string, n int) ([]bot.Suggestion, error) {
	all, err := l.Shipments.CaseShipments(ctx, tenant, caseID, mostListed)
	if err != nil {
		return nil, fmt.Errorf("watch: list shipments: %w", err)
	}
	query = clean(query)
	all = slices.DeleteFunc(all, func(w Watched) bool { return !strings.Contains(clean(w.Shipment.Number), query) })
	slices.SortStableFunc(all, func(a, b Watched) int {
		if a.Shipment.Exception != b.Shipment.Exception {
			if a.Shipment.Exception {
				return -1
			}
			return 1
		}
		return lastAt(b.Shipment).Compare(lastAt(a.Shipment))
	})
	var out []bot.Suggestion
	for _, w := range all[:min(len(all), n)] {
		s := w.Shipment
		out = append(out, bot.Suggestion{Value: s.Number, Label: flow.Say("shipment.list.option", flow.Text("Number", s.Number), flow.Word("Status", statusWord(standing(s))))})
	}
	return out, nil
}
