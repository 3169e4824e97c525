// Package aftership follows parcels with AfterShip (Tracking API 2026-07): it creates trackings, reads them, and takes what
// AfterShip posts. It keeps nothing: what is followed is known over there.
//
//	Register ──► POST /trackings, one for each number ("already exists" is fine)
//	Pull     ──► GET /trackings?tracking_numbers=… ──► what is not there: POST ──► events
//	webhook  ──► aftership-hmac-sha256 ──► events
//
// A webhook that was not answered comes up to fourteen times, the last almost three days later: what comes again, or late,
// changes nothing. What a subtag means is a table, statuses.csv. The rules are from AfterShip's documents of July 2026; no call
// to the real service was made while this was written.
package aftership

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// Name is the name of this source, in shipments, in events and in the address of its webhook.
const Name = "aftership"

// Base is where AfterShip answers, unless Config says otherwise.
const Base = "https://api.aftership.com/tracking/2026-07"

// Config is an account.
type Config struct {
	Key    string           // for the API
	Secret string           // for the webhook; "": none is taken
	Base   string           // "" is Base
	Pushes bool             // the webhook arrives here: numbers that were heard of are only reconciled
	Client *http.Client     // nil: one that waits thirty seconds
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: slog.Default()
	Pace   float64          // calls a second; 0: as many as AfterShip takes of the slowest kind
}

// Source is one account. It may be used from several goroutines.
type Source struct {
	Config
	lists, creates *rate.Limiter
}

var (
	_ watch.Source    = (*Source)(nil)
	_ watch.Puller    = (*Source)(nil)
	_ watch.Limited   = (*Source)(nil)
	_ watch.Registrar = (*Source)(nil)
	_ watch.Webhook   = (*Source)(nil)
)

// New makes a source. Without a key it is a mistake of whoever starts the program.
func New(c Config) *Source {
	if c.Key == "" {
		panic("aftership: no key")
	}
	if c.Base == "" {
		c.Base = Base
	}
	if c.Client == nil {
		c.Client = &http.Client{Timeout: 30 * time.Second}
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Log == nil {
		c.Log = slog.Default()
	}
	s := &Source{Config: c, lists: rate.NewLimiter(listsPerSecond, 1), creates: rate.NewLimiter(createsPerSecond, 1)}
	if c.Pace > 0 {
		s.lists, s.creates = rate.NewLimiter(rate.Limit(c.Pace), 1), rate.NewLimiter(rate.Limit(c.Pace), 1)
	}
	return s
}

const (
	atOnce           = 40 // AfterShip takes 50
	listsPerSecond   = 6
	createsPerSecond = 20
	reconcile        = 12 * time.Hour
)

// Limits are those of AfterShip's documents.
func (s *Source) Limits() watch.Limits {
	l := watch.Limits{AtOnce: atOnce, Budgets: []watch.Budget{{Calls: listsPerSecond, Per: time.Second, Keep: 1}}, Free: true}
	if s.Pushes {
		l.Every = reconcile
	}
	return l
}

// Name is Name.
func (s *Source) Name() string { return Name }

// Knows reports whether a number may be a parcel's, as AfterShip takes them, and is not known to be something else.
func (s *Source) Knows(number string) bool {
	if len(number) < 4 || len(number) > 40 || !strings.ContainsAny(number, "0123456789") || strings.HasPrefix(number, "SIM") {
		return false
	}
	for _, c := range number {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || strings.ContainsRune("-._/", c)) {
			return false
		}
	}
	c := shipment.Recognise(number)
	return len(c) == 0 || !slices.Contains(foreign, c[0].Carrier) && !slices.Contains(papers, c[0].Format)
}

// foreign are carriers whose numbers AfterShip does not follow, and papers the formats of Amazon's own papers: a tracking would be
// paid for nothing.
var (
	foreign = []string{"simulator", "ocean", "air"}
	papers  = []string{
		"amazon_fba_box", "amazon_fba_shipment", "amazon_inbound_plan", "amazon_inbound_shipment", "amazon_awd_star", "amazon_aftn", "amazon_agl_hbl",
	}
)

// Pull reads the numbers, and creates trackings for those that AfterShip does not have. Those have no events yet.
func (s *Source) Pull(ctx context.Context, numbers []shipment.Number) ([]shipment.Event, error) {
	asked := map[string][]shipment.Number{}
	var names []string
	for _, n := range numbers {
		if asked[key(n.Number)] == nil {
			names = append(names, key(n.Number))
		}
		asked[key(n.Number)] = append(asked[key(n.Number)], n)
	}
	q := url.Values{"tracking_numbers": {strings.Join(names, ",")}, "limit": {"200"}}
	var a struct {
		Trackings []tracking `json:"trackings"`
	}
	if err := s.call(ctx, s.lists, http.MethodGet, "trackings?"+q.Encode(), nil, &a); err != nil {
		return nil, err
	}
	now := s.Now()
	var events []shipment.Event
	there := map[string]bool{}
	for _, t := range a.Trackings {
		there[key(t.Number)] = true
		for _, n := range asked[key(t.Number)] {
			events = append(events, t.events(n.Number, s.told(t.Updated, now))...)
		}
	}
	faults := watch.Faults{}
	var down error // nothing can be created now: what was read counts, and the others are not tried
	for _, name := range names {
		if there[name] {
			continue
		}
		var more []shipment.Event
		err := down
		if err == nil {
			more, err = s.create(ctx, asked[name][0])
		}
		switch {
		case err == nil:
			continue
		case watch.OfSource(err), ctx.Err() != nil:
			return events, err
		case !own(err):
			down = err
		}
		for _, n := range asked[name] {
			faults[n.Number] = err
			for _, e := range more {
				e.Number = n.Number
				events = append(events, e)
			}
		}
	}
	if len(faults) > 0 {
		return events, faults
	}
	return events, nil
}

// Register begins to follow numbers over there. What AfterShip says against a number is told by the Pull that follows.
func (s *Source) Register(ctx context.Context, numbers []shipment.Number) error {
	for _, n := range numbers {
		if _, err := s.create(ctx, n); err != nil && !own(err) {
			return err
		}
	}
	return nil
}

// Release does nothing: AfterShip ends a tracking by itself, and creating it anew would be paid for.
func (s *Source) Release(context.Context, []shipment.Number) error { return nil }

// Ping tries the key, for an operator who has just set it.
func (s *Source) Ping(ctx context.Context) error {
	return s.call(ctx, s.lists, http.MethodGet, "trackings?limit=1", nil, &struct{}{})
}

// create makes a tracking. An error that is own is the number's.
func (s *Source) create(ctx context.Context, n shipment.Number) ([]shipment.Event, error) {
	what := map[string]string{"tracking_number": n.Number}
	if n.Carrier != "" {
		what["slug"] = n.Carrier
	}
	err := s.call(ctx, s.creates, http.MethodPost, "trackings", what, &struct{}{})
	f, ok := err.(*fault)
	if !ok {
		return nil, err
	}
	switch f.code {
	case exists:
		return nil, nil
	case invalidNumber, invalidFormat, invalidValue, invalidCourier, missingField, badCourier:
		sub := "number_invalid"
		switch f.code {
		case invalidCourier, badCourier:
			sub = "carrier_unknown"
		case missingField:
			sub = "needs_more"
		}
		return []shipment.Event{{
			Number: n.Number, At: n.Registered, TZKnown: true, Seen: n.Registered, Sub: sub, Source: Name, Code: strconv.Itoa(f.code),
			Text: watch.Plain(f.message),
		}}, watch.Declined(f)
	}
	return nil, f
}

// own reports an error that is a single number's.
func own(err error) bool { return watch.IsDeclined(err) }

// The codes in the meta of an answer. The others are tried again, or are the account's.
const (
	exists         = 4003
	invalidNumber  = 4005
	invalidValue   = 4008
	invalidCourier = 4010
	missingField   = 4011
	badCourier     = 4012
	invalidFormat  = 4017
)

// fault is what an answer says instead of an answer.
type fault struct {
	status, code int
	message      string
}

func (f *fault) Error() string {
	return fmt.Sprintf("AfterShip: %d, code %d: %s", f.status, f.code, watch.Plain(f.message))
}

// mostAnswered is how much of an answer is read.
const mostAnswered = 16 << 20

func (s *Source) call(ctx context.Context, pace *rate.Limiter, method, path string, what, into any) error {
	if err := pace.Wait(ctx); err != nil {
		return err
	}
	var body io.Reader
	if what != nil {
		data, err := json.Marshal(what)
		if err != nil {
			return fmt.Errorf("AfterShip: %w", err)
		}
		body = bytes.NewReader(data)
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.Base, "/")+"/"+path, body)
	if err != nil {
		return fmt.Errorf("AfterShip: %w", err)
	}
	r.Header.Set("as-api-key", s.Key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	resp, err := s.Client.Do(r)
	if err != nil {
		return fmt.Errorf("AfterShip: %w", err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswered+1))
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return watch.Later(s.reset(resp.Header), fmt.Errorf("AfterShip: too many requests"))
	case err != nil:
		return fmt.Errorf("AfterShip: the answer broke off: %w", err)
	case len(data) > mostAnswered:
		return fmt.Errorf("AfterShip: an answer of more than %d bytes", mostAnswered)
	}
	var a struct {
		Meta struct {
			Code    int    `json:"code"`
			Message string `json:"message"`
		} `json:"meta"`
		Data json.RawMessage `json:"data"`
	}
	err = json.Unmarshal(watch.UTF8(data), &a)
	switch {
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden, a.Meta.Code == 401, a.Meta.Code == 403:
		return watch.Stop("AfterShip does not take the key, or the plan does not include this: check XIAOBAO_AFTERSHIP_KEY and its dashboard", &fault{resp.StatusCode, a.Meta.Code, a.Meta.Message})
	case resp.StatusCode == http.StatusPaymentRequired:
		return watch.Stop("AfterShip: the plan's shipments are used up", &fault{resp.StatusCode, a.Meta.Code, a.Meta.Message})
	case resp.StatusCode >= 300, err == nil && a.Meta.Code >= 300:
		return &fault{resp.StatusCode, a.Meta.Code, a.Meta.Message}
	case err != nil:
		return fmt.Errorf("AfterShip: an answer that cannot be read: %w", err)
	}
	if err := json.Unmarshal(a.Data, into); err != nil {
		return fmt.Errorf("AfterShip: an answer that cannot be read: %w", err)
	}
	return nil
}

// reset is when the limit begins anew: a moment in seconds.
func (s *Source) reset(h http.Header) time.Duration {
	if n, err := strconv.ParseInt(h.Get("X-RateLimit-Reset"), 10, 64); err == nil {
		if d := time.Unix(n, 0).Sub(s.Now()); d > 0 {
			return min(d, time.Hour)
		}
	}
	return time.Second
}

func key(number string) string { return strings.ToUpper(strings.TrimSpace(number)) }

//go:embed statuses.csv
var statusTable string

var statuses = sync.OnceValue(func() shipment.Meanings { return shipment.MustReadMeanings(statusTable) })
