package answer

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// A Size is length, width and height as decimals, and their unit (empty when none was typed). Without labels the order
// is the one they were typed in.
type Size struct {
	Length, Width, Height string
	Unit                  Unit
}

// sizeLabels name the sides.
var sizeLabels = []struct {
	word string
	side int
}{{"length", 0}, {"width", 1}, {"height", 2}, {"depth", 2}, {"长度", 0}, {"宽度", 1}, {"高度", 2}, {"长", 0}, {"宽", 1}, {"高", 2}, {"厚", 2}, {"深", 2}, {"l", 0}, {"w", 1}, {"h", 2}}

// lengthUnits are the units that sides have, the longer words first.
var lengthUnits = func() (words []string) {
	for w, u := range unitWords {
		if u == Millimetre || u == Centimetre || u == Metre || u == Inch || u == Foot {
			words = append(words, w)
		}
	}
	slices.SortFunc(words, func(a, b string) int { return len(b) - len(a) })
	return words
}()

// Dimensions reads the three sides of a box: "60x40x50 cm", "60*40*50", "60cm × 40cm × 50cm", "长60宽40高50", `24"x18"x12"`,
// "60 by 40 by 50 inches". Sides in different units, or more or fewer than three of them, are refused.
func Dimensions(text string) (size Size, ok bool) {
	if len(text) > 120 {
		return size, false
	}
	s := plain(text)
	s, _ = stripEnd(s, []string{"each", "per box", "per carton", "吧"})
	s, _ = strip(s, []string{"每箱", "尺寸是", "尺寸为", "尺寸", "外箱", "箱子", "size is", "size", "dimensions are", "dimensions", "about", "大概", "大约", "约", "是"})
	var sides [3]string
	commas := !strings.ContainsAny(s, "x*×")
	for n := 0; ; n++ {
		s = skipJoint(s)
		if s == "" {
			return Size{sides[0], sides[1], sides[2], size.Unit}, n == 3
		}
		if n == 3 {
			return Size{}, false
		}
		side := n
		for _, l := range sizeLabels {
			if rest, ok := strings.CutPrefix(s, l.word); ok && (rest != "" && !isLetter(rest[0])) {
				side, s = l.side, strings.TrimLeft(rest, " :=是为")
				break
			}
		}
		d, rest, ok := sideOf(s, commas)
		if !ok || d.isZero() || sides[side] != "" {
			return Size{}, false
		}
		sides[side], s = d.String(), strings.TrimLeft(rest, " ")
		for _, w := range lengthUnits {
			rest, ok := strings.CutPrefix(s, w)
			if !ok || isLetter(w[0]) && rest != "" && isLetter(rest[0]) && rest[0] != 'x' && rest[0] != 'w' && rest[0] != 'h' {
				continue
			}
			if size.Unit != "" && size.Unit != unitWords[w] {
				return Size{}, false
			}
			size.Unit, s = unitWords[w], rest
			break
		}
	}
}

// skipJoint goes past what stands between two sides.
func skipJoint(s string) string {
	for {
		r, width := utf8.DecodeRuneInString(s)
		switch {
		case s == "":
			return s
		case strings.HasPrefix(s, "by "):
			s = s[3:]
		case r == 'x' && len(s) > 1 || strings.ContainsRune(" *×乘,、;:=/()", r):
			s = s[width:]
		default:
			return s
		}
	}
}

// sideOf reads one number. Where commas part the sides they are no thousands commas.
func sideOf(s string, commas bool) (decimal, string, bool) {
	if n := digitRun(s); n > 0 && (commas || !strings.HasPrefix(s[n:], ",")) {
		d := decimal{s[:n], 0}
		s = s[n:]
		if k := digitRun(strings.TrimPrefix(s, ".")); s != "" && s[0] == '.' && k > 0 {
			d, s = decimal{d.digits + s[1:1+k], k}, s[1+k:]
		}
		return d, s, len(d.digits) <= maxDigits
	}
	d, rest, doubt, ok := counted(s)
	return d, rest, ok && !doubt
}
