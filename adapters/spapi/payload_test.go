package spapi

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"

	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

var update = flag.Bool("update", false, "write the golden files")

var seen = time.Date(2026, 7, 20, 12, 0, 0, 0, time.UTC)

// read reads a payload as its operation does. The kind is the first word of the file's name.
func read(kind string, body []byte, at time.Time) ([]shipment.Event, error) {
	const n = "NUMBER"
	body = watch.UTF8(body)
	switch kind {
	case "tracking":
		var a trackingAnswer
		err := json.Unmarshal(body, &a)
		return a.events(n, at), err
	case "shipping":
		var a shippingAnswer
		err := json.Unmarshal(body, &a)
		return a.events(n, at), err
	case "standings":
		var a standingsAnswer
		err := json.Unmarshal(body, &a)
		var list []shipment.Event
		for _, s := range a.Payload.Data {
			list = append(list, s.event(n, at))
		}
		return list, err
	case "items":
		var a itemsAnswer
		err := json.Unmarshal(body, &a)
		return counted(n, a.count(shipment.Count{}), at), err
	case "inbound":
		var a inboundShipment
		err := json.Unmarshal(body, &a)
		return append([]shipment.Event{a.event(n, at)}, a.window(n, at)...), err
	case "awd":
		var a awdAnswer
		err := json.Unmarshal(body, &a)
		return a.events(n, at), err
	}
	return nil, fmt.Errorf("a payload of kind %q", kind)
}

type payload struct {
	name, kind string
	body       []byte
}

func payloads(t testing.TB) (list []payload) {
	t.Helper()
	names, err := filepath.Glob("testdata/payloads/*.json")
	if err != nil || len(names) < 14 {
		t.Fatalf("%d payloads, %v", len(names), err)
	}
	for _, name := range names {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		kind, _, _ := strings.Cut(filepath.Base(name), ".")
		list = append(list, payload{name, kind, body})
	}
	return list
}

// TestPayloads reads every recorded answer and compares what it tells with the file beside it: one line an event, and at the end where
// the shipment stands. Run with -update to write them, and read the diff.
func TestPayloads(t *testing.T) {
	for _, p := range payloads(t) {
		t.Run(strings.TrimSuffix(filepath.Base(p.name), ".json"), func(t *testing.T) {
			events, err := read(p.kind, p.body, seen)
			if err != nil {
				t.Fatal(err)
			}
			var b strings.Builder
			for _, e := range events {
				fmt.Fprintln(&b, line(e))
			}
			s, _ := shipment.Shipment{Number: "NUMBER", FBA: p.kind != "shipping"}.Apply(events...)
			fmt.Fprintf(&b, "= %s %s; exception %t, last ordinary %s, ETA %s, received %d of %d\n", s.Now(), s.Sub, s.Exception, s.LastOK, s.ETA, s.Count.Received, s.Count.Shipped)
			golden := strings.TrimSuffix(p.name, ".json") + ".golden"
			if *update {
				if err := os.WriteFile(golden, []byte(b.String()), 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			want, err := os.ReadFile(golden)
			if err != nil {
				t.Fatal(err)
			}
			if d := cmp.Diff(string(want), b.String()); d != "" {
				t.Errorf("(-want +got):\n%s", d)
			}
		})
	}
}

// line is an event as a person reads it.
func line(e shipment.Event) string {
	when := e.At.Format("2006-01-02 15:04:05Z07:00")
	switch {
	case e.Standing:
		when = "standing            "
	case !e.TZKnown:
		when = e.At.Format("2006-01-02 15:04:05 ")
	}
	out := []string{when}
	if e.Status != "" || e.Sub != "" {
		out = append(out, strings.TrimSuffix(fmt.Sprintf("%s/%s", e.Status, e.Sub), "/"))
	}
	if e.Exception {
		out = append(out, "!")
	}
	if e.Place != (shipment.Place{}) {
		out = append(out, fmt.Sprintf("at %q %s %s", e.Place.Name, e.Place.Country, e.Place.Code))
	}
	if e.Code != "" {
		out = append(out, "code "+e.Code)
	}
	if e.Text != "" {
		out = append(out, fmt.Sprintf("%q", e.Text))
	}
	if !e.ETA.IsZero() {
		out = append(out, "ETA "+e.ETA.String())
	}
	if e.Count != (shipment.Count{}) {
		out = append(out, fmt.Sprintf("received %d of %d", e.Count.Received, e.Count.Shipped))
	}
	return strings.Join(out, " ")
}

// TestGBK checks that an answer in GBK is read as the same one in UTF-8.
func TestGBK(t *testing.T) {
	for _, p := range payloads(t) {
		body, err := simplifiedchinese.GBK.NewEncoder().Bytes(p.body)
		if err != nil {
			continue // it has a character that GBK has not
		}
		want, _ := read(p.kind, p.body, seen)
		got, err := read(p.kind, body, seen)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %v\n%s", p.name, err, d)
		}
	}
}

// TestAnyOrderThreeTimes checks for everything Amazon may say of one shipment that neither the order of the answers nor their repetition
// matters, over days of looks that see ever longer parts of the history.
func TestAnyOrderThreeTimes(t *testing.T) {
	all := payloads(t)
	rapid.Check(t, func(t *rapid.T) {
		var looks [][]shipment.Event
		for range rapid.IntRange(1, 6).Draw(t, "looks") {
			p := rapid.SampledFrom(all).Draw(t, "payload")
			at := seen.Add(time.Duration(rapid.IntRange(0, 200).Draw(t, "hours")) * time.Hour)
			events, err := read(p.kind, p.body, at)
			if err != nil {
				t.Fatal(err)
			}
			events = events[rapid.IntRange(0, len(events)).Draw(t, "missing"):] // the newest come first
			for range 3 {
				looks = append(looks, events)
			}
		}
		start := shipment.Shipment{Number: "NUMBER", FBA: rapid.Bool().Draw(t, "fba"), Registered: seen.Add(-24 * time.Hour * 40)}
		want := start
		for _, events := range looks {
			want, _ = want.Apply(events...)
		}
		got := start
		for _, events := range rapid.Permutation(looks).Draw(t, "order") {
			got, _ = got.Apply(events...)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatalf("another order gave another shipment (-want +got):\n%s", d)
		}
		for _, events := range looks {
			if _, changes := got.Apply(events...); len(changes) != 0 {
				t.Fatalf("told again, it was news again: %+v", changes)
			}
		}
	})
}

// FuzzRead checks that no answer, however broken, breaks the program, and that what is read of it can be applied in any order.
func FuzzRead(f *testing.F) {
	for _, p := range payloads(f) {
		f.Add(p.kind, p.body)
	}
	f.Add("tracking", []byte(`{"trackingDetail":{"milestoneHistory":[{"status":{"code":"`+strings.Repeat("A", 5000)+`"},"occurredAt":"9999999999999"}]}}`))
	f.Add("items", []byte(`{"payload":{"ItemData":[{"QuantityShipped":9223372036854775807,"QuantityReceived":-5},{"QuantityShipped":9223372036854775807}]}}`))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		events, err := read(kind, body, seen)
		if err != nil {
			return
		}
		for _, e := range events {
			if e.Number != "NUMBER" || e.Seen.IsZero() || e.At.IsZero() || e.Source != Name {
				t.Fatalf("an event without its number, its time or its source: %+v", e)
			}
			if len(e.Text) > 2000 || len(e.Place.Name) > 4000 || strings.ContainsAny(e.Text, "\n\u202e\x00") || len(e.Code) > 200 {
				t.Fatalf("a text that cannot be shown: %+v", e)
			}
			if e.Status != "" && !e.Status.Known() || e.Count.Shipped < 0 || e.Count.Received < 0 {
				t.Fatalf("a status or a count that is none: %+v", e)
			}
		}
		forward, _ := shipment.Shipment{Number: "NUMBER"}.Apply(events...)
		backward := shipment.Shipment{Number: "NUMBER"}
		for i := len(events) - 1; i >= 0; i-- {
			backward, _ = backward.Apply(events[i])
		}
		if d := cmp.Diff(forward, backward); d != "" {
			t.Fatalf("the other way round: %s", d)
		}
		text, err := json.Marshal(forward)
		if err != nil || !json.Valid(text) {
			t.Fatal(err)
		}
	})
}
