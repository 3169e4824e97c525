package answer

import (
	"slices"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// A SecretKind is a stable code for something that must never be kept.
type SecretKind string

// The kinds of secrets.
const (
	SecretCard     SecretKind = "card"     // the number of a payment card, or its security code
	SecretID       SecretKind = "id"       // a Chinese resident identity number
	SecretPassword SecretKind = "password" // what follows "password:" or 密码是
	SecretCode     SecretKind = "code"     // a one-time code
	SecretAccount  SecretKind = "account"  // a bank account
	SecretToken    SecretKind = "token"    // a key or token of an interface
)

// SecretKinds lists the kinds, for the checks on the catalogues.
func SecretKinds() []SecretKind {
	return []SecretKind{SecretCard, SecretID, SecretPassword, SecretCode, SecretAccount, SecretToken}
}

// A Secret is a place in a text, in bytes: text[Start:End] must not be kept.
type Secret struct {
	Kind       SecretKind
	Start, End int
}

// Secrets finds what must never be stored or logged: payment cards (13 to 19 digits of a known issuer with a right
// check digit), Chinese resident ids (18 characters with a right check character, or the old 15 with a plausible date),
// passwords, one-time codes, bank accounts and interface keys that are named or shaped as such. Company numbers,
// tracking numbers, goods codes, telephones and questions about passwords are left alone. The places are sorted and
// do not overlap. Give it the text as it came in: cleaning it first could hide a number from it.
func Secrets(text string) []Secret {
	v := look(text)
	var found []Secret
	add := func(kind SecretKind, start, end int) {
		found = append(found, Secret{kind, v.origin(start), v.origin(end)})
	}
	if v.digits >= 10 {
		v.cardsAndIDs(add)
		v.ibans(add)
	}
	v.named(add)
	if v.longest >= 14 {
		v.tokens(add)
	}
	return merged(found)
}

// Redact replaces the secrets of a text, as [Secrets] returned them, by mask.
func Redact(text string, secrets []Secret, mask string) string {
	if len(secrets) == 0 {
		return text
	}
	var out strings.Builder
	at := 0
	for _, s := range secrets {
		out.WriteString(text[at:s.Start])
		out.WriteString(mask)
		at = s.End
	}
	out.WriteString(text[at:])
	return out.String()
}

// merged sorts the secrets and joins those that overlap; the kind found first wins.
func merged(found []Secret) []Secret {
	if len(found) < 2 {
		return found
	}
	slices.SortStableFunc(found, func(a, b Secret) int { return a.Start - b.Start })
	out := found[:1]
	for _, s := range found[1:] {
		if last := &out[len(out)-1]; s.Start < last.End {
			last.End = max(last.End, s.End)
		} else {
			out = append(out, s)
		}
	}
	return out
}

// A view is a text as the search sees it: half-width, without invisible characters, once as typed and once in lower
// case, both of one length.
type view struct {
	text    string
	low     string
	at      []int32 // where each byte stands in the original; nil when nothing moved
	digits  int     // how many digits there are
	longest int     // the longest run of visible ASCII characters
}

func look(text string) view {
	v := view{text: text}
	moved := false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if isDigit(c) {
			v.digits++
		}
		moved = moved || c == 0xEF || c == 0xE2 || c == 0xC2 || c < ' ' // the first bytes of full-width, dashes, invisible
	}
	if !moved {
		v.low, v.longest = lower(text), longest(text)
		return v
	}
	out, at := make([]byte, 0, len(text)), make([]int32, 0, len(text)+1)
	v.digits = 0
	for i, r := range text {
		size := utf8.RuneLen(r)
		if r == utf8.RuneError {
			_, size = utf8.DecodeRuneInString(text[i:])
		}
		switch n := narrow(r); {
		case r != '\n' && r != '\t' && (unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Cc, r)):
			continue
		case n < utf8.RuneSelf || unicode.IsSpace(n):
			if n >= utf8.RuneSelf {
				n = ' '
			}
			if isDigit(byte(n)) {
				v.digits++
			}
			out, at = append(out, byte(n)), append(at, int32(i))
		default:
			for j := range size {
				out, at = append(out, text[i+j]), append(at, int32(i+j))
			}
		}
	}
	v.text, v.at = string(out), append(at, int32(len(text)))
	v.low, v.longest = lower(v.text), longest(v.text)
	return v
}

func longest(s string) (most int) {
	run := 0
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f {
			run = 0
		} else if run++; run > most {
			most = run
		}
	}
	return most
}

// lower lowers ASCII letters only, so that the length stays.
func lower(s string) string {
	for i := 0; i < len(s); i++ {
		if 'A' <= s[i] && s[i] <= 'Z' {
			out := []byte(s)
			for ; i < len(out); i++ {
				if 'A' <= out[i] && out[i] <= 'Z' {
					out[i] += 'a' - 'A'
				}
			}
			return string(out)
		}
	}
	return s
}

func (v view) origin(i int) int {
	if v.at == nil {
		return i
	}
	return int(v.at[i])
}

func isAlnum(c byte) bool { return isDigit(c) || isLetter(c) }

// cardsAndIDs goes through the runs of digits, which may have single spaces or hyphens between them.
func (v view) cardsAndIDs(add func(SecretKind, int, int)) {
	s := v.text
	for i := 0; i < len(s); {
		if !isDigit(s[i]) {
			i++
			continue
		}
		run := v.run(i)
		free := i == 0 || !isAlnum(s[i-1]) && !(i > 1 && (s[i-1] == '.' || s[i-1] == ',') && isDigit(s[i-2])) || v.afterCardWord(i)
		next := run.end == len(s) || !isAlnum(s[run.end])
		switch {
		case !free:
		case next && run.isCard(v, i):
			add(SecretCard, i, run.end)
		case next && run.isID(v, i):
			add(SecretID, i, run.end)
		case len(run.digits) == 17 && run.end < len(s) && (s[run.end] == 'x' || s[run.end] == 'X') && (run.end+1 == len(s) || !isAlnum(s[run.end+1])) && isResidentID(run.digits+"X"):
			add(SecretID, i, run.end+1)
		}
		i = run.end
	}
}

// A run is digits with single spaces or hyphens between them.
type run struct {
	digits string
	groups []int // how many digits stand in each group
	end    int
}

func (v view) run(i int) run {
	s, start, by, n := v.text, i, byte(0), 0
	for ; i < len(s); i++ {
		if isDigit(s[i]) {
			n++
			continue
		}
		if (s[i] != ' ' && s[i] != '-') || by != 0 && s[i] != by || i+1 == len(s) || !isDigit(s[i+1]) {
			break
		}
		by = s[i]
	}
	r := run{end: i}
	switch {
	case n < 13 || n > 19: // neither a card nor an id: not worth taking apart
	case by == 0:
		r.digits, r.groups = s[start:i], []int{n}
	default:
		for group := range strings.SplitSeq(s[start:i], string(by)) {
			r.digits, r.groups = r.digits+group, append(r.groups, len(group))
		}
	}
	return r
}

// isCard: a known issuer, a right check digit, a grouping that cards have, and no sign that it is something else.
func (r run) isCard(v view, start int) bool {
	n := len(r.digits)
	if n < 13 || n > 19 || !issuer(r.digits) || !luhn(r.digits) || !cardGroups(r.groups) {
		return false
	}
	before, after := v.around(start, r.end)
	if containsAny(before, cardWords) || containsAny(after, cardWords) {
		return true
	}
	if len(r.groups) == 1 && (containsAny(before, parcelWords) || containsAny(after, parcelWords)) {
		return false
	}
	// Thirteen digits are a GTIN far more often than a card of the last century; so is what fits GS1.
	return n != 13 && !(len(r.groups) == 1 && (n == 14 || n == 18) && gs1(r.digits))
}

// cardGroups accepts no grouping, 4-4-4-4(-3), 4-6-5, 4-6-4 and 6-13.
func cardGroups(groups []int) bool {
	switch {
	case len(groups) == 1:
		return true
	case len(groups) == 3 && groups[0] == 4 && groups[1] == 6:
		return true
	case len(groups) == 2 && groups[0] == 6:
		return true
	}
	for _, n := range groups[:len(groups)-1] {
		if n != 4 {
			return false
		}
	}
	return len(groups) >= 4 && groups[len(groups)-1] <= 4
}

// issuer knows the first digits and the lengths of the card networks (ISO/IEC 7812, public ranges of 2025).
func issuer(digits string) bool {
	n, four := len(digits), number(digits[:4])
	two := four / 100
	switch {
	case digits[0] == '4': // Visa
		return n == 13 || n == 16 || n == 19
	case two >= 51 && two <= 55, four >= 2221 && four <= 2720: // Mastercard
		return n == 16
	case two == 34, two == 37: // American Express
		return n == 15
	case two == 62: // UnionPay
		return n >= 16
	case four == 6011, two == 65, four >= 6440 && four <= 6499: // Discover
		return n == 16 || n == 19
	case four >= 3528 && four <= 3589: // JCB
		return n >= 16
	case two == 36, two == 38, two == 39, four >= 3000 && four <= 3059: // Diners Club
		return n == 14 || n >= 16
	case four == 5018, four == 5020, four == 5038, four == 5893, four == 6304, four == 6759, four >= 6761 && four <= 6763: // Maestro
		return n >= 16
	}
	return false
}

func luhn(digits string) bool {
	sum := 0
	for i := range len(digits) {
		d := int(digits[len(digits)-1-i] - '0')
		if i%2 == 1 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return sum%10 == 0 && strings.Trim(digits, digits[:1]) != ""
}

func gs1(digits string) bool {
	sum := 0
	for i := range len(digits) {
		sum += int(digits[len(digits)-1-i]-'0') * (1 + i%2*2)
	}
	return sum%10 == 0
}

// isID: 18 digits at once or as 6-8-4, or the 15 of before 1999.
func (r run) isID(v view, start int) bool {
	switch len(r.digits) {
	case 18:
		return (len(r.groups) == 1 || slices.Equal(r.groups, []int{6, 8, 4})) && isResidentID(r.digits)
	case 15:
		before, after := v.around(start, r.end)
		return len(r.groups) == 1 && province(r.digits) && number(r.digits[2:4]) > 0 && number(r.digits[4:6]) > 0 && r.digits[12:] != "000" &&
			(Day{1900 + number(r.digits[6:8]), monthOf(r.digits[8:10]), number(r.digits[10:12])}).Valid() &&
			!containsAny(before, parcelWords) && !containsAny(after, parcelWords)
	}
	return false
}

// isResidentID checks 18 characters by GB 11643-1999.
func isResidentID(s string) bool {
	if !province(s) || !(Day{number(s[6:10]), monthOf(s[10:12]), number(s[12:14])}).Valid() {
		return false
	}
	sum := 0
	for i, w := range [17]int{7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2} {
		sum += int(s[i]-'0') * w
	}
	return "10X98765432"[sum%11] == s[17]
}

// province reports whether a number begins with the code of a province (GB/T 2260).
func province(s string) bool {
	switch n := number(s[:2]); {
	case n >= 11 && n <= 15, n >= 21 && n <= 23, n >= 31 && n <= 37, n >= 41 && n <= 46, n >= 50 && n <= 54, n >= 61 && n <= 65, n == 71, n >= 81 && n <= 83:
		return true
	}
	return false
}

// around is what stands near a number, in lower case.
func (v view) around(start, end int) (before, after string) {
	return v.low[max(0, start-40):start], v.low[end:min(len(v.low), end+24)]
}

func (v view) afterCardWord(i int) bool {
	before := v.low[max(0, i-4):i]
	return strings.HasSuffix(before, "card") || strings.HasSuffix(before, "visa")
}

// containsAny looks for words; a Latin one must stand alone, so that "groups" is not UPS.
func containsAny(s string, words []string) bool {
	for _, w := range words {
		for from := 0; ; {
			i := strings.Index(s[from:], w)
			if i < 0 {
				break
			}
			start := from + i
			from = start + len(w)
			if !isLetter(w[0]) || (start == 0 || !isLetter(s[start-1])) && (len(w) > 4 || from == len(s) || !isLetter(s[from])) {
				return true
			}
		}
	}
	return false
}

func monthOf(s string) time.Month { return time.Month(number(s)) }
