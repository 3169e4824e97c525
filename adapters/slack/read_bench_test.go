package slack

import (
	"encoding/json"
	"testing"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/slackevents"

	"xiaobao/adapters/slack/slacktest"
)

// BenchmarkRead is what reading a payload costs, beside what slack-go takes for the same.
func BenchmarkRead(b *testing.B) {
	home := &workspace{identity: identity{id: slacktest.Team, team: slacktest.Team, user: slacktest.Bot, bot: slacktest.BotID}}
	find := func(site) (*workspace, error) { return home, nil }
	event := slacktest.Order{Kind: "turn", People: 10}.Event(1, 1, slacktest.DM)
	press, err := json.Marshal(slacktest.Message{Channel: slacktest.DM, Blocks: json.RawMessage(`[{"type":"actions","elements":[{"type":"button","action_id":"a0 next ","text":{"text":"Go"}}]}]`)}.Pressed(1, "Go"))
	if err != nil {
		b.Fatal(err)
	}
	command, err := json.Marshal(slacktest.Command(1, slacktest.DM, "status"))
	if err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		kind    string
		payload []byte
	}{{"events_api", event}, {"interactive", press}, {"slash_commands", command}} {
		b.Run(c.kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if o, err := read(c.kind, c.payload, find); err != nil || o.id == "" {
					b.Fatalf("%+v, %v", o, err)
				}
			}
		})
	}
	b.Run("open", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if kind, _, _, err := openEvent(event); err != nil || kind == "" {
				b.Fatal(kind, err)
			}
		}
	})
	b.Run("slack-go/events_api", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := slackevents.ParseEvent(event, slackevents.OptionNoVerifyToken()); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("slack-go/interactive", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var c slack.InteractionCallback
			if err := json.Unmarshal(press, &c); err != nil {
				b.Fatal(err)
			}
		}
	})
}
