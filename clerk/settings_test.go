package clerk_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"xiaobao/bot/flow"
	"xiaobao/docs"
)

// TestSettings: the configuration sheet comes in both formats, with the labels of choices, the goods as they are packed, and marks where
// something is still to be found; an answer that was left out and is not always wanted does not stand there.
func TestSettings(t *testing.T) {
	facts := factsOf(t, "estimate")
	for slot, text := range map[string]string{"destination": "us", "route": "agl_ocean_lcl", "placement": "minimal", "pay_currency": "usd", "ship_from_name": "Shenzhen Mingtu Trading Co., Ltd."} {
		facts[slot] = flow.Value{Text: text}
	}
	facts["lines"] = flow.Value{Rows: [][]string{{"MUG", "8", "20", "160", "X001ABCDEF", ""}, {"TRAY", "2", "15", "30", "", "B003ZYF3LO"}}}
	delete(facts, "cargo_ready_date")
	delete(facts, "service_level")
	r := ask(t, newClerk(t, docs.RatesExample), "papers.settings", "configure.settings_file", "zh-Hans", facts, december)
	if len(r.Files) != 2 || r.Files[0].Name != "06-configuration-sheet.pdf" || r.Files[1].Name != "06-configuration-sheet.xlsx" {
		t.Fatalf("the files are %+v", r.Files)
	}
	text := workbookText(t, r.Files[1].Data)
	for _, want := range []string{"Minimal splits 最少分仓", "United States 美国站", "US dollars (USD)", "MUG\tX001ABCDEF\t8\t20\t160", "TRAY\tB003ZYF3LO\t2\t15\t30", "10\t\t190", "待补"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q in\n%s", want, text)
		}
	}
	if strings.Contains(text, "时效") {
		t.Errorf("a speed stands there that nobody chose:\n%s", text)
	}
}

// workbookText is everything that stands in a workbook, cells parted by tabs.
func workbookText(t *testing.T, data []byte) string {
	t.Helper()
	x, err := excelize.OpenReader(bytes.NewReader(data))
	must(t, err)
	defer x.Close()
	var b strings.Builder
	for _, sheet := range x.GetSheetList() {
		rows, err := x.GetRows(sheet)
		must(t, err)
		for _, row := range rows {
			b.WriteString(strings.Join(row, "\t") + "\n")
		}
	}
	return b.String()
}
