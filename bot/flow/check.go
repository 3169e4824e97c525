package flow

import (
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"
)

// check looks at the book as a whole: arrows, words, reads.
func (l *loader) check() {
	b := l.book
	if !l.patterns {
		l.problems = append(l.problems, Problem{File: "patterns.yaml", Text: "the file is missing"})
	}
	byStep := map[int]*Flow{}
	for _, id := range sortedKeys(b.flows) {
		f := b.flows[id]
		if f.Step > 0 {
			if other := byStep[f.Step]; other != nil {
				l.note(f, f.line, "step %d is %s already", f.Step, other.ID)
			}
			byStep[f.Step] = f
			b.steps = append(b.steps, f)
		}
		l.checkArrows(f)
	}
	sort.Slice(b.steps, func(i, j int) bool { return b.steps[i].Step < b.steps[j].Step })
	l.checkSubs()
	l.readers()
	l.checkWords()
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	sort.Strings(out)
	return out
}

func (l *loader) note(f *Flow, line int, format string, args ...any) {
	source{f.File, &l.problems}.note(line, format, args...)
}

// exits lists the nodes a node may lead to; -1 stands for an id that does not exist.
func (f *Flow) exits(i int) []int {
	n := f.Nodes[i]
	if n.Kind == "done" {
		if n.When != nil && i+1 < len(f.Nodes) {
			return []int{i + 1}
		}
		return nil
	}
	var out []int
	for _, c := range n.cases {
		out = append(out, f.node(c.next))
	}
	switch {
	case n.Kind == "decide":
		out = append(out, f.node(n.orElse))
	case n.Next != "":
		out = append(out, f.node(n.Next))
		if n.When != nil && i+1 < len(f.Nodes) {
			out = append(out, i+1)
		}
	case i+1 < len(f.Nodes):
		out = append(out, i+1)
	}
	return out
}

// waits says whether a node stops for somebody, so that a circle through it cannot spin.
func (n *Node) waits() bool {
	return slices.Contains([]string{"ask", "form", "confirm", "wait_for", "do"}, n.Kind)
}

func (l *loader) checkArrows(f *Flow) {
	for _, n := range f.Nodes {
		for _, next := range append([]string{n.Next, n.orElse}, nexts(n)...) {
			if next != "" && f.node(next) < 0 {
				ids := make([]string, len(f.Nodes))
				for i, o := range f.Nodes {
					ids[i] = o.ID
				}
				hint := ""
				if near := nearest(next, ids); near != "" {
					hint = "; did you mean " + near + "?"
				}
				l.note(f, n.Line, "node %s leads to %q, which is not in this flow%s", n.ID, next, hint)
			}
		}
		for _, sheet := range n.Sheets {
			if l.book.sheets[sheet] == nil {
				l.note(f, n.Line, "node %s shows sheet %q, which is not declared under sheets:", n.ID, strings.TrimPrefix(sheet, f.ID+"."))
			}
		}
	}
	for _, n := range f.Nodes {
		for _, id := range n.makes {
			switch d, first := l.book.sheets[id], l.book.sheets[n.makes[0]]; {
			case d == nil || d.call == "":
				l.note(f, n.Line, "node %s makes sheet %q, which is not declared under sheets: with call:", n.ID, strings.TrimPrefix(id, f.ID+"."))
			case first != nil && d.call != first.call:
				l.note(f, n.Line, "node %s makes sheets by %s and by %s; one node asks one room", n.ID, first.call, d.call)
			}
		}
	}
	for old, now := range f.replacedBy {
		if f.node(now) < 0 {
			l.note(f, f.line, "replaced_by sends %q to %q, which is not in this flow", old, now)
		}
		if f.node(old) >= 0 {
			l.note(f, f.line, "replaced_by names %q, which is still in this flow", old)
		}
	}
	if len(f.Nodes) == 0 {
		return
	}
	reached := make([]bool, len(f.Nodes))
	var visit func(int)
	visit = func(i int) {
		if i < 0 || reached[i] {
			return
		}
		reached[i] = true
		for _, e := range f.exits(i) {
			visit(e)
		}
	}
	visit(0)
	for i, n := range f.Nodes {
		if !reached[i] {
			l.note(f, n.Line, "nothing leads to node %s", n.ID)
		}
	}
	last := f.Nodes[len(f.Nodes)-1]
	if last.Kind != "decide" && last.Next == "" && (last.Kind != "done" || last.When != nil) {
		l.note(f, last.Line, "flow %s runs out after node %s; end it with done:", f.ID, last.ID)
	}
	l.checkCircles(f)
}

func nexts(n *Node) []string {
	var out []string
	for _, c := range n.cases {
		out = append(out, c.next)
	}
	return out
}

// checkCircles refuses a circle in which nothing waits.
func (l *loader) checkCircles(f *Flow) {
	const white, grey, black = 0, 1, 2
	colour := make([]int, len(f.Nodes))
	var visit func(int)
	visit = func(i int) {
		colour[i] = grey
		if !f.Nodes[i].waits() {
			for _, e := range f.exits(i) {
				switch {
				case e < 0:
				case colour[e] == grey:
					l.note(f, f.Nodes[i].Line, "nodes %s and %s lead in a circle in which nothing waits", f.Nodes[e].ID, f.Nodes[i].ID)
				case colour[e] == white:
					visit(e)
				}
			}
		}
		colour[i] = black
	}
	for i := range f.Nodes {
		if colour[i] == white {
			visit(i)
		}
	}
}

// checkSubs checks that sub-flows exist, are no steps, and do not call each other in a circle.
func (l *loader) checkSubs() {
	var depth func(f *Flow, path []string)
	depth = func(f *Flow, path []string) {
		if slices.Contains(path, f.ID) {
			l.note(f, f.line, "sub-flows call each other in a circle: %s", strings.Join(append(path, f.ID), " → "))
			return
		}
		for _, n := range f.Nodes {
			if n.Kind != "sub" {
				continue
			}
			sub := l.book.flows[n.sub]
			switch {
			case sub == nil:
				l.note(f, n.Line, "there is no flow %q", n.sub)
			case sub.Step > 0:
				l.note(f, n.Line, "flow %q is a step of its own and cannot be a sub-flow", n.sub)
			default:
				depth(sub, append(path, f.ID))
			}
		}
	}
	for _, id := range sortedKeys(l.book.flows) {
		depth(l.book.flows[id], nil)
	}
}

// readers works out which slots and sheets depend on a slot.
func (l *loader) readers() {
	b := l.book
	add := func(m map[string][]string, slot, reader string) {
		if !slices.Contains(m[slot], reader) && slot != reader {
			m[slot] = append(m[slot], reader)
		}
	}
	for _, id := range sortedKeys(b.slots) {
		d := b.slots[id]
		for _, r := range d.reads {
			add(b.readers, r, id)
		}
		for _, c := range d.checks {
			if c.when != nil {
				for _, r := range c.when.reads {
					add(b.readers, r, id)
				}
			}
			for _, e := range c.args {
				if e != nil {
					for _, r := range e.reads {
						add(b.readers, r, id)
					}
				}
			}
		}
		for _, e := range d.optionWhen {
			if e != nil {
				for _, r := range e.reads {
					add(b.readers, r, id)
				}
			}
		}
	}
	for _, id := range sortedKeys(b.sheets) {
		for _, slot := range b.sheets[id].reads {
			add(b.seen, slot, id)
		}
	}
}

// Messages lists the ids of all messages the book may say, its own and the engine's, sorted.
func (b *Book) Messages() []string {
	var out []string
	for id := range b.wanted() {
		out = append(out, id)
	}
	for _, id := range b.optional() {
		if b.has(id) {
			out = append(out, id)
		}
	}
	sort.Strings(out)
	return slices.Compact(out)
}

// Labels lists the ids of messages that become buttons or options.
func (b *Book) Labels() []string {
	var out []string
	for id, w := range b.wanted() {
		if w.label {
			out = append(out, id)
		}
	}
	sort.Strings(out)
	return out
}

type want struct {
	file  string
	line  int
	label bool
	args  map[string]*Expr
}

// wanted lists the messages that must exist, and who needs them.
func (b *Book) wanted() map[string]want {
	out := map[string]want{}
	for _, id := range engineMessages {
		out[id] = want{file: "patterns.yaml", label: strings.HasPrefix(id, "button.")}
	}
	for _, v := range b.patterns.verbs {
		out["verb."+v.name] = want{file: "patterns.yaml", label: true}
	}
	for _, lang := range b.deps.Languages {
		out["language."+lang] = want{file: "patterns.yaml", label: true}
	}
	asked := map[string]bool{}
	for _, f := range b.flows {
		if f.Step > 0 {
			out["step."+f.ID] = want{file: f.File, line: f.line}
		}
		for _, n := range f.Nodes {
			w := want{file: f.File, line: n.Line, args: n.args}
			switch n.Kind {
			case "tell", "form", "confirm", "hand_off", "done":
				out[n.Message] = w
			case "wait_for":
				for _, suffix := range []string{"", ".evidence", ".remind", ".help"} {
					out[n.Message+suffix] = w
				}
			case "ask":
				if n.Message != "slot."+n.Slots[0]+".ask" {
					out[n.Message] = w
				}
			}
			if n.Kind == "ask" || n.Kind == "form" {
				for _, s := range n.Slots {
					asked[s] = true
				}
			}
		}
	}
	for id, d := range b.slots {
		w := want{file: d.File, line: d.Line}
		out["slot."+id+".label"] = w
		if asked[id] {
			out["slot."+id+".ask"] = w
			out["slot."+id+".why"] = w
		}
		for _, c := range d.checks {
			w.args = c.args
			out["slot."+id+".check."+c.name] = w
		}
		for _, o := range d.Options {
			out["option."+d.Set+"."+o] = want{file: d.File, line: d.Line, label: true}
		}
		for _, c := range d.columns {
			out["slot."+id+".col."+c.ID] = w
			for _, o := range c.Options {
				out["option."+c.Set+"."+o] = want{file: d.File, line: d.Line, label: true}
			}
		}
	}
	for _, d := range b.sheets {
		w := want{file: b.flows[d.Flow].File, line: d.line}
		out["sheet."+d.ID] = w
		for _, p := range d.parts {
			w.args = p.args
			for _, m := range p.messages() {
				out[m] = w
			}
		}
	}
	return out
}

// optional lists the messages that may exist.
func (b *Book) optional() []string {
	var out []string
	for id, d := range b.slots {
		out = append(out, "slot."+id+".help", "slot."+id+".example")
		for _, o := range d.Options {
			out = append(out, "option."+d.Set+"."+o+".also")
		}
		for _, c := range d.columns {
			out = append(out, "slot."+id+".col."+c.ID+".also")
			for _, o := range c.Options {
				out = append(out, "option."+c.Set+"."+o+".also")
			}
		}
	}
	for _, v := range b.patterns.verbs {
		out = append(out, "verb."+v.name+".also", "verb."+v.name+".with.also")
	}
	for _, lang := range b.deps.Languages {
		out = append(out, "language."+lang+".also")
	}
	return append(out, "value.yes.also", "value.no.also")
}

func (b *Book) has(id string) bool {
	_, ok := b.deps.Text(b.deps.Languages[0], id)
	return ok
}

// Limits of a button's label that both Slack (75) and Discord (80) keep, and of an option's.
const maxLabel = 75

var hole = regexp.MustCompile(`\{\{\s*\.([A-Za-z]+)\s*\}\}`)

// holes lists the names of a message's holes in any language.
func (b *Book) holes(id string) []string {
	var out []string
	for _, lang := range b.deps.Languages {
		text, _ := b.deps.Text(lang, id)
		for _, m := range hole.FindAllStringSubmatch(text, -1) {
			if !slices.Contains(out, m[1]) {
				out = append(out, m[1])
			}
		}
	}
	return out
}

// slotOfHole turns CargoValue into cargo_value.
func slotOfHole(name string) string {
	var b strings.Builder
	for i, r := range name {
		if r >= 'A' && r <= 'Z' {
			if i > 0 {
				b.WriteByte('_')
			}
			r += 'a' - 'A'
		}
		b.WriteRune(r)
	}
	return b.String()
}

// checkWords checks that every message exists in every language, fits where it is shown, and that its holes can be filled.
func (l *loader) checkWords() {
	b := l.book
	wanted := b.wanted()
	for _, id := range sortedKeys(wanted) {
		w := wanted[id]
		s := source{w.file, &l.problems}
		for _, lang := range b.deps.Languages {
			text, ok := b.deps.Text(lang, id)
			switch {
			case !ok:
				s.note(w.line, "the message %q is missing in %s", id, lang)
			case strings.TrimSpace(text) == "":
				s.note(w.line, "the message %q is empty in %s", id, lang)
			case w.label && utf8.RuneCountInString(text) > maxLabel:
				s.note(w.line, "the label %q has %d characters in %s; buttons hold %d", id, utf8.RuneCountInString(text), lang, maxLabel)
			}
		}
		if slices.Contains(engineMessages, id) {
			continue
		}
		for _, name := range b.holes(id) {
			slot := slotOfHole(name)
			switch {
			case w.args[name] != nil || slices.Contains(engineHoles, name):
			case b.slots[slot] != nil:
				b.fills[id] = append(b.fills[id], holeSlot{name, slot})
			default:
				s.note(w.line, "the message %q has a hole {{.%s}}, but there is no slot %s and no args: of that name", id, name, slot)
			}
		}
	}
}
