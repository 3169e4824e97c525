package discord

import (
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"

	"xiaobao/bot"
)

// Data stands in Discord's markdown everywhere but on buttons, options and in forms. Three things make it harmless there: every
// sign that could begin markup has a backslash before it, the two mentions that need no such sign are broken with a joiner that
// nobody sees, and so are addresses, which Discord would make links of. Beside that no message may mention anybody (see mentions).

// joiner is U+2060, WORD JOINER: it has no width, breaks no line, and no client looks through it.
const joiner = "\u2060"

var escaper = strings.NewReplacer(
	`\`, `\\`, `*`, `\*`, `_`, `\_`, `~`, `\~`, "`", "\\`", `|`, `\|`, `>`, `\>`, `<`, `\<`, `[`, `\[`, `]`, `\]`, `#`, `\#`,
	"@everyone", "@"+joiner+"everyone", "@here", "@"+joiner+"here", `://`, ":"+joiner+"//", "discord.gg/", "discord.gg"+joiner+"/",
)

// unescaper takes back what escape did, to read what stands in a message of ours.
var unescaper = strings.NewReplacer(
	joiner, "", `\\`, `\`, `\*`, `*`, `\_`, `_`, `\~`, `~`, "\\`", "`", `\|`, `|`, `\>`, `>`, `\<`, `<`, `\[`, `[`, `\]`, `]`, `\(`, `(`, `\)`, `)`, `\#`, `#`,
	`\-`, `-`, `\+`, `+`, `\.`, `.`, `\:`, `:`,
)

// inline makes data harmless that does not begin a line.
func inline(s string) string { return escaper.Replace(clean(s)) }

// escape makes data harmless where Discord reads markdown. It also keeps lines from becoming lists.
func escape(s string) string {
	lines := strings.Split(inline(s), "\n")
	for i, l := range lines {
		lines[i] = escapeHead(l)
	}
	return strings.Join(lines, "\n")
}

// escapeHead keeps the beginning of a line from being a bullet, a number of a list or small print.
func escapeHead(line string) string {
	body := strings.TrimLeft(line, " \t")
	indent := line[:len(line)-len(body)]
	switch {
	case strings.HasPrefix(body, "-"), strings.HasPrefix(body, "+"):
		return indent + `\` + body
	}
	if digits := strings.TrimLeft(body, "0123456789"); len(digits) < len(body) && strings.HasPrefix(digits, ". ") {
		return indent + body[:len(body)-len(digits)] + `\` + digits
	}
	return line
}

// fence is text to copy as it is: in a code block, which nothing in it can end.
func fence(s string) string {
	return "```\n" + strings.ReplaceAll(clean(s), "```", "`"+joiner+"`"+joiner+"`") + "\n```"
}

// linked is small print that can be opened.
func linked(label, address string) (string, bool) {
	u, ok := webAddress(address)
	if !ok {
		return "", false
	}
	return "[" + strings.ReplaceAll(inline(label), "\n", " ") + "](<" + u + ">)", true
}

// webAddress is an address as it may stand in markdown and on a button; false for what is not a page on the web.
func webAddress(address string) (string, bool) {
	u, err := url.Parse(address)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return "", false
	}
	out := strings.NewReplacer("(", "%28", ")", "%29", "<", "%3C", ">", "%3E", " ", "%20", "`", "%60", "\\", "%5C").Replace(u.String())
	return out, units(out) <= urlText
}

// clean takes out what no text needs: control characters, marks that turn the direction of writing, broken UTF-8.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t':
			return r
		case r == '\r' || unicode.IsControl(r) || r >= 0x202a && r <= 0x202e || r >= 0x2066 && r <= 0x2069 || r == utf8.RuneError:
			return -1
		}
		return r
	}, s)
}

// oneLine is text for a label: no markup is read there, and no lines are broken.
func oneLine(s string, most int) string {
	s = strings.Join(strings.Fields(clean(s)), " ")
	if s == "" {
		s = "…"
	}
	return cut(s, most)
}

// cut shortens to at most n characters as Discord counts them, between graphemes.
func cut(s string, n int) string {
	for graphemes := n; ; graphemes = graphemes * 3 / 4 {
		if out := bot.Shorten(s, graphemes); units(out) <= n || graphemes < 2 {
			return out
		}
	}
}
