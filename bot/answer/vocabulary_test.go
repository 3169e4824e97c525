package answer_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"xiaobao/bot/answer"
)

var yesNo = answer.NewVocabulary(
	answer.Option{ID: answer.Yes, Says: []string{"yes", "y", "yeah", "yep", "sure", "ok", "okay", "correct", "right", "definitely", "是", "是的", "对", "好", "好的", "有", "没错", "可以", "行", "嗯", "要", "👍"}},
	answer.Option{ID: answer.No, Says: []string{"no", "n", "nope", "not yet", "don't", "definitely not", "不", "不是", "不对", "没有", "没", "否", "不行", "不可以", "不要", "还没有", "还没"}},
)

func TestYesNo(t *testing.T) {
	for _, c := range []struct {
		text    string
		yes, ok bool
	}{
		{"yes", true, true}, {" Ｙ ", true, true}, {"YES!!!", true, true}, {"yes please", true, true}, {"Yes, I do.", true, true},
		{"no thanks", false, true}, {"Don’t", false, true}, {"Dont", false, true}, {"not yet", false, true}, {"definately", true, true},
		{"是", true, true}, {"是的！", true, true}, {"对啊", true, true}, {"好的，谢谢您", true, true}, {"好吧", true, true}, {"嗯，是的", true, true}, {"没错", true, true}, {"👍🏽", true, true},
		{"不是的", false, true}, {"没有呢", false, false}, {"没有", false, true}, {"还没有", false, true}, {"不可以", false, true},
		{"", false, false}, {"?", false, false}, {"是不是", false, false}, {"好像不是", false, false}, {"do", false, false}, {"now", false, false}, {"maybe", false, false},
		{"yes no", false, false}, {"1", false, false}, {"不知道", false, false}, {"definitely not", false, true}, {"是吗", false, false},
	} {
		yes, ok := yesNo.YesNo(c.text)
		if ok != c.ok || ok && yes != c.yes {
			t.Errorf("YesNo(%q) = %v %v, want %v %v", c.text, yes, ok, c.yes, c.ok)
		}
	}
}

var countries = answer.NewVocabulary(
	answer.Option{ID: "us", Says: []string{"United States", "USA", "America", "美国"}},
	answer.Option{ID: "uk", Says: []string{"United Kingdom", "Great Britain", "England", "GB", "英国"}},
	answer.Option{ID: "de", Says: []string{"Germany", "Deutschland", "德国"}},
	answer.Option{ID: "fr", Says: []string{"France", "法国"}},
	answer.Option{ID: "jp", Says: []string{"Japan", "日本"}},
)

var modes = answer.NewVocabulary(
	answer.Option{ID: "sea", Says: []string{"Ocean freight", "by sea", "海运"}},
	answer.Option{ID: "air", Says: []string{"Air freight", "by air", "空运"}},
	answer.Option{ID: "fcl20", Says: []string{"20", "20ft container", "小柜"}},
	answer.Option{ID: "agent", Says: []string{"需要报关代理", "exporter agent"}},
)

func TestMatch(t *testing.T) {
	for _, c := range []struct {
		v    *answer.Vocabulary
		text string
		want answer.Match
	}{
		{countries, "美国", answer.Match{IDs: []string{"us"}, How: answer.Exact}},
		{countries, "u.s.", answer.Match{IDs: []string{"us"}, How: answer.Exact}},
		{countries, "united　kingdom", answer.Match{IDs: []string{"uk"}, How: answer.Exact}},
		{countries, "我要美国的，谢谢", answer.Match{IDs: []string{"us"}, How: answer.Exact}},
		{countries, "Germany please", answer.Match{IDs: []string{"de"}, How: answer.Exact}},
		{countries, "united", answer.Match{IDs: []string{"us", "uk"}, How: answer.Prefix}},
		{countries, "ger", answer.Match{IDs: []string{"de"}, How: answer.Prefix}},
		{countries, "德", answer.Match{IDs: []string{"de"}, How: answer.Prefix}},
		{countries, "g", answer.Match{}},
		{countries, "Germny", answer.Match{IDs: []string{"de"}, How: answer.Typo}},
		{countries, "Untied Kingdom", answer.Match{IDs: []string{"uk"}, How: answer.Typo}},
		{countries, "Poland", answer.Match{}},
		{countries, "2", answer.Match{IDs: []string{"uk"}, How: answer.Ordinal}},
		{countries, "２．", answer.Match{IDs: []string{"uk"}, How: answer.Ordinal}},
		{countries, "第三个", answer.Match{IDs: []string{"de"}, How: answer.Ordinal}},
		{countries, "the last one", answer.Match{IDs: []string{"jp"}, How: answer.Ordinal}},
		{countries, "6", answer.Match{}},
		{countries, "", answer.Match{}},
		{modes, "20", answer.Match{IDs: []string{"fcl20"}, How: answer.Exact}},
		{modes, "陆运", answer.Match{}},
		{modes, "海", answer.Match{IDs: []string{"sea"}, How: answer.Prefix}},
		{modes, "by", answer.Match{IDs: []string{"sea", "air"}, How: answer.Prefix}},
		{modes, "需要报关代里", answer.Match{}},
		{modes, "需报关代理", answer.Match{IDs: []string{"agent"}, How: answer.Typo}},
		{modes, "不需要报关代理", answer.Match{}},
		{modes, "importer agent", answer.Match{}},
	} {
		if diff := cmp.Diff(c.want, c.v.Match(c.text)); diff != "" {
			t.Errorf("Match(%q) (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestChoices(t *testing.T) {
	for _, c := range []struct {
		text string
		want answer.Picks
	}{
		{"美国、德国,UK and FR", answer.Picks{IDs: []string{"us", "uk", "de", "fr"}}},
		{"美国和英国", answer.Picks{IDs: []string{"us", "uk"}}},
		{"美国德国法国", answer.Picks{IDs: []string{"us", "de", "fr"}}},
		{"us uk de", answer.Picks{IDs: []string{"us", "uk", "de"}}},
		{"United Kingdom and France", answer.Picks{IDs: []string{"uk", "fr"}}},
		{"1, 3", answer.Picks{IDs: []string{"us", "de"}}},
		{"1 3", answer.Picks{IDs: []string{"us", "de"}}},
		{"2-4", answer.Picks{IDs: []string{"uk", "de", "fr"}}},
		{"第一个和第三个", answer.Picks{IDs: []string{"us", "de"}}},
		{"all of them", answer.Picks{IDs: []string{"us", "uk", "de", "fr", "jp"}}},
		{"全部", answer.Picks{IDs: []string{"us", "uk", "de", "fr", "jp"}}},
		{"US\nus\n美国", answer.Picks{IDs: []string{"us"}}},
		{"US, United", answer.Picks{IDs: []string{"us"}, Unclear: []answer.Unclear{{Text: "United", Candidates: []string{"us", "uk"}}}}},
		{"德国和火星", answer.Picks{IDs: []string{"de"}, Unclear: []answer.Unclear{{Text: "火星"}}}},
		{"not Germany", answer.Picks{Unclear: []answer.Unclear{{Text: "not Germany"}}}},
		{"", answer.Picks{}},
	} {
		if diff := cmp.Diff(c.want, countries.Choices(c.text)); diff != "" {
			t.Errorf("Choices(%q) (-want +got):\n%s", c.text, diff)
		}
	}
}

func TestOrdinalOf(t *testing.T) {
	for text, want := range map[string]int{
		"2": 2, "2.": 2, "(2)": 2, "２、": 2, "②": 2, "#2": 2, "no. 2": 2, "No 2": 2, "2nd": 2, "second": 2, "the second one": 2, "option 2": 2, "第二个": 2, "第2项": 2,
		"第二": 2, "2号": 2, "二": 2, "选2": 2, "选项二": 2, "选第二个吧": 2, "last": 5, "最后一个": 5,
		"0": 0, "6": 0, "-1": 0, "两个": 0, "2个": 0, "2 kg": 0, "2,3": 0, "两": 0, "": 0, "1.5": 0, "二十": 0, "second hand": 0,
	} {
		got, ok := answer.OrdinalOf(text, 5)
		if got != want || ok != (want > 0) {
			t.Errorf("OrdinalOf(%q) = %d %v, want %d", text, got, ok, want)
		}
	}
}

// TestEveryWordIsFound says that each listed word means its option, whatever its case and the punctuation around it.
func TestEveryWordIsFound(t *testing.T) {
	words := map[string]string{"United States": "us", "美国": "us", "Great Britain": "uk", "德国": "de", "France": "fr", "日本": "jp", "jp": "jp"}
	rapid.Check(t, func(t *rapid.T) {
		word := rapid.SampledFrom([]string{"United States", "美国", "Great Britain", "德国", "France", "日本", "jp"}).Draw(t, "word")
		around := rapid.StringOfN(rapid.RuneFrom([]rune(" ,.!，。！？“”\u200b\u3000-")), 0, 4, -1)
		text := around.Draw(t, "before") + word + around.Draw(t, "after")
		if id, ok := countries.Match(text).One(); !ok || id != words[word] {
			t.Fatalf("Match(%q) = %q %v, want %q", text, id, ok, words[word])
		}
	})
}
