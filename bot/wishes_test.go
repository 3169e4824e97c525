package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// last is the last message at a room, as text.
func (r *rig) last(room string) string {
	r.t.Helper()
	r.wall.mu.Lock()
	defer r.wall.mu.Unlock()
	for i := len(r.wall.shown) - 1; i >= 0; i-- {
		d := r.wall.shown[i]
		if d.Place.Room != room {
			continue
		}
		text := []string{d.Message.Text}
		for _, b := range d.Message.Blocks {
			text = append(text, b.Text)
			for _, f := range b.Facts {
				text = append(text, f.Label+": "+f.Value)
			}
		}
		for _, a := range d.Message.Actions {
			text = append(text, "["+a.Label+"]")
		}
		return strings.Join(text, "\n")
	}
	return ""
}

func (r *rig) says(room string, parts ...string) {
	r.t.Helper()
	got := r.last(room)
	for _, p := range parts {
		if !strings.Contains(got, p) {
			r.t.Errorf("%s: no %q in\n%s", room, p, got)
		}
	}
}

// TestNotices wishes in words and sees on the card what is wished, in both languages.
func TestNotices(t *testing.T) {
	engine, _, _ := book(t)
	r := newRig(t, engine, bot.Capabilities{Blocks: true, Edits: true, Buttons: 12})
	for i, text := range []string{"hello", "quiet 22:00-08:00", "urgent at night", "digest weekly fri 9:00", "alert level problems", "mute SIM12345678", "snooze 2 days", "notifications"} {
		r.do("a"+string(rune('0'+i)), "ann", bot.Text{Text: text})
	}
	r.says("ann", "What I push to you", "Pushed: only problems", "Quiet hours: 22:00–08:00 (China (Beijing, Shanghai)); what cannot wait comes through",
		"Digest: every Friday at 09:00", "Not pushed: SIM12345678 and everything until 3 Dec 2026, 10:00", "[Unmute]", "[Tell It Here Too]", "[Send a Test]")
	r.do("b1", "ann", bot.Text{Text: "中文"})
	r.do("b2", "ann", bot.Press{Action: "notices"})
	r.says("ann", "给您推送的内容", "免打扰: 22:00 至 08:00（中国（北京、上海））；紧急消息照常通知", "汇总: 每周五 09:00", "[恢复通知]")
	r.do("b3", "ann", bot.Press{Action: "unmute"})
	r.do("b4", "ann", bot.Press{Action: "notices"})
	if got := r.last("ann"); strings.Contains(got, "不推送: ") {
		t.Errorf("still muted:\n%s", got)
	}
	r.do("b5", "ann", bot.Press{Action: "test_notice"})
	r.says("ann", "这是一条测试")
}

// TestLevels pushes as much as was wished.
func TestLevels(t *testing.T) {
	engine, _, _ := book(t)
	for _, c := range []struct {
		level string
		want  string
	}{{"all", "moved arrived lost"}, {"important", "arrived lost"}, {"problems", "lost"}} {
		r := newRig(t, engine, bot.Capabilities{Blocks: true, Edits: true, Buttons: 5})
		r.do("1", "ann", bot.Text{Text: "hello"})
		r.do("2", "ann", bot.Text{Text: "alert level " + c.level})
		before := len(r.wall.said())
		moved, lost := saying("moved"), saying("lost")
		moved.Routine, lost.Trouble = true, true
		moved.Card = flow.Sheet{Title: flow.Say("ui.digest", flow.Number("Count", "1"))}
		news(r, "n1", moved)
		news(r, "n2", saying("arrived"))
		news(r, "n3", lost)
		var got []string
		for _, line := range r.wall.said()[before:] {
			if !strings.Contains(line, "[shipment:") {
				got = append(got, strings.TrimSuffix(strings.TrimPrefix(line, "ann "), ": ."))
			}
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%s: pushed %q, want %q", c.level, got, c.want)
		}
	}
}

// TestFollow lets a channel hear of a case: one push for everybody in it, with quiet hours of its own, and none after it
// stopped.
func TestFollow(t *testing.T) {
	engine, _, _ := book(t)
	r := newRig(t, engine, bot.Capabilities{Blocks: true, Edits: true, Buttons: 12})
	in := func(id, text string) {
		t.Helper()
		if err := r.Handle(context.Background(), bot.Incoming{ID: id, At: r.clock(), From: user("ann"), To: room("channel"), What: bot.Text{Text: text}}); err != nil {
			t.Fatal(err)
		}
		r.drain()
	}
	r.do("1", "ann", bot.Text{Text: "hello"})
	in("2", "tell this channel")
	in("3", "notifications")
	r.says("channel", "What I push here", "[Stop Telling It Here]")
	r.do("4", "ann", bot.Text{Text: "notifications"}) // back in her own room
	r.says("ann", "What I push to you")
	pushed := func(room string) (n int) {
		for _, d := range r.wall.shown {
			if d.Place.Room == room && strings.HasPrefix(d.Message.Text, "n") && strings.HasSuffix(d.Message.Text, ": .") {
				n++
			}
		}
		return n
	}
	news(r, "n1", saying("n1"))
	if pushed("ann") != 1 || pushed("channel") != 1 {
		t.Errorf("pushed %d to ann and %d to the channel, want 1 and 1", pushed("ann"), pushed("channel"))
	}
	in("5", "quiet 9:00-12:00") // it is ten o'clock
	news(r, "n2", saying("n2"))
	if pushed("channel") != 1 {
		t.Error("pushed to the channel in its quiet hours")
	}
	if pushed("ann") != 1 {
		t.Error("pushed to ann who is in the channel, beside the channel") // her place is the channel now
	}
	r.pass(2 * time.Hour)
	if pushed("channel") != 2 {
		t.Errorf("pushed %d to the channel after its quiet hours, want 2", pushed("channel"))
	}
	in("6", "why did i get this")
	r.says("channel", "Why I told you this", "What: n2: .", "This place was set to hear", "It was held because of quiet hours")
	in("7", "unsubscribe")
	r.do("8", "ann", bot.Text{Text: "hello"})
	news(r, "n3", saying("n3"))
	if pushed("ann") != 2 || pushed("channel") != 2 {
		t.Errorf("pushed %d to ann and %d to the channel, want 2 and 2", pushed("ann"), pushed("channel"))
	}
	r.do("9", "ann", bot.Press{Action: "why_news", Values: []string{"1"}})
	r.says("ann", "What: n3: .", "The shipment belongs to a case you work on.", "news of the kind you want")
	r.do("10", "ann", bot.Press{Action: "why_news", Values: []string{"OTHER123"}})
	r.says("ann", "nothing about that")
}

// TestHistory follows from a thread: the room hears, whichever of its threads something is said in. A move edits the card and stands
// under it in a line; what matters is said on top; what is muted is on the card only.
func TestHistory(t *testing.T) {
	for _, threads := range []bool{true, false} {
		engine, _, _ := book(t)
		r := newRig(t, engine, bot.Capabilities{Blocks: true, Edits: true, Buttons: 12, Threads: threads})
		in := func(id, thread, text string) {
			t.Helper()
			to := room("channel")
			to.Thread = thread
			if err := r.Handle(context.Background(), bot.Incoming{ID: id, At: r.clock(), From: user("ann"), To: to, What: bot.Text{Text: text}}); err != nil {
				t.Fatal(err)
			}
			r.drain()
		}
		tell := func(id string, routine bool) {
			t.Helper()
			n := saying(id)
			n.Routine = routine
			news(r, id, n)
		}
		seen := func() (out string) {
			for _, d := range r.wall.shown {
				switch text := strings.TrimSuffix(d.Message.Text, ": ."); {
				case d.Place.Room != "channel" || d.Place.Thread != "":
				case d.Message.Key != "":
					out += "card "
				case d.Message.Under != "":
					out += text + "<" + d.Message.Under + "=" + map[bool]string{true: "known", false: "lost"}[d.Under != ""] + " "
				default:
					out += text + " "
				}
			}
			return out
		}
		in("1", "t1", "hello")
		in("2", "t1", "tell this channel")
		tell("moved", true)
		tell("held", false)
		in("3", "t2", "mute")
		tell("muted", true)
		in("4", "t3", "unmute")
		in("5", "t4", "alert level problems")
		tell("arrived", false)
		in("6", "t5", "notifications")
		r.says("channel", "What I push here", "Pushed: only problems")
		in("7", "t5", "unsubscribe")
		in("8", "", "hello") // she reads in the room now
		before := seen()
		want := "card moved<shipment:1=known card held card card arrived<shipment:1=known "
		if !threads {
			want = "card card held card card "
		}
		if !strings.HasPrefix(before, want) {
			t.Errorf("with threads %v the channel saw\n%s, want\n%s", threads, before, want)
		}
	}
}

// TestCornerFollows keeps what one person sees in a corner of a room away from the room.
func TestCornerFollows(t *testing.T) {
	s := flow.State{Notes: map[string]string{flow.FollowNote + "net/w/room/": "en UTC", flow.FollowNote + "net/w/other/~ann": "en UTC"}}
	for place, want := range map[string]string{
		"net/w/room/": "net/w/room/", "net/w/room/9.9": "net/w/room/", "net/w/room/~ann": "", "net/w/other/~ann": "net/w/other/~ann",
		"net/w/other/": "", "net/w/other/9.9": "", "": "",
	} {
		if got := s.Following(place); got != want {
			t.Errorf("at %q %q follows, want %q", place, got, want)
		}
	}
}
