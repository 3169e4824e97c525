package knowledge

import (
	"strings"
	"unicode"
)

// A piece is a word of Latin letters or digits, or a run of Chinese characters, as it stands in a cleaned text.
type piece struct {
	text string
	han  bool
}

// plain makes texts comparable: lower case, full-width letters and digits as half-width ones.
func plain(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		switch {
		case r >= 0xFF01 && r <= 0xFF5E:
			r -= 0xFEE0
		case r == 0x3000:
			r = ' '
		}
		if r < 0x80 {
			if r >= 'A' && r <= 'Z' {
				r += 'a' - 'A'
			}
		} else {
			r = unicode.ToLower(r)
		}
		b.WriteRune(r)
	}
	return b.String()
}

// pieces cuts a plain text into words and runs; letters and digits part, so that "ISPM15" is "ISPM 15".
func pieces(s string) []piece {
	list := make([]piece, 0, 16)
	start, kind := -1, 0
	for i, r := range s {
		k := kindOf(r)
		if k == kind {
			continue
		}
		if r == '\'' && kind == letter && i+1 < len(s) && s[i+1] == 't' {
			continue // don't, can't
		}
		if kind != 0 {
			list = append(list, piece{s[start:i], kind == han})
		}
		start, kind = i, k
	}
	if kind != 0 {
		list = append(list, piece{s[start:], kind == han})
	}
	return list
}

const (
	letter = 1 + iota
	digit
	han
)

func kindOf(r rune) int {
	switch {
	case r >= 'a' && r <= 'z':
		return letter
	case r >= '0' && r <= '9':
		return digit
	case r < 0x80:
		return 0
	case unicode.Is(unicode.Han, r):
		return han
	case unicode.IsLetter(r):
		return letter
	}
	return 0
}

// stem makes forms of an English word alike. It need not be right, only the same for both sides.
func stem(w string) string {
	if s, ok := spellings[w]; ok {
		w = s
	}
	switch {
	case len(w) > 4 && strings.HasSuffix(w, "ies"):
		w = w[:len(w)-3] + "y"
	case len(w) > 3 && strings.HasSuffix(w, "s") && !strings.HasSuffix(w, "ss") && !strings.HasSuffix(w, "us") && !strings.HasSuffix(w, "is"):
		w = w[:len(w)-1]
	}
	for _, end := range []string{"ing", "ed"} {
		if len(w) > len(end)+3 && strings.HasSuffix(w, end) {
			w = w[:len(w)-len(end)]
			if n := len(w); w[n-1] == w[n-2] && w[n-1] != 's' {
				w = w[:n-1]
			}
			break
		}
	}
	if len(w) > 4 && strings.HasSuffix(w, "e") {
		w = w[:len(w)-1]
	}
	return w
}

var spellings = map[string]string{
	"centre": "center", "centres": "center", "programme": "program", "licence": "license", "harbour": "harbor",
	"fulfilment": "fulfillment", "fulfil": "fulfill", "cancelled": "canceled", "kilograms": "kg", "labelling": "label",
	"labeling": "label", "labelled": "label", "parcels": "parcel", "colour": "color", "enrolment": "enroll",
}

// stops are English words that carry no subject.
var stops = set(`a an the is are was were be been am do does did i my me mine we our us you your he she it its they them their this that
 these those there here can could should would will shall may might must have has had what how why when where which who whom whose to of in on
 at for and or but with from by as into about if not no yes so than then too very just also any some all get got much many long mean means want
 know make tell please let need needs thing things ok hi hello hey thanks thank now still cannot can't don't doesn't isn't won't off up out`)

// empties are Chinese words that carry no subject, longest first within a character.
var empties = group(`请问一下 请问 想问一下 想问 问一下 告诉我 帮我 我想知道 我想 我要 我们 你们 您好 你好 怎么办 怎么样 怎么 怎样 什么时候 为什么 是什么 什么样 什么 如何 多少 几个
 哪里 哪个 哪些 哪儿 可以不可以 可不可以 能不能 是不是 有没有 要不要 会不会 可以 是否 需不需要 必须 一定 一下 一直 还是 还要 或者 以及 的话 这个 那个 这些 那些
 意思 谢谢 再见 哈哈 需要 应该 现在 到底 的 了 吗 呢 吧 啊 呀 嘛 么 我 你 您 他 她 它 们 是 和 与 跟 或 在 就 都 也 又 还 把 被 给 从 对 会 能 要 想 有 没 不 去 来 做 很 太 个 该 为 好 行 嗯 哦 哈 请 让`)

func set(s string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(s) {
		m[w] = true
	}
	return m
}

func group(s string) map[rune][]string {
	m := map[rune][]string{}
	for _, w := range strings.Fields(s) {
		r := []rune(w)[0]
		at := 0
		for at < len(m[r]) && len(m[r][at]) >= len(w) {
			at++
		}
		m[r] = append(m[r][:at], append([]string{w}, m[r][at:]...)...)
	}
	return m
}
