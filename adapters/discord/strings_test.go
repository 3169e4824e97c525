package discord

import (
	"encoding/json"
	"flag"
	"strings"
	"testing"
	"unicode/utf8"

	"xiaobao/adapters/adaptertest"
	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
)

// The whole of it:
//
//	go test ./adapters/discord -run TestStrings -args -strings 1000000
var manyStrings = flag.Int("strings", 5_000, "how many strings TestStrings puts into the templates")

// F13: whatever is in the holes of a template, Discord takes what comes of it as components and as a classic message, and nothing of the data is
// a mention, a link, markup or a control sequence.
func TestStrings(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	adaptertest.Strings(t, *manyStrings, (&Adapter{}).Capabilities(home()), func(m bot.Message) string {
		out, err := w.draw(m, home())
		if err != nil {
			return err.Error()
		}
		for _, drawn := range []drawing{out, w.drawClassic(m, home())} {
			if f := drawn.faults(); len(f) > 0 {
				return strings.Join(f, "; ")
			}
			raw, err := json.Marshal(drawn.message)
			if err != nil || !utf8.Valid(raw) {
				return "no UTF-8"
			}
			var seen discordtest.Message
			if err := json.Unmarshal(raw, &seen); err != nil {
				return err.Error()
			}
			for _, bad := range markup {
				if strings.Contains(seen.Markup(), bad) {
					return bad + " is left in " + seen.Markup()
				}
			}
		}
		return ""
	})
}
