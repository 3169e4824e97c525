package slack

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/adaptertest"
	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// A connector runs an adapter until the test ends, and returns when it is ready.
type connector = func(t *testing.T, s *slacktest.Server, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) (*Adapter, <-chan error)

// bothWays runs a test over each of the two transports: they must not differ in anything.
func bothWays(t *testing.T, test func(t *testing.T, connect connector)) {
	t.Run("socket", func(t *testing.T) {
		test(t, func(t *testing.T, s *slacktest.Server, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) (*Adapter, <-chan error) {
			a, ended := connect(t, s, handle, change...)
			s.Wait("the connection", func() bool { return s.Links() == 1 })
			return a, ended
		})
	})
	t.Run("http", func(t *testing.T) { test(t, serve) })
}

// serve runs an adapter that a stand-in posts to.
func serve(t *testing.T, s *slacktest.Server, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) (*Adapter, <-chan error) {
	t.Helper()
	return run(t, s, Config{BotToken: slacktest.BotToken, SigningSecret: slacktest.SigningSecret}, handle, change...)
}

// connect runs an adapter against a stand-in until the test ends.
func connect(t *testing.T, s *slacktest.Server, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) (*Adapter, <-chan error) {
	t.Helper()
	return run(t, s, Config{BotToken: slacktest.BotToken, AppToken: slacktest.AppToken}, handle, change...)
}

func run(t *testing.T, s *slacktest.Server, c Config, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) (*Adapter, <-chan error) {
	t.Helper()
	c.API, c.Logger = s.API(), quiet()
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	a.pace.every, a.pace.edits = time.Millisecond, 0
	a.socket.first, a.faults = 5*time.Millisecond, 300*time.Millisecond
	for _, c := range change {
		c(a)
	}
	if a.Serves() {
		front := httptest.NewServer(a.Handler())
		t.Cleanup(front.Close)
		s.PostTo(front.URL)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ended <- a.Run(ctx, handle)
	}()
	t.Cleanup(func() {
		cancel()
		select {
		case <-done:
		case <-time.After(15 * time.Second):
			t.Error("Run does not end with its context")
		}
	})
	if a.Posted() {
		s.Wait("the desk", func() bool { return a.desk.Load() != nil || len(ended) > 0 })
	}
	return a, ended
}

func home() bot.Place {
	return bot.Place{Network: Network, Workspace: slacktest.Team, Room: slacktest.DM}
}

// What every door must do, against a Slack that refuses what Slack refuses.
func TestDoor(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		adaptertest.Run(t, func(t *testing.T, handle func(context.Context, bot.Incoming) error) adaptertest.Door {
			s := slacktest.New(t)
			a, _ := connect(t, s, handle)
			t.Cleanup(func() {
				if f := s.Refused(); len(f) > 0 {
					t.Errorf("refused: %q", f)
				}
			})
			n := 0
			return adaptertest.Door{
				Adapter: a,
				Place:   home(),
				Seen: func() (seen []adaptertest.Seen) {
					for _, m := range s.Messages(slacktest.DM) {
						seen = append(seen, adaptertest.Seen{Text: m.Reads()})
					}
					return seen
				},
				Say: func(text string) {
					n++
					if !s.Push("events_api", slacktest.Said(n, text), 0).Acked {
						t.Errorf("%q was not acknowledged", text)
					}
				},
				Own: func() {
					n++
					s.Push("events_api", slacktest.Event(n, map[string]any{"type": "message", "channel": slacktest.DM, "channel_type": "im", "user": slacktest.Bot, "bot_id": slacktest.BotID, "text": "I said this myself.", "ts": "1764550800.1"}), 0)
				},
				Raw: func() string { return markup(s.Messages(slacktest.DM)) },
				Forbidden: []string{
					"<!", "<@", "<#", "<script", "<img", "<https://evil", "<mailto", "\x1b", "\x07", "\u202e", "\u2066",
					`"type":"broadcast"`, `"type":"usergroup"`, `"type":"channel"`, `"type":"link"`, `"url":`,
				},
			}
		})
	})
}

// markup is everything in which Slack would find markup: top-level texts, mrkdwn objects, and the types of rich elements.
func markup(messages []slacktest.Message) string {
	var b strings.Builder
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case []any:
			for _, e := range v {
				walk(e)
			}
		case map[string]any:
			kind, _ := v["type"].(string)
			b.WriteString(`"type":"` + kind + "\"\n")
			text, _ := v["text"].(string)
			if kind == "mrkdwn" {
				b.WriteString(text + "\n")
			} else {
				b.WriteString(strings.NewReplacer("<", "", ">", "").Replace(text) + "\n") // control characters are looked for here too
			}
			if u, ok := v["url"].(string); ok {
				b.WriteString(`"url":` + u + "\n")
			}
			for _, e := range v {
				walk(e)
			}
		}
	}
	for _, m := range messages {
		b.WriteString(m.Text + "\n")
		var blocks any
		json.Unmarshal(m.Blocks, &blocks)
		walk(blocks)
	}
	return b.String()
}
