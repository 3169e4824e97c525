package bot

import (
	"strings"
	"time"

	"xiaobao/bot/flow"
)

// tooLate is how old what somebody typed may be when it arrives after something else of theirs. Networks deliver again for a day.
const tooLate = time.Hour

// lateNote is the name of a note, before the person: the last of what came late and was taken, as "<when it was typed> <when it was taken>".
const lateNote = "late:"

// late says whether what arrives was typed long ago by somebody who has been heard of since. It may have been meant for a question that
// was answered meanwhile, so it is not taken for an answer to the one of now. Several late ones in their order are all taken: nobody
// was heard of between them.
func (t *turn) late(by flow.By) bool {
	at, seen := t.in.At, t.state.People[by.Person].Seen
	if at.IsZero() || t.now.Sub(at) <= tooLate {
		return false
	}
	if !seen.After(at) {
		return false
	}
	typed, taken, _ := strings.Cut(t.state.Notes[lateNote+by.Person], " ")
	before, err := time.Parse(time.RFC3339Nano, typed)
	return err != nil || at.Before(before) || taken != seen.UTC().Format(time.RFC3339Nano)
}

// tookLate remembers that something late was taken.
func (t *turn) tookLate(by flow.By) {
	if at := t.in.At; !at.IsZero() && t.now.Sub(at) > tooLate {
		seen := t.state.People[by.Person].Seen
		t.note(lateNote+by.Person, at.UTC().Format(time.RFC3339Nano)+" "+seen.UTC().Format(time.RFC3339Nano))
	}
}

// sayLate says that it came late and was not taken. It stays in the chat where it was typed, so that it can be sent again.
func (t *turn) sayLate(by flow.By) {
	p := t.bot.render.reader(t.to(by))
	m := p.message()
	m.Text = p.ui("late", flow.Time("Time", t.in.At))
	t.post(t.in.To, m, t.bot.capabilities(t.in.To))
}
