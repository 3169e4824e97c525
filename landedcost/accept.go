package landedcost

import (
	"strconv"

	"github.com/shopspring/decimal"
)

// The most that one estimate takes.
const (
	mostLines   = 10_000
	mostCartons = 1_000_000
	mostUnits   = 100_000_000
)

// accept checks the shipment and measures its cartons. What cannot be right is a gap; what is only unlikely is flagged later.
func (r *reckoning) accept() bool {
	s := r.ship
	r.country, r.regime = country(s.Destination)
	if r.regime == "" {
		r.gap("destination", say("gap.destination", text("Country", s.Destination)))
	}
	if !isCurrency(s.Currency) {
		r.gap("currency", say("gap.currency", text("What", "currency"), text("Currency", s.Currency)))
	}
	if _, ok := ParseIncoterm(string(s.Incoterm)); !ok {
		r.gap("incoterm", say("gap.incoterm", text("Incoterm", string(s.Incoterm))))
	}
	if len(s.Cartons) == 0 || len(s.Cartons) > mostLines {
		r.gap("cartons", say("gap.cartons", count("Most", mostLines)))
	}
	if len(s.Goods) == 0 || len(s.Goods) > mostLines {
		r.gap("goods", say("gap.goods", count("Most", mostLines)))
	}
	if len(r.gaps) > 0 {
		return false
	}
	for i := range s.Cartons {
		r.acceptCarton("cartons "+strconv.Itoa(i+1), &s.Cartons[i])
	}
	for i := range s.Goods {
		r.acceptItem("goods "+strconv.Itoa(i+1), &s.Goods[i])
	}
	if len(r.gaps) > 0 {
		return false
	}
	r.boxes = boxes(s.Cartons)
	return true
}

func (r *reckoning) acceptCarton(where string, c *Carton) {
	if c.Count < 1 || c.Count > mostCartons {
		r.gap(where, say("gap.count", text("What", where), count("Most", mostCartons)))
	}
	_, sides := lengths[c.Unit]
	_, weight := weights[c.WeightUnit]
	if !sides || !weight {
		r.gap(where, say("gap.unit", text("What", where)))
	}
	for _, d := range []decimal.Decimal{c.Length, c.Width, c.Height, c.Weight} {
		if !d.IsPositive() || !tame(d) {
			r.gap(where, say("gap.number", text("What", where)))
		}
	}
}

func (r *reckoning) acceptItem(where string, g *Item) {
	if g.Units < 1 || g.Units > mostUnits {
		r.gap(where, say("gap.count", text("What", where), count("Most", mostUnits)))
	}
	price := g.UnitPrice
	if g.whole() {
		price = g.Value
	}
	if !price.Amount.IsPositive() || !tame(price.Amount) {
		r.gap(where, say("gap.price", text("What", where)))
	}
	if !isCurrency(price.Currency) {
		r.gap(where, say("gap.currency", text("What", where), text("Currency", price.Currency)))
	}
	if g.NetKg.IsNegative() || !tame(g.NetKg) {
		r.gap(where, say("gap.number", text("What", where)))
	}
	if d := g.Deductive; d != nil {
		for _, m := range []Money{d.Price, d.Costs} {
			if m.Amount.IsNegative() || !tame(m.Amount) || !isCurrency(m.Currency) {
				r.gap(where, say("gap.number", text("What", where)))
			}
		}
	}
	for k := range g.Duties {
		for _, d := range []decimal.Decimal{g.Duties[k].Rate, g.Duties[k].PerUnit, g.Duties[k].PerKg} {
			if d.IsNegative() || !tame(d) {
				r.gap(where, say("gap.number", text("What", where)))
			}
		}
	}
}

// isCurrency looks at the shape only: whether there is a rate for it is seen when one is needed.
func isCurrency(s string) bool {
	if len(s) != 3 {
		return false
	}
	for i := range len(s) {
		if s[i] < 'A' || s[i] > 'Z' {
			return false
		}
	}
	return true
}
