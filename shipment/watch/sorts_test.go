package watch

import (
	"slices"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
)

// TestSorts says what sorts a shipment is, and which it has just left: those who hear only of such hear how it ended.
func TestSorts(t *testing.T) {
	begun := noon.Add(-20 * 24 * time.Hour)
	at := func(days int, s shipment.Status, sub string) shipment.Event {
		when := begun.Add(time.Duration(days) * 24 * time.Hour)
		return shipment.Event{Number: "N1", At: when, TZKnown: true, Seen: when.Add(time.Hour), Status: s, Sub: sub, Source: "s", Exception: s == shipment.Exception}
	}
	promised := at(0, shipment.PickedUp, "")
	promised.ETA = shipment.DateOf(begun.Add(5 * 24 * time.Hour))
	for _, x := range []struct {
		name   string
		before []shipment.Event
		event  shipment.Event
		now    int // days
		want   []string
	}{
		{"on time", []shipment.Event{promised}, at(2, shipment.InTransit, ""), 2, []string{"all", "moving"}},
		{"late", []shipment.Event{promised}, at(8, shipment.InTransit, ""), 8, []string{"all", "moving", "late"}},
		{"late and there", []shipment.Event{promised, at(8, shipment.InTransit, "")}, at(9, shipment.Delivered, ""), 9, []string{"all", "moving", "late", "delivered"}},
		{"there in time", []shipment.Event{promised}, at(4, shipment.Delivered, ""), 4, []string{"all", "moving", "delivered"}},
		{"exception", []shipment.Event{promised}, at(2, shipment.Exception, "delayed"), 2, []string{"all", "moving", "trouble"}},
		{"found again", []shipment.Event{promised, at(2, shipment.Exception, "delayed")}, at(3, shipment.InTransit, ""), 3, []string{"all", "moving", "trouble"}},
		{"in customs", []shipment.Event{promised}, at(2, shipment.Customs, ""), 2, []string{"all", "moving", "customs"}},
		{"out of customs", []shipment.Event{promised, at(2, shipment.Customs, "")}, at(3, shipment.OutForDelivery, ""), 3, []string{"all", "moving", "customs"}},
	} {
		s, _ := shipment.Shipment{Number: "N1", Source: "s", Registered: begun}.Apply(x.before...)
		s, changes := s.Apply(x.event)
		if len(changes) == 0 {
			t.Errorf("%s: no news", x.name)
			continue
		}
		now := begun.Add(time.Duration(x.now)*24*time.Hour + 2*time.Hour)
		if got := sorts(s, changes[len(changes)-1], now); !slices.Equal(got, x.want) { // what needs somebody comes last
			t.Errorf("%s, %s: %v, want %v", x.name, changes[len(changes)-1].Kind, got, x.want)
		}
	}
}

// TestAsked tells the chat where somebody asked for a card, and who began to follow it.
func TestAsked(t *testing.T) {
	at := bot.Place{Network: "web", Room: "r"}
	x := Watched{Case: "a", By: "web:local:ann", Shipment: shipment.Shipment{Number: "N1", Registered: noon}}
	news := incoming(x, Pending{Key: "registered", At: at}, noon).What.(bot.News)
	if news.Asked != at || news.By != x.By || news.Anew || !slices.Equal(news.Sorts, []string{"all"}) {
		t.Errorf("%+v", news)
	}
}
