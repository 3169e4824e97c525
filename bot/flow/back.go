package flow

import "slices"

// back returns to the question before; it is asked again with its answer to keep or to change.
func (t *turn) back(person string, l live) {
	if len(l.frame.Kind) > 0 {
		t.cancel(person, l)
		return
	}
	st := t.s.Steps[l.flow]
	if l.kind == "" || l.kind == "do" {
		t.speak(person, Plain, Say("back.nowhere"))
		t.resume(person)
		return
	}
	if slot := t.fieldBefore(l); slot != "" {
		if s, known := t.s.Slots[slot]; known {
			s.Look = true
			t.s.Slots[slot] = s
		}
		t.step(l.flow, func(st *Step) {
			st.Passed = slices.DeleteFunc(slices.Clone(st.Passed), func(s string) bool { return s == slot })
			st.Turn++
			st.Tries, st.Faults, st.Raw = 0, nil, nil
		})
		t.closeLive(person, nil, Say("close.back"))
		t.prompt(person)
		return
	}
	if i := t.before(l.flow); i >= 0 {
		at := spotsOf(st.Trail[i])
		n := t.node(at[len(at)-1])
		for _, slot := range n.Slots {
			if s, ok := t.s.Slots[slot]; ok && n.Kind != "confirm" {
				s.Look = true
				t.s.Slots[slot] = s
			}
		}
		t.step(l.flow, func(st *Step) {
			st.Trail = slices.Clone(st.Trail[:i])
			st.At, st.Status, st.Known = at, Active, true
			st.Turn++
			st.Tries, st.Passed, st.Faults, st.Raw = 0, nil, nil, nil
		})
		t.do(Wake{Name: "wait:" + l.flow})
		t.closeLive(person, nil, Say("close.back"))
		t.prompt(person)
		return
	}
	t.speak(person, Plain, Say("back.first"))
	t.prompt(person)
}

// fieldBefore is the field of a begun form that was answered or left out before the one that is asked now; "" when there
// is none.
func (t *turn) fieldBefore(l live) string {
	if l.kind != "form" {
		return ""
	}
	st := t.s.Steps[l.flow]
	for i := slices.Index(l.node.Slots, l.slots[0]) - 1; i >= 0; i-- {
		slot := l.node.Slots[i]
		if s, known := t.s.Slots[slot]; known && s.Flow == l.flow || slices.Contains(st.Passed, slot) {
			return slot
		}
	}
	return ""
}

// before is where in the trail the question before this one stands; -1 when this is the first.
func (t *turn) before(flow string) int {
	trail := t.s.Steps[flow].Trail
	for i := len(trail) - 1; i >= 0; i-- {
		at := spotsOf(trail[i])
		if n := t.node(at[len(at)-1]); n != nil && (n.Kind == "ask" || n.Kind == "form" || n.Kind == "confirm") {
			return i
		}
	}
	return -1
}

// node finds the node of a spot; nil when the book has none.
func (t *turn) node(s Spot) *Node {
	if fl := t.b.flows[s.Flow]; fl != nil {
		return fl.Node(s.Node)
	}
	return nil
}

// undo takes back the last value this person gave.
func (t *turn) undo(person string) {
	if t.live(person).kind == "take" {
		t.discard(person) // nothing was taken yet
		return
	}
	last := ""
	for _, slot := range sortedKeys(t.s.Slots) {
		if s := t.s.Slots[slot]; s.By == person && (last == "" || s.Turn > t.s.Slots[last].Turn) {
			last = slot
		}
	}
	if last == "" {
		t.speak(person, Plain, Say("undo.nothing"))
		t.resume(person)
		return
	}
	s := t.s.Slots[last]
	label := Word("Label", "slot."+last+".label")
	if n := len(s.Was); n > 0 {
		s.Value, s.By, s.At, s.Look = s.Was[n-1].Value, s.Was[n-1].By, s.Was[n-1].At, false
		s.Was = slices.Clone(s.Was[:n-1])
		t.s.Slots[last] = s
		t.speak(person, Good, Say("undo.back", label, t.shown(last)))
	} else {
		delete(t.s.Slots, last)
		t.speak(person, Good, Say("undo.gone", label))
	}
	t.f.forget(last)
	t.outdate(last)
	t.closeLive(person, nil, Say("close.back"))
	t.settle(person)
}
