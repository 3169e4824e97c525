package discord

import (
	"context"
	"slices"
	"strings"
	"time"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// A Forum is a channel of posts in which the bot helps in public, while people help each other. It is served over the gateway only.
//
//	new ──► one reply, tags ──► open ──3 days of silence──► reminded ──4 more──► archived
//	                             ▲  └──────"Mark solved"──► solved, archived        │
//	                             └───────────── any reply brings it back ◄──────────┘
//
// What is in a post is never kept and never repeated: the note about it knows who opened it, when, and how it stands.
type Forum struct {
	Channel string // the forum; empty: none is served
	Helpers string // the role whose members may say that a post is solved, besides those who may manage threads; optional
	Desk    string // the channel that gets the weekly list of posts without an answer; optional
	Lang    string // the language of that list
	Replies bool   // replies are looked at too; needs the privileged intent to read what people write
	Read    func(text string, tags []string) Reading
	Exposed func(text string) bool // whether it holds what should not stand in public; must be quick
	// Advise brings an answer before whoever it is for, in their own conversation; the same id once. bot.ErrGone when they have none. Optional.
	Advise func(ctx context.Context, to bot.User, id, by, text string) error
}

// A Reading is what the house makes of a post. It must be quick, and keeps nothing.
type Reading struct {
	Lang    string   // in which the post is written
	Answers []Likely // the likeliest first
	Exposed bool     // it holds what should not stand in public: a tracking number, an address, a telephone
	Tags    []int    // which of the forum's tags fit
}

// A Likely is an entry that may answer a post.
type Likely struct {
	Title  string
	Text   string
	Source string // who wrote it
	Date   string // when it was read
	Link   string
}

// A post is what is remembered of one.
type post struct {
	Thread   string    `json:"t"`
	Author   string    `json:"a"`
	Lang     string    `json:"l"`
	State    postState `json:"s"`
	Heard    time.Time `json:"h"`           // when somebody last wrote
	Reminded time.Time `json:"r,omitempty"` // when the silence was last broken by the bot
	Answered bool      `json:"w,omitempty"` // somebody besides the author wrote
	Closing  bool      `json:"c,omitempty"` // to be archived, which has not worked yet
	Closed   time.Time `json:"d,omitempty"` // when it was archived, by Discord's clock
}

type postState string

const (
	postNew      postState = "new"
	postOpen     postState = "open"
	postSolved   postState = "solved"
	postArchived postState = "archived"
)

// remindAfter is how long a post may be silent before its author is reminded, archiveAfter how long before it is put away, and
// both together leave the author the rest of the time after the reminder, however late that was.
const remindAfter, archiveAfter = 3 * 24 * time.Hour, 7 * 24 * time.Hour

// answerWithin is how old a post may be to be answered: an old forum is not gone through when the bot joins it.
const answerWithin = 24 * time.Hour

// startWithin is how long whoever began to answer a post may take before another does it.
const startWithin = time.Minute

// A chore is what is to be done with a post when nobody does anything.
type chore int

const (
	choreNone   chore = iota
	choreAnswer       // the first reply, which has not worked yet
	choreClose        // to archive it, which has not worked yet
	choreRemind
	choreExpire
)

// due says what is to be done by now. It goes by what is remembered: before speaking, look.
func (p post) due(now time.Time) chore {
	silent := now.Sub(p.Heard)
	switch {
	case p.Closing:
		return choreClose
	case p.State == postNew && silent >= startWithin:
		return choreAnswer
	case p.State != postOpen || silent < remindAfter:
		return choreNone
	case !p.Reminded.After(p.Heard):
		return choreRemind
	case silent >= archiveAfter && now.Sub(p.Reminded) >= archiveAfter-remindAfter:
		return choreExpire
	}
	return choreNone
}

// reopened says whether what Discord tells of a thread means that somebody brought it back. Only what happened after we put it
// away counts: events come late, and our own changes come back as events.
func (p post) reopened(t thread) bool {
	return (p.State == postSolved || p.State == postArchived) && !p.Closing && !t.Meta.Archived && t.Meta.Changed.After(p.Closed)
}

// mayClose says whether somebody may say that a post is solved.
func (p post) mayClose(user string, permissions uint64, roles []string, helpers string) bool {
	return p.Author != "" && p.Author == user || permissions&(dg.PermissionManageThreads|dg.PermissionAdministrator) != 0 || helpers != "" && slices.Contains(roles, helpers)
}

// A thread is what Discord says of a post.
type thread struct {
	ID      string   `json:"id"`
	Type    int      `json:"type"`
	Guild   string   `json:"guild_id"`
	Parent  string   `json:"parent_id"`
	Owner   string   `json:"owner_id"`
	Name    string   `json:"name"`
	Applied []string `json:"applied_tags"`
	New     bool     `json:"newly_created"`
	Meta    struct {
		Archived bool      `json:"archived"`
		Locked   bool      `json:"locked"`
		Changed  time.Time `json:"archive_timestamp"`
	} `json:"thread_metadata"`
	Tags []forumTag `json:"available_tags"` // of the forum itself
}

// channelForum is the type of a forum.
const channelForum = 15

type forumTag struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Moderated bool   `json:"moderated"`
}

// mostTags is how many tags a post can have.
const mostTags = 5

// guessed are the ids of tags that were guessed, none that only moderators give, and no Solved.
func guessed(all []forumTag, which []int) (ids []string) {
	for _, n := range which {
		if n >= 0 && n < len(all) && !all[n].Moderated && !all[n].solved() && !slices.Contains(ids, all[n].ID) && len(ids) < mostTags {
			ids = append(ids, all[n].ID)
		}
	}
	return ids
}

// solved says whether a tag means that a post is solved.
func (t forumTag) solved() bool {
	return slices.Contains([]string{"solved", "resolved", "已解决", "已解決"}, strings.ToLower(strings.TrimSpace(t.Name)))
}

// withSolved adds the Solved tag, or takes it away; the last of five makes room for it.
func withSolved(all []forumTag, applied []string, on bool) []string {
	out := []string{}
	solved := ""
	for _, t := range all {
		if t.solved() {
			solved = t.ID
			break
		}
	}
	for _, id := range applied {
		if id != solved {
			out = append(out, id)
		}
	}
	if on && solved != "" {
		out = append(out[:min(len(out), mostTags-1)], solved)
	}
	return out
}

// The kinds of presses in a forum.
const (
	kindSolved kind = "solved"
	kindHelp   kind = "help"
)

// likelyText is how much of an answer is shown, and mostLikely how many.
const likelyText, mostLikely = 420, 3

// welcome draws the one reply to a post.
func (w words) welcome(r Reading, unread bool) []component {
	lang := r.Lang
	lines := []string{escape(w.say(lang, "forum_hello"))}
	if unread {
		lines = append(lines, escape(w.say(lang, "forum_unread")))
	}
	if r.Exposed {
		lines = append(lines, "**"+escape(w.say(lang, "forum_exposed"))+"**")
	}
	out := []component{{Type: dg.TextDisplayComponent, Content: strings.Join(lines, "\n")}}
	for _, l := range r.Answers[:min(len(r.Answers), mostLikely)] {
		text := "**" + escape(oneLine(l.Title, labelText)) + "**\n" + escape(cut(strings.TrimSpace(l.Text), likelyText))
		source := strings.Join(slices.DeleteFunc([]string{escape(oneLineOr(l.Source)), escape(l.Date)}, func(s string) bool { return s == "" }), " · ")
		if source != "" {
			text += "\n-# " + source
		}
		if address, ok := webAddress(l.Link); ok {
			text += "\n-# <" + address + ">"
		}
		out = append(out, component{Type: dg.TextDisplayComponent, Content: text})
	}
	var list []string
	list = append(list, escape(w.say(lang, "forum_list")))
	for _, one := range []string{"forum_list_step", "forum_list_market", "forum_list_seen", "forum_list_tried"} {
		list = append(list, "- "+escape(w.say(lang, one)))
	}
	list = append(list, "-# "+escape(w.say(lang, "forum_private")))
	return append(out, component{Type: dg.TextDisplayComponent, Content: strings.Join(list, "\n")}, w.forumButtons(lang))
}

func (w words) forumButtons(lang string) component {
	return component{Type: dg.ActionsRowComponent, Components: []component{
		{Type: dg.ButtonComponent, Style: int(dg.SuccessButton), Label: w.say(lang, "forum_solved"), CustomID: forumID(kindSolved)},
		{Type: dg.ButtonComponent, Style: int(dg.SecondaryButton), Label: w.say(lang, "forum_help"), CustomID: forumID(kindHelp)},
	}}
}

// forumID is the custom_id of a button in a forum. Which post it is about is where it was pressed: nobody can forge that.
func forumID(k kind) string { return "forum:" + string(k) }
