package discord

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// Send posts a message, or edits the card that d.Native names. In a channel and in direct messages the delivery's id is the nonce, and
// one that may have arrived long ago is looked for before it is sent again.
func (a *Adapter) Send(ctx context.Context, d bot.Delivery) (bot.Receipt, error) {
	if d.Call != nil || d.Echo != nil {
		return bot.Receipt{}, bot.Never(errors.New("discord: not a message"))
	}
	if native := a.sent.find(d.ID); native != "" {
		return bot.Receipt{Native: native}, nil
	}
	out, err := a.words.draw(d.Message, d.Place)
	if err != nil {
		return bot.Receipt{}, bot.Never(err)
	}
	s := &sending{a: a, d: d, out: out, ahead: a.recent.answers(d.Place)}
	if user, ok := parseCorner(d.Place); ok {
		s.user = user
	} else if u, ok := bot.ParseUser(d.Message.For); ok && u.Network == Network {
		s.user = u.ID
	}
	a.forms.keep(d.Message, d.Place, out) // before it is sent: a form may be waited for by whoever has to acknowledge first
	native, err := s.run(ctx)
	if err == nil && native != "" {
		a.sent.note(d.ID, native)
		if native != d.Native {
			a.sent.made(native, d.ID)
		}
	}
	if err != nil {
		var e *apiError
		a.sent.tried(d.ID, !errors.As(err, &e) || e.Status > 0 && e.Status < 500 || e.Status == 0 && !e.Sent)
	}
	return bot.Receipt{Native: native, Fallback: strings.Join(s.took, ",")}, err
}

// stamped is the message with a delivery's stamp. The components stay those of the drawing.
func (s *sending) stamped(delivery string) message {
	m := s.out.message
	if delivery != "" && len(m.Components) > 0 {
		m.Components = slices.Clone(m.Components)
		m.Components[0].ID = stampOf(delivery)
	}
	return m
}

// A sending is one attempt to send a delivery.
type sending struct {
	a     *Adapter
	d     bot.Delivery
	out   drawing
	user  string // whom it is for
	ahead bool   // it answers somebody
	took  []string

	looked bool // whether an earlier attempt arrived; it did not
}

func (s *sending) fallback(name string) { s.took = append(s.took, name) }

func (s *sending) run(ctx context.Context) (native string, err error) {
	if s.out.fallback != "" {
		s.fallback(s.out.fallback)
	}
	if _, ok := parseCorner(s.d.Place); ok {
		return s.corner(ctx)
	}
	if s.d.Place.Workspace != "" {
		return s.serve(ctx)
	}
	if s.user != "" {
		c, err := s.a.people.find(ctx, s.user)
		if err != nil {
			return "", err
		}
		if c.Closed.After(s.a.Now()) && !s.ahead {
			return s.closed(ctx, bot.Never(errors.New("discord: this person's direct messages are closed (tried within the last day)")))
		}
	}
	if native, err := s.again(ctx); err != nil || native != "" {
		return native, err
	}
	if native, err := s.instead(ctx); err != nil || native != "" {
		return native, err
	}
	native, err = s.channel(ctx, s.d.Place.Room)
	if unreachable(err) {
		if s.user != "" {
			if err := s.a.people.closed(ctx, s.user, s.d.Place.Room); err != nil {
				return "", err
			}
		}
		return s.closed(ctx, err)
	}
	return native, err
}

// instead says it in place of what shows in direct messages that the bot is thinking.
func (s *sending) instead(ctx context.Context) (native string, err error) {
	one := s.a.replies.thinks(s.d.Place)
	if one == nil || s.d.Native != "" {
		return "", nil
	}
	if err := one.wait(ctx); err != nil {
		return "", err
	}
	if !s.a.replies.takeThinking(one) {
		return "", nil
	}
	native, err = s.answer(ctx, one, true)
	if gone(err) {
		s.a.replies.dead(one)
		return "", nil
	}
	if err != nil {
		s.a.replies.give(one, true)
	}
	return native, err
}

// unreachable says whether somebody's direct messages are closed to us.
func unreachable(err error) bool {
	return slices.Contains([]int{dg.ErrCodeCannotSendMessagesToThisUser, errNoMutualGuild}, code(err))
}

// errNoMutualGuild is what Discord answers when we share no server with somebody any more.
const errNoMutualGuild = 50278

// closed says it where the person was heard from lately, if they were; otherwise the operators see it.
func (s *sending) closed(ctx context.Context, why error) (string, error) {
	p, ok := s.a.replies.of(s.user)
	if !ok {
		return "", why
	}
	s.fallback("corner")
	s.d.Place, s.d.Native = p, ""
	return s.corner(ctx)
}

// channel posts or edits as the bot.
func (s *sending) channel(ctx context.Context, room string) (native string, err error) {
	if s.d.Native != "" {
		native, err := s.edit(ctx, room)
		if err == nil || !slices.Contains([]int{dg.ErrCodeUnknownMessage, dg.ErrCodeCannotEditFromAnotherUser, errOldEdits}, code(err)) {
			return native, err
		}
		if code(err) == errOldEdits {
			if age := s.a.Now().Sub(moment(s.d.Native)); age < repostAfter {
				s.fallback("edit-limit") // it was posted anew lately; what has changed is in the bot, and shown with the next
				return s.d.Native, nil
			}
			s.out.Reference = &reference{Message: s.d.Native}
		}
		s.fallback("posted-anew")
	}
	if s.looked || s.d.Attempt < 2 || s.a.sent.unsent(s.d.ID) || s.d.Place.Workspace != "" && s.a.Now().Sub(s.d.Decided) <= nonceLife {
		return s.post(ctx, room) // a nonce tells for some minutes what was posted
	}
	native, err = s.look(ctx, room)
	if err != nil || native != "" {
		return native, err
	}
	return s.post(ctx, room)
}

// again looks in direct messages for what an earlier attempt may have said there. It comes before all that says it once more: what was
// said in place of "thinking" has no nonce, and what was posted with one must not be said in the place of the next "thinking".
func (s *sending) again(ctx context.Context) (native string, err error) {
	if s.d.Native != "" || s.d.Attempt < 2 || s.a.sent.unsent(s.d.ID) {
		return "", nil
	}
	s.looked = true
	return s.look(ctx, s.d.Place.Room)
}

const (
	errOldEdits = dg.ErrCodeMaximumNumberOfEditsToMessagesOlderThanOneHourReached
	// repostAfter is how old a card must be to be posted anew when Discord takes no more edits of it.
	repostAfter = 6 * time.Hour
	// nonceLife is how long Discord surely remembers a nonce.
	nonceLife = 2 * time.Minute
)

func (s *sending) files() []*bot.Document { return s.out.files[:min(len(s.out.files), mostFiles)] }

func (s *sending) edit(ctx context.Context, room string) (string, error) {
	if wait := s.a.recent.edit(s.d.Native, s.ahead); wait > 0 {
		return "", bot.Later(wait, errors.New("discord: edits of one message are two seconds apart"))
	}
	m := s.stamped(s.a.sent.maker(s.d.Native))
	m.Flags &^= flagSilent
	m.Attached = attached(s.files()) // the files of the old card go with it
	err := s.a.awake(ctx, room, func() error {
		return s.try(ctx, call{
			method: "PATCH", path: "/channels/" + room + "/messages/" + s.d.Native, body: &m, files: s.files(),
			route: route{name: "PATCH /channels/{}/messages/{}", major: room, ahead: s.ahead},
		}, true, nil)
	})
	return s.d.Native, err
}

func (s *sending) post(ctx context.Context, room string) (string, error) {
	m := s.stamped(s.d.ID)
	m.Nonce, m.Enforce = nonce(s.d.ID), true
	var made struct {
		ID string `json:"id"`
	}
	one := call{method: "POST", path: "/channels/" + room + "/messages", body: &m, files: s.files(), route: route{name: "POST /channels/{}/messages", major: room, ahead: s.ahead}}
	err := s.try(ctx, one, true, &made)
	if code(err) == dg.ErrCodeInvalidFormBody && s.classic() {
		m = s.stamped(s.d.ID)
		m.Nonce, m.Enforce = nonce(s.d.ID), true
		err = s.try(ctx, one, true, &made)
	}
	if err != nil {
		return "", err
	}
	return made.ID, s.rest(ctx, room)
}

// rest posts the files for which one message has no room.
func (s *sending) rest(ctx context.Context, room string) error {
	for from := mostFiles; from < len(s.out.files); from += mostFiles {
		files := s.out.files[from:min(from+mostFiles, len(s.out.files))]
		m := message{Flags: flagComponentsV2 | flagSilent, Nonce: nonce(s.d.ID + "+" + strconv.Itoa(from)), Enforce: true, Mentions: mentions{Parse: []string{}}}
		m.Attached = attached(files)
		for _, f := range files {
			m.Components = append(m.Components, component{Type: dg.FileComponentType, File: &media{"attachment://" + f.Name}})
		}
		one := call{method: "POST", path: "/channels/" + room + "/messages", body: &m, files: files, route: route{name: "POST /channels/{}/messages", major: room, ahead: s.ahead}}
		if err := s.try(ctx, one, true, nil); err != nil {
			return err
		}
	}
	return nil
}

// classic draws the message once more as every Discord takes it; false when it was.
func (s *sending) classic() bool {
	if slices.Contains(s.took, "classic") {
		return false
	}
	files := s.out.files
	s.out = s.a.words.drawClassic(s.d.Message, s.d.Place)
	s.out.files = files
	s.fallback("classic")
	return true
}

// try makes a call, and says in the bot's words how it went. No message leaves any other way.
func (s *sending) try(ctx context.Context, one call, safe bool, into any) error {
	return judge(s.a.rest.do(ctx, one, into), safe)
}

// look searches the newest messages of a channel for this one, by its stamp or by what stands in it: a nonce is forgotten after some minutes.
// A card that was sent, and edited at once, reads otherwise by now.
func (s *sending) look(ctx context.Context, room string) (string, error) {
	var all []struct {
		ID         string
		Author     struct{ ID string }
		Components []component
		Content    string
	}
	after := ""
	if !s.d.Decided.IsZero() {
		after = "&after=" + snowflake(s.d.Decided.Add(-time.Minute))
	}
	err := s.try(ctx, call{method: "GET", path: "/channels/" + room + "/messages?limit=100" + after, route: route{name: "GET /channels/{}/messages", major: room, ahead: s.ahead}}, true, &all)
	if slices.Contains([]int{dg.ErrCodeMissingAccess, dg.ErrCodeMissingPermissions}, code(err)) {
		s.fallback("not-looked") // a channel we may not read: sent once more, late
		return "", nil
	}
	if err != nil {
		return "", err
	}
	want := reads(s.out.Components)
	if s.out.Content != nil {
		want = *s.out.Content + want
	}
	for _, m := range all {
		is := m.Content+reads(m.Components) == want || len(m.Components) > 0 && m.Components[0].ID == stampOf(s.d.ID)
		if is && m.Author.ID == s.a.identity().user {
			return m.ID, nil
		}
	}
	return "", nil
}

// reads is what tells messages apart: their texts and the ids of what can be pressed.
func reads(all []component) string {
	var b strings.Builder
	for _, c := range all {
		b.WriteString(c.Content + c.CustomID + c.Label + "\n")
		b.WriteString(reads(c.Components))
	}
	return b.String()
}

// nonce is a delivery's id as Discord takes it.
func nonce(id string) string {
	if len(id) <= 25 {
		return id
	}
	return digest(id)[:25]
}

// discordEpoch is when Discord's ids begin, in milliseconds.
const discordEpoch = 1420070400000

// moment is when Discord made an id.
func moment(id string) time.Time {
	n, err := strconv.ParseUint(id, 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(int64(n>>22) + discordEpoch)
}

// snowflake is the smallest id of a moment.
func snowflake(at time.Time) string {
	return strconv.FormatInt(max(at.UnixMilli()-discordEpoch, 0)<<22, 10)
}
