package landedcost

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/shopspring/decimal"
)

// ReadCard reads a rate card (docs/rates.schema.json describes it, docs/rates.example.yaml is one). Its error is Problems:
// every mistake with its line.
func ReadCard(data []byte) (*Card, error) {
	r := &reader{}
	c := &Card{facts: map[string][]Fact{}, fx: map[[2]string][]Exchange{}, tariffs: map[string][]Tariff{}}
	if o := r.open(data); o != nil {
		c.read(o)
		o.close()
	}
	if err := r.done(); err != nil {
		return nil, err
	}
	return c, nil
}

func (c *Card) read(o *object) {
	c.ID = o.text("card", true)
	c.Name = o.name(true)
	c.Invented = o.flag("invented", false)
	c.MaxAge = o.count("max_age_days", true, 3650)
	c.FXMaxAge = cmp.Or(o.count("fx_max_age_days", false, 3650), c.MaxAge)
	base := o.stamp(Stamp{Invented: c.Invented}, false)
	o.list("facts", false, "a fact", func(x *object) { c.readFact(x, base) })
	o.list("fx", false, "an exchange rate", func(x *object) {
		e := Exchange{From: x.currency("from", ""), To: x.currency("to", ""), Rate: x.above("rate"), Stamp: x.stamp(base, true)}
		if e.From == e.To {
			x.r.note(x.line, "an exchange rate needs two different currencies")
		}
		key := [2]string{e.From, e.To}
		for i := range c.fx[key] {
			x.apart("the exchange rate "+e.From+"/"+e.To, &e.Stamp, &c.fx[key][i].Stamp)
		}
		c.fx[key] = append(c.fx[key], e)
	})
	o.list("tariffs", false, "a tariff", func(x *object) { c.readTariff(x, base) })
	o.list("routes", true, "a route", func(x *object) { c.readRoute(x, base) })
}

// stamp reads when something is in force, who looked and where; what an entry does not say itself it
// has from above. That it holds since an unknown day must be said: effective_from: null.
func (o *object) stamp(above Stamp, complete bool) Stamp {
	s := above
	s.line = o.line
	if n := o.fields["effective_from"]; n != nil && n.Tag == "!!null" { // it holds, and nobody knows since when
		o.asked["effective_from"] = true
		s.From = 0
	} else {
		s.From = cmp.Or(o.day("effective_from", complete && above.From == 0), above.From)
	}
	s.To = cmp.Or(o.day("effective_to", false), above.To)
	s.Checked = cmp.Or(o.day("checked_on", complete && above.Checked == 0), above.Checked)
	s.Source = cmp.Or(o.text("source", complete && above.Source == ""), above.Source)
	if o.what != "the file" {
		s.Invented = o.flag("invented", above.Invented)
	}
	if s.To != 0 && s.To < s.From {
		o.r.note(o.at("effective_to"), "%s ends on %s, before it begins on %s", o.what, s.To, s.From)
	}
	return s
}

// apart notes when two versions of the same thing are in force on the same day.
func (o *object) apart(what string, a, b *Stamp) {
	if (a.To == 0 || b.From <= a.To) && (b.To == 0 || a.From <= b.To) {
		o.r.note(o.line, "%s is in force twice on the same day: see line %d", what, b.line)
	}
}

// factKinds says what the value of a fact is: a share, an amount, a plain number, or a fraction.
var factKinds = []struct {
	key  *regexp.Regexp
	kind string
}{
	{regexp.MustCompile(`^us\.(mpf|hmf)\.rate$|^us\.bond\.continuous\.share$|^jp\.consumption_tax\.national(_reduced)?$|^ca\.gst$|^vat\.[A-Z]{2}(\.reduced)?$`), "share"},
	{regexp.MustCompile(`^us\.mpf\.(min|max|informal)_usd$|^us\.bond\.continuous\.(min|step|large_step|large_from)_usd$|^eu\.b2c_flat_duty_eur_per_hs6$|^eu\.b2c_flat_duty\.limit_eur$`), "amount"},
	{regexp.MustCompile(`^box\.(US|EU|UK|JP|CA)\.(kg|cm)$|^jp\.deductive\.divisor$`), "number"},
	{regexp.MustCompile(`^jp\.consumption_tax\.local_of_national$`), "fraction"},
}

func (c *Card) readFact(o *object, base Stamp) {
	f := Fact{Key: o.text("key", true), Over: one}
	var line int
	f.Text, line = o.scalar("value", true)
	f.Stamp = o.stamp(base, true)
	kind := ""
	for _, k := range factKinds {
		if k.key.MatchString(f.Key) {
			kind = k.kind
		}
	}
	if _, territory := country(strings.TrimSuffix(strings.TrimPrefix(f.Key, "vat."), ".reduced")); strings.HasPrefix(f.Key, "vat.") && territory != "EU" && territory != "UK" {
		kind = ""
	}
	if f.Key == "" || f.Text == "" {
		return
	}
	if kind == "" {
		o.r.note(o.at("key"), "there is no fact %q", short(f.Key))
		return
	}
	var err error
	switch kind {
	case "share":
		f.Value, err = percentage(f.Text)
	case "fraction":
		num, den, ok := strings.Cut(f.Text, "/")
		f.Value, err = Number(num)
		if over, e := Number(den); !ok || err != nil || e != nil || !over.IsPositive() {
			err = fmt.Errorf("%q is not a fraction such as 22/78", short(f.Text))
		} else {
			f.Over = over
		}
	default:
		f.Value, err = Number(f.Text)
		if err == nil && !f.Value.IsPositive() && (kind == "number" || strings.Contains(f.Key, "step")) {
			err = fmt.Errorf("it must be larger than zero")
		}
	}
	if err != nil {
		o.r.note(line, "the fact %s: %v", f.Key, err)
	}
	for i := range c.facts[f.Key] {
		o.apart("the fact "+f.Key, &f.Stamp, &c.facts[f.Key][i].Stamp)
	}
	c.facts[f.Key] = append(c.facts[f.Key], f)
}

func (c *Card) readTariff(o *object, base Stamp) {
	t := Tariff{Country: o.oneOf("country", true, "US", "EU", "UK", "JP", "CA"), HS: hsDigits(o.text("hs", true))}
	if n := len(t.HS); t.HS != "" && (n < 2 || n > 13 || !digits(t.HS)) {
		o.r.note(o.at("hs"), "hs must be 2 to 13 digits, dots between them allowed")
	}
	above := o.stamp(base, false)
	o.list("duties", true, "a duty", func(x *object) { t.Duties = append(t.Duties, x.duty(above, true)) })
	for i, d := range t.Duties {
		for k := range t.Duties[:i] {
			if t.Duties[k].ID == d.ID {
				o.apart("the duty "+d.ID, &t.Duties[k].Stamp, &t.Duties[i].Stamp)
			}
		}
		for _, id := range d.Excludes {
			if !slices.ContainsFunc(t.Duties, func(d Duty) bool { return d.ID == id }) || id == d.ID {
				o.r.note(d.line, "the duty %s excludes %q, which is no other duty here", d.ID, short(id))
			}
		}
	}
	key := t.Country + t.HS
	if len(c.tariffs[key]) > 0 {
		o.r.note(o.line, "there are two tariffs for %s in %s", t.HS, t.Country)
	}
	c.tariffs[key] = append(c.tariffs[key], t)
}

func (o *object) duty(above Stamp, fromCard bool) Duty {
	d := Duty{ID: o.id(), Name: o.name(true), Rate: o.share("rate", false), PerUnit: o.number("per_unit", false), PerKg: o.number("per_kg", false),
		Excludes: o.words("excludes", false), Season: o.season(), Stamp: o.stamp(above, fromCard)}
	if o.fields["rate"] == nil && o.fields["per_unit"] == nil && o.fields["per_kg"] == nil {
		o.r.note(o.line, "a duty needs rate, per_unit or per_kg")
	}
	return d
}

var goodID = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

func (o *object) id() string {
	id := o.text("id", true)
	if id != "" && !goodID.MatchString(id) {
		o.r.note(o.at("id"), "id must be small letters, digits, - and _, not %q", short(id))
	}
	return id
}

func (o *object) season() (s Season) {
	o.inside("season", false, func(x *object) {
		s = Season{x.day("from", true), x.day("to", true)}
		if s.To != 0 && s.To < s.From {
			x.r.note(x.line, "the season ends before it begins")
		}
	})
	return s
}

func (c *Card) readRoute(o *object, base Stamp) {
	rt := Route{
		ID: o.id(), Name: o.name(true), Mode: Mode(o.oneOf("mode", true, string(Ocean), string(Air), string(Courier), string(Rail), string(Truck))),
		Currency: o.currency("currency", ""), Dangerous: o.oneOf("dangerous_goods", true, "accepted", "refused") == "accepted", BorderShare: one,
	}
	rt.Stamp = o.stamp(base, true)
	for _, name := range o.words("to", true) {
		code, territory := country(name)
		if territory == "" {
			o.r.note(o.at("to"), "to: %q is not US, UK, JP, CA or a member state of the EU", short(name))
		}
		rt.To = append(rt.To, code)
	}
	for _, way := range o.words("serves", false) {
		if !goodID.MatchString(way) {
			o.r.note(o.at("serves"), "serves: %q is not a name such as agl_air", short(way))
		}
		rt.Serves = append(rt.Serves, way)
	}
	if days := o.words("transit_days", false); len(days) > 0 {
		a, err := strconv.Atoi(days[0])
		b, err2 := strconv.Atoi(days[len(days)-1])
		if len(days) != 2 || err != nil || err2 != nil || a < 0 || b < a || b > 400 {
			o.r.note(o.at("transit_days"), "transit_days must be two whole numbers such as [28, 40]")
		}
		rt.Transit = [2]int{a, b}
	}
	if o.field("border_share", false) != nil {
		if rt.BorderShare = o.share("border_share", true); rt.BorderShare.GreaterThan(one) {
			o.r.note(o.at("border_share"), "border_share is at most 100%%")
		}
	}
	o.inside("weight", false, func(x *object) { rt.Weight = x.weightRule() })
	o.inside("revenue_ton", false, func(x *object) {
		rt.Ton = &TonRule{x.above("kg_per_cbm"), x.number("minimum", false), x.step()}
	})
	o.inside("freight", true, func(x *object) { rt.readFreight(x) })
	o.list("charges", false, "a charge", func(x *object) { rt.readCharge(x) })
	o.inside("insurance", false, func(x *object) {
		v := &Cover{Rate: x.share("rate", true), Insured: x.share("insured", true), Simple: x.oneOf("method", true, "exact", "simple") == "simple",
			Minimum: x.number("minimum", false), Currency: x.currency("currency", rt.Currency), Stamp: x.stamp(rt.Stamp, true)}
		if v.Rate.Mul(v.Insured).GreaterThan(decimal.New(5, -1)) {
			x.r.note(x.line, "the premium would be more than half of the value")
		}
		rt.Cover = v
	})
	for i := range c.routes {
		if c.routes[i].ID == rt.ID {
			o.apart("the route "+rt.ID, &rt.Stamp, &c.routes[i].Stamp)
		}
	}
	c.routes = append(c.routes, rt)
}

func (o *object) weightRule() *WeightRule {
	return &WeightRule{
		Divisor: o.above("divisor"), Sides: Unit(o.oneOf("sides", true, "cm", "in")), Unit: Unit(o.oneOf("unit", true, "kg", "lb")),
		Per: Per(o.oneOf("per", true, "carton", "shipment")), Step: o.step(), Minimum: o.number("minimum", false),
	}
}

func (o *object) step() decimal.Decimal { return o.above("round_up_to") }

func (rt *Route) readFreight(o *object) {
	rt.Main = MainFreight{Per: Per(o.oneOf("per", true, "kg", "gross_kg", "cbm", "rt", "carton", "unit", "shipment")), Minimum: o.number("minimum", false),
		Currency: o.currency("currency", rt.Currency), Stamp: o.stamp(rt.Stamp, true)}
	rt.needs(o, rt.Main.Per)
	o.list("breaks", true, "a break", func(x *object) {
		b := Break{x.number("from", true), x.above("rate")}
		if n := len(rt.Main.Breaks); n > 0 && b.From.LessThanOrEqual(rt.Main.Breaks[n-1].From) {
			x.r.note(x.line, "the breaks must rise: %s does not come after %s", b.From, rt.Main.Breaks[n-1].From)
		}
		rt.Main.Breaks = append(rt.Main.Breaks, b)
	})
}

// needs notes a rate per kilogram or revenue ton where the route does not say how those are found.
func (rt *Route) needs(o *object, p Per) {
	if p == PerKg && rt.Weight == nil {
		o.r.note(o.at("per"), "per kg needs the route's weight: divisor, rounding")
	}
	if p == PerRT && rt.Ton == nil {
		o.r.note(o.at("per"), "per rt needs the route's revenue_ton")
	}
}

// bases are what a share can be of besides charges, and whether they are known before the border.
var bases = map[string]bool{"goods": true, "freight": true, "transport": true, "insurance": false, "customs_value": false, "duty": false, "tax": false}

func (rt *Route) readCharge(o *object) {
	var stages []string
	for _, s := range chargeable {
		stages = append(stages, string(s))
	}
	c := Charge{
		ID: o.id(), Name: o.name(true), Stage: Stage(o.oneOf("stage", true, stages...)),
		Per:      Per(o.oneOf("per", true, "kg", "gross_kg", "cbm", "rt", "carton", "unit", "shipment", "percent")),
		Currency: o.currency("currency", rt.Currency), Minimum: o.number("minimum", false), Maximum: o.number("maximum", false),
		OverKg: o.number("over_kg", false), OverCm: o.number("over_cm", false), Of: o.words("of", false), Season: o.season(), Stamp: o.stamp(rt.Stamp, true),
	}
	rt.needs(o, c.Per)
	if c.Per == PerPercent {
		c.Rate = o.share("rate", true)
		rt.readBases(o, &c)
	} else {
		c.Rate = o.number("rate", true)
		if c.Of != nil {
			o.r.note(o.at("of"), "only per: percent is of something")
		}
	}
	if c.Per != PerCarton && (!c.OverKg.IsZero() || !c.OverCm.IsZero()) {
		o.r.note(o.line, "over_kg and over_cm only go with per: carton")
	}
	if c.Maximum.IsPositive() && c.Maximum.LessThan(c.Minimum) {
		o.r.note(o.at("maximum"), "the maximum is below the minimum")
	}
	_, reserved := bases[c.ID]
	if reserved || slices.ContainsFunc(rt.Charges, func(x Charge) bool { return x.ID == c.ID }) {
		o.r.note(o.at("id"), "the id %q is taken", c.ID)
	}
	c.InCustoms = o.flag("in_customs_value", transport[c.Stage])
	c.InTax = o.flag("in_tax_base", !c.last && slices.Contains([]Stage{Clearance, Destination, Delivery}, c.Stage))
	switch {
	case c.InCustoms && !before[c.Stage]:
		o.r.note(o.at("in_customs_value"), "the stage %s lies behind the border", c.Stage)
	case c.InTax && (c.last || before[c.Stage]):
		o.r.note(o.at("in_tax_base"), "this charge cannot be part of the base of the tax")
	}
	rt.Charges = append(rt.Charges, c)
}

// readBases checks what a share is of: it must be known by the time the share is reckoned.
func (rt *Route) readBases(o *object, c *Charge) {
	if len(c.Of) == 0 {
		o.r.note(o.line, "per: percent needs of: what it is a share of")
	}
	for _, name := range c.Of {
		early, known := bases[name]
		if i := slices.IndexFunc(rt.Charges, func(x Charge) bool { return x.ID == name }); i >= 0 {
			early, known = before[rt.Charges[i].Stage], true
			c.last = c.last || rt.Charges[i].last
		}
		switch {
		case !known:
			o.r.note(o.at("of"), "of: %q is neither a charge above nor one of goods, freight, transport, insurance, customs_value, duty, tax", short(name))
		case before[c.Stage] && !early:
			o.r.note(o.at("of"), "of: %s is not known yet in the stage %s", name, c.Stage)
		}
		c.last = c.last || name == "tax"
	}
}
