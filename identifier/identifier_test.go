package identifier_test

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"xiaobao/identifier"
)

// vectors is the shape of testdata/vectors.json, as far as lists of good and bad values go.
type vectors struct {
	Identifiers map[string]json.RawMessage
}

func load(t testing.TB) map[string]json.RawMessage {
	t.Helper()
	raw, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var v vectors
	if err := json.Unmarshal(raw, &v); err != nil {
		t.Fatal(err)
	}
	return v.Identifiers
}

// texts reads a list of strings, or of pairs whose first is the string.
func texts(t *testing.T, raw json.RawMessage) []string {
	t.Helper()
	var items []json.RawMessage
	if err := json.Unmarshal(raw, &items); err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, item := range items {
		var s string
		if json.Unmarshal(item, &s) != nil {
			var pair []string
			if err := json.Unmarshal(item, &pair); err != nil {
				t.Fatal(err)
			}
			s = pair[0]
		}
		out = append(out, s)
	}
	return out
}

func TestVectors(t *testing.T) {
	all := load(t)
	kinds := []struct{ entry, kind string }{
		{"uscc", "uscc"}, {"gtin", "gtin"}, {"sscc", "sscc"}, {"iso6346", "container"}, {"awb", "awb"}, {"upu_s10", "s10"},
		{"ioss", "ioss"}, {"ein", "ein"}, {"eori", "eori"}, {"canada_bn_rm", "ca_bn"}, {"cbp_assigned_importer", "cbp_importer"},
	}
	for _, k := range kinds {
		entry := map[string]json.RawMessage{}
		if err := json.Unmarshal(all[k.entry], &entry); err != nil {
			t.Fatal(err)
		}
		run(t, k.kind, entry["valid"], entry["invalid"])
		run(t, k.kind, entry["format_ok"], entry["format_bad"])
	}
	countries := map[string]map[string]json.RawMessage{}
	if err := json.Unmarshal(all["vat"], &countries); err != nil {
		t.Fatal(err)
	}
	for country, entry := range countries {
		kind := "vat:" + country
		if country == "JP_corporate_number" {
			kind = "jp_corporate"
		} else {
			run(t, "vat", entry["valid"], entry["invalid"])
		}
		run(t, kind, entry["valid"], entry["invalid"])
	}
	amazon := map[string]json.RawMessage{}
	if err := json.Unmarshal(all["amazon_ids"], &amazon); err != nil {
		t.Fatal(err)
	}
	for _, k := range []struct{ entry, kind string }{
		{"asin", "asin"}, {"fnsku", "fnsku"}, {"shipment", "fba_shipment"}, {"box", "box_id"}, {"order", "order_id"},
	} {
		run(t, k.kind, amazon[k.entry+"_ok"], amazon[k.entry+"_bad"])
	}
}

// doubted are the vectors called bad whose badness is only a doubt: an unknown prefix, and check digits of parcels that
// carriers are known to get wrong.
var doubted = map[string]identifier.Warning{"07-1144442": identifier.WarnPrefix, "RR123456786CN": identifier.WarnCheck}

func run(t *testing.T, kind string, good, bad json.RawMessage) {
	t.Helper()
	check, ok := identifier.Lookup(kind)
	if !ok {
		t.Fatalf("no kind %q", kind)
	}
	if good != nil {
		for _, s := range texts(t, good) {
			if v := check(s); !v.OK() {
				t.Errorf("%s(%q): %+v, want no fault", kind, s, v)
			}
		}
	}
	if bad != nil {
		for _, s := range texts(t, bad) {
			v := check(s)
			if w, ok := doubted[s]; ok {
				if !v.OK() || !v.Warned(w) {
					t.Errorf("%s(%q): %+v, want the warning %s", kind, s, v, w)
				}
			} else if v.OK() {
				t.Errorf("%s(%q): %+v, want a fault", kind, s, v)
			}
		}
	}
}

func TestCode128(t *testing.T) {
	all := load(t)
	var b map[string]struct {
		Sum     int
		Check   int `json:"check_value"`
		Modules int
	}
	if err := json.Unmarshal(all["code128B"], &b); err != nil {
		t.Fatal(err)
	}
	for text, want := range b {
		got, ok := identifier.Code128B(text)
		if !ok || got != (identifier.Symbol{Sum: want.Sum, Check: want.Check, Modules: want.Modules}) {
			t.Errorf("Code128B(%q) = %+v %v, want %+v", text, got, ok, want)
		}
	}
	if got, ok := identifier.Code128A("PJJ123C"); !ok || got.Sum != 878 || got.Check != 54 {
		t.Errorf("Code128A = %+v %v, want 878 and 54", got, ok)
	}
	for _, bad := range []string{"", "小包", "a\x01"} {
		if _, ok := identifier.Code128B(bad); ok {
			t.Errorf("Code128B(%q) is accepted", bad)
		}
	}
}

// verdicts is the table of what each check says: value, fault, at, got, want, warnings.
var verdicts = []struct {
	kind, raw string
	want      identifier.Verdict
}{
	{"uscc", " ９１３５０１００ m000100y43 ", identifier.Verdict{Value: "91350100M000100Y43", Country: "CN"}},
	{"uscc", "91350100M000100Y44", identifier.Verdict{Value: "91350100M000100Y44", Country: "CN", Fault: "check", At: 18, Got: "4", Want: "3", Rule: "GB 32100-2015"}},
	{"uscc", "91350100M000100Y4Z", identifier.Verdict{Value: "91350100M000100Y4Z", Country: "CN", Fault: "alphabet", At: 18, Got: "Z", Want: "0123456789ABCDEFGHJKLMNPQRTUWXY"}},
	{"uscc", "", identifier.Verdict{Country: "CN", Fault: "empty"}},
	{"uscc", "91350100M000100Y4", identifier.Verdict{Value: "91350100M000100Y4", Country: "CN", Fault: "length", Got: "17", Want: "18"}},
	{"uscc", "9135010公司", identifier.Verdict{Value: "9135010公司", Country: "CN", Fault: "alphabet", At: 8, Got: "公", Want: "0123456789ABCDEFGHJKLMNPQRTUWXY"}},
	{"ein", "911144442", identifier.Verdict{Value: "91-1144442", Country: "US"}},
	{"ein", "07–1144442", identifier.Verdict{Value: "07-1144442", Country: "US", At: 1, Got: "07", Warn: []identifier.Warning{"prefix"}}},
	{"ein", "911-14-4442", identifier.Verdict{Value: "911-14-4442", Country: "US", Fault: "shape", At: 4, Got: "-", Want: "99-9999999"}},
	{"cbp_importer", "2401-2345678", identifier.Verdict{Value: "2401-2345678", Country: "US", Fault: "shape", At: 5, Got: "-", Want: "999999-99999"}},
	{"ca_bn", "123026635 rm 0001", identifier.Verdict{Value: "123026635RM0001", Country: "CA"}},
	{"ca_bn", "123026635RT0001", identifier.Verdict{Value: "123026635RT0001", Country: "CA", Fault: "shape", At: 10, Got: "RT", Want: "RM"}},
	{"ca_bn", "123026636RM0001", identifier.Verdict{Value: "123026636RM0001", Country: "CA", Fault: "check", At: 9, Got: "6", Want: "5", Rule: "Luhn"}},
	{"jp_corporate", "2835678256246", identifier.Verdict{Value: "2835678256246", Country: "JP", Fault: "check", At: 1, Got: "2", Want: "5", Rule: "mod 9"}},
	{"cn_customs", "4403160ABC", identifier.Verdict{Value: "4403160ABC", Country: "CN", Fault: "alphabet", At: 8, Got: "A", Want: "0-9"}},
	{"cn_customs", "4403100123", identifier.Verdict{Value: "4403100123", Country: "CN", Fault: "range", At: 6, Got: "0", Want: "1-9"}},
	{"eori", "de 123 456 789 012 345", identifier.Verdict{Value: "DE123456789012345", Country: "DE"}},
	{"eori", "DE136695976", identifier.Verdict{Value: "DE136695976", Country: "DE", Warn: []identifier.Warning{"like_vat"}}},
	{"eori", "GB980780684", identifier.Verdict{Value: "GB980780684", Country: "GB", Got: "9", Want: "12-15", Warn: []identifier.Warning{"length", "like_vat"}}},
	{"eori", "US123456789", identifier.Verdict{Value: "US123456789", Fault: "country", At: 1, Got: "US"}},
	{"eori:GB", "DE123456789012345", identifier.Verdict{Value: "DE123456789012345", Country: "DE", Fault: "country", At: 1, Got: "DE", Want: "GB"}},
	{"eori:EU", "DE123456789012345", identifier.Verdict{Value: "DE123456789012345", Country: "DE"}},
	{"vat:DE", "136695976", identifier.Verdict{Value: "DE136695976", Country: "DE"}},
	{"vat:DE", "FR40303265045", identifier.Verdict{Value: "FR40303265045", Country: "FR", Fault: "country", At: 1, Got: "FR", Want: "DE"}},
	{"vat", "136695976", identifier.Verdict{Value: "136695976", Fault: "country", At: 1, Got: "13"}},
	{"vat", "DE 136.695.978", identifier.Verdict{Value: "DE136695978", Country: "DE", Fault: "check", At: 11, Got: "8", Want: "6", Rule: "ISO 7064 mod 11,10"}},
	{"vat", "GB802311781", identifier.Verdict{Value: "GB802311781", Country: "GB", Fault: "check", At: 10, Got: "81", Want: "82/27", Rule: "mod 97"}},
	{"vat", "ESB64717839", identifier.Verdict{Value: "ESB64717839", Country: "ES", Fault: "check", At: 11, Got: "9", Want: "8/H", Rule: "NIF"}},
	{"vat", "FR40303265045", identifier.Verdict{Value: "FR40303265045", Country: "FR", Parent: "303265045"}},
	{"vat:BE", "403019261", identifier.Verdict{Value: "BE0403019261", Country: "BE"}},
	{"vat:GR", "GR123456789", identifier.Verdict{Value: "EL123456789", Country: "GR", Warn: []identifier.Warning{"unverified"}}},
	{"vat", "GBGD001", identifier.Verdict{Value: "GBGD001", Country: "GB"}},
	{"vat", "GBHA001", identifier.Verdict{Value: "GBHA001", Country: "GB", Fault: "range", At: 5, Got: "001", Want: "500-999"}},
	{"ioss", "IM372000022", identifier.Verdict{Value: "IM372000022", Fault: "length", Got: "11", Want: "12"}},
	{"ioss", "IM9990000224", identifier.Verdict{Value: "IM9990000224", Fault: "country", At: 3, Got: "999"}},
	{"gtin", "4006381-333931", identifier.Verdict{Value: "4006381333931", Form: "gtin13"}},
	{"gtin", "4006381333932", identifier.Verdict{Value: "4006381333932", Form: "gtin13", Fault: "check", At: 13, Got: "2", Want: "1", Rule: "GS1 mod 10"}},
	{"gtin", "40063813339", identifier.Verdict{Value: "40063813339", Fault: "length", Got: "11", Want: "8/12/13/14"}},
	{"gtin12", "4006381333931", identifier.Verdict{Value: "4006381333931", Form: "gtin12", Fault: "length", Got: "13", Want: "12"}},
	{"sscc", "(00) 340123456789012340", identifier.Verdict{Value: "340123456789012340"}},
	{"container", "csqu 305438-3", identifier.Verdict{Value: "CSQU3054383"}},
	{"container", "MSKU4538324", identifier.Verdict{Value: "MSKU4538324"}},
	{"container", "CSQX3054383", identifier.Verdict{Value: "CSQX3054383", Fault: "shape", At: 4, Got: "X", Want: "U/J/Z"}},
	{"awb", "020-12345675", identifier.Verdict{Value: "02012345675"}},
	{"s10", "RR123456789CN", identifier.Verdict{Value: "RR123456789CN", Country: "CN", At: 11, Got: "9", Want: "5", Rule: "UPU S10", Warn: []identifier.Warning{"check"}}},
	{"s10", "UG336196744YP", identifier.Verdict{Value: "UG336196744YP", Country: "YP", At: 12, Got: "YP", Warn: []identifier.Warning{"country"}}},
	{"ups", "1Z999AA10123456784", identifier.Verdict{Value: "1Z999AA10123456784"}},
	{"ups", "1ZX111111111111111", identifier.Verdict{Value: "1ZX111111111111111", At: 18, Got: "1", Want: "4", Rule: "UPS mod 10", Warn: []identifier.Warning{"check"}}},
	{"asin", "b003zyf3lo", identifier.Verdict{Value: "B003ZYF3LO", Form: "asin"}},
	{"asin", "1-56512-564-9", identifier.Verdict{Value: "1565125649", Form: "isbn10"}},
	{"asin", "0-8044-2957-x", identifier.Verdict{Value: "080442957X", Form: "isbn10"}},
	{"asin", "1565125645", identifier.Verdict{Value: "1565125645", Form: "isbn10", At: 10, Got: "5", Want: "9", Rule: "ISBN-10 mod 11", Warn: []identifier.Warning{"check"}}},
	{"asin", "A003ZYF3LO", identifier.Verdict{Value: "A003ZYF3LO", Form: "asin", Fault: "shape", At: 1, Got: "A0", Want: "B0"}},
	{"fnsku", "x001abcdef", identifier.Verdict{Value: "X001ABCDEF", Form: "fnsku"}},
	{"fnsku", "B003ZYF3LO", identifier.Verdict{Value: "B003ZYF3LO", Form: "asin"}},
	{"msku", "  my sku-小号/Red ", identifier.Verdict{Value: "my sku-小号/Red"}},
	{"box_id", "FBA15ABCDEFGU000001", identifier.Verdict{Value: "FBA15ABCDEFGU000001", Parent: "FBA15ABCDEFG"}},
	{"box_id", "FBA1MMD8D0U001", identifier.Verdict{Value: "FBA1MMD8D0U001", Parent: "FBA1MMD8D0"}},
	{"box_id", "FBA10ABC0YY100001", identifier.Verdict{Value: "FBA10ABC0YY100001", Want: "FBA*U999999", Warn: []identifier.Warning{"parent"}}},
	{"fba_shipment", "FBB1234", identifier.Verdict{Value: "FBB1234", Fault: "shape", At: 1, Got: "FBB", Want: "FBA"}},
	{"order_id", "11312345671234567", identifier.Verdict{Value: "113-1234567-1234567"}},
	{"seller_id", "a2example12345", identifier.Verdict{Value: "A2EXAMPLE12345"}},
	{"seller_id", "B2EXAMPLE12345", identifier.Verdict{Value: "B2EXAMPLE12345", At: 1, Got: "B", Want: "A", Warn: []identifier.Warning{"prefix"}}},
	{"marketplace_id", "ATVPDKIKX0DER", identifier.Verdict{Value: "ATVPDKIKX0DER", Country: "US"}},
	{"marketplace_id", "ATVPDKIKX0DEX", identifier.Verdict{Value: "ATVPDKIKX0DEX", Fault: "unknown", Got: "ATVPDKIKX0DEX"}},
	{"plan_id", "wf1234abcd-1234-abcd-5678-1234abcd5678", identifier.Verdict{Value: "wf1234abcd-1234-abcd-5678-1234abcd5678"}},
	{"inbound_shipment_id", "wf1234abcd-1234-abcd-5678-1234abcd5678", identifier.Verdict{Value: "wf1234abcd-1234-abcd-5678-1234abcd5678", Fault: "shape", At: 1, Got: "wf", Want: "sh"}},
	{"hs", "8504.40.95", identifier.Verdict{Value: "85044095"}},
	{"hs", "770100", identifier.Verdict{Value: "770100", Fault: "range", At: 1, Got: "77", Want: "01-97"}},
	{"hs", "9903880300", identifier.Verdict{Value: "9903880300", At: 1, Got: "99", Want: "01-97", Warn: []identifier.Warning{"special"}}},
	{"hs:US", "850440", identifier.Verdict{Value: "850440", Got: "6", Want: "10", Warn: []identifier.Warning{"length"}}},
	{"hs:CN", "8504401990999", identifier.Verdict{Value: "8504401990999"}},
	{"un", "un 3481", identifier.Verdict{Value: "UN3481"}},
	{"un", "3481", identifier.Verdict{Value: "UN3481"}},
	{"un", "UX3481", identifier.Verdict{Value: "UX3481", Fault: "shape", At: 1, Got: "UX", Want: "UN/ID/NA"}},
	{"dg_class", "第９类", identifier.Verdict{Value: "9"}},
	{"dg_class", "Class 4.1", identifier.Verdict{Value: "4.1"}},
	{"dg_class", "9.9", identifier.Verdict{Value: "9.9", Fault: "range", Got: "9.9", Want: "1-9"}},
	{"packing_instruction", "PI 966 Section II", identifier.Verdict{Value: "PI966_SECTION_II"}},
	{"packing_instruction", "966-IA", identifier.Verdict{Value: "PI966_SECTION_IA", Fault: "unknown", Got: "PI966_SECTION_IA", Want: "PI999_SECTION_*"}},
	{"phone", "138 0013 8000", identifier.Verdict{Value: "+8613800138000", Form: "mobile", Country: "CN"}},
	{"phone", "００８６-138-0013-8000", identifier.Verdict{Value: "+8613800138000", Form: "mobile", Country: "CN"}},
	{"phone", "+86 755 8888 8888", identifier.Verdict{Value: "+8675588888888", Form: "phone", Country: "CN"}},
	{"phone", "+86 12800138000", identifier.Verdict{Value: "+8612800138000", Form: "mobile", Country: "CN", Fault: "range", At: 5, Got: "2", Want: "3-9"}},
	{"phone", "020 7946 0018", identifier.Verdict{Value: "02079460018", Form: "phone", Fault: "shape", At: 1, Got: "0", Want: "+"}},
	{"phone:GB", "+44 (0)20 7946 0018", identifier.Verdict{Value: "+442079460018", Form: "phone"}},
	{"phone:US", "(206) 555-0100", identifier.Verdict{Value: "+12065550100", Form: "phone"}},
	{"email", " Wang.Wei＠Example.COM ", identifier.Verdict{Value: "Wang.Wei@example.com"}},
	{"email", "wang wei@example.com", identifier.Verdict{Value: "wang wei@example.com", Fault: "alphabet", At: 5, Got: " ", Want: "0-9A-Za-z.+-_"}},
	{"email", "wei@example", identifier.Verdict{Value: "wei@example", Fault: "shape", At: 5, Got: "example", Want: "*@*.*"}},
	{"email", "wei@ex..com", identifier.Verdict{Value: "wei@ex..com", Fault: "shape", At: 8, Got: "", Want: "*@*.*"}},
	{"email", "wei", identifier.Verdict{Value: "wei", Fault: "shape", Want: "@"}},
	{"postcode:CN", "518000", identifier.Verdict{Value: "518000", Country: "CN"}},
	{"postcode:US", "98109 1234", identifier.Verdict{Value: "98109-1234", Country: "US"}},
	{"postcode:CA", "k1a0b1", identifier.Verdict{Value: "K1A 0B1", Country: "CA"}},
	{"postcode:GB", "sw1a1aa", identifier.Verdict{Value: "SW1A 1AA", Country: "GB"}},
	{"postcode:PL", "00950", identifier.Verdict{Value: "00-950", Country: "PL"}},
	{"postcode:DE", "8033A", identifier.Verdict{Value: "8033A", Country: "DE", Fault: "shape", At: 5, Got: "A", Want: "99999"}},
	{"postcode:DE", "803", identifier.Verdict{Value: "803", Country: "DE", Fault: "length", Got: "3", Want: "99999"}},
	{"postcode:AE", "", identifier.Verdict{Country: "AE"}},
	{"postcode:ZZ", "12345", identifier.Verdict{Value: "12345", Country: "ZZ", Warn: []identifier.Warning{"unverified"}}},
}

func TestVerdicts(t *testing.T) {
	seen := map[string]bool{}
	for _, c := range verdicts {
		check, ok := identifier.Lookup(c.kind)
		if !ok {
			t.Fatalf("no kind %q", c.kind)
		}
		kind, _, _ := strings.Cut(c.kind, ":")
		seen[kind] = true
		if diff := cmp.Diff(c.want, check(c.raw)); diff != "" {
			t.Errorf("%s(%q) (-want +got):\n%s", c.kind, c.raw, diff)
		}
	}
	for _, kind := range []string{"gtin8", "gtin13", "gtin14", "placement_id", "transportation_id"} {
		seen[kind] = true // one rule with their neighbours
	}
	for _, kind := range identifier.Kinds() {
		if !seen[kind] {
			t.Errorf("kind %q has no row in the table", kind)
		}
	}
}

func TestLookupRefuses(t *testing.T) {
	for _, kind := range []string{"", "nothing", "uscc:CN", "vat:", "vat:DEU"} {
		if _, ok := identifier.Lookup(kind); ok {
			t.Errorf("Lookup(%q) succeeds", kind)
		}
	}
}

// law checks what holds for every verdict on any input.
func law(t interface{ Fatalf(string, ...any) }, kind, raw string) {
	check, _ := identifier.Lookup(kind)
	v := check(raw)
	if again := check(v.Value); !cmp.Equal(v, again) {
		t.Fatalf("%s(%q) = %+v, but its value gives %+v", kind, raw, v, again)
	}
	if v.Fault != "" && !slices.Contains(identifier.Faults(), v.Fault) {
		t.Fatalf("%s(%q): fault %q is not listed", kind, raw, v.Fault)
	}
	for _, w := range v.Warn {
		if !slices.Contains(identifier.Warnings(), w) {
			t.Fatalf("%s(%q): warning %q is not listed", kind, raw, w)
		}
	}
	if n := utf8.RuneCountInString(v.Value); v.At < 0 || v.At > n+1 {
		t.Fatalf("%s(%q): position %d in %q", kind, raw, v.At, v.Value)
	}
	if v.Fault == identifier.FaultCheck && (v.Rule == "" || v.At == 0 || v.Got == "" || v.Got == v.Want) {
		t.Fatalf("%s(%q) = %+v: a failed check must say where and why", kind, raw, v)
	}
	if !utf8.ValidString(v.Value) || !utf8.ValidString(v.Got) {
		t.Fatalf("%s(%q) = %+v: not UTF-8", kind, raw, v)
	}
}

func FuzzVerdicts(f *testing.F) {
	for _, c := range verdicts {
		f.Add(c.raw)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		for _, kind := range append(identifier.Kinds(), "vat:DE", "vat:GR", "vat:ES", "vat:BE", "eori:EU", "phone:US", "phone:CN", "postcode:GB", "postcode:CA", "postcode:AE", "hs:CN") {
			law(t, kind, raw)
		}
	})
}

// TestOneWrongDigit says that a check digit finds every single wrong digit, in the kinds whose arithmetic promises it.
func TestOneWrongDigit(t *testing.T) {
	good := map[string]string{"uscc": "91350100M000100Y43", "gtin13": "4006381333931", "sscc": "340123456789012340",
		"vat:DE": "DE136695976", "vat:IT": "IT00743110157", "vat:PL": "PL8567346215", "vat:BE": "BE0403019261"}
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"uscc", "gtin13", "sscc", "vat:DE", "vat:IT", "vat:PL", "vat:BE"}).Draw(t, "kind")
		value := []byte(good[kind])
		at := rapid.IntRange(0, len(value)-1).Draw(t, "at")
		other := rapid.SampledFrom([]byte("0123456789")).Draw(t, "digit")
		if value[at] < '0' || value[at] > '9' || value[at] == other {
			return
		}
		value[at] = other
		check, _ := identifier.Lookup(kind)
		if v := check(string(value)); v.OK() {
			t.Fatalf("%s: %s is accepted", kind, value)
		}
	})
}

// TestCorrection says that putting the expected check character in its place makes the value right.
func TestCorrection(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		kind := rapid.SampledFrom([]string{"gtin", "sscc", "awb", "container", "ups", "s10", "vat:DE", "vat:IT", "vat:GB", "vat:FR", "vat:BE", "vat:AT", "vat:SE", "ca_bn", "jp_corporate", "uscc"}).Draw(t, "kind")
		shape := map[string]string{"gtin": `[0-9]{13}`, "sscc": `[0-9]{18}`, "awb": `[0-9]{11}`, "container": `[A-Z]{3}U[0-9]{7}`,
			"ups": `1Z[0-9A-Z]{8}[0-9]{8}`, "s10": `R[A-Z][0-9]{9}CN`, "vat:DE": `DE[1-9][0-9]{8}`, "vat:IT": `IT[1-9][0-9]{10}`,
			"vat:GB": `GB[1-9][0-9]{8}`, "vat:FR": `FR[0-9]{2}[1-9][0-9]{8}`, "vat:BE": `BE0[1-9][0-9]{8}`, "vat:AT": `ATU[0-9]{8}`,
			"vat:SE": `SE[0-9]{10}01`, "ca_bn": `[0-9]{9}RM[0-9]{4}`, "jp_corporate": `[0-9]{13}`, "uscc": `9[0-9]{7}[0-9A-H]{10}`}[kind]
		raw := rapid.StringMatching(shape).Draw(t, "raw")
		check, _ := identifier.Lookup(kind)
		for range 3 { // FR has two checks, one after the other
			v := check(raw)
			if v.Fault == "" && !v.Warned(identifier.WarnCheck) {
				return
			}
			if v.Fault != identifier.FaultCheck && !v.Warned(identifier.WarnCheck) {
				t.Fatalf("%s(%q) = %+v", kind, raw, v)
			}
			want, _, _ := strings.Cut(v.Want, "/")
			raw = v.Value[:v.At-1] + want + v.Value[v.At-1+len(v.Got):]
		}
		t.Fatalf("%s: still wrong: %q", kind, raw)
	})
}

var sink identifier.Verdict

func BenchmarkVerdict(b *testing.B) {
	for _, c := range []struct{ kind, raw string }{
		{"uscc", "91350100M000100Y43"}, {"uscc", " 91350100 m000100y43"}, {"gtin", "4006381333931"}, {"vat", "DE136695976"},
		{"eori", "GB123456789000"}, {"ein", "91-1144442"}, {"phone", "13800138000"}, {"email", "wei@example.com"}, {"postcode:GB", "SW1A 1AA"},
	} {
		check, _ := identifier.Lookup(c.kind)
		b.Run(c.kind, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sink = check(c.raw)
			}
		})
	}
}

func TestNoAllocations(t *testing.T) {
	for kind, raw := range map[string]string{"uscc": "91350100M000100Y44", "gtin": "4006381333931", "vat": "DE136695978", "awb": "02012345675", "fnsku": "X001ABCDEF", "container": "CSQU3054383"} {
		check, _ := identifier.Lookup(kind)
		if n := testing.AllocsPerRun(100, func() { sink = check(raw) }); n > 0 {
			t.Errorf("%s(%q) allocates %v times", kind, raw, n)
		}
	}
}
