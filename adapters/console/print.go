package console

import (
	"strings"
	"unicode"

	"github.com/rivo/uniseg"

	"xiaobao/bot"
)

// A printer writes one message as text for a terminal.
type printer struct {
	strings.Builder
	color bool
	width int // 0: as wide as it comes
	save  func(bot.Document) (string, error)
}

const (
	bold   = "1"
	dim    = "2"
	red    = "31"
	green  = "32"
	yellow = "33"
	cyan   = "36"
)

func (p *printer) message(m bot.Message) error {
	p.WriteByte('\n')
	if len(m.Blocks) == 0 {
		p.wrapped("", "", m.Text, "")
	}
	for i, b := range m.Blocks {
		if i > 0 && apart(m.Blocks[i-1].Kind, b.Kind) {
			p.WriteByte('\n')
		}
		if err := p.block(b); err != nil {
			return err
		}
	}
	return nil
}

// apart says whether a blank line stands between two blocks.
func apart(before, after bot.Kind) bool {
	return before != bot.Heading && !(before == bot.Note && after == bot.Note) && !(before == bot.Attached && after == bot.Attached)
}

func (p *printer) block(b bot.Block) error {
	switch b.Kind {
	case bot.Heading:
		p.wrapped("", "", b.Text, bold)
	case bot.Facts:
		p.facts(b.Facts)
	case bot.List, bot.Progress:
		for _, i := range b.Items {
			sign, style := mark(i.Mark)
			p.wrapped(p.paint(sign, style)+" ", "  ", i.Text, "")
		}
	case bot.Grid:
		if b.Table != nil {
			p.table(*b.Table)
		}
	case bot.Paste:
		for _, line := range strings.Split(safe(b.Text), "\n") {
			p.WriteString(p.paint("│ ", dim) + line + "\n")
		}
	case bot.Note:
		text := b.Text
		if b.Link != "" {
			text += " " + b.Link
		}
		p.wrapped("", "", text, dim)
	case bot.Attached:
		if b.File == nil {
			return nil
		}
		path, err := p.save(*b.File)
		if err != nil {
			return err
		}
		note := ""
		if b.File.Note != "" {
			note = "  " + p.paint(safe(b.File.Note), dim)
		}
		p.WriteString(p.paint("⇩ ", cyan) + safe(path) + note + "\n")
	case bot.Divider:
		p.WriteString(p.paint(strings.Repeat("─", 40), dim) + "\n")
	default:
		sign, style := tone(b.Tone)
		p.wrapped(sign, strings.Repeat(" ", uniseg.StringWidth(sign)), b.Text, style)
	}
	return nil
}

func tone(t bot.Tone) (sign, style string) {
	switch t {
	case bot.Good:
		return "✓ ", green
	case bot.Warn:
		return "! ", yellow
	case bot.Bad:
		return "✗ ", red
	}
	return "", ""
}

func mark(m bot.Mark) (sign, style string) {
	switch m {
	case bot.Done:
		return "✓", green
	case bot.Active:
		return "▸", cyan
	case bot.Waiting:
		return "…", yellow
	case bot.Skipped:
		return "–", dim
	case bot.Missing:
		return "!", yellow
	case bot.Open:
		return "○", dim
	}
	return "•", dim
}

func (p *printer) facts(facts []bot.Fact) {
	widest := 0
	for _, f := range facts {
		widest = max(widest, min(uniseg.StringWidth(safe(f.Label)), 28))
	}
	for _, f := range facts {
		label := safe(f.Label)
		pad := strings.Repeat(" ", max(widest-uniseg.StringWidth(label), 0))
		p.wrapped(p.paint(label, dim)+pad+"  ", strings.Repeat(" ", widest+2), f.Value, "")
	}
}

// table prints columns where they fit, else every row as lines of its own.
func (p *printer) table(t bot.Table) {
	widths := make([]int, len(t.Head))
	measure := func(row []string) {
		for i, c := range row {
			if i < len(widths) {
				widths[i] = max(widths[i], uniseg.StringWidth(safe(c)))
			}
		}
	}
	measure(t.Head)
	total := 0
	for _, r := range t.Rows {
		measure(r)
	}
	for _, w := range widths {
		total += w + 2
	}
	if p.width > 0 && total > p.width {
		for i, r := range t.Rows {
			if i > 0 {
				p.WriteByte('\n')
			}
			var facts []bot.Fact
			for j, c := range r {
				if j < len(t.Head) {
					facts = append(facts, bot.Fact{Label: t.Head[j], Value: c})
				}
			}
			p.facts(facts)
		}
		return
	}
	row := func(cells []string, style string) {
		line := ""
		for i, c := range cells {
			if i < len(widths) {
				c = safe(c)
				line += c + strings.Repeat(" ", widths[i]-uniseg.StringWidth(c)+2)
			}
		}
		p.WriteString(p.paint(strings.TrimRight(line, " "), style) + "\n")
	}
	row(t.Head, dim)
	for _, r := range t.Rows {
		row(r, "")
	}
}

// wrapped prints text with a lead before its first line and a margin before the others.
func (p *printer) wrapped(lead, margin, text, style string) {
	indent := lead
	for _, line := range strings.Split(safe(text), "\n") {
		for _, part := range p.fold(line, uniseg.StringWidth(margin)) {
			p.WriteString(indent + p.paint(part, style) + "\n")
			indent = margin
		}
	}
}

// fold breaks a line where Unicode lets it break: between words, and between Chinese characters but not before a stop.
func (p *printer) fold(line string, margin int) []string {
	room := p.width - margin
	if p.width <= 0 || room < 10 || uniseg.StringWidth(line) <= room {
		return []string{line}
	}
	var out []string
	now, state := "", -1
	for len(line) > 0 {
		var seg string
		seg, line, _, state = uniseg.FirstLineSegmentInString(line, state)
		if now != "" && uniseg.StringWidth(now)+uniseg.StringWidth(strings.TrimRight(seg, " ")) > room {
			out, now = append(out, strings.TrimRight(now, " ")), ""
		}
		now += seg
	}
	return append(out, strings.TrimRight(now, " "))
}

func (p *printer) paint(text, style string) string {
	if !p.color || style == "" || text == "" {
		return text
	}
	return "\x1b[" + style + "m" + text + "\x1b[0m"
}

// safe removes what could move the cursor, colour the screen or turn text around.
func safe(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Bidi_Control, r):
			return -1
		}
		return r
	}, s)
}
