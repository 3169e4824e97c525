package bot_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

func TestOrderHoldsWhileANetworkIsDown(t *testing.T) {
	r := newRig(t, parrot, bot.Capabilities{Blocks: true})
	down := errors.New("down")
	r.wall.send = func(bot.Delivery) error { return down }
	for i := range 3 {
		r.do(fmt.Sprint(i), "ann", bot.Text{Text: fmt.Sprint("line ", i)})
	}
	r.want()
	r.wall.send = nil
	r.pass(time.Minute)
	r.want("ann line 0 10h: .", "ann line 1 10h: .", "ann line 2 10h: .")
	if r.wall.shown[0].Attempt < 2 {
		t.Errorf("attempt %d", r.wall.shown[0].Attempt)
	}
}

// A forgetful store cannot write down how deliveries went for a while.
type forgetful struct {
	bot.Store
	fails atomic.Int32
}

func (f *forgetful) Settle(ctx context.Context, now time.Time, s ...bot.Settlement) error {
	if f.fails.Add(-1) >= 0 {
		return errors.New("the database is locked")
	}
	return f.Store.Settle(ctx, now, s...)
}

// TestASettlementIsTriedAgain checks that a database that was busy when something had been sent holds nobody up: the next
// line arrives without the lease of the first having to end.
func TestASettlementIsTriedAgain(t *testing.T) {
	r := newRig(t, parrot, bot.Capabilities{Blocks: true})
	r.stop()
	var f *forgetful
	r.wrap = func(s bot.Store) bot.Store {
		f = &forgetful{Store: s}
		f.fails.Store(2)
		return f
	}
	r.open(parrot)
	r.do("1", "ann", bot.Text{Text: "one"})
	r.do("2", "ann", bot.Text{Text: "two"})
	r.want("ann one 10h: .", "ann two 10h: .")
	if left := f.fails.Load(); left >= 0 {
		t.Errorf("%d failures are left: nothing was tried again", left)
	}
}

func TestASlowPlaceBlocksNobody(t *testing.T) {
	r := newRig(t, parrot, bot.Capabilities{Blocks: true})
	stuck, gone := make(chan struct{}), make(chan struct{}, 1)
	r.wall.send = func(d bot.Delivery) error {
		if d.Place.Room == "ann" {
			<-stuck
		} else {
			gone <- struct{}{}
		}
		return nil
	}
	for _, who := range []string{"ann", "bob"} {
		if err := r.Handle(context.Background(), bot.Incoming{ID: who, From: user(who), To: room(who), What: bot.Text{Text: "hi"}}); err != nil {
			t.Fatal(err)
		}
	}
	<-gone // bob hears while ann's place hangs
	close(stuck)
	r.drain()
}

func TestRefusedIsKeptAndTheRestGoesOn(t *testing.T) {
	r := newRig(t, parrot, bot.Capabilities{Blocks: true})
	r.wall.send = func(d bot.Delivery) error {
		if strings.Contains(d.Message.Text, "bad") {
			return bot.Never(errors.New("no such channel"))
		}
		return nil
	}
	r.do("1", "ann", bot.Text{Text: "bad"})
	r.do("2", "ann", bot.Text{Text: "good"})
	r.want("ann good 10h: .")
	refused, err := r.store.Refusals(context.Background(), 10)
	if err != nil || len(refused) != 1 || refused[0].Reason != "no such channel" {
		t.Fatalf("refused %+v, %v", refused, err)
	}
	r.wall.send = nil
	if err := r.store.Replay(context.Background(), refused[0].ID, r.clock()); err != nil {
		t.Fatal(err)
	}
	r.pass(0)
	r.want("ann good 10h: .", "ann bad 10h: .")
}

func TestAPanickingAdapterIsTriedAgain(t *testing.T) {
	r := newRig(t, parrot, bot.Capabilities{Blocks: true})
	r.wall.send = func(bot.Delivery) error { panic("an adapter's bug") }
	r.do("1", "ann", bot.Text{Text: "hi"})
	r.wall.send = nil
	r.pass(time.Minute)
	r.want("ann hi 10h: .")
}

func TestCardsKnowTheirNativeID(t *testing.T) {
	r := newRig(t, script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		p := e.(flow.Said).Person
		if e.(flow.Said).Text == "enough" {
			return []flow.Effect{flow.Close{To: to(s, p), Token: "card", Lines: []flow.Line{flow.Say("ui.send")}}}
		}
		return []flow.Effect{
			flow.Ask{To: to(s, p), Token: "card", Question: []flow.Line{flow.Say("ui.send")}},
			flow.Ask{To: to(s, p), Token: "card", Question: []flow.Line{flow.Say("ui.more")}},
		}
	}), bot.Capabilities{Blocks: true, Edits: true})
	r.do("1", "ann", bot.Text{Text: "a"})
	r.do("2", "ann", bot.Text{Text: "b"})
	r.do("3", "ann", bot.Text{Text: "enough"})
	r.do("4", "ann", bot.Text{Text: "enough"}) // closed already: nobody remembers what it was called
	if len(r.wall.shown) != 6 {
		t.Fatalf("shown %q", r.wall.said())
	}
	native := "n" + r.wall.shown[0].ID[:4]
	for i, want := range []string{"", native, native, native, native, ""} {
		if got := r.wall.shown[i].Native; got != want {
			t.Errorf("delivery %d has native %q, want %q", i, got, want)
		}
	}
}

func TestRestartLosesNothing(t *testing.T) {
	r := newRig(t, parrot, bot.Capabilities{Blocks: true})
	r.wall.send = func(bot.Delivery) error { return errors.New("down") }
	r.do("1", "ann", bot.Text{Text: "before"})
	r.stop()
	r.wall.send = nil
	r.open(parrot)
	r.pass(time.Minute)
	r.do("2", "ann", bot.Text{Text: "after"})
	r.want("ann before 10h: .", "ann after 10h: .")
}

// TestANetworkOfAnotherProcess checks that what belongs to a network which is not connected here waits for the process that
// has it: the chat in the terminal must not lose what is meant for the web.
func TestANetworkOfAnotherProcess(t *testing.T) {
	r := newRig(t, parrot, bot.Capabilities{Blocks: true})
	web := r.wall
	web.send = func(bot.Delivery) error { return errors.New("down") }
	r.do("1", "ann", bot.Text{Text: "hi"})
	r.stop()
	r.wall = &wall{name: "terminal", caps: web.caps}
	r.open(parrot)
	r.pass(time.Hour)
	r.want()
	if refused, err := r.store.Refusals(context.Background(), 10); err != nil || len(refused) > 0 {
		t.Fatalf("refused %+v, %v", refused, err)
	}
	r.stop()
	web.send = nil
	r.wall = web
	r.open(parrot)
	r.pass(time.Hour)
	r.want("ann hi 10h: .")
}

func TestCallsAreTriedAndGivenUp(t *testing.T) {
	r := newRig(t, script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		switch e := e.(type) {
		case flow.Said:
			return []flow.Effect{flow.Call{ID: "c" + e.Text, Name: e.Text, Person: e.Person, Args: map[string]string{"n": "1"}}}
		case flow.Answered:
			return []flow.Effect{say(to(s, e.Person), e.Name+" "+e.Fault+e.Values["ok"])}
		}
		return nil
	}), bot.Capabilities{Blocks: true})
	tries := 0
	r.Answer("flaky", func(_ context.Context, d bot.Delivery) (bot.Returned, error) {
		if tries++; tries < 3 {
			return bot.Returned{}, errors.New("not yet")
		}
		return bot.Returned{Case: d.Case, Values: map[string]string{"ok": d.Call.Args["n"]}}, nil
	})
	r.Answer("hopeless", func(context.Context, bot.Delivery) (bot.Returned, error) { return bot.Returned{}, errors.New("never") })
	for _, name := range []string{"flaky", "hopeless", "unknown"} {
		r.do(name, "ann", bot.Text{Text: name})
	}
	for range 10 {
		r.pass(time.Hour)
	}
	r.want("ann unknown ui.call_failed: .", "ann flaky 1: .", "ann hopeless ui.call_failed: .")
}

func news(r *rig, id string, n bot.News) {
	r.t.Helper()
	n.Case, n.Tenant = r.caseOf("ann"), user("ann").Tenant()
	if n.Key == "" {
		n.Key = "shipment:1"
	}
	n.Source, n.Heard = "simulator", r.clock()
	n.Card = flow.Sheet{ID: "card", Title: flow.Say("ui.digest")}
	if err := r.Handle(context.Background(), bot.Incoming{ID: id, What: n}); err != nil {
		r.t.Fatal(err)
	}
	r.drain()
}

func TestNews(t *testing.T) {
	told := map[string]string{}
	r := newRig(t, script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		switch e := e.(type) {
		case flow.Told:
			told = e.Slots
		case flow.Chose:
			s.Notes = map[string]string{"notify:" + e.Person: strings.Join(e.Values, "")}
		}
		return nil
	}), bot.Capabilities{Blocks: true, Edits: true, Buttons: 5})
	push := func(id string) bot.News {
		return bot.News{Push: []flow.Line{flow.Say("ui.link", flow.Text("Label", id), flow.Text("URL", "."))}}
	}
	r.do("1", "ann", bot.Text{Text: "hi"})

	n := push("one")
	n.Told = map[string]string{"shipment_status": "moving"}
	news(r, "n1", n)
	news(r, "n1", n) // the same news again
	if diff := cmp.Diff(map[string]string{"shipment_status": "moving"}, told); diff != "" {
		t.Error(diff)
	}
	card := "ann [shipment:1 n" + r.wall.shown[0].ID[:4] + "] What happened to your shipments"
	first := "ann [shipment:1 ] What happened to your shipments"
	r.want(first, "ann one: .")

	news(r, "n2", bot.News{}) // ordinary news: the card only
	r.want(first, "ann one: .", card)

	// Quiet hours, ten to eight in Shanghai: it is ten there.
	r.do("2", "ann", bot.Press{Action: "x", Values: []string{`{"Quiet":{"From":540,"To":720}}`}})
	news(r, "n3", push("two"))
	r.want(first, "ann one: .", card, card) // the card at once
	r.pass(time.Hour)
	r.want(first, "ann one: .", card, card)
	r.pass(time.Hour)
	r.want(first, "ann one: .", card, card, "ann two: .") // the push at noon

	// A burst becomes one summary.
	r.do("3", "ann", bot.Press{Action: "x", Values: []string{`{"Cap":1}`}})
	for i := range 3 {
		news(r, fmt.Sprint("b", i), push(fmt.Sprint("b", i)))
	}
	count := len(r.wall.said())
	r.pass(time.Hour)
	got := r.wall.said()
	if len(got) != count+1 || r.wall.shown[count].Message.Blocks[1].Kind != bot.List || len(r.wall.shown[count].Message.Blocks[1].Items) < 2 {
		t.Errorf("no summary: %q", got)
	}
}

// Rest is told once after something has happened, and not before it lasts.
func TestRestIsToldOnce(t *testing.T) {
	r := newRig(t, parrot, bot.Capabilities{Blocks: true})
	r.stop()
	told := make(chan time.Time, 100)
	r.rested = func() { told <- r.clock() }
	r.open(parrot)
	r.pass(time.Hour) // nothing has happened yet
	for round := range 3 {
		r.do(fmt.Sprint(round), "ann", bot.Text{Text: "hi"})
		began := r.clock()
		for range 20 {
			r.pass(time.Second)
		}
		if rest := (<-told).Sub(began); rest < 15*time.Second {
			t.Errorf("round %d: rest after %v", round, rest)
		}
		r.pass(time.Minute)
	}
	r.stop()
	if len(told) > 0 {
		t.Errorf("told %d times too often", len(told))
	}
}
