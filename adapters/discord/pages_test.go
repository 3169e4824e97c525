package discord

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
)

// form is one of seven fields: two pages.
func form(token string, fault bool) bot.Message {
	f := bot.Form{Token: token, Title: "Goods", Send: "Send"}
	for n := range 7 {
		f.Fields = append(f.Fields, bot.Field{ID: fmt.Sprint("f", n), Kind: bot.LineField, Label: fmt.Sprint("Field ", n), Ask: fmt.Sprint("Field ", n, "?")})
	}
	if fault {
		f.Fields = f.Fields[:2]
		f.Fields[1].Value, f.Fields[1].Fault = "x", "Digits only."
	}
	return bot.Message{Text: "Goods", Lang: "en", Form: &f, Expect: bot.Typed}
}

// Pages of a long form are kept until the last; the program may be started anew in between. What was wrong comes back in a window
// that is filled in.
func TestPages(t *testing.T) {
	o := newOutbox(t)
	at := discordtest.InServer("en-US")
	o.s.Do(at.Command(1, "status"))
	o.send(bot.Delivery{ID: "q1", Place: corner(), Message: form("tok1", false)})
	card := o.s.Messages(discordtest.Channel)[0]
	first := o.s.Do(card.Pressed(2, at, "Fill In"))
	title, fields := first.Form()
	if title != "Goods (1/2)" || len(fields) != 5 {
		t.Fatalf("the first page is %q with %d fields", title, len(fields))
	}
	saved := o.s.Do(first.Filled(3, at, &card, map[string]string{"f0": "a", "f4": "e"}))
	if saved.Type != replyMessage {
		t.Fatalf("answered with %s", saved.Response)
	}
	o.restart()
	o.s.Do(at.Command(4, "status"))
	o.send(bot.Delivery{ID: "q2", Place: corner(), Message: form("tok2", false)}) // shown again, as another form
	all := o.s.Messages(discordtest.Channel)
	card = all[len(all)-1]
	again := o.s.Do(card.Pressed(5, at, "Fill In"))
	if _, fields := again.Form(); fields[0].Value != "a" || fields[4].Value != "e" {
		t.Errorf("what was saved is not there: %+v", fields)
	}
	o.s.Do(again.Filled(6, at, &card, map[string]string{"f1": "b"}))
	all = o.s.Messages(discordtest.Channel)
	next := all[len(all)-1]
	second := o.s.Do(next.Pressed(7, at, "Next Page (2/2)"))
	if title, fields := second.Form(); title != "Goods (2/2)" || len(fields) != 2 {
		t.Fatalf("the second page is %q with %+v", title, fields)
	}
	before := len(o.ears.inputs())
	o.s.Do(second.Filled(8, at, &next, map[string]string{"f5": "f", "f6": "g"}), true)
	o.s.Wait("the form", func() bool { return len(o.ears.inputs()) == before+2 })
	o.s.Wait("the card of the page to lose its button", func() bool {
		for _, m := range o.s.Messages(discordtest.Channel) {
			if m.ID == next.ID {
				return len(m.Pressable()) == 0 && strings.Contains(m.Reads(), "All pages are sent.")
			}
		}
		return false
	})
	got := o.ears.inputs()[before:]
	want := bot.Submit{Token: "tok2", Values: map[string]string{"f0": "a", "f1": "b", "f2": "", "f3": "", "f4": "e", "f5": "f", "f6": "g"}}
	if d := cmp.Diff(bot.Input(want), got[0].What); d != "" {
		t.Error(d)
	}
	if got[0].ID != got[1].ID {
		t.Errorf("delivered twice it is %q and %q", got[0].ID, got[1].ID)
	}
	o.send(bot.Delivery{ID: "q3", Place: corner(), Message: form("tok3", true)})
	all = o.s.Messages(discordtest.Channel)
	card = all[len(all)-1]
	if !strings.Contains(card.Reads(), "Field 1: Digits only.") {
		t.Errorf("the card does not say what is wrong: %q", card.Reads())
	}
	fix := o.s.Do(card.Pressed(9, at, "Fix Now"))
	if _, fields := fix.Form(); fields[1].Value != "x" || !strings.Contains(fields[1].Description, "Digits only.") {
		t.Errorf("the window to fix it in is %+v", fields)
	}
	if f := o.s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

// The button of a form that was shown before the program was started anew: the bot shows the form again, and it opens.
func TestFormAfterRestart(t *testing.T) {
	o := newOutbox(t)
	at := discordtest.InServer("en-US")
	o.s.Do(at.Command(1, "status"))
	o.send(bot.Delivery{ID: "q1", Place: corner(), Message: form("tok1", false)})
	card := o.s.Messages(discordtest.Channel)[0]
	var a *Adapter
	o.stop()
	a, _ = connect(t, o.s, o.db, func(ctx context.Context, in bot.Incoming) error {
		if !cmp.Equal(in.What, bot.Input(bot.Press{Action: "repeat"})) {
			t.Errorf("heard %+v", in.What)
		}
		go a.Send(context.Background(), bot.Delivery{ID: "q2", Place: in.To, Message: form("tok2", false), Attempt: 1, Decided: time.Now()})
		return nil
	}, func(a *Adapter) { a.times.form = 3 * time.Second })
	opened := o.s.Do(card.Pressed(2, at, "Fill In"))
	if opened.Type != replyModal || !strings.Contains(string(opened.Response), "tok2") {
		t.Errorf("opened %s", opened.Response)
	}
	if f := o.s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}
