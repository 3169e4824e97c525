// Package identifier knows the numbers and codes that people copy from papers: company numbers, tax numbers,
// barcodes, waybills, Amazon's own ids, goods codes and contact data. Every check has one shape: it takes what a
// person typed, in any case, width and spacing, and returns a [Verdict] that says what to store and, when the value
// cannot be right, which character is wrong and what was expected.
//
// The package is pure and speaks no language: faults and warnings are stable codes, and the words for them belong to
// the catalogues ("fault.<code>", "warn.<code>"). A [Fault] means the value cannot be what it should be. A [Warning]
// never blocks: it names a doubt that only an authority, a person or a page can settle.
//
// The rules follow the public standards named in [Verdict.Rule] and beside each check; national VAT rules were
// compared with the open reference implementation python-stdnum (2026-08).
package identifier

import (
	"slices"
	"strings"
)

// A Verdict says what is known about one identifier.
type Verdict struct {
	// Value is what to store: upper case, without spaces and hyphens unless they belong to the canonical form.
	// Checking Value again gives the same verdict.
	Value string
	// Fault is empty when the value can be right, else the first thing that makes it impossible.
	Fault Fault
	// At is the 1-based position in Value, in characters, of what Fault (or, without one, the first of Warn) speaks
	// of; 0 when it speaks of the whole.
	At int
	// Got and Want are what stands at At and what was expected: a character, check digits, a length, a country or a
	// pattern. In patterns 9 stands for a digit, A for a letter and * for either; alternatives are parted by "/".
	Got, Want string
	// Rule names the standard or arithmetic behind a failed check digit, such as "GB 32100-2015" or "ISO 6346".
	Rule string
	// Warn lists doubts that never block, the most important first; nil when there are none.
	Warn []Warning

	// Form tells which of several forms of the kind was recognised, such as "gtin13", "isbn10" or "mobile".
	Form string
	// Country is the ISO 3166 code of the country that the identifier names ("GB" also for Amazon's UK, "XI" for
	// Northern Ireland in EORI and VAT numbers), or empty.
	Country string
	// Parent is the identifier that this one belongs to: the shipment id inside a box id, the SIREN in a French VAT
	// number. Empty where there is none.
	Parent string
}

// OK reports whether the value can be right. Warnings do not matter to it.
func (v Verdict) OK() bool { return v.Fault == "" }

// Warned reports whether w is among the warnings.
func (v Verdict) Warned(w Warning) bool { return slices.Contains(v.Warn, w) }

// A Fault is a stable code for why a value cannot be right. The catalogues have a sentence "fault.<code>" for each.
type Fault string

// The faults. Got and Want hold what the comment says.
const (
	FaultEmpty    Fault = "empty"    // nothing was left after cleaning
	FaultLength   Fault = "length"   // Got and Want are lengths in characters ("17", "18" or "8/12/13/14" or "6-13")
	FaultAlphabet Fault = "alphabet" // a character that never occurs there; Want is the alphabet ("0-9", "0-9A-Z")
	FaultCheck    Fault = "check"    // a check digit does not fit the others; Want is the one that would
	FaultShape    Fault = "shape"    // the parts are not where they belong; Want is a pattern or the expected characters
	FaultCountry  Fault = "country"  // the country is not one that issues this kind, or not the one asked for
	FaultRange    Fault = "range"    // a part is a number outside its range, such as HS chapter 77
	FaultUnknown  Fault = "unknown"  // the value is not in a closed list, such as Amazon's packing instructions
)

// Faults lists every fault, for the checks on the catalogues.
func Faults() []Fault {
	return []Fault{FaultEmpty, FaultLength, FaultAlphabet, FaultCheck, FaultShape, FaultCountry, FaultRange, FaultUnknown}
}

// A Warning is a stable code for a doubt that never blocks. The catalogues have a sentence "warn.<code>" for each.
type Warning string

// The warnings.
const (
	WarnCheck      Warning = "check"      // the check digit does not fit, but carriers do issue such numbers
	WarnCountry    Warning = "country"    // the country code is not a known one
	WarnLength     Warning = "length"     // an unusual length; national tables disagree
	WarnPrefix     Warning = "prefix"     // the first characters are not among the known ones
	WarnLikeVAT    Warning = "like_vat"   // this looks like a VAT number where another number is asked for
	WarnOrgCode    Warning = "org_code"   // the organisation code inside does not fit its own check digit
	WarnParent     Warning = "parent"     // the shipment id inside could not be told apart
	WarnSpecial    Warning = "special"    // a chapter with special rules (98 and 99 exist only in some tariffs)
	WarnUnverified Warning = "unverified" // only the shape could be looked at: no public check is known
)

// Warnings lists every warning, for the checks on the catalogues.
func Warnings() []Warning {
	return []Warning{WarnCheck, WarnCountry, WarnLength, WarnPrefix, WarnLikeVAT, WarnOrgCode, WarnParent, WarnSpecial,
		WarnUnverified}
}

// A Check looks at one value as a person typed it. It never fails otherwise than by its verdict, whatever the input,
// and may be called from many goroutines.
type Check func(raw string) Verdict

// kinds is the register of checks, in the order of [Kinds].
var kinds = []struct {
	name string
	run  Check
}{
	{"uscc", USCC}, {"ein", EIN}, {"cbp_importer", CBPImporter}, {"ca_bn", CanadaBN}, {"jp_corporate", JapanCorporate},
	{"cn_customs", CNCustoms},
	{"eori", EORI}, {"vat", VAT}, {"ioss", IOSS},
	{"gtin", GTIN}, {"gtin8", GTIN8}, {"gtin12", GTIN12}, {"gtin13", GTIN13}, {"gtin14", GTIN14}, {"sscc", SSCC},
	{"container", Container}, {"awb", AWB}, {"s10", S10}, {"ups", UPS},
	{"asin", ASIN}, {"fnsku", FNSKU}, {"msku", MSKU}, {"fba_shipment", FBAShipment}, {"box_id", FBABox},
	{"order_id", Order}, {"seller_id", Seller}, {"marketplace_id", Marketplace},
	{"plan_id", InboundPlan}, {"placement_id", Placement}, {"transportation_id", Transportation},
	{"inbound_shipment_id", InboundShipment},
	{"hs", HS}, {"un", UN}, {"dg_class", DGClass}, {"packing_instruction", PackingInstruction},
	{"phone", Phone}, {"email", Email}, {"postcode", Postcode},
}

// within are the kinds that can be narrowed to a country: "vat:DE".
var within = map[string]func(country, raw string) Verdict{
	"vat": VATIn, "eori": EORIIn, "hs": HSIn, "phone": PhoneIn, "postcode": PostcodeIn,
}

// Kinds lists the kinds that [Lookup] knows, in a fixed order.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// Lookup returns the check for a kind such as "uscc" or "gtin". The kinds vat, eori, hs, phone and postcode may be
// narrowed to a country by its ISO code: "vat:DE" also accepts the number without DE and refuses a French one.
func Lookup(kind string) (Check, bool) {
	name, country, narrowed := strings.Cut(kind, ":")
	if narrowed {
		run, ok := within[name]
		if !ok || len(country) != 2 {
			return nil, false
		}
		country = strings.ToUpper(country)
		return func(raw string) Verdict { return run(country, raw) }, true
	}
	for _, k := range kinds {
		if k.name == name {
			return k.run, true
		}
	}
	return nil, false
}

// fail returns v with a fault.
func (v Verdict) fail(f Fault, at int, got, want string) Verdict {
	v.Fault, v.At, v.Got, v.Want = f, at, got, want
	return v
}

// wrongCheck returns v with a failed check digit (or digits).
func (v Verdict) wrongCheck(rule string, at int, got, want string) Verdict {
	v.Rule = rule
	return v.fail(FaultCheck, at, got, want)
}

// doubt returns v with a warning; the first one also fills At, Got and Want.
func (v Verdict) doubt(w Warning, at int, got, want string) Verdict {
	if len(v.Warn) == 0 && v.Fault == "" {
		v.At, v.Got, v.Want = at, got, want
	}
	v.Warn = append(v.Warn, w)
	return v
}
