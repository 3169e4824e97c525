package documents

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/simplifiedchinese"
	"pgregory.net/rapid"
)

func setter(t testing.TB) *typesetter {
	t.Helper()
	fs, err := faces(nil)
	must(t, err)
	return &typesetter{faces: fs}
}

// TestFontHasGB2312 looks up every character of GB 2312, and what the trade writes besides.
func TestFontHasGB2312(t *testing.T) {
	ts := setter(t)
	lacks := []rune{}
	for a := 0xB0; a <= 0xF7; a++ { // the rows of Chinese characters
		for b := 0xA1; b <= 0xFE; b++ {
			s, err := simplifiedchinese.GBK.NewDecoder().Bytes([]byte{byte(a), byte(b)})
			r := []rune(string(s))
			if err != nil || len(r) != 1 || r[0] == '\ufffd' || r[0] >= 0xe000 && r[0] < 0xf900 {
				continue // the five places of GB 2312 without a character
			}
			if ts.faceOf(r[0]) < 0 {
				lacks = append(lacks, r[0])
			}
		}
	}
	for _, r := range "镕喆堃珺玥燚垚祎翀赟頔瑄昇昉旻烜" + "重量超過深圳貿易有限公司發展國際廣東灣" + "東京都渋谷区広島県発売" + "，。、；：？！“”‘’（）《》【】…—～·￥％" + "€£¥$№℃㎡×±≤≥½°§©®™–—…‰" + "ŁódźŻaganČeskýŞişliĐàNẵngΑθήναМосква" {
		if ts.faceOf(r) < 0 {
			lacks = append(lacks, r)
		}
	}
	if len(lacks) > 0 {
		t.Errorf("the fonts lack %d characters: %.40q", len(lacks), string(lacks))
	}
}

// TestWrap says where lines may end.
func TestWrap(t *testing.T) {
	ts := setter(t)
	for _, c := range []struct {
		text  string
		width float64
		want  []string
	}{
		{"Ceramic mug for hot drinks", 26, []string{"Ceramic mug for", "hot drinks"}},
		{"陶瓷马克杯，带手柄，可微波加热", 20, []string{"陶瓷马克杯，", "带手柄，可微", "波加热"}},
		{"陶瓷马克杯（带手柄）", 18.5, []string{"陶瓷马克杯", "（带手柄）"}},
		{"material：porcelain 瓷", 25, []string{"material：", "porcelain 瓷"}},
		{"MINGYUE/MADE-IN-CHINA", 26, []string{"MINGYUE/MADE-", "IN-CHINA"}},
		{"Donaudampfschifffahrtsgesellschaft", 20, []string{"Donaudampf", "schifffahrtsg", "esellschaft"}},
		{"one\ntwo\n\nfour", 50, []string{"one", "two", "", "four"}},
		{"", 50, []string{""}},
		{"a    b", 50, []string{"a    b"}},
	} {
		if got := ts.wrap(c.text, 9, c.width); !slices.Equal(got, c.want) {
			t.Errorf("%q in %v mm: %q, want %q", c.text, c.width, got, c.want)
		}
	}
}

// TestWrapKeepsEverything: whatever the text and the width, no character but a space at a line's end is lost, no line is wider
// than it may be, and no closing mark begins a line that could have ended elsewhere.
func TestWrapKeepsEverything(t *testing.T) {
	ts := setter(t)
	rapid.Check(t, func(r *rapid.T) {
		s := rapid.StringOfN(rapid.SampledFrom([]rune("ab cd-/，。（）陶瓷马克杯 \n1,2.5€WWWiii")), 0, 80, -1).Draw(r, "text")
		width := rapid.Float64Range(4, 60).Draw(r, "width")
		lines := ts.wrap(s, 8, width)
		squeeze := func(s string) string { return strings.Join(strings.Fields(s), "") }
		if squeeze(strings.Join(lines, "")) != squeeze(s) {
			r.Fatalf("lost something: %q", lines)
		}
		for _, l := range lines {
			if w := ts.width(l, 8); w > width+0.01 && len([]rune(l)) > 1 {
				r.Fatalf("%q is %v wide", l, w)
			}
		}
	})
}

// TestUnprintable: characters that no font has are named before anything is drawn, with what to do, and a font that has them helps.
func TestUnprintable(t *testing.T) {
	f := example(t)
	f.Exporter.NameZh = "深圳市𠮷祥贸易有限公司" // a character beyond the basic plane
	f.Lines[0].Description = "Mug ☕ with love ❤ for tea"
	_, err := Make(Invoice, f, Options{Format: PDF, Lang: "zh-Hans", Words: words(t)})
	u, ok := errors.AsType[*Unprintable](err)
	if !ok || string(u.Characters) != "𠮷☕❤" || len(u.In) != 2 {
		t.Fatalf("got %v", err)
	}
	if s := fill(words(t), "zh-Hans", u.Says()); !strings.Contains(s, "𠮷 (U+20BB7)") || !strings.Contains(s, "--font") {
		t.Errorf("says %s", s)
	}
	// A workbook is drawn by the reader's own fonts: nothing stops it.
	if _, err := Make(Invoice, f, Options{Format: XLSX, Lang: "zh-Hans", Words: words(t)}); err != nil {
		t.Errorf("the workbook: %v", err)
	}
	// The English paper does not print the Chinese name.
	f.Lines[0].Description = "Ceramic mug for tea"
	if _, err := Make(Invoice, f, Options{Format: PDF, Lang: "en", Words: words(t)}); err != nil {
		t.Errorf("in English: %v", err)
	}
}

// TestOwnFont draws with a font of one's own what the built-in ones lack.
func TestOwnFont(t *testing.T) {
	own, err := os.ReadFile("testdata/marks.ttf")
	must(t, err)
	must(t, CheckFont(own))
	f := example(t)
	f.Lines[0].Description = "Mug with ☕ and ❤ for tea"
	out, err := Make(Invoice, f, Options{Format: PDF, Lang: "en", Words: words(t), Font: own})
	must(t, err)
	path := filepath.Join(t.TempDir(), out.Name)
	must(t, os.WriteFile(path, out.Data, 0o600))
	if got := string(exe(t, outside(t, "pdftotext"), "-enc", "UTF-8", path, "-")); !strings.Contains(got, "Mug with ☕ and ❤ for tea") {
		t.Errorf("poppler reads %s", got)
	}
}

// TestBrokenFonts are refused with what a font must be, and never kill.
func TestBrokenFonts(t *testing.T) {
	good, err := os.ReadFile("testdata/marks.ttf")
	must(t, err)
	for name, data := range map[string][]byte{
		"empty": {}, "text": []byte("not a font"), "collection": []byte("ttcf\x00\x01\x00\x00"), "CFF": append([]byte("OTTO"), good[4:]...),
		"cut off": good[:len(good)/3], "only a header": good[:12],
	} {
		if err := CheckFont(data); !errors.Is(err, errFont) {
			t.Errorf("%s: %v", name, err)
		}
	}
	rapid.Check(t, func(r *rapid.T) {
		data := bytes.Clone(good)
		for range rapid.IntRange(1, 20).Draw(r, "places") {
			data[rapid.IntRange(0, len(data)-1).Draw(r, "at")] = byte(rapid.IntRange(0, 255).Draw(r, "value"))
		}
		_ = CheckFont(data) // an error or not, but no panic
	})
}
