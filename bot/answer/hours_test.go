package answer_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"xiaobao/bot/answer"
)

func TestDayHours(t *testing.T) {
	for _, c := range []struct {
		text     string
		from, to int
	}{
		{"22:00-08:00", 1320, 480}, {"22:00 - 8:00", 1320, 480}, {"22～8", 1320, 480}, {"10pm to 8am", 1320, 480}, {"from 10 pm until 7:30 am", 1320, 450},
		{"晚上10点到早上8点", 1320, 480}, {"晚上十点半到早上八点", 1350, 480}, {"22点至8点", 1320, 480}, {"每天23点-7点", 1380, 420}, {"从晚11点到早7点", 1380, 420},
		{"0:00-6:00", 0, 360}, {"midnight to noon", 0, 720}, {"中午12点到下午2点", 720, 840}, {"between 9.30 and 17", 570, 1020},
	} {
		from, to, ok := answer.DayHours(c.text)
		if !ok || from != c.from || to != c.to {
			t.Errorf("DayHours(%q) = %d, %d, %v, want %d, %d", c.text, from, to, ok, c.from, c.to)
		}
	}
	for _, text := range []string{"", "22:00", "at night", "25-8", "22:60-8:00", "8-8", "晚上", "22:00-08:00-09:00", "13 am to 8"} {
		if from, to, ok := answer.DayHours(text); ok {
			t.Errorf("DayHours(%q) = %d, %d, want none", text, from, to)
		}
	}
}

func TestSpan(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"3 hours": 3 * time.Hour, "3h": 3 * time.Hour, "2天": 48 * time.Hour, "两天": 48 * time.Hour, "a week": 168 * time.Hour, "半小时": 30 * time.Minute, "90 min": 90 * time.Minute,
		"for 3 days": 72 * time.Hour, "三个小时": 3 * time.Hour, "一周": 168 * time.Hour, "30分钟": 30 * time.Minute, "half an hour": 30 * time.Minute, "3天后": 72 * time.Hour, "1个月": 720 * time.Hour,
	} {
		if got, ok := answer.Span(text); !ok || got != want {
			t.Errorf("Span(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
	for _, text := range []string{"", "3", "soon", "-3 days", "3 kg", "400 days", "0 hours", "99999999999 hours"} {
		if got, ok := answer.Span(text); ok {
			t.Errorf("Span(%q) = %v, want none", text, got)
		}
	}
}

func TestWeekday(t *testing.T) {
	for text, want := range map[string]time.Weekday{"Monday": time.Monday, "every fri": time.Friday, "周一": time.Monday, "每周日": time.Sunday, "星期三": time.Wednesday} {
		if got, ok := answer.Weekday(text); !ok || got != want {
			t.Errorf("Weekday(%q) = %v, %v, want %v", text, got, ok, want)
		}
	}
	if got, ok := answer.Weekday("一"); ok {
		t.Errorf("Weekday(一) = %v, want none", got)
	}
}

// TestClockForms writes times of day in every form and reads them back.
func TestClockForms(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.IntRange(0, 1439).Draw(t, "minute")
		at := time.Date(2026, 1, 1, 0, want, 0, 0, time.UTC)
		layout := rapid.SampledFrom([]string{"15:04", "3:04pm", "3:04 PM", "15点04分", "15.04"}).Draw(t, "layout")
		if got, ok := answer.Clock(at.Format(layout)); !ok || got != want {
			t.Fatalf("Clock(%q) = %d, %v, want %d", at.Format(layout), got, ok, want)
		}
		if got, ok := answer.Clock(fmt.Sprintf("%d点", want/60)); !ok || got != want/60*60 {
			t.Fatalf("Clock(%d点) = %d, %v", want/60, got, ok)
		}
	})
}
