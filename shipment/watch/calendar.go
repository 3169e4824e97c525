package watch

import (
	"math"
	"math/bits"
)

// A calendar keeps slots by when they are due. Adding one, moving one and taking the first are as many steps with ten thousand as with
// a million: nothing is sorted before its moment has nearly come.
//
//	front   what is due before the horizon, the first first: a heap
//	near    what is due later in the horizon's span: a list for every page of sixteen seconds, in no order
//	far     what is due in later spans of nineteen hours: a list for every span
//
// The horizon moves on when the front is empty: to the end of the next page, which becomes the front; and into the next span,
// which is dealt out to the pages. It stops at what is not due yet. Where a slot is follows from slot.due; slot.at is its place there.
type calendar struct {
	horizon int64 // in milliseconds since 1970, the beginning of a page
	count   int
	front   []queued
	near    [][]uint32         // pages of them, or none at first
	filled  [pages / 64]uint64 // a bit for every page that is not empty
	far     [spans][]uint32
	spare   [][]uint32 // empty lists to use again
}

// A page is 2^14 milliseconds, a span is 2^12 pages. What is 256 spans away, half a year and more, shares a list with what is nearer.
const (
	pageBits = 14
	spanBits = pageBits + 12
	pages    = 1 << (spanBits - pageBits)
	spans    = 1 << 8
	spares   = 64
)

// queued is a slot and when it is due.
type queued struct {
	due  int64
	slot uint32
}

// start sets the horizon of an empty calendar.
func (c *calendar) start(due int64) {
	c.horizon = due >> pageBits << pageBits
	if c.near == nil {
		c.near = make([][]uint32, pages)
	}
}

// add puts a slot in that is not in it, where slot.due says.
func (c *calendar) add(s *schedule, id uint32) {
	x := s.slot(id)
	if c.count == 0 {
		c.start(x.due)
	}
	c.count++
	if x.due < c.horizon {
		c.front = append(c.front, queued{x.due, id})
		c.up(s, len(c.front)-1)
		return
	}
	c.put(x, id)
}

// put puts a slot into the list that it belongs into.
func (c *calendar) put(x *slot, id uint32) {
	list := c.list(x.due)
	if n := len(c.spare); *list == nil && n > 0 {
		*list, c.spare = c.spare[n-1], c.spare[:n-1]
	}
	x.at = uint32(len(*list))
	*list = append(*list, id)
}

// list is the list of what is due at a moment that is not before the horizon; of a page it notes that it is not empty.
func (c *calendar) list(due int64) *[]uint32 {
	if due>>spanBits > c.horizon>>spanBits {
		return &c.far[due>>spanBits&(spans-1)]
	}
	page := due >> pageBits & (pages - 1)
	c.filled[page/64] |= 1 << (page % 64)
	return &c.near[page]
}

// remove takes a slot out; one that is not in it is left alone.
func (c *calendar) remove(s *schedule, id uint32) {
	x := s.slot(id)
	if x.due == idle {
		return
	}
	c.count--
	if x.due < c.horizon {
		c.cut(s, int(x.at))
	} else {
		list := c.list(x.due)
		last := len(*list) - 1
		moved := (*list)[last]
		(*list)[x.at] = moved
		s.slot(moved).at = x.at
		*list = (*list)[:last]
	}
	x.due = idle
}

// pop takes the first of the front out.
func (c *calendar) pop(s *schedule) uint32 {
	id := c.front[0].slot
	c.remove(s, id)
	return id
}

// next is when the first is due, if that is not after now, and otherwise a moment after now that is not after it: the beginning of
// its page or its span. False when it is empty.
func (c *calendar) next(s *schedule, now int64) (due int64, ok bool) {
	if c.count == 0 {
		return 0, false
	}
	for len(c.front) == 0 {
		page, ok := c.page()
		if !ok {
			span := c.span(s)
			if span<<spanBits > now {
				return span << spanBits, true
			}
			c.enter(s, span<<spanBits)
			continue
		}
		if page > now {
			return page, true
		}
		c.open(s, page)
	}
	return c.front[0].due, true
}

// page is the beginning of the first page that is not empty.
func (c *calendar) page() (int64, bool) {
	at := c.horizon >> pageBits & (pages - 1)
	mask := ^uint64(0) << (at % 64)
	for word := at / 64; word < int64(len(c.filled)); word++ {
		for set := c.filled[word] & mask; set != 0; set &= set - 1 {
			page := word*64 + int64(bits.TrailingZeros64(set))
			if len(c.near[page]) > 0 {
				return c.horizon>>spanBits<<spanBits + page<<pageBits, true
			}
			c.filled[word] &^= 1 << (page % 64) // it was emptied one by one
		}
		mask = ^uint64(0)
	}
	return 0, false
}

// open makes a page the front, which is empty.
func (c *calendar) open(s *schedule, page int64) {
	at := page >> pageBits & (pages - 1)
	list := c.near[at]
	for i, id := range list {
		x := s.slot(id)
		x.at = uint32(i)
		c.front = append(c.front, queued{x.due, id})
	}
	if c.near[at] = nil; len(c.spare) < spares {
		c.spare = append(c.spare, list[:0])
	}
	c.filled[at/64] &^= 1 << (at % 64)
	for i := len(c.front)/2 - 1; i >= 0; i-- {
		c.down(s, i)
	}
	c.enter(s, page+1<<pageBits)
}

// enter moves the horizon on. A span that begins there is dealt out to its pages.
func (c *calendar) enter(s *schedule, horizon int64) {
	before := c.horizon >> spanBits
	c.horizon = horizon
	span := horizon >> spanBits
	if span == before {
		return
	}
	list := c.far[span&(spans-1)]
	c.far[span&(spans-1)] = nil
	for _, id := range list {
		c.put(s.slot(id), id)
	}
}

// span is the first span in which something is due, where nothing is before.
func (c *calendar) span(s *schedule) (first int64) {
	now := c.horizon >> spanBits
	first = math.MaxInt64
	for i := now + 1; i <= now+spans; i++ {
		for _, id := range c.far[i&(spans-1)] {
			span := s.slot(id).due >> spanBits
			if span == i {
				return i
			}
			first = min(first, span)
		}
	}
	return first
}

// cut takes a place out of the front.
func (c *calendar) cut(s *schedule, i int) {
	last := len(c.front) - 1
	moved := c.front[last]
	if c.front = c.front[:last]; i == last {
		return
	}
	c.set(s, i, moved)
	c.up(s, i)
	c.down(s, int(s.slot(moved.slot).at))
}

func (c *calendar) set(s *schedule, i int, q queued) {
	c.front[i] = q
	s.slot(q.slot).at = uint32(i)
}

func (c *calendar) up(s *schedule, i int) {
	q := c.front[i]
	for i > 0 {
		parent := (i - 1) / 2
		if c.front[parent].due <= q.due {
			break
		}
		c.set(s, i, c.front[parent])
		i = parent
	}
	c.set(s, i, q)
}

func (c *calendar) down(s *schedule, i int) {
	q := c.front[i]
	for {
		child := 2*i + 1
		if child >= len(c.front) {
			break
		}
		if child+1 < len(c.front) && c.front[child+1].due < c.front[child].due {
			child++
		}
		if q.due <= c.front[child].due {
			break
		}
		c.set(s, i, c.front[child])
		i = child
	}
	c.set(s, i, q)
}
