package bot

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"

	"xiaobao/bot/flow"
	"xiaobao/bot/notify"
)

// Names of notes in flow.State.Notes that belong to the bot; the rest of the name is the person or the card.
const (
	notifyNote = "notify:" // notify.Preferences as JSON; the zone is the listener's own
	pushedNote = "pushed:" // when they were last pushed something, in seconds, as JSON
	heldNote   = "held:"   // what waits to be told, as JSON
	toldNote   = "told:"   // what they were told last, as JSON
	menuNote   = "menu:"   // what typed numbers stand for
	cardNote   = "card:"   // how often a card was begun at a place
	burstNote  = "burst:"  // the message under a card that still grows, as JSON
	askedNote  = "where:"  // that they were asked where news shall go
)

// heldTimer is the name of the timer of what is held for a person, before the person.
const heldTimer = "held:"

// mostHeld is how many pieces of news are held word for word for one listener. When there are more, the older ones about the same
// thing stand behind the newest one, as a number.
const mostHeld = 50

// A heldNews is news that waits to be told. It is decided again when it is due: what the person wishes then counts.
type heldNews struct {
	Due     int64       `json:"due"` // microseconds since 1970
	At      int64       `json:"at"`
	Key     string      `json:"key"`
	Card    bool        `json:"card,omitempty"`
	Urgent  bool        `json:"urgent,omitempty"`
	Trouble bool        `json:"trouble,omitempty"`
	Routine bool        `json:"routine,omitempty"`
	Source  string      `json:"source,omitempty"`
	Lines   []flow.Line `json:"lines"`
	Opens   string      `json:"opens,omitempty"`
	Sorts   []string    `json:"sorts,omitempty"`
	By      string      `json:"by,omitempty"`
	Before  int         `json:"before,omitempty"` // so many came before it and are not held themselves
}

func (h heldNews) notification() notify.Notification {
	n := notify.Notification{Topic: h.Key, Sorts: h.Sorts, By: h.By, Urgency: notify.Normal, Trouble: h.Trouble, Card: h.Card}
	switch {
	case h.Urgent:
		n.Urgency = notify.Critical
	case h.Routine:
		n.Urgency = notify.Routine
	}
	return n
}

// news draws a card again at every place that follows the case, and says aloud what a person should hear, when they want
// to hear it. Quiet hours move the push, never the card. Who hears only of other shipments gets no card, unless one is there.
func (t *turn) news(n News) {
	drawn := map[string]bool{}
	for _, who := range t.listeners() {
		p, place, ok := t.readerOf(who)
		if !ok {
			continue
		}
		c := t.bot.capabilities(place)
		h := heldNews{At: n.Heard.UnixMicro(), Key: n.Key, Urgent: n.Urgent, Trouble: n.Trouble, Routine: n.Routine, Source: n.Source, Lines: n.Push, Opens: n.Opens, Sorts: n.Sorts, By: n.By}
		hasCard := n.Card.Title.ID != "" && t.shows(who, place, n, h)
		first := hasCard && !drawn[place.String()]
		drawn[place.String()] = first || drawn[place.String()]
		if first && (c.Edits || len(n.Push) == 0) {
			t.card(p, n, place, c)
		}
		if len(n.Push) == 0 {
			continue
		}
		h.Card = hasCard
		if told := t.push(who, p, h, place, c); !told && first && !c.Edits {
			t.card(p, n, place, c)
		}
	}
	t.cardWhereAsked(n, drawn)
	if len(n.Told) > 0 && t.holds(n.If) { // after the news, so that a question that follows from it stands last
		t.advance(flow.Told{Source: n.Source, Slots: n.Told})
	}
}

// shows says whether a card is shown to a listener: of what they hear of, where somebody asked for it, and where it is already.
func (t *turn) shows(who string, place Place, n News, h heldNews) bool {
	if _, wanted := t.preferences(who).Only.Lets(h.notification()); wanted || t.state.Notes[cardNote+n.Key+" "+place.String()] != "" {
		return true
	}
	asked := n.Asked.String()
	return n.Asked != Place{} && (asked == place.String() || t.state.Following(asked) == who)
}

// holds says whether slots have values, however these are spaced. A slot that is not known does not.
func (t *turn) holds(values map[string]string) bool {
	for slot, want := range values {
		if s, ok := t.state.Slots[slot]; !ok || bare(s.Value.Text) != bare(want) {
			return false
		}
	}
	return true
}

// bare are the letters and digits of an identifier.
func bare(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToUpper(r)
		}
		return -1
	}, s)
}

// card posts a card, or draws it again in its place. Where nothing can be replaced it is shown once, and in one line from
// then on.
func (t *turn) card(p reader, n News, place Place, c Capabilities) {
	note := cardNote + n.Key + " " + place.String()
	times, last, _ := strings.Cut(t.state.Notes[note], " ")
	begun, _ := strconv.Atoi(times) // 0 at first
	m := p.card(n)
	switch {
	case begun == 0 || n.Anew:
		if begun > 0 && c.Edits {
			t.post(place, Message{Key: cardKey(n.Key, begun), Lang: m.Lang, Notify: Silent, Text: p.ui("card_below", flow.Text("Title", m.Text))}, c)
		}
		begun++
		t.note(note, strconv.Itoa(begun))
	case !c.Edits && n.Brief.ID != "":
		brief := p.say(n.Brief)
		if brief == last {
			return // what changed is not in one line
		}
		t.note(note, times+" "+brief)
		t.post(place, Message{Lang: m.Lang, Notify: Silent, Text: brief}, c)
		return
	}
	m.Key = cardKey(n.Key, begun)
	t.post(place, m, c)
}

// cardKey is the key of a card that was begun for the nth time.
func cardKey(key string, n int) string {
	if n == 1 {
		return key
	}
	return key + "/" + strconv.Itoa(n)
}

// card is for everybody at a place, so it is addressed to nobody. Where and when it was heard is among its facts.
func (p reader) card(n News) Message {
	return Message{Lang: p.to.Lang, Notify: Silent, Text: p.say(n.Card.Title), Blocks: p.sheetBlocks(n.Card)}
}

func (p reader) heard(h heldNews) string {
	if h.Source == "" {
		return ""
	}
	return p.ui("heard", flow.Text("Source", p.named("ui.source."+h.Source, h.Source)), flow.Time("Time", time.UnixMicro(h.At)))
}

// push says news to a listener, now or later, and reports whether it was now.
func (t *turn) push(who string, p reader, h heldNews, place Place, c Capabilities) bool {
	v := notify.Decide(t.preferences(who), h.notification(), append(t.pushed(who), t.planned(who)...), t.now)
	switch v.Do {
	case notify.Now:
		t.say(who, p, h, v.Why, place, c)
		return true
	case notify.Hold, notify.Digest:
		h.Due = v.At.UnixMicro()
		t.keep(who, append(t.held(who), h))
	case notify.CardOnly:
		if c.Threads && v.Why != "muted" && v.Why != "only" {
			t.history(p, h, place, c)
		}
	}
	return false
}

// say tells one piece of news.
func (t *turn) say(who string, p reader, h heldNews, why string, place Place, c Capabilities) {
	m := p.message()
	m.Blocks = p.paragraphs(nil, h.Lines, Plain)
	m.Text = textOf(m.Blocks)
	if note := p.heard(h); note != "" {
		m.Blocks = append(m.Blocks, Block{Kind: Note, Text: note})
	}
	if h.Urgent {
		m.Notify = Urgent
	}
	if number, ok := strings.CutPrefix(h.Key, shipmentTopic); ok {
		m.Actions = []Action{
			{ID: "why_news", Value: number, Label: p.say(flow.Say("verb.why_news")), Style: Quiet},
			{ID: "mute", Value: number, Label: p.say(flow.Say("verb.mute")), Style: Quiet},
		}
	}
	if h.Opens != "" && t.state.Steps[h.Opens].Status == flow.NotStarted {
		begin := p.actions(nil, []flow.Action{{Verb: "open", Value: h.Opens, Label: flow.Say("button.start_step", flow.Word("Title", "step."+h.Opens))}})
		m.Actions = append(begin, m.Actions...)
	}
	t.record(who, h, why)
	t.wasPushed(who)
	t.post(place, plain(m), c)
}

// due tells what was held for a listener and is due: one piece by itself, several in one summary. What they wish by now
// counts: a mute or a snooze that came meanwhile, another language.
func (t *turn) due(who string) {
	p, place, ok := t.readerOf(who)
	if !ok {
		return
	}
	c := t.bot.capabilities(place)
	wishes := t.preferences(who)
	wishes.Digest = notify.Rhythm{} // this is what they waited for
	if wishes.Level == notify.Important {
		wishes.Level = notify.Everything // what was kept for a digest is told in it
	}
	var tell, later []heldNews
	for _, h := range t.held(who) {
		if h.Due > t.now.UnixMicro() {
			later = append(later, h)
			continue
		}
		switch v := notify.Decide(wishes, h.notification(), nil, t.now); v.Do {
		case notify.Now:
			tell = append(tell, h)
		case notify.Hold, notify.Digest:
			h.Due = v.At.UnixMicro()
			later = append(later, h)
		}
	}
	t.keep(who, later)
	switch {
	case len(tell) == 0:
	case len(tell) == 1 && tell[0].Before == 0:
		t.say(who, p, tell[0], "held", place, c)
	default:
		t.summary(who, p, tell, place, c)
	}
}

// summary tells several pieces of news in one message.
func (t *turn) summary(who string, p reader, tell []heldNews, place Place, c Capabilities) {
	m := p.message()
	m.Text = p.ui("digest", flow.Number("Count", strconv.Itoa(len(tell))))
	list := Block{Kind: List}
	for _, h := range tell {
		text := p.sentence(h.Lines)
		if h.Before > 0 {
			text = sentences(text, p.ui("digest_before", flow.Number("Count", strconv.Itoa(h.Before))))
		}
		list.Items = append(list.Items, Item{Text: text})
		if h.Urgent {
			m.Notify = Urgent
		}
		t.record(who, h, "held")
	}
	m.Blocks = []Block{{Kind: Heading, Text: m.Text}, list}
	m.Actions = []Action{{ID: "why_news", Label: p.say(flow.Say("verb.why_news")), Style: Quiet}, {ID: "notices", Label: p.say(flow.Say("verb.notices")), Style: Quiet}}
	t.wasPushed(who)
	t.post(place, m, c)
}

// shipmentTopic begins News.Key when the news is about a shipment; its number follows.
const shipmentTopic = "shipment:"

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

func (t *turn) wasPushed(person string) {
	recent := t.pushed(person)
	list := make([]int64, 0, len(recent)+1)
	for _, r := range append(recent, t.now) {
		list = append(list, r.Unix())
	}
	text, _ := json.Marshal(list) // integers always can
	t.note(pushedNote+person, string(text))
}

// planned is when what is held for a person will be told.
func (t *turn) planned(person string) []time.Time {
	var out []time.Time
	for _, h := range t.held(person) {
		out = append(out, time.UnixMicro(h.Due))
	}
	return out
}

func (t *turn) held(person string) []heldNews {
	var held []heldNews
	_ = json.Unmarshal([]byte(t.state.Notes[heldNote+person]), &held) // empty at first
	return held
}

// keep holds news for a person and sets the timer for the first that is due.
func (t *turn) keep(person string, held []heldNews) {
	if len(held) == 0 {
		t.note(heldNote+person, "")
		return
	}
	held = packed(held)
	if text, err := json.Marshal(held); err == nil {
		t.note(heldNote+person, string(text))
	}
	first := slices.MinFunc(held, func(a, b heldNews) int { return cmp.Compare(a.Due, b.Due) })
	t.timer(heldTimer+person, time.UnixMicro(first.Due))
}

// packed makes room when much is held: of the news about one thing only the newest stays, and counts the others; and when there
// are too many things, the last to come counts the rest. Nothing that needs a person is packed away while there is anything else.
func packed(held []heldNews) []heldNews {
	if len(held) <= mostHeld {
		return held
	}
	newest := map[string]int{}
	var out []heldNews
	for _, h := range held {
		i, there := newest[h.Key]
		if !there || out[i].Urgent && !h.Urgent {
			newest[h.Key] = len(out)
			out = append(out, h)
			continue
		}
		h.Before += out[i].Before + 1
		h.Due = min(h.Due, out[i].Due)
		out[i] = h
	}
	slices.SortStableFunc(out, func(a, b heldNews) int { return rank(b) - rank(a) })
	if left := len(out) - mostHeld; left > 0 {
		last := &out[mostHeld-1]
		for _, h := range out[mostHeld:] {
			last.Before += h.Before + 1
		}
		out = out[:mostHeld]
	}
	return out
}

// rank is how much it matters that something is told word for word.
func rank(h heldNews) int {
	switch {
	case h.Urgent:
		return 3
	case h.Trouble:
		return 2
	case h.Routine:
		return 0
	}
	return 1
}
