package documents

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"
)

// Template is the workbook to fill in: a sheet for goods, a sheet for cartons, and one that says how. It has both languages, always:
// it travels between a factory and a seller.
func Template(w Words) (File, error) {
	if w == nil {
		return File{}, fmt.Errorf("documents: no words to make a template with")
	}
	both := func(id string, args ...argument) pairOf {
		return pairOf{fill(w, "en", say(id, args...)), fill(w, "zh-Hans", say(id, args...))}
	}
	p := &paper{title: both("list.title"), f: &Facts{}, o: Options{Words: w, Lang: "zh-Hans"}}
	b := &book{File: excelize.NewFile(), p: p, row: 1, st: map[string]int{}}
	defer b.Close()
	b.properties()
	for i, kind := range []string{"lines", "cartons", "help"} {
		b.name = both("list.sheet." + kind).join()
		if i == 0 {
			b.note(b.SetSheetName("Sheet1", b.name))
		} else {
			_, err := b.NewSheet(b.name)
			b.note(err)
		}
		b.row = 1
		if kind == "help" {
			b.help(both)
			continue
		}
		b.form(headsOf(kind), examples[kind], both)
	}
	if b.err != nil {
		return File{}, fmt.Errorf("documents: write the template: %w", b.err)
	}
	buf, err := b.WriteToBuffer()
	if err != nil {
		return File{}, fmt.Errorf("documents: write the template: %w", err)
	}
	return File{Name: "07-list-template.xlsx", Type: XLSX.mime(), Data: buf.Bytes()}, nil
}

// examples are a row each, by the ids of the columns.
var examples = map[string]map[string]string{
	"lines": {"sku": "MUG-WHT-350", "description": "Ceramic mug for hot drinks, glazed porcelain, 350 ml", "hs": "6911108010", "origin": "CN", "quantity": "160",
		"unit": "PCS", "unit_price": "2.35", "total": "376.00", "fnsku": "X001ABCDEF", "asin": "B003ZYF3LO", "name_zh": "陶瓷马克杯", "material": "porcelain",
		"use": "drinking at home", "brand": "MINGYUE", "model": "M350", "net_kg": "60.8", "export_hs": "6911101900", "elements": "品名；用途；材质；品牌类型；型号",
		"source": "泉州德化", "legal_units": "60.8 kg"},
	"cartons": {"from": "1", "to": "8", "sku": "MUG-WHT-350", "units_each": "20", "length": "53", "width": "37", "height": "29", "gross": "9.2", "net": "7.6",
		"box_id": "", "pallet": "P1", "marks": "MADE IN CHINA", "batch": "", "expiry": "2028-06-30"},
}

// form writes the head of a list, a row that says what is needed, and an example; both begin with # and are not read.
func (b *book) form(hs []heading, example map[string]string, both func(string, ...argument) pairOf) {
	for i, h := range hs {
		name := both("list." + h.id)
		head := name.en + "\n" + name.zh
		if h.needed {
			head = name.en + " *\n" + name.zh
		}
		hint := both("list.hint.optional")
		if h.needed {
			hint = both("list.hint.needed")
		}
		mark := ""
		if i == 0 {
			mark = "# "
		}
		col := letter(i)
		wide := 14.0
		if h.id == "description" || h.id == "elements" {
			wide = 44
		}
		b.note(b.SetColWidth(b.name, col, col, wide))
		// Codes are text: a spreadsheet would take the zeros at their beginning and the digits at their end.
		if h.number == "" {
			b.note(b.SetColStyle(b.name, col, b.style("code")))
		}
		b.row = 1
		b.put(i+1, head, "head")
		b.row = 2
		b.put(i+1, mark+hint.join(), "small")
		b.row = 3
		b.put(i+1, mark+example[h.id], "small")
	}
	b.note(b.SetRowHeight(b.name, 1, 32))
	b.note(b.SetPanes(b.name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}))
}

func (b *book) help(both func(string, ...argument) pairOf) {
	b.note(b.SetColWidth(b.name, "A", "A", 110))
	t := both("list.title")
	b.put(1, t.join(), "part")
	b.row += 2
	for i := 1; i <= 6; i++ {
		x := both(fmt.Sprintf("list.help.%d", i), count("Lines", MostLines), count("Boxes", MostBoxes))
		b.put(1, strings.Join([]string{x.en, x.zh}, "\n"), "plain")
		b.note(b.SetRowHeight(b.name, b.row, 44))
		b.row++
	}
}
