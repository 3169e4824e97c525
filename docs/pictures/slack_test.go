package pictures

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/adapters/web/webtest"
	"xiaobao/locales"
)

// blocksPage draws Block Kit. It is no copy of Slack: it shows what is sent, in the order in which it stands.
//
//go:embed blocks.html
var blocksPage string

// A drawnMessage is a message as blocks.html takes it.
type drawnMessage struct {
	Name   string          `json:"name"`
	Person bool            `json:"person,omitempty"`
	Thread bool            `json:"thread,omitempty"`
	Text   string          `json:"text,omitempty"`
	Blocks json.RawMessage `json:"blocks,omitempty"`
	Files  []string        `json:"files,omitempty"`
}

// A gallery draws what the stand-in for Slack was sent.
type gallery struct {
	album
	slack *slacktest.Server
	page  *webtest.Page
	lang  string
	name  string // of the bot
	who   string // of the seller
	n     int
}

// TestSlackPictures walks through Slack with the real program, posted to by the stand-in, in both languages.
func TestSlackPictures(t *testing.T) {
	words, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	b := webtest.Start(t)
	for _, c := range []struct{ lang, locale, name, who, hi, fill, follow, optional string }{
		{"en", "en-GB", "Xiaobao", "Lin Min", "hi", "Fill In", "tell this channel", "(optional)"},
		{"zh-Hans", "zh-CN", "小包", "林敏", "你好", "填写", "在此频道通知", "（选填）"},
	} {
		t.Run(c.lang, func(t *testing.T) {
			s := slacktest.New(t)
			s.Set(slacktest.Person, slacktest.Profile{Name: c.who, Locale: c.locale, Zone: "Asia/Shanghai"})
			t.Setenv("SLACK_BOT_TOKEN", slacktest.BotToken)
			t.Setenv("SLACK_APP_TOKEN", slacktest.AppToken)
			t.Setenv("SLACK_API_URL", s.API())
			a := album{T: t, words: words, dir: t.TempDir(), base: start(t)}
			if *update {
				a.dir = "."
			}
			g := &gallery{album: a, slack: s, page: b.For(t).Person(c.locale), lang: c.lang, name: c.name, who: c.who}
			s.Wait("the connection", func() bool { return s.Links() == 1 })
			g.typed(c.hi)
			g.press("1. " + g.word("step.register"))
			g.press(g.word("option.fulfilment.fba"))
			g.find(c.fill)
			g.shot("slack-dm", map[string]any{"messages": g.last(slacktest.DM, 2)}, 720)
			g.press(c.fill)
			s.Wait("a form", func() bool { return len(s.Views()) > 0 })
			g.shot("slack-form", map[string]any{"view": s.Views()[0], "optional": c.optional}, 640)
			g.push("events_api", slacktest.Event(g.next(), map[string]any{"type": "app_home_opened", "user": slacktest.Person, "tab": "home"}))
			s.Wait("the Home tab", func() bool { return len(s.Homes(slacktest.Person)) > 0 })
			homes := s.Homes(slacktest.Person)
			g.shot("slack-home", map[string]any{"view": homes[len(homes)-1], "tabs": g.tabs()}, 720)
			g.push("events_api", slacktest.Mentioned(g.next(), c.follow, ""))
			s.Wait("the answer in the channel", func() bool { return len(s.Messages(slacktest.Channel)) > 0 })
			before := len(s.Messages(slacktest.Channel))
			number := held()
			g.press("9. " + g.word("step.track"))
			asked := g.word("slot.tracking_no.ask")
			s.Wait("the question for the number", func() bool {
				for _, m := range s.Messages(slacktest.DM) {
					if strings.Contains(string(m.Blocks), asked) {
						return true
					}
				}
				return false
			})
			g.typed(number)
			s.Wait("news in the channel's card", func() bool {
				all := s.Messages(slacktest.Channel)
				if len(all) < before+4 {
					return false
				}
				for _, m := range all {
					if m.Edits > 2 && strings.Contains(string(m.Blocks), number) {
						return true
					}
				}
				return false
			})
			all := g.drawn(s.Messages(slacktest.Channel)[before:])
			g.shot("slack-channel", map[string]any{"messages": all[:min(len(all), 5)]}, 720)
			if f := s.Refused(); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
			if f := g.page.Faults(); len(f) > 0 {
				t.Errorf("not drawn: %q", f)
			}
		})
	}
}

func (g *gallery) tabs() []string {
	if g.lang == "en" {
		return []string{"Home", "Messages"}
	}
	return []string{"主页", "消息"}
}

func (g *gallery) word(id string) string { return g.say(g.lang, id) }

func (g *gallery) next() int { g.n++; return g.n }

func (g *gallery) push(kind string, payload map[string]any) {
	g.Helper()
	if payload == nil || !g.slack.Push(kind, payload, 0).Acked {
		g.Fatalf("not acknowledged: %s %v", kind, payload)
	}
}

func (g *gallery) typed(text string) { g.push("events_api", slacktest.Said(g.next(), text)) }

// find waits for a message in the direct messages that has a button or an option with that label.
func (g *gallery) find(label string) (found slacktest.Message) {
	g.Helper()
	dead := time.Now().Add(8 * time.Second)
	g.slack.Wait(label, func() bool {
		if time.Now().After(dead) {
			for _, m := range g.slack.Messages(slacktest.DM) {
				g.Logf("%s\n%s", m.Text, m.Blocks)
			}
			g.FailNow()
		}
		for _, m := range g.slack.Messages(slacktest.DM) {
			if m.Pressed(0, label) != nil {
				found = m
			}
		}
		return found.TS != ""
	})
	return found
}

func (g *gallery) press(label string) {
	g.Helper()
	g.push("interactive", g.find(label).Pressed(g.next(), label))
}

// last are the last n messages of a conversation.
func (g *gallery) last(channel string, n int) []drawnMessage {
	all := g.slack.Messages(channel)
	return g.drawn(all[max(0, len(all)-n):])
}

func (g *gallery) drawn(all []slacktest.Message) (out []drawnMessage) {
	for _, m := range all {
		if m.Only == "" {
			out = append(out, drawnMessage{Name: g.name, Thread: m.Thread != "", Text: m.Text, Blocks: m.Blocks, Files: m.Files})
		}
	}
	return out
}

// shot draws what was sent, and takes a picture as high as it is.
func (g *gallery) shot(name string, what map[string]any, width int64) {
	g.Helper()
	what["lang"] = g.lang
	data, err := json.Marshal(what) // escapes what could end the script
	if err != nil {
		g.Fatal(err)
	}
	page := strings.Replace(blocksPage, "DATA", string(data), 1)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Write([]byte(page))
	}))
	defer server.Close()
	g.page.Size(width, 200, false)
	g.page.Go(server.URL)
	g.page.Wait("the drawing", "document.body.dataset.drawn === 'yes'")
	g.page.Size(width, int64(min(webtest.Eval[int](g.page, "document.documentElement.scrollHeight"), 1400)), false)
	g.album.shot(g.page, name+"-"+g.lang)
}
