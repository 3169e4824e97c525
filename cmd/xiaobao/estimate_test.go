package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xiaobao/docs"
)

var updateSheets = flag.Bool("update-estimates", false, "write what estimates look like now into testdata/estimates")

// TestEstimates compares whole sheets in both languages with the files in testdata/estimates; each is what the command before
// its name prints.
func TestEstimates(t *testing.T) {
	t.Parallel()
	ship := "../../docs/shipment.example.yaml"
	data, err := os.ReadFile(ship)
	if err != nil {
		t.Fatal(err)
	}
	to := func(country, currency string) string {
		return write(t, country+".yaml", strings.NewReplacer("destination: US", "destination: "+country, "currency: USD   ", "currency: "+currency).Replace(string(data)))
	}
	for name, args := range map[string][]string{
		"us.en.txt":   {ship},
		"us.zh.txt":   {ship, "--lang", "zh-CN"},
		"jp.zh.txt":   {to("JP", "JPY"), "--lang", "zh-Hans"},
		"de.en.txt":   {to("DE", "EUR"), "--route", "eu-rail", "--route", "us-air"},
		"us.air.json": {ship, "--route", "us-air", "--json"},
	} {
		code, out, errs := command(t, "", append([]string{"estimate"}, args...)...)
		if code != 0 || errs != "" {
			t.Errorf("%s: %d %s", name, code, errs)
			continue
		}
		if strings.Contains(out, "[landedcost.") || strings.Contains(out, "…") {
			t.Errorf("%s: a word is missing:\n%s", name, out)
		}
		if !strings.Contains(out, "invented") && !strings.Contains(out, "虚构") || !strings.Contains(out, "not_a_quote") && !strings.Contains(out, "not a quote") && !strings.Contains(out, "不是报价") {
			t.Errorf("%s: does not say whose numbers these are", name)
		}
		path := filepath.Join("testdata", "estimates", name)
		if *updateSheets {
			if err := os.WriteFile(path, []byte(out), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(string(want), out); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// TestEstimateRefused: nothing is printed where nothing can be said, and everything missing is named.
func TestEstimateRefused(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/shipment.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	ship := string(data)
	in := func(pairs ...string) string { return strings.NewReplacer(pairs...).Replace(ship) }
	card := write(t, "rates.yaml", strings.ReplaceAll(docs.RatesExample, "max_age_days: 3650", "max_age_days: 5"))
	bad := write(t, "bad.yaml", strings.NewReplacer("mode: ocean", "mode: sea", "method: exact", "method: guess").Replace(docs.RatesExample))
	for name, c := range map[string]struct {
		stdin, says string
		args        []string
	}{
		"no code":     {in("8518.30", "8518"), "No estimate for us-ocean:|Headphones has no customs code (HS) of at least six digits.", nil},
		"in Chinese":  {in("8518.30", "8518"), "“us-ocean”无法估算：|Headphones：没有至少六位的税号（HS）。", []string{"--lang", "zh"}},
		"no route":    {ship, "The rate card has no route “balloon”.", []string{"--route", "balloon"}},
		"nowhere":     {in("destination: US", "destination: MT"), "the rate card has no route to MT", nil},
		"stale":       {ship, "was last checked on 22 Nov 2026, 9 days before; the card allows 5.", []string{"--rates", card}},
		"bad card":    {ship, "the rate card has 12 mistakes:|bad.yaml:|mode must be one of ocean, air, courier, rail, truck", []string{"--rates", bad}},
		"no card":     {ship, "none.yaml", []string{"--rates", filepath.Join(t.TempDir(), "none.yaml")}},
		"bad day":     {ship, `--on: "soon" is not a day such as 2026-11-22`, []string{"--on", "soon"}},
		"mistakes":    {in("count: 6", "count: six", "incoterm: DDP", "incoterm: FREE"), "the shipment has 2 mistakes:\n-:|incoterm must be one of the eleven of Incoterms 2020|count must be a whole number", nil},
		"not a thing": {"- 1", "the shipment has 1 mistake:\n-:1: the file must be made of keys and values", nil},
	} {
		code, out, errs := command(t, c.stdin, append([]string{"estimate", "-"}, c.args...)...)
		if code != 1 || out != "" || !strings.HasPrefix(errs, "xiaobao: ") {
			t.Errorf("%s: %d %q %q", name, code, out, errs)
		}
		for part := range strings.SplitSeq(c.says, "|") {
			if !strings.Contains(errs, part) {
				t.Errorf("%s: says %q, want %q in it", name, errs, part)
			}
		}
	}
}

func TestRates(t *testing.T) {
	t.Parallel()
	code, out, errs := command(t, "", "rates", "example")
	if code != 0 || errs != "" || out != docs.RatesExample {
		t.Errorf("example: %d %q", code, errs)
	}
	card := write(t, "rates.yaml", out)
	if code, out, errs := command(t, "", "rates", "check", card); code != 0 || errs != "" || out != "No mistakes: the card example can be used on 2026-12-01. Its numbers are invented, and every estimate says so.\n" {
		t.Errorf("check: %d %q %q", code, out, errs)
	}
	code, out, errs = command(t, "", "rates", "check", card, "--on", "2040-01-01")
	if code != 1 || out != "" || !strings.Contains(errs, card+":") || !strings.Contains(errs, "the fact us.mpf.rate was last checked on 2026-11-22, 4788 days ago; the card allows 3650") {
		t.Errorf("check later: %d %q %.300q", code, out, errs)
	}
	if code, _, errs := command(t, "", "rates", "check", write(t, "bad.yaml", "card: x\nsauce: y\n")); code != 1 || !strings.Contains(errs, `bad.yaml:2: the file has no key "sauce"`) || !strings.Contains(errs, "the file needs routes") {
		t.Errorf("check a bad one: %d %q", code, errs)
	}
	code, out, errs = command(t, "", "rates", "schema")
	if code != 0 || errs != "" || !json.Valid([]byte(out)) {
		t.Errorf("schema: %d %q", code, errs)
	}
}

// TestEstimateWorkbook writes the same numbers into a file.
func TestEstimateWorkbook(t *testing.T) {
	file := filepath.Join(t.TempDir(), "estimate.xlsx")
	var out, errs bytes.Buffer
	o := outside{strings.NewReader(""), &out, &errs, clockFrom(opening)}
	if code := run(t.Context(), o, []string{"estimate", "../../docs/shipment.example.yaml", "--lang", "zh", "--xlsx", file}); code != 0 {
		t.Fatalf("ends with %d: %s", code, errs.String())
	}
	data, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	text := sheetText(t, data)
	for _, want := range []string{"不是报价", "美国海运拼箱", "us-ocean.freight", "到仓成本"} {
		if !strings.Contains(text, want) || !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in both", want)
		}
	}
}
