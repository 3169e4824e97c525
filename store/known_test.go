package store_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/store"
)

// What a process knows of a queue counts for nothing as soon as another one has written: it must queue behind what that said.
func TestAnotherProcessIsNoticed(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		a, b := open(t, dsn), open(t, dsn)
		r := room("r")
		for i := range 3 { // a knows the queue, and that it is empty again
			ds := apply(t, a, key("case", fmt.Sprint("a", i)), noon, say(fmt.Sprint("a", i), r, "a"))
			expect(t, "in a quiet place", ds, fmt.Sprintf("a%d/1 ", i))
			sent(t, a, noon, ds[0], "")
		}
		theirs := apply(t, b, key("other", "b"), noon, say("b", r, "b"))
		expect(t, "b speaks there", theirs, "b/1 ")
		expect(t, "a queues behind", apply(t, a, key("case", "a4"), noon, say("a4", r, "a")), "")
		expect(t, "nothing can be claimed", claim(t, a, noon), "")
		sent(t, b, noon, theirs[0], "")
		expect(t, "now it is a's turn", claim(t, a, noon), "a4/1 ")
		check(t, a)
	})
}

// The same the other way round: what one leased another may have claimed when the lease ran out.
func TestAnotherProcessClaimedWhatIsKnown(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		a, b := open(t, dsn), open(t, dsn)
		r := room("r")
		ds := apply(t, a, key("case", "1"), noon, say("x", r, "x"), say("y", r, "y"))
		expect(t, "leased by a", ds, "x/1 y/1 ")
		late := claim(t, b, noon.Add(2*time.Minute))
		expect(t, "claimed by b", late, "x/2 ")
		settle(t, b, noon, bot.Settlement{Delivery: late[0], Outcome: bot.Deferred, Retry: noon.Add(time.Hour)})
		sent(t, a, noon, ds[0], "")
		sent(t, a, noon, ds[1], "")
		expect(t, "both were sent", claim(t, b, noon.Add(2*time.Hour)), "")
		check(t, a)
	})
}

// A turn at a quiet place, its pieces settled one by one, together, and in another order than they were sent in.
func TestSettledInAnyOrder(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		for i, order := range [][][]int{{{0}, {1}, {2}}, {{0, 1, 2}}, {{0, 1}, {2}}, {{0}, {2}, {1}}, {{2, 1, 0}}, {{1}, {0, 2}}} {
			name := func(n string) string { return fmt.Sprint(n, i) }
			ds := apply(t, s, key("case", name("e")), noon, say(name("a"), r, "a"), card(name("b"), r, "c", "b"), say(name("c"), r, "c"))
			if len(ds) != 3 {
				t.Fatalf("order %v: %d leased", order, len(ds))
			}
			for _, together := range order {
				var list []bot.Settlement
				for _, n := range together {
					list = append(list, bot.Settlement{Delivery: ds[n], Outcome: bot.Sent, Native: name("n")})
				}
				settle(t, s, noon, list...)
				check(t, s)
			}
			expect(t, "nothing is left", claim(t, s, noon.Add(time.Hour)), "")
			if ds := apply(t, s, key("case", name("f")), noon, card(name("d"), r, "c", "b")); ds[0].Native != name("n") {
				t.Fatalf("order %v: the card is called %q", order, ds[0].Native)
			} else {
				sent(t, s, noon, ds[0], ds[0].Native)
			}
		}
	})
}

// A group that fails takes back what its operations learnt; what the others wrote in the second pass is right.
func TestAFailureTakesBackWhatIsKnown(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		for round := range 5 {
			let := store.Hold(s)
			var wg sync.WaitGroup
			var ds []bot.Delivery
			wg.Go(func() {
				ds = apply(t, s, key("case", fmt.Sprint(round)), noon, say(fmt.Sprint("a", round), r, "a"), say(fmt.Sprint("b", round), r, "b"))
			})
			store.Wait(s, 1)
			wg.Go(func() {
				if err := s.Invite(ctx, "web:local", "no such case", fmt.Sprint(round), "member", noon); !errors.Is(err, bot.ErrGone) {
					t.Errorf("invite: %v", err)
				}
			})
			let(2)
			wg.Wait()
			expect(t, "both", ds, fmt.Sprintf("a%d/1 b%d/1 ", round, round))
			settle(t, s, noon, bot.Settlement{Delivery: ds[0], Outcome: bot.Sent}, bot.Settlement{Delivery: ds[1], Outcome: bot.Sent})
		}
		expect(t, "nothing is left", claim(t, s, noon.Add(time.Hour)), "")
		check(t, s)
	})
}

// Many deliveries of one turn at one place, more than are written with one statement.
func TestALongTurn(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		for n := 1; n <= 20; n++ {
			var out []bot.Outgoing
			want := ""
			for i := range n {
				id := fmt.Sprintf("d%d-%d", n, i)
				out = append(out, say(id, room("r"), "x"))
				want += id + "/1 "
			}
			ds := apply(t, s, key("case", fmt.Sprint(n)), noon, out...)
			expect(t, "all in order", ds, want)
			list := make([]bot.Settlement, n)
			for i := range ds {
				list[i] = bot.Settlement{Delivery: ds[i], Outcome: bot.Sent}
			}
			settle(t, s, noon, list...)
		}
		expect(t, "nothing is left", claim(t, s, noon.Add(time.Hour)), "")
		check(t, s)
	})
}

// The last form of a card takes its name with it: what nobody replaces any more need not be remembered.
func TestTheLastFormOfACard(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		first := apply(t, s, key("case", "1"), noon, card("v1", r, "card", "one"))
		sent(t, s, noon, first[0], "n-1")
		end := card("v2", r, "card", "closed")
		end.Message.Last = true
		last := apply(t, s, key("case", "2"), noon, end)
		if last[0].Native != "n-1" {
			t.Errorf("native %q, want n-1", last[0].Native)
		}
		settle(t, s, noon, bot.Settlement{Delivery: last[0], Outcome: bot.Unsure, Retry: noon})
		again := claim(t, s, noon)
		if len(again) != 1 || again[0].Native != "n-1" || !again[0].Message.Last {
			t.Fatalf("came back as %+v", again)
		}
		sent(t, s, noon, again[0], "n-1")
		if ds := apply(t, s, key("case", "3"), noon, card("v3", r, "card", "anew")); ds[0].Native != "" {
			t.Errorf("native %q of a card that is closed", ds[0].Native)
		}
		var n int
		if err := raw(t, dsn).QueryRow(`SELECT COUNT(*) FROM cards`).Scan(&n); err != nil || n != 0 {
			t.Errorf("%d names are kept, %v", n, err)
		}
	})
}

// A card is closed and the next one shown in one turn, again and again, also twice and with another that stays: each is called what
// it was called, and only those that are still shown are remembered.
func TestOneCardAfterTheOther(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		r := room("r")
		natives := map[string]string{}
		turn := func(n int, out ...bot.Outgoing) {
			t.Helper()
			ds := apply(t, s, key("case", fmt.Sprint(n)), noon, out...)
			var list []bot.Settlement
			before := maps.Clone(natives) // what is shown and closed in one turn is called nothing yet
			for i, d := range ds {
				if want := before[d.Message.Key]; d.Native != want {
					t.Fatalf("turn %d: %s is called %q, want %q", n, d.Message.Key, d.Native, want)
				}
				native := d.Native
				if native == "" {
					native = fmt.Sprintf("n%d-%d", n, i)
				}
				list = append(list, bot.Settlement{Delivery: d, Outcome: bot.Sent, Native: native})
				if natives[d.Message.Key] = native; d.Message.Last {
					delete(natives, d.Message.Key)
				}
			}
			settle(t, s, noon, list...)
		}
		closing := func(id, name string) bot.Outgoing {
			o := card(id, r, name, "closed")
			o.Message.Last = true
			return o
		}
		turn(0, card("s", r, "steps", "x"), card("a0", r, "card0", "x"))
		for n := 1; n < 6; n++ {
			turn(n, closing(fmt.Sprint("c", n), fmt.Sprint("card", n-1)), card(fmt.Sprint("a", n), r, fmt.Sprint("card", n), "x"), card(fmt.Sprint("s", n), r, "steps", "x"))
		}
		turn(6, card("b6", r, "other", "x"), closing("c6", "card5"), closing("d6", "other"), card("e6", r, "card6", "x"))
		turn(7, closing("c7", "card6"), card("a7", r, "card6", "opened again"))
		turn(8, card("a8", r, "card6", "x"), card("s8", r, "steps", "x"))
		if len(natives) != 2 {
			t.Fatalf("the test is wrong: %v", natives)
		}
		rows, err := raw(t, dsn).Query(`SELECT card, native FROM cards`)
		if err != nil {
			t.Fatal(err)
		}
		defer rows.Close()
		n := 0
		for ; rows.Next(); n++ {
			var name, native string
			if err := rows.Scan(&name, &native); err != nil || natives[name] != native {
				t.Errorf("%s is remembered as %q, %v", name, native, err)
			}
		}
		if n != len(natives) {
			t.Errorf("%d names are remembered, want %d", n, len(natives))
		}
	})
}

// More cards at a place than are known.
func TestAPlaceWithManyCards(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		s := open(t, dsn)
		for round := range 2 {
			for i := range 40 {
				name := fmt.Sprint("card", i)
				ds := apply(t, s, key("case", fmt.Sprint(round, "-", i)), noon, card(fmt.Sprintf("d%d-%d", round, i), room("r"), name, "x"))
				want := ""
				if round > 0 {
					want = "native " + name
				}
				if ds[0].Native != want {
					t.Fatalf("round %d: %s is called %q, want %q", round, name, ds[0].Native, want)
				}
				sent(t, s, noon, ds[0], "native "+name)
			}
		}
	})
}

// A user whom another process moved to another case is found there with the next thing they do, and nothing is written to
// the case they left.
func TestAUserMovedByAnotherProcess(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		a, b := open(t, dsn), open(t, dsn)
		if id := join(t, a, owner, "owners"); id != "owners" {
			t.Fatal(id)
		}
		if id := join(t, a, colleague, "own"); id != "own" {
			t.Fatal(id)
		}
		k := bot.Key{Tenant: colleague.Tenant(), Case: "own", Event: "1", Who: colleague.ID}
		apply(t, a, k, noon)
		if err := b.Invite(ctx, owner.Tenant(), "owners", "CODE", "member", noon.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Redeem(ctx, colleague, "CODE", noon); err != nil {
			t.Fatal(err)
		}
		k.Case, k.Event = join(t, a, colleague, "fresh"), "2"
		_, err := a.Apply(ctx, k, noon, func([]byte) (bot.Turn, error) { return bot.Turn{State: []byte("2")}, nil })
		if errors.Is(err, bot.ErrMoved) {
			k.Case = join(t, a, colleague, "fresh")
			_, err = a.Apply(ctx, k, noon, func([]byte) (bot.Turn, error) { return bot.Turn{State: []byte("2")}, nil })
		}
		if err != nil || k.Case != "owners" {
			t.Fatalf("the event went to %s: %v", k.Case, err)
		}
		if state, err := a.Read(ctx, colleague.Tenant(), "own"); err == nil && string(state) != "1;" {
			t.Errorf("the case that was left says %q", state)
		}
	})
}

// A case that another process erased is not opened again by what its user does next.
func TestAUserWhoseCaseWasErasedByAnotherProcess(t *testing.T) {
	s := []*store.Store{}
	dsn := kinds["sqlite"](t)
	for range 2 {
		s = append(s, open(t, dsn))
	}
	join(t, s[0], owner, "case")
	k := bot.Key{Tenant: owner.Tenant(), Case: "case", Event: "1", Who: owner.ID}
	apply(t, s[0], k, noon)
	if err := s[1].Erase(ctx, owner.Tenant(), "case"); err != nil {
		t.Fatal(err)
	}
	k.Event = "2"
	_, err := s[0].Apply(ctx, k, noon, func([]byte) (bot.Turn, error) { return bot.Turn{State: []byte("2")}, nil })
	if !errors.Is(err, bot.ErrMoved) {
		t.Errorf("got %v, want ErrMoved", err)
	}
	if id := join(t, s[0], owner, "fresh"); id != "fresh" {
		t.Errorf("the user works on %q", id)
	}
	if _, err := s[1].Read(context.Background(), owner.Tenant(), "case"); !errors.Is(err, bot.ErrGone) {
		t.Errorf("the erased case: %v", err)
	}
}
