package discord

import (
	"bytes"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	dg "github.com/bwmarrin/discordgo"
	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/flows"
	"xiaobao/flows/transcript"
)

// TestDrawings draws every message and every window of every transcript, in both languages, as Discord shows it, and compares it with
// testdata/drawings: a file for each flow and language, in it a part for each transcript. What was drawn before in a file is not repeated.
// See drawn for how it is written down.
func TestDrawings(t *testing.T) {
	book, words, base := content(t)
	own, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	names, err := filepath.Glob("../../flows/testdata/*.txtar")
	if err != nil || len(names) < 30 {
		t.Fatalf("%d transcripts: %v", len(names), err)
	}
	albums, seen := map[string]*txtar.Archive{}, map[string]bool{} // by file: "register.en"
	distinct := 0
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		story := strings.TrimSuffix(filepath.Base(name), ".txtar")
		about, _, _ := strings.Cut(story, "-")
		put := func(lang, text string) {
			file := about + "." + lang
			if seen[file+"\n"+text] {
				return
			}
			seen[file+"\n"+text] = true
			distinct++
			if albums[file] == nil {
				albums[file] = &txtar.Archive{Comment: []byte("go test ./adapters/discord -run TestDrawings -args -update\n")}
			}
			all := &albums[file].Files
			if len(*all) == 0 || (*all)[len(*all)-1].Name != story {
				*all = append(*all, txtar.File{Name: story})
			}
			part := &(*all)[len(*all)-1].Data
			if len(*part) > 0 {
				*part = append(*part, '\n')
			}
			*part = append(*part, text...)
		}
		p := &transcript.Player{Book: book, Words: words, Library: flows.Library{Base: base}}
		p.Effect = func(e flow.Effect) {
			_, m, ok := bot.Render(words, p.Library, e)
			if !ok {
				return
			}
			if _, closed := e.(flow.Close); closed && (m.Text != "" || len(m.Blocks) > 0) {
				m.Done = &bot.Stamp{By: "Lin", At: opening}
			}
			for _, m := range bot.Fit(m, (&Adapter{}).Capabilities(home()), words).Messages {
				out, err := own.draw(m, home())
				if err != nil {
					t.Errorf("%s: %q: %v", story, m.Text, err)
					continue
				}
				put(m.Lang, drawn(out))
				if m.Form == nil {
					continue
				}
				s := sheet{form: *m.Form, place: home(), lang: m.Lang}
				for page := range s.pages() {
					window, err := own.modal(s, page, nil)
					if err != nil {
						t.Errorf("%s: %q: %v", story, m.Form.Title, err)
						continue
					}
					put(m.Lang, drawnWindow(window))
				}
			}
		}
		p.Play(data)
	}
	if distinct < 1500 {
		t.Errorf("only %d different messages and windows", distinct)
	}
	have, err := filepath.Glob("testdata/drawings/*.txtar")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range have { // no flow has gone and left its drawings
		if albums[strings.TrimSuffix(filepath.Base(name), ".txtar")] == nil {
			t.Errorf("%s belongs to no flow", name)
		}
	}
	for _, name := range slices.Sorted(maps.Keys(albums)) {
		golden := filepath.Join("testdata", "drawings", name+".txtar")
		got := txtar.Format(albums[name])
		if *update {
			if err := os.WriteFile(golden, got, 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Error(err)
			continue
		}
		if !bytes.Equal(want, got) {
			t.Errorf("not as in %s (go test ./adapters/discord -run TestDrawings -args -update rewrites it):\n%s", golden, cmp.Diff(strings.Split(string(want), "\n"), strings.Split(string(got), "\n")))
		}
	}
}

// drawn writes down a message, all that a reader sees of it:
//
//	card #3b6ea5            the edge, when there is one; everything below stands in it
//	| a line of text        as markdown
//	[ Label ]! [ Other ]    a row of buttons: ! the first to press, ✓ green, ✗ red, ↗ with an address, in words what else there is
//	<1-3 Placeholder> a; b  a list to choose from, with how many may be chosen
//	────                    a line
//	file x.pdf, picture y.png "what it shows"
//	silent, classic         how it is sent
func drawn(d drawing) string {
	var b strings.Builder
	var how []string
	if d.Flags&flagSilent != 0 {
		how = append(how, "silent")
	}
	if d.fallback != "" {
		how = append(how, d.fallback)
	}
	if len(how) > 0 {
		fmt.Fprintln(&b, strings.Join(how, ", "))
	}
	if d.Content != nil {
		lines(&b, *d.Content)
	}
	for _, c := range d.Components {
		drawComponent(&b, c)
	}
	return b.String()
}

func lines(b *strings.Builder, text string) {
	for l := range strings.SplitSeq(text, "\n") {
		fmt.Fprintln(b, strings.TrimRight("| "+l, " "))
	}
}

func drawComponent(b *strings.Builder, c component) {
	switch c.Type {
	case dg.ContainerComponent:
		fmt.Fprintf(b, "card #%06x\n", c.AccentColor)
		for _, in := range c.Components {
			drawComponent(b, in)
		}
	case dg.TextDisplayComponent:
		lines(b, c.Content)
	case dg.SeparatorComponent:
		fmt.Fprintln(b, "────")
	case dg.FileComponentType:
		fmt.Fprintln(b, "file", strings.TrimPrefix(c.File.URL, "attachment://"))
	case dg.MediaGalleryComponent:
		for _, i := range c.Items {
			fmt.Fprintf(b, "picture %s %q\n", strings.TrimPrefix(i.Media.URL, "attachment://"), i.Description)
		}
	case dg.ActionsRowComponent:
		var row []string
		for _, in := range c.Components {
			row = append(row, drawInput(in))
		}
		fmt.Fprintln(b, strings.Join(row, " "))
	default:
		fmt.Fprintf(b, "a component of type %d\n", c.Type)
	}
}

// drawInput writes down a button, or what can be chosen or written.
func drawInput(c component) string {
	optional := ""
	if c.Required != nil && !*c.Required {
		optional = " (optional)"
	}
	switch c.Type {
	case dg.ButtonComponent:
		style := map[int]string{int(dg.PrimaryButton): "!", int(dg.SecondaryButton): "", int(dg.SuccessButton): "✓", int(dg.DangerButton): "✗", int(dg.LinkButton): "↗ " + c.URL}
		return "[ " + c.Label + " ]" + style[c.Style]
	case dg.SelectMenuComponent, radioGroup, checkboxGroup:
		kind := map[dg.ComponentType]string{dg.SelectMenuComponent: "list", radioGroup: "one of", checkboxGroup: "any of"}[c.Type]
		least := 1
		if c.MinValues != nil {
			least = *c.MinValues
		}
		var all []string
		for _, o := range c.Options {
			s := o.Label
			if o.Default {
				s = "✓ " + s
			}
			if o.Description != "" {
				s += " (" + o.Description + ")"
			}
			all = append(all, s)
		}
		return strings.TrimSpace(fmt.Sprintf("<%s %d-%d %s", kind, least, max(c.MaxValues, 1), c.Placeholder)) + ">" + optional + " " + strings.Join(all, "; ")
	case dg.TextInputComponent:
		kind := map[int]string{int(dg.TextInputShort): "line", int(dg.TextInputParagraph): "lines"}[c.Style]
		s := "<" + kind
		if c.MaxLength > 0 {
			s += fmt.Sprint(" ≤", c.MaxLength)
		}
		return s + ">" + optional + strings.TrimRight(" "+c.Placeholder, " ") + value(c.Value)
	case dg.FileUploadComponent:
		return "<file>" + optional
	}
	return fmt.Sprintf("<type %d>", c.Type)
}

func value(s string) string {
	if s == "" {
		return ""
	}
	return fmt.Sprintf(" = %q", s)
}

// drawnWindow writes down a form: each field with its label, its help and what is entered.
func drawnWindow(m modal) string {
	var b strings.Builder
	fmt.Fprintf(&b, "window %q\n", m.Title)
	for _, c := range m.Components {
		if c.Component == nil {
			lines(&b, c.Content)
			continue
		}
		help := ""
		if c.Description != "" {
			help = " (" + c.Description + ")"
		}
		fmt.Fprintf(&b, "  %s%s: %s\n", c.Label, help, drawInput(*c.Component))
	}
	return b.String()
}
