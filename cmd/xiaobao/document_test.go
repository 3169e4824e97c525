package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"xiaobao/docs"
)

// TestDocumentMake makes the papers of the example, in both languages and formats, twice: the names sort, and the bytes are the same.
func TestDocumentMake(t *testing.T) {
	t.Parallel()
	facts := write(t, "shipment.yaml", docs.DocumentExample)
	once, twice := t.TempDir(), t.TempDir()
	for _, dir := range []string{once, twice} {
		code, out, errs := command(t, "", "document", "make", facts, "--out", dir, "--lang", "zh-CN")
		if code != 0 || errs != "" || strings.Count(out, "\n") != 12 || strings.Contains(out, "草稿") {
			t.Fatalf("%d %s\n%s", code, errs, out)
		}
	}
	var names []string
	files, err := os.ReadDir(once)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		names = append(names, f.Name())
		a, err := os.ReadFile(filepath.Join(once, f.Name()))
		if err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(filepath.Join(twice, f.Name()))
		if err != nil || !bytes.Equal(a, b) {
			t.Errorf("%s: %v, other bytes for the same facts", f.Name(), err)
		}
	}
	if want := "07-checklist-INV-2026-0117.pdf"; names[0] != want || !slices.IsSorted(names) || names[11] != "09-claim-index-INV-2026-0117.xlsx" {
		t.Errorf("got %v", names)
	}
	code, out, errs := command(t, docs.DocumentExample, "document", "make", "-", "--kind", "packing-list", "--format", "pdf", "--out", twice)
	if code != 0 || errs != "" || strings.TrimSpace(out) != filepath.Join(twice, "07-packing-list-INV-2026-0117.pdf") {
		t.Errorf("%d %s %s", code, out, errs)
	}
}

// TestDocumentRefused: what cannot be made says why, where, and what to do, in the reader's language; nothing is left behind.
func TestDocumentRefused(t *testing.T) {
	t.Parallel()
	in := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(docs.DocumentExample) }
	dir := t.TempDir()
	list := write(t, "goods.csv", "SKU,Description,Quantity,Unit price\nA,Ceramic mug for tea,ten,2\n")
	notAList := write(t, "letter.csv", "Dear colleague\n")
	notAFont := write(t, "font.ttf", "not a font")
	for name, c := range map[string]struct {
		stdin, says string
		args        []string
	}{
		"contradiction": {in("net: 7.6", "net: 77"), "-:112: Carton 1–8: net weight 77 is above gross weight 9.2.|-:105: ", nil},
		"in Chinese":    {in("net: 7.6", "net: 77"), "-:112: 第 1–8 箱：净重 77 大于毛重 9.2。", []string{"--lang", "zh"}},
		"key":           {in("destination:", "country:"), "-:5: the key country does not exist", nil},
		"value":         {in("quantity: 160", "quantity: many"), "-:81: ", nil},
		"character":     {in("深圳市明月", "深圳市𠮷月"), "打印不出来：𠮷 (U+20BB7)|--font|深圳市𠮷月家居用品有限公司", []string{"--lang", "zh-Hans"}},
		"paper":         {docs.DocumentExample, `there is no paper "letter"`, []string{"--kind", "letter"}},
		"list":          {docs.DocumentExample, "goods.csv:C2: Quantity: “ten” is not a number.", []string{"--list", list}},
		"no list":       {docs.DocumentExample, "letter.csv: No head was found that I know.|SKU SKU", []string{"--list", notAList}},
		"font":          {docs.DocumentExample, "--font:|not a TrueType font with glyf outlines", []string{"--font", notAFont}},
		"no file":       {docs.DocumentExample, "cannot be read", []string{"--list", filepath.Join(dir, "none.xlsx")}},
		"empty":         {"", "-:1: the file is empty", nil},
		"folder":        {docs.DocumentExample, "cannot be written", []string{"--out", filepath.Join(dir, "none")}},
	} {
		code, out, errs := command(t, c.stdin, append([]string{"document", "make", "-", "--out", dir}, c.args...)...)
		if code != 1 || out != "" {
			t.Errorf("%s: %d %s", name, code, out)
		}
		for _, want := range strings.Split(c.says, "|") {
			if !strings.Contains(errs, want) {
				t.Errorf("%s: no %q in %s", name, want, errs)
			}
		}
	}
	if left, _ := os.ReadDir(dir); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// TestDocumentDraft: a list takes the place of the facts' own, what is missing makes a draft, and check names each gap with its line.
func TestDocumentDraft(t *testing.T) {
	t.Parallel()
	facts := write(t, "shipment.yaml", "reference: R1\ndestination: US\ninvoice: {number: INV-1, date: 2026-11-24, currency: USD}\n")
	list := write(t, "goods.csv", "SKU,Description,Quantity,Unit price,HS code,Origin,Unit\nA,Ceramic mug for tea,10,2,691110,CN,PCS\n")
	boxes := write(t, "boxes.csv", "箱号,SKU,每箱数量,长,宽,高,毛重\n1,A,10,53,37,29,9.2\n")
	dir := t.TempDir()
	code, out, errs := command(t, "", "document", "make", facts, "--list", list, "--list", boxes, "--out", dir, "--kind", "commercial-invoice", "--format", "pdf", "--lang", "zh")
	if code != 0 || errs != "" || !strings.Contains(out, "07-commercial-invoice-R1.pdf  (草稿, ") {
		t.Errorf("%d %s %s", code, out, errs)
	}
	code, out, errs = command(t, "", "document", "check", facts)
	if code != 0 || errs != "" {
		t.Errorf("%d %s", code, errs)
	}
	for _, want := range []string{"Commercial Invoice: ", ":1: Seller's English name", ":1: Lines of goods", "Packing List: "} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	if strings.Contains(out, "[documents.") {
		t.Errorf("a word is missing:\n%s", out)
	}
}

// TestDocumentLists: the template can be handed back, a list is shown as it was understood, and a bad one fails with every cell.
func TestDocumentLists(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.xlsx")
	if code, out, errs := command(t, "", "document", "template", "--out", path); code != 0 || errs != "" || strings.TrimSpace(out) != path {
		t.Errorf("%d %s %s", code, out, errs)
	}
	if code, out, errs := command(t, "", "document", "import", path, "--lang", "zh"); code != 0 || errs != "" || !strings.Contains(out, "起始箱号") {
		t.Errorf("%d %s %s", code, out, errs)
	}
	code, out, errs := command(t, "SKU,Description,Quantity,Unit price,Colour\nA,Ceramic mug for tea,10,2,red\nB,mug,x,\n", "document", "import", "-")
	for _, want := range []string{"CSV: Lines, 2", "A | Ceramic mug for tea | 10 | 2", "Not read: Colour", "-:C3: Quantity: “x” is not a number", "-:D3: Unit price is empty."} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in %s", want, out)
		}
	}
	if code != 1 || !strings.Contains(errs, "before the mistakes above are mended") {
		t.Errorf("%d %s", code, errs)
	}
	for _, what := range []string{"kinds", "example", "schema"} {
		if code, out, errs := command(t, "", "document", what); code != 0 || errs != "" || len(out) < 100 {
			t.Errorf("%s: %d %s %s", what, code, out, errs)
		}
	}
}
