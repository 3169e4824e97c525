package aftership

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"time"

	"golang.org/x/text/language"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// tracking is what AfterShip knows about a number: the same in an answer and in a webhook.
type tracking struct {
	Number   string `json:"tracking_number"`
	Tag      string `json:"tag"`
	Subtag   string `json:"subtag"`
	Created  string `json:"created_at"`
	Updated  string `json:"updated_at"`
	Expected string `json:"expected_delivery"`
	Latest   *struct {
		At  string `json:"datetime"`
		Max string `json:"datetime_max"`
	} `json:"latest_estimated_delivery"`
	Checkpoints []checkpoint `json:"checkpoints"`
}

type checkpoint struct {
	Created  string `json:"created_at"` // when AfterShip heard of it
	At       string `json:"checkpoint_time"`
	Location string `json:"location"`
	City     string `json:"city"`
	Country  string `json:"country_iso3"`
	Message  string `json:"message"`
	Tag      string `json:"tag"`
	Subtag   string `json:"subtag"`
}

// events are what happened, told at a moment. The estimate stands by itself, told when all of it was told.
func (t tracking) events(number string, told time.Time) []shipment.Event {
	var list []shipment.Event
	var latest time.Time
	zoned := true
	for i, c := range t.Checkpoints {
		at, z, err := shipment.ParseTime(c.At)
		if err != nil {
			continue // it cannot be placed
		}
		e := shipment.Event{
			Number: number, At: at, TZKnown: z, Seen: earlier(c.Created, told), Seq: i, Source: Name,
			Text: watch.Plain(c.Message), Place: shipment.Place{Name: watch.Plain(c.Location), Country: country(c.Country)},
		}
		if e.Place.Name == "" {
			e.Place.Name = watch.Plain(c.City)
		}
		statuses().Tell(&e, c.Subtag, c.Tag)
		if e.Code = watch.Plain(e.Code); e.Status == "" && e.Text == "" && e.Code == "" {
			continue
		}
		list = append(list, e)
		if at.After(latest) {
			latest, zoned = at, z
		}
	}
	if len(list) == 0 || t.Tag == "Expired" { // no checkpoint says so
		if e := (shipment.Event{Number: number, At: told, TZKnown: true, Seen: told, Standing: true, Source: Name}); t.Tag != "" && t.Tag != "Pending" {
			statuses().Tell(&e, t.Subtag, t.Tag)
			e.Code = watch.Plain(e.Code)
			list = append(list, e)
		}
	}
	if latest.IsZero() {
		if at, z, err := shipment.ParseTime(t.Created); err == nil {
			latest, zoned = at, z
		}
	}
	if day := t.estimate(); !day.IsZero() && !latest.IsZero() {
		list = append(list, shipment.Event{Number: number, At: latest, TZKnown: zoned, Seen: told, Source: Name, ETA: day})
	}
	return list
}

// estimate is the last day of the latest estimate, at the destination.
func (t tracking) estimate() shipment.Date {
	days := []string{t.Expected}
	if t.Latest != nil {
		days = []string{t.Latest.Max, t.Latest.At, t.Expected}
	}
	for _, s := range days {
		if d, err := shipment.ParseDate(s[:min(len(s), len(time.DateOnly))]); err == nil && !d.IsZero() {
			return d
		}
	}
	return shipment.Date{}
}

// earlier is a moment that was told, when it is one and not after the telling.
func earlier(s string, told time.Time) time.Time {
	if at, zoned, err := shipment.ParseTime(s); err == nil && zoned && at.Before(told) {
		return at.UTC()
	}
	return told
}

// told is when AfterShip says it wrote, or now.
func (s *Source) told(updated string, now time.Time) time.Time { return earlier(updated, now) }

// country turns three letters into two.
func country(iso3 string) string {
	r, err := language.ParseRegion(iso3)
	if err != nil || !r.IsCountry() || len(iso3) != 3 {
		return ""
	}
	return r.String()
}

// Read takes a webhook.
func (s *Source) Read(r *http.Request) (watch.Push, error) {
	body, err := watch.Body(r)
	if err != nil {
		return watch.Push{}, err
	}
	if s.Secret == "" || !hmac.Equal(decode(r.Header.Get("aftership-hmac-sha256")), sum(s.Secret, body)) {
		return watch.Push{}, watch.Forged()
	}
	var p struct {
		Event string   `json:"event"`
		TS    int64    `json:"ts"`
		Msg   tracking `json:"msg"`
	}
	if json.Unmarshal(watch.UTF8(body), &p) != nil || p.Msg.Number == "" {
		return watch.Push{}, watch.Pointless("a webhook without a tracking, or with one that cannot be read")
	}
	told := s.Now().UTC()
	if at := time.Unix(p.TS, 0).UTC(); p.TS > 0 && at.Before(told) {
		told = at
	}
	return watch.Push{Events: p.Msg.events(p.Msg.Number, told)}, nil
}

func decode(signature string) []byte {
	b, err := base64.StdEncoding.DecodeString(signature)
	if err != nil {
		return nil
	}
	return b
}

func sum(secret string, body []byte) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return m.Sum(nil)
}
