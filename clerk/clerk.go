// Package clerk answers what a case asks of landedcost and documents: estimates, and papers. A sheet of a flow hands over the slots
// it reads (see docs/flows.md); the clerk turns them into a shipment or into the facts of a paper, has them reckoned or drawn, and
// answers with what to show and what to hand over, in the language of whoever asked.
//
//	Call{sheets, Facts} ──► facts ──► landedcost.Shipment ──► estimates ──► table, chart, workbook
//	                          │
//	                          └─────► documents.Facts ──────► papers, and what they still need
//
// It keeps nothing and knows no clock: the day is the call's. The same slots on the same day give the same bytes.
package clerk

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/documents"
	"xiaobao/landedcost"
)

// Words are the catalogues. *locales.Words is one.
type Words interface {
	bot.Words
	documents.Words
}

// Config is what a Clerk needs.
type Config struct {
	Cards   []*landedcost.Card // the operator's rate cards, in the order in which they are looked at; none: every estimate is refused
	Words   Words
	Library bot.Library              // titles and dates of sources
	Zone    *time.Location           // whose day it is when the reader's zone is not known; UTC when nil
	Fonts   func() ([][]byte, error) // TrueType, to draw pictures for chats with; nil: no pictures. It is asked when one is drawn
	Font    func() ([]byte, error)   // the operator's own, for characters on papers that the built-in ones lack; nil: none
}

// A Clerk answers calls. It does not change and may be asked from several goroutines.
type Clerk struct {
	cards   []*landedcost.Card
	words   Words
	library bot.Library
	zone    *time.Location
	fonts   func() ([][]byte, error)
	font    func() ([]byte, error)
	drawing sync.Mutex // one paper at a time
}

// New makes a Clerk.
func New(c Config) *Clerk {
	k := &Clerk{cards: c.Cards, words: c.Words, library: c.Library, zone: c.Zone, fonts: c.Fonts, font: c.Font}
	if k.zone == nil {
		k.zone = time.UTC
	}
	return k
}

// Calls are what it answers, by the names that flows use.
func (k *Clerk) Calls() map[string]bot.CallFunc {
	return map[string]bot.CallFunc{
		"estimate.compare":  k.answer((*job).compare),
		"estimate.make":     k.answer((*job).estimate),
		"estimate.calendar": k.answer((*job).calendar),
		"papers.make":       k.answer((*job).papers),
		"papers.template":   k.answer((*job).template),
		"papers.pack":       k.answer((*job).pack),
		"papers.settings":   k.answer((*job).settings),
	}
}

// A job is one call being answered.
type job struct {
	*Clerk
	Teller
	facts  facts
	sheets []string       // "learn.costs"
	on     landedcost.Day // whose rates count: the day it is for the reader
	at     time.Time
	out    bot.Returned
}

// answer makes a call of work on a job. A fault in the work is a bug and is not tried again.
func (k *Clerk) answer(work func(*job) error) bot.CallFunc {
	return func(_ context.Context, d bot.Delivery) (bot.Returned, error) {
		if d.Call == nil {
			return bot.Returned{}, bot.Never(errors.New("clerk: no call"))
		}
		j := &job{
			Clerk: k, facts: d.Call.Facts, sheets: strings.Fields(d.Call.Args["sheets"]),
			Teller: Teller{Words: k.words, Lang: d.Call.From.Language, Zone: d.Call.From.Zone},
		}
		j.at = d.Decided.In(k.zone)
		if zone, err := time.LoadLocation(d.Call.From.Zone); err == nil && d.Call.From.Zone != "" {
			j.at = d.Decided.In(zone)
		}
		j.on = landedcost.DayOf(j.at)
		j.out = bot.Returned{Case: d.Case, Tenant: d.Tenant}
		if len(j.sheets) == 0 {
			return bot.Returned{}, bot.Never(fmt.Errorf("clerk: %s names no sheet", d.Call.Name))
		}
		if err := work(j); err != nil {
			return bot.Returned{}, bot.Never(fmt.Errorf("clerk: %s: %w", d.Call.Name, err))
		}
		return j.out, nil
	}
}

// ui says one of the clerk's own messages.
func (j *job) ui(id string, args ...flow.Arg) string {
	return j.Words.Say(j.Lang, j.Zone, flow.Say("clerk."+id, args...))
}

// english says a message in English, whatever the reader reads: it stands on a paper.
func (j *job) english(id string, args ...flow.Arg) string {
	return j.Words.Say("en", j.Zone, flow.Say(id, args...))
}

// label is a slot's name.
func (j *job) label(slot string) string {
	return j.Words.Say(j.Lang, j.Zone, flow.Say("slot."+slot+".label"))
}

// option is an option's label.
func (j *job) option(slot, value string) string {
	return j.Words.Say(j.Lang, j.Zone, flow.Say("option."+slot+"."+value))
}

// show adds blocks to the answer.
func (j *job) show(b ...bot.Block) { j.out.Shown = append(j.out.Shown, b...) }

func (j *job) heading(text string) { j.show(bot.Block{Kind: bot.Heading, Text: text}) }

func (j *job) paragraph(tone bot.Tone, text string) {
	j.show(bot.Block{Kind: bot.Paragraph, Tone: tone, Text: text})
}

// list shows lines with the same mark; nothing when there are none.
func (j *job) list(mark bot.Mark, lines ...string) {
	if len(lines) == 0 {
		return
	}
	b := bot.Block{Kind: bot.List}
	for _, text := range lines {
		b.Items = append(b.Items, bot.Item{Text: text, Mark: mark})
	}
	j.show(b)
}

// cite names sources, with the day they were read.
func (j *job) cite(ids ...string) {
	for _, id := range ids {
		o, ok := j.library.Origin(j.Lang, id)
		if !ok {
			continue
		}
		text := j.Words.Say(j.Lang, j.Zone, flow.Say("ui.source_undated", flow.Text("Title", o.Title)))
		if o.Date != "" {
			text = j.Words.Say(j.Lang, j.Zone, flow.Say("ui.source", flow.Text("Title", o.Title), flow.Date("Date", o.Date)))
		}
		j.show(bot.Block{Kind: bot.Note, Text: text, Link: o.Link})
	}
}
