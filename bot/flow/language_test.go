package flow_test

import (
	"testing"

	"xiaobao/bot/flow"
)

// TestFirstTypedLine: a language that nobody chose follows the first line that somebody types, if that line tells one and is no answer.
func TestFirstTypedLine(t *testing.T) {
	for _, x := range []struct {
		name, reported string
		play           func(c *chat)
		want           string
	}{
		{"Chinese where English was guessed", "en", func(c *chat) { c.say("a", "你好") }, "zh"},
		{"a sentence where Chinese was guessed", "zh", func(c *chat) { c.say("a", "how do I start?") }, "en"},
		{"everybody says hello", "zh", func(c *chat) { c.say("a", "hello") }, "zh"},
		{"a number tells nothing", "zh", func(c *chat) { c.say("a", "1Z999AA10123456784 and FBA15DJ8K2Q9 too") }, "zh"},
		{"the second line changes nothing", "en", func(c *chat) { c.say("a", "hello"); c.say("a", "你好") }, "en"},
		{"a chosen language stays", "en", func(c *chat) { c.press("a", "language", "en"); c.say("a", "你好") }, "en"},
		{"a Chinese name is an answer", "en", func(c *chat) { c.press("a", "open", "first"); c.say("a", "深圳林氏贸易有限公司") }, "en"},
	} {
		t.Run(x.name, func(t *testing.T) {
			c := newChat(t)
			greeted := by("a")
			greeted.Lang = x.reported
			c.do(flow.Chose{By: greeted, Action: "repeat"}) // the greeting comes before anything is typed
			x.play(c)
			if got := c.s.People["a"].Lang; got[:2] != x.want {
				t.Errorf("now in %q, want %q", got, x.want)
			}
		})
	}
}
