package slack

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
)

// What comes in, and what the bot hears of it.
func TestHeard(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		lin := bot.User{Network: Network, Workspace: slacktest.Team, ID: slacktest.Person, Name: "Lin", Language: "zh-CN", Zone: "Asia/Shanghai"}
		place := func(room, thread string) bot.Place {
			return bot.Place{Network: Network, Workspace: slacktest.Team, Room: room, Thread: thread}
		}
		shared := slacktest.Mentioned(7, "status", "")
		shared["is_ext_shared_channel"] = true
		other := slacktest.Said(8, "hi")
		other["team_id"] = "T0OTHER"
		event := func(n int, more map[string]any) map[string]any {
			e := map[string]any{"type": "message", "channel": slacktest.DM, "channel_type": "im", "user": slacktest.Person, "text": "x", "ts": "1764550800.000100"}
			for k, v := range more {
				e[k] = v
			}
			return slacktest.Event(n, e)
		}
		for _, c := range []struct {
			name    string
			kind    string
			payload map[string]any
			id      string
			to      bot.Place
			what    bot.Input
		}{
			{"text", "events_api", slacktest.Said(1, "Tom &amp; Co &lt;b&gt; <https://a.example/?a=1&amp;b=2> <http://b.example|b.example> <mailto:a@b.example|a@b.example> <#C1|ops> <!here>"), "Ev00000001", place(slacktest.DM, ""),
				bot.Text{Text: "Tom & Co <b> https://a.example/?a=1&b=2 b.example a@b.example #ops @here"}},
			{"in a thread of the direct messages", "events_api", event(2, map[string]any{"thread_ts": "1.1"}), "Ev00000002", place(slacktest.DM, ""), bot.Text{Text: "x"}},
			{"mention", "events_api", slacktest.Mentioned(3, "status", ""), "Ev00000003", place(slacktest.Channel, "1764550800.000003"), bot.Text{Text: "status"}},
			{"mention in a thread", "events_api", slacktest.Mentioned(4, "help", "9.9"), "Ev00000004", place(slacktest.Channel, "9.9"), bot.Text{Text: "help"}},
			{"mention alone", "events_api", slacktest.Mentioned(5, "", ""), "Ev00000005", place(slacktest.Channel, "1764550800.000005"), bot.Press{Action: "status"}},
			{"mention where another company reads", "events_api", shared, "Ev00000007", place("D0LIN", ""), bot.Text{Text: "status"}},
			{"command", "slash_commands", slacktest.Command(1, slacktest.Channel, "帮助"), "cmd-trigger.1", place("D0LIN", ""), bot.Text{Text: "帮助"}},
			{"command alone", "slash_commands", slacktest.Command(2, slacktest.DM, " "), "cmd-trigger.2", place(slacktest.DM, ""), bot.Press{Action: "status"}},
			{"another workspace", "events_api", other, "", bot.Place{}, nil},
			{"an edit", "events_api", event(9, map[string]any{"subtype": "message_changed", "hidden": true}), "", bot.Place{}, nil},
			{"another bot", "events_api", event(10, map[string]any{"bot_id": "B0X"}), "", bot.Place{}, nil},
			{"somebody from elsewhere", "events_api", event(11, map[string]any{"user_team": "T0OTHER"}), "", bot.Place{}, nil},
			{"a channel's chatter", "events_api", event(12, map[string]any{"channel": slacktest.Channel, "channel_type": "channel"}), "", bot.Place{}, nil},
			{"another app's button", "interactive", map[string]any{"type": "block_actions", "team": map[string]any{"id": slacktest.Team}, "user": map[string]any{"id": slacktest.Person}, "channel": map[string]any{"id": slacktest.DM}, "actions": []any{map[string]any{"action_id": "vote"}}}, "", bot.Place{}, nil},
		} {
			t.Run(c.name, func(t *testing.T) {
				s, o := slacktest.New(t), &once{}
				s.Set(slacktest.Person, slacktest.Profile{Name: "Lin", Locale: "zh-CN", Zone: "Asia/Shanghai"})
				connect(t, s, o.handle)
				if p := s.Push(c.kind, c.payload, 0); !p.Acked && !(p.NoRetry && c.name == "another workspace") {
					t.Fatal("not acknowledged")
				}
				if c.what == nil {
					if len(o.all) > 0 {
						t.Errorf("heard %+v", o.all)
					}
					return
				}
				if len(o.all) != 1 || o.all[0].At.IsZero() {
					t.Fatalf("heard %+v", o.all)
				}
				want := bot.Incoming{ID: c.id, At: o.all[0].At, From: lin, To: c.to, What: c.what}
				if diff := cmp.Diff(want, o.all[0]); diff != "" {
					t.Error(diff)
				}
			})
		}
	})
}

// A command in a channel is answered in the direct messages, and says where.
func TestCommandElsewhere(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o := slacktest.New(t), &once{}
		connect(t, s, o.handle)
		for i, room := range []string{slacktest.Channel, "D0TWO"} { // a channel; a direct message between two people
			p := s.Push("slash_commands", slacktest.Command(10+i, room, ""), 0)
			if !strings.Contains(string(p.Reply), "ephemeral") || !strings.Contains(string(p.Reply), "D0LIN") || o.all[i].To != home() {
				t.Errorf("in %s answered with %s", room, p.Reply)
			}
		}
		if p := s.Push("slash_commands", slacktest.Command(2, slacktest.DM, ""), 0); len(p.Reply) > 0 {
			t.Errorf("in the direct messages answered with %s", p.Reply)
		}
	})
}

// Buttons, options, quiet actions and several choices come back as what was drawn.
func TestPressed(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o := slacktest.New(t), &once{}
		a, _ := connect(t, s, o.handle)
		long := strings.Repeat("v", 200)
		many := []bot.Option{{Value: "a/b c", Label: "Option A with rather a long label of its own"}, {Value: long, Label: "Long"}, {Value: "", Label: "Empty"}}
		m := bot.Message{Text: "?", Lang: "en", Actions: []bot.Action{
			{ID: "answer", Token: "t1", Label: "Choose", Options: []bot.Option{{Value: "1", Label: "One"}, {Value: "2", Label: "Two", On: true}}},
			{ID: "answer", Token: "t2", Label: "Choose", Options: many},
			{ID: "answer", Token: "t3", Label: "Choose", Multi: true, Options: []bot.Option{{Value: "x", Label: "X"}, {Value: "y", Label: "Y", On: true}}},
			{ID: "go on", Token: "t4", Value: "v w", Label: "Go", Style: bot.Primary, Confirm: "Really?"},
			{ID: "next", Label: "Next", Style: bot.Primary},
			{ID: "help", Label: "Help", Style: bot.Quiet}, {ID: "back", Token: "t5", Label: "Back", Style: bot.Quiet, Value: "z"},
			{ID: "open", Label: "Page", Link: "https://a.example/"},
		}}
		r, err := a.Send(t.Context(), bot.Delivery{ID: "d", Place: home(), Message: m, Attempt: 1})
		if err != nil || r.Fallback != "" {
			t.Fatal(r, err)
		}
		card := s.Messages(slacktest.DM)[0]
		var want []bot.Input
		for i, c := range []struct {
			label string
			what  bot.Input
		}{
			{"One", bot.Press{Token: "t1", Action: "answer", Values: []string{"1"}}},
			{"✓ Two", bot.Press{Token: "t1", Action: "answer", Values: []string{"2"}}},
			{many[0].Label, bot.Press{Token: "t2", Action: "answer", Values: []string{"a/b c"}}},
			{"Long", bot.Text{Text: "Long"}},
			{"Empty", bot.Text{Text: "Empty"}},
			{"Send", bot.Press{Token: "t3", Action: "answer", Values: []string{"x", "y"}}},
			{"Go", bot.Press{Token: "t4", Action: "go on", Values: []string{"v w"}}},
			{"Next", bot.Press{Action: "next"}},
			{"Help", bot.Press{Action: "help"}},
			{"Back", bot.Press{Token: "t5", Action: "back", Values: []string{"z"}}},
			{"Page", nil},
		} {
			press := card.Pressed(i, c.label)
			if press == nil {
				t.Fatalf("there is no %q in %s", c.label, card.Blocks)
			}
			for range 2 { // the same click, delivered twice
				if !s.Push("interactive", press, 0).Acked {
					t.Errorf("%q was not acknowledged", c.label)
				}
			}
			if c.what != nil {
				want = append(want, c.what)
			}
		}
		var got []bot.Input
		for _, in := range o.all {
			got = append(got, in.What)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
		o.fail = 1
		if s.Push("interactive", card.Pressed(50, "Next"), 0).Acked {
			t.Error("a click that was not kept was acknowledged")
		}
		all := s.Messages(slacktest.DM)
		if last := all[len(all)-1]; last.Only != slacktest.Person || !strings.Contains(last.Text, "once more") {
			t.Errorf("the person was told %+v", last)
		}
	})
}

func formMessage(token string, fault string) bot.Message {
	return bot.Message{Text: "The company, please.", Key: token, Lang: "en", Expect: bot.Typed, Form: &bot.Form{Token: token, Title: "Register an Amazon seller account", Send: "Send", Fields: []bot.Field{
		{ID: "name", Kind: bot.LineField, Label: "Company", Ask: "What is the company called?", Help: "As on the licence.", Example: "Mingtu", Max: 50, Value: "Mingtu Trading"},
		{ID: "code", Kind: bot.LineField, Label: "Code", Value: "123", Fault: fault},
		{ID: "kind", Kind: bot.OneField, Label: "Kind", Options: []bot.Option{{Value: "cn", Label: "Mainland", On: true}, {Value: "hk", Label: "Hong Kong"}}},
		{ID: "stores", Kind: bot.ManyField, Label: "Stores", Options: []bot.Option{{Value: "US", Label: "United States"}, {Value: "DE", Label: "Germany"}}},
		{ID: "until", Kind: bot.DateField, Label: "Valid until", Optional: true},
	}}}
}

func TestForm(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s := slacktest.New(t)
		var a *Adapter
		var mu sync.Mutex
		var heard []bot.Input
		faulty := true
		a, _ = connect(t, s, func(ctx context.Context, in bot.Incoming) error {
			mu.Lock()
			defer mu.Unlock()
			heard = append(heard, in.What)
			switch what := in.What.(type) {
			case bot.Submit:
				if faulty { // the outbox sends the card again, with what is wrong
					faulty = false
					go a.Send(context.WithoutCancel(ctx), bot.Delivery{ID: "again", Place: in.To, Message: formMessage("tok2", "The last character should be 4."), Attempt: 1})
				}
			case bot.Press:
				if what.Action == "repeat" {
					go a.Send(context.WithoutCancel(ctx), bot.Delivery{ID: "repeated", Place: in.To, Message: formMessage("tok3", ""), Attempt: 1})
				}
			}
			return nil
		})
		a.faults = 5 * time.Second
		if _, err := a.Send(t.Context(), bot.Delivery{ID: "d", Place: home(), Message: formMessage("tok1", ""), Attempt: 1}); err != nil {
			t.Fatal(err)
		}
		card := s.Messages(slacktest.DM)[0]
		if !strings.Contains(card.Reads(), "one line at a time: What is the company called?") {
			t.Errorf("the card reads\n%s", card.Reads())
		}
		if !s.Push("interactive", card.Pressed(1, "Fill In"), 0).Acked || len(s.Views()) != 1 {
			t.Fatalf("%d modals were opened", len(s.Views()))
		}
		values := map[string]string{"name": "Mingtu", "code": "1", "kind": "hk", "stores": "US\nDE", "until": "2027-01-05"}
		p := s.Push("interactive", slacktest.Sent(1, s.Views()[0], values), 0)
		if !p.Acked || !strings.Contains(string(p.Reply), `"response_action":"update"`) || !strings.Contains(string(p.Reply), "should be 4") || !strings.Contains(string(p.Reply), "tok2") {
			t.Errorf("the form with a fault was answered with %s", p.Reply)
		}
		var reply struct{ View json.RawMessage }
		json.Unmarshal(p.Reply, &reply)
		a.faults = 300 * time.Millisecond
		start := time.Now()
		if p := s.Push("interactive", slacktest.Sent(2, reply.View, values), 0); !p.Acked || len(p.Reply) > 0 || time.Since(start) > 2*time.Second {
			t.Errorf("the form without a fault was answered with %s after %v", p.Reply, time.Since(start))
		}
		want := []bot.Input{bot.Submit{Token: "tok1", Values: values}, bot.Submit{Token: "tok2", Values: values}}
		if diff := cmp.Diff(want, heard); diff != "" {
			t.Error(diff)
		}

		// After a restart nobody remembers the form: it is asked again, and opened within the same press.
		a.forms = newForms()
		if !s.Push("interactive", card.Pressed(2, "Fill In"), 0).Acked || len(s.Views()) != 2 || !strings.Contains(string(s.Views()[1]), "tok3") {
			t.Errorf("%d modals were opened", len(s.Views()))
		}

		// A trigger that ran out: the person is told how else to answer.
		s.Fail("views.open", slacktest.Fault{Error: "expired_trigger_id"})
		last := s.Messages(slacktest.DM)
		s.Push("interactive", last[len(last)-1].Pressed(3, "Fill In"), 0)
		last = s.Messages(slacktest.DM)
		if m := last[len(last)-1]; m.Only != slacktest.Person || !strings.Contains(m.Text, "one line at a time") {
			t.Errorf("told %+v", m)
		}
		if f := s.Refused(); len(f) > 0 {
			t.Errorf("refused: %q", f)
		}
	})
}

func TestSharedFile(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o := slacktest.New(t), &once{}
		connect(t, s, o.handle)
		share := func(n int, url string) map[string]any {
			return slacktest.Event(n, map[string]any{"type": "message", "subtype": "file_share", "channel": slacktest.DM, "channel_type": "im", "user": slacktest.Person, "text": "here", "ts": "1764550800.000100",
				"files": []any{map[string]any{"name": "cartons.csv", "mimetype": "text/csv", "url_private": url}}})
		}
		if !s.Push("events_api", share(1, s.Serve("cartons.csv", []byte("a,b\n1,2\n"))), 0).Acked {
			t.Fatal("not acknowledged")
		}
		if len(o.all) != 2 || o.all[1].ID != "Ev00000001-1" {
			t.Fatalf("heard %+v", o.all)
		}
		if diff := cmp.Diff(bot.Input(bot.File{Name: "cartons.csv", Type: "text/csv", Data: []byte("a,b\n1,2\n")}), o.all[1].What); diff != "" {
			t.Error(diff)
		}
		if !s.Push("events_api", share(2, s.Serve("large.csv", make([]byte, 3<<20))), 0).Acked {
			t.Fatal("a large file was not acknowledged")
		}
		if f := o.all[3].What.(bot.File); len(f.Data) != largestFile {
			t.Errorf("%d bytes of a large file were read", len(f.Data))
		}
		s.Fail("files", slacktest.Fault{Status: http.StatusServiceUnavailable})
		if s.Push("events_api", share(3, s.Serve("later.csv", []byte("a"))), 0).Acked {
			t.Error("a file that could not be fetched yet was acknowledged")
		}
	})
}

// A list in a form may be handed over as a file: the file is fetched as one that is shared is, and a form whose file cannot be fetched is
// not acknowledged, so that Slack says so and keeps it open.
func TestFormFile(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o := slacktest.New(t), &once{}
		a, _ := connect(t, s, o.handle)
		m := bot.Message{Text: "The boxes, please.", Lang: "en", Expect: bot.Typed, Form: &bot.Form{Token: "tok", Title: "Boxes", Send: "Send", Fields: []bot.Field{
			{ID: "name", Kind: bot.LineField, Label: "Name"}, {ID: "boxes", Kind: bot.AreaField, Label: "Boxes", File: true},
		}}}
		if _, err := a.Send(t.Context(), bot.Delivery{ID: "d", Place: home(), Message: m, Attempt: 1}); err != nil {
			t.Fatal(err)
		}
		if !s.Push("interactive", s.Messages(slacktest.DM)[0].Pressed(1, "Fill In"), 0).Acked || len(s.Views()) != 1 {
			t.Fatalf("%d modals were opened", len(s.Views()))
		}
		view := s.Views()[0]
		typed := map[string]string{"name": "Lin", "boxes": "U1"}
		for n, c := range []struct {
			file  string
			want  bot.Input
			acked bool
		}{
			{"", bot.Submit{Token: "tok", Values: typed}, true},
			{s.Serve("boxes.csv", []byte("U2\nU3\n")), bot.Submit{Token: "tok", Values: typed, Files: map[string]bot.File{"boxes": {Name: "boxes.csv", Type: "text/csv", Data: []byte("U2\nU3\n")}}}, true},
			{"http://elsewhere.example/x.csv", nil, false},
		} {
			before := len(o.all)
			p := s.Push("interactive", slacktest.Sent(10+n, view, map[string]string{"name": "Lin", "boxes": "U1", "boxes#file": c.file}), 0)
			if p.Acked != c.acked {
				t.Errorf("%q: acknowledged %v", c.file, p.Acked)
			}
			if told := s.Messages(slacktest.DM); !c.acked && (told[len(told)-1].Only != slacktest.Person || !strings.Contains(told[len(told)-1].Text, "that file")) {
				t.Errorf("%q: told %+v", c.file, told[len(told)-1])
			}
			var got bot.Input
			if len(o.all) > before {
				got = o.all[before].What
			}
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("%q: %s", c.file, diff)
			}
		}
	})
}

// A profile is asked for once, and again after it changed.
func TestProfile(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o := slacktest.New(t), &once{}
		connect(t, s, o.handle)
		s.Push("events_api", slacktest.Said(1, "a"), 0)
		s.Push("events_api", slacktest.Said(2, "b"), 0)
		s.Set(slacktest.Person, slacktest.Profile{Name: "林", Locale: "zh-CN", Zone: "America/New_York"})
		s.Push("events_api", slacktest.Event(3, map[string]any{"type": "user_change", "user": map[string]any{"id": slacktest.Person}}), 0)
		s.Push("events_api", slacktest.Said(4, "c"), 0)
		if n := len(s.Calls("users.info")); n != 2 {
			t.Errorf("asked %d times", n)
		}
		if u := o.all[2].From; u.Language != "zh-CN" || u.Zone != "America/New_York" || u.Name != "林" {
			t.Errorf("the person is now %+v", u)
		}
		// Without an answer people are still heard.
		s.Fail("users.info", slacktest.Fault{Status: 500})
		s.Push("events_api", slacktest.Event(5, map[string]any{"type": "user_change", "user": map[string]any{"id": slacktest.Person}}), 0)
		s.Push("events_api", slacktest.Said(6, "d"), 0)
		if len(o.all) != 4 || o.all[3].From.ID != slacktest.Person {
			t.Errorf("heard %+v", o.all)
		}
	})
}

func FuzzRead(f *testing.F) {
	for _, seed := range []any{
		slacktest.Said(1, "hi <@U1|a> &lt;"), slacktest.Mentioned(2, "x", "1.1"), slacktest.Command(3, slacktest.Channel, "help"),
		map[string]any{"type": "block_actions", "team": map[string]any{"id": slacktest.Team}, "user": map[string]any{"id": "U1"}, "channel": map[string]any{"id": "D1"}, "actions": []any{map[string]any{"action_id": "a0 answer tok", "value": "v"}}},
		slacktest.Sent(4, json.RawMessage(`{"callback_id":"form","private_metadata":"{\"t\":\"tok\",\"c\":\"D1\"}"}`), nil),
	} {
		data, _ := json.Marshal(seed)
		f.Add(data)
	}
	home := &workspace{identity: identity{id: slacktest.Team, team: slacktest.Team, user: slacktest.Bot, bot: slacktest.BotID}}
	find := func(at site) (*workspace, error) {
		if at.team != home.team {
			return nil, errStranger
		}
		return home, nil
	}
	for _, kind := range []string{"events_api", "slash_commands", "interactive"} { // as they are posted
		_, _, body := slacktest.Wrap(kind, map[string]any{"type": "url_verification", "challenge": "x", "team_id": slacktest.Team})
		f.Add(body)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, open := range []func([]byte) (string, []byte, any, error){openEvent, openInteraction, openCommand} {
			if kind, payload, _, err := open(data); err == nil && kind != "" {
				read(kind, payload, find) // must not panic
			}
		}
		for _, kind := range []string{"events_api", "slash_commands", "interactive", "new"} {
			o, err := read(kind, data, find)
			if err == nil && o.id != "" && (o.user == "" || o.room == "" && !o.direct || len(o.inputs)+len(o.files) == 0 && o.open == "") {
				t.Errorf("%s: incomplete: %+v", kind, o)
			}
		}
	})
}
