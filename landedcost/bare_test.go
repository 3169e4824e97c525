package landedcost

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// TestBare leaves out what customs takes and nothing else, and needs no code and no tariff.
func TestBare(t *testing.T) {
	c, on := example(t), day(t, today)
	rapid.Check(t, func(t *rapid.T) {
		s, route := drawShipment(t)
		whole, err := c.Estimate(s, route, on)
		if err != nil {
			t.Fatal(err)
		}
		bare := s
		bare.Bare, bare.Goods = true, slices.Clone(s.Goods)
		for i := range bare.Goods {
			bare.Goods[i].HS, bare.Goods[i].NetKg = "", decimal.Zero
		}
		e, err := c.Estimate(bare, route, on)
		if err != nil {
			t.Fatal(err)
		}
		var want []string
		for _, l := range whole.Lines {
			// "advance" is the example card's share of the duty
			if !slices.Contains([]Stage{Dutied, Fees, Tax}, l.Stage) && l.ID != "advance" {
				want = append(want, l.ID+" "+l.Sum.String())
			}
		}
		var got []string
		for _, l := range e.Lines {
			got = append(got, l.ID+" "+l.Sum.String())
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("%s (-whole +bare):\n%s", route, diff)
		}
		if !e.Bare || !slices.ContainsFunc(e.Flags, func(f Sentence) bool { return f.ID == prefix+"flag.bare" }) {
			t.Fatal("an estimate without duty does not say so")
		}
	})
}

// TestRoutesAddUp: beside the others a route comes to what it comes to alone, and the cheapest is.
func TestRoutesAddUp(t *testing.T) {
	c, on := example(t), day(t, today)
	rapid.Check(t, func(t *rapid.T) {
		s, _ := drawShipment(t)
		found := c.Compare(s, on)
		if len(found.Estimates)+len(found.Refused) != len(c.Routes(s.Destination)) {
			t.Fatalf("%d estimates and %d refusals of %d routes", len(found.Estimates), len(found.Refused), len(c.Routes(s.Destination)))
		}
		for _, e := range found.Estimates {
			alone, err := c.Estimate(s, e.Route, on)
			if err != nil || !alone.Total.Amount.Equal(e.Total.Amount) || !alone.PerUnit.Amount.Equal(e.PerUnit.Amount) {
				t.Fatalf("%s: %s alone, %s beside others, %v", e.Route, alone.Total, e.Total, err)
			}
			for _, best := range found.Estimates {
				if best.Route == found.Cheapest && best.Landed.Amount.GreaterThan(e.Landed.Amount) {
					t.Fatalf("%s at %s is not cheaper than %s at %s", best.Route, best.Landed, e.Route, e.Landed)
				}
			}
		}
	})
}

// TestWholeValue: a line whose value is known as a whole costs to the cent what it is, whatever the number of units.
func TestWholeValue(t *testing.T) {
	c, on := example(t), day(t, today)
	rapid.Check(t, func(t *rapid.T) {
		value := Money{drawDecimal("value", 1, 1e9, 2).Draw(t, "value"), "USD"}
		units := rapid.IntRange(1, 100000).Draw(t, "units")
		s := Shipment{Destination: "US", Incoterm: FOB, Currency: "USD", Cartons: []Carton{{Count: 3, Length: dec("60"), Width: dec("40"), Height: dec("50"), Unit: CM, Weight: dec("18.5"), WeightUnit: Kg}},
			Goods: []Item{{Name: "x", HS: "3924.10", Units: units, Value: value}}}
		e, err := c.Estimate(s, "us-ocean", on)
		if err != nil {
			t.Fatal(err)
		}
		if l := e.Lines[0]; l.Stage != Goods || !l.Sum.Amount.Equal(value.Amount) || !e.Customs.Value.Amount.Equal(value.Amount) {
			t.Fatalf("goods %s, customs value %s, want %s", l.Sum, e.Customs.Value, value)
		}
	})
}

// TestServing finds the routes of the example card by what a seller chooses.
func TestServing(t *testing.T) {
	c := example(t)
	for _, test := range []struct {
		way, to string
		want    []string
	}{
		{"agl_ocean_lcl", "US", []string{"us-ocean"}},
		{"own_forwarder", "US", []string{"us-ocean", "us-air", "us-courier"}},
		{"own_forwarder", "de", []string{"eu-ocean", "eu-rail"}},
		{"agl_ocean_fcl", "US", nil},
		{"agl_air", "MX", nil},
		{"", "US", nil},
	} {
		if diff := cmp.Diff(test.want, c.Serving(test.way, test.to)); diff != "" {
			t.Errorf("%s to %s (-want +got):\n%s", test.way, test.to, diff)
		}
	}
	if ways := c.Ways(); !slices.Contains(ways, "send") || slices.Contains(ways, "agl_ocean_fcl") {
		t.Errorf("ways: %v", ways)
	}
}
