package watch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"xiaobao/shipment"
)

// A Wanted is a shipment that a table asks to be followed.
type Wanted struct {
	Number   string
	Carriage *shipment.Carriage // nil: not said
}

// A Batch is the shipments that a table began to follow, so that it can be taken back: they carry its name.
type Batch struct {
	Tenant string
	Case   string
	Name   string
	By     string // bot.User.Key of whose table it is
}

// atOnce is how many shipments are written together.
const atOnce = 200

// FollowMany begins to follow several numbers for a case. They have no cards of their own before something is wrong with them,
// or is asked for; the list has them all. Which of them the case follows already is told; those are left as they are. Doing it
// again changes nothing.
func (w *Watch) FollowMany(ctx context.Context, b Batch, list []Wanted) (begun, already []string, err error) {
	for some := range slices.Chunk(list, atOnce) {
		numbers := make([]string, len(some))
		for i, x := range some {
			numbers[i] = clean(x.Number)
		}
		there, err := w.Followed(ctx, b.Tenant, b.Case, numbers)
		if err != nil {
			return begun, already, err
		}
		now := w.now()
		var write []Watched
		for i, x := range some {
			switch old, ok := there[numbers[i]]; {
			case ok && old.Batch == b.Name:
				begun = append(begun, numbers[i]) // by an earlier attempt
			case ok:
				already = append(already, numbers[i])
			case slices.ContainsFunc(write, func(y Watched) bool { return y.Shipment.Number == numbers[i] }):
			default:
				write = append(write, w.wanted(b, numbers[i], x.Carriage, now))
			}
		}
		written, err := w.store.PutShipments(ctx, write)
		if err != nil {
			return begun, already, fmt.Errorf("watch: begin to follow %d shipments: %w", len(write), err)
		}
		for i, x := range write {
			if written[i] {
				begun = append(begun, x.Shipment.Number)
			}
		}
	}
	for _, n := range begun {
		if err := w.recall(ctx, b.Tenant, b.Case, n); err != nil {
			return begun, already, err
		}
	}
	w.Nudge()
	return begun, already, nil
}

func (w *Watch) wanted(b Batch, number string, carriage *shipment.Carriage, now time.Time) Watched {
	x := Watched{Tenant: b.Tenant, Case: b.Case, Due: now, Batch: b.Name, By: b.By, Quiet: true, Shipment: shipment.Shipment{Number: number, FBA: received(number), Registered: now}}
	for _, s := range w.sources {
		if !s.Knows(number) {
			continue
		}
		x.Shipment.Source = s.Name()
		if a, ok := s.(Assigner); ok {
			x.Shipment.Carriage = a.Carriage(number)
		}
		break
	}
	if carriage != nil {
		x.Shipment.Carriage = *carriage
	}
	if x.Shipment.Source == "" {
		x.Due = time.Time{} // there is nobody to ask
	}
	return x
}

// Followed finds what a case follows under numbers.
func (w *Watch) Followed(ctx context.Context, tenant, caseID string, numbers []string) (map[string]Watched, error) {
	m := map[string]Watched{}
	for some := range slices.Chunk(numbers, atOnce) {
		list, err := w.store.WatchedAs(ctx, some)
		if err != nil {
			return nil, fmt.Errorf("watch: find what is followed: %w", err)
		}
		for _, x := range list {
			if x.Case == caseID {
				m[x.Shipment.Number] = x
			}
		}
	}
	return m, nil
}

// UnfollowBatch stops following what a batch began, of these numbers, and says how many that were. What was begun otherwise stays.
func (w *Watch) UnfollowBatch(ctx context.Context, b Batch, numbers []string) (int, error) {
	there, err := w.Followed(ctx, b.Tenant, b.Case, numbers)
	if err != nil {
		return 0, err
	}
	var drop []string
	release := map[string][]shipment.Number{}
	for n, x := range there {
		if x.Batch == b.Name {
			drop = append(drop, n)
			if x.Told {
				release[x.Shipment.Source] = append(release[x.Shipment.Source], x.Shipment.Ref())
			}
		}
	}
	slices.Sort(drop)
	if err := w.store.DropShipments(ctx, b.Case, drop); err != nil {
		return 0, fmt.Errorf("watch: stop following: %w", err)
	}
	for name, list := range release {
		w.released(ctx, name, list)
	}
	return len(drop), nil
}

// released tells a source of numbers that nobody follows any more. That it fails costs nothing but its looking.
func (w *Watch) released(ctx context.Context, name string, numbers []shipment.Number) {
	r, ok := w.source(name).(Registrar)
	if !ok {
		return
	}
	for some := range slices.Chunk(numbers, PullAtOnce) {
		var names []string
		for _, n := range some {
			names = append(names, n.Number)
		}
		others, err := w.store.WatchedAs(ctx, names)
		if err == nil {
			some = slices.DeleteFunc(slices.Clone(some), func(n shipment.Number) bool {
				return slices.ContainsFunc(others, func(x Watched) bool { return x.Shipment.Number == n.Number })
			})
			if len(some) > 0 {
				err = r.Release(ctx, some)
			}
		}
		if err != nil {
			w.log.WarnContext(ctx, "a source could not be told that numbers are no longer followed", "source", name, "error", err)
		}
	}
}

// Forget takes events back that a source told about a case's shipments at a moment, and says from how many shipments. What others
// told stays, and what follows from it is worked out anew. The cards that are there are drawn again; nothing is said aloud.
func (w *Watch) Forget(ctx context.Context, tenant, caseID, source string, seen time.Time, numbers []string) (int, error) {
	changed := 0
	for some := range slices.Chunk(numbers, atOnce) {
		todo := slices.Clone(some)
		for attempt := 1; len(todo) > 0; attempt++ {
			if attempt > mostAttempts {
				return changed, errors.New("watch: shipments were written by others again and again")
			}
			there, err := w.Followed(ctx, tenant, caseID, todo)
			if err != nil {
				return changed, err
			}
			var write []Watched
			for _, x := range there {
				if y, ok := without(x, source, seen); ok {
					y.Pending = append(slices.Clip(y.Pending), Pending{Key: fmt.Sprintf("forgot:%s@%d", source, seen.UnixMicro())})
					y.Due = w.now()
					write = append(write, y)
				}
			}
			written, err := w.store.PutShipments(ctx, write)
			if err != nil {
				return changed, fmt.Errorf("watch: take events back: %w", err)
			}
			todo = todo[:0]
			for i, x := range write {
				if written[i] {
					changed++
				} else {
					todo = append(todo, x.Shipment.Number)
				}
			}
		}
	}
	w.Nudge()
	return changed, nil
}

// without is a shipment as if a source had not told what it told at a moment.
func without(x Watched, source string, seen time.Time) (Watched, bool) {
	told := func(e shipment.Event) bool { return e.Source == source && e.Seen.Equal(seen) }
	if !slices.ContainsFunc(x.Shipment.Events, told) {
		return x, false
	}
	s := x.Shipment
	rest := slices.DeleteFunc(slices.Clone(s.Events), told)
	s.Events = nil
	s, _ = s.Apply(rest...)
	if s.Source == source && len(rest) == 0 {
		s.Source = "" // nobody else tells about it
	}
	x.Shipment = s
	x.Pending = slices.DeleteFunc(slices.Clone(x.Pending), func(p Pending) bool { return told(p.Change.Event) })
	return x, true
}

// hasCard reports whether a shipment has a card: one that came with many others has none before somebody should look at it.
func hasCard(x Watched) bool {
	return !x.Quiet || slices.ContainsFunc(x.Shipment.Events, func(e shipment.Event) bool {
		return e.Exception || e.Status == shipment.Exception || e.Status == shipment.Delivered || e.Status == shipment.Closed || e.Status == shipment.AvailableForPickup
	})
}
