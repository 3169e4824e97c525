// Package track17 follows parcels with 17TRACK (API v2.4): it registers numbers, reads them forty at a time, and takes what
// 17TRACK pushes. It keeps nothing: what is registered is known over there, and asking shows it.
//
//	Register ──► register ──┐ "already registered": retrack, in case it was stopped
//	Pull     ──► gettrackinfo ──► "not registered": register ──► events
//	push     ──► sign ──► TRACKING_UPDATED: events · TRACKING_STOPPED: look for yourself
//	Release  ──► stoptrack
//
// What a status and an error mean are tables, statuses.csv and errors.csv. Reading and pushes are free; a registration is paid
// for once, which is why an account whose quota is used up goes on reading. The rules are from 17TRACK's documents of
// July 2026; no call to the real service was made while this was written.
package track17

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// Name is the name of this source, in shipments, in events and in the address of its pushes.
const Name = "17track"

// Base is where 17TRACK answers, unless Config says otherwise.
const Base = "https://api.17track.net/track/v2.4"

// Config is an account.
type Config struct {
	Key    string           // the key of the account, which also signs its pushes
	Base   string           // "" is Base
	Pushes bool             // pushes arrive here: numbers that were heard of are only reconciled
	Pace   float64          // calls a second; 0: as many as 17TRACK takes
	Client *http.Client     // nil: one that waits thirty seconds
	Now    func() time.Time // nil: time.Now
	Log    *slog.Logger     // nil: slog.Default()
}

// Source is one account. It may be used from several goroutines.
type Source struct {
	Config
	pace *rate.Limiter

	mu      sync.Mutex
	spent   time.Time       // until when nothing is registered, because the account's quota is used up
	stopped map[string]bool // 17TRACK said that it gave these up
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
		panic("track17: no key")
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
	if c.Pace == 0 {
		c.Pace = perSecond
	}
	return &Source{Config: c, pace: rate.NewLimiter(rate.Limit(c.Pace), 1)}
}

// atOnce is how many numbers one call takes, and perSecond how many calls 17TRACK takes in a second.
const (
	atOnce    = 40
	perSecond = 3
)

// reconcile is how long a number is left alone where pushes arrive; how 17TRACK repeats a push that failed is not documented.
const reconcile = 12 * time.Hour

// Limits are those of 17TRACK's documents.
func (s *Source) Limits() watch.Limits {
	l := watch.Limits{AtOnce: atOnce, Budgets: []watch.Budget{{Calls: perSecond, Per: time.Second, Keep: 1}}, Free: true}
	if s.Pushes {
		l.Every = reconcile
	}
	return l
}

// Name is Name.
func (s *Source) Name() string { return Name }

// foreign are carriers whose numbers 17TRACK does not follow: a registration would be paid for nothing.
var foreign = []string{"simulator", "ocean", "air"}

// papers are the formats of Amazon's own papers; parcels that Amazon carries are followed.
var papers = []string{
	"amazon_fba_box", "amazon_fba_shipment", "amazon_inbound_plan", "amazon_inbound_shipment", "amazon_awd_star", "amazon_aftn", "amazon_agl_hbl",
}

// Knows reports whether a number may be a parcel's: anything with digits that is not known to be something else.
func (s *Source) Knows(number string) bool {
	if len(number) < 5 || len(number) > 50 || !strings.ContainsAny(number, "0123456789") || strings.HasPrefix(number, "SIM") {
		return false
	}
	for _, c := range number {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c == '-') {
			return false
		}
	}
	c := shipment.Recognise(number)
	return len(c) == 0 || !slices.Contains(foreign, c[0].Carrier) && !slices.Contains(papers, c[0].Format)
}

// Pull reads the numbers, and registers those that 17TRACK does not have. Those have no events yet: 17TRACK pushes them, or
// they are there at the next look.
func (s *Source) Pull(ctx context.Context, numbers []shipment.Number) ([]shipment.Event, error) {
	var a answer
	if err := s.call(ctx, "gettrackinfo", items(numbers, false), &a); err != nil {
		return nil, err
	}
	now := s.Now()
	asked := byNumber(numbers)
	var events []shipment.Event
	var register []shipment.Number
	faults := watch.Faults{}
	var again []shipment.Number
	for _, t := range a.Data.Accepted {
		gaveUp := s.gaveUp(key(t.Number)) && !t.over()
		for _, n := range asked[key(t.Number)] {
			events = append(events, t.events(n.Number, now)...)
			if gaveUp {
				again = append(again, n)
			}
		}
	}
	s.again(ctx, again)
	for _, r := range a.Data.Rejected {
		for _, n := range asked[key(r.Number)] {
			switch f := faultOf(r.Error.Code); f.action {
			case register_:
				register = append(register, n)
			default:
				e, err := s.judge(ctx, n, f, now)
				events = append(events, e...)
				if err != nil {
					faults[n.Number] = err
				}
			}
		}
	}
	if len(register) > 0 {
		more, err := s.register(ctx, register, faults)
		events = append(events, more...)
		if watch.OfSource(err) || ctx.Err() != nil {
			return events, err
		}
		if err != nil { // what was read counts
			for _, n := range register {
				faults[n.Number] = err
			}
		}
	}
	if len(faults) > 0 {
		return events, faults
	}
	return events, nil
}

// Register begins to follow numbers over there. It is paid for once: a number that is registered already costs nothing.
// What 17TRACK says against a number is told by the Pull that follows.
func (s *Source) Register(ctx context.Context, numbers []shipment.Number) error {
	for some := range slices.Chunk(numbers, atOnce) {
		if _, err := s.register(ctx, some, watch.Faults{}); err != nil {
			return err
		}
	}
	return nil
}

// Release stops following numbers. What was paid for them is not given back.
func (s *Source) Release(ctx context.Context, numbers []shipment.Number) error {
	for some := range slices.Chunk(numbers, atOnce) {
		if err := s.call(ctx, "stoptrack", items(some, false), &answer{}); err != nil {
			return err
		}
	}
	return nil
}

// register registers numbers, tells what speaks against some of them, and puts their errors into faults.
func (s *Source) register(ctx context.Context, numbers []shipment.Number, faults watch.Faults) ([]shipment.Event, error) {
	now := s.Now()
	var events []shipment.Event
	if s.isSpent(now) {
		for _, n := range numbers {
			e, _ := s.judge(ctx, n, faultOf(codeQuota), now)
			events = append(events, e...)
		}
		return events, nil
	}
	var a answer
	if err := s.call(ctx, "register", items(numbers, true), &a); err != nil {
		var f *fault
		if errors.As(err, &f) && f.spends() { // for every number, and reading goes on
			for _, n := range numbers {
				e, _ := s.judge(ctx, n, *f, now)
				events = append(events, e...)
			}
			return events, nil
		}
		return nil, err
	}
	asked := byNumber(numbers)
	var again []shipment.Number
	for _, r := range a.Data.Rejected {
		for _, n := range asked[key(r.Number)] {
			if r.Error.Code == codeRegistered {
				again = append(again, n)
				continue
			}
			e, err := s.judge(ctx, n, faultOf(r.Error.Code), now)
			events = append(events, e...)
			if err != nil {
				faults[n.Number] = err
			}
		}
	}
	s.again(ctx, again) // they may have been stopped over there
	return events, nil
}

// again asks 17TRACK to follow numbers again that it gave up. It does so once for each; that it refuses is no harm.
func (s *Source) again(ctx context.Context, numbers []shipment.Number) {
	if len(numbers) == 0 {
		return
	}
	if err := s.call(ctx, "retrack", items(numbers, false), &answer{}); err != nil {
		s.Log.WarnContext(ctx, "17TRACK: following numbers again that it gave up failed", "numbers", len(numbers), "error", err)
	}
}

// mostStopped is how many numbers are remembered as given up; the others are only read.
const mostStopped = 10000

func (s *Source) giveUp(number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.stopped == nil {
		s.stopped = map[string]bool{}
	}
	if len(s.stopped) < mostStopped {
		s.stopped[number] = true
	}
}

// gaveUp reports whether 17TRACK said that it gave a number up, and forgets it.
func (s *Source) gaveUp(number string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	was := s.stopped[number]
	delete(s.stopped, number)
	return was
}

// judge says what an error of a number comes to: perhaps a remark that tells the person, an event that changes no status, perhaps
// an error of the number. A number that waits for the quota is answered: there is nothing to tell of it but that.
func (s *Source) judge(ctx context.Context, n shipment.Number, f fault, now time.Time) ([]shipment.Event, error) {
	var events []shipment.Event
	if f.sub != "" {
		events = []shipment.Event{{
			Number: n.Number, At: n.Registered, TZKnown: true, Seen: n.Registered, Sub: f.sub, Source: Name, Code: fmt.Sprint(f.code), Text: f.meaning,
		}}
	}
	switch f.action {
	case fine, wait, register_:
		return events, nil
	case tell:
		return events, watch.Declined(&f)
	case drop:
		s.Log.ErrorContext(ctx, "17TRACK refuses a number", "code", f.code, "meaning", f.meaning)
		return events, watch.Declined(&f)
	case quota, tomorrow:
		if s.spend(now, f.action) { // once
			s.Log.ErrorContext(ctx, "17TRACK: the quota is used up; numbers that are registered are read on, new ones wait", "code", f.code, "meaning", f.meaning)
		}
		return events, nil
	}
	return events, &f
}

// tryAgain is after how long a used-up quota is tried again: a day's comes back with the day, a bought one with the purchase.
var tryAgain = map[action]time.Duration{quota: 6 * time.Hour, tomorrow: 3 * time.Hour}

func (s *Source) isSpent(now time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return now.Before(s.spent)
}

// spend notes that the quota is used up and reports whether that is new.
func (s *Source) spend(now time.Time, a action) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	isNew := !now.Before(s.spent)
	if isNew {
		s.spent = now.Add(tryAgain[a])
	}
	return isNew
}

// byNumber finds what was asked by what 17TRACK calls it: it answers in capitals. Two askings may be one number.
func byNumber(numbers []shipment.Number) map[string][]shipment.Number {
	m := map[string][]shipment.Number{}
	for _, n := range numbers {
		m[key(n.Number)] = append(m[key(n.Number)], n)
	}
	return m
}

func key(number string) string { return strings.ToUpper(strings.TrimSpace(number)) }

// Quota asks how many registrations are left. It costs nothing.
func (s *Source) Quota(ctx context.Context) (Quota, error) {
	var a struct {
		Data Quota `json:"data"`
	}
	err := s.call(ctx, "getquota", []struct{}{}, &a)
	return a.Data, err
}

// Warnings tells when the account's quota is nearly used. See watch.Warner.
func (s *Source) Warnings(ctx context.Context, _ time.Time) ([]watch.Warning, error) {
	q, err := s.Quota(ctx)
	if err != nil {
		return nil, err
	}
	x := watch.Warning{Key: "quota", Kind: watch.Quota, Left: q.Remain, Of: q.Total}
	switch {
	case q.Total <= 0:
	case q.Remain <= 0:
		x.Mark = "used"
	case q.Low():
		x.Mark = "low"
	}
	return []watch.Warning{x}, nil
}

// Low reports whether less than a tenth is left.
func (q Quota) Low() bool { return q.Remain*10 < q.Total }

// Quota is what an account may register.
type Quota struct {
	Total  int `json:"quota_total"`
	Used   int `json:"quota_used"`
	Remain int `json:"quota_remain"`
	Today  int `json:"today_used"`
	Daily  int `json:"max_track_daily"`
}

// Codes are the statuses that are known, sorted.
func Codes() []string { return slices.Sorted(maps.Keys(statuses())) }

var statuses = sync.OnceValue(func() shipment.Meanings { return shipment.MustReadMeanings(statusTable) })
