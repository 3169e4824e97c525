package slacktest

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// What an app over HTTP has beside its token.
const (
	SigningSecret = "0123456789abcdef0123456789abcdef"
	ClientID      = "111.222"
	ClientSecret  = "client-secret"
	AppID         = "A0APP"
)

// PostTo makes Push post to a base, such as http://127.0.0.1:8080, instead of sending over a connection.
func (s *Server) PostTo(base string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = strings.TrimRight(base, "/")
}

// Clock is what requests are signed with.
func (s *Server) Clock(now func() time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
}

// Sign is the signature of a body at a time.
func Sign(at time.Time, body []byte) (stamp, signature string) {
	stamp = strconv.FormatInt(at.Unix(), 10)
	mac := hmac.New(sha256.New, []byte(SigningSecret))
	fmt.Fprintf(mac, "v0:%s:%s", stamp, body)
	return stamp, "v0=" + hex.EncodeToString(mac.Sum(nil))
}

// Wrap is a payload as Slack posts it: where to, of what type, and the bytes.
func Wrap(kind string, payload any) (path, contentType string, body []byte) {
	data, _ := json.Marshal(payload)
	const form = "application/x-www-form-urlencoded"
	switch kind {
	case "events_api":
		return "/slack/events", "application/json", data
	case "slash_commands":
		values := url.Values{}
		for name, value := range payload.(map[string]any) {
			values.Set(name, fmt.Sprint(value))
		}
		return "/slack/commands", form, []byte(values.Encode())
	}
	path = "/slack/interactive"
	if m, ok := payload.(map[string]any); ok && m["type"] == "block_suggestion" {
		path = "/slack/options"
	}
	return path, form, []byte(url.Values{"payload": {string(data)}}.Encode())
}

// Request is a signed request for a payload.
func (s *Server) Request(kind string, payload any, attempt int) *http.Request {
	path, contentType, body := Wrap(kind, payload)
	s.mu.Lock()
	base, now := s.base, s.now
	s.mu.Unlock()
	r, err := http.NewRequest(http.MethodPost, base+path, strings.NewReader(string(body)))
	if err != nil {
		s.t.Fatal(err)
	}
	stamp, signature := Sign(now(), body)
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("X-Slack-Request-Timestamp", stamp)
	r.Header.Set("X-Slack-Signature", signature)
	if attempt > 0 {
		r.Header.Set("X-Slack-Retry-Num", strconv.Itoa(attempt))
		r.Header.Set("X-Slack-Retry-Reason", "http_timeout")
	}
	return r
}

// deliver posts a payload and waits for as long as Slack does.
func (s *Server) deliver(kind string, payload any, attempt int) Push {
	s.t.Helper()
	return s.Do(s.Request(kind, payload, attempt))
}

// Do sends a request as Slack does: three seconds, and no redirects to follow.
func (s *Server) Do(r *http.Request) Push {
	client := http.Client{Timeout: 3 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	defer client.CloseIdleConnections()
	start := time.Now()
	resp, err := client.Do(r)
	if err != nil {
		return Push{After: time.Since(start)}
	}
	defer resp.Body.Close()
	data, _ := io.ReadAll(resp.Body)
	p := Push{Acked: resp.StatusCode/100 == 2, After: time.Since(start), Status: resp.StatusCode, NoRetry: resp.Header.Get("X-Slack-No-Retry") == "1"}
	if len(data) > 0 && p.Acked {
		p.Reply = data
	}
	return p
}

// Base is where the bot is posted to.
func (s *Server) Base() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.base
}
