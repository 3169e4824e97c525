package slack

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// elsewhere are the demands that cannot touch Slack.
var elsewhere = map[string]string{
	"X23": "signatures of carriers' webhooks: nothing of a carrier comes in through Slack",
	"X24": "carriers sign no time: nothing of a carrier comes in through Slack",
	"X25": "unsigned events of carriers: nothing of a carrier comes in through Slack",
	"X26": "AfterShip's repetitions: they are for its webhook",
	"X27": "carriers' payloads: Slack's own are held by X1, X4 and B28",
}

// TestChecklist: docs/slack.md has a line for every demand, with a test that exists or a reason.
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
	data, err := os.ReadFile("../../docs/slack.md")
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile(`(?m)^\| ([SBX]\d+) \| (.+?) \| (.+) \|$`)
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
		if len(tests) == 0 && len(strings.Fields(m[3])) < 4 {
			t.Errorf("%s: neither a test nor a reason", m[1])
		}
	}
	for prefix, most := range map[string]int{"S": 68, "B": 33, "X": 42} {
		for n := 1; n <= most; n++ {
			if id := prefix + strconv.Itoa(n); seen[id] == (elsewhere[id] != "") {
				t.Errorf("%s is missing, or is said to be elsewhere and stands there", id)
			}
		}
	}
}
