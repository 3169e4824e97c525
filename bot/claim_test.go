package bot

import (
	"context"
	"log/slog"
	"testing"
)

// A delivery whose lease ran out while it was being sent, and which is settled while it is claimed again, is not sent again.
func TestClaimedAndSettledMeanwhile(t *testing.T) {
	b := &Bot{Config: Config{Sending: 1, Log: slog.New(slog.DiscardHandler)}}
	o := newOutbound(b)
	old, fresh := Delivery{ID: "old", Place: Place{Room: "a"}}, Delivery{ID: "fresh", Place: Place{Room: "b"}}
	o.send([]Delivery{old}) // under way, and its lease ends
	n, err := o.claim(func() ([]Delivery, error) {
		o.next(old.Place)
		o.next(old.Place) // it was all there was
		o.settled([]Settlement{{Delivery: old, Outcome: Sent}})
		return []Delivery{old, fresh}, context.DeadlineExceeded
	})
	if n != 2 || err != context.DeadlineExceeded {
		t.Errorf("%d were claimed: %v", n, err)
	}
	if d, _ := o.next(old.Place); d != nil {
		t.Errorf("%s is sent again", d.ID)
	}
	if d, _ := o.next(fresh.Place); d == nil || d.ID != "fresh" {
		t.Errorf("what was claimed besides is not sent: %v", d)
	}
	o.settled([]Settlement{{Delivery: fresh, Outcome: Deferred}})
	if n, _ := o.claim(func() ([]Delivery, error) { return []Delivery{fresh}, nil }); n != 1 {
		t.Error("nothing was claimed")
	}
	if d, _ := o.next(fresh.Place); d == nil {
		t.Error("what was put off before a claim is never sent again")
	}
}
