package store_test

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
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
	"xiaobao/store"
)

const (
	childEnv    = "STORE_TEST_CHILD" // the database the child works on
	crashes     = 25
	crashCases  = 6
	crashSeed   = 20261122
	crashLease  = 400 * time.Millisecond
	lineApplied = "applied" // case, event: the store said it is kept
	lineSent    = "sent"    // delivery, attempt: it became visible
	lineSettled = "settled" // delivery: the store said it will not come back
)

// TestCrash kills a process that works on the database at random moments, again and again, and then counts: what the store
// said it kept must be there, once; what was decided must have been sent; what was settled must not have come back.
func TestCrash(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		random := rand.New(rand.NewPCG(crashSeed, 0))
		var lines []string
		for range crashes {
			lines = append(lines, crash(t, dsn, time.Duration(20+random.IntN(150))*time.Millisecond)...)
		}

		s := open(t, dsn)
		check(t, s)
		lines = append(lines, drain(t, s)...)
		record := read(t, lines)
		if len(record.applied) == 0 || len(record.settled) == 0 {
			t.Fatalf("nothing was done between the crashes: %d applied, %d settled", len(record.applied), len(record.settled))
		}
		total := 0
		for c := range crashCases {
			name := crashCase(c)
			state, err := s.Read(ctx, "web:local", name)
			if err != nil && !errors.Is(err, bot.ErrGone) {
				t.Fatal(err)
			}
			events := strings.Fields(string(state))
			total += len(events)
			for i, e := range events {
				if e != strconv.Itoa(i) {
					t.Fatalf("%s: event %s stands where %d should: lost or doubled", name, e, i)
				}
				for _, id := range crashDeliveries(name, i) {
					if record.sent[id] == 0 {
						t.Errorf("%s was decided and never sent", id)
					}
				}
			}
			if last, ok := record.applied[name]; ok && last >= len(events) {
				t.Errorf("%s: event %d was acknowledged, the document ends before %d", name, last, len(events))
			}
		}
		for _, p := range record.problems {
			t.Error(p)
		}
		for id := range record.sent {
			if c, e, _ := strings.Cut(id, "."); c == "" || e == "" {
				t.Errorf("%q was sent and is no delivery", id)
			}
		}
		doubt := 0
		for _, n := range record.sent {
			doubt += n - 1
		}
		t.Logf("%d crashes, %d events kept, %d deliveries; %d shown again after a crash, with a higher attempt", crashes, total, len(record.sent), doubt)
	})
}

// crash runs a child for a while and kills it. It returns what the child said.
func crash(t *testing.T, dsn string, after time.Duration) (lines []string) {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+dsn)
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
		if timer == nil { // it is at work: from now on, any moment
			timer = time.AfterFunc(after, func() { cmd.Process.Kill() })
		}
		lines = append(lines, in.Text())
	}
	err = cmd.Wait()
	if timer == nil || timer.Stop() {
		t.Fatalf("the child ended by itself: %v", err)
	}
	if n := len(lines); n > 0 && len(strings.Fields(lines[n-1])) != 3 {
		lines = lines[:n-1] // cut off in the middle
	}
	return lines
}

type record struct {
	applied  map[string]int // the last event acknowledged, by case
	sent     map[string]int // how often, by delivery
	settled  map[string]bool
	problems []string
}

func read(t *testing.T, lines []string) record {
	t.Helper()
	r := record{applied: map[string]int{}, sent: map[string]int{}, settled: map[string]bool{}}
	attempts := map[string]int{}
	for _, line := range lines {
		f := strings.Fields(line)
		if len(f) != 3 {
			t.Fatalf("the child said %q", line)
		}
		n, err := strconv.Atoi(f[2])
		if err != nil {
			t.Fatalf("the child said %q", line)
		}
		switch what, name := f[0], f[1]; what {
		case lineApplied:
			r.applied[name] = max(r.applied[name], n)
		case lineSent:
			if r.settled[name] {
				r.problems = append(r.problems, name+" was sent after it was settled")
			}
			if n <= attempts[name] {
				r.problems = append(r.problems, fmt.Sprintf("%s was sent twice as attempt %d", name, n))
			}
			attempts[name] = n
			r.sent[name]++
		case lineSettled:
			r.settled[name] = true
		default:
			t.Fatalf("the child said %q", line)
		}
	}
	return r
}

// drain sends what is left.
func drain(t *testing.T, s *store.Store) (lines []string) {
	t.Helper()
	for {
		ds := claim(t, s, time.Now().Add(time.Hour))
		if len(ds) == 0 {
			return lines
		}
		for _, d := range ds {
			lines = append(lines, fmt.Sprintln(lineSent, d.ID, d.Attempt))
			sent(t, s, time.Now(), d, "")
		}
	}
}

func crashCase(c int) string { return fmt.Sprint("case", c) }

func crashDeliveries(name string, e int) []string {
	return []string{fmt.Sprintf("%s.%d.a", name, e), fmt.Sprintf("%s.%d.b", name, e)}
}

// child works until it is killed. It says what happened by one write to a pipe each, which survives it.
func child() int {
	s, err := store.Open(ctx, os.Getenv(childEnv), store.Options{Lease: crashLease})
	if err != nil {
		fmt.Fprintln(os.Stderr, "child:", err)
		return 1
	}
	say := func(words ...any) { fmt.Fprintln(os.Stdout, words...) }
	failed := make(chan error, 1)
	var busy sync.Map
	deliver := func(ds []bot.Delivery) error {
		ds = slices.DeleteFunc(ds, func(d bot.Delivery) bool {
			_, twice := busy.LoadOrStore(d.ID, true) // the lease ran out while this process was slow
			return twice
		})
		for _, d := range ds {
			say(lineSent, d.ID, d.Attempt)
			if err := s.Settle(ctx, time.Now(), bot.Settlement{Delivery: d, Outcome: bot.Sent}); err != nil {
				return err
			}
			say(lineSettled, d.ID, 0)
			busy.Delete(d.ID)
		}
		return nil
	}
	for c := range crashCases {
		go func() { failed <- crashTalk(s, crashCase(c), say, deliver) }()
	}
	go func() {
		for {
			ds, err := s.Claim(ctx, time.Now(), 10)
			if err = cmp.Or(err, deliver(ds)); err != nil {
				failed <- err
				return
			}
		}
	}()
	fmt.Fprintln(os.Stderr, "child:", <-failed)
	return 1
}

// crashTalk applies one event after the other, each twice, beginning with the last one that may have been lost.
func crashTalk(s *store.Store, name string, say func(...any), deliver func([]bot.Delivery) error) error {
	state, err := s.Read(ctx, "web:local", name)
	if err != nil && !errors.Is(err, bot.ErrGone) {
		return err
	}
	for e := max(len(strings.Fields(string(state)))-1, 0); ; e++ {
		for range 2 {
			ds, err := s.Apply(ctx, key(name, fmt.Sprint(name, ".", e)), time.Now(), func(state []byte) (bot.Turn, error) {
				var out []bot.Outgoing
				for i, id := range crashDeliveries(name, e) {
					out = append(out, bot.Outgoing{ID: id, Place: room(fmt.Sprint(name, i)), Message: bot.Message{Text: id}})
				}
				return bot.Turn{State: slices.Concat(state, []byte(fmt.Sprint(" ", e))), Out: out}, nil
			})
			if err != nil && !errors.Is(err, bot.ErrSeen) {
				return err
			}
			say(lineApplied, name, e)
			if err := deliver(ds); err != nil {
				return err
			}
		}
	}
}
