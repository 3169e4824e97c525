package documents

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"xiaobao/identifier"
)

// limits are a store's limits for one carton, as they were read in 2026-11 (sources A25, G31, G38). They are warnings: the store's own page
// decides, and a single large item may be an exception.
type limits struct {
	kg, side Decimal // zero: not known
	heavy    Decimal // from here on a mark is wanted on the carton
}

func limitsOf(country string) limits {
	switch {
	case country == "US":
		return limits{kg: decimal.New(2268, -2), side: decimal.New(9144, -2), heavy: decimal.New(2268, -2)}
	case country == "JP":
		return limits{kg: decimal.NewFromInt(30), side: decimal.NewFromInt(60), heavy: decimal.NewFromInt(15)}
	case country == "GB", european(country):
		return limits{kg: decimal.NewFromInt(23), side: decimal.New(635, -1), heavy: decimal.NewFromInt(15)}
	}
	return limits{}
}

func european(country string) bool {
	return slices.Contains(strings.Fields("AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK"), country)
}

func isShipment(id string) bool { return id != "" && identifier.FBAShipment(id).OK() }

// mostInBox is from how many units on one carton is unusual (one secondary source, 2026).
const mostInBox = 150

func (f *Facts) checkCartons(fs *findings) {
	used := map[int]int{}
	boxes := map[string]int{}
	limit := limitsOf(f.Destination)
	for i := range f.Cartons {
		c := &f.Cartons[i]
		at := func(field string) string { return fmt.Sprintf("cartons[%d].%s", i, field) }
		which := text("Boxes", c.Range())
		for n := c.From; n <= c.Last(); n++ {
			if _, twice := used[n]; twice {
				fs.block(at("from"), "check.twice", count("Box", n))
				break
			}
			used[n] = i
		}
		if c.Net != nil && c.Gross.IsPositive() && over(*c.Net, c.Gross) {
			fs.block(at("net"), "check.net", which, number("Net", *c.Net), number("Gross", c.Gross))
		}
		if kg := c.kg(c.Gross); limit.kg.IsPositive() && kg.GreaterThan(limit.kg) {
			fs.warn(at("gross"), "check.heavy", which, number("Kg", kg.Round(2)), number("Most", limit.kg), text("Country", f.Destination))
		} else if limit.heavy.IsPositive() && kg.GreaterThan(limit.heavy) {
			fs.warn(at("gross"), "check.mark_heavy", which, number("Kg", kg.Round(2)))
		}
		if side := c.cm(decimal.Max(c.Length, c.Width, c.Height)); limit.side.IsPositive() && side.GreaterThan(limit.side) {
			fs.warn(at("length"), "check.large", which, number("Cm", side.Round(1)), number("Most", limit.side), text("Country", f.Destination))
		}
		if c.Units() > mostInBox {
			fs.warn(at("contents"), "check.full", which, count("Units", c.Units()), count("Most", mostInBox))
		}
		if c.ShipmentID != "" && f.Amazon.ShipmentID != "" && !strings.EqualFold(c.ShipmentID, f.Amazon.ShipmentID) {
			fs.warn(at("shipment_id"), "check.other_shipment", which, text("Got", c.ShipmentID), text("Want", f.Amazon.ShipmentID))
		}
		if len(c.BoxIDs) > 0 && len(c.BoxIDs) != c.Count() {
			fs.block(at("box_ids"), "check.box_count", which, count("Count", len(c.BoxIDs)), count("Want", c.Count()))
		}
		for _, id := range c.BoxIDs {
			if boxes[id]++; boxes[id] == 2 {
				fs.block(at("box_ids"), "check.box_twice", text("Got", id))
			}
			if ship := either(c.ShipmentID, f.Amazon.ShipmentID); ship != "" && !strings.HasPrefix(strings.ToUpper(id), strings.ToUpper(ship)) {
				fs.warn(at("box_ids"), "check.box_id", text("Got", id), text("Want", ship))
			}
			if _, ok := identifier.Code128B(id); !ok {
				fs.block(at("box_ids"), "check.code", text("Got", id))
			}
		}
		for j, x := range c.Contents {
			if _, ok := day(x.Expiry); !ok {
				fs.block(fmt.Sprintf("cartons[%d].contents[%d].expiry", i, j), "check.day", text("Got", x.Expiry))
			}
		}
	}
	for n := 1; len(used) > 0 && n <= len(used); n++ {
		if _, there := used[n]; !there {
			fs.warn("cartons", "check.gap", count("Box", n))
			break
		}
	}
}

// Range writes the numbers of the range: 1–10.
func (c *Carton) Range() string {
	if c.Last() == c.From {
		return fmt.Sprint(c.From)
	}
	return fmt.Sprintf("%d–%d", c.From, c.Last())
}

// checkPacked compares what is packed with what is invoiced, in all and per SKU.
func (f *Facts) checkPacked(fs *findings) {
	s := f.Sum()
	if s.NetKnown && s.GrossKg.IsPositive() && over(s.NetKg, s.GrossKg) {
		fs.block("cartons", "check.net_total", number("Net", s.NetKg), number("Gross", s.GrossKg))
	}
	if s.Packed == 0 || s.Units == 0 {
		return
	}
	if s.Packed != s.Units {
		fs.block("cartons", "check.units", count("Packed", s.Packed), count("Invoiced", s.Units))
	}
	packed, invoiced, order := map[string]int{}, map[string]int{}, []string(nil)
	for i := range f.Cartons {
		for _, x := range f.Cartons[i].Contents {
			packed[x.SKU] += f.Cartons[i].Count() * x.Units
		}
	}
	named := true
	for _, l := range f.Lines {
		if _, seen := invoiced[l.SKU]; !seen {
			order = append(order, l.SKU)
		}
		invoiced[l.SKU] += l.Quantity
		named = named && l.SKU != ""
	}
	if !named {
		return // lines without an SKU cannot be compared one by one
	}
	for _, sku := range order {
		if packed[sku] != invoiced[sku] {
			fs.block("cartons", "check.units_sku", text("SKU", sku), count("Packed", packed[sku]), count("Invoiced", invoiced[sku]))
		}
		delete(packed, sku)
	}
	left := []string{}
	for sku := range packed {
		left = append(left, sku)
	}
	slices.Sort(left)
	for _, sku := range left {
		fs.block("cartons", "check.stranger", text("SKU", sku), count("Packed", packed[sku]))
	}
}
