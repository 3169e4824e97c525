package store

import (
	"context"
	"fmt"
	"time"
)

const (
	insertInbox = `INSERT INTO inbox (network, id, at, body) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`
	deleteInbox = `DELETE FROM inbox WHERE network = $1 AND id = $2`
	selectInbox = `SELECT id, body FROM inbox WHERE network = $1 ORDER BY at, id LIMIT $2`
)

// Receive keeps what a network handed over, so that it can be acknowledged before it is dealt with. The same id twice is one.
func (s *Store) Receive(ctx context.Context, network, id string, body []byte, now time.Time) error {
	err := s.writer.write(ctx, nil, func(t *tx) error {
		t.do(insertInbox, network, id, now.UnixMicro(), plain(string(body)))
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: keeping what came in: %w", err)
	}
	return nil
}

// Received takes what was dealt with out of the inbox.
func (s *Store) Received(ctx context.Context, network, id string) error {
	err := s.writer.write(ctx, nil, func(t *tx) error {
		t.do(deleteInbox, network, id)
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: emptying the inbox: %w", err)
	}
	return nil
}

// Unhandled calls f for what stands in the inbox of a network, the oldest first, at most n.
func (s *Store) Unhandled(ctx context.Context, network string, n int, f func(id string, body []byte) error) error {
	type kept struct {
		id   string
		body []byte
	}
	var all []kept
	rows, err := s.rows(ctx, selectInbox, network, n)
	if err != nil {
		return fmt.Errorf("store: reading the inbox: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var k kept
		if err := rows.Scan(&k.id, &k.body); err != nil {
			return fmt.Errorf("store: reading the inbox: %w", explain(err))
		}
		all = append(all, k)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("store: reading the inbox: %w", explain(err))
	}
	for _, k := range all {
		if err := f(k.id, k.body); err != nil {
			return err
		}
	}
	return nil
}
