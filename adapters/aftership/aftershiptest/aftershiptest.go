// Package aftershiptest is an AfterShip that stands in for the real one: it answers as the documents of July 2026 say and breaks
// as it is told to.
package aftershiptest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
)

// Key and Secret are what the server takes and signs with.
const (
	Key    = "asat_0123456789abcdef"
	Secret = "webhook secret"
)

// Server is the stand-in. Its URL is the base of the API.
type Server struct {
	URL string

	mu      sync.Mutex
	known   map[string]json.RawMessage
	refuse  map[string]int
	faults  []Fault
	Lists   [][]string // what was asked for
	Creates []string   // what was created, or tried to be
}

// A Fault is how the next call goes wrong.
type Fault struct {
	Status int
	Code   int    // in meta
	Header string // of X-RateLimit-Reset
	Body   string
	Cut    int
	Hang   <-chan struct{} // nothing comes before it is closed
}

// New starts a server that ends with the test.
func New(t testing.TB) *Server {
	s := &Server{known: map[string]json.RawMessage{}, refuse: map[string]int{}}
	h := httptest.NewServer(s)
	t.Cleanup(h.Close)
	s.URL = h.URL + "/tracking/2026-07"
	return s
}

// Knows sets a tracking, as JSON.
func (s *Server) Knows(number, tracking string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[number] = json.RawMessage(tracking)
}

// Refuse makes the creation of a number fail with a code.
func (s *Server) Refuse(number string, code int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refuse[number] = code
}

// Fail makes the next calls go wrong.
func (s *Server) Fail(f ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults = append(s.faults, f...)
}

// Sign is what stands in the header of a webhook.
func Sign(secret string, body []byte) string {
	m := hmac.New(sha256.New, []byte(secret))
	m.Write(body)
	return base64.StdEncoding.EncodeToString(m.Sum(nil))
}

// ServeHTTP answers a call.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	s.mu.Lock()
	var f Fault
	broken := len(s.faults) > 0
	if broken {
		f, s.faults = s.faults[0], s.faults[1:]
	}
	s.mu.Unlock()
	if f.Hang != nil {
		select {
		case <-f.Hang:
		case <-r.Context().Done():
			return
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	status, code, data := s.answer(r, body)
	text, _ := json.Marshal(map[string]any{"meta": map[string]any{"code": code, "message": "as told"}, "data": data})
	if broken {
		if f.Code != 0 {
			text = fmt.Appendf(nil, `{"meta":{"code":%d,"message":"as told"},"data":{}}`, f.Code)
		}
		if f.Body != "" {
			text = []byte(f.Body)
		}
		if f.Header != "" {
			w.Header().Set("X-RateLimit-Reset", f.Header)
		}
		if f.Status != 0 {
			status = f.Status
		}
		if f.Cut > 0 {
			w.Header().Set("Content-Length", fmt.Sprint(len(text)))
			text = text[:f.Cut]
		}
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(text)
}

func (s *Server) answer(r *http.Request, body []byte) (status, code int, data any) {
	switch {
	case r.Header.Get("as-api-key") != Key:
		return 401, 401, nil
	case r.URL.Path != "/tracking/2026-07/trackings":
		return 404, 404, nil
	case r.Method == http.MethodGet:
		list := []json.RawMessage{}
		names := strings.Split(r.URL.Query().Get("tracking_numbers"), ",")
		s.Lists = append(s.Lists, names)
		for _, n := range names {
			if t, ok := s.known[n]; ok {
				list = append(list, t)
			}
		}
		return 200, 200, map[string]any{"page": 1, "limit": 200, "count": len(list), "trackings": list}
	case r.Method == http.MethodPost:
		var t struct {
			Number string `json:"tracking_number"`
			Slug   string `json:"slug"`
		}
		if json.Unmarshal(body, &t) != nil {
			return 400, 4001, nil
		}
		s.Creates = append(s.Creates, t.Number+"/"+t.Slug)
		if c := s.refuse[t.Number]; c != 0 {
			return 400, c, nil
		}
		if _, ok := s.known[t.Number]; ok {
			return 400, 4003, nil
		}
		made, _ := json.Marshal(map[string]any{"id": "x", "tracking_number": t.Number, "tag": "Pending", "subtag": "Pending_001", "created_at": "2026-06-23T10:00:00+00:00", "checkpoints": []any{}})
		s.known[t.Number] = made
		return 201, 201, json.RawMessage(made)
	}
	return 405, 405, nil
}
