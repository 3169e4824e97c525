package discord

import (
	"fmt"
	"slices"
	"strings"

	dg "github.com/bwmarrin/discordgo"

	"xiaobao/bot"
)

// A drawing is a message as Discord shows it.
type drawing struct {
	message
	files    []*bot.Document
	confirms map[string]string // what to ask before a button counts, by its custom_id
	shelf    map[string]string // custom ids that were too long, by the short ones that stand for them
	fallback string
}

// draw turns a fitted message into components. What is beyond Discord's limits is drawn once more as a classic message, and what is
// beyond them even then is an error.
func (w words) draw(m bot.Message, p bot.Place) (drawing, error) {
	d := newDrawer(w, m, p)
	out := d.draw()
	if len(out.faults()) == 0 {
		return out, nil
	}
	out = w.drawClassic(m, p)
	out.fallback = "classic"
	if faults := out.faults(); len(faults) > 0 {
		return out, fmt.Errorf("discord: a message beyond the limits: %s", strings.Join(faults, "; "))
	}
	return out, nil
}

type drawer struct {
	words
	m       bot.Message
	private bool
	shares  bool // others are in the room, and could be shown where things stand
	unheard bool // what is typed there does not reach us
	classic bool
	out     drawing
	text    strings.Builder // text that is not yet a component: neighbours become one, so that there are few
	body    []component
	rows    []component
	steps   []bot.Item // the ten steps, where they are shown
	color   int
	shown   []string // files that are pictures, and stand in the text
	prose   bool     // the last line was a paragraph's
}

func newDrawer(w words, m bot.Message, p bot.Place) *drawer {
	_, corner := parseCorner(p)
	return &drawer{words: w, m: m, private: private(p), shares: corner && p.Workspace != "", unheard: corner || !private(p)}
}

func (d *drawer) draw() drawing {
	d.addressee()
	d.blocks()
	if d.m.Form != nil {
		d.form(*d.m.Form)
	}
	d.stamp()
	d.how()
	d.actions()
	d.flush()
	d.attach()
	for _, f := range d.out.files[:min(len(d.out.files), mostFiles)] {
		if slices.Contains(d.shown, f.Name) {
			continue
		}
		d.body = append(d.body, component{Type: dg.FileComponentType, File: &media{"attachment://" + f.Name}})
	}
	if len(d.body) == 0 {
		d.body = []component{{Type: dg.TextDisplayComponent, Content: "…"}}
	}
	d.body = append(d.body, d.rows...)
	d.out.Flags |= flagComponentsV2
	d.out.Components = d.body
	if d.color != 0 {
		d.out.Components = []component{{Type: dg.ContainerComponent, AccentColor: d.color, Components: d.body}}
	}
	d.finish()
	return d.out
}

// stamp says who finished the card, and when: each reader's Discord says that in their zone and language.
func (d *drawer) stamp() {
	s := d.m.Done
	if s == nil || s.At.IsZero() {
		return
	}
	by := ""
	if name := strings.Join(strings.Fields(clean(s.By)), " "); name != "" {
		by = inline(bot.Shorten(name, 60)) + " · "
	}
	d.line(fmt.Sprintf("-# %s<t:%d:f>", by, s.At.Unix()))
}

// how says how something is said where what is typed is not heard.
func (d *drawer) how() {
	if d.m.How && d.unheard {
		d.small(d.say(d.m.Lang, "unheard"))
	}
}

// attach lists the files that go with the message.
func (d *drawer) attach() {
	if len(d.out.files) > 0 {
		d.out.Attached = attached(d.out.files[:min(len(d.out.files), mostFiles)])
	}
}

func attached(files []*bot.Document) *[]attachment {
	all := make([]attachment, len(files))
	for i, f := range files {
		all[i] = attachment{i, f.Name, cut(clean(f.Note), altText)}
	}
	return &all
}

// finish sets what is the same for every message that leaves.
func (d *drawer) finish() {
	d.out.Mentions.Parse = []string{}
	if d.m.Notify == bot.Silent {
		d.out.Flags |= flagSilent
	}
}

func (d *drawer) blocks() {
	for _, b := range d.m.Blocks {
		d.block(b)
	}
	if len(d.m.Blocks) == 0 {
		d.paragraph("", d.m.Text)
	}
}

// addressee says whom a message in a room with several people is for. Nobody is ever mentioned.
func (d *drawer) addressee() {
	if name := clean(d.m.ForName); !d.private && d.m.For != "" && name != "" {
		d.small("→ " + bot.Shorten(strings.ReplaceAll(name, "\n", " "), 60))
	}
}

var tones = map[bot.Tone]string{bot.Good: "✅ ", bot.Warn: "⚠️ ", bot.Bad: "❗ "}

// colors are the edge of a card; the words tell the same.
var colors = map[bot.Tone]int{bot.Good: 0x2e9e5b, bot.Warn: 0xe0a100, bot.Bad: 0xd64545}

// plainColor is the edge of a card without a tone.
const plainColor = 0x3b6ea5

var marks = map[bot.Mark]string{bot.Open: "☐ ", bot.Active: "▶️ ", bot.Waiting: "⏳ ", bot.Done: "✅ ", bot.Skipped: "➖ ", bot.Missing: "❗ "}

func (d *drawer) block(b bot.Block) {
	switch b.Kind {
	case bot.Heading:
		if text := strings.TrimSpace(strings.ReplaceAll(clean(b.Text), "\n", " ")); text != "" {
			d.line("### " + inline(text))
			d.tint(plainColor)
		}
	case bot.Facts:
		d.facts(b.Facts)
	case bot.List:
		d.list(b.Items)
	case bot.Progress:
		d.list(b.Items)
		d.steps = append(d.steps, b.Items...)
	case bot.Grid:
		if b.Table != nil {
			d.table(*b.Table)
		}
	case bot.Paste:
		if strings.TrimSpace(clean(b.Text)) != "" {
			d.line(fence(b.Text))
		}
	case bot.Note:
		d.note(b.Text, b.Link)
	case bot.Attached:
		if b.File != nil && len(b.File.Data) > 0 {
			d.out.files = append(d.out.files, b.File)
		}
	case bot.Picture:
		d.picture(b)
	case bot.Divider:
		d.divide()
	default: // a paragraph, or a kind that came later than this adapter
		d.paragraph(tones[b.Tone], b.Text)
		d.tint(colors[b.Tone])
	}
}

// tint gives the card an edge; a tone counts more than none.
func (d *drawer) tint(color int) {
	if color != 0 && (d.color == 0 || d.color == plainColor) {
		d.color = color
	}
}

func (d *drawer) line(s string) {
	d.prose = false
	if d.text.Len() > 0 {
		d.text.WriteByte('\n')
	}
	d.text.WriteString(s)
}

// picture shows a picture where it stands, with what it says as its description. In a classic message Discord shows it below.
func (d *drawer) picture(b bot.Block) {
	if b.File == nil || len(b.File.Data) == 0 || len(d.out.files) >= mostFiles {
		d.paragraph(tones[b.Tone], b.Text)
		return
	}
	title, _, _ := strings.Cut(clean(b.Text), "\n") // the rest of it can be read off the picture
	d.small(title)
	f := *b.File
	f.Note = cut(clean(b.Text), altText)
	d.out.files = append(d.out.files, &f)
	if d.classic {
		return
	}
	d.flush()
	d.body = append(d.body, component{Type: dg.MediaGalleryComponent, Items: []galleryItem{{media{"attachment://" + f.Name}, f.Note}}})
	d.shown = append(d.shown, f.Name)
}

// flush makes a component of the text so far.
func (d *drawer) flush() {
	if text := strings.Trim(d.text.String(), "\n"); text != "" {
		d.body = append(d.body, component{Type: dg.TextDisplayComponent, Content: text})
	}
	d.text.Reset()
}

func (d *drawer) divide() {
	if d.classic {
		d.line("———")
		return
	}
	d.flush()
	if yes := true; len(d.body) > 0 {
		d.body = append(d.body, component{Type: dg.SeparatorComponent, Divider: &yes, Spacing: 1})
	}
}

func (d *drawer) paragraph(prefix, text string) {
	if text = strings.TrimSpace(clean(text)); text == "" {
		return
	}
	if d.prose {
		d.line("") // paragraphs stand apart
	}
	d.line(prefix + escape(text))
	d.prose = true
}

// small is small print.
func (d *drawer) small(text string) {
	for l := range strings.SplitSeq(text, "\n") {
		if strings.TrimSpace(l) != "" {
			d.line("-# " + inline(l))
		}
	}
}

func (d *drawer) note(text, address string) {
	text = clean(text)
	if strings.TrimSpace(text) == "" {
		return
	}
	if l, ok := linked(text, address); ok {
		d.line("-# " + l)
		return
	}
	d.small(text)
}

func (d *drawer) facts(facts []bot.Fact) {
	colon := d.say(d.m.Lang, "colon")
	for _, f := range facts {
		label, value := strings.TrimRight(strings.Join(strings.Fields(clean(f.Label)), " "), ":： "), strings.TrimSpace(clean(f.Value))
		switch {
		case label == "" && value == "":
		case label == "":
			d.line(escape(value))
		default:
			space := colon[len(strings.TrimRight(colon, " ")):] // outside, or the stars would not count
			d.line("**" + inline(label+strings.TrimRight(colon, " ")) + "**" + space + inline(value))
		}
	}
}

func (d *drawer) list(items []bot.Item) {
	for _, i := range items {
		if strings.TrimSpace(clean(i.Text)) == "" {
			continue
		}
		mark := marks[i.Mark]
		if mark == "" {
			mark = "• "
		}
		d.line(mark + inline(strings.ReplaceAll(i.Text, "\n", " ")))
	}
}

// table is lines under the name of what each begins with: Discord has no tables, and a picture of one cannot be read aloud. Two columns read
// as "this: that", more of them are named in each line.
func (d *drawer) table(t bot.Table) {
	colon, comma := d.say(d.m.Lang, "colon"), d.say(d.m.Lang, "comma")
	oneLine := func(s string) string { return strings.Join(strings.Fields(clean(s)), " ") }
	head := make([]string, len(t.Head))
	for i, h := range t.Head {
		head[i] = oneLine(h)
	}
	pair := len(head) == 2
	switch {
	case len(t.Rows) == 0:
	case pair && head[0] != "" && head[1] != "":
		d.small(head[0] + colon + head[1])
	case len(head) > 0 && head[0] != "":
		d.small(head[0])
	}
	for _, row := range t.Rows {
		var cells []string
		for i, c := range row {
			c = oneLine(c)
			if c == "" {
				continue
			}
			if i > 0 && i < len(head) && head[i] != "" && !pair {
				c = head[i] + colon + c
			}
			cells = append(cells, inline(c))
		}
		between := comma
		if pair {
			between = colon
		}
		if len(cells) > 0 {
			d.line("• " + strings.Join(cells, between))
		}
	}
}

// drawClassic draws what draw does as content, an embed and rows of buttons: what every client and every Discord takes.
func (w words) drawClassic(m bot.Message, p bot.Place) drawing {
	d := newDrawer(w, m, p)
	d.classic = true
	d.addressee()
	d.blocks()
	if m.Form != nil {
		d.form(*m.Form)
	}
	d.stamp()
	d.how()
	d.actions()
	d.attach()
	content, embeds := "", []embed{}
	text := strings.Trim(d.text.String(), "\n")
	switch {
	case text == "" && len(d.out.files) == 0:
		content = "…"
	case units(text) <= mostContent:
		content = text
	case units(text) <= embedText:
		embeds = append(embeds, embed{Description: text, Color: d.color})
	default: // beyond what Fit lets through
		embeds = append(embeds, embed{Description: cut(text, embedText-3), Color: d.color})
	}
	d.out.Content, d.out.Embeds = &content, &embeds
	if len(d.rows) > mostRow {
		d.rows = d.rows[:mostRow]
	}
	d.out.Components = d.rows
	if d.out.Components == nil {
		d.out.Components = []component{}
	}
	d.out.Flags |= flagNoEmbeds
	if len(embeds) > 0 {
		d.out.Flags &^= flagNoEmbeds
	}
	d.finish()
	return d.out
}
