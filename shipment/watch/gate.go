package watch

import (
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// A gate decides whether a source may be asked now. It is closed while the source has failed too often in a row, has asked to
// be left alone, or its account is stopped; and its budgets let only so many calls through.
//
//	open ── calls that fail in a row ──► closed for a while ──► one call is let through ──► answered: open
//	                                          ▲                                                │
//	                                          └──────────── failed: closed for longer ◄────────┘
//
// Time is an argument. It is used by two goroutines.
type gate struct {
	mu       sync.Mutex
	failures int       // calls in a row that failed
	until    time.Time // closed until then
	stopped  string    // why the account must not be asked; empty: it may
	answered time.Time // the last time it answered
	budgets  []budget
}

type budget struct {
	Budget
	limiter *rate.Limiter
}

const (
	tolerated  = 5                // failed calls in a row after which a source is left alone
	firstBreak = time.Minute      // for how long, at first
	lastBreak  = 30 * time.Minute // and at most
	stopBreak  = 6 * time.Hour    // after which a stopped account is tried again: an operator may have acted
)

func newGate(list []Budget) *gate {
	g := &gate{}
	for _, b := range list {
		if b.Calls <= 0 || b.Per <= 0 {
			continue
		}
		if b.Burst <= b.Keep {
			b.Burst = b.Keep + 1
		}
		g.budgets = append(g.budgets, budget{b, rate.NewLimiter(rate.Limit(float64(b.Calls)/b.Per.Seconds()), b.Burst)})
	}
	return g
}

// pass takes what a call costs and returns 0, or takes nothing and says how long to wait. Somebody who waits (hurry) may have
// what the budgets keep for that.
func (g *gate) pass(now time.Time, hurry bool) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	wait := g.until.Sub(now)
	for _, b := range g.budgets {
		need := 1.0
		if !hurry {
			need += float64(b.Keep)
		}
		if missing := need - b.limiter.TokensAt(now); missing > 1e-9 {
			wait = max(wait, time.Duration(missing/float64(b.limiter.Limit())*float64(time.Second))+time.Millisecond)
		}
	}
	if wait > 0 {
		return wait
	}
	for _, b := range g.budgets {
		b.limiter.AllowN(now, 1)
	}
	return 0
}

// spend takes what a call costs that cannot wait any more: whoever comes next waits for it too.
func (g *gate) spend(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, b := range g.budgets {
		b.limiter.ReserveN(now, 1)
	}
}

// remember notes that the account was stopped when the program ran before: it may have been mended since, so it is tried.
func (g *gate) remember(reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = reason
}

// answer notes a call that was answered, and reports whether the account was stopped before.
func (g *gate) answer(now time.Time) (wasStopped bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	wasStopped = g.stopped != ""
	g.failures, g.until, g.stopped, g.answered = 0, time.Time{}, "", now
	return wasStopped
}

// fail notes a call that failed.
func (g *gate) fail(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.failures++; g.failures >= tolerated {
		g.close(now.Add(min(firstBreak<<min(g.failures-tolerated, 10), lastBreak)))
	}
}

// later notes that the source asked to be left alone.
func (g *gate) later(now time.Time, d time.Duration) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.close(now.Add(min(d, stopBreak)))
}

// stop notes that the account must not be asked.
func (g *gate) stop(now time.Time, reason string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.stopped = reason
	g.close(now.Add(stopBreak))
}

func (g *gate) close(until time.Time) {
	if until.After(g.until) {
		g.until = until
	}
}

// state is what an operator may know.
func (g *gate) state() (failures int, until time.Time, stopped string, answered time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.failures, g.until, g.stopped, g.answered
}
