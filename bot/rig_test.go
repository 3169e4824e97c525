package bot_test

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/locales"
	"xiaobao/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A script is an engine made of one function: these tests are about what surrounds the engine.
type script func(s *flow.State, e flow.Event, now time.Time) []flow.Effect

func (f script) Advance(s flow.State, e flow.Event, now time.Time) (flow.State, []flow.Effect) {
	s.Turn++
	people := map[string]flow.Talk{}
	for k, v := range s.People {
		people[k] = v
	}
	s.People = people
	meet := func(by flow.By) {
		k := people[by.Person]
		k.Name, k.Place, k.Lang, k.Zone = by.Name, by.Place, "en", by.Zone
		people[by.Person] = k
	}
	switch e := e.(type) {
	case flow.Said:
		meet(e.By)
	case flow.Read:
		meet(e.By)
	case flow.Chose:
		meet(e.By)
	case flow.Submitted:
		meet(e.By)
	}
	return s, f(&s, e, now)
}

// A wall is a network whose places are lists of what was shown.
type wall struct {
	mu    sync.Mutex
	name  string
	caps  bot.Capabilities
	shown []bot.Delivery
	send  func(bot.Delivery) error // nil: everything arrives
}

func (w *wall) Name() string { return w.name }

func (w *wall) Capabilities(bot.Place) bot.Capabilities { return w.caps }

func (w *wall) Run(ctx context.Context, _ func(context.Context, bot.Incoming) error) error {
	return nil
}

func (w *wall) Send(_ context.Context, d bot.Delivery) (bot.Receipt, error) {
	if w.send != nil {
		if err := w.send(d); err != nil {
			return bot.Receipt{}, err
		}
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.shown = append(w.shown, d)
	if d.Native != "" {
		return bot.Receipt{Native: d.Native}, nil // edited in place
	}
	return bot.Receipt{Native: "n" + d.ID[:4]}, nil
}

// said is what the wall shows, one line each.
func (w *wall) said() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	var all []string
	for _, d := range w.shown {
		switch {
		case d.Echo != nil:
			all = append(all, "> "+d.Echo.Text)
		case d.Message.Key != "":
			all = append(all, d.Place.Room+" ["+d.Message.Key+" "+d.Native+"] "+d.Message.Text)
		default:
			all = append(all, d.Place.Room+" "+d.Message.Text)
		}
	}
	return all
}

// A rig is a bot on a real database with a clock that stands still.
type rig struct {
	*bot.Bot
	t       testing.TB
	path    string
	store   *store.Store
	wall    *wall
	network bot.Adapter // the wall, mostly
	mu      sync.Mutex
	now     time.Time
	tick    time.Duration // how far the clock goes when it is looked at
	ids     int
	rested  func()                    // see bot.Config
	wrap    func(bot.Store) bot.Store // nil: the store as it is
	stop    func()
}

var start = time.Date(2026, 12, 1, 2, 0, 0, 0, time.UTC)

func newRig(t testing.TB, engine bot.Engine, caps bot.Capabilities) *rig {
	t.Helper()
	w := &wall{name: "wall", caps: caps}
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "x.db"), wall: w, network: w, now: start}
	r.open(engine)
	return r
}

// newRigWith is a rig with another network than a wall, and a clock that goes on a little whenever somebody looks at it.
func newRigWith(t testing.TB, engine bot.Engine, network bot.Adapter) *rig {
	t.Helper()
	r := &rig{t: t, path: filepath.Join(t.TempDir(), "x.db"), network: network, now: start, tick: time.Microsecond}
	r.open(engine)
	return r
}

func (r *rig) open(engine bot.Engine) {
	r.t.Helper()
	s, err := store.Open(context.Background(), r.path, store.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	w, err := locales.Load()
	if err != nil {
		r.t.Fatal(err)
	}
	r.store = s
	kept := bot.Store(s)
	if r.wrap != nil {
		kept = r.wrap(s)
	}
	r.Bot = bot.New(bot.Config{
		Book: engine, Words: w, Library: nothing{}, Store: kept, Cases: s, Tickets: s, Adapters: []bot.Adapter{r.network}, Calls: r.calls(),
		Rested: r.rested, Now: r.clock, NewID: r.newID, Log: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- r.Run(ctx) }()
	r.stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			r.t.Errorf("Run: %v", err)
		}
		if err := s.Close(); err != nil {
			r.t.Errorf("close: %v", err)
		}
	})
	r.t.Cleanup(r.stop)
}

// calls are those of a room that follows whatever it is asked to follow.
func (r *rig) calls() map[string]bot.CallFunc {
	return map[string]bot.CallFunc{"shipment.watch": func(_ context.Context, d bot.Delivery) (bot.Returned, error) {
		return bot.Returned{Tenant: d.Tenant, Case: d.Case, Call: *d.Call}, nil
	}}
}

type nothing struct{}

func (nothing) Passage(string, string) (bot.Passage, bool) { return bot.Passage{}, false }

func (nothing) Origin(string, string) (bot.Origin, bool) { return bot.Origin{}, false }

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(r.tick)
	return r.now
}

func (r *rig) newID() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ids++
	return fmt.Sprintf("id%012d", r.ids)
}

func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	r.mu.Lock()
	r.now = r.now.Add(d)
	r.mu.Unlock()
	r.Nudge()
	r.drain()
}

func (r *rig) drain() {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	if err := r.Drain(ctx); err != nil {
		r.t.Fatalf("not quiet: %v", err)
	}
}

func user(id string) bot.User {
	return bot.User{Network: "wall", Workspace: "w", ID: id, Name: strings.ToUpper(id), Language: "en", Zone: "Asia/Shanghai"}
}

func room(id string) bot.Place { return bot.Place{Network: "wall", Workspace: "w", Room: id} }

func (r *rig) do(id, who string, what bot.Input) {
	r.t.Helper()
	if err := r.Handle(context.Background(), bot.Incoming{ID: id, At: r.clock(), From: user(who), To: room(who), What: what}); err != nil {
		r.t.Fatalf("%s: %v", id, err)
	}
	r.drain()
}

func (r *rig) caseOf(who string) string {
	r.t.Helper()
	id, err := r.store.Join(context.Background(), user(who), r.newID(), r.clock())
	if err != nil {
		r.t.Fatal(err)
	}
	return id
}

func (r *rig) state(who string) (s flow.State) {
	r.t.Helper()
	data, err := r.store.Read(context.Background(), user(who).Tenant(), r.caseOf(who))
	if err != nil {
		r.t.Fatal(err)
	}
	if err := json.Unmarshal(data, &s); err != nil {
		r.t.Fatal(err)
	}
	return s
}

func (r *rig) want(lines ...string) {
	r.t.Helper()
	if diff := cmp.Diff(lines, r.wall.said()); diff != "" {
		r.t.Errorf("shown (-want +got)\n%s", diff)
	}
}

func to(s *flow.State, person string) flow.To {
	k := s.People[person]
	return flow.To{Person: person, Name: k.Name, Place: k.Place, Lang: k.Lang, Zone: k.Zone}
}

// say makes an effect of words that exist, so that no test needs a catalogue.
func say(to flow.To, text string) flow.Effect {
	return flow.Speak{To: to, Lines: []flow.Line{flow.Say("ui.link", flow.Text("Label", text), flow.Text("URL", "."))}}
}

// parrot repeats what it hears and counts it in the state.
var parrot = script(func(s *flow.State, e flow.Event, now time.Time) []flow.Effect {
	switch e := e.(type) {
	case flow.Said:
		return []flow.Effect{say(to(s, e.Person), e.Text+now.Format(" 15h"))}
	case flow.Read:
		return []flow.Effect{say(to(s, e.Person), strings.TrimSpace(e.Slot+" read "+e.Text+now.Format(" 15h")))}
	case flow.Chose:
		return []flow.Effect{say(to(s, e.Person), "chose "+e.Token+" "+e.Action+" "+strings.Join(e.Values, ","))}
	case flow.Submitted:
		return []flow.Effect{say(to(s, e.Person), fmt.Sprint("form ", e.Values))}
	}
	return nil
})
