package bot_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"xiaobao/clerk"
	"xiaobao/landedcost"
	"xiaobao/locales"
)

var (
	literal = regexp.MustCompile(`"(ui\.)?([a-z_]+)"`)
	said    = regexp.MustCompile(`\bui\("([a-z_]+)"`)
)

// TestEveryWordIsSaid checks the catalogues against everybody who says something: the flows and the engine list their
// messages, this package's are read from its source, and the rooms whose ids are made of codes have a pattern.
func TestEveryWordIsSaid(t *testing.T) {
	book, words, _ := book(t)
	used := append(append(append(book.Messages(), landedcost.Messages()...), clerk.Messages()...), "shipment.*", "documents.*", "fault.*", "warn.*", "ui.source.*", "ui.why.*", "doctor.*", "amazon.*", "numbers.*")
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	for _, f := range files {
		if strings.HasSuffix(f, "_test.go") {
			continue
		}
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range said.FindAllSubmatch(data, -1) {
			used = append(used, "ui."+string(m[1]))
		}
		for _, m := range literal.FindAllSubmatch(data, -1) {
			if id := "ui." + string(m[2]); len(m[1]) > 0 || words.Has("en", id) {
				used = append(used, id)
			}
		}
	}
	for _, p := range words.Check(locales.Rules{Used: used, Buttons: book.Labels()}) {
		t.Error(p)
	}
}
