package shipment

import (
	"encoding/csv"
	"fmt"
	"strings"
)

// A Meaning is what a source's code says in our words. A Status that is empty is on purpose: the code tells something and
// changes nothing.
type Meaning struct {
	Status    Status
	Sub       string
	Exception bool
}

// Meanings is a source's table: its codes, as it writes them, and what they mean.
type Meanings map[string]Meaning

// ReadMeanings reads a table whose columns are code, status, sub and exception (1 or 0); what stands to the right of them is
// for people. The first row is its header.
func ReadMeanings(text string) (Meanings, error) {
	r := csv.NewReader(strings.NewReader(text))
	r.FieldsPerRecord = -1
	rows, err := r.ReadAll()
	if err != nil {
		return nil, fmt.Errorf("shipment: a table of codes: %w", err)
	}
	m := Meanings{}
	for i, row := range rows {
		switch {
		case i == 0:
		case len(row) < 4:
			return nil, fmt.Errorf("shipment: row %d of a table of codes has %d columns", i+1, len(row))
		case row[1] != "" && !Status(row[1]).Known():
			return nil, fmt.Errorf("shipment: row %d: %s is no status", i+1, row[1])
		default:
			if _, twice := m[row[0]]; twice {
				return nil, fmt.Errorf("shipment: row %d: %s is there twice", i+1, row[0])
			}
			m[row[0]] = Meaning{Status(row[1]), row[2], row[3] == "1"}
		}
	}
	return m, nil
}

// MustReadMeanings is ReadMeanings for a table that is part of the program: a fault in it is a bug found at start-up.
func MustReadMeanings(text string) Meanings {
	m, err := ReadMeanings(text)
	if err != nil {
		panic(err.Error())
	}
	return m
}

// Tell puts into e what the first of the codes that is known means; the finer codes come first, and the first is kept as the
// event's own. When none is known the event has no status, so that it is kept and shown and nothing is guessed, and Tell
// reports false.
func (m Meanings) Tell(e *Event, codes ...string) (known bool) {
	for _, code := range codes {
		if code == "" {
			continue
		}
		if e.Code == "" {
			e.Code = code
		}
		if what, ok := m[code]; ok {
			e.Status, e.Sub, e.Exception = what.Status, what.Sub, what.Exception
			return true
		}
	}
	return false
}
