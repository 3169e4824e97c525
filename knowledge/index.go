package knowledge

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// The index is BM25 over words of Latin letters, and pairs and single characters of Chinese. Each entry is one document in
// both languages: what it is called (its head) counts more than what it says (its body).
type index struct {
	docs     []doc
	words    map[string]int32 // token -> its number
	idf      []float32
	postings [][]posting
	names    map[string][]int32 // the whole name of a term or an alias of it, as squeezed text -> documents
	synonyms map[string][]synonym
	longest  int               // pieces in the longest synonym of Latin words
	near     map[string]string // a word with one letter left out -> the word
	keep     map[string]bool   // pairs of Chinese characters that belong together
}

type doc struct {
	kind  Kind
	id    string
	defin bool // a question that asks what something is
}

// A synonym is the tokens of another phrase of the same group; an entry must have all of them.
type synonym []int32

type posting struct {
	doc   int32
	score float32 // idf and saturation included
	head  bool
}

const (
	saturation = 1.2
	lengthNorm = 0.4
	headWeight = 2.4
	bodyWeight = 0.8
)

// entry is a document before it is indexed.
type entry struct {
	doc
	head, body string
}

func newIndex(b *Base) (*index, error) {
	x := &index{words: map[string]int32{}, names: map[string][]int32{}, synonyms: map[string][]synonym{}, near: map[string]string{}, keep: map[string]bool{}}
	phrases, err := x.readPhrases(b)
	if err != nil {
		return nil, err
	}
	var entries []entry
	for _, q := range b.questions {
		head := q.Ask.In("en") + "\n" + q.Ask.In("zh-Hans") + "\n" + phrases[q.ID]
		entries = append(entries, entry{doc{InQuestions, q.ID, definitional(plain(q.Ask.In("zh-Hans")))}, head, q.Answer.In("en") + "\n" + q.Answer.In("zh-Hans")})
	}
	for _, t := range b.terms {
		x.protect(pieces(t.Name.In("zh-Hans")))
		entries = append(entries, entry{doc{InTerms, t.ID, false}, t.Name.In("en") + "\n" + t.Name.In("zh-Hans") + "\n" + phrases[t.ID], t.Note.In("en") + "\n" + t.Note.In("zh-Hans")})
		for _, name := range append(aliases(t.Name.In("en")), aliases(t.Name.In("zh-Hans"))...) {
			x.names[name] = append(x.names[name], int32(len(entries)-1))
		}
	}
	for _, c := range b.codes {
		entries = append(entries, entry{doc{InCodes, c.ID, false}, c.ID + "\n" + c.Name.In("en") + "\n" + c.Name.In("zh-Hans"), c.Hint.In("en") + "\n" + c.Hint.In("zh-Hans")})
	}
	x.build(entries)
	return x, x.readSynonyms()
}

func (x *index) build(entries []entry) {
	type count struct{ head, body float64 }
	counts := make([]map[string]count, len(entries))
	headLen, bodyLen := make([]float64, len(entries)), make([]float64, len(entries))
	var headSum, bodySum float64
	df := map[string]int{}
	for i, e := range entries {
		x.docs = append(x.docs, e.doc)
		c := map[string]count{}
		for _, t := range tokens(e.head) {
			n := c[t]
			n.head++
			c[t] = n
			headLen[i]++
		}
		for _, t := range tokens(e.body) {
			n := c[t]
			n.body++
			c[t] = n
			bodyLen[i]++
		}
		headSum += headLen[i]
		bodySum += bodyLen[i]
		for t := range c {
			df[t]++
		}
		counts[i] = c
	}
	n := float64(len(entries))
	for _, t := range slices.Sorted(maps.Keys(df)) {
		d := df[t]
		x.words[t] = int32(len(x.idf))
		x.idf = append(x.idf, float32(math.Log(1+(n-float64(d)+0.5)/(float64(d)+0.5))))
	}
	x.postings = make([][]posting, len(x.idf))
	for i, c := range counts {
		for t, k := range c {
			w := x.words[t]
			tf := headWeight*k.head/(1-lengthNorm+lengthNorm*headLen[i]*n/headSum) + bodyWeight*k.body/(1-lengthNorm+lengthNorm*max(bodyLen[i], 1)*n/bodySum)
			score := float64(x.idf[w]) * tf * (saturation + 1) / (saturation + tf)
			x.postings[w] = append(x.postings[w], posting{int32(i), float32(score), k.head > 0})
		}
	}
	x.alike(df)
}

// alike prepares the correction of typing errors: words are found by themselves with any one letter left out. Where two
// words share such a form, the more frequent one has it.
func (x *index) alike(df map[string]int) {
	var list []string
	for t := range x.words {
		if len(t) >= 4 && t[0] >= 'a' && t[0] <= 'z' {
			list = append(list, t)
		}
	}
	slices.SortFunc(list, func(a, b string) int { return cmp.Or(df[a]-df[b], strings.Compare(a, b)) })
	for _, t := range list {
		for i := range len(t) {
			x.near[t[:i]+t[i+1:]] = t
		}
	}
	for _, t := range list {
		x.near[t] = t
	}
}

// nearest finds the word that a mistyped one was meant to be: one letter too
// many, too few, wrong, or two swapped, but not the first.
func (x *index) nearest(w string) (string, bool) {
	if len(w) < 5 {
		return "", false
	}
	if t, ok := x.near[w]; ok && t[0] == w[0] {
		return t, true
	}
	for i := range len(w) {
		if t, ok := x.near[w[:i]+w[i+1:]]; ok && t[0] == w[0] && oneEdit(w, t) {
			return t, true
		}
	}
	return "", false
}

// oneEdit reports whether a becomes b by one insertion, deletion, replacement or swap of neighbours.
func oneEdit(a, b string) bool {
	i := 0
	for i < len(a) && i < len(b) && a[i] == b[i] {
		i++
	}
	a, b = a[i:], b[i:]
	switch len(a) - len(b) {
	case 1:
		return a[1:] == b
	case -1:
		return a == b[1:]
	case 0:
		return len(a) < 2 || a[1:] == b[1:] || a[0] == b[1] && a[1] == b[0] && a[2:] == b[2:]
	}
	return false
}

// tokens are what a text is found by: stemmed words, pairs of Chinese characters, and single ones.
func tokens(s string) []string {
	var list []string
	for _, p := range pieces(plain(s)) {
		if !p.han {
			if !stops[p.text] {
				list = append(list, stem(p.text))
			}
			continue
		}
		runes := []rune(p.text)
		for i, r := range runes {
			list = append(list, string(r))
			if i > 0 {
				list = append(list, string(runes[i-1:i+1]))
			}
		}
	}
	return list
}

// aliases are the names in "one / another (ABBR, ABR)".
func aliases(name string) []string {
	var list []string
	for _, part := range strings.Split(name, " / ") {
		for _, alias := range strings.FieldsFunc(part, func(r rune) bool { return strings.ContainsRune("()(),,", r) }) {
			if s := squeezed(pieces(plain(alias))); s != "" {
				list = append(list, s)
			}
		}
	}
	return list
}

// squeezed writes pieces without what stands between them.
func squeezed(list []piece) string {
	var b strings.Builder
	for _, p := range list {
		if p.han {
			b.WriteString(p.text)
		} else {
			b.WriteString(stem(p.text))
		}
	}
	return b.String()
}

func (x *index) readPhrases(b *Base) (map[string]string, error) {
	raw, err := data.ReadFile("data/phrases.txt")
	if err != nil {
		return nil, err
	}
	phrases := map[string]string{}
	for line := range strings.Lines(string(raw)) {
		id, rest, ok := strings.Cut(strings.TrimSpace(line), ":")
		if _, known := b.byID[id]; !ok || !known {
			return nil, fmt.Errorf("phrases.txt: there is no entry for %q", line)
		}
		phrases[id] = rest
	}
	return phrases, nil
}

// readSynonyms keeps, for every phrase of a group, the tokens of the other phrases.
func (x *index) readSynonyms() error {
	raw, err := data.ReadFile("data/synonyms.txt")
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(raw)) {
		words := strings.Split(strings.TrimSpace(line), ", ")
		if len(words) < 2 {
			return fmt.Errorf("synonyms.txt: %q is no group", line)
		}
		for i, word := range words {
			parts := pieces(plain(word))
			key := phraseKey(parts)
			x.protect(parts)
			x.longest = max(x.longest, len(parts))
			for j, other := range words {
				if i == j {
					continue
				}
				if syn := x.tokensOf(other); len(syn) > 0 {
					x.synonyms[key] = append(x.synonyms[key], syn)
				}
			}
		}
	}
	return nil
}

// tokensOf are the numbers of a synonym's tokens, without single characters; nil when one of them is nowhere.
func (x *index) tokensOf(s string) (list synonym) {
	for _, t := range tokens(s) {
		if t[0] >= 0x80 && len([]rune(t)) == 1 {
			continue
		}
		w, ok := x.words[t]
		if !ok {
			return nil
		}
		list = append(list, w)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// protect remembers the pairs of a phrase: "对" in "核对" is not the empty word.
func (x *index) protect(parts []piece) {
	for _, p := range parts {
		if runes := []rune(p.text); p.han {
			for i := range len(runes) - 1 {
				x.keep[string(runes[i:i+2])] = true
			}
		}
	}
}

func phraseKey(list []piece) string {
	words := make([]string, len(list))
	for i, p := range list {
		words[i] = p.text
		if !p.han {
			words[i] = stem(p.text)
		}
	}
	return strings.Join(words, " ")
}
