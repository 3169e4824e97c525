package watch_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// vendor is a source of real numbers, with everything a source may be. What it says is a function of the number and the time.
type vendor struct {
	mu       sync.Mutex
	name     string
	limits   watch.Limits
	tell     func(n shipment.Number, at time.Time) []shipment.Event
	pulls    []pulled
	answers  []pulled // those of them that were answered
	busy     int      // calls at this moment
	overlap  int      // the most at once
	slow     time.Duration
	fails    func(numbers []shipment.Number, at time.Time) error
	register []string
	release  []string
	unwell   error // of Register and Release
}

type pulled struct {
	at      time.Time
	numbers []string
}

func (v *vendor) Name() string             { return v.name }
func (v *vendor) Knows(number string) bool { return strings.HasPrefix(number, strings.ToUpper(v.name)) }
func (v *vendor) Limits() watch.Limits     { return v.limits }

func (v *vendor) Pull(ctx context.Context, numbers []shipment.Number) ([]shipment.Event, error) {
	v.mu.Lock()
	p := pulled{at: time.Now()}
	for _, n := range numbers {
		p.numbers = append(p.numbers, n.Number)
	}
	slices.Sort(p.numbers)
	v.pulls = append(v.pulls, p)
	v.busy++
	v.overlap = max(v.overlap, v.busy)
	defer func() {
		v.mu.Lock()
		v.busy--
		v.mu.Unlock()
	}()
	slow := v.slow
	v.mu.Unlock()
	if slow > 0 {
		select {
		case <-time.After(slow):
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	var err error
	if v.fails != nil {
		err = v.fails(numbers, p.at)
	}
	var some watch.Faults
	if err != nil && !errors.As(err, &some) {
		return nil, err
	}
	v.mu.Lock()
	v.answers = append(v.answers, p)
	v.mu.Unlock()
	var list []shipment.Event
	for _, n := range numbers {
		if some[n.Number] != nil {
			continue
		}
		for _, e := range v.tell(n, p.at) {
			e.Number, e.Seen, e.Source = n.Number, p.at, v.name
			list = append(list, e)
		}
	}
	return list, err
}

func (v *vendor) asked(number string) (at []time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range v.pulls {
		if slices.Contains(p.numbers, number) {
			at = append(at, p.at)
		}
	}
	return at
}

func (v *vendor) calls() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return len(v.pulls)
}

// registrar is a vendor that wants to be told.
type registrar struct{ *vendor }

func (r registrar) note(list *[]string, numbers []shipment.Number) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.unwell != nil {
		return r.unwell
	}
	for _, n := range numbers {
		*list = append(*list, n.Number)
	}
	return nil
}

func (r registrar) unwellFor(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.unwell = err
}

func (r registrar) told() (register, release []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Clone(r.register), slices.Clone(r.release)
}

func (r registrar) Register(_ context.Context, numbers []shipment.Number) error {
	return r.note(&r.register, numbers)
}

func (r registrar) Release(_ context.Context, numbers []shipment.Number) error {
	return r.note(&r.release, numbers)
}

// says is a vendor whose numbers go through a list of events, hours after start.
func says(name string, events ...shipment.Event) *vendor {
	start := time.Now()
	return &vendor{name: name, tell: func(_ shipment.Number, now time.Time) (list []shipment.Event) {
		for _, e := range events {
			if e.At = start.Add(e.At.Sub(time.Time{})); !e.At.After(now) {
				list = append(list, e)
			}
		}
		return list
	}}
}

type world struct {
	t     *testing.T
	store *memory
	talk  *chat
	w     *watch.Watch
	calls int
}

func newWorld(t *testing.T, sources ...watch.Source) *world {
	x := &world{t: t, store: newMemory(), talk: &chat{}}
	x.store.cases["case"], x.store.cases["other"] = true, true
	x.w = watch.New(x.store, x.talk.handle, time.Now, quiet, sources...)
	return x
}

func (x *world) watch(caseID, number string) {
	x.t.Helper()
	x.calls++
	d := delivery("shipment.watch", fmt.Sprint("call", x.calls), map[string]string{"number": number, "carriage": "parcel"})
	d.Case = caseID
	call(x.t, x.w, d)
}

func (x *world) lines() []string {
	x.talk.mu.Lock()
	defer x.talk.mu.Unlock()
	return slices.Clone(x.talk.lines)
}

func TestANumberIsAskedOnceForAllWhoFollowIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(1, shipment.PreTransit, ""), after(30, shipment.PickedUp, ""), after(50, shipment.OutForDelivery, ""), after(52, shipment.Delivered, ""))
		x := newWorld(t, v)
		stop := run(t, x.w)
		x.watch("case", "UPS1")
		time.Sleep(10 * time.Hour)
		x.watch("other", "UPS1")
		time.Sleep(10 * 24 * time.Hour)
		stop()
		for i, p := range v.pulls {
			if len(p.numbers) != 1 {
				t.Errorf("call %d asks for %q", i, p.numbers)
			}
			if i > 0 && p.at.Sub(v.pulls[i-1].at) < time.Minute {
				t.Errorf("asked twice at %s: once for each of two who follow it", p.at)
			}
		}
		told := map[string]string{}
		for i, n := range x.talk.news {
			told[n.Case] += " " + x.talk.lines[i]
		}
		want := map[string]string{
			"case":  " not_found pre_transit picked_up out_for_delivery delivered shipment.push.delivered",
			"other": " pre_transit pre_transit picked_up out_for_delivery delivered shipment.push.delivered",
		}
		if d := cmp.Diff(want, told); d != "" {
			t.Errorf("news (-want +got):\n%s", d)
		}
	})
}

func TestALookThatBringsNothingIsNotWritten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""))
		x := newWorld(t, v)
		stop := run(t, x.w)
		for i := range 50 {
			x.watch("case", fmt.Sprint("UPS", i))
		}
		time.Sleep(5 * time.Hour) // the first look, and one more that is read to know that nothing is new
		calls := v.calls()
		writes, reads := x.store.counts()
		time.Sleep(16 * time.Hour)
		if got := v.calls() - calls; got != 8 {
			t.Errorf("%d calls in sixteen hours, want four rounds of two", got)
		}
		if w, r := x.store.counts(); w != writes || r != reads {
			t.Errorf("%d writes and %d reads for looks that brought nothing", w-writes, r-reads)
		}
		time.Sleep(60 * time.Hour)
		if w, _ := x.store.counts(); w == writes {
			t.Error("in three days nothing was written down: a restart would look at everything")
		}
		stop()
	})
}

// TestSilenceIsNewsThoughNothingChanges follows a label that is never scanned.
func TestSilenceIsNewsThoughNothingChanges(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.PreTransit, ""))
		x := newWorld(t, v)
		stop := run(t, x.w)
		x.watch("case", "UPS1")
		start := time.Now()
		time.Sleep(13 * 24 * time.Hour)
		stop()
		var got []string
		for i, line := range x.lines() {
			if strings.Contains(line, "stale") {
				got = append(got, fmt.Sprint(line, x.talk.news[i].Push[1].ID))
			}
		}
		if len(got) != 3 || !strings.HasSuffix(got[0], "label_no_scan") { // after three, six and twelve days
			t.Errorf("silences: %q", got)
		}
		_ = start
	})
}

func TestARestartLooksATouchEarlyAndNeverLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""), after(40, shipment.OutForDelivery, ""))
		x := newWorld(t, v)
		for i := range 30 {
			x.watch("case", fmt.Sprint("UPS", i))
		}
		for range 12 {
			stop := run(t, x.w)
			time.Sleep(5 * time.Hour)
			stop()
			x.w = watch.New(x.store, x.talk.handle, time.Now, quiet, v)
		}
		for i := range 30 {
			at := v.asked(fmt.Sprint("UPS", i))
			for j := 1; j < len(at); j++ {
				if gap := at[j].Sub(at[j-1]); gap > 4*time.Hour+time.Minute {
					t.Fatalf("UPS%d was not looked at for %s", i, gap)
				}
			}
		}
		if n := len(x.lines()); n != 30*3 {
			t.Errorf("%d pieces of news, want 90", n)
		}
	})
}

func TestBudgetsHoldAndKeepSomethingForPeople(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""))
		v.limits = watch.Limits{AtOnce: 2, Budgets: []watch.Budget{{Calls: 1, Per: 10 * time.Second, Burst: 4, Keep: 2}, {Calls: 200, Per: 24 * time.Hour, Burst: 50, Keep: 5}}}
		x := newWorld(t, v)
		stop := run(t, x.w)
		for i := range 60 {
			x.watch("case", fmt.Sprint("UPS", i))
		}
		time.Sleep(12 * time.Hour)
		x.watch("case", "UPSNOW")
		asked := time.Now()
		time.Sleep(time.Second)
		if at := v.asked("UPSNOW"); len(at) == 0 || at[0].Sub(asked) > time.Second {
			t.Errorf("somebody waits: asked at %s, the source was at %s", asked, at)
		}
		time.Sleep(36 * time.Hour)
		stop()
		for _, b := range v.limits.Budgets {
			for i := range v.pulls {
				n := 0
				for _, p := range v.pulls[i:] {
					if p.at.Sub(v.pulls[i].at) < b.Per {
						n++
					}
				}
				if most := b.Calls + b.Burst; n > most {
					t.Fatalf("%d calls within %s, the budget is %d and %d at once", n, b.Per, b.Calls, b.Burst)
				}
			}
		}
		if n := len(v.asked("UPS7")); n < 3 {
			t.Errorf("UPS7 was asked about %d times in two days", n)
		}
	})
}

func TestASourceThatFailsIsLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""))
		v.limits = watch.Limits{AtOnce: 10}
		down := time.Now().Add(24 * time.Hour)
		v.fails = func(_ []shipment.Number, at time.Time) error {
			if at.Before(down) {
				return errors.New("503")
			}
			return nil
		}
		x := newWorld(t, v)
		stop := run(t, x.w)
		for i := range 100 {
			x.watch("case", fmt.Sprint("UPS", i))
		}
		time.Sleep(24*time.Hour - time.Second)
		if n := v.calls(); n < 24 || n > 80 {
			t.Errorf("a source that was down for a day was called %d times", n)
		}
		if len(x.lines()) != 100 {
			t.Errorf("%d cards, want 100: people see what is known", len(x.lines()))
		}
		time.Sleep(16 * time.Hour)
		stop()
		for i := range 100 {
			if at := v.asked(fmt.Sprint("UPS", i)); at[len(at)-1].Before(down) {
				t.Fatalf("UPS%d was not asked about after the source came back", i)
			}
		}
		if n := len(x.lines()); n != 200 {
			t.Errorf("%d pieces of news, want 200", n)
		}
	})
}

// TestOnePoisonNumber asks a source that fails as a whole when one number is among those asked for.
func TestOnePoisonNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""))
		v.fails = func(numbers []shipment.Number, _ time.Time) error {
			for _, n := range numbers {
				if n.Number == "UPS17" {
					return errors.New("400: malformed")
				}
			}
			return nil
		}
		x := newWorld(t, v)
		stop := run(t, x.w)
		for i := range 40 {
			x.watch("case", fmt.Sprint("UPS", i))
		}
		time.Sleep(36 * time.Hour)
		stop()
		began := map[string]bool{}
		for _, n := range x.talk.news {
			if n.Told["shipment_status"] == "in_transit" {
				began[n.If["tracking_no"]] = true
			}
		}
		if len(began) != 39 || began["UPS17"] {
			t.Errorf("%d of 39 numbers got through beside one that nothing survives", len(began))
		}
	})
}

func TestASourceAsksToBeLeftAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""))
		begin := time.Now()
		v.fails = func(_ []shipment.Number, at time.Time) error {
			if at.Sub(begin) < time.Minute {
				return watch.Later(2*time.Hour, errors.New("429"))
			}
			return nil
		}
		x := newWorld(t, v)
		stop := run(t, x.w)
		x.watch("case", "UPS1")
		time.Sleep(6*time.Hour + time.Minute)
		stop()
		at := v.asked("UPS1")
		if len(at) != 3 || at[1].Sub(at[0]) < 2*time.Hour || at[1].Sub(at[0]) > 2*time.Hour+time.Minute {
			t.Errorf("asked at %s", at)
		}
	})
}

func TestAStoppedAccountIsToldOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""))
		mended := time.Now().Add(50 * time.Hour)
		v.fails = func(_ []shipment.Number, at time.Time) error {
			if at.Before(mended) {
				return fmt.Errorf("asking: %w", watch.Stop("the refresh token was revoked: authorise again", errors.New("invalid_grant")))
			}
			return nil
		}
		x := newWorld(t, v)
		for range 3 { // the program is started again in vain
			stop := run(t, x.w)
			x.watch("case", fmt.Sprint("UPS", x.calls))
			time.Sleep(13 * time.Hour)
			stop()
			x.w = watch.New(x.store, x.talk.handle, time.Now, quiet, v)
		}
		if v.calls() > 12 {
			t.Errorf("an account that is stopped was used %d times in 39 hours", v.calls())
		}
		stops, _ := x.store.StoppedSources(context.Background())
		if len(stops) != 1 || stops[0].Source != "ups" || !strings.Contains(stops[0].Reason, "authorise again") || time.Since(stops[0].At) < 38*time.Hour {
			t.Errorf("noted: %+v", stops)
		}
		time.Sleep(20 * time.Hour) // it is mended while the program does not run
		stop := run(t, x.w)
		time.Sleep(4 * time.Hour)
		stop()
		if stops, _ := x.store.StoppedSources(context.Background()); len(stops) != 0 {
			t.Errorf("it answers again and is still noted: %+v", stops)
		}
		if n := len(x.lines()); n != 6 {
			t.Errorf("%d pieces of news, want a card and a beginning for each of three", n)
		}
	})
}

func first(a, _ []string) []string  { return a }
func second(_, b []string) []string { return b }

func TestARegistrarIsToldWhoIsFollowed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := registrar{says("ups", after(1, shipment.InTransit, ""), after(20, shipment.Delivered, ""))}
		x := newWorld(t, r)
		stop := run(t, x.w)
		r.unwellFor(errors.New("503"))
		x.watch("case", "UPS1")
		x.watch("other", "UPS1")
		time.Sleep(10 * time.Minute)
		if r.calls() != 0 {
			t.Error("pulled before the source was told")
		}
		r.unwellFor(nil)
		time.Sleep(8 * time.Hour)
		if d := cmp.Diff([]string{"UPS1"}, first(r.told())); d != "" {
			t.Errorf("told of (-want +got):\n%s", d)
		}
		time.Sleep(60 * time.Hour)
		stop()
		x.w = watch.New(x.store, x.talk.handle, time.Now, quiet, r)
		r.unwellFor(errors.New("503"))
		stop = run(t, x.w)
		time.Sleep(3 * 24 * time.Hour)
		if len(second(r.told())) != 0 {
			t.Error("released although it failed")
		}
		r.unwellFor(nil)
		time.Sleep(2 * 24 * time.Hour)
		stop()
		if d := cmp.Diff([]string{"UPS1"}, first(r.told())); d != "" {
			t.Errorf("told of, in the end (-want +got):\n%s", d)
		}
		if d := cmp.Diff([]string{"UPS1"}, second(r.told())); d != "" {
			t.Errorf("released (-want +got):\n%s", d)
		}
		calls := r.calls()
		stop = run(t, watch.New(x.store, x.talk.handle, time.Now, quiet, r))
		time.Sleep(3 * 24 * time.Hour)
		stop()
		if r.calls() != calls {
			t.Error("what is over is still asked about")
		}
	})
}

// TestTellingASourceCostsToo: the calls that register and release are calls.
func TestTellingASourceCostsToo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := registrar{says("ups", after(0, shipment.InTransit, ""))}
		r.limits = watch.Limits{AtOnce: 1, Budgets: []watch.Budget{{Calls: 1, Per: time.Minute}}}
		x := newWorld(t, r)
		stop := run(t, x.w)
		for i := range 20 {
			x.watch("case", fmt.Sprint("UPS", i))
		}
		time.Sleep(30 * time.Minute)
		stop()
		if n := r.calls() + len(first(r.told())); n > 32 || n < 25 {
			t.Errorf("%d calls in half an hour, the budget is one a minute", n)
		}
	})
}

func TestADeclinedNumber(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""))
		v.fails = func(numbers []shipment.Number, _ time.Time) error {
			faults := watch.Faults{}
			for _, n := range numbers {
				switch n.Number {
				case "UPSBAD":
					faults[n.Number] = watch.Declined(errors.New("the format is invalid"))
				case "UPSSLOW":
					faults[n.Number] = watch.Later(5*time.Hour, errors.New("too often"))
				}
			}
			if len(faults) == 0 {
				return nil
			}
			return faults
		}
		x := newWorld(t, v)
		stop := run(t, x.w)
		x.watch("case", "UPSBAD")
		x.watch("case", "UPSSLOW")
		x.watch("case", "UPSGOOD")
		time.Sleep(9 * time.Hour)
		stop()
		if n := len(v.asked("UPSBAD")); n != 1 {
			t.Errorf("a number that was declined was asked about %d times", n)
		}
		if n := len(v.asked("UPSSLOW")); n != 2 {
			t.Errorf("a number that wanted five hours was asked about %d times in nine", n)
		}
		if n := len(v.asked("UPSGOOD")); n < 3 {
			t.Errorf("a good number beside them was asked about %d times", n)
		}
		for _, n := range x.talk.news {
			if n.If["tracking_no"] == "UPSBAD" && n.Card.Parts[0].Text[0].ID == "shipment.card.declined" {
				return
			}
		}
		t.Error("the card does not say that the source declined the number")
	})
}

func TestASlowSourceHoldsUpNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow, quick := says("slow", after(0, shipment.InTransit, "")), says("quick", after(0, shipment.InTransit, ""))
		slow.slow = 50 * time.Second
		x := newWorld(t, slow, quick)
		stop := run(t, x.w)
		x.watch("case", "SLOW1")
		time.Sleep(time.Second)
		x.watch("case", "QUICK1")
		x.watch("case", "SLOW2")
		time.Sleep(time.Second)
		if got := fmt.Sprint(x.lines()); got != "[in_transit in_transit]" {
			t.Errorf("after a second: %s", got)
		}
		time.Sleep(5 * time.Minute)
		stop()
		if slow.overlap > 1 {
			t.Errorf("%d calls of one source at once", slow.overlap)
		}
		if n := len(x.lines()); n != 6 {
			t.Errorf("%d pieces of news, want 6: %q", n, x.lines())
		}
	})
}

// TestTwoProcesses share a database and two sources. One of them dies without a word.
func TestTwoProcesses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, b := says("ups", after(0, shipment.InTransit, ""), after(30, shipment.OutForDelivery, "")), says("ups", after(0, shipment.InTransit, ""), after(30, shipment.OutForDelivery, ""))
		x := newWorld(t, a)
		second := watch.New(x.store, x.talk.handle, time.Now, quiet, b)
		for i := range 100 {
			x.watch("case", fmt.Sprint("UPS", i))
		}
		stop1, stop2 := run(t, x.w), run(t, second)
		time.Sleep(20 * time.Hour)
		if a.calls() > 0 && b.calls() > 0 || a.calls()+b.calls() == 0 {
			t.Fatalf("both ask: %d and %d calls", a.calls(), b.calls())
		}
		before := len(x.lines())
		if b.calls() > 0 {
			x.watch("other", "UPS777")
		} else {
			d := delivery("shipment.watch", "by hand", map[string]string{"number": "UPS777"})
			d.Case = "other"
			call(t, second, d)
		}
		time.Sleep(time.Second)
		if len(x.lines()) == before {
			t.Error("a second after a number was given to the process that does not follow there is no card")
		}
		time.Sleep(2 * time.Minute)
		if n := len(a.asked("UPS777")) + len(b.asked("UPS777")); n != 1 {
			t.Errorf("the process that follows asked %d times about a number given to the other", n)
		}
		first, other, stopFirst, stopOther := a, b, stop1, stop2
		if b.calls() > 0 {
			first, other, stopFirst, stopOther = b, a, stop2, stop1
		}
		x.store.mu.Lock()
		x.store.leases["watch"] = lease{"nobody that lives", time.Now().Add(watch.LeaseFor)} // it died: the lease only runs out
		x.store.mu.Unlock()
		stopFirst()
		calls := first.calls()
		time.Sleep(20 * time.Hour)
		stopOther()
		if first.calls() != calls || other.calls() == 0 {
			t.Errorf("after the first died: %d more calls of the first, %d of the second", first.calls()-calls, other.calls())
		}
		if n := len(x.lines()); n != 303 {
			t.Errorf("%d pieces of news, want 303", n)
		}
		for id, n := range x.talk.seen {
			if n > 1 && !strings.HasSuffix(id, "/registered") { // a card may be shown by both
				t.Errorf("%s was handed over %d times", id, n)
			}
		}
	})
}

func TestStrangeCodesAreCountedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		odd := after(1, "", "")
		odd.Code, odd.Text = "WARP_DRIVE", "货物已进入超空间"
		known := after(2, "", "eta_changed")
		known.Code = "DELIVERY_ESTIMATE_UPDATED"
		v := says("ups", after(0, shipment.InTransit, ""), odd, known, after(30, shipment.OutForDelivery, ""))
		x := newWorld(t, v)
		stop := run(t, x.w)
		x.watch("case", "UPS1")
		x.watch("case", "UPS2")
		time.Sleep(3 * 24 * time.Hour)
		stop()
		codes, _ := x.store.Codes(context.Background(), 9)
		if len(codes) != 1 || codes[0].Code != "WARP_DRIVE" || codes[0].Source != "ups" || codes[0].Times != 2 || codes[0].Example != odd.Text {
			t.Errorf("codes: %+v", codes)
		}
	})
}

// TestSilenceOfWhoOnlyTells: a source that is never asked told something, and then nothing any more.
func TestSilenceOfWhoOnlyTells(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		x := newWorld(t)
		stop := run(t, x.w)
		x.watch("case", "HOOKED1")
		x.watch("case", "NOBODY1")
		time.Sleep(time.Hour)
		e := shipment.Event{Number: "HOOKED1", At: time.Now(), Seen: time.Now(), TZKnown: true, Status: shipment.PreTransit}
		if _, err := x.w.Heard(context.Background(), "hook", watch.Push{Events: []shipment.Event{e}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(5 * 24 * time.Hour)
		stop()
		if got := fmt.Sprint(x.lines()); got != "[not_found not_found pre_transit pre_transit shipment.push.stale shipment.stale.label_no_scan]" {
			t.Errorf("news: %s", got)
		}
	})
}

// TestANumberThatIsGivenAgain: its carrier uses it again, or it was given up.
func TestANumberThatIsGivenAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""), after(20, shipment.Delivered, ""), after(24*120, shipment.PreTransit, ""), after(24*121, shipment.Delivered, ""))
		x := newWorld(t, v)
		stop := run(t, x.w)
		x.watch("case", "UPS1")
		time.Sleep(10 * 24 * time.Hour)
		x.watch("case", "UPS1") // over, but not for long: nothing to be done
		time.Sleep(120 * 24 * time.Hour)
		calls := v.calls()
		x.watch("case", "UPS1")
		time.Sleep(10 * 24 * time.Hour)
		stop()
		want := "[in_transit in_transit delivered shipment.push.delivered delivered delivered]" // the second delivery is nine days old when it is heard of
		if got := fmt.Sprint(x.lines()); got != want {
			t.Errorf("news: got %s, want %s", got, want)
		}
		if v.calls() == calls {
			t.Error("given again after four months, and not looked at")
		}
	})
	synctest.Test(t, func(t *testing.T) {
		v := says("ups")
		x := newWorld(t, v)
		stop := run(t, x.w)
		x.watch("case", "UPS1")
		time.Sleep(40 * 24 * time.Hour)
		if n := len(x.lines()); n != 5 { // the card, silence after seven, fourteen and twenty-eight days, given up
			t.Errorf("news: %q", x.lines())
		}
		calls := v.calls()
		x.watch("case", "UPS1")
		time.Sleep(8 * 24 * time.Hour)
		stop()
		if lines := x.lines(); v.calls() == calls || len(lines) != 7 || !strings.Contains(lines[6], "never_found") {
			t.Errorf("given again after it was given up: %d more looks, news %q", v.calls()-calls, lines)
		}
	})
}

// TestReport is what an operator sees of a source that is well and one that is stopped.
func TestReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		well, ill := says("ups", after(0, shipment.InTransit, "")), says("dhl")
		ill.fails = func([]shipment.Number, time.Time) error { return watch.Stop("the key was revoked", nil) }
		x := newWorld(t, well, ill)
		stop := run(t, x.w)
		defer stop()
		x.watch("case", "UPS1")
		x.watch("case", "DHL1")
		time.Sleep(time.Hour)
		if _, err := x.w.Heard(context.Background(), "hook", watch.Push{Events: []shipment.Event{{Number: "UPS1", At: time.Now(), Seen: time.Now(), Code: "ODD"}}}); err != nil {
			t.Fatal(err)
		}
		states, codes, err := x.w.Report(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if len(states) != 2 || states[0].Followed != 1 || states[0].Answered.IsZero() || states[0].Stopped != "" || states[1].Stopped != "the key was revoked" || states[1].Since.IsZero() {
			t.Errorf("states: %+v", states)
		}
		if len(codes) != 1 || codes[0].Code != "ODD" {
			t.Errorf("codes: %+v", codes)
		}
	})
}

// TestAnErasedCaseIsNotAskedAbout erases a case whose number was followed for days without news.
func TestAnErasedCaseIsNotAskedAbout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""))
		x := newWorld(t, v)
		stop := run(t, x.w)
		x.watch("case", "UPS1")
		x.watch("case", "UPS2")
		x.watch("other", "UPS2")
		time.Sleep(30 * time.Hour)
		x.store.mu.Lock()
		delete(x.store.cases, "case")
		for k := range x.store.rows {
			if k[1] == "case" {
				delete(x.store.rows, k)
				delete(x.store.meta, k)
			}
		}
		x.store.mu.Unlock()
		one, two := len(v.asked("UPS1")), len(v.asked("UPS2"))
		time.Sleep(24 * time.Hour)
		stop()
		if n := len(v.asked("UPS1")); n != one {
			t.Errorf("a number of a case that was erased was asked about %d more times", n-one)
		}
		if n := len(v.asked("UPS2")); n < two+5 {
			t.Errorf("a number that another case follows too was asked about %d more times", n-two)
		}
	})
}

// TestWhoShowsWhatIsOverStopsNobody: a card of a shipment that is over is asked for, while another case follows the number anew; and
// what another source pushed counts for when to look next.
func TestWhoShowsWhatIsOverStopsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""), after(20, shipment.Delivered, ""), after(24*130, shipment.InTransit, ""))
		x := newWorld(t, v)
		stop := run(t, x.w)
		x.watch("case", "UPS1")
		time.Sleep(129 * 24 * time.Hour)
		x.watch("other", "UPS1")
		time.Sleep(5 * time.Minute)
		call(t, x.w, delivery("shipment.show", "s1", map[string]string{"number": "UPS1"}))
		time.Sleep(3 * 24 * time.Hour)
		calls := v.calls()
		time.Sleep(24 * time.Hour)
		stop()
		if n := v.calls() - calls; n < 5 {
			t.Errorf("asked %d times in a day about a number that is under way again", n)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		v := says("ups", after(0, shipment.InTransit, ""))
		x := newWorld(t, v)
		stop := run(t, x.w)
		x.watch("case", "UPS1")
		time.Sleep(9*time.Hour + 30*time.Minute)
		e := shipment.Event{Number: "UPS1", At: time.Now().UTC(), Seen: time.Now(), TZKnown: true, Status: shipment.OutForDelivery}
		if _, err := x.w.Heard(context.Background(), "hook", watch.Push{Events: []shipment.Event{e}}); err != nil {
			t.Fatal(err)
		}
		calls := v.calls()
		time.Sleep(4 * time.Hour)
		stop()
		if n := v.calls() - calls; n < 4 {
			t.Errorf("asked %d times in four hours about what is out for delivery: %s, %q", n, v.asked("UPS1"), x.lines())
		}
	})
}
