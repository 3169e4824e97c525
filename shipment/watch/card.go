package watch

import (
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/shipment"
)

// cardEvents is how many of the latest events a card shows.
const cardEvents = 6

// incoming makes the news for the chat. The same news always has the same ID.
func incoming(x Watched, p Pending) bot.Incoming {
	s := x.Shipment
	news := bot.News{
		Case: x.Case, Tenant: x.Tenant, Key: "shipment:" + s.Number, Card: Card(s), Source: s.Source, Told: values(s),
		Heard: p.Change.At, Urgent: p.Change.NeedsPerson() && p.Change.Exception,
	}
	if news.Heard.IsZero() { // no event behind it: the card was begun, or asked for
		news.Heard = s.Registered
		if !s.LookedAt.IsZero() {
			news.Heard = s.LookedAt
		}
	}
	if p.Change.NeedsPerson() {
		news.Push = push(s, p.Change)
	}
	return bot.Incoming{ID: x.Case + "/" + s.Number + "/" + p.Key, At: news.Heard, What: news}
}

// Card is what is known about a shipment, to be shown and replaced as a whole.
func Card(s shipment.Shipment) flow.Sheet {
	head := flow.Part{Facts: []flow.Fact{{Label: flow.Say("shipment.card.status"), Value: standing(s)}}}
	switch {
	case simulated(s):
		head.Text = []flow.Line{flow.Say("shipment.card.simulated")}
	case s.Source == "":
		head.Text = []flow.Line{flow.Say("shipment.card.no_source")}
	case s.PerhapsReused():
		head.Text = []flow.Line{flow.Say("shipment.card.reused")}
	}
	if !s.ETA.IsZero() && s.Furthest.Rank() < shipment.Delivered.Rank() {
		head.Facts = append(head.Facts, flow.Fact{Label: flow.Say("shipment.card.eta"), Value: flow.Say("shipment.date", flow.Date("Date", s.ETA.String()))})
	}
	if !s.LookedAt.IsZero() {
		head.Facts = append(head.Facts, flow.Fact{Label: flow.Say("shipment.card.looked"), Value: flow.Say("shipment.time", flow.Time("Time", s.LookedAt))})
	}
	sheet := flow.Sheet{ID: "shipment.card", Flow: "track", Step: 9, Title: flow.Say("shipment.card", flow.Text("Number", s.Number)), Made: s.LookedAt, Parts: []flow.Part{head}}
	var items []flow.Item
	for i := len(s.Events) - 1; i >= 0 && len(items) < cardEvents; i-- {
		if e := s.Events[i]; e.Status != "" || e.Text != "" {
			items = append(items, flow.Item{Line: eventLine(e), Mark: mark(e)})
		}
	}
	if len(items) > 0 {
		heading := flow.Say("shipment.card.history")
		sheet.Parts = append(sheet.Parts, flow.Part{Heading: &heading, Items: items})
	}
	return sheet
}

func mark(e shipment.Event) string {
	if e.Exception || e.Status == shipment.Exception || e.Status == shipment.AttemptFailed {
		return "missing"
	}
	return "done"
}

// standing is the status, and the exception beside it.
func standing(s shipment.Shipment) flow.Line {
	status := s.Now()
	if s.Exception && s.LastOK != "" {
		status = s.LastOK
	}
	if !s.Exception {
		return flow.Say(statusWord(status))
	}
	if s.LastOK == "" {
		return flow.Say("shipment.exception", flow.Word("Trouble", what(s.Trouble.Status, s.Trouble.Sub)))
	}
	return flow.Say("shipment.status_and_exception", flow.Word("Status", statusWord(status)), flow.Word("Trouble", what(s.Trouble.Status, s.Trouble.Sub)))
}

// eventLine is one event: when, what, where. What has words of ours is said in them; otherwise the source's words stand.
func eventLine(e shipment.Event) flow.Line {
	args := []flow.Arg{flow.Time("When", e.At)}
	id := "shipment.event"
	if !e.TZKnown {
		id = "shipment.event_local" // a clock without a zone is shown as it is
		args[0] = flow.Text("When", e.At.UTC().Format("2006-01-02 15:04"))
	}
	word := what(e.Status, e.Sub)
	if e.Text != "" && (!e.Status.Known() || e.Sub != "" && word == statusWord(e.Status)) {
		args = append(args, flow.Text("What", e.Text))
	} else {
		args = append(args, flow.Word("What", word))
	}
	where, ok := place(e.Place)
	if !ok {
		return flow.Say(id+"_nowhere", args...)
	}
	return flow.Say(id, append(args, where)...)
}

func place(p shipment.Place) (flow.Arg, bool) {
	switch {
	case placeWords[p.Code]:
		return flow.Word("Where", "place."+p.Code), true
	case p.Name != "" && p.Country != "" && p.Code != p.Name:
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
	var lines []flow.Line
	if simulated(s) {
		lines = append(lines, flow.Say("shipment.card.simulated"))
	}
	switch c.Kind {
	case shipment.Troubled, shipment.Began:
		status, sub := c.Event.Status, c.Event.Sub
		if c.Kind == shipment.Began && s.Exception {
			status, sub = s.Trouble.Status, s.Trouble.Sub // the latest event need not be the one that began it
		}
		lines = append(lines, flow.Say("shipment.push.exception", number, flow.Word("Trouble", what(status, sub))))
		return append(lines, flow.Say(advice(status, sub)))
	case shipment.Recovered:
		return append(lines, flow.Say("shipment.push.recovered", number, flow.Word("Status", what(c.To, c.Sub))))
	case shipment.Arrived:
		id := "shipment.push.delivered"
		args := []flow.Arg{number}
		if where, ok := place(c.Event.Place); ok {
			id, args = "shipment.push.delivered_at", append(args, where)
		}
		lines = append(lines, flow.Say(id, args...))
		if s.FBA {
			lines = append(lines, flow.Say("shipment.push.delivered.fba"))
		}
		return lines
	case shipment.Silent:
		days := int(s.LookedAt.Sub(c.At) / (24 * time.Hour))
		return append(lines, flow.Say("shipment.push.silent."+c.Reason, number, flow.Number("Count", decimal(max(days, 1)))))
	}
	return append(lines, flow.Say("shipment.push."+lower(c.To), number))
}
