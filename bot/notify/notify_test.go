package notify

import (
	"fmt"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"pgregory.net/rapid"
)

func zone(t testing.TB, name string) *time.Location {
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func hm(h, m int) int { return h*60 + m }

func TestDecide(t *testing.T) {
	shanghai := zone(t, "Asia/Shanghai")
	noon := time.Date(2026, 3, 4, 12, 0, 0, 0, shanghai) // a Wednesday
	night := time.Date(2026, 3, 4, 23, 30, 0, 0, shanghai)
	quiet := Hours{hm(22, 0), hm(8, 0)}
	on := func(day, h, m int) string {
		return time.Date(2026, 3, day, h, m, 0, 0, shanghai).Format(" 01-02 15:04")
	}
	ship := Notification{Topic: "SIM1", Kind: "exception", Urgency: Normal, Card: true}
	with := func(u Urgency, card bool) Notification { n := ship; n.Urgency, n.Card = u, card; return n }
	sorted := func(sorts ...string) Notification { n := ship; n.Sorts = sorts; return n }
	six := []time.Time{noon.Add(-10 * time.Minute), noon.Add(-50 * time.Minute), noon.Add(-20 * time.Minute), noon.Add(-30 * time.Minute), noon.Add(-40 * time.Minute), noon.Add(-5 * time.Minute)}

	tests := []struct {
		name   string
		p      Preferences
		n      Notification
		recent []time.Time
		now    time.Time
		want   string
	}{
		{"news by day", Preferences{Quiet: quiet}, ship, nil, noon, "now news"},
		{"news by night", Preferences{Quiet: quiet}, ship, nil, night, "at quiet" + on(5, 8, 0)},
		{"no quiet hours", Preferences{}, ship, nil, night, "now news"},
		{"critical by day", Preferences{Quiet: quiet}, with(Critical, true), nil, noon, "now critical"},
		{"critical by night", Preferences{Quiet: quiet}, with(Critical, true), nil, night, "at quiet" + on(5, 8, 0)},
		{"critical by night, allowed", Preferences{Quiet: quiet, Loud: true}, with(Critical, true), nil, night, "now critical"},
		{"normal by night, only critical allowed", Preferences{Quiet: quiet, Loud: true}, ship, nil, night, "at quiet" + on(5, 8, 0)},
		{"routine with a card", Preferences{}, with(Routine, true), nil, noon, "card routine"},
		{"routine without a card is not lost", Preferences{}, with(Routine, false), nil, noon, "now news"},
		{"routine with a digest", Preferences{Digest: Rhythm{Every: Daily, Minute: hm(9, 0)}}, with(Routine, true), nil, noon, "digest routine" + on(5, 9, 0)},
		{"normal with a digest", Preferences{Digest: Rhythm{Every: Daily, Minute: hm(9, 0)}}, ship, nil, noon, "now news"},
		{"everything in the digest", Preferences{Digest: Rhythm{Every: Daily, Minute: hm(18, 0), All: true}}, ship, nil, noon, "digest digest" + on(4, 18, 0)},
		{"critical goes round the digest", Preferences{Digest: Rhythm{Every: Daily, Minute: hm(18, 0), All: true}}, with(Critical, true), nil, noon, "now critical"},
		{"weekly digest", Preferences{Digest: Rhythm{Every: Weekly, Day: time.Monday, Minute: hm(9, 0), All: true}}, ship, nil, noon, "digest digest" + on(9, 9, 0)},
		{"digest today is over", Preferences{Digest: Rhythm{Every: Weekly, Day: time.Wednesday, Minute: hm(9, 0), All: true}}, ship, nil, noon, "digest digest" + on(11, 9, 0)},
		{"digest in quiet hours moves", Preferences{Quiet: quiet, Digest: Rhythm{Every: Daily, Minute: hm(6, 0), All: true}}, ship, nil, noon, "digest digest" + on(5, 8, 0)},
		{"muted topic", Preferences{Muted: Muted{Topics: []string{"SIM1"}}}, ship, nil, noon, "card muted"},
		{"other muted topic", Preferences{Muted: Muted{Topics: []string{"SIM2"}}}, ship, nil, noon, "now news"},
		{"muted kind without a card", Preferences{Muted: Muted{Kinds: []string{"exception"}}}, with(Normal, false), nil, noon, "drop muted"},
		{"mute is stronger than critical", Preferences{Muted: Muted{All: true}, Loud: true}, with(Critical, true), nil, noon, "card muted"},
		{"not one of those that are wanted", Preferences{Only: Only{Topics: []string{"SIM2"}, Sorts: []string{"late"}, By: []string{"ann"}}}, ship, nil, noon, "card only"},
		{"wanted by name, whatever else", Preferences{Only: Only{Topics: []string{"SIM1"}, Sorts: []string{"late"}}}, ship, nil, noon, "now news"},
		{"wanted for its sort", Preferences{Only: Only{Sorts: []string{"late", "customs"}}}, sorted("customs"), nil, noon, "now news"},
		{"another sort without a card", Preferences{Only: Only{Sorts: []string{"late"}}}, Notification{Topic: "SIM1", Urgency: Critical, Sorts: []string{"customs"}}, nil, noon, "drop only"},
		{"wanted for who brought it", Preferences{Only: Only{By: []string{"ann"}}}, Notification{Topic: "SIM1", Urgency: Normal, By: "ann"}, nil, noon, "now news"},
		{"nobody brought it", Preferences{Only: Only{By: []string{""}}}, ship, nil, noon, "card only"},
		{"wanted and muted", Preferences{Only: Only{Topics: []string{"SIM1"}}, Muted: Muted{Topics: []string{"SIM1"}}}, ship, nil, noon, "card muted"},
		{"wanted by night", Preferences{Quiet: quiet, Only: Only{Topics: []string{"SIM1"}}}, ship, nil, night, "at quiet" + on(5, 8, 0)},
		{"snoozed", Preferences{Snooze: []Snooze{{"SIM1", noon.Add(time.Hour)}}}, ship, nil, noon, "at snoozed" + on(4, 13, 0)},
		{"snoozed into the night", Preferences{Quiet: quiet, Snooze: []Snooze{{"", night}}}, ship, nil, noon, "at snoozed" + on(5, 8, 0)},
		{"snooze is over", Preferences{Snooze: []Snooze{{"SIM1", noon}}}, ship, nil, noon, "now news"},
		{"snooze of another", Preferences{Snooze: []Snooze{{"SIM2", noon.Add(time.Hour)}}}, ship, nil, noon, "now news"},
		{"five pushes this hour", Preferences{}, ship, six[:5], noon, "now news"},
		{"six pushes this hour", Preferences{}, ship, six, noon, "digest burst" + on(4, 12, 10)},
		{"six pushes, critical", Preferences{}, with(Critical, true), six, noon, "now critical"},
		{"own cap", Preferences{Cap: 2}, ship, six[:2], noon, "digest burst" + on(4, 12, 10)},
		{"no cap", Preferences{Cap: -1}, ship, six, noon, "now news"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.p.Zone = shanghai
			v := Decide(tt.p, tt.n, tt.recent, tt.now)
			got := fmt.Sprintf("%s %s", v.Do, v.Why)
			if !v.At.IsZero() {
				got += v.At.In(shanghai).Format(" 01-02 15:04")
			}
			if got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

// TestClockChanges walks through the nights in which clocks are changed.
func TestClockChanges(t *testing.T) {
	ny := zone(t, "America/New_York")
	tests := []struct {
		name     string
		from, to int
		now      time.Time
		want     string
	}{
		{"an hour shorter", hm(22, 0), hm(8, 0), time.Date(2026, 3, 7, 23, 0, 0, 0, ny), "2026-03-08T08:00:00-04:00"},
		{"an hour longer", hm(22, 0), hm(8, 0), time.Date(2026, 10, 31, 23, 0, 0, 0, ny), "2026-11-01T08:00:00-05:00"},
		{"ends in the hour that is skipped", hm(22, 0), hm(2, 30), time.Date(2026, 3, 7, 23, 0, 0, 0, ny), "2026-03-08T03:00:00-04:00"},
		{"ends in the hour that comes twice", hm(22, 0), hm(1, 30), time.Date(2026, 10, 31, 23, 0, 0, 0, ny), "2026-11-01T01:30:00-04:00"},
	}
	for _, tt := range tests {
		p := Preferences{Zone: ny, Quiet: Hours{tt.from, tt.to}}
		v := Decide(p, Notification{Urgency: Normal}, nil, tt.now)
		if got := v.At.In(ny).Format(time.RFC3339); v.Do != Hold || got != tt.want {
			t.Errorf("%s: got %s %s, want at %s", tt.name, v.Do, got, tt.want)
		}
	}
}

func anyPreferences(t *rapid.T) Preferences {
	name := rapid.SampledFrom([]string{"UTC", "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Sao_Paulo"}).Draw(t, "zone")
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	minute := rapid.IntRange(0, 1439)
	topics := rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b"}), 0, 2)
	p := Preferences{
		Zone:  z,
		Quiet: Hours{minute.Draw(t, "from"), minute.Draw(t, "to")},
		Loud:  rapid.Bool().Draw(t, "loud"),
		Cap:   rapid.IntRange(-1, 3).Draw(t, "cap"),
		Digest: Rhythm{
			Every: Every(rapid.IntRange(0, 2).Draw(t, "every")), Minute: minute.Draw(t, "digest"),
			Day: time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")), All: rapid.Bool().Draw(t, "all"),
		},
		Only:  Only{Topics: topics.Draw(t, "only"), Sorts: rapid.SliceOfN(rapid.SampledFrom([]string{"late", "customs"}), 0, 1).Draw(t, "sorts")},
		Muted: Muted{All: rapid.IntRange(0, 9).Draw(t, "all muted") == 0, Topics: topics.Draw(t, "muted")},
	}
	for _, topic := range topics.Draw(t, "snoozed") {
		p.Snooze = append(p.Snooze, Snooze{topic, anyTime(t)})
	}
	return p
}

// anyTime is near the changes of clocks of 2026 half of the time.
func anyTime(t *rapid.T) time.Time {
	base := rapid.SampledFrom([]time.Time{
		time.Date(2026, 3, 8, 6, 0, 0, 0, time.UTC), time.Date(2026, 11, 1, 6, 0, 0, 0, time.UTC), time.Date(2026, 3, 29, 1, 0, 0, 0, time.UTC),
		time.Date(2026, 10, 25, 1, 0, 0, 0, time.UTC), time.Date(2026, 4, 4, 15, 0, 0, 0, time.UTC), time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC),
	}).Draw(t, "near")
	return base.Add(time.Duration(rapid.IntRange(-48*3600, 48*3600).Draw(t, "off")) * time.Second)
}

func anyNotification(t *rapid.T) Notification {
	return Notification{
		Topic: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "topic"), Kind: "k",
		Sorts:   rapid.SliceOfN(rapid.SampledFrom([]string{"late", "customs"}), 0, 2).Draw(t, "sorts"),
		Urgency: Urgency(rapid.IntRange(0, 2).Draw(t, "urgency")), Card: rapid.Bool().Draw(t, "card"),
	}
}

// inQuiet is written another way than the code it checks: with the text of the clock.
func inQuiet(p Preferences, t time.Time) bool {
	clock := func(m int) string { return fmt.Sprintf("%02d:%02d", m/60, m%60) }
	now, from, to := t.In(p.Zone).Format("15:04"), clock(p.Quiet.From), clock(p.Quiet.To)
	if from == to {
		return false
	}
	if from < to {
		return now >= from && now < to
	}
	return now >= from || now < to
}

func TestNeverInQuietHours(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, n, now := anyPreferences(t), anyNotification(t), anyTime(t)
		v := Decide(p, n, nil, now)
		when := now
		if !v.At.IsZero() {
			if when = v.At; !when.After(now) {
				t.Fatalf("%+v is not after %s", v, now)
			}
		}
		if v.Do == CardOnly || v.Do == Drop {
			return
		}
		if inQuiet(p, when) && !(v.Do == Now && n.Urgency == Critical && p.Loud) {
			t.Fatalf("%+v at %s, in quiet hours %v", v, when.In(p.Zone), p.Quiet)
		}
	})
}

// TestNothingIsLost follows a notification from verdict to verdict until it is told.
func TestNothingIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		p, n, now := anyPreferences(t), anyNotification(t), anyTime(t)
		recent := rapid.Custom(func(t *rapid.T) time.Time {
			return now.Add(-time.Duration(rapid.IntRange(0, 7200).Draw(t, "ago")) * time.Second)
		})
		pushed := rapid.SliceOfN(recent, 0, 8).Draw(t, "recent")
		start, latest := now, now
		for _, s := range p.Snooze {
			if s.Until.After(latest) {
				latest = s.Until // the person's own wish
			}
		}
		latest = latest.Add(25 * time.Hour) // one span of quiet hours, clocks put back
		for range 8 {
			v := Decide(p, n, pushed, now)
			if !slices.Contains(Whys(), v.Why) {
				t.Fatalf("%+v has no words", v)
			}
			switch v.Do {
			case Now, Digest:
				return
			case CardOnly:
				if !n.Card {
					t.Fatal("left to a card that does not exist")
				}
				return
			case Drop:
				named := slices.Contains(p.Only.Topics, n.Topic) || slices.ContainsFunc(p.Only.Sorts, func(s string) bool { return slices.Contains(n.Sorts, s) })
				unwanted := len(p.Only.Topics)+len(p.Only.Sorts) > 0 && !named
				if !p.Muted.covers(n) && !unwanted || n.Card {
					t.Fatalf("dropped %+v", n)
				}
				return
			}
			if v.At.After(latest) {
				t.Fatalf("held from %s to %s, want at most to %s", start, v.At, latest)
			}
			now = v.At
		}
		t.Fatal("held for ever")
	})
}

func TestBurstIsOneDigest(t *testing.T) {
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	var pushed []time.Time
	digests := map[time.Time]int{}
	for i := range 40 {
		at := now.Add(time.Duration(i) * time.Second)
		switch v := Decide(Preferences{}, Notification{Urgency: Normal, Card: true}, pushed, at); v.Do {
		case Now:
			pushed = append(pushed, at)
		case Digest:
			digests[v.At]++
		}
	}
	if len(pushed) != DefaultCap || len(digests) != 1 || digests[now.Add(time.Hour)] != 40-DefaultCap {
		t.Errorf("got %d pushes and digests %v, want %d and one digest with the rest", len(pushed), digests, DefaultCap)
	}
}

func TestFullNightIsOneDigestInTheMorning(t *testing.T) {
	night := time.Date(2026, 3, 4, 23, 0, 0, 0, time.UTC)
	morning := time.Date(2026, 3, 5, 8, 0, 0, 0, time.UTC)
	p := Preferences{Quiet: Hours{hm(22, 0), hm(8, 0)}}
	var planned []time.Time
	got := map[Do]int{}
	for i := range 40 {
		v := Decide(p, Notification{Urgency: Normal}, planned, night.Add(time.Duration(i)*time.Minute))
		if !v.At.Equal(morning) {
			t.Fatalf("number %d: %+v, want %s", i, v, morning)
		}
		if got[v.Do]++; v.Do == Hold {
			planned = append(planned, v.At)
		}
	}
	if got[Hold] != DefaultCap || got[Digest] != 40-DefaultCap {
		t.Errorf("got %v, want %d held and the rest in one digest", got, DefaultCap)
	}
	if v := Decide(p, Notification{Urgency: Normal}, planned, night.Add(-2*time.Hour)); v.Do != Now {
		t.Errorf("pushes that are held for later count against the evening: %+v", v)
	}
}

func BenchmarkDecide(b *testing.B) {
	p := Preferences{Zone: zone(b, "America/New_York"), Quiet: Hours{hm(22, 0), hm(8, 0)}}
	now := time.Date(2026, 3, 7, 23, 0, 0, 0, p.Zone)
	for b.Loop() {
		Decide(p, Notification{Urgency: Normal}, nil, now)
	}
}
