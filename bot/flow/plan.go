package flow

import "strings"

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

// A Stand is how many cases stand at one spot, and what this book does to them.
type Stand struct {
	Flow, Node string
	Cases      int
	Move       Move
	To         string   // the node they will be at; empty with Lost
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
		stand := Stand{Flow: id, Node: trailKey(st.At), Cases: 1, Move: Carried}
		var to []string
		for _, spot := range st.At {
			node, how := b.place(spot)
			if how == Lost {
				stand.Move, to = Lost, nil
				break
			}
			if how == Redirected {
				stand.Move = Redirected
			}
			to = append(to, node)
		}
		stand.To = strings.Join(to, " > ")
		out = append(out, stand)
	}
	return out
}
