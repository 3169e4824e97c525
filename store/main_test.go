package store_test

import (
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"

	"xiaobao/bot"
	"xiaobao/store"
	"xiaobao/store/storetest"
)

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) != "" {
		os.Exit(child())
	}
	if os.Getenv(followEnv) != "" {
		os.Exit(follower())
	}
	flag.Set("rapid.checks", "25") // each is a small world of its own; more when asked for on the command line
	os.Exit(storetest.Main(m))
}

// kinds are the databases that every test runs on: each makes the address of a new one.
var kinds = map[string]func(testing.TB) string{
	"sqlite":   func(tb testing.TB) string { return filepath.Join(tb.TempDir(), "x.db") },
	"postgres": func(tb testing.TB) string { return storetest.Postgres(tb) },
}

// onEach runs a test on every kind of database. The goroutines of a store must be gone when the test is.
func onEach(t *testing.T, test func(t *testing.T, dsn string)) {
	for name, make := range kinds {
		t.Run(name, func(t *testing.T) {
			dsn := make(t)
			before := goleak.IgnoreCurrent()
			t.Cleanup(func() { goleak.VerifyNone(t, before) })
			test(t, dsn)
		})
	}
}

func open(tb testing.TB, dsn string) *store.Store {
	tb.Helper()
	return openWith(tb, dsn, store.Options{})
}

func openWith(tb testing.TB, dsn string, o store.Options) *store.Store {
	tb.Helper()
	s, err := store.Open(context.Background(), dsn, o)
	if err != nil {
		tb.Fatalf("open: %v", err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Errorf("close: %v", err)
		}
	})
	return s
}

var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

var ctx = context.Background()

func room(name string) bot.Place { return bot.Place{Network: "web", Workspace: "local", Room: name} }

func key(c, event string) bot.Key { return bot.Key{Tenant: "web:local", Case: c, Event: event} }

func say(id string, p bot.Place, text string) bot.Outgoing {
	return bot.Outgoing{ID: id, Place: p, Message: bot.Message{Text: text}}
}

func card(id string, p bot.Place, name, text string) bot.Outgoing {
	return bot.Outgoing{ID: id, Place: p, Message: bot.Message{Text: text, Key: name}}
}

// apply applies an event that appends its name to the state and sends out.
func apply(tb testing.TB, s *store.Store, k bot.Key, at time.Time, out ...bot.Outgoing) []bot.Delivery {
	tb.Helper()
	ds, err := s.Apply(ctx, k, at, func(state []byte) (bot.Turn, error) {
		return bot.Turn{State: fmt.Appendf(state, "%s;", k.Event), Out: out}, nil
	})
	if err != nil {
		tb.Fatalf("apply %s: %v", k.Event, err)
	}
	return ds
}

func claim(tb testing.TB, s *store.Store, at time.Time) []bot.Delivery {
	tb.Helper()
	ds, err := s.Claim(ctx, at, 100)
	if err != nil {
		tb.Fatalf("claim: %v", err)
	}
	return ds
}

func settle(tb testing.TB, s *store.Store, at time.Time, x ...bot.Settlement) {
	tb.Helper()
	if err := s.Settle(ctx, at, x...); err != nil {
		tb.Fatalf("settle: %v", err)
	}
}

func sent(tb testing.TB, s *store.Store, at time.Time, d bot.Delivery, native string) {
	tb.Helper()
	settle(tb, s, at, bot.Settlement{Delivery: d, Outcome: bot.Sent, Native: native})
}

// ids names deliveries, for comparing.
func ids(ds []bot.Delivery) string {
	list := ""
	for _, d := range ds {
		list += fmt.Sprintf("%s/%d ", d.ID, d.Attempt)
	}
	return list
}

func expect(tb testing.TB, what string, got []bot.Delivery, want string) {
	tb.Helper()
	if g := ids(got); g != want {
		tb.Fatalf("%s: got %q, want %q", what, g, want)
	}
}

func check(tb testing.TB, s *store.Store) {
	tb.Helper()
	if err := s.Check(ctx); err != nil {
		tb.Fatal(err)
	}
}
