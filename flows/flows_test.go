package flows_test

import (
	"flag"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot/flow"
	"xiaobao/clerk/clerktest"
	"xiaobao/flows"
	"xiaobao/flows/transcript"
	"xiaobao/knowledge"
	"xiaobao/locales"
)

var update = flag.Bool("update", false, "write what the bot says now into the transcripts")

func player(t testing.TB) *transcript.Player {
	t.Helper()
	words, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	base, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	book, err := flows.Load(words, base)
	if err != nil {
		t.Fatalf("the flows have mistakes:\n%v", err)
	}
	library := flows.Library{Base: base}
	return &transcript.Player{Book: book, Words: words, Library: library, Calls: clerktest.Calls(t, words, library)}
}

// TestTranscripts plays every conversation in both languages and compares what the bot says. Run with -update to accept
// what it says now; the diff is the review.
func TestTranscripts(t *testing.T) {
	p := player(t)
	files, _ := filepath.Glob("testdata/*.txtar")
	visited := map[string]bool{}
	for _, name := range files {
		t.Run(strings.TrimSuffix(filepath.Base(name), ".txtar"), func(t *testing.T) {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			r := p.Play(data)
			for n := range r.Visited {
				visited[n] = true
			}
			for _, f := range r.Faults {
				t.Error(f)
			}
			if *update {
				if err := os.WriteFile(name, r.Data, 0o644); err != nil {
					t.Fatal(err)
				}
				return
			}
			if diff := cmp.Diff(strings.Split(string(data), "\n"), strings.Split(string(r.Data), "\n")); diff != "" {
				t.Errorf("the bot says something else now (-written +now):\n%s", diff)
			}
		})
	}
	if filter := flag.Lookup("test.run").Value.String(); strings.Contains(filter, "/") {
		return // only some files were played
	}
	var missing []string
	for _, f := range p.Book.Steps() {
		for _, n := range f.Nodes {
			if !visited[f.ID+"."+n.ID] && n.Kind != "decide" {
				missing = append(missing, f.ID+"."+n.ID)
			}
		}
	}
	sort.Strings(missing)
	for _, m := range missing {
		t.Errorf("no transcript visits %s", m)
	}
}

// TestStepsMatchTheSource holds the ten steps against the material they come from: same order, same names.
func TestStepsMatchTheSource(t *testing.T) {
	p := player(t)
	data, err := os.ReadFile("testdata/steps.txt")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, line := range strings.Split(strings.TrimSpace(string(data)), "\n") {
		if !strings.HasPrefix(line, "#") {
			want = append(want, line)
		}
	}
	var got []string
	for _, f := range p.Book.Steps() {
		id := flow.Say("step." + f.ID)
		got = append(got, p.Words.Say("zh-Hans", "", id)+" | "+p.Words.Say("en", "", id))
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the steps differ from the source (-source +flows):\n%s", diff)
	}
}
