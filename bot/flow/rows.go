package flow

import (
	"slices"
	"strings"
	"time"
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

// readRows reads a pasted table: one row per line, cells by tab, or by comma, semicolon or 、. A first line that repeats
// the column names is passed over.
func (b *Book) readRows(d *SlotDef, text string, now time.Time) (Value, *Line) {
	limit := defaultRows
	if d.max != nil {
		limit = int(*d.max)
	}
	var rows [][]string
	number := 0
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		number++
		if strings.TrimSpace(line) == "" {
			continue
		}
		cells := splitCells(line)
		if len(rows) == 0 && number == 1 && b.isHeader(d, cells) {
			continue
		}
		for len(cells) < len(d.columns) && d.columns[len(cells)].Optional {
			cells = append(cells, "")
		}
		if len(cells) != len(d.columns) {
			return fault("fault.columns", Number("Row", itoa(number)), Number("Count", itoa(len(cells))), Number("Want", itoa(len(d.columns))), d.columnNames())
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
	start := 0
	for i, r := range line {
		if sep(r) {
			cells = append(cells, cellText(line[start:i]))
			start = i + utf8.RuneLen(r)
		}
	}
	return append(cells, cellText(line[start:]))
}

func cellText(s string) string {
	s = clean(strings.Trim(strings.TrimSpace(s), `"`))
	if s == "-" || s == "–" || s == "/" {
		return ""
	}
	return s
}

// isHeader says whether the cells are the names of the columns in some language.
func (b *Book) isHeader(d *SlotDef, cells []string) bool {
	hits := 0
	for i, c := range d.columns {
		if i >= len(cells) {
			break
		}
		key := wordKey(cells[i])
		if key == wordKey(c.ID) {
			hits++
			continue
		}
		for _, label := range b.deps.Accepted("slot." + d.ID + ".col." + c.ID) {
			if wordKey(label) == key {
				hits++
				break
			}
		}
	}
	return hits*2 > len(cells)
}

func (d *SlotDef) columnNames() Arg {
	var items []Arg
	for _, c := range d.columns {
		items = append(items, Word("", "slot."+d.ID+".col."+c.ID))
	}
	return Several("Columns", items...)
}
