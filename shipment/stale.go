package shipment

import (
	"fmt"
	"time"
)

// Stale reports the silence that is news at now, if any: nothing heard for longer than is ordinary for where the shipment
// stands (data/stale.csv), or an estimate that has passed. It is one Change per reason and doubling: its Key changes when
// the silence has lasted twice as long, four times as long, and so on.
func (s Shipment) Stale(now time.Time) (Change, bool) {
	if s.Over() {
		return Change{}, false
	}
	e := s.event(s.Latest)
	since := s.Registered
	if s.Latest != "" {
		since = e.At
		if !e.TZKnown {
			since = since.Add(14 * time.Hour) // a clock without a zone may be this far off
		}
	}
	silent := func(reason string, times int) (Change, bool) {
		return Change{
			Key:  fmt.Sprintf("silent:%s:%s:%d", reason, s.Latest, times),
			Kind: Silent, At: since, From: s.Now(), To: s.Now(), Sub: s.Sub, Exception: s.Exception, Event: e, ETA: s.ETA, Reason: reason,
		}, true
	}

	reason, after := "", time.Duration(0)
	for _, row := range silences {
		if row.status == s.Now() && s.matches(row.kind) && now.Sub(since) >= row.after && row.after >= after {
			reason, after = row.reason, row.after
		}
	}
	if reason != "" {
		times := 0
		for d := now.Sub(since) / after; d >= 2; d /= 2 {
			times++
		}
		return silent(reason, times)
	}
	arrived := s.Status == Delivered || s.Status == Receiving
	if !s.ETA.IsZero() && !arrived && DateOf(now.UTC()).Days(s.ETA) > 1 {
		c, ok := silent("eta_passed", 0)
		c.Key = fmt.Sprintf("silent:eta_passed:%s", s.ETA)
		return c, ok
	}
	return Change{}, false
}

func (s Shipment) matches(kind string) bool {
	switch kind {
	case "*":
		return true
	case "fba":
		return s.FBA
	case "parcel":
		return s.Carriage == Parcel
	case "at_sea":
		return s.Carriage == Ocean && atSea(s.Sub)
	case "ocean":
		return s.Carriage == Ocean && !atSea(s.Sub)
	}
	return string(s.Carriage) == kind
}

func atSea(sub string) bool { return sub == "departed_port" || sub == "loaded" }

type silence struct {
	reason string
	status Status
	kind   string
	after  time.Duration
}

var silences = loadSilences()

func loadSilences() (rows []silence) {
	for _, row := range table("data/stale.csv") {
		rows = append(rows, silence{reason: row[0], status: Status(row[1]), kind: row[2], after: duration(row[3])})
	}
	return rows
}

// Reasons lists every reason a Silent change can have, for those who must have words for it.
func Reasons() []string {
	list, seen := []string{"eta_passed"}, map[string]bool{}
	for _, row := range silences {
		if !seen[row.reason] {
			seen[row.reason] = true
			list = append(list, row.reason)
		}
	}
	return list
}
