// Package ship24 takes the webhooks of Ship24. Nothing is asked of Ship24 here. What a status code or a milestone means is a table,
// statuses.csv. Its webhook has no signature over the body: it names a secret, so only https keeps others from reading that.
package ship24

import (
	"crypto/sha256"
	"crypto/subtle"
	_ "embed"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// Name is the name of this source, in events and in the address of its webhook.
const Name = "ship24"

// Hook takes webhooks. It may be used from several goroutines.
type Hook struct {
	secret [sha256.Size]byte
	now    func() time.Time
}

var _ watch.Webhook = (*Hook)(nil)

// New makes a hook with the webhook secret of Ship24's dashboard.
func New(secret string, now func() time.Time) *Hook {
	if secret == "" {
		panic("ship24: no secret")
	}
	return &Hook{sha256.Sum256([]byte("Bearer " + secret)), now}
}

// Name is Name.
func (h *Hook) Name() string { return Name }

type tracking struct {
	Metadata struct {
		Generated string `json:"generatedAt"`
	} `json:"metadata"`
	Tracker struct {
		Number string `json:"trackingNumber"`
	} `json:"tracker"`
	Shipment struct {
		Delivery struct {
			Estimate string `json:"estimatedDeliveryDate"`
		} `json:"delivery"`
	} `json:"shipment"`
	Events []struct {
		At        string          `json:"occurrenceDatetime"`
		Offset    string          `json:"utcOffset"`
		Status    string          `json:"status"`
		Location  json.RawMessage `json:"location"` // a text, or something with a city
		Code      string          `json:"statusCode"`
		Milestone string          `json:"statusMilestone"`
	} `json:"events"`
}

// Read takes a webhook.
func (h *Hook) Read(r *http.Request) (watch.Push, error) {
	body, err := watch.Body(r)
	if err != nil {
		return watch.Push{}, err
	}
	given := sha256.Sum256([]byte(r.Header.Get("Authorization"))) // so that the time tells not even a length
	if subtle.ConstantTimeCompare(given[:], h.secret[:]) != 1 {
		return watch.Push{}, watch.Forged()
	}
	var p struct {
		Trackings []json.RawMessage `json:"trackings"`
	}
	if json.Unmarshal(watch.UTF8(body), &p) != nil || len(p.Trackings) == 0 {
		return watch.Push{}, watch.Pointless("a webhook without trackings")
	}
	now := h.now().UTC()
	var push watch.Push
	read := 0
	for _, raw := range p.Trackings {
		var t tracking
		if json.Unmarshal(raw, &t) != nil || t.Tracker.Number == "" {
			continue // one that cannot be read is not worth losing the others over
		}
		read++
		push.Events = append(push.Events, t.events(now)...)
	}
	if read == 0 {
		return watch.Push{}, watch.Pointless("no tracking that can be read")
	}
	return push, nil
}

func (t tracking) events(now time.Time) []shipment.Event {
	told := now
	if at, zoned, err := shipment.ParseTime(t.Metadata.Generated); err == nil && zoned && at.Before(now) {
		told = at.UTC()
	}
	var list []shipment.Event
	var latest time.Time
	known := true
	for i, v := range t.Events {
		at, zoned, err := shipment.ParseTime(v.At)
		if err != nil {
			continue
		}
		if v.Offset != "" && !zoned {
			if with, z, err := shipment.ParseTime(at.Format("2006-01-02T15:04:05") + v.Offset); err == nil {
				at, zoned = with, z
			}
		}
		e := shipment.Event{
			Number: t.Tracker.Number, At: at, TZKnown: zoned, Seen: told, Seq: len(t.Events) - 1 - i, Source: Name,
			Text: watch.Plain(v.Status), Place: place(v.Location),
		}
		milestone := ""
		if v.Milestone != "" {
			milestone = "milestone:" + v.Milestone
		}
		statuses().Tell(&e, v.Code, milestone)
		if e.Code = watch.Plain(e.Code); e.Status == "" && e.Text == "" && e.Code == "" {
			continue
		}
		list = append(list, e)
		if at.After(latest) {
			latest, known = at, zoned
		}
	}
	s := t.Shipment.Delivery.Estimate
	if day, err := shipment.ParseDate(s[:min(len(s), len(time.DateOnly))]); err == nil && !day.IsZero() && !latest.IsZero() {
		list = append(list, shipment.Event{Number: t.Tracker.Number, At: latest, TZKnown: known, Seen: told, Source: Name, ETA: day})
	}
	return list
}

// place reads a location in either of its shapes.
func place(raw json.RawMessage) shipment.Place {
	var text string
	if json.Unmarshal(raw, &text) == nil {
		return shipment.Place{Name: watch.Plain(text)}
	}
	var l struct {
		City    string `json:"city"`
		Country string `json:"countryCode"`
	}
	if json.Unmarshal(raw, &l) != nil || len(l.Country) != 2 {
		return shipment.Place{Name: watch.Plain(l.City)}
	}
	return shipment.Place{Name: watch.Plain(l.City), Country: strings.ToUpper(l.Country)}
}

//go:embed statuses.csv
var statusTable string

var statuses = sync.OnceValue(func() shipment.Meanings { return shipment.MustReadMeanings(statusTable) })
