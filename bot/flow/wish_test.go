package flow_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot/flow"
)

// TestMute keeps a wish about one shipment or about all, and leaves a name that only begins like the verb alone.
func TestMute(t *testing.T) {
	c := newChat(t)
	wish := func() flow.Wish {
		t.Helper()
		for _, e := range c.effects {
			if m, ok := e.(flow.Wish); ok {
				return m
			}
		}
		t.Fatalf("no wish; said %v", c.lines())
		return flow.Wish{}
	}
	c.say("a", "hello")
	c.say("a", "mute")
	c.said("mute.all")
	if diff := cmp.Diff(flow.Wish{Person: "a", Kind: flow.Mute}, wish()); diff != "" {
		t.Error(diff)
	}
	c.say("a", "mute simo us1")
	c.said("mute.one")
	if diff := cmp.Diff(flow.Wish{Person: "a", Kind: flow.Mute, About: "SIMOUS1"}, wish()); diff != "" {
		t.Error(diff)
	}
	c.press("a", "mute", "SIMOUS1")
	c.said("mute.one")
	c.say("a", "unmute")
	c.said("mute.off")
	if diff := cmp.Diff(flow.Wish{Person: "a", Kind: flow.Unmute}, wish()); diff != "" {
		t.Error(diff)
	}
	c.say("a", "unmute simo us1")
	c.said("mute.one_off")
	if diff := cmp.Diff(flow.Wish{Person: "a", Kind: flow.Unmute, About: "SIMOUS1"}, wish()); diff != "" {
		t.Error(diff)
	}
	c.say("a", "mute 22:00-08:00")
	c.said("notices.quiet_on")
	if diff := cmp.Diff(flow.Wish{Person: "a", Kind: flow.Quiet, From: 22 * 60, To: 8 * 60}, wish()); diff != "" {
		t.Error(diff)
	}
	c.say("a", "mute 4 hours")
	if got := wish(); got.Kind != flow.Snooze || got.About != "" {
		t.Errorf("muted for some hours: %+v", got)
	}
	c.press("a", "open", "first")
	c.say("a", "Mute Trading")
	if _, known := c.s.Slots["name"]; slices.Contains(c.lines(), "mute.one") {
		t.Errorf("a name was taken for a wish (name known: %v)", known)
	}
}

// TestOvertaken leaves a question that a source makes pointless.
func TestOvertaken(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "second")
	c.say("a", "24x18x12 in")
	c.asked("goods")
	c.say("a", "SKU-1, 1, 1")
	c.asked("name")
	c.do(flow.Told{Source: "s", Slots: map[string]string{"more": "yes"}})
	if len(c.lines()) != 0 {
		t.Errorf("said %v to what does not concern the question", c.lines())
	}
	c.do(flow.Told{Source: "s", Slots: map[string]string{"lines": "SKU-1, 100, 100"}})
	c.said("second.end")
}

// TestWishes reads wishes about notifications, asks for them where they are not said, and refuses what is none.
func TestWishes(t *testing.T) {
	c := newChat(t)
	last := func() (w flow.Wish) {
		for _, e := range c.effects {
			if x, ok := e.(flow.Wish); ok {
				w = x
			}
		}
		w.Person = ""
		return w
	}
	c.say("a", "hello")
	for _, x := range []struct {
		text string
		want flow.Wish
		said string
	}{
		{"quiet 22:00-08:00", flow.Wish{Kind: flow.Quiet, From: 1320, To: 480}, "notices.quiet_on"},
		{"quiet off", flow.Wish{Kind: flow.Quiet}, "notices.quiet_off"},
		{"digest daily", flow.Wish{Kind: flow.Digest, Every: "day", Day: 1, Minute: 540}, "notices.digest_daily"},
		{"digest daily 18:30", flow.Wish{Kind: flow.Digest, Every: "day", Day: 1, Minute: 1110}, "notices.digest_daily"},
		{"digest weekly fri 8:00", flow.Wish{Kind: flow.Digest, Every: "week", Day: 5, Minute: 480}, "notices.digest_weekly"},
		{"digest off", flow.Wish{Kind: flow.Digest}, "notices.digest_off"},
		{"loud yes", flow.Wish{Kind: flow.Loud, On: true}, "notices.loud_on"},
		{"loud off", flow.Wish{Kind: flow.Loud}, "notices.loud_off"},
		{"level problems", flow.Wish{Kind: flow.Level, Every: "problems"}, "notices.level_set"},
		{"snooze 2 days", flow.Wish{Kind: flow.Snooze, Until: c.now.Add(48 * time.Hour).UTC()}, "notices.snooze_on"},
		{"snooze FBA15ABCDEFG 4 hours", flow.Wish{Kind: flow.Snooze, About: "FBA15ABCDEFG", Until: c.now.Add(4 * time.Hour).UTC()}, "notices.snooze_on"},
	} {
		c.say("a", x.text)
		c.said(x.said)
		if got := last(); !cmp.Equal(got, x.want) {
			t.Errorf("%q: wished %+v, want %+v", x.text, got, x.want)
		}
	}
	c.press("a", "open", "first")
	c.say("a", "quiet")
	c.asked("quiet")
	c.say("a", "at night")
	c.said("notices.how_quiet")
	c.say("a", "10pm to 7am")
	c.said("notices.quiet_on")
	c.asked("name") // and on with what was asked
	c.press("a", "digest", "weekly monday 09:00")
	if w := last(); w.Every != "week" || w.Minute != 540 {
		t.Errorf("a button wished %+v", w)
	}
	c.press("a", "zone", "Asia/Tokyo")
	c.said("notices.zone_now")
	if z := c.s.People["a"].Zone; z != "Asia/Tokyo" {
		t.Errorf("the zone is %q", z)
	}
	c.do(flow.Said{By: flow.By{Person: "a", Zone: "Europe/Paris"}, Text: "hello"})
	if z := c.s.People["a"].Zone; z != "Asia/Tokyo" {
		t.Errorf("the chosen zone became %q when the network reported another", z)
	}
	c.say("a", "Quiet Night Trading")
	if _, known := c.s.Slots["name"]; !known {
		t.Errorf("a name that begins like a wish was taken for one; said %v", c.lines())
	}
}

// TestOnly reads of which shipments somebody wants to hear, and leaves sentences alone that only begin like it.
func TestOnly(t *testing.T) {
	for text, want := range map[string]flow.Wish{
		"only late":                {Sorts: []string{"late"}},
		"only trouble and customs": {Sorts: []string{"trouble", "customs"}},
		"only late, late":          {Sorts: []string{"late"}},
		"only mine":                {Own: true},
		"only SIM12345":            {Numbers: []string{"SIM12345"}},
		"only SIM12345、SIM2，late":  {Numbers: []string{"SIM12345", "SIM2"}, Sorts: []string{"late"}},
		"only all":                 {},
		"only late, all":           {},
		"only off":                 {},
		"all":                      {},
	} {
		c := newChat(t)
		c.say("a", "hello")
		c.say("a", text)
		var got []flow.Wish
		watched := 0
		for _, e := range c.effects {
			switch e := e.(type) {
			case flow.Wish:
				got = append(got, e)
			case flow.Call:
				watched++
			}
		}
		want.Person, want.Kind = "a", flow.Only
		if diff := cmp.Diff([]flow.Wish{want}, got); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", text, diff)
		}
		if watched != len(want.Numbers) {
			t.Errorf("%s: %d numbers begin to be followed", text, watched)
		}
	}
	c := newChat(t)
	c.press("a", "open", "first")
	for _, text := range []string{"Only Trading", "only 12 cartons", "only late birds", "only", "only late, twelve"} {
		c.say("a", text)
		if slices.ContainsFunc(c.effects, func(e flow.Effect) bool { _, ok := e.(flow.Wish); return ok }) {
			t.Errorf("%q was taken for a wish", text)
		}
	}
}

// TestAnswerBeforeVerb takes what answers the question about notifications as its answer, even where it could be a verb.
func TestAnswerBeforeVerb(t *testing.T) {
	c := newChat(t)
	c.say("a", "hello")
	c.say("a", "only")
	c.asked("only")
	c.say("a", "late")
	c.said("notices.only_set")
	c.say("a", "level")
	c.asked("level")
	c.say("a", "all") // also undoes only
	c.said("notices.level_set")
}
