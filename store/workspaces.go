package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"xiaobao/bot"
)

const (
	keepWorkspace = `
INSERT INTO workspaces (network, id, sealed, changed, gone) VALUES ($1, $2, $3, $4, 0)
ON CONFLICT (network, id) DO UPDATE SET sealed = excluded.sealed, changed = excluded.changed, gone = 0`
	resealWorkspace  = `UPDATE workspaces SET sealed = $1, changed = $2 WHERE network = $3 AND id = $4 AND sealed = $5 AND gone = 0`
	selectWorkspace  = `SELECT sealed FROM workspaces WHERE network = $1 AND id = $2 AND gone = 0`
	selectWorkspaces = `SELECT id, sealed, gone FROM workspaces WHERE network = $1 ORDER BY id`
	leaveWorkspace   = `UPDATE workspaces SET sealed = '', changed = $1, gone = $1 WHERE network = $2 AND id = $3 AND gone = 0`
	dropWorkspace    = `DELETE FROM workspaces WHERE network = $1 AND id = $2 AND gone <> 0`

	insertGrant = `INSERT INTO grants (grant_id, expires) VALUES ($1, $2)`
	dropGrant   = `DELETE FROM grants WHERE grant_id = $1 AND expires > $2`
	dropGrants  = `DELETE FROM grants WHERE expires <= $1`

	selectTenant = `SELECT id FROM cases WHERE tenant = $1 ORDER BY id LIMIT 100`
)

// leavings are what is kept about a tenant beside its cases.
var leavings = []string{
	`DELETE FROM members WHERE tenant = $1`,
	`DELETE FROM notes WHERE tenant = $1`,
	`DELETE FROM outbox WHERE tenant = $1`,
	`DELETE FROM refusals WHERE tenant = $1`,
	`DELETE FROM unanswered WHERE tenant = $1`,
	`DELETE FROM early WHERE tenant = $1`,
}

// KeepWorkspace keeps what an installation brought, sealed by the caller; it takes the place of what was kept before.
func (s *Store) KeepWorkspace(ctx context.Context, network, id, sealed string, now time.Time) error {
	err := s.writer.write(ctx, []string{"workspace:" + id}, func(t *tx) error {
		t.do(keepWorkspace, network, id, sealed, now.UnixMicro())
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: keeping workspace %s: %w", id, err)
	}
	return nil
}

// RenewWorkspace replaces what is kept when it is still what the caller read. bot.ErrGone: somebody was faster, or the
// workspace has left: read it again.
func (s *Store) RenewWorkspace(ctx context.Context, network, id, was, sealed string, now time.Time) error {
	err := s.writer.write(ctx, []string{"workspace:" + id}, func(t *tx) error {
		t.must(bot.ErrGone, resealWorkspace, sealed, now.UnixMicro(), network, id, was)
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: renewing workspace %s: %w", id, err)
	}
	return nil
}

// Workspace returns what is kept of an installation. bot.ErrGone when there is none.
func (s *Store) Workspace(ctx context.Context, network, id string) (sealed string, err error) {
	err = s.row(ctx, selectWorkspace, []any{network, id}, &sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return "", fmt.Errorf("%w: workspace %s", bot.ErrGone, id)
	}
	if err != nil {
		return "", fmt.Errorf("store: reading workspace %s: %w", id, err)
	}
	return sealed, nil
}

// Workspaces calls f for every installation of a network. One that has left and is not erased yet has nothing sealed.
func (s *Store) Workspaces(ctx context.Context, network string, f func(id, sealed string, left bool) error) error {
	type kept struct {
		id, sealed string
		gone       int64
	}
	var all []kept
	rows, err := s.rows(ctx, selectWorkspaces, network)
	if err != nil {
		return fmt.Errorf("store: listing workspaces: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var k kept
		if err := rows.Scan(&k.id, &k.sealed, &k.gone); err != nil {
			return fmt.Errorf("store: listing workspaces: %w", explain(err))
		}
		all = append(all, k)
	}
	if err := rows.Err(); err != nil {
		return fmt.Errorf("store: listing workspaces: %w", explain(err))
	}
	for _, k := range all {
		if err := f(k.id, k.sealed, k.gone != 0); err != nil {
			return err
		}
	}
	return nil
}

// LeaveWorkspace forgets the tokens of an installation at once. EraseTenant then removes the rest, also after a restart:
// until then Workspaces lists it as left.
func (s *Store) LeaveWorkspace(ctx context.Context, network, id string, now time.Time) error {
	err := s.writer.write(ctx, []string{"workspace:" + id}, func(t *tx) error {
		t.do(leaveWorkspace, now.UnixMicro(), network, id)
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: leaving workspace %s: %w", id, err)
	}
	return nil
}

// EraseTenant removes all cases of a tenant and everything kept about it, and at last that it had left. It may be called
// again: what is gone already is no error. What was shared with people of other tenants goes too when the case is the tenant's.
func (s *Store) EraseTenant(ctx context.Context, network, id string) error {
	tenant := bot.User{Network: network, Workspace: id}.Tenant()
	for {
		cases, err := s.casesOf(ctx, tenant)
		if err != nil {
			return err
		}
		if len(cases) == 0 {
			break
		}
		for _, c := range cases {
			if err := s.Erase(ctx, tenant, c); err != nil && !errors.Is(err, bot.ErrGone) {
				return fmt.Errorf("store: erasing tenant %s: %w", tenant, err)
			}
		}
	}
	err := s.writer.write(ctx, []string{"workspace:" + id, tenant}, func(t *tx) error {
		for _, q := range leavings {
			t.do(q, tenant)
		}
		t.do(dropWorkspace, network, id)
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: erasing tenant %s: %w", tenant, err)
	}
	return nil
}

func (s *Store) casesOf(ctx context.Context, tenant string) ([]string, error) {
	rows, err := s.rows(ctx, selectTenant, tenant)
	if err != nil {
		return nil, fmt.Errorf("store: listing the cases of a tenant: %w", err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, fmt.Errorf("store: listing the cases of a tenant: %w", explain(err))
		}
		list = append(list, id)
	}
	return list, explain(rows.Err())
}

// OpenGrant remembers an installation that begins: grant is what its browser must bring back before it expires. Only a digest of it is
// kept.
func (s *Store) OpenGrant(ctx context.Context, grant string, now, expires time.Time) error {
	err := s.writer.write(ctx, nil, func(t *tx) error {
		t.do(dropGrants, now.UnixMicro())
		t.do(insertGrant, digest("grant", grant), expires.UnixMicro())
		return nil
	})
	if err != nil {
		return fmt.Errorf("store: beginning an installation: %w", err)
	}
	return nil
}

// UseGrant uses a grant up. bot.ErrGone: unknown, used or expired.
func (s *Store) UseGrant(ctx context.Context, grant string, now time.Time) error {
	return s.writer.write(ctx, nil, func(t *tx) error {
		t.must(bot.ErrGone, dropGrant, digest("grant", grant), now.UnixMicro())
		return nil
	})
}
