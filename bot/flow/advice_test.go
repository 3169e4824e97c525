package flow_test

import (
	"testing"

	"xiaobao/bot/flow"
)

// TestAdvice: what somebody answered elsewhere goes into a step when the person says so, once, and only while it is what is asked; whoever only
// looks is shown it and asked nothing, and nobody decides about what is another's.
func TestAdvice(t *testing.T) {
	c := calledChat(t)
	advise := func(id, text string) {
		c.Helper()
		c.do(flow.Answered{Call: id, Name: "advice", Person: "ann", Values: map[string]string{"by": "Mei", "text": text}})
	}
	advise("m1", "12")
	c.said("advice.ask")
	if _, ok := c.s.Slots["weight"]; ok {
		t.Error("it went into the step by itself")
	}
	c.press("bob", "advice", "m1")
	c.said("advice.gone")
	c.press("ann", "advice_no", "m1")
	c.said("advice.dropped")
	c.press("ann", "advice", "m1")
	c.said("advice.gone")
	advise("m2", "12")
	advise("m3", "13")
	c.press("ann", "advice", "m2")
	if got := c.s.Slots["weight"].Value.Text; got != "12" {
		t.Errorf("the weight is %q", got)
	}
	c.press("ann", "advice", "m3")
	c.said("advice.late")
	if got := c.s.Slots["weight"].Value.Text; got != "12" || c.s.Notes["advice:m3"] != "" {
		t.Errorf("the weight is %q, the notes %v", got, c.s.Notes)
	}
	advise("m4", "you had better ask your forwarder about that")
	c.said("advice.look")

	c = calledChat(t)
	looker := by("ann")
	looker.Looks = true
	c.do(flow.Said{By: looker, Text: "hi"})
	advise("m5", "12")
	c.said("advice.look")
}
