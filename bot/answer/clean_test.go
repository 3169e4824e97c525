package answer_test

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"github.com/rivo/uniseg"
	"pgregory.net/rapid"

	"xiaobao/bot/answer"
)

func TestClean(t *testing.T) {
	for _, c := range []struct {
		text  string
		limit int
		want  string
		cut   bool
	}{
		{"", 0, "", false},
		{"yes", 0, "yes", false},
		{"  Ｙｅｓ！ ", 0, "Yes", false},
		{"“是的。”", 0, "是的", false},
		{"\u202e\u200bok\ufeff\x00", 0, "ok", false},
		{"a\u3000\u3000b\tc", 0, "a b c", false},
		{"one\r\n two \r\n\n three", 0, "one\ntwo\n\nthree", false},
		{".5 kg", 0, ".5 kg", false},
		{`24"x18"x12"`, 0, `24"x18"x12"`, false},
		{"－５ ￥３", 0, "-5 ¥3", false},
		{"2.", 0, "2", false},
		{"?!…", 0, "", false},
		{"bad\xffbyte", 0, "badbyte", false},
		{"一二三四五", 3, "一二三", true},
		{"ab👩‍👩‍👧cd", 0, "ab👩👩👧cd", false},
		{"e\u0301e\u0301e\u0301", 3, "e\u0301", true},
		{"🇩🇪🇫🇷", 3, "🇩🇪", true},
	} {
		got, cut := answer.Clean(c.text, c.limit)
		if got != c.want || cut != c.cut {
			t.Errorf("Clean(%q, %d) = %q %v, want %q %v", c.text, c.limit, got, cut, c.want, c.cut)
		}
	}
}

func TestProse(t *testing.T) {
	for text, want := range map[string]string{
		" 您好，ＦＢＡ１２３！\u200b ": "您好，FBA123！",
		"家👩‍👩‍👧\u202e":       "家👩‍👩‍👧",
		"Why?":               "Why?",
	} {
		if got, _ := answer.Prose(text, 0); got != want {
			t.Errorf("Prose(%q) = %q, want %q", text, got, want)
		}
	}
}

func TestCleanLaws(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringOfN(rapid.RuneFrom([]rune("a1 ，。\u200d👩\u0301🇩🇪\n\t\u202eＡ\"'.")), 0, 40, -1)).Draw(t, "text")
		limit := rapid.IntRange(1, 30).Draw(t, "limit")
		got, cut := answer.Clean(text, limit)
		if n := utf8.RuneCountInString(got); n > limit || !utf8.ValidString(got) {
			t.Fatalf("Clean(%q, %d) = %q, %d characters", text, limit, got, n)
		}
		whole, _ := answer.Clean(text, 0)
		if !cut && got != whole {
			t.Fatalf("Clean(%q, %d) = %q is not %q, but nothing was cut", text, limit, got, whole)
		}
		if again, _ := answer.Clean(whole, 0); again != whole {
			t.Fatalf("Clean(%q) = %q, and once more %q", text, whole, again)
		}
		kept, cut := answer.Prose(text, limit)
		if full, _ := answer.Prose(text, 0); cut && strings.HasPrefix(full, kept) && kept != "" {
			first := uniseg.NewGraphemes(full)
			at := 0
			for first.Next() && at < len(kept) {
				at += len(first.Str())
			}
			if tail := strings.TrimLeft(full[len(kept):], " \n"); at > len(kept)+len(full[len(kept):])-len(tail) {
				t.Fatalf("Prose(%q, %d) = %q cuts a grapheme of %q", text, limit, kept, full)
			}
		}
	})
}

func TestLines(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"", nil},
		{"FBA15ABCDEFG", []string{"FBA15ABCDEFG"}},
		{"a, b，c、d；e;f", []string{"a", "b", "c", "d", "e", "f"}},
		{"UK/FR/DE", []string{"UK", "FR", "DE"}},
		{"1,234", []string{"1,234"}},
		{"1,234.5, 6", []string{"1,234.5", "6"}},
		{"850440,850760", []string{"850440", "850760"}},
		{"60,40,50", []string{"60", "40", "50"}},
		{"SKU-1 1,000 pcs, SKU-2 2,500 pcs", []string{"SKU-1 1,000 pcs", "SKU-2 2,500 pcs"}},
		{"A123,456", []string{"A123", "456"}},
		{"1. 手机壳\n2. 数据线\n\n3. 充电器", []string{"手机壳", "数据线", "充电器"}},
		{"1、手机壳\n2、数据线", []string{"手机壳", "数据线"}},
		{"1、2、3", []string{"1", "2", "3"}},
		{"- one\r\n• two\n* three", []string{"one", "two", "three"}},
		{"(1) one\n（2）two", []string{"one", "two"}},
		{"1.5 kg\n2.5 kg", []string{"1.5 kg", "2.5 kg"}},
		{"N/A\nN/A", []string{"N/A", "N/A"}},
		{"12/01/2026", []string{"12/01/2026"}},
		{"https://a.example/b", []string{"https://a.example/b"}},
		{" ,,、\n；", nil},
	} {
		if diff := cmp.Diff(c.want, answer.Lines(c.text)); diff != "" {
			t.Errorf("Lines(%q) (-want +got):\n%s", c.text, diff)
		}
	}
}
