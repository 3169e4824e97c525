package discord

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// A sheet is a form that was shown and can be opened.
type sheet struct {
	form  bot.Form
	place bot.Place
	lang  string
}

// form draws the button that opens a form, what is wrong with it, and how to do without.
func (d *drawer) form(f bot.Form) {
	label := "fill"
	for _, field := range f.Fields {
		if field.Fault != "" {
			label = "fix"
			d.paragraph(tones[bot.Warn], field.Label+d.say(d.m.Lang, "colon")+field.Fault)
			d.tint(colors[bot.Warn])
		}
	}
	d.buttons(component{Type: dg.ButtonComponent, Style: int(dg.PrimaryButton), Label: d.say(d.m.Lang, label), CustomID: d.id(actionID{kind: kindForm, token: f.Token})})
	if len(f.Fields) > 0 {
		ask := f.Fields[0].Ask
		if ask == "" {
			ask = f.Fields[0].Label
		}
		d.small(d.fill(d.m.Lang, "line", "ask", bot.Shorten(strings.Join(strings.Fields(ask), " "), 200)))
	}
}

// pages is how many windows a form takes: there is room for five fields in one.
func (s sheet) pages() int { return max((len(s.form.Fields)+mostFields-1)/mostFields, 1) }

// modal is one page of a form as a window. What was saved of it before stands in its fields.
func (w words) modal(s sheet, page int, saved map[string]string) (modal, error) {
	of := s.pages()
	page = min(max(page, 0), of-1)
	title := oneLine(s.form.Title, modalTitle)
	if of > 1 {
		mark := fmt.Sprintf(" (%d/%d)", page+1, of)
		title = oneLine(s.form.Title, modalTitle-len(mark)) + mark
	}
	m := modal{CustomID: actionID{kind: kindForm, n: page, token: s.form.Token, value: strconv.Itoa(of)}.String(), Title: title}
	fields := s.form.Fields[page*mostFields : min((page+1)*mostFields, len(s.form.Fields))]
	for _, f := range fields {
		if v := saved[f.ID]; v != "" && f.Fault == "" {
			f.Value = v
		}
		m.Components = append(m.Components, w.field(f, s.lang))
	}
	// A pasted list may also be a file, where there is room to say so.
	for _, f := range fields {
		if f.Kind == bot.AreaField && len(m.Components) < mostFields {
			m.Components = append(m.Components, w.upload(s.lang, fileField+f.ID))
			break
		}
	}
	if faults := m.faults(); len(faults) > 0 {
		return m, fmt.Errorf("discord: a form beyond the limits: %s", strings.Join(faults, "; "))
	}
	return m, nil
}

// fileField begins the custom_id of a field that takes a file instead of what would be typed into the one it names.
const fileField = "file:"

// typedField is the custom_id of the one field of a window to answer in.
const typedField = "text"

// typing is the window to answer a question in: where the bot may not read what people write, and for long pastes.
func (w words) typing(lang, question string) modal {
	m := modal{CustomID: actionID{kind: kindType}.String(), Title: w.say(lang, "answer_title")}
	if question = strings.TrimSpace(clean(question)); question != "" {
		m.Components = append(m.Components, component{Type: dg.TextDisplayComponent, Content: escape(cut(question, 1200))})
	}
	no := false
	m.Components = append(m.Components, component{Type: dg.LabelComponent, Label: w.say(lang, "answer_label"), Description: w.say(lang, "answer_help"),
		Component: &component{Type: dg.TextInputComponent, CustomID: typedField, Style: int(dg.TextInputParagraph), Required: &no}}, w.upload(lang, fileField))
	return m
}

func (w words) upload(lang, id string) component {
	no := false
	return component{Type: dg.LabelComponent, Label: w.say(lang, "file_label"), Description: w.say(lang, "file_help"),
		Component: &component{Type: dg.FileUploadComponent, CustomID: id, MaxValues: 1, Required: &no}}
}

// field is one input with its label. What was wrong with it stands where the help was.
func (w words) field(f bot.Field, lang string) component {
	help := strings.Join(strings.Fields(clean(f.Help)), " ")
	if f.Example != "" && f.Kind == bot.AreaField {
		help = strings.TrimSpace(help + " " + strings.Join(strings.Fields(clean(f.Example)), " "))
	}
	if f.Fault != "" {
		help = tones[bot.Warn] + strings.Join(strings.Fields(clean(f.Fault)), " ")
	}
	in := w.input(f, lang)
	if f.Optional {
		no := false
		in.Required = &no
	}
	return component{Type: dg.LabelComponent, Label: oneLine(f.Label, fieldLabel), Description: cut(help, fieldHelp), Component: &in}
}

func (w words) input(f bot.Field, lang string) component {
	all := options(f.Options)
	chosen := strings.Split(f.Value, "\n")
	for i, o := range f.Options {
		all[i].Default = o.On || f.Value != "" && slices.Contains(chosen, o.Value)
	}
	switch {
	case f.Kind == bot.OneField && len(all) > 0 && len(all) <= mostOptions:
		one := false
		for i := range all { // only one can be chosen
			all[i].Default = all[i].Default && !one
			one = one || all[i].Default
		}
		if len(all) >= 2 && len(all) <= mostGroup {
			return component{Type: radioGroup, CustomID: f.ID, Options: all}
		}
		return component{Type: dg.SelectMenuComponent, CustomID: f.ID, Placeholder: w.say(lang, "choose"), Options: all}
	case f.Kind == bot.ManyField && len(all) > 0 && len(all) <= mostOptions:
		least := 1
		if f.Optional {
			least = 0
		}
		if len(all) <= mostGroup {
			return component{Type: checkboxGroup, CustomID: f.ID, Options: all, MinValues: &least, MaxValues: len(all)}
		}
		return component{Type: dg.SelectMenuComponent, CustomID: f.ID, Placeholder: w.say(lang, "choose"), Options: all, MinValues: &least, MaxValues: len(all)}
	}
	in := component{Type: dg.TextInputComponent, CustomID: f.ID, Style: int(dg.TextInputShort)}
	value := clean(f.Value)
	if f.Kind == bot.AreaField || strings.Contains(value, "\n") {
		in.Style = int(dg.TextInputParagraph)
	}
	in.Value = cut(value, inputText)
	if f.Example != "" && f.Kind != bot.AreaField {
		in.Placeholder = oneLine(f.Example, inputExample)
	}
	if f.Max > 0 && f.Max <= inputText && units(in.Value) <= f.Max {
		in.MaxLength = f.Max
	}
	return in
}

// mostForms is how many forms and questions are remembered; one that was forgotten is shown again when its button is pressed.
const mostForms = 4096

// forms are what was shown since the start and can be opened: forms by token, questions by place, and what to ask before a
// button counts.
type forms struct {
	mu      sync.Mutex
	sheets  shelf[sheet]
	asked   shelf[string]            // by place
	confirm shelf[string]            // by custom_id
	long    shelf[string]            // custom ids by the short ones that stand for them
	saved   shelf[map[string]string] // by person: pages of a form that was not yet sent
	waiting map[bot.Place][]chan sheet
}

func newForms() *forms { return &forms{waiting: map[bot.Place][]chan sheet{}} }

// A shelf holds the newest things by name.
type shelf[T any] struct {
	all   map[string]T
	order []string
}

func (s *shelf[T]) put(name string, v T) {
	if s.all == nil {
		s.all = map[string]T{}
	}
	if _, known := s.all[name]; !known {
		s.order = append(s.order, name)
		if len(s.order) > mostForms {
			delete(s.all, s.order[0])
			s.order = s.order[1:]
		}
	}
	s.all[name] = v
}

// keep remembers what of a message can be opened, and hands its form to whoever waits for one at the place.
func (f *forms) keep(m bot.Message, p bot.Place, out drawing) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := sheet{place: p, lang: m.Lang}
	if m.Form != nil {
		s.form = *m.Form
		f.sheets.put(s.form.Token, s)
	}
	if m.Expect == bot.Typed {
		f.asked.put(p.String(), m.Text)
	}
	for id, text := range out.confirms {
		f.confirm.put(id, text)
	}
	for short, id := range out.shelf {
		f.long.put(short, id)
	}
	for _, c := range f.waiting[p] {
		select {
		case c <- s:
		default:
		}
	}
}

func (f *forms) find(token string) (sheet, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.sheets.all[token]
	return s, ok
}

// question is what was last asked at a place.
func (f *forms) question(p bot.Place) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.asked.all[p.String()]
}

// sure is what to ask before a button counts; empty when that was forgotten.
func (f *forms) sure(id string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.confirm.all[id]
}

// whole is the custom_id that a short one stands for.
func (f *forms) whole(id string) (string, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.long.all[id]
	return s, ok
}

// save keeps pages of a form that was not yet sent; nil: it was.
func (f *forms) save(user string, values map[string]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.saved.put(user, values)
}

// savedBy are the pages that somebody has filled in; known is false when this process does not know.
func (f *forms) savedBy(user string) (values map[string]string, known bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	values, known = f.saved.all[user]
	return values, known
}

// expect begins to wait for the next form that is shown at a place. The function it returns waits, once, until ctx ends.
func (f *forms) expect(p bot.Place) func(ctx context.Context) (sheet, bool) {
	c := make(chan sheet, 16)
	f.mu.Lock()
	f.waiting[p] = append(f.waiting[p], c)
	f.mu.Unlock()
	return func(ctx context.Context) (sheet, bool) {
		defer func() {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.waiting[p] = slices.DeleteFunc(f.waiting[p], func(o chan sheet) bool { return o == c })
			if len(f.waiting[p]) == 0 {
				delete(f.waiting, p)
			}
		}()
		for {
			select {
			case s := <-c:
				if s.form.Token != "" {
					return s, true
				}
			case <-ctx.Done():
				return sheet{}, false
			}
		}
	}
}

// answers are the values of a modal by field, and the files that were handed over with it, by the field they stand for.
func answers(components []component) (values map[string]string, files map[string][]string) {
	values, files = map[string]string{}, map[string][]string{}
	var walk func(c component)
	walk = func(c component) {
		switch {
		case c.Type == dg.FileUploadComponent:
			if len(c.Values) > 0 {
				files[strings.TrimPrefix(c.CustomID, fileField)] = c.Values
			}
		case c.CustomID == "":
		case c.Value != "":
			values[c.CustomID] = c.Value
		default:
			values[c.CustomID] = strings.Join(c.Values, "\n")
		}
		if c.Component != nil {
			walk(*c.Component)
		}
		for _, in := range c.Components {
			walk(in)
		}
	}
	for _, c := range components {
		walk(c)
	}
	return values, files
}

// relabel turns values that stand for options by their position back into the labels: the bot reads them as if typed.
func (s sheet) relabel(values map[string]string) {
	for _, f := range s.form.Fields {
		value, ok := values[f.ID]
		if !ok || !strings.Contains(value, byLabel) {
			continue
		}
		lines := strings.Split(value, "\n")
		for i, l := range lines {
			if n, err := strconv.Atoi(strings.TrimPrefix(l, byLabel)); err == nil && strings.HasPrefix(l, byLabel) && n < len(f.Options) {
				lines[i] = f.Options[n].Label
			}
		}
		values[f.ID] = strings.Join(lines, "\n")
	}
}
