package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"xiaobao/shipment"
)

// RecogniseCmd is `xiaobao recognise`.
type RecogniseCmd struct {
	Text []string `arg:"" optional:"" help:"What to look through; without it, what comes on standard input. Put -- before text that begins with a dash."`
	JSON bool     `name:"json" help:"Print JSON: every candidate with its place, its readings and its doubt."`
}

// mostText is how much standard input is read: enough for any table that somebody exports.
const mostText = 16 << 20

// Run prints the numbers that look like something to track.
func (r *RecogniseCmd) Run(o outside) error {
	text := strings.Join(r.Text, "\n")
	if len(r.Text) == 0 {
		data, err := io.ReadAll(io.LimitReader(o.in, mostText+1))
		if err != nil {
			return fmt.Errorf("standard input cannot be read: %w", err)
		}
		if len(data) > mostText {
			return fmt.Errorf("standard input has more than %d MB; give it in parts", mostText>>20)
		}
		text = string(data)
	}
	found := shipment.Recognise(text)
	if r.JSON {
		return printJSON(o.out, found)
	}
	if len(found) == 0 {
		return errors.New("nothing in it looks like a number to track")
	}
	w := tabwriter.NewWriter(o.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NUMBER\tCARRIER\tFORMAT\tCHECK DIGIT\tSURE\tNOTE\tLINK")
	for _, c := range found {
		printReading(w, c.Number, c.Reading, note(c))
		for _, other := range c.Others {
			printReading(w, "  or", other, "")
		}
	}
	return w.Flush()
}

func printJSON(out io.Writer, found []shipment.Candidate) error {
	type candidate struct {
		shipment.Candidate
		Confirm bool `json:"confirm"`
	}
	list := make([]candidate, len(found)) // none is [] and not null
	for i, c := range found {
		list[i] = candidate{c, c.Confirm()}
	}
	e := json.NewEncoder(out)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(list)
}

func printReading(w io.Writer, first string, r shipment.Reading, note string) {
	name := r.Name
	if r.Country != "" {
		name += " (" + r.Country + ")"
	}
	format := r.FormatIs
	switch {
	case r.Service != "":
		format += ", " + r.Service
	case r.Parent != "":
		format += " of " + r.Parent
	}
	fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%d%%\t%s\t%s\n", first, name, format, r.Check, r.Sure, dash(note), dash(r.Link))
}

// note says in a few words why a number should be looked at again.
func note(c shipment.Candidate) string {
	switch c.Doubt {
	case shipment.DoubtMended:
		return "read O as 0 or I as 1: compare"
	case shipment.DoubtCheck:
		return "the check digit does not fit: compare"
	case shipment.DoubtAmbiguous:
		return "several carriers: choose"
	case shipment.DoubtDigits:
		return "only digits: confirm"
	case shipment.DoubtShape:
		return "a common shape: confirm"
	}
	if c.Simulated {
		return "simulated"
	}
	return ""
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
