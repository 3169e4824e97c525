package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment/watch"
)

const (
	selectShipment = `
SELECT s.tenant, s.case_id, s.version, s.due, s.body FROM shipments s JOIN cases c ON c.id = s.case_id
WHERE s.case_id = $1 AND s.number = $2 AND (c.tenant = $3 OR EXISTS (SELECT 1 FROM members m WHERE m.case_id = c.id AND m.tenant = $3))`
	insertShipment = `
INSERT INTO shipments (case_id, number, tenant, version, due, body)
SELECT c.id, CAST($2 AS TEXT), CAST($3 AS TEXT), 1, CAST($4 AS BIGINT), CAST($5 AS TEXT) FROM cases c WHERE c.id = $1
ON CONFLICT DO NOTHING`
	updateShipment = `UPDATE shipments SET tenant = $1, due = $2, body = $3, version = version + 1 WHERE case_id = $4 AND number = $5 AND version = $6`
	countCase      = `SELECT COUNT(*) FROM cases WHERE id = $1`
	selectOverdue  = `SELECT tenant, case_id, version, due, body FROM shipments WHERE due IS NOT NULL AND due <= $1 ORDER BY due, case_id, number LIMIT $2`
	selectNextLook = `SELECT MIN(due) FROM shipments WHERE due IS NOT NULL`
)

// Shipment finds what a case watches. See watch.Store.
func (s *Store) Shipment(ctx context.Context, tenant, caseID, number string) (watch.Watched, error) {
	list, err := s.watched(ctx, selectShipment, caseID, number, tenant)
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("%w: case %s watches no %s", bot.ErrGone, caseID, number)
	}
	if err != nil {
		return watch.Watched{}, err
	}
	return list[0], nil
}

// PutShipment writes a shipment if nobody wrote it meanwhile. See watch.Store.
func (s *Store) PutShipment(ctx context.Context, w watch.Watched) (written bool, err error) {
	body, err := json.Marshal(w)
	if err != nil {
		return false, fmt.Errorf("store: writing down shipment %s: %w", w.Shipment.Number, err)
	}
	var due any
	if !w.Due.IsZero() {
		due = w.Due.UnixMicro()
	}
	exists := false
	err = s.writer.write(ctx, []string{w.Case}, func(t *tx) error {
		t.each(countCase, func(row []any) error {
			exists = row[0].(int64) == 1
			return nil
		}, w.Case)
		then := func(n int64) { written = n == 1 }
		if w.Version == 0 {
			t.count(insertShipment, then, w.Case, w.Shipment.Number, w.Tenant, due, string(body))
		} else {
			t.count(updateShipment, then, w.Tenant, due, string(body), w.Case, w.Shipment.Number, w.Version)
		}
		return nil
	})
	if err == nil && !exists {
		err = fmt.Errorf("%w: case %s", bot.ErrGone, w.Case)
	}
	return written && err == nil, err
}

// DueShipments lists what there is something to do about. See watch.Store.
func (s *Store) DueShipments(ctx context.Context, now time.Time, n int) ([]watch.Watched, error) {
	return s.watched(ctx, selectOverdue, now.UnixMicro(), n)
}

// NextShipment is when there will be something to do. See watch.Store.
func (s *Store) NextShipment(ctx context.Context) (time.Time, bool, error) {
	var at sql.NullInt64
	if err := s.row(ctx, selectNextLook, nil, &at); err != nil {
		return time.Time{}, false, fmt.Errorf("store: looking for the next shipment: %w", err)
	}
	return moment(at.Int64), at.Valid, nil
}

func (s *Store) watched(ctx context.Context, q string, args ...any) ([]watch.Watched, error) {
	rows, err := s.rows(ctx, q, args...)
	if err != nil {
		return nil, fmt.Errorf("store: reading shipments: %w", err)
	}
	defer rows.Close()
	var list []watch.Watched
	for rows.Next() {
		var w watch.Watched
		var due sql.NullInt64
		var body []byte
		var tenant, caseID string
		var version int64
		if err := rows.Scan(&tenant, &caseID, &version, &due, &body); err != nil {
			return nil, fmt.Errorf("store: reading shipments: %w", explain(err))
		}
		if err := json.Unmarshal(body, &w); err != nil {
			return nil, fmt.Errorf("store: reading a shipment of case %s: %w", caseID, err)
		}
		w.Tenant, w.Case, w.Version, w.Due = tenant, caseID, version, moment(due.Int64)
		list = append(list, w)
	}
	return list, explain(rows.Err())
}
