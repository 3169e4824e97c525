package documents

import (
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/shopspring/decimal"
)

// units are what may stand behind a number: those that the columns mean anyway. Pounds or inches are refused, not taken for kilograms.
var units = []string{"千克", "公斤", "厘米", "kg", "kgs", "cm", "pcs", "pc", "usd", "cny", "rmb", "元", "个", "件", "只", "套", "双", "箱"}

var thousands = regexp.MustCompile(`^-?\d{1,3}(,\d{3})+(\.\d+)?$`)

// numeral reads a number as people and spreadsheets write it: 1,234.50, ¥2.35, 35 kg, 2.3500000000000001. A comma must part
// thousands: 2,5 may mean either and is refused.
func numeral(s string) (Decimal, bool) {
	if len(s) > 60 {
		return Decimal{}, false
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r >= '０' && r <= '９':
			return r - '０' + '0'
		case r == '．':
			return '.'
		case r == '，':
			return ','
		case r == ' ' || r == '\u00a0' || r == '￥' || r == '¥' || r == '$' || r == '€' || r == '£':
			return -1
		}
		return unicode.ToLower(r)
	}, s)
	for _, u := range units {
		if n, cut := strings.CutSuffix(s, u); cut {
			s = n
			break
		}
	}
	if thousands.MatchString(s) {
		s = strings.ReplaceAll(s, ",", "")
	}
	if m, e, scientific := strings.Cut(s, "e"); scientific {
		n, err := strconv.Atoi(e)
		if err != nil || n < -15 || n > 12 || strings.Contains(m, "e") {
			return Decimal{}, false
		}
		d, ok := numeral(m)
		if d = d.Shift(int32(n)); !ok || !tame(d.Round(9)) {
			return Decimal{}, false
		}
		return settled(d), true
	}
	if !plainNumber.MatchString(s) {
		return Decimal{}, false
	}
	d, err := decimal.NewFromString(s)
	if err != nil || d.Abs().GreaterThanOrEqual(decimal.New(1, 12)) {
		return Decimal{}, false
	}
	return settled(d), true
}

var plainNumber = regexp.MustCompile(`^-?\d{1,15}(\.\d{1,40})?$`)

// settled drops what a float left behind (15 digits count) and zeros at the end.
func settled(d Decimal) Decimal {
	whole := len(d.Abs().Truncate(0).String())
	d = d.Round(int32(min(9, 15-whole)))
	for d.Exponent() < 0 && d.Equal(d.Truncate(-d.Exponent()-1)) {
		d = d.Truncate(-d.Exponent() - 1)
	}
	return d
}
