package main

import (
	"database/sql"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"xiaobao/adapters/web/webtest"
)

// TestBrowser uses the whole program as people do: with a mouse, a keyboard and a page.
func TestBrowser(t *testing.T) {
	b := webtest.Start(t)
	for name, test := range map[string]func(*testing.T, *webtest.Browser){
		"a step in two languages": stepInTwoLanguages,
		"people":                  people,
		"stuck":                   stuckAndAnswered,
		"erased":                  erased,
	} {
		t.Run(name, func(t *testing.T) { test(t, b.For(t)) })
	}
}

// open opens the chat as somebody new who reads English and says hello.
func open(t *testing.T, b *webtest.Browser, url string) *webtest.Page {
	t.Helper()
	p := b.Person("en")
	p.Go(url)
	p.PressIn(".welcome", "English")
	p.See("I'm Xiaobao. I walk you through ten steps")
	t.Cleanup(func() {
		if f := p.Faults(); len(f) > 0 {
			t.Errorf("the page's scripts failed: %q", f)
		}
	})
	return p
}

func stepInTwoLanguages(t *testing.T, b *webtest.Browser) {
	args := fresh(t, "")
	s := start(t, clockFrom(opening), args...)
	p := open(t, b, s.url)
	p.PressIn("#panel", "Register an Amazon seller account")
	p.PressIn(".live", "Amazon warehouse (FBA)")
	p.PressIn("[data-field=has_account]", "No")
	p.PressIn("[data-field=marketplaces]", "United States")
	p.PressIn("[data-field=entity]", "Mainland China company")
	p.PressIn(".live", "Send")
	p.Fill("company_name_zh", "深圳市明途贸易有限公司")
	p.Fill("uscc", "91350100M000100Y44")

	// In the middle of the form the language changes: the card that is open, the panel and the buttons follow, and what was
	// typed stays.
	p.Press("中文")
	p.Wait("the panel in Chinese", "document.querySelector('#panel').innerText.includes('注册亚马逊卖家账号') && !document.querySelector('#panel').innerText.includes('Register')")
	p.Wait("the form in Chinese", "document.querySelector('.live .form').innerText.includes('统一社会信用代码') && document.querySelector('.live .form').innerText.includes('提交')")
	p.Wait("the page to be Chinese", "document.documentElement.lang === 'zh-Hans'")
	if got := webtest.Eval[string](p, "[...document.querySelectorAll('[data-field=uscc] input')].at(-1).value"); got != "91350100M000100Y44" {
		t.Errorf("what was typed into the form is %q now", got)
	}
	p.Fill("company_name_en", "Shenzhen Mingtu Trading Co., Ltd.")
	p.PressIn(".live", "提交")
	p.See("第 18 位是校验码")
	p.Type("91350100M000100Y43")
	p.Fill("address_line", "Room 1203, Building B, 88 Xinghai Road, Nanshan District")
	p.Fill("address_city", "Shenzhen")
	p.Fill("address_state", "Guangdong")
	p.Fill("address_postcode", "518052")
	p.PressIn(".live", "提交")
	p.Fill("contact_name", "Lin Min")
	p.Fill("contact_phone", "13800138000")
	p.Fill("contact_email", "ops@mingtu.example")
	p.PressIn(".live", "提交")
	p.PressIn(".live", "专业计划")
	p.PressIn(".live", "都对")
	p.PressIn(".live", "已办好")
	p.See("卖家编号")
	p.Type("A1B2C3D4E5F6G7")
	p.See("“注册亚马逊卖家账号”完成了")
	p.Wait("one of ten", "document.querySelector('#panel').innerText.includes('1')")
	name, data := p.Download(func() { p.Press("01-readiness.md") })
	if name != "01-readiness.md" || !strings.Contains(string(data), "91350100M000100Y43") {
		t.Errorf("downloaded %s:\n%s", name, data)
	}

	shown := func() string { return webtest.Eval[string](p, "document.getElementById('log').innerText") }
	before := shown()
	p.Reload()
	p.See("“注册亚马逊卖家账号”完成了")
	if after := shown(); after != before {
		t.Errorf("after a reload:\n%s", cmp.Diff(strings.Split(before, "\n"), strings.Split(after, "\n")))
	}

	s.stop()
	p.See("连不上")
	start(t, clockFrom(opening), append(args, "--listen", strings.TrimPrefix(s.url, "http://"))...)
	p.Gone("连不上")
	p.PressIn("#panel", "了解服务详情")
	p.PressIn(".live", "都没有（普货）")
	p.PressIn(".live", "选好了")
	p.Fill("product_name", "Stainless steel insulated water bottle")
	if after := shown(); !strings.HasPrefix(after, before[:strings.Index(before, "01-readiness.md")]) {
		t.Errorf("after the restart:\n%s", cmp.Diff(strings.Split(before, "\n"), strings.Split(after, "\n")))
	}
}

func people(t *testing.T, b *webtest.Browser) {
	s := start(t, clockFrom(opening), fresh(t, "")...)
	one := open(t, b, s.url)
	one.PressIn("#panel", "Register an Amazon seller account")
	one.See("Where should your goods go?")

	// Somebody else in the same room has a conversation of their own.
	two := b.Person("en")
	two.Go(one.URL())
	two.See("Where should your goods go?")
	two.Wait("the card of the other, not to be pressed", "[...document.querySelectorAll('[data-press]')].filter(b => b.innerText.includes('Straight to buyers')).every(b => b.disabled)")
	two.Type("good morning")
	two.Wait("steps of one's own", "document.querySelectorAll('#panel button.step:not(:disabled)').length === 10")
	two.PressIn("#panel", "Learn about the service details")
	two.See("Do your goods contain any of these?")
	one.See("good morning")
	one.PressIn(".live", "Amazon warehouse (FBA)")
	one.See("Account, stores and company")
	two.PressIn(".live", "None (ordinary goods)")
	two.PressIn(".live", "Done")
	two.See("Which stores do you want to supply?")

	// A colleague joins the case of the first with a code, from a room of their own.
	one.Type("invite")
	one.Wait("a code", "/[A-HJ-NP-Z2-9]{8}/.test(document.getElementById('log').innerText)")
	code := regexp.MustCompile(`[A-HJ-NP-Z2-9]{8}`).FindString(webtest.Eval[string](one, "document.getElementById('log').innerText"))
	three := open(t, b, s.url)
	three.Type("join " + code)
	three.See("You are in your colleague's case now")
	three.PressIn("#panel", "Register an Amazon seller account")
	three.See("Account, stores and company") // where the first one is
	three.PressIn("[data-field=has_account]", "No")
	three.PressIn("[data-field=marketplaces]", "Germany")
	three.PressIn("[data-field=entity]", "Mainland China company")
	three.PressIn(".live", "Send")
	three.See("Company, as on the business licence")
	one.Type("status")
	one.See("question 3 of 8")
	four := open(t, b, s.url)
	four.Type("join " + code)
	four.See("This code is not known, was used already or has expired")
}

func stuckAndAnswered(t *testing.T, b *webtest.Browser) {
	s := start(t, clockFrom(opening), fresh(t, "")...)
	p := open(t, b, s.url)
	p.PressIn("#panel", "Register an Amazon seller account")
	p.PressIn(".live", "I'm Stuck")
	p.See("Tell me in a sentence what is wrong")
	p.Type("Seller Central shows another name for the service")
	p.See("A human has your question and the facts")

	o := b.Person("en")
	o.Go(s.url + "/admin/")
	o.See("Seller Central shows another name for the service")
	o.Press("Read and Answer")
	o.See("Evidence pack")
	o.Enter("#text", "It is the same service; go on with AGL.")
	o.Enter("#name", "Wang")
	o.Press("Send to the Seller")
	p.See("It is the same service; go on with AGL.") // without a reload
	p.See("Wang")
	o.Gone("Seller Central shows another name for the service")
	p.Press("Solved")
	p.See("The ticket is closed.")
	p.Wait("the question to be asked again, below", `(() => {
		const text = document.body.innerText, closed = text.lastIndexOf("The ticket is closed.")
		return text.indexOf("Where should your goods go?", closed) > 0 && text.lastIndexOf("Straight to buyers") > closed && document.querySelectorAll(".live").length === 1
	})()`)
	p.PressIn(".live", "Amazon warehouse (FBA)")
	p.See("Account, stores and company")
}

func erased(t *testing.T, b *webtest.Browser) {
	args := fresh(t, "")
	s := start(t, clockFrom(opening), args...)
	p := open(t, b, s.url)
	p.PressIn("#panel", "Register an Amazon seller account")
	p.PressIn(".live", "Amazon warehouse (FBA)")
	p.See("Account, stores and company")
	p.Type("invite")
	p.Type("I'm stuck")
	p.Type("nothing works")
	p.See("A human has your question and the facts")
	p.Type("erase my data")
	p.PressIn(".live", "Erase Everything")
	p.PressIn("dialog", "Erase Everything")
	p.See("Everything about this case has been erased")
	p.Gone("Account, stores and company")
	p.Gone("nothing works")
	s.stop()
	db, err := sql.Open("sqlite", databaseOf(args))
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	rows, err := db.Query(`SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'`)
	if err != nil {
		t.Fatal(err)
	}
	var tables []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			t.Fatal(err)
		}
		tables = append(tables, name)
	}
	if len(tables) < 10 {
		t.Fatalf("only the tables %v", tables)
	}
	for _, name := range tables {
		var n int
		if err := db.QueryRow("SELECT COUNT(*) FROM " + name).Scan(&n); err != nil {
			t.Fatal(err)
		}
		switch {
		case name == "goose_db_version", name == "seen": // digests of events, so that none is applied again
		case name == "posts" && n == 1: // that everything has been erased
		case n > 0:
			t.Errorf("%d rows are left in %s", n, name)
		}
	}
	for _, text := range []string{"nothing works", "fulfilment", "Amazon warehouse"} {
		if name := keeps(t, databaseOf(args), text); name != "" {
			t.Errorf("%q can still be read in %s", text, name)
		}
	}
}
