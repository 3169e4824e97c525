package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
)

// TestDiscordDay plays one day of a seller and a helper on a server, in the real program: a post in the forum, private help, the first step, a
// question for a human, its answer, a shipment and where its news goes, and the end of the post. Every interaction comes
// twice. With KEEP a folder, what each of them read stays there, to be read aloud.
func TestDiscordDay(t *testing.T) {
	const desk = "1000000000000000070"
	for _, c := range []struct {
		lang, locale, title, text, private, first, option, fill, human, sentence, question, answer, take, number, follow, thread, settings, where, solved string
	}{
		{lang: "en", locale: "en-US", title: "What is AGL?", text: "I sell mugs. My number is 1Z999AA10123456784", private: "Private help", first: "start 1", option: "Amazon warehouse (FBA)", human: "human",
			sentence: "Tell me in a sentence", question: "Seller Central shows another name for the service", answer: "Please send us a picture of that page.", number: "SIMAUS12345678", follow: "Follow It", thread: "A Thread of My Own", settings: "notifications", where: "Where To: your private thread", solved: "Mark solved"},
		{lang: "zh-Hans", locale: "zh-CN", title: "什么是清关？", text: "我卖马克杯，单号 1Z999AA10123456784", private: "私下求助", first: "开始 1", option: "发往亚马逊仓", human: "人工",
			sentence: "请用一句话说说是什么问题", question: "后台显示的服务名称不一样", answer: "请把那个页面截图发给我们。", number: "SIMAUS12345678", follow: "关注它", thread: "我的私人子区", settings: "通知设置", where: "发到哪里：您的私人子区", solved: "标记已解决"},
	} {
		t.Run(c.lang, func(t *testing.T) {
			s := discordtest.New(t)
			s.OpenForum(true, "Solved", "Activation", "Customs 清关", "中文", "English")
			s.OpenDesk(desk)
			s.Grant(discordtest.Invited | 1<<34 | 1<<36)
			t.Setenv("DISCORD_TOKEN", discordtest.Token)
			t.Setenv("DISCORD_API_URL", s.API())
			p := start(t, time.Now, fresh(t, "operators: {language: "+c.lang+"}\ndiscord:\n  forum: {channel: \""+discordtest.Forum+"\", helpers: \""+discordtest.Helpers+"\", tickets: \""+desk+"\"}\n")...)
			d := &day{t: t, s: s, seen: map[string]string{}, places: map[string]string{discordtest.Channel: "only the seller, in a channel", discordtest.DM: "the seller's direct messages", desk: "the helpers' channel"}}
			defer func() {
				if dir := os.Getenv("KEEP"); dir != "" {
					if err := os.WriteFile(filepath.Join(dir, "discord-day-"+c.lang+".txt"), []byte(d.out.String()), 0o644); err != nil {
						t.Error(err)
					}
				}
			}()
			seller := discordtest.Where{Guild: discordtest.Guild, Channel: discordtest.Channel, User: discordtest.Person, Locale: c.locale}

			post := s.Opens(discordtest.Person, c.title, c.text, time.Now())
			d.places[post] = "the post"
			d.next("a post in the forum: " + c.title + " / " + c.text)
			s.Event("THREAD_CREATE", s.Told(post, true))
			d.until("the reply", func() bool { return len(s.Messages(post)) > 1 })
			at := seller
			at.Channel = post
			d.press("private help", post, at, c.private)
			d.until("their own conversation", func() bool { return d.reads(post, "10. ") })

			d.say("the first step", seller, c.first)
			d.until("a question", func() bool { return d.reads(discordtest.Channel, c.option) })
			d.press("an answer", discordtest.Channel, seller, c.option)
			d.say("they want a human", seller, c.human)
			d.until("what it is about", func() bool { return d.reads(discordtest.Channel, c.sentence) })
			d.say("and say why", seller, c.question)
			var room string
			d.until("the question in its thread", func() bool {
				for _, x := range s.Threads(desk) {
					room = x.ID
				}
				return room != "" && d.reads(room, c.question) && len(s.Messages(desk)) > 0
			})
			d.places[room] = "the helpers' thread"
			helper := discordtest.Where{Guild: discordtest.Guild, Channel: room, User: discordtest.Stranger, Locale: c.locale}
			d.next("a helper uses a message as the answer: " + c.answer)
			s.Do(discordtest.WithRole(helper.Use(9001, "1200000000000000777", discordtest.Stranger, c.answer), discordtest.Helpers), true)
			d.until("the answer", func() bool { return d.reads(discordtest.Channel, c.answer) && d.reads(room, c.answer) })

			d.say("a shipment", seller, c.number)
			d.until("what it is", func() bool { return d.reads(discordtest.Channel, c.follow) })
			d.press("they follow it", discordtest.Channel, seller, c.follow)
			d.until("where news shall go", func() bool { return d.reads(discordtest.Channel, c.thread) })
			d.press("in a thread of their own", discordtest.Channel, seller, c.thread)
			own := ""
			d.until("the test there", func() bool {
				for _, x := range s.Threads(discordtest.Channel) {
					own = x.ID
				}
				return own != "" && len(s.Messages(own)) > 0
			})
			d.places[own] = "the seller's own thread"
			d.say("how it is set", seller, c.settings)
			d.until("the settings", func() bool { return d.reads(discordtest.Channel, c.where) })
			d.press("the post is solved", post, at, c.solved)
			d.until("the end of the post", func() bool { return s.Thread(post).Archived })
			d.look()

			if f := s.Refused(); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
			if code := p.stop(); code != 0 || p.errs.String() != "" {
				t.Errorf("ended with %d and wrote:\n%s", code, p.errs)
			}
		})
	}
}

// A day is what people read on a server, in order.
type day struct {
	t      *testing.T
	s      *discordtest.Server
	out    strings.Builder
	n      int
	seen   map[string]string
	places map[string]string
}

func (d *day) next(what string) { fmt.Fprintf(&d.out, "\n-- %s --\n", what) }

func (d *day) say(what string, at discordtest.Where, text string) {
	d.t.Helper()
	d.next(what + ": " + text)
	d.n++
	d.s.Do(at.Command(d.n, "say", "text", text), true)
}

func (d *day) press(what, room string, at discordtest.Where, label string) {
	d.t.Helper()
	d.next(what + ": [" + label + "]")
	d.n++
	for _, m := range slices.Backward(d.s.Messages(room)) {
		if payload := m.Pressed(d.n, at, label); payload != nil {
			d.s.Do(payload, true)
			return
		}
	}
	d.t.Fatalf("no %q at %s", label, room)
}

func (d *day) reads(room, text string) bool {
	return slices.ContainsFunc(d.s.Messages(room), func(m discordtest.Message) bool { return strings.Contains(m.Reads(), text) })
}

// until waits until something is so and nothing more comes, and writes down what is new.
func (d *day) until(what string, ok func() bool) {
	d.t.Helper()
	d.s.Wait(what, ok)
	last, same := -1, 0
	d.s.Wait("quiet", func() bool { // the rest of what was said
		if n := len(d.s.Shown()); n != last {
			last, same = n, 0
		}
		same++
		return same > 40
	})
	d.look()
}

func (d *day) look() {
	for _, room := range slices.Sorted(func(yield func(string) bool) {
		for r := range d.places {
			if !yield(r) {
				return
			}
		}
	}) {
		for _, m := range d.s.Messages(room) {
			reads := strings.TrimSpace(m.Reads())
			if d.seen[m.ID] == reads || m.Author == discordtest.Person {
				continue
			}
			edited := ""
			if d.seen[m.ID] != "" {
				edited = ", changed"
			}
			d.seen[m.ID] = reads
			where := d.places[room]
			if where == "the post" && m.Only != "" {
				where = "only the seller, in the post"
			}
			fmt.Fprintf(&d.out, "[%s%s]\n%s\n", where, edited, reads)
		}
	}
}
