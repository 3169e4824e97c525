package slack

import (
	"fmt"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// B7: one edit of a card in two seconds; other cards and other messages do not wait for it.
func TestEdits(t *testing.T) {
	o := newOutbox(t)
	var at atomic.Int64
	o.a.pace.now = func() time.Time { return time.Unix(0, at.Load()) }
	o.a.pace.edits, o.a.pace.every = perEdit, 0
	card := func(key, text string) bot.Message { return bot.Message{Text: text, Key: key, Lang: "en"} }
	r, _, _ := o.send(bot.Delivery{ID: "p", Message: card("k", "0"), Attempt: 1})
	r2, _, _ := o.send(bot.Delivery{ID: "p2", Message: card("k2", "0"), Attempt: 1})
	for i, c := range []struct {
		after  time.Duration
		native string
		want   bot.Outcome
	}{
		{0, r.Native, bot.Sent}, {time.Second, r.Native, bot.PutAside}, {time.Second, r2.Native, bot.Sent}, {1999 * time.Millisecond, r.Native, bot.PutAside},
		{2 * time.Second, r.Native, bot.Sent}, {3 * time.Second, r.Native, bot.PutAside}, {3 * time.Second, r2.Native, bot.Sent},
	} {
		at.Store(int64(c.after))
		_, got, wait := o.send(bot.Delivery{ID: fmt.Sprint("e", i), Message: card("k", fmt.Sprint(i)), Native: c.native, Attempt: 1})
		if got != c.want || got == bot.PutAside && (wait <= 0 || wait > perEdit) {
			t.Errorf("%d after %v: %q in %v, want %q", i, c.after, got, wait, c.want)
		}
	}
	if n := len(o.s.Calls("chat.update")); n != 4 {
		t.Errorf("%d calls", n)
	}
}

// S54: a burst of news about one shipment comes to two edits: the first at once, the newest when its time has come. What is said
// meanwhile is said at once.
func TestBurst(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s := slacktest.New(t)
		dsn := filepath.Join(t.TempDir(), "x.db")
		p := newBotAt(t, s, dsn, time.Now, connect)
		p.a.pace.mu.Lock()
		p.a.pace.edits, p.a.pace.every = 700*time.Millisecond, 0
		p.a.pace.mu.Unlock()
		if !s.Push("events_api", slacktest.Said(1, "hi"), 0).Acked {
			t.Fatal("not acknowledged")
		}
		p.drain()
		lin := bot.User{Network: Network, Workspace: slacktest.Team, ID: slacktest.Person, Name: "Lin", Language: "en-US", Zone: "Asia/Shanghai"}
		id, err := openStore(t, dsn).Join(t.Context(), lin, "unused", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		news := func(i int) {
			t.Helper()
			line := flow.Say("ui.link", flow.Text("Label", fmt.Sprint("state ", i)), flow.Text("URL", "."))
			in := bot.Incoming{ID: fmt.Sprint("n", i), At: time.Now(), What: bot.News{
				Case: id, Tenant: lin.Tenant(), Key: "shipment:1", Card: flow.Sheet{Title: line}, Brief: line, Anew: i == 0, Heard: time.Now(),
			}}
			if err := p.bot.Handle(t.Context(), in); err != nil {
				t.Fatal(err)
			}
		}
		card := func() (m slacktest.Message) {
			for _, one := range s.Messages(slacktest.DM) {
				if strings.Contains(one.Reads(), "state ") {
					m = one
				}
			}
			return m
		}
		news(0)
		p.drain()
		const burst = 30
		begun := time.Now()
		for i := range burst {
			news(i + 1)
		}
		if !s.Push("events_api", slacktest.Said(2, "help"), 0).Acked {
			t.Fatal("not acknowledged")
		}
		p.drain()
		said := time.Since(begun)
		s.Wait("the newest state", func() bool { return strings.Contains(card().Reads(), fmt.Sprint("state ", burst)) })
		took := time.Since(begun)
		if most := int(took/(700*time.Millisecond)) + 1; card().Edits > most || card().Edits < 1 {
			t.Errorf("%d edits in %v", card().Edits, took)
		}
		if said > 600*time.Millisecond && said > took/2 {
			t.Errorf("what was said meanwhile was said after %v", said)
		}
	})
}

// A card that is shown again further down goes away where it stood; nothing is left of it, and nothing is posted instead.
func TestCardMoves(t *testing.T) {
	o := newOutbox(t)
	r, _, _ := o.send(bot.Delivery{ID: "a", Message: bot.Message{Text: "Which?", Key: "k", Lang: "en"}, Attempt: 1})
	for i, native := range []string{r.Native, r.Native, ""} { // the second time it is gone already; the third it was never there
		if _, got, _ := o.send(bot.Delivery{ID: fmt.Sprint("b", i), Message: bot.Message{Key: "k", Lang: "en", Last: true, Notify: bot.Silent}, Native: native, Attempt: 1}); got != bot.Sent {
			t.Errorf("%d: the outcome is %q", i, got)
		}
		o.sees()
	}
	o.s.Fail("chat.delete", slacktest.Fault{Status: 429, RetryAfter: "3"})
	if _, got, wait := o.send(bot.Delivery{ID: "c", Message: bot.Message{Key: "k", Lang: "en"}, Native: r.Native, Attempt: 1}); got != bot.Deferred || wait != 3*time.Second {
		t.Errorf("told to wait: %q in %v", got, wait)
	}
}

// B26: somebody who cannot be reached is listed for the operator, with what they were to be told and why, and others are served.
func TestUnreachablePerson(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s := slacktest.New(t)
		s.Set("U0EVE", slacktest.Profile{Name: "Eve", Locale: "en-US"})
		dsn := filepath.Join(t.TempDir(), "x.db")
		p := newBotAt(t, s, dsn, time.Now, connect)
		s.Fail("chat.postMessage", slacktest.Fault{Error: "user_disabled"}, slacktest.Fault{Error: "user_disabled"}, slacktest.Fault{Error: "user_disabled"})
		if !s.Push("events_api", slacktest.Said(1, "hi"), 0).Acked {
			t.Fatal("not acknowledged")
		}
		p.drain()
		db := openStore(t, dsn)
		s.Wait("the list", func() bool {
			list, err := db.Refusals(t.Context(), 10)
			return err == nil && len(list) > 0 && strings.Contains(list[0].Reason, "user_disabled") && list[0].Place.Room == slacktest.DM && list[0].Text != ""
		})
		list, err := db.Refusals(t.Context(), 10)
		if err != nil {
			t.Fatal(err)
		}
		s.Mend("chat.postMessage")
		if err := db.Replay(t.Context(), list[0].ID, time.Now()); err != nil { // they are back
			t.Fatal(err)
		}
		p.bot.Nudge()
		s.Wait("the message", func() bool { return len(s.Messages(slacktest.DM)) > 0 })
	})
}
