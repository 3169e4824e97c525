package discord

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
)

// The answers to a person in a server are only theirs, are edited while they can be, and go on after the quarter of an hour: by the
// next interaction, by direct message where they asked for that, or on the operators' list.
func TestCorner(t *testing.T) {
	o := newOutbox(t)
	at := discordtest.InServer("en-US")
	card := func(id, text, native string) (bot.Receipt, bot.Outcome) {
		r, got, _ := o.send(bot.Delivery{ID: id, Place: corner(), Native: native, Message: bot.Message{Text: text, Key: "k", Lang: "en", Notify: bot.Silent}})
		return r, got
	}
	if _, got := card("a", "too early", ""); got != bot.Refused {
		t.Errorf("before they did anything: %q", got)
	}
	one := o.s.Do(at.Command(1, "status"))
	r, _ := card("b", "first", "")
	card("c", "second", "")
	card("d", "first, edited", r.Native)
	o.sees(discordtest.Channel, "first, edited", "second")
	o.restart() // the next process can go on answering
	card("e", "third", "")
	o.sees(discordtest.Channel, "first, edited", "second", "third")
	o.s.Expire(one)
	if r, got := card("f", "lost", r.Native); got != bot.Sent || r.Fallback != "card-gone" {
		t.Errorf("an edit after a quarter of an hour: %q %+v", got, r)
	}
	if _, got := card("g", "too late", ""); got != bot.Refused {
		t.Errorf("after a quarter of an hour: %q", got)
	}
	o.s.Event("MESSAGE_CREATE", discordtest.Said(1, "hello")) // they write to the bot themselves
	waitFor(o.s, o.ears, "hello")
	if r, got := card("h", "by direct message", ""); got != bot.Sent || r.Fallback != "direct" {
		t.Errorf("after they wrote: %q %+v", got, r)
	}
	o.sees(discordtest.DM, "by direct message")
	m := o.s.Messages(discordtest.Channel)[0]
	o.s.Expire(o.s.Do(discordtest.InServer("en-US").Command(5, "status"))) // and one that expires before anything is said
	o.a.Now = func() time.Time { return time.Now().Add(5 * time.Second) }  // no longer just now
	if _, got := card("i", "again direct", ""); got != bot.Sent {
		t.Errorf("%q", got)
	}
	if m.Only != discordtest.Person {
		t.Error("everybody sees it")
	}
	for _, f := range o.s.Refused() {
		t.Errorf("refused: %q", f)
	}
}

// Whoever is told how to talk with the bot is told, where it does not read what is typed, how that is done there.
func TestUnheard(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		place bot.Place
		how   bool
		want  bool
	}{{corner(), true, true}, {makeCorner("", discordtest.Channel, discordtest.Person), true, true}, {corner(), false, false}, {home(), true, false}} {
		for lang, want := range map[string]string{"en": "/xiaobao say", "zh-Hans": "频道里直接打的字我读不到"} {
			m := bot.Message{Text: "hi", Lang: lang, How: c.how}
			out, err := w.draw(m, c.place)
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Contains(reads(out.Components), want); got != c.want {
				t.Errorf("%v %v %s: %q", c.place, c.how, lang, reads(out.Components))
			}
			if got := strings.Contains(reads(w.drawClassic(m, c.place).Components)+*w.drawClassic(m, c.place).Content, want); got != c.want {
				t.Errorf("%v %v %s: classic is %v", c.place, c.how, lang, got)
			}
		}
	}
}

// Where the app is only the person's own, five messages may follow.
func TestOwnApp(t *testing.T) {
	o := newOutbox(t)
	at := discordtest.Where{Guild: discordtest.Guild, Channel: discordtest.Channel, User: discordtest.Person, Locale: "en-US", Only: true}
	o.s.Do(at.Command(1, "status"))
	var outcomes []bot.Outcome
	for n := range 8 {
		_, got, _ := o.send(bot.Delivery{ID: fmt.Sprint("d", n), Place: corner(), Message: text(fmt.Sprint("m", n))})
		outcomes = append(outcomes, got)
	}
	if n := len(o.s.Messages(discordtest.Channel)); n != 6 || outcomes[5] != bot.Sent || outcomes[6] != bot.Refused {
		t.Errorf("%d messages, %q", n, outcomes)
	}
	if n := len(o.s.Calls(followRoute)); n != 5 {
		t.Errorf("%d messages followed", n)
	}
}

// /xiaobao dm: a test, and then the bot is there; closed direct messages are said, with what to do.
func TestDirect(t *testing.T) {
	o := newOutbox(t)
	at := discordtest.InServer("zh-CN")
	o.s.CloseDM(discordtest.DM)
	o.s.Do(at.Command(1, "dm"))
	o.s.Wait("what to do", func() bool {
		return slices.ContainsFunc(o.s.Messages(discordtest.Channel), func(m discordtest.Message) bool { return strings.Contains(m.Reads(), "隐私设置") && m.Only != "" })
	})
	if len(o.ears.inputs()) != 0 {
		t.Errorf("heard %+v", o.ears.inputs())
	}
	o.s.OpenDM(discordtest.DM)
	o.s.Do(at.Command(2, "dm"))
	o.s.Wait("that it works", func() bool {
		return slices.ContainsFunc(o.s.Messages(discordtest.Channel), func(m discordtest.Message) bool { return strings.Contains(m.Reads(), "发送成功") })
	})
	o.sees(discordtest.DM, o.a.words.say("zh", "dm_ok"))
	if got := o.ears.inputs(); len(got) != 1 || got[0].To != home() || !cmp.Equal(got[0].What, bot.Input(bot.Press{Action: "status"})) {
		t.Errorf("heard %+v", got)
	}
}
