// Package answer finds out what a person meant by what they typed: yes or no, one or several choices, a number with its
// unit, an amount of money, a date, the size of a box, a pasted list. It also finds what must never be kept (see
// [Secrets]).
//
// Everything here is pure: the time and the zone are arguments, and the words for yes, no and the options are passed in
// as a [Vocabulary], because they belong to the catalogues. Only the grammar of numbers, units and dates in Chinese
// and English lives here. Nothing guesses silently: where two readings are possible, both are returned or a flag says
// that one was assumed, so that the conversation can ask.
package answer

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"
)

// Clean prepares a line for being understood: full-width characters become half-width, control, bidirectional and
// zero-width characters go, spaces collapse, and quotes, stops and spaces around the text are cut off. Lines stay
// lines. A text of more than limit characters (0: no limit) is cut before the grapheme that would go past it, and cut
// is then true. Use [Prose] for text that is to be kept as it was written.
func Clean(text string, limit int) (clean string, cut bool) {
	clean, cut = shorten(wash(text, true), limit)
	return trim(clean), cut
}

// Prose prepares a text for being kept: as [Clean], but full-width punctuation stays (Chinese is written with it), so
// do joined emoji and the punctuation around the text.
func Prose(text string, limit int) (clean string, cut bool) {
	clean, cut = shorten(wash(text, false), limit)
	return strings.TrimSpace(clean), cut
}

// wash is the part that Clean and Prose share. A text that is clean already is returned as it is, without allocating.
func wash(text string, narrowAll bool) string {
	if washed(text) {
		return text
	}
	out := make([]byte, 0, len(text))
	blank, line := false, true // a space is owed; nothing stands on this line yet
	for i, r := range text {
		if r == utf8.RuneError {
			if _, size := utf8.DecodeRuneInString(text[i:]); size <= 1 {
				continue
			}
		}
		switch {
		case r == '\n' || r == '\u2028' || r == '\u2029' || r == '\u0085':
			out, blank, line = append(out, '\n'), false, true
			continue
		case r == '\r': // \r\n is one line end, \r alone is one too
			if i+1 >= len(text) || text[i+1] != '\n' {
				out, blank, line = append(out, '\n'), false, true
			}
			continue
		case r == ' ' || r > 0x7f && r < 0x4E00 && unicode.IsSpace(r) || r == '\t' || r == '\v' || r == '\f':
			blank = true
			continue
		case r >= 0x4E00 && r <= 0x9FFF, r > ' ' && r < 0x7f: // most of them
		case r == '\u200d' && !narrowAll:
		case unicode.Is(unicode.Cc, r), unicode.Is(unicode.Cf, r):
			continue
		case narrowAll || !isStop(narrow(r)):
			r = narrow(r)
		}
		if blank && !line {
			out = append(out, ' ')
		}
		blank, line = false, false
		out = utf8.AppendRune(out, r)
	}
	return string(out)
}

func washed(text string) bool {
	space := true
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c < ' ' || c >= 0x7f || c == ' ' && space {
			return false
		}
		space = c == ' '
	}
	return !space || text == ""
}

// narrow maps a full-width character to its half-width one, and the dashes that phones type to "-".
func narrow(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		return r
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0xFE63:
		return '-'
	case r == 0xFFE5:
		return '¥'
	case r == 0xFFE1:
		return '£'
	}
	return r
}

// isStop reports whether r is punctuation that ends or parts sentences.
func isStop(r rune) bool { return strings.ContainsRune(",.;:!?()~", r) }

// shorten cuts a text before the grapheme that goes past limit characters.
func shorten(text string, limit int) (string, bool) {
	if limit <= 0 || len(text) <= limit || utf8.RuneCountInString(text) <= limit {
		return text, false
	}
	n, end, state := 0, 0, -1
	for rest := text; rest != ""; {
		var cluster string
		cluster, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if n += utf8.RuneCountInString(cluster); n > limit {
			break
		}
		end += len(cluster)
	}
	return text[:end], true
}

const around = " \n\t,.;:!?~…、。·`'\"“”‘’「」『』"

// trim cuts quotes, stops and spaces off both ends, but not the point of ".5" and not the inch mark of `24"`.
func trim(s string) string {
	for s != "" {
		r, size := utf8.DecodeRuneInString(s)
		if !strings.ContainsRune(around, r) || r == '.' && len(s) > 1 && isDigit(s[1]) {
			break
		}
		s = s[size:]
	}
	for s != "" {
		r, size := utf8.DecodeLastRuneInString(s)
		if !strings.ContainsRune(around, r) || (r == '"' || r == '”' || r == '\'') && size < len(s) && isDigit(s[len(s)-size-1]) {
			break
		}
		s = s[:len(s)-size]
	}
	return s
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' }

// plain is how the readers of numbers and dates see a text: half-width, lower case, one space between words, nothing
// around.
func plain(text string) string {
	s, _ := Clean(text, 0)
	return strings.ToLower(s)
}

// strip takes the words off the front of s, the longest first as they are listed, again and again.
func strip(s string, words []string) (string, bool) {
	found := false
	for again := true; again; {
		again = false
		for _, w := range words {
			if rest, ok := strings.CutPrefix(s, w); ok && rest != "" && edge(w, rest) {
				s, found, again = strings.TrimLeft(rest, " ,:"), true, true
			}
		}
	}
	return s, found
}

// stripEnd is strip for the end of s.
func stripEnd(s string, words []string) (string, bool) {
	found := false
	for again := true; again; {
		again = false
		for _, w := range words {
			if rest, ok := strings.CutSuffix(s, w); ok && rest != "" && !(isLetter(w[0]) && isLetter(rest[len(rest)-1])) {
				s, found, again = strings.TrimRight(rest, " ,"), true, true
			}
		}
	}
	return s, found
}

// edge reports whether a word ends where rest begins: Latin letters do not run on.
func edge(word, rest string) bool {
	return !(isLetter(word[len(word)-1]) && isLetter(rest[0]))
}
