package landedcost

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"go.yaml.in/yaml/v4"
)

func example(t testing.TB) *Card {
	t.Helper()
	data, err := os.ReadFile("../docs/rates.example.yaml")
	if err != nil {
		t.Fatal(err)
	}
	c, err := ReadCard(data)
	if err != nil {
		t.Fatalf("docs/rates.example.yaml:\n%v", err)
	}
	return c
}

func schema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	s, err := jsonschema.NewCompiler().Compile("../docs/rates.schema.json")
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// valid asks the schema about a card in YAML.
func valid(t *testing.T, s *jsonschema.Schema, data []byte) error {
	t.Helper()
	var doc any
	if err := yaml.Load(data, &doc); err != nil {
		return err
	}
	asJSON, err := json.Marshal(plain(doc))
	if err != nil {
		t.Fatal(err)
	}
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(asJSON)))
	if err != nil {
		t.Fatal(err)
	}
	return s.Validate(v)
}

// plain makes of a YAML document what JSON knows: days are texts there.
func plain(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for k, x := range v {
			out[k] = plain(x)
		}
		return out
	case []any:
		out := make([]any, len(v))
		for i, x := range v {
			out[i] = plain(x)
		}
		return out
	case interface{ Format(string) string }:
		return v.Format("2006-01-02")
	}
	return v
}

func TestExample(t *testing.T) {
	c := example(t)
	data, _ := os.ReadFile("../docs/rates.example.yaml")
	if err := valid(t, schema(t), data); err != nil {
		t.Errorf("the example does not keep to its schema: %v", err)
	}
	if !c.Invented || !strings.Contains(c.Name.En, "invented") || !strings.Contains(c.Name.Zh, "虚构") {
		t.Error("the example does not say that it is invented")
	}
	if ps := c.Review(day(t, "2026-11-22")); len(ps) > 0 {
		t.Errorf("the example cannot be used:\n%v", Problems(ps))
	}
	for _, country := range []string{"US", "UK", "GB", "JP", "CA", "DE", "fr", "ES", "IT"} {
		if len(c.Routes(country)) == 0 {
			t.Errorf("the example has no route to %s", country)
		}
	}
}

// small is a card without a mistake, to make mistakes in.
const small = `card: small
name: {en: Small, zh: 小}
max_age_days: 90
effective_from: 2026-01-01
checked_on: 2026-11-01
source: a test
facts:
  - {key: us.mpf.rate, value: 0.3464%}
  - {key: jp.consumption_tax.local_of_national, value: 22/78}
fx:
  - {from: USD, to: CNY, rate: 7.1}
tariffs:
  - country: US
    hs: "3924.10"
    duties:
      - {id: base, name: {en: Base, zh: 基本}, rate: 3.4%}
      - {id: s301, name: {en: "301", zh: "301"}, rate: 25%, excludes: [base]}
routes:
  - id: air
    name: {en: Air, zh: 空运}
    mode: air
    to: US
    currency: CNY
    transit_days: [5, 9]
    dangerous_goods: refused
    weight: {divisor: 6000, sides: cm, unit: kg, per: shipment, round_up_to: 0.5}
    freight: {per: kg, breaks: [{from: 0, rate: 50}, {from: 45, rate: 44}]}
    charges:
      - {id: fuel, name: {en: Fuel, zh: 燃油}, stage: freight, per: percent, rate: 12%, of: [freight]}
      - {id: entry, name: {en: Entry, zh: 清关}, stage: clearance, per: shipment, rate: 100, currency: USD}
    insurance: {rate: 0.3%, insured: 110%, method: exact}
`

// TestMistakes makes one mistake after the other in a good card. Each is named with the line it stands in. Where a schema can
// say it, the schema refuses it too.
func TestMistakes(t *testing.T) {
	s := schema(t)
	if _, err := ReadCard([]byte(small)); err != nil {
		t.Fatal(err)
	}
	if err := valid(t, s, []byte(small)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		from, to, says string
		schema         bool // sees it too
	}{
		{"card: small", "card: ''", "card is empty", true},
		{"max_age_days: 90", "max_age_days: soon", "max_age_days must be a whole number up to 3650", true},
		{"max_age_days: 90\n", "", "the file needs max_age_days", true},
		{"checked_on: 2026-11-01\n", "", "needs checked_on", false},
		{"checked_on: 2026-11-01", "checked_on: yesterday", `"yesterday" is not a day such as 2026-11-22`, true},
		{"checked_on: 2026-11-01", "checked_on: 2026-02-30", `"2026-02-30" is not a day`, false},
		{"source: a test", "sauce: a test", `the file has no key "sauce"`, true},
		{"key: us.mpf.rate, value", "key: us.mpf.rat, value", `there is no fact "us.mpf.rat"`, true},
		{"key: us.mpf.rate, value", "key: vat.CN, value", `there is no fact "vat.CN"`, false},
		{"value: 0.3464%", "value: 0.003464", `the fact us.mpf.rate: "0.003464" is not a percentage such as 3.4%`, true},
		{"value: 22/78", "value: 22/0", `"22/0" is not a fraction such as 22/78`, false},
		{"rate: 7.1", "rate: 0", "rate must be larger than zero", true},
		{"rate: 7.1", "rate: 7e1", `"7e1" is not a number such as 18.5`, false},
		{"rate: 7.1", "rate: '7,1'", `"7,1" is not a number such as 18.5`, true},
		{"rate: 7.1", "rate: 7.12345678901", "at most 12 digits before the point and 9 after it", false},
		{"from: USD, to: CNY", "from: CNY, to: CNY", "two different currencies", false},
		{"from: USD, to: CNY", "from: usd, to: CNY", `from must be three capital letters such as USD, not "usd"`, true},
		{"rate: 7.1}", "rate: 7.1}\n  - {from: USD, to: CNY, rate: 7.2}", "the exchange rate USD/CNY is in force twice on the same day: see line 11", false},
		{"country: US", "country: CN", `country must be one of US, EU, UK, JP, CA, not "CN"`, true},
		{`hs: "3924.10"`, `hs: "none"`, "hs must be 2 to 13 digits", true},
		{"rate: 3.4%", "rate: 3.4", `rate: "3.4" is not a percentage`, true},
		{", rate: 3.4%", "", "a duty needs rate, per_unit or per_kg", true},
		{"excludes: [base]", "excludes: [bass]", `the duty s301 excludes "bass", which is no other duty here`, false},
		{"id: s301", "id: base", "the duty base is in force twice", false},
		{"id: air", "id: By Air", "id must be small letters, digits", true},
		{"{en: Air, zh: 空运}", "{en: Air}", "name needs zh", true},
		{"mode: air", "mode: plane", "mode must be one of ocean, air, courier, rail, truck", true},
		{"to: US\n", "to: [US, CN]\n", `"CN" is not US, UK, JP, CA or a member state of the EU`, true},
		{"to: US\n", "to: US\n    serves: [By Air]\n", `serves: "By Air" is not a name such as agl_air`, true},
		{"transit_days: [5, 9]", "transit_days: [9, 5]", "transit_days must be two whole numbers", false},
		{"dangerous_goods: refused", "dangerous_goods: maybe", "dangerous_goods must be one of accepted, refused", true},
		{"divisor: 6000", "divisor: 0", "divisor must be larger than zero", true},
		{"round_up_to: 0.5", "round_up_to: 0.0", "round_up_to must be larger than zero", true},
		{"    weight: {divisor: 6000, sides: cm, unit: kg, per: shipment, round_up_to: 0.5}\n", "", "per kg needs the route's weight", false},
		{"per: kg, breaks", "per: rt, breaks", "per rt needs the route's revenue_ton", false},
		{"{from: 45, rate: 44}", "{from: 0, rate: 44}", "the breaks must rise", false},
		{"[{from: 0, rate: 50}, {from: 45, rate: 44}]", "[]", "breaks is empty", true},
		{"rate: 12%, of: [freight]", "rate: 12%", "per: percent needs of", true},
		{"rate: 12%, of", "rate: 12, of", `rate: "12" is not a percentage`, true},
		{"of: [freight]", "of: [fright]", `"fright" is neither a charge above nor one of`, false},
		{"of: [freight]", "of: [duty]", "duty is not known yet in the stage freight", false},
		{"of: [freight]", "of: [entry]", `"entry" is neither a charge above`, false},
		{"stage: clearance", "stage: tax", "stage must be one of packaging", true},
		{"id: entry", "id: fuel", `the id "fuel" is taken`, false},
		{"id: entry", "id: duty", `the id "duty" is taken`, false},
		{"rate: 100, currency: USD", "rate: 100, over_kg: 20", "only go with per: carton", false},
		{"rate: 100, currency: USD", "rate: 100, minimum: 5, maximum: 4", "the maximum is below the minimum", false},
		{"rate: 100, currency: USD", "rate: 100, in_customs_value: true", "the stage clearance lies behind the border", false},
		{"rate: 100, currency: USD", "rate: 100, in_tax_base: perhaps", "in_tax_base must be true or false", true},
		{"rate: 100, currency: USD", "rate: 100, season: {from: 2026-12-01, to: 2026-11-01}", "the season ends before it begins", false},
		{"rate: 100, currency: USD", "rate: 100, effective_to: 2025-12-31", "ends on 2025-12-31, before it begins on 2026-01-01", false},
		{"rate: 0.3%", "rate: 60%", "the premium would be more than half of the value", false},
		{"method: exact", "method: guess", "method must be one of exact, simple", true},
		{"to: US\n", "to: *x\n", "line", false},
		{"name: {en: Small, zh: 小}", "name: {en: Small, zh: 小}\nname: {en: Small, zh: 小}", "twice", false},
	} {
		if strings.Count(small, c.from) < 1 {
			t.Fatalf("%q is not in the card", c.from)
		}
		bad := strings.Replace(small, c.from, c.to, 1)
		_, err := ReadCard([]byte(bad))
		if err == nil {
			t.Errorf("%q instead of %q is not noticed", c.to, c.from)
			continue
		}
		if !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q instead of %q: got %v, want %q in it", c.to, c.from, err, c.says)
		}
		if c.schema {
			if valid(t, s, []byte(bad)) == nil {
				t.Errorf("%q instead of %q: the schema does not see it", c.to, c.from)
			}
		}
	}
}

// TestEveryMistakeAtOnce has several mistakes in one file, and none hides another.
func TestEveryMistakeAtOnce(t *testing.T) {
	bad := strings.NewReplacer("max_age_days: 90", "max_age_days: x", "mode: air", "mode: y", "rate: 7.1", "rate: z", "rate: 100", "rate: -1").Replace(small)
	_, err := ReadCard([]byte(bad))
	if err == nil {
		t.Fatal("no mistake found")
	}
	lines := regexp.MustCompile(`(?m)^line \d+`).FindAllString(err.Error(), -1)
	if diff := cmp.Diff([]string{"line 3", "line 11", "line 11", "line 21", "line 30"}, lines); diff != "" {
		t.Errorf("lines (-want +got):\n%s\n%v", diff, err)
	}
}

func TestHostileCards(t *testing.T) {
	bomb := "a: &a [x,x,x,x,x,x,x,x,x]\n"
	for i := range 30 {
		bomb += strings.ReplaceAll("b: &b [*a,*a,*a,*a,*a,*a,*a,*a]\n", "b", "b"+strings.Repeat("c", i+1))
	}
	for name, data := range map[string]string{
		"nothing": "", "a list": "- 1\n", "a word": "hello", "a bomb": bomb, "no end": "a: {b: [", "bytes": "\x00\xff\xfe",
		"large": strings.Repeat("#", mostBytes+1), "nul": "card: \"\\0\"\n",
	} {
		c, err := ReadCard([]byte(data))
		if err == nil || c != nil || !strings.HasPrefix(err.Error(), "line ") {
			t.Errorf("%s: %v", name, err)
		}
		if _, _, _, err := ReadShipment([]byte(data)); err == nil {
			t.Errorf("%s: is a shipment", name)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte(small))
	for _, name := range []string{"rates.example.yaml", "shipment.example.yaml"} {
		data, err := os.ReadFile(filepath.Join("../docs", name))
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		_, _ = ReadCard(data)
		_, _, _, _ = ReadShipment(data)
	})
}

func TestReview(t *testing.T) {
	card := strings.Replace(small, "value: 0.3464%", "value: 0.3464%, effective_to: 2026-09-30", 1)
	card = strings.Replace(card, "rate: 7.1", "rate: 7.1, checked_on: 2026-06-01", 1)
	card = strings.Replace(card, "rate: 100,", "rate: 100, effective_from: 2027-01-01,", 1)
	card = strings.Replace(card, "rate: 12%,", "rate: 12%, checked_on: 2026-12-01,", 1)
	c, err := ReadCard([]byte(card))
	if err != nil {
		t.Fatal(err)
	}
	got := Problems(c.Review(day(t, "2026-11-22"))).Error()
	want := `line 8: the fact us.mpf.rate was in force until 2026-09-30 and nothing follows
line 11: the exchange rate USD/CNY was last checked on 2026-06-01, 174 days ago; the card allows 90
line 29: the charge air.fuel was checked on 2026-12-01, which has not come yet
line 30: the charge air.entry is in force from 2027-01-01 on and nothing is before`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func day(t testing.TB, s string) Day {
	t.Helper()
	d, err := ParseDay(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}
