package discord

import (
	"context"
	"encoding/json"
	"errors"
	"strconv"
	"strings"

	"xiaobao/bot"
)

// use sends a message that somebody points at as an answer: in the thread of a question to the seller who asked, in a post of the forum as
// a proposal into its author's step.
func (a *Adapter) use(ctx context.Context, i interaction, o occurrence, answer respond) {
	m := i.Data.Resolved.Messages[i.Data.Target]
	text := strings.TrimSpace(m.Content)
	p, err := a.findPost(ctx, i.Channel)
	if err != nil {
		a.Logger.ErrorContext(ctx, "discord: a post cannot be read", "error", err)
		a.respond(ctx, answer, a.notice(i.Locale, "failed"))
		return
	}
	inPost := a.Forum.Channel != "" && p.State != ""
	switch {
	case inPost && !a.mayUse(i, o, p), !inPost && !a.helps(i):
		a.respond(ctx, answer, a.notice(i.Locale, "desk_not_yours"))
	case text == "" || m.Author.Bot || !isID(i.Data.Target):
		a.respond(ctx, answer, a.notice(i.Locale, "use_empty"))
	case inPost:
		a.propose(ctx, i, o, p, m.Author.called(), text, answer)
	default:
		id, word := a.askedIn(ctx, i.Channel)
		if id == "" {
			a.respond(ctx, answer, a.notice(i.Locale, word))
			return
		}
		a.answerTicket(ctx, i, o, id, text, answer)
	}
}

// mayUse says whether somebody may bring an answer into the step of a post's author: they themselves, and helpers.
func (a *Adapter) mayUse(i interaction, o occurrence, p post) bool {
	if i.Member == nil {
		return false
	}
	permissions, _ := strconv.ParseUint(i.Member.Permissions, 10, 64)
	return p.mayClose(o.user.ID, permissions, i.Member.Roles, a.Forum.Helpers)
}

// askedIn is the one open question of a thread; without one, word says why.
func (a *Adapter) askedIn(ctx context.Context, thread string) (id, word string) {
	n := 0
	for after, page := "", mostShown; page == mostShown; {
		page = 0
		err := a.Memory.List(ctx, ticketNotes, after, a.Now(), mostShown, func(name string, body []byte) {
			page, after = page+1, name
			var one shownTicket
			if json.Unmarshal(body, &one) == nil && one.Thread == thread {
				id, n = one.ID, n+1
			}
		})
		if err != nil {
			a.Logger.ErrorContext(ctx, "discord: the questions cannot be read", "error", err)
			return "", "failed"
		}
	}
	switch {
	case n == 0:
		return "", "use_nowhere"
	case n > 1:
		return "", "desk_which"
	}
	return id, ""
}

// propose brings an answer in the forum before the author of the post, in their own conversation, where they use it or do not.
func (a *Adapter) propose(ctx context.Context, i interaction, o occurrence, p post, by, text string, answer respond) {
	if a.Forum.Advise == nil {
		a.respond(ctx, answer, a.notice(i.Locale, "use_unknown"))
		return
	}
	if !a.respond(ctx, answer, callback{Type: replyThinking, Data: map[string]int{"flags": flagEphemeral}}) {
		return // it came twice
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*a.times.whole)
	defer cancel()
	word := "use_proposed"
	err := a.Forum.Advise(ctx, bot.User{Network: Network, ID: p.Author}, i.Data.Target, by, text)
	switch {
	case errors.Is(err, bot.ErrGone):
		word = "use_unknown"
	case err != nil:
		a.Logger.ErrorContext(ctx, "discord: a proposal was not kept", "error", err)
		word = "failed"
	}
	if err := a.inPlace(ctx, i, a.words.say(o.user.Language, word)); err != nil {
		a.Logger.WarnContext(ctx, "discord: a helper was not told how it went", "error", err)
	}
}
