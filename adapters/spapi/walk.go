package spapi

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"xiaobao/shipment"
)

// Nothing leads from an FBA id to its plan. The walk goes through the plans, newest first, and remembers every shipment it meets;
// it stops when its calls are used up and goes on from there the next time.
//
//	listInboundPlans ──► getInboundPlan ──► getShipment ──► FBA… is (wf…, sh…)
//	   ▲ next page            each plan once    each shipment once
const (
	walkCalls    = 48                   // calls in one look: half a minute of them
	walkHurried  = 16                   // calls while somebody waits
	walkAgain    = 6 * time.Hour        // before the plans are gone through again for an id that was not among them
	walkBack     = 400 * 24 * time.Hour // plans older than that are not looked at
	inboundFresh = 12 * time.Hour       // how long a shipment's tracking numbers are believed once there are some
)

type walk struct {
	going sync.Mutex // held by whoever walks

	mu      sync.Mutex
	spots   map[string]spot // by FBA id, and by the shipment's own id
	read    map[string]bool // plans whose shipments are all known
	page    []plan          // plans of the current page that are still to be read
	next    string          // token of the page after it
	under   bool            // a walk is under way
	started time.Time
	ended   time.Time
}

// A spot is where a shipment is found in 2024-03-20, and what was said of it.
type spot struct {
	plan, shipment string
	said           inboundShipment
	at             time.Time
	after          int // how often its legs were asked after it had arrived
}

func (w *walk) spot(id string) (spot, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := w.spots[id]
	return s, ok
}

func (w *walk) keep(plan string, said inboundShipment, at time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.spots == nil {
		w.spots = map[string]spot{}
	}
	s := spot{plan: plan, shipment: said.ID, said: said, at: at, after: w.spots[strings.ToUpper(said.ID)].after}
	w.spots[strings.ToUpper(said.ID)] = s
	if said.Confirmation != "" {
		w.spots[strings.ToUpper(said.Confirmation)] = s
	}
}

// lastLooks is how often the legs of a shipment that has arrived are asked, until one of them tells something.
const lastLooks = 4

// askedAfter notes that the legs of a shipment that has arrived were asked n times more.
func (w *walk) askedAfter(id string, n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	s, ok := w.spots[id]
	if !ok {
		return
	}
	s.after += n
	w.spots[strings.ToUpper(s.said.ID)], w.spots[id] = s, s
}

// missing reports whether one of the ids was not met yet, and is worth a walk.
func (w *walk) missing(ids map[string]time.Time, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	for id, registered := range ids {
		if _, ok := w.spots[id]; ok {
			continue
		}
		if w.under || w.ended.IsZero() || now.Sub(w.ended) >= walkAgain || registered.After(w.started) {
			return true
		}
	}
	return false
}

// find walks until the ids are met, the plans are at an end, or the calls of one look are used up. Ids come with the time since which
// they are wanted. When somebody else is walking it returns at once: they are met the next time.
func (a *account) find(ctx context.Context, ids map[string]time.Time) error {
	w := &a.walk
	if !w.going.TryLock() {
		return nil
	}
	defer w.going.Unlock()
	most := walkCalls
	if hurried(ctx) {
		most = walkHurried
	}
	for calls := 0; calls < most && w.missing(ids, a.now()); {
		n, err := a.step(ctx)
		calls += n
		if err != nil {
			return err
		}
	}
	return nil
}

// step does the next thing of a walk, in one call or a few, and says in how many.
func (a *account) step(ctx context.Context) (calls int, err error) {
	w := &a.walk
	if !w.under {
		w.mu.Lock()
		w.under, w.started, w.page, w.next = true, a.now(), nil, ""
		w.mu.Unlock()
		return a.turn(ctx, "")
	}
	if len(w.page) == 0 {
		if w.next == "" {
			w.end(a.now())
			return 0, nil
		}
		return a.turn(ctx, w.next)
	}
	p := w.page[0]
	if made, _, err := shipment.ParseTime(p.Created); err == nil && a.now().Sub(made) > walkBack {
		w.end(a.now())
		return 0, nil
	}
	if w.read[p.ID] || p.Status == "VOIDED" {
		w.page = w.page[1:]
		return 0, nil
	}
	_, calls, whole, err := a.readPlan(ctx, p.ID)
	var f *Fault
	if err != nil && !(errors.As(err, &f) && (f.Kind == ErrInvalid || f.Kind == ErrUnknown)) {
		return calls, err
	}
	if whole && err == nil {
		if w.read == nil {
			w.read = map[string]bool{}
		}
		w.read[p.ID] = true
	}
	w.page = w.page[1:]
	return calls, nil
}

// turn fetches a page. A token that is no longer accepted ends the walk; the next one begins with the newest again.
func (a *account) turn(ctx context.Context, token string) (int, error) {
	w := &a.walk
	answer, err := a.listPlans(ctx, token, 30)
	if err != nil {
		var f *Fault
		if token == "" || errors.As(err, &f) && f.Kind == ErrInvalid {
			w.mu.Lock()
			w.under = false // nothing was gone through: it may begin again at once
			w.mu.Unlock()
		}
		return 1, err
	}
	w.page, w.next = answer.Plans, answer.Pagination.Next
	if len(answer.Plans) == 0 || answer.Pagination.Next == token {
		w.next = ""
	}
	return 1, nil
}

func (w *walk) end(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.under, w.ended, w.page, w.next = false, now, nil, ""
}

// readPlan reads a plan and those of its shipments that are not known; whole when all of them have an FBA id.
func (a *account) readPlan(ctx context.Context, id string) (p plan, calls int, whole bool, err error) {
	p, err = a.getPlan(ctx, id)
	calls, whole = 1, len(p.Shipments) > 0
	if err != nil {
		return p, calls, false, err
	}
	for _, s := range p.Shipments {
		if known, ok := a.walk.spot(strings.ToUpper(s.ID)); ok && known.said.Confirmation != "" {
			continue
		}
		said, err := a.getInbound(ctx, id, s.ID)
		calls++
		if err != nil {
			return p, calls, false, err
		}
		said.ID = s.ID
		whole = whole && said.Confirmation != ""
		a.walk.keep(id, said, a.now())
	}
	return p, calls, whole, nil
}

// inbound is what 2024-03-20 says of a shipment that was met; asked again when it is old, or has no numbers to track yet.
func (a *account) inbound(ctx context.Context, id string) (inboundShipment, bool, error) {
	s, ok := a.walk.spot(id)
	if !ok {
		return inboundShipment{}, false, nil
	}
	legs, _ := s.said.legs()
	age := a.now().Sub(s.at)
	if len(legs) > 0 && age < inboundFresh || age < time.Minute {
		return s.said, true, nil
	}
	said, err := a.getInbound(ctx, s.plan, s.shipment)
	if err != nil {
		return s.said, true, err
	}
	if said.Confirmation == "" {
		said.Confirmation = s.said.Confirmation
	}
	said.ID = s.shipment
	a.walk.keep(s.plan, said, a.now())
	return said, true, nil
}
