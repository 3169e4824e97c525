package bot_test

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// wisher is an engine that knows nothing but wishes: "mute", "mute:NUMBER", "unmute", and preferences as JSON.
func wisher(told *[]string) bot.Engine {
	return script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		switch e := e.(type) {
		case flow.Told:
			*told = append(*told, e.Slots["shipment_status"])
		case flow.Said:
			what, about, _ := strings.Cut(e.Text, ":")
			switch what {
			case "mute", "unmute":
				return []flow.Effect{flow.Wish{Kind: flow.WishKind(what), Person: e.By.Person, About: about}}
			case "follow":
				s.Slots = map[string]flow.Slot{"tracking_no": {Value: flow.Value{Text: about}}}
			case "lang":
				k := s.People[e.By.Person]
				k.Lang = about
				s.People[e.By.Person] = k
			case "wish":
				s.Notes = maps.Clone(s.Notes)
				if s.Notes == nil {
					s.Notes = map[string]string{}
				}
				s.Notes["notify:"+e.By.Person] = about
			}
		}
		return nil
	})
}

func saying(text string) bot.News {
	return bot.News{Push: []flow.Line{flow.Say("ui.link", flow.Text("Label", text), flow.Text("URL", "."))}}
}

// pushes are the lines that are no card.
func pushes(r *rig) (out []string) {
	for _, line := range r.wall.said() {
		if !strings.Contains(line, "[shipment:") && !strings.HasPrefix(line, "> ") {
			out = append(out, strings.TrimPrefix(line, "ann "))
		}
	}
	return out
}

func wantPushes(t *testing.T, r *rig, want ...string) {
	t.Helper()
	if got := pushes(r); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("pushed %q, want %q", got, want)
	}
}

func TestMute(t *testing.T) {
	var told []string
	r := newRig(t, wisher(&told), bot.Capabilities{Blocks: true, Edits: true, Buttons: 5})
	r.do("1", "ann", bot.Text{Text: "hi"})
	news(r, "n1", saying("one"))
	if a := r.wall.shown[len(r.wall.shown)-1].Message.Actions; len(a) != 2 || a[0].ID != "why_news" || a[1].ID != "mute" || a[1].Value != "1" {
		t.Errorf("a push offers %+v, want to be explained and muted", a)
	}
	r.do("2", "ann", bot.Text{Text: "mute"})
	cards := len(r.wall.said()) - len(pushes(r))
	news(r, "n2", saying("two"))
	if got := len(r.wall.said()) - len(pushes(r)); got != cards+1 {
		t.Errorf("the card of a muted shipment was drawn %d times, want once more than %d", got, cards)
	}
	r.do("3", "ann", bot.Text{Text: "unmute"})
	news(r, "n3", saying("three"))
	r.do("4", "ann", bot.Text{Text: "mute:2"}) // another shipment
	news(r, "n4", saying("four"))
	r.do("5", "ann", bot.Text{Text: "mute:1"})
	r.do("6", "ann", bot.Text{Text: "mute:1"})
	news(r, "n5", saying("five"))
	wantPushes(t, r, "one: .", "three: .", "four: .")
}

// TestHeldNews decides again when its time comes.
func TestHeldNews(t *testing.T) {
	const quiet = `wish:{"Quiet":{"From":540,"To":720}}` // nine to noon in Shanghai, where it is ten
	for _, c := range []struct {
		name  string
		news  int
		mind  string // what they say before noon
		noon  []string
		later []string // two hours later
	}{
		{"one", 1, "", []string{"n0: ."}, nil},
		{"several are one summary", 3, "", []string{"What happened to your shipments"}, nil},
		{"muted meanwhile", 2, "mute", nil, nil},
		{"snoozed meanwhile", 1, `wish:{"Snooze":[{"Until":"2026-12-01T05:00:00Z"}]}`, nil, []string{"n0: ."}},
		{"longer quiet hours meanwhile", 2, `wish:{"Quiet":{"From":540,"To":780}}`, nil, []string{"What happened to your shipments"}},
		{"another language meanwhile", 2, "lang:zh-Hans", []string{"货件动态汇总"}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			var told []string
			r := newRig(t, wisher(&told), bot.Capabilities{Blocks: true, Edits: true, Buttons: 5})
			r.do("1", "ann", bot.Text{Text: "hi"})
			r.do("2", "ann", bot.Text{Text: quiet})
			for i := range c.news {
				news(r, fmt.Sprint("n", i), saying(fmt.Sprint("n", i)))
			}
			wantPushes(t, r)
			if c.mind != "" {
				r.do("3", "ann", bot.Text{Text: c.mind})
			}
			r.pass(time.Hour)
			wantPushes(t, r)
			r.stop()
			r.open(wisher(&told)) // nothing of it is in memory
			r.pass(time.Hour)
			wantPushes(t, r, c.noon...)
			r.pass(time.Hour)
			r.pass(time.Hour)
			wantPushes(t, r, append(c.noon, c.later...)...)
		})
	}
}

// TestUrgentAtNight comes through quiet hours when the person allowed it.
func TestUrgentAtNight(t *testing.T) {
	var told []string
	r := newRig(t, wisher(&told), bot.Capabilities{Blocks: true, Edits: true, Buttons: 5})
	r.do("1", "ann", bot.Text{Text: `wish:{"Quiet":{"From":540,"To":720},"Loud":true}`})
	n := saying("hold")
	n.Urgent = true
	news(r, "n1", n)
	news(r, "n2", saying("moved"))
	wantPushes(t, r, "hold: .")
	if last := r.wall.shown[1].Message; last.Notify != bot.Urgent {
		t.Errorf("pushed with %q", last.Notify)
	}
}

// TestLivingCard is one card that is edited, until somebody asks for it: then it is at the bottom.
func TestLivingCard(t *testing.T) {
	var told []string
	r := newRig(t, wisher(&told), bot.Capabilities{Blocks: true, Edits: true, Buttons: 5})
	r.do("1", "ann", bot.Text{Text: "hi"})
	for _, id := range []string{"n1", "n2"} {
		news(r, id, bot.News{})
	}
	news(r, "n3", bot.News{Anew: true})
	news(r, "n4", bot.News{})
	first, second := "n"+r.wall.shown[0].ID[:4], "n"+r.wall.shown[3].ID[:4]
	const title = "What happened to your shipments"
	r.want(
		"ann [shipment:1 ] "+title, "ann [shipment:1 "+first+"] "+title,
		"ann [shipment:1 "+first+"] "+title+": the latest card is below", "ann [shipment:1/2 ] "+title, "ann [shipment:1/2 "+second+"] "+title,
	)
}

// TestCardThatCannotBeReplaced is shown whole once, then in one line, and not beside a push that says more.
func TestCardThatCannotBeReplaced(t *testing.T) {
	var told []string
	r := newRig(t, wisher(&told), bot.Capabilities{Blocks: true})
	r.do("1", "ann", bot.Text{Text: "hi"})
	for _, n := range []struct {
		id string
		n  bot.News
	}{{"n1", bot.News{}}, {"n2", bot.News{}}, {"n2", bot.News{Source: "again"}}, {"n3", saying("hold")}, {"n4", bot.News{Anew: true}}} {
		n.n.Brief = flow.Say("ui.link", flow.Text("Label", n.id), flow.Text("URL", "."))
		news(r, n.id+n.n.Source, n.n)
	}
	const title = "What happened to your shipments"
	r.want("ann [shipment:1 ] "+title, "ann n2: .", "ann hold: .", "ann [shipment:1/2 ] "+title)
}

// TestTwoShipments lets only the shipment that the case is about move its steps.
func TestTwoShipments(t *testing.T) {
	var told []string
	r := newRig(t, wisher(&told), bot.Capabilities{Blocks: true, Edits: true, Buttons: 5})
	r.do("1", "ann", bot.Text{Text: "follow:SIM 2"})
	about := func(number, status string) bot.News {
		return bot.News{Told: map[string]string{"shipment_status": status}, If: map[string]string{"tracking_no": number}}
	}
	news(r, "n1", about("SIM1", "closed"))
	news(r, "n2", about("sim2", "customs"))
	if len(told) != 1 || told[0] != "customs" {
		t.Errorf("told %q, want what happened to the shipment of the case", told)
	}
}

// TestNothingHeldIsLost holds more than fits: what cannot be told word for word is counted, and what needs a person is told.
func TestNothingHeldIsLost(t *testing.T) {
	var told []string
	r := newRig(t, wisher(&told), bot.Capabilities{Blocks: true, Edits: true, Buttons: 5})
	r.do("1", "ann", bot.Text{Text: `wish:{"Quiet":{"From":540,"To":720}}`})
	const all = 240
	for i := range all {
		n := saying(fmt.Sprint("n", i))
		n.Key = fmt.Sprint("shipment:", i%80)
		n.Case, n.Tenant, n.Heard = r.caseOf("ann"), user("ann").Tenant(), r.clock()
		if n.Urgent = i == 3; n.Urgent {
			n.Push = saying("urgent").Push
		}
		if err := r.Handle(context.Background(), bot.Incoming{ID: fmt.Sprint("n", i), At: r.clock(), What: n}); err != nil {
			t.Fatal(err)
		}
	}
	r.pass(3 * time.Hour)
	r.wall.mu.Lock()
	defer r.wall.mu.Unlock()
	count, urgent := 0, false
	before := regexp.MustCompile(`\(and (\d+) more before\)`)
	for _, d := range r.wall.shown {
		for _, b := range d.Message.Blocks {
			for _, i := range b.Items {
				count++
				urgent = urgent || strings.Contains(i.Text, "urgent")
				if m := before.FindStringSubmatch(i.Text); m != nil {
					more, _ := strconv.Atoi(m[1])
					count += more
				}
			}
		}
	}
	if count != all || !urgent {
		t.Errorf("%d pieces of news were told or counted, want %d (the urgent one told: %v)", count, all, urgent)
	}
}

// TestArrivalOpensAStep offers the step that can be begun now, and not any more when it has been.
func TestArrivalOpensAStep(t *testing.T) {
	engine, _, _ := book(t)
	r := newRig(t, engine, bot.Capabilities{Blocks: true, Edits: true, Buttons: 5})
	r.do("1", "ann", bot.Text{Text: "hello"})
	arrived := saying("there")
	arrived.Opens = "feedback"
	news(r, "n1", arrived)
	r.says("ann", "there", "[Start: Receive feedback]")
	r.do("2", "ann", bot.Press{Action: "open", Values: []string{"feedback"}})
	news(r, "n2", arrived)
	if got := r.last("ann"); strings.Contains(got, "Start: Receive feedback") {
		t.Errorf("a step that is under way is offered:\n%s", got)
	}
}
