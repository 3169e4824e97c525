package flow

import (
	"cmp"
	"maps"
	"slices"
	"strings"
)

// NewsNote begins the name of the note that says where news for a person goes when that is not where they are; the person follows.
// The note holds the kind of the place and the place, with a space between.
const NewsNote = "news:"

// The kinds of places that a network can open for somebody's news.
const (
	ToDirect  = "direct"  // where the person and the bot are alone
	ToThread  = "thread"  // a thread that is made for them
	ToChannel = "channel" // the room they are in, which only those see who were let in: it follows the case
)

// Directed says that somebody asked for their news at another place, and what their network came to when it opened that.
type Directed struct {
	By
	Kind  string // of There
	There string // empty: it could not be opened
	Fault string // why not, or why it is another than they asked for: the message "notices.no_<fault>"
}

func (Directed) event() {}

// directed notes where somebody's news goes, and tries it.
func (t *turn) directed(e Directed) {
	t.meet(e.By, "")
	person := e.Person
	if e.Kind == ToChannel && t.onlyLooks(person) {
		return
	}
	var lines []Line
	if e.Fault != "" {
		lines = append(lines, Say("notices.no_"+e.Fault))
	}
	if e.There == "" {
		t.do(Speak{To: t.to(person), Tone: Warn, Lines: lines, Actions: []Action{verb("notices")}})
		return
	}
	t.s.Notes[NewsNote+person] = e.Kind + " " + e.There
	w := Wish{Person: person, Kind: Hear}
	if e.Kind == ToChannel {
		w.Place = e.There
		t.s.Notes[FollowNote+e.There] = t.s.People[person].Lang + " " + t.s.People[person].Zone
	}
	t.do(w)
	t.do(Speak{To: t.to(person), Tone: Good, Lines: append(lines, Say("notices.to_"+e.Kind)), Actions: []Action{verb("notices")}})
	if e.Kind != ToDirect { // the network tried that before it said so
		t.do(Sample{To: t.to(person), Place: w.Place, Said: true})
	}
}

// NewsOf is where news for a person goes, and of which kind that place is when it is one that was opened for it.
func (s *State) NewsOf(person string) (place, kind string) {
	if kind, place, ok := strings.Cut(s.Notes[NewsNote+person], " "); ok {
		return place, kind
	}
	return s.People[person].Place, ""
}

// HearsAt is the place that follows the case and at which a person hears its news with everybody there: where their news goes, if it has a
// place of its own, else where they are; empty when they hear it by themselves.
func (s *State) HearsAt(person string) string {
	place, _ := s.NewsOf(person)
	return s.Following(place)
}

// undirect forgets that people's news goes to a place.
func (t *turn) undirect(place string) {
	for note, v := range t.s.Notes {
		if _, there, ok := strings.Cut(v, " "); ok && strings.HasPrefix(note, NewsNote) && there == place {
			delete(t.s.Notes, note)
		}
	}
}

// Shut says that a place can hear of the case no more.
type Shut struct {
	Place string
	Why   string // the message "notices.lost_<why>"
}

func (Shut) event() {}

// shut ends what goes to a place, and tells those who heard there, or everybody who works on the case when the place followed it and nobody of
// them was there.
func (t *turn) shut(e Shut) {
	place := cmp.Or(t.s.Following(e.Place), e.Place)
	heard := t.s.HearingAt(place)
	if t.s.Notes[FollowNote+place] != "" && len(heard) == 0 {
		heard = slices.Sorted(maps.Keys(t.s.People))
	}
	if len(heard) == 0 {
		return
	}
	delete(t.s.Notes, FollowNote+place)
	t.undirect(place)
	t.do(Wish{Place: place, Kind: Unfollow})
	for _, person := range heard {
		t.do(Speak{To: t.to(person), Tone: Warn, Lines: []Line{Say("notices.lost_" + e.Why)}, Actions: []Action{verb("notices")}})
	}
}

// HearingAt are the people who hear of the case at a place: with everybody there, or because they asked for that place.
func (s *State) HearingAt(place string) (out []string) {
	for _, person := range slices.Sorted(maps.Keys(s.People)) {
		if where, kind := s.NewsOf(person); s.HearsAt(person) == place || kind != "" && where == place {
			out = append(out, person)
		}
	}
	return out
}
