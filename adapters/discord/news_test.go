package discord

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/adaptertest"
	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
)

// What somebody in a server may choose for their news, what this door finds out about it, and that asking twice is asking once.
func TestNewsPlaces(t *testing.T) {
	const everything, write, writeInThreads, see = discordtest.Invited | 1<<36, 1<<10 | 1<<11, 1<<10 | 1<<38, 1 << 10
	in := discordtest.Where{Guild: discordtest.Guild, Channel: discordtest.Channel, User: discordtest.Person, Locale: "zh-CN", May: write}
	direct := bot.Direct{Kind: bot.ToDirect, There: home()}
	here := bot.Direct{Kind: bot.ToChannel, There: bot.Place{Network: Network, Workspace: discordtest.Guild, Room: discordtest.Channel}}
	no := func(kind, fault string) bot.Direct { return bot.Direct{Kind: kind, Fault: fault} }
	made := bot.Place{Network: Network, Workspace: discordtest.Guild, Room: "made"} // stands for the thread that was made
	secret := func(s *discordtest.Server) { s.Overwrite(discordtest.Channel, discordtest.Guild, 0, see) }
	for _, c := range []struct {
		name   string
		before func(*discordtest.Server)
		where  string
		at     func(*discordtest.Where)
		want   bot.Input
	}{
		{name: "direct messages", where: "direct", want: direct},
		{name: "direct messages, from there", where: "direct", at: func(w *discordtest.Where) { *w = discordtest.InDM("zh-CN") }, want: direct},
		{name: "closed, with a thread instead", where: "direct", before: func(s *discordtest.Server) { s.CloseDM(discordtest.DM); s.Grant(everything) },
			want: bot.Direct{Kind: bot.ToThread, There: made, Fault: "direct_closed"}},
		{name: "closed, and no thread", where: "direct", before: func(s *discordtest.Server) { s.CloseDM(discordtest.DM) }, want: no(bot.ToDirect, "direct_closed")},
		{name: "a thread", where: "thread", before: func(s *discordtest.Server) { s.Grant(everything) }, want: bot.Direct{Kind: bot.ToThread, There: made}},
		{name: "a thread, not allowed", where: "thread", want: no(bot.ToThread, "thread_lacks")},
		{name: "a thread in a forum's post", where: "thread", before: func(s *discordtest.Server) { s.OpenForum(false); s.Grant(everything) },
			at: func(w *discordtest.Where) { w.Channel = "post" }, want: no(bot.ToThread, "thread_elsewhere")},
		{name: "a channel for everybody", where: "channel", want: no(bot.ToChannel, "channel_public")},
		{name: "a channel for everybody again", where: "channel", before: func(s *discordtest.Server) { secret(s); s.Overwrite(discordtest.Channel, discordtest.Guild, see, 0) }, want: no(bot.ToChannel, "channel_public")},
		{name: "a forum's post", where: "channel", before: func(s *discordtest.Server) { s.OpenForum(false) }, at: func(w *discordtest.Where) { w.Channel = "post" }, want: no(bot.ToChannel, "channel_public")},
		{name: "a private channel", where: "channel", before: secret, want: here},
		{name: "a private channel, in which they only read", where: "channel", before: secret, at: func(w *discordtest.Where) { w.May = see }, want: no(bot.ToChannel, "channel_yours")},
		{name: "a private channel, in which the bot only reads", where: "channel", before: secret, at: func(w *discordtest.Where) { w.Bot = see | writeInThreads }, want: no(bot.ToChannel, "channel_lacks")},
		{name: "a private channel that administrators see", where: "channel", before: secret, at: func(w *discordtest.Where) { w.May, w.Bot = 8, 8 }, want: here},
		{name: "nowhere", where: "none", want: bot.Press{Action: "mute"}},
		{name: "a test", where: "test", want: bot.Press{Action: "test_notice"}},
		{name: "what is unknown", where: "the moon", want: bot.Press{Action: "notices"}},
		{name: "a channel, in direct messages", where: "channel", at: func(w *discordtest.Where) { *w = discordtest.InDM("zh-CN") }, want: bot.Press{Action: "notices"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			o := newOutbox(t)
			if c.before != nil {
				c.before(o.s)
			}
			at := in
			if c.at != nil {
				c.at(&at)
			}
			if at.Channel == "post" {
				at.Channel = o.s.Opens(discordtest.Person, "help", "", o.a.Now())
			}
			for n := range 2 { // asked twice, and each time delivered twice
				o.s.Do(at.Command(n+1, "notify", "where", c.where), true)
			}
			o.s.Wait("all of it", func() bool { return len(o.ears.inputs()) == 4 })
			threads := o.s.Threads(discordtest.Channel)
			for _, got := range o.ears.inputs() {
				what := got.What
				if d, ok := what.(bot.Direct); ok && d.Kind == bot.ToThread && d.Fault != "thread_lacks" && d.There.Room != "" {
					if len(threads) != 1 || d.There.Room != threads[0].ID || len(threads[0].Members) != 1 || threads[0].Members[0] != discordtest.Person {
						t.Fatalf("%+v: the threads are %+v", d, threads)
					}
					d.There = made
					what = d
				}
				if diff := cmp.Diff(c.want, what); diff != "" {
					t.Error(diff)
				}
			}
			if d, ok := c.want.(bot.Direct); ok && d.Kind == bot.ToDirect && d.Fault == "" {
				tests := 0 // one for each time that it was asked
				for _, m := range o.s.Messages(discordtest.DM) {
					if strings.Contains(m.Reads(), o.a.words.say("zh", "dm_news")) {
						tests++
					}
				}
				if tests != 2 {
					t.Errorf("%d tests", tests)
				}
			}
			if f := o.s.Refused(); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
		})
	}
}

// News for somebody whose thread is gone, or that the bot may not write to any more, goes to their direct messages, or to where they were
// heard from just now; otherwise the operators see it. A thread that Discord put away is brought back.
func TestNewsThreadGone(t *testing.T) {
	o := newOutbox(t)
	o.s.Grant(discordtest.Invited | 1<<36)
	at := discordtest.InServer("en-US")
	o.s.Do(at.Command(1, "notify", "where", "thread"))
	thread := o.s.Threads(discordtest.Channel)[0].ID
	there := bot.Place{Network: Network, Workspace: discordtest.Guild, Room: thread}
	lin := bot.User{Network: Network, ID: discordtest.Person}
	news := func(n int, native, text string) (bot.Receipt, bot.Outcome) {
		m := bot.Message{Text: text, Lang: "en", For: lin.Key()}
		if native != "" {
			m.Key = "k"
		}
		r, got, _ := o.send(bot.Delivery{ID: fmt.Sprint("n", n), Place: there, Native: native, Message: m})
		return r, got
	}
	r, _ := news(1, "", "departed")
	o.s.PutAway(thread)
	if _, got := news(2, r.Native, "arrived"); got != bot.Sent {
		t.Errorf("an edit in a thread that rests: %q", got)
	}
	o.sees(thread, "arrived")
	o.s.Vanish(thread)
	if r, got := news(3, "", "in customs"); got != bot.Sent || !strings.Contains(r.Fallback, "corner") {
		t.Errorf("with no direct messages: %q %+v", got, r)
	}
	o.s.Event("MESSAGE_CREATE", discordtest.Said(1, "hello")) // they write to the bot: it may write to them
	waitFor(o.s, o.ears, "hello")
	if r, got := news(4, "", "released"); got != bot.Sent || !strings.Contains(r.Fallback, "direct") {
		t.Errorf("with direct messages: %q %+v", got, r)
	}
	o.sees(discordtest.DM, "released")
	o.s.CloseDM(discordtest.DM)
	o.restart() // nobody was heard from
	o.s.Expire(o.s.Do(at.Command(2, "status")))
	o.a.Now = func() time.Time { return time.Now().Add(5 * time.Second) } // no longer just now
	if _, got := news(5, "", "delivered"); got != bot.Refused {
		t.Errorf("with nothing open: %q", got)
	}
	o.s.Do(at.Command(3, "notify", "where", "thread"))
	if all := o.s.Threads(discordtest.Channel); len(all) != 1 || all[0].ID == thread {
		t.Errorf("a new thread: %+v", all)
	}
}

// Somebody whose first line is a shipment's number follows it in a server, is asked once where news shall go, and hears of it in a private
// thread of theirs; then in the private channel with everybody there, and no longer by themselves; then nowhere. Every input comes twice.
func TestNewsGoesWhereChosen(t *testing.T) {
	for _, x := range []struct{ lang, follow, ask, thread, settings, where, channel, sent, why, stop, stopped string }{
		{"en", "Follow It", "Where shall I tell you", "A Thread of My Own", "notifications", "Where To: your private thread", "This Channel", "comes to this channel", "Why This?", "unsubscribe", "does not hear of these shipments any more"},
		{"zh-Hans", "关注它", "发到哪里？", "我的私人子区", "通知设置", "发到哪里：您的私人子区", "本频道", "发到本频道", "为什么通知我", "退订", "不再接收"},
	} {
		t.Run(x.lang, func(t *testing.T) {
			t.Parallel()
			story := adaptertest.NewStory(opening, 160000)
			p := newPlayerOf(t, x.lang, func(locale string) discordtest.Where {
				return discordtest.Where{Guild: discordtest.Guild, Channel: discordtest.Channel, User: discordtest.Person, Locale: locale, May: 1<<10 | 1<<11}
			}, story.Now, story)
			p.story = story
			p.s.Grant(discordtest.Invited | 1<<36)
			p.s.Overwrite(discordtest.Channel, discordtest.Guild, 0, 1<<10)
			open := func() (out []discordtest.Message) { // what everybody in the channel reads
				for _, m := range p.messages() {
					if m.Only == "" {
						out = append(out, m)
					}
				}
				return out
			}
			until := func(what string, ok func() bool) {
				t.Helper()
				p.s.Wait(what, func() bool {
					if ok() {
						return true
					}
					story.Step(100 * time.Millisecond)
					return false
				})
				p.drain()
			}
			asked := func() (n int) {
				for _, m := range p.messages() {
					n += strings.Count(m.Reads(), x.ask)
				}
				return n
			}
			p.play("> SIMAUS12345678\n~ " + x.follow + "\n* " + x.follow + "\n~ " + x.ask + "\n* " + x.thread)
			thread := p.s.Threads(discordtest.Channel)[0].ID
			pushes := func(of []discordtest.Message) (out []discordtest.Message) { // what was told, besides cards and tests
				for _, m := range of {
					if m.Pressed(1, p.at, x.why) != nil {
						out = append(out, m)
					}
				}
				return out
			}
			until("news in the thread", func() bool { return len(pushes(p.s.Messages(thread))) > 0 })
			if got := open(); len(got) > 0 {
				t.Errorf("everybody reads %q", got[0].Reads())
			}
			p.play("> " + x.settings + "\n~ " + x.where + "\n* " + x.channel + "\n~ " + x.sent)
			before := len(pushes(p.s.Messages(thread)))
			p.play("> SIMAUS22345678\n~ SIMAUS22345678\n* " + x.follow) // however far the first journey is by now
			of := func(all []discordtest.Message) bool {
				return slices.ContainsFunc(all, func(m discordtest.Message) bool { return strings.Contains(m.Reads(), "SIMAUS22345678") })
			}
			until("its card in the channel", func() bool { return of(open()) })
			if of(p.s.Messages(thread)) {
				t.Error("its card is in the thread as well")
			}
			if n := len(pushes(p.s.Messages(thread))); n != before {
				t.Errorf("%d pieces of news came to the thread as well", n-before)
			}
			p.play("> " + x.stop + "\n~ " + x.stopped)
			heard := len(open())
			p.play("> SIMAUS87654321\n~ SIMAUS87654321\n* " + x.follow)
			until("its card in their corner again", func() bool {
				return slices.ContainsFunc(p.messages(), func(m discordtest.Message) bool {
					return m.Only != "" && strings.Contains(m.Reads(), "SIMAUS87654321") && m.Pressed(1, p.at, x.follow) == nil
				})
			})
			if n := len(open()); n != heard {
				t.Errorf("the channel heard %d more after it stopped", n-heard)
			}
			if n := asked(); n != 1 {
				t.Errorf("asked %d times where news shall go", n)
			}
			if f := p.s.Refused(); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
		})
	}
}
