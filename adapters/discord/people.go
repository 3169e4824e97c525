package discord

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"xiaobao/bot"
)

// A contact is whether and where somebody can be written to. Discord asks bots to write to people only when they asked for it.
type contact struct {
	Room   string    `json:"r"`           // their direct messages
	Closed time.Time `json:"c,omitempty"` // Discord refused a message to them: not tried again before a day is over
	Thread string    `json:"t,omitempty"` // the private thread that was made for their news
	Parent string    `json:"p,omitempty"` // the channel that it was made in
}

// closedFor is how long somebody whose direct messages are closed is left alone.
const closedFor = 24 * time.Hour

// contactLife is how long a contact is remembered without being renewed.
const contactLife = 400 * 24 * time.Hour

// people are the contacts, in memory and as notes.
type people struct {
	memory Memory
	now    func() time.Time

	mu    sync.Mutex
	known map[string]contact
}

func newPeople(m Memory, now func() time.Time) *people {
	return &people{memory: m, now: now, known: map[string]contact{}}
}

func contactNote(user string) string { return "dm:" + user }

func (p *people) find(ctx context.Context, user string) (contact, error) {
	p.mu.Lock()
	c, ok := p.known[user]
	p.mu.Unlock()
	if ok {
		return c, nil
	}
	body, err := p.memory.Find(ctx, contactNote(user), p.now())
	if err != nil {
		return contact{}, err
	}
	if body != nil && json.Unmarshal(body, &c) != nil {
		c = contact{}
	}
	p.note(user, c)
	return c, nil
}

func (p *people) note(user string, c contact) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.known) > 20_000 {
		clear(p.known)
	}
	p.known[user] = c
}

// reached notes that somebody's direct messages are open: they wrote there, or were written to.
func (p *people) reached(ctx context.Context, user, room string) error {
	return p.change(ctx, user, func(c *contact) { c.Room, c.Closed = room, time.Time{} })
}

// closed notes that Discord refused a message to somebody.
func (p *people) closed(ctx context.Context, user, room string) error {
	return p.change(ctx, user, func(c *contact) { c.Room, c.Closed = room, p.now().Add(closedFor) })
}

// change keeps what f makes of a contact; it costs nothing when nothing has changed.
func (p *people) change(ctx context.Context, user string, f func(*contact)) error {
	c, err := p.find(ctx, user)
	if err != nil {
		return err
	}
	old := c
	if f(&c); c == old {
		return nil
	}
	body, err := json.Marshal(c)
	if err != nil {
		return err
	}
	if err := p.memory.Keep(ctx, contactNote(user), bot.User{Network: Network, ID: user}, body, p.now(), p.now().Add(contactLife)); err != nil {
		return err
	}
	p.note(user, c)
	return nil
}

// journal remembers what deliveries were called, so that one that comes back is not sent again. It may forget: Discord knows them by
// their nonce for some minutes, and after that the channel is searched.
type journal struct {
	mu     sync.Mutex
	all    shelf[string]
	clean  shelf[bool]   // deliveries that this process has tried, and of which nothing can have arrived
	makers shelf[string] // by message: the delivery that made it
}

func newJournal() *journal { return &journal{} }

func (j *journal) find(id string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.all.all[id]
}

// tried notes how an attempt ended: whether nothing of it can have arrived.
func (j *journal) tried(id string, clean bool) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.clean.put(id, clean)
}

// unsent says whether this process knows that nothing of a delivery has arrived.
func (j *journal) unsent(id string) bool {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.clean.all[id]
}

// made notes which delivery made a message, and maker says which it was: an edit keeps its stamp.
func (j *journal) made(native, id string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.makers.put(native, id)
}

func (j *journal) maker(native string) string {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.makers.all[native]
}

func (j *journal) note(id, native string) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.all.put(id, native)
}

// answering is how long what goes to a place counts as an answer to somebody.
const answering = 20 * time.Second

// recent are the places where somebody just did something: what goes there is an answer and goes first. It also keeps when cards
// were last edited.
type recent struct {
	now func() time.Time

	mu     sync.Mutex
	heard  map[string]time.Time
	edited map[string]time.Time
}

func newRecent(now func() time.Time) *recent {
	return &recent{now: now, heard: map[string]time.Time{}, edited: map[string]time.Time{}}
}

func (r *recent) hear(p bot.Place) {
	r.mu.Lock()
	defer r.mu.Unlock()
	tidy(r.heard, r.now().Add(-answering))
	r.heard[p.String()] = r.now()
}

func (r *recent) answers(p bot.Place) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	at, ok := r.heard[p.String()]
	return ok && r.now().Sub(at) < answering
}

// editEvery is how far apart edits of one message are when nobody waits for them.
const editEvery = 2 * time.Second

// edit is how long to wait before a message is edited again; zero: it is being edited now.
func (r *recent) edit(id string, ahead bool) time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	now := r.now()
	if d := r.edited[id].Add(editEvery).Sub(now); d > 0 && !ahead {
		return d
	}
	tidy(r.edited, now.Add(-editEvery))
	r.edited[id] = now
	return 0
}

// tidy forgets what is older, when there is much of it.
func tidy(m map[string]time.Time, than time.Time) {
	if len(m) < 4096 {
		return
	}
	for k, at := range m {
		if at.Before(than) {
			delete(m, k)
		}
	}
}
