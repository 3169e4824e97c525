package documents

import (
	"bytes"
	"os"
	"testing"

	"xiaobao/locales"
)

func words(t testing.TB) *locales.Words {
	t.Helper()
	w, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// example are the facts of docs/document.example.yaml.
func example(t testing.TB) Facts {
	t.Helper()
	data, err := os.ReadFile("../docs/document.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := ReadFacts(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestExampleIsComplete(t *testing.T) {
	f := example(t)
	for _, x := range Check(f) {
		t.Errorf("%s %s: %v", x.Level, x.Field, x.Says)
	}
	for _, k := range Kinds() {
		if s, gaps := Missing(k, f); len(gaps) > 0 || s.Percent() != 100 {
			t.Errorf("%s: %d%%, %v", k, s.Percent(), gaps)
		}
	}
}

func TestSameFactsSameBytes(t *testing.T) {
	f, w := example(t), words(t)
	for _, k := range Kinds() {
		for _, format := range []Format{PDF, XLSX} {
			var first File
			for range 3 {
				out, err := Make(k, f, Options{Format: format, Lang: "zh-Hans", Words: w})
				if err != nil {
					t.Fatal(err)
				}
				if first.Data != nil && (!bytes.Equal(first.Data, out.Data) || first.Name != out.Name) {
					t.Errorf("%s as %s: other bytes for the same facts", k, format)
				}
				first = out
			}
		}
	}
}
