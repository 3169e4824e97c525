package slack

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"xiaobao/adapters/adaptertest"
	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/locales"
)

// The whole of it:
//
//	go test ./adapters/slack -run TestStrings -args -strings 1000000
var manyStrings = flag.Int("strings", 20_000, "how many strings TestStrings puts into the templates")

var hole = regexp.MustCompile(`\{\{\s*\.(\w+)`)

// F13: strings as nobody should send them, each in every hole of a template, all templates in both languages one after the other, as
// text, as a fact and as a button. Slack takes what comes of it, and nothing of the data is a mention, a link or a control sequence.
func TestStrings(t *testing.T) {
	words, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	own, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	type template struct {
		lang, id string
		holes    []string
	}
	var templates []template
	for _, lang := range words.Languages() {
		for _, id := range words.IDs(lang) {
			text, _ := words.Text(lang, id)
			var holes []string
			for _, m := range hole.FindAllStringSubmatch(text, -1) {
				holes = append(holes, m[1])
			}
			if len(holes) > 0 {
				templates = append(templates, template{lang, id, holes})
			}
		}
	}
	if len(templates) < 400 {
		t.Fatalf("only %d templates have holes", len(templates))
	}
	r := rand.New(rand.NewPCG(1, 2))
	capabilities := (&Adapter{}).Capabilities(home())
	shown := 0
	for i := range *manyStrings {
		x, s := templates[i%len(templates)], hostile(r)
		line := flow.Line{ID: x.id}
		for _, name := range x.holes {
			line.Args = append(line.Args, flow.Text(name, s))
		}
		said := words.Say(x.lang, "Asia/Shanghai", line)
		m := bot.Message{Text: said, Lang: x.lang, Blocks: []bot.Block{{Kind: bot.Paragraph, Text: said}, {Kind: bot.Facts, Facts: []bot.Fact{{Label: s, Value: said}}}},
			Actions: []bot.Action{{ID: "a", Token: "t", Label: said, Value: "v"}}} // values are not shown
		for _, part := range bot.Fit(m, capabilities, words).Messages {
			out, err := own.draw(part, true)
			if err != nil {
				t.Fatalf("%s %s with %q: %v", x.lang, x.id, s, err)
			}
			shown++
			faults, err := out.check()
			if err != nil || len(faults) > 0 || out.fallback != "" {
				t.Errorf("%s %s with %q: %v %q %s", x.lang, x.id, s, err, faults, out.fallback)
			}
			if !utf8.ValidString(out.text) || !utf8.Valid(out.json) {
				t.Errorf("%s %s with %q: no UTF-8", x.lang, x.id, s)
			}
			for _, bad := range []string{`"type":"link"`, `"type":"user"`, `"type":"usergroup"`, `"type":"channel"`, `"type":"broadcast"`, `"url":`} {
				if strings.Contains(string(out.json), bad) {
					t.Errorf("%s %s with %q: %s", x.lang, x.id, s, bad)
				}
			}
			if strings.ContainsAny(out.text+string(out.json), "\x00\x07\x1b\u202e\u2066") || strings.Contains(out.text, "<!") || strings.Contains(out.text, "<@") || strings.Contains(out.text, "<#") {
				t.Errorf("%s %s with %q: %q %q", x.lang, x.id, s, out.text, out.json)
			}
		}
		if t.Failed() {
			t.Fatalf("the string number %d", i)
		}
	}
	t.Logf("%d strings, %d templates, %d messages", *manyStrings, len(templates), shown)
}

// hostile makes a string of pieces that mean something to somebody, of any characters, and of bytes that are none.
func hostile(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		switch r.IntN(6) {
		case 0:
			b.WriteString(adaptertest.Nasty[r.IntN(len(adaptertest.Nasty))])
		case 1:
			b.WriteString([]string{"<", ">", "&", "<!here>", "<@U1>", "|", "\n\n", "👩‍👩‍👧‍👦", "{{.Name}}", "\u202e", "\xff\xfe"}[r.IntN(11)])
		case 2:
			b.WriteRune(rune(r.IntN(utf8.MaxRune + 1)))
		case 3:
			b.WriteByte(byte(r.IntN(256)))
		case 4:
			b.WriteString(strings.Repeat(fmt.Sprintf("%c", rune(0x4e00+r.IntN(20000))), 1+r.IntN(40)))
		default:
			b.WriteString(strings.Repeat("&", r.IntN(60)))
		}
	}
	if r.IntN(500) == 0 {
		return strings.Repeat(b.String(), 300)
	}
	return b.String()
}
