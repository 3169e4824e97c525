package documents

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"xiaobao/landedcost"
)

// A paper is laid out in words and numbers, before it is drawn as PDF or written as XLSX.
type paper struct {
	kind   Kind
	title  pairOf
	head   []field // stands in the corner of the first page
	draft  bool    // something that the paper must have is missing
	wide   bool    // landscape
	made   time.Time
	parts  []part
	notice pairOf // stands in the foot of every page

	f    *Facts
	o    Options
	gaps map[string]bool
}

// pairOf is the same in English and, when the reader wants it, in Chinese.
type pairOf struct{ en, zh string }

// A part is one of group, table, prose, tasks, labels and signatures.
type part interface{ isPart() }

// A field is a label and its value; gap marks one that the paper still needs.
type field struct {
	label pairOf
	value string
	gap   bool
}

// group holds fields, laid out in columns; boxes with a title stand beside each other.
type group struct {
	title pairOf
	boxes []box
}

type box struct {
	title  pairOf
	name   string // stands out
	lines  []string
	fields []field
	gap    bool // nothing is known of it, and it is needed
}

// table has a header that is carried to every page.
type table struct {
	title pairOf
	cols  []column
	rows  [][]cell
	sums  [][]cell // stand out at the end
}

type column struct {
	head  pairOf
	share float64 // of the width
	right bool
}

// A cell is a text, or a number with so many decimals; notes stand smaller beneath.
type cell struct {
	text   string
	num    *Decimal
	places int32
	notes  []string
	gap    bool
}

// prose are sentences; small ones are remarks.
type prose struct {
	title pairOf
	texts []pairOf
	loud  bool
}

// tasks are things to tick.
type tasks struct {
	title pairOf
	items []task
}

type task struct {
	text pairOf
	done bool
	note string
}

// labels are proofs of carton labels.
type labels struct{ list []label }

// signatures is where somebody signs and seals.
type signatures struct {
	says   pairOf
	fields []field
	seal   pairOf
}

func (group) isPart()      {}
func (table) isPart()      {}
func (prose) isPart()      {}
func (tasks) isPart()      {}
func (labels) isPart()     {}
func (signatures) isPart() {}

// lay lays a paper out.
func lay(kind Kind, facts *Facts, o Options) (*paper, error) {
	if o.Words == nil {
		return nil, fmt.Errorf("documents: no words to make a paper with")
	}
	f := cleaned(*facts)
	p := &paper{kind: kind, f: &f, o: o, gaps: map[string]bool{}}
	p.made, _ = day(either(f.Prepared, f.Invoice.Date))
	p.title = p.say("paper." + string(kind))
	p.notice = p.say("paper.notice")
	_, gaps := Missing(kind, f)
	for _, g := range gaps {
		p.gaps[g.Field] = true
	}
	p.draft = len(gaps) > 0
	switch kind {
	case Invoice:
		p.invoice()
	case Packing:
		p.packing()
	case Customs:
		p.customs()
	case Labels:
		p.labelProof()
	case Checklist:
		p.checklist()
	case Claim:
		p.claim()
	case Attorney:
		p.authorisation()
	case Valuation:
		p.valuation()
	case Configuration:
		p.configuration()
	default:
		return nil, fmt.Errorf("documents: there is no paper %q", kind)
	}
	p.lacks(gaps)
	return p, nil
}

func (p *paper) add(x part) { p.parts = append(p.parts, x) }

// mostLacks is how many missing fields a paper lists.
const mostLacks = 40

// lacks lists at the end what the paper still needs.
func (p *paper) lacks(gaps []Gap) {
	if len(gaps) == 0 {
		return
	}
	x := prose{title: p.say("paper.lacks", count("Count", len(gaps))), loud: true}
	var en, zh []string
	for _, g := range gaps[:min(len(gaps), mostLacks)] {
		s := p.sentence(g.Says)
		en, zh = append(en, s.en), append(zh, s.zh)
	}
	all := pairOf{en: strings.Join(en, "; ")}
	if p.o.chinese() {
		all.zh = strings.Join(zh, "；")
	}
	x.texts = append(x.texts, all)
	if more := len(gaps) - mostLacks; more > 0 {
		x.texts = append(x.texts, p.say("paper.more", count("Count", more)))
	}
	p.add(x)
}

// say says a message of this package in English and, when the reader wants it, in Chinese.
func (p *paper) say(id string, args ...landedcost.Arg) pairOf { return p.sentence(say(id, args...)) }

func (p *paper) sentence(s Sentence) pairOf {
	x := pairOf{en: fill(p.o.Words, "en", s)}
	if p.o.chinese() {
		x.zh = fill(p.o.Words, "zh-Hans", s)
	}
	return x
}

// fill says a sentence in one language: its holes take texts, numbers and other messages.
func fill(w Words, lang string, s Sentence) string {
	t, ok := w.Text(lang, s.ID)
	if !ok {
		return "[" + s.ID + "]"
	}
	for _, a := range s.Args {
		v := a.Text
		if a.Kind == landedcost.AsWord {
			v = fill(w, lang, Sentence{ID: a.Text})
		}
		t = strings.ReplaceAll(t, "{{."+a.Name+"}}", v)
	}
	return t
}

// field makes a field whose label is the name of the facts' field; key says which gap it would be.
func (p *paper) field(key, value string) field {
	return field{label: p.say("field." + key), value: value, gap: value == "" && p.gaps[key]}
}

// known drops the fields that are neither filled nor needed.
func known(fs ...field) []field {
	return slices.DeleteFunc(fs, func(f field) bool { return f.value == "" && !f.gap })
}

// join writes both languages in one line.
func (t pairOf) join() string {
	if t.zh == "" || t.zh == t.en {
		return t.en
	}
	return t.en + " " + t.zh
}

// stacked writes the Chinese under the English.
func (t pairOf) stacked() string {
	if t.zh == "" || t.zh == t.en {
		return t.en
	}
	return t.en + "\n" + t.zh
}

func txt(s string, notes ...string) cell {
	return cell{text: s, notes: slices.DeleteFunc(notes, func(s string) bool { return s == "" })}
}

func whole(n int) cell {
	d := decimalOf(n)
	return cell{num: &d}
}

func exact(d Decimal, places int32) cell { return cell{num: &d, places: places} }

// String is a number as it stands on the paper: with thousands parted by commas.
func (c cell) String() string {
	if c.num == nil {
		return c.text
	}
	return grouped(c.num.StringFixed(c.places))
}

func grouped(s string) string {
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	w, part, point := strings.Cut(s, ".")
	var b strings.Builder
	for i, r := range w {
		if i > 0 && (len(w)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(r)
	}
	if point {
		b.WriteString("." + part)
	}
	return sign + b.String()
}

// needed marks a cell as a gap when it is empty and the line needs it.
func (p *paper) needed(key string, c cell) cell {
	c.gap = c.text == "" && c.num == nil && p.gaps[key]
	return c
}

// price shows a price with the currency's decimals, or with more when it has more.
func (p *paper) price(d *Decimal) cell {
	if d == nil {
		return cell{}
	}
	return exact(*d, max(landedcost.Digits(p.f.Invoice.Currency), -d.Exponent()))
}

func (p *paper) money(d Decimal) cell { return exact(d, landedcost.Digits(p.f.Invoice.Currency)) }

func itoa(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}
