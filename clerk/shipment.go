package clerk

import (
	"slices"
	"strings"

	"xiaobao/landedcost"
)

// countries are the stores as landedcost knows their countries. A store that is not here is refused there by its own name.
func country(store string) string { return strings.ToUpper(store) }

// needed are the slots without which nothing can be reckoned, each with what may stand in for it.
var needed = [][]string{
	{"marketplaces", "destination"},
	{"incoterm"},
	{"cargo_value", "invoice_lines"},
	{"unit_count", "lines", "invoice_lines"},
	{"carton_count", "cartons"},
	{"carton_size", "cartons"},
	{"carton_weight", "cartons"},
}

// lacking lists the slots that have to be answered before anything can be reckoned.
func (f facts) lacking() []string {
	var out []string
	for _, any := range needed {
		if !slices.ContainsFunc(any, f.known) {
			out = append(out, any[0])
		}
	}
	return out
}

// shipment is what the case says is sent. What is lacking is left empty.
//
//	slot                                          landedcost
//	destination, or the first of marketplaces     Destination
//	incoterm                                      Incoterm
//	budget_total, else the goods                  Currency
//	cartons, unless they are all alike;           Cartons
//	  else carton_count, carton_size, carton_weight
//	invoice_lines with invoice_currency;          Goods, a line each
//	  else product_name, hs_code, cargo_value       one line, with unit_count or the units of lines
//	net_weight, when there is one line            Goods[0].NetKg
//	dg_kinds, battery_kind                        Goods[].Dangerous
//	vat_postponed                                 Postponed
func (f facts) shipment() landedcost.Shipment {
	s := landedcost.Shipment{
		Name: f.text("product_name"), Destination: country(f.store()), Incoterm: landedcost.Incoterm(strings.ToUpper(f.text("incoterm"))),
		Cartons: f.cartons(), Goods: f.goods(), Postponed: f.text("vat_postponed") == "yes",
	}
	if len(s.Goods) > 0 {
		s.Currency = s.Goods[0].UnitPrice.Currency + s.Goods[0].Value.Currency // one of the two is there
	}
	if budget := f["budget_total"].Unit; budget != "" {
		s.Currency = budget
	}
	return s
}

func (f facts) cartons() []landedcost.Carton {
	if rows := f.boxes(); rows != nil {
		var out []landedcost.Carton
		for _, b := range rows {
			out = append(out, landedcost.Carton{
				Count: b.to - b.from + 1, Length: number(b.row["length"]), Width: number(b.row["width"]), Height: number(b.row["height"]),
				Unit: landedcost.CM, Weight: number(b.row["kg"]), WeightUnit: landedcost.Kg,
			})
		}
		return out
	}
	size := f["carton_size"]
	if len(size.List) != 3 || !f.known("carton_count") || !f.known("carton_weight") {
		return nil
	}
	return []landedcost.Carton{{
		Count: f.whole("carton_count"), Length: number(size.List[0]), Width: number(size.List[1]), Height: number(size.List[2]), Unit: landedcost.Unit(size.Unit),
		Weight: f.number("carton_weight"), WeightUnit: landedcost.Unit(f["carton_weight"].Unit),
	}}
}

// A boxes is a range of equal cartons as the seller listed it, with everything that is in one of them.
type boxes struct {
	from, to int
	row      row
	contents []row
}

// boxes are the cartons of the list; nil when they are all alike or there is no list. Lines with the same numbers are one range of
// cartons with several goods in each.
func (f facts) boxes() []boxes {
	if f.yes("cartons_alike") {
		return nil
	}
	var out []boxes
	for _, r := range f.rows("cartons", cartonColumns) {
		from, to := r.whole("from"), r.whole("to")
		i := slices.IndexFunc(out, func(b boxes) bool { return b.from == from && b.to == to })
		if i < 0 {
			i, out = len(out), append(out, boxes{from: from, to: to, row: r})
		}
		out[i].contents = append(out[i].contents, r)
	}
	return out
}

func (f facts) goods() []landedcost.Item {
	dangerous := f.gate() != clear
	currency := strings.ToUpper(f.text("invoice_currency"))
	if rows := f.rows("invoice_lines", invoiceColumns); len(rows) > 0 && currency != "" {
		out := make([]landedcost.Item, len(rows))
		for i, r := range rows {
			out[i] = landedcost.Item{
				Name: r["description"], HS: r["hs"], Units: r.whole("quantity"), UnitPrice: landedcost.Money{Amount: number(r["unit_price"]), Currency: currency}, Dangerous: dangerous,
			}
		}
		f.weigh(out)
		return out
	}
	value := f["cargo_value"]
	if value.Unit == "" {
		return nil
	}
	out := []landedcost.Item{{
		Name: f.text("product_name"), HS: f.text("hs_code"), Units: f.units(), Value: landedcost.Money{Amount: number(value.Text), Currency: value.Unit}, Dangerous: dangerous,
	}}
	f.weigh(out)
	return out
}

// weigh gives the net weight of the shipment to its only line; how it is divided among several nobody has said.
func (f facts) weigh(goods []landedcost.Item) {
	if len(goods) != 1 || !f.known("net_weight") {
		return
	}
	kg := f.number("net_weight")
	if f["net_weight"].Unit == "lb" {
		kg = kg.Mul(number("0.45359237"))
	}
	goods[0].NetKg = kg.Round(6)
}

// A gate is what the rules of the service say of the goods, before any number is looked at.
type gate int

const (
	clear   gate = iota
	ask          // only with papers, or only after somebody has looked at them
	refused      // AGL does not take them
)

// gate follows A9: AGL takes no dangerous goods but Section II lithium batteries in or with equipment; standalone batteries and
// aerosols never pass, liquids, magnets and what is not known may turn out to be no dangerous goods at all.
func (f facts) gate() gate {
	g := clear
	for _, kind := range f["dg_kinds"].List {
		switch kind {
		case "battery":
			switch f.text("battery_kind") {
			case "standalone":
				return refused
			case "in_device", "with_device":
			default:
				g = ask
			}
		case "aerosol":
			return refused
		case "liquid", "magnet", "other_dg", "food_cosmetic", "plant_animal":
			g = ask
		}
	}
	return g
}
