package discord

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"flag"
	"fmt"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
	"xiaobao/flows"
	"xiaobao/store"
)

// soak is how many interactions BenchmarkSoak delivers:
//
//	go test ./adapters/discord -run '^$' -bench Soak -soak 1000000 -timeout 1h
var soak = flag.Int("soak", 0, "how many interactions BenchmarkSoak delivers")

// crowdEnv makes the test binary the load: what is measured is the bot alone.
const crowdEnv = "XIAOBAO_DISCORD_CROWD"

func TestMain(m *testing.M) {
	if os.Getenv(crowdEnv) != "" {
		os.Exit(crowdMain())
	}
	os.Exit(m.Run())
}

// crowdMain delivers the orders that it reads, and is the Discord that is answered to.
func crowdMain() int {
	c := discordtest.NewCrowd()
	defer c.Close()
	fmt.Println(c.API())
	for orders := json.NewDecoder(os.Stdin); ; {
		var o discordtest.Order
		if orders.Decode(&o) != nil {
			return 0
		}
		t, err := c.Deliver(o)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		json.NewEncoder(os.Stdout).Encode(t)
	}
}

// endure lets a crowd in a process of its own deliver n interactions of so many people to the whole bot, on a database that syncs every
// commit, each tenth of them twice. It fails unless there were as many turns as interactions: none lost, none doubled.
func endure(tb testing.TB, n, people int) discordtest.Tally {
	tb.Helper()
	crowd := exec.Command(os.Args[0], "-test.run=^$")
	crowd.Env, crowd.Stderr = append(os.Environ(), crowdEnv+"=1"), os.Stderr
	in, err := crowd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := crowd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := crowd.Start(); err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { in.Close(); crowd.Wait() })
	lines := bufio.NewScanner(out)
	lines.Scan()
	db, base := serveAll(tb, lines.Text())
	if err := json.NewEncoder(in).Encode(discordtest.Order{URL: base + Path, Events: n, People: people, Connections: 64, Repeat: 10}); err != nil {
		tb.Fatal(err)
	}
	var t discordtest.Tally
	if !lines.Scan() {
		tb.Fatal("the crowd has ended")
	}
	if err := json.Unmarshal(lines.Bytes(), &t); err != nil {
		tb.Fatal(err)
	}
	if t.Refused > 0 || t.Deferred != n+(n+9)/10 {
		tb.Errorf("%d interactions, %d deliveries: %d were taken, %d refused", n, t.Deliveries, t.Deferred, t.Refused)
	}
	if got := turns(tb, db); got != n {
		tb.Errorf("%d interactions came to %d turns", n, got)
	}
	return t
}

// serveAll is the bot with everything behind it, in HTTP mode.
func serveAll(tb testing.TB, api string) (*store.Store, string) {
	tb.Helper()
	book, words, base := content(tb)
	db, err := store.Open(tb.Context(), filepath.Join(tb.TempDir(), "x.db"), store.Options{Networks: []string{Network}})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { db.Close() })
	a, err := New(Config{Token: discordtest.Token, API: api, Memory: db.Notes(Network), Leases: db, ID: "soak", Logger: quiet()})
	if err != nil {
		tb.Fatal(err)
	}
	a.HTTP, a.key = true, ed25519.NewKeyFromSeed([]byte("a stand-in's key, not a secret!!")).Public().(ed25519.PublicKey)
	var ids atomic.Int64
	b := bot.New(bot.Config{Book: book, Words: words, Library: flows.Library{Base: base}, Store: db, Cases: db, Tickets: db, Adapters: []bot.Adapter{a}, Log: quiet(), Now: time.Now,
		NewID: func() string { return fmt.Sprintf("id%022d", ids.Add(1)) }})
	front := httptest.NewServer(a.Handler())
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { b.Run(ctx) })
	all.Go(func() {
		if err := a.Run(ctx, b.Handle); err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(func() { front.Close(); cancel(); all.Wait() })
	for !a.running() {
		runtime.Gosched()
	}
	return db, front.URL
}

// turns are how many there were in all cases of a database.
func turns(tb testing.TB, db *store.Store) (n int) {
	tb.Helper()
	err := db.EachCase(context.Background(), func(_, _ string, state []byte) error {
		var s struct {
			Turn int `json:"turn"`
		}
		err := json.Unmarshal(state, &s)
		n += s.Turn
		return err
	})
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

// TestMany is a short soak.
func TestMany(t *testing.T) {
	r := endure(t, 3000, 300)
	t.Logf("%d deliveries, %d done again, %d said", r.Deliveries, r.Again, r.Said)
}

// BenchmarkSoak delivers -soak interactions and says how fast they were taken and how large the program became.
func BenchmarkSoak(b *testing.B) {
	if *soak == 0 {
		b.Skip("-soak says how many")
	}
	r := endure(b, *soak, 10_000)
	var left runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&left)
	b.ReportMetric(float64(*soak)/r.Took.Seconds(), "interactions/s")
	b.ReportMetric(float64(r.P50.Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(r.P99.Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(r.Deliveries), "deliveries")
	b.ReportMetric(float64(r.Again), "again")
	b.ReportMetric(float64(left.HeapAlloc)/(1<<20), "held-MB")
	b.ReportMetric(0, "ns/op")
}
