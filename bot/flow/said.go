package flow

import (
	"slices"
	"strings"
	"unicode"
)

// said reads a typed line. What it can be, in this order: something that must not be stored, a verb, an answer to the live
// prompt, a question, something not understood.
func (t *turn) said(e Said) {
	listed := t.s.People[e.Person].Listed
	first := t.meet(e.By, e.Text)
	p := e.Person
	if kind := secret(e.Text); kind != "" {
		t.refuseSecret(p, kind)
		return
	}
	if t.changedUnder(p) {
		return
	}
	limit := t.b.patterns.answer
	l := t.live(p)
	if len(l.slots) == 1 && t.b.slots[l.slots[0]].Type == "rows" {
		limit = maxRows
	}
	if n := len(e.Text); n > limit {
		t.speak(p, Warn, Say("said.too_long", Number("Count", itoa(n)), Number("Limit", itoa(limit))))
		return
	}
	text := clean(e.Text)
	if text == "" {
		if t.s.People[p].Singly && strings.TrimSpace(e.Text) == "" && !t.stale(p, l) && t.keepShown(p, l) {
			return // the Enter key takes what is on show
		}
		t.do(Speak{To: t.to(p), Lines: []Line{Say("said.empty")}, Actions: []Action{verb("help")}})
		return
	}
	t.raw = e.Text
	if t.hold(p, l, Held{Text: e.Text}) {
		return
	}
	if t.stale(p, l) {
		return
	}
	if n, ok := stepNumber(text); ok && listed && n <= len(t.b.steps) {
		t.start(p, t.b.steps[n-1].ID)
		return
	}
	if !first && (l.own() || !t.s.People[p].Looks) {
		if done := t.exact(p, l, text); done {
			return
		}
	}
	if v, rest := t.b.verbIn(text); v != "" && !(first && v == "hello") {
		t.talk(p, func(k *Talk) { k.Lost = 0 })
		t.verb(p, v, rest)
		return
	} else if v == "hello" {
		return
	}
	if lang := t.b.languageIn(text); lang != "" {
		t.language(p, lang)
		return
	}
	if l.kind == "" {
		t.unprompted(p, text, first)
		return
	}
	if !l.own() && t.onlyLooks(p) {
		return
	}
	t.answerText(p, l, text)
}

// changedUnder brings the step a person is in up to date when its flow has changed since they were asked. If they are asked
// something else now, what they just did was not meant for it: the question is shown and nothing is taken.
func (t *turn) changedUnder(person string) bool {
	focus := t.s.People[person].Focus
	if focus == "" || !t.catchUp(person, focus) {
		return false
	}
	t.resume(person)
	return true
}

// maxRows is how many bytes a pasted table may have.
const maxRows = 512 << 10

func (t *turn) refuseSecret(person, kind string) {
	t.do(Speak{To: t.to(person), Tone: Bad, Lines: []Line{Say("secret." + kind), Say("secret.not_kept")}})
	if l := t.live(person); l.kind == "" {
		t.menu(person)
	}
}

// hold keeps what a person does while the step they are in asks another room; it is taken up when the answer comes.
func (t *turn) hold(person string, l live, h Held) bool {
	if l.kind != "do" || t.s.Steps[l.flow].Tries > 0 {
		return false
	}
	if v, _ := t.b.verbIn(h.Text); h.Text != "" && v != "" {
		return false
	}
	k := t.s.People[person]
	if len(k.Held) >= t.b.patterns.held {
		t.speak(person, Warn, Say("do.enough"))
		return true
	}
	t.talk(person, func(k *Talk) { k.Held = append(slices.Clip(k.Held), h) })
	t.speak(person, Plain, Say("do.held"))
	return true
}

// stale tells a person that a colleague has moved the step on since their card was drawn, and shows where it stands.
func (t *turn) stale(person string, l live) bool {
	k := t.s.People[person]
	if l.node == nil || len(k.Stack) > 0 || k.LiveTurn == 0 || k.LiveTurn == t.s.Steps[l.flow].Turn {
		return false
	}
	t.closeLive(person, nil, Say("close.colleague"))
	t.speak(person, Plain, Say("said.colleague"))
	t.prompt(person)
	return true
}

// exact takes a line that is exactly one of the answers on offer, before it could be a verb.
func (t *turn) exact(person string, l live, text string) bool {
	switch l.kind {
	case "ask", "form", "change", "look":
		if !t.b.exactly(t.b.slots[l.slots[0]], text) {
			return false
		}
		t.answerText(person, l, text)
		return true
	}
	if presets[l.frame.Kind] == nil || !t.b.wishes(l.frame.Kind, text) {
		return false
	}
	t.answerFrame(person, l, text)
	return true
}

// unprompted takes a line when nothing was asked: the number of a step, a question, or something not understood.
func (t *turn) unprompted(person, text string, first bool) {
	if n, ok := stepNumber(text); ok && n <= len(t.b.steps) {
		t.start(person, t.b.steps[n-1].ID)
		return
	}
	if first {
		if t.tracked(person, t.raw, false) { // a number is why they came
			return
		}
		if entry, sure := t.b.deps.Search(text); sure {
			t.do(Explain{To: t.to(person), Entry: entry})
		}
		return
	}
	if t.confirmed(person, text) || t.bare(person, text) {
		return
	}
	if t.b.filter(text) == Filters[0] {
		t.wish(person, string(Only), text)
		return
	}
	if t.tracked(person, t.raw, false) || t.explain(person, text) {
		return
	}
	if word, _, more := strings.Cut(text, " "); more { // "help shipments"
		if verb, _ := t.b.verbIn(word); verb == "help" {
			t.help(person, t.live(person))
			return
		}
	}
	t.lost(person, text)
}

// explain answers a question from the knowledge base and comes back to the prompt.
func (t *turn) explain(person, text string) bool {
	entry, sure := t.b.deps.Search(text)
	if !sure || !strings.ContainsFunc(text, unicode.IsLetter) {
		return false
	}
	t.talk(person, func(k *Talk) { k.Lost = 0 })
	t.do(Explain{To: t.to(person), Entry: entry, Actions: []Action{verb("stuck")}})
	if t.live(person).kind != "" {
		t.prompt(person)
	}
	return true
}

// lost says that a line was not understood, offers what helps, and counts it for the operator.
func (t *turn) lost(person, text string) {
	t.talk(person, func(k *Talk) { k.Lost++ })
	t.do(Call{ID: t.newID("call"), Name: "question.unanswered", Person: person, Args: map[string]string{"question": text, "lang": t.s.People[person].Lang}})
	lines := []Line{Say("said.not_understood")}
	actions := append(t.nextAction(person), verb("steps"), verb("help"))
	if t.b.deps.IsQuestion(text) {
		lines = []Line{Say("said.no_answer")}
		actions = append([]Action{verb("stuck")}, actions...)
	} else if t.s.People[person].Lost >= t.b.patterns.tries {
		lines = append(lines, Say("said.human"))
		actions = append([]Action{verb("stuck")}, actions...)
	}
	t.do(Speak{To: t.to(person), Lines: lines, Actions: actions})
}

// answerText takes a typed line as the answer to the live prompt.
func (t *turn) answerText(person string, l live, text string) {
	switch l.kind {
	case "ask", "form", "change", "look":
		if t.isAside(l, text) {
			if !t.explain(person, text) {
				t.lost(person, text) // a question nobody can answer is no answer either
				t.prompt(person)
			}
			return
		}
		if !t.plainly(person, l, text) {
			t.answerSlot(person, l, l.slots[0], text)
		}
	case "known", "confirm":
		switch t.b.yesNo(text) {
		case "yes":
			t.allRight(person, l)
		case "no":
			t.pick(person)
		default:
			t.aside(person, text, Say("confirm.how"))
		}
	case "wait_for":
		switch t.b.yesNo(text) {
		case "yes":
			t.waitDone(person, l)
		case "no":
			t.waitStill(person, l)
		default:
			if n, ok := stepNumber(text); ok && n <= len(t.b.steps) {
				t.start(person, t.b.steps[n-1].ID)
				return
			}
			t.aside(person, text, Say("wait.how"))
		}
	default:
		t.answerFrame(person, l, text)
	}
}

// plainly takes a plain yes as the value on show and a plain no as nothing to fill in, where neither could be the answer.
func (t *turn) plainly(person string, l live, text string) bool {
	slot := l.slots[0]
	d := t.b.slots[slot]
	if d.Type == "yesno" {
		return false
	}
	if len(d.Options) > 0 {
		if _, fault := t.read(d, text); fault == nil {
			return false
		}
	}
	switch t.b.yesNo(text) {
	case "yes":
		return t.keepShown(person, l)
	case "no":
		if d.Optional && (l.kind == "ask" || l.kind == "form") {
			t.pass(person, l, l.slots[:1])
			return true
		}
	}
	return false
}

// keepShown takes the value that the live prompt offers, one that is known or suggested; false when it offers none.
func (t *turn) keepShown(person string, l live) bool {
	switch l.kind {
	case "ask", "form", "change", "look":
	default:
		return false
	}
	slot := l.slots[0]
	if _, known := t.s.Slots[slot]; known {
		t.keep(slot)
		t.answered1(person, l)
		return true
	}
	if d := t.b.slots[slot]; d.suggest != nil && t.f.text(d.suggest) != "" {
		t.raw = ""
		t.answerSlot(person, l, slot, t.f.text(d.suggest))
		return true
	}
	return false
}

// pass leaves out questions of the live prompt and goes on with the rest of it.
func (t *turn) pass(person string, l live, slots []string) {
	for _, slot := range slots {
		if t.b.slots[slot].Optional {
			t.unset(slot) // an old value that was offered is left out
		} else {
			t.keep(slot)
		}
	}
	if len(slots) == len(l.slots) {
		t.passNode(person, live{kind: l.kind, flow: l.flow, node: l.node})
		return
	}
	t.step(l.flow, func(st *Step) {
		st.Passed = append(slices.Clip(st.Passed), slots...)
		st.Turn++
		st.Tries = 0
	})
	t.closeLive(person, nil, Say("close.skipped"))
	t.prompt(person)
}

// isAside says whether a line is a question rather than an answer to what was asked. Where any text is an answer, only a
// line that reads like a question counts.
func (t *turn) isAside(l live, text string) bool {
	if !t.b.deps.IsQuestion(text) {
		return false
	}
	_, fault := t.read(t.b.slots[l.slots[0]], text)
	return fault != nil || t.b.slots[l.slots[0]].Type == "text"
}

// aside answers a question in the middle, or says how to answer.
func (t *turn) aside(person, text string, how Line) {
	if t.tracked(person, t.raw, false) || t.explain(person, text) {
		return
	}
	if t.b.deps.IsQuestion(text) {
		t.lost(person, text)
		t.prompt(person)
		return
	}
	t.talk(person, func(k *Talk) { k.Lost++ })
	t.do(Speak{To: t.to(person), Tone: Warn, Lines: []Line{how}, Actions: []Action{verb("repeat"), verb("help")}})
}

// answerSlot reads a line for a slot of the live prompt.
func (t *turn) answerSlot(person string, l live, slot, text string) {
	d := t.b.slots[slot]
	if (d.Type == "rows" || d.Type == "list") && t.raw != "" {
		text = t.raw // a table lives by its line breaks and tabs
	}
	v, fault := t.read(d, text)
	if fault == nil {
		if fault = t.try(person, slot, v, text, t.owner(l, d)); fault == nil {
			t.answered1(person, l)
			return
		}
	} else if t.tracked(person, t.raw, false) || isTopic(text) && t.explain(person, text) {
		return
	}
	t.wrong(person, l, slot, text, *fault)
}

// isTopic says whether a line that is no answer may name what a person wants to know, as Chinese is often typed: 包裹重量限制.
// Lists, numbers and single words are more likely answers that went wrong.
func isTopic(text string) bool {
	han := 0
	for _, r := range text {
		switch {
		case unicode.Is(unicode.Han, r):
			han++
		case unicode.IsDigit(r) || strings.ContainsRune("、，,;；", r):
			return false
		}
	}
	return han >= 5
}

// owner is the flow a slot's value belongs to.
func (t *turn) owner(l live, d *SlotDef) string {
	if l.flow != "" {
		return l.flow
	}
	return t.s.Slots[d.ID].Flow
}

// try stores a value that was read from a text unless one of the slot's checks refuses it; warnings are said.
func (t *turn) try(person, slot string, v Value, text, flow string) *Line {
	d := t.b.slots[slot]
	old, known := t.s.Slots[slot]
	t.set(slot, v, person, flow)
	warn := t.b.warnings(d, v, text)
	var sources []string
	for _, c := range d.checks {
		if !t.f.true(c.when) {
			continue
		}
		line := t.lineWith(c.args, "slot."+slot+".check."+c.name)
		if c.block {
			if known {
				t.s.Slots[slot] = old
			} else {
				delete(t.s.Slots, slot)
			}
			t.f.forget(slot)
			t.outdate(slot)
			return &line
		}
		warn = append(warn, line)
		sources = append(sources, c.sources...)
	}
	if len(warn) > 0 {
		t.do(Speak{To: t.to(person), Tone: Warn, Lines: warn, Sources: sources})
	}
	return nil
}

// answered1 goes on after one value of the live prompt was stored.
func (t *turn) answered1(person string, l live) {
	t.talk(person, func(k *Talk) { k.Lost = 0 })
	if l.kind == "change" || l.kind == "look" {
		t.changed(person, l)
		return
	}
	st := t.s.Steps[l.flow]
	if left := t.open(st, l.node, false); len(left) > 0 {
		t.step(l.flow, func(st *Step) { st.Tries = 0; st.Turn++ })
		t.closeLive(person, []Fact{t.b.fact(l.slots[0], t.s.Slots)})
		t.prompt(person)
		return
	}
	t.passNode(person, l)
}

// passNode closes the card of a node whose questions are answered, and walks on.
func (t *turn) passNode(person string, l live) {
	var facts []Fact
	for _, slot := range l.slots {
		if _, ok := t.s.Slots[slot]; ok {
			facts = append(facts, t.b.fact(slot, t.s.Slots))
		}
	}
	var lines []Line
	if len(facts) == 0 {
		lines = []Line{Say("close.skipped")}
	}
	t.closeLive(person, facts, lines...)
	t.step(l.flow, func(st *Step) { st.Lead = person })
	n := l.node
	t.leave(l.flow)
	if t.next(l.flow, n, n.Next) {
		t.walk(person, l.flow)
	}
}

// wrong says what is wrong with an answer and how to say it; after some tries it explains, later it offers a human.
func (t *turn) wrong(person string, l live, slot, text string, fault Line) {
	tries := 0
	count := func(n *int) { *n++; tries = *n }
	if len(t.s.People[person].Stack) > 0 {
		t.talk(person, func(k *Talk) {
			k.Stack = slices.Clone(k.Stack)
			count(&k.Stack[len(k.Stack)-1].Tries)
		})
	} else {
		t.step(l.flow, func(st *Step) { count(&st.Tries) })
	}
	lines := []Line{fault}
	actions := []Action{verb("example"), verb("why")}
	if tries >= t.b.patterns.tries {
		if d := t.b.slots[slot]; d.Type != "yesno" && len(d.Options) == 0 && fault.ID != "fault.unlike" {
			lines = append(lines, t.exampleLines([]string{slot})...) // the fault has not told already
		}
		lines = append(lines, t.line("slot."+slot+".why"))
	}
	if t.b.slots[slot].Optional {
		actions = append(actions, verb("skip"))
	}
	if tries >= t.b.patterns.handOver {
		lines = append(lines, Say("said.human"))
		actions = append([]Action{verb("stuck")}, actions...)
	}
	t.do(Speak{To: t.to(person), Tone: Warn, Lines: lines, Actions: actions})
}

func splitLines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, "\n")
}
