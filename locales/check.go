package locales

import (
	"fmt"
	"regexp"
	"sort"
	"strings"
	"unicode"

	"github.com/rivo/uniseg"
)

// Rules say what the catalogues are checked against. A pattern may hold * for any run of characters.
type Rules struct {
	Used    []string // the ids that are said, each must exist (its .also may); a pattern only says that what it matches is in use
	Buttons []string // patterns of the messages that stand on buttons and in selects
	Answers []string // patterns of the messages that list accepted answers: no style is expected of what people type
}

// Limits of a button's label. Slack takes 75 characters and Discord 80, in either script; what reads well is shorter and
// measured in columns, of which a Chinese character fills two.
const (
	buttonMost    = 75
	buttonColumns = 44
	holeColumns   = 12 // what a hole is counted as
)

// A Problem is one thing that is wrong with the catalogues.
type Problem struct {
	File string
	Line int
	ID   string
	What string
}

// String writes a problem the way compilers do: file, line, what.
func (p Problem) String() string {
	switch {
	case p.File == "":
		return p.ID + ": " + p.What
	case p.Line == 0:
		return p.File + ": " + p.ID + ": " + p.What
	}
	return fmt.Sprintf("%s:%d: %s: %s", p.File, p.Line, p.ID, p.What)
}

// rendering are the messages that this package itself says.
var rendering = []string{"format.*", "list.*", "month.*", "unit.*", "currency.*", "zone.*"}

// Check lists everything that is wrong with the catalogues, in the order of files and lines.
func (w *Words) Check(r Rules) []Problem {
	var found []Problem
	base := w.voices[Default]
	used, patterns := map[string]bool{}, []*regexp.Regexp{}
	for _, u := range append(append([]string{}, r.Used...), rendering...) {
		if strings.Contains(u, "*") {
			patterns = append(patterns, pattern(u))
			continue
		}
		used[u] = true
		if base.messages[u] == nil {
			found = append(found, Problem{ID: u, What: "is said and stands in no catalogue"})
		}
	}
	buttons, answers := matching(r.Buttons), matching(append([]string{"*.also"}, r.Answers...))
	for _, lang := range w.langs {
		v := w.voices[lang]
		for id, m := range v.messages {
			say := func(format string, args ...any) {
				found = append(found, Problem{File: m.file, Line: m.line, ID: id, What: fmt.Sprintf(format, args...)})
			}
			if base := strings.TrimSuffix(id, ".also"); !used[id] && !used[base] && !matches(patterns, id) {
				say("is never said")
			}
			b := base.messages[id]
			switch {
			case b == nil && !answers(id):
				say("is missing in %s", Default)
			case lang != Default && b != nil && !answers(id):
				v.compare(m, b, say)
			}
			if len(m.forms) == 0 || strings.TrimSpace(strings.Join(m.forms, "")) == "" {
				say("is empty")
				continue
			}
			for _, form := range m.forms {
				if !answers(id) {
					style(lang, id, form, say)
				}
				if buttons(id) && !answers(id) {
					button(form, say)
				}
			}
		}
		for id, b := range base.messages {
			if v.messages[id] == nil && !answers(id) {
				found = append(found, Problem{File: b.file, Line: b.line, ID: id, What: "is missing in " + lang})
			}
		}
	}
	sort.Slice(found, func(i, j int) bool {
		a, b := found[i], found[j]
		if a.File != b.File {
			return a.File < b.File
		}
		if a.Line != b.Line {
			return a.Line < b.Line
		}
		return a.ID+a.What < b.ID+b.What
	})
	return found
}

// compare looks at a message beside the same one in the default language.
func (v *voice) compare(m, b *message, say func(string, ...any)) {
	for _, hole := range missingHoles(b, m) {
		say("has no {{.%s}}, which %s has", hole, Default)
	}
	for _, hole := range missingHoles(m, b) {
		say("has {{.%s}}, which %s has not", hole, Default)
	}
	if len(m.forms) > 0 && len(b.forms) > 0 && m.forms[0] == b.forms[0] && strings.Count(m.forms[0], " ") >= 3 && !strings.Contains(m.id, ".paste") {
		say("is not translated")
	}
}

// missingHoles lists the holes of a that b lacks. A plural form may leave holes out as long as another has them.
func missingHoles(a, b *message) []string {
	in := func(m *message) map[string]bool {
		all := map[string]bool{}
		for _, f := range m.forms {
			for h := range cut(f).holes() {
				all[h] = true
			}
		}
		return all
	}
	has := in(b)
	var lacks []string
	for h := range in(a) {
		if !has[h] {
			lacks = append(lacks, h)
		}
	}
	sort.Strings(lacks)
	return lacks
}

var (
	brace     = regexp.MustCompile(`\{\{.*?\}\}|\{\{|\}\}`)
	goodHole  = regexp.MustCompile(`^\{\{\.[A-Z][A-Za-z0-9]*\}\}$`)
	markup    = regexp.MustCompile("\\*\\*|__|`|</?[A-Za-z][^>]*>|\\]\\(|&(amp|lt|gt|nbsp|#[0-9]+);|(^|\n)#{1,6} ")
	halfWidth = regexp.MustCompile(`\p{Han}[,;:?!](\s|$|\p{Han}|[A-Za-z0-9{])|\p{Han}\.(\s|$|\p{Han})`)
)

// style looks at the text itself.
func style(lang, id, text string, say func(string, ...any)) {
	for _, h := range brace.FindAllString(text, -1) {
		if !goodHole.MatchString(h) {
			say("has %q; a hole is {{.Name}}", h)
		}
	}
	if trimmed := strings.Trim(text, " \n"); trimmed != strings.TrimRight(text, "\n") && !strings.HasPrefix(id, "list.") {
		say("begins or ends with a space")
	}
	if m := markup.FindString(text); m != "" {
		say("has markup: %q", m)
	}
	for _, r := range text {
		if unicode.IsControl(r) && r != '\n' || unicode.Is(unicode.Bidi_Control, r) {
			say("has the control character %U", r)
		}
	}
	switch {
	case strings.HasPrefix(lang, "zh"):
		if m := halfWidth.FindString(text); m != "" {
			say("has half-width punctuation after a Chinese character: %q", m)
		}
		if strings.ContainsRune(text, '你') {
			say("says 你; we say 您")
		}
	case strings.HasPrefix(lang, "en"):
		if strings.ContainsRune(text, '!') {
			say("has an exclamation mark")
		}
		han := 0 // a Chinese term may be quoted, a sentence may not
		for _, r := range text {
			if unicode.Is(unicode.Han, r) {
				han++
			}
		}
		if han > 12 && !strings.HasSuffix(id, ".example") {
			say("has %d Chinese characters in it", han)
		}
	}
}

func button(text string, say func(string, ...any)) {
	if strings.Contains(text, "\n") {
		say("is a button and has several lines")
	}
	plain, holes := brace.ReplaceAllString(text, ""), len(brace.FindAllString(text, -1))
	if n := uniseg.GraphemeClusterCount(plain) + holes*holeColumns; n > buttonMost {
		say("is a button of %d characters; the most is %d", n, buttonMost)
	} else if n := uniseg.StringWidth(plain) + holes*holeColumns; n > buttonColumns {
		say("is a button of %d columns; what reads well has %d (a Chinese character fills two)", n, buttonColumns)
	}
}

func pattern(p string) *regexp.Regexp {
	return regexp.MustCompile("^" + strings.ReplaceAll(regexp.QuoteMeta(p), `\*`, ".*") + "$")
}

func matching(ps []string) func(string) bool {
	var all []*regexp.Regexp
	for _, p := range ps {
		all = append(all, pattern(p))
	}
	return func(id string) bool { return matches(all, id) }
}

func matches(all []*regexp.Regexp, id string) bool {
	for _, p := range all {
		if p.MatchString(id) {
			return true
		}
	}
	return false
}
