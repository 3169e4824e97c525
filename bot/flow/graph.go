package flow

import (
	"fmt"
	"strings"
)

// Mermaid draws a flow as a Mermaid flowchart: what waits has round corners, decisions are diamonds, and an arrow through a
// condition says which. title names a node in the reader's language.
func (f *Flow) Mermaid(title func(message string) string) string {
	var b strings.Builder
	b.WriteString("flowchart TD\n")
	for _, n := range f.Nodes {
		open, end := "[", "]"
		switch {
		case n.Kind == "decide":
			open, end = "{", "}"
		case n.Kind == "done":
			open, end = "([", "])"
		case n.Kind == "wait_for":
			open, end = "[/", "/]"
		case n.waits():
			open, end = "(", ")"
		}
		label := n.Kind + " " + n.ID
		if n.Kind != "decide" && n.Kind != "do" && n.Kind != "sub" {
			label += "<br/>" + short(title(n.Message))
		}
		fmt.Fprintf(&b, "  %s%s%q%s\n", n.ID, open, mermaidText(label), end)
	}
	for i, n := range f.Nodes {
		below := ""
		if i+1 < len(f.Nodes) {
			below = f.Nodes[i+1].ID
		}
		arrow := func(to, why string) {
			switch {
			case to == "":
			case why == "":
				fmt.Fprintf(&b, "  %s --> %s\n", n.ID, to)
			default:
				fmt.Fprintf(&b, "  %s -->|%q| %s\n", n.ID, mermaidText(why), to)
			}
		}
		switch {
		case n.Kind == "decide":
			for _, c := range n.cases {
				arrow(c.next, c.when.Source)
			}
			arrow(n.orElse, "else")
			continue
		case n.Kind == "done" && n.When == nil:
			continue
		}
		next := n.Next
		if next == "" && n.Kind != "done" {
			next = below
		}
		if n.When == nil {
			arrow(next, "")
			continue
		}
		if next == below {
			arrow(next, "")
			continue
		}
		arrow(next, n.When.Source)
		arrow(below, "else")
	}
	return b.String()
}

func short(s string) string {
	s, _, _ = strings.Cut(s, "\n")
	r := []rune(s)
	if len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

func mermaidText(s string) string {
	return strings.NewReplacer(`"`, "'", "#", "").Replace(s)
}
