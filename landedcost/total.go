package landedcost

import (
	"slices"

	"github.com/shopspring/decimal"
)

// sum puts the estimate together.
func (r *reckoning) sum() Estimate {
	s, rt := r.ship, r.route
	e := Estimate{
		Card: r.card.ID, CardName: r.card.Name, Route: rt.ID, RouteName: rt.Name, Mode: rt.Mode, TransitDays: rt.Transit, On: r.on,
		Destination: r.country, Incoterm: s.Incoterm, Currency: s.Currency, Measure: r.measure, Customs: r.customs,
		Recoverable: s.Recoverable, Bare: s.Bare, Units: r.measure.Units, Bond: r.bond,
	}
	order := Stages()
	slices.SortStableFunc(r.lines, func(a, b Line) int { return slices.Index(order, a.Stage) - slices.Index(order, b.Stage) })
	e.Lines = r.lines
	zero := Money{decimal.Zero, s.Currency}
	e.Total, e.TaxTotal = zero, zero
	for i := range e.Lines {
		l := &e.Lines[i]
		if n := len(e.Subtotals); n == 0 || e.Subtotals[n-1].Stage != l.Stage {
			e.Subtotals = append(e.Subtotals, Subtotal{l.Stage, zero})
		}
		last := &e.Subtotals[len(e.Subtotals)-1].Sum
		last.Amount = last.Amount.Add(l.Sum.Amount)
		e.Total.Amount = e.Total.Amount.Add(l.Sum.Amount)
		if l.Stage == Tax {
			e.TaxTotal.Amount = e.TaxTotal.Amount.Add(l.Sum.Amount)
		}
		for _, u := range l.Rates {
			e.Invented = e.Invented || u.Invented
		}
	}
	e.Landed = e.Total
	if s.Recoverable {
		e.Landed.Amount = e.Total.Amount.Sub(e.TaxTotal.Amount)
	}
	e.PerUnit = perUnit(e.Landed, e.Units)
	r.items(&e)
	r.look(&e)
	e.Notes = []Sentence{say("note.not_a_quote")}
	if e.Invented {
		e.Notes = append(e.Notes, say("note.invented", named("Card", r.card.Name)))
	}
	e.Flags = r.flags
	return e
}

func perUnit(m Money, units int) Money {
	return Money{m.Amount.DivRound(decimal.NewFromInt(int64(units)), Digits(m.Currency)+2), m.Currency}
}

// items divides what is shared by the value of the goods. The last line takes what rounding leaves, so that they add up.
func (r *reckoning) items(e *Estimate) {
	own := make([]decimal.Decimal, len(r.value))
	worth := make([]decimal.Decimal, len(r.value))
	rest, all := e.Landed.Amount, decimal.Zero
	for i := range e.Lines {
		l := &e.Lines[i]
		if l.Stage == Goods {
			worth[l.item] = l.Sum.Amount
			all = all.Add(l.Sum.Amount)
		}
		if l.item != shared && (l.Stage != Tax || !e.Recoverable) {
			own[l.item] = own[l.item].Add(l.Sum.Amount)
			rest = rest.Sub(l.Sum.Amount)
		}
	}
	left := rest
	for i := range own {
		part := left
		if i < len(own)-1 {
			part = decimal.Zero
			if all.IsPositive() {
				part = rest.Mul(worth[i]).DivRound(all, Digits(e.Currency))
			}
		}
		left = left.Sub(part)
		m := Money{own[i].Add(part), e.Currency}
		g := &r.ship.Goods[i]
		e.Items = append(e.Items, ItemCost{g.SKU, g.Units, m, perUnit(m, g.Units)})
	}
}

// look flags what somebody should look at before relying on the numbers.
func (r *reckoning) look(e *Estimate) {
	goods, freight := decimal.Zero, decimal.Zero
	for _, s := range e.Subtotals {
		switch s.Stage {
		case Goods:
			goods = s.Sum.Amount
		case Freight:
			freight = s.Sum.Amount
		}
	}
	if freight.GreaterThan(goods) {
		r.flag(say("flag.freight_over_value", cash("Freight", Money{freight, e.Currency}), cash("Goods", Money{goods, e.Currency})))
	}
	m := &r.measure
	r.limit("box."+r.regime+".kg", m.HeaviestKg, Kg, "flag.heavy")
	r.limit("box."+r.regime+".cm", m.LongestSide, CM, "flag.long")
	r.flag(say("flag.broker"))
	if r.ship.Incoterm == DDP || r.ship.Incoterm == DAP {
		r.flag(say("flag.importer"))
	}
	if e.TaxTotal.Amount.IsPositive() {
		id := "flag.tax_counted"
		if r.ship.Recoverable {
			id = "flag.tax_recovered"
		}
		r.flag(say(id, cash("Tax", e.TaxTotal)))
	}
}

// limit compares a carton with what the country's fulfilment centres take, when the card knows. A carton over it is still
// reckoned with. What the card says of it may be old: it is a warning.
func (r *reckoning) limit(key string, is decimal.Decimal, u Unit, id string) {
	for i := range r.card.facts[key] {
		if f := &r.card.facts[key][i]; f.covers(r.on) && is.GreaterThan(f.Value) {
			r.flag(say(id, quantity("Is", is, u), quantity("Most", f.Value, u), text("Source", f.Source), date("Checked", f.Checked)))
		}
	}
}
