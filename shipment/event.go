package shipment

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"time"
)

// An Event is one thing a source said about a shipment: a scan, or an estimate, or both at once. A Status that is empty
// or unknown keeps the shipment's status: the event is stored and shown, and changes nothing.
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
	Text      string    `json:"text,omitempty"`   // in the source's words; empty when Status and Sub say it all
	Source    string    `json:"source,omitempty"` // who said it
	Code      string    `json:"code,omitempty"`   // in the source's codes
	ETA       Date      `json:"eta,omitzero"`     // an estimate of the delivery that came with it
}

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
	what := string(e.Status) + "/" + e.Sub
	switch {
	case e.Status.Known():
	case !e.ETA.IsZero():
		what = "eta " + e.ETA.String()
	case e.Text != "":
		what = squeeze(e.Text)
	default:
		what = squeeze(e.Code)
	}
	where := squeeze(e.Place.Name)
	if e.Place.Code != "" {
		where = squeeze(e.Place.Code)
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{
		number, e.At.UTC().Truncate(time.Minute).Format(time.RFC3339), what, where, squeeze(e.Place.Country),
	}, "\x00")))
	return hex.EncodeToString(sum[:12])
}

func squeeze(s string) string { return strings.ToLower(strings.Join(strings.Fields(s), " ")) }

// tooFuture is how far ahead of its telling an event may lie: zones differ by up to 26 hours. Beyond that it is kept but
// does not count.
const tooFuture = 26 * time.Hour

func (e Event) suspicious() bool { return !e.Seen.IsZero() && e.At.After(e.Seen.Add(tooFuture)) }

// scan and estimate are the two halves of an event.
func (e Event) estimate() bool { return e.Status == "" && !e.ETA.IsZero() }

// split turns an event that is a scan and an estimate into one of each: a source repeats an old scan with a new estimate.
func (e Event) split() []Event {
	if e.ETA.IsZero() || e.estimate() {
		return []Event{e}
	}
	eta := Event{Number: e.Number, At: e.At, TZKnown: e.TZKnown, Seen: e.Seen, Source: e.Source, ETA: e.ETA}
	e.ETA = Date{}
	return []Event{e, eta}
}

// merge chooses between two tellings of the same event; it does not matter which came first. Of a scan the earliest
// plausible telling is kept (that is when it became news), of an estimate the latest (that is what the source says now).
func merge(a, b Event) Event {
	order := compareTelling(a, b)
	if a.estimate() {
		order = -order
	}
	if order <= 0 {
		return a
	}
	return b
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
		cmp.Compare(a.Place.Code, b.Place.Code), compareBool(a.TZKnown, b.TZKnown),
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
