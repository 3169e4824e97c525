package store_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/store"
)

func TestLease(t *testing.T) {
	at := func(second int) time.Time { return noon.Add(time.Duration(second) * time.Second) }
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		for i, x := range []struct {
			do         string // take or give
			holder     string
			now, until int
			want       bool
		}{
			{"take", "a", 0, 30, true},
			{"take", "b", 1, 90, false},   // it is a's, and b's wish does not make it longer
			{"take", "a", 10, 40, true},   // renewed
			{"take", "b", 35, 90, false},  // so the first end counts no more
			{"give", "b", 0, 0, true},     // not b's to give
			{"take", "b", 39, 90, false},  // still a's
			{"take", "b", 40, 70, true},   // over at its end
			{"take", "a", 41, 90, false},  // a was too late
			{"give", "a", 0, 0, true},     // and does not take it away by giving back
			{"take", "a", 42, 90, false},  //
			{"give", "b", 0, 0, true},     // given back early
			{"give", "b", 0, 0, true},     // twice is once
			{"take", "c", 43, 90, true},   // free at once
			{"take", "c", 200, 300, true}, // its own, though it had ended
		} {
			got := true
			var err error
			if x.do == "give" {
				err = s.Release(ctx, "shard", x.holder)
			} else {
				got, err = s.Lease(ctx, "shard", x.holder, at(x.now), at(x.until))
			}
			if err != nil || got != x.want {
				t.Fatalf("line %d: %+v: %v, %v", i, x, got, err)
			}
		}
		if held, err := s.Lease(ctx, "other", "a", at(0), at(30)); err != nil || !held {
			t.Errorf("another name: %v, %v", held, err)
		}
		if _, err := s.Lease(ctx, "", "a", at(0), at(30)); err == nil {
			t.Error("a lease without a name was taken")
		}
		if _, err := s.Lease(ctx, "x", "a", at(30), at(30)); err == nil {
			t.Error("a lease that ends when it begins was taken")
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if held, err := s.Lease(gone, "gone", "a", at(0), at(30)); held || !errors.Is(err, context.Canceled) {
			t.Errorf("who gave up holds: %v, %v", held, err)
		}
		if held, err := s.Lease(ctx, "gone", "b", at(0), at(30)); err != nil || !held {
			t.Errorf("who gave up is in the way: %v, %v", held, err)
		}
	})
}

func TestALeaseIsThereAfterARestart(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		if held, err := s.Lease(ctx, "shard", "a", noon, noon.Add(time.Minute)); err != nil || !held {
			t.Fatalf("%v, %v", held, err)
		}
		again := open(t, dsn)
		if held, err := again.Lease(ctx, "shard", "b", noon, noon.Add(time.Minute)); err != nil || held {
			t.Errorf("taken from under a: %v, %v", held, err)
		}
	})
}

// Four holders in two processes want the same lease for one second each, over and over: nobody holds it while another does.
func TestTwoProcessesRaceForALease(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		stores := []*store.Store{open(t, dsn), open(t, dsn)}
		const rounds = 25
		var wins [4]atomic.Int64
		for round := range rounds {
			now := noon.Add(time.Duration(round) * time.Second) // when the last round's lease ends
			var held atomic.Int64
			var wg sync.WaitGroup
			for i := range wins {
				wg.Go(func() {
					ok, err := stores[i%2].Lease(ctx, "shard", fmt.Sprint(round, "-", i), now, now.Add(time.Second))
					if err != nil {
						t.Errorf("lease: %v", err)
					}
					if ok {
						held.Add(1)
						wins[i].Add(1)
					}
				})
			}
			wg.Wait()
			if held.Load() != 1 {
				t.Fatalf("round %d: %d hold the lease", round, held.Load())
			}
		}
	})
}

// On a file, whoever comes when nobody else has it open need not wait for a dead process's lease.
func TestTheDeadHoldNoLease(t *testing.T) {
	dsn := kinds["sqlite"](t)
	s := open(t, dsn)
	if held, err := s.Lease(ctx, "watch", "dead", noon, noon.Add(time.Hour)); err != nil || !held {
		t.Fatalf("%v, %v", held, err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	again := open(t, dsn)
	if held, err := again.Lease(ctx, "watch", "alive", noon, noon.Add(time.Minute)); err != nil || !held {
		t.Errorf("a lease of a process that is gone: %v, %v", held, err)
	}
}
