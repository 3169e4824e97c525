package documents

import (
	"fmt"
	"math"
	"sort"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
)

// book writes a paper as a workbook of one sheet: the same parts, one under the other, numbers as numbers. The widest table gives
// the sheet its columns; everything else is laid over them.
type book struct {
	*excelize.File
	p    *paper
	name string
	row  int
	grid []float64 // the widths of the columns, in characters
	st   map[string]int
	err  error
}

// xlsx writes the paper.
func (p *paper) xlsx(o Options) ([]byte, error) {
	b := &book{File: excelize.NewFile(), p: p, row: 1, st: map[string]int{}}
	defer b.Close()
	b.name = sheetName(p.title.en)
	b.note(b.SetSheetName("Sheet1", b.name))
	b.properties()
	b.setUp()
	b.title()
	for _, x := range p.parts {
		b.part(x)
	}
	b.over(1, len(b.grid), p.notice.join(), "small")
	if b.err != nil {
		return nil, fmt.Errorf("documents: write the workbook: %w", b.err)
	}
	// excelize lists the kinds of pictures in the order of a map.
	kinds := b.ContentTypes.Defaults
	sort.Slice(kinds, func(i, j int) bool { return kinds[i].Extension < kinds[j].Extension })
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

// setUp makes the columns and prepares printing: A4, as wide as the page, page numbers in the foot.
func (b *book) setUp() {
	b.grid = []float64{6, 24, 40, 40}
	widest := 0
	for _, x := range b.p.parts {
		switch x := x.(type) {
		case labels:
			b.grid = []float64{14, 30, 34, 22, 52}
		case table:
			if len(x.cols) <= widest || x.cols[0].head.en == "" {
				continue
			}
			widest = len(x.cols)
			total, room := 0.0, 110.0
			if b.p.wide {
				room = 155
			}
			for _, c := range x.cols {
				total += c.share
			}
			b.grid = nil
			for _, c := range x.cols {
				b.grid = append(b.grid, max(c.share/total*room, 7))
			}
		}
	}
	orientation := "portrait"
	if b.p.wide || b.p.kind == Labels {
		orientation = "landscape"
	}
	a4, fit, tall, yes, no := 9, 1, 0, true, false
	b.note(b.SetPageLayout(b.name, &excelize.PageLayoutOptions{Size: &a4, Orientation: &orientation, FitToWidth: &fit, FitToHeight: &tall}))
	b.note(b.SetSheetProps(b.name, &excelize.SheetPropsOptions{FitToPage: &yes}))
	b.note(b.SetHeaderFooter(b.name, &excelize.HeaderFooterOptions{OddFooter: "&R&P / &N"}))
	b.note(b.SetSheetView(b.name, 0, &excelize.ViewOptions{ShowGridLines: &no}))
	for i, w := range b.grid {
		b.note(b.SetColWidth(b.name, letter(i), letter(i), w))
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
	case "value":
		s.Border = append(s.Border, excelize.Border{Type: "bottom", Color: "E4E8EB", Style: 1})
	case "strong":
		s.Font.Bold = true
		s.Border = append(s.Border, excelize.Border{Type: "bottom", Color: "E4E8EB", Style: 1})
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

// over writes a text over several columns, and makes the row tall enough.
func (b *book) over(from, to int, value, style string) {
	b.put(from, value, style)
	b.tall(lineCount(value, b.wide(from, to)))
	if to > from {
		b.merge(from, to, style)
	}
}

func (b *book) merge(from, to int, style string) {
	first, last := b.at(from), b.at(to)
	b.note(b.SetCellStyle(b.name, first, last, b.style(style)))
	b.note(b.MergeCell(b.name, first, last))
}

// wide is how many characters fit from one column to another.
func (b *book) wide(from, to int) float64 {
	w := 0.0
	for _, x := range b.grid[from-1 : to] {
		w += x
	}
	return w
}

// tall makes the row as tall as so many lines; a spreadsheet does not do that for merged cells.
func (b *book) tall(lines int) {
	if lines < 2 {
		return
	}
	now, err := b.GetRowHeight(b.name, b.row)
	b.note(err)
	b.note(b.SetRowHeight(b.name, b.row, min(max(now, float64(lines)*14+3), 400)))
}

// lineCount guesses how many lines a text takes in a width.
func lineCount(s string, width float64) int {
	n := 0
	for line := range strings.SplitSeq(s, "\n") {
		w := 0.0
		for _, r := range line {
			w++
			if wideRune(r) {
				w += 0.9
			}
		}
		n += max(1, int(math.Ceil(w*1.04/width)))
	}
	return n
}

func (b *book) title() {
	b.over(1, len(b.grid), b.p.title.join(), "title")
	b.note(b.SetRowHeight(b.name, b.row, 30))
	b.row++
	if b.p.draft {
		b.over(1, len(b.grid), b.p.say("paper.draft").join(), "gap")
		b.row++
	}
	for _, f := range b.p.head {
		b.field(f)
	}
	b.row++
}

// pair says where labels end and values begin and end: as many columns as are wide enough.
func (b *book) pair() (label, value int) {
	label = 1
	for label < len(b.grid)-1 && b.wide(1, label) < 24 {
		label++
	}
	value = label + 1
	for value < len(b.grid) && b.wide(label+1, value) < 46 {
		value++
	}
	return label, value
}

func (b *book) field(f field) {
	value, style := f.value, "value"
	if f.gap {
		value, style = b.p.say("paper.gap").join(), "gap"
	}
	b.labelled(f.label.join(), either(value, "–"), style)
}

func (b *book) labelled(label, value, style string) {
	l, v := b.pair()
	b.over(1, l, label, "label")
	b.over(l+1, v, value, style)
	b.row++
}

func (b *book) part(x part) {
	head := func(t pairOf) {
		if t.en != "" {
			b.over(1, len(b.grid), t.join(), "part")
			b.note(b.SetRowHeight(b.name, b.row, 22))
			b.row++
		}
	}
	n := len(b.grid)
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
				b.over(1, n, s, "small")
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
			b.put(1, mark, "value")
			b.over(2, n, strings.Join(nonEmpty(t.text.en, t.text.zh, t.note), "\n"), "value")
			b.row++
		}
	case labels:
		b.labels(x)
	case signatures:
		for _, s := range nonEmpty(x.says.en, x.says.zh) {
			b.over(1, n, s, "small")
			b.row++
		}
		for _, f := range x.fields {
			b.field(f)
		}
		b.labelled(x.seal.join(), " ", "value")
		b.note(b.SetRowHeight(b.name, b.row-1, 64))
	}
	b.row++
}

func (b *book) box(x box) {
	if x.title.en != "" {
		text, style := strings.Join(nonEmpty(append([]string{x.name}, x.lines...)...), "\n"), "strong"
		if x.gap {
			text, style = strings.Join(nonEmpty(text, b.p.say("paper.gap").join()), "\n"), "gap"
		}
		if text != "" || len(x.fields) == 0 {
			b.labelled(x.title.join(), either(text, "–"), style)
		}
	}
	for _, f := range x.fields {
		b.field(f)
	}
}

// mostMerged is up to how many rows a table that is not the widest is laid over the columns; merging is slow.
const mostMerged = 200

// table writes a table; notes of a cell stand beneath its text in the same cell.
func (b *book) table(t table) {
	ends := b.spread(t)
	headed, lines := false, 1
	for i, c := range t.cols {
		if h := c.head.stacked(); h != "" {
			from := start(ends, i)
			b.put(from, h, "head")
			lines = max(lines, lineCount(h, b.wide(from, ends[i])))
			if ends[i] > from {
				b.merge(from, ends[i], "head")
			}
			headed = true
		}
	}
	if headed {
		b.tall(lines)
		b.row++
	}
	for _, r := range t.rows {
		b.cells(ends, r, "cell")
	}
	for _, r := range t.sums {
		b.cells(ends, r, "sum")
	}
}

func start(ends []int, i int) int {
	if i == 0 {
		return 1
	}
	return ends[i-1] + 1
}

// spread says in which column of the sheet each column of a table ends.
func (b *book) spread(t table) []int {
	n, have := len(t.cols), len(b.grid)
	ends := make([]int, n)
	if n == have || len(t.rows) > mostMerged {
		for i := range ends {
			ends[i] = i + 1
		}
		return ends
	}
	if t.cols[0].head.en == "" { // sums: the amount stands in the last column
		for i := range ends {
			ends[i] = have - n + 1 + i
		}
		return ends
	}
	total := 0.0
	for _, c := range t.cols {
		total += c.share
	}
	sum, at := 0.0, 0
	for i, c := range t.cols {
		sum += c.share / total * b.wide(1, have)
		at++
		for at < have-(n-1-i) && (i == n-1 || b.wide(1, at)+b.grid[at]/2 <= sum) {
			at++
		}
		ends[i] = at
	}
	return ends
}

func (b *book) cells(ends []int, r []cell, style string) {
	lines := 1
	for i, c := range r {
		from, to := start(ends, i), ends[i]
		at, look := b.at(from), style
		switch {
		case c.gap:
			look = "gapcell"
			b.put(from, b.p.say("paper.gap").join(), look)
		case c.num != nil && len(c.notes) == 0:
			v, _ := c.num.Float64()
			b.note(b.SetCellFloat(b.name, at, v, -1, 64))
			look = style + ":#,##0"
			if c.places > 0 {
				look += "." + strings.Repeat("0", int(c.places))
			}
			b.note(b.SetCellStyle(b.name, at, at, b.style(look)))
		default:
			text := strings.Join(nonEmpty(append([]string{c.String()}, c.notes...)...), "\n")
			lines = max(lines, lineCount(text, b.wide(from, to)))
			if text == "" {
				b.note(b.SetCellStyle(b.name, at, at, b.style(style)))
				break
			}
			b.put(from, text, style)
		}
		if to > from {
			b.merge(from, to, look)
		}
	}
	b.tall(lines)
	b.row++
}
