package slack

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
)

func ignore(context.Context, bot.Incoming) error { return nil }

// outbox sends through an adapter that is connected to a stand-in.
type outbox struct {
	t *testing.T
	s *slacktest.Server
	a *Adapter

	doubt map[string]bool // by id: the last attempt may have arrived
}

func newOutbox(t *testing.T) *outbox {
	s := slacktest.New(t)
	o := &outbox{t: t, s: s, doubt: map[string]bool{}}
	o.restart()
	return o
}

// restart is a new process: it remembers nothing.
func (o *outbox) restart() {
	before := o.s.Opened()
	o.a, _ = connect(o.t, o.s, ignore)
	o.s.Wait("the connection", func() bool { return o.s.Opened() > before })
}

func (o *outbox) send(d bot.Delivery) (bot.Receipt, bot.Outcome, time.Duration) {
	o.t.Helper()
	if d.Place == (bot.Place{}) {
		d.Place = home()
	}
	if d.Decided.IsZero() {
		d.Decided = time.Now()
	}
	d.Doubt = d.Doubt || o.doubt[d.ID]
	r, err := o.a.Send(o.t.Context(), d)
	outcome, wait := bot.Fate(err, d.Attempt)
	if outcome == bot.Unsure {
		o.doubt[d.ID] = true // as the store keeps it
	}
	return r, outcome, wait
}

func (o *outbox) sees(want ...string) {
	o.t.Helper()
	var got []string
	for _, m := range o.s.Messages(slacktest.DM) {
		got = append(got, strings.TrimSpace(m.Reads()))
	}
	if strings.Join(got, "|") != strings.Join(want, "|") {
		o.t.Errorf("seen %q, want %q", got, want)
	}
}

func text(s string) bot.Message { return bot.Message{Text: s, Lang: "en"} }

func TestAnswerLost(t *testing.T) {
	for name, fault := range map[string]slacktest.Fault{"lost": {Lost: true}, "internal error": {Error: "internal_error"}, "502": {Status: 502}} {
		for _, restarted := range []bool{false, true} {
			t.Run(name, func(t *testing.T) {
				o := newOutbox(t)
				o.s.Fail("chat.postMessage", fault)
				if _, got, _ := o.send(bot.Delivery{ID: "d1", Message: text("once"), Attempt: 1}); got != bot.Unsure {
					t.Fatalf("the outcome is %q", got)
				}
				if restarted {
					o.restart()
				}
				r, got, _ := o.send(bot.Delivery{ID: "d1", Message: text("once"), Attempt: 2})
				if got != bot.Sent || r.Native == "" {
					t.Fatalf("the second outcome is %q with %+v", got, r)
				}
				o.sees("once")
			})
		}
	}
}

// Nothing is sent while nobody knows whether it arrived.
func TestLookFails(t *testing.T) {
	o := newOutbox(t)
	o.s.Fail("chat.postMessage", slacktest.Fault{Lost: true})
	o.send(bot.Delivery{ID: "d1", Message: text("once"), Attempt: 1})
	o.s.Fail("conversations.history", slacktest.Fault{Status: 503}, slacktest.Fault{Status: 429, RetryAfter: "1"})
	for i := range 2 {
		if _, got, _ := o.send(bot.Delivery{ID: "d1", Message: text("once"), Attempt: 2 + i}); got == bot.Sent {
			t.Error("sent without having looked")
		}
	}
	o.sees("once")
}

// In a channel whose history may not be read an ambiguous message is sent once more, later, and the log says so.
func TestLookForbidden(t *testing.T) {
	o := newOutbox(t)
	o.s.WithoutHistory()
	o.s.Fail("chat.postMessage", slacktest.Fault{Status: 500})
	o.send(bot.Delivery{ID: "d1", Message: text("once"), Attempt: 1})
	r, got, _ := o.send(bot.Delivery{ID: "d1", Message: text("once"), Attempt: 2})
	if got != bot.Sent || r.Fallback != "not-looked" {
		t.Errorf("the outcome is %q with %+v", got, r)
	}
	o.sees("once")
}

// What was put off before anything was sent is not looked for, not even by the next process.
func TestPutOff(t *testing.T) {
	o := newOutbox(t)
	o.s.Fail("chat.postMessage", slacktest.Fault{Status: 429, RetryAfter: "1"})
	if _, got, _ := o.send(bot.Delivery{ID: "d1", Message: text("once"), Attempt: 1}); got != bot.Deferred {
		t.Fatalf("the outcome is %q", got)
	}
	o.restart()
	o.send(bot.Delivery{ID: "d1", Message: text("once"), Attempt: 2})
	o.sees("once")
	if n := len(o.s.Calls("conversations.history")); n != 0 {
		t.Error("looked for")
	}
}

// A message whose file was put off is not posted again by the next process.
func TestHalfway(t *testing.T) {
	o := newOutbox(t)
	m := text("once")
	m.Blocks = []bot.Block{{Kind: bot.Attached, File: &bot.Document{Name: "a.txt", Data: []byte("x")}}}
	o.s.Fail("files.getUploadURLExternal", slacktest.Fault{Status: 429, RetryAfter: "3"})
	if _, got, wait := o.send(bot.Delivery{ID: "d1", Message: m, Attempt: 1}); got != bot.Unsure || wait != 3*time.Second {
		t.Fatalf("the outcome is %q in %v", got, wait)
	}
	o.restart()
	if _, got, _ := o.send(bot.Delivery{ID: "d1", Message: m, Attempt: 2}); got != bot.Sent {
		t.Fatalf("the second outcome is %q", got)
	}
	posted := 0
	for _, m := range o.s.Messages(slacktest.DM) {
		if strings.TrimSpace(m.Reads()) == "once" {
			posted++
		}
	}
	if posted != 1 {
		t.Errorf("posted %d times", posted)
	}
}

func TestRateLimit(t *testing.T) {
	o := newOutbox(t)
	o.s.Fail("chat.postMessage", slacktest.Fault{Status: 429, RetryAfter: "7"})
	if _, got, wait := o.send(bot.Delivery{ID: "d1", Message: text("a"), Attempt: 1}); got != bot.Deferred || wait != 7*time.Second {
		t.Errorf("the outcome is %q in %v", got, wait)
	}
	if _, got, wait := o.send(bot.Delivery{ID: "d2", Message: text("b"), Attempt: 1}); got != bot.Deferred || wait > 7*time.Second || wait < 6*time.Second {
		t.Errorf("the outcome of another is %q in %v", got, wait)
	}
	if n := len(o.s.Calls("chat.postMessage")); n != 1 {
		t.Errorf("%d calls before the time", n)
	}
	o.s.Fail("chat.update", slacktest.Fault{Status: 429})
	if _, got, wait := o.send(bot.Delivery{ID: "d3", Message: text("c"), Native: "1.1", Attempt: 1}); got != bot.Deferred || wait != unlimited {
		t.Errorf("without a time the outcome is %q in %v", got, wait)
	}
	o.a.pace.now = func() time.Time { return time.Now().Add(8 * time.Second) }
	if _, got, _ := o.send(bot.Delivery{ID: "d1", Message: text("a"), Attempt: 2}); got != bot.Sent {
		t.Errorf("the outcome in time is %q", got)
	}
	if n := len(o.s.Calls("conversations.history")); n != 0 {
		t.Error("looked for what was certainly not sent")
	}
}

// One message a second to a conversation; others do not wait, and a crowd goes back to the outbox.
func TestPace(t *testing.T) {
	o := newOutbox(t)
	o.a.pace.every = 150 * time.Millisecond
	other := bot.Place{Network: Network, Workspace: slacktest.Team, Room: slacktest.Channel, Thread: "1.1"}
	for i, p := range []bot.Place{home(), home(), other, home()} {
		if _, got, _ := o.send(bot.Delivery{ID: string(rune('a' + i)), Place: p, Message: text("x"), Attempt: 1}); got != bot.Sent {
			t.Fatalf("%d: the outcome is %q", i, got)
		}
	}
	at := o.s.Messages(slacktest.DM)
	for i := 1; i < len(at); i++ {
		if d := at[i].At.Sub(at[i-1].At); d < 120*time.Millisecond {
			t.Errorf("%v between two messages", d)
		}
	}
	if d := o.s.Messages(slacktest.Channel)[0].At.Sub(at[1].At); d > 100*time.Millisecond {
		t.Errorf("another conversation waited for %v", d)
	}
	o.a.pace.resting = mostResting
	if _, got, wait := o.send(bot.Delivery{ID: "z", Message: text("x"), Attempt: 1}); got != bot.Deferred || wait > 150*time.Millisecond {
		t.Errorf("in a crowd the outcome is %q in %v", got, wait)
	}
}

// TestChannelGone tells a person in their direct messages what was for them in a channel that takes nothing more; what was for everybody there is refused,
// and an edit is no new message.
func TestChannelGone(t *testing.T) {
	o := newOutbox(t)
	there := bot.Place{Network: Network, Workspace: slacktest.Team, Room: slacktest.Channel, Thread: "1764550800.000100"}
	lin := bot.User{Network: Network, Workspace: slacktest.Team, ID: slacktest.Person}
	m := func(text, to string) bot.Message { return bot.Message{Text: text, Lang: "en", For: to} }
	for i, c := range []struct {
		d    bot.Delivery
		want string
	}{
		{bot.Delivery{Message: m("for Lin", lin.Key())}, "for Lin"},
		{bot.Delivery{Message: m("for everybody", "")}, ""},
		{bot.Delivery{Message: m("for somebody elsewhere", "discord::7")}, ""},
		{bot.Delivery{Message: m("an edit", lin.Key()), Native: "1764550800.000200"}, ""},
	} {
		o.s.Fail("chat.postMessage", slacktest.Fault{Error: "is_archived"})
		o.s.Fail("chat.update", slacktest.Fault{Error: "channel_not_found"})
		c.d.ID, c.d.Place, c.d.Attempt, c.d.Decided = fmt.Sprint("g", i), there, 1, time.Now()
		before := len(o.s.Messages(slacktest.DM))
		r, err := o.a.Send(t.Context(), c.d)
		all := o.s.Messages(slacktest.DM)
		switch {
		case c.want == "" && (bot.Shutting(err) != bot.ShutGone || len(all) != before):
			t.Errorf("%q: %v, and %d messages", c.d.Message.Text, err, len(all)-before)
		case c.want != "" && (err != nil || r.Fallback != "direct" || len(all) != before+1 || !strings.Contains(all[before].Reads(), c.want)):
			t.Errorf("%q: %v %+v, and %d messages", c.d.Message.Text, err, r, len(all)-before)
		}
		o.s.Mend("chat.postMessage")
		o.s.Mend("chat.update")
	}
}

func TestFates(t *testing.T) {
	for code, want := range map[string]bot.Outcome{
		"channel_not_found": bot.Refused, "not_in_channel": bot.Refused, "is_archived": bot.Refused, "user_disabled": bot.Refused, "msg_too_long": bot.Refused, "missing_scope": bot.Refused,
		"account_inactive": bot.Refused, "token_revoked": bot.Refused, "fatal_error": bot.Unsure, "ratelimited": bot.Deferred, "invalid_auth": bot.Deferred,
	} {
		t.Run(code, func(t *testing.T) {
			o := newOutbox(t)
			o.s.Fail("chat.postMessage", slacktest.Fault{Error: code})
			d := bot.Delivery{ID: "d", Place: home(), Message: text("x"), Attempt: 1}
			_, err := o.a.Send(t.Context(), d)
			if got, _ := bot.Fate(err, 1); got != want {
				t.Errorf("the outcome is %q, want %q", got, want)
			}
			if shut := code == "channel_not_found" || code == "is_archived" || code == "not_in_channel"; shut != (bot.Shutting(err) == bot.ShutGone) {
				t.Errorf("shut because %q", bot.Shutting(err))
			}
		})
	}
	o := newOutbox(t)
	for _, d := range []bot.Delivery{
		{ID: "e", Echo: &bot.Echo{Text: "x"}}, {ID: "c", Call: &bot.Call{}}, {ID: "w", Place: bot.Place{Network: Network, Workspace: "T0OTHER", Room: "D1"}, Message: text("x")},
	} {
		if _, got, _ := o.send(d); got != bot.Refused {
			t.Errorf("%s: the outcome is %q", d.ID, got)
		}
	}
	if _, err := o.a.Send(t.Context(), bot.Delivery{ID: "n", Place: home(), Message: text("x")}); err != nil {
		t.Error(err)
	}
}

// Nobody listens: nothing was sent, so it is simply tried again.
func TestUnreachable(t *testing.T) {
	a, err := New(Config{BotToken: slacktest.BotToken, AppToken: slacktest.AppToken, API: "http://127.0.0.1:1/api", Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Send(t.Context(), bot.Delivery{ID: "d", Place: home(), Message: text("x"), Attempt: 1})
	if got, _ := bot.Fate(err, 1); err == nil || got != bot.Deferred {
		t.Errorf("the outcome is %q: %v", got, err)
	}
	if a.sent.find("d").unsure {
		t.Error("it is looked for, and was never sent")
	}
}

func TestBlocksRefused(t *testing.T) {
	o := newOutbox(t)
	o.s.Fail("chat.postMessage", slacktest.Fault{Error: "invalid_blocks"})
	m := bot.Message{Text: "Table", Lang: "en", Blocks: []bot.Block{
		{Kind: bot.Heading, Text: "Head"}, {Kind: bot.Grid, Table: &bot.Table{Head: []string{"A", "B"}, Rows: [][]string{{"1", "2"}}}}, {Kind: bot.Note, Text: "Note", Link: "https://a.example/x?a=1&b=2"},
	}, Actions: []bot.Action{{ID: "next", Label: "Next"}}}
	r, got, _ := o.send(bot.Delivery{ID: "d", Message: m, Attempt: 1})
	if got != bot.Sent || r.Fallback != "plain" {
		t.Errorf("the outcome is %q with %+v", got, r)
	}
	o.sees("Head\nA | B\n1 | 2\nNote\nNext")
}

func TestCard(t *testing.T) {
	o := newOutbox(t)
	m := bot.Message{Text: "Which?", Key: "k", Lang: "en", Actions: []bot.Action{{ID: "answer", Token: "tok", Value: "1", Label: "One"}}}
	r, _, _ := o.send(bot.Delivery{ID: "a", Message: m, Attempt: 1})
	o.send(bot.Delivery{ID: "b", Message: bot.Message{Text: "Which? One.", Key: "k", Lang: "en", Notify: bot.Silent}, Native: r.Native, Attempt: 1})
	card := o.s.Messages(slacktest.DM)[0]
	if len(card.Elements()) > 0 || card.Edits != 1 {
		t.Errorf("a finished card: %+v", card)
	}
	o.s.Remove(r.Native)
	again, got, _ := o.send(bot.Delivery{ID: "c", Message: m, Native: r.Native, Attempt: 1})
	if got != bot.Sent || again.Native == r.Native || again.Fallback != "posted-anew" {
		t.Errorf("a card that was deleted: %q %+v", got, again)
	}
	o.sees("Which?\nOne")
}

func TestFiles(t *testing.T) {
	o := newOutbox(t)
	file := func(name, data string) bot.Block {
		return bot.Block{Kind: bot.Attached, File: &bot.Document{Name: name, Type: "text/csv", Data: []byte(data), Note: "A list"}}
	}
	d := bot.Delivery{ID: "d", Message: bot.Message{Text: "Two files", Lang: "en", Blocks: []bot.Block{{Kind: bot.Paragraph, Text: "Two files"}, file("1.csv", "a"), file("2.csv", "b")}}, Attempt: 1}
	o.s.Fail("files.completeUploadExternal", slacktest.Fault{Lost: true})
	if _, got, _ := o.send(d); got != bot.Unsure {
		t.Errorf("the outcome is %q", got)
	}
	d.Attempt++
	o.restart()
	if _, got, _ := o.send(d); got != bot.Sent {
		t.Errorf("the second outcome is %q", got)
	}
	o.sees("Two files", "1.csv", "2.csv")
	if string(o.s.File("2.csv")) != "b" {
		t.Errorf("2.csv has %q", o.s.File("2.csv"))
	}
}

func TestNew(t *testing.T) {
	for _, c := range []Config{{}, {BotToken: "xoxp-1", AppToken: "xapp-1"}, {BotToken: "xoxb-1", AppToken: "xoxb-1"}} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	s := slacktest.New(t)
	s.Fail("auth.test", slacktest.Fault{Status: 503}, slacktest.Fault{Error: "invalid_auth"})
	_, ended := connect(t, s, ignore)
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "SLACK_BOT_TOKEN") {
		t.Errorf("a bad bot token: %v", err)
	}
	s.Fail("apps.connections.open", slacktest.Fault{Error: "not_allowed_token_type"})
	_, ended = connect(t, s, ignore)
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "SLACK_APP_TOKEN") {
		t.Errorf("a bad app token: %v", err)
	}
}
