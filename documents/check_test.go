package documents

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/shopspring/decimal"
	"go.yaml.in/yaml/v4"

	"xiaobao/locales"
)

// TestCheck changes the example in one place after the other. testdata/checks.txtar says for each change (old => new, a line each)
// what is found: what stops, what warns, where, and which fields a paper then lacks.
func TestCheck(t *testing.T) {
	a, err := txtar.ParseFile("testdata/checks.txtar")
	must(t, err)
	base, err := os.ReadFile("../docs/document.example.yaml")
	must(t, err)
	w := words(t)
	for i, c := range a.Files {
		t.Run(c.Name, func(t *testing.T) {
			changes, want, _ := strings.Cut(string(c.Data), "---\n")
			text := string(base)
			for line := range strings.Lines(changes) {
				from, to, ok := strings.Cut(strings.TrimSuffix(line, "\n"), " => ")
				from, to = strings.ReplaceAll(from, `\n`, "\n"), strings.ReplaceAll(to, `\n`, "\n")
				if !ok || !strings.Contains(text, from) {
					t.Fatalf("%q changes nothing", line)
				}
				text = strings.Replace(text, from, to, 1)
			}
			f, lineOf, err := ReadFacts([]byte(text))
			must(t, err)
			got := told(f, lineOf)
			if *update {
				a.Files[i].Data = []byte(changes + "---\n" + got)
				return
			}
			if got != want {
				t.Errorf("got\n%swant\n%s", got, want)
			}
			_, err = Make(Invoice, f, Options{Format: XLSX, Lang: "en", Words: w})
			_, refused := errors.AsType[*Refusal](err)
			if stops := strings.Contains(want, "block "); stops != refused || err != nil && !refused {
				t.Errorf("made: %v, though something stops it: %v", err, stops)
			}
		})
	}
	if *update {
		must(t, os.WriteFile("testdata/checks.txtar", txtar.Format(a), 0o644))
	}
}

func told(f Facts, lineOf func(string) int) string {
	var b strings.Builder
	for _, x := range Check(f) {
		fmt.Fprintf(&b, "%s %s:%d %s", x.Level, x.Field, lineOf(x.Field), strings.TrimPrefix(x.Says.ID, prefix))
		for _, a := range x.Says.Args {
			fmt.Fprintf(&b, " %s=%s", a.Name, strings.TrimPrefix(a.Text, prefix))
		}
		b.WriteByte('\n')
	}
	for _, k := range Kinds() {
		if s, gaps := Missing(k, f); len(gaps) > 0 {
			fmt.Fprintf(&b, "%s %d%%:", k, s.Percent())
			for _, g := range gaps {
				fmt.Fprintf(&b, " %s", g.Field)
			}
			b.WriteByte('\n')
		}
	}
	return b.String()
}

// TestSums adds up the example by hand.
func TestSums(t *testing.T) {
	f := example(t)
	s := f.Sum()
	got := fmt.Sprint(s.Units, s.Packed, s.Boxes, s.Goods, s.Charges, s.Total, s.NetKg, s.GrossKg, s.CBM, s.NetKnown)
	// 160×2.35 + 40×8.90; 8×9.2 + 2×21.4; 8×53×37×29 + 2×60×40×50 cm³
	if want := "200 200 10 732 0 732 98.8 116.4 0.694952 true"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	f.Charges = append(f.Charges, Charge{Kind: "freight", Amount: decimal.New(1005, -1)}, Charge{Kind: "discount", Amount: decimal.New(25, -1)}, Charge{Kind: "assist", Amount: decimal.New(500, 0)})
	f.Cartons[0].Unit, f.Cartons[0].WeightUnit = "in", "lb"
	f.Cartons[0].Length, f.Cartons[0].Width, f.Cartons[0].Height = decimal.New(20, 0), decimal.New(10, 0), decimal.New(10, 0)
	s = f.Sum()
	// 8 × 2000 in³ × 16.387064 cm³ + 2×60×40×50; 8 × 9.2 × 0.45359237 + 42.8
	got = fmt.Sprint(s.Charges, s.Total, s.CBM, s.GrossKg)
	if want := "98 830 0.502193024 76.184398432"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// TestYenHasNoCents: a line is rounded to the smallest coin of its currency.
func TestYenHasNoCents(t *testing.T) {
	price := decimal.New(12345, -2)
	f := Facts{Invoice: Header{Currency: "JPY"}, Lines: []Line{{Quantity: 3, UnitPrice: &price}}}
	if got := f.Sum().Goods.String(); got != "370" {
		t.Errorf("3 × 123.45 yen = %s", got)
	}
	f.Invoice.Currency = "USD"
	if got := f.Sum().Goods.String(); got != "370.35" {
		t.Errorf("3 × 123.45 dollars = %s", got)
	}
}

// TestWordsAreThere compares the ids that the source says with the catalogues: each exists in both languages, and each that the
// catalogues have is said.
func TestWordsAreThere(t *testing.T) {
	w := words(t)
	var source strings.Builder
	files, err := os.ReadDir(".")
	must(t, err)
	for _, e := range files {
		if strings.HasSuffix(e.Name(), ".go") && !strings.HasSuffix(e.Name(), "_test.go") {
			data, err := os.ReadFile(e.Name())
			must(t, err)
			source.Write(data)
		}
	}
	data, err := os.ReadFile("../cmd/xiaobao/document.go")
	must(t, err)
	source.Write(data)
	src := source.String()
	said := map[string]bool{}
	for _, m := range regexp.MustCompile(`(?:say|refuse|both|word)\((?:"\w+", )?"(?:documents\.)?([a-z_]+\.[a-z0-9_.-]+[a-z0-9_-])"`).FindAllStringSubmatch(src, -1) {
		said[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`(?:block|warn|add)\([^\n]*?"((?:check|list)\.[a-z_]+)"`).FindAllStringSubmatch(src, -1) {
		said[m[1]] = true
	}
	for _, m := range regexp.MustCompile(`p\.field\("([a-z._]+)"`).FindAllStringSubmatch(src, -1) {
		said["field."+m[1]] = true
	}
	for _, m := range regexp.MustCompile(`\{field: "([a-z_.]+)"`).FindAllStringSubmatch(src, -1) {
		if strings.Contains(m[1], ".") || slices.Contains([]string{"lines", "cartons", "net", "destination"}, m[1]) {
			said["field."+m[1]] = true
		} else {
			said["field.line."+m[1]] = true
		}
	}
	for _, key := range []string{"exporter", "importer", "consignee"} {
		said["field."+key+".name"], said["field."+key+".address"] = true, true
	}
	for _, k := range Kinds() {
		said["paper."+string(k)] = true
	}
	for _, p := range (&Facts{}).parties() {
		said["party."+p.Key] = true
	}
	for _, k := range append(slices.Clone(numberKinds), "asin", "fnsku", "un", "dg_class", "packing_instruction") {
		said["number."+k] = true
	}
	for _, k := range KindsOfJapan() {
		said["paper."+string(k)] = true
	}
	said["party.attorney"], said["paper."+string(Configuration)] = true, true
	for _, k := range chargeKinds {
		said["charge."+k] = true
	}
	for id, group := range checkGroups {
		said["check_item."+id], said["checks."+group] = true, true
	}
	for _, hs := range [][]heading{lineHeads, boxHeads} {
		for _, h := range hs {
			said["list."+h.id] = true
		}
	}
	for _, id := range strings.Fields(`checks.own paper.yes paper.no total.included total.assist field.box.size field.box.gross field.box.contents
		list.sheet.lines list.sheet.cartons list.sheet.help list.help.1 list.help.2 list.help.3 list.help.4 list.help.5 list.help.6
		column.boxes column.box_id column.contents column.marks column.barcode note.material note.use note.brand note.model note.sku note.source
		paper.draft check.look list.unknown chat.understood chat.also_read chat.unknown chat.mistakes chat.doubts chat.more chat.not_asked
		chat.holds_lines chat.holds_cartons`) {
		said[id] = true
	}
	for id := range said {
		for _, lang := range []string{"en", "zh-Hans"} {
			if _, ok := w.Text(lang, prefix+id); !ok {
				t.Errorf("%s is said and not there in %s", id, lang)
			}
		}
	}
	own, err := os.ReadFile("../locales/en/documents.toml") // other rooms have messages about documents too
	must(t, err)
	open := regexp.MustCompile(`^(mode|supervision|evidence)\.|\.also$`) // chosen by what the facts say
	for _, id := range w.IDs("en") {
		if short, ours := strings.CutPrefix(id, prefix); ours && strings.Contains(string(own), `"`+id+`"`) && !said[short] && !open.MatchString(short) {
			t.Errorf("%s is never said", id)
		}
	}
	for _, p := range w.Check(locales.Rules{Used: w.IDs("en")}) {
		if strings.HasPrefix(p.ID, prefix) {
			t.Error(p)
		}
	}
}

// TestSchema: the example keeps to the schema, and the schema has exactly the keys of the facts.
func TestSchema(t *testing.T) {
	s, err := jsonschema.NewCompiler().Compile("../docs/document.schema.json")
	must(t, err)
	data, err := os.ReadFile("../docs/document.example.yaml")
	must(t, err)
	if err := s.Validate(asJSON(t, data)); err != nil {
		t.Errorf("the example: %v", err)
	}
	for _, bad := range []string{"foo: 1", "invoice: {currency: usd}", "lines: [{quantity: -1}]", "cartons: [{from: 1, unit: ft}]", "charges: [{kind: gift, amount: 1}]", "prepared: tomorrow"} {
		if s.Validate(asJSON(t, []byte(bad))) == nil {
			t.Errorf("the schema takes %s", bad)
		}
	}
	var doc struct {
		Properties map[string]any
		Defs       map[string]struct {
			Properties map[string]any
		} `json:"$defs"`
	}
	data, err = os.ReadFile("../docs/document.schema.json")
	must(t, err)
	must(t, json.Unmarshal(data, &doc))
	seen := map[reflect.Type]bool{}
	var compare func(reflect.Type, map[string]any)
	compare = func(typ reflect.Type, properties map[string]any) {
		if seen[typ] {
			return
		}
		seen[typ] = true
		var keys []string
		for i := range typ.NumField() {
			key, _, _ := strings.Cut(typ.Field(i).Tag.Get("yaml"), ",")
			keys = append(keys, key)
			inner := typ.Field(i).Type
			for inner.Kind() == reflect.Slice || inner.Kind() == reflect.Pointer {
				inner = inner.Elem()
			}
			if inner.Kind() == reflect.Struct && inner != reflect.TypeFor[Decimal]() {
				compare(inner, doc.Defs[inner.Name()].Properties)
			}
		}
		var have []string
		for k := range properties {
			have = append(have, k)
		}
		slices.Sort(keys)
		slices.Sort(have)
		if !slices.Equal(keys, have) {
			t.Errorf("%s: the facts have %v, the schema %v", typ.Name(), keys, have)
		}
	}
	compare(reflect.TypeFor[Facts](), doc.Properties)
}

func asJSON(t *testing.T, data []byte) any {
	t.Helper()
	var doc any
	must(t, yaml.Load(data, &doc))
	b, err := json.Marshal(days(doc))
	must(t, err)
	v, err := jsonschema.UnmarshalJSON(strings.NewReader(string(b)))
	must(t, err)
	return v
}

// days makes texts of the days that YAML knows and JSON does not.
func days(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for k, x := range v {
			v[k] = days(x)
		}
	case []any:
		for i, x := range v {
			v[i] = days(x)
		}
	case interface{ Format(string) string }:
		return v.Format("2006-01-02")
	}
	return v
}

// TestFactsAsJSON: facts survive a way through JSON, as a case or a call carries them, and YAML reads JSON.
func TestFactsAsJSON(t *testing.T) {
	f := example(t)
	data, err := json.Marshal(f)
	must(t, err)
	var back Facts
	must(t, json.Unmarshal(data, &back))
	read, _, err := ReadFacts(data)
	must(t, err)
	for name, other := range map[string]Facts{"json": back, "read as YAML": read} {
		again, err := json.Marshal(other)
		must(t, err)
		if string(again) != string(data) {
			t.Errorf("%s: got %s\nwant %s", name, again, data)
		}
	}
}

// TestMistakesInTheFile are told with their lines.
func TestMistakesInTheFile(t *testing.T) {
	for text, want := range map[string]string{
		"":                                         "line 1: the file is empty",
		"invoice:\n  nummer: 5\n":                  "line 2: the key nummer does not exist in Header",
		"lines:\n  - quantity: many\n":             "line 2: ",
		"lines:\n  - unit_price: 1,5\n":            "line 2: ",
		"invoice: [\n":                             "line ",
		"destination: US\ndestination: DE\n":       "line 2: ",
		strings.Repeat("#", mostBytes+1):           "line 1: the file is larger than 16 MB",
		"a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]\n": "line 1: the key a does not exist",
	} {
		_, lineOf, err := ReadFacts([]byte(text))
		if err == nil || !strings.HasPrefix(err.Error(), want) || strings.Contains(err.Error(), "documents.") {
			t.Errorf("%.30q: %v, want %s", text, err, want)
		}
		if lineOf("lines[3].hs") < 1 {
			t.Error("a field without a line")
		}
	}
}

// TestNumbersWithoutMeasure: whoever makes a decimal by hand can make one that fills the memory; it is refused before it is reckoned with.
func TestNumbersWithoutMeasure(t *testing.T) {
	huge := decimal.New(1, 2_000_000_000)
	deep := decimal.New(1, -2_000_000_000)
	minus := decimal.New(-1, 0)
	for name, change := range map[string]func(*Facts){
		"price":    func(f *Facts) { f.Lines[0].UnitPrice = &huge },
		"net":      func(f *Facts) { f.Lines[0].NetKg = &deep },
		"side":     func(f *Facts) { f.Cartons[0].Length = huge },
		"charge":   func(f *Facts) { f.Charges[0].Amount = huge },
		"total":    func(f *Facts) { f.Total = &huge },
		"minus":    func(f *Facts) { f.Lines[0].UnitPrice = &minus },
		"quantity": func(f *Facts) { f.Lines[0].Quantity = 1 << 40 },
		"range":    func(f *Facts) { f.Cartons[0].To = 1 << 40 },
		"lines":    func(f *Facts) { f.Lines = make([]Line, MostLines+1) },
		"text":     func(f *Facts) { f.Exporter.Name = strings.Repeat("字", 10<<20) },
	} {
		f := example(t)
		change(&f)
		_, err := Make(Invoice, f, Options{Format: PDF, Lang: "en", Words: words(t)})
		if _, ok := errors.AsType[*Refusal](err); !ok {
			t.Errorf("%s: %v", name, err)
		}
	}
}
