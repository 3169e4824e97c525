package identifier

import (
	"strconv"
	"strings"
)

// hsLengths are the digits of a full national goods code. The first six travel the world, the rest is national.
var hsLengths = map[string]string{"US": "10", "CA": "10", "JP": "9", "CN": "10/13", "GB": "8/10", "EU": "8/10",
	"DE": "8/10", "FR": "8/10", "IT": "8/10", "ES": "8/10", "NL": "8/10", "PL": "8/10", "SE": "8/10", "BE": "8/10",
	"IE": "8/10"}

// HS checks a goods code: 6 to 13 digits (dots go), chapter 01 to 97 without 77, which is reserved. Chapters 98 and 99
// exist in some national tariffs only and carry WarnSpecial. That the code exists and fits the goods only the tariff
// can say.
func HS(raw string) Verdict { return HSIn("", raw) }

// HSIn checks a goods code for one country and warns when it has not the length of that country's full code.
func HSIn(country, raw string) Verdict {
	v := digitsOnly(tidy(raw, ".-"), 6, 13)
	if v.Fault != "" {
		return v
	}
	switch chapter := v.Value[:2]; {
	case chapter == "00", chapter == "77":
		return v.fail(FaultRange, 1, chapter, "01-97")
	case chapter >= "98":
		v = v.doubt(WarnSpecial, 1, chapter, "01-97")
	}
	n := strconv.Itoa(len(v.Value))
	if want := hsLengths[country]; want != "" && !strings.Contains("/"+want+"/", "/"+n+"/") {
		v = v.doubt(WarnLength, 0, n, want)
	}
	return v
}

// UN checks a dangerous-goods number: UN, ID or NA and four digits; four bare digits are taken as UN.
func UN(raw string) Verdict {
	value := tidy(raw, "-.")
	if at, _ := stranger(value, isDigit); at == 0 && len(value) == 4 {
		value = "UN" + value
	}
	v := Verdict{Value: value}.only(isAlnum, alnum)
	if v.Fault != "" {
		return v
	}
	switch got := v.Value[:min(2, len(v.Value))]; {
	case got == "UN", got == "ID", got == "NA":
	case isDigit(got[0]):
		return v.fail(FaultLength, 0, strconv.Itoa(len(v.Value)), "4")
	default:
		return v.fail(FaultShape, 1, got, "UN/ID/NA")
	}
	return v.sized(6, 6).part(3, len(v.Value), isDigit, digits)
}

// dgClasses are the classes and divisions of the UN Model Regulations.
const dgClasses = " 1 1.1 1.2 1.3 1.4 1.5 1.6 2 2.1 2.2 2.3 3 4 4.1 4.2 4.3 5 5.1 5.2 6 6.1 6.2 7 8 9 "

// DGClass checks a class or division of dangerous goods, such as "9" or "4.1". The word class or 类 around it goes.
func DGClass(raw string) Verdict {
	value := tidy(raw, "")
	for bare := ""; bare != value; {
		bare, value = value, strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(value, "CLASS"), "第"), "类")
	}
	v := Verdict{Value: value}.
		only(func(c byte) bool { return isDigit(c) || c == '.' }, "0-9.").sized(1, 3)
	if v.Fault == "" && !strings.Contains(dgClasses, " "+v.Value+" ") {
		return v.fail(FaultRange, 0, v.Value, "1-9")
	}
	return v
}

// packingInstructions is the closed list of the Selling Partner API (2026).
const packingInstructions = " PI965_SECTION_IA PI965_SECTION_IB PI965_SECTION_II PI966_SECTION_I PI966_SECTION_II " +
	"PI967_SECTION_I PI967_SECTION_II PI968_SECTION_IA PI968_SECTION_IB PI969_SECTION_I PI969_SECTION_II " +
	"PI970_SECTION_I PI970_SECTION_II "

// PackingInstruction checks a lithium-battery packing instruction and its section as the Selling Partner API names
// them: "PI 966 Section II", "966-II" and "PI966_SECTION_II" are the last.
func PackingInstruction(raw string) Verdict {
	value := strings.TrimPrefix(tidy(raw, "-_.,"), "PI")
	number, section := value, ""
	if len(value) > 3 {
		number, section = value[:3], strings.TrimPrefix(value[3:], "SECTION")
	}
	v := Verdict{Value: number}.only(isDigit, digits)
	if v.Fault != "" {
		v.Value = tidy(raw, "-.,")
		if v.Fault == FaultAlphabet {
			return v.fail(FaultUnknown, 0, v.Value, "PI999_SECTION_*")
		}
		return v
	}
	v.Value = "PI" + number
	if section != "" {
		v.Value += "_SECTION_" + section
	}
	if !strings.Contains(packingInstructions, " "+v.Value+" ") {
		return v.fail(FaultUnknown, 0, v.Value, "PI999_SECTION_*")
	}
	return v
}
