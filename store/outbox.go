package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"xiaobao/bot"
)

// Where a delivery stands in its queue.
const (
	behind      = 0  // others are before it
	behindTaken = -1 // the same, and leased together with them
	head        = 1  // the first: it can be claimed when it is due
	headTaken   = 2  // the first, and leased until it is due
)

// enqueue puts one delivery at the end of its queue. It stands where $7 says when the queue is empty, or when the last in
// the queue is $8, of the same turn, and leased; otherwise it is behind. The subqueries are one step into the queue each.
//
// $1 place, $2 id, $3 tenant, $4 case, $5 decided, $6 due, $7 stand, $8 the one before it in this turn, $9 body
const enqueue = `
INSERT INTO outbox (place, n, id, tenant, case_id, card, stand, due, attempt, doubt, decided, body)
VALUES ($1, ` + atEnd + `, $2, $3, $4, '', ` + itsStand + `, $6, 0, 0, $5, $9)
RETURNING stand, due, ''`

// enqueueCard does the same for a card ($10), which takes the place of a delivery with the same card ($11) that waits there
// and that surely nobody has seen. It also tells what the network calls the card.
const enqueueCard = `
INSERT INTO outbox (place, n, id, tenant, case_id, card, stand, due, attempt, doubt, decided, body)
VALUES ($1, COALESCE((SELECT MIN(n) FROM outbox WHERE place = $1 AND card = $11 AND card <> '' AND stand IN (0, 1) AND doubt = 0), ` + atEnd + `),
	$2, $3, $4, $10, ` + itsStand + `, $6, 0, 0, $5, $9)
ON CONFLICT (place, n) DO UPDATE SET
	id = excluded.id, tenant = excluded.tenant, case_id = excluded.case_id, attempt = 0, decided = excluded.decided, body = excluded.body,
	due = CASE WHEN CAST($7 AS BIGINT) = 1 THEN excluded.due WHEN outbox.due > excluded.decided THEN outbox.due ELSE excluded.decided END
RETURNING stand, due, COALESCE((SELECT native FROM cards c WHERE c.place = $1 AND c.card = $10), '')`

const (
	atEnd    = `COALESCE((SELECT MAX(n) + 1 FROM outbox WHERE place = $1), 1)`
	itsStand = `COALESCE((SELECT CASE WHEN id = $8 AND stand IN (2, -1) THEN CAST($7 AS BIGINT) ELSE 0 END FROM outbox WHERE place = $1 ORDER BY n DESC LIMIT 1), $7)`
)

const (
	selectDue = `
SELECT o.place, o.n, o.id, o.tenant, o.case_id, o.attempt, o.stand, o.doubt, o.decided, o.body, COALESCE(c.native, '')
FROM (SELECT * FROM outbox WHERE stand > 0%s) o LEFT JOIN cards c ON c.place = o.place AND c.card = o.card
WHERE o.due <= $1 ORDER BY o.due, o.decided, o.place LIMIT $2`
	// A lease that ran out was an attempt, and it may have arrived.
	lease = `
UPDATE outbox SET due = $1, stand = 2, attempt = attempt + stand - 1, doubt = CASE stand WHEN 2 THEN 1 ELSE doubt END
WHERE place = $2 AND n = $3 AND id = $4 AND attempt = $5 AND stand = $6 AND due <= $7`
	// The delivery is looked for from the front, where it nearly always is.
	removeSent = `DELETE FROM outbox WHERE place = $1 AND n = (SELECT n FROM outbox WHERE place = $1 AND id = $2 ORDER BY n LIMIT 1)`
	putBack    = `
UPDATE outbox SET due = $1, attempt = attempt + 1, stand = CASE stand WHEN 2 THEN 1 ELSE 0 END, doubt = CASE WHEN $2 = 1 THEN 1 ELSE doubt END
WHERE place = $3 AND n = (SELECT n FROM outbox WHERE place = $3 AND id = $4 ORDER BY n LIMIT 1) AND attempt = $5 AND stand IN (2, -1)`
	advance = `
UPDATE outbox SET stand = CASE stand WHEN -1 THEN 2 ELSE 1 END, due = CASE WHEN stand = -1 OR attempt > 0 THEN due ELSE decided END
WHERE place = $1 AND stand <= 0 AND n = (SELECT MIN(n) FROM outbox WHERE place = $1)`
	selectHead = `SELECT due FROM outbox WHERE place = $1 AND stand > 0`
	// What was still under way when its case was erased leaves no trace.
	nameCard = `
INSERT INTO cards (place, card, native, case_id)
SELECT CAST($1 AS TEXT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT) WHERE EXISTS (SELECT 1 FROM cases WHERE id = $4)
ON CONFLICT (place, card) DO UPDATE SET native = excluded.native, case_id = excluded.case_id`
	refuse = `
INSERT INTO refusals (id, tenant, case_id, place, card, decided, body, reason, at)
SELECT id, tenant, case_id, place, card, decided, body, CAST($3 AS TEXT), CAST($4 AS BIGINT) FROM outbox WHERE place = $1 AND id = $2
ON CONFLICT (id) DO UPDATE SET reason = excluded.reason, at = excluded.at`
	selectNext = `
SELECT (SELECT MIN(due) FROM outbox WHERE stand > 0%s), (SELECT MIN(at) FROM timers)`
	removeAt     = `DELETE FROM outbox WHERE place = $1 AND n = $2 AND id = $3`
	dropCard     = `DELETE FROM cards WHERE place = $1 AND card = $2`
	dropQueue    = `DELETE FROM outbox WHERE place = $1`
	selectTimers = `SELECT tenant, case_id, name, at FROM timers WHERE at <= $1 ORDER BY at LIMIT $2`
)

// NextDue is the earliest moment at which something will be due. See bot.Store.
func (s *Store) NextDue(ctx context.Context, _ time.Time) (at time.Time, ok bool, err error) {
	s.alarm.until.Store(never) // from here on, whatever is written rings
	var delivery, timer sql.NullInt64
	if err := s.row(ctx, s.selectNext, nil, &delivery, &timer); err != nil {
		return time.Time{}, false, fmt.Errorf("store: looking for what is due next: %w", err)
	}
	next := int64(never)
	if delivery.Valid {
		next = delivery.Int64
	}
	if timer.Valid {
		next = min(next, timer.Int64)
	}
	if next == never {
		return time.Time{}, false, nil
	}
	s.alarm.until.Store(next)
	return moment(next), true, nil
}

// Claim leases what is due. See bot.Store.
func (s *Store) Claim(ctx context.Context, now time.Time, n int) ([]bot.Delivery, error) {
	found, err := s.candidates(ctx, now, n)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	locks := make([]string, 0, 2*len(found))
	for _, c := range found {
		locks = append(locks, c.entry.place, c.queue)
	}
	until := now.Add(s.opt.Lease).UnixMicro()
	err = s.writer.write(ctx, locks, func(t *tx) error {
		t.aware = true
		for _, c := range found {
			e := &c.entry
			e.leased = false
			t.known.forget(c.queue, e.place)
			if c.queue != e.place { // its time has come: it joins its place's queue, and may have to wait there
				t.count(removeAt, func(n int64) {
					if n == 1 {
						e.write(t, now.UnixMicro(), until)
					}
				}, c.queue, c.n, e.delivery.ID)
				continue
			}
			t.count(lease, func(n int64) { e.leased = n == 1 }, until, c.queue, c.n, e.delivery.ID, c.attempt, c.stand, now.UnixMicro())
		}
		t.due(until)
		return nil
	})
	if err != nil {
		return nil, err
	}
	var list []bot.Delivery
	for _, c := range found {
		if c.entry.leased {
			list = append(list, c.entry.delivery)
		}
	}
	return list, nil
}

// A candidate is a head that was due when it was read. Whether it still is, the write will tell.
type candidate struct {
	entry   entry
	queue   string
	n       int64
	attempt int64
	stand   int64
}

func (s *Store) candidates(ctx context.Context, now time.Time, n int) ([]*candidate, error) {
	rows, err := s.rows(ctx, s.selectDue, now.UnixMicro(), n)
	if err != nil {
		return nil, fmt.Errorf("store: looking for what is due: %w", err)
	}
	defer rows.Close()
	var list []*candidate
	for rows.Next() {
		var c candidate
		var decided, doubt int64
		d := &c.entry.delivery
		if err := rows.Scan(&c.queue, &c.n, &d.ID, &d.Tenant, &d.Case, &c.attempt, &c.stand, &doubt, &decided, &c.entry.body, &d.Native); err != nil {
			return nil, fmt.Errorf("store: reading the outbox: %w", explain(err))
		}
		if err := unfold(c.entry.body, d); err != nil {
			return nil, err
		}
		d.Decided = moment(decided)
		d.Attempt = int(c.attempt + c.stand) // a lease that ran out was an attempt
		d.Doubt = doubt != 0 || c.stand == headTaken
		c.entry.place = placeOf(d)
		c.entry.after = now.UnixMicro()
		list = append(list, &c)
	}
	if err := rows.Err(); err != nil {
		return nil, fmt.Errorf("store: reading the outbox: %w", explain(err))
	}
	rows.Close()
	return list, s.cardsAbove(ctx, list)
}

// cardsAbove finds what the network called the cards that deliveries belong under: few do.
func (s *Store) cardsAbove(ctx context.Context, list []*candidate) error {
	for _, c := range list {
		d := &c.entry.delivery
		if d.Message.Under == "" {
			continue
		}
		err := s.row(ctx, selectCard, []any{c.entry.place, d.Message.Under}, &d.Under)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("store: looking for a card: %w", err)
		}
	}
	return nil
}

// Settle records how deliveries went. See bot.Store. Settling one that is settled already changes nothing; one that was
// leased to somebody else meanwhile can still be settled as sent, which it was.
func (s *Store) Settle(ctx context.Context, now time.Time, settled ...bot.Settlement) error {
	if len(settled) == 0 {
		return nil
	}
	all := byPlace(settled)
	places := make([]string, len(all))
	for i, x := range all {
		places[i] = x.place
	}
	return s.writer.write(ctx, append(places, besides(all)...), func(t *tx) error {
		t.aware = true
		for list := all; len(list) > 0; {
			n := 1
			for n < len(list) && list[n].place == list[0].place {
				n++
			}
			s.settle(t, list[:n], now)
			list = list[n:]
		}
		return nil
	})
}

// outcome is a settlement and the queue it is for.
type outcome struct {
	*bot.Settlement
	place string
}

// byPlace sorts settlements by their queues, and leaves them in order there.
func byPlace(settled []bot.Settlement) []outcome {
	all := make([]outcome, len(settled))
	for i := range settled {
		x := &settled[i]
		all[i].Settlement = x
		if i > 0 && x.Delivery.Call == nil && all[i-1].Delivery.Call == nil && x.Delivery.Place == all[i-1].Delivery.Place {
			all[i].place = all[i-1].place
		} else {
			all[i].place = placeOf(&x.Delivery)
		}
	}
	slices.SortStableFunc(all, func(a, b outcome) int { return strings.Compare(a.place, b.place) })
	return all
}

// settle settles what was settled at one place.
func (s *Store) settle(t *tx, list []outcome, now time.Time) {
	place := list[0].place
	if t.known.place(place).sent(t, list) {
		return
	}
	t.known.forget(place)
	for _, x := range list {
		t.settle(x, now)
	}
	t.advance(place)
}

// advance makes the first of a queue its head, after others were taken out. Mostly nothing is left to advance.
func (t *tx) advance(queue string) {
	t.count(advance, func(n int64) {
		if n == 1 {
			t.each(selectHead, func(row []any) error {
				t.due(row[0].(int64))
				return nil
			}, queue)
		}
	}, queue)
}

func (t *tx) settle(x outcome, now time.Time) {
	d, place := &x.Delivery, x.place
	switch x.Outcome {
	case bot.Sent:
		t.do(removeSent, place, d.ID)
		switch {
		case d.Message.Key == "":
		case d.Message.Last:
			t.do(dropCard, place, d.Message.Key)
		case x.Native != "":
			t.do(nameCard, place, d.Message.Key, x.Native, d.Case)
		}
	case bot.Refused:
		t.do(refuse, place, d.ID, plain(x.Reason), now.UnixMicro())
		t.do(removeSent, place, d.ID)
	case bot.PutAside:
		t.aside(x, now)
	case bot.Deferred, bot.Unsure:
		retry := x.Retry
		if retry.IsZero() {
			retry = now
		}
		unsure := 0
		if x.Outcome == bot.Unsure {
			unsure = 1
		}
		t.do(putBack, retry.UnixMicro(), unsure, place, d.ID, d.Attempt-1)
		t.due(retry.UnixMicro())
	default:
		t.note(fmt.Errorf("store: settling %s: no such outcome: %q", d.ID, x.Outcome))
	}
}

// Due lists timers that are due. See bot.Store.
func (s *Store) Due(ctx context.Context, now time.Time, n int) ([]bot.Timer, error) {
	rows, err := s.rows(ctx, selectTimers, now.UnixMicro(), n)
	if err != nil {
		return nil, fmt.Errorf("store: reading timers: %w", err)
	}
	defer rows.Close()
	var list []bot.Timer
	for rows.Next() {
		var x bot.Timer
		var at int64
		if err := rows.Scan(&x.Tenant, &x.Case, &x.Name, &at); err != nil {
			return nil, fmt.Errorf("store: reading timers: %w", explain(err))
		}
		x.At = moment(at)
		list = append(list, x)
	}
	return list, explain(rows.Err())
}
