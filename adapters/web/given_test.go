package web

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"xiaobao/adapters/web/webtest"
	"xiaobao/bot"
)

func hostileText(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "en")
	title := webtest.Eval[string](p, "document.title")
	webtest.Eval[bool](p, "(document.getElementById('text').value = "+fmt.Sprintf("%q", hostile)+", true)")
	p.Do("send", chromedp.Click(chromedp.ID("send")))
	p.See("heard <script>")
	p.See(`<img src=x onerror="document.title='taken'">`)
	if got := webtest.Eval[string](p, "document.title"); got != title {
		t.Errorf("the title is %q now", got)
	}
	if n := webtest.Eval[int](p, "document.querySelectorAll('#log script, #log img, #log a').length"); n != 0 {
		t.Errorf("%d elements were made of text", n)
	}
	if webtest.Eval[bool](p, `document.getElementById('log').textContent.includes('\u202e')`) {
		t.Error("a character that turns the direction is on the page")
	}
}

func tooLong(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "zh")
	webtest.Eval[bool](p, "(document.getElementById('text').value = '长'.repeat(400000), true)")
	p.Do("send", chromedp.Click(chromedp.ID("send")))
	p.See("这份内容太大了")
	if n := webtest.Eval[int](p, "document.getElementById('text').value.length"); n != 400000 {
		t.Errorf("%d characters are left in the composer", n)
	}
	webtest.Eval[bool](p, "(document.getElementById('text').value = '长'.repeat(100000), true)")
	p.Do("send", chromedp.Click(chromedp.ID("send")))
	p.Wait("the bot to have heard it", "[...document.querySelectorAll('.card')].some(c => c.textContent.includes('heard 长'))")
}

// filesDropped drops files where the conversation is not: the browser would open them and leave the page.
func filesDropped(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "en")
	drop := func(where string, files ...string) (kept bool) {
		return webtest.Eval[bool](p, `(() => {
			const data = new DataTransfer()
			for (const [name, size] of [`+strings.Join(files, ",")+`]) data.items.add(new File(['x'.repeat(size)], name, {type: 'text/csv'}))
			const on = document.querySelector('`+where+`')
			const over = new DragEvent('dragover', {bubbles: true, cancelable: true, dataTransfer: data})
			const drop = new DragEvent('drop', {bubbles: true, cancelable: true, dataTransfer: data})
			on.dispatchEvent(over)
			on.dispatchEvent(drop)
			return over.defaultPrevented && drop.defaultPrevented
		})()`)
	}
	for n, where := range []string{".top", "#panel"} {
		if !drop(where, `["one.csv", 10]`, `["large.csv", 700001]`, `["two.csv", 20]`) {
			t.Errorf("the browser opens what is dropped on %s", where)
		}
		p.Wait("the bot to have both", fmt.Sprintf("[...document.querySelectorAll('.card')].filter(c => c.textContent.includes('file two.csv of 20 bytes')).length === %d", n+1))
		p.See("large.csv: This file is too large")
	}
	var names []string
	for _, in := range s.clerk.said() {
		names = append(names, in.What.(bot.File).Name)
	}
	if want := []string{"one.csv", "two.csv", "one.csv", "two.csv"}; !slices.Equal(names, want) {
		t.Errorf("the bot has %q, not %q", names, want)
	}
}

func secrets(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "en")
	p.Type("secret 4111111111111111")
	p.See("••••••")
	p.Wait("the line as it was typed to be gone", "document.querySelectorAll('#pending li').length === 0")
	if n := webtest.Eval[int](p, "document.querySelectorAll('.bubble').length"); n != 1 {
		t.Errorf("%d bubbles", n)
	}
	p.Wait("nothing of it in the browser's storage", "!JSON.stringify(sessionStorage).includes('4111') && !JSON.stringify(localStorage).includes('4111')")
}

// left leaves the page with work unsent: by a reload, then by a link and the back button.
func left(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "en")
	p.Type("form")
	p.See("Your company")
	p.Fill("uscc", "91350100M000100Y43")
	p.PressIn("[data-field=mode]", "Air")
	p.PressIn("[data-field=markets]", "Japan")
	p.Enter("#text", "half a line")
	const typed = `document.getElementById('text').value + '|' + [...document.querySelectorAll('.live [data-field=uscc] input, .live [data-field] input:checked')].map(i => i.value).join()`
	before := webtest.Eval[string](p, typed)
	if !strings.Contains(before, "half a line|91350100M000100Y43") || !strings.Contains(before, "air") || !strings.Contains(before, "jp") {
		t.Fatalf("what was typed is %q", before)
	}
	back := func(how string) {
		p.Wait("the form again after "+how, "!!document.querySelector('.live [data-field=uscc] input')")
		if after := webtest.Eval[string](p, typed); after != before {
			t.Errorf("after %s the page holds %q, not %q", how, after, before)
		}
	}
	p.Reload()
	back("a reload")
	webtest.Eval[bool](p, "(location.href = '/static/nothing', true)")
	p.Wait("another page", "location.pathname === '/static/nothing'")
	webtest.Eval[bool](p, "(history.back(), true)")
	back("the back button")

	// What was sent is not typed a second time.
	p.Do("send the line", chromedp.Click(chromedp.ID("send")))
	p.See("heard half a line")
	p.Reload()
	p.Wait("the form", "!!document.querySelector('[data-field=uscc] input')")
	if got := webtest.Eval[string](p, "document.getElementById('text').value"); got != "" {
		t.Errorf("after it was sent, the composer holds %q", got)
	}
}

// noSuchPage is an address at which there is nothing: it says so in both languages, the reader's first, and leads back.
func noSuchPage(t *testing.T, b *webtest.Browser) {
	s := serve(t)
	p := begin(t, b, s, "zh")
	chat := p.URL()
	for _, at := range []string{"/nowhere", "/r/short", "/static/old/nothing.html"} {
		p.Go(s.url() + at)
		p.Wait("to be told so at "+at, "[...document.querySelectorAll('main p')].map(e => e.lang + e.innerText).join('|') === "+
			"'zh-Hans这里没有这个页面或文件。 回到对话|enThere is no such page or file here. Back to the chat' && getComputedStyle(document.body).display === 'flex'")
		p.Press("回到对话")
		p.Wait("the chat after "+at, "location.href === '"+chat+"'")
		p.See("我陪您一步一步")
	}
}
