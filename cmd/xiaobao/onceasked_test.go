package main

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/simulator"
	"xiaobao/adapters/spapi"
	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

// An asked source only answers; these are the answers it gave on the days of one journey, the first one first.
type asked struct {
	source  watch.Source
	number  string
	fba     bool
	now     time.Time // after all of them
	answers [][]shipment.Event
}

// askedSources are the sources that are asked and do not push what they know: see tellers for the others.
func askedSources(t *testing.T) map[string]asked {
	t.Helper()
	begin := time.Date(2026, 6, 12, 8, 0, 0, 0, time.UTC)
	at := begin
	now := func() time.Time { return at }
	ask := func(s watch.Source, number string) []shipment.Event {
		t.Helper()
		events, err := s.(watch.Puller).Pull(context.Background(), []shipment.Number{{Number: number, Registered: begin}})
		if err != nil {
			t.Fatal(err)
		}
		return events
	}

	sim := simulator.New(8, now)
	pretended := asked{source: sim, number: simulator.NewNumberTo(shipment.Air, "US", "once")}
	for range 12 {
		pretended.answers = append(pretended.answers, ask(sim, pretended.number))
		at = at.Add(6 * time.Hour)
	}
	pretended.now = at

	at = begin
	server := spapitest.New(now)
	t.Cleanup(server.Close)
	server.Unpaced()
	amazon, err := spapi.New(spapi.Config{
		Accounts: []spapi.Account{{Name: "shop", Region: "na", Marketplaces: []string{"US"}, ClientID: spapitest.ClientID, ClientSecret: spapitest.ClientSecret, RefreshToken: spapitest.RefreshToken, API: server.URL}},
		LWA:      server.TokenURL(), Now: now, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, Timeout: 5 * time.Second, Log: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		t.Fatal(err)
	}
	real := asked{source: amazon, number: "FBA15DJ9S3J5", fba: true}
	const bill = "AMZDCN203A900BD3"
	x := spapitest.Shipment{ID: real.number, Status: "WORKING", Centre: "ONT8", Items: []spapitest.Item{{SKU: "A", Shipped: 60}, {SKU: "B", Shipped: 40}}}
	var sea spapitest.Tracked
	mile := func(code, sub, city, country string) {
		sea.Milestones = append(sea.Milestones, spapitest.Milestone{At: at.Add(-time.Hour).Format(time.RFC3339), Code: code, SubCode: sub, City: city, Country: country})
	}
	for _, day := range []func(){
		func() {},
		func() { x.Status, x.Bill = "SHIPPED", bill; mile("DEPARTED", "", "Shenzhen", "CN") },
		func() { mile("CUSTOMS_EXCEPTION", "HS_CODE_ISSUES", "Los Angeles", "US") },
		func() { x.Status = "IN_TRANSIT"; mile("CUSTOMS_CLEARED", "", "Los Angeles", "US") },
		func() { x.Status = "CHECKED_IN"; mile("DELIVERED", "", "Ontario", "US") },
		func() {
			x.Status, x.Items = "RECEIVING", []spapitest.Item{{SKU: "A", Shipped: 60, Received: 30}, {SKU: "B", Shipped: 40}}
		},
		func() {
			x.Status, x.Items = "CLOSED", []spapitest.Item{{SKU: "A", Shipped: 60, Received: 60}, {SKU: "B", Shipped: 40, Received: 37}}
		},
	} {
		day()
		server.Put(x)
		if len(sea.Milestones) > 0 {
			server.Track(bill, sea)
		}
		real.answers = append(real.answers, ask(amazon, real.number))
		at = at.Add(20 * time.Hour)
	}
	real.now = at

	all := map[string]asked{sim.Name(): pretended, amazon.Name(): real}
	for _, build := range []func(*testing.T, func() time.Time) stand{track17Stand, aftershipStand} {
		at = begin
		s := build(t, now)
		x := asked{source: s.source, number: s.number}
		var journey []scan
		for _, what := range []string{"picked", "moved", "held", "released", "delivered"} {
			journey = append(journey, scan{at.Add(-time.Hour), what, "Shenzhen"})
			s.knows(journey...)
			x.answers = append(x.answers, ask(s.source, s.number))
			at = at.Add(20 * time.Hour)
		}
		x.now = at
		all[s.source.Name()] = x
	}
	return all
}

// replayed answers with what a source once answered, one answer after the other, however old it is. Like a source it says again what was not
// kept, because somebody else wrote the shipment at that moment.
type replayed struct {
	watch.Source
	now     time.Time // when everything is seen
	kept    func() shipment.Shipment
	mu      sync.Mutex
	last    []shipment.Event
	answers [][]shipment.Event
	over    bool // the last answer was kept
}

func (r *replayed) Pull(context.Context, []shipment.Number) ([]shipment.Event, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	is := r.kept()
	if next, _ := is.Apply(r.last...); !next.SameEvents(is) {
		return r.last, nil
	}
	if len(r.answers) == 0 {
		r.over = true
		return nil, nil
	}
	r.last = slices.Clone(r.answers[0])
	r.answers = r.answers[1:]
	for i := range r.last {
		r.last[i].Seen = r.now
	}
	return r.last, nil
}

// Next implements watch.Planner: at once, until it is over.
func (r *replayed) Next(_ shipment.Number, now time.Time) (time.Time, bool) {
	return now, !r.done()
}

func (r *replayed) done() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.over
}

// TestEachAnswerOnce is TestEachNotificationOnce for the sources that are asked: each of their answers comes three times and all in
// random order, as from servers that lag behind each other, with restarts between.
func TestEachAnswerOnce(t *testing.T) {
	for name, x := range askedSources(t) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			want, said := x.play(t, x.answers)
			if len(want.Events) < 5 || len(said) < 3 {
				t.Fatalf("%d events came to %d lines", len(want.Events), len(said))
			}
			for seed := range uint64(6) {
				random := rand.New(rand.NewPCG(seed, 9))
				answers := slices.Concat(x.answers, x.answers, x.answers)
				random.Shuffle(len(answers), func(i, j int) { answers[i], answers[j] = answers[j], answers[i] })
				cut := 1 + random.IntN(len(answers)-1)
				got, said := x.play(t, answers[:cut], answers[cut:])
				if d := cmp.Diff(want, got); d != "" {
					t.Fatalf("in the order of seed %d it ends otherwise (-in order +shuffled):\n%s", seed, d)
				}
				for line, times := range said {
					if times != 1 {
						t.Errorf("in the order of seed %d it was told %d times: %s", seed, times, line)
					}
				}
			}
		})
	}
}

// play lets following have the answers, with a restart after each part, and returns the shipment in the end and how often each line was told.
func (x asked) play(t *testing.T, parts ...[][]shipment.Event) (shipment.Shipment, map[string]int) {
	t.Helper()
	ctx := context.Background()
	now := func() time.Time { return x.now }
	file := filepath.Join(t.TempDir(), "x.db")
	u := bot.User{Network: "web", Workspace: "local", ID: "ann", Name: "Ann", Language: "en"}
	l := &listener{seen: map[string]bool{}, told: map[string]int{}}
	var id string
	var s shipment.Shipment
	for n, answers := range parts {
		db, err := store.Open(ctx, file, store.Options{Lease: time.Second})
		if err != nil {
			t.Fatal(err)
		}
		if n == 0 {
			id = teller{number: x.number, now: x.now}.follow(t, db, u, watch.Watched{Shipment: shipment.Shipment{Number: x.number, Source: x.source.Name(), FBA: x.fba}})
		}
		read := func() watch.Watched {
			is, err := db.Shipment(ctx, u.Tenant(), id, x.number)
			if err != nil {
				t.Error(err)
			}
			return is
		}
		is := read()
		is.Look = x.now // nothing more was to be expected
		if _, err := db.PutShipment(ctx, is); err != nil {
			t.Fatal(err)
		}
		r := &replayed{Source: x.source, now: x.now, answers: answers, kept: func() shipment.Shipment { return read().Shipment }}
		w := watch.New(db, l.handle, now, slog.New(slog.DiscardHandler), r)
		running, cancel := context.WithCancel(ctx)
		done := make(chan error, 1)
		go func() { done <- w.Run(running) }()
		eventually(t, fmt.Sprintf("part %d to be taken and told", n), func() bool {
			is := read()
			s = is.Shipment
			return r.done() && len(is.Pending) == 0
		})
		cancel()
		if err := <-done; err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
	}
	return s, l.told
}

// programSources are the names of the sources that the program asks, and of those that tell it, when all of them are set up.
func programSources(t *testing.T) (asked, telling []string) {
	t.Helper()
	for _, key := range []string{"XIAOBAO_17TRACK_KEY", "XIAOBAO_AFTERSHIP_KEY", "XIAOBAO_AFTERSHIP_SECRET", "XIAOBAO_EASYPOST_SECRET", "XIAOBAO_SHIP24_SECRET", "XIAOBAO_HOOK_KEY", "XIAOBAO_SPAPI_HOOK_KEY"} {
		t.Setenv(key, hookKey)
	}
	for _, name := range []string{"CLIENT_ID", "CLIENT_SECRET", "REFRESH_TOKEN"} {
		t.Setenv("XIAOBAO_SPAPI_"+name, hookKey)
	}
	t.Setenv("XIAOBAO_SPAPI_MARKETPLACES", "US")
	all, err := newCarriers(Config{}, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range all.sources {
		asked = append(asked, s.Name())
	}
	for _, h := range all.hooks {
		telling = append(telling, h.Name())
	}
	if len(asked) < 4 || len(telling) < 6 {
		t.Fatalf("the program asks only %v and is told only by %v", asked, telling)
	}
	return asked, telling
}

// Whoever adds a source shows that it tells each thing once: what it answers, and what it posts.
func TestEverySourceTellsOnce(t *testing.T) {
	asked, telling := programSources(t)
	pushing, answering := tellers(t), askedSources(t)
	for _, name := range asked {
		if _, ok := answering[name]; !ok {
			t.Errorf("the source %s is asked, and does not stand in askedSources", name)
		}
	}
	for _, name := range telling {
		_, tells := pushing[name]
		if !tells && name != spapi.Name { // whose notifications only ask for a look: see notifiedCells
			t.Errorf("the source %s posts, and does not stand in tellers", name)
		}
	}
}
