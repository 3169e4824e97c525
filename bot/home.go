package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"xiaobao/bot/flow"
)

// A HomePart is what another room shows on a person's home page.
type HomePart struct {
	Needs   []flow.Line // what somebody should do now, the most urgent first
	Title   flow.Line
	Part    flow.Part
	Actions []flow.Action
}

// A HomeFunc makes a part for a case. It only reads, and must be quick.
type HomeFunc func(ctx context.Context, tenant, caseID string) (HomePart, error)

// Furnish adds another room's part to every home page. It must be used before Run.
func (b *Bot) Furnish(f HomeFunc) { b.rooms = append(b.rooms, f) }

// mostNeeds is how many things a home page asks for at once.
const mostNeeds = 3

// Home is what a person sees on a page that is always there and nobody else reads: what needs them now, the ten steps, what other
// rooms have, what is pushed, and how to change the language. Each message is a section. It changes nothing; its buttons are
// as valid as any.
func (b *Bot) Home(ctx context.Context, u User) ([]Message, error) {
	now := b.Now()
	m, err := b.Store.Enter(ctx, u, b.NewID(), now)
	if err != nil {
		return nil, fmt.Errorf("bot: find the case of a home page: %w", err)
	}
	state := flow.State{Spec: flow.Spec}
	data, err := b.Cases.Read(ctx, u.Tenant(), m.Case)
	if err != nil && !errors.Is(err, ErrGone) {
		return nil, fmt.Errorf("bot: read the case of a home page: %w", err)
	}
	if len(data) > 0 {
		if err := json.Unmarshal(data, &state); err != nil {
			return nil, fmt.Errorf("bot: read the case of a home page: %w", err)
		}
	}
	t := &turn{bot: b, key: Key{Tenant: u.Tenant(), Case: m.Case}, role: m.Role, in: Incoming{From: u}, now: now, state: state}
	h := home{t, t.bot.render.reader(t.to(flow.By{Person: u.Key(), Name: u.Name, Lang: u.Language, Zone: u.Zone}))}
	if h.to.Lang == "" {
		h.to.Lang = u.Language
	}
	if !state.People[u.Key()].Greeted {
		return h.first(), nil
	}
	var parts []HomePart
	for _, f := range b.rooms {
		part, err := f(ctx, u.Tenant(), m.Case)
		if err != nil {
			return nil, fmt.Errorf("bot: furnish a home page: %w", err)
		}
		parts = append(parts, part)
	}
	return h.furnished(u.Key(), parts), nil
}

// home draws the page of one person.
type home struct {
	turn *turn
	reader
}

// first is the page of somebody who has not said anything yet.
func (h home) first() []Message {
	m := h.message()
	m.Blocks = []Block{{Kind: Heading, Text: h.ui("home_hello")}}
	for _, id := range []string{"hello.who", "hello.never", "hello.how"} {
		m.Blocks = append(m.Blocks, Block{Kind: Paragraph, Text: h.say(flow.Say(id))})
	}
	m.Text = m.Blocks[0].Text
	m.Actions = h.actions(nil, []flow.Action{{Verb: "next", Label: flow.Say("button.start_step", flow.Word("Title", "step.register")), Style: "primary"}})
	return []Message{m, h.foot()}
}

func (h home) furnished(person string, parts []HomePart) []Message {
	spine, ask := h.ahead(person)
	needs := h.message()
	needs.Text = h.ui("home_needs")
	needs.Blocks = []Block{{Kind: Heading, Text: needs.Text}}
	var lines []flow.Line
	for _, p := range parts {
		lines = append(lines, p.Needs...)
	}
	if len(ask.Question) > 0 {
		lines = append(lines, ask.Question[0])
	}
	list := Block{Kind: List}
	for _, l := range lines[:min(len(lines), mostNeeds)] {
		list.Items = append(list.Items, Item{Text: h.say(l), Mark: Missing})
	}
	if len(list.Items) > 0 {
		needs.Blocks = append(needs.Blocks, list)
	} else {
		needs.Blocks = append(needs.Blocks, Block{Kind: Paragraph, Text: h.ui("home_nothing")})
	}
	if h.turn.role == Viewer {
		needs.Blocks = append(needs.Blocks[:1:1], Block{Kind: Paragraph, Text: h.say(flow.Say("viewer.looks"))}) // nothing waits for them
		spine.Actions = slices.DeleteFunc(slices.Clone(spine.Actions), func(a flow.Action) bool { return a.Style == "primary" })
	} else {
		needs.Actions = h.actions(nil, []flow.Action{{Verb: "next", Label: flow.Say("verb.next"), Style: "primary"}})
	}
	out := []Message{needs, h.spine(spine)}
	for _, p := range parts {
		m := h.message()
		m.Text = h.say(p.Title)
		m.Blocks = h.sheetBlocks(flow.Sheet{Title: p.Title, Parts: []flow.Part{p.Part}})
		m.Actions = h.actions(nil, p.Actions)
		out = append(out, m)
	}
	return append(out, h.wished(person), h.foot())
}

// ahead asks the engine where a person stands, and keeps nothing of what it answers.
func (h home) ahead(person string) (spine flow.Spine, ask flow.Ask) {
	k := h.turn.state.People[person]
	by := flow.By{Person: person, Name: k.Name, Place: k.Place, Lang: k.Lang, Zone: k.Zone, Singly: k.Singly}
	for _, verb := range []string{"steps", "repeat"} {
		_, effects := h.turn.bot.Book.Advance(h.turn.state, flow.Chose{By: by, Action: verb}, h.turn.local(person))
		for _, e := range effects {
			switch e := e.(type) {
			case flow.Spine:
				spine = e
			case flow.Ask:
				ask = e
			}
		}
	}
	return spine, ask
}

// wished is what is pushed to them, in one line.
func (h home) wished(person string) Message {
	m := h.message()
	m.Text = h.ui("notices_yours")
	m.Blocks = []Block{{Kind: Heading, Text: m.Text}, {Kind: Facts, Facts: h.wishes(h.turn.preferences(person), h.turn.now)}}
	m.Actions = h.actions(nil, []flow.Action{{Verb: "notices", Label: flow.Say("verb.notices")}})
	return m
}

// foot says how fresh the page is and where else to go.
func (h home) foot() Message {
	m := h.message()
	m.Text = h.ui("home_seen", flow.Time("Time", h.turn.now))
	m.Blocks = []Block{{Kind: Note, Text: m.Text}, {Kind: Note, Text: h.ui("unofficial")}}
	_, effects := h.turn.bot.Book.Advance(h.turn.state, flow.Chose{By: flow.By{Person: h.to.Person, Lang: h.to.Lang}, Action: "language"}, h.turn.now)
	for _, e := range effects {
		if s, ok := e.(flow.Speak); ok {
			m.Actions = h.actions(m.Actions, slices.DeleteFunc(slices.Clone(s.Actions), func(a flow.Action) bool { return a.Verb != "language" || a.Value == h.to.Lang }))
		}
	}
	m.Actions = h.actions(m.Actions, []flow.Action{{Verb: "help", Label: flow.Say("verb.help")}, {Verb: "privacy", Label: flow.Say("verb.privacy")}})
	return m
}
