package shipment

import (
	"cmp"
	"time"
)

// recycled is how long before we heard of a number its events may lie; older ones belong to an earlier journey.
const recycled = 60 * day

// Apply is the shipment after the events, and what is new about it. Neither the order nor the repetition of events
// matters to the result, over any number of calls; an event that is repeated is no change. The receiver is not touched.
// Give each Event a Seen: without it nothing is too old or too far ahead.
func (s Shipment) Apply(events ...Event) (Shipment, []Change) {
	next := s
	next.Events = s.merged(events)
	next.fold()
	return next, compare(s, next)
}

// merged is the set of known events with the new ones in it.
func (s Shipment) merged(events []Event) []Event {
	list := make([]Event, 0, len(s.Events)+len(events))
	at := make(map[string]int, len(s.Events)+len(events))
	add := func(e Event) {
		e = e.stood()
		if !s.Registered.IsZero() && e.At.Before(s.Registered.Add(-recycled)) {
			return
		}
		e.Key = e.MakeKey(s.Number)
		if i, ok := at[e.Key]; ok {
			list[i] = merge(list[i], e)
			return
		}
		at[e.Key] = len(list)
		list = append(list, e)
	}
	for _, e := range s.Events {
		add(e)
	}
	for _, e := range events {
		e.split(add)
	}
	if len(list) == 0 {
		return nil // as it was read from JSON
	}
	sortEvents(list)
	return list
}

// fold works out from the events alone where the shipment stands.
func (s *Shipment) fold() {
	s.Status, s.Sub, s.LastOK, s.Furthest = "", "", "", ""
	s.Exception, s.Trouble = false, Trouble{}
	s.Latest, s.LatestAt, s.ETA, s.Count = "", time.Time{}, Date{}, Count{}
	s.Life = time.Time{}

	var told Event      // the estimate that counts
	var counted Event   // the count that counts
	slow := false       // LastOK was told without a time
	var doubt time.Time // when a shipment at Amazon was first said to be further back than we thought
	for _, e := range s.Events {
		if e.estimate() && (told.ETA.IsZero() || later(e, told)) {
			told = e
		}
		if e.counted() && (counted.Count == Count{} || laterCount(e, counted)) {
			counted = e
		}
		if !e.Status.Known() || e.suspicious() || s.lags(e, slow) {
			continue
		}
		if e.Sub == trackerStopped && !s.underWay() {
			continue
		}
		if s.reborn(e) {
			*s = Shipment{
				Number: s.Number, Source: s.Source, Carrier: s.Carrier, Carriage: s.Carriage, FBA: s.FBA, Registered: s.Registered,
				Events: s.Events, Life: e.At, LookedAt: s.LookedAt, Declined: s.Declined,
			}
			told, counted = Event{}, Event{}
		}
		if s.contradicts(e) {
			// Amazon's statuses jump back now and then; only a second word at another time is believed.
			twice := !doubt.IsZero() && e.At.Sub(doubt) >= confirmed || e.Until.Sub(e.At) >= confirmed
			if !s.FBA || s.Over() || !twice {
				if doubt.IsZero() {
					doubt = e.At
				}
				continue
			}
		}
		doubt = time.Time{}
		s.take(e)
		if !e.Status.exceptional() {
			slow = e.Standing
		}
	}
	s.ETA, s.Count = told.ETA, counted.Count
}

// trackerStopped is a Sub of EXCEPTION: not the goods but the source has given up. That is only trouble while they are under way.
const trackerStopped = "stale_upstream"

func (s *Shipment) underWay() bool {
	return s.LastOK.Rank() >= PickedUp.Rank() && s.LastOK.Rank() < Delivered.Rank() && !s.Over()
}

// Rebirth is how long a journey must have been over for a beginning to be another one: carriers use their numbers again.
const Rebirth = 30 * day

// reborn reports an event with which a number begins another journey. What lies before it belongs to somebody else.
func (s *Shipment) reborn(e Event) bool {
	return s.Over() && e.At.Sub(s.LatestAt) >= Rebirth && !e.Standing &&
		e.Status.Rank() >= PreTransit.Rank() && e.Status.Rank() <= InTransit.Rank()
}

// lags reports a standing status that is behind what is known to have happened: its source is slower than others, and says
// nothing about a step back. Only another word of the same sort (slow) is corrected by it.
func (s *Shipment) lags(e Event, slow bool) bool {
	return e.Standing && !slow && !e.Status.exceptional() && e.Status.Rank() < s.LastOK.Rank()
}

// laterCount reports whether count a was told after b.
func laterCount(a, b Event) bool {
	return cmp.Or(a.Seen.Compare(b.Seen), a.At.Compare(b.At), cmp.Compare(a.Count.Received, b.Count.Received), cmp.Compare(a.Count.Shipped, b.Count.Shipped)) > 0
}

// later reports whether estimate a was told after b.
func later(a, b Event) bool {
	if c := a.Seen.Compare(b.Seen); c != 0 {
		return c > 0
	}
	if c := a.At.Compare(b.At); c != 0 {
		return c > 0
	}
	return b.ETA.Before(a.ETA)
}

// contradicts reports an event that would take a shipment back from where it has arrived. Returns and exceptions after a
// delivery are no contradiction: they happen.
func (s *Shipment) contradicts(e Event) bool {
	if e.Status.Rank() >= s.Status.Rank() || s.Status == "" {
		return false
	}
	after := e.Status == Exception || e.Status == Returning || e.Status == Returned
	switch s.Status {
	case Delivered, Receiving:
		return !after
	default:
		return s.Over()
	}
}

// take makes e the latest event.
func (s *Shipment) take(e Event) {
	s.Status, s.Sub, s.Latest, s.LatestAt = e.Status, e.Sub, e.Key, e.At
	if e.Status.Rank() > s.Furthest.Rank() || s.Furthest == "" {
		s.Furthest = e.Status
	}
	if !e.Status.exceptional() {
		s.LastOK = e.Status
	}
	switch {
	case e.Exception || e.Status.exceptional():
		if !s.Exception || s.Trouble.Status != e.Status || s.Trouble.Sub != e.Sub {
			s.Trouble = Trouble{Status: e.Status, Sub: e.Sub, Since: e.At, Key: e.Key}
		}
		s.Exception = true
	case s.Exception && s.Trouble.Status == Customs && e.Status == Customs:
		// Paperwork goes on during a hold; the hold ends when the goods leave the customs office.
	case e.Standing && e.Status.Rank() < Delivered.Rank() && !s.event(s.Trouble.Key).Standing:
		// A slow source that says where the shipment stands says nothing about a trouble it never spoke of.
	default:
		s.Exception, s.Trouble = false, Trouble{}
	}
}
