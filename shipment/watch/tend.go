package watch

import (
	"context"
	"slices"
	"time"

	"xiaobao/shipment"
)

// tendAtOnce is how many shipments that have something to do are read at once.
const tendAtOnce = 160

// hurryTimeout is how long somebody who waits for a card waits for its source. After that they see what is known.
const hurryTimeout = 15 * time.Second

// patience is how long somebody who waits stands behind a call that is under way.
const patience = 5 * time.Second

// tend does what shipments of some sources have to do themselves: news to hand over, cards that somebody asked for, first looks.
func (w *Watch) tend(ctx context.Context, of Whose, bell <-chan struct{}) {
	w.repeat(ctx, bell, w.log, func() (time.Duration, error) {
		due, err := w.store.DueShipments(ctx, of, w.now(), tendAtOnce)
		if err != nil {
			return 0, err
		}
		if len(due) == 0 {
			at, ok, err := w.store.NextShipment(ctx, of)
			if err != nil || !ok {
				return longestSleep, err
			}
			return min(at.Sub(w.now()), longestSleep), nil
		}
		bySource := map[string][]Watched{}
		for _, x := range due {
			bySource[x.Shipment.Source] = append(bySource[x.Shipment.Source], x)
		}
		for name, rows := range bySource {
			if err := w.serve(ctx, w.follower(name), rows); err != nil {
				return 0, err
			}
		}
		return 0, nil
	})
}

// serve does what shipments of one source have to do. f is nil when the source is not connected.
func (w *Watch) serve(ctx context.Context, f *follower, rows []Watched) error {
	if f == nil {
		return w.handOver(ctx, rows)
	}
	for len(rows) > 0 {
		n := f.fitting(rows)
		if err := f.serve(ctx, rows[:n]); err != nil {
			return err
		}
		rows = rows[n:]
	}
	return nil
}

// fitting is how many rows have no more numbers than may be asked about at once.
func (f *follower) fitting(rows []Watched) int {
	numbers := map[string]bool{}
	for i, x := range rows {
		if numbers[x.Shipment.Number] = true; len(numbers) > f.limits.AtOnce {
			return i
		}
	}
	return len(rows)
}

func (f *follower) serve(ctx context.Context, rows []Watched) error {
	now, plan := f.w.now(), f.plan.Load()
	var numbers []string
	for _, x := range rows {
		if f.waits(x, now) && !slices.Contains(numbers, x.Shipment.Number) {
			numbers = append(numbers, x.Shipment.Number)
		}
	}
	answers := map[string]heard{}
	if len(numbers) > 0 {
		all, err := f.w.store.WatchedAs(ctx, numbers) // others may follow them too
		if err != nil {
			return err
		}
		all = f.own(all)
		if answers = f.hurry(ctx, group(all), now); ctx.Err() != nil {
			return nil
		}
		for number, a := range answers {
			if a.err != nil && !a.declined {
				f.notNow(plan, number, 0, a, now)
			}
		}
		ring(f.patrols)
		rows = slices.DeleteFunc(rows, func(x Watched) bool { return slices.Contains(numbers, x.Shipment.Number) })
		rows = append(rows, all...)
	}
	return f.settle(ctx, rows, nil, answers, now)
}

// waits reports whether somebody waits for a look at a shipment: a first one, or because they want to see the card and what is
// known is not fresh. Where nobody waits, what is due for a look goes into the schedule.
func (f *follower) waits(x Watched, now time.Time) bool {
	if x.Shipment.Declined || len(x.Pending) == 0 {
		return false
	}
	shown := slices.ContainsFunc(x.Pending, func(p Pending) bool { return p.Shown })
	return x.Shipment.LookedAt.IsZero() || shown && now.Sub(f.lookedAt(x)) >= fresh
}

// lookedAt is when the source last answered about a shipment: what is written down is when it last said something new.
func (f *follower) lookedAt(x Watched) time.Time {
	if at := f.plan.Load().lookedAt(x.Shipment.Number); at.After(x.Shipment.LookedAt) {
		return at
	}
	return x.Shipment.LookedAt
}

// hurry asks about numbers for people who wait. When the source must not be asked now, everything is as it was, and it is asked
// as soon as it may be.
func (f *follower) hurry(ctx context.Context, byNumber map[string][]Watched, now time.Time) map[string]heard {
	var refs []shipment.Number
	tell := map[string]bool{}
	_, registers := f.source.(Registrar)
	for number, rows := range byNumber {
		refs = append(refs, refOf(rows))
		tell[number] = registers && slices.ContainsFunc(rows, func(x Watched) bool { return !x.Told })
	}
	slices.SortFunc(refs, func(a, b shipment.Number) int { return a.Registered.Compare(b.Registered) })
	if len(refs) == 0 {
		return nil
	}
	later := func(wait time.Duration) map[string]heard {
		answers := map[string]heard{}
		for _, n := range refs {
			answers[n.Number] = heard{err: errNotNow, wait: wait, innocent: true}
		}
		return answers
	}
	pull := f.source.(Puller).Pull
	if h, ok := f.source.(Hurrier); ok {
		pull = h.Hurry
	} else {
		busy := time.NewTimer(patience)
		defer busy.Stop()
		select {
		case f.pulling <- struct{}{}:
			defer func() { <-f.pulling }()
		case <-busy.C:
			return later(0)
		case <-ctx.Done():
			return nil
		}
	}
	if wait := f.gate.pass(now, true); wait > 0 {
		return later(wait)
	}
	f.plan.Load().asks(refs)
	return f.ask(ctx, refs, tell, pull, min(f.limits.Timeout, hurryTimeout))
}
