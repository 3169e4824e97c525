package documents

import (
	"fmt"
	"strings"

	"xiaobao/landedcost"
)

// customs lays out the customs data sheet: what the export declaration in China asks for, and what the entry on the other side asks
// for (sources G17; G6 and G8; G10 and A34; G15). It is a sheet to copy from, not a declaration.
func (p *paper) customs() {
	f := p.f
	p.wide = true
	s := f.Sum()
	p.head = []field{p.field("invoice.number", f.Invoice.Number), p.field("invoice.date", f.Invoice.Date)}
	boxes := []box{p.party("exporter", &f.Exporter), p.party("importer", &f.Importer), p.party("consignee", &f.Consignee)}
	if f.Manufacturer.known() || p.gaps["manufacturer.name"] {
		boxes = append(boxes, p.party("manufacturer", &f.Manufacturer))
	}
	p.add(group{boxes: boxes})
	yes := func(v string) string {
		switch v {
		case "yes", "no":
			return p.say("paper." + v).join()
		}
		return v
	}
	e := f.Export
	supervision := e.Supervision
	if _, ok := p.o.Words.Text("en", prefix+"supervision."+supervision); ok && supervision != "" {
		supervision += " " + p.say("supervision."+supervision).join()
	}
	p.add(group{title: p.say("paper.export"), boxes: []box{
		{fields: known(p.field("export.supervision", supervision), p.field("export.exemption", e.Exemption), p.field("export.declaration", e.Declaration),
			p.field("export.declarant", e.Declarant), p.field("export.trade_country", e.TradeCountry), p.field("destination", f.Destination),
			p.field("export.port_to", e.PortTo), p.field("export.exit_port", e.ExitPort))},
		{fields: known(p.field("invoice.incoterm", f.incoterm()), p.field("invoice.place", f.Invoice.Place), p.field("invoice.currency", f.Invoice.Currency),
			p.field("invoice.contract", f.Invoice.Contract), p.field("export.packaging", e.Packaging), p.field("export.relation", yes(e.Relation)),
			p.field("export.influence", yes(e.Influence)), p.field("export.royalties", yes(e.Royalties)), p.field("export.refund", yes(e.Refund)))},
		{fields: known(append(p.carriage(), p.field("transport.from", f.Transport.From), p.field("transport.entry", f.Transport.Entry))...)},
	}})
	p.add(p.declared())
	p.add(p.totals(s))
	p.add(p.marks(s))
	if fs := p.entry(); len(fs) > 0 {
		p.add(group{title: p.say("paper.import"), boxes: columns(fs, 3)})
	}
	if len(f.Dangerous) > 0 {
		p.add(p.dangerous())
	}
	p.add(prose{texts: []pairOf{p.say("paper.not_a_declaration")}})
}

// entry are the fields of the other side, country by country.
func (p *paper) entry() []field {
	f, i := p.f, p.f.Import
	yes := i.Postponed
	if yes == "yes" || yes == "no" {
		yes = p.say("paper." + yes).join()
	}
	all := []field{
		p.field("transport.stuffing", f.Transport.Stuffing), p.field("transport.consolidator", f.Transport.Consolidator),
		p.field("import.isf", i.ISF), p.field("import.bond", i.Bond), p.field("import.agencies", i.Agencies),
		p.field("import.procedure", i.Procedure), p.field("import.representation", i.Representation), p.field("import.costs", i.Costs),
		p.field("import.ens", i.ENS), p.field("import.postponed", yes),
		p.field("import.acp", i.ACP), p.field("import.valuation", i.Valuation), p.field("import.tax_class", i.TaxClass),
	}
	return known(all...)
}

// columns deals fields out into boxes that stand beside each other.
func columns(fs []field, n int) []box {
	if n = min(n, len(fs)); n == 0 {
		return nil
	}
	out := make([]box, n)
	per := (len(fs) + n - 1) / n
	for i, f := range fs {
		out[i/per].fields = append(out[i/per].fields, f)
	}
	return out
}

// declared are the lines as the export declaration has them.
func (p *paper) declared() table {
	t := table{title: p.say("paper.declared"), cols: []column{
		{p.say("column.no"), 4, true}, {p.say("column.export_hs"), 11, false}, {p.say("column.import_hs"), 11, false}, {p.say("column.name_elements"), 32, false},
		{p.say("column.origin_to"), 8, false}, {p.say("column.quantity"), 9, true}, {p.say("column.legal"), 9, true}, {p.say("column.unit_price"), 8, true}, {p.say("column.amount"), 9, true}}}
	for i := range p.f.Lines {
		l := &p.f.Lines[i]
		key := func(field string) string { return fmt.Sprintf("lines[%d].%s", i, field) }
		name := txt(l.NameZh, nonEmpty(l.Description)...)
		if l.NameZh == "" {
			name = p.needed(key("description"), txt(l.Description))
		}
		if l.Elements != "" {
			name.notes = append(name.notes, p.say("note.elements").en+": "+l.Elements)
		} else if p.gaps[key("elements")] {
			name.notes = append(name.notes, p.say("note.elements").en+": "+p.say("paper.gap").join())
		}
		var facts []string
		for _, x := range []struct{ id, value string }{{"material", l.Material}, {"use", l.Use}, {"brand", l.Brand}, {"model", l.Model}, {"source", l.Source}} {
			if x.value != "" {
				facts = append(facts, p.say("note."+x.id).en+": "+x.value)
			}
		}
		name.notes = append(name.notes, nonEmpty(strings.Join(facts, "; "))...)
		way := txt(l.Origin, nonEmpty("→ "+p.f.Destination)...)
		qty := whole(l.Quantity)
		qty.notes = nonEmpty(l.Unit)
		amount := cell{}
		if l.UnitPrice != nil {
			amount = p.money(p.f.amount(l))
		}
		legal := p.needed(key("legal_units"), txt(l.LegalUnits, l.LegalUnits2))
		if l.NetKg != nil {
			legal.notes = append(legal.notes, p.say("note.net").en+": "+l.NetKg.String()+" kg")
		}
		t.rows = append(t.rows, []cell{whole(i + 1), p.needed(key("export_hs"), txt(l.ExportHS)), p.needed(key("hs"), txt(l.HS)), name,
			p.needed(key("origin"), way), qty, legal, p.needed(key("unit_price"), p.price(l.UnitPrice)), amount})
	}
	return t
}

// dangerous are the dangerous goods as a carrier asks about them.
func (p *paper) dangerous() table {
	t := table{title: p.say("paper.dangerous"), cols: []column{
		{p.say("column.sku"), 14, false}, {p.say("column.un"), 9, false}, {p.say("column.shipping_name"), 27, false}, {p.say("column.class"), 8, false},
		{p.say("column.packing_group"), 8, false}, {p.say("column.instruction"), 14, false}, {p.say("column.wh"), 7, true}, {p.say("column.papers"), 13, false}}}
	for _, d := range p.f.Dangerous {
		wh := cell{}
		if d.WattHours != nil {
			wh = exact(*d.WattHours, max(0, -d.WattHours.Exponent()))
		}
		t.rows = append(t.rows, []cell{txt(d.SKU), txt(d.UN), txt(d.Name, d.Battery), txt(d.Class), txt(d.Group), txt(d.Instruction), wh, txt(strings.Join(d.Papers, ", "))})
	}
	return t
}

// checklist lays out what to check before the goods leave, and what the numbers say against them.
func (p *paper) checklist() {
	f := p.f
	s := f.Sum()
	p.head = []field{p.field("amazon.shipment_id", f.Amazon.ShipmentID)}
	p.add(group{title: p.say("paper.at_a_glance"), boxes: columns(known(
		p.field("invoice.number", f.Invoice.Number), p.field("amazon.shipment_id", f.Amazon.ShipmentID), p.field("destination", f.Destination),
		field{label: p.say("field.packages"), value: itoa(s.Boxes)}, field{label: p.say("field.units"), value: itoa(s.Units)},
		field{label: p.say("field.gross_total"), value: kilograms(s.GrossKg)}, field{label: p.say("field.volume_total"), value: cubic(s.CBM)},
		field{label: p.say("total.total"), value: strings.TrimSpace(cash(f, s.Total))}), 2)})
	items := f.Checks
	if len(items) == 0 {
		items = f.standardChecks()
	}
	var order []string
	lists := map[string][]task{}
	for _, it := range items {
		t := task{done: it.Done, note: it.Note, text: pairOf{en: it.Text}}
		if p.o.chinese() {
			t.text.zh = it.TextZh
		}
		where := "own"
		if at, ok := checkGroups[it.ID]; ok {
			where, t.text = at, p.say("check_item."+it.ID)
		}
		if _, seen := lists[where]; !seen {
			order = append(order, where)
		}
		lists[where] = append(lists[where], t)
	}
	for _, where := range order {
		p.add(tasks{p.say("checks." + where), lists[where]})
	}
	var said prose
	for _, x := range Check(*f) {
		if x.Level == Warn && len(said.texts) < mostLacks {
			said.texts = append(said.texts, p.sentence(x.Says))
		}
	}
	for _, k := range []Kind{Invoice, Packing, Customs} {
		if score, gaps := Missing(k, *f); len(gaps) > 0 {
			said.texts = append(said.texts, p.say("paper.score", word("Paper", "paper."+string(k)), count("Percent", score.Percent()), count("Count", len(gaps))))
		}
	}
	if len(said.texts) > 0 {
		said.title = p.say("paper.look_at")
		p.add(said)
	}
}

func kilograms(d Decimal) string {
	if d.IsZero() {
		return ""
	}
	return grouped(d.Round(2).String()) + " kg"
}

func cubic(d Decimal) string {
	if d.IsZero() {
		return ""
	}
	return d.Round(3).String() + " m³"
}

func cash(f *Facts, d Decimal) string {
	if d.IsZero() {
		return ""
	}
	return f.Invoice.Currency + " " + grouped(d.StringFixed(landedcost.Digits(f.Invoice.Currency)))
}

// checkGroups are the entries that the catalogues know, and the group each belongs to (sources A23 to A26, G9, G34).
var checkGroups = map[string]string{
	"own_label": "labels", "flat_face": "labels", "beside_carrier": "labels", "label_size": "labels", "fnsku": "labels", "scanned": "labels", "heavy": "labels", "pallets": "labels",
	"weighed": "goods", "counted": "goods", "origin": "goods", "one_shipment": "goods", "poly_bag": "goods", "photos": "goods",
	"invoice": "papers", "packing_list": "papers", "export_declaration": "papers", "importer_papers": "papers", "cpsc": "papers", "gpsr": "papers", "acp": "papers",
	"sds": "dangerous", "un38_3": "dangerous", "transport_report": "dangerous", "dg_passed": "dangerous",
}

// standardChecks are the entries that belong to the facts, none of them done.
func (f *Facts) standardChecks() []Item {
	var out []Item
	add := func(ids ...string) {
		for _, id := range ids {
			out = append(out, Item{ID: id})
		}
	}
	add("weighed", "counted", "origin", "one_shipment", "poly_bag", "photos", "own_label", "flat_face", "beside_carrier", "label_size", "fnsku", "scanned", "heavy", "pallets",
		"invoice", "packing_list", "export_declaration", "importer_papers")
	switch {
	case f.Destination == "US":
		add("cpsc")
	case european(f.Destination):
		add("gpsr")
	case f.Destination == "JP":
		add("acp")
	}
	if len(f.Dangerous) > 0 {
		add("sds", "un38_3", "dg_passed")
		if f.Transport.Mode == "air" || f.Transport.Mode == "courier" {
			add("transport_report")
		}
	}
	return out
}

// claim lays out the index of a claim's bundle: what Amazon asks for with missing and damaged units (sources A8, A28, A29).
func (p *paper) claim() {
	f, c := p.f, p.f.Claim
	p.head = []field{p.field("amazon.shipment_id", f.Amazon.ShipmentID), p.field("claim.case_id", c.CaseID)}
	p.add(group{boxes: columns(known(p.field("amazon.shipment_id", f.Amazon.ShipmentID), p.field("amazon.store", f.Amazon.Store), p.field("amazon.centre", f.Amazon.Centre),
		p.field("claim.case_id", c.CaseID), p.field("claim.delivered", c.Delivered), p.field("claim.deadline", c.Deadline),
		p.field("transport.bill", f.Transport.Bill), p.field("transport.carrier", f.Transport.Carrier)), 2)})
	p.add(group{title: p.say("paper.claim_what"), boxes: []box{{fields: []field{p.field("claim.situation", c.Situation), p.field("claim.request", c.Request)}}}})
	t := table{title: p.say("paper.claim_counts"), cols: []column{{p.say("column.sku"), 32, false}, {p.say("column.fnsku"), 20, false}, {p.say("column.sent"), 12, true},
		{p.say("column.received"), 12, true}, {p.say("column.damaged"), 12, true}, {p.say("column.short"), 12, true}}}
	sent, received, damaged := 0, 0, 0
	for _, x := range c.Counts {
		sent, received, damaged = sent+x.Sent, received+x.Received, damaged+x.Damaged
		t.rows = append(t.rows, []cell{txt(x.SKU), txt(x.FNSKU), whole(x.Sent), whole(x.Received), whole(x.Damaged), whole(x.Sent - x.Received)})
	}
	t.sums = [][]cell{{txt(p.say("total.sum").join()), {}, whole(sent), whole(received), whole(damaged), whole(sent - received)}}
	if len(c.Counts) > 0 {
		p.add(t)
	}
	t = table{title: p.say("paper.claim_evidence"), cols: []column{{p.say("column.no"), 6, true}, {p.say("column.evidence"), 40, false}, {p.say("column.day"), 14, false}, {p.say("column.file"), 40, false}}}
	for i, e := range c.Evidence {
		name := pairOf{en: e.Text, zh: e.TextZh}
		if _, ok := p.o.Words.Text("en", prefix+"evidence."+e.ID); ok && e.ID != "" {
			name = p.say("evidence." + e.ID)
		}
		if !p.o.chinese() {
			name.zh = ""
		}
		if name.en == "" {
			name = pairOf{en: name.zh}
		}
		file := txt(e.File)
		if e.File == "" {
			file = cell{gap: true}
		}
		t.rows = append(t.rows, []cell{whole(i + 1), txt(name.en, nonEmpty(name.zh, e.Note)...), txt(e.Date), file})
	}
	if len(c.Evidence) > 0 {
		p.add(t)
	}
	p.add(prose{texts: []pairOf{p.say("paper.claim_privacy")}})
}
