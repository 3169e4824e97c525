package slacktest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/gorilla/websocket"
)

// A link is a Socket Mode connection.
type link struct {
	conn  *websocket.Conn
	mu    sync.Mutex
	dead  bool // half open: nothing is read from it, and nobody was told
	going bool // was asked to go: nothing more is sent over it
	gone  bool
}

func (s *Server) connectionsOpen(call) (map[string]any, string) {
	return map[string]any{"url": "ws" + strings.TrimPrefix(s.http.URL, "http") + "/link?ticket=secret"}, ""
}

// Ghosts makes hello count connections that are not there.
func (s *Server) Ghosts(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.extra = n
}

func (s *Server) serveLink(w http.ResponseWriter, r *http.Request) {
	up := websocket.Upgrader{CheckOrigin: func(*http.Request) bool { return true }}
	conn, err := up.Upgrade(w, r, nil)
	if err != nil {
		return
	}
	l := &link{conn: conn}
	conn.SetPingHandler(func(data string) error {
		l.mu.Lock()
		defer l.mu.Unlock()
		if l.dead {
			return nil
		}
		return conn.WriteControl(websocket.PongMessage, []byte(data), time.Now().Add(time.Second))
	})
	s.mu.Lock()
	open := 1 + s.extra
	for _, o := range s.links {
		if !o.away() {
			open++
		}
	}
	s.mu.Unlock()
	l.send(map[string]any{"type": "hello", "num_connections": open, "connection_info": map[string]any{"app_id": "A0APP"}})
	s.mu.Lock()
	s.links = append(s.links, l)
	s.mu.Unlock()
	s.happened()
	for {
		var a struct {
			ID      string          `json:"envelope_id"`
			Payload json.RawMessage `json:"payload"`
		}
		if err := conn.ReadJSON(&a); err != nil {
			break
		}
		l.mu.Lock()
		dead := l.dead
		l.mu.Unlock()
		if dead {
			continue
		}
		s.mu.Lock()
		c := s.acks[a.ID]
		delete(s.acks, a.ID)
		s.mu.Unlock()
		if c != nil {
			c <- a.Payload
		}
	}
	l.mu.Lock()
	l.gone = true
	l.mu.Unlock()
	conn.Close()
	s.happened()
}

func (l *link) away() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.dead || l.gone || l.going
}

func (l *link) send(v any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.dead {
		l.conn.WriteJSON(v)
	}
}

// Links is how many connections are open and in use.
func (s *Server) Links() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	n := 0
	for _, l := range s.links {
		if !l.away() {
			n++
		}
	}
	return n
}

// Opened is how many connections were opened so far.
func (s *Server) Opened() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.links)
}

// Disconnect tells the newest connection that it will end, and why. As with Slack it stays open for a while.
func (s *Server) Disconnect(reason string) {
	if l := s.newest(); l != nil {
		l.send(map[string]any{"type": "disconnect", "reason": reason, "debug_info": map[string]any{"host": "stand-in"}})
		l.mu.Lock()
		l.going = true
		l.mu.Unlock()
	}
}

// Break ends the newest connection without a word.
func (s *Server) Break() {
	if l := s.newest(); l != nil {
		l.conn.NetConn().Close()
	}
}

// HalfOpen makes the newest connection silent: it stays open, and nothing comes over it any more.
func (s *Server) HalfOpen() {
	if l := s.newest(); l != nil {
		l.mu.Lock()
		l.dead = true
		l.mu.Unlock()
	}
}

func (s *Server) newest() *link {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := len(s.links) - 1; i >= 0; i-- {
		if !s.links[i].away() {
			return s.links[i]
		}
	}
	return nil
}

// A Push is how an envelope fared.
type Push struct {
	Acked bool
	Reply json.RawMessage // what the acknowledgement carried
	After time.Duration

	Status  int  // over HTTP
	NoRetry bool // over HTTP: do not deliver it again
}

// Push delivers a payload the way the app is connected. Over Socket Mode it
// sends an envelope over an open connection, waiting for one if need be, and waits for its acknowledgement for as long as Slack does. attempt is
// 0 for the first delivery of it.
func (s *Server) Push(kind string, payload any, attempt int) Push {
	s.t.Helper()
	s.mu.Lock()
	base := s.base
	s.mu.Unlock()
	if base != "" {
		return s.deliver(kind, payload, attempt)
	}
	var l *link
	s.Wait("a connection", func() bool { l = s.newest(); return l != nil })
	c := make(chan json.RawMessage, 1)
	s.mu.Lock()
	s.count++
	id := fmt.Sprint("envelope-", s.count)
	s.acks[id] = c
	s.mu.Unlock()
	start := time.Now()
	e := map[string]any{"type": kind, "envelope_id": id, "payload": payload, "accepts_response_payload": kind != "events_api"}
	if attempt > 0 {
		e["retry_attempt"], e["retry_reason"] = attempt, "timeout"
	}
	l.send(e)
	end := time.NewTimer(3 * time.Second)
	defer end.Stop()
	select {
	case reply := <-c:
		return Push{Acked: true, Reply: reply, After: time.Since(start)}
	case <-end.C:
		return Push{}
	}
}

// Raw sends anything over the newest connection.
func (s *Server) Raw(data string) {
	if l := s.newest(); l != nil {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.conn.WriteMessage(websocket.TextMessage, []byte(data))
	}
}
