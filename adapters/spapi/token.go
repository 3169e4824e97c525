package spapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// TokenURL is where Login with Amazon (LWA) makes tokens.
const TokenURL = "https://api.amazon.com/auth/o2/token"

// Scopes of grantless tokens. The seller's own token has none.
const (
	scopeSeller        = ""
	scopeNotifications = "sellingpartnerapi::notifications"
	scopeTracking      = "sellingpartnerapi::shipments:track" // named by one page of Amazon's and missing on another
)

// early is how long before its end a token is no longer used.
const early = time.Minute

// mint makes an account's tokens and keeps them until shortly before they end. However many ask at once, one request leaves.
type mint struct {
	account   Account
	url       string
	agent     string
	client    *http.Client
	timeout   time.Duration
	now       func() time.Time
	sleep     func(context.Context, time.Duration) error
	jitter    func() float64
	log       *slog.Logger
	mu        sync.Mutex
	purses    map[string]*purse
	stoppedBy error // set once, for ever
}

// purse is what is kept of one scope. Whoever has put something into turn may change it.
type purse struct {
	turn    chan struct{}
	token   string
	ends    time.Time
	failed  error // the last failure, while it is too early to try again
	fails   int
	again   time.Time
	refused bool // this scope is not for this app
}

func (m *mint) purse(scope string) *purse {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.purses[scope] == nil {
		m.purses[scope] = &purse{turn: make(chan struct{}, 1)}
	}
	return m.purses[scope]
}

// stopped is why no token will ever be made again, nil while all is well.
func (m *mint) stopped() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.stoppedBy
}

// token is a token that is good for at least a minute.
func (m *mint) token(ctx context.Context, scope string) (string, error) {
	if err := m.stopped(); err != nil {
		return "", err
	}
	p := m.purse(scope)
	select {
	case p.turn <- struct{}{}:
		defer func() { <-p.turn }()
	case <-ctx.Done():
		return "", ctx.Err()
	}
	now := m.now()
	switch err := m.stopped(); {
	case err != nil: // somebody before us in the queue met the end
		return "", err
	case p.token != "" && now.Before(p.ends):
		return p.token, nil
	case p.failed != nil && (p.refused || now.Before(p.again)):
		return "", p.failed
	}
	token, life, err := m.ask(ctx, scope)
	for try, began := 0, now; try < len(tokenWaits) && isDown(err) && m.now().Sub(began) < longestWait; try++ {
		if m.sleep(ctx, tokenWaits[try]) != nil {
			break
		}
		now = m.now()
		token, life, err = m.ask(ctx, scope)
	}
	if err != nil {
		if ctx.Err() != nil { // the person went away; that says nothing about Amazon
			return "", err
		}
		p.token, p.failed, p.fails = "", err, p.fails+1
		p.refused = errors.Is(err, ErrDenied)
		wait := min(2*time.Second<<min(p.fails-1, 8), 5*time.Minute)
		var f *Fault
		if errors.As(err, &f) && f.Wait > wait {
			wait = min(f.Wait, 15*time.Minute)
		}
		p.again = m.now().Add(wait + time.Duration(m.jitter()*float64(wait)/2))
		return "", err
	}
	p.token, p.failed, p.fails, p.refused = token, nil, 0, false
	p.ends = now.Add(max(life-early, life/2))
	return token, nil
}

// tokenWaits are the pauses before a token is asked for again that Login with Amazon did not answer for: without one nothing can be asked,
// and every number would wait for its turn anew.
var tokenWaits = []time.Duration{2 * time.Second, 4 * time.Second, 8 * time.Second}

func isDown(err error) bool {
	var f *Fault
	return errors.As(err, &f) && f.Kind == ErrDown && f.Wait == 0
}

// forget drops a token that Amazon does not accept, so that the next one is new. Another one stays.
func (m *mint) forget(scope, token string) {
	p := m.purse(scope)
	p.turn <- struct{}{}
	defer func() { <-p.turn }()
	if p.token == token {
		p.token = ""
	}
}

// ask makes one token.
func (m *mint) ask(ctx context.Context, scope string) (token string, life time.Duration, err error) {
	form := url.Values{"client_id": {m.account.ClientID}, "client_secret": {m.account.ClientSecret}}
	if scope == scopeSeller {
		form.Set("grant_type", "refresh_token")
		form.Set("refresh_token", m.account.RefreshToken)
	} else {
		form.Set("grant_type", "client_credentials")
		form.Set("scope", scope)
	}
	ctx, cancel := context.WithTimeout(ctx, m.timeout)
	defer cancel()
	fault := &Fault{Account: m.account.Name, Operation: "token", Kind: ErrDown}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, m.url, strings.NewReader(form.Encode()))
	if err != nil {
		return "", 0, fmt.Errorf("spapi: the address of Login with Amazon: %w", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded;charset=UTF-8")
	req.Header.Set("User-Agent", m.agent)
	res, err := m.client.Do(req)
	if err != nil {
		fault.Cause = plainNetwork(err)
		return "", 0, fault
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		fault.Cause = plainNetwork(err)
		return "", 0, fault
	}
	var answer struct {
		Token   string `json:"access_token"`
		Expires int64  `json:"expires_in"`
		Error   string `json:"error"`
		Text    string `json:"error_description"`
		Request string `json:"request_id"`
	}
	parsed := json.Unmarshal(body, &answer)
	fault.HTTP, fault.Code, fault.Message, fault.RequestID = res.StatusCode, answer.Error, short(answer.Text), answer.Request
	fault.Wait = retryAfter(res.Header, m.now())
	switch {
	case res.StatusCode == http.StatusOK && parsed == nil && answer.Token != "":
		if answer.Expires <= 0 {
			answer.Expires = 60
		}
		return answer.Token, time.Duration(min(answer.Expires, 86400)) * time.Second, nil
	case answer.Error == "invalid_grant", answer.Error == "invalid_client", answer.Error == "unauthorized_client":
		fault.Kind = ErrStopped
		m.stop(fault)
	case answer.Error == "invalid_scope":
		fault.Kind = ErrDenied
	case res.StatusCode == http.StatusTooManyRequests:
		fault.Kind = ErrBusy
	case res.StatusCode < 500:
		fault.Kind = ErrGarbled
	}
	return "", 0, fault
}

// stop ends the account: whatever is asked from now on, no request leaves.
func (m *mint) stop(f *Fault) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.stoppedBy == nil {
		m.stoppedBy = f
		m.log.Error("an Amazon account is stopped: "+mend(f), "account", f.Account, "code", f.Code)
	}
}

// mend says to an operator what to do about an account that is stopped.
func mend(f *Fault) string {
	switch f.Code {
	case "invalid_client":
		return "the client id or the client secret is wrong or has been replaced; copy both from the developer console and start again"
	case "unauthorized_client":
		return "the app may not use this refresh token; authorise this app in Seller Central and start again with the new refresh token"
	}
	return "the refresh token was revoked or has ended; authorise the app again in Seller Central and start again with the new refresh token"
}

// plainNetwork leaves out the address of a request: a query may say more than a log should keep.
func plainNetwork(err error) error {
	if u, ok := errors.AsType[*url.Error](err); ok {
		return u.Err
	}
	return err
}
