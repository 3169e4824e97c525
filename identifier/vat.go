package identifier

import (
	"strconv"
	"strings"
)

// VAT checks a VAT number with its country in front, such as DE136695976. The check digits of AT, BE, CZ, DE, DK, ES,
// FR, GB, IE, IT, NL, PL, SE and XI are computed; for the rest of the EU only the shape is looked at and
// WarnUnverified is set. Whether the number is registered only VIES, HMRC or the tax office can say.
func VAT(raw string) Verdict { return VATIn("", raw) }

// VATIn checks a VAT number of one country, with or without the country in front; a number with another country in
// front is FaultCountry. An empty country means that the number must name its own.
func VATIn(country, raw string) Verdict {
	value := tidy(raw, "-./")
	if country == "GR" {
		country = "EL" // as VIES writes Greece
	}
	if value != "" && country != "" && !(len(value) >= 2 && strings.Contains(eoriCountries, value[:2]+" ")) {
		value = country + value
	}
	v := Verdict{Value: value}.only(isVAT, alnum)
	if v.Fault != "" {
		return v
	}
	issuer := value[:min(2, len(value))]
	if len(issuer) < 2 || !strings.Contains(eoriCountries, issuer+" ") {
		return v.fail(FaultCountry, 1, issuer, country)
	}
	if issuer == "GR" {
		issuer, v.Value = "EL", "EL"+value[2:]
	}
	v.Country = isoOf(issuer)
	if country != "" && issuer != country {
		return v.fail(FaultCountry, 1, issuer, country)
	}
	if rule, ok := vatRules[issuer]; ok {
		return rule(v)
	}
	if v = v.sized(4, 14); v.Fault != "" {
		return v
	}
	return v.doubt(WarnUnverified, 0, "", "")
}

// isVAT allows + and *, which old Irish numbers have.
func isVAT(c byte) bool { return isAlnum(c) || c == '+' || c == '*' }

var vatRules = map[string]func(Verdict) Verdict{
	"AT": vatAT, "BE": vatBE, "CZ": vatCZ, "DE": vatDE, "DK": vatDK, "ES": vatES, "FR": vatFR, "GB": vatGB, "XI": vatGB,
	"IE": vatIE, "IT": vatIT, "NL": vatNL, "PL": vatPL, "SE": vatSE,
}

// body sizes the part after the country and wants digits only.
func (v Verdict) body(min, max int) (Verdict, string) {
	v = v.sized(min+2, max+2)
	v = v.part(3, len(v.Value), isDigit, digits)
	return v, v.Value[2:]
}

// last compares the last character with a computed check digit.
func (v Verdict) last(rule, want string) Verdict {
	if n := len(v.Value); v.Value[n-1:] != want {
		return v.wrongCheck(rule, n, v.Value[n-1:], want)
	}
	return v
}

func vatDE(v Verdict) Verdict {
	v, n := v.body(9, 9)
	if v.Fault != "" {
		return v
	}
	if n[0] == '0' {
		return v.fail(FaultRange, 3, "0", "1-9")
	}
	p := 10
	for i := range 8 {
		s := (int(n[i]-'0') + p) % 10
		if s == 0 {
			s = 10
		}
		p = s * 2 % 11
	}
	return v.last("ISO 7064 mod 11,10", digit((11-p)%10))
}

// vatFR: two key characters and the SIREN (Luhn). Monaco's numbers have 000 where the SIREN begins. The key is
// (12 + 3 × (SIREN mod 97)) mod 97, or, with letters in it, the newer modulo 11.
func vatFR(v Verdict) Verdict {
	v = v.sized(13, 13).part(5, 13, isDigit, digits).part(3, 4, isFRKey, "0-9A-HJ-NP-Z")
	if v.Fault != "" {
		return v
	}
	key, siren := v.Value[2:4], v.Value[4:]
	if siren[:3] != "000" {
		if want := digit(luhn(siren[:8])); siren[8:] != want {
			return v.wrongCheck("Luhn", 13, siren[8:], want)
		}
		v.Parent = siren
	}
	if isDigit(key[0]) && isDigit(key[1]) {
		if want := (12 + 3*remainder(siren, 97)) % 97; key != two(want) {
			return v.wrongCheck("mod 97", 3, key, two(want))
		}
		return v
	}
	const values = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"
	first, second := strings.IndexByte(values, key[0]), strings.IndexByte(values, key[1])
	check := first*34 + second - 100
	if isDigit(key[0]) {
		check = first*24 + second - 10
	}
	if (remainder(siren, 11)+1+check/11)%11 != check%11 {
		return v.wrongCheck("mod 11", 3, key, "")
	}
	return v
}

func isFRKey(c byte) bool { return isAlnum(c) && c != 'I' && c != 'O' }

func vatIT(v Verdict) Verdict {
	v, n := v.body(11, 11)
	if v.Fault != "" {
		return v
	}
	if n[:7] == "0000000" {
		return v.fail(FaultRange, 3, n[:7], "")
	}
	return v.last("Luhn", digit(luhn(n[:10])))
}

// vatES: a NIF. Eight digits and a letter for people, X, Y or Z first for foreigners, K, L or M for special cases, and
// a letter first for organisations, whose check may be a digit or a letter.
func vatES(v Verdict) Verdict {
	v = v.sized(11, 11).part(4, 10, isDigit, digits).part(3, 3, isAlnum, alnum).part(11, 11, isAlnum, alnum)
	if v.Fault != "" {
		return v
	}
	const rule = "NIF"
	n := v.Value[2:]
	switch first := n[0]; {
	case isDigit(first):
		return v.last(rule, nifLetter(remainder(n[:8], 23)))
	case first >= 'X' && first <= 'Z':
		return v.last(rule, nifLetter((int(first-'X')*10_000_000+remainder(n[1:8], 10_000_000))%23))
	case first >= 'K' && first <= 'M':
		return v.last(rule, nifLetter(remainder(n[1:8], 23)))
	case strings.IndexByte("ABCDEFGHJNPQRSUVW", first) < 0:
		return v.fail(FaultAlphabet, 3, n[:1], "0-9A-HJ-NP-SU-Z")
	}
	check := luhn(n[1:8])
	want := digit(check) + "/" + "JABCDEFGHI"[check:check+1]
	if n[8] == want[0] || n[8] == want[2] {
		return v
	}
	return v.wrongCheck(rule, 11, n[8:], want)
}

func nifLetter(n int) string { return "TRWAGMYFPDXBNJZSQVHLCKE"[n : n+1] }

// vatGB: nine digits, twelve for a branch, or GD and HA with three digits for departments and health authorities.
// The two check digits are modulo 97, since 2010 also with 55 taken off.
func vatGB(v Verdict) Verdict {
	n := v.Value[2:]
	if len(n) == 5 && (n[:2] == "GD" || n[:2] == "HA") {
		if v = v.part(5, 7, isDigit, digits); v.Fault == "" && (n[:2] == "GD") != (n[2] < '5') {
			return v.fail(FaultRange, 5, n[2:], map[bool]string{true: "000-499", false: "500-999"}[n[:2] == "GD"])
		}
		return v
	}
	if v = v.part(3, len(v.Value), isDigit, digits); v.Fault == "" && len(n) != 9 && len(n) != 12 {
		return v.fail(FaultLength, 0, strconv.Itoa(len(v.Value)), "7/11/14")
	}
	if v.Fault != "" {
		return v
	}
	sum := weigh(n, 8, 7, 6, 5, 4, 3, 2)
	got, old := remainder(n[7:9], 100), (97-sum%97)%97
	since := (97 - (sum+55)%97) % 97
	recent := n[0] != '0'
	switch {
	case (sum+got)%97 == 0, recent && ((sum+got)%97 == 42 || (sum+got)%97 == 55):
		return v // 42 is the 55 taken off; some registered numbers have it added
	case recent:
		return v.wrongCheck("mod 97", 10, n[7:9], two(old)+"/"+two(since))
	}
	return v.wrongCheck("mod 97", 10, n[7:9], two(old))
}

// vatNL: nine digits, B, two digits. Companies have the eleven-test of the RSIN; sole traders since 2020 have
// modulo 97 over the whole number.
func vatNL(v Verdict) Verdict {
	v = v.sized(14, 14).part(3, 11, isDigit, digits).part(13, 14, isDigit, digits)
	if v.Fault != "" {
		return v
	}
	n := v.Value[2:]
	if n[9] != 'B' {
		return v.fail(FaultShape, 12, n[9:10], "B")
	}
	if n[:9] == "000000000" || n[10:] == "00" {
		return v.fail(FaultRange, 3, n, "")
	}
	check := weigh(n, 9, 8, 7, 6, 5, 4, 3, 2) % 11
	if check == int(n[8]-'0') {
		return v
	}
	// ISO 7064 mod 97-10: letters count from A = 10, so N is 23, L is 21 and B is 11.
	if r := remainder("2321", 97); remainder(strconv.Itoa(r)+n[:9]+"11"+n[10:], 97) == 1 {
		return v
	}
	if check == 10 {
		return v.wrongCheck("mod 11", 11, n[8:9], "")
	}
	return v.wrongCheck("mod 11", 11, n[8:9], digit(check))
}

func vatPL(v Verdict) Verdict {
	v, n := v.body(10, 10)
	if v.Fault != "" {
		return v
	}
	check := weigh(n, 6, 5, 7, 2, 3, 4, 5, 6, 7) % 11
	if check == 10 {
		return v.wrongCheck("mod 11", 12, n[9:], "")
	}
	return v.last("mod 11", digit(check))
}

func vatSE(v Verdict) Verdict {
	v, n := v.body(12, 12)
	if v.Fault != "" {
		return v
	}
	if n[10:] != "01" {
		return v.fail(FaultShape, 13, n[10:], "01")
	}
	if want := digit(luhn(n[:9])); n[9:10] != want {
		return v.wrongCheck("Luhn", 12, n[9:10], want)
	}
	return v
}

// vatBE: ten digits; the nine of old papers get a 0 in front.
func vatBE(v Verdict) Verdict {
	if len(v.Value) == 11 {
		if v = v.part(3, 11, isDigit, digits); v.Fault == "" {
			v.Value = "BE0" + v.Value[2:]
		}
	}
	v, n := v.body(10, 10)
	if v.Fault != "" {
		return v
	}
	if n[0] > '1' {
		return v.fail(FaultRange, 3, n[:1], "0-1")
	}
	want := 97 - remainder(n[:8], 97)
	if n[8:] != two(want) || n == "0000000097" {
		return v.wrongCheck("mod 97", 11, n[8:], two(want))
	}
	return v
}

// vatIE: seven digits, a check letter and, since 2013, one more letter; old numbers have a letter, + or * second.
func vatIE(v Verdict) Verdict {
	v = v.sized(10, 11).part(3, 3, isDigit, digits).part(5, 9, isDigit, digits).part(10, len(v.Value), isIE, "A-W")
	if v.Fault != "" {
		return v
	}
	n := v.Value[2:]
	sum := weigh(n[2:], 6, 5, 4, 3, 2)
	if isDigit(n[1]) {
		sum += weigh(n, 8, 7)
		if len(n) == 9 {
			sum += 9 * strings.IndexByte(ieLetters, n[8])
		}
	} else {
		sum = weigh(n[2:], 7, 6, 5, 4, 3) + weigh(n, 2)
	}
	sum %= 23
	if want := ieLetters[sum : sum+1]; n[7:8] != want {
		return v.wrongCheck("mod 23", 10, n[7:8], want)
	}
	return v
}

const ieLetters = "WABCDEFGHIJKLMNOPQRSTUV"

func isIE(c byte) bool { return c >= 'A' && c <= 'W' }

func vatAT(v Verdict) Verdict {
	if len(v.Value) > 2 && v.Value[2] != 'U' {
		return v.fail(FaultShape, 3, v.Value[2:3], "U")
	}
	v = v.sized(11, 11).part(4, 11, isDigit, digits)
	if v.Fault != "" {
		return v
	}
	n := v.Value[3:]
	sum := 4
	for i := range 7 {
		d := int(n[i]-'0') * (1 + i%2)
		sum += d/10 + d%10
	}
	return v.last("mod 10", digit((10-sum%10)%10))
}

// vatCZ: eight digits for companies, nine beginning with 6 for special cases, and birth numbers of nine (until 1953)
// or ten digits for people.
func vatCZ(v Verdict) Verdict {
	v, n := v.body(8, 10)
	if v.Fault != "" {
		return v
	}
	switch {
	case len(n) == 8:
		if n[0] == '9' {
			return v.fail(FaultRange, 3, "9", "0-8")
		}
		check := (11 - weigh(n, 8, 7, 6, 5, 4, 3, 2)%11) % 11
		if check == 0 {
			check = 1
		}
		return v.last("mod 11", digit(check%10))
	case len(n) == 9 && n[0] == '6':
		check := 8 - (10-weigh(n[1:], 8, 7, 6, 5, 4, 3, 2)%11)%11
		return v.last("mod 11", digit((check+10)%10))
	}
	year, month, day := 1900+remainder(n[:2], 100), remainder(n[2:4], 100)%50%20, remainder(n[4:6], 100)
	switch {
	case len(n) == 9 && year >= 1980:
		year -= 100
	case len(n) == 10 && year < 1954:
		year += 100
	}
	if len(n) == 9 && year > 1953 || !isDate(year, month, day) {
		return v.fail(FaultRange, 3, n[:6], "")
	}
	if len(n) == 9 {
		return v
	}
	return v.last("mod 11", digit(remainder(n[:9], 11)%10))
}

func isDate(year, month, day int) bool {
	if month < 1 || month > 12 || day < 1 {
		return false
	}
	days := [13]int{0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}[month]
	if month == 2 && year%4 == 0 && (year%100 != 0 || year%400 == 0) {
		days = 29
	}
	return day <= days
}

func vatDK(v Verdict) Verdict {
	v, n := v.body(8, 8)
	if v.Fault != "" {
		return v
	}
	if n[0] == '0' {
		return v.fail(FaultRange, 3, "0", "1-9")
	}
	check := (11 - weigh(n, 2, 7, 6, 5, 4, 3, 2)%11) % 11
	if check == 10 {
		return v.wrongCheck("mod 11", 10, n[7:], "")
	}
	return v.last("mod 11", digit(check))
}
