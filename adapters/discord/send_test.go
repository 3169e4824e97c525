package discord

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
	"xiaobao/store"
)

func text(s string) bot.Message { return bot.Message{Text: s, Lang: "en"} }

const (
	postRoute   = "POST /channels/{channel_id}/messages"
	editRoute   = "PATCH /channels/{channel_id}/messages/{message_id}"
	followRoute = "POST /webhooks/{webhook_id}/{webhook_token}"
)

// outbox sends through an adapter that is connected to a stand-in.
type outbox struct {
	t    testing.TB
	s    *discordtest.Server
	db   *store.Store
	a    *Adapter
	ears *ears
	stop func()
}

func newOutbox(t testing.TB, change ...func(*Adapter)) *outbox {
	o := &outbox{t: t, s: discordtest.New(t), db: database(t), ears: &ears{}}
	o.restart(change...)
	return o
}

// restart is a new process on the same database: it remembers nothing else.
func (o *outbox) restart(change ...func(*Adapter)) {
	if o.stop != nil {
		o.stop()
	}
	before := o.s.Resumed() + len(o.s.Identified())
	o.a, _, o.stop = run(o.t, o.s, o.db, o.ears.handle, change...)
	o.s.Wait("the connection", func() bool { return o.s.Resumed()+len(o.s.Identified()) > before && o.s.Links() > 0 })
}

func (o *outbox) send(d bot.Delivery) (bot.Receipt, bot.Outcome, time.Duration) {
	o.t.Helper()
	if d.Place == (bot.Place{}) {
		d.Place = home()
	}
	if d.Decided.IsZero() {
		d.Decided = time.Now()
	}
	if d.Attempt == 0 {
		d.Attempt = 1
	}
	r, err := o.a.Send(o.t.Context(), d)
	outcome, wait := bot.Fate(err, d.Attempt)
	return r, outcome, wait
}

func (o *outbox) sees(room string, want ...string) {
	o.t.Helper()
	var got []string
	for _, m := range o.s.Messages(room) {
		got = append(got, strings.TrimSpace(m.Reads()))
	}
	if !slices.Equal(got, want) {
		o.t.Errorf("seen %q, want %q", got, want)
	}
}

// F4: the answer to a message is lost, or it is refused although it was taken. Whoever sends it again shows it once: by the nonce, by
// what this process remembers, and when both are gone by looking.
func TestAnswerLost(t *testing.T) {
	for name, fault := range map[string]discordtest.Fault{"lost": {Lost: true}, "502 and taken": {Status: 502, Late: true}, "500 and not taken": {Status: 500}} {
		for _, how := range []string{"at once", "after a restart", "after an hour"} {
			t.Run(name+" "+how, func(t *testing.T) {
				t.Parallel()
				o := newOutbox(t)
				o.s.Fail(postRoute, fault)
				d := bot.Delivery{ID: "d1", Message: text("once"), Decided: time.Now()}
				if _, got, _ := o.send(d); got == bot.Sent || got == bot.Refused {
					t.Fatalf("the outcome is %q", got)
				}
				if how != "at once" {
					o.restart()
				}
				if how == "after an hour" {
					o.s.ForgetNonces()
					o.a.Now = func() time.Time { return time.Now().Add(time.Hour) }
				}
				d.Attempt = 2
				r, got, _ := o.send(d)
				if got != bot.Sent || r.Native == "" {
					t.Fatalf("the second outcome is %q with %+v", got, r)
				}
				o.sees(discordtest.DM, "once")
			})
		}
	}
}

// What a process said in direct messages before it was killed, and could not note, is not said again in the place of what shows that the next
// process is thinking.
func TestNotAgainInPlace(t *testing.T) {
	for _, c := range []struct {
		name string
		said bool
	}{{"it was said", true}, {"it was not", false}} {
		t.Run(c.name, func(t *testing.T) {
			o := newOutbox(t)
			d := bot.Delivery{ID: "d1", Message: text("once"), Decided: time.Now()}
			if c.said {
				o.send(d)
			}
			o.restart()
			o.s.Do(discordtest.InDM("en-US").Command(1, "status"))
			d.Attempt, d.Doubt = 2, true
			if _, got, _ := o.send(d); got != bot.Sent {
				t.Errorf("the outcome is %q", got)
			}
			o.s.Wait("the thinking to end", func() bool {
				return !slices.ContainsFunc(o.s.Messages(discordtest.DM), func(m discordtest.Message) bool { return m.Loading })
			})
			o.sees(discordtest.DM, "once")
		})
	}
}

// A card that was sent and edited before its process was killed, and neither noted, is found by whoever comes next although it reads otherwise by
// now: it is one card.
func TestEditedBeforeKilled(t *testing.T) {
	for name, place := range map[string]bot.Place{"direct": home(), "channel": channel()} {
		for _, thinks := range []bool{false, true} {
			t.Run(fmt.Sprint(name, " thinking ", thinks), func(t *testing.T) {
				o := newOutbox(t)
				if thinks && name == "direct" {
					o.s.Do(discordtest.InDM("en-US").Command(1, "status"))
				}
				card := bot.Delivery{ID: "d1", Place: place, Message: bot.Message{Text: "step 6", Lang: "en", Key: "card"}, Decided: time.Now()}
				r, _, _ := o.send(card)
				edit := bot.Delivery{ID: "d2", Place: place, Native: r.Native, Message: bot.Message{Text: "closed", Lang: "en", Key: "card"}, Decided: time.Now()}
				o.a.recent.hear(place)
				o.send(edit)
				o.restart(func(a *Adapter) { a.Now = func() time.Time { return time.Now().Add(10 * time.Minute) } })
				o.s.ForgetNonces()
				card.Attempt, card.Doubt = 2, true
				again, got, _ := o.send(card)
				if got != bot.Sent || again.Native != r.Native {
					t.Errorf("the outcome is %q with %+v, it was %s", got, again, r.Native)
				}
				o.sees(place.Room, "closed")
			})
		}
	}
}

// Where the bot may not read, a message whose fate is unknown after a long time is sent once more, and the log says so.
func TestLookForbidden(t *testing.T) {
	o := newOutbox(t)
	o.s.WithoutHistory()
	o.a.Now = func() time.Time { return time.Now().Add(time.Hour) }
	r, got, _ := o.send(bot.Delivery{ID: "d1", Message: text("once"), Attempt: 2})
	if got != bot.Sent || r.Fallback != "not-looked" {
		t.Errorf("the outcome is %q with %+v", got, r)
	}
}

// F16: each scope of 429.
func TestTooMany(t *testing.T) {
	t.Run("one route", func(t *testing.T) {
		o := newOutbox(t)
		o.s.Fail(postRoute, discordtest.Fault{Status: 429, RetryAfter: "7", Scope: "user"})
		if _, got, wait := o.send(bot.Delivery{ID: "a", Message: text("a")}); got != bot.Deferred || wait != 7*time.Second {
			t.Errorf("the outcome is %q in %v", got, wait)
		}
		if _, got, wait := o.send(bot.Delivery{ID: "b", Message: text("b")}); got != bot.Deferred || wait > 7*time.Second || wait < 6*time.Second {
			t.Errorf("the outcome of another there is %q in %v", got, wait)
		}
		if _, got, _ := o.send(bot.Delivery{ID: "c", Place: channel(), Message: text("c")}); got != bot.Sent {
			t.Errorf("the outcome elsewhere is %q", got)
		}
		if n := len(o.s.Calls(postRoute)); n != 2 {
			t.Errorf("%d calls", n)
		}
	})
	t.Run("global", func(t *testing.T) {
		o := newOutbox(t)
		o.s.Fail(postRoute, discordtest.Fault{Status: 429, RetryAfter: "60", Scope: "global"})
		o.send(bot.Delivery{ID: "a", Message: text("a")})
		if _, got, wait := o.send(bot.Delivery{ID: "b", Place: channel(), Message: text("b")}); got != bot.Deferred || wait < 55*time.Second {
			t.Errorf("the outcome elsewhere is %q in %v", got, wait)
		}
		if n := len(o.s.Calls(postRoute)); n != 1 {
			t.Errorf("%d calls before the time", n)
		}
		o.a.rest.limits.now = func() time.Time { return time.Now().Add(61 * time.Second) }
		if _, got, _ := o.send(bot.Delivery{ID: "b", Place: channel(), Message: text("b")}); got != bot.Sent {
			t.Errorf("the outcome in time is %q", got)
		}
	})
	t.Run("no time named", func(t *testing.T) {
		o := newOutbox(t)
		o.s.Fail(postRoute, discordtest.Fault{Status: 429, Scope: "shared"})
		if _, got, wait := o.send(bot.Delivery{ID: "a", Message: text("a")}); got != bot.Deferred || wait != unsaid {
			t.Errorf("the outcome is %q in %v", got, wait)
		}
	})
}

// Ten thousand refusals: far fewer requests leave in ten minutes than Discord bans an address for, and it goes on by itself
// afterwards. A shared limit does not count.
func TestInvalidRequests(t *testing.T) {
	o := newOutbox(t)
	now := time.Now()
	o.a.rest.limits.now = func() time.Time { return now }
	o.a.rest.limits.gate = newGate(time.Now, 1<<20)
	for range 520 {
		o.s.Fail(postRoute, discordtest.Fault{Status: 403, Code: 50013})
	}
	refused, later := 0, 0
	for i := range 10_000 {
		_, got, _ := o.send(bot.Delivery{ID: fmt.Sprint("d", i), Place: channel(), Message: text("x")})
		switch got {
		case bot.Refused:
			refused++
		case bot.Deferred:
			later++
		}
	}
	if n := len(o.s.Calls(postRoute)); n >= 505 || refused != n || refused+later != 10_000 {
		t.Errorf("%d requests, %d refused, %d put off", n, refused, later)
	}
	o.s.Fail(postRoute) // the rest of the faults are used up below
	now = now.Add(11 * time.Minute)
	for i := range 30 {
		o.send(bot.Delivery{ID: fmt.Sprint("e", i), Place: channel(), Message: text("x")})
	}
	if _, got, _ := o.send(bot.Delivery{ID: "last", Place: channel(), Message: text("x")}); got != bot.Sent {
		t.Errorf("the outcome afterwards is %q", got)
	}
}

func TestFates(t *testing.T) {
	o := newOutbox(t)
	for i, c := range []struct {
		status, code int
		want         bot.Outcome
	}{
		{403, 50013, bot.Refused}, {403, 50001, bot.Refused}, {404, 10003, bot.Refused}, {400, 50035, bot.Refused}, {403, 50007, bot.Refused}, {403, 50278, bot.Refused}, {503, 0, bot.Deferred}, {400, 160005, bot.Refused},
	} {
		faults := []discordtest.Fault{{Status: c.status, Code: c.code}, {Status: c.status, Code: c.code}}
		o.s.Fail(postRoute, faults[:1]...)
		if c.code == 50035 { // it is drawn once more, plainly
			o.s.Fail(postRoute, faults[:1]...)
		}
		if _, got, _ := o.send(bot.Delivery{ID: fmt.Sprint("d", i), Place: channel(), Message: text("x")}); got != c.want {
			t.Errorf("%d %d: the outcome is %q, want %q", c.status, c.code, got, c.want)
		}
	}
	for _, d := range []bot.Delivery{{ID: "e", Echo: &bot.Echo{Text: "x"}}, {ID: "c", Call: &bot.Call{}}} {
		if _, got, _ := o.send(d); got != bot.Refused {
			t.Errorf("%s: the outcome is %q", d.ID, got)
		}
	}
}

// Nobody listens: nothing was sent, so it is simply tried again.
func TestUnreachable(t *testing.T) {
	db := database(t)
	a, err := New(Config{Token: discordtest.Token, API: "http://127.0.0.1:1/api/v10", Memory: db.Notes(Network), Leases: db, ID: "x", Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	_, err = a.Send(t.Context(), bot.Delivery{ID: "d", Place: home(), Message: text("x"), Attempt: 1})
	if got, _ := bot.Fate(err, 1); err == nil || got != bot.Deferred {
		t.Errorf("the outcome is %q: %v", got, err)
	}
	if strings.Contains(fmt.Sprint(err), discordtest.Token) {
		t.Error("the error holds the token")
	}
}

// What Discord refuses as components is sent once more as a classic message.
func TestClassic(t *testing.T) {
	o := newOutbox(t)
	o.s.Fail(postRoute, discordtest.Fault{Status: 400, Code: 50035})
	m := bot.Message{Text: "Table", Lang: "en", Blocks: []bot.Block{
		{Kind: bot.Heading, Text: "Head"}, {Kind: bot.Grid, Table: &bot.Table{Head: []string{"A", "B"}, Rows: [][]string{{"1", "2"}}}}, {Kind: bot.Note, Text: "Note", Link: "https://a.example/x?a=1&b=2"},
	}, Actions: []bot.Action{{ID: "next", Label: "Next"}}}
	r, got, _ := o.send(bot.Delivery{ID: "d", Message: m})
	if got != bot.Sent || r.Fallback != "classic" {
		t.Errorf("the outcome is %q with %+v", got, r)
	}
	o.sees(discordtest.DM, "Head\nA: B\n• 1: 2\nNote\nNext")
	if f := o.s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

// Cards: edited in place, posted anew when they are gone, and when Discord takes no more edits of old ones posted anew with a link
// to the old, at most once in six hours.
func TestCard(t *testing.T) {
	o := newOutbox(t)
	m := bot.Message{Text: "Which?", Key: "k", Lang: "en", Actions: []bot.Action{{ID: "answer", Token: "tok", Value: "1", Label: "One"}}}
	r, _, _ := o.send(bot.Delivery{ID: "a", Message: m})
	o.a.recent.hear(home())
	o.send(bot.Delivery{ID: "b", Message: bot.Message{Text: "Which? One.", Key: "k", Lang: "en", Notify: bot.Silent}, Native: r.Native})
	o.sees(discordtest.DM, "Which? One.")
	o.s.Remove(r.Native)
	again, got, _ := o.send(bot.Delivery{ID: "c", Message: m, Native: r.Native})
	if got != bot.Sent || again.Native == r.Native || again.Fallback != "posted-anew" {
		t.Errorf("a card that was removed: %q %+v", got, again)
	}

	o.s.LimitEdits()
	old := o.s.Old(discordtest.Den, 7*time.Hour, "as it was")
	moved, got, _ := o.send(bot.Delivery{ID: "d", Place: channel(), Message: text("as it is"), Native: old})
	if got != bot.Sent || moved.Native == old || moved.Fallback != "posted-anew" {
		t.Errorf("an old card: %q %+v", got, moved)
	}
	all := o.s.Messages(discordtest.Den)
	if last := all[len(all)-1]; last.Reference != old {
		t.Errorf("it does not point to the old one: %+v", last)
	}
	young := o.s.Old(discordtest.Den, 3*time.Hour, "three hours old")
	kept, got, _ := o.send(bot.Delivery{ID: "e", Place: channel(), Message: text("changed again"), Native: young})
	if got != bot.Sent || kept.Native != young || kept.Fallback != "edit-limit" {
		t.Errorf("a card that was posted anew three hours ago: %q %+v", got, kept)
	}
}

// Edits of one message that nobody waits for are two seconds apart.
func TestEditsApart(t *testing.T) {
	o := newOutbox(t)
	r, _, _ := o.send(bot.Delivery{ID: "a", Place: channel(), Message: text("1")})
	if _, got, _ := o.send(bot.Delivery{ID: "b", Place: channel(), Message: text("2"), Native: r.Native}); got != bot.Sent {
		t.Errorf("the first edit: %q", got)
	}
	if _, got, wait := o.send(bot.Delivery{ID: "c", Place: channel(), Message: text("3"), Native: r.Native}); got != bot.Deferred || wait > editEvery || wait < time.Second {
		t.Errorf("the second edit at once: %q in %v", got, wait)
	}
	o.a.recent.hear(channel())
	if _, got, _ := o.send(bot.Delivery{ID: "d", Place: channel(), Message: text("4"), Native: r.Native}); got != bot.Sent {
		t.Errorf("an edit that somebody waits for: %q", got)
	}
}

// Direct messages that are closed: not tried again for a day, and said where the person was heard from lately.
func TestClosed(t *testing.T) {
	o := newOutbox(t)
	to := bot.Message{Text: "news", Lang: "en", For: bot.User{Network: Network, ID: discordtest.Person}.Key()}
	o.s.CloseDM(discordtest.DM)
	if _, got, _ := o.send(bot.Delivery{ID: "a", Message: to}); got != bot.Refused {
		t.Errorf("the outcome is %q", got)
	}
	if _, got, _ := o.send(bot.Delivery{ID: "b", Message: to}); got != bot.Refused || len(o.s.Calls(postRoute)) != 1 {
		t.Errorf("the outcome is %q after %d calls", got, len(o.s.Calls(postRoute)))
	}
	o.restart() // also by another process
	if _, got, _ := o.send(bot.Delivery{ID: "c", Message: to}); got != bot.Refused || len(o.s.Calls(postRoute)) != 1 {
		t.Errorf("after a restart the outcome is %q after %d calls", got, len(o.s.Calls(postRoute)))
	}
	o.s.Do(discordtest.InServer("en-US").Command(1, "status"))
	r, got, _ := o.send(bot.Delivery{ID: "d", Message: to})
	if got != bot.Sent || r.Fallback != "corner" {
		t.Errorf("where they were heard from lately: %q %+v", got, r)
	}
	o.sees(discordtest.Channel, "news")
	o.s.OpenDM(discordtest.DM)
	o.s.Event("MESSAGE_CREATE", discordtest.Said(1, "here I am"))
	waitFor(o.s, o.ears, "here I am")
	if r, got, _ := o.send(bot.Delivery{ID: "e", Message: to}); got != bot.Sent || r.Fallback != "" {
		t.Errorf("after they wrote: %q %+v", got, r)
	}
}

// Files: with their notes, an edited card loses the old ones, and more than ten come in several messages.
func TestFiles(t *testing.T) {
	o := newOutbox(t)
	m := bot.Message{Text: "Files", Lang: "en"}
	m.Blocks = []bot.Block{{Kind: bot.Paragraph, Text: "Files"}}
	for i := range 13 {
		m.Blocks = append(m.Blocks, bot.Block{Kind: bot.Attached, File: &bot.Document{Name: fmt.Sprintf("%02d.csv", i), Type: "text/csv", Data: []byte(fmt.Sprint("data ", i)), Note: "A list"}})
	}
	r, got, _ := o.send(bot.Delivery{ID: "d", Message: m})
	if got != bot.Sent {
		t.Fatalf("the outcome is %q", got)
	}
	var files []string
	for _, m := range o.s.Messages(discordtest.DM) {
		files = append(files, m.Files...)
	}
	if len(files) != 13 || string(o.s.File("12.csv")) != "data 12" {
		t.Errorf("files %q", files)
	}
	o.a.recent.hear(home())
	o.send(bot.Delivery{ID: "e", Message: text("Done"), Native: r.Native})
	if m := o.s.Messages(discordtest.DM)[0]; len(m.Files) > 0 || !strings.Contains(m.Reads(), "Done") {
		t.Errorf("the edited card: %+v", m)
	}
	if f := o.s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

func TestNew(t *testing.T) {
	db := database(t)
	for _, c := range []Config{
		{}, {Token: "short"}, {Token: "two words and more of them", Memory: db.Notes(Network), Leases: db, ID: "x"},
		{Token: discordtest.Token, HTTP: true}, {Token: discordtest.Token, HTTP: true, PublicKey: "00"},
	} {
		if _, err := New(c); err == nil {
			t.Errorf("%+v was taken", c)
		}
	}
	a, err := New(Config{Token: discordtest.Token})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), nil); err == nil {
		t.Error("it runs without a memory")
	}
}
