package clerk_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/xuri/excelize/v2"
	"go.yaml.in/yaml/v4"
	"pgregory.net/rapid"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/docs"
)

// factsOf reads the slots of a fixture.
func factsOf(t testing.TB, name string) map[string]flow.Value {
	t.Helper()
	ar, err := txtar.ParseFile("testdata/" + name + ".txtar")
	if err != nil {
		t.Fatal(err)
	}
	facts := map[string]flow.Value{}
	for _, f := range ar.Files {
		if f.Name == "facts" {
			if err := json.Unmarshal(f.Data, &facts); err != nil {
				t.Fatal(err)
			}
		}
	}
	return facts
}

// TestSameBytes asks the same many times: pictures, workbooks, papers and the pack are the same to the byte.
func TestSameBytes(t *testing.T) {
	for call, sheet := range map[string]string{
		"estimate.compare": "learn.costs", "estimate.make": "pay.estimate", "papers.make": "prepare.invoice prepare.packing prepare.customs_sheet prepare.label_proof",
		"papers.pack": "ship.pack", "papers.template": "prepare.template",
	} {
		t.Run(call, func(t *testing.T) {
			var first [][]byte
			for range 4 {
				r := ask(t, newClerk(t, docs.RatesExample), call, sheet, "zh-Hans", factsOf(t, "estimate-germany"), december)
				var now [][]byte
				for _, f := range r.Files {
					now = append(now, f.Data)
				}
				for _, b := range r.Shown {
					if b.Kind == bot.Picture {
						now = append(now, b.File.Data, b.Drawn.Data)
					}
				}
				if len(now) == 0 {
					t.Fatal("nothing came")
				}
				if first == nil {
					first = now
				}
				for i := range first {
					if !bytes.Equal(first[i], now[i]) {
						t.Fatalf("file %d differs when it is made again", i+1)
					}
				}
			}
		})
	}
}

// TestWorkbook reads the estimate's workbook back: amounts are numbers to the last digit, texts are texts, and the notes stand on
// every page.
func TestWorkbook(t *testing.T) {
	facts := factsOf(t, "estimate")
	facts["product_name"] = flow.Value{Text: `=HYPERLINK("http://evil.example","x")`}
	r := ask(t, newClerk(t, docs.RatesExample), "estimate.make", "pay.estimate", "en", facts, december)
	f, err := excelize.OpenReader(bytes.NewReader(r.Files[0].Data))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	found := false
	for _, sheet := range f.GetSheetList() {
		rows, err := f.GetRows(sheet, excelize.Options{RawCellValue: true})
		if err != nil {
			t.Fatal(err)
		}
		if len(rows) < 3 || !strings.Contains(rows[1][0], "not a quote") || !strings.Contains(rows[2][0], "invented") {
			t.Errorf("%s does not say whose numbers these are: %q", sheet, rows[:min(len(rows), 3)])
		}
		for y, row := range rows {
			for x, cell := range row {
				name, _ := excelize.CoordinatesToCellName(x+1, y+1)
				if formula, _ := f.GetCellFormula(sheet, name); formula != "" {
					t.Errorf("%s!%s is a formula: %s", sheet, name, formula)
				}
				if strings.HasPrefix(cell, "=HYPERLINK") {
					found = true
				}
			}
		}
	}
	if !found {
		t.Error("the name of the goods is nowhere")
	}
	if !strings.Contains(strings.Join(f.GetSheetList(), "|"), "Ocean LCL to the US") {
		t.Errorf("the pages are %q", f.GetSheetList())
	}
}

// TestAnything hands the clerk whatever a case may hold and more: it answers every time, in both languages.
func TestAnything(t *testing.T) {
	k := newClerk(t, docs.RatesExample)
	slots := map[string]bool{}
	for _, name := range []string{"02-learn", "05-pay", "07-prepare", "08-ship", "09-track"} {
		data, err := os.ReadFile("../flows/" + name + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		var f struct {
			Sheets map[string]struct {
				Call  string
				Reads []string
			}
		}
		if err := yaml.Load(data, &f); err != nil {
			t.Fatal(err)
		}
		for _, s := range f.Sheets {
			for _, slot := range s.Reads {
				slots[slot] = true
			}
		}
	}
	var names []string
	for slot := range slots {
		names = append(names, slot)
	}
	if len(names) < 60 {
		t.Fatalf("only %d slots are read", len(names))
	}
	words := []string{"", "us", "de", "uk", "jp", "ca", "mx", "usd", "USD", "eur", "fob", "ddp", "cm", "in", "kg", "lb", "yes", "no", "battery", "standalone", "aerosol",
		"agl_air", "agl_ocean_lcl", "own_forwarder", "undecided", "9617.00", "961700", "CN", "PCS", "c9810", "X001ABCDEF", "MUG", "=1+1", "深圳", "\x00\x1b[2J", "1e999999999", "NaN",
		strings.Repeat("9", 300), "2026-12-01"}
	value := rapid.Custom(func(t *rapid.T) string {
		switch rapid.IntRange(0, 2).Draw(t, "kind") {
		case 0:
			return rapid.StringMatching(`[0-9]{1,6}(\.[0-9]{1,3})?`).Draw(t, "number")
		case 1:
			return rapid.SampledFrom(words).Draw(t, "word")
		}
		return rapid.String().Draw(t, "text")
	})
	rapid.Check(t, func(t *rapid.T) {
		facts := map[string]flow.Value{}
		for _, slot := range names {
			if !rapid.Bool().Draw(t, slot) {
				continue
			}
			v := flow.Value{Text: value.Draw(t, "t"), Unit: rapid.SampledFrom(words[:20]).Draw(t, "u"), List: rapid.SliceOfN(value, 0, 4).Draw(t, "l")}
			for range rapid.IntRange(0, 3).Draw(t, "rows") {
				v.Rows = append(v.Rows, rapid.SliceOfN(value, 0, 18).Draw(t, "row"))
			}
			facts[slot] = v
		}
		call := rapid.SampledFrom([]string{"estimate.compare learn.costs", "estimate.make pay.estimate", "papers.make prepare.invoice", "papers.make track.claim_index", "papers.pack ship.pack"}).Draw(t, "call")
		name, sheet, _ := strings.Cut(call, " ")
		r, err := k.Calls()[name](t.Context(), bot.Delivery{Case: "c", Decided: december, Call: &bot.Call{
			Name: name, From: bot.User{Language: rapid.SampledFrom([]string{"en", "zh-Hans"}).Draw(t, "lang"), Zone: "Nowhere/At all"}, Args: map[string]string{"sheets": sheet}, Facts: facts,
		}})
		if err != nil {
			t.Fatalf("%s: %v", call, err)
		}
		if len(r.Shown) == 0 {
			t.Fatalf("%s answers nothing", call)
		}
	})
}

// TestColumns holds the columns that the clerk counts on against the flows.
func TestColumns(t *testing.T) {
	for file, want := range map[string]map[string]string{
		"06-configure": {"lines": "msku cartons units_per_carton quantity fnsku asin"},
		"07-prepare": {"cartons": "from to length width height kg msku quantity net_kg box_ids pallet marks batch expiry",
			"invoice_lines": "description hs origin quantity unit unit_price sku name_zh material use brand model net_kg export_hs elements source legal_units fnsku asin legal_units_2",
			"jp_sales":      "sku price price_source cost amount cost_source"},
	} {
		data, err := os.ReadFile("../flows/" + file + ".yaml")
		if err != nil {
			t.Fatal(err)
		}
		var f struct {
			Slots map[string]struct{ Columns []struct{ ID string } }
		}
		if err := yaml.Load(data, &f); err != nil {
			t.Fatal(err)
		}
		for slot, columns := range want {
			var got []string
			for _, c := range f.Slots[slot].Columns {
				got = append(got, c.ID)
			}
			if strings.Join(got, " ") != columns {
				t.Errorf("%s has the columns %q; clerk/facts.go must know them", slot, got)
			}
		}
	}
}

func BenchmarkClerk(b *testing.B) {
	k := newClerk(b, docs.RatesExample)
	facts := factsOf(b, "estimate-germany")
	for call, sheet := range map[string]string{"estimate.compare": "learn.costs", "estimate.make": "pay.estimate", "papers.make": "prepare.invoice prepare.packing prepare.customs_sheet prepare.label_proof"} {
		b.Run(call, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				ask(b, k, call, sheet, "zh-Hans", facts, december)
			}
		})
	}
}
