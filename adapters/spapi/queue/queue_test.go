//go:build sqs

package queue

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// TestSign is the example "get-vanilla" of the test suite that AWS publishes for Signature Version 4.
func TestSign(t *testing.T) {
	r, err := http.NewRequest(http.MethodGet, "https://example.amazonaws.com/", nil)
	if err != nil {
		t.Fatal(err)
	}
	c := Credentials{Key: "AKIDEXAMPLE", Secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY"}
	c.sign(r, nil, "us-east-1", "service", time.Date(2015, 8, 30, 12, 36, 0, 0, time.UTC))
	want := "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=host;x-amz-date, Signature=5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"
	if got := r.Header.Get("Authorization"); got != want {
		t.Errorf("signed\n%s\nwant\n%s", got, want)
	}
}

// A standIn is an SQS queue: what was received and not deleted is there again when its visibility ended, which a test says.
type standIn struct {
	t       *testing.T
	front   *httptest.Server
	mu      sync.Mutex
	there   []string // bodies that can be received
	away    map[string]string
	n       int
	faults  []int // statuses of the next answers
	deleted []string
	empty   int
	twice   bool // everything is delivered twice
	changed chan struct{}
}

var secret = Credentials{Key: "AKIDEXAMPLE", Secret: "a secret", Session: "a session"}

func newStandIn(t *testing.T) *standIn {
	s := &standIn{t: t, away: map[string]string{}, changed: make(chan struct{}, 1000)}
	s.front = httptest.NewServer(s)
	t.Cleanup(s.front.Close)
	return s
}

func (s *standIn) url() string { return s.front.URL + "/123456789012/xiaobao" }

func (s *standIn) put(bodies ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.there = append(s.there, bodies...)
}

// expire ends the visibility of all that was received.
func (s *standIn) expire() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, body := range s.away {
		s.there = append(s.there, body)
	}
	clear(s.away)
}

func (s *standIn) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	defer s.mu.Unlock()
	defer func() { s.changed <- struct{}{} }()
	body, _ := io.ReadAll(r.Body)
	again, _ := http.NewRequest(r.Method, "http://"+r.Host+"/", nil)
	for _, name := range []string{"Content-Type", "X-Amz-Target", "X-Amz-Security-Token"} {
		again.Header.Set(name, r.Header.Get(name))
	}
	at, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
	secret.sign(again, body, "us-east-1", "sqs", at)
	refuse := func(status int, kind string) {
		w.WriteHeader(status)
		fmt.Fprintf(w, `{"__type":"com.amazonaws.sqs#%s","message":"said the stand-in"}`, kind)
	}
	var in struct {
		QueueURL          string `json:"QueueUrl"`
		ReceiptHandle     string
		WaitTimeSeconds   int
		VisibilityTimeout int
	}
	switch {
	case err != nil || again.Header.Get("Authorization") != r.Header.Get("Authorization"):
		refuse(403, "InvalidSignatureException")
		return
	case len(s.faults) > 0:
		status := s.faults[0]
		s.faults = s.faults[1:]
		refuse(status, "ThrottlingException")
		return
	case json.Unmarshal(body, &in) != nil || in.QueueURL != s.url():
		refuse(400, "QueueDoesNotExist")
		return
	}
	switch r.Header.Get("X-Amz-Target") {
	case "AmazonSQS.ReceiveMessage":
		if in.WaitTimeSeconds != 20 || in.VisibilityTimeout != 120 {
			s.t.Errorf("asked to wait for %d s, visible again after %d", in.WaitTimeSeconds, in.VisibilityTimeout)
		}
		if len(s.there) == 0 {
			s.empty++
		}
		list := []message{}
		for _, b := range s.there {
			s.n++
			receipt := fmt.Sprint("receipt", s.n)
			s.away[receipt] = b
			list = append(list, message{fmt.Sprint("id", s.n), receipt, b})
		}
		s.there = nil
		if s.twice {
			list = append(list, list...)
		}
		json.NewEncoder(w).Encode(map[string]any{"Messages": list})
	case "AmazonSQS.DeleteMessage":
		if body, ok := s.away[in.ReceiptHandle]; ok {
			s.deleted = append(s.deleted, body)
			delete(s.away, in.ReceiptHandle)
		}
		fmt.Fprint(w, "{}")
	default:
		refuse(400, "InvalidAction")
	}
}

// until lets the queue be read until it is found empty so many times.
func (s *standIn) until(q *Queue, empty int, take func(context.Context, []byte) error) {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- q.Run(ctx, take) }()
	for {
		s.mu.Lock()
		enough := s.empty >= empty
		s.mu.Unlock()
		if enough {
			break
		}
		select {
		case <-s.changed:
		case <-ctx.Done():
			s.t.Fatal("the queue was not read to its end")
		}
	}
	cancel()
	if err := <-done; err != nil {
		s.t.Error(err)
	}
}

func (s *standIn) queue(pauses *[]time.Duration) *Queue {
	s.t.Helper()
	q, err := New(Config{URL: s.url(), Region: "us-east-1", Credentials: secret, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		s.t.Fatal(err)
	}
	q.rest = func(_ context.Context, d time.Duration) error {
		*pauses = append(*pauses, d)
		return nil
	}
	return q
}

// TestRun: what was kept is deleted, what was not comes again, and one that nobody can take holds up no other.
func TestRun(t *testing.T) {
	s := newStandIn(t)
	s.put("one", "poison", "busy", "two")
	var pauses []time.Duration
	var got []string
	busy := true
	take := func(_ context.Context, body []byte) error {
		switch text := string(body); {
		case text == "poison":
			return errors.New("nobody can read it")
		case text == "busy" && busy:
			return errors.New("the database is locked")
		default:
			got = append(got, text)
			return nil
		}
	}
	q := s.queue(&pauses)
	s.until(q, 1, take)
	if !slices.Equal(got, []string{"one", "two"}) || !slices.Equal(s.deleted, []string{"one", "two"}) {
		t.Errorf("took %q, deleted %q", got, s.deleted)
	}
	busy = false
	s.expire()
	s.until(q, 3, take)
	if !slices.Contains(s.deleted, "busy") || slices.Contains(s.deleted, "poison") || len(s.away) != 1 {
		t.Errorf("deleted %q, and %d are away", s.deleted, len(s.away))
	}
	if slices.ContainsFunc(pauses, func(d time.Duration) bool { return d != time.Second }) {
		t.Errorf("rested %v although SQS answered", pauses)
	}
}

// TestFaults: while SQS refuses it is asked more and more seldom, and nothing is lost.
func TestFaults(t *testing.T) {
	s := newStandIn(t)
	s.put("one")
	s.twice = true
	s.faults = []int{503, 429, 500, 403, 500, 500, 500, 500, 500}
	var pauses []time.Duration
	taken := 0
	s.until(s.queue(&pauses), 1, func(context.Context, []byte) error { taken++; return nil })
	if taken != 2 || len(s.away) != 0 {
		t.Errorf("taken %d times, %d are left", taken, len(s.away))
	}
	if len(pauses) < 9 {
		t.Fatalf("rested %d times", len(pauses))
	}
	for i, p := range pauses[:9] {
		if least := min(longest, time.Second<<min(i, 6)); p < least || p > least*5/4 {
			t.Errorf("after failure %d it rested for %v", i+1, p)
		}
	}
}

func TestNew(t *testing.T) {
	for want, c := range map[string]Config{
		"no address of a standard queue": {URL: "https://sqs.us-east-1.amazonaws.com/1/x.fifo"},
		"AWS_REGION":                     {URL: "https://queue.example/1/x"},
		"AWS_ACCESS_KEY_ID":              {URL: "https://sqs.us-east-1.amazonaws.com/1/x"},
	} {
		if _, err := New(c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%+v: %v", c, err)
		}
	}
	q, err := New(Config{URL: "https://sqs.eu-west-1.amazonaws.com/1/x", Credentials: secret})
	if err != nil || q.Region != "eu-west-1" {
		t.Errorf("%+v, %v", q, err)
	}
}
