package shipment

import (
	"testing"
	"time"
	"unsafe"

	"pgregory.net/rapid"
)

func TestPaceIsSmall(t *testing.T) {
	if size := unsafe.Sizeof(Pace{}); size > 16 {
		t.Errorf("a pace has %d bytes: a million of them are kept", size)
	}
}

func TestFreeLooksAreMoreFrequent(t *testing.T) {
	s, _ := toAmazon().Apply(scan(0, OutForDelivery, ""))
	for free, want := range map[bool]time.Duration{true: 30 * time.Minute, false: time.Hour} {
		if next, ok := s.Pace(at(1)).Next(at(1), free); !ok || next.Sub(at(1)) != want {
			t.Errorf("free %t: next look after %s, want %s", free, next.Sub(at(1)), want)
		}
	}
	s, _ = toAmazon().Apply(scan(0, Customs, ""))
	if next, _ := s.Pace(at(1)).Next(at(1), true); next.Sub(at(1)) != 4*time.Hour {
		t.Errorf("in customs, free: next look after %s", next.Sub(at(1)))
	}
}

// TestSilenceIsNotMissed asks Stale at every hour: what it says may only change where a pace said so.
func TestSilenceIsNotMissed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, _ := anyShipment(t).Apply(rapid.SliceOfN(rapid.Custom(anyEvent), 0, 6).Draw(t, "events")...)
		from := rapid.IntRange(-100, 1200).Draw(t, "from")
		now := at(from)
		was, _ := s.Stale(now)
		alarm := s.Pace(now).Alarm()
		for hour := from + 1; hour < from+24*90; hour++ {
			is, _ := s.Stale(at(hour))
			if is.Key != was.Key && (alarm.IsZero() || alarm.After(at(hour))) {
				t.Fatalf("%q became %q at %s, the alarm is set to %s", was.Key, is.Key, at(hour), alarm)
			}
			if is.Key != was.Key {
				return
			}
		}
	})
}

// TestUnchangedPaceIsRight looks again and again without news: a pace made once says the same as one made at every look.
func TestUnchangedPaceIsRight(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s, _ := anyShipment(t).Apply(rapid.SliceOfN(rapid.Custom(anyEvent), 0, 6).Draw(t, "events")...)
		looked := at(rapid.IntRange(0, 500).Draw(t, "looked"))
		pace := s.Pace(looked)
		for range 40 {
			next, ok := pace.Next(looked, false)
			want, wantOK := s.Looked(looked).NextLook(looked)
			if ok != wantOK || ok && !next.Equal(want) {
				t.Fatalf("at %s: %s %t, want %s %t", looked, next, ok, want, wantOK)
			}
			if !ok {
				return
			}
			looked = next
		}
	})
}

func BenchmarkPaceNext(b *testing.B) {
	s, _ := toAmazon().Apply(scan(0, InTransit, "departed_port"))
	p := s.Pace(at(1))
	b.ReportAllocs()
	for b.Loop() {
		p.Next(at(1), false)
	}
}

// TestJustRegistered: where a look costs nothing, whoever has just given a number does not wait for hours.
func TestJustRegistered(t *testing.T) {
	registered := time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)
	s := Shipment{Number: "A1", Registered: registered}
	for after, want := range map[time.Duration]time.Duration{
		0: 10 * time.Minute, time.Hour: 10 * time.Minute, 3 * time.Hour: time.Hour, 13 * time.Hour: 6 * time.Hour, 50 * time.Hour: 12 * time.Hour, 200 * time.Hour: 24 * time.Hour,
	} {
		now := registered.Add(after)
		if next, ok := s.Pace(now).Next(now, true); !ok || next.Sub(now) != want {
			t.Errorf("%s after: looked at again after %s, want %s", after, next.Sub(now), want)
		}
		if next, ok := s.Pace(now).Next(now, false); !ok || next.Sub(now) < 6*time.Hour {
			t.Errorf("%s after, where a look costs something: again after %s", after, next.Sub(now))
		}
	}
	if _, ok := s.Pace(registered.Add(721*time.Hour)).Next(registered.Add(721*time.Hour), true); ok {
		t.Error("it is looked at for ever")
	}
}

// TestAPaceMadeByAPush: the last look lies before what was told.
func TestAPaceMadeByAPush(t *testing.T) {
	s, _ := toAmazon().Apply(scan(0, InTransit, ""), scan(10, OutForDelivery, ""))
	if next, ok := s.Pace(at(10)).Next(at(8), false); !ok || !next.Equal(at(9)) {
		t.Errorf("next look at %s, want an hour after the last", next)
	}
}
