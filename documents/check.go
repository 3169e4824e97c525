package documents

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/shopspring/decimal"

	"xiaobao/identifier"
	"xiaobao/landedcost"
)

// The most that a paper holds. Amazon takes at most 2,000 lines in a plan and 10,000 boxes in a shipment (SP-API inbound, read
// 2026-11).
const (
	MostLines   = 5000
	MostBoxes   = 10000
	mostText    = 2000    // characters in one field
	mostEntries = 500     // of anything else that papers list
	mostUnits   = 5000000 // of one line
)

// Check looks at all numbers and how they hang together: first what cannot be right (Block), then what is doubtful (Warn). What is
// only missing is no finding; Missing lists that.
func Check(f Facts) []Finding {
	var fs findings
	if !f.sane(&fs) {
		return fs.sorted() // numbers that cannot be reckoned with
	}
	f.checkHeader(&fs)
	f.checkParties(&fs)
	for i := range f.Lines {
		f.checkLine(&fs, i)
	}
	f.checkTotals(&fs)
	f.checkCartons(&fs)
	f.checkPacked(&fs)
	f.checkDanger(&fs)
	f.checkJapan(&fs)
	return fs.sorted()
}

// sane refuses what cannot be reckoned with or printed: numbers without measure, texts without end, lists without end.
func (f *Facts) sane(fs *findings) bool {
	before := len(fs.list)
	if len(f.Lines) > MostLines {
		fs.block("lines", "check.many_lines", count("Count", len(f.Lines)), count("Most", MostLines))
	}
	for _, x := range []struct {
		field string
		n     int
	}{{"charges", len(f.Charges)}, {"dangerous", len(f.Dangerous)}, {"checks", len(f.Checks)}, {"claim.counts", len(f.Claim.Counts)}, {"claim.evidence", len(f.Claim.Evidence)}, {"japan.sales", len(f.Japan.Sales)}} {
		if x.n > mostEntries {
			fs.block(x.field, "check.many_entries", count("Most", mostEntries))
		}
	}
	numbers := func(field string, ds ...*Decimal) {
		for _, d := range ds {
			if d != nil && !tame(*d) {
				fs.block(field, "check.number")
			} else if d != nil && d.IsNegative() {
				fs.block(field, "check.negative")
			}
		}
	}
	numbers("total", f.Total)
	numbers("japan.divisor", f.Japan.Divisor)
	for i := range f.Japan.Sales {
		s := &f.Japan.Sales[i]
		at := fmt.Sprintf("japan.sales[%d].", i)
		numbers(at+"price", s.Price)
		if len(s.Costs) > mostEntries {
			fs.block(at+"costs", "check.many_entries", count("Most", mostEntries))
		}
		for k := range s.Costs {
			numbers(fmt.Sprintf("%scosts[%d].amount", at, k), &s.Costs[k].Amount)
		}
	}
	for i := range f.Lines {
		l := &f.Lines[i]
		at := fmt.Sprintf("lines[%d].", i)
		numbers(at+"unit_price", l.UnitPrice)
		numbers(at+"total", l.Total)
		numbers(at+"net_kg", l.NetKg)
		if l.Quantity < 0 || l.Quantity > mostUnits {
			fs.block(at+"quantity", "check.quantity", count("Most", mostUnits))
		}
	}
	boxes := 0
	for i := range f.Cartons {
		c := &f.Cartons[i]
		at := fmt.Sprintf("cartons[%d].", i)
		if c.From < 1 || c.From > MostBoxes || c.To < 0 || c.To > MostBoxes || c.To != 0 && c.To < c.From {
			fs.block(at+"from", "check.range", count("From", c.From), count("To", c.To), count("Most", MostBoxes))
			continue
		}
		boxes += c.Count()
		numbers(at+"length", &c.Length)
		numbers(at+"width", &c.Width)
		numbers(at+"height", &c.Height)
		numbers(at+"gross", &c.Gross)
		numbers(at+"net", c.Net)
		if !slices.Contains([]string{"", "mm", "cm", "m", "in"}, c.Unit) {
			fs.block(at+"unit", "check.unit", text("Got", c.Unit))
		}
		if !slices.Contains([]string{"", "g", "kg", "lb"}, c.WeightUnit) {
			fs.block(at+"weight_unit", "check.unit", text("Got", c.WeightUnit))
		}
		if len(c.Contents) > mostEntries {
			fs.block(at+"contents", "check.many_entries", count("Most", mostEntries))
		}
		for j, x := range c.Contents {
			if x.Units < 0 || x.Units > mostUnits {
				fs.block(fmt.Sprintf("%scontents[%d].units", at, j), "check.quantity", count("Most", mostUnits))
			}
		}
	}
	if boxes > MostBoxes {
		fs.block("cartons", "check.many_boxes", count("Count", boxes), count("Most", MostBoxes))
	}
	for i := range f.Charges {
		numbers(fmt.Sprintf("charges[%d].amount", i), &f.Charges[i].Amount)
	}
	for i := range f.Dangerous {
		numbers(fmt.Sprintf("dangerous[%d].watt_hours", i), f.Dangerous[i].WattHours)
	}
	eachText(f, func(path, s string) {
		if n := utf8.RuneCountInString(s); n > mostText {
			fs.block(path, "check.long", count("Count", n), count("Most", mostText))
		}
	})
	return len(fs.list) == before
}

// tame says whether a decimal is of a size that papers know.
func tame(d Decimal) bool {
	return d.Exponent() >= -9 && d.Exponent() <= 9 && d.Coefficient().BitLen() <= 70
}

var (
	upper3 = regexp.MustCompile(`^[A-Z]{3}$`)
	upper2 = regexp.MustCompile(`^[A-Z]{2}$`)
	latin  = regexp.MustCompile(`^[\x20-\x7e\n]*$`)
)

func (f *Facts) checkHeader(fs *findings) {
	if c := f.Invoice.Currency; c != "" && !upper3.MatchString(c) {
		fs.block("invoice.currency", "check.currency", text("Got", c))
	}
	if t := f.Invoice.Incoterm; t != "" {
		if _, ok := landedcost.ParseIncoterm(t); !ok {
			fs.block("invoice.incoterm", "check.incoterm", text("Got", t))
		}
	}
	if d := f.Destination; d != "" && !upper2.MatchString(d) {
		fs.block("destination", "check.country", text("Got", d))
	}
	for _, d := range []struct{ field, day string }{
		{"prepared", f.Prepared}, {"japan.from", f.Japan.From}, {"japan.until", f.Japan.Until}, {"invoice.date", f.Invoice.Date}, {"invoice.date_of_sale", f.Invoice.DateOfSale},
		{"amazon.created", f.Amazon.Created}, {"transport.departure", f.Transport.Departure}, {"signature.date", f.Signature.Date},
		{"claim.delivered", f.Claim.Delivered}, {"claim.deadline", f.Claim.Deadline},
	} {
		if _, ok := day(d.day); !ok {
			fs.block(d.field, "check.day", text("Got", d.day))
		}
	}
	if made, ok := day(f.Prepared); ok && !made.IsZero() {
		if on, ok := day(f.Invoice.Date); ok && on.After(made) {
			fs.warn("invoice.date", "check.future", text("Day", f.Invoice.Date))
		}
	}
	if id := f.Amazon.ShipmentID; id != "" {
		if v := identifier.FBAShipment(id); !v.OK() {
			fs.warn("amazon.shipment_id", "check.shipment_id", text("Got", id))
		}
	}
	for i, c := range f.Charges {
		if !slices.Contains(chargeKinds, c.Kind) {
			fs.block(fmt.Sprintf("charges[%d].kind", i), "check.charge", text("Got", c.Kind), oneOf("Known", chargeKinds))
		}
	}
	if n := f.Export.Declaration; n != "" && !regexp.MustCompile(`^\d{18}$`).MatchString(n) {
		fs.block("export.declaration", "check.declaration", text("Got", n))
	}
}

var chargeKinds = []string{"freight", "insurance", "packing", "inland", "commission", "other", "discount", "rebate", "assist"}

// day reads a day; an empty one is fine and zero.
func day(s string) (time.Time, bool) {
	if s == "" {
		return time.Time{}, true
	}
	d, err := landedcost.ParseDay(s)
	if err != nil {
		return time.Time{}, false
	}
	return time.Unix(int64(d)*86400, 0).UTC(), true
}

// parties lists the companies with the keys they stand under.
func (f *Facts) parties() []struct {
	Key string
	*Party
} {
	return []struct {
		Key string
		*Party
	}{{"exporter", &f.Exporter}, {"manufacturer", &f.Manufacturer}, {"importer", &f.Importer}, {"consignee", &f.Consignee}, {"notify", &f.Notify}}
}

// numberKinds are the kinds of numbers that companies have.
var numberKinds = []string{"uscc", "cn_customs", "ein", "cbp_importer", "eori", "vat", "ca_bn", "jp_corporate", "ioss"}

func (f *Facts) checkParties(fs *findings) {
	for _, p := range f.parties() {
		if p.Country != "" && !upper2.MatchString(p.Country) {
			fs.block(p.Key+".country", "check.country", text("Got", p.Country))
		}
		for i, n := range p.Numbers {
			at := fmt.Sprintf("%s.numbers[%d]", p.Key, i)
			check, ok := identifier.Lookup(n.Kind)
			if !ok || !slices.Contains(numberKinds, n.Kind) {
				fs.block(at, "check.number_kind", text("Got", n.Kind), oneOf("Known", numberKinds))
				continue
			}
			if v := check(n.Value); !v.OK() {
				fs.block(at, "check.identifier", word("What", "number."+n.Kind), text("Got", n.Value))
			}
		}
		english := append([]string{p.Name}, p.Address...)
		if s := strings.Join(english, "\n"); !latin.MatchString(s) {
			fs.warn(p.Key+".name", "check.party_english", word("Who", "party."+p.Key))
		}
	}
}

func (f *Facts) checkLine(fs *findings, i int) {
	l := &f.Lines[i]
	at := func(field string) string { return fmt.Sprintf("lines[%d].%s", i, field) }
	n := count("Line", i+1)
	if l.HS != "" {
		if v := identifier.HSIn(f.Destination, l.HS); !v.OK() {
			fs.block(at("hs"), "check.hs", n, text("Got", l.HS))
		} else if len(v.Warn) > 0 {
			fs.warn(at("hs"), "check.hs_doubt", n, text("Got", l.HS))
		}
	}
	if l.ExportHS != "" {
		if v := identifier.HSIn("CN", l.ExportHS); !v.OK() {
			fs.block(at("export_hs"), "check.hs", n, text("Got", l.ExportHS))
		} else if len(v.Warn) > 0 {
			fs.warn(at("export_hs"), "check.hs_doubt", n, text("Got", l.ExportHS))
		} else if dest := identifier.HS(l.HS); dest.OK() && v.Value[:6] != dest.Value[:6] {
			fs.warn(at("export_hs"), "check.hs_differ", n, text("Export", l.ExportHS), text("Import", l.HS))
		}
	}
	if l.Origin != "" && !upper2.MatchString(l.Origin) {
		fs.block(at("origin"), "check.origin", n, text("Got", l.Origin))
	}
	for _, id := range []struct{ field, kind, value string }{{"asin", "asin", l.ASIN}, {"fnsku", "fnsku", l.FNSKU}} {
		if check, _ := identifier.Lookup(id.kind); id.value != "" && !check(id.value).OK() && !(id.kind == "fnsku" && identifier.ASIN(id.value).OK()) {
			fs.warn(at(id.field), "check.goods_id", n, word("What", "number."+id.kind), text("Got", id.value))
		}
	}
	if l.UnitPrice != nil {
		if l.UnitPrice.IsZero() {
			fs.warn(at("unit_price"), "check.free", n)
		}
		if l.Total != nil && !l.Total.Equal(f.amount(l)) {
			fs.block(at("total"), "check.line_total", n, number("Total", *l.Total), count("Quantity", l.Quantity), number("Price", *l.UnitPrice), number("Right", f.amount(l)))
		}
	}
	if l.Description != "" {
		switch words := strings.Fields(l.Description); {
		case !latin.MatchString(l.Description):
			fs.warn(at("description"), "check.english", n)
		case len(words) < 3:
			fs.warn(at("description"), "check.vague", n, text("Got", l.Description))
		case gift.MatchString(l.Description):
			fs.warn(at("description"), "check.sample", n, text("Got", l.Description))
		}
	}
}

// gift finds the words that make customs doubt a price.
var gift = regexp.MustCompile(`(?i)\b(free|gift|sample|no commercial value)\b`)

func (f *Facts) checkTotals(fs *findings) {
	if f.Total == nil {
		return
	}
	if s := f.Sum(); !s.Total.Equal(*f.Total) {
		fs.block("total", "check.total", number("Total", *f.Total), number("Right", s.Total))
	}
}

func (f *Facts) checkDanger(fs *findings) {
	listed := map[string]bool{}
	for i, d := range f.Dangerous {
		listed[d.SKU] = true
		at := func(field string) string { return fmt.Sprintf("dangerous[%d].%s", i, field) }
		for _, id := range []struct{ field, kind, value string }{{"un", "un", d.UN}, {"class", "dg_class", d.Class}, {"instruction", "packing_instruction", d.Instruction}} {
			if check, _ := identifier.Lookup(id.kind); id.value != "" && !check(id.value).OK() {
				fs.block(at(id.field), "check.identifier", word("What", "number."+id.kind), text("Got", id.value))
			}
		}
		if un := identifier.UN(d.UN).Value; un == "UN3480" || un == "UN3090" || d.Battery == "standalone" {
			fs.warn(at("un"), "check.standalone", text("Got", un))
		}
	}
	for i, l := range f.Lines {
		if l.Dangerous && !listed[l.SKU] && !listed[""] {
			fs.block(fmt.Sprintf("lines[%d].dangerous", i), "check.danger", count("Line", i+1), text("SKU", l.SKU))
		}
	}
}

// over says that one weight is above another by more than rounding may do.
func over(a, b Decimal) bool { return a.Sub(b).GreaterThan(decimal.New(5, -3)) }
