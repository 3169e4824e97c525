package main

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/xuri/excelize/v2"

	"xiaobao/documents"
)

// filled is the template with ten cartons in it; bad is written into the cell that says how many units the first ones hold.
func filledTemplate(t testing.TB, bad string) []byte {
	t.Helper()
	tpl, err := documents.Template(ours(t).words)
	if err != nil {
		t.Fatal(err)
	}
	x, err := excelize.OpenReader(bytes.NewReader(tpl.Data))
	if err != nil {
		t.Fatal(err)
	}
	defer x.Close()
	lines, cartons := x.GetSheetList()[0], x.GetSheetList()[1]
	for sheet, rows := range map[string][][]any{
		lines:   {{"MUG", "Ceramic mug for hot drinks", "6911108010", "CN", 160, "PCS", 2.35}, {"TRAY", "Serving tray of solid oak", "4419909140", "CN", 40, "PCS", 8.9}},
		cartons: {{1, 8, "MUG", 20, 53, 37, 29, 9.2}, {9, 10, "TRAY", 20, 60, 40, 50, 21.4}},
	} {
		for i, row := range rows {
			if err := x.SetSheetRow(sheet, fmt.Sprintf("A%d", i+4), &row); err != nil {
				t.Fatal(err)
			}
		}
	}
	if bad != "" {
		if err := x.SetCellStr(cartons, "D4", bad); err != nil {
			t.Fatal(err)
		}
	}
	b, err := x.WriteToBuffer()
	if err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// TestListsInTheChat: the template is filled in and handed over. A mistake is shown by its cell and nothing is taken; mended, the same
// file answers the question about the cartons and the one about the goods.
func TestListsInTheChat(t *testing.T) {
	for lang, say := range map[string]struct{ hello, cartons, goods, wrong, mend, rows, shown, taken string }{
		"en": {"hello", "change Carton list", "change Invoice lines", "D4: Units per carton: “twenty” is not a number.",
			"nothing was taken from it", "t.xlsx, Cartons, rows: 2.", "t.xlsx, Lines, rows: 2.", "\n2 line(s)\n"},
		"zh": {"你好", "修改 箱子明细", "修改 发票明细", "D4: 每箱数量：“twenty”不是数字",
			"这份清单暂时没有采用", "t.xlsx，箱子：2 行。", "t.xlsx，货物：2 行。", "\n2 行\n"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := start(t, clockFrom(opening), fresh(t, "")...)
			v := visit(t, p, lang)
			v.say(say.hello)
			v.say(say.cartons)
			v.hand("t.xlsx", filledTemplate(t, "twenty"), say.wrong)
			v.see(say.mend)
			v.hand("t.xlsx", filledTemplate(t, ""), say.rows)
			v.await("the cartons to be taken", func(r room) bool { return strings.Count(r.String(), say.taken) == 1 })
			v.say(say.goods)
			v.hand("t.xlsx", filledTemplate(t, ""), say.shown)
			v.await("the goods to be taken", func(r room) bool { return strings.Count(r.String(), say.taken) == 2 })
			if code := p.stop(); code != 0 {
				t.Errorf("exit %d", code)
			}
		})
	}
}
