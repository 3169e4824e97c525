package documents

import (
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"
)

// Japan takes no nominal importers: a seller without an office there imports by way of an attorney for customs procedures (ACP), and
// what is sent to be sold has no sale for import, so its value is usually worked back from the price in Japan (source G15).

// Kinds of papers that only such a shipment has.
const (
	Attorney  Kind = "acp-authorisation"   // the importer's letter to the attorney
	Valuation Kind = "deductive-valuation" // how the value was worked back
)

// A Japan is what these papers need beside the rest. Amounts are yen. Nothing of it is guessed: a price, a cost or a divisor that
// is not there, or whose source is not, is a gap.
type Japan struct {
	Attorney      Party    `yaml:"attorney" json:"attorney"`
	From          string   `yaml:"from" json:"from,omitempty"`       // the day from which the attorney acts
	Until         string   `yaml:"until" json:"until,omitempty"`     // the last day; empty: until it is taken back
	Divisor       *Decimal `yaml:"divisor" json:"divisor,omitempty"` // takes the consumption tax out of a price: 1.10 where it is 10%
	DivisorSource string   `yaml:"divisor_source" json:"divisor_source,omitempty"`
	Sales         []Sale   `yaml:"sales" json:"sales,omitempty"`
}

// A Sale is what a unit of a SKU is sold for in Japan, and what is taken off.
type Sale struct {
	SKU    string   `yaml:"sku" json:"sku"`
	Price  *Decimal `yaml:"price" json:"price,omitempty"`   // of a unit, with consumption tax
	Source string   `yaml:"source" json:"source,omitempty"` // where the price stands, and when it was read
	Costs  []Cost   `yaml:"costs" json:"costs,omitempty"`   // of a unit
}

// A Cost is taken off a price: a fee of Amazon's, delivery in Japan.
type Cost struct {
	Name   string  `yaml:"name" json:"name"`
	Amount Decimal `yaml:"amount" json:"amount"`
	Source string  `yaml:"source" json:"source,omitempty"` // where the amount stands, and when it was read
}

// ForJapan says whether the papers of Japan belong to the facts: goods go there, and the importer is not from there.
func (f *Facts) ForJapan() bool {
	return f.Destination == "JP" && f.Importer.Country != "JP" && !f.Importer.has("jp_corporate")
}

// KindsFor lists the papers that the facts speak of: the index of a claim only when there is one, the papers of Japan only there,
// and how a value was worked back only when it was not said to be declared otherwise.
func KindsFor(f Facts) []Kind {
	out := slices.DeleteFunc(Kinds(), func(k Kind) bool {
		return k == Claim && f.Claim.Situation == "" && len(f.Claim.Evidence) == 0
	})
	if len(f.Settings) > 0 {
		out = append(out, Configuration)
	}
	if f.ForJapan() {
		out = append(out, Attorney)
		if f.Import.Valuation != "transaction" {
			out = append(out, Valuation)
		}
	}
	return out
}

// KindsOfJapan lists the kinds that only goods to Japan have, and only when the importer is from elsewhere.
func KindsOfJapan() []Kind { return []Kind{Attorney, Valuation} }

// attorney is the attorney with the name that the rest of the papers have.
func (f *Facts) attorney() *Party {
	a := f.Japan.Attorney
	a.Name = either(a.Name, f.Import.ACP)
	return &a
}

// sale is what is known of a SKU's sales; nil: nothing.
func (f *Facts) sale(sku string) *Sale {
	for i := range f.Japan.Sales {
		if f.Japan.Sales[i].SKU == sku {
			return &f.Japan.Sales[i]
		}
	}
	return nil
}

// left is the price of a unit without the costs.
func (s *Sale) left() Decimal {
	d := *s.Price
	for _, c := range s.Costs {
		d = d.Sub(c.Amount)
	}
	return d
}

// worked says that the value of a line can be worked back.
func (f *Facts) worked(s *Sale) bool {
	return s != nil && s.Price != nil && len(s.Costs) > 0 && f.Japan.Divisor != nil && f.Japan.Divisor.IsPositive()
}

// value is a line's value in yen, as the estimate reckons it: what is left of the price, times the units, without the tax.
func (f *Facts) value(l *Line, s *Sale) Decimal {
	return s.left().Mul(decimalOf(l.Quantity)).DivRound(*f.Japan.Divisor, 0)
}

var (
	attorneyNeeds = []need{
		{field: "japan.attorney.name", has: func(f *Facts) bool { return f.attorney().Name != "" }},
		{field: "japan.attorney.address", has: func(f *Facts) bool { return len(f.Japan.Attorney.Address) > 0 }},
		{field: "japan.from", has: filled(func(f *Facts) string { return f.Japan.From })},
		{field: "transport.entry", has: filled(func(f *Facts) string { return f.Transport.Entry })},
	}
	valuationNeeds = []need{
		{field: "japan.divisor", has: func(f *Facts) bool { return f.Japan.Divisor != nil }},
		{field: "japan.divisor_source", has: filled(func(f *Facts) string { return f.Japan.DivisorSource })},
	}
	sold = []lineNeed{
		{field: "sale_price", has: func(f *Facts, l *Line) bool { s := f.sale(l.SKU); return s != nil && s.Price != nil }},
		{field: "sale_source", has: func(f *Facts, l *Line) bool { s := f.sale(l.SKU); return s != nil && s.Source != "" }},
		{field: "sale_costs", has: func(f *Facts, l *Line) bool { s := f.sale(l.SKU); return s != nil && len(s.Costs) > 0 }},
		{field: "cost_sources", has: func(f *Facts, l *Line) bool {
			s := f.sale(l.SKU)
			return s != nil && !slices.ContainsFunc(s.Costs, func(c Cost) bool { return c.Source == "" })
		}},
	}
)

// checkJapan finds prices that nothing is left of, a divisor that makes values larger, and SKUs that are twice or not on the invoice.
func (f *Facts) checkJapan(fs *findings) {
	if d := f.Japan.Divisor; d != nil && d.LessThan(decimal.NewFromInt(1)) {
		fs.block("japan.divisor", "check.divisor", number("Divisor", *d))
	}
	seen := map[string]bool{}
	for i := range f.Japan.Sales {
		s := &f.Japan.Sales[i]
		at := fmt.Sprintf("japan.sales[%d]", i)
		if seen[s.SKU] {
			fs.block(at+".sku", "check.sale_twice", text("SKU", s.SKU))
		}
		seen[s.SKU] = true
		if !slices.ContainsFunc(f.Lines, func(l Line) bool { return l.SKU == s.SKU }) {
			fs.block(at+".sku", "check.sale_unknown", text("SKU", s.SKU))
		}
		if s.Price != nil && !s.left().IsPositive() {
			fs.block(at+".price", "check.sale_nothing_left", text("SKU", s.SKU))
		}
	}
}

// authorisation lays out the importer's letter to the attorney: who, for which goods, from when. It is no form of the customs.
func (p *paper) authorisation() {
	f := p.f
	p.head = []field{p.field("invoice.number", f.Invoice.Number), p.field("invoice.date", f.Invoice.Date)}
	b := p.party("attorney", f.attorney())
	b.gap = p.gaps["japan.attorney.name"] || p.gaps["japan.attorney.address"]
	p.add(group{boxes: []box{p.party("importer", &f.Importer), b}})
	p.add(prose{title: p.say("paper.acp_scope"), texts: []pairOf{p.say("paper.acp_appoints"), p.say("paper.acp_does"), p.say("paper.acp_amazon")}})
	s := f.Sum()
	p.add(group{title: p.say("paper.shipment"), boxes: columns(known(
		p.field("japan.from", f.Japan.From), p.field("japan.until", f.Japan.Until), p.field("transport.entry", f.Transport.Entry),
		p.field("amazon.shipment_id", f.Amazon.ShipmentID), p.field("transport.bill", f.Transport.Bill),
		field{label: p.say("field.packages"), value: itoa(s.Boxes)}, field{label: p.say("field.units"), value: itoa(s.Units)},
		field{label: p.say("field.gross_total"), value: kilograms(s.GrossKg)}, field{label: p.say("total.total"), value: cash(f, s.Total)}), 2)})
	p.add(p.goods())
	p.add(prose{texts: []pairOf{p.say("paper.acp_no_form")}})
	p.add(signatures{says: p.say("paper.acp_signs"), seal: p.say("paper.seal"), fields: []field{
		p.field("signature.name", f.Signature.Name), p.field("signature.title", f.Signature.Title),
		p.field("signature.date", f.Signature.Date), p.field("signature.place", f.Signature.Place)}})
}

// valuation lays out how each value was worked back: what was taken off a unit's price, and where every number comes from.
func (p *paper) valuation() {
	f := p.f
	p.wide = true
	p.head = []field{p.field("invoice.number", f.Invoice.Number), p.field("invoice.date", f.Invoice.Date)}
	divisor := ""
	if f.Japan.Divisor != nil {
		divisor = f.Japan.Divisor.String()
	}
	p.add(group{boxes: []box{p.party("importer", &f.Importer),
		{fields: []field{p.field("import.acp", f.attorney().Name), p.field("japan.divisor", divisor), p.field("japan.divisor_source", f.Japan.DivisorSource)}}}})
	p.add(prose{texts: []pairOf{p.say("paper.valuation_formula")}})
	t := table{title: p.say("paper.valuation_lines"), cols: []column{{p.say("column.no"), 4, true}, {p.say("column.description"), 24, false}, {p.say("column.quantity"), 7, true},
		{p.say("column.sale_price"), 18, false}, {p.say("column.sale_costs"), 24, false}, {p.say("column.formula"), 25, false}, {p.say("column.value_jpy"), 12, true}}}
	total, all := decimal.Zero, len(f.Lines) > 0
	for i := range f.Lines {
		l := &f.Lines[i]
		key := func(field string) string { return fmt.Sprintf("lines[%d].%s", i, field) }
		s := f.sale(l.SKU)
		row := []cell{whole(i + 1), p.needed(key("description"), p.described(l)), whole(l.Quantity),
			p.needed(key("sale_price"), cell{}), p.needed(key("sale_costs"), cell{}), {}, {}}
		if s != nil && s.Price != nil {
			row[3] = txt(yen(*s.Price), either(s.Source, p.say("paper.no_source").join()))
		}
		if s != nil && len(s.Costs) > 0 {
			sum := decimal.Zero
			var notes []string
			for _, c := range s.Costs {
				sum = sum.Add(c.Amount)
				notes = append(notes, c.Name+" "+yen(c.Amount)+": "+either(c.Source, p.say("paper.no_source").join()))
			}
			row[4] = txt("– "+yen(sum), notes...)
		}
		if f.worked(s) {
			v := f.value(l, s)
			total = total.Add(v)
			row[5] = txt(fmt.Sprintf("%s × %d ÷ %s", s.left(), l.Quantity, f.Japan.Divisor), strings.TrimSpace("= "+yen(v)))
			row[6] = exact(v, 0)
		} else {
			all = false
		}
		t.rows = append(t.rows, row)
	}
	if all {
		t.sums = [][]cell{{{}, txt(p.say("total.sum").join()), {}, {}, {}, {}, exact(total, 0)}}
	}
	p.add(t)
	p.add(prose{texts: []pairOf{p.say("paper.valuation_decides")}})
}

func yen(d Decimal) string { return "JPY " + grouped(d.StringFixed(max(0, -d.Exponent()))) }
