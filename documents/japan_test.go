package documents

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"testing"

	"github.com/shopspring/decimal"
)

// toJapan are the facts of testdata/japan.yaml.
func toJapan(t testing.TB) Facts {
	t.Helper()
	data, err := os.ReadFile("testdata/japan.yaml")
	must(t, err)
	f, _, err := ReadFacts(data)
	must(t, err)
	return f
}

// TestJapan makes the papers of Japan, complete and twice the same, and only where they belong.
func TestJapan(t *testing.T) {
	f := toJapan(t)
	for _, x := range Check(f) {
		if x.Level == Block {
			t.Errorf("%s: %v", x.Field, x.Says)
		}
	}
	if got := KindsFor(f); !slices.Contains(got, Attorney) || !slices.Contains(got, Valuation) {
		t.Errorf("the papers are %v", got)
	}
	for _, kind := range KindsOfJapan() {
		if s, gaps := Missing(kind, f); s.Percent() != 100 || len(gaps) > 0 {
			t.Errorf("%s is %d%%, and lacks %v", kind, s.Percent(), gaps)
		}
		for _, format := range []Format{PDF, XLSX} {
			o := Options{Format: format, Lang: "zh-Hans", Words: words(t)}
			one, err := Make(kind, f, o)
			must(t, err)
			two, err := Make(kind, f, o)
			must(t, err)
			if !bytes.Equal(one.Data, two.Data) {
				t.Errorf("%s as %s is another one when made again", kind, format)
			}
		}
		american, native := example(t), toJapan(t)
		native.Importer.Country = "JP"
		for name, g := range map[string]Facts{"to the US": american, "importer in Japan": native} {
			if _, err := Make(kind, g, Options{Format: PDF, Lang: "en", Words: words(t)}); !refused(err, "check.not_for_japan") {
				t.Errorf("%s, %s: %v", kind, name, err)
			}
			if slices.Contains(KindsFor(g), kind) {
				t.Errorf("%s, %s: it is offered", kind, name)
			}
		}
	}
	f.Import.Valuation = "transaction"
	if slices.Contains(KindsFor(f), Valuation) {
		t.Error("a value of a sale is worked back")
	}
}

// TestDeductiveValue: (2,200 − 660) × 240 ÷ 1.10 is 336,000; a yen is not parted; and nothing is worked out of what is not given.
func TestDeductiveValue(t *testing.T) {
	f := toJapan(t)
	l, s := &f.Lines[0], &f.Japan.Sales[0]
	if got := f.value(l, s).String(); got != "336000" {
		t.Errorf("the value is %s", got)
	}
	l.Quantity = 1
	s.Costs[0].Amount = decimal.RequireFromString("330.5")
	if got := f.value(l, s).String(); got != "1400" { // 1539.5 ÷ 1.10 is 1399.54…
		t.Errorf("the value is %s", got)
	}
	for name, change := range map[string]func(*Facts){
		"japan.divisor":         func(f *Facts) { f.Japan.Divisor = nil },
		"japan.divisor_source":  func(f *Facts) { f.Japan.DivisorSource = "" },
		"lines[0].sale_price":   func(f *Facts) { f.Japan.Sales[0].Price = nil },
		"lines[0].sale_source":  func(f *Facts) { f.Japan.Sales[0].Source = "" },
		"lines[0].sale_costs":   func(f *Facts) { f.Japan.Sales[0].Costs = nil },
		"lines[0].cost_sources": func(f *Facts) { f.Japan.Sales[0].Costs[1].Source = "" },
	} {
		f := toJapan(t)
		change(&f)
		if _, gaps := Missing(Valuation, f); !slices.ContainsFunc(gaps, func(g Gap) bool { return g.Field == name }) {
			t.Errorf("%s is not missed: %v", name, gaps)
		}
		if _, err := Make(Valuation, f, Options{Format: PDF, Lang: "en", Words: words(t)}); err != nil {
			t.Errorf("%s: no draft: %v", name, err)
		}
	}
	for id, change := range map[string]func(*Facts){
		"check.divisor":           func(f *Facts) { d := decimal.RequireFromString("0.1"); f.Japan.Divisor = &d },
		"check.sale_twice":        func(f *Facts) { f.Japan.Sales = append(f.Japan.Sales, f.Japan.Sales[0]) },
		"check.sale_unknown":      func(f *Facts) { f.Japan.Sales[0].SKU = "MUG" },
		"check.sale_nothing_left": func(f *Facts) { f.Japan.Sales[0].Costs[0].Amount = decimal.NewFromInt(1870) },
		"check.negative":          func(f *Facts) { f.Japan.Sales[0].Costs[0].Amount = decimal.NewFromInt(-1) },
	} {
		f := toJapan(t)
		change(&f)
		if _, err := Make(Valuation, f, Options{Format: PDF, Lang: "en", Words: words(t)}); !refused(err, id) {
			t.Errorf("%s: %v", id, err)
		}
	}
}

// refused says whether a paper was refused with a message.
func refused(err error, id string) bool {
	r, ok := errors.AsType[*Refusal](err)
	return ok && slices.ContainsFunc(r.Findings, func(f Finding) bool { return f.Says.ID == prefix+id })
}
