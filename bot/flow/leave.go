package flow

import (
	"slices"
	"strings"
)

// cancel leaves an interruption, or the step; nothing is lost.
func (t *turn) cancel(person string, l live) {
	switch {
	case len(l.frame.Kind) > 0:
		for _, slot := range append([]string{l.frame.Slot}, l.frame.Queue...) {
			if s, ok := t.s.Slots[slot]; ok && s.Look {
				s.Look = false
				t.s.Slots[slot] = s
			}
		}
		t.closeLive(person, nil, Say("close.cancelled"))
		if l.kind == "erase" {
			t.speak(person, Plain, Say("erase.kept"))
		}
		t.pop(person)
		t.resume(person)
	case l.kind != "":
		t.closeLive(person, nil, Say("close.paused"))
		t.talk(person, func(k *Talk) { k.Focus, k.Stack = "", nil })
		t.speak(person, Plain, Say("cancel.paused", Word("Title", "step."+l.flow)))
		t.menu(person)
	default:
		t.speak(person, Plain, Say("cancel.nothing"))
		t.menu(person)
	}
}

// skip passes over a question that is optional.
func (t *turn) skip(person string, l live) {
	switch {
	case l.kind == "ask" || l.kind == "form":
		asked := t.asked(person, l)
		var needed []string
		for _, slot := range asked {
			if _, known := t.s.Slots[slot]; !t.b.slots[slot].Optional && !known {
				needed = append(needed, slot)
			}
		}
		if len(needed) > 0 && (l.kind == "ask" || needed[0] == asked[0] || len(needed) == len(asked)) {
			t.do(Speak{To: t.to(person), Lines: []Line{Say("skip.needed", labels("Slots", needed[:1])), t.line("slot." + needed[0] + ".why")},
				Actions: []Action{verb("skip_step"), verb("stuck")}})
			return
		}
		if len(needed) > 0 {
			t.pass(person, l, l.slots[:1])
			return
		}
		t.pass(person, l, asked)
	case l.kind == "look":
		t.press(person, l, "keep", l.slots[0])
	case l.flow != "" && len(l.frame.Kind) == 0:
		t.wantSkipStep(person, l, "")
	default:
		t.speak(person, Plain, Say("skip.nothing"))
		t.resume(person)
	}
}

func (t *turn) wantSkipStep(person string, l live, which string) {
	id := l.flow
	if t.b.flows[which] != nil {
		id = which
	} else if n, ok := stepNumber(which); ok && n <= len(t.b.steps) {
		id = t.b.steps[n-1].ID
	}
	if id == "" {
		id = t.nextFlow()
	}
	if id == "" {
		t.menu(person)
		return
	}
	t.push(person, Frame{Kind: "skip_step", Flow: id})
}

// skipStep skips a step for a reason.
func (t *turn) skipStep(person, id, reason string) {
	t.closeLive(person, nil, Say("close.done"))
	t.pop(person)
	t.step(id, func(st *Step) {
		st.Status, st.Ended, st.Reason = Skipped, t.now.UTC(), reason
		st.Turn++
	})
	t.do(Wake{Name: "wait:" + id})
	t.talk(person, func(k *Talk) {
		if k.Focus == id {
			k.Focus = ""
		}
	})
	t.do(Speak{To: t.to(person), Tone: Good, Lines: []Line{Say("skip_step.done", Word("Title", "step."+id))},
		Actions: []Action{{Verb: "reopen", Value: id, Label: Say("verb.reopen")}}})
	t.resume(person)
}

// reopen begins a finished or skipped step again; what is known stays and is shown for confirmation.
func (t *turn) reopen(person string, l live, which string) {
	id := which
	if t.b.flows[id] == nil {
		if n, ok := stepNumber(which); ok && n <= len(t.b.steps) {
			id = t.b.steps[n-1].ID
		}
	}
	if t.b.flows[id] == nil {
		for _, f := range t.b.steps {
			if s := t.s.Steps[f.ID]; (s.Status == Finished || s.Status == Skipped) && (t.b.flows[id] == nil || !s.Ended.Before(t.s.Steps[id].Ended)) {
				id = f.ID
			}
		}
	}
	if st := t.s.Steps[id]; t.b.flows[id] == nil || st.Status != Finished && st.Status != Skipped {
		t.speak(person, Plain, Say("reopen.nothing"))
		t.resume(person)
		return
	}
	if t.s.Steps[id].Status == Finished { // a step that was skipped has had no round
		t.nextRound(id)
	}
	t.step(id, func(st *Step) { *st = Step{Turn: st.Turn + 1, Round: st.Round + 1} })
	t.start(person, id)
}

// nextRound lets go of what was true of a step's last round only. What another step asked for in the next round is kept.
func (t *turn) nextRound(id string) {
	fl := t.b.flows[id]
	for _, slot := range slices.Concat(fl.again, fl.forget) {
		s, known := t.s.Slots[slot]
		from := t.s.Steps[s.Flow]
		switch {
		case !known, from.Round > t.s.Steps[id].Round && s.Turn >= from.Began:
		case slices.Contains(fl.forget, slot), strings.HasPrefix(s.By, "source:"): // a source will tell it of the next round
			t.unset(slot)
		default:
			s.Look = true // shown, and asked again
			t.s.Slots[slot] = s
		}
	}
}
