package clerk_test

import (
	"bytes"
	"encoding/csv"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"xiaobao/docs"
)

// TestLibreOffice has LibreOffice open the workbook of the estimate in both languages and write every page as CSV: the texts and the
// amounts are the ones we wrote, and nothing on it is an error or was taken for a formula.
func TestLibreOffice(t *testing.T) {
	office, err := exec.LookPath("soffice")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("soffice is not installed: it must be in CI")
		}
		t.Skip("soffice is not installed")
	}
	facts := factsOf(t, "estimate")
	product := facts["product_name"]
	product.Text = "=1+1 cups"
	facts["product_name"] = product
	for lang, want := range map[string][]string{
		"en":      {"It is not Amazon's price or anybody's offer", "Some numbers here are invented", "=1+1 cups", "Landed cost per unit", "8.526", "2046.24"},
		"zh-Hans": {"不是报价，更不是亚马逊的价格", "这里有虚构的数字", "=1+1 cups", "每件到仓成本", "8.526", "2046.24"},
	} {
		t.Run(lang, func(t *testing.T) {
			r := ask(t, newClerk(t, docs.RatesExample), "estimate.make", "pay.estimate", lang, facts, december)
			if len(r.Files) != 1 {
				t.Fatalf("%d files", len(r.Files))
			}
			dir := t.TempDir()
			path := filepath.Join(dir, "book.xlsx")
			must(t, os.WriteFile(path, r.Files[0].Data, 0o600))
			// The last -1 of the filter asks for every page; each becomes a file of its own.
			cmd := exec.Command(office, "-env:UserInstallation=file://"+filepath.Join(dir, "profile"), "--headless",
				"--convert-to", "csv:Text - txt - csv (StarCalc):44,34,76,1,,0,false,false,false,false,false,-1", "--outdir", dir, path)
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			x, err := excelize.OpenReader(bytes.NewReader(r.Files[0].Data))
			must(t, err)
			defer x.Close()
			pages, err := filepath.Glob(filepath.Join(dir, "book-*.csv"))
			must(t, err)
			if len(pages) != len(x.GetSheetList()) {
				t.Fatalf("LibreOffice sees %d pages, want %v", len(pages), x.GetSheetList())
			}
			var cells []string
			for _, page := range pages {
				data, err := os.ReadFile(page)
				must(t, err)
				rd := csv.NewReader(bytes.NewReader(data))
				rd.FieldsPerRecord = -1
				rows, err := rd.ReadAll()
				must(t, err)
				for _, row := range rows {
					cells = append(cells, row...)
				}
			}
			for _, cell := range cells {
				for _, wrong := range []string{"#NAME", "#REF", "#VALUE", "#DIV", "Err:"} {
					if strings.HasPrefix(cell, wrong) {
						t.Errorf("a cell is %q", cell)
					}
				}
			}
			for _, w := range want {
				if !slices.ContainsFunc(cells, func(c string) bool { return strings.Contains(c, w) }) {
					t.Errorf("LibreOffice does not see %q", w)
				}
			}
		})
	}
}
