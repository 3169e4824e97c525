package flow_test

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot/flow"
)

// Where there are no forms, the fields of one are asked one at a time, and everything is about the one that is asked.
func TestSingly(t *testing.T) {
	c := newChat(t)
	who := by("ann")
	who.Singly = true
	say := func(text string) { t.Helper(); c.do(flow.Said{By: who, Text: text}) }
	one := func(slot string, part int) *flow.Ask {
		t.Helper()
		a := c.asked("goods")
		if len(a.Fields) != 1 || a.Fields[0].Slot != slot || a.Part != part || a.Parts != 2 {
			t.Fatalf("asked %+v, part %d of %d; want %s, part %d of 2", a.Fields, a.Part, a.Parts, slot, part)
		}
		return a
	}
	say("hi")
	say("1")
	say("Lin") // the name, which is asked first
	first := one("where", 1)
	say("")
	c.said("said.empty") // nothing is on show that could be kept
	say("why")
	if lines := c.lines(); !slices.Contains(lines, "slot.where.why") || slices.Contains(lines, "slot.battery.why") {
		t.Errorf("why said %v, want of the field that is asked only", lines)
	}
	one("where", 1)
	c.do(flow.Chose{By: who, Token: lastAsk(c.effects).Token, Action: "answer", Values: []string{first.Fields[0].Options[0].Value}})
	one("battery", 2)

	kept := c.s.Slots["where"].Value
	say("change where")
	if a := c.asked("change"); a.Fields[0].Slot != "where" {
		t.Fatalf("asked %+v, want where", a)
	}
	say("")
	one("battery", 2)
	if diff := cmp.Diff(kept, c.s.Slots["where"].Value); diff != "" || len(kept.List) != 1 {
		t.Errorf("the Enter key did not keep %v:\n%s", kept, diff)
	}
}
