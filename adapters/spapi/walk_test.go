package spapi

import (
	"fmt"
	"testing"
	"time"

	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/shipment"
)

// manyPlans is a seller with n plans of one shipment each; the last one is the newest.
func manyPlans(r *rig, n int) {
	for i := range n {
		r.amazon.Put(spapitest.Shipment{
			ID: fmt.Sprintf("FBA15W%06d", i), Status: "SHIPPED", Centre: "ONT8", Parcels: []string{fmt.Sprintf("1ZW%06d", i)},
			Plan: fmt.Sprintf("wf%08d-1234-abcd-5678-1234abcd5678", i), Inbound: fmt.Sprintf("sh%08d-1234-abcd-5678-1234abcd5678", i),
		})
		r.amazon.Track(fmt.Sprintf("1ZW%06d", i), spapitest.Tracked{Milestones: []spapitest.Milestone{{At: "2026-06-12T01:00:00Z", Code: "OUT_FOR_DELIVERY"}}})
	}
}

func planCalls(r *rig) int {
	return r.amazon.Calls("listInboundPlans") + r.amazon.Calls("getInboundPlan") + r.amazon.Calls("getShipment")
}

// TestWalk checks that the way from an FBA id to its plan is found in bounded looks, goes on where it stopped, and is remembered.
func TestWalk(t *testing.T) {
	r := newRig(t)
	manyPlans(r, 90)
	old := "FBA15W000009" // the 81st from the newest: on the third page
	s := shipment.Shipment{Number: old, FBA: true, Registered: r.now()}
	looks := 0
	for ; looks < 40 && s.Status != shipment.OutForDelivery; looks++ {
		before := planCalls(r)
		s, _ = s.Apply(r.pull(t, old)...)
		if n := planCalls(r) - before; n > walkCalls+2 {
			t.Fatalf("look %d made %d calls, more than %d", looks, n, walkCalls)
		}
		r.pass(4 * time.Hour)
	}
	total := planCalls(r)
	if s.Status != shipment.OutForDelivery || total > 3+2*90 {
		t.Fatalf("after %d looks and %d calls: %s", looks, total, s.Status)
	}
	t.Logf("found the 81st plan in %d looks and %d calls", looks, total)

	r.pull(t, "FBA15W000085") // met on the way
	if n := planCalls(r) - total; n > 2 {
		t.Errorf("%d calls for one that was met before", n)
	}
	total = planCalls(r)
	for range 3 {
		r.pull(t, old)
	}
	if n := planCalls(r) - total; n > 1 {
		t.Errorf("%d calls for three looks at one whose numbers are known", n)
	}
}

// TestWalkThatFindsNothing checks that plans are not gone through again and again for an id that has none, but are for a new one.
func TestWalkThatFindsNothing(t *testing.T) {
	r := newRig(t)
	manyPlans(r, 3)
	r.amazon.Put(spapitest.Shipment{ID: fba, Status: "SHIPPED"}) // made by other means: no plan
	n := shipment.Number{Number: fba, Registered: r.now()}
	look := func() {
		if _, err := r.source.Pull(t.Context(), []shipment.Number{n}); err != nil {
			t.Fatal(err)
		}
	}
	look()
	if planCalls(r) != 7 {
		t.Errorf("%d calls for one page, three plans and three shipments", planCalls(r))
	}
	r.pass(time.Hour)
	look()
	if planCalls(r) != 7 {
		t.Errorf("%d calls: gone through again after an hour", planCalls(r))
	}
	r.pass(walkAgain)
	look()
	if got := planCalls(r); got != 8 {
		t.Errorf("%d calls: after six hours only the list is read again, the plans are known", got)
	}
	r.pass(time.Minute)
	manyPlans(r, 4)
	r.pull(t, "FBA15W000003") // wanted since after the walk
	if got := planCalls(r); got != 11 {
		t.Errorf("%d calls, want a list, a plan and a shipment more", got)
	}
}

// TestWalkBrokenOff checks that a walk goes on after any fault, and begins again when its token is no longer accepted.
func TestWalkBrokenOff(t *testing.T) {
	for _, operation := range []string{"listInboundPlans", "getInboundPlan", "getShipment"} {
		for _, how := range []spapitest.Break{spapitest.Down, spapitest.Half, spapitest.Quota, spapitest.Invalid} {
			r := newRig(t)
			manyPlans(r, 40)
			id := "FBA15W000002"
			s := shipment.Shipment{Number: id, FBA: true, Registered: r.now()}
			for look := 0; look < 30 && s.Status != shipment.OutForDelivery; look++ {
				if look == 2 || look == 4 {
					r.amazon.Break(operation, mostTries, how)
				}
				s, _ = s.Apply(r.pull(t, id)...)
				r.pass(2 * time.Hour)
			}
			if s.Status != shipment.OutForDelivery {
				t.Errorf("%s broken by %d: never found", operation, how)
			}
		}
	}
}
