package discord

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// This file is what the door does by itself: going on in direct messages, showing a room where things stand, checking what it
// may do. None of it is kept by the bot but the moving.

// goDirect tries to write to somebody who asked for it, and goes on there when that works.
func (a *Adapter) goDirect(ctx context.Context, i interaction, o occurrence, answer respond) {
	if o.place.Workspace == "" && o.place.Thread == "" {
		o.inputs = []bot.Input{bot.Press{Action: "status"}}
		a.hand(ctx, i, o, answer)
		return
	}
	if !a.respond(ctx, answer, callback{Type: replyThinking, Data: map[string]int{"flags": flagEphemeral}}) {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.times.whole)
	defer cancel()
	word := "dm_sent"
	room, err := a.tryDirect(ctx, o, "dm_ok")
	switch {
	case err == nil:
		o.place = makeDirect(room)
		a.recent.hear(o.place)
		if err := a.give(ctx, o, []bot.Input{bot.Press{Action: "status"}}, nil); err != nil {
			a.Logger.ErrorContext(ctx, "discord: not kept", "error", err)
			word = "failed"
		}
	case unreachable(err):
		word = "dm_closed"
		if err := a.people.closed(ctx, o.user.ID, room); err != nil {
			a.Logger.ErrorContext(ctx, "discord: not noted", "error", err)
		}
	default:
		a.Logger.WarnContext(ctx, "discord: direct messages were not tried", "error", err)
		word = "failed"
	}
	m := a.plain(a.words.say(o.user.Language, word), 0)
	err = a.rest.do(ctx, call{method: "PATCH", path: "/webhooks/" + a.identity().app + "/" + i.Token + "/messages/@original", body: &m, route: route{name: "PATCH /webhooks/{}/{}/messages/{}", major: i.Token, free: true, ahead: true}}, nil)
	if err != nil {
		a.Logger.WarnContext(ctx, "discord: nobody was told how direct messages went", "error", err)
	}
}

// tryDirect opens somebody's direct messages and writes a line into them.
func (a *Adapter) tryDirect(ctx context.Context, o occurrence, word string) (room string, err error) {
	var opened struct {
		ID string `json:"id"`
	}
	err = a.rest.do(ctx, call{method: "POST", path: "/users/@me/channels", body: map[string]string{"recipient_id": o.user.ID}, route: route{name: "POST /users/@me/channels", ahead: true}}, &opened)
	if err != nil {
		return "", err
	}
	m := a.plain(a.words.say(o.user.Language, word), 0)
	m.Nonce, m.Enforce = nonce(o.id), true
	err = a.rest.do(ctx, call{method: "POST", path: "/channels/" + opened.ID + "/messages", body: &m, route: route{name: "POST /channels/{}/messages", major: opened.ID, ahead: true}}, nil)
	if err != nil {
		return opened.ID, err
	}
	return opened.ID, a.people.reached(ctx, o.user.ID, opened.ID)
}

// needed are the permissions the bot asks for, the least that work.
var needed = []struct {
	bit  int64
	word string
}{
	{dg.PermissionViewChannel, "perm.view"}, {dg.PermissionSendMessages, "perm.send"}, {dg.PermissionSendMessagesInThreads, "perm.threads"},
	{dg.PermissionEmbedLinks, "perm.embed"}, {dg.PermissionAttachFiles, "perm.files"}, {dg.PermissionReadMessageHistory, "perm.history"},
}

// InviteURL is the address with which an application is added to a server, with the least permissions that work.
func InviteURL(app string) string {
	var sum int64
	for _, n := range needed {
		sum |= n.bit
	}
	return "https://discord.com/oauth2/authorize?" + url.Values{"client_id": {app}, "scope": {"bot applications.commands"}, "permissions": {strconv.FormatInt(sum, 10)}}.Encode()
}

// check tells somebody who manages the server whether the bot can do its work in this channel. That Discord hides the command from
// others proves nothing: a server can show it to anybody.
func (a *Adapter) check(ctx context.Context, i interaction, o occurrence, answer respond) {
	lang := o.user.Language
	text := a.words.fill(lang, "admin_ok", "name", a.identity().name)
	if !o.admin {
		text = a.words.say(lang, "not_admin")
	} else if has, err := strconv.ParseInt(i.Permissions, 10, 64); err == nil && has&dg.PermissionAdministrator == 0 {
		var missing []string
		for _, n := range needed {
			if has&n.bit == 0 {
				missing = append(missing, a.words.say(lang, n.word))
			}
		}
		if len(missing) > 0 {
			text = a.words.fill(lang, "missing", "what", strings.Join(missing, a.words.say(lang, "comma")))
		}
	}
	a.respond(ctx, answer, callback{Type: replyMessage, Data: a.plain(text, flagEphemeral)})
}

// share shows the room a redacted copy of the card that only one person saw: its heading and the marked lines.
func (a *Adapter) share(ctx context.Context, i interaction, o occurrence, answer respond) {
	var lines []string
	i.find(func(c component) bool {
		if c.Type == dg.TextDisplayComponent {
			for l := range strings.SplitSeq(c.Content, "\n") {
				l = unescaper.Replace(l)
				if head, ok := strings.CutPrefix(l, "### "); ok {
					lines = append(lines, "**"+escape(conceal(head))+"**")
				} else if marked(l) {
					lines = append(lines, escape(conceal(l)))
				}
			}
		}
		return false
	})
	if len(lines) == 0 {
		a.respond(ctx, answer, callback{Type: replyLater})
		return
	}
	lines = append(lines, "-# "+escape(a.words.fill(o.user.Language, "shared", "name", o.user.Name)))
	m := a.plain("", 0)
	m.Components[0].Content = cut(strings.Join(lines, "\n"), mostText)
	a.respond(ctx, answer, callback{Type: replyMessage, Data: m})
}

func marked(line string) bool {
	for _, m := range marks {
		if strings.HasPrefix(line, m) {
			return true
		}
	}
	return false
}

// word is what stands between spaces and brackets.
var word = regexp.MustCompile(`[^\s()（）\[\]|]+`)

// conceal leaves out of a text what may not stand in public: addresses of mail and web, and every word with three digits or with
// digits among letters: numbers of shipments, of companies and of houses, telephones, amounts, dates.
func conceal(s string) string {
	return word.ReplaceAllStringFunc(s, func(part string) string {
		digits, latin := 0, false
		for _, r := range part {
			switch {
			case unicode.IsDigit(r):
				digits++
			case unicode.Is(unicode.Latin, r):
				latin = true
			}
		}
		if digits >= 3 || digits > 0 && latin || strings.ContainsAny(part, "@$¥€£￥") || strings.Contains(part, "://") {
			return "•••"
		}
		return part
	})
}

func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
