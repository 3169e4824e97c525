package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/gorilla/websocket"
)

// A session is one shard's conversation with the gateway, over as many connections as it takes:
//
//	            ┌──────────────────── op 7, a dead link, most close codes ──────────────────┐
//	connect ──► hello ──► resume, where there is something to resume ──► resumed ──► events ─┤
//	   ▲          └─────► identify, within the budget ─────────────────► ready ────► events ─┤
//	   └── afresh, after op 9 "no", 4007, 4009 ◄──────────────────────────────────────────────┘
//	4004, 4010 to 4014: the end, with what to do about it
//
// It is our own and not discordgo's because that one gives the session up when a link dies (it closes with 1000), sends its
// first heartbeat at once, and hands on interactions of which it has read nothing.

// The opcodes.
const (
	opEvent     = 0
	opHeartbeat = 1
	opIdentify  = 2
	opResume    = 6
	opReconnect = 7
	opInvalid   = 9
	opHello     = 10
	opAck       = 11
)

// intents are what is listened to: servers, and what people write to the bot directly. Nothing privileged, unless the configuration asks for the
// replies in the forum: then what is written in servers, with its text.
func (a *Adapter) intents() int {
	const always, replies = 1<<0 | 1<<12, 1<<9 | 1<<15
	if a.Forum.Channel != "" && a.Forum.Replies {
		return always | replies
	}
	return always
}

// closeResumable is the code we close with when we want to come back: 1000 and 1001 would end the session.
const closeResumable = 4900

// largestEvent is how many bytes an event may have.
const largestEvent = 16 << 20

type frame struct {
	Op   int             `json:"op"`
	Data json.RawMessage `json:"d"`
	Seq  int64           `json:"s"`
	Name string          `json:"t"`
}

// A resumption is what it takes to go on with a session.
type resumption struct {
	ID  string `json:"id"`
	URL string `json:"url"`
	Seq int64  `json:"seq"`
}

// A session is one shard.
type session struct {
	a      *Adapter
	shard  int
	shards int
	base   string // the gateway's address
	at     resumption
	gate   *identifyGate
}

// A fatal error is one that nothing but a person mends.
type fatal struct{ error }

// fates are the close codes after which the session cannot go on. The text says what to do; an empty one: begin afresh.
var fates = map[int]string{
	4003: "", 4007: "", 4009: "",
	4004: "Discord refuses DISCORD_TOKEN: under Bot choose Reset Token, and start again with the new one",
	4010: "Discord does not know this shard: check discord.shards in the configuration",
	4011: "the bot is in so many servers that Discord wants more shards: raise discord.shards in the configuration, or leave it out",
	4012: "Discord no longer speaks this version of the gateway: update this program",
	4013: "Discord does not know what this program wants to listen to: update this program",
	4014: "Discord does not allow what this program wants to listen to: with discord.forum.replies switch on Message Content Intent under Bot, or take that setting out; without it update this program",
}

// run keeps the session going until ctx ends. Each connection that did some good begins the waits anew.
func (s *session) run(ctx context.Context) error {
	s.a.pulse.session(1)
	defer s.a.pulse.session(-1)
	failures := 0
	for ctx.Err() == nil {
		began := s.a.Now()
		err := s.connect(ctx)
		if ctx.Err() != nil {
			return nil
		}
		var end fatal
		if errors.As(err, &end) {
			return fmt.Errorf("discord: %w", end.error)
		}
		if s.a.Now().Sub(began) > time.Minute || errors.Is(err, errGoOn) {
			failures = 0
		}
		wait := s.a.times.backOff(failures)
		if errors.Is(err, errGoOn) {
			wait = 0
		}
		failures++
		s.a.Logger.InfoContext(ctx, "discord: the connection ended", "shard", s.shard, "why", redact(err), "wait", wait, "resume", s.at.ID != "")
		if sleep(ctx, wait) != nil {
			return nil
		}
	}
	return nil
}

// errGoOn ends a connection that the next one takes over at once: Discord asked for it, or the link was dead.
var errGoOn = errors.New("a new connection takes over")

// A link is one connection.
type link struct {
	s       *session
	conn    *websocket.Conn
	write   sync.Mutex
	seq     *atomic.Int64
	acked   atomic.Bool
	dead    atomic.Bool
	stopped chan struct{}
	up      bool // events come over it; of the reader
}

// connect opens a connection and reads it to its end.
func (s *session) connect(ctx context.Context) error {
	address := s.base
	if s.at.ID != "" && s.at.URL != "" {
		address = s.at.URL
	}
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "wss" && u.Scheme != "ws" {
		s.at = resumption{}
		return fmt.Errorf("%q is no address of a gateway", address)
	}
	u.RawQuery = "v=10&encoding=json"
	if u.Path == "" {
		u.Path = "/"
	}
	dialer := websocket.Dialer{HandshakeTimeout: 10 * time.Second}
	conn, _, err := dialer.DialContext(ctx, u.String(), nil)
	if err != nil {
		if s.at.URL != "" && address == s.at.URL { // where the session was may be gone: it can be resumed elsewhere
			s.at.URL = ""
		}
		return fmt.Errorf("open a connection: %w", err)
	}
	conn.SetReadLimit(largestEvent)
	l := &link{s: s, conn: conn, seq: &atomic.Int64{}, stopped: make(chan struct{})}
	l.seq.Store(s.at.Seq)
	l.acked.Store(true)
	conn.SetCloseHandler(func(int, string) error { // the usual one would answer 1000 with 1000, which ends the session
		l.close(closeResumable)
		return nil
	})
	var beating sync.WaitGroup
	defer beating.Wait()
	defer conn.Close()
	defer close(l.stopped)
	defer l.down()
	err = l.read(ctx, &beating)
	s.at.Seq = max(s.at.Seq, l.seq.Load())
	if l.dead.Load() {
		return errors.Join(errGoOn, errors.New("the link was dead: a heartbeat was not acknowledged"))
	}
	var closed *websocket.CloseError
	if errors.As(err, &closed) {
		if advice, ends := fates[closed.Code]; ends && advice != "" {
			return fatal{fmt.Errorf("%s (close code %d)", advice, closed.Code)}
		} else if ends {
			s.at = resumption{}
		}
	}
	return err
}

// read takes what comes until the connection ends.
func (l *link) read(ctx context.Context, beating *sync.WaitGroup) error {
	stop := context.AfterFunc(ctx, func() { l.close(closeResumable) })
	defer stop()
	l.conn.SetReadDeadline(time.Now().Add(30 * time.Second))
	hello := false
	for {
		var f frame
		_, data, err := l.conn.ReadMessage()
		if err != nil {
			return err
		}
		if err := json.Unmarshal(data, &f); err != nil {
			l.s.a.Logger.WarnContext(ctx, "discord: something unreadable came", "bytes", len(data))
			continue
		}
		switch f.Op {
		case opHello:
			if hello {
				continue
			}
			hello = true
			var h struct {
				Interval int64 `json:"heartbeat_interval"`
			}
			if err := json.Unmarshal(f.Data, &h); err != nil || h.Interval <= 0 {
				return fmt.Errorf("a hello without an interval: %w", err)
			}
			interval := time.Duration(h.Interval) * time.Millisecond
			l.conn.SetReadDeadline(time.Time{}) // the heart tells a dead link
			beating.Go(func() { l.beat(ctx, interval) })
			if err := l.begin(ctx); err != nil {
				return err
			}
		case opHeartbeat:
			l.heartbeat()
		case opAck:
			l.acked.Store(true)
		case opReconnect:
			l.close(closeResumable)
			return errors.Join(errGoOn, errors.New("asked for a new connection"))
		case opInvalid:
			var again bool
			if json.Unmarshal(f.Data, &again) != nil || !again {
				l.s.at = resumption{}
				l.seq.Store(0)
			}
			l.close(closeResumable)
			if err := sleep(ctx, time.Duration((1+4*rand.Float64())*float64(l.s.a.times.retry))); err != nil {
				return err
			}
			return errors.Join(errGoOn, errors.New("told that the session is not valid"))
		case opEvent:
			l.event(ctx, f)
		}
	}
}

// begin resumes, or identifies.
func (l *link) begin(ctx context.Context) error {
	s := l.s
	token := s.a.Token
	if s.at.ID != "" {
		return l.send(map[string]any{"op": opResume, "d": map[string]any{"token": token, "session_id": s.at.ID, "seq": s.at.Seq}})
	}
	if err := s.gate.pass(ctx, s.shard); err != nil {
		return err
	}
	return l.send(map[string]any{"op": opIdentify, "d": map[string]any{
		"token": token, "intents": s.a.intents(), "shard": []int{s.shard, s.shards},
		"properties": map[string]string{"os": "linux", "browser": "xiaobao", "device": "xiaobao"},
	}})
}

// event takes what happened. Events may come again, late, or in any order; what cannot be read is passed over.
func (l *link) event(ctx context.Context, f frame) {
	if f.Seq > l.seq.Load() {
		l.seq.Store(f.Seq)
	}
	l.s.a.screened.forget(f.Name, f.Data)
	switch f.Name {
	case "READY":
		var r struct {
			Session string `json:"session_id"`
			URL     string `json:"resume_gateway_url"`
			User    struct {
				ID string `json:"id"`
			} `json:"user"`
		}
		if json.Unmarshal(f.Data, &r) != nil || r.Session == "" {
			return
		}
		l.s.at = resumption{ID: r.Session, URL: r.URL, Seq: f.Seq}
		l.begun()
		l.s.a.Logger.InfoContext(ctx, "discord: connected", "shard", l.s.shard, "of", l.s.shards, "name", l.s.a.identity().name)
	case "RESUMED":
		l.begun()
		l.s.a.Logger.InfoContext(ctx, "discord: went on where it was", "shard", l.s.shard)
	default:
		l.begun() // what was missed comes before RESUMED says so
		l.s.a.event(ctx, f.Name, f.Data)
	}
}

// begun notes that events come over this connection from now on.
func (l *link) begun() {
	if !l.up {
		l.up = true
		l.s.a.pulse.link(1)
	}
}

func (l *link) down() {
	if l.up {
		l.up = false
		l.s.a.pulse.link(-1)
	}
}

// beat sends heartbeats. One that was not acknowledged when the next is due means that the link is dead.
func (l *link) beat(ctx context.Context, every time.Duration) {
	wait := time.Duration(rand.Float64() * float64(every)) // so that not all bots beat at once after an outage
	t := time.NewTimer(wait)
	defer t.Stop()
	for {
		select {
		case <-t.C:
		case <-l.stopped:
			return
		case <-ctx.Done():
			return
		}
		if !l.acked.Load() {
			l.dead.Store(true)
			l.close(closeResumable)
			l.conn.SetReadDeadline(time.Now())
			return
		}
		l.acked.Store(false)
		l.heartbeat()
		t.Reset(every)
	}
}

func (l *link) heartbeat() {
	var last any
	if n := l.seq.Load(); n > 0 {
		last = n
	}
	_ = l.send(map[string]any{"op": opHeartbeat, "d": last}) // a link that cannot be written to is noticed by the next beat
}

func (l *link) send(v any) error {
	l.write.Lock()
	defer l.write.Unlock()
	l.conn.SetWriteDeadline(time.Now().Add(5 * time.Second))
	return l.conn.WriteJSON(v)
}

// close says good-bye in a way that lets the session go on.
func (l *link) close(code int) {
	l.write.Lock()
	defer l.write.Unlock()
	_ = l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second)) // or it is gone already
	l.conn.SetReadDeadline(time.Now().Add(time.Second))
}

// backOff is how long to wait after the failure that came after so many others.
func (t times) backOff(failures int) time.Duration {
	d := min(t.retry<<min(failures, 7), 60*t.retry)
	return d/2 + rand.N(d/2+1)
}

// identifyGate keeps to how often a bot may identify: so many a day, one in five seconds in each of the groups that Discord
// names. Over the day's budget Discord resets the token, so a program that keeps failing slows down long before.
type identifyGate struct {
	a *Adapter

	mu          sync.Mutex
	total       int
	remaining   int
	reset       time.Time
	concurrency int
	next        map[int]time.Time
	streak      int // identifications since one went well for a while
	last        time.Time
}

// slowly is how far apart identifications are when the budget runs low or nothing comes of them.
const slowly = 2 * time.Minute

// set notes what Discord says is left.
func (g *identifyGate) set(total, remaining, concurrency int, reset time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.total, g.remaining, g.concurrency, g.reset = total, remaining, max(concurrency, 1), reset
}

// pass waits until a shard may identify.
func (g *identifyGate) pass(ctx context.Context, shard int) error {
	for {
		wait := g.wait(shard)
		if wait <= 0 {
			return nil
		}
		if wait > 10*g.a.times.identify {
			g.a.Logger.WarnContext(ctx, "discord: identifying slowly, to keep within the day's budget", "wait", wait)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
	}
}

// wait is how long until a shard may identify; zero takes its turn.
func (g *identifyGate) wait(shard int) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	now := g.a.Now()
	if g.next == nil {
		g.next = map[int]time.Time{}
	}
	if g.total > 0 && g.remaining <= 0 {
		if g.reset.After(now) {
			return g.reset.Sub(now)
		}
		g.remaining = g.total
	}
	group := shard % max(g.concurrency, 1)
	if d := g.next[group].Sub(now); d > 0 {
		return d
	}
	if now.Sub(g.last) > time.Hour {
		g.streak = 0
	}
	g.streak++
	g.last = now
	g.remaining--
	pause := g.a.times.identify
	if g.streak > 5*max(g.concurrency, 1) || g.total > 0 && g.remaining < g.total/4 {
		pause = max(slowly, pause)
	}
	g.next[group] = now.Add(pause)
	return 0
}
