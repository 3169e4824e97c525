package bot_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

func TestHandle(t *testing.T) {
	r := newRig(t, parrot, bot.Capabilities{Echo: true, Blocks: true, Edits: true, Buttons: 5, Options: 10})
	r.do("1", "ann", bot.Text{Text: "hello"})
	r.do("1", "ann", bot.Text{Text: "hello"}) // the network delivers again
	r.do("2", "ann", bot.Press{Token: "t", Action: "answer", Values: []string{"a"}})
	r.do("3", "ann", bot.Press{Token: "t", Action: bot.MoreAction, Values: []string{"help t2 x"}})
	r.do("4", "ann", bot.Submit{Token: "t", Values: map[string]string{"a": "b"}})
	r.do("5", "ann", bot.Text{Text: "card 4111 1111 1111 1111"})
	r.want(
		"> hello", "ann hello 10h: .", // ten o'clock in Shanghai
		"ann chose t answer a: .", "ann chose t2 help x: .", "ann form map[a:b]: .",
		"> card ••••", "ann card 4111 1111 1111 1111 10h: .", // the engine refuses it; this one does not know how
	)
	if got := r.state("ann").Turn; got != 5 {
		t.Errorf("%d turns, want 5: a repeat counted", got)
	}
	ids := map[string]bool{}
	for _, d := range r.wall.shown {
		if ids[d.ID] || len(d.ID) > 25 || strings.Trim(d.ID, "0123456789abcdefghijklmnopqrstuvwxyz") != "" {
			t.Errorf("id %q is used twice, or is no nonce", d.ID)
		}
		ids[d.ID] = true
	}
	if err := r.Handle(context.Background(), bot.Incoming{From: user("ann"), What: bot.Text{Text: "x"}}); err == nil {
		t.Error("an event without an id was taken")
	}
}

func TestHandleFiles(t *testing.T) {
	r := newRig(t, parrot, bot.Capabilities{Blocks: true})
	gbk := "\xcf\xe4\xca\xfd,12" // 箱数,12
	r.do("1", "ann", bot.File{Name: "a.csv", Data: []byte(gbk)})
	r.do("2", "ann", bot.File{Name: "b.csv", Data: []byte("\ufeff箱数")})
	r.do("3", "ann", bot.File{Name: "c.csv", Data: []byte("\xff\xfea\x00")})
	r.do("4", "ann", bot.File{Name: "d.xlsx", Data: []byte("PK\x03\x04\x00\x00")})
	r.do("5", "ann", bot.File{Name: "e.csv", Data: []byte(strings.Repeat("x", 600<<10))})
	got := r.wall.said()
	want := []string{"ann read 箱数,12 10h: .", "ann read 箱数 10h: .", "ann read a 10h: ."}
	if diff := cmp.Diff(want, got[:3]); diff != "" {
		t.Error(diff)
	}
	for i, name := range []string{"d.xlsx", "e.csv"} {
		if !strings.Contains(got[3+i], "cannot read "+name) {
			t.Errorf("got %q", got[3+i])
		}
	}
}

// TestHandleWorkbooks: whoever can look into a file says what is in it, and for which slot its rows are; the rest is refused as before.
func TestHandleWorkbooks(t *testing.T) {
	r := newRig(t, parrot, bot.Capabilities{Blocks: true, Echo: true})
	r.Open = func(o bot.Opening) bot.Opened {
		if o.To.Person != user("ann").Key() || o.Now.IsZero() {
			t.Errorf("opened for %+v", o.To)
		}
		switch string(o.File.Data) {
		case "PK rows":
			return bot.Opened{Taken: true, Slot: "rows", Text: "1\t2", Shown: []bot.Block{{Kind: bot.Paragraph, Text: "one row"}}}
		case "PK broken":
			return bot.Opened{Taken: true, Shown: []bot.Block{{Kind: bot.Paragraph, Text: "damaged"}}, Offers: []bot.Action{{ID: "change", Value: "x", Label: "Change"}}}
		}
		return bot.Opened{}
	}
	r.do("1", "ann", bot.File{Name: "a.xlsx", Data: []byte("PK rows")})
	r.do("2", "ann", bot.File{Name: "b.xlsx", Data: []byte("PK broken")})
	r.do("3", "ann", bot.File{Name: "c.csv", Data: []byte("plain")})
	r.do("4", "ann", bot.File{Name: "d.xlsx", Data: []byte("PK\x00")})
	r.do("5", "ann", bot.File{Name: "e.xlsx", Data: []byte("PK rows" + strings.Repeat(" ", 600<<10))})
	got := strings.Join(r.wall.said(), "\n")
	for _, want := range []string{"one row", "ann rows read 1 2 10h", "damaged", "ann read plain 10h", "cannot read d.xlsx", "cannot read e.xlsx"} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
}

func TestPanicIsContained(t *testing.T) {
	broken := true
	r := newRig(t, script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		if _, said := e.(flow.Said); said && broken {
			panic("a bug")
		}
		return parrot(s, e, now)
	}), bot.Capabilities{Blocks: true, Echo: true})
	r.do("1", "ann", bot.Press{Action: "hello"})
	before := r.state("ann")
	r.do("2", "ann", bot.Text{Text: "boom"})
	if diff := cmp.Diff(before, r.state("ann")); diff != "" {
		t.Errorf("the state changed (-before +after)\n%s", diff)
	}
	if got := r.wall.said(); len(got) != 2 || !strings.Contains(got[1], "Nothing you told me is lost") || !strings.Contains(got[1], "reference id0") {
		t.Errorf("said %q", got)
	}
	broken = false
	r.do("3", "ann", bot.Text{Text: "again"})
	if got := r.wall.said(); got[len(got)-1] != "ann again 10h: ." {
		t.Errorf("does not go on: %q", got)
	}
}

func TestNumbersAreButtons(t *testing.T) {
	r := newRig(t, script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		if c, ok := e.(flow.Chose); ok && c.Action == "hello" {
			return []flow.Effect{flow.Ask{To: to(s, c.Person), Token: "t1", Question: []flow.Line{flow.Say("ui.choose")}, Actions: []flow.Action{
				{Verb: "answer", Token: "t1", Value: "no", Label: flow.Say("ui.send")}, {Verb: "back", Label: flow.Say("ui.more"), Style: "quiet"},
			}}}
		}
		return parrot(s, e, now)
	}), bot.Capabilities{})
	r.do("1", "ann", bot.Press{Action: "hello"})
	r.do("2", "ann", bot.Text{Text: "１"})
	r.do("3", "ann", bot.Text{Text: " MORE "})
	r.do("4", "ann", bot.Text{Text: "2"})
	got := r.wall.said()
	if !strings.Contains(got[0], "1. Send") {
		t.Errorf("not numbered: %q", got[0])
	}
	if diff := cmp.Diff([]string{"ann chose t1 answer no: .", "ann chose back: .", "ann 2 10h: ."}, got[1:]); diff != "" {
		t.Error(diff)
	}
}

func TestTimers(t *testing.T) {
	r := newRig(t, script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		switch e := e.(type) {
		case flow.Said:
			return []flow.Effect{flow.Wake{Name: "a", At: now.Add(time.Hour)}, flow.Wake{Name: "b", At: now.Add(2 * time.Hour)}}
		case flow.TimePassed:
			return []flow.Effect{say(to(s, "wall:w:ann"), e.Name+now.Format(" 02 15:04"))}
		}
		return nil
	}), bot.Capabilities{Blocks: true})
	r.do("1", "ann", bot.Text{Text: "go"})
	r.pass(59 * time.Minute)
	r.want()
	r.pass(time.Minute)
	r.want("ann a 01 11:00: .")
	r.stop() // three days of downtime
	r.now = r.now.Add(72 * time.Hour)
	r.open(script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		if e, ok := e.(flow.TimePassed); ok {
			return []flow.Effect{say(to(s, "wall:w:ann"), "late "+e.Name)}
		}
		return nil
	}))
	r.pass(0)
	r.pass(24 * time.Hour)
	r.want("ann a 01 11:00: .", "ann late b: .")
}

func TestATimerThatBreaksIsGone(t *testing.T) {
	times := 0
	r := newRig(t, script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		if _, ok := e.(flow.TimePassed); ok {
			times++
			panic("a bug")
		}
		return []flow.Effect{flow.Wake{Name: "a", At: now}}
	}), bot.Capabilities{Blocks: true})
	r.do("1", "ann", bot.Text{Text: "go"})
	r.pass(time.Hour)
	if times != 1 {
		t.Errorf("woken %d times", times)
	}
}

func TestInviteAndJoin(t *testing.T) {
	code := ""
	r := newRig(t, script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		switch e := e.(type) {
		case flow.Said:
			name, arg, _ := strings.Cut(e.Text, " ")
			return []flow.Effect{flow.Call{ID: "c" + fmt.Sprint(s.Turn) + e.Person[7:], Name: "case." + name, Person: e.Person, Args: map[string]string{"code": arg}}}
		case flow.Chose:
			return []flow.Effect{say(to(s, e.Person), fmt.Sprint(e.Action, " in a case of ", len(s.People)))}
		case flow.Answered:
			code = e.Values["code"]
			return []flow.Effect{say(to(s, e.Person), e.Name+" "+e.Fault)}
		}
		return nil
	}), bot.Capabilities{Blocks: true})
	r.do("1", "ann", bot.Text{Text: "invite"})
	if len(code) != 8 {
		t.Fatalf("code %q", code)
	}
	good := code
	r.do("2", "bob", bot.Text{Text: "join WRONG"})
	r.do("3", "bob", bot.Text{Text: "join " + strings.ToLower(good[:4]) + " " + good[4:]})
	r.do("4", "cat", bot.Text{Text: "join " + good})
	r.want("ann case.invite: .", "bob case.join ui.code_unknown: .",
		"bob You are in your colleague's case now: you both see the same steps and documents, and what either of you answers counts for both.",
		"bob hello in a case of 2: .", "cat case.join ui.code_unknown: .")
	if r.caseOf("ann") != r.caseOf("bob") || r.caseOf("ann") == r.caseOf("cat") {
		t.Error("the wrong people share a case")
	}
}

func TestTickets(t *testing.T) {
	r := newRig(t, script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		switch e := e.(type) {
		case flow.Said:
			return []flow.Effect{flow.Call{ID: "abcdefghij", Name: "ticket.open", Person: e.Person, Args: map[string]string{"question": e.Text, "flow": "pay"},
				Pack: &flow.Sheet{ID: "pack", Title: flow.Say("ui.digest")}}}
		case flow.Answered:
			return []flow.Effect{say(to(s, e.Person), fmt.Sprint(e.Name, " ", e.Values["ticket"], " ", e.Values["by"], " ", e.Values["text"]))}
		}
		return nil
	}), bot.Capabilities{Blocks: true})
	ctx := context.Background()
	r.do("1", "ann", bot.Text{Text: "why is it held?"})
	open, err := r.store.OpenTickets(ctx, 10)
	if err != nil || len(open) != 1 || open[0].Question != "why is it held?" || open[0].Flow != "pay" || open[0].Name != "ANN" || open[0].Pack.Text == "" {
		t.Fatalf("open tickets %+v, %v", open, err)
	}
	if err := r.AnswerTicket(ctx, open[0].ID, "Zoe", "Because of the licence."); err != nil {
		t.Fatal(err)
	}
	if err := r.AnswerTicket(ctx, open[0].ID, "Max", "No idea."); !errors.Is(err, bot.ErrAnswered) {
		t.Errorf("a second answer: %v", err)
	}
	if err := r.AnswerTicket(ctx, "T-NONE", "Max", "?"); !errors.Is(err, bot.ErrGone) {
		t.Errorf("no ticket: %v", err)
	}
	r.drain()
	r.want("ann ticket.open T-ABCDEFGH: .", "ann ticket.answer T-ABCDEFGH Zoe Because of the licence.: .")
}

func TestExportAndErase(t *testing.T) {
	r := newRig(t, script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		switch e := e.(type) {
		case flow.Said:
			s.Slots = map[string]flow.Slot{"cartons": {Value: flow.Value{Text: "12"}, By: e.Person, At: now, Was: []flow.Old{{Value: flow.Value{Text: "10"}, By: e.Person, At: now}}}}
			return []flow.Effect{flow.Call{ID: fmt.Sprint("c", s.Turn), Name: e.Text, Person: e.Person}}
		case flow.Answered:
			return []flow.Effect{say(to(s, e.Person), e.Name)}
		}
		return nil
	}), bot.Capabilities{Blocks: true, Files: 1 << 20})
	r.do("1", "ann", bot.Text{Text: "case.export"})
	d := r.wall.shown[0]
	if len(d.Message.Blocks) != 1 || d.Message.Blocks[0].File == nil {
		t.Fatalf("no file: %+v", d.Message)
	}
	var got struct {
		Answers []struct {
			ID, Label, Text, By string
			Earlier             []struct{ Text string }
		}
		People []struct{ User, Role string }
	}
	if err := json.Unmarshal(d.Message.Blocks[0].File.Data, &got); err != nil {
		t.Fatal(err)
	}
	if a := got.Answers[0]; a.Text != "12" || a.By != "ANN" || a.Earlier[0].Text != "10" || got.People[0].Role != "owner" {
		t.Errorf("exported %+v", got)
	}
	before := r.caseOf("ann")
	r.do("2", "ann", bot.Text{Text: "case.erase"})
	if got := r.wall.said(); !strings.Contains(got[len(got)-1], "has been erased") {
		t.Errorf("said %q", got)
	}
	if _, err := r.store.Read(context.Background(), user("ann").Tenant(), before); !errors.Is(err, bot.ErrGone) {
		t.Errorf("the case is still there: %v", err)
	}
	if r.caseOf("ann") == before {
		t.Error("still in the erased case")
	}
}
