package watch

import (
	"math"
	"slices"
	"sync"
	"time"

	"xiaobao/shipment"
)

// A schedule knows when each number of a source is to be looked at, and what it needs to see that a look brought nothing new. It
// holds a number in about ninety bytes, text and index included, so that a million fit into memory:
//
//	calendar  what is due when
//	slots     what is known of a number, in blocks that never move
//	texts     the numbers themselves, one after the other
//	index     from a number to its slot
type schedule struct {
	mu       sync.Mutex
	calendar calendar
	slots    [][]slot
	free     []uint32 // slots to use again
	texts    texts
	index    index
	last     uint32 // with load: the slot of the number before, plus one

	carriers []string // as sources name them; the first is none
}

// A slot is a number. Times are seconds since 1970.
type slot struct {
	print      uint64 // of the last answer that changed nothing; 0: none
	due        int64  // in milliseconds since 1970; idle: not in the calendar
	pace       shipment.Pace
	looked     uint32 // when the source last answered; 0: not since this process began to follow it
	saved      uint32 // the look that is written down
	registered uint32
	text       uint32 // where the number stands
	at         uint32 // place in the calendar
	carrier    uint16 // place in carriers
	failures   uint8
	marks      marks
}

// marks are what is true of a slot.
type marks uint8

const (
	warm   marks = 1 << iota // pace, registered and carrier are known, and the source knows that it is followed
	wanted                   // a look was asked for since it was taken, or since its source was asked about it: see touch
)

const (
	blockSize = 1 << 12
	idle      = math.MinInt64
	nothing   = ^uint32(0) // the text of a slot that is free
)

// A taken is a number that was taken to be looked at.
type taken struct {
	ref shipment.Number
	id  uint32
	due time.Time
	slot
}

func newSchedule() *schedule { return &schedule{carriers: []string{""}} }

// len is how many numbers are followed.
func (s *schedule) len() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.index.used
}

// load adds a number of which only the look is known, while nobody else uses the schedule and before begin. Of several looks at
// one number, which come one after the other, the earliest counts.
func (s *schedule) load(number string, look time.Time) {
	if s.last > 0 {
		if x := s.slot(s.last - 1); s.texts.is(x.text, number) {
			x.saved = min(x.saved, secondsOf(look))
			x.due = min(x.due, look.UnixMilli())
			return
		}
	}
	id := s.newSlot(number)
	x := s.slot(id)
	x.saved, x.due = secondsOf(look), look.UnixMilli()
	s.last = id + 1
}

// begin puts what was loaded in order.
func (s *schedule) begin() {
	n, first := 0, int64(math.MaxInt64)
	for _, block := range s.slots {
		n += len(block)
		for i := range block {
			first = min(first, block[i].due)
		}
	}
	s.index.grow(n)
	s.calendar.start(first)
	for b, block := range s.slots {
		for i := range block {
			id := uint32(b*blockSize + i)
			s.index.add(s, s.texts.bytes(block[i].text), id)
			s.calendar.add(s, id)
		}
	}
}

// next is when somebody should look for something that is due: a moment at which something is, when that is not after now, and
// otherwise a few seconds before at most, unless it is a day away.
func (s *schedule) next(now time.Time) (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	due, ok := s.calendar.next(s, now.UnixMilli())
	return time.UnixMilli(due).UTC(), ok
}

// take takes at most n numbers that are due out of the queue, the earliest first. Whoever takes them gives them back with put,
// or drops them. Numbers that failed are taken in halves, and halves of halves.
func (s *schedule) take(now time.Time, n int) (list []taken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := now.UnixMilli()
	for len(list) < n {
		due, ok := s.calendar.next(s, limit)
		if !ok || due > limit {
			break
		}
		id := s.calendar.pop(s)
		x := s.slot(id)
		n = max(min(n, n>>x.failures), 1)
		x.marks &^= wanted
		list = append(list, taken{id: id, due: time.UnixMilli(due).UTC(), slot: *x})
	}
	for i := range list {
		t := &list[i]
		t.ref = shipment.Number{Number: s.texts.at(t.text), Carrier: s.carriers[t.carrier], Registered: timeOf(t.registered)}
	}
	return list
}

// putBack is put of a number that was taken, with what is known of it now.
func (s *schedule) putBack(t taken, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if x := s.slot(t.id); x.text == nothing || !s.texts.is(x.text, t.ref.Number) { // dropped meanwhile, and its slot is another's
		id, ok := s.find(t.ref.Number)
		if !ok {
			id = s.add(t.ref.Number)
		}
		t.id = id
	}
	s.write(t.id, t.ref, due, t.slot)
}

// put writes what is known of a number now, and when it is due; one that is not in the schedule is added.
func (s *schedule) put(n shipment.Number, due time.Time, x slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.find(n.Number)
	if !ok {
		id = s.add(n.Number)
	}
	s.write(id, n, due, x)
}

func (s *schedule) write(id uint32, n shipment.Number, due time.Time, x slot) {
	old := s.slot(id)
	if old.marks&wanted != 0 { // what is known is from before
		x.print, x.marks = 0, wanted
	}
	x.text, x.due, x.at, x.registered, x.carrier = old.text, old.due, old.at, secondsOf(n.Registered), s.carrier(n.Carrier)
	*old = x
	s.enqueue(id, due)
}

func (s *schedule) carrier(name string) uint16 {
	i := slices.Index(s.carriers, name)
	switch {
	case i >= 0:
		return uint16(i)
	case len(s.carriers) > 0xFFFF:
		return 0 // the source finds out
	}
	s.carriers = append(s.carriers, name)
	return uint16(len(s.carriers) - 1)
}

// lookAt moves a number to a moment; one that is not in the schedule is added. What is known of it stays.
func (s *schedule) lookAt(number string, due time.Time, failed bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.find(number)
	if !ok {
		id = s.add(number)
	}
	if x := s.slot(id); failed && x.failures < 250 {
		x.failures++
	}
	s.enqueue(id, due)
}

// touch notes that something is new about a number that its source did not say when it was asked: it is read again before it is
// asked about, which is at a moment at the latest, whatever an answer says that was asked for before.
func (s *schedule) touch(number string, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.find(number)
	if !ok {
		id = s.add(number)
	}
	x := s.slot(id)
	x.print, x.marks = 0, wanted
	if x.due == idle || due.UnixMilli() < x.due {
		s.enqueue(id, due)
	}
}

// asks notes that numbers are asked about from now on, which were not taken.
func (s *schedule) asks(numbers []shipment.Number) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, n := range numbers {
		if id, ok := s.find(n.Number); ok {
			s.slot(id).marks &^= wanted
		}
	}
}

// drop forgets a number.
func (s *schedule) drop(number string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.find(number)
	if !ok {
		return
	}
	x := s.slot(id)
	s.calendar.remove(s, id)
	s.index.remove(s, number)
	s.texts.forget(x.text)
	s.free = append(s.free, id)
	*x = slot{due: idle, text: nothing}
}

// lookedAt is when a source last answered about a number, as far as this schedule knows.
func (s *schedule) lookedAt(number string) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	if id, ok := s.find(number); ok {
		return timeOf(s.slot(id).looked)
	}
	return time.Time{}
}

func (s *schedule) slot(id uint32) *slot { return &s.slots[id/blockSize][id%blockSize] }

func (s *schedule) find(number string) (uint32, bool) { return s.index.find(s, number) }

func (s *schedule) add(number string) uint32 {
	id := s.newSlot(number)
	s.index.add(s, []byte(number), id)
	return id
}

func (s *schedule) newSlot(number string) uint32 {
	var id uint32
	if n := len(s.free); n > 0 {
		id, s.free = s.free[n-1], s.free[:n-1]
	} else {
		last := len(s.slots) - 1
		if last < 0 || len(s.slots[last]) == blockSize {
			s.slots = append(s.slots, make([]slot, 0, blockSize))
			last++
		}
		id = uint32(last*blockSize + len(s.slots[last]))
		s.slots[last] = append(s.slots[last], slot{})
	}
	x := s.slot(id)
	*x = slot{due: idle, text: s.texts.keep(number)}
	return id
}

// enqueue puts a slot where its due belongs.
func (s *schedule) enqueue(id uint32, due time.Time) {
	x, at := s.slot(id), due.Add(time.Millisecond-1).UnixMilli() // not before it
	if x.marks&wanted != 0 && x.due != idle {
		at = min(at, x.due)
	}
	s.calendar.remove(s, id)
	x.due = at
	s.calendar.add(s, id)
}

func secondsOf(t time.Time) uint32 {
	if t.IsZero() {
		return 0
	}
	return uint32(min(max(t.Unix(), 0), math.MaxUint32))
}

func timeOf(s uint32) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}
