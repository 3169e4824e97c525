package shipment

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

// layouts are how sources write a moment, without a zone. Fractions of a second may follow seconds in any number of digits.
var layouts = []string{
	"2006-01-02T15:04:05", "2006-01-02T15:04", "2006-01-02T15", "2006-1-2 15:4:5", "2006-1-2 15:4", "2006/1/2 15:4:5", "2006/1/2 15:4",
	"2006-01-02", "2006-1-2", "2006/1/2", "2006.1.2 15:4:5", "2006.1.2 15:4", "2006.1.2", "2006年1月2日 15:4:5", "2006年1月2日 15:4", "2006年1月2日",
	"20060102150405", "20060102",
}

// zones are how an offset may follow. A zone that is only named says nothing, but UTC: CST is Shanghai and Chicago.
var zones = []string{"Z07:00", "Z0700", " Z07:00", " Z0700", "-07", " -07"}

var errMoment = errors.New("shipment: not a moment in any of the ways known")

// ParseTime reads a moment as sources write them: RFC 3339 with or without seconds, a date and a time with a dash, a slash, a
// dot or in Chinese, a date alone, seconds or milliseconds since 1970. zoned is false when the zone is not said: t is then the
// local clock, written as if it were UTC, as Event.At wants it.
func ParseTime(s string) (t time.Time, zoned bool, err error) {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && (len(s) == 10 || len(s) == 13) {
		if len(s) == 13 {
			return sensible(time.UnixMilli(n).UTC(), true)
		}
		return sensible(time.Unix(n, 0).UTC(), true)
	}
	for _, layout := range layouts {
		if t, err := time.Parse(layout, s); err == nil {
			return sensible(t, false)
		}
	}
	for _, layout := range layouts[:7] { // those that have a time of day
		for _, zone := range zones {
			if t, err := time.Parse(layout+zone, s); err == nil {
				return sensible(t, true)
			}
		}
	}
	for _, named := range []string{" UTC", " GMT"} {
		if rest, ok := strings.CutSuffix(s, named); ok {
			for _, layout := range layouts[:7] {
				if t, err := time.Parse(layout, rest); err == nil {
					return sensible(t, true)
				}
			}
		}
	}
	return time.Time{}, false, errMoment
}

// sensible refuses years that are a default or a slip: nothing was shipped in the year 1.
func sensible(t time.Time, zoned bool) (time.Time, bool, error) {
	if y := t.Year(); y < 2000 || y > 2100 {
		return time.Time{}, false, errMoment
	}
	return t, zoned, nil
}
