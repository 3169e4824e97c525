package discord

import (
	"slices"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
)

const deskRoom = "1000000000000000070"

// A counter is a desk against a stand-in: tickets are added by hand, and it is looked after by hand.
type counter struct {
	t    *testing.T
	s    *discordtest.Server
	o    *office
	a    *Adapter
	at   *clock
	lang string
}

func newCounter(t *testing.T, lang string, change ...func(*discordtest.Server)) *counter {
	c := &counter{t: t, s: discordtest.New(t), o: &office{}, at: &clock{}, lang: lang}
	c.at.set(time.Now())
	c.s.OpenDesk(deskRoom)
	for _, f := range change {
		f(c.s)
	}
	c.a, _ = connect(t, c.s, database(t), (&ears{}).handle, func(a *Adapter) {
		a.Now = c.at.now
		a.Desk = Desk{Channel: deskRoom, Helpers: "777", Lang: lang, Open: c.o.open, Find: c.o.find, Answer: c.o.answer}
	})
	c.s.Wait("the connection", func() bool { return c.s.Links() == 1 })
	return c
}

func (c *counter) ask(id, person, question string) {
	c.o.mu.Lock()
	c.o.all = append(c.o.all, bot.Ticket{ID: id, Tenant: "t", Person: person, Lang: "en", Question: question})
	c.o.mu.Unlock()
}

// look looks after the desk until nothing is to be done.
func (c *counter) look() {
	c.t.Helper()
	for try := 0; ; try++ {
		err := c.a.attendOnce(c.t.Context())
		show, done, _, _ := c.a.atDesk(c.t.Context())
		if err == nil && len(show)+len(done) == 0 {
			return
		}
		if try > 20 {
			c.t.Fatalf("the desk comes to no end: %v, %d to show, %d done", err, len(show), len(done))
		}
	}
}

// rests waits until a thread is put away: the adapter's own round may be about to.
func (c *counter) rests(thread string) {
	c.t.Helper()
	c.s.Wait("the thread to be put away", func() bool { return c.s.Thread(thread).Archived })
}

func (c *counter) where(channel, locale string) discordtest.Where {
	return discordtest.Where{Guild: discordtest.Guild, Channel: channel, User: helper, Locale: locale}
}

// told is what a helper was told in a channel, and nobody else.
func (c *counter) told(channel, want string) {
	c.t.Helper()
	c.s.Wait(want, func() bool {
		return slices.ContainsFunc(c.s.Messages(channel), func(m discordtest.Message) bool {
			return m.Only == helper && strings.Contains(m.Reads(), want)
		})
	})
}

// open are the messages in a channel that everybody there reads.
func (c *counter) open(channel string) (all []discordtest.Message) {
	for _, m := range c.s.Messages(channel) {
		if m.Only == "" {
			all = append(all, m)
		}
	}
	return all
}

// Every question has its private thread: a helper is let in by the button, talks there, and sends one of their messages as the answer; the
// thread shows it and is put away. When the same seller asks again it goes on there, and another seller's question has another thread.
func TestDeskThread(t *testing.T) {
	for _, c := range []struct{ lang, locale, enter, joined, no, sent, done, where, again, several string }{
		{"en", "en-US", "Go to its thread", "You are in", "Only helpers", "Your answer is in the seller", "is answered", "“Use as answer” is for", "Question T-2", "Several questions"},
		{"zh-Hans", "zh-CN", "进入子区", "已加入", "只有协助者", "已送到卖家", "已有人回答", "“用作回答”只用于", "问题 T-2", "好几个问题"},
	} {
		t.Run(c.lang, func(t *testing.T) {
			x := newCounter(t, c.lang)
			x.ask("T-1", "lin", "why is 1Z999AA10123456784 held? @everyone")
			x.look()
			threads := x.s.Threads(deskRoom)
			if len(threads) != 1 || !strings.Contains(threads[0].Name, "T-1") || strings.Contains(threads[0].Name, "lin") {
				t.Fatalf("the threads are %+v", threads)
			}
			thread := threads[0].ID
			question := x.open(thread)
			if len(question) != 1 || strings.Contains(string(question[0].Components), "1Z999") || strings.Contains(string(question[0].Components), "@everyone") {
				t.Fatalf("the thread holds %+v", question)
			}
			card := x.open(deskRoom)[0]
			press := func(n int, role string) {
				x.s.Do(discordtest.WithRole(card.Pressed(n, x.where(deskRoom, c.locale), c.enter), role), true)
			}
			press(1, "1")
			x.told(deskRoom, c.no)
			if got := x.s.Threads(deskRoom)[0].Members; len(got) != 0 {
				t.Errorf("%v were let in", got)
			}
			press(2, "777")
			x.told(deskRoom, c.joined)
			if got := x.s.Threads(deskRoom)[0].Members; !slices.Equal(got, []string{helper}) {
				t.Errorf("%v were let in", got)
			}
			use := func(n int, channel, role string) {
				x.s.Do(discordtest.WithRole(x.where(channel, c.locale).Use(n, "1200000000000000777", helper, "Please send the invoice."), role), true)
			}
			use(3, thread, "1")
			x.told(thread, c.no)
			use(4, deskRoom, "777")
			x.told(deskRoom, c.where)
			use(5, thread, "777")
			x.told(thread, c.sent)
			x.look()
			if got := x.o.all[0]; got.Answer != "Please send the invoice." || got.By != "Lin (Discord)" {
				t.Errorf("the answer is %+v", got)
			}
			x.rests(thread)
			q := x.open(thread)[0]
			if text := q.Reads(); !strings.Contains(text, c.done) || !strings.Contains(text, "Please send the invoice.") || len(q.Pressable()) != 0 || !x.s.Thread(thread).Archived {
				t.Errorf("after the answer: %+v, %s", x.s.Thread(thread), text)
			}
			x.ask("T-2", "lin", "and now?")
			x.ask("T-3", "mei", "mine too")
			x.look()
			x.s.Wait("both questions", func() bool {
				return len(x.s.Threads(deskRoom)) == 2 && len(x.open(thread)) == 2 && !x.s.Thread(thread).Archived
			})
			if all := x.s.Threads(deskRoom); len(all) != 2 || all[0].Archived || len(x.open(thread)) != 2 || !strings.Contains(x.open(thread)[1].Reads(), c.again) {
				t.Errorf("asked again: %+v", all)
			}
			x.ask("T-4", "lin", "one more")
			x.look()
			use(6, thread, "777")
			x.told(thread, c.several)
			if err := x.o.answer(t.Context(), "T-2", "Mei", "Both are fine."); err != nil {
				t.Fatal(err)
			}
			x.look()
			if x.s.Thread(thread).Archived || !strings.Contains(x.open(thread)[1].Reads(), "Both are fine.") {
				t.Errorf("one of two was answered: %+v", x.s.Thread(thread))
			}
			sound(t, x.s)
		})
	}
}

// Whatever is lost on the way, there is one thread and one question in it.
func TestDeskThreadOnce(t *testing.T) {
	for _, c := range []struct {
		name, route string
		fault       discordtest.Fault
	}{
		{"the thread, its answer lost", "POST /channels/{channel_id}/threads", discordtest.Fault{Status: 502, Late: true}},
		{"the thread, not made", "POST /channels/{channel_id}/threads", discordtest.Fault{Status: 500}},
		{"the question, its answer lost", postRoute, discordtest.Fault{Status: 502, Late: true}},
		{"the question, not taken", postRoute, discordtest.Fault{Status: 500}},
		{"the archiving", "PATCH /channels/{channel_id}", discordtest.Fault{Status: 502, Late: true}},
		{"the answer in the thread", editRoute, discordtest.Fault{Status: 502, Late: true}},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := newCounter(t, "en")
			x.s.Fail(c.route, c.fault)
			x.ask("T-1", "lin", "why?")
			x.a.attendOnce(t.Context())
			x.s.ForgetNonces()
			x.look()
			if err := x.o.answer(t.Context(), "T-1", "Mei", "Because."); err != nil {
				t.Fatal(err)
			}
			x.look()
			all := x.s.Threads(deskRoom)
			x.rests(all[0].ID)
			all = x.s.Threads(deskRoom)
			if len(all) != 1 || len(x.open(all[0].ID)) != 1 || len(x.open(deskRoom)) != 1 || !all[0].Archived || !strings.Contains(x.open(all[0].ID)[0].Reads(), "Because.") {
				t.Errorf("%+v, %d cards", all, len(x.open(deskRoom)))
			}
			sound(t, x.s)
		})
	}
}

// Where no thread can be had the card says so and does; a thread that is gone, locked or put away loses no question; a channel that is gone
// loses none either; what somebody had erased goes from the thread as well.
func TestDeskThreadFaults(t *testing.T) {
	t.Run("not allowed", func(t *testing.T) {
		x := newCounter(t, "en")
		x.s.Fail("POST /channels/{channel_id}/threads", discordtest.Fault{Status: 403, Code: 50013})
		x.ask("T-1", "lin", "why?")
		x.look()
		card := x.open(deskRoom)[0]
		if !strings.Contains(card.Reads(), "Create Private Threads") || len(card.Pressable()) != 1 {
			t.Errorf("the card reads %s", card.Reads())
		}
		x.o.answer(t.Context(), "T-1", "Mei", "Because.")
		x.look()
		if got := x.open(deskRoom)[0].Reads(); !strings.Contains(got, "is answered") {
			t.Errorf("the card reads %s", got)
		}
	})
	t.Run("as many as there may be", func(t *testing.T) {
		x := newCounter(t, "zh-Hans")
		x.s.Fail("POST /channels/{channel_id}/threads", discordtest.Fault{Status: 400, Code: 160006})
		x.ask("T-1", "lin", "why?")
		x.look()
		if got := x.open(deskRoom)[0].Reads(); !strings.Contains(got, "子区太多") {
			t.Errorf("the card reads %s", got)
		}
	})
	t.Run("the thread is gone", func(t *testing.T) {
		x := newCounter(t, "en")
		x.ask("T-1", "lin", "why?")
		x.look()
		first := x.s.Threads(deskRoom)[0].ID
		x.s.Vanish(first)
		x.ask("T-2", "lin", "hello?")
		x.look()
		if all := x.s.Threads(deskRoom); len(all) != 1 || all[0].ID == first || len(x.open(all[0].ID)) != 1 {
			t.Errorf("the threads are %+v", all)
		}
		x.o.answer(t.Context(), "T-1", "Mei", "Because.")
		x.look()
	})
	t.Run("put away by silence", func(t *testing.T) {
		x := newCounter(t, "en")
		x.ask("T-1", "lin", "why?")
		x.look()
		id := x.s.Threads(deskRoom)[0].ID
		x.s.PutAway(id)
		x.s.Do(discordtest.WithRole(x.open(deskRoom)[0].Pressed(1, x.where(deskRoom, "en-US"), "Go to its thread"), "777"))
		x.told(deskRoom, "You are in")
		x.s.PutAway(id)
		x.o.answer(t.Context(), "T-1", "Mei", "Because.")
		x.look()
		if got := x.s.Thread(id); !got.Archived || !strings.Contains(x.open(id)[0].Reads(), "Because.") {
			t.Errorf("%+v", got)
		}
	})
	t.Run("the channel is gone, then closed to the bot", func(t *testing.T) {
		x := newCounter(t, "en")
		x.s.Fail("POST /channels/{channel_id}/threads", discordtest.Fault{Status: 404, Code: 10003}, discordtest.Fault{Status: 403, Code: 50001})
		x.ask("T-1", "lin", "why?")
		for range 2 {
			if err := x.a.attendOnce(t.Context()); !shut(err) {
				t.Errorf("it says %v", err)
			}
		}
		x.look()
		if all := x.s.Threads(deskRoom); len(all) != 1 || len(x.open(deskRoom)) != 1 {
			t.Errorf("later: %+v", all)
		}
	})
	t.Run("erased", func(t *testing.T) {
		x := newCounter(t, "en")
		x.ask("T-1", "lin", "my secret")
		x.ask("T-2", "mei", "my other secret")
		x.look()
		x.o.answer(t.Context(), "T-1", "Mei", "an answer about a secret")
		x.look()
		x.o.mu.Lock()
		x.o.all = nil
		x.o.mu.Unlock()
		x.look()
		if err := x.a.sweepDesk(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, thread := range x.s.Threads(deskRoom) {
			for _, m := range x.open(thread.ID) {
				if strings.Contains(m.Reads(), "secret") || !strings.Contains(m.Reads(), "erased") {
					t.Errorf("the thread still reads %s", m.Reads())
				}
			}
		}
		for _, m := range x.open(deskRoom) {
			if strings.Contains(m.Reads(), "secret") {
				t.Errorf("the channel still reads %s", m.Reads())
			}
		}
		sound(t, x.s)
	})
}
