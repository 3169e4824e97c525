package landedcost

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v4"
)

// A Problem is a mistake in a file.
type Problem struct {
	Line int
	What string
}

// Problems are all the mistakes of a file, in the order of their lines.
type Problems []Problem

// Error lists them, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = fmt.Sprintf("line %d: %s", p.Line, p.What)
	}
	return strings.Join(lines, "\n")
}

// mostBytes is how large a file may be.
const mostBytes = 8 << 20

// reader walks a YAML document and notes every mistake instead of stopping at the first.
type reader struct{ problems Problems }

func (r *reader) note(line int, format string, args ...any) {
	r.problems = append(r.problems, Problem{line, fmt.Sprintf(format, args...)})
}

// done returns the mistakes as an error, or nil.
func (r *reader) done() error {
	if len(r.problems) == 0 {
		return nil
	}
	slices.SortStableFunc(r.problems, func(a, b Problem) int { return a.Line - b.Line })
	return r.problems
}

// open reads the document down to its outermost mapping; nil when there is none.
func (r *reader) open(data []byte) *object {
	if len(data) > mostBytes {
		r.note(1, "the file is larger than %d MB", mostBytes>>20)
		return nil
	}
	var doc yaml.Node
	if err := yaml.Load(data, &doc); err != nil {
		if many, ok := errors.AsType[*yaml.LoadErrors](err); ok {
			for _, e := range many.Errors {
				r.note(e.Mark.Line, "%s", e.Message)
			}
		} else if e, ok := errors.AsType[*yaml.LoadError](err); ok {
			r.note(max(e.Mark.Line, 1), "%s", e.Message)
		} else {
			r.note(1, "%v", err)
		}
		return nil
	}
	node := &doc
	if node.Kind == yaml.DocumentNode && len(node.Content) > 0 {
		node = node.Content[0]
	}
	if node.Kind == 0 {
		r.note(1, "the file is empty")
		return nil
	}
	return r.object(node, "the file")
}

// object is a mapping with what was asked of it so far.
type object struct {
	r      *reader
	line   int
	what   string
	keys   []*yaml.Node
	fields map[string]*yaml.Node
	asked  map[string]bool
}

func (r *reader) object(n *yaml.Node, what string) *object {
	if n.Kind != yaml.MappingNode {
		r.note(n.Line, "%s must be made of keys and values", what)
		return nil
	}
	o := &object{r: r, line: n.Line, what: what, fields: map[string]*yaml.Node{}, asked: map[string]bool{}}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if o.fields[k.Value] != nil {
			r.note(k.Line, "%s has %q twice", what, k.Value)
		}
		o.keys = append(o.keys, k)
		o.fields[k.Value] = n.Content[i+1]
	}
	return o
}

// close notes the keys that nobody asked for.
func (o *object) close() {
	for _, k := range o.keys {
		if !o.asked[k.Value] {
			o.r.note(k.Line, "%s has no key %q", o.what, short(k.Value))
		}
	}
}

func short(s string) string {
	if len(s) > 40 {
		return strings.ToValidUTF8(s[:40], "") + "…"
	}
	return s
}

func (o *object) field(key string, needed bool) *yaml.Node {
	o.asked[key] = true
	n := o.fields[key]
	if n == nil || n.Kind == yaml.ScalarNode && n.Tag == "!!null" {
		if needed {
			o.r.note(o.line, "%s needs %s", o.what, key)
		}
		return nil
	}
	return n
}

func (o *object) scalar(key string, needed bool) (string, int) {
	n := o.field(key, needed)
	if n == nil {
		return "", o.line
	}
	if n.Kind != yaml.ScalarNode {
		o.r.note(n.Line, "%s must be a single value", key)
		return "", n.Line
	}
	if len(n.Value) > 500 {
		o.r.note(n.Line, "%s is longer than 500 bytes", key)
		return "", n.Line
	}
	return strings.TrimSpace(n.Value), n.Line
}

func (o *object) text(key string, needed bool) string {
	s, line := o.scalar(key, needed)
	if needed && s == "" && o.fields[key] != nil {
		o.r.note(line, "%s is empty", key)
	}
	return s
}

// oneOf reads one of the words that a field knows.
func (o *object) oneOf(key string, needed bool, known ...string) string {
	s, line := o.scalar(key, needed)
	if s != "" && !slices.Contains(known, s) {
		o.r.note(line, "%s must be one of %s, not %q", key, strings.Join(known, ", "), short(s))
	}
	return s
}

func (o *object) flag(key string, standard bool) bool {
	s, line := o.scalar(key, false)
	switch s {
	case "":
		return standard
	case "true", "false":
		return s == "true"
	}
	o.r.note(line, "%s must be true or false, not %q", key, short(s))
	return standard
}

func (o *object) count(key string, needed bool, most int) int {
	s, line := o.scalar(key, needed)
	if s == "" {
		return 0
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > most || !digits(s) {
		o.r.note(line, "%s must be a whole number up to %d, not %q", key, most, short(s))
		return 0
	}
	return n
}

// number reads a decimal as it is written, never through a float.
func (o *object) number(key string, needed bool) decimal.Decimal {
	s, line := o.scalar(key, needed)
	if s == "" {
		return decimal.Zero
	}
	d, err := Number(s)
	if err != nil {
		o.r.note(line, "%s: %v", key, err)
	}
	return d
}

// above reads a decimal that must be larger than zero.
func (o *object) above(key string) decimal.Decimal {
	d := o.number(key, true)
	if n := o.fields[key]; n != nil && !d.IsPositive() {
		o.r.note(n.Line, "%s must be larger than zero", key)
	}
	return d
}

// share reads a percentage, with its sign, as a fraction of one: 12 could be meant either way.
func (o *object) share(key string, needed bool) decimal.Decimal {
	s, line := o.scalar(key, needed)
	if s == "" {
		return decimal.Zero
	}
	d, err := percentage(s)
	if err != nil {
		o.r.note(line, "%s: %v", key, err)
	}
	return d
}

func percentage(s string) (decimal.Decimal, error) {
	plain, ok := strings.CutSuffix(s, "%")
	if d, err := Number(strings.TrimSpace(plain)); ok && err == nil {
		return d.Shift(-2), nil
	}
	return decimal.Zero, fmt.Errorf("%q is not a percentage such as 3.4%%", short(s))
}

func (o *object) day(key string, needed bool) Day {
	s, line := o.scalar(key, needed)
	if s == "" {
		return 0
	}
	d, err := ParseDay(s)
	if err != nil {
		o.r.note(line, "%s: %v", key, err)
	}
	return d
}

func (o *object) currency(key, standard string) string {
	s, line := o.scalar(key, standard == "")
	if s == "" {
		return standard
	}
	if !isCurrency(s) {
		o.r.note(line, "%s must be three capital letters such as USD, not %q", key, short(s))
	}
	return s
}

// list reads a sequence of mappings.
func (o *object) list(key string, needed bool, what string, each func(*object)) {
	n := o.field(key, needed)
	if n == nil {
		return
	}
	if n.Kind != yaml.SequenceNode {
		o.r.note(n.Line, "%s must be a list", key)
		return
	}
	if needed && len(n.Content) == 0 {
		o.r.note(n.Line, "%s is empty", key)
	}
	for i, item := range n.Content {
		if i >= 200_000 {
			o.r.note(item.Line, "%s has too many entries", key)
			return
		}
		if x := o.r.object(item, what); x != nil {
			each(x)
			x.close()
		}
	}
}

// words reads a sequence of single values, or one.
func (o *object) words(key string, needed bool) []string {
	n := o.field(key, needed)
	if n == nil {
		return nil
	}
	list := n.Content
	if n.Kind == yaml.ScalarNode {
		list = []*yaml.Node{n}
	} else if n.Kind != yaml.SequenceNode {
		o.r.note(n.Line, "%s must be a list", key)
		return nil
	}
	var out []string
	for _, item := range list {
		if item.Kind != yaml.ScalarNode || item.Value == "" || len(item.Value) > 100 {
			o.r.note(item.Line, "%s must be a list of words", key)
			continue
		}
		out = append(out, item.Value)
	}
	return out
}

// inside reads a mapping within; each is not called when there is none.
func (o *object) inside(key string, needed bool, each func(*object)) {
	if n := o.field(key, needed); n != nil {
		if x := o.r.object(n, key); x != nil {
			each(x)
			x.close()
		}
	}
}

func (o *object) name(needed bool) (n Name) {
	o.inside("name", needed, func(x *object) { n = Name{x.text("en", true), x.text("zh", true)} })
	return n
}

func (o *object) at(key string) int {
	if n := o.fields[key]; n != nil {
		return n.Line
	}
	return o.line
}
