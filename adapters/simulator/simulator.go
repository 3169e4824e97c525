// Package simulator is a carrier that does not exist: a SIMULATION for trying the bot without an account anywhere. Its
// numbers begin with "SIM", its events carry the code "SIMULATION:…", and it invents a believable journey from China to
// an Amazon fulfilment centre in the United States, Germany or Japan, by sea or by air, some with a customs hold.
//
// A journey follows from the number and the time it was registered alone: asked twice, or after a restart, the carrier
// tells the same story. Time can run faster than on the wall, so that a day of the journey takes seconds; the times of
// events are then real times, close together.
package simulator

import (
	"context"
	"fmt"
	"hash/fnv"
	"strings"
	"time"

	"xiaobao/shipment"
)

// Name is the name of this source, in shipments and in events.
const Name = "simulator"

// Label stands wherever simulated news is shown, so that nobody takes it for real.
const Label = "SIMULATION"

// Brisk is a speed at which a day takes five seconds: by air it is all over in about a minute, by sea in two or three.
const Brisk = 24 * 60 * 60 / 5

// Carrier is the simulated carrier. It keeps nothing and can be used from several goroutines.
type Carrier struct {
	speed float64
	now   func() time.Time
}

// New makes a carrier whose time runs speed times as fast as the clock now; 1 is real time, and so is anything not positive.
func New(speed float64, now func() time.Time) *Carrier {
	if !(speed > 0) {
		speed = 1
	}
	return &Carrier{speed: speed, now: now}
}

// Name is Name.
func (c *Carrier) Name() string { return Name }

// NewNumber makes a number for a journey that the seed chooses; the same seed gives the same number.
func NewNumber(seed string) string {
	h := hash("number", seed)
	carriage := shipment.Ocean
	if h%3 == 0 {
		carriage = shipment.Air
	}
	return NewNumberTo(carriage, countries[h/3%uint64(len(countries))], seed)
}

// NewNumberTo makes a number for a journey by sea or by air to a country ("US", "DE", "JP"; any other is sent to the
// first of them). Whether there is a customs hold on the way is up to the seed: it is so for about one number in three.
func NewNumberTo(carriage shipment.Carriage, country, seed string) string {
	by := "O"
	if carriage == shipment.Air {
		by = "A"
	}
	if _, ok := ports[country]; !ok {
		country = countries[0]
	}
	return fmt.Sprintf("SIM%s%s%08d", by, country, hash("digits", seed)%1e8)
}

// Knows reports whether a number is one of ours.
func (c *Carrier) Knows(number string) bool { return Is(number) }

// Carriage is how the goods of a number travel.
func (c *Carrier) Carriage(number string) shipment.Carriage { return JourneyOf(number).Carriage }

// Assign makes a whole number of a beginning: "SIM" lets the seed choose, "SIMAJP" is by air to Japan, "SIMO" by sea. Any
// other number stays as it is.
func (c *Carrier) Assign(number, seed string) string {
	rest, ok := strings.CutPrefix(strings.ToUpper(number), "SIM")
	switch {
	case ok && rest == "":
		return NewNumber(seed)
	case ok && (rest == "A" || rest == "O" || len(rest) == 3 && (rest[0] == 'A' || rest[0] == 'O')):
		carriage, country := shipment.Ocean, countries[0]
		if rest[0] == 'A' {
			carriage = shipment.Air
		}
		if len(rest) == 3 {
			country = rest[1:]
		}
		return NewNumberTo(carriage, country, seed)
	}
	return number
}

// Is reports whether a number is one of ours.
func Is(number string) bool { return strings.HasPrefix(strings.ToUpper(number), "SIM") }

// A Journey is what a number stands for.
type Journey struct {
	Carriage shipment.Carriage
	Country  string // where it goes
	Hold     bool   // customs will hold it for a while
}

// JourneyOf reads a number; a number that begins with SIM but was not made here gets a journey all the same.
func JourneyOf(number string) Journey {
	number = strings.ToUpper(number)
	h := hash("journey", number)
	j := Journey{Carriage: shipment.Ocean, Country: countries[h%uint64(len(countries))], Hold: h/7%3 == 0}
	if len(number) >= 6 {
		if number[3] == 'A' {
			j.Carriage = shipment.Air
		}
		if _, ok := ports[number[4:6]]; ok {
			j.Country = number[4:6]
		}
	}
	return j
}

// Pull tells what has happened so far to the numbers that are ours, oldest first; others are unknown here. A number that
// was never registered has no journey yet. The only error is that of ctx.
func (c *Carrier) Pull(ctx context.Context, numbers []shipment.Number) ([]shipment.Event, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	now := c.now()
	var events []shipment.Event
	for _, n := range numbers {
		for _, s := range c.story(n) {
			if s.At.After(now) {
				break
			}
			s.Seen = now
			events = append(events, s)
		}
	}
	return events, nil
}

// Next says when there will be something new about a number, and false when its story is over. A real carrier cannot
// tell; this one can, so that nobody has to keep asking.
func (c *Carrier) Next(n shipment.Number, now time.Time) (time.Time, bool) {
	for _, e := range c.story(n) {
		if e.At.After(now) {
			return e.At, true
		}
	}
	return time.Time{}, false
}

// story is the whole journey of a number, on the clock of the places where it happens.
func (c *Carrier) story(n shipment.Number) []shipment.Event {
	if !Is(n.Number) || n.Registered.IsZero() {
		return nil
	}
	j := JourneyOf(n.Number)
	at := func(hours float64) time.Time {
		return n.Registered.Add(time.Duration(hours * float64(time.Hour) / c.speed))
	}
	chapters := j.chapters(n.Number)
	eta := 0.0
	for _, ch := range chapters {
		if ch.status == shipment.Delivered {
			eta = ch.hour
		}
	}
	delay := 0.0
	if j.Hold {
		delay = holdHours
	}
	events := make([]shipment.Event, 0, len(chapters))
	for i, ch := range chapters {
		e := shipment.Event{
			Number: n.Number, At: at(ch.hour).In(ch.stop.zone()), TZKnown: true, Seq: i,
			Status: ch.status, Sub: ch.sub, Exception: ch.hold, Place: ch.stop.Place,
			Source: Name, Code: Label + ":" + ch.code(),
		}
		switch {
		case ch.sub == "departed_port":
			e.ETA = shipment.DateOf(at(eta - delay).In(chapters[len(chapters)-1].stop.zone()))
		case ch.hold:
			e.ETA = shipment.DateOf(at(eta).In(chapters[len(chapters)-1].stop.zone()))
		}
		events = append(events, e)
	}
	return events
}

func hash(what, s string) uint64 {
	h := fnv.New64a()
	fmt.Fprintf(h, "%s\x00%s", what, s)
	sum := h.Sum64()
	sum ^= sum >> 33
	sum *= 0xff51afd7ed558ccd // FNV alone leaves neighbours alike in the low bits
	return sum ^ sum>>33
}
