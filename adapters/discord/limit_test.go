package discord

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"xiaobao/bot"
)

// A discord that counts as Discord does: so many requests in any second, and so many of a bucket in its window. It says so in
// headers, and refuses what is too much.
type counting struct {
	mu      sync.Mutex
	times   []time.Time
	used    map[string]int
	reset   map[string]time.Time
	each    int
	window  time.Duration
	refused int
}

func (c *counting) answer(major string) (int, http.Header) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	h := http.Header{}
	if !c.reset[major].After(now) {
		c.used[major], c.reset[major] = 0, now.Add(c.window)
	}
	c.times = append(c.times, now)
	recent := 0
	for _, at := range slices.Backward(c.times) {
		if now.Sub(at) >= time.Second {
			break
		}
		recent++
	}
	h.Set("X-RateLimit-Bucket", "b")
	h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", c.reset[major].Sub(now).Seconds()))
	c.used[major]++
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(c.each-c.used[major], 0)))
	if recent > 50 || c.used[major] > c.each {
		c.refused++
		h.Set("Retry-After", "1")
		return http.StatusTooManyRequests, h
	}
	return http.StatusOK, h
}

// F16: a thousand messages to a hundred channels leave as fast as the published limits allow, less a twentieth, and none is
// refused. Stock discordgo has no global pace, and draws over a thousand refusals.
func TestPace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(time.Now)
		c := &counting{used: map[string]int{}, reset: map[string]time.Time{}, each: 5, window: 5 * time.Second}
		began := time.Now()
		var all sync.WaitGroup
		for ch := range 100 {
			all.Go(func() {
				for n := range 10 {
					r := route{name: "POST /channels/{}/messages", major: fmt.Sprint(ch)}
					for {
						err := l.enter(t.Context(), r)
						if err == nil {
							break
						}
						_, wait := bot.Fate(err, 1) // as the outbox does
						time.Sleep(wait)
					}
					time.Sleep(30 * time.Millisecond) // the way there and back
					status, h := c.answer(r.major)
					if l.leave(r, status, h) > 0 {
						t.Errorf("channel %d, message %d was refused", ch, n)
					}
				}
			})
		}
		all.Wait()
		t.Logf("%v for 1,000 messages", time.Since(began))
		if took, ideal := time.Since(began), 20*time.Second; took > ideal*105/100+100*time.Millisecond || c.refused > 0 {
			t.Errorf("%v for 1,000 messages, %d refused; 50 a second would be %v", took, c.refused, ideal)
		}
	})
}

// An answer to somebody goes before all pushes that wait.
func TestAnswersFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(time.Now)
		l.leave(route{name: "r"}, 200, http.Header{})
		ctx, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for n := range 500 {
			all.Go(func() {
				for ctx.Err() == nil {
					err := l.enter(ctx, route{name: "r", major: fmt.Sprint(n)})
					if err == nil {
						l.leave(route{name: "r", major: fmt.Sprint(n)}, 200, http.Header{})
						continue
					}
					_, wait := bot.Fate(err, 1)
					time.Sleep(min(wait, time.Second))
				}
			})
		}
		time.Sleep(5 * time.Second)
		for n := range 20 {
			began := time.Now()
			r := route{name: "r", major: fmt.Sprint("answer", n), ahead: true}
			if err := l.enter(ctx, r); err != nil {
				t.Fatal(err)
			}
			if d := time.Since(began); d > time.Second {
				t.Errorf("an answer waited for %v", d)
			}
			l.leave(r, 200, http.Header{})
			time.Sleep(100 * time.Millisecond)
		}
		cancel()
		all.Wait()
	})
}

// No request leaves before its bucket has room again; others do not wait for it; and a wait that is long goes back to the outbox.
func TestBuckets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLimits(time.Now)
		here, there := route{name: "r", major: "1"}, route{name: "r", major: "2"}
		spent := func(left int, after string) http.Header {
			h := http.Header{}
			h.Set("X-RateLimit-Bucket", "b")
			h.Set("X-RateLimit-Remaining", strconv.Itoa(left))
			h.Set("X-RateLimit-Reset-After", after)
			return h
		}
		must := func(r route) time.Duration {
			t.Helper()
			began := time.Now()
			if err := l.enter(t.Context(), r); err != nil {
				t.Fatal(err)
			}
			return time.Since(began)
		}
		must(here)
		l.leave(here, 200, spent(0, "1.5"))
		if d := must(here); d < 1500*time.Millisecond || d > 1700*time.Millisecond {
			t.Errorf("left after %v, want 1.5 s", d)
		}
		l.leave(here, 200, spent(0, "30"))
		if d := must(there); d > apart {
			t.Errorf("elsewhere it waited for %v", d)
		}
		l.leave(there, 200, spent(4, "5"))
		err := l.enter(t.Context(), here)
		if got, wait := bot.Fate(err, 1); got != bot.Deferred || wait < 29*time.Second {
			t.Errorf("a long wait: %q in %v", got, wait)
		}
		time.Sleep(30 * time.Second)
		if d := must(here); d > apart {
			t.Errorf("in time it waited for %v", d)
		}
		// The answer never came: the place in the bucket is free again.
		l.leave(here, 0, nil)
		if d := must(here); d > apart {
			t.Errorf("after a lost answer it waited for %v", d)
		}
		l.leave(here, 200, spent(4, "5"))
		// A refusal with a scope of its own.
		must(here)
		h := http.Header{}
		h.Set("Retry-After", "2")
		h.Set("X-RateLimit-Scope", "shared")
		if d := l.leave(here, 429, h); d != 2*time.Second || len(l.invalid) != 0 {
			t.Errorf("a shared refusal: %v, %d counted", d, len(l.invalid))
		}
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		if err := l.enter(ctx, here); err == nil {
			t.Error("it left before the time")
		}
	})
}

// The identifiers of gate waiters that gave up are forgotten.
func TestGateGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(time.Now, 1)
		if err := g.pass(t.Context(), false); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
		defer cancel()
		if err := g.pass(ctx, false); err == nil {
			t.Error("it passed")
		}
		began := time.Now()
		if err := g.pass(t.Context(), true); err != nil || time.Since(began) > time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
}
