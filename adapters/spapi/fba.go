package spapi

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"xiaobao/shipment"
)

// inbounds asks about FBA shipments, all of them in as few calls as can be. A carton is its shipment; a shipment's own id is the
// FBA id it was met under.
func (r *round) inbounds(ctx context.Context, numbers []shipment.Number) {
	asked := map[string][]shipment.Number{} // by FBA id
	for _, n := range numbers {
		id := parent(n.Number)
		if kindOf(n.Number) == kindInbound {
			var ok bool
			if id, ok = r.confirmation(ctx, n); !ok {
				continue
			}
		}
		asked[id] = append(asked[id], n)
	}
	if len(asked) == 0 {
		return
	}
	found, failed := r.standings(ctx, keys(asked))
	under := map[*account]map[string]time.Time{} // those under way, by id, with the time since which they are wanted
	arrived := map[*account][]string{}
	for _, id := range keys(asked) {
		st, ok := found[id]
		for _, n := range asked[id] {
			a := r.homeOf(id).account
			switch {
			case ok && r.inbound(ctx, n, id, st):
				if under[a] == nil {
					under[a] = map[string]time.Time{}
				}
				under[a][id] = n.Registered
			case ok && !slices.Contains(arrived[a], id):
				arrived[a] = append(arrived[a], id)
			case !ok && failed[id] != nil:
				r.fail(n.Number, failed[id])
			}
		}
	}
	for _, a := range r.accounts {
		if len(under[a]) > 0 {
			r.follow(ctx, a, under[a], asked)
		}
		r.followLast(ctx, a, arrived[a], asked)
	}
}

// followLast asks once more about the legs of shipments that have arrived: what happened between the last look and the arrival belongs on
// the card. Nobody walks for that.
func (r *round) followLast(ctx context.Context, a *account, ids []string, asked map[string][]shipment.Number) {
	for _, id := range ids {
		s, ok := a.walk.spot(id)
		if legs, _ := s.said.legs(); !ok || s.after >= lastLooks || len(legs) == 0 {
			continue
		}
		looks := lastLooks
		for _, n := range asked[id] {
			events, err := r.legs(ctx, a, n, id)
			r.events = append(r.events, events...)
			if err != nil || len(events) == 0 {
				looks = 1
			}
		}
		a.walk.askedAfter(id, looks)
	}
}

// follow asks about the numbers under which shipments travel. What cannot be had of them is no fault of the look: how the
// shipments stand was answered.
func (r *round) follow(ctx context.Context, a *account, ids map[string]time.Time, asked map[string][]shipment.Number) {
	missed := a.find(ctx, ids)
	for _, id := range keys(ids) {
		for _, n := range asked[id] {
			events, err := r.legs(ctx, a, n, id)
			r.events = append(r.events, events...)
			missed = cmp.Or(missed, err)
		}
	}
	if missed != nil && ctx.Err() == nil {
		r.log.DebugContext(ctx, "a leg of an FBA shipment was not answered", "source", Name, "error", missed)
	}
}

func keys[V any](m map[string]V) []string {
	var list []string
	for k := range m {
		list = append(list, k)
	}
	slices.Sort(list)
	return list
}

// confirmation is the FBA id of a shipment's own id, after a walk if need be.
func (r *round) confirmation(ctx context.Context, n shipment.Number) (string, bool) {
	var failed error
	for _, a := range r.order(n.Number) {
		if err := a.find(ctx, map[string]time.Time{strings.ToUpper(n.Number): n.Registered}); err != nil && !nothing(err) {
			failed = cmp.Or(failed, err)
		}
		if s, ok := a.walk.spot(strings.ToUpper(n.Number)); ok && s.said.Confirmation != "" {
			r.settle(n.Number, home{account: a})
			return strings.ToUpper(s.said.Confirmation), true
		}
	}
	if failed != nil {
		r.fail(n.Number, failed)
	}
	return "", false
}

// standings asks how shipments stand: where they were found before, and then everywhere. failed are those that somebody who might
// know them did not answer about.
func (r *round) standings(ctx context.Context, ids []string) (found map[string]standing, failed map[string]error) {
	found, failed = map[string]standing{}, map[string]error{}
	asked := map[home]map[string]bool{}
	ask := func(h home, ids []string) {
		var open []string
		for _, id := range ids {
			if _, ok := found[id]; !ok && !asked[h][id] {
				open = append(open, id)
			}
		}
		if asked[h] == nil {
			asked[h] = map[string]bool{}
		}
		for chunk := range slices.Chunk(open, idsAtOnce) {
			for _, id := range chunk {
				asked[h][id] = true
			}
			r.ask(ctx, h, chunk, found, failed)
		}
	}
	known := map[home][]string{}
	for _, id := range ids {
		if h := r.homeOf(id); h.account != nil {
			known[h] = append(known[h], id)
		}
	}
	for _, a := range r.accounts { // in their order, so that two runs ask alike
		for _, m := range a.Marketplaces {
			if h := (home{a, m}); len(known[h]) > 0 {
				ask(h, known[h])
			}
		}
	}
	for _, a := range r.accounts {
		for _, m := range a.Marketplaces {
			ask(home{a, m}, ids)
		}
	}
	for id := range found {
		delete(failed, id)
	}
	return found, failed
}

// ask asks one account about one marketplace. A list that Amazon refuses because of one id is asked in halves.
func (r *round) ask(ctx context.Context, h home, ids []string, found map[string]standing, failed map[string]error) {
	list, err := h.account.getShipments(ctx, h.marketplace, ids)
	switch {
	case err == nil:
	case errors.Is(err, ErrInvalid) && len(ids) > 1 && !isElsewhere(err):
		r.ask(ctx, h, ids[:len(ids)/2], found, failed)
		r.ask(ctx, h, ids[len(ids)/2:], found, failed)
		return
	case nothing(err):
		return
	default:
		for _, id := range ids {
			failed[id] = cmp.Or(failed[id], err)
		}
		return
	}
	for _, st := range list {
		if id := strings.ToUpper(st.ID); slices.Contains(ids, id) { // never a shipment nobody asked about
			found[id] = st
			r.settle(id, h)
		}
	}
}

func isElsewhere(err error) bool {
	var f *Fault
	return errors.As(err, &f) && f.elsewhere
}

// counting reports a status in which Amazon has units to count.
func counting(s shipment.Status) bool {
	return s == shipment.Delivered || s == shipment.Receiving || s == shipment.Closed
}

// inbound tells how one FBA shipment stands and what was counted, and reports whether it is still under way.
func (r *round) inbound(ctx context.Context, n shipment.Number, id string, st standing) bool {
	h := r.homeOf(id)
	e := st.event(n.Number, r.seen)
	r.events = append(r.events, e)
	if !counting(e.Status) {
		return e.Status != shipment.Cancelled
	}
	c, err := h.account.getItems(ctx, h.marketplace, id)
	if err != nil && !nothing(err) && !errors.Is(err, ErrDenied) {
		r.fail(n.Number, err) // or a shortage could be missed for good: soon nobody looks any more
	}
	r.events = append(r.events, counted(n.Number, c, r.seen)...)
	return false
}

// legs are the events of the numbers under which an FBA shipment travels, both of its legs on one shipment.
func (r *round) legs(ctx context.Context, a *account, n shipment.Number, id string) ([]shipment.Event, error) {
	said, ok, err := a.inbound(ctx, id)
	if !ok {
		return nil, err
	}
	legs, more := said.legs()
	if len(legs) == 0 {
		return said.window(n.Number, r.seen), err
	}
	size, byFreight := 0, !slices.ContainsFunc(legs, func(l leg) bool { return !l.freight })
	for _, l := range legs {
		if l.freight == byFreight {
			size++
		}
	}
	if more {
		size++ // one that is never asked, and so never delivered
	}
	var told []toldLeg
	for _, l := range legs {
		if late := r.late(); late != nil {
			return join(told, size, byFreight, true), late
		}
		answer, failed := a.getTracking(ctx, l.query, l.number)
		if failed != nil && !nothing(failed) {
			return join(told, size, byFreight, true), failed
		}
		if events := answer.events(n.Number, r.seen); failed == nil && len(events) > 0 {
			told = append(told, toldLeg{l, events})
		}
	}
	return join(told, size, byFreight, false), err
}

// plan asks about an inbound plan: it stands where its slowest shipment stands, and all their units are counted together.
func (r *round) plan(ctx context.Context, n shipment.Number) {
	id := strings.ToLower(n.Number)
	r.one(ctx, n, func(a *account) ([]shipment.Event, error) {
		p, _, _, err := a.readPlan(ctx, id)
		if err != nil {
			return nil, err
		}
		var slowest *shipment.Event
		var sum shipment.Count
		whole := true
		for _, s := range p.Shipments {
			spot, ok := a.walk.spot(strings.ToUpper(s.ID))
			if !ok {
				continue
			}
			spot.said.Status = s.Status
			e := spot.said.event(n.Number, r.seen)
			if counting(e.Status) && spot.said.Confirmation != "" {
				c, err := a.getItems(ctx, a.Marketplaces[0], spot.said.Confirmation)
				if err != nil && !nothing(err) {
					return nil, err
				}
				whole = whole && err == nil
				sum.Shipped, sum.Received = sum.Shipped+c.Shipped, sum.Received+c.Received
			} else {
				whole = false
			}
			if slowest == nil || e.Status.Rank() < slowest.Status.Rank() {
				slowest = &e
			}
		}
		if slowest == nil {
			return nil, nil
		}
		events := []shipment.Event{*slowest}
		if whole {
			events = append(events, counted(n.Number, sum, r.seen)...)
		}
		return events, nil
	})
}
