package web

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"net/http"

	"golang.org/x/text/language"
)

//go:embed words.json
var wordsJSON []byte

// words are the page's own words by language and name: what stands on its buttons and in its errors. What the bot says
// comes from the bot.
type words map[string]map[string]string

// The languages of the page, the one for everybody else last.
var (
	languages = []string{"zh-Hans", "en"}
	matcher   = language.NewMatcher([]language.Tag{language.English, language.SimplifiedChinese})
)

func readWords() (words, error) {
	var w words
	if err := json.Unmarshal(wordsJSON, &w); err != nil {
		return nil, fmt.Errorf("web: read words.json: %w", err)
	}
	for _, l := range languages {
		if len(w[l]) == 0 {
			return nil, fmt.Errorf("web: words.json has no %s", l)
		}
	}
	return w, nil
}

// language is the reader's: what they chose on this page before, or what the browser asks for.
func (w words) language(r *http.Request) string {
	if c, err := r.Cookie(langCookie); err == nil && w[c.Value] != nil {
		return c.Value
	}
	tags, _, err := language.ParseAcceptLanguage(r.Header.Get("Accept-Language"))
	if err != nil || len(tags) == 0 {
		return "en"
	}
	if _, i, _ := matcher.Match(tags...); i == 1 {
		return "zh-Hans"
	}
	return "en"
}
