// Package easypost takes the webhooks of EasyPost: Events about Trackers. Nothing is asked of EasyPost here; the trackers are made
// where its labels are bought. What a status means is a table, statuses.csv. The rules are from EasyPost's documents and its
// published example of a signature.
package easypost

import (
	"crypto/hmac"
	"crypto/sha256"
	_ "embed"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/text/unicode/norm"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// Name is the name of this source, in events and in the address of its webhook.
const Name = "easypost"

// Hook takes webhooks. It may be used from several goroutines.
type Hook struct {
	secret []byte
	now    func() time.Time
}

var _ watch.Webhook = (*Hook)(nil)

// New makes a hook with the secret that was set at EasyPost.
func New(secret string, now func() time.Time) *Hook {
	if secret == "" {
		panic("easypost: no secret")
	}
	return &Hook{norm.NFKD.Bytes([]byte(secret)), now}
}

// Name is Name.
func (h *Hook) Name() string { return Name }

type tracker struct {
	Code     string `json:"tracking_code"`
	Status   string `json:"status"`
	Updated  string `json:"updated_at"`
	Estimate string `json:"est_delivery_date"`
	Carrier  struct {
		Estimate string `json:"est_delivery_date_local"`
	} `json:"carrier_detail"`
	Details []struct {
		Message  string `json:"message"`
		Status   string `json:"status"`
		Detail   string `json:"status_detail"`
		At       string `json:"datetime"`
		Location struct {
			City    string `json:"city"`
			State   string `json:"state"`
			Country string `json:"country"`
		} `json:"tracking_location"`
	} `json:"tracking_details"`
}

// Read takes a webhook. EasyPost gives up on an address that keeps refusing: what is well signed and of no use is acknowledged.
func (h *Hook) Read(r *http.Request) (watch.Push, error) {
	body, err := watch.Body(r)
	if err != nil {
		return watch.Push{}, err
	}
	m := hmac.New(sha256.New, h.secret)
	m.Write(body)
	signature, ok := strings.CutPrefix(r.Header.Get("X-Hmac-Signature"), "hmac-sha256-hex=")
	if given, err := hex.DecodeString(signature); !ok || err != nil || !hmac.Equal(given, m.Sum(nil)) {
		return watch.Push{}, watch.Forged()
	}
	var p struct {
		Description string          `json:"description"`
		Result      json.RawMessage `json:"result"`
	}
	text := watch.UTF8(body)
	if json.Unmarshal(text, &p) != nil || !strings.HasPrefix(p.Description, "tracker.") {
		return watch.Push{}, watch.Pointless("a webhook that is not about a tracker")
	}
	var t tracker
	if json.Unmarshal(p.Result, &t) != nil || t.Code == "" {
		return watch.Push{}, watch.Pointless("a tracker that cannot be read")
	}
	told := h.now().UTC()
	if at, zoned, err := shipment.ParseTime(t.Updated); err == nil && zoned && at.Before(told) {
		told = at.UTC()
	}
	return watch.Push{Events: t.events(told)}, nil
}

// events are what happened. EasyPost writes the clock of the place, where that is known, as if it were UTC.
func (t tracker) events(told time.Time) []shipment.Event {
	var list []shipment.Event
	var latest time.Time
	known := true
	for i, d := range t.Details {
		at, _, err := shipment.ParseTime(d.At)
		if err != nil {
			continue
		}
		e := shipment.Event{
			Number: t.Code, At: at, TZKnown: d.Location.City == "", Seen: told, Seq: i, Source: Name, Text: watch.Plain(d.Message),
			Place: shipment.Place{Name: watch.Plain(join(d.Location.City, d.Location.State)), Country: country(d.Location.Country)},
		}
		fine := ""
		if d.Detail != "" {
			fine = d.Status + "/" + d.Detail
		}
		statuses().Tell(&e, fine, d.Status)
		if e.Code = watch.Plain(e.Code); e.Status == "" && e.Text == "" && e.Code == "" {
			continue
		}
		list = append(list, e)
		if at.After(latest) {
			latest, known = at, e.TZKnown
		}
	}
	for _, s := range []string{t.Carrier.Estimate, t.Estimate} {
		if day, err := shipment.ParseDate(s[:min(len(s), len(time.DateOnly))]); err == nil && !day.IsZero() && !latest.IsZero() {
			return append(list, shipment.Event{Number: t.Code, At: latest, TZKnown: known, Seen: told, Source: Name, ETA: day})
		}
	}
	return list
}

func join(city, state string) string {
	if city != "" && state != "" {
		return city + ", " + state
	}
	return city + state
}

func country(s string) string {
	if len(s) != 2 {
		return ""
	}
	return strings.ToUpper(s)
}

//go:embed statuses.csv
var statusTable string

var statuses = sync.OnceValue(func() shipment.Meanings { return shipment.MustReadMeanings(statusTable) })
