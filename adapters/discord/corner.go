package discord

import (
	"context"
	"fmt"
	"slices"
	"time"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// corner answers where only one person sees it: by their interaction while it is young, and then by direct message, if they
// asked for that.
func (s *sending) corner(ctx context.Context) (string, error) {
	if s.d.Native != "" {
		native, done, err := s.editAnswer(ctx)
		if done {
			return native, err
		}
	}
	one, err := s.a.replies.find(ctx, s.d.Place)
	if err != nil {
		return "", err
	}
	if one == nil {
		return s.direct(ctx)
	}
	if err := one.wait(ctx); err != nil {
		return "", err
	}
	if s.a.replies.inherited(one) {
		id, by, said, thinking := s.a.original(ctx, one)
		if !thinking {
			s.a.replies.takeThinking(one)
		}
		if s.d.Attempt > 1 && said != "" && (said == reads(s.out.Components) || by == stampOf(s.d.ID)) {
			return id, nil // the process before this one said it, and did not get to note that
		}
	}
	thinking, ok := s.a.replies.take(one)
	if !ok {
		return s.direct(ctx)
	}
	native, err := s.answer(ctx, one, thinking)
	if gone(err) && s.a.Now().Sub(one.born) < settling {
		s.a.replies.give(one, thinking)
		return "", bot.Later(500*time.Millisecond, err) // the acknowledgement may still be on its way
	}
	if gone(err) {
		s.a.replies.dead(one)
		return s.direct(ctx)
	}
	if err != nil && !spent(err) {
		s.a.replies.give(one, thinking)
	}
	if err == nil {
		s.a.replies.made(native, one)
	}
	return native, err
}

// flagLoading is set on a message that shows that the bot is thinking.
const flagLoading = 1 << 7

// original asks how an interaction that an earlier process acknowledged was answered, and whether it still shows that the bot is
// thinking. When in doubt it does not: what was said must not be overwritten.
func (a *Adapter) original(ctx context.Context, one *reply) (id string, by stamp, said string, thinking bool) {
	var m struct {
		ID         string      `json:"id"`
		Flags      int         `json:"flags"`
		Components []component `json:"components"`
	}
	err := a.rest.do(ctx, call{method: "GET", path: "/webhooks/" + a.identity().app + "/" + one.Token + "/messages/@original", route: route{name: "GET /webhooks/{}/{}/messages/{}", major: one.Token, free: true, ahead: true}}, &m)
	if err != nil {
		return "", 0, "", false
	}
	if len(m.Components) > 0 {
		by = m.Components[0].ID
	}
	return m.ID, by, reads(m.Components), m.Flags&flagLoading != 0
}

// settling is how long after an interaction Discord may not yet know that it was acknowledged.
const settling = 3 * time.Second

// spent says whether a message may be there although nothing says so.
func spent(err error) bool {
	outcome, _ := bot.Fate(err, 1)
	return outcome == bot.Unsure
}

// gone says whether an interaction can no longer be answered.
func gone(err error) bool {
	return slices.Contains([]int{dg.ErrCodeUnknownWebhook, dg.ErrCodeInvalidWebhookTokenProvided, dg.ErrCodeUnknownInteraction}, code(err))
}

// editAnswer edits a card that an interaction brought. It is done unless the card must be shown anew.
func (s *sending) editAnswer(ctx context.Context) (native string, done bool, err error) {
	by := s.a.replies.by(s.d.Native)
	if by != nil {
		if err := by.wait(ctx); err != nil {
			return "", true, err
		}
		m := s.stamped(s.a.sent.maker(s.d.Native))
		m.Flags &= flagComponentsV2
		m.Attached = attached(s.files())
		at := s.d.Native
		if by.Original == at {
			at = "@original"
		}
		err := s.try(ctx, s.webhook("PATCH", by.Token, "/messages/"+at, "/messages/{}", &m), true, nil)
		switch {
		case gone(err), code(err) == dg.ErrCodeUnknownMessage:
			s.a.replies.dead(by)
		default:
			return s.d.Native, true, err
		}
	}
	if s.d.Message.Notify == bot.Silent {
		// What only one person sees cannot be changed after a quarter of an hour, and is gone from their screen when they
		// look again. The next they ask shows it as it is.
		s.fallback("card-gone")
		return s.d.Native, true, nil
	}
	s.fallback("posted-anew")
	return "", false, nil
}

// answer says something by an interaction.
func (s *sending) answer(ctx context.Context, one *reply, thinking bool) (string, error) {
	var made struct {
		ID string `json:"id"`
	}
	do := func() error {
		m := s.stamped(s.d.ID)
		if thinking {
			m.Flags &= flagComponentsV2
			return s.try(ctx, s.webhook("PATCH", one.Token, "/messages/@original", "/messages/{}", &m), true, &made)
		}
		m.Flags |= flagEphemeral
		return s.try(ctx, s.webhook("POST", one.Token, "?wait=true", "", &m), false, &made)
	}
	err := do()
	if code(err) == dg.ErrCodeInvalidFormBody && s.classic() {
		err = do()
	}
	return made.ID, err
}

func (s *sending) webhook(method, token, path, name string, m *message) call {
	return call{
		method: method, path: "/webhooks/" + s.a.identity().app + "/" + token + path, body: m, files: s.files(),
		route: route{name: method + " /webhooks/{}/{}" + name, major: token, free: true, ahead: true},
	}
}

// direct writes to somebody directly, if they asked for that.
func (s *sending) direct(ctx context.Context) (string, error) {
	c, err := s.a.people.find(ctx, s.user)
	if err != nil {
		return "", err
	}
	if c.Room == "" || c.Closed.After(s.a.Now()) {
		return "", bot.Never(fmt.Errorf("discord: %s was last heard from more than a quarter of an hour ago, in a server, and has no open direct messages with the bot (/xiaobao dm opens them)", s.user))
	}
	s.fallback("direct")
	s.d.Native = ""
	native, err := s.channel(ctx, c.Room)
	if unreachable(err) {
		if err := s.a.people.closed(ctx, s.user, c.Room); err != nil {
			return "", err
		}
	}
	return native, err
}
