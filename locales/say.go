package locales

import (
	"fmt"
	"strings"

	"github.com/nicksnyder/go-i18n/v2/i18n"
	"github.com/nicksnyder/go-i18n/v2/i18n/template"

	"xiaobao/bot/flow"
)

// deepest is how many messages may stand inside one another.
const deepest = 4

// pieces are a message cut at its holes: literal, hole, literal, hole, literal.
type pieces []string

// cut cuts a text at its holes, {{.Name}}. Anything else in braces is left as it is; Check refuses it.
func cut(text string) pieces {
	text = strings.TrimSpace(text)
	var p pieces
	for {
		open := strings.Index(text, "{{.")
		if open < 0 {
			return append(p, text)
		}
		shut := strings.Index(text[open:], "}}")
		if shut < 0 {
			return append(p, text)
		}
		p = append(p, text[:open], strings.TrimSpace(text[open+3:open+shut]))
		text = text[open+shut+2:]
	}
}

func (p pieces) whole() (string, bool) {
	if len(p) == 1 && p[0] != "" {
		return p[0], true
	}
	return "", false
}

// holes lists the names of the holes, each once.
func (p pieces) holes() map[string]bool {
	names := map[string]bool{}
	for i := 1; i < len(p); i += 2 {
		names[p[i]] = true
	}
	return names
}

// say appends a line to b.
func (v *voice) say(b []byte, zone string, l flow.Line, depth int) []byte {
	m := v.words.find(v, l.ID)
	if m == nil || len(m.forms) == 0 || depth > deepest {
		v.words.miss(l.ID)
		return append(append(append(b, '['), clean(nil, l.ID)...), ']')
	}
	if v.messages[l.ID] == nil {
		v.words.miss(l.ID) // said in the default language
	}
	if m.plural && v.messages[l.ID] == m {
		if text, ok := v.sayPlural(zone, l, depth); ok {
			return append(b, text...)
		}
	}
	return v.fill(b, m.pieces, &saying{v, zone, l, depth})
}

// saying is what a message with holes needs while it is said.
type saying struct {
	voice *voice
	zone  string
	line  flow.Line
	depth int
}

func (v *voice) fill(b []byte, p pieces, s *saying) []byte {
	for i, piece := range p {
		if i%2 == 0 {
			b = append(b, piece...)
			continue
		}
		b = s.hole(b, piece)
	}
	return b
}

func (s *saying) hole(b []byte, name string) []byte {
	for i := range s.line.Args {
		if s.line.Args[i].Name == name {
			before := len(b)
			if b = s.voice.arg(b, s.zone, &s.line.Args[i], s.depth); len(b) > before {
				return b
			}
			return append(b, "–"...)
		}
	}
	s.voice.words.miss(s.line.ID + "{{." + name + "}}")
	return append(b, "…"...)
}

// sayPlural lets go-i18n choose the form by the argument Count.
func (v *voice) sayPlural(zone string, l flow.Line, depth int) (string, bool) {
	for i := range l.Args {
		if l.Args[i].Name == "Count" {
			count := l.Args[i].Text
			if !isDecimal(count) {
				count = "0"
			}
			text, err := v.localizer.Localize(&i18n.LocalizeConfig{
				MessageID: l.ID, PluralCount: count, TemplateData: &saying{v, zone, l, depth}, TemplateParser: parser{},
			})
			return text, err == nil && text != ""
		}
	}
	return "", false
}

// parser makes go-i18n fill holes the way everything else here does.
type parser struct{}

func (parser) Cacheable() bool { return true }
func (parser) Parse(src, _, _ string) (template.ParsedTemplate, error) {
	return cut(src), nil
}

// Execute fills the holes; go-i18n calls it.
func (p pieces) Execute(data any) (string, error) {
	s, ok := data.(*saying)
	if !ok {
		return "", fmt.Errorf("locales: a message was filled with %T", data)
	}
	return string(s.voice.fill(nil, p, s)), nil
}
