package table

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"
	utf "golang.org/x/text/encoding/unicode"

	"xiaobao/shipment"
)

var now = time.Date(2026, 11, 26, 12, 0, 0, 0, time.UTC)

// write is a table as text: what was read, a line each.
func write(t *Table) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %d rows", t.Kind, t.Rows)
	for _, c := range t.Columns {
		fmt.Fprintf(&b, " %s=%s", c.Header, c.Meaning)
	}
	b.WriteByte('\n')
	for _, s := range t.Shipments {
		by := "-"
		if s.Carriage != nil {
			by = string(*s.Carriage)
		}
		fmt.Fprintf(&b, "%d %s %s\n", s.Line, s.Number, by)
	}
	for _, e := range t.Events {
		fmt.Fprintf(&b, "%d %s %s zone=%t %s/%s %t at=%s,%s text=%s eta=%s\n", e.Line, e.Number, e.At.Format(time.RFC3339), e.TZKnown, e.Status, e.Sub, e.Exception, e.Place.Name, e.Place.Country, e.Text, e.ETA)
	}
	for _, f := range t.Faults {
		fmt.Fprintf(&b, "! %d:%d %s %s %q", f.Line, f.Column, f.Code, f.Header, f.Value)
		if f.Other > 0 {
			fmt.Fprintf(&b, " line %d", f.Other)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

var tables = []struct{ name, in, want string }{
	{"english", "Tracking Number,Mode,Note\nyt2229521272164446,parcel,x\n RR 123456785 CN ,Sea,\nMSKU4538324,,\n",
		"shipments 3 rows Tracking Number=number Mode=carriage Note=\n2 YT2229521272164446 \n3 RR123456785CN ocean\n4 MSKU4538324 -\n"},
	{"chinese, semicolons, quotes, CRLF", "序号;\"物流单号\";运输方式\r\n1;\"YT2229521272164446\";空派\r\n\r\n2;１Ｚ９９９ＡＡ10123456784;海运\r\n",
		"shipments 2 rows 序号= 物流单号=number 运输方式=carriage\n2 YT2229521272164446 air\n4 1Z999AA10123456784 ocean\n"},
	{"tabs under a title", "十一月发货清单\t\t\n\t\t\n运单号\t渠道类型\t\nSF1234567890123\t专线小包\t\n",
		"shipments 1 rows 运单号=number 渠道类型=carriage =\n4 SF1234567890123 \n"},
	{"mistakes", "单号,运输方式\n,海运\n1.23457E+15,海运\n='cmd'!A1,海运\nAB12345678,火箭\nAB12345678,海运\nab 12345678,海运\nABCDEFGH,海运\n" + strings.Repeat("1", 41) + ",\nX1,\n=\"0012345678\",\n'0012345679,\n",
		"shipments 11 rows 单号=number 运输方式=carriage\n6 AB12345678 ocean\n11 0012345678 -\n12 0012345679 -\n" +
			"! 2:1 number_missing 单号 \"\"\n! 3:1 number_shortened 单号 \"1.23457E+15\"\n! 4:1 number_invalid 单号 \"='cmd'!A1\"\n! 5:2 carriage_unknown 运输方式 \"火箭\"\n" +
			"! 7:1 number_twice 单号 \"ab 12345678\" line 6\n! 8:1 number_invalid 单号 \"ABCDEFGH\"\n! 9:1 number_invalid 单号 \"" + strings.Repeat("1", 41) + "\"\n! 10:1 number_invalid 单号 \"X1\"\n"},
	{"short and long rows, broken quotes", "a;tracking no\n1\n1;AB12345678;more\n1;\"AB12345679\n",
		"shipments 3 rows a= tracking no=number\n3 AB12345678 -\n4 AB12345679 -\n! 2:0 number_missing  \"\"\n"},
	{"events", "运单号,时间,时区,状态,原因,地点,国家,描述,预计到达,异常\nA1234,2026/11/26 2:10,UTC+8,运输中,Departed_Port,盐田,中国,离港,2026年12月16日,否\nA1234,2026-11-25 09:00,,已揽收,,东莞,cn,,,\nA1234,2026-11-27T09:00:00-08:00,+08:00,CUSTOMS,,LA,US,hold,,是\nA1234,2026-11-28,,,,,,words only,,\n",
		"events 4 rows 运单号=number 时间=at 时区=zone 状态=status 原因=reason 地点=place 国家=country 描述=text 预计到达=eta 异常=exception\n" +
			"2 A1234 2026-11-26T02:10:00+08:00 zone=true IN_TRANSIT/departed_port false at=盐田,CN text=离港 eta=2026-12-16\n" +
			"3 A1234 2026-11-25T09:00:00Z zone=false PICKED_UP/ false at=东莞,CN text= eta=\n" +
			"4 A1234 2026-11-27T09:00:00-08:00 zone=true CUSTOMS/ true at=LA,US text=hold eta=\n" +
			"5 A1234 2026-11-28T00:00:00Z zone=false / false at=, text=words only eta=\n"},
	{"events, mistakes", "number|date|hour|tz|status|country|eta|problem\nA1234||||delivered|||\nA1234|26/11/2026||||||\nA1234|2026-11-26|08:30|CST|delivered|||\nA1234|2026-11-26|08:30||teleported|Narnia|soon|maybe\nA1234|2026-11-26|08:30|Z||||\nA1234|2026-11-26|08:30|-0330|Delivered|||\n",
		"events 6 rows number=number date=at hour=clock tz=zone status=status country=country eta=eta problem=exception\n" +
			"7 A1234 2026-11-26T08:30:00-03:30 zone=true DELIVERED/ false at=, text= eta=\n" +
			"! 2:2 time_missing date \"\"\n! 3:2 time_invalid date \"26/11/2026\"\n! 4:4 zone_invalid tz \"CST\"\n! 5:5 status_unknown status \"teleported\"\n! 5:6 country_invalid country \"Narnia\"\n" +
			"! 5:7 eta_invalid eta \"soon\"\n! 5:8 yes_or_no problem \"maybe\"\n! 6:0 nothing_said  \"\"\n"},
}

func TestRead(t *testing.T) {
	for _, c := range tables {
		t.Run(c.name, func(t *testing.T) {
			for encoding, f := range map[string]func(string) []byte{
				"UTF-8":          func(s string) []byte { return []byte(s) },
				"UTF-8 and mark": func(s string) []byte { return []byte("\ufeff" + s) },
				"GBK": func(s string) []byte {
					b, err := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(s))
					if err != nil {
						t.Fatal(err)
					}
					return b
				},
				"UTF-16": func(s string) []byte {
					b, _ := utf.UTF16(utf.LittleEndian, utf.UseBOM).NewEncoder().Bytes([]byte(s))
					return b
				},
			} {
				data := f(c.in)
				got, err := Read(data, now)
				if err != nil || !Is(data) {
					t.Fatalf("%s: %v, Is %t", encoding, err, Is(data))
				}
				if text := write(got); text != c.want {
					t.Errorf("%s:\n%s\nwant:\n%s", encoding, text, c.want)
				}
			}
		})
	}
}

func TestNoTable(t *testing.T) {
	for name, data := range map[string][]byte{
		"nothing": nil, "a picture": []byte("\x89PNG\r\n\x1a\n\x00\x00"), "a text": []byte("请帮我看看这些单号：\nYT2229521272164446\n"), "a list": []byte("YT2229521272164446\nYT2229521272164447\n"),
		"a table of products": []byte("SKU,数量,单价\nA-1,3,9.9\n"), "what is in the boxes": []byte("FBA Shipment ID,SKU,Units per carton\nFBA15DJ9S3J5,A-1,3\n"),
		"boxes": []byte("箱号,长,宽,高\n1,60,40,40\n"), "broken": {0xff, 0xfe, 0xfd}, "an XLSX": []byte("PK\x03\x04\x14\x00"),
	} {
		if _, err := Read(data, now); err == nil || Is(data) {
			t.Errorf("%s is a table: %v, %t", name, err, Is(data))
		}
	}
}

func TestTemplates(t *testing.T) {
	for _, kind := range []Kind{Shipments, Events} {
		for _, chinese := range []bool{false, true} {
			got, err := Read(Template(kind, chinese), now)
			if err != nil || got.Kind != kind || len(got.Faults) > 0 || len(got.Shipments)+len(got.Events) == 0 {
				t.Errorf("%s, chinese %t: %+v, %v", kind, chinese, got, err)
			}
			for _, c := range got.Columns {
				if c.Meaning == "" {
					t.Errorf("%s: the column %s is not used", kind, c.Header)
				}
			}
		}
	}
}

func TestMany(t *testing.T) {
	var b bytes.Buffer
	b.WriteString("运单号,运输方式\n")
	for i := range MostRows + 5 {
		fmt.Fprintf(&b, "AB%08d,快递\n", i)
	}
	began := time.Now()
	got, err := Read(b.Bytes(), now)
	if err != nil || len(got.Shipments) != MostRows || len(got.Faults) != 1 || got.Faults[0].Code != "too_many" || got.Faults[0].Line != MostRows+2 {
		t.Fatalf("%d shipments, %+v, %v", len(got.Shipments), got.Faults, err)
	}
	t.Logf("%d rows in %s", MostRows, time.Since(began))
}

// TestIsLooksAtTheBeginning: a file is cut where it is cut, also inside a character.
func TestIsLooksAtTheBeginning(t *testing.T) {
	for pad := range 4 {
		text := "运单号," + strings.Repeat("x", pad) + "\n" + strings.Repeat("东莞,", 4000)
		gbk, _ := simplifiedchinese.GBK.NewEncoder().Bytes([]byte(text))
		if !Is([]byte(text)) || !Is(gbk) {
			t.Errorf("pad %d: %t %t", pad, Is([]byte(text)), Is(gbk))
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, c := range tables {
		f.Add([]byte(c.in))
	}
	f.Add([]byte("sep=;\r\n\"单号\";a\r\n\"x\"\"y\";\r\n"))
	codes := map[string]bool{}
	for _, c := range Codes() {
		codes[c] = true
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := Read(data, now)
		if err != nil {
			return
		}
		for _, s := range got.Shipments {
			if !validNumber.MatchString(s.Number) || s.Line < 2 {
				t.Fatalf("%+v", s)
			}
		}
		for _, e := range got.Events {
			if !validNumber.MatchString(e.Number) || e.At.IsZero() || e.Status != "" && !e.Status.Known() || e.Status == "" && e.Text == "" && e.ETA.IsZero() {
				t.Fatalf("%+v", e)
			}
			shipment.Shipment{Number: e.Number, Registered: now}.Apply(e.Event)
		}
		for _, x := range got.Faults {
			if !codes[x.Code] || x.Line < 2 || x.Column > len(got.Columns) {
				t.Fatalf("%+v", x)
			}
		}
		if len(got.Shipments)+len(got.Events) > got.Rows {
			t.Fatalf("%d rows", got.Rows)
		}
	})
}
