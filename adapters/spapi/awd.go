package spapi

import (
	"context"
	_ "embed"
	"net/url"
	"time"

	"xiaobao/shipment"
)

//go:embed data/awd.csv
var awdTable string

var awds = shipment.MustReadMeanings(awdTable)

// awdAnswer is an inbound shipment of Amazon Warehousing and Distribution, 2024-05-09.
type awdAnswer struct {
	Status  string `json:"shipmentStatus"`
	Updated string `json:"updatedAt"`
	Lines   []struct {
		Expected amount `json:"expectedQuantity"`
		Received amount `json:"receivedQuantity"`
	} `json:"shipmentSkuQuantities"`
}

type amount struct {
	Quantity float64 `json:"quantity"`
}

func (a *account) getAWD(ctx context.Context, id string) (s awdAnswer, err error) {
	return s, a.do(ctx, request{operation: "getInboundShipment", path: "/awd/2024-05-09/inboundShipments/" + url.PathEscape(id), query: url.Values{"skuQuantities": {"SHOW"}}}, &s)
}

// events are how it stands and what was received. updatedAt is of the record, not of the status: it is not told as the status's time.
func (s awdAnswer) events(number string, seen time.Time) []shipment.Event {
	if s.Status == "" {
		return nil
	}
	e := shipment.Event{Number: number, At: seen, TZKnown: true, Seen: seen, Source: Name, Standing: true, Text: words("", s.Status)}
	awds.Tell(&e, codeOf(s.Status))
	var c shipment.Count
	for _, line := range s.Lines {
		c.Shipped += units(int(min(line.Expected.Quantity, 1e9)))
		c.Received += units(int(min(line.Received.Quantity, 1e9)))
	}
	return append([]shipment.Event{e}, counted(number, c, seen)...)
}
