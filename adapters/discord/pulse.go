package discord

import (
	"sync"
	"time"

	"xiaobao/bot"
)

// A pulse is how many sessions this process keeps with the gateway, and how many of them are connected; a shard that another process
// holds is not missed here. It counts requests by their routes and answers: 400 to a first answer is a second one (40060), 404 one that came too late.
type pulse struct {
	bot.Meter
	now func() time.Time

	mu        sync.Mutex
	kept      int
	connected int
	down      time.Time // since when a session is without a connection; zero: none is
}

// session counts one that begins (1) or ends (-1).
func (p *pulse) session(by int) { p.note(by, 0) }

// link counts a connection over which events come from now on (1), or that ended (-1).
func (p *pulse) link(by int) { p.note(0, by) }

func (p *pulse) note(kept, connected int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.kept += kept
	p.connected += connected
	switch {
	case p.connected >= p.kept:
		p.down = time.Time{}
	case p.down.IsZero():
		p.down = p.now()
	}
}

var _ bot.Pulsing = (*Adapter)(nil)

// Pulse implements bot.Pulsing. Interactions that Discord posts need no connection.
func (a *Adapter) Pulse() (out bot.Pulse) {
	p := a.pulse
	p.Read(&out)
	p.mu.Lock()
	defer p.mu.Unlock()
	out.Links, out.Down = p.connected, p.down
	return out
}
