package answer

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Picks are the options that a text names.
type Picks struct {
	IDs     []string  // what was understood, each once, in the order of the options
	Unclear []Unclear // what was not
}

// Unclear is a part of a text that names no option, or more than one.
type Unclear struct {
	Text       string
	Candidates []string // several: ask which; none: it is not known
}

// everything are the words for all options.
var everything = foldAll("all", "all of them", "all of the above", "everything", "every one", "any", "both", "全部", "全部都要", "全都要", "全要", "都要", "都选", "全选",
	"所有", "所有的", "都有", "都", "以上都是", "以上全部", "都是", "两个都要")

// Choices finds all options that a text names: "美国、德国,UK and FR", "1, 3", "1-3", "all". Parts that were not
// understood are returned beside those that were, so that only they need asking again.
func (v *Vocabulary) Choices(text string) Picks {
	var p picker
	p.v = v
	p.take(text, 0)
	if len(p.chosen) > 0 {
		slices.Sort(p.chosen)
		for _, i := range slices.Compact(p.chosen) {
			p.picks.IDs = append(p.picks.IDs, v.ids[i])
		}
	}
	return p.picks
}

type picker struct {
	v      *Vocabulary
	chosen []int
	picks  Picks
}

// take reads one part of the text: as one option if it is one, else in smaller parts.
func (p *picker) take(text string, level int) {
	text = trim(text)
	folded := fold(nil, text)
	if len(folded) == 0 {
		return
	}
	if m := p.v.listed(folded); m.IDs != nil {
		p.settle(text, m)
		return
	}
	if slices.Contains(everything, string(folded)) {
		for i := range p.v.ids {
			p.chosen = append(p.chosen, i)
		}
		return
	}
	for ; level < len(separators); level++ {
		if parts := separators[level](text); len(parts) > 1 {
			if level == len(separators)-1 && !p.allKnown(parts) {
				break // "united kingdom please" is not three answers
			}
			for _, part := range parts {
				p.take(part, level+1)
			}
			return
		}
	}
	if p.span(text) || p.cover(string(folded)) {
		return
	}
	p.settle(text, p.v.Match(text))
}

func (p *picker) settle(text string, m Match) {
	if id, ok := m.One(); ok {
		p.chosen = append(p.chosen, slices.Index(p.v.ids, id))
		return
	}
	p.picks.Unclear = append(p.picks.Unclear, Unclear{Text: text, Candidates: m.IDs})
}

// separators part a text from coarse to fine; the last one, spaces, counts only when every part is an answer.
var separators = []func(string) []string{
	func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("\n,，;；、|", r) })
	},
	func(s string) []string {
		return strings.FieldsFunc(s, func(r rune) bool { return strings.ContainsRune("/&+＋／", r) })
	},
	func(s string) []string {
		return splitWords(s, " and ", " or ", " plus ", "以及", "还有", "和", "跟", "与", "及", "或者", "或")
	},
	strings.Fields,
}

func splitWords(s string, words ...string) []string {
	parts := []string{strings.ToLower(s)}
	for _, w := range words {
		var next []string
		for _, part := range parts {
			next = append(next, strings.Split(part, w)...)
		}
		parts = next
	}
	parts = slices.DeleteFunc(parts, func(part string) bool { return trim(part) == "" })
	if len(parts) == 1 && len(parts[0]) < len(s) {
		return append(parts, "") // "and UK": one answer with a joint left over
	}
	return parts
}

func (p *picker) allKnown(parts []string) bool {
	for _, part := range parts {
		if p.v.listed(fold(nil, part)).IDs == nil {
			if _, ok := OrdinalOf(part, len(p.v.ids)); !ok {
				return false
			}
		}
	}
	return true
}

// span reads "1-3".
func (p *picker) span(text string) bool {
	from, to, ok := strings.Cut(strings.ReplaceAll(text, "到", "-"), "-")
	if !ok {
		return false
	}
	a, ok1 := OrdinalOf(from, len(p.v.ids))
	b, ok2 := OrdinalOf(to, len(p.v.ids))
	if !ok1 || !ok2 || a > b {
		return false
	}
	for i := a; i <= b; i++ {
		p.chosen = append(p.chosen, i-1)
	}
	return true
}

// cover reads words that stand together without anything between: "美国德国". Every bit must belong to a word of two
// characters at least, and each word to one option.
func (p *picker) cover(folded string) bool {
	var found []int
	for folded != "" {
		var best word
		for _, w := range p.v.words {
			if len(w.runes) > 1 && len(w.text) > len(best.text) && strings.HasPrefix(folded, w.text) && hasHan(w.runes) {
				best = w
			}
		}
		if best.text == "" || len(p.v.exact[best.text]) > 1 {
			return false
		}
		found = append(found, best.option)
		folded = folded[len(best.text):]
	}
	p.chosen = append(p.chosen, found...)
	return len(found) > 0
}

var ordinalWords = []string{"first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth"}

// OrdinalOf reads the number of an option in a list of n, counted from 1: "2", "2.", "(2)", "②", "#2", "第二个", "2号",
// "option 2", "2nd", "the second one", "last", "最后一个". Amounts such as "两个" or "2 kg" are not ordinals.
func OrdinalOf(text string, n int) (int, bool) {
	if len(text) > 40 || n <= 0 {
		return 0, false
	}
	s := strings.Trim(plain(text), "()[]#.、:【】 ")
	if s == "" {
		return 0, false
	}
	if r, size := utf8.DecodeRuneInString(s); size == len(s) && r >= '①' && r <= '⑳' {
		return within(int(r-'①')+1, n)
	}
	if len(s) <= 3 && digitsOnly(s) { // by far the most frequent
		i, _ := strconv.Atoi(s)
		return within(i, n)
	}
	s, _ = strip(s, ordinalHeads)
	s, _ = stripEnd(s, ordinalTails)
	switch {
	case s == "last", s == "最后一个", s == "最后一项", s == "最后", s == "倒数第一个":
		return n, true
	case slices.Contains(ordinalWords, s):
		return within(slices.Index(ordinalWords, s)+1, n)
	}
	if number, ok := strings.CutPrefix(s, "第"); ok {
		s = number
	} else if strings.HasSuffix(s, "个") || strings.HasSuffix(s, "项") || strings.HasPrefix(s, "两") {
		return 0, false
	}
	s, _ = stripEnd(s, classifiers)
	s, _ = stripEnd(s, []string{"st", "nd", "rd", "th"})
	i, rest, ok := integer(s)
	if !ok || rest != "" {
		return 0, false
	}
	return within(i, n)
}

var (
	ordinalHeads = []string{"the ", "option ", "option", "choice ", "number ", "no. ", "no.", "no ", "item ", "#", "选项", "选择", "选", "我要", "我选", "就"}
	ordinalTails = []string{" one", " option", " item", " please", "吧", "谢谢"}
	classifiers  = []string{"个选项", "个", "项", "条", "种", "号", "款", "家", "行", "位"}
)

func digitsOnly(s string) bool {
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return false
		}
	}
	return s != ""
}

func within(i, n int) (int, bool) {
	if i < 1 || i > n {
		return 0, false
	}
	return i, true
}
