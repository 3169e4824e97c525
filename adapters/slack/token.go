package slack

import (
	"bytes"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// A bearer moves the token, which slack-go writes into the form of a POST, into the Authorization header: what stands between may
// log bodies, and headers of that name it leaves out.
type bearer struct {
	http.RoundTripper
	pulse *pulse // counts requests; may be nil
}

// largestForm is how much of a form is looked through; what is longer never comes from slack-go's forms.
const largestForm = 1 << 20

// RoundTrip implements http.RoundTripper. It does not change r.
func (b bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := b.send(r)
	if b.pulse != nil {
		b.pulse.called(r, resp)
	}
	return resp, err
}

func (b bearer) send(r *http.Request) (*http.Response, error) {
	if r.Body == nil || r.Header.Get("Authorization") != "" || !strings.HasPrefix(r.Header.Get("Content-Type"), "application/x-www-form-urlencoded") || r.ContentLength > largestForm {
		return b.RoundTripper.RoundTrip(r)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, largestForm))
	r.Body.Close()
	if err != nil {
		return nil, err
	}
	out := r.Clone(r.Context())
	if form, err := url.ParseQuery(string(body)); err == nil && form.Has("token") {
		out.Header.Set("Authorization", "Bearer "+form.Get("token"))
		form.Del("token")
		body = []byte(form.Encode())
	}
	out.ContentLength = int64(len(body))
	out.Body = io.NopCloser(bytes.NewReader(body))
	out.GetBody = func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(body)), nil }
	return b.RoundTripper.RoundTrip(out)
}

// CloseIdleConnections is what http.Client.CloseIdleConnections looks for.
func (b bearer) CloseIdleConnections() {
	if c, ok := b.RoundTripper.(interface{ CloseIdleConnections() }); ok {
		c.CloseIdleConnections()
	}
}
