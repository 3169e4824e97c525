package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/txtar"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/adapters/slack/slacktest"
)

// TestThreeDoors walks one seller through all ten steps: they begin on the web, go on in Slack and finish in Discord, from one to the next with
// a code, and once in the middle of a step. Every input is delivered twice. After every single one of them, something is asked at one
// door at most, and at exactly one where the next line answers something: what was asked elsewhere can no longer be pressed there.
func TestThreeDoors(t *testing.T) {
	data, err := os.ReadFile("testdata/ten-steps.txtar")
	if err != nil {
		t.Fatal(err)
	}
	scripts := map[string]string{}
	for _, f := range txtar.Parse(data).Files {
		scripts[f.Name] = string(f.Data)
	}
	for _, lang := range []string{"en", "zh-Hans"} {
		t.Run(lang, func(t *testing.T) {
			w := newDoorway(t, lang, "")
			lines := strings.Split(strings.TrimSpace(scripts[lang]), "\n")
			step, inStep := 0, 0
			for n, line := range lines {
				if line == "" || line[0] == '#' {
					continue
				}
				var open int
				if k, _ := fmt.Sscanf(line, "* %d.", &open); k == 1 && open == step+1 {
					step, inStep = open, 0
				}
				// From one door to the next in the middle of steps 4 and 7, when nothing is half filled in.
				if inStep++; inStep > 3 && w.fields == nil && line[0] != '~' && (step == 4 && w.at == 0 || step == 7 && w.at == 1) {
					w.moveOn()
				}
				w.line(n+1, line)
				w.settle(n+1, line, answersSomething(lines[n+1:]))
			}
			w.wait("all ten steps to be done", func() bool { return strings.Count(w.doors[2].reads(), "✅") >= 10 })
			if w.asked < 60 {
				t.Errorf("something was asked after only %d lines", w.asked)
			}
			if f := append(w.discord.Refused(), w.slack.Refused()...); len(f) > 0 {
				t.Errorf("refused: %q", f)
			}
			if code := w.program.stop(); code != 0 || w.program.errs.String() != "" {
				t.Errorf("ended with %d and wrote:\n%s", code, w.program.errs)
			}
		})
	}
}

// answersSomething says whether the next line of a script answers a question; otherwise it opens a step, or waits.
func answersSomething(lines []string) bool {
	for _, l := range lines {
		var step int
		if k, _ := fmt.Sscanf(l, "* %d.", &step); k == 1 || l != "" && l[0] == '~' {
			return false
		}
		if l != "" && l[0] != '#' {
			return true
		}
	}
	return false
}

// A door is where somebody talks with the bot.
type door interface {
	asks() []string // the cards that can be answered, as they stand: another text when they were changed
	reads() string
	say(text string)
	press(label string)
	fill(fields map[string]string)
}

// A doorway is the program with three doors, and who goes through them.
type doorway struct {
	t       *testing.T
	lang    string
	program *program
	clock   *standing
	slack   *slacktest.Server
	discord *discordtest.Server
	doors   [3]door
	at      int               // where they are
	fields  map[string]string // of the form they fill in
	asked   int               // lines after which something was asked
	before  []string          // what was asked before the line
}

// newDoorway opens the three doors. more is what the configuration says besides.
func newDoorway(t *testing.T, lang, more string) *doorway {
	locale := map[string]string{"en": "en-US", "zh-Hans": "zh-CN"}[lang]
	w := &doorway{t: t, lang: lang, clock: &standing{at: opening}, slack: slacktest.New(t), discord: discordtest.New(t)}
	w.slack.Set(slacktest.Person, slacktest.Profile{Name: "Lin", Locale: locale, Zone: "Asia/Shanghai"})
	t.Setenv("DISCORD_TOKEN", discordtest.Token)
	t.Setenv("DISCORD_API_URL", w.discord.API())
	t.Setenv("SLACK_BOT_TOKEN", slacktest.BotToken)
	t.Setenv("SLACK_APP_TOKEN", slacktest.AppToken)
	t.Setenv("SLACK_API_URL", w.slack.API())
	w.program = start(t, w.clock.now, fresh(t, "simulator: {speed: 64000}\n"+more)...)
	v := visit(t, w.program, lang)
	v.clock = w.clock
	w.doors = [3]door{&webTalk{v}, &slackTalk{w: w, s: w.slack, asked: map[string]bool{}}, &discordTalk{w: w, s: w.discord, at: discordtest.InServer(locale)}}
	return w
}

// wait waits until something is so, looking a hundred times a second, for it costs more than to wait. Time goes on meanwhile, five times as fast
// as it does: messages of one conversation are a second apart in Slack, and edits of one card two.
func (w *doorway) wait(what string, ok func() bool) {
	w.t.Helper()
	ticks := time.NewTicker(2 * time.Millisecond)
	defer ticks.Stop()
	for end := time.Now().Add(patience); !ok(); {
		if time.Now().After(end) {
			w.t.Fatalf("waited in vain for %s; asked: %q; the last door reads\n%s", what, w.asking(), tail(w.doors[w.at].reads()))
		}
		for range 5 {
			<-ticks.C
			w.clock.mu.Lock()
			w.clock.at = w.clock.at.Add(10 * time.Millisecond)
			w.clock.mu.Unlock()
		}
	}
}

func tail(s string) string {
	lines := strings.Split(strings.TrimSpace(s), "\n")
	return strings.Join(lines[max(0, len(lines)-40):], "\n")
}

// asking is what is asked at all doors together.
func (w *doorway) asking() (all []string) {
	for n, d := range w.doors {
		for _, card := range d.asks() {
			all = append(all, fmt.Sprint("door ", n, ": ", card))
		}
	}
	return all
}

// line does what a line of the script says, at the door where they are. See testdata/ten-steps.txtar.
func (w *doorway) line(n int, line string) {
	w.t.Helper()
	d, rest := w.doors[w.at], strings.TrimSpace(line[1:])
	w.before = w.asking()
	switch line[0] {
	case '~':
		w.wait(rest, func() bool { return strings.Contains(d.reads(), rest) })
	case '=':
		if w.fields == nil {
			w.fields = map[string]string{}
		}
		id, value, _ := strings.Cut(rest, ":")
		w.fields[id] = strings.TrimSpace(value)
	case '>':
		d.say(strings.ReplaceAll(rest, `\n`, "\n"))
	case '*':
		if w.fields != nil {
			d.fill(w.fields)
			w.fields = nil
		} else {
			d.press(rest)
		}
	default:
		w.t.Fatalf("line %d begins with none of > * = ~: %s", n, line)
	}
}

// settle waits until a line has had its effect, and then holds what is asked.
func (w *doorway) settle(n int, line string, must bool) {
	w.t.Helper()
	if line[0] == '=' {
		return
	}
	w.wait(fmt.Sprintf("line %d, %q, to have an effect, and one question at most", n, line), func() bool {
		now := w.asking()
		moved := line[0] == '~' || len(w.before) == 0 || !slices.Equal(now, w.before)
		return moved && (len(now) == 1 || !must && len(now) == 0)
	})
	if len(w.asking()) == 1 {
		w.asked++
	}
}

// moveOn goes to the next door with a code, and asks there for what is next.
func (w *doorway) moveOn() {
	w.t.Helper()
	words := map[string][4]string{"en": {"invite", "The code for your colleague: ", "join ", "next"}, "zh-Hans": {"邀请", "给同事的邀请码：", "加入 ", "继续"}}[w.lang]
	from := w.doors[w.at]
	from.say(words[0])
	code := ""
	w.wait("a code", func() bool {
		_, rest, found := strings.Cut(from.reads(), words[1])
		if found && len(rest) >= 8 {
			code = rest[:8]
		}
		return found && code != ""
	})
	w.at++
	w.doors[w.at].say(words[2] + code)
	w.wait("the steps at the next door", func() bool { return strings.Contains(w.doors[w.at].reads(), "▶️") })
	w.doors[w.at].say(words[3])
	w.wait("the question to stand at the next door, and nowhere else", func() bool {
		now := w.asking()
		return len(now) == 1 && strings.HasPrefix(now[0], fmt.Sprint("door ", w.at))
	})
}

// A webTalk is the chat page.
type webTalk struct{ v *visitor }

func (d *webTalk) asks() (all []string) {
	for _, e := range d.v.sees() {
		if e.Message != nil && e.Other == "" && e.Message.Expect != "" {
			all = append(all, fmt.Sprint(e.Order, "/", e.times))
		}
	}
	return all
}

func (d *webTalk) reads() string                 { return d.v.sees().String() }
func (d *webTalk) say(text string)               { d.v.say(text) }
func (d *webTalk) press(label string)            { d.v.press(label) }
func (d *webTalk) fill(fields map[string]string) { d.v.submit(maps.Clone(fields)) }

// A slackTalk is direct messages in Slack.
type slackTalk struct {
	w *doorway
	s *slacktest.Server
	n int

	asked map[string]bool // whether a card can be answered, for each way it stood: they are looked at every few milliseconds
}

func (d *slackTalk) asks() (all []string) {
	for _, m := range d.s.Messages(slacktest.DM) {
		card := fmt.Sprint(m.TS, "/", m.Edits)
		if _, ok := d.asked[card]; !ok {
			d.asked[card] = slices.ContainsFunc(m.Elements(), asking)
		}
		if d.asked[card] {
			all = append(all, card)
		}
	}
	return all
}

// asking says whether a control belongs to a question. Of a menu the options are actions: a question that is typed into has only "stuck" and the like.
func asking(e slacktest.Element) bool {
	return part(e.ID, 2) != "" || slices.ContainsFunc(e.Options, func(o slacktest.Option) bool { return part(o.Value, 1) != "" || part(o.Value, 0) == "stuck" })
}

// part is one of the three parts of what Slack's controls are named: the action, its token, its value.
func part(s string, n int) string {
	if parts := strings.Split(s, " "); len(parts) == 3 {
		return parts[n]
	}
	return ""
}

func (d *slackTalk) reads() (all string) {
	for _, m := range d.s.Messages(slacktest.DM) {
		all += m.Reads() + "\n"
	}
	return all
}

func (d *slackTalk) push(kind string, payload map[string]any) {
	d.w.t.Helper()
	for attempt := range 2 {
		if !d.s.Push(kind, payload, attempt).Acked {
			d.w.t.Fatal("not acknowledged")
		}
	}
}

func (d *slackTalk) say(text string) {
	d.n++
	event := slacktest.Said(d.n, text)
	event["event_time"] = d.w.clock.now().Unix()
	d.push("events_api", event)
}

func (d *slackTalk) press(label string) { d.push("interactive", d.find(label, "✓ "+label)) }

// find is the payload of pressing what has one of the labels, in the newest message that has it.
func (d *slackTalk) find(labels ...string) (payload map[string]any) {
	d.w.t.Helper()
	d.n++
	several := strings.Split(labels[0], " + ")
	d.w.wait(fmt.Sprintf("%q in Slack", labels), func() bool {
		for _, m := range slices.Backward(d.s.Messages(slacktest.DM)) {
			for _, label := range labels {
				if payload == nil {
					payload = m.Pressed(d.n, label)
				}
			}
			for _, send := range []string{"Send", "提交"} {
				if payload == nil {
					payload = m.Pressed(d.n, send, several...)
				}
			}
		}
		return payload != nil
	})
	return payload
}

func (d *slackTalk) fill(fields map[string]string) {
	d.w.t.Helper()
	before := len(d.s.Views())
	d.push("interactive", d.find("Fill In", "填写"))
	d.w.wait("a form in Slack", func() bool { return len(d.s.Views()) > before })
	view := d.s.Views()[len(d.s.Views())-1]
	var v struct {
		Blocks []struct {
			ID      string `json:"block_id"`
			Element struct {
				Options []struct {
					Value string
					Text  struct{ Text string }
				}
			}
		}
	}
	if err := json.Unmarshal(view, &v); err != nil {
		d.w.t.Fatal(err)
	}
	values := map[string]string{}
	for _, b := range v.Blocks {
		parts := strings.Split(fields[b.ID], " + ")
		for i, label := range parts {
			for _, o := range b.Element.Options {
				if label == o.Text.Text {
					parts[i] = o.Value
				}
			}
		}
		values[b.ID] = strings.Join(parts, "\n")
	}
	for id := range fields {
		if _, ok := values[id]; !ok {
			d.w.t.Fatalf("the form in Slack has no %q", id)
		}
	}
	d.n++
	d.push("interactive", slacktest.Sent(d.n, view, values))
}

// A discordTalk is a person's corner of a channel in Discord.
type discordTalk struct {
	w  *doorway
	s  *discordtest.Server
	at discordtest.Where
	n  int
}

func (d *discordTalk) asks() (all []string) {
	for _, m := range d.s.Messages(d.at.Channel) {
		if slices.ContainsFunc(m.Pressable(), func(id string) bool {
			parts := strings.Split(id, ":")
			return len(parts) == 5 && (parts[3] != "" || strings.HasPrefix(parts[1], "t"))
		}) {
			all = append(all, fmt.Sprint(m.ID, "/", m.Edits))
		}
	}
	return all
}

func (d *discordTalk) reads() (all string) {
	for _, m := range d.s.Messages(d.at.Channel) {
		all += m.Reads() + "\n"
	}
	return all
}

func (d *discordTalk) do(payload map[string]any) *discordtest.Interaction {
	d.w.t.Helper()
	i := d.s.Do(payload, true)
	if i.Response == nil {
		d.w.t.Fatal("Discord was not answered")
	}
	return i
}

func (d *discordTalk) say(text string) {
	d.n++
	d.do(d.at.Command(d.n, "say", "text", text))
}

func (d *discordTalk) press(label string) {
	payload, _ := d.find(label, "✓ "+label)
	d.do(payload)
}

func (d *discordTalk) find(labels ...string) (payload map[string]any, from discordtest.Message) {
	d.w.t.Helper()
	d.n++
	several := strings.Split(labels[0], " + ")
	d.w.wait(fmt.Sprintf("%q in Discord", labels), func() bool {
		for _, m := range slices.Backward(d.s.Messages(d.at.Channel)) {
			for _, label := range labels {
				if payload == nil {
					payload, from = m.Pressed(d.n, d.at, label, several...), m
				}
			}
		}
		return payload != nil
	})
	return payload, from
}

// fill opens the form, writes into its fields and sends it, one page after the other.
func (d *discordTalk) fill(fields map[string]string) {
	d.w.t.Helper()
	left := maps.Clone(fields)
	labels := []string{"Fill In", "填写", "Fix Now", "立即修改"}
	for page := 1; labels != nil; page++ {
		payload, from := d.find(labels...)
		opened := d.do(payload)
		_, asked := opened.Form()
		values := map[string]string{}
		for _, f := range asked {
			if v, ok := left[f.ID]; ok {
				values[f.ID] = strings.ReplaceAll(v, " + ", "\n")
				delete(left, f.ID)
			}
		}
		if page == 1 && len(values) == 0 {
			d.w.t.Fatalf("the form in Discord asks for none of %v", left)
		}
		d.n++
		d.do(opened.Filled(d.n, d.at, &from, values))
		labels = nil
		if len(left) > 0 || d.another(page+1) != nil {
			d.w.wait("the next page", func() bool { labels = d.another(page + 1); return labels != nil })
		}
	}
}

// another is the button of a form's page, where it is on offer.
func (d *discordTalk) another(page int) []string {
	for _, m := range d.s.Messages(d.at.Channel) {
		for l := range strings.SplitSeq(m.Reads(), "\n") {
			if strings.HasPrefix(l, fmt.Sprintf("Next Page (%d/", page)) || strings.HasPrefix(l, fmt.Sprintf("下一页（%d/", page)) {
				return []string{l}
			}
		}
	}
	return nil
}
