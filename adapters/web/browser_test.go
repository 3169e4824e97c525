package web

import (
	"context"
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/chromedp"

	"xiaobao/adapters/web/webtest"
	"xiaobao/bot"
)

// A server is the chat as cmd runs it, which can be stopped and started again at the same address.
type server struct {
	t     *testing.T
	clerk *clerk
	log   *memory
	addr  string
	stop  func()
}

func serve(t *testing.T) *server {
	s := &server{t: t, clerk: newClerk(), log: newMemory(), addr: "127.0.0.1:0"}
	s.start()
	t.Cleanup(func() { s.stop() })
	return s
}

func (s *server) start() {
	s.t.Helper()
	l, err := net.Listen("tcp", s.addr)
	if err != nil {
		s.t.Fatal(err)
	}
	s.addr = l.Addr().String()
	a, err := New(Config{Listener: l, Log: s.log, Logger: quiet()})
	if err != nil {
		s.t.Fatal(err)
	}
	s.clerk.mu.Lock()
	s.clerk.send = a.Send
	s.clerk.mu.Unlock()
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, s.clerk.handle) }()
	s.stop = func() {
		cancel()
		if err := <-done; err != nil {
			s.t.Errorf("Run: %v", err)
		}
		s.stop = func() {}
	}
}

func (s *server) url() string { return "http://" + s.addr }

func TestPage(t *testing.T) {
	b := webtest.Start(t)
	for name, test := range map[string]func(*testing.T, *webtest.Browser){
		"a conversation":        conversation,
		"a language":            languageSwitch,
		"a form":                formFilled,
		"choices":               choicesMade,
		"a restart":             restart,
		"the keyboard":          keyboard,
		"Chinese composition":   composition,
		"a phone":               phone,
		"two people":            twoPeople,
		"hostile text":          hostileText,
		"too long":              tooLong,
		"files dropped":         filesDropped,
		"a page that is left":   left,
		"no such page":          noSuchPage,
		"many pages":            manyPages,
		"every block":           everyBlock,
		"what cannot be stored": secrets,
		"reading":               reading,
	} {
		t.Run(name, func(t *testing.T) { test(t, b.For(t)) })
	}
}

func begin(t *testing.T, b *webtest.Browser, s *server, lang string) *webtest.Page {
	t.Helper()
	p := b.Person(lang)
	p.Go(s.url())
	p.PressIn(".welcome", map[string]string{"en": "English", "zh": "中文"}[lang])
	p.See(map[string]string{"en": "Hello, I am Xiaobao. I walk", "zh": "我陪您一步一步"}[lang])
	t.Cleanup(func() {
		if f := p.Faults(); len(f) > 0 {
			t.Errorf("the page's scripts failed: %q", f)
		}
	})
	return p
}

func conversation(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "en")
	p.Type("hello there")
	p.See("heard hello there")
	p.Wait("one bubble", "document.querySelectorAll('.bubble').length === 1")
	p.PressIn(".live", "Begin Step 2")
	p.See("Do you already have")
	p.PressIn(".live", "Not Yet")
	p.See("pressed no")
	p.PressIn("#panel", "Sign the agreements")
	p.Wait("the step to be the one at hand", "document.querySelector('#panel [aria-current]').innerText.includes('Sign')")
	p.Wait("of two steps that are under way to be the only one", "document.querySelectorAll('#panel li.active').length === 2 && document.querySelectorAll('#panel [aria-current]').length === 1")
	p.PressIn(".live", "Skip")
	p.See("Skip this step?")
	p.PressIn("dialog", "Cancel")
	p.PressIn(".live", "Skip")
	p.PressIn("dialog", "Skip")
	p.See("pressed skip")

	var got []string
	for _, in := range s.clerk.said() {
		got = append(got, fmt.Sprintf("%T%+v", in.What, in.What))
		if in.From.Zone != "Asia/Shanghai" || in.From.Language != "en" {
			t.Errorf("from %+v", in.From)
		}
	}
	want := []string{"bot.Text{Text:hello there}", "bot.Press{Token:t1 Action:no Values:[]}", "bot.Press{Token: Action:open Values:[sign]}", "bot.Press{Token:t1 Action:skip Values:[]}"}
	if !slices.Equal(got, want) {
		t.Errorf("the bot got %q,\nwant %q", got, want)
	}

	shown := func() string { return webtest.Eval[string](p, "document.querySelector('.frame').innerText") }
	before := shown()
	p.Reload()
	p.See("pressed skip")
	p.Wait("the same page after a reload", "document.querySelectorAll('#log > li').length > 5")
	if after := shown(); after != before {
		t.Errorf("after a reload:\n%s\nbefore:\n%s", after, before)
	}
}

func languageSwitch(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "en")
	p.Type("form")
	p.See("Unified social credit code")
	p.Fill("uscc", "half of i")
	p.Press("中文")
	p.See("十个步骤")
	p.Wait("the panel in Chinese", "document.querySelector('#panel').innerText.includes('注册卖家账户')")
	p.Wait("the page to be Chinese", "document.documentElement.lang === 'zh-Hans' && document.title.startsWith('小包')")
	p.Type("form")
	p.Wait("the form in Chinese", "document.querySelector('.form').innerText.includes('统一社会信用代码')")
	if got := webtest.Eval[string](p, "document.querySelector('[data-field=uscc] input').value"); got != "half of i" {
		t.Errorf("what was typed into the form is %q now", got)
	}
	p.Reload()
	p.See("十个步骤")
	p.See("统一社会信用代码")
}

func formFilled(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "zh")
	p.Type("form")
	p.See("公司资料")
	p.Fill("uscc", "91350100M000100Y47")
	p.Fill("expiry", "2027-01-31")
	p.PressIn("[data-field=mode]", "空运")
	p.PressIn("[data-field=markets]", "日本")
	p.Press("提交")
	p.See("最后一位校验码应为 3")
	p.Wait("the cursor in the field that is wrong", "document.activeElement.name === 'uscc' && document.activeElement.getAttribute('aria-invalid') === 'true'")
	if got := webtest.Eval[string](p, "document.getElementById(document.activeElement.getAttribute('aria-describedby').split(' ')[0]).innerText"); !strings.Contains(got, "校验码") {
		t.Errorf("the field is described by %q", got)
	}
	p.Fill("uscc", "91350100M000100Y43")
	p.Press("提交")
	p.See("三项都没有问题")
	got := s.clerk.said()
	want := map[string]string{"uscc": "91350100M000100Y43", "kg": "", "expiry": "2027-01-31", "mode": "air", "markets": "us\njp", "note": ""}
	if last := got[len(got)-1].What.(bot.Submit); last.Token != "t2" || fmt.Sprint(last.Values) != fmt.Sprint(want) {
		t.Errorf("the form was sent as %q", last)
	}
}

func choicesMade(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "en")
	p.Type("select")
	p.See("Port of loading")
	p.Enter(".search", "cnyt")
	p.Gone("Port 03")
	p.Keys("\r")
	p.See("pressed port p17")
	p.PressIn(".choice", "Japan")
	p.See("2 chosen")
	p.Reload()
	p.See("2 chosen")
	if got := webtest.Eval[string](p, "[...document.querySelectorAll('.choice input:checked')].map(c => c.value).join()"); got != "us,jp" {
		t.Errorf("after a reload, %q is ticked", got)
	}
	p.Press("Done")
	p.See("pressed markets us,jp")
	p.Reload()
	p.See("1 chosen") // what was sent is not ticked a second time
}

func restart(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "en")
	p.Type("before")
	p.See("heard before")
	s.stop()
	p.See("Xiaobao cannot be reached")
	p.Type("in between")
	p.See("Not delivered yet")
	p.Type("and another")
	s.start()
	p.See("heard in between")
	p.See("heard and another")
	p.Gone("Xiaobao cannot be reached")
	p.Gone("Not delivered yet")
	if got := len(s.clerk.said()); got != 3 {
		t.Errorf("the bot got %d lines, want 3: %v", got, s.clerk.said())
	}

	s.clerk.mu.Lock()
	s.clerk.lose, s.clerk.fail = 1, 1
	s.clerk.mu.Unlock()
	p.Type("once only")
	p.See("heard once only")
	p.Type("after that")
	p.See("heard after that")
	p.Wait("nothing to wait for", "document.querySelectorAll('#pending li').length === 0")
	n := 0
	for _, in := range s.clerk.said() {
		if in.What == (bot.Text{Text: "once only"}) {
			n++
		}
	}
	if n != 1 || webtest.Eval[int](p, "[...document.querySelectorAll('.bubble')].filter(b => b.innerText === 'once only').length") != 1 {
		t.Errorf("a line whose acknowledgement was lost was applied %d times", n)
	}

	s.stop()
	p.See("Xiaobao cannot be reached")
	p.Type("kept over a reload")
	p.See("Not delivered yet")
	s.start()
	p.Reload()
	p.See("heard kept over a reload")
	s.stop()
	p.Type("taken back")
	p.See("Not delivered yet")
	p.Press("Take Back")
	p.Wait("the line back in the composer", "document.getElementById('text').value === 'taken back'")
	s.start()
	p.Do("send", chromedp.Click(chromedp.ID("send")))
	p.See("heard taken back")
}

func keyboard(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := b.Person("en")
	p.Go(s.url())
	p.See("Hello, I am Xiaobao")
	p.Keys("\t")
	p.Wait("the skip link to be first", "document.activeElement.className === 'skip'")
	p.Keys("\r")
	p.Wait("to skip to the composer", "document.activeElement.id === 'text'")
	p.Keys("\u001b")
	p.Keys("2")
	p.See("Next: Learn the service")
	p.Keys("1")
	p.See("Do you already have")
	p.Keys("2")
	p.See("pressed no")
	p.Keys("/")
	p.Keys("2 is a number here\r")
	p.See("heard 2 is a number here")
	p.Keys("a\nb")
	p.Wait("two lines", "document.getElementById('text').value === 'a\\nb'")
	p.Keys("\r")
	p.Wait("both lines as one message", "[...document.querySelectorAll('.bubble')].at(-1).innerText === 'a\\nb'")
	p.Keys("\u001b")
	p.Wait("to be out of the composer", "document.activeElement.matches('.live')")
	p.Keys("\t")
	p.Wait("the first button to have the focus, visibly", "document.activeElement.innerText === 'Yes, I Do' && getComputedStyle(document.activeElement).outlineStyle === 'solid'")
	p.Keys("\r")
	p.See("pressed yes")
	if n := len(s.clerk.said()); n != 4 {
		t.Errorf("the bot got %d things: %v", n, s.clerk.said())
	}
	// Whatever can be pressed has a name and can be reached.
	if bad := webtest.Eval[[]string](p, `[...document.querySelectorAll('button, a, input, textarea')].filter(e => e.checkVisibility()
		&& (e.tabIndex < 0 || !(e.innerText?.trim() || e.ariaLabel || e.labels?.length || e.getAttribute('aria-labelledby')))).map(e => e.outerHTML)`); len(bad) > 0 {
		t.Errorf("not reachable or without a name: %q", bad)
	}
}

func composition(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "zh")
	p.Do("compose", chromedp.Focus(chromedp.ID("text")), func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, input.ImeSetComposition, input.ImeSetCompositionParams{Text: "ni hao", SelectionStart: 6, SelectionEnd: 6})
		return chromedp.Void{}, err
	})
	p.Wait("a composition", "document.getElementById('text').value === 'ni hao'")
	// What a browser reports for the Enter that chooses a word.
	webtest.Eval[bool](p, "document.getElementById('text').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, isComposing: true, bubbles: true}))")
	webtest.Eval[bool](p, "document.getElementById('text').dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', keyCode: 229, bubbles: true}))") // Safari
	p.Do("choose the word", func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: "你好"})
		return chromedp.Void{}, err
	})
	p.Wait("the word, not sent", "document.getElementById('text').value === '你好'")
	if got := s.clerk.said(); len(got) != 0 {
		t.Fatalf("sent while composing: %v", got)
	}
	p.Keys("\r")
	p.See("heard 你好")
}

func phone(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := b.Person("zh")
	p.Size(360, 740, true)
	p.Go(s.url())
	p.PressIn(".welcome", "中文")
	p.See("下一步：了解服务")
	if webtest.Eval[bool](p, "document.querySelector('#panel').checkVisibility({visibilityProperty: true})") {
		t.Error("the drawer is open at first")
	}
	p.Press("打开步骤")
	p.Wait("the drawer", "document.activeElement.id === 'panel-close'")
	p.PressIn("#panel", "发货")
	p.See("pressed open ship")
	p.Wait("the drawer closed", "!document.querySelector('#panel').checkVisibility({visibilityProperty: true}) && !document.querySelector('main').inert")
	p.Type("all")
	p.See("开店资料清单")
	p.Type("form")
	p.See("公司资料")
	if wide := webtest.Eval[[]string](p, "[document.documentElement, document.getElementById('scroll')].filter(e => e.scrollWidth > e.clientWidth).map(e => `${e.tagName} ${e.scrollWidth} > ${e.clientWidth}`)"); len(wide) > 0 {
		t.Errorf("wider than the phone: %q", wide)
	}
	if small := webtest.Eval[[]string](p, "[...document.querySelectorAll('button, a.file, .tick')].filter(e => e.checkVisibility() && e.getBoundingClientRect().height < 30).map(e => e.outerHTML)"); len(small) > 0 {
		t.Errorf("too small for a finger: %q", small)
	}
}

func twoPeople(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	one := begin(t, b, s, "en")
	one.Press("Your name?")
	one.Enter("#dialog-input", "小明\r")
	one.See("小明")
	one.Type("mine")
	one.See("Unified social credit code")

	two := b.Person("en")
	two.Go(one.URL())
	two.See("for 小明")
	two.Wait("the form not to be for the second person", "[...document.querySelectorAll('.form input, .form textarea, .form button')].every(e => e.disabled)")
	two.Wait("the other's steps, not to be pressed", "document.querySelectorAll('#panel button.step:not(:disabled)').length === 0 && document.querySelectorAll('#panel .step').length === 10")
	two.Press("Your name?")
	two.Enter("#dialog-input", "Li\r")
	two.Type("from the second")
	one.See("heard from the second")
	one.Wait("who said it", "[...document.querySelectorAll('.said:not(.mine)')].some(e => e.innerText.includes('Li') && e.innerText.includes('from the second'))")
	if a, b := s.clerk.said()[0].From, s.clerk.said()[1].From; a.ID == b.ID || a.Name != "小明" || b.Name != "Li" {
		t.Errorf("two browsers are %+v and %+v", a, b)
	}
	one.Wait("one's own form to be one's own", "[...document.querySelectorAll('.form input')].every(e => !e.disabled)")
}

func manyPages(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	first := begin(t, b, s, "en")
	for range mostOpen + 1 {
		p := first.Tab("en")
		p.Go(first.URL())
		p.See("Hello, I am Xiaobao. I walk")
	}
	first.See("This page is resting")
	first.Do("wake it", chromedp.Click(chromedp.ID("banner")))
	first.Type("awake")
	first.See("heard awake")
}

func everyBlock(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "en")
	p.Type("all")
	for _, text := range []string{"Result of step 1", "The check digit", "厦门小包贸易有限公司", "Register first", "German VAT certificate", "Fast ocean", "Dear Seller Support", "Readiness checklist · 24 B", "See the source", "Ship"} {
		p.See(text)
	}
	if links := webtest.Eval[[]string](p, "[...document.querySelectorAll('#log a')].map(a => a.getAttribute('href'))"); slices.ContainsFunc(links, func(l string) bool { return strings.HasPrefix(l, "javascript") }) || len(links) != 3 {
		t.Errorf("links: %q", links)
	}
	name, data := p.Download(func() { p.Press("01-register-readiness.csv") })
	if name != "01-register-readiness.csv" || string(data) != "item,state\nlicence,done\n" {
		t.Errorf("downloaded %s: %q", name, data)
	}
	p.Press("Copy")
	p.Wait("to be told that it was copied", "['Copied', 'Could not copy; please select it by hand'].includes(document.querySelector('.paste button').innerText.trim())")
	p.PressIn(".steps", "Ship")
	p.See("pressed open ship")
}

func reading(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "en")
	p.Media("prefers-reduced-motion", "reduce")
	p.Type("all")
	p.Wait("a long card to be shown from its beginning", `(() => {
		const card = [...document.querySelectorAll('.card')].find(c => c.innerText.includes('Result of step 1')).getBoundingClientRect()
		const box = document.getElementById('scroll').getBoundingClientRect()
		return card.height > box.height && card.top >= box.top && card.top < box.top + 60
	})()`)
	// Whoever has scrolled up to read is left there, and told that there is more.
	p.Do("scroll up", chromedp.MouseEvent(input.DispatchMouseEventTypeMouseWheel, 700, 400, func(e *input.DispatchMouseEventParams) { e.DeltaX, e.DeltaY = 0.1, -3000 }))
	p.Wait("the beginning", "document.getElementById('scroll').scrollTop === 0")
	s.clerk.mu.Lock()
	in := s.clerk.got[0]
	s.clerk.say(t.Context(), in, urgent("en"))
	s.clerk.mu.Unlock()
	p.See("New messages")
	if at := webtest.Eval[int](p, "document.getElementById('scroll').scrollTop"); at != 0 {
		t.Errorf("scrolled to %d while reading", at)
	}
	p.Wait("it to be said aloud", "document.getElementById('called').textContent.includes('customs asks')")
	p.Press("New messages")
	p.Wait("the end", "(e => e.scrollHeight - e.scrollTop - e.clientHeight < 5)(document.getElementById('scroll')) && document.getElementById('down').hidden")
}
