package spapi

import (
	"context"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"xiaobao/shipment"
)

const inboundPath = "/inbound/fba/2024-03-20/inboundPlans"

// A plan is an inbound plan of Fulfillment Inbound 2024-03-20, and its shipments where they are told.
type plan struct {
	ID        string `json:"inboundPlanId"`
	Status    string `json:"status"`
	Created   string `json:"createdAt"`
	Updated   string `json:"lastUpdatedAt"` // whether it moves with the status is not known: it is no feed of changes
	Shipments []struct {
		ID     string `json:"shipmentId"`
		Status string `json:"status"`
	} `json:"shipments"`
}

type plansAnswer struct {
	Plans      []plan `json:"inboundPlans"`
	Pagination struct {
		Next string `json:"nextToken"`
	} `json:"pagination"`
}

// listPlans is one page of the plans of every status, the newest first.
func (a *account) listPlans(ctx context.Context, token string, size int) (p plansAnswer, err error) {
	q := url.Values{"sortBy": {"CREATION_TIME"}, "sortOrder": {"DESC"}, "pageSize": {strconv.Itoa(size)}}
	if token != "" {
		q.Set("paginationToken", token)
	}
	return p, a.do(ctx, request{operation: "listInboundPlans", path: inboundPath, query: q}, &p)
}

func (a *account) getPlan(ctx context.Context, id string) (p plan, err error) {
	return p, a.do(ctx, request{operation: "getInboundPlan", path: inboundPath + "/" + url.PathEscape(id)}, &p)
}

// An inboundShipment is a shipment of a plan: what 2024-03-20 knows and v0 does not, above all how it travels.
type inboundShipment struct {
	ID           string `json:"shipmentId"`
	Confirmation string `json:"shipmentConfirmationId"` // FBA…, the id people know
	Status       string `json:"status"`
	Destination  struct {
		Warehouse string `json:"warehouseId"`
	} `json:"destination"`
	Window struct {
		Start string `json:"startDate"`
		End   string `json:"endDate"`
	} `json:"selectedDeliveryWindow"`
	Tracking struct {
		Parcels struct {
			Items []struct {
				Box    string `json:"boxId"`
				Number string `json:"trackingId"`
			} `json:"spdTrackingItems"`
		} `json:"spdTrackingDetail"`
		Freight struct {
			Bill    string   `json:"billOfLadingNumber"`
			Numbers []string `json:"freightBillNumber"`
		} `json:"ltlTrackingDetail"`
	} `json:"trackingDetails"`
}

func (a *account) getInbound(ctx context.Context, plan, id string) (s inboundShipment, err error) {
	return s, a.do(ctx, request{operation: "getShipment", path: inboundPath + "/" + url.PathEscape(plan) + "/shipments/" + url.PathEscape(id)}, &s)
}

// event is how the shipment stands. v0 is believed rather than this one where both are asked: it was seen to say DELIVERED right
// after a shipment was made (models issue 4127).
func (s inboundShipment) event(number string, seen time.Time) shipment.Event {
	return standing{Status: s.Status, Centre: s.Destination.Warehouse}.event(number, seen)
}

// window is the delivery window the seller chose, as an estimate: for shipments about which nobody else says when.
func (s inboundShipment) window(number string, seen time.Time) []shipment.Event {
	if e, ok := estimate(number, s.Window.End, "", seen); ok {
		return []shipment.Event{e}
	}
	return nil
}

// A leg is a part of the way that has a number of its own. query is the Tracking API's name for it.
type leg struct{ query, number string }

// mostLegs is how many parcels of a shipment are followed; a shipment of more is followed by its own status.
const mostLegs = 5

// legs are the numbers under which the shipment travels, each once, and whether they are all of them.
func (s inboundShipment) legs() (list []leg, all bool) {
	add := func(number string) {
		number = strings.ToUpper(strings.TrimSpace(number))
		if number == "" || len(number) > 40 {
			return
		}
		l := leg{"carrierTracking.trackingNumber", number}
		switch kindOf(number) {
		case kindBill:
			l.query = "houseBillOfLadingNumber"
		case kindContainer:
			l.query = "containerNumber"
		case kindAFTN:
			l.query = "aftn"
		}
		if !slices.Contains(list, l) {
			list = append(list, l)
		}
	}
	add(s.Tracking.Freight.Bill)
	for _, n := range s.Tracking.Freight.Numbers {
		add(n)
	}
	for _, p := range s.Tracking.Parcels.Items {
		add(p.Number)
	}
	if len(list) > mostLegs {
		return list[:mostLegs], false
	}
	return list, true
}

// A boxesPage is a page of listShipmentBoxes.
type boxesPage struct {
	Boxes []struct {
		ID       string `json:"boxId"`
		Quantity int    `json:"quantity"`
		Items    []struct {
			MSKU     string `json:"msku"`
			Quantity int    `json:"quantity"`
		} `json:"items"`
	} `json:"boxes"`
	Pagination struct {
		Next string `json:"nextToken"`
	} `json:"pagination"`
}

// A Box is a carton of a shipment: its label and the units in it.
type Box struct {
	ID    string
	Units int
}

// getBoxes lists a shipment's cartons.
func (a *account) getBoxes(ctx context.Context, plan, id string) (list []Box, err error) {
	q := url.Values{"pageSize": {"30"}}
	for range mostPages {
		var page boxesPage
		r := request{operation: "listShipmentBoxes", path: inboundPath + "/" + url.PathEscape(plan) + "/shipments/" + url.PathEscape(id) + "/boxes", query: q}
		if err := a.do(ctx, r, &page); err != nil {
			return nil, err
		}
		for _, b := range page.Boxes {
			box := Box{ID: b.ID}
			for _, i := range b.Items {
				box.Units += i.Quantity
			}
			box.Units *= max(b.Quantity, 1)
			list = append(list, box)
		}
		if page.Pagination.Next == "" {
			break
		}
		q.Set("paginationToken", page.Pagination.Next)
	}
	return list, nil
}

// join puts the legs' events on one shipment. Each leg tells its own story, and an end of one parcel is not the end of the
// shipment: it is delivered when the last of its parcels is, so an earlier delivery is shown and moves nothing; one that is lost
// or comes back is trouble, and the rest goes on.
func join(legs [][]shipment.Event, all bool) []shipment.Event {
	var joined []shipment.Event
	last, delivered := -1, 0
	for _, events := range legs {
		has := false
		for _, e := range events {
			joined = append(joined, e)
			if e.Status == shipment.Delivered {
				has = true
				if last < 0 || e.At.After(joined[last].At) {
					last = len(joined) - 1
				}
			}
		}
		if has {
			delivered++
		}
	}
	if len(legs) < 2 && all {
		return joined
	}
	whole := all && delivered == len(legs)
	for i := range joined {
		e := &joined[i]
		switch {
		case e.Status == shipment.Delivered && !(whole && i == last):
			e.Status, e.Sub = "", "part_delivered"
		case e.Status == shipment.Cancelled:
			e.Status, e.Sub = "", "part_cancelled"
		case e.Status == shipment.Returning, e.Status == shipment.Returned:
			e.Status, e.Sub, e.Exception = shipment.Exception, "part_returned", true
		case e.Status == shipment.Exception && (e.Sub == "lost" || e.Sub == "destroyed"):
			e.Sub = "part_" + e.Sub
		}
	}
	return joined
}
