// Package watch joins shipments to the cases that wait for them. It asks sources when it is time, applies what they say
// (package shipment thinks), and hands every change to the chat as bot.News, exactly once:
//
//	shipment.watch ──► Store ◄──────────────── due? ──────────────┐
//	(a Call)             │                                        │
//	                     ▼                                        │
//	    Source.Pull ──► Apply ──► kept with its news pending ──► Handle ──► pending gone, next look set
//
// A change is kept before it is handed over and forgotten after: a process that dies in between hands it over again under
// the same id, and the chat knows it has seen it. Between looks nothing runs: Run sleeps until the next one is due.
package watch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
)

// Watch is the room. Make one with New, answer calls with its Calls, and Run it.
type Watch struct {
	store   Store
	sources []Source
	handle  func(context.Context, bot.Incoming) error
	now     func() time.Time
	log     *slog.Logger
	nudge   chan struct{}
	pushed  tallies
}

// New makes a Watch that hands news to handle, as bot.Handle. It panics when a source cannot be asked.
func New(store Store, handle func(context.Context, bot.Incoming) error, now func() time.Time, log *slog.Logger, sources ...Source) *Watch {
	for _, s := range sources {
		if _, ok := s.(Puller); !ok {
			panic("watch: source " + s.Name() + " cannot be asked")
		}
	}
	return &Watch{store: store, sources: sources, handle: handle, now: now, log: log, nudge: make(chan struct{}, 1)}
}

// Nudge makes Run look for something to do now: another process wrote, or the clock was moved.
func (w *Watch) Nudge() {
	select {
	case w.nudge <- struct{}{}:
	default:
	}
}

// Run looks at shipments when they are due and hands over what is new, until ctx ends; then it returns nil. It does not
// tick: it sleeps until the store's next due time or a nudge. A store that fails is tried again with growing pauses.
func (w *Watch) Run(ctx context.Context) error {
	failed := 0
	for ctx.Err() == nil {
		worked, err := w.round(ctx)
		wait := time.Duration(0)
		switch {
		case err != nil && ctx.Err() == nil:
			failed++
			wait = min(time.Second<<min(failed-1, 6), time.Minute)
			w.log.ErrorContext(ctx, "looking at shipments failed", "error", err, "again", wait)
		case worked:
			failed = 0
			continue
		default:
			failed = 0
			if wait, err = w.untilNext(ctx); err != nil {
				continue // the next round meets the same store and reports it
			}
		}
		w.sleep(ctx, wait)
	}
	return nil
}

// longestSleep is how long Run trusts that nothing has changed: another process on the same database may have begun to
// watch something and gone.
const longestSleep = time.Minute

// untilNext is how long nothing is due.
func (w *Watch) untilNext(ctx context.Context) (time.Duration, error) {
	at, ok, err := w.store.NextShipment(ctx, Whose{Others: true})
	if !ok {
		return longestSleep, err
	}
	return min(at.Sub(w.now()), longestSleep), err
}

// sleep waits for d, or for a nudge.
func (w *Watch) sleep(ctx context.Context, d time.Duration) {
	due := time.NewTimer(d)
	defer due.Stop()
	select {
	case <-ctx.Done():
	case <-w.nudge:
	case <-due.C:
	}
}

// round does what is due and reports whether anything was.
func (w *Watch) round(ctx context.Context) (bool, error) {
	due, err := w.store.DueShipments(ctx, Whose{Others: true}, w.now(), 4*PullAtOnce)
	if err != nil {
		return false, fmt.Errorf("watch: find what is due: %w", err)
	}
	for name, list := range bySource(due) {
		for batch := range slices.Chunk(list, PullAtOnce) {
			if err := w.look(ctx, w.source(name), batch); err != nil {
				return true, err
			}
		}
	}
	return len(due) > 0, nil
}

func bySource(list []Watched) map[string][]Watched {
	m := map[string][]Watched{}
	for _, x := range list {
		m[x.Shipment.Source] = append(m[x.Shipment.Source], x)
	}
	return m
}

func (w *Watch) source(name string) Source {
	for _, s := range w.sources {
		if s.Name() == name {
			return s
		}
	}
	return nil
}

// look asks one source about shipments that are due, keeps what is new, and hands it over.
func (w *Watch) look(ctx context.Context, s Source, list []Watched) error {
	asked := w.now()
	var ask []shipment.Number
	for _, x := range list {
		if w.asks(s, x, asked) && !slices.Contains(ask, x.Shipment.Ref()) {
			ask = append(ask, x.Shipment.Ref())
		}
	}
	var events []shipment.Event
	var failed error
	if len(ask) > 0 {
		if events, failed = s.(Puller).Pull(ctx, ask); failed != nil {
			if ctx.Err() != nil {
				return nil
			}
			w.log.WarnContext(ctx, "a source did not answer", "source", s.Name(), "shipments", len(ask), "error", failed)
		}
	}
	for _, x := range list {
		switch {
		case !slices.Contains(ask, x.Shipment.Ref()):
		case failed != nil:
			x.Shipment = x.Shipment.Failed(asked)
		default:
			apply(&x, events, asked)
		}
		if err := w.keep(ctx, s, x); err != nil {
			return err
		}
	}
	return nil
}

// asks reports whether a shipment that is due needs a look: not when it is only due because its card was asked for and
// what we know is fresh.
func (w *Watch) asks(s Source, x Watched, now time.Time) bool {
	if s == nil {
		return false
	}
	_, plans := s.(Planner)
	return plans || len(x.Pending) == 0 || now.Sub(x.Shipment.LookedAt) >= fresh
}

// apply puts a shipment's events in and notes what is new.
func apply(x *Watched, events []shipment.Event, asked time.Time) {
	var own []shipment.Event
	for _, e := range events {
		if e.Number == x.Shipment.Number {
			own = append(own, e)
		}
	}
	next, changes := x.Shipment.Apply(own...)
	x.Shipment = next.Looked(asked) // not later: what happens during the look belongs to the next one
	if c, ok := x.Shipment.Stale(asked); ok && c.Key != x.Silent {
		x.Silent = c.Key
		changes = append(changes, c)
	}
	for _, c := range changes {
		x.Pending = append(x.Pending, Pending{Key: c.Key, Change: c})
	}
}

// keep writes a shipment with its news, hands the news over, and writes that it did. When somebody else wrote meanwhile,
// theirs stands and this look is as if it had not been.
func (w *Watch) keep(ctx context.Context, s Source, x Watched) error {
	if len(x.Pending) > 0 {
		x.Due = w.now()
		if ok, err := w.put(ctx, &x); !ok || err != nil {
			return err
		}
		for len(x.Pending) > 0 {
			if err := w.handle(ctx, incoming(x, x.Pending[0])); err != nil {
				if ctx.Err() != nil {
					return nil
				}
				w.log.ErrorContext(ctx, "handing over news of a shipment failed", "case", x.Case, "news", x.Pending[0].Key, "error", err)
				x.Due = w.now().Add(handAgain)
				_, err := w.put(ctx, &x)
				return err
			}
			x.Pending = x.Pending[1:]
		}
	}
	x.Pending = nil
	x.Due = w.nextLook(s, x.Shipment)
	_, err := w.put(ctx, &x)
	return err
}

// handAgain is the pause before news that could not be handed over is tried again.
const handAgain = 15 * time.Second

// sourceAgain is how often a shipment is looked up whose source is not connected now.
const sourceAgain = 24 * time.Hour

// put writes x; false when it was changed or erased meanwhile.
func (w *Watch) put(ctx context.Context, x *Watched) (bool, error) {
	ok, err := w.store.PutShipment(ctx, *x)
	if errors.Is(err, bot.ErrGone) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("watch: keep a shipment: %w", err)
	}
	x.Version++
	return ok, nil
}

// nextLook is when a source should be asked again; zero: never.
func (w *Watch) nextLook(s Source, x shipment.Shipment) time.Time {
	now := w.now()
	switch {
	case x.Source == "":
		return time.Time{}
	case s == nil:
		return now.Add(sourceAgain)
	}
	next, ok := x.NextLook(now)
	if p, plans := s.(Planner); plans && x.Failures == 0 {
		next, ok = p.Next(x.Ref(), x.LookedAt)
	}
	if !ok {
		return time.Time{}
	}
	return next
}
