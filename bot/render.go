package bot

import (
	"slices"
	"strconv"
	"strings"

	"xiaobao/bot/flow"
)

// Words say a line in the reader's language. They never return nothing and may be used from several goroutines.
type Words interface {
	// Say fills the message's holes; moments are told in the zone.
	Say(lang, zone string, l flow.Line) string
	// Has says whether there is such a message.
	Has(lang, id string) bool
}

// Library is what is known: answers, terms, codes, and where it is written.
type Library interface {
	// Passage returns the entry with an id such as "question:F13", "term:12", "code:FBA_INB_0004".
	Passage(lang, id string) (Passage, bool)
	// Origin returns the source with an id such as "A19".
	Origin(lang, id string) (Origin, bool)
}

// A Passage is one entry of the library in the reader's language.
type Passage struct {
	Title   string
	Text    string // paragraphs are separated by a blank line
	Sources []string
	Varies  bool // what it says changes from time to time
}

// An Origin is where something is written.
type Origin struct {
	Title string
	Date  string // when it was read, 2006-01-02; may be empty
	Link  string
}

// A renderer turns effects into messages.
type renderer struct {
	words   Words
	library Library
}

// A reader is the person a message is for.
type reader struct {
	*renderer
	to flow.To
}

func (r *renderer) reader(to flow.To) reader { return reader{r, to} }

// say says one line to the reader.
func (p reader) say(l flow.Line) string { return p.words.Say(p.to.Lang, p.to.Zone, l) }

func (p reader) ui(id string, args ...flow.Arg) string { return p.say(flow.Say("ui."+id, args...)) }

// message starts a message to the reader.
func (p reader) message() Message {
	return Message{Lang: p.to.Lang, For: p.to.Person, ForName: p.to.Name}
}

// render returns what an effect shows and to whom; false for effects that show nothing.
func (r *renderer) render(e flow.Effect) (flow.To, Message, bool) {
	switch e := e.(type) {
	case flow.Speak:
		return e.To, r.reader(e.To).speak(e), true
	case flow.Ask:
		return e.To, r.reader(e.To).ask(e), true
	case flow.Close:
		return e.To, r.reader(e.To).close(e), true
	case flow.Spine:
		return e.To, r.reader(e.To).spine(e), true
	case flow.Show:
		return e.To, r.reader(e.To).show(e), true
	case flow.Explain:
		m, ok := r.reader(e.To).explain(e)
		return e.To, m, ok
	}
	return flow.To{}, Message{}, false
}

func (p reader) speak(e flow.Speak) Message {
	m := p.message()
	m.Blocks = p.paragraphs(m.Blocks, e.Lines, Tone(e.Tone))
	m.Text = textOf(m.Blocks)
	m.Blocks = p.list(m.Blocks, e.Items)
	m.Blocks = p.sources(m.Blocks, e.Sources)
	m.Actions = p.actions(nil, e.Actions)
	m.How = e.How
	if e.Urgent {
		m.Notify = Urgent
	}
	return plain(m)
}

func (p reader) ask(e flow.Ask) Message {
	m := p.message()
	m.Key = e.Token
	if at := p.position(e); at != "" {
		m.Blocks = append(m.Blocks, Block{Kind: Note, Text: at})
	}
	head := len(m.Blocks)
	m.Blocks = p.paragraphs(m.Blocks, e.Lead, Tone(e.LeadTone))
	m.Blocks = p.paragraphs(m.Blocks, e.Question, Plain)
	m.Text = textOf(m.Blocks[head:])
	m.Blocks = p.facts(m.Blocks, e.Facts)
	m.Blocks = p.list(m.Blocks, e.Items)
	switch {
	case len(e.Fields) > 1:
		m.Form = p.form(e)
		m.Expect = Typed
	case len(e.Fields) == 1:
		m.Expect = p.field(&m, e.Fields[0])
	case len(e.Actions) > 0:
		m.Expect = Choice
	}
	m.Blocks = p.sources(m.Blocks, e.Sources)
	m.Actions = p.actions(m.Actions, e.Actions)
	if e.Urgent {
		m.Notify = Urgent
	}
	return plain(m)
}

func (p reader) position(e flow.Ask) string {
	step, title := flow.Number("Step", strconv.Itoa(e.Step)), flow.Word("Title", "step."+e.Flow)
	switch {
	case e.Step == 0:
		return ""
	case e.Of == 0:
		return p.ui("at_step", step, title)
	}
	at, of := flow.Number("At", strconv.Itoa(e.At)), flow.Number("Of", strconv.Itoa(e.Of))
	if e.Parts == 0 {
		return p.ui("at", step, title, at, of)
	}
	return p.ui("at_part", step, title, at, of, flow.Number("Part", strconv.Itoa(e.Part)), flow.Number("Parts", strconv.Itoa(e.Parts)))
}

// field shows how the one thing that is asked is answered; its options are among the actions.
func (p reader) field(m *Message, f flow.Field) Expect {
	if f.Fault != nil {
		m.Blocks = append(m.Blocks, Block{Kind: Paragraph, Text: p.say(*f.Fault), Tone: Warn})
	}
	if f.Help != nil {
		m.Blocks = append(m.Blocks, Block{Kind: Note, Text: p.say(*f.Help)})
	}
	if f.Value != "" && len(f.Options) == 0 {
		value := firstLines(f.Value, 3)
		if f.Type == "rows" {
			value = p.say(flow.Say("value.rows", flow.Number("Count", strconv.Itoa(strings.Count(f.Value, "\n")+1))))
		}
		m.Blocks = append(m.Blocks, Block{Kind: Note, Text: p.ui("current", flow.Text("Value", value))})
	}
	if len(f.Options) > 0 {
		return Choice
	}
	if f.Sample != nil {
		m.Blocks = append(m.Blocks, Block{Kind: Note, Text: p.ui("example", flow.Arg{Name: "Example", Kind: flow.KindLine, Line: f.Sample})}) // its lines stay lines
	} else if f.Example != "" && f.Example != f.Value {
		m.Blocks = append(m.Blocks, Block{Kind: Note, Text: p.ui("example", flow.Text("Example", f.Example))})
	}
	return Typed
}

// example is a field's example as a form shows it.
func (p reader) example(f flow.Field) string {
	if f.Sample != nil {
		return strings.TrimSpace(p.say(*f.Sample))
	}
	return f.Example
}

func (p reader) form(e flow.Ask) *Form {
	f := &Form{Token: e.Token, Title: p.formTitle(e), Send: p.ui("send")}
	for _, in := range e.Fields {
		out := Field{ID: in.Slot, Kind: fieldKind(in), Label: p.say(in.Label), Example: p.example(in), Value: in.Value, Options: p.options(in.Options), Optional: in.Optional, Max: in.Max, File: in.Type == "list" || in.Type == "rows"}
		if in.Ask.ID != "" {
			out.Ask = p.say(in.Ask)
		}
		if in.Help != nil {
			out.Help = p.say(*in.Help)
		}
		if in.Fault != nil {
			out.Fault = p.say(*in.Fault)
		}
		f.Fields = append(f.Fields, out)
	}
	return f
}

func (p reader) formTitle(e flow.Ask) string {
	if e.Flow != "" && p.words.Has(p.to.Lang, "step."+e.Flow) {
		return p.say(flow.Say("step." + e.Flow))
	}
	if len(e.Question) > 0 {
		return p.say(e.Question[0])
	}
	return p.ui("send")
}

func fieldKind(f flow.Field) FieldKind {
	switch f.Type {
	case "choice", "yesno":
		return OneField
	case "choices":
		return ManyField
	case "number", "quantity", "money":
		return NumberField
	case "date":
		return DateField
	case "list", "rows":
		return AreaField
	case "text":
		if f.Max > 200 {
			return AreaField
		}
	}
	return LineField
}

func (p reader) close(e flow.Close) Message {
	m := p.message()
	m.Key, m.Last, m.Notify = e.Token, true, Silent
	m.Blocks = p.paragraphs(m.Blocks, e.Lines, Plain)
	m.Blocks = p.facts(m.Blocks, e.Facts)
	m.Text = textOf(m.Blocks)
	return plain(m)
}

// SpineKey is the Message.Key of the card with the ten steps; each person at a place has one.
const SpineKey = "spine"

func (p reader) spine(e flow.Spine) Message {
	m := p.message()
	m.Key, m.Notify = SpineKey+":"+p.to.Person, Silent
	steps, done := Block{Kind: Progress}, 0
	for _, s := range e.Steps {
		step, title := flow.Number("Step", strconv.Itoa(s.Step)), flow.Word("Title", "step."+s.Flow)
		item := Item{ID: s.Flow, Mark: markOf(s.Status), Here: s.Flow == e.Next && s.Status == flow.Active, Text: p.ui("step", step, title)}
		if note := p.sentence(s.Note); note != "" {
			item.Text = p.ui("step_note", step, title, flow.Text("Note", note))
		}
		if s.Status == flow.Finished {
			done++
		}
		steps.Items = append(steps.Items, item)
	}
	count := flow.Number("Done", strconv.Itoa(done))
	m.Text = p.ui("spine_text", count)
	if e.Next != "" {
		m.Text = p.ui("spine_next", count, flow.Word("Title", "step."+e.Next))
	}
	m.Blocks = []Block{{Kind: Heading, Text: p.ui("spine")}, {Kind: Paragraph, Text: m.Text}, steps}
	m.Actions = p.actions(nil, e.Actions)
	return m
}

func markOf(s flow.Status) Mark {
	switch s {
	case flow.Active:
		return Active
	case flow.Waiting:
		return Waiting
	case flow.Finished:
		return Done
	case flow.Skipped:
		return Skipped
	}
	return Open
}

func (p reader) explain(e flow.Explain) (Message, bool) {
	entry, ok := p.library.Passage(p.to.Lang, e.Entry)
	if !ok {
		return Message{}, false
	}
	m := p.message()
	if entry.Title != "" {
		m.Blocks = append(m.Blocks, Block{Kind: Heading, Text: entry.Title})
	}
	for _, text := range strings.Split(entry.Text, "\n\n") {
		if text = strings.TrimSpace(text); text != "" {
			m.Blocks = append(m.Blocks, Block{Kind: Paragraph, Text: text})
		}
	}
	m.Text = textOf(m.Blocks)
	if entry.Varies {
		m.Blocks = append(m.Blocks, Block{Kind: Note, Text: p.ui("varies")})
	}
	m.Blocks = p.sources(m.Blocks, entry.Sources)
	m.Actions = p.actions(nil, e.Actions)
	return m, true
}

// paragraphs says lines, one paragraph each; a line of several paragraphs is several blocks.
func (p reader) paragraphs(b []Block, lines []flow.Line, tone Tone) []Block {
	for _, l := range lines {
		text := p.say(l)
		for more := true; more; {
			var one string
			if one, text, more = strings.Cut(text, "\n\n"); strings.TrimSpace(one) != "" {
				b = append(b, Block{Kind: Paragraph, Text: strings.TrimSpace(one), Tone: tone})
			}
		}
	}
	return b
}

func (p reader) facts(b []Block, facts []flow.Fact) []Block {
	if len(facts) == 0 {
		return b
	}
	out := Block{Kind: Facts}
	for _, f := range facts {
		value := ""
		if f.Missing {
			value = p.ui("missing")
		} else {
			value = p.say(f.Value)
		}
		out.Facts = append(out.Facts, Fact{Label: p.say(f.Label), Value: value})
	}
	return append(b, out)
}

func (p reader) list(b []Block, items []flow.Item) []Block {
	if len(items) == 0 {
		return b
	}
	out := Block{Kind: List}
	for _, i := range items {
		out.Items = append(out.Items, Item{Text: p.say(i.Line), Mark: Mark(i.Mark)})
	}
	return append(b, out)
}

// sources names where it is written, with the date; each source once.
func (p reader) sources(b []Block, ids []string) []Block {
	for i, id := range ids {
		o, ok := p.library.Origin(p.to.Lang, id)
		if !ok || slices.Contains(ids[:i], id) {
			continue
		}
		text := p.ui("source_undated", flow.Text("Title", o.Title))
		if o.Date != "" {
			text = p.ui("source", flow.Text("Title", o.Title), flow.Date("Date", o.Date))
		}
		b = append(b, Block{Kind: Note, Text: text, Link: o.Link})
	}
	return b
}

func (p reader) actions(out []Action, in []flow.Action) []Action {
	for _, a := range in {
		to := Action{ID: a.Verb, Token: a.Token, Value: a.Value, Label: p.say(a.Label), Style: Style(a.Style), Link: a.Link, Multi: a.Multi, Search: a.Search, Options: p.options(a.Options)}
		if a.Confirm != nil {
			to.Confirm = p.say(*a.Confirm)
		}
		out = append(out, to)
	}
	return out
}

func (p reader) options(in []flow.Option) []Option {
	if len(in) == 0 {
		return nil
	}
	out := make([]Option, len(in))
	for i, o := range in {
		out[i] = Option{Value: o.Value, Label: p.say(o.Label), On: o.On}
	}
	return out
}

// sentence says lines on one line.
func (p reader) sentence(lines []flow.Line) string {
	said := make([]string, len(lines))
	for i, l := range lines {
		said[i] = p.say(l)
	}
	return strings.Join(said, " ")
}

// textOf is what paragraphs and headings say, as text.
func textOf(blocks []Block) string {
	if len(blocks) == 1 {
		return blocks[0].Text
	}
	said := make([]string, 0, len(blocks))
	for _, b := range blocks {
		if b.Text != "" {
			said = append(said, b.Text)
		}
	}
	return strings.Join(said, "\n\n")
}

// plain drops blocks that say no more than Text does.
func plain(m Message) Message {
	for _, b := range m.Blocks {
		if b.Kind != Paragraph || b.Tone != Plain {
			return m
		}
	}
	m.Blocks = nil
	return m
}

// firstLines is the beginning of a pasted table.
func firstLines(s string, n int) string {
	lines := strings.SplitN(s, "\n", n+1)
	if len(lines) > n {
		lines[n] = "…"
	}
	return strings.Join(lines, "\n")
}
