package discordtest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// A gateway is the WebSocket side of the stand-in.
type gateway struct {
	mu         sync.Mutex
	interval   time.Duration
	shards     int
	remaining  int
	reset      time.Duration
	links      []*link
	sessions   map[string]*session
	count      int
	identifies []time.Time
	resumes    int
	waits      []time.Duration // of each connection: from hello to the first heartbeat
	closes     []int           // the codes clients closed with
}

type session struct {
	id    string
	shard int
	seq   int64
	all   []sent
	dead  bool
}

type sent struct {
	seq  int64
	text []byte
}

type link struct {
	conn    *websocket.Conn
	mu      sync.Mutex
	session *session
	zombie  bool
	gone    bool
	opened  time.Time
	beaten  bool
}

func (g *gateway) init() {
	g.interval, g.shards, g.remaining, g.sessions = 41250*time.Millisecond, 1, 1000, map[string]*session{}
}

func (g *gateway) where(url string) map[string]any {
	g.mu.Lock()
	defer g.mu.Unlock()
	return map[string]any{"url": url, "shards": g.shards, "session_start_limit": map[string]any{"total": 1000, "remaining": g.remaining, "reset_after": g.reset.Milliseconds(), "max_concurrency": 1}}
}

func (g *gateway) closeAll() {
	g.mu.Lock()
	links := slices.Clone(g.links)
	g.mu.Unlock()
	for _, l := range links {
		l.conn.Close()
	}
}

// Beat sets how often heartbeats are wanted.
func (s *Server) Beat(every time.Duration) { s.gateway.set(func(g *gateway) { g.interval = every }) }

// Shards sets how many shards are recommended.
func (s *Server) Shards(n int) { s.gateway.set(func(g *gateway) { g.shards = n }) }

// Budget sets how many identifications are left, and when there are new ones.
func (s *Server) Budget(remaining int, reset time.Duration) {
	s.gateway.set(func(g *gateway) { g.remaining, g.reset = remaining, reset })
}

func (g *gateway) set(f func(*gateway)) {
	g.mu.Lock()
	defer g.mu.Unlock()
	f(g)
}

// Identified is when clients identified; Resumed is how often one went on with a session.
func (s *Server) Identified() (at []time.Time) {
	s.gateway.set(func(g *gateway) { at = slices.Clone(g.identifies) })
	return at
}

// Resumed is how often a session went on.
func (s *Server) Resumed() (n int) {
	s.gateway.set(func(g *gateway) { n = g.resumes })
	return n
}

// FirstBeats are how long after hello the first heartbeat of each connection came.
func (s *Server) FirstBeats() (d []time.Duration) {
	s.gateway.set(func(g *gateway) { d = slices.Clone(g.waits) })
	return d
}

// Closes are the codes that clients closed with.
func (s *Server) Closes() (codes []int) {
	s.gateway.set(func(g *gateway) { codes = slices.Clone(g.closes) })
	return codes
}

// Links is how many connections are open and have a session.
func (s *Server) Links() (n int) {
	s.gateway.set(func(g *gateway) {
		for _, l := range g.links {
			if l.live() {
				n++
			}
		}
	})
	return n
}

func (l *link) live() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.gone && !l.zombie && l.session != nil
}

func (s *Server) serveLink(w http.ResponseWriter, r *http.Request) {
	defer s.happened()
	if r.URL.Query().Get("v") != "10" || r.URL.Query().Get("encoding") != "json" {
		http.Error(w, "v=10&encoding=json", http.StatusBadRequest)
		return
	}
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	l := &link{conn: conn, opened: time.Now()}
	g := &s.gateway
	g.mu.Lock()
	g.links = append(g.links, l)
	interval := g.interval
	g.mu.Unlock()
	l.send(map[string]any{"op": 10, "d": map[string]any{"heartbeat_interval": interval.Milliseconds()}})
	for {
		var f struct {
			Op   int             `json:"op"`
			Data json.RawMessage `json:"d"`
		}
		_, data, err := conn.ReadMessage()
		if err != nil {
			l.ended(g, err)
			break
		}
		if len(data) > 4096 || json.Unmarshal(data, &f) != nil {
			l.shut(4002)
			continue
		}
		l.mu.Lock()
		zombie := l.zombie
		l.mu.Unlock()
		if zombie {
			continue
		}
		switch f.Op {
		case 1:
			l.beat(g)
		case 2:
			s.identify(l, f.Data)
		case 6:
			s.resume(l, f.Data)
		default:
			l.shut(4001)
		}
		s.happened()
	}
	conn.Close()
}

func (l *link) ended(g *gateway, err error) {
	l.mu.Lock()
	l.gone = true
	sess := l.session
	l.mu.Unlock()
	g.mu.Lock()
	defer g.mu.Unlock()
	if c, ok := err.(*websocket.CloseError); ok {
		g.closes = append(g.closes, c.Code)
		if sess != nil && (c.Code == 1000 || c.Code == 1001) {
			sess.dead = true // what Discord does when a client says good-bye like that
		}
	}
}

func (l *link) beat(g *gateway) {
	g.mu.Lock()
	if !l.beaten {
		l.beaten = true
		g.waits = append(g.waits, time.Since(l.opened))
	}
	g.mu.Unlock()
	l.send(map[string]any{"op": 11})
}

func (s *Server) identify(l *link, data json.RawMessage) {
	var d struct {
		Token   string `json:"token"`
		Intents int    `json:"intents"`
		Shard   []int  `json:"shard"`
	}
	json.Unmarshal(data, &d)
	g := &s.gateway
	g.mu.Lock()
	g.identifies = append(g.identifies, time.Now())
	g.remaining--
	g.count++
	id := fmt.Sprint("session-", g.count)
	shards := g.shards
	g.mu.Unlock()
	s.mu.Lock()
	if s.forum.readable { // switched on in the portal
		d.Intents &^= 1 << 15
	}
	s.mu.Unlock()
	switch {
	case d.Token != Token:
		l.shut(4004)
		return
	case d.Intents&(1<<1|1<<8|1<<15) != 0:
		l.shut(4014)
		return
	case d.Intents >= 1<<26 || d.Intents < 0:
		l.shut(4013)
		return
	case len(d.Shard) != 2 || d.Shard[0] >= d.Shard[1]:
		l.shut(4010)
		return
	case d.Shard[1] < shards:
		l.shut(4011)
		return
	}
	sess := &session{id: id, shard: d.Shard[0]}
	g.mu.Lock()
	g.sessions[id] = sess
	g.mu.Unlock()
	l.mu.Lock()
	l.session = sess
	l.mu.Unlock()
	s.dispatch(sess, "READY", map[string]any{"v": 10, "session_id": id, "resume_gateway_url": "ws" + s.http.URL[4:] + "/gateway/resume", "user": map[string]any{"id": Bot}, "application": map[string]any{"id": App}, "guilds": []any{map[string]any{"id": Guild, "unavailable": true}}, "shard": d.Shard})
}

func (s *Server) resume(l *link, data json.RawMessage) {
	var d struct {
		Token   string `json:"token"`
		Session string `json:"session_id"`
		Seq     int64  `json:"seq"`
	}
	json.Unmarshal(data, &d)
	g := &s.gateway
	g.mu.Lock()
	sess := g.sessions[d.Session]
	if d.Token != Token {
		g.mu.Unlock()
		l.shut(4004)
		return
	}
	if sess == nil || sess.dead {
		g.mu.Unlock()
		l.send(map[string]any{"op": 9, "d": false})
		return
	}
	if d.Seq > sess.seq {
		g.mu.Unlock()
		l.shut(4007)
		return
	}
	g.resumes++
	for _, o := range g.links {
		if o != l {
			o.mu.Lock()
			if o.session == sess {
				o.session = nil
			}
			o.mu.Unlock()
		}
	}
	missed := slices.Clone(sess.all)
	g.mu.Unlock()
	for _, e := range missed {
		if e.seq > d.Seq {
			l.raw(e.text)
		}
	}
	l.mu.Lock()
	l.session = sess
	l.mu.Unlock()
	s.dispatch(sess, "RESUMED", map[string]any{})
}

// dispatch sends an event to whoever has the session, now or when it goes on.
func (s *Server) dispatch(sess *session, name string, data any) {
	g := &s.gateway
	g.mu.Lock()
	sess.seq++
	text, _ := json.Marshal(map[string]any{"op": 0, "t": name, "s": sess.seq, "d": data})
	sess.all = append(sess.all, sent{sess.seq, text})
	var to *link
	for _, l := range g.links {
		l.mu.Lock()
		if l.session == sess && !l.gone {
			to = l
		}
		l.mu.Unlock()
	}
	g.mu.Unlock()
	if to != nil {
		to.raw(text)
	}
	s.happened()
}

// Event tells whoever is connected for the first shard of something, twice if again is set. Without a session it waits for one.
func (s *Server) Event(name string, data any, again ...bool) {
	s.t.Helper()
	var sess *session
	s.Wait("a session", func() bool { sess = s.current(); return sess != nil })
	s.dispatch(sess, name, data)
	if len(again) > 0 && again[0] {
		s.gateway.set(func(g *gateway) {
			for _, l := range g.links {
				l.mu.Lock()
				has := l.session == sess && !l.gone
				l.mu.Unlock()
				if has {
					l.raw(sess.all[len(sess.all)-1].text)
				}
			}
		})
	}
}

func (s *Server) current() (newest *session) {
	s.gateway.set(func(g *gateway) {
		for _, l := range g.links {
			l.mu.Lock()
			if l.session != nil && l.session.shard == 0 && !l.session.dead {
				newest = l.session
			}
			l.mu.Unlock()
		}
	})
	return newest
}

// Raw sends text over the newest connection as it is.
func (s *Server) Raw(text string) {
	if l := s.newest(); l != nil {
		l.raw([]byte(text))
	}
}

// Reconnect asks the newest connection to come back: op 7.
func (s *Server) Reconnect() { s.Raw(`{"op":7,"d":null}`) }

// Invalid says that the newest session is not valid, or that it can be resumed all the same: op 9.
func (s *Server) Invalid(resumable bool) {
	if l := s.newest(); l != nil {
		if !resumable {
			l.mu.Lock()
			l.session.dead = true
			l.mu.Unlock()
		}
		l.send(map[string]any{"op": 9, "d": resumable})
	}
}

// Close ends the newest connection with a code.
func (s *Server) Close(code int) {
	if l := s.newest(); l != nil {
		l.shut(code)
	}
}

// Break ends the newest connection without a word.
func (s *Server) Break() {
	if l := s.newest(); l != nil {
		l.mu.Lock()
		l.gone = true
		l.mu.Unlock()
		l.conn.NetConn().Close()
	}
}

// Zombie makes the newest connection silent: it stays open, and nothing is answered any more.
func (s *Server) Zombie() {
	if l := s.newest(); l != nil {
		l.mu.Lock()
		l.zombie = true
		l.mu.Unlock()
	}
}

func (s *Server) newest() *link {
	g := &s.gateway
	g.mu.Lock()
	defer g.mu.Unlock()
	for _, l := range slices.Backward(g.links) {
		if l.live() {
			return l
		}
	}
	return nil
}

func (l *link) send(v any) {
	text, _ := json.Marshal(v)
	l.raw(text)
}

func (l *link) raw(text []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.zombie && !l.gone {
		l.conn.WriteMessage(websocket.TextMessage, text)
	}
}

func (l *link) shut(code int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone = true
	l.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, ""), time.Now().Add(time.Second))
	l.conn.SetReadDeadline(time.Now().Add(time.Second))
}
