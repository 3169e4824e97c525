package flows

import (
	"strings"
	"testing"
)

// TestTracking checks what becomes of a tracking number that is typed: what is kept, and which warning or fault is said.
func TestTracking(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"1z 5r8 939 03 5756 7127":   "1Z5R89390357567127",
		"1Z5R89390357567128":        "1Z5R89390357567128 warn.check",
		"ＲＲ１２３４５６７８９ＣＮ":             "RR123456789CN warn.check",
		"RR123456785XX":             "RR123456785XX warn.country",
		"UG336196744YP":             "UG336196744YP",
		"LP00492755414105":          "LP00492755414105 warn.carriers 4PX Cainiao",
		"菜鸟 LP00492755414105":       "LP00492755414105",
		"3318810036":                "3318810036 warn.carrier DHL",
		"DHL 3318810036":            "3318810036",
		"RBI23456785US":             "RB123456785US warn.doubt",
		"757-26371365":              "75726371365",
		"MSKU 453832-4":             "MSKU4538324",
		"AMZDCN203A900BD3":          "AMZDCN203A900BD3",
		"单号是 1Z5R89390357567127，谢谢": "1Z5R89390357567127",
		"SIMAUS12345678":            "SIMAUS12345678",
		"SIMAUS":                    "SIMAUS",
		"TEST-0001":                 "TEST0001",
		"https://www.17track.net/zh-cn/track?nums=RR123456785CN": "RR123456785CN",
		"12345": "12345 fault.length",
		"我不知道啊": "我不知道啊 fault.length",
		"1Z5R89390357567127 RR123456785CN 和更多的单号都在这里了": "- fault.length",
	} {
		v := tracking(raw)
		got := v.Value
		if v.Fault != nil {
			got += " " + v.Fault.ID
		}
		for _, w := range v.Warnings {
			got += " " + w.ID
			for _, a := range w.Args {
				if a.Name == "Carrier" {
					got += " " + a.Text
				}
				for _, one := range a.List {
					got += " " + one.Text
				}
			}
		}
		if strings.HasPrefix(want, "-") {
			_, got, _ = strings.Cut(got, " ")
			want = want[2:]
		}
		if got != want {
			t.Errorf("%q: %q, want %q", raw, got, want)
		}
	}
}
