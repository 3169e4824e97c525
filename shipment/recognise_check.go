package shipment

import (
	"fmt"
	"strconv"
	"strings"
)

// rule is a way to compute a check digit, with its parameters.
type rule struct {
	kind     ruleKind
	even     int    // mod10: factor of the digits at even places, from 0
	odd      int    // mod10: factor of the others
	reversed bool   // mod10: counted from the right
	lead     string // mod10: written before a serial that does not begin with it
	weights  string // weights: one digit for each
}

type ruleKind uint8

const (
	noRule ruleKind = iota
	mod10
	mod7
	mod37 // ISO/IEC 7064 MOD 37,36, as DPD uses it
	luhn
	s10 // UPU S10
	weighted
	iso6346
)

// parseRule reads a rule as it stands in formats.csv.
func parseRule(text string) (r rule, err error) {
	f := strings.Fields(text)
	if len(f) == 0 {
		return rule{}, nil
	}
	kinds := map[string]ruleKind{"mod10": mod10, "mod7": mod7, "mod37": mod37, "luhn": luhn, "s10": s10, "weights": weighted, "iso6346": iso6346}
	r.kind = kinds[f[0]]
	switch {
	case r.kind == noRule:
		return rule{}, fmt.Errorf("no check is called %q", f[0])
	case r.kind == weighted && len(f) == 2:
		r.weights = f[1]
	case r.kind == mod10 && len(f) >= 3:
		if r.even, err = strconv.Atoi(f[1]); err != nil {
			return rule{}, err
		}
		if r.odd, err = strconv.Atoi(f[2]); err != nil {
			return rule{}, err
		}
		for i := 3; i < len(f); i++ {
			switch {
			case f[i] == "reversed":
				r.reversed = true
			case f[i] == "lead" && i+1 < len(f):
				i++
				r.lead = f[i]
			default:
				return rule{}, fmt.Errorf("mod10 knows no %q", f[i])
			}
		}
	case len(f) > 1:
		return rule{}, fmt.Errorf("%q has parameters it does not know", text)
	}
	return r, nil
}

// check compares the check character with the one that the serial asks for.
func (r rule) check(serial []byte, got byte) Check {
	if r.kind == noRule {
		return CheckNone
	}
	if r.digit(serial) == value(got) {
		return CheckOK
	}
	return CheckFailed
}

// digit is the check digit that belongs to a serial: 0–9, for mod37 up to 35.
func (r rule) digit(serial []byte) int {
	switch r.kind {
	case mod10:
		return r.mod10(serial)
	case mod7:
		rest := 0
		for _, c := range serial {
			rest = (rest*10 + value(c)) % 7
		}
		return rest
	case mod37:
		sum := 36
		for _, c := range serial {
			if sum += value(c); sum > 36 {
				sum -= 36
			}
			if sum *= 2; sum > 36 {
				sum -= 37
			}
		}
		return (37 - sum) % 36
	case luhn:
		sum := 0
		for i := range serial {
			d := value(serial[len(serial)-1-i])
			if i%2 == 0 {
				if d *= 2; d > 9 {
					d -= 9
				}
			}
			sum += d
		}
		return (10 - sum%10) % 10
	case s10:
		switch check := 11 - weigh(serial, "86423597")%11; check {
		case 10:
			return 0
		case 11:
			return 5
		default:
			return check
		}
	case weighted:
		return weigh(serial, r.weights) % 11 % 10
	case iso6346:
		sum := 0
		for i, c := range serial {
			v := value(c)
			if v >= 10 { // A is 10, and multiples of 11 are left out: B is 12, L 23, V 34
				v += (v - 1) / 10
			}
			sum += v << i
		}
		return sum % 11 % 10
	}
	return -1
}

func (r rule) mod10(serial []byte) int {
	sum, i := 0, 0
	add := func(c byte) {
		v := int(c - '0')
		if c > '9' {
			v = int(c-3) % 10 // A is 2, B is 3 …
		}
		if i%2 == 0 {
			sum += v * r.even
		} else {
			sum += v * r.odd
		}
		i++
	}
	if r.lead != "" && !strings.HasPrefix(string(serial), r.lead) {
		for j := range len(r.lead) {
			add(r.lead[j])
		}
	}
	for j := range serial {
		if r.reversed {
			j = len(serial) - 1 - j
		}
		add(serial[j])
	}
	return (10 - sum%10) % 10
}

// weigh adds up digit × weight.
func weigh(serial []byte, weights string) int {
	sum := 0
	for i, c := range serial {
		sum += value(c) * int(weights[i]-'0')
	}
	return sum
}

// value is what a character counts: 0–9, A is 10 and Z is 35.
func value(c byte) int {
	if c <= '9' {
		return int(c - '0')
	}
	return int(c-'A') + 10
}
