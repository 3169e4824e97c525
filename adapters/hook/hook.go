// Package hook takes tracking events from whoever has them: a forwarder, a warehouse, a script. They are posted as JSON of our
// own (docs/tracking-events.schema.json), signed with the tenant's secret and the time:
//
//	POST /hooks/hook/web:local
//	X-Xiaobao-Signature: t=1764144000,v1=<hex of HMAC-SHA256(secret, "1764144000." + body)>
//	{"events": [{"number": "ABC123456", "at": "2026-11-26T08:00:00+08:00", "status": "IN_TRANSIT", "place": "深圳"}]}
//
// A tenant's secret follows from the installation's key, which is in the environment: nothing of it is kept. All events of a post
// are taken, or none, and the answer says what is wrong where.
package hook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// Name is the name of this source, in events and in the address of its posts.
const Name = "hook"

// Header is the header of the signature.
const Header = "X-Xiaobao-Signature"

const (
	tolerance  = 5 * time.Minute // how far the sender's clock may be from ours, and how long a signature is good
	mostEvents = 1000
	mostFaults = 20 // that are told one by one
)

// shortestKey is how many characters the installation's key must have.
const shortestKey = 32

// Hook takes posts. It may be used from several goroutines.
type Hook struct {
	keys []string
	now  func() time.Time
}

var _ watch.Webhook = (*Hook)(nil)

// New makes a hook. Of several keys the first makes the secrets that are given out now, and the others, from before, are still
// taken: so a key is changed without a gap.
func New(keys []string, now func() time.Time) (*Hook, error) {
	if len(keys) == 0 {
		return nil, errors.New("hook: no key")
	}
	for _, k := range keys {
		if len(k) < shortestKey {
			return nil, fmt.Errorf("hook: a key needs at least %d characters", shortestKey)
		}
	}
	return &Hook{keys, now}, nil
}

// Name is Name.
func (h *Hook) Name() string { return Name }

// Secret is the secret of a tenant.
func (h *Hook) Secret(tenant string) string { return secret(h.keys[0], tenant) }

func secret(key, tenant string) string {
	m := hmac.New(sha256.New, []byte(key))
	m.Write([]byte("xiaobao hook 1\x00" + tenant))
	return base64.RawURLEncoding.EncodeToString(m.Sum(nil))
}

// Sign is the value of Header for a body that is posted at a moment.
func Sign(secret string, at time.Time, body []byte) string {
	t := strconv.FormatInt(at.Unix(), 10)
	return "t=" + t + ",v1=" + hex.EncodeToString(sum(secret, t, body))
}

func sum(secret, t string, body []byte) []byte {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write([]byte(t + "."))
	m.Write(body)
	return m.Sum(nil)
}

// Read takes a post. Its tenant is the last part of the address.
func (h *Hook) Read(r *http.Request) (watch.Push, error) {
	body, err := watch.Body(r)
	if err != nil {
		return watch.Push{}, err
	}
	tenant := r.PathValue("account")
	sent, err := h.signed(r.Header.Get(Header), tenant, body)
	if err != nil {
		return watch.Push{}, err
	}
	events, err := Parse(body, sent)
	return watch.Push{Tenant: tenant, Events: events}, err
}

// signed checks who sent the body, and when.
func (h *Hook) signed(header, tenant string, body []byte) (time.Time, error) {
	t, v1 := "", ""
	for _, part := range strings.Split(header, ",") {
		switch name, value, _ := strings.Cut(strings.TrimSpace(part), "="); name {
		case "t":
			t = value
		case "v1":
			v1 = value
		}
	}
	mac, err := hex.DecodeString(v1)
	if err != nil {
		mac = nil
	}
	fits := false
	for _, key := range h.keys { // all of them, so that the time tells nothing
		if hmac.Equal(mac, sum(secret(key, tenant), t, body)) {
			fits = true
		}
	}
	seconds, err := strconv.ParseInt(t, 10, 64)
	if !fits || err != nil {
		return time.Time{}, watch.Forged()
	}
	now := h.now()
	sent := time.Unix(seconds, 0).UTC()
	if off := now.Sub(sent); off > tolerance || off < -tolerance {
		return time.Time{}, &watch.Rejected{Status: http.StatusUnauthorized, Why: fmt.Sprintf("the signature's time is more than %s away from ours, which is %d: sign again, and set the clock", tolerance, now.Unix())}
	}
	if sent.After(now) {
		sent = now
	}
	return sent, nil
}

// told is an event as it is posted.
type told struct {
	Number    *string `json:"number"`
	At        *string `json:"at"`
	Status    string  `json:"status"`
	Reason    string  `json:"reason"`
	Exception bool    `json:"exception"`
	Place     string  `json:"place"`
	Country   string  `json:"country"`
	Text      string  `json:"text"`
	Code      string  `json:"code"`
	Scheme    string  `json:"scheme"`
	ETA       string  `json:"eta"`
}

// Parse reads what is posted, and what `xiaobao hooks send` sends. The error, if any, is a watch.Rejected that lists what is wrong.
func Parse(body []byte, sent time.Time) ([]shipment.Event, error) {
	var doc struct {
		Events *[]told `json:"events"`
	}
	d := json.NewDecoder(strings.NewReader(string(watch.UTF8(body))))
	d.DisallowUnknownFields()
	err := d.Decode(&doc)
	if err == nil {
		if _, more := d.Token(); more != io.EOF {
			err = errors.New("something follows the document")
		}
	}
	if err != nil {
		return nil, bad(explain(err))
	}
	switch {
	case doc.Events == nil:
		return nil, bad("events: missing")
	case len(*doc.Events) == 0:
		return nil, bad("events: empty")
	case len(*doc.Events) > mostEvents:
		return nil, bad(fmt.Sprintf("events: %d of them; at most %d in one post", len(*doc.Events), mostEvents))
	}
	var events []shipment.Event
	var faults []string
	for i, t := range *doc.Events {
		e, wrong := t.event(sent)
		e.Seq = i
		events = append(events, e)
		for _, w := range wrong {
			faults = append(faults, fmt.Sprintf("events[%d].%s", i, w))
		}
	}
	if len(faults) > mostFaults {
		faults = append(faults[:mostFaults], fmt.Sprintf("and %d more", len(faults)-mostFaults))
	}
	if len(faults) > 0 {
		return nil, bad(faults...)
	}
	return events, nil
}

func bad(faults ...string) error {
	return &watch.Rejected{Status: http.StatusBadRequest, Why: "nothing was taken: see faults", Faults: faults}
}

// explain says what the decoder found, in words that fit whoever wrote the document.
func explain(err error) string {
	var kind *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &kind):
		return fmt.Sprintf("%s: a %s where another kind of value belongs", kind.Field, kind.Value)
	case errors.As(err, &syntax):
		return fmt.Sprintf("not JSON: at byte %d", syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "not JSON: it ends too early"
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// event checks an event and puts it into our words. What is wrong begins with the name of the field.
func (t told) event(sent time.Time) (e shipment.Event, wrong []string) {
	e = shipment.Event{
		Seen: sent, Exception: t.Exception, Source: Name,
		Sub: strings.ToLower(watch.Plain(t.Reason)), Text: watch.Plain(t.Text), Code: watch.Plain(t.Code),
		Place: shipment.Place{Name: watch.Plain(t.Place), Country: strings.ToUpper(t.Country)},
	}
	switch {
	case t.Number == nil || strings.TrimSpace(*t.Number) == "":
		wrong = append(wrong, "number: missing")
	case len(*t.Number) > longestNumber:
		wrong = append(wrong, fmt.Sprintf("number: longer than %d characters", longestNumber))
	default:
		e.Number = *t.Number
	}
	if t.At == nil {
		wrong = append(wrong, "at: missing")
	} else if at, zoned, err := shipment.ParseTime(*t.At); err != nil {
		wrong = append(wrong, "at: not a time such as 2026-11-26T08:00:00+08:00")
	} else {
		e.At, e.TZKnown = at, zoned
	}
	if t.Status != "" {
		if e.Status = shipment.Status(strings.ToUpper(t.Status)); !e.Status.Known() {
			wrong = append(wrong, "status: none of "+strings.Join(statusNames(), ", "))
		}
	}
	if t.Scheme != "" {
		wrong = append(wrong, t.mean(&e)...)
	}
	if t.Country != "" && (len(t.Country) != 2 || strings.Trim(e.Place.Country, "ABCDEFGHIJKLMNOPQRSTUVWXYZ") != "") {
		wrong = append(wrong, "country: not two letters, as CN")
	}
	if day, err := shipment.ParseDate(t.ETA); err != nil {
		wrong = append(wrong, "eta: not a day such as 2026-12-24")
	} else {
		e.ETA = day
	}
	if t.Status == "" && t.Scheme == "" && e.Text == "" && e.ETA.IsZero() {
		wrong = append(wrong, "status: missing, and neither scheme with code nor text nor eta is there")
	}
	return e, wrong
}

// longestNumber is more than any carrier uses.
const longestNumber = 40

func statusNames() (names []string) {
	for _, s := range shipment.Statuses() {
		names = append(names, string(s))
	}
	return names
}
