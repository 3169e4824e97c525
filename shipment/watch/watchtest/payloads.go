package watchtest

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"xiaobao/shipment"
)

// Payloads checks what every source's payloads about one number must come to: whatever order they arrive in, each of them three
// times, the shipment is the same in the end, and what comes again is no news.
func Payloads(t *testing.T, start shipment.Shipment, payloads ...[]shipment.Event) {
	t.Helper()
	if start.Registered.IsZero() {
		start.Registered = time.Date(2026, 6, 1, 0, 0, 0, 0, time.UTC)
	}
	want := start
	for _, p := range payloads {
		want, _ = want.Apply(p...)
	}
	if len(want.Events) == 0 {
		t.Fatal("the payloads tell nothing")
	}
	var thrice []int
	for i := range payloads {
		thrice = append(thrice, i, i, i)
	}
	rapid.Check(t, func(r *rapid.T) {
		s, told := start, map[int]bool{}
		for _, i := range rapid.Permutation(thrice).Draw(r, "order") {
			next, changes := s.Apply(payloads[i]...)
			if told[i] && len(changes) > 0 {
				r.Fatalf("payload %d came again and was news: %+v", i, changes)
			}
			s, told[i] = next, true
		}
		if d := gocmp.Diff(want, s); d != "" {
			r.Fatalf("another order, another shipment (-in order +shuffled):\n%s", d)
		}
	})
}

// Describe writes what a source read, a line for each event, for a golden file.
func Describe(events []shipment.Event, look []string, err error) string {
	var b strings.Builder
	if err != nil {
		fmt.Fprintf(&b, "error: %v\n", err)
	}
	for _, n := range look {
		fmt.Fprintf(&b, "look at %s\n", n)
	}
	for _, e := range events {
		zone := ""
		if !e.TZKnown {
			zone = " (no zone)"
		}
		fmt.Fprintf(&b, "%s %s%s %s", e.Number, e.At.Format(time.RFC3339), zone, cmp.Or(string(e.Status), "-"))
		for _, part := range []struct {
			label, value string
		}{
			{"/", e.Sub}, {" code=", e.Code}, {" at=", e.Place.Name}, {" country=", e.Place.Country}, {" text=", e.Text}, {" eta=", e.ETA.String()},
			{" seen=", e.Seen.Format(time.RFC3339)},
		} {
			if part.value != "" {
				b.WriteString(part.label + part.value)
			}
		}
		if e.Exception {
			b.WriteString(" exception")
		}
		if e.Standing {
			b.WriteString(" standing")
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// Sane checks what must hold of events whatever they were read from: they can be told apart, shown and applied.
func Sane(t *testing.T, events []shipment.Event, now time.Time) {
	t.Helper()
	start := shipment.Shipment{Number: "X", Registered: now}
	for _, e := range events {
		switch {
		case e.Number == "" || e.Source == "":
			t.Fatalf("an event without a number or a source: %+v", e)
		case e.At.IsZero() || e.Seen.IsZero() || e.Seen.After(now):
			t.Fatalf("an event without a time, or heard in the future: %+v", e)
		case e.Status != "" && !e.Status.Known():
			t.Fatalf("a status that is none: %+v", e)
		case e.Status == "" && e.Text == "" && e.Code == "" && e.ETA.IsZero():
			t.Fatalf("an event that says nothing: %+v", e)
		}
		for _, s := range []string{e.Text, e.Place.Name, e.Code, e.Sub} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) || len(s) > 4000 {
				t.Fatalf("%q cannot be shown", s)
			}
		}
	}
	once, _ := start.Apply(events...)
	slices.Reverse(events)
	twice, _ := start.Apply(events...)
	if again, changes := twice.Apply(events...); len(changes) > 0 || again.Status != once.Status {
		t.Fatalf("applied again: %+v", changes)
	}
}
