package identifier

import (
	"strconv"
	"strings"
)

// postcodes are the forms of postal codes per country: 9 a digit, A a letter, * either; what stands between belongs to
// the stored form and may be missing or different in what people type. Alternatives are parted by "/"; an empty form
// means that the country has none. Source: Google libaddressinput (country data), except IE (Eircode) and TW's six
// digits, which are general knowledge.
var postcodes = map[string]string{
	"CN": "999999", "HK": "", "TW": "999/99999/999999", "JP": "999-9999", "SG": "999999", "IN": "999999",
	"US": "99999/99999-9999", "CA": "A9A 9A9", "MX": "99999", "BR": "99999-999",
	"GB": "A9 9AA/A99 9AA/AA9 9AA/AA99 9AA/A9A 9AA/AA9A 9AA", "IE": "A9* ****",
	"DE": "99999", "FR": "99999", "IT": "99999", "ES": "99999", "NL": "9999 AA", "BE": "9999", "AT": "9999",
	"SE": "999 99", "DK": "9999", "PL": "99-999", "CZ": "999 99", "PT": "9999-999", "FI": "99999",
	"TR": "99999", "SA": "99999/99999-9999", "AE": "", "EG": "99999", "AU": "9999",
}

// Postcode checks the postal code of a country that is not known: 2 to 10 letters and digits, WarnUnverified.
func Postcode(raw string) Verdict { return PostcodeIn("", raw) }

// PostcodeIn checks a postal code and stores it as the country writes it ("K1A 0B1", "100-0001"). For countries
// without postal codes (AE, HK) an empty value is right, and any other carries WarnUnverified.
func PostcodeIn(country, raw string) Verdict {
	value := tidy(raw, "-")
	v := Verdict{Value: value, Country: country}
	forms, known := postcodes[country]
	if known && forms == "" {
		if value == "" {
			return v
		}
		return v.only(isAlnum, alnum).sized(1, 10).unverified()
	}
	if v = v.only(isAlnum, alnum); v.Fault != "" {
		return v
	}
	if !known {
		return v.sized(2, 10).unverified()
	}
	if country == "CA" {
		if at, got := stranger(value, func(c byte) bool { return strings.IndexByte("DFIOQU", c) < 0 }); at > 0 {
			return v.fail(FaultAlphabet, at, got, "A-CEGHJ-NPR-TV-Z")
		}
	}
	if country == "GB" && value == "GIR0AA" {
		v.Value = "GIR 0AA"
		return v
	}
	return v.fits(forms)
}

func (v Verdict) unverified() Verdict {
	if v.Fault != "" {
		return v
	}
	return v.doubt(WarnUnverified, 0, "", "")
}

// fits finds the form that the value has and lays it out so.
func (v Verdict) fits(forms string) Verdict {
	sameLength := false
	for rest := forms; rest != ""; {
		var form string
		form, rest, _ = strings.Cut(rest, "/")
		laid, at := lay(v.Value, form)
		if at == 0 {
			v.Value, v.Fault, v.At, v.Got, v.Want = laid, "", 0, "", ""
			return v
		}
		if at > 0 && !sameLength {
			sameLength = true
			v = v.fail(FaultShape, at, v.Value[at-1:at], forms)
		}
	}
	if !sameLength {
		v = v.fail(FaultLength, 0, strconv.Itoa(len(v.Value)), forms)
	}
	return v
}

// lay puts value into form: the laid out text and 0, or the 1-based position that does not fit, or -1 when the length
// differs.
func lay(value, form string) (string, int) {
	var room [16]byte
	out, i := room[:0], 0
	for j := 0; j < len(form); j++ {
		slot := form[j]
		if slot != '9' && slot != 'A' && slot != '*' {
			out = append(out, slot)
			continue
		}
		if i == len(value) {
			return "", -1
		}
		if slot == '9' && !isDigit(value[i]) || slot == 'A' && !isLetter(value[i]) {
			if len(value) != slots(form) {
				return "", -1
			}
			return "", i + 1
		}
		out = append(out, value[i])
		i++
	}
	if i != len(value) {
		return "", -1
	}
	return string(out), 0
}

func slots(form string) int {
	return strings.Count(form, "9") + strings.Count(form, "A") + strings.Count(form, "*")
}
