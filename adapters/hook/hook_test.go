package hook_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/santhosh-tekuri/jsonschema/v6"

	"xiaobao/adapters/hook"
	"xiaobao/docs"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/shipment/watch/watchtest"
)

const key = "an installation's key of 32 letters and more"

var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

func newHook(t testing.TB, keys ...string) *hook.Hook {
	t.Helper()
	h, err := hook.New(keys, func() time.Time { return now })
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func post(h *hook.Hook, tenant, signature string, body []byte) (watch.Push, error) {
	r := httptest.NewRequest("POST", "/hooks/hook/x", bytes.NewReader(body))
	r.SetPathValue("account", tenant)
	if signature != "" {
		r.Header.Set(hook.Header, signature)
	}
	return h.Read(r)
}

func status(err error) int {
	var r *watch.Rejected
	if errors.As(err, &r) {
		return r.Status
	}
	return 0
}

func TestExample(t *testing.T) {
	h := newHook(t, key)
	body := []byte(docs.EventsExample)
	push, err := post(h, "web:local", hook.Sign(h.Secret("web:local"), now.Add(-time.Minute), body), body)
	if err != nil || push.Tenant != "web:local" {
		t.Fatal(push.Tenant, err)
	}
	const want = `FWD2026112601 2026-11-24T17:30:00+08:00 PICKED_UP at=东莞 country=CN seen=2026-11-26T11:59:00Z
FWD2026112601 2026-11-26T02:10:00Z (no zone) IN_TRANSIT/departed_port at=盐田 country=CN text=离港 MSC ANNA 247E eta=2026-12-16 seen=2026-11-26T11:59:00Z
FWD2026112602 2026-11-26T09:00:00-08:00 CUSTOMS/import_hold code=HOLD-7H at=Los Angeles country=US seen=2026-11-26T11:59:00Z exception
`
	if got := watchtest.Describe(push.Events, nil, nil); got != want {
		t.Errorf("got:\n%s", got)
	}
	watchtest.Payloads(t, shipment.Shipment{Number: "FWD2026112601"}, push.Events[:1], push.Events[1:2], push.Events[:2])
}

// TestSignature: two hundred ways to be wrong, and none is parsed.
func TestSignature(t *testing.T) {
	h := newHook(t, key)
	body := []byte(docs.EventsExample)
	good := hook.Sign(h.Secret("web:local"), now, body)
	if _, err := post(h, "web:local", good, body); err != nil {
		t.Fatal(err)
	}
	if _, err := post(h, "web:local", strings.Replace(good, ",", ", ", 1), body); err != nil {
		t.Errorf("a space after the comma: %v", err)
	}
	_, mac, _ := strings.Cut(good, "v1=")
	wrong := []string{"", "x", "t=,v1=", "v1=" + mac, strings.Replace(good, "t=", "t=-", 1), strings.Replace(good, "t=", "t=0", 1), good[:len(good)-1], good + "0",
		strings.Replace(good, "v1=", "v0=", 1), "t=292277026596,v1=" + mac, "t=99999999999999999999,v1=" + mac, "t=1e9,v1=" + mac, hook.Sign("", now, body), hook.Sign(key, now, body)}
	for i := range good {
		if c := good[i]; c >= '0' && c <= '9' || c >= 'a' && c <= 'f' {
			b := []byte(good)
			b[i] ^= 1
			wrong = append(wrong, string(b))
		}
	}
	for _, s := range wrong {
		if _, err := post(h, "web:local", s, []byte("{")); status(err) != http.StatusUnauthorized {
			t.Errorf("%q: %v", s, err)
		}
		if _, err := post(h, "web:local", s, body); status(err) != http.StatusUnauthorized {
			t.Errorf("%q was taken: %v", s, err)
		}
	}
	for i := range body {
		b := bytes.Clone(body)
		b[i] ^= 1
		if _, err := post(h, "web:local", good, b); status(err) != http.StatusUnauthorized {
			t.Fatalf("a body that was changed at byte %d was taken", i)
		}
	}
	for _, tenant := range []string{"", "slack:T1", "web:local ", "WEB:LOCAL"} {
		if _, err := post(h, tenant, good, body); status(err) != http.StatusUnauthorized {
			t.Errorf("the secret of web:local is good for %q", tenant)
		}
	}
	for off, want := range map[time.Duration]int{-301 * time.Second: 401, -299 * time.Second: 0, 299 * time.Second: 0, 301 * time.Second: 401, 365 * 24 * time.Hour: 401} {
		push, err := post(h, "web:local", hook.Sign(h.Secret("web:local"), now.Add(off), body), body)
		if status(err) != want || err == nil && push.Events[0].Seen.After(now) {
			t.Errorf("signed %s away: %v", off, err)
		}
	}
}

func TestKeys(t *testing.T) {
	body := []byte(docs.EventsExample)
	before, after := newHook(t, key), newHook(t, key+" new", key)
	if _, err := post(after, "a", hook.Sign(before.Secret("a"), now, body), body); err != nil {
		t.Errorf("the secret from before: %v", err)
	}
	if _, err := post(after, "a", hook.Sign(after.Secret("a"), now, body), body); err != nil {
		t.Errorf("the new secret: %v", err)
	}
	if _, err := post(newHook(t, key+" new"), "a", hook.Sign(before.Secret("a"), now, body), body); status(err) != 401 {
		t.Errorf("a key that was taken away is still good: %v", err)
	}
	if before.Secret("a") == before.Secret("b") || len(before.Secret("a")) < 40 {
		t.Error("secrets")
	}
	for _, keys := range [][]string{nil, {""}, {"short"}, {key, "short"}} {
		if _, err := hook.New(keys, time.Now); err == nil {
			t.Errorf("%q are taken for keys", keys)
		}
	}
}

// cases are documents, and what is wrong with them; "" is nothing.
var cases = []struct{ body, fault string }{
	{`{"events":[{"number":"a 1","at":"2026-11-26T08:00:00Z","status":"in_transit"}]}`, ""}, // the schema wants capitals; we do not mind
	{`{"events":[{"number":"A1","at":"1764144000000","text":"x"}]}`, ""},
	{`{"events":[{"number":"A1","at":"2026-11-26","eta":"2026-12-24"}]}`, ""},
	{`{"events":[{"number":"A1","at":"2026-11-26 08:00","status":"EXCEPTION","exception":true,"reason":"Lost"}]}`, ""},
	{`{"events":[{"number":"A1","at":"2026-11-26T08:00:00Z","scheme":"upu","code":"EMB"}]}`, ""},
	{`{"events":[{"number":"A1","at":"2026-11-26T08:00:00Z","scheme":"upu"}]}`, "events[0].code: missing"},
	{`{"events":[{"number":"A1","at":"2026-11-26T08:00:00Z","scheme":"ups","code":"I"}]}`, "events[0].scheme: none of karrio, mcf, shippo, trackingmore, upu"},
	{``, "not JSON"},
	{`{`, "not JSON"},
	{`[]`, "array"},
	{`{}`, "events: missing"},
	{`{"events":null}`, "events: missing"},
	{`{"events":[]}`, "events: empty"},
	{`{"events":[{}]}`, "events[0].number: missing"},
	{`{"events":[{"number":"A1"}]}`, "events[0].at: missing"},
	{`{"events":[{"number":"A1","at":"2026-11-26T08:00:00Z"}]}`, "neither scheme with code nor text nor eta"},
	{`{"events":[{"number":"A1","at":"yesterday","text":"x"}]}`, "events[0].at: not a time"},
	{`{"events":[{"number":"A1","at":"2026-11-26T08:00:00Z","status":"LOST"}]}`, "events[0].status: none of "},
	{`{"events":[{"number":"A1","at":"2026-11-26T08:00:00Z","status":"EXCEPTION","country":"China"}]}`, "country"},
	{`{"events":[{"number":"A1","at":"2026-11-26T08:00:00Z","status":"EXCEPTION","country":"中"}]}`, "country"},
	{`{"events":[{"number":"A1","at":"2026-11-26T08:00:00Z","eta":"24.12.2026"}]}`, "eta"},
	{`{"events":[{"number":7,"at":"2026-11-26T08:00:00Z","text":"x"}]}`, "a number where"},
	{`{"events":[{"number":" ","at":"2026-11-26T08:00:00Z","text":"x"}]}`, "number: missing"},
	{`{"events":[{"number":"` + strings.Repeat("1", 41) + `","at":"2026-11-26T08:00:00Z","text":"x"}]}`, "longer than 40"},
	{`{"events":[{"number":"A1","at":"2026-11-26T08:00:00Z","text":"x","tracking":"?"}]}`, `unknown field "tracking"`},
	{`{"events":[{"number":"A1","at":"2026-11-26T08:00:00Z","text":"x"}]} {}`, "follows"},
	{`{"events":[` + strings.TrimSuffix(strings.Repeat(`{"number":"A1","at":"2026-11-26T08:00:00Z","text":"x"},`, 1001), ",") + `]}`, "at most 1000"},
	{`{"events":[` + strings.TrimSuffix(strings.Repeat(`{},`, 30), ",") + `]}`, "and 70 more"},
}

func TestFaults(t *testing.T) {
	c := jsonschema.NewCompiler()
	doc, err := jsonschema.UnmarshalJSON(strings.NewReader(docs.EventsSchema))
	if err != nil {
		t.Fatal(err)
	}
	if err := c.AddResource("events.json", doc); err != nil {
		t.Fatal(err)
	}
	schema, err := c.Compile("events.json")
	if err != nil {
		t.Fatal(err)
	}
	example, _ := jsonschema.UnmarshalJSON(strings.NewReader(docs.EventsExample))
	if err := schema.Validate(example); err != nil {
		t.Errorf("the example: %v", err)
	}
	h := newHook(t, key)
	for i, c := range cases {
		body := []byte(c.body)
		push, err := post(h, "web:local", hook.Sign(h.Secret("web:local"), now, body), body)
		var r *watch.Rejected
		switch {
		case c.fault == "":
			if err != nil || len(push.Events) == 0 {
				t.Errorf("%.80s: %v", c.body, err)
			}
			watchtest.Sane(t, push.Events, now)
		case !errors.As(err, &r) || r.Status != 400 || len(push.Events) > 0 || !strings.Contains(strings.Join(r.Faults, "\n"), c.fault):
			t.Errorf("%.80s: %+v, want %q", c.body, err, c.fault)
		}
		// what the schema takes we take, and what we refuse it refuses
		doc, err := jsonschema.UnmarshalJSON(strings.NewReader(c.body))
		valid := err == nil && schema.Validate(doc) == nil
		if loose := i == 0 || strings.Contains(c.body, "yesterday"); valid != (c.fault == "") && !loose {
			t.Errorf("%.80s: the schema says %t", c.body, valid)
		}
	}
}

// TestSchemes: a code of a list that others use too says the status, however it is written; one that the list does not have changes nothing.
func TestSchemes(t *testing.T) {
	for _, c := range []struct {
		event string
		want  shipment.Event
	}{
		{`"scheme":"upu","code":"EMB"`, shipment.Event{Code: "upu/EMB", Status: shipment.InTransit, Sub: "export_office_arrival"}},
		{`"scheme":"UPU","code":"exb"`, shipment.Event{Code: "upu/exb", Status: shipment.Customs, Sub: "export_hold", Exception: true}},
		{`"scheme":"shippo","code":"TRANSIT/out_for_delivery"`, shipment.Event{Code: "shippo/TRANSIT/out_for_delivery", Status: shipment.OutForDelivery}},
		{`"scheme":"mcf","code":"EVENT_409","reason":"stolen"`, shipment.Event{Code: "mcf/EVENT_409", Status: shipment.Exception, Sub: "stolen", Exception: true}},
		{`"scheme":"upu","code":"EMB","status":"PICKED_UP"`, shipment.Event{Code: "upu/EMB", Status: shipment.PickedUp}},
		{`"scheme":"upu","code":"EQQ"`, shipment.Event{Code: "upu/EQQ"}},
	} {
		events, err := hook.Parse([]byte(`{"events":[{"number":"A1","at":"2026-11-26T08:00:00Z",`+c.event+`}]}`), now)
		if err != nil {
			t.Errorf("%s: %v", c.event, err)
			continue
		}
		got := events[0]
		if got.Code != c.want.Code || got.Status != c.want.Status || got.Sub != c.want.Sub || got.Exception != c.want.Exception || got.Strange() != (c.want.Status == "") {
			t.Errorf("%s: %+v", c.event, got)
		}
	}
}

func TestLarge(t *testing.T) {
	h := newHook(t, key)
	r := httptest.NewRequest("POST", "/", http.MaxBytesReader(nil, http.NoBody, 1))
	if _, err := h.Read(r); status(err) != 401 {
		t.Errorf("%v", err)
	}
	r = httptest.NewRequest("POST", "/", http.MaxBytesReader(nil, io.NopCloser(strings.NewReader("more than that")), 3))
	if _, err := h.Read(r); status(err) != http.StatusRequestEntityTooLarge {
		t.Errorf("%v", err)
	}
	r = httptest.NewRequest("POST", "/", broken{})
	if _, err := h.Read(r); status(err) != http.StatusBadRequest {
		t.Errorf("%v", err)
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, fmt.Errorf("connection reset") }

func FuzzRead(f *testing.F) {
	f.Add([]byte(docs.EventsExample))
	for _, c := range cases {
		if len(c.body) < 1000 {
			f.Add([]byte(c.body))
		}
	}
	h := newHook(f, key)
	f.Fuzz(func(t *testing.T, body []byte) {
		push, err := post(h, "web:local", hook.Sign(h.Secret("web:local"), now, body), body)
		if err != nil && status(err) != 400 {
			t.Fatalf("%v", err)
		}
		watchtest.Sane(t, push.Events, now)
	})
}
