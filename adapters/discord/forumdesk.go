package discord

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// A Desk is a channel of helpers: questions that sellers handed to a human, wherever they are, are shown there, and answered from
// there. It is served over the gateway only. What the seller wrote is shown without its numbers and addresses; all of it is on
// the operators' pages.
type Desk struct {
	Channel string // empty: none
	Helpers string // the role whose members may answer
	Lang    string // of the desk
	// Open lists the unanswered ones, oldest first.
	Open func(ctx context.Context, n int) ([]bot.Ticket, error)
	// Answer brings an answer to the seller, once: bot.ErrAnswered when somebody was faster.
	Answer func(ctx context.Context, ticket, operator, text string) error
}

// lookEvery is how often the desk looks for new questions, and mostShown how many it shows at a time.
const lookEvery, mostShown = 30 * time.Second, 100

// ticketLife is how long it is remembered where a question was shown.
const ticketLife = 400 * 24 * time.Hour

const ticketNotes = "ticket:"

// A shownTicket is what is remembered of a question.
type shownTicket struct {
	ID      string `json:"i"`
	Since   string `json:"s"`           // an id of Discord's from before it was posted
	Message string `json:"m,omitempty"` // empty: it may not have been posted
}

// attend looks after the desk until ctx ends.
func (a *Adapter) attend(ctx context.Context) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	for {
		if err := a.attendOnce(ctx); err != nil && ctx.Err() == nil {
			a.Logger.WarnContext(ctx, "discord: the desk was not looked after; it is tried again", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		}
	}
}

// attendOnce shows what was opened, and marks what was answered elsewhere. One process does it at a time; when there is nothing
// to do, none does.
func (a *Adapter) attendOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 3*a.times.whole)
	defer cancel()
	if show, done, err := a.atDesk(ctx); err != nil || len(show)+len(done) == 0 {
		return err
	}
	held, err := a.Leases.Lease(ctx, "discord:desk", a.ID, a.Now(), a.Now().Add(4*a.times.whole))
	if err != nil || !held {
		return err
	}
	show, done, err := a.atDesk(ctx)
	if err != nil {
		return err
	}
	for _, one := range show {
		if err := a.showTicket(ctx, one.ticket, one.shown); err != nil {
			return err
		}
	}
	for _, one := range done {
		if err := a.ticketDone(ctx, one); err != nil {
			return err
		}
	}
	return nil
}

// A toShow is a question that is not shown, as far as is known.
type toShow struct {
	ticket bot.Ticket
	shown  shownTicket
}

// atDesk compares what is open with what is shown.
func (a *Adapter) atDesk(ctx context.Context) (show []toShow, done []shownTicket, err error) {
	open, err := a.Desk.Open(ctx, mostShown)
	if err != nil {
		return nil, nil, err
	}
	shown := map[string]shownTicket{}
	for after, page := "", mostShown; page == mostShown; {
		page = 0
		err := a.Memory.List(ctx, ticketNotes, after, a.Now(), mostShown, func(name string, body []byte) {
			page, after = page+1, name
			var one shownTicket
			if json.Unmarshal(body, &one) == nil {
				shown[one.ID] = one
			}
		})
		if err != nil {
			return nil, nil, err
		}
	}
	for _, t := range open {
		if one := shown[t.ID]; one.Message == "" {
			show = append(show, toShow{t, one})
		}
		delete(shown, t.ID)
	}
	if len(open) == mostShown {
		return show, nil, nil // whether the others are answered is not known
	}
	for _, one := range shown {
		done = append(done, one)
	}
	return show, done, nil
}

func (a *Adapter) keepTicket(ctx context.Context, one shownTicket) error {
	body, err := json.Marshal(one)
	if err != nil {
		return err
	}
	return a.Memory.Keep(ctx, ticketNotes+one.ID, bot.User{}, body, a.Now(), a.Now().Add(ticketLife))
}

// showTicket posts a question, unless an attempt before this one did and could not note it.
func (a *Adapter) showTicket(ctx context.Context, t bot.Ticket, one shownTicket) error {
	m := a.words.ticket(t, a.Desk.Lang)
	if one.ID == "" {
		one = shownTicket{ID: t.ID, Since: snowflake(a.Now().Add(-time.Minute))}
		if err := a.keepTicket(ctx, one); err != nil {
			return err
		}
	} else {
		all, err := a.saidSince(ctx, a.Desk.Channel, one.Since)
		if err != nil {
			return err
		}
		at := slices.IndexFunc(all, func(s said) bool {
			return s.Author.ID == a.identity().user && reads(s.Components) == reads(m.Components)
		})
		if at >= 0 {
			one.Message = all[at].ID
			return a.keepTicket(ctx, one)
		}
	}
	m.Nonce, m.Enforce = nonce("ticket-"+t.ID), true
	var posted said
	err := a.rest.do(ctx, call{method: "POST", path: "/channels/" + a.Desk.Channel + "/messages", body: &m, route: route{name: "POST /channels/{}/messages", major: a.Desk.Channel}}, &posted)
	if err != nil {
		return err
	}
	one.Message = posted.ID
	return a.keepTicket(ctx, one)
}

// ticketDone takes the button from a question that was answered, and forgets it.
func (a *Adapter) ticketDone(ctx context.Context, one shownTicket) error {
	if one.Message != "" {
		m := a.plain(a.words.fill(a.Desk.Lang, "desk_done", "id", one.ID), 0)
		err := a.rest.do(ctx, call{method: "PATCH", path: "/channels/" + a.Desk.Channel + "/messages/" + one.Message, body: &m, route: route{name: "PATCH /channels/{}/messages/{}", major: a.Desk.Channel}}, nil)
		var e *apiError
		if err != nil && (!errors.As(err, &e) || e.Status != 404) {
			return err
		}
	}
	return a.Memory.Drop(ctx, ticketNotes+one.ID)
}

// ticketMark begins the custom_id of the button and of the window of a question.
const ticketMark = "ticket:"

// ticket draws a question for helpers.
func (w words) ticket(t bot.Ticket, lang string) message {
	head := "**" + escape(w.fill(lang, "desk_open", "id", t.ID)) + "**"
	about := escape(w.fill(lang, "desk_language", "lang", t.Lang))
	if t.Flow != "" {
		about += " · " + escape(w.fill(lang, "desk_flow", "flow", t.Flow))
	}
	text := strings.Join([]string{head, escape(cut(conceal(clean(t.Question)), 1500)), "-# " + about, "-# " + escape(w.say(lang, "desk_pages"))}, "\n")
	return message{Flags: flagComponentsV2, Mentions: mentions{Parse: []string{}}, Components: []component{
		{Type: dg.TextDisplayComponent, Content: text},
		{Type: dg.ActionsRowComponent, Components: []component{{Type: dg.ButtonComponent, Style: int(dg.PrimaryButton), Label: w.say(lang, "desk_answer"), CustomID: ticketMark + t.ID}}},
	}}
}

func (w words) ticketWindow(lang, id string) modal {
	yes := true
	return modal{CustomID: ticketMark + id, Title: w.say(lang, "desk_answer"), Components: []component{{
		Type: dg.LabelComponent, Label: w.say(lang, "desk_label"), Description: w.say(lang, "desk_help"),
		Component: &component{Type: dg.TextInputComponent, CustomID: typedField, Style: int(dg.TextInputParagraph), Required: &yes, MaxLength: 3000},
	}}}
}

// deskPress does what a helper asks for at the desk; false when it was something else.
func (a *Adapter) deskPress(ctx context.Context, i interaction, o occurrence, answer respond) bool {
	id, ok := strings.CutPrefix(i.Data.CustomID, ticketMark)
	if !ok || a.Desk.Channel == "" || o.id == "" || i.Type != typeComponent && i.Type != typeModal {
		return false
	}
	lang := o.user.Language
	if i.Channel != a.Desk.Channel || i.Member == nil || !slices.Contains(i.Member.Roles, a.Desk.Helpers) {
		a.respond(ctx, answer, a.notice(i.Locale, "desk_not_yours"))
		return true
	}
	if i.Type == typeComponent {
		a.respond(ctx, answer, callback{Type: replyModal, Data: a.words.ticketWindow(lang, id)})
		return true
	}
	if !a.respond(ctx, answer, callback{Type: replyThinking, Data: map[string]int{"flags": flagEphemeral}}) {
		return true // it came twice
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*a.times.whole)
	defer cancel()
	values, _ := answers(i.Data.Components)
	text := values[typedField]
	say := a.words.say(lang, "desk_sent")
	switch err := a.Desk.Answer(ctx, id, o.user.Name+" (Discord)", text); {
	case errors.Is(err, bot.ErrAnswered), errors.Is(err, bot.ErrGone):
		say = a.words.say(lang, "desk_faster")
	case err != nil: // what they wrote is not lost: they have it to send again
		a.Logger.ErrorContext(ctx, "discord: an answer was not kept", "error", err)
		say = a.words.say(lang, "desk_failed") + "\n\n" + cut(text, 1500)
	}
	if err := a.inPlace(ctx, i, say); err != nil {
		a.Logger.WarnContext(ctx, "discord: a helper was not told how it went", "error", err)
	}
	return true
}
