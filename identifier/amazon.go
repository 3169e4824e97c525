package identifier

import (
	"strconv"
	"strings"
)

// ASIN checks an Amazon standard identification number: B0 and eight letters or digits, or, for books, an ISBN-10.
// Hyphens are accepted in an ISBN only. An ISBN whose check digit does not fit is a warning, because Amazon's own
// examples have one.
func ASIN(raw string) Verdict {
	value := tidy(raw, "")
	if value != "" && isDigit(value[0]) {
		return isbn10(tidy(value, "-"))
	}
	v := Verdict{Value: value, Form: "asin"}.only(isAlnum, alnum)
	if v.Fault == "" && !strings.HasPrefix(v.Value, "B0") {
		return v.fail(FaultShape, 1, v.Value[:min(2, len(v.Value))], "B0")
	}
	return v.sized(10, 10)
}

func isbn10(value string) Verdict {
	v := alnumOnly(value, 10, 10).part(1, 9, isDigit, digits)
	v.Form = "isbn10"
	if v.Fault != "" {
		return v
	}
	check := (11 - weigh(v.Value, 10, 9, 8, 7, 6, 5, 4, 3, 2)%11) % 11
	if want := "0123456789X"[check : check+1]; v.Value[9:] != want {
		v.Rule = "ISBN-10 mod 11"
		v = v.doubt(WarnCheck, 10, v.Value[9:], want)
	}
	return v
}

// FNSKU checks the number on an FBA item label: X and nine letters or digits, or the ASIN itself where the
// manufacturer's barcode is used (Form "asin").
func FNSKU(raw string) Verdict {
	v := Verdict{Value: tidy(raw, ""), Form: "fnsku"}.only(isAlnum, alnum)
	if v.Fault != "" {
		return v
	}
	switch {
	case strings.HasPrefix(v.Value, "B0"):
		v.Form = "asin"
	case v.Value[0] != 'X':
		return v.fail(FaultShape, 1, v.Value[:1], "X")
	}
	return v.sized(10, 10)
}

// MSKU checks a seller's own stock code: 1 to 255 printable characters (SP-API, inbound), kept exactly as typed but for
// spaces around it, because case and width may matter.
func MSKU(raw string) Verdict {
	v := Verdict{Value: trimmed(raw)}
	if v.Value == "" {
		return v.fail(FaultEmpty, 0, "", "")
	}
	at := 0
	for _, r := range v.Value {
		at++
		if r < ' ' || r == 0x7f || r == '\uFFFD' {
			return v.fail(FaultAlphabet, at, strconv.QuoteRune(r), "")
		}
	}
	return v.sized(1, 255)
}

// FBAShipment checks a shipment id as it stands on labels: FBA and 4 to 12 letters or digits. Amazon has shortened and
// lengthened it over the years and it has no check digit. A box id given in its place is FaultLength.
func FBAShipment(raw string) Verdict {
	v := Verdict{Value: tidy(raw, "")}.only(isAlnum, alnum)
	if v.Fault == "" && !strings.HasPrefix(v.Value, "FBA") {
		return v.fail(FaultShape, 1, v.Value[:min(3, len(v.Value))], "FBA")
	}
	return v.sized(7, 15)
}

// FBABox checks a box id: the shipment id, U and six digits (older ones: three). Parent is then the shipment id.
// Longer ids that do not part so are accepted with WarnParent.
func FBABox(raw string) Verdict {
	v := Verdict{Value: tidy(raw, "")}.only(isAlnum, alnum)
	if v.Fault == "" && !strings.HasPrefix(v.Value, "FBA") {
		return v.fail(FaultShape, 1, v.Value[:min(3, len(v.Value))], "FBA")
	}
	if v = v.sized(11, 30); v.Fault != "" {
		return v
	}
	for _, n := range [2]int{6, 3} {
		cut := len(v.Value) - n - 1
		if at, _ := stranger(v.Value[cut+1:], isDigit); at == 0 && cut >= 7 && cut <= 15 && v.Value[cut] == 'U' {
			v.Parent = v.Value[:cut]
			return v
		}
	}
	return v.doubt(WarnParent, 0, "", "FBA*U999999")
}

// Order checks an order id: 999-9999999-9999999. Seventeen bare digits get their hyphens; hyphens elsewhere are a fault.
func Order(raw string) Verdict {
	v := Verdict{Value: tidy(raw, "")}.only(isDigitOrDash, digits)
	if v.Fault != "" {
		return v
	}
	if strings.IndexByte(v.Value, '-') < 0 {
		if v = v.sized(17, 17); v.Fault == "" {
			v.Value = v.Value[:3] + "-" + v.Value[3:10] + "-" + v.Value[10:]
		}
		return v
	}
	const shape = "999-9999999-9999999"
	for i := 0; i < len(v.Value) && i < len(shape); i++ {
		if (v.Value[i] == '-') != (shape[i] == '-') {
			return v.fail(FaultShape, i+1, v.Value[i:i+1], shape)
		}
	}
	return v.sized(19, 19)
}

// Seller checks a seller id (merchant token): usually A and 9 to 20 letters or digits. Amazon does not publish the
// form, so anything else made of letters and digits is only a warning. Show people no more than its last four.
func Seller(raw string) Verdict {
	v := alnumOnly(tidy(raw, ""), 1, 40)
	if v.Fault != "" {
		return v
	}
	if v.Value[0] != 'A' {
		v = v.doubt(WarnPrefix, 1, v.Value[:1], "A")
	}
	if n := len(v.Value); n < 10 || n > 21 {
		v = v.doubt(WarnLength, 0, strconv.Itoa(n), "10-21")
	}
	return v
}

// marketplaces are Amazon's ids of its stores and their countries. Only ATVPDKIKX0DER was seen in an official
// document while this list was made; the others are general knowledge (2026-08).
const marketplaces = "ATVPDKIKX0DER=US A2EUQ1WTGCTBG2=CA A1AM78C64UM0Y8=MX A2Q3Y263D00KWC=BR A1F83G8C2ARO7P=GB " +
	"A1PA6795UKMFR9=DE A13V1IB3VIYZZH=FR APJ6JRA9NG5V4=IT A1RKKUPIHCS9HS=ES A1805IZSGTT6HS=NL A2NODRKZP88ZB9=SE " +
	"A1C3SOZRARQ6R3=PL AMEN7PMS3EDWL=BE A28R8C7NBKEWEA=IE A33AVAJ2PDY3EV=TR A2VIGQ35RCS4UG=AE A17E79C6D8DWNP=SA " +
	"ARBP9OOSHTCHU=EG A21TJRUUN4KGV=IN A1VC38T7YXB528=JP A39IBJ37TRP1C6=AU A19VAU5U5O7RUS=SG "

// Marketplace checks the id of an Amazon store against the known list; Country tells which one it is.
func Marketplace(raw string) Verdict {
	v := alnumOnly(tidy(raw, ""), 13, 14)
	if v.Fault != "" {
		return v
	}
	at := strings.Index(marketplaces, v.Value+"=")
	if at < 0 || at > 0 && marketplaces[at-1] != ' ' {
		return v.fail(FaultUnknown, 0, v.Value, "")
	}
	at += len(v.Value) + 1
	v.Country = marketplaces[at : at+2]
	return v
}

// InboundPlan checks the id of an inbound plan (SP-API 2024-03-20): wf and 36 characters, kept as typed.
func InboundPlan(raw string) Verdict { return inbound(raw, "wf") }

// Placement checks the id of a placement option (SP-API 2024-03-20): pl and 36 characters, kept as typed.
func Placement(raw string) Verdict { return inbound(raw, "pl") }

// Transportation checks the id of a transportation option (SP-API 2024-03-20): to and 36 characters, kept as typed.
func Transportation(raw string) Verdict { return inbound(raw, "to") }

// InboundShipment checks the internal id of a shipment (SP-API 2024-03-20): sh and 36 characters, kept as typed. It is
// not the id on the labels; that is FBAShipment.
func InboundShipment(raw string) Verdict { return inbound(raw, "sh") }

func inbound(raw, prefix string) Verdict {
	v := Verdict{Value: trimmed(raw)}.only(func(c byte) bool { return isAlnum(upper(c)) || c == '-' }, "0-9A-Za-z-")
	if v.Fault == "" && !strings.HasPrefix(v.Value, prefix) {
		return v.fail(FaultShape, 1, v.Value[:min(2, len(v.Value))], prefix)
	}
	return v.sized(38, 38)
}
