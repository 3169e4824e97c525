package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Backup writes a copy of a SQLite database, as it stands at one moment, to a new file that only its owner can read. The
// store goes on working meanwhile. The file appears under its name when it is complete and synced; an existing one is not
// touched. For PostgreSQL it returns ErrUnsupported: pg_dump does that.
func (s *Store) Backup(ctx context.Context, path string) (err error) {
	if s.kind != lite {
		return fmt.Errorf("%w: use pg_dump", ErrUnsupported)
	}
	if _, err := os.Lstat(path); err == nil {
		return fmt.Errorf("store: backing up: %s exists already", path)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".backup-*") // mode 0600
	if err != nil {
		return fmt.Errorf("store: backing up: %w", explain(err))
	}
	defer os.Remove(f.Name())
	defer f.Close()
	db, err := sql.Open("sqlite", liteURL(s.path)+"?mode=ro")
	if err != nil {
		return fmt.Errorf("store: backing up: %w", err)
	}
	defer db.Close()
	if _, err := db.ExecContext(ctx, "VACUUM INTO $1", f.Name()); err != nil {
		return fmt.Errorf("store: backing up: %w", explain(err))
	}
	if err := errors.Join(f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("store: backing up: %w", err)
	}
	err = os.Link(f.Name(), path) // unlike a rename, a link replaces nothing; not every file system has links
	if err != nil && !errors.Is(err, fs.ErrExist) {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("store: backing up: %w", err)
	}
	return nil
}

// loose finds places whose queue has no head, or a head that is not the first.
const loose = `
SELECT o.place FROM outbox o GROUP BY o.place
HAVING SUM(CASE WHEN o.stand > 0 THEN 1 ELSE 0 END) <> 1 OR MIN(CASE WHEN o.stand > 0 THEN o.n END) <> MIN(o.n)`

// Check looks for damage: pages and indexes on SQLite, and on both that every queue of the outbox begins with its head.
// It reads the whole database. What it finds is in an error that wraps ErrDamaged.
func (s *Store) Check(ctx context.Context) error {
	var faults []string
	queries := []string{loose}
	if s.kind == lite {
		queries = append(queries, "PRAGMA integrity_check(20)", `SELECT "table" || ' row ' || rowid FROM pragma_foreign_key_check`)
	}
	for _, q := range queries {
		rows, err := s.reader.QueryContext(ctx, q)
		if err != nil {
			return fmt.Errorf("store: checking: %w", explain(err))
		}
		for rows.Next() {
			var fault sql.NullString
			if err := rows.Scan(&fault); err != nil {
				rows.Close()
				return fmt.Errorf("store: checking: %w", explain(err))
			}
			if fault.String != "ok" {
				faults = append(faults, fault.String)
			}
		}
		if err := errors.Join(rows.Err(), rows.Close()); err != nil {
			return fmt.Errorf("store: checking: %w", explain(err))
		}
	}
	if len(faults) > 0 {
		return fmt.Errorf("%w: %s", ErrDamaged, strings.Join(faults, "; "))
	}
	return nil
}
