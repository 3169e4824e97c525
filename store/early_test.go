package store_test

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

func early(number string, minute int) shipment.Event {
	return shipment.Event{Number: number, At: noon.Add(time.Duration(minute) * time.Minute), TZKnown: true, Seen: noon, Status: shipment.InTransit, Source: "hook"}
}

func earlyOf(t *testing.T, s *store.Store, tenant, number string) (minutes []int) {
	t.Helper()
	list, err := s.Early(ctx, tenant, number)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range list {
		minutes = append(minutes, int(e.At.Sub(noon)/time.Minute))
	}
	return minutes
}

// TestEarlyIsBounded: of a number that nobody follows the newest fifty events are kept, for thirty days, and another tenant's are its own.
func TestEarlyIsBounded(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		keep := func(tenant string, now time.Time, events ...shipment.Event) {
			t.Helper()
			if err := s.KeepEarly(ctx, tenant, events, now); err != nil {
				t.Fatal(err)
			}
		}
		var many []shipment.Event
		for i := range 120 {
			many = append(many, early("A", i))
		}
		keep("web:local", noon, many...)
		keep("slack:T1", noon, early("A", 500))
		if got := earlyOf(t, s, "web:local", "A"); len(got) != 50 || got[0] != 70 || got[49] != 119 {
			t.Errorf("in one post: %v", got)
		}
		keep("web:local", noon.Add(time.Hour), early("A", 119), early("A", 120))
		if got := earlyOf(t, s, "web:local", "A"); len(got) != 50 || got[0] != 71 || got[49] != 120 {
			t.Errorf("and one more: %v", got)
		}
		keep("web:local", noon.Add(30*24*time.Hour+time.Minute), early("B", 1))
		if got := earlyOf(t, s, "web:local", "A"); !slices.Equal(got, []int{120}) {
			t.Errorf("thirty days later: %v", got)
		}
		if got := earlyOf(t, s, "slack:T1", "A"); !slices.Equal(got, []int{500}) {
			t.Errorf("another tenant's: %v", got)
		}
	})
}

// TestEarlyOfAFlood: whoever posts about ever new numbers pushes out the oldest of its own.
func TestEarlyOfAFlood(t *testing.T) {
	s := open(t, filepath.Join(t.TempDir(), "x.db"))
	if err := s.KeepEarly(ctx, "slack:T1", []shipment.Event{early("OTHER", 1)}, noon); err != nil {
		t.Fatal(err)
	}
	const posts, each = 54, 1000
	for p := range posts {
		var list []shipment.Event
		for i := range each {
			list = append(list, early(fmt.Sprint("N", p*each+i), 1))
		}
		if err := s.KeepEarly(ctx, "web:local", list, noon.Add(time.Duration(p)*time.Second)); err != nil {
			t.Fatal(err)
		}
	}
	for number, there := range map[string]bool{"N0": false, "N3999": false, "N4000": true, "N53999": true} {
		if got := earlyOf(t, s, "web:local", number); (len(got) > 0) != there {
			t.Errorf("%s: %v", number, got)
		}
	}
	if got := earlyOf(t, s, "slack:T1", "OTHER"); len(got) != 1 {
		t.Error("another tenant's is gone")
	}
}

// TestEarlyIsErased: with a case goes what was told about its numbers before, and with a tenant all of it.
func TestEarlyIsErased(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		join(t, s, owner, "case")
		put(t, s, watch.Watched{Tenant: "web:local", Case: "case", Shipment: shipment.Shipment{Number: "A"}})
		for _, tenant := range []string{"web:local", "slack:T1"} {
			if err := s.KeepEarly(ctx, tenant, []shipment.Event{early("A", 1), early("B", 1)}, noon); err != nil {
				t.Fatal(err)
			}
		}
		if err := s.Erase(ctx, "web:local", "case"); err != nil {
			t.Fatal(err)
		}
		left := func(when string, want string) {
			t.Helper()
			var got []string
			for _, tenant := range []string{"web:local", "slack:T1"} {
				for _, n := range []string{"A", "B"} {
					if len(earlyOf(t, s, tenant, n)) > 0 {
						got = append(got, tenant+"/"+n)
					}
				}
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s there is %v", when, got)
			}
		}
		left("after the case was erased", "web:local/B slack:T1/A slack:T1/B")
		if err := s.EraseTenant(ctx, "slack", "T1"); err != nil && !errors.Is(err, bot.ErrGone) {
			t.Fatal(err)
		}
		left("after the tenant was erased", "web:local/B")
	})
}
