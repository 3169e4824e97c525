// Package flow is the conversation engine. It thinks and touches nothing: (book, state, event, now) → (state, effects).
//
// A Book is loaded once from YAML (see docs/flows.md). A State is one seller's case: what is known (slots), where the ten
// steps stand, and where each person is. Advance takes one event and returns the next state and what should be done. It is
// total: any event in any state gives an answer, and reading the state back from JSON in between changes nothing.
//
//	           Said ───┐   secret? → refused, not kept
//	                   │   a word of patterns.yaml? → verb (help, back, change …)
//	                   │   the live prompt's answer? → slot → walk on
//	                   │   a question? → Explain, and the prompt again
//	                   ▼   else → what was wrong, how to say it
//	Chose, Submitted ──► prompt (token) ──► slot set ──► walk: tell … decide … ask ■
//	Answered ──────────► do node ─────────────────────┘
//	Told, TimePassed ──► wait_for: until, ladder
//
// Someone always has exactly one live prompt: the top of their interruptions (Talk.Stack), or else the question at which
// their step stands. The position of a step belongs to the case, so a colleague's answer moves it for everyone, and the
// token of the card they have on screen tells that it is out of date.
package flow

import (
	"maps"
	"slices"
	"strings"
	"time"
)

// Advance applies one event. now is the time of the event, in the time zone of the person it comes from: civil dates are
// read and compared there. The state that is passed in is not changed.
func (b *Book) Advance(s State, e Event, now time.Time) (State, []Effect) {
	t := b.begin(s, now)
	switch e := e.(type) {
	case Said:
		t.said(e)
		t.lapse(e.Person, s)
	case Chose:
		t.chose(e)
		t.lapse(e.Person, s)
	case Submitted:
		t.submitted(e)
		t.lapse(e.Person, s)
	case Handed:
		t.meet(e.By, "")
		t.call(e.Person, e.Call, nil)
	case Read:
		t.readOut(e)
	case Answered:
		t.answered(e)
	case Told:
		t.told(e)
	case TimePassed:
		t.timePassed(e)
	case Shut:
		t.shut(e)
	case Directed:
		t.directed(e)
	}
	t.redrawSpines(s)
	return t.s, t.out
}

// redrawSpines brings the ten steps up to date for everybody who has them on screen, when one of them moved,
// and for whoever went from one that is under way to another.
func (t *turn) redrawSpines(before State) {
	moved := slices.ContainsFunc(t.b.steps, func(f *Flow) bool { return t.s.Steps[f.ID].Status != before.Steps[f.ID].Status })
	for _, person := range sortedKeys(t.s.People) {
		shown := slices.IndexFunc(t.out, func(e Effect) bool {
			sp, ok := e.(Spine)
			return ok && sp.To.Person == person
		})
		k := t.s.People[person]
		if !k.Greeted || !moved && (k.Focus == before.People[person].Focus || t.s.Steps[k.Focus].Status != Active) {
			continue
		}
		t.spine(person)
		end := len(t.out) - 1
		last := t.out[end].(Spine)
		if shown >= 0 { // shown in this turn before the step moved: the same place, as it is now
			t.out = slices.Insert(t.out[:end], shown, Effect(last))
			continue
		}
		last.Redraw = true
		t.out[end] = last
	}
}

// turn is one call of Advance: a copy of the state to write to, and the effects so far.
type turn struct {
	b     *Book
	s     State
	f     facts
	now   time.Time
	out   []Effect
	nodes int // nodes walked through in this turn
	made  int // ids made in this turn
	cited []string
	raw   string // what was typed, before it was cleaned
	found bool   // numbers to track were pasted in this turn
}

func (b *Book) begin(s State, now time.Time) *turn {
	s.Spec = Spec
	s.Turn++
	s.Slots = cloned(s.Slots)
	s.Steps = cloned(s.Steps)
	s.People = cloned(s.People)
	s.Sheets = cloned(s.Sheets)
	s.Calls = cloned(s.Calls)
	s.Notes = cloned(s.Notes)
	t := &turn{b: b, s: s, now: now}
	t.f = facts{b: b, slots: t.s.Slots, steps: t.s.Steps, now: now}
	return t
}

// cloned copies a map; the values are never changed in place.
func cloned[V any](m map[string]V) map[string]V {
	if m == nil {
		return map[string]V{}
	}
	return maps.Clone(m)
}

// do adds an effect. A source that was cited in this turn already is not cited again.
func (t *turn) do(e Effect) {
	switch x := e.(type) {
	case Speak:
		x.Sources = t.cite(x.Sources)
		e = x
	case Ask:
		x.Sources = t.cite(x.Sources)
		e = x
	case Wake:
		if !x.At.IsZero() {
			x.At = x.At.UTC()
		}
		e = x
	}
	t.out = append(t.out, e)
}

func (t *turn) cite(ids []string) (fresh []string) {
	for _, id := range ids {
		if !slices.Contains(t.cited, id) {
			t.cited = append(t.cited, id)
			fresh = append(fresh, id)
		}
	}
	return fresh
}

func (t *turn) to(person string) To {
	k := t.s.People[person]
	return To{Person: person, Name: k.Name, Place: k.Place, Lang: k.Lang, Zone: k.Zone}
}

// talk changes one person's side of the case.
func (t *turn) talk(person string, change func(*Talk)) {
	k := t.s.People[person]
	change(&k)
	t.s.People[person] = k
}

// step changes where a step stands.
func (t *turn) step(flow string, change func(*Step)) {
	st := t.s.Steps[flow]
	change(&st)
	t.s.Steps[flow] = st
}

// speak says lines to a person.
func (t *turn) speak(person string, tone Tone, lines ...Line) {
	t.do(Speak{To: t.to(person), Tone: tone, Lines: lines})
}

// meet notes who is here and where. It greets whoever comes for the first time and says so.
func (t *turn) meet(by By, text string) (first bool) {
	free := len(t.live(by.Person).slots) == 0 // nothing is asked: what they type is no answer, such as a Chinese name
	t.talk(by.Person, func(k *Talk) {
		first = !k.Greeted
		k.Greeted = true
		k.Place, k.Seen, k.Nudges, k.Listed = by.Place, t.now.UTC(), 0, false
		k.Singly, k.Looks = by.Singly, by.Looks
		if by.Name != "" {
			k.Name = by.Name
		}
		if by.Zone != "" && !k.Zoned {
			k.Zone = by.Zone
		}
		switch typed := clean(text); {
		case k.Chosen:
		case k.Lang == "" || first:
			k.Lang = t.guessLanguage(by.Lang, typed)
		case !k.Typed && free && writtenIn(typed) != "":
			k.Lang = t.guessLanguage(writtenIn(typed), "")
		}
		k.Typed = k.Typed || text != ""
	})
	if first {
		t.greet(by.Person)
	}
	return first
}

// guessLanguage prefers what someone writes to what their network reports.
func (t *turn) guessLanguage(reported, text string) string {
	if hasHan(text) {
		reported = "zh"
	}
	for _, lang := range t.b.deps.Languages {
		if len(reported) >= 2 && len(lang) >= 2 && reported[:2] == lang[:2] {
			return lang
		}
	}
	return t.b.deps.Languages[0]
}

// writtenIn is the language a line is surely written in: Chinese characters, or a sentence of Latin words; empty when it tells nothing, as
// a number, a name or "hello", which everybody writes.
func writtenIn(line string) string {
	if hasHan(line) {
		return "zh"
	}
	words := strings.Fields(line)
	for _, w := range words {
		w = strings.Trim(w, ".,!?'")
		if strings.ContainsFunc(w, func(r rune) bool { return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && r != '\'' }) {
			return ""
		}
	}
	if len(words) < 3 {
		return ""
	}
	return "en"
}

func hasHan(s string) bool {
	for _, r := range s {
		if r >= 0x4E00 && r <= 0x9FFF {
			return true
		}
	}
	return false
}

// set stores a value with who said it, keeps the old one, and notes which sheets are out of date.
func (t *turn) set(slot string, v Value, by, flow string) {
	old, known := t.s.Slots[slot]
	now := Slot{Value: v, By: by, At: t.now.UTC(), Flow: flow, Turn: t.s.Turn}
	if known {
		now.Was = old.Was
		if !sameValue(old.Value, v) {
			now.Was = append(slices.Clip(old.Was), Old{old.Value, old.By, old.At})
			now.Was = now.Was[max(0, len(now.Was)-maxHistory):]
		} else if flow != old.Flow && old.Flow != "" {
			now.Flow = old.Flow
		}
	}
	t.s.Slots[slot] = now
	t.f.forget(slot)
	if !known || !sameValue(old.Value, v) {
		t.outdate(slot)
	}
}

// keep takes a value that was shown as said anew.
func (t *turn) keep(slot string) {
	if s, known := t.s.Slots[slot]; known {
		s.Look, s.At, s.Turn = false, t.now.UTC(), t.s.Turn
		t.s.Slots[slot] = s
	}
}

// unset drops a value.
func (t *turn) unset(slot string) {
	if _, known := t.s.Slots[slot]; known {
		delete(t.s.Slots, slot)
		t.f.forget(slot)
		t.outdate(slot)
	}
}

// maxHistory is how many old values a slot keeps.
const maxHistory = 20

// outdate marks the sheets that show a slot. One whose answers are again what it was made from is no longer out of date.
func (t *turn) outdate(slot string) {
	for _, sheet := range t.b.seen[slot] {
		if m, ok := t.s.Sheets[sheet]; ok {
			m.Stale = m.From == "" || m.From != t.fingerprint(t.b.sheets[sheet])
			t.s.Sheets[sheet] = m
		}
	}
}

// line is a message with its holes filled: by args, else by the slots they are named after.
func (t *turn) line(id string, args ...Arg) Line {
	l := Line{ID: id, Args: args}
	for _, h := range t.b.fills[id] {
		if slices.ContainsFunc(args, func(a Arg) bool { return a.Name == h.name }) {
			continue
		}
		if s, ok := t.s.Slots[h.slot]; ok {
			l.Args = append(l.Args, t.b.slots[h.slot].arg(h.name, s.Value))
		} else {
			l.Args = append(l.Args, Word(h.name, "value.unknown"))
		}
	}
	return l
}

// nodeLine is a node's message, with the node's own args.
func (t *turn) nodeLine(n *Node, id string, args ...Arg) Line { return t.lineWith(n.args, id, args...) }

// lineWith is a message with declared args.
func (t *turn) lineWith(exprs map[string]*Expr, id string, args ...Arg) Line {
	for _, name := range sortedKeys(exprs) {
		args = append(args, t.exprArg(name, exprs[name]))
	}
	return t.line(id, args...)
}

// exprArg is what an expression comes to, as a sentence shows it.
func (t *turn) exprArg(name string, e *Expr) Arg {
	switch v := t.f.eval(e).(type) {
	case float64, int:
		return Number(name, nativeText(v))
	case bool:
		return Word(name, "value."+nativeText(v))
	case []string:
		return someOf(name, len(v), func(i int) string { return v[i] })
	case []any: // what map() and filter() give
		return someOf(name, len(v), func(i int) string { return nativeText(v[i]) })
	default:
		return Text(name, nativeText(v))
	}
}

// mostListed is how many items of a list a sentence names.
const mostListed = 10

// someOf is a list as a sentence shows it: the first of n items.
func someOf(name string, n int, item func(int) string) Arg {
	items := make([]Arg, 0, mostListed+1)
	for i := range min(n, mostListed) {
		items = append(items, Text("", item(i)))
	}
	if n > mostListed {
		items = append(items, Text("", "… ("+itoa(n)+")"))
	}
	return Several(name, items...)
}

// holeSlot is a hole of a message that a slot fills.
type holeSlot struct{ name, slot string }
