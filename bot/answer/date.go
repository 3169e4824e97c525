package answer

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// A Day is a date of the calendar, which no time zone moves.
type Day struct {
	Year  int
	Month time.Month
	Day   int
}

// DayOf is the day that t falls on in loc.
func DayOf(t time.Time, loc *time.Location) Day {
	y, m, d := t.In(loc).Date()
	return Day{y, m, d}
}

// String is the day as 2006-01-02.
func (d Day) String() string { return fmt.Sprintf("%04d-%02d-%02d", d.Year, d.Month, d.Day) }

// IsZero reports whether d is no day.
func (d Day) IsZero() bool { return d == Day{} }

// Valid reports whether d stands in the calendar, between the years 1900 and 2199.
func (d Day) Valid() bool {
	return d.Year >= 1900 && d.Year < 2200 && d.Month >= 1 && d.Month <= 12 && d.Day >= 1 && d.Day <= daysIn(d.Year, d.Month)
}

// Plus is the day n days later.
func (d Day) Plus(n int) Day { return dayAt(d.noon().AddDate(0, 0, n)) }

// PlusMonths is the same day n months later, or the last of that month when it is shorter.
func (d Day) PlusMonths(n int) Day {
	first := dayAt(time.Date(d.Year, d.Month+time.Month(n), 1, 12, 0, 0, 0, time.UTC))
	first.Day = min(d.Day, daysIn(first.Year, first.Month))
	return first
}

// Weekday is the day of the week.
func (d Day) Weekday() time.Weekday { return d.noon().Weekday() }

// Before reports whether d comes before e.
func (d Day) Before(e Day) bool { return d.noon().Before(e.noon()) }

// Until is the number of days from d to e, negative when e comes first.
func (d Day) Until(e Day) int { return int(e.noon().Sub(d.noon()) / (24 * time.Hour)) }

func (d Day) noon() time.Time { return time.Date(d.Year, d.Month, d.Day, 12, 0, 0, 0, time.UTC) }

func dayAt(t time.Time) Day { y, m, d := t.Date(); return Day{y, m, d} }

func daysIn(year int, month time.Month) int {
	return time.Date(year, month+1, 0, 12, 0, 0, 0, time.UTC).Day()
}

// A When is a date that somebody typed.
type When struct {
	Day     Day
	Or      Day  // the other reading of an ambiguous date ("12/01/2026", "next Friday"), else zero
	Assumed bool // the year or the month was not said; the next one was taken
}

// Ambiguous reports whether there are two readings to ask about.
func (w When) Ambiguous() bool { return !w.Or.IsZero() }

// Date reads one date, seen from now in loc: "2026-12-01", "2026年12月1日", "1 Dec 2026", "12月1日" and "Dec 1" (the next
// one), "1号", "明天", "下周一", "next Monday", "in 3 days", "两周后", "月底". Dates that do not exist are refused. Weeks begin
// on Monday. Of "12/01/2026" the American reading comes first and Or is the other one.
func Date(text string, now time.Time, loc *time.Location) (w When, ok bool) {
	if len(text) > 120 {
		return w, false
	}
	today := DayOf(now, loc)
	s := plain(text)
	s, _ = strip(s, dateHeads)
	s, _ = stripEnd(s, dateTails)
	for _, read := range dateReaders {
		if w, ok = read(s, today); ok {
			return w, w.Day.Valid() && (w.Or.IsZero() || w.Or.Valid())
		}
	}
	return When{}, false
}

var (
	dateHeads = []string{"on ", "by ", "around ", "about ", "approximately ", "probably ", "it's ", "大概", "大约", "预计", "计划", "应该是", "应该", "是", "就", "在", "约"}
	dateTails = []string{"左右", "吧", "那天", "之前", "前后", "please"}
)

var dateReaders = []func(string, Day) (When, bool){namedDay, distant, weekday, numeric, chinese, english}

var namedDays = map[string]int{"today": 0, "今天": 0, "今日": 0, "今儿": 0, "now": 0, "现在": 0, "tonight": 0, "tomorrow": 1, "tmr": 1, "tmrw": 1, "明天": 1, "明日": 1, "明儿": 1,
	"the day after tomorrow": 2, "day after tomorrow": 2, "后天": 2, "後天": 2, "大后天": 3, "yesterday": -1, "昨天": -1, "昨日": -1, "前天": -2,
	"the day before yesterday": -2, "day before yesterday": -2}

// namedDay reads 明天, tomorrow and the ends of months and years.
func namedDay(s string, today Day) (When, bool) {
	if n, ok := namedDays[s]; ok {
		return When{Day: today.Plus(n)}, true
	}
	months := -1
	switch s {
	case "月底", "月末", "本月底", "这个月底", "本月末", "end of month", "end of the month", "month end", "end of this month":
		months = 0
	case "下月底", "下个月底", "下月末", "end of next month":
		months = 1
	case "年底", "今年底", "年末", "end of year", "end of the year", "year end":
		return When{Day: Day{today.Year, time.December, 31}}, true
	case "明年底", "明年年底", "end of next year":
		return When{Day: Day{today.Year + 1, time.December, 31}}, true
	case "下个月今天", "下月今天":
		return When{Day: today.PlusMonths(1)}, true
	}
	if months < 0 {
		return When{}, false
	}
	d := Day{today.Year, today.Month, 1}.PlusMonths(months)
	d.Day = daysIn(d.Year, d.Month)
	return When{Day: d}, true
}

// distant reads "in 3 days", "3天后", "two weeks from now", "a month ago".
func distant(s string, today Day) (When, bool) {
	back, said := false, false
	if rest, ok := strings.CutPrefix(s, "in "); ok {
		s, said = rest, true
	} else if rest, ok := strings.CutPrefix(s, "再过"); ok {
		s, said = rest, true
	} else if rest, ok := strings.CutPrefix(s, "过"); ok {
		s, said = rest, true
	}
	for _, tail := range [...]string{" from now", " from today", " later", " after", "以后", "之后", "后", "後"} {
		if rest, ok := strings.CutSuffix(s, tail); ok {
			s, said = rest, true
			break
		}
	}
	for _, tail := range [...]string{" ago", "以前", "之前", "前"} {
		if rest, ok := strings.CutSuffix(s, tail); ok && !said {
			s, said, back = rest, true, true
			break
		}
	}
	if !said {
		return When{}, false
	}
	for _, one := range [...]string{"a ", "an "} {
		if rest, ok := strings.CutPrefix(s, one); ok {
			s = "1 " + rest
		}
	}
	q, ok := Number(s)
	n, err := strconv.Atoi(q.Value)
	if q.Value == "0.5" && q.Unit == Months {
		n, err, q.Unit = 15, nil, Days
	}
	if !ok || err != nil || n < 0 || n > 4000 {
		return When{}, false
	}
	if back {
		n = -n
	}
	switch q.Unit {
	case Days:
		return When{Day: today.Plus(n)}, true
	case Weeks:
		return When{Day: today.Plus(7 * n)}, true
	case Months:
		return When{Day: today.PlusMonths(n)}, true
	case Years:
		return When{Day: today.PlusMonths(12 * n)}, n < 200 && n > -200
	case Workdays:
		return When{Day: workdays(today, n)}, true
	}
	return When{}, false
}

// workdays counts Mondays to Fridays; holidays are not known here.
func workdays(d Day, n int) Day {
	step := 1
	if n < 0 {
		step, n = -1, -n
	}
	for n > 0 {
		d = d.Plus(step)
		if wd := d.Weekday(); wd != time.Saturday && wd != time.Sunday {
			n--
		}
	}
	return d
}

var weekdays = map[string]time.Weekday{"monday": 1, "mon": 1, "tuesday": 2, "tue": 2, "tues": 2, "wednesday": 3, "wed": 3, "thursday": 4, "thu": 4, "thur": 4, "thurs": 4,
	"friday": 5, "fri": 5, "saturday": 6, "sat": 6, "sunday": 0, "sun": 0,
	"一": 1, "二": 2, "三": 3, "四": 4, "五": 5, "六": 6, "日": 0, "天": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 0}

// weekday reads 周五, 下周一, 下下周三, next Monday, this Friday. An English "next" may mean the coming one or the one of next
// week.
func weekday(s string, today Day) (When, bool) {
	weeks, said, english := 0, false, false
	for _, lead := range [...]struct {
		word  string
		weeks int
	}{{"下下个", 2}, {"下下", 2}, {"下个", 1}, {"下", 1}, {"这个", 0}, {"本", 0}, {"这", 0}, {"上个", -1}, {"上", -1}, {"next ", 1}, {"this ", 0}, {"coming ", 0}, {"the coming ", 0}, {"last ", -1}} {
		if rest, ok := strings.CutPrefix(s, lead.word); ok {
			s, weeks, said, english = rest, lead.weeks, true, isLetter(lead.word[0])
			break
		}
	}
	chinese := false
	for _, week := range [...]string{"周", "星期", "礼拜", "週"} {
		if rest, ok := strings.CutPrefix(s, week); ok {
			s, chinese = rest, true
			break
		}
	}
	wd, ok := weekdays[s]
	if !ok || chinese == isLetter(s[0]) {
		return When{}, false
	}
	monday := today.Plus(-(int(today.Weekday()) + 6) % 7)
	day := monday.Plus((int(wd) + 6) % 7)
	next := day
	if day.Before(today) {
		next = day.Plus(7)
	}
	switch {
	case !said, english && weeks == 0:
		return When{Day: next}, true
	case english && weeks == -1:
		if !day.Before(today) {
			day = day.Plus(-7)
		}
		return When{Day: day}, true
	case english && weeks == 1 && next != day.Plus(7) && next != today:
		return When{Day: day.Plus(7), Or: next}, true
	}
	return When{Day: day.Plus(7 * weeks)}, true
}

// numeric reads dates of figures with -, / or . between them, and 20261201.
func numeric(s string, today Day) (When, bool) {
	if len(s) == 8 && digitsOnly(s) {
		s = s[:4] + "-" + s[4:6] + "-" + s[6:]
	}
	if at := strings.IndexAny(s, " t("); at > 0 && strings.IndexAny(s[:at], "-/.") > 0 && isAfterDate(s[at:]) {
		s = s[:at]
	}
	by := strings.IndexAny(s, "-/.")
	if by <= 0 {
		return When{}, false
	}
	parts := strings.Split(s, s[by:by+1])
	var n [3]int
	if len(parts) > 3 {
		return When{}, false
	}
	for i, part := range parts {
		part = strings.TrimSpace(part)
		if !digitsOnly(part) || len(part) > 4 || len(part) == 3 {
			return When{}, false
		}
		n[i], _ = strconv.Atoi(part)
	}
	mdy := func(year int) Day { return Day{year, time.Month(n[0]), n[1]} }
	dmy := func(year int) Day { return Day{year, time.Month(n[1]), n[0]} }
	switch last := len(strings.TrimSpace(parts[len(parts)-1])); {
	case len(parts) == 2:
		a, b := upcoming(mdy(today.Year), today), upcoming(dmy(today.Year), today)
		w, ok := either(a, b)
		w.Assumed = ok
		return w, ok
	case len(strings.TrimSpace(parts[0])) == 4:
		return When{Day: Day{n[0], time.Month(n[1]), n[2]}}, true
	case last == 4 && s[by] == '.':
		return either(dmy(n[2]), Day{})
	case last == 4:
		return either(mdy(n[2]), dmy(n[2]))
	}
	// Two digits for the year: it may stand first or last. Of the readings the nearest to today count.
	readings := []Day{{2000 + n[0], time.Month(n[1]), n[2]}, mdy(2000 + n[2]), dmy(2000 + n[2])}
	readings = slices.DeleteFunc(readings, func(d Day) bool { return !d.Valid() || far(d, today) > 3650 })
	slices.SortStableFunc(readings, func(a, b Day) int { return far(a, today) - far(b, today) })
	readings = slices.Compact(readings)
	switch len(readings) {
	case 0:
		return When{}, false
	case 1:
		return When{Day: readings[0]}, true
	}
	return When{Day: readings[0], Or: readings[1]}, true
}

// isAfterDate reports whether s is a time of day, a weekday or a remark in brackets behind a date.
func isAfterDate(s string) bool {
	return s[0] == '(' || len(s) > 1 && isDigit(s[1]) && strings.Contains(s, ":") || strings.HasPrefix(s, " (") || weekdays[strings.TrimSpace(s)] != 0
}

func far(d, today Day) int { return max(today.Until(d), d.Until(today)) }

// either makes one answer of two readings, of which one or both may not exist.
func either(a, b Day) (When, bool) {
	switch {
	case !a.Valid() && !b.Valid():
		return When{}, false
	case !a.Valid():
		return When{Day: b}, true
	case !b.Valid() || a == b:
		return When{Day: a}, true
	}
	return When{Day: a, Or: b}, true
}

// upcoming moves a day of this year to the next year in which it exists and is not past.
func upcoming(d Day, today Day) Day {
	if d.Month < 1 || d.Month > 12 || d.Day < 1 || d.Day > 31 {
		return Day{}
	}
	for range 9 { // 29 February
		if d.Valid() && !d.Before(today) {
			return d
		}
		d.Year++
	}
	return Day{}
}

// chinese reads 2026年12月1日, 明年3月1号, 下个月15号, 12月1日, 十二月一日 and 1号.
func chinese(s string, today Day) (When, bool) {
	for i, r := range s { // a weekday or a remark behind
		if r == '(' || r == '周' || r == '星' || r == '礼' {
			s = strings.TrimSpace(s[:i])
			break
		}
	}
	s = strings.ReplaceAll(s, " ", "")
	year, month, yearSaid, monthSaid := today.Year, today.Month, false, false
	for word, n := range map[string]int{"今年": 0, "明年": 1, "后年": 2, "去年": -1} {
		if rest, ok := strings.CutPrefix(s, word); ok {
			s, year, yearSaid = rest, today.Year+n, true
		}
	}
	if n, rest, ok := integer(s); ok && strings.HasPrefix(rest, "年") && !yearSaid {
		if n < 100 {
			n += 2000
		}
		s, year, yearSaid = strings.TrimPrefix(rest, "年"), n, true
	}
	for _, lead := range [...]struct {
		word string
		n    int
	}{{"下下个月", 2}, {"下个月", 1}, {"下月", 1}, {"这个月", 0}, {"本月", 0}, {"当月", 0}, {"上个月", -1}, {"上月", -1}} {
		if rest, ok := strings.CutPrefix(s, lead.word); ok && !yearSaid {
			moved := Day{today.Year, today.Month, 1}.PlusMonths(lead.n)
			s, year, month, yearSaid, monthSaid = rest, moved.Year, moved.Month, true, true
			break
		}
	}
	if n, rest, ok := integer(s); ok && strings.HasPrefix(rest, "月") && !monthSaid {
		s, month, monthSaid = strings.TrimPrefix(rest, "月"), time.Month(n), true
	}
	n, rest, ok := integer(s)
	if !ok || rest != "日" && rest != "号" && rest != "號" && (rest != "" || !monthSaid) || yearSaid && !monthSaid {
		return When{}, false
	}
	d := Day{year, month, n}
	switch {
	case yearSaid:
		return When{Day: d}, d.Valid()
	case monthSaid:
		d = upcoming(d, today)
		return When{Day: d, Assumed: true}, d.Valid()
	}
	for range 4 { // the next month that has this day
		if d.Valid() && !d.Before(today) {
			return When{Day: d, Assumed: true}, true
		}
		next := Day{d.Year, d.Month, 1}.PlusMonths(1)
		d.Year, d.Month = next.Year, next.Month
	}
	return When{}, false
}

var months = []string{"january", "february", "march", "april", "may", "june", "july", "august", "september", "october", "november", "december"}

// english reads 1 Dec 2026, Dec 1, December 1st 2026, 1st of December, 01-Dec-2026, in any order.
func english(s string, today Day) (When, bool) {
	var d Day
	words := strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune(" ,.-/()", r) })
	if len(words) < 2 || len(words) > 7 {
		return When{}, false
	}
	for _, w := range words {
		switch n, month := number(w), monthNamed(w); {
		case month > 0 && d.Month == 0:
			d.Month = month
		case n >= 1000 && n < 10000 && d.Year == 0:
			d.Year = n
		case n >= 1 && n <= 31 && d.Day == 0:
			d.Day = n
		case n > 0 && n < 100 && d.Day > 0 && d.Month > 0 && d.Year == 0:
			d.Year = 2000 + n
		case w == "of" || w == "the" || w == "year":
		default:
			if _, ok := weekdays[w]; !ok || !isLetter(w[0]) {
				return When{}, false
			}
		}
	}
	if d.Month == 0 || d.Day == 0 {
		return When{}, false
	}
	if d.Year > 0 {
		return When{Day: d}, d.Valid()
	}
	d.Year = today.Year
	d = upcoming(d, today)
	return When{Day: d, Assumed: true}, d.Valid()
}

// number reads "1", "1st", "22nd"; 0 when it is none.
func number(w string) int {
	n := digitRun(w)
	if n == 0 || n > 4 || w[n:] != "" && !slices.Contains([]string{"st", "nd", "rd", "th"}, w[n:]) {
		return 0
	}
	v, _ := strconv.Atoi(w[:n])
	return v
}

func monthNamed(w string) time.Month {
	for i, name := range months {
		if len(w) >= 3 && strings.HasPrefix(name, w) || w == "sept" && name == "september" {
			return time.Month(i + 1)
		}
	}
	return 0
}
