package shipment

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
)

// An Event is one thing a source said about a shipment: a scan, or an estimate, or both at once. A Status that is empty
// or unknown keeps the shipment's status: the event is stored and shown, and changes nothing.
//
// Some sources only say how things stand and never since when. Such an event is Standing: At is when it was first told, and
// a telling again is the same event however much later.
type Event struct {
	Number    string    `json:"number,omitempty"` // whose event it is, as the source writes it; Apply leaves it alone
	Key       string    `json:"key,omitempty"`    // made by Apply: the same thing told twice has the same key
	At        time.Time `json:"at"`               // when it happened
	TZKnown   bool      `json:"tz_known"`         // false: At is a local clock without a zone, written as if it were UTC
	Seen      time.Time `json:"seen,omitzero"`    // when the source told us
	Seq       int       `json:"seq,omitempty"`    // the source's own order among events of the same time
	Status    Status    `json:"status,omitempty"`
	Sub       string    `json:"sub,omitempty"`
	Exception bool      `json:"exception,omitempty"` // something is wrong, whatever the status: a customs hold
	Place     Place     `json:"place,omitzero"`
	Text      string    `json:"text,omitempty"`     // in the source's words; empty when Status and Sub say it all
	Source    string    `json:"source,omitempty"`   // who said it
	Code      string    `json:"code,omitempty"`     // in the source's codes
	ETA       Date      `json:"eta,omitzero"`       // an estimate of the delivery that came with it
	Count     Count     `json:"count,omitzero"`     // how much has arrived, as the source has counted so far
	Standing  bool      `json:"standing,omitempty"` // how things stand, told without a time: see above
	Until     time.Time `json:"until,omitzero"`     // made by Apply for a Standing status: told again then, at most a minute after At
}

// A Count is how many units were sent and how many of them the receiver has counted.
type Count struct {
	Shipped  int `json:"shipped"`
	Received int `json:"received"`
}

// Short is how many are missing; never less than zero.
func (c Count) Short() int { return max(c.Shipped-c.Received, 0) }

// confirmed is how long something must stand to be believed against what was thought before.
const confirmed = time.Minute

// A Place is where an event happened. Code is a UN/LOCODE or a fulfilment centre's name, where it is known, and can be
// translated; Name is as the source wrote it.
type Place struct {
	Name    string `json:"name,omitempty"`
	Country string `json:"country,omitempty"` // ISO 3166, two letters
	Code    string `json:"code,omitempty"`
}

// MakeKey names what e tells about a number, whoever tells it: the minute, the status (or the words, where there is no
// status) and the place. Wording, translations, links, sync times and sources do not count, because they change while the
// event stays the same.
func (e Event) MakeKey(number string) string {
	var room [256]byte
	key := append(append(room[:0], number...), 0)
	if e.Standing {
		key = append(key, "standing"...)
	} else {
		key = e.At.UTC().Truncate(time.Minute).AppendFormat(key, time.RFC3339)
	}
	key = append(key, 0)
	switch {
	case e.Status.Known():
		key = append(append(append(key, e.Status...), '/'), e.Sub...)
	case !e.ETA.IsZero():
		key = append(append(key, "eta "...), e.ETA.String()...)
	case e.Count != Count{}:
		key = fmt.Appendf(key, "count %d/%d", e.Count.Received, e.Count.Shipped)
	case e.Text != "":
		key = squeeze(key, e.Text)
	default:
		key = squeeze(key, e.Code)
	}
	key = append(key, 0)
	switch {
	case e.Standing:
		key = append(key, 0)
	case e.Place.Code != "":
		key = squeeze(append(squeeze(key, e.Place.Code), 0), e.Place.Country)
	default:
		key = squeeze(append(squeeze(key, e.Place.Name), 0), e.Place.Country)
	}
	sum := sha256.Sum256(key)
	return hex.EncodeToString(sum[:12])
}

// squeeze appends s in small letters, with one space between its words.
func squeeze(to []byte, s string) []byte {
	first := true
	for word := range strings.FieldsSeq(strings.ToLower(s)) {
		if !first {
			to = append(to, ' ')
		}
		to, first = append(to, word...), false
	}
	return to
}

// Strange reports an event whose code its source's table does not know: it has nothing but the source's own words. A code
// that says something and changes nothing has a Sub.
func (e Event) Strange() bool {
	return e.Code != "" && !e.Status.Known() && e.Sub == "" && e.ETA.IsZero() && e.Count == Count{}
}

// tooFuture is how far ahead of its telling an event may lie: zones differ by up to 26 hours. Beyond that it is kept but
// does not count.
const tooFuture = 26 * time.Hour

func (e Event) suspicious() bool { return !e.Seen.IsZero() && e.At.After(e.Seen.Add(tooFuture)) }

// estimate and counted are events that are nothing but an estimate, or a count.
func (e Event) estimate() bool { return e.Status == "" && !e.ETA.IsZero() }
func (e Event) counted() bool  { return e.Status == "" && e.ETA.IsZero() && e.Count != Count{} }

// split gives an event that is several things at once as one of each: a source repeats an old scan with a new estimate, or
// with another count.
func (e Event) split(give func(Event)) {
	rest := Event{Number: e.Number, At: e.At, TZKnown: e.TZKnown, Seen: e.Seen, Source: e.Source, Standing: e.Standing}
	if !e.ETA.IsZero() && !e.estimate() || e.estimate() && e.Count != (Count{}) {
		eta := rest
		eta.ETA, e.ETA = e.ETA, Date{}
		give(eta)
	}
	if e.Count != (Count{}) && !e.counted() {
		count := rest
		count.Count, e.Count = e.Count, Count{}
		give(count)
	}
	give(e)
}

// merge chooses between two tellings of the same event; it does not matter which came first. Of a scan the earliest
// plausible telling is kept (that is when it became news), of an estimate and a count the latest (that is what the source
// says now). Something that stands has stood from the earliest telling to the latest.
func merge(a, b Event) Event {
	order := compareTelling(a, b)
	if a.estimate() || a.counted() {
		order = -order
	}
	if a.stands() {
		order = cmp.Or(a.At.Compare(b.At), order)
	}
	kept := a
	if order > 0 {
		kept = b
	}
	if !kept.stands() {
		return kept
	}
	kept.Until = a.Until
	if b.Until.After(kept.Until) {
		kept.Until = b.Until
	}
	if limit := kept.At.Add(confirmed); kept.Until.After(limit) {
		kept.Until = limit // more would be written at every look and say no more
	}
	return kept
}

// stands reports a status told without a time. Estimates and counts that stand need no Until: their latest telling is kept.
func (e Event) stands() bool { return e.Standing && !e.estimate() && !e.counted() }

// stood is a standing event as merge wants it: with an Until, and in one zone.
func (e Event) stood() Event {
	if !e.stands() {
		e.Until = time.Time{}
		return e
	}
	e.At = e.At.UTC()
	if !e.Seen.IsZero() {
		e.At = e.Seen.UTC()
	}
	if e.Until = e.Until.UTC(); e.Until.Before(e.At) {
		e.Until = e.At
	}
	return e
}

func compareTelling(a, b Event) int {
	return cmp.Or(
		compareBool(a.suspicious(), b.suspicious()),
		a.Seen.Compare(b.Seen),
		a.At.Compare(b.At),
		compareBool(!a.Exception, !b.Exception),
		cmp.Compare(a.Source, b.Source), cmp.Compare(a.Code, b.Code), cmp.Compare(a.Text, b.Text),
		cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Number, b.Number), cmp.Compare(a.Place.Name, b.Place.Name),
		cmp.Compare(a.Sub, b.Sub), cmp.Compare(a.Status, b.Status), cmp.Compare(a.Place.Country, b.Place.Country),
		cmp.Compare(a.Place.Code, b.Place.Code), compareBool(a.TZKnown, b.TZKnown), compareBool(a.Standing, b.Standing),
		cmp.Compare(a.At.Format(time.RFC3339Nano), b.At.Format(time.RFC3339Nano)),
		cmp.Compare(a.Seen.Format(time.RFC3339Nano), b.Seen.Format(time.RFC3339Nano)),
	)
}

func compareBool(a, b bool) int {
	switch {
	case a == b:
		return 0
	case b:
		return -1
	}
	return 1
}

// sortEvents puts events in the order they happened; sources list them both ways round.
func sortEvents(events []Event) {
	slices.SortFunc(events, func(a, b Event) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.Status.Rank(), b.Status.Rank()), cmp.Compare(a.Key, b.Key))
	})
}
