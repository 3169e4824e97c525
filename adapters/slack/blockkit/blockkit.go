// Package blockkit knows every limit of Slack's Block Kit that the Slack adapter can run into, in one place: the adapter asks
// it before each send, the stand-in Slack of the tests asks it on each receipt. It reads plain JSON, so that it says the same
// of whatever made it.
//
// The limits are those of docs.slack.dev (reference/block-kit, read in November 2026). Where sources differ the smaller one
// counts.
package blockkit

import (
	"encoding/json"
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
	var list []any
	if len(blocks) > 0 {
		if err := json.Unmarshal(blocks, &list); err != nil {
			c.fault("blocks", "not a list: %v", err)
		}
	}
	c.blocks(list)
	if c.all > AllText {
		c.fault("blocks", "%d characters of text, at most %d", c.all, AllText)
	}
	return c.faults
}

// Modal lists what Slack would refuse in a modal view.
func Modal(view []byte) []string {
	c := &checker{max: ModalBlocks, modal: true}
	if len(view) > ModalBytes {
		c.fault("view", "%d bytes, at most %d", len(view), ModalBytes)
	}
	var v object
	if err := json.Unmarshal(view, &v); err != nil {
		c.fault("view", "not an object: %v", err)
		return c.faults
	}
	if v.str("type") != "modal" {
		c.fault("view.type", "%q", v.str("type"))
	}
	c.plain("view.title", v["title"], ModalTitle, true)
	c.plain("view.submit", v["submit"], ModalTitle, false)
	c.plain("view.close", v["close"], ModalTitle, false)
	c.length("view.callback_id", v.str("callback_id"), ID)
	c.length("view.private_metadata", v.str("private_metadata"), Metadata)
	list, _ := v["blocks"].([]any)
	if len(list) == 0 {
		c.fault("view.blocks", "none")
	}
	c.blocks(list)
	if c.inputs > 0 && v["submit"] == nil {
		c.fault("view.submit", "missing, and there are inputs")
	}
	return c.faults
}

// Home lists what Slack would refuse in a Home tab.
func Home(view []byte) []string {
	c := &checker{max: ModalBlocks}
	if len(view) > ModalBytes {
		c.fault("view", "%d bytes, at most %d", len(view), ModalBytes)
	}
	var v object
	if err := json.Unmarshal(view, &v); err != nil {
		c.fault("view", "not an object: %v", err)
		return c.faults
	}
	if v.str("type") != "home" {
		c.fault("view.type", "%q", v.str("type"))
	}
	list, _ := v["blocks"].([]any)
	if len(list) == 0 {
		c.fault("view.blocks", "none")
	}
	for i, b := range list {
		if kind := asObject(b).str("type"); kind == "table" || kind == "data_table" || kind == "markdown" || kind == "file" {
			c.fault(fmt.Sprintf("view.blocks[%d]", i), "%s stands in messages only", kind)
		}
	}
	c.blocks(list)
	return c.faults
}

type object map[string]any

func (o object) str(name string) string { s, _ := o[name].(string); return s }

func (o object) list(name string) []any { l, _ := o[name].([]any); return l }

func asObject(v any) object { o, _ := v.(map[string]any); return o }

type checker struct {
	max    int
	modal  bool
	faults []string
	all    int // characters of text, after escaping
	inputs int
	tables int
	first  int // primary buttons
}

func (c *checker) fault(at, format string, args ...any) {
	c.faults = append(c.faults, at+": "+fmt.Sprintf(format, args...))
}

func (c *checker) length(at, s string, most int) {
	if n := utf8.RuneCountInString(s); n > most {
		c.fault(at, "%d characters, at most %d", n, most)
	}
}

var escaper = strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;")

// count adds text as Slack counts it.
func (c *checker) count(s string) { c.all += utf8.RuneCountInString(escaper.Replace(s)) }

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

func (c *checker) plain(at string, v any, most int, needed bool) {
	if v == nil {
		if needed {
			c.fault(at, "missing")
		}
		return
	}
	o := asObject(v)
	if o.str("type") != "plain_text" {
		c.fault(at, "type %q, must be plain_text", o.str("type"))
	}
	c.text(at, o.str("text"), most)
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

func (c *checker) any(at string, v any, most int) {
	o := asObject(v)
	switch s := o.str("text"); o.str("type") {
	case "plain_text":
		c.text(at, s, most)
		c.count(s)
	case "mrkdwn":
		c.text(at, s, most)
		c.markup(at, s)
		c.all += utf8.RuneCountInString(s)
	default:
		c.fault(at, "text of type %q", o.str("type"))
	}
}

func (c *checker) blocks(list []any) {
	if len(list) > c.max {
		c.fault("blocks", "%d blocks, at most %d", len(list), c.max)
	}
	ids := map[string]bool{}
	for i, v := range list {
		b := asObject(v)
		at := fmt.Sprintf("blocks[%d] %s", i, b.str("type"))
		if id := b.str("block_id"); id != "" {
			c.length(at+".block_id", id, ID)
			if ids[id] {
				c.fault(at+".block_id", "%q twice", id)
			}
			ids[id] = true
		}
		c.block(at, b)
	}
	if c.first > 1 {
		c.fault("blocks", "%d primary buttons, at most one", c.first)
	}
}

func (c *checker) block(at string, b object) {
	switch b.str("type") {
	case "divider":
	case "header":
		c.plain(at, b["text"], Header, true)
		c.count(asObject(b["text"]).str("text"))
	case "section":
		if b["text"] == nil && len(b.list("fields")) == 0 {
			c.fault(at, "empty")
		}
		if b["text"] != nil {
			c.any(at, b["text"], SectionText)
		}
		if n := len(b.list("fields")); n > 10 {
			c.fault(at, "%d fields, at most 10", n)
		}
		for _, f := range b.list("fields") {
			c.any(at, f, 2000)
		}
	case "context":
		if n := len(b.list("elements")); n < 1 || n > 10 {
			c.fault(at, "%d elements, 1 to 10", n)
		}
		for _, e := range b.list("elements") {
			c.any(at, e, SectionText)
		}
	case "rich_text":
		if len(b.list("elements")) == 0 {
			c.fault(at, "empty")
		}
		for _, e := range b.list("elements") {
			c.rich(at, asObject(e))
		}
	case "table":
		c.table(at, b)
	case "actions":
		if n := len(b.list("elements")); n < 1 || n > Elements {
			c.fault(at, "%d elements, 1 to %d", n, Elements)
		}
		ids := map[string]bool{}
		for _, e := range b.list("elements") {
			c.element(at, asObject(e), ids)
		}
	case "input":
		if !c.modal {
			c.fault(at, "only in modals")
		}
		c.inputs++
		c.plain(at+".label", b["label"], InputLabel, true)
		c.plain(at+".hint", b["hint"], InputLabel, false)
		c.element(at, asObject(b["element"]), map[string]bool{})
	default:
		c.fault(at, "a block nobody here knows")
	}
}

func (c *checker) rich(at string, e object) {
	kind := e.str("type")
	if len(e.list("elements")) == 0 {
		c.fault(at, "an empty %s", kind)
	}
	switch kind {
	case "rich_text_list":
		for _, s := range e.list("elements") {
			if o := asObject(s); o.str("type") == "rich_text_section" {
				c.rich(at, o)
			} else {
				c.fault(at, "a list of %q", o.str("type"))
			}
		}
		return
	case "rich_text_section", "rich_text_preformatted", "rich_text_quote":
	default:
		c.fault(at, "element %q", kind)
	}
	for _, v := range e.list("elements") {
		switch o := asObject(v); o.str("type") {
		case "text":
			c.text(at, o.str("text"), AllText)
			c.count(o.str("text"))
		case "link":
			if !web(o.str("url")) {
				c.fault(at, "a link to %.40q", o.str("url"))
			}
			c.count(o.str("text"))
		case "user": // one person who is meant by name
		default:
			c.fault(at, "element %q", o.str("type"))
		}
	}
}

func (c *checker) table(at string, b object) {
	if c.tables++; c.tables > 1 || c.modal {
		c.fault(at, "one in a message, none in a modal")
	}
	rows := b.list("rows")
	if len(rows) < 1 || len(rows) > TableRows {
		c.fault(at, "%d rows, 1 to %d", len(rows), TableRows)
	}
	before := c.all
	for _, r := range rows {
		cells, _ := r.([]any)
		if len(cells) < 1 || len(cells) > TableColumns {
			c.fault(at, "%d columns, 1 to %d", len(cells), TableColumns)
		}
		for _, v := range cells {
			switch o := asObject(v); o.str("type") {
			case "raw_text":
				c.text(at, o.str("text"), TableText)
				c.count(o.str("text"))
			case "rich_text":
				for _, e := range o.list("elements") {
					c.rich(at, asObject(e))
				}
			default:
				c.fault(at, "a cell of type %q", o.str("type"))
			}
		}
	}
	if n := c.all - before; n > TableText {
		c.fault(at, "%d characters, at most %d", n, TableText)
	}
}

func (c *checker) element(at string, e object, ids map[string]bool) {
	kind, id := e.str("type"), e.str("action_id")
	at += " " + kind
	if id == "" || ids[id] {
		c.fault(at, "action_id %q: empty, or twice in its block", id)
	}
	ids[id] = true
	c.length(at+".action_id", id, ID)
	if v := e["confirm"]; v != nil {
		o := asObject(v)
		c.plain(at+".confirm.title", o["title"], ConfirmTitle, true)
		c.plain(at+".confirm.text", o["text"], ConfirmText, true)
		c.plain(at+".confirm.confirm", o["confirm"], ConfirmButton, true)
		c.plain(at+".confirm.deny", o["deny"], ConfirmButton, true)
	}
	switch kind {
	case "button":
		c.plain(at, e["text"], ButtonText, true)
		c.all += utf8.RuneCountInString(asObject(e["text"]).str("text"))
		c.length(at+".value", e.str("value"), ButtonValue)
		if u := e.str("url"); u != "" && !web(u) {
			c.fault(at, "a link to %.40q", u)
		}
		switch e.str("style") {
		case "", "danger":
		case "primary":
			c.first++
		default:
			c.fault(at, "style %q", e.str("style"))
		}
	case "static_select", "multi_static_select":
		c.plain(at+".placeholder", e["placeholder"], Placeholder, false)
		c.options(at, e, 1, Options)
	case "external_select":
		c.plain(at+".placeholder", e["placeholder"], Placeholder, false)
		if n, ok := e["min_query_length"].(float64); ok && n < 0 {
			c.fault(at, "min_query_length %v", n)
		}
		if e["options"] != nil {
			c.fault(at, "options are asked for when somebody types")
		}
	case "overflow":
		c.options(at, e, 1, Overflow)
	case "radio_buttons", "checkboxes":
		c.options(at, e, 1, Group)
	case "datepicker":
		c.plain(at+".placeholder", e["placeholder"], Placeholder, false)
	case "file_input":
		if !c.modal {
			c.fault(at, "only in modals")
		}
		if most, ok := e["max_files"].(float64); ok && (most < 1 || most > InputFiles) {
			c.fault(at+".max_files", "%v, 1 to %d", most, InputFiles)
		}
	case "plain_text_input":
		c.plain(at+".placeholder", e["placeholder"], Placeholder, false)
		c.length(at+".initial_value", e.str("initial_value"), InputText)
		if most, ok := e["max_length"].(float64); ok {
			if most < 1 || most > InputText {
				c.fault(at+".max_length", "%v, 1 to %d", most, InputText)
			}
			c.length(at+".initial_value", e.str("initial_value"), int(most))
		}
	default:
		c.fault(at, "an element nobody here knows")
	}
}

func (c *checker) options(at string, e object, least, most int) {
	list := e.list("options")
	if len(list) < least || len(list) > most {
		c.fault(at, "%d options, %d to %d", len(list), least, most)
	}
	values := map[string]bool{}
	for _, v := range list {
		o := asObject(v)
		c.plain(at+".option", o["text"], OptionText, true)
		c.plain(at+".description", o["description"], OptionText, false)
		value := o.str("value")
		c.length(at+".value", value, OptionValue)
		if value == "" || values[value] {
			c.fault(at+".value", "%q: empty, or twice", value)
		}
		values[value] = true
	}
}
