package slack

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"xiaobao/adapters/adaptertest"
	"xiaobao/adapters/slack/blockkit"
	"xiaobao/bot"
	"xiaobao/locales"
)

// nastyText is text as nobody should type it.
func nastyText() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		parts := rapid.SliceOfN(rapid.OneOf(rapid.String(), rapid.SampledFrom(append(adaptertest.Nasty,
			"<", ">", "&", "&&&&&&&&", "|", "*", "`", "\n\n", " ", "👩‍👩‍👧‍👦", "说中文也可以。", strings.Repeat("长", 400), strings.Repeat("&", 900), "\xff\xfe"))), 0, 6).Draw(t, "parts")
		return strings.Join(parts, "")
	})
}

// Whatever stands in a message: after fitting Slack takes it, and nothing in it is markup.
func TestAnyMessage(t *testing.T) {
	words, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	capabilities := (&Adapter{}).Capabilities(home())
	text := nastyText()
	rapid.Check(t, func(t *rapid.T) {
		list := func(name string, most int) []string { return rapid.SliceOfN(text, 0, most).Draw(t, name) }
		m := bot.Message{Text: text.Draw(t, "text"), Lang: rapid.SampledFrom([]string{"en", "zh-Hans"}).Draw(t, "lang"), For: "slack:T:U0LIN", ForName: text.Draw(t, "name"), Done: &bot.Stamp{By: text.Draw(t, "by"), At: opening}}
		if rapid.Bool().Draw(t, "urgent") {
			m.Notify = bot.Urgent
		}
		for range rapid.IntRange(0, 5).Draw(t, "blocks") {
			b := bot.Block{
				Kind: rapid.SampledFrom([]bot.Kind{bot.Heading, bot.Paragraph, bot.Facts, bot.List, bot.Grid, bot.Paste, bot.Note, bot.Progress, bot.Divider, "new"}).Draw(t, "kind"),
				Text: text.Draw(t, "block"), Tone: rapid.SampledFrom([]bot.Tone{bot.Plain, bot.Warn}).Draw(t, "tone"),
				Link: rapid.SampledFrom([]string{"", "https://a.example/?x=1&y=<z>|w", "javascript:alert(1)"}).Draw(t, "link"),
			}
			for i, s := range list("items", 5) {
				b.Facts = append(b.Facts, bot.Fact{Label: s, Value: s})
				b.Items = append(b.Items, bot.Item{Text: s, Mark: []bot.Mark{bot.NoMark, bot.Done}[i%2]})
			}
			if b.Kind == bot.Grid {
				head := list("head", 3)
				b.Table = &bot.Table{Head: head}
				for range rapid.IntRange(0, 4).Draw(t, "rows") {
					row := make([]string, len(head))
					for i := range row {
						row[i] = text.Draw(t, "cell")
					}
					b.Table.Rows = append(b.Table.Rows, row)
				}
			}
			m.Blocks = append(m.Blocks, b)
		}
		for i, s := range list("actions", 8) {
			a := bot.Action{ID: fmt.Sprint("a", i), Token: "tok", Value: s, Label: s, Style: rapid.SampledFrom([]bot.Style{bot.Ordinary, bot.Primary, bot.Dangerous, bot.Quiet}).Draw(t, "style"), Confirm: rapid.SampledFrom([]string{"", s}).Draw(t, "confirm")}
			for j, o := range list("options", 7) {
				a.Options = append(a.Options, bot.Option{Value: fmt.Sprint(j, o), Label: o, On: j == 0})
			}
			a.Multi = rapid.Bool().Draw(t, "multi")
			m.Actions = append(m.Actions, a)
		}
		private := rapid.Bool().Draw(t, "private")
		for _, part := range bot.Fit(m, capabilities, words).Messages {
			out, err := w.draw(part, private)
			if err != nil {
				t.Fatal(err)
			}
			faults, err := out.check()
			if err != nil || len(faults) > 0 {
				t.Fatalf("%v %q", err, faults)
			}
			sameAsMarshal(t, out)
			plain := w.drawPlain(part, private)
			if faults, _ := plain.check(); len(faults) > 0 {
				t.Fatalf("plainly: %q", faults)
			}
		}
	})
}

func TestAnyForm(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	text := nastyText()
	rapid.Check(t, func(t *rapid.T) {
		f := bot.Form{Token: "tok", Title: text.Draw(t, "title"), Send: text.Draw(t, "send")}
		for i := range rapid.IntRange(1, 40).Draw(t, "fields") {
			field := bot.Field{
				ID: fmt.Sprint("f", i), Kind: rapid.SampledFrom([]bot.FieldKind{bot.LineField, bot.AreaField, bot.NumberField, bot.DateField, bot.OneField, bot.ManyField}).Draw(t, "kind"),
				Label: text.Draw(t, "label"), Help: text.Draw(t, "help"), Example: text.Draw(t, "example"), Value: text.Draw(t, "value"), Fault: text.Draw(t, "fault"), Max: rapid.IntRange(0, 5000).Draw(t, "max"),
			}
			for j, o := range rapid.SliceOfN(text, 0, 12).Draw(t, "options") {
				field.Options = append(field.Options, bot.Option{Value: fmt.Sprint(j, o), Label: o, On: j%2 == 0})
			}
			f.Fields = append(f.Fields, field)
		}
		if _, err := w.modal(sheet{form: f, place: home(), lang: "en"}); err != nil {
			t.Fatal(err)
		}
	})
}

func TestTyped(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := strings.ToValidUTF8(rapid.String().Draw(t, "s"), "")
		want := strings.TrimSpace(strings.ReplaceAll(s, "\u00a0", " "))
		if got := typed(escape(s), ""); got != want {
			t.Errorf("%q comes back as %q", s, got)
		}
	})
}

// The validator finds what it is there for.
func TestValidator(t *testing.T) {
	block := func(b string) func() []string {
		return func() []string { return blockkit.Message("text", []byte("["+b+"]")) }
	}
	button := func(more string) string {
		return `{"type":"actions","elements":[{"type":"button","action_id":"a","text":{"type":"plain_text","text":"x"}` + more + `}]}`
	}
	modal := func(more string) func() []string {
		return func() []string {
			return blockkit.Modal([]byte(`{"type":"modal","title":{"type":"plain_text","text":"T"},"blocks":[{"type":"input","block_id":"b","label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input","action_id":"v"}}]` + more + `}`))
		}
	}
	files := func(n string) func() []string {
		return func() []string {
			return blockkit.Modal([]byte(`{"type":"modal","title":{"type":"plain_text","text":"T"},"submit":{"type":"plain_text","text":"S"},"blocks":[{"type":"input","block_id":"b","label":{"type":"plain_text","text":"L"},"element":{"type":"file_input","action_id":"v","max_files":` + n + `}}]}`))
		}
	}
	x := func(n int) string { return strings.Repeat("x", n) }
	for name, c := range map[string]struct {
		faults func() []string
		want   string
	}{
		"fine":               {block(button("")), ""},
		"a file":             {files("10"), ""},
		"no file":            {files("0"), "1 to 10"},
		"11 files":           {files("11"), "1 to 10"},
		"a file, no modal":   {block(`{"type":"actions","elements":[{"type":"file_input","action_id":"v"}]}`), "only in modals"},
		"no text":            {func() []string { return blockkit.Message(" ", nil) }, "stand alone"},
		"long text":          {func() []string { return blockkit.Message(x(4001), nil) }, "4001"},
		"everyone":           {func() []string { return blockkit.Message("<!everyone>", nil) }, "control sequence"},
		"a mention":          {block(`{"type":"section","text":{"type":"mrkdwn","text":"<@U1>"}}`), "control sequence"},
		"a script":           {block(`{"type":"section","text":{"type":"mrkdwn","text":"<javascript:x|y>"}}`), "control sequence"},
		"a bare &":           {func() []string { return blockkit.Message("a & b", nil) }, "not escaped"},
		"a broadcast":        {block(`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"broadcast","range":"here"}]}]}`), "broadcast"},
		"51 blocks":          {block(strings.TrimSuffix(strings.Repeat(`{"type":"divider"},`, 51), ",")), "51 blocks"},
		"long header":        {block(`{"type":"header","text":{"type":"plain_text","text":"` + x(151) + `"}}`), "151"},
		"long section":       {block(`{"type":"section","text":{"type":"plain_text","text":"` + x(3001) + `"}}`), "3001"},
		"too much text":      {block(strings.TrimSuffix(strings.Repeat(`{"type":"section","text":{"type":"plain_text","text":"`+x(3000)+`"}},`, 5), ",")), "15000"},
		"long label":         {block(strings.Replace(button(""), `"text":"x"`, `"text":"`+x(76)+`"`, 1)), "76"},
		"long value":         {block(button(`,"value":"` + x(2001) + `"`)), "2001"},
		"two primaries":      {block(button(`,"style":"primary"`) + "," + button(`,"style":"primary"`)), "2 primary"},
		"unknown block":      {block(`{"type":"hologram"}`), "nobody here knows"},
		"empty select":       {block(`{"type":"actions","elements":[{"type":"static_select","action_id":"a","options":[]}]}`), "0 options"},
		"the same id twice":  {block(`{"type":"actions","elements":[{"type":"datepicker","action_id":"a"},{"type":"datepicker","action_id":"a"}]}`), "twice"},
		"input in a message": {block(`{"type":"input","label":{"type":"plain_text","text":"L"},"element":{"type":"plain_text_input","action_id":"v"}}`), "only in modals"},
		"two tables":         {block(`{"type":"table","rows":[[{"type":"raw_text","text":"x"}]]},{"type":"table","rows":[[{"type":"raw_text","text":"x"}]]}`), "one in a message"},
		"empty cell":         {block(`{"type":"table","rows":[[{"type":"raw_text","text":""}]]}`), "empty text"},
		"modal":              {modal(`,"submit":{"type":"plain_text","text":"S"}`), ""},
		"modal, no submit":   {modal(""), "submit"},
		"modal, long submit": {modal(`,"submit":{"type":"plain_text","text":"` + x(25) + `"}`), "25"},
		"modal, metadata":    {modal(`,"submit":{"type":"plain_text","text":"S"},"private_metadata":"` + x(3001) + `"`), "3001"},
	} {
		got := strings.Join(c.faults(), "; ")
		if c.want == "" && got != "" || !strings.Contains(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
}

// Tables, marks, tones and the person it is for, as they are drawn.
func TestDrawn(t *testing.T) {
	w, _ := readWords()
	out, err := w.draw(bot.Message{Text: "T", Lang: "zh-Hans", For: "slack:T0TEAM:U0LIN", ForName: "Lin", Notify: bot.Urgent, Blocks: []bot.Block{
		{Kind: bot.Facts, Facts: []bot.Fact{{Label: "箱数：", Value: "1,200 件"}}},
		{Kind: bot.Note, Text: "来源 <b>", Link: "https://a.example/?a=1&b=2"},
	}}, false)
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(out.blocks)
	for _, want := range []string{`{"type":"user","user_id":"U0LIN"}`, `"text":"箱数：","style":{"bold":true}`, `https://a.example/?a=1\u0026amp;b=2|来源 \u0026lt;b\u0026gt;`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	for _, private := range []bool{true, false} { // how to talk with the bot: in a channel not all is heard
		how, err := w.draw(bot.Message{Text: "T", Lang: "en", How: true}, private)
		got, _ := json.Marshal(how.blocks)
		if err != nil || strings.Contains(string(got), "only messages that mention me") == private {
			t.Errorf("private %v: %v %s", private, err, got)
		}
	}
	if s := cut(strings.Repeat("👩‍👩‍👧‍👦", 20), 75); utf8.RuneCountInString(s) > 75 || !strings.HasSuffix(strings.TrimSuffix(s, "…"), "👩‍👩‍👧‍👦") {
		t.Errorf("cut inside a grapheme: %q", s)
	}
}
