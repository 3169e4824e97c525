package clerk

import (
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"xiaobao/bot/flow"
	"xiaobao/documents"
)

// europe are the stores in the customs union.
var europe = []string{"de", "fr", "it", "es", "nl", "se", "pl", "be", "ie"}

// papers are the facts of the papers as far as the case knows them.
//
//	eor_name, else company_name_en; address_*; uscc       the exporter, seller on the invoice
//	ior_name_en, ior_address; the numbers of the country   the importer, buyer on the invoice
//	ior_name_en "in care of FBA", fc_address               the consignee
//	invoice_lines, with lines for the SKUs                 the goods
//	cartons, else carton_count, carton_size, carton_weight the cartons, with lines for what is in them
//	invoice_freight, invoice_insurance                     the charges shown apart
func (f facts) papers(j *job) documents.Facts {
	store := f.store()
	d := documents.Facts{Prepared: j.on.String(), Destination: isoCountry(store)}
	d.Invoice = documents.Header{
		Number: f.text("invoice_no"), Date: f.text("invoice_date"), Currency: strings.ToUpper(f.text("invoice_currency")), Incoterm: strings.ToUpper(f.text("incoterm")),
		Place: f.text("term_place"), PlaceOfSale: f.text("sale_place"), Contract: f.text("contract_no"), Purpose: "Goods for sale, fulfilled by Amazon; neither gifts nor samples",
	}
	d.Amazon = documents.Amazon{ShipmentID: f.text("shipment_id"), Centre: strings.Join(f["fc_codes"].List, ", ")}
	d.Exporter = f.exporter()
	d.Importer = f.importer(store)
	if d.Importer.Name != "" {
		d.Consignee.Name = d.Importer.Name + ", in care of FBA"
	}
	if a := f.text("fc_address"); a != "" {
		d.Consignee.Address = []string{a}
	}
	d.Manufacturer.Name = f.text("maker_name")
	d.Transport = f.transport()
	d.Lines = f.lines(d.Destination)
	d.Cartons = f.packed(d.Lines)
	for _, c := range []struct{ kind, slot string }{{"freight", "invoice_freight"}, {"insurance", "invoice_insurance"}} {
		if f.known(c.slot) {
			d.Charges = append(d.Charges, documents.Charge{Kind: c.kind, Amount: f.number(c.slot)})
		}
	}
	d.Export = f.export(store)
	d.Import = f.entry()
	d.Dangerous = f.dangers()
	for i := range d.Lines {
		d.Lines[i].Dangerous = len(d.Dangerous) > 0
	}
	d.Signature = documents.Signature{Name: f.text("signatory_name"), Date: f.text("invoice_date"), Place: f.text("sale_place")}
	if title := f.text("signatory_title"); title != "" && title != "other_title" {
		d.Signature.Title = j.english("option.signatory_title." + title)
	}
	d.Claim = f.claim(j)
	return d
}

func isoCountry(store string) string {
	if store == "uk" {
		return "GB"
	}
	return strings.ToUpper(store)
}

func (f facts) exporter() documents.Party {
	p := documents.Party{Name: f.text("eor_name"), NameZh: f.text("company_name_zh"), Country: "CN"}
	if p.Name == "" {
		p.Name = f.text("company_name_en")
	}
	switch f.text("entity") {
	case "hk_company":
		p.Country = "HK"
	case "other_entity":
		p.Country = ""
	}
	if line := f.text("address_line"); line != "" {
		p.Address = []string{line, strings.TrimSpace(f.text("address_city") + ", " + f.text("address_state") + " " + f.text("address_postcode"))}
	}
	if id := f.text("uscc"); id != "" {
		p.Numbers = append(p.Numbers, documents.Number{Kind: "uscc", Value: id})
	}
	if id := f.text("cn_customs_code"); id != "" {
		p.Numbers = append(p.Numbers, documents.Number{Kind: "cn_customs", Value: id})
	}
	return p
}

// importer has the numbers that its country asks for, and no others.
func (f facts) importer(store string) documents.Party {
	p := documents.Party{Name: f.text("ior_name_en"), NameZh: f.text("ior_name_zh")}
	if a := f.text("ior_address"); a != "" {
		p.Address = []string{a}
	}
	add := func(kind, value string) {
		if value != "" {
			p.Numbers = append(p.Numbers, documents.Number{Kind: kind, Value: value})
		}
	}
	switch {
	case store == "us":
		add("ein", f.text("ein"))
		add("cbp_importer", f.text("cain"))
	case store == "uk":
		add("eori", f.text("eori_gb"))
		add("vat", f.text("vat_gb"))
	case store == "ca":
		add("ca_bn", f.text("bn_rm"))
	case slices.Contains(europe, store):
		add("eori", f.text("eori_eu"))
		for _, v := range f["vat_eu"].List {
			if strings.HasPrefix(v, strings.ToUpper(store)) {
				add("vat", v)
			}
		}
	}
	return p
}

func (f facts) transport() documents.Transport {
	t := documents.Transport{
		Entry: f.text("port_of_entry"), Loading: f.text("exit_port"), Bill: f.text("master_bill"), Container: f.text("container"), Departure: f.text("etd"),
		Stuffing: f.text("stuffing_place"), Consolidator: f.text("consolidator"), Carrier: f.text("carrier_name"),
	}
	if city := f.text("origin_city"); city != "" {
		t.From = city + ", China"
	}
	switch route := f.text("route"); {
	case strings.HasPrefix(route, "agl_ocean"):
		t.Mode = "ocean"
	case strings.HasPrefix(route, "agl_air"):
		t.Mode = "air"
	}
	return t
}

// lines are the goods on the invoice. Where it does not name a SKU, the plan of the shipment does, when both have the same rows in
// the same order. What only one line can mean belongs to that line.
func (f facts) lines(destination string) []documents.Line {
	rows := f.rows("invoice_lines", invoiceColumns)
	plan := f.rows("lines", lineColumns)
	same := len(rows) == len(plan)
	for i := range rows {
		same = same && rows[i]["quantity"] == plan[i]["quantity"]
	}
	out := make([]documents.Line, len(rows))
	for i, r := range rows {
		price := number(r["unit_price"])
		l := documents.Line{
			SKU: r["sku"], Description: r["description"], HS: r["hs"], Origin: strings.ToUpper(r["origin"]), Quantity: r.whole("quantity"),
			Unit: strings.ToUpper(r["unit"]), UnitPrice: &price, NameZh: r["name_zh"], Material: r["material"], Use: r["use"], Brand: r["brand"], Model: r["model"],
			ExportHS: r["export_hs"], Elements: r["elements"], Source: r["source"], LegalUnits: r["legal_units"],
		}
		if r["net_kg"] != "" {
			net := number(r["net_kg"])
			l.NetKg = &net
		}
		if at := slices.IndexFunc(plan, func(p row) bool { return p["msku"] == l.SKU }); l.SKU == "" && same || at >= 0 {
			if at < 0 {
				at = i
			}
			l.SKU, l.FNSKU, l.ASIN = plan[at]["msku"], plan[at]["fnsku"], plan[at]["asin"]
		}
		out[i] = l
	}
	if len(out) == 1 {
		f.onlyLine(&out[0])
	}
	return out
}

// onlyLine fills in what was asked for the whole shipment.
func (f facts) onlyLine(l *documents.Line) {
	for _, x := range []struct {
		to   *string
		slot string
	}{
		{&l.NameZh, "goods_name_zh"}, {&l.Material, "goods_material"}, {&l.Use, "goods_use"}, {&l.Source, "goods_source"}, {&l.LegalUnits, "legal_quantity"},
		{&l.LegalUnits2, "legal_quantity_2"},
		{&l.ExportHS, "cn_hs13"}, {&l.Elements, "declaration_elements"},
	} {
		if *x.to == "" {
			*x.to = f.text(x.slot)
		}
	}
	if l.NetKg == nil && f.known("net_weight") {
		kg := f.netKg()
		l.NetKg = &kg
	}
}

func (f facts) netKg() decimal.Decimal {
	kg := f.number("net_weight")
	if f["net_weight"].Unit == "lb" {
		kg = kg.Mul(number("0.45359237")).Round(3)
	}
	return kg
}

// packed are the cartons with what is in them: as the seller listed them; or all alike, filled as the plan of the shipment says, or
// evenly with the only goods there are.
func (f facts) packed(lines []documents.Line) []documents.Carton {
	if list := f.boxes(); list != nil {
		var out []documents.Carton
		for _, b := range list {
			c := documents.Carton{From: b.from, To: b.to, Length: number(b.row["length"]), Width: number(b.row["width"]), Height: number(b.row["height"]), Gross: number(b.row["kg"])}
			for _, r := range b.contents {
				c.Contents = append(c.Contents, documents.Content{SKU: r["msku"], Units: r.whole("quantity")})
			}
			out = append(out, c)
		}
		return out
	}
	n, size := f.whole("carton_count"), f["carton_size"]
	if n < 1 || len(size.List) != 3 || !f.known("carton_weight") {
		return nil
	}
	alike := documents.Carton{
		Length: number(size.List[0]), Width: number(size.List[1]), Height: number(size.List[2]), Unit: size.Unit,
		Gross: f.number("carton_weight"), WeightUnit: f["carton_weight"].Unit,
	}
	if f.known("net_weight") {
		net := f.netKg()
		if alike.WeightUnit == "lb" {
			net = net.Div(number("0.45359237"))
		}
		net = net.DivRound(decimal.NewFromInt(int64(n)), 4).RoundDown(3) // together no more than all of it
		alike.Net = &net
	}
	var out []documents.Carton
	next := 1
	for _, r := range f.rows("lines", lineColumns) {
		c := alike
		c.From, c.To = next, next+r.whole("cartons")-1
		c.Contents = []documents.Content{{SKU: r["msku"], Units: r.whole("units_per_carton")}}
		out, next = append(out, c), c.To+1
	}
	if next == n+1 {
		return out
	}
	alike.From, alike.To = 1, n
	if len(lines) == 1 && lines[0].Quantity%n == 0 {
		alike.Contents = []documents.Content{{SKU: lines[0].SKU, Units: lines[0].Quantity / n}}
	}
	return []documents.Carton{alike}
}

func (f facts) export(store string) documents.Export {
	e := documents.Export{Declarant: f.text("declarant"), TradeCountry: isoCountry(store), ExitPort: f.text("exit_port"), PortTo: f.text("port_of_entry"), Exemption: f.text("levy")}
	if s := strings.TrimPrefix(f.text("supervision"), "c"); len(s) == 4 {
		e.Supervision = s
	}
	if f.known("carton_count") || f.known("cartons") {
		e.Packaging = "cartons"
	}
	if f.known("customs_confirms") {
		yes := func(option string) string {
			if f.has("customs_confirms", option) {
				return "yes"
			}
			return "no"
		}
		e.Relation, e.Influence, e.Royalties = yes("relation"), yes("influence"), yes("royalties")
	}
	return e
}

func (f facts) entry() documents.Import {
	filed := func(slot string) string {
		if f.text(slot) == "yes_filed" {
			return "filed"
		}
		return ""
	}
	e := documents.Import{
		Procedure: f.text("import_procedure"), Costs: f.text("import_costs"), Agencies: f.text("agency_data"), ISF: filed("isf_filed"), ENS: filed("ens_filed"), ACP: f.text("acp_name"),
	}
	switch f.text("bond_status") {
	case "have_bond":
		e.Bond = "continuous"
	case "amazon_requests":
		e.Bond = "continuous, requested by way of Amazon"
	case "broker_files":
		e.Bond = "filed by the broker"
	}
	if v := f.text("jp_valuation"); v == "deductive" || v == "transaction" {
		e.Valuation = v
	}
	if r := f.text("representation"); r == "direct" || r == "indirect" {
		e.Representation = r
	}
	return e
}

// dangers are what carriers ask about the battery, or about a UN number that was given.
func (f facts) dangers() []documents.Danger {
	if !f.has("dg_kinds", "battery") || !f.known("un_number") {
		return nil
	}
	d := documents.Danger{UN: f.text("un_number"), Class: f.text("dg_class"), Instruction: f.text("packing_instruction")}
	d.Battery = map[string]string{"in_device": "in_equipment", "with_device": "with_equipment", "standalone": "standalone"}[f.text("battery_kind")]
	if f.known("battery_wh") {
		wh := f.number("battery_wh")
		d.WattHours = &wh
	}
	names := map[string]string{"sds": "SDS", "un38_3": "UN 38.3 test summary", "exemption_sheet": "exemption sheet", "transport_report": "transport report"}
	for _, p := range f["dg_papers"].List {
		if names[p] != "" {
			d.Papers = append(d.Papers, names[p])
		}
	}
	return []documents.Danger{d}
}

// claim is what a claim says, from what was sent and what was received.
func (f facts) claim(j *job) documents.Bundle {
	if !f.known("received_units") {
		return documents.Bundle{}
	}
	sent, received := f.units(), f.whole("received_units")
	b := documents.Bundle{
		Situation: j.english("clerk.claim_situation", flow.Number("Sent", itoa(sent)), flow.Number("Received", itoa(received))), Request: j.english("clerk.claim_request"),
		Delivered: f.text("delivered_on"), Deadline: f.text("claim_deadline"),
	}
	if plan := f.rows("lines", lineColumns); len(plan) == 1 {
		b.Counts = []documents.Count{{SKU: plan[0]["msku"], FNSKU: plan[0]["fnsku"], Sent: sent, Received: received}}
	} else {
		b.Counts = []documents.Count{{SKU: "all SKUs", Sent: sent, Received: received}}
	}
	for _, e := range []struct{ id, option string }{
		{"pod", "pod"}, {"bol", "bill"}, {"invoice", "supplier_invoice"}, {"packing_photos", "packing_photos"}, {"box_photos", "label_photos"},
	} {
		item := documents.Evidence{ID: e.id}
		if f.has("claim_evidence", e.option) {
			item.File = itoa(len(b.Evidence)+1) + "-" + strings.ReplaceAll(e.id, "_", "-") // the name to save it under beside the index
		}
		b.Evidence = append(b.Evidence, item)
	}
	return b
}
