package landedcost

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// currencies are the customs territories that are described, and what they reckon in.
var currencies = map[string]string{"US": "USD", "EU": "EUR", "UK": "GBP", "JP": "JPY", "CA": "CAD"}

// duty reckons the customs value, the duty and what customs takes besides. What a rate is stands in the card; here is only
// which rates are added up, of what, and how they are rounded.
//
//	US  duty on the price of the goods; MPF between two limits, or a small fee for an informal entry; HMF when by sea; no import tax
//	EU  duty on the value with freight and insurance to the border; VAT on that, the duty and the way to the first destination
//	UK  the same; the VAT can be accounted for on the VAT return
//	JP  duty on the value with freight and insurance in thousands of yen, or on a value worked back from the price; taxes cut to 100 yen
//	CA  duty on the price of the goods; GST on the duty-paid value; provincial taxes stand apart
func (r *reckoning) duty() {
	switch r.regime {
	case "US":
		r.dutyUS()
	case "JP":
		r.dutyJP()
	case "CA":
		r.levy(r.values(false))
	case "EU":
		r.dutyEU()
	default:
		r.levy(r.values(true))
	}
}

// tax reckons the import tax where it is on what came before. Japan's is reckoned with the duty, the US have none.
func (r *reckoning) tax() {
	switch r.regime {
	case "EU", "UK":
		r.vat()
	case "CA":
		r.gst()
	}
}

// members are the member states of the EU.
const members = " AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK "

// country reads a country of destination and says which customs territory it is in; empty when it is none of ours.
func country(text string) (code, territory string) {
	code = strings.ToUpper(strings.TrimSpace(text))
	if code == "GB" {
		code = "UK"
	}
	if _, ok := currencies[code]; ok && code != "EU" {
		return code, code
	}
	if len(code) == 2 && strings.Contains(members, " "+code+" ") {
		return code, "EU"
	}
	return code, ""
}

// values finds the customs value of every line of goods: the price, and with CIF a share of what brings the goods to the
// border, divided by value. Shares are not rounded, what is shown and levied is.
func (r *reckoning) values(cif bool) []decimal.Decimal {
	cur := currencies[r.regime]
	each := make([]decimal.Decimal, len(r.value))
	var all, plus, worked decimal.Decimal
	for i, v := range r.value {
		each[i] = r.in(v, cur)
		all = all.Add(each[i])
	}
	if cif {
		for i := range r.lines {
			l := &r.lines[i]
			if !l.inCustoms {
				continue
			}
			a := l.Amount
			if l.ID == "freight" && !r.route.BorderShare.Equal(one) {
				a.Amount = a.Amount.Mul(r.route.BorderShare)
				a = a.round()
			}
			plus = plus.Add(r.in(a, cur))
		}
	}
	value := all.Add(plus)
	if plus.IsPositive() && all.IsPositive() {
		for i := range each {
			each[i] = each[i].Add(plus.Mul(each[i]).DivRound(all, fine))
		}
	}
	back := false
	for i := range r.ship.Goods {
		if d := r.ship.Goods[i].Deductive; d != nil && r.regime == "JP" {
			worked, back = r.deductive(&r.ship.Goods[i], i, d), true
			value = value.Sub(each[i]).Add(worked)
			each[i] = worked
		}
	}
	r.customs.Value, r.customs.Additions = Money{value, cur}.round(), Money{plus, cur}
	r.customs.TaxBase = Money{decimal.Zero, cur}
	id := "formula.value_price"
	if cif {
		id = "formula.value_cif"
	}
	r.customs.Formula = []Sentence{say(id, cash("Goods", Money{all, cur}), cash("Additions", Money{plus, cur}), cash("Value", r.customs.Value))}
	if cif && !r.route.BorderShare.Equal(one) {
		r.customs.Formula = append(r.customs.Formula, say("formula.border_share", percent("Share", r.route.BorderShare)))
	}
	if cif && len(each) > 1 {
		r.customs.Formula = append(r.customs.Formula, say("formula.by_value"))
	}
	if back {
		r.customs.Formula = append(r.customs.Formula, say("formula.deductive"))
		r.flag(say("flag.deductive"))
	}
	return each
}

// deductive works a value back from the price in Japan: without fees and costs, without the consumption tax.
func (r *reckoning) deductive(g *Item, i int, d *Deductive) decimal.Decimal {
	tax, _ := r.fact("jp.deductive.divisor")
	if tax.Value.IsZero() {
		return decimal.Zero
	}
	each := r.in(d.Price, "JPY").Sub(r.in(d.Costs, "JPY"))
	if !each.IsPositive() {
		r.gap("deductive", say("gap.deductive", text("Name", g.label(i))))
	}
	return each.Mul(decimal.NewFromInt(int64(g.Units))).DivRound(tax.Value, 0)
}

// tariff finds the duties on a line: what a broker said of it, or the card's entry with the longest beginning of its code.
func (r *reckoning) tariff(g *Item, i int) []Duty {
	if len(g.Duties) > 0 {
		return g.Duties
	}
	code := hsDigits(g.HS)
	for n := len(code); n >= 2; n-- {
		list := r.card.tariffs[r.regime+code[:n]]
		if len(list) > 0 {
			return list[0].Duties
		}
	}
	if len(code) >= 6 {
		r.gap("tariff "+r.regime+" "+g.HS, say("gap.tariff", text("Code", g.HS), text("Country", r.regime)))
	}
	return nil
}

func hsDigits(hs string) string { return strings.NewReplacer(".", "", " ", "").Replace(hs) }

// levy writes the duties on every line of goods.
func (r *reckoning) levy(values []decimal.Decimal) {
	for i := range r.ship.Goods {
		g := &r.ship.Goods[i]
		r.needHS(g, i)
		for _, l := range r.duties(g, i, values[i], currencies[r.regime]) {
			r.add(l)
		}
	}
}

func (r *reckoning) needHS(g *Item, i int) {
	if n := len(hsDigits(g.HS)); n < 6 {
		r.gap("hs "+g.label(i), say("gap.hs", text("Name", g.label(i))))
	}
}

// duties reckons every duty that applies to a line of goods. One that another excludes is left out and flagged.
func (r *reckoning) duties(g *Item, i int, value decimal.Decimal, cur string) []Line {
	list := r.tariff(g, i)
	excluded, inForce := map[string]bool{}, map[string]bool{}
	for k := range list {
		if list[k].covers(r.on) {
			inForce[list[k].ID] = true
		}
		if list[k].Season.in(r.on) && list[k].covers(r.on) {
			for _, id := range list[k].Excludes {
				excluded[id] = true
			}
		}
	}
	var out []Line
	for k := range list {
		d := &list[k]
		if !d.Season.in(r.on) || !d.covers(r.on) && inForce[d.ID] {
			continue
		}
		if excluded[d.ID] {
			r.flag(say("flag.excluded", named("Duty", d.Name), text("Name", g.label(i))))
			continue
		}
		what := "tariff " + r.regime + " " + g.HS + " " + d.ID
		r.current(what, &d.Stamp, r.card.MaxAge)
		l := Line{ID: "duty." + d.ID, Stage: Dutied, Name: say("line.duty", named("Duty", d.Name), text("Name", g.label(i))), item: i}
		var cost decimal.Decimal
		if !d.Rate.IsZero() || d.PerUnit.IsZero() && d.PerKg.IsZero() {
			cost = value.Mul(d.Rate)
			l.Formula = append(l.Formula, say("formula.of_value", percent("Rate", d.Rate), cash("Base", Money{value, cur}.round())))
			l.Rates = append(l.Rates, Used{what, d.Rate.Mul(hundred).String() + "%", "", d.Stamp})
		}
		specific := func(rate, q decimal.Decimal, unit Unit) {
			cost = cost.Add(q.Mul(rate))
			l.Formula = append(l.Formula, times(q, unit, Money{rate, cur}, string(unit)))
			l.Rates = append(l.Rates, Used{what, rate.String(), cur + "/" + string(unit), d.Stamp})
		}
		if !d.PerUnit.IsZero() {
			specific(d.PerUnit, decimal.NewFromInt(int64(g.Units)), "unit")
		}
		if !d.PerKg.IsZero() {
			if !g.NetKg.IsPositive() {
				r.gap("net_kg "+g.label(i), say("gap.net_kg", text("Name", g.label(i))))
			}
			specific(d.PerKg, g.NetKg, Kg)
		}
		l.Amount = Money{cost, cur}
		out = append(out, l)
	}
	return out
}

// dutyUS adds the fees of CBP to the duty on the price.
func (r *reckoning) dutyUS() {
	r.levy(r.values(false))
	value := r.customs.Value
	fee := func(id string, amount decimal.Decimal, f []Sentence, used ...Used) {
		r.add(Line{ID: id, Stage: Fees, Name: say("line." + id), Amount: Money{amount, "USD"}, Formula: f, Rates: used, item: shared})
	}
	if r.ship.Informal {
		small, used := r.fact("us.mpf.informal_usd")
		fee("mpf", small.Value, []Sentence{say("formula.informal")}, used)
		r.flag(say("flag.informal"))
	} else {
		rate, u1 := r.fact("us.mpf.rate")
		least, u2 := r.fact("us.mpf.min_usd")
		most, u3 := r.fact("us.mpf.max_usd")
		amount := value.Amount.Mul(rate.Value)
		f, used := []Sentence{say("formula.of_value", percent("Rate", rate.Value), cash("Base", value))}, []Used{u1}
		switch {
		case amount.LessThan(least.Value):
			amount, used = least.Value, append(used, u2)
			f = append(f, say("formula.minimum", cash("Least", Money{amount, "USD"})))
		case amount.GreaterThan(most.Value):
			amount, used = most.Value, append(used, u3)
			f = append(f, say("formula.maximum", cash("Most", Money{amount, "USD"})))
		}
		fee("mpf", amount, f, used...)
	}
	if r.route.Mode == Ocean {
		rate, used := r.fact("us.hmf.rate")
		fee("hmf", value.Amount.Mul(rate.Value), []Sentence{say("formula.of_value", percent("Rate", rate.Value), cash("Base", value))}, used)
	}
}

// dutyEU is the duty on freight, or for a parcel of low value an amount for each different heading of six digits.
func (r *reckoning) dutyEU() {
	if !r.ship.Parcel {
		r.levy(r.values(true))
		return
	}
	r.values(true)
	limit, _ := r.fact("eu.b2c_flat_duty.limit_eur")
	flat, used := r.fact("eu.b2c_flat_duty_eur_per_hs6")
	var goods decimal.Decimal
	var headings []string
	for i := range r.ship.Goods {
		g := &r.ship.Goods[i]
		r.needHS(g, i)
		goods = goods.Add(r.in(r.value[i], "EUR"))
		if code := hsDigits(g.HS); len(code) >= 6 && !slices.Contains(headings, code[:6]) {
			headings = append(headings, code[:6])
		}
	}
	if goods.GreaterThan(limit.Value) {
		r.gap("parcel", say("gap.parcel", cash("Value", Money{goods, "EUR"}), cash("Limit", Money{limit.Value, "EUR"})))
	}
	n := decimal.NewFromInt(int64(len(headings)))
	r.add(Line{
		ID: "duty.parcel", Stage: Dutied, Name: say("line.parcel_duty"), Amount: Money{n.Mul(flat.Value), "EUR"}, item: shared, Rates: []Used{used},
		Formula: []Sentence{say("formula.parcel", number("Headings", n), cash("Each", Money{flat.Value, "EUR"}))},
	})
}

// vat is the import VAT of the UK and the EU: on the customs value, the duty, and what brings the goods to their first
// destination, for each rate of the country that the goods have.
func (r *reckoning) vat() {
	cur := currencies[r.regime]
	duty := r.base([]string{"duty"}, cur)
	var onward decimal.Decimal
	for i := range r.lines {
		if l := &r.lines[i]; l.inTax {
			onward = onward.Add(r.in(l.Amount, cur))
		}
	}
	base := r.customs.Value.Amount.Add(duty).Add(onward)
	r.customs.TaxBase = Money{base, cur}
	for _, part := range r.classes() {
		b := base
		if !part.share.Equal(one) {
			b = base.Mul(part.share).Round(Digits(cur))
		}
		key := "vat." + r.country
		if part.reduced {
			key += ".reduced"
		}
		rate, used := r.fact(key)
		id := "formula.tax"
		if !part.share.Equal(one) {
			id = "formula.tax_part"
		}
		r.add(Line{
			ID: "vat", Stage: Tax, Name: say("line.vat", text("Country", r.country)), Amount: Money{b.Mul(rate.Value), cur}, item: shared, Rates: []Used{used},
			Formula: []Sentence{say(id, percent("Rate", rate.Value), cash("Value", r.customs.Value), cash("Duty", Money{duty, cur}),
				cash("Onward", Money{onward, cur}), cash("Base", Money{b, cur}))},
		})
	}
	if r.ship.Postponed {
		if r.country == "UK" {
			r.flag(say("flag.postponed"))
		} else {
			r.flag(say("flag.postponed_elsewhere", text("Country", r.country)))
		}
	}
}

type class struct {
	reduced bool
	share   decimal.Decimal // of the value of the goods
}

// classes divides the goods by the rate of tax they have.
func (r *reckoning) classes() []class {
	var all, reduced decimal.Decimal
	for i, v := range r.value {
		x := r.in(v, currencies[r.regime])
		all = all.Add(x)
		if r.ship.Goods[i].Reduced {
			reduced = reduced.Add(x)
		}
	}
	switch {
	case reduced.IsZero():
		return []class{{false, one}}
	case reduced.Equal(all):
		return []class{{true, one}}
	}
	part := reduced.DivRound(all, fine)
	return []class{{false, one.Sub(part)}, {true, part}}
}

// gst is Canada's federal tax on the duty-paid value.
func (r *reckoning) gst() {
	duty := r.base([]string{"duty"}, "CAD")
	base := Money{r.customs.Value.Amount.Add(duty), "CAD"}
	r.customs.TaxBase = base
	rate, used := r.fact("ca.gst")
	r.add(Line{
		ID: "gst", Stage: Tax, Name: say("line.gst"), Amount: Money{base.Amount.Mul(rate.Value), "CAD"}, item: shared, Rates: []Used{used},
		Formula: []Sentence{say("formula.gst", percent("Rate", rate.Value), cash("Value", r.customs.Value), cash("Duty", Money{duty, "CAD"}), cash("Base", base))},
	})
	r.flag(say("flag.provincial"))
	r.flag(say("flag.carm"))
}
