package watch

import (
	"context"
	"log/slog"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"xiaobao/shipment"
)

// A follower follows all numbers of one source, in the process that holds the lease. Two goroutines share it: patrol looks at
// what is due in the schedule, a batch at a time; tend does what shipments themselves have to do, for people who wait, and never
// stands behind a batch. What is known of the gate outlives a lease; the schedule does not.
type follower struct {
	w       *Watch
	source  Source
	limits  Limits
	gate    *gate
	plan    atomic.Pointer[schedule]
	pulling chan struct{} // holds a token during a Pull: one at a time
	tends   chan struct{}
	patrols chan struct{}

	warns    chan struct{}
	warnings atomic.Pointer[[]Warning] // of now
}

func newFollower(w *Watch, s Source) *follower {
	f := &follower{w: w, source: s, pulling: make(chan struct{}, 1), tends: make(chan struct{}, 1), patrols: make(chan struct{}, 1), warns: make(chan struct{}, 1)}
	if l, ok := s.(Limited); ok {
		f.limits = l.Limits()
	}
	if f.limits.AtOnce <= 0 {
		f.limits.AtOnce = PullAtOnce
	}
	if f.limits.Timeout <= 0 {
		f.limits.Timeout = time.Minute
	}
	f.gate = newGate(f.limits.Budgets)
	f.plan.Store(newSchedule())
	f.warnings.Store(&[]Warning{})
	return f
}

// begin reads when to look at what, and whether the account was stopped. It is called before the goroutines are.
func (f *follower) begin(ctx context.Context) error {
	stops, err := f.w.store.StoppedSources(ctx)
	if err != nil {
		return err
	}
	for _, stop := range stops {
		if stop.Source == f.source.Name() {
			f.gate.remember(stop.Reason)
		}
	}
	plan, err := readSchedule(ctx, f.w.store, f.source.Name())
	if err != nil {
		return err
	}
	f.plan.Store(plan)
	return nil
}

func readSchedule(ctx context.Context, s Store, source string) (*schedule, error) {
	plan := newSchedule()
	if err := s.Looks(ctx, source, plan.load); err != nil {
		return plan, err
	}
	plan.begin()
	return plan, nil
}

// settlesAtOnce is how many batches may be settled while the next is asked about: what they write is synced together.
const settlesAtOnce = 4

// patrol looks at what is due until ctx ends.
func (f *follower) patrol(ctx context.Context) {
	var settles errgroup.Group
	settles.SetLimit(settlesAtOnce)
	defer settles.Wait()
	f.w.repeat(ctx, f.patrols, f.log(), func() (time.Duration, error) {
		now, plan := f.w.now(), f.plan.Load()
		due, ok := plan.next(now)
		if !ok {
			return longestSleep, nil
		}
		if due.After(now) {
			return due.Sub(now), nil
		}
		if wait := f.gate.pass(now, false); wait > 0 {
			return wait, nil
		}
		return 0, f.look(ctx, plan.take(now, f.limits.AtOnce), &settles)
	})
}

func (f *follower) log() *slog.Logger { return f.w.log.With("source", f.source.Name()) }

// look asks about numbers that were taken from the schedule. Most have nothing new: they only go back into it.
func (f *follower) look(ctx context.Context, batch []taken, settles *errgroup.Group) error {
	plan := f.plan.Load()
	tell, read, err := f.warm(ctx, &batch)
	if err != nil {
		for _, t := range batch {
			plan.lookAt(t.ref.Number, t.due, false)
		}
		return err
	}
	if len(batch) == 0 {
		return nil
	}
	refs := make([]shipment.Number, len(batch))
	for i, t := range batch {
		refs[i] = t.ref
	}
	asked := f.w.now()
	select {
	case f.pulling <- struct{}{}:
	case <-ctx.Done():
		return nil
	}
	answers := f.ask(ctx, refs, tell, f.source.(Puller).Pull, f.limits.Timeout)
	<-f.pulling
	if ctx.Err() != nil {
		return nil
	}
	var news []string
	var saves []Look
	for _, t := range batch {
		a, number := answers[t.ref.Number], t.ref.Number
		if a.err != nil && !a.declined {
			f.notNow(plan, number, t.failures, a, asked)
			continue
		}
		next, ok := f.unchanged(t, a, asked)
		if !ok {
			news = append(news, number)
			continue
		}
		if late := next.Sub(timeOf(t.saved)); late > coarse {
			saves = append(saves, Look{Number: number, At: next})
			t.saved = secondsOf(next)
		}
		t.looked, t.failures, t.marks = secondsOf(asked), 0, warm
		plan.putBack(t, next)
	}
	if len(news) > 0 || len(saves) > 0 {
		settles.Go(func() error {
			f.settleNews(ctx, news, read, saves, answers, asked)
			return nil
		})
	}
	return nil
}

// settleNews settles those of a batch that have something new; it reads those that were not read before their source was asked.
func (f *follower) settleNews(ctx context.Context, news []string, read map[string][]Watched, saves []Look, answers map[string]heard, asked time.Time) {
	err := f.save(ctx, saves)
	if err == nil && len(news) > 0 {
		var rows []Watched
		var unread []string
		for _, number := range news {
			if rows = append(rows, read[number]...); len(read[number]) == 0 {
				unread = append(unread, number)
			}
		}
		if len(unread) > 0 {
			var more []Watched
			more, err = f.w.store.WatchedAs(ctx, unread)
			rows = append(rows, f.own(more)...)
		}
		if err == nil {
			err = f.settle(ctx, rows, news, answers, asked)
		}
	}
	if err == nil || ctx.Err() != nil {
		return
	}
	f.log().ErrorContext(ctx, "keeping what a source said failed: it is asked again", "numbers", len(news), "error", err)
	for _, number := range news {
		f.plan.Load().lookAt(number, asked.Add(lookAgain), false)
	}
	ring(f.patrols)
}

// coarse is how far the look that is written down may lie before the true one: it is moved once a day, however often a number is
// looked at. A process that starts looks a little too early, and never too late.
const coarse = 24 * time.Hour

// unchanged says when to look again at a number whose answer brought nothing, and false when the shipment must be read to know.
func (f *follower) unchanged(t taken, a heard, asked time.Time) (time.Time, bool) {
	if _, plans := f.source.(Planner); plans || a.declined || a.registered || t.print == 0 || t.print != shipment.Print(a.events) {
		return time.Time{}, false
	}
	if alarm := t.pace.Alarm(); !alarm.IsZero() && !alarm.After(asked) {
		return time.Time{}, false // its silence may be news
	}
	return f.next(t.pace, asked)
}

// next is when to look again after a look.
func (f *follower) next(p shipment.Pace, asked time.Time) (time.Time, bool) {
	next, ok := p.Next(asked, f.limits.Free)
	if least := asked.Add(f.limits.Every); !p.Unknown() && next.Before(least) {
		next = least
	}
	return next, ok
}

// warm reads what must be known of numbers before their source can be asked: how it calls their carriers, since when they are
// followed, whether it was told of them (tell: it must be). Numbers that nobody follows any more, because a case was erased, leave
// the batch and the schedule: they are not asked about again.
func (f *follower) warm(ctx context.Context, batch *[]taken) (tell map[string]bool, read map[string][]Watched, err error) {
	var cold, known []string
	for _, t := range *batch {
		if t.marks&warm != 0 {
			known = append(known, t.ref.Number)
		} else {
			cold = append(cold, t.ref.Number)
		}
	}
	followed, err := f.w.store.Following(ctx, f.source.Name(), known)
	if err != nil {
		return nil, nil, err
	}
	if len(cold) > 0 {
		rows, err := f.w.store.WatchedAs(ctx, cold)
		if err != nil {
			return nil, nil, err
		}
		read = group(f.own(rows))
	}
	_, registers := f.source.(Registrar)
	tell = map[string]bool{}
	kept := (*batch)[:0]
	for _, t := range *batch {
		number := t.ref.Number
		rows := read[number]
		switch {
		case t.marks&warm != 0 && followed[number]:
		case len(rows) > 0:
			t.ref = refOf(rows)
			tell[number] = registers && slices.ContainsFunc(rows, func(x Watched) bool { return !x.Told })
		default:
			f.plan.Load().drop(number)
			continue
		}
		kept = append(kept, t)
	}
	*batch = kept
	return tell, read, nil
}

// own are those of the rows that this source is asked about.
func (f *follower) own(rows []Watched) []Watched {
	return slices.DeleteFunc(rows, func(x Watched) bool { return x.Shipment.Source != f.source.Name() })
}

func group(rows []Watched) map[string][]Watched {
	m := map[string][]Watched{}
	for _, x := range rows {
		m[x.Shipment.Number] = append(m[x.Shipment.Number], x)
	}
	return m
}

// refOf is a number as its source is asked about it for all who follow it: since the first of them did.
func refOf(rows []Watched) shipment.Number {
	n := rows[0].Shipment.Ref()
	for _, x := range rows[1:] {
		if r := x.Shipment.Ref(); r.Registered.Before(n.Registered) {
			n.Registered = r.Registered
		}
		if n.Carrier == "" {
			n.Carrier = x.Shipment.Carrier
		}
	}
	return n
}

// save writes down looks that moved far, and forgets numbers that are gone.
func (f *follower) save(ctx context.Context, looks []Look) error {
	if len(looks) == 0 {
		return nil
	}
	moved, err := f.w.store.MoveLooks(ctx, f.source.Name(), looks)
	if err != nil {
		return err
	}
	for i, l := range looks {
		if !moved[i] {
			f.plan.Load().drop(l.Number)
		}
	}
	return nil
}

// notNow puts a number back that was not answered.
func (f *follower) notNow(plan *schedule, number string, failures uint8, a heard, asked time.Time) {
	switch {
	case a.wait > 0:
		plan.lookAt(number, asked.Add(a.wait), false)
	case a.innocent:
		plan.lookAt(number, asked, false) // it is due; the gate is closed
	default:
		plan.lookAt(number, asked.Add(shipment.Retry(number, int(failures)+1)), true)
	}
}
