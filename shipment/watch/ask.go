package watch

import (
	"context"
	"errors"
	"slices"
	"time"

	"xiaobao/shipment"
)

// heard is what came of asking about one number.
type heard struct {
	events     []shipment.Event
	registered bool // the source was told of it
	declined   bool // the source will never follow it
	err        error
	wait       time.Duration // with err: the source said how long
	innocent   bool          // with err: it was not this number's fault
}

// errImpatient: a call took longer than somebody waits, which says nothing against the source.
var errImpatient = errors.New("watch: nobody waits that long")

type pull func(context.Context, []shipment.Number) ([]shipment.Event, error)

// ask asks about numbers, after telling the source of those that it must be told of, and sorts out what came of it. Every
// number has an answer.
func (f *follower) ask(ctx context.Context, refs []shipment.Number, tell map[string]bool, pull pull, timeout time.Duration) map[string]heard {
	var why error
	if timeout < f.limits.Timeout {
		why = errImpatient
	}
	ctx, cancel := context.WithTimeoutCause(ctx, timeout, why)
	defer cancel()
	answers := make(map[string]heard, len(refs))
	if telling := slices.DeleteFunc(slices.Clone(refs), func(n shipment.Number) bool { return !tell[n.Number] }); len(telling) > 0 {
		f.gate.spend(f.w.now())
		err := f.source.(Registrar).Register(ctx, telling)
		f.judge(ctx, telling, err, answers)
		refs = slices.DeleteFunc(slices.Clone(refs), func(n shipment.Number) bool { _, failed := answers[n.Number]; return failed })
	}
	if len(refs) == 0 {
		return answers
	}
	events, err := pull(ctx, refs)
	f.judge(ctx, refs, err, answers)
	for _, n := range refs {
		if _, failed := answers[n.Number]; !failed {
			answers[n.Number] = heard{registered: tell[n.Number]}
		}
	}
	for len(events) > 0 { // mostly those of a number stand together, and need not be copied
		n := 1
		for n < len(events) && events[n].Number == events[0].Number {
			n++
		}
		if a, ok := answers[events[0].Number]; ok && (a.err == nil || a.declined) {
			if a.events == nil {
				a.events = events[:n:n]
			} else {
				a.events = append(a.events, events[:n]...)
			}
			answers[events[0].Number] = a
		}
		events = events[n:]
	}
	return answers
}

// judge notes what an error says about the source, and about each number that was not answered.
func (f *follower) judge(ctx context.Context, refs []shipment.Number, err error, answers map[string]heard) {
	now := f.w.now()
	var faults Faults
	var marked *sourceError
	switch {
	case err == nil:
		f.answered(ctx, now)
	case errors.As(err, &faults):
		f.answered(ctx, now)
		for number, err := range faults {
			a := heard{err: err, declined: IsDeclined(err)}
			if errors.As(err, &marked) {
				a.wait = marked.wait
			}
			answers[number] = a
		}
		f.log().InfoContext(ctx, "a source did not answer for some numbers", "numbers", len(faults), "of", len(refs), "error", err)
		return
	case errors.Is(ctx.Err(), context.Canceled): // the program ends
	case errors.Is(context.Cause(ctx), errImpatient):
		f.log().InfoContext(ctx, "a source did not answer while somebody waited: it is asked again behind them", "numbers", len(refs))
		for _, n := range refs {
			answers[n.Number] = heard{err: err, innocent: true}
		}
		return
	case errors.As(err, &marked) && marked.stop:
		f.stopped(ctx, marked.reason, err)
	case errors.As(err, &marked) && marked.wait > 0:
		f.gate.later(now, marked.wait)
		f.log().InfoContext(ctx, "a source wants to be left alone for a while", "wait", marked.wait)
	default:
		f.gate.fail(now)
		f.log().WarnContext(ctx, "a source did not answer", "numbers", len(refs), "error", err)
	}
	if err != nil {
		for _, n := range refs {
			answers[n.Number] = heard{err: err, innocent: marked != nil && !marked.declined}
		}
	}
}

func (f *follower) answered(ctx context.Context, now time.Time) {
	if !f.gate.answer(now) {
		return
	}
	f.log().InfoContext(ctx, "a source that was stopped answers again")
	if err := f.w.store.StartSource(ctx, f.source.Name()); err != nil {
		f.log().ErrorContext(ctx, "noting that a source answers again failed", "error", err)
	}
}

// stopped tells the operator, once.
func (f *follower) stopped(ctx context.Context, reason string, cause error) {
	f.gate.stop(f.w.now(), reason)
	fresh, err := f.w.store.StopSource(context.WithoutCancel(ctx), f.source.Name(), reason, f.w.now())
	switch {
	case err != nil:
		f.log().ErrorContext(ctx, "noting that a source is stopped failed", "reason", reason, "error", err)
	case fresh:
		f.log().ErrorContext(ctx, "a source must not be asked until somebody acts", "reason", reason, "error", cause)
	}
}
