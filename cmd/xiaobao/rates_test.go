package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"xiaobao/docs"
)

// TestRateCards reads what an operator may have under rates:, a file or a folder, with every mistake of every file at once.
func TestRateCards(t *testing.T) {
	good := docs.RatesExample
	other := strings.Replace(good, "card: example", "card: other", 1)
	for name, test := range map[string]struct {
		files map[string]string
		path  string // within the folder
		cards int
		says  []string
	}{
		"a file":            {files: map[string]string{"a.yaml": good}, path: "a.yaml", cards: 1},
		"a folder":          {files: map[string]string{"a.yaml": good, "b.yaml": other, "notes.txt": "x"}, cards: 2},
		"nothing there":     {path: "none.yaml", says: []string{"cannot be read"}},
		"an empty folder":   {says: []string{"there is no *.yaml"}},
		"the same card":     {files: map[string]string{"a.yaml": good, "b.yaml": good}, says: []string{`are both the card "example"`}},
		"an unknown way":    {files: map[string]string{"a.yaml": strings.Replace(good, "serves: [agl_air,", "serves: [agl_rail,", 1)}, says: []string{`"agl_rail" is no way to ship`, "agl_ocean_lcl"}},
		"mistakes in two":   {files: map[string]string{"a.yaml": strings.Replace(good, "mode: ocean", "mode: boat", 1), "b.yaml": "card: x\n"}, says: []string{"a.yaml:", "mode must be one of", "b.yaml:", "needs max_age_days"}},
		"one of two is bad": {files: map[string]string{"a.yaml": good, "b.yaml": "nonsense"}, says: []string{"b.yaml:"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			for file, text := range test.files {
				if err := os.WriteFile(filepath.Join(dir, file), []byte(text), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cards, err := loadCards(filepath.Join(dir, test.path))
			if len(test.says) == 0 {
				if err != nil || len(cards) != test.cards {
					t.Fatalf("%d cards, %v", len(cards), err)
				}
				return
			}
			for _, want := range test.says {
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("got %v, want %q in it", err, want)
				}
			}
		})
	}
	var out, errs bytes.Buffer
	bad := write(t, "bad.yaml", strings.Replace(good, "serves: [agl_air,", "serves: [agl_rail,", 1))
	if code := run(t.Context(), outside{strings.NewReader(""), &out, &errs, clockFrom(opening)}, []string{"rates", "check", bad}); code != 1 || !strings.Contains(errs.String(), `"agl_rail" is no way to ship`) {
		t.Errorf("rates check ends with %d and says %s", code, &errs)
	}
	if cards, err := loadCards(""); err != nil || len(cards) != 1 || !cards[0].Invented {
		t.Errorf("without a card: %v, %v", cards, err)
	}
}

// TestOwnRates runs the program with a card of an operator that knows one route: the others are refused by their names, and nothing
// says that the numbers are invented.
func TestOwnRates(t *testing.T) {
	real := strings.NewReplacer("invented: true\n", "", "card: example", "card: mine", "name: {en: Example card (invented numbers), zh: 示例费率表（数字为虚构）}", "name: {en: My card, zh: 我的费率表}").Replace(docs.RatesExample)
	file := write(t, "rates.yaml", real)
	p := start(t, clockFrom(opening), fresh(t, "rates: "+file+"\n")...)
	v := visit(t, p, "en")
	play(t, v, `> hi
* 2. Learn about the service details
* None (ordinary goods)
> United States
= product_name: Ceramic mug for hot drinks
= hs_code: 6912.00
= carton_count: 10
= carton_size: 60x40x50 cm
= carton_weight: 14.2 kg
= unit_count: 240
= cargo_value: USD 564
* Send
= incoterm: FOB (on board)
= target_arrival: 2027-02-15
* Send
~ Which way would you like to ship?
`)
	text := v.see("Costs by route")
	all := ""
	for _, e := range text {
		all += e.raw
	}
	if !strings.Contains(all, "My card") || strings.Contains(all, "invented") {
		t.Errorf("the estimate does not come from the operator's card:\n%s", all)
	}
	if !strings.Contains(all, "AGL ocean, full (FCL) to United States: the rate card has no route for it.") {
		t.Error("what the card does not know is not named")
	}
}
