package flow

import (
	"maps"
	"slices"
	"time"
)

// live is what the bot waits for from one person.
type live struct {
	kind  string // a Frame's kind, or "known", "ask", "form", "confirm", "wait_for", "do", "" for nothing
	frame Frame
	flow  string
	node  *Node
	slots []string // what may be answered
	seen  bool     // it has been shown before and is shown again
}

// asked are the slots that are asked now: all that may be answered, or only the next where forms are asked singly.
func (t *turn) asked(person string, l live) []string {
	if t.s.People[person].Singly && len(l.slots) > 1 && l.kind == "form" {
		return l.slots[:1]
	}
	return l.slots
}

func (t *turn) live(person string) live {
	k := t.s.People[person]
	if n := len(k.Stack); n > 0 {
		f := k.Stack[n-1]
		l := live{kind: f.Kind, frame: f, flow: f.Flow}
		if f.Slot != "" {
			l.slots = []string{f.Slot}
		}
		return l
	}
	st := t.s.Steps[k.Focus]
	if k.Focus == "" || st.Status != Active && st.Status != Waiting {
		return live{}
	}
	n := t.here(k.Focus)
	if n == nil {
		return live{}
	}
	l := live{kind: n.Kind, flow: k.Focus, node: n}
	if n.Kind == "ask" || n.Kind == "form" {
		if prior := t.prior(k.Focus); len(prior) > 0 {
			l.kind, l.slots = "known", prior
		} else {
			l.slots = t.open(st, n, slices.Contains(st.Trail, trailKey(st.At)))
		}
		if len(l.slots) == 0 {
			// What is asked here has become known in another way, from a source or in another step: go on.
			if t.move(person, k.Focus) {
				return t.live(person)
			}
			return live{}
		}
	}
	return l
}

// prompt shows a person what the bot waits for, as a new card at the bottom. What was live before is closed.
func (t *turn) prompt(person string) {
	l := t.live(person)
	if l.kind == "" {
		t.menu(person)
		return
	}
	if k := t.s.People[person]; k.Live != "" {
		l.seen = true
		t.do(Close{To: t.to(person), Token: k.Live}) // it is shown again below: where cards can be edited the old one goes
	}
	t.talk(person, func(k *Talk) {
		k.Turn++
		k.Live, k.LiveTurn = t.token("prompt", person, itoa(k.Turn)), t.s.Steps[l.flow].Turn
	})
	t.takeOver(person)
	t.draw(person, l)
	t.remember()
}

// takeOver ends the cards of everybody else that ask for the same: a step is asked about at one place, where it was worked on last.
// Whoever touches theirs gets it back.
func (t *turn) takeOver(person string) {
	flow := t.s.People[person].Focus
	if flow == "" {
		return
	}
	for _, other := range slices.Sorted(maps.Keys(t.s.People)) {
		if k := t.s.People[other]; other != person && k.Focus == flow && k.Live != "" && len(k.Stack) == 0 {
			t.do(Close{To: t.to(other), Token: k.Live, Lines: []Line{Say("close.elsewhere")}})
			t.talk(other, func(k *Talk) { k.Live = "" }) // and not Last: a press on it is no repetition
		}
	}
}

// redraw shows the live prompt again in its place.
func (t *turn) redraw(person string) {
	if l := t.live(person); l.kind != "" && t.s.People[person].Live != "" {
		t.draw(person, l)
	}
}

// closeLive ends the card on screen: line says what became of it, facts what was answered.
func (t *turn) closeLive(person string, facts []Fact, lines ...Line) {
	k := t.s.People[person]
	if k.Live == "" {
		return
	}
	t.do(Close{To: t.to(person), Token: k.Live, Lines: lines, Facts: facts})
	t.talk(person, func(k *Talk) { k.Last, k.Live = k.Live, "" })
}

func (t *turn) draw(person string, l live) {
	a := Ask{To: t.to(person), Token: t.s.People[person].Live, Flow: l.flow}
	if fl := t.b.flows[l.flow]; fl != nil && fl.Step > 0 {
		a.Step = fl.Step
	}
	if l.node != nil {
		a.Node = l.node.ID
		singly := t.s.People[person].Singly
		if l.kind != "wait_for" && (l.kind != "form" || len(l.slots) == len(l.node.Slots)) && !(singly && l.seen) {
			a.Sources = l.node.Sources // once a form is begun they have been seen
		}
		a.At, a.Of = t.count(l.flow)
		if n := len(l.node.Slots); singly && l.kind == "form" && n > 1 {
			a.Part, a.Parts = n-len(l.slots)+1, n
		}
	}
	switch l.kind {
	case "known":
		t.drawKnown(&a, l)
	case "ask", "form":
		t.drawFields(&a, l, t.asked(person, l))
	case "confirm":
		a.Question = []Line{t.nodeLine(l.node, l.node.Message)}
		for _, slot := range l.node.Slots {
			if _, ok := t.s.Slots[slot]; ok && t.relevant(slot) {
				a.Facts = append(a.Facts, t.b.fact(slot, t.s.Slots))
			}
		}
		a.Actions = []Action{t.button("all_right", "", "primary"), t.button("change", "", "")}
	case "wait_for":
		t.drawWait(&a, l)
	case "do":
		a.Question = []Line{Say("do.waiting")}
		if t.s.Steps[l.flow].Tries > 0 {
			a.Actions = []Action{t.button("retry", "", "primary")}
		}
	default:
		t.drawFrame(&a, l)
	}
	for i := range a.Actions {
		if a.Actions[i].Token == "" && !slices.Contains(engineVerbs, a.Actions[i].Verb) {
			a.Actions[i].Token = a.Token
		}
	}
	a.Actions = append(a.Actions, t.always(l, t.asked(person, l))...)
	t.do(a)
}

// always are the quiet buttons below a prompt.
func (t *turn) always(l live, asked []string) []Action {
	out := make([]Action, 0, 4)
	quiet := func(name string) { out = append(out, Action{Verb: name, Label: Say("verb." + name), Style: "quiet"}) }
	if l.kind == "ask" || l.kind == "form" || l.kind == "change" || l.kind == "look" {
		quiet("why")
	}
	if l.kind == "take" {
		return nil // it has a button of its own to leave it
	}
	if len(l.frame.Kind) > 0 {
		return append(out, Action{Verb: "cancel", Label: Say("button.cancel"), Style: "quiet"})
	}
	if l.kind == "ask" && t.b.slots[l.node.Slots[0]].Optional || l.kind == "form" && t.allOptional(asked) {
		quiet("skip")
	}
	if l.kind != "do" && t.before(l.flow) >= 0 {
		quiet("back")
	}
	quiet("stuck")
	quiet("help")
	return out
}

func (t *turn) allOptional(slots []string) bool {
	return !slices.ContainsFunc(slots, func(s string) bool { return !t.b.slots[s].Optional })
}

// verb is a button that counts at any time.
func verb(name string) Action { return Action{Verb: name, Label: Say("verb." + name)} }

// button is a button of one prompt; its token is set when the prompt is drawn.
func (t *turn) button(action, value, style string) Action {
	label := Say("button." + action)
	if slices.Contains(engineVerbs, action) {
		label = Say("verb." + action)
	}
	return Action{Verb: action, Value: value, Label: label, Style: style}
}

// count says which question of the step this is, as far as one can know now.
func (t *turn) count(id string) (at, of int) {
	st := t.s.Steps[id]
	fl := t.b.flows[id]
	if len(st.At) == 0 {
		return 0, 0
	}
	for _, n := range fl.Nodes {
		if n.Kind != "ask" && n.Kind != "form" && n.Kind != "confirm" {
			continue
		}
		passed := slices.ContainsFunc(st.Trail, Spot{id, n.ID}.named)
		if passed {
			at++
			of++
			continue
		}
		if n.ID == st.At[0].Node || t.f.true(n.When) && (n.Kind == "confirm" || len(t.open(Step{}, n, false)) > 0) {
			of++
		}
	}
	return min(at+1, of), of
}

func (t *turn) drawKnown(a *Ask, l live) {
	a.Node = "known"
	a.Question = []Line{Say("known.ask")}
	for _, slot := range l.slots {
		a.Facts = append(a.Facts, t.b.fact(slot, t.s.Slots))
	}
	a.Actions = []Action{t.button("all_right", "", "primary"), t.button("change", "", "")}
}

// drawFields draws an ask or a form.
func (t *turn) drawFields(a *Ask, l live, asked []string) {
	st := t.s.Steps[l.flow]
	a.Question = []Line{t.nodeLine(l.node, l.node.Message)}
	for _, slot := range asked {
		f := t.field(slot)
		if fault, ok := st.Faults[slot]; ok {
			f.Fault, f.Value = &fault, st.Raw[slot]
		}
		a.Fields = append(a.Fields, f)
	}
	if len(asked) == 1 {
		if l.node.Kind == "form" {
			ask := t.line("slot." + asked[0] + ".ask")
			if a.Question = append(a.Question, ask); len(l.slots) < len(l.node.Slots) || len(l.slots) == 1 {
				a.Question = []Line{ask}
			}
		}
		a.Actions = t.answers(asked[0], a.Fields[0])
	}
}

// field is one slot as something to fill in.
func (t *turn) field(slot string) Field {
	d := t.b.slots[slot]
	f := Field{
		Slot: slot, Type: d.Type, Label: Say("slot." + slot + ".label"), Ask: t.line("slot." + slot + ".ask"),
		Example: d.Example, Optional: d.Optional,
	}
	if help := "slot." + slot + ".help"; t.b.has(help) {
		l := t.line(help)
		f.Help = &l
	}
	if example := "slot." + slot + ".example"; t.b.has(example) {
		l := t.line(example)
		f.Sample = &l
	}
	if d.max != nil && d.Type == "text" {
		f.Max = int(*d.max)
	}
	if s, ok := t.s.Slots[slot]; ok {
		f.Value = d.typed(s.Value)
	} else if d.suggest != nil {
		f.Value = t.f.text(d.suggest)
	}
	f.Options = t.options(d)
	if d.Type == "yesno" {
		f.Options = []Option{{Value: "yes", Label: Say("value.yes")}, {Value: "no", Label: Say("value.no")}}
	}
	chosen := splitLines(f.Value)
	for i, o := range f.Options {
		f.Options[i].On = slices.Contains(chosen, o.Value)
	}
	return f
}

func (t *turn) options(d *SlotDef) []Option {
	if len(d.Options) == 0 {
		return nil
	}
	out := make([]Option, 0, len(d.Options))
	for _, o := range d.Options {
		if w := d.optionWhen[o]; w != nil && !t.f.true(w) {
			continue
		}
		out = append(out, Option{Value: o, Label: Say(d.option(o))})
	}
	return out
}

// maxButtons is how many options are buttons; more are a select.
const maxButtons = 6

// answers are the buttons that answer a single question.
func (t *turn) answers(slot string, f Field) []Action {
	d := t.b.slots[slot]
	var out []Action
	s, ok := t.s.Slots[slot]
	if ok && s.Look {
		out = append(out, Action{Verb: "keep", Value: slot, Label: Say("button.keep", d.arg("Value", s.Value)), Style: "primary"})
	} else if f.Value != "" && f.Fault == nil && len(f.Options) == 0 && d.Type != "rows" && !ok {
		out = append(out, Action{Verb: "answer", Value: f.Value, Label: Say("button.keep", Text("Value", f.Value)), Style: "primary"})
	}
	if d.template != "" {
		out = append(out, Action{Verb: "make", Value: d.template, Label: Say("button.template")})
	}
	switch {
	case len(f.Options) == 0:
	case d.Type == "choices":
		out = append(out, Action{Verb: "answer", Label: Say("button.choose"), Options: f.Options, Multi: true, Style: "primary"})
	case len(f.Options) > maxButtons:
		out = append(out, Action{Verb: "answer", Label: Say("button.choose"), Options: f.Options, Style: "primary"})
	default:
		for _, o := range f.Options {
			a := Action{Verb: "answer", Value: o.Value, Label: o.Label}
			if o.On && !ok {
				a.Style = "primary" // suggested
			}
			out = append(out, a)
		}
	}
	return out
}

// spine shows the ten steps, once in a turn.
func (t *turn) spine(person string) {
	t.out = slices.DeleteFunc(t.out, func(e Effect) bool {
		sp, ok := e.(Spine)
		return ok && sp.To.Person == person
	})
	sp := Spine{To: t.to(person), Next: t.wayOn(person)}
	for _, f := range t.b.steps {
		st := t.s.Steps[f.ID]
		s := StepState{Flow: f.ID, Step: f.Step, Status: st.Status}
		switch st.Status {
		case Waiting:
			if n := t.here(f.ID); n != nil && n.who != "" {
				s.Note = append(s.Note, Say("wait.on", Word("Who", "who."+n.who), Time("Since", st.Since)))
			}
		case Skipped:
			s.Note = append(s.Note, Say("spine.skipped", Text("Reason", st.Reason)))
		case Finished:
			s.Note = append(s.Note, Say("spine.done", Date("When", st.Ended.In(t.now.Location()).Format(time.DateOnly))))
		}
		sp.Steps = append(sp.Steps, s)
	}
	sp.Actions = append(t.nextAction(person), verb("documents"), verb("help"))
	t.do(sp)
}

// wayOn is the step a person is in, or else the one to go on with.
func (t *turn) wayOn(person string) string {
	if focus := t.s.People[person].Focus; t.s.Steps[focus].Status == Active {
		return focus
	}
	return t.nextFlow()
}

// menu shows the ten steps when nothing is being asked.
func (t *turn) menu(person string) { t.spine(person) }
