package web

import (
	"io/fs"
	"log/slog"
	"maps"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

var hole = regexp.MustCompile(`\{\w+\}`)

func TestWordsAreTheSameInBothLanguages(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	zh, en := w["zh-Hans"], w["en"]
	if a, b := slices.Sorted(maps.Keys(zh)), slices.Sorted(maps.Keys(en)); !slices.Equal(a, b) {
		t.Errorf("names differ:\nzh-Hans %q\nen      %q", a, b)
	}
	for name := range en {
		a, b := hole.FindAllString(zh[name], -1), hole.FindAllString(en[name], -1)
		slices.Sort(a)
		slices.Sort(b)
		if !slices.Equal(a, b) {
			t.Errorf("%s: holes %q and %q", name, a, b)
		}
		if strings.TrimSpace(zh[name]) == "" || strings.TrimSpace(en[name]) == "" {
			t.Errorf("%s: empty", name)
		}
		if strings.ContainsFunc(en[name], func(r rune) bool { return unicode.Is(unicode.Han, r) }) {
			t.Errorf("%s: Chinese in English", name)
		}
	}
}

// Every word that the page or the server names exists, and every word is named somewhere.
func TestWordsAreUsed(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	err = fs.WalkDir(pageFS, "page", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := pageFS.ReadFile(name)
		source.Write(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	named := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:word\(|tell\(|\.W |data-word(?:-label|-hint)?=)['"](\w+)['"]`).FindAllStringSubmatch(source.String(), -1) {
		named[m[1]] = true
		if m[1] != "" && w["en"][m[1]] == "" {
			t.Errorf("the page says %q, which is no word", m[1])
		}
	}
	byPattern := regexp.MustCompile(`^(mark|tone|item|error|copied|copy_failed|share_|gone_)`)
	for name := range w["en"] {
		if !named[name] && !byPattern.MatchString(name) && !strings.Contains(source.String(), "'"+name+"'") {
			t.Errorf("nobody says %q", name)
		}
	}
}

func TestLanguageOfAReader(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	for accept, want := range map[string]string{
		"": "en", "zh-CN,zh;q=0.9,en;q=0.8": "zh-Hans", "zh-TW": "zh-Hans", "zh-Hant-HK": "zh-Hans", "en-GB,zh;q=0.5": "en", "fr": "en", "fr,zh;q=0.1": "zh-Hans", "%%%": "en",
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Accept-Language", accept)
		if got := w.language(r); got != want {
			t.Errorf("Accept-Language %q: %s, want %s", accept, got, want)
		}
		r.Header.Set("Cookie", langCookie+"=zh-Hans")
		if got := w.language(r); got != "zh-Hans" {
			t.Errorf("chosen, with %q: %s", accept, got)
		}
	}
}
