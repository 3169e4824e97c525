package watch_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// teller is a source that tells by itself: its posts are a Push as JSON, and signed when they begin with "signed ".
type teller struct{ carrier }

func (t *teller) Read(r *http.Request) (watch.Push, error) {
	body, err := watch.Body(r)
	if err != nil {
		return watch.Push{}, err
	}
	body, ok := bytes.CutPrefix(body, []byte("signed "))
	if !ok {
		return watch.Push{}, watch.Forged()
	}
	var p watch.Push
	if json.Unmarshal(watch.UTF8(body), &p) != nil {
		return watch.Push{}, watch.Pointless("unreadable")
	}
	return p, nil
}

// A post office is a Watch whose hooks are served, on a store in memory.
type office struct {
	t      *testing.T
	store  *memory
	w      *watch.Watch
	url    string
	now    time.Time
	log    *bytes.Buffer
	handed sync.Map
}

func newOffice(t *testing.T) *office {
	o := &office{t: t, store: newMemory(), now: time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC), log: &bytes.Buffer{}}
	tells := &teller{}
	o.w = watch.New(o.store, func(_ context.Context, in bot.Incoming) error { o.handed.Store(in.ID, in); return nil },
		func() time.Time { return o.now }, slog.New(slog.NewTextHandler(o.log, nil)), tells)
	s := httptest.NewServer(o.w.Hooks(tells))
	t.Cleanup(s.Close)
	o.url = s.URL
	return o
}

// follows makes a case follow a number.
func (o *office) follows(tenant, caseID, number, source string) {
	o.t.Helper()
	o.store.cases[caseID] = true
	ok, err := o.store.PutShipment(context.Background(), watch.Watched{
		Tenant: tenant, Case: caseID, Look: o.now.Add(time.Hour),
		Shipment: shipment.Shipment{Number: number, Source: source, Registered: o.now.Add(-time.Hour), LookedAt: o.now.Add(-time.Hour)},
	})
	if !ok || err != nil {
		o.t.Fatal(ok, err)
	}
}

func (o *office) post(path, body string) (status int, answer string, header http.Header) {
	o.t.Helper()
	resp, err := http.Post(o.url+path, "application/json", strings.NewReader(body))
	if err != nil {
		o.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(text), resp.Header
}

func (o *office) tell(p watch.Push) (int, watch.Told) {
	o.t.Helper()
	body, err := json.Marshal(p)
	if err != nil {
		o.t.Fatal(err)
	}
	status, answer, _ := o.post("/hooks/carrier/main", "signed "+string(body))
	var told watch.Told
	_ = json.Unmarshal([]byte(answer), &told)
	return status, told
}

func (o *office) get(tenant, caseID, number string) watch.Watched {
	o.t.Helper()
	x, err := o.store.Shipment(context.Background(), tenant, caseID, number)
	if err != nil {
		o.t.Fatal(err)
	}
	return x
}

func (o *office) event(number string, minutes int, status shipment.Status) shipment.Event {
	return shipment.Event{Number: number, At: o.now.Add(time.Duration(minutes) * time.Minute), TZKnown: true, Seen: o.now, Status: status, Source: "carrier"}
}

// TestPush: everybody who follows the number is told, in one commit; what comes again writes nothing.
func TestPush(t *testing.T) {
	o := newOffice(t)
	o.follows("web:local", "a", "SIM1", "carrier")
	o.follows("slack:T1", "b", "SIM1", "carrier")
	o.follows("slack:T1", "b", "SIM2", "carrier")
	push := watch.Push{Events: []shipment.Event{o.event(" sim 1", -10, shipment.PickedUp), o.event("SIM1", -5, shipment.InTransit), o.event("NOBODY1", -5, shipment.InTransit)}}
	status, told := o.tell(push)
	if status != 200 || told != (watch.Told{Events: 3, Shipments: 2, News: 2, Unknown: 1}) {
		t.Fatalf("%d %+v", status, told)
	}
	for tenant, id := range map[string]string{"web:local": "a", "slack:T1": "b"} {
		x := o.get(tenant, id, "SIM1")
		if x.Shipment.Now() != shipment.InTransit || len(x.Pending) != 1 || !x.Due.Equal(o.now) || !x.Shipment.LookedAt.Equal(o.now) {
			t.Errorf("%s: %+v", id, x)
		}
	}
	if x := o.get("slack:T1", "b", "SIM2"); len(x.Shipment.Events) > 0 {
		t.Errorf("another number was told: %+v", x)
	}
	writes := o.store.writes
	for range 5 {
		if status, told := o.tell(push); status != 200 || told.News != 0 || told.Shipments != 2 {
			t.Errorf("again: %d %+v", status, told)
		}
	}
	if o.store.writes != writes {
		t.Errorf("what came again was written %d times", o.store.writes-writes)
	}
	if c := o.w.Tallies()["carrier"]; c.Posts != 6 || c.Events != 18 || c.News != 2 || c.Unknown != 6 {
		t.Errorf("counted %+v", c)
	}
}

// TestPushOfATenant: a tenant's own hook reaches its own shipments only.
func TestPushOfATenant(t *testing.T) {
	o := newOffice(t)
	o.follows("web:local", "a", "SIM1", "")
	o.follows("slack:T1", "b", "SIM1", "")
	_, told := o.tell(watch.Push{Tenant: "slack:T1", Events: []shipment.Event{o.event("SIM1", -5, shipment.InTransit)}})
	if told.Shipments != 1 || o.get("web:local", "a", "SIM1").Shipment.Now() != shipment.NotFound {
		t.Errorf("%+v", told)
	}
	if x := o.get("slack:T1", "b", "SIM1"); x.Shipment.Now() != shipment.InTransit || x.Shipment.Source != "carrier" {
		t.Errorf("who could not be asked has a source that tells: %+v", x.Shipment)
	}
	_, told = o.tell(watch.Push{Tenant: "slack:T2", Events: []shipment.Event{o.event("SIM1", -5, shipment.InTransit)}})
	if told.Shipments != 0 || told.Unknown != 1 {
		t.Errorf("a foreign number and a missing one are told apart: %+v", told)
	}
}

// TestPushOfAnotherSource: what somebody else tells is history too, and no look.
func TestPushOfAnotherSource(t *testing.T) {
	o := newOffice(t)
	o.follows("web:local", "a", "SIM1", "elsewhere")
	before := o.get("web:local", "a", "SIM1")
	o.tell(watch.Push{Events: []shipment.Event{o.event("SIM1", -5, shipment.InTransit)}})
	if x := o.get("web:local", "a", "SIM1"); x.Shipment.Source != "elsewhere" || !x.Shipment.LookedAt.Equal(before.Shipment.LookedAt) || !x.Look.Equal(before.Look) || len(x.Shipment.Events) != 1 {
		t.Errorf("%+v", x)
	}
}

// TestLook: what is not believed makes us look for ourselves.
func TestLook(t *testing.T) {
	o := newOffice(t)
	o.follows("web:local", "a", "SIM1", "carrier")
	o.follows("web:local", "a", "SIM2", "elsewhere")
	if status, told := o.tell(watch.Push{Look: []string{"SIM1", "SIM2", "NOBODY1"}}); status != 200 || told.News != 0 {
		t.Errorf("%d %+v", status, told)
	}
	if x := o.get("web:local", "a", "SIM1"); !x.Due.Equal(o.now) || len(x.Shipment.Events) > 0 || x.Shipment.LookedAt.Equal(o.now) {
		t.Errorf("it is not looked at: %+v", x)
	}
	if x := o.get("web:local", "a", "SIM2"); !x.Due.IsZero() {
		t.Errorf("a source's word made another be asked: %+v", x)
	}
}

// TestHooksRefuse: what is not taken, and what the sender hears.
func TestHooksRefuse(t *testing.T) {
	o := newOffice(t)
	o.follows("web:local", "a", "SIM1", "carrier")
	for name, c := range map[string]struct {
		path, body string
		status     int
		says       string
	}{
		"an unknown source":     {"/hooks/other/main", "signed {}", 404, "no such source"},
		"no account":            {"/hooks/carrier", "signed {}", 404, ""},
		"a wrong signature":     {"/hooks/carrier/main", `{"Events":[]}`, 401, "signature"},
		"nothing":               {"/hooks/carrier/main", "", 401, "signature"},
		"too much":              {"/hooks/carrier/main", "signed " + strings.Repeat(" ", watch.MostPushed), 413, "bytes"},
		"signed and unreadable": {"/hooks/carrier/main", "signed [", 200, "unreadable"},
	} {
		status, answer, _ := o.post(c.path, c.body)
		if status != c.status || !strings.Contains(answer, c.says) {
			t.Errorf("%s: %d %s", name, status, answer)
		}
	}
	resp, err := http.Get(o.url + "/hooks/carrier/main")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("GET: %s", resp.Status)
	}
	if c := o.w.Tallies()["carrier"]; c.Rejected != 4 {
		t.Errorf("counted %+v", c)
	}
}

// TestHooksWhenTheStoreFails: nothing is acknowledged that is not kept.
func TestHooksWhenTheStoreFails(t *testing.T) {
	o := newOffice(t)
	o.follows("web:local", "a", "SIM1", "carrier")
	o.store.broken = func() error { return errors.New("the disk is full, and a secret path") }
	push := watch.Push{Events: []shipment.Event{o.event("SIM1", -5, shipment.InTransit)}}
	body, _ := json.Marshal(push)
	status, answer, header := o.post("/hooks/carrier/main", "signed "+string(body))
	if status != 503 || header.Get("Retry-After") == "" || strings.Contains(answer, "disk") {
		t.Errorf("%d %s %v", status, answer, header)
	}
	o.store.broken = func() error { return nil }
	if status, told := o.tell(push); status != 200 || told.News != 1 {
		t.Errorf("afterwards: %d %+v", status, told)
	}
}

// TestSlowSenders: two hundred that send a byte and then nothing hold up nobody.
func TestSlowSenders(t *testing.T) {
	o := newOffice(t)
	o.follows("web:local", "a", "SIM1", "carrier")
	host := strings.TrimPrefix(o.url, "http://")
	for range 200 {
		c, err := net.Dial("tcp", host)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { c.Close() })
		fmt.Fprintf(c, "POST /hooks/carrier/main HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\ns")
	}
	if status, told := o.tell(watch.Push{Events: []shipment.Event{o.event("SIM1", -5, shipment.InTransit)}}); status != 200 || told.News != 1 {
		t.Errorf("%d %+v", status, told)
	}
}

// TestPushesAtOnce: thirty posts about one shipment at the same time, each with its own event: all of them are in it.
func TestPushesAtOnce(t *testing.T) {
	o := newOffice(t)
	o.follows("web:local", "a", "SIM1", "carrier")
	o.follows("web:local", "b", "SIM1", "carrier")
	var all sync.WaitGroup
	for i := range 30 {
		all.Go(func() {
			e := o.event("SIM1", -i-1, shipment.InTransit)
			e.Place.Name = fmt.Sprint("hub ", i)
			if status, told := o.tell(watch.Push{Events: []shipment.Event{e}}); status != 200 || told.Shipments != 2 {
				t.Errorf("%d %+v", status, told)
			}
		})
	}
	all.Wait()
	for _, id := range []string{"a", "b"} {
		if n := len(o.get("web:local", id, "SIM1").Shipment.Events); n != 30 {
			t.Errorf("%d events in %s", n, id)
		}
	}
}

// TestNeverWritten: a shipment that cannot be written is given up, and the sender comes again.
func TestNeverWritten(t *testing.T) {
	o := newOffice(t)
	o.follows("web:local", "a", "SIM1", "carrier")
	delete(o.store.cases, "a")
	_, err := o.w.Heard(context.Background(), "carrier", watch.Push{Events: []shipment.Event{o.event("SIM1", -5, shipment.InTransit)}})
	if err == nil {
		t.Error("it was not written, and is said to be")
	}
}

func TestTexts(t *testing.T) {
	for in, want := range map[string]string{
		"  two\twords\r\n": "two words", "a\u202eb\u200bc\x00d\ufffd": "abcd", strings.Repeat("货", 400): strings.Repeat("货", 299) + "…", "": "",
	} {
		if got := watch.Plain(in); got != want {
			t.Errorf("%q: %q", in, got)
		}
	}
	for in, want := range map[string]string{"\xd6\xd0\xb9\xfa": "中国", "中国": "中国", "\ufeff{}": "{}", "\xff\xff": "\ufffd\ufffd"} {
		if got := string(watch.UTF8([]byte(in))); got != want && in != "\xff\xff" {
			t.Errorf("%q: %q", in, got)
		}
	}
}
