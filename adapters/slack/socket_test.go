package slack

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
)

func TestMain(m *testing.M) {
	if os.Getenv(loadEnv) != "" {
		os.Exit(loadMain()) // the load of a benchmark
	}
	goleak.VerifyTestMain(m)
}

// once is a bot that keeps every thing once, as the store does, and fails when told to.
type once struct {
	mu   sync.Mutex
	seen map[string]int
	all  []bot.Incoming
	fail int
	hang chan struct{}
}

func (o *once) handle(_ context.Context, in bot.Incoming) error {
	o.mu.Lock()
	hang := o.hang
	o.mu.Unlock()
	if hang != nil {
		<-hang
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.fail > 0 {
		o.fail--
		return errors.New("the disk is full")
	}
	if o.seen == nil {
		o.seen = map[string]int{}
	}
	o.seen[in.ID]++
	if o.seen[in.ID] == 1 {
		o.all = append(o.all, in)
	}
	return nil
}

func (o *once) texts() (out []string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	for _, in := range o.all {
		if t, ok := in.What.(bot.Text); ok {
			out = append(out, t.Text)
		}
	}
	return out
}

// The same event at once, after a minute, after five, then hourly, across three restarts: one effect.
func TestDeliveredAgain(t *testing.T) {
	s, o := slacktest.New(t), &once{}
	for restart := range 3 {
		ctx, cancel := context.WithCancel(t.Context())
		a, err := New(Config{BotToken: slacktest.BotToken, AppToken: slacktest.AppToken, API: s.API(), Logger: quiet()})
		if err != nil {
			t.Fatal(err)
		}
		ended := make(chan error, 1)
		go func() { ended <- a.Run(ctx, o.handle) }()
		for i := range 9 {
			if !s.Push("events_api", slacktest.Said(1, "hello"), restart*9+i).Acked {
				t.Errorf("delivery %d was not acknowledged", restart*9+i)
			}
		}
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
		s.Wait("the connection to end", func() bool { return s.Links() == 0 })
	}
	if got := o.texts(); len(got) != 1 {
		t.Errorf("%d effects: %q", len(got), got)
	}
}

// What could not be kept is not acknowledged; the delivery that comes then is the only one that counts, although it is marked
// as a repetition.
func TestNotKept(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o := slacktest.New(t), &once{fail: 1}
		connect(t, s, o.handle)
		if s.Push("events_api", slacktest.Said(1, "hello"), 0).Acked {
			t.Error("acknowledged, and not kept")
		}
		if !s.Push("events_api", slacktest.Said(1, "hello"), 2).Acked {
			t.Error("the second delivery was not acknowledged")
		}
		if got := o.texts(); len(got) != 1 {
			t.Errorf("%d effects", len(got))
		}
	})
}

// A hundred refreshes in the middle of a conversation: nothing is lost, nothing is out of order.
func TestRefreshes(t *testing.T) {
	s, o := slacktest.New(t), &once{}
	connect(t, s, o.handle, func(a *Adapter) {
		a.socket.window, a.socket.linger = time.Millisecond, 100*time.Millisecond
	})
	var want []string
	for i := range 100 {
		text := fmt.Sprint("message ", i)
		want = append(want, text)
		reason := "refresh_requested"
		if i%2 == 0 {
			reason = "warning"
		}
		s.Wait("a connection", func() bool { return s.Links() > 0 })
		before := s.Opened()
		done := make(chan slacktest.Push)
		go func() { done <- s.Push("events_api", slacktest.Said(i, text), 0) }()
		s.Disconnect(reason)
		if !(<-done).Acked {
			t.Fatalf("%q was not acknowledged", text)
		}
		s.Wait("the next connection", func() bool { return s.Opened() > before })
	}
	if got := o.texts(); strings.Join(got, ",") != strings.Join(want, ",") {
		t.Errorf("got %q", got)
	}
}

// The second socket opens while the first still answers.
func TestRefreshOverlaps(t *testing.T) {
	s, o := slacktest.New(t), &once{hang: make(chan struct{})}
	connect(t, s, o.handle)
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	done := make(chan slacktest.Push)
	go func() { done <- s.Push("events_api", slacktest.Said(1, "slow"), 0) }()
	s.Wait("the turn to begin", func() bool { return len(s.Calls("users.info")) == 1 })
	s.Disconnect("refresh_requested")
	s.Wait("the next connection", func() bool { return s.Opened() == 2 })
	close(o.hang)
	if !(<-done).Acked {
		t.Error("what was under way on the first connection was not acknowledged on it")
	}
}

// A connection that is open and dead is noticed.
func TestHalfOpen(t *testing.T) {
	s, o := slacktest.New(t), &once{}
	connect(t, s, o.handle, func(a *Adapter) { a.socket.silent = 150 * time.Millisecond })
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	s.HalfOpen()
	s.Wait("the next connection", func() bool { return s.Opened() == 2 && s.Links() == 1 })
	if !s.Push("events_api", slacktest.Said(1, "hello"), 0).Acked {
		t.Error("not acknowledged over the new connection")
	}
}

func TestLinkDisabled(t *testing.T) {
	s := slacktest.New(t)
	_, ended := connect(t, s, ignore)
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	s.Disconnect("link_disabled")
	if err := <-ended; !errors.Is(err, errDisabled) || !strings.Contains(err.Error(), "switch it on") {
		t.Errorf("ended with %v", err)
	}
	if n := s.Opened(); n != 1 {
		t.Errorf("%d connections were opened", n)
	}
}

func TestTooMany(t *testing.T) {
	s := slacktest.New(t)
	connect(t, s, ignore, func(a *Adapter) { a.socket.crowded = 300 * time.Millisecond })
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	start := time.Now()
	s.Disconnect("too_many_websockets")
	s.Wait("the next connection", func() bool { return s.Opened() == 2 })
	if d := time.Since(start); d < 300*time.Millisecond {
		t.Errorf("rested for %v", d)
	}
}

// Connections that break at once are not opened again and again.
func TestNoStorm(t *testing.T) {
	s := slacktest.New(t)
	s.Fail("apps.connections.open", slacktest.Fault{Status: 429, RetryAfter: "1"}, slacktest.Fault{Status: 502})
	start := time.Now()
	connect(t, s, ignore, func(a *Adapter) { a.socket.perWindow, a.socket.window = 4, 1500*time.Millisecond })
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	if d := time.Since(start); d < time.Second {
		t.Errorf("connected after %v, told to wait for a second", d)
	}
	for i := range 3 {
		s.Wait("a connection", func() bool { return s.Opened() == i+1 && s.Links() == 1 })
		s.Break()
	}
	s.Wait("the last connection", func() bool { return s.Opened() == 4 })
	calls := s.Calls("apps.connections.open")
	for i := 4; i < len(calls); i++ {
		if d := calls[i].Sub(calls[i-4]); d < 1400*time.Millisecond {
			t.Errorf("five connections were asked for in %v", d)
		}
	}
}

// What nobody understands is acknowledged where it can be, and ends nothing.
func TestNotUnderstood(t *testing.T) {
	s, o := slacktest.New(t), &once{}
	connect(t, s, o.handle)
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	s.Raw("not json")
	s.Raw(`{"type":"events_api","payload":17}`)
	s.Raw(`{}`)
	for i, e := range []map[string]any{
		{"type": "star_added", "user": slacktest.Person}, {"type": "message", "channel": 5}, {"type": "message"},
		{"type": "app_mention", "user": slacktest.Person, "channel": slacktest.Channel, "ts": 5},
	} {
		if !s.Push("events_api", slacktest.Event(i, e), 0).Acked {
			t.Errorf("%v was not acknowledged", e)
		}
	}
	if !s.Push("something_new", map[string]any{"a": 1}, 0).Acked || !s.Push("interactive", map[string]any{"type": "block_actions"}, 0).Acked {
		t.Error("something new was not acknowledged")
	}
	s.Push("events_api", slacktest.Said(99, "still there"), 0)
	if got := o.texts(); len(got) != 1 {
		t.Errorf("heard %q", got)
	}
}

// The log names connections that are not ours, and never the address of one: it holds a ticket.
func TestLog(t *testing.T) {
	out := &lockedBuffer{}
	s := slacktest.New(t)
	s.Ghosts(3)
	connect(t, s, ignore, func(a *Adapter) { a.Logger = textLog(out) })
	read := out.String
	s.Wait("a word about ghosts", func() bool { return strings.Contains(read(), "more connections") })
	s.Push("events_api", slacktest.Said(1, "a secret word"), 0)
	s.Break()
	s.Wait("the next connection", func() bool { return s.Opened() == 2 })
	for _, bad := range []string{"ticket", "secret", slacktest.BotToken, slacktest.AppToken} {
		if strings.Contains(read(), bad) {
			t.Errorf("the log has %q:\n%s", bad, read())
		}
	}
	if got := redact(errors.New("dial wss://wss-primary.slack.com/link/?ticket=abc: refused")); strings.Contains(got, "ticket") {
		t.Error(got)
	}
}

func textLog(w io.Writer) *slog.Logger {
	return slog.New(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelDebug}))
}

// A lockedBuffer is a log that can be read while it is written.
type lockedBuffer struct {
	mu  sync.Mutex
	out bytes.Buffer
}

func (l *lockedBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.Write(p)
}

func (l *lockedBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.out.String()
}

// S17: connections that Slack counts and nobody has. Slack needs a moment to forget one that ended, so it is asked again, over a new
// connection, before anybody is alarmed; and it is quiet when they are gone.
func TestGhosts(t *testing.T) {
	for _, stay := range []bool{true, false} {
		t.Run(fmt.Sprint("stay ", stay), func(t *testing.T) {
			s, o, out := slacktest.New(t), &once{}, &lockedBuffer{}
			var passed atomic.Int64
			s.Ghosts(3)
			connect(t, s, o.handle, func(a *Adapter) {
				a.Logger = textLog(out)
				a.Now = func() time.Time { return time.Unix(1_800_000_000, passed.Load()) }
				a.socket.ghosts, a.socket.linger = 30*time.Millisecond, 30*time.Millisecond
			})
			s.Wait("the first word", func() bool { return strings.Contains(out.String(), "looked at again") })
			passed.Store(int64(patienceWithGhosts))
			if !stay {
				s.Ghosts(0)
			}
			s.Wait("the next connection", func() bool { return s.Opened() >= 2 })
			if !s.Push("events_api", slacktest.Said(1, "hello"), 0).Acked {
				t.Error("not acknowledged")
			}
			if stay {
				s.Wait("the alarm", func() bool { return strings.Contains(out.String(), "ALARM") })
			} else if strings.Contains(out.String(), "ALARM") {
				t.Errorf("alarmed for nothing:\n%s", out.String())
			}
		})
	}
}
