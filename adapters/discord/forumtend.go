package discord

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// tendEvery is how often the forum is looked after.
const tendEvery = 10 * time.Minute

// tend looks after the forum until ctx ends: what is due, and what an earlier attempt did not bring to its end.
func (a *Adapter) tend(ctx context.Context) {
	t := time.NewTicker(tendEvery)
	defer t.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-t.C:
			a.tendOnce(ctx)
		}
	}
}

// tendOnce does what is due by now.
func (a *Adapter) tendOnce(ctx context.Context) {
	posts, err := a.posts(ctx)
	if err != nil {
		a.Logger.WarnContext(ctx, "discord: the posts cannot be read", "error", err)
		return
	}
	for _, p := range posts {
		if p.due(a.Now()) == choreNone {
			continue
		}
		a.tendPost(ctx, p.Thread)
		if ctx.Err() != nil {
			return
		}
	}
	if err := a.weekly(ctx, posts); err != nil {
		a.Logger.WarnContext(ctx, "discord: the weekly list was not posted; it is tried again later", "error", err)
	}
}

func (a *Adapter) tendPost(ctx context.Context, thread string) {
	ctx, cancel := context.WithTimeout(ctx, 3*a.times.whole) // shorter than the lease of a post
	defer cancel()
	if err := a.withPost(ctx, thread, func(p *post) error { return a.do(ctx, p) }); err != nil && !errors.Is(err, errElsewhere) {
		a.Logger.WarnContext(ctx, "discord: a post was not seen to", "error", err)
	}
}

// posts are all that are remembered, in the order of their age.
func (a *Adapter) posts(ctx context.Context) (all []post, err error) {
	const page = 200
	after := ""
	for {
		n := 0
		err := a.Memory.List(ctx, postNotes, after, a.Now(), page, func(name string, body []byte) {
			n, after = n+1, name
			var p post
			if json.Unmarshal(body, &p) == nil && isID(p.Thread) {
				all = append(all, p)
			}
		})
		if err != nil || n < page {
			return all, err
		}
	}
}

// do does the chore that is due for a post, after a look at what was said meanwhile.
func (a *Adapter) do(ctx context.Context, p *post) error {
	switch p.due(a.Now()) {
	case choreAnswer:
		return a.greet(ctx, p, thread{})
	case choreClose:
		return a.putAway(ctx, p)
	case choreNone:
		return nil
	}
	spoken, err := a.look(ctx, p)
	if err != nil {
		return a.forget(ctx, *p, err)
	}
	if spoken.After(p.Heard.Add(remindAfter)) && !p.Reminded.After(p.Heard) {
		p.Reminded = spoken // by a process that did not get to note it
	}
	switch p.due(a.Now()) {
	case choreRemind:
		m := a.plain(a.words.say(p.Lang, "forum_remind"), 0)
		m.Components = append(m.Components, a.words.forumButtons(p.Lang))
		if err := a.utter(ctx, p.Thread, "remind-"+p.Thread+p.Heard.UTC().Format("060102150405"), m); err != nil {
			return a.forget(ctx, *p, err)
		}
		p.Reminded = a.Now()
	case choreExpire:
		m := a.plain(a.words.say(p.Lang, "forum_archived"), 0)
		if err := a.utter(ctx, p.Thread, "archive-"+p.Thread+p.Heard.UTC().Format("060102150405"), m); err != nil {
			return a.forget(ctx, *p, err)
		}
		p.State, p.Closing = postArchived, true
		if err := a.savePost(ctx, *p); err != nil {
			return err
		}
		return a.putAway(ctx, p)
	}
	return a.savePost(ctx, *p)
}

// look notes who wrote in a post, and returns when the bot last did.
func (a *Adapter) look(ctx context.Context, p *post) (spoken time.Time, err error) {
	all, err := a.saidSince(ctx, p.Thread, "")
	if err != nil {
		return spoken, err
	}
	for _, m := range all {
		at := moment(m.ID)
		switch {
		case m.Author.ID == a.identity().user:
			if at.After(spoken) {
				spoken = at
			}
			continue
		case m.Author.Bot:
			continue
		case m.Author.ID != p.Author:
			p.Answered = true
		}
		if at.After(p.Heard) {
			p.Heard = at
		}
	}
	return spoken, nil
}

// mostListed is how many posts the weekly list shows.
const mostListed = 40

// weekNote names the note that says that a week's list was posted.
func weekNote(now time.Time) string {
	year, week := now.UTC().ISOWeek()
	return fmt.Sprintf("forumweek:%d-%02d", year, week)
}

// weekly tells the helpers which posts nobody has answered: once a week, as soon in it as this program runs.
func (a *Adapter) weekly(ctx context.Context, posts []post) error {
	if a.Forum.Desk == "" {
		return nil
	}
	now := a.Now()
	name := weekNote(now)
	if done, err := a.Memory.Find(ctx, name, now); err != nil || done != nil {
		return err
	}
	lease := "discord:" + name
	held, err := a.Leases.Lease(ctx, lease, a.ID, now, now.Add(tendEvery))
	if err != nil || !held {
		return err
	}
	defer a.Leases.Release(context.WithoutCancel(ctx), lease, a.ID)
	if done, err := a.Memory.Find(ctx, name, now); err != nil || done != nil {
		return err // another process was faster
	}
	var lines []string
	more := 0
	for _, p := range posts {
		if p.State != postOpen || p.Answered {
			continue
		}
		if _, err := a.look(ctx, &p); err != nil && code(err) == dg.ErrCodeUnknownChannel {
			continue
		} else if err != nil {
			return err
		}
		if p.Answered {
			continue
		}
		if len(lines) == mostListed {
			more++
			continue
		}
		lines = append(lines, "- <#"+p.Thread+"> · "+moment(p.Thread).UTC().Format("2006-01-02"))
	}
	if len(lines) > 0 {
		if more > 0 {
			lines = append(lines, escape(a.words.fill(a.Forum.Lang, "forum_week_more", "n", fmt.Sprint(more))))
		}
		m := a.plain("", 0)
		m.Components[0].Content = escape(a.words.say(a.Forum.Lang, "forum_week")) + "\n" + strings.Join(lines, "\n")
		if err := a.listed(ctx, name, m); err != nil {
			return err
		}
	}
	return a.Memory.Keep(ctx, name, bot.User{}, []byte("{}"), now, now.Add(21*24*time.Hour))
}

// listed posts a week's list, unless a process before this one did and could not note it.
func (a *Adapter) listed(ctx context.Context, name string, m message) error {
	begun := name + ":begun"
	was, err := a.Memory.Find(ctx, begun, a.Now())
	if err != nil {
		return err
	}
	if was != nil {
		all, err := a.saidSince(ctx, a.Forum.Desk, string(was))
		if err != nil {
			return err
		}
		if a.mine(all) != "" {
			return nil
		}
	} else if err := a.Memory.Keep(ctx, begun, bot.User{}, []byte(snowflake(a.Now().Add(-time.Minute))), a.Now(), a.Now().Add(21*24*time.Hour)); err != nil {
		return err
	}
	return a.utter(ctx, a.Forum.Desk, name, m)
}
