//go:build unix

package watch_test

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

var benchStart = time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)

// parcels is a source that answers at once about any number: a history of five events, and one more every tenth round.
type parcels struct {
	round  atomic.Int64
	asked  atomic.Int64
	atOnce int
}

func (p *parcels) Name() string             { return "parcels" }
func (p *parcels) Knows(string) bool        { return true }
func (p *parcels) Limits() watch.Limits     { return watch.Limits{AtOnce: p.atOnce} }
func (p *parcels) number(i int) string      { return fmt.Sprintf("YT%016d", i) }
func (p *parcels) more(number string) int64 { return (p.round.Load() + int64(number[17]-'0')) / 10 }

func (p *parcels) Pull(_ context.Context, numbers []shipment.Number) ([]shipment.Event, error) {
	list := make([]shipment.Event, 0, 8*len(numbers))
	for _, n := range numbers {
		for i := range 5 + p.more(n.Number) {
			list = append(list, shipment.Event{
				Number: n.Number, At: benchStart.Add(time.Duration(i) * time.Hour), TZKnown: true, Seen: benchStart.Add(10 * time.Hour),
				Status: shipment.InTransit, Sub: "facility", Source: "parcels", Code: "F", Place: shipment.Place{Name: "Shenzhen", Country: "CN"},
			})
		}
	}
	p.asked.Add(int64(len(numbers)))
	return list, nil
}

// fill begins to follow n numbers in a new SQLite file, a hundred to a case.
func fill(b *testing.B, p *parcels, n int) *store.Store {
	b.Helper()
	ctx := context.Background()
	s := openBench(b)
	events, _ := p.Pull(ctx, []shipment.Number{{Number: p.number(0)}})
	p.asked.Store(0)
	var list []watch.Watched
	for i := range n {
		caseID := fmt.Sprint("case", i/100)
		if i%100 == 0 {
			if _, err := s.Join(ctx, bot.User{Network: "web", Workspace: "local", ID: caseID}, caseID, benchStart); err != nil {
				b.Fatal(err)
			}
		}
		x := shipment.Shipment{Number: p.number(i), Source: p.Name(), Registered: benchStart}
		for j := range events {
			events[j].Number = x.Number
		}
		x, _ = x.Apply(events...)
		list = append(list, watch.Watched{Tenant: "web:local", Case: caseID, Look: benchStart.Add(time.Hour), Shipment: x.Looked(benchStart.Add(10 * time.Hour))})
		if len(list) == 2000 || i == n-1 {
			if _, err := s.PutShipments(ctx, list); err != nil {
				b.Fatal(err)
			}
			list = list[:0]
		}
	}
	return s
}

// follow begins to follow n numbers of which nothing is known, as fast as a database takes them.
func follow(b *testing.B, s *store.Store, p *parcels, n int) {
	b.Helper()
	ctx := context.Background()
	var list []watch.Watched
	for i := range n {
		caseID := fmt.Sprint("case", i/1000)
		if i%1000 == 0 {
			if _, err := s.Join(ctx, bot.User{Network: "web", Workspace: "local", ID: caseID}, caseID, benchStart); err != nil {
				b.Fatal(err)
			}
		}
		list = append(list, watch.Watched{
			Tenant: "web:local", Case: caseID, Look: benchStart.Add(time.Duration(i%(4*3600)) * time.Second),
			Shipment: shipment.Shipment{Number: p.number(i), Source: p.Name(), Registered: benchStart},
		})
		if len(list) == 5000 || i == n-1 {
			if _, err := s.PutShipments(ctx, list); err != nil {
				b.Fatal(err)
			}
			list = list[:0]
		}
	}
}

func openBench(b *testing.B) *store.Store {
	b.Helper()
	s, err := store.Open(context.Background(), filepath.Join(b.TempDir(), "x.db"), store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	return s
}

// BenchmarkBegin is what a process does that takes over: it learns when to look at what.
func BenchmarkBegin(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			s, p := openBench(b), &parcels{atOnce: 40}
			follow(b, s, p, n)
			before, spent := heapMB(), cpu()
			b.ResetTimer()
			var kept *watch.Plan
			for range b.N {
				var err error
				if kept, err = watch.ReadPlan(context.Background(), s, p.Name()); err != nil || kept.Len() != n {
					b.Fatal(kept.Len(), err)
				}
			}
			b.StopTimer()
			b.ReportMetric(float64((cpu()-spent).Milliseconds())/float64(b.N), "cpu-ms")
			b.ReportMetric(heapMB()-before, "MB")
			runtime.KeepAlive(kept)
		})
	}
}

// BenchmarkHeard is pushes of one event each from 64 connections, until each is synced to disk and acknowledged; with
// following, their news is handed over meanwhile.
func BenchmarkHeard(b *testing.B) {
	for _, following := range []bool{false, true} {
		b.Run(fmt.Sprintf("following=%t", following), func(b *testing.B) {
			const n, connections = 10_000, 64
			s, p := openBench(b), &parcels{atOnce: 40}
			follow(b, s, p, n)
			now := func() time.Time { return benchStart }
			var news atomic.Int64
			w := watch.New(s, func(context.Context, bot.Incoming) error { news.Add(1); return nil }, now, quiet)
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error, 1)
			if following {
				go func() { done <- w.Run(ctx) }()
			} else {
				done <- nil
			}
			took := make([]time.Duration, b.N)
			var next atomic.Int64
			spent := cpu()
			b.ResetTimer()
			var all sync.WaitGroup
			for range connections {
				all.Go(func() {
					for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
						begin := time.Now()
						told, err := w.Heard(ctx, p.Name(), watch.Push{Events: []shipment.Event{{
							Number: p.number(i * 7919 % n), At: benchStart.Add(time.Duration(i/n) * time.Minute), Seen: benchStart.Add(time.Hour), TZKnown: true,
							Status: shipment.InTransit, Sub: "facility", Source: "parcels", Code: "F", Place: shipment.Place{Name: "Shenzhen", Country: "CN"},
						}}})
						if err != nil || told.Shipments != 1 {
							b.Errorf("%+v, %v", told, err)
							return
						}
						took[i] = time.Since(begin)
					}
				})
			}
			all.Wait()
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
			b.ReportMetric(float64((cpu()-spent).Microseconds())/float64(b.N), "cpu-µs/event")
			cancel()
			if err := <-done; err != nil {
				b.Error(err)
			}
		})
	}
}

func heapMB() float64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return float64(m.HeapAlloc) / 1e6
}

// cpu is the processor time this process has used.
func cpu() time.Duration {
	var r syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &r); err != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

// BenchmarkRound is one look at every one of 100,000 followed shipments, of which one in ten has news, or none. The first round, in which
// every shipment is read once, is not counted, but told.
func BenchmarkRound(b *testing.B) {
	const n = 100_000
	for _, bm := range []struct {
		atOnce int
		news   bool
	}{{40, true}, {100, true}, {100, false}} {
		b.Run(fmt.Sprintf("batch=%d/news=%t", bm.atOnce, bm.news), func(b *testing.B) {
			p := &parcels{atOnce: bm.atOnce}
			s := fill(b, p, n)
			before := heapMB()
			var clock, news atomic.Int64
			clock.Store(benchStart.Add(11 * time.Hour).UnixNano())
			now := func() time.Time { return time.Unix(0, clock.Load()).UTC() }
			w := watch.New(s, func(context.Context, bot.Incoming) error { news.Add(1); return nil }, now, quiet, p)
			ctx, cancel := context.WithCancel(context.Background())
			done := make(chan error)
			round := func() {
				w.Nudge()
				for p.asked.Load() < n {
					time.Sleep(time.Millisecond)
				}
				p.asked.Store(0)
			}
			begin := time.Now()
			go func() { done <- w.Run(ctx) }()
			round()
			first := time.Since(begin)
			clock.Add(int64(9 * time.Hour))
			round() // an answer that changed nothing is known from now on
			memory, spent := heapMB()-before, cpu()
			b.ResetTimer()
			for range b.N {
				if bm.news {
					p.round.Add(1)
				}
				clock.Add(int64(9 * time.Hour))
				round()
			}
			b.StopTimer()
			b.ReportMetric(float64((cpu()-spent).Microseconds())/n/float64(b.N), "cpu-µs/shipment")
			b.ReportMetric(n/first.Seconds(), "first/s")
			b.ReportMetric(memory, "MB")
			b.ReportMetric(n*float64(b.N)/b.Elapsed().Seconds(), "shipments/s")
			b.ReportMetric(float64(news.Load())/float64(b.N), "news/round")
			cancel()
			if err := <-done; err != nil {
				b.Error(err)
			}
		})
	}
}
