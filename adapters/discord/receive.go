package discord

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strconv"
	"time"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// Discord waits three seconds for the first answer to an interaction and delivers none twice. So this door acknowledges after the
// bot has something, as all do, but only while there is time; then it defers first, and says so when the bot could not keep it
// after all: the one exception to the rule.
//
//	kept in time ──► acknowledged           late ──► deferred ──► kept ──► what comes of it is said in its place
//	                                                        └───► failed ─► "please do it once more"

// A callback is the first answer to an interaction.
type callback struct {
	Type int `json:"type"`
	Data any `json:"data,omitempty"`
}

// The types of first answers.
const (
	replyPong     = 1
	replyMessage  = 4
	replyThinking = 5 // shows that the bot is thinking
	replyLater    = 6 // shows nothing; what was pressed stays
	replyUpdate   = 7 // what was pressed becomes this
	replySuggest  = 8
	replyModal    = 9
)

// respond sends the first answer, over whatever the interaction came by.
type respond func(ctx context.Context, c callback) error

// receive does what an interaction asks for, and answers it in time.
func (a *Adapter) receive(ctx context.Context, i interaction, reply respond) {
	began := time.Now()
	answer := func(ctx context.Context, c callback) error {
		err := reply(ctx, c)
		a.pulse.Acked(time.Since(began))
		return err
	}
	defer func() {
		if r := recover(); r != nil { // a bug must not end the program, nor leave the person without an answer
			a.Logger.ErrorContext(ctx, "discord: an interaction panicked", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
			a.respond(ctx, answer, a.notice(i.Locale, "failed"))
		}
	}()
	if i.Type == typePing {
		a.respond(ctx, answer, callback{Type: replyPong})
		return
	}
	if self := a.identity(); self.app != "" && i.App != "" && i.App != self.app {
		a.Logger.WarnContext(ctx, "discord: an interaction for another application")
		return
	}
	o := i.read()
	if o.do == doUnknown && o.token != "" { // one whose custom_id was too long
		if whole, ok := a.forms.whole(o.token); ok {
			o = occurrence{id: o.id, user: o.user, place: o.place, only: o.only, admin: o.admin}
			i.press(&o, whole)
		}
	}
	if o.id != "" {
		a.recent.hear(o.place)
	}
	if a.forumPress(ctx, i, o, answer) || a.deskPress(ctx, i, o, answer) {
		return
	}
	lang := o.user.Language
	switch o.do {
	case doHand:
		a.hand(ctx, i, o, answer)
	case doSubmit:
		a.submit(ctx, i, o, answer)
	case doForm:
		a.openForm(ctx, i, o, answer)
	case doType:
		a.respond(ctx, answer, callback{Type: replyModal, Data: a.words.typing(lang, a.forms.question(o.place))})
	case doSure:
		a.respond(ctx, answer, a.sure(o, i.Data.CustomID))
	case doNo:
		a.respond(ctx, answer, callback{Type: replyUpdate, Data: a.plain(a.words.say(lang, "kept"), 0)})
	case doSuggest:
		a.suggest(ctx, o, answer)
	case doDirect:
		a.goDirect(ctx, i, o, answer)
	case doCheck:
		a.check(ctx, i, o, answer)
	case doShare:
		a.share(ctx, i, o, answer)
	case doNews:
		a.newsTo(ctx, i, o, answer)
	case doUse:
		a.use(ctx, i, o, answer)
	case doUnknown:
		if len(o.inputs) > 0 { // a card of another version: shown as it is now
			a.hand(ctx, i, o, answer)
			return
		}
		word := "unknown"
		if o.label != "" {
			word = o.label
		}
		a.respond(ctx, answer, a.notice(i.Locale, word))
	default:
		switch i.Type {
		case typeComponent:
			a.respond(ctx, answer, callback{Type: replyLater})
		case typeAutocomplete:
			a.respond(ctx, answer, callback{Type: replySuggest, Data: map[string]any{"choices": []string{}}})
		default:
			a.respond(ctx, answer, a.notice(i.Locale, "unknown"))
		}
	}
}

// respond sends the first answer. That somebody else has answered, or that it came too late, is only counted: there is nobody
// to tell.
func (a *Adapter) respond(ctx context.Context, answer respond, c callback) bool {
	err := answer(ctx, c)
	switch {
	case err == nil:
		return true
	case code(err) == errAnswered || code(err) == dg.ErrCodeUnknownInteraction:
		a.Logger.WarnContext(ctx, "discord: an interaction was answered before, or too late; is the bot running twice?", "code", code(err))
	default:
		a.Logger.WarnContext(ctx, "discord: an interaction was not answered", "error", err)
	}
	return false
}

// errAnswered is what Discord says when an interaction was acknowledged before.
const errAnswered = 40060

// plain is a message of the adapter's own: one line.
func (a *Adapter) plain(text string, flags int) message {
	return message{Flags: flags | flagComponentsV2, Components: []component{{Type: dg.TextDisplayComponent, Content: escape(text)}}, Mentions: mentions{Parse: []string{}}}
}

// notice is one of the adapter's own lines, to one person. It is never the only copy of something.
func (a *Adapter) notice(locale, word string) callback {
	return callback{Type: replyMessage, Data: a.plain(a.words.say(language(locale), word), flagEphemeral)}
}

// open begins to answer an interaction: from now on the place can be spoken to.
func (a *Adapter) open(i interaction, o occurrence, thinking bool) *reply {
	one := &reply{Interaction: i.ID, Token: i.Token, Until: a.Now().Add(tokenLife), Thinking: thinking, Left: manyFurther}
	if o.only {
		one.Left = mostFurther
	}
	if i.Message != nil {
		one.Original = i.Message.ID
	}
	return a.replies.open(o.place, o.user.ID, one)
}

// hand gives an interaction to the bot and acknowledges it: when it is kept, or when there is no more time.
func (a *Adapter) hand(ctx context.Context, i interaction, o occurrence, answer respond) {
	a.keeps(ctx, i, o, answer, func(ctx context.Context) error { return a.give(ctx, o, o.inputs, o.files) })
}

// keeps runs what keeps something for good, and acknowledges in time.
func (a *Adapter) keeps(ctx context.Context, i interaction, o occurrence, answer respond, keep func(ctx context.Context) error) {
	corner := o.place.Thread != ""
	ack := callback{Type: replyLater}
	if o.command {
		ack.Type = replyThinking
		if corner {
			ack.Data = map[string]int{"flags": flagEphemeral}
		}
	}
	// A message may only follow when the interaction was answered: where it is answered by itself, the outbox waits for that.
	var one *reply
	if corner || o.command {
		one = a.open(i, o, o.command)
	} else {
		one = &reply{ready: make(chan struct{})} // nobody asks for it
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.times.whole)
	defer cancel()
	kept := make(chan error, 1)
	go func() {
		defer func() {
			if r := recover(); r != nil {
				a.Logger.ErrorContext(ctx, "discord: handing over panicked", "panic", fmt.Sprint(r), "stack", string(debug.Stack()))
				kept <- errors.New("discord: a panic")
			}
		}()
		var noted chan error
		if corner {
			noted = make(chan error, 1)
			go func() { noted <- a.replies.keep(ctx, o.place, o.user) }()
		}
		err := keep(ctx)
		if noted != nil {
			err = errors.Join(err, <-noted)
		}
		if o.place.Workspace == "" && !corner {
			err = errors.Join(err, a.people.reached(ctx, o.user.ID, o.place.Room)) // they write to the bot: it may write to them
		}
		kept <- err
	}()
	first := time.NewTimer(a.times.first)
	defer first.Stop()
	deferred := false
	var err error
	select {
	case err = <-kept:
	case <-first.C:
		deferred = true
		a.respond(ctx, answer, ack)
		one.acknowledged()
		err = <-kept
		if err != nil {
			a.Logger.ErrorContext(ctx, "discord: not kept after it was deferred", "error", err)
			a.sayFailed(ctx, i, o)
			return
		}
	}
	if err != nil { // nothing was said yet: say it now
		a.Logger.ErrorContext(ctx, "discord: not kept", "error", err)
		one.acknowledged()
		a.replies.dead(one)
		a.respond(ctx, answer, a.notice(i.Locale, "failed"))
		return
	}
	if !deferred {
		a.respond(ctx, answer, ack)
		one.acknowledged()
	}
	if o.command {
		a.stopThinking(ctx, one)
	}
}

// sayFailed says that a deferred interaction came to nothing.
func (a *Adapter) sayFailed(ctx context.Context, i interaction, o occurrence) {
	m := a.plain(a.words.say(o.user.Language, "failed"), flagEphemeral)
	method, path, name := "POST", "", ""
	if o.command {
		method, path, name = "PATCH", "/messages/@original", "/messages/{}"
		m.Flags &^= flagEphemeral
	}
	err := a.rest.do(ctx, call{method: method, path: "/webhooks/" + a.identity().app + "/" + i.Token + path, body: &m, route: route{name: method + " /webhooks/{}/{}" + name, major: i.Token, free: true, ahead: true}}, nil)
	if err != nil {
		a.Logger.WarnContext(ctx, "discord: nobody was told of a failure", "error", err)
	}
}

// stopThinking takes away what shows that the bot is thinking, when nothing was said in its place: what came of it is an edited
// card, or comes later.
func (a *Adapter) stopThinking(ctx context.Context, one *reply) {
	if one == nil || !a.begin() {
		return
	}
	go func() {
		defer a.busy.Done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), a.times.thinking+10*time.Second)
		defer cancel()
		t := time.NewTimer(a.times.thinking)
		defer t.Stop()
		select {
		case <-t.C:
		case <-a.ending: // what is still to be said will be said in its place
			return
		}
		if !a.replies.takeThinking(one) {
			return
		}
		err := a.rest.do(ctx, call{method: "DELETE", path: "/webhooks/" + a.identity().app + "/" + one.Token + "/messages/@original", route: route{name: "DELETE /webhooks/{}/{}/messages/{}", major: one.Token, free: true, ahead: true}}, nil)
		if err != nil && code(err) != dg.ErrCodeUnknownMessage {
			a.Logger.DebugContext(ctx, "discord: still thinking", "error", err)
		}
	}()
}

// give hands inputs and files to the bot, in order and under names that stay the same.
func (a *Adapter) give(ctx context.Context, o occurrence, inputs []bot.Input, files []sharedFile) error {
	n := 0
	one := func(what bot.Input) error {
		in := bot.Incoming{ID: o.id, At: a.Now(), From: o.user, To: o.place, What: what}
		if n > 0 {
			in.ID += "-" + strconv.Itoa(n)
		}
		n++
		return a.handled(ctx, in)
	}
	for _, what := range inputs {
		if err := one(what); err != nil {
			return err
		}
	}
	for _, f := range files {
		data, err := a.fetch(ctx, f)
		if err != nil {
			return fmt.Errorf("fetch a file: %w", err)
		}
		if err := one(bot.File{Name: clean(f.Name), Type: f.Type, Data: data}); err != nil {
			return err
		}
	}
	return nil
}

func (a *Adapter) handled(ctx context.Context, in bot.Incoming) error {
	a.mu.Lock()
	handle := a.handle
	a.mu.Unlock()
	if handle == nil {
		return errors.New("discord: not running")
	}
	return handle(ctx, in)
}

// sure asks before a button counts: Discord has no such question of its own.
func (a *Adapter) sure(o occurrence, custom string) callback {
	lang := o.user.Language
	text := a.forms.sure(custom)
	if text == "" {
		text = a.words.fill(lang, "sure", "label", o.label)
	}
	m := a.plain(text, flagEphemeral)
	m.Components = append(m.Components, component{Type: dg.ActionsRowComponent, Components: []component{
		{Type: dg.ButtonComponent, Style: int(dg.DangerButton), Label: oneLine(o.label, labelText), CustomID: o.then},
		{Type: dg.ButtonComponent, Style: int(dg.SecondaryButton), Label: a.words.say(lang, "no"), CustomID: actionID{kind: kindNo}.String()},
	}})
	return callback{Type: replyMessage, Data: m}
}

// suggest lists what of the person's own fits what they have typed so far.
func (a *Adapter) suggest(ctx context.Context, o occurrence, answer respond) {
	type choice struct {
		Name  string `json:"name"`
		Value string `json:"value"`
	}
	choices := []choice{}
	if a.Suggest != nil {
		short, cancel := context.WithTimeout(ctx, a.times.suggest)
		defer cancel()
		found, err := a.Suggest(short, o.user, o.label, o.query)
		if err != nil {
			a.Logger.WarnContext(ctx, "discord: no suggestions", "error", err)
		}
		for _, f := range found[:min(len(found), mostOptions)] {
			label := f.Label
			if f.Hint != "" {
				label += " · " + f.Hint
			}
			if units(f.Value) <= optionText && f.Value != "" {
				choices = append(choices, choice{oneLine(label, optionText), f.Value})
			}
		}
	}
	a.respond(ctx, answer, callback{Type: replySuggest, Data: map[string]any{"choices": choices}})
}
