package flow

import (
	"cmp"
	"slices"
	"strings"
)

// start opens a step for a person, or goes on with it where it stands.
func (t *turn) start(person, id string) {
	fl := t.b.flows[id]
	if fl == nil || fl.Step == 0 {
		t.menu(person)
		return
	}
	if t.onlyLooks(person) {
		return
	}
	t.talk(person, func(k *Talk) { k.Focus, k.Stack = id, nil })
	switch st := t.s.Steps[id]; st.Status {
	case NotStarted:
		t.step(id, func(st *Step) {
			*st = Step{Status: Active, Round: st.Round, Revision: fl.Revision, At: []Spot{{id, fl.Nodes[0].ID}}, Started: t.now.UTC(), Began: t.s.Turn, Lead: person}
		})
		t.speak(person, Plain, Say("step.begin", Number("Step", itoa(fl.Step)), Word("Title", "step."+id)))
		t.advise(person, fl)
		t.walk(person, id)
	case Finished, Skipped:
		t.talk(person, func(k *Talk) { k.Focus = "" })
		t.closed(person, fl, st)
	default:
		t.catchUp(person, id)
		t.resume(person)
	}
}

// advise says so when a step is begun before the ones it usually follows. It is advice: steps may be done in any order.
func (t *turn) advise(person string, fl *Flow) {
	var open []Arg
	for _, f := range t.b.steps {
		if f.Step < fl.Step && t.s.Steps[f.ID].Status == NotStarted {
			open = append(open, Word("", "step."+f.ID))
		}
	}
	if len(open) > 0 {
		t.speak(person, Plain, Say("step.early", Several("Steps", open...)))
	}
}

// closed tells that a step is done or was skipped and offers to open it again.
func (t *turn) closed(person string, fl *Flow, st Step) {
	line := Say("step.is_done", Word("Title", "step."+fl.ID), Time("When", st.Ended))
	if st.Status == Skipped {
		line = Say("step.is_skipped", Word("Title", "step."+fl.ID), Text("Reason", st.Reason))
	}
	actions := []Action{{Verb: "reopen", Value: fl.ID, Label: Say("verb.reopen")}}
	for _, d := range fl.sheets {
		if _, ok := t.s.Sheets[d.ID]; ok {
			actions = append(actions, Action{Verb: "make", Value: d.ID, Label: Say("sheet." + d.ID)})
		}
	}
	actions = append(actions, t.nextAction(person)...)
	t.do(Speak{To: t.to(person), Lines: []Line{line}, Actions: actions})
}

// catchUp brings a step whose flow has changed since to where it stands now: carried along when the node still exists,
// redirected when it was renamed or replaced, asked again from the first open question otherwise. It says whether the person
// is asked something else now than before.
func (t *turn) catchUp(person, id string) bool {
	st := t.s.Steps[id]
	fl := t.b.flows[id]
	if fl == nil || st.Revision == fl.Revision || st.Status != Active && st.Status != Waiting {
		return false
	}
	at, moved := t.b.follow(st.At)
	if moved == Lost {
		at = []Spot{{id, fl.Nodes[0].ID}}
	}
	st.At, st.Revision = at, fl.Revision
	trail := st.Trail
	st.Trail = nil
	for _, key := range trail {
		if spots, how := t.b.follow(spotsOf(key)); how != Lost {
			st.Trail = append(st.Trail, trailKey(spots))
		}
	}
	t.s.Steps[id] = st
	for _, slot := range t.b.refused(id, t.s) {
		s := t.s.Slots[slot]
		s.Look = true
		t.s.Slots[slot] = s
		moved = Lost
	}
	if moved == Lost {
		t.speak(person, Plain, Say("step.changed", Word("Title", "step."+id)))
	}
	before := t.here(id)
	t.rewalkQuietly(person, id, st)
	return moved != Carried || t.here(id) != before
}

// rewalk goes through a step again from its beginning, silently over everything that was passed, and stops at the first
// question that is open under what is known now. It is how a correction or a new revision opens or closes a branch.
func (t *turn) rewalk(person, id string) {
	t.step(id, func(st *Step) {
		st.At = []Spot{{id, t.b.flows[id].Nodes[0].ID}}
	})
	t.move(person, id)
}

// trailKey names a node together with the sub-flows around it.
func trailKey(at []Spot) string {
	if len(at) == 1 { // mostly
		return at[0].Flow + "." + at[0].Node
	}
	var b strings.Builder
	for i, s := range at {
		if i > 0 {
			b.WriteByte('>')
		}
		b.WriteString(s.Flow)
		b.WriteByte('.')
		b.WriteString(s.Node)
	}
	return b.String()
}

// named says whether trailKey names the spot so, outside of any sub-flow.
func (s Spot) named(key string) bool {
	flow, node, ok := strings.Cut(key, ".")
	return ok && flow == s.Flow && node == s.Node
}

func spotsOf(key string) []Spot {
	var out []Spot
	for part := range strings.SplitSeq(key, ">") {
		flow, node, _ := strings.Cut(part, ".")
		out = append(out, Spot{flow, node})
	}
	return out
}

// here is the node at which a step stands; nil when it stands nowhere.
func (t *turn) here(id string) *Node {
	st := t.s.Steps[id]
	if len(st.At) == 0 {
		return nil
	}
	return t.node(st.At[len(st.At)-1])
}

// walk moves a step on to where somebody has to act, and shows that.
func (t *turn) walk(person, id string) {
	if !t.move(person, id) {
		return
	}
	if n := t.here(id); n != nil && n.Kind == "do" && t.s.Steps[id].Tries == 0 && len(t.s.People[person].Stack) == 0 {
		return // the answer comes at once, as a rule; whoever writes meanwhile is told to wait
	}
	t.prompt(person)
}

// move moves a step on until a node waits. It says whether the step still runs.
func (t *turn) move(person, id string) (running bool) {
	for ; t.nodes < t.b.patterns.nodes; t.nodes++ {
		st := t.s.Steps[id]
		n := t.here(id)
		if n == nil {
			return false
		}
		passed := slices.Contains(st.Trail, trailKey(st.At))
		if !t.f.true(n.When) {
			if !t.next(id, n, n.skipTo()) {
				return false
			}
			continue
		}
		next := n.Next
		switch n.Kind {
		case "tell":
			if !passed {
				t.tell(person, n)
			}
		case "ask", "form":
			if len(t.prior(id)) > 0 || len(t.open(st, n, passed)) > 0 {
				return t.stop(id, Active)
			}
			if !t.next(id, n, next) {
				return false
			}
			continue
		case "confirm":
			// Nothing to confirm when all of it was known beforehand and has just been confirmed.
			if !passed && !(st.Known && t.before(id) < 0) {
				return t.stop(id, Active)
			}
		case "decide":
			next = n.orElse
			for _, c := range n.cases {
				if t.f.true(c.when) {
					next = c.next
					break
				}
			}
			t.jump(id, next)
			continue
		case "wait_for":
			if !passed && (n.until == nil || !t.f.true(n.until)) {
				if st.Status != Waiting || st.Since.IsZero() {
					t.wait(id, n)
				}
				return true
			}
		case "do":
			if !passed {
				if len(n.makes) > 0 {
					t.makeSheets(person, id, n.ID, n.makes)
				} else {
					t.ask(person, id, n)
				}
				return t.stop(id, Active)
			}
		case "sub":
			sub := t.b.flows[n.sub]
			t.step(id, func(st *Step) { st.At = append(slices.Clip(st.At), Spot{sub.ID, sub.Nodes[0].ID}) })
			continue
		case "hand_off":
			if !passed {
				t.speak(person, Plain, t.nodeLine(n, n.Message))
				t.openTicket(person, id, n, "")
			}
		case "done":
			if len(st.At) > 1 {
				if !t.leaveSub(id) {
					return false
				}
				continue
			}
			t.finish(person, id, n)
			return false
		}
		t.leave(id)
		if !t.next(id, n, next) {
			return false
		}
	}
	t.speak(person, Warn, Say("step.too_long"))
	return true
}

// skipTo is where a node that is passed over leads: the one after it, whatever its next says.
func (n *Node) skipTo() string { return "" }

// stop lets a step stand where it is.
func (t *turn) stop(id string, status Status) bool {
	t.step(id, func(st *Step) {
		st.Status = status
		st.Since, st.Rung, st.Snooze = zeroTime, 0, zeroTime
	})
	return true
}

// leave notes that a node was passed.
func (t *turn) leave(id string) {
	t.step(id, func(st *Step) {
		if key := trailKey(st.At); !slices.Contains(st.Trail, key) {
			st.Trail = append(slices.Clip(st.Trail), key)
		}
		st.Turn++
		st.Tries, st.Passed, st.Faults, st.Raw = 0, nil, nil, nil
		st.Since, st.Rung, st.Snooze = zeroTime, 0, zeroTime
	})
}

// next moves from node n to the node called to, or to the one below it. It is false at the end of the flow.
func (t *turn) next(id string, n *Node, to string) bool {
	st := t.s.Steps[id]
	fl := t.b.flows[st.At[len(st.At)-1].Flow]
	i := fl.node(to)
	if to == "" {
		i = fl.node(n.ID) + 1
	}
	if i >= len(fl.Nodes) {
		return len(st.At) > 1 && t.leaveSub(id)
	}
	t.jump(id, fl.Nodes[i].ID)
	return true
}

// jump moves to a node of the flow the step is in. Going back up means that what lies below will be asked again.
func (t *turn) jump(id, node string) {
	t.step(id, func(st *Step) {
		st.At = slices.Clone(st.At)
		spot := &st.At[len(st.At)-1]
		fl := t.b.flows[spot.Flow]
		from, to := fl.node(spot.Node), fl.node(node)
		spot.Node = node
		if to <= from {
			st.Trail = slices.DeleteFunc(slices.Clone(st.Trail), func(key string) bool {
				spots := spotsOf(key)
				last := spots[len(spots)-1]
				return last.Flow == fl.ID && fl.node(last.Node) >= to
			})
		}
	})
}

// leaveSub returns from a sub-flow to the node after it.
func (t *turn) leaveSub(id string) bool {
	t.step(id, func(st *Step) { st.At = slices.Clone(st.At[:len(st.At)-1]) })
	n := t.here(id)
	if n == nil {
		return false
	}
	t.leave(id)
	return t.next(id, n, n.Next)
}

// tell says a node's message and shows its sheets.
func (t *turn) tell(person string, n *Node) {
	t.do(Speak{To: t.to(person), Tone: n.Tone, Lines: []Line{t.nodeLine(n, n.Message)}, Sources: n.Sources})
	t.show(person, n.Sheets...)
}

// open lists the slots of an ask or a form that still have to be asked.
func (t *turn) open(st Step, n *Node, passed bool) []string {
	var out []string
	for _, id := range n.Slots {
		s, known := t.s.Slots[id]
		switch {
		case known && !s.Look:
		case slices.Contains(st.Passed, id):
		case !known && passed && t.b.slots[id].Optional:
		default:
			out = append(out, id)
		}
	}
	return out
}

// prior lists the slots of a step's questions that were known before the step began, as long as nobody confirmed them.
func (t *turn) prior(id string) []string {
	st := t.s.Steps[id]
	if st.Known {
		return nil
	}
	var out []string
	for _, n := range t.b.flows[id].Nodes {
		if n.Kind != "ask" && n.Kind != "form" || !t.f.true(n.When) {
			continue
		}
		for _, slot := range n.Slots {
			if s, ok := t.s.Slots[slot]; ok && !s.Look && s.Turn < st.Began && !slices.Contains(out, slot) {
				out = append(out, slot)
			}
		}
	}
	return out
}

// finish ends a step: its sheets are shown and the next step is offered.
func (t *turn) finish(person, id string, n *Node) {
	t.leave(id)
	t.step(id, func(st *Step) { st.Status, st.Ended = Finished, t.now.UTC() })
	t.do(Wake{Name: "wait:" + id})
	t.do(Speak{To: t.to(person), Tone: Good, Lines: []Line{t.nodeLine(n, n.Message)}, Sources: n.Sources})
	t.show(person, n.Sheets...)
	t.offerAgain(person, t.overtaken(t.s.Steps[id]))
	t.talk(person, func(k *Talk) {
		if k.Focus == id {
			k.Focus, k.Live = "", ""
		}
	})
	t.spine(person)
	if next := t.nextFlow(); next != "" {
		t.do(Speak{To: t.to(person), Lines: []Line{Say("step.finished_next", Word("Title", "step."+id), Word("Next", "step."+next))}, Actions: t.nextAction(person)})
	} else if next := t.nextAgain(); next != "" {
		t.do(Speak{To: t.to(person), Lines: []Line{Say("step.finished_next", Word("Title", "step."+id), Word("Next", "step."+next))},
			Actions: []Action{{Verb: "reopen", Value: next, Style: "primary", Label: Say("verb.reopen")}}})
	} else {
		t.do(Speak{To: t.to(person), Tone: Good, Lines: []Line{Say("step.all_done")}, Actions: []Action{verb("documents"), verb("steps")}})
	}
}

// nextFlow is the step to go on with: one that runs, else the first that has not begun below the one that ended last, else
// the first of all, else one that waits.
func (t *turn) nextFlow() string {
	find := func(want Status, from int) string {
		for _, f := range t.b.steps {
			if f.Step > from && t.s.Steps[f.ID].Status == want {
				return f.ID
			}
		}
		return ""
	}
	after := 0
	if last := t.lastEnded(); last != nil {
		after = last.Step
	}
	return cmp.Or(find(Active, 0), find(NotStarted, after), find(NotStarted, 0), find(Waiting, 0))
}

// lastEnded is the step that was finished or skipped last; nil when none was.
func (t *turn) lastEnded() (last *Flow) {
	for _, f := range t.b.steps {
		if at := t.s.Steps[f.ID].Ended; !at.IsZero() && (last == nil || !at.Before(t.s.Steps[last.ID].Ended)) {
			last = f
		}
	}
	return last
}

// nextAgain is the step to open again after the one that ended last, when that one was opened again more often.
func (t *turn) nextAgain() string {
	last := t.lastEnded()
	for _, f := range t.b.steps {
		if st := t.s.Steps[f.ID]; last != nil && f.Step > last.Step && st.Status == Finished && st.Round < t.s.Steps[last.ID].Round {
			return f.ID
		}
	}
	return ""
}

// nextAction is the button that goes on with the step a person is in, or with the next one.
func (t *turn) nextAction(person string) []Action {
	next := t.wayOn(person)
	if next == "" {
		return nil
	}
	return t.openAction(t.b.flows[next])
}

// openAction is the button that begins a step or goes on with it.
func (t *turn) openAction(f *Flow) []Action {
	label := Say("button.start_step", Word("Title", "step."+f.ID))
	if t.s.Steps[f.ID].Status != NotStarted {
		label = Say("button.go_on_step", Word("Title", "step."+f.ID))
	}
	return []Action{{Verb: "open", Value: f.ID, Style: "primary", Label: label}}
}
