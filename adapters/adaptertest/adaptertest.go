// Package adaptertest is the suite that every door to people runs: what the middle of the house relies on, whatever the
// network. An adapter opens itself against a network that its tests bring up (a real server, a terminal), and says how to
// look at it.
package adaptertest

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/locales"
)

// A Door is an adapter that is connected to a network of the tests.
type Door struct {
	Adapter bot.Adapter
	Place   bot.Place // where somebody reads

	// Seen is what somebody at Place sees now, oldest first.
	Seen func() []Seen
	// Say types a line at Place. Nil: the network has no people who type.
	Say func(text string)
	// Own makes the network tell the adapter of the bot's own last message, as networks do. Nil: this one never does.
	Own func()
	// Raw is what last went over the wire or to the screen, for the check that data injects nothing. Nil: Text is checked.
	Raw func() string
	// Forbidden are what must never stand in Raw however it was typed: "<script", "<!everyone>", "\x1b]".
	Forbidden []string
}

// Seen is one message as a person sees it.
type Seen struct {
	Text string // everything that can be read, in order: text, labels of buttons, names of files
	Key  string // the card it is, if the network shows that; otherwise empty
}

// Open connects an adapter; it must hand over everything that happens to handle until the test ends.
type Open func(t *testing.T, handle func(context.Context, bot.Incoming) error) Door

// Run runs the suite. Every test opens its own door.
func Run(t *testing.T, open Open) {
	words, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	s := suite{open, words}
	t.Run("Names", s.names)
	t.Run("EveryBlockIsSeen", s.everyBlock)
	t.Run("LimitsHold", s.limits)
	t.Run("TheSameDeliveryShowsOnce", s.once)
	t.Run("ACardIsReplaced", s.card)
	t.Run("EchoIsShown", s.echo)
	t.Run("DataInjectsNothing", s.injection)
	t.Run("PlacesComeBack", s.places)
	t.Run("OwnMessagesAreIgnored", s.own)
	t.Run("SendEndsWithItsContext", s.ends)
}

type suite struct {
	open  Open
	words *locales.Words
}

// inbox collects what an adapter hands over.
type inbox struct {
	mu   sync.Mutex
	all  []bot.Incoming
	came chan struct{}
}

func newInbox() *inbox { return &inbox{came: make(chan struct{}, 1000)} }

func (b *inbox) handle(_ context.Context, in bot.Incoming) error {
	b.mu.Lock()
	b.all = append(b.all, in)
	b.mu.Unlock()
	b.came <- struct{}{}
	return nil
}

// typed are the texts that came, without greetings and other things a network does by itself.
func (b *inbox) typed() (out []bot.Incoming) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, in := range b.all {
		if _, ok := in.What.(bot.Text); ok {
			out = append(out, in)
		}
	}
	return out
}

func (b *inbox) wait(t *testing.T, n int) []bot.Incoming {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	for {
		if got := b.typed(); len(got) >= n {
			return got
		}
		select {
		case <-b.came:
		case <-ctx.Done():
			t.Fatalf("%d texts came, want %d", len(b.typed()), n)
		}
	}
}

func (s suite) door(t *testing.T) (Door, *inbox) {
	in := newInbox()
	d := s.open(t, in.handle)
	return d, in
}

// send fits a message to the door's place and sends all of it. It returns the receipts.
func (s suite) send(t *testing.T, d Door, id string, m bot.Message, native string) []bot.Receipt {
	t.Helper()
	var out []bot.Receipt
	for i, part := range bot.Fit(m, d.Adapter.Capabilities(d.Place), s.words).Messages {
		r, err := d.Adapter.Send(t.Context(), bot.Delivery{
			ID: id + fmt.Sprint(i), Tenant: "t", Case: "c", Place: d.Place, Message: part, Native: native, Attempt: 1, Decided: time.Unix(1764550800, 0),
		})
		if err != nil {
			t.Fatalf("send %s: %v", id, err)
		}
		out = append(out, r)
	}
	return out
}

// squeezed is a text without white space and wrapping, so that networks may lay it out as they like.
func squeezed(s string) string {
	return strings.Join(strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == '\n' || r == '\t' || r == '\r' || r == '\u00a0' }), "")
}

func seenText(d Door) string {
	var all strings.Builder
	for _, s := range d.Seen() {
		all.WriteString(s.Text + "\n")
	}
	return all.String()
}

func (s suite) names(t *testing.T) {
	d, _ := s.door(t)
	if d.Adapter.Name() == "" || d.Place.Network != d.Adapter.Name() {
		t.Errorf("the place %v is not of the network %q", d.Place, d.Adapter.Name())
	}
	if got, ok := bot.ParsePlace(d.Place.String()); !ok || got != d.Place {
		t.Errorf("the place %v comes back as %v", d.Place, got)
	}
	c := d.Adapter.Capabilities(d.Place)
	if c.Buttons < 0 || c.Options < 0 || c.Fields < 0 || c.Text < 0 || c.Text > 0 && c.Text < 200 {
		t.Errorf("capabilities make no sense: %+v", c)
	}
	_ = d.Adapter.Capabilities(bot.Place{Network: d.Adapter.Name(), Room: "nowhere"}) // must not panic
}

// everyBlock: each kind of block, alone, in both languages, can be read.
func (s suite) everyBlock(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} {
		for _, sp := range Specimens(lang) {
			t.Run(lang+"/"+sp.Name, func(t *testing.T) {
				d, _ := s.door(t)
				s.send(t, d, "a"+lang[:2], sp.Message, "")
				all := squeezed(seenText(d))
				for _, want := range sp.Reads {
					if !strings.Contains(all, squeezed(want)) {
						t.Errorf("%q cannot be read in\n%s", want, seenText(d))
					}
				}
			})
		}
	}
}

// limits: messages that are too long, too many buttons, a huge table: everything arrives, after fitting, without an error.
func (s suite) limits(t *testing.T) {
	for _, lang := range []string{"en", "zh-Hans"} {
		t.Run(lang, func(t *testing.T) {
			d, _ := s.door(t)
			for i, sp := range Extremes(lang) {
				s.send(t, d, fmt.Sprintf("x%s%d", lang[:2], i), sp.Message, "")
				all := squeezed(seenText(d))
				for _, want := range sp.Reads {
					if !strings.Contains(all, squeezed(want)) {
						t.Errorf("%s: %q cannot be read", sp.Name, want)
					}
				}
			}
		})
	}
}

func (s suite) once(t *testing.T) {
	d, _ := s.door(t)
	for range 3 {
		s.send(t, d, "same", bot.Message{Text: "Only once, please.", Lang: "en"}, "")
	}
	if n := strings.Count(squeezed(seenText(d)), squeezed("Only once, please.")); n != 1 {
		t.Errorf("shown %d times", n)
	}
}

func (s suite) card(t *testing.T) {
	d, _ := s.door(t)
	c := d.Adapter.Capabilities(d.Place)
	first := s.send(t, d, "c1", bot.Message{Text: "The card as it was.", Key: "card", Lang: "en"}, "")
	s.send(t, d, "c2", bot.Message{Text: "Something between.", Lang: "en"}, "")
	s.send(t, d, "c3", bot.Message{Text: "The card as it is.", Key: "card", Lang: "en", Notify: bot.Silent}, first[0].Native)
	all := seenText(d)
	if !strings.Contains(all, "The card as it is.") {
		t.Errorf("the new card is not seen in\n%s", all)
	}
	if c.Edits && strings.Contains(all, "The card as it was.") {
		t.Errorf("the old card is still seen in\n%s", all)
	}
	if c.Edits && strings.Index(all, "The card as it is.") > strings.Index(all, "Something between.") {
		t.Errorf("the card was not replaced where it stood\n%s", all)
	}
}

func (s suite) echo(t *testing.T) {
	d, _ := s.door(t)
	if !d.Adapter.Capabilities(d.Place).Echo {
		return // this network shows by itself what people type
	}
	from := bot.User{Network: d.Adapter.Name(), Workspace: d.Place.Workspace, ID: "someone", Name: "Someone"}
	for range 2 {
		if _, err := d.Adapter.Send(t.Context(), bot.Delivery{ID: "echo", Place: d.Place, Echo: &bot.Echo{From: from, Text: "what I said"}, Attempt: 1}); err != nil {
			t.Fatal(err)
		}
	}
	if n := strings.Count(seenText(d), "what I said"); n != 1 {
		t.Errorf("the echo is shown %d times", n)
	}
}

// injection: whatever somebody typed is text, never a mention, a link, markup or a control sequence.
func (s suite) injection(t *testing.T) {
	for i, nasty := range Nasty {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			d, _ := s.door(t)
			m := bot.Message{Text: nasty, Lang: "en", Blocks: []bot.Block{
				{Kind: bot.Heading, Text: nasty}, {Kind: bot.Paragraph, Text: nasty, Tone: bot.Warn}, {Kind: bot.Note, Text: nasty},
				{Kind: bot.Facts, Facts: []bot.Fact{{Label: nasty, Value: nasty}}}, {Kind: bot.List, Items: []bot.Item{{Text: nasty, Mark: bot.Done}}},
				{Kind: bot.Grid, Table: &bot.Table{Head: []string{nasty}, Rows: [][]string{{nasty}}}}, {Kind: bot.Paste, Text: nasty},
			}, Actions: []bot.Action{{ID: "a", Token: "t", Label: nasty, Value: nasty}}}
			s.send(t, d, "n", m, "")
			raw := seenText(d)
			if d.Raw != nil {
				raw = d.Raw()
			}
			for _, bad := range d.Forbidden {
				if strings.Contains(raw, bad) {
					t.Errorf("%q got through in\n%s", bad, raw)
				}
			}
		})
	}
}

func (s suite) places(t *testing.T) {
	d, in := s.door(t)
	if d.Say == nil {
		return // nobody types here
	}
	d.Say("hello")
	d.Say("hello") // the same again is another event
	got := in.wait(t, 2)
	for _, g := range got {
		if g.To != d.Place {
			t.Errorf("came from %v, want %v", g.To, d.Place)
		}
		if g.From.Network != d.Adapter.Name() || g.From.ID == "" || g.ID == "" || g.At.IsZero() {
			t.Errorf("incomplete: %+v", g)
		}
		if text := g.What.(bot.Text).Text; text != "hello" {
			t.Errorf("came as %q", text)
		}
		if u, ok := bot.ParseUser(g.From.Key()); !ok || u.ID != g.From.ID || u.Workspace != g.From.Workspace {
			t.Errorf("the user %v comes back as %v", g.From, u)
		}
	}
	if got[0].ID == got[1].ID {
		t.Errorf("two events have the id %q", got[0].ID)
	}
}

func (s suite) own(t *testing.T) {
	d, in := s.door(t)
	if d.Own == nil || d.Say == nil {
		return // this network never tells the bot of its own messages
	}
	s.send(t, d, "own", bot.Message{Text: "I said this myself.", Lang: "en"}, "")
	d.Own()
	d.Say("after") // when this has come, the other would have come before
	for _, g := range in.wait(t, 1) {
		if text := g.What.(bot.Text).Text; text != "after" {
			t.Errorf("the bot heard %q", text)
		}
	}
}

// ends: a send whose time is up returns, with an error or without.
func (s suite) ends(t *testing.T) {
	d, _ := s.door(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = d.Adapter.Send(ctx, bot.Delivery{ID: "late", Place: d.Place, Message: bot.Message{Text: "late", Lang: "en"}, Attempt: 1}) // either way
	}()
	select {
	case <-done:
	case <-time.After(10 * time.Second):
		t.Fatal("Send does not end with its context")
	}
}
