// Package slacktest is a stand-in for Slack: a real HTTP server with the Web API methods the adapter uses and a real WebSocket
// server for Socket Mode, with the faults that Slack documents and that people have met. It refuses what Slack would refuse,
// by the rules of blockkit, and remembers every message as somebody would see it.
package slacktest

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// The one workspace of the stand-in, and who is in it.
const (
	Team    = "T0TEAM"
	Bot     = "U0BOT"
	BotID   = "B0BOT"
	Person  = "U0LIN"
	DM      = "D0LIN"
	Channel = "C0OPS"

	BotToken = "xoxb-stand-in"
	AppToken = "xapp-stand-in"
)

// A Message is what stands in a conversation.
type Message struct {
	Home     string // the workspace whose token posted it
	Channel  string
	TS       string
	Thread   string
	Text     string
	Blocks   json.RawMessage
	Metadata json.RawMessage
	Files    []string
	Edits    int
	Only     string // the one person who sees it
	At       time.Time
}

// A Profile is what users.info says of somebody.
type Profile struct {
	Name, Locale, Zone string
	Enterprise         string // the organization they belong to
}

// A Fault is what goes wrong with the next call of a method.
type Fault struct {
	Status     int           // an HTTP status instead of 200
	RetryAfter string        // the header, with 429
	Error      string        // ok:false with this error
	Lost       bool          // the call works, its answer never comes
	Delay      time.Duration // before it is answered
}

// Server is a running stand-in.
type Server struct {
	t    testing.TB
	http *httptest.Server

	mu       sync.Mutex
	count    int
	messages []*Message
	archived string // the channel that was put away
	shown    []Message
	views    []json.RawMessage
	homes    map[string][]json.RawMessage
	profiles map[string]Profile
	faults   map[string][]Fault
	calls    map[string][]time.Time
	refused  []string
	uploads  map[string]upload
	served   map[string][]byte
	links    []*link
	acks     map[string]chan json.RawMessage
	came     chan struct{}
	extra    int
	noScopes bool

	base   string           // where the bot is posted to; empty: Socket Mode
	now    func() time.Time // what requests are signed with
	tokens map[string]Home  // who speaks with which token
	codes  map[string]Home  // what an installation will bring
	rights map[string]Home  // refresh tokens
	scopes string
	skew   time.Duration
}

// A call is one call of a method.
type call struct {
	url.Values
	body  map[string]any
	home  Home
	token string
}

type upload struct {
	name string
	data []byte
}

// New starts a stand-in, which ends with the test.
func New(t testing.TB) *Server {
	s := &Server{
		t: t, faults: map[string][]Fault{}, calls: map[string][]time.Time{}, uploads: map[string]upload{}, served: map[string][]byte{},
		acks: map[string]chan json.RawMessage{}, came: make(chan struct{}, 1), profiles: map[string]Profile{Person: {Name: "Lin", Locale: "en-US", Zone: "Asia/Shanghai"}},
		now: time.Now, tokens: map[string]Home{BotToken: {Team: Team, Bot: Bot, BotID: BotID}}, codes: map[string]Home{}, rights: map[string]Home{}, scopes: AllScopes,
	}
	mux := http.NewServeMux()
	for method, f := range map[string]func(call) (map[string]any, string){
		"auth.test": s.authTest, "users.info": s.usersInfo, "conversations.open": s.conversationsOpen, "conversations.history": s.history,
		"conversations.replies": s.history, "chat.postMessage": s.post, "chat.update": s.update, "chat.delete": s.delete, "chat.postEphemeral": s.ephemeral,
		"views.open": s.viewsOpen, "views.publish": s.publish, "files.getUploadURLExternal": s.uploadURL, "files.completeUploadExternal": s.complete,
		"apps.connections.open": s.connectionsOpen, "oauth.v2.access": s.oauthAccess, "auth.revoke": s.revoke, "api.test": func(call) (map[string]any, string) { return nil, "" },
	} {
		mux.HandleFunc("POST /api/"+method, func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, method, f) })
	}
	mux.HandleFunc("POST /upload/{id}", s.takeUpload)
	mux.HandleFunc("GET /files/{name}", s.giveFile)
	mux.HandleFunc("GET /link", s.serveLink)
	s.http = httptest.NewServer(mux)
	t.Cleanup(s.close)
	return s
}

func (s *Server) close() {
	s.mu.Lock()
	links := s.links
	s.mu.Unlock()
	for _, l := range links {
		l.conn.Close()
	}
	s.http.CloseClientConnections()
	s.http.Close()
}

// API is the base of the Web API.
func (s *Server) API() string { return s.http.URL + "/api/" }

// Fail makes the next calls of a method go wrong, one after the other.
func (s *Server) Fail(method string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[method] = append(s.faults[method], faults...)
}

// Mend takes back what Fail said of a method and has not happened yet.
func (s *Server) Mend(method string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.faults, method)
}

// Set changes what is known of somebody.
func (s *Server) Set(user string, p Profile) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.profiles[user] = p
}

// WithoutHistory takes the scopes away that reading a conversation needs.
func (s *Server) WithoutHistory() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noScopes = true
}

// Serve offers a file that somebody shared, and returns its address.
func (s *Server) Serve(name string, data []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.served[name] = data
	return s.http.URL + "/files/" + name
}

// Messages are what stands in a conversation, oldest first.
func (s *Server) Messages(channel string) []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Message
	for _, m := range s.messages {
		if m.Channel == channel {
			out = append(out, *m)
		}
	}
	return out
}

// Shown is every message as it was posted and as it was edited, in the order in which that happened.
func (s *Server) Shown() []Message {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.shown)
}

// Views are the modals that were opened.
func (s *Server) Views() []json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.views)
}

// Calls are when a method was called.
func (s *Server) Calls(method string) []time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.calls[method])
}

// Refused are the faults of what was sent and refused, as blockkit names them.
func (s *Server) Refused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refused)
}

// Wait waits until something is as it should be, looking again whenever something happened.
func (s *Server) Wait(what string, ok func() bool) {
	s.t.Helper()
	end := time.NewTimer(2 * time.Minute) // a busy machine is no fault
	defer end.Stop()
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for !ok() {
		select {
		case <-s.came:
		case <-again.C:
		case <-end.C:
			s.t.Fatalf("waited in vain for %s", what)
		}
	}
}

func (s *Server) happened() {
	select {
	case s.came <- struct{}{}:
	default:
	}
}

// serve answers a call of the Web API, or lets it go wrong.
func (s *Server) serve(w http.ResponseWriter, r *http.Request, method string, f func(call) (map[string]any, string)) {
	defer s.happened()
	form, body, token := arguments(r)
	user, pass, basic := r.BasicAuth()
	s.mu.Lock()
	s.calls[method] = append(s.calls[method], time.Now())
	var fault Fault
	if queue := s.faults[method]; len(queue) > 0 {
		fault, s.faults[method] = queue[0], queue[1:]
	}
	s.mu.Unlock()
	if fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
			return
		}
	}
	if fault.RetryAfter != "" {
		w.Header().Set("Retry-After", fault.RetryAfter)
	}
	if fault.Status != 0 {
		w.WriteHeader(fault.Status)
		io.WriteString(w, "<html>not today</html>")
		return
	}
	s.mu.Lock()
	home, known := s.tokens[token]
	scopes, skew := s.scopes, s.skew
	s.mu.Unlock()
	w.Header().Set("Date", time.Now().Add(skew).UTC().Format(http.TimeFormat))
	answer, refused := map[string]any{}, fault.Error
	switch {
	case refused != "":
	case form.Has("token") || r.URL.Query().Has("token"): // Slack takes it there; nobody here should send it there
		s.mu.Lock()
		s.refused = append(s.refused, method+": a token in the body or in the address")
		s.mu.Unlock()
		refused = "invalid_auth"
	case method == "api.test":
	case method == "oauth.v2.access":
		if !basic || user != ClientID || pass != ClientSecret {
			refused = "bad_client_secret"
		}
	case method == "apps.connections.open":
		if token != AppToken {
			refused = "invalid_auth"
		}
	case !known:
		refused = "invalid_auth"
	default:
		w.Header().Set("X-OAuth-Scopes", scopes)
	}
	if refused == "" {
		answer, refused = f(call{Values: form, body: body, home: home, token: token})
	}
	if fault.Lost {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
		return
	}
	if answer == nil {
		answer = map[string]any{}
	}
	answer["ok"] = refused == ""
	if refused != "" {
		answer["error"] = refused
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(answer)
}

func arguments(r *http.Request) (url.Values, map[string]any, string) {
	token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		var body map[string]any
		json.NewDecoder(io.LimitReader(r.Body, 1<<20)).Decode(&body)
		return asForm(body), body, token
	}
	r.ParseForm()
	return r.PostForm, nil, token
}

// asForm is a JSON body as Slack takes it too: every method that takes JSON takes the same as a form, where what is no string is written
// as JSON.
func asForm(body map[string]any) url.Values {
	form := url.Values{}
	for name, v := range body {
		if text, ok := v.(string); ok {
			form.Set(name, text)
		} else if data, err := json.Marshal(v); err == nil {
			form.Set(name, string(data))
		}
	}
	return form
}
