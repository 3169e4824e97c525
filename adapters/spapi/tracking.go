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

//go:embed data/tracking.csv
var trackingTable string

var milestones = shipment.MustReadMeanings(trackingTable)

// trackingAnswer is what getShipmentTracking says (tracking_2026-01-30.json). Only what is used is read; postal codes and
// names of people are not.
type trackingAnswer struct {
	Detail struct {
		Latest    milestone   `json:"latestMilestone"`
		History   []milestone `json:"milestoneHistory"` // newest first
		Estimates []struct {
			Type     string `json:"type"`
			Interval struct {
				Start string `json:"startTime"`
				End   string `json:"endTime"`
			} `json:"estimatedInterval"`
			Updated string `json:"lastUpdatedTime"`
		} `json:"trackingEstimates"`
	} `json:"trackingDetail"`
}

type milestone struct {
	Status struct {
		Code        string `json:"code"`
		SubCode     string `json:"subCode"`
		Description string `json:"description"`
	} `json:"status"`
	Location struct {
		Address struct {
			City    string `json:"city"`
			Region  string `json:"region"`
			Country string `json:"countryCode"`
		} `json:"address"`
	} `json:"location"`
	OccurredAt string `json:"occurredAt"`
}

// getTracking asks about one identifier: name is the query's, such as aftn or carrierTracking.trackingNumber.
func (a *account) getTracking(ctx context.Context, name, number string) (t trackingAnswer, err error) {
	r := request{
		operation: "getShipmentTracking", path: "/tracking/2026-01-30/shipments/track", query: url.Values{name: {number}},
		header: map[string]string{"Accept-Language": "en-US"},
	}
	if a.Grantless {
		r.scope = scopeTracking
	}
	return t, a.do(ctx, r, &t)
}

// events are the milestones and the estimate of delivery. Amazon lists the newest first; Seq counts from the oldest, so that it
// stays the same when the list grows.
func (t trackingAnswer) events(number string, seen time.Time) []shipment.Event {
	var list []shipment.Event
	all := t.Detail.History
	if len(all) == 0 && t.Detail.Latest.Status.Code != "" {
		all = []milestone{t.Detail.Latest}
	}
	for i, m := range all {
		if m.Status.Code == "" && m.Status.Description == "" {
			continue // it says nothing
		}
		e := shipment.Event{
			Number: number, Seen: seen, Source: Name, Seq: len(all) - 1 - i, Text: words(m.Status.Description, m.Status.Code),
			Place: place(m.Location.Address.City, m.Location.Address.Region, m.Location.Address.Country),
		}
		moment(&e, m.OccurredAt)
		code := codeOf(m.Status.Code)
		if m.Status.SubCode != "" {
			milestones.Tell(&e, code+"/"+codeOf(m.Status.SubCode), code)
		} else {
			milestones.Tell(&e, code)
		}
		list = append(list, e)
	}
	for _, est := range t.Detail.Estimates {
		if est.Type != "ESTIMATED_DELIVERY_DATE" { // a departure is no delivery
			continue
		}
		if e, ok := estimate(number, est.Interval.End, est.Updated, seen); ok {
			list = append(list, e)
		}
	}
	return list
}

// moment puts in when something happened. What has no time, or none that can be read, is how things stand.
func moment(e *shipment.Event, raw string) {
	at, zoned, err := shipment.ParseTime(raw)
	if err != nil {
		e.At, e.TZKnown, e.Standing = e.Seen, true, true
		return
	}
	e.At, e.TZKnown = at, zoned
}

// estimate is a day on the calendar: the one that is written, never shifted through a zone. Amazon writes intervals that end a
// second before midnight.
func estimate(number, day, updated string, seen time.Time) (shipment.Event, bool) {
	at, _, err := shipment.ParseTime(day)
	if err != nil {
		return shipment.Event{}, false
	}
	e := shipment.Event{Number: number, Seen: seen, Source: Name, ETA: shipment.DateOf(at)}
	moment(&e, updated)
	return e, true
}

// place is a town, with the country as code. Streets and postal codes are not kept.
func place(city, region, country string) shipment.Place {
	name := watch.Plain(city)
	if r := watch.Plain(region); r != "" && !strings.EqualFold(r, name) {
		if name != "" {
			name += ", "
		}
		name += r
	}
	country = strings.ToUpper(watch.Plain(country))
	if len(country) != 2 {
		country = ""
	}
	return shipment.Place{Name: name, Country: country}
}

// codeOf is a code as it is looked up and kept; Amazon's longest has 41 letters.
func codeOf(s string) string {
	s = watch.Plain(s)
	return strings.ToValidUTF8(s[:min(len(s), 80)], "")
}

// words is what a source said, or its code, so that an event that is in no table can be shown.
func words(text, code string) string {
	if text = watch.Plain(text); text != "" {
		return text
	}
	return watch.Plain(code)
}
