package slack

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"xiaobao/bot"
)

// metadataType and metadataID name the metadata every message carries: an opaque id, because anybody in the workspace can
// read it.
const (
	metadataType = "xiaobao_delivery"
	metadataID   = "id"
)

// Send posts a message, or replaces the card that d.Native names, and uploads its files. A delivery that may have been sent
// before, by this process or one that died, is looked for in the conversation first.
func (a *Adapter) Send(ctx context.Context, d bot.Delivery) (bot.Receipt, error) {
	if d.Call != nil || d.Echo != nil {
		return bot.Receipt{}, bot.Never(errors.New("slack: not a message"))
	}
	home, err := a.home(ctx, d.Place.Workspace)
	if err != nil {
		return bot.Receipt{}, err
	}
	api, err := a.client(ctx, home)
	if err != nil {
		return bot.Receipt{}, err
	}
	if wait := a.pace.crowded(home.id + "/" + d.Place.Room); wait > 0 && d.Native == "" { // it need not be drawn to be put off
		return bot.Receipt{}, bot.Later(wait, errPaced)
	}
	if d.Message.Under != "" && d.Under == "" {
		return bot.Receipt{Fallback: "no-card"}, nil // the card is not there: it tells the same when it comes
	}
	if empty(d.Message) {
		s := &sending{a: a, home: home, api: api, d: d}
		return bot.Receipt{Native: d.Native}, s.remove(ctx)
	}
	out, err := a.words.draw(d.Message, direct(d.Place.Room))
	if err != nil {
		return bot.Receipt{}, bot.Never(err)
	}
	if d.Message.Form != nil {
		a.forms.keep(sheet{form: *d.Message.Form, place: d.Place, lang: d.Message.Lang})
	} else {
		a.forms.pass(d.Place)
	}
	s := &sending{a: a, home: home, api: api, d: d, out: out, at: a.sent.find(d.ID)}
	err = s.run(ctx)
	s.out.done()
	if bot.Shutting(err) != "" && d.Native == "" {
		if to, ok := a.instead(ctx, api, d); ok {
			d.Place = to
			r, err := a.Send(ctx, d)
			r.Fallback = "direct"
			return r, err
		}
	}
	if outcome, wait := bot.Fate(err, d.Attempt); outcome == bot.Deferred && (s.at.native != "" || s.at.files > 0) {
		err = bot.Halfway(wait, err)
	}
	a.sent.note(d.ID, s.at)
	if err == nil {
		a.changed(d.Place)
	}
	return bot.Receipt{Native: s.at.native, Fallback: s.out.fallback}, err
}

// instead is where a person is told what was for them in a channel that takes nothing more: in their direct messages.
func (a *Adapter) instead(ctx context.Context, api *client, d bot.Delivery) (bot.Place, bool) {
	u, ok := bot.ParseUser(d.Message.For)
	if !ok || u.Network != Network || u.Workspace != d.Place.Workspace || direct(d.Place.Room) {
		return bot.Place{}, false
	}
	room, err := a.people.room(ctx, api, d.Place.Workspace, u.ID)
	if err != nil {
		a.Logger.WarnContext(ctx, "slack: no direct messages with a person whose channel is gone", "workspace", d.Place.Workspace, "error", redact(err))
		return bot.Place{}, false
	}
	return makePlace(d.Place.Workspace, room, ""), true
}

// empty says whether a card has nothing to show any more: the same stands further down.
func empty(m bot.Message) bool {
	return strings.TrimSpace(m.Text) == "" && len(m.Blocks) == 0 && len(m.Actions) == 0 && m.Form == nil
}

// remove takes a card away that is shown again elsewhere. Where it is not there (any more), all is as it should be.
func (s *sending) remove(ctx context.Context) error {
	s.a.forms.pass(s.d.Place)
	if s.d.Native == "" {
		return nil
	}
	err := s.call(ctx, "chat.delete", false, func() error {
		body := appendText([]byte(`{"channel":`), s.d.Place.Room)
		body = appendText(append(body, `,"ts":`...), s.d.Native)
		_, err := s.api.write(ctx, "chat.delete", append(body, '}'))
		return err
	})
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) && slices.Contains([]string{"message_not_found", "cant_delete_message"}, refused.Err) {
		return nil
	}
	return err
}

// home finds the workspace a delivery goes to.
func (a *Adapter) home(ctx context.Context, id string) (*workspace, error) {
	w := a.homes.get(id)
	if w == nil && a.Vault != nil {
		var err error
		if w, err = a.load(ctx, id); err != nil {
			return nil, err
		}
	}
	switch {
	case w == nil && !a.known.Load():
		return nil, bot.Later(time.Second, errors.New("slack: not connected yet"))
	case w == nil:
		return nil, bot.Never(fmt.Errorf("slack: this program is not installed in the workspace %s", id))
	case w.gone.Load():
		return nil, bot.Never(errors.New("slack: the app was taken out of the workspace"))
	}
	return w, nil
}

// A sending is one attempt to send a delivery.
type sending struct {
	a    *Adapter
	home *workspace
	api  *client
	d    bot.Delivery
	out  drawing
	at   progress
}

func (s *sending) run(ctx context.Context) error {
	if s.at.done {
		return nil
	}
	fresh := s.d.Native == ""
	if s.d.Doubt && !s.at.known || s.at.unsure {
		if fresh || len(s.out.files) > 0 {
			if err := s.look(ctx); err != nil {
				return err
			}
		}
		s.at.unsure = false
	}
	if s.at.native == "" {
		if err := s.show(ctx); err != nil {
			return err
		}
	}
	for s.at.files < len(s.out.files) {
		if err := s.upload(ctx, s.out.files[s.at.files]); err != nil {
			return err
		}
		s.at.files++
	}
	s.at.done = true
	return nil
}

// show replaces the card, or posts the message where there is none (any more).
func (s *sending) show(ctx context.Context) error {
	if s.d.Native != "" {
		if wait := s.a.pace.held(s.method("chat.update")); wait > 0 {
			return bot.Later(wait, errors.New("slack: chat.update was told to wait"))
		}
		if wait := s.a.pace.edit(s.home.id + "/" + s.d.Place.Room + "/" + s.d.Native); wait > 0 {
			return bot.Aside(wait, errEdited)
		}
		err := s.call(ctx, "chat.update", false, func() error { return s.write(ctx, s.d.Native) })
		if err == nil {
			s.at.native = s.d.Native
			return nil
		}
		var refused slack.SlackErrorResponse
		if !errors.As(err, &refused) || !slices.Contains([]string{"message_not_found", "cant_update_message", "edit_window_closed"}, refused.Err) {
			return err
		}
		s.fallback("posted-anew")
	}
	return s.call(ctx, "chat.postMessage", true, func() error {
		ts, err := s.post(ctx)
		s.at.native = ts
		return err
	})
}

func (s *sending) fallback(name string) {
	if s.out.fallback != "" {
		name = s.out.fallback + "," + name
	}
	s.out.fallback = name
}

// body is what chat.postMessage is given, and chat.update with the ts of the message.
func (s *sending) body(ts string) []byte {
	e := &encoder{out: make([]byte, 0, len(s.out.json)+len(s.out.text)+512)}
	e.field(`{"channel":`, s.d.Place.Room)
	e.field(`,"text":`, s.out.text)
	e.raw(`,"blocks":`)
	e.out = append(e.out, s.out.json...)
	e.raw(`,"parse":"none","link_names":false,"unfurl_links":false,"unfurl_media":false,"mrkdwn":false`)
	e.field(`,"metadata":{"event_type":"`+metadataType+`","event_payload":{"`+metadataID+`":`, s.d.ID)
	e.raw(`}}`)
	e.optional(`,"thread_ts":`, s.thread())
	e.optional(`,"ts":`, ts)
	return append(e.out, '}')
}

// thread is where in the conversation the delivery belongs: under a card, in the thread that is its place, or on top.
func (s *sending) thread() string {
	if s.d.Under != "" {
		return s.d.Under
	}
	return s.d.Place.Thread
}

func (s *sending) post(ctx context.Context) (ts string, err error) {
	return s.plainly(func() (string, error) { return s.api.write(ctx, "chat.postMessage", s.body("")) })
}

func (s *sending) write(ctx context.Context, native string) error {
	_, err := s.plainly(func() (string, error) {
		return s.api.write(ctx, "chat.update", s.body(native))
	})
	return err
}

// plainly does something, and once more in plain blocks when Slack does not like the blocks.
func (s *sending) plainly(do func() (string, error)) (string, error) {
	ts, err := do()
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) && (refused.Err == "invalid_blocks" || refused.Err == "invalid_blocks_format") && s.out.fallback != "plain" {
		s.a.Logger.Warn("slack: blocks were refused, sent plainly", "id", s.d.ID, "why", fmt.Sprint(refused.ResponseMetadata.Messages))
		files := s.out.files
		s.out = s.a.words.drawPlain(s.d.Message, direct(s.d.Place.Room))
		s.out.files, s.out.fallback = files, "plain"
		if _, err := s.out.check(); err != nil {
			return "", err
		}
		return do()
	}
	return ts, err
}

// upload sends one file into the conversation.
func (s *sending) upload(ctx context.Context, f *bot.Document) error {
	if len(f.Data) == 0 {
		return nil // Slack takes no empty files
	}
	var up *slack.GetUploadURLExternalResponse
	err := s.call(ctx, "files.getUploadURLExternal", false, func() (err error) {
		up, err = s.api.GetUploadURLExternalContext(ctx, slack.GetUploadURLExternalParameters{FileName: f.Name, FileSize: len(f.Data)})
		return err
	})
	if err != nil {
		return err
	}
	err = s.call(ctx, "upload", false, func() error {
		return s.api.UploadToURL(ctx, slack.UploadToURLParameters{UploadURL: up.UploadURL, Content: string(f.Data), Filename: f.Name})
	})
	if err != nil {
		return err
	}
	title := clean(f.Note)
	if title == "" {
		title = f.Name
	}
	return s.call(ctx, "files.completeUploadExternal", true, func() error {
		_, err := s.api.CompleteUploadExternalContext(ctx, slack.CompleteUploadExternalParameters{
			Files: []slack.FileSummary{{ID: up.FileID, Title: title}}, Channel: s.d.Place.Room, ThreadTimestamp: s.thread(),
		})
		return err
	})
}

// look asks Slack what of this delivery is there already.
func (s *sending) look(ctx context.Context) error {
	oldest := ""
	if !s.d.Decided.IsZero() {
		oldest = strconv.FormatInt(s.d.Decided.Add(-time.Minute).Unix(), 10)
	}
	cursor := ""
	for page := 0; page < 5; page++ {
		var messages []slack.Message
		more := false
		err := s.call(ctx, "conversations.history", false, func() (err error) {
			messages, more, cursor, err = s.history(ctx, oldest, cursor)
			return err
		})
		var refused slack.SlackErrorResponse
		if errors.As(err, &refused) && slices.Contains([]string{"missing_scope", "not_in_channel", "channel_not_found", "thread_not_found"}, refused.Err) {
			s.fallback("not-looked") // a channel whose history we may not read: sent once more, late
			return nil
		}
		if err != nil {
			return err
		}
		s.found(messages)
		if !more || cursor == "" {
			return nil
		}
	}
	return nil
}

func (s *sending) history(ctx context.Context, oldest, cursor string) ([]slack.Message, bool, string, error) {
	room, thread := s.d.Place.Room, s.thread()
	if thread != "" {
		return s.api.GetConversationRepliesContext(ctx, &slack.GetConversationRepliesParameters{ChannelID: room, Timestamp: thread, Oldest: oldest, Cursor: cursor, Limit: 200, IncludeAllMetadata: true})
	}
	r, err := s.api.GetConversationHistoryContext(ctx, &slack.GetConversationHistoryParameters{ChannelID: room, Oldest: oldest, Cursor: cursor, Limit: 200, IncludeAllMetadata: true})
	if err != nil {
		return nil, false, "", err
	}
	return r.Messages, r.HasMore, r.ResponseMetaData.NextCursor, nil
}

// found notes what of the delivery is among messages.
func (s *sending) found(messages []slack.Message) {
	self := s.home.identity
	for _, m := range messages {
		if m.Metadata.EventType == metadataType && m.Metadata.EventPayload[metadataID] == s.d.ID {
			s.at.native = m.Timestamp
		}
		if m.User != self.user && m.BotID != self.bot {
			continue
		}
		for _, f := range m.Files {
			if s.at.files < len(s.out.files) && f.Name == s.out.files[s.at.files].Name {
				s.at.files++
			}
		}
	}
}

// call makes one call of the Web API in its turn, and says in the bot's words how it went. A call that shows something counts
// against the conversation's second, and cannot just be made again when its answer was lost.
func (s *sending) call(ctx context.Context, method string, shows bool, do func() error) error {
	if wait := s.a.pace.held(s.method(method)); wait > 0 {
		return bot.Later(wait, fmt.Errorf("slack: %s was told to wait", method))
	}
	if shows {
		later, err := s.a.pace.turn(ctx, s.home.id+"/"+s.d.Place.Room)
		if err != nil {
			return fmt.Errorf("slack: wait for a turn: %w", err)
		}
		if later > 0 {
			return bot.Later(later, errPaced)
		}
	}
	err := do()
	if err == nil {
		return nil
	}
	fate, wait := judge(err, shows)
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) && (refused.Err == "token_expired" || refused.Err == "invalid_auth") {
		s.home.ended(s.a.Now())
	}
	err = fmt.Errorf("slack: %s: %w", method, err)
	switch fate {
	case bot.Deferred:
		s.a.pace.hold(s.method(method), wait)
		return bot.Later(wait, err)
	case bot.Refused:
		if slices.Contains([]string{"channel_not_found", "not_in_channel", "is_archived"}, refused.Err) {
			return bot.Shut(bot.ShutGone, err)
		}
		return bot.Never(err)
	case bot.Unsure:
		s.at.unsure = true
		return bot.Ambiguous(err)
	}
	return err
}

// method names a method of a workspace: what one was told to wait, others need not.
func (s *sending) method(name string) string { return s.home.id + " " + name }

var errEdited = errors.New("slack: one edit of a card in two seconds")

var errPaced = errors.New("slack: one message a second")

// unlimited is how long to wait when Slack says "too many" and not how long.
const unlimited = 30 * time.Second

// judge says what an error of the Web API means: wait, never, it may have arrived, or (Sent) simply again soon.
func judge(err error, shows bool) (bot.Outcome, time.Duration) {
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		return bot.Deferred, max(limited.RetryAfter, time.Second)
	}
	var status slack.StatusCodeError
	if errors.As(err, &status) && status.Code == http.StatusTooManyRequests {
		return bot.Deferred, unlimited
	}
	again := bot.Sent
	if shows {
		again = bot.Unsure
	}
	var refused slack.SlackErrorResponse
	if errors.As(err, &refused) {
		switch refused.Err {
		case "ratelimited", "rate_limited", "message_limit_exceeded":
			return bot.Deferred, unlimited
		case "internal_error", "fatal_error", "request_timeout", "service_unavailable", "team_added_to_org":
			return again, 0
		case "invalid_auth", "not_authed", "token_expired":
			return bot.Deferred, time.Minute // until somebody mends the token
		}
		return bot.Refused, 0
	}
	if errors.As(err, &status) && status.Code < 500 {
		return bot.Refused, 0
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return bot.Sent, 0 // nothing was sent
	}
	return again, 0
}
