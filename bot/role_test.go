package bot_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"xiaobao/bot"
)

var codeSaid = regexp.MustCompile(`(?:join|加入) ([A-Z0-9]{8})`)

// TestAViewerLooks invites somebody to look, in both languages, with the real flows on a real database: they see where the
// case stands and change nothing, until they are invited as a colleague.
func TestAViewerLooks(t *testing.T) {
	for _, lang := range []struct{ tag, invite, looks, colleague, said string }{
		{"en", "invite viewer", "You are in this case to look", "invite", "FBA"},
		{"zh", "邀请只读同事", "您在这里是只读成员", "邀请同事", "FBA"},
	} {
		t.Run(lang.tag, func(t *testing.T) {
			engine, _, _ := book(t)
			r := newRig(t, engine, page)
			n := 0
			do := func(who string, what bot.Input) string {
				t.Helper()
				n++
				from := user(who)
				from.Language = lang.tag
				shown := len(r.wall.said())
				if err := r.Handle(t.Context(), bot.Incoming{ID: fmt.Sprint(n), At: r.clock(), From: from, To: room(who), What: what}); err != nil {
					t.Fatal(err)
				}
				r.drain()
				return strings.Join(r.wall.said()[shown:], "\n")
			}
			code := func(said string) string {
				t.Helper()
				m := codeSaid.FindStringSubmatch(said)
				if m == nil {
					t.Fatalf("no code in %q", said)
				}
				return m[1]
			}
			do("ann", bot.Press{Action: "hello"})
			do("ann", bot.Press{Action: "open", Values: []string{"register"}})
			viewing := code(do("ann", bot.Text{Text: lang.invite}))
			do("eve", bot.Press{Action: "hello"})
			do("eve", bot.Text{Text: "join " + viewing})
			if r.caseOf("eve") != r.caseOf("ann") {
				t.Fatal("eve is not in the case")
			}
			for _, what := range []bot.Input{
				bot.Press{Action: "open", Values: []string{"register"}}, bot.Text{Text: "1"}, bot.Press{Action: "erase"}, bot.Press{Action: "invite"},
				bot.Submit{Values: map[string]string{"fulfilment": "fba"}},
			} {
				if said := do("eve", what); !strings.Contains(said, lang.looks) {
					t.Errorf("%#v was answered with %q", what, said)
				}
			}
			do("eve", bot.Text{Text: lang.said})
			if slots := r.state("ann").Slots; len(slots) != 0 {
				t.Errorf("a viewer answered: %+v", slots)
			}
			if said := do("eve", bot.Press{Action: "status"}); strings.Contains(said, lang.looks) || said == "" {
				t.Errorf("status: %q", said)
			}

			working := code(do("ann", bot.Text{Text: lang.colleague}))
			do("eve", bot.Text{Text: "join " + working})
			do("eve", bot.Press{Action: "open", Values: []string{"register"}})
			do("eve", bot.Text{Text: lang.said})
			if slots := r.state("ann").Slots; len(slots) != 1 {
				t.Errorf("a colleague may not answer: %+v", slots)
			}
		})
	}
}
