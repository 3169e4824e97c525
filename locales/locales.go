// Package locales holds every word the program says, in every language it speaks, and says them.
//
// A catalogue is a folder named by its language with TOML files of flat, quoted keys, one message a line:
//
//	"slot.uscc.ask" = "What is your company's unified social credit code?"
//
// The folders en and zh-Hans are built in. An operator's folder of the same shape lies on top of them: a message found
// there replaces the built-in one, and a folder with another language adds that language. go-i18n reads the files and
// chooses plural forms; a message without plural forms, which is nearly all of them, is compiled once into pieces, so that
// saying it costs a copy. Check finds what is wrong with the catalogues before a person does.
package locales

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/BurntSushi/toml"
	"github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"

	"xiaobao/bot/flow"
)

//go:embed en zh-Hans
var builtIn embed.FS

// Default is the language that is spoken when nothing better is known. Every message exists in it.
const Default = "en"

// Words are the catalogues. They do not change once loaded and may be used from several goroutines.
type Words struct {
	langs   []string // Default first, then in order
	tags    []language.Tag
	matcher language.Matcher
	voices  map[string]*voice

	mu      sync.Mutex
	matched map[string]string // what a tag that a network reported came to
	missing map[string]int
}

// A voice is one language.
type voice struct {
	words     *Words
	lang      string
	messages  map[string]*message
	localizer *i18n.Localizer
}

// A message is one entry of a catalogue and where it stands.
type message struct {
	id     string
	forms  []string // every form it has, for the checks
	pieces pieces   // when it has one form only
	plural bool
	file   string
	line   int
	layer  int
}

// Load reads the built-in catalogues and lays the overrides over them, in order. An error lists every file that cannot be
// read, with its line.
func Load(overrides ...fs.FS) (*Words, error) { return load(append([]fs.FS{builtIn}, overrides...)...) }

func load(layers ...fs.FS) (*Words, error) {
	w := &Words{voices: map[string]*voice{}, matched: map[string]string{}, missing: map[string]int{}}
	bundles := map[string]*i18n.Bundle{}
	var faults []error
	for depth, layer := range layers {
		faults = append(faults, w.lay(layer, depth, bundles)...)
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	if w.voices[Default] == nil {
		return nil, fmt.Errorf("locales: no catalogue for %s", Default)
	}
	for lang, v := range w.voices {
		v.localizer = i18n.NewLocalizer(bundles[lang], lang)
		if lang != Default {
			w.langs = append(w.langs, lang)
		}
	}
	sort.Strings(w.langs)
	w.langs = append([]string{Default}, w.langs...)
	for _, l := range w.langs {
		w.tags = append(w.tags, language.Make(l))
	}
	w.matcher = language.NewMatcher(w.tags)
	return w, nil
}

func (w *Words) lay(layer fs.FS, depth int, bundles map[string]*i18n.Bundle) []error {
	var faults []error
	err := fs.WalkDir(layer, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || path.Ext(name) != ".toml" {
			return err
		}
		lang, _, below := strings.Cut(name, "/")
		tag, err := language.Parse(lang)
		if !below || err != nil {
			faults = append(faults, fmt.Errorf("%s: a catalogue lies in a folder named by its language, such as en or zh-Hans", name))
			return nil
		}
		data, err := fs.ReadFile(layer, name)
		if err != nil {
			faults = append(faults, err)
			return nil
		}
		if bundles[lang] == nil {
			bundles[lang] = i18n.NewBundle(tag)
			w.voices[lang] = &voice{words: w, lang: lang, messages: map[string]*message{}}
		}
		f, err := i18n.ParseMessageFileBytes(data, "words."+lang+".toml", unmarshal)
		if err != nil {
			faults = append(faults, fmt.Errorf("%s:%w", name, located(err)))
			return nil
		}
		lines := linesOf(data)
		for _, m := range f.Messages {
			if old := w.voices[lang].messages[m.ID]; old != nil && old.layer == depth {
				faults = append(faults, fmt.Errorf("%s:%d: %s stands in %s:%d already", name, lines[m.ID], m.ID, old.file, old.line))
			}
			c := compile(m, name, lines[m.ID])
			c.layer = depth
			w.voices[lang].messages[m.ID] = c
			if c.plural { // only these need go-i18n later, which keeps much for each message
				if err := bundles[lang].AddMessages(tag, m); err != nil {
					faults = append(faults, fmt.Errorf("%s:%d: %s: %w", name, lines[m.ID], m.ID, err))
				}
			}
		}
		return nil
	})
	if err != nil {
		faults = append(faults, err)
	}
	return faults
}

// unmarshal is how go-i18n reads the files.
var unmarshal = map[string]i18n.UnmarshalFunc{"toml": toml.Unmarshal}

// located puts the line of a TOML mistake where a reader looks for it.
func located(err error) error {
	var p toml.ParseError
	if errors.As(err, &p) {
		return fmt.Errorf("%d: %s", p.Position.Line, p.Message)
	}
	return fmt.Errorf(" %w", err)
}

// linesOf finds the line of every key. Keys are flat, so a line that opens with one is all there is to look for, except
// inside a text of several lines.
func linesOf(data []byte) map[string]int {
	lines := map[string]int{}
	inside := ""
	for i, line := range strings.Split(string(data), "\n") {
		if inside != "" {
			if strings.Contains(line, inside) {
				inside = ""
			}
			continue
		}
		line = strings.TrimSpace(line)
		key, rest := "", ""
		if head, ok := strings.CutPrefix(line, "["); ok {
			key = strings.TrimSuffix(head, "]")
		} else if strings.HasPrefix(line, `"`) {
			if end := strings.Index(line[1:], `"`); end >= 0 {
				key, rest = line[:end+2], line[end+2:]
			}
		} else {
			key, rest, _ = strings.Cut(line, "=")
		}
		for _, quote := range []string{`"""`, `'''`} {
			if strings.Count(rest, quote) == 1 {
				inside = quote
			}
		}
		if key = strings.Trim(strings.TrimSpace(key), `"'`); key != "" && !strings.HasPrefix(key, "#") {
			if _, ok := lines[key]; !ok {
				lines[key] = i + 1
			}
		}
	}
	return lines
}

func compile(m *i18n.Message, file string, line int) *message {
	c := &message{id: m.ID, file: file, line: line}
	for _, form := range []string{m.Zero, m.One, m.Two, m.Few, m.Many, m.Other} {
		if form != "" {
			c.forms = append(c.forms, form)
		}
	}
	c.plural = len(c.forms) > 1
	if len(c.forms) > 0 {
		c.pieces = cut(c.forms[len(c.forms)-1])
	}
	return c
}

// Languages lists what is spoken, the default first.
func (w *Words) Languages() []string { return slices.Clone(w.langs) }

// Match is the language spoken to someone whose network reports tag: a BCP 47 tag or an Accept-Language header. All Chinese,
// traditional too, is answered in zh-Hans; what is not spoken at all is answered in the default.
func (w *Words) Match(tag string) string {
	if _, ok := w.voices[tag]; ok {
		return tag
	}
	if len(tag) > 200 {
		return Default
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if lang, ok := w.matched[tag]; ok {
		return lang
	}
	lang := Default
	if wanted, _, err := language.ParseAcceptLanguage(tag); err == nil && len(wanted) > 0 {
		if base, _ := wanted[0].Base(); base.String() == "zh" && w.voices["zh-Hans"] != nil && w.voices[wanted[0].String()] == nil {
			lang = "zh-Hans"
		} else if _, i, sure := w.matcher.Match(wanted...); sure != language.No {
			lang = w.langs[i]
		}
	}
	if len(w.matched) < 1000 {
		w.matched[tag] = lang
	}
	return lang
}

// Has says whether a message exists, in the language or in the default one.
func (w *Words) Has(lang, id string) bool { return w.find(w.voice(lang), id) != nil }

// Text is a message as it stands in the catalogue of exactly this language, holes and all, in its most general form.
func (w *Words) Text(lang, id string) (string, bool) {
	v := w.voices[lang]
	if v == nil || v.messages[id] == nil || len(v.messages[id].forms) == 0 {
		return "", false
	}
	m := v.messages[id]
	return strings.TrimSpace(m.forms[len(m.forms)-1]), true
}

// Accepted lists the answers that a message accepts: the parts of a text separated by |. A message that does not exist
// accepts nothing.
func (w *Words) Accepted(lang, id string) []string {
	m := w.voice(lang).messages[id]
	if m == nil || len(m.forms) == 0 {
		return nil
	}
	var all []string
	for _, a := range strings.Split(m.forms[len(m.forms)-1], "|") {
		if a = strings.TrimSpace(a); a != "" {
			all = append(all, a)
		}
	}
	return all
}

// IDs lists every message of a language, sorted.
func (w *Words) IDs(lang string) []string {
	v := w.voice(lang)
	ids := make([]string, 0, len(v.messages))
	for id := range v.messages {
		ids = append(ids, id)
	}
	sort.Strings(ids)
	return ids
}

// Say says a line in the reader's language, moments in the reader's zone. It never returns nothing: a message that does
// not exist is its id in brackets, and is counted.
func (w *Words) Say(lang, zone string, l flow.Line) string {
	v := w.voice(lang)
	if m := v.messages[l.ID]; m != nil && !m.plural {
		if text, ok := m.pieces.whole(); ok {
			return text
		}
	}
	var room [256]byte
	return string(v.say(room[:0], zone, l, 0))
}

// Missing counts what was asked for and does not exist: ids, and holes as id{{.Hole}}.
func (w *Words) Missing() map[string]int {
	w.mu.Lock()
	defer w.mu.Unlock()
	all := make(map[string]int, len(w.missing))
	for id, n := range w.missing {
		all[id] = n
	}
	return all
}

func (w *Words) miss(id string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, ok := w.missing[id]; ok || len(w.missing) < 1000 {
		w.missing[id]++
	}
}

func (w *Words) voice(lang string) *voice {
	if v, ok := w.voices[lang]; ok {
		return v
	}
	return w.voices[w.Match(lang)]
}

func (w *Words) find(v *voice, id string) *message {
	if m := v.messages[id]; m != nil {
		return m
	}
	return w.voices[Default].messages[id]
}
