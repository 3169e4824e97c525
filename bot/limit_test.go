package bot_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"sync"
	"testing"

	"xiaobao/bot"
	"xiaobao/store"
)

// BenchmarkSameRows is what the disk and the driver allow for BenchmarkTurn: the rows that such a turn writes (the event as
// seen, the case, what leaves, and then what leaves as sent), of the same number and size, written by hand in groups of 64
// and synced. Compare its turns/s with those of BenchmarkTurn/people=64 of the same run.
func BenchmarkSameRows(b *testing.B) {
	bodies, state := sample(b)
	path := filepath.Join(b.TempDir(), "limit.db")
	s, err := store.Open(context.Background(), path, store.Options{}) // for its tables
	if err != nil {
		b.Fatal(err)
	}
	if err := s.Close(); err != nil {
		b.Fatal(err)
	}
	db, err := sql.Open("sqlite", "file:"+path+"?_txlock=immediate&_pragma=synchronous(FULL)&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(2048)")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	prepare := func(q string) *sql.Stmt {
		st, err := db.Prepare(q)
		if err != nil {
			b.Fatal(err)
		}
		return st
	}
	newCase := prepare(`INSERT INTO cases (id, tenant, version, state, created, changed) VALUES ($1, 'wall:', 1, $2, 1, 1)`)
	seen := prepare(`INSERT INTO seen (event, at) VALUES ($1, 1)`)
	update := prepare(`UPDATE cases SET version = version + 1, state = $1, changed = 1 WHERE id = $2`)
	insert := prepare(`INSERT INTO outbox (place, n, id, tenant, case_id, card, stand, due, attempt, doubt, decided, body) VALUES ($1, $2, $3, 'wall:', $4, '', 2, 1, 0, 0, 1, $5)`)
	remove := prepare(`DELETE FROM outbox WHERE place = $1 AND n = $2`)
	in := func(f func(do func(*sql.Stmt, ...any))) {
		tx, err := db.Begin()
		if err != nil {
			b.Fatal(err)
		}
		f(func(st *sql.Stmt, args ...any) {
			if _, err := tx.Stmt(st).Exec(args...); err != nil {
				b.Fatal(err)
			}
		})
		if err := tx.Commit(); err != nil {
			b.Fatal(err)
		}
	}
	const sellers, group = 256, 64
	name := func(i int) string { return fmt.Sprintf("case-%d", i%sellers) }
	in(func(do func(*sql.Stmt, ...any)) {
		for i := range sellers {
			do(newCase, name(i), state)
		}
	})
	b.ResetTimer()
	for first := 0; first < b.N; first += group {
		last := min(first+group, b.N)
		in(func(do func(*sql.Stmt, ...any)) {
			for i := first; i < last; i++ {
				do(seen, fmt.Sprintf("%022d", uint64(i+1)*0x9E3779B97F4A7C15))
				do(update, state, name(i))
				for n, body := range bodies {
					do(insert, name(i), n, fmt.Sprint(i, "-", n), name(i), body)
				}
			}
		})
		in(func(do func(*sql.Stmt, ...any)) {
			for i := first; i < last; i++ {
				for n := range bodies {
					do(remove, name(i), n)
				}
			}
		})
	}
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
	b.ReportMetric(float64(len(bodies)), "deliveries/turn")
}

// sample is what one turn of BenchmarkTurn sends, as JSON, and the case's document after it.
func sample(b *testing.B) (bodies []string, state string) {
	b.Helper()
	bk, _, _ := book(b)
	r := newRig(b, bk, page)
	defer r.stop()
	var mu sync.Mutex
	var sent []string
	r.wall.send = func(d bot.Delivery) error {
		body, err := json.Marshal(d.Message)
		if d.Echo != nil {
			body, err = json.Marshal(d.Echo)
		}
		mu.Lock()
		defer mu.Unlock()
		sent = append(sent, string(body))
		return err
	}
	for n := range 6 {
		if err := r.Handle(context.Background(), in("p1", n)); err != nil {
			b.Fatal(err)
		}
		r.drain()
		if n < 5 {
			sent = nil
		}
	}
	err := r.store.EachCase(context.Background(), func(_, _ string, data []byte) error {
		state = string(data)
		return nil
	})
	if err != nil || state == "" || len(sent) == 0 {
		b.Fatalf("no turn to measure: %d sent, %v", len(sent), err)
	}
	return sent, state
}
