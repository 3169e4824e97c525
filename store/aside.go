package store

import (
	"time"

	"xiaobao/bot"
)

const (
	dropOlder = `DELETE FROM outbox WHERE place = $1 AND decided <= $2`
	// What is newer, and waits in the queue or has been put aside already, makes this one superfluous.
	moveAside = `
INSERT INTO outbox (place, n, id, tenant, case_id, card, stand, due, attempt, doubt, decided, body)
SELECT CAST($1 AS TEXT), 1, o.id, o.tenant, o.case_id, o.card, 1, CAST($2 AS BIGINT), 0, 0, o.decided, o.body FROM outbox o
WHERE o.place = $3 AND o.id = $4 AND NOT EXISTS (SELECT 1 FROM outbox x WHERE x.place = $1)
	AND NOT EXISTS (SELECT 1 FROM outbox y WHERE y.place = $3 AND y.card = o.card AND y.n > o.n)
ON CONFLICT DO NOTHING`
)

// aside takes a card out of its queue, so that nothing waits behind it, and lets it wait for its time beside. Only its newest form
// ever comes back.
func (t *tx) aside(x outcome, now time.Time) {
	d := &x.Delivery
	retry := x.Retry
	if retry.IsZero() {
		retry = now
	}
	beside := (&entry{delivery: *d, place: x.place}).laterQueue()
	t.known.forget(beside)
	t.do(dropOlder, beside, micros(d.Decided))
	t.do(moveAside, beside, retry.UnixMicro(), x.place, d.ID)
	t.do(removeSent, x.place, d.ID)
	t.known.waits()
	t.due(retry.UnixMicro())
}

// besides names the queues beside which settlements put something.
func besides(all []outcome) (names []string) {
	for _, x := range all {
		if x.Outcome == bot.PutAside {
			names = append(names, (&entry{delivery: x.Delivery, place: x.place}).laterQueue())
		}
	}
	return names
}
