package discord

import (
	"context"
	"slices"
	"strconv"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// Somebody in a server says where their shipment news shall go. This door looks whether that place can be had and who reads there, opens it,
// and tells the bot, which says the rest: in their direct messages, in a private thread of their own, or in the channel they are in, if
// it is not for everybody.

const (
	channelText   = 0
	threadArchive = 10080 // minutes of silence after which Discord puts a thread away; what is said brings it back
)

// newsAt are the kinds of places that are opened for the news of whoever is at a place.
func newsAt(p bot.Place) []string {
	switch _, corner := parseCorner(p); {
	case corner && p.Workspace != "":
		return []string{bot.ToDirect, bot.ToThread, bot.ToChannel}
	case private(p):
		return []string{bot.ToDirect}
	}
	return nil
}

// newsTo opens the place that somebody asked for and tells the bot.
func (a *Adapter) newsTo(ctx context.Context, i interaction, o occurrence, answer respond) {
	if !slices.Contains(newsAt(o.place), o.label) {
		o.inputs = []bot.Input{bot.Press{Action: "mute"}}
		if o.label != "none" {
			o.inputs = []bot.Input{bot.Press{Action: "notices"}}
		}
		a.hand(ctx, i, o, answer)
		return
	}
	a.keeps(ctx, i, o, answer, func(ctx context.Context) error {
		d, err := a.openNews(ctx, i, o)
		if err != nil {
			return err
		}
		return a.give(ctx, o, []bot.Input{d}, nil)
	})
}

// openNews opens a place for somebody's news; when it comes twice, it is the same place.
func (a *Adapter) openNews(ctx context.Context, i interaction, o occurrence) (bot.Direct, error) {
	a.opening.Lock()
	defer a.opening.Unlock()
	switch o.label {
	case bot.ToThread:
		return a.openThread(ctx, i, o)
	case bot.ToChannel:
		return a.openChannel(ctx, i, o)
	}
	room, err := a.tryDirect(ctx, o, "dm_news")
	if err == nil {
		return bot.Direct{Kind: bot.ToDirect, There: makeDirect(room)}, nil
	}
	if !unreachable(err) {
		return bot.Direct{}, err
	}
	if err := a.people.closed(ctx, o.user.ID, room); err != nil {
		return bot.Direct{}, err
	}
	instead := bot.Direct{}
	if o.place.Workspace != "" { // the next best, at once
		if instead, err = a.openThread(ctx, i, o); err != nil {
			return bot.Direct{}, err
		}
	}
	if instead.There == (bot.Place{}) {
		return bot.Direct{Kind: bot.ToDirect, Fault: "direct_closed"}, nil
	}
	instead.Fault = "direct_closed"
	return instead, nil
}

// openThread makes a private thread for somebody in the channel they are in, or takes the one that they have there.
func (a *Adapter) openThread(ctx context.Context, i interaction, o occurrence) (bot.Direct, error) {
	c, err := a.people.find(ctx, o.user.ID)
	if err != nil {
		return bot.Direct{}, err
	}
	if c.Thread != "" && c.Parent == i.Channel {
		err := a.joins(ctx, c.Thread, o.user.ID)
		if err == nil {
			return bot.Direct{Kind: bot.ToThread, There: bot.Place{Network: Network, Workspace: i.Guild, Room: c.Thread}}, nil
		}
		if !shut(err) {
			return bot.Direct{}, err
		}
	}
	var in room
	if err := a.roomInto(ctx, i.Channel, &in); err != nil || in.Type != channelText {
		if err != nil && !shut(err) {
			return bot.Direct{}, err
		}
		return bot.Direct{Kind: bot.ToThread, Fault: "thread_elsewhere"}, nil
	}
	var made thread
	err = a.rest.do(ctx, call{
		method: "POST", path: "/channels/" + i.Channel + "/threads",
		body:  map[string]any{"name": oneLine(a.words.fill(o.user.Language, "news_thread", "name", o.user.Name), 100), "type": channelPrivateThread, "invitable": false, "auto_archive_duration": threadArchive},
		route: route{name: "POST /channels/{}/threads", major: i.Channel, ahead: true},
	}, &made)
	if noThread(err) || shut(err) {
		return bot.Direct{Kind: bot.ToThread, Fault: "thread_lacks"}, nil
	}
	if err == nil {
		err = a.people.change(ctx, o.user.ID, func(c *contact) { c.Thread, c.Parent = made.ID, i.Channel })
	}
	if err == nil {
		err = a.joins(ctx, made.ID, o.user.ID)
	}
	if err != nil {
		return bot.Direct{}, err
	}
	return bot.Direct{Kind: bot.ToThread, There: bot.Place{Network: Network, Workspace: i.Guild, Room: made.ID}}, nil
}

// joins lets somebody into a thread.
func (a *Adapter) joins(ctx context.Context, thread, user string) error {
	return a.awake(ctx, thread, func() error {
		return a.rest.do(ctx, call{method: "PUT", path: "/channels/" + thread + "/thread-members/" + user, route: route{name: "PUT /channels/{}/thread-members/{}", major: thread, ahead: true}}, nil)
	})
}

// openChannel looks whether news may be told in the channel in which it was asked for: where not everybody of the server reads, where
// whoever asks may write, and the bot too.
func (a *Adapter) openChannel(ctx context.Context, i interaction, o occurrence) (bot.Direct, error) {
	no := func(fault string) (bot.Direct, error) { return bot.Direct{Kind: bot.ToChannel, Fault: fault}, nil }
	var in room
	err := a.roomInto(ctx, i.Channel, &in)
	if shut(err) {
		return no("channel_lacks")
	}
	if err != nil {
		return bot.Direct{}, err
	}
	need := int64(dg.PermissionViewChannel | dg.PermissionSendMessages)
	if in.Type == channelPrivateThread {
		need = dg.PermissionViewChannel | dg.PermissionSendMessagesInThreads
	} else if in.Type != channelText {
		return no("channel_public")
	} else if open, err := a.everybodySees(ctx, in); err != nil || open {
		if err != nil {
			return bot.Direct{}, err
		}
		return no("channel_public")
	}
	switch {
	case !may(i.Permissions, need):
		return no("channel_lacks")
	case i.Member == nil || !may(i.Member.Permissions, need):
		return no("channel_yours")
	}
	return bot.Direct{Kind: bot.ToChannel, There: bot.Place{Network: Network, Workspace: i.Guild, Room: i.Channel}}, nil
}

// may says whether permissions, as Discord writes them, hold all that is needed.
func may(permissions string, need int64) bool {
	has, err := strconv.ParseInt(permissions, 10, 64)
	return err == nil && (has&need == need || has&dg.PermissionAdministrator != 0)
}

func (a *Adapter) roomInto(ctx context.Context, id string, r *room) error {
	return a.rest.do(ctx, call{method: "GET", path: "/channels/" + id, route: route{name: "GET /channels/{}", major: id, ahead: true}}, r)
}
