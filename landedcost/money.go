package landedcost

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Money is an amount in a currency.
type Money struct {
	Amount   decimal.Decimal
	Currency string // ISO 4217
}

// String writes an amount with the decimals of its currency, or with more when it has more.
func (m Money) String() string { return m.Currency + " " + m.decimal() }

// MarshalJSON writes {"amount": "340.00", "currency": "USD"}: a text, so that nobody reads it as a float.
func (m Money) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Amount   string `json:"amount"`
		Currency string `json:"currency"`
	}{m.decimal(), m.Currency})
}

func (m Money) decimal() string {
	return m.Amount.StringFixed(max(Digits(m.Currency), -m.Amount.Exponent()))
}

// round brings an amount to the smallest unit of its currency, halves away from zero.
func (m Money) round() Money { return Money{m.Amount.Round(Digits(m.Currency)), m.Currency} }

// Digits is how many decimals a currency has.
func Digits(currency string) int32 {
	switch currency {
	case "JPY", "KRW", "VND", "CLP":
		return 0
	}
	return 2
}

// Number reads a plain decimal: digits with at most one point, at most 12 before and 9 after it. An exponent, a sign, a
// comma or a space is refused.
func Number(text string) (decimal.Decimal, error) {
	whole, part, point := strings.Cut(text, ".")
	if whole == "" || (point && part == "") || !digits(whole) || !digits(part) {
		return decimal.Zero, fmt.Errorf("%.40q is not a number such as 18.5", text)
	}
	if len(whole) > 12 || len(part) > 9 {
		return decimal.Zero, errors.New("a number has at most 12 digits before the point and 9 after it")
	}
	return decimal.NewFromString(text)
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// tame says whether a decimal is of a size that is worth reckoning with; whoever makes one by hand may have made 1e999999999.
func tame(d decimal.Decimal) bool {
	return d.Exponent() >= -12 && d.Exponent() <= 12 && d.Coefficient().BitLen() <= 80
}

// up is the smallest multiple of step that is not below num/den, exactly.
func up(num, den, step decimal.Decimal) decimal.Decimal {
	q, r := num.QuoRem(den.Mul(step), 0)
	if r.Sign() > 0 {
		q = q.Add(one)
	}
	return q.Mul(step)
}

// down is the largest multiple of step that is not above d.
func down(d, step decimal.Decimal) decimal.Decimal {
	q, _ := d.QuoRem(step, 0)
	return q.Mul(step)
}

var (
	one     = decimal.NewFromInt(1)
	hundred = decimal.NewFromInt(100)
	grand   = decimal.NewFromInt(1000)
)

// fine is how many decimals a share has that is not rounded to money.
const fine = 12

// A Day is a calendar day as days since 1970-01-01; 0 stands for none. Days have no zone: the caller knows whose day it is.
type Day int

// ParseDay reads 2026-11-22.
func ParseDay(text string) (Day, error) {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil || t.Year() < 1971 || t.Year() > 2999 {
		return 0, fmt.Errorf("%.40q is not a day such as 2026-11-22", text)
	}
	return DayOf(t), nil
}

// DayOf is the day of a moment in the moment's own zone.
func DayOf(t time.Time) Day {
	y, m, d := t.Date()
	return Day(time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Unix() / 86400)
}

// String is 2026-11-22, or nothing for none.
func (d Day) String() string {
	if d == 0 {
		return ""
	}
	return time.Unix(int64(d)*86400, 0).UTC().Format(time.DateOnly)
}

// MarshalText writes the day as String does.
func (d Day) MarshalText() ([]byte, error) { return []byte(d.String()), nil }
