package transcript

import (
	"fmt"
	"strings"

	"xiaobao/bot"
	"xiaobao/bot/flow"
)

// traceOf names the messages an effect says, without their words.
func traceOf(e flow.Effect) []string {
	var out []string
	lines := func(kind string, ls ...flow.Line) {
		for _, l := range ls {
			out = append(out, kind+" "+l.ID)
		}
	}
	switch e := e.(type) {
	case flow.Speak:
		lines("speak", e.Lines...)
	case flow.Ask:
		lines("ask", append(e.Lead, e.Question...)...)
	case flow.Show:
		lines("show", e.Sheet.Title)
	case flow.Explain:
		out = append(out, "explain "+e.Entry)
	case flow.Call:
		out = append(out, "call "+e.Name)
	}
	return out
}

// show writes a message and remembers what can be pressed on it.
func (s *session) show(e flow.Effect) {
	if sp, ok := e.(flow.Spine); ok && sp.Redraw {
		return // it only tidies up a card that is there already
	}
	_, m, ok := bot.Render(s.Words, s.Library, e)
	if !ok {
		return
	}
	if _, ok := e.(flow.Ask); ok {
		s.token, s.form = m.Key, m.Form
		s.actions = append([]bot.Action(nil), m.Actions...)
		if m.Form != nil {
			s.token = m.Form.Token
		}
	} else {
		s.actions = append(s.actions, m.Actions...)
		s.actions = s.actions[max(0, len(s.actions)-60):]
	}
	if sp, ok := e.(flow.Spine); ok {
		s.line1(spineText(sp))
		s.buttons(m.Actions)
		return
	}
	if len(m.Blocks) == 0 {
		s.paragraph(m.Text, "")
	}
	for _, b := range m.Blocks {
		s.block(b)
	}
	if m.Form != nil {
		for _, f := range m.Form.Fields {
			s.field(f)
		}
		s.line1("[" + m.Form.Send + "]")
	}
	s.buttons(m.Actions)
}

// write writes what became of a card, when it holds an answer.
func (s *session) write(c flow.Close) {
	_, m, ok := bot.Render(s.Words, s.Library, c)
	if !ok {
		return
	}
	for _, b := range m.Blocks {
		for _, f := range b.Facts {
			s.line1("✓ " + f.Label + ": " + f.Value)
		}
	}
}

func (s *session) line1(text string) { s.out.WriteString("  " + text + "\n") }

func (s *session) paragraph(text, mark string) {
	for l := range strings.SplitSeq(text, "\n") {
		s.line1(mark + l)
	}
}

var marks = map[bot.Mark]string{bot.NoMark: "-", bot.Open: "[ ]", bot.Done: "[x]", bot.Missing: "[!]", bot.Active: "[>]", bot.Waiting: "[~]", bot.Skipped: "[-]"}

func (s *session) block(b bot.Block) {
	switch b.Kind {
	case bot.Heading:
		s.line1("# " + b.Text)
	case bot.Paragraph:
		mark := map[bot.Tone]string{bot.Warn: "! ", bot.Bad: "!! ", bot.Good: "√ "}[b.Tone]
		s.paragraph(b.Text, mark)
	case bot.Facts:
		for _, f := range b.Facts {
			s.line1("  " + f.Label + ": " + f.Value)
		}
	case bot.List, bot.Progress:
		for _, i := range b.Items {
			s.line1(marks[i.Mark] + " " + i.Text)
		}
	case bot.Grid:
		s.line1("| " + strings.Join(b.Table.Head, " | "))
		for _, r := range b.Table.Rows {
			s.line1("| " + strings.Join(r, " | "))
		}
	case bot.Paste:
		s.paragraph(b.Text, "» ")
	case bot.Note:
		s.line1("(" + strings.ReplaceAll(b.Text, "\n", " ⏎ ") + ")")
	case bot.Attached:
		s.line1("📎 " + b.File.Name)
	case bot.Picture:
		s.paragraph(b.Text, "▦ ")
	}
}

func (s *session) field(f bot.Field) {
	text := "_" + f.Label + "_"
	if f.Value != "" {
		text += " = " + strings.ReplaceAll(f.Value, "\n", " / ")
	}
	if len(f.Options) > 0 {
		var labels []string
		for _, o := range f.Options {
			labels = append(labels, o.Label)
		}
		text += " {" + strings.Join(labels, " / ") + "}"
	}
	if f.Help != "" {
		text += " – " + f.Help
	}
	s.line1(text)
	if f.Fault != "" {
		s.line1("  ! " + f.Fault)
	}
}

// buttons writes the buttons of a message on one line; the quiet ones, which are always the same, are left out.
func (s *session) buttons(actions []bot.Action) {
	var out []string
	for _, a := range actions {
		switch {
		case a.Style == bot.Quiet:
		case len(a.Options) > 0:
			var labels []string
			for _, o := range a.Options {
				labels = append(labels, o.Label)
			}
			out = append(out, "{"+strings.Join(labels, " / ")+"}")
		default:
			out = append(out, "["+a.Label+"]")
		}
	}
	if len(out) > 0 {
		s.line1(strings.Join(out, " "))
	}
}

func spineText(sp flow.Spine) string {
	var b strings.Builder
	for _, st := range sp.Steps {
		b.WriteString(map[flow.Status]string{flow.NotStarted: "○", flow.Active: "▶", flow.Waiting: "◔", flow.Finished: "●", flow.Skipped: "–"}[st.Status])
	}
	return fmt.Sprintf("(%s)", b.String())
}
