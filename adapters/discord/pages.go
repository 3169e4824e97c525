package discord

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// openForm opens the form of a prompt. One that was shown before this process began is shown again first: the bot is asked to
// repeat what it asked. Discord takes a window only as the first answer, so there is no deferring here.
func (a *Adapter) openForm(ctx context.Context, i interaction, o occurrence, answer respond) {
	s, ok := a.forms.find(o.token)
	if !ok {
		next := a.forms.expect(o.place)
		if o.place.Thread != "" {
			defer a.open(i, o, false).acknowledged()
		}
		wait, cancel := context.WithTimeout(ctx, a.times.form)
		defer cancel()
		err := a.give(wait, o, []bot.Input{bot.Press{Action: "repeat"}}, nil)
		if err != nil {
			a.respond(ctx, answer, a.notice(i.Locale, "failed"))
			return
		}
		if s, ok = next(wait); !ok {
			a.respond(ctx, answer, callback{Type: replyLater}) // the card that counts now stands below
			return
		}
	}
	page := o.page
	if s.form.Token != o.token {
		page = 0 // it is another form now, in which what was saved stands
	}
	short, cancel := context.WithTimeout(ctx, a.times.form/2)
	defer cancel()
	var saved map[string]string
	if s.pages() > 1 {
		saved = a.savedBy(short, o.user)
	}
	m, err := a.words.modal(s, page, saved)
	if err != nil {
		a.Logger.WarnContext(ctx, "discord: a form was not opened", "place", o.place.String(), "error", err)
		a.respond(ctx, answer, a.notice(i.Locale, "failed"))
		return
	}
	a.respond(ctx, answer, callback{Type: replyModal, Data: m})
}

// submit takes a page of a form that was sent. All but the last are kept here until the last comes; then the bot has it all at
// once. A file counts as what would have been typed into its field.
func (a *Adapter) submit(ctx context.Context, i interaction, o occurrence, answer respond) {
	if o.page+1 < o.of {
		a.turnPage(ctx, i, o, answer)
		return
	}
	a.keeps(ctx, i, o, a.pagesSent(i, o, answer), func(ctx context.Context) error {
		if err := a.uploaded(ctx, &o); err != nil {
			return err
		}
		if o.of > 1 {
			o.values = merged(a.savedBy(ctx, o.user), o.values)
		}
		if s, ok := a.forms.find(o.token); ok {
			s.relabel(o.values)
		}
		if err := a.give(ctx, o, []bot.Input{bot.Submit{Token: o.token, Values: o.values}}, nil); err != nil {
			return err
		}
		if o.of > 1 {
			a.forms.save(o.user.ID, nil)
			if err := a.Memory.Drop(ctx, pageNote(o.user.ID)); err != nil {
				a.Logger.WarnContext(ctx, "discord: pages of a form that was sent were not dropped", "error", err)
			}
		}
		return nil
	})
}

// pagesSent takes the button to the last page away when it was sent: it stands in the card that offered it.
func (a *Adapter) pagesSent(i interaction, o occurrence, answer respond) respond {
	if o.page == 0 || i.Message == nil {
		return answer
	}
	return func(ctx context.Context, c callback) error {
		if c.Type == replyLater {
			c = callback{Type: replyUpdate, Data: a.plain(tones[bot.Good]+a.words.say(o.user.Language, "pages_sent"), 0)}
		}
		return answer(ctx, c)
	}
}

// pageLife is how long pages of a form wait for the others.
const pageLife = 30 * 24 * time.Hour

// pageNote is where pages of a form wait. They are by person and not by form: when a form is shown again it is another, with the
// same fields.
func pageNote(user string) string { return "form:" + user }

// turnPage keeps one page of a form and offers the next: Discord does not take a window in answer to a window.
func (a *Adapter) turnPage(ctx context.Context, i interaction, o occurrence, answer respond) {
	short, cancel := context.WithTimeout(ctx, a.times.first+a.times.form/2)
	defer cancel()
	err := a.uploaded(short, &o)
	if err == nil {
		o.values = merged(a.savedBy(short, o.user), o.values)
		a.forms.save(o.user.ID, o.values) // also when it cannot be written down: it stands in the window that is opened next
		var body []byte
		if body, err = json.Marshal(o.values); err == nil {
			err = a.Memory.Keep(short, pageNote(o.user.ID), o.user, body, a.Now(), a.Now().Add(pageLife))
		}
	}
	if err != nil {
		a.Logger.ErrorContext(ctx, "discord: a page of a form was not kept", "error", err)
		a.respond(ctx, answer, a.notice(i.Locale, "failed"))
		return
	}
	lang, at := o.user.Language, strconv.Itoa(o.page+1)+"/"+strconv.Itoa(o.of)
	m := a.plain(tones[bot.Good]+a.words.fill(lang, "page_saved", "at", at), flagEphemeral)
	m.Components = append(m.Components, component{Type: dg.ActionsRowComponent, Components: []component{{
		Type: dg.ButtonComponent, Style: int(dg.PrimaryButton), Label: a.words.fill(lang, "page_next", "at", strconv.Itoa(o.page+2)+"/"+strconv.Itoa(o.of)),
		CustomID: actionID{kind: kindForm, n: o.page + 1, token: o.token}.String(),
	}}})
	if o.page > 0 && i.Message != nil { // in the card that offered this page
		m.Flags &^= flagEphemeral
		a.respond(ctx, answer, callback{Type: replyUpdate, Data: m})
		return
	}
	a.respond(ctx, answer, callback{Type: replyMessage, Data: m})
}

// savedBy are the pages of a form that somebody has filled in so far.
func (a *Adapter) savedBy(ctx context.Context, u bot.User) (values map[string]string) {
	if values, known := a.forms.savedBy(u.ID); known {
		return values
	}
	body, err := a.Memory.Find(ctx, pageNote(u.ID), a.Now())
	if err != nil || body != nil && json.Unmarshal(body, &values) != nil {
		a.Logger.WarnContext(ctx, "discord: pages of a form were not read", "error", err)
		return nil
	}
	a.forms.save(u.ID, values)
	return values
}

func merged(before, now map[string]string) map[string]string {
	out := maps.Clone(before)
	if out == nil {
		out = map[string]string{}
	}
	maps.Copy(out, now)
	return out
}

// uploaded reads the files of a form into the fields they stand for. One that is no text is handed to the bot, which refuses it
// kindly.
func (a *Adapter) uploaded(ctx context.Context, o *occurrence) error {
	for field, files := range o.uploads {
		for _, f := range files {
			data, err := a.fetch(ctx, f)
			if err != nil {
				return fmt.Errorf("fetch a file: %w", err)
			}
			text, ok := bot.ReadText(data)
			if !ok || len(data) >= largestFile {
				refused := *o
				refused.id += "-file"
				if err := a.give(ctx, refused, []bot.Input{bot.File{Name: clean(f.Name), Type: f.Type, Data: data}}, nil); err != nil {
					return err
				}
				continue
			}
			o.values[field] = strings.TrimSpace(strings.TrimSpace(o.values[field]) + "\n" + text)
		}
	}
	return nil
}
