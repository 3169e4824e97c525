package landedcost

import (
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// reckoning is one estimate in the making. A rate that is not there is noted as a gap and counts as zero, so that one pass
// finds every gap.
type reckoning struct {
	card  *Card
	ship  *Shipment
	route *Route
	on    Day

	country string // of destination: US, UK, JP, CA or of the EU
	regime  string // US, UK, JP, CA, EU
	boxes   []box
	measure Measure
	value   []Money // of each line of goods, in its own currency
	lines   []Line
	customs Customs
	bond    *Bond
	gaps    []Gap
	flags   []Sentence
}

func (r *reckoning) gap(what string, s Sentence) {
	for _, g := range r.gaps {
		if g.What == what && g.Say.ID == s.ID {
			return
		}
	}
	r.gaps = append(r.gaps, Gap{what, s})
}

func (r *reckoning) flag(s Sentence) { r.flags = append(r.flags, s) }

// choose finds the version of a route that is in force.
func (r *reckoning) choose(id string) *Route {
	var at *Route
	known := false
	for i := range r.card.routes {
		x := &r.card.routes[i]
		if x.ID != id {
			continue
		}
		known = true
		if at == nil || x.covers(r.on) {
			at = x
		}
	}
	switch {
	case !known:
		r.gap(id, say("gap.route", text("What", id)))
		return nil
	case !at.goesTo(r.country):
		r.gap(id, say("gap.not_there", named("Route", at.Name), text("Country", r.country)))
		return nil
	}
	r.current(id, &at.Stamp, r.card.MaxAge)
	return at
}

// current notes when an entry of the card may not be used on the day.
func (r *reckoning) current(what string, s *Stamp, most int) bool {
	switch {
	case r.on < s.From:
		r.gap(what, say("gap.early", text("What", what), date("From", s.From), date("On", r.on)))
	case s.To != 0 && r.on > s.To:
		r.gap(what, say("gap.expired", text("What", what), date("To", s.To), date("On", r.on)))
	case int(r.on-s.Checked) > most:
		r.gap(what, say("gap.stale", text("What", what), date("Checked", s.Checked), count("Days", int(r.on-s.Checked)), count("Most", most)))
	default:
		return true
	}
	return false
}

// fact looks up what an authority set. What it returns for a gap divides without harm.
func (r *reckoning) fact(key string) (*Fact, Used) {
	list := r.card.facts[key]
	if len(list) == 0 {
		r.gap(key, say("gap.fact", text("What", key)))
		return &Fact{Over: one}, Used{}
	}
	f := &list[len(list)-1]
	for i := range list {
		if list[i].covers(r.on) {
			f = &list[i]
		}
	}
	r.current(key, &f.Stamp, r.card.MaxAge)
	return f, Used{What: key, Value: f.Text, Stamp: f.Stamp}
}

// exchange turns an amount into another currency with one rate, once. No third currency is ever gone through.
func (r *reckoning) exchange(m Money, to string) (Money, []Used) {
	if m.Currency == to {
		return m, nil
	}
	for _, inverse := range []bool{false, true} {
		key := [2]string{m.Currency, to}
		if inverse {
			key = [2]string{to, m.Currency}
		}
		list := r.card.fx[key]
		if len(list) == 0 {
			continue
		}
		x := &list[len(list)-1]
		for i := range list {
			if list[i].covers(r.on) {
				x = &list[i]
			}
		}
		what := "fx " + x.From + "/" + x.To
		r.current(what, &x.Stamp, r.card.FXMaxAge)
		out := m.Amount.Mul(x.Rate).Round(Digits(to))
		if inverse {
			out = m.Amount.DivRound(x.Rate, Digits(to))
		}
		return Money{out, to}, []Used{{What: what, Value: x.Rate.String(), Unit: x.To + "/" + x.From, Stamp: x.Stamp}}
	}
	what := "fx " + min(m.Currency, to) + "/" + max(m.Currency, to) // either way round would do
	r.gap(what, say("gap.fx", text("From", m.Currency), text("To", to)))
	return Money{m.Amount.Round(Digits(to)), to}, nil
}

// in is exchange for a base of something else, whose line already names the rate it was exchanged with.
func (r *reckoning) in(m Money, to string) decimal.Decimal {
	out, _ := r.exchange(m, to)
	return out.Amount
}

// add puts a line down: rounded to money, converted once.
func (r *reckoning) add(l Line) {
	l.Amount = l.Amount.round()
	l.Payer = WhoPays(r.ship.Incoterm, l.Stage)
	sum, fx := r.exchange(l.Amount, r.ship.Currency)
	l.Sum = sum
	l.Rates = append(l.Rates, fx...)
	r.lines = append(r.lines, l)
}

func (r *reckoning) estimate() Estimate {
	rt := r.route
	r.measure = measure(r.boxes, r.units(), rt.Weight, rt.Ton)
	r.lines = make([]Line, 0, 16+4*len(r.ship.Goods))
	r.goods()
	r.freight()
	for i := range rt.Charges {
		if c := &rt.Charges[i]; before[c.Stage] {
			r.charge(c)
		}
	}
	r.insurance()
	if !r.ship.Bare {
		r.duty()
	}
	for i := range rt.Charges {
		if c := &rt.Charges[i]; !before[c.Stage] && !c.last {
			r.charge(c)
		}
	}
	if r.ship.Bare {
		r.flag(say("flag.bare"))
	} else {
		r.tax()
	}
	for i := range rt.Charges {
		if c := &rt.Charges[i]; c.last {
			r.charge(c)
		}
	}
	if r.ship.WantsBond && r.country == "US" {
		r.bond = r.bondSize(r.ship.YearlyDues)
	}
	if len(r.gaps) > 0 {
		return Estimate{}
	}
	return r.sum()
}

func (r *reckoning) units() int {
	n := 0
	for i := range r.ship.Goods {
		n += r.ship.Goods[i].Units
	}
	return n
}

func (r *reckoning) goods() {
	r.value = make([]Money, len(r.ship.Goods))
	for i := range r.ship.Goods {
		g := &r.ship.Goods[i]
		v := Money{g.UnitPrice.Amount.Mul(decimal.NewFromInt(int64(g.Units))), g.UnitPrice.Currency}.round()
		formula := say("formula.goods", count("Units", g.Units), cash("Price", g.UnitPrice))
		if g.whole() {
			v = g.Value.round()
			formula = say("formula.goods_whole", count("Units", g.Units), cash("Value", v))
		}
		r.value[i] = v
		r.add(Line{ID: "goods", Stage: Goods, Name: say("line.goods", text("Name", g.label(i))), Amount: v, item: i, Formula: []Sentence{formula}})
		if g.Dangerous {
			id := "flag.dangerous"
			if !r.route.Dangerous {
				id = "flag.dangerous_refused"
			}
			r.flag(say(id, text("Name", g.label(i)), named("Route", r.route.Name)))
		}
	}
}

// whole says whether the value of the line is known, and not the price of a unit.
func (g *Item) whole() bool { return g.Value.Currency != "" }

func (g *Item) label(i int) string {
	for _, s := range []string{g.Name, g.SKU} {
		if s != "" {
			return s
		}
	}
	return "#" + strconv.Itoa(i+1)
}

// quantities are what a rate is multiplied by, and the unit that is said with it.
func (r *reckoning) quantity(per Per, c *Charge) (decimal.Decimal, Unit) {
	m := &r.measure
	switch per {
	case PerKg:
		return m.Chargeable, m.WeightUnit
	case PerGrossKg:
		return m.GrossKg, Kg
	case PerCBM:
		return m.CBM, CBM
	case PerRT:
		return m.RevenueTons, RevenueTon
	case PerUnit:
		return decimal.NewFromInt(int64(m.Units)), "unit"
	case PerCarton:
		n := 0
		for _, b := range r.boxes {
			if c == nil || b.kg.GreaterThan(c.OverKg) && b.sides.GreaterThan(c.OverCm) {
				n += b.n
			}
		}
		return decimal.NewFromInt(int64(n)), "carton"
	default:
		return one, "shipment"
	}
}

// cheapest tries every break from the one that applies upwards, and takes the one that costs least. A break above the quantity
// bills its own beginning.
func (f *MainFreight) cheapest(q decimal.Decimal) (best Break, billed, cost decimal.Decimal) {
	first := true
	for i, b := range f.Breaks {
		if i+1 < len(f.Breaks) && f.Breaks[i+1].From.LessThanOrEqual(q) {
			continue // a lower break no longer applies
		}
		bill := decimal.Max(q, b.From)
		if c := bill.Mul(b.Rate); first || c.LessThan(cost) {
			best, billed, cost, first = b, bill, c, false
		}
	}
	return best, billed, cost
}

func (r *reckoning) freight() {
	f := &r.route.Main
	what := r.route.ID + ".freight"
	r.current(what, &f.Stamp, r.card.MaxAge)
	q, unit := r.quantity(f.Per, nil)
	best, billed, cost := f.cheapest(q)
	formula := append(r.measure.how(f.Per), times(billed, unit, Money{best.Rate, f.Currency}, perWord(f.Per, unit)))
	if billed.GreaterThan(q) {
		formula = append(formula, say("formula.next_break", quantity("Actual", q, unit), quantity("Billed", billed, unit)))
	}
	if cost.LessThan(f.Minimum) {
		cost = f.Minimum
		formula = append(formula, say("formula.minimum", cash("Least", Money{f.Minimum, f.Currency})))
	}
	r.add(Line{
		ID: "freight", Stage: Freight, Name: say("line.freight", named("Route", r.route.Name)), item: shared, inCustoms: true,
		Amount: Money{cost, f.Currency}, Formula: formula,
		Rates: []Used{{What: what, Value: best.Rate.String(), Unit: f.Currency + "/" + perWord(f.Per, unit), Stamp: f.Stamp}},
	})
}

// perWord is the end of the message that says what a rate is per.
func perWord(p Per, u Unit) string {
	if p == PerKg {
		return string(u)
	}
	return string(p)
}

// times says a quantity at a rate.
func times(q decimal.Decimal, u Unit, rate Money, per string) Sentence {
	switch per {
	case "shipment":
		return say("formula.flat", cash("Rate", rate))
	case "carton", "unit":
		return say("formula.rate", number("Quantity", q), cash("Rate", rate), word("Per", "per."+per))
	}
	return say("formula.rate", quantity("Quantity", q, u), cash("Rate", rate), word("Per", "per."+per))
}

func (r *reckoning) charge(c *Charge) {
	if !c.Season.in(r.on) || r.ship.Bare && r.ofCustoms(c) {
		return
	}
	what := r.route.ID + "." + c.ID
	r.current(what, &c.Stamp, r.card.MaxAge)
	l := Line{ID: c.ID, Stage: c.Stage, Name: say("line.named", named("Name", c.Name)), item: shared, inCustoms: c.InCustoms, inTax: c.InTax}
	used := Used{What: what, Value: c.Rate.String(), Stamp: c.Stamp}
	var cost decimal.Decimal
	if c.Per == PerPercent {
		base := r.base(c.Of, c.Currency)
		cost = base.Mul(c.Rate)
		used.Value, used.Unit = c.Rate.Mul(hundred).String()+"%", strings.Join(c.Of, "+")
		l.Formula = []Sentence{say("formula.share", percent("Rate", c.Rate), cash("Base", Money{base, c.Currency}), r.baseNames(c.Of))}
	} else {
		q, unit := r.quantity(c.Per, c)
		if q.IsZero() {
			return
		}
		cost = q.Mul(c.Rate)
		per := perWord(c.Per, unit)
		used.Unit = c.Currency + "/" + per
		l.Formula = []Sentence{times(q, unit, Money{c.Rate, c.Currency}, per)}
	}
	switch {
	case cost.LessThan(c.Minimum):
		cost = c.Minimum
		l.Formula = append(l.Formula, say("formula.minimum", cash("Least", Money{cost, c.Currency})))
	case c.Maximum.IsPositive() && cost.GreaterThan(c.Maximum):
		cost = c.Maximum
		l.Formula = append(l.Formula, say("formula.maximum", cash("Most", Money{cost, c.Currency})))
	}
	l.Amount, l.Rates = Money{cost, c.Currency}, []Used{used}
	r.add(l)
}

// ofCustoms says whether a charge is a share of what customs reckons, directly or by way of another charge.
func (r *reckoning) ofCustoms(c *Charge) bool {
	return slices.ContainsFunc(c.Of, func(name string) bool {
		if name == "customs_value" || name == "duty" || name == "tax" {
			return true
		}
		i := slices.IndexFunc(r.route.Charges, func(o Charge) bool { return o.ID == name })
		return i >= 0 && r.ofCustoms(&r.route.Charges[i]) // a share is only of charges above it
	})
}

// base adds up what a share is of, each amount converted once from its own currency.
func (r *reckoning) base(of []string, currency string) decimal.Decimal {
	var sum decimal.Decimal
	for _, name := range of {
		if name == "customs_value" {
			sum = sum.Add(r.in(r.customs.Value, currency))
			continue
		}
		for i := range r.lines {
			if l := &r.lines[i]; l.belongs(name) {
				sum = sum.Add(r.in(l.Amount, currency))
			}
		}
	}
	return sum
}

// baseNames are the words for what a share is of.
func (r *reckoning) baseNames(of []string) Arg {
	a := Arg{Name: "Of", Kind: AsSeveral}
	for _, name := range of {
		if _, known := bases[name]; known {
			a.List = append(a.List, word("", "base."+name))
			continue
		}
		for i := range r.route.Charges {
			if c := &r.route.Charges[i]; c.ID == name {
				a.List = append(a.List, named("", c.Name))
			}
		}
	}
	return a
}

// belongs says whether a line is part of a named base.
func (l *Line) belongs(name string) bool {
	switch name {
	case "transport":
		return transport[l.Stage]
	case "duty":
		return l.Stage == Dutied || l.Stage == Fees
	case "tax", "goods", "insurance":
		return string(l.Stage) == name
	}
	return l.ID == name
}
