package discord

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/adapters/adaptertest"
	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
	"xiaobao/store"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

var runs atomic.Int64

// database is a real one, empty.
func database(t testing.TB) *store.Store {
	t.Helper()
	db, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "x.db"), store.Options{Networks: []string{Network}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

// connect runs an adapter against a stand-in until the test ends.
func connect(t testing.TB, s *discordtest.Server, db *store.Store, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) (*Adapter, <-chan error) {
	a, ended, _ := run(t, s, db, handle, change...)
	return a, ended
}

// run is connect, and what ends it before.
func run(t testing.TB, s *discordtest.Server, db *store.Store, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) (*Adapter, <-chan error, func()) {
	t.Helper()
	a, err := New(Config{Token: discordtest.Token, API: s.API(), Memory: db.Notes(Network), Leases: db, ID: fmt.Sprint("run-", runs.Add(1)), Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	a.times.retry, a.times.identify, a.times.thinking = 5*time.Millisecond, time.Millisecond, 400*time.Millisecond
	for _, c := range change {
		c(a)
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	done := make(chan struct{})
	go func() {
		defer close(done)
		ended <- a.Run(ctx, handle)
	}()
	stop := func() {
		cancel()
		select {
		case <-done:
		case <-time.After(15 * time.Second):
			t.Error("Run does not end with its context")
		}
	}
	t.Cleanup(stop)
	return a, ended, stop
}

func home() bot.Place { return makeDirect(discordtest.DM) }

func corner() bot.Place {
	return makeCorner(discordtest.Guild, discordtest.Channel, discordtest.Person)
}

func channel() bot.Place {
	return bot.Place{Network: Network, Workspace: discordtest.Guild, Room: discordtest.Den}
}

// forbidden are what must never be left of data as markup.
var forbidden = []string{
	"@everyone", "@here", "<@", "<#", "<t:", "<script", "<img", "](", "://evil", "||", "~~", "> quote", "# head", "\x1b", "\x07", "\u202e", "\u2066",
}

// What every door must do, against a Discord that refuses what Discord refuses: in direct messages, and where only one person
// sees it.
func TestDoor(t *testing.T) {
	t.Run("Direct", func(t *testing.T) { door(t, home()) })
	t.Run("Corner", func(t *testing.T) { door(t, corner()) })
	t.Run("Channel", func(t *testing.T) { door(t, channel()) })
}

func door(t *testing.T, place bot.Place) {
	adaptertest.Run(t, func(t *testing.T, handle func(context.Context, bot.Incoming) error) adaptertest.Door {
		s := discordtest.New(t)
		a, _ := connect(t, s, database(t), handle)
		s.Wait("the connection", func() bool { return s.Links() == 1 })
		t.Cleanup(func() {
			if f := s.Refused(); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
		})
		n := 0
		d := adaptertest.Door{
			Adapter: a,
			Place:   place,
			Seen: func() (seen []adaptertest.Seen) {
				for _, m := range s.Messages(place.Room) {
					seen = append(seen, adaptertest.Seen{Text: m.Reads()})
				}
				return seen
			},
			Raw: func() string {
				var b strings.Builder
				for _, m := range s.Messages(place.Room) {
					b.WriteString(m.Markup())
				}
				return b.String()
			},
			Forbidden: forbidden,
		}
		switch {
		case place == home():
			d.Say = func(text string) {
				n++
				s.Event("MESSAGE_CREATE", discordtest.Said(n, text))
			}
			d.Own = func() {
				n++
				m := discordtest.Said(n, "I said this myself.")
				m["author"] = map[string]any{"id": discordtest.Bot, "bot": true}
				s.Event("MESSAGE_CREATE", m)
			}
		case place == corner():
			d.Say = func(text string) {
				n++
				s.Do(discordtest.InServer("en-US").Command(n, "say", "text", text))
			}
			s.Do(discordtest.InServer("en-US").Command(9999, "status")) // it can be spoken to once somebody has done something there
		}
		return d
	})
}
