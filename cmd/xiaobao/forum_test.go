package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/knowledge"
)

// What is made of posts: their language, whether they show too much, which tags fit, and whether something answers them.
func TestReadPost(t *testing.T) {
	base, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	tags := []string{"Solved", "Activation", "Customs 清关", "Tracking", "Billing", "中文", "English"}
	for _, c := range []struct {
		text    string
		lang    string
		exposed bool
		tags    string
		answers bool
	}{
		{"什么是清关？\n我的货到港了，要准备什么文件？", "zh-Hans", false, "[2 5]", true},
		{"What is AGL?\nI want to register and do not know where to begin.", "en", false, "[1 6]", true},
		{"货件到哪了\n单号 1Z999AA10123456784", "zh-Hans", true, "[3 5]", false},
		{"where is my shipment\n1Z999AA10123456784", "en", true, "[3 6]", false},
		{"hello everybody", "en", false, "[6]", false},
		{"大家好", "zh-Hans", false, "[5]", false},
		{"请联系我 13800138000", "zh-Hans", true, "[5]", false},
		{"请联系我 １３８００１３８０００", "zh-Hans", true, "[5]", false},
		{"call +1 (206) 555-0100", "en", true, "[6]", false},
		{"mail lin@example.com", "en", true, "[6]", false},
		{"发货地址 深圳市龙岗区坂田街道雪岗路 2018 号", "zh-Hans", true, "[5]", false},
		{"pick up at 410 Terry Avenue North", "en", true, "[6]", false},
		{"box FBA15DXYZ123U000001", "en", true, "[6]", false},
		{"3 boxes of 40 x 30 x 20 cm, 12 kg, in 2026", "en", false, "[6]", false},
		{"3 箱，每箱 12 公斤，2026 年 11 月发货", "zh-Hans", false, "[5]", false},
		{"", "en", false, "[6]", false},
	} {
		r := readPost(base, c.text, tags)
		if got := fmt.Sprint(r.Tags); r.Lang != c.lang || r.Exposed != c.exposed || got != c.tags || c.answers && len(r.Answers) == 0 {
			t.Errorf("%q: %s, exposed %v, tags %s, %d answers", c.text, r.Lang, r.Exposed, got, len(r.Answers))
		}
		for _, a := range r.Answers {
			if a.Title == "" || a.Text == "" || a.Source != "" && !strings.HasPrefix(a.Link, "http") {
				t.Errorf("%q: an answer %+v", c.text, a)
			}
		}
	}
}

// Settings that cannot work are refused, with what to do.
func TestForumSettings(t *testing.T) {
	for text, want := range map[string]string{
		"discord: {forum: {channel: \"1\", helpers: \"2\", desk: \"3\"}}": "",
		"discord: {forum: {channel: general}}":                            "discord.forum.channel: an id, only digits",
		"discord: {mode: http, forum: {channel: \"1\"}}":                  "set discord.mode to gateway",
		"discord: {forum: {tickets: \"4\", helpers: \"2\"}}":              "",
		"discord: {forum: {tickets: \"4\"}}":                              "name the role",
		"discord: {forum: {desk: \"3\"}}":                                 "name the forum",
	} {
		c := defaults()
		err := c.read([]byte(text))
		if err == nil {
			err = c.check()
		}
		if got := fmt.Sprint(err); want == "" && err != nil || want != "" && !strings.Contains(got, want) {
			t.Errorf("%s: %s", text, got)
		}
	}
}

// TestForum: the whole program answers posts in a forum from what it knows, in their language, and never repeats a number.
func TestForum(t *testing.T) {
	s := discordtest.New(t)
	s.OpenForum(true, "Customs 清关", "Tracking", "中文", "English")
	t.Setenv("DISCORD_TOKEN", discordtest.Token)
	t.Setenv("DISCORD_API_URL", s.API())
	start(t, time.Now, fresh(t, "discord:\n  forum:\n    channel: \""+discordtest.Forum+"\"\n")...)
	for _, c := range []struct{ title, text, says, source, tag string }{
		{"出口报关要自己做吗？", "单号 1Z999AA10123456784", "感谢发帖", "-# 中国海关", "503"},
		{"什么是清关？", "刚入门", "感谢发帖", "目的国海关放行货物的手续", "503"},
		{"What is AGL?", "my number is 1Z999AA10123456784", "Thank you for your post", "-# Amazon official", "504"},
	} {
		thread := s.Opens(discordtest.Person, c.title, c.text, time.Now())
		s.Event("THREAD_CREATE", s.Told(thread, true))
		s.Wait("the reply and its tags", func() bool { return len(s.Messages(thread)) == 2 && len(s.Thread(thread).Tags) > 0 })
		raw := string(s.Messages(thread)[1].Components)
		if !strings.Contains(raw, c.says) || !strings.Contains(raw, c.source) || strings.Contains(raw, "1Z999") {
			t.Errorf("%s: %s", c.title, raw)
		}
		if got := strings.Join(s.Thread(thread).Tags, " "); !strings.Contains(got, c.tag) {
			t.Errorf("%s: the tags %s", c.title, got)
		}
	}
	if f := s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

// TestDesk: a seller on the web asks for a human; helpers in Discord see it in a private thread, one of them answers there, and the seller reads
// it where they are, once; when they ask again it goes on in the same thread.
func TestDesk(t *testing.T) {
	const room = "1000000000000000070"
	s := discordtest.New(t)
	s.OpenDesk(room)
	args := fresh(t, "operators:\n  language: zh-Hans\ndiscord:\n  forum:\n    helpers: \"777\"\n    tickets: \""+room+"\"\n")
	p := start(t, time.Now, args...)
	v := visit(t, p, "en")
	v.say("hi")
	v.see("ten steps")
	v.say("human")
	v.see("Tell me in a sentence")
	v.say("Seller Central shows another name, my number is 1Z999AA10123456784")
	v.see("A human has your question")
	p.stop()
	t.Setenv("DISCORD_TOKEN", discordtest.Token)
	t.Setenv("DISCORD_API_URL", s.API())
	p = start(t, time.Now, args...)
	v.look(p)
	s.Wait("the question", func() bool { return len(s.Messages(room)) == 1 })
	asked := s.Messages(room)[0]
	if text := asked.Reads(); !strings.Contains(text, "问题 T-") || !strings.Contains(text, "shows another name") || strings.Contains(text, "1Z999") {
		t.Errorf("helpers read %s", asked.Reads())
	}
	at := discordtest.Where{Guild: discordtest.Guild, Channel: room, User: discordtest.Stranger, Locale: "zh-CN"}
	press := asked.Pressed(1, at, "回答卖家")
	press["member"].(map[string]any)["roles"] = []any{"777"}
	form := s.Do(press).Filled(2, at, &asked, map[string]string{"text": "Please write to us from your company's address."})
	form["member"].(map[string]any)["roles"] = []any{"777"}
	s.Do(form, true)
	r := v.see("Please write to us from your company's address.")
	if n := r.count("Please write to us"); n != 1 {
		t.Errorf("the seller reads the answer %d times:\n%s", n, r)
	}
	s.Wait("the helper to be told", func() bool {
		for _, m := range s.Messages(room) {
			if strings.Contains(m.Reads(), "已送到卖家") {
				return true
			}
		}
		return false
	})
	var thread string
	s.Wait("the thread to be put away with the answer", func() bool {
		all := s.Threads(room)
		if len(all) != 1 || !all[0].Archived {
			return false
		}
		thread = all[0].ID
		m := s.Messages(thread)
		return len(m) == 1 && strings.Contains(m[0].Reads(), "company's address")
	})
	v.say("human")
	v.see("Tell me in a sentence")
	v.say("They still show the other name")
	s.Wait("the next question in the same thread, and its card", func() bool {
		cards := 0
		for _, m := range s.Messages(room) {
			if m.Only == "" {
				cards++
			}
		}
		return len(s.Messages(thread)) == 2 && len(s.Threads(room)) == 1 && cards == 2
	})
	in := discordtest.Where{Guild: discordtest.Guild, Channel: thread, User: discordtest.Stranger, Locale: "zh-CN"}
	s.Do(discordtest.WithRole(in.Use(3, "1200000000000000777", discordtest.Stranger, "Then please wait two days."), "777"), true)
	r = v.see("Then please wait two days.")
	if n := r.count("Then please wait two days."); n != 1 {
		t.Errorf("the seller reads the second answer %d times:\n%s", n, r)
	}
	if f := s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

// TestAdvice: somebody answers a post in the forum; a helper brings the answer before the seller who wrote the post, in the seller's own chat.
// It goes into their step when they say so, and not when they do not; what answers nothing that is asked is shown as advice.
func TestAdvice(t *testing.T) {
	for _, c := range []struct{ locale, title, ask, from, use, not, dropped, taken, look, proposed, unknown, gone string }{
		{"en-US", "Which way?", "Where should your goods go", "Mei answered your post", "Use It", "Do Not Use", "Not used", "Way of delivery: Amazon warehouse (FBA)", "This is advice", "in their own chat", "has no steps with me yet", "decided about this"},
		{"zh-CN", "走哪条路？", "您的货打算怎么走", "Mei在支持论坛里回复了您", "采用", "不采用", "没有采用", "配送方式：发往亚马逊仓", "仅供参考", "由本人决定", "还没有和小包开始", "已经处理过了"},
	} {
		t.Run(c.locale, func(t *testing.T) {
			s := discordtest.New(t)
			s.OpenForum(true)
			t.Setenv("DISCORD_TOKEN", discordtest.Token)
			t.Setenv("DISCORD_API_URL", s.API())
			start(t, time.Now, fresh(t, "discord:\n  forum:\n    channel: \""+discordtest.Forum+"\"\n    helpers: \"777\"\n")...)
			thread := s.Opens(discordtest.Person, c.title, "FBA?", time.Now())
			s.Event("THREAD_CREATE", s.Told(thread, true))
			s.Wait("the reply", func() bool { return len(s.Messages(thread)) == 2 })
			n := 0
			use := func(id, text string) {
				n++
				at := discordtest.Where{Guild: discordtest.Guild, Channel: thread, User: discordtest.Stranger, Locale: c.locale}
				s.Do(discordtest.WithRole(at.Use(n, id, discordtest.Stranger, text), "777"), true)
			}
			last := func(channel, person, want string) (found discordtest.Message) {
				t.Helper()
				s.Wait(want, func() bool {
					for _, m := range s.Messages(channel) {
						if m.Only == person && strings.Contains(m.Reads(), want) {
							found = m
						}
					}
					return found.ID != ""
				})
				return found
			}
			use("1200000000000000701", "FBA")
			last(thread, discordtest.Stranger, c.unknown)
			at := discordtest.InServer(c.locale)
			n++
			s.Do(at.Command(n, "step", "number", "1"))
			last(discordtest.Channel, discordtest.Person, c.ask)
			use("1200000000000000702", "FBA")
			last(thread, discordtest.Stranger, c.proposed)
			card := last(discordtest.Channel, discordtest.Person, c.from)
			n++
			s.Do(card.Pressed(n, at, c.not), true)
			last(discordtest.Channel, discordtest.Person, c.dropped)
			n++
			s.Do(card.Pressed(n, at, c.use), true)
			last(discordtest.Channel, discordtest.Person, c.gone)
			use("1200000000000000703", "Somebody told me that it depends on many things, so ask them")
			last(discordtest.Channel, discordtest.Person, c.look)
			before := len(s.Messages(discordtest.Channel))
			use("1200000000000000704", "FBA")
			s.Wait("the second proposal", func() bool { return len(s.Messages(discordtest.Channel)) > before })
			var second discordtest.Message
			s.Wait("its button", func() bool {
				for _, m := range s.Messages(discordtest.Channel)[before:] {
					if m.Pressed(1, at, c.use) != nil {
						second = m
					}
				}
				return second.ID != ""
			})
			n++
			s.Do(second.Pressed(n, at, c.use), true)
			last(discordtest.Channel, discordtest.Person, c.taken)
			for _, m := range s.Messages(thread) {
				if m.Only == "" && m.Author == discordtest.Bot && strings.Contains(m.Reads(), c.ask) {
					t.Error("everybody reads what the seller is asked")
				}
			}
			if f := s.Refused(); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
		})
	}
}
