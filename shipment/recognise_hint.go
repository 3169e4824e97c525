package shipment

import (
	"strings"
	"unicode/utf8"
)

// hint is a set of what the words beside a number say about it: which carriers are named, and whether a tracking number is
// spoken of at all.
type hint uint64

// spokenOf is the hint that names no carrier: "tracking", "运单".
const spokenOf hint = 1

const longestHint = 20

// phrase is a hint in Chinese.
type phrase struct {
	text  string
	means hint
}

// hintsIn gathers the hints of a line; blank reports that it has no word at all.
func (s *scanner) hintsIn(i, end int) (h hint, blank bool) {
	s.end, s.url, blank = end, false, true
	for i < end {
		kind, _, size := s.read(i)
		switch kind {
		case letterOrDigit:
			blank = false
			w := s.word(i)
			if w.n <= longestHint {
				h |= s.tables.words[string(w.letters[:w.n])]
			}
			i = w.end
			continue
		case other:
			blank = false
			r, n := utf8.DecodeRuneInString(s.text[i:end])
			for _, p := range s.tables.phrases[r] {
				if strings.HasPrefix(s.text[i:end], p.text) {
					h |= p.means
				}
			}
			size = n
		}
		i += size
	}
	return h, blank
}
