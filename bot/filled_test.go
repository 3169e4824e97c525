package bot_test

import (
	"strings"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// TestFilled puts what stands in the file of a form behind what was typed, in any encoding; what is no text is refused by name, and the
// rest of the form counts.
func TestFilled(t *testing.T) {
	var got map[string]string
	r := newRig(t, script(func(_ *flow.State, e flow.Event, _ time.Time) []flow.Effect {
		if e, ok := e.(flow.Submitted); ok {
			got = e.Values
		}
		return nil
	}), bot.Capabilities{Blocks: true, Edits: true, Fields: 5})
	for i, c := range []struct {
		typed string
		file  bot.File
		want  string
		says  string
	}{
		{"U1", bot.File{}, "U1", ""},
		{"", bot.File{Name: "a.csv", Data: []byte("U2\nU3")}, "U2\nU3", ""},
		{"U1", bot.File{Name: "a.csv", Data: []byte("U2")}, "U1\nU2", ""},
		{"", bot.File{Name: "a.csv", Data: []byte{0xCF, 0xE4}}, "箱", ""}, // GBK
		{"U1", bot.File{Name: "a.pdf", Data: []byte("%PDF\x00")}, "U1", "a.pdf"},
		{"U1", bot.File{Name: "big.csv", Data: []byte(strings.Repeat("U", 600<<10))}, "U1", "big.csv"},
	} {
		in := bot.Submit{Token: "t", Values: map[string]string{"name": "Lin", "boxes": c.typed}}
		if c.file.Name != "" {
			in.Files = map[string]bot.File{"boxes": c.file}
		}
		before := len(r.wall.said())
		r.do(string(rune('a'+i)), "ann", in)
		if got["boxes"] != c.want || got["name"] != "Lin" || in.Values["boxes"] != c.typed {
			t.Errorf("%q with %s: %.40q, want %q", c.typed, c.file.Name, got, c.want)
		}
		if said := strings.Join(r.wall.said()[before:], "\n"); (c.says == "") != (said == "") || !strings.Contains(said, c.says) {
			t.Errorf("%q with %s: said %q", c.typed, c.file.Name, said)
		}
	}
}
