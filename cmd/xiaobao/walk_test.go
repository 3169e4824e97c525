package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"

	"xiaobao/adapters/web/webtest"
)

// TestWalk goes through steps 1 to 7 with ten cartons in the page itself, in both languages: it clicks, ticks and types what a seller
// would, and takes the papers from the page's links. With KEEP a folder, what was seen and downloaded stays there.
func TestWalk(t *testing.T) {
	script, err := os.ReadFile("testdata/ten-cartons.txtar")
	if err != nil {
		t.Fatal(err)
	}
	b := webtest.Start(t)
	for _, f := range txtar.Parse(script).Files {
		t.Run(f.Name, func(t *testing.T) { walkThrough(t, b.For(t), f.Name, string(f.Data)) })
	}
}

func walkThrough(t *testing.T, b *webtest.Browser, lang, script string) {
	s := start(t, clockFrom(opening), fresh(t, "simulator: {speed: 80000}\n")...)
	w := &walker{t: t, p: b.Person(lang), lang: lang}
	w.p.Go(s.url)
	w.p.PressIn(".welcome", map[string]string{"en": "English", "zh-Hans": "中文"}[lang])
	for _, line := range strings.Split(strings.TrimSpace(script), "\n") {
		w.do(line)
	}
	for name, want := range map[string]string{
		"05-estimate.xlsx": "us-ocean.freight", "07-commercial-invoice-MT-2026-0117.xlsx": "MT-2026-0117",
	} {
		if text := sheetText(t, w.download(name)); !strings.Contains(text, want) {
			t.Errorf("%s has no %q:\n%s", name, want, text)
		}
	}
	for _, kind := range []string{"commercial-invoice", "packing-list", "customs-data"} {
		name := "07-" + kind + "-MT-2026-0117.pdf"
		readPDF(t, name, w.download(name), lang)
	}
	if picture := w.download("02-costs.png"); !bytes.HasPrefix(picture, []byte("\x89PNG")) {
		t.Error("the picture of the routes is no PNG")
	}
	if wide := webtest.Eval[bool](w.p, "document.documentElement.scrollWidth > innerWidth"); wide {
		t.Error("the page is wider than its window")
	}
	if f := w.p.Faults(); len(f) > 0 {
		t.Errorf("the page's scripts failed: %q", f)
	}
}

// A walker does what the lines of a script say, in a page.
type walker struct {
	t      *testing.T
	p      *webtest.Page
	lang   string
	inForm bool
	shots  int
}

var stepName = regexp.MustCompile(`^\d+\. `)

func (w *walker) do(line string) {
	w.t.Helper()
	if line == "" || line[0] == '#' {
		return
	}
	rest := strings.TrimSpace(line[1:])
	switch line[0] {
	case '>':
		w.answer(func() { w.p.Type(rest) })
	case '~':
		w.p.See(rest)
		w.shot()
	case '=':
		id, value, _ := strings.Cut(rest, ":")
		w.fill(id, strings.TrimSpace(value))
	case '*':
		switch {
		case stepName.MatchString(rest):
			w.shot()
			w.answer(func() { w.p.PressIn("#panel", stepName.ReplaceAllString(rest, "")) })
		case w.inForm:
			w.inForm = false
			w.answer(func() { w.p.PressIn(".live", rest) })
		default:
			w.answer(func() { w.choose(rest) })
		}
	default:
		w.t.Fatalf("a line that begins with none of > * = ~ #: %s", line)
	}
}

// answer does something to what is asked, and waits until that is asked no more.
func (w *walker) answer(do func()) {
	w.t.Helper()
	w.p.Wait("the page to be ready", "(document.querySelector('.live')?.setAttribute('data-walked', ''), true)")
	do()
	w.p.Wait("the answer to have an effect", "!document.querySelector('.live[data-walked]')")
}

// fill fills a field of the form that is open: it types, or ticks options by their names.
func (w *walker) fill(id, value string) {
	w.t.Helper()
	w.inForm = true
	box := fmt.Sprintf(".live [data-field=%s]", id)
	w.p.Wait("a field "+id, fmt.Sprintf("document.querySelector(%q)", box)+" !== null")
	if !webtest.Eval[bool](w.p, fmt.Sprintf("document.querySelector(%q) !== null", box+" .ticks")) {
		w.p.Fill(id, value)
		return
	}
	for option := range strings.SplitSeq(value, " + ") {
		w.p.PressIn(box, option)
	}
}

// choose presses a button, or ticks options and sends them.
func (w *walker) choose(names string) {
	w.t.Helper()
	for name := range strings.SplitSeq(names, " + ") {
		w.p.PressIn(".live", name)
	}
	if webtest.Eval[bool](w.p, "document.querySelector('.live .choice .ticks input:checked') !== null") {
		w.p.PressIn(".live .choice", map[string]string{"en": "Done", "zh-Hans": "选好了"}[w.lang])
	}
}

// download takes a file from the page's last link of that name.
func (w *walker) download(name string) []byte {
	w.t.Helper()
	got, data := w.p.Download(func() { w.p.Press(name) })
	if got != name {
		w.t.Errorf("%s was saved as %s", name, got)
	}
	if dir := os.Getenv("KEEP"); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, w.lang+"-"+name), data, 0o644); err != nil {
			w.t.Error(err)
		}
	}
	return data
}

func (w *walker) shot() {
	if dir := os.Getenv("KEEP"); dir != "" {
		w.shots++
		w.p.Shot(filepath.Join(dir, fmt.Sprintf("%s-page-%d.png", w.lang, w.shots)))
	}
}
