package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
)

// An office keeps tickets as the bot does.
type office struct {
	mu     sync.Mutex
	all    []bot.Ticket
	broken error
}

func (o *office) open(context.Context, int) (out []bot.Ticket, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, t := range o.all {
		if t.Answered.IsZero() {
			out = append(out, t)
		}
	}
	return out, nil
}

func (o *office) find(_ context.Context, id string) (bot.Ticket, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, t := range o.all {
		if t.ID == id {
			return t, nil
		}
	}
	return bot.Ticket{}, bot.ErrGone
}

func (o *office) answer(_ context.Context, id, by, text string) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.broken != nil {
		return o.broken
	}
	for i, t := range o.all {
		if t.ID == id && !t.Answered.IsZero() {
			return bot.ErrAnswered
		} else if t.ID == id {
			o.all[i].Answered, o.all[i].By, o.all[i].Answer = time.Now(), by, text
			return nil
		}
	}
	return bot.ErrGone
}

// A question that a seller handed to a human is shown to helpers once, answered by one of them, and whoever is second is told.
func TestDesk(t *testing.T) {
	for _, c := range []struct{ lang, locale, says, button, sent, faster, no, failed, done string }{
		{"en", "en-US", "Question T-ABCD1234", "Answer the seller", "Your answer is in the seller", "Somebody has answered", "Only helpers", "did not go through", "Question T-ABCD1234 is answered"},
		{"zh-Hans", "zh-CN", "问题 T-ABCD1234", "回答卖家", "已送到卖家", "已经有人回答", "只有协助者", "没有成功", "问题 T-ABCD1234 已有人回答"},
	} {
		s, o, db := discordtest.New(t), &office{}, database(t)
		o.all = []bot.Ticket{{ID: "T-ABCD1234", Lang: "zh-Hans", Flow: "pay", Name: "Lin", Question: "why is 1Z999AA10123456784 held? @everyone"}}
		const desk = "1000000000000000070"
		at := &clock{}
		at.set(time.Now())
		a, _ := connect(t, s, db, (&ears{}).handle, func(a *Adapter) {
			a.Now = at.now
			a.Desk = Desk{Channel: desk, Helpers: "777", Lang: c.lang, Open: o.open, Find: o.find, Answer: o.answer}
			// The first post arrives and its answer does not.
			s.Fail("POST /channels/{channel_id}/messages", discordtest.Fault{Status: 502, Late: true})
		})
		s.Wait("the question", func() bool { return len(s.Messages(desk)) == 1 })
		s.ForgetNonces()
		for range 3 {
			if err := a.attendOnce(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		all := s.Messages(desk)
		raw := string(all[0].Components)
		if len(all) != 1 || !strings.Contains(raw, c.says) || strings.Contains(raw, "1Z999") || strings.Contains(raw, "@everyone") {
			t.Fatalf("%d messages: %s", len(all), raw)
		}
		n := 0
		write := func(user, role, text string) *discordtest.Interaction {
			where := discordtest.Where{Guild: discordtest.Guild, Channel: desk, User: user, Locale: c.locale}
			press := all[0].Pressed(n+1, where, c.button)
			if press == nil {
				t.Fatalf("no button %q", c.button)
			}
			press["member"].(map[string]any)["roles"] = []any{role}
			opened := s.Do(press)
			if opened.Type != replyModal {
				return opened
			}
			form := opened.Filled(n+2, where, &all[0], map[string]string{typedField: text})
			form["member"].(map[string]any)["roles"] = []any{role}
			n += 2
			return s.Do(form, true)
		}
		says := func(want string) {
			t.Helper()
			s.Wait(want, func() bool {
				for _, m := range s.Messages(desk) {
					if strings.Contains(m.Reads(), want) && m.Only != "" {
						return true
					}
				}
				return false
			})
		}
		write(discordtest.Stranger, "1", "I know!")
		says(c.no)
		n += 2
		o.mu.Lock()
		o.broken = errors.New("no database")
		o.mu.Unlock()
		write(helper, "777", "Please send the invoice.")
		says(c.failed)
		says("Please send the invoice.")
		o.mu.Lock()
		o.broken = nil
		o.mu.Unlock()
		write(helper, "777", "Please send the invoice.")
		says(c.sent)
		write(helper, "777", "Too late")
		says(c.faster)
		if got := o.all[0]; got.Answer != "Please send the invoice." || got.By != "Lin (Discord)" {
			t.Errorf("the answer is %+v", got)
		}
		for range 2 {
			if err := a.attendOnce(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		if m := s.Messages(desk)[0]; !strings.Contains(m.Reads(), c.done) || strings.Contains(string(m.Components), c.button) {
			t.Errorf("the question reads %s", m.Reads())
		}
		sound(t, s)
	}
}

// What helpers and the forum read, drawn in both languages.
func TestDeskDrawings(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	draw := func(name string, all []component) {
		raw, err := json.Marshal(all)
		if err != nil {
			t.Fatal(err)
		}
		var parts []json.RawMessage
		if err := json.Unmarshal(raw, &parts); err != nil {
			t.Fatal(err)
		}
		b.WriteString("-- " + name + " --\n")
		writeComponents(&b, "", parts)
	}
	ticket := bot.Ticket{ID: "T-ABCD1234", Lang: "zh-Hans", Flow: "9 · Track", Question: "why is 1Z999AA10123456784 held?", By: "Mei (Discord)", Answer: "Please send the invoice to customs."}
	for _, lang := range []string{"en", "zh-Hans"} {
		draw(lang+": the card of a question", w.ticketCard(ticket, lang, shownTicket{Thread: "1"}).Components)
		draw(lang+": the card without a thread", w.ticketCard(ticket, lang, shownTicket{Without: true}).Components)
		draw(lang+": the question in its thread", w.ticket(ticket, lang, "desk_pages", "desk_here").Components)
		draw(lang+": the question with its answer", w.answered(ticket, lang).Components)
		draw(lang+": the window", w.ticketWindow(lang, ticket.ID).Components)
		draw(lang+": a post", w.welcome(Reading{Lang: lang, Exposed: true, Answers: []Likely{{Title: "What is AGL?", Text: "A service.", Source: "Amazon", Date: "2026-07-01", Link: "https://sell.amazon.com/"}}}, true))
	}
	const golden = "testdata/desk.golden"
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		t.Errorf("not as in %s (go test ./adapters/discord -run TestDeskDrawings -args -update rewrites it):\n%s", golden, diff)
	}
}
