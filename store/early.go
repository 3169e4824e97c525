package store

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"xiaobao/shipment"
)

const (
	keepEarly   = `INSERT INTO early (number, tenant, name, heard, body) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (number, tenant, name) DO NOTHING`
	selectEarly = `SELECT body FROM early WHERE number = $1 AND (tenant = '' OR tenant = $2) ORDER BY heard, name`
	dropStale   = `DELETE FROM early WHERE tenant = $1 AND heard <= $2`
	dropOldest  = `DELETE FROM early WHERE tenant = $1 AND heard < (SELECT heard FROM early WHERE tenant = $1 ORDER BY heard DESC LIMIT 1 OFFSET $2)`
	dropFirst   = ` -- heard + 0: by the number, and not by the index of what was heard when
DELETE FROM early WHERE number = $1 AND tenant = $2 AND heard + 0 < (
	SELECT heard FROM early WHERE number = $1 AND tenant = $2 ORDER BY heard + 0 DESC LIMIT 1 OFFSET $3)`
)

// What is kept of numbers that nobody follows: who posts may post anything.
const (
	earlyFor  = 30 * 24 * time.Hour
	mostEarly = 50    // events of a number, the newest
	allEarly  = 50000 // of all numbers of a tenant
)

// KeepEarly keeps what was told about numbers that nobody follows. See watch.Early.
func (s *Store) KeepEarly(ctx context.Context, tenant string, events []shipment.Event, now time.Time) error {
	bodies := make([]string, len(events))
	for i, e := range events {
		body, err := json.Marshal(e)
		if err != nil {
			return fmt.Errorf("store: writing down an event of %s: %w", e.Number, err)
		}
		bodies[i] = string(body)
	}
	return s.writer.write(ctx, nil, func(t *tx) error {
		numbers := map[string]bool{}
		for i, e := range events {
			t.do(keepEarly, plain(e.Number), tenant, e.MakeKey(e.Number), now.UnixMicro()+int64(i), plain(bodies[i]))
			numbers[e.Number] = true
		}
		for n := range numbers {
			t.do(dropFirst, plain(n), tenant, mostEarly-1)
		}
		t.do(dropStale, tenant, now.Add(-earlyFor).UnixMicro())
		t.do(dropOldest, tenant, allEarly-1)
		return nil
	})
}

// Early lists what was kept about a number. See watch.Early.
func (s *Store) Early(ctx context.Context, tenant, number string) (list []shipment.Event, err error) {
	rows, err := s.rows(ctx, selectEarly, plain(number), tenant)
	if err != nil {
		return nil, fmt.Errorf("store: reading what was told early: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var body string
		var e shipment.Event
		if err := rows.Scan(&body); err != nil {
			return nil, fmt.Errorf("store: reading what was told early: %w", explain(err))
		}
		if err := json.Unmarshal([]byte(body), &e); err != nil {
			return nil, fmt.Errorf("store: reading what was told early of %s: %w", number, err)
		}
		list = append(list, e)
	}
	return list, explain(rows.Err())
}
