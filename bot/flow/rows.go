package flow

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"xiaobao/bot/answer"
)

// Limits of lists and tables when their slot does not say.
const (
	defaultItems = 100
	defaultRows  = 2000
)

func (b *Book) readList(d *SlotDef, text string) (Value, *Line) {
	items := answer.Lines(text)
	limit := defaultItems
	if d.max != nil {
		limit = int(*d.max)
	}
	if len(items) > limit {
		return fault("fault.too_many", Number("Count", itoa(len(items))), Number("Max", itoa(limit)))
	}
	var out []string
	for _, item := range items {
		if d.Kind != "" {
			check, _ := b.deps.Check(d.Kind)
			v := check(item)
			if v.Fault != nil {
				return fault("fault.item", Text("Item", item), Arg{Name: "Fault", Kind: KindLine, Line: v.Fault})
			}
			item = v.Value
		}
		if !slices.Contains(out, item) {
			out = append(out, item)
		}
	}
	if len(out) == 0 || d.min != nil && len(out) < int(*d.min) {
		return fault("fault.rows")
	}
	return Value{List: out}, nil
}

// readRows reads a pasted table: one row per line, cells by tab, or by comma, semicolon or 、. A first line that names the
// columns says in which order they come, and which are not ours; any other first line without a number where numbers are
// wanted is passed over as well.
func (b *Book) readRows(d *SlotDef, text string, now time.Time) (Value, *Line) {
	limit := defaultRows
	if d.max != nil {
		limit = int(*d.max)
	}
	var rows [][]string
	var order []int // where each column is, when a header said so
	number := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		number++
		if strings.TrimSpace(line) == "" {
			continue
		}
		cells := splitCells(line)
		if number == 1 && strings.Contains(strings.TrimSpace(text), "\n") {
			var header bool
			if order, header = b.header(d, cells); header {
				continue
			}
		}
		cells = arranged(cells, order, len(d.columns))
		for len(cells) < len(d.columns) && d.columns[len(cells)].Optional {
			cells = append(cells, "")
		}
		if len(cells) != len(d.columns) {
			return fault("fault.columns", Number("Row", itoa(number)), Number("Count", itoa(len(cells))), Text("Want", d.cellsWanted()), d.columnNames())
		}
		row := make([]string, len(cells))
		for i, c := range d.columns {
			if cells[i] == "" && c.Optional {
				continue
			}
			v, wrong := b.readAs(c, d.ID+"."+c.ID, cells[i], now)
			if wrong != nil {
				return fault("fault.row", Number("Row", itoa(number)), Word("Column", "slot."+d.ID+".col."+c.ID), Arg{Name: "Fault", Kind: KindLine, Line: wrong})
			}
			row[i] = c.typed(v)
			if c.Type == "quantity" {
				row[i] = v.Text + " " + v.Unit
			}
		}
		if rows = append(rows, row); len(rows) > limit {
			return fault("fault.too_many", Number("Count", itoa(len(rows))), Number("Max", itoa(limit)))
		}
	}
	if len(rows) == 0 {
		return fault("fault.rows")
	}
	return Value{Rows: rows}, nil
}

// arranged are a row's cells in the order of the columns, without the empty ones a spreadsheet leaves behind them.
func arranged(cells []string, order []int, columns int) []string {
	if order == nil {
		for len(cells) > columns && cells[len(cells)-1] == "" {
			cells = cells[:len(cells)-1]
		}
		return cells
	}
	out := make([]string, len(order))
	for i, at := range order {
		if at >= 0 && at < len(cells) {
			out[i] = cells[at]
		}
	}
	return out
}

func splitCells(line string) []string {
	sep := func(r rune) bool { return strings.ContainsRune(",;\uff0c\uff1b、", r) }
	switch {
	case strings.Contains(line, "\t"):
		sep = func(r rune) bool { return r == '\t' }
	case strings.Contains(line, "|"):
		line = strings.Trim(strings.TrimSpace(line), "|")
		sep = func(r rune) bool { return r == '|' }
	}
	var cells []string
	start, quoted := 0, false
	for i, r := range line {
		switch {
		case r == '"' && (quoted || strings.TrimSpace(line[start:i]) == "") && strings.Count(line[i:], `"`) > 1-boolInt(quoted):
			quoted = !quoted // a cell that holds the separator, as spreadsheets write it
		case !quoted && sep(r):
			cells = append(cells, cellText(line[start:i]))
			start = i + utf8.RuneLen(r)
		}
	}
	return append(cells, cellText(line[start:]))
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

func cellText(s string) string {
	s = clean(strings.Trim(strings.TrimSpace(s), `"`))
	if s == "-" || s == "–" || s == "/" {
		return ""
	}
	return s
}

// header says whether the cells are a header. When they name every column that must be there, order is where each column
// is (-1: nowhere); otherwise the columns come as they are asked for.
func (b *Book) header(d *SlotDef, cells []string) (order []int, yes bool) {
	order = make([]int, len(d.columns))
	hits := 0
	for i, c := range d.columns {
		order[i] = b.columnAt(d, c, cells)
		if order[i] >= 0 {
			hits++
		}
	}
	missing := slices.ContainsFunc(d.columns, func(c *SlotDef) bool { return !c.Optional && order[d.column(c.ID)] < 0 })
	switch {
	case !missing && hits > 0:
		return order, true
	case hits*2 > len(cells):
		return nil, true
	}
	numbers := 0
	for i, c := range d.columns {
		if i >= len(cells) || c.Optional || c.Type != "number" && c.Type != "quantity" && c.Type != "money" {
			continue
		}
		numbers++
		if _, wrong := b.readAs(c, d.ID+"."+c.ID, cells[i], time.Time{}); wrong == nil || strings.ContainsFunc(cells[i], unicode.IsDigit) {
			return nil, false
		}
	}
	return nil, numbers > 1
}

// mostUnused is how many columns without a use are named; the others are counted.
const mostUnused = 12

// unused are the columns that a pasted table names and a slot has no use for.
func (b *Book) unused(d *SlotDef, text string) (names []Arg) {
	first, _, more := strings.Cut(strings.TrimSpace(text), "\n")
	if d.Type != "rows" || !more {
		return nil
	}
	cells := splitCells(strings.TrimSuffix(first, "\r"))
	order, _ := b.header(d, cells)
	if order == nil {
		return nil
	}
	for i, cell := range cells {
		if cell != "" && !slices.Contains(order, i) {
			names = append(names, Text("", cell))
		}
	}
	if left := len(names) - mostUnused; left > 0 {
		names = append(names[:mostUnused], Text("", "+"+itoa(left)))
	}
	return names
}

// columnAt is which of the cells names a column, in any language; -1 when none does.
func (b *Book) columnAt(d, c *SlotDef, cells []string) int {
	names := append([]string{c.ID}, b.deps.Accepted("slot."+d.ID+".col."+c.ID)...)
	return slices.IndexFunc(cells, func(cell string) bool {
		key := wordKey(cell)
		return key != "" && slices.ContainsFunc(names, func(name string) bool { return wordKey(name) == key })
	})
}

// cellsWanted is how many cells a row has: "4", or "4–6" when the last may be left out.
func (d *SlotDef) cellsWanted() string {
	least := len(d.columns)
	for least > 0 && d.columns[least-1].Optional {
		least--
	}
	if least == len(d.columns) {
		return itoa(least)
	}
	return itoa(least) + "–" + itoa(len(d.columns))
}

func (d *SlotDef) columnNames() Arg {
	var items []Arg
	for _, c := range d.columns {
		items = append(items, Word("", "slot."+d.ID+".col."+c.ID))
	}
	return Several("Columns", items...)
}
