package flow

import (
	"slices"
	"strings"
)

// readOut keeps the rows of a file until the person says that they are to be taken: a file shows less of itself than what is typed,
// and may be last month's. Rows that cannot be right are refused like those that are pasted.
func (t *turn) readOut(e Read) {
	if e.Slot == "" {
		asked := t.live(e.Person).slots
		if len(asked) != 1 || t.b.slots[asked[0]].Type != "rows" {
			t.said(Said{By: e.By, Text: e.Text})
			return
		}
		e.Slot = asked[0]
	}
	t.meet(e.By, "")
	p := e.Person
	if kind := secret(e.Text); kind != "" {
		t.refuseSecret(p, kind)
		return
	}
	if t.onlyLooks(p) || t.changedUnder(p) {
		return
	}
	l := t.live(p)
	d := t.b.slots[e.Slot]
	if t.stale(p, l) {
		return
	}
	if d == nil || d.Type != "rows" || !slices.Contains(l.slots, e.Slot) {
		t.resume(p) // something else is asked by now
		return
	}
	if n := len(e.Text); n > maxRows {
		t.speak(p, Warn, Say("said.too_long", Number("Count", itoa(n)), Number("Limit", itoa(maxRows))))
		return
	}
	if _, fault := t.read(d, e.Text); fault != nil {
		t.wrong(p, l, e.Slot, e.Text, *fault)
		return
	}
	t.push(p, Frame{Kind: "take", Slot: e.Slot, Text: e.Text})
}

// drawTake asks whether the rows of a file are to be taken: how many, the first and the last, and what they replace.
func (t *turn) drawTake(a *Ask, f Frame) {
	d := t.b.slots[f.Slot]
	label := Word("Label", "slot."+f.Slot+".label")
	v, fault := t.read(d, f.Text)
	if fault != nil { // the flow has changed since
		a.Lead, a.LeadTone = []Line{*fault}, Warn
	}
	a.Facts = append(a.Facts, Fact{Label: Say("take.rows"), Value: Say("value.known", d.arg("Value", v))})
	if n := len(v.Rows); n > 0 {
		a.Facts = append(a.Facts, Fact{Label: Say("take.first"), Value: rowInShort(v.Rows[0])})
		if n > 1 {
			a.Facts = append(a.Facts, Fact{Label: Say("take.last"), Value: rowInShort(v.Rows[n-1])})
		}
	}
	instead := Say("take.new", label)
	if s, known := t.s.Slots[f.Slot]; known {
		instead = Say("take.replaces", label, d.arg("Value", s.Value))
	}
	a.Question = []Line{Say("take.ask", label), instead}
	if fault == nil {
		a.Actions = append(a.Actions, t.button("take", "", "primary"))
	}
	a.Actions = append(a.Actions, t.button("discard", "", ""))
}

// rowInShort is what stands in a row, without the columns that are empty.
func rowInShort(cells []string) Line {
	said := slices.DeleteFunc(slices.Clone(cells), func(c string) bool { return c == "" })
	return Say("value.known", Text("Value", strings.Join(said, " · ")))
}

// take stores the rows that were waiting as the answer to the question below.
func (t *turn) take(person string, l live) {
	slot, text := l.frame.Slot, l.frame.Text
	t.closeLive(person, nil, Say("close.taken"))
	t.pop(person)
	below := t.live(person)
	if !slices.Contains(below.slots, slot) { // a colleague has answered meanwhile
		t.speak(person, Plain, Say("said.colleague"))
		t.resume(person)
		return
	}
	d := t.b.slots[slot]
	v, fault := t.read(d, text)
	if fault == nil {
		fault = t.try(person, slot, v, text, t.owner(below, d))
	}
	if fault != nil {
		t.prompt(person)
		t.wrong(person, below, slot, text, *fault)
		return
	}
	t.do(Speak{To: t.to(person), Tone: Good, Lines: []Line{Say("take.taken", Word("Label", "slot."+slot+".label"), d.arg("Value", v))}, Actions: []Action{verb("undo")}})
	if below.kind == "known" {
		t.prompt(person) // the rest of what is known still waits for a yes
		return
	}
	below.slots = []string{slot}
	t.answered1(person, below)
}

// discard lets the rows that were waiting go; the question is asked again.
func (t *turn) discard(person string) {
	t.closeLive(person, nil, Say("close.discarded"))
	t.pop(person)
	t.resume(person)
}
