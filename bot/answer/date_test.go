package answer_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"xiaobao/bot/answer"
)

var shanghai = time.FixedZone("UTC+8", 8*3600)

// now is Thursday 26 November 2026, half past midnight in Shanghai: still Wednesday in Greenwich.
var now = time.Date(2026, 11, 25, 16, 30, 0, 0, time.UTC)

func day(y int, m time.Month, d int) answer.Day { return answer.Day{Year: y, Month: m, Day: d} }

func TestDate(t *testing.T) {
	dec1 := answer.When{Day: day(2026, 12, 1)}
	next := func(y int, m time.Month, d int) answer.When { return answer.When{Day: day(y, m, d), Assumed: true} }
	for _, c := range []struct {
		text string
		want answer.When
	}{
		{"2026-12-01", dec1}, {"2026/12/1", dec1}, {"2026.12.01", dec1}, {"20261201", dec1}, {"２０２６－１２－０１", dec1}, {"2026年12月1日", dec1}, {"2026 年 12 月 1 号", dec1}, {"二〇二六年十二月一日", dec1}, {"26年12月1日", dec1}, {"2026-12-01 (Tue)", dec1}, {"2026-12-01 10:30", dec1},
		{"1 Dec 2026", dec1}, {"Dec 1, 2026", dec1}, {"December 1st, 2026", dec1}, {"1st of December 2026", dec1}, {"Tuesday, 1 December 2026", dec1}, {"01-Dec-2026", dec1}, {"on Dec 1 2026", dec1}, {"01.12.2026", dec1},
		{"12/01/2026", answer.When{Day: day(2026, 12, 1), Or: day(2026, 1, 12)}}, {"12/13/2026", answer.When{Day: day(2026, 12, 13)}}, {"13/12/2026", answer.When{Day: day(2026, 12, 13)}}, {"12/12/2026", answer.When{Day: day(2026, 12, 12)}}, {"26/12/13", answer.When{Day: day(2026, 12, 13)}},
		{"12月1日", next(2026, 12, 1)}, {"十二月一日", next(2026, 12, 1)}, {"12月1", next(2026, 12, 1)}, {"11月25日", next(2027, 11, 25)}, {"11月26日", next(2026, 11, 26)}, {"2月29日", next(2028, 2, 29)}, {"Dec 1", next(2026, 12, 1)}, {"1 dec", next(2026, 12, 1)}, {"Jan 5th", next(2027, 1, 5)},
		{"12/13", next(2026, 12, 13)}, {"12/1", answer.When{Day: day(2026, 12, 1), Or: day(2027, 1, 12), Assumed: true}}, {"1号", next(2026, 12, 1)}, {"30号", next(2026, 11, 30)}, {"31号", next(2026, 12, 31)}, {"12月1日（周二）", next(2026, 12, 1)},
		{"今天", answer.When{Day: day(2026, 11, 26)}}, {"tomorrow", answer.When{Day: day(2026, 11, 27)}}, {"明天", answer.When{Day: day(2026, 11, 27)}}, {"后天", answer.When{Day: day(2026, 11, 28)}}, {"大后天吧", answer.When{Day: day(2026, 11, 29)}}, {"the day after tomorrow", answer.When{Day: day(2026, 11, 28)}}, {"昨天", answer.When{Day: day(2026, 11, 25)}},
		{"周一", answer.When{Day: day(2026, 11, 30)}}, {"周四", answer.When{Day: day(2026, 11, 26)}}, {"下周一", answer.When{Day: day(2026, 11, 30)}}, {"下周日", answer.When{Day: day(2026, 12, 6)}}, {"下星期天", answer.When{Day: day(2026, 12, 6)}}, {"下下周三", answer.When{Day: day(2026, 12, 9)}}, {"本周五", answer.When{Day: day(2026, 11, 27)}}, {"上周五", answer.When{Day: day(2026, 11, 20)}},
		{"next Monday", answer.When{Day: day(2026, 11, 30)}}, {"next Friday", answer.When{Day: day(2026, 12, 4), Or: day(2026, 11, 27)}}, {"Friday", answer.When{Day: day(2026, 11, 27)}}, {"this Monday", answer.When{Day: day(2026, 11, 30)}}, {"last Friday", answer.When{Day: day(2026, 11, 20)}},
		{"in 3 days", answer.When{Day: day(2026, 11, 29)}}, {"3天后", answer.When{Day: day(2026, 11, 29)}}, {"三天之后", answer.When{Day: day(2026, 11, 29)}}, {"in two weeks", answer.When{Day: day(2026, 12, 10)}}, {"两周后", answer.When{Day: day(2026, 12, 10)}}, {"in a month", answer.When{Day: day(2026, 12, 26)}}, {"一个月后", answer.When{Day: day(2026, 12, 26)}}, {"3 days ago", answer.When{Day: day(2026, 11, 23)}}, {"三天前", answer.When{Day: day(2026, 11, 23)}}, {"3个工作日后", answer.When{Day: day(2026, 12, 1)}}, {"半个月后", answer.When{Day: day(2026, 12, 11)}},
		{"月底", answer.When{Day: day(2026, 11, 30)}}, {"下个月底", answer.When{Day: day(2026, 12, 31)}}, {"end of the month", answer.When{Day: day(2026, 11, 30)}}, {"下个月15号", answer.When{Day: day(2026, 12, 15)}}, {"明年3月1日", answer.When{Day: day(2027, 3, 1)}}, {"大概12月1日左右", next(2026, 12, 1)},
	} {
		got, ok := answer.Date(c.text, now, shanghai)
		if diff := cmp.Diff(c.want, got); !ok || diff != "" {
			t.Errorf("Date(%q): ok %v (-want +got):\n%s", c.text, ok, diff)
		}
	}
	for _, text := range []string{"", "soon", "2026-02-30", "2026-13-01", "31 Nov 2026", "11月31日", "2月30日", "32号", "12月", "2026年", "3天", "3 days", "next week", "周八", "12.5.6.7", "0000-00-00", "9999-01-01", "2026-1-", "may be", "1.2万", "十二", "Dec"} {
		if got, ok := answer.Date(text, now, shanghai); ok {
			t.Errorf("Date(%q) = %+v, want none", text, got)
		}
	}
}

// TestDateForms writes days in every form that is not ambiguous and reads them back, wherever the reader is.
func TestDateForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := day(2000, 1, 1).Plus(rapid.IntRange(0, 40_000).Draw(t, "day"))
		at := time.Date(want.Year, want.Month, want.Day, 0, 0, 0, 0, time.UTC)
		layout := rapid.SampledFrom([]string{"2006-01-02", "2006/1/2", "2006.01.02", "20060102", "2006年1月2日", "2 Jan 2006", "January 2, 2006", "Monday, 2 January 2006", "02-Jan-2006", "2.1.2006"}).Draw(t, "layout")
		loc := time.FixedZone("", rapid.IntRange(-12, 14).Draw(t, "zone")*3600)
		got, ok := answer.Date(at.Format(layout), now, loc)
		if !ok || got.Day != want || got.Ambiguous() || got.Assumed {
			t.Fatalf("Date(%q) = %+v %v, want %v", at.Format(layout), got, ok, want)
		}
	})
}

func TestDay(t *testing.T) {
	if got := day(2026, 1, 31).PlusMonths(1); got != day(2026, 2, 28) {
		t.Errorf("a month after 31 January is %v", got)
	}
	if got := day(2026, 3, 31).PlusMonths(-13); got != day(2025, 2, 28) {
		t.Errorf("thirteen months before 31 March 2026 is %v", got)
	}
	if got := day(2026, 12, 1).Until(day(2027, 1, 1)); got != 31 {
		t.Errorf("December has %d days", got)
	}
	if got := day(2026, 2, 3).String(); got != "2026-02-03" {
		t.Errorf("String is %q", got)
	}
}
