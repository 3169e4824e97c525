package adaptertest

import (
	"bytes"
	"fmt"
	"image"
	"image/png"
	"strings"

	"xiaobao/bot"
)

// A Specimen is a message and what a person must be able to read of it, whatever fallback was taken.
type Specimen struct {
	Name    string
	Message bot.Message
	Reads   []string
}

// Nasty are texts that somebody might type to make a network do something.
var Nasty = []string{
	"<script>alert(1)</script>",
	`"><img src=x onerror=alert(1)>`,
	"<!everyone> <!channel> <@U0123456789> <#C0123456789>",
	"@everyone @here <@123456789012345678> <@&123456789012345678>",
	"[click](javascript:alert(1)) <https://evil.example|bank.example>",
	"**bold** _it_ ~~no~~ `code` ```\nblock\n``` > quote # head ||spoiler||",
	"\x1b]0;title\x07\x1b[2J\x1b[31mred \u202etxt.exe\u2066",
	"&lt;b&gt; &amp; {{.Name}} %s %n ${HOME} $(id) ';--",
	"https://evil.example/path mailto:a@b.example tel:+8613800138000",
}

// dot is a picture of one pixel.
func dot() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewGray(image.Rect(0, 0, 1, 1))); err != nil {
		panic(err) // it is written to memory
	}
	return b.Bytes()
}

// Specimens has each kind of block and of action, alone.
func Specimens(lang string) []Specimen {
	en := lang == "en"
	pick := func(a, b string) string {
		if en {
			return a
		}
		return b
	}
	text := pick("Which way do your goods go?", "您的货走哪种方式？")
	one := func(name string, b bot.Block, reads ...string) Specimen {
		return Specimen{name, bot.Message{Text: text, Lang: lang, Blocks: []bot.Block{b}}, reads}
	}
	yes, no := pick("Yes", "是"), pick("No", "否")
	label, value := pick("Cartons", "箱数"), pick("1,200 pieces", "1,200 件")
	action := func(a ...bot.Action) bot.Message {
		return bot.Message{Text: text, Lang: lang, Actions: a, Expect: bot.Choice}
	}
	button := bot.Action{ID: "answer", Token: "tok", Value: "yes", Label: yes, Style: bot.Primary}
	options := []bot.Option{{Value: "yes", Label: yes, On: true}, {Value: "no", Label: no}}
	return []Specimen{
		{"text", bot.Message{Text: text, Lang: lang}, []string{text}},
		one("heading", bot.Block{Kind: bot.Heading, Text: text}, text),
		one("paragraph", bot.Block{Kind: bot.Paragraph, Text: text + "\n" + value, Tone: bot.Good}, text, value),
		one("warning", bot.Block{Kind: bot.Paragraph, Text: text, Tone: bot.Bad}, text),
		one("facts", bot.Block{Kind: bot.Facts, Facts: []bot.Fact{{Label: label, Value: value}}}, label, value),
		one("list", bot.Block{Kind: bot.List, Items: []bot.Item{{Text: yes}, {Text: no, Mark: bot.Missing}}}, yes, no),
		one("table", bot.Block{Kind: bot.Grid, Table: &bot.Table{Head: []string{label, yes}, Rows: [][]string{{value, no}}}}, label, value, no),
		one("paste", bot.Block{Kind: bot.Paste, Text: text + "\n" + value}, text, value),
		one("note", bot.Block{Kind: bot.Note, Text: text, Link: "https://sell.example/agl"}, text),
		one("picture", bot.Block{
			Kind: bot.Picture, Text: text + "\n" + label + ": " + value,
			File:  &bot.Document{Name: "02-costs.png", Type: "image/png", Data: dot(), Note: label},
			Drawn: &bot.Document{Name: "02-costs.svg", Type: "image/svg+xml", Data: []byte(`<svg xmlns="http://www.w3.org/2000/svg" width="1" height="1"/>`), Note: label},
		}, text),
		one("file", bot.Block{Kind: bot.Attached, File: &bot.Document{Name: "01-readiness.csv", Type: "text/csv", Data: []byte("\ufeffa,b\r\n"), Note: label}}, "01-readiness"),
		one("progress", bot.Block{Kind: bot.Progress, Items: []bot.Item{{Text: "1. " + yes, Mark: bot.Done, ID: "register"}, {Text: "2. " + no, Mark: bot.Waiting, ID: "learn"}}}, yes, no),
		{"divider", bot.Message{Text: text, Lang: lang, Blocks: []bot.Block{{Kind: bot.Paragraph, Text: text}, {Kind: bot.Divider}, {Kind: bot.Paragraph, Text: value}}}, []string{text, value}},
		one("unknown", bot.Block{Kind: "hologram", Text: text}, text),
		{"button", action(button, bot.Action{ID: "help", Label: no, Style: bot.Quiet}), []string{text, yes, no}},
		{"link", action(bot.Action{ID: "open", Label: yes, Link: "https://sell.example/agl"}), []string{text, yes}},
		{"confirm", action(bot.Action{ID: "erase", Token: "tok", Label: yes, Style: bot.Dangerous, Confirm: text}), []string{yes}},
		{"select", action(bot.Action{ID: "answer", Token: "tok", Label: label, Options: options}), []string{yes, no}},
		{"multi", action(bot.Action{ID: "answer", Token: "tok", Label: label, Options: options, Multi: true}), []string{yes, no}},
		{"form", bot.Message{Text: text, Lang: lang, Expect: bot.Typed, Form: &bot.Form{Token: "tok", Title: label, Send: yes, Fields: []bot.Field{
			{ID: "a", Kind: bot.LineField, Label: label, Ask: value, Help: no, Example: "12", Max: 20},
			{ID: "b", Kind: bot.OneField, Label: yes, Ask: yes, Options: options, Optional: true},
			{ID: "c", Kind: bot.ManyField, Label: yes, Ask: yes, Options: options},
			{ID: "d", Kind: bot.DateField, Label: yes, Ask: yes, Value: "2026-12-01", Fault: no},
			{ID: "e", Kind: bot.AreaField, Label: yes, Ask: yes}, {ID: "f", Kind: bot.NumberField, Label: yes, Ask: yes},
		}}}, []string{text}},
		{"urgent", bot.Message{Text: text, Lang: lang, Notify: bot.Urgent, For: "x:y:z", ForName: "Lin"}, []string{text}},
		{"silent", bot.Message{Text: text, Lang: lang, Notify: bot.Silent}, []string{text}},
	}
}

// Extremes are larger than any network likes.
func Extremes(lang string) []Specimen {
	sentence := "This sentence is one of very many and says nothing of importance. "
	if lang != "en" {
		sentence = "这句话是许许多多句话里的一句，没有什么要紧的内容。"
	}
	long := strings.TrimSpace(strings.Repeat(sentence, 200))
	var many []bot.Action
	var options []bot.Option
	var rows [][]string
	var items []bot.Item
	var facts []bot.Fact
	var fields []bot.Field
	for i := range 120 {
		label := fmt.Sprintf("%s %d", strings.TrimSpace(sentence), i)
		options = append(options, bot.Option{Value: fmt.Sprint("v", i), Label: label})
		rows = append(rows, []string{fmt.Sprint("row", i), label, label})
		items = append(items, bot.Item{Text: label, Mark: bot.Open})
		facts = append(facts, bot.Fact{Label: fmt.Sprint("fact", i), Value: label})
		if i < 40 {
			many = append(many, bot.Action{ID: "answer", Token: "tok", Value: fmt.Sprint("v", i), Label: fmt.Sprint("B", i)})
		}
		if i < 12 {
			fields = append(fields, bot.Field{ID: fmt.Sprint("f", i), Kind: bot.LineField, Label: label, Ask: label, Help: label})
		}
	}
	body := func(b ...bot.Block) bot.Message { return bot.Message{Text: "Text", Lang: lang, Blocks: b, Key: "key"} }
	return []Specimen{
		{"long text", bot.Message{Text: long + "END", Lang: lang}, []string{"END"}},
		{"long paragraph", body(bot.Block{Kind: bot.Paragraph, Text: long + "END1"}, bot.Block{Kind: bot.Paste, Text: long + "END2"}), []string{"END1", "END2"}},
		{"long heading", body(bot.Block{Kind: bot.Heading, Text: strings.Repeat(sentence, 3) + "END3"}), nil},
		{"no spaces", bot.Message{Text: strings.Repeat("x", 9000) + "END4", Lang: lang}, []string{"END4"}},
		{"one grapheme each", bot.Message{Text: strings.Repeat("👩‍👩‍👧‍👦", 1500) + "END5", Lang: lang}, []string{"END5"}},
		{"many buttons", bot.Message{Text: "Text", Lang: lang, Actions: many, Expect: bot.Choice}, []string{"B0"}},
		{"many options", bot.Message{Text: "Text", Lang: lang, Actions: []bot.Action{{ID: "answer", Token: "tok", Label: "Choose", Options: options}}, Expect: bot.Choice}, nil},
		{"many at once", bot.Message{Text: "Text", Lang: lang, Actions: []bot.Action{{ID: "answer", Token: "tok", Label: "Choose", Options: options, Multi: true}}, Expect: bot.Choice}, nil},
		{"large table", body(bot.Block{Kind: bot.Grid, Table: &bot.Table{Head: []string{"A", "B", "C"}, Rows: rows}}), []string{"row0", "row119"}},
		{"long list", body(bot.Block{Kind: bot.List, Items: items}), []string{" 119"}},
		{"many facts", body(bot.Block{Kind: bot.Facts, Facts: facts}), []string{"fact0", "fact119"}},
		{"long form", bot.Message{Text: "Text", Lang: lang, Form: &bot.Form{Token: "tok", Title: long, Send: "Send", Fields: fields}, Expect: bot.Typed}, []string{"Text"}},
	}
}
