package documents

import (
	"fmt"
	"slices"
	"strings"

	"xiaobao/landedcost"
)

// A Gap is a field that a paper needs and the facts do not have.
type Gap struct {
	Field string   // a path into the facts, such as lines[2].hs
	Says  Sentence // its name, with the line when it belongs to one
}

// A Score says how complete a paper is.
type Score struct {
	Have int // of the fields that this paper must have for these facts
	Need int
}

// Percent is the score in whole percents, never 100 while something is missing.
func (s Score) Percent() int {
	if s.Need == 0 {
		return 100
	}
	return s.Have * 100 / s.Need
}

// A need is a field that papers must have. The lists below follow 19 CFR 141.86, what the Chinese declaration
// form and the entries of the countries have (sources G6, G8, G10, G15, G17), and what AGL asks for besides (A5, A10).
type need struct {
	field string
	has   func(f *Facts) bool
	when  func(f *Facts) bool // nil: always
}

func to(countries ...string) func(*Facts) bool {
	return func(f *Facts) bool { return slices.Contains(countries, f.Destination) }
}

func toEurope(f *Facts) bool { return european(f.Destination) }
func byOcean(f *Facts) bool  { return f.Transport.Mode == "ocean" }

// has says that a party has a number of one of the kinds.
func (p *Party) has(kinds ...string) bool {
	return slices.ContainsFunc(p.Numbers, func(n Number) bool { return n.Value != "" && slices.Contains(kinds, n.Kind) })
}

// Number is the party's number of a kind, or empty.
func (p *Party) Number(kind string) string {
	for _, n := range p.Numbers {
		if n.Kind == kind {
			return n.Value
		}
	}
	return ""
}

func filled(get func(f *Facts) string) func(*Facts) bool {
	return func(f *Facts) bool { return strings.TrimSpace(get(f)) != "" }
}

func party(key string, get func(f *Facts) *Party) []need {
	return []need{
		{field: key + ".name", has: func(f *Facts) bool { return get(f).Name != "" }},
		{field: key + ".address", has: func(f *Facts) bool { return len(get(f).Address) > 0 }},
	}
}

var (
	exporter  = party("exporter", func(f *Facts) *Party { return &f.Exporter })
	importer  = party("importer", func(f *Facts) *Party { return &f.Importer })
	consignee = party("consignee", func(f *Facts) *Party { return &f.Consignee })

	reference = []need{{field: "invoice.number", has: filled(func(f *Facts) string { return f.Invoice.Number })},
		{field: "invoice.date", has: filled(func(f *Facts) string { return f.Invoice.Date })}}
	shipment = []need{{field: "amazon.shipment_id", has: filled(func(f *Facts) string { return f.Amazon.ShipmentID })}}
	lines    = []need{{field: "lines", has: func(f *Facts) bool { return len(f.Lines) > 0 }}}
	cartons  = []need{{field: "cartons", has: func(f *Facts) bool { return len(f.Cartons) > 0 }}}

	// numbers are the importer's numbers, country by country.
	numbers = []need{
		{field: "exporter.uscc", has: func(f *Facts) bool { return f.Exporter.has("uscc") }, when: func(f *Facts) bool { return f.Exporter.Country == "CN" || f.Exporter.Country == "" }},
		{field: "importer.ein", has: func(f *Facts) bool { return f.Importer.has("ein", "cbp_importer") }, when: to("US")},
		{field: "importer.eori", has: func(f *Facts) bool { return f.Importer.has("eori") }, when: func(f *Facts) bool { return european(f.Destination) || f.Destination == "GB" }},
		{field: "importer.vat", has: func(f *Facts) bool { return f.Importer.has("vat") }, when: func(f *Facts) bool { return european(f.Destination) || f.Destination == "GB" }},
		{field: "importer.ca_bn", has: func(f *Facts) bool { return f.Importer.has("ca_bn") }, when: to("CA")},
		{field: "importer.jp_corporate", has: func(f *Facts) bool { return f.Importer.has("jp_corporate") }, when: func(f *Facts) bool { return f.Destination == "JP" && !f.ForJapan() }},
		{field: "import.acp", has: filled(func(f *Facts) string { return f.Import.ACP }), when: (*Facts).ForJapan},
	}

	sale = []need{
		{field: "invoice.currency", has: filled(func(f *Facts) string { return f.Invoice.Currency })},
		{field: "invoice.incoterm", has: filled(func(f *Facts) string { return f.Invoice.Incoterm })},
		{field: "invoice.place", has: filled(func(f *Facts) string { return f.Invoice.Place })},
		{field: "invoice.place_of_sale", has: filled(func(f *Facts) string { return f.Invoice.PlaceOfSale })},
		{field: "destination", has: filled(func(f *Facts) string { return f.Destination })},
		{field: "transport.from", has: filled(func(f *Facts) string { return f.Transport.From })},
		{field: "transport.entry", has: filled(func(f *Facts) string { return either(f.Transport.Entry, f.Amazon.Centre) })},
	}
	// saleDay says when, which an invoice has to say beside where (19 CFR 141.86).
	saleDay = []need{{field: "invoice.date_of_sale", has: filled(func(f *Facts) string { return f.Invoice.DateOfSale })}}
	// charges wants what the term says the seller pays: from CFR on the freight, under CIF and CIP the insurance.
	charges = []need{
		{field: "charges.freight", has: func(f *Facts) bool { return f.charged("freight") }, when: func(f *Facts) bool { return f.pays(landedcost.Freight) }},
		{field: "charges.insurance", has: func(f *Facts) bool { return f.charged("insurance") }, when: func(f *Facts) bool { return f.pays(landedcost.Insured) }},
	}
	signature = []need{
		{field: "signature.name", has: filled(func(f *Facts) string { return f.Signature.Name })},
	}
	export = []need{
		{field: "export.supervision", has: filled(func(f *Facts) string { return f.Export.Supervision })},
		{field: "export.exit_port", has: filled(func(f *Facts) string { return f.Export.ExitPort })},
		{field: "export.declarant", has: filled(func(f *Facts) string { return f.Export.Declarant })},
		{field: "export.packaging", has: filled(func(f *Facts) string { return f.Export.Packaging })},
		{field: "transport.mode", has: filled(func(f *Facts) string { return f.Transport.Mode })},
		{field: "export.relation", has: filled(func(f *Facts) string { return f.Export.Relation })},
		{field: "export.influence", has: filled(func(f *Facts) string { return f.Export.Influence })},
		{field: "export.royalties", has: filled(func(f *Facts) string { return f.Export.Royalties })},
	}
	entry = []need{
		{field: "transport.stuffing", has: filled(func(f *Facts) string { return f.Transport.Stuffing }), when: func(f *Facts) bool { return f.Destination == "US" && byOcean(f) }},
		{field: "transport.consolidator", has: filled(func(f *Facts) string { return f.Transport.Consolidator }), when: func(f *Facts) bool { return f.Destination == "US" && byOcean(f) }},
		{field: "manufacturer.name", has: filled(func(f *Facts) string { return f.Manufacturer.Name }), when: to("US")},
		{field: "import.bond", has: filled(func(f *Facts) string { return f.Import.Bond }), when: to("US")},
		{field: "import.agencies", has: filled(func(f *Facts) string { return f.Import.Agencies }), when: to("US")},
		{field: "import.procedure", has: filled(func(f *Facts) string { return f.Import.Procedure }), when: func(f *Facts) bool { return toEurope(f) || f.Destination == "GB" }},
		{field: "import.valuation", has: filled(func(f *Facts) string { return f.Import.Valuation }), when: to("JP")},
	}
	weights = []need{{field: "net", has: func(f *Facts) bool { return f.Sum().NetKnown }}}
)

func (f *Facts) charged(kind string) bool {
	return slices.ContainsFunc(f.Charges, func(c Charge) bool { return c.Kind == kind })
}

func (f *Facts) pays(s landedcost.Stage) bool {
	t, ok := landedcost.ParseIncoterm(f.Invoice.Incoterm)
	return ok && landedcost.WhoPays(t, s) == landedcost.Shipper
}

// needs are what each paper must have, and lineNeeds and boxNeeds what each of its lines and ranges of cartons.
func needs(kind Kind) []need {
	switch kind {
	case Invoice:
		return slices.Concat(reference, exporter, importer, consignee, numbers, sale, saleDay, lines, cartons, charges, signature)
	case Packing:
		return slices.Concat(reference, exporter, consignee, shipment, lines, cartons, weights)
	case Customs:
		return slices.Concat(reference, exporter, importer, consignee, numbers, sale, lines, cartons, weights, export, entry)
	case Labels:
		return slices.Concat(shipment, exporter, consignee, cartons)
	case Attorney:
		return slices.Concat(reference, importer, attorneyNeeds, lines, signature)
	case Valuation:
		return slices.Concat(reference, importer, valuationNeeds, lines)
	case Claim:
		return slices.Concat(shipment, []need{
			{field: "claim.situation", has: filled(func(f *Facts) string { return f.Claim.Situation })},
			{field: "claim.request", has: filled(func(f *Facts) string { return f.Claim.Request })},
			{field: "claim.counts", has: func(f *Facts) bool { return len(f.Claim.Counts) > 0 }},
			{field: "claim.evidence", has: func(f *Facts) bool { return len(f.Claim.Evidence) > 0 }},
		})
	}
	return nil
}

type lineNeed struct {
	field string
	has   func(f *Facts, l *Line) bool
}

var (
	goods = []lineNeed{
		{field: "description", has: func(_ *Facts, l *Line) bool { return l.Description != "" }},
		{field: "hs", has: func(_ *Facts, l *Line) bool { return l.HS != "" }},
		{field: "origin", has: func(_ *Facts, l *Line) bool { return l.Origin != "" }},
		{field: "quantity", has: func(_ *Facts, l *Line) bool { return l.Quantity > 0 }},
		{field: "unit", has: func(_ *Facts, l *Line) bool { return l.Unit != "" }},
		{field: "unit_price", has: func(_ *Facts, l *Line) bool { return l.UnitPrice != nil }},
	}
	declared = []lineNeed{
		{field: "name_zh", has: func(_ *Facts, l *Line) bool { return l.NameZh != "" }},
		{field: "export_hs", has: func(_ *Facts, l *Line) bool { return l.ExportHS != "" }},
		{field: "elements", has: func(_ *Facts, l *Line) bool { return l.Elements != "" }},
		{field: "source", has: func(_ *Facts, l *Line) bool { return l.Source != "" }},
		{field: "legal_units", has: func(_ *Facts, l *Line) bool { return l.LegalUnits != "" }},
		{field: "material", has: func(_ *Facts, l *Line) bool { return l.Material != "" }},
		{field: "use", has: func(_ *Facts, l *Line) bool { return l.Use != "" }},
	}
	packed = []lineNeed{
		{field: "sku", has: func(_ *Facts, l *Line) bool { return l.SKU != "" }},
		{field: "fnsku", has: func(_ *Facts, l *Line) bool { return either(l.FNSKU, l.ASIN) != "" }},
		{field: "description", has: func(_ *Facts, l *Line) bool { return either(l.Description, l.NameZh) != "" }},
		{field: "quantity", has: func(_ *Facts, l *Line) bool { return l.Quantity > 0 }},
	}
)

func lineNeeds(kind Kind) []lineNeed {
	switch kind {
	case Invoice:
		return goods
	case Customs:
		return slices.Concat(goods, declared)
	case Packing:
		return packed
	case Attorney:
		return goods
	case Valuation:
		return slices.Concat(packed[:1], goods[:1], sold)
	}
	return nil
}

// Missing says how complete a paper is, and which fields it still needs.
func Missing(kind Kind, f Facts) (Score, []Gap) {
	f = cleaned(f)
	var s Score
	var gaps []Gap
	for _, n := range needs(kind) {
		if n.when != nil && !n.when(&f) {
			continue
		}
		s.Need++
		if n.has(&f) {
			s.Have++
			continue
		}
		gaps = append(gaps, Gap{n.field, say("field." + n.field)})
	}
	for i := range f.Lines {
		l := &f.Lines[i]
		for _, n := range lineNeeds(kind) {
			s.Need++
			if n.has(&f, l) {
				s.Have++
				continue
			}
			gaps = append(gaps, Gap{fmt.Sprintf("lines[%d].%s", i, n.field), say("field.on_line", count("Line", i+1), word("Field", "field.line."+n.field))})
		}
	}
	if kind == Packing || kind == Labels || kind == Invoice || kind == Customs {
		for i := range f.Cartons {
			c := &f.Cartons[i]
			for _, n := range []struct {
				field string
				has   bool
				need  bool
			}{
				{"size", c.Length.IsPositive() && c.Width.IsPositive() && c.Height.IsPositive(), kind != Invoice},
				{"gross", c.Gross.IsPositive(), true},
				{"contents", c.Units() > 0, kind != Customs},
			} {
				if !n.need {
					continue
				}
				s.Need++
				if n.has {
					s.Have++
					continue
				}
				gaps = append(gaps, Gap{fmt.Sprintf("cartons[%d].%s", i, n.field), say("field.on_box", text("Boxes", c.Range()), word("Field", "field.box."+n.field))})
			}
		}
	}
	return s, gaps
}
