package answer_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"xiaobao/bot/answer"
)

func TestNumber(t *testing.T) {
	for _, c := range []struct {
		text string
		want answer.Quantity
	}{
		{"12", answer.Quantity{Value: "12"}}, {"1,234.5", answer.Quantity{Value: "1234.5"}}, {"１，２３４．５０", answer.Quantity{Value: "1234.50"}},
		{"1,234,567", answer.Quantity{Value: "1234567"}}, {"007", answer.Quantity{Value: "7"}}, {".5", answer.Quantity{Value: "0.5"}}, {"0.10", answer.Quantity{Value: "0.10"}},
		{"-3", answer.Quantity{Value: "-3"}}, {"负三", answer.Quantity{Value: "-3"}}, {"-0", answer.Quantity{Value: "0"}},
		{"1,5", answer.Quantity{Value: "1.5", Doubt: true}}, {"1.234,5", answer.Quantity{Value: "1234.5", Doubt: true}}, {"1.234.567", answer.Quantity{Value: "1234567", Doubt: true}},
		{"1.234", answer.Quantity{Value: "1.234"}}, {"10 000", answer.Quantity{Value: "10000", Doubt: true}},
		{"1.2万", answer.Quantity{Value: "12000"}}, {"1.25万", answer.Quantity{Value: "12500"}}, {"1千", answer.Quantity{Value: "1000"}}, {"3百", answer.Quantity{Value: "300"}}, {"1万2", answer.Quantity{Value: "12000"}}, {"1万2千", answer.Quantity{Value: "12000"}},
		{"三十五", answer.Quantity{Value: "35"}}, {"一百二十", answer.Quantity{Value: "120"}}, {"一百零五", answer.Quantity{Value: "105"}}, {"两", answer.Quantity{Value: "2"}}, {"十", answer.Quantity{Value: "10"}}, {"十二", answer.Quantity{Value: "12"}},
		{"二十", answer.Quantity{Value: "20"}}, {"两百五", answer.Quantity{Value: "250"}}, {"三万五", answer.Quantity{Value: "35000"}}, {"一千零五十", answer.Quantity{Value: "1050"}}, {"一万零五百", answer.Quantity{Value: "10500"}}, {"一亿两千万", answer.Quantity{Value: "120000000"}}, {"一百一十二", answer.Quantity{Value: "112"}},
		{"二〇二六", answer.Quantity{Value: "2026"}}, {"三点五", answer.Quantity{Value: "3.5"}}, {"零点二五", answer.Quantity{Value: "0.25"}}, {"壹佰贰拾", answer.Quantity{Value: "120"}},
		{"半", answer.Quantity{Value: "0.5"}}, {"半箱", answer.Quantity{Value: "0.5", Unit: answer.Carton}}, {"两箱半", answer.Quantity{Value: "2.5", Unit: answer.Carton}}, {"一个半小时", answer.Quantity{Value: "1.5", Unit: answer.Hours}},
		{"12 箱", answer.Quantity{Value: "12", Unit: answer.Carton}}, {"一共12箱", answer.Quantity{Value: "12", Unit: answer.Carton}}, {"大概12箱左右", answer.Quantity{Value: "12", Unit: answer.Carton, Approx: true}}, {"about 20 cartons", answer.Quantity{Value: "20", Unit: answer.Carton, Approx: true}},
		{"18.5kg", answer.Quantity{Value: "18.5", Unit: answer.Kilogram}}, {"18.5 公斤", answer.Quantity{Value: "18.5", Unit: answer.Kilogram}}, {"18 千克", answer.Quantity{Value: "18", Unit: answer.Kilogram}}, {"40磅", answer.Quantity{Value: "40", Unit: answer.Pound}}, {"40 lbs.", answer.Quantity{Value: "40", Unit: answer.Pound}}, {"3斤", answer.Quantity{Value: "3", Unit: answer.Jin}},
		{"60厘米", answer.Quantity{Value: "60", Unit: answer.Centimetre}}, {`25"`, answer.Quantity{Value: "25", Unit: answer.Inch}}, {"25英寸", answer.Quantity{Value: "25", Unit: answer.Inch}}, {"2.4 cbm", answer.Quantity{Value: "2.4", Unit: answer.CubicMetre}}, {"三立方", answer.Quantity{Value: "3", Unit: answer.CubicMetre}}, {"1.2万件", answer.Quantity{Value: "12000", Unit: answer.Piece}},
		{"30%", answer.Quantity{Value: "30", Unit: answer.Percent}}, {"百分之三十", answer.Quantity{Value: "30", Unit: answer.Percent}},
		{"2k", answer.Quantity{Value: "2000"}}, {"1.5k pcs", answer.Quantity{Value: "1500", Unit: answer.Piece}}, {"2 thousand", answer.Quantity{Value: "2000"}}, {"1.5 million", answer.Quantity{Value: "1500000"}},
		{"two hundred and fifty boxes", answer.Quantity{Value: "250", Unit: answer.Carton}}, {"twenty-five", answer.Quantity{Value: "25"}}, {"a dozen", answer.Quantity{Value: "12"}}, {"half", answer.Quantity{Value: "0.5"}}, {"three thousand five hundred", answer.Quantity{Value: "3500"}},
		{"123456789012345678901234", answer.Quantity{Value: "123456789012345678901234"}},
	} {
		got, ok := answer.Number(c.text)
		if diff := cmp.Diff(c.want, got); !ok || diff != "" {
			t.Errorf("Number(%q): ok %v (-want +got):\n%s", c.text, ok, diff)
		}
	}
	for _, text := range []string{"", "abc", "kg", "箱", "12箱每箱20件", "60x40x50", "5-10 kg", "1,23,4", "60,40,50", "FBA15", "12abc", "3五", "五百三千", "万", "one two", "two of them", "1e9",
		"没有", "不知道", "2026-12-01", "1 2", strings.Repeat("9", 40), strings.Repeat("一", 100)} {
		if got, ok := answer.Number(text); ok {
			t.Errorf("Number(%q) = %+v, want none", text, got)
		}
	}
}

// TestNumberExact says that no digit is lost or changed, with or without grouping.
func TestNumberExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		whole := rapid.StringMatching(`[1-9][0-9]{0,14}`).Draw(t, "whole")
		part := rapid.StringMatching(`(\.[0-9]{1,8})?`).Draw(t, "part")
		grouped := ""
		for i, c := range whole {
			if i > 0 && (len(whole)-i)%3 == 0 {
				grouped += ","
			}
			grouped += string(c)
		}
		for _, text := range []string{whole + part, grouped + part, grouped + part + " kg"} {
			if got, ok := answer.Number(text); !ok || got.Value != whole+part || got.Doubt {
				t.Fatalf("Number(%q) = %+v %v", text, got, ok)
			}
		}
	})
}

// TestChineseNumerals writes numbers in Chinese and reads them back.
func TestChineseNumerals(t *testing.T) {
	digits := []rune("零一二三四五六七八九")
	section := func(n int) string {
		out, zero := "", false
		for _, u := range []struct {
			n    int
			name string
		}{{1000, "千"}, {100, "百"}, {10, "十"}, {1, ""}} {
			if d := n / u.n % 10; d > 0 {
				if zero && out != "" {
					out += "零"
				}
				out, zero = out+string(digits[d])+u.name, false
			} else {
				zero = true
			}
		}
		return out
	}
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(1, 99_999_999).Draw(t, "n")
		text := section(n % 10000)
		if high := n / 10000; high > 0 {
			low := text
			text = section(high) + "万"
			if low != "" && n%10000 < 1000 {
				text += "零"
			}
			text += low
		}
		got, ok := answer.Number(text)
		want := rapid.Just(n).Draw(t, "want")
		if !ok || got.Value != itoa(want) {
			t.Fatalf("Number(%q) = %+v %v, want %d", text, got, ok, want)
		}
	})
}

func itoa(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return itoa(n/10) + string(rune('0'+n%10))
}

func TestMoney(t *testing.T) {
	for _, c := range []struct {
		text string
		want answer.Amount
	}{
		{"USD 1,200", answer.Amount{Value: "1200", Currency: "USD"}}, {"1200美元", answer.Amount{Value: "1200", Currency: "USD"}}, {"US$1,200.50", answer.Amount{Value: "1200.50", Currency: "USD"}}, {"$1,200", answer.Amount{Value: "1200", Currency: "USD", Doubt: true}},
		{"$1,200 CAD", answer.Amount{Value: "1200", Currency: "CAD"}}, {"¥3万", answer.Amount{Value: "30000", Currency: "CNY", Doubt: true}}, {"￥3000", answer.Amount{Value: "3000", Currency: "CNY", Doubt: true}}, {"¥3000元", answer.Amount{Value: "3000", Currency: "CNY"}}, {"¥3000日元", answer.Amount{Value: "3000", Currency: "JPY"}},
		{"€50", answer.Amount{Value: "50", Currency: "EUR"}}, {"50 €", answer.Amount{Value: "50", Currency: "EUR"}}, {"3万美元", answer.Amount{Value: "30000", Currency: "USD"}}, {"人民币3000元整", answer.Amount{Value: "3000", Currency: "CNY"}}, {"rmb 3000", answer.Amount{Value: "3000", Currency: "CNY"}},
		{"三块五", answer.Amount{Value: "3.5", Currency: "CNY"}}, {"12元5角", answer.Amount{Value: "12.5", Currency: "CNY"}}, {"3块5毛2", answer.Amount{Value: "3.52", Currency: "CNY"}}, {"1.5k usd", answer.Amount{Value: "1500", Currency: "USD"}}, {"500刀", answer.Amount{Value: "500", Currency: "USD"}}, {"20 pounds", answer.Amount{Value: "20", Currency: "GBP"}},
		{"约5000英镑", answer.Amount{Value: "5000", Currency: "GBP", Approx: true}}, {"1200", answer.Amount{Value: "1200"}}, {"-$5", answer.Amount{Value: "-5", Currency: "USD", Doubt: true}}, {"$.5", answer.Amount{Value: "0.5", Currency: "USD", Doubt: true}}, {"100 dollars", answer.Amount{Value: "100", Currency: "USD", Doubt: true}}, {"5000港币", answer.Amount{Value: "5000", Currency: "HKD"}},
	} {
		got, ok := answer.Money(c.text)
		if diff := cmp.Diff(c.want, got); !ok || diff != "" {
			t.Errorf("Money(%q): ok %v (-want +got):\n%s", c.text, ok, diff)
		}
	}
	for _, text := range []string{"", "USD", "€50 GBP", "50 kg", "1200美元每箱", "usd 12 eur 13", "三块五美元", "免费"} {
		if got, ok := answer.Money(text); ok {
			t.Errorf("Money(%q) = %+v, want none", text, got)
		}
	}
}

func TestDimensions(t *testing.T) {
	for _, c := range []struct {
		text string
		want answer.Size
	}{
		{"60x40x50 cm", answer.Size{"60", "40", "50", answer.Centimetre}}, {"60*40*50", answer.Size{"60", "40", "50", ""}}, {"60×40×50厘米", answer.Size{"60", "40", "50", answer.Centimetre}}, {"60cm x 40cm x 50cm", answer.Size{"60", "40", "50", answer.Centimetre}},
		{"６０＊４０＊５０ＣＭ", answer.Size{"60", "40", "50", answer.Centimetre}}, {"长60宽40高50", answer.Size{"60", "40", "50", ""}}, {"高50，长60，宽40厘米", answer.Size{"60", "40", "50", answer.Centimetre}}, {"长六十宽四十高五十", answer.Size{"60", "40", "50", ""}}, {"长:60 宽:40 高:50", answer.Size{"60", "40", "50", ""}},
		{`24"x18"x12"`, answer.Size{"24", "18", "12", answer.Inch}}, {"24 by 18 by 12 inches", answer.Size{"24", "18", "12", answer.Inch}}, {"60.5X40X50.25", answer.Size{"60.5", "40", "50.25", ""}}, {"60 40 50", answer.Size{"60", "40", "50", ""}}, {"60,40,50", answer.Size{"60", "40", "50", ""}}, {"L60 W40 H50 cm", answer.Size{"60", "40", "50", answer.Centimetre}},
		{"1,200x800x600mm", answer.Size{"1200", "800", "600", answer.Millimetre}}, {"60cmx40cmx50cm", answer.Size{"60", "40", "50", answer.Centimetre}},
	} {
		got, ok := answer.Dimensions(c.text)
		if diff := cmp.Diff(c.want, got); !ok || diff != "" {
			t.Errorf("Dimensions(%q): ok %v (-want +got):\n%s", c.text, ok, diff)
		}
	}
	for _, text := range []string{"", "60x40", "60x40x50x30", "60cm x 40in x 50cm", "60x40x50 kg", "abc", "0x40x50", "长60长40高50", "60x40x", "2026-12-01"} {
		if got, ok := answer.Dimensions(text); ok {
			t.Errorf("Dimensions(%q) = %+v, want none", text, got)
		}
	}
}
