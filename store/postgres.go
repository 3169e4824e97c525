package store

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"hash/fnv"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"

	"xiaobao/bot"
)

// channel is where processes tell each other that something is due earlier than they may think.
const channel = "xiaobao"

// stripes bounds how many advisory locks all processes together can hold: PostgreSQL keeps them in a table of fixed size.
const stripes = 1024

// lockSpace keeps these locks apart from anybody else's in the same database.
const lockSpace = 0x7869616f // "xiao"

// A pgSession writes a group in two round trips: everything up to the last statement, and the commit. That is why the
// operations do not look at results before they go on.
//
// The locks make several processes behave as one: whoever writes to a case or to a place holds its lock until the commit.
// They are taken first and in one order, so that no two groups wait for each other.
type pgSession struct {
	timeout time.Duration
	name    string // of this process, for its notifications
	conn    *pgx.Conn
	batch   *pgx.Batch
	ctx     context.Context // ends when the group took too long
	cancel  context.CancelFunc
}

var _ session = (*pgSession)(nil)

func openPgSession(config *pgx.ConnConfig, name string) (*pgSession, error) {
	const timeout = 30 * time.Second
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	return &pgSession{timeout: timeout, name: name, conn: conn, batch: &pgx.Batch{}, cancel: func() {}}, nil
}

func (s *pgSession) begin(locks []string) (alone bool, err error) {
	s.ctx, s.cancel = context.WithTimeout(context.Background(), s.timeout)
	s.batch.Queue("BEGIN")
	if len(locks) > 0 {
		s.batch.Queue("SELECT pg_advisory_xact_lock($1, k) FROM unnest(CAST($2 AS integer[])) AS k", lockSpace, stripesOf(locks))
	}
	return false, nil
}

func stripesOf(locks []string) []int32 {
	list := make([]int32, 0, len(locks))
	for _, name := range locks {
		h := fnv.New32a()
		h.Write([]byte(name))
		list = append(list, int32(h.Sum32()%stripes))
	}
	slices.Sort(list)
	return slices.Compact(list)
}

func (s *pgSession) exec(q string, then func(int64) error, args ...any) error {
	queued := s.batch.Queue(q, args...)
	if then != nil {
		queued.Fn = func(r pgx.BatchResults) error {
			tag, err := r.Exec()
			if err != nil {
				return err
			}
			return then(tag.RowsAffected())
		}
	}
	return nil
}

func (s *pgSession) query(q string, then func([]any) error, args ...any) error {
	s.batch.Queue(q, args...).Fn = func(r pgx.BatchResults) error {
		rows, err := r.Query()
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			row, err := rows.Values()
			if err != nil {
				return err
			}
			if err := then(row); err != nil {
				return err
			}
		}
		return rows.Err()
	}
	return nil
}

// flush sends what was put off, and then what that led to.
func (s *pgSession) flush() error {
	for s.batch.Len() > 0 {
		batch := s.batch
		s.batch = &pgx.Batch{}
		if err := s.conn.SendBatch(s.ctx, batch).Close(); err != nil { // Close reads every result and runs every Fn
			return err
		}
	}
	return nil
}

func (s *pgSession) post(place string) error {
	if len(place) > 4000 { // a payload has less than 8000 bytes; then it may be any place
		place = ""
	}
	return s.exec("SELECT pg_notify($1, $2)", nil, postChannel, s.name+" "+place)
}

func (s *pgSession) mark() error {
	s.batch.Queue("SAVEPOINT op")
	return s.flush()
}

func (s *pgSession) keep() error {
	s.batch.Queue("RELEASE SAVEPOINT op")
	return nil
}

func (s *pgSession) undo() error {
	s.batch = &pgx.Batch{}
	s.batch.Queue("ROLLBACK TO SAVEPOINT op")
	s.batch.Queue("RELEASE SAVEPOINT op")
	return s.flush()
}

func (s *pgSession) commit(wake bool) error {
	defer func() { s.cancel() }()
	if wake {
		s.batch.Queue("SELECT pg_notify($1, $2)", channel, s.name)
	}
	s.exec("COMMIT", nil)
	if err := s.flush(); err != nil {
		return err
	}
	if s.conn.PgConn().TxStatus() != 'I' {
		return errors.New("store: the commit did not end the transaction")
	}
	return nil
}

func (s *pgSession) rollback() {
	s.batch = &pgx.Batch{}
	if !s.lost() && s.conn.PgConn().TxStatus() != 'I' {
		_, err := s.conn.Exec(s.ctx, "ROLLBACK")
		if err != nil {
			s.close()
		}
	}
	s.cancel()
}

func (s *pgSession) lost() bool { return s.conn.IsClosed() }

func (s *pgSession) close() {
	s.cancel()
	ctx, cancel := context.WithTimeout(context.Background(), s.timeout)
	defer cancel()
	_ = s.conn.Close(ctx)
}

// openPg opens a PostgreSQL database: migrated, with a session for the writer, a pool for reading, and an ear for what
// other processes write.
func openPg(ctx context.Context, s *Store, dsn string) error {
	config, err := pgx.ParseConfig(dsn)
	if err != nil {
		return fmt.Errorf("store: reading the address of the database: %w", err)
	}
	// The queues are nearly always empty, and full of rows that were just deleted. The planner would read all of those
	// rather than use an index.
	config.RuntimeParams["enable_seqscan"] = "off"
	config.RuntimeParams["plan_cache_mode"] = "force_generic_plan"
	config.RuntimeParams["jit"] = "off"
	s.reader = stdlib.OpenDB(*config)
	s.reader.SetMaxOpenConns(8)
	s.reader.SetMaxIdleConns(8) // as many: what is above is closed at once, and a connection costs a process
	s.reader.SetConnMaxIdleTime(5 * time.Minute)
	if err := migrate(ctx, s.reader, postgres); err != nil {
		return errors.Join(err, s.reader.Close())
	}
	name := rand.Text()
	s.writer = newWriter(s.opt.Group, func() (session, error) { return openPgSession(config, name) }, s.alarm)
	s.owned.Go(func() { s.listen(config, name) })
	return nil
}

// listen rings the alarm when another process wrote something that is due early. Once in a while it rings without having
// heard anything: a process that died cannot tell anybody, and a connection that broke tells nothing.
func (s *Store) listen(config *pgx.ConnConfig, own string) {
	for s.alive.Err() == nil {
		s.listenOnce(config, own)
		s.hear()
		wait(s.alive, time.Second)
	}
}

func (s *Store) listenOnce(config *pgx.ConnConfig, own string) {
	conn, err := pgx.ConnectConfig(s.alive, config)
	if err != nil {
		return
	}
	defer conn.Close(context.Background())
	if _, err := conn.Exec(s.alive, "LISTEN "+channel+"; LISTEN "+postChannel); err != nil {
		return
	}
	s.ears.tell(bot.Place{}) // whatever was said while nobody listened
	for {
		ctx, cancel := context.WithTimeout(s.alive, s.opt.Poll)
		heard, err := conn.WaitForNotification(ctx)
		late := ctx.Err() != nil
		cancel()
		if err != nil && (!late || s.alive.Err() != nil) {
			return
		}
		switch {
		case err == nil && heard.Channel == postChannel:
			s.ears.hear(own, heard.Payload)
		case err != nil || heard.Payload != own:
			s.hear()
		}
	}
}

// hear wakes whoever sleeps here: another process may have written.
func (s *Store) hear() {
	s.alarm.ring()
	select {
	case s.stirred <- struct{}{}:
	default:
	}
}

func wait(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-t.C:
	}
}
