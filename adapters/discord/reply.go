package discord

import (
	"context"
	"encoding/json"
	"slices"
	"sync"
	"time"

	"xiaobao/bot"
)

// tokenLife is how long an interaction can be answered: a quarter of an hour, less what clocks and networks may take.
const tokenLife = 15*time.Minute - 20*time.Second

// A reply is how to answer one interaction.
type reply struct {
	Interaction string    `json:"i"`
	Token       string    `json:"t"`
	Until       time.Time `json:"u"`
	Thinking    bool      `json:"p,omitempty"` // it shows that the bot is thinking, until something is said in its place
	Original    string    `json:"m,omitempty"` // the message that was pressed, which is this interaction's own
	Left        int       `json:"l"`           // how many further messages it is good for

	heir  bool          // an earlier process left it: it may have been spoken in already
	ready chan struct{} // closed when it was acknowledged; nil: it was, by an earlier process
	once  sync.Once
	born  time.Time
}

// acknowledged says that Discord knows the token from now on.
func (r *reply) acknowledged() { r.once.Do(func() { close(r.ready) }) }

// wait waits until the interaction was acknowledged: before that Discord does not know its token.
func (r *reply) wait(ctx context.Context) error {
	if r.ready == nil {
		return nil
	}
	select {
	case <-r.ready:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// mostFurther is how many messages may follow where the app is only the person's own; elsewhere Discord names no number.
const mostFurther, manyFurther = 5, 200

// replies are how places that only one person sees can be answered now. They are kept in memory, and as notes for a process that
// comes after this one; a token is good for a quarter of an hour and so is its note.
type replies struct {
	memory Memory
	now    func() time.Time

	mu     sync.Mutex
	places map[string]*reply
	people map[string]string // by person: the place they were last heard from
	owner  map[string]*reply // by message: the reply that made it
	order  []owned           // the same, as they came; some are forgotten already
	full   int               // how many there may be before what has ended is forgotten
}

// An owned message is one that a reply made.
type owned struct {
	message string
	by      *reply
}

// mostOwned is of how many messages it is known how to edit them. When thousands of people press at once, the oldest are as those whose
// quarter of an hour is over: all of it would be hundreds of megabytes.
const mostOwned = 1 << 15

// own notes whose a message is. r.mu is held.
func (r *replies) own(message string, by *reply) {
	r.owner[message] = by
	r.order = append(r.order, owned{message, by})
	for len(r.owner) > mostOwned {
		if first := r.order[0]; r.owner[first.message] == first.by {
			delete(r.owner, first.message)
		}
		r.order[0], r.order = owned{}, r.order[1:]
	}
}

// leastFull is how many replies are never too many.
const leastFull = 4096

func newReplies(m Memory, now func() time.Time) *replies {
	return &replies{memory: m, now: now, places: map[string]*reply{}, people: map[string]string{}, owner: map[string]*reply{}, full: leastFull}
}

func replyNote(place string) string { return "reply:" + place }

// open begins to answer an interaction at a place.
func (r *replies) open(p bot.Place, user string, kept *reply) *reply {
	name := p.String()
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.places[name]; known != nil && known.Interaction == kept.Interaction && known.ready != nil {
		return known // it came twice
	}
	r.sweep()
	kept.born, kept.ready = r.now(), make(chan struct{})
	r.places[name] = kept
	r.people[user] = name
	if kept.Original != "" {
		r.own(kept.Original, kept)
	}
	return kept
}

// keep writes how to answer down, for a process that comes after this one.
func (r *replies) keep(ctx context.Context, p bot.Place, u bot.User) error {
	r.mu.Lock()
	one := r.places[p.String()]
	if one == nil {
		r.mu.Unlock()
		return nil
	}
	body, err := json.Marshal(one)
	until := one.Until
	r.mu.Unlock()
	if err != nil {
		return err
	}
	return r.memory.Keep(ctx, replyNote(p.String()), u, body, r.now(), until)
}

// find is how a place can be answered; nil when it cannot.
func (r *replies) find(ctx context.Context, p bot.Place) (*reply, error) {
	name := p.String()
	r.mu.Lock()
	one := r.places[name]
	r.mu.Unlock()
	if one != nil {
		if one.Until.After(r.now()) {
			return one, nil
		}
		return nil, nil
	}
	body, err := r.memory.Find(ctx, replyNote(name), r.now())
	if err != nil || body == nil {
		return nil, err
	}
	one = &reply{heir: true}
	if json.Unmarshal(body, one) != nil || one.Token == "" {
		return nil, nil
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if known := r.places[name]; known != nil {
		return known, nil
	}
	r.places[name] = one
	if one.Original != "" {
		r.own(one.Original, one)
	}
	return one, nil
}

// of is where somebody can be answered now, wherever that is.
func (r *replies) of(user string) (bot.Place, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	name := r.people[user]
	one := r.places[name]
	if one == nil || !one.Until.After(r.now()) {
		return bot.Place{}, false
	}
	return bot.ParsePlace(name)
}

// made notes that a message belongs to a reply.
func (r *replies) made(message string, by *reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.own(message, by)
}

// by is the reply that a message can be edited with; nil when it cannot any more.
func (r *replies) by(message string) *reply {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.owner[message]; one != nil && one.Until.After(r.now()) {
		return one
	}
	return nil
}

// take uses up what a reply shows as thinking, or one of its further messages; false when nothing is left.
func (r *replies) take(one *reply) (thinking, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case one.Thinking:
		one.Thinking = false
		return true, true
	case one.Left > 0:
		one.Left--
		return false, true
	}
	return false, false
}

// takeThinking uses up what a reply shows as thinking; false when it shows nothing (any more).
func (r *replies) takeThinking(one *reply) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := one.Thinking
	one.Thinking = false
	return was
}

// inherited says whether somebody must ask Discord first if the bot is still shown as thinking, and notes that they did.
func (r *replies) inherited(one *reply) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := one.heir && one.Thinking
	one.heir = false
	return was
}

// thinks is the reply that shows at a place that the bot is thinking; nil when none does.
func (r *replies) thinks(p bot.Place) *reply {
	r.mu.Lock()
	defer r.mu.Unlock()
	if one := r.places[p.String()]; one != nil && one.Thinking && one.Until.After(r.now()) {
		return one
	}
	return nil
}

// give gives back what take took, when nothing came of it.
func (r *replies) give(one *reply, thinking bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if thinking {
		one.Thinking = true
	} else {
		one.Left++
	}
}

// dead marks a token that Discord no longer knows.
func (r *replies) dead(one *reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	one.Until = time.Time{}
}

// sweep forgets what has ended, when there is twice as much as was left the last time: looking at all of it at every interaction would take
// longer than everything else. r.mu is held.
func (r *replies) sweep() {
	if len(r.places)+len(r.owner) < r.full {
		return
	}
	defer func() { r.full = max(leastFull, 2*(len(r.places)+len(r.owner))) }()
	now := r.now()
	for name, one := range r.places {
		if !one.Until.After(now) {
			delete(r.places, name)
		}
	}
	for user, name := range r.people {
		if r.places[name] == nil {
			delete(r.people, user)
		}
	}
	for id, one := range r.owner {
		if !one.Until.After(now) {
			delete(r.owner, id)
		}
	}
	r.order = slices.DeleteFunc(r.order, func(o owned) bool { return r.owner[o.message] != o.by })
}
