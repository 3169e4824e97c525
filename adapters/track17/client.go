package track17

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"time"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// statusTable says what a sub-status means, and a main status for sub-statuses that come to be.
//
//go:embed statuses.csv
var statusTable string

// errorTable says of each of the fifty codes whose it is (the account's, the request's, the number's) and what to do.
//
//go:embed errors.csv
var errorTable string

// carrierTable says what 17TRACK calls carriers whose numbers we recognise. Only carriers whose code is documented are in it;
// for others 17TRACK finds out.
//
//go:embed carriers.csv
var carrierTable string

// action is what to do about an error.
type action string

const (
	fine      action = "fine"
	wait      action = "wait"     // nothing is known yet
	register_ action = "register" // it is not registered
	tell      action = "tell"     // a person must do something about the number
	drop      action = "drop"     // the number, or what we asked, will never do
	retry     action = "retry"
	stop      action = "stop"     // the account is of no use until an operator acts
	quota     action = "quota"    // nothing more can be registered until an operator buys some
	tomorrow  action = "tomorrow" // nothing more can be registered today
)

const (
	codeRegistered = -18019901
	codeQuota      = -18019908
)

// fault is a row of errorTable.
type fault struct {
	code    int
	plane   string
	action  action
	sub     string // what the person is told
	meaning string
}

func (f *fault) Error() string { return fmt.Sprintf("17TRACK: %d, %s", f.code, f.meaning) }

// spends reports that nothing can be registered.
func (f *fault) spends() bool { return f.action == quota || f.action == tomorrow }

var faults = sync.OnceValue(func() map[int]fault {
	rows, err := csv.NewReader(strings.NewReader(errorTable)).ReadAll()
	if err != nil {
		panic("track17: errors.csv: " + err.Error())
	}
	m := map[int]fault{}
	for _, row := range rows[1:] {
		code, err := strconv.Atoi(row[0])
		if err != nil {
			panic("track17: errors.csv: " + err.Error())
		}
		m[code] = fault{code, row[1], action(row[2]), row[3], row[4]}
	}
	return m
})

// faultOf is what a code means; one that is not in the table is tried again.
func faultOf(code int) fault {
	if f, ok := faults()[code]; ok {
		return f
	}
	return fault{code: code, plane: "request", action: retry, meaning: "a code that is not documented"}
}

var carriers = sync.OnceValue(func() map[string]int {
	rows, err := csv.NewReader(strings.NewReader(carrierTable)).ReadAll()
	if err != nil {
		panic("track17: carriers.csv: " + err.Error())
	}
	m := map[string]int{}
	for _, row := range rows[1:] {
		code, err := strconv.Atoi(row[1])
		if err != nil {
			panic("track17: carriers.csv: " + err.Error())
		}
		m[row[0]] = code
	}
	return m
})

// item is a number as 17TRACK is asked about it.
type item struct {
	Number  string `json:"number"`
	Carrier int    `json:"carrier,omitempty"`
}

// items are numbers to ask about. Only a registration names a carrier that we recognised: over there a number and its
// carrier are the name of a registration, and asking with another one finds nothing.
func items(numbers []shipment.Number, guess bool) []item {
	list := make([]item, 0, len(numbers))
	for _, n := range numbers {
		i := item{Number: n.Number}
		i.Carrier, _ = strconv.Atoi(n.Carrier)
		if i.Carrier == 0 && guess {
			if c := shipment.Recognise(n.Number); len(c) == 1 && !c[0].Confirm() {
				i.Carrier = carriers()[carrierKey(c[0])]
			}
		}
		list = append(list, i)
	}
	return list
}

// carrierKey is how carriers.csv names a carrier: a post by its country.
func carrierKey(c shipment.Candidate) string {
	if c.Carrier == "s10" {
		return "s10:" + c.Country
	}
	return c.Carrier
}

// envelope is what every answer has.
type envelope struct {
	Code int `json:"code"`
	Data struct {
		Errors []problem `json:"errors"` // of the whole call, although its code may be 0
	} `json:"data"`
}

type answer struct {
	Data struct {
		Accepted []tracked  `json:"accepted"`
		Rejected []rejected `json:"rejected"`
	} `json:"data"`
}

type rejected struct {
	Number string  `json:"number"`
	Error  problem `json:"error"`
}

type problem struct {
	Code    int    `json:"code"`
	Message string `json:"message"`
}

// mostAnswered is how much of an answer is read: forty long histories are a tenth of it.
const mostAnswered = 16 << 20

// call asks 17TRACK. The error says what is to be done (see watch.Puller), and is never one of a single number.
func (s *Source) call(ctx context.Context, operation string, what, into any) error {
	if err := s.pace.Wait(ctx); err != nil {
		return err
	}
	body, err := json.Marshal(what)
	if err != nil {
		return fmt.Errorf("17TRACK %s: %w", operation, err)
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, strings.TrimSuffix(s.Base, "/")+"/"+operation, bytes.NewReader(body))
	if err != nil {
		return fmt.Errorf("17TRACK %s: %w", operation, err)
	}
	r.Header.Set("17token", s.Key)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Accept", "application/json")
	resp, err := s.Client.Do(r)
	if err != nil {
		return fmt.Errorf("17TRACK %s: %w", operation, err)
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(io.LimitReader(resp.Body, mostAnswered+1))
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		return watch.Later(retryAfter(resp.Header, s.Now()), fmt.Errorf("17TRACK %s: too many requests", operation))
	case err != nil:
		return fmt.Errorf("17TRACK %s: the answer broke off: %w", operation, err)
	case len(data) > mostAnswered:
		return fmt.Errorf("17TRACK %s: an answer of more than %d bytes", operation, mostAnswered)
	}
	data = watch.UTF8(data)
	var e envelope
	unreadable := json.Unmarshal(data, &e)
	if unreadable == nil { // an answer that refuses may come with any status
		if err := e.refusal(); err != nil {
			return fmt.Errorf("17TRACK %s: %w", operation, err)
		}
	}
	switch {
	case resp.StatusCode == http.StatusUnauthorized, resp.StatusCode == http.StatusForbidden:
		return watch.Stop("17TRACK does not take the key: check XIAOBAO_17TRACK_KEY and the list of addresses in its dashboard", fmt.Errorf("17TRACK %s: %s", operation, resp.Status))
	case resp.StatusCode != http.StatusOK:
		return fmt.Errorf("17TRACK %s: %s", operation, resp.Status)
	case unreadable != nil:
		return fmt.Errorf("17TRACK %s: an answer that cannot be read: %w", operation, unreadable)
	}
	if err := json.Unmarshal(data, into); err != nil {
		return fmt.Errorf("17TRACK %s: an answer that cannot be read: %w", operation, err)
	}
	return nil
}

// refusal is the error of a whole call.
func (e envelope) refusal() error {
	code := e.Code
	if code == 0 && len(e.Data.Errors) > 0 {
		code = e.Data.Errors[0].Code
	}
	if code == 0 {
		return nil
	}
	f := faultOf(code)
	if f.action == stop {
		return watch.Stop(fmt.Sprintf("17TRACK refuses the account (%d, %s): see its dashboard", f.code, f.meaning), &f)
	}
	return &f
}

// retryAfter is what the header says, in seconds or as a date; a second when it says nothing.
func retryAfter(h http.Header, now time.Time) time.Duration {
	v := h.Get("Retry-After")
	if n, err := strconv.Atoi(v); err == nil && n > 0 {
		return min(time.Duration(n)*time.Second, time.Hour)
	}
	if t, err := http.ParseTime(v); err == nil && t.After(now) {
		return min(t.Sub(now), time.Hour)
	}
	return time.Second
}
