package answer

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	cardWords   = []string{"card", "visa", "master", "amex", "credit", "debit", "unionpay", "pay", "payment", "cards", "银行卡", "信用卡", "储蓄卡", "借记卡", "卡号", "银联", "付款", "支付"}
	parcelWords = []string{"track", "waybill", "awb", "parcel", "shipment", "order", "gtin", "ean", "upc", "sscc", "barcode", "eori", "vat", "fedex", "ups", "usps", "dhl",
		"运单", "单号", "快递", "物流", "追踪", "跟踪", "面单", "包裹", "提单", "订单", "条码", "条形码", "海关", "报关", "编码"}
)

// secretNames are the words that a secret follows. Where one contains another, both are found and the places merge.
var secretNames = []struct {
	word string
	kind SecretKind
}{
	{"password", SecretPassword}, {"passwd", SecretPassword}, {"passcode", SecretPassword}, {"passphrase", SecretPassword}, {"pwd", SecretPassword},
	{"密码", SecretPassword}, {"密碼", SecretPassword}, {"口令", SecretPassword},
	{"验证码", SecretCode}, {"驗證碼", SecretCode}, {"动态码", SecretCode}, {"动态密码", SecretCode}, {"短信码", SecretCode}, {"一次性密码", SecretCode},
	{"otp", SecretCode}, {"one-time password", SecretCode}, {"one time password", SecretCode}, {"one-time code", SecretCode}, {"one-time passcode", SecretCode},
	{"verification code", SecretCode}, {"security code", SecretCode}, {"authentication code", SecretCode}, {"auth code", SecretCode},
	{"login code", SecretCode}, {"2fa code", SecretCode}, {"2fa", SecretCode}, {"mfa code", SecretCode}, {"two-factor code", SecretCode}, {"sms code", SecretCode},
	{"cvv", SecretCard}, {"cvc", SecretCard}, {"cvv2", SecretCard}, {"卡背面", SecretCard}, {"安全码", SecretCard},
	{"卡号", SecretAccount}, {"卡號", SecretAccount}, {"银行账号", SecretAccount}, {"银行帐号", SecretAccount}, {"银行账户", SecretAccount}, {"银行卡", SecretAccount}, {"信用卡", SecretAccount},
	{"开户账号", SecretAccount}, {"收款账号", SecretAccount}, {"bank account", SecretAccount}, {"account number", SecretAccount}, {"account no", SecretAccount}, {"acct no", SecretAccount},
	{"iban", SecretAccount}, {"card number", SecretAccount}, {"card no", SecretAccount},
	{"api key", SecretToken}, {"api_key", SecretToken}, {"apikey", SecretToken}, {"secret key", SecretToken}, {"client secret", SecretToken}, {"client_secret", SecretToken},
	{"access token", SecretToken}, {"access_token", SecretToken}, {"refresh token", SecretToken}, {"refresh_token", SecretToken}, {"密钥", SecretToken}, {"令牌是", SecretToken},
}

// named goes through the words that a secret follows, or, for codes and passwords, stands before.
func (v view) named(add func(SecretKind, int, int)) {
	for _, name := range secretNames {
		for from := 0; ; {
			i := strings.Index(v.low[from:], name.word)
			if i < 0 {
				break
			}
			start := from + i
			from = start + len(name.word)
			if isLetter(name.word[0]) && (start > 0 && isAlnum(v.low[start-1]) || from < len(v.low) && isLetter(v.low[from])) {
				continue // "cyanotype" is no OTP
			}
			if a, b, ok := v.follows(name.kind, from); ok {
				add(name.kind, a, b)
			} else if a, b, ok := v.precedes(name.kind, start); ok {
				add(name.kind, a, b)
			}
		}
	}
}

// follows looks for the secret behind its name at from.
func (v view) follows(kind SecretKind, from int) (start, end int, ok bool) {
	joint, start := v.joint(from)
	switch kind {
	case SecretPassword, SecretToken:
		end = start
		for end < len(v.text) && end-start < 200 && v.text[end] > ' ' && v.text[end] < 0x7f {
			end++
		}
		whole := end
		for end > start && strings.IndexByte(".,;!?)\"'", v.text[end-1]) >= 0 {
			end--
		}
		return start, end, secretive(v.text[start:end], joint, v.ends(whole) || whole > end) && (kind != SecretToken || end-start >= 8)
	case SecretCode, SecretCard:
		end, n := start, 0
		for end < len(v.text) && (isDigit(v.text[end]) || (v.text[end] == ' ' || v.text[end] == '-') && n == 3 && end+1 < len(v.text) && isDigit(v.text[end+1])) {
			n += boolInt(isDigit(v.text[end]))
			end++
		}
		if n == 0 && joint != noJoint { // G-123456, AB12CD
			for end < len(v.text) && (isAlnum(v.text[end]) || v.text[end] == '-') {
				n += boolInt(isDigit(v.text[end]))
				end++
			}
			return start, end, n >= 3 && end-start >= 4 && end-start <= 10
		}
		if end < len(v.text) && isLetter(v.text[end]) || strings.HasPrefix(v.text[end:], "年") || strings.HasPrefix(v.text[end:], "位") {
			return 0, 0, false
		}
		return start, end, n >= 4 && n <= 8 || n == 3 && kind == SecretCard
	case SecretAccount:
		end, n := start, 0
		for end < len(v.text) && (isAlnum(v.text[end]) || (v.text[end] == ' ' || v.text[end] == '-') && end+1 < len(v.text) && isDigit(v.text[end+1])) {
			n += boolInt(isDigit(v.text[end]))
			end++
		}
		return start, end, n >= 8 && n <= 34
	}
	return 0, 0, false
}

// How a name and what follows it are joined.
type jointKind int

const (
	noJoint jointKind = iota // a space or nothing
	isJoint                  // is, 是
	toJoint                  // a colon or an equals sign
)

// joint goes past what joins a name and its secret.
func (v view) joint(i int) (jointKind, int) {
	kind := noJoint
	for i < len(v.low) {
		rest := v.low[i:]
		switch c := v.low[i]; {
		case c == ' ', c == '\n', c == '\t', c == '"', c == '\'', c == '(', c == '[', c == '#', c == '`', c == '*':
			i++
			continue
		case c == ':', c == '=', c == '>':
			kind, i = toJoint, i+1
			continue
		}
		word := ""
		for _, w := range joints {
			if strings.HasPrefix(rest, w) && (!isLetter(w[0]) || len(rest) > len(w) && !isAlnum(rest[len(w)])) {
				word = w
				break
			}
		}
		if word == "" {
			break
		}
		if kind == noJoint && word != "number" && word != "no" && word != "号" && word != "号码" {
			kind = isJoint
		}
		i += len(word)
	}
	return kind, i
}

var joints = []string{"应该是", "就是", "改成", "是", "为", "“", "「", "【", "号码", "号", "您的", "is", "was", "are", "number", "no", "："}

// ends reports whether a clause ends at i.
func (v view) ends(i int) bool {
	if i >= len(v.text) {
		return true
	}
	r, _ := utf8.DecodeRuneInString(v.text[i:])
	return r == '\n' || !unicode.IsSpace(r)
}

// ordinaryWords follow "password" in sentences that hold no password.
var ordinaryWords = strings.Fields(`required needed wrong incorrect invalid expired missing empty secret hidden changed forgotten correct strong weak
	reset safe secure unknown private confidential important necessary optional protected different working please manager policy
	field screen login account reset? none not here there what where which please never somewhere rejected accepted blocked locked`)

// secretive reports whether a word looks like a password, given how it is joined to its name.
func secretive(word string, joint jointKind, end bool) bool {
	digits, letters, others := 0, 0, 0
	for i := 0; i < len(word); i++ {
		switch c := word[i]; {
		case isDigit(c):
			digits++
		case isLetter(c):
			letters++
		default:
			others++
		}
	}
	low := strings.ToLower(word)
	for _, w := range ordinaryWords {
		if low == w {
			return false
		}
	}
	if strings.HasPrefix(low, "http://") || strings.HasPrefix(low, "https://") || letters+digits == 0 || strings.Trim(word, "*xX.•") == "" {
		return false
	}
	switch joint {
	case toJoint:
		return len(word) >= 3
	case isJoint:
		return len(word) >= 4 && (digits > 0 || others > 0 && end && !strings.ContainsAny(word, "'’") || len(word) >= 6 && end)
	}
	return digits > 0 && len(word) >= 4 && (letters > 0 && len(word) >= 6 || others > 0 && letters > 0 || digits >= 6 && others == 0)
}

// precedes looks for a secret before its name: "123456 is your Amazon verification code", "123456为您的验证码".
func (v view) precedes(kind SecretKind, at int) (start, end int, ok bool) {
	if kind != SecretCode && kind != SecretPassword {
		return 0, 0, false
	}
	low := v.low[:at]
	stop, joined := at, false
	for again := true; again; {
		again = false
		low = strings.TrimRight(low[:stop], " ,")
		stop = len(low)
		for _, w := range [...]string{" is your", " is my", " is the", " is our", "amazon", "亚马逊", "是您的", "为您的", "是你的", "是我的", "是我们的", "登录", "本次", "的", "是", "为"} {
			if strings.HasSuffix(low, w) {
				stop, joined, again = stop-len(w), joined || w != "amazon" && w != "亚马逊" && w != "登录" && w != "本次" && w != "的", true
				break
			}
		}
	}
	if !joined {
		return 0, 0, false
	}
	start = stop
	for start > 0 && stop-start < 64 && v.text[start-1] > ' ' && v.text[start-1] < 0x7f && v.text[start-1] != ':' {
		start--
	}
	word := v.text[start:stop]
	if kind == SecretCode {
		n := digitRun(word)
		return start, stop, n == len(word) && n >= 4 && n <= 8
	}
	hasDigit, hasLetter := strings.ContainsAny(word, "0123456789"), strings.ContainsFunc(word, unicode.IsLetter)
	return start, stop, len(word) >= 6 && hasDigit && hasLetter
}

// ibanLengths are the lengths of IBANs (ISO 13616) in the countries of Amazon's stores and their neighbours.
var ibanLengths = map[string]int{"AE": 23, "AT": 20, "BE": 16, "BR": 29, "CH": 21, "CZ": 24, "DE": 22, "DK": 18, "EG": 29, "ES": 24, "FI": 18, "FR": 27,
	"GB": 22, "HU": 28, "IE": 22, "IT": 27, "LT": 20, "LU": 20, "LV": 21, "NL": 18, "NO": 15, "PL": 28, "PT": 25, "RO": 24, "SA": 24, "SE": 24, "SK": 24, "TR": 26}

// ibans finds international account numbers by their length and check digits.
func (v view) ibans(add func(SecretKind, int, int)) {
	s := v.text
	for i := 0; i+14 < len(s); i++ {
		if !isLetter(s[i]) || i > 0 && isAlnum(s[i-1]) || !isLetter(s[i+1]) || !isDigit(s[i+2]) || !isDigit(s[i+3]) {
			continue
		}
		want := ibanLengths[strings.ToUpper(s[i:i+2])]
		end, n := i, 0
		for ; end < len(s) && n < want && (isAlnum(s[end]) || s[end] == ' '); end++ {
			n += boolInt(s[end] != ' ')
		}
		if want > 0 && n == want && (end == len(s) || !isAlnum(s[end])) && mod97(strings.ReplaceAll(s[i:end], " ", "")) {
			add(SecretAccount, i, end)
			i = end
		}
	}
}

func mod97(iban string) bool {
	r := 0
	for i := range len(iban) {
		c := iban[(i+4)%len(iban)]
		switch {
		case isDigit(c):
			r = (r*10 + int(c-'0')) % 97
		default:
			r = (r*100 + int(c|0x20-'a') + 10) % 97
		}
	}
	return r == 1
}

// tokenShapes are the beginnings of keys and tokens, the fewest characters that follow, and whether letters keep their
// case in the comparison.
var tokenShapes = []struct {
	prefix string
	min    int
}{
	{"xoxb-", 10}, {"xoxp-", 10}, {"xoxa-", 10}, {"xoxr-", 10}, {"xoxs-", 10}, {"xoxe", 10}, {"xapp-", 10}, {"AKIA", 16}, {"ASIA", 16},
	{"Atzr|", 10}, {"Atza|", 10}, {"Atzr%7C", 10}, {"Atza%7C", 10}, {"amzn1.oa2-cs.", 10}, {"amzn.mws.", 16},
	{"sk-", 20}, {"sk_live_", 10}, {"sk_test_", 10}, {"rk_live_", 10}, {"whsec_", 16}, {"ghp_", 20}, {"gho_", 20}, {"ghs_", 20}, {"ghu_", 20}, {"ghr_", 20},
	{"github_pat_", 20}, {"glpat-", 16}, {"AIza", 30}, {"SG.", 30}, {"eyJ", 30},
	{"hooks.slack.com/services/", 10}, {"discord.com/api/webhooks/", 10}, {"discordapp.com/api/webhooks/", 10},
}

func isTokenByte(c byte) bool { return isAlnum(c) || strings.IndexByte("-_.|+/=%~", c) >= 0 }

// tokens finds keys by their shape.
func (v view) tokens(add func(SecretKind, int, int)) {
	for _, shape := range tokenShapes {
		for from := 0; ; {
			i := strings.Index(v.text[from:], shape.prefix)
			if i < 0 {
				break
			}
			start := from + i
			end := start + len(shape.prefix)
			for end < len(v.text) && isTokenByte(v.text[end]) {
				end++
			}
			from = end
			body := strings.TrimRight(v.text[start+len(shape.prefix):end], ".")
			free := start == 0 || !isAlnum(v.text[start-1])
			if free && len(body) >= shape.min && strings.ContainsAny(body, "0123456789") && !(shape.prefix == "eyJ" && !strings.Contains(body, ".")) {
				add(SecretToken, start, start+len(shape.prefix)+len(body))
			}
		}
	}
	if i := strings.Index(v.text, "-----BEGIN "); i >= 0 && strings.Contains(v.text[i:], "PRIVATE KEY-----") {
		end := len(v.text)
		if j := strings.LastIndex(v.text, "-----END "); j > i {
			end = j + len("-----END ")
			if k := strings.Index(v.text[end:], "-----"); k >= 0 {
				end += k + 5
			}
		}
		add(SecretToken, i, end)
	}
	if i := strings.Index(v.low, "bearer "); i >= 0 {
		start := i + len("bearer ")
		end := start
		for end < len(v.text) && isTokenByte(v.text[end]) {
			end++
		}
		if end-start >= 20 && strings.ContainsAny(v.text[start:end], "0123456789") {
			add(SecretToken, start, end)
		}
	}
	v.botTokens(add)
}

// botTokens finds Discord bot tokens: three parts of 23 to 28, 6 or 7 and 27 to 45 characters.
func (v view) botTokens(add func(SecretKind, int, int)) {
	s := v.text
	for dot := 0; dot < len(s); dot++ {
		if s[dot] != '.' {
			continue
		}
		word := func(c byte) bool { return isAlnum(c) || c == '-' || c == '_' }
		start := dot
		for start > 0 && word(s[start-1]) {
			start--
		}
		middle := dot + 1
		for middle < len(s) && word(s[middle]) {
			middle++
		}
		end := min(middle+1, len(s))
		for end < len(s) && word(s[end]) {
			end++
		}
		first, second, third := dot-start, middle-dot-1, end-middle-1
		if middle < len(s) && s[middle] == '.' && first >= 23 && first <= 28 && second >= 6 && second <= 7 && third >= 27 && third <= 45 {
			add(SecretToken, start, end)
			dot = end
		}
	}
}
