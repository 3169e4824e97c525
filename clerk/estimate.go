package clerk

import (
	"errors"
	"slices"
	"strings"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/landedcost"
)

// ways are what a seller chooses among, in the order in which flows offer it.
var ways = []string{"agl_ocean_lcl", "agl_ocean_fcl", "agl_air", "agl_air_parcel", "send", "pcp", "own_forwarder"}

// Ways lists what a route of a rate card may serve: the options of the slot route, as far as they can be priced.
func Ways() []string { return slices.Clone(ways) }

func isAGL(way string) bool { return strings.HasPrefix(way, "agl_") }

// A candidate is a route of a card that somebody may want to go by.
type candidate struct {
	card     *landedcost.Card
	route    string
	ways     []string // which of the seller's choices it prices
	estimate landedcost.Estimate
	gaps     []landedcost.Gap // why there is no estimate, or only one without customs
	ok       bool
	shut     string // the message that says why these goods cannot go this way; empty: they can, as far as anybody knows
}

// offered are the ways that the store has at all.
func (f facts) offered() []string {
	return slices.DeleteFunc(Ways(), func(way string) bool { return way == "pcp" && f.store() != "ae" && f.store() != "sa" })
}

// candidates finds the routes that serve any of the ways, over all cards, and reckons each. Unserved are the ways that no card knows.
func (j *job) candidates(wanted []string) (found []candidate, unserved []string) {
	ship := j.facts.shipment()
	for i := range ship.Goods {
		if ship.Goods[i].Name == "" {
			ship.Goods[i].Name = j.ui("goods")
		}
	}
	for _, way := range wanted {
		served := false
		for _, card := range j.cards {
			for _, id := range card.Serving(way, ship.Destination) {
				served = true
				i := slices.IndexFunc(found, func(c candidate) bool { return c.card == card && c.route == id })
				if i < 0 {
					i, found = len(found), append(found, candidate{card: card, route: id})
				}
				found[i].ways = append(found[i].ways, way)
			}
		}
		if !served {
			unserved = append(unserved, way)
		}
	}
	for i := range found {
		found[i].reckon(ship, j.on)
		found[i].admit(j.facts.gate())
	}
	return found, unserved
}

// reckon estimates a candidate; without customs when only what customs takes is not known.
func (c *candidate) reckon(ship landedcost.Shipment, on landedcost.Day) {
	e, err := c.card.Estimate(ship, c.route, on)
	if err == nil {
		c.estimate, c.ok = e, true
		return
	}
	if r, is := errors.AsType[*landedcost.Refusal](err); is {
		c.gaps = r.Gaps
	}
	ship.Bare = true
	if e, err = c.card.Estimate(ship, c.route, on); err == nil {
		c.estimate, c.ok = e, true
	}
}

// admit closes a candidate to goods that may not go by it: all of its ways are AGL's and AGL does not take them, or the card says
// that the route takes no dangerous goods.
func (c *candidate) admit(g gate) {
	if g == refused {
		open := slices.DeleteFunc(slices.Clone(c.ways), isAGL)
		if len(open) == 0 {
			c.shut = "shut_agl"
			return
		}
		c.ways = open
	}
	if slices.ContainsFunc(c.estimate.Flags, func(s landedcost.Sentence) bool { return strings.HasSuffix(s.ID, "flag.dangerous_refused") }) {
		c.shut = "shut_card"
	}
}

// compare puts the routes beside each other, on the seller's own cargo.
func (j *job) compare() error {
	j.title()
	if !j.ready() {
		return nil
	}
	found, unserved := j.candidates(j.facts.offered())
	j.gateFirst()
	j.beside(found)
	j.refusals(found, unserved)
	return j.workbook("02-costs", found)
}

// estimate reckons the way that the seller chose, line by line.
func (j *job) estimate() error {
	j.title()
	if !j.ready() {
		return nil
	}
	found, unserved := j.candidates(j.wanted())
	j.gateFirst()
	best := lowest(found)
	if best == nil {
		j.refusals(found, unserved)
		return nil
	}
	all := reckoned(found)
	if len(all) > 1 {
		j.beside(found)
	} else {
		j.basis(all)
	}
	j.lines(best, len(all) == 1)
	j.refusals(found, unserved)
	return j.workbook("05-estimate", found)
}

// wanted is the way that the seller chose, or all of them while they have not decided.
func (j *job) wanted() []string {
	if way := j.facts.text("route"); slices.Contains(ways, way) {
		return []string{way}
	}
	return j.facts.offered()
}

// title is the sheet's.
func (j *job) title() { j.heading(j.Words.Say(j.Lang, j.Zone, flow.Say("sheet."+j.sheets[0]))) }

// ready says what has to be answered before anything can be reckoned; true when nothing has.
func (j *job) ready() bool {
	lacking := j.facts.lacking()
	if len(lacking) == 0 && len(j.cards) > 0 {
		return true
	}
	if len(j.cards) == 0 {
		j.paragraph(bot.Warn, j.ui("no_card"))
		return false
	}
	j.paragraph(bot.Warn, j.ui("lacking", flow.Number("Count", itoa(len(lacking)))))
	var labels []string
	for _, slot := range lacking {
		labels = append(labels, j.label(slot))
	}
	j.list(bot.Missing, labels...)
	j.paragraph(bot.Plain, j.ui("lacking_how"))
	return false
}

// gateFirst says what the nature of the goods decides, before any number.
func (j *job) gateFirst() {
	switch j.facts.gate() {
	case refused:
		j.paragraph(bot.Bad, j.ui("gate_refused"))
		j.cite("A9")
	case ask:
		j.paragraph(bot.Warn, j.ui("gate_ask"))
		j.cite("A9")
	}
}

// lowest is the open candidate with the lowest landed cost; one that knows the duty comes before one that does not. Nil when none
// has an estimate.
func lowest(found []candidate) *candidate {
	var best *candidate
	for i := range found {
		c := &found[i]
		switch {
		case !c.ok:
		case best == nil, worse(best, c):
			best = c
		}
	}
	return best
}

func worse(a, b *candidate) bool {
	if (a.shut != "") != (b.shut != "") {
		return a.shut != ""
	}
	if a.estimate.Bare != b.estimate.Bare {
		return a.estimate.Bare
	}
	return b.estimate.Landed.Amount.LessThan(a.estimate.Landed.Amount)
}

// refusals names what is not known: ways that no card has, and routes that could not be reckoned, or only without customs.
func (j *job) refusals(found []candidate, unserved []string) {
	var none []string
	if len(found) == 0 && len(unserved) > 1 {
		none, unserved = []string{j.ui("no_routes", flow.Text("Store", j.option("store", j.facts.store())))}, nil
	}
	for _, way := range unserved {
		none = append(none, j.ui("unserved", flow.Text("Way", j.option("route", way)), flow.Text("Store", j.option("store", j.facts.store()))))
	}
	bare := map[string]bool{}
	var missing []string
	for i := range found {
		c := &found[i]
		for n, g := range c.gaps {
			said := j.Sentence(g.Say)
			if left := len(c.gaps) - n; n == mostGaps && left > 1 {
				said = j.ui("more_gaps", flow.Number("Count", itoa(left)))
			} else if n > mostGaps && len(c.gaps) > mostGaps+1 {
				break
			}
			if c.ok {
				if !bare[said] {
					bare[said] = true
					missing = append(missing, said)
				}
				continue
			}
			none = append(none, j.ui("no_estimate", flow.Text("Route", c.name(j)), flow.Text("Why", said)))
		}
	}
	if len(missing) > 0 {
		j.paragraph(bot.Warn, j.ui("bare"))
		j.list(bot.Missing, missing...)
	}
	if len(none) > 0 {
		j.paragraph(bot.Plain, j.ui("none"))
		j.list(bot.Missing, none...)
	}
	if len(none)+len(missing) > 0 {
		j.show(bot.Block{Kind: bot.Note, Text: j.ui("operator", flow.Text("Cards", j.cardNames()))})
	}
}

// mostGaps is how many reasons are named for one route; a card that nobody looked at for long has as many as it has lines.
const mostGaps = 5

// name is what a candidate is called: by its card, or by its id when it has no estimate to say so.
func (c *candidate) name(j *job) string {
	if c.ok {
		return j.Name(c.estimate.RouteName)
	}
	return c.route
}

func (j *job) cardNames() string {
	var names []string
	for _, c := range j.cards {
		names = append(names, j.Name(c.Name))
	}
	if j.Chinese() {
		return strings.Join(names, "、")
	}
	return strings.Join(names, ", ")
}
