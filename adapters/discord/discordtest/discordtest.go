// Package discordtest is a stand-in for Discord: a real HTTP server with the REST calls the adapter uses and a real WebSocket
// server for the gateway, with the faults that Discord documents and that people have met. It refuses what Discord would refuse, by
// Discord's own OpenAPI description and by the limits that are written elsewhere, and remembers every message as somebody would
// see it.
package discordtest

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"sync"
	"testing"
	"time"
)

// The one application of the stand-in, and who is where.
const (
	App      = "1000000000000000001"
	Bot      = "1000000000000000002"
	Guild    = "1000000000000000010"
	Channel  = "1000000000000000011" // everybody sees it
	Den      = "1000000000000000012" // only those see it who were let in
	Person   = "1000000000000000020"
	Stranger = "1000000000000000021"
	DM       = "1000000000000000030" // of Person
	Token    = "stand-in.bot-token.not-a-secret"
)

// Invited is what the invite link asks for.
const Invited = 1<<10 | 1<<11 | 1<<14 | 1<<15 | 1<<16 | 1<<38

// A Message is what stands in a channel.
type Message struct {
	Channel    string
	ID         string
	Author     string
	Content    string
	Embeds     []struct{ Title, Description string }
	Components json.RawMessage
	Flags      int
	Files      []string
	Nonce      string
	Edits      int
	Only       string // the one person who sees it
	Reference  string
	Loading    bool // shows that the bot is thinking
	At         time.Time

	token string // of the interaction that made it
}

// A Fault is what goes wrong with the next call of a route.
type Fault struct {
	Status     int           // an HTTP status instead of the answer
	Code       int           // Discord's own code, with a status
	RetryAfter string        // the header, with 429
	Scope      string        // "user", "global", "shared", with 429
	Late       bool          // with a status of 500 and more: the call works all the same
	Lost       bool          // the call works, its answer never comes
	Delay      time.Duration // before it is answered
}

// A Call is a request as it came.
type Call struct {
	Route string // "POST /channels/{channel_id}/messages"
	Path  string
	At    time.Time
	Body  json.RawMessage
}

// Server is a running stand-in.
type Server struct {
	t    testing.TB
	http *httptest.Server
	spec *spec
	key  ed25519.PrivateKey

	mu           sync.Mutex
	count        uint64
	messages     []*Message
	shown        []Message
	interactions map[string]*Interaction // by id
	tokens       map[string]*Interaction
	faults       map[string][]Fault
	calls        []Call
	refused      []string
	closed       map[string]bool // channels of people whose direct messages are closed
	files        map[string][]byte
	commands     json.RawMessage
	nonces       map[string]string
	noHistory    bool
	editLimit    bool
	endpoint     any
	limits       map[string]*limited
	given429     int
	perSecond    int
	seconds      map[int64]int
	came         chan struct{}

	forum     forum
	desk      string
	granted   int64            // what the bot's role may do
	everybody int64            // what everybody may do
	changed   []map[string]any // what channels give and take
	gateway   gateway
}

type limited struct {
	n      int
	window time.Duration
	used   map[string]int
	until  map[string]time.Time
}

// New starts a stand-in, which ends with the test.
func New(t testing.TB) *Server {
	d, err := description()
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{granted: Invited, everybody: 1 << 10,
		t: t, spec: d, key: ed25519.NewKeyFromSeed([]byte("a stand-in's key, not a secret!!")), interactions: map[string]*Interaction{}, tokens: map[string]*Interaction{}, faults: map[string][]Fault{},
		closed: map[string]bool{}, files: map[string][]byte{}, commands: json.RawMessage("[]"), nonces: map[string]string{}, limits: map[string]*limited{}, seconds: map[int64]int{},
		came: make(chan struct{}, 1),
	}
	s.gateway.init()
	s.Overwrite(Den, Guild, 0, 1<<10)
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v10/", s.serve)
	mux.HandleFunc("GET /files/{name}", s.giveFile)
	mux.HandleFunc("GET /gateway/", s.serveLink)
	s.http = httptest.NewServer(mux)
	t.Cleanup(s.close)
	return s
}

func (s *Server) close() {
	s.gateway.closeAll()
	s.http.CloseClientConnections()
	s.http.Close()
}

// API is the base of the REST interface.
func (s *Server) API() string { return s.http.URL + "/api/v10" }

// PublicKey is the application's, in hex.
func (s *Server) PublicKey() string { return hex.EncodeToString(s.key.Public().(ed25519.PublicKey)) }

// Sign makes the headers of a request that Discord would send at a moment.
func (s *Server) Sign(r *http.Request, at time.Time, body []byte) {
	stamp := strconv.FormatInt(at.Unix(), 10)
	r.Header.Set("X-Signature-Timestamp", stamp)
	r.Header.Set("X-Signature-Ed25519", hex.EncodeToString(ed25519.Sign(s.key, append([]byte(stamp), body...))))
	r.Header.Set("Content-Type", "application/json")
}

// Fail makes the next calls of a route go wrong, one after the other.
func (s *Server) Fail(route string, faults ...Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[route] = append(s.faults[route], faults...)
}

// Limit allows n calls of a route in a window, for each channel.
func (s *Server) Limit(route string, n int, window time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.limits[route] = &limited{n: n, window: window, used: map[string]int{}, until: map[string]time.Time{}}
}

// Global allows so many calls in any second of the clock; 0: any number.
func (s *Server) Global(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.perSecond = n
}

// TooMany is how often a call was refused because of Limit or Global.
func (s *Server) TooMany() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.given429
}

// CloseDM closes the direct messages in a channel; OpenDM opens them again.
func (s *Server) CloseDM(channel string) { s.setClosed(channel, true) }

// OpenDM opens the direct messages in a channel.
func (s *Server) OpenDM(channel string) { s.setClosed(channel, false) }

func (s *Server) setClosed(channel string, closed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed[channel] = closed
}

// WithoutHistory takes away the permission to read a channel's messages.
func (s *Server) WithoutHistory() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.noHistory = true
}

// Endpoint sets the application's Interactions Endpoint URL.
func (s *Server) Endpoint(url string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.endpoint = url
}

// ForgetNonces does what Discord does after some minutes.
func (s *Server) ForgetNonces() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.nonces)
}

// LimitEdits takes no more edits of messages older than an hour.
func (s *Server) LimitEdits() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.editLimit = true
}

// Old puts a message of the bot into a channel that is so old.
func (s *Server) Old(channel string, age time.Duration, text string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	at := time.Now().Add(-age)
	id := strconv.FormatInt((at.UnixMilli()-epoch)<<22|1, 10)
	components, _ := json.Marshal([]map[string]any{{"type": 10, "content": text}})
	s.messages = append(s.messages, &Message{Channel: channel, ID: id, Author: Bot, Components: components, Flags: 1 << 15, At: at})
	return id
}

// Remove takes a message away, as a person may.
func (s *Server) Remove(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.messages = slices.DeleteFunc(s.messages, func(m *Message) bool { return m.ID == id })
}

// Serve offers a file that somebody handed over, and returns its address.
func (s *Server) Serve(name string, data []byte) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.files[name] = data
	return s.http.URL + "/files/" + name
}

// File is the bytes of a file that was sent, by its name.
func (s *Server) File(name string) []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.files["sent/"+name]
}

// Messages are what stands in a channel, oldest first: what everybody sees, and what only somebody sees.
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

// Calls are the requests of a route; of all routes when it is empty.
func (s *Server) Calls(route string) []Call {
	s.mu.Lock()
	defer s.mu.Unlock()
	var out []Call
	for _, c := range s.calls {
		if route == "" || c.Route == route {
			out = append(out, c)
		}
	}
	return out
}

// Refused are the faults of what was sent and refused.
func (s *Server) Refused() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.refused)
}

// Commands are those that are registered.
func (s *Server) Commands() json.RawMessage {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.commands)
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

// epoch is when Discord's ids begin.
const epoch = 1420070400000

// id makes the next id. s.mu is held.
func (s *Server) id() string {
	s.count++
	return strconv.FormatInt((time.Now().UnixMilli()-epoch)<<22|int64(s.count&(1<<22-1)), 10)
}
