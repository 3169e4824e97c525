package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
)

// What comes in, and what the bot hears of it.
func TestHeard(t *testing.T) {
	lin := bot.User{Network: Network, ID: discordtest.Person, Name: "Lin", Language: "zh-Hans"}
	server, dm := discordtest.InServer("zh-CN"), discordtest.InDM("zh-CN")
	private := discordtest.Where{Channel: "1000000000000000099", User: discordtest.Person, Locale: "zh-CN", Only: true}
	inPrivateContext := private.Command(7, "status")
	inPrivateContext["context"] = inPrivate
	press := func(custom string, values ...string) map[string]any {
		p := server.Command(8, "status")
		p["type"] = typeComponent
		p["data"] = map[string]any{"custom_id": custom, "component_type": 3, "values": values}
		p["message"] = map[string]any{"id": "1000000000000000077", "flags": 64, "components": []any{map[string]any{"type": 1, "components": []any{map[string]any{"type": 3, "custom_id": custom, "options": []any{map[string]any{"label": "A very long option", "value": "·4"}}}}}}}
		return p
	}
	for _, c := range []struct {
		name    string
		payload map[string]any
		to      bot.Place
		what    bot.Input
	}{
		{"status", server.Command(1, "status"), corner(), bot.Press{Action: "status"}},
		{"start", dm.Command(1, "start"), home(), bot.Press{Action: "next"}},
		{"step", server.Command(1, "step", "number", "4"), corner(), bot.Press{Action: "open", Values: []string{"4"}}},
		{"track", server.Command(1, "track", "number", "1Z999AA10123456784"), corner(), bot.Text{Text: "1Z999AA10123456784"}},
		{"say", server.Command(1, "say", "text", "发往美国"), corner(), bot.Text{Text: "发往美国"}},
		{"language", server.Command(1, "language", "to", "en"), corner(), bot.Press{Action: "language", Values: []string{"en"}}},
		{"join", server.Command(1, "join", "code", "ABCD2345"), corner(), bot.Press{Action: "join", Values: []string{"ABCD2345"}}},
		{"notify", server.Command(1, "notify"), corner(), bot.Press{Action: "notices"}},
		{"list", server.Command(1, "list"), corner(), bot.Press{Action: "shipments"}},
		{"message command", server.Track(1, " look: TBA123456789000 "), corner(), bot.Text{Text: "look: TBA123456789000"}},
		{"somebody's own app", inPrivateContext, makeCorner("", private.Channel, discordtest.Person), bot.Press{Action: "status"}},
		{"button", press("v1:a0:answer:tok:fba"), corner(), bot.Press{Action: "answer", Token: "tok", Values: []string{"fba"}}},
		{"select", press("v1:a0:answer:tok:", "us", "de"), corner(), bot.Press{Action: "answer", Token: "tok", Values: []string{"us", "de"}}},
		{"menu", press("v1:m1:::", "why  "), corner(), bot.Press{Action: "why"}},
		{"an option known by its label", press("v1:a0:answer:tok:", "·4"), corner(), bot.Text{Text: "A very long option"}},
		{"a card of another version", press("v0:whatever"), corner(), bot.Press{Action: "status"}},
		{"another's custom id", press("vote_42"), corner(), bot.Press{Action: "status"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			s, e := discordtest.New(t), &ears{}
			connect(t, s, database(t), e.handle)
			i := s.Do(c.payload, true)
			if i.Response == nil {
				t.Fatal("not answered")
			}
			s.Wait("it to be heard twice", func() bool { return len(e.inputs()) == 2 })
			got := e.inputs()
			if got[0].ID != got[1].ID || got[0].ID == "" {
				t.Errorf("the ids are %q and %q", got[0].ID, got[1].ID)
			}
			if d := cmp.Diff(bot.Incoming{ID: got[0].ID, At: got[0].At, From: lin, To: c.to, What: c.what}, got[0]); d != "" {
				t.Error(d)
			}
			if f := s.Refused(); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
		})
	}
}

// What nobody has heard of, what is broken, what is not for us: answered where it can be, never a crash, never an input.
func TestStrangeInteractions(t *testing.T) {
	s, e := discordtest.New(t), &ears{}
	connect(t, s, database(t), e.handle)
	server := discordtest.InServer("en-US")
	kinds := map[string]func(p map[string]any){
		"an unknown type":       func(p map[string]any) { p["type"] = 42 },
		"an unknown subcommand": func(p map[string]any) { p["data"].(map[string]any)["options"] = []any{map[string]any{"name": "dance"}} },
		"an unknown command":    func(p map[string]any) { p["data"].(map[string]any)["name"] = "other" },
		"no data":               func(p map[string]any) { delete(p, "data") },
		"data of another shape": func(p map[string]any) { p["data"] = []any{1, 2} },
		"an unknown component in a form": func(p map[string]any) {
			p["type"] = typeModal
			p["data"] = map[string]any{"custom_id": "vote", "components": []any{map[string]any{"type": 99, "component": map[string]any{"type": 98, "custom_id": "x"}}}}
		},
	}
	for n, name := range slices.Sorted(maps.Keys(kinds)) {
		p := server.Command(100+n, "status")
		kinds[name](p)
		begun := maps.Clone(p)
		if p["type"] != typeModal {
			begun["type"] = typeCommand
		}
		i := s.Begin(begun)
		s.Event("INTERACTION_CREATE", p)
		s.Wait(name+" to be answered", i.Acked)
	}
	other := server.Command(200, "status")
	other["application_id"] = "1"
	s.Event("INTERACTION_CREATE", other)
	hostile := server.Command(201, "status")
	hostile["channel_id"] = "1/../2"
	s.Begin(hostile)
	s.Event("INTERACTION_CREATE", hostile)
	s.Do(server.Command(300, "say", "text", "last"))
	s.Wait("the last", func() bool { return len(e.heard()) == 1 })
	if got := len(e.inputs()); got != 1 {
		t.Errorf("heard %d things", got)
	}
}

// A Label form with every kind of field comes back whole, also beside a component that nobody knows.
func TestFormValues(t *testing.T) {
	var i interaction
	payload := `{"id":"1","token":"t","type":5,"application_id":"1","channel_id":"2","guild_id":"3","member":{"user":{"id":"4"}},"data":{"custom_id":"v1:f0::tok:1","components":[
		{"type":18,"component":{"type":4,"custom_id":"line","value":"a\nb"}},{"type":18,"component":{"type":21,"custom_id":"one","value":"yes"}},
		{"type":18,"component":{"type":22,"custom_id":"many","values":["x","y"]}},{"type":18,"component":{"type":3,"custom_id":"sel","values":["z"]}},
		{"type":18,"component":{"type":19,"custom_id":"file:line","values":["9"]}},{"type":77,"hologram":{"deep":[1]}},{"type":1,"components":[{"type":4,"custom_id":"old","value":"o"}]}],
		"resolved":{"attachments":{"9":{"filename":"l.csv","url":"https://cdn.discordapp.com/x"}}}}}`
	if err := json.Unmarshal([]byte(payload), &i); err != nil {
		t.Fatal(err)
	}
	o := i.read()
	if d := cmp.Diff(map[string]string{"line": "a\nb", "one": "yes", "many": "x\ny", "sel": "z", "old": "o"}, o.values); d != "" {
		t.Error(d)
	}
	if o.do != doSubmit || o.token != "tok" || len(o.uploads["line"]) != 1 {
		t.Errorf("read as %+v", o)
	}
}

// Whatever the load, the first answer comes in time: the bot takes as long as it likes. What it could not keep is said.
func TestDeferred(t *testing.T) {
	for _, kept := range []bool{true, false} {
		for _, where := range []discordtest.Where{discordtest.InServer("en-US"), discordtest.InDM("en-US")} {
			t.Run(fmt.Sprintf("kept %v in a server %v", kept, where.Guild != ""), func(t *testing.T) {
				t.Parallel()
				s, goOn := discordtest.New(t), make(chan struct{})
				var calls atomic.Int64
				a, _ := connect(t, s, database(t), func(ctx context.Context, in bot.Incoming) error {
					calls.Add(1)
					<-goOn
					if kept {
						return nil
					}
					return errors.New("the database is full")
				}, func(a *Adapter) { a.times.first = 100 * time.Millisecond })
				all := make([]*discordtest.Interaction, 40)
				for n := range all {
					p := where.Command(n+1, "status")
					all[n] = s.Begin(p)
					s.Event("INTERACTION_CREATE", p)
				}
				s.Wait("all to be deferred", func() bool {
					return !slices.ContainsFunc(all, func(i *discordtest.Interaction) bool { return !i.Acked() })
				})
				for _, i := range all {
					if i.After > 2*time.Second || i.Type != replyThinking {
						t.Errorf("the first answer took %v", i.After)
					}
				}
				close(goOn)
				if !kept {
					s.Wait("all to be told", func() bool {
						n := 0
						for _, m := range s.Messages(where.Channel) {
							if strings.Contains(m.Reads(), a.words.say("en", "failed")) {
								n++
							}
						}
						return n == len(all)
					})
				} else {
					s.Wait("no more thinking", func() bool {
						return !slices.ContainsFunc(s.Messages(where.Channel), func(m discordtest.Message) bool { return m.Loading })
					})
				}
				if f := s.Refused(); len(f) > 0 {
					t.Errorf("refused: %q", f)
				}
			})
		}
	}
}

// What could not be kept in time is said at once, and doing it again works.
func TestNotKept(t *testing.T) {
	s := discordtest.New(t)
	var broken atomic.Bool
	broken.Store(true)
	a, _ := connect(t, s, database(t), func(context.Context, bot.Incoming) error {
		if broken.Load() {
			return errors.New("the database cannot be written")
		}
		return nil
	})
	i := s.Do(discordtest.InServer("zh-CN").Command(1, "status"))
	if i.Type != replyMessage || !strings.Contains(string(i.Response), a.words.say("zh", "failed")) {
		t.Errorf("answered with %s", i.Response)
	}
	broken.Store(false)
	if i := s.Do(discordtest.InServer("zh-CN").Command(2, "status")); i.Type != replyThinking {
		t.Errorf("answered with %s", i.Response)
	}
	// A direct message is delivered once: it is tried again until it is kept.
	broken.Store(true)
	s.Event("MESSAGE_CREATE", discordtest.Said(1, "hello"))
	time.AfterFunc(30*time.Millisecond, func() { broken.Store(false) })
	s.Wait("quiet", func() bool { return !broken.Load() })
	if f := s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

// A bot that panics does not end the program, and the person is told.
func TestPanic(t *testing.T) {
	s := discordtest.New(t)
	connect(t, s, database(t), func(context.Context, bot.Incoming) error { panic("a bug") })
	if i := s.Do(discordtest.InServer("en-US").Command(1, "status")); i.Type != replyMessage {
		t.Errorf("answered with %s", i.Response)
	}
	if i := s.Do(discordtest.InServer("en-US").Command(2, "status")); i.Type != replyMessage {
		t.Errorf("the second was answered with %s", i.Response)
	}
}

// A question that waits for a line has a window to answer in, with the question in it; text and files come from there.
func TestTyping(t *testing.T) {
	o := newOutbox(t)
	at := discordtest.InServer("en-US")
	o.s.Do(at.Command(1, "status"))
	o.send(bot.Delivery{ID: "q", Place: corner(), Message: bot.Message{Text: "What is the *code*?", Lang: "en", Expect: bot.Typed}})
	m := o.s.Messages(discordtest.Channel)[0]
	opened := o.s.Do(m.Pressed(2, at, "Answer"))
	if opened.Type != replyModal || !strings.Contains(string(opened.Response), `What is the \\*code\\*?`) {
		t.Fatalf("opened %s", opened.Response)
	}
	file := o.s.Serve("list.csv", []byte("SKU,10\n"))
	o.s.Do(opened.Filled(3, at, &m, map[string]string{"text": "91350100M000100Y43", "file:": file}))
	o.s.Wait("what was answered", func() bool { return len(o.ears.inputs()) == 3 })
	got := o.ears.inputs()[1:]
	if got[0].What != (bot.Text{Text: "91350100M000100Y43"}) || got[0].ID == got[1].ID {
		t.Errorf("heard %+v", got[0])
	}
	if f, ok := got[1].What.(bot.File); !ok || f.Name != "list.csv" || string(f.Data) != "SKU,10\n" {
		t.Errorf("heard %+v", got[1])
	}
	if f := o.s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

// A command with a file; one that is too large is cut just above what the bot looks into; one that is not at Discord is not fetched.
func TestSharedFile(t *testing.T) {
	o := newOutbox(t)
	at := discordtest.InServer("en-US")
	o.s.Do(discordtest.Attached(at.Command(1, "say"), "file", "big.csv", o.s.Serve("big.csv", make([]byte, 600<<10))))
	o.s.Wait("the file", func() bool { return len(o.ears.inputs()) == 1 })
	if f := o.ears.inputs()[0].What.(bot.File); len(f.Data) != largestFile {
		t.Errorf("%d bytes", len(f.Data))
	}
	i := o.s.Do(discordtest.Attached(at.Command(2, "say"), "file", "x.csv", "http://169.254.169.254/latest"))
	if i.Type != replyMessage || len(o.ears.inputs()) != 1 {
		t.Errorf("answered with %s", i.Response)
	}
}

// What needs a second thought asks first; yes is the press itself, no changes nothing.
func TestSure(t *testing.T) {
	o := newOutbox(t)
	at := discordtest.InDM("en-US")
	o.send(bot.Delivery{ID: "e", Message: bot.Message{Text: "Privacy", Lang: "en", Actions: []bot.Action{{ID: "erase", Token: "tok", Label: "Erase All", Style: bot.Dangerous, Confirm: "Everything goes. Really?"}}}})
	card := o.s.Messages(discordtest.DM)[0]
	asked := o.s.Do(card.Pressed(1, at, "Erase All"))
	if asked.Type != replyMessage || !strings.Contains(string(asked.Response), "Everything goes. Really?") || len(o.ears.inputs()) != 0 {
		t.Fatalf("asked %s", asked.Response)
	}
	all := o.s.Messages(discordtest.DM)
	question := all[len(all)-1]
	if question.Only != discordtest.Person {
		t.Error("everybody sees the question")
	}
	o.s.Do(question.Pressed(2, at, "No"))
	if got := o.s.Messages(discordtest.DM); len(o.ears.inputs()) != 0 || !strings.Contains(got[len(got)-1].Reads(), "Nothing was changed.") {
		t.Errorf("after no: %+v", got)
	}
	o.s.Do(question.Pressed(3, at, "Erase All"))
	o.s.Wait("yes", func() bool { return len(o.ears.inputs()) == 1 })
	if d := cmp.Diff(bot.Input(bot.Press{Action: "erase", Token: "tok"}), o.ears.inputs()[0].What); d != "" {
		t.Error(d)
	}
}

// Administrators' commands: Discord hides them from others, and that proves nothing.
func TestAdmin(t *testing.T) {
	o := newOutbox(t)
	at := discordtest.InServer("en-US")
	if i := o.s.Do(at.Command(1, "admin check")); !strings.Contains(string(i.Response), "Only people who may manage this server") {
		t.Errorf("to anybody: %s", i.Response)
	}
	at.Admin = true
	if i := o.s.Do(at.Command(2, "admin check")); !strings.Contains(string(i.Response), "Connected as Xiaobao") {
		t.Errorf("to an administrator: %s", i.Response)
	}
	p := at.Command(3, "admin check")
	p["app_permissions"] = "2048"
	if i := o.s.Do(p); !strings.Contains(string(i.Response), "View Channel") || !strings.Contains(string(i.Response), "Attach Files") || strings.Contains(string(i.Response), "Send Messages,") {
		t.Errorf("with few permissions: %s", i.Response)
	}
}
