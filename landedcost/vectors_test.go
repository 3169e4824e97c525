package landedcost

import (
	"encoding/json"
	"os"
	"strings"
	"testing"

	"github.com/shopspring/decimal"
)

// vectors are the worked examples of testdata/costs.json, by id.
func vectors(t *testing.T) map[string]vector {
	t.Helper()
	data, err := os.ReadFile("testdata/costs.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Costs []vector `json:"costs"`
	}
	d := json.NewDecoder(strings.NewReader(string(data)))
	d.UseNumber()
	if err := d.Decode(&file); err != nil {
		t.Fatal(err)
	}
	all := map[string]vector{}
	for _, v := range file.Costs {
		all[v.ID] = v
	}
	if len(all) != 13 {
		t.Fatalf("%d worked examples, want 13", len(all))
	}
	return all
}

type vector struct {
	ID  string
	In  any
	Out any
}

// at walks into a vector: at(v.Out, "A", "rate"), at(v.Out, 3).
func at(t *testing.T, v any, path ...any) string {
	t.Helper()
	for _, p := range path {
		switch p := p.(type) {
		case string:
			v = v.(map[string]any)[p]
		case int:
			v = v.([]any)[p]
		}
	}
	switch v := v.(type) {
	case json.Number:
		return v.String()
	case string:
		return v
	}
	t.Fatalf("%v is no value: %v", path, v)
	return ""
}

func dec(s string) decimal.Decimal {
	s, share := strings.CutSuffix(s, "%")
	d := decimal.RequireFromString(s)
	if share {
		d = d.Shift(-2)
	}
	return d
}

// same compares to the last digit: as many decimals as the example shows.
func same(t *testing.T, what string, got decimal.Decimal, want string) {
	t.Helper()
	want, _, _ = strings.Cut(want, " ")
	if got := got.StringFixed(-dec(want).Exponent()); got != want {
		t.Errorf("%s: got %s, want %s", what, got, want)
	}
}

func TestWorkedWeights(t *testing.T) {
	all := vectors(t)
	in := func(id string) []Carton {
		m := all[id].In.(map[string]any)
		c := Carton{Count: 1, Length: dec(at(t, m, "L")), Width: dec(at(t, m, "W")), Height: dec(at(t, m, "H")), Unit: CM, Weight: one, WeightUnit: Kg}
		if m["cartons"] != nil {
			c.Count = int(dec(at(t, m, "cartons")).IntPart())
			c.Weight = dec(at(t, m, "kg_each"))
		}
		if m["unit"] == "in" {
			c.Unit = Inch
		}
		return []Carton{c}
	}
	rule := func(divisor int64, per Per) *WeightRule {
		return &WeightRule{Divisor: decimal.NewFromInt(divisor), Sides: CM, Unit: Kg, Per: per, Step: dec("0.5")}
	}

	v := all["CE-01"]
	single := in("CE-01")
	single[0].Count = 1
	same(t, "CE-01 each", measure(boxes(single), 1, nil, nil).CBM, at(t, v.Out, "cbm_each"))
	for divisor, key := range map[int64]string{6000: "vol6000_each_kg", 5000: "vol5000_each_kg"} {
		same(t, "CE-01 "+key, measure(boxes(single), 1, rule(divisor, PerShipment), nil).Volumetric, at(t, v.Out, key))
	}
	for divisor, key := range map[int64]string{6000: "chargeable_6000_shipment_kg", 5000: "chargeable_5000_shipment_kg", 8000: "chargeable_8000_shipment_kg"} {
		m := measure(boxes(in("CE-01")), 1, rule(divisor, PerShipment), nil)
		same(t, "CE-01 "+key, m.Chargeable, at(t, v.Out, key))
		same(t, "CE-01 cbm", m.CBM, at(t, v.Out, "cbm_total"))
		same(t, "CE-01 kg", m.GrossKg, at(t, v.Out, "actual_total_kg"))
		if m.ByVolume != (divisor != 8000) {
			t.Errorf("CE-01 ÷%d: by volume %v", divisor, m.ByVolume)
		}
	}

	v = all["CE-02"]
	carton := measure(boxes(in("CE-02")), 1, rule(5000, PerCarton), nil)
	each, total, _ := strings.Cut(at(t, v.Out, "per_carton_rounded_0.5"), " -> ")
	same(t, "CE-02 per carton", carton.Chargeable, total)
	same(t, "CE-02 one carton", carton.Chargeable.Div(decimal.NewFromInt(7)), each)
	same(t, "CE-02 volumetric each", carton.Volumetric.Div(decimal.NewFromInt(7)), at(t, v.Out, "vol_each_kg"))
	same(t, "CE-02 per shipment", measure(boxes(in("CE-02")), 1, rule(5000, PerShipment), nil).Chargeable, at(t, v.Out, "per_shipment_then_0.5"))
	same(t, "CE-02 cbm", carton.CBM, at(t, v.Out, "cbm_total"))

	v = all["CE-03"]
	m := measure(boxes(in("CE-03")), 1, &WeightRule{Divisor: decimal.NewFromInt(139), Sides: Inch, Unit: Lb, Per: PerCarton, Step: one}, nil)
	same(t, "CE-03 exact", m.Volumetric, at(t, v.Out, "lb_exact"))
	same(t, "CE-03 up", m.Chargeable, at(t, v.Out, "lb_rounded_up"))

	v = all["CE-04"]
	for i := range v.In.([]any) {
		rule := TonRule{Ratio: dec(at(t, v.In, i, "ratio")), Minimum: dec(at(t, v.In, i, "min")), Step: dec("0.001")}
		same(t, "CE-04", rule.tons(dec(at(t, v.In, i, "cbm")), dec(at(t, v.In, i, "kg"))), at(t, v.Out, i))
	}
}

func TestWorkedUnits(t *testing.T) {
	for from, to := range vectors(t)["CE-18"].Out.(map[string]any) {
		f, w := strings.Fields(from), strings.Fields(to.(string))
		got, ok := Convert(dec(f[0]), Unit(f[1]), Unit(w[1]))
		if !ok {
			t.Errorf("CE-18 %s: cannot be converted", from)
		}
		same(t, "CE-18 "+from, got, w[0])
	}
	for _, no := range [][2]Unit{{Kg, CM}, {CM, Kg}, {"stone", Kg}, {Kg, CBM}} {
		if _, ok := Convert(one, no[0], no[1]); ok {
			t.Errorf("%s into %s", no[0], no[1])
		}
	}
}

func TestWorkedInsurance(t *testing.T) {
	v := vectors(t)["CE-06"]
	cf := dec(at(t, v.In, "goods")).Add(dec(at(t, v.In, "freight")))
	exact, cif := Premium(cf, dec("0.3%"), dec("110%"), false, 2)
	simple, _ := Premium(cf, dec("0.3%"), dec("110%"), true, 2)
	same(t, "CE-06 CIF", cif, at(t, v.Out, "cif_exact"))
	same(t, "CE-06 exact", exact, at(t, v.Out, "premium_exact"))
	same(t, "CE-06 simple", simple, at(t, v.Out, "premium_simple"))
}

// customs estimates goods whose freight, insurance and duties are as told, on FY2026's fees, and returns the lines by id.
func customs(t *testing.T, country, mode, currency string, freight, premium, inland string, goods ...Item) (Estimate, map[string]Money) {
	t.Helper()
	card := `card: worked
name: {en: Worked examples, zh: 算例}
max_age_days: 3650
effective_from: 2025-10-01
checked_on: 2026-06-24
source: testdata/costs.json
facts:
  - {key: us.mpf.rate, value: 0.3464%}
  - {key: us.mpf.min_usd, value: 33.58}
  - {key: us.mpf.max_usd, value: 651.50}
  - {key: us.hmf.rate, value: 0.125%}
  - {key: vat.UK, value: 20%}
  - {key: vat.DE, value: 20%}
  - {key: ca.gst, value: 5%}
  - {key: jp.consumption_tax.national, value: 7.8%}
  - {key: jp.consumption_tax.national_reduced, value: 6.24%}
  - {key: jp.consumption_tax.local_of_national, value: 22/78}
fx:
  - {from: USD, to: GBP, rate: 0.8}
routes:
  - id: way
    name: {en: Way, zh: 路}
    mode: ` + mode + `
    to: [` + country + `]
    currency: ` + currency + `
    dangerous_goods: refused
    freight: {per: shipment, breaks: [{from: 0, rate: ` + freight + `}]}
    charges:
      - {id: premium, name: {en: Premium, zh: 保费}, stage: freight, per: shipment, rate: ` + premium + `}
      - {id: inland, name: {en: Inland, zh: 内陆}, stage: delivery, per: shipment, rate: ` + inland + `}
`
	c, err := ReadCard([]byte(card))
	if err != nil {
		t.Fatal(err)
	}
	s := Shipment{Destination: country, Incoterm: DDP, Currency: currency, Cartons: ten(), Goods: goods, Uninsured: true}
	e, err := c.Estimate(s, "way", day(t, "2026-06-30"))
	if err != nil {
		t.Fatal(err)
	}
	lines := map[string]Money{}
	for _, l := range e.Lines {
		lines[l.ID] = l.Amount
	}
	return e, lines
}

func ten() []Carton {
	return []Carton{{Count: 10, Length: dec("60"), Width: dec("40"), Height: dec("50"), Unit: CM, Weight: dec("18.5"), WeightUnit: Kg}}
}

func item(value, currency string, rates ...string) Item {
	g := Item{SKU: "X", HS: "392410", Units: 1, UnitPrice: Money{dec(value), currency}}
	for i, r := range rates {
		g.Duties = append(g.Duties, Duty{ID: []string{"base", "s301"}[i], Rate: dec(r), Stamp: Stamp{Checked: 20000, Source: "costs.json"}})
	}
	return g
}

func TestWorkedUS(t *testing.T) {
	all := vectors(t)
	sum := func(lines map[string]Money) decimal.Decimal {
		return lines["duty.base"].Amount.Add(lines["duty.s301"].Amount).Add(lines["mpf"].Amount).Add(lines["hmf"].Amount)
	}
	for _, id := range []string{"CE-07", "CE-09"} {
		v, rates := all[id], []string{"3.4%", "25%"}
		if id == "CE-09" {
			rates = []string{at(t, v.In, "rates", 0), at(t, v.In, "rates", 1)}
		}
		_, lines := customs(t, "US", at(t, v.In, "mode"), "USD", "1200", "0", "0", item(at(t, v.In, "value"), "USD", rates...))
		same(t, id+" duty", lines["duty.base"].Amount, at(t, v.Out, "duty_base"))
		same(t, id+" 301", lines["duty.s301"].Amount, at(t, v.Out, "duty_301"))
		same(t, id+" mpf", lines["mpf"].Amount, at(t, v.Out, "mpf"))
		same(t, id+" hmf", lines["hmf"].Amount, at(t, v.Out, "hmf"))
		same(t, id+" total", sum(lines), at(t, v.Out, "total"))
	}
	_, lines := customs(t, "US", "air", "USD", "1200", "0", "0", item("10000", "USD", "3.4%", "25%"))
	same(t, "CE-07 by air", sum(lines), "2874.64")

	// CE-10: where the fee leaves its minimum and reaches its maximum.
	rate, least, most := dec("0.3464%"), dec("33.58"), dec("651.50")
	same(t, "CE-10 min", least.DivRound(rate, 4), at(t, all["CE-10"].Out, "min_below_value"))
	same(t, "CE-10 max", most.DivRound(rate, 4), at(t, all["CE-10"].Out, "max_above_value"))
	for value, want := range map[string]string{"9693.99": "formula.minimum", "9694.00": "", "188077.36": "", "188077.37": "formula.maximum"} {
		e, _ := customs(t, "US", "air", "USD", "1200", "0", "0", item(value, "USD", "0%"))
		got := ""
		for _, l := range e.Lines {
			if f := l.Formula; l.ID == "mpf" && len(f) > 1 {
				got = strings.TrimPrefix(f[1].ID, prefix)
			}
		}
		if got != want {
			t.Errorf("CE-10 at %s: got %q, want %q", value, got, want)
		}
	}
}

func TestWorkedUK(t *testing.T) {
	v := vectors(t)["CE-12"]
	e, lines := customs(t, "UK", "ocean", "GBP", at(t, v.In, "freight"), at(t, v.In, "insurance"), at(t, v.In, "inland"), item(at(t, v.In, "goods"), "GBP", at(t, v.In, "duty_rate")))
	same(t, "CE-12 value", e.Customs.Value.Amount, at(t, v.Out, "customs_value"))
	same(t, "CE-12 duty", lines["duty.base"].Amount, at(t, v.Out, "duty"))
	same(t, "CE-12 base", e.Customs.TaxBase.Amount, at(t, v.Out, "vat_base"))
	same(t, "CE-12 vat", lines["vat"].Amount, at(t, v.Out, "vat"))
	same(t, "CE-12 total", lines["duty.base"].Amount.Add(lines["vat"].Amount), at(t, v.Out, "total"))
	// The EU reckons the same way.
	e, lines = customs(t, "DE", "ocean", "EUR", at(t, v.In, "freight"), at(t, v.In, "insurance"), at(t, v.In, "inland"), item(at(t, v.In, "goods"), "EUR", at(t, v.In, "duty_rate")))
	same(t, "CE-12 as the EU", lines["vat"].Amount, at(t, v.Out, "vat"))
	same(t, "CE-12 as the EU", e.Customs.TaxBase.Amount, at(t, v.Out, "vat_base"))
}

func TestWorkedJapan(t *testing.T) {
	v := vectors(t)["CE-13"]
	a, b := item(at(t, v.In, "A", "cif"), "JPY", at(t, v.In, "A", "rate")), item(at(t, v.In, "B", "cif"), "JPY", at(t, v.In, "B", "rate"))
	a.Name, b.Name, b.Reduced = "A", "B", true
	e, lines := customs(t, "JP", "ocean", "JPY", "0.1", "0", "0", a, b)
	_ = e
	same(t, "CE-13 duty", lines["duty"].Amount, at(t, v.Out, "duty_total_truncated_100"))
	same(t, "CE-13 national", lines["consumption_tax"].Amount, at(t, v.Out, "ct_total_truncated_100"))
	same(t, "CE-13 local", lines["local_consumption_tax"].Amount, at(t, v.Out, "lct_total_truncated_100"))

	// What each line says of itself: base and result of duty, tax and local tax.
	said := map[string]string{}
	for _, l := range e.Lines {
		for _, f := range l.Formula {
			arg := map[string]string{}
			for _, a := range f.Args {
				arg[a.Name] = a.Text
				if a.Line != nil {
					for _, x := range a.Line.Args {
						arg["How"+x.Name] = x.Text
					}
				}
			}
			switch f.ID {
			case prefix + "formula.jp_duty":
				said[arg["Name"]+"_duty_base"], said[arg["Name"]+"_duty"] = arg["HowBase"], arg["Result"]
			case prefix + "formula.jp_tax":
				said[arg["Name"]+"_ct_base"], said[arg["Name"]+"_ct"] = arg["Base"], arg["Result"]
			case prefix + "formula.jp_local":
				said[arg["Name"]+"_lct"] = arg["Result"]
			}
		}
	}
	for _, name := range []string{"A_duty_base", "A_duty", "B_duty_base", "B_duty", "A_ct_base", "A_ct", "B_ct_base", "B_ct", "A_lct", "B_lct"} {
		if want := at(t, v.Out, name); said[name] != want {
			t.Errorf("CE-13 %s: got %s, want %s", name, said[name], want)
		}
	}
}

func TestWorkedCanada(t *testing.T) {
	v := vectors(t)["CE-16"]
	_, lines := customs(t, "CA", "ocean", "CAD", "900", "0", "0", item(at(t, v.In, "vfd"), "CAD", at(t, v.In, "duty")))
	same(t, "CE-16 duty", lines["duty.base"].Amount, at(t, v.Out, "duty"))
	same(t, "CE-16 gst", lines["gst"].Amount, at(t, v.Out, "gst"))
	same(t, "CE-16 total", lines["duty.base"].Amount.Add(lines["gst"].Amount), at(t, v.Out, "total"))
}

func TestWorkedBond(t *testing.T) {
	v, c := vectors(t)["CE-15"], example(t)
	for i := range v.In.(map[string]any)["annual_dtf"].([]any) {
		yearly := at(t, v.In, "annual_dtf", i)
		b, err := c.ContinuousBond(dec(yearly), day(t, "2026-11-22"))
		if err != nil {
			t.Fatal(err)
		}
		same(t, "CE-15 "+yearly, b.Size.Amount, at(t, v.Out, "bond", i))
	}
}
