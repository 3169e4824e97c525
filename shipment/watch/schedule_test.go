package watch

import (
	"fmt"
	"math/rand/v2"
	"runtime"
	"slices"
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"

	"xiaobao/shipment"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)

func ref(number string) shipment.Number { return shipment.Number{Number: number} }

// TestScheduleAgainstAMap does anything to a schedule and to a map, and compares.
func TestScheduleAgainstAMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := newSchedule()
		want := map[string]time.Time{} // when a number is due; zero: taken
		wants := map[string]bool{}     // touched since it was taken: nothing puts it off
		moved := func(n string, at time.Time) {
			if old := want[n]; !wants[n] || old.IsZero() || at.Before(old) {
				want[n] = at
			}
		}
		name := rapid.Custom(func(t *rapid.T) string {
			return rapid.SampledFrom([]string{"YT", "", "集装箱"}).Draw(t, "begin") + fmt.Sprint(rapid.IntRange(0, 60).Draw(t, "number"))
		})
		moment := rapid.Custom(func(t *rapid.T) time.Time {
			unit := rapid.SampledFrom([]time.Duration{time.Millisecond, time.Second, time.Hour, 200 * 24 * time.Hour}).Draw(t, "unit")
			return noon.Add(time.Duration(rapid.IntRange(-2, 5000).Draw(t, "units")) * unit).Truncate(time.Millisecond)
		})
		var loaded []string
		for range rapid.IntRange(0, 30).Draw(t, "loaded") {
			loaded = append(loaded, name.Draw(t, "load"))
		}
		slices.Sort(loaded)
		for _, n := range loaded {
			at := moment.Draw(t, "look")
			s.load(n, at)
			if old, ok := want[n]; !ok || at.Before(old) {
				want[n] = at
			}
		}
		s.begin()
		taken := func() (list []string) {
			for n, at := range want {
				if at.IsZero() {
					list = append(list, n)
				}
			}
			slices.Sort(list)
			return list
		}
		t.Repeat(map[string]func(*rapid.T){
			"put": func(t *rapid.T) {
				n, at := name.Draw(t, "n"), moment.Draw(t, "due")
				s.put(ref(n), at, slot{print: 7, marks: warm})
				moved(n, at)
				if id, _ := s.find(n); s.slot(id).marks&warm != 0 == wants[n] {
					t.Fatalf("wanted: %t, but it is %+v", wants[n], s.slot(id))
				}
			},
			"look at": func(t *rapid.T) {
				n, at := name.Draw(t, "n"), moment.Draw(t, "due")
				s.lookAt(n, at, rapid.Bool().Draw(t, "failed"))
				moved(n, at)
			},
			"touch": func(t *rapid.T) {
				n, at := name.Draw(t, "n"), moment.Draw(t, "due")
				s.touch(n, at)
				if old := want[n]; old.IsZero() || at.Before(old) {
					want[n] = at
				}
				wants[n] = true
			},
			"put back": func(t *rapid.T) {
				at := moment.Draw(t, "due")
				for _, x := range s.take(noon.Add(100*365*24*time.Hour), 2) {
					if rapid.Bool().Draw(t, "dropped meanwhile") {
						s.drop(x.ref.Number)
						if other := name.Draw(t, "other"); want[other].IsZero() {
							s.drop(other)
							s.put(ref(other), at, slot{})
							want[other] = at
							delete(wants, other)
						}
					}
					touched, early := rapid.Bool().Draw(t, "touched meanwhile"), moment.Draw(t, "early")
					if touched {
						s.touch(x.ref.Number, early)
					}
					s.putBack(x, at)
					if want[x.ref.Number], wants[x.ref.Number] = at, touched; touched && early.Before(at) {
						want[x.ref.Number] = early
					}
				}
			},
			"ask about all": func(t *rapid.T) {
				var list []shipment.Number
				for n := range want {
					list = append(list, ref(n))
				}
				s.asks(list)
				clear(wants)
			},
			"drop": func(t *rapid.T) {
				n := name.Draw(t, "n")
				s.drop(n)
				delete(want, n)
				delete(wants, n)
			},
			"drop what is taken": func(t *rapid.T) {
				for _, n := range taken() {
					s.drop(n)
					delete(want, n)
					delete(wants, n)
				}
			},
			"take": func(t *rapid.T) {
				now, n := moment.Draw(t, "now"), rapid.IntRange(1, 5).Draw(t, "n")
				due := 0
				for _, at := range want {
					if !at.IsZero() && !at.After(now) {
						due++
					}
				}
				list := s.take(now, n)
				if len(list) > n || len(list) == 0 && due > 0 {
					t.Fatalf("took %d of %d that are due, at most %d", len(list), due, n)
				}
				for i, x := range list {
					at := want[x.ref.Number]
					if at.IsZero() || at.After(now) || !x.due.Equal(at) {
						t.Fatalf("took %s, due %s, at %s; it is due %s", x.ref.Number, x.due, now, at)
					}
					if i > 0 && x.due.Before(list[i-1].due) {
						t.Fatal("not the earliest first")
					}
					want[x.ref.Number] = time.Time{}
					delete(wants, x.ref.Number)
				}
				for n, at := range want {
					if len(list) > 0 && !at.IsZero() && at.Before(list[len(list)-1].due) {
						t.Fatalf("%s was due before what was taken", n)
					}
				}
			},
			"": func(t *rapid.T) {
				if s.len() != len(want) {
					t.Fatalf("%d numbers, want %d", s.len(), len(want))
				}
				now := moment.Draw(t, "now")
				next, ok := s.next(now)
				var first time.Time
				for _, at := range want {
					if !at.IsZero() && (first.IsZero() || at.Before(first)) {
						first = at
					}
				}
				switch {
				case ok == first.IsZero():
					t.Fatalf("next at %s, %t; want %s", next, ok, first)
				case !ok:
				case next.After(first), !first.After(now) && !next.Equal(first), first.After(now) && !next.After(now):
					t.Fatalf("at %s next at %s; want %s", now, next, first)
				case next.Before(first.Add(-early)) && next.Before(first.Add(-time.Millisecond<<spanBits)):
					t.Fatalf("next at %s; the first is at %s", next, first)
				}
				s.calendar.check(t, s)
			},
		})
	})
}

// check holds every slot against its place.
func (c *calendar) check(t *rapid.T, s *schedule) {
	seen := 0
	for i, q := range c.front {
		x := s.slot(q.slot)
		if seen++; x.at != uint32(i) || x.due != q.due || q.due >= c.horizon {
			t.Fatalf("slot %d in place %d of the front, horizon %d: %+v", q.slot, i, c.horizon, x)
		}
	}
	walk := func(list []uint32, fits func(due int64) bool) {
		for i, id := range list {
			if x := s.slot(id); x.at != uint32(i) || x.due < c.horizon || !fits(x.due) {
				t.Fatalf("slot %d in place %d of a list, horizon %d: %+v", id, i, c.horizon, x)
			}
			seen++
		}
	}
	for i, list := range c.near {
		if len(list) > 0 && c.filled[i/64]>>(i%64)&1 == 0 {
			t.Fatalf("page %d is said to be empty", i)
		}
		walk(list, func(due int64) bool {
			return due>>spanBits == c.horizon>>spanBits && due>>pageBits&(pages-1) == int64(i)
		})
	}
	for i, list := range c.far {
		walk(list, func(due int64) bool {
			return due>>spanBits > c.horizon>>spanBits && due>>spanBits&(spans-1) == int64(i)
		})
	}
	if seen != c.count {
		t.Fatalf("%d slots are in the calendar, which counts %d", seen, c.count)
	}
}

// TestNumbersThatFailedAreAskedInHalves finds the one number that no request survives.
func TestNumbersThatFailedAreAskedInHalves(t *testing.T) {
	s := newSchedule()
	for i := range 40 {
		s.load(fmt.Sprintf("N%02d", i), noon)
	}
	s.begin()
	calls, answered := 0, map[string]bool{}
	for now := noon; len(answered) < 39; now = now.Add(time.Second) {
		list := s.take(now, 40)
		if calls++; calls > 100 {
			t.Fatal("never found")
		}
		poison := slices.ContainsFunc(list, func(x taken) bool { return x.ref.Number == "N17" })
		for _, x := range list {
			if poison {
				s.lookAt(x.ref.Number, now, true)
			} else {
				answered[x.ref.Number] = true
				s.put(x.ref, now.Add(time.Hour), slot{})
			}
		}
	}
	if calls > 40 {
		t.Errorf("%d calls until all others were answered", calls)
	}
}

func TestSlotIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(slot{}); size > 56 {
		t.Errorf("a slot has %d bytes", size)
	}
}

// million is a schedule of n numbers.
func many(n int) *schedule {
	random := rand.New(rand.NewPCG(1, 2))
	s := newSchedule()
	for i := range n {
		s.load(fmt.Sprintf("YT%016d", i), noon.Add(time.Duration(random.IntN(4*3600))*time.Second))
	}
	s.begin()
	return s
}

// TestAMillionFitIntoMemory counts what a million numbers take.
func TestAMillionFitIntoMemory(t *testing.T) {
	if testing.Short() {
		t.Skip("a million numbers")
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	s := many(1_000_000)
	used := heap() - before
	t.Logf("%d numbers in %.1f MB", s.len(), float64(used)/1e6)
	if used > 120e6 {
		t.Errorf("a million numbers take %.1f MB, want at most 120", float64(used)/1e6)
	}
	runtime.KeepAlive(s)
}

// BenchmarkNext takes forty numbers that are due and puts them back, from ever more numbers; cold, after something else has used the
// processor's caches, as it does between two batches: then nothing is cheaper only because there is little of it.
func BenchmarkNext(b *testing.B) {
	for _, cold := range []bool{false, true} {
		for _, n := range []int{10_000, 100_000, 1_000_000} {
			b.Run(fmt.Sprintf("cold=%t/%d", cold, n), func(b *testing.B) {
				s := many(n)
				far := noon.Add(100 * 365 * 24 * time.Hour)
				rest := make([]int64, 64<<20/8)
				var took time.Duration
				b.ReportAllocs()
				b.ResetTimer()
				for range b.N {
					for i := 0; cold && i < len(rest); i += 8 {
						rest[i]++
					}
					begin := time.Now()
					for _, x := range s.take(far, 40) {
						s.putBack(x, x.due.Add(4*time.Hour))
					}
					took += time.Since(begin)
				}
				b.ReportMetric(float64(took.Nanoseconds())/40/float64(b.N), "ns/shipment")
			})
		}
	}
}
