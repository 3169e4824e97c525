package store

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"syscall"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// The ways in which a database can refuse. Every error of this package that has one of these causes wraps it, so that the
// command can say it in a sentence; what the database itself said stands behind it.
var (
	// ErrNewer: the database was written by a newer version of the program, and this one must not touch it.
	ErrNewer = errors.New("store: the database is newer than this program")
	// ErrLocked: another process held the write lock for longer than Options.Patience. Trying again may help.
	ErrLocked = errors.New("store: the database is locked by another process")
	// ErrUnwritable: the file, or the account, may not write.
	ErrUnwritable = errors.New("store: the database cannot be written")
	// ErrFull: the disk is full, or a quota is used up. Nothing of the operation was kept.
	ErrFull = errors.New("store: the disk is full")
	// ErrDamaged: the file is not a database, or is one that lost pages. A backup is needed.
	ErrDamaged = errors.New("store: the database is damaged")
	// ErrUnreachable: the database server does not answer.
	ErrUnreachable = errors.New("store: the database server cannot be reached")
	// ErrClosed: the store was closed.
	ErrClosed = errors.New("store: closed")
	// ErrUnsupported: this kind of database has another tool for that.
	ErrUnsupported = errors.New("store: not supported by this kind of database")
)

// explain wraps what a driver said in the sentinel it means. Errors it does not know pass as they are.
func explain(err error) error {
	if err == nil {
		return nil
	}
	if cause := causeOf(err); cause != nil && !errors.Is(err, cause) {
		return fmt.Errorf("%w: %w", cause, err)
	}
	return err
}

func causeOf(err error) error {
	if lite, ok := errors.AsType[*sqlite.Error](err); ok {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
			return ErrLocked
		case sqlite3.SQLITE_FULL:
			return ErrFull
		case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH:
			return ErrUnwritable
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return ErrDamaged
		}
		return nil
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		switch pg.Code {
		case "53100": // disk_full
			return ErrFull
		case "25006", "42501": // read_only_sql_transaction, insufficient_privilege
			return ErrUnwritable
		case "55P03": // lock_not_available
			return ErrLocked
		case "57P01", "57P02", "57P03": // admin_shutdown, crash_shutdown, cannot_connect_now
			return ErrUnreachable
		case "XX001", "XX002": // data_corrupted, index_corrupted
			return ErrDamaged
		}
		return nil
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return nil
	}
	_, refused := errors.AsType[*pgconn.ConnectError](err)
	_, broken := errors.AsType[*net.OpError](err)
	switch {
	case refused, broken, errors.Is(err, net.ErrClosed), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, driver.ErrBadConn):
		return ErrUnreachable
	case errors.Is(err, fs.ErrPermission), errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		return ErrUnwritable
	}
	return nil
}

// fleeting says that the same transaction may well succeed at once: PostgreSQL chose it to break a deadlock.
func fleeting(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && (pg.Code == "40P01" || pg.Code == "40001")
}
