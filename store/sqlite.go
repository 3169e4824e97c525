package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"modernc.org/sqlite"
)

// liteDSN is how a SQLite file is opened for writing. The order of the pragmas counts: the page size before the journal.
//
// synchronous=FULL syncs the log at every commit: a method that returned nil survives the power cord. Pages of 8 KB hold a
// case's document in one piece. What is deleted is overwritten: erased is erased, and it costs nothing that can be measured.
// The log is copied back after 16 MB rather than 4: most pages are written again before that.
func liteDSN(path string, patience time.Duration) string {
	q := url.Values{"_txlock": {"immediate"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()),
		"page_size(8192)",
		"journal_mode(WAL)",
		"synchronous(FULL)",
		"foreign_keys(ON)",
		"secure_delete(ON)",
		"cache_size(-2048)",
		"wal_autocheckpoint(2048)",
		"journal_size_limit(67108864)",
	}}
	return liteURL(path) + "?" + q.Encode()
}

// liteReadDSN is how the same file is opened for reading only.
func liteReadDSN(path string, patience time.Duration) string {
	q := url.Values{"mode": {"ro"}, "_pragma": {
		fmt.Sprintf("busy_timeout(%d)", patience.Milliseconds()),
		"query_only(ON)",
		"cache_size(-512)",
	}}
	return liteURL(path) + "?" + q.Encode()
}

func liteURL(path string) string {
	slashed := filepath.ToSlash(path)
	if !strings.HasPrefix(slashed, "/") { // a drive letter
		slashed = "/" + slashed
	}
	return "file://" + (&url.URL{Path: slashed}).EscapedPath()
}

// litePath reads the path of a file from what the operator wrote: a path, or file: and a path.
func litePath(dsn string) (string, error) {
	path := strings.TrimPrefix(dsn, "file:")
	if path != dsn {
		path, _, _ = strings.Cut(path, "?")
		if strings.HasPrefix(path, "///") {
			path = path[2:]
		}
		if plain, err := url.PathUnescape(path); err == nil {
			path = plain
		}
	}
	if path == "" || strings.Contains(path, ":memory:") {
		return "", errors.New("store: a database in memory keeps nothing: name a file")
	}
	return filepath.Abs(path)
}

// makeLiteFile makes sure that the file exists and that only its owner reads a new one. SQLite gives its log the same mode.
func makeLiteFile(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

// A liteSession writes through the driver itself, without database/sql between: one goroutine owns it, and the
// statements stay prepared.
type liteSession struct {
	conn  driver.Conn
	stmts map[string]driver.Stmt
	args  []driver.NamedValue
	seen  int64 // the version of the data when this session last looked; its own writing does not change it
}

var _ session = (*liteSession)(nil)

func openLiteSession(dsn string) (*liteSession, error) {
	c, err := (&sqlite.Driver{}).Open(dsn)
	if err != nil {
		return nil, err
	}
	return &liteSession{conn: c, stmts: map[string]driver.Stmt{}}, nil
}

func (s *liteSession) stmt(q string) (driver.Stmt, error) {
	if st := s.stmts[q]; st != nil {
		return st, nil
	}
	st, err := s.conn.Prepare(q)
	if err != nil {
		return nil, err
	}
	s.stmts[q] = st
	return st, nil
}

func (s *liteSession) named(args []any) []driver.NamedValue {
	s.args = s.args[:0]
	for i, a := range args {
		if n, ok := a.(int); ok {
			a = int64(n)
		}
		s.args = append(s.args, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return s.args
}

func (s *liteSession) exec(q string, then func(int64) error, args ...any) error {
	st, err := s.stmt(q)
	if err != nil {
		return err
	}
	r, err := st.(driver.StmtExecContext).ExecContext(context.Background(), s.named(args))
	if err != nil || then == nil {
		return err
	}
	n, err := r.RowsAffected()
	if err != nil {
		return err
	}
	return then(n)
}

func (s *liteSession) query(q string, then func([]any) error, args ...any) (err error) {
	st, err := s.stmt(q)
	if err != nil {
		return err
	}
	rows, err := st.(driver.StmtQueryContext).QueryContext(context.Background(), s.named(args))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	row := make([]driver.Value, len(rows.Columns()))
	out := make([]any, len(row))
	for {
		// A statement that returns rows has done its work only when it was read to the end.
		if err := rows.Next(row); err == io.EOF {
			return nil
		} else if err != nil {
			return err
		}
		for i, v := range row {
			out[i] = v
		}
		if err := then(out); err != nil {
			return err
		}
	}
}

// begin needs no other lock than that of the file.
func (s *liteSession) begin([]string) (alone bool, err error) {
	if err := s.exec("BEGIN IMMEDIATE", nil); err != nil {
		return false, err
	}
	was := s.seen
	err = s.query("PRAGMA data_version", func(row []any) error {
		s.seen = row[0].(int64)
		return nil
	})
	return s.seen == was, err
}

func (s *liteSession) flush() error      { return nil }
func (s *liteSession) post(string) error { return nil } // nobody would hear it
func (s *liteSession) commit(bool) error { return s.exec("COMMIT", nil) }
func (s *liteSession) mark() error       { return s.exec("SAVEPOINT op", nil) }
func (s *liteSession) keep() error       { return s.exec("RELEASE op", nil) }
func (s *liteSession) lost() bool        { return false }

func (s *liteSession) undo() error {
	return errors.Join(s.exec("ROLLBACK TO op", nil), s.exec("RELEASE op", nil))
}

// rollback is also called when SQLite has rolled back already, as it does when the disk is full.
func (s *liteSession) rollback() { _ = s.exec("ROLLBACK", nil) }

func (s *liteSession) close() {
	for _, st := range s.stmts {
		_ = st.Close()
	}
	_ = s.conn.Close()
}

// scrub copies the log back and empties it, so that what was erased does not linger there either. When somebody reads all
// the time it does not come to its end; then the log is overwritten as it is used again.
func scrub(ctx context.Context, path string, patience time.Duration) {
	db, err := sql.Open("sqlite", liteDSN(path, patience))
	if err != nil {
		return
	}
	defer db.Close()
	_, _ = db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
}

// foldLog lets the log go when nobody else has the file open, so that the file alone is the whole database. The last to leave
// does that, but our last connections only read, and those leave the log where it is.
func foldLog(path string) {
	db, err := sql.Open("sqlite", liteDSN(path, 0))
	if err != nil {
		return
	}
	defer db.Close()
	_, _ = db.Exec("PRAGMA wal_checkpoint(PASSIVE)") // waits for nobody; what it leaves is there for the next to open
}

// readers is how many connections read side by side. Each has a cache of its own, so there are no more of them than can work at once, but a few
// at least: some read for a while, as when to look at which of a million shipments.
func readers() int { return min(max(runtime.GOMAXPROCS(0), 4), 8) }

// openLite opens a SQLite file: migrated, with a session for the writer and a pool of connections that only read.
func openLite(ctx context.Context, s *Store, dsn string) error {
	path, err := litePath(dsn)
	if err != nil {
		return err
	}
	if err := makeLiteFile(path); err != nil {
		return err
	}
	s.path = path
	write := liteDSN(path, s.opt.Patience)
	db, err := sql.Open("sqlite", write)
	if err != nil {
		return err
	}
	db.SetMaxOpenConns(1)
	if err = migrate(ctx, db, s.kind); err == nil {
		s.presence, err = arrive(ctx, path, db)
	}
	if err := errors.Join(err, db.Close()); err != nil {
		return err
	}
	if s.reader, err = sql.Open("sqlite", liteReadDSN(path, s.opt.Patience)); err != nil {
		return err
	}
	s.reader.SetMaxOpenConns(readers())
	s.reader.SetMaxIdleConns(readers())
	s.writer = newWriter(s.opt.Group, func() (session, error) { return openLiteSession(write) }, s.alarm)
	s.writer.known, s.writer.users = &known{}, &users{}
	return nil
}
