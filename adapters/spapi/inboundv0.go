package spapi

import (
	"context"
	_ "embed"
	"net/url"
	"strings"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

//go:embed data/inbound.csv
var inboundTable string

var inbounds = shipment.MustReadMeanings(inboundTable)

// mostPages is how many pages of one list are read; more is a token that goes round.
const mostPages = 50

// A standing is how an FBA shipment stands, as Fulfillment Inbound v0 says it.
type standing struct {
	ID     string `json:"ShipmentId"`
	Status string `json:"ShipmentStatus"`
	Centre string `json:"DestinationFulfillmentCenterId"`
}

type standingsAnswer struct {
	Payload struct {
		Data []standing `json:"ShipmentData"`
		Next string     `json:"NextToken"`
	} `json:"payload"`
}

// getShipments asks how shipments stand, by id, in one marketplace; those it does not know are missing from the answer. Lists are
// joined with commas in one parameter, and dates must not come with ids: the answer would be empty (docs issue 3354).
func (a *account) getShipments(ctx context.Context, marketplace string, ids []string) ([]standing, error) {
	var list []standing
	q := url.Values{"QueryType": {"SHIPMENT"}, "MarketplaceId": {marketplace}, "ShipmentIdList": {strings.Join(ids, ",")}}
	for range mostPages {
		var page standingsAnswer
		if err := a.do(ctx, request{operation: "getShipments", path: "/fba/inbound/v0/shipments", query: q, market: marketplace}, &page); err != nil {
			return nil, err
		}
		list = append(list, page.Payload.Data...)
		if page.Payload.Next == "" {
			break
		}
		q = url.Values{"QueryType": {"NEXT_TOKEN"}, "MarketplaceId": {marketplace}, "NextToken": {page.Payload.Next}}
	}
	return list, nil
}

// event is how a shipment stands. v0 tells no time.
func (st standing) event(number string, seen time.Time) shipment.Event {
	e := shipment.Event{
		Number: number, At: seen, TZKnown: true, Seen: seen, Source: Name, Standing: true, Text: words("", st.Status), Place: centre(st.Centre),
	}
	inbounds.Tell(&e, codeOf(st.Status))
	return e
}

// centre is a fulfilment centre, which has a name that everybody uses: MKC6.
func centre(name string) shipment.Place {
	name = watch.Plain(name)
	return shipment.Place{Name: name, Code: name}
}

type itemsAnswer struct {
	Payload struct {
		Data []struct {
			Shipped  int `json:"QuantityShipped"`
			Received int `json:"QuantityReceived"`
		} `json:"ItemData"`
		Next string `json:"NextToken"`
	} `json:"payload"`
}

// count adds a page to what was counted.
func (i itemsAnswer) count(c shipment.Count) shipment.Count {
	for _, item := range i.Payload.Data {
		c.Shipped, c.Received = c.Shipped+units(item.Shipped), c.Received+units(item.Received)
	}
	return c
}

// units is a number of units that can be one.
func units(n int) int { return min(max(n, 0), 1e9) }

// getItems counts a shipment's units: sent, and received so far. Half a list is no count: it is an error. The marketplace is
// only wanted for further pages.
func (a *account) getItems(ctx context.Context, marketplace, id string) (c shipment.Count, err error) {
	r := request{operation: "getShipmentItemsByShipmentId", path: "/fba/inbound/v0/shipments/" + url.PathEscape(id) + "/items"}
	for range mostPages {
		var page itemsAnswer
		if err := a.do(ctx, r, &page); err != nil {
			return shipment.Count{}, err
		}
		c = page.count(c)
		if page.Payload.Next == "" {
			return c, nil
		}
		r = request{
			operation: "getShipmentItems", path: "/fba/inbound/v0/shipmentItems",
			query: url.Values{"QueryType": {"NEXT_TOKEN"}, "MarketplaceId": {marketplace}, "NextToken": {page.Payload.Next}},
		}
	}
	return shipment.Count{}, &Fault{Account: a.Name, Operation: r.operation, Kind: ErrTooLarge}
}

// counted is a count as an event; nothing sent is no count.
func counted(number string, c shipment.Count, seen time.Time) []shipment.Event {
	if c.Shipped == 0 {
		return nil
	}
	return []shipment.Event{{Number: number, At: seen, TZKnown: true, Seen: seen, Source: Name, Standing: true, Count: c}}
}
