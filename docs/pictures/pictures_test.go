// Package pictures makes the pictures of the documentation from the real program: it builds it, starts it on a new
// database, and walks through it in a real browser as a seller and as an operator would.
//
//	go test ./docs/pictures -args -update
//
// writes the pictures into this folder. Without -update the same walk is a test of the whole program and its pictures go to
// a temporary folder, so that a picture that cannot be made any more is noticed.
package pictures

import (
	"bytes"
	"cmp"
	"flag"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"xiaobao/adapters/simulator"
	"xiaobao/adapters/web/webtest"
	"xiaobao/locales"
	"xiaobao/shipment"
)

var update = flag.Bool("update", false, "write the pictures into this folder")

// largest is how many bytes a picture may have: whoever reads the README should not wait for it.
const largest = 250_000

// An album is where pictures are taken.
type album struct {
	*testing.T
	words *locales.Words
	dir   string
	base  string // the address of the program
}

// say is a message in a language, as it stands on the page.
func (a album) say(lang, id string) string {
	a.Helper()
	text, ok := a.words.Text(lang, id)
	if !ok {
		a.Fatalf("there is no message %s in %s", id, lang)
	}
	return text
}

func TestPictures(t *testing.T) {
	words, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	a := album{T: t, words: words, dir: t.TempDir(), base: start(t)}
	if *update {
		a.dir = "."
	}
	b := webtest.Start(t)
	en := a.register(b, "en", "English", "en-GB,en;q=0.9", "Lin Min")
	zh := a.register(b, "zh-Hans", "中文", "zh-CN,zh;q=0.9", "林敏")
	a.phone(zh)
	a.operators(b, en)
	a.shipment(en)
	for _, p := range []*webtest.Page{en, zh} {
		if f := p.Faults(); len(f) > 0 {
			t.Errorf("the page's scripts failed: %q", f)
		}
	}
}

// register begins step 1 as a new seller in Shenzhen. One character of the company's code is mistyped, so that the picture
// shows what happens then.
func (a album) register(b *webtest.Browser, lang, language, accept, name string) *webtest.Page {
	say := func(id string) string { return a.say(lang, id) }
	p := b.Person(accept)
	p.Size(1280, 860, false)
	p.Go(a.base)
	p.PressIn(".welcome", language)
	p.See(say("hello.never"))
	webtest.Eval[bool](p, "(document.getElementById('who').click(), true)")
	p.Enter("#dialog-input", name)
	p.Keys("\r")
	p.PressIn("#panel", say("step.register"))
	p.PressIn(".live", say("option.fulfilment.fba"))
	for _, id := range []string{"value.no", "option.store.us", "option.store.de", "option.entity.cn_company", "ui.send"} {
		p.PressIn(".live", say(id))
	}
	p.See(say("register.company_cn"))
	p.Fill("company_name_zh", "深圳市明途贸易有限公司")
	p.Fill("company_name_en", "Shenzhen Mingtu Trading Co., Ltd.")
	p.Fill("uscc", "91350100M000100Y44")
	p.Fill("licence_expiry", "2031-06-30")
	p.PressIn(".live", say("ui.send"))
	p.See(say("slot.uscc.ask"))
	p.See("GB 32100-2015")
	a.both(p, "chat-"+lang)
	p.Type("91350100M000100Y43")
	p.See(say("register.address"))
	return p
}

// phone shows the same conversation on a phone.
func (a album) phone(p *webtest.Page) {
	p.Size(390, 800, true)
	p.Wait("the form to fit", "[...document.querySelectorAll('.live :is(input, textarea, code)')].every(e => e.getBoundingClientRect().right < innerWidth)")
	a.both(p, "phone")
	p.Size(1280, 860, false)
}

// operators asks for a human, and shows the page on which one answers.
func (a album) operators(b *webtest.Browser, seller *webtest.Page) {
	seller.Type("stuck")
	seller.See(a.say("en", "stuck.what"))
	seller.Type("Our licence writes the street in Chinese only. Which English spelling does Amazon compare it with?")
	operator := b.Person("en-GB,en;q=0.9")
	operator.Size(1280, 860, false)
	seller.Wait("a ticket", "/T-[0-9A-Z]{8}/.test(document.body.innerText)")
	operator.Go(a.base + "admin/")
	operator.Go(webtest.Eval[string](operator, "document.querySelector('article a').href"))
	operator.See("Our licence writes the street in Chinese only")
	a.shot(operator, "operators")
}

// shipment watches a simulated shipment until customs hold it.
func (a album) shipment(p *webtest.Page) {
	p.PressIn("#panel", a.say("en", "step.track"))
	p.See(a.say("en", "slot.tracking_no.ask"))
	p.Type(held())
	p.Wait("news that cannot wait", "document.querySelector('.card.urgent')")
	webtest.Eval[bool](p, "(document.querySelector('.card.urgent').scrollIntoView({block: 'end', behavior: 'instant'}), true)")
	a.shot(p, "shipment")
	a.timeline(p)
}

// timeline opens the page that is shared, on a phone.
func (a album) timeline(p *webtest.Page) {
	p.Type("share timeline " + held())
	p.Wait("a link to share", "document.querySelector('a[href*=\"/t/\"]')")
	p.Go(webtest.Eval[string](p, "document.querySelector('a[href*=\"/t/\"]').href"))
	p.Size(390, 800, true)
	p.See(a.say("en", "shipment.page.notice"))
	a.shot(p, "timeline")
}

// held is the number of a simulated shipment by air that customs will hold.
func held() string {
	for seed := 'a'; ; seed++ {
		number := simulator.NewNumberTo(shipment.Air, "US", string(seed))
		if simulator.JourneyOf(number).Hold {
			return number
		}
	}
}

// both takes a picture in the light and one in the dark.
func (a album) both(p *webtest.Page, name string) {
	a.Helper()
	a.shot(p, name)
	p.Media("prefers-color-scheme", "dark")
	a.shot(p, name+"-dark")
	p.Media("prefers-color-scheme", "light")
}

// shot takes a picture and makes it small.
func (a album) shot(p *webtest.Page, name string) {
	a.Helper()
	file := filepath.Join(a.dir, name+".png")
	p.Shot(file)
	data, err := os.ReadFile(file)
	if err != nil {
		a.Fatal(err)
	}
	img, err := png.Decode(bytes.NewReader(data))
	if err != nil {
		a.Fatal(err)
	}
	var small bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&small, reduced(img)); err != nil {
		a.Fatal(err)
	}
	if small.Len() > largest {
		a.Errorf("%s has %d bytes, at most %d are allowed", name, small.Len(), largest)
	}
	if err := os.WriteFile(file, small.Bytes(), 0o644); err != nil {
		a.Fatal(err)
	}
}

// reduced is a picture with the 256 colours that occur most; every other becomes the nearest of them. On pages of text
// nobody sees the difference, and the file is half as large.
func reduced(img image.Image) *image.Paletted {
	bounds := img.Bounds()
	counts := map[color.Color]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			counts[img.At(x, y)]++
		}
	}
	palette := slices.SortedFunc(maps.Keys(counts), func(a, b color.Color) int {
		return cmp.Or(counts[b]-counts[a], cmp.Compare(fmt.Sprint(a), fmt.Sprint(b)))
	})
	palette = palette[:min(len(palette), 256)]
	out := image.NewPaletted(bounds, palette)
	index := map[color.Color]uint8{}
	for c := range counts {
		index[c] = uint8(out.Palette.Index(c))
	}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			out.SetColorIndex(x, y, index[img.At(x, y)])
		}
	}
	return out
}
