package slack

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"
)

//go:embed words.json
var wordsJSON []byte

// words are the adapter's own words by language and name: what stands on its own buttons. What the bot says comes from the
// bot.
type words map[string]map[string]string

func readWords() (words, error) {
	var w words
	if err := json.Unmarshal(wordsJSON, &w); err != nil {
		return nil, fmt.Errorf("slack: read words.json: %w", err)
	}
	for name := range w["en"] {
		if w["zh-Hans"][name] == "" {
			return nil, fmt.Errorf("slack: words.json has no Chinese for %q", name)
		}
	}
	return w, nil
}

// say says a word in a language: Chinese to those who read any, English to everybody else.
func (w words) say(lang, name string) string {
	if strings.HasPrefix(lang, "zh") {
		return w["zh-Hans"][name]
	}
	return w["en"][name]
}
