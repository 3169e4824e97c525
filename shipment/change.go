package shipment

import (
	"fmt"
	"time"
)

// Kind is what sort of news a Change is.
type Kind string

// The kinds of changes.
const (
	Began       Kind = "began"       // the source knows it: one summary, however long the history
	Advanced    Kind = "advanced"    // further along than ever before
	Moved       Kind = "moved"       // something happened on the way: for the card, not for a push
	Arrived     Kind = "delivered"   // delivered
	Troubled    Kind = "exception"   // an exception began, or became another one
	Recovered   Kind = "recovered"   // the exception is over
	Rescheduled Kind = "rescheduled" // the estimate is another day
	Short       Kind = "short"       // receiving is over and fewer were counted than were sent
	Silent      Kind = "silent"      // nothing heard for too long: see Stale
)

// A Change is news about a shipment: what a card must show, and perhaps a push. Key is the same whenever the same news is
// worked out again, and never used for other news of the same shipment, so that it can be handed over exactly once.
type Change struct {
	Key       string    `json:"key"`
	Kind      Kind      `json:"kind"`
	At        time.Time `json:"at"`             // when it happened
	From      Status    `json:"from,omitempty"` // the status before
	To        Status    `json:"to"`             // the status now
	Sub       string    `json:"sub,omitempty"`
	Exception bool      `json:"exception,omitempty"` // there is an exception now
	Event     Event     `json:"event,omitzero"`      // the event that brought it
	ETA       Date      `json:"eta,omitzero"`        // the estimate now
	Before    Date      `json:"before,omitzero"`     // the estimate before, with Rescheduled
	Reason    string    `json:"reason,omitempty"`    // with Silent: the row of the silence table, as "customs_long"
	Old       bool      `json:"old,omitempty"`       // it happened more than a week before we heard of it
}

// NeedsPerson reports whether somebody should be told, and not only the card: trouble and its end, a delivery, an end,
// silence, an estimate that is days later. What is more than a week old only goes to the card.
func (c Change) NeedsPerson() bool {
	if c.Old {
		return false
	}
	switch c.Kind {
	case Troubled, Recovered, Arrived, Short, Silent:
		return true
	case Began:
		return c.Exception
	case Rescheduled:
		return !c.Before.IsZero() && c.ETA.Days(c.Before) >= muchLater
	case Advanced:
		return c.To == Closed || c.To == Cancelled || c.To == AvailableForPickup
	}
	return false
}

// Heard is c when it is heard of at a moment: its source may have known for long. What is reckoned, and not reported (silence, a count), does
// not grow old; an estimate does from when it was made.
func (c Change) Heard(now time.Time) Change {
	switch c.Kind {
	case Began, Advanced, Moved, Arrived, Troubled, Recovered:
		c.Old = c.Old || now.Sub(c.At) > oldNews
	case Rescheduled:
		c.Old = !c.Event.Seen.IsZero() && now.Sub(c.Event.Seen) > oldNews
	}
	return c
}

// muchLater is how many days later an estimate must be to need somebody, who may have to restock; ships move by a day all the time.
const muchLater = 2

// oldNews is how long ago something may have happened and still be news.
const oldNews = 7 * day

// compare says what is new in b.
func compare(a, b Shipment) []Change {
	latest := b.event(b.Latest)
	news := func(kind Kind, key string, e Event) Change {
		if !b.Life.IsZero() {
			key += "@" + DateOf(b.Life.UTC()).String() // another journey of the number delivers again
		}
		return Change{
			Key: key, Kind: kind, At: e.At, From: a.Now(), To: b.Now(), Sub: b.Sub, Exception: b.Exception, Event: e, ETA: b.ETA,
			Old: !e.Seen.IsZero() && e.Seen.Sub(e.At) > oldNews,
		}
	}
	if b.Status == "" {
		return nil // nothing that counts yet
	}
	if a.Status == "" {
		return []Change{news(Began, "began", latest)}
	}
	if !a.Life.Equal(b.Life) {
		return []Change{news(Began, "began", latest)}
	}

	var out []Change
	troubled := b.Exception && (!a.Exception || a.Trouble.Status != b.Trouble.Status || a.Trouble.Sub != b.Trouble.Sub ||
		b.Trouble.Since.After(a.LatestAt))
	further := b.Furthest.Rank() > a.Furthest.Rank()
	switch {
	case further && troubled && b.Trouble.Status == b.Furthest:
		// the trouble is the news
	case further && b.Furthest == Delivered:
		out = append(out, news(Arrived, "status:"+string(b.Furthest), b.first(b.Furthest)))
	case further:
		if e := b.first(Delivered); e.Key != "" && a.Furthest.Rank() < Delivered.Rank() && (b.Furthest == Receiving || b.Furthest == Closed) {
			arrived := news(Arrived, "status:"+string(Delivered), e) // both are heard of at once, and the delivery is what people wait for
			arrived.To, arrived.Sub = Delivered, e.Sub
			out = append(out, arrived)
		}
		out = append(out, news(Advanced, "status:"+string(b.Furthest), b.first(b.Furthest)))
	case b.Latest != a.Latest && !b.LatestAt.Before(a.LatestAt) && !troubled && a.Exception == b.Exception:
		out = append(out, news(Moved, "event:"+b.Latest, latest))
	}
	if a.Exception && !b.Exception {
		out = append(out, news(Recovered, "recovered:"+b.Latest, latest))
	}
	if troubled {
		out = append(out, news(Troubled, "exception:"+b.Trouble.Key, b.event(b.Trouble.Key)))
	}
	if b.missing() > 0 && a.missing() != b.missing() {
		out = append(out, news(Short, fmt.Sprintf("short:%d/%d", b.Count.Received, b.Count.Shipped), b.first(Closed)))
	}
	if a.Count != b.Count && len(out) == 0 { // otherwise the card is made anew anyway
		out = append(out, news(Moved, fmt.Sprintf("count:%d>%d/%d", a.Count.Received, b.Count.Received, b.Count.Shipped), b.lastCounted()))
	}
	if !b.ETA.IsZero() && a.ETA != b.ETA {
		e := b.estimated()
		c := news(Rescheduled, fmt.Sprintf("eta:%s>%s@%s", a.ETA, b.ETA, DateOf(e.Seen.UTC())), e)
		c.Before, c.Old = a.ETA, false
		out = append(out, c)
	}
	return out
}

// missing is how many units are missing now that receiving is over.
func (s Shipment) missing() int {
	if s.Status != Closed {
		return 0
	}
	return s.Count.Short()
}

// event finds an event by its key.
func (s Shipment) event(key string) Event {
	for _, e := range s.Events {
		if e.Key == key {
			return e
		}
	}
	return Event{}
}

// first finds the first event that had a status.
func (s Shipment) first(status Status) Event {
	for _, e := range s.Events {
		if e.Status == status && !e.suspicious() && !e.At.Before(s.Life) {
			return e
		}
	}
	return Event{}
}

// lastCounted finds the count that counts.
func (s Shipment) lastCounted() (last Event) {
	for _, e := range s.Events {
		if e.counted() && (last.Count == Count{} || laterCount(e, last)) {
			last = e
		}
	}
	return last
}

// estimated finds the estimate that counts.
func (s Shipment) estimated() (told Event) {
	for _, e := range s.Events {
		if e.estimate() && !e.At.Before(s.Life) && (told.ETA.IsZero() || later(e, told)) {
			told = e
		}
	}
	return told
}
