package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
)

// TestHomeTab publishes the page when it is opened, and again, once, when several things were said to that person since.
func TestHomeTab(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o := slacktest.New(t), &once{}
		s.Set(slacktest.Person, slacktest.Profile{Name: "Lin", Locale: "zh-CN", Zone: "Asia/Shanghai"})
		var made atomic.Int32
		a, _ := connect(t, s, o.handle, func(a *Adapter) {
			a.afresh = 20 * time.Millisecond
			a.Show(func(_ context.Context, u bot.User) ([]bot.Message, error) {
				return []bot.Message{{
					Text: "待您处理", Lang: u.Language, Blocks: []bot.Block{
						{Kind: bot.Heading, Text: fmt.Sprintf("page %d of %s <!channel>", made.Add(1), u.ID)},
						{Kind: bot.Grid, Table: &bot.Table{Head: []string{"单号"}, Rows: [][]string{{"FBA15ABCDEFG"}}}},
					},
					Actions: []bot.Action{{ID: "next", Label: "继续", Style: bot.Primary}},
				}}, nil
			}, nil)
		})
		opened := func(n int, tab string) {
			t.Helper()
			if p := s.Push("events_api", slacktest.Event(n, map[string]any{"type": "app_home_opened", "user": slacktest.Person, "tab": tab}), 0); !p.Acked {
				t.Fatal("not acknowledged")
			}
		}
		opened(1, "messages")
		opened(2, "home")
		s.Wait("the page", func() bool { return len(s.Homes(slacktest.Person)) == 1 })
		page := string(s.Homes(slacktest.Person)[0])
		if !strings.Contains(page, "page 1 of "+slacktest.Person) || !strings.Contains(page, "FBA15ABCDEFG") || !strings.Contains(page, `"type":"header"`) {
			t.Errorf("the page is %s", page)
		}
		place := bot.Place{Network: Network, Workspace: slacktest.Team, Room: "D0LIN"}
		for i := range 3 {
			if _, err := a.Send(t.Context(), bot.Delivery{ID: fmt.Sprint("d", i), Place: place, Message: bot.Message{Text: "news"}}); err != nil {
				t.Fatal(err)
			}
		}
		s.Wait("the page as it is now", func() bool { return len(s.Homes(slacktest.Person)) >= 2 })
		if len(o.all) > 0 {
			t.Errorf("the bot heard %+v of a page that was looked at", o.all)
		}
		before := len(s.Homes(slacktest.Person))
		s.Fail("views.publish", slacktest.Fault{Error: "invalid_blocks"}) // a Slack that does not know what is on it
		opened(3, "home")
		s.Wait("the page, plainer", func() bool {
			all := s.Homes(slacktest.Person)
			last := string(all[len(all)-1])
			return len(all) > before && strings.Contains(last, "FBA15ABCDEFG") && !strings.Contains(last, `"type":"header"`)
		})
		if refused := s.Refused(); len(refused) > 0 {
			t.Errorf("refused: %v", refused)
		}

		var view struct {
			Blocks []struct {
				Elements []struct {
					ID    string `json:"action_id"`
					Value string `json:"value"`
				} `json:"elements"`
			} `json:"blocks"`
		}
		if err := json.Unmarshal(s.Homes(slacktest.Person)[0], &view); err != nil {
			t.Fatal(err)
		}
		button := view.Blocks[len(view.Blocks)-1].Elements[0]
		s.Push("interactive", map[string]any{
			"type": "block_actions", "trigger_id": "t1", "team": map[string]any{"id": slacktest.Team}, "user": map[string]any{"id": slacktest.Person, "team_id": slacktest.Team},
			"container": map[string]any{"type": "view", "view_id": "VH"}, "view": map[string]any{"id": "VH", "type": "home", "hash": "h1"},
			"actions": []any{map[string]any{"action_id": button.ID, "value": button.Value, "action_ts": "1764550800.1"}},
		}, 0)
		want := []bot.Incoming{{ID: "act-t1", To: bot.Place{Network: Network, Workspace: slacktest.Team, Room: "D0LIN"}, What: bot.Press{Action: "next"}}}
		for i := range o.all {
			o.all[i].At, o.all[i].From = time.Time{}, bot.User{}
		}
		if diff := cmp.Diff(want, o.all); diff != "" {
			t.Errorf("a button of the page (-want +got):\n%s", diff)
		}
	})
}

// TestShortcuts hears the shortcut from anywhere, and the one on a message, whose text is looked through for numbers.
func TestShortcuts(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o := slacktest.New(t), &once{}
		connect(t, s, o.handle)
		payload := func(kind, callback, trigger string) map[string]any {
			return map[string]any{"type": kind, "callback_id": callback, "trigger_id": trigger, "team": map[string]any{"id": slacktest.Team}, "user": map[string]any{"id": slacktest.Person, "team_id": slacktest.Team}}
		}
		on := payload("message_action", "xiaobao_track", "t2")
		on["channel"] = map[string]any{"id": slacktest.Channel}
		on["message"] = map[string]any{"text": "where is 1Z5R89390357567127 &amp; <https://t.17track.net/?nums=RR123456785CN>?"}
		for _, p := range []map[string]any{payload("shortcut", "xiaobao_open", "t1"), on, on, payload("shortcut", "somebody_elses", "t3")} {
			if !s.Push("interactive", p, 0).Acked {
				t.Errorf("%v was not acknowledged", p)
			}
		}
		room := bot.Place{Network: Network, Workspace: slacktest.Team, Room: "D0LIN"}
		var got []bot.Incoming
		for _, in := range o.all {
			got = append(got, bot.Incoming{ID: in.ID, To: in.To, What: in.What})
		}
		want := []bot.Incoming{
			{ID: "cut-t1", To: room, What: bot.Press{Action: "status"}},
			{ID: "cut-t2", To: room, What: bot.Press{Action: "track", Values: []string{"where is 1Z5R89390357567127 & https://t.17track.net/?nums=RR123456785CN?"}}},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("heard (-want +got):\n%s", diff)
		}
	})
}

// TestSearch shows a long select as one that is searched, and answers what somebody types into it.
func TestSearch(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o := slacktest.New(t), &once{}
		a, _ := connect(t, s, o.handle, func(a *Adapter) {
			a.Show(nil, func(_ context.Context, u bot.User, what, query string) ([]bot.Option, error) {
				return []bot.Option{{Value: "FBA1" + query, Label: what + " of " + u.ID}}, nil
			})
		})
		m := bot.Message{Text: "all"}
		many := bot.Action{ID: "shipment", Label: "Show", Search: true}
		for i := range 150 {
			many.Options = append(many.Options, bot.Option{Value: fmt.Sprint("n", i), Label: fmt.Sprint("number ", i)})
		}
		m.Actions = []bot.Action{many}
		fitted := bot.Fit(m, a.Capabilities(bot.Place{Room: "D0LIN"}), nil).Messages[0]
		if len(fitted.Actions) != 1 || !fitted.Actions[0].Search {
			t.Fatalf("fitted to %d actions", len(fitted.Actions))
		}
		out, err := a.words.draw(fitted, true)
		if err != nil || !strings.Contains(string(out.json), `"type":"external_select"`) {
			t.Fatalf("drawn as %s: %v", out.json, err)
		}
		var blocks []struct {
			Elements []struct {
				ID string `json:"action_id"`
			} `json:"elements"`
		}
		if err := json.Unmarshal(out.json, &blocks); err != nil {
			t.Fatal(err)
		}
		p := s.Push("interactive", map[string]any{
			"type": "block_suggestion", "team": map[string]any{"id": slacktest.Team}, "user": map[string]any{"id": slacktest.Person, "team_id": slacktest.Team},
			"container": map[string]any{"channel_id": slacktest.DM}, "action_id": blocks[len(blocks)-1].Elements[0].ID, "value": "5AB",
		}, 0)
		answer, _ := json.Marshal(p.Reply)
		if !p.Acked || !strings.Contains(string(answer), "FBA15AB") || !strings.Contains(string(answer), "shipment of "+slacktest.Person) {
			t.Errorf("answered %s", answer)
		}
		if len(o.all) > 0 {
			t.Errorf("typing was taken for %+v", o.all)
		}
	})
}
