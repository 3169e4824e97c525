package clerk

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/documents"
)

// Open looks into the lists of goods and cartons that people hand over, as workbook or as CSV: it shows what was understood and every
// mistake with its cell, and hands the rows on, to wait for the person's word. A list with mistakes is not half taken. Other workbooks are
// handed on as they are, sheet one.
func (k *Clerk) Open(book *flow.Book) bot.OpenFunc {
	return func(o bot.Opening) bot.Opened {
		j := &job{Clerk: k, Teller: Teller{Words: k.words, Lang: o.To.Lang, Zone: o.To.Zone}}
		asked := book.Waiting(o.State, o.To.Person, o.Now)
		isBook := documents.IsWorkbook(o.File.Data)
		wanted := slices.ContainsFunc(asked, func(slot string) bool { return lists[slot].what != "" })
		if !isBook && !wanted {
			return bot.Opened{} // plain text: whoever asked reads it
		}
		l, err := documents.Read(o.File.Data, k.words)
		if r, is := errors.AsType[*documents.Rejection](err); is {
			switch {
			case !isBook:
				return bot.Opened{} // it may be a table without a head, as people paste them
			case strings.HasSuffix(r.Says.ID, ".no_head"):
				return j.asItIs(o.File.Data)
			}
			j.paragraph(bot.Warn, j.Sentence(r.Says))
			return bot.Opened{Taken: true, Shown: j.out.Shown}
		}
		for _, slot := range asked {
			if d := book.Slot(slot); d != nil && d.Type == "rows" && lists[slot].what == "" {
				return j.asItIs(o.File.Data) // another table is asked for: its own columns count
			}
			if text := lists[slot].text; text != nil && slices.ContainsFunc(l.Sheets, func(s documents.Seen) bool { return s.What == lists[slot].what }) {
				j.understood(o.File.Name, l)
				if l.Stops() {
					return bot.Opened{Taken: true, Shown: j.out.Shown}
				}
				return bot.Opened{Taken: true, Shown: j.out.Shown, Slot: slot, Text: text(j, l)}
			}
		}
		j.understood(o.File.Name, l)
		if !l.Stops() {
			j.paragraph(bot.Plain, j.chat("not_asked"))
		}
		for _, slot := range []string{"cartons", "invoice_lines"} {
			if slices.ContainsFunc(l.Sheets, func(s documents.Seen) bool { return s.What == lists[slot].what && s.Rows > 0 }) {
				label := j.label(slot) // the slot's id is what people call another one
				j.out.Offers = append(j.out.Offers, bot.Action{ID: "change", Value: label, Label: label})
			}
		}
		return bot.Opened{Taken: true, Shown: j.out.Shown, Offers: j.out.Offers}
	}
}

// lists are the slots that a list fills: which of the two lists, and how its rows are written for the slot.
var lists = map[string]struct {
	what string
	text func(*job, documents.List) string
}{
	"cartons":       {"cartons", (*job).cartonRows},
	"invoice_lines": {"lines", (*job).invoiceRows},
}

// chat says one of the messages about lists.
func (j *job) chat(id string, args ...flow.Arg) string {
	return j.Words.Say(j.Lang, j.Zone, flow.Say("documents.chat."+id, args...))
}

// asItIs hands the rows of a workbook on.
func (j *job) asItIs(data []byte) bot.Opened {
	rows, err := documents.Rows(data)
	if r, is := errors.AsType[*documents.Rejection](err); is {
		j.paragraph(bot.Warn, j.Sentence(r.Says))
		return bot.Opened{Taken: true, Shown: j.out.Shown}
	}
	var b strings.Builder
	var first [][]string
	for _, r := range rows {
		if len(r) > 0 {
			writeRow(&b, r)
			if len(first) < mostRows {
				first = append(first, slices.Clone(r[:min(len(r), mostColumns)]))
			}
		}
	}
	j.show(bot.Block{Kind: bot.Grid, Table: &bot.Table{Head: first[0], Rows: first[1:]}})
	return bot.Opened{Taken: true, Shown: j.out.Shown, Text: b.String()}
}

// writeRow writes a line as it would be pasted from a spreadsheet.
func writeRow(b *strings.Builder, cells []string) {
	for i, c := range cells {
		if i > 0 {
			b.WriteByte('\t')
		}
		b.WriteString(strings.TrimLeft(c, `"`)) // a quotation mark at the beginning would take the next cells in
	}
	b.WriteByte('\n')
}

func (j *job) cartonRows(l documents.List) string {
	var b strings.Builder
	j.columns(&b, "cartons", cartonColumns)
	for _, c := range l.Cartons {
		contents := c.Contents
		if len(contents) == 0 {
			contents = []documents.Content{{}}
		}
		for i, x := range contents {
			row := []string{itoa(c.From), itoa(c.Last()), c.Length.String(), c.Width.String(), c.Height.String(), c.Gross.String(), x.SKU, itoa(x.Units), "", "", "", "", x.Batch, x.Expiry}
			if i == 0 { // what belongs to the carton stands with the first of its goods
				row[8], row[9], row[10], row[11] = cellOf(c.Net), strings.Join(c.BoxIDs, " "), c.Pallet, c.Marks
			}
			writeRow(&b, row)
		}
	}
	return b.String()
}

func (j *job) invoiceRows(l documents.List) string {
	var b strings.Builder
	j.columns(&b, "invoice_lines", invoiceColumns)
	for _, x := range l.Lines {
		row := make([]string, 0, len(invoiceColumns))
		for _, column := range invoiceColumns {
			row = append(row, lineCell(x, column))
		}
		writeRow(&b, row)
	}
	return b.String()
}

// lineCell is what a line of a list has for a column of the slot invoice_lines.
func lineCell(x documents.Line, column string) string {
	switch column {
	case "description":
		return x.Description
	case "hs":
		return x.HS
	case "origin":
		return x.Origin
	case "quantity":
		return itoa(x.Quantity)
	case "unit":
		if x.Unit == "" {
			return "PCS"
		}
		return x.Unit
	case "unit_price":
		return cellOf(x.UnitPrice)
	case "sku":
		return x.SKU
	case "name_zh":
		return x.NameZh
	case "material":
		return x.Material
	case "use":
		return x.Use
	case "brand":
		return x.Brand
	case "model":
		return x.Model
	case "net_kg":
		return cellOf(x.NetKg)
	case "export_hs":
		return x.ExportHS
	case "elements":
		return x.Elements
	case "source":
		return x.Source
	case "legal_units":
		return x.LegalUnits
	case "fnsku":
		return x.FNSKU
	case "asin":
		return x.ASIN
	case "legal_units_2":
		return x.LegalUnits2
	}
	return ""
}

// cellOf writes a number that may be missing.
func cellOf(d *documents.Decimal) string {
	if d == nil {
		return ""
	}
	return d.String()
}

// columns writes the head of a slot's table, as the reader's language names it.
func (j *job) columns(b *strings.Builder, slot string, ids []string) {
	var heads []string
	for _, id := range ids {
		heads = append(heads, j.Words.Say(j.Lang, j.Zone, flow.Say("slot."+slot+".col."+id)))
	}
	writeRow(b, heads)
}

// mostRows is how many rows of a workbook that is handed on are shown.
const mostRows = 5

// mostColumns is how many columns of a list are shown; a chat is narrow.
const mostColumns = 7

// mostMistakes is how many mistakes of a list are named in the chat.
const mostMistakes = 15

// understood shows how a list was read: its sheets, the first rows, the columns nobody knows, and what is wrong in it.
func (j *job) understood(name string, l documents.List) {
	for _, s := range l.Sheets {
		if s.Rows == 0 {
			continue
		}
		what := j.Words.Say(j.Lang, j.Zone, flow.Say("documents.list.sheet."+s.What))
		j.paragraph(bot.Plain, j.chat("understood", flow.Text("Name", name), flow.Text("What", what), flow.Number("Count", itoa(s.Rows))))
		t := &bot.Table{}
		for _, id := range s.Columns[:min(len(s.Columns), mostColumns)] {
			t.Head = append(t.Head, j.Words.Say(j.Lang, j.Zone, flow.Say("documents.list."+id)))
		}
		for _, r := range s.Preview {
			t.Rows = append(t.Rows, r[:len(t.Head)])
		}
		j.show(bot.Block{Kind: bot.Grid, Table: t})
		if !l.Stops() {
			j.paragraph(bot.Plain, j.holds(s.What, l))
		}
		if len(s.Columns) > mostColumns {
			var also []flow.Arg
			for _, id := range s.Columns[mostColumns:] {
				also = append(also, flow.Word("", "documents.list."+id))
			}
			j.show(bot.Block{Kind: bot.Note, Text: j.chat("also_read", flow.Several("Columns", also...))})
		}
		if len(s.Unknown) > 0 {
			j.show(bot.Block{Kind: bot.Note, Text: j.chat("unknown", flow.Text("Columns", strings.Join(s.Unknown, ", ")))})
		}
	}
	var wrong, doubtful []string
	for _, f := range l.Findings {
		where := ""
		if f.Row > 0 {
			where = fmt.Sprintf("%s%d: ", f.Col, f.Row)
		}
		if f.Level == documents.Block {
			wrong = append(wrong, where+j.Sentence(f.Says))
		} else {
			doubtful = append(doubtful, where+j.Sentence(f.Says))
		}
	}
	j.named(bot.Bad, "mistakes", bot.Missing, wrong)
	j.named(bot.Warn, "doubts", bot.NoMark, doubtful)
}

// holds says what a list comes to, for whoever knows what it should: cartons and units, or units and their value.
func (j *job) holds(what string, l documents.List) string {
	if what == "lines" {
		units, value := 0, documents.Decimal{}
		for _, x := range l.Lines {
			units += x.Quantity
			if x.UnitPrice != nil {
				value = value.Add(x.UnitPrice.Mul(decimal.NewFromInt(int64(x.Quantity))))
			}
		}
		return j.chat("holds_lines", flow.Number("Units", itoa(units)), flow.Number("Value", value.String()))
	}
	cartons, units := 0, 0
	for _, c := range l.Cartons {
		n := c.Last() - c.From + 1
		cartons += n
		for _, x := range c.Contents {
			units += n * x.Units
		}
	}
	return j.chat("holds_cartons", flow.Number("Cartons", itoa(cartons)), flow.Number("Units", itoa(units)))
}

// named shows lines under a sentence that counts them.
func (j *job) named(tone bot.Tone, id string, mark bot.Mark, lines []string) {
	if len(lines) == 0 {
		return
	}
	j.paragraph(tone, j.chat(id, flow.Number("Count", itoa(len(lines)))))
	if left := len(lines) - mostMistakes; left > 1 {
		lines = append(lines[:mostMistakes:mostMistakes], j.chat("more", flow.Number("Count", itoa(left))))
	}
	j.list(mark, lines...)
}
