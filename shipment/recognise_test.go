package shipment

import (
	"encoding/csv"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "write what is found into testdata/pasted.txt")

// upstream are the formats that number_vectors.json speaks of: those of tracking_number_data, by "carrier/format".
func upstream(t testing.TB) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, row := range readCSV(t, "testdata/number_formats.csv") {
		out[row[0]+"/"+row[1]] = row[3]
	}
	return out
}

func readCSV(t testing.TB, name string) [][]string {
	t.Helper()
	f, err := os.Open(name)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	return rows[1:]
}

type vector struct {
	Number, Compact, Courier, Format, Reason string
	Valid                                    bool
	Accepts                                  []string `json:"all_formats_matching"`
}

func vectors(t testing.TB) []vector {
	t.Helper()
	data, err := os.ReadFile("testdata/number_vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var file struct{ Vectors []vector }
	if err := json.Unmarshal(data, &file); err != nil {
		t.Fatal(err)
	}
	if len(file.Vectors) < 150 {
		t.Fatalf("only %d vectors", len(file.Vectors))
	}
	return file.Vectors
}

// TestVectors checks every published number: which formats accept it, and that a wrong check digit is told and not refused.
func TestVectors(t *testing.T) {
	theirs := upstream(t)
	for _, v := range vectors(t) {
		accepts, fails := []string{}, []string{}
		whole := false
		for _, c := range Recognise(v.Number) {
			if strings.ReplaceAll(c.Number, "-", "") != strings.ReplaceAll(v.Compact, "-", "") {
				continue
			}
			whole = true
			for _, r := range append([]Reading{c.Reading}, c.Others...) {
				id := r.Carrier + "/" + r.Format
				switch _, ok := theirs[id]; {
				case !ok:
				case r.Check == CheckFailed:
					fails = append(fails, id)
				default:
					accepts = append(accepts, id)
				}
			}
		}
		slices.Sort(accepts)
		id := v.Courier + "/" + v.Format
		if diff := cmp.Diff(v.Accepts, accepts); diff != "" {
			t.Errorf("%q (%s, %s): formats that accept it, -want +got:\n%s", v.Number, id, v.Reason, diff)
		}
		if v.Reason == "bad-check" && len(v.Accepts) == 0 && (!whole || !slices.Contains(fails, id)) {
			t.Errorf("%q: want a warning from %s, got %v", v.Number, id, fails)
		}
		if v.Reason == "no-regex" && slices.Contains(fails, id) {
			t.Errorf("%q: has not the shape of %s", v.Number, id)
		}
	}
}

// TestExamples checks every example of the Chinese and Amazon formats.
func TestExamples(t *testing.T) {
	ours := map[string]string{"amazon_logistics_tba": "amazon_logistics", "amazon_intl": "amazon_international", "china_post_s10": "s10", "gofo": "gofo_us"}
	words := map[string]string{"amazon_reference_id": "参考编号：", "amazon_acsin": "ACSIN "}
	rows := readCSV(t, "testdata/cn_amazon_formats.csv")
	if len(rows) != 21 {
		t.Errorf("%d rows", len(rows))
	}
	for _, row := range rows {
		want := row[0]
		if id, ok := ours[want]; ok {
			want = id
		}
		re := regexp.MustCompile(row[2])
		for _, example := range strings.Split(row[3], ";") {
			if example == "" {
				continue
			}
			if !re.MatchString(example) {
				t.Fatalf("%s: the example %s does not fit the source's own pattern", row[0], example)
			}
			found := Recognise(words[want] + example)
			if len(found) != 1 || found[0].Number != example || !slices.Contains(formats(found[0]), want) {
				t.Errorf("%s: %s: got %+v", row[0], example, found)
			}
			if words[want] != "" {
				for _, c := range Recognise(example) {
					if slices.Contains(formats(c), want) {
						t.Errorf("%s: %s needs a keyword", row[0], example)
					}
				}
			}
		}
	}
}

func formats(c Candidate) []string {
	out := []string{c.Format}
	for _, r := range c.Others {
		out = append(out, r.Format)
	}
	return out
}

// TestShapesAgree compares our shapes with the patterns they were made from, on numbers made from either.
func TestShapesAgree(t *testing.T) {
	patterns := map[string]*regexp.Regexp{}
	for id, pattern := range upstream(t) {
		if re, err := regexp.Compile("^(?:" + strings.ReplaceAll(pattern, "(?<", "(?P<") + ")$"); err == nil {
			patterns[id] = re
		}
	}
	if len(patterns) < 36 {
		t.Fatalf("only %d patterns can be compared", len(patterns))
	}
	shapes := map[string][]*shape{}
	for n := range compiled().byLength {
		for i := range compiled().byLength[n] {
			s := &compiled().byLength[n][i]
			shapes[s.Carrier+"/"+s.format.Format] = append(shapes[s.Carrier+"/"+s.format.Format], s)
		}
	}
	fit := func(id, number string) bool {
		return slices.ContainsFunc(shapes[id], func(s *shape) bool { return len(s.want) == len(number) && s.fits([]byte(number)) })
	}
	random := rand.New(rand.NewPCG(1, 2))
	for id, re := range patterns {
		if len(shapes[id]) == 0 {
			t.Errorf("%s is missing", id)
		}
		for range 300 {
			number := sample(random, shapes[id][random.IntN(len(shapes[id]))])
			if !re.MatchString(dashed(number, shapes[id][0])) {
				t.Errorf("%s: %s is not theirs", id, number)
			}
			b := []byte(number) // a near miss: they must agree again
			b[random.IntN(len(b))] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[random.IntN(36)]
			if got, want := fit(id, string(b)), re.MatchString(dashed(string(b), shapes[id][0])); got != want {
				t.Errorf("%s: %s: ours %v, theirs %v", id, b, got, want)
			}
		}
	}
}

func sample(random *rand.Rand, s *shape) string {
	var b strings.Builder
	for _, set := range s.want {
		for {
			if v := random.IntN(36); set>>v&1 == 1 {
				b.WriteByte("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[v])
				break
			}
		}
	}
	return b.String()
}

func dashed(number string, s *shape) string {
	for _, at := range s.dashes {
		number = number[:at] + "-" + number[at:]
	}
	return number
}

// told writes a candidate in one line.
func told(c Candidate) string {
	line := fmt.Sprintf("%s %s/%s %s", c.Number, c.Carrier, c.Format, c.Check)
	for _, r := range c.Others {
		line += fmt.Sprintf(" or %s/%s %s", r.Carrier, r.Format, r.Check)
	}
	if c.Doubt != NoDoubt {
		line += " ? " + string(c.Doubt)
	}
	return line
}

// TestPasted reads testdata/pasted.txt: what people paste, and what is found in it.
func TestPasted(t *testing.T) {
	data, err := os.ReadFile("testdata/pasted.txt")
	if err != nil {
		t.Fatal(err)
	}
	cases := strings.Split(string(data), "\n====\n")
	if len(cases) < 30 {
		t.Errorf("only %d cases", len(cases))
	}
	var written []string
	for _, c := range cases {
		text, want, ok := strings.Cut(c, "\n----\n")
		if !ok {
			t.Fatalf("no ---- in %q", c)
		}
		head := text
		if text, ok = strings.CutPrefix(text, "\\"); ok {
			text = strings.NewReplacer(`\t`, "\t", `\u200b`, "\u200b", `\r`, "\r", `\u00a0`, "\u00a0", `\xff`, "\xff").Replace(text)
		}
		var got []string
		for _, c := range Recognise(text) {
			got = append(got, told(c))
		}
		written = append(written, head+"\n----\n"+strings.Join(got, "\n"))
		if diff := cmp.Diff(strings.TrimSpace(want), strings.Join(got, "\n")); diff != "" && !*update {
			t.Errorf("%q, -want +got:\n%s", text, diff)
		}
	}
	if *update {
		if err := os.WriteFile("testdata/pasted.txt", []byte(strings.Join(written, "\n====\n")+"\n"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestPost(t *testing.T) {
	c := Recognise("RR123456785CN")[0]
	want := Reading{Carrier: "s10", Name: "China Post", NameZH: "中国邮政", Format: "s10", FormatIs: "S10", Check: CheckOK, Sure: 99,
		Country: "CN", Service: "Letter Post Registered", Link: "https://t.17track.net/en#nums=RR123456785CN"}
	if diff := cmp.Diff(want, c.Reading); diff != "" {
		t.Error(diff)
	}
	if c := Recognise("FBA1MMD8D0U000001")[0]; c.Parent != "FBA1MMD8D0" || c.Format != "amazon_fba_box" {
		t.Errorf("%+v", c)
	}
	if c := Recognise("SIMAUS12345678")[0]; !c.Simulated || c.Confirm() {
		t.Errorf("%+v", c)
	}
	if n := len(compiled().posts); n != 193 {
		t.Errorf("%d posts", n)
	}
}

// TestRange checks that the range is the number's place in the text, with its separators and without its neighbours.
func TestRange(t *testing.T) {
	text := "单号：ＲＲ 123 456 785 ＣＮ。"
	c := Recognise(text)
	if len(c) != 1 || text[c[0].Start:c[0].End] != "ＲＲ 123 456 785 ＣＮ" {
		t.Errorf("%+v", c)
	}
}

// TestNothingToSay checks that text without numbers costs nothing, and that numbers cost little.
func TestNothingToSay(t *testing.T) {
	compiled()
	for _, text := range []string{"", "请问怎么付款？", "My 40 cartons (12.5 kg each) leave on 2026-11-22 at 10:30, call 138 1234 5678.",
		"Order 113-1234567-1234567, ASIN B0CXYZ1234, FNSKU X001ABCDEF, 91440300MA5F1A2B3C",
		strings.Repeat("Nothing here is a number, and it goes on and on. 这里没有单号。", 100)} {
		if c := Recognise(text); len(c) > 0 {
			t.Errorf("%.60q: %+v", text, c)
		}
		if n := testing.AllocsPerRun(20, func() { Recognise(text) }); n != 0 {
			t.Errorf("%.60q: %v allocations", text, n)
		}
	}
}

func FuzzRecognise(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Number)
	}
	data, _ := os.ReadFile("testdata/pasted.txt")
	for _, c := range strings.Split(string(data), "\n====\n") {
		f.Add(c)
	}
	f.Fuzz(func(t *testing.T, text string) {
		at := 0
		for _, c := range Recognise(text) {
			if c.Start < at || c.End <= c.Start || c.End > len(text) {
				t.Fatalf("%q: the range %d–%d after %d", text, c.Start, c.End, at)
			}
			at = c.End
			n := utf8.RuneCountInString(c.Number)
			if n < shortest || n > longest+5 || c.Carrier == "" || c.Name == "" || c.Sure < 1 || c.Sure > 99 {
				t.Fatalf("%q: %+v", text, c)
			}
			if c.Check == CheckFailed && !c.Confirm() {
				t.Fatalf("%q: %s fails without a doubt", text, c.Number)
			}
			// What letters and a check digit speak for is found again by itself.
			if c.Doubt == NoDoubt && c.Check == CheckOK && strings.ContainsFunc(c.Number, unicode.IsLetter) {
				if again := Recognise(c.Number); len(again) != 1 || again[0].Number != c.Number {
					t.Fatalf("%q: %s by itself is %+v", text, c.Number, again)
				}
			}
		}
	})
}

func BenchmarkRecognise(b *testing.B) {
	list := strings.Repeat("1Z5R89390357567127\nRR123456785CN\n9400111206206407628746\n320610804900\nYT2229521272164446\n", 20)
	for name, text := range map[string]string{
		"letters":  "1Z5R89390357567127",
		"bare":     "320610804900",
		"grouped":  "9400 1112 0620 6407 6287 46",
		"sentence": "您好，我的包裹 1Z5R89390357567127 昨天从深圳发出了，什么时候能到？",
		"address":  "https://tools.usps.com/go/TrackConfirmAction?tLabels=9400111206206407628746",
		"nothing":  "My 40 cartons (12.5 kg each) leave on 2026-11-22 at 10:30, call 138 1234 5678.",
		"list100":  list,
	} {
		b.Run(name, func(b *testing.B) {
			compiled()
			b.ReportAllocs()
			for b.Loop() {
				Recognise(text)
			}
		})
	}
}

func BenchmarkCompile(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		if _, err := compile(); err != nil {
			b.Fatal(err)
		}
	}
}

// TestFailsBesideACommonShape: a post's number with a wrong digit comes before a shape that many numbers have, and both are told.
func TestFailsBesideACommonShape(t *testing.T) {
	for number, want := range map[string]string{"LX123456789CN": "s10 failed, dhl_ecommerce none", "LX123456785CN": "s10 ok, dhl_ecommerce none"} {
		got := ""
		for _, c := range Recognise(number) {
			got = c.Format + " " + string(c.Check)
			for _, o := range c.Others {
				got += ", " + o.Format + " " + string(o.Check)
			}
		}
		if got != want {
			t.Errorf("%s: %s, want %s", number, got, want)
		}
	}
}
