package watch_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// TestToldBeforeItIsFollowed: what a source that cannot be asked told about a number nobody followed is there when somebody follows it: as
// one beginning, whatever came before it, and only for whom it is. What a source that can be asked told is not kept: it is asked.
func TestToldBeforeItIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newWorld(t, says("ups"))
		stop := run(t, x.w)
		defer stop()
		start := time.Now()
		tell := func(source, tenant, number string, hours int, status shipment.Status) watch.Told {
			t.Helper()
			at := start.Add(time.Duration(hours) * time.Hour)
			told, err := x.w.Heard(t.Context(), source, watch.Push{Tenant: tenant, Events: []shipment.Event{{Number: number, At: at, TZKnown: true, Seen: time.Now(), Status: status}}})
			if err != nil {
				t.Fatal(err)
			}
			return told
		}
		tell("forwarder", "web:local", "f wd1", -30, shipment.PickedUp)
		tell("forwarder", "web:local", "FWD1", -20, shipment.InTransit)
		if told := tell("forwarder", "web:local", "FWD1", -20, shipment.InTransit); told.Unknown != 1 || told.Shipments != 0 {
			t.Errorf("%+v", told)
		}
		tell("forwarder", "slack:T1", "FWD1", -10, shipment.Delivered)
		tell("ups", "", "UPS1", -10, shipment.Delivered)
		time.Sleep(time.Hour)
		x.watch("case", "FWD1")
		x.watch("other", "UPS1")
		time.Sleep(time.Minute)
		got := mustShipment(t, x, "case", "FWD1")
		if got.Now() != shipment.InTransit || len(got.Events) != 2 || got.Source != "forwarder" {
			t.Errorf("%+v", got)
		}
		if lines := x.lines(); len(lines) != 3 || strings.Contains(strings.Join(lines, " "), "delivered") { // two cards, and that one has begun
			t.Errorf("%d pieces of news: %q", len(lines), lines)
		}
		if got := mustShipment(t, x, "other", "UPS1"); len(got.Events) != 0 {
			t.Errorf("of a source that is asked: %+v", got)
		}
		if told := tell("forwarder", "web:local", "FWD1", 1, shipment.Customs); told.Shipments != 1 || told.News == 0 {
			t.Errorf("from now on: %+v", told)
		}
		x.watch("case", "FWD1") // again: nothing new
		time.Sleep(time.Minute)
		if got := mustShipment(t, x, "case", "FWD1"); len(got.Events) != 3 {
			t.Errorf("%+v", got.Events)
		}
	})
}

func mustShipment(t *testing.T, x *world, caseID, number string) shipment.Shipment {
	t.Helper()
	w, err := x.store.Shipment(t.Context(), "web:local", caseID, number)
	if err != nil {
		t.Fatal(err)
	}
	return w.Shipment
}

// TestToldWhileItIsFollowed: what is told in the moment in which somebody begins to follow is not lost, whoever comes first.
func TestToldWhileItIsFollowed(t *testing.T) {
	x := newWorld(t)
	var both sync.WaitGroup
	for i := range 300 {
		number := fmt.Sprint("FWD", i)
		both.Go(func() {
			e := shipment.Event{Number: number, At: time.Now().Add(-time.Hour), TZKnown: true, Seen: time.Now(), Status: shipment.InTransit}
			if _, err := x.w.Heard(context.Background(), "forwarder", watch.Push{Tenant: "web:local", Events: []shipment.Event{e}}); err != nil {
				t.Error(err)
			}
		})
		x.watch("case", number)
		both.Wait()
		if got := mustShipment(t, x, "case", number); got.Now() != shipment.InTransit {
			t.Fatalf("%s stands at %s", number, got.Now())
		}
	}
}

// TestToldBeforeATable: the numbers of a table find what was told about them, too.
func TestToldBeforeATable(t *testing.T) {
	x := newWorld(t)
	var events []shipment.Event
	var wanted []watch.Wanted
	for i := range 300 {
		number := fmt.Sprint("FWD", i)
		wanted = append(wanted, watch.Wanted{Number: number})
		events = append(events, shipment.Event{Number: number, At: time.Now().Add(-time.Hour), TZKnown: true, Seen: time.Now(), Status: shipment.InTransit})
	}
	if _, err := x.w.Heard(t.Context(), "forwarder", watch.Push{Events: events}); err != nil {
		t.Fatal(err)
	}
	begun, _, err := x.w.FollowMany(t.Context(), watch.Batch{Tenant: "web:local", Case: "case", Name: "b"}, wanted)
	if err != nil || len(begun) != 300 {
		t.Fatal(len(begun), err)
	}
	for _, n := range slices.Backward(begun) {
		if got := mustShipment(t, x, "case", n); got.Now() != shipment.InTransit {
			t.Fatalf("%s stands at %s", n, got.Now())
		}
	}
}
