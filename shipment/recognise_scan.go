package shipment

import (
	"unicode"
	"unicode/utf8"
)

// kind is what a character is to the scanner.
type kind uint8

const (
	other         kind = iota // text that is no part of a number
	letterOrDigit             // after narrowing: 0-9, A-Z
	space                     // may stand inside a number
	dash                      // the same
	invisible                 // as if it were not there
	stop                      // punctuation: ends a word
	quote                     // the same, and ends an address
	fieldBreak                // ends an entry of a list or a cell of a table
)

type char struct {
	kind kind
	c    byte // 0-9, A-Z
}

// ascii is what each ASCII character is; letters are upper case already.
var ascii = func() (t [utf8.RuneSelf]char) {
	for i := range t {
		switch c := byte(i); {
		case '0' <= c && c <= '9', 'A' <= c && c <= 'Z':
			t[i] = char{letterOrDigit, c}
		case 'a' <= c && c <= 'z':
			t[i] = char{letterOrDigit, c - 'a' + 'A'}
		case c == ' ':
			t[i].kind = space
		case c == '-':
			t[i].kind = dash
		case c == '\t', c == '\n', c == '\v', c == '\f', c == ',', c == ';', c == '|':
			t[i].kind = fieldBreak
		case c < ' ', c == 0x7f:
			t[i].kind = invisible
		case c == '"', c == '\'', c == '<', c == '>', c == '`':
			t[i].kind = quote
		default:
			t[i].kind = stop
		}
	}
	return t
}()

// scanner walks over a text once, and looks ahead from the beginning of each word.
type scanner struct {
	text   string
	tables *tables
	found  []Candidate

	end   int  // of the line
	hints hint // what the line says about its numbers
	url   bool // inside an address
	clean bool // nothing but numbers so far in this entry of a list
}

// read is the character at i: what it is, what it stands for, and how many bytes it has.
func (s *scanner) read(i int) (kind, byte, int) {
	b := s.text[i]
	if b < utf8.RuneSelf {
		if b == '%' && s.url && i+2 < s.end {
			if hi, lo := unhex(s.text[i+1]), unhex(s.text[i+2]); hi < 8 && lo < 16 {
				a := ascii[hi<<4|lo]
				return a.kind, a.c, 3
			}
		}
		a := ascii[b]
		return a.kind, a.c, 1
	}
	r, size := utf8.DecodeRuneInString(s.text[i:s.end])
	switch {
	case r >= 0xFF01 && r <= 0xFF5E: // full width
		a := ascii[r-0xFEE0]
		return a.kind, a.c, size
	case r >= 0x4E00 && r <= 0x9FFF: // the usual case, without a look into the tables
		return other, 0, size
	case r == '、', r == 0x2028, r == 0x2029, r == 0x85:
		return fieldBreak, 0, size
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0xFE63:
		return dash, 0, size
	case unicode.IsSpace(r):
		return space, 0, size
	case unicode.Is(unicode.Cf, r):
		return invisible, 0, size
	case r == '“', r == '”', r == '「', r == '」', r == '《', r == '》':
		return quote, 0, size
	case unicode.IsPunct(r):
		return stop, 0, size
	}
	return other, 0, size
}

func unhex(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	case 'A' <= c && c <= 'F':
		return c - 'A' + 10
	}
	return 0xff
}

// word is a run of letters and digits.
type word struct {
	end     int // byte after it
	n       int // letters and digits
	digits  int
	www     bool
	letters [longestHint]byte // the beginning, for hints
}

// word measures the word that begins at i.
func (s *scanner) word(i int) word {
	w := word{end: i}
	for i < s.end {
		kind, c, size := s.read(i)
		i += size
		if kind == invisible {
			continue
		}
		if kind != letterOrDigit {
			break
		}
		if w.n < len(w.letters) {
			w.letters[w.n] = c
		}
		if c <= '9' {
			w.digits++
		}
		w.n++
		w.end = i
	}
	w.www = w.n == 3 && string(w.letters[:3]) == "WWW"
	return w
}

// numberLike reports a word that a list of numbers may contain.
func (w word) numberLike() bool { return w.n >= 8 && w.digits > 0 }

// aloneUntil reports whether what ends at i stands alone: it began an entry of a list, and nothing follows in the entry but
// more that looks like numbers.
func (s *scanner) aloneUntil(i int) bool {
	if !s.clean || s.url {
		return false
	}
	for range 16 {
		if i >= s.end {
			return true
		}
		kind, _, size := s.read(i)
		switch kind {
		case fieldBreak:
			return true
		case letterOrDigit:
			return s.word(i).numberLike()
		case other:
			return false
		}
		i += size
	}
	return false
}

// dashedOn reports whether the number that ends at i is continued with a dash.
func (s *scanner) dashedOn(i int) bool {
	if i >= s.end {
		return false
	}
	kind, _, size := s.read(i)
	if kind != dash || i+size >= s.end {
		return false
	}
	kind, _, _ = s.read(i + size)
	return kind == letterOrDigit
}
