package adaptertest

import (
	"context"
	"testing"
	"time"

	"xiaobao/shipment"
)

// TestStory takes steps that are longer than the whole journey: every look brings one piece of news at the most, and all come.
func TestStory(t *testing.T) {
	at := time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)
	s := NewStory(at, 160000)
	n := shipment.Number{Number: "SIMAUS00000001", Registered: at}
	heard := 0
	for range 100 {
		events, err := s.Pull(context.Background(), []shipment.Number{n})
		if err != nil {
			t.Fatal(err)
		}
		if len(events) > heard+1 {
			t.Fatalf("%d pieces of news came at once", len(events)-heard)
		}
		heard = len(events)
		s.Step(time.Hour)
		s.Step(time.Hour) // nobody asked in between
	}
	if _, more := s.Next(n, s.Now()); more || heard < 10 {
		t.Errorf("the journey is not over after %d pieces of news", heard)
	}
}
