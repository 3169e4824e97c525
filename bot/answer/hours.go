package answer

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// DayHours reads a span of the day, in minutes after midnight: "22:00-8:00", "10pm to 8am", "晚上10点到早上8点", "22～8". It may
// run over midnight; a span that begins where it ends is none.
func DayHours(text string) (from, to int, ok bool) {
	s := plain(text)
	s, _ = strip(s, []string{"from ", "between ", "每天", "从"})
	for _, joint := range [...]string{" until ", " till ", " to ", " and ", "到", "至", "–", "—", "~", "-"} {
		a, b, found := strings.Cut(s, joint)
		if !found {
			continue
		}
		var aok, bok bool
		from, aok = Clock(a)
		to, bok = Clock(b)
		return from, to, aok && bok && from != to
	}
	return 0, 0, false
}

// parts of a day that a clock of twelve hours is read in, and whether they are in its second half.
var dayParts = []struct {
	word  string
	later bool
}{
	{"凌晨", false}, {"清晨", false}, {"早上", false}, {"早晨", false}, {"上午", false}, {"早", false},
	{"中午", true}, {"下午", true}, {"傍晚", true}, {"晚上", true}, {"夜里", true}, {"夜间", true}, {"晚", true},
}

// Clock reads a time of day in minutes after midnight: "22:00", "22", "9:30 pm", "10pm", "晚上十点半", "早上8点", "noon".
func Clock(text string) (minute int, ok bool) {
	s, _ := strip(plain(text), []string{"at "})
	switch s {
	case "midnight", "半夜", "午夜", "零点":
		return 0, true
	case "noon", "中午", "正午":
		return 12 * 60, true
	}
	half := noHalf
	for _, p := range dayParts {
		if rest, found := strings.CutPrefix(s, p.word); found {
			s, half = rest, firstHalf
			if p.later {
				half = secondHalf
			}
			break
		}
	}
	for _, tail := range [...]struct {
		word string
		half dayHalf
	}{{"a.m.", firstHalf}, {"p.m.", secondHalf}, {"am", firstHalf}, {"pm", secondHalf}, {"o'clock", noHalf}} {
		if rest, found := strings.CutSuffix(s, tail.word); found {
			if s = rest; tail.half != noHalf {
				half = tail.half
			}
		}
	}
	hour, rest, ok := whole(strings.TrimSpace(s))
	if !ok || hour > 24 || half == firstHalf && hour > 12 {
		return 0, false
	}
	minute, ok = minutesIn(rest)
	switch {
	case half == secondHalf && hour < 12:
		hour += 12
	case half == firstHalf && hour == 12:
		hour = 0
	}
	total := hour*60 + minute
	return total % 1440, ok && total <= 1440
}

// whole reads one or two digits, or Chinese numerals before 点 or 时. (点 is a decimal point to the readers of numbers.)
func whole(s string) (n int, rest string, ok bool) {
	end := digitRun(s)
	if end > 0 {
		n, err := strconv.Atoi(s[:end])
		return n, s[end:], err == nil && end <= 2
	}
	for i, r := range s {
		if strings.ContainsRune("点时分刻整", r) {
			end = i
			break
		}
		end = i + utf8.RuneLen(r)
	}
	n, left, ok := integer(s[:end])
	return n, s[end:], ok && left == ""
}

// minutesIn reads what follows the hour.
func minutesIn(s string) (minute int, ok bool) {
	s = strings.TrimSpace(s)
	switch s {
	case "", "点", "点整", "点钟", "时", "h":
		return 0, true
	case "点半", "时半":
		return 30, true
	case "点一刻":
		return 15, true
	case "点三刻":
		return 45, true
	}
	for _, joint := range [...]string{":", ".", "点", "时", "h"} {
		if rest, found := strings.CutPrefix(s, joint); found {
			minute, rest, ok = whole(rest)
			return minute, ok && minute < 60 && (rest == "" || rest == "分")
		}
	}
	return 0, false
}

// dayHalf is which half of the day a clock of twelve hours is in.
type dayHalf int

const (
	noHalf dayHalf = iota
	firstHalf
	secondHalf
)

// Span reads a length of time: "3 hours", "2天", "a week", "半小时", "90 min". It is at least a minute and at most a year.
func Span(text string) (d time.Duration, ok bool) {
	s := plain(text)
	s, _ = strip(s, []string{"for ", "in "})
	s, _ = stripEnd(s, []string{"后", "以后", "之后", "later"})
	switch s {
	case "half an hour", "半小时", "半个小时", "半个钟":
		return 30 * time.Minute, true
	case "半天":
		return 12 * time.Hour, true
	}
	for _, one := range [...]string{"an ", "a "} {
		if rest, found := strings.CutPrefix(s, one); found {
			s = "1 " + rest
		}
	}
	for _, m := range [...]string{"minutes", "minute", "mins", "min", "分钟", "分"} {
		if rest, found := strings.CutSuffix(s, m); found {
			n, left, ok := whole(strings.TrimSpace(rest))
			return bounded(n, time.Minute, ok && left == "")
		}
	}
	q, ok := Number(s)
	n, err := strconv.Atoi(q.Value)
	return bounded(n, spans[q.Unit], ok && err == nil)
}

func bounded(n int, unit time.Duration, ok bool) (time.Duration, bool) {
	if !ok || unit == 0 || n <= 0 || n > int(longestSpan/unit) {
		return 0, false
	}
	return time.Duration(n) * unit, true
}

const longestSpan = 366 * 24 * time.Hour

var spans = map[Unit]time.Duration{Hours: time.Hour, Days: 24 * time.Hour, Weeks: 7 * 24 * time.Hour, Months: 30 * 24 * time.Hour}

// Weekday reads a day of the week: "Monday", "mon", "周一", "星期天".
func Weekday(text string) (time.Weekday, bool) {
	s, _ := strip(plain(text), []string{"on ", "every ", "每"})
	chinese := false
	for _, week := range [...]string{"周", "星期", "礼拜"} {
		if rest, ok := strings.CutPrefix(s, week); ok {
			s, chinese = rest, true
			break
		}
	}
	d, ok := weekdays[s]
	return d, ok && (chinese || isLetter(s[0]))
}
