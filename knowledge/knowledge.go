// Package knowledge is what the bot knows by heart: questions sellers ask, the words of the trade, the codes Amazon
// answers with and what policy says at which date, each with its source and a grade; and a search that finds them in
// Chinese and English and says when it does not know. All of it is data in data/, compiled in.
//
// Text taken from here says where it was read. What is volatile is shown with the advice to check Seller Central.
package knowledge

import (
	"embed"
	"encoding/json"
	"fmt"
	"strings"
	"sync"
	"time"
)

//go:embed data/*.json data/*.txt
var data embed.FS

// Texts is one text in several languages, by BCP 47 tag: "en" and "zh-Hans".
type Texts map[string]string

// In is the text in a language; for "zh", "zh-CN" and the like the Chinese one, for anything unknown the English one.
func (t Texts) In(lang string) string {
	if s, ok := t[lang]; ok {
		return s
	}
	if strings.HasPrefix(strings.ToLower(lang), "zh") {
		return t["zh-Hans"]
	}
	return t["en"]
}

// A Source is where something was read.
type Source struct {
	ID        string
	Publisher Texts    // who wrote it
	Brief     Texts    // what it is about, in a few words; empty: the publisher says it all
	Title     string   // what it says, in English
	Date      string   // as the source states it; empty: undated
	URLs      []string // where it can be read; empty for general trade knowledge
}

// URL is the first address of the source, or "".
func (s Source) URL() string {
	if len(s.URLs) == 0 {
		return ""
	}
	return s.URLs[0]
}

// A Question is something sellers ask, with the answer.
type Question struct {
	ID       string // "F01"
	Step     int    // the activation step it belongs to, 1 to 10
	Ask      Texts
	Answer   Texts
	Sources  []Source
	Grade    string // begins with A, B, C or D; see the README of data/
	Volatile bool   // varies with policy, store or date: say so
}

// A Term is a word of the trade.
type Term struct {
	ID   string // made from the English name
	Name Texts
	Note Texts // what it means, in a few words
}

// A Code is a reason why Amazon refuses a product for inbound.
type Code struct {
	ID   string // "FBA_INB_0007"
	Name Texts
	Hint Texts // what to do
}

// A Fact is what policy says. Value is text, also when it looks like a number; it is empty when it could not be established.
type Fact struct {
	Key           string
	Value         string
	EffectiveFrom string // a date "2026-01-01", or words; empty: not known
	EffectiveTo   string // likewise; empty: still in force when it was checked
	Sources       []Source
	Grade         string
	CheckedOn     time.Time
}

// Stale reports whether a fact must be read again before it is told: it was checked longer than maxAge before now, its
// time is over or has not begun, or it has no value.
func (f Fact) Stale(now time.Time, maxAge time.Duration) bool {
	if f.Value == "" || now.Sub(f.CheckedOn) > maxAge {
		return true
	}
	if to, err := time.Parse(time.DateOnly, f.EffectiveTo); err == nil && !now.Before(to.AddDate(0, 0, 1)) {
		return true
	}
	from, err := time.Parse(time.DateOnly, f.EffectiveFrom)
	return err == nil && now.Before(from)
}

// Base is everything that is known. It does not change after Load and can be used from several goroutines.
type Base struct {
	questions []Question
	terms     []Term
	codes     []Code
	facts     map[string]Fact
	sources   map[string]Source
	byID      map[string]int // position within its list
	index     func() *index  // made at the first search: many a run never has one
}

// Load reads the compiled-in data. An error is a fault in the data, found at start-up. The first search takes some
// milliseconds longer than the others.
func Load() (*Base, error) {
	b := &Base{facts: map[string]Fact{}, sources: map[string]Source{}, byID: map[string]int{}}
	for _, load := range []func() error{b.loadSources, b.loadQuestions, b.loadTerms, b.loadCodes, b.loadFacts} {
		if err := load(); err != nil {
			return nil, fmt.Errorf("knowledge: %w", err)
		}
	}
	b.index = sync.OnceValue(func() *index {
		x, err := newIndex(b)
		if err != nil {
			panic("knowledge: " + err.Error()) // a fault in what is compiled in, which every test of the search meets
		}
		return x
	})
	return b, nil
}

// Question finds a question by its id.
func (b *Base) Question(id string) (Question, bool) { return at(b, b.questions, id) }

// Term finds a term by its id.
func (b *Base) Term(id string) (Term, bool) { return at(b, b.terms, id) }

// Code finds a code by its id, "FBA_INB_0007".
func (b *Base) Code(id string) (Code, bool) { return at(b, b.codes, id) }

// Source finds a source by its id.
func (b *Base) Source(id string) (Source, bool) {
	s, ok := b.sources[id]
	return s, ok
}

// Fact finds what policy says under a key, as "us.mpf.rate".
func (b *Base) Fact(key string) (Fact, bool) {
	f, ok := b.facts[key]
	return f, ok
}

// Questions lists the questions of a step; 0 lists all of them.
func (b *Base) Questions(step int) []Question {
	var list []Question
	for _, q := range b.questions {
		if step == 0 || q.Step == step {
			list = append(list, q)
		}
	}
	return list
}

// Terms lists all terms.
func (b *Base) Terms() []Term { return append([]Term(nil), b.terms...) }

// Codes lists all codes.
func (b *Base) Codes() []Code { return append([]Code(nil), b.codes...) }

// at finds an entry; an id of another kind of entry is not found.
func at[E interface{ id() string }](b *Base, list []E, id string) (none E, ok bool) {
	if i, ok := b.byID[id]; ok && i < len(list) && list[i].id() == id {
		return list[i], true
	}
	return none, false
}

func (q Question) id() string { return q.ID }
func (t Term) id() string     { return t.ID }
func (c Code) id() string     { return c.ID }

func (b *Base) loadSources() error {
	var rows []struct {
		ID, Title, Date string
		PublisherEN     string `json:"publisher_en"`
		PublisherZH     string `json:"publisher_zh"`
		BriefEN         string `json:"brief_en"`
		BriefZH         string `json:"brief_zh"`
		URLs            []string
	}
	if err := read("sources.json", &rows); err != nil {
		return err
	}
	for _, r := range rows {
		b.sources[r.ID] = Source{
			ID: r.ID, Publisher: texts(r.PublisherEN, r.PublisherZH), Brief: texts(r.BriefEN, r.BriefZH),
			Title: r.Title, Date: r.Date, URLs: r.URLs,
		}
	}
	return nil
}

func (b *Base) loadQuestions() error {
	var rows []struct {
		ID       string
		Step     int
		AskEN    string `json:"q_en"`
		AskZH    string `json:"q_zh"`
		AnswerEN string `json:"a_en"`
		AnswerZH string `json:"a_zh"`
		Sources  []string
		Grade    string
		Volatile bool
	}
	if err := read("questions.json", &rows); err != nil {
		return err
	}
	for _, r := range rows {
		sources, err := b.cited(r.ID, r.Sources)
		if err != nil {
			return err
		}
		if err := b.name(r.ID, len(b.questions)); err != nil {
			return err
		}
		b.questions = append(b.questions, Question{r.ID, r.Step, texts(r.AskEN, r.AskZH), texts(r.AnswerEN, r.AnswerZH), sources, r.Grade, r.Volatile})
	}
	return nil
}

func (b *Base) loadTerms() error {
	var rows []struct {
		ID, EN, ZH string
		NoteEN     string `json:"note_en"`
		NoteZH     string `json:"note_zh"`
	}
	if err := read("terms.json", &rows); err != nil {
		return err
	}
	for _, r := range rows {
		if err := b.name(r.ID, len(b.terms)); err != nil {
			return err
		}
		b.terms = append(b.terms, Term{r.ID, texts(r.EN, r.ZH), texts(r.NoteEN, r.NoteZH)})
	}
	return nil
}

func (b *Base) loadCodes() error {
	var rows []struct {
		Code, EN, ZH string
		HintEN       string `json:"hint_en"`
		HintZH       string `json:"hint_zh"`
	}
	if err := read("codes.json", &rows); err != nil {
		return err
	}
	for _, r := range rows {
		if err := b.name(r.Code, len(b.codes)); err != nil {
			return err
		}
		b.codes = append(b.codes, Code{r.Code, texts(r.EN, r.ZH), texts(r.HintEN, r.HintZH)})
	}
	return nil
}

func (b *Base) loadFacts() error {
	var rows []struct {
		Key, Value, Grade string
		From              string `json:"effective_from"`
		To                string `json:"effective_to"`
		Checked           string `json:"checked_on"`
		Sources           []string
	}
	if err := read("facts.json", &rows); err != nil {
		return err
	}
	for _, r := range rows {
		sources, err := b.cited(r.Key, r.Sources)
		if err != nil {
			return err
		}
		checked, err := time.Parse(time.DateOnly, r.Checked)
		if err != nil {
			return fmt.Errorf("facts.json: %s: %w", r.Key, err)
		}
		b.facts[r.Key] = Fact{r.Key, r.Value, r.From, r.To, sources, r.Grade, checked}
	}
	return nil
}

func (b *Base) cited(by string, ids []string) (list []Source, err error) {
	for _, id := range ids {
		s, ok := b.sources[id]
		if !ok {
			return nil, fmt.Errorf("%s cites source %s, which is not in sources.json", by, id)
		}
		list = append(list, s)
	}
	return list, nil
}

func (b *Base) name(id string, i int) error {
	if _, ok := b.byID[id]; ok || id == "" {
		return fmt.Errorf("two entries are called %q", id)
	}
	b.byID[id] = i
	return nil
}

func read(name string, rows any) error {
	raw, err := data.ReadFile("data/" + name)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(raw, rows); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	return nil
}

func texts(en, zh string) Texts { return Texts{"en": en, "zh-Hans": zh} }
