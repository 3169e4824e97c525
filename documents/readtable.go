package documents

import (
	"archive/zip"
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"github.com/xuri/excelize/v2"
	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/simplifiedchinese"
	"golang.org/x/text/encoding/unicode"
)

// The most that is read of a list. A workbook is a ZIP: what it says of its size is not believed, it is unpacked against these.
const (
	mostUnpacked = 64 << 20 // of all files in a workbook
	mostRatio    = 200      // unpacked to packed, of one file
	mostSwollen  = 30       // and of all of them, beyond 8 MB: 20 is a lot for a list
	mostFiles    = 500
	mostSheets   = 30
	mostRows     = 20000
	mostColumns  = 100
	mostCellText = 2000 // characters
)

// ErrList is wrapped by what Read returns for a file that cannot be read as a list at all.
var ErrList = errors.New("documents: not a list that can be read")

// A grid is one sheet of a workbook, or a CSV.
type grid struct {
	name string
	rows [][]string
	cut  bool // there were more rows than are read
}

// readGrids reads a workbook or a CSV. Which of them it is, its first bytes say, not its name.
func readGrids(data []byte) ([]grid, error) {
	switch {
	case len(data) == 0:
		return nil, refuse("list.empty")
	case len(data) > mostBytes:
		return nil, refuse("list.large", count("Most", mostBytes>>20))
	case bytes.HasPrefix(data, []byte("PK\x03\x04")):
		return readWorkbook(data)
	case bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0")):
		return nil, refuse("list.old") // .xls, or a workbook with a password
	case bytes.HasPrefix(data, []byte("%PDF")), bytes.HasPrefix(data, []byte("\x89PNG")), bytes.HasPrefix(data, []byte("\xff\xd8\xff")):
		return nil, refuse("list.other")
	}
	g, err := readCSV(data)
	if err != nil {
		return nil, err
	}
	return []grid{g}, nil
}

// A Rejection says why a file was not read at all.
type Rejection struct{ Says Sentence }

// Error names the message, for a log.
func (r *Rejection) Error() string { return ErrList.Error() + ": " + r.Says.ID }

// Unwrap makes it an ErrList.
func (r *Rejection) Unwrap() error { return ErrList }

func refuse(id string, args ...argument) error { return &Rejection{say(id, args...)} }

// weigh unpacks a workbook into nothing and refuses one that is a bomb.
func weigh(data []byte) error {
	z, err := zip.NewReader(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		return refuse("list.broken")
	}
	if len(z.File) > mostFiles {
		return refuse("list.bomb")
	}
	total, workbook := int64(0), false
	most := min(mostUnpacked, int64(len(data))*mostSwollen+8<<20)
	for _, f := range z.File {
		workbook = workbook || f.Name == "xl/workbook.xml"
		r, err := f.Open()
		if err != nil {
			return refuse("list.broken")
		}
		limit := min(most-total, int64(f.CompressedSize64)*mostRatio+1<<20)
		n, err := io.Copy(io.Discard, io.LimitReader(r, limit+1))
		r.Close()
		if n > limit {
			return refuse("list.bomb")
		}
		if err != nil {
			return refuse("list.broken")
		}
		total += n
	}
	if !workbook {
		return refuse("list.other")
	}
	return nil
}

// readWorkbook reads the sheets as they were last saved: of a formula, its value.
func readWorkbook(data []byte) (out []grid, err error) {
	if err := weigh(data); err != nil {
		return nil, err
	}
	defer func() {
		if recover() != nil { // a workbook that only claims to be one
			out, err = nil, refuse("list.broken")
		}
	}()
	f, err := excelize.OpenReader(bytes.NewReader(data), excelize.Options{UnzipSizeLimit: mostUnpacked, UnzipXMLSizeLimit: mostUnpacked, RawCellValue: true})
	if err != nil {
		return nil, refuse("list.broken")
	}
	defer f.Close()
	for i, name := range f.GetSheetList() {
		if i == mostSheets {
			break
		}
		rows, err := f.Rows(name)
		if err != nil {
			continue // a sheet that is a chart
		}
		g := grid{name: name}
		for rows.Next() {
			if len(g.rows) == mostRows {
				g.cut = true
				break
			}
			cols, err := rows.Columns(excelize.Options{RawCellValue: true})
			if err != nil {
				return nil, refuse("list.broken")
			}
			g.rows = append(g.rows, trimmed(cols))
		}
		rows.Close()
		out = append(out, g)
	}
	return out, nil
}

// trimmed cleans the cells of a row and drops the empty ones at its end.
func trimmed(cols []string) []string {
	cols = cols[:min(len(cols), mostColumns)]
	out := make([]string, len(cols))
	last := 0
	for i, c := range cols {
		if len(c) > 4*mostCellText { // never walk ten megabytes of one cell
			c = strings.ToValidUTF8(c[:4*mostCellText], "")
		}
		if out[i] = clean(c); out[i] != "" {
			last = i + 1
		}
	}
	return out[:last]
}

// readCSV reads a CSV in UTF-8 (with or without its mark), UTF-16 or GB 18030, parted by commas, semicolons, tabs or full-width commas.
func readCSV(data []byte) (grid, error) {
	text, err := decode(data)
	if err != nil {
		return grid{}, err
	}
	if strings.Count(text[:min(len(text), 4096)], "\x00") > 0 {
		return grid{}, refuse("list.other")
	}
	r := csv.NewReader(strings.NewReader(text))
	r.Comma = separator(text)
	r.FieldsPerRecord = -1
	r.LazyQuotes = true
	r.ReuseRecord = true
	g := grid{name: "CSV"}
	for {
		rec, err := r.Read()
		if errors.Is(err, io.EOF) {
			return g, nil
		}
		if err != nil {
			line := 0
			if pe, ok := errors.AsType[*csv.ParseError](err); ok {
				line = pe.Line
			}
			return grid{}, refuse("list.quotes", count("Row", line))
		}
		// A blank line is skipped by the reader; the rows are counted by their lines, as the program that shows them does.
		line, _ := r.FieldPos(0)
		for len(g.rows) < line-1 && len(g.rows) < mostRows {
			g.rows = append(g.rows, nil)
		}
		if len(g.rows) >= mostRows {
			g.cut = true
			return g, nil
		}
		g.rows = append(g.rows, trimmed(rec))
	}
}

// decode finds out how a text is written.
func decode(data []byte) (string, error) {
	var e encoding.Encoding
	switch {
	case bytes.HasPrefix(data, []byte("\xef\xbb\xbf")):
		data = data[3:]
	case bytes.HasPrefix(data, []byte("\xff\xfe")):
		e = unicode.UTF16(unicode.LittleEndian, unicode.ExpectBOM)
	case bytes.HasPrefix(data, []byte("\xfe\xff")):
		e = unicode.UTF16(unicode.BigEndian, unicode.ExpectBOM)
	case !utf8.Valid(data):
		e = simplifiedchinese.GB18030
	}
	if e == nil {
		return string(data), nil
	}
	out, err := e.NewDecoder().Bytes(data)
	if err != nil || bytes.Count(out, []byte("\ufffd")) > len(out)/50 {
		return "", refuse("list.encoding")
	}
	return string(out), nil
}

// separator is the one that the first line with any has most of.
func separator(text string) rune {
	for line := range strings.Lines(text[:min(len(text), 1<<16)]) {
		best, most := ',', 0
		for _, c := range ",\t;，" {
			if n := strings.Count(line, string(c)); n > most {
				best, most = c, n
			}
		}
		if most > 0 {
			return best
		}
	}
	return ','
}

// letter is a column's name in a spreadsheet.
func letter(col int) string {
	s, err := excelize.ColumnNumberToName(col + 1)
	if err != nil {
		return fmt.Sprint(col + 1)
	}
	return s
}

// Rows are the rows of a file as texts, cleaned: of a workbook those of the first sheet that has any. Whoever knows what they are
// reads on from there.
func Rows(data []byte) ([][]string, error) {
	grids, err := readGrids(data)
	if err != nil {
		return nil, err
	}
	for _, g := range grids {
		for _, r := range g.rows {
			if len(r) > 0 {
				return g.rows, nil
			}
		}
	}
	return nil, refuse("list.empty")
}

// IsWorkbook says whether a file claims to be a workbook, in the new or the old format.
func IsWorkbook(data []byte) bool {
	return bytes.HasPrefix(data, []byte("PK\x03\x04")) || bytes.HasPrefix(data, []byte("\xd0\xcf\x11\xe0"))
}
