package flow

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"xiaobao/bot/answer"
)

// vocabulary is what may be typed, compiled when the book is loaded.
type vocabulary struct {
	yesNo     *answer.Vocabulary
	verbs     *answer.Vocabulary
	languages *answer.Vocabulary
	options   map[string]*answer.Vocabulary // by slot, or slot.column
}

func (b *Book) says(id, message string) answer.Option {
	return answer.Option{ID: id, Says: b.deps.Accepted(message)}
}

func (b *Book) compileWords() {
	b.words.yesNo = answer.NewVocabulary(b.says(answer.Yes, "value.yes"), b.says(answer.No, "value.no"))
	var verbs, languages []answer.Option
	for _, v := range b.patterns.verbs {
		verbs = append(verbs, b.says(v.name, "verb."+v.name))
	}
	for _, lang := range b.deps.Languages {
		languages = append(languages, b.says(lang, "language."+lang))
	}
	b.words.verbs, b.words.languages = answer.NewVocabulary(verbs...), answer.NewVocabulary(languages...)
	b.words.options = map[string]*answer.Vocabulary{}
	for id, d := range b.slots {
		b.compileOptions(id, d)
		for _, c := range d.columns {
			b.compileOptions(id+"."+c.ID, c)
		}
	}
}

func (b *Book) compileOptions(key string, d *SlotDef) {
	if len(d.Options) == 0 {
		return
	}
	var options []answer.Option
	for _, o := range d.Options {
		options = append(options, b.says(o, d.option(o)))
	}
	b.words.options[key] = answer.NewVocabulary(options...)
}

// yesNo is "yes", "no" or empty.
func (b *Book) yesNo(text string) string {
	yes, ok := b.words.yesNo.YesNo(text)
	switch {
	case !ok:
		return ""
	case yes:
		return "yes"
	}
	return "no"
}

// exactly says whether a line is one of a slot's answers, word for word; for a slot with several, whether all of it is.
func (b *Book) exactly(d *SlotDef, text string) bool {
	var m answer.Match
	switch d.Type {
	case "yesno":
		m = b.words.yesNo.Match(text)
	case "choice":
		m = b.words.options[d.ID].Match(text)
	case "choices":
		if v, _ := b.verbIn(text); v != "" && b.words.verbs.Match(text).How == answer.Exact {
			return false
		}
		p := b.words.options[d.ID].Choices(text)
		return len(p.IDs) > 0 && len(p.Unclear) == 0
	}
	return len(m.IDs) == 1 && m.How == answer.Exact
}

// verbIn finds the verb a line is, and what follows it for a verb that takes something. What somebody wishes may also stand before it:
// "every day at 9 digest".
func (b *Book) verbIn(text string) (verb, rest string) {
	if m := b.words.verbs.Match(text); m.How == answer.Exact {
		for _, id := range m.IDs { // a word of one verb may be the name of another
			if len(m.IDs) == 1 || b.means("verb."+id, text) {
				return id, ""
			}
		}
	}
	if t := strings.TrimSpace(text); t == "?" || t == "\uff1f" {
		return "help", ""
	}
	if _, ok := stepNumber(text); ok && utf8.RuneCountInString(text) > 2 {
		return "open", text
	}
	if len(text) > 200 {
		return "", ""
	}
	lower := strings.ToLower(text)
	for i := range b.patterns.verbs {
		v := &b.patterns.verbs[i]
		if v.takes == "" {
			continue
		}
		for _, line := range v.with {
			word := strings.ToLower(line)
			if after, ok := strings.CutPrefix(lower, word); ok && ends(line, after) {
				if rest := strings.TrimLeft(text[len(text)-len(after):], " :\uff1a"); rest != "" && b.fits(v, rest) {
					return v.name, rest
				}
			}
			if before, ok := strings.CutSuffix(lower, word); ok && v.takes == "wish" && (hasHan(line) || strings.HasSuffix(before, " ")) {
				if rest := strings.TrimSpace(text[:len(before)]); rest != "" && b.fits(v, rest) {
					return v.name, rest
				}
			}
		}
	}
	return "", ""
}

// ends says whether a word ends before what comes after it.
func ends(word, after string) bool {
	return hasHan(word) || strings.HasPrefix(after, " ") || strings.HasPrefix(after, ":")
}

// fits says whether what follows a verb is what it takes.
func (b *Book) fits(v *verbDef, rest string) bool {
	switch v.takes {
	case "step":
		_, ok := stepNumber(rest)
		return ok
	case "number": // of a shipment
		return len(rest) >= 4 && len(rest) <= 40 && strings.ContainsFunc(rest, unicode.IsDigit) && !strings.ContainsFunc(rest, func(r rune) bool { return r > 127 })
	case "silence": // a shipment, hours, or how long
		return b.wishes(string(Quiet), rest) || b.wishes(string(Snooze), rest) || b.fits(&verbDef{takes: "number"}, rest)
	case "numbers":
		return len(b.deps.Tracked(b.deps.Languages[0], rest)) > 0
	case "filter":
		return b.filter(rest) != ""
	case "wish":
		return b.wishes(v.name, rest)
	case "code":
		return len(rest) >= 4 && len(rest) <= 24 && !strings.ContainsFunc(rest, func(r rune) bool { return r > 127 })
	}
	return utf8.RuneCountInString(rest) <= 40
}

// languageIn is the language a line names; empty when it names none.
func (b *Book) languageIn(text string) string {
	if m := b.words.languages.Match(text); m.How == answer.Exact && len(m.IDs) == 1 {
		return m.IDs[0]
	}
	return ""
}
