package store_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

const (
	followEnv   = "STORE_TEST_FOLLOWER" // the database a child follows shipments in
	followCases = 5
	followSeed  = 20261126
	lineHeard   = "heard" // number, event: a push was acknowledged
)

// followBegin is when every number was registered; the numbers of the source that is asked have an event every 40 ms from then on.
var followBegin = time.Date(2026, 11, 26, 0, 0, 0, 0, time.UTC)

// TestFollowingSurvivesCrashes kills a process that follows shipments at random moments: while it takes pushes, asks a source,
// keeps news, hands it over and sends it. What was acknowledged must be there, its news must have reached the case once, and nothing
// that was settled may be sent again.
func TestFollowingSurvivesCrashes(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		kills := 200
		switch {
		case testing.Short():
			kills = 20
		case strings.HasPrefix(dsn, "postgres"):
			kills = 30 // a connection is a process there, and takes as long to make
		}
		s := open(t, dsn)
		for c := range followCases {
			name := fmt.Sprint("case", c)
			join(t, s, bot.User{Network: "web", Workspace: "local", ID: name}, name)
			for _, number := range followNumbers(c) {
				put(t, s, watch.Watched{
					Tenant: "web:local", Case: name, Look: followBegin, Due: followBegin,
					Shipment: shipment.Shipment{Number: number, Source: followSource(number), Registered: followBegin},
				})
			}
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}

		random := rand.New(rand.NewPCG(followSeed, 0))
		var lines []string
		begun := time.Now()
		for range kills {
			lines = append(lines, killFollower(t, dsn, begun, time.Duration(5+random.IntN(120))*time.Millisecond)...)
		}

		s = open(t, dsn)
		check(t, s)
		lines = append(lines, settleFollowing(t, s, begun)...)
		lines = append(lines, drain(t, s)...)
		heard := map[string]int{}
		var rest []string
		for _, line := range lines {
			if f := strings.Fields(line); f[0] == lineHeard {
				n, _ := strconv.Atoi(f[2])
				heard[f[1]] = max(heard[f[1]], n)
			} else {
				rest = append(rest, line)
			}
		}
		record := read(t, rest)
		for _, p := range record.problems {
			t.Error(p)
		}
		news, pushes := 0, 0
		for c := range followCases {
			name := fmt.Sprint("case", c)
			state, err := s.Read(ctx, "web:local", name)
			if err != nil {
				t.Fatal(err)
			}
			told := map[string]int{}
			for _, key := range strings.Fields(string(state)) {
				news++
				if told[key]++; told[key] > 1 {
					t.Errorf("%s was told %s twice", name, key)
				}
				if record.sent[digestID(key)] == 0 {
					t.Errorf("%s was told %s, and it was never sent", name, key)
				}
			}
			for _, number := range followNumbers(c) {
				w, err := s.Shipment(ctx, "web:local", name, number)
				if err != nil {
					t.Fatal(err)
				}
				if len(w.Pending) > 0 {
					t.Errorf("%s still has %d pieces of news to hand over", number, len(w.Pending))
				}
				known := map[int]string{}
				for _, e := range w.Shipment.Events {
					known[e.Seq] = e.Key
				}
				for i := range heard[number] + 1 {
					if heard[number] == 0 {
						break
					}
					pushes++
					key, ok := known[i]
					if !ok {
						t.Fatalf("%s: push %d was acknowledged and is lost", number, i)
					}
					id := name + "/" + number + "/event:" + key
					if i == 0 {
						id = name + "/" + number + "/began"
					}
					if told[id] != 1 {
						t.Errorf("%s: push %d was acknowledged, its news was told %d times", number, i, told[id])
					}
				}
			}
		}
		if pushes == 0 || news < pushes || len(record.settled) == 0 {
			t.Fatalf("between the crashes: %d pushes, %d pieces of news, %d settled", pushes, news, len(record.settled))
		}
		t.Logf("%d kills in %s: %d pushes acknowledged, %d pieces of news told once", kills, time.Since(begun).Round(time.Second), pushes, news)
	})
}

func followNumbers(c int) []string {
	return []string{fmt.Sprint("PUSHED", c), fmt.Sprint("ASKED", c)}
}

func followSource(number string) string {
	if strings.HasPrefix(number, "ASKED") {
		return "asked"
	}
	return "hook"
}

func put(t *testing.T, s *store.Store, w watch.Watched) {
	t.Helper()
	if ok, err := s.PutShipment(ctx, w); !ok || err != nil {
		t.Fatalf("%t, %v", ok, err)
	}
}

// killFollower runs a child for a while and kills it.
func killFollower(t *testing.T, dsn string, begun time.Time, after time.Duration) (lines []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), followEnv+"="+dsn, "STORE_TEST_BEGUN="+begun.Format(time.RFC3339Nano))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	var timer *time.Timer
	for in := bufio.NewScanner(out); in.Scan(); {
		if timer == nil {
			timer = time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
		lines = append(lines, in.Text())
	}
	err = cmd.Wait()
	if timer == nil || timer.Stop() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	if n := len(lines); n > 0 && len(strings.Fields(lines[n-1])) != 3 {
		lines = lines[:n-1]
	}
	return lines
}

// asked is a source whose numbers have another event every 40 ms, the same for every process.
type asked struct{ now func() time.Time }

func (a asked) Name() string         { return "asked" }
func (a asked) Knows(n string) bool  { return strings.HasPrefix(n, "ASKED") }
func (a asked) Limits() watch.Limits { return watch.Limits{AtOnce: 2} }
func (a asked) Next(_ shipment.Number, now time.Time) (time.Time, bool) {
	return now.Add(5 * time.Millisecond), true
}

func (a asked) Pull(_ context.Context, numbers []shipment.Number) (list []shipment.Event, err error) {
	for _, n := range numbers {
		for i := range int(a.now().Sub(followBegin)/(40*time.Millisecond)) % 400 {
			list = append(list, followEvent(n.Number, i))
		}
	}
	return list, nil
}

func followEvent(number string, i int) shipment.Event {
	at := followBegin.Add(time.Duration(i) * time.Minute)
	return shipment.Event{Number: number, At: at, Seen: at.Add(time.Second), TZKnown: true, Seq: i, Status: shipment.InTransit, Sub: fmt.Sprint("stop", i), Source: "asked"}
}

// followHouse is a watch whose chat is a case's document: the ids of the news, in the order they came.
func followHouse(s *store.Store, begun time.Time, say func(...any), sources func(now func() time.Time) []watch.Source) *watch.Watch {
	now := func() time.Time { return followBegin.Add(time.Since(begun)) }
	var busy sync.Map
	handle := func(ctx context.Context, in bot.Incoming) error {
		n := in.What.(bot.News)
		ds, err := s.Apply(ctx, key(n.Case, "news:"+in.ID), time.Now(), func(state []byte) (bot.Turn, error) {
			return bot.Turn{
				State: slices.Concat(state, []byte(" "+in.ID)),
				Out:   []bot.Outgoing{{ID: digestID(in.ID), Place: room(n.Case), Message: bot.Message{Text: in.ID}}},
			}, nil
		})
		if errors.Is(err, bot.ErrSeen) {
			return nil
		}
		if err != nil {
			return err
		}
		return followDeliver(s, ds, &busy, say)
	}
	return watch.New(s, handle, now, slog.New(slog.NewTextHandler(io.Discard, nil)), sources(now)...)
}

func digestID(id string) string {
	return strings.NewReplacer("/", ".", ":", ".", " ", ".").Replace(id)
}

func followDeliver(s *store.Store, ds []bot.Delivery, busy *sync.Map, say func(...any)) error {
	for _, d := range ds {
		if _, twice := busy.LoadOrStore(d.ID, true); twice {
			continue
		}
		say(lineSent, d.ID, d.Attempt)
		if err := s.Settle(ctx, time.Now(), bot.Settlement{Delivery: d, Outcome: bot.Sent}); err != nil {
			return err
		}
		say(lineSettled, d.ID, 0)
		busy.Delete(d.ID)
	}
	return nil
}

// follower is the child: it takes pushes and follows, until it is killed.
func follower() int {
	begun, err := time.Parse(time.RFC3339Nano, os.Getenv("STORE_TEST_BEGUN"))
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	s, err := store.Open(ctx, os.Getenv(followEnv), store.Options{Lease: crashLease})
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	say := func(words ...any) { fmt.Fprintln(os.Stdout, words...) }
	w := followHouse(s, begun, say, func(now func() time.Time) []watch.Source { return []watch.Source{asked{now}} })
	failed := make(chan error, 1)
	go func() { failed <- w.Run(ctx) }()
	for c := range followCases {
		go func() { failed <- followPushes(s, w, followNumbers(c)[0], say) }()
	}
	go func() {
		var busy sync.Map
		for {
			ds, err := s.Claim(ctx, time.Now(), 10)
			if err == nil {
				err = followDeliver(s, ds, &busy, say)
			}
			if err != nil {
				failed <- err
				return
			}
		}
	}()
	fmt.Fprintln(os.Stderr, "child:", <-failed)
	return 1
}

// followPushes pushes one event after the other, each twice, from the first that was not kept.
func followPushes(s *store.Store, w *watch.Watch, number string, say func(...any)) error {
	list, err := s.WatchedAs(ctx, []string{number})
	if err != nil {
		return err
	}
	for i := len(list[0].Shipment.Events); ; i++ {
		for range 2 {
			told, err := w.Heard(ctx, "hook", watch.Push{Events: []shipment.Event{followEvent(number, i)}})
			if err != nil {
				return err
			}
			if told.Unknown > 0 {
				return fmt.Errorf("nobody follows %s", number)
			}
			say(lineHeard, number, i)
		}
	}
}

// settleFollowing lets a watch hand over what the dead left behind.
func settleFollowing(t *testing.T, s *store.Store, begun time.Time) (lines []string) {
	t.Helper()
	var mu sync.Mutex
	w := followHouse(s, begun.Add(-time.Hour), func(words ...any) { // an hour on: whatever was in hand when a child died is due
		mu.Lock()
		defer mu.Unlock()
		lines = append(lines, fmt.Sprintln(words...))
	}, func(func() time.Time) []watch.Source { return nil }) // nobody is asked any more
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	for deadline := time.Now().Add(30 * time.Second); ; w.Nudge() {
		next, due, err := s.NextShipment(ctx, watch.Whose{Others: true})
		if err != nil {
			t.Fatal(err)
		}
		if !due || next.After(followBegin.Add(time.Since(begun)+time.Hour)) {
			break
		}
		if time.Now().After(deadline) {
			t.Error("something is never handed over")
			break
		}
		time.Sleep(5 * time.Millisecond)
	}
	cancel()
	if err := <-done; err != nil {
		t.Error(err)
	}
	return lines
}
