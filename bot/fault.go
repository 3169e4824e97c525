package bot

import (
	"errors"
	"time"
)

// Never marks an error of Adapter.Send that no repetition mends: the delivery is kept for the operator.
func Never(err error) error { return &sendError{err: err, never: true} }

// Shut marks an error of Adapter.Send for a place that will take nothing more about this case: it is gone, or everybody reads there by now.
// The bot ends what goes there and tells the people it was for; why is one of the ends of "notices.lost_".
func Shut(why string, err error) error { return &sendError{err: err, never: true, shut: why} }

// Why places shut.
const (
	ShutGone   = "gone"   // we cannot write there any more
	ShutPublic = "public" // everybody reads there
)

// Later marks an error of Adapter.Send after which the network asked to wait for d.
func Later(d time.Duration, err error) error { return &sendError{err: err, wait: d} }

// Ambiguous marks an error of Adapter.Send after which the message may have arrived: it is reconciled before it is sent again.
func Ambiguous(err error) error { return &sendError{err: err, ambiguous: true} }

// Halfway marks an error of Adapter.Send after which some of the delivery is there: the rest is sent after d, or after it was found out
// what is there.
func Halfway(d time.Duration, err error) error { return &sendError{err: err, ambiguous: true, wait: d} }

// Aside marks an error of Adapter.Send for a card that was edited a moment ago: its next edit is made after d, with whatever is
// newest by then, and nothing that is said at the place waits for it.
func Aside(d time.Duration, err error) error { return &sendError{err: err, wait: d, aside: true} }

// PutAside is the outcome of a send that returned Aside: the delivery waits for its Retry beside its queue.
const PutAside Outcome = "aside"

type sendError struct {
	err       error
	never     bool
	ambiguous bool
	aside     bool
	shut      string
	wait      time.Duration
}

func (e *sendError) Error() string { return e.err.Error() }
func (e *sendError) Unwrap() error { return e.err }

// Fate reads what Send returned: the outcome and how long to wait. An error without a mark is tried again, with a wait
// that doubles with every attempt from one second to ten minutes.
func Fate(err error, attempt int) (Outcome, time.Duration) {
	if err == nil {
		return Sent, 0
	}
	var e *sendError
	if errors.As(err, &e) {
		switch {
		case e.never:
			return Refused, 0
		case e.ambiguous:
			return Unsure, max(e.wait, backOff(attempt))
		case e.aside:
			return PutAside, e.wait
		case e.wait > 0:
			return Deferred, e.wait
		}
	}
	return Deferred, backOff(attempt)
}

// Shutting is why a place shut, if an error of Adapter.Send says so; empty otherwise.
func Shutting(err error) string {
	var e *sendError
	if errors.As(err, &e) {
		return e.shut
	}
	return ""
}

func backOff(attempt int) time.Duration {
	d := time.Second << min(max(attempt-1, 0), 10)
	return min(d, 10*time.Minute)
}
