// Package discord is the bot in Discord: in direct messages, and in servers as the command /xiaobao, whose answers only the
// person sees. It needs a bot token. What people do arrives over the gateway, or, where the configuration says so, as signed HTTP
// requests; never both.
//
//	Discord ──gateway or HTTP──► read ──► receive ──► handle, then it is acknowledged; late by necessity: deferred first
//	   ▲                                    │ keeps how to answer (reply) for a quarter of an hour
//	   └──REST◄── limits ◄── draw ◄── Send ◄── the outbox
//
// A place is one of three:
//
//	direct messages   Room: the channel
//	a corner          Workspace: the server, Room: the channel, Thread: "~" and the person: what only they see there. It can
//	                  be spoken to while one of their interactions is young; after that the person is written to directly, if
//	                  they asked for that.
//	a channel         Workspace: the server, Room: the channel or thread: everybody there reads
//
// A person is the same in all of them: the workspace of a user is empty. See docs/decisions/0014-discord-by-its-own-hands.md.
package discord

import (
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"time"

	"xiaobao/bot"
)

// Network is the Network of every place and user this package makes.
const Network = "discord"

// Memory is what an Adapter must remember across restarts, and shares with other processes. store.Notes is one.
type Memory interface {
	// Keep writes a note until a moment, over the one of the same name. A note about somebody goes when their case is erased.
	Keep(ctx context.Context, name string, about bot.User, body []byte, now, until time.Time) error
	// Find reads a note; nil when there is none, or it has ended by now.
	Find(ctx context.Context, name string, now time.Time) ([]byte, error)
	// List calls f for up to most notes whose names begin with prefix and come after that name, in the order of their names.
	List(ctx context.Context, prefix, after string, now time.Time, most int, f func(name string, body []byte)) error
	// Drop removes a note, if it is there.
	Drop(ctx context.Context, name string) error
}

// A Leaser lends a name to one process at a time, so that two never act for the same shard. store.Store is one.
type Leaser interface {
	// Lease takes the named lease, or renews it, until a moment. False while it is somebody else's.
	Lease(ctx context.Context, name, holder string, now, until time.Time) (bool, error)
	// Release gives it back before its end.
	Release(ctx context.Context, name, holder string) error
}

// A Suggest lists what of a person's own begins with or holds query; what is the kind: "shipment". It must answer within 300 ms.
// bot.Bot.Suggest is one.
type Suggest func(ctx context.Context, u bot.User, what, query string) ([]bot.Option, error)

// Config is what an Adapter needs. Token is required, and Memory, Leases and ID before Run: see Keep.
type Config struct {
	Token     string  // the bot's token, without "Bot "
	PublicKey string  // in hex; with it and HTTP, interactions are served by Handler and the gateway stays closed
	HTTP      bool    // see PublicKey
	API       string  // another base for everything, for tests and proxies: "http://127.0.0.1:1/api/v10"; empty: Discord's own
	Guild     string  // where commands are registered; empty: everywhere
	Memory    Memory  //
	Leases    Leaser  //
	Suggest   Suggest // optional
	Forum     Forum   // optional
	Desk      Desk    // optional
	ID        string  // random, names this run among processes
	Shards    int     // how many shards; 0: as many as Discord recommends
	Now       func() time.Time
	Logger    *slog.Logger
}

// Adapter is one Discord application.
type Adapter struct {
	Config
	rest      *client
	words     words
	forms     *forms
	replies   *replies
	people    *people
	sent      *journal
	recent    *recent
	lanes     *lanes
	times     times
	pulse     *pulse
	screened  screened
	key       ed25519.PublicKey
	warnings  warnings
	bell      chan struct{} // rings when a question was answered at the desk
	opening   sync.Mutex    // one place for news is opened at a time: when the same is asked twice, the second finds what the first made
	attending sync.Mutex    // one round at the desk at a time: a round reads what was shown, and then shows

	mu     sync.Mutex
	self   identity
	handle handler
	busy   sync.WaitGroup
	ended  bool
	ending chan struct{}
}

var _ bot.Adapter = (*Adapter)(nil)

// An identity is who we are.
type identity struct {
	app  string // the application
	user string // the bot as a user
	name string
}

type handler = func(context.Context, bot.Incoming) error

// times are what an Adapter waits for; tests shorten them.
type times struct {
	first    time.Duration // how long the bot may take before an interaction is deferred
	whole    time.Duration // and in all
	thinking time.Duration // how long "thinking" may stand when nothing was said in it
	form     time.Duration // how long a form that is shown again is waited for
	suggest  time.Duration
	retry    time.Duration // the wait after the first failure to connect; it doubles up to sixty times as much
	identify time.Duration // between two identifications of a program that keeps failing
	lease    time.Duration // how long a shard's lease runs
}

func defaultTimes() times {
	return times{
		first: 1200 * time.Millisecond, whole: 20 * time.Second, thinking: 3 * time.Second, form: 1500 * time.Millisecond, suggest: 250 * time.Millisecond,
		retry: time.Second, identify: 5 * time.Second, lease: 30 * time.Second,
	}
}

// New makes the adapter. It does not connect.
func New(c Config) (*Adapter, error) {
	c.Token = strings.TrimPrefix(strings.TrimSpace(c.Token), "Bot ")
	if len(c.Token) < 20 || strings.ContainsAny(c.Token, " \n\t") {
		return nil, errors.New("discord: DISCORD_TOKEN must be the bot's token, as Discord shows it once under Bot, Reset Token")
	}
	var key ed25519.PublicKey
	if c.HTTP {
		raw, err := hex.DecodeString(strings.TrimSpace(c.PublicKey))
		if err != nil || len(raw) != ed25519.PublicKeySize {
			return nil, errors.New("discord: DISCORD_PUBLIC_KEY must be the 64 signs under General Information, Public Key")
		}
		key = raw
	}
	if c.Now == nil {
		c.Now = time.Now
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.API == "" {
		c.API = defaultAPI
	}
	w, err := readWords()
	if err != nil {
		return nil, err
	}
	p := &pulse{now: c.Now}
	rest, err := newClient(c.API, c.Token, c.Now, p.Called)
	if err != nil {
		return nil, err
	}
	a := &Adapter{Config: c, rest: rest, words: w, forms: newForms(), sent: newJournal(), recent: newRecent(c.Now), lanes: newLanes(), times: defaultTimes(), pulse: p, key: key, bell: make(chan struct{}, 1)}
	a.ending = make(chan struct{})
	a.Keep(c.Memory, c.Leases, c.Suggest)
	return a, nil
}

// Keep gives the adapter what it remembers with, what lends it shards, and what suggests (which may be nil). It is for programs
// that have these only after they have made their adapters, and must come before Run and Send.
func (a *Adapter) Keep(m Memory, l Leaser, s Suggest) {
	a.Memory, a.Leases, a.Suggest = m, l, s
	a.replies, a.people = newReplies(m, a.Now), newPeople(m, a.Now)
}

// Name is "discord".
func (a *Adapter) Name() string { return Network }

// Capabilities are those of a Discord message. Text is so short that it still fits when most of it has to be escaped.
func (a *Adapter) Capabilities(p bot.Place) bot.Capabilities {
	return bot.Capabilities{
		Buttons:    10,
		ButtonText: 34,
		Options:    mostOptions,
		Fields:     40, // in windows of five: see submit
		Text:       1700,
		Edits:      true,
		Blocks:     true,
		Files:      8 << 20,
		Private:    private(p),
		Brief:      strings.HasPrefix(p.Thread, cornerMark),
		NewsAt:     newsAt(p),
	}
}

// cornerMark begins the Thread of a place that only one person sees.
const cornerMark = "~"

// makeCorner is what only one person sees in a channel.
func makeCorner(guild, channel, user string) bot.Place {
	return bot.Place{Network: Network, Workspace: guild, Room: channel, Thread: cornerMark + user}
}

// parseCorner says whose corner a place is.
func parseCorner(p bot.Place) (user string, ok bool) { return strings.CutPrefix(p.Thread, cornerMark) }

// makeDirect is where somebody and the bot are alone.
func makeDirect(channel string) bot.Place { return bot.Place{Network: Network, Room: channel} }

// private says whether only one person reads at a place.
func private(p bot.Place) bool { return p.Workspace == "" || strings.HasPrefix(p.Thread, cornerMark) }

// makeUser is a person as the bot knows them.
func makeUser(id, name, language string) bot.User {
	return bot.User{Network: Network, ID: id, Name: bot.Shorten(oneLineOr(name), 60), Language: language}
}

// oneLineOr is a name on one line, and nothing where there is none.
func oneLineOr(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }

// Run connects and hands over what happens until ctx ends. It returns an error when Discord refuses the token or what this
// program asks for, and says what to do about it; everything else it gets over by itself.
func (a *Adapter) Run(ctx context.Context, handle func(context.Context, bot.Incoming) error) error {
	if a.Memory == nil || a.Leases == nil || a.ID == "" {
		return errors.New("discord: Memory, Leases and ID are required")
	}
	defer a.finish()
	if err := a.identify(ctx); err != nil {
		if ctx.Err() != nil {
			return nil
		}
		return err
	}
	a.mu.Lock()
	a.handle = handle
	a.mu.Unlock()
	if err := a.register(ctx); err != nil && ctx.Err() == nil {
		a.Logger.WarnContext(ctx, "discord: the commands were not registered; they are as they were", "error", err)
	}
	if a.HTTP {
		a.Logger.InfoContext(ctx, "discord: waiting for interactions over HTTP", "name", a.identity().name)
		return a.watch(ctx)
	}
	return a.listen(ctx)
}

// finish lets what is under way end.
func (a *Adapter) finish() {
	a.mu.Lock()
	if !a.ended {
		a.ended = true
		close(a.ending)
	}
	a.mu.Unlock()
	a.busy.Wait()
}

// running says whether things can be handed over.
func (a *Adapter) running() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.handle != nil && !a.ended
}

// begin counts something as under way; false when the program is ending.
func (a *Adapter) begin() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.ended || a.handle == nil {
		return false
	}
	a.busy.Add(1)
	return true
}

// watch waits until ctx ends or Discord refuses the token.
func (a *Adapter) watch(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-a.rest.limits.halt:
		return refusedToken()
	}
}

// errEndpoint says that this program would wait in vain: Discord sends interactions over the gateway or over HTTP, never both.
var errEndpoint = errors.New("discord: the application has an Interactions Endpoint URL, so Discord sends nothing over the gateway: clear it under General Information, or set discord.mode to http")

func refusedToken() error {
	return errors.New("discord: Discord refuses DISCORD_TOKEN: under Bot choose Reset Token, and start again with the new one")
}

// identify asks who we are, again and again while Discord cannot be reached.
func (a *Adapter) identify(ctx context.Context) error {
	for try := 0; ; try++ {
		me, err := a.rest.application(ctx)
		var e *apiError
		switch {
		case err == nil && me.ID != "":
			a.mu.Lock()
			a.self = identity{app: me.ID, user: me.Bot.ID, name: me.Name}
			if a.self.user == "" {
				a.self.user = me.ID
			}
			a.mu.Unlock()
			if me.Endpoint != "" && !a.HTTP {
				return errEndpoint
			}
			return nil
		case err == nil:
			err = errors.New("an answer without an application")
		case a.rest.limits.refused(), errors.As(err, &e) && e.Status == 401:
			return refusedToken()
		}
		a.Logger.WarnContext(ctx, "discord: cannot be reached yet", "error", err)
		if err := sleep(ctx, a.times.backOff(try)); err != nil {
			return fmt.Errorf("discord: %w", err)
		}
	}
}

func (a *Adapter) identity() identity {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.self
}
