package clerk_test

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/rogpeppe/go-internal/txtar"

	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/clerk"
	"xiaobao/docs"
	"xiaobao/documents"
	"xiaobao/flows"
	"xiaobao/knowledge"
	"xiaobao/landedcost"
	"xiaobao/locales"
)

var update = flag.Bool("update", false, "write what the clerk says now into the fixtures")

func words(t testing.TB) *locales.Words {
	t.Helper()
	w, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func cards(t testing.TB, texts ...string) []*landedcost.Card {
	t.Helper()
	var out []*landedcost.Card
	for _, text := range texts {
		c, err := landedcost.ReadCard([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, c)
	}
	return out
}

func newClerk(t testing.TB, texts ...string) *clerk.Clerk {
	t.Helper()
	base, err := knowledge.Load()
	if err != nil {
		t.Fatal(err)
	}
	return clerk.New(clerk.Config{Cards: cards(t, texts...), Words: words(t), Library: flows.Library{Base: base}, Fonts: documents.Fonts})
}

// ask asks the clerk in a language on a day, and expects an answer.
func ask(t testing.TB, k *clerk.Clerk, call, sheets, lang string, facts map[string]flow.Value, on time.Time) bot.Returned {
	t.Helper()
	r, err := k.Calls()[call](context.Background(), bot.Delivery{Case: "case", Tenant: "web:local", Decided: on, Call: &bot.Call{
		ID: "call", Name: call, From: bot.User{Language: lang, Zone: "Asia/Shanghai"}, Args: map[string]string{"sheets": sheets}, Facts: facts,
	}})
	if err != nil {
		t.Fatal(err)
	}
	if r.Case != "case" || r.Tenant != "web:local" {
		t.Errorf("the answer goes to %s %s", r.Tenant, r.Case)
	}
	return r
}

var december = time.Date(2026, 12, 1, 1, 0, 0, 0, time.UTC)

// TestFixtures plays what testdata holds: a call, the card it is answered from, the slots, and what is shown in both languages.
func TestFixtures(t *testing.T) {
	files, _ := filepath.Glob("testdata/*.txtar")
	if len(files) == 0 {
		t.Fatal("no fixtures")
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".txtar"), func(t *testing.T) {
			ar, err := txtar.ParseFile(file)
			if err != nil {
				t.Fatal(err)
			}
			call, facts := "", map[string]flow.Value{}
			card, on := docs.RatesExample, december
			for i, f := range ar.Files {
				switch f.Name {
				case "call":
					call = strings.TrimSpace(string(f.Data))
				case "day":
					if on, err = time.Parse(time.DateOnly, strings.TrimSpace(string(f.Data))); err != nil {
						t.Fatal(err)
					}
				case "card":
					card = string(f.Data)
				case "facts":
					if err := json.Unmarshal(f.Data, &facts); err != nil {
						t.Fatal(err)
					}
				default:
					name, sheets, _ := strings.Cut(call, " ")
					var texts []string
					if strings.TrimSpace(card) != "" {
						texts = append(texts, card)
					}
					got := shown(ask(t, newClerk(t, texts...), name, sheets, f.Name, facts, on))
					if *update {
						ar.Files[i].Data = []byte(got)
					} else if diff := cmp.Diff(strings.Split(string(f.Data), "\n"), strings.Split(got, "\n")); diff != "" {
						t.Errorf("%s (-written +now):\n%s", f.Name, diff)
					}
				}
			}
			if *update {
				if err := os.WriteFile(file, txtar.Format(ar), 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// shown is an answer as text.
func shown(r bot.Returned) string {
	var b strings.Builder
	for _, x := range r.Shown {
		switch x.Kind {
		case bot.Heading:
			b.WriteString("# " + x.Text + "\n")
		case bot.Paragraph:
			b.WriteString(strings.TrimLeft(string(x.Tone)+": ", ": ") + x.Text + "\n")
		case bot.Facts:
			for _, f := range x.Facts {
				b.WriteString("  " + f.Label + ": " + f.Value + "\n")
			}
		case bot.List:
			for _, i := range x.Items {
				b.WriteString("- " + strings.TrimLeft(string(i.Mark)+" ", " ") + i.Text + "\n")
			}
		case bot.Grid:
			b.WriteString("| " + strings.Join(x.Table.Head, " | ") + "\n")
			for _, row := range x.Table.Rows {
				b.WriteString("| " + strings.Join(row, " | ") + "\n")
			}
		case bot.Picture:
			fmt.Fprintf(&b, "picture %s, %s\n%s\n", x.File.Name, x.Drawn.Name, x.Text)
		case bot.Note:
			b.WriteString("(" + x.Text + ")\n")
		}
	}
	for _, f := range r.Files {
		fmt.Fprintf(&b, "file %s: %s\n", f.Name, f.Note)
	}
	if r.Fault != "" {
		b.WriteString("fault " + r.Fault + "\n")
	}
	return b.String()
}
