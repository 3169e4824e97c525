package bot

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"xiaobao/bot/flow"
	"xiaobao/bot/notify"
)

// listeners are who hears news of the case: the places that follow it, by name, then the people who are not at one of them.
func (t *turn) listeners() []string {
	var out []string
	for _, note := range slices.Sorted(maps.Keys(t.state.Notes)) {
		if place, ok := strings.CutPrefix(note, flow.FollowNote); ok {
			out = append(out, place)
		}
	}
	for _, person := range slices.Sorted(maps.Keys(t.state.People)) {
		if t.state.HearsAt(person) == "" {
			out = append(out, person)
		}
	}
	return out
}

// readerOf finds how and where a listener reads. What is said at a place that follows is for everybody there.
func (t *turn) readerOf(who string) (reader, Place, bool) {
	if note := t.state.Notes[flow.FollowNote+who]; note != "" {
		lang, zone, _ := strings.Cut(note, " ")
		place, ok := ParsePlace(who)
		return t.bot.render.reader(flow.To{Place: who, Lang: lang, Zone: zone}), place, ok
	}
	k := t.state.People[who]
	where, _ := t.state.NewsOf(who)
	place, ok := ParsePlace(where)
	return t.bot.render.reader(flow.To{Person: who, Name: k.Name, Place: where, Lang: k.Lang, Zone: k.Zone}), place, ok
}

// preferences are what a listener asked for; nothing unless they did.
func (t *turn) preferences(who string) notify.Preferences {
	var p notify.Preferences
	if note := t.state.Notes[notifyNote+who]; note != "" {
		_ = json.Unmarshal([]byte(note), &p) // unreadable wishes are no wishes
	}
	r, _, _ := t.readerOf(who)
	p.Zone = zoneOf(r.to.Zone)
	return p
}

// wish keeps what somebody wants of notifications, for themselves or for a place that follows.
func (t *turn) wish(w flow.Wish) {
	who := w.Person
	if w.Place != "" {
		who = w.Place
	}
	p := t.preferences(who)
	topic := ""
	if w.About != "" {
		topic = shipmentTopic + w.About
	}
	switch w.Kind {
	case flow.Follow:
		return
	case flow.Unfollow:
		for _, note := range []string{notifyNote, pushedNote, heldNote, toldNote} {
			t.note(note+w.Place, "")
		}
		return
	case flow.Only:
		if w.On && !p.Only.Narrows() {
			return
		}
		p.Only = only(p.Only, w)
	case flow.Mute:
		if topic == "" {
			p.Muted.All = true
		} else if !slices.Contains(p.Muted.Topics, topic) {
			p.Muted.Topics = append(slices.Clip(p.Muted.Topics), topic)
		}
	case flow.Unmute:
		if topic == "" {
			p.Muted, p.Snooze = notify.Muted{}, nil
			break
		}
		p.Muted.All = false // whoever wants to hear of one again does not want silence
		p.Muted.Topics = slices.DeleteFunc(slices.Clone(p.Muted.Topics), func(s string) bool { return s == topic })
		p.Snooze = slices.DeleteFunc(slices.Clone(p.Snooze), func(s notify.Snooze) bool { return s.Topic == topic })
	case flow.Hear:
		p.Muted.All = false
	case flow.Quiet:
		p.Quiet = notify.Hours{From: w.From, To: w.To}
	case flow.Digest:
		p.Digest = notify.Rhythm{Minute: w.Minute, Day: time.Weekday(w.Day), All: w.Every != "", Every: rhythms[w.Every]}
	case flow.Loud:
		p.Loud = w.On
	case flow.Level:
		p.Level = levels[w.Every]
	case flow.Snooze:
		p.Snooze = slices.DeleteFunc(slices.Clone(p.Snooze), func(s notify.Snooze) bool { return s.Topic == topic || !s.Until.After(t.now) })
		p.Snooze = append(p.Snooze, notify.Snooze{Topic: topic, Until: w.Until})
	}
	if text, err := json.Marshal(p); err == nil {
		t.note(notifyNote+who, string(text))
	}
}

// mostOnly is how many shipments a listener can name; the first to be named are forgotten first.
const mostOnly = 500

// only is to what a wish narrows what was narrowed before.
func only(before notify.Only, w flow.Wish) notify.Only {
	o := notify.Only{Sorts: w.Sorts}
	if w.On {
		o = before
		o.Topics = slices.Clone(o.Topics)
	}
	for _, n := range w.Numbers {
		if topic := shipmentTopic + n; !slices.Contains(o.Topics, topic) {
			o.Topics = append(o.Topics, topic)
		}
	}
	o.Topics = o.Topics[max(0, len(o.Topics)-mostOnly):]
	if w.Own {
		o.By = []string{w.Person}
	}
	return o
}

var (
	rhythms = map[string]notify.Every{"day": notify.Daily, "week": notify.Weekly}
	levels  = map[string]notify.Level{"all": notify.Everything, "problems": notify.Problems}
)

// notices shows what is wished of notifications now.
func (t *turn) notices(e flow.Notices) {
	p := t.bot.render.reader(e.To)
	m := p.message()
	id := "notices_yours"
	who := e.To.Person
	if e.Place != "" {
		id, who = "notices_here", e.Place
	}
	wishes := t.preferences(who)
	m.Text = p.ui(id)
	facts := append(t.where(p, e), t.narrowed(p, wishes.Only))
	m.Blocks = []Block{{Kind: Heading, Text: m.Text}, {Kind: Facts, Facts: append(facts, p.wishes(wishes, t.now)...)}, {Kind: Note, Text: p.ui("notices_card")}}
	if held := len(t.held(who)); held > 0 {
		m.Blocks = append(m.Blocks, Block{Kind: Note, Text: p.ui("notices_held", flow.Number("Count", strconv.Itoa(held)))})
	}
	actions := e.Actions
	if (wishes.Muted.All || len(wishes.Muted.Topics) > 0 || len(wishes.Snooze) > 0) && len(actions) > 1 {
		unmute := flow.Action{Verb: "unmute", Label: flow.Say("verb.unmute"), Style: "primary"}
		actions = append([]flow.Action{unmute}, actions...)
	}
	if wishes.Only.Narrows() && len(actions) > 1 {
		all := flow.Action{Verb: "only", Value: "all", Label: flow.Say("notices.only_all"), Style: "primary"}
		actions = append([]flow.Action{all}, actions...)
	}
	m.Actions = append(p.actions(nil, actions), t.wheres(p, e)...)
	t.at(e.To.Place, m)
}

// narrowed is of which shipments somebody hears, in words.
func (t *turn) narrowed(p reader, o notify.Only) Fact {
	if !o.Narrows() {
		return Fact{p.ui("notices_only"), p.ui("notices_only_all")}
	}
	var items []flow.Arg
	for _, s := range o.Sorts {
		items = append(items, flow.Word("", "filter."+s))
	}
	for _, by := range o.By {
		items = append(items, flow.Text("", p.ui("notices_only_by", flow.Text("Name", t.name(by)))))
	}
	for _, topic := range o.Topics {
		items = append(items, flow.Text("", strings.TrimPrefix(topic, shipmentTopic)))
	}
	if left := len(items) - mostNamed; left > 0 {
		items = append(items[:mostNamed:mostNamed], flow.Text("", p.ui("notices_more", flow.Number("Count", strconv.Itoa(left)))))
	}
	return Fact{p.ui("notices_only"), p.ui("notices_only_these", flow.Several("Items", items...))}
}

// mostNamed is how many shipments are named in a line.
const mostNamed = 20

// name is what to call somebody who works on the case.
func (t *turn) name(person string) string {
	return cmp.Or(t.state.People[person].Name, person[strings.LastIndexByte(person, ':')+1:])
}

// wishes are preferences in words.
func (p reader) wishes(w notify.Preferences, now time.Time) []Fact {
	quiet := p.ui("notices_none")
	if w.Quiet.From != w.Quiet.To {
		quiet = p.ui("notices_from_to", flow.Text("From", clockText(w.Quiet.From)), flow.Text("To", clockText(w.Quiet.To)), p.zone(w.Zone.String()))
		if w.Loud {
			quiet = p.ui("notices_loud", flow.Text("Hours", quiet))
		}
	}
	digest := p.ui("notices_none")
	switch w.Digest.Every {
	case notify.Daily:
		digest = p.ui("notices_daily", flow.Text("Clock", clockText(w.Digest.Minute)))
	case notify.Weekly:
		digest = p.ui("notices_weekly", flow.Word("Day", "weekday."+strconv.Itoa(int(w.Digest.Day))), flow.Text("Clock", clockText(w.Digest.Minute)))
	}
	level := map[notify.Level]string{notify.Important: "notices.level_now_important", notify.Everything: "notices.level_now_all", notify.Problems: "notices.level_now_problems"}[w.Level]
	out := []Fact{
		{p.ui("notices_level"), p.say(flow.Say(level))},
		{p.ui("notices_quiet"), quiet},
		{p.ui("notices_digest"), digest},
	}
	var muted []flow.Arg
	if w.Muted.All {
		muted = append(muted, flow.Text("", p.ui("notices_everything")))
	}
	for _, topic := range w.Muted.Topics {
		muted = append(muted, flow.Text("", strings.TrimPrefix(topic, shipmentTopic)))
	}
	for _, s := range w.Snooze {
		what := p.ui("notices_everything")
		if s.Topic != "" {
			what = strings.TrimPrefix(s.Topic, shipmentTopic)
		}
		if s.Until.After(now) {
			muted = append(muted, flow.Text("", p.ui("notices_until", flow.Text("What", what), flow.Time("Until", s.Until))))
		}
	}
	if len(muted) > 0 {
		out = append(out, Fact{p.ui("notices_muted"), p.ui("notices_list", flow.Several("Items", muted...))})
	}
	return out
}

// zone names a time zone in the reader's words.
func (p reader) zone(name string) flow.Arg {
	if id := flow.ZoneWord(name); p.words.Has(p.to.Lang, id) {
		return flow.Word("Zone", id)
	}
	return flow.Text("Zone", name)
}

func clockText(minute int) string { return fmt.Sprintf("%02d:%02d", minute/60, minute%60) }

// told is what a listener was told, for those who ask why.
type told struct {
	When   int64       `json:"when"`  // microseconds since 1970
	Heard  int64       `json:"heard"` // when the source says it happened
	Key    string      `json:"key"`
	Source string      `json:"source,omitempty"`
	Why    string      `json:"why"`           // the rule that let it through, see notify.Verdict
	Only   notify.Rule `json:"only,omitzero"` // the rule that chose the shipment, where not all are heard of
	By     string      `json:"by,omitempty"`  // who follows it
	Line   flow.Line   `json:"line"`
}

// mostTold is how many pieces of news can be asked about later.
const mostTold = 10

func (t *turn) record(who string, h heldNews, why string) {
	rule, _ := t.preferences(who).Only.Lets(h.notification())
	list := append(t.told(who), told{t.now.UnixMicro(), h.At, h.Key, h.Source, why, rule, h.By, h.Lines[0]})
	if text, err := json.Marshal(list[max(0, len(list)-mostTold):]); err == nil {
		t.note(toldNote+who, string(text))
	}
}

func (t *turn) told(who string) []told {
	var list []told
	_ = json.Unmarshal([]byte(t.state.Notes[toldNote+who]), &list) // empty at first
	return list
}

// reason says why somebody was told the last piece of news, from the record.
func (t *turn) reason(e flow.Reason) {
	p := t.bot.render.reader(e.To)
	m := p.message()
	who := e.To.Person
	here := cmp.Or(t.state.Following(e.To.Place), t.state.HearsAt(who))
	if here != "" {
		who = here
	}
	list := t.told(who)
	if e.About != "" {
		list = slices.DeleteFunc(list, func(x told) bool { return bare(strings.TrimPrefix(x.Key, shipmentTopic)) != bare(e.About) })
	}
	if len(list) == 0 {
		if m.Text = p.ui("reason_none"); e.About == "" {
			m.Text = p.ui("reason_nothing")
		}
		t.at(e.To.Place, m)
		return
	}
	x := list[len(list)-1]
	facts := []Fact{{p.ui("reason_what"), p.say(x.Line)}}
	if x.Source != "" {
		facts = append(facts, Fact{p.ui("reason_source"), p.heard(heldNews{Source: x.Source, At: x.Heard})})
	}
	follows := p.ui("reason_case")
	if here != "" {
		follows = p.ui("reason_place")
	}
	facts = append(facts, Fact{p.ui("reason_told"), p.ui("moment", flow.Time("Time", time.UnixMicro(x.When)))}, Fact{p.ui("reason_why"), sentences(follows, t.rule(p, x), p.say(flow.Say("ui.why."+x.Why)))})
	m.Text = p.ui("reason")
	m.Blocks = []Block{{Kind: Heading, Text: m.Text}, {Kind: Facts, Facts: facts}}
	m.Actions = p.actions(nil, e.Actions)
	t.at(e.To.Place, m)
}

// rule says why a shipment is among those that are heard of; empty where all are.
func (t *turn) rule(p reader, x told) string {
	switch x.Only.Kind {
	case notify.ByTopic:
		return p.ui("reason_named")
	case notify.BySort:
		return p.ui("reason_sort", flow.Word("Filter", "filter."+x.Only.Sort))
	case notify.ByWhom:
		return p.ui("reason_by", flow.Text("Name", t.name(x.By)))
	}
	return ""
}

// sample is a notification that says it is a test. It comes where the real ones do; who asked elsewhere is told so.
func (t *turn) sample(e flow.Sample) {
	p, place, ok := t.readerOf(cmp.Or(e.Place, e.To.Person))
	if !ok {
		return
	}
	m := p.message()
	m.Blocks = []Block{{Kind: Paragraph, Text: p.ui("sample")}, {Kind: Note, Text: p.ui("sample_note")}}
	m.Text = m.Blocks[0].Text
	t.post(place, m, t.bot.capabilities(place))
	if asked, ok := ParsePlace(e.To.Place); ok && asked != place && !e.Said {
		p := t.bot.render.reader(e.To)
		sent := p.message()
		sent.Text = p.ui("sample_sent")
		t.post(asked, sent, t.bot.capabilities(asked))
	}
}

// at posts a message at a place as the engine names it.
func (t *turn) at(where string, m Message) {
	if place, ok := ParsePlace(where); ok {
		t.post(place, m, t.bot.capabilities(place))
	}
}
