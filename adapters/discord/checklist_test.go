package discord

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestChecklist: docs/discord.md has a line for every demand, and every test that it names exists.
func TestChecklist(t *testing.T) {
	exists := map[string]bool{}
	declared := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz|Benchmark)\w+)\(`)
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		data, err := os.ReadFile(path)
		for _, m := range declared.FindAllStringSubmatch(string(data), -1) {
			exists[m[1]] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	data, err := os.ReadFile("../../docs/discord.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| ([DBX]\d+) \| (.+?) \| (.+) \|$`)
	named := regexp.MustCompile("`((?:Test|Fuzz|Benchmark)\\w+)`")
	seen := map[string]bool{}
	for _, m := range row.FindAllStringSubmatch(string(data), -1) {
		if seen[m[1]] {
			t.Errorf("%s stands there twice", m[1])
		}
		seen[m[1]] = true
		tests := named.FindAllStringSubmatch(m[3], -1)
		for _, n := range tests {
			if !exists[n[1]] {
				t.Errorf("%s: there is no %s", m[1], n[1])
			}
		}
		if len(tests) == 0 && len(m[3]) < 6 {
			t.Errorf("%s: neither a test nor a reason", m[1])
		}
	}
	elsewhere := []string{"X23", "X24", "X25", "X26", "X27", "X32", "X33", "X34", "X35", "X36", "X41"} // carriers; how the program is operated
	for prefix, most := range map[string]int{"D": 57, "B": 33, "X": 42} {
		for n := 1; n <= most; n++ {
			if slices.Contains(elsewhere, prefix+strconv.Itoa(n)) {
				continue
			}
			if id := prefix + strconv.Itoa(n); !seen[id] {
				t.Errorf("%s is missing", id)
			}
		}
	}
}
