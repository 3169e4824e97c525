package flow

import "strings"

// stales are the sheets that are out of date, as far as they are wanted.
func (t *turn) stales(wanted func(id string, m Made) bool) (ids []string) {
	for _, id := range sortedKeys(t.s.Sheets) {
		if m := t.s.Sheets[id]; m.Stale && t.b.sheets[id] != nil && wanted(id, m) {
			ids = append(ids, id)
		}
	}
	return ids
}

// overtaken are the sheets that a step has put out of date by changing an answer they were made from. What was merely not known
// before is no change: it is asked for in its step, and the sheets of earlier ones did without it.
func (t *turn) overtaken(step Step) []string {
	return t.stales(func(id string, m Made) bool {
		for _, slot := range t.b.sheets[id].reads {
			if s, known := t.s.Slots[slot]; known && s.Turn >= step.Began && len(s.Was) > 0 && !s.At.Before(m.At) {
				return true
			}
		}
		return false
	})
}

// offerAgain tells that sheets are out of date and offers to make them again, all at once when there are several.
func (t *turn) offerAgain(person string, ids []string) {
	if len(ids) == 0 {
		return
	}
	var offers []Action
	if len(ids) > 1 {
		offers = append(offers, Action{Verb: "make", Value: strings.Join(ids, " "), Label: Say("button.make_all"), Style: "primary"})
	}
	for _, id := range ids {
		offers = append(offers, Action{Verb: "make", Value: id, Label: Say("sheet." + id)})
	}
	t.do(Speak{To: t.to(person), Tone: Warn, Lines: []Line{Say("sheet.stale", Number("Count", itoa(len(ids))))}, Actions: offers})
}
