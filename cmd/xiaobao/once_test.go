package main

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/aftership"
	"xiaobao/adapters/aftership/aftershiptest"
	"xiaobao/adapters/easypost"
	"xiaobao/adapters/hook"
	"xiaobao/adapters/ship24"
	"xiaobao/adapters/track17"
	"xiaobao/adapters/track17/track17test"
	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

// A teller is a source that pushes, and its payloads of one journey, in the order in which they were first sent.
type teller struct {
	hook     func(now func() time.Time) watch.Webhook
	account  string
	number   string
	now      time.Time // after all of them
	payloads [][]byte
	sign     func(h http.Header, body []byte)
}

func tellers(t *testing.T) map[string]teller {
	t.Helper()
	read := func(pattern string) (all [][]byte) {
		files, err := filepath.Glob("../../adapters/" + pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, data)
		}
		return all
	}
	posted := func(events ...string) (all [][]byte) {
		for _, e := range events {
			all = append(all, fmt.Appendf(nil, `{"events":[%s]}`, e))
		}
		return all
	}
	july := time.Date(2026, 7, 3, 0, 0, 0, 0, time.UTC)
	return map[string]teller{
		"17track": {
			hook: func(now func() time.Time) watch.Webhook {
				return track17.New(track17.Config{Key: track17test.Key, Pushes: true, Now: now, Log: slog.New(slog.DiscardHandler)})
			},
			number: "YT2229521272164446", now: july, payloads: read("track17/testdata/journey-*.json"),
			sign: func(h http.Header, body []byte) { h.Set("sign", track17test.Sign(body)) },
		},
		"aftership": {
			hook: func(now func() time.Time) watch.Webhook {
				return aftership.New(aftership.Config{Key: aftershiptest.Key, Secret: aftershiptest.Secret, Pushes: true, Now: now, Log: slog.New(slog.DiscardHandler)})
			},
			number: "YT2229521272164446", now: july, payloads: read("aftership/testdata/[1-4]-*.json"),
			sign: func(h http.Header, body []byte) {
				h.Set("aftership-hmac-sha256", aftershiptest.Sign(aftershiptest.Secret, body))
			},
		},
		"easypost": {
			hook:   func(now func() time.Time) watch.Webhook { return easypost.New(hookKey, now) },
			number: "1", now: time.Date(2024, 8, 3, 0, 0, 0, 0, time.UTC), payloads: read("easypost/testdata/updated.json"),
			sign: func(h http.Header, body []byte) {
				m := hmac.New(sha256.New, []byte(hookKey))
				m.Write(body)
				h.Set("X-Hmac-Signature", "hmac-sha256-hex="+hex.EncodeToString(m.Sum(nil)))
			},
		},
		"ship24": {
			hook:   func(now func() time.Time) watch.Webhook { return ship24.New(hookKey, now) },
			number: "9400111202544843610364", now: july, payloads: read("ship24/testdata/[12]-*.json"),
			sign: func(h http.Header, _ []byte) { h.Set("Authorization", "Bearer "+hookKey) },
		},
		"hook": {
			hook: func(now func() time.Time) watch.Webhook {
				h, _ := hook.New([]string{hookKey}, now) // it could be made above
				return h
			},
			account: "web:local", number: "FWD000000001", now: july,
			payloads: posted(
				`{"number":"FWD000000001","at":"2026-06-28T09:00:00+08:00","status":"PICKED_UP","place":"深圳","country":"CN"}`,
				`{"number":"FWD000000001","at":"2026-06-30T09:00:00+08:00","status":"IN_TRANSIT","place":"盐田","country":"CN"}`,
				`{"number":"FWD000000001","at":"2026-07-01T09:00:00+08:00","status":"EXCEPTION","text":"damaged","place":"Los Angeles","country":"US"}`,
				`{"number":"FWD000000001","at":"2026-07-02T09:00:00+08:00","status":"DELIVERED","place":"ONT8","country":"US"}`,
			),
			sign: func(h http.Header, body []byte) { h.Set(hook.Header, hook.Sign(ownSecret(t), july, body)) },
		},
	}
}

// ownSecret is what the tenant of the tests signs with.
func ownSecret(t *testing.T) string {
	t.Helper()
	own, err := hook.New([]string{hookKey}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	return own.Secret("web:local")
}

// A listener takes news as the bot does: what has an id that it knows is not taken again.
type listener struct {
	mu   sync.Mutex
	seen map[string]bool
	told map[string]int // how often each line was said
}

func (l *listener) handle(_ context.Context, in bot.Incoming) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	n, ok := in.What.(bot.News)
	if !ok || l.seen[in.ID] {
		return nil
	}
	l.seen[in.ID] = true
	for _, line := range n.Push {
		l.told[spelled(line)]++
	}
	return nil
}

// spelled is a line with the lines in it, so that two that say the same are the same.
func spelled(line flow.Line) string {
	text, err := json.Marshal(line)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// TestEachNotificationOnce posts every payload of every source that pushes, each of them three times and all in random order, to the
// whole of following on a real database, which is left and opened again on the way. What was true in the end is the same as after the
// payloads in their order, and no line was told twice.
func TestEachNotificationOnce(t *testing.T) {
	for name, x := range tellers(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			inOrder := make([]int, len(x.payloads))
			for i := range inOrder {
				inOrder[i] = i
			}
			want, said := x.play(t, 0, inOrder)
			if len(want.Events) == 0 || len(said) == 0 && len(x.payloads) > 1 { // the first sync is a card
				t.Fatalf("%d events came to %d lines", len(want.Events), len(said))
			}
			for seed := range uint64(6) {
				random := rand.New(rand.NewPCG(seed, 7))
				var order []int
				for range 3 {
					order = append(order, inOrder...)
				}
				random.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
				got, said := x.play(t, seed+1, order)
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("in the order %v it ends otherwise (-in order +shuffled):\n%s", order, d)
				}
				for line, times := range said {
					if times != 1 {
						t.Errorf("in the order %v it was told %d times: %s", order, times, line)
					}
				}
			}
		})
	}
}

// play posts payloads, and returns the shipment in the end and how often each line was told.
func (x teller) play(t *testing.T, seed uint64, order []int) (shipment.Shipment, map[string]int) {
	t.Helper()
	ctx := context.Background()
	now := func() time.Time { return x.now }
	file := filepath.Join(t.TempDir(), "x.db")
	u := bot.User{Network: "web", Workspace: "local", ID: "ann", Name: "Ann", Language: "en"}
	l := &listener{seen: map[string]bool{}, told: map[string]int{}}
	var id string
	for part := 0; ; part++ {
		db, err := store.Open(ctx, file, store.Options{Lease: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if part == 0 {
			id = x.follow(t, db, u, watch.Watched{Shipment: shipment.Shipment{Number: x.number, Source: "hook"}})
		}
		w := watch.New(db, l.handle, now, slog.New(slog.DiscardHandler))
		running, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- w.Run(running) }()
		front := httptest.NewServer(w.Hooks(x.hook(now)))
		n := min(len(order), 1+int(seed)%4)
		for _, i := range order[:n] {
			x.post(t, front.URL, x.payloads[i])
		}
		order = order[n:]
		var s shipment.Shipment
		if len(order) == 0 {
			eventually(t, "all news to be handed over", func() bool {
				is, err := db.Shipment(ctx, u.Tenant(), id, x.number)
				if err != nil {
					t.Fatal(err)
				}
				s = is.Shipment
				return len(is.Pending) == 0
			})
		}
		front.Close()
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if len(order) == 0 {
			return s, l.told
		}
	}
}

// follow makes a case that follows a shipment.
func (x teller) follow(t *testing.T, db *store.Store, u bot.User, w watch.Watched) (caseID string) {
	t.Helper()
	ctx := context.Background()
	caseID, err := db.Join(ctx, u, "case", x.now)
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Apply(ctx, bot.Key{Tenant: u.Tenant(), Case: caseID, Event: "web:1", Who: u.ID}, x.now, func([]byte) (bot.Turn, error) {
		return bot.Turn{State: fmt.Appendf(nil, `{"spec":%d,"seed":"s","turn":1}`, flow.Spec)}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	w.Tenant, w.Case, w.Shipment.Registered = u.Tenant(), caseID, x.now.Add(-12*24*time.Hour)
	if _, err = db.PutShipment(ctx, w); err != nil {
		t.Fatal(err)
	}
	return caseID
}

func (x teller) post(t *testing.T, base string, body []byte) {
	t.Helper()
	account := x.account
	if account == "" {
		account = "main"
	}
	r, err := http.NewRequest("POST", base+"/hooks/"+x.hook(time.Now).Name()+"/"+account, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	x.sign(r.Header, body)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatalf("a payload was answered %s", resp.Status)
	}
}
