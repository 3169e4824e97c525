package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"xiaobao/docs"
	"xiaobao/documents"
	"xiaobao/locales"
)

// DocumentCmd groups what is done with papers.
type DocumentCmd struct {
	Make     DocumentMakeCmd     `cmd:"" help:"Make papers from a file of facts."`
	Check    DocumentCheckCmd    `cmd:"" help:"Say what in a file of facts cannot be right, what is doubtful, and what each paper still needs."`
	Kinds    DocumentKindsCmd    `cmd:"" help:"List the papers that can be made."`
	Import   DocumentImportCmd   `cmd:"" help:"Check a list of goods or cartons (XLSX or CSV), with a preview."`
	Template DocumentTemplateCmd `cmd:"" help:"Write the workbook to fill goods and cartons into."`
	Example  DocumentExampleCmd  `cmd:"" help:"Print facts with invented names and numbers to begin with."`
	Schema   DocumentSchemaCmd   `cmd:"" help:"Print the JSON Schema of facts."`
}

// reading is what the commands that speak have in common.
type reading struct {
	Lang  string `help:"en or zh-Hans; with zh-Hans Chinese stands beside the English." default:"en" placeholder:"LANG"`
	Words string `help:"Folder with words laid over the built-in ones." placeholder:"DIR"`
}

// papers says what the commands about papers have to say.
type papers struct{ *sheet }

func (r reading) load() (*papers, error) {
	words, err := loadWords(r.Words)
	if err != nil {
		return nil, err
	}
	return &papers{newSheet(words, words.Match(r.Lang))}, nil
}

// DocumentMakeCmd is `xiaobao document make`.
type DocumentMakeCmd struct {
	File   string   `arg:"" help:"The facts as YAML or JSON; docs/document.example.yaml shows some. - reads standard input."`
	Kind   []string `help:"Only these papers; may be repeated (default: all that the facts speak of)." placeholder:"KIND"`
	Format []string `help:"pdf or xlsx; may be repeated (default: both)." enum:"pdf,xlsx" default:"pdf,xlsx" placeholder:"FORMAT"`
	List   []string `help:"A list of goods or cartons (XLSX or CSV) that takes the place of the facts' own; may be repeated." placeholder:"FILE"`
	Out    string   `help:"The folder to write into." default:"." placeholder:"DIR"`
	Font   string   `help:"A TrueType font (.ttf) for characters that the built-in one lacks." placeholder:"FILE" env:"XIAOBAO_FONT"`
	reading
}

// Run makes the papers and says for each what it still needs.
func (c *DocumentMakeCmd) Run(o outside) error {
	s, err := c.load()
	if err != nil {
		return err
	}
	f, at, err := readFacts(c.File, o.in)
	if err != nil {
		return err
	}
	for _, path := range c.List {
		l, err := s.list(path, o.in)
		if err != nil {
			return err
		}
		if l.Stops() {
			return fmt.Errorf("the list has mistakes:\n%s", strings.Join(s.findings(path, l.Findings, nil), "\n"))
		}
		f, at = l.Into(f), nil // what the list says has no line in the file of facts
	}
	kinds, err := kindsOf(c.Kind, f)
	if err != nil {
		return err
	}
	options := documents.Options{Lang: s.lang, Words: s.words}
	if c.Font != "" {
		read, err := ownFont(c.Font)
		if err != nil {
			return fmt.Errorf("--%w", err)
		}
		if options.Font, err = read(); err != nil {
			return fmt.Errorf("--font: %w", err)
		}
	}
	// All of them are made before one is written: a mistake leaves no half of a set behind.
	var files []documents.File
	for _, k := range kinds {
		for _, format := range c.Format {
			options.Format = documents.Format(format)
			file, err := documents.Make(k, f, options)
			if err != nil {
				return s.unmade(c.File, err, at)
			}
			files = append(files, file)
		}
	}
	for i, file := range files {
		path := filepath.Join(c.Out, file.Name)
		if err := os.WriteFile(path, file.Data, 0o644); err != nil {
			return fmt.Errorf("cannot be written: %w", err)
		}
		if score, gaps := documents.Missing(kinds[i/len(c.Format)], f); len(gaps) > 0 {
			path += fmt.Sprintf("  (%s, %d%%)", s.word("documents.paper.draft"), score.Percent())
		}
		if _, err := fmt.Fprintln(o.out, path); err != nil {
			return err
		}
	}
	return nil
}

// word says a message that has no holes.
func (s *papers) word(id string) string { return s.say(documents.Sentence{ID: id}) }

// unmade says why a paper was not made, with the lines of the file.
func (s *papers) unmade(path string, err error, at func(string) int) error {
	if r, ok := errors.AsType[*documents.Refusal](err); ok {
		return fmt.Errorf("the papers were not made, because numbers contradict each other:\n%s", strings.Join(s.findings(path, r.Findings, at), "\n"))
	}
	if u, ok := errors.AsType[*documents.Unprintable](err); ok {
		says := s.say(u.Says())
		return fmt.Errorf("%s\n  %s", says, strings.Join(u.In, "\n  "))
	}
	return err
}

// findings writes findings as compilers do: file, line or cell, what.
func (s *papers) findings(path string, fs []documents.Finding, at func(string) int) []string {
	var out []string
	for _, f := range fs {
		where := path
		switch {
		case f.Row > 0:
			where += fmt.Sprintf(":%s%d", f.Col, f.Row)
		case f.Field != "" && at != nil:
			where += fmt.Sprintf(":%d", at(f.Field))
		}
		mark := ""
		if f.Level == documents.Warn {
			mark = s.word("documents.check.look") + " "
		}
		out = append(out, where+": "+mark+s.say(f.Says))
	}
	return out
}

func readFacts(path string, in io.Reader) (documents.Facts, func(string) int, error) {
	data, err := readInput(path, in)
	if err != nil {
		return documents.Facts{}, nil, err
	}
	f, at, err := documents.ReadFacts(data)
	if ps, ok := errors.AsType[documents.Problems](err); ok {
		lines := make([]string, len(ps))
		for i, p := range ps {
			lines[i] = fmt.Sprintf("%s:%d: %s", path, p.Line, p.What)
		}
		return f, at, fmt.Errorf("the facts have mistakes:\n%s", strings.Join(lines, "\n"))
	}
	return f, at, err
}

// kindsOf are the papers that were asked for, or those that the facts speak of.
func kindsOf(asked []string, f documents.Facts) ([]documents.Kind, error) {
	if len(asked) == 0 {
		return documents.KindsFor(f), nil
	}
	all := slices.Concat(documents.Kinds(), documents.KindsOfJapan(), []documents.Kind{documents.Configuration})
	var out []documents.Kind
	for _, a := range asked {
		k := documents.Kind(a)
		if !slices.Contains(all, k) {
			return nil, fmt.Errorf("there is no paper %q; `xiaobao document kinds` lists them", a)
		}
		out = append(out, k)
	}
	return out, nil
}

// ownFont looks once whether the operator's font can be used, and reads it again when a paper needs it: it may be as large as
// everything else in memory.
func ownFont(path string) (func() ([]byte, error), error) {
	if path == "" {
		return nil, nil
	}
	read := func() ([]byte, error) { return os.ReadFile(path) }
	data, err := read()
	if err == nil {
		err = documents.CheckFont(data)
	}
	if err != nil {
		return nil, fmt.Errorf("font: %s: %w", path, err)
	}
	return read, nil
}

// DocumentCheckCmd is `xiaobao document check`.
type DocumentCheckCmd struct {
	File string `arg:"" help:"The facts as YAML or JSON. - reads standard input."`
	reading
}

// Run checks. Only what stops a paper is a failure.
func (c *DocumentCheckCmd) Run(o outside) error {
	s, err := c.load()
	if err != nil {
		return err
	}
	f, at, err := readFacts(c.File, o.in)
	if err != nil {
		return err
	}
	found := documents.Check(f)
	for _, line := range s.findings(c.File, found, at) {
		s.WriteString(line + "\n")
	}
	kinds, _ := kindsOf(nil, f)
	for _, k := range kinds {
		score, gaps := documents.Missing(k, f)
		fmt.Fprintf(s, "%s: %d%%\n", s.word("documents.paper."+string(k)), score.Percent())
		for _, g := range gaps {
			fmt.Fprintf(s, "  %s:%d: %s\n", c.File, at(g.Field), s.say(g.Says))
		}
	}
	if _, err := io.WriteString(o.out, s.String()); err != nil {
		return err
	}
	if slices.ContainsFunc(found, func(f documents.Finding) bool { return f.Level == documents.Block }) {
		return errors.New("no paper can be made before the mistakes above are mended")
	}
	return nil
}

// DocumentKindsCmd is `xiaobao document kinds`.
type DocumentKindsCmd struct{ reading }

// Run lists them.
func (c *DocumentKindsCmd) Run(o outside) error {
	s, err := c.load()
	if err != nil {
		return err
	}
	for _, k := range slices.Concat(documents.Kinds(), documents.KindsOfJapan(), []documents.Kind{documents.Configuration}) {
		if _, err := fmt.Fprintf(o.out, "%-20s %s\n", k, s.word("documents.paper."+string(k))); err != nil {
			return err
		}
	}
	return nil
}

// DocumentImportCmd is `xiaobao document import`.
type DocumentImportCmd struct {
	File string `arg:"" help:"The list, XLSX or CSV. - reads standard input."`
	reading
}

// Run shows how a list is understood: its sheets, its columns, the first rows, and every mistake with its cell.
func (c *DocumentImportCmd) Run(o outside) error {
	s, err := c.load()
	if err != nil {
		return err
	}
	l, err := s.list(c.File, o.in)
	if err != nil {
		return err
	}
	for _, seen := range l.Sheets {
		fmt.Fprintf(s, "%s: %s, %d\n", seen.Name, s.word("documents.list.sheet."+seen.What), seen.Rows)
		var heads []string
		for _, id := range seen.Columns {
			heads = append(heads, s.word("documents.list."+id))
		}
		s.WriteString("  " + strings.Join(heads, " | ") + "\n")
		for _, row := range seen.Preview {
			s.WriteString("  " + strings.Join(row, " | ") + "\n")
		}
		if len(seen.Unknown) > 0 {
			s.WriteString("  " + s.word("documents.list.unknown") + " " + strings.Join(seen.Unknown, ", ") + "\n")
		}
	}
	for _, line := range s.findings(c.File, l.Findings, nil) {
		s.WriteString(line + "\n")
	}
	if _, err := io.WriteString(o.out, s.String()); err != nil {
		return err
	}
	if l.Stops() {
		return errors.New("the list cannot be used before the mistakes above are mended")
	}
	return nil
}

// list reads a list; why it could not be read is said in the reader's language.
func (s *papers) list(path string, in io.Reader) (documents.List, error) {
	data, err := readInput(path, in)
	if err != nil {
		return documents.List{}, err
	}
	l, err := documents.Read(data, s.words)
	if r, ok := errors.AsType[*documents.Rejection](err); ok {
		return l, fmt.Errorf("%s: %s", path, s.say(r.Says))
	}
	return l, err
}

// DocumentTemplateCmd is `xiaobao document template`.
type DocumentTemplateCmd struct {
	Out string `help:"Where to write it; - is standard output." default:"07-list-template.xlsx" placeholder:"FILE"`
}

// Run writes the template.
func (c *DocumentTemplateCmd) Run(o outside) error {
	words, err := locales.Load()
	if err != nil {
		return err
	}
	f, err := documents.Template(words)
	if err != nil {
		return err
	}
	if c.Out == "-" {
		_, err = o.out.Write(f.Data)
		return err
	}
	if err := os.WriteFile(c.Out, f.Data, 0o644); err != nil {
		return fmt.Errorf("cannot be written: %w", err)
	}
	_, err = fmt.Fprintln(o.out, c.Out)
	return err
}

// DocumentExampleCmd is `xiaobao document example`.
type DocumentExampleCmd struct{}

// Run prints it.
func (DocumentExampleCmd) Run(out io.Writer) error {
	_, err := io.WriteString(out, docs.DocumentExample)
	return err
}

// DocumentSchemaCmd is `xiaobao document schema`.
type DocumentSchemaCmd struct{}

// Run prints it.
func (DocumentSchemaCmd) Run(out io.Writer) error {
	_, err := io.WriteString(out, docs.DocumentSchema)
	return err
}
