package flows_test

import (
	"slices"
	"testing"
	"time"

	"xiaobao/bot/flow"
)

// TestFirstVerdict says what was doubtful about a number as it was typed, not about what was made of it: that it was mended can
// be told from the first only, and a carrier that was named beside it is in the first only.
func TestFirstVerdict(t *testing.T) {
	book := player(t).Book
	now := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		text, kept string
		said       []string
	}{
		{"RBI23456785US", "RB123456785US", []string{"warn.doubt"}},
		{"菜鸟 LP00492755414105", "LP00492755414105", nil},
		{"LP00492755414105", "LP00492755414105", []string{"warn.carriers"}},
	} {
		s := flow.State{
			Seed:   "seed",
			Slots:  map[string]flow.Slot{"tracking_no": {Value: flow.Value{Text: "SIM1"}, By: "p", At: now, Flow: "ship"}},
			People: map[string]flow.Talk{"p": {Name: "P", Place: "web|local|p|", Lang: "en", Greeted: true, Live: "card", Stack: []flow.Frame{{Kind: "change", Slot: "tracking_no", Flow: "ship"}}}},
		}
		next, effects := book.Advance(s, flow.Said{By: flow.By{Person: "p", Place: "web|local|p|", Lang: "en"}, Text: c.text}, now)
		if got := next.Slots["tracking_no"].Value.Text; got != c.kept {
			t.Errorf("%s: kept %q, want %q", c.text, got, c.kept)
		}
		var said []string
		for _, e := range effects {
			if e, ok := e.(flow.Speak); ok && e.Tone == flow.Warn {
				for _, l := range e.Lines {
					said = append(said, l.ID)
				}
			}
		}
		if !slices.Equal(said, c.said) {
			t.Errorf("%s: warned of %v, want %v", c.text, said, c.said)
		}
	}
}
