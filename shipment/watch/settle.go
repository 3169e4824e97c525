package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"xiaobao/shipment"
)

// errNotNow: the source may not be asked at the moment.
var errNotNow = errors.New("watch: not now")

// handAgain is the pause before news that could not be handed over, or whose process died over it, is handed over again.
const handAgain = 15 * time.Second

// handsAtOnce is how many cases are handed news at the same time.
const handsAtOnce = 16

// A settling is one shipment on its way through settle.
type settling struct {
	Watched
	saved time.Time // the look that is written down
	news  bool      // there is something to write before it is handed over
	write bool      // there is something to write
	heard bool      // its source answered
	quiet bool      // and that changed nothing
	pace  shipment.Pace
	next  time.Time // the next look; zero: never
	due   time.Time // when it has something to do again; zero: nothing
}

// settle applies what a source said to the shipments it is about, keeps what is new, hands it over, and writes that it did. Rows
// without an answer are handed over as they are. Of numbers that nobody follows any more the schedule is told too.
//
//	answers ──► Apply ──► kept with its news pending ──► handed over ──► pending gone, next look set ──► schedule
//
// When somebody else wrote a shipment meanwhile, theirs stands, and this look is as if it had not been.
func (f *follower) settle(ctx context.Context, rows []Watched, numbers []string, answers map[string]heard, asked time.Time) error {
	list := make([]*settling, 0, len(rows))
	codes := map[[2]string]*Code{}
	for _, x := range rows {
		s := &settling{Watched: x, saved: x.Look, write: !x.Due.IsZero()}
		if a, ok := answers[x.Shipment.Number]; ok && (a.err == nil || a.declined) {
			f.take(s, a, asked, codes)
		} else if s.write {
			s.Shipment = s.Shipment.Looked(f.lookedAt(x))
		}
		list = append(list, s)
	}
	f.w.countCodes(ctx, codes)
	byNumber := map[string][]*settling{}
	for _, s := range list {
		byNumber[s.Shipment.Number] = append(byNumber[s.Shipment.Number], s)
	}
	for _, group := range byNumber {
		f.plans(ctx, group, asked)
	}
	lost, err := f.w.keep(ctx, list)
	if err != nil {
		return err
	}
	f.reschedule(byNumber, numbers, answers, asked, lost)
	return f.saveQuiet(ctx, byNumber)
}

// take applies an answer to a shipment.
func (f *follower) take(s *settling, a heard, asked time.Time, codes map[[2]string]*Code) {
	x := &s.Shipment
	first, before := x.LookedAt.IsZero(), len(s.Pending)
	s.heard = true
	if a.declined {
		if !x.Declined {
			x.Declined, s.write = true, true
			s.Pending = append(s.Pending, Pending{Key: "declined"})
		}
		if next, _ := x.Apply(a.events...); !next.SameEvents(*x) { // why
			*x, s.write = next, true
		}
	} else {
		next, changes := x.Apply(a.events...)
		same := next.SameEvents(*x)
		if !same {
			strange(*x, next, codes)
			*x, s.write = next, true
		}
		if c, ok := next.Stale(asked); ok && c.Key != s.Silent {
			s.Silent = c.Key
			changes = append(changes, c)
		}
		for _, c := range changes {
			s.Pending = append(s.Pending, Pending{Key: c.Key, Change: c.Heard(asked)})
		}
		s.quiet = same && len(changes) == 0
	}
	if a.registered && !s.Told {
		s.Told, s.write = true, true
	}
	s.news = len(s.Pending) > before
	s.write = s.write || s.news || first
	if s.write {
		*x = x.Looked(asked) // not later: what happens during the look belongs to the next one
	}
}

// plans decides when a number is looked at next; all who follow it together.
func (f *follower) plans(ctx context.Context, group []*settling, asked time.Time) {
	goesOn, heard := false, false
	for _, s := range group {
		heard = heard || s.heard
		s.pace = s.Shipment.Pace(asked)
		base := asked
		if !s.heard {
			base = f.lookedAt(s.Watched)
		}
		ok := false
		switch p, plans := f.source.(Planner); {
		case s.Shipment.Declined:
		case f.owes(s, asked):
			last := asked
			if !s.heard {
				last = f.plan.Load().lookedAt(s.Shipment.Number)
			}
			if s.next, ok = last.Add(fresh), true; s.next.Before(asked) {
				s.next = asked
			}
		case base.IsZero(), !s.heard && len(s.Pending) == 0:
			s.next, ok = asked, true // a look was asked for, and nobody waits for it
		case plans:
			s.next, ok = p.Next(refOf(rowsOf(group)), base)
		default:
			s.next, ok = f.next(s.pace, base)
		}
		if !ok {
			s.next = time.Time{}
		}
		goesOn = goesOn || ok
	}
	if goesOn || !heard || f.release(ctx, group) {
		return // without an answer these need not be all who follow the number
	}
	for _, s := range group { // the source must still be told that it is over
		s.next = asked.Add(6 * time.Hour)
	}
}

// owes reports whether the look is still due that the source asked for by itself: none that was answered began after it did.
func (f *follower) owes(s *settling, asked time.Time) bool {
	if s.Wanted.IsZero() {
		return false
	}
	if began := f.plan.Load().lookedAt(s.Shipment.Number); s.heard && asked.After(s.Wanted) || began.After(s.Wanted) {
		s.Wanted = time.Time{} // written when there is something else to write
		return false
	}
	return true
}

// release tells a source that nobody follows a number any more, and reports whether that is done.
func (f *follower) release(ctx context.Context, group []*settling) bool {
	r, registers := f.source.(Registrar)
	told := slices.ContainsFunc(group, func(s *settling) bool { return s.Told })
	if !registers || !told {
		return true
	}
	ctx, cancel := context.WithTimeout(ctx, f.limits.Timeout)
	defer cancel()
	f.gate.spend(f.w.now())
	if err := r.Release(ctx, []shipment.Number{refOf(rowsOf(group))}); err != nil {
		f.log().WarnContext(ctx, "a source could not be told that a number is no longer followed", "error", err)
		return false
	}
	for _, s := range group {
		s.Told, s.write = false, true
	}
	return true
}

func rowsOf(group []*settling) []Watched {
	rows := make([]Watched, len(group))
	for i, s := range group {
		rows[i] = s.Watched
	}
	return rows
}

// reschedule puts the numbers back into the schedule.
func (f *follower) reschedule(byNumber map[string][]*settling, numbers []string, answers map[string]heard, asked time.Time, lost map[string]bool) {
	plan := f.plan.Load()
	for _, number := range numbers {
		if len(byNumber[number]) == 0 {
			plan.drop(number)
		}
	}
	for number, group := range byNumber {
		a, answered := answers[number]
		first := earliest(group)
		if answered && a.err != nil && !a.declined { // it is in the schedule already, for another attempt
			if first != nil && slices.ContainsFunc(group, func(s *settling) bool { return !s.Wanted.IsZero() }) {
				plan.touch(number, first.next.Add(a.wait))
				ring(f.patrols)
			}
			continue
		}
		switch {
		case lost[number]:
			plan.lookAt(number, asked.Add(lookAgain), false)
			ring(f.patrols)
		case !answered && first == nil: // somebody looks at what is over
		case !answered:
			plan.touch(number, first.next)
			f.ringIfDue(first.next)
		case first == nil:
			plan.drop(number)
		default:
			_, registers := f.source.(Registrar)
			untold := registers && slices.ContainsFunc(group, func(s *settling) bool { return !s.Told })
			x := slot{pace: first.pace, looked: secondsOf(asked), saved: secondsOf(first.Look)}
			if !untold {
				x.marks = warm
			}
			if !slices.ContainsFunc(group, func(s *settling) bool { return !s.quiet }) {
				x.print = shipment.Print(a.events)
			}
			plan.put(refOf(rowsOf(group)), first.next, x)
			f.ringIfDue(first.next)
		}
	}
}

// lookAgain is the pause before a number is looked at again whose shipment somebody else wrote meanwhile.
const lookAgain = time.Minute

// early is more than what schedule.next may be before what is due.
const early = 20 * time.Second

// ringIfDue wakes the patrol, which may sleep past a moment.
func (f *follower) ringIfDue(at time.Time) {
	if first, ok := f.plan.Load().next(f.w.now()); ok && !first.Before(at.Add(-early)) {
		ring(f.patrols)
	}
}

// earliest is the one of several that is due first; nil when none ever is.
func earliest(group []*settling) (first *settling) {
	for _, s := range group {
		if !s.next.IsZero() && (first == nil || s.next.Before(first.next)) {
			first = s
		}
	}
	return first
}

// saveQuiet writes down the looks of those that had nothing else to be written, when they moved far.
func (f *follower) saveQuiet(ctx context.Context, byNumber map[string][]*settling) error {
	var looks []Look
	for number, group := range byNumber {
		for _, s := range group {
			if !s.write && !s.next.IsZero() && s.next.Sub(s.saved) > coarse {
				looks = append(looks, Look{Number: number, At: s.next})
				break
			}
		}
	}
	return f.save(ctx, looks)
}

// keep writes what there is to be written, hands over what is pending, and writes that it did. It reports the numbers whose
// shipments somebody else wrote meanwhile.
func (w *Watch) keep(ctx context.Context, list []*settling) (lost map[string]bool, err error) {
	lost = map[string]bool{}
	put := func(write []*settling) error {
		rows := make([]Watched, len(write))
		for i, s := range write {
			rows[i] = s.Watched
		}
		written, err := w.store.PutShipments(ctx, rows)
		if err != nil {
			return fmt.Errorf("watch: keep shipments: %w", err)
		}
		for i, s := range write {
			if s.Version++; !written[i] {
				lost[s.Shipment.Number] = true
				s.write, s.Pending = false, nil
			}
		}
		return nil
	}
	var first, hand []*settling
	for _, s := range list {
		switch {
		case len(s.Pending) > 0:
			hand = append(hand, s)
			if s.Due = w.now().Add(handAgain); s.news {
				first = append(first, s)
			}
		case !s.next.Equal(s.saved) && s.next.IsZero():
			s.write = true // never again: that must be known after a restart
			fallthrough
		case s.write:
			s.Due, s.Look = s.due, s.next
			first = append(first, s)
		}
	}
	if len(first) > 0 {
		if err := put(first); err != nil {
			return nil, err
		}
	}
	hand = slices.DeleteFunc(hand, func(s *settling) bool { return len(s.Pending) == 0 })
	if len(hand) == 0 {
		return lost, nil
	}
	w.hand(ctx, hand)
	if ctx.Err() != nil {
		return lost, nil
	}
	for _, s := range hand {
		s.Due, s.Look = s.due, s.next
		if len(s.Pending) > 0 {
			s.Due = w.now().Add(handAgain)
		}
	}
	return lost, put(hand)
}

// hand hands over what is pending; what could not be handed over stays pending. Cases do not wait for each other, but what
// one shipment has to say is said in order.
func (w *Watch) hand(ctx context.Context, list []*settling) {
	var g errgroup.Group
	g.SetLimit(handsAtOnce)
	for _, s := range list {
		g.Go(func() error {
			for len(s.Pending) > 0 {
				if err := w.handle(ctx, incoming(s.Watched, s.Pending[0], w.now())); err != nil {
					if ctx.Err() == nil {
						w.log.ErrorContext(ctx, "handing over news of a shipment failed", "case", s.Case, "news", s.Pending[0].Key, "error", err)
					}
					return nil
				}
				s.Pending = s.Pending[1:]
			}
			s.Pending = nil
			return nil
		})
	}
	_ = g.Wait()
}

// handOver does what shipments have to do whose source cannot be asked: it is not connected, or only tells by itself. That they
// have been silent for too long is noticed all the same, but for those nobody ever told anything about.
func (w *Watch) handOver(ctx context.Context, rows []Watched) error {
	now := w.now()
	list := make([]*settling, len(rows))
	for i, x := range rows {
		s := &settling{Watched: x, saved: x.Look, next: x.Look, write: true}
		if x.Shipment.Source != "" && !x.Shipment.Over() {
			if s.next.IsZero() {
				s.next = now // for the day its source is connected
			}
			if c, ok := x.Shipment.Stale(now); ok && c.Key != s.Silent {
				s.Silent, s.news = c.Key, true
				s.Pending = append(slices.Clip(s.Pending), Pending{Key: c.Key, Change: c})
			}
			s.due = x.Shipment.Pace(now).Alarm()
		}
		list[i] = s
	}
	_, err := w.keep(ctx, list)
	return err
}
