package landedcost

import "github.com/shopspring/decimal"

// A Bond is the size of a continuous customs bond of the US. It is a guarantee, not a cost: what it costs, the surety says.
type Bond struct {
	Size    Money      `json:"size"`
	Formula []Sentence `json:"formula"`
	Rates   []Used     `json:"rates"`
}

// ContinuousBond sizes a continuous bond as of a day from what is paid in duties, taxes and fees in a year, in USD. Its error
// is a *Refusal.
func (c *Card) ContinuousBond(yearly decimal.Decimal, on Day) (Bond, error) {
	r := &reckoning{card: c, ship: &Shipment{}, on: on}
	b := r.bondSize(yearly)
	if len(r.gaps) > 0 {
		return Bond{}, &Refusal{Gaps: r.gaps}
	}
	return *b, nil
}

// bondSize is a share of the year's dues, rounded up to a step that grows with the amount, and not below a minimum.
func (r *reckoning) bondSize(yearly decimal.Decimal) *Bond {
	if yearly.IsNegative() || !tame(yearly) {
		r.gap("yearly_dues", say("gap.number", text("What", "yearly_dues")))
		return nil
	}
	share, u1 := r.fact("us.bond.continuous.share")
	least, u2 := r.fact("us.bond.continuous.min_usd")
	small, u3 := r.fact("us.bond.continuous.step_usd")
	large, u4 := r.fact("us.bond.continuous.large_step_usd")
	from, u5 := r.fact("us.bond.continuous.large_from_usd")
	if len(r.gaps) > 0 {
		return nil
	}
	part := yearly.Mul(share.Value)
	step := small.Value
	if part.GreaterThan(from.Value) {
		step = large.Value
	}
	size := Money{decimal.Max(up(part, one, step), least.Value), "USD"}
	return &Bond{
		Size: size, Rates: []Used{u1, u2, u3, u4, u5},
		Formula: []Sentence{say("formula.bond", percent("Rate", share.Value), cash("Dues", Money{yearly, "USD"}), cash("Step", Money{step, "USD"}), cash("Least", Money{least.Value, "USD"}))},
	}
}
