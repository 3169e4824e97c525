package main

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"xiaobao/adapters/discord"
	"xiaobao/bot/answer"
	"xiaobao/flows"
	"xiaobao/knowledge"
	"xiaobao/shipment"
)

// DiscordForum is the support forum that the bot looks after, over the gateway. All are Discord's ids.
type DiscordForum struct {
	Channel string `yaml:"channel"` // the forum; empty: none
	Helpers string `yaml:"helpers"` // the role whose members may mark posts solved too
	Desk    string `yaml:"desk"`    // the channel that gets the weekly list of posts without an answer
	Replies bool   `yaml:"replies"` // look at replies too; needs Message Content Intent
	Tickets string `yaml:"tickets"` // the helpers' channel where questions for a human are shown and answered
}

func (f DiscordForum) check(mode string) error {
	var faults []error
	for _, one := range []struct{ name, id string }{{"channel", f.Channel}, {"helpers", f.Helpers}, {"desk", f.Desk}, {"tickets", f.Tickets}} {
		if strings.Trim(one.id, "0123456789") != "" || len(one.id) > 20 {
			faults = append(faults, fmt.Errorf("discord.forum.%s: an id, only digits, not %q", one.name, one.id))
		}
	}
	if f.Channel+f.Tickets != "" && mode == "http" {
		faults = append(faults, errors.New("discord.forum: posts and tickets are served over the gateway only: set discord.mode to gateway"))
	}
	if f.Channel == "" && f.Replies {
		faults = append(faults, errors.New("discord.forum.channel: name the forum, or leave replies out"))
	}
	if f.Channel == "" && (f.Desk != "" || f.Helpers != "" && f.Tickets == "") {
		faults = append(faults, errors.New("discord.forum.channel: name the forum, or leave helpers and desk out"))
	}
	if f.Tickets != "" && f.Helpers == "" {
		faults = append(faults, errors.New("discord.forum.helpers: name the role whose members may answer tickets"))
	}
	return errors.Join(faults...)
}

// readPost says what the house makes of a post in a forum: its title in the first line, then its text. It keeps nothing.
func readPost(base *knowledge.Base, text string, tags []string) discord.Reading {
	text, _ = answer.Prose(text, 4000)
	r := discord.Reading{Lang: postLanguage(text), Exposed: exposed(text)}
	r.Tags = fitting(text, r.Lang, tags)
	library := flows.Library{Base: base}
	seen := map[string]bool{}
	for _, sentence := range sentences(text) {
		for _, hit := range base.Search(sentence, 2) {
			id := string(hit.Kind) + ":" + hit.ID
			p, ok := library.Passage(r.Lang, id)
			if !hit.Confident || seen[id] || !ok || len(r.Answers) == 3 {
				continue
			}
			seen[id] = true
			l := discord.Likely{Title: p.Title, Text: p.Text}
			if len(p.Sources) > 0 {
				if o, ok := library.Origin(r.Lang, p.Sources[0]); ok {
					l.Source, l.Date, l.Link = o.Title, o.Date, o.Link
				}
			}
			r.Answers = append(r.Answers, l)
		}
	}
	return r
}

// mostSentences is how many sentences of a post are looked up.
const mostSentences = 12

func sentences(text string) (out []string) {
	for _, s := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune("\n.!?。！？；;", r) }) {
		if s = strings.TrimSpace(s); s != "" && len(out) < mostSentences {
			out = append(out, s)
		}
	}
	return out
}

// postLanguage is the language of a post: Chinese when a tenth of its letters are.
func postLanguage(text string) string {
	han, all := 0, 0
	for _, r := range text {
		if unicode.Is(unicode.Han, r) {
			han++
		}
		if unicode.IsLetter(r) {
			all++
		}
	}
	if han > 0 && han*10 >= all {
		return "zh-Hans"
	}
	return "en"
}

// postTopics are what forums have tags for: the words of their names, and words of posts that are about them.
var postTopics = []struct{ names, words []string }{
	{[]string{"activation", "onboarding", "开通", "入门", "注册"}, []string{"activat", "register", "registration", "sign up", "onboard", "apply", "开通", "注册", "入驻", "申请"}},
	{[]string{"customs", "清关", "报关", "海关"}, []string{"customs", "duty", "duties", "hs code", "clearance", "清关", "报关", "海关", "关税", "税则"}},
	{[]string{"tracking", "shipment", "物流", "跟踪", "货件"}, []string{"track", "shipment", "where is", "delayed", "in transit", "物流", "跟踪", "追踪", "货件", "单号", "到货"}},
	{[]string{"billing", "payment", "fees", "费用", "账单", "付款"}, []string{"billing", "invoice", "payment", "fee", "charge", "refund", "费用", "账单", "付款", "扣费", "退款"}},
	{[]string{"labels", "cartons", "标签", "装箱"}, []string{"label", "carton", "box size", "packing", "标签", "贴标", "装箱", "箱规"}},
}

// fitting are the tags that fit a post: those of its language, those whose topic it is about, and those it names itself.
func fitting(text, lang string, tags []string) (out []int) {
	low := strings.ToLower(text)
	holds := func(words []string) bool {
		return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(low, w) })
	}
	for i, tag := range tags {
		name := strings.ToLower(strings.TrimSpace(tag))
		fits := false
		switch name {
		case "":
		case "中文", "chinese":
			fits = lang == "zh-Hans"
		case "english", "英文":
			fits = lang == "en"
		default:
			fits = strings.Contains(low, name)
			for _, t := range postTopics {
				fits = fits || holds(t.words) && slices.ContainsFunc(t.names, func(n string) bool { return strings.Contains(name, n) })
			}
		}
		if fits {
			out = append(out, i)
		}
	}
	return out
}

// private are shapes of what should not stand in public. A needless notice costs little, a missed number much.
var private = []*regexp.Regexp{
	regexp.MustCompile(`[\w.+-]+@[\w-]+\.\w`),                                 // mail
	regexp.MustCompile(`(^|\D)1[3-9]\d[- ]?\d{4}[- ]?\d{4}(\D|$)`),            // Chinese mobile phones
	regexp.MustCompile(`\+\d[\d ()-]{7,16}\d`),                                // telephones abroad
	regexp.MustCompile(`\(?\b\d{3}\)?[- .]\d{3}[- .]\d{4}\b`),                 // American ones
	regexp.MustCompile(`(?i)\bFBA[0-9A-Z]{8,}`),                               // Amazon's shipments and boxes
	regexp.MustCompile(`\b[A-Z]{4}\d{7}\b`),                                   // containers
	regexp.MustCompile(`\b\d{3}-\d{7}-\d{7}\b`),                               // orders
	regexp.MustCompile(`\d{10,}`),                                             // whatever it is
	regexp.MustCompile(`[路街道巷村镇大厦园弄][^\n]{0,12}\d+ ?[号栋幢楼室弄]`),                // Chinese addresses
	regexp.MustCompile(`(微信|[Ww]e[Cc]hat|[Ww]hats[Aa]pp|QQ)[号:： ]+[\w-]{5,}`), // contacts
	regexp.MustCompile(`(?i)\b\d{1,6} [\w. ]{2,40}\b(street|st|road|rd|avenue|ave|drive|dr|lane|ln|boulevard|blvd|way|court|ct|suite)\b`), // American addresses
	regexp.MustCompile(`\b[A-Z]{2} \d{5}(-\d{4})?\b`),
}

// exposed says whether a text that everybody reads holds a number to track, a contact, an address or a secret.
func exposed(text string) bool {
	plain, _ := answer.Clean(text, 0)
	return len(shipment.Recognise(text)) > 0 || len(answer.Secrets(text)) > 0 ||
		slices.ContainsFunc(private, func(shape *regexp.Regexp) bool { return shape.MatchString(plain) })
}
