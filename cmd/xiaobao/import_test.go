package main

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"xiaobao/adapters/slack/slacktest"
)

// hand hands a file over, and waits for what the bot makes of it.
func (v *visitor) hand(name string, data []byte, see string) {
	v.t.Helper()
	v.send(posting{"kind": "file", "name": name, "type": "text/csv", "data": data})
	v.see(see)
}

// list is a table of n shipments as Chinese Excel saves it: GBK, semicolons.
func listOf(n int) []byte {
	var b strings.Builder
	b.WriteString("序号;运单号;运输方式\r\n")
	for i := range n {
		fmt.Fprintf(&b, "%d;FWD%08d;海运\r\n", i+1, i)
	}
	data, _ := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(b.String()))
	return data
}

// TestImportInTheChat: a table is handed over, shown with its mistakes, imported, and taken back; in both languages.
func TestImportInTheChat(t *testing.T) {
	for lang, say := range map[string]struct{ hello, how, found, left, fault, button, done, shipments, one, undo, undone, again, template string }{
		"en": {"hello", "import", "list.csv: 3,000 shipments can be imported.", "2 lines have mistakes and are left out.", "Excel has shortened this number.", "Import 3,000",
			"I follow 3,000 more shipments now.", "Shipments", "FWD00000007", "Take It Back", "3,000 shipments are no longer followed.", "This import was taken back.", "shipments-template.csv"},
		"zh": {"你好", "导入", "list.csv：可导入 3,000 个货件。", "有 2 行有错，先不导入。", "单号被 Excel 缩写了。", "导入 3,000 个",
			"新跟踪 3,000 个货件。", "货件", "FWD00000007", "撤销导入", "已停止跟踪 3,000 个货件。", "这次导入已撤销。", "shipments-template.csv"},
	} {
		t.Run(lang, func(t *testing.T) {
			t.Parallel()
			p := start(t, clockFrom(opening), fresh(t, "")...)
			v := visit(t, p, lang)
			v.say(say.hello)
			v.say(say.how)
			v.see(say.template)
			data := append(listOf(3000), "x;1.23E+15;\r\ny;;\r\n"...)
			v.hand("list.csv", data, say.found)
			v.see(say.left)
			v.see(say.fault)
			if n := v.sees().told("FWD0000"); n > 0 {
				t.Errorf("%d cards before anything was confirmed", n)
			}
			v.press(say.button)
			v.see(say.done)
			v.press(say.button) // twice is once
			v.await("the second answer", func(r room) bool { return strings.Count(r.String(), say.done) >= 2 })
			v.say("track " + say.one)
			v.see(say.one)
			if n := v.sees().told("FWD00000008"); n > 0 {
				t.Errorf("%d cards for what needs none", n)
			}
			v.press(say.undo)
			v.see(say.undone)
			v.press(say.button)
			v.see(say.again)
			// the same file again, after all
			v.hand("list2.csv", data, strings.Replace(say.found, "list.csv", "list2.csv", 1))
			v.press(say.button)
			v.await("it to be imported again", func(r room) bool { return strings.Count(r.String(), say.done) >= 3 })
		})
	}
}

// TestImportEvents: events of one's own shipments, told once, and taken back so that all is as before.
func TestImportEvents(t *testing.T) {
	p := start(t, clockFrom(opening), fresh(t, "")...)
	v := visit(t, p, "en")
	w := visit(t, p, "en") // somebody else follows the same number
	for _, v := range []*visitor{v, w} {
		v.say("hello")
		v.say("track FWD2026112601")
		v.press(followLabel(t, v, "Follow It"))
		v.see("Shipment FWD2026112601")
	}
	at := func(hours int) string {
		return opening.Add(time.Duration(-hours) * time.Hour).UTC().Format("2006-01-02 15:04")
	}
	file := fmt.Appendf(nil, "tracking number,time,time zone,status,reason,place,country,description,exception\nFWD2026112601,%s,Z,picked up,,Dongguan,CN,,no\nFWD2026112601,%s,Z,customs,info_required,LA,US,=HYPERLINK(\"http://evil\"),yes\nNEW2026112699,%s,Z,in transit,,,,,\nFWD2026112601,yesterday,Z,in transit,,,,,\n", at(5), at(2), at(1))
	v.hand("events.csv", file, "3 tracking events can be imported.")
	v.see("1 number is not followed yet; it will be.")
	v.press("Import 3")
	v.see("FWD2026112601 has a problem: Customs ask for information")
	v.see("3 tracking events are entered")
	if strings.Contains(w.sees().String(), "has a problem") {
		t.Error("another seller's shipment was told about")
	}
	v.hand("events.csv", file, "3 tracking events can be imported.")
	v.press("Import 3")
	v.await("the second import", func(r room) bool { return strings.Count(r.String(), "3 tracking events are entered") >= 2 })
	if n := v.sees().told("has a problem"); n != 1 {
		t.Errorf("the same news was told %d times", n)
	}
	v.press("Take It Back")
	v.see("3 tracking events are taken out again.")
	const entered = "3 tracking events are entered"
	// A yes to the preview imports too, in whichever language; once something else was said, it is about that.
	for i, yes := range []string{"yes", "是"} {
		before := strings.Count(v.sees().String(), entered)
		name := fmt.Sprintf("again%d.csv", i)
		v.hand(name, file, name+": 3 tracking events can be imported.")
		v.say(yes)
		v.await("what "+yes+" imports", func(r room) bool { return strings.Count(r.String(), entered) > before })
	}
	v.hand("late.csv", file, "late.csv: 3 tracking events can be imported.")
	before := strings.Count(v.sees().String(), entered)
	v.say("status")
	v.say("yes")
	v.see("I did not understand that.")
	if n := strings.Count(v.sees().String(), entered); n != before {
		t.Errorf("a yes to something else imported: %d", n-before)
	}
}

// TestImportCommand: the same on the command line, where nothing happens without --yes.
func TestImportCommand(t *testing.T) {
	args := fresh(t, "")
	db := databaseOf(args)
	file := write(t, "list.csv", "单号,运输方式\nAB12345678,海运\nAB12345678,海运\nAB12345679,火箭\n=cmd|' /C calc'!A0,\nAB12345670,空运\n")
	do := func(code int, says string, more ...string) string {
		t.Helper()
		c, out, errs := command(t, "", append([]string{"import", "--database", db}, more...)...)
		if c != code || !strings.Contains(out+errs, says) {
			t.Fatalf("%v: %d, want %d and %q:\n%s%s", more, c, code, says, out, errs)
		}
		return out
	}
	do(1, "Say hello in the chat first", file)
	p := start(t, clockFrom(opening), args...)
	v := visit(t, p, "en")
	v.say("hello")
	out := do(1, "Nothing was changed", file)
	for _, want := range []string{"list.csv: 2 shipments can be imported.", "Line 2: AB12345678, by sea", "3 | A 单号 | AB12345678 | Line 2 has the same number.", "4 | B 运输方式 | 火箭 | Write sea, air or parcel", "5 | A 单号 | =cmd|"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is not in:\n%s", want, out)
		}
	}
	out = do(1, "I follow 2 more shipments now.", file, "--yes")
	_, undo, _ := strings.Cut(out, "--undo ")
	do(1, "2 numbers are followed already", file, "--yes")
	do(0, "2 shipments are no longer followed.", "--undo", strings.TrimSpace(undo))
	do(1, "This table is no longer here", "--undo", "nothing")
	out = do(0, "可导入 1 个货件", write(t, "good.csv", "单号\nAB12345678\n"), "--language", "zh-Hans")
	if !strings.Contains(out, "请加上 --yes") || strings.Contains(out, "Nothing") || strings.Contains(out, ":") {
		t.Errorf("not all of it is Chinese:\n%s", out)
	}
	do(1, "no tracking numbers in this table", write(t, "bad.csv", "a,b\n1,2\n"))
	do(1, "cannot be read", "/nowhere.csv")
	do(1, "name a file to import", "--yes")
	do(0, "运单号,运输方式", "--template", "shipments", "--language", "zh-Hans")
	do(0, "tracking number,time", "--template", "events")
	do(1, "there is no case X", file, "--case", "X")
	w := visit(t, p, "en")
	w.say("hello")
	do(1, "name one with --case", file)
}

// TestImportInSlack: the same table, shared in a Slack conversation.
func TestImportInSlack(t *testing.T) {
	s := slacktest.New(t)
	s.Set(slacktest.Person, slacktest.Profile{Name: "林", Locale: "zh-CN", Zone: "Asia/Shanghai"})
	t.Setenv("SLACK_BOT_TOKEN", slacktest.BotToken)
	t.Setenv("SLACK_APP_TOKEN", slacktest.AppToken)
	t.Setenv("SLACK_API_URL", s.API())
	start(t, clockFrom(opening), fresh(t, "")...)
	n := 1
	push := func(kind string, payload map[string]any) {
		t.Helper()
		n++
		if !s.Push(kind, payload, 0).Acked {
			t.Fatal("not acknowledged")
		}
	}
	push("events_api", slacktest.Said(n, "你好"))
	file := append(listOf(30), "x;1.23E+15;\r\ny;=1+1;\r\n"...)
	push("events_api", slacktest.Event(n, map[string]any{
		"type": "message", "subtype": "file_share", "channel": slacktest.DM, "channel_type": "im", "user": slacktest.Person, "text": "", "ts": "1764550800.000100",
		"files": []any{map[string]any{"name": "list.csv", "mimetype": "text/csv", "url_private": s.Serve("list.csv", file)}},
	}))
	button := func(label string) (payload map[string]any) {
		for _, m := range s.Messages(slacktest.DM) {
			if found := m.Pressed(n, label); found != nil {
				payload = found
			}
		}
		return payload
	}
	for _, label := range []string{"导入 30 个", "撤销导入"} {
		s.Wait("the button "+label, func() bool { return button(label) != nil })
		push("interactive", button(label))
	}
	said := func(text string) bool {
		for _, m := range s.Messages(slacktest.DM) {
			if strings.Contains(m.Text+string(m.Blocks), text) {
				return true
			}
		}
		return false
	}
	s.Wait("it to be taken back", func() bool { return said("已停止跟踪 30 个货件。") })
	for _, text := range []string{"list.csv：可导入 30 个货件。", "有 2 行有错，先不导入。", "单号被 Excel 缩写了。"} {
		if !said(text) {
			t.Errorf("%q was not said", text)
		}
	}
	if f := s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}
