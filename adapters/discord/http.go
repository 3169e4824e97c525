package discord

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strconv"
	"time"
)

// Path is where Handler wants to be served.
const Path = "/discord/interactions"

// fresh is how far a request's time may be from ours: Discord's own library checks only the signature, so what was signed once could
// be sent again for ever.
const fresh = 5 * time.Minute

// largestRequest is how many bytes an interaction may have.
const largestRequest = 1 << 20

// Handler serves interactions that Discord sends as signed requests. Nothing in them is read before the signature was checked. It
// refuses everything while the adapter does not run in HTTP mode.
func (a *Adapter) Handler() http.Handler { return http.HandlerFunc(a.serveInteraction) }

func (a *Adapter) serveInteraction(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		http.Error(w, "POST only", http.StatusMethodNotAllowed)
		return
	}
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, largestRequest))
	if err != nil {
		var large *http.MaxBytesError
		if errors.As(err, &large) {
			http.Error(w, "too large", http.StatusRequestEntityTooLarge)
			return
		}
		http.Error(w, "not read", http.StatusBadRequest)
		return
	}
	if !a.verified(r.Header, body) {
		http.Error(w, "the signature does not fit", http.StatusUnauthorized)
		return
	}
	i, err := parse(body)
	if err != nil && i.ID == "" {
		http.Error(w, "not an interaction", http.StatusBadRequest)
		return
	}
	if i.Type == typePing {
		write(w, callback{Type: replyPong})
		return
	}
	if !a.begin() {
		http.Error(w, "starting or ending: please try again", http.StatusServiceUnavailable)
		return
	}
	// The answer goes out as soon as there is one; what is still being kept then goes on behind it.
	answers, written := make(chan callback), make(chan struct{})
	ended := make(chan struct{})
	ctx := context.WithoutCancel(r.Context())
	go func() {
		defer a.busy.Done()
		defer close(ended)
		once := false
		a.receive(ctx, i, func(ctx context.Context, c callback) error {
			if once {
				return &apiError{call: "the answer to an interaction", Status: http.StatusBadRequest, Code: errAnswered}
			}
			once = true
			select {
			case answers <- c:
				<-written
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
	}()
	defer close(written)
	select {
	case c := <-answers:
		write(w, c)
	case <-ended:
		http.Error(w, "not for us", http.StatusBadRequest)
	}
}

// verified checks the signature over the time and the body, and that the time is now.
func (a *Adapter) verified(h http.Header, body []byte) bool {
	stamp, given := h.Values("X-Signature-Timestamp"), h.Values("X-Signature-Ed25519")
	if len(stamp) != 1 || len(given) != 1 || a.key == nil {
		return false
	}
	signature, err := hex.DecodeString(given[0])
	if err != nil || len(signature) != ed25519.SignatureSize {
		return false
	}
	signed := make([]byte, 0, len(stamp[0])+len(body))
	signed = append(append(signed, stamp[0]...), body...)
	if !ed25519.Verify(a.key, signed, signature) {
		return false
	}
	sec, err := strconv.ParseInt(stamp[0], 10, 64)
	if err != nil || sec < 0 || sec > 1<<40 {
		return false
	}
	age := a.Now().Sub(time.Unix(sec, 0))
	return age < fresh && age > -fresh
}

// write sends an answer whole, so that Discord has it before the handler returns.
func write(w http.ResponseWriter, c callback) {
	body, err := json.Marshal(c)
	if err != nil {
		http.Error(w, "an answer that cannot be written", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := w.Write(body); err != nil {
		return
	}
	_ = http.NewResponseController(w).Flush() // where it cannot be flushed it goes out when the handler returns
}
