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

// TestListsInTheChat: the template is filled in and handed over. A mistake is shown by its cell and nothing waits to be taken; mended,
// the same file answers the question about the cartons and the one about the goods, once somebody has said so, and can be taken back.
func TestListsInTheChat(t *testing.T) {
	for lang, say := range map[string]struct{ hello, cartons, goods, wrong, mend, holds, lines, fresh, there, take, taken, discard, discarded, undo, undone string }{
		"en": {"hello", "change Carton list", "change Invoice lines", "D4: Units per carton: “twenty” is not a number.",
			"nothing was taken from it", "Cartons: 10. Units in all: 200.", "Units in all: 200. Quantity times price: 732.",
			"There are no rows for it yet.", "They take the place of what is there now: 2 line(s).", "Take These Rows", "Taken for “Carton list”: 2 line(s).",
			"Discard", "Discarded", "Undo", "Taken back: Carton list."},
		"zh": {"你好", "修改 箱子明细", "修改 发票明细", "D4: 每箱数量：“twenty”不是数字",
			"这份清单暂时没有采用", "合计 10 箱、200 件。", "合计 200 件，数量乘单价合计 732。",
			"这一项还没有内容。", "现有的内容（2 行）会被替换。", "采用这些行", "“箱子明细”已采用：2 行。",
			"不要", "未采用", "撤销", "已撤销：箱子明细。"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := start(t, clockFrom(opening), fresh(t, "")...)
			v := visit(t, p, lang)
			v.say(say.hello)
			v.say(say.cartons)
			v.hand("t.xlsx", filledTemplate(t, "twenty"), say.wrong)
			v.see(say.mend)
			if _, ok := v.now().find(say.take); ok {
				t.Error("rows with mistakes can be taken")
			}
			v.hand("t.xlsx", filledTemplate(t, ""), say.holds)
			v.see(say.fresh)
			v.press(say.discard)
			v.see(say.discarded)
			v.hand("t.xlsx", filledTemplate(t, ""), say.fresh)
			v.press(say.take)
			v.see(say.taken)
			v.say(say.cartons)
			v.hand("t.xlsx", filledTemplate(t, ""), say.there)
			v.press(say.discard)
			v.press(say.undo)
			v.see(say.undone)
			v.say(say.goods)
			v.hand("t.xlsx", filledTemplate(t, ""), say.lines)
			v.press(say.take)
			v.await("the goods to be taken", func(r room) bool {
				return strings.Contains(r.String(), strings.ReplaceAll(say.taken, labelOf(say.cartons), labelOf(say.goods)))
			})
			if code := p.stop(); code != 0 {
				t.Errorf("exit %d", code)
			}
		})
	}
}

// labelOf is what is to be changed: "Carton list" of "change Carton list".
func labelOf(line string) string {
	_, label, _ := strings.Cut(line, " ")
	return label
}
