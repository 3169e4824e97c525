package documents

import (
	"bytes"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// mostBytes is how large a file of facts, or a list, may be.
const mostBytes = 16 << 20

// A Problem is a mistake in how a file of facts is written.
type Problem struct {
	Line int
	What string
}

// Problems are all of them, in the order of their lines.
type Problems []Problem

// Error lists them, one a line.
func (ps Problems) Error() string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = fmt.Sprintf("line %d: %s", p.Line, p.What)
	}
	return strings.Join(lines, "\n")
}

// ReadFacts reads facts from YAML or JSON. Its error is Problems: keys that do not exist, values of the wrong kind. lineOf says at which
// line a field stands that Check or Missing names; for one that is not there, the line of what it would stand in.
func ReadFacts(data []byte) (f Facts, lineOf func(field string) int, err error) {
	lines := map[string]int{}
	lineOf = func(field string) int {
		for field != "" {
			if n := lines[field]; n > 0 {
				return n
			}
			field = field[:max(strings.LastIndexAny(field, ".["), 0)]
		}
		return 1
	}
	if len(data) > mostBytes {
		return f, lineOf, Problems{{1, fmt.Sprintf("the file is larger than %d MB", mostBytes>>20)}}
	}
	if len(bytes.TrimSpace(data)) == 0 {
		return f, lineOf, Problems{{1, "the file is empty"}}
	}
	var doc yaml.Node
	if err := yaml.Load(data, &doc); err != nil {
		return f, lineOf, problems(err)
	}
	if doc.Kind == 0 || len(doc.Content) == 0 {
		return f, lineOf, Problems{{1, "the file is empty"}}
	}
	place(doc.Content[0], "", lines, 0)
	if err := yaml.Load(data, &f, yaml.WithKnownFields()); err != nil {
		return Facts{}, lineOf, problems(err)
	}
	return f, lineOf, nil
}

// place notes the line of every key.
func place(n *yaml.Node, path string, lines map[string]int, depth int) {
	if depth > 20 {
		return
	}
	lines[path] = n.Line
	switch n.Kind {
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			at := n.Content[i].Value
			if path != "" {
				at = path + "." + at
			}
			place(n.Content[i+1], at, lines, depth+1)
			lines[at] = n.Content[i].Line
		}
	case yaml.SequenceNode:
		for i, x := range n.Content {
			place(x, path+"["+strconv.Itoa(i)+"]", lines, depth+1)
		}
	}
}

func problems(err error) error {
	var ps Problems
	if many, ok := errors.AsType[*yaml.LoadErrors](err); ok {
		for _, e := range many.Errors {
			ps = append(ps, Problem{max(e.Mark.Line, 1), plain(e.Message)})
		}
		return ps
	}
	if one, ok := errors.AsType[*yaml.LoadError](err); ok {
		return Problems{{max(one.Mark.Line, 1), plain(one.Message)}}
	}
	return Problems{{1, plain(err.Error())}}
}

// plain says what the YAML reader says without the names of our types.
func plain(s string) string {
	for _, x := range []struct{ from, to string }{{"documents.", ""}, {"cannot construct !!float ", "cannot take "}, {"cannot construct !!", "cannot take a "}, {"field ", "the key "},
		{"not found in type", "does not exist in"}, {"decimal.Decimal", "a number"}, {"into string", "where a text is expected"}, {"into int", "where a whole number is expected"}} {
		s = strings.ReplaceAll(s, x.from, x.to)
	}
	return strings.TrimPrefix(s, "yaml: ")
}
