// Package blockkit knows every limit of Slack's Block Kit that the Slack adapter can run into, in one place: the adapter asks
// it before each send, the stand-in Slack of the tests asks it on each receipt. It reads plain JSON, so that it says the same
// of whatever made it.
//
// The limits are those of docs.slack.dev (reference/block-kit, read in November 2026). Where sources differ the smaller one
// counts.
package blockkit

import (
	"fmt"
	"net/url"
	"regexp"
	"strings"
	"unicode/utf8"
)

// The limits that renderers need to know.
const (
	MessageBlocks = 50
	ModalBlocks   = 100
	MessageText   = 4000  // the top-level text, as chat.update takes it
	AllText       = 12000 // all text in a message's blocks together, counted after escaping; Slack gives up near 13,200
	Header        = 150
	SectionText   = 3000
	Elements      = 25 // in an actions block
	ButtonText    = 75
	ButtonValue   = 2000
	URL           = 3000
	Options       = 100
	OptionText    = 75
	OptionValue   = 75
	Overflow      = 5
	Group         = 10 // radio buttons, checkboxes
	Placeholder   = 150
	ConfirmTitle  = 100
	ConfirmText   = 300
	ConfirmButton = 30
	ID            = 255
	InputLabel    = 2000
	InputText     = 3000
	InputFiles    = 10
	TableRows     = 100
	TableColumns  = 20
	TableText     = 10000
	ModalTitle    = 24
	Metadata      = 3000
	ModalBytes    = 250_000
)

// Message lists what Slack would refuse in a message, or what must never be in one: a mention of everybody, a link that is
// not http. It returns nothing when all is well. Blocks may be empty.
func Message(text string, blocks []byte) []string {
	c := &checker{max: MessageBlocks}
	if strings.TrimSpace(text) == "" {
		c.fault("text", "empty: it must stand alone")
	}
	if n := utf8.RuneCountInString(text); n > MessageText {
		c.fault("text", "%d characters, at most %d", n, MessageText)
	}
	c.markup("text", text)
	if len(blocks) > 0 {
		c.read("blocks", blocks, anArray, func(list node) { c.blocks(list.items) })
	}
	if c.all > AllText {
		c.fault("blocks", "%d characters of text, at most %d", c.all, AllText)
	}
	return c.faults
}

// Modal lists what Slack would refuse in a modal view.
func Modal(view []byte) []string {
	c := &checker{max: ModalBlocks, modal: true}
	c.view(view, c.modalView)
	return c.faults
}

func (c *checker) modalView(v node) {
	if v.str("type") != "modal" {
		c.fault("view.type", "%q", v.str("type"))
	}
	c.plain("view.title", v.get("title"), ModalTitle, true)
	c.plain("view.submit", v.get("submit"), ModalTitle, false)
	c.plain("view.close", v.get("close"), ModalTitle, false)
	c.length("view.callback_id", v.str("callback_id"), ID)
	c.length("view.private_metadata", v.str("private_metadata"), Metadata)
	list := v.list("blocks")
	if len(list) == 0 {
		c.fault("view.blocks", "none")
	}
	c.blocks(list)
	if c.inputs > 0 && !v.get("submit").there() {
		c.fault("view.submit", "missing, and there are inputs")
	}
}

// Home lists what Slack would refuse in a Home tab.
func Home(view []byte) []string {
	c := &checker{max: ModalBlocks}
	c.view(view, c.homeView)
	return c.faults
}

func (c *checker) homeView(v node) {
	if v.str("type") != "home" {
		c.fault("view.type", "%q", v.str("type"))
	}
	list := v.list("blocks")
	if len(list) == 0 {
		c.fault("view.blocks", "none")
	}
	for i, b := range list {
		if kind := b.str("type"); kind == "table" || kind == "data_table" || kind == "markdown" || kind == "file" {
			c.fault(fmt.Sprintf("view.blocks[%d]", i), "%s stands in messages only", kind)
		}
	}
	c.blocks(list)
}

type checker struct {
	max    int
	modal  bool
	faults []string
	all    int // characters of text, after escaping
	inputs int
	tables int
	first  int // primary buttons

	block int    // the block that is being looked at, counted from 1; 0: none
	kind  string // its type
	inner string // the type of the element of it that is being looked at
}

// fault notes a fault: at is what of the block, or of its element, it is about, and without a block the whole place.
func (c *checker) fault(at, format string, args ...any) {
	if c.block > 0 {
		inner := c.inner
		if inner != "" {
			inner = " " + inner
		}
		at = fmt.Sprintf("blocks[%d] %s%s%s", c.block-1, c.kind, inner, at)
	}
	c.faults = append(c.faults, at+": "+fmt.Sprintf(format, args...))
}

// read reads JSON of a kind.
func (c *checker) read(what string, data []byte, k kind, look func(node)) {
	err := parse(data, func(n node) {
		if n.kind != k {
			c.fault(what, "JSON of another kind")
			return
		}
		look(n)
	})
	if err != nil {
		c.fault(what, "%v", err)
	}
}

// view reads a view.
func (c *checker) view(data []byte, look func(node)) {
	if len(data) > ModalBytes {
		c.fault("view", "%d bytes, at most %d", len(data), ModalBytes)
	}
	c.read("view", data, aMap, look)
}

func (c *checker) length(at, s string, most int) {
	if n := utf8.RuneCountInString(s); n > most {
		c.fault(at, "%d characters, at most %d", n, most)
	}
}

// count adds text as Slack counts it: & is &amp; and < and > are &lt; and &gt;.
func (c *checker) count(s string) {
	c.all += utf8.RuneCountInString(s) + 4*strings.Count(s, "&") + 3*strings.Count(s, "<") + 3*strings.Count(s, ">")
}

// date is a moment that Slack writes in the reader's own zone: seconds, how to write it, and what to show where that is not known.
var date = regexp.MustCompile(`^!date\^\d{1,12}\^(\{(date|date_num|date_short|date_long|date_pretty|date_short_pretty|date_long_pretty|time|time_secs|ago)\}| )+\|[^<>|^]+$`)

// markup refuses every control sequence but a link to the web and a moment.
func (c *checker) markup(at, s string) {
	for rest := s; ; {
		_, after, ok := strings.Cut(rest, "<")
		if !ok {
			break
		}
		inner, tail, closed := strings.Cut(after, ">")
		target, _, _ := strings.Cut(inner, "|")
		if !closed || !web(target) && !date.MatchString(inner) {
			c.fault(at, "control sequence <%.20s", after)
		}
		rest = tail
	}
	if strings.Count(s, "&") != strings.Count(s, "&amp;")+strings.Count(s, "&lt;")+strings.Count(s, "&gt;") {
		c.fault(at, "an & that is not escaped")
	}
}

func web(address string) bool {
	u, err := url.Parse(address)
	return err == nil && (u.Scheme == "https" || u.Scheme == "http") && u.Host != "" && len(address) <= URL
}

func (c *checker) plain(at string, v node, most int, needed bool) {
	if !v.there() {
		if needed {
			c.fault(at, "missing")
		}
		return
	}
	if v.str("type") != "plain_text" {
		c.fault(at, "type %q, must be plain_text", v.str("type"))
	}
	c.text(at, v.str("text"), most)
}

func (c *checker) text(at, s string, most int) {
	if s == "" {
		c.fault(at, "empty text")
	}
	c.length(at, s, most)
	if !utf8.ValidString(s) {
		c.fault(at, "not UTF-8")
	}
}

func (c *checker) any(at string, v node, most int) {
	switch s := v.str("text"); v.str("type") {
	case "plain_text":
		c.text(at, s, most)
		c.count(s)
	case "mrkdwn":
		c.text(at, s, most)
		c.markup(at, s)
		c.all += utf8.RuneCountInString(s)
	default:
		c.fault(at, "text of type %q", v.str("type"))
	}
}

func (c *checker) blocks(list []node) {
	if len(list) > c.max {
		c.fault("blocks", "%d blocks, at most %d", len(list), c.max)
	}
	ids := map[string]bool{}
	for i, b := range list {
		c.block, c.kind, c.inner = i+1, b.str("type"), ""
		if id := b.str("block_id"); id != "" {
			c.length(".block_id", id, ID)
			if ids[id] {
				c.fault(".block_id", "%q twice", id)
			}
			ids[id] = true
		}
		c.one(b)
	}
	c.block = 0
	if c.first > 1 {
		c.fault("blocks", "%d primary buttons, at most one", c.first)
	}
}

func (c *checker) one(b node) {
	switch b.str("type") {
	case "divider":
	case "header":
		c.plain("", b.get("text"), Header, true)
		c.count(b.get("text").str("text"))
	case "section":
		if !b.get("text").there() && len(b.list("fields")) == 0 {
			c.fault("", "empty")
		}
		if b.get("text").there() {
			c.any("", b.get("text"), SectionText)
		}
		if n := len(b.list("fields")); n > 10 {
			c.fault("", "%d fields, at most 10", n)
		}
		for _, f := range b.list("fields") {
			c.any("", f, 2000)
		}
	case "context":
		if n := len(b.list("elements")); n < 1 || n > 10 {
			c.fault("", "%d elements, 1 to 10", n)
		}
		for _, e := range b.list("elements") {
			c.any("", e, SectionText)
		}
	case "rich_text":
		if len(b.list("elements")) == 0 {
			c.fault("", "empty")
		}
		for _, e := range b.list("elements") {
			c.rich(e)
		}
	case "table":
		c.table(b)
	case "actions":
		if n := len(b.list("elements")); n < 1 || n > Elements {
			c.fault("", "%d elements, 1 to %d", n, Elements)
		}
		ids := map[string]bool{}
		for _, e := range b.list("elements") {
			c.element(e, ids)
		}
	case "input":
		if !c.modal {
			c.fault("", "only in modals")
		}
		c.inputs++
		c.plain(".label", b.get("label"), InputLabel, true)
		c.plain(".hint", b.get("hint"), InputLabel, false)
		c.element(b.get("element"), map[string]bool{})
	default:
		c.fault("", "a block nobody here knows")
	}
}

func (c *checker) rich(e node) {
	kind := e.str("type")
	if len(e.list("elements")) == 0 {
		c.fault("", "an empty %s", kind)
	}
	switch kind {
	case "rich_text_list":
		for _, s := range e.list("elements") {
			if s.str("type") == "rich_text_section" {
				c.rich(s)
			} else {
				c.fault("", "a list of %q", s.str("type"))
			}
		}
		return
	case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
	default:
		c.fault("", "element %q", kind)
	}
	for _, v := range e.list("elements") {
		switch v.str("type") {
		case "text":
			c.text("", v.str("text"), AllText)
			c.count(v.str("text"))
		case "link":
			if !web(v.str("url")) {
				c.fault("", "a link to %.40q", v.str("url"))
			}
			c.count(v.str("text"))
		case "user": // one person who is meant by name
		default:
			c.fault("", "element %q", v.str("type"))
		}
	}
}

func (c *checker) table(b node) {
	if c.tables++; c.tables > 1 || c.modal {
		c.fault("", "one in a message, none in a modal")
	}
	rows := b.list("rows")
	if len(rows) < 1 || len(rows) > TableRows {
		c.fault("", "%d rows, 1 to %d", len(rows), TableRows)
	}
	before := c.all
	for _, r := range rows {
		cells := r.array()
		if len(cells) < 1 || len(cells) > TableColumns {
			c.fault("", "%d columns, 1 to %d", len(cells), TableColumns)
		}
		for _, v := range cells {
			switch v.str("type") {
			case "raw_text":
				c.text("", v.str("text"), TableText)
				c.count(v.str("text"))
			case "rich_text":
				for _, e := range v.list("elements") {
					c.rich(e)
				}
			default:
				c.fault("", "a cell of type %q", v.str("type"))
			}
		}
	}
	if n := c.all - before; n > TableText {
		c.fault("", "%d characters, at most %d", n, TableText)
	}
}

func (c *checker) element(e node, ids map[string]bool) {
	kind, id := e.str("type"), e.str("action_id")
	c.inner = kind
	if id == "" || ids[id] {
		c.fault("", "action_id %q: empty, or twice in its block", id)
	}
	ids[id] = true
	c.length(".action_id", id, ID)
	if v := e.get("confirm"); v.there() {
		c.plain(".confirm.title", v.get("title"), ConfirmTitle, true)
		c.plain(".confirm.text", v.get("text"), ConfirmText, true)
		c.plain(".confirm.confirm", v.get("confirm"), ConfirmButton, true)
		c.plain(".confirm.deny", v.get("deny"), ConfirmButton, true)
	}
	switch kind {
	case "button":
		c.plain("", e.get("text"), ButtonText, true)
		c.all += utf8.RuneCountInString(e.get("text").str("text"))
		c.length(".value", e.str("value"), ButtonValue)
		if u := e.str("url"); u != "" && !web(u) {
			c.fault("", "a link to %.40q", u)
		}
		switch e.str("style") {
		case "", "danger":
		case "primary":
			c.first++
		default:
			c.fault("", "style %q", e.str("style"))
		}
	case "static_select", "multi_static_select":
		c.plain(".placeholder", e.get("placeholder"), Placeholder, false)
		c.options(e, 1, Options)
	case "external_select":
		c.plain(".placeholder", e.get("placeholder"), Placeholder, false)
		if n, ok := e.number("min_query_length"); ok && n < 0 {
			c.fault("", "min_query_length %v", n)
		}
		if e.get("options").there() {
			c.fault("", "options are asked for when somebody types")
		}
	case "overflow":
		c.options(e, 1, Overflow)
	case "radio_buttons", "checkboxes":
		c.options(e, 1, Group)
	case "datepicker":
		c.plain(".placeholder", e.get("placeholder"), Placeholder, false)
	case "file_input":
		if !c.modal {
			c.fault("", "only in modals")
		}
		if most, ok := e.number("max_files"); ok && (most < 1 || most > InputFiles) {
			c.fault(".max_files", "%v, 1 to %d", most, InputFiles)
		}
	case "plain_text_input":
		c.plain(".placeholder", e.get("placeholder"), Placeholder, false)
		c.length(".initial_value", e.str("initial_value"), InputText)
		if most, ok := e.number("max_length"); ok {
			if most < 1 || most > InputText {
				c.fault(".max_length", "%v, 1 to %d", most, InputText)
			}
			c.length(".initial_value", e.str("initial_value"), int(most))
		}
	default:
		c.fault("", "an element nobody here knows")
	}
}

func (c *checker) options(e node, least, most int) {
	list := e.list("options")
	if len(list) < least || len(list) > most {
		c.fault("", "%d options, %d to %d", len(list), least, most)
	}
	values := make(map[string]bool, len(list))
	for _, v := range list {
		c.plain(".option", v.get("text"), OptionText, true)
		c.plain(".description", v.get("description"), OptionText, false)
		value := v.str("value")
		c.length(".value", value, OptionValue)
		if value == "" || values[value] {
			c.fault(".value", "%q: empty, or twice", value)
		}
		values[value] = true
	}
}
