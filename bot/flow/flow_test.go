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
	c.say("a", "no")      // something is wrong: which?
	c.asked("pick")
	c.say("a", "cancel")
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
