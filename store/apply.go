package store

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"time"

	"xiaobao/bot"
)

const (
	readTurn = `
SELECT c.version, c.tenant, c.state, CASE WHEN EXISTS (SELECT 1 FROM seen WHERE event = $2) THEN 1 ELSE 0 END
FROM (SELECT 1 AS one) AS always LEFT JOIN cases c ON c.id = $1`
	selectSeen = `SELECT COUNT(*) FROM seen WHERE event = $1`
	// A case belongs to a tenant. Users of another tenant who were let in with a code may work on it too: the same person on
	// another network is in another tenant.
	letIn = `SELECT COUNT(*) FROM members WHERE case_id = $1 AND tenant = $2`
)

const (
	insertCase = `INSERT INTO cases (id, tenant, version, state, created, changed) VALUES ($1, $2, 1, $3, $4, $4) ON CONFLICT DO NOTHING`
	updateCase = `UPDATE cases SET version = version + 1, state = $1, changed = $2 WHERE id = $3 AND version = $4`
	touchCase  = `UPDATE cases SET version = version + 1 WHERE id = $1 AND version = $2`
	insertSeen = `INSERT INTO seen (event, at) VALUES ($1, $2) ON CONFLICT DO NOTHING`
	pruneSeen  = `DELETE FROM seen WHERE event IN (SELECT event FROM seen WHERE at < $1 ORDER BY at LIMIT 512)`
	setTimer   = `INSERT INTO timers (case_id, name, tenant, at) VALUES ($1, $2, $3, $4) ON CONFLICT (case_id, name) DO UPDATE SET tenant = excluded.tenant, at = excluded.at`
	dropTimer  = `DELETE FROM timers WHERE case_id = $1 AND name = $2`
)

// pruneEvery says how many turns go by between two looks for events that may be forgotten. Each look forgets more of them
// than came in meanwhile.
const pruneEvery = 256

// errOvertaken: another process wrote the case after it was read.
var errOvertaken = errors.New("store: another process was faster")

// Apply applies the event k once. See bot.Store. The leased deliveries come in the order in which they must be sent: what
// the same turn says at one place is leased together, and the second must not be sent before the first was.
func (s *Store) Apply(ctx context.Context, k bot.Key, now time.Time, think func(state []byte) (bot.Turn, error)) ([]bot.Delivery, error) {
	if err := s.turns.enter(ctx, k.Case); err != nil {
		return nil, err
	}
	defer s.turns.leave(k.Case)
	event := digest(k.Tenant, k.Event)
	for {
		was, err := s.readTurn(ctx, k, event)
		if err != nil {
			return nil, err
		}
		turn, err := think(was.document())
		if err != nil {
			return nil, err
		}
		out, err := s.writeTurn(ctx, k, event, was, turn, now)
		if !errors.Is(err, errOvertaken) {
			return out, err
		}
	}
}

// readTurn reads the case as it stands, or stood a moment ago; its version is 0 when it is new.
func (s *Store) readTurn(ctx context.Context, k bot.Key, event string) (was remembered, err error) {
	if s.recent.has(event) {
		return was, bot.ErrSeen
	}
	var seen int
	was, ok := s.memory.recall(k.Case)
	switch {
	case ok && s.kind == lite: // whether it was seen is told by writing it, which is seldom in vain
	case ok:
		err = s.row(ctx, selectSeen, []any{event}, &seen)
	default:
		var version sql.NullInt64
		var tenant, state sql.NullString
		err = s.row(ctx, readTurn, []any{k.Case, event}, &version, &tenant, &state, &seen)
		was = remembered{version: version.Int64, tenant: tenant.String, state: state.String, empty: !state.Valid}
	}
	if err != nil {
		return was, fmt.Errorf("store: reading the case: %w", err)
	}
	if seen == 1 {
		return was, bot.ErrSeen
	}
	if was.version > 0 && was.tenant != k.Tenant {
		var members int
		if err := s.row(ctx, letIn, []any{k.Case, k.Tenant}, &members); err != nil {
			return was, fmt.Errorf("store: looking who works on the case: %w", err)
		}
		if members == 0 {
			return was, fmt.Errorf("%w: the case belongs to another tenant", bot.ErrGone)
		}
	}
	return was, nil
}

// document is a copy that the caller may do with as it likes; nil when there is none.
func (r remembered) document() []byte {
	if r.empty {
		return nil
	}
	return []byte(r.state)
}

func (s *Store) writeTurn(ctx context.Context, k bot.Key, event string, was remembered, turn bot.Turn, now time.Time) ([]bot.Delivery, error) {
	q, err := s.queue(k, turn, now)
	if err != nil {
		return nil, err
	}
	next := was
	next.version++
	if turn.State != nil {
		next.state, next.empty = string(turn.State), false
	}
	if was.version == 0 {
		next.tenant = k.Tenant
	}
	at := now.UnixMicro()
	prune := s.applied.Add(1)%pruneEvery == 0
	var inVain error
	err = s.writer.write(ctx, append(q.locks(), k.Case), func(t *tx) error {
		t.aware = true
		if t.known == nil {
			t.must(bot.ErrSeen, insertSeen, event, at)
		} else if inVain = t.inVain(k, event, at); inVain != nil {
			return nil // nothing was written that would have to be undone
		}
		switch {
		case was.version == 0 && turn.State == nil: // an event for a case that was erased leaves no trace of it
		case was.version == 0:
			t.must(errOvertaken, insertCase, k.Case, k.Tenant, next.state, at)
		case turn.State == nil:
			t.must(errOvertaken, touchCase, k.Case, was.version)
		default:
			t.must(errOvertaken, updateCase, next.state, at, k.Case, was.version)
		}
		q.write(t)
		for _, w := range turn.Wake {
			if w.At.IsZero() {
				t.do(dropTimer, k.Case, w.Name)
				continue
			}
			t.do(setTimer, k.Case, w.Name, k.Tenant, w.At.UnixMicro())
			t.due(w.At.UnixMicro())
		}
		if prune {
			t.do(pruneSeen, now.Add(-s.opt.Retain).UnixMicro())
		}
		return nil
	})
	if err == nil {
		err = inVain
	}
	if err == nil || errors.Is(err, bot.ErrSeen) {
		s.recent.keep(event)
	}
	if err != nil {
		s.memory.forget(k.Case)
		return nil, err
	}
	if !next.empty {
		s.memory.keep(k.Case, next)
	}
	return q.leased(), nil
}

// inVain marks the event as seen and says why the turn was thought in vain, if it was: ErrSeen, ErrMoved. Statements must be
// done at once, not put off.
func (t *tx) inVain(k bot.Key, event string, at int64) error {
	if k.Who != "" {
		m, ok, times := t.users.find(k.Tenant, k.Who)
		if !ok {
			t.each(selectMember, func(row []any) error {
				m = member{row[0].(string), row[1].(string), row[2].(string), row[3].(string), row[4].(string)}
				t.users.keep(k.Tenant, k.Who, m, times)
				return nil
			}, k.Tenant, k.Who)
		}
		if m.caseID != k.Case && t.fault == nil {
			return bot.ErrMoved
		}
	}
	fresh := true
	t.count(insertSeen, func(n int64) { fresh = n == 1 }, event, at)
	if !fresh {
		return bot.ErrSeen
	}
	return nil
}

// digest names something that must be recognised and not read: an event, a code.
func digest(parts ...string) string {
	var text []byte
	for _, p := range parts {
		text = strconv.AppendInt(text, int64(len(p)), 10)
		text = append(text, ':')
		text = append(text, p...)
	}
	sum := sha256.Sum256(text)
	return base64.RawURLEncoding.EncodeToString(sum[:16])
}
