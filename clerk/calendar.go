package clerk

import (
	"slices"
	"strings"
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/landedcost"
)

// A moment is when a part of the way is paid.
type moment struct {
	what   string // a message
	when   string // a message
	after  string // so long after the goods have arrived, as flows write it; empty: no day is known
	stages []landedcost.Stage
}

// moments are the parts of the way in the order in which they are paid. AGL and its like charge freight and what goes with it in one;
// when follows A4, A8, A15 and A16, in the calendar's own words.
func (f facts) moments() []moment {
	const words = "sheet.pay.calendar."
	freight := moment{"clerk.calendar_freight", words + "agl_when", "2d", []landedcost.Stage{landedcost.Origin, landedcost.Freight, landedcost.Clearance, landedcost.Destination, landedcost.Delivery}}
	duty := words + "agl_duty_when"
	switch f.text("route") {
	case "send":
		freight.when, freight.after, duty = words+"send_when", "10bd", words+"duty_when"
	case "pcp":
		freight.when, freight.after, duty = words+"pcp_when", "", words+"duty_when"
	case "own_forwarder":
		freight.when, freight.after, duty = words+"own_when", "", words+"duty_when"
	}
	tax := duty
	if f.text("vat_postponed") == "yes" {
		tax = "clerk.calendar_postponed_when"
	}
	return []moment{
		{"clerk.calendar_before", "clerk.calendar_before_when", "", []landedcost.Stage{landedcost.Packaging, landedcost.PreCarriage, landedcost.Export}},
		{"landedcost.stage.insurance", "clerk.calendar_insurance_when", "", []landedcost.Stage{landedcost.Insured}},
		{"clerk.group_duty", duty, "", []landedcost.Stage{landedcost.Dutied, landedcost.Fees}},
		{"clerk.group_tax", tax, "", []landedcost.Stage{landedcost.Tax}},
		freight,
		{"landedcost.stage.inbound", words + "inbound_when", "", []landedcost.Stage{landedcost.Inbound}},
	}
}

// calendar sets what the estimate comes to beside the moments at which it is paid. Where nothing can be reckoned the moments stand
// alone, and what is missing is said.
func (j *job) calendar() error {
	j.title()
	var best *candidate
	var found []candidate
	var unserved []string
	ready := j.ready()
	if ready {
		found, unserved = j.candidates(j.wanted())
		j.gateFirst()
		if best = lowest(found); best != nil && best.shut != "" {
			j.paragraph(bot.Bad, j.ui("no_estimate", flow.Text("Route", best.name(j)), flow.Text("Why", j.ui(best.shut))))
			best = nil
		}
	}
	if best != nil {
		e := &best.estimate
		j.paragraph(bot.Warn, strings.Join(j.Notes([]landedcost.Estimate{*e}), "\n\n"))
		j.show(bot.Block{Kind: bot.Facts, Facts: []bot.Fact{
			{Label: j.ui("col_route"), Value: j.Name(e.RouteName)}, {Label: j.ui("as_of"), Value: j.Head("line.named", flow.Date("Name", e.On.String()))},
		}})
	} else {
		j.paragraph(bot.Warn, j.ui("calendar_bare"))
	}
	j.show(bot.Block{Kind: bot.Grid, Table: j.payments(best)})
	if ready {
		j.refusals(found, unserved)
	}
	j.show(bot.Block{Kind: bot.Note, Text: j.ui("calendar_note")})
	if way := j.facts.text("route"); isAGL(way) || !slices.Contains(ways, way) {
		j.show(bot.Block{Kind: bot.Note, Text: j.ui("calendar_split")})
	}
	return nil
}

// payments is a line for each moment, with its amount where there is an estimate; what costs nothing is left out.
func (j *job) payments(best *candidate) *bot.Table {
	t := &bot.Table{Head: []string{j.ui("calendar_what"), j.ui("calendar_when"), j.ui("calendar_amount")}}
	if best != nil { // the amounts stand under one another, plain numbers under their currency
		t.Head[2] = j.ui("calendar_amount_in", flow.Text("Currency", j.Currency(best.estimate.Currency)))
	}
	for _, m := range j.facts.moments() {
		amount := j.ui("unknown")
		if best != nil {
			e := &best.estimate
			unknown := e.Bare && (slices.Contains(m.stages, landedcost.Dutied) || slices.Contains(m.stages, landedcost.Tax))
			s := sum(e, m.stages)
			if s.Amount.IsZero() && !unknown {
				continue
			}
			if !unknown {
				amount = j.Plain(s)
			}
		}
		t.Rows = append(t.Rows, []string{j.Words.Say(j.Lang, j.Zone, flow.Say(m.what)), j.moment(m), amount})
	}
	if best != nil {
		total := "calendar_total"
		if best.estimate.Bare {
			total = "calendar_total_bare"
		}
		t.Rows = append(t.Rows, []string{j.ui(total), "", j.Plain(way(&best.estimate))})
	}
	return t
}

// moment says when something is paid: the day, where one follows from the day of arrival, and the rule.
func (j *job) moment(m moment) string {
	said := j.Words.Say(j.Lang, j.Zone, flow.Say(m.when))
	arrival, err := time.Parse(time.DateOnly, j.facts.text("target_arrival"))
	after, unread := flow.ParseSpan(m.after)
	if err != nil || unread != nil {
		return said
	}
	return j.Head("line.named", flow.Date("Name", after.After(arrival).Format(time.DateOnly))) + " · " + said
}
