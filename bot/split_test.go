package bot_test

import (
	"strings"
	"testing"

	"xiaobao/bot"
)

// What is very long is not poured over somebody message by message: its beginning is shown, and all of it is a file.
func TestVeryLong(t *testing.T) {
	_, words, _ := book(t)
	long := strings.Repeat("一行很长的文字，里面有货号和数量。A row with numbers 1234567890.\n", 900)
	attached := bot.Block{Kind: bot.Attached, File: &bot.Document{Name: "list.csv", Data: []byte("a,b")}}
	action := bot.Action{ID: "next", Label: "Next"}
	for name, m := range map[string]bot.Message{
		"text":   {Text: long, Lang: "en", Key: "k", Actions: []bot.Action{action}},
		"blocks": {Text: "begins", Lang: "zh-Hans", Key: "k", Actions: []bot.Action{action}, Blocks: []bot.Block{{Kind: bot.Heading, Text: "Head"}, {Kind: bot.Paragraph, Text: long}, attached}},
	} {
		t.Run(name, func(t *testing.T) {
			c := bot.Capabilities{Buttons: 5, Options: 10, Text: 2000, Blocks: true, Edits: true, Files: 1 << 20}
			f := bot.Fit(m, c, words)
			if len(f.Messages) != 1 || f.Fallback != "text-file" {
				t.Fatalf("%d messages, %q", len(f.Messages), f.Fallback)
			}
			got := f.Messages[0]
			if got.Key != "k" || len(got.Actions) != 1 {
				t.Errorf("the card is %q with %d actions", got.Key, len(got.Actions))
			}
			var files []string
			for _, b := range got.Blocks {
				if b.Kind != bot.Attached {
					continue
				}
				files = append(files, b.File.Name)
				if b.File.Name == "message.txt" && strings.Count(string(b.File.Data), "1234567890") != 900 {
					t.Errorf("the file has %d of 900 lines", strings.Count(string(b.File.Data), "1234567890"))
				}
			}
			if want := map[string]string{"text": "message.txt", "blocks": "list.csv message.txt"}[name]; strings.Join(files, " ") != want {
				t.Errorf("files %q, want %q", files, want)
			}
			if again := bot.Fit(got, c, words); len(again.Messages) != 1 || again.Fallback != "" {
				t.Errorf("fitted again it is %d messages, %q", len(again.Messages), again.Fallback)
			}
			c.Files = 0 // a place without files gets all of it in pieces
			if f := bot.Fit(m, c, words); len(f.Messages) < 21 {
				t.Errorf("without files it is %d messages", len(f.Messages))
			}
		})
	}
}
