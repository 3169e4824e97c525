// Package watchtest is what every store of watched shipments must do. A store's tests run it against each database.
package watchtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// Store runs the suite. Open gives an empty store; newCase makes a case in it and returns its tenant and id.
func Store(t *testing.T, open func(t *testing.T) (store watch.Store, newCase func(t *testing.T) (tenant, caseID string))) {
	at := func(minutes int) time.Time {
		return time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC).Add(time.Duration(minutes) * time.Minute)
	}
	make := func(tenant, caseID, number string, due time.Time) watch.Watched {
		s := shipment.Shipment{Number: number, Source: "test", FBA: true, Registered: at(0)}
		s, changes := s.Apply(shipment.Event{Number: number, At: at(0), TZKnown: true, Seen: at(1), Status: shipment.PickedUp, Place: shipment.Place{Name: "深圳", Country: "CN"}})
		return watch.Watched{Tenant: tenant, Case: caseID, Due: due, Shipment: s, Pending: []watch.Pending{{Key: changes[0].Key, Change: changes[0]}}, Silent: "s"}
	}

	t.Run("written and read", func(t *testing.T) {
		store, newCase := open(t)
		ctx := context.Background()
		tenant, id := newCase(t)
		want := make(tenant, id, "SIM1", at(5))
		must(t, store, want)
		got := get(t, store, tenant, id, "SIM1")
		want.Version = got.Version
		if d := cmp.Diff(want, got); d != "" || got.Version == 0 {
			t.Errorf("version %d (-want +got):\n%s", got.Version, d)
		}
		_, otherCase := newCase(t)
		for _, who := range [][3]string{{tenant, id, "SIM2"}, {tenant, otherCase, "SIM1"}, {"elsewhere:", id, "SIM1"}} {
			if _, err := store.Shipment(ctx, who[0], who[1], who[2]); !errors.Is(err, bot.ErrGone) {
				t.Errorf("%v: got error %v, want bot.ErrGone", who, err)
			}
		}
	})

	t.Run("two writers", func(t *testing.T) {
		store, newCase := open(t)
		ctx := context.Background()
		tenant, id := newCase(t)
		first := make(tenant, id, "SIM1", at(5))
		must(t, store, first)
		if ok, err := store.PutShipment(ctx, first); ok || err != nil {
			t.Errorf("the same shipment begun twice: %t, %v", ok, err)
		}
		a, b := get(t, store, tenant, id, "SIM1"), get(t, store, tenant, id, "SIM1")
		a.Pending, a.Due = nil, at(9)
		must(t, store, a)
		b.Due = at(99)
		if ok, err := store.PutShipment(ctx, b); ok || err != nil {
			t.Errorf("a version that is no longer the stored one was written: %t, %v", ok, err)
		}
		got := get(t, store, tenant, id, "SIM1")
		if !got.Due.Equal(at(9)) || got.Version != a.Version+1 {
			t.Errorf("due %s, version %d, want %s and %d", got.Due, got.Version, at(9), a.Version+1)
		}
	})

	t.Run("by number", func(t *testing.T) {
		store, newCase := open(t)
		ctx := context.Background()
		tenant, id := newCase(t)
		_, other := newCase(t)
		numbers := []string{"NOBODY'S"}
		for i := range 100 {
			n := fmt.Sprintf("SIM%03d", i)
			numbers = append(numbers, n)
			must(t, store, make(tenant, id, n, at(5)))
		}
		must(t, store, make(tenant, other, "SIM000", at(5)))
		for _, c := range []struct {
			numbers []string
			want    int
		}{{numbers, 101}, {numbers[:2], 2}, {numbers[1:2], 2}, {numbers[5:6], 1}, {numbers[:1], 0}, {nil, 0}} {
			list, err := store.WatchedAs(ctx, c.numbers)
			if err != nil || len(list) != c.want {
				t.Fatalf("%d numbers: %d shipments, %v, want %d", len(c.numbers), len(list), err, c.want)
			}
		}
		list, err := store.WatchedAs(ctx, []string{"SIM000", "SIM007"})
		if err != nil || len(list) != 3 {
			t.Fatal(len(list), err)
		}
		for i := range list {
			list[i].Due = at(50)
		}
		list[1].Version++                           // somebody was faster
		gone := make(tenant, "gone", "SIM0", at(5)) // its case was erased
		gone.Version = 1
		written, err := store.PutShipments(ctx, append(list, gone))
		if err != nil || len(written) != 4 || !written[0] || written[1] || !written[2] || written[3] {
			t.Fatalf("written %v, %v", written, err)
		}
		for i, x := range list {
			got := get(t, store, x.Tenant, x.Case, x.Shipment.Number)
			if got.Due.Equal(at(50)) != written[i] || i == 0 && got.Version != x.Version+1 {
				t.Errorf("%s of %s: due %s, version %d", x.Shipment.Number, x.Case, got.Due, got.Version)
			}
		}
	})

	t.Run("due", func(t *testing.T) {
		store, newCase := open(t)
		ctx := context.Background()
		if _, ok, err := store.NextShipment(ctx); ok || err != nil {
			t.Errorf("an empty store has a next shipment: %t, %v", ok, err)
		}
		tenant, id := newCase(t)
		_, other := newCase(t)
		must(t, store, make(tenant, id, "SIM3", at(30)))
		must(t, store, make(tenant, id, "SIM1", at(10)))
		must(t, store, make(tenant, other, "SIM1", at(20)))
		must(t, store, make(tenant, id, "SIM0", time.Time{})) // never
		if next, ok, err := store.NextShipment(ctx); !ok || err != nil || !next.Equal(at(10)) {
			t.Errorf("next: %s, %t, %v, want %s", next, ok, err, at(10))
		}
		for _, tt := range []struct {
			now, n int
			want   []string
		}{{9, 9, nil}, {10, 9, []string{id + "/SIM1"}}, {40, 2, []string{id + "/SIM1", other + "/SIM1"}}, {40, 9, []string{id + "/SIM1", other + "/SIM1", id + "/SIM3"}}} {
			list, err := store.DueShipments(ctx, at(tt.now), tt.n)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, x := range list {
				got = append(got, x.Case+"/"+x.Shipment.Number)
				if x.Version == 0 || x.Tenant != tenant {
					t.Errorf("due: version %d, tenant %q", x.Version, x.Tenant)
				}
			}
			if d := cmp.Diff(tt.want, got); d != "" {
				t.Errorf("due at minute %d, at most %d (-want +got):\n%s", tt.now, tt.n, d)
			}
		}
	})

	t.Run("no case", func(t *testing.T) {
		store, newCase := open(t)
		tenant, _ := newCase(t)
		if _, err := store.PutShipment(context.Background(), make(tenant, "nobody", "SIM1", at(5))); !errors.Is(err, bot.ErrGone) {
			t.Errorf("a shipment of a case that does not exist: got error %v, want bot.ErrGone", err)
		}
	})
}

func must(t *testing.T, store watch.Store, w watch.Watched) {
	t.Helper()
	if ok, err := store.PutShipment(context.Background(), w); !ok || err != nil {
		t.Fatalf("write %s: %t, %v", w.Shipment.Number, ok, err)
	}
}

func get(t *testing.T, store watch.Store, tenant, caseID, number string) watch.Watched {
	t.Helper()
	w, err := store.Shipment(context.Background(), tenant, caseID, number)
	if err != nil {
		t.Fatalf("read %s: %v", number, err)
	}
	return w
}
