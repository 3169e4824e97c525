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

// A leg is a part of the way that has a number of its own. query is the Tracking API's name for it. Freight travels before the
// parcels; the parcels travel beside one another.
type leg struct {
	query, number string
	freight       bool
}

// mostLegs is how many parcels of a shipment are followed, and how many bills of freight; a shipment of more parcels is followed by its
// own status.
const mostLegs = 5

// legs are the numbers under which the shipment travels, each once, and whether there are parcels besides.
func (s inboundShipment) legs() (list []leg, more bool) {
	parcels, freights := 0, 0
	add := func(number string, freight bool) {
		number = strings.ToUpper(strings.TrimSpace(number))
		if number == "" || len(number) > 40 || slices.ContainsFunc(list, func(l leg) bool { return l.number == number }) {
			return
		}
		l := leg{"carrierTracking.trackingNumber", number, freight}
		switch kindOf(number) {
		case kindBill:
			l.query, l.freight = "houseBillOfLadingNumber", true
		case kindContainer:
			l.query, l.freight = "containerNumber", true
		case kindAFTN:
			l.query = "aftn"
		}
		switch {
		case l.freight && freights < mostLegs:
			freights++
		case !l.freight && parcels < mostLegs:
			parcels++
		default:
			more = more || !l.freight
			return
		}
		list = append(list, l)
	}
	add(s.Tracking.Freight.Bill, true)
	for _, n := range s.Tracking.Freight.Numbers {
		add(n, true)
	}
	for _, p := range s.Tracking.Parcels.Items {
		add(p.Number, false)
	}
	return list, more
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

// A told leg is a leg and what was said of it.
type toldLeg struct {
	leg
	events []shipment.Event
}

// join puts the legs' events on one shipment. What decides about its end are the parcels, or the freight where there are none; size is
// how many of those there are. One of several that ends is not the end of the shipment: it is delivered when the last of them is, so an
// earlier delivery is shown and moves nothing; one that is lost or comes back is trouble, and the rest goes on. Freight that hands
// over to parcels has delivered a leg. When a leg did not answer (broken), a delivery is left for the next look, which will tell
// whether it was the last.
func join(told []toldLeg, size int, byFreight, broken bool) []shipment.Event {
	var joined []shipment.Event
	decides := []bool{}
	last, delivered := -1, 0
	for _, l := range told {
		has := false
		for _, e := range l.events {
			joined, decides = append(joined, e), append(decides, l.freight == byFreight)
			if e.Status == shipment.Delivered && l.freight == byFreight {
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
	whole := !broken && delivered == size
	list := joined[:0]
	for i, e := range joined {
		switch {
		case decides[i] && size == 1:
		case e.Status == shipment.Delivered && !decides[i]:
			e.Status, e.Sub = "", "leg_delivered"
		case e.Status == shipment.Delivered && whole && i == last:
		case e.Status == shipment.Delivered && broken:
			continue
		case e.Status == shipment.Delivered:
			e.Status, e.Sub = "", "part_delivered"
		case e.Status == shipment.Cancelled:
			e.Status, e.Sub = "", "part_cancelled"
		case e.Status == shipment.Returning, e.Status == shipment.Returned:
			e.Status, e.Sub, e.Exception = shipment.Exception, "part_returned", true
		case e.Status == shipment.Exception && (e.Sub == "lost" || e.Sub == "destroyed"):
			e.Sub = "part_" + e.Sub
		}
		list = append(list, e)
	}
	return list
}
