// Package intake takes tables that people hand over, of shipments to follow and of tracking events: it shows what is in one, waits
// for their word, does it, and takes it back.
//
//	file ──► import.preview ──► draft kept, what is in it shown ──► import.apply ──► done ──► import.undo ──► as before
//
// Everything in it may come twice: a draft is kept under the name of the call that made it, what it began to follow carries that
// name, and the events it told were all heard at one moment. Package table reads; shipment/watch follows.
package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/shipment"
	"xiaobao/shipment/table"
	"xiaobao/shipment/watch"
)

// Drafts keeps what was handed over and not yet confirmed. The store's notes are one.
type Drafts interface {
	// Keep writes a note about somebody until a moment, over the one of the same name.
	Keep(ctx context.Context, name string, about bot.User, body []byte, now, until time.Time) error
	// Find reads a note; nil when there is none, or it has ended by now.
	Find(ctx context.Context, name string, now time.Time) ([]byte, error)
}

// draftLife is how long a draft waits for its word, and how long what was done can be taken back.
const draftLife = 7 * 24 * time.Hour

const (
	mostShown  = 5   // rows of a table that are shown before it is taken in
	mostFaults = 500 // mistakes that are listed; the rest are counted
)

// Intake answers the calls. It may be used from several goroutines.
type Intake struct {
	Watch  *watch.Watch
	Drafts Drafts
	Now    func() time.Time
}

// Calls are the calls it answers, for bot.Config:
//
//	import.begin             how it is done, and templates
//	import.preview  (file)   what is in a table
//	import.apply    id       do it
//	import.undo     id       take it back
func (k *Intake) Calls() map[string]bot.CallFunc {
	return map[string]bot.CallFunc{"import.begin": k.begin, "import.preview": k.preview, "import.apply": k.apply, "import.undo": k.undo}
}

// Is reports whether a file is a table to be taken in, for bot.Config.
func Is(_ string, data []byte) bool { return table.Is(data) }

// A draft is a table that was read.
type draft struct {
	Case      string           `json:"case"`
	Tenant    string           `json:"tenant"`
	By        string           `json:"by,omitempty"` // whose it is, as bot.User.Key
	Name      string           `json:"name"`         // of the file
	Kind      table.Kind       `json:"kind"`
	At        time.Time        `json:"at"` // when it was read: its events were heard then
	Shipments []table.Shipment `json:"shipments,omitempty"`
	Events    []table.Event    `json:"events,omitempty"`
	Stand     string           `json:"stand,omitempty"` // "", "done", "undone"
}

func (d draft) batch(id string) watch.Batch {
	return watch.Batch{Tenant: d.Tenant, Case: d.Case, Name: id, By: d.By}
}

// numbers are the numbers it names, each once, in the order of its lines.
func (d draft) numbers() (list []string) {
	seen := map[string]bool{}
	add := func(n string) {
		if !seen[n] {
			seen[n] = true
			list = append(list, n)
		}
	}
	for _, s := range d.Shipments {
		add(s.Number)
	}
	for _, e := range d.Events {
		add(e.Number)
	}
	return list
}

func (k *Intake) begin(_ context.Context, d bot.Delivery) (bot.Returned, error) {
	chinese := strings.HasPrefix(d.Call.From.Language, "zh")
	names := map[table.Kind]string{table.Shipments: "shipments-template.csv", table.Events: "events-template.csv"}
	r := bot.Returned{Case: d.Case}
	for _, kind := range []table.Kind{table.Shipments, table.Events} {
		r.Files = append(r.Files, bot.Document{Name: names[kind], Type: "text/csv; charset=utf-8", Data: table.Template(kind, chinese)})
	}
	r.Show = &flow.Show{Sheet: sheet("how", k.Now(), flow.Part{Text: []flow.Line{say("how"), say("how_events"), say("how_safe")}})}
	return r, nil
}

// Handed is the body of the call import.preview.
type Handed struct {
	Name string `json:"name"`
	Data []byte `json:"data"`
}

func (k *Intake) preview(ctx context.Context, d bot.Delivery) (bot.Returned, error) {
	var h Handed
	if err := json.Unmarshal(d.Call.Body, &h); err != nil {
		return bot.Returned{}, bot.Never(fmt.Errorf("intake: read the file: %w", err))
	}
	t, err := table.Read(h.Data, d.Decided.UTC().Truncate(time.Microsecond))
	if err != nil {
		return bot.Returned{Case: d.Case, Fault: "shipment.import.fault.no_table"}, nil
	}
	dr := draft{Case: d.Case, Tenant: d.Tenant, By: d.Call.By, Name: h.Name, Kind: t.Kind, At: d.Decided.UTC().Truncate(time.Microsecond), Shipments: t.Shipments, Events: t.Events}
	if err := k.keep(ctx, d.Call.ID, d.Call.From, dr); err != nil {
		return bot.Returned{}, err
	}
	there, err := k.Watch.Followed(ctx, d.Tenant, d.Case, dr.numbers())
	if err != nil {
		return bot.Returned{}, fmt.Errorf("intake: %w", err)
	}
	show := Preview(t, h.Name, len(there), k.Now())
	r := bot.Returned{Case: d.Case, Show: &show}
	if n := len(t.Shipments) + len(t.Events); n > 0 {
		r.Values = map[string]string{"import": d.Call.ID} // what a yes means now
		show.Actions = []flow.Action{{Verb: "import", Value: d.Call.ID, Label: say("do_"+string(t.Kind), count(n)), Style: "primary"}}
	}
	return r, nil
}

// Preview says what is in a table: how much of it can be used, the first rows, and every mistake with its place. There is how
// many of its numbers are followed already.
func Preview(t *table.Table, name string, there int, now time.Time) flow.Show {
	ready, numbers := len(t.Shipments), map[string]bool{}
	for _, s := range t.Shipments {
		numbers[s.Number] = true
	}
	if t.Kind == table.Events {
		ready = len(t.Events)
		for _, e := range t.Events {
			numbers[e.Number] = true
		}
	}
	bad := map[int]bool{}
	for _, f := range t.Faults {
		bad[f.Line] = true
	}
	first := flow.Part{Text: []flow.Line{say("found_"+string(t.Kind), count(ready), flow.Text("Name", name))}}
	if there > 0 && t.Kind == table.Shipments {
		first.Text = append(first.Text, say("there", count(there)))
	}
	if missing := len(numbers) - there; missing > 0 && t.Kind == table.Events {
		first.Text = append(first.Text, say("missing", count(missing)))
	}
	if len(bad) > 0 {
		first.Text = append(first.Text, say("left_out", count(len(bad))))
	}
	var unused []flow.Arg
	for _, c := range t.Columns {
		if c.Meaning == "" && c.Header != "" && len(unused) < 10 {
			unused = append(unused, flow.Text("", c.Header))
		}
	}
	if len(unused) > 0 {
		first.Text = append(first.Text, say("unused", flow.Several("Columns", unused...)))
	}
	s := sheet("preview", now, first)
	if rows := examples(t); len(rows) > 0 {
		heading := say("examples")
		s.Parts = append(s.Parts, flow.Part{Heading: &heading, Items: rows})
	}
	show := flow.Show{Sheet: s}
	if len(t.Faults) > 0 {
		show.Sheet.Parts = append(show.Sheet.Parts, faults(t.Faults))
		show.Sheet.ID, show.Files = "import.mistakes", []string{"csv"}
	}
	return show
}

// examples are the first rows as they were understood.
func examples(t *table.Table) (items []flow.Item) {
	for _, s := range t.Shipments[:min(mostShown, len(t.Shipments))] {
		by := "transport_none"
		if s.Carriage != nil {
			by = map[shipment.Carriage]string{shipment.Parcel: "transport_parcel", shipment.Ocean: "transport_ocean", shipment.Air: "transport_air"}[*s.Carriage]
		}
		items = append(items, flow.Item{Line: say("row_shipment", line(s.Line), flow.Text("Number", s.Number), word("Transport", by))})
	}
	for _, e := range t.Events[:min(mostShown, len(t.Events))] {
		what := flow.Text("What", e.Text)
		if e.Status != "" {
			what = flow.Word("What", "shipment.status."+strings.ToLower(string(e.Status)))
		} else if e.Text == "" {
			what = word("What", "estimate")
		}
		items = append(items, flow.Item{Line: say("row_event", line(e.Line), flow.Text("Number", e.Number), when(e.Event), what)})
	}
	return items
}

func when(e shipment.Event) flow.Arg {
	if !e.TZKnown {
		return flow.Text("When", e.At.Format("2006-01-02 15:04"))
	}
	return flow.Time("When", e.At)
}

// faults are the mistakes, each with its line, its column, what stands there and what should.
func faults(list []table.Fault) flow.Part {
	heading := say("faults")
	p := flow.Part{Heading: &heading, Table: &flow.Table{Head: []flow.Line{say("line"), say("column"), say("value"), say("problem")}}}
	for _, f := range list[:min(len(list), mostFaults)] {
		column := f.Header
		if f.Column > 0 {
			column = letters(f.Column) + " " + f.Header
		}
		p.Table.Rows = append(p.Table.Rows, []flow.Line{known(strconv.Itoa(f.Line)), known(strings.TrimSpace(column)), known(f.Value), Problem(f)})
	}
	if left := len(list) - mostFaults; left > 0 {
		p.Text = []flow.Line{say("more_faults", count(left))}
	}
	return p
}

// Problem says what is wrong with a cell and what should stand there.
func Problem(f table.Fault) flow.Line {
	if f.Other > 0 {
		return say("fault."+f.Code, line(f.Other))
	}
	return say("fault." + f.Code)
}

// letters is a column as spreadsheets call it.
func letters(column int) string {
	s := ""
	for ; column > 0; column = (column - 1) / 26 {
		s = string(rune('A'+(column-1)%26)) + s
	}
	return s
}

func (k *Intake) apply(ctx context.Context, d bot.Delivery) (bot.Returned, error) {
	dr, fault, err := k.find(ctx, d)
	if fault != "" || err != nil {
		return bot.Returned{Case: d.Case, Fault: fault}, err
	}
	id := d.Call.Args["id"]
	if dr.Stand == "undone" {
		return bot.Returned{Case: d.Case, Fault: "shipment.import.fault.undone"}, nil
	}
	var wanted []watch.Wanted
	carriage := map[string]*shipment.Carriage{}
	for _, s := range dr.Shipments {
		carriage[s.Number] = s.Carriage
	}
	for _, n := range dr.numbers() {
		wanted = append(wanted, watch.Wanted{Number: n, Carriage: carriage[n]})
	}
	begun, already, err := k.Watch.FollowMany(ctx, dr.batch(id), wanted)
	if err != nil {
		return bot.Returned{}, fmt.Errorf("intake: %w", err)
	}
	p := flow.Part{Text: []flow.Line{say("done_shipments", count(len(begun)))}}
	if len(already) > 0 {
		p.Text = append(p.Text, say("there", count(len(already))))
	}
	if dr.Kind == table.Events {
		push := watch.Push{Tenant: dr.Tenant, Case: dr.Case}
		for _, e := range dr.Events {
			push.Events = append(push.Events, e.Event)
		}
		for some := range slices.Chunk(push.Events, eventsAtOnce) {
			part := push
			part.Events = some
			if _, err := k.Watch.Heard(ctx, table.Source, part); err != nil {
				return bot.Returned{}, fmt.Errorf("intake: %w", err)
			}
		}
		p.Text = []flow.Line{say("done_events", count(len(dr.Events)), flow.Number("Shipments", strconv.Itoa(len(dr.numbers()))))}
	}
	dr.Stand = "done"
	if err := k.keep(ctx, id, d.Call.From, dr); err != nil {
		return bot.Returned{}, err
	}
	p.Text = append(p.Text, say("done_cards"))
	return bot.Returned{Case: d.Case, Show: &flow.Show{Sheet: sheet("done", k.Now(), p), Actions: []flow.Action{
		{Verb: "shipments", Label: flow.Say("verb.shipments")},
		{Verb: "import_undo", Value: id, Label: flow.Say("verb.import_undo"), Style: "quiet"},
	}}}, nil
}

// eventsAtOnce is how many events are told in one commit.
const eventsAtOnce = 1000

func (k *Intake) undo(ctx context.Context, d bot.Delivery) (bot.Returned, error) {
	dr, fault, err := k.find(ctx, d)
	if fault != "" || err != nil {
		return bot.Returned{Case: d.Case, Fault: fault}, err
	}
	if dr.Stand == "" {
		return bot.Returned{Case: d.Case, Fault: "shipment.import.fault.not_done"}, nil
	}
	id := d.Call.Args["id"]
	if dr.Kind == table.Events {
		if _, err := k.Watch.Forget(ctx, dr.Tenant, dr.Case, table.Source, dr.At, dr.numbers()); err != nil {
			return bot.Returned{}, fmt.Errorf("intake: %w", err)
		}
	}
	n, err := k.Watch.UnfollowBatch(ctx, dr.batch(id), dr.numbers())
	if err != nil {
		return bot.Returned{}, fmt.Errorf("intake: %w", err)
	}
	dr.Stand = "undone"
	if err := k.keep(ctx, id, d.Call.From, dr); err != nil {
		return bot.Returned{}, err
	}
	p := flow.Part{Text: []flow.Line{say("undone_shipments", count(n))}}
	if dr.Kind == table.Events {
		p.Text = []flow.Line{say("undone_events", count(len(dr.Events))), say("undone_shipments", count(n))}
	}
	return bot.Returned{Case: d.Case, Show: &flow.Show{Sheet: sheet("undone", k.Now(), p)}}, nil
}

// find reads the draft that a call names. One of another case is none.
func (k *Intake) find(ctx context.Context, d bot.Delivery) (dr draft, fault string, err error) {
	body, err := k.Drafts.Find(ctx, d.Call.Args["id"], k.Now())
	if err != nil {
		return dr, "", fmt.Errorf("intake: find a draft: %w", err)
	}
	if body == nil {
		return dr, "shipment.import.fault.gone", nil
	}
	if err := json.Unmarshal(body, &dr); err != nil {
		return dr, "", bot.Never(fmt.Errorf("intake: read a draft: %w", err))
	}
	if dr.Case != d.Case {
		return draft{}, "shipment.import.fault.gone", nil
	}
	return dr, "", nil
}

func (k *Intake) keep(ctx context.Context, id string, about bot.User, dr draft) error {
	body, err := json.Marshal(dr)
	if err != nil {
		return errors.Join(errors.New("intake: write a draft"), err)
	}
	now := k.Now()
	if err := k.Drafts.Keep(ctx, id, about, body, now, now.Add(draftLife)); err != nil {
		return fmt.Errorf("intake: keep a draft: %w", err)
	}
	return nil
}

// Messages lists the id of every message this room says, sorted, so that the catalogues can be checked for them.
func Messages() []string {
	list := []string{"verb.shipments", "verb.import_undo", "value.known"}
	for _, w := range []string{
		"title.how", "title.preview", "title.done", "title.undone", "how", "how_events", "how_safe", "found_shipments", "found_events", "there", "missing",
		"left_out", "unused", "examples", "faults", "more_faults", "line", "column", "value", "problem", "row_shipment", "row_event", "estimate",
		"transport_none", "transport_parcel", "transport_ocean", "transport_air", "do_shipments", "do_events", "done_shipments", "done_events",
		"done_cards", "dry", "undone_shipments", "undone_events", "fault.no_table", "fault.gone", "fault.undone", "fault.not_done",
	} {
		list = append(list, "shipment.import."+w)
	}
	for _, c := range table.Codes() {
		list = append(list, "shipment.import.fault."+c)
	}
	slices.Sort(list)
	return list
}

func say(word string, args ...flow.Arg) flow.Line { return flow.Say("shipment.import."+word, args...) }

func word(name, w string) flow.Arg { return flow.Word(name, "shipment.import."+w) }

func count(n int) flow.Arg { return flow.Number("Count", strconv.Itoa(n)) }

func line(n int) flow.Arg { return flow.Text("Line", strconv.Itoa(n)) }

func known(s string) flow.Line {
	if s == "" {
		return flow.Line{}
	}
	return flow.Say("value.known", flow.Text("Value", s))
}

func sheet(id string, now time.Time, parts ...flow.Part) flow.Sheet {
	return flow.Sheet{ID: "import." + id, Flow: "track", Step: 9, Title: say("title." + id), Made: now, Parts: parts}
}
