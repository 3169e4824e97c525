// Package webtest drives the web chat in a real headless browser, in the words of somebody who uses it: Press, Type, See.
//
// Every waiting is for something on the page, with a limit; nothing sleeps. A Page fails its test by itself and says what
// the page showed instead.
package webtest

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// patience is how long a page may take to show what it should.
const patience = 15 * time.Second

// Browser is one running headless browser. It ends with the test.
type Browser struct {
	t   testing.TB
	ctx context.Context
}

// Start starts the browser. Without one the test is skipped, or fails where the environment says CI=true.
func Start(t testing.TB) *Browser {
	t.Helper()
	path := find()
	if path == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("no Chromium or Chrome found: install one (Debian: apt install chromium) or set CHROME to its path")
		}
		t.Skip("no Chromium or Chrome found, so the page is not tested in a browser: install one or set CHROME to its path")
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("lang", "en-US"),
		chromedp.Flag("blink-settings", "primaryHoverType=2,availableHoverTypes=2,primaryPointerType=4,availablePointerTypes=4"), // a mouse
		chromedp.WindowSize(1280, 860),
	)
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, cancel := chromedp.NewContext(alloc, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(func() { cancel(); stop() })
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start %s: %v", path, err)
	}
	return &Browser{t: t, ctx: ctx}
}

// For is the same browser in the hands of a subtest: its pages close, and fail, with that one.
func (b *Browser) For(t testing.TB) *Browser { return &Browser{t: t, ctx: b.ctx} }

func find() string {
	if p := os.Getenv("CHROME"); p != "" {
		return p
	}
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if p, err := exec.LookPath(name); err == nil {
			return p
		}
	}
	for _, p := range []string{"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium"} {
		if _, err := os.Stat(p); err == nil {
			return p
		}
	}
	return ""
}

// Page is one open page. The methods that change or look at it wait until they can.
type Page struct {
	t   testing.TB
	ctx context.Context

	mu     sync.Mutex
	faults []string
}

// Person opens a page as somebody new, with cookies of their own, who reads lang (as in Accept-Language).
func (b *Browser) Person(lang string) *Page {
	b.t.Helper()
	ctx, cancel := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	b.t.Cleanup(cancel)
	return newPage(b.t, ctx, lang)
}

// Tab opens one more page of the same person.
func (p *Page) Tab(lang string) *Page {
	p.t.Helper()
	ctx, cancel := chromedp.NewContext(p.ctx)
	p.t.Cleanup(cancel)
	return newPage(p.t, ctx, lang)
}

func newPage(t testing.TB, ctx context.Context, lang string) *Page {
	t.Helper()
	p := &Page{t: t, ctx: ctx}
	p.do("open a page", func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, network.Enable, network.EnableParams{})
		if err == nil {
			_, err = chromedp.Call(ctx, network.SetExtraHTTPHeaders, network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}})
		}
		if err == nil {
			_, err = chromedp.Call(ctx, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: "Asia/Shanghai"})
		}
		return chromedp.Void{}, err
	})
	err := chromedp.Listen(ctx, func(event any) {
		p.mu.Lock()
		defer p.mu.Unlock()
		switch e := event.(type) {
		case *runtime.EventExceptionThrown:
			text := e.ExceptionDetails.Text
			if e.ExceptionDetails.Exception != nil {
				text += " " + e.ExceptionDetails.Exception.Description
			}
			p.faults = append(p.faults, text)
		case *log.EventEntryAdded:
			if e.Entry.Level == log.EntryLevelError && e.Entry.Source != log.EntrySourceNetwork {
				p.faults = append(p.faults, e.Entry.Text)
			}
		}
	})
	if err != nil {
		t.Fatalf("listen to the page: %v", err)
	}
	return p
}

// Faults are the exceptions that the page's own scripts did not catch, and what the browser refused to do for its safety.
func (p *Page) Faults() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string(nil), p.faults...)
}

// Go opens an address and waits until it is loaded.
func (p *Page) Go(address string) {
	p.t.Helper()
	p.do("open "+address, chromedp.Navigate(address))
}

// Reload loads the page again.
func (p *Page) Reload() {
	p.t.Helper()
	p.do("reload", chromedp.Reload())
}

// URL is the address of the page.
func (p *Page) URL() string {
	p.t.Helper()
	return Eval[string](p, "location.href")
}

// Eval runs a JavaScript expression in the page and returns its value.
func Eval[T any](p *Page, expression string) T {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	v, err := chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
	if err != nil {
		p.t.Fatalf("evaluate %s: %v", expression, err)
	}
	return v
}

// Wait waits until a JavaScript expression is true. what says what was waited for.
func (p *Page) Wait(what, expression string) {
	p.t.Helper()
	script := fmt.Sprintf(`new Promise(done => {
		const end = Date.now() + %d
		const look = () => {
			let ok = false
			try { ok = Boolean(%s) } catch {}
			if (ok || Date.now() > end) done(ok)
			else setTimeout(look, 20)
		}
		look()
	})`, patience.Milliseconds(), expression)
	var err error
	for range 5 { // the page may be exchanged while we wait
		ctx, cancel := context.WithTimeout(p.ctx, patience+5*time.Second)
		var ok bool
		ok, err = chromedp.Run(ctx, chromedp.Evaluate[bool](script, chromedp.EvalAwaitPromise))
		cancel()
		if err == nil && ok {
			return
		}
		if err == nil {
			break
		}
	}
	p.t.Fatalf("waited for %s, error %v; the page shows:\n%s", what, err, p.Shown())
}

// See waits until text stands on the page where it can be seen.
func (p *Page) See(text string) {
	p.t.Helper()
	p.Wait("to see "+text, "document.body.innerText.includes("+quote(text)+")")
}

// Gone waits until text is not on the page any more.
func (p *Page) Gone(text string) {
	p.t.Helper()
	p.Wait("not to see "+text, "!document.body.innerText.includes("+quote(text)+")")
}

// Shown is the text of the page as it is seen.
func (p *Page) Shown() string {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	s, err := chromedp.Run(ctx, chromedp.Evaluate[string]("document.body.innerText"))
	if err != nil {
		return fmt.Sprintf("(nothing: %v)", err)
	}
	return s
}

// Press presses the last button, link, option or tick of that name, with a real click.
func (p *Page) Press(name string) {
	p.t.Helper()
	p.PressIn("body", name)
}

// PressIn presses within the elements of a selector: ".live", "#panel", "#langs". What is drawn again under the mouse is
// pressed once more, as somebody would.
func (p *Page) PressIn(selector, name string) {
	p.t.Helper()
	for range 5 {
		p.Wait("a button "+name, fmt.Sprintf(`(() => {
			const named = e => [e.innerText, e.getAttribute('aria-label')].some(s => s && s.replace(/^\d+\s*\n/, '').trim().split('\n')[0].trim() === %[2]s)
			const found = [...document.querySelectorAll(%[1]s)].flatMap(box => [...box.querySelectorAll('button, a, label.tick')])
				.filter(e => e.checkVisibility({visibilityProperty: true}) && !e.disabled && !e.closest('[inert]') && named(e)).at(-1)
			if (!found) return false
			found.scrollIntoView({block: 'center', behavior: 'instant'})
			const {x, y, width, height} = found.getClientRects()[0], still = window.testAt === x + ' ' + y
			window.testAt = x + ' ' + y
			for (let e = found; e; e = e.parentElement) {
				if (e.getAnimations().some(a => a.playState === 'running' && a.effect.getTiming().iterations !== Infinity)) return false
			}
			if (!still) return false // something is being scrolled or drawn in, however slow the machine is
			window.testPoint = [x + width / 2, y + height / 2]
			window.testPressed = false
			addEventListener('click', e => {
				if (window.testPressed = found.contains(e.target)) return
				e.stopImmediatePropagation() // something else has come under the mouse meanwhile
				e.preventDefault()
			}, {capture: true, once: true})
			return true
		})()`, quote(selector), quote(name)))
		at := Eval[[]float64](p, "window.testPoint")
		p.do("press "+name, chromedp.MouseClickXY(at[0], at[1]))
		if p.pressed() {
			return
		}
	}
	p.t.Fatalf("%s cannot be pressed; the page shows:\n%s", name, p.Shown())
}

// pressed says whether the last click met anything. A page that is on its way to another one was pressed.
func (p *Page) pressed() bool {
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	missed, err := chromedp.Run(ctx, chromedp.Evaluate[bool]("window.testPressed === false"))
	return err != nil || !missed
}

// Type writes a line into the composer and sends it with Enter.
func (p *Page) Type(text string) {
	p.t.Helper()
	p.do("go to the composer", chromedp.Focus(chromedp.ID("text")))
	p.Keys(text + "\r")
}

// Enter writes into the element of a selector what is not there yet, key by key.
func (p *Page) Enter(selector, text string) {
	p.t.Helper()
	p.do("go to "+selector, chromedp.Focus(chromedp.CSS(selector)))
	p.Keys(text)
}

// Keys presses keys one after the other, wherever the focus is: "\t", "\r", "\u001b", "1", "/". "\n" is Enter with Shift. What no
// key has, such as Chinese, arrives as from an input method.
func (p *Page) Keys(keys string) {
	p.t.Helper()
	p.do("press the keys "+quote(keys), func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		for _, r := range keys {
			if err := press(ctx, r); err != nil {
				return chromedp.Void{}, err
			}
		}
		return chromedp.Void{}, nil
	})
}

func press(ctx context.Context, r rune) error {
	k, ok := kb.Keys[r]
	if r == '\n' {
		k, ok = kb.Keys['\r'], true
	}
	if !ok {
		_, err := chromedp.Call(ctx, input.InsertText, input.InsertTextParams{Text: string(r)})
		return err
	}
	e := input.DispatchKeyEventParams{
		Type: input.DispatchKeyEventTypeKeyDown, Key: k.Key, Code: k.Code, WindowsVirtualKeyCode: k.Windows,
		Text: k.Text, UnmodifiedText: k.Unmodified,
	}
	if k.Shift || r == '\n' {
		e.Modifiers = int64(kb.ModifierShift)
	}
	if _, err := chromedp.Call(ctx, input.DispatchKeyEvent, e); err != nil {
		return err
	}
	e.Type, e.Text, e.UnmodifiedText = input.DispatchKeyEventTypeKeyUp, "", ""
	_, err := chromedp.Call(ctx, input.DispatchKeyEvent, e)
	return err
}

// Fill writes into the field of the last form that has it, as somebody would: what was there is replaced.
func (p *Page) Fill(field, value string) {
	p.t.Helper()
	p.Wait("a field "+field, fmt.Sprintf(`(() => {
		const input = [...document.querySelectorAll('[data-field=' + JSON.stringify(%s) + '] :is(input, textarea)')].at(-1)
		if (!input) return false
		input.focus()
		input.value = %s
		input.dispatchEvent(new Event('input', {bubbles: true}))
		return true
	})()`, quote(field), quote(value)))
}

// Size makes the page as large as a screen; a phone also has a finger instead of a mouse.
func (p *Page) Size(width, height int64, phone bool) {
	p.t.Helper()
	p.do("resize", func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: width, Height: height, DeviceScaleFactor: 2, Mobile: phone,
		})
		if err == nil {
			_, err = chromedp.Call(ctx, emulation.SetTouchEmulationEnabled, emulation.SetTouchEmulationEnabledParams{Enabled: phone})
		}
		return chromedp.Void{}, err
	})
}

// Media sets what the system says it prefers: Media("prefers-color-scheme", "dark").
func (p *Page) Media(name, value string) {
	p.t.Helper()
	p.do("prefer", func(ctx context.Context, tab *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.Call(ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: name, Value: value}},
		})
		return chromedp.Void{}, err
	})
}

// Shot writes what is seen into a PNG file, with the mouse over nothing.
func (p *Page) Shot(file string) {
	p.t.Helper()
	p.do("rest the mouse", chromedp.MouseEvent(input.DispatchMouseEventTypeMouseMoved, 0, 0))
	Eval[bool](p, "Promise.allSettled([document.fonts.ready, ...document.getAnimations().map(a => a.effect.getTiming().iterations === Infinity || a.finished)]).then(() => true)")
	ctx, cancel := context.WithTimeout(p.ctx, patience)
	defer cancel()
	b, err := chromedp.Run(ctx, chromedp.CaptureScreenshot())
	if err == nil {
		err = os.MkdirAll(filepath.Dir(file), 0o755)
	}
	if err == nil {
		err = os.WriteFile(file, b, 0o644)
	}
	if err != nil {
		p.t.Fatalf("screenshot %s: %v", file, err)
	}
}

// Download presses something that downloads a file and returns the file's name and what is in it.
func (p *Page) Download(press func()) (name string, data []byte) {
	p.t.Helper()
	dir := p.t.TempDir()
	p.do("allow downloads", func(ctx context.Context, _ *chromedp.Target) (chromedp.Void, error) {
		_, err := chromedp.CallBrowser(ctx, browser.SetDownloadBehavior, browser.SetDownloadBehaviorParams{
			Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: dir, EventsEnabled: new(true),
			BrowserContextID: chromedp.FromContext(ctx).BrowserContextID,
		})
		return chromedp.Void{}, err
	})
	done := make(chan struct{}, 1)
	err := chromedp.ListenBrowser(p.ctx, func(event any) {
		if e, ok := event.(*browser.EventDownloadProgress); ok && e.State == browser.DownloadProgressStateCompleted {
			select {
			case done <- struct{}{}:
			default:
			}
		}
	})
	if err != nil {
		p.t.Fatalf("listen for the download: %v", err)
	}
	press()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	select {
	case <-done:
	case <-timer.C:
		p.t.Fatalf("no download within %v; the page shows:\n%s", patience, p.Shown())
	}
	files, err := os.ReadDir(dir)
	if err != nil || len(files) != 1 {
		p.t.Fatalf("downloaded %v, error %v; want one file", files, err)
	}
	data, err = os.ReadFile(filepath.Join(dir, files[0].Name()))
	if err != nil {
		p.t.Fatal(err)
	}
	return files[0].Name(), data
}

// Do runs actions of chromedp, for what this package has no word for.
func (p *Page) Do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	p.do(what, actions...)
}

func (p *Page) do(what string, actions ...chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	// The context of a page must outlive its first action: it is what keeps the page open.
	done := make(chan error, 1)
	go func() { done <- chromedp.Do(p.ctx, actions...) }()
	timer := time.NewTimer(2 * patience)
	defer timer.Stop()
	select {
	case err := <-done:
		if err != nil {
			p.t.Fatalf("%s: %v", what, err)
		}
	case <-timer.C:
		p.t.Fatalf("%s: nothing happened within %v; the page shows:\n%s", what, 2*patience, p.Shown())
	}
}

func quote(s string) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		return `""`
	}
	return strings.TrimSpace(b.String())
}
