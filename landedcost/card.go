package landedcost

import (
	"slices"

	"github.com/shopspring/decimal"
)

// A Card is an operator's rate card. ReadCard makes one; it does not change and may be used from several goroutines.
type Card struct {
	ID       string
	Name     Name
	Invented bool // its numbers are made up, unless an entry says otherwise
	MaxAge   int  // days after which a rate must be looked at again
	FXMaxAge int  // the same for exchange rates

	facts   map[string][]Fact
	fx      map[[2]string][]Exchange
	tariffs map[string][]Tariff // by country and digits
	routes  []Route
}

// A Stamp is when something is true, who looked at it last, and where.
type Stamp struct {
	From     Day    `json:"effective_from"`
	To       Day    `json:"effective_to,omitzero"` // the last day; none when it is not known to end
	Checked  Day    `json:"checked_on"`
	Source   string `json:"source"`
	Invented bool   `json:"invented,omitempty"`

	line int // in the card's file
}

func (s *Stamp) covers(on Day) bool { return s.From <= on && (s.To == 0 || on <= s.To) }

// A Fact is what an authority set, under a key such as us.mpf.rate.
type Fact struct {
	Key   string
	Value decimal.Decimal // a share as a fraction of one: 3.464 ‰ is 0.003464
	Over  decimal.Decimal // what Value is divided by: 1, except for fractions such as 22/78
	Text  string          // as the card writes it
	Stamp
}

// An Exchange is what one unit of From costs in To.
type Exchange struct {
	From, To string
	Rate     decimal.Decimal
	Stamp
}

// A Tariff is the duties on goods whose code begins with HS.
type Tariff struct {
	Country string // US, EU, UK, JP, CA
	HS      string
	Duties  []Duty
}

// A Duty is one of the duties that are added up on a line of goods.
type Duty struct {
	ID       string
	Name     Name
	Rate     decimal.Decimal // share of the customs value
	PerUnit  decimal.Decimal // in the currency of customs
	PerKg    decimal.Decimal // of net weight
	Excludes []string        // duties that are not levied beside this one
	Season   Season
	Stamp
}

// A Season is the days on which something is levied at all; outside it costs nothing. Unlike a Stamp it does not refuse.
type Season struct{ From, To Day }

func (s Season) in(on Day) bool { return s.From <= on && (s.To == 0 || on <= s.To) }

// Mode is how the main carriage goes.
type Mode string

// The modes.
const (
	Ocean   Mode = "ocean"
	Air     Mode = "air"
	Courier Mode = "courier"
	Rail    Mode = "rail"
	Truck   Mode = "truck"
)

// Per is what a rate is multiplied by.
type Per string

// What a rate can be per.
const (
	PerKg       Per = "kg"       // chargeable weight, in the unit of the route's weight rule
	PerGrossKg  Per = "gross_kg" // the scales' weight
	PerCBM      Per = "cbm"
	PerRT       Per = "rt"
	PerCarton   Per = "carton"
	PerUnit     Per = "unit"
	PerShipment Per = "shipment"
	PerPercent  Per = "percent" // of named bases
)

// A Route is one way of getting there, with its rates.
type Route struct {
	ID          string
	Name        Name
	Mode        Mode
	To          []string // countries
	Serves      []string // the ways to ship, as whoever asks names them, that this route prices
	Currency    string   // of its rates, unless one says another
	Transit     [2]int
	Dangerous   bool            // dangerous goods are taken
	BorderShare decimal.Decimal // the part of the main freight that lies before the border of the customs territory
	Weight      *WeightRule
	Ton         *TonRule
	Main        MainFreight
	Charges     []Charge
	Cover       *Cover
	Stamp
}

func (r *Route) goesTo(country string) bool { return slices.Contains(r.To, country) }

// WeightRule is how a route finds the chargeable weight.
type WeightRule struct {
	Divisor decimal.Decimal
	Sides   Unit // cm or in: what the divisor divides
	Unit    Unit // kg or lb: what comes out
	Per     Per  // carton or shipment: where is rounded up
	Step    decimal.Decimal
	Minimum decimal.Decimal // at the same place
}

// TonRule is how a route finds revenue tons.
type TonRule struct {
	Ratio   decimal.Decimal // kilograms that count as a cubic metre
	Minimum decimal.Decimal
	Step    decimal.Decimal
}

// MainFreight is the rate of the main carriage. Every break is tried, also those above the quantity, which then bill
// their own beginning; the cheapest counts. That is how the trade does it, and why more weight never costs less.
type MainFreight struct {
	Per      Per
	Breaks   []Break // rising
	Minimum  decimal.Decimal
	Currency string
	Stamp
}

// A Break is the rate from a quantity on.
type Break struct{ From, Rate decimal.Decimal }

// A Charge is a surcharge or a service.
type Charge struct {
	ID        string
	Name      Name
	Stage     Stage
	Per       Per
	Rate      decimal.Decimal // a share of one for percent
	Of        []string        // percent: goods freight transport insurance customs_value duty tax, or ids of charges above
	Currency  string
	Minimum   decimal.Decimal
	Maximum   decimal.Decimal // zero for none
	OverKg    decimal.Decimal // per carton: only those heavier
	OverCm    decimal.Decimal // per carton: only those with a longer side
	Season    Season
	InCustoms bool // part of the customs value where that has freight in it
	InTax     bool // part of the base of the import tax
	Stamp

	last bool // a share of duty or tax: reckoned after them
}

// A Cover is the cargo insurance.
type Cover struct {
	Rate     decimal.Decimal
	Insured  decimal.Decimal // 1.1: a tenth more than cost, insurance and freight
	Simple   bool            // the premium is not insured itself: an approximation
	Minimum  decimal.Decimal
	Currency string
	Stamp
}
