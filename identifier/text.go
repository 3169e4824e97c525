package identifier

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// tidy is how every check reads its input: full-width characters become half-width, all dashes become "-", letters
// become upper case, spaces and invisible characters go, and so do the ASCII characters in drop. A value that is tidy
// already is returned as it is, without allocating.
func tidy(raw, drop string) string {
	if isTidy(raw, drop) {
		return raw
	}
	var room [64]byte
	out := room[:0]
	for _, r := range raw {
		r = narrow(r)
		switch {
		case r < 0, unicode.IsSpace(r):
		case r < utf8.RuneSelf:
			if c := upper(byte(r)); strings.IndexByte(drop, c) < 0 {
				out = append(out, c)
			}
		default:
			out = utf8.AppendRune(out, r)
		}
	}
	return string(out)
}

func isTidy(raw, drop string) bool {
	for i := 0; i < len(raw); i++ {
		c := raw[i]
		if c <= ' ' || c >= 0x7f || upper(c) != c || (!isDigit(c) && strings.IndexByte(drop, c) >= 0) {
			return false
		}
	}
	return true
}

// trimmed is for values whose case and inner spaces matter: invisible characters go, and outer spaces.
func trimmed(raw string) string {
	clean := strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Cf, r) {
			return -1
		}
		return r
	}, raw)
	return strings.TrimSpace(strings.ToValidUTF8(clean, "\uFFFD"))
}

// narrow maps a full-width character to its half-width one and every dash to "-"; control and invisible characters
// become -1.
func narrow(r rune) rune {
	switch {
	case r < utf8.RuneSelf:
		if r < ' ' && r != '\t' && r != '\n' && r != '\r' || r == 0x7f {
			return -1
		}
		return r
	case r >= 0xFF01 && r <= 0xFF5E:
		return r - 0xFEE0
	case r >= 0x2010 && r <= 0x2015, r == 0x2212, r == 0xFE63:
		return '-'
	case unicode.Is(unicode.Cf, r), unicode.Is(unicode.Cc, r):
		return -1
	}
	return r
}

func upper(c byte) byte {
	if 'a' <= c && c <= 'z' {
		return c - 'a' + 'A'
	}
	return c
}

func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isLetter(c byte) bool { return 'A' <= c && c <= 'Z' }
func isAlnum(c byte) bool  { return isDigit(c) || isLetter(c) }

// The names of alphabets, as they stand in Verdict.Want.
const (
	digits  = "0-9"
	letters = "A-Z"
	alnum   = "0-9A-Z"
)

// stranger finds the first character that ok refuses: its 1-based position in characters, and itself. Zero when all
// are fine.
func stranger(s string, ok func(byte) bool) (at int, got string) {
	for i := 0; i < len(s); i++ {
		if !ok(s[i]) {
			_, size := utf8.DecodeRuneInString(s[i:])
			return i + 1, s[i : i+size] // everything before i is ASCII: bytes are characters
		}
	}
	return 0, ""
}

// only is the opening of most checks: a value that is not empty and made of one alphabet.
func (v Verdict) only(ok func(byte) bool, want string) Verdict {
	if v.Value == "" {
		return v.fail(FaultEmpty, 0, "", "")
	}
	if at, got := stranger(v.Value, ok); at > 0 {
		return v.fail(FaultAlphabet, at, got, want)
	}
	return v
}

// sized adds a length to a verdict that is well so far.
func (v Verdict) sized(min, max int) Verdict {
	if n := utf8.RuneCountInString(v.Value); v.Fault == "" && (n < min || n > max) {
		return v.fail(FaultLength, 0, strconv.Itoa(n), span(min, max))
	}
	return v
}

// digitsOnly is a number of min to max digits.
func digitsOnly(value string, min, max int) Verdict {
	return Verdict{Value: value}.only(isDigit, digits).sized(min, max)
}

// alnumOnly is a code of min to max letters and digits.
func alnumOnly(value string, min, max int) Verdict {
	return Verdict{Value: value}.only(isAlnum, alnum).sized(min, max)
}

// at looks whether the characters from the 1-based position on are what ok wants.
func (v Verdict) part(from, to int, ok func(byte) bool, want string) Verdict {
	if v.Fault != "" {
		return v
	}
	if i, got := stranger(v.Value[from-1:to], ok); i > 0 {
		return v.fail(FaultAlphabet, from-1+i, got, want)
	}
	return v
}

func span(min, max int) string {
	if min == max {
		return strconv.Itoa(min)
	}
	return strconv.Itoa(min) + "-" + strconv.Itoa(max)
}

// digit is the text of one decimal digit, without allocating.
func digit(d int) string { return "0123456789"[d : d+1] }

// two is the text of a number below 100 in two digits.
func two(n int) string {
	if n < 10 {
		return "0" + strconv.Itoa(n)
	}
	return strconv.Itoa(n)
}

// weigh adds up digit × weight.
func weigh(number string, weights ...int) int {
	sum := 0
	for i, w := range weights {
		sum += int(number[i]-'0') * w
	}
	return sum
}

// remainder is a decimal number of any length modulo m.
func remainder(number string, m int) int {
	r := 0
	for i := 0; i < len(number); i++ {
		r = (r*10 + int(number[i]-'0')) % m
	}
	return r
}

// luhn is the check digit (ISO/IEC 7812-1) that follows the digits of number.
func luhn(number string) int {
	sum := 0
	for i := range len(number) {
		d := int(number[len(number)-1-i] - '0')
		if i%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return (10 - sum%10) % 10
}
