package shipment

import (
	"reflect"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestPrint(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := rapid.SliceOfN(rapid.Custom(anyEvent), 0, 8).Draw(t, "events")
		for i := range events {
			events[i].Seen = time.Time{}
		}
		want := Print(events)
		again := rapid.Permutation(events).Draw(t, "order")
		for i := range again {
			if !again[i].At.After(at(24 * 40)) {
				again[i].Seen = at(24 * 50)
			}
		}
		if got := Print(again); got != want {
			t.Fatalf("another order, told later: %x and %x", want, got)
		}
		if len(events) > 0 {
			if Print(events[1:]) == want || Print(append(events, events[0])) == want {
				t.Fatal("one event less or more has the same print")
			}
		}
	})
}

// TestPrintSeesEveryField changes one field after the other.
func TestPrintSeesEveryField(t *testing.T) {
	full := Event{
		Number: "N", At: at(0), TZKnown: true, Seq: 1, Status: InTransit, Sub: "s", Exception: true, Place: Place{"n", "CN", "c"},
		Text: "t", Source: "x", Code: "C", ETA: Date{2026, 3, 4}, Count: Count{2, 1},
	}
	was := Print([]Event{full})
	for field := range reflect.TypeFor[Event]().Fields() {
		e := full
		reflect.ValueOf(&e).Elem().FieldByIndex(field.Index).SetZero()
		switch field.Name {
		case "Number", "Key", "Seen", "Until": // not the source's, or not the answer's
			if Print([]Event{e}) != was {
				t.Errorf("%s changes the print", field.Name)
			}
		case "Standing":
			e.Standing = true
			if Print([]Event{e}) == was {
				t.Error("Standing does not change the print")
			}
			later := e
			later.At = at(3)
			if Print([]Event{e}) != Print([]Event{later}) {
				t.Error("a standing event told later changes the print")
			}
		default:
			if Print([]Event{e}) == was {
				t.Errorf("%s does not change the print", field.Name)
			}
		}
	}
	if Print(nil) == 0 {
		t.Error("no answer has no print")
	}
	soon := full
	soon.Seen = at(-27)
	if Print([]Event{soon}) != 0 {
		t.Error("an event from the future has a print")
	}
}

func BenchmarkPrint(b *testing.B) {
	var events []Event
	for i := range 10 {
		e := scan(i, InTransit, "departed_port")
		e.Place = Place{"Yantian", "CN", "CNYTN"}
		events = append(events, e)
	}
	b.ReportAllocs()
	for b.Loop() {
		Print(events)
	}
}
