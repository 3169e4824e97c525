package store_test

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/store"
)

func TestEveryEventTwice(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		thought := 0
		for range 2 {
			for _, event := range []string{"a", "b", "c"} {
				_, err := s.Apply(ctx, key("case", event), noon, func(state []byte) (bot.Turn, error) {
					thought++
					return bot.Turn{State: append(state, event...), Out: []bot.Outgoing{say("d"+event, room("r"), event)}}, nil
				})
				if thought > 3 && !errors.Is(err, bot.ErrSeen) || thought < 3 && err != nil {
					t.Fatalf("apply %s: %v", event, err)
				}
			}
		}
		if thought != 3 {
			t.Errorf("thought %d times, want 3", thought)
		}
		state, err := s.Read(ctx, "web:local", "case")
		if err != nil || string(state) != "abc" {
			t.Errorf("state %q, %v, want abc", state, err)
		}
		check(t, s)
	})
}

func TestAnEventSeenInAnotherCase(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		apply(t, s, key("one", "e"), noon)
		_, err := s.Apply(ctx, key("two", "e"), noon, func([]byte) (bot.Turn, error) {
			t.Error("thought about an event that was seen")
			return bot.Turn{}, nil
		})
		if !errors.Is(err, bot.ErrSeen) {
			t.Errorf("got %v, want ErrSeen", err)
		}
		other := bot.Key{Tenant: "slack:T1", Case: "three", Event: "e"}
		apply(t, s, other, noon) // another tenant's events are its own
	})
}

func TestAThoughtThatFailsLeavesNothing(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		oops := errors.New("oops")
		_, err := s.Apply(ctx, key("case", "e"), noon, func([]byte) (bot.Turn, error) { return bot.Turn{}, oops })
		if !errors.Is(err, oops) {
			t.Fatalf("got %v", err)
		}
		expect(t, "after the failure", apply(t, s, key("case", "e"), noon, say("d", room("r"), "hi")), "d/1 ")
	})
}

func TestOrderAtAPlace(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		first := apply(t, s, key("case", "1"), noon, say("a", r, "a"), say("b", r, "b"), say("x", room("other"), "x"))
		expect(t, "a turn's own deliveries", first, "a/1 b/1 x/1 ")
		expect(t, "behind unsent ones", apply(t, s, key("case", "2"), noon, say("c", r, "c"), say("y", room("third"), "y")), "y/1 ")
		expect(t, "all are leased or wait", claim(t, s, noon), "")
		sent(t, s, noon, first[0], "")
		expect(t, "b is leased still", claim(t, s, noon), "")
		sent(t, s, noon, first[1], "")
		got := claim(t, s, noon)
		expect(t, "c is the first now", got, "c/1 ")
		settle(t, s, noon, bot.Settlement{Delivery: got[0], Outcome: bot.Deferred, Retry: noon.Add(time.Second)})
		expect(t, "not before", claim(t, s, noon), "")
		expect(t, "behind a deferred one", apply(t, s, key("case", "3"), noon, say("d", r, "d")), "")
		expect(t, "again", claim(t, s, noon.Add(time.Second)), "c/2 ")
		check(t, s)
	})
}

func TestCallsDoNotBlockTheChat(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		call := bot.Outgoing{ID: "call", Place: room("r"), Call: &bot.Call{ID: "1", Name: "ticket.open", Args: map[string]string{"a": "b"}}}
		got := apply(t, s, key("case", "1"), noon, call, say("a", room("r"), "a"))
		expect(t, "both", got, "call/1 a/1 ")
		if got[0].Call == nil || got[0].Call.Args["a"] != "b" || got[0].Place != room("r") {
			t.Errorf("the call came as %+v", got[0])
		}
		sent(t, s, noon, got[1], "")
		expect(t, "the chat goes on", apply(t, s, key("case", "2"), noon, say("b", room("r"), "b")), "b/1 ")
		late := claim(t, s, noon.Add(time.Hour))
		expect(t, "after the leases", late, "call/2 b/2 ")
		if late[0].Call == nil || late[0].Call.Name != "ticket.open" || late[1].Message.Text != "b" || !late[1].Decided.Equal(noon) || late[1].Case != "case" || late[1].Tenant != "web:local" {
			t.Errorf("came back as %+v", late)
		}
	})
}

// TestUnderACard finds what the network called the card that something belongs under: at once, when it comes back, in another process,
// and not that of another place.
func TestUnderACard(t *testing.T) {
	under := func(id string, p bot.Place) bot.Outgoing {
		return bot.Outgoing{ID: id, Place: p, Message: bot.Message{Text: id, Under: "card"}}
	}
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r, other := room("r"), room("other")
		before := apply(t, s, key("case", "0"), noon, under("early", r))
		if before[0].Under != "" {
			t.Errorf("before there is a card: %q", before[0].Under)
		}
		sent(t, s, noon, before[0], "")
		card := bot.Outgoing{ID: "card", Place: r, Message: bot.Message{Text: "card", Key: "card"}}
		both := apply(t, s, key("case", "1"), noon, card, under("with", r))
		sent(t, s, noon, both[0], "ts1")
		settle(t, s, noon, bot.Settlement{Delivery: both[1], Outcome: bot.Deferred, Retry: noon.Add(time.Second)})
		again := claim(t, s, noon.Add(time.Second))
		expect(t, "comes back", again, "with/2 ")
		if again[0].Under != "ts1" || again[0].Native != "" {
			t.Errorf("when it comes back it is under %q and replaces %q", again[0].Under, again[0].Native)
		}
		waiting := apply(t, s, key("case", "2"), noon, under("behind", r), under("else", other))
		expect(t, "another place", waiting, "else/1 ")
		if waiting[0].Under != "" {
			t.Errorf("at another place it is under %q", waiting[0].Under)
		}
		sent(t, s, noon, again[0], "ts2") // what is under a card is no card
		behind := claim(t, s, noon.Add(2*time.Second))
		expect(t, "behind", behind, "behind/1 ")
		if behind[0].Under != "ts1" {
			t.Errorf("behind others it is under %q", behind[0].Under)
		}
		sent(t, s, noon, behind[0], "")
		later := apply(t, open(t, dsn), key("case", "3"), noon.Add(time.Minute), under("later", r))
		expect(t, "in another process", later, "later/1 ")
		if later[0].Under != "ts1" {
			t.Errorf("in another process it is under %q", later[0].Under)
		}
		check(t, s)
	})
}

func TestWhatIsForLaterHoldsUpNobody(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		later := say("later", r, "later")
		later.After = noon.Add(time.Hour)
		expect(t, "nothing yet", apply(t, s, key("case", "1"), noon, later), "")
		now := apply(t, s, key("case", "2"), noon, say("now", r, "now"))
		expect(t, "now", now, "now/1 ")
		expect(t, "its time has come, and it waits its turn", claim(t, s, noon.Add(time.Hour).Add(-time.Microsecond)), "now/2 ")
		expect(t, "behind now", claim(t, s, noon.Add(time.Hour)), "")
		sent(t, s, noon.Add(time.Hour), now[0], "")
		expect(t, "later", claim(t, s, noon.Add(time.Hour)), "later/1 ")
		check(t, s)
	})
}

func TestLeasesEnd(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := openWith(t, dsn, store.Options{Lease: time.Minute})
		first := apply(t, s, key("case", "1"), noon, say("a", room("r"), "a"))
		expect(t, "before the end", claim(t, s, noon.Add(59*time.Second)), "")
		second := claim(t, s, noon.Add(time.Minute))
		expect(t, "after the end", second, "a/2 ")
		settle(t, s, noon, bot.Settlement{Delivery: first[0], Outcome: bot.Deferred, Retry: noon})
		expect(t, "who lost the lease cannot give it back", claim(t, s, noon.Add(time.Minute)), "")
		settle(t, s, noon, bot.Settlement{Delivery: second[0], Outcome: bot.Unsure, Retry: noon.Add(2 * time.Minute)})
		expect(t, "unsure", claim(t, s, noon.Add(2*time.Minute)), "a/3 ")
		sent(t, s, noon, first[0], "")
		expect(t, "sent by the first, after all", claim(t, s, noon.Add(time.Hour)), "")
		if _, ok, err := s.NextDue(ctx, noon); ok || err != nil {
			t.Errorf("next due: %v, %v, want nothing", ok, err)
		}
	})
}

func TestCards(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		first := apply(t, s, key("case", "1"), noon, card("v1", r, "card", "one"))
		if first[0].Native != "" {
			t.Errorf("native %q before it was sent", first[0].Native)
		}
		sent(t, s, noon, first[0], "n-17")
		second := apply(t, s, key("case", "2"), noon, card("v2", r, "card", "two"))
		if second[0].Native != "n-17" {
			t.Errorf("native %q, want n-17", second[0].Native)
		}
		if got := apply(t, s, key("case", "3"), noon, card("o1", room("elsewhere"), "card", "x")); got[0].Native != "" {
			t.Errorf("native %q at another place", got[0].Native)
		}

		// While v2 is under way it cannot be replaced; what waits behind it can.
		apply(t, s, key("case", "4"), noon, card("v3", r, "card", "three"), say("hello", r, "hello"))
		apply(t, s, key("case", "5"), noon, card("v4", r, "card", "four"))
		sent(t, s, noon, second[0], "n-18")
		got := claim(t, s, noon)
		expect(t, "v4 in the place of v3", got, "v4/1 ")
		if got[0].Native != "n-18" || got[0].Message.Text != "four" {
			t.Errorf("came as %+v", got[0])
		}
		sent(t, s, noon, got[0], "n-18")
		expect(t, "order is kept", claim(t, s, noon), "hello/1 ")
		check(t, s)
	})
}

func TestACardThatMayHaveArrivedIsNotReplaced(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		first := apply(t, s, key("case", "1"), noon, card("v1", r, "card", "one"))
		settle(t, s, noon, bot.Settlement{Delivery: first[0], Outcome: bot.Unsure, Retry: noon})
		expect(t, "behind it", apply(t, s, key("case", "2"), noon, card("v2", r, "card", "two")), "")
		again := claim(t, s, noon)
		expect(t, "the doubtful one first", again, "v1/2 ")
		settle(t, s, noon, bot.Settlement{Delivery: again[0], Outcome: bot.Deferred, Retry: noon})
		apply(t, s, key("case", "3"), noon, card("v3", r, "card", "three"))
		again = claim(t, s, noon)
		expect(t, "still doubtful", again, "v1/3 ")
		if !again[0].Doubt {
			t.Error("nobody says that it may have arrived")
		}
		sent(t, s, noon, again[0], "n")
		expect(t, "the newest only", claim(t, s, noon), "v3/1 ")
	})
}

// What was put off was surely not sent; what somebody held who died may have been.
func TestDoubt(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		first := apply(t, s, key("case", "1"), noon, say("a", room("r"), "a"), say("b", room("r"), "b"))
		for _, d := range first {
			settle(t, s, noon, bot.Settlement{Delivery: d, Outcome: bot.Deferred, Retry: noon})
		}
		again := claim(t, s, noon)
		expect(t, "put off", again, "a/2 ")
		if first[0].Doubt || again[0].Doubt {
			t.Error("said to have arrived perhaps")
		}
		later := noon.Add(time.Hour)
		again = claim(t, s, later)
		expect(t, "the lease ran out", again, "a/3 ")
		if !again[0].Doubt {
			t.Error("nobody says that it may have arrived")
		}
	})
}

func TestADeferredCardIsReplaced(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		first := apply(t, s, key("case", "1"), noon, card("v1", r, "card", "one"))
		settle(t, s, noon, bot.Settlement{Delivery: first[0], Outcome: bot.Deferred, Retry: noon.Add(time.Minute)})
		expect(t, "the network said wait", apply(t, s, key("case", "2"), noon, card("v2", r, "card", "two")), "")
		expect(t, "still", claim(t, s, noon), "")
		expect(t, "the newer one", claim(t, s, noon.Add(time.Minute)), "v2/1 ")
	})
}

func TestACardForLaterIsReplaced(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		later := card("v1", r, "card", "one")
		later.After = noon.Add(time.Hour)
		apply(t, s, key("case", "1"), noon, later)
		later.ID, later.After = "v2", noon.Add(2*time.Hour)
		apply(t, s, key("case", "2"), noon, later)
		expect(t, "v1 is gone", claim(t, s, noon.Add(time.Hour)), "")
		expect(t, "v3 is for now", apply(t, s, key("case", "3"), noon, card("v3", r, "card", "three")), "v3/1 ")
		expect(t, "v2 is gone", claim(t, s, noon.Add(2*time.Hour)), "v3/2 ")
	})
}

func TestRefusals(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		got := apply(t, s, key("case", "1"), noon, say("a", r, "您好"), say("b", r, "b"))
		settle(t, s, noon, bot.Settlement{Delivery: got[0], Outcome: bot.Refused, Reason: "no such room"})
		list, err := s.Refusals(ctx, 10)
		if err != nil || len(list) != 1 || list[0].ID != "a" || list[0].Text != "您好" || list[0].Reason != "no such room" || list[0].Place != r || !list[0].At.Equal(noon) {
			t.Fatalf("refusals %+v, %v", list, err)
		}
		if err := s.Replay(ctx, "a", noon); err != nil {
			t.Fatal(err)
		}
		expect(t, "behind b", claim(t, s, noon), "")
		sent(t, s, noon, got[1], "")
		expect(t, "again", claim(t, s, noon), "a/1 ")
		if err := s.Replay(ctx, "a", noon); !errors.Is(err, bot.ErrGone) {
			t.Errorf("a second replay: %v, want ErrGone", err)
		}
		check(t, s)
	})
}

func TestTimers(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		wake := func(event string, w ...bot.Timer) {
			t.Helper()
			if _, err := s.Apply(ctx, key("case", event), noon, func([]byte) (bot.Turn, error) { return bot.Turn{State: []byte("{}"), Wake: w}, nil }); err != nil {
				t.Fatal(err)
			}
		}
		wake("1", bot.Timer{Name: "remind", At: noon.Add(time.Hour)}, bot.Timer{Name: "late", At: noon.Add(3 * time.Hour)})
		wake("2", bot.Timer{Name: "remind", At: noon.Add(2 * time.Hour)})
		if at, ok, err := s.NextDue(ctx, noon); err != nil || !ok || !at.Equal(noon.Add(2*time.Hour)) {
			t.Errorf("next due %v %v %v", at, ok, err)
		}
		due, err := s.Due(ctx, noon.Add(4*time.Hour), 10)
		if err != nil || len(due) != 2 || due[0].Name != "remind" || due[0].Case != "case" || due[0].Tenant != "web:local" || due[1].Name != "late" {
			t.Errorf("due %+v, %v", due, err)
		}
		wake("3", bot.Timer{Name: "remind"}, bot.Timer{Name: "late"}, bot.Timer{Name: "never set"})
		if _, ok, err := s.NextDue(ctx, noon); ok || err != nil {
			t.Errorf("next due: %v, %v, want nothing", ok, err)
		}
	})
}

func TestWake(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s, other := open(t, dsn), open(t, dsn)
		rung := func(s *store.Store) bool {
			select {
			case <-s.Wake():
				return true
			default:
				return false
			}
		}
		rung(s)
		if _, ok, err := s.NextDue(ctx, noon); ok || err != nil {
			t.Fatalf("%v %v", ok, err)
		}
		apply(t, s, key("case", "0"), noon)
		if rung(s) {
			t.Error("rang for nothing")
		}
		got := apply(t, s, key("case", "1"), noon, say("a", room("r"), "a"))
		if !rung(s) {
			t.Error("the end of a lease must be slept until")
		}
		if at, ok, _ := s.NextDue(ctx, noon); !ok || !at.Equal(noon.Add(time.Minute)) {
			t.Errorf("next due %v %v", at, ok)
		}
		apply(t, s, key("case", "2"), noon.Add(time.Second), say("b", room("r"), "b"), say("c", room("r2"), "c"))
		if rung(s) {
			t.Error("rang for what is due later than what is slept until")
		}
		sent(t, s, noon, got[0], "")
		if !rung(s) {
			t.Error("b can be claimed: nobody was told")
		}
		if strings := dsn; strings[:4] == "post" {
			select {
			case <-other.Wake(): // heard from the database
			case <-time.After(20 * time.Second):
				t.Error("the other process heard nothing")
			}
		}
	})
}

// TestNetworks has two processes with different networks on one database: each delivers only what it can, whoever decided it.
func TestNetworks(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		web := openWith(t, dsn, store.Options{Networks: []string{"web"}})
		console := openWith(t, dsn, store.Options{Networks: []string{"console"}})
		there := bot.Place{Network: "console", Workspace: "local", Room: "lin"}
		later := say("later", there, "tomorrow")
		later.After = noon.Add(time.Hour)
		ds := apply(t, web, key("case", "e"), noon,
			say("here", room("r"), "here"), say("there1", there, "there"), say("there2", there, "and there"), later,
			bot.Outgoing{ID: "call", Place: bot.Place{Network: "call", Workspace: "case.export", Room: "case"}, Call: &bot.Call{ID: "c", Name: "case.export"}})
		expect(t, "leased with the turn", ds, "here/1 call/1 ")
		for _, d := range ds {
			sent(t, web, noon, d, "")
		}
		expect(t, "claimed by the web process", claim(t, web, noon), "")
		if at, ok, err := web.NextDue(ctx, noon); err != nil || ok {
			t.Errorf("the web process waits for %v, %v, %v; it has nothing to do", at, ok, err)
		}
		for _, want := range []string{"there1", "there2"} {
			got := claim(t, console, noon)
			expect(t, "claimed by the console process", got, want+"/1 ")
			sent(t, console, noon, got[0], "")
		}
		if at, ok, err := console.NextDue(ctx, noon); err != nil || !ok || !at.Equal(noon.Add(time.Hour)) {
			t.Errorf("the console process waits for %v, %v, %v, want one o'clock", at, ok, err)
		}
		expect(t, "claimed an hour later", claim(t, console, noon.Add(time.Hour)), "later/1 ")
		check(t, web)
	})
}

// TestTheDeadLetGo opens a database that another process had open when it died: what it was sending comes back at once. While
// somebody else has the file open, nobody's leases are touched.
func TestTheDeadLetGo(t *testing.T) {
	dsn := filepath.Join(t.TempDir(), "x.db")
	dead := openWith(t, dsn, store.Options{})
	apply(t, dead, key("case", "1"), noon, say("a", room("r"), "a"), say("b", room("r"), "b"))
	second := openWith(t, dsn, store.Options{})
	expect(t, "while the first is alive", claim(t, second, noon), "")
	if err := errors.Join(second.Close(), dead.Close()); err != nil { // as the system does for the dead: the lock goes
		t.Fatal(err)
	}
	s := openWith(t, dsn, store.Options{})
	got := claim(t, s, noon)
	expect(t, "after it died", got, "a/2 ")
	sent(t, s, noon, got[0], "")
	expect(t, "and what stood behind", claim(t, s, noon), "b/2 ")
}
