package documents

import (
	"bytes"
	"compress/gzip"
	_ "embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
)

// The fonts are subsets of Noto Sans SC (every character of GB 2312, of the list of 8,105 standard characters and of the first levels of
// Big5 and JIS X 0208, so that names can be written) and of Noto Sans (the rest of Latin, Greek and Cyrillic), under the OFL; see fonts/README.md. They are kept compressed
// and are unpacked when the first paper is made.
//
//go:embed fonts/noto-sans-sc.ttf.gz
var packedSC []byte

//go:embed fonts/noto-sans.ttf.gz
var packedLatin []byte

// builtin are the two fonts, in the order in which a character is looked for.
var builtin = sync.OnceValues(func() ([]*face, error) {
	var out []*face
	for _, f := range []struct {
		name   string
		packed []byte
	}{{"sc", packedSC}, {"latin", packedLatin}} {
		z, err := gzip.NewReader(bytes.NewReader(f.packed))
		if err != nil {
			return nil, err
		}
		data, err := io.ReadAll(z)
		if err != nil {
			return nil, err
		}
		one, err := readFace(f.name, data)
		if err != nil {
			return nil, err
		}
		out = append(out, one)
	}
	return out, nil
})

// A face is a font: its bytes, and which characters it has, how wide.
type face struct {
	name   string
	data   []byte
	widths []uint16 // by character of the basic plane, in thousandths of the size; 0xffff: not there
}

const absent = 0xffff

func (f *face) has(r rune) bool { return r >= 0 && r < 0x10000 && f.widths[r] != absent }

// faces are the fonts of one paper: the built-in ones, then the operator's.
func faces(own []byte) ([]*face, error) {
	all, err := builtin()
	if err != nil {
		return nil, fmt.Errorf("documents: unpack the fonts: %w", err)
	}
	if own == nil {
		return all, nil
	}
	mine, err := readFace("own", own)
	if err != nil {
		return nil, fmt.Errorf("documents: read the font that was given: %w", err)
	}
	return append(all[:len(all):len(all)], mine), nil
}

// CheckFont says whether a font can be used: it must be TrueType with its outlines in it (glyf), not a collection.
func CheckFont(data []byte) error {
	_, err := readFace("own", data)
	return err
}

var errFont = errors.New("not a TrueType font with glyf outlines (a .ttf; .ttc and .otf with CFF outlines cannot be used)")

// readFace reads what a paper needs of a TrueType font: the widths and the map of characters.
func readFace(name string, data []byte) (f *face, err error) {
	defer func() {
		if recover() != nil { // an offset beyond the end
			f, err = nil, errFont
		}
	}()
	if len(data) < 12 || binary.BigEndian.Uint32(data) != 0x00010000 {
		return nil, errFont
	}
	data = slices.Clip(data) // reading past the end must not find what lies behind it
	tables := map[string][]byte{}
	for i := range int(binary.BigEndian.Uint16(data[4:])) {
		rec := data[12+16*i:]
		off, size := binary.BigEndian.Uint32(rec[8:]), binary.BigEndian.Uint32(rec[12:])
		tables[string(rec[:4])] = data[off : uint64(off)+uint64(size)]
	}
	for _, needed := range []string{"head", "hhea", "hmtx", "maxp", "cmap", "glyf", "loca", "post", "name"} {
		if tables[needed] == nil {
			return nil, errFont
		}
	}
	em := int(binary.BigEndian.Uint16(tables["head"][18:]))
	wide := int(binary.BigEndian.Uint16(tables["hhea"][34:]))
	glyphs := int(binary.BigEndian.Uint16(tables["maxp"][4:]))
	if em == 0 || wide == 0 {
		return nil, errFont
	}
	f = &face{name: name, data: data, widths: make([]uint16, 0x10000)}
	for i := range f.widths {
		f.widths[i] = absent
	}
	set := func(r, glyph int) {
		if glyph == 0 || glyph >= glyphs {
			return
		}
		f.widths[r] = uint16(int(binary.BigEndian.Uint16(tables["hmtx"][4*min(glyph, wide-1):])) * 1000 / em)
	}
	return f, readCmap(tables["cmap"], set)
}

// readCmap reads the map of the basic plane, format 4: the one that the PDF is made with.
func readCmap(cmap []byte, set func(r, glyph int)) error {
	u16 := func(b []byte) int { return int(binary.BigEndian.Uint16(b)) }
	for i := range u16(cmap[2:]) {
		rec := cmap[4+8*i:]
		platform, encoding := u16(rec), u16(rec[2:])
		t := cmap[binary.BigEndian.Uint32(rec[4:]):]
		if u16(t) != 4 || !(platform == 3 && encoding == 1 || platform == 0) {
			continue
		}
		n := u16(t[6:]) / 2
		ends, starts, deltas, offsets := t[14:], t[16+2*n:], t[16+4*n:], t[16+6*n:]
		for s := range n {
			first, last := u16(starts[2*s:]), u16(ends[2*s:])
			for r := first; r <= last && r < 0xffff; r++ {
				if off := u16(offsets[2*s:]); off == 0 {
					set(r, (r+u16(deltas[2*s:]))&0xffff)
				} else if g := u16(offsets[2*s+off+2*(r-first):]); g != 0 {
					set(r, (g+u16(deltas[2*s:]))&0xffff)
				}
			}
		}
		return nil
	}
	return errFont
}

// A run is a piece of text in one font.
type run struct {
	text string
	face int
}

// typesetter measures, parts and wraps text; it collects the characters that it cannot draw.
type typesetter struct {
	faces   []*face
	lacking Unprintable
	known   map[rune]bool
}

// faceOf is the font that a character is drawn with; -1 when there is none.
func (t *typesetter) faceOf(r rune) int {
	for i, f := range t.faces {
		if f.has(r) {
			return i
		}
	}
	return -1
}

// look notes the characters of a text that no font has.
func (t *typesetter) look(s string) {
	for _, r := range s {
		if r == '\n' || t.faceOf(r) >= 0 {
			continue
		}
		if t.known == nil {
			t.known = map[rune]bool{}
		}
		if !t.known[r] {
			t.known[r] = true
			t.lacking.Characters = append(t.lacking.Characters, r)
		}
		if in := &t.lacking.In; len(*in) < 10 && (len(*in) == 0 || (*in)[len(*in)-1] != short(s)) {
			*in = append(*in, short(s))
		}
	}
}

// width of a text in millimetres at a size in points.
func (t *typesetter) width(s string, size float64) float64 {
	n := 0
	for _, r := range s {
		n += t.advance(r)
	}
	return float64(n) * size / 1000 * pointMM
}

const pointMM = 25.4 / 72

func (t *typesetter) advance(r rune) int {
	if i := t.faceOf(r); i >= 0 {
		return int(t.faces[i].widths[r])
	}
	return 1000
}

// runs parts a text into pieces of one font each.
func (t *typesetter) runs(s string) []run {
	var out []run
	start, current := 0, -2
	for i, r := range s {
		f := max(t.faceOf(r), 0)
		if f != current {
			if i > start {
				out = append(out, run{s[start:i], current})
			}
			start, current = i, f
		}
	}
	if start < len(s) {
		out = append(out, run{s[start:], current})
	}
	return out
}

// wrap parts a text into lines that fit a width: at spaces, after hyphens, slashes and the @ of an address, and between Chinese characters, where a
// closing mark does not begin a line and an opening one does not end it. What has no such place is parted anywhere.
func (t *typesetter) wrap(s string, size, width float64) []string {
	limit := int(width / (size * pointMM) * 1000)
	rs := []rune(s)
	var out []string
	for start := 0; start < len(rs); {
		used, at, broke := 0, start, -1
		for at < len(rs) && rs[at] != '\n' {
			w := t.advance(rs[at])
			if used+w > limit && at > start && rs[at] != ' ' {
				break
			}
			used += w
			at++
			if at < len(rs) && mayPart(rs[at-1], rs[at]) {
				broke = at
			}
		}
		end := at
		if at < len(rs) && rs[at] != '\n' && broke > start {
			end = broke
		}
		out = append(out, strings.TrimRight(string(rs[start:end]), " "))
		for end < len(rs) && (rs[end] == ' ' || rs[end] == '\n' && end == at) {
			end++
			if rs[end-1] == '\n' {
				break
			}
		}
		start = end
	}
	if out == nil {
		return []string{""}
	}
	return out
}

const (
	neverFirst = "，。、；：？！）】》」』〉〕”’…％%!),.:;?]}°·~～"
	neverLast  = "（【《「『〈〔“‘([{$£¥￥€#"
)

// mayPart says whether a line may end between two characters.
func mayPart(a, b rune) bool {
	switch {
	case a == ' ':
		return b != ' '
	case b == ' ':
		return false
	case strings.ContainsRune(neverFirst, b), strings.ContainsRune(neverLast, a):
		return false
	case wideRune(a) || wideRune(b):
		return true
	}
	return a == '-' || a == '/' || a == '–' || a == '—' || a == ',' || a == ';' || a == '×' || a == '@'
}

func wideRune(r rune) bool {
	return r >= 0x2e80 && r <= 0x9fff || r >= 0xac00 && r <= 0xd7a3 || r >= 0xf900 && r <= 0xfaff || r >= 0xff00 && r <= 0xffef
}
