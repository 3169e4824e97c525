package store_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"xiaobao/bot"
	"xiaobao/store"
)

// Two stores on one database are two processes to each other: nothing but the database is between them.
func TestTwoProcessesRaceOnTheSameEvents(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		stores := []*store.Store{open(t, dsn), open(t, dsn)}
		const cases, events = 4, 25
		var applied, seen atomic.Int64
		var wg sync.WaitGroup
		for c := range cases {
			for _, s := range stores {
				for range 2 { // and inside a process twice, too
					wg.Go(func() {
						name := fmt.Sprint("case", c)
						for e := range events {
							event := fmt.Sprintf("%d.%d", c, e)
							_, err := s.Apply(ctx, key(name, event), noon, func(state []byte) (bot.Turn, error) {
								return bot.Turn{State: append(state, event+" "...), Out: []bot.Outgoing{say("d"+event, room(name), event)}}, nil
							})
							switch {
							case err == nil:
								applied.Add(1)
							case errors.Is(err, bot.ErrSeen):
								seen.Add(1)
							default:
								t.Errorf("apply: %v", err)
							}
						}
					})
				}
			}
		}
		wg.Wait()
		if applied.Load() != cases*events || seen.Load() != 3*cases*events {
			t.Errorf("%d applied, %d seen, want %d and %d", applied.Load(), seen.Load(), cases*events, 3*cases*events)
		}
		for c := range cases {
			name, want := fmt.Sprint("case", c), ""
			for e := range events {
				want += fmt.Sprintf("%d.%d ", c, e)
			}
			if state, err := stores[0].Read(ctx, "web:local", name); err != nil || string(state) != want {
				t.Errorf("%s: %q, %v", name, state, err)
			}
			got := ""
			for {
				ds := claim(t, stores[c%2], noon.Add(time.Hour))
				ds = slices.DeleteFunc(ds, func(d bot.Delivery) bool { return d.Case != name })
				if len(ds) == 0 {
					break
				}
				got += ds[0].Message.Text + " "
				sent(t, stores[c%2], noon, ds[0], "")
				if len(ds) > 1 {
					t.Fatalf("two at once at one place: %s", ids(ds))
				}
			}
			if c == 0 && got != want { // the other cases' heads are leased now
				t.Errorf("%s sent %q, want %q", name, got, want)
			}
		}
		check(t, stores[0])
	})
}

func TestTwoProcessesWorkOnOneCase(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		stores := []*store.Store{open(t, dsn), open(t, dsn)}
		const events = 30
		var wg sync.WaitGroup
		for i, s := range stores {
			wg.Go(func() {
				for e := range events {
					apply(t, s, key("case", fmt.Sprintf("%d.%d", i, e)), noon)
				}
			})
		}
		wg.Wait()
		state, err := stores[0].Read(ctx, "web:local", "case")
		if err != nil {
			t.Fatal(err)
		}
		next := [2]int{}
		for _, event := range strings.Split(strings.TrimSuffix(string(state), ";"), ";") {
			var i, e int
			if _, err := fmt.Sscanf(event, "%d.%d", &i, &e); err != nil || next[i] != e {
				t.Fatalf("event %s where %d.%d should be, in %s", event, i, next[i], state)
			}
			next[i]++
		}
		if next != [2]int{events, events} {
			t.Errorf("%v events were kept, want %d each", next, events)
		}
	})
}

func TestTwoProcessesJoinOneUser(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		stores := []*store.Store{open(t, dsn), open(t, dsn)}
		var wg sync.WaitGroup
		var got sync.Map
		for i := range 10 {
			wg.Go(func() {
				id, err := stores[i%2].Join(ctx, owner, fmt.Sprint("fresh", i), noon)
				if err != nil {
					t.Errorf("join: %v", err)
				}
				got.Store(id, true)
			})
		}
		wg.Wait()
		n := 0
		got.Range(func(any, any) bool { n++; return true })
		if n != 1 {
			t.Errorf("one user joined %d cases", n)
		}
	})
}

func TestTwoProcessesClaimEachDeliveryOnce(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		stores := []*store.Store{open(t, dsn), open(t, dsn)}
		for i := range 60 {
			out := say(fmt.Sprint("d", i), room(fmt.Sprint("r", i)), "x")
			if i%3 == 0 {
				out.After = noon.Add(time.Minute)
			}
			apply(t, stores[0], key("case", fmt.Sprint(i)), noon, out)
		}
		later := noon.Add(time.Hour) // when all leases have ended
		var wg sync.WaitGroup
		var mu sync.Mutex
		got := map[string]int{}
		for i := range 8 {
			wg.Go(func() {
				for range 20 {
					ds, err := stores[i%2].Claim(ctx, later, 7)
					if err != nil {
						t.Errorf("claim: %v", err)
					}
					mu.Lock()
					for _, d := range ds {
						got[d.ID]++
					}
					mu.Unlock()
				}
			})
		}
		wg.Wait()
		for id, n := range got {
			if n != 1 {
				t.Errorf("%s was claimed %d times", id, n)
			}
		}
		if len(got) != 60 {
			t.Errorf("%d were claimed, want 60", len(got))
		}
	})
}

// TestOrder lets cases speak at shared places through two stores at once while several deliverers send, put back and get
// lost, and looks at what each place has shown.
func TestOrder(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		stores := []*store.Store{open(t, dsn), open(t, dsn)}
		round := 0
		rapid.Check(t, func(r *rapid.T) {
			round++
			w := &world{
				stores: stores, name: fmt.Sprint("round", round), cases: rapid.IntRange(1, 6).Draw(r, "cases"), rooms: rapid.IntRange(1, 3).Draw(r, "rooms"),
				events: rapid.IntRange(1, 8).Draw(r, "events"), luck: rapid.SliceOfN(rapid.IntRange(0, 9), 16, 16).Draw(r, "luck"),
				shown: map[string][]string{}, busy: map[string]string{},
			}
			w.play(r)
		})
		check(t, stores[0])
	})
}

type world struct {
	stores               []*store.Store
	name                 string
	cases, rooms, events int
	luck                 []int
	turn                 atomic.Int64

	mu    sync.Mutex
	shown map[string][]string // by place, in the order shown
	busy  map[string]string   // by place, what is being sent
	fault []string
}

func (w *world) play(r *rapid.T) {
	var talk, send sync.WaitGroup
	done := make(chan struct{})
	for c := range w.cases {
		talk.Go(func() {
			s := w.stores[c%2]
			name := fmt.Sprintf("%s-case%d", w.name, c)
			for e := range w.events {
				var out []bot.Outgoing
				for i := range 1 + w.chance()%3 {
					id := fmt.Sprintf("%s.%d.%d.%d", w.name, c, e, i)
					out = append(out, say(id, room(fmt.Sprintf("%s-room%d", w.name, (c+i+w.chance())%w.rooms)), id))
				}
				ds, err := s.Apply(ctx, key(name, fmt.Sprint(name, ".", e)), noon, func(state []byte) (bot.Turn, error) {
					return bot.Turn{State: []byte("{}"), Out: out}, nil
				})
				if err != nil {
					w.blame("apply: %v", err)
				}
				w.send(s, ds)
			}
		})
	}
	for i := range 3 {
		s := w.stores[i%2]
		send.Go(func() {
			for {
				ds, err := s.Claim(ctx, noon, 5)
				if err != nil {
					w.blame("claim: %v", err)
					return
				}
				w.send(s, ds)
				if len(ds) > 0 {
					continue
				}
				select {
				case <-done:
					if _, more, err := s.NextDue(ctx, noon); !more || err != nil {
						return
					}
				default:
				}
			}
		})
	}
	talk.Wait()
	close(done)
	send.Wait()
	for _, f := range w.fault {
		r.Error(f)
	}
	total := 0
	for place, list := range w.shown {
		last := map[string]string{}
		for _, id := range list {
			parts := strings.Split(id, ".")
			c, pos := parts[1], fmt.Sprintf("%03s.%03s", parts[2], parts[3])
			if pos <= last[c] {
				r.Errorf("at %s case %s said %s after %s", place, c, pos, last[c])
			}
			last[c] = pos
		}
		total += len(list)
	}
	all := slices.Concat(slices.Collect(maps.Values(w.shown))...)
	slices.Sort(all)
	if unique := len(slices.Compact(all)); unique != total {
		r.Errorf("%d deliveries were sent %d times", unique, total)
	}
}

func (w *world) chance() int { return w.luck[int(w.turn.Add(1))%len(w.luck)] }

func (w *world) blame(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.fault = append(w.fault, fmt.Sprintf(format, args...))
}

// send does as a deliverer does: in order, and what stands behind one that could not be sent is put back with it.
func (w *world) send(s *store.Store, ds []bot.Delivery) {
	late := map[bot.Place]bool{}
	for _, d := range ds {
		x := bot.Settlement{Delivery: d, Outcome: bot.Sent, Retry: noon}
		place := d.Place.String()
		switch luck := w.chance(); {
		case late[d.Place], luck < 2:
			x.Outcome = bot.Deferred
			late[d.Place] = true
		default:
			w.mu.Lock()
			if other := w.busy[place]; other != "" {
				w.fault = append(w.fault, fmt.Sprintf("%s was sent to %s while %s was", d.ID, place, other))
			}
			w.busy[place] = d.ID
			w.shown[place] = append(w.shown[place], d.ID)
			w.mu.Unlock()
			w.mu.Lock()
			w.busy[place] = ""
			w.mu.Unlock()
		}
		if err := s.Settle(ctx, noon, x); err != nil {
			w.blame("settle: %v", err)
		}
	}
}
