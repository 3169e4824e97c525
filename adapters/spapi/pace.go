package spapi

import (
	"context"
	_ "embed"
	"fmt"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

//go:embed data/rates.csv
var rateTable string

// A limit is what Amazon documents for an operation.
type limit struct {
	perSecond float64
	burst     int
	role      string
}

var limits = readLimits()

func readLimits() map[string]limit {
	m := map[string]limit{}
	for _, row := range rows(rateTable) {
		perSecond, err := strconv.ParseFloat(row[1], 64)
		burst, err2 := strconv.Atoi(row[2])
		if err != nil || err2 != nil || perSecond <= 0 || burst < 1 {
			panic(fmt.Sprintf("spapi: rates.csv: %v", row))
		}
		m[row[0]] = limit{perSecond, burst, row[3]}
	}
	return m
}

// pace is one operation's bucket. Amazon refills it at a rate and lets a burst through; what the documents say is where we begin,
// and what the answers say is believed. People who wait may take the last token; the rest leaves a quarter of the burst, and
// does not push in front of them.
type pace struct {
	now   func() time.Time
	sleep func(context.Context, time.Duration) error
	keep  float64

	mu      sync.Mutex
	bucket  *rate.Limiter
	shut    time.Time // nothing leaves before: Amazon said so
	waiting int       // people who wait
}

func newPace(l limit, now func() time.Time, sleep func(context.Context, time.Duration) error) *pace {
	return &pace{now: now, sleep: sleep, keep: float64(l.burst / 4), bucket: rate.NewLimiter(rate.Limit(l.perSecond), l.burst)}
}

// take waits for a token.
func (p *pace) take(ctx context.Context, hurried bool) error {
	if hurried {
		p.count(+1)
		defer p.count(-1)
	}
	for {
		wait := p.try(hurried)
		if wait <= 0 {
			return ctx.Err()
		}
		if err := p.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

func (p *pace) count(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.waiting += n
}

// try takes a token, or says how long to wait before trying again.
func (p *pace) try(hurried bool) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if d := p.shut.Sub(now); d > 0 {
		return d
	}
	need := 1.0
	if !hurried {
		need += max(p.keep, float64(p.waiting))
	}
	have, perSecond := p.bucket.TokensAt(now), float64(p.bucket.Limit())
	if need > float64(p.bucket.Burst()) { // only people who wait get the only token
		return time.Duration(float64(time.Second) / perSecond)
	}
	if have >= need {
		p.bucket.AllowN(now, 1)
		return 0
	}
	return max(time.Duration((need-have)/perSecond*float64(time.Second)), time.Millisecond)
}

// heard is the rate an answer named: x-amzn-RateLimit-Limit, which may be absent. It is the rate for this seller and app.
func (p *pace) heard(header string) {
	r, err := strconv.ParseFloat(header, 64)
	if err != nil || !(r > 0) || r > 1000 {
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if rate.Limit(r) != p.bucket.Limit() {
		p.bucket.SetLimitAt(p.now(), rate.Limit(r))
	}
}

// hush empties the bucket and lets nothing leave for d: Amazon counts otherwise than we do.
func (p *pace) hush(d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if until := now.Add(d); until.After(p.shut) {
		p.shut = until
	}
	if n := int(p.bucket.TokensAt(now)); n > 0 {
		p.bucket.AllowN(now, n)
	}
}

// gap is the time between two requests at the rate.
func (p *pace) gap() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Duration(float64(time.Second) / float64(p.bucket.Limit()))
}
