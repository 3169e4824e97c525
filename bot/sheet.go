package bot

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"

	"xiaobao/bot/flow"
)

func (p reader) show(e flow.Show) Message {
	m := p.message()
	m.Blocks = p.sheetBlocks(e.Sheet)
	if len(e.Files) > 0 {
		m.Blocks = p.shortened(m.Blocks)
	}
	m.Text = p.say(e.Sheet.Title)
	for _, form := range e.Files {
		if d, ok := p.document(e.Sheet, form); ok {
			m.Blocks = append(m.Blocks, Block{Kind: Attached, File: &d})
		}
	}
	m.Actions = p.actions(nil, e.Actions)
	return m
}

// mostRows is how many rows of a table are shown in the chat when a file has them all.
const mostRows = 20

// shortened leaves the rest of long tables to the file.
func (p reader) shortened(blocks []Block) []Block {
	var out []Block
	for _, b := range blocks {
		if b.Kind != Grid || len(b.Table.Rows) <= mostRows+5 {
			out = append(out, b)
			continue
		}
		t := *b.Table
		left := len(t.Rows) - mostRows
		t.Rows = t.Rows[:mostRows]
		b.Table = &t
		out = append(out, b, Block{Kind: Note, Text: p.ui("more_rows", flow.Number("Count", strconv.Itoa(left)))})
	}
	return out
}

// sheetBlocks shows a sheet in the chat.
func (p reader) sheetBlocks(s flow.Sheet) []Block {
	b := []Block{{Kind: Heading, Text: p.say(s.Title)}}
	for _, part := range s.Parts {
		if part.Heading != nil {
			b = append(b, Block{Kind: Heading, Text: p.say(*part.Heading)})
		}
		b = p.paragraphs(b, part.Text, Plain)
		b = p.facts(b, part.Facts)
		b = p.list(b, part.Items)
		if part.Table != nil {
			b = append(b, Block{Kind: Grid, Table: p.table(*part.Table)})
		}
		if text := p.in(part).paste(part); text != "" {
			b = append(b, Block{Kind: Paste, Text: text})
		}
	}
	return p.sources(b, s.Sources)
}

// in is the reader in the language a part is written in: what is pasted into Amazon's pages may have to be English.
func (p reader) in(part flow.Part) reader {
	if part.English {
		p.to.Lang = "en"
	}
	return p
}

func (p reader) paste(part flow.Part) string {
	var b strings.Builder
	for i, l := range part.Paste {
		text := p.say(l)
		switch {
		case i == 0:
		case strings.HasPrefix(text, "- "): // the items of a list stay together
			b.WriteString("\n")
		default:
			b.WriteString("\n\n")
		}
		b.WriteString(text)
	}
	return b.String()
}

func (p reader) table(t flow.Table) *Table {
	out := &Table{Head: p.row(t.Head)}
	for _, r := range t.Rows {
		out.Rows = append(out.Rows, p.row(r))
	}
	return out
}

func (p reader) row(cells []flow.Line) []string {
	out := make([]string, len(cells))
	for i, c := range cells {
		if c.ID != "" {
			out[i] = p.say(c)
		}
	}
	return out
}

// document writes a sheet as a file: "md" for people, "csv" for Excel, "json" for programs. False when the sheet has
// nothing of that kind.
func (p reader) document(s flow.Sheet, form string) (Document, bool) {
	d := Document{Name: documentName(s, form), Note: p.say(s.Title)}
	switch form {
	case "md":
		d.Type, d.Data = "text/markdown; charset=utf-8", p.markdown(s)
	case "csv":
		d.Type, d.Data = "text/csv; charset=utf-8", p.csv(s)
	case "json":
		d.Type, d.Data = "application/json", jsonOf(s)
	}
	return d, len(d.Data) > 0
}

// documentName is plain ASCII and sorts by step: "03-application-summary.md".
func documentName(s flow.Sheet, form string) string {
	_, name, ok := strings.Cut(s.ID, ".")
	if !ok {
		name = s.ID
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%02d-", s.Step)
	for _, r := range strings.ToLower(name) {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			b.WriteRune(r)
		} else if b.Len() > 0 {
			b.WriteByte('-')
		}
	}
	return strings.TrimRight(b.String(), "-") + "." + form
}

// markdown writes a sheet as text that is readable as it is. For a reader of another language the headings are in English
// too, because the file may be handed on to somebody who reads only that.
func (p reader) markdown(s flow.Sheet) []byte {
	var b bytes.Buffer
	both := func(l flow.Line) string {
		own := p.say(l)
		if p.to.Lang == "en" {
			return inline(own)
		}
		english := p.words.Say("en", p.to.Zone, l)
		if english == own {
			return inline(own)
		}
		return inline(p.ui("bilingual", flow.Text("Text", own), flow.Text("Other", english)))
	}
	fmt.Fprintf(&b, "# %s\n\n", both(s.Title))
	for _, part := range s.Parts {
		if part.Heading != nil {
			fmt.Fprintf(&b, "## %s\n\n", both(*part.Heading))
		}
		for _, l := range part.Text {
			fmt.Fprintf(&b, "%s\n\n", inline(p.say(l)))
		}
		p.markdownPart(&b, part)
	}
	for _, n := range p.sources(nil, s.Sources) {
		if n.Link != "" {
			fmt.Fprintf(&b, "- %s <%s>\n", inline(n.Text), n.Link)
		} else {
			fmt.Fprintf(&b, "- %s\n", inline(n.Text))
		}
	}
	fmt.Fprintf(&b, "\n---\n\n%s\n\n%s\n", p.ui("made", flow.Time("Time", s.Made)), p.ui("unofficial"))
	return b.Bytes()
}

func (p reader) markdownPart(b *bytes.Buffer, part flow.Part) {
	for _, block := range p.list(p.facts(nil, part.Facts), part.Items) {
		for _, f := range block.Facts {
			fmt.Fprintf(b, "- **%s**: %s\n", inline(f.Label), inline(f.Value))
		}
		for _, i := range block.Items {
			switch i.Mark {
			case NoMark:
				fmt.Fprintf(b, "- %s\n", inline(i.Text))
			case Done:
				fmt.Fprintf(b, "- [x] %s\n", inline(i.Text))
			default:
				fmt.Fprintf(b, "- [ ] %s\n", inline(i.Text))
			}
		}
		b.WriteByte('\n')
	}
	if part.Table != nil {
		t := p.table(*part.Table)
		row := func(cells []string) {
			for _, c := range cells {
				fmt.Fprintf(b, "| %s ", strings.ReplaceAll(inline(c), "|", `\|`))
			}
			b.WriteString("|\n")
		}
		row(t.Head)
		b.WriteString(strings.Repeat("| --- ", len(t.Head)) + "|\n")
		for _, r := range t.Rows {
			row(r)
		}
		b.WriteByte('\n')
	}
	if text := p.in(part).paste(part); text != "" {
		fence := "```"
		for strings.Contains(text, fence) {
			fence += "`"
		}
		fmt.Fprintf(b, "%s\n%s\n%s\n\n", fence, text, fence)
	}
	if len(part.Data) > 0 {
		fmt.Fprintf(b, "```json\n%s\n```\n\n", indented(part.Data))
	}
}

var markdownData = strings.NewReplacer("\r", " ", "<", "&lt;", "[", `\[`, "]", `\]`, "`", "\\`", "*", `\*`)

// inline makes text safe inside a line of Markdown: what somebody typed stays text.
func inline(s string) string { return markdownData.Replace(s) }

// csv writes the sheet's tables (or, when it has none, its facts) as RFC 4180 with a byte order mark, without which Excel
// reads Chinese wrongly.
func (p reader) csv(s flow.Sheet) []byte {
	var b bytes.Buffer
	line := func(cells ...string) {
		if b.Len() == 0 {
			b.WriteString("\ufeff")
		}
		for i, c := range cells {
			if i > 0 {
				b.WriteByte(',')
			}
			b.WriteString(csvCell(c))
		}
		b.WriteString("\r\n")
	}
	for _, part := range s.Parts {
		if part.Table == nil {
			continue
		}
		t := p.table(*part.Table)
		if b.Len() > 0 {
			line("")
		}
		line(t.Head...)
		for _, r := range t.Rows {
			line(r...)
		}
	}
	if b.Len() > 0 {
		return b.Bytes()
	}
	for _, part := range s.Parts {
		for _, block := range p.facts(nil, part.Facts) {
			for _, f := range block.Facts {
				line(f.Label, f.Value)
			}
		}
	}
	return b.Bytes()
}

// csvCell quotes a cell, and keeps a spreadsheet from taking what somebody typed for a formula.
func csvCell(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) && !isNumber(s) {
		s = "'" + s
	}
	if strings.ContainsAny(s, ",\"\r\n") {
		return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
	}
	return s
}

func isNumber(s string) bool {
	s = strings.TrimLeft(s, "+-")
	if s == "" || len(s) > 30 {
		return false
	}
	for _, r := range s {
		if (r < '0' || r > '9') && r != '.' {
			return false
		}
	}
	return true
}

// jsonOf is the sheet's data; several parts with data become a list.
func jsonOf(s flow.Sheet) []byte {
	var all []json.RawMessage
	for _, part := range s.Parts {
		if len(part.Data) > 0 {
			all = append(all, part.Data)
		}
	}
	switch len(all) {
	case 0:
		return nil
	case 1:
		return append(indented(all[0]), '\n')
	}
	list, err := json.Marshal(all)
	if err != nil {
		return nil
	}
	return append(indented(list), '\n')
}

func indented(data []byte) []byte {
	var b bytes.Buffer
	if json.Indent(&b, data, "", "  ") != nil {
		return data
	}
	return b.Bytes()
}
