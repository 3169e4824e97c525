package spapi

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"xiaobao/shipment/watch"
)

// mostBytes is more than any answer of the operations used; mostTries is how often a request is made that fails in passing.
const (
	mostBytes = 8 << 20
	mostTries = 4
)

// deniedFor is how long an operation is left alone that the account may not use: roles are granted in days.
const deniedFor = time.Hour

// caller makes an account's requests.
type caller struct {
	*mint
	paces map[string]*pace

	lock   sync.Mutex
	denied map[string]denial
}

type denial struct {
	fault *Fault
	until time.Time
}

func newCaller(a Account, c Config) *caller {
	k := &caller{
		mint: &mint{
			account: a, url: c.LWA, agent: c.UserAgent, client: c.Client, timeout: c.Timeout, now: c.Now, sleep: c.Sleep, jitter: c.Jitter, log: c.Log,
			purses: map[string]*purse{},
		},
		paces: map[string]*pace{}, denied: map[string]denial{},
	}
	for operation, l := range limits {
		k.paces[operation] = newPace(l, c.Now, c.Sleep)
	}
	return k
}

// A request is one to be made.
type request struct {
	operation string
	method    string // empty: GET
	path      string // every variable part of it escaped
	query     url.Values
	header    map[string]string
	scope     string
	body      any    // sent as JSON
	once      bool   // must not be made again when it is not known whether it arrived
	apart     bool   // a refusal is about this one thing, not about the operation
	market    string // a refusal is about this marketplace, not about all of the operation
}

// hurriedKey marks the context of a request that a person waits for.
type hurriedKey struct{}

func hurry(ctx context.Context) context.Context { return context.WithValue(ctx, hurriedKey{}, true) }

func hurried(ctx context.Context) bool { return ctx.Value(hurriedKey{}) != nil }

// do makes a request, waits for its turn, and reads the answer into the value. What fails in passing is tried again, a little later
// each time. Every error is a *Fault, or the context's.
func (k *caller) do(ctx context.Context, r request, into any) error {
	for try := 1; ; try++ {
		err := k.once(ctx, r, into)
		var f *Fault
		if err == nil || ctx.Err() != nil || !errors.As(err, &f) {
			return err
		}
		if !f.passing() || f.Operation == "token" || try >= mostTries || r.once && f.Kind != ErrBusy {
			return err
		}
		wait := k.paces[r.operation].gap() << (try - 1)
		wait = min(max(wait, 500*time.Millisecond<<(try-1)), 30*time.Second)
		if f.Wait > 0 {
			wait = f.Wait
		}
		if wait > longestWait {
			return err // whoever asked is told how long: see watch.Later
		}
		wait += time.Duration(k.jitter() * float64(wait) / 2)
		if f.Kind == ErrBusy {
			k.paces[r.operation].hush(wait)
		}
		if err := k.sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// longestWait is how long a request waits for another try inside a call.
const longestWait = 20 * time.Second

// once makes a request, with a second one when the token was not accepted.
func (k *caller) once(ctx context.Context, r request, into any) error {
	for fresh := false; ; fresh = true {
		if f := k.isDenied(r); f != nil {
			return f
		}
		token, err := k.token(ctx, r.scope)
		if err != nil {
			return err
		}
		if err := k.paces[r.operation].take(ctx, hurried(ctx)); err != nil {
			return err
		}
		err = k.send(ctx, r, token, into)
		var f *Fault
		if !errors.As(err, &f) || f.Kind != ErrDenied && !f.elsewhere {
			return err
		}
		if f.elsewhere {
			k.deny(r, f)
			return f
		}
		if !fresh && (!r.apart || f.stale) {
			k.forget(r.scope, token)
			continue
		}
		if !r.apart {
			k.deny(r, f)
		}
		return f
	}
}

func (k *caller) send(ctx context.Context, r request, token string, into any) error {
	ctx, cancel := context.WithTimeout(ctx, k.timeout)
	defer cancel()
	fault := &Fault{Account: k.account.Name, Operation: r.operation, Kind: ErrDown}
	method := r.method
	if method == "" {
		method = http.MethodGet
	}
	address := k.account.API + r.path
	if len(r.query) > 0 {
		address += "?" + r.query.Encode()
	}
	var content io.Reader
	if r.body != nil {
		text, err := json.Marshal(r.body)
		if err != nil {
			return fmt.Errorf("spapi: write the body of %s: %w", r.operation, err)
		}
		content = bytes.NewReader(text)
	}
	req, err := http.NewRequestWithContext(ctx, method, address, content)
	if err != nil {
		fault.Kind, fault.Cause = ErrInvalid, plainNetwork(err)
		return fault
	}
	req.Header.Set("x-amz-access-token", token)
	req.Header.Set("User-Agent", k.agent)
	req.Header.Set("Accept", "application/json")
	if content != nil {
		req.Header.Set("Content-Type", "application/json")
	}
	for name, value := range r.header {
		req.Header.Set(name, value)
	}
	res, err := k.client.Do(req)
	if err != nil {
		fault.Cause = plainNetwork(err)
		return fault
	}
	defer res.Body.Close()
	k.paces[r.operation].heard(res.Header.Get("x-amzn-RateLimit-Limit"))
	fault.RequestID = short(res.Header.Get("x-amzn-RequestId"))
	body, err := io.ReadAll(io.LimitReader(res.Body, mostBytes+1))
	if kind := kindOfStatus(res.StatusCode); kind != nil {
		fault.HTTP, fault.Kind, fault.Wait = res.StatusCode, kind, retryAfter(res.Header, k.now())
		fault.Code, fault.Message, fault.stale, fault.elsewhere = readErrors(body)
		if fault.elsewhere {
			fault.Kind = ErrInvalid // the account is good, and not for there
		}
		return fault
	}
	switch {
	case err != nil:
		fault.Cause = plainNetwork(err)
		return fault
	case len(body) > mostBytes:
		fault.Kind = ErrTooLarge
		return fault
	case into == nil, res.StatusCode == http.StatusNoContent, len(body) == 0:
		return nil
	}
	if empty, code, message := onlyErrors(body); empty { // v0 says 200 now and then
		fault.HTTP, fault.Code, fault.Message = res.StatusCode, code, message
		return fault
	}
	if err := json.Unmarshal(watch.UTF8(body), into); err != nil {
		fault.Kind, fault.Cause = ErrGarbled, errors.New("it is not the JSON that was expected")
		if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
			fault.Cause = fmt.Errorf("%s is a %s", short(e.Field), e.Value)
		}
		return fault
	}
	return nil
}

func (k *caller) isDenied(r request) *Fault {
	k.lock.Lock()
	defer k.lock.Unlock()
	for _, key := range []string{r.operation, r.operation + r.market} {
		if d, ok := k.denied[key]; ok && k.now().Before(d.until) {
			return d.fault
		}
	}
	return nil
}

func (k *caller) deny(r request, f *Fault) {
	k.lock.Lock()
	defer k.lock.Unlock()
	d := denial{f, k.now().Add(deniedFor)}
	if f.elsewhere {
		k.denied[r.operation+r.market] = d
		k.log.Warn("Amazon does not take a marketplace of this account; it is left alone for an hour. Name only those it sells in", "account", f.Account,
			"marketplace", countryOf(r.market), "request", f.RequestID)
		return
	}
	k.denied[r.operation] = d
	k.log.Warn("Amazon does not allow an operation; it is left alone for an hour", "account", f.Account, "operation", f.Operation,
		"role", limits[f.Operation].role, "request", f.RequestID, slog.Int("status", f.HTTP))
}

// readErrors is the first of the errors in a body, and whether it is about the token or about the marketplace.
func readErrors(body []byte) (code, message string, stale, elsewhere bool) {
	var list struct {
		Errors []struct{ Code, Message, Details string }
	}
	if json.Unmarshal(watch.UTF8(body), &list) != nil || len(list.Errors) == 0 {
		return "", "", false, false
	}
	e := list.Errors[0]
	about := strings.ToLower(e.Message + " " + e.Details)
	return short(e.Code), short(e.Message), strings.Contains(about, "access token") || e.Code == "INVALID_AUTHENTICATION_TOKEN",
		strings.Contains(about, "marketplace")
}

// onlyErrors reports an answer that has errors and nothing else, though its status says success. One with both is read as it is.
func onlyErrors(body []byte) (empty bool, code, message string) {
	if !bytes.Contains(body, []byte(`"errors"`)) {
		return false, "", ""
	}
	var parts map[string]json.RawMessage
	if json.Unmarshal(watch.UTF8(body), &parts) != nil || len(parts) != 1 {
		return false, "", ""
	}
	code, message, _, _ = readErrors(body)
	return code != "", code, message
}

// retryAfter is how long an answer asks to wait. Amazon's documents name no such header; what stands in between may send it.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := strings.TrimSpace(h.Get("Retry-After"))
	if n, err := strconv.Atoi(v); err == nil && n >= 0 {
		return min(time.Duration(min(n, 86400))*time.Second, 24*time.Hour)
	}
	if t, err := http.ParseTime(v); err == nil && t.After(now) {
		return min(t.Sub(now), 24*time.Hour)
	}
	return 0
}

// short is a text from outside as a log may have it.
func short(s string) string { return strings.ToValidUTF8(watch.Plain(s), "") }
