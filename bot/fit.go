package bot

import (
	"net/url"
	"slices"
	"strconv"
	"strings"

	"xiaobao/bot/flow"
)

// A Fitted is what became of a message at a place.
type Fitted struct {
	Messages []Message // in order; only the last has actions, and the card's key
	Menu     []Pick    // what a typed line stands for, where there are no buttons
	Fallback string    // which fallbacks were taken, for the log: "numbered,split"
}

// A Pick is a button that can be typed.
type Pick struct {
	Number int    `json:"n,omitempty"` // 0: by its words only
	Label  string `json:"l"`
	Token  string `json:"t,omitempty"`
	Action string `json:"a"`
	Value  string `json:"v,omitempty"`
}

// Fit turns a message into what a place can show. It is done once, here, so that no adapter has to think about it:
//
//	too many buttons          → the last ones become a select, without selects they become lines to type
//	no buttons                → numbered lines, or words where a typed number would be an answer
//	too many options          → several selects, one for each page; several choices at once: numbered lines
//	a form, no forms          → its first open field
//	too many fields           → the first open ones; the engine asks for the rest
//	no blocks                 → all of it as text
//	files too large, no files → their text to copy, or where to get them
//	too long                  → several messages, cut between paragraphs, rows, sentences, never in a grapheme
//	very long                 → its beginning, and all of it as a file
//
// Fitting what fits changes nothing.
func Fit(m Message, c Capabilities, w Words) Fitted {
	f := fitter{m: m, c: c, reader: (&renderer{words: w}).reader(flow.To{Lang: m.Lang})}
	f.form()
	f.files()
	f.actions()
	f.labels()
	parts := f.split()
	return Fitted{Messages: parts, Menu: f.menu, Fallback: strings.Join(f.took, ",")}
}

type fitter struct {
	reader
	m    Message
	c    Capabilities
	menu []Pick
	took []string
}

func (f *fitter) take(fallback string) {
	if !slices.Contains(f.took, fallback) {
		f.took = append(f.took, fallback)
	}
}

// add appends blocks without touching the ones the message was made of.
func (f *fitter) add(b ...Block) {
	if f.m.Blocks == nil {
		f.m.Blocks = f.bodyOf(f.m)
	}
	f.m.Blocks = append(f.m.Blocks[:len(f.m.Blocks):len(f.m.Blocks)], b...)
}

// bodyOf is a message's body as blocks.
func (f *fitter) bodyOf(m Message) []Block {
	if m.Blocks != nil || m.Text == "" {
		return m.Blocks
	}
	return []Block{{Kind: Paragraph, Text: m.Text}}
}

func (f *fitter) form() {
	if f.m.Form == nil {
		return
	}
	open := make([]Field, 0, len(f.m.Form.Fields))
	for _, field := range f.m.Form.Fields {
		if f.c.Options > 0 && len(field.Options) > f.c.Options {
			field = f.lineField(field)
		}
		open = append(open, field)
	}
	form := *f.m.Form
	form.Fields = open
	switch {
	case f.c.Fields == 0:
		f.take("one-by-one")
		f.oneByOne(form)
		f.m.Form = nil
		return
	case len(open) > f.c.Fields:
		f.take("form-pages")
		form.Fields = open[:f.c.Fields]
	}
	f.m.Form = &form
}

// lineField turns a choice among too many options into a line to type.
func (f *fitter) lineField(field Field) Field {
	f.take("typed-options")
	labels := make([]string, len(field.Options))
	for i, o := range field.Options {
		labels[i] = o.Label
		if o.On && field.Kind == OneField {
			field.Value = o.Label
		}
	}
	list := strings.Join(labels, " · ")
	if field.Help != "" {
		list = field.Help + "\n" + list
	}
	field.Kind, field.Options, field.Help = LineField, nil, list
	return field
}

// oneByOne asks the first field of a form; the engine takes a typed line as its answer and asks for the next.
func (f *fitter) oneByOne(form Form) {
	field := form.Fields[0]
	ask := field.Ask
	if ask == "" {
		ask = field.Label
	}
	if field.Fault != "" {
		f.add(Block{Kind: Paragraph, Text: field.Fault, Tone: Warn})
	}
	f.add(Block{Kind: Paragraph, Text: ask})
	if field.Help != "" {
		f.add(Block{Kind: Note, Text: field.Help})
	}
	if field.Value != "" && len(field.Options) == 0 {
		f.add(Block{Kind: Note, Text: f.ui("current", flow.Text("Value", firstLines(field.Value, 3)))})
	}
	if field.Example != "" {
		f.add(Block{Kind: Note, Text: f.ui("example", flow.Text("Example", field.Example))})
	}
	f.m.Text = join("\n\n", f.m.Text, ask)
	if len(field.Options) > 0 {
		f.m.Expect = Choice
		f.m.Actions = append([]Action{{ID: AnswerAction, Token: form.Token, Label: f.ui("choose"), Options: field.Options, Multi: field.Kind == ManyField}}, f.m.Actions...)
	}
}

// AnswerAction is the Action.ID that answers the question at hand with the action's value; other IDs are verbs.
const AnswerAction = "answer"

// MoreAction is the Action.ID of a select that stands for several buttons; Unpack says which was meant.
const MoreAction = "more"

// pack writes a button as the value of an option.
func pack(a Action) string {
	return url.QueryEscape(a.ID) + " " + url.QueryEscape(a.Token) + " " + url.QueryEscape(a.Value)
}

// Unpack returns the press that choosing from a select of MoreAction stands for; any other press is returned as it is.
func Unpack(p Press) Press {
	if p.Action != MoreAction || len(p.Values) != 1 {
		return p
	}
	parts := strings.Split(p.Values[0], " ")
	if len(parts) != 3 {
		return p
	}
	for i := range parts {
		parts[i], _ = url.QueryUnescape(parts[i])
	}
	out := Press{Action: parts[0], Token: parts[1]}
	if parts[2] != "" {
		out.Values = []string{parts[2]}
	}
	return out
}

func (f *fitter) actions() {
	// Mostly they are buttons that all fit, and nothing is copied.
	if len(f.m.Actions) <= f.c.Buttons && !slices.ContainsFunc(f.m.Actions, func(a Action) bool { return len(a.Options) > 0 }) {
		return
	}
	var buttons, selects []Action
	for _, a := range f.m.Actions {
		if len(a.Options) > 0 {
			selects = append(selects, f.pages(a)...)
		} else {
			buttons = append(buttons, a)
		}
	}
	var typed []Action
	if f.c.Buttons == 0 {
		typed, buttons = buttons, nil
	} else if len(buttons) > f.c.Buttons {
		keep := f.c.Buttons
		if f.c.Options > 0 {
			selects = append(selects, f.more(buttons[keep:])...)
		} else {
			typed = buttons[keep:]
		}
		buttons = buttons[:keep:keep]
	}
	var shown []Action
	for _, a := range selects {
		if f.c.Options == 0 || len(a.Options) > f.c.Options {
			typed = append([]Action{a}, typed...)
		} else {
			shown = append(shown, a)
		}
	}
	f.m.Actions = append(shown, buttons...)
	if len(f.m.Actions) == 0 {
		f.m.Actions = nil
	}
	if len(typed) > 0 {
		f.typed(typed)
	}
}

// pages splits a select with too many options into several, each with a part of them. Where several may be chosen at
// once it stays whole, because each select is an answer of its own.
func (f *fitter) pages(a Action) []Action {
	search := a.Search && f.c.Search
	a.Search = false
	if f.c.Options == 0 || len(a.Options) <= f.c.Options || a.Multi {
		return []Action{a}
	}
	if search {
		f.take("search")
		a.Search, a.Options = true, a.Options[:f.c.Options]
		return []Action{a}
	}
	f.take("pages")
	var out []Action
	for from := 0; from < len(a.Options); from += f.c.Options {
		to := min(from+f.c.Options, len(a.Options))
		page := a
		page.Options = a.Options[from:to]
		page.Label = f.ui("page_label", flow.Text("Label", a.Label), flow.Number("From", strconv.Itoa(from+1)), flow.Number("To", strconv.Itoa(to)))
		out = append(out, page)
	}
	return out
}

// more gathers buttons in a select.
func (f *fitter) more(buttons []Action) []Action {
	f.take("select")
	a := Action{ID: MoreAction, Label: f.ui("more"), Style: Quiet}
	for _, b := range buttons {
		if b.Link != "" {
			f.link(b)
			continue
		}
		a.Options = append(a.Options, Option{Value: pack(b), Label: b.Label})
	}
	if len(a.Options) == 0 {
		return nil
	}
	return f.pages(a)
}

func (f *fitter) link(a Action) {
	f.add(Block{Kind: Paragraph, Text: f.ui("link", flow.Text("Label", a.Label), flow.Text("URL", a.Link))})
}

// typed shows actions as lines to type: numbered where a number is not itself an answer, else by their words.
func (f *fitter) typed(actions []Action) {
	f.take("numbered")
	var lines, words []string
	several, keep, shown := false, false, "" // shown: the option that the Enter key takes
	number := func(label string) int {
		lines = append(lines, f.ui("choice", flow.Number("Number", strconv.Itoa(len(lines)+1)), flow.Text("Label", label)))
		return len(lines)
	}
	for _, a := range actions {
		switch {
		case a.Link != "":
			f.link(a)
		case a.Multi:
			several = true
			for _, o := range a.Options {
				number(o.Label) // several numbers are read by the engine
			}
		case len(a.Options) > 0:
			for _, o := range a.Options {
				f.menu = append(f.menu, Pick{Number: number(o.Label), Label: o.Label, Token: a.Token, Action: a.ID, Value: o.Value})
				if o.On && a.ID == AnswerAction {
					shown = o.Label
				}
			}
		default:
			p := Pick{Label: a.Label, Token: a.Token, Action: a.ID, Value: a.Value}
			switch {
			case f.m.Expect == Choice && !several && a.Style != Quiet:
				p.Number = number(a.Label)
				if a.ID == AnswerAction && a.Style == Primary {
					shown = a.Label
				}
			case f.m.Expect == Typed && (a.ID == "keep" || a.ID == AnswerAction):
				keep = true
			default:
				words = append(words, a.Label)
			}
			f.menu = append(f.menu, p)
		}
	}
	if len(lines) > 0 {
		f.add(Block{Kind: Paragraph, Text: strings.Join(lines, "\n")})
		hint := "type_number"
		if several {
			hint = "type_numbers"
		}
		f.add(Block{Kind: Note, Text: f.ui(hint)})
	}
	if shown != "" && f.c.Fields == 0 {
		f.add(Block{Kind: Note, Text: f.ui("type_enter", flow.Text("Label", shown))})
	}
	if keep {
		f.add(Block{Kind: Note, Text: f.ui("type_keep")})
	}
	if len(words) > 0 {
		f.add(Block{Kind: Note, Text: f.ui("type_words", flow.Text("Words", strings.Join(words, " · ")))})
	}
}

// labels cuts what stands on buttons.
func (f *fitter) labels() {
	if f.c.ButtonText == 0 {
		return
	}
	long := func(label string) bool { return Shorten(label, f.c.ButtonText) != label }
	longOption := func(o Option) bool { return long(o.Label) || long(o.Hint) }
	if !slices.ContainsFunc(f.m.Actions, func(a Action) bool { return long(a.Label) || slices.ContainsFunc(a.Options, longOption) }) {
		return // mostly: nothing is copied
	}
	f.take("label")
	f.m.Actions = slices.Clone(f.m.Actions)
	for i := range f.m.Actions {
		a := &f.m.Actions[i]
		a.Label, a.Options = Shorten(a.Label, f.c.ButtonText), slices.Clone(a.Options)
		for j := range a.Options {
			o := &a.Options[j]
			o.Label, o.Hint = Shorten(o.Label, f.c.ButtonText), Shorten(o.Hint, f.c.ButtonText)
		}
	}
}

// files replaces the files a place cannot take.
func (f *fitter) files() {
	var out []Block
	for i, b := range f.m.Blocks {
		fits := b.File == nil || f.c.Files > 0 && len(b.File.Data) <= f.c.Files
		if b.Kind == Picture && !fits {
			if out == nil {
				out = append(out, f.m.Blocks[:i]...)
			}
			f.take("told-picture")
			out = append(out, Block{Kind: Paragraph, Text: b.Text})
			continue
		}
		if b.Kind != Attached || fits {
			if out != nil {
				out = append(out, b)
			}
			continue
		}
		if out == nil {
			out = append(out, f.m.Blocks[:i]...)
		}
		name := flow.Text("Name", b.File.Name)
		if f.c.Files == 0 && strings.HasPrefix(b.File.Type, "text/markdown") && i > 0 {
			f.take("no-file")
			continue // the message shows the same above
		}
		if f.c.Files == 0 && isText(b.File.Type) && len(b.File.Data) < 100_000 {
			f.take("inline-file")
			out = append(out, Block{Kind: Note, Text: f.ui("file_inline", name)}, Block{Kind: Paste, Text: strings.TrimPrefix(string(b.File.Data), "\ufeff")})
		} else {
			f.take("no-file")
			out = append(out, Block{Kind: Note, Text: f.ui("file_too_big", name)})
		}
	}
	if out != nil {
		f.m.Blocks = out
	}
}

func isText(mime string) bool {
	return strings.HasPrefix(mime, "text/") || strings.HasPrefix(mime, "application/json")
}

func join(sep string, parts ...string) string {
	var some []string
	for _, p := range parts {
		if p != "" {
			some = append(some, p)
		}
	}
	return strings.Join(some, sep)
}

// sentences puts sentences behind each other: a space stands between them, but none after a Chinese full stop.
func sentences(list ...string) string {
	return strings.NewReplacer("。 ", "。", "！ ", "！", "？ ", "？").Replace(join(" ", list...))
}
