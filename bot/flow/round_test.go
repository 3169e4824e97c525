package flow_test

import (
	"testing"

	"xiaobao/bot/flow"
)

// second walks the second step of the book from its goods to its end.
func (c *chat) second(name string) {
	c.Helper()
	c.asked("name")
	c.say("a", name)
	c.said("second.end")
}

// TestNextRound opens a finished step again, for the next shipment.
func TestNextRound(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "second")
	c.say("a", "24x18x12 in")
	c.say("a", "SKU-1, 10, 20")
	c.second("Lin")

	c.now = day(2)
	c.say("a", "reopen 2")
	if _, known := c.s.Slots["name"]; known {
		t.Error("what was to be forgotten is still there")
	}
	a := c.asked("goods")
	if len(a.Actions) == 0 || a.Actions[0].Verb != "keep" {
		t.Fatalf("the old table cannot be kept: %+v", a.Actions)
	}
	c.press("a", "keep", "lines")
	c.second("Min")
}

// TestSkippedHasNoRound opens a step again that was skipped: nothing was said for it that could be over.
func TestSkippedHasNoRound(t *testing.T) {
	c := newChat(t)
	c.do(flow.Told{Source: "test", Slots: map[string]string{"name": "Lin"}})
	c.now = day(2)
	c.press("a", "open", "second")
	c.say("a", "skip step")
	c.say("a", "later")
	c.now = day(3)
	c.say("a", "reopen 2")
	c.asked("known")
	if _, known := c.s.Slots["name"]; !known {
		t.Error("opening a skipped step forgot what was known")
	}
}

// TestRoundGoesOn offers the next step to open again once the first of a round is done, and keeps what that one asked for.
func TestRoundGoesOn(t *testing.T) {
	c := newChat(t)
	first := func() {
		c.Helper()
		c.asked("review")
		c.press("a", "done")
		call := c.call("test.check")
		c.do(flow.Answered{Call: call.ID, Name: call.Name, Person: "a"})
		if c.s.Steps["first"].Status != flow.Finished {
			c.press("a", "all_right")
		}
		c.said("first.end")
	}
	c.press("a", "open", "first")
	for _, answer := range []string{"Lin", "us", "no", "skip"} {
		c.say("a", answer)
	}
	first()
	c.press("a", "open", "second")
	c.say("a", "yes")
	c.say("a", "24x18x12 in")
	c.say("a", "SKU-1, 10, 20")
	c.said("second.end")
	c.said("step.all_done")

	c.now = day(2)
	c.say("a", "reopen 1")
	c.say("a", "yes")
	c.asked("name")
	c.say("a", "Min")
	c.say("a", "skip")
	first()
	c.said("step.finished_next")
	c.say("a", "next")
	if st := c.s.Steps["second"]; st.Status != flow.Active {
		t.Errorf("the next step of the round is %q, want it open again", st.Status)
	}
	c.asked("known")
	if got := c.s.Slots["name"].Value.Text; got != "Min" {
		t.Errorf("the name is %q, want what this round was told", got)
	}
}

// TestClearedIsDropped leaves an optional answer out that was offered again.
func TestClearedIsDropped(t *testing.T) {
	for name, leave := range map[string]func(c *chat){
		"skipped":     func(c *chat) { c.say("a", "skip") },
		"answered no": func(c *chat) { c.say("a", "no") },
		"cleared": func(c *chat) {
			c.do(flow.Submitted{By: by("a"), Token: c.tokens["a"], Values: map[string]string{"note": ""}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := newChat(t)
			c.press("a", "open", "first")
			for _, answer := range []string{"Lin", "us", "no", "a remark", "back"} {
				c.say("a", answer)
			}
			c.asked("note")
			leave(c)
			c.asked("review")
			if s, known := c.s.Slots["note"]; known {
				t.Errorf("the remark is still %q", s.Value.Text)
			}
		})
	}
}
