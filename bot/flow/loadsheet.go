package flow

import (
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

func (l *loader) sheet(s source, fl *Flow, fd field) *SheetDef {
	d := &SheetDef{ID: fl.ID + "." + fd.name, Flow: fl.ID, Step: fl.Step, line: fd.line}
	m := s.fields(fd.value, "sheet "+fd.name, "files", "sources", "parts", "call", "reads")
	d.Files, d.Sources, d.call = s.strs(m["files"]), s.strs(m["sources"]), s.str(m["call"])
	if d.call != "" {
		l.answered(s, m["call"].line, "sheet "+fd.name, d.call)
		l.calledSheet(s, d, m)
		return d
	}
	if _, ok := m["reads"]; ok {
		s.note(m["reads"].line, "sheet %s reads what its parts show; reads: goes with call:", fd.name)
	}
	if len(d.Files) == 0 {
		d.Files = []string{"md"}
	}
	for _, f := range d.Files {
		if !slices.Contains([]string{"md", "csv", "json"}, f) {
			s.note(m["files"].line, "files are md, csv or json, not %q", f)
		}
	}
	l.sources(s, fd.line, d.Sources)
	for _, item := range s.items(m["parts"]) {
		d.parts = append(d.parts, l.part(s, d, item))
	}
	if len(d.parts) == 0 {
		s.note(fd.line, "sheet %s needs parts:", fd.name)
	}
	for _, p := range d.parts {
		d.reads = append(d.reads, p.reads()...)
	}
	l.sheetReads(s, d)
	return d
}

// answered notes a call that no room answers: people would wait for it in vain.
func (l *loader) answered(s source, line int, who, call string) {
	known := l.book.deps.Calls
	if known == nil || slices.Contains(known, call) {
		return
	}
	if near := nearest(call, known); near != "" {
		s.note(line, "%s calls %q, which nobody answers; did you mean %s?", who, call, near)
		return
	}
	s.note(line, "%s calls %q, which nobody answers; there are %s", who, call, strings.Join(known, ", "))
}

// calledSheet is a sheet that another room makes from the slots it reads: it names them, because nobody can see them here.
func (l *loader) calledSheet(s source, d *SheetDef, m map[string]field) {
	d.reads = s.strs(m["reads"])
	l.sources(s, d.line, d.Sources)
	for _, name := range []string{"files", "parts"} {
		if f, ok := m[name]; ok {
			s.note(f.line, "sheet %s is made by %s and has no %s:", d.ID, d.call, name)
		}
	}
	if _, ok := m["reads"]; !ok {
		s.note(d.line, "sheet %s needs reads: the slots that %s makes it from, or []", d.ID, d.call)
	}
	l.sheetReads(s, d)
}

func (l *loader) sheetReads(s source, d *SheetDef) {
	slices.Sort(d.reads)
	d.reads = slices.Compact(d.reads)
	for _, slot := range d.reads {
		if l.book.slots[slot] == nil {
			s.note(d.line, "sheet %s: there is no slot %q%s", d.ID, slot, l.didYouMeanSlot(slot))
		}
	}
}

// message is the id of one of a sheet's messages.
func (d *SheetDef) message(item string) string { return "sheet." + d.ID + "." + item }

func (l *loader) part(s source, d *SheetDef, item *yaml.Node) partDef {
	m := s.fields(item, "a part of a sheet", "heading", "when", "facts", "gaps", "checks", "dates", "table", "columns", "rows", "text", "paste", "data", "english", "args")
	p := partDef{when: l.expr(s, m["when"], true), facts: s.strs(m["facts"]), gaps: s.strs(m["gaps"]), english: s.boolean(m["english"]), args: l.exprs(s, m["args"], "args")}
	if h := s.str(m["heading"]); h != "" {
		p.heading = d.message(h)
	}
	for _, id := range s.strs(m["text"]) {
		p.text = append(p.text, d.message(id))
	}
	for _, id := range s.strs(m["paste"]) {
		p.paste = append(p.paste, d.message(id))
	}
	for _, c := range s.items(m["checks"]) {
		it := itemDef{}
		if c.Kind == yaml.ScalarNode {
			it.message = d.message(c.Value)
		} else {
			cm := s.fields(c, "a checklist item", "item", "when", "done")
			it = itemDef{d.message(s.str(cm["item"])), l.expr(s, cm["when"], true), l.expr(s, cm["done"], true)}
		}
		p.items = append(p.items, it)
	}
	for _, c := range s.items(m["dates"]) {
		dm := s.fields(c, "a date", "item", "when", "from", "add")
		dd := dateDef{d.message(s.str(dm["item"])), l.expr(s, dm["when"], true), s.str(dm["from"]), s.span(dm["add"])}
		if def := l.book.slots[dd.from]; dd.from != "today" && (def == nil || def.Type != "date") {
			s.note(c.Line, "from: is today or a date slot, not %q", dd.from)
		}
		p.dates = append(p.dates, dd)
	}
	if t, ok := m["table"]; ok {
		p.table = l.table(s, d, m, s.str(t))
	} else if rows := s.str(m["rows"]); rows != "" {
		p.rows = rows
		if def := l.book.slots[rows]; def == nil || def.Type != "rows" {
			s.note(item.Line, "rows: needs a rows slot, not %q", rows)
		}
	}
	if v, ok := m["data"]; ok {
		p.data = l.data(s, v)
	}
	return p
}

func (l *loader) table(s source, d *SheetDef, m map[string]field, name string) *tableDef {
	t := &tableDef{columns: []string{d.message(name + "_head")}}
	columns := s.strs(m["columns"])
	for _, c := range columns {
		t.columns = append(t.columns, d.message("col_"+c))
	}
	for _, r := range s.items(m["rows"]) {
		row, id := tableRow{}, r.Value
		if r.Kind != yaml.ScalarNode {
			rm := s.fields(r, "a row", "row", "when")
			id, row.when = s.str(rm["row"]), l.expr(s, rm["when"], true)
		}
		row.cells = append(row.cells, d.message(id))
		for _, c := range columns {
			row.cells = append(row.cells, d.message(id+"_"+c))
		}
		t.rows = append(t.rows, row)
	}
	if len(columns) == 0 || len(t.rows) == 0 {
		s.note(m["table"].line, "table %s needs columns: and rows:", name)
	}
	return t
}

func (l *loader) data(s source, f field) *dataDef {
	d := &dataDef{}
	switch f.value.Kind {
	case yaml.MappingNode:
		for _, p := range s.pairs(f.value, "data") {
			d.keys = append(d.keys, p.name)
			d.fields = append(d.fields, l.data(s, p))
		}
	case yaml.SequenceNode:
		for _, n := range f.value.Content {
			d.list = append(d.list, l.data(s, field{f.name, n.Line, resolve(n)}))
		}
	default:
		if def := l.book.slots[strings.TrimSpace(f.value.Value)]; def != nil && def.Type == "rows" {
			d.rows = def.ID
		} else {
			d.leaf = l.expr(s, f, false)
		}
	}
	return d
}

// reads lists the slots a part shows or depends on.
func (p partDef) reads() []string {
	out := slices.Concat(p.facts, p.gaps)
	add := func(es ...*Expr) {
		for _, e := range es {
			if e != nil {
				out = append(out, e.reads...)
			}
		}
	}
	add(p.when)
	for _, name := range sortedKeys(p.args) {
		add(p.args[name])
	}
	for _, it := range p.items {
		add(it.when, it.done)
	}
	for _, d := range p.dates {
		add(d.when)
		if d.from != "today" && d.from != "" {
			out = append(out, d.from)
		}
	}
	if p.table != nil {
		for _, r := range p.table.rows {
			add(r.when)
		}
	}
	if p.rows != "" {
		out = append(out, p.rows)
	}
	var walk func(d *dataDef)
	walk = func(d *dataDef) {
		if d == nil {
			return
		}
		add(d.leaf)
		if d.rows != "" {
			out = append(out, d.rows)
		}
		for _, c := range slices.Concat(d.fields, d.list) {
			walk(c)
		}
	}
	walk(p.data)
	return out
}

// messages lists the ids of every message a part may show.
func (p partDef) messages() []string {
	out := slices.Concat(p.text, p.paste)
	if p.heading != "" {
		out = append(out, p.heading)
	}
	for _, it := range p.items {
		out = append(out, it.message)
	}
	for _, d := range p.dates {
		out = append(out, d.message)
	}
	if p.table != nil {
		out = append(out, p.table.columns...)
		for _, r := range p.table.rows {
			out = append(out, r.cells...)
		}
	}
	return out
}
