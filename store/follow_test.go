package store_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

// counted is a source that says nothing and counts; two processes have one each.
type counted struct {
	mu    sync.Mutex
	asked map[string]int
	calls atomic.Int64
}

func (c *counted) Name() string         { return "counted" }
func (c *counted) Knows(n string) bool  { return strings.HasPrefix(n, "C") }
func (c *counted) Limits() watch.Limits { return watch.Limits{AtOnce: 10} }
func (c *counted) Pull(_ context.Context, numbers []shipment.Number) ([]shipment.Event, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, n := range numbers {
		c.asked[n.Number]++
	}
	c.calls.Add(1)
	return nil, nil
}

func (c *counted) total() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, times := range c.asked {
		n += times
	}
	return n
}

// TestTwoProcessesNeverAskTwice follows the same shipments from two processes on one database: every number is asked about once, by
// whoever holds the lease, and the other takes over when the first leaves. What the second writes the first hears of.
func TestTwoProcessesNeverAskTwice(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		stores := []*store.Store{open(t, dsn), open(t, dsn)}
		const numbers = 200
		for i := range numbers {
			name := fmt.Sprint("case", i%4)
			if i < 4 {
				join(t, stores[0], bot.User{Network: "web", Workspace: "local", ID: name}, name)
			}
			put(t, stores[i%2], watch.Watched{Tenant: "web:local", Case: name, Look: noon, Shipment: shipment.Shipment{Number: fmt.Sprint("C", i), Source: "counted", Registered: noon}})
		}
		now := func() time.Time { return noon.Add(time.Hour) }
		var news atomic.Int64
		type process struct {
			source *counted
			watch  *watch.Watch
			stop   func()
		}
		var all []process
		for _, s := range stores {
			c := &counted{asked: map[string]int{}}
			w := watch.New(s, func(context.Context, bot.Incoming) error { news.Add(1); return nil }, now, slog.New(slog.NewTextHandler(io.Discard, nil)), c)
			ctx, cancel := context.WithCancel(ctx)
			done := make(chan error, 1)
			go func() { done <- w.Run(ctx) }()
			all = append(all, process{c, w, sync.OnceFunc(func() {
				cancel()
				if err := <-done; err != nil {
					t.Error(err)
				}
			})})
		}
		defer func() {
			for _, p := range all {
				p.stop()
			}
		}()
		until := func(what string, reached func() bool) {
			t.Helper()
			for deadline := time.Now().Add(30 * time.Second); !reached(); time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatalf("never: %s", what)
				}
			}
		}
		until("all are asked about", func() bool { return all[0].source.total()+all[1].source.total() >= numbers })
		first, second := 0, 1
		if all[1].source.calls.Load() > 0 {
			first, second = 1, 0
		}
		if n := all[second].source.calls.Load(); n > 0 {
			t.Errorf("the second process asked too, %d times", n)
		}
		for number, times := range all[first].source.asked {
			if times != 1 {
				t.Errorf("%s was asked about %d times", number, times)
			}
		}

		// A person gives a number to the process that does not follow.
		d := bot.Delivery{Tenant: "web:local", Case: "case0", Call: &bot.Call{ID: "c1", Name: "shipment.watch", Args: map[string]string{"number": "C999"}}}
		if _, err := all[second].watch.Calls()["shipment.watch"](ctx, d); err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(dsn, "postgres") {
			all[first].watch.Nudge() // on a file nobody hears of it but by looking once a minute
		}
		until("the number is asked about and its card is shown", func() bool {
			all[first].source.mu.Lock()
			defer all[first].source.mu.Unlock()
			return all[first].source.asked["C999"] == 1 && news.Load() > 0
		})
		all[first].stop()
		held, err := stores[second].Lease(ctx, "watch", "a third", now(), now().Add(time.Second))
		if err != nil || !held {
			t.Errorf("the lease was not given back: %t, %v", held, err)
		}
	})
}

// TestStirred: what has something to do is heard of by other processes on PostgreSQL, and when to look is not.
func TestStirred(t *testing.T) {
	dsn := kinds["postgres"](t)
	a, b := open(t, dsn), open(t, dsn)
	join(t, a, owner, "case")
	w := watch.Watched{Tenant: "web:local", Case: "case", Look: noon, Shipment: shipment.Shipment{Number: "C1", Source: "counted", Registered: noon}}
	put(t, a, w)
	w.Version, w.Due = 1, noon
	deadline := time.After(30 * time.Second)
	for heard := false; !heard; { // it may not listen yet
		put(t, a, w)
		w.Version++
		select {
		case <-b.Stirred():
			heard = true
		case <-time.After(100 * time.Millisecond):
		case <-deadline:
			t.Fatal("a shipment that has something to do was not heard of")
		}
	}
	select {
	case <-a.Stirred():
		t.Error("a process hears of what it wrote itself")
	default:
	}
}

// TestAShipmentOfTheFirstRelease has no source beside its document, and its next look where now only work stands.
func TestAShipmentOfTheFirstRelease(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		join(t, s, owner, "case")
		put(t, s, watch.Watched{Tenant: "web:local", Case: "case", Due: noon, Shipment: shipment.Shipment{Number: "C1", Source: "counted", Registered: noon, LookedAt: noon}})
		run(t, raw(t, dsn), `UPDATE shipments SET source = NULL, look = NULL`)
		c := &counted{asked: map[string]int{}}
		now := func() time.Time { return noon.Add(time.Hour) }
		w := watch.New(s, func(context.Context, bot.Incoming) error { return nil }, now, slog.New(slog.NewTextHandler(io.Discard, nil)), c)
		ctx, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- w.Run(ctx) }()
		var x watch.Watched
		for deadline := time.Now().Add(30 * time.Second); c.total() == 0 || !x.Due.IsZero() || x.Look.IsZero(); time.Sleep(time.Millisecond) {
			var err error
			if x, err = s.Shipment(ctx, "web:local", "case", "C1"); err != nil {
				t.Fatal(err)
			}
			if time.Now().After(deadline) {
				t.Fatalf("asked %d times, due %s, look %s", c.total(), x.Due, x.Look)
			}
		}
		cancel()
		if err := <-done; err != nil {
			t.Error(err)
		}
		still, err := s.Following(context.Background(), "counted", []string{"C1"})
		if err != nil || !still["C1"] || c.total() != 1 {
			t.Errorf("followed %v, %v, asked %d times", still, err, c.total())
		}
	})
}
