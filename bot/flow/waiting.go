package flow

import "time"

// Waiting are the slots that a person is asked for now, in their order; none when nothing is asked. It changes nothing: whoever has
// to know before an event what it will be an answer to asks here.
func (b *Book) Waiting(s State, person string, now time.Time) []string {
	t := b.begin(s, now)
	if _, known := t.s.People[person]; !known {
		return nil
	}
	return t.asked(person, t.live(person))
}
