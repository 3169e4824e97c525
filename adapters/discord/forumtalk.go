package discord

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// postNote names the note about a post.
func postNote(thread string) string { return postNotes + thread }

const postNotes = "post:"

// postLife is how long a post is remembered after it was last changed.
const postLife = 90 * 24 * time.Hour

// errElsewhere says that another process is at this post.
var errElsewhere = errors.New("discord: another process is at this post")

// tells says whether an event may be about the forum.
func (f *Forum) tells(name string) bool {
	return f.Channel != "" && slices.Contains([]string{"THREAD_CREATE", "THREAD_UPDATE", "THREAD_DELETE", "GUILD_CREATE"}, name)
}

// forumEvent takes what the gateway says of threads. A server's list comes whenever a session begins: what was posted while
// nobody listened is in it.
func (a *Adapter) forumEvent(ctx context.Context, name string, data json.RawMessage) {
	if !a.Forum.tells(name) {
		return
	}
	var all []thread
	var one struct {
		thread
		Threads []thread `json:"threads"`
	}
	if err := json.Unmarshal(data, &one); err != nil {
		a.Logger.WarnContext(ctx, "discord: an event of threads could not be read", "event", name)
		return
	}
	if name == "GUILD_CREATE" {
		all = one.Threads
	} else {
		all = []thread{one.thread}
	}
	all = slices.DeleteFunc(all, func(t thread) bool { return t.Parent != a.Forum.Channel || !isID(t.ID) })
	if len(all) == 0 || !a.begin() {
		return
	}
	go func() {
		defer a.busy.Done()
		for _, t := range all {
			a.told(context.WithoutCancel(ctx), name, t)
		}
	}()
}

// told sees to what an event says of a post, and tries several times: it is told once.
func (a *Adapter) told(ctx context.Context, name string, t thread) {
	ctx, cancel := context.WithTimeout(ctx, 3*a.times.whole)
	defer cancel()
	if p, err := a.findPost(ctx, t.ID); err == nil && name != "THREAD_DELETE" && p.State != postNew && !p.reopened(t) && (p.State != "" || !a.young(t)) {
		return // most are: a server lists all its posts
	}
	for try := 0; ; try++ {
		err := a.toldOf(ctx, name, t)
		if err == nil {
			return
		}
		if try >= 4 || sleep(ctx, a.times.backOff(try)) != nil {
			a.Logger.WarnContext(ctx, "discord: a post was not seen to; it is tried again later", "error", err)
			return
		}
	}
}

// young says whether a post is somebody's, and new enough to be answered.
func (a *Adapter) young(t thread) bool {
	return isID(t.Owner) && t.Owner != a.identity().user && a.Now().Sub(moment(t.ID)) < answerWithin
}

func (a *Adapter) toldOf(ctx context.Context, name string, t thread) error {
	return a.withPost(ctx, t.ID, func(p *post) error {
		switch {
		case name == "THREAD_DELETE":
			return a.Memory.Drop(ctx, postNote(t.ID))
		case p.reopened(t):
			p.State, p.Heard, p.Reminded = postOpen, a.Now(), time.Time{}
			if err := a.savePost(ctx, *p); err != nil {
				return err
			}
			return a.unsolve(ctx, t)
		case p.State == "" && (t.New || name == "GUILD_CREATE") && !t.Meta.Archived && a.young(t):
			*p = post{Thread: t.ID, Author: t.Owner, State: postNew, Heard: a.Now()}
			if err := a.savePost(ctx, *p); err != nil {
				return err
			}
		}
		if p.State != postNew {
			return nil
		}
		return a.greet(ctx, p, t)
	})
}

// withPost runs f alone with what is remembered of a post (nothing: its State is empty): among the goroutines of this process by
// a lane, among processes by a lease.
func (a *Adapter) withPost(ctx context.Context, thread string, f func(p *post) error) error {
	done := make(chan error, 1)
	a.lanes.run("forum "+thread, func() { done <- a.alonePost(ctx, thread, f) })
	return <-done
}

func (a *Adapter) alonePost(ctx context.Context, thread string, f func(p *post) error) error {
	name := "discord:post:" + thread
	held, err := a.Leases.Lease(ctx, name, a.ID, a.Now(), a.Now().Add(4*a.times.whole))
	if err != nil {
		return err
	}
	if !held {
		return errElsewhere
	}
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*time.Second)
		defer cancel()
		if err := a.Leases.Release(ctx, name, a.ID); err != nil {
			a.Logger.WarnContext(ctx, "discord: the lease of a post was not given back", "error", err)
		}
	}()
	p, err := a.findPost(ctx, thread)
	if err != nil {
		return err
	}
	return f(&p)
}

func (a *Adapter) findPost(ctx context.Context, thread string) (p post, err error) {
	body, err := a.Memory.Find(ctx, postNote(thread), a.Now())
	if err != nil || body == nil {
		return post{}, err
	}
	return p, json.Unmarshal(body, &p)
}

func (a *Adapter) savePost(ctx context.Context, p post) error {
	body, err := json.Marshal(p)
	if err != nil {
		return err
	}
	about := bot.User{}
	if p.Author != "" {
		about = bot.User{Network: Network, ID: p.Author}
	}
	return a.Memory.Keep(ctx, postNote(p.Thread), about, body, a.Now(), a.Now().Add(postLife))
}

// A said is a message in a post.
type said struct {
	ID         string      `json:"id"`
	Author     account     `json:"author"`
	Content    string      `json:"content"`
	Components []component `json:"components"`
}

// saidSince lists up to a hundred messages of a channel after an id.
func (a *Adapter) saidSince(ctx context.Context, channel, after string) (all []said, err error) {
	path := "/channels/" + channel + "/messages?limit=100"
	if after != "" {
		path += "&after=" + after
	}
	err = a.rest.do(ctx, call{method: "GET", path: path, route: route{name: "GET /channels/{}/messages", major: channel}}, &all)
	return all, err
}

// mine is the first of our own messages; "" when there is none.
func (a *Adapter) mine(all []said) (id string) {
	for _, m := range all {
		if m.Author.ID == a.identity().user && (id == "" || moment(m.ID).Before(moment(id))) {
			id = m.ID
		}
	}
	return id
}

// greet says the one reply to a post, and gives it tags when its author chose none. A reply that a process before this one
// said stands in the post: it is looked for.
func (a *Adapter) greet(ctx context.Context, p *post, t thread) error {
	if t.Name == "" {
		if err := a.channelInto(ctx, p.Thread, &t); err != nil {
			return a.forget(ctx, *p, err)
		}
	}
	first, all, err := a.firstOf(ctx, p.Thread)
	if err != nil {
		return a.forget(ctx, *p, err)
	}
	var forum thread
	if err := a.channelInto(ctx, a.Forum.Channel, &forum); err != nil {
		a.Logger.WarnContext(ctx, "discord: the forum's tags cannot be read", "error", err)
	}
	names := make([]string, len(forum.Tags))
	for i, tag := range forum.Tags {
		names[i] = tag.Name
	}
	r := Reading{Lang: "en"}
	if a.Forum.Read != nil {
		r = a.Forum.Read(strings.TrimSpace(t.Name+"\n"+first.Content), names)
	}
	if a.mine(all) == "" {
		m := a.plain("", 0)
		m.Components = a.words.welcome(r, first.Content == "")
		if err := a.utter(ctx, p.Thread, "post-"+p.Thread, m); err != nil {
			return a.forget(ctx, *p, err)
		}
	}
	p.State, p.Lang, p.Heard = postOpen, r.Lang, moment(p.Thread)
	if err := a.savePost(ctx, *p); err != nil {
		return err
	}
	if ids := guessed(forum.Tags, r.Tags); len(t.Applied) == 0 && len(ids) > 0 {
		if err := a.changeThread(ctx, p.Thread, map[string]any{"applied_tags": ids}, nil); err != nil {
			a.Logger.WarnContext(ctx, "discord: a post got no tags; the bot needs Manage Threads in the forum", "error", err)
		}
	}
	return nil
}

// firstOf is a post's own message, which may follow the event that tells of it, and what else was said.
func (a *Adapter) firstOf(ctx context.Context, thread string) (first said, all []said, err error) {
	n, _ := strconv.ParseUint(thread, 10, 64)
	for try := 0; ; try++ {
		if all, err = a.saidSince(ctx, thread, strconv.FormatUint(n-1, 10)); err != nil {
			return first, nil, err
		}
		at := slices.IndexFunc(all, func(m said) bool { return m.ID == thread })
		if at >= 0 {
			return all[at], all, nil
		}
		if try >= 3 {
			return first, all, nil // taken away by its author: the title is left
		}
		if err := sleep(ctx, a.times.retry); err != nil {
			return first, nil, err
		}
	}
}

// utter posts a message of the forum's, once for the same name while Discord remembers it.
func (a *Adapter) utter(ctx context.Context, channel, name string, m message) error {
	m.Nonce, m.Enforce = nonce(name), true
	return a.rest.do(ctx, call{method: "POST", path: "/channels/" + channel + "/messages", body: &m, route: route{name: "POST /channels/{}/messages", major: channel}}, nil)
}

func (a *Adapter) channelInto(ctx context.Context, id string, t *thread) error {
	return a.rest.do(ctx, call{method: "GET", path: "/channels/" + id, route: route{name: "GET /channels/{}", major: id}}, t)
}

func (a *Adapter) changeThread(ctx context.Context, id string, to map[string]any, t *thread) error {
	one := call{method: "PATCH", path: "/channels/" + id, body: to, route: route{name: "PATCH /channels/{}", major: id}}
	if t == nil {
		return a.rest.do(ctx, one, nil)
	}
	return a.rest.do(ctx, one, t)
}

// forget drops what is remembered of a post that is gone, or where the bot may not speak; anything else is tried again later.
func (a *Adapter) forget(ctx context.Context, p post, why error) error {
	if !slices.Contains([]int{dg.ErrCodeUnknownChannel, dg.ErrCodeMissingAccess, dg.ErrCodeMissingPermissions, errLocked}, code(why)) {
		return why
	}
	a.Logger.WarnContext(ctx, "discord: a post is gone, or the bot may not speak there", "error", why)
	return a.Memory.Drop(ctx, postNote(p.Thread))
}

// errLocked is what Discord answers when a thread takes no more messages.
const errLocked = 160005

// forumPress does what a button in the forum asks for; false when it was another button.
func (a *Adapter) forumPress(ctx context.Context, i interaction, o occurrence, answer respond) bool {
	if i.Type != typeComponent || o.id == "" || o.place.Workspace == "" || a.Forum.Channel == "" {
		return false
	}
	switch i.Data.CustomID {
	case forumID(kindHelp):
		// What follows is a conversation of their own: the reply in the forum stays as it is.
		o = occurrence{id: o.id, user: o.user, place: o.place, only: o.only, command: true, inputs: []bot.Input{bot.Press{Action: "next"}}}
		i.Message = nil
		a.hand(ctx, i, o, answer)
	case forumID(kindSolved):
		a.solve(ctx, i, o, answer)
	default:
		return false
	}
	return true
}

// solve says that a post is solved, if whoever pressed may say so, and puts it away.
func (a *Adapter) solve(ctx context.Context, i interaction, o occurrence, answer respond) {
	p, err := a.findPost(ctx, o.place.Room)
	if err != nil {
		a.Logger.ErrorContext(ctx, "discord: a post cannot be read", "error", err)
		a.respond(ctx, answer, a.notice(i.Locale, "failed"))
		return
	}
	var permissions uint64
	var roles []string
	if i.Member != nil {
		permissions, _ = strconv.ParseUint(i.Member.Permissions, 10, 64)
		roles = i.Member.Roles
	}
	switch {
	case !p.mayClose(o.user.ID, permissions, roles, a.Forum.Helpers):
		a.respond(ctx, answer, a.notice(i.Locale, "forum_not_yours"))
		return
	case p.State == postSolved:
		a.respond(ctx, answer, a.notice(i.Locale, "forum_already"))
		return
	}
	if !a.respond(ctx, answer, callback{Type: replyThinking}) {
		return // answered before: it came twice
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*a.times.whole)
	defer cancel()
	lang := p.Lang
	if lang == "" {
		lang = o.user.Language
	}
	text := a.words.fill(lang, "forum_by", "name", o.user.Name)
	err = a.withPost(ctx, o.place.Room, func(p *post) error {
		if p.State == postSolved {
			text = a.words.say(lang, "forum_already")
			return a.inPlace(ctx, i, text)
		}
		p.Thread, p.State, p.Closing = o.place.Room, postSolved, true
		if err := a.savePost(ctx, *p); err != nil {
			return errors.Join(err, a.inPlace(ctx, i, a.words.say(lang, "failed")))
		}
		if err := a.inPlace(ctx, i, text); err != nil {
			a.Logger.WarnContext(ctx, "discord: nobody was told that a post is solved", "error", err)
		}
		return a.putAway(ctx, p)
	})
	if errors.Is(err, errElsewhere) {
		err = a.inPlace(ctx, i, a.words.say(lang, "failed"))
	}
	if err != nil {
		a.Logger.WarnContext(ctx, "discord: a post was not put away; it is tried again later", "error", err)
	}
}

// inPlace puts a line in place of what shows that the bot is thinking.
func (a *Adapter) inPlace(ctx context.Context, i interaction, text string) error {
	return a.instead(ctx, i, a.plain(text, 0))
}

func (a *Adapter) instead(ctx context.Context, i interaction, m message) error {
	return a.rest.do(ctx, call{method: "PATCH", path: "/webhooks/" + a.identity().app + "/" + i.Token + "/messages/@original", body: &m, route: route{name: "PATCH /webhooks/{}/{}/messages/{}", major: i.Token, free: true, ahead: true}}, nil)
}

// putAway archives a post, with its Solved tag when it is solved. It is not locked: any reply brings it back.
func (a *Adapter) putAway(ctx context.Context, p *post) error {
	var t, forum, now thread
	if err := a.channelInto(ctx, p.Thread, &t); err != nil {
		return a.forget(ctx, *p, err)
	}
	to := map[string]any{"archived": true}
	if p.State == postSolved && a.channelInto(ctx, a.Forum.Channel, &forum) == nil {
		if tags := withSolved(forum.Tags, t.Applied, true); !slices.Equal(tags, t.Applied) {
			to["applied_tags"] = tags
		}
	}
	err := a.changeThread(ctx, p.Thread, to, &now)
	switch {
	case err == nil:
		p.Closed = now.Meta.Changed
	case code(err) == dg.ErrCodeMissingPermissions:
		a.Logger.WarnContext(ctx, "discord: a post stays open; the bot needs Manage Threads in the forum", "error", err)
		p.Closed = a.Now()
	default:
		return a.forget(ctx, *p, err)
	}
	p.Closing = false
	return a.savePost(ctx, *p)
}

// unsolve takes the Solved tag away from a post that somebody came back to.
func (a *Adapter) unsolve(ctx context.Context, t thread) error {
	var forum thread
	if err := a.channelInto(ctx, a.Forum.Channel, &forum); err != nil {
		return err
	}
	tags := withSolved(forum.Tags, t.Applied, false)
	if len(tags) == len(t.Applied) {
		return nil
	}
	return a.changeThread(ctx, t.ID, map[string]any{"applied_tags": tags}, nil)
}
