// Package notify decides whether something may be said to a person now. It is pure: what the person wants, what there is
// to say, what was said lately and what time it is come in; a Verdict goes out.
//
//	muted? ──► CardOnly or Drop          the person's word, stronger than everything
//	only? ───► CardOnly or Drop          they want to hear of some topics, and this is none of them
//	level? ──► CardOnly or Drop          they want to hear of trouble only, and this is none
//	routine? ─► Digest or CardOnly       news for the card is not pushed
//	snoozed? ─► At(its end)
//	critical? ► Now, or At(the end of quiet hours) unless the person allowed it through
//	digest? ──► Digest(the next one)
//	quiet? ───► At(the end of quiet hours)
//	too many? ► Digest(when the hour has room again): a burst becomes one summary
//	otherwise ► Now
//
// Quiet hours move the push, never the card: whoever keeps the card edits it whatever the verdict. What was held with At
// is decided again at that time; what is due together is told together.
package notify

import (
	"slices"
	"time"
)

// Urgency is how much a notification matters.
type Urgency int

// The urgencies.
const (
	Routine  Urgency = iota // for the card: something moved
	Normal                  // a person should know: delivered, an exception, silence
	Critical                // a person must act before a deadline: a customs hold
)

// A Notification is something to tell one person that nobody asked for just now.
type Notification struct {
	Topic   string   // what it is about, as one shipment; the person can mute and snooze it
	Sorts   []string // what sorts of topics it is, or just was, as "late"
	By      string   // who brought the topic up; empty: not known
	Kind    string   // what sort of news, as "exception"; the person can mute it
	Urgency Urgency  // how much it matters
	Trouble bool     // something goes wrong; otherwise it is good news, or only news
	Card    bool     // a card at the place shows it anyway, so nothing is lost if it is not pushed
}

// Preferences are what a person (or a channel) asked for. The zero value pushes what needs a person, at any hour, at
// most DefaultCap times an hour.
type Preferences struct {
	Zone   *time.Location `json:"-"` // the person's own; nil is UTC
	Quiet  Hours          // no push in these hours
	Loud   bool           // critical notifications may come in quiet hours
	Level  Level          // how much is pushed at all
	Only   Only           // of which topics
	Muted  Muted
	Snooze []Snooze
	Digest Rhythm
	Cap    int // pushes within one hour before the rest becomes a digest; 0 is DefaultCap, negative is no limit
}

// DefaultCap is how many pushes one person gets within an hour.
const DefaultCap = 6

// Hours is a span of the day on the local clock, in minutes after midnight. It may run over midnight (22:00 to 08:00);
// From equal to To is no span at all.
type Hours struct{ From, To int }

// Muted is what is never pushed until the person says otherwise, critical or not.
type Muted struct {
	All    bool
	Topics []string
	Kinds  []string
}

// Only narrows what is heard of to some topics: those that are named, those of a sort, those that somebody brought up. What one of
// them lets through is heard. The zero value narrows nothing.
type Only struct {
	Topics []string `json:",omitempty"`
	Sorts  []string `json:",omitempty"`
	By     []string `json:",omitempty"`
}

// Narrows reports whether it narrows anything.
func (o Only) Narrows() bool { return len(o.Topics)+len(o.Sorts)+len(o.By) > 0 }

// A Rule is which part of an Only lets something through.
type Rule struct {
	Kind RuleKind
	Sort string // with BySort: which
}

// RuleKind is the kind of a Rule.
type RuleKind string

// The kinds of rules.
const (
	Open    RuleKind = ""      // nothing is narrowed
	ByTopic RuleKind = "topic" // it is named
	BySort  RuleKind = "sort"
	ByWhom  RuleKind = "by" // who brought it up is named
)

// Lets says whether n is let through, and by which rule: the most narrow one.
func (o Only) Lets(n Notification) (Rule, bool) {
	switch {
	case !o.Narrows():
		return Rule{}, true
	case slices.Contains(o.Topics, n.Topic):
		return Rule{Kind: ByTopic}, true
	case n.By != "" && slices.Contains(o.By, n.By):
		return Rule{Kind: ByWhom}, true
	}
	for _, s := range o.Sorts {
		if slices.Contains(n.Sorts, s) {
			return Rule{BySort, s}, true
		}
	}
	return Rule{}, false
}

// A Snooze holds the pushes about a topic, or about everything if Topic is empty, until a time, critical or not.
type Snooze struct {
	Topic string
	Until time.Time
}

// Level is how much a person wants to be pushed.
type Level int

// The levels.
const (
	Important  Level = iota // what a person should know: trouble, arrivals, changed dates
	Everything              // every move too
	Problems                // only trouble, and what cannot wait
)

// A Rhythm is when digests come: every day, or every week on a day, at a minute of the local clock.
type Rhythm struct {
	Every  Every
	Minute int          // after midnight
	Day    time.Weekday // with Weekly
	All    bool         // Normal notifications wait for the digest too, not only Routine ones
}

// Every is how often a digest comes.
type Every int

// The rhythms of a digest.
const (
	Never Every = iota
	Daily
	Weekly
)

// Decide says what to do with n at now. Recent holds the times of the pushes the person got lately, and of those held for
// later, in any order; only the hour before a push counts. Drop is only possible when the person does not want n and no card
// shows it.
func Decide(p Preferences, n Notification, recent []time.Time, now time.Time) Verdict {
	if n.Urgency == Routine && p.Level == Everything {
		n.Urgency = Normal
	}
	_, wanted := p.Only.Lets(n)
	switch {
	case p.Muted.covers(n) && n.Card:
		return Verdict{Do: CardOnly, Why: "muted"}
	case p.Muted.covers(n):
		return Verdict{Do: Drop, Why: "muted"}
	case !wanted && n.Card:
		return Verdict{Do: CardOnly, Why: "only"}
	case !wanted:
		return Verdict{Do: Drop, Why: "only"}
	case p.Level == Problems && !n.Trouble && n.Urgency != Critical && n.Card:
		return Verdict{Do: CardOnly, Why: "level"}
	case p.Level == Problems && !n.Trouble && n.Urgency != Critical:
		return Verdict{Do: Drop, Why: "level"}
	case n.Urgency == Routine && p.Digest.Every != Never:
		return Verdict{Do: Digest, At: p.nextDigest(now), Why: "routine"}
	case n.Urgency == Routine && n.Card:
		return Verdict{Do: CardOnly, Why: "routine"}
	}
	if until := p.snoozed(n, now); !until.IsZero() {
		return Verdict{Do: Hold, At: p.outOfQuiet(until), Why: "snoozed"}
	}
	quiet := p.quiet(now)
	switch {
	case n.Urgency == Critical && (!quiet || p.Loud):
		return Verdict{Do: Now, Why: "critical"}
	case n.Urgency != Critical && p.Digest.Every != Never && p.Digest.All:
		return Verdict{Do: Digest, At: p.nextDigest(now), Why: "digest"}
	case quiet:
		end := p.outOfQuiet(now)
		if n.Urgency != Critical && p.roomAt(recent, end).After(end) {
			return Verdict{Do: Digest, At: end, Why: "burst"} // a full night is one summary in the morning
		}
		return Verdict{Do: Hold, At: end, Why: "quiet"}
	}
	if room := p.roomAt(recent, now); room.After(now) {
		return Verdict{Do: Digest, At: p.outOfQuiet(room), Why: "burst"}
	}
	return Verdict{Do: Now, Why: "news"}
}

// A Verdict is what to do with a notification.
type Verdict struct {
	Do  Do
	At  time.Time // with Hold and Digest: when, always after now
	Why string    // the rule that decided: critical news quiet snoozed routine digest burst muted only level
}

// Do is the outcome of a Verdict.
type Do string

// The outcomes.
const (
	Now      Do = "now"    // push it
	Hold     Do = "at"     // decide again at At
	Digest   Do = "digest" // tell it in the digest of At; notifications with the same At are told together
	CardOnly Do = "card"   // the card shows it; no push
	Drop     Do = "drop"   // the person does not want it, and nothing shows it
)

// Whys lists every Why, for those who must have words for it.
func Whys() []string {
	return []string{"critical", "news", "quiet", "snoozed", "routine", "digest", "burst", "muted", "only", "level"}
}

func (m Muted) covers(n Notification) bool {
	if m.All {
		return true
	}
	for _, t := range m.Topics {
		if t == n.Topic {
			return true
		}
	}
	for _, k := range m.Kinds {
		if k == n.Kind {
			return true
		}
	}
	return false
}

// snoozed is when the last snooze that covers n ends; zero when none does.
func (p Preferences) snoozed(n Notification, now time.Time) (until time.Time) {
	for _, s := range p.Snooze {
		if (s.Topic == "" || s.Topic == n.Topic) && s.Until.After(now) && s.Until.After(until) {
			until = s.Until
		}
	}
	return until
}

// roomAt is when fewer than the cap of pushes lie within the hour before: at the given time, or later.
func (p Preferences) roomAt(recent []time.Time, at time.Time) time.Time {
	limit := p.Cap
	switch {
	case limit < 0:
		return at
	case limit == 0:
		limit = DefaultCap
	}
	var hour []time.Time // newest first
	for _, t := range recent {
		if at.Sub(t) >= time.Hour || t.After(at) {
			continue
		}
		i := len(hour)
		hour = append(hour, t)
		for ; i > 0 && hour[i-1].Before(t); i-- {
			hour[i] = hour[i-1]
		}
		hour[i] = t
	}
	if len(hour) < limit {
		return at
	}
	return hour[limit-1].Add(time.Hour)
}
