package flow

import (
	"slices"
	"strings"
)

// adviceNote begins the names of notes about proposals: whose it is, for which slot, and what it says.
const adviceNote = "advice:"

// advised shows what somebody answered in another place. When it could answer what is asked now, the person is asked whether to use it: nothing
// goes into a step that they did not take.
func (t *turn) advised(person string, e Answered) {
	text := clean(e.Values["text"])
	lines := []Line{Say("advice.from", Text("By", e.Values["by"])), Say("value.quote", Text("Value", text))}
	var actions []Action
	if slot := t.takes(person, text); slot != "" {
		t.s.Notes[adviceNote+e.Call] = strings.Join([]string{person, slot, text}, "\n")
		lines = append(lines, Say("advice.ask", Word("Label", "slot."+slot+".label")))
		actions = []Action{{Verb: "advice", Value: e.Call, Label: Say("button.use_it"), Style: "primary"}, {Verb: "advice_no", Value: e.Call, Label: Say("button.use_not")}}
	} else {
		lines = append(lines, Say("advice.look"))
	}
	t.do(Speak{To: t.to(person), Urgent: true, Lines: lines, Actions: actions})
	if t.live(person).kind != "" {
		t.prompt(person)
	}
}

// takes is the slot that is asked for now and that a text can answer; "" when there is none.
func (t *turn) takes(person, text string) string {
	l := t.live(person)
	if l.kind != "ask" && l.kind != "form" || t.s.People[person].Looks || text == "" {
		return ""
	}
	asked := t.asked(person, l)
	if len(asked) != 1 || t.b.slots[asked[0]].Type == "rows" || t.isAside(l, text) {
		return ""
	}
	if _, fault := t.read(t.b.slots[asked[0]], text); fault != nil {
		return ""
	}
	return asked[0]
}

// decide uses a proposal as if the person had typed it, or drops it.
func (t *turn) decide(person, id string, use bool) {
	parts := strings.SplitN(t.s.Notes[adviceNote+id], "\n", 3)
	if len(parts) != 3 || parts[0] != person {
		t.speak(person, Plain, Say("advice.gone"))
		t.resume(person)
		return
	}
	if t.onlyLooks(person) {
		return
	}
	delete(t.s.Notes, adviceNote+id)
	l := t.live(person)
	switch {
	case !use:
		t.speak(person, Plain, Say("advice.dropped"))
		t.resume(person)
	case l.kind != "ask" && l.kind != "form" || !slices.Contains(t.asked(person, l), parts[1]):
		t.speak(person, Warn, Say("advice.late"))
		t.resume(person)
	case !t.stale(person, l):
		t.raw = parts[2]
		t.answerText(person, l, parts[2])
	}
}
