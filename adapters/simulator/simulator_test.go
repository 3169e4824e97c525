package simulator

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"xiaobao/shipment"
)

var start = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// pull asks a carrier at a time.
func pull(t testing.TB, speed float64, now time.Time, numbers ...string) []shipment.Event {
	var list []shipment.Number
	for _, n := range numbers {
		list = append(list, shipment.Number{Number: n, Registered: start})
	}
	events, err := New(speed, func() time.Time { return now }).Pull(context.Background(), list)
	if err != nil {
		t.Fatal(err)
	}
	return events
}

// held finds a number whose journey has, or has not, a customs hold.
func held(carriage shipment.Carriage, country string, hold bool) string {
	for i := 0; ; i++ {
		if n := NewNumberTo(carriage, country, fmt.Sprint(i)); JourneyOf(n).Hold == hold {
			return n
		}
	}
}

func TestNumbers(t *testing.T) {
	seen := map[Journey]int{}
	for i := range 600 {
		n := NewNumber(fmt.Sprint("seed", i))
		if n != NewNumber(fmt.Sprint("seed", i)) || !Is(n) || len(n) != 14 {
			t.Fatalf("number %q", n)
		}
		seen[JourneyOf(n)]++
	}
	if len(seen) != 12 {
		t.Errorf("600 numbers have %d sorts of journeys, want all 12: %v", len(seen), seen)
	}
	holds := 0
	for j, n := range seen {
		if j.Hold {
			holds += n
		}
	}
	if holds < 120 || holds > 280 {
		t.Errorf("%d of 600 are held, want about a third", holds)
	}
	if j := JourneyOf(NewNumberTo(shipment.Air, "JP", "x")); j.Carriage != shipment.Air || j.Country != "JP" {
		t.Errorf("asked for air to Japan, got %+v", j)
	}
	if got := pull(t, Brisk, start.Add(time.Hour), "1Z999AA10123456784", ""); len(got) != 0 {
		t.Errorf("a real number got simulated events: %v", got)
	}
	if JourneyOf("sim").Country == "" || JourneyOf("SIM7").Country == "" {
		t.Error("a number made by hand has no destination")
	}
}

func TestAssign(t *testing.T) {
	c := New(1, time.Now)
	for in, want := range map[string]string{
		"SIM": "SIM", "SIMA": "SIMAUS", "simojp": "SIMOJP", "SIMADE": "SIMADE", "SIMOFR": "SIMOUS", "SIMOUS12345678": "SIMOUS12345678", "1Z": "1Z", "SIMULATOR": "SIMULATOR",
	} {
		got := c.Assign(in, "seed")
		if !strings.HasPrefix(got, want) || got != c.Assign(in, "seed") {
			t.Errorf("%q became %q, want %q…", in, got, want)
		}
		if in == "SIMA" && (len(got) != 14 || c.Carriage(got) != shipment.Air || c.Assign(in, "other") == got) {
			t.Errorf("%q became %q", in, got)
		}
	}
}

// TestStory is the whole journey as a person would read it.
func TestStory(t *testing.T) {
	want := `began PRE_TRANSIT Shenzhen
advanced PICKED_UP Shenzhen
advanced IN_TRANSIT/origin_facility Hong Kong
advanced CUSTOMS/export_declared Hong Kong
moved IN_TRANSIT/export_cleared Hong Kong
moved IN_TRANSIT/loaded Hong Kong
moved IN_TRANSIT/departed_port Hong Kong
rescheduled IN_TRANSIT/departed_port
advanced ARRIVED_DEST/arrived_port Los Angeles International
moved CUSTOMS/import_declared Los Angeles International
exception CUSTOMS/* Los Angeles International !
rescheduled CUSTOMS/* !
recovered IN_TRANSIT/customs_cleared Los Angeles International !
moved IN_TRANSIT/handover Ontario, CA
moved IN_TRANSIT/appointment Ontario, CA
advanced OUT_FOR_DELIVERY Ontario, CA
delivered DELIVERED/at_fc ONT8 !
advanced RECEIVING/checked_in ONT8
moved RECEIVING ONT8
advanced CLOSED ONT8 !
`
	number := held(shipment.Air, "US", true)
	s := shipment.Shipment{Number: number, Source: Name, Carriage: shipment.Air, FBA: true, Registered: start}
	var story strings.Builder
	for hour := range 24 * 40 {
		var changes []shipment.Change
		s, changes = s.Apply(pull(t, 1, start.Add(time.Duration(hour)*time.Hour), number)...)
		for _, c := range changes {
			line := fmt.Sprintf("%s %s", c.Kind, c.To)
			switch {
			case c.Sub != "" && c.Exception:
				line += "/*"
			case c.Sub != "" && c.Kind != shipment.Began:
				line += "/" + c.Sub
			}
			if c.Event.Place.Name != "" {
				line += " " + c.Event.Place.Name
			}
			if c.NeedsPerson() {
				line += " !"
			}
			fmt.Fprintln(&story, line)
		}
	}
	if d := cmp.Diff(want, story.String()); d != "" {
		t.Errorf("another story (-want +got):\n%s", d)
	}
	if !s.Over() || s.ETA.IsZero() {
		t.Errorf("in the end: over %t, estimate %s", s.Over(), s.ETA)
	}
}

func TestTheSameStoryAlways(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		number := NewNumber(rapid.String().Draw(t, "seed"))
		speed := rapid.SampledFrom([]float64{1, 60, Brisk, 1e6}).Draw(t, "speed")
		c := New(speed, func() time.Time { return start.Add(365 * 24 * time.Hour) })
		ref := shipment.Number{Number: number, Registered: start}
		all, err := c.Pull(context.Background(), []shipment.Number{ref})
		if err != nil {
			t.Fatal(err)
		}
		whole, _ := shipment.Shipment{Number: number, FBA: true, Registered: start}.Apply(all...)
		stops := 0
		for _, e := range whole.Events {
			if e.Status != "" {
				stops++
			}
			if !strings.HasPrefix(e.Code, Label) && e.Status != "" || e.Source != Name {
				t.Fatalf("not labelled as a simulation: %+v", e)
			}
		}
		if stops != len(all) {
			t.Fatalf("%d events became %d: two have the same key", len(all), stops)
		}
		if whole.Status != shipment.Closed || whole.Exception {
			t.Fatalf("ends as %s, exception %t", whole.Status, whole.Exception)
		}
		// Looking exactly when Next says finds one event more each time, and then no more.
		now, n := start, 0
		for {
			next, ok := c.Next(ref, now)
			if !ok {
				break
			}
			if !next.After(now) {
				t.Fatal("Next stands still")
			}
			now, n = next, n+1
			got, _ := New(speed, func() time.Time { return now }).Pull(context.Background(), []shipment.Number{ref})
			if len(got) != n || !got[n-1].At.Equal(all[n-1].At) {
				t.Fatalf("look %d found %d events", n, len(got))
			}
		}
		if n != len(all) {
			t.Fatalf("Next led to %d of %d events", n, len(all))
		}
	})
}

func TestSpeed(t *testing.T) {
	for _, carriage := range []shipment.Carriage{shipment.Air, shipment.Ocean} {
		for _, country := range countries {
			number := held(carriage, country, false)
			events := New(Brisk, func() time.Time { return start }).story(shipment.Number{Number: number, Registered: start})
			took := events[len(events)-1].At.Sub(start)
			if took < 30*time.Second || took > 5*time.Minute {
				t.Errorf("%s %s takes %s at a brisk speed", carriage, country, took)
			}
			if d := pull(t, 1, start.Add(100*24*time.Hour), number); d[len(d)-1].Status != shipment.Closed {
				t.Errorf("%s %s is not over after a hundred days", carriage, country)
			}
		}
	}
	if got := pull(t, 0, start.Add(time.Hour), NewNumber("a")); len(got) != 1 {
		t.Errorf("speed 0 is real time: got %d events after an hour, want the label", len(got))
	}
}

func TestHoldMovesTheEstimate(t *testing.T) {
	number := held(shipment.Ocean, "DE", true)
	var etas []shipment.Date
	for _, e := range pull(t, 1, start.Add(100*24*time.Hour), number) {
		if !e.ETA.IsZero() {
			etas = append(etas, e.ETA)
		}
	}
	if len(etas) != 2 || etas[1].Days(etas[0]) < 1 {
		t.Errorf("estimates %v, want two, the second later", etas)
	}
}

func TestPlaces(t *testing.T) {
	names := Places()
	for _, country := range countries {
		for _, e := range pull(t, 1, start.Add(100*24*time.Hour), held(shipment.Air, country, true), held(shipment.Ocean, country, true)) {
			if names[e.Place.Code] != e.Place.Name {
				t.Errorf("place %+v is not listed", e.Place)
			}
		}
	}
}

func TestCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := New(1, time.Now).Pull(ctx, nil); err == nil {
		t.Error("a cancelled pull succeeded")
	}
}
