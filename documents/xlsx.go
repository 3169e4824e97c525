package documents

import (
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// book writes a paper as a workbook of one sheet: the same parts, one under the other, numbers as numbers.
type book struct {
	*excelize.File
	p    *paper
	name string
	row  int
	cols int // of the widest table
	st   map[string]int
	err  error
}

// xlsx writes the paper.
func (p *paper) xlsx(o Options) ([]byte, error) {
	b := &book{File: excelize.NewFile(), p: p, row: 1, cols: 4, st: map[string]int{}}
	defer b.Close()
	for _, x := range p.parts {
		if t, ok := x.(table); ok {
			b.cols = max(b.cols, len(t.cols))
		}
	}
	b.name = sheetName(p.title.en)
	b.note(b.SetSheetName("Sheet1", b.name))
	b.properties()
	b.setUp()
	b.title()
	for _, x := range p.parts {
		b.part(x)
	}
	b.put(1, p.notice.join(), "small")
	if b.err != nil {
		return nil, fmt.Errorf("documents: write the workbook: %w", b.err)
	}
	buf, err := b.WriteToBuffer()
	if err != nil {
		return nil, fmt.Errorf("documents: write the workbook: %w", err)
	}
	return buf.Bytes(), nil
}

func (b *book) note(err error) {
	if err != nil && b.err == nil {
		b.err = err
	}
}

func sheetName(title string) string { return title[:min(len(title), 31)] }

// properties has no time but the facts' own.
func (b *book) properties() {
	made := b.p.made
	if made.IsZero() {
		made = epoch
	}
	stamp := made.Format(time.RFC3339)
	b.note(b.SetDocProps(&excelize.DocProperties{Creator: "Xiaobao", LastModifiedBy: "Xiaobao", Created: stamp, Modified: stamp,
		Title: strings.TrimSpace(b.p.title.en + " " + b.p.f.Invoice.Number), Language: "en"}))
}

// setUp prepares printing: A4, as wide as the page, page numbers in the foot.
func (b *book) setUp() {
	orientation := "portrait"
	if b.p.wide || b.cols > 8 {
		orientation = "landscape"
	}
	a4, fit, tall := 9, 1, 0
	yes := true
	b.note(b.SetPageLayout(b.name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &orientation, FitToWidth: &fit, FitToHeight: &tall}))
	b.note(b.SetSheetProps(b.name, &excelize.SheetPropsOptions{FitToPage: &yes}))
	b.note(b.SetHeaderFooter(b.name, &excelize.HeaderFooterOptions{OddFooter: "&R&P / &N"}))
	off := false
	b.note(b.SetSheetView(b.name, 0, &excelize.ViewOptions{ShowGridLines: &off}))
	widths := make([]float64, b.cols)
	for _, x := range b.p.parts {
		if t, ok := x.(table); ok && len(t.cols) == b.cols {
			total := 0.0
			for _, c := range t.cols {
				total += c.share
			}
			for i, c := range t.cols {
				widths[i] = max(widths[i], c.share/total*float64(100+20*max(0, b.cols-8)))
			}
		}
	}
	for i, w := range widths {
		if w == 0 {
			w = 26
		}
		col, _ := excelize.ColumnNumberToName(i + 1)
		b.note(b.SetColWidth(b.name, col, col, max(w, 8)))
	}
}

// style makes each look once.
func (b *book) style(name string) int {
	if id, ok := b.st[name]; ok {
		return id
	}
	s := &excelize.Style{Font: &excelize.Font{Family: "Noto Sans SC", Size: 10, Color: "1C2128"}, Alignment: &excelize.Alignment{Vertical: "top", WrapText: true}}
	thin := func(sides ...string) {
		for _, side := range sides {
			s.Border = append(s.Border, excelize.Border{Type: side, Color: "CED4DA", Style: 1})
		}
	}
	base, format, _ := strings.Cut(name, ":")
	switch base {
	case "title":
		s.Font.Size, s.Font.Bold, s.Font.Color = 18, true, "0E5468"
		s.Alignment.WrapText = false
	case "part":
		s.Font.Size, s.Font.Bold, s.Font.Color = 12, true, "0E5468"
		s.Alignment.WrapText = false
	case "label", "small":
		s.Font.Size, s.Font.Color = 9, "68707A"
	case "code":
		s.NumFmt, s.Alignment.WrapText = 49, false
	case "strong":
		s.Font.Bold = true
	case "gap":
		s.Font.Color = "B02A24"
	case "head":
		s.Font.Bold, s.Font.Size = true, 9
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F1F4F6"}}
		thin("top", "bottom", "left", "right")
	case "cell":
		thin("top", "bottom", "left", "right")
	case "gapcell":
		s.Font.Color = "B02A24"
		thin("top", "bottom", "left", "right")
	case "sum":
		s.Font.Bold = true
		s.Fill = excelize.Fill{Type: "pattern", Pattern: 1, Color: []string{"F1F4F6"}}
		thin("top", "bottom", "left", "right")
	}
	if format != "" {
		s.CustomNumFmt = &format
		s.Alignment.Horizontal = "right"
	}
	id, err := b.NewStyle(s)
	b.note(err)
	b.st[name] = id
	return id
}

// mostCell is how many characters a cell of a workbook holds.
const mostCell = 32000

// harmless keeps a text from being taken for a formula: by whoever opens the file, and by whoever saves it as CSV and opens that.
func harmless(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		s = "'" + s
	}
	if utf8.RuneCountInString(s) > mostCell {
		s = string([]rune(s)[:mostCell])
	}
	return s
}

func (b *book) at(col int) string {
	name, err := excelize.CoordinatesToCellName(col, b.row)
	b.note(err)
	return name
}

func (b *book) put(col int, value string, style string) {
	if value == "" {
		return
	}
	at := b.at(col)
	b.note(b.SetCellStr(b.name, at, harmless(value)))
	b.note(b.SetCellStyle(b.name, at, at, b.style(style)))
}

// across writes a text over several columns, and makes the row tall enough.
func (b *book) across(from, to int, value, style string) {
	b.put(from, value, style)
	last, _ := excelize.CoordinatesToCellName(to, b.row)
	if to > from {
		b.note(b.MergeCell(b.name, b.at(from), last))
	}
}

func (b *book) title() {
	b.across(1, b.cols, b.p.title.join(), "title")
	b.note(b.SetRowHeight(b.name, b.row, 30))
	b.row++
	if b.p.draft {
		b.across(1, b.cols, b.p.say("paper.draft").join(), "gap")
		b.row++
	}
	for _, f := range b.p.head {
		b.field(f)
	}
	b.row++
}

func (b *book) field(f field) {
	b.put(1, f.label.join(), "label")
	value, style := f.value, "cell"
	if f.gap {
		value, style = b.p.say("paper.gap").join(), "gapcell"
	}
	if value == "" {
		value = "–"
	}
	b.across(2, max(2, min(4, b.cols)), value, style)
	b.row++
}

func (b *book) part(x part) {
	head := func(t pairOf) {
		if t.en != "" {
			b.put(1, t.join(), "part")
			b.row++
		}
	}
	switch x := x.(type) {
	case group:
		head(x.title)
		for _, one := range x.boxes {
			b.box(one)
		}
	case table:
		head(x.title)
		b.table(x)
	case prose:
		head(x.title)
		for _, t := range x.texts {
			for _, s := range nonEmpty(t.en, t.zh) {
				b.across(1, b.cols, s, "small")
				b.note(b.SetRowHeight(b.name, b.row, float64(14*(1+utf8.RuneCountInString(s)/90))))
				b.row++
			}
		}
	case tasks:
		head(x.title)
		for _, t := range x.items {
			mark := "☐"
			if t.done {
				mark = "☑"
			}
			b.put(1, mark, "strong")
			b.across(2, b.cols, t.text.join(), "cell")
			b.row++
			if t.note != "" {
				b.across(2, b.cols, t.note, "small")
				b.row++
			}
		}
	case labels:
		b.labels(x)
	case signatures:
		b.row++
		for _, s := range nonEmpty(x.says.en, x.says.zh) {
			b.across(1, b.cols, s, "small")
			b.row++
		}
		for _, f := range x.fields {
			b.field(f)
		}
		b.put(1, x.seal.join(), "label")
		b.note(b.SetRowHeight(b.name, b.row, 60))
		b.row++
	}
	b.row++
}

func (b *book) box(x box) {
	if x.title.en != "" {
		b.put(1, x.title.join(), "label")
		text := strings.Join(nonEmpty(append([]string{x.name}, x.lines...)...), "\n")
		style := "cell"
		if x.gap {
			text, style = strings.Join(nonEmpty(text, b.p.say("paper.gap").join()), "\n"), "gapcell"
		}
		if text != "" {
			b.across(2, max(2, min(4, b.cols)), text, style)
			b.note(b.SetRowHeight(b.name, b.row, float64(14*(1+strings.Count(text, "\n")))))
		}
		b.row++
	}
	for _, f := range x.fields {
		b.field(f)
	}
}

// table writes a table; notes of a cell stand beneath its text in the same cell.
func (b *book) table(t table) {
	headed := false
	for i, c := range t.cols {
		if h := strings.Join(nonEmpty(c.head.en, c.head.zh), "\n"); h != "" {
			b.put(i+1, h, "head")
			headed = true
		}
	}
	if headed {
		b.row++
	}
	// A table with fewer columns than the sheet stands at the right, under the amounts.
	shift := 0
	if !headed {
		shift = max(0, b.cols-len(t.cols))
	}
	for _, r := range t.rows {
		b.cells(shift, r, "cell")
	}
	for _, r := range t.sums {
		b.cells(shift, r, "sum")
	}
}

func (b *book) cells(shift int, r []cell, style string) {
	lines := 1
	for i, c := range r {
		at := b.at(shift + i + 1)
		switch {
		case c.gap:
			b.put(shift+i+1, b.p.say("paper.gap").join(), "gapcell")
		case c.num != nil && len(c.notes) == 0:
			v, _ := c.num.Float64()
			b.note(b.SetCellFloat(b.name, at, v, -1, 64))
			format := "#,##0"
			if c.places > 0 {
				format += "." + strings.Repeat("0", int(c.places))
			}
			b.note(b.SetCellStyle(b.name, at, at, b.style(style+":"+format)))
		default:
			text := strings.Join(nonEmpty(append([]string{c.String()}, c.notes...)...), "\n")
			lines = max(lines, 1+len(c.notes))
			if text == "" {
				b.note(b.SetCellStyle(b.name, at, at, b.style(style)))
				continue
			}
			b.put(shift+i+1, text, style)
		}
	}
	if lines > 1 {
		b.note(b.SetRowHeight(b.name, b.row, float64(14*lines)))
	}
	b.row++
}

// labels are listed: the proofs themselves are drawn in the PDF.
func (b *book) labels(x labels) {
	for i, id := range []string{"column.boxes", "column.box_id", "column.contents", "column.marks"} {
		h := b.p.say(id)
		b.put(i+1, strings.Join(nonEmpty(h.en, h.zh), "\n"), "head")
	}
	b.row++
	for _, l := range x.list {
		b.put(1, l.number.en, "cell")
		id := l.id
		if l.derived.en != "" {
			id = strings.TrimSpace(id + "\n" + l.derived.join())
		}
		b.put(2, id, "cell")
		b.put(3, strings.Join(l.contents, "\n"), "cell")
		var marks []string
		for _, m := range l.marks {
			marks = append(marks, m.en)
		}
		b.put(4, strings.Join(marks, "\n"), "cell")
		b.row++
	}
}
