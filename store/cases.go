package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"xiaobao/bot"
)

const (
	selectState = `
SELECT c.state FROM cases c
WHERE c.id = $1 AND (c.tenant = $2 OR EXISTS (SELECT 1 FROM members m WHERE m.case_id = c.id AND m.tenant = $2))`
	selectCases  = `SELECT id, tenant, state FROM cases WHERE id > $1 AND state IS NOT NULL ORDER BY id LIMIT 100`
	selectQueues = `SELECT DISTINCT place FROM outbox WHERE case_id = $1`
)

// erasures are what is removed with a case. What a place that belongs to the case alone has shown goes with it, also where
// no case was named. The inbox keeps digests, which nobody can read; unanswered questions name no one.
var erasures = []string{
	`DELETE FROM posts WHERE case_id = $1 OR (case_id = '' AND place IN (SELECT place FROM posts WHERE case_id = $1)
		AND NOT EXISTS (SELECT 1 FROM posts AS x WHERE x.place = posts.place AND x.case_id <> '' AND x.case_id <> $1))`,
	`DELETE FROM outbox WHERE case_id = $1`,
	`DELETE FROM refusals WHERE case_id = $1`,
	`DELETE FROM cards WHERE case_id = $1`,
	`DELETE FROM timers WHERE case_id = $1`,
	`DELETE FROM early WHERE number IN (SELECT number FROM shipments WHERE case_id = $1) AND tenant IN (SELECT tenant FROM shipments WHERE case_id = $1)`,
	`DELETE FROM shipments WHERE case_id = $1`,
	`DELETE FROM tickets WHERE case_id = $1`,
	`DELETE FROM invites WHERE case_id = $1`,
	`DELETE FROM notes WHERE who <> '' AND EXISTS (SELECT 1 FROM members m WHERE m.case_id = $1 AND m.tenant = notes.tenant AND m.who = notes.who)`,
	`DELETE FROM members WHERE case_id = $1`,
}

const eraseCase = `DELETE FROM cases WHERE id = $1`

// Read returns a case's document, nil when it has none yet. See bot.Cases. ErrGone when there is no such case.
func (s *Store) Read(ctx context.Context, tenant, caseID string) ([]byte, error) {
	var state []byte
	err := s.row(ctx, selectState, []any{caseID, tenant}, &state)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, fmt.Errorf("%w: case %s", bot.ErrGone, caseID)
	}
	if err != nil {
		return nil, fmt.Errorf("store: reading case %s: %w", caseID, err)
	}
	return state, nil
}

// Erase removes a case and everything kept about it. See bot.Cases. It waits for a turn of the case that is under way.
// ErrGone when there is no such case, so that a second call is told apart.
func (s *Store) Erase(ctx context.Context, tenant, caseID string) error {
	if err := s.turns.enter(ctx, caseID); err != nil {
		return err
	}
	defer s.turns.leave(caseID)
	if _, err := s.Read(ctx, tenant, caseID); err != nil {
		return err
	}
	defer s.memory.forget(caseID)
	places, err := s.queues(ctx, caseID)
	if err != nil {
		return err
	}
	err = s.writer.write(ctx, append(places, caseID), func(t *tx) error {
		for _, q := range erasures {
			t.do(q, caseID)
		}
		t.must(fmt.Errorf("%w: case %s", bot.ErrGone, caseID), eraseCase, caseID)
		for _, place := range places { // others may wait there
			t.advance(place)
		}
		return nil
	})
	if err == nil && s.kind == lite {
		scrub(ctx, s.path, s.opt.Patience)
	}
	return err
}

func (s *Store) queues(ctx context.Context, caseID string) ([]string, error) {
	rows, err := s.rows(ctx, selectQueues, caseID)
	if err != nil {
		return nil, fmt.Errorf("store: listing queues: %w", err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var place string
		if err := rows.Scan(&place); err != nil {
			return nil, fmt.Errorf("store: listing queues: %w", explain(err))
		}
		list = append(list, place)
	}
	return list, explain(rows.Err())
}

// EachCase calls f for every case that has a document, in the order of their ids, until f returns an error. It holds no
// lock meanwhile: what changes while it runs may be seen either way.
func (s *Store) EachCase(ctx context.Context, f func(tenant, id string, state []byte) error) error {
	type found struct {
		tenant, id string
		state      []byte
	}
	page := func(after string) ([]found, error) {
		rows, err := s.rows(ctx, selectCases, after)
		if err != nil {
			return nil, fmt.Errorf("store: listing cases: %w", err)
		}
		defer rows.Close()
		var list []found
		for rows.Next() {
			var c found
			if err := rows.Scan(&c.id, &c.tenant, &c.state); err != nil {
				return nil, fmt.Errorf("store: listing cases: %w", explain(err))
			}
			list = append(list, c)
		}
		return list, explain(rows.Err())
	}
	for after := ""; ; {
		list, err := page(after)
		if err != nil || len(list) == 0 {
			return err
		}
		for _, c := range list {
			if err := f(c.tenant, c.id, c.state); err != nil {
				return err
			}
		}
		after = list[len(list)-1].id
	}
}
