package answer

import (
	"strconv"
	"strings"
)

// A Quantity is a number that somebody typed, with its unit.
type Quantity struct {
	Value  string // a decimal as in "1234.50": no exponent, no grouping; "-" in front when negative
	Unit   Unit   // empty when none was typed
	Approx bool   // "about 12", "12箱左右"
	Doubt  bool   // a comma was taken for the decimal point, or a space or point for thousands: worth asking back
}

// A Unit is the stable code of a unit of measure.
type Unit string

// The units that are understood.
const (
	Kilogram   Unit = "kg"
	Gram       Unit = "g"
	Tonne      Unit = "t"
	Jin        Unit = "jin" // 斤, half a kilogram
	Pound      Unit = "lb"
	Ounce      Unit = "oz"
	Millimetre Unit = "mm"
	Centimetre Unit = "cm"
	Metre      Unit = "m"
	Inch       Unit = "in"
	Foot       Unit = "ft"
	CubicMetre Unit = "cbm"
	CubicFoot  Unit = "cuft"
	Litre      Unit = "l"
	Millilitre Unit = "ml"
	WattHour   Unit = "wh"
	Watt       Unit = "w"
	Carton     Unit = "carton" // 箱
	Pallet     Unit = "pallet" // 托
	Piece      Unit = "piece"  // 件, 个
	Pair       Unit = "pair"
	Set        Unit = "set"
	Percent    Unit = "%"
	Hours      Unit = "hour"
	Days       Unit = "day"
	Workdays   Unit = "workday"
	Weeks      Unit = "week"
	Months     Unit = "month"
	Years      Unit = "year"
)

// unitWords are all ways of writing the units, after lower case, in both languages.
var unitWords = func() map[string]Unit {
	words := map[string]Unit{}
	for unit, list := range map[Unit]string{
		Kilogram: "kg kgs kilo kilos kilogram kilograms kilogramme 公斤 千克 ㎏", Gram: "g gr gram grams 克", Tonne: "t ton tons tonne tonnes 吨 公吨",
		Jin: "jin 斤 市斤", Pound: "lb lbs pound pounds 磅", Ounce: "oz ounce ounces 盎司",
		Millimetre: "mm millimetre millimetres millimeter millimeters 毫米", Centimetre: "cm cms centimetre centimetres centimeter centimeters 厘米 公分 ㎝",
		Metre: "m metre metres meter meters 米 公尺", Inch: `in ins inch inches " ” ″ '' 英寸 吋 寸`, Foot: "ft foot feet 英尺",
		CubicMetre: "cbm m3 m³ m^3 cubicmetre cubicmetres cubicmeter cubicmeters 立方 立方米 方 个方", CubicFoot: "cuft ft3 cubicfoot cubicfeet 立方英尺",
		Litre: "l litre litres liter liters 升", Millilitre: "ml 毫升", WattHour: "wh watthours watt-hours 瓦时 瓦特时", Watt: "w watt watts 瓦",
		Carton: "carton cartons ctn ctns box boxes case cases 箱 纸箱 外箱 个箱子 箱子 箱货", Pallet: "pallet pallets plt plts 托 托盘 板 卡板 个托盘",
		Piece: "piece pieces pc pcs unit units item items ea each 件 个 只 台 支 片 块 件货 个产品 套件", Pair: "pair pairs 双 对", Set: "set sets 套",
		Percent: "% percent pct 个百分点", Hours: "h hr hrs hour hours 小时 个小时 钟头", Days: "day days 天 日", Workdays: "workday workdays workingday workingdays businessday businessdays 工作日 个工作日",
		Weeks: "week weeks wk wks 周 星期 个星期 礼拜 个礼拜", Months: "month months mo 月 个月", Years: "year years yr yrs 年",
	} {
		for _, w := range strings.Fields(list) {
			words[w] = unit
		}
	}
	return words
}()

var (
	aboutHeads = []string{"approximately", "approx.", "approx", "around", "about", "roughly", "nearly", "almost", "circa", "ca.", "~", "≈", "大概", "大约", "差不多", "将近", "接近", "估计", "约", "近"}
	aboutTails = []string{"or so", "左右", "上下", "附近"}
	fillHeads  = []string{"一共有", "总共有", "一共", "总共", "共有", "共计", "合计", "共", "大致", "有", "是", "就", "我们有", "there are", "there is", "it's", "it is", "we have", "i have", "in total", "total"}
	fillTails  = []string{"in total", "altogether", "total", "please", "吧", "的", "了", "呢", "整"}
)

// Number reads one number and its unit: "1,234.5", "1.2万", "三十五", "两", "半", "1千", "12 箱", "40磅", "two hundred
// pounds", "30%". ok is false when anything else stands there: a list, a sentence, a range, an identifier.
func Number(text string) (q Quantity, ok bool) {
	if len(text) > 200 {
		return q, false
	}
	s := plain(text)
	s, _ = strip(s, fillHeads)
	var before, after bool
	s, before = strip(s, aboutHeads)
	s, _ = strip(s, fillHeads)
	s, _ = stripEnd(s, fillTails)
	s, after = stripEnd(s, aboutTails)
	q.Approx = before || after
	s, minus := sign(s)
	if percent, ok := strings.CutPrefix(s, "百分之"); ok {
		s, q.Unit = percent, Percent
	}
	d, rest, doubt, ok := amount(s)
	if !ok {
		return Quantity{}, false
	}
	q.Doubt = doubt
	if rest = strings.TrimSpace(rest); rest != "" {
		if q.Unit != "" {
			return Quantity{}, false
		}
		if d, q.Unit, ok = measured(d, rest); !ok {
			return Quantity{}, false
		}
	}
	q.Value = d.String()
	if minus && !d.isZero() {
		q.Value = "-" + q.Value
	}
	return q, true
}

// sign takes a minus off the front.
func sign(s string) (string, bool) {
	for _, w := range [...]string{"-", "负", "minus ", "negative "} {
		if rest, ok := strings.CutPrefix(s, w); ok {
			return strings.TrimSpace(rest), true
		}
	}
	return strings.TrimPrefix(s, "+"), false
}

// amount reads a number at the front of s, in figures or in words of either language.
func amount(s string) (d decimal, rest string, doubt, ok bool) {
	if d, rest, doubt, ok = counted(s); ok {
		trimmed := strings.TrimLeft(rest, " ")
		for word, power := range englishPowers {
			if after, found := strings.CutPrefix(trimmed, word); found && (after == "" || !isLetter(after[0])) {
				return d.shifted(power), after, doubt, true
			}
		}
		return d, rest, doubt, true
	}
	for _, half := range [...]string{"half a ", "half an ", "half"} {
		if rest, ok := strings.CutPrefix(s, half); ok {
			return decimal{"5", 1}, rest, false, true
		}
	}
	n, rest, ok := inWords(s)
	return decimal{strconv.Itoa(n), 0}, rest, false, ok
}

// measured reads what stands after a number: a unit, a half, or both ("两箱半", "一个半小时").
func measured(d decimal, rest string) (decimal, Unit, bool) {
	word := strings.TrimSuffix(strings.ReplaceAll(rest, " ", ""), ".")
	if unit, ok := unitWords[word]; ok {
		return d, unit, true
	}
	before, after, ok := strings.Cut(word, "半")
	if !ok || d.after > 0 {
		return d, "", false
	}
	sum, ok := d.plus(decimal{"5", 1})
	if !ok {
		return d, "", false
	}
	switch {
	case after == "":
		unit, ok := unitWords[before]
		return sum, unit, ok || before == ""
	case before == "" || before == "个":
		unit, ok := unitWords[after]
		return sum, unit, ok
	}
	return d, "", false
}
