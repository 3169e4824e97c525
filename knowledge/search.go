package knowledge

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// Kind says in which list a Hit is found.
type Kind string

// The kinds of hits.
const (
	InQuestions Kind = "question"
	InTerms     Kind = "term"
	InCodes     Kind = "code"
)

// A Hit is an entry that may answer a query.
type Hit struct {
	Kind      Kind
	ID        string
	Score     float64 // comparable within one search only
	Confident bool    // enough of the query is in the entry to give it as the answer; otherwise at most offer it
}

// Search finds the entries that answer a query, best first, at most n. The query may be Chinese, English or both, of any
// length (the first 64 words and characters that carry meaning count), full-width or half-width, with a letter mistyped.
// When the first hit is not Confident, the honest answer is that we do not know.
func (b *Base) Search(query string, n int) []Hit {
	return b.index().search(query, n)
}

const (
	synonymWeight = 0.55
	typoWeight    = 0.8
	charWeight    = 0.3 // a single Chinese character where no pair is known
	maxUnits      = 64
	maxQuery      = 1200 // bytes
)

// A query is one search at work. Its units are the parts an entry can cover: words and characters, weighted by how much
// they tell. Which units an entry covers is kept as bits, for all of the entry and for its head.
type query struct {
	x      *index
	weight [maxUnits]float32
	units  int
	defin  bool   // asks what something is
	asks   bool   // asks how, why, where, whether: not what something is
	bare   []byte // the query without empty words, as names are kept

	score, best []float32
	mask, head  []uint64
	touched     []int32
	part        []part  // how much of a synonym an entry has
	having      []int32 // entries that have a synonym
}

type part struct {
	n     uint8
	score float32
	head  bool
}

var pool = sync.Pool{New: func() any { return new(query) }}

func (x *index) search(text string, n int) []Hit {
	q := pool.Get().(*query)
	defer q.release()
	q.start(x)
	s := plain(cut(text, maxQuery))
	list := pieces(s)
	q.read(list)
	q.defin = definitional(s)
	q.asks = !q.defin && asking(s)
	hits := q.hits()
	if code := x.codeIn(list); code != "" {
		hits = append(hits, Hit{Kind: InCodes, ID: code, Score: 1000, Confident: true})
	}
	slices.SortFunc(hits, func(a, b Hit) int { return cmp.Or(cmp.Compare(b.Score, a.Score), strings.Compare(a.ID, b.ID)) })
	hits = slices.CompactFunc(hits, func(a, b Hit) bool { return a.ID == b.ID })
	return hits[:min(max(n, 0), len(hits))]
}

func cut(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}

func (q *query) start(x *index) {
	q.x, q.units, q.defin = x, 0, false
	q.bare = q.bare[:0]
	if len(q.score) != len(x.docs) {
		q.score, q.best = make([]float32, len(x.docs)), make([]float32, len(x.docs))
		q.part = make([]part, len(x.docs))
		q.mask, q.head = make([]uint64, len(x.docs)), make([]uint64, len(x.docs))
	}
}

func (q *query) release() {
	for _, d := range q.touched {
		q.score[d], q.best[d], q.mask[d], q.head[d] = 0, 0, 0, 0
	}
	q.touched = q.touched[:0]
	pool.Put(q)
}

// read turns the pieces of a query into units, and looks up what each of them, and their synonyms, are found in.
func (q *query) read(list []piece) {
	masks := make([]uint64, len(list)) // the unit of each Latin piece
	for i, p := range list {
		if p.han {
			q.readHan(p.text)
			continue
		}
		if stops[p.text] {
			continue
		}
		w := stem(p.text)
		masks[i] = q.word(w)
	}
	for i := range list { // synonyms of several words
		key := ""
		var mask uint64
		for j := i; j < len(list) && j < i+q.x.longest; j++ {
			if j > i {
				key += " "
			}
			if list[j].han {
				key += list[j].text
			} else {
				key += stem(list[j].text)
			}
			mask |= masks[j]
			if j == i && list[i].han {
				continue // readHan has seen it
			}
			if syn, ok := q.x.synonyms[key]; ok && mask != 0 {
				q.other(syn, mask)
			}
		}
	}
}

// word adds a Latin word as a unit and returns its mask.
func (q *query) word(w string) uint64 {
	id, known := q.x.words[w]
	factor := float32(1)
	if !known {
		if near, ok := q.x.nearest(w); ok {
			w, id, known, factor = near, q.x.words[near], true, typoWeight
		}
	}
	q.bare = append(q.bare, w...)
	weight := float32(4)
	if known {
		weight = min(max(q.x.idf[id], 0.5), 4)
	}
	mask := q.unit(weight)
	if known {
		q.found(id, factor, mask)
	}
	return mask
}

func (q *query) unit(weight float32) uint64 {
	if q.units == maxUnits {
		return 0
	}
	q.weight[q.units] = weight
	q.units++
	return 1 << (q.units - 1)
}

// readHan reads a run of Chinese characters, without its empty words.
func (q *query) readHan(run string) {
	runes := []rune(run)
	units := make([]uint64, len(runes)) // 0: empty
	for i := 0; i < len(runes); {
		if n := q.empty(runes, i); n > 0 {
			i += n
			continue
		}
		weight := float32(4)
		if id, ok := q.x.words[string(runes[i])]; ok {
			weight = min(max(q.x.idf[id], 0.5), 4)
		}
		units[i] = q.unit(0.6 * weight)
		q.bare = utf8.AppendRune(q.bare, runes[i])
		i++
	}
	paired := make([]bool, len(runes))
	for i := range len(runes) - 1 {
		if units[i] == 0 || units[i+1] == 0 {
			continue
		}
		if id, ok := q.x.words[string(runes[i:i+2])]; ok {
			q.found(id, 1, units[i]|units[i+1])
			paired[i], paired[i+1] = true, true
		}
	}
	for i, r := range runes {
		if units[i] == 0 || paired[i] {
			continue
		}
		if id, ok := q.x.words[string(r)]; ok {
			alone := (i == 0 || units[i-1] == 0) && (i == len(runes)-1 || units[i+1] == 0)
			mask := uint64(0)
			if alone {
				mask = units[i]
			}
			q.found(id, charWeight, mask)
		}
	}
	for i := range runes {
		var mask uint64
		for j := i; j < len(runes) && j < i+10; j++ {
			mask |= units[j]
			if syn, ok := q.x.synonyms[string(runes[i:j+1])]; ok && mask != 0 {
				q.other(syn, mask)
			}
		}
	}
}

// empty is how many characters at i are an empty word, unless they belong to a word of the trade.
func (q *query) empty(runes []rune, i int) int {
	for _, w := range empties[runes[i]] {
		word := []rune(w)
		if len(runes)-i < len(word) || string(runes[i:i+len(word)]) != w {
			continue
		}
		if len(word) == 1 && (i > 0 && q.x.keep[string(runes[i-1:i+1])] || i+1 < len(runes) && q.x.keep[string(runes[i:i+2])]) {
			continue
		}
		return len(word)
	}
	return 0
}

// found adds the postings of a token.
func (q *query) found(id int32, factor float32, mask uint64) {
	for _, p := range q.x.postings[id] {
		q.touch(p.doc)
		q.score[p.doc] += p.score * factor
		q.mask[p.doc] |= mask
		if p.head {
			q.head[p.doc] |= mask
		}
	}
}

// other adds what synonyms are found in: of all the words for a thing, the best one counts.
func (q *query) other(list []synonym, mask uint64) {
	from := len(q.having)
	for _, syn := range list {
		for i, word := range syn {
			for _, p := range q.x.postings[word] {
				switch m := &q.part[p.doc]; {
				case i == 0:
					*m = part{1, p.score, p.head}
				case int(m.n) == i:
					*m = part{m.n + 1, m.score + p.score, m.head && p.head}
				}
			}
		}
		last := syn[len(syn)-1]
		for _, p := range q.x.postings[last] {
			m := q.part[p.doc]
			if int(m.n) != len(syn) {
				continue
			}
			q.touch(p.doc)
			if q.best[p.doc] == 0 {
				q.having = append(q.having, p.doc)
			}
			q.best[p.doc] = max(q.best[p.doc], m.score/float32(math.Sqrt(float64(len(syn)))))
			q.mask[p.doc] |= mask
			if m.head {
				q.head[p.doc] |= mask
			}
		}
		for _, p := range q.x.postings[syn[0]] {
			q.part[p.doc] = part{}
		}
	}
	for _, d := range q.having[from:] {
		q.score[d] += q.best[d] * synonymWeight
		q.best[d] = 0
	}
	q.having = q.having[:from]
}

func (q *query) touch(d int32) {
	if q.score[d] == 0 && q.best[d] == 0 && q.mask[d] == 0 {
		q.touched = append(q.touched, d)
	}
}

// The thresholds were set on testdata/queries.tsv. Strength is the score times the share of the query that is covered.
const (
	enoughHead     = 0.55 // of the query's weight in what the entry is called
	enoughTold     = 1.2  // and the weight a query must have to be about anything
	enoughStrength = 3.3
	enoughAll      = 0.36
	enoughBody     = 6 // the score that is asked for when nothing of it is in what the entry is called
)

func (q *query) hits() []Hit {
	var total float32
	for _, w := range q.weight[:q.units] {
		total += w
	}
	if total == 0 {
		return nil
	}
	named := q.x.names[string(q.bare)]
	hits := make([]Hit, 0, len(q.touched))
	for _, d := range q.touched {
		all, head := q.sum(q.mask[d])/total, q.sum(q.head[d])/total
		h := Hit{Kind: q.x.docs[d].kind, ID: q.x.docs[d].id}
		score := q.score[d] * (0.3 + 0.4*all + 0.3*head)
		isNamed := slices.Contains(named, d)
		switch {
		case q.defin && q.x.docs[d].defin && head > 0.9:
			score *= 4.8 // a question that asks the same, with an answer and sources
		case isNamed && q.defin:
			score *= 4
		case isNamed && !q.asks:
			score *= 1.5
		case h.Kind == InTerms && q.asks:
			score *= 0.45
		case h.Kind == InTerms && !q.defin:
			score *= 0.65
		case h.Kind == InCodes:
			score *= 0.6
		}
		h.Score = float64(score)
		h.Confident = isNamed || total >= enoughTold && head >= enoughHead ||
			q.score[d]*all >= enoughStrength && all >= enoughAll && (head > 0 || q.score[d] >= enoughBody)
		hits = append(hits, h)
	}
	return hits
}

func (q *query) sum(mask uint64) (sum float32) {
	for i, w := range q.weight[:q.units] {
		if mask>>i&1 != 0 {
			sum += w
		}
	}
	return sum
}

// definitional reports a query that asks what a word means.
func definitional(s string) bool {
	for _, w := range []string{"什么是", "是什么", "什么意思", "啥意思", "what is", "what are", "what's", "whats ", "meaning of", " mean", "define ", "definition"} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// asking reports a query that asks how, why, where or whether.
func asking(s string) bool {
	for _, w := range []string{"怎", "为什么", "为何", "哪", "吗", "几", "多少", "多久", "能不能", "可以", "如何", "how ", "why ", "where ", "when ", "can ", "do ", "does ", "should "} {
		if strings.Contains(s, w) {
			return true
		}
	}
	return false
}

// codeIn finds a code written out: FBA_INB_0007, fba inb 7, inb-0007.
func (x *index) codeIn(list []piece) string {
	for i, p := range list {
		if p.text != "inb" || i+1 == len(list) || len(list[i+1].text) > 4 {
			continue
		}
		id := "FBA_INB_" + strings.Repeat("0", 4-len(list[i+1].text)) + list[i+1].text
		for _, d := range x.docs {
			if d.id == id {
				return id
			}
		}
	}
	return ""
}
