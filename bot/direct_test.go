package bot_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// TestDirect sends a person's news where their network opened a place for it: cards and pushes, in their own wishes; a card that they
// ask for is shown where they ask. With others at a place that follows, they hear it there only. Whoever only looks cannot make a room hear of the case.
func TestDirect(t *testing.T) {
	engine, _, _ := book(t)
	r := newRig(t, engine, bot.Capabilities{Blocks: true, Edits: true, Buttons: 12, Brief: true, NewsAt: []string{flow.ToDirect, flow.ToThread, flow.ToChannel}})
	at := func(id, room string, what bot.Input) {
		t.Helper()
		place := bot.Place{Network: "wall", Workspace: "w", Room: room, Thread: "~ann"}
		if err := r.Handle(context.Background(), bot.Incoming{ID: id, At: r.clock(), From: user("ann"), To: place, What: what}); err != nil {
			t.Fatal(err)
		}
		r.drain()
	}
	told := func(room string) (pushes, cards, tests int) {
		for _, d := range r.wall.shown {
			switch text := d.Message.Text; {
			case d.Place.Room != room || d.Place.Thread != "":
			case d.Message.Key == "shipment:1":
				cards++
			case strings.HasSuffix(text, ": ."):
				pushes++
			case strings.HasPrefix(text, "This is a test"):
				tests++
			}
		}
		return
	}
	at("1", "hall", bot.Text{Text: "hello"})
	at("2", "hall", bot.Text{Text: "tell this channel"})
	r.says("hall", "What is said here only you see") // a word is not enough to make everybody hear
	at("3", "hall", bot.Text{Text: "mute"})
	at("4", "hall", bot.Direct{Kind: flow.ToThread, There: room("thread")})
	r.says("hall", "private thread of your own")
	at("5", "hall", bot.Text{Text: "notifications"})
	r.says("hall", "Where To: your private thread")
	if text := r.last("hall"); strings.Contains(text, "[Tell It Here Too]") || strings.Contains(text, "Not pushed") {
		t.Errorf("the settings offer what cannot be, or are still muted:\n%s", text)
	}
	news(r, "n1", saying("n1"))
	if pushes, cards, tests := told("thread"); pushes != 1 || cards != 1 || tests != 1 {
		t.Errorf("in the thread %d pushes, %d cards, %d tests; want 1 of each", pushes, cards, tests)
	}
	asked := saying("")
	asked.Push, asked.Anew, asked.Asked = nil, true, bot.Place{Network: "wall", Workspace: "w", Room: "hall", Thread: "~ann"}
	news(r, "n2", asked)
	if !slices.ContainsFunc(r.wall.shown, func(d bot.Delivery) bool { return d.Place == asked.Asked && d.Message.Key == "shipment:1" }) {
		t.Error("a card that is asked for is not shown there")
	}
	at("6", "hall", bot.Direct{Kind: flow.ToChannel, Fault: "channel_public"})
	r.says("hall", "Everybody on this server can see this channel")
	at("7", "den", bot.Direct{Kind: flow.ToChannel, There: room("den")})
	_, cardsBefore, _ := told("thread")
	news(r, "n3", saying("n3"))
	if pushes, cards, tests := told("den"); pushes != 1 || cards != 1 || tests != 1 {
		t.Errorf("in the channel %d pushes, %d cards, %d tests; want 1 of each", pushes, cards, tests)
	}
	if pushes, cards, _ := told("thread"); pushes != 1 || cards != cardsBefore {
		t.Errorf("in the thread as well: %d pushes, %d cards", pushes, cards)
	}
	at("8", "hall", bot.Text{Text: "quiet 9:00-12:00"}) // from elsewhere, for the channel: that is where it is heard
	at("9", "den", bot.Text{Text: "notifications"})
	r.says("den", "What I push here", "09:00–12:00")
	at("9a", "den", bot.Direct{Kind: flow.ToThread, There: room("thread")}) // they hear by themselves again, though they sit in the channel
	before, _, _ := told("thread")
	r.pass(3 * time.Hour) // the channel's quiet hours are over
	news(r, "n4", saying("n4"))
	if pushes, _, _ := told("thread"); pushes != before+1 {
		t.Errorf("%d pushes in the thread that was chosen again, want one", pushes-before)
	}
	at("10", "den", bot.Text{Text: "unsubscribe"})
	at("10a", "den", bot.Direct{Kind: flow.ToChannel, There: room("den")})
	at("10b", "den", bot.Text{Text: "unsubscribe"})
	if s := r.state("ann"); len(s.Notes[flow.NewsNote+user("ann").Key()]) > 0 || s.HearsAt(user("ann").Key()) != "" {
		t.Errorf("after it stopped: %v", s.Notes)
	}

	code := ""
	at("11", "hall", bot.Text{Text: "invite to look"})
	for _, word := range strings.Fields(r.last("hall")) {
		if word = strings.Trim(word, "“”.,:()"); len(word) == 8 && strings.ToUpper(word) == word {
			code = word
		}
	}
	r.do("12", "ben", bot.Text{Text: "join " + code})
	if err := r.Handle(context.Background(), bot.Incoming{ID: "13", At: r.clock(), From: user("ben"), To: room("ben"), What: bot.Direct{Kind: flow.ToChannel, There: room("den")}}); err != nil {
		t.Fatal(err)
	}
	r.drain()
	r.says("ben", "look")
	if s := r.state("ann"); s.Following(room("den").String()) != "" {
		t.Error("somebody who may only look made a room hear of the case")
	}
}

// TestWhereIsAskedOnce asks where news shall go when the first shipment is followed at a place that cannot be spoken to for long.
func TestWhereIsAskedOnce(t *testing.T) {
	for _, brief := range []bool{true, false} {
		engine, _, _ := book(t)
		r := newRig(t, engine, bot.Capabilities{Blocks: true, Edits: true, Buttons: 12, Brief: brief, NewsAt: []string{flow.ToDirect}})
		r.do("1", "ann", bot.Text{Text: "follow 1Z999AA10123456784"})
		r.do("2", "ann", bot.Text{Text: "follow 1Z5R89390357567127"})
		asked := 0
		for _, d := range r.wall.shown {
			if strings.HasPrefix(d.Message.Text, "Where shall I tell you") {
				asked++
				if a := d.Message.Actions; len(a) != 2 || a[0].ID != bot.Direction || a[0].Value != flow.ToDirect || a[1].Value != "none" {
					t.Errorf("it offers %+v", a)
				}
			}
		}
		if want := map[bool]int{true: 1, false: 0}[brief]; asked != want {
			t.Errorf("brief %v: asked %d times", brief, asked)
		}
	}
}

// TestShutPlace ends what goes to a place that takes nothing more: those who heard there are told once, and what was on its way, and what was
// held for it, comes to them; nobody else hears anything, and nothing is told twice.
func TestShutPlace(t *testing.T) {
	engine, _, _ := book(t)
	r := newRig(t, engine, bot.Capabilities{Blocks: true, Edits: true, Buttons: 12, NewsAt: []string{flow.ToDirect, flow.ToChannel}})
	shut := false
	r.wall.send = func(d bot.Delivery) error {
		if shut && d.Place.Room == "den" {
			return bot.Shut(bot.ShutPublic, errors.New("everybody reads there"))
		}
		return nil
	}
	r.do("1", "ann", bot.Text{Text: "hello"})
	r.do("2", "ann", bot.Text{Text: "invite"})
	code := ""
	for _, word := range strings.Fields(r.last("ann")) {
		if word = strings.Trim(word, "“”.,:()"); len(word) == 8 && strings.ToUpper(word) == word {
			code = word
		}
	}
	r.do("3", "ben", bot.Text{Text: "join " + code})
	r.do("4", "ann", bot.Direct{Kind: flow.ToChannel, There: room("den")})
	told := func(room string, want ...string) {
		t.Helper()
		var got []string
		for _, d := range r.wall.shown {
			if d.Place.Room != room || d.Message.Key != "" {
				continue
			}
			text := d.Message.Text
			for _, b := range d.Message.Blocks {
				for _, item := range b.Items {
					text += "|" + item.Text
				}
			}
			for _, word := range []string{"Everybody can see the channel", "n1", "n2", "n3", "n4"} {
				if strings.Contains(text, word) {
					got = append(got, word)
				}
			}
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s heard (-want +got)\n%s", room, diff)
		}
	}
	news(r, "n1", saying("n1"))
	shut = true
	news(r, "n2", saying("n2"))
	told("den", "n1")
	told("ann", "Everybody can see the channel", "n2")
	told("ben", "n1", "n2")
	if s := r.state("ann"); len(s.HearingAt(room("den").String())) > 0 || s.Following(room("den").String()) != "" {
		t.Errorf("it is still told there: %v", s.Notes)
	}

	shut = false
	r.do("5", "ann", bot.Direct{Kind: flow.ToChannel, There: room("den")})
	r.do("6", "ann", bot.Text{Text: "quiet 9:00-12:00"}) // for the den; it is ten o'clock
	news(r, "n3", saying("n3"))
	shut = true
	news(r, "n4", saying("n4"))
	told("den", "n1")
	r.pass(3 * time.Hour)
	told("den", "n1")
	told("ann", "Everybody can see the channel", "n2", "Everybody can see the channel", "n3", "n4")
	told("ben", "n1", "n2", "n3", "n4")

	r.do("7", "ann", bot.Text{Text: "notifications"})
	r.says("ann", "What I push to you")

	shut = false // a place that follows the case, where none of them is any more
	r.do("8", "ann", bot.Direct{Kind: flow.ToChannel, There: room("den")})
	r.do("9", "ann", bot.Direct{Kind: flow.ToDirect, There: room("ann")})
	shut = true
	said := len(r.wall.shown)
	news(r, "n5", saying("n5"))
	for _, who := range []string{"ann", "ben"} {
		lost, heard := 0, 0
		for _, d := range r.wall.shown[said:] {
			if d.Place.Room == who && strings.Contains(d.Message.Text, "Everybody can see the channel") {
				lost++
			}
			if d.Place.Room == who && d.Message.Key == "" && strings.Contains(d.Message.Text, "n5") {
				heard++
			}
		}
		if lost != 1 || heard != 1 {
			t.Errorf("%s is told %d times that the place is gone, and %d times the news; want once each", who, lost, heard)
		}
	}
	if s := r.state("ann"); s.Following(room("den").String()) != "" || s.Notes["notify:"+room("den").String()] != "" {
		t.Errorf("the place follows still, or its wishes are kept: %v", s.Notes)
	}
}
