package flow_test

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot/flow"
)

// third is a step whose sheets are made by other rooms.
const third = `spec: 1
flow: third
step: 3
revision: 1
slots:
  weight: {type: number}
  colour: {type: text, optional: true}
nodes:
  - ask: weight
  - do: compare
    makes: [costs]
  - ask: colour
  - done: end
    sheets: [invoice, plain, packing, costs]
sheets:
  costs: {call: estimate.make, reads: [weight]}
  invoice: {call: papers.make, reads: [weight, colour, name]}
  packing: {call: papers.make, reads: [colour]}
  plain:
    parts: [{facts: [weight]}]
`

func calledChat(t *testing.T) *chat {
	files := fstest.MapFS{"03-third.yaml": {Data: []byte(third)}}
	names, err := filepath.Glob("testdata/book/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.Base(name)] = &fstest.MapFile{Data: data}
	}
	b, err := flow.Load(files, deps())
	if err != nil {
		t.Fatalf("the book has mistakes:\n%v", err)
	}
	c := newChat(t)
	c.b = b
	c.say("ann", "hello")
	c.press("ann", "open", "third")
	return c
}

func (c *chat) calls() []flow.Call {
	var out []flow.Call
	for _, e := range c.effects {
		if call, ok := e.(flow.Call); ok {
			out = append(out, call)
		}
	}
	return out
}

// TestCalledSheets walks through a step whose sheets other rooms make: one is waited for, the others are asked for together.
func TestCalledSheets(t *testing.T) {
	c := calledChat(t)
	c.say("ann", "12")
	calls := c.calls()
	if len(calls) != 1 || calls[0].Name != "estimate.make" || calls[0].Args["sheets"] != "third.costs" {
		t.Fatalf("the step asked for %+v, want its costs", calls)
	}
	if diff := cmp.Diff(map[string]flow.Value{"weight": {Text: "12"}}, calls[0].Facts); diff != "" {
		t.Errorf("what the costs are made from (-want +got):\n%s", diff)
	}
	c.say("ann", "red")
	c.do(flow.Answered{Call: calls[0].ID, Name: calls[0].Name, Person: "ann"})
	calls = c.calls()
	var asked []string
	for _, call := range calls {
		asked = append(asked, call.Name+": "+call.Args["sheets"])
	}
	want := []string{"papers.make: third.invoice third.packing", "estimate.make: third.costs"}
	if diff := cmp.Diff(want, asked); diff != "" {
		t.Fatalf("what was held counts once the costs are there, and the end asks each room once (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(map[string]flow.Value{"weight": {Text: "12"}, "colour": {Text: "red"}}, calls[0].Facts); diff != "" {
		t.Errorf("what the papers are made from (-want +got):\n%s", diff)
	}
	for _, call := range calls {
		c.do(flow.Answered{Call: call.ID, Name: call.Name, Person: "ann"})
		if len(c.effects) > 0 {
			t.Errorf("an answer that nobody waits for shows itself; got besides: %+v", c.effects)
		}
	}
	if len(c.s.Calls) > 0 {
		t.Errorf("still asked: %+v", c.s.Calls)
	}
}

// TestCalledSheetFails says so, and the step offers to try again.
func TestCalledSheetFails(t *testing.T) {
	c := calledChat(t)
	c.say("ann", "12")
	call := c.calls()[0]
	c.do(flow.Answered{Call: call.ID, Name: call.Name, Person: "ann", Fault: "ui.call_failed"})
	c.asked("compare")
	c.press("ann", "retry")
	again := c.calls()
	if len(again) != 1 || again[0].ID == call.ID || again[0].Args["sheets"] != "third.costs" {
		t.Fatalf("tried again: %+v", again)
	}
	c.do(flow.Answered{Call: again[0].ID, Name: again[0].Name, Person: "ann"})
	c.asked("colour")
}

// TestAnswerElsewhere: whoever does something else while another room is asked goes on with that when the answer comes.
func TestAnswerElsewhere(t *testing.T) {
	c := calledChat(t)
	c.say("ann", "12")
	call := c.calls()[0]
	c.press("ann", "open", "first")
	c.asked("name")
	c.do(flow.Answered{Call: call.ID, Name: call.Name, Person: "ann"})
	c.asked("name")
	if told := c.told("wait.over"); !told {
		t.Errorf("nothing says that the other step goes on: %+v", c.effects)
	}
	c.say("ann", "Kettle")
	c.asked("goods")
	c.press("ann", "open", "third")
	c.asked("colour")
}

// told says whether the last turn said a message.
func (c *chat) told(id string) bool {
	for _, e := range c.effects {
		if s, ok := e.(flow.Speak); ok && slices.ContainsFunc(s.Lines, func(l flow.Line) bool { return l.ID == id }) {
			return true
		}
	}
	return false
}

// TestOutOfDate marks what a changed answer made wrong, and no longer once the answer is again what it was.
func TestOutOfDate(t *testing.T) {
	c := calledChat(t)
	c.say("ann", "12")
	call := c.calls()[0]
	c.do(flow.Answered{Call: call.ID, Name: call.Name, Person: "ann"})
	c.say("ann", "red")
	stale := func() []string {
		var out []string
		for id, m := range c.s.Sheets {
			if m.Stale {
				out = append(out, strings.TrimPrefix(id, "third."))
			}
		}
		slices.Sort(out)
		return out
	}
	change := func(slot, to string) {
		t.Helper()
		c.press("ann", "change", slot)
		c.say("ann", to)
	}
	change("colour", "blue")
	if diff := cmp.Diff([]string{"invoice", "packing"}, stale()); diff != "" {
		t.Fatalf("after another colour (-want +got):\n%s", diff)
	}
	var offered []string
	for _, e := range c.effects {
		if s, ok := e.(flow.Speak); ok {
			for _, a := range s.Actions {
				if a.Verb == "make" {
					offered = append(offered, a.Value)
				}
			}
		}
	}
	if diff := cmp.Diff([]string{"third.invoice third.packing", "third.invoice", "third.packing"}, offered); diff != "" {
		t.Errorf("offered to be made again (-want +got):\n%s", diff)
	}
	change("colour", "red")
	if got := stale(); len(got) > 0 {
		t.Errorf("out of date though the colour is what it was: %v", got)
	}
	c.press("ann", "make", "third.invoice third.packing third.none")
	if calls := c.calls(); len(calls) != 1 || calls[0].Args["sheets"] != "third.invoice third.packing" {
		t.Errorf("all at once: %+v", calls)
	}
	change("weight", "13")
	if diff := cmp.Diff([]string{"costs", "invoice", "plain"}, stale()); diff != "" {
		t.Errorf("after another weight (-want +got):\n%s", diff)
	}
	c.press("ann", "make", "third.costs")
	if calls := c.calls(); len(calls) != 1 || calls[0].Facts["weight"].Text != "13" {
		t.Errorf("made again from %+v", calls)
	}
	if diff := cmp.Diff([]string{"invoice", "plain"}, stale()); diff != "" {
		t.Errorf("after making one again (-want +got):\n%s", diff)
	}
}

// TestCalledSheetMistakes names what is wrong with sheets of other rooms.
func TestCalledSheetMistakes(t *testing.T) {
	for _, test := range []struct{ from, to, want string }{
		{"reads: [weight]}", "reads: [wieght]}", `there is no slot "wieght"; did you mean weight?`},
		{"call: estimate.make, reads: [weight]", "call: estimate.make", "needs reads:"},
		{"call: estimate.make, ", "", "needs parts:"},
		{"makes: [costs]", "makes: [plain]", `makes sheet "plain", which is not declared under sheets: with call:`},
		{"makes: [costs]", "makes: [costs]\n    call: x.y", "needs call: or makes:, one of the two"},
		{"makes: [costs]", "makes: [costs]\n    saves: [colour]", "with: and saves: go with call:"},
		{"makes: [costs]", "makes: [costs, packing]", "makes sheets by estimate.make and by papers.make; one node asks one room"},
		{"reads: [weight]}", "reads: [weight], files: [md]}", "is made by estimate.make and has no files:"},
		{"weight: {type: number}", "weight: {type: number, template: third.costs}", "template: is for rows"},
		{"call: estimate.make", "call: estimate.mak", `calls "estimate.mak", which nobody answers; did you mean estimate.make?`},
		{"makes: [costs]", "call: ask.the.moon", `03-third.yaml:10: do compare calls "ask.the.moon", which nobody answers; there are estimate.make, papers.make, test.check`},
	} {
		if strings.Count(third, test.from) == 0 {
			t.Fatalf("nothing to replace: %q", test.from)
		}
		files := fstest.MapFS{"03-third.yaml": {Data: []byte(strings.Replace(third, test.from, test.to, 1))}}
		for _, name := range []string{"01-first.yaml", "patterns.yaml", "common.yaml"} {
			data, err := os.ReadFile("testdata/book/" + name)
			if err != nil {
				t.Fatal(err)
			}
			files[name] = &fstest.MapFile{Data: data}
		}
		_, err := flow.Load(files, deps())
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q for %q: got %v, want %q", test.to, test.from, err, test.want)
		}
	}
}

// TestOvertakenSheets: the end of a step offers what the step has put out of date, whoever changed the answer, and once. What merely became
// known is not offered.
func TestOvertakenSheets(t *testing.T) {
	for what, want := range map[string][]string{
		"":       nil,
		"weight": {"third.costs third.invoice third.plain", "third.costs", "third.invoice", "third.plain"},
		"colour": {"third.invoice third.packing", "third.invoice", "third.packing"},
	} {
		c := calledChat(t)
		c.say("ann", "12")
		call := c.calls()[0]
		c.do(flow.Answered{Call: call.ID, Name: call.Name, Person: "ann"})
		c.say("ann", "red")
		c.press("ann", "open", "second")
		c.say("ann", "24x18x12 in")
		if what != "" {
			c.do(flow.Told{Source: "test", Slots: map[string]string{what: "14"}})
		}
		c.say("ann", "SKU-1, 10, 20")
		offered := func() (out []string) {
			for _, e := range c.effects {
				if s, ok := e.(flow.Speak); ok {
					for _, a := range s.Actions {
						if a.Verb == "make" {
							out = append(out, a.Value)
						}
					}
				}
			}
			return out
		}
		if got := offered(); got != nil {
			t.Errorf("%s: offered in the middle of the step: %v", what, got)
		}
		c.say("ann", "Lin") // known for the first time, and the invoice reads it
		c.said("second.end")
		if diff := cmp.Diff(want, offered()); diff != "" {
			t.Errorf("%s: offered at its end (-want +got):\n%s", what, diff)
		}
	}
}
