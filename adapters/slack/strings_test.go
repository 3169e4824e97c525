package slack

import (
	"flag"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"xiaobao/adapters/adaptertest"
	"xiaobao/bot"
)

// The whole of it:
//
//	go test ./adapters/slack -run TestStrings -args -strings 1000000
var manyStrings = flag.Int("strings", 20_000, "how many strings TestStrings puts into the templates")

// F13: whatever is in the holes of a template, Slack takes what comes of it, and nothing of the data is a mention, a link or a control sequence.
func TestStrings(t *testing.T) {
	own, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	adaptertest.Strings(t, *manyStrings, (&Adapter{}).Capabilities(home()), func(m bot.Message) string {
		out, err := own.draw(m, true)
		if err != nil {
			return err.Error()
		}
		if faults, err := out.check(); err != nil || len(faults) > 0 || out.fallback != "" {
			return fmt.Sprint(err, faults, out.fallback)
		}
		if !utf8.ValidString(out.text) || !utf8.Valid(out.json) {
			return "no UTF-8"
		}
		for _, bad := range []string{`"type":"link"`, `"type":"user"`, `"type":"usergroup"`, `"type":"channel"`, `"type":"broadcast"`, `"url":`} {
			if strings.Contains(string(out.json), bad) {
				return bad
			}
		}
		if strings.ContainsAny(out.text+string(out.json), "\x00\x07\x1b\u202e\u2066") || strings.Contains(out.text, "<!") || strings.Contains(out.text, "<@") || strings.Contains(out.text, "<#") {
			return out.text + string(out.json)
		}
		return ""
	})
}
