package slack

import (
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
)

// F9: whatever somebody of another workspace, another person of the same one, or somebody who invents ids sends, they get nothing
// of anybody else's; what is foreign is answered like what does not exist; and nobody else's case changes.
func TestIsolation(t *testing.T) {
	teamA := slacktest.Home{Team: slacktest.Team, Bot: slacktest.Bot, BotID: slacktest.BotID}
	s := slacktest.New(t)
	s.Set("U0EVE", slacktest.Profile{Name: "Eve", Locale: "en-US", Zone: "Asia/Shanghai"})
	dsn := filepath.Join(t.TempDir(), "x.db")
	db := openStore(t, dsn)
	p := &player{t: t, s: s, whole: newBotAt(t, s, dsn, time.Now, several(db))}
	b := newBrowser(t, s)
	b.install(teamA)
	b.install(teamB)

	// Lin, in A, says who the company is and where.
	data, err := os.ReadFile("testdata/register.txtar")
	if err != nil {
		t.Fatal(err)
	}
	story, _, _ := strings.Cut(string(txtar.Parse(data).Files[0].Data), "= contact_name")
	p.play(story)
	canaries := []string{"Mingtu", "明途", "91350100M000100Y", "Xinghai", "518052"}
	told := 0
	var presses []map[string]any // everything that can be pressed there
	for _, m := range s.Messages(slacktest.DM) {
		for _, c := range canaries {
			told += strings.Count(m.Reads(), c)
		}
		for _, e := range m.Elements() {
			labels := []string{e.Text.Text}
			for _, o := range e.Options {
				labels = append(labels, o.Text.Text)
			}
			for _, label := range labels {
				if found := m.Pressed(0, label); label != "" && found != nil {
					presses = append(presses, found)
				}
			}
		}
	}
	if told < 3 || len(presses) < 15 {
		t.Fatalf("%d canaries and %d things to press", told, len(presses))
	}
	// Zoe worked with Lin for a while; by now she works with Bob.
	n := 900
	say := func(user, room, text string) string {
		t.Helper()
		n++
		from := len(s.Shown())
		c := slacktest.Command(n, room, text)
		c["user_id"] = user
		if got := s.Push("slash_commands", slacktest.At(teamA, c), 0); !got.Acked {
			t.Fatalf("%q was answered with %d", text, got.Status)
		}
		p.drain()
		return reads(s.Shown()[from:])
	}
	caseOf := func(user string) string {
		t.Helper()
		// Another handle would remember where somebody was.
		id, err := openStore(t, dsn).Join(t.Context(), bot.User{Network: Network, Workspace: teamA.Team, ID: user}, "unused", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	for _, user := range []string{"U0ZOE", "U0BOB"} {
		s.Set(user, slacktest.Profile{Name: user, Locale: "en-US", Zone: "Asia/Shanghai"})
		say(user, "D"+user[1:], "hi")
	}
	for i, host := range []string{slacktest.Person, "U0BOB"} {
		code := invitation.FindStringSubmatch(say(host, "D"+host[1:], "invite"))
		if code == nil {
			t.Fatalf("%s got no code", host)
		}
		said := say("U0ZOE", "D0ZOE", "join "+code[1])
		if joined := caseOf("U0ZOE"); joined != caseOf(host) || (joined == caseOf(slacktest.Person)) != (i == 0) {
			t.Fatalf("Zoe did not come into the case of %s: %s", host, said)
		}
	}

	lin := bot.User{Network: Network, Workspace: teamA.Team, ID: slacktest.Person, Name: "Lin", Language: "en-US", Zone: "Asia/Shanghai"}
	read := func() string {
		t.Helper()
		id, err := db.Join(t.Context(), lin, "unused", time.Now())
		if err != nil {
			t.Fatal(err)
		}
		state, err := db.Read(t.Context(), lin.Tenant(), id)
		if err != nil {
			t.Fatal(err)
		}
		return string(state)
	}
	before := read()

	n = 1000
	for _, who := range []struct {
		name, user, room string
		home             slacktest.Home
	}{
		{"another person of the workspace", "U0EVE", "D0EVE", teamA},
		{"somebody who worked on it once", "U0ZOE", "D0ZOE", teamA},
		{"another person of another workspace", "U0EVE", "D0EVE", teamB},
		{"the same id in another workspace", slacktest.Person, slacktest.DM, teamB},
	} {
		t.Run(who.name, func(t *testing.T) {
			began, forms := len(s.Shown()), len(s.Views())
			push := func(kind string, payload map[string]any) string {
				t.Helper()
				from := len(s.Shown())
				got := s.Push(kind, slacktest.At(who.home, payload), 0)
				if got.Status != http.StatusOK {
					t.Errorf("%s was answered with %d", kind, got.Status)
				}
				p.drain()
				return string(got.Reply) + reads(s.Shown()[from:])
			}
			for _, original := range presses {
				id, _ := parseActionID(original["actions"].([]any)[0].(map[string]any)["action_id"].(string))
				foreign := push("interactive", stolen(original, &n, who.user, who.room, id))
				if id.token == "" || id.kind != kindPress {
					continue
				}
				id.token = "forged"
				if forged := push("interactive", stolen(original, &n, who.user, who.room, id)); forged != foreign {
					t.Errorf("%s: somebody else's is answered\n%s\nand an invented one\n%s", id.action, foreign, forged)
				}
			}
			for _, verb := range []string{"status", "documents", "export", "help", "steps", "why", "资料", "back", "1"} {
				n++
				c := slacktest.Command(n, who.room, verb)
				c["user_id"] = who.user
				push("slash_commands", c)
			}
			token := ""
			for _, original := range presses {
				if id, _ := parseActionID(original["actions"].([]any)[0].(map[string]any)["action_id"].(string)); id.kind == kindForm {
					token = id.token
				}
			}
			for _, meta := range []string{`{"t":"` + token + `","c":"` + slacktest.DM + `"}`, `{"t":"forged","c":"` + slacktest.DM + `"}`, `{"t":"","c":""}`, `{`} {
				n++
				view := slacktest.Sent(n, fmt.Appendf(nil, `{"callback_id":"form","private_metadata":%q,"blocks":[]}`, meta), nil)
				view["user"] = map[string]any{"id": who.user}
				push("interactive", view)
			}
			for _, m := range s.Shown()[began:] {
				colleague := who.user == "U0ZOE" && m.Channel == "D0BOB" // who sees her steps move
				if m.Home != who.home.Team || m.Channel != who.room && !colleague {
					t.Errorf("shown in %s of %s:\n%s", m.Channel, m.Home, m.Reads())
				}
				for _, c := range canaries {
					if strings.Contains(m.Reads()+m.Text+string(m.Blocks), c) {
						t.Errorf("%q is told:\n%s", c, m.Reads())
					}
				}
			}
			if len(s.Shown()) == began {
				t.Error("nothing was answered at all")
			}
			for _, v := range s.Views()[forms:] {
				for _, c := range canaries {
					if strings.Contains(string(v), c) {
						t.Errorf("%q is in a form: %s", c, v)
					}
				}
			}
		})
	}
	if read() != before {
		t.Error("the case was changed by others")
	}
	if got := s.Push("interactive", slacktest.At(slacktest.Home{Team: "T0ELSE"}, presses[0]), 0); got.Status != http.StatusForbidden || len(got.Reply) > 0 {
		t.Errorf("a workspace where it is not installed: %d %s", got.Status, got.Reply)
	}
}

// invitation finds the code of an invitation.
var invitation = regexp.MustCompile(`join ([A-Z0-9]{8})`)

// stolen is a press of somebody else's, as somebody sends it from a conversation of their own.
func stolen(original map[string]any, n *int, user, room string, id actionID) map[string]any {
	*n++
	out, act := maps.Clone(original), maps.Clone(original["actions"].([]any)[0].(map[string]any))
	act["action_id"], act["action_ts"] = id.String(), fmt.Sprintf("1764550800.%06d", *n)
	out["actions"], out["user"], out["channel"] = []any{act}, map[string]any{"id": user}, map[string]any{"id": room}
	out["trigger_id"], out["container"] = fmt.Sprint("stolen.", *n), map[string]any{"type": "message", "channel_id": room}
	return out
}

func reads(messages []slacktest.Message) string {
	var b strings.Builder
	for _, m := range messages {
		b.WriteString(m.Reads() + "\n")
	}
	return b.String()
}
