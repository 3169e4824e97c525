package clerk

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/documents"
)

// kinds are the papers by the name of the sheet that asks for them.
var kinds = map[string]documents.Kind{
	"invoice": documents.Invoice, "packing": documents.Packing, "customs_sheet": documents.Customs, "label_proof": documents.Labels,
	"claim_index": documents.Claim,
}

// A paperOf is a paper to make, and what it is called in the chat.
type paperOf struct {
	kind  documents.Kind
	title string
}

// japanese are the papers that only goods to Japan have, as far as the facts speak of them.
func japanese(f documents.Facts) []documents.Kind {
	return slices.DeleteFunc(documents.KindsFor(f), func(k documents.Kind) bool { return !slices.Contains(documents.KindsOfJapan(), k) })
}

// kindName is what a kind of paper is called in the chat.
func (j *job) kindName(k documents.Kind) string {
	return j.Words.Say(j.Lang, j.Zone, flow.Say("clerk.kind."+strings.ReplaceAll(string(k), "-", "_")))
}

// papers makes papers as PDF and as XLSX, and says of each how complete it is, what it still needs, and what looks doubtful. A paper
// with gaps is a draft and is made; one whose numbers contradict each other is not.
func (j *job) papers() error {
	f := j.facts.papers(j)
	j.heading(j.paperTitle())
	var states []bot.Fact
	var missing, wrong, odd []string
	note := func(list *[]string, text string) {
		if !slices.Contains(*list, text) {
			*list = append(*list, text)
		}
	}
	var wanted []paperOf
	for _, sheet := range j.sheets {
		_, name, _ := strings.Cut(sheet, ".")
		kind, ok := kinds[name]
		if !ok {
			return fmt.Errorf("there is no paper %q", sheet)
		}
		wanted = append(wanted, paperOf{kind, j.Words.Say(j.Lang, j.Zone, flow.Say("sheet."+sheet))})
		if kind == documents.Customs { // what Japan asks of an importer from elsewhere goes along
			for _, kind := range japanese(f) {
				wanted = append(wanted, paperOf{kind, j.kindName(kind)})
			}
		}
	}
	for _, w := range wanted {
		kind, title := w.kind, w.title
		score, gaps := documents.Missing(kind, f)
		state := j.ui("complete")
		if len(gaps) > 0 {
			state = j.ui("draft", flow.Number("Percent", itoa(score.Percent())), flow.Number("Count", itoa(len(gaps))))
		}
		for _, format := range []documents.Format{documents.PDF, documents.XLSX} {
			file, err := j.draw(kind, f, format)
			if refusal, is := errors.AsType[*documents.Refusal](err); is {
				state = j.ui("not_made")
				for _, x := range refusal.Findings {
					note(&wrong, j.Sentence(x.Says))
				}
				break
			}
			if u, is := errors.AsType[*documents.Unprintable](err); is {
				state = j.ui("no_pdf")
				note(&odd, j.ui("unprintable", flow.Text("Characters", string(u.Characters)), flow.Text("In", strings.Join(u.In, " · "))))
				continue // a workbook is shown with the reader's own fonts
			}
			if err != nil {
				return err
			}
			j.out.Files = append(j.out.Files, bot.Document{Name: file.Name, Type: file.Type, Data: file.Data, Note: title})
		}
		for _, g := range gaps {
			note(&missing, j.gap(g))
			j.offer(g.Field)
		}
		states = append(states, bot.Fact{Label: title, Value: state})
	}
	j.show(bot.Block{Kind: bot.Facts, Facts: states})
	for _, text := range odd {
		j.paragraph(bot.Warn, text)
	}
	if len(wrong) > 0 {
		j.paragraph(bot.Bad, j.ui("contradiction"))
		j.list(bot.Missing, j.some(wrong)...)
	}
	if len(missing) > 0 {
		j.paragraph(bot.Warn, j.ui("paper_gaps", flow.Number("Count", itoa(len(missing)))))
		j.list(bot.Missing, j.some(missing)...)
		j.paragraph(bot.Plain, j.ui("paper_how"))
	}
	var doubts []string
	for _, x := range documents.Check(f) {
		if x.Level == documents.Warn {
			note(&doubts, j.Sentence(x.Says))
		}
	}
	if len(doubts) > 0 {
		j.paragraph(bot.Plain, j.ui("doubts"))
		j.list(bot.NoMark, j.some(doubts)...)
	}
	last := "broker_decides"
	if strings.HasSuffix(j.sheets[0], ".claim_index") {
		last = "claim_note"
	}
	j.show(bot.Block{Kind: bot.Note, Text: j.ui(last)})
	return nil
}

// paperTitle is the sheet's, or that of all papers when several were asked for.
func (j *job) paperTitle() string {
	if len(j.sheets) > 1 {
		return j.ui("papers")
	}
	return j.Words.Say(j.Lang, j.Zone, flow.Say("sheet."+j.sheets[0]))
}

// gap names a field that is missing. What the lists of documents call a name alone is said with whose it is.
func (j *job) gap(g documents.Gap) string {
	said := j.Sentence(g.Says)
	if strings.HasPrefix(g.Field, "signature.") {
		return j.ui("signer", flow.Text("What", said))
	}
	return said
}

// answers are the slots that fill a field of a paper. What has no slot here is in a list of goods or cartons.
var answers = map[string][]string{
	"invoice.number": {"invoice_no"}, "invoice.date": {"invoice_date"}, "invoice.currency": {"invoice_currency"}, "invoice.incoterm": {"incoterm"},
	"invoice.place": {"term_place"}, "invoice.place_of_sale": {"sale_place"}, "invoice.date_of_sale": {"sale_date"}, "destination": {"destination"}, "lines": {"invoice_lines"},
	"exporter.name": {"company_name_en"}, "exporter.address": {"address_line"}, "exporter.uscc": {"uscc"}, "importer.name": {"ior_name_en"},
	"importer.address": {"ior_address"}, "importer.ein": {"ein", "cain"}, "importer.eori": {"eori_eu", "eori_gb"}, "importer.vat": {"vat_eu", "vat_gb"},
	"importer.ca_bn": {"bn_rm"}, "importer.jp_corporate": {"jp_corporate_no"}, "import.acp": {"acp_name"}, "japan.attorney.name": {"acp_name"},
	"japan.attorney.address": {"acp_address"}, "japan.from": {"acp_from"}, "japan.divisor": {"jp_divisor"}, "japan.divisor_source": {"jp_divisor_source"},
	"lines[0].sale_price": inTable, "lines[0].sale_source": inTable, "lines[0].sale_costs": inTable, "lines[0].cost_sources": inTable,
	"consignee.name": {"ior_name_en"}, "consignee.address": {"fc_address"},
	"transport.from": {"origin_city"}, "transport.entry": {"port_of_entry"}, "transport.stuffing": {"stuffing_place"},
	"transport.consolidator": {"consolidator"}, "manufacturer.name": {"maker_name"}, "charges.freight": {"invoice_freight"},
	"charges.insurance": {"invoice_insurance"}, "signature.name": {"signatory_name"}, "signature.title": {"signatory_title"},
	"amazon.shipment_id": {"shipment_id"}, "net": {"net_weight"}, "export.supervision": {"supervision"}, "export.exit_port": {"exit_port"},
	"export.declarant": {"declarant"}, "export.relation": {"customs_confirms"}, "import.bond": {"bond_status"}, "import.agencies": {"agency_data"},
	"import.procedure": {"import_procedure"}, "import.valuation": {"jp_valuation"}, "transport.mode": {"route"},
	"lines[0].name_zh": {"goods_name_zh"}, "lines[0].material": {"goods_material"}, "lines[0].use": {"goods_use"}, "lines[0].source": {"goods_source"},
	"lines[0].legal_units": {"legal_quantity"}, "lines[0].export_hs": {"cn_hs13"}, "lines[0].elements": {"declaration_elements"},
}

// inTable is the slot with the prices in Japan of all goods.
var inTable = []string{"jp_sales"}

// mostOffers is how many missing answers are offered to be given at once.
const mostOffers = 8

// offer lets the reader give the answer that fills a field, with one press.
func (j *job) offer(field string) {
	slots := answers[field]
	if _, of, inLine := strings.Cut(field, "]."); inLine && slices.Equal(answers["lines[0]."+of], inTable) {
		slots, field = inTable, of // one table for all lines
	}
	if len(slots) == 0 || strings.HasPrefix(field, "lines[") && len(j.facts["invoice_lines"].Rows) != 1 {
		return
	}
	slot := slots[0]
	if len(slots) == 2 && (slots[0] == "ein" && j.facts.text("ein_or_cain") == "cain" || strings.HasSuffix(slots[1], "_gb") && j.facts.store() == "uk") {
		slot = slots[1]
	}
	a := bot.Action{ID: "change", Value: slot, Label: j.label(slot)}
	if len(j.out.Offers) < mostOffers && !slices.ContainsFunc(j.out.Offers, func(o bot.Action) bool { return o.Value == slot }) {
		j.out.Offers = append(j.out.Offers, a)
	}
}

// mostNamed is how many gaps or doubts are named in the chat; the papers mark them all.
const mostNamed = 15

// some are the first of many lines.
func (j *job) some(lines []string) []string {
	if left := len(lines) - mostNamed; left > 1 {
		return append(lines[:mostNamed:mostNamed], j.ui("more_gaps", flow.Number("Count", itoa(left))))
	}
	return lines
}

// template hands out the workbook to fill in.
func (j *job) template() error {
	file, err := documents.Template(j.words)
	if err != nil {
		return err
	}
	j.paragraph(bot.Plain, j.ui("template"))
	j.out.Files = append(j.out.Files, bot.Document{Name: file.Name, Type: file.Type, Data: file.Data, Note: j.Words.Say(j.Lang, j.Zone, flow.Say("sheet."+j.sheets[0]))})
	return nil
}
