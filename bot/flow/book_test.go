package flow_test

import (
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot/flow"
)

// deps are rooms that know little: every message exists and says its own id, verbs and options go by their names.
func deps() flow.Deps {
	return flow.Deps{
		Languages: []string{"en", "zh-Hans"},
		Text:      func(lang, id string) (string, bool) { return "say " + id, true },
		Accepted: func(id string) []string {
			parts := strings.Split(id, ".")
			last := strings.ReplaceAll(parts[len(parts)-1], "_", " ")
			switch id {
			case "value.yes":
				return []string{"yes", "是"}
			case "value.no":
				return []string{"no", "否"}
			case "language.zh-Hans":
				return []string{"中文"}
			}
			if parts[0] == "slot" && len(parts) == 3 {
				return []string{parts[1]}
			}
			return []string{last}
		},
		Check: func(string) (func(string) flow.Verdict, bool) { return nil, false },
		Fact:  func(string, time.Time) string { return "" },
		Tracked: func(_, text string) (out []flow.Tracked) {
			for _, w := range strings.Fields(text) {
				if strings.HasPrefix(w, "SIM") {
					out = append(out, flow.Tracked{Number: w, Known: true, Is: flow.Say("value.known", flow.Text("Value", w))})
				}
			}
			return out
		},
		Calls:      []string{"estimate.make", "papers.make", "test.check"},
		Source:     func(id string) bool { return id == "A1" },
		Search:     func(q string) (string, bool) { return "question:F01", strings.Contains(q, "AGL") },
		IsQuestion: func(s string) bool { return strings.HasSuffix(s, "?") },
	}
}

func book(t testing.TB) *flow.Book {
	t.Helper()
	b, err := flow.Load(os.DirFS("testdata/book"), deps())
	if err != nil {
		t.Fatalf("the test's own book has mistakes:\n%v", err)
	}
	return b
}

// TestLoadNamesEveryMistake loads files with one mistake a line and compares what is said about them.
func TestLoadNamesEveryMistake(t *testing.T) {
	_, err := flow.Load(os.DirFS("testdata/broken"), deps())
	problems, ok := err.(flow.Problems)
	if !ok {
		t.Fatalf("got %v, want Problems", err)
	}
	got := err.Error() + "\n"
	const golden = "testdata/broken.txt"
	if os.Getenv("UPDATE") != "" {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(strings.Split(string(want), "\n"), strings.Split(got, "\n")); diff != "" {
		t.Errorf("the mistakes are named differently (-want +got; UPDATE=1 accepts it):\n%s", diff)
	}
	for _, p := range problems {
		if p.File == "" || p.Text == "" {
			t.Errorf("a problem without a place or a sentence: %+v", p)
		}
	}
}

// TestLoadNeedsWords refuses a book whose message is missing, empty or has a hole that nothing fills.
func TestLoadNeedsWords(t *testing.T) {
	d := deps()
	d.Text = func(lang, id string) (string, bool) {
		switch {
		case id == "first.intro" && lang == "zh-Hans":
			return "", false
		case id == "slot.name.ask" && lang == "en":
			return "  ", true
		case id == "first.goods":
			return "the {{.Colour}} goods", true
		case id == "option.country.us" && lang == "en":
			return strings.Repeat("long ", 20), true
		}
		return "say", true
	}
	_, err := flow.Load(os.DirFS("testdata/book"), d)
	if err == nil {
		t.Fatal("a book without its words was loaded")
	}
	for _, want := range []string{
		`the message "first.intro" is missing in zh-Hans`, `the message "slot.name.ask" is empty in en`,
		`the message "first.goods" has a hole {{.Colour}}`, `the label "option.country.us" has 100 characters in en`,
	} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("missing: %s\ngot: %v", want, err)
		}
	}
}

// TestEngineMessages holds the list of the engine's own messages against its source.
func TestEngineMessages(t *testing.T) {
	b := book(t)
	all := b.Messages()
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		src, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for rest := string(src); ; {
			i := strings.Index(rest, `Say("`)
			if i < 0 {
				break
			}
			rest = rest[i+len(`Say("`):]
			id, after, _ := strings.Cut(rest, `"`)
			if strings.HasSuffix(id, ".") || strings.HasPrefix(strings.TrimSpace(after), "+") {
				continue // a family of messages: the rest of the id is data
			}
			if !slices.Contains(all, id) {
				t.Errorf("%s says %q, which is not among the engine's messages", f.Name(), id)
			}
		}
	}
}

// TestStricter changes a slot under an answer that it would refuse now: the plan says so, and it is asked again.
func TestStricter(t *testing.T) {
	old := book(t)
	s := flow.State{Seed: "x"}
	for i, text := range []string{"step 1", "Lin", "us", "no"} {
		s, _ = old.Advance(s, flow.Said{By: by("a"), Text: text}, day(1+i))
	}
	data, err := os.ReadFile("testdata/book/01-first.yaml")
	if err != nil {
		t.Fatal(err)
	}
	fsys := fstest.MapFS{"01-first.yaml": &fstest.MapFile{Data: []byte(strings.NewReplacer("max: 20", "max: 2", "revision: 3", "revision: 4").Replace(string(data)))}}
	for _, f := range []string{"patterns.yaml", "common.yaml", "02-second.yaml", "sub-size.yaml"} {
		data, err := os.ReadFile("testdata/book/" + f)
		if err != nil {
			t.Fatal(err)
		}
		fsys[f] = &fstest.MapFile{Data: data}
	}
	b, err := flow.Load(fsys, deps())
	if err != nil {
		t.Fatal(err)
	}
	if p := b.Plan(s); len(p) != 1 || !slices.Equal(p[0].Recheck, []string{"name"}) {
		t.Fatalf("Plan: got %+v, want name to be asked again", p)
	}
	s, effects := b.Advance(s, flow.Said{By: by("a"), Text: "a note"}, day(9))
	if a := lastAsk(effects); a == nil || a.Node != "name" {
		t.Fatalf("asked %+v, want name again", a)
	}
	s, effects = b.Advance(s, flow.Said{By: by("a"), Text: "Li"}, day(9))
	if a := lastAsk(effects); a == nil || a.Node != "note" {
		t.Fatalf("asked %+v, want to go on where they were", a)
	}
	if got := s.Slots["name"].Value.Text; got != "Li" {
		t.Errorf("name is %q", got)
	}
}

// TestPlan says what happens to people when the book under them changes.
func TestPlan(t *testing.T) {
	old := book(t)
	s, _ := old.Advance(flow.State{Seed: "x"}, flow.Chose{By: by("a"), Action: "open", Values: []string{"first"}}, day(1))
	if n := old.Plan(s); len(n) != 1 || n[0].Move != flow.Carried || n[0].Node != "first.name" {
		t.Fatalf("the same book: got %+v, want first.name carried", n)
	}
	for _, c := range []struct {
		name, from, to string
		move           flow.Move
		at             string
	}{
		{"renamed", "  - ask: name\n", "  - ask: name\n    id: who\n    was: name\n", flow.Redirected, "first.who"},
		{"replaced", "  - ask: name\n", "", flow.Redirected, "first.goods"},
		{"gone", "  - ask: name\n", "", flow.Lost, ""},
		{"texts only", "", "", flow.Carried, "first.name"},
	} {
		t.Run(c.name, func(t *testing.T) {
			fsys := fstest.MapFS{}
			for _, f := range []string{"patterns.yaml", "common.yaml", "02-second.yaml", "sub-size.yaml"} {
				data, err := os.ReadFile("testdata/book/" + f)
				if err != nil {
					t.Fatal(err)
				}
				fsys[f] = &fstest.MapFile{Data: data}
			}
			data, err := os.ReadFile("testdata/book/01-first.yaml")
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Replace(strings.Replace(string(data), c.from, c.to, 1), "revision: 3", "revision: 4", 1)
			if c.name == "replaced" {
				text += "replaced_by: {name: goods}\n"
			}
			fsys["01-first.yaml"] = &fstest.MapFile{Data: []byte(text)}
			b, err := flow.Load(fsys, deps())
			if err != nil {
				t.Fatal(err)
			}
			p := b.Plan(s)
			if len(p) != 1 || p[0].Move != c.move || p[0].To != c.at {
				t.Fatalf("Plan: got %+v, want %s to %q", p, c.move, c.at)
			}
			// And it happens as planned: the person goes on, is asked something that exists, and nothing is lost.
			// What they say next was meant for the old question, and is only taken when that is still the one.
			next, effects := b.Advance(s, flow.Said{By: by("a"), Text: "Lin"}, day(2))
			ask := lastAsk(effects)
			if ask == nil {
				t.Fatal("nothing is asked after the change")
			}
			want := map[string]string{"renamed": "who", "replaced": "goods", "gone": "goods", "texts only": "goods"}[c.name]
			if ask.Node != want {
				t.Errorf("asked %s, want %s", ask.Node, want)
			}
			if _, taken := next.Slots["name"]; taken != (c.move == flow.Carried) {
				t.Errorf("the answer was taken: %v", taken)
			}
			if next.Steps["first"].Revision != 4 {
				t.Errorf("the step is still on revision %d", next.Steps["first"].Revision)
			}
		})
	}
}
