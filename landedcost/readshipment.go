package landedcost

// ReadShipment reads a shipment from YAML, as `xiaobao estimate` takes it, and the day and the routes that it asks for; the
// day is zero when it does not say one. Its error is Problems: every mistake with its line. What only the estimate can tell,
// such as a code without a duty, is left to the estimate.
func ReadShipment(data []byte) (s Shipment, on Day, routes []string, err error) {
	r := &reader{}
	if o := r.open(data); o != nil {
		s, on, routes = o.shipment()
		o.close()
	}
	return s, on, routes, r.done()
}

func (o *object) shipment() (s Shipment, on Day, routes []string) {
	s.Name = o.text("name", false)
	s.Destination = o.text("destination", true)
	if _, territory := country(s.Destination); s.Destination != "" && territory == "" {
		o.r.note(o.at("destination"), "destination must be US, UK, JP, CA or a member state of the EU, not %q", short(s.Destination))
	}
	term := o.text("incoterm", true)
	if t, ok := ParseIncoterm(term); ok {
		s.Incoterm = t
	} else if term != "" {
		o.r.note(o.at("incoterm"), "incoterm must be one of the eleven of Incoterms 2020, not %q", short(term))
	}
	s.Currency = o.currency("currency", "")
	on = o.day("on", false)
	routes = o.words("routes", false)
	s.Informal = o.oneOf("entry", false, "formal", "informal") == "informal"
	s.Parcel = o.flag("parcel", false)
	s.Recoverable = o.flag("tax_recoverable", false)
	s.Postponed = o.flag("tax_postponed", false)
	s.Uninsured = !o.flag("insure", true)
	s.Bare = !o.flag("duty_and_tax", true)
	if o.field("yearly_dues_usd", false) != nil {
		s.YearlyDues, s.WantsBond = o.number("yearly_dues_usd", true), true
	}
	o.list("cartons", true, "a carton", func(x *object) {
		s.Cartons = append(s.Cartons, Carton{
			Count: x.count("count", true, mostCartons), Length: x.above("length"), Width: x.above("width"), Height: x.above("height"),
			Unit: Unit(x.oneOf("unit", true, "mm", "cm", "m", "in")), Weight: x.above("weight"), WeightUnit: Unit(x.oneOf("weight_unit", true, "g", "kg", "lb")),
		})
	})
	o.list("goods", true, "a line of goods", func(x *object) { s.Goods = append(s.Goods, x.item()) })
	return s, on, routes
}

func (o *object) item() Item {
	g := Item{SKU: o.text("sku", false), Name: o.text("name", false), HS: o.text("hs", false), Units: o.count("units", true, mostUnits)}
	cur := o.currency("currency", "")
	if o.field("value", false) != nil {
		g.Value = Money{o.above("value"), cur}
		if o.field("unit_price", false) != nil {
			o.r.note(o.at("value"), "give unit_price or value, not both")
		}
	} else {
		g.UnitPrice = Money{o.above("unit_price"), cur}
	}
	g.NetKg = o.number("net_kg", false)
	g.Dangerous = o.flag("dangerous", false)
	g.Reduced = o.oneOf("tax", false, "standard", "reduced") == "reduced"
	o.inside("deductive", false, func(x *object) {
		c := x.currency("currency", "JPY")
		g.Deductive = &Deductive{Price: Money{x.above("price"), c}, Costs: Money{x.number("costs", true), c}}
	})
	o.list("duties", false, "a duty", func(x *object) {
		d := x.duty(Stamp{}, false)
		if d.Checked == 0 || d.Source == "" {
			x.r.note(x.line, "a duty needs source and checked_on: who said it, and when")
		}
		g.Duties = append(g.Duties, d)
	})
	return g
}
