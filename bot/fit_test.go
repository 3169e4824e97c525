package bot

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
	"pgregory.net/rapid"
)

func manyOptions(n int) []Option {
	var out []Option
	for i := range n {
		out = append(out, Option{Value: string(rune('a' + i)), Label: "Option " + string(rune('A'+i))})
	}
	return out
}

func TestFitActions(t *testing.T) {
	w := words(t)
	buttons := func(n int) (out []Action) {
		for i := range n {
			out = append(out, Action{ID: "do", Token: "t", Value: string(rune('a' + i)), Label: "Button " + string(rune('A'+i))})
		}
		return out
	}
	labels := func(as []Action) (out []string) {
		for _, a := range as {
			l := a.Label
			for _, o := range a.Options {
				l += "|" + o.Label
			}
			out = append(out, l)
		}
		return out
	}
	for _, c := range []struct {
		name    string
		actions []Action
		expect  Expect
		caps    Capabilities
		want    []string
		text    string // what must stand in the body
		menu    int
	}{
		{"fits", buttons(3), Choice, Capabilities{Buttons: 5, Options: 25}, []string{"Button A", "Button B", "Button C"}, "", 0},
		{"too many", buttons(7), Choice, Capabilities{Buttons: 5, Options: 25}, []string{"More|Button F|Button G", "Button A", "Button B", "Button C", "Button D", "Button E"}, "", 0},
		{"too many, no selects", buttons(3), Choice, Capabilities{Buttons: 2}, []string{"Button A", "Button B"}, "1. Button C", 1},
		{"no buttons", buttons(2), Choice, Capabilities{}, nil, "1. Button A\n2. Button B", 2},
		{"no buttons where a number is an answer", buttons(2), Typed, Capabilities{}, nil, "You can also type: Button A · Button B", 2},
		{"select", []Action{{ID: "pick", Label: "Choose", Options: manyOptions(3)}}, Choice, Capabilities{Buttons: 5, Options: 25}, []string{"Choose|Option A|Option B|Option C"}, "", 0},
		{"select in pages", []Action{{ID: "pick", Label: "Choose", Options: manyOptions(5)}}, Choice, Capabilities{Buttons: 5, Options: 2},
			[]string{"Choose 1–2|Option A|Option B", "Choose 3–4|Option C|Option D", "Choose 5–5|Option E"}, "", 0},
		{"select, no selects", []Action{{ID: "pick", Label: "Choose", Options: manyOptions(2)}}, Choice, Capabilities{Buttons: 5}, nil, "1. Option A\n2. Option B", 2},
		{"several of too many", []Action{{ID: "pick", Label: "Choose", Options: manyOptions(3), Multi: true}}, Choice, Capabilities{Buttons: 5, Options: 2}, nil, "Reply with one or more numbers", 0},
		{"long labels", []Action{{ID: "x", Label: "A rather long label"}}, Choice, Capabilities{Buttons: 5, ButtonText: 9}, []string{"A rather…"}, "", 0},
		{"link without buttons", []Action{{ID: "x", Label: "Open", Link: "https://a.example"}}, Choice, Capabilities{}, nil, "Open: https://a.example", 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := Fit(Message{Text: "What?", Actions: c.actions, Expect: c.expect, Lang: "en"}, c.caps, w)
			m := f.Messages[0]
			if diff := cmp.Diff(c.want, labels(m.Actions)); diff != "" {
				t.Errorf("actions (-want +got)\n%s", diff)
			}
			if !strings.Contains(m.Text, c.text) || !strings.Contains(m.Text, "What?") {
				t.Errorf("text %q lacks %q", m.Text, c.text)
			}
			if len(f.Menu) != c.menu {
				t.Errorf("menu %v, want %d picks", f.Menu, c.menu)
			}
		})
	}
}

func TestUnpack(t *testing.T) {
	a := Action{ID: "an swer", Token: "t%k", Value: "a b&c"}
	got := Unpack(Press{Token: "other", Action: MoreAction, Values: []string{pack(a)}})
	if diff := cmp.Diff(Press{Token: "t%k", Action: "an swer", Values: []string{"a b&c"}}, got); diff != "" {
		t.Error(diff)
	}
	for _, p := range []Press{{Action: "x"}, {Action: MoreAction}, {Action: MoreAction, Values: []string{"one two"}}} {
		if diff := cmp.Diff(p, Unpack(p)); diff != "" {
			t.Error(diff)
		}
	}
}

func TestFitForms(t *testing.T) {
	w := words(t)
	form := Form{Token: "t", Title: "Company", Send: "Send"}
	for _, id := range []string{"a", "b", "c"} {
		form.Fields = append(form.Fields, Field{ID: id, Kind: OneField, Label: "Field " + id, Ask: "What is " + id + "?", Options: manyOptions(3)})
	}
	in := Message{Text: "Please fill this in.", Form: &form, Expect: Typed, Lang: "en"}

	m := Fit(in, Capabilities{Buttons: 5, Options: 25, Fields: 2, Blocks: true}, w).Messages[0]
	if len(m.Form.Fields) != 2 || len(form.Fields) != 3 {
		t.Errorf("a form of %d fields at a place of 2; the original has %d", len(m.Form.Fields), len(form.Fields))
	}
	m = Fit(in, Capabilities{Buttons: 5, Options: 2, Fields: 5, Blocks: true}, w).Messages[0]
	if f := m.Form.Fields[0]; f.Kind != LineField || !strings.Contains(f.Help, "Option C") {
		t.Errorf("too many options stay a select: %+v", f)
	}
	m = Fit(in, Capabilities{Buttons: 5, Options: 25, Blocks: true}, w).Messages[0]
	if m.Form != nil || !strings.Contains(Flatten(m.Blocks), "What is a?") || len(m.Actions) != 1 || m.Actions[0].ID != AnswerAction {
		t.Errorf("not asked one by one: %+v", m)
	}
	f := Fit(in, Capabilities{}, w)
	if m := f.Messages[0]; !strings.Contains(m.Text, "Please fill this in.\n\nWhat is a?") || len(f.Menu) != 3 || f.Menu[2].Number != 3 {
		t.Errorf("not asked as text: %q %v", m.Text, f.Menu)
	}
}

func TestFitFiles(t *testing.T) {
	w := words(t)
	file := func(kind string, n int) Message {
		return Message{Text: "Here", Lang: "en", Blocks: []Block{{Kind: Attached, File: &Document{Name: "01-a.csv", Type: kind, Data: []byte("\ufeff" + strings.Repeat("x", n))}}}}
	}
	for _, c := range []struct {
		name string
		in   Message
		caps Capabilities
		want Kind
		text string
	}{
		{"fits", file("text/csv", 10), Capabilities{Blocks: true, Files: 100}, Attached, "01-a.csv"},
		{"no files", file("text/csv", 10), Capabilities{Blocks: true}, Note, "xxxxxxxxxx"},
		{"too large", file("text/csv", 200), Capabilities{Blocks: true, Files: 100}, Note, "too large"},
		{"not text", file("application/pdf", 10), Capabilities{Blocks: true}, Note, "too large"},
	} {
		t.Run(c.name, func(t *testing.T) {
			m := Fit(c.in, c.caps, w).Messages[0]
			if m.Blocks[0].Kind != c.want || !strings.Contains(Flatten(m.Blocks), c.text) || strings.Contains(Flatten(m.Blocks), "\ufeff") {
				t.Errorf("%s: %q", m.Blocks[0].Kind, Flatten(m.Blocks))
			}
		})
	}
}

func TestSplitText(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  []string
	}{
		{"", 5, []string{""}},
		{"short", 5, []string{"short"}},
		{"one two\n\nthree four", 12, []string{"one two", "three four"}},
		{"First one. Second one.", 14, []string{"First one.", "Second one."}},
		{"第一句。第二句。第三句。", 9, []string{"第一句。第二句。", "第三句。"}},
		{"abcdefghij", 4, []string{"abcd", "efgh", "ij"}},
		{"👨‍👩‍👧👨‍👩‍👧", 7, []string{"👨‍👩‍👧", "👨‍👩‍👧"}},
	} {
		if diff := cmp.Diff(c.want, SplitText(c.text, c.limit)); diff != "" {
			t.Errorf("%q at %d (-want +got)\n%s", c.text, c.limit, diff)
		}
	}
}

// TestFitCountsSpaces: white space at the end of a block counts as soon as another block follows.
func TestFitCountsSpaces(t *testing.T) {
	m := Message{Blocks: []Block{{Kind: Paragraph, Text: "aa "}, {Kind: Paragraph, Text: strings.Repeat("b", 36)}}, Lang: "en"}
	for i, got := range Fit(m, Capabilities{Blocks: true, Text: 40}, words(t)).Messages {
		if n := utf8.RuneCountInString(Flatten(got.Blocks)); n > 40 {
			t.Errorf("part %d has %d characters of 40", i, n)
		}
	}
}

// TestFitHolds: whatever the message and the place, limits hold, nothing that was said is lost, and no grapheme is cut.
func TestFitHolds(t *testing.T) {
	w := words(t)
	text := rapid.StringOfN(rapid.SampledFrom([]rune("abc 货件。，.\n\n👍🏽é\u200d👩")), 1, 400, -1)
	rapid.Check(t, func(t *rapid.T) {
		m := Message{Text: text.Draw(t, "text"), Lang: rapid.SampledFrom([]string{"en", "zh-Hans"}).Draw(t, "lang"), Key: "k"}
		for range rapid.IntRange(0, 4).Draw(t, "blocks") {
			m.Blocks = append(m.Blocks, Block{Kind: rapid.SampledFrom([]Kind{Paragraph, Heading, Note, Paste}).Draw(t, "kind"), Text: text.Draw(t, "block")})
		}
		for range rapid.IntRange(0, 12).Draw(t, "actions") {
			a := Action{ID: "a", Label: rapid.StringN(1, 30, -1).Draw(t, "label")}
			if rapid.Bool().Draw(t, "select") {
				a.Options = manyOptions(rapid.IntRange(1, 20).Draw(t, "options"))
			}
			m.Actions = append(m.Actions, a)
		}
		c := Capabilities{
			Buttons: rapid.IntRange(0, 5).Draw(t, "buttons"), ButtonText: rapid.IntRange(0, 20).Draw(t, "buttonText"), Options: rapid.IntRange(0, 5).Draw(t, "options"),
			Text: rapid.SampledFrom([]int{0, 40, 200}).Draw(t, "limit"), Blocks: rapid.Bool().Draw(t, "withBlocks"),
		}
		f := Fit(m, c, w)
		all := ""
		for i, got := range f.Messages {
			body := got.Text
			if len(got.Blocks) > 0 {
				body = Flatten(got.Blocks)
			}
			all += body
			if n := utf8.RuneCountInString(body); c.Text > 0 && n > c.Text {
				t.Fatalf("part %d has %d characters of %d", i, n, c.Text)
			}
			if n := utf8.RuneCountInString(got.Text); c.Text > 0 && n > c.Text {
				t.Fatalf("text of part %d has %d characters of %d", i, n, c.Text)
			}
			buttons := 0
			for _, a := range got.Actions {
				if len(a.Options) == 0 {
					buttons++
				} else if len(a.Options) > c.Options {
					t.Fatalf("%d options of %d", len(a.Options), c.Options)
				}
				if n := uniseg.GraphemeClusterCount(a.Label); c.ButtonText > 0 && n > c.ButtonText {
					t.Fatalf("label of %d graphemes", n)
				}
			}
			if buttons > c.Buttons {
				t.Fatalf("%d buttons of %d", buttons, c.Buttons)
			}
			if last := i == len(f.Messages)-1; last != (got.Key == "k") || !last && got.Actions != nil {
				t.Fatalf("part %d has key %q and %d actions", i, got.Key, len(got.Actions))
			}
		}
		want := m.Text
		if m.Blocks != nil {
			want = Flatten(m.Blocks)
		}
		for _, g := range strings.Fields(want) {
			if c.Text == 0 && !strings.Contains(strings.Join(strings.Fields(all), " "), g) {
				t.Fatalf("%q was lost", g)
			}
		}
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if !strings.HasPrefix(squeeze(all), squeeze(want)) {
			t.Fatalf("said  %q\nof %q", squeeze(all), squeeze(want))
		}
	})
}
