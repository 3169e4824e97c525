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

// A thread that Discord put away is brought back. What cannot be told in a thread or a channel any more is refused, with the reason: the thread is gone,
// or everybody sees the channel, which is looked up when Discord says that something changed, and once a minute.
func TestShut(t *testing.T) {
	o := newOutbox(t)
	o.s.Grant(discordtest.Invited | 1<<36)
	at := discordtest.InServer("en-US")
	o.s.Do(at.Command(1, "notify", "where", "thread"))
	thread := o.s.Threads(discordtest.Channel)[0].ID
	n := 0
	say := func(room, native, text string) (r bot.Receipt, err error) {
		n++
		m := bot.Message{Text: text, Lang: "en"}
		if native != "" {
			m.Key = "k"
		}
		return o.a.Send(t.Context(), bot.Delivery{ID: fmt.Sprint("n", n), Place: bot.Place{Network: Network, Workspace: discordtest.Guild, Room: room}, Native: native, Message: m, Attempt: 1, Decided: time.Now()})
	}
	fails := func(room, native, why string) {
		t.Helper()
		_, err := say(room, native, "must not be told")
		if got, _ := bot.Fate(err, 1); got != bot.Refused || bot.Shutting(err) != why {
			t.Errorf("%q because %q: %v; want %q", got, bot.Shutting(err), err, why)
		}
	}
	r, _ := say(thread, "", "departed")
	o.s.PutAway(thread)
	if _, err := say(thread, r.Native, "arrived"); err != nil {
		t.Errorf("an edit in a thread that rests: %v", err)
	}
	o.sees(thread, "arrived")
	o.s.Vanish(thread)
	fails(thread, "", bot.ShutGone)
	o.s.Do(at.Command(3, "notify", "where", "thread"))
	if all := o.s.Threads(discordtest.Channel); len(all) != 1 || all[0].ID == thread {
		t.Errorf("a new thread: %+v", all)
	}

	const see = 1 << 10
	told := func(do func()) { // waits until the bot has heard of it
		t.Helper()
		_, before := o.a.screened.knows("", time.Now())
		do()
		o.s.Wait("the event", func() bool { _, now := o.a.screened.knows("", time.Now()); return now > before })
	}
	looks := func() int { return len(o.s.Calls("GET /channels/{channel_id}")) }
	r, _ = say(discordtest.Den, "", "in customs")
	before := looks()
	if _, err := say(discordtest.Den, "", "released"); err != nil || looks() != before {
		t.Errorf("told again: %v, looked up %d times", err, looks()-before)
	}
	told(func() { o.s.Overwrite(discordtest.Den, discordtest.Guild, see, 0) })
	fails(discordtest.Den, "", bot.ShutPublic)
	fails(discordtest.Den, r.Native, bot.ShutPublic)
	told(func() { o.s.Overwrite(discordtest.Den, discordtest.Guild, 0, see) })
	if _, err := say(discordtest.Den, "", "delivered"); err != nil {
		t.Errorf("when only those see it again who were let in: %v", err)
	}
	told(func() { o.s.Overwrite(discordtest.Den, discordtest.Guild, 0, 0) })
	fails(discordtest.Den, "", bot.ShutPublic) // as everywhere on this server
	told(func() { o.s.Everybody(0) })
	if _, err := say(discordtest.Den, "", "on a server where nobody sees anything"); err != nil {
		t.Error(err)
	}
	told(func() { o.s.Everybody(1 << 3) }) // everybody is an administrator
	fails(discordtest.Den, "", bot.ShutPublic)
	o.s.Everybody(see)
	told(func() { o.s.Overwrite(discordtest.Den, discordtest.Guild, 0, see) })
	if _, err := say(discordtest.Den, "", "and again"); err != nil {
		t.Error(err)
	}
	before = looks()
	o.a.screened.forget("READY", nil) // a connection that begins anew has missed something
	if _, err := say(discordtest.Den, "", "once more"); err != nil || looks() != before+1 {
		t.Errorf("after a new connection: %v, looked up %d times", err, looks()-before)
	}
	late := time.Now().Add(2 * screenedLife)
	o.a.Now = func() time.Time { return late }
	before = looks()
	if _, err := say(discordtest.Den, "", "a minute later"); err != nil || looks() != before+1 {
		t.Errorf("a minute later: %v, looked up %d times", err, looks()-before)
	}
	if got := len(o.s.Messages(discordtest.Den)); got != 7 {
		t.Errorf("%d messages were told, want 7", got)
	}
}

// Somebody whose first line is a shipment's number follows it in a server, is asked once where news shall go, and hears of it in a private
// thread of theirs; then in the private channel with everybody there, and no longer by themselves; then nowhere. Every input comes twice.
func TestNewsGoesWhereChosen(t *testing.T) {
	for _, x := range []struct{ lang, follow, ask, thread, settings, where, channel, sent, opened, why, stop, stopped string }{
		{"en", "Follow It", "Where shall I tell you", "A Thread of My Own", "notifications", "Where To: your private thread", "This Channel", "comes to this channel", "Everybody can see the channel now", "Why This?", "unsubscribe", "does not hear of these shipments any more"},
		{"zh-Hans", "关注它", "发到哪里？", "我的私人子区", "通知设置", "发到哪里：您的私人子区", "本频道", "发到本频道", "现在所有人可见", "为什么通知我", "退订", "不再接收"},
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
			heard := len(open())
			p.s.Overwrite(discordtest.Channel, discordtest.Guild, 1<<10, 0) // somebody lets everybody in
			p.play("> SIMAUS32345678\n~ SIMAUS32345678\n* " + x.follow + "\n~ " + x.opened)
			if n := len(open()); n != heard {
				t.Errorf("everybody reads %d more", n-heard)
			}
			p.s.Overwrite(discordtest.Channel, discordtest.Guild, 0, 1<<10)
			p.play("> " + x.settings + "\n* " + x.channel + "\n~ " + x.sent)
			p.play("> " + x.stop + "\n~ " + x.stopped)
			heard = len(open())
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
