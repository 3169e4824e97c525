package spapi

import (
	"errors"
	"fmt"
	"net/http"
	"time"
)

// The kinds of Fault, for errors.Is.
var (
	ErrStopped  = errors.New("the account is stopped until the program is started with another authorisation")
	ErrDenied   = errors.New("the authorisation does not allow this operation")
	ErrUnknown  = errors.New("unknown to Amazon")
	ErrInvalid  = errors.New("not accepted by Amazon")
	ErrBusy     = errors.New("too many requests")
	ErrDown     = errors.New("no answer from Amazon")
	ErrGarbled  = errors.New("the answer cannot be read")
	ErrTooLarge = errors.New("the answer is too large")
)

// A Fault is a request that failed, with what Amazon said about it. It carries no token and nothing of the body but its message.
type Fault struct {
	Account   string
	Operation string
	HTTP      int
	Code      string // Amazon's, such as QuotaExceeded
	Message   string
	RequestID string        // what Amazon's support asks for
	Wait      time.Duration // how long Amazon asked to be left alone; 0: it did not say
	Kind      error         // one of the Err…
	Cause     error         // of a network, or of a parser
	stale     bool          // it is the token that was not accepted
	elsewhere bool          // it is the marketplace that was not accepted
}

// Error is for logs: it names the account, the operation and what Amazon said, and no secret.
func (f *Fault) Error() string {
	s := fmt.Sprintf("amazon account %s: %s: %v", f.Account, f.Operation, f.Kind)
	if f.HTTP != 0 {
		s += fmt.Sprintf(" (%d %s %s", f.HTTP, f.Code, f.Message)
		if f.RequestID != "" {
			s += ", request " + f.RequestID
		}
		s += ")"
	}
	if f.Cause != nil {
		s += ": " + f.Cause.Error()
	}
	return s
}

// Unwrap gives the kind and the cause.
func (f *Fault) Unwrap() []error {
	if f.Cause == nil {
		return []error{f.Kind}
	}
	return []error{f.Kind, f.Cause}
}

// passing reports whether the same request may succeed a little later.
func (f *Fault) passing() bool { return f.Kind == ErrBusy || f.Kind == ErrDown || f.Kind == ErrGarbled }

// kindOfStatus sorts HTTP statuses; nil is success.
func kindOfStatus(status int) error {
	switch {
	case status >= 200 && status < 300:
		return nil
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return ErrDenied
	case status == http.StatusNotFound, status == http.StatusGone:
		return ErrUnknown
	case status == http.StatusTooManyRequests:
		return ErrBusy
	case status >= 500:
		return ErrDown
	}
	return ErrInvalid
}
