package discord

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	"xiaobao/bot"
)

// A request leaves when four things allow it:
//
//	the token was not refused ─► few invalid requests lately ─► its bucket has room, as the headers said ─► the global pace
//
// Buckets are learned: the first request of a route goes alone, and its answer says which bucket the route belongs to and how
// much is left in it. Answers to people go before everything else, at the global pace as well as where many wait.

const (
	perSecond   = 49               // of the 50 requests a second that Discord allows
	invalidMost = 500              // of the 10,000 invalid requests in ten minutes after which Discord bans an address
	invalidSpan = 10 * time.Minute //
	longestRest = 2 * time.Second  // a longer wait goes back to the outbox
	mostResting = 50               // so may as many pushes that wait; answers have the rest of the outbox's hands
	unsaid      = 5 * time.Second  // how long to wait when Discord says "too many" and not how long
)

// errStopped is what every call gets after Discord refused the token.
var errStopped = errors.New("discord: Discord refuses DISCORD_TOKEN (401); nothing is sent until the program is started with a valid one")

// limits keep to what Discord allows.
type limits struct {
	now  func() time.Time
	gate *gate

	mu      sync.Mutex
	buckets map[string]*bucket // by Discord's name and top-level id, or by route and id while unknown
	names   map[string]string  // by route: the name of its bucket
	until   time.Time          // everything waits: a global 429
	invalid []time.Time
	stopped bool
	halt    chan struct{} // closed when Discord has refused the token
	resting int
	last    map[string]time.Time // by top-level id: the last request that left
}

// A bucket is what Discord counts together.
type bucket struct {
	known  bool
	left   int
	reset  time.Time
	flying int
	free   chan struct{} // closed when a request came back
}

func newLimits(now func() time.Time) *limits {
	return &limits{now: now, gate: newGate(now, perSecond), buckets: map[string]*bucket{}, names: map[string]string{}, last: map[string]time.Time{}, halt: make(chan struct{})}
}

// A route is what a request counts against.
type route struct {
	name  string // the method and the path without ids
	major string // the top-level id: a channel, a guild, an interaction's token
	free  bool   // not counted globally: answers to interactions
	ahead bool   // answers somebody: goes before what nobody waits for
}

func (l *limits) key(r route) string {
	if name := l.names[r.name]; name != "" {
		return name + " " + r.major
	}
	return r.name + " " + r.major
}

// enter waits until a request may leave. Where that takes too long it says how long instead, in an error made by bot.Later.
func (l *limits) enter(ctx context.Context, r route) error {
	for {
		wait, free, err := l.admit(r)
		if err != nil {
			return err
		}
		if wait == 0 && free == nil {
			break
		}
		if err := l.rest(ctx, r, wait, free); err != nil {
			return err
		}
	}
	if r.free {
		return nil
	}
	if d := l.yields(r); d > 0 {
		l.back(r)
		return bot.Later(d, errors.New("discord: many wait for their turn, and this channel has just had one"))
	}
	if !l.mayRest(r) {
		l.back(r)
		return bot.Later(mostResting*time.Second/perSecond/2, errors.New("discord: many wait for their turn")) // back before they have all left
	}
	defer l.rested()
	if err := l.gate.pass(ctx, r.ahead); err != nil {
		l.back(r)
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	tidy(l.last, l.now().Add(-5*time.Second))
	l.last[r.major] = l.now()
	return nil
}

// yields is how long a push stands back where many wait: until all channels that wait have had their turn since its own last. So all
// get on evenly, and none stands at its own limit in the end.
func (l *limits) yields(r route) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r.ahead || l.resting < mostResting/2 {
		return 0
	}
	now, active := l.now(), 0
	for _, at := range l.last {
		if now.Sub(at) < 5*time.Second {
			active++
		}
	}
	round := time.Duration(active) * time.Second / perSecond
	return l.last[r.major].Add(round * 9 / 10).Sub(now)
}

// admit takes a request's place in its bucket, or says how long, or on whom, to wait.
func (l *limits) admit(r route) (wait time.Duration, free chan struct{}, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	if l.stopped {
		return 0, nil, bot.Later(10*time.Minute, errStopped)
	}
	if d := l.banned(now); d > 0 {
		return 0, nil, bot.Later(d, errors.New("discord: too many invalid requests; resting before Discord bans this address"))
	}
	if d := l.until.Sub(now); d > 0 && !r.free {
		return d, nil, nil
	}
	b := l.buckets[l.key(r)]
	if b == nil {
		l.sweep(now)
		b = &bucket{}
		l.buckets[l.key(r)] = b
	}
	switch {
	case !b.known && b.flying > 0: // learn first
		if b.free == nil {
			b.free = make(chan struct{})
		}
		return 0, b.free, nil
	case b.known && b.left-b.flying <= 0 && b.reset.After(now):
		return b.reset.Sub(now), nil, nil
	case b.known && b.left-b.flying <= 0 && b.flying > 0: // the reset is past: the next answer tells the new count
		if b.free == nil {
			b.free = make(chan struct{})
		}
		return 0, b.free, nil
	}
	b.flying++
	return 0, nil, nil
}

// rest waits for a moment or for a request to come back.
func (l *limits) rest(ctx context.Context, r route, d time.Duration, free chan struct{}) error {
	if d > longestRest || !l.mayRest(r) {
		return bot.Later(max(d, 200*time.Millisecond), errors.New("discord: the rate limit"))
	}
	defer l.rested()
	if free == nil {
		return sleep(ctx, d)
	}
	select {
	case <-free:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (l *limits) mayRest(r route) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.resting >= mostResting && !r.ahead {
		return false
	}
	l.resting++
	return true
}

func (l *limits) rested() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.resting--
}

// back gives a place in a bucket back that was not used.
func (l *limits) back(r route) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if b := l.buckets[l.key(r)]; b != nil {
		b.came()
	}
}

func (b *bucket) came() {
	b.flying = max(b.flying-1, 0)
	if b.free != nil {
		close(b.free)
		b.free = nil
	}
}

// leave reads what an answer says about the limits. A request without an answer has the status 0. It returns how long Discord
// wants to be left alone, for a 429.
func (l *limits) leave(r route, status int, h http.Header) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	before := l.key(r)
	b := l.buckets[before]
	if b == nil {
		b = &bucket{}
	}
	b.came()
	scope := h.Get("X-RateLimit-Scope")
	if status == http.StatusUnauthorized || status == http.StatusForbidden || status == http.StatusTooManyRequests && scope != "shared" {
		l.invalid = append(l.invalid, now)
	}
	if status == http.StatusUnauthorized && !r.free && !l.stopped {
		l.stopped = true
		close(l.halt)
	}
	if name := h.Get("X-RateLimit-Bucket"); name != "" && l.names[r.name] != name {
		l.names[r.name] = name
		delete(l.buckets, before)
		if other := l.buckets[l.key(r)]; other != nil {
			other.flying += b.flying
			b = other
		} else {
			l.buckets[l.key(r)] = b
		}
	}
	if left, err := strconv.Atoi(h.Get("X-RateLimit-Remaining")); err == nil {
		reset := now.Add(seconds(h.Get("X-RateLimit-Reset-After")))
		if !b.known || !reset.Before(b.reset.Add(-50*time.Millisecond)) || left < b.left { // answers may overtake one another
			b.left, b.reset = left, reset // what is under way was perhaps not counted yet: see admit
		}
		b.known = true
	} else if status > 0 {
		b.known, b.left, b.reset = true, 1<<20, now // a route without a limit of its own
	}
	if status != http.StatusTooManyRequests {
		return 0
	}
	wait := seconds(h.Get("Retry-After"))
	if wait <= 0 {
		wait = seconds(h.Get("X-RateLimit-Reset-After"))
	}
	if wait <= 0 {
		wait = unsaid
	}
	if scope == "global" || h.Get("X-RateLimit-Global") != "" {
		if at := now.Add(wait); at.After(l.until) {
			l.until = at
		}
	} else {
		b.known, b.left, b.reset = true, 0, now.Add(wait)
	}
	return wait
}

// banned is how long to rest because of invalid requests.
func (l *limits) banned(now time.Time) time.Duration {
	for len(l.invalid) > 0 && !l.invalid[0].Add(invalidSpan).After(now) {
		l.invalid = l.invalid[1:]
	}
	if len(l.invalid) < invalidMost {
		return 0
	}
	return l.invalid[0].Add(invalidSpan).Sub(now)
}

// sweep forgets buckets that have nothing to say any more.
func (l *limits) sweep(now time.Time) {
	if len(l.buckets) < 4096 {
		return
	}
	for key, b := range l.buckets {
		if b.flying == 0 && b.reset.Before(now) {
			delete(l.buckets, key)
		}
	}
}

// refused says whether Discord has refused the token.
func (l *limits) refused() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.stopped
}

func seconds(s string) time.Duration {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f < 0 || f > 1e6 {
		return 0
	}
	return time.Duration(f * float64(time.Second))
}

// apart is how far apart requests leave: many at once would arrive bunched with those of another second.
const apart = 12 * time.Millisecond

// A gate lets so many through in any second, those who are answers before the others.
type gate struct {
	now func() time.Time
	n   int

	mu      sync.Mutex
	past    []time.Time // the newest n departures
	waiting [2][]chan struct{}
	timer   *time.Timer
}

func newGate(now func() time.Time, n int) *gate { return &gate{now: now, n: n} }

func (g *gate) pass(ctx context.Context, ahead bool) error {
	g.mu.Lock()
	if len(g.waiting[0])+len(g.waiting[1]) == 0 && g.wait() <= 0 {
		g.depart()
		g.mu.Unlock()
		return ctx.Err()
	}
	class := 1
	if ahead {
		class = 0
	}
	c := make(chan struct{})
	g.waiting[class] = append(g.waiting[class], c)
	g.arm()
	g.mu.Unlock()
	select {
	case <-c:
		return nil
	case <-ctx.Done():
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	for i, o := range g.waiting[class] {
		if o == c {
			g.waiting[class] = append(g.waiting[class][:i:i], g.waiting[class][i+1:]...)
			return ctx.Err()
		}
	}
	return ctx.Err() // let through meanwhile: that departure is lost
}

// wait is how long until the next may pass.
func (g *gate) wait() time.Duration {
	if len(g.past) == 0 {
		return 0
	}
	now := g.now()
	d := g.past[len(g.past)-1].Add(min(apart, time.Second/time.Duration(g.n))).Sub(now)
	if len(g.past) < g.n {
		return d
	}
	return max(d, g.past[0].Add(time.Second).Sub(now))
}

func (g *gate) depart() {
	if len(g.past) >= g.n {
		g.past = append(g.past[:0], g.past[1:]...)
	}
	g.past = append(g.past, g.now())
}

// arm rings when the next may pass.
func (g *gate) arm() {
	if g.timer != nil || len(g.waiting[0])+len(g.waiting[1]) == 0 {
		return
	}
	g.timer = time.AfterFunc(max(g.wait(), 0), func() {
		g.mu.Lock()
		defer g.mu.Unlock()
		g.timer = nil
		for class := range g.waiting {
			for len(g.waiting[class]) > 0 && g.wait() <= 0 {
				close(g.waiting[class][0])
				g.waiting[class] = g.waiting[class][1:]
				g.depart()
			}
		}
		g.arm()
	})
}

// sleep waits, or returns ctx's error when it ends first.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
