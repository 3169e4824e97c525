package store

import (
	"context"
	"database/sql"
	"io"
)

// A process that dies keeps its leases to their end, and everything behind them waits that long. Where it can be told that
// nobody else has the file open, the leases that are found in it are a dead process's, and end at once: they come back as
// those whose time ran out do, with the next attempt.
//
// Everybody who has the file open holds a shared lock on a file beside it, which the system lets go of when the process
// dies. Whoever gets it exclusively is alone.
const endLeases = `UPDATE outbox SET due = 1 WHERE stand IN (2, -1); DELETE FROM leases`

// arrive joins those who have the file open, and ends the leases of the dead when there are none.
func arrive(ctx context.Context, path string, db *sql.DB) (io.Closer, error) {
	p, alone := present(path + "-open")
	if !alone {
		return p, nil
	}
	_, err := db.ExecContext(ctx, endLeases)
	p.share()
	return p, err
}

// Serve says that this process serves people from now on until Close, and reports whether another one does so already on
// the same SQLite file: the two do not hear each other, and a page of one is not told what the other shows. It never
// refuses. On PostgreSQL, where they hear each other, and where the system cannot tell, it is false. Call it once.
func (s *Store) Serve() (other bool) {
	if s.kind != lite {
		return false
	}
	p, other := claim(s.path + "-serve")
	s.serving = p
	return other
}
