package identifier

import (
	"strconv"
	"strings"
)

// diallingCodes are the E.164 codes of the countries with a store, and whether a national number's leading 0 goes.
var diallingCodes = map[string]string{"CN": "86", "HK": "852", "TW": "886", "US": "1", "CA": "1", "MX": "52", "BR": "55",
	"GB": "44", "DE": "49", "FR": "33", "IT": "39", "ES": "34", "NL": "31", "SE": "46", "PL": "48", "BE": "32",
	"IE": "353", "TR": "90", "AE": "971", "SA": "966", "EG": "20", "IN": "91", "JP": "81", "AU": "61", "SG": "65"}

// Phone checks a telephone number and stores it as ITU-T E.164: "+" and at most 15 digits. A Chinese mobile number
// may come without +86. Others need their country code, with + or 00 in front.
func Phone(raw string) Verdict { return PhoneIn("", raw) }

// PhoneIn checks a telephone number; one without + is taken as a national number of country.
func PhoneIn(country, raw string) Verdict {
	value := tidy(strings.Replace(tidy(raw, ""), "(0)", "", 1), "-./()")
	if after, ok := strings.CutPrefix(value, "00"); ok && after != "" {
		value = "+" + after
	}
	if digitsFrom(value, 0) && value != "" {
		code := diallingCodes[country]
		switch {
		case (country == "" || country == "CN") && isCNMobile(value):
			value = "+86" + value
		case (country == "" || country == "CN") && strings.HasPrefix(value, "86") && isCNMobile(value[2:]):
			value = "+" + value
		case code != "" && country != "IT":
			value = "+" + code + strings.TrimPrefix(value, "0")
		case code != "":
			value = "+" + code + value
		}
	}
	v := Verdict{Value: value, Form: "phone"}
	if value == "" {
		return v.fail(FaultEmpty, 0, "", "")
	}
	if value[0] == '1' && digitsFrom(value, 0) && len(value) != 11 && (country == "" || country == "CN") {
		return v.fail(FaultLength, 0, strconv.Itoa(len(value)), "11") // a slip in a Chinese mobile number
	}
	if value[0] != '+' {
		if at, got := stranger(value, isDigit); at > 0 {
			return v.fail(FaultAlphabet, at, got, "0-9+")
		}
		return v.fail(FaultShape, 1, value[:1], "+")
	}
	if at, got := stranger(value[1:], isDigit); at > 0 {
		return v.fail(FaultAlphabet, at+1, got, digits)
	}
	if len(value) > 1 && value[1] == '0' {
		return v.fail(FaultShape, 2, "0", "1-9")
	}
	n := len(value) - 1
	switch {
	case strings.HasPrefix(value, "+861") && !strings.HasPrefix(value, "+8610"):
		v.Form, v.Country = "mobile", "CN"
		if n != 13 {
			return v.fail(FaultLength, 0, strconv.Itoa(n-2), "11")
		}
		if !isCNMobile(value[3:]) {
			return v.fail(FaultRange, 5, value[4:5], "3-9")
		}
	case strings.HasPrefix(value, "+86"):
		v.Country = "CN"
		if n < 11 || n > 14 {
			return v.fail(FaultLength, 0, strconv.Itoa(n), "11-14")
		}
	case value[:min(2, len(value))] == "+1":
		if n != 11 {
			return v.fail(FaultLength, 0, strconv.Itoa(n), "11")
		}
	case n < 7 || n > 15:
		return v.fail(FaultLength, 0, strconv.Itoa(n), "7-15")
	}
	return v
}

func digitsFrom(s string, i int) bool { at, _ := stranger(s[i:], isDigit); return at == 0 }

// isCNMobile is ^1[3-9]\d{9}$.
func isCNMobile(s string) bool {
	return len(s) == 11 && s[0] == '1' && s[1] >= '3' && digitsFrom(s, 0)
}

// Email checks the syntax of a mail address (RFC 5321 without quoted names): at most 64 characters before the @, at
// most 254 in all, a domain with a dot. The domain is stored in lower case, the rest as typed. Whether mail arrives
// there only a mail can say.
func Email(raw string) Verdict {
	v := Verdict{Value: halfWidth(trimmed(raw))}
	if v.Value == "" {
		return v.fail(FaultEmpty, 0, "", "")
	}
	at := strings.LastIndexByte(v.Value, '@')
	if at < 0 {
		return v.fail(FaultShape, 0, "", "@")
	}
	if i, got := stranger(v.Value[:at], isMailName); i > 0 {
		return v.fail(FaultAlphabet, i, got, "0-9A-Za-z.+-_")
	}
	if at == 0 || at == len(v.Value)-1 {
		return v.fail(FaultShape, at+1, "@", "*@*.*")
	}
	v.Value = v.Value[:at+1] + strings.ToLower(v.Value[at+1:])
	name, domain := v.Value[:at], v.Value[at+1:]
	if i, got := stranger(domain, isDomain); i > 0 {
		return v.fail(FaultAlphabet, at+1+i, got, "0-9a-z.-")
	}
	for i := range name {
		if name[i] == '.' && (i == 0 || i == at-1 || name[i+1] == '.') {
			return v.fail(FaultShape, i+1, ".", "*@*.*")
		}
	}
	if len(name) > 64 || len(v.Value) > 254 {
		return v.fail(FaultLength, 0, strconv.Itoa(len(v.Value)), "254")
	}
	start, labels := 0, 0
	for start <= len(domain) {
		label, _, _ := strings.Cut(domain[start:], ".")
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' {
			return v.fail(FaultShape, at+2+start, label, "*@*.*")
		}
		labels++
		if start += len(label) + 1; start > len(domain) && (labels < 2 || len(label) < 2 || digitsFrom(label, 0)) {
			return v.fail(FaultShape, at+2+start-len(label)-1, label, "*@*.*")
		}
	}
	return v
}

func isMailName(c byte) bool {
	return isAlnum(upper(c)) || strings.IndexByte("!#$%&'*+-/=?^_`{|}~.", c) >= 0
}
func isDomain(c byte) bool { return isDigit(c) || c >= 'a' && c <= 'z' || c == '-' || c == '.' }

// halfWidth is tidy for values whose case matters: only the width changes.
func halfWidth(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 0xFF01 && r <= 0xFF5E {
			return r - 0xFEE0
		}
		return r
	}, s)
}
