package store_test

import (
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/store"
)

// A place that another process has shown something at is heard of, in its name; what is one's own is not told.
func TestPostsOfAnotherProcessAreHeard(t *testing.T) {
	dsn := kinds["postgres"](t)
	a, b := open(t, dsn), open(t, dsn)
	atA, atB := make(chan bot.Place, 100), make(chan bot.Place, 100)
	a.Heard(func(p bot.Place) { atA <- p })
	b.Heard(func(p bot.Place) { atB <- p })
	next := func(from chan bot.Place) bot.Place {
		t.Helper()
		select {
		case p := <-from:
			return p
		case <-time.After(20 * time.Second):
			t.Fatal("nothing was heard")
		}
		return bot.Place{}
	}
	keep := func(s *store.Store, p bot.Place, id string) {
		t.Helper()
		if _, err := s.Post(ctx, p, "", id, "", noon, []byte(`{"text":"您好"}`)); err != nil {
			t.Fatal(err)
		}
	}
	// Both listen when each has heard the other.
	aHears, bHears := false, false
	for i := 0; !aHears || !bHears; i++ {
		keep(a, room("warm a"), string(rune('a'+i)))
		keep(b, room("warm b"), string(rune('a'+i)))
		if i == 25 {
			t.Fatal("nobody listens")
		}
		deadline := time.After(time.Second)
	wait:
		for !aHears || !bHears {
			select {
			case p := <-atA:
				aHears = aHears || p == room("warm b")
			case p := <-atB:
				bHears = bHears || p == room("warm a")
			case <-deadline:
				break wait
			}
		}
	}
	strange := bot.Place{Network: "web", Workspace: "local", Room: "a/b|c %7C 您 ", Thread: "t"}
	keep(a, strange, "1")
	keep(b, room("end"), "2")
	for p := next(atB); p != strange; p = next(atB) {
		if p == room("end") {
			t.Fatal("its own post was told to b")
		}
	}
	for p := next(atA); p != room("end"); p = next(atA) {
		if p == strange {
			t.Fatal("its own post was told to a")
		}
	}
	// A connection that broke may have missed something: then any place may have changed.
	run(t, raw(t, dsn), `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND datname = current_database()`)
	for p := next(atB); p != (bot.Place{}); p = next(atB) {
	}
}
