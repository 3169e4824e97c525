package spapitest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
)

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v) // a client that went away
}

type object = map[string]any

func fault(w http.ResponseWriter, status int, code, message, details string) {
	answer(w, status, object{"errors": []object{{"code": code, "message": message, "details": details}}})
}

// routes are the operations by path. An unknown path is 403 without details, as Amazon answers it.
func (s *Server) routes() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /auth/o2/token", s.mint)
	for pattern, f := range map[string]struct {
		operation string
		do        func(http.ResponseWriter, *http.Request)
	}{
		"GET /fba/inbound/v0/shipments":                                                      {"getShipments", s.getShipments},
		"GET /fba/inbound/v0/shipments/{id}/items":                                           {"getShipmentItemsByShipmentId", s.getItems},
		"GET /fba/inbound/v0/shipmentItems":                                                  {"getShipmentItems", s.getMoreItems},
		"GET /inbound/fba/2024-03-20/inboundPlans":                                           {"listInboundPlans", s.listPlans},
		"GET /inbound/fba/2024-03-20/inboundPlans/{plan}":                                    {"getInboundPlan", s.getPlan},
		"GET /inbound/fba/2024-03-20/inboundPlans/{plan}/shipments/{id}":                     {"getShipment", s.getShipment},
		"GET /inbound/fba/2024-03-20/inboundPlans/{plan}/shipments/{id}/boxes":               {"listShipmentBoxes", s.listBoxes},
		"GET /tracking/2026-01-30/shipments/track":                                           {"getShipmentTracking", s.getTracked},
		"GET /shipping/v2/tracking":                                                          {"getTracking", s.getParcel},
		"GET /awd/2024-05-09/inboundShipments/{id}":                                          {"getInboundShipment", s.getAWD},
		"GET /customerFeedback/2024-06-01/items/{asin}/reviews/topics":                       {"getItemReviewTopics", s.getTopics},
		"GET /solicitations/v1/orders/{order}":                                               {"getSolicitationActionsForOrder", s.getActions},
		"POST /notifications/v1/destinations":                                                {"createDestination", s.createDestination},
		"POST /notifications/v1/subscriptions/{type}":                                        {"createSubscription", s.createSubscription},
		"GET /sellers/v1/marketplaceParticipations":                                          {"getMarketplaceParticipations", s.getMarketplaces},
		"POST /solicitations/v1/orders/{order}/solicitations/productReviewAndSellerFeedback": {"createProductReviewAndSellerFeedbackSolicitation", s.createSolicitation},
	} {
		mux.HandleFunc(pattern, s.guarded(f.operation, f.do))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		fault(w, 403, "Unauthorized", "Access to requested resource is denied.", "")
	})
	return mux
}

// guarded is what happens before every operation: the token, the role, the quota, the faults that a test wants.
func (s *Server) guarded(operation string, do func(http.ResponseWriter, *http.Request)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.calls[operation]++
		w.Header().Set("x-amzn-RequestId", fmt.Sprintf("request-%s-%d", operation, s.calls[operation]))
		t, ok := s.tokens[r.Header.Get("x-amz-access-token")]
		grantless := operation == "createDestination" || s.grantless && operation == "getShipmentTracking"
		good := ok && s.now().Before(t.ends) && (t.scope != "") == grantless
		how, denied := s.next(operation), s.denied[operation]
		limit := s.limits[operation]
		s.mu.Unlock()
		switch {
		case r.Header.Get("x-amz-access-token") == "":
			w.Header().Set("x-amzn-ErrorType", "AccessDeniedException")
			fault(w, 403, "Unauthorized", "Access to requested resource is denied.", "Access token is missing in the request header.")
			return
		case !good || how == BadToken:
			fault(w, 403, "Unauthorized", "Access to requested resource is denied.", "The access token you provided is revoked, malformed or invalid.")
			return
		case denied || how == NoRole:
			fault(w, 403, "Unauthorized", "Access to requested resource is denied.", "")
			return
		}
		s.mu.Lock()
		admitted := s.admit(operation)
		if !s.unpaced {
			w.Header().Set("x-amzn-RateLimit-Limit", strconv.FormatFloat(limit[0], 'g', -1, 64))
		}
		s.mu.Unlock()
		if !admitted {
			how = Quota
		}
		if how != 0 && s.broken(w, r, how, operation) {
			return
		}
		if how == GBK {
			w = gbk{w}
		}
		do(w, r)
	}
}

// gbk answers in GBK, as some system in between does.
type gbk struct{ http.ResponseWriter }

func (g gbk) Write(b []byte) (int, error) {
	out, err := simplifiedchinese.GBK.NewEncoder().Bytes(b)
	if err != nil {
		return 0, err
	}
	_, err = g.ResponseWriter.Write(out)
	return len(b), err
}

// broken fails a request and reports whether it is answered.
func (s *Server) broken(w http.ResponseWriter, r *http.Request, how Break, operation string) bool {
	cut := func(body string) {
		c, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		_, _ = buf.WriteString(body)
		_ = buf.Flush()
		_ = c.Close()
	}
	switch how {
	case Quota:
		fault(w, 429, "QuotaExceeded", "You exceeded your quota for the requested resource.", "")
	case QuotaWait:
		w.Header().Set("Retry-After", "7")
		fault(w, 429, "QuotaExceeded", "You exceeded your quota for the requested resource.", "")
	case Down:
		fault(w, 500, "InternalFailure", "We encountered an internal error. Please try again.", "")
	case Unavailable:
		w.Header().Set("Retry-After", "3600")
		fault(w, 503, "ServiceUnavailable", "Service is temporarily unavailable.", "")
	case Slow:
		select {
		case <-r.Context().Done():
		case <-s.release:
		}
	case Half:
		cut("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 400\r\n\r\n{\"payload\":{\"ShipmentData\":[")
	case Torn:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"payload":{"ShipmentData":[{"ShipmentId":`))
	case Huge:
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write([]byte(`{"payload":"` + strings.Repeat("x", 9<<20) + `"}`))
	case Reset:
		cut("")
	case FalseSuccess:
		fault(w, 200, "InternalFailure", "We encountered an internal error. Please try again.", "")
	case Invalid:
		fault(w, 400, "InvalidInput", "Could not match input arguments", operation)
	default:
		return false
	}
	return true
}

// inRegion answers when a marketplace is not one of the region.
func inRegion(w http.ResponseWriter, id string) bool {
	if id == US || id == CA {
		return true
	}
	fault(w, 403, "Unauthorized", "Access to requested resource is denied.", "The marketplaces you provided are not valid for region.")
	return false
}

func (s *Server) getShipments(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if !inRegion(w, q.Get("MarketplaceId")) {
		return
	}
	ids := strings.Split(q.Get("ShipmentIdList"), ",")
	token := ""
	switch q.Get("QueryType") {
	case "SHIPMENT":
		if q.Get("ShipmentIdList") == "" && q.Get("ShipmentStatusList") == "" || len(ids) > 999 {
			fault(w, 400, "Invalid Input", "Data is invalid. Please check.", "")
			return
		}
	case "NEXT_TOKEN":
		list, at, ok := strings.Cut(q.Get("NextToken"), "@")
		ids, token = strings.Split(list, ","), at
		if !ok {
			fault(w, 400, "Invalid Input", "Data is invalid. Please check.", "")
			return
		}
	default:
		fault(w, 400, "Invalid Input", "Data is invalid. Please check.", "")
		return
	}
	s.mu.Lock()
	var data []object
	for _, id := range s.order {
		x := s.shipments[id]
		if (slices.Contains(ids, id) || slices.Contains(strings.Split(q.Get("ShipmentStatusList"), ","), x.Status)) && x.Marketplace == q.Get("MarketplaceId") && q.Get("LastUpdatedAfter") == "" {
			data = append(data, object{
				"ShipmentId": id, "ShipmentName": "FBA (2/11/26, 11:18 AM) - 1", "ShipFromAddress": object{"Name": "sender", "City": "Shenzhen", "CountryCode": "CN"},
				"DestinationFulfillmentCenterId": x.Centre, "ShipmentStatus": x.Status, "LabelPrepType": "SELLER_LABEL", "BoxContentsSource": "INTERACTIVE",
			})
		}
	}
	s.mu.Unlock()
	part, next, ok := page(data, token, 50)
	if !ok {
		fault(w, 400, "Invalid Input", "Data is invalid. Please check.", "")
		return
	}
	payload := object{"ShipmentData": part}
	if next != "" {
		payload["NextToken"] = strings.Join(ids, ",") + "@" + next
	}
	answer(w, 200, object{"payload": payload})
}

func (s *Server) getItems(w http.ResponseWriter, r *http.Request) { s.items(w, r.PathValue("id"), "") }

func (s *Server) getMoreItems(w http.ResponseWriter, r *http.Request) {
	id, at, ok := strings.Cut(r.URL.Query().Get("NextToken"), "@")
	if r.URL.Query().Get("QueryType") != "NEXT_TOKEN" || !ok {
		fault(w, 400, "Invalid Input", "Data is invalid. Please check.", "")
		return
	}
	s.items(w, id, at)
}

func (s *Server) items(w http.ResponseWriter, id, token string) {
	s.mu.Lock()
	x, known := s.shipments[id]
	s.mu.Unlock()
	part, next, ok := page(x.Items, token, 20)
	if !known || !ok {
		fault(w, 400, "Invalid Input", "Data is invalid. Please check.", "")
		return
	}
	data := []object{}
	for _, i := range part {
		data = append(data, object{"ShipmentId": id, "SellerSKU": i.SKU, "FulfillmentNetworkSKU": "X00" + i.SKU, "QuantityShipped": i.Shipped, "QuantityReceived": i.Received, "QuantityInCase": 0})
	}
	payload := object{"ItemData": data}
	if next != "" {
		payload["NextToken"] = id + "@" + next
	}
	answer(w, 200, object{"payload": payload})
}

func (s *Server) listPlans(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	size := 10
	if v := q.Get("pageSize"); v != "" {
		size, _ = strconv.Atoi(v)
	}
	s.mu.Lock()
	list := s.plans()
	s.mu.Unlock()
	part, next, ok := page(list, q.Get("paginationToken"), size)
	if !ok || size < 1 || size > 30 || q.Get("sortBy") == "" {
		fault(w, 400, "BadRequest", "The request is not valid.", "")
		return
	}
	plans := []object{}
	for _, id := range part {
		plans = append(plans, s.planObject(id))
	}
	out := object{"inboundPlans": plans}
	if next != "" {
		out["pagination"] = object{"nextToken": next}
	}
	answer(w, 200, out)
}

func (s *Server) planObject(id string) object {
	return object{
		"inboundPlanId": id, "name": "FBA (03/20/2026, 12:01 PM)", "createdAt": s.now().Add(-48 * time.Hour).UTC().Format(time.RFC3339),
		"lastUpdatedAt": s.now().UTC().Format(time.RFC3339), "status": "ACTIVE", "marketplaceIds": []string{US}, "sourceAddress": object{"city": "Shenzhen", "countryCode": "CN"},
	}
}

func (s *Server) getPlan(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	shipments := []object{}
	for _, id := range s.order {
		if x := s.shipments[id]; x.Plan == r.PathValue("plan") {
			shipments = append(shipments, object{"shipmentId": x.Inbound, "status": x.Status})
		}
	}
	s.mu.Unlock()
	if len(shipments) == 0 {
		fault(w, 400, "BadRequest", "The inboundPlanId is malformed.", "")
		return
	}
	out := s.planObject(r.PathValue("plan"))
	out["shipments"], out["packingOptions"], out["placementOptions"] = shipments, []object{}, []object{}
	answer(w, 200, out)
}

// inbound finds a shipment by its own id.
func (s *Server) inbound(plan, id string) (Shipment, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, x := range s.shipments {
		if x.Plan == plan && x.Inbound == id {
			return x, true
		}
	}
	return Shipment{}, false
}

func (s *Server) getShipment(w http.ResponseWriter, r *http.Request) {
	x, ok := s.inbound(r.PathValue("plan"), r.PathValue("id"))
	if !ok {
		fault(w, 400, "BadRequest", "The requested shipment does not exist for the provided inbound plan.", "")
		return
	}
	out := object{
		"shipmentId": x.Inbound, "shipmentConfirmationId": x.ID, "amazonReferenceId": "8N7EGXAD", "status": x.Status, "name": "FBA (03/20/2026)-" + x.Centre,
		"destination": object{"destinationType": "AMAZON_WAREHOUSE", "warehouseId": x.Centre},
		"dates":       object{"readyToShipWindow": object{"start": "2026-01-01T00:00Z", "end": "2026-01-08T00:00Z"}},
	}
	if x.Window[1] != "" {
		out["selectedDeliveryWindow"] = object{"startDate": x.Window[0], "endDate": x.Window[1], "availabilityType": "AVAILABLE"}
	}
	items := []object{}
	for i, n := range x.Parcels {
		items = append(items, object{"boxId": fmt.Sprintf("%sU%06d", x.ID, i+1), "trackingId": n, "trackingNumberValidationStatus": "VALIDATED"})
	}
	tracking := object{}
	if len(items) > 0 {
		tracking["spdTrackingDetail"] = object{"spdTrackingItems": items}
	}
	if x.Bill != "" {
		tracking["ltlTrackingDetail"] = object{"billOfLadingNumber": x.Bill, "freightBillNumber": []string{}}
	}
	out["trackingDetails"] = tracking
	answer(w, 200, out)
}

func (s *Server) listBoxes(w http.ResponseWriter, r *http.Request) {
	x, ok := s.inbound(r.PathValue("plan"), r.PathValue("id"))
	part, next, right := page(x.Items, r.URL.Query().Get("paginationToken"), 30)
	if !ok || !right {
		fault(w, 400, "BadRequest", "The requested inboundPlanId does not exist.", "")
		return
	}
	boxes := []object{}
	for i, item := range part {
		boxes = append(boxes, object{
			"boxId": fmt.Sprintf("%sU%06d", x.ID, i+1), "packageId": fmt.Sprintf("pk%036d", i+1), "quantity": 1,
			"items": []object{{"msku": item.SKU, "quantity": item.Shipped, "asin": "B000000000", "fnsku": "X00" + item.SKU}},
		})
	}
	out := object{"boxes": boxes}
	if next != "" {
		out["pagination"] = object{"nextToken": next}
	}
	answer(w, 200, out)
}

func (s *Server) getTracked(w http.ResponseWriter, r *http.Request) {
	q, number, identifier := r.URL.Query(), "", object{}
	n := 0
	for _, name := range []string{"id", "acsin", "aftn", "containerNumber", "houseBillOfLadingNumber", "carrierTracking.trackingNumber"} {
		if q.Get(name) != "" {
			number = q.Get(name)
			identifier = object{name: number}
			n++
		}
	}
	switch {
	case n > 1:
		fault(w, 400, "MULTIPLE_TRACKING_IDS_NOT_ALLOWED", "Only one tracking ID type is allowed per request. Please provide a single ID per request.", "")
		return
	case n == 0:
		fault(w, 400, "BAD_REQUEST", "The request parameters provided are invalid.", "")
		return
	case q.Get("aftn") != "" && !strings.HasPrefix(number, "AFTN"):
		fault(w, 400, "INVALID_AFTN_FORMAT", "The AFTN is malformed.", "")
		return
	}
	if v, ok := identifier["carrierTracking.trackingNumber"]; ok {
		identifier = object{"carrierTracking": object{"trackingNumber": v}}
	}
	s.mu.Lock()
	t, ok := s.tracked[number]
	s.mu.Unlock()
	if !ok {
		fault(w, 404, "RESOURCE_NOT_FOUND", "The requested resource does not exist.", "Verify the API endpoint or resource path and try again.")
		return
	}
	history := []object{}
	for _, m := range slices.Backward(t.Milestones) {
		status := object{"code": m.Code, "description": m.Text}
		if m.SubCode != "" {
			status["subCode"] = m.SubCode
		}
		one := object{"status": status, "occurredAt": m.At}
		if m.City != "" || m.Country != "" {
			one["location"] = object{"address": object{"city": m.City, "region": m.Region, "countryCode": m.Country}}
		}
		history = append(history, one)
	}
	detail := object{"identifier": identifier, "milestoneHistory": history, "trackingUrl": "https://www.swiship.com/track?id=" + number}
	if len(history) > 0 {
		detail["latestMilestone"] = history[0]
	}
	if t.ETA != "" {
		detail["trackingEstimates"] = []object{{
			"type": "ESTIMATED_DELIVERY_DATE", "estimatedInterval": object{"startTime": t.ETA, "endTime": t.ETA}, "lastUpdatedTime": t.Estimated,
		}}
	}
	answer(w, 200, object{"trackingDetail": detail})
}

func (s *Server) getParcel(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	if q.Get("carrierId") == "" || q.Get("trackingId") == "" || !strings.HasPrefix(r.Header.Get("x-amzn-shipping-business-id"), "AmazonShipping_") {
		fault(w, 400, "InvalidRequest", "Request is missing or has invalid parameters", "CarrierId is missing in the request")
		return
	}
	s.document(w, s.parcels, q.Get("trackingId"), "NotFound")
}

func (s *Server) getAWD(w http.ResponseWriter, r *http.Request) {
	s.document(w, s.awd, r.PathValue("id"), "RESOURCE_NOT_FOUND")
}

func (s *Server) document(w http.ResponseWriter, m map[string]json.RawMessage, key, missing string) {
	s.mu.Lock()
	d, ok := m[key]
	s.mu.Unlock()
	if !ok {
		fault(w, 404, missing, "The requested resource is invalid or doesn't exist", "")
		return
	}
	answer(w, 200, d)
}

func (s *Server) getMarketplaces(w http.ResponseWriter, _ *http.Request) {
	answer(w, 200, object{"payload": []object{{
		"marketplace":   object{"id": US, "countryCode": "US", "name": "Amazon.com", "defaultCurrencyCode": "USD", "defaultLanguageCode": "en_US", "domainName": "www.amazon.com"},
		"storeName":     "A store",
		"participation": object{"isParticipating": true, "hasSuspendedListings": false},
	}}})
}
