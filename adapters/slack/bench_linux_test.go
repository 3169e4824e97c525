package slack

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
	"xiaobao/flows"
	"xiaobao/store"
)

// The load comes from a process of its own, which is also the Slack that answers: what is measured is the bot alone.
//
//	go test ./adapters/slack -run xxx -bench HTTP -benchtime 20000x
//	go test ./adapters/slack -run xxx -bench Soak -soak 1000000

var soak = flag.Int("soak", 0, "how many events BenchmarkSoak delivers")

// connections are how many requests are under way at once.
const connections = 64

// A load is the process that makes requests.
type load struct {
	tb  testing.TB
	in  io.WriteCloser
	out *bufio.Scanner
	api string
}

func startLoad(tb testing.TB) *load {
	tb.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=xxx")
	cmd.Env = append(os.Environ(), loadEnv+"=1")
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		tb.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		tb.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		tb.Fatal(err)
	}
	l := &load{tb: tb, in: in, out: bufio.NewScanner(out)}
	l.out.Scan()
	l.api = l.out.Text()
	tb.Cleanup(func() {
		in.Close()
		cmd.Wait()
	})
	return l
}

func (l *load) do(o slacktest.Order) (t slacktest.Tally) {
	l.tb.Helper()
	if o.Connections == 0 {
		o.Connections = connections
	}
	if err := json.NewEncoder(l.in).Encode(o); err != nil {
		l.tb.Fatal(err)
	}
	if !l.out.Scan() {
		l.tb.Fatal("the load has ended")
	}
	if err := json.Unmarshal(l.out.Bytes(), &t); err != nil {
		l.tb.Fatal(err)
	}
	return t
}

// A bench is the bot with everything behind it, on a real database with every commit synced, served over HTTP.
type bench struct {
	tb   testing.TB
	load *load
	bot  *bot.Bot
	db   *store.Store
	base string
}

func newBench(tb testing.TB) *bench {
	tb.Helper()
	l := startLoad(tb)
	book, words, base := content(tb)
	db := openStore(tb, filepath.Join(tb.TempDir(), "x.db"))
	a, err := New(Config{BotToken: slacktest.BotToken, SigningSecret: slacktest.SigningSecret, API: l.api, Logger: quiet()})
	if err != nil {
		tb.Fatal(err)
	}
	a.Keep(db, db)
	var ids atomic.Int64
	b := bot.New(bot.Config{
		Book: book, Words: words, Library: flows.Library{Base: base}, Store: db, Cases: db, Tickets: db, Adapters: []bot.Adapter{a}, Log: quiet(),
		Now: time.Now, NewID: func() string { return fmt.Sprintf("id%022d", ids.Add(1)) },
	})
	front := httptest.NewServer(a.Handler())
	tb.Cleanup(front.Close)
	ctx, cancel := context.WithCancel(context.Background())
	var all sync.WaitGroup
	all.Go(func() { b.Run(ctx) })
	all.Go(func() {
		if err := a.Run(ctx, b.Handle); err != nil {
			tb.Error(err)
		}
	})
	tb.Cleanup(func() { cancel(); all.Wait() })
	for a.desk.Load() == nil {
		runtime.Gosched()
	}
	return &bench{tb, l, b, db, front.URL}
}

// usage is the processor time this process took, and the most memory it had.
func usage(tb testing.TB) (cpu time.Duration, peak int64) {
	tb.Helper()
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		tb.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()), u.Maxrss * 1024
}

// measure delivers b.N events and reports how it went.
func measure(b *testing.B, l *load, o slacktest.Order) slacktest.Tally {
	b.Helper()
	runtime.GC()
	o.Events = b.N
	before, _ := usage(b)
	b.ReportAllocs()
	b.ResetTimer()
	r := l.do(o)
	b.StopTimer()
	after, peak := usage(b)
	if r.Acked != b.N {
		b.Fatalf("%d of %d were acknowledged, %d refused", r.Acked, b.N, r.Refused)
	}
	b.ReportMetric(float64(b.N)/r.Took.Seconds(), "events/s")
	b.ReportMetric(float64(r.P50.Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(r.P99.Microseconds())/1000, "p99-ms")
	b.ReportMetric((after-before).Seconds()/float64(b.N)*1000, "cpu-s/1000")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
	return r
}

// BenchmarkHTTP: signed events over 64 connections. bare is a handler that only checks the signature; nobody is the bot with
// events that concern it not; turn is the whole: recorded for good, thought about, acknowledged, the replies on their way at the same time.
func BenchmarkHTTP(b *testing.B) {
	b.Run("bare", func(b *testing.B) {
		l := startLoad(b)
		s := newSignatures(slacktest.SigningSecret)
		front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, status := readBody(r)
			if status == 0 && !s.valid(r.Header, body, time.Now()) {
				status = http.StatusUnauthorized
			}
			if status != 0 {
				w.WriteHeader(status)
			}
		}))
		defer front.Close()
		measure(b, l, slacktest.Order{Base: front.URL, Kind: "turn", People: 1000})
	})
	const people = 4096
	// begun is the bot when everybody has come and begun.
	begun := func(b *testing.B) *bench {
		b.Helper()
		w := newBench(b)
		if r := w.load.do(slacktest.Order{Base: w.base, Kind: "begin", Events: 3 * people, People: people}); r.Acked != 3*people {
			b.Fatalf("%d of %d were acknowledged", r.Acked, 3*people)
		}
		w.drain(b)
		return w
	}
	for _, kind := range []string{"nobody", "turn", "reply"} {
		b.Run(kind, func(b *testing.B) {
			if b.N == 1 {
				return // only to find out how much
			}
			w := begun(b)
			o := slacktest.Order{Base: w.base, Kind: kind, People: people}
			if kind == "reply" {
				o.Connections = 1
			}
			r := measure(b, w.load, o)
			if kind == "reply" {
				b.ReportMetric(float64(r.Reply50.Microseconds())/1000, "reply-p50-ms")
				b.ReportMetric(float64(r.Reply99.Microseconds())/1000, "reply-p99-ms")
			}
			w.drain(b)
		})
	}
}

// BenchmarkSoak delivers -soak events, every tenth of them twice, and counts what came of them: none lost, none doubled. It says also how
// large the program became, and how much of that it still holds on to.
func BenchmarkSoak(b *testing.B) {
	if *soak == 0 {
		b.Skip("-soak says how many")
	}
	const people = 10_000
	w := newBench(b)
	begun, _ := usage(b)
	r := w.load.do(slacktest.Order{Base: w.base, Kind: "turn", Events: *soak, People: people, Repeat: 10})
	cpu, peak := usage(b)
	if r.Refused > 0 || r.Acked != r.Deliveries {
		b.Errorf("%d of %d were acknowledged, %d refused", r.Acked, r.Deliveries, r.Refused)
	}
	var left runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&left)
	turns := 0
	err := w.db.EachCase(context.Background(), func(_, _ string, state []byte) error {
		var s struct {
			Turn int `json:"turn"`
		}
		err := json.Unmarshal(state, &s)
		turns += s.Turn
		return err
	})
	if err != nil {
		b.Fatal(err)
	}
	if turns != *soak {
		b.Errorf("%d events came to %d turns", *soak, turns)
	}
	b.ReportMetric(float64(*soak)/r.Took.Seconds(), "events/s")
	b.ReportMetric(float64(r.P50.Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(r.P99.Microseconds())/1000, "p99-ms")
	b.ReportMetric((cpu-begun).Seconds()/float64(*soak)*1000, "cpu-s/1000")
	b.ReportMetric(float64(peak)/(1<<20), "peak-MB")
	b.ReportMetric(float64(left.HeapAlloc)/(1<<20), "held-MB")
	b.ReportMetric(0, "ns/op")
}

func (w *bench) drain(tb testing.TB) {
	tb.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 5*time.Minute)
	defer cancel()
	if err := w.bot.Drain(ctx); err != nil {
		tb.Fatal(err)
	}
}
