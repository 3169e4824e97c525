package answer

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// An Option is one thing that can be answered, with all the ways people say it, in every language that should be
// understood. The button's label belongs among them.
type Option struct {
	ID   string
	Says []string
}

// A Vocabulary is a set of options, compiled for matching. It never changes and may be used by many goroutines; compile
// it when the catalogues are loaded, not for each answer.
type Vocabulary struct {
	ids   []string
	exact map[string][]string // folded words to the ids that have them
	words []word
}

// A word is one way of saying one option, folded.
type word struct {
	text   string
	runes  []rune
	option int
}

// The ids of the options of a vocabulary for [Vocabulary.YesNo].
const (
	Yes = "yes"
	No  = "no"
)

// NewVocabulary compiles options. Their order is the order of the numbers that people may type. Words are matched
// without regard to case, width, spaces and punctuation.
func NewVocabulary(options ...Option) *Vocabulary {
	v := &Vocabulary{exact: map[string][]string{}}
	for i, o := range options {
		v.ids = append(v.ids, o.ID)
		for _, say := range append([]string{o.ID}, o.Says...) {
			text := string(fold(nil, say))
			if text == "" || slices.Contains(v.exact[text], o.ID) {
				continue
			}
			v.exact[text] = append(v.exact[text], o.ID)
			v.words = append(v.words, word{text, []rune(text), i})
		}
	}
	return v
}

// How says how an answer was understood; the later, the less sure.
type How string

// The ways of understanding an answer, the surest first.
const (
	Nothing How = ""        // it was not understood
	Exact   How = "exact"   // a listed word, perhaps with courtesies around it
	Ordinal How = "ordinal" // its number in the list
	Prefix  How = "prefix"  // the beginning of a listed word
	Typo    How = "typo"    // a listed word with a slip in it; worth asking back
)

// A Match is what one answer may mean. One id is an answer, several are an ambiguity to ask about, none is no match.
type Match struct {
	IDs []string // in the order of the options; not to be changed
	How How
}

// One returns the only meaning of an answer, and false when there is none or more than one.
func (m Match) One() (id string, ok bool) {
	if len(m.IDs) != 1 {
		return "", false
	}
	return m.IDs[0], true
}

// Match finds the option that a text means: a listed word, its number ("2", "第二个"), the beginning of a word, or a
// longer word with a small slip.
func (v *Vocabulary) Match(text string) Match {
	var room [64]byte
	folded := fold(room[:0], text)
	if m := v.listed(folded); m.IDs != nil {
		return m
	}
	if i, ok := OrdinalOf(text, len(v.ids)); ok {
		return Match{IDs: v.ids[i-1 : i], How: Ordinal}
	}
	if m := v.begins(folded); m.IDs != nil {
		return m
	}
	return v.slip(folded)
}

// YesNo reads an answer with a vocabulary whose options are [Yes] and [No]. Numbers and beginnings of words do not
// count here: "do" is not "don't". ok is false when it is neither or both.
func (v *Vocabulary) YesNo(text string) (yes, ok bool) {
	var room [64]byte
	folded := fold(room[:0], text)
	m := v.listed(folded)
	if m.IDs == nil {
		m = v.slip(folded)
	}
	id, ok := m.One()
	return id == Yes, ok && (id == Yes || id == No)
}

// listed looks a folded text up as it is, and then without the courtesies around it.
func (v *Vocabulary) listed(folded []byte) Match {
	if ids := v.exact[string(folded)]; ids != nil {
		return Match{IDs: ids, How: Exact}
	}
	if len(folded) > 200 {
		return Match{}
	}
	text := string(folded)
	if m := v.tailed(text); m.IDs != nil {
		return m
	}
	for _, head := range heads {
		if rest, ok := strings.CutPrefix(text, head); ok && rest != "" {
			if m := v.tailed(rest); m.IDs != nil {
				return m
			}
		}
	}
	return Match{}
}

func (v *Vocabulary) tailed(s string) Match {
	for again := true; again; {
		if ids := v.exact[s]; ids != nil {
			return Match{IDs: ids, How: Exact}
		}
		again = false
		for _, tail := range tails {
			if rest, ok := strings.CutSuffix(s, tail); ok && rest != "" {
				s, again = rest, true
				break
			}
		}
	}
	return Match{}
}

// begins finds the options that have a word which begins with the text. One Latin letter is too little, one Chinese
// character is enough.
func (v *Vocabulary) begins(folded []byte) Match {
	r, size := utf8.DecodeRune(folded)
	if len(folded) == 0 || len(folded) > 200 || size == len(folded) && !unicode.Is(unicode.Han, r) || unicode.IsDigit(r) {
		return Match{}
	}
	var found []string
	for _, w := range v.words {
		if len(w.text) > len(folded) && w.text[:len(folded)] == string(folded) {
			found = v.add(found, w.option)
		}
	}
	return Match{IDs: found, How: how(found, Prefix)}
}

// slip finds the options that have a word which differs from the text by a slip; only the nearest ones count.
func (v *Vocabulary) slip(folded []byte) Match {
	if len(folded) < 5 || len(folded) > 120 {
		return Match{}
	}
	typed := []rune(string(folded))
	best := 3
	var found []string
	for _, w := range v.words {
		d := slips(typed, w.runes)
		if d > best || d < 0 {
			continue
		}
		if d < best {
			best, found = d, nil
		}
		found = v.add(found, w.option)
	}
	return Match{IDs: found, How: how(found, Typo)}
}

// add puts an option into a list of ids, once, in the order of the options.
func (v *Vocabulary) add(ids []string, option int) []string {
	id := v.ids[option]
	if slices.Contains(ids, id) {
		return ids
	}
	ids = append(ids, id)
	slices.SortFunc(ids, func(a, b string) int { return slices.Index(v.ids, a) - slices.Index(v.ids, b) })
	return ids
}

func how(found []string, h How) How {
	if found == nil {
		return Nothing
	}
	return h
}

// fold appends a text as it is compared: half-width, lower case, letters, digits and symbols only.
func fold(out []byte, text string) []byte {
	for _, r := range text {
		switch r = narrow(r); {
		case r < utf8.RuneSelf:
			c := byte(r)
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			if isLetter(c) || isDigit(c) || strings.IndexByte("$+%<>=", c) >= 0 {
				out = append(out, c)
			}
		case r >= 0x4E00 && r <= 0x9FFF:
			out = utf8.AppendRune(out, r)
		case unicode.IsLetter(r), unicode.IsDigit(r), unicode.Is(unicode.Mn, r) && r != 0xFE0F, unicode.Is(unicode.Mc, r):
			out = utf8.AppendRune(out, unicode.ToLower(r))
		case unicode.IsSymbol(r) && !(r >= 0x1F3FB && r <= 0x1F3FF), unicode.Is(unicode.No, r):
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// slips counts the slips between what was typed and a word: one is allowed from five characters on, two from ten. -1
// means that they are too far apart. In Chinese a wrong character is a different word (空运 is not 海运), so only a
// missing, doubled or swapped one is a slip, and never a negation; in Latin the first letter and all digits must be right.
func slips(typed, word []rune) int {
	n := min(len(typed), len(word))
	han := hasHan(typed) || hasHan(word)
	allowed := 1
	switch {
	case han && n < 4, !han && n < 4, max(len(typed), len(word)) < 5:
		return -1
	case !han && n >= 10:
		allowed = 2
	}
	if diff := len(typed) - len(word); diff > allowed || -diff > allowed || typed[0] != word[0] && !han {
		return -1
	}
	for typed[0] == word[0] && len(typed) > 1 && len(word) > 1 {
		typed, word = typed[1:], word[1:]
	}
	for len(typed) > 1 && len(word) > 1 && typed[len(typed)-1] == word[len(word)-1] {
		typed, word = typed[:len(typed)-1], word[:len(word)-1]
	}
	for _, part := range [2][]rune{typed, word} {
		for _, r := range part {
			if strings.ContainsRune("0123456789不没沒无無未非别勿莫零一二三四五六七八九十", r) && !slices.Equal(typed, word) {
				return -1
			}
		}
	}
	if han && len(typed) == 1 && len(word) == 1 && typed[0] != word[0] {
		return -1
	}
	d := distance(typed, word)
	if d > allowed {
		return -1
	}
	return d
}

func hasHan(s []rune) bool {
	for _, r := range s {
		if unicode.Is(unicode.Han, r) {
			return true
		}
	}
	return false
}

// distance is the number of letters to add, drop, change or swap with their neighbour.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i, x := range a {
		row[0] = i + 1
		for j, y := range b {
			cost := 1
			if x == y {
				cost = 0
			}
			row[j+1] = min(last[j]+cost, last[j+1]+1, row[j]+1)
			if i > 0 && j > 0 && x == b[j-1] && a[i-1] == y {
				row[j+1] = min(row[j+1], before[j-1]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}

// heads and tails are courtesies that may stand around an answer, folded, the longest first.
var (
	heads = foldAll("that would be", "i would choose", "i will take", "i choose", "i think", "i'll take", "i pick", "i want",
		"it's", "it is", "please", "well", "um", "嗯", "那就", "我们选择", "我们选", "我选择", "我选", "我们要", "我要", "我觉得", "就是", "应该是", "应该", "选择", "选", "就", "请")
	tails = foldAll("thank you very much", "thank you", "thanks", "please", "i do", "i am", "i did", "i have", "we do", "we are", "we have",
		"it is", "of course", "sir", "非常感谢", "谢谢你", "谢谢您", "谢谢", "多谢", "的呢", "了", "的", "吧", "啊", "呀", "哦", "喔", "噢", "哈", "啦", "嘛", "哟", "呗")
)

func foldAll(words ...string) []string {
	for i, w := range words {
		words[i] = string(fold(nil, w))
	}
	return words
}
