package documents

import (
	"reflect"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// eachText calls see for every text in the facts, with the path that a reader of the file would write.
func eachText(f *Facts, see func(path, s string)) {
	walk(reflect.ValueOf(f).Elem(), "", func(path string, v reflect.Value) { see(path, v.String()) })
}

// cleaned is a copy of the facts in which every text can be printed: no control characters, nothing that turns the direction of
// writing or that cannot be seen, letters and their accents in one piece. Line breaks become spaces.
func cleaned(f Facts) Facts {
	f = f.copy()
	walk(reflect.ValueOf(&f).Elem(), "", func(_ string, v reflect.Value) { v.SetString(clean(v.String())) })
	return f
}

// clean makes one text printable.
func clean(s string) string {
	plain := true
	for i := range len(s) {
		if s[i] < ' ' || s[i] >= 0x7f {
			plain = false
			break
		}
	}
	if plain {
		return strings.TrimSpace(s)
	}
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\n', r == '\r', r == '\t', r == '\v', r == '\f', r == '\u0085', r == '\u2028', r == '\u2029', r == '\u00a0', r == '\u3000':
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == '\ufffe', r == '\uffff', unicode.Is(unicode.Co, r), unicode.Is(unicode.Cs, r):
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, "\ufffd"))
	return strings.TrimSpace(norm.NFC.String(s))
}

func walk(v reflect.Value, path string, see func(string, reflect.Value)) {
	switch v.Kind() {
	case reflect.String:
		see(path, v)
	case reflect.Slice:
		for i := range v.Len() {
			walk(v.Index(i), path+"["+strconv.Itoa(i)+"]", see)
		}
	case reflect.Struct:
		t := v.Type()
		if t == reflect.TypeFor[Decimal]() {
			return
		}
		for i := range v.NumField() {
			name, _, _ := strings.Cut(t.Field(i).Tag.Get("yaml"), ",")
			if path != "" {
				name = path + "." + name
			}
			walk(v.Field(i), name, see)
		}
	}
}

// copy copies the slices, so that the caller's facts stay as they are.
func (f Facts) copy() Facts {
	deep(reflect.ValueOf(&f).Elem())
	return f
}

func deep(v reflect.Value) {
	switch v.Kind() {
	case reflect.Slice:
		if v.Len() == 0 {
			return
		}
		c := reflect.MakeSlice(v.Type(), v.Len(), v.Len())
		reflect.Copy(c, v)
		v.Set(c)
		for i := range c.Len() {
			deep(c.Index(i))
		}
	case reflect.Struct:
		if v.Type() == reflect.TypeFor[Decimal]() {
			return
		}
		for i := range v.NumField() {
			deep(v.Field(i))
		}
	}
}

// eachText calls see for every text that a paper says.
func (p *paper) eachText(see func(string)) {
	see(p.title.join())
	see(p.notice.join())
	see(p.say("paper.gap").join() + p.say("paper.draft").join() + p.say("paper.page").join())
	fields := func(fs []field) {
		for _, f := range fs {
			see(f.label.join())
			see(f.value)
		}
	}
	boxes := func(bs ...box) {
		for _, b := range bs {
			see(b.title.join())
			see(b.name)
			for _, l := range b.lines {
				see(l)
			}
			fields(b.fields)
		}
	}
	fields(p.head)
	for _, x := range p.parts {
		switch x := x.(type) {
		case group:
			see(x.title.join())
			boxes(x.boxes...)
		case table:
			see(x.title.join())
			for _, c := range x.cols {
				see(c.head.join())
			}
			for _, rows := range [][][]cell{x.rows, x.sums} {
				for _, r := range rows {
					for _, c := range r {
						see(c.text)
						for _, n := range c.notes {
							see(n)
						}
					}
				}
			}
		case prose:
			see(x.title.join())
			for _, t := range x.texts {
				see(t.join())
			}
		case tasks:
			see(x.title.join())
			for _, t := range x.items {
				see(t.text.join())
				see(t.note)
			}
		case labels:
			for _, l := range x.list {
				see(l.proof.join() + l.number.join() + l.derived.join() + l.id)
				boxes(l.from, l.to)
				fields(l.fields)
				for _, c := range l.contents {
					see(c)
				}
				for _, m := range l.marks {
					see(m.join())
				}
			}
		case signatures:
			see(x.says.join())
			see(x.seal.join())
			fields(x.fields)
		}
	}
}
