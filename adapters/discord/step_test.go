package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"xiaobao/adapters/adaptertest"
	"xiaobao/adapters/discord/discordtest"
	"xiaobao/adapters/simulator"
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

// opening is when the stories of these tests begin.
var opening = time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)

// TestRegister plays step 1 through Discord's payloads on a real database, in both languages, every input delivered twice, and
// compares everything that was posted and edited with testdata.
func TestRegister(t *testing.T) {
	data, err := os.ReadFile("testdata/register.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, part := range txtar.Parse(data).Files {
		t.Run(part.Name, func(t *testing.T) {
			p := newPlayer(t, part.Name, discordtest.InDM, func() time.Time { return opening })
			p.play(string(part.Data))
			if f := p.s.Refused(); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
			p.compare(filepath.Join("testdata", "register-"+part.Name+".golden"))
		})
	}
}

// TestTenSteps plays one seller through all ten steps in Discord, in both languages, every input delivered twice, with a carrier
// whose news comes by itself: in direct messages, and in a server, where only they see it. The script is the one that the web
// chat is played by; forms of more than five fields come in pages here.
func TestTenSteps(t *testing.T) {
	data, err := os.ReadFile("../../cmd/xiaobao/testdata/ten-steps.txtar")
	if err != nil {
		t.Fatal(err)
	}
	parts := map[string]string{}
	for _, f := range txtar.Parse(data).Files {
		parts[f.Name] = string(f.Data)
	}
	for where, at := range map[string]func(string) discordtest.Where{"direct": discordtest.InDM, "server": discordtest.InServer} {
		for _, lang := range []string{"en", "zh-Hans"} {
			t.Run(where+"/"+lang, func(t *testing.T) {
				t.Parallel()
				story := adaptertest.NewStory(opening, 160000) // a journey by air takes five seconds
				p := newPlayerOf(t, lang, at, story.Now, story)
				p.story = story
				p.play(parts[lang])
				p.s.Wait("all ten steps to be done", func() bool {
					return slices.ContainsFunc(p.messages(), func(m discordtest.Message) bool { return strings.Count(m.Reads(), "✅") == 10 })
				})
				var files []string
				for _, m := range p.messages() {
					files = append(files, m.Files...)
				}
				if diff := cmp.Diff(strings.Fields(parts["files"]), files); diff != "" {
					t.Errorf("the documents that came, in order:\n%s", diff)
				}
				if f := p.s.Refused(); len(f) > 0 {
					t.Errorf("refused: %q", f)
				}
				for _, m := range p.messages() {
					if where == "server" && m.Only != discordtest.Person {
						t.Errorf("everybody reads %q", m.Reads())
					}
				}
			})
		}
	}
}

// TestEveryFlow draws every message of every transcript, in both languages: Discord takes each of them as it is, without a
// fallback, and the classic form of each as well.
func TestEveryFlow(t *testing.T) {
	book, words, base := content(t)
	own, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	capabilities := (&Adapter{}).Capabilities(home())
	messages, modals := 0, 0
	var drawn bytes.Buffer
	for n, data := range transcripts(t) {
		name := fmt.Sprint("transcript ", n)
		p := &transcript.Player{Book: book, Words: words, Library: flows.Library{Base: base}}
		p.Effect = func(e flow.Effect) {
			_, m, ok := bot.Render(words, p.Library, e)
			if !ok {
				return
			}
			for _, m := range bot.Fit(m, capabilities, words).Messages {
				messages++
				out, err := own.draw(m, home())
				if err != nil || out.fallback != "" {
					t.Errorf("%s: %q: %v %s", name, m.Text, err, out.fallback)
				}
				if f := own.drawClassic(m, home()).faults(); len(f) > 0 {
					t.Errorf("%s: %q as a classic message: %q", name, m.Text, f)
				}
				one, _ := json.Marshal(out.message)
				drawn.Write(one)
				if m.Form != nil {
					modals++
					s := sheet{form: *m.Form, place: home(), lang: m.Lang}
					for page := range s.pages() {
						if _, err := own.modal(s, page, nil); err != nil {
							t.Errorf("%s: %q: %v", name, m.Form.Title, err)
						}
					}
				}
			}
		}
		p.Play(data)
	}
	if messages < 2000 || modals < 100 {
		t.Errorf("only %d messages and %d forms were drawn", messages, modals)
	}
	t.Logf("%d messages, %d forms, %d bytes", messages, modals, drawn.Len())
}

// transcripts are the conversations that the flows are proved by.
func transcripts(t testing.TB) (all [][]byte) {
	t.Helper()
	files, err := filepath.Glob("../../flows/testdata/*.txtar")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d transcripts: %v", len(files), err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, data)
	}
	return all
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

// A player is somebody at a Discord client.
type player struct {
	t   *testing.T
	s   *discordtest.Server
	bot *bot.Bot
	db  *store.Store
	at  discordtest.Where
	n   int // the line
	in  int // interactions so far

	heard atomic.Int64       // messages that were kept
	story *adaptertest.Story // whose time goes on while the player waits; nil: no news is waited for
}

func newPlayer(t *testing.T, lang string, at func(string) discordtest.Where, now func() time.Time) *player {
	return newPlayerOf(t, lang, at, now, simulator.New(80000, now))
}

// newPlayerOf is newPlayer with a carrier.
func newPlayerOf(t *testing.T, lang string, at func(string) discordtest.Where, now func() time.Time, carrier watch.Source) *player {
	book, words, base := content(t)
	db := database(t)
	s := discordtest.New(t)
	var ids atomic.Int64
	var b *bot.Bot
	p := &player{t: t, s: s, at: at(map[string]string{"en": "en-US", "zh-Hans": "zh-CN"}[lang])}
	p.db = db
	a, _ := connect(t, s, db, func(ctx context.Context, in bot.Incoming) error {
		if strings.HasPrefix(in.ID, "m-") {
			defer p.heard.Add(1)
		}
		return b.Handle(ctx, in)
	}, func(a *Adapter) {
		a.Suggest = func(ctx context.Context, u bot.User, what, query string) ([]bot.Option, error) {
			return b.Suggest(ctx, u, what, query)
		}
	})
	b = bot.New(bot.Config{
		Book: book, Words: words, Library: flows.Library{Base: base}, Store: db, Cases: db, Tickets: db, Adapters: []bot.Adapter{a}, Log: quiet(),
		Now:   now,
		NewID: func() string { return fmt.Sprintf("id%022d", ids.Add(1)) },
	})
	w := watch.New(db, b.Handle, now, quiet(), carrier)
	list := watch.List{Shipments: db, Now: now}
	b.Offer("shipment", list.Suggest)
	for _, calls := range []map[string]bot.CallFunc{w.Calls(), list.Calls(), clerktest.Calls(t, words, flows.Library{Base: base})} {
		for name, call := range calls {
			b.Answer(name, call)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 2)
	go func() { done <- b.Run(ctx) }()
	go func() { done <- w.Run(ctx) }()
	t.Cleanup(func() {
		cancel()
		<-done
		<-done
	})
	p.bot = b
	return p
}

func (p *player) messages() []discordtest.Message { return p.s.Messages(p.at.Channel) }

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
				told := slices.ContainsFunc(p.messages(), func(m discordtest.Message) bool { return strings.Contains(m.Reads(), rest) })
				if !told && p.story != nil && !simulator.Is(rest) { // a number's card needs no time
					p.story.Step(100 * time.Millisecond)
				}
				return told
			})
		case '=':
			if fields == nil {
				fields = map[string]string{}
			}
			id, value, _ := strings.Cut(rest, ":")
			fields[id] = strings.ReplaceAll(strings.TrimSpace(value), " + ", "\n")
		case '>':
			p.say(strings.ReplaceAll(rest, `\n`, "\n"))
		case '*':
			if fields != nil {
				p.fill(fields)
				fields = nil
			} else {
				p.do(p.press(rest))
			}
		default:
			p.t.Fatalf("line %d begins with none of > * = ~ #: %s", p.n, line)
		}
	}
}

// say types: into the direct messages, or, where the bot may not read what people write, with the command.
func (p *player) say(text string) {
	p.t.Helper()
	p.in++
	if p.at.Guild != "" {
		p.do(p.at.Command(p.in, "say", "text", text))
		return
	}
	before := p.heard.Load()
	p.s.Event("MESSAGE_CREATE", discordtest.Said(p.in, text), true)
	p.s.Wait("the message to be kept, twice", func() bool { return p.heard.Load() == before+2 })
	p.drain()
}

// do delivers an interaction twice and waits until everything was answered.
func (p *player) do(payload map[string]any) *discordtest.Interaction {
	p.t.Helper()
	i := p.s.Do(payload, true)
	if i.Response == nil {
		p.t.Fatalf("line %d was not answered", p.n)
	}
	p.drain()
	return i
}

func (p *player) drain() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), 2*time.Minute)
	defer cancel()
	if err := p.bot.Drain(ctx); err != nil {
		p.t.Fatalf("line %d: %v", p.n, err)
	}
}

// press finds what has a label, in the newest message that has it, and waits for it if need be.
func (p *player) press(label string) (payload map[string]any) {
	p.t.Helper()
	p.in++
	several := strings.Split(label, " + ")
	p.s.Wait(fmt.Sprintf("line %d, %q", p.n, label), func() bool {
		for _, m := range slices.Backward(p.messages()) {
			if payload == nil {
				payload = m.Pressed(p.in, p.at, label, several...)
			}
			if payload == nil {
				payload = m.Pressed(p.in, p.at, "✓ "+label)
			}
		}
		return payload != nil
	})
	return payload
}

// fill opens the form, writes into its fields and sends it, one page after the other.
func (p *player) fill(fields map[string]string) {
	p.t.Helper()
	left := maps.Clone(fields)
	labels := []string{"Fill In", "填写", "Fix Now", "立即修改"}
	for page, tries := 1, 0; len(left) > 0 || page > 1 && labels != nil; page++ { // to the last page, whatever is on it
		var payload map[string]any
		var from discordtest.Message
		shown := 0 // before it is looked for: what comes while the card of the form before is pressed counts as new
		p.in++
		p.s.Wait(fmt.Sprintf("line %d, a form for %v", p.n, slices.Sorted(maps.Keys(left))), func() bool {
			shown = len(p.s.Shown())
			for _, m := range slices.Backward(p.messages()) {
				for _, label := range labels {
					if payload == nil {
						payload, from = m.Pressed(p.in, p.at, label), m
					}
				}
			}
			return payload != nil
		})
		opened := p.s.Do(payload, true)
		if opened.Type != replyModal {
			p.t.Fatalf("line %d: the form was answered with %s", p.n, opened.Response)
		}
		_, asked := opened.Form()
		values := map[string]string{}
		for _, f := range asked {
			if v, ok := left[f.ID]; ok {
				values[f.ID] = v
				delete(left, f.ID)
			}
		}
		if len(values) == 0 && page == 1 { // the card of the form before: another room is still asked something
			if tries++; tries > 20 {
				p.t.Fatalf("line %d: the form asks for none of %v", p.n, left)
			}
			p.s.Wait("the next form", func() bool { return len(p.s.Shown()) > shown })
			p.drain()
			page--
			continue
		}
		p.in++
		p.do(opened.Filled(p.in, p.at, &from, values))
		next := fmt.Sprintf("%d/", page+1)
		labels = nil
		for _, m := range p.messages() {
			for _, l := range strings.Split(m.Reads(), "\n") {
				if strings.HasPrefix(l, "Next Page ("+next) || strings.HasPrefix(l, "下一页（"+next) {
					labels = []string{l}
				}
			}
		}
	}
}

// compare writes down all that was posted and edited, a component on a line.
func (p *player) compare(golden string) {
	p.t.Helper()
	var b bytes.Buffer
	names := map[string]int{}
	for _, m := range p.s.Shown() {
		what := "edit"
		if names[m.ID] == 0 {
			names[m.ID] = len(names) + 1
			what = "post"
		}
		fmt.Fprintf(&b, "%s #%d flags %d\n", what, names[m.ID], m.Flags)
		if m.Content != "" {
			fmt.Fprintf(&b, "  %s\n", strconv.Quote(m.Content))
		}
		for _, f := range m.Files {
			fmt.Fprintf(&b, "  file %s\n", f)
		}
		var all []json.RawMessage
		json.Unmarshal(m.Components, &all)
		writeComponents(&b, "  ", all)
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

func writeComponents(b *bytes.Buffer, indent string, all []json.RawMessage) {
	for _, one := range all {
		var c struct {
			Type       int
			Accent     int `json:"accent_color"`
			Content    string
			Components []json.RawMessage
		}
		json.Unmarshal(one, &c)
		switch {
		case c.Type == 10:
			for l := range strings.SplitSeq(c.Content, "\n") {
				fmt.Fprintf(b, "%s| %s\n", indent, l)
			}
		case len(c.Components) > 0:
			fmt.Fprintf(b, "%s%s\n", indent, map[int]string{1: "row", 17: fmt.Sprintf("container #%06x", c.Accent)}[c.Type])
			writeComponents(b, indent+"  ", c.Components)
		default:
			var v any
			json.Unmarshal(one, &v)
			var line bytes.Buffer
			e := json.NewEncoder(&line)
			e.SetEscapeHTML(false)
			e.Encode(v)
			b.WriteString(indent + line.String())
		}
	}
}
