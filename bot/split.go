package bot

import (
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/rivo/uniseg"

	"xiaobao/bot/flow"
)

// split cuts a message that is too long into several, and turns blocks into text where a place has none. The last part
// has the actions and the card's key; the parts before it have keys of their own, so that an edited card stays one card.
func (f *fitter) split() []Message {
	limit := f.c.Text
	if !f.c.Blocks {
		if f.m.Blocks != nil {
			f.take("text")
			f.m.Text = f.flatten()
			f.m.Blocks = nil
		}
		if limit == 0 || utf8.RuneCountInString(f.m.Text) <= limit {
			return []Message{f.m}
		}
		f.take("split")
		return f.number(SplitText(f.m.Text, limit), nil)
	}
	if limit == 0 {
		return []Message{f.m}
	}
	if f.m.Blocks == nil {
		if utf8.RuneCountInString(f.m.Text) <= limit {
			return []Message{f.m}
		}
		parts := SplitText(f.m.Text, limit)
		if len(parts) > mostParts && f.c.Files > 0 {
			whole := f.m.Text
			f.m.Text = SplitText(whole, limit*3/4)[0] // room for what else must be said
			return f.whole(whole, []Block{{Kind: Paragraph, Text: f.m.Text}}, nil)
		}
		f.take("split")
		return f.number(parts, nil)
	}
	f.m.Text = cutRunes(f.m.Text, limit)
	groups := f.group(f.m.Blocks, limit)
	if len(groups) <= 1 {
		return []Message{f.m}
	}
	if len(groups) > mostParts && f.c.Files > 0 {
		groups = f.group(f.m.Blocks, limit*3/4) // room for what else must be said
		return f.whole(f.flatten(), groups[0], groups[1:])
	}
	f.take("split")
	texts := make([]string, len(groups))
	for i, g := range groups {
		texts[i] = f.m.Text
		if i > 0 {
			texts[i] = cutRunes(Flatten(g), limit)
		}
	}
	return f.number(texts, groups)
}

// mostParts is how many messages one may become; what is longer is a file.
const mostParts = 20

// whole shows the beginning of a message that is very long, and hands over all of it as a file. Files that came with it come still.
func (f *fitter) whole(text string, begin []Block, rest [][]Block) []Message {
	f.take("text-file")
	const name = "message.txt"
	blocks := append(begin[:len(begin):len(begin)], Block{Kind: Note, Text: f.ui("long_file", flow.Text("Name", name))})
	for _, group := range rest {
		for _, b := range group {
			if b.Kind == Attached {
				blocks = append(blocks, b)
			}
		}
	}
	data := []byte(text)
	if f.c.Files > 0 && len(data) > f.c.Files {
		data = []byte(cutRunes(text, f.c.Files/utf8.UTFMax))
	}
	f.m.Blocks = append(blocks, Block{Kind: Attached, File: &Document{Name: name, Type: "text/plain; charset=utf-8", Data: data}})
	return []Message{f.m}
}

// flatten is all a message says, as text. Files stay: a place without blocks may still take files.
func (f *fitter) flatten() string { return Flatten(f.m.Blocks) }

func (f *fitter) number(texts []string, groups [][]Block) []Message {
	out := make([]Message, len(texts))
	for i := range texts {
		m := f.m
		m.Text, m.Blocks = texts[i], nil
		if groups != nil {
			m.Blocks = groups[i]
		}
		if i < len(texts)-1 {
			m.Actions, m.Form, m.Expect, m.How = nil, nil, Nothing, false
			if m.Key != "" {
				m.Key += "/" + strconv.Itoa(i+1)
			}
		}
		if i > 0 {
			m.Notify = Silent
		}
		out[i] = m
	}
	return out
}

// group gathers blocks into groups of at most limit characters; a block that is longer is cut.
func (f *fitter) group(blocks []Block, limit int) [][]Block {
	var out [][]Block
	var now []Block
	size := 0
	for _, b := range blocks {
		for _, piece := range cutBlock(b, limit) {
			var raw strings.Builder // with the white space at its ends, which counts between other blocks
			flattenBlock(&raw, piece)
			n := utf8.RuneCountInString(raw.String()) + 2
			if size > 0 && size+n > limit+2 {
				out = append(out, now)
				now, size = nil, 0
			}
			now, size = append(now, piece), size+n
		}
	}
	if len(now) > 0 {
		out = append(out, now)
	}
	return out
}

// cutBlock cuts one block into pieces of at most limit characters.
func cutBlock(b Block, limit int) []Block {
	if utf8.RuneCountInString(Flatten([]Block{b})) <= limit {
		return []Block{b}
	}
	var out []Block
	half := func(n int, part func(from, to int) Block) []Block {
		if n < 2 {
			return textPieces(Flatten([]Block{b}), b, limit)
		}
		return append(cutBlock(part(0, n/2), limit), cutBlock(part(n/2, n), limit)...)
	}
	switch b.Kind {
	case Facts:
		out = half(len(b.Facts), func(i, j int) Block { p := b; p.Facts = b.Facts[i:j]; return p })
	case List, Progress:
		out = half(len(b.Items), func(i, j int) Block { p := b; p.Items = b.Items[i:j]; return p })
	case Grid:
		out = half(len(b.Table.Rows), func(i, j int) Block {
			p, t := b, *b.Table
			t.Rows = t.Rows[i:j]
			p.Table = &t
			return p
		})
	case Attached, Picture:
		out = []Block{b}
	default:
		out = textPieces(b.Text, b, limit)
	}
	return out
}

func textPieces(text string, b Block, limit int) []Block {
	kind := b.Kind
	switch kind {
	case Facts, List, Progress, Grid:
		kind = Paragraph
	}
	var out []Block
	for _, t := range SplitText(text, limit) {
		out = append(out, Block{Kind: kind, Text: t, Tone: b.Tone, Link: b.Link})
	}
	return out
}

// SplitText cuts a text into parts of at most limit characters: between paragraphs where it can, else between lines,
// sentences, words, and at last between graphemes. Nothing but white space at the cuts is lost.
func SplitText(text string, limit int) []string {
	var out []string
	text = strings.TrimSpace(text)
	for utf8.RuneCountInString(text) > limit {
		end := byteOf(text, limit)
		cut := bestCut(text, end)
		if head := strings.TrimRight(text[:cut], " \n\t"); head != "" {
			out = append(out, head)
		}
		text = strings.TrimLeft(text[cut:], " \n\t")
	}
	if text != "" || len(out) == 0 {
		out = append(out, text)
	}
	return out
}

// byteOf is where the nth rune of s begins.
func byteOf(s string, n int) int {
	for i := range s {
		if n == 0 {
			return i
		}
		n--
	}
	return len(s)
}

// bestCut finds the best place to cut text at or before end, not in the first third unless there is no other.
func bestCut(text string, end int) int {
	head := text[:end]
	least := end / 3
	for _, at := range []int{
		strings.LastIndex(head, "\n\n"), strings.LastIndex(head, "\n"), lastSentence(head), strings.LastIndex(head, " "),
	} {
		if at > least {
			return at
		}
	}
	at, rest, state := 0, text, -1
	for len(rest) > 0 {
		var g string
		g, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		if at+len(g) > end {
			break
		}
		at += len(g)
	}
	if at == 0 {
		return end // one grapheme longer than a whole message: nobody wrote that to be read
	}
	return at
}

func lastSentence(s string) int {
	best := -1
	for _, stop := range []string{"。", "！", "？", "；", ". ", "? ", "! ", "; "} {
		if i := strings.LastIndex(s, stop); i >= 0 && i+len(stop) > best {
			best = i + len(stop)
		}
	}
	return best
}

// cutRunes cuts a text to at most limit characters, never in a grapheme.
func cutRunes(s string, limit int) string {
	if limit <= 0 || utf8.RuneCountInString(s) <= limit {
		return s
	}
	head := s[:bestCut(s, byteOf(s, max(limit-1, 1)))]
	return strings.TrimRight(head, " \n\t") + "…"
}

// Shorten cuts a label to at most n graphemes; what was cut shows as …. n of 0 is no limit.
func Shorten(s string, n int) string {
	if n <= 0 || len(s) <= n || uniseg.GraphemeClusterCount(s) <= n {
		return s
	}
	at, rest, state := 0, s, -1
	for range n - 1 {
		var g string
		g, rest, _, state = uniseg.FirstGraphemeClusterInString(rest, state)
		at += len(g)
	}
	return strings.TrimRight(s[:at], " ") + "…"
}

// Flatten is what blocks say, as text alone: what a network without blocks shows, and what a screen reader reads.
func Flatten(blocks []Block) string {
	var b strings.Builder
	for i, block := range blocks {
		if i > 0 && b.Len() > 0 {
			b.WriteString("\n\n")
		}
		flattenBlock(&b, block)
	}
	return strings.TrimSpace(b.String())
}

func flattenBlock(b *strings.Builder, block Block) {
	switch block.Kind {
	case Facts:
		for i, f := range block.Facts {
			newline(b, i)
			b.WriteString(f.Label + ": " + f.Value)
		}
	case List, Progress:
		for i, item := range block.Items {
			newline(b, i)
			b.WriteString(sign(block.Kind, item.Mark) + item.Text)
		}
	case Grid:
		if block.Table == nil {
			return
		}
		for i, row := range block.Table.Rows {
			newline(b, i)
			for j, cell := range row {
				if j > 0 {
					b.WriteString("; ")
				}
				if j < len(block.Table.Head) && block.Table.Head[j] != "" {
					b.WriteString(block.Table.Head[j] + ": ")
				}
				b.WriteString(cell)
			}
		}
	case Attached:
		if block.File != nil {
			b.WriteString(join(" – ", block.File.Name, block.File.Note))
		}
	case Divider:
		b.WriteString("———")
	case Note:
		b.WriteString(join(" ", block.Text, block.Link))
	default:
		b.WriteString(block.Text)
	}
}

func newline(b *strings.Builder, i int) {
	if i > 0 {
		b.WriteByte('\n')
	}
}

// sign is a mark in characters every font has.
func sign(k Kind, m Mark) string {
	switch m {
	case Done:
		return "[x] "
	case Active:
		return "[>] "
	case Waiting:
		return "[…] "
	case Skipped:
		return "[-] "
	case Missing:
		return "[!] "
	case Open:
		return "[ ] "
	}
	if k == Progress {
		return "[ ] "
	}
	return "• "
}
