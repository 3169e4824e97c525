// Package shipment knows what has happened to something on its way: the sixteen statuses, the history, when news is
// news, when silence is news, and when to look again. It is pure: no clock, no I/O, no randomness, nothing of ours.
//
// A Shipment is a set of events and what follows from it. Whatever order events arrive in, and however often, the same
// set gives the same Shipment; Apply also says what is different from before:
//
//	events ──► keyed, merged, sorted ──► fold ──► Status, LastOK, Exception, ETA
//	                                                │
//	                                  before ──► compare ──► []Change
//
//	NOT_FOUND ─► PRE_TRANSIT ─► PICKED_UP ─► IN_TRANSIT ⇄ CUSTOMS ⇄ ARRIVED_DEST ─► OUT_FOR_DELIVERY ─► DELIVERED
//	                                 │                                                  │      │            │ to Amazon
//	                     EXCEPTION beside any of them            ATTEMPT_FAILED ◄───────┘      ▼            ▼
//	                     (LastOK keeps the place)                RETURNING ─► RETURNED   AVAILABLE_…   RECEIVING ─► CLOSED
//
// The statuses, the looking and the silence are tables in data/; the rules are from the tracking research of 2026-11-22.
package shipment

import (
	"slices"
	"time"
)

// Carriage is how a shipment travels: it decides how often a look is worth it and how long silence is ordinary.
type Carriage string

// The ways to travel. The zero value is Parcel.
const (
	Parcel Carriage = ""
	Air    Carriage = "air"
	Ocean  Carriage = "ocean"
)

// A Number is what a source is asked about. Registered is when we first heard of it: numbers are used again by
// carriers, and older events belong to somebody else.
type Number struct {
	Number     string    `json:"number"`
	Carrier    string    `json:"carrier,omitempty"` // as the source names it; empty: the source finds out
	Registered time.Time `json:"registered"`
}

// A Shipment is something that is tracked, and all that is known about it. The caller fills the first block when it
// starts; the rest is Apply's, and is a pure function of the first block and the set of events.
type Shipment struct {
	Number     string    `json:"number"`
	Source     string    `json:"source"`            // the name of the source that is asked
	Carrier    string    `json:"carrier,omitempty"` // see Number.Carrier
	Carriage   Carriage  `json:"carriage,omitempty"`
	FBA        bool      `json:"fba,omitempty"` // bound for an Amazon fulfilment centre: delivered is not the end
	Registered time.Time `json:"registered"`

	Events    []Event   `json:"events,omitempty"` // oldest first
	Status    Status    `json:"status"`           // of the latest event that counts; "" is NotFound
	Sub       string    `json:"sub,omitempty"`    // the finer reason, as "customs_cleared"
	LastOK    Status    `json:"last_ok"`          // the last ordinary status: an exception stands beside it, not over it
	Furthest  Status    `json:"furthest"`         // the status with the highest rank so far
	Exception bool      `json:"exception,omitempty"`
	Trouble   Trouble   `json:"trouble,omitzero"` // what the exception is, while there is one
	Latest    string    `json:"latest,omitempty"` // key of the latest event that counts
	LatestAt  time.Time `json:"latest_at,omitzero"`
	ETA       Date      `json:"eta,omitzero"`   // the latest estimate: a day on the calendar at the destination
	Count     Count     `json:"count,omitzero"` // the latest count, where a source counts

	Life time.Time `json:"life,omitzero"` // when the journey that counts began, where the number had an earlier one

	LookedAt time.Time `json:"looked_at,omitzero"` // when its source last said something that was new
	Declined bool      `json:"declined,omitempty"` // its source will never follow the number
}

// Trouble is an exception that is going on.
type Trouble struct {
	Status Status    `json:"status"` // the status that came with it: CUSTOMS for a hold, EXCEPTION, ATTEMPT_FAILED …
	Sub    string    `json:"sub,omitempty"`
	Since  time.Time `json:"since"`
	Key    string    `json:"key"` // key of the event that began it
}

// Ref is the shipment as a source is asked about it.
func (s Shipment) Ref() Number {
	return Number{Number: s.Number, Carrier: s.Carrier, Registered: s.Registered}
}

// Now is the status to show: NotFound before the first event that counts.
func (s Shipment) Now() Status {
	if s.Status == "" {
		return NotFound
	}
	return s.Status
}

// Over reports whether the journey is finished: nothing ordinary can follow. A parcel is over when it is delivered, a
// shipment to Amazon only when it is closed.
func (s Shipment) Over() bool { return over(s.Status, s.Sub, s.FBA) }

// settled reports an end after which one more look, a day later, is enough. A delivered parcel is looked at longer,
// because proof of delivery and corrections come late.
func (s Shipment) settled() bool { return s.Over() && s.Status != Delivered }

// PerhapsReused reports whether the number may be an old one that its carrier used again: the journey was over more
// than thirty days before we heard of it.
func (s Shipment) PerhapsReused() bool {
	return s.Status == Delivered && !s.Registered.IsZero() && s.LatestAt.Before(s.Registered.Add(-30*day))
}

// Looked is the shipment after its source answered at the given time, with or without events.
func (s Shipment) Looked(at time.Time) Shipment {
	s.LookedAt = at
	return s
}

// SameEvents reports whether s and t know the same events. When an estimate or a count was told last does not matter: it only
// decides between two that differ.
func (s Shipment) SameEvents(t Shipment) bool {
	return slices.EqualFunc(s.Events, t.Events, func(a, b Event) bool {
		if a.estimate() || a.counted() {
			a.Seen, b.Seen = time.Time{}, time.Time{}
		}
		return a == b
	})
}

const day = 24 * time.Hour
