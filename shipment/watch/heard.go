package watch

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"time"

	"xiaobao/shipment"
)

// mostAttempts is how often a shipment is read again that somebody else wrote meanwhile.
const mostAttempts = 100

// Told is what became of a Push.
type Told struct {
	Events    int `json:"events"`    // what it told
	Shipments int `json:"shipments"` // shipments it was about
	News      int `json:"news"`      // changes that came of it
	Unknown   int `json:"unknown"`   // numbers nobody watches
}

// Heard takes what a source told. When it returns nil all of it is kept for good; the news that came of it is handed over
// by Run. A Push that comes again changes nothing. For every number of its Look the source is asked after Heard began: at once, or ten
// minutes after it was asked last.
func (w *Watch) Heard(ctx context.Context, source string, p Push) (Told, error) {
	h := &hearing{
		w: w, source: source, push: p, events: map[string][]shipment.Event{}, look: map[string]bool{},
		told: Told{Events: len(p.Events)}, done: map[[2]string]bool{}, known: map[string]bool{},
	}
	for _, e := range p.Events {
		e.Number = clean(e.Number)
		h.events[e.Number] = append(h.events[e.Number], e)
	}
	for _, n := range p.Look {
		h.look[clean(n)] = true
	}
	numbers := slices.Sorted(maps.Keys(h.events))
	for n := range h.look {
		if _, told := h.events[n]; !told {
			numbers = append(numbers, n)
		}
	}
	if err := h.apply(ctx, numbers); err != nil {
		return Told{}, err
	}
	if err := h.keepEarly(ctx); err != nil {
		return Told{}, err
	}
	h.told.Unknown = len(h.unknown())
	if h.told.News > 0 || len(h.look) > 0 {
		w.Nudge()
	}
	return h.told, nil
}

// A hearing is one push on its way.
type hearing struct {
	w      *Watch
	source string
	push   Push
	events map[string][]shipment.Event // by number
	look   map[string]bool
	told   Told
	done   map[[2]string]bool // what was written, by case and number, so that it is counted once
	known  map[string]bool    // numbers that somebody watches
}

// apply puts the push into all shipments with those numbers that it is about.
func (h *hearing) apply(ctx context.Context, numbers []string) error {
	for attempt := 1; len(numbers) > 0; attempt++ {
		if attempt > mostAttempts {
			return fmt.Errorf("watch: %d shipments were written by others again and again", len(numbers))
		}
		list, err := h.w.store.WatchedAs(ctx, numbers)
		if err != nil {
			return fmt.Errorf("watch: find what was told about: %w", err)
		}
		now := h.w.now()
		var write []Watched
		news := map[[2]string]int{}
		codes := map[[2]string]*Code{}
		for _, x := range list {
			n, id := x.Shipment.Number, [2]string{x.Case, x.Shipment.Number}
			if h.push.Tenant != "" && x.Tenant != h.push.Tenant || h.push.Case != "" && x.Case != h.push.Case {
				continue
			}
			h.known[n] = true
			if h.done[id] {
				continue
			}
			before := len(x.Pending)
			if !h.w.hear(&x, h.source, h.events[n], h.look[n], now, codes) {
				h.done[id] = true
				h.told.Shipments++
				continue
			}
			news[id] = len(x.Pending) - before
			write = append(write, x)
		}
		if len(write) == 0 {
			return nil
		}
		written, err := h.w.store.PutShipments(ctx, write)
		if err != nil {
			return fmt.Errorf("watch: keep what was told: %w", err)
		}
		h.w.countCodes(ctx, codes)
		numbers = nil
		for i, x := range write {
			id := [2]string{x.Case, x.Shipment.Number}
			if !written[i] { // somebody wrote it meanwhile, or it was erased: read it again
				numbers = append(numbers, x.Shipment.Number)
				continue
			}
			h.done[id] = true
			h.told.Shipments++
			h.told.News += news[id]
		}
	}
	return nil
}

// unknown are the numbers that something was told about and nobody watches, sorted.
func (h *hearing) unknown() (numbers []string) {
	for _, n := range slices.Sorted(maps.Keys(h.events)) {
		if !h.known[n] {
			numbers = append(numbers, n)
		}
	}
	return numbers
}

// keepEarly keeps what was told about numbers that nobody watches, where the source cannot be asked later. Then it looks again: somebody may
// have begun to watch before it was kept, and not have found it.
func (h *hearing) keepEarly(ctx context.Context) error {
	numbers := h.unknown()
	if len(numbers) == 0 || h.push.Case != "" || h.w.source(h.source) != nil {
		return nil
	}
	var list []shipment.Event
	for _, n := range numbers {
		if n == "" || len(n) > longestNumber {
			continue
		}
		for _, e := range h.events[n] {
			e.Source = h.source
			list = append(list, e)
		}
	}
	if err := h.w.store.KeepEarly(ctx, h.push.Tenant, list, h.w.now()); err != nil {
		return fmt.Errorf("watch: keep what was told early: %w", err)
	}
	return h.apply(ctx, numbers)
}

// recall tells a case what was told about a number before it was watched.
func (w *Watch) recall(ctx context.Context, tenant, caseID, number string) error {
	list, err := w.store.Early(ctx, tenant, number)
	if err != nil {
		return fmt.Errorf("watch: find what was told early: %w", err)
	}
	bySource := map[string][]shipment.Event{}
	for _, e := range list {
		bySource[e.Source] = append(bySource[e.Source], e)
	}
	for _, source := range slices.Sorted(maps.Keys(bySource)) {
		if _, err := w.Heard(ctx, source, Push{Tenant: tenant, Case: caseID, Events: bySource[source]}); err != nil {
			return err
		}
	}
	return nil
}

// hear puts into x what a source told about it, and reports whether there is something to write.
func (w *Watch) hear(x *Watched, source string, events []shipment.Event, look bool, now time.Time, codes map[[2]string]*Code) bool {
	if x.Shipment.Source == "" && len(events) > 0 { // nobody could be asked about it: now somebody tells
		x.Shipment.Source = source
	}
	own := x.Shipment.Source == source
	next, changes := x.Shipment.Apply(events...)
	same := slices.Equal(next.Events, x.Shipment.Events)
	late := now.Sub(next.LookedAt) >= fresh
	wants := look && own
	if same && !wants && !(own && late) {
		return false
	}
	if wants {
		x.Wanted = now
	}
	strange(x.Shipment, next, codes)
	x.Shipment = next
	for _, c := range changes {
		x.Pending = append(x.Pending, Pending{Key: c.Key, Change: c.Heard(now)})
	}
	if own && len(events) > 0 {
		x.Shipment = next.Looked(now)
	}
	switch {
	case len(x.Pending) > 0, wants:
		x.Due = now
	case own && !x.Look.IsZero():
		if next := w.nextLook(w.source(source), x.Shipment); x.Wanted.IsZero() || !next.IsZero() && next.Before(x.Look) { // who wants a look may not have had it
			x.Look = next
		}
	}
	return true
}
