package spapi

import (
	"cmp"
	"context"
	"errors"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// longestPull is how long one look may take; what was not asked by then is told as such and asked the next time.
const longestPull = time.Minute

// idsAtOnce is how many shipments one getShipments is asked about. It would take 999, in an address longer than proxies like.
const idsAtOnce = 100

// Pull asks about numbers. See watch.Puller.
func (s *Source) Pull(ctx context.Context, numbers []shipment.Number) ([]shipment.Event, error) {
	return s.pull(ctx, numbers)
}

// Hurry is Pull for somebody who waits: it may take the tokens that are kept for that. See watch.Hurrier.
func (s *Source) Hurry(ctx context.Context, numbers []shipment.Number) ([]shipment.Event, error) {
	return s.pull(hurry(ctx), numbers)
}

func (s *Source) pull(whole context.Context, numbers []shipment.Number) ([]shipment.Event, error) {
	ctx, cancel := context.WithTimeout(whole, s.patience)
	defer cancel()
	now := s.now()
	r := &round{Source: s, seen: now.UTC(), until: now.Add(longestPull), faults: watch.Faults{}}
	if err := s.allStopped(); err != nil {
		return nil, err
	}
	var fba []shipment.Number
	for _, n := range numbers {
		switch kindOf(n.Number) {
		case kindFBA, kindInbound:
			fba = append(fba, n)
		case kindPlan:
			r.plan(ctx, n)
		case kindAWD:
			r.one(ctx, n, func(a *account) ([]shipment.Event, error) {
				answer, err := a.getAWD(ctx, n.Number)
				return answer.events(n.Number, r.seen), err
			})
		case kindAFTN:
			r.track(ctx, n, "aftn")
		case kindBill:
			r.track(ctx, n, "houseBillOfLadingNumber")
		case kindContainer:
			r.track(ctx, n, "containerNumber")
		case kindParcel:
			r.one(ctx, n, func(a *account) ([]shipment.Event, error) {
				if a.Business == "" {
					return nil, nil
				}
				answer, err := a.getShipping(ctx, n.Number, n.Carrier)
				return answer.events(n.Number, r.seen), err
			})
		}
	}
	r.inbounds(ctx, fba)
	if whole.Err() != nil {
		return nil, whole.Err()
	}
	return r.events, r.outcome()
}

// allStopped is the error when there is no account left to ask.
func (s *Source) allStopped() error {
	var first *Fault
	for _, a := range s.accounts {
		err := a.stopped()
		if err == nil {
			return nil
		}
		var f *Fault
		if errors.As(err, &f) && first == nil {
			first = f
		}
	}
	return watch.Stop("Amazon account "+first.Account+": "+mend(first), first)
}

// round is one look.
type round struct {
	*Source
	seen   time.Time
	until  time.Time
	events []shipment.Event
	faults watch.Faults
}

// outcome is the error of the look: of the numbers that were not answered, or of all of it when nobody can log in. That one operation
// fails, or is not allowed, says nothing about the others, which numbers of another kind are asked by.
func (r *round) outcome() error {
	if len(r.faults) == 0 {
		return nil
	}
	if err := r.allStopped(); err != nil {
		return err
	}
	if len(r.events) > 0 {
		return r.faults
	}
	for _, err := range r.faults {
		var f *Fault
		if !errors.As(err, &f) || f.Operation != "token" {
			return r.faults
		}
	}
	for _, err := range r.faults {
		return err
	}
	return nil
}

// fail notes that a number was not answered.
func (r *round) fail(number string, err error) {
	var f *Fault
	if errors.As(err, &f) && f.Wait > longestWait {
		err = watch.Later(f.Wait, err)
	}
	if r.faults[number] == nil {
		r.faults[number] = err
	}
}

// late is the error of a number that is left for the next look, because this one has taken long enough.
func (r *round) late() error {
	if r.now().After(r.until) {
		return tooLong()
	}
	return nil
}

func tooLong() error {
	return watch.Later(time.Minute, &Fault{Account: "any", Operation: "look", Kind: ErrBusy, Cause: errors.New("the look took long enough")})
}

// track asks the Tracking API.
func (r *round) track(ctx context.Context, n shipment.Number, query string) {
	r.one(ctx, n, func(a *account) ([]shipment.Event, error) {
		answer, err := a.getTracking(ctx, query, n.Number)
		return answer.events(n.Number, r.seen), err
	})
}

// one asks the accounts about a number, beginning with the one that knew it, until one has something to say.
func (r *round) one(ctx context.Context, n shipment.Number, ask func(*account) ([]shipment.Event, error)) {
	var failed error
	for _, a := range r.order(n.Number) {
		if err := r.late(); err != nil {
			r.fail(n.Number, err)
			return
		}
		events, err := ask(a)
		switch {
		case ctx.Err() != nil:
			r.fail(n.Number, tooLong())
			return
		case err != nil && !nothing(err):
			failed = cmp.Or(failed, err)
		case len(events) > 0:
			r.events = append(r.events, events...)
			r.settle(n.Number, home{account: a})
			return
		}
	}
	if failed != nil {
		r.fail(n.Number, failed)
	}
}

// nothing reports an error that only says that Amazon does not know the number. A number that Amazon finds malformed is
// unknown too: it has one of Amazon's forms, and what people paste may still be no number of anything.
func nothing(err error) bool { return errors.Is(err, ErrUnknown) || errors.Is(err, ErrInvalid) }

// order is the accounts, the one that knows the number first.
func (s *Source) order(number string) []*account {
	h := s.homeOf(number)
	if h.account == nil {
		return s.accounts
	}
	list := []*account{h.account}
	for _, a := range s.accounts {
		if a != h.account {
			list = append(list, a)
		}
	}
	return list
}

func (s *Source) homeOf(number string) home {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.home[number]
}

// mostHomes is how many numbers are remembered with their account; after that it is found out anew.
const mostHomes = 200_000

func (s *Source) settle(number string, h home) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.home) >= mostHomes {
		clear(s.home)
	}
	s.home[number] = h
}
