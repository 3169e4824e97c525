package flow

import (
	"fmt"
	"slices"
	"sort"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// A Problem is one mistake of a flow's author: where it is and what to do about it.
type Problem struct {
	File string
	Line int
	Text string
}

// Error implements error.
func (p Problem) Error() string {
	if p.Line == 0 {
		return p.File + ": " + p.Text
	}
	return fmt.Sprintf("%s:%d: %s", p.File, p.Line, p.Text)
}

// Problems are all mistakes of a book at once, in the order of files and lines.
type Problems []Problem

// Error implements error.
func (ps Problems) Error() string {
	var b strings.Builder
	for i, p := range ps {
		if i > 0 {
			b.WriteByte('\n')
		}
		b.WriteString(p.Error())
	}
	return b.String()
}

func (ps Problems) sorted() Problems {
	sort.SliceStable(ps, func(i, j int) bool {
		if ps[i].File != ps[j].File {
			return ps[i].File < ps[j].File
		}
		return ps[i].Line < ps[j].Line
	})
	return slices.Compact(ps)
}

// source reads one YAML file and notes every mistake it finds.
type source struct {
	file     string
	problems *Problems
}

func (s source) note(line int, format string, args ...any) {
	*s.problems = append(*s.problems, Problem{s.file, line, fmt.Sprintf(format, args...)})
}

// parse returns the document's root; nil when it is no YAML.
func (s source) parse(data []byte) *yaml.Node {
	var doc yaml.Node
	if err := yaml.Load(data, &doc); err != nil {
		s.note(0, "this is not YAML: %s", strings.TrimPrefix(err.Error(), "yaml: "))
		return nil
	}
	if doc.Kind == yaml.DocumentNode && len(doc.Content) > 0 {
		return resolve(doc.Content[0])
	}
	if doc.Kind == 0 {
		s.note(0, "the file is empty")
		return nil
	}
	return resolve(&doc)
}

func resolve(n *yaml.Node) *yaml.Node {
	for i := 0; n != nil && n.Kind == yaml.AliasNode && i < 10; i++ {
		n = n.Alias
	}
	return n
}

// A field is a key of a mapping and its value.
type field struct {
	name  string
	line  int
	value *yaml.Node
}

// pairs lists a mapping's fields in the file's order.
func (s source) pairs(n *yaml.Node, what string) []field {
	n = resolve(n)
	if n == nil || n.Kind != yaml.MappingNode {
		line := 0
		if n != nil {
			line = n.Line
		}
		s.note(line, "%s should be a mapping (name: value)", what)
		return nil
	}
	var out []field
	seen := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if seen[k.Value] {
			s.note(k.Line, "%q stands twice here; keep one", k.Value)
			continue
		}
		seen[k.Value] = true
		out = append(out, field{k.Value, k.Line, resolve(n.Content[i+1])})
	}
	return out
}

// fields gives a mapping's fields by name and refuses names it does not know, with a guess at what was meant.
func (s source) fields(n *yaml.Node, what string, allowed ...string) map[string]field {
	out := map[string]field{}
	for _, f := range s.pairs(n, what) {
		if !slices.Contains(allowed, f.name) {
			hint := "known here: " + strings.Join(allowed, ", ")
			if near := nearest(f.name, allowed); near != "" {
				hint = "did you mean " + strconv.Quote(near) + "?"
			}
			s.note(f.line, "%s has no field %q; %s", what, f.name, hint)
			continue
		}
		out[f.name] = f
	}
	return out
}

func (s source) str(f field) string {
	if f.value == nil {
		return ""
	}
	if f.value.Kind != yaml.ScalarNode {
		s.note(f.line, "%s should be a single value", f.name)
		return ""
	}
	return f.value.Value
}

func (s source) strs(f field) []string {
	if f.value == nil {
		return nil
	}
	if f.value.Kind == yaml.ScalarNode {
		if f.value.Value == "" {
			return nil
		}
		return []string{f.value.Value}
	}
	var out []string
	for _, item := range s.items(f) {
		if item.Kind != yaml.ScalarNode {
			s.note(item.Line, "%s should be a list of single values", f.name)
			continue
		}
		out = append(out, item.Value)
	}
	return out
}

func (s source) items(f field) []*yaml.Node {
	if f.value == nil {
		return nil
	}
	if f.value.Kind != yaml.SequenceNode {
		s.note(f.line, "%s should be a list", f.name)
		return nil
	}
	out := make([]*yaml.Node, len(f.value.Content))
	for i, n := range f.value.Content {
		out[i] = resolve(n)
	}
	return out
}

func (s source) boolean(f field) bool {
	switch v := s.str(f); v {
	case "", "false":
		return false
	case "true":
		return true
	default:
		s.note(f.line, "%s should be true or false, not %q", f.name, v)
		return false
	}
}

func (s source) integer(f field, low, high int) int {
	if f.value == nil {
		return 0
	}
	n, err := strconv.Atoi(s.str(f))
	if err != nil || n < low || n > high {
		s.note(f.line, "%s should be a whole number from %d to %d", f.name, low, high)
		return low
	}
	return n
}

func (s source) decimal(f field) *float64 {
	if f.value == nil {
		return nil
	}
	v, err := strconv.ParseFloat(s.str(f), 64)
	if err != nil {
		s.note(f.line, "%s should be a number, not %q", f.name, s.str(f))
		return nil
	}
	return &v
}

func (s source) span(f field) Span {
	if f.value == nil {
		return Span{}
	}
	sp, err := ParseSpan(s.str(f))
	if err != nil {
		s.note(f.line, "%s: %v", f.name, err)
	}
	return sp
}

// nearest is the word closest to name, when one is close enough to be meant.
func nearest(name string, words []string) string {
	best, at := "", 3
	for _, w := range words {
		if d := distance(name, w); d < at {
			best, at = w, d
		}
	}
	return best
}

// distance is the number of letters to insert, drop or replace between a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := 1; i <= len(a); i++ {
		diagonal := row[0]
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			diagonal, row[j] = row[j], min(row[j]+1, row[j-1]+1, diagonal+cost)
		}
	}
	return row[len(b)]
}
