package answer

import "strings"

// An Amount is a sum of money that somebody typed.
type Amount struct {
	Value    string // a decimal, as in [Quantity]
	Currency string // ISO 4217, empty when none was typed
	Approx   bool
	Doubt    bool // the number has two readings, or the sign has ("$" was taken for USD, "¥" for CNY)
}

// currencyWords are the ways of writing the currencies, the longer of two that begin alike first. A "?" after the code
// marks a sign that several currencies share.
var currencyWords = []struct{ word, code string }{
	{"us dollars", "USD"}, {"us dollar", "USD"}, {"us$", "USD"}, {"usd$", "USD"}, {"usd", "USD"}, {"美元", "USD"}, {"美金", "USD"}, {"美刀", "USD"}, {"刀", "USD"},
	{"canadian dollars", "CAD"}, {"ca$", "CAD"}, {"c$", "CAD"}, {"cad", "CAD"}, {"加元", "CAD"}, {"加币", "CAD"}, {"加拿大元", "CAD"},
	{"australian dollars", "AUD"}, {"au$", "AUD"}, {"a$", "AUD"}, {"aud", "AUD"}, {"澳元", "AUD"}, {"澳币", "AUD"},
	{"hk$", "HKD"}, {"hkd", "HKD"}, {"港币", "HKD"}, {"港元", "HKD"}, {"s$", "SGD"}, {"sgd", "SGD"}, {"新加坡元", "SGD"}, {"新币", "SGD"},
	{"euros", "EUR"}, {"euro", "EUR"}, {"eur", "EUR"}, {"欧元", "EUR"}, {"€", "EUR"},
	{"pounds sterling", "GBP"}, {"pounds", "GBP"}, {"pound", "GBP"}, {"quid", "GBP"}, {"gbp", "GBP"}, {"英镑", "GBP"}, {"镑", "GBP"}, {"£", "GBP"},
	{"japanese yen", "JPY"}, {"yen", "JPY"}, {"jpy", "JPY"}, {"日元", "JPY"}, {"日币", "JPY"}, {"日圆", "JPY"}, {"円", "JPY"}, {"jp¥", "JPY"},
	{"人民币", "CNY"}, {"rmb", "CNY"}, {"cny", "CNY"}, {"cn¥", "CNY"}, {"yuan", "CNY"}, {"元", "CNY"}, {"块钱", "CNY"}, {"块", "CNY"}, {"圆", "CNY"}, {"¥", "CNY?"},
	{"mxn", "MXN"}, {"墨西哥比索", "MXN"}, {"brl", "BRL"}, {"r$", "BRL"}, {"雷亚尔", "BRL"}, {"sek", "SEK"}, {"瑞典克朗", "SEK"}, {"pln", "PLN"}, {"zł", "PLN"}, {"兹罗提", "PLN"},
	{"aed", "AED"}, {"迪拉姆", "AED"}, {"sar", "SAR"}, {"沙特里亚尔", "SAR"}, {"try", "TRY"}, {"里拉", "TRY"}, {"inr", "INR"}, {"卢比", "INR"}, {"egp", "EGP"}, {"埃及镑", "EGP"},
	{"twd", "TWD"}, {"新台币", "TWD"}, {"台币", "TWD"}, {"chf", "CHF"}, {"dollars", "USD?"}, {"dollar", "USD?"}, {"bucks", "USD?"}, {"$", "USD?"},
}

// Money reads one sum of money: "USD 1,200", "1200美元", "¥3万", "€50", "三块五", "1.5k usd". ok is false when anything else
// stands there, or two currencies that contradict each other.
func Money(text string) (a Amount, ok bool) {
	if len(text) > 200 {
		return a, false
	}
	s := plain(text)
	s, _ = strip(s, fillHeads)
	var before, after bool
	s, before = strip(s, aboutHeads)
	s, _ = stripEnd(s, fillTails)
	s, after = stripEnd(s, aboutTails)
	a.Approx = before || after
	s, minus := sign(s)
	front, s := currencyFront(s)
	if !minus {
		s, minus = sign(s)
	}
	d, rest, doubt, ok := amount(s)
	if !ok {
		return Amount{}, false
	}
	rest = strings.TrimSpace(rest)
	back, left := currencyFront(rest)
	if left != "" {
		if (back != "CNY" && back != "USD?") || d.after > 0 {
			return Amount{}, false
		}
		if d, ok = withCents(d, left); !ok {
			return Amount{}, false
		}
	}
	a.Currency, a.Doubt, ok = agree(front, back)
	if !ok {
		return Amount{}, false
	}
	a.Doubt = a.Doubt || doubt
	a.Value = d.String()
	if minus && !d.isZero() {
		a.Value = "-" + a.Value
	}
	return a, true
}

// currencyFront takes a currency off the front of s.
func currencyFront(s string) (code, rest string) {
	for _, c := range currencyWords {
		if rest, ok := strings.CutPrefix(s, c.word); ok && (rest == "" || !isLetter(c.word[len(c.word)-1]) || !isLetter(rest[0])) {
			return c.code, strings.TrimLeft(rest, " :")
		}
	}
	return "", s
}

// agree settles what stands in front with what stands behind: "$1,200 CAD" is Canadian, "人民币3000元" says it twice.
func agree(front, back string) (code string, doubt, ok bool) {
	plainFront, vagueFront := strings.CutSuffix(front, "?")
	plainBack, vagueBack := strings.CutSuffix(back, "?")
	switch {
	case front == "":
		return plainBack, vagueBack, true
	case back == "", plainFront == plainBack:
		return plainFront, vagueFront && (back == "" || vagueBack), true
	case plainFront == "USD" && vagueFront && strings.HasSuffix(plainBack, "D"), front == "CNY?" && back == "JPY":
		return plainBack, false, true
	case vagueBack && strings.HasSuffix(plainFront, "D"):
		return plainFront, false, true
	}
	return "", false, false
}

// withCents adds what follows 块 or 元: "三块五", "12元5角", "3块5毛2".
func withCents(d decimal, s string) (decimal, bool) {
	for i, names := range [2]string{"角毛", "分"} {
		n, rest, ok := integer(s)
		if !ok || n > 9 {
			return d, false
		}
		cents, ok := d.plus(decimal{string(rune('0' + n)), i + 1})
		if !ok {
			return d, false
		}
		if d = cents; rest == "" {
			return d, true
		}
		for _, name := range names {
			rest = strings.TrimPrefix(rest, string(name))
		}
		if s = rest; s == "" {
			return d, true
		}
	}
	return d, s == ""
}
