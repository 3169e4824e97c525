package shipment

// Print tells two answers of a source about one number apart, whatever order the events come in: the same print means that it
// said the same again. When it was said does not count, nor when something Standing was. It is only comparable within one
// run of the program, and never 0; but it is 0 for an answer whose meaning changes with time alone, because it holds an event
// from too far in the future.
func Print(events []Event) uint64 {
	sum := uint64(len(events)) + 1
	for i := range events {
		e := &events[i]
		if e.suspicious() {
			return 0
		}
		h := digest(fnvOffset)
		if !e.Standing {
			_, offset := e.At.Zone()
			h = h.number(uint64(e.At.UnixNano())).number(uint64(offset))
		}
		h = h.text(string(e.Status)).text(e.Sub).text(e.Text).text(e.Source).text(e.Code)
		h = h.text(e.Place.Name).text(e.Place.Country).text(e.Place.Code)
		h = h.number(uint64(e.Seq)).date(e.ETA).number(uint64(e.Count.Shipped)).number(uint64(e.Count.Received))
		h = h.number(bits(e.TZKnown, e.Exception, e.Standing))
		sum += h.mixed()
	}
	return max(sum, 1)
}

// A digest is an FNV-1a hash on its way. Nobody gains by making two answers collide: they would only not be told news.
type digest uint64

const (
	fnvOffset = 14695981039346656037
	fnvPrime  = 1099511628211
)

func (d digest) text(s string) digest {
	for i := range len(s) {
		d = (d ^ digest(s[i])) * fnvPrime
	}
	return (d ^ 0xFF) * fnvPrime // texts end: 0xFF is in none
}

func (d digest) number(n uint64) digest {
	d = (d ^ digest(n)) * fnvPrime
	return d ^ d>>32
}

func (d digest) date(x Date) digest {
	return d.number(uint64(x.Year)<<16 | uint64(x.Month)<<8 | uint64(x.Day))
}

// mixed spreads what FNV leaves in the low bits, so that a sum of digests is as good as one.
func (d digest) mixed() uint64 {
	d ^= d >> 33
	d *= 0xff51afd7ed558ccd
	d ^= d >> 33
	return uint64(d)
}

func bits(list ...bool) (n uint64) {
	for i, b := range list {
		if b {
			n |= 1 << i
		}
	}
	return n
}
