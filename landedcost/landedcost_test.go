package landedcost

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/shopspring/decimal"
)

const today = "2026-11-22"

// bottles are ten cartons with one line of goods.
func bottles(to string) Shipment {
	return Shipment{
		Name: "Bottles", Destination: to, Incoterm: DDP, Currency: "USD", Cartons: ten(),
		Goods: []Item{{SKU: "B", Name: "Bottle", HS: "3924.10", Units: 400, UnitPrice: Money{dec("4.20"), "USD"}}},
	}
}

func estimate(t *testing.T, c *Card, s Shipment, route string) Estimate {
	t.Helper()
	e, err := c.Estimate(s, route, day(t, today))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func line(t *testing.T, e Estimate, id string) Line {
	t.Helper()
	for _, l := range e.Lines {
		if l.ID == id {
			return l
		}
	}
	t.Fatalf("%s: no line %s", e.Route, id)
	return Line{}
}

// TestBreaks bills at the next break where that is cheaper, and at the beginning of the first break.
func TestBreaks(t *testing.T) {
	card := strings.Replace(small, "{from: 0, rate: 50}, {from: 45, rate: 44}", "{from: 21, rate: 50}, {from: 45, rate: 44}, {from: 100, rate: 40}, {from: 500, rate: 10}", 1)
	card = strings.Replace(card, "rate: 10}]", "rate: 10}], minimum: 1500", 1)
	c, err := ReadCard([]byte(card))
	if err != nil {
		t.Fatal(err)
	}
	for _, x := range []struct{ kg, cost, how string }{
		{"1", "1500", "next_break minimum"}, // 21 × 50 = 1050
		{"21", "1500", "minimum"},
		{"30", "1500", ""},
		{"39.5", "1975", ""},
		{"40", "1980", "next_break"}, // 45 × 44
		{"45", "1980", ""},
		{"91", "4000", "next_break"}, // 100 × 40 = 4000 < 91 × 44 = 4004
		{"90.5", "3982", ""},
		{"124.5", "4980", ""},
		{"126", "5000", "next_break"}, // 500 × 10 = 5000 < 126 × 40
		{"500", "5000", ""},
		{"600", "6000", ""},
	} {
		s := bottles("US")
		s.Cartons = []Carton{{Count: 1, Length: one, Width: one, Height: one, Unit: CM, Weight: dec(x.kg), WeightUnit: Kg}}
		s.Currency, s.Goods[0].UnitPrice.Currency = "CNY", "CNY"
		r := &reckoning{card: c, ship: &s, on: day(t, today)}
		if !r.accept() {
			t.Fatal(r.gaps)
		}
		r.route = r.choose("air")
		r.measure = measure(r.boxes, 1, r.route.Weight, nil)
		r.freight()
		l := r.lines[0]
		var how []string
		for _, f := range l.Formula {
			if id := strings.TrimPrefix(f.ID, prefix+"formula."); id == "next_break" || id == "minimum" {
				how = append(how, id)
			}
		}
		if l.Amount.Amount.String() != x.cost || strings.Join(how, " ") != x.how {
			t.Errorf("%s kg: got %s %v, want %s %q", x.kg, l.Amount, how, x.cost, x.how)
		}
	}
}

// TestRefusals takes one thing away after the other. Each refusal names what is missing.
func TestRefusals(t *testing.T) {
	card := strings.Replace(small, "facts:\n", `facts:
  - {key: us.mpf.min_usd, value: 33.58}
  - {key: us.mpf.max_usd, value: 651.50}
`, 1)
	good := bottles("US")
	for name, x := range map[string]struct {
		from, to string
		change   func(*Shipment)
		on       string
		want     string
	}{
		"nothing":            {want: ""},
		"no fact":            {from: "  - {key: us.mpf.max_usd, value: 651.50}\n", want: "fact us.mpf.max_usd"},
		"two facts":          {from: "  - {key: us.mpf.min_usd, value: 33.58}\n  - {key: us.mpf.max_usd, value: 651.50}\n", want: "fact us.mpf.min_usd; fact us.mpf.max_usd"},
		"expired":            {from: "value: 33.58", to: "value: 33.58, effective_to: 2026-09-30", want: "expired us.mpf.min_usd"},
		"not yet":            {from: "value: 33.58", to: "value: 33.58, effective_from: 2027-01-01", want: "early us.mpf.min_usd"},
		"stale fact":         {from: "value: 33.58", to: "value: 33.58, checked_on: 2026-08-01", want: "stale us.mpf.min_usd"},
		"stale exchange":     {from: "rate: 7.1", to: "rate: 7.1, checked_on: 2026-08-01", want: "stale fx USD/CNY"},
		"stale freight":      {from: "freight: {per: kg,", to: "freight: {checked_on: 2026-08-01, per: kg,", want: "stale air.freight"},
		"stale charge":       {from: "rate: 12%,", to: "rate: 12%, checked_on: 2026-08-01,", want: "stale air.fuel"},
		"stale insurance":    {from: "rate: 0.3%,", to: "rate: 0.3%, checked_on: 2026-08-01,", want: "stale air.insurance"},
		"stale duty":         {from: "rate: 25%, excludes: [base]", to: "rate: 25%, checked_on: 2026-08-01", want: "stale tariff US 3924.10 s301"},
		"the last day":       {on: "2027-01-30", want: ""},
		"a day too late":     {on: "2027-01-31", want: "stale air"},
		"before the card":    {on: "2025-12-31", want: "early air"},
		"no exchange":        {from: "  - {from: USD, to: CNY, rate: 7.1}", to: "  - {from: USD, to: EUR, rate: 0.9}", want: "fx fx CNY/USD"},
		"currency mismatch":  {change: func(s *Shipment) { s.Goods[0].UnitPrice.Currency = "EUR" }, want: "fx fx EUR/USD; fx fx CNY/EUR"},
		"no code":            {change: func(s *Shipment) { s.Goods[0].HS = "" }, want: "hs hs Bottle"},
		"half a code":        {change: func(s *Shipment) { s.Goods[0].HS = "3924" }, want: "hs hs Bottle"},
		"a code without":     {change: func(s *Shipment) { s.Goods[0].HS = "392690" }, want: "tariff tariff US 392690"},
		"worth nothing":      {change: func(s *Shipment) { s.Goods[0].UnitPrice.Amount = decimal.Zero }, want: "price goods 1"},
		"a huge exponent":    {change: func(s *Shipment) { s.Goods[0].UnitPrice.Amount = decimal.New(1, 2_000_000_000) }, want: "price goods 1"},
		"a tiny exponent":    {change: func(s *Shipment) { s.Cartons[0].Weight = decimal.New(1, -2_000_000_000) }, want: "number cartons 1"},
		"no units":           {change: func(s *Shipment) { s.Goods[0].Units = 0 }, want: "count goods 1"},
		"no cartons":         {change: func(s *Shipment) { s.Cartons = nil }, want: "cartons cartons"},
		"no goods":           {change: func(s *Shipment) { s.Goods = nil }, want: "goods goods"},
		"a carton of air":    {change: func(s *Shipment) { s.Cartons[0].Weight = decimal.Zero }, want: "number cartons 1"},
		"a negative side":    {change: func(s *Shipment) { s.Cartons[0].Length = dec("-1") }, want: "number cartons 1"},
		"an unknown unit":    {change: func(s *Shipment) { s.Cartons[0].Unit = "ell" }, want: "unit cartons 1"},
		"another country":    {change: func(s *Shipment) { s.Destination = "AU" }, want: "destination destination"},
		"another way":        {change: func(s *Shipment) { s.Destination = "DE" }, want: "not_there air"},
		"no term":            {change: func(s *Shipment) { s.Incoterm = "FREE" }, want: "incoterm incoterm"},
		"no currency":        {change: func(s *Shipment) { s.Currency = "dollars" }, want: "currency currency"},
		"per kilogram":       {from: "rate: 3.4%", to: "per_kg: 2", change: func(s *Shipment) {}, want: "net_kg net_kg Bottle"},
		"per kilogram known": {from: "rate: 3.4%", to: "per_kg: 2", change: func(s *Shipment) { s.Goods[0].NetKg = dec("100") }, want: ""},
	} {
		t.Run(name, func(t *testing.T) {
			text := card
			if x.from != "" {
				if !strings.Contains(text, x.from) {
					t.Fatalf("%q is not in the card", x.from)
				}
				text = strings.Replace(text, x.from, x.to, 1)
			}
			if name == "per kilogram" || name == "per kilogram known" {
				text = strings.Replace(text, ", excludes: [base]", "", 1)
			}
			c, err := ReadCard([]byte(text))
			if err != nil {
				t.Fatal(err)
			}
			s := good
			s.Cartons, s.Goods = slices.Clone(good.Cartons), slices.Clone(good.Goods)
			if x.change != nil {
				x.change(&s)
			}
			on := x.on
			if on == "" {
				on = today
			}
			_, err = c.Estimate(s, "air", day(t, on))
			got := ""
			if err != nil {
				var r *Refusal
				if !errors.As(err, &r) {
					t.Fatalf("%T", err)
				}
				for i, g := range r.Gaps {
					if i > 0 {
						got += "; "
					}
					got += strings.TrimPrefix(g.Say.ID, prefix+"gap.") + " " + g.What
				}
			}
			if strings.HasPrefix(x.want, "stale air") || strings.HasPrefix(x.want, "early air") {
				got, _, _ = strings.Cut(got, ";") // everything else of the card is as old
			}
			if got != x.want {
				t.Errorf("got %q, want %q", got, x.want)
			}
		})
	}
	c := example(t)
	if _, err := c.Estimate(good, "by-balloon", day(t, today)); err == nil || err.Error() != "no estimate for the route by-balloon: gap.route by-balloon" {
		t.Errorf("an unknown route: %v", err)
	}
}

// TestFlags computes all the same what is only unlikely, and says so.
func TestFlags(t *testing.T) {
	c := example(t)
	for name, x := range map[string]struct {
		change func(*Shipment)
		route  string
		flag   string
	}{
		"dear freight":  {func(s *Shipment) { s.Goods[0].UnitPrice.Amount = dec("0.01") }, "us-air", "freight_over_value"},
		"dangerous":     {func(s *Shipment) { s.Goods[0].Dangerous = true }, "us-air", "dangerous_refused"},
		"heavy":         {func(s *Shipment) { s.Cartons[0].Weight = dec("22.69") }, "us-air", "heavy"},
		"in pounds":     {func(s *Shipment) { s.Cartons[0].Weight, s.Cartons[0].WeightUnit = dec("50.01"), Lb }, "us-air", "heavy"},
		"long":          {func(s *Shipment) { s.Destination, s.Cartons[0].Length = "DE", dec("63.6") }, "eu-ocean", "long"},
		"informal":      {func(s *Shipment) { s.Informal = true }, "us-air", "informal"},
		"importer":      {func(s *Shipment) {}, "us-air", "importer"},
		"broker":        {func(s *Shipment) {}, "us-air", "broker"},
		"uninsured":     {func(s *Shipment) { s.Uninsured = true }, "us-air", "uninsured"},
		"Canada":        {func(s *Shipment) { s.Destination = "CA" }, "ca-ocean", "provincial"},
		"Japan":         {func(s *Shipment) { s.Destination = "JP" }, "jp-ocean", "acp"},
		"postponed":     {func(s *Shipment) { s.Destination, s.Postponed = "GB", true }, "uk-ocean", "postponed"},
		"postponed, EU": {func(s *Shipment) { s.Destination, s.Postponed = "DE", true }, "eu-ocean", "postponed_elsewhere"},
		"tax":           {func(s *Shipment) { s.Destination = "DE" }, "eu-ocean", "tax_counted"},
		"recovered":     {func(s *Shipment) { s.Destination, s.Recoverable = "DE", true }, "eu-ocean", "tax_recovered"},
	} {
		s := bottles("US")
		x.change(&s)
		e := estimate(t, c, s, x.route)
		has := func(e Estimate) bool {
			return slices.ContainsFunc(e.Flags, func(f Sentence) bool { return f.ID == prefix+"flag."+x.flag })
		}
		if !has(e) {
			t.Errorf("%s: %s is not flagged: %v", name, x.flag, e.Flags)
		}
		if plain := bottles("US"); x.flag != "importer" && x.flag != "broker" && has(estimate(t, c, plain, "us-air")) {
			t.Errorf("%s is flagged without a reason", x.flag)
		}
	}
	limit := bottles("US")
	limit.Cartons[0].Weight, limit.Cartons[0].WeightUnit = dec("50"), Lb
	if e := estimate(t, c, limit, "us-air"); slices.ContainsFunc(e.Flags, func(f Sentence) bool { return f.ID == prefix+"flag.heavy" }) {
		t.Error("50 lb are flagged as over 50 lb")
	}
}

func TestNotes(t *testing.T) {
	c := example(t)
	for _, id := range []string{"us-ocean", "us-air", "us-courier"} {
		e := estimate(t, c, bottles("US"), id)
		if len(e.Notes) != 2 || e.Notes[0].ID != prefix+"note.not_a_quote" || e.Notes[1].ID != prefix+"note.invented" || !e.Invented {
			t.Errorf("%s: notes %v", id, e.Notes)
		}
		for _, l := range e.Lines {
			if len(l.Formula) == 0 || l.Stage != Goods && len(l.Rates) == 0 {
				t.Errorf("%s: the line %s does not say how it came about", id, l.ID)
			}
			for _, u := range l.Rates {
				if u.What == "" || u.Value == "" || u.Checked == 0 || u.Source == "" {
					t.Errorf("%s %s: a rate without a date or a source: %+v", id, l.ID, u)
				}
			}
		}
	}
}

func TestWhoPays(t *testing.T) {
	want := map[Incoterm]string{
		// from the goods to the inbound charges, in the order of Stages
		EXW: "-srrrrrrrrrrrr", FCA: "-sasrrrrrrrrrr", FAS: "-sssrrrrrrrrrr", FOB: "-ssssrrrrrrrrr", CFR: "-sssssrrrrrarr",
		CIF: "-ssssssrrrrarr", CPT: "-sssssrrrrraar", CIP: "-ssssssrrrraar", DAP: "-ssssssrrrrssr", DPU: "-ssssssrrrrssr", DDP: "-ssssssssssssr",
	}
	short := map[Payer]string{Shipper: "s", Receiver: "r", Agreed: "a", Nobody: "-"}
	for _, term := range Incoterms() {
		got := ""
		for _, s := range Stages() {
			got += short[WhoPays(term, s)]
		}
		if got != want[term] {
			t.Errorf("%s: got %s, want %s", term, got, want[term])
		}
	}
	if WhoPays("ZZZ", Freight) != Nobody || WhoPays(DDP, "party") != Nobody {
		t.Error("somebody pays for what does not exist")
	}
	for text, want := range map[string]Incoterm{"ddp": DDP, " Fob ": FOB, "DDU": DAP} {
		if got, ok := ParseIncoterm(text); got != want || !ok {
			t.Errorf("%q: %s %v", text, got, ok)
		}
	}
}

// TestPayerChangesNothing: the term decides who pays, not how much.
func TestPayerChangesNothing(t *testing.T) {
	c := example(t)
	s := bottles("DE")
	want := estimate(t, c, s, "eu-rail").Total
	for _, term := range Incoterms() {
		s.Incoterm = term
		if got := estimate(t, c, s, "eu-rail").Total; !got.Amount.Equal(want.Amount) {
			t.Errorf("%s: %s, want %s", term, got, want)
		}
	}
}

func TestExcludedDuty(t *testing.T) {
	c, err := ReadCard([]byte(strings.Replace(small, "facts:\n", "facts:\n  - {key: us.mpf.min_usd, value: 33}\n  - {key: us.mpf.max_usd, value: 650}\n", 1)))
	if err != nil {
		t.Fatal(err)
	}
	e := estimate(t, c, bottles("US"), "air")
	for _, l := range e.Lines {
		if l.ID == "duty.base" {
			t.Error("a duty is levied beside one that excludes it")
		}
	}
	if got := line(t, e, "duty.s301").Amount.String(); got != "USD 420.00" {
		t.Errorf("got %s", got)
	}
}

func TestCompare(t *testing.T) {
	c := example(t)
	got := c.Compare(bottles("US"), day(t, today))
	var routes []string
	for _, e := range got.Estimates {
		routes = append(routes, e.Route)
	}
	if diff := cmp.Diff([]string{"us-ocean", "us-air", "us-courier"}, routes); diff != "" || got.Cheapest != "us-ocean" || got.Fastest != "us-courier" || len(got.Refused) != 0 {
		t.Errorf("%s cheapest %q, fastest %q, refused %v", diff, got.Cheapest, got.Fastest, got.Refused)
	}
	got = c.Compare(bottles("US"), day(t, today), "us-air", "eu-rail", "none")
	if len(got.Estimates) != 1 || len(got.Refused) != 2 || got.Cheapest != "" {
		t.Errorf("%d estimates, %d refused, cheapest %q", len(got.Estimates), len(got.Refused), got.Cheapest)
	}
}

// TestTaxes looks at what the territories do differently.
func TestTaxes(t *testing.T) {
	c := example(t)
	s := bottles("DE")
	whole := estimate(t, c, s, "eu-ocean")
	s.Recoverable = true
	back := estimate(t, c, s, "eu-ocean")
	if !back.Landed.Amount.Equal(whole.Landed.Amount.Sub(whole.TaxTotal.Amount)) || !back.Total.Amount.Equal(whole.Total.Amount) || !whole.TaxTotal.Amount.IsPositive() {
		t.Errorf("recovered: %s of %s, tax %s", back.Landed, whole.Landed, whole.TaxTotal)
	}

	// What is paid for advancing a tax is not in the tax's own base.
	data := strings.Replace(small, "stage: clearance, per: shipment, rate: 100, currency: USD", "stage: clearance, per: percent, rate: 50%, of: [tax], currency: EUR", 1)
	data = strings.NewReplacer("to: US\n", "to: DE\n", "country: US", "country: EU", "facts:\n", "facts:\n  - {key: vat.DE, value: 20%}\n", "{from: USD, to: CNY, rate: 7.1}", "{from: EUR, to: CNY, rate: 8}").Replace(data)
	own, err := ReadCard([]byte(data))
	if err != nil {
		t.Fatal(err)
	}
	s.Currency, s.Goods[0].UnitPrice = "EUR", Money{dec("4"), "EUR"}
	e := estimate(t, own, s, "air")
	vat, advance := line(t, e, "vat"), line(t, e, "entry")
	if want := e.Customs.Value.Amount.Add(line(t, e, "duty.s301").Amount.Amount); !e.Customs.TaxBase.Amount.Equal(want) {
		t.Errorf("the tax base is %s, want %s", e.Customs.TaxBase, want)
	}
	if want := vat.Amount.Amount.DivRound(dec("2"), 2); !advance.Amount.Amount.Equal(want) {
		t.Errorf("half of the tax is %s, want %s", advance.Amount, want)
	}

	// A parcel of low value: an amount for each heading, and VAT on it.
	p := bottles("FR")
	p.Parcel, p.Currency = true, "EUR"
	p.Goods = []Item{
		{HS: "3924.10.00", Units: 1, UnitPrice: Money{dec("20"), "EUR"}}, {HS: "392410", Units: 1, UnitPrice: Money{dec("20"), "EUR"}},
		{HS: "8518.30", Units: 2, UnitPrice: Money{dec("30"), "EUR"}},
	}
	if got := line(t, estimate(t, c, p, "eu-ocean"), "duty.parcel").Amount.String(); got != "EUR 6.00" {
		t.Errorf("two headings: %s", got)
	}
	p.Goods[2].Units = 4
	if _, err := c.Estimate(p, "eu-ocean", day(t, today)); err == nil || !strings.Contains(err.Error(), "gap.parcel") {
		t.Errorf("160 euros are a parcel of low value: %v", err)
	}

	// Japan, worked back: (2,200 − 660) ÷ 1.10 = 1,400 yen a unit, whatever the freight.
	j := bottles("JP")
	j.Currency = "JPY"
	j.Goods[0].Deductive = &Deductive{Price: Money{dec("2200"), "JPY"}, Costs: Money{dec("660"), "JPY"}}
	if got := estimate(t, c, j, "jp-ocean").Customs.Value.String(); got != "JPY 560000" {
		t.Errorf("worked back: %s", got)
	}
	j.Goods[0].Deductive.Costs.Amount = dec("2200")
	if _, err := c.Estimate(j, "jp-ocean", day(t, today)); err == nil || !strings.Contains(err.Error(), "gap.deductive") {
		t.Errorf("costs as high as the price: %v", err)
	}

	// An informal entry pays the small fee.
	u := bottles("US")
	u.Informal = true
	if got := line(t, estimate(t, c, u, "us-air"), "mpf").Amount.String(); got != "USD 2.70" {
		t.Errorf("informal: %s", got)
	}
}

// TestSeason levies the peak surcharge only in its season.
func TestSeason(t *testing.T) {
	c := example(t)
	for on, want := range map[string]bool{"2026-09-30": false, "2026-10-01": true, "2027-01-15": true, "2027-01-16": false} {
		e, err := c.Estimate(bottles("US"), "us-courier", day(t, on))
		if err != nil {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(e.Lines, func(l Line) bool { return l.ID == "peak" }); got != want {
			t.Errorf("%s: %v", on, got)
		}
	}
}

func TestBond(t *testing.T) {
	c := example(t)
	s := bottles("US")
	s.WantsBond, s.YearlyDues = true, dec("550000")
	if e := estimate(t, c, s, "us-air"); e.Bond == nil || e.Bond.Size.String() != "USD 60000.00" {
		t.Errorf("got %+v", e.Bond)
	}
	if _, err := c.ContinuousBond(dec("-1"), day(t, today)); err == nil {
		t.Error("a bond for negative dues")
	}
	empty, err := ReadCard([]byte(small))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := empty.ContinuousBond(one, day(t, today)); err == nil || !strings.Contains(err.Error(), "us.bond.continuous.share") {
		t.Errorf("a bond without its facts: %v", err)
	}
}

func TestJSON(t *testing.T) {
	data, err := json.Marshal(estimate(t, example(t), bottles("US"), "us-ocean"))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`"total":{"amount":"`, `"on":"2026-11-22"`, `"invented":true`, `"effective_from":"2025-01-01"`, `"payer":"shipper"`, `"cbm":"1.2"`} {
		if !strings.Contains(string(data), want) {
			t.Errorf("no %s in\n%s", want, data)
		}
	}
}

func TestNumber(t *testing.T) {
	for text, ok := range map[string]bool{
		"0": true, "18.5": true, "999999999999.999999999": true, "": false, ".5": false, "5.": false, "-1": false, "+1": false, "1e3": false,
		"1,000": false, "1 000": false, "0x10": false, "1000000000000": false, "0.0000000001": false, "１": false, "NaN": false, "1.2.3": false,
	} {
		if d, err := Number(text); (err == nil) != ok || ok && d.String() != text {
			t.Errorf("%q: %s, %v", text, d, err)
		}
	}
}
