package knowledge

import "strings"

// IsQuestion guesses whether a text asks something, in Chinese or English, so that it can be answered in the middle of a
// step. It looks at question marks and at the words questions begin and end with; it does not know whether we can answer.
func IsQuestion(text string) bool {
	s := strings.TrimSpace(plain(text))
	if s == "" {
		return false
	}
	if strings.HasSuffix(strings.TrimRight(s, " .!~。…\"'”’)"), "?") {
		return true
	}
	s = strings.TrimRight(s, " .!~。…\"'”’)")
	for _, end := range []string{"吗", "呢", "么", "吗啊", "什么意思", "怎么办", "多久", "多少", "多少钱", "哪里", "哪儿"} {
		if strings.HasSuffix(s, end) && s != end || s == "怎么办" {
			return true
		}
	}
	for _, word := range []string{
		"怎么", "怎样", "为什么", "为何", "什么是", "是什么", "有什么", "要什么", "什么时候", "哪些", "哪个", "哪一", "哪里", "如何", "能不能", "可不可以",
		"区别", "啥", "咋", "什么意思", "是不是", "有没有", "要不要", "会不会", "需不需要", "是否", "请问", "想问", "多少钱", "多久", "多长时间", "什么区别", "几天", "几个工作日",
	} {
		if strings.Contains(s, word) {
			return true
		}
	}
	if eitherOr(s) {
		return true
	}
	words := strings.Fields(s)
	if len(words) > 0 && companies[words[len(words)-1]] {
		return false
	}
	for len(words) > 1 && openers[strings.Trim(words[0], ",.:;!")] {
		words = words[1:]
	}
	if len(words) < 2 {
		return len(words) == 1 && words[0] == "why"
	}
	first, second := strings.Trim(words[0], ",.:;"), strings.Trim(words[1], ",.:;")
	switch first {
	case "how", "what", "why", "when", "where", "which", "who", "whose":
		return askers[second] || len(words) > 2 && first != "which" && first != "when" && first != "who"
	case "what's", "how's", "where's", "who's", "whats":
		return true
	case "can", "could", "should", "may", "must", "do", "does", "did", "is", "are", "will", "would", "shall", "am", "has", "have":
		return subjects[second]
	case "tell", "explain", "define":
		return first != "tell" || second == "me"
	}
	return strings.HasPrefix(s, "i want to know") || strings.HasPrefix(s, "i wonder") || strings.Contains(s, "do you know")
}

// eitherOr finds a Chinese question of the form 收不收, 用不用.
func eitherOr(s string) bool {
	r := []rune(s)
	for i := 1; i+1 < len(r); i++ {
		if r[i] == '不' && r[i-1] == r[i+1] && r[i-1] > 0x7f {
			return true
		}
	}
	return false
}

var openers = set("hi hello hey so and but ok okay please well um then also sorry")

// companies are what names of companies end in, which may well begin with "Is" or "Why".
var companies = set("ltd limited inc llc corp co gmbh ag sarl srl bv kk plc trading company")

var askers = set(`is are was were do does did can could should would will to many much long often about if kind documents document fees happens
 means not the a my i we you it has have am be far big large heavy else`)

var subjects = set(`i you we they he she it my the a an amazon agl this that there your our one fba send these those any anyone somebody someone customs`)
