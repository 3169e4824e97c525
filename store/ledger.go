package store

import (
	"context"
	"fmt"
	"math"
	"time"

	"xiaobao/shipment/watch"
)

const (
	countCode = `
INSERT INTO codes (source, code, times, first, latest, example) VALUES ($1, $2, $3, $4, $4, $5)
ON CONFLICT (source, code) DO UPDATE SET times = codes.times + excluded.times, latest = excluded.latest, example = excluded.example`
	selectCodes = `SELECT source, code, times, first, latest, example FROM codes ORDER BY latest DESC, source, code LIMIT $1`
	stopSource  = `
INSERT INTO stops (source, reason, at) VALUES ($1, $2, $3)
ON CONFLICT (source) DO UPDATE SET reason = excluded.reason, at = excluded.at WHERE stops.reason <> excluded.reason`
	startSource = `DELETE FROM stops WHERE source = $1`
	selectStops = `SELECT source, reason, at FROM stops ORDER BY source`
	noteMark    = `
INSERT INTO notes (network, name, tenant, who, ends, body) VALUES ('watch', $1, '', '', $2, $3)
ON CONFLICT (network, name) DO UPDATE SET body = excluded.body WHERE notes.body <> excluded.body`
)

// CountCodes counts codes that no table knows. See watch.Ledger.
func (s *Store) CountCodes(ctx context.Context, now time.Time, codes []watch.Code) error {
	return s.writer.write(ctx, nil, func(t *tx) error {
		for _, c := range codes {
			t.do(countCode, plain(c.Source), plain(c.Code), c.Times, now.UnixMicro(), plain(c.Example))
		}
		return nil
	})
}

// Codes lists what CountCodes counted. See watch.Ledger.
func (s *Store) Codes(ctx context.Context, n int) (list []watch.Code, err error) {
	rows, err := s.rows(ctx, selectCodes, n)
	if err != nil {
		return nil, fmt.Errorf("store: reading codes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var c watch.Code
		var first, latest int64
		if err := rows.Scan(&c.Source, &c.Code, &c.Times, &first, &latest, &c.Example); err != nil {
			return nil, fmt.Errorf("store: reading codes: %w", explain(err))
		}
		c.First, c.Latest = moment(first), moment(latest)
		list = append(list, c)
	}
	return list, explain(rows.Err())
}

// StopSource notes that a source must not be asked. See watch.Ledger.
func (s *Store) StopSource(ctx context.Context, source, reason string, now time.Time) (fresh bool, err error) {
	err = s.writer.write(ctx, nil, func(t *tx) error {
		t.count(stopSource, func(n int64) { fresh = n == 1 }, plain(source), plain(reason), now.UnixMicro())
		return nil
	})
	return fresh && err == nil, err
}

// StartSource takes the note away. See watch.Ledger.
func (s *Store) StartSource(ctx context.Context, source string) error {
	return s.writer.write(ctx, nil, func(t *tx) error {
		t.do(startSource, plain(source))
		return nil
	})
}

// StoppedSources lists the notes. See watch.Ledger.
func (s *Store) StoppedSources(ctx context.Context) (list []watch.Stopped, err error) {
	rows, err := s.rows(ctx, selectStops)
	if err != nil {
		return nil, fmt.Errorf("store: reading stopped sources: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var x watch.Stopped
		var at int64
		if err := rows.Scan(&x.Source, &x.Reason, &at); err != nil {
			return nil, fmt.Errorf("store: reading stopped sources: %w", explain(err))
		}
		x.At = moment(at)
		list = append(list, x)
	}
	return list, explain(rows.Err())
}

// Warned notes how near the end of something is. See watch.Ledger.
func (s *Store) Warned(ctx context.Context, what, mark string) (fresh bool, err error) {
	err = s.writer.write(ctx, nil, func(t *tx) error {
		t.count(noteMark, func(n int64) { fresh = n == 1 }, plain("warned:"+what), int64(math.MaxInt64), plain(mark))
		return nil
	})
	return fresh && err == nil, err
}
