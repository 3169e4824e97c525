package clerk_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"xiaobao/bot/flow"
	"xiaobao/clerk"
	"xiaobao/documents"
	"xiaobao/flows"
	"xiaobao/knowledge"
)

// TestRareCharacters: a paper with a character that no font has is made as a workbook and says so; with the operator's font it is
// made as a PDF too; a font that has gone is as none.
func TestRareCharacters(t *testing.T) {
	base, err := knowledge.Load()
	must(t, err)
	facts := map[string]flow.Value{"company_name_en": {Text: "Mug ☕ Trading"}, "invoice_no": {Text: "INV-1"}}
	for name, c := range map[string]struct {
		font  func() ([]byte, error)
		files string
		says  string
	}{
		"no font":      {nil, "07-commercial-invoice-INV-1.xlsx", "only as Excel"},
		"font":         {func() ([]byte, error) { return os.ReadFile("../documents/testdata/marks.ttf") }, "07-commercial-invoice-INV-1.pdf 07-commercial-invoice-INV-1.xlsx", "draft"},
		"font is gone": {func() ([]byte, error) { return nil, errors.New("gone") }, "07-commercial-invoice-INV-1.xlsx", "☕"},
	} {
		k := clerk.New(clerk.Config{Words: words(t), Library: flows.Library{Base: base}, Fonts: documents.Fonts, Font: c.font})
		r := ask(t, k, "papers.make", "prepare.invoice", "en", facts, december)
		var files []string
		for _, f := range r.Files {
			files = append(files, f.Name)
		}
		if got := strings.Join(files, " "); got != c.files {
			t.Errorf("%s: %s", name, got)
		}
		if got := shown(r); !strings.Contains(got, c.says) || strings.Contains(got, "☕") != (c.files == "07-commercial-invoice-INV-1.xlsx") {
			t.Errorf("%s: says\n%s", name, got)
		}
	}
}
