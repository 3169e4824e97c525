package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"xiaobao/bot"
)

const (
	upsertNote = `
INSERT INTO notes (network, name, tenant, who, ends, body) VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (network, name) DO UPDATE SET tenant = excluded.tenant, who = excluded.who, ends = excluded.ends, body = excluded.body`
	selectNote  = `SELECT body FROM notes WHERE network = $1 AND name = $2 AND ends > $3`
	selectNotes = `SELECT name, body FROM notes WHERE network = $1 AND name > $2 AND name < $3 AND ends > $4 ORDER BY name LIMIT $5`
	dropNote    = `DELETE FROM notes WHERE network = $1 AND name = $2`
	dropEnded   = `DELETE FROM notes WHERE network = $1 AND ends <= $2`
)

// Notes are what one network's door remembers across a restart, and shares with other processes on the same database.
type Notes struct {
	store   *Store
	network string
	swept   atomic.Int64 // when what has ended was last taken out, in microseconds
}

// sweepEvery is how often notes that have ended are taken out.
const sweepEvery = time.Minute

// Notes returns the notes of a network.
func (s *Store) Notes(network string) *Notes { return &Notes{store: s, network: network} }

// Keep writes a note until a moment, over the one of the same name. A note about somebody (the zero User is nobody) goes when
// their case is erased. Now and then notes that have ended are swept out with it.
func (n *Notes) Keep(ctx context.Context, name string, about bot.User, body []byte, now, until time.Time) error {
	tenant := ""
	if about.ID != "" {
		tenant = about.Tenant()
	}
	last := n.swept.Load()
	sweep := now.UnixMicro()-last >= sweepEvery.Microseconds() && n.swept.CompareAndSwap(last, now.UnixMicro())
	err := n.store.writer.write(ctx, []string{"note:" + n.network + ":" + name}, func(t *tx) error {
		if sweep {
			t.do(dropEnded, n.network, now.UnixMicro())
		}
		t.do(upsertNote, n.network, plain(name), tenant, about.ID, until.UnixMicro(), plain(string(body)))
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: keeping a note: %w", err)
	}
	return nil
}

// Find reads a note; nil when there is none, or it has ended by now.
func (n *Notes) Find(ctx context.Context, name string, now time.Time) ([]byte, error) {
	var body string
	err := n.store.row(ctx, selectNote, []any{n.network, plain(name), now.UnixMicro()}, &body)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("store: reading a note: %w", err)
	}
	return []byte(body), nil
}

// List calls f for up to most notes whose names begin with prefix and come after that name, in the order of their names.
func (n *Notes) List(ctx context.Context, prefix, after string, now time.Time, most int, f func(name string, body []byte)) error {
	rows, err := n.store.rows(ctx, selectNotes, n.network, max(after, prefix), prefix+"\U0010FFFF", now.UnixMicro(), most)
	if err != nil {
		return fmt.Errorf("store: listing notes: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var name, body string
		if err := rows.Scan(&name, &body); err != nil {
			return fmt.Errorf("store: listing notes: %w", explain(err))
		}
		f(name, []byte(body))
	}
	return explain(rows.Err())
}

// Drop removes a note, if it is there.
func (n *Notes) Drop(ctx context.Context, name string) error {
	err := n.store.writer.write(ctx, []string{"note:" + n.network + ":" + name}, func(t *tx) error {
		t.do(dropNote, n.network, plain(name))
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: dropping a note: %w", err)
	}
	return nil
}
