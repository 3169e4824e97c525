package slack

import (
	"context"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"xiaobao/bot"
)

// fresh is how long a profile is believed; a change of it is also told by an event.
const fresh = 6 * time.Hour

// mostPeople is how many people are remembered.
const mostPeople = 20_000

// people are who somebody is and where their direct messages are, as Slack said lately.
type people struct {
	api *slack.Client
	now func() time.Time

	mu    sync.Mutex
	known map[string]person
	rooms map[string]string
}

type person struct {
	name, language, zone string
	until                time.Time
}

func newPeople(api *slack.Client, now func() time.Time) *people {
	return &people{api: api, now: now, known: map[string]person{}, rooms: map[string]string{}}
}

// user describes somebody. What Slack does not say in time stays empty: it is asked for again the next time.
func (p *people) user(ctx context.Context, team, id string) bot.User {
	u := bot.User{Network: Network, Workspace: team, ID: id}
	p.mu.Lock()
	known, ok := p.known[id]
	p.mu.Unlock()
	if !ok || p.now().After(known.until) {
		ctx, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
		defer cancel()
		if info, err := p.api.GetUserInfoContext(ctx, id); err == nil {
			name := info.Profile.DisplayName
			if name == "" {
				name = info.RealName
			}
			known = person{name: name, language: info.Locale, zone: info.TZ, until: p.now().Add(fresh)}
			p.mu.Lock()
			if len(p.known) >= mostPeople {
				clear(p.known)
			}
			p.known[id] = known
			p.mu.Unlock()
		}
	}
	u.Name, u.Language, u.Zone = bot.Shorten(clean(known.name), 60), known.language, known.zone
	return u
}

// forget makes the next look at somebody a fresh one.
func (p *people) forget(id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, id)
}

// room is the conversation in which somebody and the bot are alone.
func (p *people) room(ctx context.Context, id string) (string, error) {
	p.mu.Lock()
	room := p.rooms[id]
	p.mu.Unlock()
	if room != "" {
		return room, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c, _, _, err := p.api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{id}})
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rooms) >= mostPeople {
		clear(p.rooms)
	}
	p.rooms[id] = c.ID
	return c.ID, nil
}
