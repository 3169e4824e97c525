package slack

import (
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"unicode/utf8"

	"github.com/slack-go/slack"
)

// encodeBlocks writes blocks as JSON, as json.Marshal would, in a third of its time: slack-go's types write themselves piece by piece, and
// each piece is then read again by the one around it. What is not written here, because messages seldom have it, json.Marshal writes.
//
// The caller gives the encoder, whose out they are, back to sheets when nobody reads them any more.
func encodeBlocks(blocks []slack.Block) *encoder {
	e := sheets.Get().(*encoder)
	e.out, e.err = append(e.out[:0], '['), nil
	for i, b := range blocks {
		e.comma(i)
		e.block(b)
	}
	e.raw("]")
	return e
}

// sheets are to write blocks on, again and again.
var sheets = sync.Pool{New: func() any { return &encoder{out: make([]byte, 0, 4096)} }}

// largestSheet is how much of one may be kept for the next message.
const largestSheet = 1 << 16

// done gives back what the blocks were written on. Nobody may read d.json any more.
func (d *drawing) done() {
	if d.sheet != nil && cap(d.sheet.out) <= largestSheet {
		sheets.Put(d.sheet)
	}
	d.sheet, d.json = nil, nil
}

type encoder struct {
	out []byte
	err error
}

func (e *encoder) raw(s string) { e.out = append(e.out, s...) }

func (e *encoder) comma(i int) {
	if i > 0 {
		e.out = append(e.out, ',')
	}
}

// field writes a string under a name, with what stands before it.
func (e *encoder) field(before, s string) {
	e.raw(before)
	e.text(s)
}

// optional writes a field unless it is empty.
func (e *encoder) optional(before, s string) {
	if s != "" {
		e.field(before, s)
	}
}

func (e *encoder) other(v any) {
	data, err := json.Marshal(v)
	if err != nil && e.err == nil {
		e.err = fmt.Errorf("slack: write blocks: %w", err)
	}
	e.out = append(e.out, data...)
}

func (e *encoder) block(b slack.Block) {
	switch b := b.(type) {
	case *slack.HeaderBlock:
		e.field(`{"type":`, string(b.Type))
		e.object(`,"text":`, b.Text)
	case *slack.RichTextBlock:
		e.field(`{"type":`, string(b.Type))
		e.raw(`,"elements":[`)
		for i, x := range b.Elements {
			e.comma(i)
			e.rich(x)
		}
		e.raw(`]`)
	case *slack.ContextBlock:
		e.field(`{"type":`, string(b.Type))
		e.raw(`,"elements":[`)
		for i, x := range b.ContextElements.Elements {
			e.comma(i)
			if t, ok := x.(*slack.TextBlockObject); ok {
				e.object("", t)
			} else {
				e.other(x)
			}
		}
		e.raw(`]`)
	case *slack.ActionBlock:
		e.field(`{"type":`, string(b.Type))
		e.raw(`,"elements":[`)
		for i, x := range b.Elements.ElementSet {
			e.comma(i)
			e.element(x)
		}
		e.raw(`]`)
	default:
		e.other(b)
		return
	}
	e.optional(`,"block_id":`, b.ID())
	e.raw(`}`)
}

func (e *encoder) rich(x slack.RichTextElement) {
	switch x := x.(type) {
	case *slack.RichTextSection:
		e.field(`{"type":`, string(x.Type))
		e.section(x.Elements)
		e.raw(`}`)
	case *slack.RichTextList:
		e.field(`{"type":`, string(x.Type))
		e.raw(`,"elements":[`)
		for i, y := range x.Elements {
			e.comma(i)
			e.rich(y)
		}
		e.field(`],"style":`, string(x.Style))
		for i, n := range []int{x.Indent, x.Border, x.Offset} {
			e.raw([]string{`,"indent":`, `,"border":`, `,"offset":`}[i])
			e.out = strconv.AppendInt(e.out, int64(n), 10)
		}
		e.raw(`}`)
	default:
		e.other(x)
	}
}

func (e *encoder) section(elements []slack.RichTextSectionElement) {
	e.raw(`,"elements":[`)
	for i, x := range elements {
		e.comma(i)
		t, ok := x.(*slack.RichTextSectionTextElement)
		if !ok {
			e.other(x)
			continue
		}
		e.field(`{"type":`, string(t.Type))
		e.field(`,"text":`, t.Text)
		switch {
		case t.Style == nil:
		case *t.Style == slack.RichTextSectionTextStyle{Bold: true}:
			e.raw(`,"style":{"bold":true}`)
		default:
			e.raw(`,"style":`)
			e.other(t.Style)
		}
		e.raw(`}`)
	}
	e.raw(`]`)
}

func (e *encoder) element(x slack.BlockElement) {
	b, ok := x.(*slack.ButtonBlockElement)
	if !ok || b.AccessibilityLabel != "" || b.AgentPrompt != "" || b.AgentPromptDisplay != "" || len(b.VisibleToUserIDs) > 0 {
		e.choice(x)
		return
	}
	e.field(`{"type":`, string(b.Type))
	e.object(`,"text":`, b.Text)
	e.optional(`,"action_id":`, b.ActionID)
	e.optional(`,"url":`, b.URL)
	e.optional(`,"value":`, b.Value)
	if b.Confirm != nil {
		e.raw(`,"confirm":`)
		e.other(b.Confirm)
	}
	e.optional(`,"style":`, string(b.Style))
	e.raw(`}`)
}

// choice writes a select of options that are all there, or whatever else it is.
func (e *encoder) choice(x slack.BlockElement) {
	s, ok := x.(*slack.SelectBlockElement)
	if !ok || s.Type != slack.OptTypeStatic || s.OptionGroups != nil || s.Filter != nil || s.MinQueryLength != nil || s.Confirm != nil || s.FocusOnLoad {
		e.other(x)
		return
	}
	e.field(`{"type":`, s.Type)
	e.object(`,"placeholder":`, s.Placeholder)
	e.optional(`,"action_id":`, s.ActionID)
	for i, o := range s.Options {
		e.raw([]string{`,"options":[`, `,`}[min(i, 1)])
		e.option(o)
	}
	if len(s.Options) > 0 {
		e.raw(`]`)
	}
	if s.InitialOption != nil {
		e.raw(`,"initial_option":`)
		e.option(s.InitialOption)
	}
	e.raw(`}`)
}

func (e *encoder) option(o *slack.OptionBlockObject) {
	e.object(`{"text":`, o.Text)
	e.field(`,"value":`, o.Value)
	if o.Description != nil {
		e.object(`,"description":`, o.Description)
	}
	e.optional(`,"url":`, o.URL)
	e.raw(`}`)
}

// object writes a text object under a name, with what stands before it; nothing when there is none.
func (e *encoder) object(before string, t *slack.TextBlockObject) {
	if t == nil {
		return
	}
	e.raw(before)
	e.field(`{"type":`, t.Type)
	e.field(`,"text":`, t.Text)
	if t.Emoji != nil {
		e.raw(`,"emoji":` + strconv.FormatBool(*t.Emoji))
	}
	if t.Verbatim {
		e.raw(`,"verbatim":true`)
	}
	e.raw(`}`)
}

// text writes a string.
func (e *encoder) text(s string) { e.out = appendText(e.out, s) }

const digits = "0123456789abcdef"

// appendText appends a string as JSON. What is no UTF-8 becomes U+FFFD.
func appendText(out []byte, s string) []byte {
	out = append(out, '"')
	from := 0
	for i := 0; i < len(s); {
		c := s[i]
		switch {
		case c == '"' || c == '\\':
			out = append(append(out, s[from:i]...), '\\', c)
		case c == '\n':
			out = append(append(out, s[from:i]...), '\\', 'n')
		case c < ' ':
			out = append(append(out, s[from:i]...), '\\', 'u', '0', '0', digits[c>>4], digits[c&15])
		case c < utf8.RuneSelf:
			i++
			continue
		default:
			r, size := utf8.DecodeRuneInString(s[i:])
			if r != utf8.RuneError || size > 1 {
				i += size
				continue
			}
			out = append(append(out, s[from:i]...), "\uFFFD"...)
		}
		i++
		from = i
	}
	return append(append(out, s[from:]...), '"')
}
