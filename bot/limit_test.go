package bot_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/store"
)

// BenchmarkRatio plays rounds of the turns of 64 people (see BenchmarkTurn) and of the same rows written by hand (see byHand),
// in turns, so that whatever else the machine does slows both. ratio is how much of what disk and driver allow a whole turn
// reaches; the processor times are those of a turn, and need no quiet machine.
func BenchmarkRatio(b *testing.B) {
	t := newTalk(b, 64)
	hand := newByHand(b)
	const round = 1280
	type spent struct{ wall, cpu time.Duration }
	took := func(sum *spent, f func()) {
		start, cpu := time.Now(), processorTime()
		f()
		sum.wall += time.Since(start)
		sum.cpu += processorTime() - cpu
	}
	var ours, limit spent
	took(&spent{}, func() { hand.turns(round); t.spread(round, t.turn) })
	rounds := 0
	for b.Loop() {
		took(&ours, func() { t.spread(round, t.turn) })
		took(&limit, func() { hand.turns(round) })
		rounds++
	}
	n := float64(rounds * round)
	b.ReportMetric(n/ours.wall.Seconds(), "turns/s")
	b.ReportMetric(n/limit.wall.Seconds(), "limit/s")
	b.ReportMetric(limit.wall.Seconds()/ours.wall.Seconds(), "ratio")
	b.ReportMetric(float64(ours.cpu.Microseconds())/n, "cpu-µs/turn")
	b.ReportMetric(float64(limit.cpu.Microseconds())/n, "limit-cpu-µs/turn")
	t.stop()
}

// BenchmarkSameRows is byHand alone. Compare its turns/s with those of BenchmarkTurn/people=64 of the same run.
func BenchmarkSameRows(b *testing.B) {
	h := newByHand(b)
	b.ResetTimer()
	before := processorTime()
	h.turns(b.N)
	cpu := processorTime() - before
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
	b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "cpu-µs/turn")
	b.ReportMetric(float64(len(h.out[0])+len(h.out[1]))/2, "deliveries/turn")
}

// byHand is what the disk and the driver allow for BenchmarkTurn: the rows that such a turn writes, of the same number, size
// and order, written by one goroutine that does nothing else, with prepared statements by their keys, in groups of 64 that
// are synced. A turn writes the event as seen, the case, and what leaves; then what leaves is removed, the name that the
// network gave the new card is kept, and that of the card that was closed is removed.
type byHand struct {
	b     *testing.B
	db    *sql.DB
	out   [2][]outRow // what turns send by turns: the sellers change their minds
	state string
	done  int

	seen, update, insert, remove, name, unname *sql.Stmt
}

// An outRow is what the outbox keeps of a delivery. Cards are called anew for every turn.
type outRow struct {
	body      string
	card      bool
	last      bool // it closes the card of the turn before
	cardWidth int
}

func newByHand(b *testing.B) *byHand {
	b.Helper()
	h := &byHand{b: b}
	h.out, h.state = sample(b)
	path := filepath.Join(b.TempDir(), "limit.db")
	s, err := store.Open(context.Background(), path, store.Options{}) // for its tables
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	h.db, err = sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=synchronous(FULL)&_pragma=foreign_keys(ON)&_pragma=secure_delete(ON)&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(2048)") // as the store has it
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { h.db.Close() })
	h.db.SetMaxOpenConns(1)
	prepare := func(q string) *sql.Stmt {
		st, err := h.db.Prepare(q)
		if err != nil {
			b.Fatal(err)
		}
		return st
	}
	h.seen = prepare(`INSERT INTO seen (event, at) VALUES ($1, $2)`)
	h.update = prepare(`UPDATE cases SET version = version + 1, state = $1, changed = $2 WHERE id = $3`)
	h.insert = prepare(`INSERT INTO outbox (place, n, id, tenant, case_id, card, stand, due, attempt, doubt, decided, body) VALUES ($1, $2, $3, 'wall:w', $4, $5, $8, $6, 0, 0, $6, $7)`)
	h.remove = prepare(`DELETE FROM outbox WHERE place = $1 AND n = $2`)
	h.name = prepare(`INSERT INTO cards (place, card, native, case_id) VALUES ($1, $2, $3, $4)`)
	h.unname = prepare(`DELETE FROM cards WHERE place = $1 AND card = $2`)
	newCase := prepare(`INSERT INTO cases (id, tenant, version, state, created, changed) VALUES ($1, 'wall:w', 1, $2, 1, 1)`)
	h.in(func(do func(*sql.Stmt, ...any)) {
		for who := range sellers {
			do(newCase, h.id(who), h.state)
			for _, o := range h.out[1] {
				if o.last {
					do(h.name, h.place(who), h.card(o, who, 0), h.row(who, 0), h.id(who))
				}
			}
		}
	})
	return h
}

// who is the seller of the ith turn, and round how many turns they had: in the order in which 64 people go through theirs.
func (h *byHand) who(i int) (who, round int) {
	const mine = sellers / 64
	return i%64*mine + i/64%mine, i/sellers + 1
}

func (h *byHand) id(who int) string    { return fmt.Sprintf("id%012d", who) }
func (h *byHand) place(who int) string { return room(fmt.Sprint("p", who)).String() }

// row is an id like those of deliveries.
func (h *byHand) row(who, n int) string { return fmt.Sprintf("%024d", who*1000+n) }

func (h *byHand) card(o outRow, who, round int) string {
	return fmt.Sprintf("%0*d", o.cardWidth, who*1e6+round)
}

func (h *byHand) in(f func(do func(*sql.Stmt, ...any))) {
	tx, err := h.db.Begin()
	if err != nil {
		h.b.Fatal(err)
	}
	f(func(st *sql.Stmt, args ...any) {
		if _, err := tx.Stmt(st).Exec(args...); err != nil {
			h.b.Fatal(err)
		}
	})
	if err := tx.Commit(); err != nil {
		h.b.Fatal(err)
	}
}

func (h *byHand) turns(n int) {
	const group = 64
	for end := h.done + n; h.done < end; {
		first, last := h.done, min(h.done+group, end)
		h.done = last
		h.in(func(do func(*sql.Stmt, ...any)) {
			for i := first; i < last; i++ {
				who, round := h.who(i)
				id, place, at := h.id(who), h.place(who), start.UnixMicro()+int64(i)
				do(h.seen, fmt.Sprintf("%022d", uint64(i+1)*0x9E3779B97F4A7C15), at)
				do(h.update, h.state, at, id)
				for n, o := range h.out[round%2] {
					card := ""
					if o.card {
						card = h.card(o, who, round)
					}
					stand := 2
					if n > 0 {
						stand = -1
					}
					do(h.insert, place, n, h.row(who, n), id, card, at, o.body, stand)
				}
			}
		})
		h.in(func(do func(*sql.Stmt, ...any)) {
			for i := first; i < last; i++ {
				who, round := h.who(i)
				place := h.place(who)
				for n, o := range h.out[round%2] {
					do(h.remove, place, n)
					switch {
					case o.last:
						do(h.unname, place, h.card(o, who, round-1))
					case o.card:
						do(h.name, place, h.card(o, who, round), h.row(who, n), h.id(who))
					}
				}
			}
		})
	}
}

// sample is what two turns of BenchmarkTurn send, as the outbox keeps it, and the case's document after them.
func sample(b *testing.B) (out [2][]outRow, state string) {
	b.Helper()
	bk, _, _ := book(b)
	r := newRig(b, bk, page)
	defer r.stop()
	var mu sync.Mutex
	turn := 0
	r.wall.send = func(d bot.Delivery) error {
		letter := map[string]any{"place": d.Place, "message": d.Message}
		if d.Echo != nil {
			letter = map[string]any{"place": d.Place, "echo": d.Echo}
		}
		body, err := json.Marshal(letter)
		mu.Lock()
		defer mu.Unlock()
		out[turn%2] = append(out[turn%2], outRow{body: string(body), card: d.Message.Key != "", last: d.Message.Last, cardWidth: len(d.Message.Key)})
		return err
	}
	for n := range 6 {
		turn, out[n%2] = n, nil
		if err := r.Handle(context.Background(), in("p1", n)); err != nil {
			b.Fatal(err)
		}
		r.drain()
	}
	err := r.store.EachCase(context.Background(), func(_, _ string, data []byte) error {
		state = string(data)
		return nil
	})
	if err != nil || state == "" || len(out[0]) == 0 || len(out[1]) == 0 {
		b.Fatalf("no turn to measure: %d and %d sent, %v", len(out[0]), len(out[1]), err)
	}
	return out, state
}
