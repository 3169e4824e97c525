// Package landedcost reckons what a shipment to a fulfilment centre will cost: freight, surcharges, insurance, duty, tax and
// what is paid at the end, per line, per unit, and for several routes beside each other.
//
// It thinks and touches nothing. Rates come from an operator's rate card (ReadCard), facts about the goods from a Shipment,
// the day from the caller. Arithmetic is decimal and exact; a quotient is rounded once, where the card or the customs rule says
// so. A rate that is missing, no longer in force, or not looked at for too long is a Refusal that names it: nothing is guessed.
//
//	shipment ──► measure (m³, chargeable weight, revenue tons)
//	               │
//	card ──► before the border: freight, surcharges ──► insurance ──► customs value ──► duty, fees
//	                                                                      │
//	         after the border: clearance, delivery ──────────────────► tax base ──► tax
//	               │
//	               └──► what is a share of duty or tax ──► lines, each converted once ──► total, per unit
//
// Every line of an Estimate says how it came about, as data: a formula (message id and arguments), the rates that were used with
// the day they are in force from, the day somebody looked at them, and their source. An Estimate is nobody's quote, Amazon's
// least of all, and says so in its notes.
package landedcost

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// A Stage is the part of the way that a line pays for. Stages are in the order of the journey.
type Stage string

// The stages.
const (
	Goods       Stage = "goods"       // what the goods themselves cost, without freight and insurance
	Packaging   Stage = "packaging"   // labels, cartons, pallets
	PreCarriage Stage = "precarriage" // from the factory to the terminal
	Export      Stage = "export"      // the export declaration
	Origin      Stage = "origin"      // handling and documents before departure
	Freight     Stage = "freight"     // the main carriage with its surcharges
	Insured     Stage = "insurance"   // the cargo insurance
	Dutied      Stage = "duty"        // customs duty
	Fees        Stage = "fees"        // what customs takes besides: MPF, HMF
	Tax         Stage = "tax"         // import VAT, GST, consumption tax
	Clearance   Stage = "clearance"   // the import declaration
	Destination Stage = "destination" // terminal and handling after arrival
	Delivery    Stage = "delivery"    // to the fulfilment centre
	Inbound     Stage = "inbound"     // what the fulfilment centre charges for taking goods in
)

// Stages lists all of them in the order of the journey.
func Stages() []Stage {
	return []Stage{Goods, Packaging, PreCarriage, Export, Origin, Freight, Insured, Dutied, Fees, Tax, Clearance, Destination, Delivery, Inbound}
}

// chargeable are the stages that a card's charges may have, and before says which of them lie before the border.
var (
	chargeable = []Stage{Packaging, PreCarriage, Export, Origin, Freight, Clearance, Destination, Delivery, Inbound}
	before     = map[Stage]bool{Packaging: true, PreCarriage: true, Export: true, Origin: true, Freight: true}
	transport  = map[Stage]bool{PreCarriage: true, Export: true, Origin: true, Freight: true}
)

// A Shipment is what is sent. The caller has validated nothing: Estimate does.
type Shipment struct {
	Name        string
	Destination string // US, UK, JP, CA or a member state of the EU
	Incoterm    Incoterm
	Currency    string // of the estimate, ISO 4217
	Cartons     []Carton
	Goods       []Item

	Informal    bool            // US: an informal entry pays the small fee; the broker decides whether it may be one
	Parcel      bool            // EU: goods for a consumer in a parcel of low value, not stock for a fulfilment centre
	Recoverable bool            // the importer gets the import tax back
	Postponed   bool            // UK: the import VAT is accounted for on the VAT return
	Uninsured   bool            // no insurance is taken out
	Bare        bool            // without duty and tax: only what brings the goods there, when what customs takes is not known
	YearlyDues  decimal.Decimal // US: duties, taxes and fees of a year in USD; asks for the size of the continuous bond
	WantsBond   bool
}

// A Carton is a number of equal cartons.
type Carton struct {
	Count                 int
	Length, Width, Height decimal.Decimal
	Unit                  Unit // of the sides: mm, cm, m, in
	Weight                decimal.Decimal
	WeightUnit            Unit // g, kg, lb
}

// An Item is a line of goods.
type Item struct {
	SKU       string
	Name      string
	HS        string // the code of the country of destination, at least six digits; dots and spaces do not matter
	Units     int
	UnitPrice Money           // without freight and insurance
	Value     Money           // of the whole line, when that is known instead of the unit price
	NetKg     decimal.Decimal // of the whole line; only asked for where duty is per kilogram
	Dangerous bool
	Reduced   bool       // the reduced rate of tax of the country applies
	Deductive *Deductive // Japan: how the value is declared when there is no sale for import
	Duties    []Duty     // what a broker said, instead of the card's tariff
}

// Deductive is the base of a customs value that is worked back from the price in the country: per unit.
type Deductive struct {
	Price Money // what the customer pays, tax included
	Costs Money // the marketplace's fees and the costs in the country
}

// An Estimate is what one route comes to. It is data: who shows it says the sentences in the reader's language.
type Estimate struct {
	Notes       []Sentence `json:"notes"` // to be said beside every number: whose estimate it is, and that a card is invented
	Card        string     `json:"card"`
	CardName    Name       `json:"card_name"`
	Invented    bool       `json:"invented"` // at least one rate in it is not real
	Route       string     `json:"route"`
	RouteName   Name       `json:"route_name"`
	Mode        Mode       `json:"mode"`
	TransitDays [2]int     `json:"transit_days"` // as the card says: at least, at most; 0 where it does not
	On          Day        `json:"on"`
	Destination string     `json:"destination"`
	Incoterm    Incoterm   `json:"incoterm"`
	Currency    string     `json:"currency"`
	Measure     Measure    `json:"measure"`
	Customs     Customs    `json:"customs"`
	Lines       []Line     `json:"lines"`
	Subtotals   []Subtotal `json:"subtotals"` // one for each stage that has lines
	Total       Money      `json:"total"`     // of all lines, the goods included
	TaxTotal    Money      `json:"tax"`       // the import tax in it
	Recoverable bool       `json:"tax_recoverable"`
	Bare        bool       `json:"bare,omitempty"` // duty and tax are not in it
	Landed      Money      `json:"landed"`         // the total, without the import tax when that is recovered
	Units       int        `json:"units"`
	PerUnit     Money      `json:"per_unit"` // with two more decimals than the currency has
	Items       []ItemCost `json:"items"`
	Bond        *Bond      `json:"bond,omitempty"` // US, when asked for; its size, not a cost
	Flags       []Sentence `json:"flags"`          // what somebody should look at
}

// A Line is one amount of an estimate.
type Line struct {
	ID      string     `json:"id"` // freight, insurance, mpf, the id of a charge …; stable, and the base other charges name
	Stage   Stage      `json:"stage"`
	Name    Sentence   `json:"name"`
	Payer   Payer      `json:"payer"`
	Formula []Sentence `json:"formula"`
	Amount  Money      `json:"amount"` // in the currency of its rate
	Sum     Money      `json:"sum"`    // the same in the currency of the estimate, converted once
	Rates   []Used     `json:"rates"`  // what the amount was made with; the exchange rate last

	item      int // the line of goods it belongs to, or shared
	inCustoms bool
	inTax     bool
}

const shared = -1

// Used is a rate that went into a line.
type Used struct {
	What  string `json:"what"`  // the key of a fact, or where in the card it stands
	Value string `json:"value"` // as the card writes it
	Unit  string `json:"unit,omitempty"`
	Stamp
}

// A Subtotal is the sum of a stage's lines.
type Subtotal struct {
	Stage Stage `json:"stage"`
	Sum   Money `json:"sum"`
}

// Customs is what the authorities reckon with.
type Customs struct {
	Value     Money      `json:"value"`     // the customs value of all goods
	Additions Money      `json:"additions"` // freight and insurance in it
	TaxBase   Money      `json:"tax_base"`  // what the import tax is a share of; zero where there is none
	Formula   []Sentence `json:"formula"`   // how the value came about
}

// ItemCost is what one line of goods comes to when what is shared is divided by value.
type ItemCost struct {
	SKU     string `json:"sku"`
	Units   int    `json:"units"`
	Landed  Money  `json:"landed"`
	PerUnit Money  `json:"per_unit"`
}

// A Gap is one thing without which there is no estimate.
type Gap struct {
	What string   `json:"what"` // the key, the place in the card, or the field of the shipment
	Say  Sentence `json:"say"`
}

// A Refusal lists every reason why there is no estimate. It is the error of Estimate.
type Refusal struct {
	Route string `json:"route"`
	Gaps  []Gap  `json:"gaps"`
}

// Error names what is missing.
func (r *Refusal) Error() string {
	var what []string
	for _, g := range r.Gaps {
		what = append(what, strings.TrimPrefix(g.Say.ID, prefix)+" "+g.What)
	}
	return fmt.Sprintf("no estimate for the route %s: %s", r.Route, strings.Join(what, "; "))
}

// Estimate reckons one route of the card for a shipment as of a day. Its error is a *Refusal with every gap.
func (c *Card) Estimate(s Shipment, route string, on Day) (Estimate, error) {
	r := &reckoning{card: c, ship: &s, on: on}
	if !r.accept() {
		return Estimate{}, &Refusal{Route: route, Gaps: r.gaps}
	}
	if r.route = r.choose(route); r.route == nil {
		return Estimate{}, &Refusal{Route: route, Gaps: r.gaps}
	}
	e := r.estimate()
	if len(r.gaps) > 0 {
		return Estimate{}, &Refusal{Route: route, Gaps: r.gaps}
	}
	return e, nil
}

// Routes lists the ids of the routes of the card that go to a destination, in the card's order.
func (c *Card) Routes(destination string) []string {
	var ids []string
	seen := map[string]bool{}
	to, _ := country(destination)
	for i := range c.routes {
		if r := &c.routes[i]; r.goesTo(to) && !seen[r.ID] {
			seen[r.ID] = true
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// Serving lists the ids of the routes of the card that price a way to ship and go to a destination, in the card's order.
func (c *Card) Serving(way, destination string) []string {
	var ids []string
	to, _ := country(destination)
	for i := range c.routes {
		if r := &c.routes[i]; r.goesTo(to) && slices.Contains(r.Serves, way) && !slices.Contains(ids, r.ID) {
			ids = append(ids, r.ID)
		}
	}
	return ids
}

// Ways lists everything that a route of the card says it serves, each once, sorted.
func (c *Card) Ways() []string {
	var ways []string
	for i := range c.routes {
		ways = append(ways, c.routes[i].Serves...)
	}
	slices.Sort(ways)
	return slices.Compact(ways)
}

// A Comparison is several routes beside each other.
type Comparison struct {
	Estimates []Estimate `json:"estimates"`
	Refused   []*Refusal `json:"refused,omitempty"`
	Cheapest  string     `json:"cheapest,omitempty"` // the route with the lowest landed cost; empty with fewer than two
	Fastest   string     `json:"fastest,omitempty"`  // the route whose longest transit time is the shortest
}

// Compare estimates every route named, or all that go to the destination when none is. A route without an estimate is
// listed with its reasons and does not keep the others from being compared.
func (c *Card) Compare(s Shipment, on Day, routes ...string) Comparison {
	if len(routes) == 0 {
		routes = c.Routes(s.Destination)
	}
	var out Comparison
	for _, id := range routes {
		e, err := c.Estimate(s, id, on)
		if err != nil {
			out.Refused = append(out.Refused, err.(*Refusal))
			continue
		}
		out.Estimates = append(out.Estimates, e)
	}
	if len(out.Estimates) < 2 {
		return out
	}
	cheap, fast := &out.Estimates[0], (*Estimate)(nil)
	for i := range out.Estimates {
		e := &out.Estimates[i]
		if e.Landed.Amount.LessThan(cheap.Landed.Amount) {
			cheap = e
		}
		if e.TransitDays[1] > 0 && (fast == nil || e.TransitDays[1] < fast.TransitDays[1]) {
			fast = e
		}
	}
	out.Cheapest = cheap.Route
	if fast != nil {
		out.Fastest = fast.Route
	}
	return out
}
