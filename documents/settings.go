package documents

// configuration lays out what to type into Seller Central: each field with its value, and the goods as they are packed. What is not
// known yet is marked.
func (p *paper) configuration() {
	f := p.f
	p.head = known(p.field("amazon.shipment_id", f.Amazon.ShipmentID))
	var fields []field
	for _, s := range f.Settings {
		label, value := pairOf{s.Text, s.TextZh}, pairOf{s.Value, s.ValueZh}
		if !p.o.chinese() {
			label.zh, value.zh = "", ""
		}
		fields = append(fields, field{label: label, value: value.join(), gap: s.Value == ""})
	}
	p.add(group{boxes: columns(fields, 2)})
	if len(f.Cartons) > 0 {
		p.add(p.planned())
	}
	p.add(prose{texts: []pairOf{p.say("paper.configuration_how")}})
}

// planned are the goods of the plan: in how many cartons, and how many units in each.
func (p *paper) planned() table {
	t := table{title: p.say("paper.goods"), cols: []column{{p.say("column.sku"), 34, false}, {p.say("column.fnsku"), 24, false},
		{p.say("column.count"), 12, true}, {p.say("column.each"), 15, true}, {p.say("column.units"), 15, true}}}
	bySKU := map[string]*Line{}
	for i := range p.f.Lines {
		bySKU[p.f.Lines[i].SKU] = &p.f.Lines[i]
	}
	for i := range p.f.Cartons {
		c := &p.f.Cartons[i]
		for _, x := range c.Contents {
			name := ""
			if l := bySKU[x.SKU]; l != nil {
				name = either(l.FNSKU, l.ASIN)
			}
			t.rows = append(t.rows, []cell{txt(x.SKU), txt(name), whole(c.Count()), whole(x.Units), whole(x.Units * c.Count())})
		}
	}
	s := p.f.Sum()
	t.sums = [][]cell{{txt(p.say("total.sum").join()), {}, whole(s.Boxes), {}, whole(s.Packed)}}
	return t
}
