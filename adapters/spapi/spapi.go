// Package spapi asks Amazon about a seller's shipments, over the Selling Partner API (SP-API). It is one source for many kinds of
// numbers; each kind is asked where Amazon knows it:
//
//	FBA15…      Fulfillment Inbound v0       status, units received of units sent      (one call for a hundred of them)
//	            Fulfillment Inbound 2024-03  tracking numbers of its boxes ──► Tracking API: both legs on one shipment
//	wf…, sh…    Fulfillment Inbound 2024-03  the plan's shipments; the slowest one decides
//	STAR-…      AWD 2024-05                  status, units received
//	AFTN…, AMZD…, containers                 Tracking API 2026-01: milestones, sub-codes, estimates
//	TBA…        Shipping v2                  parcels bought through Amazon Shipping
//
// Amazon says how an FBA shipment stands and not since when: those events are Standing. Codes are mapped by the tables in data/;
// a code that is in none is kept and never guessed.
//
//	Pull, Hurry ──► account ──► pace (a bucket per operation) ──► token (Login with Amazon) ──► request ──► events
//	                   │             keeps tokens for people           cached, one at a time       retried with jitter
//	                   └── invalid_grant stops it: no request leaves until the program starts again
//
// What Amazon calls things, the traps, and what is not verified: docs/amazon.md.
package spapi

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// Name is the name of this source, in shipments and in events.
const Name = "amazon"

// An Account is a seller's authorisation of an app, in one region: Amazon gives a refresh token per region.
type Account struct {
	Name         string   // for the log and for operators
	Region       string   // na, eu or fe
	Marketplaces []string // countries or ids; empty: the usual ones of the region
	ClientID     string
	ClientSecret string
	RefreshToken string
	API          string // base of all requests; empty: Amazon's host for the region
	Grantless    bool   // the Tracking API takes a grantless token: Amazon's pages disagree, so it can be chosen
	Business     string // x-amzn-shipping-business-id, such as AmazonShipping_US; empty: Shipping v2 is not asked
	Carrier      string // carrierId for Shipping v2; empty: AMZN_US

	Reauthorise  shipment.Date // when the seller has to authorise again, if known: public apps, every 365 days
	RotateSecret shipment.Date // when the client secret ends, if known: public apps, every 180 days
}

// Config is what New needs. Only Accounts is required.
type Config struct {
	Accounts     []Account
	LWA          string // where tokens are made; empty: Amazon's
	NoContainers bool   // leave container numbers to other sources
	UserAgent    string
	Client       *http.Client
	Timeout      time.Duration // of one request; 0: 30 seconds
	Now          func() time.Time
	Sleep        func(context.Context, time.Duration) error // waits, or returns the context's error
	Jitter       func() float64                             // in [0, 1)
	Log          *slog.Logger
}

// Source is the source. All of its methods may be called from several goroutines.
type Source struct {
	accounts   []*account
	containers bool
	patience   time.Duration // by the clock on the wall: what hangs longer is cut off, and what was answered counts
	now        func() time.Time
	log        *slog.Logger

	mu   sync.Mutex
	home map[string]home // where a number was found
}

// home is the account and the marketplace that know a number.
type home struct {
	account     *account
	marketplace string
}

// account is an Account with what is remembered about it.
type account struct {
	Account
	*caller
	walk walk
}

var (
	_ watch.Source  = (*Source)(nil)
	_ watch.Puller  = (*Source)(nil)
	_ watch.Hurrier = (*Source)(nil)
	_ watch.Limited = (*Source)(nil)
)

// New checks the configuration, all of it at once, and makes a Source. It asks nobody.
func New(c Config) (*Source, error) {
	if c.LWA == "" {
		c.LWA = TokenURL
	}
	if c.UserAgent == "" {
		c.UserAgent = "Xiaobao/1.0 (Language=Go)"
	}
	if c.Client == nil {
		c.Client = &http.Client{CheckRedirect: noRedirect}
	}
	if c.Timeout <= 0 {
		c.Timeout = 30 * time.Second
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Sleep == nil {
		c.Sleep = sleep
	}
	if c.Jitter == nil {
		c.Jitter = rand.Float64
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	s := &Source{containers: !c.NoContainers, patience: longestPull + 20*time.Second, now: c.Now, log: c.Log, home: map[string]home{}}
	var faults []error
	names := map[string]bool{}
	for _, a := range c.Accounts {
		a.Region = strings.ToLower(a.Region)
		if a.Name == "" {
			a.Name = a.Region
		}
		if names[a.Name] {
			faults = append(faults, fmt.Errorf("two Amazon accounts are called %q", a.Name))
		}
		names[a.Name] = true
		if err := a.check(); err != nil {
			faults = append(faults, err)
			continue
		}
		s.accounts = append(s.accounts, &account{Account: a, caller: newCaller(a, c)})
	}
	if len(c.Accounts) == 0 {
		faults = append(faults, errors.New("no Amazon account is configured"))
	}
	if err := errors.Join(faults...); err != nil {
		return nil, err
	}
	return s, nil
}

// noRedirect keeps tokens where they were sent: Amazon does not redirect its API.
func noRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Name is Name.
func (s *Source) Name() string { return Name }

// Limits are those of watch for the size of a batch; how often Amazon may be asked is kept here, operation by operation.
func (s *Source) Limits() watch.Limits {
	return watch.Limits{AtOnce: watch.PullAtOnce, Timeout: longestPull + 30*time.Second}
}

// Knows reports whether a number has one of Amazon's forms. Containers are asked here too, unless New was told not to.
func (s *Source) Knows(number string) bool {
	k := kindOf(number)
	return k != kindNone && (k != kindContainer || s.containers) && (k != kindParcel || s.ships())
}

// ships reports whether an account asks Shipping v2.
func (s *Source) ships() bool {
	for _, a := range s.accounts {
		if a.Business != "" {
			return true
		}
	}
	return false
}

// Accounts names the accounts, and why one is stopped.
func (s *Source) Accounts() map[string]error {
	m := map[string]error{}
	for _, a := range s.accounts {
		m[a.Name] = a.stopped()
	}
	return m
}

// kind is what a number is to Amazon.
type kind int

const (
	kindNone kind = iota
	kindFBA
	kindPlan
	kindInbound // an inbound shipment's own id: sh…
	kindAWD
	kindAFTN
	kindBill
	kindContainer
	kindParcel
)

var kinds = []struct {
	kind kind
	form *regexp.Regexp
}{
	{kindFBA, regexp.MustCompile(`^FBA[0-9A-Z]{7,12}(U[0-9]{3}|U[0-9]{6})?$`)},
	{kindPlan, regexp.MustCompile(`^WF[0-9A-Z-]{36}$`)},
	{kindInbound, regexp.MustCompile(`^SH[0-9A-Z-]{36}$`)},
	{kindAWD, regexp.MustCompile(`^STAR-[0-9A-Z]{8,}$`)},
	{kindAFTN, regexp.MustCompile(`^AFTN[0-9]+$`)},
	{kindBill, regexp.MustCompile(`^AMZD[A-Z]{2}[0-9A-Z]{10}$`)},
	{kindContainer, regexp.MustCompile(`^[A-Z]{3}[UJZ][0-9]{7}$`)},
	{kindParcel, regexp.MustCompile(`^TB[ACM][0-9]{12}$`)},
}

func kindOf(number string) kind {
	number = strings.ToUpper(number)
	for _, k := range kinds {
		if k.form.MatchString(number) {
			return k.kind
		}
	}
	return kindNone
}

// box is a carton's label: the shipment's id and U with six digits, on older ones three.
var box = regexp.MustCompile(`^(FBA[0-9A-Z]{7,12})U(?:[0-9]{6}|[0-9]{3})$`)

// parent is the shipment a carton belongs to; any other FBA id is itself.
func parent(number string) string {
	number = strings.ToUpper(number)
	if m := box.FindStringSubmatch(number); m != nil {
		return m[1]
	}
	return number
}
