package identifier

import "strings"

// usccAlphabet is the alphabet of GB 32100-2015 in the order of its values: no I, O, Z, S, V.
const usccAlphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY"

var usccWeights = [17]int{1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28} // 3^i mod 31

// usccValue is the value of a character in usccAlphabet, or -1.
var usccValue = func() (values [256]int8) {
	for c := range values {
		values[c] = int8(strings.IndexByte(usccAlphabet, byte(c)))
	}
	return values
}()

func inUSCC(c byte) bool { return usccValue[c] >= 0 }

// USCC checks a Chinese unified social credit code (统一社会信用代码, GB 32100-2015): 18 characters, digits at 3 to 8,
// the last a check character modulo 31. The organisation code at 9 to 17 has its own check character (GB 11714);
// when that one does not fit it is only a warning, because old codes are known that do not.
func USCC(raw string) Verdict {
	v := Verdict{Value: tidy(raw, "-"), Country: "CN"}.only(inUSCC, usccAlphabet).sized(18, 18).part(3, 8, isDigit, digits)
	if v.Fault != "" {
		return v
	}
	sum := 0
	for i, w := range usccWeights {
		sum += int(usccValue[v.Value[i]]) * w
	}
	want := (31 - sum%31) % 31
	if v.Value[17] != usccAlphabet[want] {
		return v.wrongCheck("GB 32100-2015", 18, v.Value[17:], usccAlphabet[want:want+1])
	}
	if want := orgCheck(v.Value[8:16]); v.Value[16:17] != want {
		v = v.doubt(WarnOrgCode, 17, v.Value[16:17], want)
	}
	return v
}

// orgCheck is the check character of an organisation code (GB 11714-1997) of eight characters.
func orgCheck(code string) string {
	sum := 0
	for i, w := range [8]int{3, 7, 9, 10, 5, 8, 4, 2} {
		if c := code[i]; isDigit(c) {
			sum += int(c-'0') * w
		} else {
			sum += int(c-'A'+10) * w
		}
	}
	check := 11 - sum%11
	return "0123456789X0"[check : check+1]
}

// einPrefixes marks the two-digit prefixes of EINs that the IRS has published ("How EINs are assigned and valid EIN
// prefixes", irs.gov, as held by python-stdnum 2026-08). New ones appear: an unknown one is only a warning.
var einPrefixes = func() (known [100]bool) {
	for _, p := range strings.Fields(`01 02 03 04 05 06 10 11 12 13 14 15 16 20 21 22 23 24 25 26 27 30 31 32 33 34 35 36 37 38
		39 40 41 42 43 44 45 46 47 48 50 51 52 53 54 55 56 57 58 59 60 61 62 63 64 65 66 67 68 71 72 73 74 75 76 77 80
		81 82 83 84 85 86 87 88 90 91 92 93 94 95 98 99`) {
		known[remainder(p, 100)] = true
	}
	return known
}()

func isDigitOrDash(c byte) bool { return isDigit(c) || c == '-' }

// EIN checks a US employer identification number. It has no check digit; the value is stored as 99-9999999. A hyphen
// elsewhere is a fault, because it usually means a social security number, which must not be kept.
func EIN(raw string) Verdict {
	v := Verdict{Value: tidy(raw, ""), Country: "US"}.only(isDigitOrDash, digits)
	if v.Fault != "" {
		return v
	}
	switch dash := strings.IndexByte(v.Value, '-'); {
	case dash >= 0 && dash != 2:
		return v.fail(FaultShape, dash+1, "-", "99-9999999")
	case dash == 2 && strings.IndexByte(v.Value[3:], '-') >= 0:
		return v.fail(FaultShape, 4+strings.IndexByte(v.Value[3:], '-'), "-", "99-9999999")
	case dash < 0:
		if v = v.sized(9, 9); v.Fault != "" {
			return v
		}
		v.Value = v.Value[:2] + "-" + v.Value[2:]
	default:
		if v = v.sized(10, 10); v.Fault != "" {
			return v
		}
	}
	if prefix := v.Value[:2]; !einPrefixes[remainder(prefix, 100)] {
		v = v.doubt(WarnPrefix, 1, prefix, "")
	}
	return v
}

// CBPImporter checks an importer number that US Customs assigned on Form 5106 (CAIN): 999999-99999, year and port,
// then a serial. The hyphen must be there: eleven bare digits may be many things.
func CBPImporter(raw string) Verdict {
	v := Verdict{Value: tidy(raw, ""), Country: "US"}.only(isDigitOrDash, digits)
	if v.Fault != "" {
		return v
	}
	for i := 0; i < len(v.Value); i++ {
		if (v.Value[i] == '-') != (i == 6) {
			return v.fail(FaultShape, i+1, v.Value[i:i+1], "999999-99999")
		}
	}
	return v.sized(12, 12)
}

// CanadaBN checks a Canadian business number with its import-export account: nine digits (Luhn), RM and four digits.
func CanadaBN(raw string) Verdict {
	v := Verdict{Value: tidy(raw, "-"), Country: "CA"}.only(isAlnum, alnum).sized(15, 15).part(1, 9, isDigit, digits)
	if v.Fault != "" {
		return v
	}
	if got := v.Value[9:11]; got != "RM" {
		return v.fail(FaultShape, 10, got, "RM")
	}
	if v = v.part(12, 15, isDigit, digits); v.Fault != "" {
		return v
	}
	if want := digit(luhn(v.Value[:8])); v.Value[8:9] != want {
		return v.wrongCheck("Luhn", 9, v.Value[8:9], want)
	}
	return v
}

// JapanCorporate checks a Japanese corporate number (法人番号): 13 digits, the first a check digit modulo 9.
func JapanCorporate(raw string) Verdict {
	v := digitsOnly(tidy(raw, "-"), 13, 13)
	v.Country = "JP"
	if v.Fault != "" {
		return v
	}
	sum := 0
	for i := range 12 {
		sum += int(v.Value[12-i]-'0') * (1 + i%2)
	}
	if want := digit(9 - sum%9); v.Value[:1] != want {
		return v.wrongCheck("mod 9", 1, v.Value[:1], want)
	}
	return v
}

// CNCustoms checks a Chinese customs registration code (海关注册编码): ten digits, 1 to 4 the customs region, 5 the
// kind of zone, 6 the kind of company (1 to 9), 7 to 10 a serial. There is no check digit.
func CNCustoms(raw string) Verdict {
	v := digitsOnly(tidy(raw, "-"), 10, 10)
	v.Country = "CN"
	if v.Fault == "" && v.Value[5] == '0' {
		return v.fail(FaultRange, 6, "0", "1-9")
	}
	return v
}
