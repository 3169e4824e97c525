package clerk

import (
	"fmt"
	"strings"

	"github.com/xuri/excelize/v2"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/landedcost"
)

const xlsxType = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

// workbook hands over the estimates with every line, formula and rate, as a workbook. Nothing when there is no estimate.
func (j *job) workbook(name string, found []candidate) error {
	all := reckoned(found)
	if len(all) == 0 {
		return nil
	}
	title := j.Words.Say(j.Lang, j.Zone, flow.Say("sheet."+j.sheets[0]))
	data, err := Workbook(&Teller{Words: j.Words, Lang: j.Lang, Zone: j.Zone}, title, estimatesOf(all))
	if err != nil {
		return err
	}
	j.out.Files = append(j.out.Files, bot.Document{Name: name + ".xlsx", Type: xlsxType, Data: data, Note: title})
	return nil
}

// Workbook writes estimates as XLSX: the routes beside each other, every route with all of its lines, and the rates with their days
// and sources. What belongs to every number stands on every page. The same estimates give the same bytes.
func Workbook(t *Teller, title string, all []landedcost.Estimate) ([]byte, error) {
	b := &book{Teller: t, file: excelize.NewFile(), title: title, notes: t.Notes(all)}
	defer b.file.Close()
	if err := b.styles(); err != nil {
		return nil, err
	}
	b.page(t.Head("head.compare", flow.Text("Currency", all[0].Currency)))
	b.compare(all)
	for i := range all {
		b.page(t.Name(all[i].RouteName))
		b.estimate(&all[i])
	}
	b.page(t.Head("head.rates"))
	for _, line := range t.Cited() {
		b.row(line)
	}
	b.width("A", 120)
	if b.err != nil {
		return nil, fmt.Errorf("write the workbook: %w", b.err)
	}
	b.file.SetActiveSheet(0)
	out, err := b.file.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("write the workbook: %w", err)
	}
	return out.Bytes(), nil
}

// A book is a workbook being written; the first error ends it.
type book struct {
	*Teller
	file  *excelize.File
	title string
	notes []string
	pages int
	sheet string
	at    int // the row that was written last
	err   error

	bold, money, wrapped, warn int // styles
}

func (b *book) styles() (err error) {
	style := func(s *excelize.Style) int {
		id, e := b.file.NewStyle(s)
		if err == nil {
			err = e
		}
		return id
	}
	b.bold = style(&excelize.Style{Font: &excelize.Font{Bold: true}})
	b.money = style(&excelize.Style{NumFmt: 4, Alignment: &excelize.Alignment{Vertical: "top"}})
	b.wrapped = style(&excelize.Style{Alignment: &excelize.Alignment{WrapText: true, Vertical: "top"}})
	b.warn = style(&excelize.Style{Font: &excelize.Font{Bold: true, Color: "B02A2A"}})
	return err
}

// page begins a page. Its name is made fit for a workbook: no more than 31 characters, none of []:*?/\, and no other page's.
func (b *book) page(name string) {
	name = strings.Map(func(r rune) rune {
		if strings.ContainsRune(`[]:*?/\'`, r) || r < 0x20 {
			return ' '
		}
		return r
	}, name)
	if runes := []rune(name); len(runes) > 27 {
		name = string(runes[:27])
	}
	b.pages++
	b.sheet, b.at = fmt.Sprintf("%d %s", b.pages, strings.TrimSpace(name)), 0
	if b.pages == 1 {
		b.keep(b.file.SetSheetName("Sheet1", b.sheet))
	} else {
		_, err := b.file.NewSheet(b.sheet)
		b.keep(err)
	}
	b.row(b.title)
	b.style(b.bold, 1)
	for _, n := range b.notes {
		b.row(n)
		b.style(b.warn, 1)
	}
	b.at++
}

func (b *book) keep(err error) {
	if b.err == nil {
		b.err = err
	}
}

func (b *book) cell(column int) string {
	name, err := excelize.CoordinatesToCellName(column, b.at)
	b.keep(err)
	return name
}

// row writes cells as text: nothing in them is taken for a formula.
func (b *book) row(cells ...string) {
	b.at++
	for i, c := range cells {
		if c != "" {
			b.keep(b.file.SetCellStr(b.sheet, b.cell(i+1), c))
		}
	}
}

// amounts writes numbers as they are, to the last digit, into the row that was written last.
func (b *book) amounts(from int, amounts ...landedcost.Money) {
	for i, m := range amounts {
		cell := b.cell(from + i)
		b.keep(b.file.SetCellDefault(b.sheet, cell, m.Amount.String()))
		b.keep(b.file.SetCellStyle(b.sheet, cell, cell, b.money))
	}
}

// style styles the first cells of the row that was written last.
func (b *book) style(id, cells int) {
	b.keep(b.file.SetCellStyle(b.sheet, b.cell(1), b.cell(cells), id))
}

func (b *book) width(column string, w float64) {
	b.keep(b.file.SetColWidth(b.sheet, column, column, w))
}

// compare writes a column for each route.
func (b *book) compare(all []landedcost.Estimate) {
	head := []string{b.Head("head.compare", flow.Text("Currency", all[0].Currency))}
	for i := range all {
		head = append(head, b.Name(all[i].RouteName))
	}
	b.row(head...)
	b.style(b.bold, len(head))
	line := func(label string, of func(*landedcost.Estimate) landedcost.Money) {
		amounts, any := make([]landedcost.Money, len(all)), false
		for i := range all {
			amounts[i] = of(&all[i])
			any = any || !amounts[i].Amount.IsZero()
		}
		if any {
			b.row(label)
			b.amounts(2, amounts...)
		}
	}
	for _, stage := range landedcost.Stages() {
		line(b.Head("stage."+string(stage)), func(e *landedcost.Estimate) landedcost.Money { return sum(e, []landedcost.Stage{stage}) })
	}
	line(b.Head("head.total"), func(e *landedcost.Estimate) landedcost.Money { return e.Total })
	line(b.Head("head.tax"), func(e *landedcost.Estimate) landedcost.Money { return e.TaxTotal })
	line(b.Head("head.landed"), func(e *landedcost.Estimate) landedcost.Money { return e.Landed })
	line(b.Head("head.per_unit"), func(e *landedcost.Estimate) landedcost.Money { return e.PerUnit })
	days := []string{b.Head("head.transit")}
	for i := range all {
		days = append(days, b.Days(&all[i]))
	}
	b.row(days...)
	b.width("A", 34)
	for i := range all {
		column, err := excelize.ColumnNumberToName(i + 2)
		b.keep(err)
		b.width(column, 24)
	}
	b.flags(all)
}

func (b *book) flags(all []landedcost.Estimate) {
	b.at++
	b.row(b.Head("head.flags"))
	b.style(b.bold, 1)
	for _, f := range b.Flags(all) {
		b.row(f)
	}
}

// estimate writes every line of one route.
func (b *book) estimate(e *landedcost.Estimate) {
	b.row(b.Head("head.title", flow.Text("Name", b.Name(e.RouteName)), flow.Text("Destination", e.Destination), flow.Text("Incoterm", string(e.Incoterm)), flow.Date("On", e.On.String())))
	b.row(b.Measured(&e.Measure))
	for _, f := range e.Customs.Formula {
		b.row(b.Sentence(f))
	}
	b.at++
	b.row(b.Head("head.item"), b.Head("head.payer"), b.Head("head.how"), b.Head("head.amount"), "", b.Head("head.sum", flow.Text("Currency", e.Currency)), b.Head("head.rates"))
	b.style(b.bold, 7)
	for i := range e.Lines {
		l := &e.Lines[i]
		b.row(b.Sentence(l.Name), b.Payer(l.Payer), b.How(l), "", l.Amount.Currency, "", b.Cite(l.Rates))
		b.style(b.wrapped, 3)
		b.amounts(4, l.Amount)
		b.amounts(6, l.Sum)
	}
	for _, s := range []struct {
		label string
		sum   landedcost.Money
	}{{b.Head("head.total"), e.Total}, {b.Head("head.tax"), e.TaxTotal}, {b.Head("head.landed"), e.Landed}, {b.Head("head.per_unit"), e.PerUnit}} {
		b.row(s.label)
		b.style(b.bold, 1)
		b.amounts(6, s.sum)
	}
	if len(e.Items) > 1 {
		b.at++
		b.row(b.Head("head.items"))
		b.style(b.bold, 1)
		for i, item := range e.Items {
			name := item.SKU
			if name == "" {
				name = "#" + itoa(i+1)
			}
			b.row(name, itoa(item.Units))
			b.amounts(4, item.PerUnit)
			b.amounts(6, item.Landed)
		}
	}
	for column, w := range map[string]float64{"A": 34, "B": 14, "C": 60, "D": 14, "E": 6, "F": 16, "G": 16} {
		b.width(column, w)
	}
}
