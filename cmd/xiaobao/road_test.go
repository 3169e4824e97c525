package main

import (
	"bytes"
	"context"
	"log/slog"
	"path/filepath"
	"slices"
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

// A road is a source that is followed on a real database, by a clock that is moved by hand.
type road struct {
	t      *testing.T
	clock  atomic.Int64
	db     *store.Store
	w      *watch.Watch
	u      bot.User
	caseID string
	number string
	mu     sync.Mutex
	told   []string
	log    *safeBuffer
}

type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.Write(p)
}

func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.b.String()
}

func newRoad(t *testing.T, at time.Time) *road {
	r := &road{t: t, log: &safeBuffer{}, u: bot.User{Network: "web", Workspace: "local", ID: "ann", Name: "Ann", Language: "en"}}
	r.clock.Store(at.UnixNano())
	var err error
	if r.db, err = store.Open(context.Background(), filepath.Join(t.TempDir(), "x.db"), store.Options{Lease: time.Second}); err != nil {
		t.Fatal(err)
	}
	return r
}

func (r *road) now() time.Time { return time.Unix(0, r.clock.Load()).UTC() }

// begin follows a number of a source until the test ends. A source that only tells is nil.
func (r *road) begin(number, name string, source watch.Source) {
	r.number = number
	x := teller{number: number, now: r.now()}
	w := watch.Watched{Shipment: shipment.Shipment{Number: number, Source: name}}
	if source != nil {
		w.Look = r.now()
	}
	r.caseID = x.follow(r.t, r.db, r.u, w)
	var sources []watch.Source
	if source != nil {
		sources = append(sources, hourly{source, source.(watch.Puller)})
	}
	l := &listener{seen: map[string]bool{}, told: map[string]int{}}
	r.w = watch.New(r.db, func(ctx context.Context, in bot.Incoming) error {
		l.mu.Lock()
		again := l.seen[in.ID]
		l.mu.Unlock()
		if n, ok := in.What.(bot.News); ok && !again {
			r.mu.Lock()
			for _, line := range n.Push {
				if !strings.Contains(line.ID, "stale") { // that nothing was heard is no news of a source's
					r.told = append(r.told, spelled(line))
				}
			}
			r.mu.Unlock()
		}
		return l.handle(ctx, in)
	}, r.now, slog.New(slog.NewTextHandler(r.log, nil)), sources...)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.w.Run(ctx) }()
	r.t.Cleanup(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Error(err)
		}
		r.db.Close()
	})
}

// hourly is a source that is asked every hour, and after a failure when that is due.
type hourly struct {
	watch.Source
	watch.Puller
}

func (hourly) Next(_ shipment.Number, now time.Time) (time.Time, bool) {
	return now.Add(time.Hour), true
}

func (r *road) shipment() shipment.Shipment {
	is, err := r.db.Shipment(context.Background(), r.u.Tenant(), r.caseID, r.number)
	if err != nil {
		r.t.Error(err)
	}
	return is.Shipment
}

func (r *road) version() int64 {
	is, err := r.db.Shipment(context.Background(), r.u.Tenant(), r.caseID, r.number)
	if err != nil {
		r.t.Error(err)
	}
	return is.Version
}

// until moves the clock, eight hours at a time and not before its source was asked in the hours before or will not be, until what there is
// to be seen is seen and handed over.
func (r *road) until(what string, calls func() int, ok func(shipment.Shipment) bool) shipment.Shipment {
	r.t.Helper()
	before, waited := -1, 0
	eventually(r.t, what, func() bool {
		is, err := r.db.Shipment(context.Background(), r.u.Tenant(), r.caseID, r.number)
		if err == nil && ok(is.Shipment) && len(is.Pending) == 0 {
			return true
		}
		if waited++; calls() != before || waited > 20 {
			before, waited = calls(), 0
			r.clock.Add(int64(8 * time.Hour))
			r.w.Nudge()
		}
		return false
	})
	return r.shipment()
}

// settled waits until all that is known now is handed over, and returns the shipment and what was told.
func (r *road) settled(ok func(shipment.Shipment) bool) (shipment.Shipment, []string) {
	r.t.Helper()
	eventually(r.t, "everything to be handed over", func() bool {
		is, err := r.db.Shipment(context.Background(), r.u.Tenant(), r.caseID, r.number)
		return err == nil && len(is.Pending) == 0 && ok(is.Shipment)
	})
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.shipment(), slices.Clone(r.told)
}

func whatever(shipment.Shipment) bool { return true }
