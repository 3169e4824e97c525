// Package table reads the tables that people keep: of shipments to follow, and of tracking events. It is pure.
//
//	bytes ──► text (UTF-8, UTF-16, GBK) ──► rows (comma, semicolon, tab) ──► header: which column means what
//	                                                                             │
//	                              Table{Shipments | Events, Faults} ◄── each row by itself
//
// A row with a mistake is left out and listed, with its line, its column and what was expected; the others count. The words of
// headers and values are in data/words.csv, in Chinese and English.
package table

import (
	"bytes"
	"cmp"
	"encoding/csv"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"
	utf "golang.org/x/text/encoding/unicode"
	"golang.org/x/text/width"

	"xiaobao/shipment"
)

// Kind is what a table lists.
type Kind string

// The kinds of tables.
const (
	Shipments Kind = "shipments"
	Events    Kind = "events"
)

// A Table is what was read.
type Table struct {
	Kind      Kind
	Columns   []Column
	Rows      int // lines below the header that are not empty
	Shipments []Shipment
	Events    []Event
	Faults    []Fault // in the order of the lines
}

// A Column is a column of the header.
type Column struct {
	Header  string
	Meaning string // "number", "at", "status" …; empty: not used
}

// A Shipment is a row of a table of shipments.
type Shipment struct {
	Line     int                `json:"line"`
	Number   string             `json:"number"`
	Carriage *shipment.Carriage `json:"carriage,omitempty"` // nil: not said
}

// An Event is a row of a table of events.
type Event struct {
	Line int `json:"line"`
	shipment.Event
}

// A Fault is why a row, or a part of it, was left out.
type Fault struct {
	Line   int
	Column int    // counted from 1; 0: the whole row
	Header string // of the column
	Value  string
	Code   string // one of Codes
	Other  int    // with number_twice: the line that has it, too
}

// Codes are the codes of faults, so that the catalogues can be checked for them.
func Codes() []string {
	return []string{
		"number_missing", "number_invalid", "number_shortened", "number_twice", "time_missing", "time_invalid", "zone_invalid", "status_unknown",
		"nothing_said", "country_invalid", "eta_invalid", "carriage_unknown", "yes_or_no", "row_broken", "too_many",
	}
}

// MostRows is how many rows are read.
const MostRows = 20_000

// longestNumber is more than any carrier uses.
const longestNumber = 40

// Source is the Source of events that were read from a table.
const Source = "table"

var (
	// ErrNoTable is returned for what is no table of ours: no header names a number to track.
	ErrNoTable = errors.New("table: no header with a tracking number")
	// ErrNotText is returned for what is no text at all.
	ErrNotText = errors.New("table: not a text")
)

// Is reports whether data is a table of ours. It only looks at the beginning.
func Is(data []byte) bool {
	text, err := decode(data[:min(len(data), 8<<10)], len(data) > 8<<10)
	if err != nil {
		return false
	}
	_, _, err = header(text)
	return err == nil
}

// Read reads a table. Events are Seen now.
func Read(data []byte, now time.Time) (*Table, error) {
	text, err := decode(data, false)
	if err != nil {
		return nil, err
	}
	columns, r, err := header(text)
	if err != nil {
		return nil, err
	}
	t := &Table{Columns: columns, Kind: Shipments}
	if t.has("at") {
		t.Kind = Events
	}
	first := map[string]int{}
	for {
		row, err := r.Read()
		var broken *csv.ParseError
		switch {
		case errors.Is(err, io.EOF):
			return t, nil
		case errors.As(err, &broken):
			t.Rows++
			t.Faults = append(t.Faults, Fault{Line: broken.StartLine, Column: 0, Code: "row_broken"})
			continue
		case err != nil:
			return nil, err
		}
		line, _ := r.FieldPos(0)
		if !slices.ContainsFunc(row, func(s string) bool { return strings.TrimSpace(s) != "" }) {
			continue
		}
		if t.Rows == MostRows {
			t.Faults = append(t.Faults, Fault{Line: line, Code: "too_many"})
			return t, nil
		}
		t.Rows++
		c := cells{table: t, row: row, line: line}
		if t.Kind == Events {
			c.event(now)
		} else {
			c.shipment(first)
		}
	}
}

func (t *Table) has(meaning string) bool {
	return slices.ContainsFunc(t.Columns, func(c Column) bool { return c.Meaning == meaning })
}

// Template is an empty table with an example, to be filled in: in Chinese or in English, with a mark that tells Excel that it is
// UTF-8.
func Template(kind Kind, chinese bool) []byte {
	names := map[Kind][2]string{
		Shipments: {"tracking number,transport\r\nYT2229521272164446,parcel\r\nMSKU4538324,sea\r\n", "运单号,运输方式\r\nYT2229521272164446,快递\r\nMSKU4538324,海运\r\n"},
		Events: {
			"tracking number,time,time zone,status,reason,place,country,description,eta,exception\r\n" +
				"FWD2026112601,2026-11-26 02:10,+08:00,in transit,departed_port,Yantian,CN,On board MSC ANNA 247E,2026-12-16,no\r\n",
			"运单号,时间,时区,状态,原因,地点,国家,描述,预计到达,异常\r\n" +
				"FWD2026112601,2026-11-26 02:10,+08:00,运输中,departed_port,盐田,CN,离港 MSC ANNA 247E,2026-12-16,否\r\n",
		},
	}
	text := names[kind][0]
	if chinese {
		text = names[kind][1]
	}
	return []byte("\ufeff" + text)
}

// decode finds out how the text is written. A part of a text may end inside a character.
func decode(data []byte, part bool) (string, error) {
	if len(data) > 1 && (data[0] == 0xFF && data[1] == 0xFE || data[0] == 0xFE && data[1] == 0xFF) {
		out, err := utf.UTF16(utf.LittleEndian, utf.UseBOM).NewDecoder().Bytes(data)
		if err != nil {
			return "", ErrNotText
		}
		return string(out), nil
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return "", ErrNotText
	}
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	whole := data
	if part {
		for i := 0; i < utf8.UTFMax && len(whole) > 0 && !utf8.Valid(whole); i++ {
			whole = whole[:len(whole)-1]
		}
	}
	if utf8.Valid(whole) {
		return string(whole), nil
	}
	out, err := simplifiedchinese.GB18030.NewDecoder().Bytes(data)
	if err != nil || !part && bytes.ContainsRune(out, utf8.RuneError) {
		return "", ErrNotText
	}
	return string(out), nil
}

// delimiters are tried in this order.
var delimiters = []rune{',', ';', '\t', '|', '，'}

// header finds the line that names the columns, among the first lines, and what separates them. The reader stands below it.
func header(text string) ([]Column, *csv.Reader, error) {
	rest := text
	for line := 1; line <= 20 && rest != ""; line++ {
		head, after, _ := strings.Cut(rest, "\n")
		best, most := rune(0), 0
		var found []Column
		for _, d := range delimiters {
			columns := name(head, d)
			known := 0
			for _, c := range columns {
				if c.Meaning != "" {
					known++
				}
			}
			if known > most {
				best, most, found = d, known, columns
			}
		}
		if slices.ContainsFunc(found, func(c Column) bool { return c.Meaning == "goods" }) {
			return nil, nil, ErrNoTable // what is in the boxes, perhaps with the shipment's number beside it
		}
		if slices.ContainsFunc(found, func(c Column) bool { return c.Meaning == "number" }) {
			blank := strings.Repeat("\n", line) // so that lines are counted as people see them
			r := csv.NewReader(strings.NewReader(blank + after))
			r.Comma, r.FieldsPerRecord, r.LazyQuotes = best, -1, true
			return found, r, nil
		}
		rest = after
	}
	return nil, nil, ErrNoTable
}

// name says what the columns of a header mean. Of two that mean the same the first counts.
func name(head string, delimiter rune) []Column {
	r := csv.NewReader(strings.NewReader(strings.TrimSuffix(head, "\r")))
	r.Comma, r.LazyQuotes = delimiter, true
	row, err := r.Read()
	if err != nil {
		return nil
	}
	columns := make([]Column, len(row))
	taken := map[string]bool{}
	for i, cell := range row {
		columns[i].Header = shown(cell)
		if m := meaning("header", cell); m != "" && !taken[m] {
			columns[i].Meaning, taken[m] = m, true
		}
	}
	return columns
}

// fold is a word as it is compared: half width, small letters, nothing but letters and digits.
func fold(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, width.Narrow.String(s))
}

// shown is a cell as it may be shown: one line, no longer than people read.
func shown(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	s = strings.TrimSpace(s)
	if runes := []rune(s); len(runes) > longestCell {
		return string(runes[:longestCell-1]) + "…"
	}
	return s
}

const longestCell = 300

// cells is one row.
type cells struct {
	table *Table
	row   []string
	line  int
	bad   bool
}

// get is a cell, and where it is; Excel's ways to force a text are taken off.
func (c *cells) get(meaning string) (value string, column int) {
	for i, k := range c.table.Columns {
		if k.Meaning == meaning && i < len(c.row) {
			v := shown(c.row[i])
			if strings.HasPrefix(v, `="`) && strings.HasSuffix(v, `"`) && len(v) > 3 {
				v = v[2 : len(v)-1]
			}
			return strings.TrimPrefix(v, "'"), i + 1
		}
	}
	return "", 0
}

func (c *cells) fault(column int, code string) {
	f := Fault{Line: c.line, Column: column, Code: code}
	if column > 0 {
		f.Header, f.Value = c.table.Columns[column-1].Header, shown(c.row[column-1])
	}
	c.table.Faults = append(c.table.Faults, f)
	c.bad = true
}

var (
	validNumber = regexp.MustCompile(`^[0-9A-Z][0-9A-Z./-]*$`)
	scientific  = regexp.MustCompile(`^[0-9][.,]?[0-9]*E\+?[0-9]+$`)
)

// number reads the number, as it is watched.
func (c *cells) number() string {
	v, column := c.get("number")
	n := strings.ToUpper(strings.Join(strings.Fields(width.Narrow.String(v)), ""))
	switch {
	case n == "":
		c.fault(max(column, c.column("number")), "number_missing")
	case strings.Contains(n, "E+") && scientific.MatchString(n):
		c.fault(column, "number_shortened")
	case len(n) < 4 || len(n) > longestNumber || !validNumber.MatchString(n) || !strings.ContainsAny(n, "0123456789"):
		c.fault(column, "number_invalid")
	}
	return n
}

// column is where a column is, also in a row that is too short for it: then 0.
func (c *cells) column(meaning string) int {
	i := slices.IndexFunc(c.table.Columns, func(k Column) bool { return k.Meaning == meaning })
	if i >= len(c.row) {
		return 0
	}
	return i + 1
}

func (c *cells) shipment(first map[string]int) {
	s := Shipment{Line: c.line, Number: c.number()}
	if other, twice := first[s.Number]; twice && !c.bad {
		c.fault(c.column("number"), "number_twice")
		c.table.Faults[len(c.table.Faults)-1].Other = other
	}
	if v, column := c.get("carriage"); v != "" {
		switch by := meaning("carriage", v); by {
		case "":
			c.fault(column, "carriage_unknown")
		case "parcel":
			s.Carriage = new(shipment.Carriage)
		default:
			carriage := shipment.Carriage(by)
			s.Carriage = &carriage
		}
	}
	if !c.bad {
		first[s.Number] = c.line
		c.table.Shipments = append(c.table.Shipments, s)
	}
}

func (c *cells) event(now time.Time) {
	e := Event{Line: c.line, Event: shipment.Event{Number: c.number(), Seen: now, Seq: c.line, Source: Source}}
	c.time(&e.Event)
	status, column := c.get("status")
	if status != "" {
		if e.Status = shipment.Status(meaning("status", status)); e.Status == "" {
			c.fault(column, "status_unknown")
		}
	}
	reason, _ := c.get("reason")
	e.Sub = strings.ToLower(reason)
	e.Place.Name, _ = c.get("place")
	e.Text, _ = c.get("text")
	if v, column := c.get("country"); v != "" {
		if e.Place.Country = meaning("country", v); e.Place.Country == "" {
			e.Place.Country = strings.ToUpper(v)
		}
		if k := e.Place.Country; len(k) != 2 || strings.Trim(k, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "" {
			c.fault(column, "country_invalid")
		}
	}
	if v, column := c.get("eta"); v != "" {
		day, _, err := shipment.ParseTime(v)
		if err != nil {
			c.fault(column, "eta_invalid")
		} else {
			e.ETA = shipment.DateOf(day)
		}
	}
	if v, column := c.get("exception"); v != "" {
		switch meaning("yes", v) {
		case "1":
			e.Exception = true
		case "0":
		default:
			c.fault(column, "yes_or_no")
		}
	}
	if status == "" && e.Text == "" && e.ETA.IsZero() && !c.bad {
		c.fault(0, "nothing_said")
	}
	if !c.bad {
		c.table.Events = append(c.table.Events, e)
	}
}

// time reads when it happened: in one column or in two, with a zone or without.
func (c *cells) time(e *shipment.Event) {
	v, column := c.get("at")
	if clock, _ := c.get("clock"); v != "" && clock != "" {
		v += " " + clock
	}
	if v == "" {
		c.fault(cmp.Or(column, c.column("at")), "time_missing")
		return
	}
	at, zoned, err := shipment.ParseTime(v)
	if err != nil {
		c.fault(column, "time_invalid")
		return
	}
	if zone, column := c.get("zone"); zone != "" && !zoned {
		l, ok := parseZone(zone)
		if !ok {
			c.fault(column, "zone_invalid")
			return
		}
		at, zoned = time.Date(at.Year(), at.Month(), at.Day(), at.Hour(), at.Minute(), at.Second(), at.Nanosecond(), l), true
	}
	e.At, e.TZKnown = at, zoned
}

var zoneForm = regexp.MustCompile(`^(?:UTC|GMT)?([+-])(\d{1,2})(?::?(\d{2}))?$`)

// parseZone reads "+08:00", "UTC+8", "Z".
func parseZone(s string) (*time.Location, bool) {
	s = strings.ToUpper(strings.ReplaceAll(width.Narrow.String(s), " ", ""))
	if s == "Z" || s == "UTC" || s == "GMT" {
		return time.UTC, true
	}
	m := zoneForm.FindStringSubmatch(s)
	if m == nil {
		return nil, false
	}
	hours, minutes := int(m[2][0]-'0'), 0
	if len(m[2]) == 2 {
		hours = hours*10 + int(m[2][1]-'0')
	}
	if m[3] != "" {
		minutes = int(m[3][0]-'0')*10 + int(m[3][1]-'0')
	}
	if hours > 14 || minutes > 59 {
		return nil, false
	}
	offset := hours*3600 + minutes*60
	if m[1] == "-" {
		offset = -offset
	}
	return time.FixedZone("", offset), true
}
