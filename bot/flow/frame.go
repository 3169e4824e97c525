package flow

import (
	"slices"
	"strings"
)

// push puts an interruption on top of what a person does, in place of one of the same kind.
func (t *turn) push(person string, f Frame) {
	k := t.s.People[person]
	stack := slices.DeleteFunc(slices.Clone(k.Stack), func(o Frame) bool { return o.Kind == f.Kind })
	if len(stack) >= t.b.patterns.stack {
		t.speak(person, Warn, Say("frame.too_deep"))
		return
	}
	t.talk(person, func(k *Talk) { k.Stack = append(stack, f) })
	t.prompt(person)
}

// pop takes the top interruption away.
func (t *turn) pop(person string) {
	t.talk(person, func(k *Talk) {
		if n := len(k.Stack); n > 0 {
			k.Stack = slices.Clone(k.Stack[:n-1])
		}
	})
}

// resume goes back to what was live below an interruption, or to the ten steps.
func (t *turn) resume(person string) {
	if l := t.live(person); l.kind != "" {
		t.prompt(person)
		return
	}
	t.menu(person)
}

// drawFrame draws an interruption.
func (t *turn) drawFrame(a *Ask, l live) {
	f := l.frame
	a.Node = f.Kind
	switch f.Kind {
	case "pick":
		a.Question = []Line{Say("change.which")}
		var options []Option
		for _, slot := range t.offers(person(a), f) {
			options = append(options, Option{Value: slot, Label: Say("change.option", Word("Label", "slot."+slot+".label"), t.shown(slot))})
		}
		a.Actions = []Action{{Verb: "pick", Label: Say("button.choose"), Options: options, Style: "primary"}}
	case "change", "look":
		d := t.b.slots[f.Slot]
		s, known := t.s.Slots[f.Slot]
		if f.Kind == "look" {
			a.Lead = []Line{Say("change.look", Word("Label", "slot."+f.Slot+".label"))}
		} else if known {
			a.Lead = []Line{Say("change.now", Word("Label", "slot."+f.Slot+".label"), d.arg("Value", s.Value))}
			if look, stay := t.impact(f.Slot); len(look) > 0 {
				a.Lead = append(a.Lead, Say("change.affects", Number("Count", itoa(len(look))), Number("Stay", itoa(stay)), labels("Slots", look)))
			}
		}
		a.Question = []Line{t.line("slot." + f.Slot + ".ask")}
		field := t.field(f.Slot)
		if f.Kind == "change" && known && len(field.Options) == 0 {
			field.Value = "" // said above, and kept with the button
		}
		a.Fields = []Field{field}
		a.Sources = d.Sources
		a.Actions = t.answers(f.Slot, field)
		if known && !slices.ContainsFunc(a.Actions, func(x Action) bool { return x.Verb == "keep" }) {
			keep := Action{Verb: "keep", Value: f.Slot, Label: Say("button.keep", d.arg("Value", s.Value))}
			a.Actions = append([]Action{keep}, a.Actions...)
		}
	case "take":
		t.drawTake(a, f)
	case "skip_step":
		a.Question = []Line{Say("skip_step.why", Word("Title", "step."+f.Flow))}
		for _, r := range skipReasons {
			a.Actions = append(a.Actions, Action{Verb: "reason", Value: r, Label: Say("button.reason_" + r)})
		}
	case "stuck":
		a.Question = []Line{Say("stuck.what")}
		a.Actions = []Action{t.button("send_as_is", "", "")}
	case "erase":
		sure := Say("erase.sure")
		a.Question = []Line{Say("erase.what")}
		a.Actions = []Action{{Verb: "erase_now", Label: Say("button.erase_now"), Style: "danger", Confirm: &sure}}
	case "join":
		a.Question = []Line{Say("join.code")}
	default:
		t.drawWish(a, f.Kind)
	}
}

var skipReasons = []string{"done_elsewhere", "not_needed", "later"}

func person(a *Ask) string { return a.To.Person }

func labels(name string, slots []string) Arg {
	var items []Arg
	for _, s := range slots {
		items = append(items, Word("", "slot."+s+".label"))
	}
	return Several(name, items...)
}

// shown is a slot's value in short.
func (t *turn) shown(slot string) Arg {
	d := t.b.slots[slot]
	return d.arg("Value", t.s.Slots[slot].Value)
}

// answerFrame takes a typed line for an interruption.
func (t *turn) answerFrame(person string, l live, text string) {
	switch l.kind {
	case "pick":
		if named := t.slotsNamed(t.offers(person, l.frame), text); len(named) > 0 {
			t.pick(person, named...)
			return
		}
		t.aside(person, text, Say("change.how"))
	case "take":
		switch t.b.yesNo(text) {
		case "yes":
			t.take(person, l)
		case "no":
			t.discard(person)
		default:
			t.aside(person, text, Say("take.how"))
		}
	case "skip_step":
		t.skipStep(person, l.frame.Flow, text)
	case "stuck":
		t.stuckWith(person, l, text)
	case "erase":
		switch t.b.yesNo(text) {
		case "yes":
			t.eraseNow(person)
		case "no":
			t.cancel(person, l)
		default:
			t.aside(person, text, Say("erase.how"))
		}
	case "join":
		t.closeLive(person, nil, Say("close.done"))
		t.pop(person)
		t.join(person, text)
	default:
		t.wish(person, l.kind, text)
	}
}

// pressFrame takes a button of an interruption; false when it is none of its buttons.
func (t *turn) pressFrame(person string, l live, action, value string) bool {
	switch {
	case action == "pick" && l.kind == "pick" && slices.Contains(t.offers(person, l.frame), value):
		t.pick(person, value)
	case action == "take" && l.kind == "take":
		t.take(person, l)
	case action == "discard" && l.kind == "take":
		t.discard(person)
	case action == "reason" && l.kind == "skip_step" && slices.Contains(skipReasons, value):
		t.skipStep(person, l.frame.Flow, "reason:"+value)
	case action == "send_as_is" && l.kind == "stuck":
		t.stuckWith(person, l, "")
	case action == "erase_now" && l.kind == "erase":
		t.eraseNow(person)
	default:
		return false
	}
	return true
}

// changeable lists the slots a person may change: those of the step they are in first.
func (t *turn) changeable(person string) []string {
	focus := t.s.People[person].Focus
	var mine, other []string
	for _, f := range t.b.steps {
		for _, n := range f.Nodes {
			if n.Kind != "ask" && n.Kind != "form" {
				continue
			}
			for _, slot := range n.Slots {
				if _, known := t.s.Slots[slot]; !known || slices.Contains(mine, slot) || slices.Contains(other, slot) {
					continue
				}
				if f.ID == focus {
					mine = append(mine, slot)
				} else {
					other = append(other, slot)
				}
			}
		}
	}
	return append(mine, other...)
}

// offers are the answers that a question which to change offers: those that a word was the name of, or all.
func (t *turn) offers(person string, f Frame) []string {
	if len(f.Queue) > 0 {
		return f.Queue
	}
	return t.changeable(person)
}

// slotsNamed finds the slots a person may mean by a label in any language, by a part of one, or by a number in the list. Those that are
// called exactly that come without the others.
func (t *turn) slotsNamed(slots []string, text string) []string {
	if n, ok := ordinal(text); ok && n <= len(slots) {
		return slots[n-1 : n]
	}
	key := wordKey(text)
	if key == "" {
		return nil
	}
	var exactly, partly []string
	for _, slot := range slots {
		for _, label := range append([]string{slot}, t.b.deps.Accepted("slot."+slot+".label")...) {
			k := wordKey(label)
			if k == key && !slices.Contains(exactly, slot) {
				exactly = append(exactly, slot)
			}
			if (strings.Contains(k, key) || len([]rune(k)) > 1 && strings.Contains(key, k)) && !slices.Contains(partly, slot) {
				partly = append(partly, slot)
			}
		}
	}
	if len(exactly) > 0 {
		return exactly
	}
	return partly
}

// askable says whether any step asks for a slot, answered or not.
func (t *turn) askable(slot string) bool {
	for _, f := range t.b.steps {
		for _, n := range f.Nodes {
			if (n.Kind == "ask" || n.Kind == "form") && slices.Contains(n.Slots, slot) {
				return true
			}
		}
	}
	return false
}

// unansweredNamed finds a slot by its label in any language although nobody has answered it yet: it was left out, and is missed
// now.
func (t *turn) unansweredNamed(text string) string {
	key := wordKey(text)
	for _, slot := range sortedKeys(t.b.slots) {
		if _, known := t.s.Slots[slot]; known || key == "" || !t.askable(slot) {
			continue
		}
		if slices.ContainsFunc(t.b.deps.Accepted("slot."+slot+".label"), func(label string) bool { return wordKey(label) == key }) {
			return slot
		}
	}
	return ""
}

// pick begins to change an answer, or asks which one: of those it may be, of all when there are none.
func (t *turn) pick(person string, slots ...string) {
	if len(slots) == 0 && len(t.changeable(person)) == 0 {
		t.speak(person, Plain, Say("change.nothing"))
		t.resume(person)
		return
	}
	if len(slots) == 0 {
		t.push(person, Frame{Kind: "pick"})
		return
	}
	t.talk(person, func(k *Talk) {
		k.Stack = slices.DeleteFunc(slices.Clone(k.Stack), func(f Frame) bool { return f.Kind == "pick" || f.Kind == "look" })
	})
	if len(slots) > 1 {
		t.push(person, Frame{Kind: "pick", Queue: slots})
		return
	}
	t.push(person, Frame{Kind: "change", Slot: slots[0]})
}

// impact lists the known slots that depend on a slot, directly or through others, and how many other answers stay as they are.
func (t *turn) impact(slot string) (look []string, stay int) {
	queue := []string{slot}
	for len(queue) > 0 {
		for _, r := range t.b.readers[queue[0]] {
			if _, known := t.s.Slots[r]; known && r != slot && !slices.Contains(look, r) {
				look = append(look, r)
				queue = append(queue, r)
			}
		}
		queue = queue[1:]
	}
	return look, len(t.s.Slots) - 1 - len(look)
}

// relevant says whether any step would still ask for a slot under what is known now. A slot that no step asks for is.
func (t *turn) relevant(slot string) bool {
	asked := false
	for _, f := range t.b.steps {
		for _, n := range f.Nodes {
			if (n.Kind == "ask" || n.Kind == "form") && slices.Contains(n.Slots, slot) {
				if asked = true; t.f.true(n.When) {
					return true
				}
			}
		}
	}
	return !asked
}

// changed goes on after an answer was changed, or looked at again: what depends on it comes next, then the steps go on.
func (t *turn) changed(person string, l live) {
	slot := l.frame.Slot
	s := t.s.Slots[slot]
	s.Look = false
	t.s.Slots[slot] = s
	queue := l.frame.Queue
	if l.kind == "change" {
		old := s.Was
		if len(old) > 0 && s.Turn == t.s.Turn && !sameValue(old[len(old)-1].Value, s.Value) {
			queue, _ = t.impact(slot)
			queue = slices.DeleteFunc(queue, func(r string) bool { return !t.relevant(r) })
			for _, r := range queue {
				rs := t.s.Slots[r]
				rs.Look = true
				t.s.Slots[r] = rs
			}
		}
	}
	t.closeLive(person, []Fact{t.b.fact(slot, t.s.Slots)})
	t.pop(person)
	if len(queue) > 0 {
		t.push(person, Frame{Kind: "look", Slot: queue[0], Queue: queue[1:]})
		return
	}
	t.settle(person)
}

// settle brings every step in line with what is known now, and tells which outputs are out of date.
func (t *turn) settle(person string) {
	stale := t.stales(func(string, Made) bool { return true }) // as it is before the steps move
	focus := t.s.People[person].Focus
	for _, f := range t.b.steps {
		st := t.s.Steps[f.ID]
		switch st.Status {
		case Active, Waiting:
			t.rewalkQuietly(person, f.ID, st)
		case Finished:
			if t.reopened(f.ID) {
				t.do(Speak{To: t.to(person), Tone: Warn, Lines: []Line{Say("step.again", Word("Title", "step."+f.ID))}, Actions: t.openAction(f)})
			}
		}
	}
	t.offerAgain(person, stale)
	t.talk(person, func(k *Talk) { k.Focus = focus })
	t.resume(person)
}

// rewalkQuietly goes through a step again and leaves a wait that has not ended as it is.
func (t *turn) rewalkQuietly(person, id string, st Step) {
	before := trailKey(st.At)
	t.step(id, func(st *Step) { st.Known = true })
	t.rewalk(person, id)
	after := t.s.Steps[id]
	if trailKey(after.At) == before {
		after.Since, after.Rung, after.Snooze, after.Status = st.Since, st.Rung, st.Snooze, st.Status
		after.Tries, after.Passed, after.Faults, after.Raw, after.Turn = st.Tries, st.Passed, st.Faults, st.Raw, st.Turn
		t.s.Steps[id] = after
	}
}

// reopened opens a finished step again when what is known now leaves one of its questions open.
func (t *turn) reopened(id string) bool {
	st := t.s.Steps[id]
	for _, n := range t.b.flows[id].Nodes {
		if n.Kind != "ask" && n.Kind != "form" || !t.f.true(n.When) {
			continue
		}
		passed := slices.Contains(st.Trail, trailKey([]Spot{{id, n.ID}}))
		if len(t.open(st, n, passed)) > 0 && (passed || n.When != nil) {
			t.step(id, func(st *Step) { st.Status, st.Known, st.At = Active, true, []Spot{{id, n.ID}}; st.Turn++ })
			return true
		}
	}
	return false
}
