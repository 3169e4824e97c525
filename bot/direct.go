package bot

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"xiaobao/bot/flow"
)

// Direction is the Action.ID of the buttons with which somebody says where news shall go; the value is the kind of the place, or
// "none". A network whose Capabilities name kinds opens the place and hands over a Direct, or the wish for silence.
const Direction = "news_to"

// The kinds of places that a network can open for somebody's news.
const (
	ToDirect  = flow.ToDirect  // where the person and the bot are alone
	ToThread  = flow.ToThread  // a thread that is made for them
	ToChannel = flow.ToChannel // the room they are in, which only those see who were let in
)

// The places of news in words: to choose, and as they are.
var (
	whereWords = map[string]string{flow.ToDirect: "ui.where_direct", flow.ToThread: "ui.where_thread", flow.ToChannel: "ui.where_channel"}
	whereNow   = map[string]string{"here": "ui.where_is_here", flow.ToDirect: "ui.where_is_direct", flow.ToThread: "ui.where_is_thread", flow.ToChannel: "ui.where_is_channel"}
)

// direct takes a place that the network opened for a person's news.
func (t *turn) direct(by flow.By, d Direct) {
	e := flow.Directed{By: by, Kind: d.Kind, Fault: d.Fault}
	if d.There != (Place{}) {
		e.There = d.There.String()
	}
	t.advance(e)
}

// askWhere asks once where news shall go: who begins to follow a shipment at a place that cannot be spoken to for long.
func (t *turn) askWhere(effects []flow.Effect) {
	for _, e := range effects {
		call, ok := e.(flow.Call)
		if !ok || call.Name != "shipment.watch" {
			continue
		}
		k := t.state.People[call.Person]
		place, ok := ParsePlace(k.Place)
		_, kind := t.state.NewsOf(call.Person)
		if c := t.bot.capabilities(place); !ok || !c.Brief || kind != "" || t.state.Notes[askedNote+call.Person] != "" || t.state.HearsAt(call.Person) != "" {
			continue
		}
		t.note(askedNote+call.Person, "asked")
		p := t.bot.render.reader(flow.To{Person: call.Person, Name: k.Name, Place: k.Place, Lang: k.Lang, Zone: k.Zone})
		m := p.message()
		m.Text = p.ui("where_ask")
		for _, o := range t.kinds(p, place) {
			m.Actions = append(m.Actions, Action{ID: Direction, Value: o.Value, Label: o.Label})
		}
		t.at(k.Place, m)
	}
}

// kinds are the places that can be opened for the news of whoever is at a place, and none at all, in words.
func (t *turn) kinds(p reader, place Place) (out []Option) {
	for _, kind := range t.bot.capabilities(place).NewsAt {
		out = append(out, Option{Value: kind, Label: p.say(flow.Say(whereWords[kind]))})
	}
	if len(out) > 0 {
		out = append(out, Option{Value: "none", Label: p.ui("where_none")})
	}
	return out
}

// where says where news goes, where there is a choice.
func (t *turn) where(p reader, e flow.Notices) []Fact {
	place, _ := ParsePlace(e.To.Place)
	_, kind := t.state.NewsOf(e.To.Person)
	c := t.bot.capabilities(place)
	switch {
	case kind == "" && c.Brief && e.Place == "":
		kind = "here"
	case kind == "" || len(c.NewsAt) == 0:
		return nil
	}
	return []Fact{{p.ui("where"), p.say(flow.Say(whereNow[kind]))}}
}

// wheres are the buttons that say where news shall go.
func (t *turn) wheres(p reader, e flow.Notices) []Action {
	place, _ := ParsePlace(e.To.Place)
	options := t.kinds(p, place)
	if len(options) == 0 {
		return nil
	}
	_, kind := t.state.NewsOf(e.To.Person)
	for i := range options {
		options[i].On = options[i].Value == kind
	}
	return []Action{{ID: Direction, Label: p.ui("where"), Options: options}}
}

// cardWhereAsked draws a card where somebody asked for it whose news, with its cards, goes elsewhere.
func (t *turn) cardWhereAsked(n News, drawn map[string]bool) {
	if n.Asked == (Place{}) || drawn[n.Asked.String()] || n.Card.Title.ID == "" {
		return
	}
	asked := n.Asked.String()
	for _, person := range slices.Sorted(maps.Keys(t.state.People)) {
		k := t.state.People[person]
		if where, _ := t.state.NewsOf(person); k.Place == asked && where != asked {
			t.card(t.bot.render.reader(flow.To{Person: person, Name: k.Name, Place: asked, Lang: k.Lang, Zone: k.Zone}), n, n.Asked, t.bot.capabilities(n.Asked))
			return
		}
	}
}

// lostNote begins the name of a note that says who heard at a place that shut: what was still on its way there goes to them.
const lostNote = "lost:"

// lost ends what goes to a place that shut. What was on its way there, and what is held for it, goes to the people who heard there.
func (t *turn) lost(l Lost) {
	place := cmp.Or(t.state.Following(l.Place.String()), l.Place.String())
	heard := t.state.HearingAt(place)
	if len(heard) > 0 || t.state.Following(place) != "" { // the first of what was on its way there
		t.note(lostNote+place, strings.Join(heard, "\n"))
	} else {
		heard = strings.FieldsFunc(t.state.Notes[lostNote+place], func(r rune) bool { return r == '\n' })
	}
	held := t.held(place)
	t.advance(flow.Shut{Place: l.Place.String(), Why: l.Why})
	for _, person := range heard {
		p, to, ok := t.readerOf(person)
		if !ok || to == l.Place || to.String() == place {
			continue
		}
		if len(held) > 0 {
			t.keep(person, append(t.held(person), held...))
		}
		if m := l.Message; m.Key == "" && m.Notify != Silent {
			m.For, m.ForName, m.Under = p.to.Person, p.to.Name, ""
			t.post(to, m, t.bot.capabilities(to))
		}
	}
}
