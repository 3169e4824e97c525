package bot_test

import (
	"context"
	"strconv"
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
	r.says("ann", "What I push to you", "Pushed: only problems", "Quiet hours: 22:00–08:00, time zone: China (Beijing, Shanghai); what cannot wait comes through",
		"Digest: every Friday at 09:00", "Shipments: all of this case", "Not pushed: SIM12345678 and everything until 3 Dec 2026, 10:00", "[Unmute]", "[Tell It Here Too]", "[Send a Test]")
	r.do("b1", "ann", bot.Text{Text: "中文"})
	r.do("b2", "ann", bot.Press{Action: "notices"})
	r.says("ann", "给您推送的内容", "货件: 这份资料里的全部货件", "免打扰: 22:00 至 08:00，时区：中国（北京、上海）；紧急消息照常通知", "汇总: 每周五 09:00", "[恢复通知]")
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
// under it in a line, and the next one, when it comes at once, in the same line; what matters is said on top; what is muted is on the card only.
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
				case d.Message.Key != "" && d.Message.Under == "":
					out += "card "
				case d.Message.Under != "":
					if d.Native != "" {
						out += "again:"
					}
					text = strings.ReplaceAll(text, ": .\n", "+")
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
		r.pass(time.Second)
		tell("on", true)
		tell("held", false)
		r.pass(5 * time.Minute)
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
		want := "card moved<shipment:1=known card again:moved+on<shipment:1=known card held card card arrived<shipment:1=known "
		if !threads {
			want = "card card card held card card "
		}
		if !strings.HasPrefix(before, want) {
			t.Errorf("with threads %v the channel saw\n%s, want\n%s", threads, before, want)
		}
	}
}

// TestCornerFollows knows in a corner of a room that the room follows; a corner that follows is not the room.
func TestCornerFollows(t *testing.T) {
	s := flow.State{Notes: map[string]string{flow.FollowNote + "net/w/room/": "en UTC", flow.FollowNote + "net/w/other/~ann": "en UTC"}}
	for place, want := range map[string]string{
		"net/w/room/": "net/w/room/", "net/w/room/9.9": "net/w/room/", "net/w/room/~ann": "net/w/room/", "net/w/other/~ann": "net/w/other/~ann",
		"net/w/other/": "", "net/w/other/9.9": "", "": "",
	} {
		if got := s.Following(place); got != want {
			t.Errorf("at %q %q follows, want %q", place, got, want)
		}
	}
}

// TestOnly lets a channel hear of some shipments: no card and no push for the others, but for a card that is asked for there, and
// says by which rule one was told. It is undone by a word, in both languages.
func TestOnly(t *testing.T) {
	for _, x := range []struct {
		lang, follow, late, mine, all, open, why         string
		narrowed, set, named, sorted, undone, card, none string
	}{
		{
			"English", "tell this channel SIMAUS12345678", "only late, exceptions", "only mine", "only all", "notifications", "why did i get this",
			"This place now hears of some shipments of this case: SIMAUS12345678", "I tell only about: Late and Exceptions.", "this one is on the list",
			"this one is, or just was, among “Exceptions”", "all shipments of this case", "Shipments: only SIMAUS12345678", "those that ANN follows",
		},
		{
			"中文", "在这里通知 SIMAUS12345678", "只看延误和异常", "只看我的", "全部", "通知设置", "为什么通知我",
			"以后这里会收到这些货件的动态：SIMAUS12345678", "以后只通知这些货件：延误、异常", "这一票在名单里",
			"这一票属于（或刚才属于）“异常”", "都会通知", "货件: 只有 SIMAUS12345678", "ANN关注的货件",
		},
	} {
		t.Run(x.lang, func(t *testing.T) {
			engine, _, _ := book(t)
			r := newRig(t, engine, bot.Capabilities{Blocks: true, Edits: true, Buttons: 12})
			n := 0
			in := func(room bot.Place, text string) {
				t.Helper()
				n++
				if err := r.Handle(context.Background(), bot.Incoming{ID: "in" + strconv.Itoa(n), At: r.clock(), From: user("ann"), To: room, What: bot.Text{Text: text}}); err != nil {
					t.Fatal(err)
				}
				r.drain()
			}
			channel, own := room("channel"), room("ann")
			tell := func(number string, change func(*bot.News)) (cards, pushes int) {
				t.Helper()
				n++
				id := "news" + strconv.Itoa(n)
				w := saying(id)
				w.Key, w.Trouble = "shipment:"+number, true
				if change != nil {
					change(&w)
				}
				before := len(r.wall.shown)
				news(r, id, w)
				for _, d := range r.wall.shown[before:] {
					switch {
					case d.Place.Room != "channel":
					case d.Message.Key != "":
						cards++
					default:
						pushes++
					}
				}
				return cards, pushes
			}
			saw := func(what string, cards, pushes, wantCards, wantPushes int) {
				t.Helper()
				if cards != wantCards || pushes != wantPushes {
					t.Errorf("%s: %d cards and %d pushes, want %d and %d", what, cards, pushes, wantCards, wantPushes)
				}
			}
			in(own, "hello")
			in(own, x.lang)
			in(channel, x.follow)
			r.says("channel", x.narrowed)
			in(channel, x.open)
			r.says("channel", x.card)
			in(own, x.open)
			if strings.Contains(r.last("ann"), "SIMAUS") {
				t.Error("the wish of the channel became ann's")
			}
			c, p := tell("SIMAUS12345678", nil)
			saw("the one that was named", c, p, 1, 1)
			in(channel, x.why)
			r.says("channel", x.named)
			c, p = tell("OTHER1", nil)
			saw("another", c, p, 0, 0)
			c, p = tell("OTHER2", func(w *bot.News) { w.Asked = channel; w.Asked.Thread = "t1" })
			saw("another that was asked for there", c, p, 1, 0)
			c, p = tell("OTHER2", nil)
			saw("its card is there, so it is kept", c, p, 1, 0)

			in(channel, x.late)
			r.says("channel", x.set)
			c, p = tell("OTHER3", func(w *bot.News) { w.Sorts = []string{"all", "trouble"} })
			saw("an exception", c, p, 1, 1)
			in(channel, x.why)
			r.says("channel", x.sorted)
			c, p = tell("OTHER1", func(w *bot.News) { w.Sorts = []string{"all", "moving"} })
			saw("one on its way", c, p, 0, 0)

			in(channel, x.mine)
			in(channel, x.open)
			r.says("channel", x.none)
			c, p = tell("OTHER4", func(w *bot.News) { w.By = user("ann").Key() })
			saw("one of ann's", c, p, 1, 1)
			c, p = tell("OTHER5", func(w *bot.News) { w.By = user("bob").Key() })
			saw("one of bob's", c, p, 0, 0)
			in(channel, "follow YT2314321272000001") // begun from here: it is heard of here too
			c, p = tell("YT2314321272000001", nil)
			saw("one that was begun here", c, p, 1, 1)

			in(channel, x.all)
			r.says("channel", x.undone)
			c, p = tell("OTHER6", nil)
			saw("all again", c, p, 1, 1)
		})
	}
}

// TestOnlyForHeld does not tell what was held when its listener wants to hear of others by now.
func TestOnlyForHeld(t *testing.T) {
	engine, _, _ := book(t)
	r := newRig(t, engine, bot.Capabilities{Blocks: true, Edits: true, Buttons: 12})
	r.do("1", "ann", bot.Text{Text: "hello"})
	r.do("2", "ann", bot.Text{Text: "quiet 9:00-12:00"}) // it is ten o'clock
	for _, number := range []string{"SIMAUS11111111", "SIMAUS22222222"} {
		w := saying(number)
		w.Key, w.Sorts = "shipment:"+number, []string{"all"}
		news(r, number, w)
	}
	r.do("3", "ann", bot.Text{Text: "only SIMAUS22222222"})
	before := len(r.wall.said())
	r.pass(3 * time.Hour)
	told := strings.Join(r.wall.said()[before:], " ")
	if strings.Contains(told, "SIMAUS11111111") || !strings.Contains(told, "SIMAUS22222222") {
		t.Errorf("told %q", told)
	}
}
