package flow

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"xiaobao/bot/answer"
)

// FollowNote begins the name of the note that says that a place follows the case; the place follows. The note holds the
// language and the zone of the place, with a space between.
const FollowNote = "follow:"

// zoneNames are the time zones that have a name of their own, "zone.<name>" with _ for / and small letters.
var zoneNames = []string{
	"Asia/Shanghai", "Asia/Tokyo", "Asia/Singapore", "Asia/Dubai", "Europe/London", "Europe/Berlin",
	"America/New_York", "America/Chicago", "America/Los_Angeles", "America/Toronto", "Australia/Sydney", "UTC",
}

// ZoneWord is the message that names a time zone; not every zone has one.
func ZoneWord(zone string) string {
	return "zone." + strings.ToLower(strings.ReplaceAll(zone, "/", "_"))
}

// presets are the values that are offered for a wish, as they could be typed.
var presets = map[string][]string{
	"quiet":  {"22:00-08:00", "23:00-07:00", "off"},
	"digest": {"daily 09:00", "daily 18:00", "weekly monday 09:00", "off"},
	"snooze": {"4 hours", "1 day", "7 days"},
	"level":  {"all", "important", "problems"},
	"zone":   zoneNames,
	"only":   {"all", "late", "customs", "trouble", "mine"},
}

// cornerMark begins the thread of a place that is a corner of a room, which one person sees.
const cornerMark = "~"

// roomOf is the room of a place that is a thread or a corner, and any other place itself: what follows the case is the room. A place is
// written with the thread behind its last slash.
func roomOf(place string) string {
	if i := strings.LastIndexByte(place, '/'); i >= 0 {
		return place[:i+1]
	}
	return place
}

// inCorner says whether a place is a corner. Whoever is there is not heard by the room, and cannot make it follow by a word: their
// network has to look first who reads there (see Directed).
func inCorner(place string) bool {
	return strings.HasPrefix(place[strings.LastIndexByte(place, '/')+1:], cornerMark)
}

// Following is the place that follows the case where place is: place itself, or the room it is a thread or a corner of; empty when
// neither does.
func (s *State) Following(place string) string {
	for _, p := range []string{place, roomOf(place)} {
		if s.Notes[FollowNote+p] != "" {
			return p
		}
	}
	return ""
}

// following is the place for which a person wishes: where they are, when that follows the case, or where they hear with everybody there.
func (t *turn) following(person string) string {
	return cmp.Or(t.s.Following(t.s.People[person].Place), t.s.HearsAt(person))
}

// wish does a verb about notifications. What follows the verb is the wish; without it, it is asked for.
func (t *turn) wish(person, name, rest string) {
	w := Wish{Person: person, Place: t.following(person), Kind: WishKind(name)}
	k := t.s.People[person]
	switch name {
	case "notices":
		t.notices(person)
	case "why_news":
		t.do(Reason{To: t.to(person), About: numberKey(rest), Actions: []Action{verb("notices"), {Verb: "mute", Value: numberKey(rest), Label: Say("verb.mute"), Style: "quiet"}}})
	case "test_notice":
		t.do(Sample{To: t.to(person), Place: w.Place})
	case "follow", "unfollow":
		if rest != "" && !t.b.wishes(string(Only), rest) {
			t.wishFault(person, string(Only), rest)
			return
		}
		if (w.Place != "") == (name == "follow") && rest == "" {
			t.speak(person, Plain, Say("notices."+name+"_already"))
			return
		}
		if w.Place == "" && inCorner(k.Place) {
			t.do(Speak{To: t.to(person), Lines: []Line{Say("notices.follow_corner")}, Actions: []Action{verb("notices")}})
			return
		}
		if w.Place == "" {
			w.Place = roomOf(k.Place)
		}
		if delete(t.s.Notes, FollowNote+w.Place); name == "unfollow" {
			t.undirect(w.Place)
		} else {
			t.s.Notes[FollowNote+w.Place] = k.Lang + " " + k.Zone
		}
		if rest != "" {
			t.do(w)
			w.Kind = Only
			t.readOnly(w, rest, "notices.follow_only")
			return
		}
		t.wished(w, Say("notices."+name))
	case "mute":
		for _, meant := range []WishKind{Quiet, Snooze} { // "免打扰 22:00-08:00", "mute 4 hours"
			if rest != "" && t.b.wishes(string(meant), rest) {
				w.Kind = meant
				t.readWish(&w, rest)
				return
			}
		}
		if w.About = numberKey(rest); w.About == "" {
			t.wished(w, Say("mute.all"))
			return
		}
		t.wished(w, Say("mute.one", Text("Number", w.About)))
	case "unmute":
		if w.About = numberKey(rest); w.About == "" {
			t.wished(w, Say("mute.off"))
			return
		}
		t.wished(w, Say("mute.one_off", Text("Number", w.About)))
	case "loud":
		if w.On = t.b.yesNo(rest) != "no"; !w.On || t.b.means("notices.off", rest) {
			w.On = false
			t.wished(w, Say("notices.loud_off"))
			return
		}
		t.wished(w, Say("notices.loud_on"))
	default:
		if rest == "" {
			t.push(person, Frame{Kind: name})
			return
		}
		if !t.readWish(&w, rest) {
			t.wishFault(person, name, rest)
		}
	}
}

// readWish reads what was wished and keeps it; false when it cannot be read.
func (t *turn) readWish(w *Wish, text string) bool {
	off := t.b.means("notices.off", text)
	switch w.Kind {
	case Quiet:
		if off {
			t.wished(*w, Say("notices.quiet_off"))
			return true
		}
		from, to, ok := answer.DayHours(text)
		if !ok {
			return false
		}
		w.From, w.To = from, to
		t.wished(*w, Say("notices.quiet_on", Text("From", clock(from)), Text("To", clock(to)), t.zone(w.Person)))
	case Digest:
		if off {
			t.wished(*w, Say("notices.digest_off"))
			return true
		}
		return t.readDigest(w, text)
	case Snooze:
		number, rest, _ := strings.Cut(strings.TrimSpace(text), " ")
		if _, ok := answer.Span(text); ok || rest == "" || !looksTracked(number) {
			number, rest = "", text
		}
		d, ok := answer.Span(rest)
		if !ok {
			return false
		}
		w.About, w.Until = numberKey(number), t.now.Add(d).UTC()
		t.wished(*w, Say("notices.snooze_on", Time("Until", w.Until)))
	case Only:
		return t.readOnly(*w, text, "notices.only_set")
	case Level:
		for _, level := range presets["level"] {
			if strings.EqualFold(text, level) || t.b.means("notices.level_"+level, text) {
				w.Every = level
				t.wished(*w, Say("notices.level_set", Word("What", "notices.level_now_"+level)))
				return true
			}
		}
		return false
	case "zone":
		for _, zone := range zoneNames {
			if strings.EqualFold(text, zone) || t.b.means(ZoneWord(zone), text) {
				t.talk(w.Person, func(k *Talk) { k.Zone, k.Zoned = zone, true })
				t.settled(*w, Say("notices.zone_now", Word("Zone", ZoneWord(zone))))
				return true
			}
		}
		return false
	}
	return true
}

// readDigest reads "daily 9:00", "每周一 9点", "weekly": nine in the morning and Monday unless it is said.
func (t *turn) readDigest(w *Wish, text string) bool {
	w.Minute, w.Day = 9*60, int(time.Monday)
	rest, ok := t.b.after("notices.daily", text)
	w.Every = "day"
	if !ok {
		if rest, ok = t.b.after("notices.weekly", text); !ok {
			return false
		}
		w.Every = "week"
		day, clock, _ := strings.Cut(rest, " ")
		if d, ok := answer.Weekday(day); ok {
			w.Day, rest = int(d), clock
		} else if d, ok := answer.Weekday("周" + day); ok { // 每周一
			w.Day, rest = int(d), clock
		}
	}
	if rest = strings.TrimSpace(rest); rest != "" {
		if w.Minute, ok = answer.Clock(rest); !ok {
			return false
		}
	}
	if w.Every == "day" {
		t.wished(*w, Say("notices.digest_daily", Text("Clock", clock(w.Minute))))
	} else {
		t.wished(*w, Say("notices.digest_weekly", Word("Day", "weekday."+itoa(w.Day)), Text("Clock", clock(w.Minute))))
	}
	return true
}

// wished keeps a wish and says what it means from now on.
func (t *turn) wished(w Wish, said Line) {
	t.do(w)
	t.settled(w, said)
}

// settled ends the question for a wish, if it was asked, and goes back to what was live below it.
func (t *turn) settled(w Wish, said Line) {
	person := w.Person
	l := t.live(person)
	asked := l.frame.Kind == string(w.Kind)
	if asked {
		t.closeLive(person, nil, Say("close.done"))
		t.pop(person)
	}
	more := []Action{verb("notices")}
	if w.Kind == Mute {
		unmute := verb("unmute")
		unmute.Value = w.About // only what was muted
		more = []Action{unmute, verb("notices")}
	}
	t.do(Speak{To: t.to(person), Tone: Good, Lines: []Line{said}, Actions: more})
	if asked && t.live(person).kind != "" {
		t.prompt(person)
	}
}

// wishFault says that a wish could not be read, and how to say it.
func (t *turn) wishFault(person, name, text string) {
	if t.live(person).frame.Kind == name {
		t.aside(person, text, Say("notices.how_"+name))
		return
	}
	t.speak(person, Warn, Say("notices.how_"+name))
	t.push(person, Frame{Kind: name})
}

// drawWish asks for a wish. Everything that is offered can also be typed.
func (t *turn) drawWish(a *Ask, name string) {
	a.Question = []Line{Say("notices.ask_" + name), Say("notices.how_" + name)}
	var options []Option
	for _, value := range presets[name] {
		options = append(options, Option{Value: value, Label: t.preset(name, value)})
	}
	if len(options) > 5 {
		a.Actions = append(a.Actions, Action{Verb: name, Label: Say("button.choose"), Options: options, Style: "primary"})
		return
	}
	for _, o := range options {
		a.Actions = append(a.Actions, Action{Verb: name, Value: o.Value, Label: o.Label})
	}
}

// preset is the label of a value that is offered.
func (t *turn) preset(name, value string) Line {
	switch {
	case value == "off":
		return Say("notices.off")
	case name == "zone":
		return Say(ZoneWord(value))
	case name == "level":
		return Say("notices.level_" + value)
	case name == "only" && value == "all":
		return Say("notices.only_all")
	case value == "mine":
		return Say("notices.only_mine")
	case name == "only":
		return Say("filter." + value)
	case name == "digest":
		every, rest, _ := strings.Cut(value, " ")
		fields := strings.Fields(rest)
		if every == "daily" {
			return Say("notices.preset_daily", Text("Clock", fields[0]))
		}
		return Say("notices.preset_weekly", Word("Day", "weekday.1"), Text("Clock", fields[1]))
	case name == "snooze":
		n, unit, _ := strings.Cut(value, " ")
		return Say("notices.preset_"+strings.TrimSuffix(unit, "s"), Number("Count", n))
	}
	return Say("value.known", Text("Value", value))
}

// notices shows what is wished now.
func (t *turn) notices(person string) {
	place := t.following(person)
	actions := []Action{verb("quiet"), verb("digest"), verb("only"), verb("level"), verb("snooze"), verb("zone")}
	switch {
	case place != "":
		actions = append(actions, verb("unfollow"))
	case !inCorner(t.s.People[person].Place):
		actions = append(actions, verb("follow"))
	}
	for i := range actions {
		actions[i].Style = ""
	}
	t.do(Notices{To: t.to(person), Place: place, Actions: append(actions, verb("test_notice"))})
}

// zone names the zone whose clock counts for a person.
func (t *turn) zone(person string) Arg {
	zone := t.s.People[person].Zone
	switch {
	case zone == "":
		return Word("Zone", "zone.utc")
	case slices.Contains(zoneNames, zone):
		return Word("Zone", ZoneWord(zone))
	}
	return Text("Zone", zone)
}

func clock(minute int) string { return two(minute/60) + ":" + two(minute%60) }

func two(n int) string {
	if n < 10 {
		return "0" + itoa(n)
	}
	return itoa(n)
}

// numberKey is a shipment's number as it is kept: capitals, without spaces.
func numberKey(number string) string {
	return strings.ToUpper(strings.Join(strings.Fields(number), ""))
}

func looksTracked(s string) bool { return len(s) >= 8 && strings.ContainsAny(s, "0123456789") }

// wishes says whether a text can be a wish of a kind, so that a name that only begins like the verb is none.
func (b *Book) wishes(name, text string) bool {
	t := b.begin(State{}, time.Time{})
	switch name {
	case "only", "follow":
		c, ok := b.choice(b.deps.Languages[0], text)
		return ok && (!c.doubtful || looksTracked(text) && !strings.Contains(text, " "))
	case "loud":
		return b.yesNo(text) != "" || b.means("notices.off", text) || b.means("notices.on", text)
	}
	return t.readWish(&Wish{Kind: WishKind(name)}, text)
}

// means says whether a text is one of the lines of a message.
func (b *Book) means(id, text string) bool {
	key := wordKey(text)
	return key != "" && slices.ContainsFunc(b.deps.Accepted(id), func(line string) bool { return wordKey(line) == key })
}

// after is what follows one of the lines of a message, the longest first.
func (b *Book) after(id, text string) (rest string, ok bool) {
	lower, best := strings.ToLower(strings.TrimSpace(text)), -1
	for _, line := range b.deps.Accepted(id) {
		l := strings.ToLower(line)
		if after, found := strings.CutPrefix(lower, l); found && len(l) > best && (after == "" || after[0] == ' ' || hasHan(l)) {
			rest, best = strings.TrimSpace(after), len(l)
		}
	}
	return rest, best >= 0
}
