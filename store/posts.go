package store

import (
	"context"
	"fmt"
	"time"

	"xiaobao/bot"
)

const (
	// A position is a moment, or the next number when the clock is behind: positions of a place only ever grow, also when
	// the newest entries were erased. A replaced entry keeps its order. What is still on its way when its case is erased is
	// not kept.
	insertPost = `
INSERT INTO posts (place, seq, ord, id, card, case_id, at, body)
SELECT CAST($1 AS TEXT), new.seq, COALESCE((SELECT MIN(ord) FROM posts WHERE place = $1 AND card = $3 AND card <> ''), new.seq),
	CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS TEXT), CAST($5 AS BIGINT), CAST($6 AS TEXT)
FROM (
	SELECT CASE WHEN MAX(seq) >= CAST($5 AS BIGINT) THEN MAX(seq) + 1 ELSE CAST($5 AS BIGINT) END AS seq FROM posts WHERE place = $1
) AS new
WHERE CAST($4 AS TEXT) = '' OR EXISTS (SELECT 1 FROM cases WHERE id = $4)
ON CONFLICT (place, id) DO NOTHING`
	dropReplaced = `DELETE FROM posts WHERE place = $1 AND card = $2 AND card <> '' AND id <> $3`
	selectPost   = `SELECT seq FROM posts WHERE place = $1 AND id = $2`
	selectPosts  = `
SELECT seq, ord, card, at, body FROM (
	SELECT seq, ord, card, at, body FROM posts WHERE place = $1 AND seq > $2 ORDER BY seq DESC LIMIT $3
) AS newest ORDER BY ord`
)

// Post keeps what a place has shown. See bot.Log. body is JSON, or other text.
func (s *Store) Post(ctx context.Context, p bot.Place, caseID, id, key string, at time.Time, body []byte) (seq int64, err error) {
	place := p.String()
	err = s.writer.write(ctx, []string{place}, func(t *tx) error {
		t.do(insertPost, place, id, key, caseID, at.UnixMicro(), string(body))
		if key != "" {
			t.do(dropReplaced, place, key, id)
		}
		t.each(selectPost, func(row []any) error {
			seq = row[0].(int64)
			return nil
		}, place, id)
		t.note(t.session.post(place))
		return nil
	})
	return seq, err
}

// Since lists what a place has shown. See bot.Log.
func (s *Store) Since(ctx context.Context, p bot.Place, seq int64, n int) ([]bot.Entry, error) {
	rows, err := s.rows(ctx, selectPosts, p.String(), seq, n)
	if err != nil {
		return nil, fmt.Errorf("store: reading the log: %w", err)
	}
	defer rows.Close()
	var list []bot.Entry
	for rows.Next() {
		var e bot.Entry
		var at int64
		if err := rows.Scan(&e.Seq, &e.Order, &e.Key, &at, &e.Body); err != nil {
			return nil, fmt.Errorf("store: reading the log: %w", explain(err))
		}
		e.At = moment(at)
		list = append(list, e)
	}
	return list, explain(rows.Err())
}
