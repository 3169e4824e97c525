package landedcost

import "github.com/shopspring/decimal"

// insurance insures the goods and their way to the border, C and F, for a share above their value. Exactly, the premium is
// insured too: CIF = (C+F)/(1−k), I = CIF·k, with k = insured share × rate.
func (r *reckoning) insurance() {
	c := r.route.Cover
	if c == nil || r.ship.Uninsured {
		r.flag(say("flag.uninsured"))
		return
	}
	what := r.route.ID + ".insurance"
	r.current(what, &c.Stamp, r.card.MaxAge)
	cf := r.base([]string{"goods", "transport"}, c.Currency)
	premium, cif := Premium(cf, c.Rate, c.Insured, c.Simple, Digits(c.Currency))
	id := "formula.insurance"
	if c.Simple {
		id = "formula.insurance_simple"
	}
	l := Line{
		ID: "insurance", Stage: Insured, Name: say("line.insurance"), item: shared, inCustoms: true, Amount: Money{premium, c.Currency},
		Formula: []Sentence{say(id, cash("CostFreight", Money{cf, c.Currency}), cash("Cif", Money{cif, c.Currency}), percent("Rate", c.Rate), percent("Insured", c.Insured))},
		Rates:   []Used{{What: what, Value: c.Rate.Mul(hundred).String() + "%", Stamp: c.Stamp}},
	}
	if premium.LessThan(c.Minimum) {
		l.Amount.Amount = c.Minimum
		l.Formula = append(l.Formula, say("formula.minimum", cash("Least", l.Amount)))
	}
	r.add(l)
}

// Premium is what insuring goods and freight of cf costs, and their value with it, rounded to digits. The rate and the
// insured share are fractions: 0.003, 1.1. The simple way leaves the premium itself uninsured.
func Premium(cf, rate, insured decimal.Decimal, simple bool, digits int32) (premium, cif decimal.Decimal) {
	k := rate.Mul(insured)
	if simple {
		premium = cf.Mul(k).Round(digits)
		return premium, cf.Add(premium)
	}
	rest := one.Sub(k)
	return cf.Mul(k).DivRound(rest, digits), cf.DivRound(rest, digits)
}
