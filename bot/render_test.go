package bot

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot/flow"
	"xiaobao/locales"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// words are the built-in catalogues and a few messages of a flow that exists only here.
func words(t testing.TB) *locales.Words {
	t.Helper()
	w, err := locales.Load(fstest.MapFS{
		"en/test.toml": {Data: []byte(`
"step.register" = "Register an Account"
"step.learn" = "Learn About the Service"
"t.intro" = """
Before we start, two facts.

First fact for {{.Name}}."""
"t.ask" = "How many cartons are there?"
"t.help" = "A whole number."
"t.label" = "Cartons"
"t.wrong" = "{{.Value}} is not a number of cartons."
"t.title" = "Readiness Summary"
"t.heading" = "Company"
"t.paste" = "Dear Seller Support, we are {{.Name}}."
"t.yes" = "Yes"
"t.no" = "No"
"t.why" = "Why?"
"t.choose" = "Choose"
"t.value" = "{{.Value}}"
"t.note" = "waiting since {{.Since}}"
`)},
		"zh-Hans/test.toml": {Data: []byte(`
"step.register" = "注册卖家账号"
"step.learn" = "了解服务"
"t.intro" = """
开始前先说两点。

{{.Name}}，这是第一点。"""
"t.ask" = "一共有多少箱？"
"t.help" = "请填整数。"
"t.label" = "箱数"
"t.wrong" = "“{{.Value}}”不是箱数。"
"t.title" = "资料准备清单"
"t.heading" = "公司"
"t.paste" = "卖家支持您好，我们是 {{.Name}}。"
"t.yes" = "是"
"t.no" = "否"
"t.why" = "为什么问"
"t.choose" = "请选择"
"t.value" = "{{.Value}}"
"t.note" = "自 {{.Since}} 起等待"
`)},
	})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// shelf is a library with one passage and one source.
type shelf struct{}

func (shelf) Passage(lang, id string) (Passage, bool) {
	if id != "question:F01" {
		return Passage{}, false
	}
	return Passage{Title: "Is it AGL?", Text: "Not exactly.\n\nIt moves stock.", Sources: []string{"A1"}, Varies: true}, true
}

func (shelf) Origin(lang, id string) (Origin, bool) {
	if id != "A1" {
		return Origin{}, false
	}
	return Origin{Title: "Amazon Global Logistics", Date: "2026-11-01", Link: "https://sell.example/agl"}, true
}

// effects are one of each.
func effects(to flow.To) []flow.Effect {
	line := func(id string) *flow.Line { l := flow.Say(id); return &l }
	when := time.Date(2026, 11, 28, 9, 0, 0, 0, time.UTC)
	actions := []flow.Action{
		{Verb: "answer", Token: "tok1", Value: "yes", Label: flow.Say("t.yes"), Style: "primary"},
		{Verb: "answer", Token: "tok1", Value: "no", Label: flow.Say("t.no")},
		{Verb: "why", Label: flow.Say("t.why"), Style: "quiet"},
	}
	options := []flow.Option{{Value: "yes", Label: flow.Say("t.yes")}, {Value: "no", Label: flow.Say("t.no"), On: true}}
	sheet := flow.Sheet{
		ID: "register.readiness_list", Flow: "register", Step: 1, Title: flow.Say("t.title"), Made: when, Sources: []string{"A1", "A1", "Z9"},
		Parts: []flow.Part{
			{Heading: line("t.heading"), Facts: []flow.Fact{
				{Label: flow.Say("t.label"), Value: flow.Say("t.value", flow.Number("Value", "1200"))},
				{Label: flow.Say("t.label"), Missing: true},
			}},
			{Items: []flow.Item{{Line: flow.Say("t.yes"), Mark: "done"}, {Line: flow.Say("t.no"), Mark: "open"}, {Line: flow.Say("t.why"), Mark: "missing"}}},
			{Table: &flow.Table{Head: []flow.Line{flow.Say("t.label"), flow.Say("t.heading")}, Rows: [][]flow.Line{
				{flow.Say("t.value", flow.Text("Value", "=1+1")), flow.Say("t.value", flow.Text("Value", `say "hi", | all`))},
				{flow.Say("t.value", flow.Text("Value", "-5")), flow.Say("t.no")},
			}}},
			{Heading: line("t.choose"), Paste: []flow.Line{flow.Say("t.paste", flow.Text("Name", "深圳明途 ```"))}, English: true},
			{Data: []byte(`{"cartons":12}`)},
		},
	}
	return []flow.Effect{
		flow.Speak{To: to, Lines: []flow.Line{flow.Say("t.intro", flow.Text("Name", "Lin\n\nMin"))}},
		flow.Speak{To: to, Tone: flow.Warn, Lines: []flow.Line{flow.Say("t.wrong", flow.Text("Value", "abc"))}, Items: []flow.Item{{Line: flow.Say("t.help")}}, Sources: []string{"A1"}, Actions: actions[2:]},
		flow.Ask{To: to, Token: "tok1", Step: 1, Flow: "register", Node: "cartons", At: 2, Of: 7, Lead: []flow.Line{flow.Say("t.wrong", flow.Text("Value", "abc"))}, LeadTone: flow.Warn,
			Question: []flow.Line{flow.Say("t.ask")}, Fields: []flow.Field{{Slot: "cartons", Type: "number", Label: flow.Say("t.label"), Help: line("t.help"), Example: "12", Value: "10"}}, Actions: actions[2:]},
		flow.Ask{To: to, Token: "tok1", Step: 1, Flow: "register", Question: []flow.Line{flow.Say("t.ask")}, Fields: []flow.Field{{Slot: "has", Type: "yesno", Label: flow.Say("t.label"), Options: options}}, Actions: actions},
		flow.Ask{To: to, Token: "tok1", Step: 1, Flow: "register", Question: []flow.Line{flow.Say("t.ask")}, Actions: actions[2:], Fields: []flow.Field{
			{Slot: "cartons", Type: "number", Label: flow.Say("t.label"), Ask: flow.Say("t.ask"), Help: line("t.help"), Example: "12", Fault: line("t.wrong"), Value: "abc"},
			{Slot: "has", Type: "yesno", Label: flow.Say("t.label"), Ask: flow.Say("t.ask"), Options: options, Optional: true},
		}},
		flow.Ask{To: to, Token: "tok1", Question: []flow.Line{flow.Say("t.ask")}, Actions: []flow.Action{{Verb: "pick", Token: "tok1", Label: flow.Say("t.choose"), Options: options, Multi: true}, actions[2]}},
		flow.Close{To: to, Token: "tok1", Lines: []flow.Line{flow.Say("t.yes")}, Facts: []flow.Fact{{Label: flow.Say("t.label"), Value: flow.Say("t.value", flow.Number("Value", "12"))}}},
		flow.Spine{To: to, Next: "learn", Steps: []flow.StepState{
			{Flow: "register", Step: 1, Status: flow.Finished}, {Flow: "learn", Step: 2, Status: flow.Waiting, Note: []flow.Line{flow.Say("t.note", flow.Date("Since", "2026-11-28"))}},
		}, Actions: actions[2:]},
		flow.Show{To: to, Sheet: sheet, Files: []string{"md", "csv", "json"}},
		flow.Explain{To: to, Entry: "question:F01", Actions: actions[2:]},
	}
}

var places = []struct {
	name string
	caps Capabilities
}{
	{"page", Capabilities{Buttons: 12, Options: 200, Fields: 50, Edits: true, Blocks: true, Files: 5 << 20}},
	{"bare", Capabilities{Text: 300}},
}

// TestRender is one text to read: every effect, in both languages, at a place that shows everything and at one that shows
// nothing but text.
func TestRender(t *testing.T) {
	w := words(t)
	r := &renderer{w, shelf{}}
	for _, lang := range []string{"en", "zh-Hans"} {
		for _, place := range places {
			t.Run(lang+"/"+place.name, func(t *testing.T) {
				var b strings.Builder
				for _, e := range effects(flow.To{Person: "web:local:7", Name: "Lin", Lang: lang, Zone: "Asia/Shanghai"}) {
					_, m, ok := r.render(e)
					if !ok {
						t.Fatalf("%T was not rendered", e)
					}
					f := Fit(m, place.caps, w)
					fmt.Fprintf(&b, "======== %T %s\n", e, f.Fallback)
					for _, m := range f.Messages {
						b.WriteString(specimen(m))
					}
					for _, p := range f.Menu {
						fmt.Fprintf(&b, "typed: %d %q → %s %s %s\n", p.Number, p.Label, p.Action, p.Token, p.Value)
					}
				}
				golden(t, "render-"+lang+"-"+place.name+".txt", b.String())
			})
		}
	}
	if missing := w.Missing(); len(missing) != 1 || missing["t.wrong{{.Value}}"] == 0 { // the fault in the form has no value
		t.Errorf("said without words: %v", missing)
	}
}

// specimen shows a message as a reader of the golden files likes it.
func specimen(m Message) string {
	var b strings.Builder
	fmt.Fprintf(&b, "---- key=%q for=%q notify=%q expect=%q\ntext: %s\n", m.Key, m.For, m.Notify, m.Expect, strings.ReplaceAll(m.Text, "\n", "\n      "))
	for _, block := range m.Blocks {
		if block.Kind == Attached {
			fmt.Fprintf(&b, "file %s (%s) %s\n%s\n", block.File.Name, block.File.Type, block.File.Note, block.File.Data)
			continue
		}
		fmt.Fprintf(&b, "%s%s: %s\n", block.Kind, map[bool]string{true: "/" + string(block.Tone)}[block.Tone != ""], strings.ReplaceAll(Flatten([]Block{block}), "\n", "\n      "))
	}
	for _, a := range m.Actions {
		fmt.Fprintf(&b, "action %s token=%s value=%s %q %s", a.ID, a.Token, a.Value, a.Label, a.Style)
		for _, o := range a.Options {
			fmt.Fprintf(&b, " [%s=%s%s]", o.Value, o.Label, map[bool]string{true: "*"}[o.On])
		}
		b.WriteByte('\n')
	}
	if m.Form != nil {
		data, _ := json.MarshalIndent(m.Form, "", " ")
		b.Write(append(data, '\n'))
	}
	return b.String()
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got)\n%s", name, diff)
	}
}

func BenchmarkTurnInMemory(b *testing.B) {
	w := words(b)
	r := &renderer{w, shelf{}}
	to := flow.To{Person: "web:local:7", Name: "Lin", Lang: "zh-Hans", Zone: "Asia/Shanghai"}
	all := effects(to)
	turn := []flow.Effect{all[6], all[0], all[2]} // the answered card closes, something is said, the next card opens
	b.ReportAllocs()
	for b.Loop() {
		for _, e := range turn {
			_, m, _ := r.render(e)
			Fit(m, places[0].caps, w)
		}
	}
}

// TestLongTable leaves the rest of a long table to the file, and shows all of it where there is no file.
func TestLongTable(t *testing.T) {
	w, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	table := flow.Table{Head: []flow.Line{flow.Say("value.known", flow.Text("Value", "SKU"))}}
	for range 300 {
		table.Rows = append(table.Rows, table.Head)
	}
	for _, c := range []struct {
		files      []string
		rows, more int
	}{{[]string{"csv"}, 20, 1}, {nil, 300, 0}} {
		sheet := flow.Sheet{ID: "a.b", Title: flow.Say("ui.digest"), Parts: []flow.Part{{Table: &table}}}
		_, m, _ := (&renderer{words: w}).render(flow.Show{To: flow.To{Lang: "en"}, Sheet: sheet, Files: c.files})
		rows, more := 0, 0
		for _, b := range m.Blocks {
			switch {
			case b.Kind == Grid:
				rows += len(b.Table.Rows)
			case b.Kind == Note && strings.Contains(b.Text, "280 more rows"):
				more++
			case b.Kind == Attached && strings.Count(string(b.File.Data), "SKU") != 301:
				t.Errorf("the file has %d rows", strings.Count(string(b.File.Data), "SKU"))
			}
		}
		if rows != c.rows || more != c.more {
			t.Errorf("with files %v: %d rows and %d notes, want %d and %d", c.files, rows, more, c.rows, c.more)
		}
	}
}
