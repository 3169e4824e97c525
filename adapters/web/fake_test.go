package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"xiaobao/bot"
)

// memory is a bot.Log that forgets when the test ends.
type memory struct {
	mu     sync.Mutex
	seq    int64
	places map[bot.Place][]bot.Entry
	ids    map[string]int64
	broken bool
}

func newMemory() *memory {
	return &memory{places: map[bot.Place][]bot.Entry{}, ids: map[string]int64{}}
}

func (m *memory) Post(_ context.Context, p bot.Place, _, id, key string, at time.Time, body []byte) (int64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return 0, errors.New("the disk is full")
	}
	if seq, ok := m.ids[id]; ok {
		return seq, nil
	}
	m.seq++
	m.ids[id] = m.seq
	for i, e := range m.places[p] {
		if key != "" && e.Key == key {
			m.places[p][i] = bot.Entry{Seq: m.seq, Order: e.Order, Key: key, At: e.At, Body: body}
			return m.seq, nil
		}
	}
	m.places[p] = append(m.places[p], bot.Entry{Seq: m.seq, Order: m.seq, Key: key, At: at, Body: body})
	return m.seq, nil
}

func (m *memory) Since(_ context.Context, p bot.Place, seq int64, n int) ([]bot.Entry, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.broken {
		return nil, errors.New("the disk is full")
	}
	var found []bot.Entry
	for _, e := range m.places[p] {
		if e.Seq > seq {
			found = append(found, e)
		}
	}
	slices.SortFunc(found, func(a, b bot.Entry) int { return cmp.Compare(a.Order, b.Order) })
	return found[max(0, len(found)-n):], nil
}

func (m *memory) erase() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.places = map[bot.Place][]bot.Entry{}
}

// clerk is a scripted bot: it answers certain words, remembers each person's language, and applies an id once.
type clerk struct {
	send func(context.Context, bot.Delivery) (bot.Receipt, error)

	mu    sync.Mutex
	n     int
	seen  map[string]bool
	got   []bot.Incoming
	langs map[string]string
	marks map[string]bot.Mark
	here  string // the active step they are in; the others that are active are colleagues'
	asked bool
	fail  int           // so many times handle fails
	lose  int           // so many times it is done but the answer is lost
	gate  chan struct{} // when set, handle says so on it and waits until it is closed
}

func newClerk() *clerk {
	return &clerk{here: "learn", seen: map[string]bool{}, langs: map[string]string{}, marks: map[string]bot.Mark{"register": bot.Done, "learn": bot.Active, "apply": bot.Waiting, "sign": bot.Skipped}}
}

// said are the inputs that were applied, without the pressing of what only turns the page.
func (c *clerk) said() []bot.Incoming {
	c.mu.Lock()
	defer c.mu.Unlock()
	var got []bot.Incoming
	for _, in := range c.got {
		if p, ok := in.What.(bot.Press); !ok || p.Action != "language" && p.Action != "hello" && p.Action != "next" {
			got = append(got, in)
		}
	}
	return got
}

func (c *clerk) handle(ctx context.Context, in bot.Incoming) error {
	c.mu.Lock()
	gate := c.gate
	c.mu.Unlock()
	if gate != nil {
		gate <- struct{}{}
		<-gate
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.fail > 0 {
		c.fail--
		return errors.New("the database is away")
	}
	if c.seen[in.ID] {
		return nil
	}
	c.seen[in.ID] = true
	c.got = append(c.got, in)
	if err := c.answer(ctx, in); err != nil {
		return err
	}
	if c.lose > 0 {
		c.lose--
		return errors.New("done, but nobody heard of it")
	}
	return nil
}

func (c *clerk) answer(ctx context.Context, in bot.Incoming) error {
	who := in.From.Key()
	switch what := in.What.(type) {
	case bot.Text:
		if strings.HasPrefix(what.Text, "secret") {
			c.echo(ctx, in, "••••••")
		} else {
			c.echo(ctx, in, what.Text)
		}
		c.talk(ctx, in, what.Text)
	case bot.Press:
		switch what.Action {
		case "hello":
			c.langs[who] = in.From.Language
			c.say(ctx, in, greeting(in.From.Language))
			c.spine(ctx, in)
			return nil
		case "language":
			c.langs[who] = what.Values[0]
			c.spine(ctx, in)
			if c.asked {
				c.ask(ctx, in)
			}
			return nil
		case "next":
			c.ask(ctx, in)
			return nil
		case "open":
			c.marks[what.Values[0]] = bot.Active
			c.here = what.Values[0]
			c.spine(ctx, in)
		}
		c.echo(ctx, in, strings.TrimSpace(what.Action+" "+strings.Join(what.Values, ",")))
		c.say(ctx, in, bot.Message{Text: "pressed " + what.Action + " " + strings.Join(what.Values, ","), Lang: c.lang(in)})
	case bot.Submit:
		if what.Values["uscc"] != "91350100M000100Y43" {
			c.say(ctx, in, form(c.lang(in), what.Values))
			return nil
		}
		c.say(ctx, in, bot.Message{Key: "form", Text: "saved", Lang: c.lang(in), Blocks: []bot.Block{
			{Kind: bot.Paragraph, Tone: bot.Good, Text: pick(c.lang(in), "记下了，三项都没有问题。", "Saved: all three are in order.")},
			{Kind: bot.Facts, Facts: []bot.Fact{{Label: "USCC", Value: what.Values["uscc"]}, {Label: pick(c.lang(in), "站点", "Marketplaces"), Value: strings.ReplaceAll(what.Values["markets"], "\n", ", ")}}},
		}})
	case bot.File:
		c.say(ctx, in, bot.Message{Text: fmt.Sprintf("file %s of %d bytes", what.Name, len(what.Data))})
	}
	return nil
}

func (c *clerk) talk(ctx context.Context, in bot.Incoming, text string) {
	lang := c.lang(in)
	switch strings.Fields(text + " -")[0] {
	case "all":
		c.say(ctx, in, gallery(lang))
	case "form":
		c.say(ctx, in, form(lang, nil))
	case "select":
		c.say(ctx, in, choices(lang))
	case "ask":
		c.ask(ctx, in)
	case "mine":
		m := form(lang, nil)
		m.Key, m.For, m.ForName = "mine", in.From.Key(), in.From.Name
		c.say(ctx, in, m)
	case "urgent":
		c.say(ctx, in, urgent(lang))
	default:
		c.say(ctx, in, bot.Message{Text: "heard " + text, Lang: lang})
	}
}

func (c *clerk) lang(in bot.Incoming) string { return cmp.Or(c.langs[in.From.Key()], in.From.Language) }

func (c *clerk) say(ctx context.Context, in bot.Incoming, m bot.Message) {
	c.n++
	c.send(ctx, bot.Delivery{ID: fmt.Sprintf("d%d", c.n), Place: in.To, Message: m, Attempt: 1})
}

func (c *clerk) echo(ctx context.Context, in bot.Incoming, text string) {
	c.n++
	c.send(ctx, bot.Delivery{ID: fmt.Sprintf("d%d", c.n), Place: in.To, Echo: &bot.Echo{From: in.From, Text: text}, Attempt: 1})
}

func (c *clerk) spine(ctx context.Context, in bot.Incoming) {
	c.say(ctx, in, spine(in.From.Key(), c.lang(in), c.marks, c.here))
}

func (c *clerk) ask(ctx context.Context, in bot.Incoming) {
	c.asked = true
	c.say(ctx, in, question(c.lang(in)))
}

func pick(lang, zh, en string) string {
	if lang == "zh-Hans" {
		return zh
	}
	return en
}

// newest is the mark of a page that has everything.
func (m *memory) newest(p bot.Place) (at mark) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.places[p] {
		if e.Seq > at.seq {
			at = mark{e.Seq, e.Order}
		}
	}
	return at
}
