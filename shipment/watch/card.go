package watch

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/shipment"
)

// cardEvents is how many of the latest events a card shows.
const cardEvents = 6

// incoming makes the news for the chat. The same news always has the same ID.
func incoming(x Watched, p Pending, now time.Time) bot.Incoming {
	s := x.Shipment
	news := bot.News{
		Case: x.Case, Tenant: x.Tenant, Key: "shipment:" + s.Number, Source: s.Source, Told: values(s),
		Heard: p.Change.At, Urgent: p.Change.NeedsPerson() && p.Change.Exception,
		Brief: brief(s), Anew: p.Shown, If: map[string]string{"tracking_no": s.Number},
		Sorts: sorts(s, p.Change, now), By: x.By, Asked: p.At,
	}
	if p.Shown || hasCard(x) {
		news.Card = Card(s)
	}
	if news.Heard.IsZero() { // no event behind it: the card was begun, or asked for
		news.Heard = s.Registered
		if !s.LookedAt.IsZero() {
			news.Heard = s.LookedAt
		}
	}
	switch c := p.Change; {
	case c.NeedsPerson():
		news.Push, news.Trouble = push(s, c), c.Exception || slices.Contains(troubling, c.Kind)
	case c.Old:
	case c.Kind == shipment.Rescheduled && !c.Before.IsZero():
		news.Push, news.Routine = push(s, c), true
	case c.Kind == shipment.Advanced || c.Kind == shipment.Moved:
		news.Push, news.Routine = []flow.Line{labelled(s, inShort(s, c.Event))}, true // not what was latest when it was handed over
	}
	if c := p.Change; c.Kind == shipment.Arrived || c.To == shipment.Closed {
		news.Opens = feedbackStep
	}
	return bot.Incoming{ID: newsID(x, p), At: news.Heard, What: news}
}

// sorts are the filters that a shipment passes, and those that it has just left: that a problem is over is told to those who hear of
// problems.
func sorts(s shipment.Shipment, c shipment.Change, now time.Time) (out []string) {
	arrived := c.Kind == shipment.Arrived || c.To == shipment.Closed
	left := map[string]bool{
		"moving":  arrived,
		"late":    arrived && !s.ETA.IsZero() && s.ETA.Days(shipment.DateOf(c.At)) < 0,
		"customs": c.From == shipment.Customs,
		"trouble": c.Kind == shipment.Recovered || c.Kind == shipment.Short || c.Kind == shipment.Silent,
	}
	for _, f := range flow.Filters {
		if passes(s, f, now) || left[f] {
			out = append(out, f)
		}
	}
	return out
}

// feedbackStep is the step that a shipment which arrived opens.
const feedbackStep = "feedback"

var troubling = []shipment.Kind{shipment.Troubled, shipment.Short, shipment.Silent}

// newsID is the same whenever the same news is handed over.
func newsID(x Watched, p Pending) string {
	id := x.Case + "/" + x.Shipment.Number + "/" + p.Key
	if x.Again != "" {
		id += "/" + x.Again
	}
	return id
}

// brief is the card in one line.
func brief(s shipment.Shipment) flow.Line {
	e, _ := latest(s)
	return labelled(s, inShort(s, e))
}

// inShort is one event of a shipment in one line; without an event, how it stands.
func inShort(s shipment.Shipment, e shipment.Event) flow.Line {
	number := flow.Text("Number", s.Number)
	if e.At.IsZero() {
		return flow.Say("shipment.brief", number, flow.Word("What", statusWord(s.Now())))
	}
	if where, ok := place(e.Place); ok {
		return flow.Say("shipment.brief_where", number, happened(e), where)
	}
	return flow.Say("shipment.brief", number, happened(e))
}

// labelled is a line that says so when the shipment does not exist.
func labelled(s shipment.Shipment, line flow.Line) flow.Line {
	if !simulated(s) {
		return line
	}
	return flow.Say("shipment.push.simulated", flow.Arg{Name: "News", Kind: flow.KindLine, Line: &line})
}

// Card is what is known about a shipment, to be shown and replaced as a whole.
func Card(s shipment.Shipment) flow.Sheet {
	head := flow.Part{Facts: []flow.Fact{fact("status", flow.Word("", statusWord(standing(s))))}}
	said := remark(s)
	switch {
	case s.Exception:
		head.Facts = append(head.Facts, fact("trouble", flow.Word("", what(s.Trouble.Status, s.Trouble.Sub))))
	case said != "":
		head.Facts = append(head.Facts, fact("trouble", flow.Word("", what("", said))))
	}
	switch {
	case simulated(s):
		head.Text = []flow.Line{flow.Say("shipment.simulated")}
	case s.Source == "":
		head.Text = []flow.Line{flow.Say("shipment.card.no_source")}
	case said != "":
		head.Text = []flow.Line{flow.Say(advice("", said))}
	case s.Declined:
		head.Text = []flow.Line{flow.Say("shipment.card.declined")}
	case s.PerhapsReused():
		head.Text = []flow.Line{flow.Say("shipment.card.reused")}
	}
	switch {
	case s.Exception:
		head.Text = append(head.Text, flow.Say(advice(s.Trouble.Status, s.Trouble.Sub)))
	case s.Declined && s.Status == "", said != "": // nothing will come
	case s.Source != "" || s.Status != "":
		head.Text = append(head.Text, flow.Say(nextWord(s.Now())))
	}
	if e, ok := latest(s); ok {
		if where, ok := place(e.Place); ok {
			head.Facts = append(head.Facts, fact("place", where))
		}
		head.Facts = append(head.Facts, fact("time", when(e)))
	}
	if !s.ETA.IsZero() && s.Furthest.Rank() < shipment.Delivered.Rank() {
		head.Facts = append(head.Facts, flow.Fact{Label: flow.Say("shipment.card.eta"), Value: expected(s, s.LookedAt)})
	}
	if s.Count.Shipped > 0 && s.Furthest.Rank() >= shipment.Delivered.Rank() {
		head.Facts = append(head.Facts, flow.Fact{
			Label: flow.Say("shipment.card.count"),
			Value: flow.Say("shipment.card.counted", units("Received", s.Count.Received), units("Shipped", s.Count.Shipped)),
		})
	}
	switch {
	case simulated(s):
		head.Facts = append(head.Facts, fact("source", flow.Word("", "shipment.card.simulated")))
	case s.Source != "":
		head.Facts = append(head.Facts, fact("source", sourceName(s.Source)))
	}
	if link := page(s); link != "" {
		head.Facts = append(head.Facts, fact("page", flow.Text("", link)))
	}
	sheet := flow.Sheet{ID: "shipment.card", Flow: "track", Step: 9, Title: flow.Say("shipment.card.title", flow.Text("Number", s.Number)), Made: s.LookedAt, Parts: []flow.Part{head}}
	if t := history(s, cardEvents, happened); len(t.Rows) > 0 {
		heading := flow.Say("shipment.card.last_events")
		sheet.Parts = append(sheet.Parts, flow.Part{Heading: &heading, Table: &t})
	}
	return sheet
}

// remark is what a source said about a number of which nothing is known yet: a finer reason that has advice of its own.
func remark(s shipment.Shipment) (sub string) {
	for _, e := range s.Events {
		if s.Status == "" && e.Status == "" && slices.Contains(troubles, e.Sub) {
			sub = e.Sub
		}
	}
	return sub
}

// page is where the carrier shows a number that no source here can look up.
func page(s shipment.Shipment) string {
	if s.Source != "" || simulated(s) {
		return ""
	}
	if found := shipment.Recognise(s.Number); len(found) == 1 {
		return found[0].Link
	}
	return ""
}

// history is a table of the latest events, newest first.
func history(s shipment.Shipment, most int, happened func(shipment.Event) flow.Arg) flow.Table {
	t := flow.Table{Head: []flow.Line{flow.Say("shipment.card.time"), flow.Say("shipment.card.status"), flow.Say("shipment.card.place")}}
	for i := len(s.Events) - 1; i >= 0 && len(t.Rows) < most; i-- {
		e := s.Events[i]
		if e.Status == "" && e.Text == "" && e.Sub == "" || e.At.Before(s.Life) {
			continue // an estimate, a count, or of somebody else's shipment that had the number before
		}
		row := []flow.Line{known(clock(e)), known(happened(e)), {}}
		if where, ok := place(e.Place); ok {
			row[2] = known(where)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// known is a line that is nothing but a value, or several.
func known(values ...flow.Arg) flow.Line {
	value := flow.Several("Value", values...)
	if len(values) == 1 {
		value = values[0]
		value.Name = "Value"
	}
	return flow.Say("value.known", value)
}

func fact(label string, values ...flow.Arg) flow.Fact {
	return flow.Fact{Label: flow.Say("shipment.card." + label), Value: known(values...)}
}

func units(name string, n int) flow.Arg { return flow.Number(name, strconv.Itoa(n)) }

// latest is the event that made the status what it is.
func latest(s shipment.Shipment) (shipment.Event, bool) {
	for _, e := range s.Events {
		if e.Key == s.Latest {
			return e, true
		}
	}
	return shipment.Event{}, false
}

// standing is the status that an exception stands beside.
func standing(s shipment.Shipment) shipment.Status {
	if s.Exception && s.LastOK != "" {
		return s.LastOK
	}
	return s.Now()
}

// when is the time of an event, in the reader's zone; a clock without a zone is shown as it is.
func when(e shipment.Event) flow.Arg {
	if !e.TZKnown {
		return flow.Text("When", e.At.UTC().Format("2006-01-02 15:04"))
	}
	return flow.Time("When", e.At)
}

// clock is the same, for a table: the zone stands above it.
func clock(e shipment.Event) flow.Arg {
	if w := when(e); w.Kind != flow.KindTime {
		return w
	}
	return flow.Clock("When", e.At)
}

// happened is what an event says: in our words where they say it all, otherwise in the source's.
func happened(e shipment.Event) flow.Arg {
	if own := hasWord(e.Status, e.Sub); e.Text != "" && !own && (e.Sub != "" || !e.Status.Known() || e.Status == shipment.Exception) {
		return flow.Text("What", e.Text)
	}
	return flow.Word("What", what(e.Status, e.Sub))
}

func place(p shipment.Place) (flow.Arg, bool) {
	code := strings.ToLower(p.Code)
	switch {
	case slices.Contains(places, code):
		return flow.Word("Where", "shipment.place."+code), true
	case p.Name != "" && p.Country != "" && p.Code != p.Name && !strings.HasSuffix(p.Name, ", "+p.Country):
		return flow.Text("Where", p.Name+", "+p.Country), true
	case p.Name != "":
		return flow.Text("Where", p.Name), true
	case p.Country != "":
		return flow.Text("Where", p.Country), true
	}
	return flow.Arg{}, false
}

// push is what a person is told: what changed, what it means, what to do.
func push(s shipment.Shipment, c shipment.Change) []flow.Line {
	number := flow.Text("Number", s.Number)
	status := flow.Word("Status", statusWord(c.To))
	var lines []flow.Line
	switch c.Kind {
	case shipment.Troubled, shipment.Began:
		e := c.Event
		if c.Kind == shipment.Began && s.Exception { // the latest event need not be the one that began it
			e = shipment.Event{Status: s.Trouble.Status, Sub: s.Trouble.Sub}
		}
		lines = []flow.Line{flow.Say("shipment.push.exception_began", number, happened(e)), flow.Say(advice(e.Status, e.Sub))}
	case shipment.Recovered:
		lines = []flow.Line{flow.Say("shipment.push.exception_ended", number, status)}
	case shipment.Arrived:
		lines = []flow.Line{flow.Say("shipment.push.delivered", number)} // the card says what comes next
	case shipment.Rescheduled:
		lines = []flow.Line{flow.Say("shipment.push.eta_moved", number, flow.Date("Eta", c.ETA.String()), flow.Date("Before", c.Before.String()))}
	case shipment.Short:
		lines = []flow.Line{flow.Say("shipment.push.short", number, units("Received", s.Count.Received), units("Shipped", s.Count.Shipped))}
	case shipment.Silent:
		lines = []flow.Line{flow.Say("shipment.push.stale", number, status), flow.Say("shipment.stale." + c.Reason)}
	default:
		lines = []flow.Line{flow.Say("shipment.push.status", number, status), flow.Say(nextWord(c.To))}
	}
	lines[0] = labelled(s, lines[0]) // what is read first
	return lines
}
