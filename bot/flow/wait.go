package flow

import "time"

// wait begins to wait at a node: who is waited on since when, and a timer for the first rung of the ladder.
func (t *turn) wait(id string, n *Node) {
	t.step(id, func(st *Step) {
		st.Status, st.Since, st.Rung, st.Snooze = Waiting, t.now.UTC(), 0, zeroTime
	})
	t.wake(id, n)
}

func (n *Node) rungs(fallback ladder) []Span {
	l := n.ladder
	if l == (ladder{}) {
		l = fallback
	}
	return []Span{l.remind, l.help, l.ticket}
}

// base is when the ladder was last set up: when the wait began, or when somebody said it still lasts.
func (st Step) base() time.Time {
	if !st.Snooze.IsZero() {
		return st.Snooze
	}
	return st.Since
}

// wake sets the timer for the next rung.
func (t *turn) wake(id string, n *Node) {
	st := t.s.Steps[id]
	for i, span := range n.rungs(t.b.patterns.ladder) {
		if i >= st.Rung && !span.IsZero() {
			t.do(Wake{Name: "wait:" + id, At: span.After(st.base().In(t.now.Location()))})
			return
		}
	}
}

func (t *turn) drawWait(a *Ask, l live) {
	st := t.s.Steps[l.flow]
	a.Question = []Line{
		t.nodeLine(l.node, l.node.Message),
		Say("wait.on", Word("Who", "who."+l.node.who), Time("Since", st.Since)),
		t.nodeLine(l.node, l.node.Message+".evidence"),
	}
	a.Actions = []Action{t.button("done", "", "primary"), t.button("still", "", ""), t.button("problem", "", "")}
}

// waitDone ends a wait on the seller's word.
func (t *turn) waitDone(person string, l live) {
	for _, s := range l.node.sets {
		if v, fault := t.read(t.b.slots[s.slot], s.value); fault == nil {
			t.set(s.slot, v, person, l.flow)
		}
	}
	t.do(Wake{Name: "wait:" + l.flow})
	t.closeLive(person, nil, Say("close.done"))
	t.leave(l.flow)
	t.step(l.flow, func(st *Step) { st.Status, st.Lead = Active, person })
	if t.next(l.flow, l.node, l.node.Next) {
		t.walk(person, l.flow)
	}
}

// waitStill begins the ladder anew and lets the person do something else.
func (t *turn) waitStill(person string, l live) {
	t.step(l.flow, func(st *Step) { st.Snooze, st.Rung, st.Lead = t.now.UTC(), 0, person })
	t.wake(l.flow, l.node)
	t.closeLive(person, nil, Say("close.still"))
	t.talk(person, func(k *Talk) { k.Focus = "" })
	t.speak(person, Plain, Say("wait.noted"))
	t.menu(person)
}

// timePassed takes a timer that came due, however late and however often.
func (t *turn) timePassed(e TimePassed) {
	if e.Name == "silence" {
		t.silence()
		return
	}
	const prefix = "wait:"
	if len(e.Name) <= len(prefix) || e.Name[:len(prefix)] != prefix {
		return
	}
	id := e.Name[len(prefix):]
	t.catchUp(t.s.Steps[id].Lead, id)
	st := t.s.Steps[id]
	n := t.here(id)
	if st.Status != Waiting || n == nil || n.Kind != "wait_for" {
		return
	}
	due := st.Rung
	for i, span := range n.rungs(t.b.patterns.ladder) {
		if !span.IsZero() && i+1 > due && !span.After(st.base().In(t.now.Location())).After(t.now) {
			due = i + 1
		}
	}
	if due > st.Rung {
		t.step(id, func(st *Step) { st.Rung = due })
		t.climb(id, n, st, due)
	}
	t.wake(id, n)
}

// climb says the highest rung that is due; the ones below it are left out, so that a late reminder comes once.
func (t *turn) climb(id string, n *Node, st Step, rung int) {
	p := st.Lead
	if _, ok := t.s.People[p]; !ok {
		return
	}
	t.talk(p, func(k *Talk) {
		if len(k.Stack) == 0 && (k.Focus == "" || k.Focus == id) {
			k.Focus = id
		}
	})
	k := t.s.People[p]
	here := k.Focus == id && len(k.Stack) == 0
	var on []Line // since when; where the card follows, it says so itself
	if !here {
		on = []Line{Say("wait.on", Word("Who", "who."+n.who), Time("Since", st.Since))}
	}
	switch rung {
	case 1:
		lines := append([]Line{Say("wait.remind", Word("Title", "step."+id)), t.nodeLine(n, n.Message+".remind")}, on...)
		t.do(Speak{To: t.to(p), Urgent: true, Lines: lines, Sources: n.Sources})
	case 2:
		lines := append([]Line{t.nodeLine(n, n.Message+".help")}, on...)
		t.do(Speak{To: t.to(p), Urgent: true, Tone: Warn, Lines: lines, Sources: n.Sources, Actions: []Action{verb("stuck")}})
	case 3:
		lines := append([]Line{Say("wait.ticket", Word("Title", "step."+id))}, on...)
		t.do(Speak{To: t.to(p), Urgent: true, Tone: Warn, Lines: lines})
		t.openTicket(p, id, n, "")
	}
	if here {
		t.prompt(p)
	} else {
		t.do(Speak{To: t.to(p), Lines: []Line{Say("wait.open", Word("Title", "step."+id))}, Actions: t.openAction(t.b.flows[id])})
	}
}

// remember asks to be woken when a question stays unanswered. There is one timer for the whole case: when it comes due it
// looks who has been silent for long enough, so that an ordinary turn writes no timer.
func (t *turn) remember() {
	if len(t.b.patterns.silence) == 0 || t.s.Notes["silence"] != "" {
		return
	}
	t.s.Notes["silence"] = "set"
	t.do(Wake{Name: "silence", At: t.b.patterns.silence[0].After(t.now)})
}

// silence reminds those whose question stayed unanswered, each rung once, and sets the timer for the next who may be.
func (t *turn) silence() {
	delete(t.s.Notes, "silence")
	var next time.Time
	for _, p := range sortedKeys(t.s.People) {
		k := t.s.People[p]
		l := t.live(p)
		if l.kind == "" || l.kind == "wait_for" || l.kind == "do" || k.Nudges >= len(t.b.patterns.silence) {
			continue
		}
		at := t.b.patterns.silence[k.Nudges].After(k.Seen)
		if !at.After(t.now) {
			t.talk(p, func(k *Talk) { k.Nudges++ })
			title := Say("silence.nudge")
			if l.flow != "" {
				title = Say("silence.nudge_step", Word("Title", "step."+l.flow))
			}
			t.speak(p, Plain, title)
			t.prompt(p)
			delete(t.s.Notes, "silence")
			if k.Nudges+1 >= len(t.b.patterns.silence) {
				continue
			}
			at = t.b.patterns.silence[k.Nudges+1].After(k.Seen)
			if !at.After(t.now) {
				at = t.now.Add(24 * time.Hour)
			}
		}
		if next.IsZero() || at.Before(next) {
			next = at
		}
	}
	if !next.IsZero() {
		t.s.Notes["silence"] = "set"
		t.do(Wake{Name: "silence", At: next})
	}
}
