package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"
	"text/tabwriter"

	"xiaobao/bot/flow"
	"xiaobao/clerk"
	"xiaobao/flows"
	"xiaobao/flows/transcript"
	"xiaobao/knowledge"
	"xiaobao/landedcost"
	"xiaobao/locales"
)

// FlowsCmd groups what authors and operators do with flows.
type FlowsCmd struct {
	Check FlowsCheckCmd `cmd:"" help:"Check flows and words; list every mistake with its file and line."`
	Graph FlowsGraphCmd `cmd:"" help:"Draw a flow as a Mermaid flowchart."`
	Plan  FlowsPlanCmd  `cmd:"" help:"Say what happens to the people inside when the flows in a folder take over."`
	Test  FlowsTestCmd  `cmd:"" help:"Play transcripts and compare what the bot says."`
}

// content is the book and what it is told with.
type content struct {
	words *locales.Words
	base  *knowledge.Base
	book  *flow.Book
	font  func() ([]byte, error) // the operator's own, for papers; nil: none
}

// loadContent reads flows and words: the built-in ones, with the operator's folders laid over them.
func loadContent(flowsDir, wordsDir string) (*content, error) {
	var over []fs.FS
	if wordsDir != "" {
		if err := mustBeDir(wordsDir); err != nil {
			return nil, err
		}
		over = append(over, os.DirFS(wordsDir))
	}
	words, err := locales.Load(over...)
	if err != nil {
		return nil, fmt.Errorf("the words have mistakes:\n%w", err)
	}
	base, err := knowledge.Load()
	if err != nil {
		return nil, err
	}
	over = nil
	if flowsDir != "" {
		if err := mustBeDir(flowsDir); err != nil {
			return nil, err
		}
		over = append(over, os.DirFS(flowsDir))
	}
	book, err := flows.Load(words, base, over...)
	if err != nil {
		var ps flow.Problems
		if errors.As(err, &ps) {
			return nil, fmt.Errorf("mistakes in the flows: %d\n%w", len(ps), err)
		}
		return nil, err
	}
	return &content{words: words, base: base, book: book}, nil
}

func mustBeDir(path string) error {
	st, err := os.Stat(path)
	if err != nil {
		return fmt.Errorf("the folder %s cannot be read: %w", path, err)
	}
	if !st.IsDir() {
		return fmt.Errorf("%s is not a folder", path)
	}
	return nil
}

// FlowsCheckCmd is `xiaobao flows check`.
type FlowsCheckCmd struct {
	Dir   string `arg:"" optional:"" help:"Folder with *.yaml files that are laid over the built-in ones."`
	Words string `help:"Folder with en/*.toml and zh-Hans/*.toml laid over the built-in ones." placeholder:"DIR"`
}

// Run checks and reports.
func (c *FlowsCheckCmd) Run(out io.Writer) error {
	k, err := loadContent(c.Dir, c.Words)
	if err != nil {
		return err
	}
	used := slices.Concat(k.book.Messages(), landedcost.Messages(), clerk.Messages())
	used = append(used, "ui.*", "fault.*", "warn.*", "shipment.*", "documents.*", "doctor.*", "amazon.*", "numbers.*") // rooms whose ids are made of codes
	if faults := k.words.Check(locales.Rules{Used: used, Buttons: k.book.Labels()}); len(faults) > 0 {
		lines := make([]string, len(faults))
		for i, f := range faults {
			lines[i] = f.String()
		}
		return fmt.Errorf("mistakes in the words: %d\n%s", len(faults), strings.Join(lines, "\n"))
	}
	for _, f := range k.book.Steps() {
		fmt.Fprintf(out, "%2d %-10s %3d nodes, revision %d\n", f.Step, f.ID, len(f.Nodes), f.Revision)
	}
	fmt.Fprintf(out, "No mistakes: %d steps, %d messages in %s.\n", len(k.book.Steps()), len(k.book.Messages()), strings.Join(k.words.Languages(), " and "))
	return nil
}

// FlowsGraphCmd is `xiaobao flows graph`.
type FlowsGraphCmd struct {
	Flow string `arg:"" help:"The flow's id: register, learn, apply, sign, pay, configure, prepare, ship, track or feedback."`
	Dir  string `help:"Folder with *.yaml files that are laid over the built-in ones." placeholder:"DIR"`
	Lang string `help:"Language of the labels." default:"en"`
}

// Run prints the chart.
func (c *FlowsGraphCmd) Run(out io.Writer) error {
	k, err := loadContent(c.Dir, "")
	if err != nil {
		return err
	}
	f := k.book.Flow(c.Flow)
	if f == nil {
		var ids []string
		for _, s := range k.book.Steps() {
			ids = append(ids, s.ID)
		}
		return fmt.Errorf("there is no flow %q; the steps are %s", c.Flow, strings.Join(ids, ", "))
	}
	lang := k.words.Match(c.Lang)
	_, err = io.WriteString(out, f.Mermaid(func(id string) string {
		text, _ := k.words.Text(lang, id)
		return text
	}))
	return err
}

// FlowsTestCmd is `xiaobao flows test`.
type FlowsTestCmd struct {
	Files  []string `arg:"" help:"Transcripts (*.txtar), or folders that hold some."`
	Dir    string   `help:"Folder with *.yaml files that are laid over the built-in ones." placeholder:"DIR"`
	Words  string   `help:"Folder with words laid over the built-in ones." placeholder:"DIR"`
	Update bool     `help:"Write what the bot says now into the files."`
}

// Run plays the transcripts.
func (c *FlowsTestCmd) Run(out io.Writer) error {
	k, err := loadContent(c.Dir, c.Words)
	if err != nil {
		return err
	}
	cards, err := loadCards("")
	if err != nil {
		return err
	}
	library := flows.Library{Base: k.base}
	p := &transcript.Player{Book: k.book, Words: k.words, Library: library, Calls: k.newClerk(cards, library).Calls()}
	var names []string
	for _, arg := range c.Files {
		if st, err := os.Stat(arg); err == nil && st.IsDir() {
			more, _ := filepath.Glob(filepath.Join(arg, "*.txtar"))
			names = append(names, more...)
		} else {
			names = append(names, arg)
		}
	}
	bad := 0
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			return err
		}
		r := p.Play(data)
		if c.Update {
			if err := os.WriteFile(name, r.Data, 0o644); err != nil {
				return err
			}
		} else if line := firstDifference(string(data), string(r.Data)); line > 0 {
			r.Faults = append(r.Faults, fmt.Sprintf("the bot says something else now, from line %d on (--update accepts it)", line))
		}
		verdict := "ok"
		if len(r.Faults) > 0 {
			verdict = "FAIL"
			bad++
		}
		fmt.Fprintf(out, "%-4s %s (%d nodes visited)\n", verdict, name, len(r.Visited))
		for _, f := range r.Faults {
			fmt.Fprintf(out, "     %s\n", f)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d transcripts failed", bad, len(names))
	}
	return nil
}

func firstDifference(a, b string) int {
	x, y := strings.Split(a, "\n"), strings.Split(b, "\n")
	for i := range max(len(x), len(y)) {
		if i >= len(x) || i >= len(y) || x[i] != y[i] {
			return i + 1
		}
	}
	return 0
}

// FlowsPlanCmd is `xiaobao flows plan`.
type FlowsPlanCmd struct {
	Dir      string `arg:"" help:"Folder with the new *.yaml files."`
	Words    string `help:"Folder with the words that belong to them." placeholder:"DIR"`
	Database string `help:"The database with the people inside." default:"xiaobao.db" env:"XIAOBAO_DATABASE"`
}

// Run reads every case and says what happens to it. Nothing is changed.
func (c *FlowsPlanCmd) Run(ctx context.Context, out io.Writer) error {
	k, err := loadContent(c.Dir, c.Words)
	if err != nil {
		return err
	}
	db, err := openStore(ctx, c.Database)
	if err != nil {
		return err
	}
	defer db.Close()
	stands, recheck := map[string]*flow.Stand{}, map[string]int{}
	cases := 0
	err = db.EachCase(ctx, func(_, id string, state []byte) error {
		var s flow.State
		if err := json.Unmarshal(state, &s); err != nil {
			return fmt.Errorf("case %s cannot be read: %w", id, err)
		}
		cases++
		for _, st := range k.book.Plan(s) {
			if old := stands[st.Node]; old != nil {
				old.Cases++
			} else {
				stands[st.Node] = &st
			}
			for _, slot := range st.Recheck {
				recheck[slot]++
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	var keys []string
	lost := 0
	for key, st := range stands {
		keys = append(keys, key)
		if st.Move == flow.Lost {
			lost += st.Cases
		}
	}
	sort.Strings(keys)
	w := tabwriter.NewWriter(out, 0, 4, 2, ' ', 0)
	fmt.Fprintln(w, "WHERE\tPEOPLE'S CASES\tWHAT HAPPENS\tTO")
	for _, key := range keys {
		st := stands[key]
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\n", key, st.Cases, st.Move, st.To)
	}
	if err := w.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(out, "Cases: %d; questions at which somebody stands: %d.\n", cases, len(keys))
	for _, slot := range slices.Sorted(maps.Keys(recheck)) {
		fmt.Fprintf(out, "%d answers for %s would be refused now and are asked again.\n", recheck[slot], slot)
	}
	if lost > 0 {
		fmt.Fprintf(out, "%d would be asked again from their first open question, because their node is gone and no was: or replaced_by: says where it went. Their answers stay.\n", lost)
	}
	return nil
}
