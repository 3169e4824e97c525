package watch_test

import (
	"context"
	"fmt"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// stuck is a store whose leases hang until whoever asks gives up, while everything else answers: a writer that waits for a lock.
type stuck struct {
	*memory
	hangs atomic.Bool
}

func (s *stuck) Lease(ctx context.Context, name, holder string, now, until time.Time) (bool, error) {
	if s.hangs.Load() {
		<-ctx.Done()
		return false, ctx.Err()
	}
	return s.memory.Lease(ctx, name, holder, now, until)
}

// busily is a vendor that is asked every second about each number.
type busily struct{ *vendor }

func (busily) Next(_ shipment.Number, now time.Time) (time.Time, bool) {
	return now.Add(time.Second), true
}

func everySecond(x *world, v *vendor) watch.Source {
	v.tell = func(shipment.Number, time.Time) []shipment.Event {
		return []shipment.Event{{At: time.Now(), TZKnown: true, Text: fmt.Sprint(time.Now())}}
	}
	return busily{v}
}

// TestWhoCannotRenewStopsBeforeAnotherBegins: a process whose renewals hang asks nobody any more when the lease is another's.
func TestWhoCannotRenewStopsBeforeAnotherBegins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := says("ups"), says("ups")
		x := newWorld(t)
		first := &stuck{memory: x.store}
		x.w = watch.New(first, x.talk.handle, time.Now, quiet, everySecond(x, a))
		x.watch("case", "UPS1")
		stopFirst := run(t, x.w)
		time.Sleep(time.Minute)
		stopSecond := run(t, watch.New(x.store, x.talk.handle, time.Now, quiet, everySecond(x, b)))
		time.Sleep(time.Minute)
		if a.calls() == 0 || b.calls() != 0 {
			t.Fatalf("%d calls of the first and %d of the second before anything hangs", a.calls(), b.calls())
		}
		first.hangs.Store(true)
		hung := time.Now()
		time.Sleep(3 * time.Minute)
		last, began := a.asked("UPS1"), b.asked("UPS1")
		if len(began) == 0 {
			t.Fatal("nobody took over")
		}
		if until := last[len(last)-1]; !until.Before(began[0]) {
			t.Errorf("the first asked until %s after its renewals hung, the second from %s on", until.Sub(hung), began[0].Sub(hung))
		}
		stopSecond()
		first.hangs.Store(false)
		stopFirst()
	})
}

// TestAnotherTakesOverSoon: forty seconds after a process died another follows.
func TestAnotherTakesOverSoon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups")
		x := newWorld(t)
		x.w = watch.New(x.store, x.talk.handle, time.Now, quiet, everySecond(x, v))
		x.watch("case", "UPS1")
		x.store.leases["watch"] = lease{"nobody that lives", time.Now().Add(watch.LeaseFor)} // it took the lease now, and died
		died := time.Now()
		stop := run(t, x.w)
		time.Sleep(2 * time.Minute)
		stop()
		if at := v.asked("UPS1"); len(at) == 0 || at[0].Sub(died) > 41*time.Second || at[0].Sub(died) < 25*time.Second {
			t.Errorf("asked from %v on, %s after the other died", at, at[0].Sub(died))
		}
	})
}

// TestTheLeaseIsKeptWhileTheScheduleIsRead: whoever reads a long schedule does not lose the lease over it.
func TestTheLeaseIsKeptWhileTheScheduleIsRead(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := says("ups"), says("ups")
		x := newWorld(t)
		slow := &slowly{memory: x.store}
		x.w = watch.New(slow, x.talk.handle, time.Now, quiet, everySecond(x, a))
		x.watch("case", "UPS1")
		stopFirst := run(t, x.w)
		time.Sleep(time.Second)
		stopSecond := run(t, watch.New(x.store, x.talk.handle, time.Now, quiet, everySecond(x, b)))
		time.Sleep(10 * time.Minute)
		if a.calls() == 0 || b.calls() != 0 {
			t.Errorf("%d calls of the one that read for five minutes, %d of the other", a.calls(), b.calls())
		}
		stopSecond()
		stopFirst()
	})
}

// slowly is a store that takes five minutes to say when to look at what.
type slowly struct{ *memory }

func (s *slowly) Looks(ctx context.Context, source string, each func(string, time.Time)) error {
	select {
	case <-time.After(5 * time.Minute):
	case <-ctx.Done():
		return ctx.Err()
	}
	return s.memory.Looks(ctx, source, each)
}
