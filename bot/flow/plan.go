package flow

import "slices"

// A Move is what happens to someone at a node when the book changes under them.
type Move string

// The moves.
const (
	Carried    Move = "carry"    // the node is still there
	Redirected Move = "redirect" // it was renamed (was:) or replaced (replaced_by:)
	Lost       Move = "re-ask"   // there is no rule: the step is asked again from its first open question
)

// place finds where a spot is in this book.
func (b *Book) place(s Spot) (node string, how Move) {
	fl := b.flows[s.Flow]
	if fl == nil || len(fl.Nodes) == 0 {
		return "", Lost
	}
	if fl.node(s.Node) >= 0 {
		return s.Node, Carried
	}
	for _, n := range fl.Nodes {
		if n.Was == s.Node {
			return n.ID, Redirected
		}
	}
	if now, ok := fl.replacedBy[s.Node]; ok && fl.node(now) >= 0 {
		return now, Redirected
	}
	return "", Lost
}

// follow finds where a spot inside sub-flows is in this book: as good as the worst of its parts.
func (b *Book) follow(at []Spot) (now []Spot, how Move) {
	how = Carried
	for _, spot := range at {
		node, one := b.place(spot)
		if one == Lost {
			return nil, Lost
		}
		if one == Redirected {
			how = Redirected
		}
		now = append(now, Spot{spot.Flow, node})
	}
	if len(now) == 0 {
		how = Lost
	}
	return now, how
}

// A Stand is how many cases stand at one spot, and what this book does to them.
type Stand struct {
	Flow, Node string
	Cases      int
	Move       Move
	To         string   // where they will be; empty with Lost
	Recheck    []string // slots whose value this book would refuse
}

// Plan says what happens to the people in a case when this book takes over: one Stand for every step that is under way.
func (b *Book) Plan(s State) []Stand {
	var out []Stand
	for _, id := range sortedKeys(s.Steps) {
		st := s.Steps[id]
		if st.Status != Active && st.Status != Waiting || len(st.At) == 0 {
			continue
		}
		now, how := b.follow(st.At)
		stand := Stand{Flow: id, Node: trailKey(st.At), Cases: 1, Move: how, Recheck: b.refused(id, s)}
		if how != Lost {
			stand.To = trailKey(now)
		}
		out = append(out, stand)
	}
	return out
}

// refused lists the answers to a flow's questions that this book would not take any more: their slot has changed its type or
// become stricter.
func (b *Book) refused(flow string, s State) []string {
	fl := b.flows[flow]
	if fl == nil {
		return nil
	}
	f := facts{b: b, slots: s.Slots, steps: s.Steps}
	var out []string
	for _, n := range fl.Nodes {
		if n.Kind != "ask" && n.Kind != "form" {
			continue
		}
		for _, id := range n.Slots {
			v, known := s.Slots[id]
			if !known || slices.Contains(out, id) {
				continue
			}
			d := b.slots[id]
			f.now = v.At // a date that was right when it was given does not become wrong
			f.env = nil
			_, fault := b.read(d, d.typed(v.Value), v.At)
			if fault != nil || slices.ContainsFunc(d.checks, func(c slotCheck) bool { return c.block && f.true(c.when) }) {
				out = append(out, id)
			}
		}
	}
	return out
}
