package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"xiaobao/bot/flow"
	"xiaobao/clerk"
	"xiaobao/docs"
	"xiaobao/landedcost"
	"xiaobao/locales"
)

// EstimateCmd is `xiaobao estimate`.
type EstimateCmd struct {
	File  string   `arg:"" help:"The shipment as YAML; docs/shipment.example.yaml shows one. - reads standard input."`
	Rates string   `help:"The rate card (default: the built-in example, whose numbers are invented)." placeholder:"FILE" env:"XIAOBAO_RATES"`
	Route []string `help:"Only this route of the card; may be repeated (default: all that go there)." placeholder:"ID"`
	On    string   `help:"The day whose rates count, such as 2026-11-22 (default: the shipment's, or today)." placeholder:"DAY"`
	Lang  string   `help:"en or zh-Hans." default:"en" placeholder:"LANG"`
	Words string   `help:"Folder with words laid over the built-in ones." placeholder:"DIR"`
	JSON  bool     `help:"Print everything as JSON instead of tables."`
	XLSX  string   `help:"Write everything as a workbook into this file as well." placeholder:"FILE"`
}

// Run estimates and prints. When no route can be estimated it fails with everything that is missing.
func (c *EstimateCmd) Run(o outside) error {
	card, err := readCard(c.Rates)
	if err != nil {
		return err
	}
	ship, on, routes, err := c.shipment(o)
	if err != nil {
		return err
	}
	words, err := loadWords(c.Words)
	if err != nil {
		return err
	}
	if len(c.Route) > 0 {
		routes = c.Route
	}
	found := card.Compare(ship, on, routes...)
	sheet := newSheet(words, words.Match(c.Lang))
	if len(found.Estimates) == 0 {
		return sheet.refusal(found, ship)
	}
	if c.XLSX != "" {
		if err := c.workbook(words, ship, found.Estimates); err != nil {
			return err
		}
	}
	if c.JSON {
		e := json.NewEncoder(o.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(struct {
			Says []string `json:"says"` // the notes in words: they belong to every number below
			landedcost.Comparison
		}{sheet.Notes(found.Estimates), found})
	}
	sheet.comparison(found, ship)
	_, err = io.WriteString(o.out, sheet.String())
	return err
}

// workbook writes the estimates as a file, as the chat hands them over.
func (c *EstimateCmd) workbook(words *locales.Words, ship landedcost.Shipment, all []landedcost.Estimate) error {
	t := &clerk.Teller{Words: words, Lang: words.Match(c.Lang)}
	title := words.Say(t.Lang, "", flow.Say("sheet.pay.estimate"))
	if ship.Name != "" {
		title += " · " + ship.Name
	}
	data, err := clerk.Workbook(t, title, all)
	if err != nil {
		return err
	}
	if err := os.WriteFile(c.XLSX, data, 0o644); err != nil {
		return fmt.Errorf("the workbook cannot be written: %w", err)
	}
	return nil
}

func (c *EstimateCmd) shipment(o outside) (s landedcost.Shipment, on landedcost.Day, routes []string, err error) {
	data, err := readInput(c.File, o.in)
	if err != nil {
		return s, 0, nil, err
	}
	s, on, routes, err = landedcost.ReadShipment(data)
	if err != nil {
		return s, 0, nil, located(c.File, "shipment", err)
	}
	if c.On != "" {
		if on, err = landedcost.ParseDay(c.On); err != nil {
			return s, 0, nil, fmt.Errorf("--on: %w", err)
		}
	}
	if on == 0 {
		on = landedcost.DayOf(o.now())
	}
	return s, on, routes, nil
}

// mostInput is how much of a file is read; the readers refuse less.
const mostInput = 16 << 20

func readInput(path string, in io.Reader) ([]byte, error) {
	if path == "-" {
		return io.ReadAll(io.LimitReader(in, mostInput))
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	defer f.Close()
	data, err := io.ReadAll(io.LimitReader(f, mostInput))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return data, nil
}

// readCard reads the operator's rate card, or the example.
func readCard(path string) (*landedcost.Card, error) {
	if path == "" {
		return landedcost.ReadCard([]byte(docs.RatesExample))
	}
	data, err := readInput(path, strings.NewReader(""))
	if err != nil {
		return nil, err
	}
	card, err := landedcost.ReadCard(data)
	if err != nil {
		return nil, located(path, "rate card", err)
	}
	return card, nil
}

// located lists mistakes the way compilers do.
func located(path, what string, err error) error {
	ps, ok := errors.AsType[landedcost.Problems](err)
	if !ok {
		return err
	}
	noun := "mistakes"
	if len(ps) == 1 {
		noun = "mistake"
	}
	return fmt.Errorf("the %s has %d %s:\n%s", what, len(ps), noun, strings.Join(compilerLines(path, ps), "\n"))
}

func compilerLines(path string, ps []landedcost.Problem) []string {
	lines := make([]string, len(ps))
	for i, p := range ps {
		lines[i] = fmt.Sprintf("%s:%d: %s", path, p.Line, p.What)
	}
	return lines
}

func loadWords(dir string) (*locales.Words, error) {
	if dir == "" {
		return locales.Load()
	}
	if err := mustBeDir(dir); err != nil {
		return nil, err
	}
	words, err := locales.Load(os.DirFS(dir))
	if err != nil {
		return nil, fmt.Errorf("the words have mistakes:\n%w", err)
	}
	return words, nil
}
