package watch_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// longest is how late a look may begin that a source asked for: ten minutes after the look before, a minute when somebody else wrote the
// shipment meanwhile, and what two slow calls take. Every process that ends meanwhile adds the lease of one that died.
const (
	longest  = 11*time.Minute + 40*time.Second
	takeover = time.Minute
)

// TestAPushLeadsToALaterPull does anything between pushes that say no more than that there is something new: polls, cards that are
// asked for, pushes that tell, slow answers, processes that end or die. Each of those pushes is followed by a pull that was answered and
// began after it, however soon it came after a look or during one.
func TestAPushLeadsToALaterPull(t *testing.T) {
	for seed := range uint64(40) {
		t.Run(fmt.Sprint(seed), func(t *testing.T) { synctest.Test(t, func(t *testing.T) { pushAndPull(t, seed) }) })
	}
}

func pushAndPull(t *testing.T, seed uint64) {
	random := rand.New(rand.NewPCG(seed, 1))
	v := says("ups", after(0, shipment.InTransit, ""))
	v.limits.AtOnce = 1 + random.IntN(3)
	x := newWorld(t, v)
	stop := run(t, x.w)
	const numbers = 4
	for i := range numbers {
		x.watch("case", fmt.Sprint("UPS", i))
	}
	type push struct {
		number string
		at     time.Time
	}
	var pushes []push
	var ends []time.Time
	begin := time.Now()
	for range 150 {
		switch random.IntN(3) { // never at the very moment at which a look begins: which was first would be anybody's guess
		case 0:
			time.Sleep(time.Duration(1+random.IntN(999)) * time.Microsecond)
		case 1:
			time.Sleep(time.Duration(1+random.IntN(60e6)) * time.Microsecond)
		default:
			time.Sleep(time.Duration(1+random.IntN(25*60e6)) * time.Microsecond)
		}
		number := fmt.Sprint("UPS", random.IntN(numbers))
		switch random.IntN(9) {
		default:
			pushes = append(pushes, push{number, time.Now()})
			if _, err := x.w.Heard(context.Background(), "ups", watch.Push{Look: []string{number}}); err != nil {
				t.Fatal(err)
			}
		case 5:
			x.calls++
			d := delivery("shipment.show", fmt.Sprint("show", x.calls), map[string]string{"number": number})
			d.Case = "case"
			call(t, x.w, d)
		case 6:
			e := shipment.Event{Number: number, At: time.Now(), TZKnown: true, Seen: time.Now(), Status: shipment.InTransit, Code: fmt.Sprint(len(pushes)), Source: "ups"}
			if _, err := x.w.Heard(context.Background(), "ups", watch.Push{Events: []shipment.Event{e}}); err != nil {
				t.Fatal(err)
			}
		case 7:
			v.mu.Lock()
			v.slow = []time.Duration{0, 3 * time.Second, 20 * time.Second}[random.IntN(3)]
			v.mu.Unlock()
		case 8:
			ends = append(ends, time.Now())
			stop()
			if random.IntN(2) == 0 { // it died: the lease only runs out
				x.store.mu.Lock()
				x.store.leases["watch"] = lease{"nobody that lives", time.Now().Add(watch.LeaseFor)}
				x.store.mu.Unlock()
			}
			x.w = watch.New(x.store, x.talk.handle, time.Now, quiet, v)
			stop = run(t, x.w)
		}
	}
	time.Sleep(longest + takeover)
	stop()
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, p := range pushes {
		most := longest
		for _, end := range ends {
			if since := end.Sub(p.at); since > -takeover && since < most {
				most += takeover
			}
		}
		if late := firstAfter(v, p.number, p.at); late > most {
			t.Errorf("%s after the start the source said that there is something new about %s; it was asked %s later", p.at.Sub(begin), p.number, late)
		}
	}
	if len(pushes) < 30 {
		t.Errorf("only %d pushes", len(pushes))
	}
}

// firstAfter is how long after a moment the first pull of a number began that was answered.
func firstAfter(v *vendor, number string, at time.Time) time.Duration {
	for _, p := range v.answers {
		if p.at.After(at) {
			for _, n := range p.numbers {
				if n == number {
					return p.at.Sub(at)
				}
			}
		}
	}
	return 1 << 62
}
