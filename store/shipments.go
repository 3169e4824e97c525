package store

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment/watch"
)

const (
	shipmentColumns = `s.tenant, s.case_id, s.version, s.due, s.look, s.body`
	selectShipment  = `
SELECT ` + shipmentColumns + ` FROM shipments s JOIN cases c ON c.id = s.case_id
WHERE s.case_id = $1 AND s.number = $2 AND (c.tenant = $3 OR EXISTS (SELECT 1 FROM members m WHERE m.case_id = c.id AND m.tenant = $3))`
	selectNumbers  = `SELECT ` + shipmentColumns + ` FROM shipments s WHERE s.number IN (%s)`
	insertShipment = `
INSERT INTO shipments (case_id, number, tenant, version, source, due, look, body)
SELECT c.id, CAST($2 AS TEXT), CAST($3 AS TEXT), 1, CAST($4 AS TEXT), CAST($5 AS BIGINT), CAST($6 AS BIGINT), CAST($7 AS TEXT) FROM cases c WHERE c.id = $1
ON CONFLICT DO NOTHING`
	updateShipment = `
UPDATE shipments SET tenant = $1, source = $2, due = $3, look = $4, body = $5, version = version + 1 WHERE case_id = $6 AND number = $7 AND version = $8`
	dropShipment   = `DELETE FROM shipments WHERE case_id = $1 AND number = $2`
	countCase      = `SELECT COUNT(*) FROM cases WHERE id = $1`
	selectOverdue  = `SELECT ` + shipmentColumns + ` FROM shipments s WHERE s.due IS NOT NULL AND s.due <= $1 AND %s ORDER BY s.due, s.case_id, s.number LIMIT $2`
	selectNextWork = `SELECT MIN(s.due) FROM shipments s WHERE s.due IS NOT NULL AND %s`
	selectFollowed = `SELECT CASE WHEN EXISTS (SELECT 1 FROM shipments WHERE due IS NOT NULL) OR EXISTS (SELECT 1 FROM shipments WHERE look IS NOT NULL) THEN 1 ELSE 0 END`
	selectLooks    = `SELECT number, look FROM shipments WHERE source = $1 AND look IS NOT NULL ORDER BY number`
	selectStill    = `SELECT number FROM shipments WHERE look IS NOT NULL AND source = $1 AND number IN (%s)`
	moveLook       = `UPDATE shipments SET look = $1 WHERE source = $2 AND number = $3 AND look IS NOT NULL`
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

// WatchedAs lists what is watched under numbers. See watch.Store.
func (s *Store) WatchedAs(ctx context.Context, numbers []string) (list []watch.Watched, err error) {
	for len(numbers) > 0 {
		n := 1
		if len(numbers) > 1 {
			n = manyNumbers // always as many, so that there are two statements and not a hundred
		}
		args := make([]any, n)
		for i := range args {
			args[i] = numbers[min(i, len(numbers)-1)]
		}
		some, err := s.watched(ctx, fmt.Sprintf(selectNumbers, holes(1, n)), args...)
		if err != nil {
			return nil, err
		}
		list = append(list, some...)
		numbers = numbers[min(n, len(numbers)):]
	}
	return list, nil
}

var followingMany = fmt.Sprintf(selectStill, holes(2, manyNumbers))

// manyNumbers is how many numbers are asked for in one statement.
const manyNumbers = 64

// PutShipment writes a shipment if nobody wrote it meanwhile. See watch.Store.
func (s *Store) PutShipment(ctx context.Context, w watch.Watched) (bool, error) {
	written, there, err := s.putShipments(ctx, []watch.Watched{w})
	if err != nil {
		return false, err
	}
	if !there[0] {
		return false, fmt.Errorf("%w: case %s", bot.ErrGone, w.Case)
	}
	return written[0], nil
}

// PutShipments writes several. See watch.Store.
func (s *Store) PutShipments(ctx context.Context, list []watch.Watched) ([]bool, error) {
	written, _, err := s.putShipments(ctx, list)
	return written, err
}

// putShipments says which were written, and whose cases are there.
func (s *Store) putShipments(ctx context.Context, list []watch.Watched) (written, there []bool, err error) {
	if len(list) == 0 {
		return nil, nil, nil
	}
	bodies, cases := make([]string, len(list)), make([]string, len(list))
	for i, w := range list {
		body, err := json.Marshal(w)
		if err != nil {
			return nil, nil, fmt.Errorf("store: writing down shipment %s: %w", w.Shipment.Number, err)
		}
		bodies[i], cases[i] = string(body), w.Case
	}
	slices.Sort(cases)
	cases = slices.Compact(cases)
	written, there = make([]bool, len(list)), make([]bool, len(list))
	err = s.writer.write(ctx, cases, func(t *tx) error {
		for i, w := range list {
			x := w.Shipment
			t.stir = t.stir || !w.Due.IsZero()
			then := func(n int64) { written[i], there[i] = n == 1, n == 1 || there[i] }
			if w.Version == 0 {
				t.count(insertShipment, then, w.Case, x.Number, w.Tenant, x.Source, orNull(w.Due), orNull(w.Look), bodies[i])
			} else {
				t.count(updateShipment, then, w.Tenant, x.Source, orNull(w.Due), orNull(w.Look), bodies[i], w.Case, x.Number, w.Version)
			}
			if len(list) == 1 {
				t.each(countCase, func(row []any) error {
					there[i] = row[0].(int64) == 1
					return nil
				}, w.Case)
			}
		}
		return nil
	})
	if err != nil {
		return nil, nil, err
	}
	return written, there, nil
}

// DropShipments removes what a case watches. See watch.Store.
func (s *Store) DropShipments(ctx context.Context, caseID string, numbers []string) error {
	if len(numbers) == 0 {
		return nil
	}
	return s.writer.write(ctx, []string{caseID}, func(t *tx) error {
		for _, n := range numbers {
			t.do(dropShipment, caseID, n)
		}
		return nil
	})
}

// DueShipments lists what there is something to do about. See watch.Store.
func (s *Store) DueShipments(ctx context.Context, of watch.Whose, now time.Time, n int) ([]watch.Watched, error) {
	where, args := whose(of, 3)
	return s.watched(ctx, fmt.Sprintf(selectOverdue, where), append([]any{now.UnixMicro(), n}, args...)...)
}

// NextShipment is when there will be something to do. See watch.Store.
func (s *Store) NextShipment(ctx context.Context, of watch.Whose) (time.Time, bool, error) {
	where, args := whose(of, 1)
	var at sql.NullInt64
	if err := s.row(ctx, fmt.Sprintf(selectNextWork, where), args, &at); err != nil {
		return time.Time{}, false, fmt.Errorf("store: looking for the next shipment: %w", err)
	}
	return moment(at.Int64), at.Valid, nil
}

// AnyShipment reports whether there is anything to follow. See watch.Store.
func (s *Store) AnyShipment(ctx context.Context) (bool, error) {
	var any int
	if err := s.row(ctx, selectFollowed, nil, &any); err != nil {
		return false, fmt.Errorf("store: looking for shipments: %w", err)
	}
	return any == 1, nil
}

// Looks lists when a source is to be asked about its shipments. See watch.Store.
func (s *Store) Looks(ctx context.Context, source string, f func(number string, look time.Time)) error {
	rows, err := s.rows(ctx, selectLooks, source)
	if err != nil {
		return fmt.Errorf("store: reading when to look: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var number sql.RawBytes
		var look int64
		if err := rows.Scan(&number, &look); err != nil {
			return fmt.Errorf("store: reading when to look: %w", explain(err))
		}
		f(string(number), moment(look))
	}
	return explain(rows.Err())
}

// Following reports which numbers somebody follows. See watch.Store.
func (s *Store) Following(ctx context.Context, source string, numbers []string) (map[string]bool, error) {
	found := make(map[string]bool, len(numbers))
	for some := range slices.Chunk(numbers, manyNumbers) {
		args := []any{source}
		for i := range manyNumbers {
			args = append(args, some[min(i, len(some)-1)])
		}
		if err := s.eachStill(ctx, args, func(number string) { found[number] = true }); err != nil {
			return nil, err
		}
	}
	return found, nil
}

func (s *Store) eachStill(ctx context.Context, args []any, f func(number string)) error {
	rows, err := s.rows(ctx, followingMany, args...)
	if err != nil {
		return fmt.Errorf("store: looking who is followed: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		var number string
		if err := rows.Scan(&number); err != nil {
			return fmt.Errorf("store: looking who is followed: %w", explain(err))
		}
		f(number)
	}
	return explain(rows.Err())
}

// MoveLooks writes down when to look again. See watch.Store.
func (s *Store) MoveLooks(ctx context.Context, source string, looks []watch.Look) ([]bool, error) {
	moved := make([]bool, len(looks))
	err := s.writer.write(ctx, nil, func(t *tx) error {
		for i, l := range looks {
			t.count(moveLook, func(n int64) { moved[i] = n > 0 }, l.At.UnixMicro(), source, l.Number)
		}
		return nil
	})
	return moved, err
}

// whose is a condition on shipments, with arguments that are numbered from first on.
func whose(of watch.Whose, first int) (string, []any) {
	args := make([]any, len(of.Sources))
	for i, name := range of.Sources {
		args[i] = name
	}
	switch {
	case len(args) == 0 && of.Others:
		return "1 = 1", nil
	case len(args) == 0:
		return "1 = 0", nil
	case of.Others:
		return "(s.source IS NULL OR s.source NOT IN (" + holes(first, len(args)) + "))", args
	}
	return "s.source IN (" + holes(first, len(args)) + ")", args
}

// holes are n numbered places for arguments.
func holes(first, n int) string {
	list := make([]string, n)
	for i := range list {
		list[i] = "$" + strconv.Itoa(first+i)
	}
	return strings.Join(list, ", ")
}

func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
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
		var due, look sql.NullInt64
		var body sql.RawBytes
		var tenant, caseID string
		var version int64
		if err := rows.Scan(&tenant, &caseID, &version, &due, &look, &body); err != nil {
			return nil, fmt.Errorf("store: reading shipments: %w", explain(err))
		}
		if err := json.Unmarshal(body, &w); err != nil {
			return nil, fmt.Errorf("store: reading a shipment of case %s: %w", caseID, err)
		}
		w.Tenant, w.Case, w.Version, w.Due, w.Look = tenant, caseID, version, moment(due.Int64), moment(look.Int64)
		list = append(list, w)
	}
	return list, explain(rows.Err())
}
