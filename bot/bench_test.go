package bot_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/flows"
	"xiaobao/knowledge"
	"xiaobao/locales"

	_ "modernc.org/sqlite" // the limit is measured without the store
)

// page is what the local web chat can show.
var page = bot.Capabilities{Buttons: 12, Options: 200, Fields: 50, Edits: true, Blocks: true, Files: 5 << 20, Echo: true}

func book(b testing.TB) (*flow.Book, *locales.Words, bot.Library) {
	b.Helper()
	w, err := locales.Load()
	if err != nil {
		b.Fatal(err)
	}
	k, err := knowledge.Load()
	if err != nil {
		b.Fatal(err)
	}
	book, err := flows.Load(w, k)
	if err != nil {
		b.Fatal(err)
	}
	return book, w, flows.Library{Base: k}
}

// in is the nth thing a seller does: they come, begin step 1, and then change their mind about an answer again and again,
// so that every turn closes a card, keeps a value and opens the next card.
func in(who string, n int) bot.Incoming {
	from := user(who)
	from.Language = "zh"
	what := bot.Input(bot.Text{Text: []string{"FBA", "返回"}[n%2]})
	switch n {
	case 0:
		what = bot.Press{Action: "hello"}
	case 1:
		what = bot.Press{Action: "open", Values: []string{"register"}}
	}
	return bot.Incoming{ID: fmt.Sprint(who, "-", n), At: start, From: from, To: room(who), What: what}
}

// BenchmarkThink is one turn in memory with the real flows: engine, rendering, fitting. Reading and writing the state as
// JSON is measured beside it, because a real turn does that too.
func BenchmarkThink(b *testing.B) {
	book, words, library := book(b)
	by := flow.By{Person: "wall:w:ann", Name: "Ann", Place: room("ann").String(), Lang: "zh", Zone: "Asia/Shanghai"}
	now := start
	state := flow.State{Spec: flow.Spec, Seed: "seed"}
	var effects []flow.Effect
	for _, e := range []flow.Event{
		flow.Chose{By: by, Action: "hello"}, flow.Chose{By: by, Action: "open", Values: []string{"register"}}, flow.Said{By: by, Text: "FBA"}, flow.Said{By: by, Text: "返回"},
	} {
		state, effects = book.Advance(state, e, now)
	}
	if len(effects) == 0 {
		b.Fatal("nothing happened")
	}
	b.Run("engine", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			book.Advance(state, flow.Said{By: by, Text: "FBA"}, now)
		}
	})
	b.Run("turn", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			_, effects := book.Advance(state, flow.Said{By: by, Text: "FBA"}, now)
			for _, e := range effects {
				if _, m, ok := bot.Render(words, library, e); ok {
					bot.Fit(m, page, words)
				}
			}
		}
	})
	data, err := json.Marshal(&state)
	if err != nil {
		b.Fatal(err)
	}
	b.Run("json", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			var s flow.State
			if err := json.Unmarshal(data, &s); err != nil {
				b.Fatal(err)
			}
			if _, err := json.Marshal(&s); err != nil {
				b.Fatal(err)
			}
		}
		b.ReportMetric(float64(len(data)), "bytes")
	})
}

// A talk is many people who talk at once, each about several sellers, so that nobody types the next line before the last
// reply was settled. A turn ends when the durable reply is in the adapter's hands.
type talk struct {
	*rig
	b       testing.TB
	people  int
	begun   []int             // turns so far, by seller
	arrived []chan struct{}   // by seller: the next question
	took    [][]time.Duration // by seller
}

const sellers = 256

func newTalk(b testing.TB, people int) *talk {
	b.Helper()
	usual := debug.SetGCPercent(400) // as the program has it
	b.Cleanup(func() { debug.SetGCPercent(usual) })
	book, _, _ := book(b)
	t := &talk{b: b, people: people, begun: make([]int, sellers), arrived: make([]chan struct{}, sellers), took: make([][]time.Duration, sellers)}
	for i := range t.arrived {
		t.arrived[i] = make(chan struct{}, 8)
	}
	t.rig = newRigWith(b, book, &ear{wall{name: "wall", caps: page, send: t.heard}})
	t.spread(3*sellers, func(who int) { t.turn(who) })
	for who := range t.begun { // everybody has come and begun, whoever was how fast
		for t.begun[who] < 3 {
			t.turn(who)
		}
	}
	t.drain()
	clear(t.took)
	return t
}

// An ear hears and keeps nothing: what a network keeps is no part of a turn.
type ear struct{ wall }

func (e *ear) Send(_ context.Context, d bot.Delivery) (bot.Receipt, error) {
	if err := e.send(d); err != nil {
		return bot.Receipt{}, err
	}
	if d.Native != "" {
		return bot.Receipt{Native: d.Native}, nil
	}
	return bot.Receipt{Native: d.ID}, nil
}

func (t *talk) heard(d bot.Delivery) error {
	if d.Message.Expect == bot.Nothing {
		return nil
	}
	i, err := strconv.Atoi(d.Place.Room[1:]) // the next question, which ends the turn
	if err == nil {
		t.arrived[i] <- struct{}{}
	}
	return err
}

func (t *talk) turn(who int) {
	start := time.Now()
	n := t.begun[who]
	t.begun[who]++
	if err := t.Handle(context.Background(), in(fmt.Sprint("p", who), n)); err != nil {
		t.b.Error(err)
	}
	if n > 0 {
		<-t.arrived[who]
	}
	t.took[who] = append(t.took[who], time.Since(start))
}

// spread plays so many turns, each person going through their sellers.
func (t *talk) spread(turns int, one func(who int)) {
	var left atomic.Int64
	left.Store(int64(turns))
	var wg sync.WaitGroup
	for p := range t.people {
		wg.Go(func() {
			for n := 0; left.Add(-1) >= 0; n++ {
				mine := sellers / t.people
				one(p*mine + n%mine)
			}
		})
	}
	wg.Wait()
	t.drain()
}

// BenchmarkTurn is a turn from Handle to the durable reply in the adapter's hands, on the real store with every commit
// synced, with so many turns under way at once, over many sellers. Beside it stand the times that half and 99 of 100 turns
// stay under, and the processor time of a turn. BenchmarkRatio says how much that is of what the disk and the driver allow.
func BenchmarkTurn(b *testing.B) {
	for _, people := range []int{1, 16, 64} {
		b.Run(fmt.Sprint("people=", people), func(b *testing.B) {
			t := newTalk(b, people)
			b.ReportAllocs()
			b.ResetTimer()
			before := processorTime()
			t.spread(b.N, t.turn)
			cpu := processorTime() - before
			b.StopTimer()
			all := slices.Concat(t.took...)
			slices.Sort(all)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "turns/s")
			b.ReportMetric(float64(all[len(all)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(all[len(all)*99/100].Microseconds()), "p99-µs")
			b.ReportMetric(float64(cpu.Microseconds())/float64(b.N), "cpu-µs/turn")
			t.stop()
		})
	}
}

// BenchmarkLimit is what this machine allows: commits of one small row, each synced, one at a time and 64 in one.
func BenchmarkLimit(b *testing.B) {
	for _, group := range []int{1, 64} {
		b.Run(fmt.Sprint("group=", group), func(b *testing.B) {
			db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "x.db")+"?_txlock=immediate&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
			if err != nil {
				b.Fatal(err)
			}
			defer db.Close()
			db.SetMaxOpenConns(1)
			if _, err := db.Exec(`CREATE TABLE t (id INTEGER PRIMARY KEY, body TEXT)`); err != nil {
				b.Fatal(err)
			}
			insert, err := db.Prepare(`INSERT INTO t (body) VALUES ($1)`)
			if err != nil {
				b.Fatal(err)
			}
			defer insert.Close()
			body := strings.Repeat("x", 400)
			b.ResetTimer()
			for done := 0; done < b.N; done += group {
				tx, err := db.Begin()
				if err != nil {
					b.Fatal(err)
				}
				for range min(group, b.N-done) {
					if _, err := tx.Stmt(insert).Exec(body); err != nil {
						b.Fatal(err)
					}
				}
				if err := tx.Commit(); err != nil {
					b.Fatal(err)
				}
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
		})
	}
}
