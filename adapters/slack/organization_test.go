package slack

import (
	"path/filepath"
	"testing"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
)

// S63: one installation for a whole organization; people of other companies in shared channels are not among it.
func TestOrganization(t *testing.T) {
	s, o := slacktest.New(t), &once{}
	db := openStore(t, filepath.Join(t.TempDir(), "x.db"))
	a, _ := several(db)(t, s, o.handle)
	s.Set(slacktest.Person, slacktest.Profile{Name: "Lin", Locale: "zh-CN", Zone: "Asia/Shanghai", Enterprise: "E0ORG"})
	newBrowser(t, s).install(orgE)
	for i, c := range []struct {
		kind    string
		payload map[string]any
	}{
		{"events_api", slacktest.Said(1, "hello")}, {"slash_commands", slacktest.Command(2, slacktest.DM, "help")}, {"events_api", slacktest.Mentioned(3, "status", "")},
	} {
		if !s.Push(c.kind, slacktest.At(orgE, c.payload), 0).Acked || len(o.all) != i+1 || o.all[i].From.Tenant() != "slack:E0ORG" || o.all[i].To.Workspace != "E0ORG" {
			t.Fatalf("heard %+v", o.all)
		}
	}
	stranger := slacktest.At(orgE, slacktest.Event(4, map[string]any{"type": "app_mention", "channel": slacktest.Channel, "user": "U0STRANGER", "text": "hi", "ts": "1.1"}))
	if s.Push("events_api", stranger, 0).Acked {
		t.Error("acknowledged, and nobody knows who it is")
	}
	s.Set("U0STRANGER", slacktest.Profile{Name: "Eve", Enterprise: "E0ELSE"})
	if !s.Push("events_api", stranger, 1).Acked || len(o.all) != 3 {
		t.Errorf("somebody of another company: heard %+v", o.all)
	}
	if _, err := a.Send(t.Context(), bot.Delivery{ID: "d", Place: o.all[0].To, Message: text("hi"), Attempt: 1}); err != nil || s.Messages(slacktest.DM)[0].Home != "E0ORG" {
		t.Errorf("sent: %v", err)
	}
	if !s.Push("events_api", slacktest.At(orgE, slacktest.Event(5, map[string]any{"type": "app_uninstalled"})), 0).Acked || a.homes.get("E0ORG") != nil {
		t.Error("it did not leave")
	}
}

// A team of an organization that has its own token is served with that, also when the organization is named as the one that installed.
func TestTeamInsideOrganization(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o := slacktest.New(t), &once{}
		connect(t, s, o.handle)
		for i, c := range []struct {
			kind    string
			payload map[string]any
		}{{"events_api", slacktest.Said(1, "hello")}, {"slash_commands", slacktest.Command(2, slacktest.DM, "help")}} {
			p := slacktest.At(orgE, c.payload)
			p["team_id"] = slacktest.Team
			if !s.Push(c.kind, p, 0).Acked || len(o.all) != i+1 || o.all[i].From.Tenant() != "slack:"+slacktest.Team {
				t.Fatalf("heard %+v", o.all)
			}
		}
	})
}
