package answer

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

// A decimal is a number as its digits and how many of them stand after the point. Digits never has a sign.
type decimal struct {
	digits string
	after  int
}

// String is the number without leading zeros; zeros at the end stay, because they were said.
func (d decimal) String() string {
	s := d.digits
	for len(s) <= d.after {
		s = "0" + s
	}
	whole, part := strings.TrimLeft(s[:len(s)-d.after], "0"), s[len(s)-d.after:]
	if whole == "" {
		whole = "0"
	}
	if part == "" {
		return whole
	}
	return whole + "." + part
}

// shifted is d × 10^n.
func (d decimal) shifted(n int) decimal {
	if d.after >= n {
		return decimal{d.digits, d.after - n}
	}
	return decimal{d.digits + strings.Repeat("0", n-d.after), 0}
}

// plus adds exactly; false when the digits are too many to be an answer.
func (d decimal) plus(e decimal) (decimal, bool) {
	after := max(d.after, e.after)
	a, b := strings.TrimLeft(d.shifted(after).digits, "0"), strings.TrimLeft(e.shifted(after).digits, "0")
	if len(a) > 18 || len(b) > 18 {
		return decimal{}, false
	}
	x, _ := strconv.ParseInt("0"+a, 10, 64)
	y, _ := strconv.ParseInt("0"+b, 10, 64)
	return decimal{strconv.FormatInt(x+y, 10), after}, true
}

// isZero reports whether no digit but 0 is in d.
func (d decimal) isZero() bool { return strings.Trim(d.digits, "0") == "" }

// maxDigits is how many digits a number may have; more are an identifier and no number.
const maxDigits = 30

// arabic reads digits with a point and thousands commas at the front of s: "1,234.5", "1234", ".5". doubt is true when the
// comma was taken for a point ("1,5", "1.234,5") or spaces for thousands.
func arabic(s string) (d decimal, rest string, doubt, ok bool) {
	n := digitRun(s)
	if n == 0 {
		if len(s) > 1 && s[0] == '.' && digitRun(s[1:]) > 0 {
			n = digitRun(s[1:])
			return decimal{s[1 : 1+n], n}, s[1+n:], false, n <= maxDigits
		}
		return decimal{}, s, false, false
	}
	whole, rest := s[:n], s[n:]
	for _, by := range [3]byte{',', '.', ' '} {
		if n > 3 {
			break
		}
		grouped, after, groups := groupsOf3(whole, rest, by)
		switch {
		case groups == 0, by == '.' && groups == 1 && !strings.HasPrefix(after, ","):
			continue // "1.234" is a decimal
		}
		whole, rest, doubt = grouped, after, by != ','
		break
	}
	point := byte('.')
	if doubt && strings.HasPrefix(rest, ",") {
		point = ','
	}
	if len(rest) > 1 && (rest[0] == point || rest[0] == ',' && !doubt && len(whole) == n) {
		if k := digitRun(rest[1:]); k > 0 {
			doubt = doubt || rest[0] == ','
			d, rest = decimal{whole + rest[1:1+k], k}, rest[1+k:]
			return d, rest, doubt, len(d.digits) <= maxDigits
		}
	}
	return decimal{whole, 0}, rest, doubt, len(whole) <= maxDigits
}

// groupsOf3 joins the groups of three digits that follow whole.
func groupsOf3(whole, rest string, by byte) (string, string, int) {
	groups := 0
	for len(rest) > 3 && rest[0] == by && digitRun(rest[1:]) == 3 {
		whole, rest = whole+rest[1:4], rest[4:]
		groups++
	}
	return whole, rest, groups
}

func digitRun(s string) int {
	n := 0
	for n < len(s) && isDigit(s[n]) {
		n++
	}
	return n
}

// hanDigit is the value of a Chinese digit, also in the forms of cheques.
func hanDigit(r rune) (int, bool) {
	switch r {
	case '零', '〇', '○':
		return 0, true
	case '一', '壹', '幺':
		return 1, true
	case '二', '贰', '两', '兩', '貳':
		return 2, true
	case '三', '叁', '參':
		return 3, true
	case '四', '肆':
		return 4, true
	case '五', '伍':
		return 5, true
	case '六', '陆', '陸':
		return 6, true
	case '七', '柒':
		return 7, true
	case '八', '捌':
		return 8, true
	case '九', '玖':
		return 9, true
	}
	return 0, false
}

// hanPower is the power of ten of a Chinese unit of counting.
func hanPower(r rune) int {
	switch r {
	case '十', '拾':
		return 1
	case '百', '佰':
		return 2
	case '千', '仟':
		return 3
	case '万', '萬':
		return 4
	case '亿', '億':
		return 8
	}
	return 0
}

// counted reads a number of any of the ways it is written at the front of s: Arabic digits, Chinese numerals, and both
// mixed ("1.2万", "1万2", "三万五", "二〇二六", "三点五", "半").
func counted(s string) (d decimal, rest string, doubt, ok bool) {
	if after, ok := strings.CutPrefix(s, "半"); ok {
		return decimal{"5", 1}, after, false, true
	}
	c := counter{rest: s}
	if !c.run() {
		return decimal{}, s, false, false
	}
	return c.total, c.rest, c.doubt, true
}

// A counter adds up 亿, 万 and the units below from left to right.
type counter struct {
	rest    string
	total   decimal // what 亿 and 万 have closed
	section decimal // what 千百十 have closed since
	pending decimal // a digit that waits for its unit
	waiting bool
	read    bool // whether anything was read
	last    int  // the power just read, 0 after a zero
	doubt   bool
}

func (c *counter) run() bool {
	c.total, c.section = decimal{"0", 0}, decimal{"0", 0}
	spoken := 0 // Chinese digits in a row: 二〇二六
	for c.rest != "" {
		if !c.waiting {
			if d, rest, doubt, ok := arabic(c.rest); ok {
				c.pending, c.rest, c.waiting, c.read, spoken = d, rest, true, true, 0
				c.doubt = c.doubt || doubt
				continue
			}
		}
		r, size := utf8.DecodeRuneInString(c.rest)
		if digit, ok := hanDigit(r); ok {
			switch {
			case c.waiting && spoken == 0:
				return false // "3五"
			case !c.waiting && digit == 0 && c.last > 0:
				c.last = 0 // 一千零五: the zero says that units were left out
			case c.waiting || spoken > 0:
				c.pending.digits += strconv.Itoa(digit)
				spoken++
			default:
				c.pending, c.waiting, c.read, spoken = decimal{strconv.Itoa(digit), 0}, true, true, 1
			}
			c.rest = c.rest[size:]
			continue
		}
		power := hanPower(r)
		if power == 0 {
			break
		}
		if !c.unit(power) {
			return false
		}
		c.rest, spoken = c.rest[size:], 0
	}
	if !c.read || len(c.pending.digits) > maxDigits {
		return false
	}
	if c.waiting {
		if c.last > 1 && c.pending.after == 0 && len(c.pending.digits) == 1 {
			c.pending = c.pending.shifted(c.last - 1) // 三万五 is 35,000
		}
		var ok bool
		if c.section, ok = c.section.plus(c.pending); !ok {
			return c.alone()
		}
		if spoken > 0 {
			c.point()
		}
	}
	var ok bool
	c.total, ok = c.total.plus(c.section)
	return ok
}

// alone allows a plain number of more digits than can be added.
func (c *counter) alone() bool {
	if !c.total.isZero() || !c.section.isZero() {
		return false
	}
	c.total = c.pending
	return true
}

// unit closes what was counted with 十, 百, 千, 万 or 亿.
func (c *counter) unit(power int) bool {
	if !c.waiting && power == 1 && c.last != 1 {
		c.pending, c.waiting, c.read = decimal{"1", 0}, true, true // 十二, 一百十二
	}
	ok := true
	switch {
	case power < 4:
		if !c.waiting || c.last > 0 && c.last < 4 && power >= c.last {
			return false
		}
		c.section, ok = c.section.plus(c.pending.shifted(power))
	default:
		if c.waiting {
			c.section, ok = c.section.plus(c.pending)
		}
		if power == 8 && ok {
			c.section, ok = c.total.plus(c.section)
			c.total = decimal{"0", 0}
		}
		if c.section.isZero() || !ok {
			return false
		}
		c.total, ok = c.total.plus(c.section.shifted(power))
		c.section = decimal{"0", 0}
	}
	c.waiting, c.last = false, power
	return ok
}

// point reads the digits after 点: 三点五.
func (c *counter) point() {
	after, ok := strings.CutPrefix(c.rest, "点")
	if !ok || c.section.after > 0 {
		return
	}
	digits := ""
	for after != "" {
		r, size := utf8.DecodeRuneInString(after)
		digit, ok := hanDigit(r)
		if !ok {
			break
		}
		digits, after = digits+strconv.Itoa(digit), after[size:]
	}
	if digits != "" && len(digits) <= maxDigits {
		c.section, c.rest = decimal{c.section.digits + digits, len(digits)}, after
	}
}

// integer reads a whole number below a thousand million at the front of s.
func integer(s string) (n int, rest string, ok bool) {
	d, rest, _, ok := counted(s)
	if !ok || d.after > 0 || len(d.String()) > 9 {
		return 0, s, false
	}
	n, err := strconv.Atoi(d.String())
	return n, rest, err == nil
}

// englishNumbers are the words that count.
var englishNumbers = map[string]int{"zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
	"nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "thirteen": 13, "fourteen": 14, "fifteen": 15, "sixteen": 16,
	"seventeen": 17, "eighteen": 18, "nineteen": 19, "twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60,
	"seventy": 70, "eighty": 80, "ninety": 90}

// englishPowers are the words that multiply, after words or digits.
var englishPowers = map[string]int{"hundred": 2, "thousand": 3, "million": 6, "k": 3}

// inWords reads English number words at the front of s: "two hundred and fifty boxes", "half", "a dozen".
func inWords(s string) (n int, rest string, ok bool) {
	if !(s != "" && isLetter(s[0])) {
		return 0, s, false
	}
	total, section, read := 0, 0, false
	rest = s
	for rest != "" {
		w := 0
		for w < len(rest) && isLetter(rest[w]) {
			w++
		}
		word, next := rest[:w], strings.TrimLeft(rest[w:], " -")
		value, isNumber := englishNumbers[word]
		power, isPower := englishPowers[word]
		switch {
		case isNumber && (section%10 == 0 || value >= 100) && (section%100 == 0 || value < 10):
			section, read = section+value, true
		case word == "dozen" && read:
			section *= 12
		case isPower && word != "k" && read && power == 2 && section < 100:
			section *= 100
		case isPower && word != "k" && read && power > 2 && total%1_000_000 == 0:
			scale := 1000
			if power == 6 {
				scale = 1_000_000
			}
			total, section = total+section*scale, 0
		case word == "and" && read && section%100 == 0:
		case (word == "a" || word == "an") && !read && (strings.HasPrefix(next, "hundred") || strings.HasPrefix(next, "thousand") || strings.HasPrefix(next, "dozen") || strings.HasPrefix(next, "million")):
			section, read = 1, true
		default:
			return total + section, rest, read
		}
		if total+section > 999_999_999 {
			return 0, s, false
		}
		rest = next
	}
	return total + section, rest, read
}
