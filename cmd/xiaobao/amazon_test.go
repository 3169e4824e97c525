package main

import (
	"io"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/adapters/spapi"
	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/bot"
	"xiaobao/flows"
	"xiaobao/flows/transcript"
)

// amazonStandIn starts a stand-in for Amazon and sets the environment for it.
func amazonStandIn(t *testing.T, now func() time.Time) *spapitest.Server {
	t.Helper()
	a := spapitest.New(now)
	t.Cleanup(a.Close)
	for name, value := range map[string]string{
		"CLIENT_ID": spapitest.ClientID, "CLIENT_SECRET": spapitest.ClientSecret, "REFRESH_TOKEN": spapitest.RefreshToken,
		"API": a.URL, "LWA": a.TokenURL(), "REGION": "na", "MARKETPLACES": "US, CA", "SHIPPING": "",
	} {
		t.Setenv("XIAOBAO_SPAPI_"+name, value)
	}
	return a
}

// TestAmazonCheck checks what an operator reads: what works, which role is missing and how to mend it, and that the exit code tells.
func TestAmazonCheck(t *testing.T) {
	a := amazonStandIn(t, time.Now)
	a.Deny("getItemReviewTopics", true)
	code, out, errs := command(t, "", "amazon", "check")
	for _, want := range []string{"ok  可用    login", "sells in 店铺及站点: US", "ok  可用    FBA shipments", "-   未配置  Amazon Shipping", "NO  不可用  what buyers say", "“Brand Analytics”", "再重新授权"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from:\n%s%s", want, out, errs)
		}
	}
	if code != 0 {
		t.Errorf("exit %d although FBA works: %s", code, errs)
	}
	a.Revoke("invalid_grant")
	code, out, errs = command(t, "", "amazon", "check")
	if code != 1 || !strings.Contains(out, "authorise the app again") || !strings.Contains(errs, "FBA shipments cannot be followed") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if strings.Contains(out+errs, spapitest.ClientSecret) || strings.Contains(out+errs, spapitest.RefreshToken) {
		t.Error("a secret was printed")
	}
}

func TestAmazonShow(t *testing.T) {
	a := amazonStandIn(t, time.Now)
	a.Put(spapitest.Shipment{
		ID: "FBA15DJ9S3J5", Status: "RECEIVING", Centre: "ONT8", Plan: "wf1234abcd-1234-abcd-5678-1234abcd5678", Inbound: "sh1234abcd-1234-abcd-5678-1234abcd5678",
		Items: []spapitest.Item{{SKU: "A", Shipped: 60, Received: 57}}, Parcels: []string{"1Z999AA10123456784"},
	})
	code, out, errs := command(t, "", "amazon", "show", "fba15dj9s3j5")
	for _, want := range []string{"FBA15DJ9S3J5  (na, US)", "RECEIVING", "ONT8", "57 / 60", "1Z999AA10123456784", "1, 60 units"} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing from:\n%s%s", want, out, errs)
		}
	}
	if code != 0 {
		t.Errorf("exit %d", code)
	}
	if code, _, errs := command(t, "", "amazon", "show", "FBA15NOBODY01"); code != 1 || !strings.Contains(errs, "no account knows FBA15NOBODY01") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestAmazonConfiguration checks that what is missing is named, all at once, and that no secret may stand in the file.
func TestAmazonConfiguration(t *testing.T) {
	code, _, errs := command(t, "", "amazon", "check")
	if code != 1 || !strings.Contains(errs, "XIAOBAO_SPAPI_CLIENT_ID") {
		t.Errorf("nothing is set up: exit %d: %s", code, errs)
	}
	t.Setenv("XIAOBAO_SPAPI_CLIENT_ID", "x")
	code, _, errs = command(t, "", "amazon", "check")
	if code != 1 || !strings.Contains(errs, "XIAOBAO_SPAPI_CLIENT_SECRET") || !strings.Contains(errs, "XIAOBAO_SPAPI_REFRESH_TOKEN") {
		t.Errorf("one of three: exit %d: %s", code, errs)
	}
	file := filepath.Join(t.TempDir(), "x.yaml")
	write := func(text string) {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("amazon:\n  accounts:\n    - name: shop\n      region: moon\n      client_id: SHOP_ID\n      client_secret: SHOP_SECRET\n      refresh_token: SHOP_TOKEN\n      reauthorise_by: 2027-03-01\n")
	code, _, errs = command(t, "", "--config", file, "amazon", "check")
	if code != 1 || !strings.Contains(errs, "SHOP_ID, its client id, is not set") || !strings.Contains(errs, "SHOP_TOKEN") {
		t.Errorf("variables that are not set: exit %d: %s", code, errs)
	}
	for _, v := range []string{"SHOP_ID", "SHOP_SECRET", "SHOP_TOKEN"} {
		t.Setenv(v, "x")
	}
	if code, _, errs = command(t, "", "--config", file, "amazon", "check"); code != 1 || !strings.Contains(errs, `not "moon"`) {
		t.Errorf("a region that is none: exit %d: %s", code, errs)
	}
	write("amazon:\n  accounts:\n    - name: shop\n      key: x\n")
	if code, _, errs = command(t, "", "--config", file, "amazon", "check"); code != 1 || !strings.Contains(errs, `no setting "key"`) {
		t.Errorf("an unknown setting: exit %d: %s", code, errs)
	}
}

// TestAmazonNews pastes an FBA id into the web chat. What Amazon knows arrives on the card; what happens while the program is down arrives
// after it started again: a hold at customs with what to do, and in the end the units that are missing.
func TestAmazonNews(t *testing.T) {
	for _, x := range []struct {
		lang, follow, show         string
		first, hold, advice, short []string
	}{
		{"en", "Follow It", "where is FBA15DJ9S3J5", []string{"FBA15DJ9S3J5", "Marked as shipped", "Amazon"}, []string{"FBA15DJ9S3J5 has a problem: Customs ask for information"},
			[]string{"Send invoice, packing list and certificates to your broker today."}, []string{"counted 97 of 100 units", "97 of 100 units"}},
		{"zh-CN", "关注它", "查看货件 FBA15DJ9S3J5", []string{"FBA15DJ9S3J5", "已标记发货"}, []string{"FBA15DJ9S3J5 出现异常：海关要求补资料"},
			[]string{"请今天把发票、装箱单、证书发给报关行。"}, []string{"发了 100 件，亚马逊只收到 97 件", "97 / 100 件"}},
	} {
		t.Run(x.lang, func(t *testing.T) {
			var ahead atomic.Int64
			now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			a := amazonStandIn(t, now)
			sea := spapitest.Tracked{Milestones: []spapitest.Milestone{{At: now().Add(-time.Hour).UTC().Format(time.RFC3339), Code: "DEPARTED", City: "Shenzhen", Country: "CN"}}}
			ship := spapitest.Shipment{
				ID: "FBA15DJ9S3J5", Status: "SHIPPED", Centre: "ONT8", Plan: "wf1234abcd-1234-abcd-5678-1234abcd5678", Inbound: "sh1234abcd-1234-abcd-5678-1234abcd5678",
				Items: []spapitest.Item{{SKU: "A", Shipped: 100}}, Bill: "AMZDCN203A900BD3",
			}
			a.Put(ship)
			args := []string{"--listen", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "x.db")}
			p := start(t, now, args...)
			v := visit(t, p, x.lang)
			v.say("hello")
			v.say("FBA15DJ9S3J5")
			v.press(x.follow)
			for _, text := range x.first {
				v.see(text)
			}
			again := func(expect ...[]string) {
				t.Helper()
				v.leave()
				p.stop() // nobody sleeps by the clock that is moved now
				ahead.Add(int64(5 * time.Hour))
				p = start(t, now, args...)
				v.look(p)
				v.say(x.show)
				for _, list := range expect {
					for _, text := range list {
						v.see(text)
					}
				}
			}
			sea.Milestones = append(sea.Milestones, spapitest.Milestone{At: now().UTC().Format(time.RFC3339), Code: "CUSTOMS_EXCEPTION", SubCode: "MISSING_COMMERCIAL_DOCS", City: "Los Angeles", Country: "US"})
			a.Track("AMZDCN203A900BD3", sea)
			again(x.hold, x.advice)
			ship.Status, ship.Items[0].Received = "CLOSED", 97
			a.Put(ship)
			again(x.short)
		})
	}
}

// TestStepTenAsksAmazon plays step 10 of a seller whose account is connected: Amazon is asked what buyers say of the goods of step 6, and asks
// the buyers of the orders that were typed.
func TestStepTenAsksAmazon(t *testing.T) {
	a := amazonStandIn(t, time.Now)
	a.Unpaced()
	a.AllowSolicitation("111-1234567-1234567")
	c, err := readConfig("")
	if err != nil {
		t.Fatal(err)
	}
	s, err := newAmazon(c.Amazon, time.Now, slog.New(slog.DiscardHandler))
	if err != nil {
		t.Fatal(err)
	}
	script, err := os.ReadFile("../../flows/testdata/feedback-amazon.txtar")
	if err != nil {
		t.Fatal(err)
	}
	k := ours(t)
	play := func(calls map[string]bot.CallFunc) {
		t.Helper()
		r := (&transcript.Player{Book: k.book, Words: k.words, Library: flows.Library{Base: k.base}, Calls: calls}).Play(script)
		if len(r.Faults) > 0 || string(r.Data) != string(script) {
			t.Errorf("another conversation: %v", r.Faults)
		}
	}
	play(spapi.Calls(s))
	if n := a.Solicited("111-1234567-1234567"); n != 1 {
		t.Errorf("the buyer was asked %d times by two people's conversations, want once", n)
	}
	if n := a.Calls("getItemReviewTopics"); n == 0 {
		t.Error("nobody asked what buyers say of the goods")
	}
	before := a.AllCalls()
	play(spapi.Calls(nil))
	if a.AllCalls() != before {
		t.Error("without an account Amazon was asked")
	}
}

func TestAmazonSubscribe(t *testing.T) {
	a := amazonStandIn(t, time.Now)
	if code, out, errs := command(t, "", "amazon", "subscribe", "--aws-account", "444455556666"); code != 0 || len(a.Subscriptions()) != 1 || !strings.Contains(out, "/hooks/amazon/main") {
		t.Errorf("exit %d: %s%s", code, out, errs)
	}
	if code, _, errs := command(t, "", "amazon", "subscribe", "--aws-account", "me"); code != 1 || !strings.Contains(errs, "12 digits") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// TestDoctorLooksAtAmazon checks both languages of what the doctor says.
func TestDoctorLooksAtAmazon(t *testing.T) {
	a := amazonStandIn(t, time.Now)
	a.Deny("getItemReviewTopics", true)
	a.Deny("getShipmentTracking", true)
	database := filepath.Join(t.TempDir(), "x.db")
	for lang, want := range map[string][]string{
		"en": {"Amazon account na: the login works", "may not use this: what buyers say. The role is Brand Analytics.", "may not use this: milestones, customs and estimates.", "received units of FBA shipments"},
		"zh": {"亚马逊账号 na：登录正常", "没有权限：买家评论主题。需要的角色是 Brand Analytics。", "没有权限：轨迹节点、清关、预计送达。"},
	} {
		code, out, errs := command(t, "", "doctor", "--lang", lang, "--database", database)
		for _, text := range want {
			if !strings.Contains(out, text) {
				t.Errorf("%q is missing from:\n%s%s", text, out, errs)
			}
		}
		if code != 0 {
			t.Errorf("exit %d: %s", code, errs)
		}
	}
	a.Revoke("invalid_grant")
	if code, out, _ := command(t, "", "doctor", "--lang", "en", "--database", database); code == 0 || !strings.Contains(out, "Amazon account na cannot log in") || !strings.Contains(out, "Authorise the app again") {
		t.Errorf("exit %d:\n%s", code, out)
	}
}

// TestOperatorsHearOfAnEndedAuthorisation checks that an account whose authorisation was revoked stands on the operators' page with what to do,
// and that Amazon is left alone from then on.
func TestOperatorsHearOfAnEndedAuthorisation(t *testing.T) {
	a := amazonStandIn(t, time.Now)
	a.Revoke("invalid_grant")
	p := start(t, time.Now, "--listen", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "x.db"))
	v := visit(t, p, "en")
	v.say("hello")
	v.say("FBA15DJ9S3J5")
	v.press("Follow It")
	v.see("No information yet")
	p.errs.await(t, "the log to say so", p.ended, func(s string) bool { return strings.Contains(s, "must not be asked until somebody acts") })
	res, err := http.Get(p.url + "/admin/sources")
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	page := string(body)
	if !strings.Contains(page, "authorise the app again") || !strings.Contains(page, "Amazon account na") {
		t.Errorf("the operators' page does not say it:\n%s", page)
	}
	asked := a.AllCalls()
	for range 3 {
		v.say("where is FBA15DJ9S3J5")
	}
	v.see("FBA15DJ9S3J5")
	if n := a.AllCalls() - asked; n != 0 {
		t.Errorf("Amazon was asked %d times after the authorisation had ended", n)
	}
	if strings.Contains(page+p.errs.String(), spapitest.RefreshToken) {
		t.Error("a secret was told")
	}
}

// TestAmazonHook posts a notification to the program as EventBridge does, and one with a wrong key.
func TestAmazonHook(t *testing.T) {
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	a := amazonStandIn(t, now)
	t.Setenv("XIAOBAO_SPAPI_HOOK_KEY", "too short")
	if code, _, errs := command(t, "", "serve", "--listen", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "y.db")); code != 1 || !strings.Contains(errs, "at least 24 characters") {
		t.Errorf("exit %d: %s", code, errs)
	}
	const key = "a key that nobody guesses, of the stand-in"
	t.Setenv("XIAOBAO_SPAPI_HOOK_KEY", key)
	milestone, err := os.ReadFile("../../adapters/spapi/testdata/milestone.json")
	if err != nil {
		t.Fatal(err)
	}
	p := start(t, now, "--listen", "127.0.0.1:0", "--database", filepath.Join(t.TempDir(), "x.db"))
	v := visit(t, p, "en")
	v.say("hello")
	v.say("AFTN987654321")
	v.press("Follow It")
	v.see("No information yet")
	ahead.Store(int64(11 * time.Minute)) // or what is known is fresh, and nobody is asked
	a.Track("AFTN987654321", spapitest.Tracked{Milestones: []spapitest.Milestone{{At: now().UTC().Format(time.RFC3339), Code: "OUT_FOR_DELIVERY", City: "Austin", Region: "Texas", Country: "US"}}})
	post := func(key string) int {
		t.Helper()
		r, err := http.NewRequest(http.MethodPost, p.url+"/hooks/amazon/main", strings.NewReader(`{"detail-type":"SHIPMENT_TRACKING_MILESTONE_CHANGED","detail":`+string(milestone)+`}`))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set(spapi.HookHeader, key)
		res, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		return res.StatusCode
	}
	if got := post("guessed"); got != http.StatusUnauthorized {
		t.Errorf("a wrong key: %d", got)
	}
	if got := post(key); got != http.StatusOK {
		t.Errorf("the right key: %d", got)
	}
	v.see("Austin, Texas")
}
