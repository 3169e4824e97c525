package bot

import (
	"cmp"
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"time"

	"xiaobao/bot/flow"
)

// Run sends what must leave and wakes what is due, until ctx ends; then it lets what is under way finish for up to ten
// seconds and returns nil. It sleeps until the earliest thing that is due or until a turn made something: at rest it does
// nothing at all.
//
//	Handle ──leased──► outbound: one queue per place, in order ──► Adapter.Send ──► settle, in batches
//	                     ▲                                                            │ deferred: later, with all behind it
//	Run ─► Claim ────────┘  what came back, what waited behind others, what is late   │ refused: kept for the operator
//	    └► Due ──► Handle(Woken)                                                      ▼
func (b *Bot) Run(ctx context.Context) error {
	b.held.open(ctx)
	defer b.held.close()
	var rested int64 // the last turn before the last rest
	for ctx.Err() == nil {
		b.claim(ctx)
		late := b.ring(ctx)
		if last := b.turned.Load(); b.Rested != nil && last != rested && b.Now().UnixMicro()-last >= restful.Microseconds() {
			b.Rested()
			rested = last
		}
		b.sleep(ctx, late)
	}
	return nil
}

// restful is how long nothing must have happened for Config.Rested.
const restful = 15 * time.Second

// claimed is how many deliveries or timers are fetched at once.
const claimed = 128

func (b *Bot) claim(ctx context.Context) {
	for ctx.Err() == nil {
		n := b.held.reserve(claimed)
		if n == 0 {
			return // it nudges when there is room
		}
		got, err := b.held.claim(func() ([]Delivery, error) { return b.Store.Claim(ctx, b.Now(), n) })
		if err != nil {
			b.fault(ctx, "claim deliveries", err)
		}
		b.held.release(n)
		if got < n {
			return
		}
	}
}

// ring handles the timers that are due, each once however late it is. It says whether one could not be handled.
func (b *Bot) ring(ctx context.Context) (failed bool) {
	for ctx.Err() == nil && !failed {
		timers, err := b.Store.Due(ctx, b.Now(), claimed)
		if err != nil {
			b.fault(ctx, "fetch timers", err)
			return true
		}
		for _, t := range timers {
			in := Incoming{
				ID: "timer:" + t.Name + ":" + strconv.FormatInt(t.At.UnixMicro(), 36), At: t.At,
				What: Woken{Case: t.Case, Tenant: t.Tenant, Name: t.Name},
			}
			if err := b.Handle(ctx, in); err != nil {
				b.fault(ctx, "handle a timer", err, "case", t.Case, "timer", t.Name)
				failed = true
			}
		}
		if len(timers) < claimed {
			return failed
		}
	}
	return failed
}

// longestSleep is how long Run trusts that nothing has changed: another process on the same database may have written
// something without this one hearing of it.
const longestSleep = 20 * time.Second

// sleep waits for the next thing that is due, for a nudge, or for the end. After a failure it looks again in a second.
func (b *Bot) sleep(ctx context.Context, failed bool) {
	now := b.Now()
	at, ok, err := b.Store.NextDue(ctx, now)
	if err != nil && ctx.Err() == nil {
		b.fault(ctx, "look what is due next", err)
		failed = true
	}
	wait := longestSleep
	if ok && !b.held.full() {
		wait = min(max(at.Sub(now), 0), longestSleep)
	}
	if failed {
		wait = time.Second
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-b.nudge:
	case <-b.Store.Wake():
	case <-timer.C:
	}
}

func (b *Bot) fault(ctx context.Context, doing string, err error, more ...any) {
	if ctx.Err() == nil {
		b.Log.ErrorContext(ctx, doing, append(more, "error", err)...)
	}
}

// Drain waits until everything that turns have decided so far has left, or been put off. Run must be running.
func (b *Bot) Drain(ctx context.Context) error {
	for {
		// In this order: what is no longer due by now was under way before it was looked whether anything is.
		now := b.Now()
		at, ok, err := b.Store.NextDue(ctx, now)
		if err != nil {
			return fmt.Errorf("bot: look what is due next: %w", err)
		}
		due := ok && !at.After(now)
		quiet, busy := b.held.silence()
		switch {
		case !due && !busy:
			return nil
		case !busy:
			b.Nudge()
		}
		select {
		case <-quiet:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// longestSend is how long one delivery may take.
const longestSend = 30 * time.Second

// deliver makes one attempt and says in s how it went.
func (b *Bot) deliver(ctx context.Context, s *Settlement) {
	d := &s.Delivery
	s.Outcome = Sent
	start := b.Now()
	err := b.attempt(ctx, s)
	if err != nil {
		var wait time.Duration
		s.Outcome, wait = Fate(err, d.Attempt)
		s.Reason = err.Error()
		if s.Outcome != Refused {
			s.Retry = b.Now().Add(wait)
		}
	}
	level := slog.LevelDebug
	switch s.Outcome {
	case Refused:
		level = slog.LevelError
	case Deferred, Unsure:
		level = slog.LevelWarn
	}
	if b.Log.Enabled(ctx, level) {
		b.Log.Log(ctx, level, "delivery", "outcome", string(s.Outcome), "place", d.Place.String(), "case", d.Case, "id", d.ID, "attempt", d.Attempt, "took", b.Now().Sub(start), "reason", s.Reason)
	}
}

func (b *Bot) attempt(ctx context.Context, s *Settlement) (err error) {
	defer func() {
		if r := recover(); r != nil {
			b.Log.ErrorContext(ctx, "a send panicked", "panic", fmt.Sprint(r), "place", s.Delivery.Place.String(), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, longestSend)
	defer cancel()
	d := s.Delivery
	if d.Call != nil {
		return b.perform(ctx, d)
	}
	defer func() {
		if why := Shutting(err); why != "" && d.Case != "" {
			err = cmp.Or(b.Handle(ctx, Incoming{ID: "shut:" + d.ID, At: b.Now(), What: Lost{Case: d.Case, Tenant: d.Tenant, Place: d.Place, Why: why, Message: d.Message}}), err)
		}
	}()
	a := b.adapters[d.Place.Network]
	if a == nil {
		// Another process may be connected to it, or this one when it is started again: a chat in the terminal shares the
		// database of the web chat.
		return fmt.Errorf("the network %q is not connected", d.Place.Network)
	}
	r, err := a.Send(ctx, d)
	s.Native = r.Native
	if r.Fallback != "" {
		b.Log.DebugContext(ctx, "fallback", "place", d.Place.String(), "id", d.ID, "fallback", r.Fallback)
	}
	return err
}

// say sends a line to a place without keeping it: for what must not leave a trace. It is tried once.
func (b *Bot) say(ctx context.Context, id string, place Place, u User, l flow.Line) error {
	a := b.adapters[place.Network]
	if a == nil {
		return fmt.Errorf("the network %q is not connected", place.Network)
	}
	p := b.render.reader(flow.To{Person: u.Key(), Name: u.Name, Lang: u.Language, Zone: u.Zone})
	m := p.message()
	m.Text = p.say(l)
	for i, m := range Fit(m, a.Capabilities(place), b.Words).Messages {
		if _, err := a.Send(ctx, Delivery{ID: outgoingID(Key{Event: id}, i), Tenant: u.Tenant(), Place: place, Message: m, Attempt: 1, Decided: b.Now()}); err != nil {
			return err
		}
	}
	return nil
}
