package clerk_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v4"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/docs"
)

// TestPapersSayMore: what only some shipments have stands on the papers once it was given, and the total is goods and charges less what
// is taken off.
func TestPapersSayMore(t *testing.T) {
	facts := factsOf(t, "estimate")
	for slot, text := range map[string]string{
		"destination": "uk", "invoice_currency": "gbp", "cartons_alike": "no", "sale_date": "2026-11-20", "notify_name": "Example Brokers Ltd.", "notify_address": "1 Dock Road, Felixstowe",
		"vessel": "EVER EXAMPLE 0123E", "master_bill": "COSU6123456780", "charge_packing": "35", "charge_inland": "60", "charge_commission": "5", "invoice_discount": "20",
		"invoice_rebate": "10", "invoice_assist": "150", "vat_postponed": "yes", "export_refund": "yes",
	} {
		facts[slot] = flow.Value{Text: text}
	}
	facts["invoice_lines"] = flow.Value{Rows: [][]string{
		append([]string{"Ceramic mug for hot drinks", "6911101000", "CN", "40", "PCS", "2.5", "MUG"}, "", "", "", "", "", "", "", "", "", "30 kg", "X001ABCDEF", "", "40 PCS"),
	}}
	facts["cartons"] = flow.Value{Rows: [][]string{
		{"1", "1", "53", "37", "29", "9.2", "MUG", "20", "7.5", "FBA15ABCDEFGU000001", "P7", "MINGTU", "L2026-11", "2028-06-30"},
		{"2", "2", "53", "37", "29", "9.4", "MUG", "20"}, // as it was kept before the list had more columns
	}}
	text := func(sheet string) string {
		t.Helper()
		r := ask(t, newClerk(t, docs.RatesExample), "papers.make", "prepare."+sheet, "en", facts, december)
		for _, f := range r.Files {
			if strings.HasSuffix(f.Name, ".xlsx") {
				return workbookText(t, f.Data)
			}
		}
		t.Fatalf("no workbook came:\n%s", bot.Flatten(r.Shown))
		return ""
	}
	for sheet, want := range map[string][]string{
		"invoice": {"2026-11-20", "Example Brokers Ltd.", "1 Dock Road, Felixstowe", "EVER EXAMPLE 0123E", "COSU6123456780", "GBP\t35.00", "Inland transport", "Commission",
			"GBP\t-20.00", "GBP\t-10.00", "GBP 150.00, for information", "GBP\t170.00", "MINGTU"},
		"packing":       {"FBA15ABCDEFGU000001", "P7", "MINGTU", "L2026-11", "2028-06-30", "FNSKU X001ABCDEF", "7.50\t9.20"},
		"customs_sheet": {"Postponed VAT\t\t\tYes", "Export VAT refund\t\t\tYes", "40 PCS", "30 kg"},
	} {
		got := text(sheet)
		for _, w := range want {
			if !strings.Contains(got, w) {
				t.Errorf("%s has no %q:\n%s", sheet, w, got)
			}
		}
	}
}

// TestJapaneseImporter: a company in Japan needs no attorney, and is named by its number there; for anybody else the attorney's letter and
// the worksheet are complete once they were given, and every cost of a SKU is taken off.
func TestJapaneseImporter(t *testing.T) {
	facts := factsOf(t, "estimate")
	for slot, text := range map[string]string{
		"destination": "jp", "invoice_no": "MT-1", "invoice_date": "2026-12-01", "invoice_currency": "jpy", "ior_name_en": "Mingtu Trading", "ior_address": "88 Xinghai Road, Shenzhen",
		"port_of_entry": "Tokyo", "signatory_name": "Lin Min", "jp_valuation": "deductive", "acp_name": "Sakura Customs Service K.K.", "acp_address": "1-2-3 Kaigan, Tokyo",
		"acp_from": "2026-12-05", "jp_divisor": "1.10", "jp_divisor_source": "ACP, 2026-11-20", "jp_tax_class": "10%", "jp_corporate_no": "5835678256246", "ior_in_japan": "no",
	} {
		facts[slot] = flow.Value{Text: text}
	}
	facts["invoice_lines"] = flow.Value{Rows: [][]string{{"Ceramic mug for hot drinks", "691110000", "CN", "240", "PCS", "320", "MUG"}}}
	facts["jp_sales"] = flow.Value{Rows: [][]string{
		{"MUG", "2980", "amazon.co.jp 2026-11-20", "FBA fee", "530", "Seller Central 2026-11-20"}, {"MUG", "2980", "amazon.co.jp 2026-11-20", "referral fee", "250", "Seller Central 2026-11-20"},
	}}
	made := func() bot.Returned {
		return ask(t, newClerk(t, docs.RatesExample), "papers.make", "prepare.customs_sheet", "en", facts, december)
	}
	r := made()
	var names []string
	for _, f := range r.Files {
		names = append(names, f.Name)
		if f.Name == "07-deductive-valuation-MT-1.xlsx" {
			if text := workbookText(t, f.Data); !strings.Contains(text, "2200 × 240 ÷ 1.1") || !strings.Contains(text, "480,000") {
				t.Errorf("the value is not worked back:\n%s", text)
			}
		}
	}
	said := bot.Flatten(r.Shown)
	if strings.Count(said, ": complete") != 2 || !slices.Contains(names, "07-acp-authorisation-MT-1.pdf") {
		t.Errorf("the letter and the worksheet are not complete: %v\n%s", names, said)
	}
	facts["ior_in_japan"] = flow.Value{Text: "yes"}
	r = made()
	if len(r.Files) != 2 {
		t.Errorf("a company in Japan gets %+v", r.Files)
	}
	if text := workbookText(t, r.Files[1].Data); !strings.Contains(text, "5835678256246") || strings.Contains(text, "Sakura") {
		t.Errorf("the importer's number is not there, or the attorney is:\n%s", text)
	}
}

// TestPackReads: the pack of step 8 is made from every answer that the papers of step 7 are made from.
func TestPackReads(t *testing.T) {
	reads := func(file, sheet string) []string {
		data, err := os.ReadFile("../flows/" + file + ".yaml")
		must(t, err)
		var f struct {
			Sheets map[string]struct{ Reads []string }
		}
		must(t, yaml.Load(data, &f))
		return f.Sheets[sheet].Reads
	}
	pack, papers := reads("08-ship", "pack"), reads("07-prepare", "invoice")
	if len(papers) < 50 {
		t.Fatalf("the papers read %v", papers)
	}
	for _, slot := range papers {
		if !slices.Contains(pack, slot) {
			t.Errorf("the pack does not read %s", slot)
		}
	}
}
