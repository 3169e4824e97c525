package bot

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"xiaobao/bot/flow"
)

// Engine thinks about one event of a case. It is pure: the same state, event and time give the same answer, and nothing in the
// state that was given is changed: it is used again. *flow.Book is one.
type Engine interface {
	Advance(s flow.State, e flow.Event, now time.Time) (flow.State, []flow.Effect)
}

// A CallFunc does the work of one kind of Call. It is called at least once for each call, so doing it again must change
// nothing. What it returns goes back into the case, unless its Case is empty. An error is tried again later (see Never,
// Later); the person is told when it is given up.
type CallFunc func(ctx context.Context, d Delivery) (Returned, error)

// A FileCall hands files to another room: those that Is wants become the body of the call, as {"name", "data"} in JSON. Is must be
// quick and pure.
type FileCall struct {
	Call string
	Is   func(name string, data []byte) bool
}

// Config is everything a Bot needs. All of it is required, except where it says otherwise.
type Config struct {
	Book     Engine
	Words    Words
	Library  Library
	Store    Store
	Cases    Cases
	Tickets  Tickets
	Adapters []Adapter
	Calls    map[string]CallFunc // optional: the calls of other rooms, by name; see also Bot.Answer
	Open     OpenFunc            // optional: looks into files that are not plain text
	Files    []FileCall          // optional: files that are for other rooms; the first that wants one gets it
	Operator string              // optional: the language operators read; "en" by default
	Now      func() time.Time
	NewID    func() string // random, at least 80 bits, of [0-9a-z]
	Log      *slog.Logger
	Sending  int    // optional: how many deliveries may be under way at once; 64 by default
	Rested   func() // optional: called once when nothing has happened for a while after something had
}

// A Bot is the middle of the house. Adapters hand it what happened (Handle); it thinks, keeps what came of it, and sends
// what must leave (Run).
type Bot struct {
	Config
	render   *renderer
	adapters map[string]Adapter
	calls    map[string]CallFunc
	offers   map[string]SuggestFunc
	rooms    []HomeFunc

	states  readings
	turned  atomic.Int64 // when the last turn was, for Rested; 0: not yet
	repeats atomic.Int64 // what came that was applied before

	nudge chan struct{} // holds a token when Run should look for work now
	held  *outbound
}

// New makes a Bot. It panics when something required is missing: that is a mistake of whoever starts the program.
func New(c Config) *Bot {
	for name, missing := range map[string]bool{
		"Book": c.Book == nil, "Words": c.Words == nil, "Library": c.Library == nil, "Store": c.Store == nil, "Cases": c.Cases == nil,
		"Tickets": c.Tickets == nil, "Now": c.Now == nil, "NewID": c.NewID == nil, "Log": c.Log == nil,
	} {
		if missing {
			panic("bot: Config." + name + " is missing")
		}
	}
	if c.Sending <= 0 {
		c.Sending = 64
	}
	if c.Operator == "" {
		c.Operator = "en"
	}
	b := &Bot{Config: c, render: &renderer{c.Words, c.Library}, adapters: map[string]Adapter{}, offers: map[string]SuggestFunc{}, nudge: make(chan struct{}, 1)}
	for _, a := range c.Adapters {
		b.adapters[a.Name()] = a
	}
	b.calls = b.builtInCalls()
	for name, f := range c.Calls {
		b.calls[name] = f
	}
	b.held = newOutbound(b)
	return b
}

// Answer registers the work of another room under the name of its call. It must be used before Run.
func (b *Bot) Answer(name string, f CallFunc) { b.calls[name] = f }

// Nudge makes Run look for work now: the clock was moved. What the store is given wakes Run by itself.
func (b *Bot) Nudge() {
	select {
	case b.nudge <- struct{}{}:
	default:
	}
}

// capabilities are what a place can show. A network that is not connected now shows everything: it is fitted when the
// message is decided, and nothing is known better.
func (b *Bot) capabilities(p Place) Capabilities {
	if a := b.adapters[p.Network]; a != nil {
		return a.Capabilities(p)
	}
	return Capabilities{Buttons: 5, ButtonText: 75, Options: 25, Fields: 5, Text: 2000, Edits: true, Blocks: true, Files: 1 << 20}
}

// zones are the time zones people live in, loaded once.
var zones sync.Map

func zoneOf(name string) *time.Location {
	if name == "" {
		return time.UTC
	}
	if l, ok := zones.Load(name); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, l)
	return l
}

// A panicked is a panic that was contained: a bug, and the person who met it must not lose anything by it.
type panicked struct {
	value any
	stack []byte
}

func (p *panicked) Error() string { return fmt.Sprintf("panic: %v", p.value) }
