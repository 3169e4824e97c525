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

// S54: a channel that follows, told so in one of its threads, has one card for a shipment. A move edits the card and stands in its
// thread in a line, several that come at once in one; what matters is a message on top, once; what is pressed there is answered below it.
func TestChannelFollows(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s := slacktest.New(t)
		dsn := filepath.Join(t.TempDir(), "x.db")
		var later atomic.Int64
		p := newBotAt(t, s, dsn, func() time.Time { return time.Now().Add(time.Duration(later.Load())) }, connect)
		hear := func(n int, text string) {
			t.Helper()
			for attempt := range 2 {
				if !s.Push("events_api", slacktest.Mentioned(n, text, ""), attempt).Acked {
					t.Fatalf("%q was not acknowledged", text)
				}
			}
			p.drain()
		}
		hear(1, "hi")
		hear(2, "tell this channel")
		lin := bot.User{Network: Network, Workspace: slacktest.Team, ID: slacktest.Person, Name: "Lin", Language: "en-US", Zone: "Asia/Shanghai"}
		id, err := openStore(t, dsn).Join(t.Context(), lin, "unused", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		line := func(text string) flow.Line {
			return flow.Say("ui.link", flow.Text("Label", text), flow.Text("URL", "."))
		}
		news := func(n int, text string, routine bool) {
			t.Helper()
			in := bot.Incoming{ID: fmt.Sprint("n", n), At: time.Now(), What: bot.News{
				Case: id, Tenant: lin.Tenant(), Key: "shipment:1", Card: flow.Sheet{Title: line("card " + text)}, Push: []flow.Line{line(text)}, Routine: routine, Trouble: !routine, Heard: time.Now(),
			}}
			for range 2 {
				if err := p.bot.Handle(t.Context(), in); err != nil {
					t.Fatal(err)
				}
			}
			p.drain()
		}
		later.Store(int64(-6 * time.Minute)) // these two are a burst, and what comes six minutes after is not part of it
		news(1, "departed", true)
		news(2, "arrived", true)
		later.Store(0)
		s.Fail("chat.postMessage", slacktest.Fault{Lost: true}) // the line in the thread is looked for there, and not said twice
		news(3, "at the port", true)
		s.Wait("the line", func() bool { return len(s.Calls("conversations.replies")) > 0 })
		p.drain()
		news(4, "held by customs", false)
		var top, below []string
		var card, alarm slacktest.Message
		for _, m := range s.Messages(slacktest.Channel) {
			text := strings.TrimSpace(m.Reads())
			switch {
			case strings.HasPrefix(text, "card "):
				card = m
			case m.Thread == "":
				alarm = m
				first, _, _ := strings.Cut(text, "\n")
				top = append(top, first)
			case m.Thread == card.TS:
				below = append(below, strings.Join(strings.Fields(text), " "))
			}
		}
		if !strings.HasPrefix(strings.TrimSpace(card.Reads()), "card held by customs") || card.Thread != "" || card.Edits != 3 {
			t.Errorf("the card: %+v", card)
		}
		if got := strings.Join(below, "|"); got != "departed: . arrived: .|at the port: ." {
			t.Errorf("in its thread: %q", got)
		}
		if got := strings.Join(top, "|"); got != "held by customs: ." {
			t.Errorf("on top: %q", got)
		}
		if !s.Push("interactive", alarm.Pressed(9, "Why This?"), 0).Acked {
			t.Error("not acknowledged")
		}
		p.drain()
		all := s.Messages(slacktest.Channel)
		if last := all[len(all)-1]; last.Thread != alarm.TS || !strings.Contains(last.Reads(), "held by customs") {
			t.Errorf("the answer: %+v", last)
		}
		hear(5, "unsubscribe") // in another thread
		before := len(s.Messages(slacktest.Channel))
		news(5, "released", true)
		news(6, "lost", false)
		for _, m := range s.Messages(slacktest.Channel)[before:] {
			if m.Thread == "" || m.Thread == card.TS {
				t.Errorf("told after the channel stopped following: %+v", m)
			}
		}

		hear(7, "tell this channel")
		s.Archive(slacktest.Channel)
		news(8, "held once more", false) // whoever heard there is told where they can be
		news(9, "released once more", false)
		var told []string
		for _, m := range s.Messages(slacktest.DM) {
			for _, word := range []string{"I cannot write any more where I told", "held once more: .", "released once more: ."} {
				if strings.Contains(m.Reads(), word) && !strings.HasPrefix(strings.TrimSpace(m.Reads()), "card ") {
					told = append(told, word)
				}
			}
		}
		if got := strings.Join(told, "|"); got != "I cannot write any more where I told|held once more: .|released once more: ." {
			t.Errorf("after the channel was put away: %q", got)
		}
		if f := s.Refused(); len(f) > 0 {
			t.Errorf("refused: %q", f)
		}
	})
}

// What belongs under a card that is not there is on the card when it comes, and not said on top.
func TestUnderNothing(t *testing.T) {
	o := newOutbox(t)
	under := bot.Message{Text: "moved", Under: "k", Lang: "en"}
	r, got, _ := o.send(bot.Delivery{ID: "a", Message: under, Attempt: 1})
	if got != bot.Sent || r.Native != "" || r.Fallback != "no-card" {
		t.Errorf("%q %+v", got, r)
	}
	o.sees()
}
