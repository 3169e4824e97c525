package flow_test

import (
	"slices"
	"testing"

	"xiaobao/bot/flow"
)

// TestUnusedColumns: a pasted table may have columns that nobody asked for; they are named, and the others are kept.
func TestUnusedColumns(t *testing.T) {
	for text, want := range map[string][]string{
		"units\tshelf\tsku\tcartons\t\tbuyer\r\n20\tA1\tSKU-1\t10\t\tLin": {"shelf", "buyer"},
		"sku,cartons,units,a,b,c,d,e,f,g,h,i,j,k,l,m,n\nSKU-1,10,20":      {"a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "+2"},
		"sku, cartons, units\nSKU-1, 10, 20":                              nil,
		"sku, cartons, units, remark\nSKU-1, 10, 20, blue":                nil,
		"SKU-1, 10, 20\nSKU-2, 1, 2":                                      nil,
	} {
		c := newChat(t)
		c.press("a", "open", "second")
		c.say("a", "24x18x12 in")
		c.asked("goods")
		c.say("a", text)
		if rows := c.s.Slots["lines"].Value.Rows; len(rows) == 0 || !slices.Equal(rows[0][:3], []string{"SKU-1", "10", "20"}) {
			t.Errorf("%q: kept %q", text, rows)
		}
		var got []string
		for _, e := range c.effects {
			if s, ok := e.(flow.Speak); ok {
				for _, l := range s.Lines {
					if l.ID == "warn.columns" {
						for _, a := range l.Args[0].List {
							got = append(got, a.Text)
						}
					}
				}
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q: named %q, want %q", text, got, want)
		}
	}
}

// TestWhichOfSeveral: a word that may be the name of several answers asks which of them; its number, or a longer word, says so.
func TestWhichOfSeveral(t *testing.T) {
	c := newChat(t)
	c.press("a", "open", "second")
	c.say("a", "24x18x12 in")
	c.say("a", "SKU-1, 10, 20")
	c.say("a", "Lin")
	offered := func() (out []string) {
		for _, o := range c.asked("pick").Actions[0].Options {
			out = append(out, o.Value)
		}
		return out
	}
	c.say("a", "change")
	all := offered()
	c.say("a", "change e") // of size, lines and name
	some := offered()
	if len(some) < 2 || slices.Contains(some, "weight") || len(some) > len(all) {
		t.Fatalf("offered %v of %v", some, all)
	}
	c.say("a", "2")
	if got := c.asked("change").Fields[0].Slot; got != some[1] {
		t.Errorf("the second of %v is %s", some, got)
	}
	c.say("a", "change e")
	c.say("a", "lines")
	if got := c.asked("change").Fields[0].Slot; got != "lines" {
		t.Errorf("changes %s", got)
	}
	c.press("a", "change", "size") // a button says which
	if got := c.asked("change").Fields[0].Slot; got != "size" {
		t.Errorf("changes %s", got)
	}
}

// TestRemake makes everything again that is out of date, by a word, and says so when nothing is.
func TestRemake(t *testing.T) {
	c := calledChat(t)
	c.say("ann", "remake")
	c.said("documents.none")
	c.say("ann", "12")
	call := c.calls()[0]
	c.do(flow.Answered{Call: call.ID, Name: call.Name, Person: "ann"})
	c.say("ann", "red")
	c.say("ann", "remake")
	c.said("documents.current")
	c.do(flow.Told{Source: "test", Slots: map[string]string{"colour": "14"}})
	c.say("ann", "remake")
	call = c.calls()[0]
	if call.Name != "papers.make" || call.Args["sheets"] != "third.invoice third.packing" {
		t.Errorf("asked for %+v", call)
	}
}
