package landedcost

import (
	"slices"

	"github.com/shopspring/decimal"
)

// A Unit is a unit of length, weight or volume.
type Unit string

// The units. CBM and RevenueTon only come out, they do not go in.
const (
	MM         Unit = "mm"
	CM         Unit = "cm"
	M          Unit = "m"
	Inch       Unit = "in"
	Gram       Unit = "g"
	Kg         Unit = "kg"
	Lb         Unit = "lb"
	CBM        Unit = "cbm"
	RevenueTon Unit = "rt"
)

// lengths and weights are what a unit is in centimetres and in kilograms, exactly.
var (
	lengths = map[Unit]decimal.Decimal{MM: decimal.New(1, -1), CM: one, M: hundred, Inch: decimal.New(254, -2)}
	weights = map[Unit]decimal.Decimal{Gram: decimal.New(1, -3), Kg: one, Lb: decimal.New(45359237, -8)}
	cubic   = decimal.New(16387064, -6) // a cubic inch in cubic centimetres
)

// Convert turns a length into another unit of length, a weight into another of weight; exactly towards centimetres and
// kilograms, else with twelve decimals. It is false for units that do not belong together.
func Convert(d decimal.Decimal, from, to Unit) (decimal.Decimal, bool) {
	for _, table := range []map[Unit]decimal.Decimal{lengths, weights} {
		f, ok := table[from]
		t, also := table[to]
		if ok && also {
			return d.Mul(f).DivRound(t, fine), true
		}
	}
	return decimal.Zero, false
}

// A Measure is a shipment weighed and measured the way a route does it. Weights that the route does not ask for are zero.
type Measure struct {
	Cartons         int             `json:"cartons"`
	Units           int             `json:"units"`
	CBM             decimal.Decimal `json:"cbm"`
	GrossKg         decimal.Decimal `json:"gross_kg"`
	Volumetric      decimal.Decimal `json:"volumetric"` // of all cartons, not yet rounded up by the card's step (six decimals)
	Chargeable      decimal.Decimal `json:"chargeable"`
	WeightUnit      Unit            `json:"weight_unit,omitempty"` // of the two above
	ByVolume        bool            `json:"by_volume"`             // the volume decided, not the weight
	RevenueTons     decimal.Decimal `json:"revenue_tons"`
	HeaviestKg      decimal.Decimal `json:"heaviest_kg"`
	LongestSide     decimal.Decimal `json:"longest_side_cm"`
	weighed, tonned []Sentence      // how the chargeable weight and the revenue tons came about
}

// box is a Carton in centimetres and kilograms.
type box struct {
	count             decimal.Decimal
	n                 int
	volume, kg, sides decimal.Decimal // cm³, and the longest side
}

func boxes(cartons []Carton) []box {
	out := make([]box, len(cartons))
	for i, c := range cartons {
		cm, kg := lengths[c.Unit], weights[c.WeightUnit]
		l, w, h := c.Length.Mul(cm), c.Width.Mul(cm), c.Height.Mul(cm)
		out[i] = box{decimal.NewFromInt(int64(c.Count)), c.Count, l.Mul(w).Mul(h), c.Weight.Mul(kg), decimal.Max(l, w, h)}
	}
	return out
}

// measure weighs a shipment. w and rt may be nil.
func measure(cartons []box, units int, w *WeightRule, rt *TonRule) Measure {
	m := Measure{Units: units}
	var volume decimal.Decimal
	for _, b := range cartons {
		m.Cartons += b.n
		volume = volume.Add(b.volume.Mul(b.count))
		m.GrossKg = m.GrossKg.Add(b.kg.Mul(b.count))
		m.HeaviestKg = decimal.Max(m.HeaviestKg, b.kg)
		m.LongestSide = decimal.Max(m.LongestSide, b.sides)
	}
	m.CBM = volume.Shift(-6)
	if w != nil {
		m.weigh(cartons, volume, w)
	}
	if rt != nil {
		m.RevenueTons = rt.tons(m.CBM, m.GrossKg)
		m.tonned = append(m.tonned, say("formula.rt", quantity("Volume", m.CBM, CBM), quantity("Weight", m.GrossKg, Kg),
			number("Ratio", rt.Ratio), number("Least", rt.Minimum), number("Step", rt.Step), quantity("Result", m.RevenueTons, RevenueTon)))
	}
	return m
}

// weigh finds the chargeable weight: the larger of weight and volume, rounded up, by carton or for all together.
func (m *Measure) weigh(cartons []box, volume decimal.Decimal, w *WeightRule) {
	m.WeightUnit = w.Unit
	den := w.Divisor // of cubic centimetres into the card's unit of weight
	if w.Sides == Inch {
		den = den.Mul(cubic)
	}
	unit := weights[w.Unit]
	m.Volumetric = volume.DivRound(den, 6)
	id := "formula.weight_shipment"
	if w.Per == PerShipment {
		m.Chargeable = decimal.Max(up(m.GrossKg, unit, w.Step), up(volume, den, w.Step), w.Minimum)
	} else {
		id = "formula.weight_carton"
		for _, b := range cartons {
			each := decimal.Max(up(b.kg, unit, w.Step), up(b.volume, den, w.Step), w.Minimum)
			m.Chargeable = m.Chargeable.Add(each.Mul(b.count))
		}
	}
	m.ByVolume = volume.Mul(unit).GreaterThan(m.GrossKg.Mul(den))
	actual := m.GrossKg
	if w.Unit != Kg {
		actual = m.GrossKg.DivRound(unit, 3)
	}
	m.weighed = append(m.weighed, say(id, quantity("Actual", actual, w.Unit), quantity("Volumetric", m.Volumetric.Round(3), w.Unit),
		number("Divisor", w.Divisor), text("Sides", string(w.Sides)), quantity("Step", w.Step, w.Unit), quantity("Result", m.Chargeable, w.Unit)))
}

// tons is the billed number of revenue tons.
func (t *TonRule) tons(cbm, kg decimal.Decimal) decimal.Decimal {
	return decimal.Max(up(cbm, one, t.Step), up(kg, t.Ratio, t.Step), up(t.Minimum, one, t.Step))
}

// how says how a quantity came about, where that takes saying.
func (m *Measure) how(p Per) []Sentence {
	switch p {
	case PerKg:
		return slices.Clone(m.weighed)
	case PerRT:
		return slices.Clone(m.tonned)
	}
	return nil
}
