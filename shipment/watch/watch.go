// Package watch joins shipments to the cases that wait for them. It asks sources when it is time, applies what they say
// (package shipment thinks), and hands every change to the chat as bot.News, exactly once:
//
//	shipment.watch ──► Store ──► tend ◄──── Heard: a source that tells by itself
//	 (a Call)                     │
//	                              ▼
//	  schedule ──► patrol ──► Source.Pull ──► Apply ──► kept with its news pending ──► handed over ──► pending gone
//	     ▲                         │ nothing new                                                          │
//	     └─────────────────────────┴──────────────────────────────────────────────────────────────────────┘
//
// A change is kept before it is handed over and forgotten after: a process that dies in between hands it over again under
// the same id, and the chat knows it has seen it.
//
// Of all processes one follows, the one that holds the lease; it keeps in memory when to look at what, and a look that brings
// nothing new is not written. All of them take calls and pushes. Between looks nothing runs: everything sleeps until the next
// one is due.
package watch

import (
	"context"
	"crypto/rand"
	"log/slog"
	"sync"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
)

// Watch is the room. Make one with New, answer calls with its Calls, and Run it.
type Watch struct {
	store     Store
	sources   []Source
	followers []*follower
	handle    func(context.Context, bot.Incoming) error
	now       func() time.Time
	log       *slog.Logger
	holder    string        // of leases: this run of this process
	nudge     chan struct{} // for whoever waits for the lease
	others    chan struct{} // for who tends shipments without a source
	pushed    tallies
	strange   strangers
}

// New makes a Watch that hands news to handle, as bot.Handle. It panics when a source cannot be asked.
func New(store Store, handle func(context.Context, bot.Incoming) error, now func() time.Time, log *slog.Logger, sources ...Source) *Watch {
	w := &Watch{
		store: store, sources: sources, handle: handle, now: now, log: log, holder: rand.Text(),
		nudge: make(chan struct{}, 1), others: make(chan struct{}, 1),
	}
	for _, s := range sources {
		if _, ok := s.(Puller); !ok {
			panic("watch: source " + s.Name() + " cannot be asked")
		}
		w.followers = append(w.followers, newFollower(w, s))
	}
	return w
}

// Nudge makes Run look for something to do now: another process wrote, or the clock was moved.
func (w *Watch) Nudge() {
	ring(w.nudge)
	ring(w.others)
	for _, f := range w.followers {
		ring(f.tends)
		ring(f.patrols)
		ring(f.warns)
	}
}

func ring(bell chan struct{}) {
	select {
	case bell <- struct{}{}:
	default:
	}
}

// Whoever follows renews the lease every leaseRenew, and stops leaseSpare before its end when that fails or hangs: until then it cannot be
// another's, unless the clocks of two machines differ by more than leaseSpare. After a process died, another follows leaseFor and
// leaseRenew later at most.
const (
	leaseName  = "watch"
	leaseFor   = 30 * time.Second
	leaseRenew = 10 * time.Second
	leaseSpare = 5 * time.Second
)

// longestSleep is how long it is trusted that nothing has changed: another process on the same database may have begun to
// watch something and gone.
const longestSleep = time.Minute

// Run follows shipments, while no other process does, until ctx ends; then it returns nil. It does not tick while nothing is
// followed, but for what comes to an end (see Warner). A store that fails is tried again with growing pauses.
func (w *Watch) Run(ctx context.Context) error {
	var warners sync.WaitGroup
	defer warners.Wait()
	for _, f := range w.followers {
		if s, ok := f.source.(Warner); ok {
			warners.Go(func() { w.warn(ctx, f, s) })
		}
	}
	w.repeat(ctx, w.nudge, w.log, func() (time.Duration, error) {
		any, err := w.store.AnyShipment(ctx)
		if err != nil || !any {
			return longestSleep, err
		}
		held, err := w.follow(ctx)
		if err == nil && !held {
			w.standBy(ctx)
		}
		return 0, err
	})
	return nil
}

// standBy waits until the lease may be free, while another process follows. What people here ask for is shown to them at once
// as it is known; looking, and noting that it was shown, is left to the other.
func (w *Watch) standBy(ctx context.Context) {
	end := time.NewTimer(leaseRenew)
	defer end.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-w.nudge:
		}
		due, err := w.store.DueShipments(ctx, Whose{Others: true}, w.now(), tendAtOnce)
		if err != nil {
			w.log.WarnContext(ctx, "reading what is due failed: it is left to the process that follows", "error", err)
			continue
		}
		list := make([]*settling, len(due))
		for i, x := range due {
			list[i] = &settling{Watched: x}
		}
		w.hand(ctx, list)
	}
}

// lease takes or renews the lease. end is called before it is over; whoever renews it in time stops that.
func (w *Watch) lease(ctx context.Context, end func()) (held bool, over *time.Timer, err error) {
	over = time.AfterFunc(leaseFor-leaseSpare, end) // counted from before the lease was asked for
	now := w.now()
	if held, err = w.store.Lease(ctx, leaseName, w.holder, now, now.Add(leaseFor)); !held || err != nil {
		over.Stop()
	}
	return held, over, err
}

// follow follows everything until ctx ends or the lease cannot be kept. It reports whether there was a lease to be had.
func (w *Watch) follow(ctx context.Context) (held bool, err error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	held, over, err := w.lease(ctx, cancel)
	if err != nil || !held {
		return false, err
	}
	var all sync.WaitGroup
	defer func() {
		cancel()
		all.Wait()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		if err := w.store.Release(ctx, leaseName, w.holder); err != nil {
			w.log.WarnContext(ctx, "giving back the lease failed; it ends by itself", "error", err)
		}
	}()
	all.Go(func() { // also while the schedules are read, which may take long
		defer cancel()
		w.keepLease(ctx, cancel, over)
	})
	connected := make([]string, len(w.followers))
	for i, f := range w.followers {
		if err := f.begin(ctx); err != nil {
			return true, err
		}
		connected[i] = f.source.Name()
	}
	for _, f := range w.followers {
		all.Go(func() { f.patrol(ctx) })
		all.Go(func() { w.tend(ctx, Whose{Sources: []string{f.source.Name()}}, f.tends) })
	}
	all.Go(func() { w.tend(ctx, Whose{Sources: connected, Others: true}, w.others) })
	all.Go(func() { w.listen(ctx) })
	<-ctx.Done()
	return true, nil
}

// keepLease renews the lease until it is another's or ctx ends; over ends ctx when no renewal came in time.
func (w *Watch) keepLease(ctx context.Context, end func(), over *time.Timer) {
	defer func() { over.Stop() }()
	for {
		sleep(ctx, leaseRenew, nil)
		if ctx.Err() != nil {
			return
		}
		switch held, next, err := w.lease(ctx, end); {
		case held && err == nil:
			over.Stop()
			over = next
		case err != nil:
			w.log.WarnContext(ctx, "keeping the lease failed", "error", err)
		default:
			w.log.WarnContext(ctx, "another process follows the shipments now")
			return
		}
	}
}

// listen wakes those who tend when another process wrote.
func (w *Watch) listen(ctx context.Context) {
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.store.Stirred():
			ring(w.others)
			for _, f := range w.followers {
				ring(f.tends)
			}
		}
	}
}

// repeat calls do until ctx ends: again at once, or after the wait it asks for or a ring of the bell. What fails is tried again
// with growing pauses.
func (w *Watch) repeat(ctx context.Context, bell <-chan struct{}, log *slog.Logger, do func() (time.Duration, error)) {
	failed := 0
	for ctx.Err() == nil {
		wait, err := do()
		if err != nil && ctx.Err() == nil {
			failed++
			wait = min(time.Second<<min(failed-1, 6), time.Minute)
			log.ErrorContext(ctx, "looking at shipments failed", "error", err, "again", wait)
			sleep(ctx, wait, nil)
			continue
		}
		failed = 0
		if wait > 0 {
			sleep(ctx, wait, bell)
		}
	}
}

// sleep waits for d, or for a ring.
func sleep(ctx context.Context, d time.Duration, bell <-chan struct{}) {
	due := time.NewTimer(d)
	defer due.Stop()
	select {
	case <-ctx.Done():
	case <-bell:
	case <-due.C:
	}
}

func (w *Watch) follower(name string) *follower {
	for _, f := range w.followers {
		if f.source.Name() == name {
			return f
		}
	}
	return nil
}

func (w *Watch) source(name string) Source {
	if f := w.follower(name); f != nil {
		return f.source
	}
	return nil
}

// nextLook is when a source should be asked again about a shipment that it told about by itself; zero: never.
func (w *Watch) nextLook(s Source, x shipment.Shipment) time.Time {
	f := w.follower(x.Source)
	if f == nil || s == nil {
		return time.Time{}
	}
	next, ok := f.next(x.Pace(x.LookedAt), x.LookedAt)
	if !ok {
		return time.Time{}
	}
	return next
}
