package answer

import (
	"strings"
	"unicode/utf8"
)

// Lines reads a pasted list: items one below the other, or parted by commas, 、, ; or /. Bullets and the numbers of a
// numbered list go, empty items go. A comma inside a number ("1,234") parts nothing, and where the text has several
// lines a slash does not either. Items are trimmed but otherwise as typed, repetitions included.
func Lines(text string) []string {
	washed := wash(text, false)
	several := strings.Contains(strings.TrimSpace(washed), "\n")
	var items []string
	for line := range strings.SplitSeq(washed, "\n") {
		line = unbullet(strings.TrimSpace(line), several)
		start := 0
		for i, r := range line {
			if i >= start && parts(line, i, r, several) {
				items = addItem(items, line[start:i])
				start = i + utf8.RuneLen(r)
			}
		}
		items = addItem(items, line[start:])
	}
	return items
}

func addItem(items []string, item string) []string {
	if item = strings.Trim(item, " \t,，、;；"); item != "" {
		return append(items, item)
	}
	return items
}

// parts reports whether the character at i parts two items.
func parts(line string, i int, r rune, several bool) bool {
	switch r {
	case '、', ';', '；':
		return true
	case '/', '／':
		return !several && !strings.Contains(line, "://") && !isDate(line)
	case ',', '，':
		before := 0
		for before < i && isDigit(line[i-1-before]) {
			before++
		}
		bare := i-before == 0 || !isLetter(line[i-before-1])
		return !(r == ',' && before >= 1 && before <= 3 && bare && digitRun(line[i+1:]) == 3)
	}
	return false
}

// isDate reports whether a line is one date with slashes, such as 12/01/2026.
func isDate(line string) bool {
	fields := strings.Split(strings.TrimSpace(line), "/")
	if len(fields) != 3 {
		return false
	}
	for _, f := range fields {
		if !digitsOnly(f) || len(f) > 4 {
			return false
		}
	}
	return len(fields[0]) == 4 || len(fields[2]) == 4
}

// unbullet takes "- ", "• ", "1. ", "(2)" and, in a list of several lines, "1、" off the front.
func unbullet(line string, several bool) string {
	for _, b := range [...]string{"- ", "* ", "• ", "•", "· ", "·", "– ", "— ", "● ", "●", "▪ "} {
		if rest, ok := strings.CutPrefix(line, b); ok {
			return strings.TrimSpace(rest)
		}
	}
	s := strings.TrimLeft(line, "(（")
	bracket := s != line
	n := digitRun(s)
	if n == 0 || n > 3 {
		return line
	}
	r, size := utf8.DecodeRuneInString(s[n:])
	rest := s[n+size*boolInt(r != utf8.RuneError):]
	switch {
	case r == '.' && rest != "" && !isDigit(rest[0]), r == '．' && rest != "", r == '、' && (several || rest != "" && !isDigit(rest[0])),
		(r == ')' || r == '）') && (bracket || rest != ""):
		return strings.TrimSpace(rest)
	}
	return line
}

func boolInt(b bool) int {
	if b {
		return 1
	}
	return 0
}
