package clerk

import (
	"cmp"
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
//	invoice_*, charge_*                                    the charges shown apart, and what is taken off
//	notify_*, vessel, master_bill                          what not every shipment has
//	ior_in_japan, acp_*, jp_*                              what only Japan asks for
func (f facts) papers(j *job) documents.Facts {
	store := f.store()
	d := documents.Facts{Prepared: j.on.String(), Destination: isoCountry(store)}
	d.Invoice = documents.Header{
		Number: f.text("invoice_no"), Date: f.text("invoice_date"), Currency: strings.ToUpper(f.text("invoice_currency")), Incoterm: strings.ToUpper(f.text("incoterm")),
		Place: f.text("term_place"), PlaceOfSale: f.text("sale_place"), DateOfSale: f.text("sale_date"), Contract: f.text("contract_no"), Purpose: "Goods for sale, fulfilled by Amazon; neither gifts nor samples",
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
	d.Notify = documents.Party{Name: f.text("notify_name"), Contact: f.text("notify_contact")}
	if a := f.text("notify_address"); a != "" {
		d.Notify.Address = []string{a}
	}
	for _, c := range charged {
		if f.known(c.slot) {
			d.Charges = append(d.Charges, documents.Charge{Kind: c.kind, Amount: f.number(c.slot)})
		}
	}
	d.Export = f.export(store)
	d.Import = f.entry(store)
	d.Dangerous = f.dangers()
	for i := range d.Lines {
		d.Lines[i].Dangerous = len(d.Dangerous) > 0
	}
	d.Signature = documents.Signature{Name: f.text("signatory_name"), Date: f.text("invoice_date"), Place: f.text("sale_place")}
	if title := f.text("signatory_title"); title != "" && title != "other_title" {
		d.Signature.Title = j.english("option.signatory_title." + title)
	}
	d.Claim = f.claim(j)
	d.Japan = f.japan()
	return d
}

// charged are the charges and what is taken off, in the order of the invoice.
var charged = []struct{ kind, slot string }{
	{"packing", "charge_packing"}, {"inland", "charge_inland"}, {"commission", "charge_commission"}, {"freight", "invoice_freight"}, {"insurance", "invoice_insurance"},
	{"discount", "invoice_discount"}, {"rebate", "invoice_rebate"}, {"assist", "invoice_assist"},
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
	case store == "jp" && f.yes("ior_in_japan"):
		p.Country = "JP"
		add("jp_corporate", f.text("jp_corporate_no"))
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
		Entry: f.text("port_of_entry"), Loading: f.text("exit_port"), Vessel: f.text("vessel"), Bill: f.text("master_bill"), Container: f.text("container"), Departure: f.text("etd"),
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
			FNSKU: r["fnsku"], ASIN: r["asin"], LegalUnits2: r["legal_units_2"],
		}
		if r["net_kg"] != "" {
			net := number(r["net_kg"])
			l.NetKg = &net
		}
		if at := slices.IndexFunc(plan, func(p row) bool { return p["msku"] == l.SKU }); l.SKU == "" && same || at >= 0 {
			if at < 0 {
				at = i
			}
			l.SKU, l.FNSKU, l.ASIN = plan[at]["msku"], cmp.Or(l.FNSKU, plan[at]["fnsku"]), cmp.Or(l.ASIN, plan[at]["asin"])
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
	if sold := f.rows("jp_sales", saleColumns); l.SKU == "" && len(sold) > 0 && !slices.ContainsFunc(sold, func(r row) bool { return r["sku"] != sold[0]["sku"] }) {
		l.SKU = sold[0]["sku"]
	}
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
			c := documents.Carton{From: b.from, To: b.to, Length: number(b.row["length"]), Width: number(b.row["width"]), Height: number(b.row["height"]), Gross: number(b.row["kg"]),
				BoxIDs: strings.Fields(b.row["box_ids"]), Pallet: b.row["pallet"], Marks: b.row["marks"]}
			if b.row["net_kg"] != "" {
				net := number(b.row["net_kg"])
				c.Net = &net
			}
			for _, r := range b.contents {
				c.Contents = append(c.Contents, documents.Content{SKU: r["msku"], Units: r.whole("quantity"), Batch: r["batch"], Expiry: r["expiry"]})
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
		Gross: f.number("carton_weight"), WeightUnit: f["carton_weight"].Unit, Pallet: f.text("pallet_no"), Marks: f.text("carton_marks"),
	}
	ids := f["carton_ids"].List
	filled := func(c documents.Carton, sku string, units int) documents.Carton {
		c.Contents = []documents.Content{{SKU: sku, Units: units, Batch: f.text("batch_no"), Expiry: f.text("expiry_date")}}
		return c
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
		c := filled(alike, r["msku"], r.whole("units_per_carton"))
		c.From, c.To = next, next+r.whole("cartons")-1
		if c.From >= 1 && c.To >= c.From && c.To <= len(ids) && len(ids) == n {
			c.BoxIDs = ids[c.From-1 : c.To]
		}
		out, next = append(out, c), c.To+1
	}
	if next == n+1 {
		return out
	}
	if len(lines) == 1 && lines[0].Quantity%n == 0 {
		alike = filled(alike, lines[0].SKU, lines[0].Quantity/n)
	}
	alike.From, alike.To, alike.BoxIDs = 1, n, ids
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
	e.Refund = f.text("export_refund")
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

func (f facts) entry(store string) documents.Import {
	filed := func(slot string) string {
		if f.text(slot) == "yes_filed" {
			return "filed"
		}
		return ""
	}
	e := documents.Import{
		Procedure: f.text("import_procedure"), Costs: f.text("import_costs"), Agencies: f.text("agency_data"), ISF: filed("isf_filed"), ENS: filed("ens_filed"), ACP: f.text("acp_name"),
	}
	switch store {
	case "jp":
		e.TaxClass = f.text("jp_tax_class")
		if f.yes("ior_in_japan") {
			e.ACP = ""
		}
	case "us", "ca":
	default:
		e.Postponed = f.text("vat_postponed")
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

// japan are what the attorney's letter and the worksheet of the value need. Every cost of a SKU stands with its price.
func (f facts) japan() documents.Japan {
	out := documents.Japan{From: f.text("acp_from"), DivisorSource: f.text("jp_divisor_source")}
	if a := f.text("acp_address"); a != "" {
		out.Attorney.Address = []string{a}
	}
	if f.known("jp_divisor") {
		d := f.number("jp_divisor")
		out.Divisor = &d
	}
	for _, r := range f.rows("jp_sales", saleColumns) {
		at := slices.IndexFunc(out.Sales, func(s documents.Sale) bool { return s.SKU == r["sku"] })
		if at < 0 {
			price := number(r["price"])
			at, out.Sales = len(out.Sales), append(out.Sales, documents.Sale{SKU: r["sku"], Price: &price, Source: r["price_source"]})
		}
		out.Sales[at].Costs = append(out.Sales[at].Costs, documents.Cost{Name: r["cost"], Amount: number(r["amount"]), Source: r["cost_source"]})
	}
	return out
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
