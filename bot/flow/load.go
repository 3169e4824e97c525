package flow

import (
	"io/fs"
	"path"
	"regexp"
	"slices"
	"sort"
	"strings"

	"go.yaml.in/yaml/v4"
)

// Load reads a book from the *.yaml files of fsys. It finds every mistake it can and returns them all as Problems.
// See docs/flows.md for what the files hold.
func Load(fsys fs.FS, deps Deps) (*Book, error) {
	l := &loader{
		book: &Book{
			flows: map[string]*Flow{}, slots: map[string]*SlotDef{}, sheets: map[string]*SheetDef{},
			readers: map[string][]string{}, seen: map[string][]string{}, fills: map[string][]holeSlot{}, deps: deps,
		},
		sets: map[string][]string{},
	}
	names, err := fs.Glob(fsys, "*.yaml")
	if err != nil {
		return nil, err
	}
	sort.Strings(names)
	var files []file
	for _, name := range names {
		data, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, err
		}
		s := source{name, &l.problems}
		if len(data) > maxFile {
			s.note(0, "the file is larger than %d kB", maxFile>>10)
			continue
		}
		if root := s.parse(data); root != nil {
			files = append(files, file{s, root})
		}
	}
	for _, f := range files {
		l.declare(f)
	}
	l.compile()
	for _, f := range files {
		l.read(f)
	}
	for _, f := range l.last {
		f()
	}
	l.check()
	if len(l.problems) > 0 {
		return nil, l.problems.sorted()
	}
	l.book.compileWords()
	return l.book, nil
}

const maxFile = 1 << 20

type file struct {
	source
	root *yaml.Node
}

type loader struct {
	book     *Book
	sets     map[string][]string
	late     []func() // expressions of slots, compiled when all slots are known
	last     []func() // checks that need every sheet
	problems Problems
	compiler *compiler
	patterns bool
}

var goodID = regexp.MustCompile(`^[a-z][a-z0-9_]{0,47}$`)

func (s source) id(line int, what, id string) bool {
	if !goodID.MatchString(id) {
		s.note(line, "%s %q: ids are lower case letters, digits and underscores, beginning with a letter", what, id)
		return false
	}
	return true
}

// declare is the first pass: option sets, slots and the names of flows.
func (l *loader) declare(f file) {
	top := map[string]field{}
	for _, fd := range f.pairs(f.root, "the file") {
		top[fd.name] = fd
	}
	if spec, ok := top["spec"]; !ok {
		f.note(1, "say which form of the language this is: spec: %d", Spec)
	} else if f.str(spec) != "1" {
		f.note(spec.line, "this program reads spec 1, not %q", f.str(spec))
	}
	if sets, ok := top["sets"]; ok {
		for _, fd := range f.pairs(sets.value, "sets") {
			l.sets[fd.name] = f.strs(fd)
		}
	}
	if id, ok := top["flow"]; ok {
		name := f.str(id)
		if f.id(id.line, "flow", name) {
			if other := l.book.flows[name]; other != nil {
				f.note(id.line, "flow %q is declared in %s already", name, other.File)
			} else {
				l.book.flows[name] = &Flow{ID: name, File: f.file, line: id.line, index: map[string]int{}, replacedBy: map[string]string{}}
			}
		}
	}
	if slots, ok := top["slots"]; ok {
		for _, fd := range f.pairs(slots.value, "slots") {
			if !f.id(fd.line, "slot", fd.name) {
				continue
			}
			if other := l.book.slots[fd.name]; other != nil {
				f.note(fd.line, "slot %q is declared at %s:%d already; declare it once and use it in both places", fd.name, other.File, other.Line)
				continue
			}
			l.book.slots[fd.name] = l.slot(f.source, fd)
		}
	}
}

var slotTypes = []string{"yesno", "choice", "choices", "text", "id", "number", "quantity", "money", "date", "dimensions", "list", "rows"}

func (l *loader) slot(s source, fd field) *SlotDef {
	m := s.fields(fd.value, "slot "+fd.name, "type", "kind", "options", "options_of", "optional", "privacy", "example", "sources",
		"min", "max", "integer", "units", "currencies", "charset", "columns", "checks", "reads", "default", "options_when", "was", "template")
	d := &SlotDef{
		ID: fd.name, File: s.file, Line: fd.line, Set: fd.name,
		Type: s.str(m["type"]), Kind: s.str(m["kind"]), Options: s.strs(m["options"]), Optional: s.boolean(m["optional"]),
		Privacy: s.str(m["privacy"]), Example: s.str(m["example"]), Sources: s.strs(m["sources"]),
		min: s.decimal(m["min"]), max: s.decimal(m["max"]), integer: s.boolean(m["integer"]),
		units: append(s.strs(m["units"]), s.strs(m["currencies"])...), reads: s.strs(m["reads"]),
	}
	if !slices.Contains(slotTypes, d.Type) {
		hint := "one of " + strings.Join(slotTypes, ", ")
		if near := nearest(d.Type, slotTypes); near != "" {
			hint = "did you mean " + near + "?"
		}
		s.note(fd.line, "slot %s has no type %q; %s", d.ID, d.Type, hint)
	}
	if d.Privacy == "" {
		d.Privacy = "business"
	} else if !slices.Contains([]string{"public", "business", "personal"}, d.Privacy) {
		s.note(m["privacy"].line, "privacy is public, business or personal, not %q", d.Privacy)
	}
	switch c := s.str(m["charset"]); c {
	case "":
	case "latin":
		d.latin = true
	default:
		s.note(m["charset"].line, "charset can only be latin, not %q", c)
	}
	if set := s.str(m["options_of"]); set != "" {
		l.late = append(l.late, func() {
			options, ok := l.sets[set]
			if !ok {
				s.note(m["options_of"].line, "there is no option set %q in common.yaml", set)
				return
			}
			d.Set = set
			if len(d.Options) == 0 {
				d.Options = options
			}
		})
	}
	l.late = append(l.late, func() {
		switch d.Type {
		case "choice", "choices":
			if len(d.Options) == 0 {
				s.note(fd.line, "slot %s is a %s and needs options: or options_of:", d.ID, d.Type)
			}
			for _, o := range d.Options {
				s.id(fd.line, "option", o)
			}
		case "id":
			if d.Kind == "" {
				s.note(fd.line, "slot %s is an id and needs kind: (uscc, eori, …)", d.ID)
			}
		case "quantity", "dimensions":
			if len(d.units) == 0 {
				s.note(fd.line, "slot %s is a %s and needs units:", d.ID, d.Type)
			}
		case "money":
			if len(d.units) == 0 {
				s.note(fd.line, "slot %s is money and needs currencies:", d.ID)
			}
		case "rows":
			if len(d.columns) == 0 {
				s.note(fd.line, "slot %s has rows and needs columns:", d.ID)
			}
		}
		if d.Kind != "" {
			if _, ok := l.book.deps.Check(d.Kind); !ok {
				s.note(fd.line, "slot %s: no identifier of kind %q is known", d.ID, d.Kind)
			}
		}
		l.sources(s, fd.line, d.Sources)
	})
	for _, item := range s.items(m["columns"]) {
		c := s.fields(item, "column", "id", "type", "kind", "options", "optional", "min", "max", "integer", "units", "currencies", "charset", "example")
		col := l.slot(s, field{name: s.str(c["id"]), line: item.Line, value: withoutKey(item, "id")})
		col.Set = fd.name + ".col." + col.ID
		if !slices.Contains([]string{"text", "id", "number", "quantity", "money", "date", "choice", "yesno"}, col.Type) {
			s.note(item.Line, "a column cannot be of type %s", col.Type)
		}
		if d.column(col.ID) >= 0 {
			s.note(item.Line, "slot %s has two columns %q", d.ID, col.ID)
		}
		d.columns = append(d.columns, col)
	}
	for _, item := range s.items(m["checks"]) {
		c := s.fields(item, "check", "warn", "block", "when", "sources", "args")
		ch := slotCheck{name: s.str(c["warn"]) + s.str(c["block"]), sources: s.strs(c["sources"])}
		_, ch.block = c["block"]
		if _, both := c["warn"]; both == ch.block {
			s.note(item.Line, "a check either warns or blocks: warn: name or block: name")
		}
		s.id(item.Line, "check", ch.name)
		l.sources(s, item.Line, ch.sources)
		d.checks = append(d.checks, ch)
		i := len(d.checks) - 1
		l.late = append(l.late, func() {
			d.checks[i].when = l.expr(s, c["when"], true)
			d.checks[i].args = l.exprs(s, c["args"], "args")
			if d.checks[i].when == nil {
				s.note(item.Line, "check %s needs when:", ch.name)
			}
		})
	}
	if v, ok := m["template"]; ok {
		d.template = s.str(v)
		l.last = append(l.last, func() {
			if sheet := l.book.sheets[d.template]; sheet == nil || sheet.call == "" || d.Type != "rows" {
				s.note(v.line, "template: is for rows, and names a sheet with call: such as prepare.template, not %q", d.template)
			}
		})
	}
	if v, ok := m["default"]; ok {
		l.late = append(l.late, func() { d.suggest = l.expr(s, v, false) })
	}
	if v, ok := m["options_when"]; ok {
		for _, o := range s.pairs(v.value, "options_when") {
			if !slices.Contains(d.Options, o.name) {
				s.note(o.line, "slot %s has no option %q", d.ID, o.name)
			}
			l.late = append(l.late, func() {
				if d.optionWhen == nil {
					d.optionWhen = map[string]*Expr{}
				}
				d.optionWhen[o.name] = l.expr(s, o, true)
			})
		}
	}
	l.late = append(l.late, func() {
		for _, r := range d.reads {
			if l.book.slots[r] == nil {
				s.note(m["reads"].line, "slot %s reads %q, which is no slot", d.ID, r)
			}
		}
	})
	return d
}

// withoutKey is a mapping without one of its keys.
func withoutKey(n *yaml.Node, key string) *yaml.Node {
	n = resolve(n)
	if n == nil || n.Kind != yaml.MappingNode {
		return n
	}
	out := *n
	out.Content = nil
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value != key {
			out.Content = append(out.Content, n.Content[i], n.Content[i+1])
		}
	}
	return &out
}

func (l *loader) sources(s source, line int, ids []string) {
	for _, id := range ids {
		if !l.book.deps.Source(id) {
			s.note(line, "there is no source %q in the knowledge base", id)
		}
	}
}

// compile prepares the expression language once all slots and flows are named.
func (l *loader) compile() {
	flows := map[string]bool{}
	for id := range l.book.flows {
		flows[id] = true
	}
	l.compiler = newCompiler(l.book.slots, flows)
	for _, f := range l.late {
		f()
	}
	l.late = nil
}

func (l *loader) expr(s source, f field, boolean bool) *Expr {
	if f.value == nil {
		return nil
	}
	text := s.str(f)
	if text == "" {
		s.note(f.line, "%s is empty", f.name)
		return nil
	}
	e, err := l.compiler.compile(text, boolean)
	if err != nil {
		s.note(f.line, "%s: %v", f.name, err)
		return nil
	}
	return e
}

func (l *loader) exprs(s source, f field, what string) map[string]*Expr {
	if f.value == nil {
		return nil
	}
	out := map[string]*Expr{}
	for _, p := range s.pairs(f.value, what) {
		if e := l.expr(s, p, false); e != nil {
			out[p.name] = e
		}
	}
	return out
}

// read is the second pass: nodes, sheets and patterns.
func (l *loader) read(f file) {
	switch base := path.Base(f.file); base {
	case "common.yaml":
		f.fields(f.root, "common.yaml", "spec", "sets", "slots")
	case "patterns.yaml":
		l.readPatterns(f)
	default:
		l.readFlow(f)
	}
}
