package identifier

import "strings"

// eoriLengths are the usual numbers of characters after the country code, where the published tables agree. They
// disagree for the others, so a length is never more than a warning.
var eoriLengths = map[string]struct{ min, max int }{
	"GB": {12, 15}, "XI": {12, 15}, "DE": {7, 15}, "FR": {14, 14}, "IT": {11, 16}, "ES": {9, 9}, "NL": {9, 9},
	"SE": {10, 10}, "BE": {10, 10}, "PL": {9, 15},
}

// eoriCountries issue EORI numbers: the EU (Greece as EL or GR), Great Britain and Northern Ireland.
const eoriCountries = "AT BE BG CY CZ DE DK EE EL GR ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK GB XI "

// EORI checks an economic operator's number: the country that issued it and 1 to 15 letters and digits (HMRC, CTC
// traders rule R0850, narrowed to letters and digits). There is no public check digit; whether it is active only the
// official EU or UK page can say. Warns of an unusual length, and of a VAT number given in its place, which is the
// usual mix-up.
func EORI(raw string) Verdict { return EORIIn("", raw) }

// EORIIn checks an EORI number that must come from country; an empty country allows all, and "EU" allows any but GB.
func EORIIn(country, raw string) Verdict {
	v := Verdict{Value: tidy(raw, "-./")}.only(isAlnum, alnum)
	if v.Fault != "" {
		return v
	}
	if v = v.sized(3, 17); v.Fault != "" {
		return v
	}
	if v = v.part(1, 2, isLetter, letters); v.Fault != "" {
		return v
	}
	issuer := v.Value[:2]
	if !strings.Contains(eoriCountries, issuer) {
		return v.fail(FaultCountry, 1, issuer, country)
	}
	v.Country = isoOf(issuer)
	if country != "" && v.Country != isoOf(country) && (country != "EU" || issuer == "GB") {
		return v.fail(FaultCountry, 1, issuer, country)
	}
	n := len(v.Value) - 2
	if usual, known := eoriLengths[issuer]; known && (n < usual.min || n > usual.max) {
		v = v.doubt(WarnLength, 0, span(n, n), span(usual.min, usual.max))
	}
	// Where an EORI number is the VAT number with a prefix (ES, IT, NL, BE …) there is nothing to mix up.
	switch issuer {
	case "GB", "XI":
		if n == 9 && VAT(v.Value).OK() {
			v = v.doubt(WarnLikeVAT, 0, "", "")
		}
	case "DE", "FR":
		if vat := VAT(v.Value); vat.OK() {
			v = v.doubt(WarnLikeVAT, 0, "", "")
		}
	}
	return v
}

// isoOf maps the EU's own code for Greece to the one of ISO.
func isoOf(code string) string {
	if code == "EL" {
		return "GR"
	}
	return code
}

// iossStates are the numeric codes (ISO 3166-1, with 900 for Northern Ireland) that follow IM in an IOSS number.
const iossStates = "040 056 100 191 196 203 208 233 246 250 276 300 372 380 348 428 440 442 470 528 616 620 642 703 705 724 752 900 "

// IOSS checks an import one-stop-shop number: IM, three digits of the member state, seven digits. The algorithm of its
// check digit is not public, so a good shape carries WarnUnverified.
func IOSS(raw string) Verdict {
	v := Verdict{Value: tidy(raw, "-")}.only(isAlnum, alnum)
	if v.Fault != "" {
		return v
	}
	if got := v.Value[:min(2, len(v.Value))]; got != "IM" {
		return v.fail(FaultShape, 1, got, "IM")
	}
	if v = v.sized(12, 12).part(3, 12, isDigit, digits); v.Fault != "" {
		return v
	}
	if state := v.Value[2:5]; !strings.Contains(iossStates, state+" ") {
		return v.fail(FaultCountry, 3, state, "")
	}
	return v.doubt(WarnUnverified, 0, "", "")
}
