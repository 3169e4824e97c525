package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"xiaobao/bot"
)

// TestTenSteps walks one seller through all ten steps of the whole program, in both languages: a database on disk, HTTP,
// every input delivered twice, and a carrier whose news comes by itself.
func TestTenSteps(t *testing.T) {
	data, err := os.ReadFile("testdata/ten-steps.txtar")
	if err != nil {
		t.Fatal(err)
	}
	book := ours(t)
	parts := map[string]string{}
	for _, f := range txtar.Parse(data).Files {
		parts[f.Name] = string(f.Data)
	}
	for _, lang := range []string{"en", "zh-Hans"} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			args := fresh(t, "simulator: {speed: 80000}\n") // a journey by air takes eleven seconds
			clock := &standing{at: opening}
			p := start(t, clock.now, args...)
			v := visit(t, p, lang)
			v.clock = clock
			s := play(t, v, parts[lang])

			r := v.await("all ten steps to be done", func(r room) bool { return allDone(r, book, lang) })
			if diff := cmp.Diff(s.typed, r.said()); diff != "" {
				t.Errorf("what was typed, and what the room shows of it:\n%s", diff)
			}
			// Other rooms take as long as they take: what is said meanwhile may come before their papers. Slack's and Discord's tests wait
			// for each answer, and hold the order.
			want, got := slices.Sorted(slices.Values(strings.Fields(parts["files"]))), slices.Sorted(slices.Values(r.files()))
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("the documents that came:\n%s", diff)
			}
			for _, e := range r {
				v.download(e)
			}
			clean(t, r, lang, book)
			exported(t, v, s)
			if code := p.stop(); code != 0 || p.errs.String() != "" {
				t.Errorf("ended with %d and wrote:\n%s", code, p.errs)
			}
		})
	}
}

// A script is what somebody did.
type script struct {
	typed  []string          // the lines
	filled map[string]string // the fields of forms, the last value of each
}

// play does what the lines of a script say. See testdata/ten-steps.txtar.
func play(t *testing.T, v *visitor, text string) script {
	t.Helper()
	s := script{filled: map[string]string{}}
	var fields map[string]string
	for n, line := range strings.Split(strings.TrimSpace(text), "\n") {
		rest := strings.TrimSpace(line[min(1, len(line)):])
		var before *entry // the card this answers
		switch {
		case line == "" || line[0] == '#':
			continue
		case line[0] == '~':
			v.clock.goOn(func() { v.see(rest) })
			continue
		case line[0] == '=':
			if fields == nil {
				fields = map[string]string{}
			}
			id, value, _ := strings.Cut(rest, ":")
			fields[id] = strings.TrimSpace(value)
			s.filled[id] = fields[id]
			continue
		case line[0] == '>':
			if len(s.typed) > 0 {
				before = v.asked()
			}
			s.typed = append(s.typed, rest)
			v.say(strings.ReplaceAll(rest, `\n`, "\n"))
		case line[0] == '*' && fields != nil:
			form := v.filled(fields)
			if before = v.asked(); before.Message.Form.Send != rest {
				t.Fatalf("line %d: the form is sent with %q, not %q", n+1, before.Message.Form.Send, rest)
			}
			v.send(form)
			fields = nil
		case line[0] == '*':
			button := v.button(rest)
			before = v.sees().prompt()
			v.send(button)
		default:
			t.Fatalf("line %d begins with none of > * = ~ #: %s", n+1, line)
		}
		if before != nil {
			v.await(fmt.Sprintf("line %d, %q, to have an effect", n+1, line), func(r room) bool {
				now := r.prompt()
				return now == nil || now.Order != before.Order || now.times != before.times
			})
		}
	}
	return s
}

// asked waits until something is asked.
func (v *visitor) asked() *entry {
	v.t.Helper()
	return v.await("a question", func(r room) bool { return r.prompt() != nil }).prompt()
}

// download fetches every document of an entry and compares its size with what was promised.
func (v *visitor) download(e *entry) (bodies []string) {
	v.t.Helper()
	for _, f := range e.Files {
		data, err := io.ReadAll(v.get(f.URL).Body)
		if err != nil || len(data) != f.Size || len(data) == 0 {
			v.t.Errorf("%s has %d bytes (%v), want %d", f.URL, len(data), err, f.Size)
		}
		bodies = append(bodies, string(data))
	}
	return bodies
}

// allDone says whether the card of the ten steps shows all of them, by their own names, as done.
func allDone(r room, k *content, lang string) bool {
	i := slices.IndexFunc(r, func(e *entry) bool { return strings.HasPrefix(e.Key, "spine") })
	if i < 0 {
		return false
	}
	j := slices.IndexFunc(r[i].Message.Blocks, func(b bot.Block) bool { return b.Kind == bot.Progress })
	items := r[i].Message.Blocks[j].Items
	for n, step := range k.book.Steps() {
		name, _ := k.words.Text(lang, "step."+step.ID)
		if len(items) != 10 || !strings.HasPrefix(items[n].Text, fmt.Sprintf("%d. %s", n+1, name)) || items[n].Mark != bot.Done || items[n].ID != step.ID {
			return false
		}
	}
	return true
}

var (
	hole = regexp.MustCompile(`\{\{|\}\}|<no value>|%!|<nil>|\[[a-z0-9_]+(\.[a-z0-9_]+)+\]`)
	// What an English text may hold in Chinese, besides what the seller wrote: the way to switch.
	chineseInEnglish = regexp.MustCompile(`说中文也可以。|中文|长期`)
)

// clean checks that nothing in the room is unfinished or in the wrong language.
func clean(t *testing.T, r room, lang string, k *content) {
	t.Helper()
	stale, _ := k.words.Text(lang, "said.old_card")
	for _, e := range r {
		for _, text := range e.texts() {
			if hole.MatchString(text) {
				t.Errorf("unfinished: %q", text)
			}
			if strings.Contains(text, stale) {
				t.Errorf("something that was delivered twice was taken for a second answer: %q", text)
			}
			if lang == "en" && e.Said == nil && hasHan(chineseInEnglish.ReplaceAllString(strings.NewReplacer("深圳市明途贸易有限公司", "", "不锈钢保温杯", "").Replace(text), "")) {
				t.Errorf("Chinese in English: %q", text)
			}
		}
		if lang != "zh-Hans" || e.Message == nil {
			continue
		}
		for _, label := range e.labels() {
			if !hasHan(label) && label != "English" {
				t.Errorf("an English button: %q", label)
			}
		}
		for _, step := range k.book.Steps() {
			name, _ := k.words.Text("en", "step."+step.ID)
			for _, text := range e.texts() {
				if text == name || strings.Contains(text, fmt.Sprintf("%d. %s", step.Step, name)) || strings.Contains(text, "“"+name+"”") {
					t.Errorf("the English name of a step: %q", text)
				}
			}
		}
	}
}

func hasHan(s string) bool {
	return strings.ContainsFunc(s, func(r rune) bool { return unicode.Is(unicode.Han, r) })
}

// exported asks for the data and looks for every answer that was given.
func exported(t *testing.T, v *visitor, s script) {
	t.Helper()
	v.say(map[string]string{"en": "export my data", "zh-Hans": "导出我的数据"}[v.lang])
	r := v.see("xiaobao-export.json")
	i := slices.IndexFunc(r, func(e *entry) bool { return slices.Contains(room{e}.files(), "xiaobao-export.json") })
	var export struct {
		Answers []struct {
			ID      string `json:"id"`
			Text    string `json:"text"`
			Earlier []struct {
				Text string `json:"text"`
			} `json:"earlier"`
		} `json:"answers"`
		Steps []struct {
			ID     string `json:"id"`
			Status string `json:"status"`
		} `json:"steps"`
	}
	if err := json.Unmarshal([]byte(v.download(r[i])[0]), &export); err != nil {
		t.Fatal(err)
	}
	if len(export.Steps) != 10 || slices.ContainsFunc(export.Steps, func(s struct {
		ID     string `json:"id"`
		Status string `json:"status"`
	}) bool {
		return s.Status != "done"
	}) {
		t.Errorf("the export has the steps %+v, want ten that are done", export.Steps)
	}
	answers := map[string]string{}
	for _, a := range export.Answers {
		answers[a.ID] = a.Text
		for _, was := range a.Earlier {
			if a.ID != "shipment_status" && (len(a.Earlier) > 1 || was.Text == a.Text) {
				t.Errorf("the answer %s was counted more than once: %s, before %v", a.ID, a.Text, a.Earlier)
			}
		}
	}
	for id, value := range s.filled {
		if answers[id] == "" && value != "" {
			t.Errorf("the answer %s: %s is missing in the export", id, value)
		}
	}
	for _, id := range []string{"fulfilment", "seller_id", "route", "lines", "dg_kinds", "invoice_lines", "tracking_no", "feedback_rows", "decision"} {
		if answers[id] == "" {
			t.Errorf("the answer %s is missing in the export", id)
		}
	}
}
