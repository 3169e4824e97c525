package locales

import (
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"xiaobao/bot/flow"
)

// arg appends an argument as its kind is written in the language. How a date, an amount or a list looks is itself a
// message (format.date, format.money, …), so that a new language needs no code.
func (v *voice) arg(b []byte, zone string, a *flow.Arg, depth int) []byte {
	switch a.Kind {
	case flow.KindWord:
		return v.say(b, zone, flow.Line{ID: a.Text}, depth+1)
	case flow.KindNumber:
		return number(b, a.Text)
	case flow.KindMoney:
		amount := string(number(nil, withCents(a.Text, a.Unit)))
		return v.form(b, "format.money", "Amount", amount, "Currency", v.name("currency.", a.Unit))
	case flow.KindQuantity:
		if a.Unit == "" {
			return number(b, a.Text)
		}
		return v.form(b, "format.quantity", "Amount", string(number(nil, a.Text)), "Unit", v.name("unit.", a.Unit))
	case flow.KindDate:
		t, err := time.Parse(time.DateOnly, a.Text)
		if err != nil {
			return clean(b, a.Text)
		}
		return v.date(b, t)
	case flow.KindTime:
		t := time.UnixMicro(a.At).In(location(zone))
		if zone == "" || t.Location() == time.UTC {
			zone = "UTC"
		}
		var room [48]byte
		return v.form(b, "format.time", "Date", string(v.date(room[:0], t)), "Clock", t.Format("15:04"), "Zone", v.name("zone.", zone))
	case flow.KindClock:
		t := time.UnixMicro(a.At).In(location(zone))
		var room [48]byte
		return v.form(b, "format.clock", "Date", string(v.date(room[:0], t)), "Clock", t.Format("15:04"))
	case flow.KindSeveral:
		return v.several(b, zone, a.List, depth)
	case flow.KindLine:
		if a.Line == nil {
			return b
		}
		return v.say(b, zone, *a.Line, depth+1)
	default:
		return clean(b, a.Text)
	}
}

func (v *voice) date(b []byte, t time.Time) []byte {
	return v.form(b, "format.date", "Year", strconv.Itoa(t.Year()), "Month", v.name("month.", strconv.Itoa(int(t.Month()))), "Day", strconv.Itoa(t.Day()))
}

func (v *voice) several(b []byte, zone string, items []flow.Arg, depth int) []byte {
	comma, last := v.name("list.", "comma"), v.name("list.", "last")
	for i := range items {
		switch {
		case i > 0 && i == len(items)-1:
			b = append(b, last...)
		case i > 0:
			b = append(b, comma...)
		}
		if depth < deepest {
			b = v.arg(b, zone, &items[i], depth+1)
		}
	}
	return b
}

// form fills one of the format messages: pairs are names and what goes there.
func (v *voice) form(b []byte, id string, pairs ...string) []byte {
	m := v.words.find(v, id)
	if m == nil {
		v.words.miss(id)
		for i := 1; i < len(pairs); i += 2 {
			b = append(append(b, pairs[i]...), ' ')
		}
		return b[:len(b)-1]
	}
	for i, piece := range m.pieces {
		if i%2 == 0 {
			b = append(b, piece...)
			continue
		}
		for j := 0; j < len(pairs); j += 2 {
			if pairs[j] == piece {
				b = append(b, pairs[j+1]...)
			}
		}
	}
	return b
}

// name is what the language calls a code: a currency, a unit, a month, a zone. A code without a name is itself.
func (v *voice) name(prefix, code string) string {
	if m := v.words.find(v, prefix+code); m != nil && len(m.forms) > 0 {
		return m.forms[0]
	}
	return string(clean(nil, code))
}

// withCents gives an amount the decimals its currency has; more decimals than that are kept.
func withCents(decimal, currency string) string {
	switch currency {
	case "JPY", "KRW", "VND", "CLP":
		return decimal
	}
	if !isDecimal(decimal) {
		return decimal
	}
	whole, part, _ := strings.Cut(decimal, ".")
	for len(part) < 2 {
		part += "0"
	}
	return whole + "." + part
}

func isDecimal(s string) bool {
	s = strings.TrimPrefix(s, "-")
	digits, points := 0, 0
	for i := range len(s) {
		switch {
		case s[i] >= '0' && s[i] <= '9':
			digits++
		case s[i] == '.':
			points++
		default:
			return false
		}
	}
	return digits > 0 && points <= 1
}

// number groups the digits of a decimal string in threes, as both languages do. What is no number is left as text.
func number(b []byte, s string) []byte {
	if !isDecimal(s) {
		return clean(b, s)
	}
	if s[0] == '-' {
		b, s = append(b, "−"...), s[1:]
	}
	whole, part, has := strings.Cut(s, ".")
	if whole == "" {
		whole = "0"
	}
	for i := range len(whole) {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b = append(b, ',')
		}
		b = append(b, whole[i])
	}
	if has && part != "" {
		b = append(append(b, '.'), part...)
	}
	return b
}

var zones sync.Map // name to *time.Location; only zones that exist, so it stays small

func location(name string) *time.Location {
	if name == "" {
		return time.UTC
	}
	if l, ok := zones.Load(name); ok {
		return l.(*time.Location)
	}
	l, err := time.LoadLocation(name)
	if err != nil {
		return time.UTC
	}
	zones.Store(name, l)
	return l
}

// longest is how many graphemes of somebody's text go into a sentence.
const longest = 1000

// clean appends a text that somebody wrote: on one line, without control and direction characters, not too long.
func clean(b []byte, s string) []byte {
	if isPlain(s) {
		return append(b, s...)
	}
	start, space := len(b), true
	for _, r := range s {
		switch {
		case unicode.IsSpace(r) || r == '\u2028' || r == '\u2029' || r == '\u0085':
			if !space {
				b = append(b, ' ')
			}
			space = true
			continue
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r), r == '\u200b', r == '\u2060', r == '\ufeff',
			r >= 0xFFF9 && r <= 0xFFFB, r >= 0xE0000 && r <= 0xE007F:
			continue
		}
		b, space = utf8.AppendRune(b, r), false
	}
	if len(b) > start && space {
		b = b[:len(b)-1]
	}
	return append(b[:start], shorten(b[start:])...)
}

func isPlain(s string) bool {
	if len(s) > longest {
		return false
	}
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' || (s[i] == ' ' && (i == 0 || i == len(s)-1 || s[i+1] == ' ')) {
			return false
		}
	}
	return true
}

func shorten(b []byte) []byte {
	if len(b) <= longest {
		return b
	}
	rest, state, size := b, -1, 0
	for n := 0; len(rest) > 0; n++ {
		var cluster []byte
		cluster, rest, _, state = uniseg.FirstGraphemeCluster(rest, state)
		if n == longest || size+len(cluster) > longest*8 {
			return append(append([]byte{}, b[:size]...), "…"...)
		}
		size += len(cluster)
	}
	return b
}
