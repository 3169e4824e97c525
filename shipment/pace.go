package shipment

import (
	"hash/fnv"
	"math"
	"slices"
	"time"
)

// A Pace is all of a shipment that decides when its source is asked again, in sixteen bytes: a process that follows a million
// shipments keeps their paces and not the shipments. It is a value of its own and stays right until something new happens.
type Pace struct {
	quiet  uint32 // since when nothing has happened, in seconds since 1970
	alarm  uint32 // when its silence may be news, in seconds since 1970; 0: never
	eta    int32  // the day of the estimate, in days since 1970; 0: none
	zone   int16  // of the place it is delivered at, in minutes east; 0: not known
	status uint8  // place in statusList, or settledStatus
	kind   uint8  // toAmazon or byFreight, or neither
}

const (
	settledStatus = 0xFF
	// bits of kind
	toAmazonKind = 1
	freightKind  = 2
)

// Pace is the pace of s from now on. It must be made again when s has changed, and when Alarm has passed.
func (s Shipment) Pace(now time.Time) Pace {
	p := Pace{quiet: seconds(s.quietSince()), status: uint8(slices.Index(statusList, s.Now())), alarm: seconds(s.nextSilence(now))}
	if s.settled() {
		p.status = settledStatus
	}
	if s.FBA {
		p.kind |= toAmazonKind
	}
	if s.Carriage != Parcel {
		p.kind |= freightKind
	}
	if !s.ETA.IsZero() {
		p.eta = int32(s.ETA.Days(Date{1970, 1, 1}))
	}
	if e := s.event(s.Latest); e.TZKnown {
		if _, offset := e.At.Zone(); offset != 0 { // at zero most sources mean that they do not know
			p.zone = int16(offset / 60)
		}
	}
	return p
}

// Alarm is when the silence of a shipment may have become news: Stale must be asked then, whatever its source says. Zero: never.
func (p Pace) Alarm() time.Time {
	if p.alarm == 0 {
		return time.Time{}
	}
	return time.Unix(int64(p.alarm), 0).UTC()
}

// Unknown reports that its source has not found the shipment yet.
func (p Pace) Unknown() bool { return p.status == 0 }

// Next says when to ask again after a look, and false when there is no more point in asking: data/poll.csv. free: a look
// costs nothing.
func (p Pace) Next(looked time.Time, free bool) (time.Time, bool) {
	wait, stop := p.row(looked, free)
	if stop {
		return time.Time{}, false
	}
	next := looked.Add(wait)
	if int(p.status) < len(statusList) && statusList[p.status] == OutForDelivery {
		next = p.daytime(next)
	}
	return next, true
}

func (p Pace) row(looked time.Time, free bool) (wait time.Duration, stop bool) {
	status := Status("SETTLED")
	if int(p.status) < len(statusList) {
		status = statusList[p.status]
	}
	quiet := max(looked.Sub(time.Unix(int64(p.quiet), 0)), 0) // it may have been told by itself after the look
	for _, kind := range p.kinds(status, looked, free) {
		found := false
		for _, row := range pollsOf[status] {
			if kind == row.kind && quiet >= row.quiet {
				wait, stop, found = row.wait, row.stop, true
			}
		}
		if found {
			return wait, stop
		}
	}
	return pollsOf[NotFound][0].wait, false
}

// kinds are the kinds of rows that may apply, the most particular first; "" is none.
func (p Pace) kinds(status Status, looked time.Time, free bool) (kinds [4]string) {
	kinds = [4]string{"", "", "freight", "*"}
	switch {
	case p.kind&toAmazonKind != 0 && (status == Delivered || status == Receiving):
		kinds[2] = "fba"
	case p.kind&freightKind == 0:
		kinds[2] = "parcel"
	case p.nearETA(looked):
		kinds[1] = "near_eta"
	}
	if free {
		kinds[0] = "free"
	}
	return kinds
}

func (p Pace) nearETA(looked time.Time) bool {
	return p.eta != 0 && looked.Unix()/(24*60*60) >= int64(p.eta)-3
}

// daytime moves a look into the hours of delivery, 07 to 21 at the destination, when the last event tells its local time.
func (p Pace) daytime(t time.Time) time.Time {
	if p.zone == 0 {
		return t
	}
	local := t.In(time.FixedZone("", int(p.zone)*60))
	switch h := local.Hour(); {
	case h < 7:
		return time.Date(local.Year(), local.Month(), local.Day(), 7, 0, 0, 0, local.Location())
	case h >= 21:
		return time.Date(local.Year(), local.Month(), local.Day()+1, 7, 0, 0, 0, local.Location())
	}
	return t
}

// Retry is how long to wait after the nth look in a row at a number that failed: a quarter of an hour, doubled each time, at
// most six hours, up to a fifth longer or shorter. The spread follows from the number alone, so that numbers that failed
// together do not come again together.
func Retry(number string, n int) time.Duration {
	d := min(15*time.Minute<<min(max(n-1, 0), 10), 6*time.Hour)
	h := fnv.New32a()
	h.Write([]byte(number))
	h.Write([]byte{byte(n)})
	return d + time.Duration(float64(d)*0.4*(float64(h.Sum32())/math.MaxUint32-0.5))
}

func seconds(t time.Time) uint32 {
	if t.IsZero() {
		return 0
	}
	return uint32(min(max(t.Unix(), 0), math.MaxUint32))
}

type pollRow struct {
	status Status
	kind   string
	quiet  time.Duration
	wait   time.Duration
	stop   bool
}

var pollsOf = loadPolls()

func loadPolls() map[Status][]pollRow {
	rows := map[Status][]pollRow{}
	for _, row := range table("data/poll.csv") {
		r := pollRow{status: Status(row[0]), kind: row[1], quiet: duration(row[2]), stop: row[3] == "stop"}
		if !r.stop {
			r.wait = duration(row[3])
		}
		rows[r.status] = append(rows[r.status], r)
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
