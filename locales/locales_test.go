package locales

import (
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"xiaobao/bot/flow"
)

func small(t testing.TB, en, zh string, more ...map[string]string) *Words {
	t.Helper()
	ui := func(lang string) []byte {
		data, err := builtIn.ReadFile(lang + "/ui.toml")
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	layers := fstest.MapFS{
		"en/ui.toml": {Data: ui("en")}, "zh-Hans/ui.toml": {Data: ui("zh-Hans")},
		"en/a.toml": {Data: []byte(en)}, "zh-Hans/a.toml": {Data: []byte(zh)},
	}
	if len(more) == 0 {
		w, err := load(layers)
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	over := fstest.MapFS{}
	for name, text := range more[0] {
		over[name] = &fstest.MapFile{Data: []byte(text)}
	}
	w, err := load(layers, over)
	if err != nil {
		t.Fatal(err)
	}
	return w
}

const (
	enWords = `
"hi" = "Hello {{.Name}}."
"plain" = "Nothing to fill."
"word" = "A word"
"takes" = "{{.Word}} and {{.When}}"
"only" = "English only"
"loop" = "[{{.Word}}]"
"twice" = """
First.

Second {{.Name}}."""

["days"]
one = "{{.Count}} day left"
other = "{{.Count}} days left"
`
	zhWords = `
"hi" = "您好，{{.Name}}。"
"plain" = "没有要填的。"
"word" = "一个词"
"takes" = "{{.Word}}与{{.When}}"
"loop" = "【{{.Word}}】"
"twice" = "第一段。\n\n第二段 {{.Name}}。"
"days" = "还有 {{.Count}} 天"
`
)

func TestSay(t *testing.T) {
	w := small(t, enWords, zhWords)
	at := time.Date(2026, 12, 1, 1, 30, 0, 0, time.UTC)
	for _, c := range []struct {
		name, lang, zone, want string
		line                   flow.Line
	}{
		{"hole", "en", "", "Hello Lin.", flow.Say("hi", flow.Text("Name", "Lin"))},
		{"hole zh", "zh-Hans", "", "您好，林。", flow.Say("hi", flow.Text("Name", "林"))},
		{"no holes", "zh-CN", "", "没有要填的。", flow.Say("plain")},
		{"paragraphs", "en", "", "First.\n\nSecond a b.", flow.Say("twice", flow.Text("Name", "a\n\nb"))},
		{"text is data", "en", "", "Hello a {{.Name}} evil.", flow.Say("hi", flow.Text("Name", "a\t{{.Name}}\u202e \x1bevil\u200b"))},
		{"missing hole", "en", "", "Hello ….", flow.Say("hi")},
		{"empty hole", "en", "", "Hello –.", flow.Say("hi", flow.Text("Name", "\u200b"))},
		{"unknown id", "zh-Hans", "", "[no.such]", flow.Say("no.such")},
		{"fallback", "zh-Hans", "", "English only", flow.Say("only")},
		{"word and time", "en", "Asia/Shanghai", "A word and 1 Dec 2026, 09:30 (Asia/Shanghai)", flow.Say("takes", flow.Word("Word", "word"), flow.Time("When", at))},
		{"word and time zh", "zh-Hans", "Asia/Shanghai", "一个词与2026年12月1日 09:30（北京时间）", flow.Say("takes", flow.Word("Word", "word"), flow.Time("When", at))},
		{"no zone", "en", "", "A word and 1 Dec 2026, 01:30 (UTC)", flow.Say("takes", flow.Word("Word", "word"), flow.Time("When", at))},
		{"bad zone", "en", "Mars/Base", "A word and 1 Dec 2026, 01:30 (UTC)", flow.Say("takes", flow.Word("Word", "word"), flow.Time("When", at))},
		{"clock", "en", "Asia/Shanghai", "Hello 1 Dec 2026, 09:30.", flow.Say("hi", flow.Clock("Name", at))},
		{"clock zh", "zh-Hans", "", "您好，2026年12月1日 01:30。", flow.Say("hi", flow.Clock("Name", at))},
		{"line in a line", "en", "", "Hello Hello Lin..", flow.Say("hi", flow.Arg{Name: "Name", Kind: flow.KindLine, Line: ptr(flow.Say("hi", flow.Text("Name", "Lin")))})},
		{"no line in a line", "en", "", "Hello –.", flow.Say("hi", flow.Arg{Name: "Name", Kind: flow.KindLine})},
		{"date", "en", "", "Hello 1 Dec 2026.", flow.Say("hi", flow.Date("Name", "2026-12-01"))},
		{"date zh", "zh-Hans", "", "您好，2026年12月1日。", flow.Say("hi", flow.Date("Name", "2026-12-01"))},
		{"bad date", "en", "", "Hello soon.", flow.Say("hi", flow.Date("Name", "soon"))},
		{"money", "en", "", "Hello USD 1,234.50.", flow.Say("hi", flow.Money("Name", "1234.5", "USD"))},
		{"money zh", "zh-Hans", "", "您好，1,234.50 美元。", flow.Say("hi", flow.Money("Name", "1234.5", "USD"))},
		{"yen", "en", "", "Hello JPY 12,000.", flow.Say("hi", flow.Money("Name", "12000", "JPY"))},
		{"other money", "zh-Hans", "", "您好，5.125 XAU。", flow.Say("hi", flow.Money("Name", "5.125", "XAU"))},
		{"weight zh", "zh-Hans", "", "您好，18.5 公斤。", flow.Say("hi", flow.Quantity("Name", "18.5", "kg"))},
		{"number", "en", "", "Hello −1,234,567.5.", flow.Say("hi", flow.Number("Name", "-1234567.5"))},
		{"no number", "en", "", "Hello 1e9.", flow.Say("hi", flow.Number("Name", "1e9"))},
		{"list", "en", "", "Hello a, b and c.", flow.Say("hi", flow.Several("Name", flow.Text("", "a"), flow.Text("", "b"), flow.Text("", "c")))},
		{"list zh", "zh-Hans", "", "您好，a、b、c。", flow.Say("hi", flow.Several("Name", flow.Text("", "a"), flow.Text("", "b"), flow.Text("", "c")))},
		{"pair", "en", "", "Hello a and b.", flow.Say("hi", flow.Several("Name", flow.Text("", "a"), flow.Text("", "b")))},
		{"one", "en", "", "1 day left", flow.Say("days", flow.Number("Count", "1"))},
		{"many", "en", "", "1,200 days left", flow.Say("days", flow.Number("Count", "1200"))},
		{"many zh", "zh-Hans", "", "还有 1 天", flow.Say("days", flow.Number("Count", "1"))},
		{"no count", "en", "", "… days left", flow.Say("days")},
		{"endless", "en", "", "[[loop]]", flow.Say("loop", flow.Word("Word", "nope"))},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := w.Say(c.lang, c.zone, c.line)
			if c.name == "endless" {
				got = strings.ReplaceAll(got, "nope", "loop")
			}
			if got != c.want {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
	want := map[string]int{"no.such": 1, "only": 1, "hi{{.Name}}": 1, "days{{.Count}}": 1, "nope": 1}
	if diff := cmp.Diff(want, w.Missing()); diff != "" {
		t.Errorf("missing (-want +got)\n%s", diff)
	}
}

func TestMatch(t *testing.T) {
	w := small(t, enWords, zhWords)
	for tag, want := range map[string]string{
		"en": "en", "en-GB": "en", "zh": "zh-Hans", "zh-CN": "zh-Hans", "zh-TW": "zh-Hans", "zh-Hant-HK": "zh-Hans", "zh_CN": "zh-Hans",
		"": "en", "de": "en", "nonsense tag": "en", "zh-CN,zh;q=0.9,en;q=0.8": "zh-Hans", "fr,zh;q=0.5": "zh-Hans",
		strings.Repeat("z", 500): "en",
	} {
		for range 2 { // the second time from memory
			if got := w.Match(tag); got != want {
				t.Errorf("Match(%q) = %s, want %s", tag, got, want)
			}
		}
	}
}

func TestOverrides(t *testing.T) {
	w := small(t, enWords, zhWords, map[string]string{
		"en/mine.toml": `"hi" = "Dear {{.Name}},"`,
		"de/alle.toml": `"hi" = "Guten Tag, {{.Name}}."`,
	})
	for lang, want := range map[string]string{"en": "Dear Lin,", "de": "Guten Tag, Lin.", "zh": "您好，Lin。"} {
		if got := w.Say(lang, "", flow.Say("hi", flow.Text("Name", "Lin"))); got != want {
			t.Errorf("%s: got %q, want %q", lang, got, want)
		}
	}
	if diff := cmp.Diff([]string{"en", "de", "zh-Hans"}, w.Languages()); diff != "" {
		t.Error(diff)
	}
	if got := w.Say("de", "", flow.Say("days", flow.Number("Count", "1"))); got != "1 days left" && got != "1 day left" {
		t.Errorf("a language that lacks a message: got %q", got)
	}
}

func TestAccepted(t *testing.T) {
	w := small(t, `"a.also" = "yes| y |ok||"`, ``)
	if diff := cmp.Diff([]string{"yes", "y", "ok"}, w.Accepted("en", "a.also")); diff != "" {
		t.Error(diff)
	}
	if got := w.Accepted("zh-Hans", "a.also"); got != nil {
		t.Errorf("got %q from another language", got)
	}
	if !w.Has("zh-Hans", "a.also") || w.Has("en", "b") {
		t.Error("Has is wrong")
	}
}

func TestLoadNamesEveryFault(t *testing.T) {
	_, err := Load(fstest.MapFS{
		"en/one.toml":      {Data: []byte("\"a\" = \"x\"\n\"b\" = oops\n")},
		"zh-Hans/two.toml": {Data: []byte("\"a\" = \"x\"\n\"a\" = \"y\"\n")},
		"stray.toml":       {Data: []byte("\"a\" = \"x\"\n")},
	})
	if err == nil {
		t.Fatal("broken catalogues were loaded")
	}
	for _, want := range []string{"en/one.toml:2:", "zh-Hans/two.toml:2:", "stray.toml:"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("no %q in:\n%v", want, err)
		}
	}
}

func TestCheck(t *testing.T) {
	w := small(t, `
"good" = "Good"
"unused" = "Never said"
"onlyen" = "English"
"holes" = "{{.A}} and {{.B}}"
"empty" = ""
"mark" = "Read **this** now"
"hurry" = "Quick!"
"same" = "This was not translated"
"button.long" = "Press this very long button if you want to go on with it"
"yes.also" = "yes|好|a, b"
"odd" = "{{ .A | html }}"
`, `
"good" = "好"
"unused" = "从不说"
"holes" = "{{.A}}"
"empty" = "空"
"mark" = "请看`+"`这`"+`"
"hurry" = "快,走."
"same" = "This was not translated"
"button.long" = "请按这个特别长特别长特别长特别长特别长特别长按钮"
"odd" = "你好"
`)
	var got []string
	for _, p := range w.Check(Rules{Used: []string{"good", "onlyen", "holes", "empty", "mark", "hurry", "same", "odd", "button.*", "yes.*", "gone", "ui.*"}, Buttons: []string{"button.*"}}) {
		got = append(got, p.String())
	}
	want := []string{
		"gone: is said and stands in no catalogue",
		"en/a.toml:3: unused: is never said",
		"en/a.toml:4: onlyen: is missing in zh-Hans",
		"en/a.toml:6: empty: is empty",
		`en/a.toml:7: mark: has markup: "**"`,
		"en/a.toml:8: hurry: has an exclamation mark",
		"en/a.toml:10: button.long: is a button of 56 columns; what reads well has 44 (a Chinese character fills two)",
		`en/a.toml:12: odd: has "{{ .A | html }}"; a hole is {{.Name}}`,
		"zh-Hans/a.toml:3: unused: is never said",
		"zh-Hans/a.toml:4: holes: has no {{.B}}, which en has",
		"zh-Hans/a.toml:6: mark: has markup: \"`\"",
		"zh-Hans/a.toml:7: hurry: has half-width punctuation after a Chinese character: \"快,走\"",
		"zh-Hans/a.toml:8: same: is not translated",
		"zh-Hans/a.toml:9: button.long: is a button of 48 columns; what reads well has 44 (a Chinese character fills two)",
		"zh-Hans/a.toml:10: odd: says 你; we say 您",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

// TestBuiltIn checks style, holes and translations of everything built in. Whether each id is in use is checked where the
// flows are known.
func TestBuiltIn(t *testing.T) {
	w, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range w.Check(Rules{Used: []string{"*"}, Buttons: []string{"button.*", "option.*", "verb.*", "ui.send", "ui.choose"}}) {
		t.Error(p)
	}
}

func TestSayIsTotal(t *testing.T) {
	w := small(t, enWords, zhWords)
	kinds := []flow.ArgKind{flow.KindText, flow.KindWord, flow.KindNumber, flow.KindMoney, flow.KindQuantity, flow.KindDate, flow.KindTime, flow.KindClock, flow.KindSeveral, flow.KindLine, "odd"}
	rapid.Check(t, func(t *rapid.T) {
		arg := flow.Arg{Name: "Name", Kind: rapid.SampledFrom(kinds).Draw(t, "kind"), Text: rapid.String().Draw(t, "text"),
			Unit: rapid.String().Draw(t, "unit"), At: rapid.Int64().Draw(t, "at")}
		arg.List = []flow.Arg{arg, arg}
		arg.Line = ptr(flow.Say("hi", arg))
		got := w.Say(rapid.SampledFrom([]string{"en", "zh-Hans", "x"}).Draw(t, "lang"), rapid.String().Draw(t, "zone"), flow.Say("hi", arg))
		if got == "" || strings.ContainsAny(got, "\n\x1b\u202e") {
			t.Fatalf("said %q", got)
		}
	})
}

func BenchmarkSay(b *testing.B) {
	w := small(b, enWords, zhWords)
	at := flow.Time("When", time.Date(2026, 12, 1, 1, 30, 0, 0, time.UTC))
	for name, line := range map[string]flow.Line{
		"plain":  flow.Say("plain"),
		"hole":   flow.Say("hi", flow.Text("Name", "Lin")),
		"time":   flow.Say("takes", flow.Word("Word", "word"), at),
		"plural": flow.Say("days", flow.Number("Count", "3")),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				w.Say("en", "Asia/Shanghai", line)
			}
		})
	}
}

func ptr(l flow.Line) *flow.Line { return &l }
