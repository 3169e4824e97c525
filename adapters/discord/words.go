package discord

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"maps"
	"strings"
)

//go:embed words.json
var wordsJSON []byte

//go:embed forum.json
var forumJSON []byte

// words are the adapter's own words by language and name: what stands on its own buttons and in its commands. What the bot
// says comes from the bot.
type words map[string]map[string]string

func readWords() (words, error) {
	var w words
	if err := json.Unmarshal(wordsJSON, &w); err != nil {
		return nil, fmt.Errorf("discord: read words.json: %w", err)
	}
	var more words
	if err := json.Unmarshal(forumJSON, &more); err != nil {
		return nil, fmt.Errorf("discord: read forum.json: %w", err)
	}
	for lang := range more {
		maps.Copy(w[lang], more[lang])
	}
	for _, lang := range []string{"zh-Hans", "zh-Hant"} {
		for name := range w["en"] {
			if w[lang][name] == "" && (lang == "zh-Hans" || strings.HasPrefix(name, "command.")) {
				return nil, fmt.Errorf("discord: words.json has no %s for %q", lang, name)
			}
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

// fill says a word with its one hole filled.
func (w words) fill(lang, name, hole, value string) string {
	return strings.ReplaceAll(w.say(lang, name), "{"+hole+"}", value)
}
