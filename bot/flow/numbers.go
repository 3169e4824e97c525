package flow

import (
	"slices"
	"strings"
)

// mostTracked is how many numbers of one paste are told about.
const mostTracked = 50

// Filters are the ways to look at the list of shipments: "filter.<name>".
var Filters = []string{"all", "moving", "late", "customs", "trouble", "delivered"}

// tracked says what the numbers in a text are and offers to follow them; false when there are none. Without asked they must be
// what the text is about.
func (t *turn) tracked(person, text string, asked bool) bool {
	found := t.b.deps.Tracked(t.s.People[person].Lang, text)
	if len(found) == 0 || !asked && !slices.ContainsFunc(found, func(n Tracked) bool { return n.Known }) {
		return false
	}
	lines := []Line{Say("numbers.found", Number("Count", itoa(len(found))))}
	if left := len(found) - mostTracked; left > 0 {
		found = found[:mostTracked]
		lines = append(lines, Say("numbers.more", Number("Count", itoa(left))))
	}
	var items []Item
	var numbers []string
	for _, n := range found {
		items = append(items, Item{Line: n.Is})
		if !slices.Contains(numbers, n.Number) {
			numbers = append(numbers, n.Number)
		}
	}
	label := Say("numbers.follow_all", Number("Count", itoa(len(numbers))))
	if len(numbers) == 1 {
		label = Say("numbers.follow_one")
	}
	token := t.token("found", person, strings.Join(numbers, " "))
	follow := Action{Verb: "watch", Value: foundMark + token, Label: label, Style: "primary"}
	t.found = true
	t.talk(person, func(k *Talk) { k.Lost, k.Found = 0, Found{token, numbers, true} })
	t.do(Speak{To: t.to(person), Lines: lines, Items: items, Actions: []Action{follow, verb("shipments")}})
	if t.live(person).kind != "" {
		t.prompt(person)
	}
	return true
}

// foundMark begins the value of the button below a paste. What follows is its token, which may look like a number: the button of
// an older paste must not follow that.
const foundMark = "~"

// offered says whether a line is a yes to following what the person pasted just before.
func (t *turn) offered(person, text string) bool {
	f := t.s.People[person].Found
	return f.Fresh && t.b.yesNo(text) == "yes"
}

// confirmed does what was offered just before, to a line that is a yes: imports the table that was shown, or follows the
// numbers that were pasted.
func (t *turn) confirmed(person, text string) bool {
	if d := t.s.People[person].Draft; d != "" && t.b.yesNo(text) == "yes" {
		t.verb(person, "import", d)
		return true
	}
	if t.offered(person, text) {
		t.watch(person, "")
		return true
	}
	return false
}

// lapse ends what a yes would have meant: the table that was shown to a person and the numbers that they pasted, now that they have said or
// done something about it or about something else.
func (t *turn) lapse(person string, before State) {
	was, is := before.People[person], t.s.People[person]
	if was.Draft != "" && is.Draft == was.Draft {
		t.talk(person, func(k *Talk) { k.Draft = "" })
	}
	if is.Found.Fresh && !t.found {
		t.talk(person, func(k *Talk) { k.Found.Fresh = false })
	}
}

// bare answers the letters that the numbers of the simulated carrier begin with, alone or after one word ("track SIM"): which
// numbers those are.
func (t *turn) bare(person, text string) bool {
	words := strings.Fields(text)
	if n := len(words); n == 0 || n > 2 || !strings.EqualFold(words[n-1], "SIM") {
		return false
	}
	t.talk(person, func(k *Talk) { k.Lost = 0 })
	t.speak(person, Plain, Say("numbers.bare"))
	return true
}

// watch asks for numbers to be followed, outside of the steps: those of a text, or those of the button below a paste.
func (t *turn) watch(person, text string) {
	var numbers []string
	token, pressed := strings.CutPrefix(text, foundMark)
	if pressed {
		text = ""
	}
	if f := t.s.People[person].Found; f.Token != "" && (text == "" && !pressed || pressed && token == f.Token) {
		numbers = slices.Clone(f.Numbers)
	}
	for _, n := range t.b.deps.Tracked(t.s.People[person].Lang, text) {
		if !slices.Contains(numbers, n.Number) {
			numbers = append(numbers, n.Number)
		}
	}
	if len(numbers) == 0 {
		t.speak(person, Plain, Say("numbers.none"))
		return
	}
	numbers = numbers[:min(len(numbers), mostTracked)]
	t.do(Wish{Person: person, Place: t.following(person), Kind: Only, Numbers: numbers, On: true})
	for _, n := range numbers {
		t.call(person, "shipment.watch", map[string]string{"number": n})
	}
	t.do(Speak{To: t.to(person), Tone: Good, Lines: []Line{Say("numbers.followed", Number("Count", itoa(len(numbers))))}, Actions: []Action{verb("shipments"), verb("notices")}})
}

// filter is the filter that a text names: the first one for no text, none for another text.
func (b *Book) filter(text string) string {
	if text == "" {
		return Filters[0]
	}
	for _, f := range Filters {
		if text == f || b.means("filter."+f, text) {
			return f
		}
	}
	return ""
}
