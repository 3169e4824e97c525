package bot

import (
	"time"

	"xiaobao/bot/flow"
)

// An OpenFunc looks into a file that is not plain text, such as a workbook. It is pure: a turn may be thought about twice. What it does
// not know it does not take, and the person is told that the file cannot be read.
type OpenFunc func(Opening) Opened

// An Opening is a file that somebody handed over, and where they stand.
type Opening struct {
	File  File
	State flow.State
	To    flow.To // who, where, and the language they read
	Now   time.Time
}

// Opened is what a file came to. Shown is told first. Text, when there is any, is rows for the Slot, or for the one that is asked for when that is
// empty, and they wait until the person says that they are to be taken; where no rows are asked for it counts as typed.
type Opened struct {
	Taken  bool
	Text   string
	Slot   string
	Shown  []Block
	Offers []Action // what to press below Shown: verbs, which count at any time
}

// opened lets Config.Open look into a file; false when nobody can.
func (t *turn) opened(by flow.By, f File) bool {
	if t.bot.Open == nil || len(f.Data) > largestFile {
		return false
	}
	to := t.to(by)
	o := t.bot.Open(Opening{File: f, State: t.state, To: to, Now: t.local(by.Person)})
	if !o.Taken {
		return false
	}
	t.echo(f.Name)
	if len(o.Shown) > 0 {
		m := t.bot.render.reader(to).message()
		m.Blocks, m.Actions, m.Text = o.Shown, o.Offers, textOf(o.Shown)
		t.post(t.in.To, m, t.bot.capabilities(t.in.To))
	}
	if o.Text != "" {
		t.advance(flow.Read{By: by, Slot: o.Slot, Text: o.Text})
	}
	return true
}
