package shipment

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestNextLook(t *testing.T) {
	h := time.Hour
	pst := time.FixedZone("", -8*3600)
	local := func(e Event, zone *time.Location) Event { e.At = e.At.In(zone); return e }
	tests := []struct {
		name     string
		carriage Carriage
		fba      bool
		events   []Event
		looked   int // hours after registration
		want     time.Duration
		stop     bool
	}{
		{"nothing yet", Ocean, true, nil, 1, 6 * h, false},
		{"nothing for three days", Ocean, true, nil, 72, 12 * h, false},
		{"nothing for eight days", Ocean, true, nil, 8 * 24, 24 * h, false},
		{"nothing for thirty days", Ocean, true, nil, 30 * 24, 0, true},
		{"label", Ocean, true, []Event{scan(0, PreTransit, "")}, 71, 6 * h, false},
		{"label, no scan for three days", Ocean, true, []Event{scan(0, PreTransit, "")}, 73, 12 * h, false},
		{"parcel under way", Parcel, false, []Event{scan(0, InTransit, "")}, 4, 4 * h, false},
		{"parcel quiet for six days", Parcel, false, []Event{scan(0, InTransit, "")}, 144, 8 * h, false},
		{"ocean", Ocean, true, []Event{scan(0, InTransit, "departed_port")}, 240, 12 * h, false},
		{"ocean near its estimate", Ocean, true, []Event{scan(0, InTransit, ""), {At: at(1), ETA: DateOf(at(240 + 48))}}, 240, 6 * h, false},
		{"customs", Air, true, []Event{scan(0, Customs, "")}, 1, 4 * h, false},
		{"arrived", Air, true, []Event{scan(0, ArrivedDest, "")}, 1, 3 * h, false},
		{"out for delivery", Air, true, []Event{scan(0, OutForDelivery, "")}, 1, h, false},
		{"out for delivery, night there", Air, true, []Event{local(scan(0, OutForDelivery, ""), pst)}, 2, 5 * h, false}, // 08:00 UTC is midnight there
		{"exception", Parcel, false, []Event{scan(0, Exception, "delayed")}, 10, 4 * h, false},
		{"exception for four days", Parcel, false, []Event{scan(0, Exception, "delayed")}, 96, 12 * h, false},
		{"delivered parcel", Parcel, false, []Event{scan(0, Delivered, "")}, 24, 12 * h, false},
		{"delivered parcel, three days on", Parcel, false, []Event{scan(0, Delivered, "")}, 73, 0, true},
		{"delivered to Amazon, three days on", Parcel, true, []Event{scan(0, Delivered, "")}, 73, 6 * h, false},
		{"receiving", Ocean, true, []Event{scan(0, Receiving, "")}, 500, 6 * h, false},
		{"closed", Ocean, true, []Event{scan(0, Closed, "")}, 1, 24 * h, false},
		{"closed and confirmed", Ocean, true, []Event{scan(0, Closed, "")}, 25, 0, true},
		{"lost and confirmed", Ocean, true, []Event{scan(0, Exception, "lost")}, 25, 0, true},
	}
	for _, tt := range tests {
		s := Shipment{Number: "1", Carriage: tt.carriage, FBA: tt.fba, Registered: t0}
		s, _ = s.Apply(tt.events...)
		s = s.Looked(at(tt.looked))
		next, ok := s.NextLook(at(tt.looked))
		if ok == tt.stop {
			t.Errorf("%s: goes on %t, want stop %t", tt.name, ok, tt.stop)
			continue
		}
		if got := next.Sub(at(tt.looked)); ok && got != tt.want {
			t.Errorf("%s: next look after %s, want %s", tt.name, got, tt.want)
		}
	}
}

func TestRetry(t *testing.T) {
	for n, want := range []time.Duration{15 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 4 * time.Hour, 6 * time.Hour, 6 * time.Hour} {
		sum := time.Duration(0)
		for i := range 100 {
			got := Retry(fmt.Sprint("number", i), n+1)
			if sum += got; got < want*8/10 || got > want*12/10 {
				t.Errorf("failure %d: wait %s, want %s give or take a fifth", n+1, got, want)
			}
		}
		if mean := sum / 100; mean < want*95/100 || mean > want*105/100 {
			t.Errorf("failure %d: %s on average, want about %s", n+1, mean, want)
		}
	}
}

func TestNextLookIsNeverInThePast(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, _ := anyShipment(t).Apply(rapid.SliceOfN(rapid.Custom(anyEvent), 0, 6).Draw(t, "events")...)
		if rapid.Bool().Draw(t, "looked") {
			s = s.Looked(at(rapid.IntRange(0, 2000).Draw(t, "at")))
		}
		now := at(rapid.IntRange(0, 3000).Draw(t, "now"))
		if next, ok := s.NextLook(now); ok && next.Before(now) {
			t.Fatalf("next look %s before now %s", next, now)
		}
	})
}

func TestStale(t *testing.T) {
	tests := []struct {
		name     string
		carriage Carriage
		events   []Event
		hours    int
		want     string
	}{
		{"unknown for six days", Ocean, nil, 6 * 24, ""},
		{"unknown for eight days", Ocean, nil, 8 * 24, "silent:never_found::0"},
		{"unknown for fifteen days", Ocean, nil, 15 * 24, "silent:never_found::1"},
		{"unknown for a month", Ocean, nil, 31 * 24, "silent:gave_up::0"},
		{"label, two days", Ocean, []Event{scan(0, PreTransit, "")}, 48, ""},
		{"label, four days", Ocean, []Event{scan(0, PreTransit, "")}, 96, "silent:label_no_scan:%s:0"},
		{"at sea, twelve days", Ocean, []Event{scan(0, InTransit, "departed_port")}, 12 * 24, ""},
		{"at sea, twenty-two days", Ocean, []Event{scan(0, InTransit, "departed_port")}, 22 * 24, "silent:no_update:%s:0"},
		{"on land, twelve days", Ocean, []Event{scan(0, InTransit, "drayage")}, 12 * 24, "silent:no_update:%s:0"},
		{"customs, four days", Air, []Event{bad(scan(0, Customs, "import_hold"))}, 96, "silent:customs_long:%s:0"},
		{"customs, seven days", Air, []Event{bad(scan(0, Customs, "import_hold"))}, 7 * 24, "silent:customs_long:%s:1"},
		{"delivered, not received", Ocean, []Event{scan(0, Delivered, "at_fc")}, 8 * 24, "silent:not_received:%s:0"},
		{"closed long ago", Ocean, []Event{scan(0, Closed, "")}, 99 * 24, ""},
		{"the estimate has passed", Ocean, []Event{scan(0, InTransit, "departed_port"), {At: at(1), ETA: DateOf(at(24))}}, 72, "silent:eta_passed:2026-03-03"},
		{"the estimate was yesterday", Ocean, []Event{scan(0, InTransit, "departed_port"), {At: at(1), ETA: DateOf(at(24))}}, 48, ""},
		{"a clock without a zone may be off", Air, []Event{{At: at(0), Status: Customs}}, 80, ""},
	}
	for _, tt := range tests {
		s := Shipment{Number: "1", Carriage: tt.carriage, FBA: true, Registered: t0}
		s, _ = s.Apply(tt.events...)
		c, ok := s.Stale(at(tt.hours))
		want := strings.Replace(tt.want, "%s", s.Latest, 1)
		if c.Key != want || ok != (want != "") {
			t.Errorf("%s: got %q, want %q", tt.name, c.Key, want)
		}
		if ok && !c.NeedsPerson() {
			t.Errorf("%s: silence needs a person", tt.name)
		}
	}
	if len(Reasons()) < 9 {
		t.Errorf("reasons: %v", Reasons())
	}
}
