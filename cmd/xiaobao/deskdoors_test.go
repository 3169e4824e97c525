package main

import (
	"strings"
	"testing"

	"xiaobao/adapters/discord/discordtest"
)

// TestDeskThroughDoors: a seller who began on the web asks for a human in Slack; a helper answers in Discord's private thread, and the seller
// reads it in Slack, once, in their language.
func TestDeskThroughDoors(t *testing.T) {
	const room = "1000000000000000070"
	for _, c := range []struct{ lang, human, what, question, opened, answered, answer string }{
		{"en", "human", "Tell me in a sentence", "Seller Central shows another name for the service", "A human has your question", "has answered ticket T-", "Please send us a picture of that page."},
		{"zh-Hans", "人工", "请用一句话说说是什么问题", "后台显示的服务名称不一样", "人工已收到您的问题", "回复了工单 T-", "请把那个页面截图发给我们。"},
	} {
		t.Run(c.lang, func(t *testing.T) {
			w := newDoorway(t, c.lang, "discord:\n  forum:\n    helpers: \""+discordtest.Helpers+"\"\n    tickets: \""+room+"\"\n")
			w.discord.OpenDesk(room)
			w.doors[0].say("hi")
			w.wait("the ten steps", func() bool { return strings.Contains(w.doors[0].reads(), "10. ") })
			w.doors[0].say(map[string]string{"en": "start 1", "zh-Hans": "开始 1"}[c.lang])
			w.wait("a question", func() bool { return len(w.asking()) == 1 })
			w.moveOn()
			seller := w.doors[1]
			seller.say(c.human)
			w.wait(c.what, func() bool { return strings.Contains(seller.reads(), c.what) })
			seller.say(c.question)
			w.wait(c.opened, func() bool { return strings.Contains(seller.reads(), c.opened) })

			thread := ""
			w.wait("the question in a thread", func() bool {
				for _, x := range w.discord.Threads(room) {
					if m := w.discord.Messages(x.ID); len(m) > 0 && strings.Contains(m[0].Reads(), c.question) {
						thread = x.ID
					}
				}
				return thread != ""
			})
			helper := discordtest.Where{Guild: discordtest.Guild, Channel: thread, User: discordtest.Stranger, Locale: "zh-CN"}
			use := discordtest.WithRole(helper.Use(1, "1200000000000000777", discordtest.Stranger, c.answer), discordtest.Helpers)
			for range 2 {
				w.discord.Do(use, true)
			}
			w.wait("the answer in Slack", func() bool { return strings.Contains(seller.reads(), c.answer) })
			if r := seller.reads(); strings.Count(r, c.answer) != 1 || !strings.Contains(r, c.answered) {
				t.Errorf("the seller reads:\n%s", tail(r))
			}
			w.wait("the question to stand in Slack again, and nowhere else", func() bool {
				now := w.asking()
				return len(now) == 1 && strings.HasPrefix(now[0], "door 1")
			})
			if f := append(w.discord.Refused(), w.slack.Refused()...); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
		})
	}
}
