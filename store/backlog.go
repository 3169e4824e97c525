package store

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// A Backlog is how it stands with what must leave through this process's networks.
type Backlog struct {
	Waiting  int       // deliveries that are not settled
	Doubtful int       // of them, those that may have arrived already
	Oldest   time.Time // when the oldest was decided of those that should have left by now; zero: there is none
	Overdue  time.Time // since when one is due and nobody has taken it; zero: there is none
	Refused  int       // deliveries that cannot be made, on every network
}

// selectBacklog reads the whole outbox, which is small while all is well.
const selectBacklog = `
SELECT COUNT(*), CAST(COALESCE(SUM(doubt), 0) AS BIGINT), MIN(CASE WHEN attempt > 0 OR due <= $1 THEN decided END),
	MIN(CASE WHEN stand > 0 AND due <= $1 THEN due END), (SELECT COUNT(*) FROM refusals)
FROM outbox WHERE n >= 0%s`

// Backlog looks at the outbox.
func (s *Store) Backlog(ctx context.Context, now time.Time) (b Backlog, err error) {
	var oldest, overdue sql.NullInt64
	if err := s.row(ctx, fmt.Sprintf(selectBacklog, s.opt.mine()), []any{now.UnixMicro()}, &b.Waiting, &b.Doubtful, &oldest, &overdue, &b.Refused); err != nil {
		return b, fmt.Errorf("store: looking at the outbox: %w", err)
	}
	if oldest.Valid {
		b.Oldest = moment(oldest.Int64)
	}
	if overdue.Valid {
		b.Overdue = moment(overdue.Int64)
	}
	return b, nil
}
