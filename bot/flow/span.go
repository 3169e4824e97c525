package flow

import (
	"fmt"
	"strconv"
	"time"
)

// A Span is a length of time as flows write it: "4h", "3d", "2bd" (business days, Monday to Friday), "-1d".
type Span struct {
	n    int
	unit string // h, d, bd; empty: no span
}

// ParseSpan reads a span.
func ParseSpan(s string) (Span, error) {
	for _, unit := range []string{"bd", "d", "h"} {
		if len(s) <= len(unit) || s[len(s)-len(unit):] != unit {
			continue
		}
		n, err := strconv.Atoi(s[:len(s)-len(unit)])
		if err != nil || n < -3650 || n > 3650 {
			break
		}
		return Span{n, unit}, nil
	}
	return Span{}, fmt.Errorf("%q is not a span such as 4h, 3d or 2bd", s)
}

// IsZero says whether there is no span.
func (s Span) IsZero() bool { return s.unit == "" }

// After is the moment s after t. Business days step over Saturday and Sunday in t's location.
func (s Span) After(t time.Time) time.Time {
	switch s.unit {
	case "h":
		return t.Add(time.Duration(s.n) * time.Hour)
	case "d":
		return t.AddDate(0, 0, s.n)
	case "bd":
		step := 1
		if s.n < 0 {
			step = -1
		}
		for left := s.n * step; left > 0; {
			t = t.AddDate(0, 0, step)
			if wd := t.Weekday(); wd != time.Saturday && wd != time.Sunday {
				left--
			}
		}
	}
	return t
}
