package flow_test

import (
	"slices"
	"testing"

	"xiaobao/bot/flow"
)

// TestViewer lets somebody who may only look do everything anybody can do in the middle of a colleague's step: nothing that is
// known, no step and no question of a step changes, whatever they say, press or send; what is only looking is answered.
func TestViewer(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	c.asked("name")
	looker := by("v")
	looker.Looks = true
	say := func(text string) { c.Helper(); c.do(flow.Said{By: looker, Text: text}) }
	press := func(action string, values ...string) {
		c.Helper()
		c.do(flow.Chose{By: looker, Token: c.tokens["a"], Action: action, Values: values})
	}
	say("hi")
	before := c.s
	unchanged := func(what string) {
		c.Helper()
		if len(c.s.Slots) != len(before.Slots) || c.s.Steps["first"].Turn != before.Steps["first"].Turn || c.s.Steps["first"].Status != before.Steps["first"].Status || c.s.Steps["second"].Status != before.Steps["second"].Status {
			t.Errorf("%s changed something: %+v", what, c.s)
		}
		if k := c.s.People["v"]; k.Focus != "" {
			t.Errorf("%s put the viewer into %s", what, k.Focus)
		}
	}
	for _, verb := range []string{"next", "back", "undo", "cancel", "change", "why", "example", "skip", "skip_step", "reopen", "stuck", "erase", "invite", "invite_viewer", "watch", "share"} {
		press(verb, "first")
		c.said("viewer.looks")
		unchanged(verb)
		if slices.ContainsFunc(c.effects, func(e flow.Effect) bool { _, ok := e.(flow.Call); return ok }) {
			t.Errorf("%s asked another room: %v", verb, c.lines())
		}
	}
	for _, text := range []string{"open 1", "1", "step 2", "Lin", "yes", "skip", "change name", "erase"} {
		say(text)
		unchanged(text)
	}
	say("open 1")
	c.said("viewer.how")
	for _, action := range []string{"answer", "keep", "all_right", "done", "still", "problem", "pick", "retry", "erase_now"} {
		press(action, "name")
		unchanged(action)
	}
	press("open", "first")
	c.said("viewer.looks")
	c.do(flow.Submitted{By: looker, Token: c.tokens["a"], Values: map[string]string{"name": "Lin"}})
	c.said("viewer.looks")
	unchanged("a form")

	say("status")
	if slices.Contains(c.lines(), "viewer.looks") {
		t.Error("may not ask where things stand")
	}
	say("help")
	c.said("help.intro")
	press("language", "zh-Hans")
	c.said("language.now")
	press("export")
	c.call("case.export")
	say("password: hunter2hunter2")
	c.said("secret.not_kept")

	// What is asked of them alone they may answer: how they want to be told, and the code of another case.
	press("quiet")
	c.asked("quiet")
	press("join")
	c.asked("join")
	say("K7QF2MZP")
	c.call("case.join")
	unchanged("joining")

	// Invited to work on it after all, they may.
	looker.Looks = false
	press("open", "first")
	c.asked("name")
	c.do(flow.Said{By: looker, Text: "Lin"})
	if c.s.Slots["name"].By != "v" {
		t.Errorf("the answer of a colleague: %+v", c.s.Slots["name"])
	}
}
