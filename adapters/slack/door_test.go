package slack

import (
	"context"
	"encoding/json"
	"log/slog"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/adaptertest"
	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// connect runs an adapter against a stand-in until the test ends.
func connect(t *testing.T, s *slacktest.Server, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) (*Adapter, <-chan error) {
	t.Helper()
	a, err := New(Config{BotToken: slacktest.BotToken, AppToken: slacktest.AppToken, API: s.API(), Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	a.pace.every = time.Millisecond
	a.socket.first, a.faults = 5*time.Millisecond, 300*time.Millisecond
	for _, c := range change {
		c(a)
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
	return a, ended
}

func home() bot.Place {
	return bot.Place{Network: Network, Workspace: slacktest.Team, Room: slacktest.DM}
}

// What every door must do, against a Slack that refuses what Slack refuses.
func TestDoor(t *testing.T) {
	adaptertest.Run(t, func(t *testing.T, handle func(context.Context, bot.Incoming) error) adaptertest.Door {
		s := slacktest.New(t)
		a, _ := connect(t, s, handle)
		s.Wait("the connection", func() bool { return s.Links() == 1 })
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
