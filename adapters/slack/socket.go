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
	ghosts    time.Duration // before it is asked again how many connections there are
	first     time.Duration // the wait after the first failure; it doubles up to thirty times as much
}

func defaultSocket() socket {
	return socket{perWindow: 10, window: time.Minute, crowded: time.Minute, silent: 45 * time.Second, linger: 30 * time.Second, ghosts: patienceWithGhosts, first: time.Second}
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
func (a *Adapter) listen(ctx context.Context, desk *desk) error {
	// At the end what is under way is finished and acknowledged before the connections are closed.
	var links sync.WaitGroup
	defer links.Wait()
	reading, stop := context.WithCancel(context.WithoutCancel(ctx))
	defer stop()
	defer desk.lanes.close()
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
			l.read(reading, desk, ours)
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
	_, address, err := a.newClient("").StartSocketModeContext(ctx)
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
func (l *link) read(ctx context.Context, desk *desk, ours func() int) {
	var helpers sync.WaitGroup
	defer helpers.Wait()
	defer l.tell("")
	defer l.conn.Close()
	defer close(l.ended)
	l.a.pulse.link(1)
	defer l.a.pulse.link(-1)
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
			l.a.Logger.InfoContext(ctx, "slack: connected", "connections", e.Connections)
			if l.a.ghosts.seen(l.a.Now(), e.Connections, ours()) {
				l.a.Logger.ErrorContext(ctx, "slack: ALARM: Slack counts more connections than this program has open, and clicks may go to the others: does this app run somewhere else? If not, make a new app-level token and take the old one away", "slack", e.Connections, "own", ours())
			} else if e.Connections > ours() {
				l.a.Logger.WarnContext(ctx, "slack: Slack counts more connections than this program has open; it will be looked at again", "slack", e.Connections, "own", ours())
				helpers.Go(func() { l.lookAgain(ctx) })
			}
		case "disconnect":
			l.a.Logger.InfoContext(ctx, "slack: Slack asks for a new connection", "reason", e.Reason)
			l.tell(e.Reason)
			helpers.Go(func() { l.lingers(ctx) })
		default:
			l.take(ctx, e, desk, &helpers)
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

// lookAgain asks for the next connection after a while, because only a new connection is told how many there are.
func (l *link) lookAgain(ctx context.Context) {
	t := time.NewTimer(l.a.socket.ghosts)
	defer t.Stop()
	select {
	case <-t.C:
		l.tell("ghosts")
		l.lingers(ctx)
	case <-l.ended:
	case <-ctx.Done():
	}
}

// ghosts are connections that Slack counts and nobody has: it spreads clicks over all of them, and clicks come once.
type ghosts struct {
	mu    sync.Mutex
	since time.Time
}

// patienceWithGhosts is how long Slack may need to count a connection that ended.
const patienceWithGhosts = 2 * time.Minute

// seen notes what Slack counts, and says whether it has been too many for so long that somebody must know.
func (g *ghosts) seen(now time.Time, theirs, own int) (alarm bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if theirs <= own {
		g.since = time.Time{}
		return false
	}
	if g.since.IsZero() {
		g.since = now
	}
	return now.Sub(g.since) >= patienceWithGhosts
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

// take hands an envelope over and acknowledges it when it is kept. What one person did stays in order.
func (l *link) take(ctx context.Context, e envelope, desk *desk, helpers *sync.WaitGroup) {
	if e.Retry > 0 {
		l.a.Logger.InfoContext(ctx, "slack: delivered again", "kind", e.Type, "attempt", e.Retry, "reason", e.RetryReason)
	}
	began := time.Now()
	v := desk.begin(e.Type, e.Payload)
	helpers.Go(func() {
		reply, err := v.wait(context.WithoutCancel(ctx))
		l.a.pulse.Acked(time.Since(began))
		if errors.Is(err, errStranger) { // acknowledged: it would only come again
			l.a.Logger.WarnContext(ctx, "slack: from a workspace where this app is not installed", "kind", e.Type)
			reply, err = nil, nil
		}
		l.a.health.note(ctx, err == nil)
		if err != nil {
			l.a.Logger.ErrorContext(ctx, "slack: not kept, Slack will deliver it again", "kind", e.Type, "error", err)
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
