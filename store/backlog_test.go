package store_test

import (
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/store"
)

// TestBacklog: what waits is counted at the process that can send it; old is what should have left, overdue what nobody has taken.
func TestBacklog(t *testing.T) {
	onEach(t, func(t *testing.T, dsn string) {
		web := openWith(t, dsn, store.Options{Networks: []string{"web"}})
		console := openWith(t, dsn, store.Options{Networks: []string{"console"}})
		there := bot.Place{Network: "console", Workspace: "local", Room: "lin"}
		look := func(what string, s *store.Store, at time.Time, want store.Backlog) {
			t.Helper()
			got, err := s.Backlog(ctx, at)
			if err != nil {
				t.Fatal(err)
			}
			if got.Waiting != want.Waiting || got.Doubtful != want.Doubtful || got.Refused != want.Refused || !got.Oldest.Equal(want.Oldest) || !got.Overdue.Equal(want.Overdue) {
				t.Errorf("%s: %+v, want %+v", what, got, want)
			}
		}
		look("nothing", web, noon, store.Backlog{})
		later := say("later", there, "tomorrow")
		later.After = noon.Add(24 * time.Hour)
		apply(t, web, key("case", "e"), noon, say("there1", there, "there"), say("there2", there, "and there"), later)
		look("not ours", web, noon.Add(time.Minute), store.Backlog{})
		look("due, and nobody took it", console, noon.Add(time.Minute), store.Backlog{Waiting: 3, Oldest: noon, Overdue: noon})
		got := claim(t, console, noon.Add(time.Minute))
		expect(t, "claimed", got, "there1/1 ")
		look("under way", console, noon.Add(time.Minute), store.Backlog{Waiting: 3, Oldest: noon})
		if err := console.Settle(ctx, noon, bot.Settlement{Delivery: got[0], Outcome: bot.Unsure, Retry: noon.Add(2 * time.Minute)}); err != nil {
			t.Fatal(err)
		}
		look("unsure", console, noon.Add(time.Minute), store.Backlog{Waiting: 3, Doubtful: 1, Oldest: noon})
		got = claim(t, console, noon.Add(3*time.Minute))
		if err := console.Settle(ctx, noon, bot.Settlement{Delivery: got[0], Outcome: bot.Refused, Reason: "gone"}); err != nil {
			t.Fatal(err)
		}
		b, err := console.Backlog(ctx, noon.Add(4*time.Minute))
		if err != nil || b.Waiting != 2 || b.Refused != 1 || b.Doubtful != 0 {
			t.Errorf("refused: %+v, %v", b, err)
		}
	})
}
