package blockkit

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// plainly is a node as encoding/json would have it.
func plainly(n node) any {
	switch n.kind {
	case aString:
		return n.text
	case aNumber:
		var f any
		json.Unmarshal([]byte(n.text), &f)
		return f
	case aBool:
		return n.text == "true"
	case anArray:
		list := []any{}
		for _, i := range n.items {
			list = append(list, plainly(i))
		}
		return list
	case aMap:
		all := map[string]any{}
		for _, i := range n.items {
			if _, twice := all[i.name]; !twice {
				all[i.name] = plainly(i)
			}
		}
		return all
	}
	return nil
}

// depth is how deep arrays and objects are nested.
func depth(v any) (n int) {
	switch v := v.(type) {
	case []any:
		for _, i := range v {
			n = max(n, depth(i))
		}
		return n + 1
	case map[string]any:
		for _, i := range v {
			n = max(n, depth(i))
		}
		return n + 1
	}
	return 0
}

// FuzzParse holds that parse reads what encoding/json reads, and nothing else.
func FuzzParse(f *testing.F) {
	for _, seed := range []string{
		`[]`, `{}`, `null`, ` [ 1 , -2.5e3 , true , false , null , "a" ] `, `{"a":{"b":[{"c":"d\"e\\f\u00e9\ud83d\ude00\n"}]}}`, `"a`, `[1,]`, `{"a":1,}`, `{"a"}`, `[1 2]`,
		`01`, `tru`, `"\x"`, "\"\t\"", `{"a":1}x`, `[[[[]]]]`, `{"a":1,"a":2}`, `{1:2}`, `[,]`, `{,}`, `"\ud83d"`, "\"\xff\"", ``, `-`, `{"":""}`,
	} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var read any
		again := false
		err := parse(data, func(n node) { read, again = plainly(n), twice(n) })
		if valid := json.Valid(data); valid != (err == nil) {
			var v any
			if json.Unmarshal(data, &v) == nil && depth(v) >= deepest {
				return
			}
			t.Fatalf("%q: %v, and encoding/json takes it: %v", data, err, valid)
		}
		if err != nil || again {
			return
		}
		var want any
		if err := json.Unmarshal(data, &want); err != nil {
			return // a number that no float64 holds
		}
		text, _ := json.Marshal(read) // so that what is no UTF-8 is the same on both sides
		var got any
		if err := json.Unmarshal(text, &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%q (-encoding/json +parse):\n%s", data, diff)
		}
	})
}

// twice says whether a name stands twice in an object: the first one counts here, the last one in encoding/json.
func twice(n node) bool {
	seen := map[string]bool{}
	for _, i := range n.items {
		if name, _ := json.Marshal(i.name); n.kind == aMap { // as encoding/json compares them
			if seen[string(name)] {
				return true
			}
			seen[string(name)] = true
		}
		if twice(i) {
			return true
		}
	}
	return false
}
