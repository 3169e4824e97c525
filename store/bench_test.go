package store_test

import (
	"database/sql"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/store"
)

// A turn of the benchmarks: a document of 6 KB and two deliveries, which are then settled as sent.
var (
	document = []byte(`{"slots":"` + strings.Repeat("0123456789abcde ", 6*1024/16) + `"}`)
	words    = strings.Repeat("您的货物已经到港，", 20)
)

const benchCases = 2000

func BenchmarkTurn(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		for _, n := range []int{1, 16, 64} {
			b.Run(fmt.Sprintf("%s/goroutines=%d", name, n), func(b *testing.B) {
				s := openWith(b, kinds[name](b), store.Options{})
				turns(b, s, n, "warm", benchCases)
				b.ReportAllocs()
				b.ResetTimer()
				turns(b, s, n, "run", b.N)
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
			})
		}
	}
}

// turns applies total turns, spread over n goroutines and over the cases.
func turns(tb testing.TB, s *store.Store, n int, run string, total int) {
	var next atomic.Int64
	var wg sync.WaitGroup
	for range n {
		wg.Go(func() {
			for {
				i := int(next.Add(1)) - 1
				if i >= total {
					return
				}
				oneTurn(tb, s, fmt.Sprintf("%s-%d", run, i), i%benchCases)
			}
		})
	}
	wg.Wait()
}

func oneTurn(tb testing.TB, s *store.Store, event string, c int) {
	name := fmt.Sprintf("case-%d", c)
	ds, err := s.Apply(ctx, key(name, event), noon, func([]byte) (bot.Turn, error) {
		return bot.Turn{State: document, Out: []bot.Outgoing{
			say(event+"a", room(name), words),
			say(event+"b", bot.Place{Network: "slack", Workspace: "T1", Room: name}, words),
		}}, nil
	})
	if err != nil || len(ds) != 2 {
		tb.Errorf("apply: %d deliveries, %v", len(ds), err)
		return
	}
	err = s.Settle(ctx, noon, bot.Settlement{Delivery: ds[0], Outcome: bot.Sent}, bot.Settlement{Delivery: ds[1], Outcome: bot.Sent})
	if err != nil {
		tb.Error(err)
	}
}

// BenchmarkRatio plays rounds of turns against what the disk and the driver allow for the same rows, written by hand with
// database/sql: 64 goroutines against 64 turns in one transaction, in turns, so that whatever else the machine does slows
// both. ratio is how much of the limit is reached; single is the limit for one turn at a time.
func BenchmarkRatio(b *testing.B) {
	for _, name := range []string{"sqlite", "postgres"} {
		b.Run(name, func(b *testing.B) {
			s := openWith(b, kinds[name](b), store.Options{})
			turns(b, s, 64, "warm", benchCases)
			hand := newHand(b, name)
			const round = 640
			var ours, limit, single time.Duration
			took := func(f func()) time.Duration {
				start := time.Now()
				f()
				return time.Since(start)
			}
			rounds := 0
			for b.Loop() {
				ours += took(func() { turns(b, s, 64, fmt.Sprint("run", rounds), round) })
				limit += took(func() { hand.turns(b, round, 64) })
				single += took(func() { hand.turns(b, round/10, 1) })
				rounds++
			}
			n := float64(rounds * round)
			b.ReportMetric(n/ours.Seconds(), "turns/s")
			b.ReportMetric(n/limit.Seconds(), "limit/s")
			b.ReportMetric(n/10/single.Seconds(), "single/s")
			b.ReportMetric(limit.Seconds()/ours.Seconds(), "ratio")
		})
	}
}

// A hand writes the rows of a turn itself.
type hand struct {
	conn  *sql.Conn
	stmts []*sql.Stmt
	n     int
}

func newHand(b *testing.B, name string) *hand {
	dsn := kinds[name](b)
	if err := openAndClose(dsn); err != nil { // for the tables
		b.Fatal(err)
	}
	driver := "pgx"
	if name == "sqlite" {
		driver = "sqlite"
		dsn = "file://" + filepath.ToSlash(dsn) + "?_txlock=immediate&_pragma=synchronous(FULL)&_pragma=cache_size(-32768)&_pragma=wal_autocheckpoint(2048)"
	}
	db, err := sql.Open(driver, dsn)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	conn, err := db.Conn(ctx)
	if err != nil {
		b.Fatal(err)
	}
	h := &hand{conn: conn}
	for _, q := range []string{
		`INSERT INTO cases (id, tenant, version, state, created, changed) VALUES ($1, 'web:local', 1, $2, 1, 1)`,
		`UPDATE cases SET version = version + 1, state = $1, changed = 1 WHERE id = $2`,
		`INSERT INTO seen (event, at) VALUES ($1, $2)`,
		`INSERT INTO outbox (place, n, id, tenant, case_id, card, stand, due, attempt, doubt, decided, body) VALUES ($1, 1, $2, 'web:local', $3, '', 2, $4, 0, 0, $4, $5)`,
		`DELETE FROM outbox WHERE place = $1 AND n = 1`,
	} {
		s, err := conn.PrepareContext(ctx, q)
		if err != nil {
			b.Fatal(err)
		}
		h.stmts = append(h.stmts, s)
	}
	h.in(b, func(exec func(int, ...any)) {
		for c := range benchCases {
			exec(0, fmt.Sprintf("case-%d", c), string(document))
		}
	})
	return h
}

func openAndClose(dsn string) error {
	s, err := store.Open(ctx, dsn, store.Options{})
	if err != nil {
		return err
	}
	return s.Close()
}

func (h *hand) in(tb testing.TB, f func(exec func(stmt int, args ...any))) {
	tx, err := h.conn.BeginTx(ctx, nil)
	if err != nil {
		tb.Fatal(err)
	}
	f(func(stmt int, args ...any) {
		if _, err := tx.Stmt(h.stmts[stmt]).Exec(args...); err != nil {
			tb.Fatal(err)
		}
	})
	if err := tx.Commit(); err != nil {
		tb.Fatal(err)
	}
}

func (h *hand) turns(tb testing.TB, total, group int) {
	state := string(document)
	for done := 0; done < total; done += group {
		first := h.n
		h.n += min(group, total-done)
		h.in(tb, func(exec func(int, ...any)) {
			for i := first; i < h.n; i++ {
				name := fmt.Sprintf("case-%d", i%benchCases)
				exec(1, state, name)
				exec(2, fmt.Sprintf("%022d", uint64(i+1)*0x9E3779B97F4A7C15), i)
				exec(3, "web/local/"+name+"/", fmt.Sprintf("%da", i), name, i, words)
				exec(3, "slack/T1/"+name+"/", fmt.Sprintf("%db", i), name, i, words)
			}
		})
		h.in(tb, func(exec func(int, ...any)) {
			for i := first; i < h.n; i++ {
				name := fmt.Sprintf("case-%d", i%benchCases)
				exec(4, "web/local/"+name+"/")
				exec(4, "slack/T1/"+name+"/")
			}
		})
	}
}

// BenchmarkSmall is what comes in by itself and is acknowledged when it is synced: one small row each, from so many connections at
// once.
func BenchmarkSmall(b *testing.B) {
	body := []byte(`{"number":"1Z999AA10123456784","status":"in_transit","at":"2026-11-22T12:00:00Z","where":"Ontario, CA","text":"Departed from facility"}`)
	for _, name := range []string{"sqlite", "postgres"} {
		for _, n := range []int{1, 64} {
			b.Run(fmt.Sprintf("%s/connections=%d", name, n), func(b *testing.B) {
				s := openWith(b, kinds[name](b), store.Options{})
				var next atomic.Int64
				b.ReportAllocs()
				b.ResetTimer()
				var wg sync.WaitGroup
				for range n {
					wg.Go(func() {
						for i := next.Add(1); i <= int64(b.N); i = next.Add(1) {
							if err := s.Receive(ctx, "hook", fmt.Sprint("event-", i), body, noon); err != nil {
								b.Error(err)
								return
							}
						}
					})
				}
				wg.Wait()
				b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			})
		}
	}
}
