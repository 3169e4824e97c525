package documents

import (
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"

	"xiaobao/landedcost"
)

type argument = landedcost.Arg

// A List is what was read from a workbook or a CSV: lines of goods, cartons, or both.
type List struct {
	Lines    []Line
	Cartons  []Carton
	Findings []Finding // mistakes by row and column, those that stop first
	Sheets   []Seen    // which sheets were read, and as what
}

// Seen is a sheet that was recognised, with its first rows as they were understood.
type Seen struct {
	Name    string
	What    string   // "lines" or "cartons"
	Rows    int      // with something in them, the head not counted
	Columns []string // the columns that were recognised, by their names in the facts
	Unknown []string // heads that were not
	Preview [][]string
}

// preview is how many rows are shown.
const preview = 5

// Stops reports whether something must be mended before the list can be used.
func (l List) Stops() bool { return len(blocks(l.Findings)) > 0 }

// Into puts what was read into facts, in the place of what was there.
func (l List) Into(f Facts) Facts {
	f = f.copy()
	if len(l.Lines) > 0 {
		f.Lines = l.Lines
	}
	if len(l.Cartons) > 0 {
		f.Cartons = l.Cartons
	}
	return f
}

// A heading is a column that a list may have. Its names are those of the catalogues (documents.list.<id>, and .also), in any
// language, and its own.
type heading struct {
	id     string
	needed bool
	number string // "whole", "decimal" or empty
	line   func(*Line, cellRead)
	carton func(*Carton, cellRead)
}

type cellRead struct {
	text  string
	n     int
	d     Decimal
	known bool
}

func (c cellRead) ptr() *Decimal {
	if !c.known {
		return nil
	}
	d := c.d
	return &d
}

// lineHeads and boxHeads are the columns of the two lists, in the order of the template.
var lineHeads = []heading{
	{id: "sku", needed: true, line: func(l *Line, c cellRead) { l.SKU = c.text }},
	{id: "description", needed: true, line: func(l *Line, c cellRead) { l.Description = c.text }},
	{id: "hs", line: func(l *Line, c cellRead) { l.HS = c.text }},
	{id: "origin", line: func(l *Line, c cellRead) { l.Origin = strings.ToUpper(c.text) }},
	{id: "quantity", needed: true, number: "whole", line: func(l *Line, c cellRead) { l.Quantity = c.n }},
	{id: "unit", line: func(l *Line, c cellRead) { l.Unit = strings.ToUpper(c.text) }},
	{id: "unit_price", needed: true, number: "decimal", line: func(l *Line, c cellRead) { l.UnitPrice = c.ptr() }},
	{id: "total", number: "decimal", line: func(l *Line, c cellRead) { l.Total = c.ptr() }},
	{id: "fnsku", line: func(l *Line, c cellRead) { l.FNSKU = strings.ToUpper(c.text) }},
	{id: "asin", line: func(l *Line, c cellRead) { l.ASIN = strings.ToUpper(c.text) }},
	{id: "name_zh", line: func(l *Line, c cellRead) { l.NameZh = c.text }},
	{id: "material", line: func(l *Line, c cellRead) { l.Material = c.text }},
	{id: "use", line: func(l *Line, c cellRead) { l.Use = c.text }},
	{id: "brand", line: func(l *Line, c cellRead) { l.Brand = c.text }},
	{id: "model", line: func(l *Line, c cellRead) { l.Model = c.text }},
	{id: "net_kg", number: "decimal", line: func(l *Line, c cellRead) { l.NetKg = c.ptr() }},
	{id: "export_hs", line: func(l *Line, c cellRead) { l.ExportHS = c.text }},
	{id: "elements", line: func(l *Line, c cellRead) { l.Elements = c.text }},
	{id: "source", line: func(l *Line, c cellRead) { l.Source = c.text }},
	{id: "legal_units", line: func(l *Line, c cellRead) { l.LegalUnits = c.text }},
	{id: "legal_units_2", line: func(l *Line, c cellRead) { l.LegalUnits2 = c.text }},
}

var boxHeads = []heading{
	{id: "from", needed: true, number: "whole", carton: func(x *Carton, c cellRead) { x.From = c.n }},
	{id: "to", number: "whole", carton: func(x *Carton, c cellRead) { x.To = c.n }},
	{id: "sku", carton: func(x *Carton, c cellRead) { content(x).SKU = c.text }},
	{id: "units_each", number: "whole", carton: func(x *Carton, c cellRead) { content(x).Units = c.n }},
	{id: "length", number: "decimal", carton: func(x *Carton, c cellRead) { x.Length = c.d }},
	{id: "width", number: "decimal", carton: func(x *Carton, c cellRead) { x.Width = c.d }},
	{id: "height", number: "decimal", carton: func(x *Carton, c cellRead) { x.Height = c.d }},
	{id: "gross", number: "decimal", carton: func(x *Carton, c cellRead) { x.Gross = c.d }},
	{id: "net", number: "decimal", carton: func(x *Carton, c cellRead) { x.Net = c.ptr() }},
	{id: "box_id", carton: func(x *Carton, c cellRead) { x.BoxIDs = boxIDs(c.text) }},
	{id: "pallet", carton: func(x *Carton, c cellRead) { x.Pallet = c.text }},
	{id: "marks", carton: func(x *Carton, c cellRead) { x.Marks = c.text }},
	{id: "batch", carton: func(x *Carton, c cellRead) { content(x).Batch = c.text }},
	{id: "expiry", carton: func(x *Carton, c cellRead) { content(x).Expiry = asDay(c.text) }},
}

func content(x *Carton) *Content {
	if len(x.Contents) == 0 {
		x.Contents = []Content{{}}
	}
	return &x.Contents[0]
}

func boxIDs(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ' ' || r == ',' || r == ';' || r == '，' || r == '、' })
}

// asDay takes the days that spreadsheets write: 2026-11-26, 2026/11/26, or the number of days since 1899-12-30.
func asDay(s string) string {
	if n, err := strconv.Atoi(s); err == nil && n > 20000 && n < 80000 {
		return landedcost.Day(n - 25569).String()
	}
	p := strings.FieldsFunc(s, func(r rune) bool { return r == '/' || r == '.' || r == '-' || r == '年' || r == '月' || r == '日' })
	if len(p) == 3 && len(p[0]) == 4 && len(p[1]) <= 2 && len(p[2]) <= 2 {
		return p[0] + "-" + twoDigits(p[1]) + "-" + twoDigits(p[2])
	}
	return s
}

func twoDigits(s string) string {
	if len(s) == 1 {
		return "0" + s
	}
	return s
}

// Read reads a list of goods, a list of cartons, or a workbook with both. Which columns a sheet has, its head says, in English or
// in Chinese. Mistakes are findings with row and column; a file that is no list at all is a *Rejection.
func Read(data []byte, w Words) (List, error) {
	grids, err := readGrids(data)
	if err != nil {
		return List{}, err
	}
	r := listReader{words: w}
	for _, g := range grids {
		r.grid(g)
	}
	if len(r.list.Sheets) == 0 {
		return List{}, refuse("list.no_head", oneOf("Wanted", r.wanted()))
	}
	r.found.sorted()
	r.list.Findings = r.found.list
	return r.list, nil
}

type listReader struct {
	words Words
	list  List
	found findings
	names map[string]map[string]string // by kind of list: what people write -> id
}

func (r *listReader) wanted() []string {
	var names []string
	for _, h := range lineHeads {
		if h.needed {
			t, _ := r.words.Text("en", prefix+"list."+h.id)
			zh, _ := r.words.Text("zh-Hans", prefix+"list."+h.id)
			names = append(names, t+" "+zh)
		}
	}
	return names
}

// bare is a head without what people write around it: case, spaces, units in brackets, marks for "needed".
func bare(s string) string {
	s = strings.ToLower(s)
	if i := strings.IndexAny(s, "(（["); i > 0 {
		s = s[:i]
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// heads makes the names of the columns of one kind of list.
func (r *listReader) heads(kind string, hs []heading) map[string]string {
	if r.names == nil {
		r.names = map[string]map[string]string{}
	}
	if names, ok := r.names[kind]; ok {
		return names
	}
	names := map[string]string{}
	for _, h := range hs {
		names[bare(h.id)] = h.id
		both := ""
		for _, lang := range []string{"en", "zh-Hans"} {
			if t, ok := r.words.Text(lang, prefix+"list."+h.id); ok {
				names[bare(t)] = h.id
				both += bare(t)
			}
			for _, t := range r.words.Accepted(lang, prefix+"list."+h.id+".also") {
				names[bare(t)] = h.id
			}
		}
		names[both] = h.id // the template's head says both
	}
	r.names[kind] = names
	return names
}

// grid reads one sheet: it looks for a head in the first rows that fits one of the lists.
func (r *listReader) grid(g grid) {
	for at := range min(len(g.rows), 15) {
		bestKind, bestCols, bestHit := "", []string(nil), 0
		for _, kind := range []string{"cartons", "lines"} {
			hs := headsOf(kind)
			cols, hit := match(g.rows[at], r.heads(kind, hs))
			for _, h := range hs {
				if h.needed && !slices.Contains(cols, h.id) {
					hit--
				}
			}
			if hit >= 2 && hit > bestHit {
				bestKind, bestCols, bestHit = kind, cols, hit
			}
		}
		if bestKind != "" {
			r.sheet(g, at, bestKind, bestCols)
			return
		}
	}
}

func headsOf(kind string) []heading {
	if kind == "cartons" {
		return boxHeads
	}
	return lineHeads
}

func match(row []string, names map[string]string) (cols []string, hit int) {
	cols = make([]string, len(row))
	for i, c := range row {
		id := names[bare(c)]
		if id == "" && strings.Contains(c, "\n") {
			first, _, _ := strings.Cut(c, "\n")
			id = names[bare(first)]
		}
		if id != "" && !slices.Contains(cols, id) {
			cols[i] = id
			hit++
		}
	}
	return cols, hit
}

// sheet reads the rows under a head.
func (r *listReader) sheet(g grid, at int, kind string, cols []string) {
	seen := Seen{Name: g.name, What: kind}
	hs := headsOf(kind)
	byID := map[string]heading{}
	for _, h := range hs {
		byID[h.id] = h
		if h.needed && !slices.Contains(cols, h.id) {
			r.add(Block, at+1, "", "list.no_column", word("Column", "list."+h.id), text("Sheet", g.name))
		}
	}
	for i, id := range cols {
		if id != "" {
			seen.Columns = append(seen.Columns, id)
		} else if g.rows[at][i] != "" {
			seen.Unknown = append(seen.Unknown, short(g.rows[at][i]))
		}
	}
	for n := at + 1; n < len(g.rows); n++ {
		row := g.rows[n]
		if !useful(row, cols) {
			continue
		}
		seen.Rows++
		if len(seen.Preview) < preview {
			var shown []string
			for i, id := range cols {
				if id != "" {
					shown = append(shown, short(at0(row, i)))
				}
			}
			seen.Preview = append(seen.Preview, shown)
		}
		r.row(kind, n+1, row, cols, byID)
	}
	if g.cut {
		r.add(Block, mostRows, "", "list.many_rows", count("Most", mostRows))
	}
	if seen.Rows == 0 {
		r.add(Warn, at+1, "", "list.no_rows", text("Sheet", g.name))
	}
	r.list.Sheets = append(r.list.Sheets, seen)
}

func at0(row []string, i int) string {
	if i < len(row) {
		return row[i]
	}
	return ""
}

// useful says that a row has something in a column that counts. A row of hints in the template begins with the sign for remarks.
func useful(row []string, cols []string) bool {
	if strings.HasPrefix(at0(row, 0), "#") {
		return false
	}
	for i, id := range cols {
		if id != "" && at0(row, i) != "" {
			return true
		}
	}
	return false
}

func (r *listReader) row(kind string, n int, row, cols []string, byID map[string]heading) {
	var l Line
	var x Carton
	good := true
	for i, id := range cols {
		if id == "" {
			continue
		}
		h, raw := byID[id], at0(row, i)
		c := cellRead{text: raw}
		col := letter(i)
		if len([]rune(raw)) > mostCellText {
			r.add(Block, n, col, "list.long", count("Most", mostCellText))
			good = false
			continue
		}
		if raw == "" {
			if h.needed {
				r.add(Block, n, col, "list.needed", word("Column", "list."+id))
				good = false
			}
			continue
		}
		if h.number != "" {
			d, ok := numeral(raw)
			switch {
			case !ok:
				r.add(Block, n, col, "list.number", word("Column", "list."+id), text("Got", raw))
				good = false
				continue
			case h.number == "whole" && (!d.IsInteger() || d.GreaterThan(decimal.NewFromInt(mostUnits))):
				r.add(Block, n, col, "list.whole", word("Column", "list."+id), text("Got", raw))
				good = false
				continue
			}
			c.d, c.n, c.known = d, int(d.IntPart()), true
		}
		if kind == "lines" {
			h.line(&l, c)
		} else {
			h.carton(&x, c)
		}
	}
	switch {
	case !good:
	case kind == "lines":
		r.list.Lines = append(r.list.Lines, l)
		r.alone(n, cols, Facts{Lines: []Line{l}}, "lines[0].")
	default:
		r.carton(n, cols, x)
	}
}

// carton takes a carton; a row with the numbers of the one before is another SKU in it.
func (r *listReader) carton(n int, cols []string, x Carton) {
	if k := len(r.list.Cartons); k > 0 {
		last := &r.list.Cartons[k-1]
		if last.From == x.From && last.Last() == x.Last() && len(x.Contents) > 0 && last.Contents != nil {
			last.Contents = append(last.Contents, x.Contents...)
			return
		}
	}
	r.list.Cartons = append(r.list.Cartons, x)
	if len(r.list.Cartons) <= mostRows {
		r.alone(n, cols, Facts{Cartons: []Carton{x}}, "cartons[0].")
	}
}

// alone checks one row by itself, so that its mistakes have a row; how rows hang together, Check says.
func (r *listReader) alone(n int, cols []string, f Facts, path string) {
	for _, x := range Check(f) {
		field, inside := strings.CutPrefix(x.Field, path)
		if !inside {
			continue
		}
		if field == "box_ids" {
			field = "box_id"
		}
		col := ""
		if i := slices.Index(cols, field); i >= 0 {
			col = letter(i)
		}
		x.Row, x.Col, x.Field = n, col, ""
		for i := range x.Says.Args { // "line 1" would be this row alone
			if x.Says.Args[i].Name == "Line" {
				x.Says.Args[i] = count("Line", n)
			}
		}
		r.keep(x)
	}
}

func (r *listReader) add(level Level, row int, col, id string, args ...argument) {
	r.keep(Finding{Level: level, Row: row, Col: col, Says: say(id, args...)})
}

func (r *listReader) keep(x Finding) {
	if r.found.seen == nil {
		r.found.seen = map[string]int{}
	}
	if r.found.seen[x.Says.ID]++; r.found.seen[x.Says.ID] <= mostAlike {
		r.found.list = append(r.found.list, x)
	}
}
