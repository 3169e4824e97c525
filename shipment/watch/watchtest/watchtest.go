// Package watchtest is what every store of watched shipments must do. A store's tests run it against each database.
package watchtest

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

var everybody = watch.Whose{Others: true}

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

	t.Run("dropped", func(t *testing.T) {
		store, newCase := open(t)
		ctx := context.Background()
		tenant, id := newCase(t)
		_, other := newCase(t)
		for _, c := range []string{id, other} {
			must(t, store, make(tenant, c, "SIM1", at(5)))
			must(t, store, make(tenant, c, "SIM2", at(5)))
		}
		if err := store.DropShipments(ctx, id, []string{"SIM1", "NOBODY'S"}); err != nil {
			t.Fatal(err)
		}
		if err := store.DropShipments(ctx, id, nil); err != nil {
			t.Fatal(err)
		}
		if list, err := store.WatchedAs(ctx, []string{"SIM1", "SIM2"}); err != nil || len(list) != 3 {
			t.Errorf("%d are left, %v", len(list), err)
		}
		if _, err := store.Shipment(ctx, tenant, id, "SIM1"); !errors.Is(err, bot.ErrGone) {
			t.Errorf("what was dropped: %v", err)
		}
	})

	t.Run("due", func(t *testing.T) {
		store, newCase := open(t)
		ctx := context.Background()
		if _, ok, err := store.NextShipment(ctx, everybody); ok || err != nil {
			t.Errorf("an empty store has a next shipment: %t, %v", ok, err)
		}
		tenant, id := newCase(t)
		_, other := newCase(t)
		must(t, store, make(tenant, id, "SIM3", at(30)))
		must(t, store, make(tenant, id, "SIM1", at(10)))
		must(t, store, make(tenant, other, "SIM1", at(20)))
		must(t, store, make(tenant, id, "SIM0", time.Time{})) // never
		if next, ok, err := store.NextShipment(ctx, everybody); !ok || err != nil || !next.Equal(at(10)) {
			t.Errorf("next: %s, %t, %v, want %s", next, ok, err, at(10))
		}
		for _, tt := range []struct {
			now, n int
			want   []string
		}{{9, 9, nil}, {10, 9, []string{id + "/SIM1"}}, {40, 2, []string{id + "/SIM1", other + "/SIM1"}}, {40, 9, []string{id + "/SIM1", other + "/SIM1", id + "/SIM3"}}} {
			list, err := store.DueShipments(ctx, everybody, at(tt.now), tt.n)
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

	t.Run("several at once", func(t *testing.T) {
		store, newCase := open(t)
		ctx := context.Background()
		tenant, id := newCase(t)
		_, other := newCase(t)
		must(t, store, make(tenant, id, "SIM1", at(5)))
		must(t, store, make(tenant, other, "SIM1", at(5)))
		must(t, store, make(tenant, id, "SIM2", at(5)))
		list, err := store.WatchedAs(ctx, []string{"SIM2", "SIM1", "SIM1", "SIM9"})
		if err != nil || len(list) != 3 {
			t.Fatalf("watched under two numbers: %d, %v, want 3", len(list), err)
		}
		if none, err := store.WatchedAs(ctx, []string{"SIM9"}); err != nil || len(none) != 0 {
			t.Errorf("watched under a number nobody watches: %d, %v", len(none), err)
		}
		stale := list[0]
		must(t, store, stale)
		for i := range list {
			list[i].Look, list[i].Due = at(50+i), time.Time{}
		}
		list = append(list, make(tenant, id, "SIM3", at(7)), make(tenant, "nobody", "SIM3", at(7)))
		written, err := store.PutShipments(ctx, list)
		if d := cmp.Diff([]bool{false, true, true, true, false}, written); d != "" || err != nil {
			t.Errorf("written, %v (-want +got):\n%s", err, d)
		}
		got := get(t, store, tenant, list[2].Case, list[2].Shipment.Number)
		if !got.Look.Equal(at(52)) || !got.Due.IsZero() || got.Version != list[2].Version+1 {
			t.Errorf("look %s, due %s, version %d", got.Look, got.Due, got.Version)
		}
		if got := get(t, store, tenant, id, "SIM3"); !got.Look.IsZero() || !got.Due.Equal(at(7)) {
			t.Errorf("look %s, due %s", got.Look, got.Due)
		}
	})

	t.Run("looks", func(t *testing.T) {
		store, newCase := open(t)
		ctx := context.Background()
		tenant, id := newCase(t)
		_, other := newCase(t)
		put := func(caseID, number, source string, look time.Time) {
			w := make(tenant, caseID, number, time.Time{})
			w.Shipment.Source, w.Look = source, look
			must(t, store, w)
		}
		put(id, "SIM2", "test", at(20))
		put(id, "SIM1", "test", at(30))
		put(other, "SIM1", "test", at(10))
		put(id, "SIM3", "test", time.Time{})
		put(id, "SIM4", "another", at(40))
		looks := func() (list []string) {
			if err := store.Looks(ctx, "test", func(number string, look time.Time) {
				list = append(list, number+look.Format(" 15:04"))
			}); err != nil {
				t.Fatal(err)
			}
			if len(list) > 1 && list[0] > list[1] && list[0][:4] == list[1][:4] { // those of one number in any order
				list[0], list[1] = list[1], list[0]
			}
			return list
		}
		if d := cmp.Diff([]string{"SIM1 08:10", "SIM1 08:30", "SIM2 08:20"}, looks()); d != "" {
			t.Errorf("looks (-want +got):\n%s", d)
		}
		for source, want := range map[string]map[string]bool{"test": {"SIM1": true, "SIM2": true}, "another": {"SIM4": true}, "nobody": {}} {
			got, err := store.Following(ctx, source, []string{"SIM1", "SIM2", "SIM3", "SIM4", "SIM9"})
			if d := cmp.Diff(want, got); d != "" || err != nil {
				t.Errorf("followed with %s, %v (-want +got):\n%s", source, err, d)
			}
		}
		version := get(t, store, tenant, id, "SIM1").Version
		moved, err := store.MoveLooks(ctx, "test", []watch.Look{{Number: "SIM1", At: at(50)}, {Number: "SIM3", At: at(50)}, {Number: "SIM4", At: at(50)}, {Number: "SIM9", At: at(50)}})
		if d := cmp.Diff([]bool{true, false, false, false}, moved); d != "" || err != nil {
			t.Errorf("moved, %v (-want +got):\n%s", err, d)
		}
		if d := cmp.Diff([]string{"SIM1 08:50", "SIM1 08:50", "SIM2 08:20"}, looks()); d != "" {
			t.Errorf("looks, moved (-want +got):\n%s", d)
		}
		if got := get(t, store, tenant, id, "SIM1"); got.Version != version || !got.Look.Equal(at(50)) {
			t.Errorf("version %d, look %s: moving a look is no change of the shipment", got.Version, got.Look)
		}
	})

	t.Run("of sources", func(t *testing.T) {
		store, newCase := open(t)
		ctx := context.Background()
		tenant, id := newCase(t)
		for i, source := range []string{"one", "two", ""} {
			w := make(tenant, id, "SIM"+source, at(10+i))
			w.Shipment.Source = source
			must(t, store, w)
		}
		for _, tt := range []struct {
			of   watch.Whose
			want []string
		}{
			{watch.Whose{Sources: []string{"one"}}, []string{"SIMone"}},
			{watch.Whose{Sources: []string{"two", "one"}}, []string{"SIMone", "SIMtwo"}},
			{watch.Whose{Sources: []string{"one"}, Others: true}, []string{"SIMtwo", "SIM"}},
			{everybody, []string{"SIMone", "SIMtwo", "SIM"}},
			{watch.Whose{}, nil},
		} {
			list, err := store.DueShipments(ctx, tt.of, at(60), 9)
			var got []string
			for _, x := range list {
				got = append(got, x.Shipment.Number)
			}
			if d := cmp.Diff(tt.want, got); d != "" || err != nil {
				t.Errorf("%+v: %v (-want +got):\n%s", tt.of, err, d)
			}
			next, ok, err := store.NextShipment(ctx, tt.of)
			if ok != (len(tt.want) > 0) || err != nil || ok && !next.Equal(list[0].Due) {
				t.Errorf("%+v: next %s, %t, %v", tt.of, next, ok, err)
			}
		}
	})

	t.Run("early", func(t *testing.T) {
		store, _ := open(t)
		ctx := context.Background()
		event := func(number string, minute int) shipment.Event {
			return shipment.Event{Number: number, At: at(minute), TZKnown: true, Seen: at(minute), Status: shipment.InTransit, Source: "hook", Text: "离港"}
		}
		keep := func(tenant string, events ...shipment.Event) {
			t.Helper()
			if err := store.KeepEarly(ctx, tenant, events, at(60)); err != nil {
				t.Fatal(err)
			}
		}
		keep("web:local", event("A1", 1), event("A1", 2), event("B1", 1))
		keep("web:local", event("A1", 2))
		keep("", event("A1", 3))
		keep("slack:T1", event("A1", 4))
		keep("slack:T1")
		for _, c := range []struct {
			tenant, number string
			want           []int
		}{{"web:local", "A1", []int{1, 2, 3}}, {"slack:T1", "A1", []int{3, 4}}, {"slack:T2", "A1", []int{3}}, {"web:local", "B1", []int{1}}, {"web:local", "C1", nil}} {
			list, err := store.Early(ctx, c.tenant, c.number)
			if err != nil {
				t.Fatal(err)
			}
			slices.SortFunc(list, func(a, b shipment.Event) int { return a.At.Compare(b.At) })
			var want []shipment.Event
			for _, minute := range c.want {
				want = append(want, event(c.number, minute))
			}
			if d := cmp.Diff(want, list); d != "" {
				t.Errorf("%s, %s (-want +got):\n%s", c.tenant, c.number, d)
			}
		}
	})

	t.Run("ledger", func(t *testing.T) {
		store, _ := open(t)
		ctx := context.Background()
		count := func(minute int, codes ...watch.Code) {
			if err := store.CountCodes(ctx, at(minute), codes); err != nil {
				t.Fatal(err)
			}
		}
		count(1, watch.Code{Source: "a", Code: "X", Times: 2, Example: "好"}, watch.Code{Source: "a", Code: "Y", Times: 1})
		count(2, watch.Code{Source: "b", Code: "X", Times: 1})
		count(3, watch.Code{Source: "a", Code: "X", Times: 3, Example: "more"})
		want := []watch.Code{
			{Source: "a", Code: "X", Times: 5, First: at(1), Latest: at(3), Example: "more"},
			{Source: "b", Code: "X", Times: 1, First: at(2), Latest: at(2)},
		}
		codes, err := store.Codes(ctx, 2)
		if d := cmp.Diff(want, codes); d != "" || err != nil {
			t.Errorf("codes, %v (-want +got):\n%s", err, d)
		}
		for i, x := range []struct {
			reason string
			want   bool
		}{{"revoked", true}, {"revoked", false}, {"quota", true}} {
			if fresh, err := store.StopSource(ctx, "a", x.reason, at(i)); fresh != x.want || err != nil {
				t.Errorf("stopped for %s: %t, %v", x.reason, fresh, err)
			}
		}
		stops, err := store.StoppedSources(ctx)
		if d := cmp.Diff([]watch.Stopped{{Source: "a", Reason: "quota", At: at(2)}}, stops); d != "" || err != nil {
			t.Errorf("stops, %v (-want +got):\n%s", err, d)
		}
		if err := errors.Join(store.StartSource(ctx, "a"), store.StartSource(ctx, "never")); err != nil {
			t.Error(err)
		}
		if stops, err := store.StoppedSources(ctx); len(stops) != 0 || err != nil {
			t.Errorf("started again: %v, %v", stops, err)
		}
		for _, x := range []struct {
			what, mark string
			want       bool
		}{{"a quota", "10", true}, {"a quota", "10", false}, {"b quota", "10", true}, {"a quota", "", true}, {"a quota", "10", true}} {
			if fresh, err := store.Warned(ctx, x.what, x.mark); fresh != x.want || err != nil {
				t.Errorf("warned of %s at %q: %t, %v", x.what, x.mark, fresh, err)
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
