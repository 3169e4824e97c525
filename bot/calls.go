package bot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"xiaobao/bot/flow"
)

// lastAttempt is the attempt after which a call is given up and the person is told.
const lastAttempt = 8

// perform does a call and hands what it came to back into the case.
func (b *Bot) perform(ctx context.Context, d Delivery) error {
	f := b.calls[d.Call.Name]
	r, err := Returned{}, error(nil)
	if f == nil {
		err = Never(fmt.Errorf("nobody answers the call %q", d.Call.Name))
	} else {
		r, err = f(ctx, d)
	}
	if err != nil {
		if outcome, _ := Fate(err, d.Attempt); outcome != Refused && d.Attempt < lastAttempt {
			return err
		}
		err = Never(err)
		r = Returned{Case: d.Case, Tenant: d.Tenant, Fault: "ui.call_failed"}
	}
	if r.Case == "" {
		return err
	}
	if r.Tenant == "" {
		r.Tenant = d.Tenant
	}
	r.Call = *d.Call
	if handled := b.Handle(ctx, Incoming{ID: "call:" + d.Call.ID, At: b.Now(), What: r}); handled != nil {
		return handled
	}
	return err
}

func (b *Bot) builtInCalls() map[string]CallFunc {
	return map[string]CallFunc{
		"ticket.open":         b.openTicket,
		"question.unanswered": b.countUnanswered,
		"case.invite":         b.invite,
		"case.join":           b.join,
		"case.export":         b.export,
		"case.erase":          b.erase,
	}
}

// openTicket hands a question to a human.
func (b *Bot) openTicket(ctx context.Context, d Delivery) (Returned, error) {
	c := d.Call
	t := Ticket{
		ID: ticketID(c.ID), Tenant: d.Tenant, Case: d.Case, Person: c.By, Name: c.From.Name, Lang: c.From.Language,
		Flow: c.Args["flow"], Node: c.Args["node"], Question: c.Args["question"], Opened: d.Decided,
	}
	if len(c.Body) > 0 {
		if err := json.Unmarshal(c.Body, &t.Pack); err != nil {
			return Returned{}, Never(fmt.Errorf("read the evidence pack: %w", err))
		}
	}
	if err := b.Tickets.OpenTicket(ctx, t); err != nil {
		return Returned{}, fmt.Errorf("open a ticket: %w", err)
	}
	b.Log.InfoContext(ctx, "ticket opened", "ticket", t.ID, "case", d.Case, "flow", t.Flow)
	return Returned{Case: d.Case, Values: map[string]string{"ticket": t.ID}}, nil
}

// ticketID is a call's id as people read it aloud.
func ticketID(call string) string { return "T-" + strings.ToUpper(call[:min(8, len(call))]) }

// longestAdvice is how many characters of an answer from elsewhere are shown.
const longestAdvice = 1000

// Advise brings somebody's answer from elsewhere, such as a forum, before a user, who uses it in their step or does not; the same id once. ErrGone
// when the user has no case: none is opened for this.
func (b *Bot) Advise(ctx context.Context, to User, id, by, text string) error {
	caseID, err := b.Cases.CaseOf(ctx, to)
	if err != nil {
		return fmt.Errorf("bot: find the case of an answer: %w", err)
	}
	return b.Handle(ctx, Incoming{ID: "advice:" + id, At: b.Now(), What: Returned{
		Case: caseID, Tenant: to.Tenant(), Call: Call{ID: id, Name: "advice", By: to.Key()},
		Values: map[string]string{"by": Shorten(by, 60), "text": Shorten(text, longestAdvice)},
	}})
}

// ErrAnswered is what AnswerTicket returns when somebody else was faster.
var ErrAnswered = errors.New("bot: this ticket is answered already")

// AnswerTicket brings an operator's answer into the seller's chat and closes the ticket, once: ErrAnswered when somebody
// was faster, ErrGone when there is no such ticket. The answer is in the chat when it is recorded, never the other way
// round, so that a crash in between loses nothing.
func (b *Bot) AnswerTicket(ctx context.Context, ticketID, operator, text string) error {
	t, err := b.Tickets.Ticket(ctx, ticketID)
	if err != nil {
		return fmt.Errorf("bot: find the ticket: %w", err)
	}
	if !t.Answered.IsZero() {
		return ErrAnswered
	}
	if strings.TrimSpace(text) == "" {
		return errors.New("bot: an empty answer")
	}
	err = b.Handle(ctx, Incoming{ID: "ticket:" + t.ID, At: b.Now(), What: Returned{
		Case: t.Case, Tenant: t.Tenant, Call: Call{ID: t.ID, Name: "ticket.answer", By: t.Person},
		Values: map[string]string{"ticket": t.ID, "by": operator, "text": text},
	}})
	if err != nil {
		return err
	}
	first, err := b.Tickets.CloseTicket(ctx, t.ID, operator, text, b.Now())
	if err != nil {
		return fmt.Errorf("bot: close the ticket: %w", err)
	}
	if !first {
		return ErrAnswered
	}
	return nil
}

func (b *Bot) countUnanswered(ctx context.Context, d Delivery) (Returned, error) {
	question := Shorten(mask(d.Call.Args["question"]), 300)
	if err := b.Tickets.Unanswered(ctx, d.Tenant, d.Call.Args["lang"], question, d.Decided); err != nil {
		return Returned{}, fmt.Errorf("count an unanswered question: %w", err)
	}
	return Returned{}, nil
}

// codeLife is how long a code for joining a case is good.
const codeLife = 24 * time.Hour

// codeSigns are signs that nobody mistakes for one another.
const codeSigns = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"

// invite makes a one-time code. It is derived from the call, so that doing it again makes the same one.
func (b *Bot) invite(ctx context.Context, d Delivery) (Returned, error) {
	role := d.Call.Args["role"]
	if role != Viewer {
		role = Colleague
	}
	code := b.code(d)
	if err := b.Cases.Invite(ctx, d.Tenant, d.Case, code, role, d.Decided.Add(codeLife)); err != nil {
		return Returned{}, fmt.Errorf("keep an invitation: %w", err)
	}
	return Returned{Case: d.Case, Values: map[string]string{"code": code, "role": role}}, nil
}

// code is secret because the delivery's id was derived from the seed of the case by way of the call's id.
func (b *Bot) code(d Delivery) string {
	long := outgoingID(Key{Tenant: d.Tenant, Case: d.Case, Event: "code:" + d.Call.ID}, 0)
	var code []byte
	for i := range 8 {
		code = append(code, codeSigns[(int(long[2*i])*31+int(long[2*i+1]))%len(codeSigns)])
	}
	return string(code)
}

// join moves a person into the case of a code, and greets them there.
func (b *Bot) join(ctx context.Context, d Delivery) (Returned, error) {
	c := d.Call
	code := strings.ToUpper(strings.Join(strings.Fields(c.Args["code"]), ""))
	_, err := b.Cases.Redeem(ctx, c.From, code, b.Now())
	if errors.Is(err, ErrGone) {
		if in, err := b.isIn(ctx, d); err != nil || !in {
			return Returned{Case: d.Case, Fault: "ui.code_unknown"}, err
		}
		err = nil // done by an earlier attempt
	}
	if err != nil && !errors.Is(err, ErrGone) {
		return Returned{}, fmt.Errorf("redeem a code: %w", err)
	}
	m, err := b.Store.Enter(ctx, c.From, b.NewID(), b.Now())
	if err != nil {
		return Returned{}, fmt.Errorf("find the case that was joined: %w", err)
	}
	joined := "ui.joined"
	if m.Role == Viewer {
		joined = "ui.joined_viewer"
	}
	if err := b.say(ctx, "joined:"+c.ID, c.At, c.From, flow.Say(joined)); err != nil {
		b.fault(ctx, "say that a case was joined", err, "place", c.At.String())
	}
	return Returned{}, b.Handle(ctx, Incoming{ID: "join:" + c.ID, At: b.Now(), From: c.From, To: c.At, What: Press{Action: "hello"}})
}

// isIn says whether the person is in another case than the one they asked from: an earlier attempt has moved them.
func (b *Bot) isIn(ctx context.Context, d Delivery) (bool, error) {
	if d.Attempt < 2 {
		return false, nil
	}
	now, err := b.Store.Enter(ctx, d.Call.From, b.NewID(), b.Now())
	return err == nil && now.Case != d.Case, err
}

// erase removes everything about a case. Nothing is kept about it, so the person is told past the outbox.
func (b *Bot) erase(ctx context.Context, d Delivery) (Returned, error) {
	b.states.forget(d.Case)
	if err := b.Cases.Erase(ctx, d.Tenant, d.Case); err != nil && !errors.Is(err, ErrGone) {
		return Returned{}, fmt.Errorf("erase a case: %w", err)
	}
	b.Log.InfoContext(ctx, "case erased", "case", d.Case)
	if err := b.say(ctx, "erased:"+d.Call.ID, d.Call.At, d.Call.From, flow.Say("ui.erased")); err != nil {
		b.fault(ctx, "say that a case was erased", err, "place", d.Call.At.String())
	}
	return Returned{}, nil
}
