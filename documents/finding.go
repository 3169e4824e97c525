package documents

import (
	"slices"
	"strconv"
	"strings"

	"xiaobao/landedcost"
)

// prefix is where this package's messages stand in the catalogues.
const prefix = "documents."

// A Sentence is a message that has not been said yet: its id in the catalogues and what goes into its holes.
type Sentence = landedcost.Sentence

// A Level says how bad a finding is.
type Level string

// The levels.
const (
	Block Level = "block" // it cannot be right: no paper is made
	Warn  Level = "warn"  // somebody should look
)

// A Finding is something that Check or Read noticed.
type Finding struct {
	Level Level
	Field string // where: a path into the facts such as lines[2].hs
	Row   int    // in a list that was read: the row as the program that wrote it counts, from 1; else 0
	Col   string // in a list that was read: the column's letter
	Says  Sentence
}

func blocks(fs []Finding) []Finding {
	var out []Finding
	for _, f := range fs {
		if f.Level == Block {
			out = append(out, f)
		}
	}
	return out
}

// findings collects; the first of a kind are kept, so that a list of ten thousand equal mistakes stays readable.
type findings struct {
	list []Finding
	seen map[string]int
}

// mostAlike is how many findings with the same message are kept.
const mostAlike = 200

func (fs *findings) add(level Level, field, id string, args ...landedcost.Arg) {
	if fs.seen == nil {
		fs.seen = map[string]int{}
	}
	if fs.seen[id]++; fs.seen[id] > mostAlike {
		return
	}
	fs.list = append(fs.list, Finding{Level: level, Field: field, Says: say(id, args...)})
}

func (fs *findings) block(field, id string, args ...landedcost.Arg) {
	fs.add(Block, field, id, args...)
}
func (fs *findings) warn(field, id string, args ...landedcost.Arg) { fs.add(Warn, field, id, args...) }

// sorted puts what stops first; within a level the order in which it was found stays.
func (fs *findings) sorted() []Finding {
	slices.SortStableFunc(fs.list, func(a, b Finding) int {
		if (a.Level == Block) == (b.Level == Block) {
			return 0
		}
		if a.Level == Block {
			return -1
		}
		return 1
	})
	return fs.list
}

func say(id string, args ...landedcost.Arg) Sentence { return Sentence{ID: prefix + id, Args: args} }

func text(name, s string) landedcost.Arg {
	return landedcost.Arg{Name: name, Kind: landedcost.AsText, Text: short(s)}
}
func count(name string, n int) landedcost.Arg {
	return landedcost.Arg{Name: name, Kind: landedcost.AsNumber, Text: strconv.Itoa(n)}
}
func number(name string, d Decimal) landedcost.Arg {
	return landedcost.Arg{Name: name, Kind: landedcost.AsNumber, Text: d.String()}
}
func word(name, id string) landedcost.Arg {
	return landedcost.Arg{Name: name, Kind: landedcost.AsWord, Text: prefix + id}
}

// oneOf lists what is known, uncut.
func oneOf(name string, known []string) landedcost.Arg {
	return landedcost.Arg{Name: name, Kind: landedcost.AsText, Text: strings.Join(known, ", ")}
}

// short cuts what a person wrote to what fits a sentence.
func short(s string) string {
	r := []rune(s)
	if len(r) > 40 {
		return string(r[:39]) + "…"
	}
	return s
}

func pad(n, width int) string {
	s := strconv.Itoa(n)
	for len(s) < width {
		s = "0" + s
	}
	return s
}
