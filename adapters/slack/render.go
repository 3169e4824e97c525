package slack

import (
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/slack-go/slack"

	"xiaobao/adapters/slack/blockkit"
	"xiaobao/bot"
)

// A drawing is a message as Slack shows it. Data stands in it only where Slack reads no markup: in rich text and in plain
// text. Escaping is left for the two places that have no such form: the top-level text and links in small print.
type drawing struct {
	text     string
	blocks   []slack.Block
	json     []byte   // blocks, once they were checked
	sheet    *encoder // what they are written on, see done
	files    []*bot.Document
	fallback string
}

// draw turns a fitted message into Block Kit. It asks the validator; what it refuses is drawn once more in plain blocks, and
// what is refused even then is an error.
func (w words) draw(m bot.Message, private bool) (drawing, error) {
	d := &drawer{words: w, m: m, private: private}
	out := d.draw()
	faults, err := out.check()
	if err != nil {
		return out, err
	}
	if len(faults) == 0 {
		return out, nil
	}
	out = w.drawPlain(m, private)
	out.fallback = "plain"
	if faults, err = out.check(); err != nil {
		return out, err
	}
	if len(faults) > 0 {
		return out, fmt.Errorf("slack: a message beyond the limits: %s", strings.Join(faults, "; "))
	}
	return out, nil
}

// drawPlain draws what draw does with the oldest blocks only, which every Slack takes.
func (w words) drawPlain(m bot.Message, private bool) drawing {
	d := &drawer{words: w, m: m, private: private, plain: true}
	return d.draw()
}

// check writes the blocks and asks the validator.
func (d *drawing) check() (faults []string, err error) {
	d.sheet = encodeBlocks(d.blocks)
	if d.json, err = d.sheet.out, d.sheet.err; err != nil {
		return nil, err
	}
	return blockkit.Message(d.text, d.json), nil
}

type drawer struct {
	words
	m       bot.Message
	private bool
	plain   bool // only sections and actions
	out     drawing
	tables  int
	steps   []bot.Item // the ten steps, where they are shown
}

func (d *drawer) draw() drawing {
	d.addressee()
	for _, b := range d.m.Blocks {
		d.block(b)
	}
	if len(d.m.Blocks) == 0 || len(d.out.blocks) == 0 {
		d.paragraph("", d.m.Text)
	}
	if d.m.Form != nil {
		d.form(*d.m.Form)
	}
	if d.m.How && !d.private {
		d.note(d.words.say(d.m.Lang, "unheard"), "")
	}
	d.actions()
	if d.m.Done != nil {
		d.stamp(*d.m.Done)
	}
	d.out.blocks = gather(d.out.blocks)
	d.out.text = topText(d.m)
	return d.out
}

// topText is what a notification and a screen reader say.
func topText(m bot.Message) string {
	text := clean(m.Text)
	if strings.TrimSpace(text) == "" {
		text = clean(bot.Flatten(m.Blocks))
	}
	if strings.TrimSpace(text) == "" {
		text = "…"
	}
	for n := blockkit.MessageText; ; n = n * 3 / 4 { // ends at the latest with what cut leaves of nothing
		if out := escape(cut(text, n)); utf8.RuneCountInString(out) <= blockkit.MessageText {
			return out
		}
	}
}

// addressee says whom a message in a room with several people is for. Only what needs a person now mentions them.
func (d *drawer) addressee() {
	if d.private || d.m.For == "" {
		return
	}
	u, ok := bot.ParseUser(d.m.For)
	if ok && u.Network == Network && userID.MatchString(u.ID) && d.m.Notify == bot.Urgent && !d.plain {
		d.add(slack.NewRichTextBlock("", slack.NewRichTextSection(slack.NewRichTextSectionUserElement(u.ID, nil))))
		return
	}
	if name := clean(d.m.ForName); name != "" {
		d.note("→ "+bot.Shorten(strings.ReplaceAll(name, "\n", " "), 60), "")
	}
}

var userID = regexp.MustCompile(`^[UW][A-Z0-9]{2,30}$`)

var tones = map[bot.Tone]string{bot.Good: "✅ ", bot.Warn: "⚠️ ", bot.Bad: "❗ "}

var marks = map[bot.Mark]string{bot.Open: "☐ ", bot.Active: "▶️ ", bot.Waiting: "⏳ ", bot.Done: "✅ ", bot.Skipped: "➖ ", bot.Missing: "❗ "}

func (d *drawer) block(b bot.Block) {
	switch b.Kind {
	case bot.Heading:
		d.heading(b.Text)
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
		d.paste(b.Text)
	case bot.Note:
		d.note(b.Text, b.Link)
	case bot.Attached:
		if b.File != nil {
			d.out.files = append(d.out.files, b.File)
		}
	case bot.Picture:
		if b.File == nil {
			d.paragraph(tones[b.Tone], b.Text)
			break
		}
		title, _, _ := strings.Cut(b.Text, "\n") // the rest of it can be read off the picture
		d.note(title, "")
		d.out.files = append(d.out.files, b.File)
	case bot.Divider:
		d.add(slack.NewDividerBlock())
	default: // a paragraph, or a kind that came later than this adapter
		d.paragraph(tones[b.Tone], b.Text)
	}
}

func (d *drawer) add(b slack.Block) { d.out.blocks = append(d.out.blocks, b) }

// say adds text elements as one block of rich text.
func (d *drawer) say(e ...slack.RichTextSectionElement) {
	if !d.plain {
		d.add(slack.NewRichTextBlock("", slack.NewRichTextSection(e...)))
		return
	}
	var text strings.Builder
	for _, e := range e {
		if t, ok := e.(*slack.RichTextSectionTextElement); ok {
			text.WriteString(t.Text)
		}
	}
	for _, part := range bot.SplitText(text.String(), blockkit.SectionText/2) {
		d.add(slack.NewSectionBlock(plainText(part, blockkit.SectionText), nil, nil))
	}
}

func textElement(s string, bold bool) slack.RichTextSectionElement {
	var style *slack.RichTextSectionTextStyle
	if bold {
		style = &slack.RichTextSectionTextStyle{Bold: true}
	}
	return slack.NewRichTextSectionTextElement(s, style)
}

func (d *drawer) paragraph(prefix, text string) {
	if text = clean(text); strings.TrimSpace(text) != "" {
		d.say(textElement(prefix+text, false))
	}
}

func (d *drawer) heading(text string) {
	text = strings.TrimSpace(strings.ReplaceAll(clean(text), "\n", " "))
	switch {
	case text == "":
	case !d.plain && utf8.RuneCountInString(text) <= blockkit.Header:
		d.add(slack.NewHeaderBlock(plainText(text, blockkit.Header)))
	default:
		d.say(textElement(text, true))
	}
}

func (d *drawer) facts(facts []bot.Fact) {
	colon := d.words.say(d.m.Lang, "colon")
	var e []slack.RichTextSectionElement
	for i, f := range facts {
		end := "\n"
		if i == len(facts)-1 {
			end = ""
		}
		label := strings.TrimRight(clean(f.Label), ":： ")
		if label == "" && f.Value == "" {
			continue
		}
		e = append(e, textElement(label+colon, true))
		if value := clean(f.Value) + end; value != "" {
			e = append(e, textElement(value, false))
		}
	}
	if len(e) > 0 {
		d.say(e...)
	}
}

func (d *drawer) list(items []bot.Item) {
	marked := false
	var bullets []slack.RichTextElement
	var lines []string
	for _, i := range items {
		text := clean(i.Text)
		if strings.TrimSpace(text) == "" {
			continue
		}
		marked = marked || i.Mark != bot.NoMark
		mark := marks[i.Mark]
		if mark == "" {
			mark = "• "
		}
		lines = append(lines, mark+text)
		bullets = append(bullets, slack.NewRichTextSection(textElement(text, false)))
	}
	switch {
	case len(lines) == 0:
	case marked || d.plain:
		d.say(textElement(strings.Join(lines, "\n"), false))
	default:
		d.add(slack.NewRichTextBlock("", slack.NewRichTextList(slack.RTEListBullet, 0, bullets...)))
	}
}

// table is a table where Slack has room for it; a second one in the same message, or a large one, is lines.
func (d *drawer) table(t bot.Table) {
	if len(t.Rows) == 0 {
		return
	}
	rows := append([][]string{t.Head}, t.Rows...)
	size := 0
	for _, r := range rows {
		for _, c := range r {
			size += len(c) + 1
		}
	}
	if d.plain || d.tables > 0 || len(rows) > blockkit.TableRows || len(t.Head) > blockkit.TableColumns || len(t.Head) == 0 || size > blockkit.TableText/5 {
		lines := make([]string, len(rows))
		for i, r := range rows {
			lines[i] = strings.ReplaceAll(strings.Join(r, " | "), "\n", " ")
		}
		d.paste(strings.Join(lines, "\n"))
		return
	}
	d.tables++
	out := slack.NewTableBlock("")
	for i, r := range rows {
		cells := make([]slack.TableCell, len(t.Head))
		for j := range cells {
			text := ""
			if j < len(r) {
				text = clean(r[j])
			}
			if strings.TrimSpace(text) == "" {
				text = "\u00a0" // Slack refuses empty cells
			}
			if i == 0 {
				cells[j] = slack.NewTableRichTextCell(slack.NewRichTextSection(textElement(text, true)))
			} else {
				cells[j] = slack.NewTableRawTextCell(text)
			}
		}
		out.Rows = append(out.Rows, cells)
	}
	for range t.Head {
		out.ColumnSettings = append(out.ColumnSettings, slack.ColumnSetting{Align: slack.ColumnAlignmentLeft, IsWrapped: true})
	}
	d.add(out)
}

func (d *drawer) paste(text string) {
	text = clean(text)
	switch {
	case strings.TrimSpace(text) == "":
	case d.plain:
		d.say(textElement(text, false))
	default:
		d.add(slack.NewRichTextBlock("", &slack.RichTextPreformatted{Type: slack.RTEPreformatted, Elements: []slack.RichTextSectionElement{textElement(text, false)}}))
	}
}

func (d *drawer) note(text, link string) {
	text = clean(text)
	if strings.TrimSpace(text) == "" {
		return
	}
	if d.plain {
		d.say(textElement(text, false))
		return
	}
	if address, ok := webAddress(link); ok {
		label := escape(strings.NewReplacer("\n", " ", "|", "/").Replace(text))
		if out := "<" + address + "|" + label + ">"; utf8.RuneCountInString(out) <= blockkit.SectionText {
			d.add(slack.NewContextBlock("", slack.NewTextBlockObject("mrkdwn", out, false, true)))
			return
		}
	}
	d.add(slack.NewContextBlock("", plainText(text, blockkit.SectionText)))
}

// stamp says who finished a card, and when, in the zone of whoever reads it.
func (d *drawer) stamp(s bot.Stamp) {
	at := s.At.UTC().Format("2006-01-02 15:04 UTC")
	name := bot.Shorten(strings.Join(strings.Fields(clean(s.By)), " "), 60)
	if name != "" {
		name += " · "
	}
	if d.plain {
		d.say(textElement(name+at, false))
		return
	}
	when := "<!date^" + strconv.FormatInt(s.At.Unix(), 10) + "^{date_short_pretty} {time}|" + at + ">"
	d.add(slack.NewContextBlock("", slack.NewTextBlockObject("mrkdwn", escape(name)+when, false, true)))
}

// webAddress is a link as it may stand in Slack's markup; false for anything that is not a page on the web.
func webAddress(link string) (string, bool) {
	u, err := url.Parse(link)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || len(link) > blockkit.URL {
		return "", false
	}
	return strings.NewReplacer("|", "%7C", "<", "%3C", ">", "%3E", "&", "&amp;").Replace(u.String()), true
}

// gather puts neighbouring rich text into one block where there are too many blocks for a message.
func gather(blocks []slack.Block) []slack.Block {
	if len(blocks) <= blockkit.MessageBlocks {
		return blocks
	}
	var out []slack.Block
	for _, b := range blocks {
		rich, ok := b.(*slack.RichTextBlock)
		if ok && len(out) > 0 {
			if last, ok := out[len(out)-1].(*slack.RichTextBlock); ok {
				last.Elements = append(last.Elements, rich.Elements...)
				continue
			}
		}
		out = append(out, b)
	}
	return out
}

// plainText is a text object in which nothing is markup, cut to what Slack takes.
func plainText(s string, most int) *slack.TextBlockObject {
	s = clean(s)
	if most < blockkit.SectionText {
		s = strings.Join(strings.Fields(s), " ")
	}
	if strings.TrimSpace(s) == "" {
		s = "…"
	}
	return slack.NewTextBlockObject("plain_text", cut(s, most), false, false)
}

// cutWords is cut, between words where that leaves more than half.
func cutWords(s string, n int) string {
	s = strings.Join(strings.Fields(s), " ")
	short := cut(s, n)
	if short == s {
		return s
	}
	if at := strings.LastIndexByte(short, ' '); at > len(short)/2 {
		return strings.TrimRight(short[:at], " ,:;") + "…"
	}
	return short
}

// cut shortens to at most n characters as Slack counts them, between graphemes. Where not even one fits, it is left out.
func cut(s string, n int) string {
	for graphemes := n; graphemes > 0; graphemes = graphemes * 3 / 4 {
		if out := bot.Shorten(s, graphemes); utf8.RuneCountInString(out) <= n {
			return out
		}
	}
	return "…"
}

// cutBytes leaves a value out rather than changing it.
func cutBytes(s string, n int) string {
	if len(s) > n {
		return ""
	}
	return s
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// escape makes data harmless where Slack reads markup.
func escape(s string) string { return escaper.Replace(s) }

// clean takes out what no text needs: control characters, marks that turn the direction of writing, broken UTF-8.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
}
