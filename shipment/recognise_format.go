package shipment

import (
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"
)

// longest is the longest number of any format; shortest is the shortest.
const (
	shortest = 8
	longest  = 41
)

// format is a row of formats.csv.
type format struct {
	Reading // as far as it is the same for every number
	rule    rule
	link    [2]string
	linked  bool
	prefix  string // "GM LX …": one of these comes first
	sure    sureness
	bit     hint // of its carrier
	keyword hint // without this hint, never
	tight   bool // never with spaces inside
	mixed   bool // has letters and digits
	quiet   bool // not with a check digit that fails, unless its carrier is named
	post    bool
	parent  bool
	lower   bool // written in lower case
}

// sureness is how sure a reading is by itself, for each verdict.
type sureness struct{ ok, none, failed int }

// strengths are the classes of formats: A has letters that tell, B is a shape that few others have, C is a common shape. The
// numbers are judgements: they order readings, and half of the best one's is the limit below which another is no choice.
var strengths = map[string]sureness{"A": {99, 92, 60}, "B": {85, 60, 30}, "C": {50, 20, 8}}

// shape is a format at one length: which characters may stand where.
type shape struct {
	*format
	want     []uint64 // a set of values (0-9, A-Z) for each place
	from, to int      // the serial; the check digit follows it
	dashes   []int    // places before which the carrier writes a dash
	split    int      // place before which people write one that is not kept
}

// tables is everything Recognise knows, compiled from data/.
type tables struct {
	byLength [longest + 1][]shape
	named    hint // every bit that is a carrier's
	words    map[string]hint
	phrases  map[rune][]phrase
	posts    map[[2]byte]post
	services []service
}

type post struct{ code, operator, operatorZH string }

type service struct {
	shapes []shape
	name   string
}

// compiled reads the tables once, when the first text comes. A fault in them is a bug that every test finds.
var compiled = sync.OnceValue(func() *tables {
	t, err := compile()
	if err != nil {
		panic("shipment: " + err.Error())
	}
	return t
})

func compile() (*tables, error) {
	t := &tables{words: map[string]hint{}, phrases: map[rune][]phrase{}, posts: map[[2]byte]post{}}
	bits := map[string]hint{"*": spokenOf}
	bit := func(name string) hint {
		if _, ok := bits[name]; !ok {
			bits[name] = 1 << len(bits)
		}
		return bits[name]
	}
	carriers := map[string][]string{}
	for _, row := range table("data/carriers.csv") {
		carriers[row[0]] = row
		t.named |= bit(row[0])
	}
	for _, row := range table("data/hints.csv") {
		word, means := row[0], bit(row[1])
		if len(word) > longestHint {
			return nil, fmt.Errorf("hints.csv: %s is longer than %d bytes", word, longestHint)
		}
		if r, _ := utf8.DecodeRuneInString(word); r >= utf8.RuneSelf {
			t.phrases[r] = append(t.phrases[r], phrase{word, means})
		} else {
			t.words[word] |= means
		}
	}
	if len(bits) > 64 {
		return nil, fmt.Errorf("hints.csv: %d carriers and words for 64 bits", len(bits))
	}
	for i, row := range table("data/formats.csv") {
		carrier, ok := carriers[row[1]]
		if !ok {
			return nil, fmt.Errorf("formats.csv:%d: no carrier %s", i+2, row[1])
		}
		f, shapes, err := parseFormat(row, carrier, bits)
		if err != nil {
			return nil, fmt.Errorf("formats.csv:%d: %s: %w", i+2, row[0], err)
		}
		for _, s := range shapes {
			if n := len(s.want); n < shortest || n > longest {
				return nil, fmt.Errorf("formats.csv:%d: %s: length %d", i+2, row[0], n)
			}
			s.format = f
			t.byLength[len(s.want)] = append(t.byLength[len(s.want)], s)
		}
	}
	for _, row := range table("data/posts.csv") {
		t.posts[[2]byte([]byte(row[0]))] = post{row[0], row[1], cmp.Or(row[2], row[1])}
	}
	for _, row := range table("data/services.csv") {
		shapes, err := parseShapes(row[0])
		if err != nil {
			return nil, fmt.Errorf("services.csv: %s: %w", row[1], err)
		}
		t.services = append(t.services, service{shapes, row[1]})
	}
	return t, nil
}

func parseFormat(row, carrier []string, bits map[string]hint) (*format, []shape, error) {
	f := &format{prefix: row[5], bit: bits[carrier[0]]}
	f.Reading = Reading{Carrier: carrier[0], Name: carrier[1], NameZH: carrier[2], Format: row[0], FormatIs: row[2], Simulated: carrier[0] == "simulator"}
	var err error
	if f.rule, err = parseRule(row[4]); err != nil {
		return nil, nil, err
	}
	var ok bool
	if f.sure, ok = strengths[row[6]]; !ok {
		return nil, nil, fmt.Errorf("no strength %q", row[6])
	}
	for _, flag := range strings.Fields(row[7]) {
		switch name, value, _ := strings.Cut(flag, "="); name {
		case "tight":
			f.tight = true
		case "mixed":
			f.mixed = true
		case "quiet":
			f.quiet = true
		case "post":
			f.post = true
		case "parent":
			f.parent = true
		case "keyword":
			if f.keyword = bits[value]; f.keyword == 0 {
				return nil, nil, fmt.Errorf("no hint means %q", value)
			}
		default:
			return nil, nil, fmt.Errorf("no flag %q", flag)
		}
	}
	f.link[0], f.link[1], f.linked = strings.Cut(row[8], "%s")
	shapes, err := parseShapes(row[3])
	if err != nil {
		return nil, nil, err
	}
	f.lower = strings.ToUpper(row[3]) != row[3]
	for _, s := range shapes {
		if f.rule.kind != noRule && (s.to <= s.from || s.to >= len(s.want)) {
			return nil, nil, fmt.Errorf("a check digit needs a serial in parentheses with the digit after it")
		}
		if f.rule.kind == weighted && s.to-s.from != len(f.rule.weights) {
			return nil, nil, fmt.Errorf("%d weights for %d digits", len(f.rule.weights), s.to-s.from)
		}
	}
	return f, shapes, nil
}

const (
	digitSet  = 1<<10 - 1
	letterSet = 1<<36 - 1<<10
)

// parseShapes reads a shape: # is a digit, @ a letter, * either, [AC-E] one of these, {n} or {n,m} repeats, ( ) holds the
// serial, - is a dash that the carrier writes and people may leave out, ~ one that people write, | separates alternatives, anything else is itself.
// Lower-case letters mean that the whole number is written so. Each length becomes a shape of its own.
func parseShapes(text string) ([]shape, error) {
	var out []shape
	for _, alternative := range strings.Split(text, "|") {
		grown := []shape{{}}
		for i := 0; i < len(alternative); {
			var set uint64
			switch c := alternative[i]; c {
			case '(', ')', '-', '~':
				for j := range grown {
					switch s := &grown[j]; c {
					case '(':
						s.from = len(s.want)
					case ')':
						s.to = len(s.want)
					case '-':
						s.dashes = append(slices.Clone(s.dashes), len(s.want))
					case '~':
						s.split = len(s.want)
					}
				}
				i++
				continue
			case '#':
				set = digitSet
			case '@':
				set = letterSet
			case '*':
				set = digitSet | letterSet
			case '[':
				end := strings.IndexByte(alternative[i:], ']')
				if end < 0 {
					return nil, fmt.Errorf("%s: a set without an end", text)
				}
				for j := i + 1; j < i+end; j++ {
					from, to := alternative[j], alternative[j]
					if alternative[j+1] == '-' {
						to = alternative[j+2]
						j += 2
					}
					for c := from; c <= to; c++ {
						set |= 1 << value(c)
					}
				}
				i += end
			default:
				a := ascii[c&0x7f]
				if a.kind != letterOrDigit {
					return nil, fmt.Errorf("%s: %q stands for nothing", text, c)
				}
				set = 1 << value(a.c)
			}
			i++
			low, high := 1, 1
			if i < len(alternative) && alternative[i] == '{' {
				end := strings.IndexByte(alternative[i:], '}')
				from, to, ranged := strings.Cut(alternative[i+1:max(i+1, i+end)], ",")
				if !ranged {
					to = from
				}
				var err, also error
				low, err = strconv.Atoi(from)
				if high, also = strconv.Atoi(to); err != nil || also != nil || low > high {
					return nil, fmt.Errorf("%s: a repetition that cannot be read", text)
				}
				i += end + 1
			}
			var next []shape
			for _, s := range grown {
				for n := low; n <= high; n++ {
					longer := s
					longer.want = append(slices.Clone(s.want), slices.Repeat([]uint64{set}, n)...)
					next = append(next, longer)
				}
			}
			grown = next
		}
		out = append(out, grown...)
	}
	return out, nil
}

// fits reports whether the number may be one of this shape.
func (s *shape) fits(number []byte) bool {
	if !fits(s.want, number) {
		return false
	}
	if s.prefix == "" {
		return true
	}
	for p := s.prefix; len(p) >= 2; p = p[min(3, len(p)):] {
		if p[0] == number[0] && p[1] == number[1] {
			return true
		}
	}
	return false
}

// fits reports whether the characters may stand where they stand.
func fits[T string | []byte](sets []uint64, text T) bool {
	for i, set := range sets {
		if set>>value(text[i])&1 == 0 {
			return false
		}
	}
	return true
}
