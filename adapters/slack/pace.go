package slack

import (
	"context"
	"sync"
	"time"
)

// perMessage is how far apart messages to one conversation are: Slack allows one a second.
const perMessage = time.Second

// perEdit is how far apart the edits of one card are.
const perEdit = 2 * time.Second

// mostResting is how many sends may wait for their turn inside this process; more go back to the outbox, so that those to other
// conversations find a way.
const mostResting = 16

// pace keeps to what Slack allows: one message a second to a conversation, and nothing by a method that was told to wait.
type pace struct {
	now   func() time.Time
	every time.Duration
	edits time.Duration

	mu      sync.Mutex
	next    moments              // by conversation: the earliest moment of its next message
	until   map[string]time.Time // by method: told to wait
	edited  moments              // by card: the earliest moment of its next edit
	resting int
}

func newPace(now func() time.Time) *pace {
	return &pace{now: now, every: perMessage, edits: perEdit, until: map[string]time.Time{}}
}

// hold keeps a method still for so long.
func (p *pace) hold(method string, d time.Duration) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at := p.now().Add(d); at.After(p.until[method]) {
		p.until[method] = at
	}
}

// held is how long a method must still wait.
func (p *pace) held(method string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	return max(p.until[method].Sub(p.now()), 0)
}

// edit takes a card's turn to be edited, or returns how long it must still wait.
func (p *pace) edit(card string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.now()
	if wait := p.edited.of(card).Sub(now); wait > 0 {
		return wait
	}
	p.edited.set(card, now.Add(p.edits), now)
	return 0
}

// moments holds moments that are soon over. The zero value is ready.
type moments struct {
	young, old map[string]time.Time // the old ones are forgotten as a whole when the last of them is over
	last       time.Time            // of the young ones
	forget     time.Time            // the last of the old ones
}

func (m *moments) of(name string) time.Time {
	if at, ok := m.young[name]; ok {
		return at
	}
	return m.old[name]
}

func (m *moments) set(name string, at, now time.Time) {
	if m.young == nil || now.After(m.forget) {
		m.old, m.forget = m.young, m.last
		m.young = map[string]time.Time{}
	}
	m.young[name] = at
	if at.After(m.last) {
		m.last = at
	}
}

// crowded is how long a conversation's turn is away when nobody may wait for it here; 0 when it is worth trying.
func (p *pace) crowded(room string) time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	wait := max(p.next.of(room).Sub(p.now()), 0)
	if wait > 2*p.every || wait > 0 && p.resting >= mostResting {
		return wait
	}
	return 0
}

// turn waits for a conversation's turn. It returns how long to wait instead, where that is too long or too many wait already.
func (p *pace) turn(ctx context.Context, room string) (later time.Duration, err error) {
	p.mu.Lock()
	now := p.now()
	wait := max(p.next.of(room).Sub(now), 0)
	if wait > 2*p.every || wait > 0 && p.resting >= mostResting {
		p.mu.Unlock()
		return wait, nil
	}
	p.next.set(room, now.Add(wait+p.every), now)
	p.resting++
	p.mu.Unlock()
	defer func() {
		p.mu.Lock()
		p.resting--
		p.mu.Unlock()
	}()
	return 0, rest(ctx, wait)
}

// mostSent is how many deliveries are remembered: what comes back does so within seconds, or after a restart.
const mostSent = 4096

// A progress is how far a delivery has come.
type progress struct {
	native string // the message's ts, once it is there
	files  int    // how many of its files are there
	done   bool
	unsure bool // the last thing that was sent may have arrived
	known  bool // this process knows all that was sent of it
}

// journal remembers how far deliveries came, so that one that comes back goes on where it was. It may forget: then Slack is
// asked.
type journal struct {
	mu    sync.Mutex
	all   map[string]progress
	order []string
}

func newJournal() *journal { return &journal{all: map[string]progress{}} }

func (j *journal) find(id string) progress {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all[id]
}

func (j *journal) note(id string, p progress) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if _, ok := j.all[id]; !ok {
		j.order = append(j.order, id)
		if len(j.order) > mostSent {
			delete(j.all, j.order[0])
			j.order[0] = ""
			j.order = j.order[1:]
		}
	}
	p.known = true
	j.all[id] = p
}
