package documents

import (
	"fmt"
	"strings"
)

// packing lays out the packing list: each range of cartons with what is in it, what it weighs and measures, and the sums.
func (p *paper) packing() {
	f := p.f
	s := f.Sum()
	p.wide = true
	p.head = []field{p.field("invoice.number", f.Invoice.Number), p.field("invoice.date", f.Invoice.Date)}
	p.add(group{boxes: []box{p.party("exporter", &f.Exporter), p.party("consignee", &f.Consignee),
		{title: p.say("paper.shipment"), fields: known(append([]field{p.field("amazon.shipment_id", f.Amazon.ShipmentID), p.field("amazon.name", f.Amazon.Name),
			p.field("amazon.centre", f.Amazon.Centre), p.field("invoice.contract", f.Invoice.Contract)}, p.carriage()...)...)}}})
	if len(f.Cartons) > 0 {
		p.add(p.boxes(s))
	}
	if len(f.Lines) > 0 {
		p.add(p.perSKU())
	}
	p.add(prose{texts: []pairOf{p.say("paper.one_shipment")}})
	p.add(p.marks(s))
	p.add(signatures{seal: p.say("paper.seal"), fields: []field{p.field("signature.name", f.Signature.Name), p.field("signature.date", f.Signature.Date)}})
}

// boxes are the ranges of cartons; a range with several SKUs has a row for each.
func (p *paper) boxes(s Sums) table {
	t := table{title: p.say("paper.boxes"), cols: []column{
		{p.say("column.boxes"), 8, false}, {p.say("column.count"), 5, true}, {p.say("column.sku"), 15, false}, {p.say("column.description"), 21, false},
		{p.say("column.each"), 7, true}, {p.say("column.units"), 7, true}, {p.say("column.net"), 8, true}, {p.say("column.gross"), 8, true},
		{p.say("column.size"), 13, false}, {p.say("column.cbm"), 7, true}, {p.say("column.marks"), 10, false}}}
	bySKU := map[string]*Line{}
	for i := range p.f.Lines {
		if l := &p.f.Lines[i]; bySKU[l.SKU] == nil {
			bySKU[l.SKU] = l
		}
	}
	for i := range p.f.Cartons {
		c := &p.f.Cartons[i]
		key := func(field string) string { return fmt.Sprintf("cartons[%d].%s", i, field) }
		contents := c.Contents
		if len(contents) == 0 {
			contents = []Content{{}}
		}
		for j, x := range contents {
			row := make([]cell, len(t.cols))
			if j == 0 {
				many := decimalOf(c.Count())
				row[0], row[1] = txt(c.Range(), p.boxIDs(c)...), whole(c.Count())
				if c.Net != nil {
					row[6] = weight(c.kg(*c.Net).Mul(many))
				}
				if c.Gross.IsPositive() {
					row[7] = weight(c.kg(c.Gross).Mul(many))
				}
				row[7] = p.needed(key("gross"), row[7])
				row[8] = p.needed(key("size"), size(c))
				if v := c.CBM(); v.IsPositive() {
					row[9] = exact(v.Mul(many), 3)
				}
				row[10] = txt(c.Marks, c.Pallet, either(c.ShipmentID, ""))
			}
			l := bySKU[x.SKU]
			row[2] = txt(x.SKU, nonEmpty(fnsku(l), asin(l), batch(p, x))...)
			row[3] = p.named(l)
			if x.Units > 0 {
				row[4], row[5] = whole(x.Units), whole(x.Units*c.Count())
			} else {
				row[4] = p.needed(key("contents"), cell{})
			}
			t.rows = append(t.rows, row)
		}
	}
	sum := make([]cell, len(t.cols))
	sum[0], sum[1], sum[5] = txt(p.say("total.sum").join()), whole(s.Boxes), whole(s.Packed)
	if s.NetKnown {
		sum[6] = weight(s.NetKg)
	}
	sum[7], sum[9] = weight(s.GrossKg), exact(s.CBM, 3)
	t.sums = [][]cell{sum}
	return t
}

// boxIDs are the first and the last id of a range.
func (p *paper) boxIDs(c *Carton) []string {
	if len(c.BoxIDs) == 0 {
		return nil
	}
	if len(c.BoxIDs) == 1 {
		return []string{c.BoxIDs[0]}
	}
	return []string{c.BoxIDs[0], "– " + c.BoxIDs[len(c.BoxIDs)-1]}
}

func weight(d Decimal) cell { return exact(d, 2) }

// size is one carton's sides, as they were given.
func size(c *Carton) cell {
	if !c.Length.IsPositive() || !c.Width.IsPositive() || !c.Height.IsPositive() {
		return cell{}
	}
	return txt(fmt.Sprintf("%s×%s×%s %s", c.Length, c.Width, c.Height, either(c.Unit, "cm")))
}

func fnsku(l *Line) string {
	if l == nil || l.FNSKU == "" {
		return ""
	}
	return "FNSKU " + l.FNSKU
}

func asin(l *Line) string {
	if l == nil || l.ASIN == "" {
		return ""
	}
	return "ASIN " + l.ASIN
}

func batch(p *paper, x Content) string {
	var s []string
	if x.Batch != "" {
		s = append(s, p.say("note.batch").en+": "+x.Batch)
	}
	if x.Expiry != "" {
		s = append(s, p.say("note.expiry").en+": "+x.Expiry)
	}
	return strings.Join(s, "; ")
}

// named is what a line is, shortly.
func (p *paper) named(l *Line) cell {
	if l == nil {
		return cell{}
	}
	c := txt(l.Description)
	if l.NameZh != "" && p.o.chinese() {
		c.notes = append(c.notes, l.NameZh)
	}
	if c.text == "" && len(c.notes) > 0 {
		c.text, c.notes = c.notes[0], nil
	}
	return c
}

// perSKU compares what is packed with what is invoiced.
func (p *paper) perSKU() table {
	t := table{title: p.say("paper.per_sku"), cols: []column{{p.say("column.no"), 5, true}, {p.say("column.sku"), 20, false}, {p.say("column.fnsku"), 14, false},
		{p.say("column.description"), 41, false}, {p.say("column.packed"), 10, true}, {p.say("column.invoiced"), 10, true}}}
	packed := map[string]int{}
	for i := range p.f.Cartons {
		for _, x := range p.f.Cartons[i].Contents {
			packed[x.SKU] += x.Units * p.f.Cartons[i].Count()
		}
	}
	shown := map[string]bool{}
	for i := range p.f.Lines {
		l := &p.f.Lines[i]
		here := cell{}
		if !shown[l.SKU] {
			shown[l.SKU] = true
			if n := packed[l.SKU]; n > 0 {
				here = whole(n)
			}
		}
		t.rows = append(t.rows, []cell{whole(i + 1), p.needed(fmt.Sprintf("lines[%d].sku", i), txt(l.SKU)),
			p.needed(fmt.Sprintf("lines[%d].fnsku", i), txt(either(l.FNSKU, l.ASIN))), p.named(l), here, whole(l.Quantity)})
	}
	return t
}
