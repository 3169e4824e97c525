package landedcost

import "github.com/shopspring/decimal"

// dutyJP reckons duty and both consumption taxes as Japan Customs shows in its answer 1111: for each line the base is cut to
// 1,000 yen and the amount to a yen, the sums of duty, of national and of local tax are cut to 100 yen each. The local tax is a
// fraction of the national one of the line, which is cut to 100 yen first.
func (r *reckoning) dutyJP() {
	values := r.values(true)
	local, usedLocal := r.fact("jp.consumption_tax.local_of_national")
	duty := Line{ID: "duty", Stage: Dutied, Name: say("line.duty_total"), item: shared}
	national := Line{ID: "consumption_tax", Stage: Tax, Name: say("line.consumption_tax"), item: shared}
	local22 := Line{ID: "local_consumption_tax", Stage: Tax, Name: say("line.local_consumption_tax"), item: shared, Rates: []Used{usedLocal}}
	var dutySum, nationalSum, localSum, bases decimal.Decimal
	yen := func(d decimal.Decimal) Money { return Money{d, "JPY"} }
	for i := range r.ship.Goods {
		g := &r.ship.Goods[i]
		r.needHS(g, i)
		name := text("Name", g.label(i))

		base := down(values[i], grand)
		var paid decimal.Decimal
		for _, l := range r.duties(g, i, base, "JPY") {
			amount := down(l.Amount.Amount, one)
			paid = paid.Add(amount)
			duty.Rates = append(duty.Rates, l.Rates...)
			for _, f := range l.Formula {
				duty.Formula = append(duty.Formula, say("formula.jp_duty", name, cash("Value", yen(values[i].Floor())), Arg{Name: "How", Kind: AsLine, Line: &f}, cash("Result", yen(amount))))
			}
		}
		dutySum = dutySum.Add(paid)

		key := "jp.consumption_tax.national"
		if g.Reduced {
			key += "_reduced"
		}
		rate, used := r.fact(key)
		taxBase := down(values[i].Add(paid), grand)
		tax := down(taxBase.Mul(rate.Value), one)
		part := down(tax, hundred)
		share, _ := part.Mul(local.Value).QuoRem(local.Over, 0)
		bases, nationalSum, localSum = bases.Add(taxBase), nationalSum.Add(tax), localSum.Add(share)
		national.Rates = append(national.Rates, used)
		national.Formula = append(national.Formula, say("formula.jp_tax", name, percent("Rate", rate.Value), cash("Base", yen(taxBase)), cash("Result", yen(tax))))
		local22.Formula = append(local22.Formula, say("formula.jp_local", name, text("Fraction", local.Text), cash("Base", yen(part)), cash("Result", yen(share))))
	}
	r.customs.TaxBase = yen(bases)
	for _, l := range []struct {
		line *Line
		sum  decimal.Decimal
	}{{&duty, dutySum}, {&national, nationalSum}, {&local22, localSum}} {
		l.line.Amount = yen(down(l.sum, hundred))
		l.line.Formula = append(l.line.Formula, say("formula.jp_cut", cash("Sum", yen(l.sum)), cash("Result", l.line.Amount)))
		r.add(*l.line)
	}
	r.flag(say("flag.acp"))
}
