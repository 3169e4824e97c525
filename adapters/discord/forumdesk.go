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
	// Find is one, answered or not: bot.ErrGone when its seller's data were erased.
	Find func(ctx context.Context, ticket string) (bot.Ticket, error)
	// Answer brings an answer to the seller, once: bot.ErrAnswered when somebody was faster.
	Answer func(ctx context.Context, ticket, operator, text string) error
}

// lookEvery is how often the desk looks for new questions, and mostShown how many it shows at a time.
const lookEvery, mostShown = 30 * time.Second, 100

// restEvery is how long the desk rests when its channel is gone or closed to the bot, and sweepEvery how often it is swept.
const restEvery, sweepEvery = 10 * time.Minute, time.Hour

// ticketLife is how long it is remembered where a question was shown.
const ticketLife = 400 * 24 * time.Hour

const ticketNotes = "ticket:"

// A shownTicket is what is remembered of a question.
type shownTicket struct {
	ID      string `json:"i"`
	Since   string `json:"s"`           // an id of Discord's from before it was posted
	Message string `json:"m,omitempty"` // empty: it may not have been posted
	Person  string `json:"p,omitempty"` // whose it is, as a digest
	Thread  string `json:"t,omitempty"`
	Asked   string `json:"q,omitempty"` // the question in the thread
	Making  bool   `json:"k,omitempty"` // a thread may have been made that could not be noted
	Again   bool   `json:"a,omitempty"` // the thread is that of an earlier question
	Without bool   `json:"w,omitempty"` // no thread can be had
}

// attend looks after the desk until ctx ends.
func (a *Adapter) attend(ctx context.Context) {
	t := time.NewTicker(lookEvery)
	defer t.Stop()
	var rested, swept time.Time
	for {
		if a.Now().Sub(rested) >= restEvery {
			err := a.attendOnce(ctx)
			if err == nil && a.Now().Sub(swept) >= sweepEvery {
				swept, err = a.Now(), a.sweepDesk(ctx)
			}
			switch {
			case err == nil || ctx.Err() != nil:
			case shut(err):
				rested = a.Now()
				a.Logger.ErrorContext(ctx, "discord: the channel of discord.forum.tickets is gone, or the bot may not see it or write there; questions wait on the operators' pages, and it is tried again in ten minutes", "error", err)
			default:
				a.Logger.WarnContext(ctx, "discord: the desk was not looked after; it is tried again", "error", err)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-t.C:
		case <-a.bell:
		}
	}
}

// Ring says that a question was asked or answered: the desk looks at once.
func (a *Adapter) Ring() {
	select {
	case a.bell <- struct{}{}:
	default:
	}
}

// attendOnce shows what was opened, and marks what was answered elsewhere. One process does it at a time; when there is nothing
// to do, none does.
func (a *Adapter) attendOnce(ctx context.Context) error {
	a.attending.Lock()
	defer a.attending.Unlock()
	ctx, cancel := context.WithTimeout(ctx, 3*a.times.whole)
	defer cancel()
	if show, done, _, err := a.atDesk(ctx); err != nil || len(show)+len(done) == 0 {
		return err
	}
	held, err := a.Leases.Lease(ctx, "discord:desk", a.ID, a.Now(), a.Now().Add(4*a.times.whole))
	if err != nil || !held {
		return err
	}
	show, done, stay, err := a.atDesk(ctx)
	if err != nil {
		return err
	}
	for _, one := range show {
		shown, err := a.showTicket(ctx, one.ticket, one.shown, stay)
		if err != nil {
			return err
		}
		stay = append(stay, shown)
	}
	for _, one := range done {
		if err := a.ticketDone(ctx, one, stay); err != nil {
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

// atDesk compares what is open with what is shown, some of which stays as it is.
func (a *Adapter) atDesk(ctx context.Context) (show []toShow, done, stay []shownTicket, err error) {
	open, err := a.Desk.Open(ctx, mostShown)
	if err != nil {
		return nil, nil, nil, err
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
			return nil, nil, nil, err
		}
	}
	for _, t := range open {
		if one := shown[t.ID]; one.Message == "" {
			show = append(show, toShow{t, one})
		} else {
			stay = append(stay, one)
		}
		delete(shown, t.ID)
	}
	if len(open) == mostShown {
		return show, nil, stay, nil // whether the others are answered is not known
	}
	for _, one := range shown {
		done = append(done, one)
	}
	return show, done, stay, nil
}

func (a *Adapter) keepTicket(ctx context.Context, one shownTicket) error {
	body, err := json.Marshal(one)
	if err != nil {
		return err
	}
	return a.Memory.Keep(ctx, ticketNotes+one.ID, bot.User{}, body, a.Now(), a.Now().Add(ticketLife))
}

// showTicket posts a question into its thread and its card into the channel, unless an attempt before this one did and could not note it.
func (a *Adapter) showTicket(ctx context.Context, t bot.Ticket, one shownTicket, others []shownTicket) (shownTicket, error) {
	again := one.ID != ""
	if !again {
		one = shownTicket{ID: t.ID, Since: snowflake(a.Now().Add(-time.Minute)), Person: personOf(t)}
		if err := a.keepTicket(ctx, one); err != nil {
			return one, err
		}
	}
	if err := a.inThread(ctx, t, &one, others); err != nil {
		return one, err
	}
	m := a.words.ticketCard(t, a.Desk.Lang, one)
	if again {
		all, err := a.saidSince(ctx, a.Desk.Channel, one.Since)
		if err != nil {
			return one, err
		}
		at := slices.IndexFunc(all, func(s said) bool {
			return s.Author.ID == a.identity().user && reads(s.Components) == reads(m.Components)
		})
		if at >= 0 {
			one.Message = all[at].ID
			return one, a.keepTicket(ctx, one)
		}
	}
	m.Nonce, m.Enforce = nonce("ticket-"+t.ID), true
	var posted said
	err := a.rest.do(ctx, call{method: "POST", path: "/channels/" + a.Desk.Channel + "/messages", body: &m, route: route{name: "POST /channels/{}/messages", major: a.Desk.Channel}}, &posted)
	if err != nil {
		return one, err
	}
	one.Message = posted.ID
	return one, a.keepTicket(ctx, one)
}

// ticketDone takes the buttons from a question that was answered, or whose seller is gone.
func (a *Adapter) ticketDone(ctx context.Context, one shownTicket, others []shownTicket) error {
	t, err := a.Desk.Find(ctx, one.ID)
	if err != nil && !errors.Is(err, bot.ErrGone) {
		return err
	}
	word := "desk_done"
	if err != nil {
		t, word = bot.Ticket{}, "desk_gone"
	}
	if one.Message != "" {
		m := a.plain(a.words.fill(a.Desk.Lang, word, "id", one.ID), 0)
		err := a.rest.do(ctx, call{method: "PATCH", path: "/channels/" + a.Desk.Channel + "/messages/" + one.Message, body: &m, route: route{name: "PATCH /channels/{}/messages/{}", major: a.Desk.Channel}}, nil)
		var e *apiError
		if err != nil && (!errors.As(err, &e) || e.Status != 404) {
			return err
		}
	}
	same := func(o shownTicket) bool { return o.Thread == one.Thread }
	if err := a.threadDone(ctx, t, one, slices.ContainsFunc(others, same)); err != nil {
		return err
	}
	if t.ID != "" && one.Thread != "" {
		body, err := json.Marshal(one)
		if err != nil {
			return err
		}
		if err := a.Memory.Keep(ctx, doneNote(one), bot.User{}, body, a.Now(), a.Now().Add(ticketLife)); err != nil {
			return err
		}
	}
	return a.Memory.Drop(ctx, ticketNotes+one.ID)
}

// ticketMark begins the custom_id of the button and of the window of a question, threadMark that of the button into its thread.
const ticketMark, threadMark = "ticket:", "thread:"

// ticketCard draws a question for the channel of helpers.
func (w words) ticketCard(t bot.Ticket, lang string, one shownTicket) message {
	m := w.ticket(t, lang, "desk_pages")
	if one.Without {
		m = w.ticket(t, lang, "desk_pages", "desk_without")
	}
	if row := &m.Components[1]; one.Thread != "" {
		row.Components = append(row.Components, component{Type: dg.ButtonComponent, Style: int(dg.SecondaryButton), Label: w.say(lang, "desk_thread"), CustomID: threadMark + t.ID})
	}
	return m
}

// ticket draws a question for helpers, with some of our words below it.
func (w words) ticket(t bot.Ticket, lang string, below ...string) message {
	head := "**" + escape(w.fill(lang, "desk_open", "id", t.ID)) + "**"
	about := escape(w.fill(lang, "desk_language", "lang", w.tongue(lang, t.Lang)))
	if t.Flow != "" {
		about += " · " + escape(w.fill(lang, "desk_flow", "flow", t.Flow))
	}
	lines := []string{head, escape(cut(conceal(clean(t.Question)), 1500)), "-# " + about}
	for _, word := range below {
		lines = append(lines, "-# "+escape(w.say(lang, word)))
	}
	return message{Flags: flagComponentsV2, Mentions: mentions{Parse: []string{}}, Components: []component{
		{Type: dg.TextDisplayComponent, Content: strings.Join(lines, "\n")},
		{Type: dg.ActionsRowComponent, Components: []component{{Type: dg.ButtonComponent, Style: int(dg.PrimaryButton), Label: w.say(lang, "desk_answer"), CustomID: ticketMark + t.ID}}},
	}}
}

// tongue is what a language is called.
func (w words) tongue(lang, of string) string {
	switch {
	case strings.HasPrefix(of, "zh"):
		return w.say(lang, "desk_zh")
	case strings.HasPrefix(of, "en"):
		return w.say(lang, "desk_en")
	}
	return of
}

func (w words) ticketWindow(lang, id string) modal {
	yes := true
	return modal{CustomID: ticketMark + id, Title: w.say(lang, "desk_answer"), Components: []component{{
		Type: dg.LabelComponent, Label: w.say(lang, "desk_label"), Description: w.say(lang, "desk_help"),
		Component: &component{Type: dg.TextInputComponent, CustomID: typedField, Style: int(dg.TextInputParagraph), Required: &yes, MaxLength: 3000},
	}}}
}

// deskPress does what a helper asks for at the desk or in a question's thread; false when it was something else. Who has the role may.
func (a *Adapter) deskPress(ctx context.Context, i interaction, o occurrence, answer respond) bool {
	id, ok := strings.CutPrefix(i.Data.CustomID, ticketMark)
	into, join := strings.CutPrefix(i.Data.CustomID, threadMark)
	if !ok && !join || a.Desk.Channel == "" || o.id == "" || i.Type != typeComponent && i.Type != typeModal {
		return false
	}
	switch {
	case !a.helps(i):
		a.respond(ctx, answer, a.notice(i.Locale, "desk_not_yours"))
	case join:
		a.letIn(ctx, i, o, into, answer)
	case i.Type == typeComponent:
		a.respond(ctx, answer, callback{Type: replyModal, Data: a.words.ticketWindow(o.user.Language, id)})
	default:
		values, _ := answers(i.Data.Components)
		a.answerTicket(ctx, i, o, id, values[typedField], answer)
	}
	return true
}

// helps says whether whoever did something has the helpers' role.
func (a *Adapter) helps(i interaction) bool {
	return a.Desk.Helpers != "" && i.Member != nil && slices.Contains(i.Member.Roles, a.Desk.Helpers)
}

// answerTicket brings a helper's answer to the seller, and tells the helper how it went.
func (a *Adapter) answerTicket(ctx context.Context, i interaction, o occurrence, id, text string, answer respond) {
	if !a.respond(ctx, answer, callback{Type: replyThinking, Data: map[string]int{"flags": flagEphemeral}}) {
		return // it came twice
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*a.times.whole)
	defer cancel()
	lang := o.user.Language
	say := a.words.say(lang, "desk_sent")
	switch err := a.Desk.Answer(ctx, id, o.user.Name+" (Discord)", text); {
	case errors.Is(err, bot.ErrAnswered), errors.Is(err, bot.ErrGone):
		say = a.words.say(lang, "desk_faster")
	case err != nil: // what they wrote is not lost: they have it to send again
		a.Logger.ErrorContext(ctx, "discord: an answer was not kept", "error", err)
		say = a.words.say(lang, "desk_failed") + "\n\n" + cut(text, 1500)
	default:
		a.Ring() // the thread shows it at once
	}
	if err := a.inPlace(ctx, i, say); err != nil {
		a.Logger.WarnContext(ctx, "discord: a helper was not told how it went", "error", err)
	}
}
