package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"time"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// What is told in a server goes to a thread of a person's own or to a channel that not everybody sees. Channels and roles change: so it is
// looked up again before something is told, once a minute at most, and at once when Discord says that something changed.

// screenedLife is how long it is believed that not everybody sees a channel: not every change is heard of, by another process's connection or in HTTP mode.
const screenedLife = time.Minute

// screened are the channels that only those see who were let in, as far as is known.
type screened struct {
	mu    sync.Mutex
	all   map[string]screening // by channel
	times int                  // how often something was forgotten
}

type screening struct {
	guild string
	until time.Time
}

// knows says whether a channel is one of them, and otherwise how often something was forgotten before it is looked up.
func (l *screened) knows(channel string, now time.Time) (yes bool, times int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return now.Before(l.all[channel].until), l.times
}

// note takes what was looked up, unless something was forgotten meanwhile: it may be about this channel.
func (l *screened) note(channel, guild string, now time.Time, times int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if times != l.times {
		return
	}
	if l.all == nil || len(l.all) >= 4096 {
		l.all = map[string]screening{}
	}
	l.all[channel] = screening{guild, now.Add(screenedLife)}
}

// forget takes an event of the gateway: what was known may not hold any more.
func (l *screened) forget(event string, data json.RawMessage) {
	var of struct {
		ID    string `json:"id"`
		Guild string `json:"guild_id"`
	}
	switch event {
	case "READY":
	case "CHANNEL_UPDATE", "CHANNEL_DELETE", "THREAD_DELETE", "GUILD_ROLE_UPDATE", "GUILD_ROLE_DELETE", "GUILD_DELETE":
		if json.Unmarshal(data, &of) != nil {
			of.ID, of.Guild = "", "" // whatever it was
		}
	default:
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.times++
	for channel, known := range l.all {
		if of.ID == "" && of.Guild == "" || channel == of.ID || known.guild == of.ID || of.ID == "" && known.guild == of.Guild {
			delete(l.all, channel)
		}
	}
}

// serve says something in a server, where only those read who were let in.
func (s *sending) serve(ctx context.Context) (native string, err error) {
	if err = s.screen(ctx); err == nil {
		native, err = s.channel(ctx, s.d.Place.Room)
	}
	if shut(err) {
		return "", bot.Shut(bot.ShutGone, err)
	}
	return native, err
}

// screen makes sure that not everybody sees the channel.
func (s *sending) screen(ctx context.Context) error {
	channel := s.d.Place.Room
	known, times := s.a.screened.knows(channel, s.a.Now())
	if known {
		return nil
	}
	var in room
	err := s.try(ctx, call{method: "GET", path: "/channels/" + channel, route: route{name: "GET /channels/{}", major: channel, ahead: s.ahead}}, true, &in)
	if err != nil {
		return err
	}
	if in.Type != channelPrivateThread {
		open, err := s.a.everybodySees(ctx, in)
		if err != nil {
			return judge(err, true)
		}
		if open {
			return bot.Shut(bot.ShutPublic, fmt.Errorf("discord: everybody on the server sees this channel (%s)", in.Name))
		}
	}
	s.a.screened.note(channel, s.d.Place.Workspace, s.a.Now(), times)
	return nil
}

// everybodySees says whether a channel can be seen by everybody on its server.
func (a *Adapter) everybodySees(ctx context.Context, r room) (bool, error) {
	all, err := a.roles(ctx, r.Guild)
	if err != nil {
		return false, err
	}
	var has bits
	for _, one := range all {
		if one.ID == r.Guild {
			has = one.Permissions
		}
	}
	for _, o := range r.Overwrites {
		if o.ID == r.Guild && has&dg.PermissionAdministrator == 0 {
			has = has&^o.Deny | o.Allow
		}
	}
	return has&(dg.PermissionViewChannel|dg.PermissionAdministrator) != 0, nil
}
