package spapi

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/shipment"
)

// TestPeopleDoNotQueue checks that somebody who waits is served at once while a long queue of the background stands there, and that the
// background still gets what is left.
func TestPeopleDoNotQueue(t *testing.T) {
	for _, l := range []limit{{perSecond: 2, burst: 30}, {perSecond: 2, burst: 6}, {perSecond: 1, burst: 2}, {perSecond: 1, burst: 1}} {
		synctest.Test(t, func(t *testing.T) {
			p := newPace(l, time.Now, sleep)
			ctx, cancel := context.WithCancel(context.Background())
			var background atomic.Int64
			var wg sync.WaitGroup
			for range 200 {
				wg.Go(func() {
					if p.take(ctx, false) == nil {
						background.Add(1)
					}
				})
			}
			time.Sleep(10 * time.Second)
			var longest time.Duration
			for range 20 {
				asked := time.Now()
				if err := p.take(ctx, true); err != nil {
					t.Error(err)
				}
				longest = max(longest, time.Since(asked))
				time.Sleep(3 * time.Second)
			}
			if gap := time.Duration(float64(time.Second)/l.perSecond) + time.Millisecond; longest > gap {
				t.Errorf("%+v: somebody waited %s behind the background; one gap is %s", l, longest, gap)
			}
			if l.burst >= 4 && longest > 0 {
				t.Errorf("%+v: somebody waited %s although tokens are kept", l, longest)
			}
			if l.burst > 1 && background.Load() < 40 {
				t.Errorf("%+v: the background got %d in 70 seconds", l, background.Load())
			}
			cancel()
			wg.Wait()
		})
	}
}

// TestNeverMoreThanAllowed checks over a long time that no more leaves than Amazon's own bucket lets through.
func TestNeverMoreThanAllowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(limit{perSecond: 2, burst: 6}, time.Now, sleep)
		var mu sync.Mutex
		tokens, at, refused := 6.0, time.Now(), 0
		amazon := func() {
			mu.Lock()
			defer mu.Unlock()
			tokens = min(6, tokens+time.Since(at).Seconds()*2)
			at = time.Now()
			if tokens < 0.999 {
				refused++
				return
			}
			tokens--
		}
		var wg sync.WaitGroup
		for i := range 8 {
			wg.Go(func() {
				for range 40 {
					_ = p.take(context.Background(), i == 0)
					amazon()
					time.Sleep(time.Duration(i) * 100 * time.Millisecond)
				}
			})
		}
		wg.Wait()
		if refused > 0 {
			t.Errorf("%d of 320 requests were more than allowed", refused)
		}
	})
}

// TestRateIsHeard checks that the rate an answer names is believed, whichever way it goes, and nonsense is not.
func TestRateIsHeard(t *testing.T) {
	c := newClock()
	p := newPace(limit{perSecond: 2, burst: 1}, c.now, c.sleep)
	took := func() time.Duration {
		before := c.now()
		for range 10 {
			_ = p.take(context.Background(), true)
		}
		return c.now().Sub(before)
	}
	_ = p.take(context.Background(), true)
	for _, tt := range []struct {
		header string
		want   time.Duration
	}{{"", 5 * time.Second}, {"0.5", 20 * time.Second}, {"nonsense", 20 * time.Second}, {"0", 20 * time.Second}, {"-1", 20 * time.Second}, {"NaN", 20 * time.Second}, {"1e9", 20 * time.Second}, {"10.0", time.Second}} {
		p.heard(tt.header)
		if got := took(); got < tt.want || got > tt.want+100*time.Millisecond {
			t.Errorf("after %q ten requests took %s, want %s", tt.header, got, tt.want)
		}
	}
}

// TestQuotaIsKept checks that a hundred looks in a row meet no quota, and that a lower rate than documented is learnt.
func TestQuotaIsKept(t *testing.T) {
	r := newRig(t)
	r.amazon.Pace("getShipments", 0.5, 3)
	refused := 0
	for i := range 60 {
		id := fmt.Sprintf("FBA15X%06d", i)
		r.amazon.Put(spapitest.Shipment{ID: id, Status: "CANCELLED"})
		before := r.amazon.Calls("getShipments")
		r.pull(t, id)
		if r.amazon.Calls("getShipments")-before > 2 {
			refused++
		}
	}
	if refused > 4 {
		t.Errorf("%d of 60 looks met the quota; the rate was not learnt", refused)
	}
}

// TestHurry checks that a look for somebody who waits does not stand behind forty containers of the background.
func TestHurry(t *testing.T) {
	r := newRig(t)
	a := r.source.accounts[0]
	p := a.paces["getShipments"]
	for range 30 {
		_ = p.try(true)
	}
	r.amazon.Put(spapitest.Shipment{ID: fba, Status: "CANCELLED"})
	r.pass(3 * time.Second) // six tokens: fewer than are kept
	before := r.now()
	if _, err := r.source.Hurry(context.Background(), []shipment.Number{r.number(fba)}); err != nil {
		t.Fatal(err)
	}
	if d := r.now().Sub(before); d > 0 {
		t.Errorf("somebody waited %s", d)
	}
	r.pull(t, fba)
	if d := r.now().Sub(before); d < time.Second {
		t.Errorf("the background waited %s: it took what is kept", d)
	}
}
