package main

import (
	"bytes"
	"context"
	"database/sql"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	_ "modernc.org/sqlite" // the driver, for looking behind the program's back
)

// TestBadInput gives the whole program, by its real door, what no program likes to be given. Each has an answer in the
// reader's language, and nothing is lost by any of it.
func TestBadInput(t *testing.T) {
	for name, test := range map[string]func(*testing.T, *program, *visitor, string){
		"text": badText, "secrets": secretText, "buttons": badButtons, "two tabs": twoTabs, "posts": badPosts, "a locked database": lockedMeanwhile,
	} {
		for _, lang := range []string{"en", "zh-Hans"} {
			t.Run(name+" "+lang, func(t *testing.T) {
				t.Parallel()
				args := append([]string{"--log", "debug"}, fresh(t, "")...)
				p := start(t, clockFrom(opening), args...)
				v := visit(t, p, lang)
				v.say("hi")
				v.press(map[string]string{"en": "1. Register an Amazon seller account", "zh-Hans": "1. 注册亚马逊卖家账号"}[lang])
				v.button(fulfilment[lang])
				test(t, p, v, databaseOf(args))
				if log := p.errs.String(); strings.Contains(log, "panic") || strings.Contains(log, "level=ERROR") && name != "a locked database" {
					t.Errorf("the log:\n%s", log)
				}
			})
		}
	}
}

var fulfilment = map[string]string{"en": "Amazon warehouse (FBA)", "zh-Hans": "发往亚马逊仓"}

// says is a message of the bot in the visitor's language, up to its first hole.
func (v *visitor) says(id string) string {
	v.t.Helper()
	text, ok := ours(v.t).words.Text(v.lang, id)
	if !ok {
		v.t.Fatalf("there is no message %s", id)
	}
	text, _, _ = strings.Cut(text, "{{")
	return strings.TrimSpace(text)
}

// reply posts something that was made up and waits for n entries with the reply.
func (v *visitor) reply(n int, id string, in posting) room {
	v.t.Helper()
	v.send(in)
	text := v.says(id)
	return v.await("the reply "+text, func(r room) bool { return r.count(text) >= n })
}

func badText(t *testing.T, p *program, v *visitor, db string) {
	asked := v.asked()
	for i, text := range []string{"", " \n\t ", "\x00\x07\u0085", "\u202e\u2066\u200f\ufeff"} {
		v.reply(i+1, "said.empty", posting{"kind": "text", "text": text})
	}
	v.reply(1, "said.too_long", posting{"kind": "text", "text": strings.Repeat("长text ", 20_000)})
	if now := v.sees().prompt(); now.Order != asked.Order || now.raw != asked.raw {
		t.Errorf("the question has changed: %#v", now)
	}
	v.press(fulfilment[v.lang])
	fields := map[string]string{"en": "No|United States|Mainland China company", "zh-Hans": "否|美国站|中国大陆企业"}[v.lang]
	f := strings.Split(fields, "|")
	v.submit(map[string]string{"has_account": f[0], "marketplaces": f[1], "entity": f[2]})
	v.submit(map[string]string{
		"company_name_zh": "深圳\u202e市\x00明途\u2066贸易\x1b有限公司", "company_name_en": "Shenzhen\u200f Mingtu\x07 Trading Co., Ltd.", "uscc": "９１３５０１００Ｍ０００１００Ｙ４３",
	})
	r := v.see("深圳市明途贸易有限公司")
	v.see("91350100M000100Y43")
	if shown := r.String(); strings.ContainsAny(shown, "\x00\x07\x1b\u202e\u2066\u200f") {
		t.Errorf("control or direction characters are shown: %q", shown)
	}
	p.stop()
	if keeps(t, db, strings.Repeat("长text ", 1000)) != "" {
		t.Error("what was too long was kept")
	}
}

// keeps says in which of a database's files bytes stand.
func keeps(t *testing.T, db, text string) string {
	t.Helper()
	files, err := filepath.Glob(db + "*")
	if err != nil || len(files) == 0 {
		t.Fatalf("no files of %s: %v", db, err)
	}
	for _, name := range files {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		if bytes.Contains(data, []byte(text)) {
			return name
		}
	}
	return ""
}

func secretText(t *testing.T, p *program, v *visitor, db string) {
	card := []string{"4111 1111 1111 1111", "5500005555555559"}
	password := map[string]string{"en": "my password is Xk7-vErysecret", "zh-Hans": "我的密码是 Xk7-vErysecret"}[v.lang]
	v.reply(1, "secret.card", posting{"kind": "text", "text": card[0]})
	v.reply(2, "secret.card", posting{"kind": "text", "text": "pay with " + card[1] + " please"})
	v.reply(1, "secret.password", posting{"kind": "text", "text": password})
	v.await("it to say each time that nothing was kept", func(r room) bool { return r.count(v.says("secret.not_kept")) == 3 })
	v.press(fulfilment[v.lang])
	yes := map[string]string{"en": "No|United States|Mainland China company", "zh-Hans": "否|美国站|中国大陆企业"}[v.lang]
	f := strings.Split(yes, "|")
	v.submit(map[string]string{"has_account": f[0], "marketplaces": f[1], "entity": f[2]})
	v.submit(map[string]string{"company_name_zh": card[1], "company_name_en": password, "uscc": "91350100M000100Y43"})
	v.see(v.says("secret.not_kept"))
	v.send(posting{"kind": "file", "name": "notes.txt", "type": "text/plain", "data": []byte(password)})
	v.reply(2, "secret.password", posting{"kind": "text", "text": password})

	secrets := []string{card[0], card[1], "Xk7-vErysecret", "4111111111111111", "vErysecret"}
	look := func(when string) {
		for _, s := range secrets {
			if name := keeps(t, db, s); name != "" {
				t.Errorf("%s, %q stands in %s", when, s, filepath.Base(name))
			}
			if strings.Contains(v.sees().String(), s) {
				t.Errorf("%s, %q is shown", when, s)
			}
			if strings.Contains(p.errs.String(), s) {
				t.Errorf("%s, %q stands in the log", when, s)
			}
		}
	}
	look("while it runs")
	if keeps(t, db, "91350100M000100Y43") == "" {
		t.Error("the harmless field beside them is not kept, or this does not look where things are kept")
	}
	p.stop()
	look("when it has ended")
}

func badButtons(t *testing.T, p *program, v *visitor, db string) {
	good := v.button(fulfilment[v.lang])
	like := func(change func(posting)) posting {
		p := posting{"kind": "press", "token": good["token"], "action": good["action"], "values": good["values"]}
		change(p)
		return p
	}
	asked := v.asked()
	for i, in := range []posting{
		like(func(p posting) { p["token"] = "nobody0made0this" }),
		like(func(p posting) { p["token"] = "" }),
		{"kind": "submit", "token": "nobody0made0this", "fields": map[string]string{"uscc": "91350100M000100Y43"}},
	} {
		v.reply(i+1, "said.old_card", in)
	}
	for _, in := range []posting{
		like(func(p posting) { p["values"] = []string{"by_camel"} }),
		like(func(p posting) { p["values"] = []string{} }),
		like(func(p posting) { p["values"] = []string{"fba", "mfn", "unsure"} }),
		like(func(p posting) { p["action"] = "dance" }),
		{"kind": "press", "action": "open", "values": []string{"nowhere"}},
		{"kind": "press", "action": "erase_now"},
		{"kind": "submit", "token": good["token"], "fields": map[string]string{"uscc": "91350100M000100Y43"}},
	} {
		v.send(in)
	}
	v.say("status")
	v.await("the question again, below", func(r room) bool { return r.prompt() == r[len(r)-1] }) // the card above it is out of date
	if now := v.asked(); v.sees().count("91350100M000100Y43") != 0 || now.Message.Text != asked.Message.Text {
		t.Errorf("after buttons that nobody made it asks %#v", now)
	}
	v.press(fulfilment[v.lang])
	v.filled(map[string]string{"has_account": map[string]string{"en": "No", "zh-Hans": "否"}[v.lang]})
	old := v.sees().count(v.says("said.old_card"))
	v.reply(old+1, "said.old_card", like(func(posting) {})) // the answered card, in an old window
	v.filled(map[string]string{"has_account": map[string]string{"en": "No", "zh-Hans": "否"}[v.lang]})
}

func twoTabs(t *testing.T, p *program, v *visitor, db string) {
	w, card := v.tab(), v.asked().Order
	other := map[string]string{"en": "Straight to buyers", "zh-Hans": "直接寄给买家"}[v.lang]
	one, two := v.button(fulfilment[v.lang]), w.button(other)
	if one["token"] != two["token"] {
		t.Fatalf("the tabs show different cards: %v, %v", one, two)
	}
	var both sync.WaitGroup
	for v, in := range map[*visitor]posting{v: one, w: two} {
		both.Go(func() { v.send(in) })
	}
	both.Wait()
	next := map[bool]string{true: "the first answer", false: "the second answer"}
	went := map[string]bool{} // where the case went: the first answer leads to a form, the second to a question
	for _, tab := range []*visitor{v, w} {
		r := tab.await("the next question", func(r room) bool { return r.prompt() != nil && r.prompt().Order > card })
		went[next[r.prompt().Message.Form != nil]] = true
	}
	chosen := 0
	for _, e := range v.sees() {
		if e.Message == nil {
			continue
		}
		for _, b := range e.Message.Blocks {
			for _, f := range b.Facts {
				if f.Value == fulfilment[v.lang] || f.Value == other {
					chosen++
				}
			}
		}
	}
	if len(went) != 1 {
		t.Errorf("the tabs went different ways: %v", went)
	}
	if chosen != 1 {
		t.Errorf("%d answers count:\n%s", chosen, v.sees())
	}
}

func badPosts(t *testing.T, p *program, v *visitor, db string) {
	ask := func(change func(*http.Request)) (int, string) {
		t.Helper()
		req := v.posted(posting{"kind": "text", "text": "from nowhere"})
		change(req)
		return v.deliver(req)
	}
	body := func(s string) func(*http.Request) {
		return func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(strings.NewReader(s)), int64(len(s)) }
	}
	for name, c := range map[string]struct {
		change func(*http.Request)
		status int
		says   map[string]string
	}{
		"another site":     {func(r *http.Request) { r.Header.Set("Sec-Fetch-Site", "cross-site") }, 403, nil},
		"another origin":   {func(r *http.Request) { r.Header.Set("Origin", "http://evil.example") }, 403, nil},
		"a foreign name":   {func(r *http.Request) { r.Host = "evil.example" }, 421, map[string]string{"en": "not known here", "zh-Hans": "不认识这个地址"}},
		"a foreign port":   {func(r *http.Request) { r.Host = "evil.example:8080" }, 421, nil},
		"nobody":           {func(r *http.Request) { r.Header.Del("Cookie") }, 401, map[string]string{"en": "ookie", "zh-Hans": "Cookie"}},
		"no room":          {func(r *http.Request) { r.URL.Path = "/r/UP/in" }, 404, map[string]string{"zh-Hans": "没有"}},
		"not JSON":         {body("{"), 400, map[string]string{"en": "reload", "zh-Hans": "刷新"}},
		"no such kind":     {body(`{"id":"0123456789abcdef","kind":"dance"}`), 400, nil},
		"no id":            {body(`{"kind":"text","text":"from nowhere"}`), 400, nil},
		"a wild id":        {body(`{"id":"../../../../etc/passwd","kind":"text","text":"from nowhere"}`), 400, nil},
		"more than 1 MiB":  {body(`{"id":"0123456789abcdef","kind":"text","text":"` + strings.Repeat("x", 1<<20) + `"}`), 413, map[string]string{"en": "1 MB", "zh-Hans": "1 MB"}},
		"the wrong method": {func(r *http.Request) { r.Method = "PUT" }, 405, nil},
	} {
		status, text := ask(c.change)
		if status != c.status || !strings.Contains(text, c.says[v.lang]) {
			t.Errorf("%s: %d %q, want %d %q", name, status, text, c.status, c.says[v.lang])
		}
	}
	for path, headers := range map[string]map[string]string{
		"/admin/": {"X-Forwarded-For": "203.0.113.7"}, "/admin/questions": {"Forwarded": "for=203.0.113.7"}, "/r/" + v.room + "/file/1/0/x.md": nil, "/static/0/../web.go": nil,
	} {
		req := v.request(context.Background(), "GET", path, nil)
		for name, value := range headers {
			req.Header.Set(name, value)
		}
		if status, text := v.deliver(req); status < 300 || strings.Contains(text, "package web") {
			t.Errorf("%s with %v: %d", path, headers, status)
		}
	}
	if r := v.sees(); r.count("from nowhere") > 0 {
		t.Error("something that was refused arrived")
	}
	v.press(fulfilment[v.lang])
	v.asked()
}

// lockedMeanwhile: while another program holds the database nothing can be kept. The page is told to try again, and when
// it does everything is there.
func lockedMeanwhile(t *testing.T, p *program, v *visitor, path string) {
	db, err := sql.Open("sqlite", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`PRAGMA busy_timeout = 10000; BEGIN IMMEDIATE`); err != nil { // what was said before is still being settled
		t.Fatal(err)
	}
	in := v.button(fulfilment[v.lang])
	status, text := v.post(in) // waits for a while by itself
	if status != http.StatusServiceUnavailable || !strings.Contains(text, map[string]string{"en": "sent again", "zh-Hans": "自动再发"}[v.lang]) {
		t.Errorf("while the database is locked: %d %s", status, text)
	}
	if strings.Contains(text, "sqlite") || strings.Contains(text, "SQL") {
		t.Errorf("a person is told %s", text)
	}
	if _, err := db.Exec(`ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	if status, text := v.post(in); status != http.StatusNoContent {
		t.Errorf("afterwards: %d %s", status, text)
	}
	v.filled(map[string]string{"has_account": map[string]string{"en": "No", "zh-Hans": "否"}[v.lang]})
}
