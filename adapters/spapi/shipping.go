package spapi

import (
	"context"
	_ "embed"
	"encoding/json"
	"net/url"
	"time"

	"xiaobao/shipment"
)

//go:embed data/shipping.csv
var shippingTable string

//go:embed data/shipping_summary.csv
var summaryTable string

var (
	scans     = shipment.MustReadMeanings(shippingTable)
	summaries = shipment.MustReadMeanings(summaryTable)
)

// shippingAnswer is what Shipping v2 getTracking says. The model wraps it in payload, real answers do not: both are read.
type shippingAnswer struct {
	History []struct {
		Code     string `json:"eventCode"`
		Time     string `json:"eventTime"`
		Type     string `json:"shipmentType"` // FORWARD, RETURNS
		Location struct {
			City    string `json:"city"`
			Region  string `json:"stateOrRegion"`
			Country string `json:"countryCode"`
		} `json:"location"`
	} `json:"eventHistory"`
	Promised string `json:"promisedDeliveryDate"`
	Summary  struct {
		Status string `json:"status"`
		Codes  struct {
			Forward []string `json:"forward"`
			Returns []string `json:"returns"`
		} `json:"trackingDetailCodes"`
	} `json:"summary"`
}

// UnmarshalJSON takes the answer out of its payload when it is in one.
func (s *shippingAnswer) UnmarshalJSON(b []byte) error {
	type bare shippingAnswer
	var both struct {
		Payload *bare `json:"payload"`
		bare
	}
	if err := json.Unmarshal(b, &both); err != nil {
		return err
	}
	*s = shippingAnswer(both.bare)
	if both.Payload != nil {
		*s = shippingAnswer(*both.Payload)
	}
	return nil
}

// getShipping asks about a parcel that was bought through Amazon Shipping.
func (a *account) getShipping(ctx context.Context, number, carrier string) (s shippingAnswer, err error) {
	if carrier == "" {
		carrier = a.Carrier
	}
	return s, a.do(ctx, request{
		operation: "getTracking", path: "/shipping/v2/tracking", query: url.Values{"trackingId": {number}, "carrierId": {carrier}},
		header: map[string]string{"x-amzn-shipping-business-id": a.Business},
	}, &s)
}

// events are the scans. An event on the way back has a meaning of its own: Delivered there is back at the seller. When there are no
// events any more (45 days after the label) the summary is how things stand.
func (s shippingAnswer) events(number string, seen time.Time) []shipment.Event {
	var list []shipment.Event
	for i, h := range s.History {
		e := shipment.Event{
			Number: number, Seen: seen, Source: Name, Seq: i, Text: words("", h.Code),
			Place: place(h.Location.City, h.Location.Region, h.Location.Country),
		}
		moment(&e, h.Time)
		code := codeOf(h.Code)
		if h.Type == "RETURNS" {
			code += "/RETURNS" // never the meaning of the way out
		}
		scans.Tell(&e, code)
		list = append(list, e)
	}
	if len(list) == 0 && s.Summary.Status != "" {
		code := codeOf(s.Summary.Status)
		if code == "Delivered" && len(s.Summary.Codes.Returns) > 0 {
			code = "Delivered/returns"
		}
		e := shipment.Event{Number: number, At: seen, TZKnown: true, Seen: seen, Source: Name, Standing: true, Text: words("", code)}
		summaries.Tell(&e, code)
		list = append(list, e)
	}
	if e, ok := estimate(number, s.Promised, "", seen); ok && len(s.History) > 0 {
		// A promise is made once and carries no time of its own: the first scan is when it was made, at the latest.
		e.At, e.TZKnown, e.Standing = list[0].At, list[0].TZKnown, list[0].Standing
		for _, scan := range list {
			if scan.At.Before(e.At) {
				e.At, e.TZKnown, e.Standing = scan.At, scan.TZKnown, scan.Standing
			}
		}
		list = append(list, e)
	}
	return list
}
