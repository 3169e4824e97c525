package flows

import (
	"strings"
	"unicode"

	"xiaobao/bot/flow"
	"xiaobao/shipment"
)

// tracked finds the numbers to track in a text and says what each is. What looks like a number and is nobody's is named too.
func tracked(lang, text string) []flow.Tracked {
	var out []flow.Tracked
	at := 0
	found := shipment.Recognise(text)
	for _, c := range found {
		out = append(out, strangers(text[at:c.Start])...)
		out = append(out, flow.Tracked{Number: c.Number, Is: describe(lang, c), Known: c.Doubt != shipment.DoubtDigits || c.Check == shipment.CheckOK})
		at = c.End
	}
	return append(out, strangers(text[at:])...)
}

// describe says whose a number is, what kind of number, and what speaks against it.
func describe(lang string, c shipment.Candidate) flow.Line {
	args := []flow.Arg{flow.Text("Number", c.Number), flow.Text("Carrier", carrier(lang, c.Reading))}
	id := "numbers.is"
	switch {
	case c.Simulated:
		return flow.Say("numbers.simulated", args...)
	case c.Parent != "":
		return flow.Say("numbers.box", append(args, flow.Text("Shipment", c.Parent))...)
	case c.Check == shipment.CheckOK:
		id = "numbers.checked"
	}
	doubt := doubts(lang, c)
	if len(doubt) == 0 {
		return flow.Say(id, args...)
	}
	if c.Doubt == shipment.DoubtAmbiguous {
		return doubt[0] // it names the carriers
	}
	return flow.Say("numbers.doubt", append(args, flow.Arg{Name: "Doubt", Kind: flow.KindLine, Line: &doubt[0]})...)
}

// called is a carrier's name.
func called(lang string, r shipment.Reading) string {
	if strings.HasPrefix(lang, "zh") && r.NameZH != "" {
		return r.NameZH
	}
	return r.Name
}

// carrier is a carrier's name with, for a post, its country.
func carrier(lang string, r shipment.Reading) string {
	name := called(lang, r)
	if r.Country != "" && !strings.Contains(name, r.Country) {
		name += " (" + r.Country + ")"
	}
	return name
}

// strangers are the words of a text that look like numbers to track and fit nobody's format.
func strangers(text string) []flow.Tracked {
	var out []flow.Tracked
	for _, w := range strings.FieldsFunc(text, func(r rune) bool { return r > 127 || !unicode.IsLetter(r) && !unicode.IsDigit(r) && r != '-' }) {
		number := compact(w)
		digits := 0
		for _, r := range number {
			if r >= '0' && r <= '9' {
				digits++
			}
		}
		if digits >= 5 && len(number) >= 8 && len(number) <= 40 && !strings.Contains(strings.Trim(w, "-"), "--") && !isDate(w) {
			out = append(out, flow.Tracked{Number: number, Is: flow.Say("numbers.nobody", flow.Text("Number", number))})
		}
	}
	return out
}

// isDate says whether a word is a day such as 2026-12-01, which is no number to track.
func isDate(w string) bool {
	parts := strings.Split(w, "-")
	return len(parts) == 3 && len(parts[0]) <= 4 && len(parts[1]) <= 2 && len(parts[2]) <= 4 || len(parts) == 1 && len(w) == 8 && strings.HasPrefix(w, "20")
}
