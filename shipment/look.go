package shipment

import (
	"fmt"
	"hash/fnv"
	"math"
	"time"
)

// NextLook says when a source should be asked again, and false when there is no more point in asking. The answer is never
// before now. It depends on the status and on how long the shipment has been quiet: data/poll.csv. Looks that fail are
// repeated after a wait that doubles from a quarter of an hour to six hours, spread so that numbers do not march in step.
func (s Shipment) NextLook(now time.Time) (time.Time, bool) {
	if s.Failures > 0 {
		wait := min(15*time.Minute<<min(s.Failures-1, 10), 6*time.Hour)
		return notBefore(s.FailedAt.Add(s.spread(wait)), now), true
	}
	if s.LookedAt.IsZero() {
		return now, true
	}
	wait, stop := s.pollRow()
	if stop {
		return time.Time{}, false
	}
	next := s.LookedAt.Add(wait)
	if s.Status == OutForDelivery {
		next = s.daytime(next)
	}
	return notBefore(next, now), true
}

func (s Shipment) pollRow() (wait time.Duration, stop bool) {
	status := s.Now()
	if s.settled() {
		status = "SETTLED"
	}
	quiet := s.LookedAt.Sub(s.quietSince())
	var kinds []string
	switch {
	case s.FBA && (s.Status == Delivered || s.Status == Receiving):
		kinds = []string{"fba", "*"}
	case s.Carriage == Parcel:
		kinds = []string{"parcel", "*"}
	case s.nearETA():
		kinds = []string{"near_eta", "freight", "*"}
	default:
		kinds = []string{"freight", "*"}
	}
	for _, kind := range kinds {
		found := false
		for _, row := range polls {
			if row.status == status && row.kind == kind && quiet >= row.quiet {
				wait, stop, found = row.wait, row.stop, true
			}
		}
		if found {
			return wait, stop
		}
	}
	return polls[0].wait, false
}

// quietSince is when the latest thing happened. Where the rule ends the looking it is when we learned of it, so that a
// late correction still has its day.
func (s Shipment) quietSince() time.Time {
	if s.Latest == "" {
		return s.Registered
	}
	e := s.event(s.Latest)
	if s.Over() && !e.Seen.IsZero() {
		return e.Seen
	}
	return e.At
}

func (s Shipment) nearETA() bool {
	return !s.ETA.IsZero() && DateOf(s.LookedAt).Days(s.ETA) >= -3
}

// daytime moves a look into the hours of delivery, 07 to 21 at the destination, when the last event tells its local time.
func (s Shipment) daytime(t time.Time) time.Time {
	e := s.event(s.Latest)
	if _, offset := e.At.Zone(); !e.TZKnown || offset == 0 {
		return t
	}
	local := t.In(e.At.Location())
	switch h := local.Hour(); {
	case h < 7:
		return time.Date(local.Year(), local.Month(), local.Day(), 7, 0, 0, 0, local.Location())
	case h >= 21:
		return time.Date(local.Year(), local.Month(), local.Day()+1, 7, 0, 0, 0, local.Location())
	}
	return t
}

// spread makes a wait up to a fifth longer or shorter, always the same for the same look.
func (s Shipment) spread(d time.Duration) time.Duration {
	h := fnv.New32a()
	fmt.Fprintf(h, "%s/%d", s.Number, s.Failures)
	return d + time.Duration(float64(d)*0.4*(float64(h.Sum32())/math.MaxUint32-0.5))
}

func notBefore(t, now time.Time) time.Time {
	if t.Before(now) {
		return now
	}
	return t
}

type pollRow struct {
	status Status
	kind   string
	quiet  time.Duration
	wait   time.Duration
	stop   bool
}

var polls = loadPolls()

func loadPolls() (rows []pollRow) {
	for _, row := range table("data/poll.csv") {
		r := pollRow{status: Status(row[0]), kind: row[1], quiet: duration(row[2]), stop: row[3] == "stop"}
		if !r.stop {
			r.wait = duration(row[3])
		}
		rows = append(rows, r)
	}
	return rows
}

func duration(s string) time.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		panic("shipment: " + err.Error())
	}
	return d
}
