package chart

import (
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"math"
	"strconv"
	"strings"

	"golang.org/x/image/font"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/math/fixed"
)

// sharp is how many pixels a unit has.
const sharp = 2

// PNG draws the bars for a chat: light, on white. Fonts are TrueType; each character is drawn with the first that has it, and as
// a blank when none does.
func (b Bars) PNG(fonts ...[]byte) ([]byte, error) {
	p := pen{faces: map[face]font.Face{}, chinese: strings.HasPrefix(b.Lang, "zh")}
	for i, data := range fonts {
		f, err := opentype.Parse(data)
		if err != nil {
			return nil, fmt.Errorf("chart: font %d: %w", i+1, err)
		}
		p.fonts = append(p.fonts, f)
	}
	l := b.layout()
	p.image = image.NewRGBA(image.Rect(0, 0, width*sharp, int(math.Ceil(l.high))*sharp))
	draw.Draw(p.image, p.image.Bounds(), image.NewUniform(colour(light.ground)), image.Point{}, draw.Src)
	for _, x := range l.boxes {
		r := image.Rect(pixel(x.x), pixel(x.y), max(pixel(x.x+x.w), pixel(x.x)+1), pixel(x.y+x.h))
		draw.Draw(p.image, r, image.NewUniform(colour(light.hue(x.hue, x.pale))), image.Point{}, draw.Src)
	}
	for _, w := range l.words {
		if err := p.write(w); err != nil {
			return nil, err
		}
	}
	var out bytes.Buffer
	if err := png.Encode(&out, flat(p.image)); err != nil {
		return nil, fmt.Errorf("chart: %w", err)
	}
	return out.Bytes(), nil
}

// flat is a picture with a table of its colours, which is a fifth of the size: bars, and the greys of letters. Colours beyond 256 are
// taken for the nearest; there are never so many.
func flat(m *image.RGBA) image.Image {
	seen := map[color.RGBA]uint8{}
	out := image.NewPaletted(m.Bounds(), nil)
	for i := 0; i < len(m.Pix); i += 4 {
		c := color.RGBA{m.Pix[i] &^ 3, m.Pix[i+1] &^ 3, m.Pix[i+2] &^ 3, 255}
		if full := (color.RGBA{m.Pix[i], m.Pix[i+1], m.Pix[i+2], 255}); exact[full] {
			c = full
		}
		at, ok := seen[c]
		if !ok {
			if len(out.Palette) < 256 {
				at = uint8(len(out.Palette))
				out.Palette = append(out.Palette, c)
			} else {
				at = uint8(out.Palette.Index(c))
			}
			seen[c] = at
		}
		out.Pix[i/4] = at
	}
	return out
}

// exact are the colours that are kept as they are; the greys between them are rounded.
var exact = func() map[color.RGBA]bool {
	out := map[color.RGBA]bool{}
	for _, hex := range append(append([]string{light.ground, light.ink, light.soft}, light.hues...), light.pale...) {
		out[colour(hex)] = true
	}
	return out
}()

func pixel(units float64) int { return int(math.Round(units * sharp)) }

// A pen writes text with several fonts.
type pen struct {
	image *image.RGBA
	fonts []*opentype.Font
	faces map[face]font.Face

	chinese bool // in Chinese quotation marks are as wide as a character
}

// narrow writes quotation marks that a Chinese font draws narrow.
var narrow = strings.NewReplacer("“", `"`, "”", `"`, "‘", "'", "’", "'")

// A face is a font at a size.
type face struct {
	font int
	size float64
}

func (p *pen) write(w words) error {
	ink := light.ink
	if w.soft {
		ink = light.soft
	}
	if !p.chinese {
		w.text = narrow.Replace(w.text)
	}
	d := font.Drawer{Dst: p.image, Src: image.NewUniform(colour(ink)), Dot: fixed.P(pixel(w.x), pixel(w.y))}
	if w.right {
		wide := fixed.Int26_6(0)
		for _, r := range w.text {
			f, err := p.face(r, w.size)
			if err != nil {
				return err
			}
			if f != nil {
				advance, _ := f.GlyphAdvance(r)
				wide += advance
			}
		}
		d.Dot.X -= wide
	}
	for _, r := range w.text {
		f, err := p.face(r, w.size)
		if err != nil {
			return err
		}
		if f == nil {
			d.Dot.X += fixed.I(int(w.size * sharp / 2))
			continue
		}
		d.Face = f
		d.DrawString(string(r))
	}
	return nil
}

// face is the first font that has a character; nil when none does.
func (p *pen) face(r rune, size float64) (font.Face, error) {
	for i, f := range p.fonts {
		glyph, err := f.GlyphIndex(nil, r)
		if err != nil || glyph == 0 {
			continue
		}
		key := face{i, size}
		if p.faces[key] == nil {
			made, err := opentype.NewFace(f, &opentype.FaceOptions{Size: size * sharp, DPI: 72, Hinting: font.HintingNone})
			if err != nil {
				return nil, fmt.Errorf("chart: font %d: %w", i+1, err)
			}
			p.faces[key] = made
		}
		return p.faces[key], nil
	}
	return nil, nil
}

// colour reads #rrggbb.
func colour(hex string) color.RGBA {
	v, _ := strconv.ParseUint(hex[1:], 16, 32)
	return color.RGBA{uint8(v >> 16), uint8(v >> 8), uint8(v), 255}
}
