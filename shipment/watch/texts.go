package watch

// texts keeps short texts one after the other in blocks that never move: a byte of length, and the text. Texts that are
// forgotten leave a hole that one no longer than the hole may take.
type texts struct {
	blocks [][]byte
	holes  [longestNumber + 1][]uint32 // by length
}

const textBlock = 1 << 16

// keep keeps a text of at most 255 bytes and says where.
func (t *texts) keep(s string) uint32 {
	if len(s) <= longestNumber {
		if holes := t.holes[len(s)]; len(holes) > 0 {
			at := holes[len(holes)-1]
			t.holes[len(s)] = holes[:len(holes)-1]
			copy(t.blocks[at/textBlock][at%textBlock+1:], s)
			return at
		}
	}
	last := len(t.blocks) - 1
	if last < 0 || len(t.blocks[last])+1+len(s) > textBlock {
		t.blocks = append(t.blocks, make([]byte, 0, textBlock))
		last++
	}
	at := uint32(last*textBlock + len(t.blocks[last]))
	t.blocks[last] = append(append(t.blocks[last], byte(len(s))), s...)
	return at
}

func (t *texts) bytes(at uint32) []byte {
	block := t.blocks[at/textBlock][at%textBlock:]
	return block[1 : 1+block[0]]
}

func (t *texts) at(at uint32) string { return string(t.bytes(at)) }

func (t *texts) is(at uint32, s string) bool { return string(t.bytes(at)) == s }

func (t *texts) forget(at uint32) {
	if n := len(t.bytes(at)); n <= longestNumber {
		t.holes[n] = append(t.holes[n], at)
	}
}

// index finds the slot of a number: a table with open addressing, which holds four bytes for a number where a map holds forty.
// An entry is a slot's number plus one; 0 is empty.
type index struct {
	table []uint32
	used  int
}

func (x *index) find(s *schedule, number string) (uint32, bool) {
	if len(x.table) == 0 {
		return 0, false
	}
	mask := uint32(len(x.table) - 1)
	for i := hashOf(number) & mask; x.table[i] != 0; i = (i + 1) & mask {
		if id := x.table[i] - 1; s.texts.is(s.slot(id).text, number) {
			return id, true
		}
	}
	return 0, false
}

// grow makes room for n numbers, of an index that is empty.
func (x *index) grow(n int) {
	size := 64
	for size*3 < n*4+4 {
		size *= 2
	}
	x.table = make([]uint32, size)
}

func (x *index) add(s *schedule, number []byte, id uint32) {
	if (x.used+1)*4 > len(x.table)*3 {
		old := x.table
		x.table = make([]uint32, max(2*len(old), 64))
		for _, entry := range old {
			if entry != 0 {
				x.insert(hashOf(s.texts.bytes(s.slot(entry-1).text)), entry)
			}
		}
	}
	x.insert(hashOf(number), id+1)
	x.used++
}

func (x *index) insert(hash, entry uint32) {
	mask := uint32(len(x.table) - 1)
	i := hash & mask
	for x.table[i] != 0 {
		i = (i + 1) & mask
	}
	x.table[i] = entry
}

// remove takes a number out and closes the gap, so that those behind it are still found.
func (x *index) remove(s *schedule, number string) {
	mask := uint32(len(x.table) - 1)
	i := hashOf(number) & mask
	for !s.texts.is(s.slot(x.table[i]-1).text, number) {
		i = (i + 1) & mask
	}
	x.table[i] = 0
	x.used--
	for j := (i + 1) & mask; x.table[j] != 0; j = (j + 1) & mask {
		home := hashOf(s.texts.bytes(s.slot(x.table[j]-1).text)) & mask
		if (j-home)&mask >= (j-i)&mask {
			x.table[i], x.table[j] = x.table[j], 0
			i = j
		}
	}
}

// hashOf is FNV-1a, spread.
func hashOf[T string | []byte](s T) uint32 {
	h := uint64(14695981039346656037)
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 1099511628211
	}
	return uint32(h ^ h>>32)
}
