package watch

import (
	"slices"
	"sync"
	"time"

	"xiaobao/shipment"
)

// A schedule knows when each number of a source is to be looked at, and what it needs to see that a look brought nothing new. It
// holds a number in about eighty bytes, text and index included, so that a million fit into memory:
//
//	queue   due, slot; the earliest first, a binary heap
//	slots   what is known of a number, in blocks that never move
//	texts   the numbers themselves, one after the other
//	index   from a number to its slot
//
// Choosing what is due next takes a walk of the heap's depth, whether there are ten thousand numbers or a million.
type schedule struct {
	mu    sync.Mutex
	queue []queued
	slots [][]slot
	free  []uint32 // slots to use again
	texts texts
	index index

	carriers []string // as sources name them; the first is none
}

// queued is a slot and when it is due, in milliseconds since 1970.
type queued struct {
	due  int64
	slot uint32
}

// A slot is a number. Times are seconds since 1970.
type slot struct {
	print      uint64 // of the last answer that changed nothing; 0: none
	pace       shipment.Pace
	looked     uint32 // when the source last answered; 0: not since this process began to follow it
	saved      uint32 // the look that is written down
	registered uint32
	text       uint32 // where the number stands
	at         uint32 // place in queue, or nowhere
	carrier    uint16 // place in carriers
	failures   uint8
	warm       bool // pace, registered and carrier are known, and the source knows that it is followed
}

const (
	blockSize = 1 << 12
	nowhere   = ^uint32(0)
)

// A taken is a number that was taken to be looked at.
type taken struct {
	ref shipment.Number
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
	if n := len(s.queue); n > 0 {
		if last := s.slot(s.queue[n-1].slot); s.texts.is(last.text, number) {
			last.saved = min(last.saved, secondsOf(look))
			s.queue[n-1].due = min(s.queue[n-1].due, look.UnixMilli())
			return
		}
	}
	id := s.newSlot(number)
	x := s.slot(id)
	x.saved, x.at = secondsOf(look), uint32(len(s.queue))
	s.queue = append(s.queue, queued{look.UnixMilli(), id})
}

// begin puts what was loaded in order.
func (s *schedule) begin() {
	s.index.grow(len(s.queue))
	for _, q := range s.queue {
		s.index.add(s, s.texts.bytes(s.slot(q.slot).text), q.slot)
	}
	for i := len(s.queue)/2 - 1; i >= 0; i-- {
		s.down(i)
	}
}

// next is when the first number is due.
func (s *schedule) next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.queue) == 0 {
		return time.Time{}, false
	}
	return time.UnixMilli(s.queue[0].due).UTC(), true
}

// take takes at most n numbers that are due out of the queue, the earliest first. Whoever takes them gives them back with put,
// or drops them. Numbers that failed are taken in halves, and halves of halves.
func (s *schedule) take(now time.Time, n int) (list []taken) {
	s.mu.Lock()
	defer s.mu.Unlock()
	limit := now.UnixMilli()
	for len(list) < n && len(s.queue) > 0 && s.queue[0].due <= limit {
		first := s.queue[0]
		x := s.slot(first.slot)
		n = max(min(n, n>>x.failures), 1)
		s.remove(0)
		list = append(list, taken{
			ref: shipment.Number{Number: s.texts.at(x.text), Carrier: s.carriers[x.carrier], Registered: timeOf(x.registered)},
			due: time.UnixMilli(first.due).UTC(), slot: *x,
		})
	}
	return list
}

// put writes what is known of a number now, and when it is due; one that is not in the schedule is added.
func (s *schedule) put(n shipment.Number, due time.Time, x slot) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.find(n.Number)
	if !ok {
		id = s.add(n.Number)
	}
	old := s.slot(id)
	x.text, x.at, x.registered, x.carrier = old.text, old.at, secondsOf(n.Registered), s.carrier(n.Carrier)
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
// asked about, which is at a moment at the latest.
func (s *schedule) touch(number string, due time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := s.find(number)
	if !ok {
		id = s.add(number)
	}
	x := s.slot(id)
	x.print, x.warm = 0, false
	if x.at == nowhere || due.UnixMilli() < s.queue[x.at].due {
		s.enqueue(id, due)
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
	if x.at != nowhere {
		s.remove(int(x.at))
	}
	s.index.remove(s, number)
	s.texts.forget(x.text)
	s.free = append(s.free, id)
	*x = slot{at: nowhere}
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
	*x = slot{at: nowhere, text: s.texts.keep(number)}
	return id
}

// enqueue puts a slot where its due belongs.
func (s *schedule) enqueue(id uint32, due time.Time) {
	x := s.slot(id)
	if x.at == nowhere {
		x.at = uint32(len(s.queue))
		s.queue = append(s.queue, queued{slot: id})
	}
	i := int(x.at)
	s.queue[i].due = due.Add(time.Millisecond - 1).UnixMilli() // not before it
	s.up(i)
	s.down(int(x.at))
}

func (s *schedule) remove(i int) {
	last := len(s.queue) - 1
	s.slot(s.queue[i].slot).at = nowhere
	if i != last {
		s.queue[i] = s.queue[last]
		s.slot(s.queue[i].slot).at = uint32(i)
	}
	s.queue = s.queue[:last]
	if i < last {
		s.up(i)
		s.down(int(s.slot(s.queue[i].slot).at))
	}
}

func (s *schedule) up(i int) {
	for i > 0 {
		parent := (i - 1) / 2
		if s.queue[parent].due <= s.queue[i].due {
			return
		}
		s.swap(i, parent)
		i = parent
	}
}

func (s *schedule) down(i int) {
	for {
		child := 2*i + 1
		if child >= len(s.queue) {
			return
		}
		if child+1 < len(s.queue) && s.queue[child+1].due < s.queue[child].due {
			child++
		}
		if s.queue[i].due <= s.queue[child].due {
			return
		}
		s.swap(i, child)
		i = child
	}
}

func (s *schedule) swap(i, j int) {
	s.queue[i], s.queue[j] = s.queue[j], s.queue[i]
	s.slot(s.queue[i].slot).at, s.slot(s.queue[j].slot).at = uint32(i), uint32(j)
}

func secondsOf(t time.Time) uint32 {
	if t.IsZero() {
		return 0
	}
	return uint32(min(max(t.Unix(), 0), int64(nowhere)))
}

func timeOf(s uint32) time.Time {
	if s == 0 {
		return time.Time{}
	}
	return time.Unix(int64(s), 0).UTC()
}
