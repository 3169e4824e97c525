package chart

import (
	"bytes"
	"encoding/xml"
	"flag"
	"fmt"
	"image/png"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"unicode/utf8"

	"xiaobao/documents"
)

var update = flag.Bool("update", false, "write the pictures as they are drawn now")

// notos are the fonts that the papers bring along.
func notos(t testing.TB) [][]byte {
	t.Helper()
	fonts, err := documents.Fonts()
	if err != nil {
		t.Fatal(err)
	}
	return fonts
}

var examples = map[string]Bars{
	"routes-en": {
		Title: "What each route comes to, without the goods", Unit: "in US dollars", Lang: "en",
		Series: []string{"To the border", "Insurance", "Duty and customs fees", "Import tax", "After the border"},
		Rows: []Row{
			{Label: "Ocean LCL to the US", Total: "3,411.85", Note: "30–45 days · lowest landed cost", Parts: []Part{{0, 365}, {1, 33.2}, {2, 2887.14}, {4, 126.51}}},
			{Label: "Air freight to the US", Total: "5,214.00", Note: "8–14 days", Parts: []Part{{0, 2100}, {1, 26}, {2, 2874.64}, {4, 213.36}}},
			{Label: "Courier to the US", Total: "6,020.17", Note: "not for these goods", Quiet: true, Parts: []Part{{0, 3050}, {1, 45}, {2, 2874.64}, {4, 50.53}}},
		},
		Note: "An estimate from a rate card with invented numbers, not a quote.",
	},
	"lines-zh": {
		Title: "到仓成本的构成：美国海运拼箱", Unit: "单位：美元", Lang: "zh-Hans",
		Rows: []Row{
			{Label: "货物", Total: "9,600.00", Note: "73.8%", Parts: []Part{{0, 9600}}},
			{Label: "海运费及附加费", Total: "264.00", Parts: []Part{{1, 264}}},
			{Label: "关税", Total: "2,592.00", Parts: []Part{{2, 2592}}},
			{Label: "派送到仓费", Total: "120.00", Parts: []Part{{4, 120}}},
		},
		Note: "这里有虚构的数字：它们来自“示例费率表（数字为虚构）”，只用来演示估算是什么样子，请不要据此做决定。这是按费率表做的估算，不是报价，更不是亚马逊的价格。实际费用以您的卖家平台页面、货代和报关行为准。",
	},
}

// TestSVG compares the drawings with those that were looked at. Run with -update and look at them again.
func TestSVG(t *testing.T) {
	for name, b := range examples {
		t.Run(name, func(t *testing.T) {
			got := b.SVG()
			file := "testdata/" + name + ".svg"
			if *update {
				if err := os.WriteFile(file, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got, want) {
				t.Errorf("the drawing has changed: look at it with -update\n%s", got)
			}
			if err := xml.Unmarshal(got, new(struct{})); err != nil {
				t.Errorf("no XML: %v", err)
			}
			if !bytes.Equal(got, b.SVG()) {
				t.Error("drawn twice, it differs")
			}
		})
	}
}

// TestPNG looks at pixels: a bar has its colour where the layout says, the ground is white beside it, and there is ink where text is.
func TestPNG(t *testing.T) {
	fonts := notos(t)
	for name, b := range examples {
		t.Run(name, func(t *testing.T) {
			data, err := b.PNG(fonts...)
			if err != nil {
				t.Fatal(err)
			}
			again, err := b.PNG(fonts...)
			if err != nil || !bytes.Equal(data, again) {
				t.Errorf("drawn twice, it differs: %v", err)
			}
			m, err := png.Decode(bytes.NewReader(data))
			if err != nil {
				t.Fatal(err)
			}
			l := b.layout()
			if m.Bounds().Dx() != width*sharp || len(data) > 200<<10 {
				t.Errorf("%v wide, %d bytes", m.Bounds(), len(data))
			}
			for _, x := range l.boxes {
				if x.w < 4 {
					continue
				}
				if got := m.At(pixel(x.x+x.w/2), pixel(x.y+x.h/2)); got != colour(light.hue(x.hue, x.pale)) {
					t.Errorf("at %v the picture is %v", x, got)
				}
			}
			if got := m.At(3, 3); got != colour("#ffffff") {
				t.Errorf("the ground is %v", got)
			}
			for _, w := range l.words {
				from, to := pixel(w.x), pixel(w.x+wide(w.text, w.size))
				if w.right {
					from, to = pixel(w.x-wide(w.text, w.size)), pixel(w.x)
				}
				inked := 0
				for x := from; x < to; x++ {
					for y := pixel(w.y - w.size); y < pixel(w.y+2); y++ {
						if r, _, _, _ := m.At(x, y).RGBA(); r < 0xc000 {
							inked++
						}
					}
				}
				if inked < 5*utf8.RuneCountInString(w.text) {
					t.Errorf("%q is not to be seen: %d dark pixels", w.text, inked)
				}
			}
			if *update {
				if err := os.WriteFile(filepath.Join(os.TempDir(), "chart-"+name+".png"), data, 0o644); err != nil {
					t.Fatal(err)
				}
			}
		})
	}
}

// TestInside keeps everything within the picture, whatever is drawn.
func TestInside(t *testing.T) {
	for name, b := range map[string]Bars{
		"nothing":  {},
		"zero":     {Title: "zero", Rows: []Row{{Label: "a", Total: "0", Parts: []Part{{0, 0}}}, {Label: "b", Total: "-3", Parts: []Part{{1, -3}}}}},
		"long":     {Title: strings.Repeat("Long title ", 50), Series: []string{strings.Repeat("很长的名字", 40)}, Rows: []Row{{Label: strings.Repeat("W", 400), Total: strings.Repeat("9", 400), Note: "x"}}},
		"many":     {Title: "many", Rows: make([]Row, 500)},
		"odd":      {Title: "a\x00b\xff<script>&\"'", Rows: []Row{{Label: "\u202e\n\t", Total: "🚢", Parts: []Part{{-7, 1}, {99, 2}}}}},
		"gigantic": {Title: "g", Rows: []Row{{Label: "a", Total: "1", Parts: []Part{{0, 1e308}, {1, 1e300}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			l := b.layout()
			if l.high > 3000 {
				t.Errorf("%v high", l.high)
			}
			for _, x := range l.boxes {
				if x.x < 0 || x.x+x.w > width+1 || x.y < 0 || x.y+x.h > l.high || x.w != x.w {
					t.Errorf("outside: %+v", x)
				}
			}
			for _, w := range l.words {
				if wide(w.text, w.size) > width || w.y > l.high {
					t.Errorf("outside: %+v", w)
				}
			}
			var got struct {
				XMLName xml.Name
				Script  []string `xml:"script"`
			}
			if err := xml.Unmarshal(b.SVG(), &got); err != nil || got.XMLName.Local != "svg" || len(got.Script) > 0 {
				t.Errorf("%v: %+v", err, got)
			}
			if _, err := b.PNG(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestAlt(t *testing.T) {
	want := `What each route comes to, without the goods (in US dollars)
Ocean LCL to the US: 3,411.85 · 30–45 days · lowest landed cost
Air freight to the US: 5,214.00 · 8–14 days
Courier to the US: 6,020.17 · not for these goods`
	if got := examples["routes-en"].Alt(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}

func BenchmarkPNG(b *testing.B) {
	fonts := notos(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := examples["lines-zh"].PNG(fonts...); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSVG(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		examples["routes-en"].SVG()
	}
}

// TestTheCallersRowsStay draws what somebody else holds: nothing of it is written to.
func TestTheCallersRowsStay(t *testing.T) {
	for name, b := range examples {
		before := fmt.Sprintf("%#v", b)
		var drawn sync.WaitGroup
		for range 4 { // the race detector sees a write, if there is one
			drawn.Go(func() { b.SVG() })
		}
		drawn.Wait()
		if after := fmt.Sprintf("%#v", b); after != before {
			t.Errorf("%s was changed:\n%s\n%s", name, before, after)
		}
	}
}

// TestQuotationMarks: English words between quotation marks look the same as between straight ones, which a Chinese font draws narrow;
// Chinese keeps its own.
func TestQuotationMarks(t *testing.T) {
	fonts := notos(t)
	drawn := func(lang, note string) []byte {
		data, err := Bars{Title: "Costs", Lang: lang, Note: note, Rows: examples["routes-en"].Rows, Series: examples["routes-en"].Series}.PNG(fonts...)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	if !bytes.Equal(drawn("en", "from “a card” only"), drawn("en", `from "a card" only`)) {
		t.Error("English quotation marks are drawn wide")
	}
	if bytes.Equal(drawn("zh-Hans", "来自“示例”"), drawn("zh-Hans", `来自"示例"`)) {
		t.Error("Chinese quotation marks are drawn narrow")
	}
}
