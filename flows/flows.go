// Package flows is the content of the ten activation steps: one YAML file a step, the repair patterns, and the transcripts
// that prove them. docs/flows.md says how they are written. This package only binds them to the rooms they name: the
// identifiers, the knowledge base and the words.
package flows

import (
	"embed"
	"io/fs"
	"slices"
	"time"
	"unicode/utf8"

	"xiaobao/bot/flow"
	"xiaobao/identifier"
	"xiaobao/knowledge"
	"xiaobao/shipment"
)

//go:embed *.yaml
var builtIn embed.FS

// Words is what flows need of the catalogues.
type Words interface {
	Languages() []string
	Text(lang, id string) (string, bool)
	Accepted(lang, id string) []string
}

// MaxAge is how old a policy fact may be before expressions no longer see it.
const MaxAge = 400 * 24 * time.Hour

// Load reads the book that is built in, with the files of overrides laid over it, the later the stronger. The error is
// flow.Problems when authors made mistakes.
func Load(words Words, base *knowledge.Base, overrides ...fs.FS) (*flow.Book, error) {
	return flow.Load(layered(append([]fs.FS{builtIn}, overrides...)), Deps(words, base))
}

// Deps binds what the engine needs of other rooms.
func Deps(words Words, base *knowledge.Base) flow.Deps {
	langs := words.Languages()
	return flow.Deps{
		Languages: langs,
		Text:      words.Text,
		Accepted: func(id string) []string {
			var all []string
			for _, lang := range langs {
				for _, text := range append(words.Accepted(lang, id), words.Accepted(lang, id+".also")...) {
					if !slices.Contains(all, text) {
						all = append(all, text)
					}
				}
			}
			return all
		},
		Calls:      Calls(),
		Check:      check,
		Source:     func(id string) bool { _, ok := base.Source(id); return ok },
		IsQuestion: knowledge.IsQuestion,
		Fact: func(key string, now time.Time) string {
			f, ok := base.Fact(key)
			if !ok || f.Stale(now, MaxAge) {
				return ""
			}
			return f.Value
		},
		Tracked: tracked,
		Search: func(query string) (string, bool) {
			hits := base.Search(query, 1)
			if len(hits) == 0 {
				return "", false
			}
			return string(hits[0].Kind) + ":" + hits[0].ID, hits[0].Confident
		},
	}
}

// aliases are the names flows use for some kinds of identifiers.
var aliases = map[string]string{
	"bn": "ca_bn", "cain": "cbp_importer", "un_number": "un",
}

// check finds the check for a kind of identifier and turns its verdict into words.
func check(kind string) (func(string) flow.Verdict, bool) {
	if kind == "tracking" {
		return tracking, true
	}
	if name, ok := aliases[kind]; ok {
		kind = name
	}
	run, ok := identifier.Lookup(kind)
	if !ok {
		return nil, false
	}
	return func(raw string) flow.Verdict { return verdict(run(raw)) }, true
}

func verdict(v identifier.Verdict) flow.Verdict {
	out := flow.Verdict{Value: v.Value}
	if v.Fault != "" {
		id := "fault." + string(v.Fault)
		switch {
		case v.Fault == identifier.FaultShape && (v.At == 0 || len(v.Want) > 2):
			id = "fault.form"
		case v.Fault == identifier.FaultEmpty:
			id = "fault.empty"
		}
		line := flow.Say(id, flow.Text("Value", v.Value), flow.Number("At", itoa(v.At)), flow.Text("Got", v.Got), flow.Text("Want", v.Want), flow.Text("Rule", v.Rule))
		out.Fault = &line
	}
	for _, w := range v.Warn {
		out.Warnings = append(out.Warnings, flow.Say("warn."+string(w), flow.Text("Value", v.Value)))
	}
	return out
}

// tracking accepts any number a carrier may have given, also out of a sentence or a carrier's address. Only its alphabet and
// length can be wrong; a check digit that does not fit is a warning, because carriers do issue such numbers, and so is a
// number that does not tell its carrier.
func tracking(raw string) flow.Verdict {
	if found := shipment.Recognise(raw); len(found) == 1 && (!found[0].Confirm() || compact(raw) == compact(raw[found[0].Start:found[0].End])) {
		return flow.Verdict{Value: found[0].Number, Warnings: doubts("", found[0])}
	}
	if run, _ := identifier.Lookup("s10"); run(raw).OK() { // with a country that has no post we know
		return verdict(run(raw))
	}
	value := compact(raw)
	n := utf8.RuneCountInString(value)
	if n < 6 || n > 40 {
		line := flow.Say("fault.length", flow.Text("Got", itoa(n)), flow.Text("Want", "6–40"))
		return flow.Verdict{Value: value, Fault: &line}
	}
	for i, r := range value {
		if r < '0' || r > '9' && r < 'A' || r > 'Z' {
			line := flow.Say("fault.alphabet", flow.Number("At", itoa(i+1)), flow.Text("Got", string(r)), flow.Text("Want", "0-9, A-Z"))
			return flow.Verdict{Value: value, Fault: &line}
		}
	}
	return flow.Verdict{Value: value}
}

// doubts says why a person should look at a number again. Carriers are called as they are abroad when no language is given.
func doubts(lang string, c shipment.Candidate) []flow.Line {
	value := flow.Text("Value", c.Number)
	switch c.Doubt {
	case shipment.DoubtMended:
		return []flow.Line{flow.Say("warn.doubt", value)}
	case shipment.DoubtCheck:
		return []flow.Line{flow.Say("warn.check", value)}
	case shipment.DoubtAmbiguous:
		names := []flow.Arg{flow.Text("", called(lang, c.Reading))}
		for _, r := range c.Others {
			if name := flow.Text("", called(lang, r)); !slices.ContainsFunc(names, func(a flow.Arg) bool { return a.Text == name.Text }) {
				names = append(names, name)
			}
		}
		return []flow.Line{flow.Say("warn.carriers", value, flow.Several("Carriers", names...))}
	case shipment.DoubtDigits, shipment.DoubtShape:
		return []flow.Line{flow.Say("warn.carrier", value, flow.Text("Carrier", called(lang, c.Reading)))}
	}
	return nil
}
