package identifier

import "strings"

// containerValues are the values of letters in ISO 6346: A is 10, and multiples of 11 are left out.
var containerValues = [26]int{10, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 34, 35,
	36, 37, 38}

// Container checks a freight container number (ISO 6346): three letters of the owner, U, J or Z, six digits and a
// check digit.
func Container(raw string) Verdict {
	v := Verdict{Value: tidy(raw, "-/")}.only(isAlnum, alnum).sized(11, 11).part(1, 4, isLetter, letters)
	if v.Fault == "" && strings.IndexByte("UJZ", v.Value[3]) < 0 {
		return v.fail(FaultShape, 4, v.Value[3:4], "U/J/Z")
	}
	if v = v.part(5, 11, isDigit, digits); v.Fault != "" {
		return v
	}
	sum := 0
	for i := range 10 {
		value := int(v.Value[i] - '0')
		if i < 4 {
			value = containerValues[v.Value[i]-'A']
		}
		sum += value << i
	}
	if want := digit(sum % 11 % 10); v.Value[10:] != want {
		return v.wrongCheck("ISO 6346", 11, v.Value[10:], want)
	}
	return v
}

// AWB checks an air waybill number: three digits of the airline, a serial of seven and its remainder by seven
// (IATA Resolution 600a). It is stored without the hyphen.
func AWB(raw string) Verdict {
	v := digitsOnly(tidy(raw, "-/"), 11, 11)
	if v.Fault != "" {
		return v
	}
	if want := digit(remainder(v.Value[3:10], 7)); v.Value[10:] != want {
		return v.wrongCheck("IATA mod 7", 11, v.Value[10:], want)
	}
	return v
}

// S10 checks a postal item number (UPU S10): two letters, eight digits, a check digit and the country of the post.
// Posts and parcel carriers are known to ship numbers whose check digit does not fit, so that is a warning and no
// fault; a country that ISO does not know is one too.
func S10(raw string) Verdict {
	v := Verdict{Value: tidy(raw, "-")}.only(isAlnum, alnum).sized(13, 13).
		part(1, 2, isLetter, letters).part(3, 11, isDigit, digits).part(12, 13, isLetter, letters)
	if v.Fault != "" {
		return v
	}
	v.Country = v.Value[11:]
	check := 11 - weigh(v.Value[2:], 8, 6, 4, 2, 3, 5, 9, 7)%11
	switch check {
	case 10:
		check = 0
	case 11:
		check = 5
	}
	if want := digit(check); v.Value[10:11] != want {
		v.Rule = "UPU S10"
		v = v.doubt(WarnCheck, 11, v.Value[10:11], want)
	}
	if !isISOCountry(v.Country) {
		v = v.doubt(WarnCountry, 12, v.Country, "")
	}
	return v
}

// UPS checks a UPS tracking number that begins with 1Z: six characters of the shipper, two of the service, seven of
// the parcel and a check digit. A check digit that does not fit is a warning and no fault: Amazon's own examples
// have such numbers.
func UPS(raw string) Verdict {
	v := Verdict{Value: tidy(raw, "-")}.only(isAlnum, alnum)
	if v.Fault == "" && !strings.HasPrefix(v.Value, "1Z") {
		return v.fail(FaultShape, 1, v.Value[:min(2, len(v.Value))], "1Z")
	}
	if v = v.sized(18, 18).part(18, 18, isDigit, digits); v.Fault != "" {
		return v
	}
	sum := 0
	for i := range 15 {
		value := int(v.Value[2+i] - '0')
		if c := v.Value[2+i]; isLetter(c) {
			value = int(c-3) % 10 // A is 2, B is 3 …
		}
		sum += value * (1 + i%2)
	}
	if want := digit((10 - sum%10) % 10); v.Value[17:] != want {
		v.Rule = "UPS mod 10"
		v = v.doubt(WarnCheck, 18, v.Value[17:], want)
	}
	return v
}

// isoCountries are the assigned codes of ISO 3166-1 alpha-2, each followed by a space.
const isoCountries = "AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV " +
	"BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ " +
	"FK FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR " +
	"IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML " +
	"MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR " +
	"PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ " +
	"TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW "

func isISOCountry(code string) bool {
	return len(code) == 2 && isLetter(code[0]) && isLetter(code[1]) && strings.Contains(isoCountries, code)
}
