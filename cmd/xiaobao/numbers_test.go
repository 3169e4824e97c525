package main

import (
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestNumbers pastes ten mixed numbers into the web chat, follows them, and opens the page that is shared, in both languages.
func TestNumbers(t *testing.T) {
	t.Parallel()
	const paste = "1Z5R89390357567127\nRR123456785CN\nLP00492755414105\nFBA15ABCDEFGU000001\n3318810036\nMSKU 453832-4\nAMZDCN203A900BD3\nhttps://www.17track.net/en/track?nums=UG336196744YP\nＳＩＭＡＵＳ１２３４５６７８\nABC-12345678-X"
	for _, x := range []struct {
		lang, bare, follow, followed, list, share, open, late string
		is                                                    []string
	}{
		{"en", "SIM and a number is a demonstration shipment", "Follow These 10", "I follow 10 numbers now", "shipments", "Share Timeline", "A link to all shipments", "A simulated shipment", []string{
			"1Z5R89390357567127: UPS; the check digit fits", "RR123456785CN: China Post (CN); the check digit fits", "LP00492755414105 could be a number of any of these: 4PX and Cainiao",
			"FBA15ABCDEFGU000001: Amazon, a box of shipment FBA15ABCDEFG", "3318810036: DHL.", "MSKU4538324: Ocean freight; the check digit fits", "AMZDCN203A900BD3: Amazon",
			"UG336196744YP: Yanwen", "SIMAUS12345678: a number of the simulated carrier", "12345678",
		}},
		{"zh-CN", "SIM 加号码是演示用的模拟货件", "关注这 10 个", "已关注 10 个单号", "我的货件", "分享时间线", "全部货件的链接", "模拟货件", []string{
			"1Z5R89390357567127：UPS 联合包裹，校验位正确", "RR123456785CN：中国邮政 (CN)，校验位正确", "LP00492755414105 可能是这几家的单号", "FBA15ABCDEFGU000001：亚马逊，货件 FBA15ABCDEFG 的一箱",
			"MSKU4538324：海运集装箱", "SIMAUS12345678：模拟承运商的单号",
		}},
	} {
		t.Run(x.lang, func(t *testing.T) {
			t.Parallel()
			p := start(t, time.Now, "--listen", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "x.db"))
			v := visit(t, p, x.lang)
			v.say("hello")
			v.say("sim")
			v.see(x.bare)
			v.say(paste)
			for _, line := range x.is {
				v.see(line)
			}
			v.press(x.follow)
			v.see(x.followed)
			v.see(x.late) // the card of the simulated one
			v.say(x.list)
			v.press(x.share)
			r := v.see(x.open)
			link := ""
			for _, e := range r {
				if e.Message != nil {
					for _, a := range e.Message.Actions {
						if strings.Contains(a.Link, "/t/") {
							link = a.Link
						}
					}
				}
			}
			res, err := http.Get(link) // somebody without a cookie
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			if err != nil || res.StatusCode != 200 {
				t.Fatalf("%s: %v %v", link, res.StatusCode, err)
			}
			for _, number := range []string{"1Z5R89390357567127", "SIMAUS12345678", "UG336196744YP"} {
				if !strings.Contains(string(body), number) {
					t.Errorf("the page has no %s", number)
				}
			}
		})
	}
}
