package flow_test

import (
	"strings"
	"testing"

	"xiaobao/bot/flow"
)

// TestRowsWait hands rows over in every way in which something may come between them and the word that takes them. Nothing is
// known until that word, and whatever was pressed late, twice or by mistake changes nothing.
func TestRowsWait(t *testing.T) {
	hand := func(c *chat, text string) { c.Helper(); c.do(flow.Read{By: by("a"), Slot: "lines", Text: text}) }
	known := func(c *chat) int { return len(c.s.Slots["lines"].Value.Rows) }
	goods := func(t *testing.T) *chat {
		c := newChat(t)
		c.press("a", "open", "second")
		c.say("a", "24x18x12 in")
		c.asked("goods")
		return c
	}
	nothing := func(c *chat) {
		c.Helper()
		if n := known(c); n != 0 {
			c.Fatalf("%d rows were taken", n)
		}
	}
	t.Run("taken, and taken back", func(t *testing.T) {
		c := goods(t)
		hand(c, "SKU-1, 10, 20\nSKU-2, 1, 2")
		nothing(c)
		first := c.tokens["a"]
		c.asked("take")
		c.press("a", "take")
		c.said("take.taken")
		if known(c) != 2 {
			t.Fatalf("%d rows", known(c))
		}
		c.do(flow.Chose{By: by("a"), Token: first, Action: "discard"}) // the old card again
		c.do(flow.Chose{By: by("a"), Token: first, Action: "take"})
		if known(c) != 2 {
			t.Fatalf("%d rows after a second press", known(c))
		}
		c.say("a", "undo")
		nothing(c)
		c.asked("goods")
	})
	t.Run("another file in its place", func(t *testing.T) {
		c := goods(t)
		hand(c, "SKU-1, 10, 20\nSKU-2, 1, 2")
		old := c.tokens["a"]
		hand(c, "SKU-3, 1, 1")
		c.do(flow.Chose{By: by("a"), Token: old, Action: "take"})
		nothing(c)
		c.press("a", "take")
		if known(c) != 1 || len(c.s.People["a"].Stack) != 0 {
			t.Fatalf("%+v", c.s.Slots["lines"])
		}
	})
	t.Run("discarded", func(t *testing.T) {
		for _, leave := range []func(*chat){
			func(c *chat) { c.press("a", "discard") },
			func(c *chat) { c.say("a", "no") },
			func(c *chat) { c.say("a", "undo") },
			func(c *chat) { c.say("a", "cancel") },
			func(c *chat) { c.say("a", "back") },
		} {
			c := goods(t)
			hand(c, "SKU-1, 10, 20")
			leave(c)
			nothing(c)
			c.asked("goods")
		}
	})
	t.Run("a colleague was faster", func(t *testing.T) {
		c := goods(t)
		hand(c, "SKU-1, 10, 20")
		c.press("b", "open", "second")
		c.say("b", "SKU-9, 1, 1")
		c.press("a", "take")
		c.said("said.colleague")
		if got := c.s.Slots["lines"].Value.Rows; len(got) != 1 || got[0][0] != "SKU-9" {
			t.Fatalf("the colleague's rows became %v", got)
		}
	})
	t.Run("refused", func(t *testing.T) {
		c := goods(t)
		hand(c, "SKU-1, ten, 20\nSKU-2") // rows that cannot be read do not wait
		nothing(c)
		if len(c.s.People["a"].Stack) != 0 {
			t.Fatal("rows that cannot be right wait")
		}
		hand(c, "SKU-1, 10, 101") // a check of the slot refuses them
		c.press("a", "take")
		nothing(c)
		c.said("slot.lines.check.heavy")
		hand(c, strings.Repeat("SKU-1, 10, 20\n", 512<<10/10))
		c.said("said.too_long")
		hand(c, "SKU-1, 10, 20, 4111 1111 1111 1111")
		c.said("secret.not_kept")
		nothing(c)
		if len(c.s.People["a"].Stack) != 0 {
			t.Fatal("what must not be kept waits")
		}
	})
	t.Run("nothing was asked", func(t *testing.T) {
		c := newChat(t)
		c.say("a", "hi")
		hand(c, "SKU-1, 10, 20")
		nothing(c)
		c.do(flow.Read{By: by("z"), Slot: "no such slot", Text: "x"}) // somebody nobody has met
		nothing(c)
	})
	t.Run("while looking", func(t *testing.T) {
		c := goods(t)
		looker := by("v")
		looker.Looks = true
		c.do(flow.Read{By: looker, Slot: "lines", Text: "SKU-1, 10, 20"})
		c.said("viewer.looks")
		nothing(c)
	})
}
