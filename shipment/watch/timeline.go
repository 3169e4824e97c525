package watch

import (
	"xiaobao/bot/flow"
	"xiaobao/shipment"
)

// timelineEvents is how many events a timeline shows.
const timelineEvents = 200

// stages are the stops of a journey that everybody understands; the last two are Amazon's.
var stages = []shipment.Status{shipment.PickedUp, shipment.InTransit, shipment.Customs, shipment.ArrivedDest, shipment.Delivered, shipment.Receiving, shipment.Closed}

// Timeline is a card for anybody who has the link: the stages, and every event. Sources write names and addresses into their
// texts, so an event is told in our words only.
func Timeline(s shipment.Shipment) flow.Sheet {
	sheet := Card(s)
	head := sheet.Parts[0]
	sheet.Parts = []flow.Part{{Items: stagesOf(s)}, head}
	ours := func(e shipment.Event) flow.Arg { return flow.Word("What", what(e.Status, e.Sub)) }
	if t := history(s, timelineEvents, ours); len(t.Rows) > 0 {
		heading := flow.Say("shipment.card.last_events")
		sheet.Parts = append(sheet.Parts, flow.Part{Heading: &heading, Table: &t})
	}
	return sheet
}

// stagesOf marks how far a shipment is.
func stagesOf(s shipment.Shipment) []flow.Item {
	list := stages
	if !s.FBA {
		list = stages[:5]
	}
	var items []flow.Item
	for i, st := range list {
		mark := "open"
		if s.Furthest.Rank() >= st.Rank() {
			mark = "done"
			if next := i + 1; !s.Over() && (next == len(list) || s.Furthest.Rank() < list[next].Rank()) {
				mark = "active"
			}
		}
		items = append(items, flow.Item{Line: flow.Say(statusWord(st)), Mark: mark})
	}
	return items
}
