package discord

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
)

const helper = "1000000000000000029"

// reader is a house that knows two answers and some words for tags.
func reader(text string, tags []string) Reading {
	r := Reading{Lang: "en", Exposed: strings.Contains(text, "1Z")}
	if strings.Contains(text, "清关") {
		r.Lang = "zh-Hans"
		r.Answers = []Likely{{Title: "清关需要什么？", Text: "准备商业发票和装箱单。", Source: "CBP", Date: "2026-05-01", Link: "https://www.cbp.gov/trade"}}
	} else if strings.Contains(text, "customs") {
		r.Answers = []Likely{{Title: "What does customs need? [x](https://evil.example)", Text: "An invoice and a packing list. @everyone", Source: "CBP", Date: "2026-05-01", Link: "https://www.cbp.gov/trade"}}
	}
	for i, name := range tags {
		if strings.Contains(strings.ToLower(text), strings.ToLower(name)) || name == "中文" && r.Lang != "en" {
			r.Tags = append(r.Tags, i)
		}
	}
	return r
}

// A stopped clock, set by tests.
type clock struct{ at atomic.Int64 }

func (c *clock) set(t time.Time)         { c.at.Store(t.UnixNano()) }
func (c *clock) now() time.Time          { return time.Unix(0, c.at.Load()) }
func (c *clock) forward(d time.Duration) { c.at.Add(int64(d)) }

func serving(c *clock) func(*Adapter) {
	return func(a *Adapter) {
		a.Forum = Forum{Channel: discordtest.Forum, Helpers: "777", Desk: discordtest.Channel, Lang: "zh-Hans", Read: reader}
		if c != nil {
			a.Now = c.now
		}
	}
}

// of are the messages of the bot in a post, as they read.
func of(s *discordtest.Server, thread string) (all []discordtest.Message) {
	for _, m := range s.Messages(thread) {
		if m.Author == discordtest.Bot {
			all = append(all, m)
		}
	}
	return all
}

func sound(t *testing.T, s *discordtest.Server) {
	t.Helper()
	if f := s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

// A new post gets one reply in its language, whatever happens twice, and tags when its author chose none.
func TestForumPost(t *testing.T) {
	for _, c := range []struct {
		name, title, text string
		content           bool
		chosen            []string
		says, saysNot     []string
		buttons           []string
		tags              []string
	}{
		{"in Chinese", "清关", "被海关扣货了", true, nil, []string{"感谢发帖", "清关需要什么", "CBP · 2026-05-01", "https://www.cbp.gov/trade", "哪个站点"}, []string{"只能看到帖子标题", "删去"}, []string{"标记已解决", "私下求助"}, []string{"503"}},
		{"in English", "customs", "held", true, nil, []string{"Thank you for your post", "An invoice", "CBP · 2026-05-01", "Which of the ten steps"}, []string{"only the title"}, []string{"Mark solved", "Private help"}, []string{"502"}},
		{"its tags are its author's", "customs", "held", true, []string{"501"}, []string{"Thank you"}, nil, []string{"Mark solved"}, []string{"501"}},
		{"a title alone", "customs", "held at 1Z999AA10123456784", false, nil, []string{"only the title", "An invoice"}, []string{"take it out"}, []string{"Private help"}, []string{"502"}},
		{"with a number", "where is it", "1Z999AA10123456784 please", true, nil, []string{"edit your post and take it out"}, []string{"1Z999", "only the title"}, []string{"Private help"}, nil},
		{"with a number, in Chinese", "清关", "1Z999AA10123456784", true, nil, []string{"请编辑帖子把它删去"}, []string{"1Z999"}, []string{"私下求助"}, []string{"503"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, e := discordtest.New(t), &ears{}
			s.OpenForum(c.content, "Solved", "Customs", "中文")
			a, _ := connect(t, s, database(t), e.handle, serving(nil))
			thread := s.Opens(discordtest.Person, c.title, c.text, time.Now(), c.chosen...)
			s.Event("THREAD_CREATE", s.Told(thread, true), true)
			s.Event("GUILD_CREATE", map[string]any{"id": discordtest.Guild, "threads": []any{s.Told(thread, false)}})
			s.Wait("the reply", func() bool { return len(of(s, thread)) > 0 })
			s.Wait("its tags", func() bool { return slices.Equal(s.Thread(thread).Tags, c.tags) })
			settle(t, a, thread)
			all := of(s, thread)
			if len(all) != 1 {
				t.Fatalf("%d replies", len(all))
			}
			text, raw := all[0].Reads(), string(all[0].Components)
			for _, want := range append(c.says, c.buttons...) {
				if !strings.Contains(text, want) && !strings.Contains(raw, want) {
					t.Errorf("it does not say %q:\n%s", want, text)
				}
			}
			for _, no := range append(c.saysNot, "://evil", "@everyone") {
				if strings.Contains(raw, no) {
					t.Errorf("it says %q:\n%s", no, raw)
				}
			}
			if p, err := a.findPost(t.Context(), thread); err != nil || p.State != postOpen || p.Author != discordtest.Person {
				t.Errorf("%+v, %v is remembered", p, err)
			}
			sound(t, s)
		})
	}
}

// settle waits until nothing is at work on a post any more.
func settle(t *testing.T, a *Adapter, thread string) {
	t.Helper()
	for {
		err := a.withPost(t.Context(), thread, func(*post) error { return nil })
		if err == nil {
			return
		}
		if err != errElsewhere {
			t.Fatal(err)
		}
	}
}

// Not for the bot: other channels, old posts of a forum it joins, its own, what is archived.
func TestForumLeftAlone(t *testing.T) {
	s, e := discordtest.New(t), &ears{}
	s.OpenForum(true)
	a, _ := connect(t, s, database(t), e.handle, serving(nil))
	old := s.Opens(discordtest.Person, "customs", "x", time.Now().Add(-25*time.Hour))
	own := s.Opens(discordtest.Bot, "customs", "", time.Now())
	elsewhere := s.Told(s.Opens(discordtest.Person, "customs", "x", time.Now()), true)
	elsewhere["parent_id"] = discordtest.Channel
	s.Event("THREAD_CREATE", elsewhere)
	s.Event("THREAD_CREATE", s.Told(old, true))
	s.Event("THREAD_CREATE", s.Told(own, true))
	s.Event("THREAD_CREATE", map[string]any{"id": 7, "parent_id": []any{}})
	s.Event("THREAD_UPDATE", s.Told(old, false))
	s.Event("THREAD_CREATE", map[string]any{"id": "../x", "parent_id": discordtest.Forum, "newly_created": true, "owner_id": "1"})
	good := s.Opens(discordtest.Person, "customs", "x", time.Now())
	s.Event("THREAD_CREATE", s.Told(good, true))
	s.Wait("the one reply", func() bool { return len(of(s, good)) == 1 })
	for _, thread := range []string{old, own, elsewhere["id"].(string)} {
		settle(t, a, thread)
		if n := len(of(s, thread)); n != 0 {
			t.Errorf("%d replies where none should be: %+v", n, s.Thread(thread))
		}
	}
	sound(t, s)
}

// A reply that arrived while the process died before it could note it is not said again, by whoever comes next, however late; nor by
// two processes at once. One that did not arrive is said later.
func TestForumOnce(t *testing.T) {
	t.Run("the answer was lost", func(t *testing.T) {
		s, c := discordtest.New(t), &clock{}
		s.OpenForum(true)
		c.set(time.Now())
		a, _ := connect(t, s, database(t), (&ears{}).handle, serving(c))
		s.Fail("POST /channels/{channel_id}/messages", discordtest.Fault{Status: 502, Late: true})
		thread := s.Opens(discordtest.Person, "customs", "x", time.Now())
		s.Event("THREAD_CREATE", s.Told(thread, true))
		s.Wait("it to be posted", func() bool { return len(of(s, thread)) == 1 })
		settle(t, a, thread)
		s.ForgetNonces()
		c.forward(2 * startWithin)
		a.tendOnce(t.Context())
		if p, _ := a.findPost(t.Context(), thread); len(of(s, thread)) != 1 || p.State != postOpen {
			t.Errorf("%d replies, %+v", len(of(s, thread)), p)
		}
	})
	t.Run("it did not arrive", func(t *testing.T) {
		s, c := discordtest.New(t), &clock{}
		s.OpenForum(true)
		c.set(time.Now())
		a, _ := connect(t, s, database(t), (&ears{}).handle, serving(c))
		s.Fail("POST /channels/{channel_id}/messages", discordtest.Fault{Status: 503})
		thread := s.Opens(discordtest.Person, "customs", "x", time.Now())
		s.Event("THREAD_CREATE", s.Told(thread, true))
		s.Wait("the attempt", func() bool { return len(s.Calls("POST /channels/{channel_id}/messages")) >= 1 })
		settle(t, a, thread)
		c.forward(2 * startWithin)
		a.tendOnce(t.Context())
		if n := len(of(s, thread)); n != 1 {
			t.Errorf("%d replies", n)
		}
	})
	t.Run("two processes", func(t *testing.T) {
		s, db := discordtest.New(t), database(t)
		s.OpenForum(true)
		a, _ := connect(t, s, db, (&ears{}).handle, serving(nil))
		b, _ := connect(t, s, db, (&ears{}).handle, serving(nil))
		s.Wait("a session", func() bool { return s.Links() > 0 })
		s.Wait("both to know who they are", func() bool { return a.running() && b.running() })
		for range 5 {
			id := s.Opens(discordtest.Person, "customs", "x", time.Now())
			told := thread{ID: id, Parent: discordtest.Forum, Owner: discordtest.Person, Name: "customs", New: true}
			done := make(chan error, 2)
			for _, one := range []*Adapter{a, b} {
				go func() { done <- one.toldOf(context.Background(), "THREAD_CREATE", told) }()
			}
			for range 2 {
				if err := <-done; err != nil && err != errElsewhere {
					t.Error(err)
				}
			}
			if n := len(of(s, id)); n != 1 {
				t.Errorf("%d replies", n)
			}
		}
		sound(t, s)
	})
	t.Run("the post is gone", func(t *testing.T) {
		s, c := discordtest.New(t), &clock{}
		s.OpenForum(true)
		c.set(time.Now())
		a, _ := connect(t, s, database(t), (&ears{}).handle, serving(c))
		thread := s.Opens(discordtest.Person, "customs", "x", time.Now())
		told := s.Told(thread, true)
		s.Vanish(thread)
		s.Event("THREAD_CREATE", told)
		s.Wait("the look", func() bool { return len(s.Calls("GET /channels/{channel_id}/messages")) > 0 })
		settle(t, a, thread)
		if p, _ := a.findPost(t.Context(), thread); p.State != "" {
			t.Errorf("%+v is remembered", p)
		}
	})
}

// "Mark solved" is for the author and for helpers, and puts the post away with its tag; any reply brings it back.
func TestForumSolved(t *testing.T) {
	for _, c := range []struct {
		name, locale, user string
		title, label       string
		change             func(member map[string]any)
		ok                 bool
		says               string
	}{
		{"the author", "zh-CN", discordtest.Person, "清关", "标记已解决", nil, true, "Lin 已标记为已解决"},
		{"somebody", "zh-CN", discordtest.Stranger, "清关", "标记已解决", nil, false, "只有发帖人"},
		{"somebody, in English", "en-US", discordtest.Stranger, "customs", "Mark solved", nil, false, "Only whoever opened this post"},
		{"a helper by role", "en-US", helper, "customs", "Mark solved", func(m map[string]any) { m["roles"] = []any{"777"} }, true, "Solved, says Lin"},
		{"who manages threads", "en-US", helper, "customs", "Mark solved", func(m map[string]any) { m["permissions"] = "17179869184" }, true, "Solved, says Lin"},
		{"another role", "en-US", helper, "customs", "Mark solved", func(m map[string]any) { m["roles"] = []any{"778"} }, false, "Only whoever"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, e := discordtest.New(t), &ears{}
			s.OpenForum(true, "Customs", "Solved")
			a, _ := connect(t, s, database(t), e.handle, serving(nil))
			thread := s.Opens(discordtest.Person, c.title, "x", time.Now(), "501")
			s.Event("THREAD_CREATE", s.Told(thread, true))
			s.Wait("the reply", func() bool { return len(of(s, thread)) == 1 })
			settle(t, a, thread)
			at := discordtest.Where{Guild: discordtest.Guild, Channel: thread, User: c.user, Locale: c.locale}
			press := of(s, thread)[0].Pressed(1, at, c.label)
			if press == nil {
				t.Fatal("there is no such button")
			}
			if c.change != nil {
				c.change(press["member"].(map[string]any))
			}
			s.Do(press, true)
			if c.ok {
				s.Wait("it to be put away", func() bool { return s.Thread(thread).Archived })
			}
			s.Wait("what it says", func() bool {
				return slices.ContainsFunc(s.Messages(thread), func(m discordtest.Message) bool { return strings.Contains(m.Reads(), c.says) })
			})
			settle(t, a, thread)
			got := s.Thread(thread)
			want := []string{"501"}
			if c.ok {
				want = []string{"501", "502"}
			}
			if got.Archived != c.ok || !slices.Equal(got.Tags, want) {
				t.Errorf("%+v", got)
			}
			for _, m := range s.Messages(thread) {
				if m.Author == discordtest.Bot && !c.ok && m.Only == "" && strings.Contains(m.Reads(), c.says) {
					t.Error("everybody is told that somebody may not")
				}
			}
			if len(e.inputs()) != 0 {
				t.Errorf("the bot heard %v", e.inputs())
			}
			if c.ok { // our own change, told late, does not bring it back; a reply does
				late := s.Told(thread, false)
				late["thread_metadata"] = map[string]any{"archived": false, "archive_timestamp": got.Changed.Add(-time.Second).Format(time.RFC3339Nano)}
				s.Event("THREAD_UPDATE", late)
				s.Event("THREAD_UPDATE", s.Told(thread, false))
				settle(t, a, thread)
				if p, _ := a.findPost(t.Context(), thread); p.State != postSolved {
					t.Errorf("our own change made it %+v", p)
				}
				s.Replies(thread, discordtest.Person, "not yet", time.Now().Add(time.Second))
				if c.user == helper { // it was written while nobody listened
					s.Event("GUILD_CREATE", map[string]any{"id": discordtest.Guild, "threads": []any{s.Told(thread, false)}})
				} else {
					s.Event("THREAD_UPDATE", s.Told(thread, false), true)
				}
				s.Wait("its tag to go", func() bool { return slices.Equal(s.Thread(thread).Tags, []string{"501"}) })
				settle(t, a, thread)
				if p, _ := a.findPost(t.Context(), thread); p.State != postOpen {
					t.Errorf("a reply made it %+v", p)
				}
			}
			sound(t, s)
		})
	}
}

// What could not be archived at once is archived later; where it may not be at all, that is the end of it.
func TestForumPutAwayLater(t *testing.T) {
	s, c := discordtest.New(t), &clock{}
	s.OpenForum(true, "Solved")
	c.set(time.Now())
	a, _ := connect(t, s, database(t), (&ears{}).handle, serving(c))
	solved := func(n int) string {
		thread := s.Opens(discordtest.Person, "customs", "x", time.Now())
		s.Event("THREAD_CREATE", s.Told(thread, true))
		s.Wait("the reply", func() bool { return len(of(s, thread)) == 1 })
		settle(t, a, thread)
		at := discordtest.Where{Guild: discordtest.Guild, Channel: thread, User: discordtest.Person, Locale: "en-US"}
		s.Do(of(s, thread)[0].Pressed(n, at, "Mark solved"))
		s.Wait("the line", func() bool { m := of(s, thread); return len(m) == 2 && strings.Contains(m[1].Reads(), "Solved") })
		settle(t, a, thread)
		return thread
	}
	s.Fail("PATCH /channels/{channel_id}", discordtest.Fault{Status: 500})
	first := solved(1)
	if s.Thread(first).Archived {
		t.Fatal("it was archived although Discord failed")
	}
	a.tendOnce(t.Context())
	if !s.Thread(first).Archived {
		t.Error("it was not archived later")
	}
	s.WithoutThreads()
	second := solved(2)
	n := len(s.Calls("PATCH /channels/{channel_id}"))
	a.tendOnce(t.Context())
	if got := len(s.Calls("PATCH /channels/{channel_id}")); got != n || s.Thread(second).Archived {
		t.Errorf("%d further attempts without the permission", got-n)
	}
	sound(t, s)
}

// "Private help" leads into the person's own conversation, that only they see.
func TestForumPrivate(t *testing.T) {
	for _, c := range []struct{ locale, title, label string }{{"en-US", "customs", "Private help"}, {"zh-CN", "清关", "私下求助"}} {
		s, e := discordtest.New(t), &ears{}
		s.OpenForum(true)
		a, _ := connect(t, s, database(t), e.handle, serving(nil))
		thread := s.Opens(discordtest.Person, c.title, "x", time.Now())
		s.Event("THREAD_CREATE", s.Told(thread, true))
		s.Wait("the reply", func() bool { return len(of(s, thread)) == 1 })
		at := discordtest.Where{Guild: discordtest.Guild, Channel: thread, User: discordtest.Stranger, Locale: c.locale}
		i := s.Do(of(s, thread)[0].Pressed(1, at, c.label))
		if i.Type != replyThinking || !strings.Contains(string(i.Response), `"flags":64`) {
			t.Fatalf("answered with %s", i.Response)
		}
		want := makeCorner(discordtest.Guild, thread, discordtest.Stranger)
		got := e.inputs()
		if len(got) != 1 || got[0].To != want || got[0].From.ID != discordtest.Stranger || fmt.Sprint(got[0].What) != fmt.Sprint(bot.Press{Action: "next"}) {
			t.Fatalf("the bot heard %+v", got)
		}
		if _, err := a.Send(t.Context(), bot.Delivery{ID: "d1", Place: want, Attempt: 1, Message: bot.Message{Text: "Which step?", Lang: "en", Blocks: []bot.Block{{Kind: bot.Paragraph, Text: "Which step?"}}}}); err != nil {
			t.Fatal(err)
		}
		for _, m := range of(s, thread)[1:] {
			if m.Only != discordtest.Stranger {
				t.Errorf("everybody reads %q", m.Reads())
			}
		}
		if m := of(s, thread); len(m) != 2 || m[0].Edits != 0 || !strings.Contains(m[1].Reads(), "Which step?") {
			t.Errorf("%d messages", len(m))
		}
		sound(t, s)
	}
}

// What doctor says of the forum, in both languages.
func TestForumExamined(t *testing.T) {
	for _, c := range []struct {
		channel string
		content bool
		en, zh  string
		state   bot.State
	}{
		{discordtest.Forum, true, "The forum support is served.", "正在服务论坛 support。", bot.Fine},
		{discordtest.Forum, false, "only the titles can be read", "只能读到标题", bot.Doubtful},
		{discordtest.Channel, true, "general is not a forum", "频道 general 不是论坛", bot.Wrong},
		{"1000000000000000098", true, "The forum cannot be read", "读不到论坛", bot.Wrong},
	} {
		s := discordtest.New(t)
		s.OpenForum(c.content)
		for lang, want := range map[string]string{"en": c.en, "zh-Hans": c.zh} {
			all := Examine(t.Context(), Config{Token: discordtest.Token, API: s.API(), Logger: quiet(), Forum: Forum{Channel: c.channel}}, lang, "")
			at := slices.IndexFunc(all, func(f bot.Finding) bool { return strings.Contains(f.Says, want) })
			if at < 0 || all[at].State != c.state || c.state != bot.Fine && all[at].Mend == "" {
				t.Errorf("%s: %+v, want %q", c.channel, all, want)
			}
			if slices.ContainsFunc(all, func(f bot.Finding) bool {
				return strings.Contains(f.Says, "rivileged intents are") || strings.Contains(f.Says, "打开了特权")
			}) {
				t.Errorf("reading posts is called needless: %+v", all)
			}
		}
	}
}
