package watch_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math/rand"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// carrier is a source whose events are a script, minutes after registration.
type carrier struct {
	script  []shipment.Event
	asked   int
	numbers int
	fails   int
	broken  func() error
}

func (c *carrier) Name() string             { return "carrier" }
func (c *carrier) Knows(number string) bool { return strings.HasPrefix(number, "SIM") }
func (c *carrier) Assign(number, _ string) string {
	return (number + "00000001")[:max(len(number), 11)]
}
func (c *carrier) Carriage(string) shipment.Carriage { return shipment.Ocean }
func (c *carrier) Pull(_ context.Context, numbers []shipment.Number) (list []shipment.Event, err error) {
	c.asked++
	c.numbers += len(numbers)
	if c.fails > 0 {
		c.fails--
		return nil, errors.New("the carrier is asleep")
	}
	if c.broken != nil {
		if err := c.broken(); err != nil {
			return nil, err
		}
	}
	for _, n := range numbers {
		for _, e := range c.script {
			e.Number, e.At, e.Seen = n.Number, n.Registered.Add(e.At.Sub(time.Time{})), time.Now()
			if !e.At.After(e.Seen) {
				list = append(list, e)
			}
		}
	}
	return list, nil
}

type planner struct{ *carrier }

func (p planner) Next(n shipment.Number, now time.Time) (time.Time, bool) {
	for _, e := range p.script {
		if at := n.Registered.Add(e.At.Sub(time.Time{})); at.After(now) {
			return at, true
		}
	}
	return time.Time{}, false
}

func after(hours int, s shipment.Status, sub string) shipment.Event {
	return shipment.Event{At: time.Time{}.Add(time.Duration(hours) * time.Hour), TZKnown: true, Status: s, Sub: sub}
}

func journey() []shipment.Event {
	hold := after(90, shipment.Customs, "import_hold")
	hold.Exception = true
	delivered := after(150, shipment.Delivered, "at_fc")
	delivered.Place = shipment.Place{Name: "ONT8", Country: "US", Code: "ONT8"}
	return []shipment.Event{
		after(2, shipment.PreTransit, "labels_printed"), after(20, shipment.PickedUp, ""), after(40, shipment.InTransit, "departed_port"),
		after(80, shipment.ArrivedDest, "arrived_port"), hold, after(130, shipment.InTransit, "customs_cleared"),
		delivered, after(170, shipment.Receiving, ""), after(300, shipment.Closed, ""),
	}
}

// chat is the receiving end: like bot.Handle it knows what it has seen.
type chat struct {
	mu     sync.Mutex
	seen   map[string]int
	lines  []string
	news   []bot.News
	broken func() error
	after  func(line string)
}

func (c *chat) handle(_ context.Context, in bot.Incoming) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.broken != nil {
		if err := c.broken(); err != nil {
			return err
		}
	}
	if c.seen == nil {
		c.seen = map[string]int{}
	}
	if c.seen[in.ID]++; c.seen[in.ID] > 1 {
		return nil
	}
	n := in.What.(bot.News)
	if n.Heard.IsZero() || in.At.IsZero() {
		panic("news without a time: " + in.ID)
	}
	line := n.Told["shipment_status"]
	said := n.Push
	if n.Routine {
		said = nil // for those who asked to hear of everything
	}
	for _, l := range said {
		line += " " + l.ID
		for _, a := range l.Args {
			if a.Kind == flow.KindLine {
				line += ">" + a.Line.ID
			}
		}
	}
	if n.Urgent {
		line += " urgent"
	}
	c.lines = append(c.lines, line)
	c.news = append(c.news, n)
	if c.after != nil {
		c.after(line)
	}
	return nil
}

func delivery(name, id string, args map[string]string) bot.Delivery {
	return bot.Delivery{Tenant: "web:local", Case: "case", Call: &bot.Call{ID: id, Name: name, Args: args}}
}

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// run starts a Watch and returns what stops it.
func run(t *testing.T, w *watch.Watch) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- w.Run(ctx) }()
	return func() {
		cancel()
		if err := <-done; err != nil {
			t.Errorf("Run: %v", err)
		}
	}
}

func call(t *testing.T, w *watch.Watch, d bot.Delivery) bot.Returned {
	t.Helper()
	r, err := w.Calls()[d.Call.Name](context.Background(), d)
	if err != nil {
		t.Fatal(err)
	}
	if r.Tenant != d.Tenant || r.Case != d.Case || r.Call.ID != d.Call.ID {
		t.Errorf("the answer %+v does not belong to the call %+v", r, d)
	}
	return r
}

var wantNews = []string{
	"not_found", // registered: the card is there before any news
	"pre_transit", "picked_up", "in_transit", "arrived_dest",
	"exception shipment.push.simulated>shipment.push.exception_began shipment.trouble.import_hold urgent",
	"in_transit shipment.push.simulated>shipment.push.exception_ended",
	"delivered shipment.push.simulated>shipment.push.delivered",
	"receiving", "closed shipment.push.simulated>shipment.push.status shipment.next.closed",
}

func TestNewsArrivesOnceAndInOrder(t *testing.T) {
	for name, plans := range map[string]bool{"asked by schedule": false, "planned": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				store, c, talk := newMemory(), &carrier{script: journey()}, &chat{}
				store.cases["case"] = true
				var s watch.Source = c
				if plans {
					s = planner{c}
				}
				w := watch.New(store, talk.handle, time.Now, quiet, s)
				stop := run(t, w)
				r := call(t, w, delivery("shipment.watch", "c1", map[string]string{"number": " sim ous "}))
				if d := cmp.Diff(map[string]string{"shipment_status": "not_found", "tracking_no": "SIMOUS00000"}, r.Values); d != "" || r.Fault != "" {
					t.Errorf("fault %q, values (-want +got):\n%s", r.Fault, d)
				}
				call(t, w, delivery("shipment.watch", "c1", map[string]string{"number": "SIMOUS"})) // the same call again
				time.Sleep(30 * 24 * time.Hour)
				synctest.Wait()
				if d := cmp.Diff(wantNews, talk.lines); d != "" {
					t.Errorf("news (-want +got):\n%s", d)
				}
				for id, n := range talk.seen {
					if n > 1 {
						t.Errorf("%s was handed over %d times", id, n)
					}
				}
				for i, n := range talk.news {
					if n.If["tracking_no"] != "SIMOUS00000" || n.Brief.ID != "shipment.push.simulated" || n.Anew {
						t.Errorf("news %d: %+v", i, n)
					}
					if kind := n.Told["trouble_kind"]; kind != map[string]string{"exception": "customs_hold"}[n.Told["shipment_status"]] {
						t.Errorf("at %s the trouble is told as %q", n.Told["shipment_status"], kind)
					}
				}
				last := talk.news[len(talk.news)-1]
				if last.Told["delivered_on"] == "" || last.Key != "shipment:SIMOUS00000" || last.Source != "carrier" {
					t.Errorf("last news: %+v", last)
				}
				if plans && c.asked != len(c.script)+1 {
					t.Errorf("a source that knows when there is news was asked %d times for %d events", c.asked, len(c.script))
				}
				if _, ok, _ := store.NextShipment(context.Background(), watch.Whose{Others: true}); ok {
					t.Error("a closed shipment is still looked at")
				}
				stop()
			})
		})
	}
}

// TestNothingIsLostOrDoubled breaks the store, the chat and the carrier at random, and kills and restarts the watch.
func TestNothingIsLostOrDoubled(t *testing.T) {
	for seed := range int64(12) {
		synctest.Test(t, func(t *testing.T) {
			rnd, lives := rand.New(rand.NewSource(seed)), rand.New(rand.NewSource(-seed))
			var mu sync.Mutex
			breaks := func() error {
				mu.Lock()
				defer mu.Unlock()
				if rnd.Intn(4) == 0 {
					return errors.New("broken")
				}
				return nil
			}
			store, c, talk := newMemory(), &carrier{script: journey(), broken: breaks}, &chat{broken: breaks}
			store.cases["case"] = true
			w := watch.New(store, talk.handle, time.Now, quiet, planner{c})
			call(t, w, delivery("shipment.watch", "c1", map[string]string{"number": "SIMOUS"}))
			store.broken = breaks
			for range 40 {
				stop := run(t, w)
				time.Sleep(time.Duration(lives.Intn(20*60)) * time.Minute)
				stop()
				w = watch.New(store, talk.handle, time.Now, quiet, planner{c})
			}
			stop := run(t, w)
			time.Sleep(40 * 24 * time.Hour)
			stop()
			pushes := func(lines []string) (list []string) {
				for _, l := range lines {
					if strings.Contains(l, "push") {
						list = append(list, l)
					}
				}
				return list
			}
			if got := talk.lines[len(talk.lines)-1]; !strings.HasPrefix(got, "closed") {
				t.Errorf("seed %d ends with %q", seed, got)
			}
			// Two things that happen while nobody can look are told as one; but whoever was called is called off, once each.
			for _, line := range pushes(talk.lines) {
				if !slices.Contains(wantNews, line) && !strings.Contains(line, "stale") && !strings.HasSuffix(line, "push.delivered") { // it may be received by then
					t.Errorf("seed %d: pushed %q", seed, line)
				}
			}
			count := map[string]int{}
			for _, line := range talk.lines {
				count[line]++
			}
			if count[wantNews[5]] != count[wantNews[6]] || count[wantNews[5]] > 1 || count[wantNews[7]] > 1 || count[wantNews[9]] != 1 {
				t.Errorf("seed %d: %v", seed, talk.lines)
			}
		})
	}
}

// TestWhoeverWasCalledIsCalledOff stops the program in the moment after a hold was handed over, and starts it again when
// the hold is over.
func TestWhoeverWasCalledIsCalledOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, c, talk := newMemory(), &carrier{script: journey()}, &chat{}
		store.cases["case"] = true
		var dead atomic.Bool
		store.broken = func() error {
			if dead.Load() {
				return errors.New("the machine is off")
			}
			return nil
		}
		talk.after = func(line string) {
			if strings.Contains(line, "push.exception_began") {
				dead.Store(true)
			}
		}
		w := watch.New(store, talk.handle, time.Now, quiet, planner{c})
		call(t, w, delivery("shipment.watch", "c1", map[string]string{"number": "SIMOUS"}))
		stop := run(t, w)
		time.Sleep(100 * time.Hour)
		stop()
		time.Sleep(35 * time.Hour)
		dead.Store(false)
		stop = run(t, watch.New(store, talk.handle, time.Now, quiet, planner{c}))
		time.Sleep(time.Minute)
		stop()
		if d := cmp.Diff(wantNews[:7], talk.lines); d != "" {
			t.Errorf("news (-want +got):\n%s", d)
		}
	})
}

func TestShow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, c, talk := newMemory(), &carrier{script: journey()[:2]}, &chat{}
		store.cases["case"] = true
		w := watch.New(store, talk.handle, time.Now, quiet, c)
		stop := run(t, w)
		defer stop()
		if r := call(t, w, delivery("shipment.show", "s0", map[string]string{"number": "SIM99999999"})); r.Fault != "shipment.fault.not_watched" {
			t.Errorf("fault %q", r.Fault)
		}
		call(t, w, delivery("shipment.watch", "c1", map[string]string{"number": "SIM99999999"}))
		time.Sleep(time.Minute)
		synctest.Wait()
		asked, shown := c.asked, len(talk.lines)
		call(t, w, delivery("shipment.show", "s1", map[string]string{"number": "SIM99999999"}))
		time.Sleep(time.Minute)
		synctest.Wait()
		if c.asked != asked || len(talk.lines) != shown+1 {
			t.Errorf("shown a minute after a look: asked %d more times, %d cards", c.asked-asked, len(talk.lines)-shown)
		}
		time.Sleep(3 * time.Hour)
		call(t, w, delivery("shipment.show", "s2", map[string]string{"number": "ＳＩＭ 99999999"}))
		time.Sleep(time.Minute)
		synctest.Wait()
		if c.asked != asked+1 || talk.lines[len(talk.lines)-2]+talk.lines[len(talk.lines)-1] != "pre_transitpre_transit" {
			t.Errorf("shown three hours later: asked %d more times, news %q", c.asked-asked, talk.lines)
		}
	})
}

func TestNoSource(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, talk := newMemory(), &chat{}
		store.cases["case"] = true
		w := watch.New(store, talk.handle, time.Now, quiet, &carrier{})
		stop := run(t, w)
		for _, bad := range []string{"", "   ", strings.Repeat("1", 41)} {
			if r := call(t, w, delivery("shipment.watch", "c0", map[string]string{"number": bad})); r.Fault != "shipment.fault.number" {
				t.Errorf("number %q: fault %q", bad, r.Fault)
			}
		}
		call(t, w, delivery("shipment.watch", "c1", map[string]string{"number": "1Z999AA10123456784", "carriage": "parcel"}))
		time.Sleep(100 * 24 * time.Hour)
		stop()
		if len(talk.news) != 1 || talk.news[0].Card.Parts[0].Text[0].ID != "shipment.card.no_source" {
			t.Errorf("news: %+v", talk.news)
		}
	})
}

func TestErasedCase(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, talk := newMemory(), &chat{}
		w := watch.New(store, talk.handle, time.Now, quiet, &carrier{})
		if r := call(t, w, delivery("shipment.watch", "c1", map[string]string{"number": "SIM1"})); r.Values != nil || r.Fault != "" {
			t.Errorf("got %+v", r)
		}
	})
}

func TestManyShipmentsAreAskedTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		store, c, talk := newMemory(), &carrier{script: journey()}, &chat{}
		store.cases["case"] = true
		w := watch.New(store, talk.handle, time.Now, quiet, c)
		for i := range 100 {
			call(t, w, delivery("shipment.watch", fmt.Sprint(i), map[string]string{"number": fmt.Sprintf("SIM%08d", i)}))
		}
		c.fails = 1
		stop := run(t, w)
		time.Sleep(time.Minute)
		stop()
		if c.asked != 3 || c.numbers != 100 {
			t.Errorf("a hundred shipments took %d calls for %d numbers, want 3 for 100", c.asked, c.numbers)
		}
		if len(talk.lines) != 100 {
			t.Errorf("%d cards, want 100, also of those whose look failed", len(talk.lines))
		}
	})
}

// TestEveryMessageIsListed draws cards and news of every status, reason and kind.
func TestEveryMessageIsListed(t *testing.T) {
	listed, said := watch.Messages(), map[string]bool{}
	var arg func(a flow.Arg)
	arg = func(a flow.Arg) {
		if a.Kind == flow.KindWord {
			said[a.Text] = true
		}
		for _, in := range a.List {
			arg(in)
		}
	}
	say := func(l flow.Line) {
		if l.ID != "" {
			said[l.ID] = true
		}
		for _, a := range l.Args {
			arg(a)
		}
	}
	play := func(number string, e shipment.Event, d time.Duration) {
		store, talk := newMemory(), &chat{}
		store.cases["case"] = true
		w := watch.New(store, talk.handle, time.Now, quiet, &anything{carrier{script: []shipment.Event{after(1, shipment.PreTransit, ""), e}}})
		call(t, w, delivery("shipment.watch", "c", map[string]string{"number": number}))
		stop := run(t, w)
		time.Sleep(d)
		stop()
		for _, n := range talk.news {
			say(n.Card.Title)
			for _, l := range n.Push {
				say(l)
			}
			for _, p := range n.Card.Parts {
				if p.Heading != nil {
					say(*p.Heading)
				}
				for _, l := range p.Text {
					say(l)
				}
				for _, f := range p.Facts {
					say(f.Label)
					say(f.Value)
				}
				if p.Table != nil {
					for _, row := range append(p.Table.Rows, p.Table.Head) {
						for _, cell := range row {
							say(cell)
						}
					}
				}
			}
		}
	}
	synctest.Test(t, func(t *testing.T) {
		for _, status := range shipment.Statuses() {
			for _, sub := range []string{"", "import_hold", "unheard_of", "lost"} {
				e := after(30, status, sub)
				e.Exception, e.Text = sub == "import_hold", "text"
				play("REAL1", e, 48*time.Hour)
				e.TZKnown, e.Place, e.ETA = false, shipment.Place{Name: "Yantian", Code: "CNYTN", Country: "CN"}, shipment.Date{Year: 2000, Month: 2, Day: 1}
				play("SIM00000001", e, 48*time.Hour)
			}
			play("REAL1", after(30, status, ""), 40*24*time.Hour)
		}
		play("REAL1", after(2000, shipment.PickedUp, ""), 10*24*time.Hour)
	})
	for id := range said {
		if !slices.Contains(listed, id) {
			t.Errorf("%q is said and not listed", id)
		}
	}
	for _, id := range listed {
		if !said[id] && !strings.HasPrefix(id, "shipment.place.") && !strings.HasPrefix(id, "shipment.event.") && !strings.HasPrefix(id, "shipment.fault.") {
			t.Logf("not said here: %s", id)
		}
	}
	if len(said) < 50 {
		t.Errorf("only %d messages were said", len(said))
	}
}

type anything struct{ carrier }

func (*anything) Knows(string) bool                 { return true }
func (*anything) Assign(number, _ string) string    { return number }
func (*anything) Carriage(string) shipment.Carriage { return shipment.Air }
