package track17

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"strings"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// tracked is what 17TRACK knows about a number: the same in an answer and in a push.
type tracked struct {
	Number string `json:"number"`
	Info   info   `json:"track_info"`
}

type info struct {
	Latest struct {
		Status string `json:"status"`
		Sub    string `json:"sub_status"`
	} `json:"latest_status"`
	Metrics struct {
		Estimate struct {
			From string `json:"from"`
			To   string `json:"to"`
		} `json:"estimated_delivery_date"`
	} `json:"time_metrics"`
	Tracking struct {
		Providers []provider `json:"providers"`
	} `json:"tracking"`
}

type provider struct {
	Synced string  `json:"latest_sync_time"`
	Events []event `json:"events"` // newest first
}

type event struct {
	ISO string `json:"time_iso"`
	UTC string `json:"time_utc"`
	Raw struct {
		Date string `json:"date"`
		Time string `json:"time"`
		Zone string `json:"timezone"`
	} `json:"time_raw"`
	Description string `json:"description"`
	Location    string `json:"location"`
	Sub         string `json:"sub_status"`
	Stage       string `json:"stage"`
	Address     struct {
		Country string `json:"country"`
		City    string `json:"city"`
	} `json:"address"`
}

// events are what all providers tell: the carrier at home and the one of the last mile are two. The estimate goes with the
// latest event, so that a push that repeats both is known for the same.
func (t tracked) events(number string, now time.Time) []shipment.Event {
	var list []shipment.Event
	latest := -1
	for _, p := range t.Info.Tracking.Providers {
		seen := now
		if at, zoned, err := shipment.ParseTime(p.Synced); err == nil && zoned && at.Before(now) {
			seen = at.UTC()
		}
		for i, e := range p.Events {
			made, ok := e.make(number, seen)
			if !ok {
				continue
			}
			made.Seq = len(p.Events) - 1 - i
			if list = append(list, made); latest < 0 || made.At.After(list[latest].At) {
				latest = len(list) - 1
			}
		}
	}
	if latest < 0 {
		return t.bare(number, now)
	}
	if day, ok := t.estimate(); ok {
		if e := list[latest]; e.Status == "" { // the scan has only words, and they must not pass for an estimate
			list = append(list, shipment.Event{Number: number, At: e.At, TZKnown: e.TZKnown, Seen: e.Seen, Source: Name, ETA: day})
		} else {
			list[latest].ETA = day
		}
	}
	if t.Info.Latest.Status == "Expired" { // no scan says so
		list = append(list, t.bare(number, list[latest].Seen)...)
	}
	return list
}

// bare is what is said about a number beside its scans: that it is none, or that its story broke off.
func (t tracked) bare(number string, seen time.Time) []shipment.Event {
	e := shipment.Event{Number: number, At: seen, TZKnown: true, Seen: seen, Standing: true, Source: Name}
	if t.Info.Latest.Status == "" || t.Info.Latest.Status == "NotFound" && t.Info.Latest.Sub != "NotFound_InvalidCode" {
		return nil
	}
	statuses().Tell(&e, t.Info.Latest.Sub, t.Info.Latest.Status)
	return []shipment.Event{e}
}

// over reports that 17TRACK had reason to stop.
func (t tracked) over() bool {
	return t.Info.Latest.Status == "Delivered" || t.Info.Latest.Sub == "Exception_Returned" || t.Info.Latest.Sub == "Exception_Cancel"
}

// estimate is the last day of the estimate: a day at the destination, not a moment.
func (t tracked) estimate() (shipment.Date, bool) {
	for _, s := range []string{t.Info.Metrics.Estimate.To, t.Info.Metrics.Estimate.From} {
		if d, err := shipment.ParseDate(s[:min(len(s), len(time.DateOnly))]); err == nil && !d.IsZero() {
			return d, true
		}
	}
	return shipment.Date{}, false
}

// make is a scan in our words. One without a time cannot be placed, and one without a word says nothing: they are left out.
func (e event) make(number string, seen time.Time) (shipment.Event, bool) {
	at, zoned, ok := e.at()
	if !ok {
		return shipment.Event{}, false
	}
	made := shipment.Event{
		Number: number, At: at, TZKnown: zoned, Seen: seen, Source: Name,
		Text:  watch.Plain(e.Description),
		Place: shipment.Place{Name: watch.Plain(e.Location), Country: country(e.Address.Country)},
	}
	if made.Place.Name == "" {
		made.Place.Name = watch.Plain(e.Address.City)
	}
	main, _, _ := strings.Cut(e.Sub, "_")
	if !statuses().Tell(&made, e.Sub, main) && made.Code == "" {
		made.Code = e.Stage
	}
	made.Code = watch.Plain(made.Code)
	return made, made.Status != "" || made.Text != "" || made.Code != ""
}

// at is when a scan was: with a zone where one is told, and otherwise the clock on the wall of a place that is not told.
func (e event) at() (at time.Time, zoned, ok bool) {
	for _, s := range []string{e.ISO, e.UTC} {
		if at, zoned, err := shipment.ParseTime(s); err == nil {
			return at, zoned, true
		}
	}
	raw := strings.TrimSpace(e.Raw.Date + " " + e.Raw.Time)
	if e.Raw.Zone != "" {
		if at, zoned, err := shipment.ParseTime(raw + " " + e.Raw.Zone); err == nil {
			return at, zoned, true
		}
	}
	at, zoned, err := shipment.ParseTime(raw)
	return at, zoned, err == nil
}

func country(s string) string {
	if len(s) != 2 {
		return ""
	}
	return strings.ToUpper(s)
}

// Read takes a push. Its sign is a plain hash over the body and the key, without a time: who replays one changes nothing,
// because what is told twice is known. A push without a sign is believed nothing: 17TRACK may send "stopped" so, and then it
// is asked itself.
func (s *Source) Read(r *http.Request) (watch.Push, error) {
	body, err := watch.Body(r)
	if err != nil {
		return watch.Push{}, err
	}
	sign, signed := r.Header.Get("sign"), len(r.Header.Values("sign")) > 0
	if signed && !s.signed(body, sign) {
		return watch.Push{}, watch.Forged()
	}
	var p struct {
		Event string          `json:"event"`
		Data  json.RawMessage `json:"data"`
	}
	text := watch.UTF8(body)
	if json.Unmarshal(text, &p) != nil {
		if !signed {
			return watch.Push{}, watch.Forged()
		}
		return watch.Push{}, watch.Pointless("a push that cannot be read")
	}
	var t tracked
	failed := json.Unmarshal(p.Data, &t) != nil || t.Number == ""
	switch {
	case !signed && (p.Event != "TRACKING_STOPPED" || failed):
		return watch.Push{}, watch.Forged()
	case failed:
		return watch.Push{}, watch.Pointless("a push without a number, or with one that cannot be read")
	case p.Event == "TRACKING_STOPPED":
		if signed {
			s.giveUp(key(t.Number))
		}
		return watch.Push{Look: []string{t.Number}}, nil
	case p.Event == "TRACKING_UPDATED":
		return watch.Push{Events: t.events(t.Number, s.Now())}, nil
	}
	return watch.Push{}, watch.Pointless("a kind of push that is not known")
}

// signed compares in constant time.
func (s *Source) signed(body []byte, sign string) bool {
	h := sha256.New()
	h.Write(body)
	h.Write([]byte("/" + s.Key))
	want := hex.EncodeToString(h.Sum(nil))
	return subtle.ConstantTimeCompare([]byte(want), []byte(sign)) == 1
}
