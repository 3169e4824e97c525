package flow_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot/flow"
)

func day(n int) time.Time { return time.Date(2026, 12, n, 9, 0, 0, 0, time.UTC) }

func by(person string) flow.By {
	return flow.By{Person: person, Name: strings.ToUpper(person), Place: "place-" + person, Lang: "en"}
}

func lastAsk(effects []flow.Effect) *flow.Ask {
	for _, e := range slices.Backward(effects) {
		if a, ok := e.(flow.Ask); ok {
			return &a
		}
	}
	return nil
}

// chat plays events against a book, through JSON, and keeps what was said last.
type chat struct {
	*testing.T
	b       *flow.Book
	s       flow.State
	now     time.Time
	effects []flow.Effect
	tokens  map[string]string
}

func newChat(t *testing.T) *chat {
	return &chat{T: t, b: book(t), s: flow.State{Seed: "seed"}, now: day(1), tokens: map[string]string{}}
}

func (c *chat) do(e flow.Event) {
	c.Helper()
	data, err := json.Marshal(c.s)
	if err != nil {
		c.Fatal(err)
	}
	var s flow.State
	if err := json.Unmarshal(data, &s); err != nil {
		c.Fatal(err)
	}
	c.s, c.effects = c.b.Advance(s, e, c.now)
	for _, e := range c.effects {
		if a, ok := e.(flow.Ask); ok {
			c.tokens[a.To.Person] = a.Token
		}
	}
}

func (c *chat) say(person, text string) { c.Helper(); c.do(flow.Said{By: by(person), Text: text}) }

func (c *chat) press(person, action string, values ...string) {
	c.Helper()
	c.do(flow.Chose{By: by(person), Token: c.tokens[person], Action: action, Values: values})
}

// asked fails unless the last turn asked at the node.
func (c *chat) asked(node string) *flow.Ask {
	c.Helper()
	a := lastAsk(c.effects)
	if a == nil {
		c.Fatalf("nothing was asked, want %s; effects: %+v", node, c.effects)
	}
	if a.Node != node {
		c.Fatalf("asked %s, want %s", a.Node, node)
	}
	return a
}

// said fails unless the last turn named the message.
func (c *chat) said(id string) {
	c.Helper()
	if !slices.Contains(c.lines(), id) {
		c.Fatalf("did not say %s; said %v", id, c.lines())
	}
}

func (c *chat) lines() []string {
	var out []string
	for _, e := range c.effects {
		switch e := e.(type) {
		case flow.Speak:
			for _, l := range e.Lines {
				out = append(out, l.ID)
			}
		case flow.Ask:
			for _, l := range append(e.Lead, e.Question...) {
				out = append(out, l.ID)
			}
		case flow.Close:
			for _, l := range e.Lines {
				out = append(out, l.ID)
			}
		case flow.Explain:
			out = append(out, e.Entry)
		case flow.Call:
			out = append(out, "call:"+e.Name)
		case flow.Show:
			out = append(out, "show:"+e.Sheet.ID)
		}
	}
	return out
}

func (c *chat) call(name string) flow.Call {
	c.Helper()
	for _, e := range c.effects {
		if x, ok := e.(flow.Call); ok && x.Name == name {
			return x
		}
	}
	c.Fatalf("did not call %s; effects: %v", name, c.lines())
	return flow.Call{}
}

func (c *chat) wake(name string) time.Time {
	c.Helper()
	for _, e := range slices.Backward(c.effects) {
		if w, ok := e.(flow.Wake); ok && w.Name == name {
			return w.At
		}
	}
	c.Fatalf("no timer %s was set", name)
	return time.Time{}
}

// TestWholeStep walks a step from its beginning to its output.
func TestWholeStep(t *testing.T) {
	c := newChat(t)
	c.say("a", "hello")
	c.said("hello.who")
	c.say("a", "step 1")
	c.said("first.intro")
	c.asked("name")
	c.say("a", "Lin")
	c.asked("goods")
	c.do(flow.Submitted{By: by("a"), Token: c.tokens["a"], Values: map[string]string{"where": "us\nde", "battery": "maybe"}})
	a := c.asked("goods")
	if len(a.Fields) != 1 || a.Fields[0].Slot != "battery" || a.Fields[0].Fault == nil || a.Fields[0].Value != "maybe" {
		t.Fatalf("after one wrong field: got %+v, want battery with its fault and what was typed", a.Fields)
	}
	c.say("a", "yes")
	c.asked("watts")
	c.say("a", "2000")
	c.said("slot.watts.check.absurd")
	if _, known := c.s.Slots["watts"]; known {
		t.Error("a refused value was kept")
	}
	c.say("a", "200")
	c.said("slot.watts.check.high")
	c.asked("vat")
	c.say("a", "DE123")
	c.asked("note")
	c.say("a", "skip")
	c.asked("review")
	if at := c.wake("wait:first"); !at.Equal(day(4)) {
		t.Errorf("reminder at %v, want %v", at, day(4))
	}
	if c.s.Steps["first"].Status != flow.Waiting {
		t.Errorf("status %q, want waiting", c.s.Steps["first"].Status)
	}
	c.press("a", "done")
	call := c.call("test.check")
	if call.Args["name"] != "Lin" || call.Args["big"] != "yes" {
		t.Errorf("call with %v", call.Args)
	}
	c.say("a", "is it there")
	c.said("do.held")
	c.do(flow.Answered{Call: call.ID, Name: call.Name, Person: "a", Values: map[string]string{"note": "checked", "vat": "not mine to set"}})
	if got := c.s.Slots["note"].Value.Text; got != "checked" {
		t.Errorf("note %q, want what the call answered", got)
	}
	if got := c.s.Slots["vat"].Value.Text; got != "DE123" {
		t.Errorf("a call set a slot it does not save: %q", got)
	}
	c.said("confirm.how") // the line that was held, taken up
	c.press("a", "all_right")
	c.said("first.end")
	c.said("show:first.summary")
	if st := c.s.Steps["first"]; st.Status != flow.Finished {
		t.Errorf("status %q, want done", st.Status)
	}
}

// TestSecretsAreNotKept pastes secrets everywhere an answer goes.
func TestSecretsAreNotKept(t *testing.T) {
	for _, secret := range []string{"4111 1111 1111 1111", "password: hunter2hunter2", "验证码 482913", "身份证 11010519491231002X"} {
		c := newChat(t)
		c.say("a", "hello")
		c.say("a", "step 1")
		c.say("a", secret)
		c.said("secret.not_kept")
		c.do(flow.Submitted{By: by("a"), Token: c.tokens["a"], Values: map[string]string{"name": secret}})
		c.said("secret.not_kept")
		c.say("a", "stuck")
		c.say("a", "my problem is "+secret)
		data, _ := json.Marshal(c.s)
		for _, part := range []string{"4111", "hunter2", "482913", "11010519491231002X"} {
			if strings.Contains(string(data), part) {
				t.Errorf("the case holds %q after %q was pasted", part, secret)
			}
		}
	}
}

// TestButtons presses stale, double and foreign buttons.
func TestButtons(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	old := c.tokens["a"]
	c.say("a", "Lin")
	c.asked("goods")
	c.do(flow.Chose{By: by("a"), Token: old, Action: "answer", Values: []string{"Lin"}})
	if len(c.effects) != 0 {
		t.Errorf("the card answered a moment ago, pressed again: got %v, want nothing", c.lines())
	}
	c.do(flow.Chose{By: by("a"), Token: "forged", Action: "answer", Values: []string{"x"}})
	c.said("said.old_card")
	c.asked("goods")
	if got := c.s.Slots["name"].Value.Text; got != "Lin" {
		t.Errorf("a forged button changed the answer to %q", got)
	}
}

// TestTwoPeople has a colleague answer the question that is on someone's screen.
func TestTwoPeople(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	c.press("b", "open", "first")
	c.asked("name")
	c.say("b", "Wang")
	c.asked("goods")
	c.press("a", "answer", "Lin")
	c.said("said.colleague")
	c.asked("goods")
	if got := c.s.Slots["name"].Value.Text; got != "Wang" {
		t.Errorf("name %q, want the first answer", got)
	}
	if h := c.s.Slots["name"].Was; len(h) != 0 {
		t.Errorf("the second answer was applied: %v", h)
	}
}

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

// TestFieldByField goes back within a form that is filled in one field after the other, keeps with a plain yes and leaves out
// with a plain no.
func TestFieldByField(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	c.say("a", "Lin")
	c.say("a", "de")
	if got := c.asked("goods").Fields[0].Slot; got != "battery" {
		t.Fatalf("asks %s after the first field", got)
	}
	c.say("a", "back")
	a := c.asked("goods")
	if a.Fields[0].Slot != "where" || a.Fields[0].Value != "de" {
		t.Errorf("back within a form asks %+v", a.Fields[0])
	}
	c.say("a", "back") // nothing before it in the form: the question before
	c.asked("name")
	c.say("a", "yes")
	if got := c.s.Slots["name"].Value.Text; got != "Lin" {
		t.Errorf("a plain yes made the name %q", got)
	}
	c.asked("goods")
	c.say("a", "de")
	c.say("a", "no")
	c.say("a", "DE123")
	c.asked("note")
	c.say("a", "no")
	if s, known := c.s.Slots["note"]; known {
		t.Errorf("a plain no was kept as the note %q", s.Value.Text)
	}
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

// TestWrongAnswers explains after some tries and offers a human after more.
func TestWrongAnswers(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	c.say("a", "Lin")
	for i := 1; i <= 5; i++ {
		c.say("a", "xyzzy")
		explained := slices.Contains(c.lines(), "slot.where.why")
		if explained != (i >= 3) {
			t.Errorf("try %d: explained %v", i, explained)
		}
		if human := slices.Contains(c.lines(), "said.human"); human != (i >= 5) {
			t.Errorf("try %d: human offered %v", i, human)
		}
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

// TestLimits sends too much of everything.
func TestLimits(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "first")
	c.say("a", strings.Repeat("长", 50_000))
	c.said("said.too_long")
	c.say("a", "\u202e\u200b\x00\x07")
	c.said("said.empty")
	c.say("a", strings.Repeat("x", 50))
	c.said("fault.text_max")
	for range 30 {
		c.say("a", "stuck")
		c.say("a", "change")
		c.say("a", "erase")
	}
	if n := len(c.s.People["a"].Stack); n > 6 {
		t.Errorf("%d interruptions on top of each other", n)
	}
}

// TestCheckNamesItsRows lets a check's message say what it found.
func TestCheckNamesItsRows(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "second")
	c.say("a", "24x18x12 in")
	c.asked("goods")
	table := "SKU-0, 2, 10"
	for i := range 12 {
		table += fmt.Sprintf("\nSKU-%d, 1, 200", i+1)
	}
	c.say("a", table)
	c.said("slot.lines.check.heavy")
	for _, e := range c.effects {
		s, ok := e.(flow.Speak)
		if !ok || s.Lines[0].ID != "slot.lines.check.heavy" {
			continue
		}
		which := s.Lines[0].Args[0]
		if which.Name != "Which" || which.Kind != flow.KindSeveral || len(which.List) != 11 || which.List[0].Text != "SKU-1" || which.List[10].Text != "… (12)" {
			t.Errorf("the rows that are too heavy: %+v", which)
		}
	}
	c.say("a", "SKU-1, 10, 20")
	c.said("second.big")
}

// TestPastedTables reads tables as spreadsheets give them.
func TestPastedTables(t *testing.T) {
	want := [][]string{{"A-1", "10", "20", "soft, red"}, {"A-2", "1", "3", ""}}
	for name, text := range map[string]string{
		"tabs":                  "A-1\t10\t20\tsoft, red\nA-2\t1\t3\t",
		"no header, more cells": "A-1\t10\t20\tsoft, red\t\t\nA-2\t1\t3\t\t\t",
		"header":                "SKU\tCartons\tUnits\tRemark\nA-1\t10\t20\tsoft, red\nA-2\t1\t3",
		"other order":           "No.\tunits\tRemark\tcartons\tsku\n1\t20\tsoft, red\t10\tA-1\n2\t3\t\t1\tA-2",
		"unknown header":        "货号\t箱\t件\t备注\nA-1\t10\t20\tsoft, red\nA-2\t1\t3\t",
		"half a header":         "sku,boxes,per box,note\nA-1,10,20,\"soft, red\"\nA-2,1,3,",
		"quotes":                "\"A-1\",10,20,\"soft, red\"\n\"A-2\",\"1\",3",
		"bars":                  "| A-1 | 10 | 20 | soft, red |\r\n| A-2 | 1 | 3 | |\r\n\r\n",
	} {
		c := newChat(t)
		c.press("a", "open", "second")
		c.say("a", "24x18x12 in")
		c.asked("goods")
		c.say("a", text)
		if diff := cmp.Diff(want, c.s.Slots["lines"].Value.Rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for name, text := range map[string]string{"one line that is no row": "sku, cartons, units", "a first row with a mistake": "A-1, ten1x, 20\nA-2, 1, 3"} {
		c := newChat(t)
		c.press("a", "open", "second")
		c.say("a", "24x18x12 in")
		c.say("a", text)
		c.said("fault.row")
		if len(c.s.Slots["lines"].Value.Rows) > 0 {
			t.Errorf("%s: accepted", name)
		}
	}
}

// TestMute keeps a wish about one shipment or about all, and leaves a name that only begins like the verb alone.
func TestMute(t *testing.T) {
	c := newChat(t)
	wish := func() flow.Wish {
		t.Helper()
		for _, e := range c.effects {
			if m, ok := e.(flow.Wish); ok {
				return m
			}
		}
		t.Fatalf("no wish; said %v", c.lines())
		return flow.Wish{}
	}
	c.say("a", "hello")
	c.say("a", "mute")
	c.said("mute.all")
	if diff := cmp.Diff(flow.Wish{Person: "a", Kind: flow.Mute}, wish()); diff != "" {
		t.Error(diff)
	}
	c.say("a", "mute simo us1")
	c.said("mute.one")
	if diff := cmp.Diff(flow.Wish{Person: "a", Kind: flow.Mute, About: "SIMOUS1"}, wish()); diff != "" {
		t.Error(diff)
	}
	c.press("a", "mute", "SIMOUS1")
	c.said("mute.one")
	c.say("a", "unmute")
	c.said("mute.off")
	if diff := cmp.Diff(flow.Wish{Person: "a", Kind: flow.Unmute}, wish()); diff != "" {
		t.Error(diff)
	}
	c.say("a", "unmute simo us1")
	c.said("mute.one_off")
	if diff := cmp.Diff(flow.Wish{Person: "a", Kind: flow.Unmute, About: "SIMOUS1"}, wish()); diff != "" {
		t.Error(diff)
	}
	c.say("a", "mute 22:00-08:00")
	c.said("notices.quiet_on")
	if diff := cmp.Diff(flow.Wish{Person: "a", Kind: flow.Quiet, From: 22 * 60, To: 8 * 60}, wish()); diff != "" {
		t.Error(diff)
	}
	c.say("a", "mute 4 hours")
	if got := wish(); got.Kind != flow.Snooze || got.About != "" {
		t.Errorf("muted for some hours: %+v", got)
	}
	c.press("a", "open", "first")
	c.say("a", "Mute Trading")
	if _, known := c.s.Slots["name"]; slices.Contains(c.lines(), "mute.one") {
		t.Errorf("a name was taken for a wish (name known: %v)", known)
	}
}

// TestOvertaken leaves a question that a source makes pointless.
func TestOvertaken(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "second")
	c.say("a", "24x18x12 in")
	c.asked("goods")
	c.say("a", "SKU-1, 1, 1")
	c.asked("name")
	c.do(flow.Told{Source: "s", Slots: map[string]string{"more": "yes"}})
	if len(c.lines()) != 0 {
		t.Errorf("said %v to what does not concern the question", c.lines())
	}
	c.do(flow.Told{Source: "s", Slots: map[string]string{"lines": "SKU-1, 100, 100"}})
	c.said("second.end")
}

// TestWishes reads wishes about notifications, asks for them where they are not said, and refuses what is none.
func TestWishes(t *testing.T) {
	c := newChat(t)
	last := func() (w flow.Wish) {
		for _, e := range c.effects {
			if x, ok := e.(flow.Wish); ok {
				w = x
			}
		}
		w.Person = ""
		return w
	}
	c.say("a", "hello")
	for _, x := range []struct {
		text string
		want flow.Wish
		said string
	}{
		{"quiet 22:00-08:00", flow.Wish{Kind: flow.Quiet, From: 1320, To: 480}, "notices.quiet_on"},
		{"quiet off", flow.Wish{Kind: flow.Quiet}, "notices.quiet_off"},
		{"digest daily", flow.Wish{Kind: flow.Digest, Every: "day", Day: 1, Minute: 540}, "notices.digest_daily"},
		{"digest daily 18:30", flow.Wish{Kind: flow.Digest, Every: "day", Day: 1, Minute: 1110}, "notices.digest_daily"},
		{"digest weekly fri 8:00", flow.Wish{Kind: flow.Digest, Every: "week", Day: 5, Minute: 480}, "notices.digest_weekly"},
		{"digest off", flow.Wish{Kind: flow.Digest}, "notices.digest_off"},
		{"loud yes", flow.Wish{Kind: flow.Loud, On: true}, "notices.loud_on"},
		{"loud off", flow.Wish{Kind: flow.Loud}, "notices.loud_off"},
		{"level problems", flow.Wish{Kind: flow.Level, Every: "problems"}, "notices.level_set"},
		{"snooze 2 days", flow.Wish{Kind: flow.Snooze, Until: c.now.Add(48 * time.Hour).UTC()}, "notices.snooze_on"},
		{"snooze FBA15ABCDEFG 4 hours", flow.Wish{Kind: flow.Snooze, About: "FBA15ABCDEFG", Until: c.now.Add(4 * time.Hour).UTC()}, "notices.snooze_on"},
	} {
		c.say("a", x.text)
		c.said(x.said)
		if got := last(); !cmp.Equal(got, x.want) {
			t.Errorf("%q: wished %+v, want %+v", x.text, got, x.want)
		}
	}
	c.press("a", "open", "first")
	c.say("a", "quiet")
	c.asked("quiet")
	c.say("a", "at night")
	c.said("notices.how_quiet")
	c.say("a", "10pm to 7am")
	c.said("notices.quiet_on")
	c.asked("name") // and on with what was asked
	c.press("a", "digest", "weekly monday 09:00")
	if w := last(); w.Every != "week" || w.Minute != 540 {
		t.Errorf("a button wished %+v", w)
	}
	c.press("a", "zone", "Asia/Tokyo")
	c.said("notices.zone_now")
	if z := c.s.People["a"].Zone; z != "Asia/Tokyo" {
		t.Errorf("the zone is %q", z)
	}
	c.do(flow.Said{By: flow.By{Person: "a", Zone: "Europe/Paris"}, Text: "hello"})
	if z := c.s.People["a"].Zone; z != "Asia/Tokyo" {
		t.Errorf("the chosen zone became %q when the network reported another", z)
	}
	c.say("a", "Quiet Night Trading")
	if _, known := c.s.Slots["name"]; !known {
		t.Errorf("a name that begins like a wish was taken for one; said %v", c.lines())
	}
}

// TestOnly reads of which shipments somebody wants to hear, and leaves sentences alone that only begin like it.
func TestOnly(t *testing.T) {
	for text, want := range map[string]flow.Wish{
		"only late":                {Sorts: []string{"late"}},
		"only trouble and customs": {Sorts: []string{"trouble", "customs"}},
		"only late, late":          {Sorts: []string{"late"}},
		"only mine":                {Own: true},
		"only SIM12345":            {Numbers: []string{"SIM12345"}},
		"only SIM12345、SIM2，late":  {Numbers: []string{"SIM12345", "SIM2"}, Sorts: []string{"late"}},
		"only all":                 {},
		"only late, all":           {},
		"only off":                 {},
		"all":                      {},
	} {
		c := newChat(t)
		c.say("a", "hello")
		c.say("a", text)
		var got []flow.Wish
		watched := 0
		for _, e := range c.effects {
			switch e := e.(type) {
			case flow.Wish:
				got = append(got, e)
			case flow.Call:
				watched++
			}
		}
		want.Person, want.Kind = "a", flow.Only
		if diff := cmp.Diff([]flow.Wish{want}, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", text, diff)
		}
		if watched != len(want.Numbers) {
			t.Errorf("%s: %d numbers begin to be followed", text, watched)
		}
	}
	c := newChat(t)
	c.press("a", "open", "first")
	for _, text := range []string{"Only Trading", "only 12 cartons", "only late birds", "only", "only late, twelve"} {
		c.say("a", text)
		if slices.ContainsFunc(c.effects, func(e flow.Effect) bool { _, ok := e.(flow.Wish); return ok }) {
			t.Errorf("%q was taken for a wish", text)
		}
	}
}

// TestAnswerBeforeVerb takes what answers the question about notifications as its answer, even where it could be a verb.
func TestAnswerBeforeVerb(t *testing.T) {
	c := newChat(t)
	c.say("a", "hello")
	c.say("a", "only")
	c.asked("only")
	c.say("a", "late")
	c.said("notices.only_set")
	c.say("a", "level")
	c.asked("level")
	c.say("a", "all") // also undoes only
	c.said("notices.level_set")
}
