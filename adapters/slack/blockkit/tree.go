package blockkit

import (
	"encoding/json"
	"errors"
	"strconv"
	"strings"
	"sync"
)

// A kind is what a JSON value is: its first character, '0' for every number, 'b' for true and false. The zero value is nothing.
type kind byte

const (
	aString kind = '"'
	aNumber kind = '0'
	aBool   kind = 'b'
	aNull   kind = 'n'
	anArray kind = '['
	aMap    kind = '{'
)

// A node is a JSON value. The zero value is one that is not there.
type node struct {
	kind  kind
	text  string // of a string; of a number and of true and false as they are written
	items []node // of an array or an object
	name  string // in the object it stands in
}

var errNotJSON = errors.New("not JSON")

// deepest is how many arrays and objects may stand within each other.
const deepest = 50

// parse reads JSON and has it looked at; nobody may keep what is read. It is asked before every message that leaves, and encoding/json takes
// four times as long to make maps that are looked at once. Where a name stands twice in an object the first one counts.
func parse(data []byte, look func(node)) error {
	r := readers.Get().(*reader)
	defer readers.Put(r)
	r.rest, r.bad, r.items, r.all = string(data), false, r.items[:0], r.all[:0]
	n := r.value(deepest)
	r.space()
	if r.bad || r.rest != "" {
		return errNotJSON
	}
	look(n)
	return nil
}

// A reader reads JSON from the front. What it makes shares the memory of what it reads.
type reader struct {
	rest  string
	bad   bool
	items []node // of the arrays and objects that are not over yet
	all   []node // of those that are
}

var readers = sync.Pool{New: func() any { return &reader{} }}

// end makes a node of the items of an array or an object.
func (r *reader) end(k kind, from int) node {
	first := len(r.all)
	r.all = append(r.all, r.items[from:]...)
	r.items = r.items[:from]
	return node{kind: k, items: r.all[first:len(r.all):len(r.all)]}
}

func (r *reader) fail() (n node) {
	r.bad, r.rest = true, ""
	return n
}

func (r *reader) space() {
	for r.rest != "" && (r.rest[0] == ' ' || r.rest[0] == '\n' || r.rest[0] == '\t' || r.rest[0] == '\r') {
		r.rest = r.rest[1:]
	}
}

// next takes c away when it comes next.
func (r *reader) next(c byte) bool {
	r.space()
	if r.rest == "" || r.rest[0] != c {
		return false
	}
	r.rest = r.rest[1:]
	return true
}

func (r *reader) value(depth int) node {
	switch r.space(); {
	case r.rest == "" || depth == 0:
		return r.fail()
	case r.rest[0] == '"':
		return node{kind: aString, text: r.text()}
	case r.next('['):
		return r.list(depth)
	case r.next('{'):
		return r.object(depth)
	}
	end := strings.IndexAny(r.rest, " \t\r\n,]}")
	if end < 0 {
		end = len(r.rest)
	}
	word := r.rest[:end]
	r.rest = r.rest[end:]
	switch {
	case word == "true" || word == "false":
		return node{kind: aBool, text: word}
	case word == "null":
		return node{kind: aNull}
	case json.Valid([]byte(word)):
		return node{kind: aNumber, text: word}
	}
	return r.fail()
}

func (r *reader) list(depth int) node {
	from := len(r.items)
	for more := !r.next(']'); more; {
		r.items = append(r.items, r.value(depth-1))
		if more = r.next(','); !more && !r.next(']') {
			return r.fail()
		}
	}
	return r.end(anArray, from)
}

func (r *reader) object(depth int) node {
	from := len(r.items)
	for more := !r.next('}'); more; {
		r.space()
		name := r.text()
		if !r.next(':') {
			return r.fail()
		}
		item := r.value(depth - 1)
		item.name = name
		r.items = append(r.items, item)
		if more = r.next(','); !more && !r.next('}') {
			return r.fail()
		}
	}
	return r.end(aMap, from)
}

// text reads a string.
func (r *reader) text() string {
	if r.rest == "" || r.rest[0] != '"' {
		return r.fail().text
	}
	for i := 1; i < len(r.rest); i++ {
		switch c := r.rest[i]; {
		case c == '"':
			s := r.rest[1:i]
			r.rest = r.rest[i+1:]
			return s
		case c == '\\':
			return r.escaped(i)
		case c < ' ':
			return r.fail().text
		}
	}
	return r.fail().text
}

// escaped reads a string whose first escape stands at i.
func (r *reader) escaped(i int) (s string) {
	for ; i < len(r.rest) && r.rest[i] != '"'; i++ {
		if r.rest[i] == '\\' {
			i++
		}
	}
	if i >= len(r.rest) || json.Unmarshal([]byte(r.rest[:i+1]), &s) != nil {
		return r.fail().text
	}
	r.rest = r.rest[i+1:]
	return s
}

// there says whether there is anything.
func (n node) there() bool { return n.kind != 0 && n.kind != aNull }

// get is a field of an object.
func (n node) get(name string) node {
	if n.kind == aMap {
		for i := range n.items {
			if n.items[i].name == name {
				return n.items[i]
			}
		}
	}
	return node{}
}

// str is a field that is a string.
func (n node) str(name string) string {
	if v := n.get(name); v.kind == aString {
		return v.text
	}
	return ""
}

// list is a field that is an array.
func (n node) list(name string) []node { return n.get(name).array() }

func (n node) array() []node {
	if n.kind != anArray {
		return nil
	}
	return n.items
}

// number is a field that is a number.
func (n node) number(name string) (float64, bool) {
	v := n.get(name)
	f, err := strconv.ParseFloat(v.text, 64)
	return f, v.kind == aNumber && err == nil
}
