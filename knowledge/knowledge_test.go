package knowledge

import (
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func load(t testing.TB) *Base {
	b, err := Load()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type labelled struct {
	query string
	want  []string // nil: nothing answers it
}

func labels(t testing.TB) (list []labelled) {
	raw, err := os.ReadFile("testdata/queries.tsv")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(raw)) {
		query, want, ok := strings.Cut(strings.TrimRight(line, "\n"), "\t")
		if !ok {
			t.Fatalf("no tab in %q", line)
		}
		switch {
		case strings.HasPrefix(line, "#"):
		case want == "-":
			list = append(list, labelled{query, nil})
		default:
			list = append(list, labelled{query, strings.Split(want, ",")})
		}
	}
	return list
}

// TestSearchOnLabelledQueries measures the search: how often the first hit answers, and how often nonsense is refused.
func TestSearchOnLabelledQueries(t *testing.T) {
	b := load(t)
	var asked, first, unsure, nonsense, refused int
	var faults []string
	for _, l := range labels(t) {
		hits := b.Search(l.query, 3)
		confident := len(hits) > 0 && hits[0].Confident
		if l.want == nil {
			nonsense++
			if !confident {
				refused++
			} else {
				faults = append(faults, "answered "+l.query+" with "+hits[0].ID)
			}
			continue
		}
		asked++
		for _, id := range l.want {
			if !known(b, id) {
				t.Fatalf("%s: no entry %s", l.query, id)
			}
		}
		switch {
		case len(hits) == 0:
			faults = append(faults, "nothing for "+l.query)
		case !slices.Contains(l.want, hits[0].ID):
			faults = append(faults, l.query+" gave "+hits[0].ID+", want "+strings.Join(l.want, " or "))
		case !confident:
			unsure++
			faults = append(faults, "unsure of "+l.query)
			first++
		default:
			first++
		}
	}
	t.Logf("%d of %d queries answered by the first hit (%d of them not confident); %d of %d without an answer refused:\n%s",
		first, asked, unsure, refused, nonsense, strings.Join(faults, "\n"))
	if first*100 < asked*90 {
		t.Errorf("the first hit answers %d of %d, want 90 %%", first, asked)
	}
	if (first-unsure)*100 < asked*88 {
		t.Errorf("the first hit answers and is confident for %d of %d, want 88 %%", first-unsure, asked)
	}
	if refused*100 < nonsense*95 {
		t.Errorf("%d of %d without an answer were refused, want 95 %%", refused, nonsense)
	}
}

func known(b *Base, id string) bool {
	_, q := b.Question(id)
	_, t := b.Term(id)
	_, c := b.Code(id)
	return q || t || c
}

// TestEveryQuestionFindsItself asks every question in its own words, in both languages.
func TestEveryQuestionFindsItself(t *testing.T) {
	b, missed := load(t), 0
	for _, q := range b.Questions(0) {
		for _, text := range q.Ask {
			hits := b.Search(text, 2)
			if len(hits) == 0 || hits[0].ID != q.ID || !hits[0].Confident {
				missed++
				t.Logf("%s %q: %v", q.ID, text, hits)
			}
		}
	}
	if missed > 2 {
		t.Errorf("%d of 120 questions do not find themselves", missed)
	}
}

func TestEveryTermFindsItself(t *testing.T) {
	b, missed := load(t), 0
	for _, term := range b.Terms() {
		for _, name := range term.Name {
			hits := b.Search(name, 2)
			if len(hits) == 0 || hits[0].ID != term.ID && (len(hits) < 2 || hits[1].ID != term.ID) {
				missed++
				t.Logf("%s %q: %v", term.ID, name, hits)
			}
		}
	}
	if missed > 12 {
		t.Errorf("%d of 298 names of terms do not find their term", missed)
	}
}

func TestContents(t *testing.T) {
	b := load(t)
	if n := len(b.Questions(0)); n != 68 {
		t.Errorf("%d questions, want 68", n)
	}
	if n := len(b.Terms()); n != 149 {
		t.Errorf("%d terms, want 149", n)
	}
	if n := len(b.Codes()); n != 40 {
		t.Errorf("%d codes, want 40", n)
	}
	for _, q := range b.Questions(0) {
		if q.Step < 1 || q.Step > 10 || len(q.Sources) == 0 || !strings.ContainsAny(q.Grade[:1], "ABCD") {
			t.Errorf("%s: step %d, %d sources, grade %q", q.ID, q.Step, len(q.Sources), q.Grade)
		}
		both(t, q.ID, q.Ask, q.Answer)
	}
	for _, term := range b.Terms() {
		both(t, term.ID, term.Name, term.Note)
	}
	for _, c := range b.Codes() {
		both(t, c.ID, c.Name, c.Hint)
	}
	for id, s := range b.sources {
		both(t, id, s.Publisher)
		if s.Title == "" || id != "K" && !strings.HasPrefix(s.URL(), "http") {
			t.Errorf("source %s: %+v", id, s)
		}
	}
	if len(b.Questions(3)) != 9 {
		t.Errorf("step 3 has %d questions, want 9", len(b.Questions(3)))
	}
	if s, ok := b.Source("A1"); !ok || !strings.Contains(s.Publisher.In("zh-CN"), "亚马逊") {
		t.Errorf("source A1: %+v", s)
	}
	if _, ok := b.Term("F01"); ok {
		t.Error("a question was found as a term")
	}
	if _, ok := b.Question("F99"); ok {
		t.Error("question F99 was found")
	}
}

func both(t *testing.T, id string, texts ...Texts) {
	t.Helper()
	for _, text := range texts {
		if text.In("en") == "" || text.In("zh-Hans") == "" {
			t.Errorf("%s: a text is missing: %v", id, text)
		}
	}
}

func TestFacts(t *testing.T) {
	b := load(t)
	day := func(s string) time.Time {
		d, err := time.Parse(time.DateOnly, s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	const year = 365 * 24 * time.Hour
	tests := []struct {
		key, now string
		maxAge   time.Duration
		stale    bool
	}{
		{"us.mpf.rate", "2026-11-23", year, false},
		{"us.mpf.rate", "2027-11-23", year, true},     // checked too long ago
		{"us.mpf.max_usd", "2026-09-30", year, false}, // the last day counts
		{"us.mpf.max_usd", "2026-10-01", year, true},
		{"us.mpf.fy2027", "2026-11-23", year, true},   // not established
		{"us.cpsc_efiling", "2026-01-01", year, true}, // not yet
		{"uk.low_value_relief_gbp", "2026-12-01", year, false},
	}
	for _, tt := range tests {
		f, ok := b.Fact(tt.key)
		if !ok || f.Stale(day(tt.now), tt.maxAge) != tt.stale {
			t.Errorf("%s on %s: found %t, stale %t, want %t", tt.key, tt.now, ok, f.Stale(day(tt.now), tt.maxAge), tt.stale)
		}
	}
	if f, _ := b.Fact("us.de_minimis"); len(f.Sources) != 2 || f.Grade != "A" || f.CheckedOn != day("2026-11-22") {
		t.Errorf("us.de_minimis: %+v", f)
	}
	if _, ok := b.Fact("no.such"); ok {
		t.Error("a fact was made up")
	}
}

func TestSearchIsTotal(t *testing.T) {
	b := load(t)
	pieces := rapid.SampledFrom([]string{"关税", "发票", "怎么", "AGL", "box label", "ＦＮＳＫＵ", "𠮷", "é", "\u202e", "\x00", "?", " ", "9810", "inb", "0007", "don't", "的", "\xff"})
	rapid.Check(t, func(t *rapid.T) {
		query := strings.Join(rapid.SliceOfN(pieces, 0, 60).Draw(t, "pieces"), rapid.SampledFrom([]string{"", " "}).Draw(t, "glue")) + rapid.String().Draw(t, "tail")
		n := rapid.IntRange(-1, 5).Draw(t, "n")
		hits := b.Search(query, n)
		if len(hits) > max(n, 0) {
			t.Fatalf("asked for %d, got %d", n, len(hits))
		}
		for i, h := range hits {
			if !known(b, h.ID) || i > 0 && h.Score > hits[i-1].Score {
				t.Fatalf("hit %d: %+v", i, hits)
			}
		}
		if again := b.Search(query, n); !slices.Equal(hits, again) {
			t.Fatalf("another answer the second time: %v, %v", hits, again)
		}
		IsQuestion(query)
	})
	if hits := b.Search(strings.Repeat("关税 box label ", 10_000), 3); len(hits) == 0 {
		t.Error("a very long query found nothing")
	}
}

func TestIsQuestion(t *testing.T) {
	yes := []string{
		"体积重怎么算", "AGL 要多久?", "可以用人民币付款吗", "为什么分仓", "什么是 IOR", "请问箱唛贴哪里", "能不能开发票", "这个怎么办", "费用多少钱", "然后呢",
		"IOR是什么", "要准备什么材料呀?", "你们支持英国吗。", "how long does it take", "what is an EORI", "Why do you ask?", "can I pay in RMB", "do I need a bond",
		"is AGL cheaper", "Hi, where is my merchant token", "tell me about SEND", "explain DDP", "what documents", "EORI?", "ok but why", "AGL 包不包关税", "海外仓和 FBA 的区别", "啥是箱唛", "Should I choose EXW", "ＡＧＬ？",
	}
	no := []string{
		"", "  ", "是", "好的", "不是", "深圳市某某科技有限公司", "91350100M000100Y43", "US, DE", "2026-03-02", "yes", "no", "done", "Shenzhen Whatever Trading Co., Ltd.",
		"Is It Trading GmbH", "我已经签好了", "没有", "100 箱,每箱 20 公斤", "我们做的是蓝牙耳机", "Which Way Ltd", "Canton Road 5", "跳过", "what", "Will Smith", "how", "不", "差不多 20 箱",
	}
	for _, s := range yes {
		if !IsQuestion(s) {
			t.Errorf("%q is a question", s)
		}
	}
	for _, s := range no {
		if IsQuestion(s) {
			t.Errorf("%q is no question", s)
		}
	}
}

func BenchmarkSearch(b *testing.B) {
	base, list := load(b), labels(b)
	b.ReportAllocs()
	i := 0
	for b.Loop() {
		base.Search(list[i%len(list)].query, 3)
		i++
	}
}

func BenchmarkLoad(b *testing.B) {
	for b.Loop() {
		if _, err := Load(); err != nil {
			b.Fatal(err)
		}
	}
}
