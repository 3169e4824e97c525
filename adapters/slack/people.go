package slack

import (
	"context"
	"maps"
	"strings"
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
	now func() time.Time

	mu    sync.Mutex
	known map[string]person // by workspace and person
	rooms map[string]string
}

type person struct {
	name, language, zone string
	enterprise           string
	stranger             bool // of another company
	until                time.Time
}

func newPeople(now func() time.Time) *people {
	return &people{now: now, known: map[string]person{}, rooms: map[string]string{}}
}

func personKey(workspace, id string) string { return workspace + "/" + id }

// user describes somebody. What Slack does not say in time stays empty: it is asked for again the next time. ours says whether
// Slack says that they belong to the organization.
func (p *people) user(ctx context.Context, api *client, home identity, id string) (u bot.User, ours bool, err error) {
	u = bot.User{Network: Network, Workspace: home.id, ID: id}
	key := personKey(home.id, id)
	p.mu.Lock()
	known, ok := p.known[key]
	p.mu.Unlock()
	if !ok || p.now().After(known.until) {
		ctx, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
		defer cancel()
		var info *slack.User
		if info, err = api.GetUserInfoContext(ctx, id); err == nil {
			name := info.Profile.DisplayName
			if name == "" {
				name = info.RealName
			}
			known = person{name: bot.Shorten(clean(name), 60), language: info.Locale, zone: info.TZ, enterprise: info.Enterprise.EnterpriseID, stranger: info.IsStranger, until: p.now().Add(fresh)}
			p.mu.Lock()
			if len(p.known) >= mostPeople {
				clear(p.known)
			}
			p.known[key] = known
			p.mu.Unlock()
		}
	}
	u.Name, u.Language, u.Zone = known.name, known.language, known.zone
	return u, known.enterprise == home.enterprise && !known.stranger, err
}

// forget makes the next look at somebody a fresh one.
func (p *people) forget(workspace, id string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.known, personKey(workspace, id))
}

// leave forgets everybody in a workspace.
func (p *people) leave(workspace string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	mine := func(key string) bool { return strings.HasPrefix(key, workspace+"/") }
	maps.DeleteFunc(p.known, func(key string, _ person) bool { return mine(key) })
	maps.DeleteFunc(p.rooms, func(key, _ string) bool { return mine(key) })
}

// room is the conversation in which somebody and the bot are alone.
func (p *people) room(ctx context.Context, api *client, workspace, id string) (string, error) {
	key := personKey(workspace, id)
	p.mu.Lock()
	room := p.rooms[key]
	p.mu.Unlock()
	if room != "" {
		return room, nil
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	c, _, _, err := api.OpenConversationContext(ctx, &slack.OpenConversationParameters{Users: []string{id}})
	if err != nil {
		return "", err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.rooms) >= mostPeople {
		clear(p.rooms)
	}
	p.rooms[key] = c.ID
	return c.ID, nil
}
