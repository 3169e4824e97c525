package discord

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// defaultAPI is where Discord is; the version is the one whose messages this package writes.
const defaultAPI = "https://discord.com/api/v10"

// A client is Discord over REST. discordgo carries the requests; when they leave, what is tried again, and what an answer means
// is decided here: its own limiter sleeps where nobody can wake it, and it repeats what may have arrived.
type client struct {
	base    string
	session *dg.Session
	limits  *limits
	called  func(route string, status int)
	files   *http.Client // fetches what people hand over, without the token
}

// agent is how Discord wants programs to call themselves.
const agent = "DiscordBot (https://github.com/xiaobao-bot/xiaobao, 1)"

func newClient(base, token string, now func() time.Time, called func(route string, status int)) (*client, error) {
	s, err := dg.New("Bot " + token)
	if err != nil {
		return nil, fmt.Errorf("discord: %w", err)
	}
	s.MaxRestRetries, s.ShouldRetryOnRateLimit = 0, false
	s.UserAgent = agent
	s.Client = &http.Client{Transport: &wire{http.DefaultTransport.(*http.Transport).Clone()}, Timeout: 20 * time.Second, CheckRedirect: func(*http.Request, []*http.Request) error {
		return http.ErrUseLastResponse // requests carry the token
	}}
	files := &http.Client{Timeout: 10 * time.Second, CheckRedirect: s.Client.CheckRedirect}
	return &client{base: strings.TrimSuffix(base, "/"), session: s, limits: newLimits(now), files: files, called: called}, nil
}

// An exchange is what a request met, which discordgo does not tell.
type exchange struct {
	status int
	header http.Header
}

type exchangeKey struct{}

// wire notes what is answered.
type wire struct{ next http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := w.next.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if x, ok := r.Context().Value(exchangeKey{}).(*exchange); ok {
		x.status, x.header = resp.StatusCode, resp.Header.Clone()
	}
	for name := range resp.Header { // discordgo's limiter has no say
		if strings.HasPrefix(name, "X-Ratelimit-") {
			resp.Header.Del(name)
		}
	}
	resp.Body = struct {
		io.Reader
		io.Closer
	}{io.LimitReader(resp.Body, largestAnswer), resp.Body}
	return resp, nil
}

// watchTime returns a function that tells when Discord says its last answer was given; zero when it did not say.
func (c *client) watchTime() func() time.Time {
	w := c.session.Client.Transport.(*wire)
	var last time.Time
	next := w.next
	w.next = tripper(func(r *http.Request) (*http.Response, error) {
		resp, err := next.RoundTrip(r)
		if err == nil {
			last, _ = http.ParseTime(resp.Header.Get("Date")) // zero when it says nothing
		}
		return resp, err
	})
	return func() time.Time { return last }
}

type tripper func(*http.Request) (*http.Response, error)

// RoundTrip implements http.RoundTripper.
func (f tripper) RoundTrip(r *http.Request) (*http.Response, error) { return f(r) }

// largestAnswer is how much of an answer is read.
const largestAnswer = 8 << 20

// A call is one request.
type call struct {
	method string
	path   string // "/channels/1/messages"
	route  route
	body   any
	files  []*bot.Document
}

// An apiError is an answer that is not success, or no answer.
type apiError struct {
	call   string
	Status int // 0: no answer came
	Code   int // Discord's own
	text   string
	Wait   time.Duration // with 429
	Sent   bool          // without an answer: it may have arrived
	err    error
}

// Error implements error. It holds neither tokens nor what was sent.
func (e *apiError) Error() string {
	switch {
	case e.Status == 0:
		return "discord: " + e.call + ": " + redact(e.err)
	case e.Code != 0:
		return fmt.Sprintf("discord: %s: %d, code %d: %s", e.call, e.Status, e.Code, e.text)
	}
	return fmt.Sprintf("discord: %s: %d", e.call, e.Status)
}

// Unwrap is what went wrong underneath, if anything.
func (e *apiError) Unwrap() error { return e.err }

// code is Discord's own code for what went wrong; 0 when there is none.
func code(err error) int {
	var e *apiError
	if errors.As(err, &e) {
		return e.Code
	}
	return 0
}

// do makes a call in its turn and reads the answer into into, if that is not nil.
func (c *client) do(ctx context.Context, one call, into any) error {
	if err := c.limits.enter(ctx, one.route); err != nil {
		return err
	}
	x := &exchange{}
	ctx = context.WithValue(ctx, exchangeKey{}, x)
	body, kind, err := encode(one)
	if err != nil {
		c.limits.back(one.route)
		return fmt.Errorf("discord: write %s: %w", one.route.name, err)
	}
	free := &dg.Bucket{} // a bucket nobody else waits for
	free.Lock()
	answer, err := c.session.RequestWithLockedBucket(one.method, c.base+one.path, kind, body, free, 0, dg.WithContext(ctx))
	wait := c.limits.leave(one.route, x.status, x.header)
	c.called(one.route.name, x.status)
	if err == nil {
		if into == nil || len(answer) == 0 {
			return nil
		}
		if err := json.Unmarshal(answer, into); err != nil {
			return &apiError{call: one.route.name, Sent: true, err: fmt.Errorf("an answer that cannot be read: %w", err)}
		}
		return nil
	}
	e := &apiError{call: one.route.name, Status: x.status, Wait: wait}
	var refused *dg.RESTError
	switch {
	case errors.As(err, &refused) && refused.Message != nil:
		e.Code, e.text = refused.Message.Code, bot.Shorten(refused.Message.Message, 200)
		if e.Code == dg.ErrCodeInvalidFormBody {
			e.text = bot.Shorten(string(refused.ResponseBody), 600)
		}
	case x.status == 0:
		e.err, e.Sent = err, !neverSent(err)
	}
	return e
}

// neverSent says whether a request without an answer cannot have arrived.
func neverSent(err error) bool {
	var op *net.OpError
	return errors.As(err, &op) && op.Op == "dial"
}

// encode writes a body: JSON, or JSON and files.
func encode(one call) (body []byte, kind string, err error) {
	if one.body == nil {
		return nil, "", nil
	}
	if len(one.files) == 0 {
		body, err = json.Marshal(one.body)
		return body, "application/json", err
	}
	var files []*dg.File
	for _, f := range one.files {
		files = append(files, &dg.File{Name: f.Name, ContentType: f.Type, Reader: bytes.NewReader(f.Data)})
	}
	kind, body, err = dg.MultipartBodyWithJSON(one.body, files)
	return body, kind, err
}

// judge says in the bot's words what an error means for a delivery. safe: sending the same again shows it once.
func judge(err error, safe bool) error {
	var e *apiError
	if err == nil || !errors.As(err, &e) {
		return err
	}
	switch {
	case e.Status == http.StatusTooManyRequests:
		return bot.Later(max(e.Wait, 100*time.Millisecond), err)
	case e.Status == http.StatusUnauthorized:
		return bot.Later(10*time.Minute, err) // until somebody mends the token
	case e.Status >= 500 && safe, e.Status == 0 && e.Sent && safe, e.Status == 0 && !e.Sent:
		return err
	case e.Status >= 500, e.Status == 0:
		return bot.Ambiguous(err)
	}
	return bot.Never(err)
}

// redact takes what could be a token out of an error: addresses of interactions hold one.
func redact(err error) string {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	return err.Error()
}
