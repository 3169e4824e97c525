// Package track17test is a 17TRACK that stands in for the real one: it answers as the documents of July 2026 say, keeps a state
// for each number, and breaks as it is told to.
package track17test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"testing"
	"time"
)

// Key is the key that the server takes.
const Key = "0123456789ABCDEF0123456789ABCDEF"

// Server is the stand-in. Its URL is the base of the API.
type Server struct {
	URL string

	mu      sync.Mutex
	numbers map[string]*number
	refuse  map[string]int // numbers that are refused when they are registered, and with which code
	faults  map[string][]Fault
	calls   []Call
	remain  int
	paced   bool
	recent  []time.Time
}

type number struct {
	carrier int
	stopped bool
	again   bool // was retracked
	info    json.RawMessage
}

// A Call is what was asked.
type Call struct {
	Operation string
	Numbers   []string
	Carriers  []int
}

// A Fault is how one call goes wrong.
type Fault struct {
	Status     int             // an HTTP status instead of an answer
	RetryAfter string          // with it
	Code       int             // a code for the whole call, with Status or 200
	InData     bool            // the code stands in data.errors, and the answer's own is 0
	Body       string          // this body instead of an answer
	Cut        int             // the answer breaks off after so many bytes
	Hang       <-chan struct{} // nothing comes before it is closed
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{numbers: map[string]*number{}, refuse: map[string]int{}, faults: map[string][]Fault{}, remain: 1000}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.URL = h.URL + "/track/v2.4"
	return s
}

// Pace makes the server refuse more than three calls a second.
func (s *Server) Pace() { s.set(func() { s.paced = true }) }

// Remain is how many registrations are left.
func (s *Server) Remain(n int) { s.set(func() { s.remain = n }) }

// Refuse makes the registration of a number fail with a code.
func (s *Server) Refuse(number string, code int) { s.set(func() { s.refuse[number] = code }) }

// Has registers a number as if somebody else had.
func (s *Server) Has(n string, carrier int) {
	s.set(func() { s.numbers[n] = &number{carrier: carrier} })
}

// Knows sets what is known about a number: the track_info, as JSON. It registers the number.
func (s *Server) Knows(n, trackInfo string) {
	s.set(func() {
		if s.numbers[n] == nil {
			s.numbers[n] = &number{}
		}
		s.numbers[n].info = json.RawMessage(trackInfo)
	})
}

// GiveUp stops a number, as 17TRACK does by itself after a while.
func (s *Server) GiveUp(n string) { s.set(func() { s.numbers[n].stopped = true }) }

// Stopped reports whether a number is stopped.
func (s *Server) Stopped(n string) (stopped bool) {
	s.set(func() { stopped = s.numbers[n] != nil && s.numbers[n].stopped })
	return stopped
}

// Fail makes the next calls of an operation go wrong, one fault each.
func (s *Server) Fail(operation string, faults ...Fault) {
	s.set(func() { s.faults[operation] = append(s.faults[operation], faults...) })
}

// Calls are what was asked so far, of one operation, or of all when it is empty.
func (s *Server) Calls(operation string) (list []Call) {
	s.set(func() {
		for _, c := range s.calls {
			if operation == "" || c.Operation == operation {
				list = append(list, c)
			}
		}
	})
	return list
}

func (s *Server) set(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Push posts what is known about a number to a webhook, signed, and returns the answer's status.
func (s *Server) Push(t testing.TB, url, number string) int {
	t.Helper()
	return Post(t, url, s.Pushed(number), Sign)
}

// Pushed is the body of a push about a number.
func (s *Server) Pushed(number string) (body []byte) {
	s.set(func() {
		body, _ = json.Marshal(map[string]any{"event": "TRACKING_UPDATED", "data": s.tracked(number)})
	})
	return body
}

// Sign is what stands in the header of a push.
func Sign(body []byte) string {
	sum := sha256.Sum256(append(bytes.Clone(body), "/"+Key...))
	return hex.EncodeToString(sum[:])
}

// Post posts a body to a webhook; without sign it is not signed.
func Post(t testing.TB, url string, body []byte, sign func([]byte) string) int {
	t.Helper()
	r, err := http.NewRequest(http.MethodPost, url, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	if sign != nil {
		r.Header.Set("sign", sign(body))
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	_, _ = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode
}

type item struct {
	Number  string `json:"number"`
	Carrier int    `json:"carrier"`
}

// ServeHTTP answers a call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	operation := r.URL.Path[len("/track/v2.4/"):]
	s.mu.Lock()
	var fault Fault
	broken := len(s.faults[operation]) > 0
	if broken {
		fault, s.faults[operation] = s.faults[operation][0], s.faults[operation][1:]
	}
	s.mu.Unlock()
	if fault.Hang != nil {
		select {
		case <-fault.Hang:
		case <-r.Context().Done():
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status, out := s.answer(r, operation, body)
	switch {
	case !broken:
	case fault.InData:
		out = map[string]any{"code": 0, "data": map[string]any{"errors": []any{map[string]any{"code": fault.Code, "message": "as told"}}}}
	case fault.Code != 0:
		out = map[string]any{"code": fault.Code, "data": map[string]any{}}
	}
	text, _ := json.Marshal(out)
	if fault.Body != "" || fault.Status != 0 && fault.Code == 0 {
		text = []byte(fault.Body)
	}
	if fault.Status != 0 {
		status = fault.Status
	}
	if fault.RetryAfter != "" {
		w.Header().Set("Retry-After", fault.RetryAfter)
	}
	if fault.Cut > 0 {
		w.Header().Set("Content-Length", fmt.Sprint(len(text)))
		text = text[:min(fault.Cut, len(text))]
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func (s *Server) answer(r *http.Request, operation string, body []byte) (int, any) {
	code := func(c int) any { return map[string]any{"code": c, "data": map[string]any{}} }
	now := time.Now()
	s.recent = append(s.recent, now)
	for len(s.recent) > 0 && now.Sub(s.recent[0]) > time.Second {
		s.recent = s.recent[1:]
	}
	switch {
	case s.paced && len(s.recent) > 4: // one more than allowed: clocks differ
		return http.StatusTooManyRequests, code(0)
	case r.Method != http.MethodPost:
		return http.StatusMethodNotAllowed, code(0)
	case r.Header.Get("17token") != Key:
		return http.StatusUnauthorized, code(-18010002)
	case operation == "getquota":
		return 200, map[string]any{"code": 0, "data": map[string]any{"quota_total": 1000, "quota_used": 1000 - s.remain, "quota_remain": s.remain, "today_used": 0, "max_track_daily": 500}}
	}
	var items []item
	if json.Unmarshal(body, &items) != nil {
		return 200, code(-18010013)
	}
	if len(items) > 40 {
		return 200, code(-18010014)
	}
	call := Call{Operation: operation}
	accepted, rejected := []any{}, []any{}
	for _, i := range items {
		call.Numbers, call.Carriers = append(call.Numbers, i.Number), append(call.Carriers, i.Carrier)
		switch c, out := s.one(operation, i); {
		case c == 0:
			accepted = append(accepted, out)
		default:
			// the carrier of what is refused is a number or a text, as in the real answers
			rejected = append(rejected, map[string]any{"number": i.Number, "carrier": fmt.Sprint(i.Carrier), "error": map[string]any{"code": c, "message": "as told"}})
		}
	}
	s.calls = append(s.calls, call)
	return 200, map[string]any{"code": 0, "data": map[string]any{"accepted": accepted, "rejected": rejected}}
}

// one is what an operation comes to for a number: a code, or what stands among the accepted.
func (s *Server) one(operation string, i item) (int, any) {
	n := s.numbers[i.Number]
	out := map[string]any{"origin": 2, "number": i.Number, "carrier": i.Carrier, "email": nil, "tag": nil}
	switch operation {
	case "register":
		switch {
		case n != nil:
			return -18019901, nil
		case s.refuse[i.Number] != 0:
			return s.refuse[i.Number], nil
		case s.remain <= 0:
			return -18019908, nil
		}
		s.remain--
		s.numbers[i.Number] = &number{carrier: i.Carrier}
		return 0, out
	case "gettrackinfo":
		switch {
		case n == nil:
			return -18019902, nil
		case n.info == nil:
			return -18019909, nil
		}
		return 0, s.tracked(i.Number)
	case "stoptrack":
		switch {
		case n == nil:
			return -18019902, nil
		case n.stopped:
			return -18019906, nil
		}
		n.stopped = true
		return 0, out
	case "retrack":
		switch {
		case n == nil:
			return -18019902, nil
		case !n.stopped:
			return -18019904, nil
		case n.again:
			return -18019905, nil
		}
		n.stopped, n.again = false, true
		return 0, out
	}
	return -18010013, nil
}

func (s *Server) tracked(n string) any {
	k := s.numbers[n]
	if k == nil {
		k = &number{}
	}
	return map[string]any{"number": n, "carrier": k.carrier, "tag": nil, "param": nil, "track_info": k.info}
}
