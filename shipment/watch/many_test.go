package watch_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"sync"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// lender is a source that wants to be told what is followed.
type lender struct {
	carrier
	mu       sync.Mutex
	released []string
}

func (l *lender) Register(context.Context, []shipment.Number) error { return nil }

func (l *lender) Release(_ context.Context, numbers []shipment.Number) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, n := range numbers {
		l.released = append(l.released, n.Number)
	}
	return nil
}

func newMany(t *testing.T) (*watch.Watch, *memory, *lender, time.Time) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	store, l := newMemory(), &lender{}
	store.cases["a"], store.cases["b"] = true, true
	w := watch.New(store, func(context.Context, bot.Incoming) error { return nil }, func() time.Time { return now }, slog.New(slog.NewTextHandler(io.Discard, nil)), l)
	return w, store, l, now
}

// TestBatch: what a table began to follow is followed once, and taken back; what was followed before is left alone, and only what
// nobody else follows is given back to the source.
func TestBatch(t *testing.T) {
	w, store, l, now := newMany(t)
	ctx := context.Background()
	put := func(caseID, number string) {
		if ok, err := store.PutShipment(ctx, watch.Watched{Tenant: "web:local", Case: caseID, Shipment: shipment.Shipment{Number: number, Source: "carrier", Registered: now}, Told: true}); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	put("a", "SIM0000")
	put("b", "SIM0001")
	b := watch.Batch{Tenant: "web:local", Case: "a", Name: "batch"}
	parcel := shipment.Parcel
	var list []watch.Wanted
	for i := range 450 {
		list = append(list, watch.Wanted{Number: fmt.Sprintf(" sim%04d", i)})
	}
	list = append(list, watch.Wanted{Number: "SIM0449"}, watch.Wanted{Number: "NOBODY'S1", Carriage: &parcel})
	for range 2 {
		begun, already, err := w.FollowMany(ctx, b, list)
		if err != nil || len(begun) < 450 || !slices.Equal(slices.Compact(already), []string{"SIM0000"}) {
			t.Fatalf("%d begun, already %v, %v", len(begun), already, err)
		}
	}
	all, err := w.Followed(ctx, "web:local", "a", []string{"SIM0000", "SIM0001", "SIM0449", "NOBODY'S1"})
	if err != nil || len(all) != 4 || all["SIM0000"].Batch != "" || all["SIM0449"].Shipment.Source != "carrier" || all["SIM0449"].Shipment.Carriage != shipment.Ocean {
		t.Fatalf("%+v, %v", all, err)
	}
	if x := all["NOBODY'S1"]; x.Shipment.Source != "" || !x.Due.IsZero() || x.Shipment.Carriage != shipment.Parcel {
		t.Errorf("what nobody can be asked about: %+v", x)
	}
	for _, n := range []string{"SIM0001", "SIM0002"} { // as if the source had been told
		x := all[n]
		if n == "SIM0002" {
			more, _ := w.Followed(ctx, "web:local", "a", []string{n})
			x = more[n]
		}
		x.Told = true
		if ok, err := store.PutShipment(ctx, x); !ok || err != nil {
			t.Fatal(ok, err)
		}
	}
	var numbers []string
	for _, x := range list {
		numbers = append(numbers, x.Number)
	}
	for i := range numbers {
		numbers[i] = fmt.Sprintf("SIM%04d", i)
	}
	numbers[450], numbers[451] = "SIM0449", "NOBODY'S1"
	n, err := w.UnfollowBatch(ctx, b, numbers)
	if err != nil || n != 450 {
		t.Errorf("%d taken back, %v", n, err)
	}
	if again, err := w.UnfollowBatch(ctx, b, numbers); again != 0 || err != nil {
		t.Errorf("taken back again: %d, %v", again, err)
	}
	if left, _ := w.Followed(ctx, "web:local", "a", numbers); len(left) != 1 || left["SIM0000"].Shipment.Number == "" {
		t.Errorf("left: %v", left)
	}
	if !slices.Equal(l.released, []string{"SIM0002"}) {
		t.Errorf("given back to the source: %v; b still follows SIM0001", l.released)
	}
}

// TestQuiet: one of many has no card before somebody should look at it, or asks.
func TestQuiet(t *testing.T) {
	now := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	at := func(status shipment.Status, exception bool) []shipment.Event {
		return []shipment.Event{{Number: "SIM1", At: now.Add(-time.Hour), TZKnown: true, Seen: now, Status: status, Exception: exception, Source: "carrier"}}
	}
	for name, c := range map[string]struct {
		events []shipment.Event
		card   bool
	}{
		"nothing": {nil, false}, "on its way": {at(shipment.InTransit, false), false}, "held": {at(shipment.Customs, true), true},
		"delivered": {at(shipment.Delivered, false), true}, "lost": {at(shipment.Exception, true), true}, "to be collected": {at(shipment.AvailableForPickup, false), true},
	} {
		for _, quiet := range []bool{true, false} {
			s, _ := shipment.Shipment{Number: "SIM1", Registered: now}.Apply(c.events...)
			x := watch.Watched{Case: "a", Quiet: quiet, Shipment: s}
			if got := watch.HasCard(x); got != (c.card || !quiet) {
				t.Errorf("%s, quiet %t: card %t", name, quiet, got)
			}
		}
	}
}
