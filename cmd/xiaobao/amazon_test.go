package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/spapi/spapitest"
)

// amazonStandIn starts a stand-in for Amazon and sets the environment for it.
func amazonStandIn(t *testing.T) *spapitest.Server {
	t.Helper()
	a := spapitest.New(time.Now)
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
	a := amazonStandIn(t)
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
	if code != 1 || !strings.Contains(out, "authorise the app again") || !strings.Contains(errs, "cannot follow FBA shipments") {
		t.Errorf("exit %d\n%s%s", code, out, errs)
	}
	if strings.Contains(out+errs, spapitest.ClientSecret) || strings.Contains(out+errs, spapitest.RefreshToken) {
		t.Error("a secret was printed")
	}
}

func TestAmazonShow(t *testing.T) {
	a := amazonStandIn(t)
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
