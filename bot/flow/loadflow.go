package flow

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

var nodeKinds = []string{"tell", "ask", "form", "confirm", "decide", "wait_for", "do", "sub", "hand_off", "done"}

// nodeFields are the fields each kind of node may have besides those that every node may have.
var nodeFields = map[string][]string{
	"tell": {"tone", "sheets", "args"}, "ask": {"args"}, "form": {"slots", "args"}, "confirm": {"slots", "args"},
	"decide": {"cases", "else"}, "wait_for": {"who", "until", "sets", "ladder", "args"}, "do": {"call", "makes", "with", "saves", "args"},
	"sub": {}, "hand_off": {"args"}, "done": {"sheets", "args"},
}

var waitedOn = []string{"seller", "amazon", "carrier", "broker", "bank", "customs", "staff"}

func (l *loader) readFlow(f file) {
	m := f.fields(f.root, "a flow", "spec", "flow", "step", "revision", "slots", "nodes", "sheets", "replaced_by", "again", "forget")
	fl := l.book.flows[f.str(m["flow"])]
	if fl == nil || fl.File != f.file {
		if _, ok := m["flow"]; !ok {
			f.note(1, "the file needs flow: with the flow's id")
		}
		return
	}
	fl.Step = f.integer(m["step"], 0, 10)
	fl.Revision = f.integer(m["revision"], 1, 1_000_000)
	if fl.Revision == 0 {
		f.note(fl.line, "flow %s needs revision: 1, one more with every change", fl.ID)
	}
	if v, ok := m["replaced_by"]; ok {
		for _, p := range f.pairs(v.value, "replaced_by") {
			fl.replacedBy[p.name] = f.str(p)
		}
	}
	fl.again, fl.forget = f.strs(m["again"]), f.strs(m["forget"])
	for _, name := range []string{"again", "forget"} {
		for _, slot := range f.strs(m[name]) {
			if l.book.slots[slot] == nil {
				f.note(m[name].line, "%s: there is no slot %q%s", name, slot, l.didYouMeanSlot(slot))
			}
		}
	}
	if _, ok := m["nodes"]; !ok {
		f.note(fl.line, "flow %s needs nodes:", fl.ID)
	}
	for _, item := range f.items(m["nodes"]) {
		n := l.node(f.source, fl, item)
		if n == nil {
			continue
		}
		if at, ok := fl.index[n.ID]; ok {
			f.note(n.Line, "node %q stands at line %d already; give one of them another id:", n.ID, fl.Nodes[at].Line)
			continue
		}
		fl.index[n.ID] = len(fl.Nodes)
		fl.Nodes = append(fl.Nodes, n)
	}
	if v, ok := m["sheets"]; ok {
		for _, p := range f.pairs(v.value, "sheets") {
			if f.id(p.line, "sheet", p.name) {
				d := l.sheet(f.source, fl, p)
				fl.sheets = append(fl.sheets, d)
				l.book.sheets[d.ID] = d
			}
		}
	}
}

func (l *loader) node(s source, fl *Flow, item *yaml.Node) *Node {
	kind, name := "", ""
	for _, p := range s.pairs(item, "a node") {
		if slices.Contains(nodeKinds, p.name) {
			if kind != "" {
				s.note(p.line, "a node is one of %s; this one is a %s and a %s", strings.Join(nodeKinds, ", "), kind, p.name)
				return nil
			}
			kind, name = p.name, s.str(p)
		}
	}
	if kind == "" {
		s.note(item.Line, "a node needs one of %s", strings.Join(nodeKinds, ", "))
		return nil
	}
	m := s.fields(item, "a "+kind+" node", append([]string{kind, "id", "when", "next", "sources", "was", "say"}, nodeFields[kind]...)...)
	n := &Node{
		ID: name, Kind: kind, Line: item.Line, Slots: s.strs(m["slots"]), When: l.expr(s, m["when"], true), Next: s.str(m["next"]),
		Was: s.str(m["was"]), Tone: Tone(s.str(m["tone"])), Sources: s.strs(m["sources"]), args: l.exprs(s, m["args"], "args"),
		orElse: s.str(m["else"]), who: s.str(m["who"]), until: l.expr(s, m["until"], true), call: s.str(m["call"]),
		with: l.exprs(s, m["with"], "with"), saves: s.strs(m["saves"]),
	}
	if kind == "ask" {
		n.Slots = []string{name}
	}
	if kind == "sub" {
		n.sub = name
	}
	if id := s.str(m["id"]); id != "" {
		n.ID = id
	}
	if !s.id(item.Line, "node", n.ID) {
		return nil
	}
	n.Message = fl.ID + "." + n.ID
	if kind == "ask" {
		n.Message = "slot." + name + ".ask"
	}
	if say := s.str(m["say"]); say != "" {
		n.Message = say
	}
	for _, sheet := range s.strs(m["sheets"]) {
		n.Sheets = append(n.Sheets, fl.ID+"."+sheet)
	}
	for _, sheet := range s.strs(m["makes"]) {
		n.makes = append(n.makes, fl.ID+"."+sheet)
	}
	if !slices.Contains([]Tone{Plain, Good, Warn, Bad}, n.Tone) {
		s.note(item.Line, "tone is good, warn or bad, not %q", n.Tone)
	}
	l.sources(s, item.Line, n.Sources)
	for _, c := range s.items(m["cases"]) {
		cm := s.fields(c, "a case", "when", "next")
		b := branch{l.expr(s, cm["when"], true), s.str(cm["next"]), c.Line}
		if b.when == nil || b.next == "" {
			s.note(c.Line, "a case needs when: and next:")
			continue
		}
		n.cases = append(n.cases, b)
	}
	if v, ok := m["sets"]; ok {
		for _, p := range s.pairs(v.value, "sets") {
			n.sets = append(n.sets, setting{p.name, s.str(p)})
		}
	}
	if v, ok := m["ladder"]; ok {
		lm := s.fields(v.value, "ladder", "remind", "help", "ticket")
		n.ladder = ladder{s.span(lm["remind"]), s.span(lm["help"]), s.span(lm["ticket"])}
	}
	l.checkNode(s, n)
	return n
}

// checkNode checks what can be said of a node by itself.
func (l *loader) checkNode(s source, n *Node) {
	for _, slot := range slices.Concat(n.Slots, n.saves) {
		if l.book.slots[slot] == nil {
			s.note(n.Line, "node %s: there is no slot %q%s", n.ID, slot, l.didYouMeanSlot(slot))
		}
	}
	switch n.Kind {
	case "form":
		if len(n.Slots) == 0 || len(n.Slots) > 10 {
			s.note(n.Line, "form %s needs slots:, one to ten of them", n.ID)
		}
	case "confirm":
		if len(n.Slots) == 0 {
			s.note(n.Line, "confirm %s needs slots: to show", n.ID)
		}
	case "decide":
		if len(n.cases) == 0 || n.orElse == "" {
			s.note(n.Line, "decide %s needs cases: and else:, so that it leads on whatever is known", n.ID)
		}
	case "wait_for":
		if !slices.Contains(waitedOn, n.who) {
			s.note(n.Line, "wait_for %s needs who:, one of %s", n.ID, strings.Join(waitedOn, ", "))
		}
		for _, set := range n.sets {
			if l.book.slots[set.slot] == nil {
				s.note(n.Line, "wait_for %s sets %q, which is no slot%s", n.ID, set.slot, l.didYouMeanSlot(set.slot))
			}
		}
	case "do":
		if (n.call == "") == (len(n.makes) == 0) {
			s.note(n.Line, "do %s needs call: or makes:, one of the two", n.ID)
		}
		if n.call != "" {
			l.answered(s, n.Line, "do "+n.ID, n.call)
		}
		if len(n.makes) > 0 && (len(n.with) > 0 || len(n.saves) > 0) {
			s.note(n.Line, "do %s makes a sheet, which says itself what it reads: with: and saves: go with call:", n.ID)
		}
	}
}

func (l *loader) didYouMeanSlot(name string) string {
	var names []string
	for id := range l.book.slots {
		names = append(names, id)
	}
	slices.Sort(names)
	if near := nearest(name, names); near != "" {
		return "; did you mean " + near + "?"
	}
	return ""
}

func (l *loader) readPatterns(f file) {
	l.patterns = true
	m := f.fields(f.root, "patterns.yaml", "spec", "limits", "verbs", "ladder", "silence")
	p := &l.book.patterns
	p.byName = map[string]*verbDef{}
	lim := f.fields(m["limits"].value, "limits", "nodes", "answer", "stack", "held", "tries", "hand_over")
	p.nodes = f.integer(lim["nodes"], 10, 1000)
	p.answer = f.integer(lim["answer"], 100, 100_000)
	p.stack = f.integer(lim["stack"], 2, 32)
	p.held = f.integer(lim["held"], 1, 100)
	p.tries = f.integer(lim["tries"], 1, 20)
	p.handOver = f.integer(lim["hand_over"], 2, 50)
	lad := f.fields(m["ladder"].value, "ladder", "remind", "help", "ticket")
	p.ladder = ladder{f.span(lad["remind"]), f.span(lad["help"]), f.span(lad["ticket"])}
	for _, item := range f.items(m["silence"]) {
		p.silence = append(p.silence, f.span(field{"silence", item.Line, item}))
	}
	for _, v := range f.pairs(m["verbs"].value, "verbs") {
		vm := f.fields(v.value, "verb "+v.name, "takes")
		if !slices.Contains(engineVerbs, v.name) {
			f.note(v.line, "the engine has no verb %q", v.name)
			continue
		}
		p.verbs = append(p.verbs, verbDef{name: v.name, takes: f.str(vm["takes"])})
	}
	for _, name := range engineVerbs {
		if !slices.ContainsFunc(p.verbs, func(v verbDef) bool { return v.name == name }) {
			f.note(1, "verb %q is missing", name)
		}
	}
	words := map[string]string{}
	for i := range p.verbs {
		v := &p.verbs[i]
		p.byName[v.name] = v
		v.lines = l.book.deps.Accepted("verb." + v.name)
		for _, line := range v.lines {
			key := wordKey(line)
			if other := words[key]; other != "" && other != v.name {
				f.note(1, "%q means both %s and %s", line, other, v.name)
			}
			words[key] = v.name
		}
		v.with = append(slices.Clip(v.lines), l.book.deps.Accepted("verb."+v.name+".with")...)
	}
}
