package blockkit

import (
	"bytes"
	"fmt"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// A node is a JSON value. The zero value is one that is not there.
type node struct {
	kind  jsontext.Kind // 0: not there
	text  string        // of a string, or a number as it is written
	items []node        // of an array; of an object, beside its names
	names []string
}

// parse reads JSON. What is no JSON, has a name twice in an object, or is nested too deeply, is an error.
func parse(data []byte) (node, error) {
	d := jsontext.NewDecoder(bytes.NewReader(data))
	n, err := read(d)
	if err != nil {
		return node{}, err
	}
	if _, err := d.ReadToken(); err == nil {
		return node{}, fmt.Errorf("more than one value")
	}
	return n, nil
}

func read(d *jsontext.Decoder) (n node, err error) {
	t, err := d.ReadToken()
	if err != nil {
		return n, err
	}
	n.kind = t.Kind()
	switch n.kind {
	case '"', '0':
		n.text = t.String()
		return n, nil
	case '[':
		for d.PeekKind() != ']' {
			item, err := read(d)
			if err != nil {
				return n, err
			}
			n.items = append(n.items, item)
		}
	case '{':
		n.names, n.items = make([]string, 0, 4), make([]node, 0, 4)
		for d.PeekKind() != '}' {
			name, err := d.ReadToken()
			if err != nil {
				return n, err
			}
			n.names = append(n.names, name.String())
			item, err := read(d)
			if err != nil {
				return n, err
			}
			n.items = append(n.items, item)
		}
	default:
		return n, nil
	}
	_, err = d.ReadToken() // the end of it
	return n, err
}

// there says whether there is anything.
func (n node) there() bool { return n.kind != 0 && n.kind != 'n' }

// get is a field of an object.
func (n node) get(name string) node {
	for i, have := range n.names {
		if have == name {
			return n.items[i]
		}
	}
	return node{}
}

// str is a field that is a string.
func (n node) str(name string) string {
	if v := n.get(name); v.kind == '"' {
		return v.text
	}
	return ""
}

// list is a field that is an array.
func (n node) list(name string) []node { return n.get(name).array() }

func (n node) array() []node {
	if n.kind != '[' {
		return nil
	}
	return n.items
}

// number is a field that is a number.
func (n node) number(name string) (float64, bool) {
	v := n.get(name)
	f, err := strconv.ParseFloat(v.text, 64)
	return f, v.kind == '0' && err == nil
}
