// Package store keeps everything, and is the only room that speaks SQL. It implements what bot declares (Store, Cases,
// Tickets, Log) and what shipment/watch declares (Store), for SQLite, where it is a file beside the program, and for PostgreSQL, where several processes share it.
// Both are spoken to with the same text.
//
// One turn is one write:
//
//	Apply ──► read: seen? state, version ──► think ──► write: version still the same? state, seen, outbox, timers
//	              ▲                                        │ no: another process was faster
//	              └────────────────────────────────────────┘
//
// Writes wait for the writer, which commits all that wait together with one sync; see writer. Turns of one case wait for
// each other before they read, so that inside one process nobody thinks twice.
//
// The outbox is one queue per place; calls are queues of their own, so that slow work does not hold up a chat. Only the
// first of a queue can be claimed; a turn that finds its places quiet leases all it says there at once, to be sent in order.
// Whoever leases a delivery settles it, and then the next one is the first.
//
//	due ──► leased ──► sent (row gone, the card's native id kept) · refused (moved to refusals)
//	 ▲        │
//	 └────────┴── deferred, unsure, or the lease ran out: attempt + 1
//
// What is for later waits outside the queues until it is due, and then goes to the end of its own.
//
// Nearly always a queue is empty and nobody else has written. The writer knows that on SQLite (known) and then writes the same
// rows with plain statements.
package store

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment/watch"
)

// Options tune a Store. The zero value is right for a program in production.
type Options struct {
	Lease    time.Duration // how long Claim and Apply lend a delivery; default one minute, longer than any Send may take
	Retain   time.Duration // how long an event is remembered as seen; default 45 days, at least 30
	Patience time.Duration // how long to wait for another process's write lock on SQLite; default 5 seconds
	Poll     time.Duration // how long to trust silence of other processes on PostgreSQL; default 30 seconds
	Group    int           // how many writes are committed together at most; default 256

	// Networks are the networks this process can send to. Deliveries to others are left to the processes that can; calls are
	// for everybody. Empty: all networks.
	Networks []string
}

// reaches says whether this process can send to a network.
func (o Options) reaches(network string) bool {
	return len(o.Networks) == 0 || slices.Contains(o.Networks, network)
}

// mine is the condition on outbox rows that this process can deliver. The name of a queue begins with its place's network;
// what is for later has a word before it (see entry.laterQueue), and so have calls (see placeOf).
func (o Options) mine() string {
	if len(o.Networks) == 0 {
		return ""
	}
	like := []string{}
	for _, network := range append([]string{"call:"}, o.Networks...) {
		if !strings.HasSuffix(network, ":") {
			network = strings.ReplaceAll(bot.Place{Network: network}.String(), "'", "''")
			network = network[:strings.IndexByte(network, '/')+1]
		}
		like = append(like, "place LIKE '"+network+"%'", "place LIKE 'later:"+network+"%'")
	}
	return " AND (" + strings.Join(like, " OR ") + ")"
}

func (o Options) filled() Options {
	if o.Lease <= 0 {
		o.Lease = time.Minute
	}
	if o.Retain <= 0 {
		o.Retain = 45 * 24 * time.Hour
	}
	o.Retain = max(o.Retain, 30*24*time.Hour)
	if o.Patience <= 0 {
		o.Patience = 5 * time.Second
	}
	if o.Poll <= 0 {
		o.Poll = 30 * time.Second
	}
	if o.Group <= 0 {
		o.Group = 256
	}
	return o
}

// remembers is how many bytes of documents are remembered, twice: some thousand lively cases.
const remembers = 16 << 20

type kind int

const (
	lite kind = iota
	postgres
)

// A Store is an open database. All of its methods may be called from several goroutines; several Stores, in several
// processes, may share one database.
type Store struct {
	opt      Options
	kind     kind
	path     string    // of the file, for SQLite
	presence io.Closer // among those who have the file open, for SQLite
	serving  io.Closer // among those who serve people from it
	reader   *sql.DB
	writer   *writer
	alarm    *alarm
	stirred  chan struct{} // holds a token when another process may have written shipments
	turns    turnstile
	memory   memory
	recent   recent
	ears     ears
	stmts    sync.Map     // SQL text to *sql.Stmt, for reader
	applied  atomic.Int64 // counts turns, for pruning

	selectDue, selectNext string // with Options.mine in them

	owned sync.WaitGroup
	alive context.Context // ends with Close
	end   context.CancelFunc
}

var (
	_ bot.Store   = (*Store)(nil)
	_ bot.Cases   = (*Store)(nil)
	_ bot.Tickets = (*Store)(nil)
	_ bot.Log     = (*Store)(nil)
	_ watch.Store = (*Store)(nil)
)

// Open opens the database that dsn names, creates what is missing, and brings it up to date: a path, or file: and a path,
// is a SQLite file; postgres:// is a PostgreSQL database. The caller must Close it. Errors wrap the sentinels of this
// package: ErrNewer, ErrLocked, ErrUnwritable, ErrFull, ErrDamaged, ErrUnreachable.
func Open(ctx context.Context, dsn string, opt Options) (*Store, error) {
	s := &Store{opt: opt.filled(), alarm: newAlarm(), stirred: make(chan struct{}, 1), memory: memory{limit: remembers}}
	s.selectDue, s.selectNext = fmt.Sprintf(selectDue, opt.mine()), fmt.Sprintf(selectNext, opt.mine())
	s.alive, s.end = context.WithCancel(context.Background())
	open := openLite
	if strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://") {
		s.kind, open = postgres, openPg
	}
	if err := open(ctx, s, dsn); err != nil {
		s.end()
		s.owned.Wait()
		return nil, explain(errors.Join(err, s.leave()))
	}
	session, err := s.writer.open()
	if err != nil {
		s.end()
		s.owned.Wait()
		return nil, explain(errors.Join(err, s.reader.Close(), s.leave()))
	}
	go s.writer.serve(session)
	return s, nil
}

// Close writes what still waits, and lets go of the database. Operations that come later fail with ErrClosed.
func (s *Store) Close() error {
	s.writer.close()
	s.end()
	s.owned.Wait()
	var errs []error
	s.stmts.Range(func(_, st any) bool {
		errs = append(errs, st.(*sql.Stmt).Close())
		return true
	})
	errs = append(errs, s.reader.Close())
	if s.kind == lite && s.presence != nil {
		foldLog(s.path)
	}
	return errors.Join(append(errs, s.leave())...)
}

// leave is no longer among those who have the file open.
func (s *Store) leave() error {
	var errs []error
	for _, p := range []*io.Closer{&s.presence, &s.serving} {
		if *p != nil {
			errs = append(errs, (*p).Close())
			*p = nil
		}
	}
	return errors.Join(errs...)
}

// Wake tells whoever sleeps until NextDue that something earlier came up: it holds a token after a delivery or a timer
// was written that is due before the moment NextDue last returned. It is for one sleeper; a token may be for nothing.
// What another process writes to the same SQLite file is not heard: sleep for a minute at most.
func (s *Store) Wake() <-chan struct{} { return s.alarm.bell }

// Stirred holds a token when another process may have written shipments that have something to do. On SQLite what another
// process writes is not heard. It is for one listener.
func (s *Store) Stirred() <-chan struct{} { return s.stirred }

// rows asks for several rows. Statements stay prepared.
func (s *Store) rows(ctx context.Context, q string, args ...any) (*sql.Rows, error) {
	st, err := s.stmt(ctx, q)
	if err != nil {
		return nil, explain(err)
	}
	rows, err := st.QueryContext(ctx, args...)
	return rows, explain(err)
}

// row asks for one row and scans it. It returns sql.ErrNoRows when there is none.
func (s *Store) row(ctx context.Context, q string, args []any, into ...any) error {
	st, err := s.stmt(ctx, q)
	if err != nil {
		return explain(err)
	}
	if s.kind == lite { // over before anybody could cancel it, and the driver starts a goroutine for every context that ends
		ctx = context.WithoutCancel(ctx)
	}
	return explain(st.QueryRowContext(ctx, args...).Scan(into...))
}

func (s *Store) stmt(ctx context.Context, q string) (*sql.Stmt, error) {
	if st, ok := s.stmts.Load(q); ok {
		return st.(*sql.Stmt), nil
	}
	st, err := s.reader.PrepareContext(ctx, q)
	if err != nil {
		return nil, err
	}
	if first, raced := s.stmts.LoadOrStore(q, st); raced {
		_ = st.Close()
		return first.(*sql.Stmt), nil
	}
	return st, nil
}

func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

func moment(at int64) time.Time {
	if at == 0 {
		return time.Time{}
	}
	return time.UnixMicro(at).UTC()
}
