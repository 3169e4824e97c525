package slack

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/slack/blockkit"
	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/flows"
	"xiaobao/flows/transcript"
)

// TestDrawings draws every message and every form of every transcript, in both languages, and compares how they are built with
// testdata/drawings.golden: one line for each way of being built, by transcript and language. The words have goldens of their own, the
// transcripts; one step stands in full in register-*.golden.
func TestDrawings(t *testing.T) {
	book, words, base := content(t)
	own, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../flows/testdata/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d transcripts: %v", len(files), err)
	}
	var out bytes.Buffer
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		built := map[string]map[string]bool{"en": {}, "zh-Hans": {}} // by language
		note := func(lang, line string) {
			if built[lang] == nil {
				built[lang] = map[string]bool{}
			}
			built[lang][line] = true
		}
		p := &transcript.Player{Book: book, Words: words, Library: flows.Library{Base: base}}
		p.Effect = func(e flow.Effect) {
			_, m, ok := bot.Render(words, p.Library, e)
			if !ok {
				return
			}
			if _, closed := e.(flow.Close); closed && (m.Text != "" || len(m.Blocks) > 0) {
				m.Done = &bot.Stamp{By: "Lin", At: opening}
			}
			for _, m := range bot.Fit(m, (&Adapter{}).Capabilities(home()), words).Messages {
				if empty(m) {
					continue // the card goes away
				}
				d, err := own.draw(m, true)
				if err != nil {
					t.Errorf("%s: %q: %v", filepath.Base(name), m.Text, err)
					continue
				}
				if faults := blockkit.Message(d.text, d.json); len(faults) > 0 {
					t.Errorf("%s: %q: %q", filepath.Base(name), m.Text, faults)
				}
				sameAsMarshal(t, d)
				var blocks []map[string]any
				if err := json.Unmarshal(d.json, &blocks); err != nil {
					t.Fatal(err)
				}
				line := build(blocks)
				if len(d.files) > 0 {
					line += fmt.Sprintf(" + %d files", len(d.files))
				}
				if d.fallback != "" {
					line += " (" + d.fallback + ")"
				}
				note(m.Lang, line)
				if m.Form == nil {
					continue
				}
				v, err := own.modal(sheet{form: *m.Form, place: home(), lang: m.Lang})
				if err != nil {
					t.Errorf("%s: %q: %v", filepath.Base(name), m.Form.Title, err)
					continue
				}
				view, err := json.Marshal(v.Blocks)
				if err != nil {
					t.Fatal(err)
				}
				var inputs []map[string]any
				if err := json.Unmarshal(view, &inputs); err != nil {
					t.Fatal(err)
				}
				note(m.Lang, "form: "+build(inputs))
			}
		}
		p.Play(data)
		for _, lang := range slices.Sorted(maps.Keys(built)) {
			fmt.Fprintf(&out, "-- %s %s --\n", strings.TrimSuffix(filepath.Base(name), ".txtar"), lang)
			for _, line := range slices.Sorted(maps.Keys(built[lang])) {
				out.WriteString(line + "\n")
			}
		}
	}
	const golden = "testdata/drawings.golden"
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(out.String(), "\n")); diff != "" {
		t.Errorf("not as in %s (go test ./adapters/slack -run TestDrawings -args -update rewrites it):\n%s", golden, diff)
	}
	if n := strings.Count(out.String(), "\n"); n < 300 {
		t.Errorf("only %d lines", n)
	}
}

// build writes how blocks are built: kinds, elements, styles and numbers of options, and none of the words. Neighbours of one kind are counted.
func build(blocks []map[string]any) string {
	var parts []string
	for _, b := range blocks {
		part := fmt.Sprint(b["type"])
		if e, ok := b["element"].(map[string]any); ok {
			part += "(" + element(e) + ")"
		}
		if list, ok := b["elements"].([]any); ok && b["type"] == "actions" {
			var names []string
			for _, e := range list {
				names = append(names, element(e.(map[string]any)))
			}
			part += "(" + strings.Join(counted(names), " ") + ")"
		}
		if b["optional"] == true {
			part += "?"
		}
		parts = append(parts, part)
	}
	return strings.Join(counted(parts), " ")
}

func element(e map[string]any) string {
	name := strings.TrimSuffix(fmt.Sprint(e["type"]), "_input")
	if s, ok := e["style"].(string); ok {
		name += "!" + s
	}
	if o, ok := e["options"].([]any); ok {
		name += fmt.Sprint(":", len(o))
	}
	if e["confirm"] != nil {
		name += "*"
	}
	if e["multiline"] == true {
		name += ":lines"
	}
	return name
}

// counted writes neighbours that are alike once, with how many they are.
func counted(names []string) (out []string) {
	for i := 0; i < len(names); {
		n := 1
		for i+n < len(names) && names[i+n] == names[i] {
			n++
		}
		name := names[i]
		if n > 1 {
			name = fmt.Sprint(n, "×", name)
		}
		out = append(out, name)
		i += n
	}
	return out
}
