package store_test

import (
	"testing"
	"time"

	"xiaobao/bot"
)

// A card that is put aside holds up nobody, comes back at its time in its newest form only, and never overwrites anything else.
func TestAside(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		join(t, s, owner, "c")
		at := func(seconds int) time.Time { return noon.Add(time.Duration(seconds) * time.Second) }
		aside := func(now, until int, ds ...bot.Delivery) {
			t.Helper()
			for _, d := range ds {
				settle(t, s, at(now), bot.Settlement{Delivery: d, Outcome: bot.PutAside, Retry: at(until)})
			}
		}
		n := 0
		turn := func(now int, out ...bot.Outgoing) []bot.Delivery {
			t.Helper()
			n++
			return apply(t, s, key("c", string(rune('a'+n))), at(now), out...)
		}
		// What stands behind it is not held up.
		ds := turn(0, card("v1", room("r"), "card", "first"), say("after", room("r"), "hello"))
		expect(t, "leased", ds, "v1/1 after/1 ")
		aside(0, 2, ds[0])
		sent(t, s, at(0), ds[1], "")
		expect(t, "at once", claim(t, s, at(1)), "")
		// A newer form takes its place, wherever that is put.
		ds = turn(1, card("v2", room("r"), "card", "second"))
		expect(t, "the newer form", ds, "v2/1 ")
		aside(1, 3, ds[0])
		expect(t, "too early", claim(t, s, at(2)), "")
		ds = claim(t, s, at(3))
		expect(t, "at its time", ds, "v2/1 ")
		sent(t, s, at(3), ds[0], "native")
		expect(t, "nothing more", claim(t, s, at(60)), "")
		// Two forms of one turn: only the second comes back.
		ds = turn(100, card("v3", room("r"), "card", "third"), card("v4", room("r"), "card", "fourth"))
		if len(ds) == 2 {
			aside(100, 102, ds...)
		} else {
			aside(100, 102, ds[0])
		}
		ds = claim(t, s, at(102))
		expect(t, "of two", ds, "v4/1 ")
		if ds[0].Native != "native" {
			t.Errorf("it is called %q", ds[0].Native)
		}
		// It comes due while a plain message waits: that stays.
		aside(102, 104, ds...)
		waiting := turn(103, say("plain", room("r"), "must not get lost"))
		settle(t, s, at(103), bot.Settlement{Delivery: waiting[0], Outcome: bot.Deferred, Retry: at(110)})
		expect(t, "behind the plain one", claim(t, s, at(105)), "")
		ds = claim(t, s, at(110))
		expect(t, "the plain one", ds, "plain/2 ")
		sent(t, s, at(110), ds[0], "")
		ds = claim(t, s, at(110))
		expect(t, "then the card", ds, "v4/1 ")
		sent(t, s, at(111), ds[0], "native")
		// The older form is put aside when a newer one waits in the queue already: it is dropped.
		first := turn(200, card("v5", room("r"), "card", "fifth"))
		turn(200, card("v6", room("r"), "card", "sixth"))
		aside(200, 202, first[0])
		ds = claim(t, s, at(201))
		expect(t, "the newer one", ds, "v6/1 ")
		sent(t, s, at(201), ds[0], "native")
		expect(t, "and not the older", claim(t, s, at(260)), "")
		check(t, s)
	})
}
