package identifier

import (
	"strconv"
	"strings"
)

// GTIN checks a trade item number of 8, 12, 13 or 14 digits (EAN, UPC, ISBN-13), check digit by GS1 General
// Specifications. Form says which.
func GTIN(raw string) Verdict {
	v := Verdict{Value: tidy(raw, "-")}.only(isDigit, digits)
	if v.Fault != "" {
		return v
	}
	switch len(v.Value) {
	case 8:
		v.Form = "gtin8"
	case 12:
		v.Form = "gtin12"
	case 13:
		v.Form = "gtin13"
	case 14:
		v.Form = "gtin14"
	default:
		return v.fail(FaultLength, 0, strconv.Itoa(len(v.Value)), "8/12/13/14")
	}
	return v.gs1()
}

// GTIN8 checks a trade item number of 8 digits (EAN-8).
func GTIN8(raw string) Verdict { return gtin(raw, 8, "gtin8") }

// GTIN12 checks a trade item number of 12 digits (UPC-A).
func GTIN12(raw string) Verdict { return gtin(raw, 12, "gtin12") }

// GTIN13 checks a trade item number of 13 digits (EAN-13).
func GTIN13(raw string) Verdict { return gtin(raw, 13, "gtin13") }

// GTIN14 checks a trade item number of 14 digits (a case of items, ITF-14).
func GTIN14(raw string) Verdict { return gtin(raw, 14, "gtin14") }

func gtin(raw string, n int, form string) Verdict {
	v := digitsOnly(tidy(raw, "-"), n, n)
	v.Form = form
	return v.gs1()
}

// SSCC checks the number of a logistic unit (a carton or pallet): 18 digits, with or without the application
// identifier (00) before it.
func SSCC(raw string) Verdict {
	value := tidy(raw, "-()")
	if len(value) == 20 && strings.HasPrefix(value, "00") {
		value = value[2:]
	}
	return digitsOnly(value, 18, 18).gs1()
}

// gs1 adds the check digit of GS1: from the right, weights 3, 1, 3 …
func (v Verdict) gs1() Verdict {
	if v.Fault != "" {
		return v
	}
	last := len(v.Value) - 1
	sum := 0
	for i := range last {
		d := int(v.Value[last-1-i] - '0')
		if i%2 == 0 {
			d *= 3
		}
		sum += d
	}
	if want := digit((10 - sum%10) % 10); v.Value[last:] != want {
		return v.wrongCheck("GS1 mod 10", last+1, v.Value[last:], want)
	}
	return v
}

// A Symbol is the arithmetic of one Code 128 barcode (ISO/IEC 15417).
type Symbol struct {
	Sum     int // the weighted sum, start character included
	Check   int // Sum modulo 103: the value of the check character
	Modules int // the width in modules from start to stop, quiet zones not counted
}

// Code128A computes the barcode of text in code set A (upper case and control characters). It reports false for an
// empty text and for characters outside the set.
func Code128A(text string) (Symbol, bool) { return code128(text, 103, 0, 95) }

// Code128B computes the barcode of text in code set B (printable ASCII), the one on Amazon's labels. It reports false
// for an empty text and for characters outside the set. At a module of 0.254 mm ten characters are 36.83 mm wide,
// and a quiet zone of ten modules belongs on each side.
func Code128B(text string) (Symbol, bool) { return code128(text, 104, 32, 127) }

func code128(text string, start int, low, high byte) (Symbol, bool) {
	if text == "" {
		return Symbol{}, false
	}
	sum := start
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c < low || c > high {
			return Symbol{}, false
		}
		value := int(c) - 32
		if value < 0 {
			value += 96 // control characters follow the printable ones in set A
		}
		sum += value * (i + 1)
	}
	return Symbol{Sum: sum, Check: sum % 103, Modules: 11*(1+len(text)+1) + 13}, true
}
