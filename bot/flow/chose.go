package flow

import (
	"slices"
	"strings"
)

// chose takes a pressed button. A verb counts whatever card it was on; everything else belongs to the live prompt.
func (t *turn) chose(e Chose) {
	first := t.meet(e.By, "")
	p := e.Person
	value := strings.Join(e.Values, "\n")
	if e.Action == "hello" {
		if !first {
			t.hello(p)
		}
		return
	}
	switch e.Action {
	case "language":
		if slices.Contains(t.b.deps.Languages, value) {
			t.language(p, value)
			return
		}
	case "make":
		ids := slices.DeleteFunc(strings.Fields(value), func(id string) bool { return t.b.sheets[id] == nil })
		if len(ids) > 0 {
			t.show(p, ids...)
			return
		}
	case "change": // a button names the answer as we do
		if _, known := t.s.Slots[value]; t.b.slots[value] != nil && (known || t.askable(value)) && !t.onlyLooks(p) {
			t.pick(p, value)
			return
		}
	case "advice", "advice_no":
		t.decide(p, value, e.Action == "advice")
		return
	case "solved":
		t.speak(p, Good, Say("ticket.solved"))
		t.resume(p)
		return
	}
	if v := t.b.patterns.byName[e.Action]; v != nil {
		t.verb(p, v.name, value)
		return
	}
	if !t.live(p).own() && t.onlyLooks(p) || t.changedUnder(p) {
		return
	}
	k := t.s.People[p]
	l := t.live(p)
	if e.Token == "" || !t.counts(p, l, e.Token) {
		if e.Token != "" && e.Token == k.Last {
			return // the same card pressed twice: answered already
		}
		if k.Live != "" || !t.stale(p, l) {
			t.outOfDate(p, l)
		}
		return
	}
	if t.stale(p, l) || t.hold(p, l, Held{Token: e.Token, Action: e.Action, Values: e.Values}) {
		return
	}
	t.press(p, l, e.Action, value)
}

// counts says whether a token is that of the card on screen, or of one that went because the same is asked elsewhere now and nobody has
// answered it yet: a window that stood open meanwhile is not filled in for nothing.
func (t *turn) counts(person string, l live, token string) bool {
	k := t.s.People[person]
	if k.Live != "" {
		return token == k.Live
	}
	return token != k.Last && l.node != nil && len(k.Stack) == 0 && k.LiveTurn == t.s.Steps[l.flow].Turn && token == t.token("prompt", person, itoa(k.Turn))
}

// outOfDate answers an old button with the card that counts now.
func (t *turn) outOfDate(person string, l live) {
	t.speak(person, Plain, Say("said.old_card"))
	if l.kind == "" {
		t.menu(person)
		return
	}
	t.prompt(person)
}

// press does what a button of the live prompt says.
func (t *turn) press(person string, l live, action, value string) {
	switch {
	case action == "keep" && len(l.slots) > 0 && l.slots[0] == value:
		t.keep(value)
		t.answered1(person, l)
	case action == "answer" && len(l.slots) > 0:
		t.answerSlot(person, l, l.slots[0], value)
	case action == "all_right" && (l.kind == "known" || l.kind == "confirm"):
		t.allRight(person, l)
	case action == "done" && l.kind == "wait_for":
		t.waitDone(person, l)
	case action == "still" && l.kind == "wait_for":
		t.waitStill(person, l)
	case action == "problem" && l.kind == "wait_for":
		t.push(person, Frame{Kind: "stuck", Flow: l.flow})
	case action == "retry" && l.kind == "do":
		t.step(l.flow, func(st *Step) { st.Tries = 0 })
		t.closeLive(person, nil, Say("close.retried"))
		t.walk(person, l.flow)
	default:
		if !t.pressFrame(person, l, action, value) {
			t.outOfDate(person, l)
		}
	}
}

// allRight confirms what is known, or what a step collected.
func (t *turn) allRight(person string, l live) {
	t.closeLive(person, nil, Say("close.confirmed"))
	if l.kind == "known" {
		t.step(l.flow, func(st *Step) { st.Known = true; st.Turn++ })
		t.walk(person, l.flow)
		return
	}
	t.leave(l.flow)
	if t.next(l.flow, l.node, l.node.Next) {
		t.walk(person, l.flow)
	}
}

// submitted takes a form. Every field that is right is kept, whatever the others are.
func (t *turn) submitted(e Submitted) {
	t.meet(e.By, "")
	p := e.Person
	for _, slot := range sortedKeys(e.Values) {
		if kind := secret(e.Values[slot]); kind != "" {
			t.refuseSecret(p, kind)
			t.redraw(p)
			return
		}
	}
	if t.onlyLooks(p) || t.changedUnder(p) { // forms ask for what belongs to the case
		return
	}
	k := t.s.People[p]
	l := t.live(p)
	if !t.counts(p, l, e.Token) || l.kind != "ask" && l.kind != "form" && l.kind != "change" && l.kind != "look" {
		if e.Token != k.Last {
			t.outOfDate(p, l)
		}
		return
	}
	if t.stale(p, l) {
		return
	}
	faults, raw := map[string]Line{}, map[string]string{}
	var passed []string
	for _, slot := range l.slots {
		text := e.Values[slot]
		d := t.b.slots[slot]
		if len(text) > maxRows || d.Type != "rows" && len(text) > t.b.patterns.answer {
			faults[slot] = Say("said.too_long", Number("Count", itoa(len(text))), Number("Limit", itoa(t.b.patterns.answer)))
			continue
		}
		if clean(text) == "" {
			if d.Optional && len(l.frame.Kind) == 0 {
				t.unset(slot) // an old value that was offered is left out
				passed = append(passed, slot)
			} else {
				faults[slot] = Say("fault.empty")
			}
			continue
		}
		v, fault := t.read(d, text)
		if fault == nil {
			fault = t.try(p, slot, v, text, t.owner(l, d))
		}
		if fault != nil {
			faults[slot], raw[slot] = *fault, text
		}
	}
	if len(l.frame.Kind) > 0 {
		if fault, wrong := faults[l.slots[0]]; wrong {
			t.wrong(p, l, l.slots[0], raw[l.slots[0]], fault)
			return
		}
		t.answered1(p, l)
		return
	}
	t.step(l.flow, func(st *Step) {
		st.Passed = append(slices.Clip(st.Passed), passed...)
		st.Faults, st.Raw = faults, raw
	})
	if len(faults) > 0 {
		t.step(l.flow, func(st *Step) { st.Tries++ })
		lines := []Line{Say("form.faults", Number("Count", itoa(len(faults))))}
		if t.s.Steps[l.flow].Tries >= t.b.patterns.handOver {
			lines = append(lines, Say("said.human"))
		}
		a := len(t.out)
		t.redraw(p)
		for i := a; i < len(t.out); i++ {
			if ask, ok := t.out[i].(Ask); ok {
				ask.Lead, ask.LeadTone = lines, Warn
				t.out[i] = ask
			}
		}
		return
	}
	if left := t.open(t.s.Steps[l.flow], l.node, false); len(left) > 0 {
		t.prompt(p)
		return
	}
	t.passNode(p, l)
}

// answered takes what a Call came to.
func (t *turn) answered(e Answered) {
	asked, known := t.s.Calls[e.Call]
	delete(t.s.Calls, e.Call)
	person := e.Person
	if person == "" {
		person = asked.Person
	}
	if known && asked.Flow != "" {
		t.returned(person, asked, e)
		return
	}
	if _, here := t.s.People[person]; !here {
		return
	}
	if e.Fault != "" {
		t.speak(person, Warn, Say(e.Fault))
		return
	}
	switch e.Name {
	case "ticket.open":
		t.s.Notes["ticket:"+e.Values["ticket"]] = "open"
		t.speak(person, Good, Say("ticket.opened", Text("Ticket", e.Values["ticket"])))
	case "ticket.answer":
		t.s.Notes["ticket:"+e.Values["ticket"]] = "answered"
		t.do(Speak{To: t.to(person), Urgent: true, Lines: []Line{
			Say("ticket.answered", Text("Ticket", e.Values["ticket"]), Text("By", e.Values["by"])), Say("value.quote", Text("Value", e.Values["text"])),
		}, Actions: []Action{{Verb: "solved", Label: Say("button.solved"), Style: "primary"}, {Verb: "stuck", Label: Say("button.still_stuck")}}})
		if t.live(person).kind != "" {
			t.prompt(person)
		}
	case "advice":
		t.advised(person, e)
	case "case.invite":
		how, more := "invite.how", []Action{verb("invite_viewer")}
		if e.Values["role"] == "viewer" {
			how, more = "invite.how_viewer", nil
		}
		t.do(Speak{To: t.to(person), Lines: []Line{Say("invite.code", Text("Code", e.Values["code"])), Say(how, Text("Code", e.Values["code"]))}, Actions: more})
	case "import.preview":
		t.talk(person, func(k *Talk) { k.Draft = e.Values["import"] })
	case "case.export":
		t.speak(person, Good, Say("export.done"))
	}
}

// returned goes on with a step that had asked another room.
func (t *turn) returned(person string, asked Asked, e Answered) {
	st := t.s.Steps[asked.Flow]
	n := t.here(asked.Flow)
	if st.Status != Active || n == nil || n.Kind != "do" || n.ID != asked.Node {
		return // the step has moved on since
	}
	k := t.s.People[person]
	here := k.Focus == asked.Flow && len(k.Stack) == 0 // else they are doing something else meanwhile, and go on with that
	if e.Fault != "" {
		t.step(asked.Flow, func(st *Step) { st.Tries++ })
		t.speak(person, Warn, Say(e.Fault))
		t.prompt(person)
		t.replay(person)
		return
	}
	for _, slot := range n.saves {
		if text, ok := e.Values[slot]; ok {
			if v, fault := t.read(t.b.slots[slot], text); fault == nil {
				t.set(slot, v, "source:"+e.Name, asked.Flow)
			}
		}
	}
	if here {
		t.closeLive(person, nil, Say("close.answered"))
	}
	t.leave(asked.Flow)
	if !t.next(asked.Flow, n, n.Next) {
		t.replay(person)
		return
	}
	if here {
		t.walk(person, asked.Flow)
	} else {
		if t.move(person, asked.Flow) {
			t.do(Speak{To: t.to(person), Lines: []Line{Say("wait.over", Word("Title", "step."+asked.Flow))}, Actions: t.openAction(t.b.flows[asked.Flow])})
		}
		if t.live(person).kind != "" {
			t.prompt(person)
		}
	}
	t.replay(person)
}

// replay takes up what a person did while another room was being asked.
func (t *turn) replay(person string) {
	held := t.s.People[person].Held
	t.talk(person, func(k *Talk) { k.Held = nil })
	for _, h := range held {
		if h.Text == "" {
			continue // its button has gone
		}
		l := t.live(person)
		t.raw = h.Text
		if l.kind == "" {
			t.unprompted(person, clean(h.Text), false)
		} else {
			t.answerText(person, l, clean(h.Text))
		}
	}
}

// told takes what a source knows. It may end a wait, and overtake a question that it answers or makes pointless.
func (t *turn) told(e Told) {
	for _, slot := range sortedKeys(e.Slots) {
		d := t.b.slots[slot]
		if d == nil {
			continue
		}
		if v, fault := t.read(d, e.Slots[slot]); fault == nil {
			t.set(slot, v, "source:"+e.Source, "")
		}
	}
	for _, f := range t.b.steps {
		st := t.s.Steps[f.ID]
		n := t.here(f.ID)
		switch {
		case n == nil:
			continue
		case st.Status == Waiting && n.until != nil && t.f.true(n.until):
		case st.Status == Active && (n.Kind == "ask" || n.Kind == "form") && len(t.prior(f.ID)) == 0 && !t.f.true(n.When):
			t.closeWaiting(f.ID)
			if t.s.People[st.Lead].Focus == f.ID {
				t.walk(st.Lead, f.ID)
			}
			continue
		default:
			continue
		}
		t.closeWaiting(f.ID)
		t.leave(f.ID)
		if !t.next(f.ID, n, n.Next) {
			continue
		}
		if t.s.People[st.Lead].Focus == f.ID {
			t.walk(st.Lead, f.ID)
		} else if t.move(st.Lead, f.ID) {
			t.do(Speak{To: t.to(st.Lead), Lines: []Line{Say("wait.over", Word("Title", "step."+f.ID))}, Actions: t.openAction(f)})
		}
	}
}

// closeWaiting closes the cards of everybody who looks at a step that goes on by itself.
func (t *turn) closeWaiting(id string) {
	for _, person := range sortedKeys(t.s.People) {
		if k := t.s.People[person]; k.Focus == id && len(k.Stack) == 0 {
			t.closeLive(person, nil, Say("close.answered"))
		}
	}
}
