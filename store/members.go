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
	selectMember = `SELECT case_id, role, name, language, zone FROM members WHERE tenant = $1 AND who = $2`
	insertMember = `
INSERT INTO members (tenant, who, case_id, role, since, network, workspace, name, language, zone)
VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (tenant, who) DO NOTHING`
	renameMember  = `UPDATE members SET name = $1, language = $2, zone = $3 WHERE tenant = $4 AND who = $5`
	selectMembers = `
SELECT m.network, m.workspace, m.who, m.name, m.language, m.zone, m.role, m.since FROM members m JOIN cases c ON c.id = m.case_id
WHERE m.case_id = $1 AND (c.tenant = $2 OR EXISTS (SELECT 1 FROM members x WHERE x.case_id = c.id AND x.tenant = $2))
ORDER BY m.since, m.tenant, m.who`
	insertInvite = `
INSERT INTO invites (code, case_id, role, expires)
SELECT CAST($1 AS TEXT), c.id, CAST($2 AS TEXT), CAST($3 AS BIGINT) FROM cases c
WHERE c.id = $4 AND (c.tenant = $5 OR EXISTS (SELECT 1 FROM members x WHERE x.case_id = c.id AND x.tenant = $5))`
	// Whoever is in the case already keeps the role: an owner who tries the code does not become a viewer. A viewer who is invited
	// to work on it does become a colleague.
	redeemInvite = `
INSERT INTO members (tenant, who, case_id, role, since, network, workspace, name, language, zone)
SELECT CAST($3 AS TEXT), CAST($4 AS TEXT), i.case_id, i.role, CAST($5 AS BIGINT), CAST($6 AS TEXT), CAST($7 AS TEXT), CAST($8 AS TEXT), CAST($9 AS TEXT), CAST($10 AS TEXT)
FROM invites i WHERE i.code = $1 AND i.expires > $2
ON CONFLICT (tenant, who) DO UPDATE SET
	role = CASE WHEN members.case_id = excluded.case_id AND members.role <> 'viewer' THEN members.role ELSE excluded.role END,
	since = CASE WHEN members.case_id = excluded.case_id THEN members.since ELSE excluded.since END,
	case_id = excluded.case_id
RETURNING case_id`
	dropInvite  = `DELETE FROM invites WHERE code = $1`
	dropExpired = `DELETE FROM invites WHERE expires <= $1`
)

// Join is Enter for those who need the case only.
func (s *Store) Join(ctx context.Context, u bot.User, fresh string, now time.Time) (caseID string, err error) {
	m, err := s.Enter(ctx, u, fresh, now)
	return m.Case, err
}

// Enter finds the case a user works on, or opens one. See bot.Store. What the network reports about the user is kept.
func (s *Store) Enter(ctx context.Context, u bot.User, fresh string, now time.Time) (bot.Membership, error) {
	for {
		m, err := s.member(ctx, u)
		if !errors.Is(err, sql.ErrNoRows) {
			return bot.Membership{Case: m.caseID, Role: m.role}, err
		}
		err = s.writer.write(ctx, []string{fresh, u.Key()}, func(t *tx) error {
			t.aware = true // of who was nobody until now nothing is known
			t.must(fmt.Errorf("store: there is a case %s already", fresh), insertCase, fresh, u.Tenant(), nil, now.UnixMicro())
			t.must(errOvertaken, insertMember, u.Tenant(), u.ID, fresh, bot.Owner, now.UnixMicro(),
				u.Network, u.Workspace, plain(u.Name), plain(u.Language), plain(u.Zone))
			return nil
		})
		if !errors.Is(err, errOvertaken) {
			return bot.Membership{Case: fresh, Role: bot.Owner}, err
		}
	}
}

// CaseOf finds the case a user works on, and opens none. See bot.Cases.
func (s *Store) CaseOf(ctx context.Context, u bot.User) (caseID string, err error) {
	m, err := s.member(ctx, u)
	if errors.Is(err, sql.ErrNoRows) {
		return "", bot.ErrGone
	}
	return m.caseID, err
}

func (s *Store) member(ctx context.Context, u bot.User) (member, error) {
	tenant := u.Tenant()
	m, ok, times := s.writer.users.find(tenant, u.ID)
	if !ok {
		if err := s.row(ctx, selectMember, []any{tenant, u.ID}, &m.caseID, &m.role, &m.name, &m.language, &m.zone); err != nil {
			return member{}, fmt.Errorf("store: finding the user's case: %w", err)
		}
		s.writer.users.keep(tenant, u.ID, m, times)
	}
	// Not every network reports everything every time: what is not reported stays.
	next := member{m.caseID, m.role, either(plain(u.Name), m.name), either(plain(u.Language), m.language), either(plain(u.Zone), m.zone)}
	if next == m {
		return m, nil
	}
	return next, s.writer.write(ctx, []string{u.Key()}, func(t *tx) error {
		t.do(renameMember, next.name, next.language, next.zone, tenant, u.ID)
		return nil
	})
}

// Invite keeps a code. See bot.Cases. Only its digest is kept.
func (s *Store) Invite(ctx context.Context, tenant, caseID, code, role string, expires time.Time) error {
	return s.writer.write(ctx, []string{caseID}, func(t *tx) error {
		t.must(fmt.Errorf("%w: case %s", bot.ErrGone, caseID), insertInvite, digest("code", code), role, expires.UnixMicro(), caseID, tenant)
		return nil
	})
}

// Redeem moves a user into the case of a code. See bot.Cases. The case they leave stays as it is.
func (s *Store) Redeem(ctx context.Context, u bot.User, code string, now time.Time) (caseID string, err error) {
	hashed := digest("code", code)
	err = s.writer.write(ctx, []string{hashed, u.Key()}, func(t *tx) error {
		caseID = ""
		t.each(redeemInvite, func(row []any) error {
			caseID = row[0].(string)
			return nil
		}, hashed, now.UnixMicro(), u.Tenant(), u.ID, now.UnixMicro(), u.Network, u.Workspace, plain(u.Name), plain(u.Language), plain(u.Zone))
		t.must(bot.ErrGone, dropInvite, hashed)
		t.do(dropExpired, now.UnixMicro())
		return nil
	})
	if err != nil {
		return "", err
	}
	if caseID == "" { // the code was there, and too old
		return "", bot.ErrGone
	}
	return caseID, nil
}

// Members lists who works on a case, the oldest member first. See bot.Cases.
func (s *Store) Members(ctx context.Context, tenant, caseID string) ([]bot.Member, error) {
	rows, err := s.rows(ctx, selectMembers, caseID, tenant)
	if err != nil {
		return nil, fmt.Errorf("store: listing members: %w", err)
	}
	defer rows.Close()
	var list []bot.Member
	for rows.Next() {
		var m bot.Member
		var since int64
		u := &m.User
		if err := rows.Scan(&u.Network, &u.Workspace, &u.ID, &u.Name, &u.Language, &u.Zone, &m.Role, &since); err != nil {
			return nil, fmt.Errorf("store: listing members: %w", explain(err))
		}
		m.Since = moment(since)
		list = append(list, m)
	}
	return list, explain(rows.Err())
}

func either(a, b string) string {
	if a != "" {
		return a
	}
	return b
}
