package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// TestTerminal walks one seller through all ten steps in a terminal, by typing only, in both languages: see
// testdata/terminal-en.txt. The program ends twice in the middle, between two steps and within a form, and goes on.
func TestTerminal(t *testing.T) {
	for _, c := range []struct{ name, lang string }{{"en", "en"}, {"zh", "zh-Hans"}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			lines, err := os.ReadFile("testdata/terminal-" + c.name + ".txt")
			if err != nil {
				t.Fatal(err)
			}
			dir := t.TempDir()
			documents := filepath.Join(dir, "documents")
			args := []string{
				"--config", write(t, "xiaobao.yaml", "log: error\nsimulator: {speed: 160000}\n"), "chat", // a journey by air takes six seconds
				"--database", filepath.Join(dir, "xiaobao.db"), "--files", documents, "--lang", c.lang, "--as", "seller",
			}
			d := sitDown(t, args)
			for n, line := range strings.Split(strings.TrimSpace(string(lines)), "\n") {
				text, expected := strings.CutPrefix(line, "? ")
				switch {
				case line == "" || strings.HasPrefix(line, "#"):
				case expected:
					d.see(fmt.Sprintf("line %d: %s", n+1, text), text)
				case line == "✂":
					before := d.now()
					d.leave()
					again := sitDown(t, args)
					again.see(fmt.Sprintf("line %d: the conversation to go on", n+1), lastLine(before))
					if diff := cmp.Diff(before, again.now()); diff != "" {
						t.Errorf("line %d: it goes on elsewhere after a restart (-before +after):\n%s", n+1, diff)
					}
					again.before = d.before + d.out.String()
					d = again
				case line == "⏎":
					d.typed("")
				default:
					d.typed(line)
				}
			}
			d.leave()

			all := d.before + d.out.String()
			name, _ := ours(t).words.Text(c.lang, "ui.spine")
			spine := all[strings.LastIndex(all, "\n"+name+"\n"):]
			for i, step := range ours(t).book.Steps() {
				title, _ := ours(t).words.Text(c.lang, "step."+step.ID)
				if want := fmt.Sprintf("\n✓ %d. %s", i+1, title); !strings.Contains(spine, want) {
					t.Errorf("step %d is not done:\n%s", i+1, spine)
				}
			}
			saved(t, all, documents)
			chrome(t, all, c.lang)
		})
	}
}

// A terminal is where somebody sits and types.
type terminal struct {
	t      *testing.T
	out    *screen
	errs   *screen
	in     *io.PipeWriter
	ended  chan struct{}
	code   int
	from   int    // how much had been printed when the last line was typed
	before string // what was printed before the program was started again
}

func sitDown(t *testing.T, args []string) *terminal {
	t.Helper()
	r, w := io.Pipe()
	d := &terminal{t: t, out: newScreen(), errs: newScreen(), in: w, ended: make(chan struct{})}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		defer close(d.ended)
		d.code = run(ctx, outside{r, d.out, d.errs, clockFrom(opening)}, args)
		r.Close()
	}()
	t.Cleanup(func() {
		cancel()
		w.Close()
		<-d.ended
	})
	return d
}

// see waits until a text is printed after what was typed last.
func (d *terminal) see(what, text string) {
	d.t.Helper()
	d.out.await(d.t, what, d.ended, func(s string) bool { return strings.Contains(s[d.from:], text) })
}

func (d *terminal) typed(line string) {
	d.t.Helper()
	d.from = len(d.out.String())
	if _, err := io.WriteString(d.in, line+"\n"); err != nil {
		d.t.Fatalf("nobody reads %q: %v\n%s", line, err, d.errs)
	}
}

// leave ends the input, as Ctrl-D does.
func (d *terminal) leave() {
	d.t.Helper()
	d.in.Close()
	d.out.await(d.t, "the program to end", d.ended, func(string) bool { return isClosed(d.ended) })
	if d.code != 0 || d.errs.String() != "" {
		d.t.Errorf("ended with %d and wrote:\n%s", d.code, d.errs)
	}
}

// now is what was printed last that matters: the question with all that belongs to it, or the ten steps.
func (d *terminal) now() string {
	d.t.Helper()
	parts := card.FindAllString(d.out.String(), -1)
	if len(parts) == 0 {
		d.t.Fatalf("neither a question nor the ten steps:\n%s", d.out)
	}
	return parts[len(parts)-1]
}

var card = regexp.MustCompile(`(?ms)^(?:Your ten steps|开通十步)$.*?^. 10\. [^\n]*|^(?:Step \d+ of 10 · [^\n]* question|第 \d+ 步（共 10 步）· [^\n]* 问).*?^(?:You can also type|也可以输入)[^\n]*`)

func lastLine(s string) string { return s[strings.LastIndex(s, "\n")+1:] }

// saved checks that every document that was announced is a file with something in it.
func saved(t *testing.T, all, dir string) {
	t.Helper()
	announced := regexp.MustCompile(`(?m)^⇩ (\S+)`).FindAllStringSubmatch(all, -1)
	var steps []string
	for _, m := range announced {
		data, err := os.ReadFile(m[1])
		if err != nil || len(strings.TrimSpace(string(data))) == 0 || filepath.Dir(m[1]) != dir {
			t.Errorf("%s has %d bytes: %v", m[1], len(data), err)
		}
		if binary := slices.Contains([]string{".pdf", ".xlsx", ".png", ".zip"}, filepath.Ext(m[1])); !binary && hole.Match(data) {
			t.Errorf("%s has a hole: %s", m[1], hole.Find(data))
		}
		if step := filepath.Base(m[1])[:2]; !slices.Contains(steps, step) {
			steps = append(steps, step)
		}
	}
	if len(steps) != 10 {
		t.Errorf("documents came in the steps %v, want all ten", steps)
	}
}

// chrome checks that what the bot says of itself is in one language.
func chrome(t *testing.T, all, lang string) {
	t.Helper()
	for _, line := range strings.Split(all, "\n") {
		own := !strings.HasPrefix(line, "│ ") && !strings.HasPrefix(line, "⇩ ")
		if hole.MatchString(line) || strings.Contains(line, "[slot.") {
			t.Errorf("unfinished: %q", line)
		}
		switch {
		case lang == "en" && own && hasHan(chineseInEnglish.ReplaceAllString(strings.NewReplacer("深圳市明途贸易有限公司", "", "申报要素", "", "不锈钢保温杯", "").Replace(line), "")):
			t.Errorf("Chinese in English: %q", line)
		case lang != "en" && englishChrome.MatchString(line):
			t.Errorf("English in Chinese: %q", line)
		}
	}
}

var englishChrome = regexp.MustCompile(`^(Step \d|Your ten steps|Source: |For example|At present|Press Enter|Reply with|You can also type|Waiting for|Hello)|Why Do You Ask|I'm Stuck|\d+ of 10|^\d+\. (Yes|No|All Right|It Is Done)$`)
