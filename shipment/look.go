package shipment

import "time"

// NextLook says when a source should be asked again, and false when there is no more point in asking. The answer is never
// before now. It depends on the status and on how long the shipment has been quiet: see Pace.
func (s Shipment) NextLook(now time.Time) (time.Time, bool) {
	if s.LookedAt.IsZero() {
		return now, true
	}
	next, ok := s.Pace(now).Next(s.LookedAt, false)
	if ok && next.Before(now) {
		next = now
	}
	return next, ok
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
