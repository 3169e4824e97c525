package flow_test

import (
	"slices"
	"testing"

	"xiaobao/bot/flow"
)

// TestTakenOver: a step is asked about at one place, where it was worked on last; whoever touches a card that went gets it back, and
// what was filled in meanwhile counts as long as nobody else has answered.
func TestTakenOver(t *testing.T) {
	c := newChat(t)
	live := func(want string) {
		t.Helper()
		got := ""
		for _, p := range []string{"a", "b", "c"} {
			if c.s.People[p].Live != "" {
				got += p
			}
		}
		if got != want {
			t.Errorf("something is asked of %q, want %q", got, want)
		}
	}
	c.press("a", "open", "first")
	live("a")
	c.press("b", "open", "first")
	live("b")
	c.do(flow.Chose{By: by("a"), Token: c.tokens["a"], Action: "answer", Values: []string{"Lin"}}) // nobody has answered: it counts
	c.asked("goods")
	live("a")
	if got := c.s.Slots["name"].Value.Text; got != "Lin" {
		t.Errorf("name %q, want what was pressed on the card that went", got)
	}
	c.do(flow.Chose{By: by("b"), Token: c.tokens["b"], Action: "answer", Values: []string{"Wang"}}) // somebody has
	c.said("said.colleague")
	c.asked("goods")
	live("b")
	if got := c.s.Slots["name"]; got.Value.Text != "Lin" || len(got.Was) != 0 {
		t.Errorf("the second answer was applied: %+v", got)
	}
}

// TestChange corrects an answer, sees what it affects, and changes it back.
func TestChange(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	c.say("a", "Lin")
	c.say("a", "us")
	c.say("a", "yes")
	c.say("a", "60")
	c.asked("note")
	before := c.s
	c.say("a", "change battery")
	a := c.asked("change")
	if !slices.ContainsFunc(a.Lead, func(l flow.Line) bool { return l.ID == "change.affects" }) {
		t.Errorf("changing battery does not say what it affects: %+v", a.Lead)
	}
	c.say("a", "no")
	c.asked("note") // nobody asks for the watts any more, so they need no look
	c.say("a", "change where")
	c.say("a", "us, de")
	c.asked("vat") // the branch that the change has opened
	c.say("a", "change where")
	c.say("a", "us")
	c.asked("note") // and closed again
	c.say("a", "change battery")
	c.say("a", "yes")
	c.asked("look")
	c.press("a", "keep", "watts")
	c.asked("note")
	for slot, s := range before.Slots {
		if got := c.s.Slots[slot].Value; got.Text != s.Value.Text || !slices.Equal(got.List, s.Value.List) {
			t.Errorf("%s is %+v after changing it and back, want %+v", slot, got, s.Value)
		}
	}
	if was := c.s.Slots["battery"].Was; len(was) != 2 {
		t.Errorf("battery remembers %d old values, want 2", len(was))
	}
}

// TestBackAndUndo goes back a question and takes an answer back.
func TestBackAndUndo(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	c.say("a", "back")
	c.said("back.first")
	c.say("a", "Lin")
	c.say("a", "back")
	a := c.asked("name")
	if a.Actions[0].Verb != "keep" {
		t.Errorf("going back does not offer to keep the answer: %+v", a.Actions)
	}
	c.press("a", "keep", "name")
	c.asked("goods")
	c.say("a", "undo")
	c.asked("name")
	if _, known := c.s.Slots["name"]; known {
		t.Error("undo did not take the answer back")
	}
	c.say("a", "Wang")
	c.asked("goods")
}

// TestWait climbs the ladder, collapses what is late, and begins anew when someone says it still lasts.
func TestWait(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	for _, text := range []string{"Lin", "us", "no", "skip"} {
		c.say("a", text)
	}
	c.asked("review")
	c.now = day(4)
	c.do(flow.TimePassed{Name: "wait:first"})
	c.said("wait.remind")
	if at := c.wake("wait:first"); !at.Equal(day(7)) {
		t.Errorf("next rung at %v, want %v", at, day(7))
	}
	c.do(flow.TimePassed{Name: "wait:first"})
	if slices.Contains(c.lines(), "wait.remind") {
		t.Error("a timer that came twice reminded twice")
	}
	c.press("a", "still")
	if at := c.wake("wait:first"); !at.Equal(day(7)) {
		t.Errorf("after “still waiting” the next reminder is at %v, want %v", at, day(7))
	}
	c.now = day(28) // the process was away: three rungs are due, one is said
	c.do(flow.TimePassed{Name: "wait:first"})
	c.said("wait.ticket")
	c.call("ticket.open")
	if slices.Contains(c.lines(), "wait.remind") || slices.Contains(c.lines(), "first.review.help") {
		t.Errorf("late rungs were not collapsed: %v", c.lines())
	}
	if c.s.Steps["first"].Rung != 3 {
		t.Errorf("rung %d, want 3", c.s.Steps["first"].Rung)
	}
}

// TestSilence reminds once per rung, however the timer comes, and stops at “pause”.
func TestSilence(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	if at := c.wake("silence"); !at.Equal(day(3)) {
		t.Fatalf("silence at %v, want %v", at, day(3))
	}
	c.now = day(3)
	c.do(flow.TimePassed{Name: "silence"})
	c.said("silence.nudge_step")
	c.asked("name")
	c.do(flow.TimePassed{Name: "silence"})
	if slices.Contains(c.lines(), "silence.nudge_step") {
		t.Error("reminded twice for one silence")
	}
	c.say("a", "cancel")
	c.now = day(20)
	c.do(flow.TimePassed{Name: "silence"})
	if len(c.lines()) != 0 {
		t.Errorf("reminded after a pause: %v", c.lines())
	}
}

// TestQuestionInTheMiddle answers a question and comes back to the step.
func TestQuestionInTheMiddle(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	c.say("a", "What is AGL?")
	c.said("question:F01")
	c.asked("name")
	if _, known := c.s.Slots["name"]; known {
		t.Error("a question was taken for the answer")
	}
	c.say("a", "Whose name goes in here?") // nobody knows, and it is no name either
	c.said("said.no_answer")
	c.asked("name")
	if _, known := c.s.Slots["name"]; known {
		t.Error("a question without an answer was taken for the answer")
	}
	c.say("a", "Lin")
	c.asked("goods")
}

// TestNumberAfterTheList opens the step of a number that follows the list of steps, though a question is open.
func TestNumberAfterTheList(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	c.say("a", "steps")
	c.say("a", "2")
	if got := c.s.People["a"].Focus; got != "second" {
		t.Errorf("2 after the list leads to %q", got)
	}
	c.press("a", "open", "first")
	c.asked("name")
	c.say("a", "2")
	if got := c.s.Slots["name"].Value.Text; got != "2" {
		t.Errorf("without the list the answer is %q", got)
	}
}

// TestStepsInAnyOrder starts later steps first, skips with a reason, reopens, and confirms what is known.
func TestStepsInAnyOrder(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "second")
	c.said("step.early")
	c.said("size.measure")
	c.asked("size")
	c.say("a", "24x18x12 in")
	c.asked("goods")
	c.say("a", "SKU-1, 10, 20\nSKU-2\t1.5\t3")
	c.said("fault.row")
	c.say("a", "SKU-1, 10, 20, fragile\nSKU-2\t1\t3")
	c.said("second.big")
	c.asked("name")
	c.say("a", "Lin")
	c.said("second.end")
	c.press("a", "open", "first")
	k := c.asked("known")
	if len(k.Facts) != 1 {
		t.Fatalf("known beforehand: %+v, want the name", k.Facts)
	}
	c.say("a", "yes")
	c.asked("goods")
	c.now = day(2)
	c.say("a", "skip step")
	c.asked("skip_step")
	c.say("a", "we do this elsewhere")
	if st := c.s.Steps["first"]; st.Status != flow.Skipped || st.Reason != "we do this elsewhere" {
		t.Errorf("skipped step is %+v", st)
	}
	c.say("a", "reopen")
	c.asked("known")
}

// TestYesToPastedNumbers follows what was pasted when the person says yes next, whatever others and the carriers did meanwhile, and not once the
// person has said or pressed anything else. Pasted again it counts again.
func TestYesToPastedNumbers(t *testing.T) {
	for _, x := range []struct {
		name  string
		first func(c *chat)
		want  int
	}{
		{"at once", func(*chat) {}, 1},
		{"after a colleague and news", func(c *chat) {
			c.say("b", "hello")
			c.do(flow.Told{Source: "simulator"})
			c.do(flow.TimePassed{Name: "reminder"})
		}, 1},
		{"after something else", func(c *chat) { c.say("a", "steps") }, 0},
		{"after a press", func(c *chat) { c.press("a", "status", "") }, 0},
		{"after a yes", func(c *chat) { c.say("a", "yes") }, 0},
		{"pasted again", func(c *chat) { c.say("a", "steps"); c.say("a", "SIM1") }, 1},
	} {
		c := newChat(t)
		c.say("a", "hello")
		c.say("a", "SIM1")
		c.said("numbers.found")
		x.first(c)
		c.say("a", "yes")
		got := 0
		for _, e := range c.effects {
			if call, ok := e.(flow.Call); ok && call.Name == "shipment.watch" {
				got++
			}
		}
		if got != x.want {
			t.Errorf("%s: %d numbers are followed, want %d", x.name, got, x.want)
		}
	}
}
