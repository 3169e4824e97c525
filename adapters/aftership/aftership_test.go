package aftership_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/aftership"
	"xiaobao/adapters/aftership/aftershiptest"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/shipment/watch/watchtest"
)

var update = flag.Bool("update", false, "write testdata/*.golden again")

var now = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

func source(base string) *aftership.Source {
	return aftership.New(aftership.Config{
		Key: aftershiptest.Key, Secret: aftershiptest.Secret, Base: base, Pace: 1000, Client: &http.Client{Timeout: 5 * time.Second},
		Now: func() time.Time { return now },
	})
}

func number(n string) shipment.Number {
	return shipment.Number{Number: n, Registered: time.Date(2026, 6, 20, 0, 0, 0, 0, time.UTC)}
}

func post(s *aftership.Source, body []byte, signature string) (watch.Push, error) {
	r := httptest.NewRequest("POST", "/hooks/aftership/main", bytes.NewReader(body))
	r.Header.Set("aftership-hmac-sha256", signature)
	return s.Read(r)
}

func read(s *aftership.Source, body []byte) (watch.Push, error) {
	return post(s, body, aftershiptest.Sign(aftershiptest.Secret, body))
}

func status(err error) int {
	var r *watch.Rejected
	if errors.As(err, &r) {
		return r.Status
	}
	return 0
}

func payload(t testing.TB, name string) []byte {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestPayloads(t *testing.T) {
	s := source("http://127.0.0.1:1")
	files, _ := filepath.Glob("testdata/*.json")
	if len(files) < 7 {
		t.Fatal(files)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		push, err := read(s, body)
		got := watchtest.Describe(push.Events, push.Look, err)
		golden := strings.TrimSuffix(name, ".json") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("%s: %v\ngot:\n%s\nwant:\n%s", name, err, got, want)
		}
		watchtest.Sane(t, push.Events, now)
	}
}

func TestPayloadsInAnyOrder(t *testing.T) {
	s := source("http://127.0.0.1:1")
	var all [][]shipment.Event
	for _, name := range []string{"1-picked-up", "2-edd-revised", "3-held", "4-delivered"} {
		push, err := read(s, payload(t, name))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, push.Events)
	}
	start := shipment.Shipment{Number: "YT2229521272164446", Registered: number("").Registered}
	watchtest.Payloads(t, start, all...)
	eta := start
	for _, p := range all[:3] {
		eta, _ = eta.Apply(p...)
	}
	if eta.ETA.String() != "2026-07-06" || eta.Now() != shipment.Customs || !eta.Exception {
		t.Errorf("held: %s, estimate %s", eta.Now(), eta.ETA)
	}
}

// TestSignature has the vector of the research, and every way to be wrong that comes to mind.
func TestSignature(t *testing.T) {
	const body, want = `{"event":"tracking_update","event_id":"8a5b0c1e-0000-4000-8000-000000000001","is_tracking_first_tag":true,"msg":{"slug":"fedex","tracking_number":"LOCAL-TEST-123","tag":"InTransit"},"ts":1700000000}`,
		"1/KFMpb6cSHZ+yPEpAQ0zL7aZm5ABzdAZVa2YiVSO+w="
	s := aftership.New(aftership.Config{Key: "k", Secret: "secret"})
	push, err := post(s, []byte(body), want)
	if err != nil || len(push.Events) != 1 || push.Events[0].Status != shipment.InTransit || !push.Events[0].Seen.Equal(time.Unix(1700000000, 0)) {
		t.Errorf("%+v, %v", push, err)
	}
	for i := range want {
		wrong := []byte(want)
		wrong[i] ^= 4
		if _, err := post(s, []byte("{"), string(wrong)); status(err) != 401 {
			t.Errorf("%s: %v", wrong, err)
		}
	}
	for _, signature := range []string{"", "x", want[1:], want + "=", aftershiptest.Sign("other", []byte(body)), aftershiptest.Sign("", []byte(body))} {
		if _, err := post(s, []byte(body), signature); status(err) != 401 {
			t.Errorf("%q: %v", signature, err)
		}
	}
	if _, err := post(aftership.New(aftership.Config{Key: "k"}), []byte(body), aftershiptest.Sign("", []byte(body))); status(err) != 401 {
		t.Errorf("without a secret: %v", err)
	}
	for _, useless := range []string{"", "[]", "{}", `{"msg":{"tracking_number":7}}`} {
		if _, err := read(source("http://127.0.0.1:1"), []byte(useless)); status(err) != 200 {
			t.Errorf("%q: %v", useless, err)
		}
	}
}

// msg is the tracking of a payload.
func msg(t testing.TB, name string) string {
	t.Helper()
	var p struct {
		Msg json.RawMessage `json:"msg"`
	}
	if err := json.Unmarshal(payload(t, name), &p); err != nil {
		t.Fatal(err)
	}
	return string(p.Msg)
}

func TestPull(t *testing.T) {
	api := aftershiptest.New(t)
	s := source(api.URL)
	ctx := context.Background()
	if err := s.Register(ctx, []shipment.Number{number("YT2229521272164446"), {Number: "X1234567", Carrier: "usps"}, number("YT2229521272164446")}); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(api.Creates); got != "[YT2229521272164446/ X1234567/usps YT2229521272164446/]" {
		t.Error(got)
	}
	if events, err := s.Pull(ctx, []shipment.Number{number("YT2229521272164446")}); len(events) != 0 || err != nil {
		t.Errorf("nothing is known yet: %v %v", events, err)
	}
	api.Knows("YT2229521272164446", msg(t, "4-delivered"))
	api.Refuse("BAD12345", 4005)
	api.Refuse("WHOSE123", 4012)
	api.Refuse("POSTCODE1", 4011)
	events, err := s.Pull(ctx, []shipment.Number{number("YT2229521272164446"), number("NEW12345"), number("BAD12345"), number("WHOSE123"), number("POSTCODE1")})
	f, ok := err.(watch.Faults)
	if !ok || len(f) != 3 || !watch.IsDeclined(f["BAD12345"]) || len(events) != 8 {
		t.Errorf("%d events, %v", len(events), err)
	}
	if subs := events[5].Sub + " " + events[6].Sub + " " + events[7].Sub; subs != "number_invalid carrier_unknown needs_more" {
		t.Error(subs)
	}
	if err := s.Ping(ctx); err != nil {
		t.Error(err)
	}
}

func TestFaults(t *testing.T) {
	api := aftershiptest.New(t)
	api.Knows("YT2229521272164446", msg(t, "4-delivered"))
	s := source(api.URL)
	ask := []shipment.Number{number("YT2229521272164446")}
	for name, c := range map[string]struct {
		aftershiptest.Fault
		stops bool
	}{
		"429": {aftershiptest.Fault{Status: 429, Header: fmt.Sprint(now.Unix() + 9)}, false}, "500": {aftershiptest.Fault{Status: 500}, false},
		"502 in HTML": {aftershiptest.Fault{Status: 502, Body: "<html>"}, false}, "half an answer": {aftershiptest.Fault{Cut: 100}, false},
		"HTML": {aftershiptest.Fault{Body: "<html>"}, false}, "another shape": {aftershiptest.Fault{Body: `{"meta":{"code":200},"data":[]}`}, false},
		"a key that was revoked": {aftershiptest.Fault{Status: 401, Code: 401}, true}, "no such plan": {aftershiptest.Fault{Status: 403}, true},
		"the plan is used up": {aftershiptest.Fault{Status: 402}, true}, "an error with 200": {aftershiptest.Fault{Code: 500}, false},
	} {
		api.Fail(c.Fault)
		events, err := s.Pull(context.Background(), ask)
		if _, stops := watch.IsStop(err); err == nil || len(events) != 0 || stops != c.stops || strings.Contains(err.Error(), aftershiptest.Key) {
			t.Errorf("%s: %d events, %v", name, len(events), err)
		}
		if events, err := s.Pull(context.Background(), ask); err != nil || len(events) != 5 {
			t.Errorf("after %s: %d events, %v", name, len(events), err)
		}
	}
	if _, err := aftership.New(aftership.Config{Key: "wrong", Base: api.URL}).Pull(context.Background(), ask); err == nil {
		t.Error("a wrong key")
	} else if _, stops := watch.IsStop(err); !stops {
		t.Error(err)
	}
}

// TestCreatingFailsAlone: what was read of a batch counts although a tracking of it could not be created.
func TestCreatingFailsAlone(t *testing.T) {
	api := aftershiptest.New(t)
	s := source(api.URL)
	api.Knows("YT2229521272164446", msg(t, "4-delivered"))
	for i, f := range []aftershiptest.Fault{{Status: 500}, {Cut: 20}, {Status: 402}} {
		missing, other := fmt.Sprint("NEW1234", i), fmt.Sprint("OTHER1234", i)
		api.Fail(aftershiptest.Fault{}, f) // the list, and then the creation
		events, err := s.Pull(context.Background(), []shipment.Number{number("YT2229521272164446"), number(missing), number(other)})
		if f.Status == 402 {
			if _, stops := watch.IsStop(err); !stops {
				t.Errorf("a plan that is used up: %v", err)
			}
			continue
		}
		if failed, ok := err.(watch.Faults); !ok || len(failed) != 2 || failed[missing] == nil || watch.IsDeclined(failed[missing]) || len(events) != 5 {
			t.Errorf("%+v: %d events, %v", f, len(events), err)
		}
		if slices.Contains(api.Creates, other+"/") {
			t.Errorf("%+v: another was tried at once", f)
		}
	}
}

func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, name := range files {
		body, _ := os.ReadFile(name)
		f.Add(body)
	}
	s := source("http://127.0.0.1:1")
	f.Fuzz(func(t *testing.T, body []byte) {
		push, err := read(s, body)
		if err != nil && status(err) != 200 {
			t.Fatal(err)
		}
		watchtest.Sane(t, push.Events, now)
	})
}
