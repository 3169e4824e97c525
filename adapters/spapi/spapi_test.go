package spapi

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// clock is a clock that only moves when somebody sleeps, or by hand.
type clock struct {
	mu    sync.Mutex
	at    time.Time
	slept []time.Duration
}

func newClock() *clock { return &clock{at: time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)} }

func (c *clock) now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.at
}

func (c *clock) sleep(ctx context.Context, d time.Duration) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
	c.slept = append(c.slept, d)
	return ctx.Err()
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.at = c.at.Add(d)
}

// rig is a source and the Amazon it asks, on one clock.
type rig struct {
	*clock
	amazon *spapitest.Server
	source *Source
	log    *bytes.Buffer
	config Config
}

func newRig(t *testing.T, with ...func(*Config)) *rig {
	t.Helper()
	r := &rig{clock: newClock(), log: &bytes.Buffer{}}
	r.amazon = spapitest.New(r.now)
	t.Cleanup(r.amazon.Close)
	r.config = Config{
		Accounts: []Account{{
			Name: "shop", Region: "na", Marketplaces: []string{"US", "CA"}, ClientID: spapitest.ClientID, ClientSecret: spapitest.ClientSecret,
			RefreshToken: spapitest.RefreshToken, API: r.amazon.URL, Business: "AmazonShipping_US",
		}},
		LWA: r.amazon.TokenURL(), Now: r.now, Sleep: r.sleep, Jitter: func() float64 { return 0.5 }, Timeout: 5 * time.Second,
		Log: slog.New(slog.NewTextHandler(r.log, nil)),
	}
	for _, f := range with {
		f(&r.config)
	}
	s, err := New(r.config)
	if err != nil {
		t.Fatal(err)
	}
	r.source = s
	return r
}

func (r *rig) number(n string) shipment.Number {
	return shipment.Number{Number: n, Registered: r.now()}
}

func (r *rig) pull(t *testing.T, numbers ...string) []shipment.Event {
	t.Helper()
	events, err := r.try(numbers...)
	if err != nil {
		t.Fatalf("pull %v: %v", numbers, err)
	}
	return events
}

func (r *rig) try(numbers ...string) ([]shipment.Event, error) {
	var list []shipment.Number
	for _, n := range numbers {
		list = append(list, r.number(n))
	}
	return r.source.Pull(context.Background(), list)
}

const (
	fba   = "FBA15DJ9S3J5"
	plan1 = "wf1234abcd-1234-abcd-5678-1234abcd5678"
	in1   = "sh1234abcd-1234-abcd-5678-1234abcd5678"
)

// TestJourney is an FBA shipment from its plan to a short receipt, as a person would read it: Amazon's status, the sea leg under its
// bill of lading, the last mile under a parcel number, and the units.
func TestJourney(t *testing.T) {
	r := newRig(t)
	at := func(hours int) string {
		return newClock().at.Add(time.Duration(hours) * time.Hour).Format(time.RFC3339)
	}
	x := spapitest.Shipment{ID: fba, Status: "WORKING", Centre: "ONT8", Plan: plan1, Inbound: in1, Items: []spapitest.Item{{SKU: "A", Shipped: 60}, {SKU: "B", Shipped: 40}}}
	sea, road := spapitest.Tracked{}, spapitest.Tracked{}
	story := strings.Builder{}
	s := shipment.Shipment{Number: fba, Source: Name, Carriage: shipment.Ocean, FBA: true, Registered: r.now()}
	for day := range 40 {
		switch day {
		case 2:
			x.Status, x.Bill = "SHIPPED", "AMZDCN203A900BD3"
			sea.Milestones = append(sea.Milestones, spapitest.Milestone{At: at(40), Code: "BOOKING_CONFIRMED", Text: "Booked", City: "Shenzhen", Region: "Guangdong", Country: "CN"})
		case 4:
			sea.Milestones = append(sea.Milestones, spapitest.Milestone{At: at(90), Code: "DEPARTED", City: "Shenzhen", Country: "CN"})
			sea.ETA, sea.Estimated = "2026-07-10T23:59:59Z", at(90)
		case 20:
			sea.Milestones = append(sea.Milestones, spapitest.Milestone{At: at(470), Code: "CUSTOMS_EXCEPTION", SubCode: "HS_CODE_ISSUES", City: "Los Angeles", Country: "US"})
		case 23:
			sea.Milestones = append(sea.Milestones, spapitest.Milestone{At: at(550), Code: "CUSTOMS_CLEARED", City: "Los Angeles", Country: "US"})
			sea.ETA, sea.Estimated = "2026-07-13T23:59:59Z", at(550)
		case 25:
			x.Status, x.Parcels = "IN_TRANSIT", []string{"1Z999AA10123456784"}
			road.Milestones = append(road.Milestones, spapitest.Milestone{At: at(590), Code: "OUT_FOR_DELIVERY", City: "Ontario", Region: "California", Country: "US"})
		case 26:
			x.Status = "CHECKED_IN"
			sea.Milestones = append(sea.Milestones, spapitest.Milestone{At: at(610), Code: "DELIVERED"})
			road.Milestones = append(road.Milestones, spapitest.Milestone{At: at(611), Code: "DELIVERED"})
		case 28:
			x.Status, x.Items[0].Received = "RECEIVING", 30
		case 33:
			x.Items[0].Received, x.Items[1].Received = 60, 37
			x.Status = "CLOSED"
		}
		r.amazon.Put(x)
		if len(sea.Milestones) > 0 {
			r.amazon.Track("AMZDCN203A900BD3", sea)
		}
		if len(road.Milestones) > 0 {
			r.amazon.Track("1Z999AA10123456784", road)
		}
		var changes []shipment.Change
		s, changes = s.Apply(r.pull(t, fba)...)
		for _, c := range changes {
			line := fmt.Sprintf("day %d: %s %s", day, c.Kind, c.To)
			if c.Sub != "" {
				line += "/" + c.Sub
			}
			if c.Kind == shipment.Short {
				line += fmt.Sprintf(" %d of %d", s.Count.Received, s.Count.Shipped)
			}
			if c.Kind == shipment.Rescheduled {
				line += " " + c.ETA.String()
			}
			if c.NeedsPerson() {
				line += " !"
			}
			fmt.Fprintln(&story, line)
		}
		r.pass(24 * time.Hour)
	}
	want := `day 0: began PRE_TRANSIT/working
day 2: advanced PICKED_UP/shipped
day 4: advanced IN_TRANSIT/departed_port
day 4: rescheduled IN_TRANSIT/departed_port 2026-07-10
day 20: exception CUSTOMS/info_required !
day 23: recovered IN_TRANSIT/customs_cleared !
day 23: rescheduled IN_TRANSIT/customs_cleared 2026-07-13 !
day 25: advanced OUT_FOR_DELIVERY
day 26: delivered DELIVERED !
day 26: advanced RECEIVING/checked_in
day 28: moved RECEIVING
day 33: advanced CLOSED !
day 33: short CLOSED 97 of 100 !
`
	if d := cmp.Diff(want, story.String()); d != "" {
		t.Errorf("another story (-want +got):\n%s\n%s", d, r.log)
	}
	if s.Count.Short() != 3 || !s.Over() {
		t.Errorf("in the end %+v, over %t", s.Count, s.Over())
	}
	if n := r.amazon.Calls("token"); n != 40 { // one a day: a token lasts an hour
		t.Errorf("%d tokens", n)
	}
}

func TestKnows(t *testing.T) {
	r := newRig(t)
	for number, want := range map[string]bool{
		fba: true, "FBA1MMD8D0U000001": true, "FBA1MMD8D0U001": true, strings.ToUpper(plan1): true, strings.ToUpper(in1): true, "AFTN987654321": true,
		"AMZDCN203A900BD3": true, "MSKU4538324": true, "TBA502887274000": true, "STAR-ABCD1234": true,
		"1Z999AA10123456784": false, "SIMOUS12345678": false, "75726371365": false, "": false, "FBA": false, "YT2229521272164446": false,
	} {
		if got := r.source.Knows(number); got != want {
			t.Errorf("%q: known %t, want %t", number, got, want)
		}
	}
	r = newRig(t, func(c *Config) { c.NoContainers = true; c.Accounts[0].Business = "" })
	if r.source.Knows("MSKU4538324") || r.source.Knows("TBA502887274000") {
		t.Error("containers and parcels were to be left to others")
	}
}

func TestConfiguration(t *testing.T) {
	good := newRig(t).config
	for _, tt := range []struct {
		name string
		with func(*Config)
		want []string
	}{
		{"none", func(c *Config) { c.Accounts = nil }, []string{"no Amazon account"}},
		{"all at once", func(c *Config) {
			c.Accounts[0] = Account{Name: "x", Region: "us", Marketplaces: []string{"ZZ"}, API: "ftp://x"}
		},
			[]string{"region is na", "client id is missing", "client secret is missing", "refresh token is missing", `"ZZ" is no marketplace`, "is not a base address"}},
		{"another region", func(c *Config) { c.Accounts[0].Marketplaces = []string{"DE"} }, []string{"DE belongs to region eu"}},
		{"twice", func(c *Config) { c.Accounts = append(c.Accounts, c.Accounts[0]) }, []string{`two Amazon accounts are called "shop"`}},
	} {
		c := good
		c.Accounts = append([]Account(nil), good.Accounts...)
		tt.with(&c)
		_, err := New(c)
		for _, want := range tt.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("%s: %q is missing from:\n%v", tt.name, want, err)
			}
		}
	}
	c := good
	c.Accounts = []Account{{Region: "EU", ClientID: "a", ClientSecret: "b", RefreshToken: "c", Marketplaces: []string{"gb", "A1PA6795UKMFR9"}}}
	s, err := New(c)
	if err != nil || s.accounts[0].API != "https://sellingpartnerapi-eu.amazon.com" || s.accounts[0].Name != "eu" || s.accounts[0].Marketplaces[0] != "A1F83G8C2ARO7P" {
		t.Errorf("%v, %+v", err, s)
	}
}

// TestNothingOfOthers checks that a number Amazon does not know is no event and no error, whatever Amazon calls it.
func TestNothingOfOthers(t *testing.T) {
	r := newRig(t)
	r.amazon.Put(spapitest.Shipment{ID: "FBA15SOMEBODY", Status: "SHIPPED"})
	for _, n := range []string{"FBA15DJ9S3J5", "AFTN1", "AMZDCN203A900BD3", "MSKU4538324", "TBA502887274000", "STAR-ABCD1234", strings.ToUpper(plan1), strings.ToUpper(in1)} {
		if events := r.pull(t, n); len(events) != 0 {
			t.Errorf("%s: %v", n, events)
		}
	}
}

// TestManyAtOnce checks that forty shipments are one call, and more than a hundred are several.
func TestManyAtOnce(t *testing.T) {
	r := newRig(t)
	var numbers []string
	for i := range 230 {
		id := fmt.Sprintf("FBA15X%06d", i)
		numbers = append(numbers, id)
		m := spapitest.US
		if i%3 == 0 {
			m = spapitest.CA
		}
		r.amazon.Put(spapitest.Shipment{ID: id, Status: "CANCELLED", Marketplace: m})
	}
	if got := len(r.pull(t, numbers...)); got != 230 {
		t.Fatalf("%d of 230 answered", got)
	}
	first := r.amazon.Calls("getShipments")
	if first > 12 {
		t.Errorf("%d calls for 230 shipments in two marketplaces", first)
	}
	r.pass(time.Hour)
	r.pull(t, numbers[:40]...)
	if n := r.amazon.Calls("getShipments") - first; n != 2 {
		t.Errorf("%d calls for 40 shipments of two marketplaces that are known, want 2", n)
	}
}

// TestOneBadAmongMany checks that a list Amazon refuses because of one id is asked in halves.
func TestOneBadAmongMany(t *testing.T) {
	r := newRig(t)
	var numbers []string
	for i := range 8 {
		numbers = append(numbers, fmt.Sprintf("FBA15X%06d", i))
		r.amazon.Put(spapitest.Shipment{ID: numbers[i], Status: "CANCELLED"})
	}
	r.amazon.Break("getShipments", 1, spapitest.Invalid)
	if got := len(r.pull(t, numbers...)); got != 8 {
		t.Errorf("%d of 8 answered", got)
	}
}

// TestCarton checks that a carton's label is answered as its shipment, under the label.
func TestCarton(t *testing.T) {
	r := newRig(t)
	r.amazon.Put(spapitest.Shipment{ID: "FBA1MMD8D0", Status: "RECEIVING", Items: []spapitest.Item{{SKU: "A", Shipped: 5, Received: 2}}})
	events := r.pull(t, "FBA1MMD8D0U000001", "FBA1MMD8D0")
	seen := map[string]int{}
	for _, e := range events {
		seen[e.Number]++
	}
	if seen["FBA1MMD8D0U000001"] != 2 || seen["FBA1MMD8D0"] != 2 {
		t.Errorf("events by number: %v", seen)
	}
}

func TestPlanAndShipmentIds(t *testing.T) {
	r := newRig(t)
	r.amazon.Put(spapitest.Shipment{ID: "FBA15A000001", Status: "CLOSED", Plan: plan1, Inbound: in1, Items: []spapitest.Item{{SKU: "A", Shipped: 10, Received: 9}}})
	r.amazon.Put(spapitest.Shipment{ID: "FBA15A000002", Status: "RECEIVING", Plan: plan1, Inbound: strings.Replace(in1, "1234a", "2234a", 1), Items: []spapitest.Item{{SKU: "A", Shipped: 10, Received: 1}}})
	s, _ := shipment.Shipment{Number: strings.ToUpper(plan1), FBA: true, Registered: r.now()}.Apply(r.pull(t, strings.ToUpper(plan1))...)
	if s.Status != shipment.Receiving || s.Count != (shipment.Count{Shipped: 20, Received: 10}) {
		t.Errorf("a plan stands where its slowest shipment stands: %s, %+v", s.Status, s.Count)
	}
	s, _ = shipment.Shipment{Number: strings.ToUpper(in1), FBA: true, Registered: r.now()}.Apply(r.pull(t, strings.ToUpper(in1))...)
	if s.Status != shipment.Closed || s.Count.Short() != 1 {
		t.Errorf("a shipment under its own id: %s, %+v", s.Status, s.Count)
	}
}

// TestManyItems checks that units are counted over all pages, and that half a list is no count.
func TestManyItems(t *testing.T) {
	r := newRig(t)
	x := spapitest.Shipment{ID: fba, Status: "CLOSED"}
	for i := range 50 {
		x.Items = append(x.Items, spapitest.Item{SKU: fmt.Sprint(i), Shipped: 2, Received: 1})
	}
	r.amazon.Put(x)
	s, _ := shipment.Shipment{Number: fba, FBA: true, Registered: r.now()}.Apply(r.pull(t, fba)...)
	if s.Count != (shipment.Count{Shipped: 100, Received: 50}) {
		t.Errorf("three pages: %+v", s.Count)
	}
	r.amazon.Break("getShipmentItems", mostTries, spapitest.Down)
	events, err := r.try(fba)
	var f watch.Faults
	if !errors.As(err, &f) || f[fba] == nil || len(events) != 1 || events[0].Status != shipment.Closed {
		t.Errorf("second page failed: %v, %v", events, err)
	}
}

// TestSeveralParcels checks that a shipment is delivered when the last of its parcels is.
func TestSeveralParcels(t *testing.T) {
	r := newRig(t)
	x := spapitest.Shipment{ID: fba, Status: "SHIPPED", Plan: plan1, Inbound: in1, Parcels: []string{"1ZA", "1ZB"}}
	r.amazon.Put(x)
	scan := func(at, code string) spapitest.Milestone { return spapitest.Milestone{At: at, Code: code} }
	s := shipment.Shipment{Number: fba, FBA: true, Registered: r.now()}
	look := func() {
		t.Helper()
		s, _ = s.Apply(r.pull(t, fba)...)
		r.pass(time.Hour)
	}
	r.amazon.Track("1ZA", spapitest.Tracked{Milestones: []spapitest.Milestone{scan("2026-06-12T08:10:00Z", "OUT_FOR_DELIVERY"), scan("2026-06-12T08:20:00Z", "DELIVERED")}})
	r.amazon.Track("1ZB", spapitest.Tracked{Milestones: []spapitest.Milestone{scan("2026-06-12T08:05:00Z", "SHIPPED")}})
	r.pass(time.Hour)
	look()
	if s.Status == shipment.Delivered || !hasSub(s, "part_delivered") {
		t.Errorf("one of two is delivered: %s", s.Status)
	}
	r.amazon.Track("1ZB", spapitest.Tracked{Milestones: []spapitest.Milestone{scan("2026-06-12T08:05:00Z", "SHIPPED"), scan("2026-06-12T09:30:00Z", "DELIVERED")}})
	look()
	if s.Status != shipment.Delivered || s.LatestAt.Format("15:04") != "09:30" {
		t.Errorf("both are delivered: %s at %s", s.Status, s.LatestAt)
	}
	x.Parcels = []string{"1ZA", "1ZB", "1ZC", "1ZD", "1ZE", "1ZF"}
	x.ID, x.Inbound = "FBA15DJ9S3J6", strings.Replace(in1, "1234a", "9234a", 1)
	for _, p := range x.Parcels {
		r.amazon.Track(p, spapitest.Tracked{Milestones: []spapitest.Milestone{scan("2026-06-12T09:30:00Z", "DELIVERED")}})
	}
	r.amazon.Put(x)
	many, _ := shipment.Shipment{Number: x.ID, FBA: true, Registered: r.now()}.Apply(r.pull(t, x.ID)...)
	if many.Status != shipment.PickedUp {
		t.Errorf("of six parcels five are asked: %s, want Amazon's own status", many.Status)
	}
	r.amazon.Track("1ZB", spapitest.Tracked{Milestones: []spapitest.Milestone{scan("2026-06-12T08:05:00Z", "LOST")}})
	two := s
	two.Events = nil
	two, _ = two.Apply(r.pull(t, fba)...)
	if two.Over() || !two.Exception || two.Trouble.Sub != "part_lost" {
		t.Errorf("one of two is lost: %s/%s, over %t", two.Status, two.Sub, two.Over())
	}
}

func hasSub(s shipment.Shipment, sub string) bool {
	for _, e := range s.Events {
		if e.Sub == sub {
			return true
		}
	}
	return false
}

// TestFreightThenParcel checks that what the parcel says decides, that freight hands over before it, and that a leg that does not answer
// makes nobody say something that is not so.
func TestFreightThenParcel(t *testing.T) {
	r := newRig(t)
	base := r.now()
	scan := func(hour int, code string) spapitest.Milestone {
		return spapitest.Milestone{At: base.Add(time.Duration(hour-100) * time.Hour).Format(time.RFC3339), Code: code}
	}
	look := func(id string) shipment.Shipment {
		t.Helper()
		s, _ := shipment.Shipment{Number: id, FBA: true, Registered: r.now()}.Apply(r.pull(t, id)...)
		return s
	}
	put := func(n int, parcels ...string) string {
		id := fmt.Sprintf("FBA15F%06d", n)
		r.pass(time.Second) // each was registered after the last walk
		r.amazon.Put(spapitest.Shipment{ID: id, Status: "SHIPPED", Plan: strings.Replace(plan1, "1234a", fmt.Sprintf("%04da", n), 1), Inbound: strings.Replace(in1, "1234a", fmt.Sprintf("%04da", n), 1), Bill: "AMZDCN203A900BD3", Parcels: parcels})
		return id
	}
	r.amazon.Track("AMZDCN203A900BD3", spapitest.Tracked{Milestones: []spapitest.Milestone{scan(1, "DEPARTED"), scan(30, "DELIVERED")}})
	if s := look(put(1)); s.Status != shipment.Delivered {
		t.Errorf("freight alone: %s", s.Status)
	}
	r.amazon.Track("1ZA", spapitest.Tracked{Milestones: []spapitest.Milestone{scan(40, "SHIPPED")}})
	if s := look(put(2, "1ZA")); s.Status != shipment.InTransit || !hasSub(s, "leg_delivered") {
		t.Errorf("freight delivered, the parcel under way: %s", s.Status)
	}
	r.amazon.Track("1ZA", spapitest.Tracked{Milestones: []spapitest.Milestone{scan(40, "SHIPPED"), scan(60, "DELIVERED")}})
	if s := look(put(3, "1ZA")); s.Status != shipment.Delivered || !s.LatestAt.Equal(base.Add(-40*time.Hour)) {
		t.Errorf("the parcel delivered: %s at %s", s.Status, s.LatestAt)
	}
	nobody := "FBA15F000004"
	r.pass(time.Second)
	r.amazon.Put(spapitest.Shipment{ID: nobody, Status: "SHIPPED", Plan: strings.Replace(plan1, "1234a", "0004a", 1), Inbound: strings.Replace(in1, "1234a", "0004a", 1), Bill: "UNKNOWN1", Parcels: []string{"1ZA"}})
	if s := look(nobody); s.Status != shipment.Delivered {
		t.Errorf("a bill nobody knows, the parcel delivered: %s", s.Status)
	}
	r.amazon.Track("1ZB", spapitest.Tracked{Milestones: []spapitest.Milestone{scan(41, "SHIPPED"), scan(50, "DELIVERED")}})
	two := put(5, "1ZA", "1ZB")
	r.pull(t, two)
	for _, breaks := range []int{2 * mostTries, 3*mostTries - 1} { // the first leg, or a later one
		r.amazon.Mend()
		r.amazon.Break("getShipmentTracking", breaks, spapitest.Down)
		for _, e := range r.pull(t, two) {
			if e.Sub == "part_delivered" || e.Status == shipment.Delivered {
				t.Errorf("a leg did not answer, and it was said: %s/%s", e.Status, e.Sub)
			}
		}
	}
	r.amazon.Mend()
	if s := look(two); s.Status != shipment.Delivered {
		t.Errorf("both delivered: %s at %s", s.Status, s.LatestAt)
	}
}
