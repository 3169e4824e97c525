package discord

import (
	"context"
	"slices"
	"strconv"
	"strings"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// A room is a channel as it is examined.
type room struct {
	ID         string      `json:"id"`
	Type       int         `json:"type"`
	Name       string      `json:"name"`
	Guild      string      `json:"guild_id"`
	Overwrites []overwrite `json:"permission_overwrites"`
}

// An overwrite is what a channel gives to a role or a member, and what it takes.
type overwrite struct {
	ID    string `json:"id"`
	Allow bits   `json:"allow"`
	Deny  bits   `json:"deny"`
}

type role struct {
	ID          string `json:"id"`
	Permissions bits   `json:"permissions"`
}

// A permission is one that is needed, and what it is called.
type permission struct {
	bit  int64
	word string
}

var (
	toPost  = []permission{{dg.PermissionViewChannel, "perm.view"}, {dg.PermissionSendMessages, "perm.send"}, {dg.PermissionReadMessageHistory, "perm.history"}}
	toServe = []permission{
		{dg.PermissionViewChannel, "perm.view"}, {dg.PermissionSendMessagesInThreads, "perm.threads"}, {dg.PermissionReadMessageHistory, "perm.history"},
		{dg.PermissionManageThreads, "perm.manage_threads"},
	}
	toAttend = append(slices.Clone(toPost), permission{dg.PermissionSendMessagesInThreads, "perm.threads"}, permission{dg.PermissionCreatePrivateThreads, "perm.private_threads"})
)

// rooms looks at the channels that the configuration names: whether they are there, and whether the bot may do there what it is to do.
func (x *examination) rooms(ctx context.Context, a *Adapter) {
	roles := map[string][]role{}
	for _, one := range []struct {
		setting, id string
		needs       []permission
	}{{"discord.forum.channel", a.Forum.Channel, toServe}, {"discord.forum.desk", a.Forum.Desk, toPost}, {"discord.forum.tickets", a.Desk.Channel, toAttend}} {
		if one.id == "" {
			continue
		}
		var r room
		if err := a.rest.do(ctx, call{method: "GET", path: "/channels/" + one.id, route: route{name: "GET /channels/{}", major: one.id}}, &r); err != nil {
			if one.id != a.Forum.Channel { // that one is looked at by itself
				x.found(bot.Wrong, "room_none", "what", one.setting+": "+err.Error())
			}
			continue
		}
		if r.Type == channelForum && one.id != a.Forum.Channel {
			x.found(bot.Wrong, "room_forum", "what", one.setting+": "+r.Name)
			continue
		}
		has, err := a.permissions(ctx, r, roles)
		if err != nil {
			x.found(bot.Doubtful, "room_unknown", "what", one.setting+": "+err.Error())
			continue
		}
		var missing []string
		for _, n := range one.needs {
			if int64(has)&n.bit == 0 {
				missing = append(missing, x.words.say(x.lang, n.word))
			}
		}
		if len(missing) > 0 {
			x.found(bot.Wrong, "room_lacks", "what", r.Name+x.words.say(x.lang, "colon")+strings.Join(missing, x.words.say(x.lang, "comma")))
			continue
		}
		x.found(bot.Fine, "room", "what", r.Name)
	}
	if helpers := a.Forum.Helpers + a.Desk.Helpers; helpers != "" && len(roles) > 0 {
		is := func(r role) bool { return r.ID == a.Forum.Helpers || r.ID == a.Desk.Helpers }
		for _, all := range roles {
			if slices.ContainsFunc(all, is) {
				return
			}
		}
		x.found(bot.Wrong, "role_none")
	}
}

// roles are those of a server; the one of everybody has the server's id.
func (a *Adapter) roles(ctx context.Context, guild string) (all []role, err error) {
	err = a.rest.do(ctx, call{method: "GET", path: "/guilds/" + guild + "/roles", route: route{name: "GET /guilds/{}/roles", major: guild}}, &all)
	return all, err
}

// permissions are the bot's in a channel: those of everybody and of its roles, then what the channel changes, for everybody, for its roles, for
// itself.
func (a *Adapter) permissions(ctx context.Context, r room, known map[string][]role) (has bits, err error) {
	if !isID(r.Guild) {
		return 0, strconv.ErrSyntax
	}
	all, ok := known[r.Guild]
	if !ok {
		if all, err = a.roles(ctx, r.Guild); err != nil {
			return 0, err
		}
		known[r.Guild] = all
	}
	self := a.identity().user
	var me struct {
		Roles []string `json:"roles"`
	}
	if err := a.rest.do(ctx, call{method: "GET", path: "/guilds/" + r.Guild + "/members/" + self, route: route{name: "GET /guilds/{}/members/{}", major: r.Guild}}, &me); err != nil {
		return 0, err
	}
	for _, one := range all {
		if one.ID == r.Guild || slices.Contains(me.Roles, one.ID) {
			has |= one.Permissions
		}
	}
	if has&dg.PermissionAdministrator != 0 {
		return ^bits(0), nil
	}
	for _, is := range []func(string) bool{
		func(id string) bool { return id == r.Guild },
		func(id string) bool { return id != r.Guild && slices.Contains(me.Roles, id) },
		func(id string) bool { return id == self },
	} {
		var allow, deny bits
		for _, o := range r.Overwrites {
			if is(o.ID) {
				allow, deny = allow|o.Allow, deny|o.Deny
			}
		}
		has = has&^deny | allow
	}
	return has, nil
}
