package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"regexp"
	"sync"
	"time"

	"github.com/gorilla/websocket"
	"github.com/slack-go/slack"

	"xiaobao/bot"
)

// This is Socket Mode by hand, because what a connection is told at its end matters, and slack-go's own client keeps that to
// itself. One connection is open at a time, two while the next takes over:
//
//	open ──► hello ──► envelopes ──► disconnect: warning, refresh_requested ──► the next opens while this one is read to its end
//	 ▲                     │                    too_many_websockets ──────────► a minute's rest
//	 └──── broken, silent ─┘                    link_disabled ────────────────► the end

// socket are the times a connection goes by.
type socket struct {
	perWindow int           // connections that may be opened
	window    time.Duration // in this time
	crowded   time.Duration // the rest after too_many_websockets, at least
	silent    time.Duration // a connection that says nothing for so long is dead
	linger    time.Duration // how long a connection that was replaced is still read
	first     time.Duration // the wait after the first failure; it doubles up to thirty times as much
}

func defaultSocket() socket {
	return socket{perWindow: 10, window: time.Minute, crowded: time.Minute, silent: 45 * time.Second, linger: 30 * time.Second, first: time.Second}
}

// retry is how long to wait after the failure that came after so many others.
func (s socket) retry(failures int, err error) time.Duration {
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		return max(limited.RetryAfter, s.first)
	}
	d := min(s.first<<min(failures, 6), 30*s.first)
	return d/2 + rand.N(d/2+1)
}

// An envelope is anything that comes over the connection.
type envelope struct {
	Type        string          `json:"type"`
	ID          string          `json:"envelope_id"`
	Payload     json.RawMessage `json:"payload"`
	Accepts     bool            `json:"accepts_response_payload"`
	Retry       int             `json:"retry_attempt"`
	RetryReason string          `json:"retry_reason"`
	Reason      string          `json:"reason"`
	Connections int             `json:"num_connections"`
}

type answer struct {
	ID      string `json:"envelope_id"`
	Payload any    `json:"payload,omitempty"`
}

type handler = func(context.Context, bot.Incoming) error

// errDisabled is the end: somebody switched Socket Mode off.
var errDisabled = errors.New("slack: Socket Mode is switched off for this app (link_disabled): switch it on under Settings, Socket Mode, and start again")

// listen keeps one connection open until ctx ends.
func (a *Adapter) listen(ctx context.Context, handle handler) error {
	// At the end what is under way is finished and acknowledged before the connections are closed.
	var links sync.WaitGroup
	defer links.Wait()
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	lanes := newLanes()
	defer lanes.close()
	var opened []time.Time
	failures, open := 0, 0
	var mu sync.Mutex
	for {
		if len(opened) >= a.socket.perWindow {
			if err := rest(ctx, a.socket.window-time.Since(opened[0])); err != nil {
				return nil
			}
			opened = opened[1:]
		}
		opened = append(opened, time.Now())
		l, err := a.open(ctx)
		if ctx.Err() != nil {
			if l != nil {
				l.conn.Close()
			}
			return nil
		}
		if err != nil {
			var refused slack.SlackErrorResponse
			if errors.As(err, &refused) && refused.Err == "link_disabled" {
				return errDisabled
			}
			if errors.As(err, &refused) && refusedToken(refused.Err) {
				return fmt.Errorf("slack: Slack refuses SLACK_APP_TOKEN (%s): make an app-level token with the scope connections:write under Basic Information", refused.Err)
			}
			wait := a.socket.retry(failures, err)
			failures++
			a.Logger.WarnContext(ctx, "slack: no connection yet", "error", redact(err), "wait", wait)
			if err := rest(ctx, wait); err != nil {
				return nil
			}
			continue
		}
		mu.Lock()
		open++
		mu.Unlock()
		ours := func() int { mu.Lock(); defer mu.Unlock(); return open }
		links.Go(func() {
			l.read(reading, lanes, handle, ours)
			mu.Lock()
			open--
			mu.Unlock()
		})
		select {
		case reason := <-l.over:
			switch reason {
			case "link_disabled":
				return errDisabled
			case "too_many_websockets":
				a.Logger.ErrorContext(ctx, "slack: too many connections: is this app running somewhere else as well?")
				if err := rest(ctx, a.socket.crowded+rand.N(a.socket.crowded/2+1)); err != nil {
					return nil
				}
			case "":
				failures++
				if err := rest(ctx, a.socket.retry(failures-1, nil)); err != nil {
					return nil
				}
				continue
			}
			failures = 0
		case <-ctx.Done():
			return nil
		}
	}
}

// open asks for a connection and opens it. The address holds a ticket and is written nowhere.
func (a *Adapter) open(ctx context.Context) (*link, error) {
	_, address, err := a.api.StartSocketModeContext(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask for a connection: %w", err)
	}
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second}
	conn, _, err := dialer.DialContext(ctx, address, nil)
	if err != nil {
		return nil, fmt.Errorf("open a connection: %w", err)
	}
	conn.SetReadLimit(4 << 20)
	return &link{a: a, conn: conn, over: make(chan string, 1), ended: make(chan struct{})}, nil
}

// A link is one connection.
type link struct {
	a     *Adapter
	conn  *websocket.Conn
	write sync.Mutex
	over  chan string   // why another connection is wanted: a reason of Slack's, or "" when this one broke
	ended chan struct{} // nothing more can be read
}

// tell says once that another connection is wanted.
func (l *link) tell(reason string) {
	select {
	case l.over <- reason:
	default:
	}
}

// read takes what comes until the connection ends.
func (l *link) read(ctx context.Context, lanes *lanes, handle handler, ours func() int) {
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer l.tell("")
	defer l.conn.Close()
	defer close(l.ended)
	silent := l.a.socket.silent
	alive := func() { l.conn.SetReadDeadline(time.Now().Add(silent)) }
	alive()
	l.conn.SetPongHandler(func(string) error { alive(); return nil })
	l.conn.SetPingHandler(func(data string) error {
		alive()
		l.write.Lock()
		defer l.write.Unlock()
		l.conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(5*time.Second)) // the read will notice
		return nil
	})
	helpers.Go(func() { l.ping(ctx, silent/3) })
	for {
		_, data, err := l.conn.ReadMessage()
		if err != nil {
			if ctx.Err() == nil && !websocket.IsCloseError(err, websocket.CloseNormalClosure, websocket.CloseGoingAway) {
				l.a.Logger.DebugContext(ctx, "slack: a connection ended", "error", redact(err))
			}
			return
		}
		alive()
		var e envelope
		if err := json.Unmarshal(data, &e); err != nil {
			l.a.Logger.WarnContext(ctx, "slack: something unreadable came", "bytes", len(data))
			continue
		}
		switch e.Type {
		case "hello":
			id := l.a.identity()
			l.a.Logger.InfoContext(ctx, "slack: connected", "workspace", id.name, "connections", e.Connections)
			if own := ours(); e.Connections > own {
				l.a.Logger.WarnContext(ctx, "slack: Slack counts more connections than this program has open; clicks may go to the others", "slack", e.Connections, "own", own)
			}
		case "disconnect":
			l.a.Logger.InfoContext(ctx, "slack: Slack asks for a new connection", "reason", e.Reason)
			l.tell(e.Reason)
			helpers.Go(func() { l.lingers(ctx) })
		default:
			l.take(ctx, e, lanes, handle)
		}
	}
}

// ping makes a dead connection show itself, and ends a live one with ctx.
func (l *link) ping(ctx context.Context, every time.Duration) {
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		select {
		case <-t.C:
			l.write.Lock()
			l.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(5*time.Second)) // the read will notice
			l.write.Unlock()
		case <-l.ended:
			return
		case <-ctx.Done():
			l.write.Lock()
			l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(websocket.CloseNormalClosure, ""), time.Now().Add(time.Second))
			l.write.Unlock()
			l.conn.SetReadDeadline(time.Now())
			return
		}
	}
}

// lingers ends a connection that was replaced, when Slack does not do it.
func (l *link) lingers(ctx context.Context) {
	t := time.NewTimer(l.a.socket.linger)
	defer t.Stop()
	select {
	case <-t.C:
		l.conn.SetReadDeadline(time.Now())
	case <-l.ended:
	case <-ctx.Done():
	}
}

// longestTurn is how long the bot may take to keep what happened; Slack waits for three seconds.
const longestTurn = 10 * time.Second

// take hands an envelope over and acknowledges it when the bot has it. What one person did stays in order.
func (l *link) take(ctx context.Context, e envelope, lanes *lanes, handle handler) {
	came := l.a.Now()
	o, err := read(e.Type, e.Payload, l.a.identity())
	if err != nil {
		// Slack would send the same again: what cannot be read now cannot be read then.
		l.a.Logger.WarnContext(ctx, "slack: not understood", "kind", e.Type, "error", err)
		o = occurrence{}
	}
	if e.Retry > 0 {
		l.a.Logger.InfoContext(ctx, "slack: delivered again", "kind", e.Type, "attempt", e.Retry, "reason", e.RetryReason)
	}
	lanes.run(o.user, func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), longestTurn)
		defer cancel()
		reply, err := l.a.receive(ctx, o, came, handle)
		if err != nil {
			l.a.Logger.ErrorContext(ctx, "slack: not handled, Slack will deliver it again", "kind", e.Type, "error", err)
			return
		}
		if !e.Accepts {
			reply = nil
		}
		l.acknowledge(ctx, answer{e.ID, reply})
	})
}

func (l *link) acknowledge(ctx context.Context, an answer) {
	if an.ID == "" {
		return
	}
	l.write.Lock()
	defer l.write.Unlock()
	l.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	if err := l.conn.WriteJSON(an); err != nil {
		l.a.Logger.WarnContext(ctx, "slack: not acknowledged, it will come again", "error", redact(err))
	}
}

// lanes run what belongs together one after the other and everything else side by side.
type lanes struct {
	mu     sync.Mutex
	last   map[string]chan struct{}
	all    sync.WaitGroup
	closed bool
}

func newLanes() *lanes { return &lanes{last: map[string]chan struct{}{}} }

func (l *lanes) run(key string, f func()) {
	done := make(chan struct{})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return // not acknowledged either: it will come again
	}
	before := l.last[key]
	l.last[key] = done
	l.all.Go(func() {
		if before != nil && key != "" {
			<-before
		}
		f()
		l.mu.Lock()
		if l.last[key] == done {
			delete(l.last, key)
		}
		l.mu.Unlock()
		close(done)
	})
}

// close takes nothing more and waits for what is under way.
func (l *lanes) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.all.Wait()
}

var addresses = regexp.MustCompile(`(wss?|https?)://\S+`)

// redact takes addresses out of an error: the one of a connection holds a ticket.
func redact(err error) string {
	return addresses.ReplaceAllStringFunc(err.Error(), func(s string) string {
		if u, err := url.Parse(s); err == nil {
			return u.Scheme + "://" + u.Host + "/…"
		}
		return "…"
	})
}
