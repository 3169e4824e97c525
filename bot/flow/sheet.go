package flow

import (
	"encoding/json"
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
	"time"
)

// show makes sheets from what is known and shows them. Those that another room makes are asked for together: one question
// for each room, in the place of its first sheet.
func (t *turn) show(person string, ids ...string) {
	asked := map[string]bool{}
	for _, id := range ids {
		d := t.b.sheets[id]
		switch {
		case d == nil || asked[d.call]:
		case d.call == "":
			t.s.Sheets[id] = t.madeNow(d)
			t.do(Show{To: t.to(person), Sheet: t.sheet(d), Files: d.Files})
		default:
			asked[d.call] = true
			t.makeSheets(person, "", "", slices.DeleteFunc(slices.Clone(ids), func(o string) bool {
				other := t.b.sheets[o]
				return other == nil || other.call != d.call
			}))
		}
	}
}

// makeSheets asks another room for sheets, all by the same call; flow and node say who waits for the answer, if anybody.
func (t *turn) makeSheets(person, flow, node string, ids []string) {
	c := Call{ID: t.newID("call"), Name: t.b.sheets[ids[0]].call, Person: person, Facts: map[string]Value{}}
	c.Args = map[string]string{"sheets": strings.Join(ids, " ")}
	for _, id := range ids {
		d := t.b.sheets[id]
		t.s.Sheets[id] = t.madeNow(d)
		for _, slot := range d.reads {
			if s, known := t.s.Slots[slot]; known {
				c.Facts[slot] = s.Value
			}
		}
	}
	t.s.Calls[c.ID] = Asked{Name: c.Name, Person: person, Flow: flow, Node: node, At: t.now.UTC()}
	t.do(c)
}

func (t *turn) madeNow(d *SheetDef) Made { return Made{At: t.now.UTC(), From: t.fingerprint(d)} }

// fingerprint stands for the answers that a sheet is made from. It only has to tell whether they are the same again.
func (t *turn) fingerprint(d *SheetDef) string {
	h := fnv.New64a()
	w := json.NewEncoder(h)
	for _, slot := range d.reads {
		if s, known := t.s.Slots[slot]; known {
			_ = w.Encode(slot) // writing to a hash does not fail
			_ = w.Encode(s.Value)
		}
	}
	return strconv.FormatUint(h.Sum64(), 36)
}

// sheet evaluates a sheet's parts. Parts and items whose condition is false, and lists that are empty, are left out.
func (t *turn) sheet(d *SheetDef) Sheet {
	s := Sheet{ID: d.ID, Flow: d.Flow, Step: d.Step, Title: t.line("sheet." + d.ID), Made: t.now.UTC(), Sources: d.Sources}
	for _, p := range d.parts {
		if !t.f.true(p.when) {
			continue
		}
		if part, any := t.part(p); any {
			s.Parts = append(s.Parts, part)
		}
	}
	return s
}

func (t *turn) part(p partDef) (part Part, any bool) {
	line := func(id string) Line {
		l := t.lineWith(p.args, id)
		for i, a := range l.Args {
			if p.english && a.Text == "value.unknown" {
				l.Args[i] = Text(a.Name, "…") // to be filled in by hand before it is sent
			}
		}
		return l
	}
	if p.heading != "" {
		h := line(p.heading)
		part.Heading = &h
	}
	for _, id := range p.text {
		part.Text = append(part.Text, line(id))
	}
	for _, slot := range p.facts {
		part.Facts = append(part.Facts, t.b.fact(slot, t.s.Slots))
	}
	for _, slot := range p.gaps {
		if _, known := t.s.Slots[slot]; !known {
			part.Items = append(part.Items, Item{Line: Say("value.gap", Word("Label", "slot."+slot+".label")), Mark: "missing"})
		}
	}
	for _, it := range p.items {
		if !t.f.true(it.when) {
			continue
		}
		mark := "open"
		if it.done != nil && t.f.true(it.done) {
			mark = "done"
		}
		part.Items = append(part.Items, Item{Line: line(it.message), Mark: mark})
	}
	for _, d := range p.dates {
		if t.f.true(d.when) {
			part.Facts = append(part.Facts, t.date(d))
		}
	}
	if p.table != nil {
		part.Table = t.table(p.table, line)
	}
	if p.rows != "" {
		part.Table = t.rows(p.rows)
	}
	for _, id := range p.paste {
		part.Paste = append(part.Paste, line(id))
	}
	if p.data != nil {
		part.Data = t.data(p.data)
	}
	any = len(part.Text) > 0 || len(part.Facts) > 0 || len(part.Items) > 0 || part.Table != nil || len(part.Paste) > 0 || part.Data != nil
	part.English = p.english
	return part, any
}

// date is one rung of a date ladder: the item and its day, or what is missing to know it.
func (t *turn) date(d dateDef) Fact {
	f := Fact{Label: t.line(d.message)}
	from := t.now
	if d.from != "today" {
		s, known := t.s.Slots[d.from]
		day, err := time.ParseInLocation(time.DateOnly, s.Value.Text, t.now.Location())
		if !known || err != nil {
			f.Missing, f.Value = true, Say("value.needs", Word("Label", "slot."+d.from+".label"))
			return f
		}
		from = day
	}
	f.Value = Say("value.known", Date("Value", d.add.After(from).Format(time.DateOnly)))
	return f
}

func (t *turn) table(d *tableDef, line func(id string) Line) *Table {
	out := &Table{}
	for _, id := range d.columns {
		out.Head = append(out.Head, line(id))
	}
	for _, r := range d.rows {
		if !t.f.true(r.when) {
			continue
		}
		var cells []Line
		for _, id := range r.cells {
			cells = append(cells, line(id))
		}
		out.Rows = append(out.Rows, cells)
	}
	if len(out.Rows) == 0 {
		return nil
	}
	return out
}

// rows is a rows slot as a table.
func (t *turn) rows(slot string) *Table {
	s, known := t.s.Slots[slot]
	if !known {
		return nil
	}
	d := t.b.slots[slot]
	out := &Table{}
	for _, c := range d.columns {
		out.Head = append(out.Head, Say("slot."+slot+".col."+c.ID))
	}
	for _, r := range s.Value.Rows {
		var cells []Line
		for i, c := range d.columns {
			cell := ""
			if i < len(r) {
				cell = r[i]
			}
			cells = append(cells, c.cell(cell))
		}
		out.Rows = append(out.Rows, cells)
	}
	return out
}

// cell is one value of a row as a line.
func (d *SlotDef) cell(text string) Line {
	if text == "" {
		return Say("value.known", Text("Value", "–"))
	}
	if d.Type == "choice" {
		return Say("value.known", Word("Value", d.option(text)))
	}
	return Say("value.known", Text("Value", text))
}

// data evaluates a JSON template. Objects keep the order in which the flow's author wrote them; what is not known is null.
func (t *turn) data(d *dataDef) []byte {
	var out []byte
	switch {
	case d.keys != nil:
		out = append(out, '{')
		for i, k := range d.keys {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(append(append(out, quoted(k)...), ':'), t.data(d.fields[i])...)
		}
		return append(out, '}')
	case d.list != nil:
		out = append(out, '[')
		for i, c := range d.list {
			if i > 0 {
				out = append(out, ',')
			}
			out = append(out, t.data(c)...)
		}
		return append(out, ']')
	case d.rows != "":
		return t.rowsData(d.rows)
	case d.leaf == nil:
		return []byte("null")
	}
	for _, slot := range d.leaf.reads {
		if _, known := t.s.Slots[slot]; !known && d.leaf.Source == slot {
			return []byte("null")
		}
	}
	data, err := json.Marshal(t.f.eval(d.leaf))
	if err != nil {
		return []byte("null")
	}
	return data
}

func (t *turn) rowsData(slot string) []byte {
	out := []byte{'['}
	def := t.b.slots[slot]
	for i, r := range t.s.Slots[slot].Value.Rows {
		if i > 0 {
			out = append(out, ',')
		}
		out = append(out, '{')
		for j, c := range def.columns {
			if j > 0 {
				out = append(out, ',')
			}
			out = append(append(out, quoted(c.ID)...), ':')
			cell := ""
			if j < len(r) {
				cell = r[j]
			}
			if _, err := strconv.ParseFloat(cell, 64); err == nil && c.Type == "number" {
				out = append(out, cell...)
			} else {
				out = append(out, quoted(cell)...)
			}
		}
		out = append(out, '}')
	}
	return append(out, ']')
}

func quoted(s string) []byte {
	data, _ := json.Marshal(s)
	return data
}

// pack is the evidence pack: what a human needs to help, and nothing personal.
func (t *turn) pack(flow, question string) Sheet {
	s := Sheet{ID: "patterns.pack", Title: Say("pack.title"), Made: t.now.UTC(), Sources: []string{"A30"}}
	if fl := t.b.flows[flow]; fl != nil {
		s.Flow, s.Step = flow, fl.Step
	}
	head := func(id string) *Line { l := Say(id); return &l }
	if question != "" {
		s.Parts = append(s.Parts, Part{Heading: head("pack.question"), Text: []Line{Say("value.quote", Text("Value", question))}})
	}
	var where []Fact
	if s.Step > 0 {
		where = append(where, Fact{Label: Say("pack.step"), Value: Say("pack.step_is", Number("Step", itoa(s.Step)), Word("Title", "step."+flow))})
		st := t.s.Steps[flow]
		if st.Status == Waiting {
			if n := t.here(flow); n != nil {
				where = append(where, Fact{Label: Say("pack.waiting"), Value: Say("wait.on", Word("Who", "who."+n.who), Time("Since", st.Since))})
			}
		}
		if st.Tries > 0 {
			where = append(where, Fact{Label: Say("pack.tries"), Value: Say("value.known", Number("Value", itoa(st.Tries)))})
		}
	}
	done := t.doneSteps()
	if len(done) > 0 {
		where = append(where, Fact{Label: Say("pack.done"), Value: Say("value.known", Several("Value", done...))})
	}
	s.Parts = append(s.Parts, Part{Heading: head("pack.where"), Facts: where})
	var known []Fact
	for _, slot := range t.evidence(flow) {
		known = append(known, t.b.fact(slot, t.s.Slots))
	}
	if len(known) > 0 {
		s.Parts = append(s.Parts, Part{Heading: head("pack.known"), Facts: known})
	}
	return s
}

func (t *turn) doneSteps() []Arg {
	var out []Arg
	for _, f := range t.b.steps {
		if t.s.Steps[f.ID].Status == Finished {
			out = append(out, Word("", "step."+f.ID))
		}
	}
	return out
}

// evidence lists the known slots worth showing to a human: those of the step first, then what identifies the case.
func (t *turn) evidence(flow string) []string {
	var out []string
	add := func(slot string) {
		if _, known := t.s.Slots[slot]; known && t.b.slots[slot] != nil && t.b.slots[slot].Privacy != "personal" && !slices.Contains(out, slot) {
			out = append(out, slot)
		}
	}
	if fl := t.b.flows[flow]; fl != nil {
		for _, n := range fl.Nodes {
			for _, slot := range n.Slots {
				add(slot)
			}
		}
	}
	for _, slot := range []string{"marketplaces", "route", "seller_id", "shipment_id", "tracking_no", "shipment_status", "company_name_en"} {
		if t.b.slots[slot] != nil {
			add(slot)
		}
	}
	return out
}

// showPack shows the seller the pack, what to gather besides, and a message to paste for Seller Support.
func (t *turn) showPack(person, flow, question string) {
	s := t.pack(flow, question)
	head := func(id string) *Line { l := Say(id); return &l }
	var gather []Item
	for _, id := range []string{"pack.gather_ids", "pack.gather_screens", "pack.gather_done", "pack.gather_case"} {
		gather = append(gather, Item{Line: Say(id), Mark: "open"})
	}
	s.Parts = append(s.Parts, Part{Heading: head("pack.gather"), Items: gather})
	paste := []Line{t.pasteLine("pack.subject", flow, question), Say("pack.facts")}
	for _, slot := range t.evidence(flow) {
		paste = append(paste, Say("pack.fact", Word("Label", "slot."+slot+".label"), t.shown(slot)))
	}
	paste = append(paste, t.pasteLine("pack.request", flow, question), Say("pack.hours"))
	s.Parts = append(s.Parts, Part{Heading: head("pack.message"), Text: []Line{Say("pack.desk"), Say("pack.official")}, Paste: paste, English: true})
	t.do(Show{To: t.to(person), Sheet: s, Files: []string{"md"}})
}

func (t *turn) pasteLine(id, flow, question string) Line {
	what := Text("Question", question)
	if question == "" {
		what = Word("Question", "pack.describe")
	}
	title := Text("Title", "Amazon Global Logistics")
	if t.b.flows[flow] != nil {
		title = Word("Title", "step."+flow)
	}
	return Say(id, title, what)
}
