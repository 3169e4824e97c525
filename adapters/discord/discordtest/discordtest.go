// Package discordtest is a stand-in for Discord: a real HTTP server with the REST calls the adapter uses and a real WebSocket
// server for the gateway, with the faults that Discord documents and that people have met. It refuses what Discord would refuse, by
// Discord's own OpenAPI description and by the limits that are written elsewhere, and remembers every message as somebody would
// see it.
package discordtest

import (
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// The one application of the stand-in, and who is where.
const (
	App      = "1000000000000000001"
	Bot      = "1000000000000000002"
	Guild    = "1000000000000000010"
	Channel  = "1000000000000000011"
	Person   = "1000000000000000020"
	Stranger = "1000000000000000021"
	DM       = "1000000000000000030" // of Person
	Token    = "stand-in.bot-token.not-a-secret"
)

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

	forum   forum
	gateway gateway
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
	s := &Server{
		t: t, spec: d, key: ed25519.NewKeyFromSeed([]byte("a stand-in's key, not a secret!!")), interactions: map[string]*Interaction{}, tokens: map[string]*Interaction{}, faults: map[string][]Fault{},
		closed: map[string]bool{}, files: map[string][]byte{}, commands: json.RawMessage("[]"), nonces: map[string]string{}, limits: map[string]*limited{}, seconds: map[int64]int{},
		came: make(chan struct{}, 1),
	}
	s.gateway.init()
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

// An answer is what a route says.
type answer struct {
	status int
	code   int
	body   any
}

func fine(v any) answer { return answer{status: http.StatusOK, body: v} }

func refuse(status, code int) answer { return answer{status: status, code: code} }

// serve answers a call, or lets it go wrong.
func (s *Server) serve(w http.ResponseWriter, r *http.Request) {
	defer s.happened()
	path := strings.TrimPrefix(r.URL.Path, "/api/v10")
	template, ok := s.spec.template(r.Method, path)
	if !ok {
		s.refuse("no such route: " + r.Method + " " + path)
		http.Error(w, `{"code":0,"message":"404: Not Found"}`, http.StatusNotFound)
		return
	}
	route := r.Method + " " + template
	data, files, err := read(r)
	if err != nil {
		s.refuse(route + ": " + err.Error())
		http.Error(w, `{"code":50109,"message":"The request body contains invalid JSON."}`, http.StatusBadRequest)
		return
	}
	ids := strings.Split(path, "/")
	s.mu.Lock()
	s.calls = append(s.calls, Call{route, path, time.Now(), data})
	var fault Fault
	if queue := s.faults[route]; len(queue) > 0 {
		fault, s.faults[route] = queue[0], queue[1:]
	}
	wait, scope := s.count429(w, route, ids)
	s.mu.Unlock()
	if fault.Delay > 0 {
		select {
		case <-time.After(fault.Delay):
		case <-r.Context().Done():
			return
		}
	}
	webhook := strings.HasPrefix(path, "/webhooks/") || strings.HasPrefix(path, "/interactions/")
	var a answer
	switch {
	case wait > 0 && fault.Status == 0:
		fault = Fault{Status: http.StatusTooManyRequests, RetryAfter: fmt.Sprintf("%.3f", wait.Seconds()), Scope: scope}
	case fault.Status != 0 && !fault.Late:
	case !webhook && r.Header.Get("Authorization") != "Bot "+Token:
		a = refuse(http.StatusUnauthorized, 0)
	case !strings.HasPrefix(r.Header.Get("User-Agent"), "DiscordBot ("):
		a = refuse(http.StatusForbidden, 40333)
	default:
		a = s.answer(route, template, path, ids, r, data, files)
	}
	if fault.Lost {
		if c, _, err := http.NewResponseController(w).Hijack(); err == nil {
			c.Close()
		}
		return
	}
	if fault.Status != 0 {
		a = refuse(fault.Status, fault.Code)
	}
	w.Header().Set("Content-Type", "application/json")
	if a.status == http.StatusTooManyRequests {
		if fault.Scope != "" {
			w.Header().Set("X-RateLimit-Scope", fault.Scope)
		}
		if fault.Scope == "global" {
			w.Header().Set("X-RateLimit-Global", "true")
		}
		if fault.RetryAfter != "" {
			w.Header().Set("Retry-After", fault.RetryAfter)
		}
		after, _ := strconv.ParseFloat(fault.RetryAfter, 64)
		w.WriteHeader(a.status)
		json.NewEncoder(w).Encode(map[string]any{"message": "You are being rate limited.", "retry_after": after, "global": fault.Scope == "global"})
		return
	}
	if a.status >= 500 {
		w.WriteHeader(a.status)
		io.WriteString(w, "<html>not today</html>")
		return
	}
	if a.status >= 400 {
		w.WriteHeader(a.status)
		json.NewEncoder(w).Encode(map[string]any{"code": a.code, "message": fmt.Sprintf("refused with %d", a.code)})
		return
	}
	if a.body == nil {
		w.WriteHeader(http.StatusNoContent)
		return
	}
	json.NewEncoder(w).Encode(a.body)
}

// count429 counts a call against its limits, and sets the headers that say how it stands. s.mu is held.
func (s *Server) count429(w http.ResponseWriter, route string, ids []string) (wait time.Duration, scope string) {
	now := time.Now()
	free := strings.Contains(route, "/interactions/") || strings.Contains(route, "/webhooks/")
	if s.perSecond > 0 && !free {
		s.seconds[now.Unix()]++
		if s.seconds[now.Unix()] > s.perSecond {
			s.given429++
			return time.Unix(now.Unix()+1, 0).Sub(now), "global"
		}
	}
	l := s.limits[route]
	if l == nil {
		return 0, ""
	}
	major := ""
	if len(ids) > 2 {
		major = ids[2]
	}
	if now.After(l.until[major]) {
		l.used[major], l.until[major] = 0, now.Add(l.window)
	}
	l.used[major]++
	h := w.Header()
	h.Set("X-RateLimit-Bucket", "bucket-of-"+strings.NewReplacer(" ", "-", "/", "-").Replace(route))
	h.Set("X-RateLimit-Limit", strconv.Itoa(l.n))
	h.Set("X-RateLimit-Remaining", strconv.Itoa(max(l.n-l.used[major], 0)))
	h.Set("X-RateLimit-Reset-After", fmt.Sprintf("%.3f", l.until[major].Sub(now).Seconds()))
	if l.used[major] > l.n {
		s.given429++
		return l.until[major].Sub(now), "user"
	}
	return 0, ""
}

func (s *Server) refuse(faults ...string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refused = append(s.refused, faults...)
}

// read reads a body: JSON alone, or JSON and files.
func read(r *http.Request) (data json.RawMessage, files map[string][]byte, err error) {
	kind, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if kind != "multipart/form-data" {
		data, err = io.ReadAll(io.LimitReader(r.Body, 30<<20))
		if err == nil && len(data) > 0 && !json.Valid(data) {
			err = fmt.Errorf("not JSON")
		}
		return data, nil, err
	}
	files = map[string][]byte{}
	m := multipart.NewReader(r.Body, params["boundary"])
	for {
		p, err := m.NextPart()
		if err == io.EOF {
			return data, files, nil
		}
		if err != nil {
			return nil, nil, err
		}
		one, err := io.ReadAll(io.LimitReader(p, 26<<20))
		if err != nil {
			return nil, nil, err
		}
		if p.FormName() == "payload_json" {
			data = one
		} else {
			files[p.FileName()] = one
		}
	}
}

func (s *Server) giveFile(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	data, ok := s.files[r.PathValue("name")]
	s.mu.Unlock()
	switch {
	case r.Header.Get("Authorization") != "":
		s.refuse("the token was sent to where files are")
		http.Error(w, "keep it to yourself", http.StatusBadRequest)
	case !ok:
		http.NotFound(w, r)
	default:
		w.Write(data)
	}
}
