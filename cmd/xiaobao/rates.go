package main

import (
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"xiaobao/bot"
	"xiaobao/clerk"
	"xiaobao/docs"
	"xiaobao/documents"
	"xiaobao/landedcost"
)

// loadCards reads the operator's rate cards: a file, or every *.yaml of a folder in the order of their names. Every mistake of every
// file is listed. Without a path it is the example, whose numbers are invented and say so wherever they are used.
func loadCards(path string) ([]*landedcost.Card, error) {
	files := []string{path}
	if st, err := os.Stat(path); path != "" && err == nil && st.IsDir() {
		if files, err = filepath.Glob(filepath.Join(path, "*.yaml")); err != nil {
			return nil, fmt.Errorf("rates: %w", err)
		}
		if len(files) == 0 {
			return nil, fmt.Errorf("rates: there is no *.yaml in %s; `xiaobao rates example` prints a card to begin with", path)
		}
	}
	var cards []*landedcost.Card
	var faults []error
	ids := map[string]string{}
	for _, file := range files {
		card, err := readCard(file)
		if err != nil {
			faults = append(faults, fmt.Errorf("rates: %w", err))
			continue
		}
		if other, twice := ids[card.ID]; twice {
			faults = append(faults, fmt.Errorf("rates: %s and %s are both the card %q", other, file, card.ID))
		}
		ids[card.ID] = file
		if err := knownWays(file, card); err != nil {
			faults = append(faults, fmt.Errorf("rates: %w", err))
		}
		cards = append(cards, card)
	}
	return cards, errors.Join(faults...)
}

// knownWays names what a card's routes serve and nobody can choose.
func knownWays(file string, card *landedcost.Card) error {
	var faults []error
	for _, way := range card.Ways() {
		if !slices.Contains(clerk.Ways(), way) {
			faults = append(faults, fmt.Errorf("%s: serves: %q is no way to ship; there are %s", file, way, strings.Join(clerk.Ways(), ", ")))
		}
	}
	return errors.Join(faults...)
}

// tellOfCards tells the operator which cards count, and what of them is too old to be used today.
func tellOfCards(cards []*landedcost.Card, on landedcost.Day, log *slog.Logger) {
	for _, c := range cards {
		if c.Invented {
			log.Info("rates: the numbers of this card are invented, and every estimate says so", "card", c.ID)
		}
		if old := c.Review(on); len(old) > 0 {
			log.Warn("rates: estimates that need these are refused; `xiaobao rates check` lists them", "card", c.ID, "entries", len(old), "first", old[0].What)
		}
	}
}

// newClerk makes the clerk of a content.
func (k *content) newClerk(cards []*landedcost.Card, library bot.Library) *clerk.Clerk {
	return clerk.New(clerk.Config{Cards: cards, Words: k.words, Library: library, Fonts: documents.Fonts, Font: k.font})
}

// RatesCmd groups what operators do with rate cards.
type RatesCmd struct {
	Check   RatesCheckCmd   `cmd:"" help:"Check a rate card; list every mistake with its line, and what is too old today."`
	Example RatesExampleCmd `cmd:"" help:"Print a rate card with invented numbers to begin with."`
	Schema  RatesSchemaCmd  `cmd:"" help:"Print the JSON Schema of rate cards."`
}

// RatesCheckCmd is `xiaobao rates check`.
type RatesCheckCmd struct {
	File string `arg:"" help:"The rate card."`
	On   string `help:"Check as of this day (default: today)." placeholder:"DAY"`
}

// Run checks. What cannot be used on the day is a fault too: estimates that need it are refused.
func (c *RatesCheckCmd) Run(o outside) error {
	card, err := readCard(c.File)
	if err != nil {
		return err
	}
	if err := knownWays(c.File, card); err != nil {
		return err
	}
	on := landedcost.DayOf(o.now())
	if c.On != "" {
		if on, err = landedcost.ParseDay(c.On); err != nil {
			return fmt.Errorf("--on: %w", err)
		}
	}
	if ps := card.Review(on); len(ps) > 0 {
		return fmt.Errorf("no mistakes in how the card is written, but as of %s estimates that need these are refused:\n%s", on, strings.Join(compilerLines(c.File, ps), "\n"))
	}
	invented := ""
	if card.Invented {
		invented = " Its numbers are invented, and every estimate says so."
	}
	_, err = fmt.Fprintf(o.out, "No mistakes: the card %s can be used on %s.%s\n", card.ID, on, invented)
	return err
}

// RatesExampleCmd is `xiaobao rates example`.
type RatesExampleCmd struct{}

// Run prints it.
func (RatesExampleCmd) Run(out io.Writer) error {
	_, err := io.WriteString(out, docs.RatesExample)
	return err
}

// RatesSchemaCmd is `xiaobao rates schema`.
type RatesSchemaCmd struct{}

// Run prints it.
func (RatesSchemaCmd) Run(out io.Writer) error {
	_, err := io.WriteString(out, docs.RatesSchema)
	return err
}
