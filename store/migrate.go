package store

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"strings"

	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

// Migrations go one way, are numbered by their file names, and are never edited once released: a change is a new file.
//
//go:embed migrations/*.sql
var migrations embed.FS

// readMigrations reads the numbered files for one kind of database. The text is the same for both; PostgreSQL neither
// knows nor needs WITHOUT ROWID, which keeps a SQLite table in one tree instead of two.
func readMigrations(k kind) ([]*goose.Migration, error) {
	names, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return nil, err
	}
	var all []*goose.Migration
	for _, name := range names {
		number, err := goose.NumericComponent(path.Base(name))
		if err != nil {
			return nil, fmt.Errorf("store: migration %s: %w", name, err)
		}
		text, err := migrations.ReadFile(name)
		if err != nil {
			return nil, err
		}
		script := string(text)
		if k == postgres {
			script = strings.ReplaceAll(script, ") WITHOUT ROWID;", ");")
		}
		all = append(all, goose.NewGoMigration(number, &goose.GoFunc{
			RunTx: func(ctx context.Context, tx *sql.Tx) error {
				_, err := tx.ExecContext(ctx, script)
				return err
			},
		}, nil))
	}
	return all, nil
}

// migrate brings the database to the version of this program, or refuses a newer one with ErrNewer. Several processes may
// do it at once: PostgreSQL holds a lock meanwhile, and on SQLite whoever came second finds the work done and looks again.
func migrate(ctx context.Context, db *sql.DB, k kind) error {
	all, err := readMigrations(k)
	if err != nil {
		return err
	}
	options := []goose.ProviderOption{
		goose.WithGoMigrations(all...),
		goose.WithDisableGlobalRegistry(true),
		goose.WithLogger(goose.NopLogger()),
	}
	dialect := goose.DialectSQLite3
	if k == postgres {
		dialect = goose.DialectPostgres
		locker, err := lock.NewPostgresSessionLocker(lock.WithLockTimeout(1, 60))
		if err != nil {
			return err
		}
		options = append(options, goose.WithSessionLocker(locker))
	}
	for attempt := 1; ; attempt++ {
		err := migrateOnce(ctx, db, dialect, options)
		if err == nil || attempt == 3 || errors.Is(err, ErrNewer) || ctx.Err() != nil || causeOf(err) != nil {
			return err
		}
	}
}

func migrateOnce(ctx context.Context, db *sql.DB, dialect goose.Dialect, options []goose.ProviderOption) error {
	p, err := goose.NewProvider(dialect, db, nil, options...)
	if err != nil {
		return err
	}
	have, know, err := p.GetVersions(ctx)
	if err != nil {
		return fmt.Errorf("store: reading the version: %w", err)
	}
	if have > know {
		return fmt.Errorf("%w: it has version %d, this program knows %d", ErrNewer, have, know)
	}
	if have == know {
		return nil
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("store: migrating from version %d to %d: %w", have, know, err)
	}
	return nil
}
