package store

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"xiaobao/bot"
)

// known is what the writer knows about the outbox without asking. Nearly always a place's queue is empty when a turn speaks
// there, and nearly always all that the turn said is settled as sent, in order: whoever knows that needs to look up neither
// where the queue ends nor what becomes its head. What the writer does not know it asks, or leaves to the statements that
// look for themselves; those are always right.
//
// It belongs to the writer and is used inside its transactions only. It is forgotten as a whole when a transaction comes to
// nothing, and when somebody else has written to the database (see session.begin). Where that cannot be told, there is none:
// all methods of a nil *known know nothing.
type known struct {
	young, old map[string]*standing // by place; the old ones are forgotten as a whole when the young ones have become too many
	later      tri                  // whether anything in the outbox waits for its time
}

// A standing is a queue that is known: empty, or ids from the first to the last, all of them leased by one turn.
type standing struct {
	first   int64 // the n of the first
	ids     []string
	cards   []named // every card of the place, when they are known; mostly there is one
	asked   bool    // they are known
	crowded bool    // the place has too many cards to know them
}

// named is a card, what the network calls it, and whose it is.
type named struct{ card, native, caseID string }

// tri is yes, no, or not known.
type tri int

const (
	unknown tri = iota
	no
	yes
)

const (
	mostPlaces = 4096 // in each of the two generations
	mostCards  = 32   // of one place
)

const (
	selectAny   = `SELECT 1 FROM outbox WHERE place = $1 LIMIT 1`
	selectLater = `SELECT 1 FROM outbox WHERE place >= 'later:' AND place < 'later;' LIMIT 1`
	selectCards = `SELECT card, native, case_id FROM cards WHERE place = $1 LIMIT 33`
	selectCard  = `SELECT native FROM cards WHERE place = $1 AND card = $2`
	removeFirst = `DELETE FROM outbox WHERE place = $1 AND n <= $2`
	renameCard  = `UPDATE cards SET card = $1, native = $2, case_id = $3 WHERE place = $4 AND card = $5`
	// The case is there: it was when the delivery was decided, and an erasure would have been noticed.
	keepCard = `
INSERT INTO cards (place, card, native, case_id) VALUES ($1, $2, $3, $4)
ON CONFLICT (place, card) DO UPDATE SET native = excluded.native, case_id = excluded.case_id`
)

// mostTogether is how many deliveries are written with one statement.
const mostTogether = 8

// enqueueAll is the statement for k deliveries of one turn into an empty queue: $1 place, $2 tenant, $3 case, $4 due,
// $5 decided, and then id, card and body of each.
func enqueueAll(k int) string { return enqueueTexts[k-1] }

var enqueueTexts = func() (texts [mostTogether]string) {
	var b strings.Builder
	b.WriteString("INSERT INTO outbox (place, n, id, tenant, case_id, card, stand, due, attempt, doubt, decided, body) VALUES ")
	for k := range texts {
		stand := behindTaken
		if k == 0 {
			stand = headTaken
		} else {
			b.WriteString(", ")
		}
		id := 6 + 3*k
		b.WriteString("($1, " + strconv.Itoa(k+1) + ", $" + strconv.Itoa(id) + ", $2, $3, $" + strconv.Itoa(id+1) + ", " + strconv.Itoa(stand) +
			", $4, 0, 0, $5, $" + strconv.Itoa(id+2) + ")")
		texts[k] = b.String()
	}
	return texts
}()

// forgetAll forgets everything.
func (k *known) forgetAll() {
	if k != nil {
		*k = known{}
	}
}

// forget forgets a place whose queue was changed in another way.
func (k *known) forget(places ...string) {
	if k == nil {
		return
	}
	for _, place := range places {
		delete(k.young, place)
		delete(k.old, place)
	}
}

func (k *known) place(place string) *standing {
	if k == nil {
		return nil
	}
	st := k.young[place]
	if st == nil {
		if st = k.old[place]; st != nil {
			k.keep(place, st)
		}
	}
	return st
}

func (k *known) keep(place string, st *standing) {
	if k.young == nil {
		k.young = map[string]*standing{}
	}
	k.young[place] = st
	if len(k.young) >= mostPlaces {
		k.old, k.young = k.young, nil
	}
}

// begin begins a transaction: what waited for its time may have left since.
func (k *known) begin() {
	if k != nil && k.later == yes {
		k.later = unknown
	}
}

// waits notes that something waits for its time.
func (k *known) waits() {
	if k != nil {
		k.later = yes
	}
}

// quiet returns the standing of a place whose queue is empty; nil when it is not, or when nothing can be known.
func (t *tx) quiet(place string) *standing {
	if t.known == nil {
		return nil
	}
	st := t.known.place(place)
	if st == nil {
		empty := true
		t.each(selectAny, func([]any) error {
			empty = false
			return nil
		}, place)
		if !empty || t.fault != nil {
			return nil
		}
		st = &standing{}
		t.known.keep(place, st)
	}
	if len(st.ids) > 0 {
		return nil
	}
	return st
}

// anythingLater says whether something in the outbox waits for its time.
func (t *tx) anythingLater() bool {
	if t.known == nil {
		return true
	}
	if t.known.later == unknown {
		t.known.later = no
		t.each(selectLater, func([]any) error {
			t.known.later = yes
			return nil
		})
	}
	return t.known.later == yes
}

// native is what the network calls a card at a place that is known.
func (t *tx) native(place, card string, st *standing) (native string) {
	if !st.asked && !st.crowded {
		st.asked = true
		t.each(selectCards, func(row []any) error {
			st.cards = append(st.cards, named{row[0].(string), row[1].(string), row[2].(string)})
			return nil
		}, place)
		st.limit()
	}
	if !st.crowded {
		if i := st.card(card); i >= 0 {
			return st.cards[i].native
		}
		return ""
	}
	t.each(selectCard, func(row []any) error {
		native = row[0].(string)
		return nil
	}, place, card)
	return native
}

func (st *standing) limit() {
	if len(st.cards) > mostCards {
		st.cards, st.asked, st.crowded = nil, false, true
	}
}

// card is where a card stands among those that are known; -1 when it does not.
func (st *standing) card(card string) int {
	return slices.IndexFunc(st.cards, func(c named) bool { return c.card == card })
}

// enqueue writes what one turn says at a place whose queue is empty, and leases it.
func (st *standing) enqueue(t *tx, run []*entry, until int64) {
	first := run[0]
	d := first.delivery
	st.first, st.ids = 1, make([]string, len(run))
	args := make([]any, 5, 5+3*len(run))
	args[0], args[1], args[2], args[3], args[4] = first.place, d.Tenant, d.Case, until, micros(d.Decided)
	for i, e := range run {
		card := e.delivery.Message.Key
		if card != "" {
			if t.anythingLater() {
				t.do(dropQueue, e.laterQueue())
			}
			e.delivery.Native = t.native(e.place, card, st)
		}
		if under := e.delivery.Message.Under; under != "" {
			e.delivery.Under = t.native(e.place, under, st)
		}
		e.leased, e.together = true, true
		st.ids[i] = e.delivery.ID
		args = append(args, e.delivery.ID, card, e.body)
	}
	t.do(enqueueAll(len(run)), args...)
	t.due(until)
}

// sent takes the first of a queue out when they are all that is settled there, in order and as sent. It says whether that
// is so; if not, it has done nothing.
func (st *standing) sent(t *tx, list []outcome) bool {
	if st == nil || len(list) > len(st.ids) {
		return false
	}
	for i, x := range list {
		if x.Outcome != bot.Sent || x.Delivery.ID != st.ids[i] {
			return false
		}
	}
	place := list[0].place
	st.first += int64(len(list))
	t.count(removeFirst, func(n int64) {
		if n != int64(len(list)) { // then the group fails, and is written again by one that knows nothing
			t.note(fmt.Errorf("store: %d of %d were in the queue", n, len(list)))
		}
	}, place, st.first-1)
	st.name(t, place, list)
	if st.ids = slices.Delete(st.ids, 0, len(list)); len(st.ids) > 0 {
		t.advance(place)
	}
	return true
}

// name keeps what the network calls cards, and forgets it with a card's last form. It writes what is new only. Mostly one card is
// closed and the next one shown: then the row of the one becomes that of the other.
func (st *standing) name(t *tx, place string, list []outcome) {
	closed := "" // a card whose row is to go
	drop := func() {
		if closed != "" {
			t.do(dropCard, place, closed)
		}
	}
	for _, x := range list {
		card := x.Delivery.Message.Key
		now, at := named{card, x.Native, x.Delivery.Case}, st.card(card)
		have := at >= 0
		switch {
		case card == "":
		case x.Delivery.Message.Last:
			if have || !st.asked {
				drop()
				closed = card
			}
			if have {
				st.cards = slices.Delete(st.cards, at, at+1)
			}
		case x.Native == "", have && st.cards[at] == now:
		default:
			if closed != "" && !have && st.asked {
				t.do(renameCard, card, now.native, now.caseID, place, closed)
				closed = ""
			} else {
				t.do(keepCard, place, card, now.native, now.caseID)
			}
			switch {
			case have:
				st.cards[at] = now
			case st.asked:
				st.cards = append(st.cards, now)
				st.limit()
			}
		}
	}
	drop()
}
