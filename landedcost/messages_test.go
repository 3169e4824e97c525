package landedcost

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// TestMessages compares what Messages lists with what the source says. That each exists in every language and has the same
// holes, the catalogues' own check finds.
func TestMessages(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil || len(files) < 10 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	var all strings.Builder
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") && f != "messages.go" {
			data, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			all.Write(data)
		}
	}
	listed := Messages()
	for _, m := range regexp.MustCompile(`"((?:formula|flag|gap|note|line)\.[a-z_]+)"`).FindAllStringSubmatch(all.String(), -1) {
		if !slices.Contains(listed, prefix+m[1]) {
			t.Errorf("%s is said and not listed", m[1])
		}
	}
	for _, id := range listed {
		id = strings.TrimPrefix(id, prefix)
		kind, rest, _ := strings.Cut(id, ".")
		switch kind {
		case "formula", "flag", "gap", "note", "line":
			if !strings.Contains(all.String(), `"`+id+`"`) && !(kind == "line" && strings.Contains(all.String(), `"`+rest+`"`)) {
				t.Errorf("%s is listed and never said", id)
			}
		}
	}
	if len(slices.Compact(slices.Sorted(slices.Values(listed)))) != len(listed) {
		t.Error("an id is listed twice")
	}
}
