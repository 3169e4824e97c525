package adaptertest

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/locales"
)

var hole = regexp.MustCompile(`\{\{\s*\.(\w+)`)

// Strings puts many strings as nobody should send them into every hole of a template, all templates in both languages one after the
// other, as text, as a fact and as a button, fitted to a place. wrong draws what came of it and says what is wrong with it, if anything.
func Strings(t *testing.T, many int, c bot.Capabilities, wrong func(bot.Message) string) {
	words, err := locales.Load()
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
	shown := 0
	for i := range many {
		x, s := templates[i%len(templates)], hostile(r)
		line := flow.Line{ID: x.id}
		for _, name := range x.holes {
			line.Args = append(line.Args, flow.Text(name, s))
		}
		said := words.Say(x.lang, "Asia/Shanghai", line)
		m := bot.Message{Text: said, Lang: x.lang, Blocks: []bot.Block{{Kind: bot.Paragraph, Text: said}, {Kind: bot.Facts, Facts: []bot.Fact{{Label: s, Value: said}}}},
			Actions: []bot.Action{{ID: "a", Token: "t", Label: said, Value: "v"}}} // values are not shown
		for _, part := range bot.Fit(m, c, words).Messages {
			shown++
			if fault := wrong(part); fault != "" {
				t.Fatalf("the string number %d, in %s %s, %q: %s", i, x.lang, x.id, s, fault)
			}
		}
	}
	t.Logf("%d strings, %d templates, %d messages", many, len(templates), shown)
}

// hostile makes a string of pieces that mean something to somebody, of any characters, and of bytes that are none.
func hostile(r *rand.Rand) string {
	var b strings.Builder
	for range 1 + r.IntN(4) {
		switch r.IntN(6) {
		case 0:
			b.WriteString(Nasty[r.IntN(len(Nasty))])
		case 1:
			b.WriteString([]string{"<", ">", "&", "<!here>", "<@U1>", "@everyone", "](", "||", "|", "\n\n", "\n# ", "👩‍👩‍👧‍👦", "{{.Name}}", "\u202e", "\xff\xfe"}[r.IntN(15)])
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
