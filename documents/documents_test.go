package documents

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"testing"

	"github.com/shopspring/decimal"
	"golang.org/x/sync/errgroup"
	"pgregory.net/rapid"

	"xiaobao/locales"
)

func words(t testing.TB) *locales.Words {
	t.Helper()
	w, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	return w
}

// example are the facts of docs/document.example.yaml.
func example(t testing.TB) Facts {
	t.Helper()
	data, err := os.ReadFile("../docs/document.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	f, _, err := ReadFacts(data)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestExampleIsComplete(t *testing.T) {
	f := example(t)
	for _, x := range Check(f) {
		t.Errorf("%s %s: %v", x.Level, x.Field, x.Says)
	}
	for _, k := range Kinds() {
		if s, gaps := Missing(k, f); len(gaps) > 0 || s.Percent() != 100 {
			t.Errorf("%s: %d%%, %v", k, s.Percent(), gaps)
		}
	}
}

func TestSameFactsSameBytes(t *testing.T) {
	f, w := example(t), words(t)
	for _, k := range Kinds() {
		for _, format := range []Format{PDF, XLSX} {
			var first File
			for range 3 {
				out, err := Make(k, f, Options{Format: format, Lang: "zh-Hans", Words: w})
				if err != nil {
					t.Fatal(err)
				}
				if first.Data != nil && (!bytes.Equal(first.Data, out.Data) || first.Name != out.Name) {
					t.Errorf("%s as %s: other bytes for the same facts", k, format)
				}
				first = out
			}
		}
	}
}

// TestAtOnce makes papers from several goroutines: they share the fonts and nothing else.
func TestAtOnce(t *testing.T) {
	f, w := example(t), words(t)
	want := map[Kind][]byte{}
	for _, k := range Kinds() {
		out, err := Make(k, f, Options{Format: PDF, Lang: "zh-Hans", Words: w})
		if err != nil {
			t.Fatal(err)
		}
		want[k] = out.Data
	}
	var g errgroup.Group
	for range 4 {
		for _, k := range Kinds() {
			g.Go(func() error {
				out, err := Make(k, f, Options{Format: PDF, Lang: "zh-Hans", Words: w})
				if err == nil && !bytes.Equal(out.Data, want[k]) {
					t.Errorf("%s: other bytes when made beside others", k)
				}
				return err
			})
		}
	}
	if err := g.Wait(); err != nil {
		t.Error(err)
	}
}

// TestTheCallersFactsStay: making and checking changes nothing in the facts that were given.
func TestTheCallersFactsStay(t *testing.T) {
	f := example(t)
	f.Exporter.Address[0] = "  Room\t1208 "
	f.Lines[0].NameZh = "杯\u200b子"
	before := fmt.Sprintf("%#v", f)
	for _, k := range Kinds() {
		Check(f)
		Missing(k, f)
		if _, err := Make(k, f, Options{Format: XLSX, Lang: "en", Words: words(t)}); err != nil {
			t.Fatal(err)
		}
	}
	if after := fmt.Sprintf("%#v", f); after != before {
		t.Errorf("the facts changed:\n%s\n%s", before, after)
	}
}

// TestAnything makes papers of whatever: a file, or a reason, never a crash; and what is made is the same twice and harmless.
func TestAnything(t *testing.T) {
	w := words(t)
	text := rapid.StringOfN(rapid.SampledFrom([]rune("ab 1-=+@,;/陶瓷（），\n\t\u200b\u202e\x00é𠮷😀\"'")), 0, 60, -1)
	small := rapid.IntRange(-1, 12)
	number := rapid.Custom(func(t *rapid.T) *Decimal {
		if rapid.Bool().Draw(t, "none") {
			return nil
		}
		d := decimal.New(rapid.Int64Range(-5, 100000).Draw(t, "n"), int32(rapid.IntRange(-4, 3).Draw(t, "e")))
		return &d
	})
	rapid.Check(t, func(t *rapid.T) {
		f := Facts{Reference: text.Draw(t, "ref"), Destination: rapid.SampledFrom([]string{"", "US", "DE", "JP", "us"}).Draw(t, "to")}
		f.Invoice = Header{Number: text.Draw(t, "no"), Date: rapid.SampledFrom([]string{"", "2026-11-26", "x"}).Draw(t, "date"), Currency: rapid.SampledFrom([]string{"", "USD", "JPY"}).Draw(t, "currency"), Purpose: text.Draw(t, "purpose")}
		f.Exporter = Party{Name: text.Draw(t, "name"), NameZh: text.Draw(t, "zh"), Address: rapid.SliceOfN(text, 0, 3).Draw(t, "address")}
		f.Amazon.ShipmentID = rapid.SampledFrom([]string{"", "FBA15ABCDEFG", "=1+1"}).Draw(t, "id")
		for range rapid.IntRange(0, 4).Draw(t, "lines") {
			f.Lines = append(f.Lines, Line{SKU: text.Draw(t, "sku"), Description: text.Draw(t, "d"), Quantity: small.Draw(t, "q"), UnitPrice: number.Draw(t, "p"), NetKg: number.Draw(t, "net"), Elements: text.Draw(t, "e")})
		}
		for i := range rapid.IntRange(0, 3).Draw(t, "cartons") {
			f.Cartons = append(f.Cartons, Carton{From: i + 1, To: rapid.IntRange(0, 4).Draw(t, "last"), Length: decimal.New(int64(small.Draw(t, "l")), 0), Width: decimal.New(50, 0), Height: decimal.New(40, 0),
				Gross: decimal.New(10, 0), Net: number.Draw(t, "n"), Contents: []Content{{SKU: text.Draw(t, "s"), Units: small.Draw(t, "u")}}, Marks: text.Draw(t, "m"), BoxIDs: rapid.SliceOfN(text, 0, 1).Draw(t, "ids")})
		}
		kind := rapid.SampledFrom(Kinds()).Draw(t, "kind")
		o := Options{Format: rapid.SampledFrom([]Format{PDF, XLSX}).Draw(t, "format"), Lang: rapid.SampledFrom([]string{"en", "zh-Hans"}).Draw(t, "lang"), Words: w}
		score, gaps := Missing(kind, f)
		if (score.Have == score.Need) != (len(gaps) == 0) || score.Percent() == 100 && len(gaps) > 0 {
			t.Fatalf("%v and %v", score, gaps)
		}
		out, err := Make(kind, f, o)
		_, refused := errors.AsType[*Refusal](err)
		_, unprintable := errors.AsType[*Unprintable](err)
		switch {
		case refused != (len(blocks(Check(f))) > 0), err != nil && !refused && !unprintable:
			t.Fatalf("%v", err)
		case err != nil:
			return
		}
		again, err := Make(kind, f, o)
		if err != nil || !bytes.Equal(out.Data, again.Data) {
			t.Fatalf("not the same twice: %v", err)
		}
		for i := range len(out.Name) {
			if c := out.Name[i]; c <= ' ' || c > '~' || c == '/' || c == '\\' {
				t.Fatalf("a name like %q", out.Name)
			}
		}
	})
}

// TestTheFontStays holds the font against what it was: what draws a paper writes into the copy it is given.
func TestTheFontStays(t *testing.T) {
	fs, err := faces(nil)
	if err != nil {
		t.Fatal(err)
	}
	var before [][]byte
	for _, f := range fs {
		before = append(before, bytes.Clone(f.data))
	}
	if _, err := Make(Invoice, example(t), Options{Format: PDF, Words: words(t), Lang: "zh-Hans"}); err != nil {
		t.Fatal(err)
	}
	for i, f := range fs {
		if !bytes.Equal(before[i], f.data) {
			t.Errorf("font %s is another one after a paper was drawn with it", f.name)
		}
	}
}
