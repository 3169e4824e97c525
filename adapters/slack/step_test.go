package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"xiaobao/adapters/adaptertest"
	"xiaobao/adapters/simulator"
	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/clerk/clerktest"
	"xiaobao/flows"
	"xiaobao/flows/transcript"
	"xiaobao/knowledge"
	"xiaobao/locales"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

var update = flag.Bool("update", false, "rewrite the golden files in testdata")

// TestRegister plays step 1 through Slack's payloads on a real database, in both languages, every input delivered twice, and
// compares everything that was posted and edited with testdata.
func TestRegister(t *testing.T) {
	data, err := os.ReadFile("testdata/register.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range txtar.Parse(data).Files {
		t.Run(part.Name, func(t *testing.T) {
			p := newPlayer(t, part.Name, func() time.Time { return opening }, connect)
			p.play(string(part.Data))
			if f := p.s.Refused(); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
			p.compare(filepath.Join("testdata", "register-"+part.Name+".golden"))
		})
	}
}

// opening is when the stories of these tests begin.
var opening = time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)

// TestTenSteps plays one seller through all ten steps in Slack, in both languages, every input delivered twice, with a carrier
// whose news comes by itself. The script is the one that the web chat is played by.
func TestTenSteps(t *testing.T) {
	data, err := os.ReadFile("../../cmd/xiaobao/testdata/ten-steps.txtar")
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range txtar.Parse(data).Files {
		parts[f.Name] = string(f.Data)
	}
	for _, lang := range []string{"en", "zh-Hans"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := newTeller(t, lang, adaptertest.NewStory(opening, 160000)) // a journey by air takes five seconds
			p.play(parts[lang])
			p.s.Wait("all ten steps to be done", func() bool {
				for _, m := range p.s.Messages(slacktest.DM) {
					if strings.Count(m.Reads(), "✅") == 10 {
						return true
					}
				}
				return false
			})
			var files []string
			for _, m := range p.s.Messages(slacktest.DM) {
				files = append(files, m.Files...)
			}
			if diff := cmp.Diff(strings.Fields(parts["files"]), files); diff != "" {
				t.Errorf("the documents that came, in order:\n%s", diff)
			}
			if f := p.s.Refused(); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
		})
	}
}

// TestEveryFlow draws every message of every transcript, in both languages: Slack takes each of them as it is, without a
// fallback.
func TestEveryFlow(t *testing.T) {
	book, words, base := content(t)
	own, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob("../../flows/testdata/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d transcripts: %v", len(files), err)
	}
	capabilities := (&Adapter{}).Capabilities(home())
	messages, modals := 0, 0
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		p := &transcript.Player{Book: book, Words: words, Library: flows.Library{Base: base}}
		p.Effect = func(e flow.Effect) {
			_, m, ok := bot.Render(words, p.Library, e)
			if !ok {
				return
			}
			fitted := bot.Fit(m, capabilities, words)
			for _, m := range fitted.Messages {
				messages++
				out, err := own.draw(m, true)
				if err != nil || out.fallback != "" {
					t.Errorf("%s: %q: %v %s", filepath.Base(name), m.Text, err, out.fallback)
				}
				if m.Form != nil {
					modals++
					if _, err := own.modal(sheet{form: *m.Form, place: home(), lang: m.Lang}); err != nil {
						t.Errorf("%s: %q: %v", filepath.Base(name), m.Form.Title, err)
					}
				}
			}
		}
		p.Play(data)
	}
	if messages < 2000 || modals < 100 {
		t.Errorf("only %d messages and %d forms were drawn", messages, modals)
	}
	t.Logf("%d messages, %d forms", messages, modals)
}

// content is what the program says and knows.
func content(t testing.TB) (*flow.Book, *locales.Words, *knowledge.Base) {
	t.Helper()
	words, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	base, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	book, err := flows.Load(words, base)
	if err != nil {
		t.Fatal(err)
	}
	return book, words, base
}

// A player is somebody at a Slack client.
type player struct {
	*whole
	t     *testing.T
	s     *slacktest.Server
	n     int
	story *adaptertest.Story // whose time goes on while the player waits; nil: no news is waited for
}

func newPlayer(t *testing.T, lang string, now func() time.Time, connect connector) *player {
	s := newSlack(t, lang)
	return &player{t: t, s: s, whole: newBotAt(t, s, filepath.Join(t.TempDir(), "x.db"), now, connect)}
}

// newTeller is a player of a story.
func newTeller(t *testing.T, lang string, story *adaptertest.Story) *player {
	s := newSlack(t, lang)
	return &player{t: t, s: s, whole: newBotOf(t, s, filepath.Join(t.TempDir(), "x.db"), story.Now, story, connect), story: story}
}

func newSlack(t *testing.T, lang string) *slacktest.Server {
	s := slacktest.New(t)
	s.Set(slacktest.Person, slacktest.Profile{Name: "Lin", Locale: map[string]string{"en": "en-US", "zh-Hans": "zh-CN"}[lang], Zone: "Asia/Shanghai"})
	return s
}

// A whole is the bot with everything behind it, at a stand-in.
type whole struct {
	t   *testing.T
	bot *bot.Bot
	a   *Adapter
}

func newBot(t *testing.T, s *slacktest.Server, connect connector) *whole {
	return newBotAt(t, s, filepath.Join(t.TempDir(), "x.db"), time.Now, connect)
}

// newBotAt runs the bot on a database until the test ends.
func newBotAt(t *testing.T, s *slacktest.Server, dsn string, now func() time.Time, connect connector) *whole {
	t.Helper()
	return newBotOf(t, s, dsn, now, simulator.New(80000, now), connect)
}

// newBotOf is newBotAt with a carrier.
func newBotOf(t *testing.T, s *slacktest.Server, dsn string, now func() time.Time, carrier watch.Source, connect connector) *whole {
	t.Helper()
	book, words, base := content(t)
	db := openStore(t, dsn)
	var ids atomic.Int64
	var b *bot.Bot
	ready := make(chan struct{})
	a, _ := connect(t, s, func(ctx context.Context, in bot.Incoming) error { <-ready; return b.Handle(ctx, in) }, func(a *Adapter) {
		a.Keep(db, db)
		if a.Posted() {
			a.Now = now // requests are signed with this clock
		}
	})
	b = bot.New(bot.Config{
		Book: book, Words: words, Library: flows.Library{Base: base}, Store: db, Cases: db, Tickets: db, Adapters: []bot.Adapter{a}, Log: quiet(),
		Now:   now,
		NewID: func() string { return fmt.Sprintf("id%022d", ids.Add(1)) },
	})
	w, list := watch.New(db, b.Handle, now, quiet(), carrier), watch.List{Shipments: db, Now: now}
	b.Furnish(list.Home)
	b.Offer("shipment", list.Suggest)
	for _, calls := range []map[string]bot.CallFunc{w.Calls(), list.Calls(), clerktest.Calls(t, words, flows.Library{Base: base})} {
		for name, call := range calls {
			b.Answer(name, call)
		}
	}
	close(ready)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- b.Run(ctx) }()
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		<-done
	})
	return &whole{t, b, a}
}

func openStore(t testing.TB, dsn string) *store.Store {
	t.Helper()
	db, err := store.Open(context.Background(), dsn, store.Options{Networks: []string{Network}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// drain waits until everything was answered.
func (w *whole) drain() {
	w.t.Helper()
	ctx, cancel := context.WithTimeout(w.t.Context(), 2*time.Minute)
	defer cancel()
	if err := w.bot.Drain(ctx); err != nil {
		w.t.Fatal(err)
	}
}

func (p *player) play(script string) {
	p.t.Helper()
	var fields map[string]string
	for i, line := range strings.Split(strings.TrimSpace(script), "\n") {
		if line == "" {
			continue
		}
		rest := strings.TrimSpace(line[1:])
		p.n = i + 1
		switch line[0] {
		case '#':
		case '~':
			p.s.Wait(rest, func() bool {
				for _, m := range p.s.Messages(slacktest.DM) {
					if strings.Contains(m.Reads(), rest) {
						return true
					}
				}
				if p.story != nil && !simulator.Is(rest) { // a number's card needs no time
					p.story.Step(100 * time.Millisecond)
				}
				return false
			})
		case '=':
			if fields == nil {
				fields = map[string]string{}
			}
			id, value, _ := strings.Cut(rest, ":")
			fields[id] = strings.TrimSpace(value)
		case '>':
			p.push("events_api", slacktest.Said(p.n, strings.ReplaceAll(rest, `\n`, "\n")))
		case '*':
			if fields != nil {
				p.fill(fields, rest)
				fields = nil
			} else {
				p.push("interactive", p.press(rest, "✓ "+rest))
			}
		default:
			p.t.Fatalf("line %d begins with none of > * = ~ #: %s", p.n, line)
		}
	}
}

// push delivers a payload twice and waits until everything was answered.
func (p *player) push(kind string, payload map[string]any) {
	p.t.Helper()
	for attempt := range 2 {
		if !p.s.Push(kind, payload, attempt).Acked {
			p.t.Fatalf("line %d was not acknowledged", p.n)
		}
	}
	p.drain()
}

// press finds what has one of the labels, in the newest message that has it, and waits for it if need be.
func (p *player) press(labels ...string) (payload map[string]any) {
	p.t.Helper()
	several := strings.Split(labels[0], " + ")
	p.s.Wait(fmt.Sprintf("line %d, %q", p.n, labels), func() bool {
		all := p.s.Messages(slacktest.DM)
		for i := len(all) - 1; i >= 0 && payload == nil; i-- {
			for _, label := range labels {
				if payload == nil {
					payload = all[i].Pressed(p.n, label)
				}
			}
			for _, send := range []string{"Send", "提交"} {
				if payload == nil {
					payload = all[i].Pressed(p.n, send, several...)
				}
			}
		}
		return payload != nil
	})
	return payload
}

// fill opens the form, writes into its fields and sends it.
func (p *player) fill(fields map[string]string, send string) {
	p.t.Helper()
	before := len(p.s.Views())
	if payload := p.press("Fill In", "填写"); !p.s.Push("interactive", payload, 0).Acked || len(p.s.Views()) != before+1 {
		p.t.Fatalf("line %d: no form was opened", p.n)
	}
	view := p.s.Views()[before]
	var v struct {
		Submit struct{ Text string }
		Blocks []struct {
			ID      string `json:"block_id"`
			Element struct {
				Options []struct {
					Value string
					Text  struct{ Text string }
				}
			}
		}
	}
	if err := json.Unmarshal(view, &v); err != nil {
		p.t.Fatal(err)
	}
	if v.Submit.Text != send {
		p.t.Errorf("line %d: the form is sent with %q, not %q", p.n, v.Submit.Text, send)
	}
	known := map[string]bool{}
	for _, b := range v.Blocks {
		known[b.ID] = true
		for _, o := range b.Element.Options {
			var values []string
			for label := range strings.SplitSeq(fields[b.ID], " + ") {
				if label == o.Text.Text {
					label = o.Value
				}
				values = append(values, label)
			}
			fields[b.ID] = strings.Join(values, " + ")
		}
		fields[b.ID] = strings.ReplaceAll(fields[b.ID], " + ", "\n")
	}
	for id := range fields {
		if !known[id] {
			p.t.Errorf("line %d: the form has no %q", p.n, id)
		}
	}
	p.push("interactive", slacktest.Sent(p.n, view, fields))
}

// compare writes down all that was posted and edited, a block on a line, and the forms.
func (p *player) compare(golden string) {
	p.t.Helper()
	var b bytes.Buffer
	names := map[string]int{}
	for _, m := range p.s.Shown() {
		what := "edit"
		if names[m.TS] == 0 {
			names[m.TS] = len(names) + 1
			what = "post"
		}
		fmt.Fprintf(&b, "%s #%d\n  %s\n", what, names[m.TS], strconv.Quote(m.Text))
		for _, f := range m.Files {
			fmt.Fprintf(&b, "  file %s\n", f)
		}
		var blocks []json.RawMessage
		json.Unmarshal(m.Blocks, &blocks)
		writeBlocks(&b, blocks)
	}
	for _, view := range p.s.Views() {
		var v struct {
			Title  json.RawMessage
			Submit json.RawMessage
			Blocks []json.RawMessage
		}
		json.Unmarshal(view, &v)
		fmt.Fprintf(&b, "form\n")
		writeBlocks(&b, append([]json.RawMessage{v.Title, v.Submit}, v.Blocks...))
	}
	if *update {
		if err := os.WriteFile(golden, b.Bytes(), 0o644); err != nil {
			p.t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		p.t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), b.String()); diff != "" {
		p.t.Errorf("not as in %s (go test -run TestRegister -args -update rewrites it):\n%s", golden, diff)
	}
}

func writeBlocks(b *bytes.Buffer, blocks []json.RawMessage) {
	for _, block := range blocks {
		var v any
		json.Unmarshal(block, &v)
		var line bytes.Buffer
		e := json.NewEncoder(&line)
		e.SetEscapeHTML(false)
		e.Encode(v)
		b.WriteString("  " + line.String())
	}
}
