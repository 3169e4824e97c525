package flows

import (
	"strings"

	"xiaobao/bot"
	"xiaobao/knowledge"
)

// Library is the knowledge base as the bot reads it.
type Library struct{ Base *knowledge.Base }

var _ bot.Library = Library{}

// Passage implements bot.Library.
func (l Library) Passage(lang, id string) (bot.Passage, bool) {
	kind, key, _ := strings.Cut(id, ":")
	switch knowledge.Kind(kind) {
	case knowledge.InQuestions:
		q, ok := l.Base.Question(key)
		if !ok {
			return bot.Passage{}, false
		}
		p := bot.Passage{Title: q.Ask.In(lang), Text: q.Answer.In(lang), Varies: q.Volatile}
		for _, s := range q.Sources {
			p.Sources = append(p.Sources, s.ID)
		}
		return p, true
	case knowledge.InTerms:
		t, ok := l.Base.Term(key)
		if !ok {
			return bot.Passage{}, false
		}
		return bot.Passage{Title: t.Name["zh-Hans"] + " · " + t.Name["en"], Text: t.Note.In(lang)}, true
	case knowledge.InCodes:
		c, ok := l.Base.Code(key)
		if !ok {
			return bot.Passage{}, false
		}
		return bot.Passage{Title: c.ID + " · " + c.Name.In(lang), Text: c.Hint.In(lang), Sources: []string{"A19"}, Varies: true}, true
	}
	return bot.Passage{}, false
}

// Origin implements bot.Library.
func (l Library) Origin(lang, id string) (bot.Origin, bool) {
	s, ok := l.Base.Source(id)
	if !ok {
		return bot.Origin{}, false
	}
	title := s.Publisher.In(lang)
	if about := s.Brief.In(lang); about != "" {
		title += " · " + about
	}
	return bot.Origin{Title: title, Date: s.Date, Link: s.URL()}, true
}
