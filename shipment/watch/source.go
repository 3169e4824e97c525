package watch

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"xiaobao/shipment"
)

// A Source is where tracking events come from. It is also a Puller, and may be any of the other interfaces of this file.
// All of its methods may be called from several goroutines.
type Source interface {
	// Name is stored with shipments and must not change.
	Name() string
	// Knows reports whether a number may be this source's. Of several that know it the first is asked.
	Knows(number string) bool
}

// A Puller can be asked.
type Puller interface {
	// Pull returns everything the source knows about the numbers now, in any order, each event with its Number (exactly as it
	// was asked) and Seen set. A number it knows nothing about (yet) is no error and no event. It is called with at most
	// Limits.AtOnce numbers, never twice at the same time (but see Hurrier), and must give up when ctx ends. A number may come
	// in several calls; the answer must not depend on what was asked before.
	//
	// The error may be:
	//
	//   - made by Stop: the account is of no use until an operator acts;
	//   - made by Later: the source said how long to wait;
	//   - Faults: these numbers failed, the others were answered, and the events count;
	//   - any other: the batch failed. It is asked again after a wait that doubles from a quarter of an hour to six hours, in
	//     halves, so that one number that no request survives is found; after several in a row the source is left alone for a while.
	Pull(ctx context.Context, numbers []shipment.Number) ([]shipment.Event, error)
}

// A Hurrier can be asked for somebody who waits: at the same time as a Pull, and with what its budgets keep for that. A source
// that keeps nothing of its own need not be one: then Pull is called, as the Limits allow.
type Hurrier interface {
	Hurry(ctx context.Context, numbers []shipment.Number) ([]shipment.Event, error)
}

// A Limited source says what its account may be asked. Others are asked as the zero Limits say.
type Limited interface {
	Limits() Limits
}

// Limits are what the account of a source may be asked. They are data: they are read once, when Watch is made.
type Limits struct {
	AtOnce  int           // numbers in one Pull; 0: PullAtOnce
	Budgets []Budget      // what all calls together may cost: all of them hold
	Free    bool          // a look costs nothing: what is out for delivery is looked at more often
	Every   time.Duration // at least this long between two looks at a number that was found: a source that pushes is only reconciled
	Timeout time.Duration // after which a call has failed; 0: a minute
}

// A Budget is how many calls an account may make in a span of time. They are spread evenly, but for Burst at once.
type Budget struct {
	Calls int
	Per   time.Duration
	Burst int // calls that may come at once after a pause; 0: one more than Keep
	Keep  int // of the Burst, kept for people who wait
}

// A Registrar wants to be told which numbers are followed, because it follows them itself and reports (see Watch.Heard).
type Registrar interface {
	// Register tells the source about numbers, before they are pulled for the first time. Telling one again must not cost
	// anything and is no error. Errors are as with Pull.
	Register(ctx context.Context, numbers []shipment.Number) error
	// Release says that nobody follows the numbers any more. A number the source does not know is no error.
	Release(ctx context.Context, numbers []shipment.Number) error
}

// A Planner knows by itself when there will be something new; other sources are asked as shipment.NextLook says.
type Planner interface {
	// Next is false when nothing more will come.
	Next(n shipment.Number, now time.Time) (time.Time, bool)
}

// An Assigner gives out numbers itself.
type Assigner interface {
	// Assign completes what a person gave to a number, always the same for the same seed; a whole number stays as it is.
	Assign(number, seed string) string
	// Carriage is how a number of this source travels.
	Carriage(number string) shipment.Carriage
}

// PullAtOnce is how many numbers a source is asked about in one call, unless its Limits say otherwise.
const PullAtOnce = 40

// Stop marks an error after which an account must not be asked any more: a key that was revoked, a quota that is used up. The
// operator is told once, in the log and among the sources of the operators' pages. Asking begins again when the program
// does, or six hours later. Reason is for the operator, in English, and carries no secret.
func Stop(reason string, err error) error { return &sourceError{err: err, stop: true, reason: reason} }

// Later marks an error after which the source asked to be left alone for a while: Retry-After.
func Later(d time.Duration, err error) error { return &sourceError{err: err, wait: d} }

// Declined marks an error of one number, in Faults: the source will never follow it, whatever happens; it is not asked again,
// and the card says so. A number that a source does not know yet is not declined.
func Declined(err error) error { return &sourceError{err: err, declined: true} }

type sourceError struct {
	err      error
	stop     bool
	reason   string
	declined bool
	wait     time.Duration
}

func (e *sourceError) Error() string {
	if e.err == nil {
		return e.reason
	}
	return e.err.Error()
}

func (e *sourceError) Unwrap() error { return e.err }

// IsDeclined reports whether err was made by Declined.
func IsDeclined(err error) bool {
	var e *sourceError
	return errors.As(err, &e) && e.declined
}

// IsStop reports whether err was made by Stop, and the reason.
func IsStop(err error) (reason string, ok bool) {
	var e *sourceError
	if errors.As(err, &e) && e.stop {
		return e.reason, true
	}
	return "", false
}

// OfSource reports whether err was made by Stop or Later: it is about the source, and not about the numbers that were asked about.
func OfSource(err error) bool {
	var e *sourceError
	return errors.As(err, &e) && !e.declined
}

// Faults is the error of a call that answered some numbers and not others: the error of each of those, which may be made by
// Declined or Later. Numbers are as they were asked.
type Faults map[string]error

// Error names one of them.
func (f Faults) Error() string {
	for _, n := range slices.Sorted(maps.Keys(f)) {
		return fmt.Sprintf("%d numbers were not answered; one: %v", len(f), f[n])
	}
	return "no number failed"
}
