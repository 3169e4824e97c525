package shipment

import (
	"encoding/json"
	"fmt"
	"reflect"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

var t0 = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

func at(hours int) time.Time { return t0.Add(time.Duration(hours) * time.Hour) }

func scan(hours int, s Status, sub string) Event {
	return Event{At: at(hours), TZKnown: true, Seen: at(hours).Add(10 * time.Minute), Status: s, Sub: sub, Source: "test"}
}

func bad(e Event) Event { e.Exception = true; return e }

func toAmazon() Shipment {
	return Shipment{Number: "SIM1", Source: "test", Carriage: Ocean, FBA: true, Registered: t0}
}

func anyEvent(t *rapid.T) Event {
	e := Event{
		At:        at(rapid.IntRange(-24*70, 24*40).Draw(t, "hour")),
		TZKnown:   rapid.Bool().Draw(t, "tz"),
		Status:    rapid.SampledFrom(append(Statuses(), "", "GOBBLEDYGOOK")).Draw(t, "status"),
		Sub:       rapid.SampledFrom([]string{"", "import_hold", "lost", "departed_port"}).Draw(t, "sub"),
		Exception: rapid.IntRange(0, 4).Draw(t, "bad") == 0,
		Text:      rapid.SampledFrom([]string{"", "Left the  port", "left the port", "已离港"}).Draw(t, "text"),
		Source:    rapid.SampledFrom([]string{"a", "b"}).Draw(t, "source"),
		Place:     Place{Name: rapid.SampledFrom([]string{"", "Yantian", "YANTIAN "}).Draw(t, "place")},
		Seq:       rapid.IntRange(0, 2).Draw(t, "seq"),
	}
	if rapid.IntRange(0, 3).Draw(t, "standing") == 0 {
		e.Standing = true
		e.At = e.At.Add(time.Duration(rapid.IntRange(0, 150).Draw(t, "second")) * time.Second).In(time.FixedZone("", rapid.SampledFrom([]int{0, 8 * 3600}).Draw(t, "zone")))
	}
	if rapid.IntRange(0, 3).Draw(t, "counted") == 0 {
		e.Count = Count{Shipped: 10, Received: rapid.IntRange(0, 3).Draw(t, "received")}
	}
	if rapid.IntRange(0, 3).Draw(t, "eta") == 0 {
		e.ETA = DateOf(t0).Add(rapid.IntRange(20, 23).Draw(t, "day"))
	}
	if rapid.IntRange(0, 5).Draw(t, "seen") > 0 {
		e.Seen = e.At.Add(time.Duration(rapid.IntRange(-40, 400).Draw(t, "delay")) * time.Hour)
	}
	return e
}

func anyShipment(t *rapid.T) Shipment {
	s := toAmazon()
	s.FBA = rapid.Bool().Draw(t, "fba")
	s.Carriage = rapid.SampledFrom([]Carriage{Parcel, Air, Ocean}).Draw(t, "carriage")
	return s
}

func TestApplyIgnoresOrderAndRepetition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, events := anyShipment(t), rapid.SliceOfN(rapid.Custom(anyEvent), 1, 14).Draw(t, "events")
		want, _ := s.Apply(events...)

		shuffled := rapid.Permutation(append(events, events[:rapid.IntRange(0, len(events)).Draw(t, "again")]...)).Draw(t, "order")
		got := s
		for len(shuffled) > 0 {
			n := rapid.IntRange(1, len(shuffled)).Draw(t, "batch")
			got, _ = got.Apply(shuffled[:n]...)
			got = throughJSON(t, got)
			shuffled = shuffled[n:]
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("another order gave another shipment (-want +got):\n%s", d)
		}
		if _, changes := got.Apply(events...); len(changes) != 0 {
			t.Fatalf("events that were known changed something: %+v", changes)
		}
	})
}

// TestNothingOfAnotherJourney: when all that is told belongs to somebody else, the shipment is as it was.
func TestNothingOfAnotherJourney(t *testing.T) {
	s := toAmazon()
	if got, changes := s.Apply(scan(-24*70, Delivered, "")); !reflect.DeepEqual(got, s) || len(changes) != 0 {
		t.Errorf("%+v, %+v", got, changes)
	}
}

func TestChangesAreHandedOverOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, began := anyShipment(t), false
		keys := map[string]Change{}
		for _, e := range rapid.SliceOfN(rapid.Custom(anyEvent), 1, 14).Draw(t, "events") {
			before := s
			var changes []Change
			s, changes = s.Apply(e)
			again, same := before.Apply(e)
			if d := cmp.Diff(changes, same); d != "" {
				t.Fatalf("the same step gave other news: %s", d)
			}
			if again.Furthest.Rank() < before.Furthest.Rank() && again.Life.Equal(before.Life) && before.Status != "" && e.Status != Cancelled && e.Status != Closed && e.Status != Returned && e.Status != Delivered {
				t.Fatalf("an ordinary event took the furthest status back: %s to %s", before.Furthest, again.Furthest)
			}
			for _, c := range changes {
				if c.Kind == Began {
					if began && again.Life.Equal(before.Life) {
						t.Fatal("began twice")
					}
					began = true
				}
				if c.Key == "" || c.To == "" {
					t.Fatalf("a change without key or status: %+v", c)
				}
				if (c.Kind == Advanced || c.Kind == Arrived) && keys[c.Key].Key != "" && keys[c.Key].Kind != c.Kind {
					t.Fatalf("key %s used for %s and %s", c.Key, keys[c.Key].Kind, c.Kind)
				}
				keys[c.Key] = c
			}
		}
	})
}

func TestExceptionStandsBesideTheStatus(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, _ := anyShipment(t).Apply(rapid.SliceOfN(rapid.Custom(anyEvent), 0, 8).Draw(t, "events")...)
		worse := scan(24*60, Exception, "delayed") // after everything else, also after what was told late
		next, _ := s.Apply(worse)
		if next.LastOK != s.LastOK {
			t.Fatalf("an exception changed the last ordinary status from %q to %q", s.LastOK, next.LastOK)
		}
		if next.Status == Exception && !next.Exception {
			t.Fatal("status EXCEPTION without the flag")
		}
	})
}

func throughJSON(t *rapid.T, s Shipment) (back Shipment) {
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &back); err != nil {
		t.Fatalf("%v in %s", err, b)
	}
	return back
}

// TestJourneys plays a journey event by event and reads the news as a line per event.
func TestJourneys(t *testing.T) {
	fc := Place{Name: "ONT8", Country: "US", Code: "ONT8"}
	tests := []struct {
		name   string
		start  func() Shipment
		events []Event
		want   []string
		status string // Status/LastOK/Furthest
	}{
		{"to Amazon, with a hold", toAmazon, []Event{
			scan(0, PreTransit, "labels_printed"),
			scan(20, PickedUp, ""),
			scan(40, Customs, "export_declared"),
			scan(60, InTransit, "departed_port"),
			scan(400, ArrivedDest, "arrived_port"),
			bad(scan(410, Customs, "import_hold")),
			scan(420, Customs, "docs_dest"),
			scan(450, InTransit, "customs_cleared"),
			scan(470, OutForDelivery, ""),
			{At: at(480), TZKnown: true, Seen: at(480), Status: Delivered, Sub: "at_fc", Place: fc},
			scan(490, Receiving, "checked_in"),
			scan(500, Receiving, ""),
			scan(600, Closed, ""),
		}, []string{
			"began", "advanced PICKED_UP", "advanced CUSTOMS", "moved IN_TRANSIT", "advanced ARRIVED_DEST", "exception CUSTOMS !",
			"moved CUSTOMS", "recovered IN_TRANSIT !", "advanced OUT_FOR_DELIVERY", "delivered DELIVERED !", "advanced RECEIVING",
			"moved RECEIVING", "advanced CLOSED !",
		}, "CLOSED/CLOSED/CLOSED"},
		{"late scan after a parcel's delivery", func() Shipment { s := toAmazon(); s.FBA = false; return s }, []Event{
			scan(0, InTransit, ""), scan(50, Delivered, ""), scan(60, InTransit, "facility_arrival"),
		}, []string{"began", "delivered DELIVERED !", ""}, "DELIVERED/DELIVERED/DELIVERED"},
		{"returned after delivery", func() Shipment { s := toAmazon(); s.FBA = false; return s }, []Event{
			scan(0, Delivered, ""), scan(10, Returning, "initiated"), scan(90, Returned, ""),
		}, []string{"began", "exception RETURNING !", "exception RETURNED !"}, "RETURNED/DELIVERED/RETURNED"},
		{"Amazon's status jumps back and is not believed once", toAmazon, []Event{
			scan(0, Receiving, ""), scan(10, InTransit, ""), scan(20, Receiving, "unloading"),
		}, []string{"began", "", "moved RECEIVING"}, "RECEIVING/RECEIVING/RECEIVING"},
		{"Amazon's status jumps back and says so twice", toAmazon, []Event{
			scan(0, Receiving, ""), scan(10, InTransit, ""), scan(16, InTransit, ""),
		}, []string{"began", "", "moved IN_TRANSIT"}, "IN_TRANSIT/IN_TRANSIT/RECEIVING"},
		{"lost and found", toAmazon, []Event{
			scan(0, InTransit, ""), scan(10, Exception, "lost"), scan(200, ArrivedDest, ""),
		}, []string{"began", "exception EXCEPTION !", "advanced ARRIVED_DEST; recovered ARRIVED_DEST !"}, "ARRIVED_DEST/ARRIVED_DEST/ARRIVED_DEST"},
		{"an older event comes late and is silent", toAmazon, []Event{
			scan(0, InTransit, ""), scan(50, ArrivedDest, ""), scan(30, Customs, "export_declared"),
		}, []string{"began", "advanced ARRIVED_DEST", ""}, "ARRIVED_DEST/ARRIVED_DEST/ARRIVED_DEST"},
		{"an unknown status is kept and changes nothing", toAmazon, []Event{
			scan(0, InTransit, ""), scan(5, "WARP_DRIVE", ""), {At: at(6), TZKnown: true, Text: "Hello"},
		}, []string{"began", "", ""}, "IN_TRANSIT/IN_TRANSIT/IN_TRANSIT"},
		{"an event from the future does not win", toAmazon, []Event{
			scan(0, InTransit, ""), {At: at(24 * 30), TZKnown: true, Seen: at(1), Status: Delivered},
		}, []string{"began", ""}, "IN_TRANSIT/IN_TRANSIT/IN_TRANSIT"},
		{"an earlier journey of the number does not count", toAmazon, []Event{
			scan(-24*61, Delivered, ""), scan(0, PickedUp, ""),
		}, []string{"", "began"}, "PICKED_UP/PICKED_UP/PICKED_UP"},
		{"a number that its carrier uses again", func() Shipment { s := toAmazon(); s.FBA = false; return s }, []Event{
			scan(0, InTransit, ""), scan(50, Delivered, ""), {At: at(51), Seen: at(51), ETA: Date{2026, 3, 4}}, scan(50+20*24, PreTransit, ""),
			scan(50+60*24, PickedUp, ""), scan(50+61*24, InTransit, "departed_port"), scan(50+70*24, Delivered, ""),
		}, []string{"began", "delivered DELIVERED !", "rescheduled DELIVERED", "", "began", "advanced IN_TRANSIT", "delivered DELIVERED !"}, "DELIVERED/DELIVERED/DELIVERED"},
		{"a source that gives up is no trouble before the goods move", toAmazon, []Event{
			scan(0, PreTransit, ""), scan(10, Exception, "stale_upstream"), scan(20, InTransit, ""), scan(800, Exception, "stale_upstream"), scan(900, InTransit, "x"),
		}, []string{"began", "", "advanced IN_TRANSIT", "exception EXCEPTION !", "recovered IN_TRANSIT !"}, "IN_TRANSIT/IN_TRANSIT/IN_TRANSIT"},
		{"a source that gives up after a delivery is no trouble", toAmazon, []Event{
			scan(0, InTransit, ""), scan(10, Delivered, ""), scan(20, Exception, "stale_upstream"),
		}, []string{"began", "delivered DELIVERED !", ""}, "DELIVERED/DELIVERED/DELIVERED"},
		{"old news goes to the card only", toAmazon, []Event{
			scan(0, InTransit, ""), {At: at(10), TZKnown: true, Seen: at(10 + 8*24), Status: Delivered},
		}, []string{"began", "delivered DELIVERED"}, "DELIVERED/DELIVERED/DELIVERED"},
		{"one hold after another", toAmazon, []Event{
			scan(0, InTransit, ""), bad(scan(10, Customs, "import_hold")), bad(scan(20, Customs, "import_hold")), bad(scan(30, Customs, "duty_due")),
		}, []string{"began", "exception CUSTOMS !", "moved CUSTOMS", "exception CUSTOMS !"}, "CUSTOMS/CUSTOMS/CUSTOMS"},
		{"estimates", toAmazon, []Event{
			scan(0, InTransit, ""),
			{At: at(1), Seen: at(1), ETA: Date{2026, 4, 1}},
			{At: at(1), Seen: at(2), ETA: Date{2026, 4, 1}},
			{At: at(1), Seen: at(3), ETA: Date{2026, 4, 2}},
			{At: at(1), Seen: at(4), ETA: Date{2026, 4, 1}},
			{At: at(1), Seen: at(5), ETA: Date{2026, 4, 3}},
		}, []string{"began", "rescheduled IN_TRANSIT", "", "rescheduled IN_TRANSIT", "rescheduled IN_TRANSIT", "rescheduled IN_TRANSIT !"}, "IN_TRANSIT/IN_TRANSIT/IN_TRANSIT"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := tt.start()
			for i, e := range tt.events {
				var changes []Change
				s, changes = s.Apply(e)
				line := ""
				for j, c := range changes {
					if j > 0 {
						line += "; "
					}
					line += string(c.Kind)
					if c.Kind != Began {
						line += " " + string(c.To)
					}
					if c.NeedsPerson() {
						line += " !"
					}
				}
				if line != tt.want[i] {
					t.Errorf("event %d (%s/%s): got %q, want %q", i, e.Status, e.Sub, line, tt.want[i])
				}
			}
			if got := fmt.Sprintf("%s/%s/%s", s.Status, s.LastOK, s.Furthest); got != tt.status {
				t.Errorf("in the end: got %s, want %s", got, tt.status)
			}
		})
	}
}

func TestFirstSyncIsOneSummary(t *testing.T) {
	_, changes := toAmazon().Apply(scan(0, PickedUp, ""), scan(5, InTransit, ""), bad(scan(9, Customs, "import_hold")), Event{At: at(9), Seen: at(9), ETA: Date{2026, 4, 1}})
	if len(changes) != 1 || changes[0].Kind != Began || changes[0].To != Customs || !changes[0].NeedsPerson() || changes[0].ETA.IsZero() {
		t.Errorf("got %+v, want one summary that needs a person because of the hold", changes)
	}
}

// TestDeliveredAndReceivedInOneLook: nobody looked in between, and the delivery is still told, once.
func TestDeliveredAndReceivedInOneLook(t *testing.T) {
	for _, last := range []Status{Receiving, Closed} {
		s, _ := toAmazon().Apply(scan(0, OutForDelivery, ""))
		s, changes := s.Apply(scan(10, Delivered, "at_fc"), scan(20, last, ""))
		if len(changes) != 2 || changes[0].Kind != Arrived || changes[0].Key != "status:DELIVERED" || changes[0].To != Delivered || !changes[0].NeedsPerson() || changes[1].To != last {
			t.Errorf("%s: %+v", last, changes)
		}
		if _, changes = s.Apply(scan(10, Delivered, "at_fc"), scan(11, Delivered, "again")); len(changes) != 0 {
			t.Errorf("%s: told again: %+v", last, changes)
		}
	}
}

func TestKeyIgnoresWhatChangesWhileTheEventStays(t *testing.T) {
	a := Event{At: at(0), Status: InTransit, Sub: "departed_port", Text: "Departed", Source: "x", Place: Place{Name: "Yantian"}}
	same := a
	same.Text, same.Source, same.Seq, same.Code, same.At = "已离港", "y", 7, "D1", a.At.Add(20*time.Second).In(time.FixedZone("", 8*3600))
	same.Place.Name = " YANTIAN "
	if a.MakeKey("N") != same.MakeKey("N") {
		t.Error("wording, source, order, seconds or spelling of the zone changed the key")
	}
	for name, other := range map[string]Event{
		"minute": {At: at(0).Add(time.Minute), Status: a.Status, Sub: a.Sub, Place: a.Place},
		"sub":    {At: a.At, Status: a.Status, Sub: "loaded", Place: a.Place},
		"place":  {At: a.At, Status: a.Status, Sub: a.Sub, Place: Place{Name: "Ningbo"}},
		"words":  {At: a.At, Text: "Departed", Place: a.Place},
	} {
		if other.MakeKey("N") == a.MakeKey("N") {
			t.Errorf("another %s has the same key", name)
		}
	}
	if a.MakeKey("N") == a.MakeKey("M") {
		t.Error("another number has the same key")
	}
}

func TestPerhapsReused(t *testing.T) {
	s := Shipment{Number: "1", Registered: t0}
	if s, _ = s.Apply(scan(-24*40, Delivered, "")); !s.PerhapsReused() {
		t.Error("delivered forty days before it was registered: want a doubt")
	}
	if s, _ = s.Apply(scan(-24, Delivered, "")); s.PerhapsReused() {
		t.Error("delivered yesterday: want no doubt")
	}
}

func TestDate(t *testing.T) {
	for _, s := range []string{"2026-02-28", "2024-02-29", ""} {
		d, err := ParseDate(s)
		if err != nil || d.String() != s {
			t.Errorf("%q came back as %q, %v", s, d, err)
		}
	}
	if _, err := ParseDate("2026-02-30"); err == nil {
		t.Error("30 February was taken")
	}
	if got := (Date{2026, 3, 1}).Days(Date{2026, 2, 27}); got != 2 {
		t.Errorf("27 February to 1 March: got %d days, want 2", got)
	}
	if got := (Date{2026, 12, 31}).Add(1); got != (Date{2027, 1, 1}) {
		t.Errorf("the day after 2026-12-31: got %s", got)
	}
}

func TestStatuses(t *testing.T) {
	list := Statuses()
	if len(list) != 16 {
		t.Fatalf("got %d statuses, want 16", len(list))
	}
	for i, s := range list {
		if i > 0 && s.Rank() <= list[i-1].Rank() {
			t.Errorf("%s (%d) after %s (%d)", s, s.Rank(), list[i-1], list[i-1].Rank())
		}
	}
	for _, s := range []Status{NotFound, PreTransit, PickedUp, InTransit, Customs, ArrivedDest, OutForDelivery, AttemptFailed, AvailableForPickup, Returning, Delivered, Receiving, Closed, Returned, Cancelled, Exception} {
		if !s.Known() {
			t.Errorf("%s is not in the table", s)
		}
	}
}

func BenchmarkApply(b *testing.B) {
	s := toAmazon()
	for i := range 40 {
		s, _ = s.Apply(scan(i*10, InTransit, fmt.Sprint("stop", i)))
	}
	e := scan(500, ArrivedDest, "")
	b.ReportAllocs()
	for b.Loop() {
		s.Apply(e)
	}
}

// stands is a standing status: all its source ever says is how things are now.
func stands(minute int, status Status) Event {
	seen := at(0).Add(time.Duration(minute) * time.Minute)
	return Event{At: seen, TZKnown: true, Seen: seen, Status: status, Standing: true, Source: "amazon"}
}

func TestStanding(t *testing.T) {
	s := toAmazon()
	for minute := range 50 { // told at every look, and never since when
		s, _ = s.Apply(stands(minute*360, InTransit))
	}
	if len(s.Events) != 1 || !s.LatestAt.Equal(at(0)) || s.Events[0].Until.Sub(s.LatestAt) != time.Minute {
		t.Errorf("one standing status told fifty times is %+v", s.Events)
	}
	for _, tt := range []struct {
		name string
		told []Event
		want Status
	}{
		{"a slow source does not take back what happened", []Event{scan(1, Delivered, "at_fc"), stands(120, PickedUp), stands(600, PickedUp)}, Delivered},
		{"a slow source says what comes next", []Event{scan(1, Delivered, "at_fc"), stands(120, PickedUp), stands(600, Receiving)}, Receiving},
		{"told too early, once", []Event{stands(0, Delivered), stands(360, PickedUp)}, Delivered},
		{"told too early, then corrected at two looks", []Event{stands(0, Delivered), stands(360, PickedUp), stands(720, PickedUp)}, PickedUp},
		{"back to what it was before is a slip", []Event{stands(0, InTransit), stands(10, Receiving), stands(20, InTransit), stands(30, InTransit)}, Receiving},
		{"closed stays closed", []Event{stands(0, Closed), stands(10, InTransit), stands(20, InTransit)}, Closed},
	} {
		got, _ := toAmazon().Apply(tt.told...)
		if got.Status != tt.want {
			t.Errorf("%s: got %s, want %s", tt.name, got.Status, tt.want)
		}
	}
	troubled, _ := toAmazon().Apply(scan(1, InTransit, ""), scan(2, Exception, "damaged"), stands(300, InTransit))
	if !troubled.Exception {
		t.Error("a slow source that says IN_TRANSIT ended the trouble")
	}
	own, _ := toAmazon().Apply(stands(0, Exception), stands(10, InTransit))
	arrived, _ := troubled.Apply(stands(400, Receiving))
	if own.Exception || arrived.Exception {
		t.Error("a slow source did not end its own trouble, or one that the arrival ends")
	}
}

func TestCount(t *testing.T) {
	count := func(minute, received int) Event {
		e := stands(minute, "")
		e.Count = Count{Shipped: 40, Received: received}
		return e
	}
	s, _ := toAmazon().Apply(stands(0, Receiving), count(0, 10))
	s, changes := s.Apply(count(360, 35), count(720, 34)) // counted again, and less
	if s.Count != (Count{40, 34}) || len(changes) != 1 || changes[0].Kind != Moved || changes[0].NeedsPerson() || changes[0].Event.Count.Received != 34 {
		t.Errorf("count %+v, changes %+v", s.Count, changes)
	}
	s, changes = s.Apply(stands(1080, Closed))
	var short *Change
	for i, c := range changes {
		if c.Kind == Short {
			short = &changes[i]
		}
	}
	if short == nil || !short.NeedsPerson() || short.To != Closed {
		t.Fatalf("closed with six missing: %+v", changes)
	}
	if _, changes = s.Apply(stands(1440, Closed), count(1440, 34)); len(changes) != 0 {
		t.Errorf("told again: %+v", changes)
	}
	if s, changes = s.Apply(count(1800, 40)); s.Count.Short() != 0 || len(changes) != 1 || changes[0].NeedsPerson() {
		t.Errorf("found after all: %+v, %+v", s.Count, changes)
	}
	both := stands(0, Receiving)
	both.Count, both.ETA = Count{40, 1}, DateOf(at(100))
	if s, _ := toAmazon().Apply(both); len(s.Events) != 3 || s.Count.Received != 1 || s.ETA.IsZero() || s.Status != Receiving {
		t.Errorf("status, count and estimate in one event: %+v", s)
	}
}

// TestHeardLate: what happened more than a week before we heard of it needs nobody, though its source knew at once; silence and counts do
// not grow old.
func TestHeardLate(t *testing.T) {
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	e := Event{At: at, Seen: at.Add(time.Hour)}
	for _, c := range []struct {
		kind  Kind
		grows bool
	}{{Arrived, true}, {Troubled, true}, {Recovered, true}, {Advanced, true}, {Began, true}, {Moved, true}, {Rescheduled, true}, {Silent, false}, {Short, false}} {
		for days, old := range map[int]bool{6: false, 8: c.grows} {
			if got := (Change{Kind: c.kind, At: at, Event: e}).Heard(at.Add(time.Duration(days) * day)); got.Old != old {
				t.Errorf("%s, %d days later: old %t", c.kind, days, got.Old)
			}
		}
	}
}
