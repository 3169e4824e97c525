package store

import (
	"context"
	"fmt"
	"math"
	"runtime"
	"slices"
	"strings"
	"sync"
)

// A writer is the only one in this process that writes. Operations wait in its queue; it takes all that wait, up to
// limit, runs them in one transaction, and syncs once for all of them. It never waits for a group to fill: a group is
// what came in while the last one was being synced.
//
//	write ──► waiting ──► group: begin, op, op, op …, commit ──► everybody is told
//	                          │ one fails
//	                          └──► roll back; the same group again, each op in its own savepoint
//
// The second pass makes one operation's failure its own. The first pass spares everybody else the savepoints, which are
// needed for one group in thousands.
type writer struct {
	open  func() (session, error) // connects, and connects again after the connection was lost
	alarm *alarm
	limit int
	known *known // see tx
	users *users // see tx

	mu      sync.Mutex
	waiting []*op
	closed  bool
	bell    chan struct{} // rung when something waits
	stopped chan struct{} // closed when serve has returned
}

// An op is one operation that waits to be written.
type op struct {
	ctx   context.Context
	locks []string        // what it touches, by name, for a database that several processes write at once
	run   func(*tx) error // may run twice: it must set its results afresh every time
	err   error
	done  chan struct{}
}

// A session is one connection as the writer sees it. exec and query may be put off until flush, all together; what they
// came to is told to then, which decides whether the operation may stand, and may call exec and query again.
type session interface {
	// begin opens a transaction and takes the locks, in one order, so that two processes never wait for each other. It tells
	// whether it is certain that nobody else has written since this session's last transaction.
	begin(locks []string) (alone bool, err error)
	exec(q string, then func(affected int64) error, args ...any) error
	query(q string, then func(row []any) error, args ...any) error
	flush() error
	// post tells the other processes, after the commit, at which place something was shown.
	post(place string) error
	// mark sets a savepoint, keep lets go of it, undo goes back to it.
	mark() error
	keep() error
	undo() error
	// commit makes the transaction durable; with wake it also wakes the other processes.
	commit(wake bool) error
	rollback()
	// lost says that the connection is of no use any more.
	lost() bool
	close()
}

// A tx is what the operations of a group write through.
type tx struct {
	session  session
	known    *known // nil where others may write unnoticed, and where statements are put off
	users    *users // the same
	aware    bool   // the operation itself keeps what is known right
	moved    bool   // somebody may work on another case after the commit
	earliest int64  // the earliest moment at which something that was written is due; never when there is none
	fault    error  // the first one since the operation began
	stir     bool   // another process must look for shipments
}

// never is later than any moment.
const never = math.MaxInt64

// do runs a statement whose effect nobody needs to know.
func (t *tx) do(q string, args ...any) {
	t.mind(q)
	t.note(t.session.exec(q, nil, args...))
}

// must runs a statement that has to change exactly one row; otherwise the operation fails with that error.
func (t *tx) must(otherwise error, q string, args ...any) {
	t.mind(q)
	t.note(t.session.exec(q, func(n int64) error {
		if n != 1 {
			return otherwise
		}
		return nil
	}, args...))
}

// count runs a statement and tells how many rows it changed.
func (t *tx) count(q string, then func(n int64), args ...any) {
	t.mind(q)
	t.note(t.session.exec(q, func(n int64) error {
		then(n)
		return nil
	}, args...))
}

// each runs a statement that returns rows, or may.
func (t *tx) each(q string, then func(row []any) error, args ...any) {
	t.mind(q)
	t.note(t.session.query(q, then, args...))
}

// mind forgets what is known about the tables that a statement names, unless the operation has said that it does so itself
// where it must. So whoever adds a statement need not know that anything is known.
func (t *tx) mind(q string) {
	if t.aware || t.known == nil {
		return
	}
	if strings.Contains(q, "outbox") || strings.Contains(q, "cards") {
		t.known.forgetAll()
	}
	if strings.Contains(q, "members") {
		t.users.forget()
		t.moved = true
	}
}

// due notes that something will be due at a moment.
func (t *tx) due(at int64) { t.earliest = min(t.earliest, at) }

func (t *tx) note(err error) {
	if t.fault == nil {
		t.fault = err
	}
}

func newWriter(limit int, open func() (session, error), alarm *alarm) *writer {
	return &writer{
		open: open, alarm: alarm, limit: limit,
		bell: make(chan struct{}, 1), stopped: make(chan struct{}),
	}
}

// write queues an operation and waits until it was synced or failed. A context that ends while the operation waits takes
// it back; once it runs, its outcome is waited for, so that nobody is left in doubt.
func (w *writer) write(ctx context.Context, locks []string, run func(*tx) error) error {
	o := &op{ctx: ctx, locks: locks, run: run, done: make(chan struct{})}
	w.mu.Lock()
	if w.closed {
		w.mu.Unlock()
		return ErrClosed
	}
	w.waiting = append(w.waiting, o)
	select {
	case w.bell <- struct{}{}: // before it can be closed
	default:
	}
	w.mu.Unlock()
	<-o.done
	return o.err
}

// close writes what still waits and returns when the writer is done.
func (w *writer) close() {
	w.mu.Lock()
	if !w.closed {
		w.closed = true
		close(w.bell)
	}
	w.mu.Unlock()
	<-w.stopped
}

// serve writes groups until the writer is closed. It owns the connection.
func (w *writer) serve(s session) {
	defer close(w.stopped)
	defer func() {
		if s != nil {
			s.close()
		}
	}()
	var group []*op
	for {
		runtime.Gosched() // whoever is about to come comes first
		group = w.take(group[:0])
		if len(group) == 0 {
			if _, more := <-w.bell; !more && w.empty() {
				return
			}
			continue
		}
		var err error
		if s == nil {
			s, err = w.open()
		}
		if err == nil {
			err = w.commit(s, group)
		}
		for i, o := range group {
			if err != nil {
				o.err = err
			}
			o.err = explain(o.err)
			close(o.done)
			group[i] = nil
		}
		if s != nil && s.lost() {
			s.close()
			s = nil
		}
	}
}

func (w *writer) take(group []*op) []*op {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := min(len(w.waiting), w.limit)
	group = append(group, w.waiting[:n]...)
	rest := copy(w.waiting, w.waiting[n:])
	clear(w.waiting[rest:])
	w.waiting = w.waiting[:rest]
	return group
}

func (w *writer) empty() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.waiting) == 0
}

// commit writes a group. What it returns is everybody's error; an operation's own is in the operation.
func (w *writer) commit(s session, group []*op) error {
	alone := false
	for attempt := 1; len(group) > 0; attempt++ {
		t := &tx{session: s, known: w.known, users: w.users, earliest: never}
		culprit, err := w.transact(t, group, alone)
		switch {
		case err == nil:
			if t.moved { // it was read as it was until now
				w.users.forget()
			}
			w.alarm.set(t.earliest)
			return nil
		case s.lost():
			return err
		case fleeting(err) && attempt < 10:
		case culprit == nil, culprit == somebody && alone:
			return err
		case culprit == somebody:
			alone = true
		default:
			culprit.err = err
			group = slices.DeleteFunc(slices.Clone(group), func(o *op) bool { return o == culprit })
		}
	}
	return nil
}

// somebody is the culprit when one of several operations failed and it is not known, or does not matter, which.
var somebody = &op{}

// transact is one pass over the group. When it fails, the culprit is the operation it failed for; nil when it is everybody's
// failure. A culprit must not take part in the next pass.
func (w *writer) transact(t *tx, group []*op, apart bool) (culprit *op, err error) {
	defer func() {
		if err != nil {
			t.known.forgetAll()
			t.users.forget()
			t.session.rollback()
		}
	}()
	var locks []string
	for _, o := range group {
		locks = append(locks, o.locks...)
	}
	alone, err := t.session.begin(locks)
	if err != nil {
		return nil, fmt.Errorf("store: beginning to write: %w", err)
	}
	if !alone {
		t.known.forgetAll()
		t.users.forget()
	}
	t.known.begin()
	for _, o := range group {
		o.err = o.ctx.Err()
		switch {
		case o.err != nil:
		case apart:
			if err := separately(t, o); err != nil {
				return o, err
			}
		default:
			if err := perform(t, o); err != nil {
				return suspect(group), err
			}
		}
	}
	if err := t.session.flush(); err != nil {
		return suspect(group), err
	}
	if err := t.session.commit(t.stir || w.alarm.before(t.earliest)); err != nil {
		return nil, fmt.Errorf("store: committing: %w", err)
	}
	return nil, nil
}

func suspect(group []*op) *op {
	if len(group) == 1 {
		return group[0]
	}
	return somebody
}

func perform(t *tx, o *op) error {
	t.fault, t.aware = nil, false
	if err := o.run(t); err != nil {
		return err
	}
	return t.fault
}

// separately performs an operation so that its failure is its own. It returns an error when the whole transaction is lost
// with it: SQLite rolls all of it back when the disk is full.
func separately(t *tx, o *op) error {
	if err := t.session.mark(); err != nil {
		return err
	}
	o.err = perform(t, o)
	if o.err == nil {
		o.err = t.session.flush()
	}
	if o.err == nil {
		return t.session.keep()
	}
	t.known.forgetAll()
	t.users.forget()
	if fleeting(o.err) || t.session.undo() != nil {
		return o.err
	}
	return nil
}
