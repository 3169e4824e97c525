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
	e, since := s.event(s.Latest), s.heardLast()
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
	if s.waitsForETA() && DateOf(now.UTC()).Days(s.ETA) > etaGrace {
		c, ok := silent("eta_passed", 0)
		c.Key = fmt.Sprintf("silent:eta_passed:%s", s.ETA)
		return c, ok
	}
	return Change{}, false
}

// etaGrace is how many days an estimate may have passed before that is news.
const etaGrace = 1

func (s Shipment) waitsForETA() bool {
	return !s.ETA.IsZero() && s.Status != Delivered && s.Status != Receiving
}

// heardLast is when the latest thing happened for certain.
func (s Shipment) heardLast() time.Time {
	if s.Latest == "" {
		return s.Registered
	}
	e := s.event(s.Latest)
	if !e.TZKnown {
		return e.At.Add(14 * time.Hour) // a clock without a zone may be this far off
	}
	return e.At
}

// nextSilence is the earliest moment after now at which Stale may say something that it does not say now; zero: never.
func (s Shipment) nextSilence(now time.Time) (next time.Time) {
	if s.Over() {
		return time.Time{}
	}
	sooner := func(t time.Time) {
		if t.After(now) && (next.IsZero() || t.Before(next)) {
			next = t
		}
	}
	since := s.heardLast()
	for _, row := range silences {
		if row.status != s.Now() || !s.matches(row.kind) {
			continue
		}
		d := row.after
		for range 32 {
			if since.Add(d).After(now) {
				break
			}
			d *= 2
		}
		sooner(since.Add(d))
	}
	if s.waitsForETA() {
		sooner(s.ETA.Add(etaGrace + 1).In(time.UTC))
	}
	return next
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
