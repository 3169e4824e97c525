package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"xiaobao/adapters/slack/blockkit"
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
	for _, field := range f.Fields {
		if field.Fault != "" {
			d.paragraph(tones[bot.Warn], field.Label+d.words.say(d.m.Lang, "colon")+field.Fault)
		}
	}
	b := slack.NewButtonBlockElement(actionID{kind: kindForm, token: f.Token}.String(), "", plainText(d.words.say(d.m.Lang, "fill"), blockkit.ButtonText))
	b.Style = slack.StylePrimary
	d.add(slack.NewActionBlock("", b))
	if len(f.Fields) > 0 {
		ask := f.Fields[0].Ask
		if ask == "" {
			ask = f.Fields[0].Label
		}
		d.note(strings.ReplaceAll(d.words.say(d.m.Lang, "line"), "{ask}", bot.Shorten(ask, 200)), "")
	}
}

// callback is the callback_id of the modal that shows a form.
const callback = "form"

// An origin is where a modal belongs. It travels in private_metadata and proves nothing: what a person may do is read from
// the store when the form comes back.
type origin struct {
	Token  string `json:"t"`
	Room   string `json:"c"`
	Thread string `json:"h,omitempty"`
}

// modal is a form as a view.
func (w words) modal(s sheet) (slack.ModalViewRequest, error) {
	meta, err := json.Marshal(origin{s.form.Token, s.place.Room, s.place.Thread})
	if err != nil {
		return slack.ModalViewRequest{}, fmt.Errorf("slack: write a form: %w", err)
	}
	v := slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callback, PrivateMetadata: string(meta),
		Title: plainText(cutWords(s.form.Title, blockkit.ModalTitle), blockkit.ModalTitle), Submit: plainText(s.form.Send, blockkit.ModalTitle), Close: plainText(w.say(s.lang, "cancel"), blockkit.ModalTitle),
	}
	if utf8.RuneCountInString(s.form.Title) > blockkit.ModalTitle { // the whole of it, where there is room
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, slack.NewHeaderBlock(plainText(s.form.Title, blockkit.Header)))
	}
	for _, f := range s.form.Fields {
		if f.Fault != "" {
			v.Blocks.BlockSet = append(v.Blocks.BlockSet, slack.NewSectionBlock(plainText(tones[bot.Warn]+f.Fault, blockkit.SectionText), nil, nil))
		}
		v.Blocks.BlockSet = append(v.Blocks.BlockSet, w.input(f, s.lang))
		if f.File {
			v.Blocks.BlockSet = append(v.Blocks.BlockSet, w.fileInput(f, s.lang))
		}
	}
	body, err := json.Marshal(v)
	if err != nil {
		return v, fmt.Errorf("slack: write a form: %w", err)
	}
	if faults := blockkit.Modal(body); len(faults) > 0 {
		return v, fmt.Errorf("slack: a form beyond the limits: %s", strings.Join(faults, "; "))
	}
	return v, nil
}

// inputAction is the action_id of the one element of each input; the field is its block's id.
const inputAction = "v"

func (w words) input(f bot.Field, lang string) slack.Block {
	var hint *slack.TextBlockObject
	help := f.Help
	if f.Example != "" && f.Kind == bot.AreaField {
		help = strings.TrimSpace(help + "\n" + f.Example)
	}
	if strings.TrimSpace(clean(help)) != "" {
		hint = slack.NewTextBlockObject("plain_text", cut(clean(help), blockkit.InputLabel), false, false)
	}
	b := slack.NewInputBlock(f.ID, plainText(f.Label, blockkit.InputLabel), hint, w.element(f, lang))
	b.Optional = f.Optional || f.File // Slack would not send what a file answers; the bot says when neither is there
	return b
}

// fileMark ends the block_id of the input for the file of a field.
const fileMark = "#file"

// fileInput takes a file for a list, beside the line where it can be typed.
func (w words) fileInput(f bot.Field, lang string) slack.Block {
	e := slack.NewFileInputBlockElement(inputAction).WithFileTypes("csv", "tsv", "txt", "text").WithMaxFiles(1)
	b := slack.NewInputBlock(f.ID+fileMark, plainText(w.say(lang, "or_file"), blockkit.InputLabel), nil, e)
	b.Optional = true
	return b
}

var day = regexp.MustCompile(`^\d{4}-\d{2}-\d{2}$`)

func (w words) element(f bot.Field, lang string) slack.BlockElement {
	switch {
	case f.Kind == bot.DateField && (f.Value == "" || day.MatchString(f.Value)):
		e := slack.NewDatePickerBlockElement(inputAction)
		e.InitialDate = f.Value
		return e
	case f.Kind == bot.OneField && len(f.Options) > 0 && len(f.Options) <= blockkit.Options:
		all := options(f.Options)
		at := slices.IndexFunc(f.Options, func(o bot.Option) bool { return o.On || f.Value != "" && o.Value == f.Value })
		if len(all) <= quickOptions {
			e := slack.NewRadioButtonsBlockElement(inputAction, all...)
			if at >= 0 {
				e.InitialOption = all[at]
			}
			return e
		}
		e := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, plainText(w.say(lang, "choose"), blockkit.Placeholder), inputAction, all...)
		if at >= 0 {
			e.InitialOption = all[at]
		}
		return e
	case f.Kind == bot.ManyField && len(f.Options) > 0 && len(f.Options) <= blockkit.Options:
		all := options(f.Options)
		chosen := strings.Split(f.Value, "\n")
		var on []*slack.OptionBlockObject
		for i, o := range f.Options {
			if o.On || slices.Contains(chosen, o.Value) {
				on = append(on, all[i])
			}
		}
		if len(all) <= blockkit.Group {
			e := slack.NewCheckboxGroupsBlockElement(inputAction, all...)
			e.InitialOptions = on
			return e
		}
		e := slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, plainText(w.say(lang, "choose"), blockkit.Placeholder), inputAction, all...)
		e.InitialOptions = on
		return e
	}
	e := slack.NewPlainTextInputBlockElement(nil, inputAction)
	e.Multiline = f.Kind == bot.AreaField
	if f.Example != "" && f.Kind != bot.AreaField {
		e.Placeholder = plainText(f.Example, blockkit.Placeholder)
	}
	value := clean(f.Value)
	e.InitialValue = cut(value, blockkit.InputText)
	if f.Max > 0 && f.Max <= blockkit.InputText && len([]rune(value)) <= f.Max {
		e.MaxLength = f.Max
	}
	return e
}

// most is how many forms are remembered; a form that was forgotten is shown again when its button is pressed.
const mostForms = 512

// forms are the forms that were shown since the start, by token.
type forms struct {
	mu      sync.Mutex
	sheets  map[string]sheet
	order   []string
	waiting map[bot.Place][]chan sheet
}

func newForms() *forms {
	return &forms{sheets: map[string]sheet{}, waiting: map[bot.Place][]chan sheet{}}
}

// keep remembers a form that is being shown, and hands it to whoever waits for one at the place.
func (f *forms) keep(s sheet) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if _, known := f.sheets[s.form.Token]; !known {
		f.order = append(f.order, s.form.Token)
		if len(f.order) > mostForms {
			delete(f.sheets, f.order[0])
			f.order = f.order[1:]
		}
	}
	f.sheets[s.form.Token] = s
	f.tell(s)
}

// pass tells whoever waits at a place that something else than a form is being shown.
func (f *forms) pass(p bot.Place) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.tell(sheet{place: p})
}

func (f *forms) tell(s sheet) {
	for _, c := range f.waiting[s.place] {
		select {
		case c <- s:
		default:
		}
	}
}

func (f *forms) find(token string) (sheet, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.sheets[token]
	return s, ok
}

// expect begins to wait for what is shown next at a place. The function it returns waits, once, until ctx ends or something
// is shown that is enough; only a form is returned.
func (f *forms) expect(p bot.Place, enough func(sheet) bool) func(ctx context.Context) (sheet, bool) {
	c := make(chan sheet, 8)
	f.mu.Lock()
	f.waiting[p] = append(f.waiting[p], c)
	f.mu.Unlock()
	return func(ctx context.Context) (s sheet, ok bool) {
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
			case s = <-c:
				if enough(s) {
					return s, s.form.Token != ""
				}
			case <-ctx.Done():
				return sheet{}, false
			}
		}
	}
}

// leave forgets the forms of a workspace.
func (f *forms) leave(workspace string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.order = slices.DeleteFunc(f.order, func(token string) bool {
		theirs := f.sheets[token].place.Workspace == workspace
		if theirs {
			delete(f.sheets, token)
		}
		return theirs
	})
}

// anything and anyForm are what may be enough to wait for.
func anything(sheet) bool { return true }

func anyForm(s sheet) bool { return s.form.Token != "" }

// faulty says whether a form comes back because of what was sent.
func (s sheet) faulty() bool {
	return slices.ContainsFunc(s.form.Fields, func(f bot.Field) bool { return f.Fault != "" })
}
