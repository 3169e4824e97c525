package watch

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestGateCloses(t *testing.T) {
	at := func(d time.Duration) time.Time { return noon.Add(d) }
	g := newGate(nil)
	for i := range tolerated - 1 {
		if g.fail(at(0)); g.pass(at(0), false) != 0 {
			t.Fatalf("closed after %d calls that failed", i+1)
		}
	}
	g.fail(at(0))
	for i, want := range []time.Duration{time.Minute, 2 * time.Minute, 4 * time.Minute, 8 * time.Minute, 16 * time.Minute, 30 * time.Minute, 30 * time.Minute} {
		now := at(time.Duration(i) * time.Hour)
		if i > 0 {
			if wait := g.pass(now, false); wait != 0 {
				t.Fatalf("after the pause nobody is let through for %s", wait)
			}
			g.fail(now)
		}
		if got := g.pass(now, true); got != want {
			t.Errorf("failure %d: closed for %s, want %s, for people too", tolerated+i, got, want)
		}
	}
	if g.answer(at(20*time.Hour)) || g.pass(at(20*time.Hour), false) != 0 {
		t.Error("an answer does not open it")
	}
	g.later(at(20*time.Hour), 40*time.Minute)
	if got := g.pass(at(20*time.Hour), false); got != 40*time.Minute {
		t.Errorf("the source asked for 40 minutes, it is left alone for %s", got)
	}
	g.later(at(20*time.Hour), time.Minute)
	if got := g.pass(at(20*time.Hour), false); got != 40*time.Minute {
		t.Errorf("a shorter wish made it %s", got)
	}
	g.later(at(20*time.Hour), 1000*time.Hour)
	if got := g.pass(at(20*time.Hour), false); got != stopBreak {
		t.Errorf("a wish without measure: left alone for %s", got)
	}
	g.stop(at(30*time.Hour), "revoked")
	if got := g.pass(at(30*time.Hour), true); got != stopBreak {
		t.Errorf("stopped: left alone for %s", got)
	}
	if !g.answer(at(40*time.Hour)) || g.answer(at(40*time.Hour)) {
		t.Error("an answer after a stop is news, once")
	}
}

// TestBudgetsHold asks at random moments, some in a hurry: in no span do more calls pass than the budget and its burst allow, those who
// do not hurry leave what is kept, and whoever waits as long as they are told passes.
func TestBudgetsHold(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := Budget{Calls: rapid.IntRange(1, 5).Draw(t, "calls"), Per: 10 * time.Second, Burst: rapid.IntRange(0, 6).Draw(t, "burst"), Keep: rapid.IntRange(0, 3).Draw(t, "keep")}
		g := newGate([]Budget{b})
		burst := max(b.Burst, b.Keep+1)
		now := noon
		var passed []time.Time
		for range rapid.IntRange(1, 60).Draw(t, "times") {
			now = now.Add(time.Duration(rapid.IntRange(0, 4000).Draw(t, "ms")) * time.Millisecond)
			hurry := rapid.Bool().Draw(t, "hurry")
			wait := g.pass(now, hurry)
			if wait > 0 && rapid.Bool().Draw(t, "patient") {
				now = now.Add(wait)
				if wait = g.pass(now, hurry); wait > 0 {
					t.Fatalf("told to wait, waited, and told to wait %s more", wait)
				}
			}
			if wait == 0 {
				passed = append(passed, now)
			}
		}
		for i := range passed {
			n := 0
			for _, at := range passed[i:] {
				if at.Sub(passed[i]) < b.Per {
					n++
				}
			}
			if n > b.Calls+burst {
				t.Fatalf("%d calls within %s: %+v", n, b.Per, b)
			}
		}
	})
}

func TestKeptForPeople(t *testing.T) {
	g := newGate([]Budget{{Calls: 1, Per: time.Minute, Burst: 5, Keep: 2}})
	routine, people := 0, 0
	for g.pass(noon, false) == 0 {
		routine++
	}
	for g.pass(noon, true) == 0 {
		people++
	}
	if routine != 3 || people != 2 {
		t.Errorf("%d calls of routine and %d for people, want 3 and 2", routine, people)
	}
	g.spend(noon)
	if wait := g.pass(noon, true); wait < 2*time.Minute {
		t.Errorf("after a call that could not wait, the next waits %s", wait)
	}
}
