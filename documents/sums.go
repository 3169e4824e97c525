package documents

import (
	"strings"

	"github.com/shopspring/decimal"

	"xiaobao/landedcost"
)

// Sums are what the lines and the cartons come to.
type Sums struct {
	Units    int     // of all lines
	Goods    Decimal // of all lines
	Charges  Decimal // added or taken off: those that are not included in the prices
	Total    Decimal
	Boxes    int
	Packed   int // units in all cartons
	NetKg    Decimal
	GrossKg  Decimal
	CBM      Decimal
	NetKnown bool // every carton, or every line, says its net weight
}

// Sum adds up. It expects facts that Check has nothing against; numbers without measure count as nothing.
func (f *Facts) Sum() Sums {
	var s Sums
	netOfLines, linesKnown := decimal.Zero, len(f.Lines) > 0
	for i := range f.Lines {
		l := &f.Lines[i]
		s.Units += l.Quantity
		s.Goods = s.Goods.Add(f.amount(l))
		if l.NetKg != nil {
			netOfLines = netOfLines.Add(*l.NetKg)
		} else {
			linesKnown = false
		}
	}
	for _, c := range f.Charges {
		s.Charges = s.Charges.Add(c.effect())
	}
	s.Total = s.Goods.Add(s.Charges)
	s.NetKnown = len(f.Cartons) > 0
	for i := range f.Cartons {
		c := &f.Cartons[i]
		n := c.Count()
		s.Boxes += n
		s.Packed += n * c.Units()
		many := decimal.NewFromInt(int64(n))
		s.GrossKg = s.GrossKg.Add(c.kg(c.Gross).Mul(many))
		s.CBM = s.CBM.Add(c.CBM().Mul(many))
		if c.Net != nil {
			s.NetKg = s.NetKg.Add(c.kg(*c.Net).Mul(many))
		} else {
			s.NetKnown = false
		}
	}
	if !s.NetKnown && linesKnown {
		s.NetKg, s.NetKnown = netOfLines, true
	}
	if !s.NetKnown {
		s.NetKg = decimal.Zero
	}
	return s
}

// amount is quantity times price, in the currency's smallest unit.
func (f *Facts) amount(l *Line) Decimal {
	if l.UnitPrice == nil {
		return decimal.Zero
	}
	return l.UnitPrice.Mul(decimal.NewFromInt(int64(l.Quantity))).Round(landedcost.Digits(f.Invoice.Currency))
}

// effect is what a charge does to the total.
func (c Charge) effect() Decimal {
	switch {
	case c.Included, c.Kind == "assist":
		return decimal.Zero
	case c.Kind == "discount", c.Kind == "rebate":
		return c.Amount.Neg()
	}
	return c.Amount
}

// Last is the number of the last carton of the range.
func (c *Carton) Last() int { return max(c.From, c.To) }

// Count is how many cartons the range has.
func (c *Carton) Count() int { return c.Last() - c.From + 1 }

// Units is how many units one carton holds.
func (c *Carton) Units() int {
	n := 0
	for _, x := range c.Contents {
		n += x.Units
	}
	return n
}

// CBM is the volume of one carton.
func (c *Carton) CBM() Decimal {
	return c.cm(c.Length).Mul(c.cm(c.Width)).Mul(c.cm(c.Height)).Shift(-6)
}

func (c *Carton) cm(d Decimal) Decimal {
	v, _ := landedcost.Convert(d, landedcost.Unit(either(c.Unit, "cm")), landedcost.CM)
	return v
}

func (c *Carton) kg(d Decimal) Decimal {
	v, _ := landedcost.Convert(d, landedcost.Unit(either(c.WeightUnit, "kg")), landedcost.Kg)
	return v
}

// BoxID is the id of the n-th carton of the range. Without Amazon's own ids it is the usual form, the shipment's id, a U and six
// digits, and derived says so: only Amazon's label decides.
func (f *Facts) BoxID(c *Carton, n int) (id string, derived bool) {
	if n < len(c.BoxIDs) {
		return c.BoxIDs[n], false
	}
	ship := strings.ToUpper(strings.TrimSpace(either(c.ShipmentID, f.Amazon.ShipmentID)))
	if !isShipment(ship) {
		return "", false
	}
	return ship + "U" + pad(c.From+n, 6), true
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
