package bot_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// TestTypedLongAgo: what was typed hours ago is an answer when nobody was heard of since, however many of them come in their order; it
// is not when the person has gone on, and then they are told. The same for a file. A press is never late.
func TestTypedLongAgo(t *testing.T) {
	var took []string
	engine := script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
		by := flow.By{}
		switch e := e.(type) {
		case flow.Said:
			by, took = e.By, append(took, e.Text)
		case flow.Chose:
			by, took = e.By, append(took, "pressed "+e.Action)
		case flow.Read:
			by, took = e.By, append(took, "file "+e.Text)
		}
		k := s.People[by.Person]
		k.Seen = now.UTC()
		s.People[by.Person] = k
		return nil
	})
	r := newRig(t, engine, bot.Capabilities{})
	n := 0
	send := func(ago time.Duration, what bot.Input) {
		t.Helper()
		n++
		in := bot.Incoming{ID: strings.Repeat("i", n), At: r.clock().Add(-ago), From: user("ann"), To: room("ann"), What: what}
		if err := r.Handle(context.Background(), in); err != nil {
			t.Fatal(err)
		}
	}
	send(0, bot.Text{Text: "first"})
	r.pass(5 * time.Hour)
	send(3*time.Hour, bot.Text{Text: "late one"})
	send(2*time.Hour, bot.Text{Text: "late two"})
	send(4*time.Hour, bot.Text{Text: "late, and before those"})
	r.pass(time.Minute)
	send(0, bot.Text{Text: "now"})
	send(2*time.Hour, bot.Text{Text: "stale"})
	send(2*time.Hour, bot.File{Name: "a.txt", Data: []byte("stale")})
	send(2*time.Hour, bot.Press{Action: "status"})
	send(59*time.Minute, bot.Text{Text: "within the hour"})
	want := []string{"first", "late one", "late two", "now", "pressed status", "within the hour"}
	if d := cmp.Diff(want, took); d != "" {
		t.Errorf("taken: %s", d)
	}
	r.drain()
	if n := len(r.wall.said()); n != 3 {
		t.Errorf("%d were told that theirs came late, not 3", n)
	}
	for _, line := range r.wall.said() {
		if !strings.Contains(line, "has only just reached me") {
			t.Errorf("shown: %s", line)
		}
	}
}
