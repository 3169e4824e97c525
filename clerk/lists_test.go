package clerk_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"
	"github.com/xuri/excelize/v2"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/documents"
	"xiaobao/flows"
	"xiaobao/knowledge"
)

// asking is a case in which somebody is asked for a slot.
func asking(t testing.TB, book *flow.Book, lang, slot string) flow.State {
	t.Helper()
	by := flow.By{Person: "ann", Lang: lang, Place: "web/local/r/"}
	s, _ := book.Advance(flow.State{}, flow.Said{By: by, Text: "hello"}, december)
	if slot == "" {
		return s
	}
	s, _ = book.Advance(s, flow.Chose{By: by, Action: "change", Values: []string{words(t).Say(lang, "", flow.Say("slot."+slot+".label"))}}, december)
	if got := book.Waiting(s, "ann", december); len(got) != 1 || got[0] != slot {
		t.Fatalf("asked for %v, want %s", got, slot)
	}
	return s
}

func bookOf(t testing.TB) *flow.Book {
	t.Helper()
	base, err := knowledge.Load()
	must(t, err)
	book, err := flows.Load(words(t), base)
	must(t, err)
	return book
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestHandedLists hands lists over at different questions. testdata/lists.txtar says for each what is shown, what is offered, and what
// then stands in the case.
func TestHandedLists(t *testing.T) {
	book, k := bookOf(t), newClerk(t)
	open := k.Open(book)
	ar, err := txtar.ParseFile("testdata/handed/lists.txtar")
	must(t, err)
	for i := 0; i+1 < len(ar.Files); i += 2 {
		name := ar.Files[i].Name // slot language kind: what it is about
		t.Run(name, func(t *testing.T) {
			part := strings.Fields(name)
			slot, lang, kind := part[0], part[1], part[2]
			if slot == "nothing" {
				slot = ""
			}
			data := ar.Files[i].Data
			if kind == "xlsx" {
				data = asWorkbook(t, string(data))
			}
			s := asking(t, book, lang, slot)
			got := handed(book, s, open(bot.Opening{File: bot.File{Name: "list." + kind, Data: data}, State: s, To: flow.To{Person: "ann", Lang: lang}, Now: december}), slot, lang)
			if *update {
				ar.Files[i+1].Data = []byte(got)
			} else if d := cmp.Diff(string(ar.Files[i+1].Data), got); d != "" {
				t.Errorf("-written +now:\n%s", d)
			}
		})
	}
	if *update {
		must(t, os.WriteFile("testdata/handed/lists.txtar", txtar.Format(ar), 0o644))
	}
}

// asWorkbook makes a workbook of lines of cells, parted by |.
func asWorkbook(t testing.TB, text string) []byte {
	t.Helper()
	x := excelize.NewFile()
	defer x.Close()
	for r, line := range strings.Split(strings.TrimSpace(text), "\n") {
		for c, cell := range strings.Split(line, "|") {
			at, err := excelize.CoordinatesToCellName(c+1, r+1)
			must(t, err)
			must(t, x.SetCellStr("Sheet1", at, strings.TrimSpace(cell)))
		}
	}
	b, err := x.WriteToBuffer()
	must(t, err)
	return b.Bytes()
}

func handed(book *flow.Book, s flow.State, o bot.Opened, slot, lang string) string {
	if !o.Taken {
		return "left to others\n"
	}
	var b strings.Builder
	b.WriteString(shown(bot.Returned{Shown: o.Shown}))
	for _, a := range o.Offers {
		fmt.Fprintf(&b, "[%s] %s %s\n", a.Label, a.ID, a.Value)
	}
	if o.Text == "" {
		return b.String()
	}
	s = taken(book, s, o, lang)
	for _, row := range s.Slots[slot].Value.Rows {
		fmt.Fprintf(&b, "= %s\n", strings.Join(row, " | "))
	}
	if len(s.Slots[slot].Value.Rows) == 0 {
		b.WriteString("= " + strings.ReplaceAll(o.Text, "\t", " | "))
	}
	return b.String()
}

// taken hands the rows of a file on and takes them.
func taken(book *flow.Book, s flow.State, o bot.Opened, lang string) flow.State {
	by := flow.By{Person: "ann", Lang: lang}
	s, _ = book.Advance(s, flow.Read{By: by, Slot: o.Slot, Text: o.Text}, december)
	s, _ = book.Advance(s, flow.Chose{By: by, Token: s.People["ann"].Live, Action: "take"}, december)
	return s
}

// TestTheTemplateComesBack fills in the workbook that the chat hands out and hands it back.
func TestTheTemplateComesBack(t *testing.T) {
	book, k := bookOf(t), newClerk(t)
	r := ask(t, k, "papers.template", "prepare.template", "zh-Hans", nil, december)
	if len(r.Files) != 1 {
		t.Fatalf("%d files", len(r.Files))
	}
	x, err := excelize.OpenReader(bytes.NewReader(r.Files[0].Data))
	must(t, err)
	defer x.Close()
	lines, cartons := x.GetSheetList()[0], x.GetSheetList()[1]
	for at, v := range map[string]string{"A4": "MUG", "B4": "Ceramic mug for hot drinks", "C4": "6911108010", "D4": "CN", "E4": "200", "F4": "PCS", "G4": "2.35", "K4": "陶瓷杯"} {
		must(t, x.SetCellStr(lines, at, v))
	}
	for at, v := range map[string]string{"A4": "1", "B4": "10", "C4": "MUG", "D4": "20", "E4": "53", "F4": "37", "G4": "29", "H4": "9.2"} {
		must(t, x.SetCellStr(cartons, at, v))
	}
	buf, err := x.WriteToBuffer()
	must(t, err)
	for slot, want := range map[string]string{"cartons": "1 | 10 | 53 | 37 | 29 | 9.2 | MUG | 20", "invoice_lines": "Ceramic mug for hot drinks | 6911108010 | CN | 200 | PCS | 2.35 | MUG | 陶瓷杯"} {
		s := asking(t, book, "zh-Hans", slot)
		o := k.Open(book)(bot.Opening{File: bot.File{Name: "07-list-template.xlsx", Data: buf.Bytes()}, State: s, To: flow.To{Person: "ann", Lang: "zh-Hans"}, Now: december})
		s = taken(book, s, o, "zh-Hans")
		rows := s.Slots[slot].Value.Rows
		if len(rows) != 1 || !strings.HasPrefix(strings.Join(rows[0], " | "), want) {
			t.Errorf("%s: %q after %q", slot, rows, o.Text)
		}
	}
}

// TestThousandsOfCartonsInTheChat: a list as long as the slot takes is taken in one go.
func TestThousandsOfCartonsInTheChat(t *testing.T) {
	book, k := bookOf(t), newClerk(t)
	var csv strings.Builder
	csv.WriteString("箱号,长,宽,高,毛重,SKU,每箱数量\n")
	for i := range 2000 {
		fmt.Fprintf(&csv, "%d,53,37,29,9.2,MUG-%d,20\n", i+1, i)
	}
	s := asking(t, book, "zh-Hans", "cartons")
	began := time.Now()
	o := k.Open(book)(bot.Opening{File: bot.File{Name: "list.csv", Data: []byte(csv.String())}, State: s, To: flow.To{Person: "ann", Lang: "zh-Hans"}, Now: december})
	s = taken(book, s, o, "zh-Hans")
	if n := len(s.Slots["cartons"].Value.Rows); n != 2000 {
		t.Fatalf("%d rows after %.300q", n, o.Text)
	}
	t.Logf("in %v", time.Since(began))
}

// FuzzOpen hands anything over: it is taken, told about, or left, and never kills.
func FuzzOpen(f *testing.F) {
	book, k := bookOf(f), newClerk(f)
	ar, err := txtar.ParseFile(filepath.Join("testdata", "handed", "lists.txtar"))
	must(f, err)
	for i := 0; i+1 < len(ar.Files); i += 2 {
		f.Add(ar.Files[i].Data)
	}
	tpl, err := documents.Template(words(f))
	must(f, err)
	f.Add(tpl.Data)
	s := asking(f, book, "en", "cartons")
	f.Fuzz(func(t *testing.T, data []byte) {
		o := k.Open(book)(bot.Opening{File: bot.File{Name: "x", Data: data}, State: s, To: flow.To{Person: "ann", Lang: "en"}, Now: december})
		if o.Taken && o.Text == "" && len(o.Shown) == 0 {
			t.Error("taken without a word")
		}
	})
}
