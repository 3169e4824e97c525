package landedcost

import (
	"slices"
	"testing"

	"github.com/shopspring/decimal"
	"pgregory.net/rapid"
)

// places are a destination and a route of the example card each.
var places = []struct{ to, route string }{
	{"US", "us-ocean"}, {"US", "us-air"}, {"US", "us-courier"}, {"DE", "eu-ocean"}, {"FR", "eu-rail"}, {"UK", "uk-ocean"}, {"JP", "jp-ocean"}, {"CA", "ca-ocean"},
}

func drawDecimal(label string, least, most int64, digits int32) *rapid.Generator[decimal.Decimal] {
	return rapid.Custom(func(t *rapid.T) decimal.Decimal {
		return decimal.New(rapid.Int64Range(least, most).Draw(t, label), -digits)
	})
}

func drawShipment(t *rapid.T) (Shipment, string) {
	p := rapid.SampledFrom(places).Draw(t, "place")
	s := Shipment{
		Destination: p.to, Incoterm: rapid.SampledFrom(Incoterms()).Draw(t, "term"), Currency: rapid.SampledFrom([]string{"USD", "CNY"}).Draw(t, "currency"),
		Recoverable: rapid.Bool().Draw(t, "recoverable"), Informal: rapid.Bool().Draw(t, "informal"),
	}
	if p.to == "JP" || p.to == "FR" || p.to == "DE" {
		s.Currency = map[string]string{"JP": "JPY", "FR": "EUR", "DE": "EUR"}[p.to]
	}
	for range rapid.IntRange(1, 4).Draw(t, "kinds") {
		s.Cartons = append(s.Cartons, Carton{
			Count: rapid.IntRange(1, 60).Draw(t, "count"), Length: drawDecimal("l", 1, 9000, 2).Draw(t, "l"), Width: drawDecimal("w", 1, 9000, 2).Draw(t, "w"),
			Height: drawDecimal("h", 1, 9000, 2).Draw(t, "h"), Unit: rapid.SampledFrom([]Unit{CM, Inch, MM}).Draw(t, "unit"),
			Weight: drawDecimal("kg", 1, 60000, 3).Draw(t, "kg"), WeightUnit: rapid.SampledFrom([]Unit{Kg, Lb}).Draw(t, "weight unit"),
		})
	}
	for range rapid.IntRange(1, 4).Draw(t, "lines") {
		s.Goods = append(s.Goods, Item{
			HS: rapid.SampledFrom([]string{"3924.10", "8518.30.00"}).Draw(t, "hs"), Units: rapid.IntRange(1, 5000).Draw(t, "units"),
			UnitPrice: Money{drawDecimal("price", 1, 500000, 2).Draw(t, "price"), rapid.SampledFrom([]string{"USD", "CNY"}).Draw(t, "money")},
			NetKg:     one,
		})
	}
	if s.Destination == "UK" || s.Destination == "CA" {
		s.Currency = "CNY"
	}
	if s.Currency == "EUR" || s.Destination == "CA" {
		for i := range s.Goods {
			s.Goods[i].UnitPrice.Currency = "CNY"
		}
	}
	return s, p.route
}

// TestMoreWeightNeverCostsLess makes one carton heavier or larger: nothing in the estimate may fall.
func TestMoreWeightNeverCostsLess(t *testing.T) {
	c, on := example(t), day(t, today)
	rapid.Check(t, func(t *rapid.T) {
		s, route := drawShipment(t)
		before, err := c.Estimate(s, route, on)
		if err != nil {
			t.Fatal(err)
		}
		more := s
		more.Cartons = slices.Clone(s.Cartons)
		b := &more.Cartons[rapid.IntRange(0, len(s.Cartons)-1).Draw(t, "which")]
		plus := drawDecimal("plus", 1, 20000, 3).Draw(t, "plus")
		if rapid.Bool().Draw(t, "heavier") {
			b.Weight = b.Weight.Add(plus)
		} else {
			b.Height = b.Height.Add(plus)
		}
		after, err := c.Estimate(more, route, on)
		if err != nil {
			t.Fatal(err)
		}
		for what, pair := range map[string][2]decimal.Decimal{
			"total": {before.Total.Amount, after.Total.Amount}, "landed": {before.Landed.Amount, after.Landed.Amount}, "per unit": {before.PerUnit.Amount, after.PerUnit.Amount},
			"chargeable": {before.Measure.Chargeable, after.Measure.Chargeable}, "revenue tons": {before.Measure.RevenueTons, after.Measure.RevenueTons},
			"customs value": {before.Customs.Value.Amount, after.Customs.Value.Amount},
		} {
			if pair[1].LessThan(pair[0]) {
				t.Fatalf("%s: more in the carton, and %s falls from %s to %s", route, what, pair[0], pair[1])
			}
		}
	})
}

// TestFreightNeverFalls draws tables of breaks, steep ones too, and two quantities near them.
func TestFreightNeverFalls(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f MainFreight
		from := rapid.Int64Range(0, 20).Draw(t, "first")
		for range rapid.IntRange(1, 6).Draw(t, "breaks") {
			f.Breaks = append(f.Breaks, Break{decimal.NewFromInt(from), drawDecimal("rate", 1, 5000, 2).Draw(t, "rate")})
			from += rapid.Int64Range(1, 30).Draw(t, "step")
		}
		a := drawDecimal("a", 0, 300, 1).Draw(t, "a")
		b := a.Add(drawDecimal("more", 0, 300, 1).Draw(t, "more"))
		_, billedA, costA := f.cheapest(a)
		_, billedB, costB := f.cheapest(b)
		if costB.LessThan(costA) || billedA.LessThan(a) || billedB.LessThan(b) {
			t.Fatalf("%s costs %s, %s costs %s, by %v", a, costA, b, costB, f.Breaks)
		}
	})
}

// TestSumsAndCurrency: lines add up, to stages, to the total, to the lines of goods; each line is money of its currency and was
// converted once, with the one rate that it names.
func TestSumsAndCurrency(t *testing.T) {
	c, on := example(t), day(t, today)
	rapid.Check(t, func(t *rapid.T) {
		s, route := drawShipment(t)
		e, err := c.Estimate(s, route, on)
		if err != nil {
			t.Fatal(err)
		}
		var total, tax, subs, items decimal.Decimal
		byStage := map[Stage]decimal.Decimal{}
		for _, l := range e.Lines {
			total = total.Add(l.Sum.Amount)
			byStage[l.Stage] = byStage[l.Stage].Add(l.Sum.Amount)
			if l.Stage == Tax {
				tax = tax.Add(l.Sum.Amount)
			}
			if l.Sum.Currency != s.Currency || !l.Amount.Amount.Equal(l.Amount.round().Amount) || !l.Sum.Amount.Equal(l.Sum.round().Amount) || l.Amount.Amount.IsNegative() {
				t.Fatalf("%s: %s is %s", l.ID, l.Amount, l.Sum)
			}
			checkExchange(t, c, l)
		}
		for _, sub := range e.Subtotals {
			subs = subs.Add(sub.Sum.Amount)
			if !sub.Sum.Amount.Equal(byStage[sub.Stage]) {
				t.Fatalf("%s: %s, want %s", sub.Stage, sub.Sum, byStage[sub.Stage])
			}
		}
		for _, i := range e.Items {
			items = items.Add(i.Landed.Amount)
		}
		want := total
		if s.Recoverable {
			want = total.Sub(tax)
		}
		if !e.Total.Amount.Equal(total) || !subs.Equal(total) || !e.TaxTotal.Amount.Equal(tax) || !e.Landed.Amount.Equal(want) || !items.Equal(want) {
			t.Fatalf("total %s, lines %s, stages %s, landed %s, items %s", e.Total, total, subs, e.Landed, items)
		}
		// the average is right to half of its last digit
		off := e.PerUnit.Amount.Mul(decimal.NewFromInt(int64(e.Units))).Sub(e.Landed.Amount).Abs()
		if off.GreaterThan(decimal.New(5, -Digits(s.Currency)-3).Mul(decimal.NewFromInt(int64(e.Units)))) {
			t.Fatalf("per unit %s × %d is not %s", e.PerUnit, e.Units, e.Landed)
		}
	})
}

// checkExchange reckons a conversion again from the card.
func checkExchange(t *rapid.T, c *Card, l Line) {
	var used []Used
	for _, u := range l.Rates {
		if len(u.What) > 3 && u.What[:3] == "fx " {
			used = append(used, u)
		}
	}
	if l.Amount.Currency == l.Sum.Currency {
		if len(used) != 0 || !l.Sum.Amount.Equal(l.Amount.Amount) {
			t.Fatalf("%s: converted without need: %s, %s", l.ID, l.Amount, l.Sum)
		}
		return
	}
	if len(used) != 1 {
		t.Fatalf("%s: %d exchange rates", l.ID, len(used))
	}
	var want decimal.Decimal
	if x := c.fx[[2]string{l.Amount.Currency, l.Sum.Currency}]; len(x) > 0 {
		want = l.Amount.Amount.Mul(x[0].Rate).Round(Digits(l.Sum.Currency))
	} else {
		want = l.Amount.Amount.DivRound(c.fx[[2]string{l.Sum.Currency, l.Amount.Currency}][0].Rate, Digits(l.Sum.Currency))
	}
	if !l.Sum.Amount.Equal(want) {
		t.Fatalf("%s: %s became %s, want %s", l.ID, l.Amount, l.Sum, want)
	}
}

// TestUnitsDoNotMatter: the same carton in other units costs the same.
func TestUnitsDoNotMatter(t *testing.T) {
	c, on := example(t), day(t, today)
	rapid.Check(t, func(t *rapid.T) {
		s, route := drawShipment(t)
		for i := range s.Cartons {
			s.Cartons[i].Unit, s.Cartons[i].WeightUnit = CM, Kg
		}
		other := s
		other.Cartons = slices.Clone(s.Cartons)
		for i := range other.Cartons {
			b := &other.Cartons[i]
			b.Unit, b.WeightUnit = MM, Gram
			b.Length, b.Width, b.Height, b.Weight = b.Length.Shift(1), b.Width.Shift(1), b.Height.Shift(1), b.Weight.Shift(3)
		}
		a, err := c.Estimate(s, route, on)
		if err != nil {
			t.Fatal(err)
		}
		b, err := c.Estimate(other, route, on)
		if err != nil {
			t.Fatal(err)
		}
		if !a.Total.Amount.Equal(b.Total.Amount) {
			t.Fatalf("%s in centimetres and kilograms, %s in millimetres and grams", a.Total, b.Total)
		}
	})
}

// TestUp: the smallest multiple that is not below.
func TestUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		num, den := drawDecimal("num", 0, 1e12, 4).Draw(t, "num"), drawDecimal("den", 1, 1e7, 3).Draw(t, "den")
		step := rapid.SampledFrom([]decimal.Decimal{dec("0.001"), dec("0.5"), dec("1"), dec("0.3")}).Draw(t, "step")
		got := up(num, den, step)
		if got.Mul(den).LessThan(num) || !got.Sub(step).Mul(den).LessThan(num) || !got.Mod(step).IsZero() {
			t.Fatalf("%s/%s up to %s: %s", num, den, step, got)
		}
	})
}

func BenchmarkEstimate(b *testing.B) {
	c, on := example(b), day(b, today)
	for _, x := range places[:6] {
		s := bottles(x.to)
		b.Run(x.route, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := c.Estimate(s, x.route, on); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "estimates/s")
		})
	}
}

func BenchmarkThousandLines(b *testing.B) {
	c, on := example(b), day(b, today)
	s := bottles("US")
	for len(s.Goods) < 1000 {
		s.Goods = append(s.Goods, s.Goods[0])
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := c.Estimate(s, "us-ocean", on); err != nil {
			b.Fatal(err)
		}
	}
}
