package watch

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"xiaobao/bot"
	"xiaobao/shipment"
)

// A Webhook is a source that tells by itself: it posts to /hooks/<its name>/<account>.
//
//	POST ──► size ──► Read: signature over the raw body, then what it says ──► Apply ──► one commit ──► 200
//	            413            401, never parsed                                            503: come again
//
// What comes twice changes nothing the second time, because Apply does not care. What is told about numbers nobody watches yet is kept for whoever
// begins to (see Early), unless the source can be asked then.
type Webhook interface {
	// Name is the Name of the Source it belongs to, or of its own where it only tells and is never asked.
	Name() string
	// Read takes what was posted. It reads the whole body with Body, and checks the signature over these very bytes, in
	// constant time, before it looks at anything else. An error that is a Rejected decides the answer.
	Read(r *http.Request) (Push, error)
}

// A Push is what a source told.
type Push struct {
	Tenant string           // whose shipments it is about; empty: everybody's, because the account is the installation's
	Case   string           // only what this case follows; empty: all cases of the tenant
	Events []shipment.Event // each with its Number and with Seen, when the source itself says it told it, or now
	Look   []string         // numbers to ask the source about: something happened, and what was said is not to be believed (see Watch.Heard)
}

// Rejected is an answer to a Push that is not taken.
type Rejected struct {
	Status int      // what the sender is answered; its kind decides whether it comes again
	Why    string   // for the sender and for the log: no part of what was posted
	Faults []string // for the sender: what is wrong where
}

// Error is Why.
func (e *Rejected) Error() string { return e.Why }

// Forged is the answer to a wrong signature. Nothing was parsed.
func Forged() error {
	return &Rejected{Status: http.StatusUnauthorized, Why: "the signature does not fit"}
}

// Pointless is the answer to something well signed that cannot be read: it is acknowledged, because its sender would only send
// the same again, and give up on us in the end. It is logged and counted.
func Pointless(why string) error { return &Rejected{Status: http.StatusOK, Why: why} }

// Body reads what was posted, at most MostPushed bytes of it.
func Body(r *http.Request) ([]byte, error) {
	body, err := io.ReadAll(r.Body)
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		return nil, &Rejected{Status: http.StatusRequestEntityTooLarge, Why: fmt.Sprintf("more than %d bytes", MostPushed)}
	case err != nil:
		return nil, &Rejected{Status: http.StatusBadRequest, Why: "the body broke off"}
	}
	return body, nil
}

// MostPushed is how many bytes one post may have. The longest history of a parcel is a tenth of it.
const MostPushed = 1 << 20

// UTF8 is a body as text that can be parsed: what is not UTF-8 is taken for the GBK that some Chinese systems still send. The
// second byte of a GBK character may look like a quote or a backslash, so this comes before any parsing, and after the
// signature.
func UTF8(body []byte) []byte {
	body = bytes.TrimPrefix(body, []byte("\ufeff"))
	if utf8.Valid(body) {
		return body
	}
	if text, err := simplifiedchinese.GB18030.NewDecoder().Bytes(body); err == nil {
		return text
	}
	return body
}

// Plain is a source's text as it may be shown: one line, nothing that cannot be seen or turns the direction of writing, and not
// longer than people read.
func Plain(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case r == utf8.RuneError, unicode.IsControl(r), unicode.Is(unicode.Cf, r):
			return -1
		}
		return r
	}, s)
	return bot.Shorten(strings.Join(strings.Fields(s), " "), longestText)
}

// longestText is how much of a source's words is kept.
const longestText = 300

// mostPushing is how many posts are worked on at once, and mostReading how many may still be on their way: a slow sender holds up
// nobody but the like of it.
const (
	mostPushing = 128
	mostReading = 1024
)

// Hooks serves what the webhooks post, under /hooks/{source}/{account}. Whoever serves it keeps it away from browsers' guards:
// who posts here proves itself by its signature.
func (w *Watch) Hooks(hooks ...Webhook) http.Handler {
	byName := map[string]Webhook{}
	for _, h := range hooks {
		byName[h.Name()] = h
	}
	reading, busy := make(chan struct{}, mostReading), make(chan struct{}, mostPushing)
	mux := http.NewServeMux()
	mux.HandleFunc("POST /hooks/{source}/{account}", func(rw http.ResponseWriter, r *http.Request) {
		h := byName[r.PathValue("source")]
		if h == nil {
			answer(rw, http.StatusNotFound, map[string]string{"error": "no such source is set up here"})
			return
		}
		told, err := Told{}, error(nil)
		if body, failed := takeIn(rw, r, reading); failed != nil {
			err = failed
		} else if leave := enter(busy); leave == nil {
			err = errBusy()
		} else {
			defer leave()
			r.Body = io.NopCloser(bytes.NewReader(body))
			var push Push
			if push, err = h.Read(r); err == nil {
				told, err = w.Heard(r.Context(), h.Name(), push)
			}
		}
		w.pushed.count(h.Name(), told, err)
		var rejected *Rejected
		switch {
		case errors.As(err, &rejected):
			if rejected.Status == http.StatusServiceUnavailable {
				rw.Header().Set("Retry-After", "5")
			}
			w.log.WarnContext(r.Context(), "a push was not taken", "source", h.Name(), "status", rejected.Status, "why", rejected.Why)
			answer(rw, rejected.Status, struct {
				Error  string   `json:"error"`
				Faults []string `json:"faults,omitempty"`
			}{rejected.Why, rejected.Faults})
		case err != nil:
			w.log.ErrorContext(r.Context(), "a push could not be kept", "source", h.Name(), "error", err)
			rw.Header().Set("Retry-After", "30")
			answer(rw, http.StatusServiceUnavailable, map[string]string{"error": "it could not be kept; send it again"})
		default:
			answer(rw, http.StatusOK, told)
		}
	})
	return mux
}

// takeIn reads the whole body before anything else: whoever sends slowly waits in a room of its own.
func takeIn(rw http.ResponseWriter, r *http.Request, reading chan struct{}) ([]byte, error) {
	leave := enter(reading)
	if leave == nil {
		return nil, errBusy()
	}
	defer leave()
	r.Body = http.MaxBytesReader(rw, r.Body, MostPushed)
	return Body(r)
}

// enter takes a place; nil when there is none.
func enter(room chan struct{}) (leave func()) {
	select {
	case room <- struct{}{}:
		return func() { <-room }
	default:
		return nil
	}
}

func errBusy() error {
	return &Rejected{Status: http.StatusServiceUnavailable, Why: "too many at once"}
}

func answer(rw http.ResponseWriter, status int, what any) {
	h := rw.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	rw.WriteHeader(status)
	_ = json.NewEncoder(rw).Encode(what) // whoever went away does not need it
}

// Tally is what came through the webhooks of a source since the program began.
type Tally struct {
	Posts    int `json:"posts"`
	Rejected int `json:"rejected"` // not taken, of the posts
	Events   int `json:"events"`
	News     int `json:"news"`
	Unknown  int `json:"unknown"` // numbers nobody watches
	Failed   int `json:"failed"`  // could not be kept
}

// tallies counts. Its zero value is ready.
type tallies struct {
	mu sync.Mutex
	of map[string]*Tally
}

func (t *tallies) tally(source string) *Tally {
	if t.of == nil {
		t.of = map[string]*Tally{}
	}
	if t.of[source] == nil {
		t.of[source] = &Tally{}
	}
	return t.of[source]
}

func (t *tallies) count(source string, told Told, err error) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.tally(source)
	c.Posts++
	c.Events += told.Events
	c.News += told.News
	c.Unknown += told.Unknown
	var rejected *Rejected
	switch {
	case errors.As(err, &rejected):
		c.Rejected++
	case err != nil:
		c.Failed++
	}
}

// Tallies says what came through the webhooks, by source, since the program began.
func (w *Watch) Tallies() map[string]Tally {
	w.pushed.mu.Lock()
	defer w.pushed.mu.Unlock()
	out := map[string]Tally{}
	for name, c := range w.pushed.of {
		out[name] = *c
	}
	return out
}
