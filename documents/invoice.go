package documents

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"

	"xiaobao/landedcost"
)

func decimalOf(n int) Decimal { return decimal.NewFromInt(int64(n)) }

// invoice lays out the commercial invoice: every field that 19 CFR 141.86 asks for (source G6), the consignee as AGL wants it (A5).
func (p *paper) invoice() {
	f := p.f
	s := f.Sum()
	p.head = []field{p.field("invoice.number", f.Invoice.Number), p.field("invoice.date", f.Invoice.Date)}
	boxes := []box{p.party("exporter", &f.Exporter), p.party("importer", &f.Importer), p.party("consignee", &f.Consignee)}
	if f.Notify.known() {
		boxes = append(boxes, p.party("notify", &f.Notify))
	}
	if f.Manufacturer.known() {
		boxes = append(boxes, p.party("manufacturer", &f.Manufacturer))
	}
	p.add(group{boxes: boxes})
	p.add(group{title: p.say("paper.terms"), boxes: []box{
		{fields: known(
			p.field("invoice.incoterm", f.incoterm()),
			p.field("invoice.place", f.Invoice.Place),
			p.field("invoice.currency", f.Invoice.Currency),
			p.field("invoice.payment", f.Invoice.Payment),
			p.field("invoice.place_of_sale", f.Invoice.PlaceOfSale),
			p.field("invoice.date_of_sale", f.Invoice.DateOfSale),
			p.field("invoice.contract", f.Invoice.Contract),
			p.field("invoice.purpose", f.Invoice.Purpose))},
		{fields: known(append([]field{
			p.field("transport.from", f.Transport.From),
			p.field("destination", f.Destination),
			p.field("transport.entry", f.Transport.Entry),
			p.field("amazon.centre", f.Amazon.Centre),
			p.field("amazon.shipment_id", f.Amazon.ShipmentID),
			p.field("import.acp", f.Import.ACP)},
			p.carriage()...)...)},
	}})
	p.add(p.goods())
	p.add(p.totals(s))
	p.add(p.marks(s))
	p.add(signatures{says: p.say("paper.declares"), seal: p.say("paper.seal"), fields: []field{
		p.field("signature.name", f.Signature.Name), p.field("signature.title", f.Signature.Title),
		p.field("signature.date", f.Signature.Date), p.field("signature.place", f.Signature.Place)}})
}

func (f *Facts) incoterm() string {
	t, ok := landedcost.ParseIncoterm(f.Invoice.Incoterm)
	if !ok {
		return f.Invoice.Incoterm
	}
	return string(t) + " (Incoterms 2020)"
}

// carriage is how the goods travel, as far as it is known.
func (p *paper) carriage() []field {
	t := p.f.Transport
	mode := t.Mode
	if _, ok := p.o.Words.Text("en", prefix+"mode."+mode); ok && mode != "" {
		mode = p.say("mode." + mode).join()
	}
	return []field{p.field("transport.mode", mode), p.field("transport.loading", t.Loading), p.field("transport.vessel", t.Vessel),
		p.field("transport.bill", t.Bill), p.field("transport.container", t.Container), p.field("transport.departure", t.Departure),
		p.field("transport.carrier", t.Carrier)}
}

func (p *Party) known() bool { return p.Name != "" || p.NameZh != "" || len(p.Address) > 0 }

// lines are the address, the country last.
func (p *Party) lines() []string {
	out := append([]string(nil), p.Address...)
	if p.Country != "" {
		out = append(out, country(p.Country))
	}
	return out
}

// party lays out a company with its numbers.
func (p *paper) party(key string, c *Party) box {
	b := box{title: p.say("party." + key), name: c.Name}
	if b.name == "" {
		b.name = c.NameZh
	} else if c.NameZh != "" && p.o.chinese() {
		b.lines = append(b.lines, c.NameZh)
	}
	b.lines = append(b.lines, c.lines()...)
	b.gap = p.gaps[key+".name"] || p.gaps[key+".address"]
	contact := strings.Join(nonEmpty(c.Contact, c.Phone, c.Email), "\n")
	if contact != "" {
		b.fields = append(b.fields, field{label: p.say("field.contact"), value: contact})
	}
	for _, n := range c.Numbers {
		if n.Value != "" {
			b.fields = append(b.fields, field{label: p.say("number." + n.Kind), value: n.Value})
		}
	}
	for _, n := range numbers {
		if of, kind, _ := strings.Cut(n.field, "."); of == key && p.gaps[n.field] {
			b.fields = append(b.fields, field{label: p.say("number." + kind), gap: true})
		}
	}
	return b
}

func nonEmpty(all ...string) []string {
	var out []string
	for _, s := range all {
		if s != "" {
			out = append(out, s)
		}
	}
	return out
}

// country writes the name of a country that the papers often go to or come from, beside its code.
func country(code string) string {
	name := map[string]string{"CN": "China", "US": "United States", "GB": "United Kingdom", "DE": "Germany", "FR": "France", "IT": "Italy",
		"ES": "Spain", "NL": "Netherlands", "PL": "Poland", "SE": "Sweden", "BE": "Belgium", "IE": "Ireland", "JP": "Japan", "CA": "Canada",
		"MX": "Mexico", "AU": "Australia", "SG": "Singapore", "AE": "United Arab Emirates", "SA": "Saudi Arabia", "HK": "Hong Kong", "VN": "Vietnam"}[code]
	if name == "" {
		return code
	}
	return name + " (" + code + ")"
}

// goods are the lines of the invoice.
func (p *paper) goods() table {
	t := table{title: p.say("paper.goods"), cols: []column{
		{p.say("column.no"), 5, true}, {p.say("column.description"), 37, false}, {p.say("column.hs"), 12, false}, {p.say("column.origin"), 8, false},
		{p.say("column.quantity"), 9, true}, {p.say("column.unit"), 7, false}, {p.say("column.unit_price"), 11, true}, {p.say("column.amount"), 13, true}}}
	for i := range p.f.Lines {
		l := &p.f.Lines[i]
		key := func(field string) string { return fmt.Sprintf("lines[%d].%s", i, field) }
		qty := whole(l.Quantity)
		if l.Quantity == 0 {
			qty = p.needed(key("quantity"), cell{})
		}
		amount := cell{}
		if l.UnitPrice != nil {
			amount = p.money(p.f.amount(l))
		}
		t.rows = append(t.rows, []cell{whole(i + 1), p.needed(key("description"), p.described(l)), p.needed(key("hs"), txt(l.HS)), p.needed(key("origin"), txt(l.Origin)),
			qty, p.needed(key("unit"), txt(l.Unit)), p.needed(key("unit_price"), p.price(l.UnitPrice)), amount})
	}
	return t
}

// described is what a line is, in the words a customs officer asks for: what, of what, for what, whose, which.
func (p *paper) described(l *Line) cell {
	c := txt(l.Description)
	if l.NameZh != "" && p.o.chinese() {
		c.notes = append(c.notes, l.NameZh)
	}
	var facts []string
	for _, x := range []struct{ id, value string }{{"material", l.Material}, {"use", l.Use}, {"brand", l.Brand}, {"model", l.Model}, {"sku", l.SKU}} {
		if x.value != "" {
			facts = append(facts, p.say("note."+x.id).en+": "+x.value)
		}
	}
	if len(facts) > 0 {
		c.notes = append(c.notes, strings.Join(facts, "; "))
	}
	return c
}

// totals are the goods, each charge by itself, and what it comes to.
func (p *paper) totals(s Sums) table {
	cur := p.f.Invoice.Currency
	t := table{cols: []column{{pairOf{}, 62, false}, {pairOf{}, 20, false}, {pairOf{}, 18, true}}}
	row := func(label string, note string, c cell) []cell { return []cell{txt(label), txt(note), c} }
	t.rows = append(t.rows, row(p.say("total.goods", count("Units", s.Units)).join(), cur, p.money(s.Goods)))
	for _, c := range p.f.Charges {
		label := p.say("charge." + c.Kind).join()
		if c.Name != "" {
			label += ": " + c.Name
		}
		// What is not added stands beside its name, so that nobody adds it.
		beside := ""
		switch {
		case c.Included:
			beside = "total.included"
		case c.Kind == "assist":
			beside = "total.assist"
		}
		if beside == "" {
			t.rows = append(t.rows, row(label, cur, p.money(c.effect())))
			continue
		}
		r := row(label, "", cell{})
		r[0].notes = []string{strings.TrimSpace(cur+" "+p.money(c.Amount).String()) + ", " + p.say(beside).join()}
		t.rows = append(t.rows, r)
	}
	for _, k := range []string{"freight", "insurance"} {
		if p.gaps["charges."+k] {
			t.rows = append(t.rows, row(p.say("charge."+k).join(), cur, cell{gap: true}))
		}
	}
	t.sums = [][]cell{row(p.say("total.total").join(), cur, p.money(s.Total))}
	return t
}

// marks are the marks, the packages and the weights, as on the packing list.
func (p *paper) marks(s Sums) group {
	var marks []string
	for _, c := range p.f.Cartons {
		if c.Marks != "" && (len(marks) == 0 || marks[len(marks)-1] != c.Marks) && len(marks) < 8 {
			marks = append(marks, c.Marks)
		}
	}
	if len(marks) == 0 && p.f.Amazon.ShipmentID != "" && s.Boxes > 0 {
		marks = append(marks, fmt.Sprintf("%s, 1–%d", p.f.Amazon.ShipmentID, s.Boxes))
	}
	fs := []field{p.field("packages", itoa(s.Boxes)), p.field("marks", strings.Join(marks, "; "))}
	fs[0].gap = p.gaps["cartons"]
	if s.Boxes > 0 {
		fs = append(fs, field{label: p.say("field.gross_total"), value: grouped(s.GrossKg.Round(2).String()) + " kg"},
			field{label: p.say("field.volume_total"), value: s.CBM.Round(3).String() + " m³"})
	}
	if s.NetKnown {
		fs = append(fs, field{label: p.say("field.net"), value: grouped(s.NetKg.Round(2).String()) + " kg"})
	}
	return group{title: p.say("paper.packages"), boxes: columns(known(fs...), 2)}
}
