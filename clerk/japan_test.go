package clerk_test

import (
	"archive/zip"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/docs"
)

// TestJapan: whoever ships to Japan gets the letter to the attorney, and the worksheet unless the goods were sold for import, beside
// the customs data and in the pack. Whoever ships elsewhere hears nothing of them.
func TestJapan(t *testing.T) {
	made := func(call, sheet string, change map[string]string) bot.Returned {
		facts := factsOf(t, "calendar-germany")
		for slot, value := range change {
			facts[slot] = flow.Value{Text: value}
		}
		return ask(t, newClerk(t, docs.RatesExample), call, sheet, "zh-Hans", facts, december)
	}
	named := func(r bot.Returned, part string) bool {
		return slices.ContainsFunc(r.Files, func(d bot.Document) bool { return strings.Contains(d.Name, part) })
	}
	to := map[string]string{"destination": "jp", "acp_name": "Sakura Customs Service K.K.", "jp_valuation": "deductive", "invoice_currency": "usd"}
	r := made("papers.make", "prepare.customs_sheet", to)
	for _, file := range []string{"acp-authorisation", "deductive-valuation"} {
		if !named(r, file) {
			t.Errorf("no %s came", file)
		}
		if named(made("papers.make", "prepare.customs_sheet", nil), file) {
			t.Errorf("%s came for Germany", file)
		}
		if named(made("papers.make", "prepare.invoice", to), file) {
			t.Errorf("%s came with the invoice", file)
		}
	}
	if text := bot.Flatten(r.Shown); !strings.Contains(text, "倒推完税价格计算表") {
		t.Errorf("the chat does not name the worksheet:\n%s", text)
	}
	if text := index(t, made("papers.pack", "ship.pack", to)); !strings.Contains(text, "acp-authorisation") || !strings.Contains(text, "日本售价") {
		t.Errorf("the pack does not have the letter, or does not say what the worksheet lacks:\n%s", text)
	}
	to["jp_valuation"] = "transaction"
	if named(made("papers.make", "prepare.customs_sheet", to), "deductive-valuation") {
		t.Error("a value of a sale is worked back")
	}
}

// index is the list of what is in a pack.
func index(t *testing.T, r bot.Returned) string {
	t.Helper()
	pack := r.Files[0].Data
	z, err := zip.NewReader(bytes.NewReader(pack), int64(len(pack)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := z.Open("08-index.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	text, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
