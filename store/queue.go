package store

import (
	"fmt"
	"strings"
	"time"

	jsonv2 "github.com/go-json-experiment/json"
	json "github.com/go-json-experiment/json/v1"

	"xiaobao/bot"
)

// A queue is what one turn puts into the outbox.
type queue struct {
	out   []entry
	now   int64
	until int64 // the end of the leases
}

// An entry is one delivery on its way into a queue.
type entry struct {
	delivery bot.Delivery
	place    string // of the delivery: the queue it belongs to
	after    int64  // not before
	previous string // the id of the one before it in this turn at this place
	replaces string // the card whose waiting delivery it takes the place of
	body     string
	away     bool // it is not for whoever applies the turn to send
	together bool // it was written with the others of this turn at its place
	leased   bool
}

// A letter is what the outbox keeps of a delivery beside its columns.
type letter struct {
	Place   bot.Place    `json:"place"`
	Message *bot.Message `json:"message,omitempty"`
	Echo    *bot.Echo    `json:"echo,omitempty"`
	Call    *bot.Call    `json:"call,omitempty"`
}

func (s *Store) queue(k bot.Key, turn bot.Turn, now time.Time) (*queue, error) {
	out := turn.Out
	q := &queue{out: make([]entry, len(out)), now: now.UnixMicro(), until: now.Add(s.opt.Lease).UnixMicro()}
	for i := range out {
		o, e := &out[i], &q.out[i]
		d := &e.delivery
		d.ID, d.Tenant, d.Case, d.Place, d.Message, d.Echo, d.Call = o.ID, k.Tenant, k.Case, o.Place, o.Message, o.Echo, o.Call
		d.Attempt, d.Decided = 1, now
		body, err := fold(d)
		if err != nil {
			return nil, err
		}
		e.body, e.after, e.replaces = body, max(q.now, micros(o.After)), o.Message.Key
		e.away = turn.Left || o.Call == nil && !s.opt.reaches(o.Place.Network)
		if last := i - 1; last >= 0 && o.Call == nil && out[last].Call == nil && out[last].Place == o.Place {
			e.place = q.out[last].place
		} else {
			e.place = placeOf(d)
		}
		for j := i - 1; j >= 0 && e.previous == ""; j-- {
			if q.out[j].place == e.place && q.out[j].after <= q.now {
				e.previous = q.out[j].delivery.ID
			}
		}
	}
	return q, nil
}

func (q *queue) locks() []string {
	names := make([]string, 0, len(q.out)+1)
	for i := range q.out {
		names = append(names, q.out[i].place)
	}
	return names
}

// write puts the entries into their queues: into one that is known to be empty all of them at once.
func (q *queue) write(t *tx) {
	for i := range q.out {
		q.out[i].together = false
	}
	for i := range q.out {
		e := &q.out[i]
		if e.together {
			continue
		}
		if run := q.run(i); run != nil {
			if st := t.quiet(e.place); st != nil {
				st.enqueue(t, run, q.until)
				continue
			}
		}
		t.known.forget(e.place)
		e.write(t, q.now, q.until)
	}
}

// run is the first of what this turn says at a place and all that follows it there, when all of it may leave now and is
// not too much; nil otherwise.
func (q *queue) run(i int) []*entry {
	if q.out[i].previous != "" {
		return nil
	}
	var run []*entry
	for j := i; j < len(q.out); j++ {
		e := &q.out[j]
		if e.place != q.out[i].place {
			continue
		}
		if e.away || e.after > q.now {
			return nil
		}
		run = append(run, e)
	}
	if len(run) > mostTogether {
		return nil
	}
	return run
}

// leased lists what the write leased.
func (q *queue) leased() []bot.Delivery {
	n := 0
	for i := range q.out {
		if q.out[i].leased {
			n++
		}
	}
	if n == 0 {
		return nil
	}
	list := make([]bot.Delivery, 0, n)
	for i := range q.out {
		if e := &q.out[i]; e.leased {
			list = append(list, e.delivery)
		}
	}
	return list
}

// write puts the entry into its queue. What is for later waits in a queue of its own, so that it holds up nobody, until
// Claim finds it due. There it is found by its card, so that what is newer takes its place, now or later.
func (e *entry) write(t *tx, now, until int64) {
	switch {
	case e.after > now:
		e.enqueue(t, e.laterQueue(), head, e.after)
		t.known.waits()
		return
	case e.delivery.Message.Key != "" && t.anythingLater():
		t.do(dropQueue, e.laterQueue())
	}
	switch {
	case e.away:
		e.enqueue(t, e.place, head, now)
	case e.previous == "":
		e.enqueue(t, e.place, headTaken, until)
	default:
		e.enqueue(t, e.place, behindTaken, until)
	}
}

// enqueue puts the entry at the end of a queue, to stand there as it wants to when the queue is empty.
func (e *entry) enqueue(t *tx, queue string, stand, due int64) {
	d := &e.delivery
	e.leased = false
	then := func(row []any) error {
		got := row[0].(int64)
		e.leased = got == headTaken || got == behindTaken
		d.Native = row[2].(string)
		if got > 0 {
			t.due(row[1].(int64))
		}
		return nil
	}
	if card := d.Message.Under; card != "" {
		t.each(selectCard, func(row []any) error {
			d.Under = row[0].(string)
			return nil
		}, e.place, card)
	}
	if card := d.Message.Key; card != "" {
		t.each(enqueueCard, then, queue, d.ID, d.Tenant, d.Case, micros(d.Decided), due, stand, e.previous, e.body, card, e.replaces)
		return
	}
	t.each(enqueue, then, queue, d.ID, d.Tenant, d.Case, micros(d.Decided), due, stand, e.previous, e.body)
}

func (e *entry) laterQueue() string {
	if card := e.delivery.Message.Key; card != "" {
		return "later:" + e.place + ":card:" + card
	}
	return "later:" + e.place + ":" + e.delivery.ID
}

// placeOf names the queue a delivery stands in: its place. Calls are apart from what is shown, case by case, so that slow
// work holds up no chat.
func placeOf(d *bot.Delivery) string {
	if d.Call != nil {
		return "call:" + d.Case + ":" + d.Place.String()
	}
	return d.Place.String()
}

func fold(d *bot.Delivery) (string, error) {
	l := letter{Place: d.Place, Echo: d.Echo, Call: d.Call}
	if d.Echo == nil && d.Call == nil {
		l.Message = &d.Message
	}
	var body strings.Builder // as json.Marshal would, and without copying it twice
	if err := jsonv2.MarshalWrite(&body, &l, json.DefaultOptionsV1()); err != nil {
		return "", fmt.Errorf("store: writing down delivery %s: %w", d.ID, err)
	}
	return body.String(), nil
}

func unfold(body string, d *bot.Delivery) error {
	var l letter
	if err := json.Unmarshal([]byte(body), &l); err != nil {
		return fmt.Errorf("store: reading delivery %s: %w", d.ID, err)
	}
	d.Place, d.Echo, d.Call = l.Place, l.Echo, l.Call
	if l.Message != nil {
		d.Message = *l.Message
	}
	return nil
}
