package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/slack-go/slack"

	"xiaobao/bot"
)

// largestFile is how many bytes of a file are fetched: one more than the bot looks into, so that it says itself that a file
// is too large.
const largestFile = 512<<10 + 1

// receive hands an occurrence to the bot. It returns what Slack should show at once, if anything, and nil when the bot has
// it: then it may be acknowledged.
func (a *Adapter) receive(ctx context.Context, o occurrence, handle handler) (reply any, err error) {
	switch {
	case o.left:
		return nil, a.leave(ctx, o.home)
	case o.limited:
		a.Logger.ErrorContext(ctx, "slack: ALARM: Slack keeps events back because there were more than it delivers in an hour (app_rate_limited)", "workspace", o.home.id)
		return nil, nil
	case o.changed:
		a.people.forget(o.home.id, o.user)
		return nil, nil
	}
	if o.home.gone.Load() {
		return nil, nil
	}
	api, err := a.client(ctx, o.home)
	if err != nil {
		return nil, err
	}
	from, ours, err := a.people.user(ctx, api, o.home.identity, o.user)
	if o.home.org() && !ours {
		if err != nil {
			return nil, fmt.Errorf("find out whether a person belongs to the organization: %w", err)
		}
		return nil, nil // somebody of another company, in a channel that both share
	}
	elsewhere := false
	if o.direct { // a direct message may also be one between two people
		room, err := a.people.room(ctx, api, o.home.id, o.user)
		if err != nil {
			return nil, fmt.Errorf("find the direct messages of a person: %w", err)
		}
		elsewhere = room != o.room
		o.room = room
	}
	if o.search != "" {
		return a.found(ctx, o, from), nil
	}
	if o.tab {
		return nil, a.publish(ctx, api, o.home, from)
	}
	in := bot.Incoming{ID: o.id, At: o.at, From: from, To: makePlace(o.home.id, o.room, o.thread)}
	if o.open != "" {
		return nil, a.openForm(ctx, api, o, in, handle)
	}
	var next func(context.Context) (sheet, bool)
	if o.view {
		next = a.forms.expect(in.To, anything)
	}
	err = a.hand(ctx, api, o, in, handle)
	if next != nil {
		soon := a.faults
		if err != nil {
			soon = 0
		}
		wait, cancel := context.WithTimeout(ctx, soon)
		defer cancel()
		if s, ok := next(wait); ok && s.faulty() && err == nil {
			return a.again(ctx, s), nil
		}
	}
	if err != nil {
		if !o.command && o.trigger != "" && !o.view {
			a.whisper(ctx, api, in, "failed") // Slack does not deliver clicks again
		}
		return nil, err
	}
	if o.command && elsewhere {
		text := escape(a.words.say(in.From.Language, "in_dm")) + " <slack://channel?team=" + o.home.linkTeam() + "&amp;id=" + o.room + "|→>"
		return map[string]string{"response_type": "ephemeral", "text": text}, nil
	}
	return nil, nil
}

// linkTeam is the team in a link into Slack.
func (i identity) linkTeam() string {
	if i.org() {
		return i.enterprise
	}
	return i.team
}

// makePlace is a conversation, or a thread in one. Direct messages have no threads here: they are one conversation.
func makePlace(workspace, room, thread string) bot.Place {
	if direct(room) {
		thread = ""
	}
	return bot.Place{Network: Network, Workspace: workspace, Room: room, Thread: thread}
}

// hand gives everything an occurrence holds to the bot, in order and under names that stay the same.
func (a *Adapter) hand(ctx context.Context, api *client, o occurrence, in bot.Incoming, handle handler) error {
	n := 0
	give := func(what bot.Input) error {
		one := in
		if one.What = what; n > 0 {
			one.ID += "-" + strconv.Itoa(n)
		}
		n++
		return handle(ctx, one)
	}
	for _, what := range o.inputs {
		if form, ok := what.(bot.Submit); ok && len(o.attached) > 0 {
			form.Files = map[string]bot.File{}
			for field, f := range o.attached {
				data, there, err := a.fetch(ctx, api, in, f)
				if err == nil && !there {
					err = errNotThere // without it the form says something else: it stays open
				}
				if err != nil {
					return fmt.Errorf("fetch a file of a form: %w", err)
				}
				form.Files[field] = bot.File{Name: clean(f.Name), Type: f.Type, Data: data}
			}
			what = form
		}
		if err := give(what); err != nil {
			return err
		}
	}
	for _, f := range o.files {
		data, there, err := a.fetch(ctx, api, in, f)
		if err != nil {
			return fmt.Errorf("fetch a file: %w", err)
		}
		if !there {
			n++ // the others keep their names
			continue
		}
		if err := give(bot.File{Name: clean(f.Name), Type: f.Type, Data: data}); err != nil {
			return err
		}
	}
	return nil
}

var errNotThere = errors.New("slack: the file cannot be had")

// fetch reads a file, but no more of it than is looked into. slack-go sends the token to Slack's own hosts only.
// Whoever shared one that is not to be had, however often it is asked for, is told so.
func (a *Adapter) fetch(ctx context.Context, api *client, in bot.Incoming, f sharedFile) (data []byte, there bool, err error) {
	brief, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	w := &capped{left: largestFile}
	err = api.GetFileContext(brief, f.URL, w)
	switch {
	case err == nil || w.left <= 0:
		return w.kept.Bytes(), true, nil
	case soon(err):
		return nil, false, err
	}
	a.Logger.WarnContext(ctx, "slack: a file cannot be had", "workspace", in.To.Workspace, "error", redact(err))
	a.whisper(ctx, api, in, "file_gone")
	return nil, false, nil
}

// soon says whether a file that could not be fetched may be there when it is asked for again: Slack was down or busy. It is not when it was
// deleted, is somebody else's, or stands at another host, where no token is sent.
func soon(err error) bool {
	var status slack.StatusCodeError
	if errors.As(err, &status) {
		return status.Code >= http.StatusInternalServerError || status.Code == http.StatusTooManyRequests
	}
	var limited *slack.RateLimitedError
	var address *url.Error
	if errors.As(err, &address) && address.Op == "parse" {
		return false
	}
	var outside net.Error
	return errors.As(err, &limited) || errors.As(err, &outside) || errors.Is(err, context.Canceled) || errors.Is(err, io.ErrUnexpectedEOF)
}

// capped keeps the beginning of what is written to it and refuses the rest.
type capped struct {
	kept bytes.Buffer
	left int
}

// Write implements io.Writer.
func (c *capped) Write(p []byte) (int, error) {
	n := min(len(p), c.left)
	c.left -= n
	c.kept.Write(p[:n])
	if n < len(p) {
		return n, fmt.Errorf("more than %d bytes", largestFile)
	}
	return n, nil
}

// openForm opens the form of a prompt. One that was shown before this process began is shown again first: the bot is asked
// to repeat what it asked.
func (a *Adapter) openForm(ctx context.Context, api *client, o occurrence, in bot.Incoming, handle handler) error {
	s, ok := a.forms.find(o.open)
	if !ok {
		next := a.forms.expect(in.To, anyForm)
		in.What = bot.Press{Action: "repeat"}
		err := handle(ctx, in)
		wait, cancel := context.WithTimeout(ctx, 1500*time.Millisecond)
		defer cancel()
		if err != nil {
			cancel()
		}
		s, ok = next(wait)
		if err != nil {
			a.whisper(ctx, api, in, "failed")
			return err
		}
		if !ok {
			return nil // the card that counts now stands in the chat
		}
	}
	v, err := a.words.modal(s)
	if err == nil {
		_, err = api.OpenViewContext(ctx, o.trigger, v)
	}
	if err != nil {
		a.Logger.WarnContext(ctx, "slack: a form was not opened", "place", in.To.String(), "error", redact(err))
		a.whisper(ctx, api, in, "form_closed")
	}
	return nil
}

// again answers a form that was sent with the form it became: the faults stand at their fields, and nothing is typed twice.
func (a *Adapter) again(ctx context.Context, s sheet) any {
	v, err := a.words.modal(s)
	if err != nil {
		a.Logger.WarnContext(ctx, "slack: a form was not shown again", "error", err)
		return nil // the card in the chat says the same
	}
	return map[string]any{"response_action": "update", "view": v}
}

// whisper says one of the adapter's own lines to one person. It is never the only copy of something.
func (a *Adapter) whisper(ctx context.Context, api *client, in bot.Incoming, word string) {
	options := []slack.MsgOption{slack.MsgOptionText(escape(a.words.say(in.From.Language, word)), false)}
	if in.To.Thread != "" {
		options = append(options, slack.MsgOptionTS(in.To.Thread))
	}
	if _, err := api.PostEphemeralContext(ctx, in.To.Room, in.From.ID, options...); err != nil {
		a.Logger.DebugContext(ctx, "slack: not whispered", "error", redact(err))
	}
}
