// Package web is the local web chat: one page, served from this process, with no other server, framework or build step.
//
// It is a door like any other. What people do comes in as a POST, is handed on, and is acknowledged only after that
// succeeded; what the bot says is kept in bot.Log and reaches the open pages as a stream of server-sent events. The page
// is therefore the same after a reload and after a restart: everything on it comes from the log.
//
//	browser ──POST /r/{room}/in──► Handler ──► handle (204 once it returned nil)
//	   ▲                                          │
//	   └──GET /r/{room}/events◄── Log.Since ◄── Log.Post ◄── Send
//
// What a person typed is never written to the log by this package. It appears there when the bot echoes it, masked where
// it was a secret. Until then the page shows it by itself, as "sending".
package web

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	"xiaobao/bot"
)

// Network is the Network of every place and user this package makes.
const Network = "web"

// Workspace is the one tenant inside it.
const Workspace = "local"

// Config is what an Adapter needs. Only Log and, for Run, Listener are required.
type Config struct {
	Listener net.Listener            // where Run serves; Run closes it
	Log      bot.Log                 // what was shown, so that it is there again
	Hosts    []string                // names under which the page may be opened besides localhost and the loopback addresses
	Beside   map[string]http.Handler // other pages on the same server, by pattern: "/admin/"
	Open     map[string]http.Handler // the same, but for programs that post by themselves, from anywhere: they check who it is
	Heard    func(func(bot.Place))   // where another process changed the log, the zero Place when that may be anywhere; nil: it never does
	Now      func() time.Time        // nil: time.Now
	NewID    func() string           // unguessable, only [0-9a-z], at least 16 of them; nil: from crypto/rand
	Logger   *slog.Logger            // nil: slog.Default()
	Streams  int                     // pages that may be open at once; 0: 256
}

// Adapter is the web chat. It keeps nothing but the list of open pages.
type Adapter struct {
	Config
	words words
	page  page
	hub   *hub
	busy  chan struct{} // one for each POST being handled
}

var _ bot.Adapter = (*Adapter)(nil)

// New makes the adapter. It fails only when what is embedded in the program is broken.
func New(c Config) (*Adapter, error) {
	if c.Log == nil {
		return nil, errors.New("web: no log to keep the chat in")
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.NewID == nil {
		c.NewID = func() string { return strings.ToLower(rand.Text()) }
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Streams == 0 {
		c.Streams = 256
	}
	w, err := readWords()
	if err != nil {
		return nil, err
	}
	p, err := readPage()
	if err != nil {
		return nil, err
	}
	a := &Adapter{Config: c, words: w, page: p, hub: newHub(c.Streams), busy: make(chan struct{}, 64)}
	if c.Heard != nil {
		c.Heard(a.heard)
	}
	return a, nil
}

// Name is "web".
func (a *Adapter) Name() string { return Network }

// Run serves the chat on Config.Listener until ctx ends. It then ends the streams, lets posts that are being handled
// finish for up to ten seconds, and returns nil.
func (a *Adapter) Run(ctx context.Context, handle func(context.Context, bot.Incoming) error) error {
	if a.Listener == nil {
		return errors.New("web: no listener to serve on")
	}
	server := &http.Server{
		Handler:           a.Handler(ctx, handle),
		ReadHeaderTimeout: 5 * time.Second,
		ReadTimeout:       15 * time.Second, // lifted for streams
		WriteTimeout:      60 * time.Second, // lifted for streams
		IdleTimeout:       60 * time.Second,
		MaxHeaderBytes:    16 << 10,
		ErrorLog:          slog.NewLogLogger(a.Logger.Handler(), slog.LevelDebug),
	}
	served := make(chan error, 1)
	go func() { served <- server.Serve(a.Listener) }()
	select {
	case err := <-served:
		return fmt.Errorf("web: serve: %w", err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
	defer cancel()
	err := server.Shutdown(last)
	if err != nil {
		server.Close()
	}
	<-served
	if err != nil {
		return fmt.Errorf("web: shut down: %w", err)
	}
	return nil
}

// Handler serves the chat, and Config.Beside with it, behind the checks of the host name and of cross-origin requests, and
// Config.Open before them.
// Streams end when ctx does; a page then asks again until it is served.
func (a *Adapter) Handler(ctx context.Context, handle func(context.Context, bot.Incoming) error) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", a.serveHome)
	mux.HandleFunc("GET /r/{room}", a.serveRoom)
	mux.HandleFunc("GET /r/{room}/events", func(w http.ResponseWriter, r *http.Request) { a.serveStream(ctx, w, r) })
	mux.HandleFunc("GET /r/{room}/file/{order}/{block}/{name}", a.serveFile)
	mux.HandleFunc("POST /r/{room}/in", func(w http.ResponseWriter, r *http.Request) { a.serveIn(handle, w, r) })
	mux.HandleFunc("GET /static/{hash}/{name}", func(w http.ResponseWriter, r *http.Request) { a.page.serveStatic(a.serveGone, w, r) })
	mux.HandleFunc("GET /favicon.ico", a.page.serveIcon)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		for _, method := range []string{http.MethodGet, http.MethodPost} { // there is something, for another method
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := mux.Handler(other); pattern != "/" {
				w.Header().Set("Allow", method)
				http.Error(w, http.StatusText(http.StatusMethodNotAllowed), http.StatusMethodNotAllowed)
				return
			}
		}
		a.serveGone(w, r)
	})
	for pattern, h := range a.Beside {
		mux.Handle(pattern, h)
	}
	guarded := guard(mux, a.Hosts)
	if len(a.Open) == 0 {
		return guarded
	}
	all := http.NewServeMux()
	for pattern, h := range a.Open {
		all.Handle(pattern, h)
	}
	all.Handle("/", guarded)
	return all
}

// Send appends d to the log of its room, or replaces the card d.Message.Key names, and tells the pages that show the room.
// Sending the same d.ID again changes nothing.
func (a *Adapter) Send(ctx context.Context, d bot.Delivery) (bot.Receipt, error) {
	if d.Call != nil {
		return bot.Receipt{}, bot.Never(errors.New("web: a call is not a message"))
	}
	body, err := json.Marshal(makeLine(d))
	if err != nil {
		return bot.Receipt{}, bot.Never(fmt.Errorf("web: write message: %w", err))
	}
	key := d.Message.Key
	if d.Echo != nil {
		key = ""
	}
	seq, err := a.Log.Post(ctx, d.Place, d.Case, d.ID, key, a.Now(), body)
	if err != nil {
		return bot.Receipt{}, fmt.Errorf("web: keep message: %w", err)
	}
	a.hub.wake(d.Place.Room)
	return bot.Receipt{Native: strconv.FormatInt(seq, 10)}, nil
}

// Capabilities are those of a page that can show everything. A room is Private while only one browser has been seen in it.
func (a *Adapter) Capabilities(p bot.Place) bot.Capabilities {
	return bot.Capabilities{
		Buttons: 12,
		Options: 200,
		Fields:  50,
		Edits:   true,
		Blocks:  true,
		Files:   5 << 20,
		Echo:    true,
		Private: a.hub.alone(p.Room),
	}
}

// makePlace is the place of a room of this chat.
func makePlace(room string) bot.Place {
	return bot.Place{Network: Network, Workspace: Workspace, Room: room}
}
