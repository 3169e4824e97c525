package slack

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"encoding/json"
	"errors"
	"hash"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"sync"
	"time"
)

// Over HTTP Slack posts to four addresses. Each request is checked before anything of it is read, kept, and only then
// acknowledged:
//
//	POST /slack/events        JSON: events; the challenge when the address is set
//	POST /slack/interactive   a form with a payload: presses, forms, shortcuts
//	POST /slack/options       the same, for menus that search
//	POST /slack/commands      a form: /xiaobao
//	GET  /slack/install       where an app that several workspaces use is installed, see oauth.go
//	GET  /slack/oauth

// Root is where Handler is to be mounted.
const Root = "/slack/"

const (
	largestBody = 1 << 20
	skew        = 300 * time.Second // between Slack's clock and ours
)

// Handler serves what Slack posts, and the installation where several workspaces install the app. It takes nothing before Run runs and
// after it has ended: Slack then delivers again.
func (a *Adapter) Handler() http.Handler {
	mux := http.NewServeMux()
	if a.Posted() {
		signatures := newSignatures(a.SigningSecret)
		take := func(path string, open func([]byte) (kind string, payload []byte, answer any, err error)) {
			mux.HandleFunc("POST "+path, func(w http.ResponseWriter, r *http.Request) { a.take(w, r, signatures, open) })
		}
		take("/slack/events", openEvent)
		take("/slack/interactive", openInteraction)
		take("/slack/options", openInteraction)
		take("/slack/commands", openCommand)
	}
	if a.installs() {
		mux.HandleFunc("GET /slack/install", a.serveInstall)
		mux.HandleFunc("GET /slack/oauth", a.serveOAuth)
	}
	return mux
}

// take checks a request, hands it over and answers it.
func (a *Adapter) take(w http.ResponseWriter, r *http.Request, s *signatures, open func([]byte) (string, []byte, any, error)) {
	ctx := r.Context()
	body, status := readBody(r)
	if status == 0 && !s.valid(r.Header, body, a.Now()) {
		status = http.StatusUnauthorized
	}
	if status != 0 {
		a.Logger.WarnContext(ctx, "slack: a request was turned away", "path", r.URL.Path, "status", status)
		http.Error(w, http.StatusText(status), status)
		return
	}
	desk := a.desk.Load()
	if desk == nil {
		http.Error(w, "not ready", http.StatusServiceUnavailable)
		return
	}
	kind, payload, reply, err := open(body)
	switch {
	case err != nil: // Slack would send the same again
		a.Logger.WarnContext(ctx, "slack: not understood", "path", r.URL.Path, "error", err)
		w.WriteHeader(http.StatusOK)
		return
	case reply != nil:
		writeJSON(w, reply)
		return
	case kind == "":
		w.WriteHeader(http.StatusOK)
		return
	}
	if n := r.Header.Get("X-Slack-Retry-Num"); n != "" {
		a.Logger.InfoContext(ctx, "slack: delivered again", "kind", kind, "attempt", number(n), "reason", word(r.Header.Get("X-Slack-Retry-Reason")))
	}
	began := time.Now()
	reply, err = desk.begin(kind, payload).wait(context.WithoutCancel(ctx))
	a.pulse.Acked(time.Since(began))
	a.health.note(ctx, err == nil || errors.Is(err, errStranger))
	switch {
	case errors.Is(err, errStranger):
		a.Logger.WarnContext(ctx, "slack: from a workspace where this app is not installed", "kind", kind)
		w.Header().Set("X-Slack-No-Retry", "1")
		http.Error(w, "not installed", http.StatusForbidden)
	case err != nil:
		a.Logger.ErrorContext(ctx, "slack: not kept, Slack will deliver it again", "kind", kind, "error", err)
		http.Error(w, "not now", http.StatusServiceUnavailable)
	case reply != nil:
		writeJSON(w, reply)
	default:
		w.WriteHeader(http.StatusOK)
	}
}

func writeJSON(w http.ResponseWriter, v any) {
	data, err := json.Marshal(v)
	if err != nil {
		http.Error(w, "not now", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(data) // whoever does not read it asks again
}

// number and word make what stands in a header fit for the log.
func number(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 || n > 99 {
		return -1
	}
	return n
}

func word(s string) string {
	for _, known := range []string{"http_timeout", "too_many_redirects", "connection_failed", "ssl_error", "http_error"} {
		if s == known {
			return s
		}
	}
	return "unknown_error"
}

// readBody reads a body of an announced length. Slack always says how long it is.
func readBody(r *http.Request) (body []byte, status int) {
	switch {
	case r.ContentLength > largestBody:
		return nil, http.StatusRequestEntityTooLarge
	case r.ContentLength < 0:
		return nil, http.StatusLengthRequired
	}
	body = make([]byte, r.ContentLength)
	if _, err := io.ReadFull(r.Body, body); err != nil {
		return nil, http.StatusBadRequest
	}
	return body, 0
}

// signatures checks that a request comes from Slack: HMAC-SHA256 with the app's signing secret over the version, the time it
// was signed and the body as it came.
type signatures struct{ macs sync.Pool }

func newSignatures(secret string) *signatures {
	return &signatures{macs: sync.Pool{New: func() any { return hmac.New(sha256.New, []byte(secret)) }}}
}

// valid says whether a request is Slack's own and fresh: signed less than five minutes from now.
func (s *signatures) valid(h http.Header, body []byte, now time.Time) bool {
	stamps, signed := h["X-Slack-Request-Timestamp"], h["X-Slack-Signature"]
	if len(stamps) != 1 || len(signed) != 1 || len(stamps[0]) > 12 {
		return false
	}
	at, err := strconv.ParseUint(stamps[0], 10, 40)
	if err != nil || time.Unix(int64(at), 0).Sub(now).Abs() > skew {
		return false
	}
	var made [3 + 2*sha256.Size]byte
	s.sign(made[:], stamps[0], body)
	return subtle.ConstantTimeCompare(made[:], []byte(signed[0])) == 1
}

// sign writes the signature of a body into to.
func (s *signatures) sign(to []byte, stamp string, body []byte) {
	mac := s.macs.Get().(hash.Hash)
	defer s.macs.Put(mac)
	mac.Reset()
	var sum [sha256.Size]byte
	mac.Write([]byte("v0:"))
	mac.Write([]byte(stamp))
	mac.Write([]byte(":"))
	mac.Write(body)
	copy(to, "v0=")
	hex.Encode(to[3:], mac.Sum(sum[:0]))
}

// openEvent answers the challenge with which Slack tries the address. Everything else is an event, and is read once, later.
func openEvent(body []byte) (kind string, payload []byte, answer any, err error) {
	if !bytes.Contains(body, []byte(`"url_verification"`)) {
		return "events_api", body, nil, nil
	}
	var p struct {
		Type      string `json:"type"`
		Challenge string `json:"challenge"`
	}
	if err := json.Unmarshal(body, &p); err != nil {
		return "", nil, nil, unread("a request", err)
	}
	if p.Type == "url_verification" {
		return "", nil, map[string]string{"challenge": p.Challenge}, nil
	}
	return "events_api", body, nil, nil
}

// openInteraction finds the payload in a form. What stands in the address is not signed and not looked at.
func openInteraction(body []byte) (kind string, payload []byte, answer any, err error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", nil, nil, unread("a request", err)
	}
	if form.Get("ssl_check") == "1" {
		return "", nil, nil, nil
	}
	return "interactive", []byte(form.Get("payload")), nil, nil
}

// openCommand makes of a form what Socket Mode sends as JSON.
func openCommand(body []byte) (kind string, payload []byte, answer any, err error) {
	form, err := url.ParseQuery(string(body))
	if err != nil {
		return "", nil, nil, unread("a request", err)
	}
	if form.Get("ssl_check") == "1" {
		return "", nil, nil, nil
	}
	payload, err = json.Marshal(command{
		App: form.Get("api_app_id"), Team: form.Get("team_id"), Enterprise: form.Get("enterprise_id"), Org: form.Get("is_enterprise_install"),
		Channel: form.Get("channel_id"), User: form.Get("user_id"), Text: form.Get("text"), Trigger: form.Get("trigger_id"),
	})
	return "slash_commands", payload, nil, err
}
