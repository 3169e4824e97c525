package bot

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"time"

	"xiaobao/bot/flow"
	"xiaobao/bot/notify"
)

// Names of notes in flow.State.Notes that belong to the bot; the rest of the name is the person.
const (
	notifyNote = "notify:" // notify.Preferences as JSON; the zone is the person's own
	pushedNote = "pushed:" // when they were last pushed something, in seconds, as JSON
	digestNote = "digest:" // what waits to be told together, as JSON
	menuNote   = "menu:"   // what typed numbers stand for
)

// digestTimer is the name of the timer of a person's digest, before the person.
const digestTimer = "digest:"

// mostHeld is how many pieces of news wait for one digest; more are counted, and the cards show them anyway.
const mostHeld = 50

// A heldNews is news that waits for a digest.
type heldNews struct {
	At    int64       `json:"at"`
	Lines []flow.Line `json:"lines"`
}

// news draws a card again at every place that follows the case, and says aloud what a person should hear, when they want
// to hear it. Quiet hours move the push, never the card.
func (t *turn) news(n News) {
	if len(n.Told) > 0 {
		t.advance(flow.Told{Source: n.Source, Slots: n.Told})
	}
	drawn := map[string]bool{}
	for _, person := range slices.Sorted(maps.Keys(t.state.People)) {
		k := t.state.People[person]
		place, ok := ParsePlace(k.Place)
		if !ok {
			continue
		}
		c := t.bot.capabilities(place)
		p := t.bot.render.reader(flow.To{Person: person, Name: k.Name, Place: k.Place, Lang: k.Lang, Zone: k.Zone})
		if !drawn[k.Place] && n.Card.Title.ID != "" {
			drawn[k.Place] = true
			t.post(place, p.card(n), c)
		}
		if len(n.Push) > 0 {
			t.push(p, n, place, c)
		}
	}
}

// card is for everybody at a place, so it is addressed to nobody.
func (p reader) card(n News) Message {
	m := Message{Key: n.Key, Lang: p.to.Lang, Notify: Silent, Text: p.say(n.Card.Title), Blocks: p.sheetBlocks(n.Card)}
	if note := p.heard(n); note != "" {
		m.Blocks = append(m.Blocks, Block{Kind: Note, Text: note})
	}
	return m
}

func (p reader) heard(n News) string {
	if n.Source == "" {
		return ""
	}
	return p.ui("heard", flow.Text("Source", p.named("ui.source."+n.Source, n.Source)), flow.Time("Time", n.Heard))
}

func (t *turn) push(p reader, n News, place Place, c Capabilities) {
	person := p.to.Person
	about := notify.Notification{Topic: n.Key, Urgency: notify.Normal, Card: n.Card.Title.ID != ""}
	if n.Urgent {
		about.Urgency = notify.Critical
	}
	recent := t.pushed(person)
	v := notify.Decide(t.preferences(person), about, recent, t.now)
	m := p.message()
	m.Blocks = p.paragraphs(nil, n.Push, Plain)
	m.Text = textOf(m.Blocks)
	if note := p.heard(n); note != "" {
		m.Blocks = append(m.Blocks, Block{Kind: Note, Text: note})
	}
	if n.Urgent {
		m.Notify = Urgent
	}
	m = plain(m)
	switch v.Do {
	case notify.Now:
		t.wasPushed(person, recent, t.now)
		t.post(place, m, c)
	case notify.Hold:
		t.wasPushed(person, recent, v.At)
		t.after(v.At, func() { t.post(place, m, c) })
	case notify.Digest:
		t.hold(person, n, v.At)
	}
}

// after makes everything that f queues leave at a later time.
func (t *turn) after(at time.Time, f func()) {
	from := len(t.out)
	f()
	for i := from; i < len(t.out); i++ {
		t.out[i].After = at
	}
}

// preferences are what a person asked for; nothing unless they did.
func (t *turn) preferences(person string) notify.Preferences {
	var p notify.Preferences
	if note := t.state.Notes[notifyNote+person]; note != "" {
		_ = json.Unmarshal([]byte(note), &p) // unreadable wishes are no wishes
	}
	p.Zone = zoneOf(t.state.People[person].Zone)
	return p
}

func (t *turn) pushed(person string) []time.Time {
	var at []int64
	_ = json.Unmarshal([]byte(t.state.Notes[pushedNote+person]), &at) // empty at first
	out := make([]time.Time, 0, len(at))
	for _, s := range at {
		if when := time.Unix(s, 0); t.now.Sub(when) < time.Hour {
			out = append(out, when)
		}
	}
	return out
}

func (t *turn) wasPushed(person string, recent []time.Time, at time.Time) {
	list := make([]int64, 0, len(recent)+1)
	for _, r := range append(recent, at) {
		list = append(list, r.Unix())
	}
	text, _ := json.Marshal(list) // integers always can
	t.note(pushedNote+person, string(text))
}

// hold keeps news for the digest of at.
func (t *turn) hold(person string, n News, at time.Time) {
	held := t.holding(person)
	if len(held) < mostHeld {
		held = append(held, heldNews{n.Heard.UnixMicro(), n.Push})
	}
	if text, err := json.Marshal(held); err == nil {
		t.note(digestNote+person, string(text))
	}
	t.timer(digestTimer+person, at)
}

func (t *turn) holding(person string) []heldNews {
	var held []heldNews
	_ = json.Unmarshal([]byte(t.state.Notes[digestNote+person]), &held) // empty at first
	return held
}

// digest tells what was held back in one message.
func (t *turn) digest(person string) {
	held := t.holding(person)
	t.note(digestNote+person, "")
	k := t.state.People[person]
	place, ok := ParsePlace(k.Place)
	if !ok || len(held) == 0 {
		return
	}
	p := t.bot.render.reader(flow.To{Person: person, Name: k.Name, Place: k.Place, Lang: k.Lang, Zone: k.Zone})
	m := p.message()
	m.Text = p.ui("digest", flow.Number("Count", strconv.Itoa(len(held))))
	list := Block{Kind: List}
	for _, h := range held {
		list.Items = append(list.Items, Item{Text: p.sentence(h.Lines)})
	}
	m.Blocks = []Block{{Kind: Heading, Text: m.Text}, list}
	t.post(place, m, t.bot.capabilities(place))
}
