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

// Each question has a private thread in the desk's channel, where helpers talk about it. Who takes the question is let in by the button on
// its card; nobody is called. What is said there is not listened to: an answer is sent with the button, or with the message command.
//
//	opened ──► thread, question, card ──► answered anywhere ──► the answer stands there, archived
//	               ▲                                                │
//	               └──────── the same seller asks again ◄───────────┘
//
// Where no thread can be had, the card alone does, and says so.

const (
	channelPrivateThread = 12
	deskArchive          = 10080 // minutes of silence after which Discord puts a thread away
	errArchived          = 50083
	errMostThreads       = 160006
	errNoThreads         = 50024 // not in a channel of this type
)

// doneNotes begins the names of notes about questions that were answered; the person's digest follows, then the question.
const doneNotes = "deskdone:"

func doneNote(one shownTicket) string { return doneNotes + one.Person + ":" + one.ID }

// personOf is whom questions are about, without saying who it is.
func personOf(t bot.Ticket) string { return digest(t.Tenant + " " + t.Person)[:24] }

// noThread says whether Discord will not give a thread in a channel that the bot sees, however often it is asked.
func noThread(err error) bool {
	return slices.Contains([]int{dg.ErrCodeMissingPermissions, errMostThreads, errNoThreads}, code(err))
}

// shut says whether a thread takes no more messages: it is gone, locked, or closed to the bot.
func shut(err error) bool {
	return slices.Contains([]int{dg.ErrCodeUnknownChannel, dg.ErrCodeMissingPermissions, dg.ErrCodeMissingAccess, errLocked}, code(err))
}

// inThread puts a question into its thread: the one the seller's earlier questions have, or a new one.
func (a *Adapter) inThread(ctx context.Context, t bot.Ticket, one *shownTicket, others []shownTicket) error {
	if one.Asked != "" || one.Without {
		return nil
	}
	if one.Thread == "" && !one.Making {
		earlier, err := a.earlierThread(ctx, one.Person, others)
		if err != nil {
			return err
		}
		one.Thread, one.Again = earlier, earlier != ""
	}
	if one.Thread == "" {
		err := a.makeThread(ctx, one)
		if noThread(err) {
			a.Logger.ErrorContext(ctx, "discord: a question gets no private thread: in the channel of discord.forum.tickets the bot needs Create Private Threads and Send Messages in Threads, and there may be too many open threads", "ticket", t.ID, "error", err)
			one.Without, err = true, nil
		}
		if err := errors.Join(err, a.keepTicket(ctx, *one)); err != nil || one.Without {
			return err
		}
	}
	m := a.words.ticket(t, a.Desk.Lang, "desk_pages", "desk_here")
	if one.Making || one.Again { // an attempt before this one may have asked
		all, err := a.saidSince(ctx, one.Thread, one.Since)
		if err != nil && !shut(err) {
			return err
		}
		for _, s := range all {
			if s.Author.ID == a.identity().user && reads(s.Components) == reads(m.Components) {
				one.Asked = s.ID
				return a.keepTicket(ctx, *one)
			}
		}
	}
	m.Nonce, m.Enforce = nonce("thread-"+t.ID), true
	var posted said
	err := a.rest.do(ctx, call{method: "POST", path: "/channels/" + one.Thread + "/messages", body: &m, route: route{name: "POST /channels/{}/messages", major: one.Thread}}, &posted)
	switch {
	case shut(err) && one.Again: // the old thread is of no use: the next attempt makes a new one
		one.Thread, one.Again, one.Making = "", false, true
		return errors.Join(a.keepTicket(ctx, *one), a.inThread(ctx, t, one, nil))
	case shut(err):
		a.Logger.ErrorContext(ctx, "discord: a question's private thread takes no messages", "ticket", t.ID, "error", err)
		one.Thread, one.Without = "", true
	case err != nil:
		return err
	default:
		one.Asked = posted.ID
	}
	return a.keepTicket(ctx, *one)
}

// earlierThread is the newest thread in which somebody's questions were asked; "" when there is none.
func (a *Adapter) earlierThread(ctx context.Context, person string, open []shownTicket) (thread string, err error) {
	for _, one := range open {
		if one.Person == person && one.Thread != "" {
			return one.Thread, nil
		}
	}
	prefix := doneNotes + person + ":"
	var newest time.Time
	err = a.Memory.List(ctx, prefix, prefix, a.Now(), mostShown, func(_ string, body []byte) {
		var one shownTicket
		if json.Unmarshal(body, &one) == nil && one.Thread != "" && !moment(one.Since).Before(newest) {
			thread, newest = one.Thread, moment(one.Since)
		}
	})
	return thread, err
}

// makeThread makes a question's thread, unless an attempt before this one did and could not note it.
func (a *Adapter) makeThread(ctx context.Context, one *shownTicket) error {
	name := a.words.fill(a.Desk.Lang, "desk_open", "id", one.ID)
	if one.Making {
		found, err := a.madeThread(ctx, name)
		if err != nil || found != "" {
			one.Thread = found
			return err
		}
	} else {
		one.Making = true
		if err := a.keepTicket(ctx, *one); err != nil {
			return err
		}
	}
	var made thread
	err := a.rest.do(ctx, call{
		method: "POST", path: "/channels/" + a.Desk.Channel + "/threads",
		body:  map[string]any{"name": name, "type": channelPrivateThread, "invitable": false, "auto_archive_duration": deskArchive},
		route: route{name: "POST /channels/{}/threads", major: a.Desk.Channel},
	}, &made)
	one.Thread = made.ID
	return err
}

// madeThread looks among the open threads of the server for one of ours.
func (a *Adapter) madeThread(ctx context.Context, name string) (string, error) {
	var desk thread
	if err := a.channelInto(ctx, a.Desk.Channel, &desk); err != nil {
		return "", err
	}
	if !isID(desk.Guild) {
		return "", nil
	}
	var open struct {
		Threads []thread `json:"threads"`
	}
	err := a.rest.do(ctx, call{method: "GET", path: "/guilds/" + desk.Guild + "/threads/active", route: route{name: "GET /guilds/{}/threads/active", major: desk.Guild}}, &open)
	for _, t := range open.Threads {
		if t.Parent == a.Desk.Channel && t.Owner == a.identity().user && t.Name == name && isID(t.ID) {
			return t.ID, err
		}
	}
	return "", err
}

// awake does something in a thread, which it brings back when it was put away meanwhile.
func (a *Adapter) awake(ctx context.Context, id string, f func() error) error {
	err := f()
	if code(err) != errArchived {
		return err
	}
	if err := a.changeThread(ctx, id, map[string]any{"archived": false}, nil); err != nil {
		return err
	}
	return f()
}

// threadDone writes what became of a question where it was asked, and puts the thread away unless another is open there.
func (a *Adapter) threadDone(ctx context.Context, t bot.Ticket, one shownTicket, others bool) error {
	if one.Asked == "" {
		return nil
	}
	m := a.plain(a.words.fill(a.Desk.Lang, "desk_gone", "id", one.ID), 0)
	if t.ID != "" {
		m = a.words.answered(t, a.Desk.Lang)
	}
	err := a.awake(ctx, one.Thread, func() error {
		return a.rest.do(ctx, call{method: "PATCH", path: "/channels/" + one.Thread + "/messages/" + one.Asked, body: &m, route: route{name: "PATCH /channels/{}/messages/{}", major: one.Thread}}, nil)
	})
	if err == nil && !others {
		err = a.changeThread(ctx, one.Thread, map[string]any{"archived": true}, nil)
	}
	switch {
	case shut(err), code(err) == errArchived, code(err) == dg.ErrCodeUnknownMessage:
		a.Logger.WarnContext(ctx, "discord: the thread of an answered question was left as it is", "ticket", one.ID, "error", err)
		return nil
	}
	return err
}

// sweepDesk takes away what is left in threads of sellers who erased their data. It comes to the end of all notes about answered questions.
func (a *Adapter) sweepDesk(ctx context.Context) error {
	for after, page := doneNotes, mostShown; page == mostShown; {
		page = 0
		var all []shownTicket
		err := a.Memory.List(ctx, doneNotes, after, a.Now(), mostShown, func(name string, body []byte) {
			page, after = page+1, name
			var one shownTicket
			if json.Unmarshal(body, &one) == nil {
				all = append(all, one)
			}
		})
		if err != nil {
			return err
		}
		for _, one := range all {
			if _, err := a.Desk.Find(ctx, one.ID); !errors.Is(err, bot.ErrGone) {
				if err != nil {
					return err
				}
				continue
			}
			if err := a.threadDone(ctx, bot.Ticket{}, one, false); err != nil {
				return err
			}
			if err := a.Memory.Drop(ctx, doneNote(one)); err != nil {
				return err
			}
		}
	}
	return nil
}

// answered draws a question with its answer.
func (w words) answered(t bot.Ticket, lang string) message {
	text := strings.Join([]string{
		"**" + escape(w.fill(lang, "desk_done", "id", t.ID)) + "**", escape(cut(conceal(clean(t.Question)), 1200)),
		"**" + escape(oneLine(t.By, labelText)) + "**" + escape(strings.TrimSpace(w.say(lang, "colon"))), escape(cut(conceal(clean(t.Answer)), 1500)), "-# " + escape(w.say(lang, "desk_again")),
	}, "\n")
	return message{Flags: flagComponentsV2, Mentions: mentions{Parse: []string{}}, Components: []component{{Type: dg.TextDisplayComponent, Content: cut(text, mostText)}}}
}

// letIn lets a helper into the thread of a question.
func (a *Adapter) letIn(ctx context.Context, i interaction, o occurrence, id string, answer respond) {
	if !a.respond(ctx, answer, callback{Type: replyThinking, Data: map[string]int{"flags": flagEphemeral}}) {
		return // it came twice
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 3*a.times.whole)
	defer cancel()
	lang := o.user.Language
	m := a.plain(a.words.say(lang, "desk_no_thread"), 0)
	one, err := a.findTicket(ctx, id)
	if err == nil && one.Thread != "" {
		err = a.awake(ctx, one.Thread, func() error {
			return a.rest.do(ctx, call{method: "PUT", path: "/channels/" + one.Thread + "/thread-members/" + o.user.ID, route: route{name: "PUT /channels/{}/thread-members/{}", major: one.Thread, ahead: true}}, nil)
		})
		if err == nil {
			m.Components[0].Content = strings.ReplaceAll(escape(a.words.say(lang, "desk_joined")), "THREAD", "<#"+one.Thread+">")
		}
	}
	if err != nil {
		a.Logger.WarnContext(ctx, "discord: a helper was not let into a thread", "ticket", id, "error", err)
	}
	if err := a.instead(ctx, i, m); err != nil {
		a.Logger.WarnContext(ctx, "discord: a helper was not told how it went", "error", err)
	}
}

func (a *Adapter) findTicket(ctx context.Context, id string) (one shownTicket, err error) {
	body, err := a.Memory.Find(ctx, ticketNotes+id, a.Now())
	if err != nil || body == nil {
		return one, err
	}
	return one, json.Unmarshal(body, &one)
}
