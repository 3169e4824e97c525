package spapi

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/shipment"
)

const order = "123-1234567-1234567"

// TestAsk checks that a buyer is asked once, where Amazon allows it, and what is said otherwise.
func TestAsk(t *testing.T) {
	ask := func(r *rig, order string) Asked {
		got, _ := r.source.Ask(context.Background(), order)
		return got
	}
	r := newRig(t)
	r.amazon.AllowSolicitation(order)
	for i, want := range []Asked{AskedNow, AskedNot, AskedNot} {
		if got := ask(r, order); got != want {
			t.Errorf("time %d: %s, want %s", i+1, got, want)
		}
	}
	if n := r.amazon.Solicited(order); n != 1 {
		t.Errorf("the buyer was asked %d times", n)
	}
	if got := ask(r, "123-7654321-7654321"); got != AskedNot {
		t.Errorf("an order Amazon does not allow: %s", got)
	}
	before := r.amazon.AllCalls()
	if got := ask(r, "the last one please"); got != AskedFault || r.amazon.AllCalls() != before {
		t.Errorf("no order: %s, and %d requests", got, r.amazon.AllCalls()-before)
	}

	const create = "createProductReviewAndSellerFeedbackSolicitation"
	for _, tt := range []struct {
		name string
		on   string
		how  spapitest.Break
		n    int
		want Asked
		sent int
	}{
		{"sent, and the answer is lost", create, spapitest.Reset, 1, AskedUnsure, 0},
		{"half an answer", create, spapitest.Half, 1, AskedUnsure, 0},
		{"quota, then sent", create, spapitest.Quota, 1, AskedNow, 1},
		{"Amazon says no in the end", create, spapitest.NoRole, 9, AskedDenied, 0},
		{"nobody answers whether it is allowed", "getSolicitationActionsForOrder", spapitest.Down, 99, AskedFailed, 0},
		{"no role", "getSolicitationActionsForOrder", spapitest.NoRole, 99, AskedDenied, 0},
	} {
		r := newRig(t)
		r.amazon.AllowSolicitation(order)
		r.amazon.Break(tt.on, tt.n, tt.how)
		if got := ask(r, order); got != tt.want || r.amazon.Solicited(order) != tt.sent {
			t.Errorf("%s: %s and sent %d times, want %s and %d", tt.name, got, r.amazon.Solicited(order), tt.want, tt.sent)
		}
	}
}

// TestOneOrderIsNotAll checks that an order Amazon refuses does not close the operation for the next.
func TestOneOrderIsNotAll(t *testing.T) {
	r := newRig(t)
	r.amazon.AllowSolicitation(order)
	r.amazon.Break("getSolicitationActionsForOrder", 2, spapitest.NoRole) // once per marketplace
	if got, _ := r.source.Ask(context.Background(), "999-7654321-7654321"); got != AskedDenied {
		t.Errorf("an order that is refused: %s", got)
	}
	if got, _ := r.source.Ask(context.Background(), order); got != AskedNow {
		t.Errorf("the next order: %s", got)
	}
	if n := r.amazon.Calls("token"); n != 1 {
		t.Errorf("%d tokens: a refusal of an order is no fault of the token", n)
	}
}

func TestVoices(t *testing.T) {
	body, err := os.ReadFile("testdata/topics.json")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	r.amazon.Topics("B08PD3JNPF", string(body))
	v, err := r.source.Voices(context.Background(), " b08pd3jnpf ")
	if err != nil || v.Country != "US" || len(v.Good) == 0 || len(v.Bad) == 0 || v.Good[0].Topic != "Assembly/Installation" || v.Good[0].Mentions != 36 || v.From != "2024-03-22" || len(v.Good[0].Snippets) == 0 {
		t.Errorf("%+v, %v", v, err)
	}
	for _, asin := range []string{"B000000000", "x", ""} {
		if _, err := r.source.Voices(context.Background(), asin); !errors.Is(err, ErrNoVoices) {
			t.Errorf("%q: %v", asin, err)
		}
	}
	r.amazon.Deny("getItemReviewTopics", true)
	if _, err := r.source.Voices(context.Background(), "B08PD3JNPF"); !errors.Is(err, ErrDenied) {
		t.Errorf("no role: %v", err)
	}
}

func TestCheck(t *testing.T) {
	r := newRig(t)
	r.amazon.Deny("getItemReviewTopics", true)
	r.amazon.Deny("listInboundPlans", true)
	for _, f := range r.source.Check(context.Background()) {
		denied := f.Topic == TopicFeedback || f.Topic == TopicPlans
		switch {
		case denied && (!errors.Is(f.Err, ErrDenied) || f.Role == ""):
			t.Errorf("%s: %v, role %q", f.Topic, f.Err, f.Role)
		case !denied && f.Err != nil:
			t.Errorf("%s: %v", f.Topic, f.Err)
		case f.Topic == TopicStore && f.Detail != "US":
			t.Errorf("sells in %q", f.Detail)
		}
	}
	r.amazon.Revoke("invalid_grant")
	r.pass(2 * time.Hour)
	list := r.source.Check(context.Background())
	if len(list) != 1 || list[0].Topic != TopicLogin || !strings.Contains(list[0].Mend, "authorise the app again") {
		t.Errorf("an account that ended: %+v", list)
	}
	quiet := newRig(t, func(c *Config) { c.Accounts[0].Business = "" })
	for _, f := range quiet.source.Check(context.Background()) {
		if f.Topic == TopicShipping && !NotSetUp(f.Err) {
			t.Errorf("shipping that is not set up: %v", f.Err)
		}
	}
}

func TestEnds(t *testing.T) {
	day := func(s string) shipment.Date {
		d, err := shipment.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	r := newRig(t, func(c *Config) {
		c.Accounts[0].Reauthorise, c.Accounts[0].RotateSecret = day("2026-07-10"), day("2026-06-01")
	})
	got := r.source.Ends(day("2026-06-12"), 30)
	if len(got) != 2 || got[0].Days != 28 || got[1].Days != -11 || got[1].What != "secret" {
		t.Errorf("%+v", got)
	}
	if got := r.source.Ends(day("2026-06-12"), 14); len(got) != 1 {
		t.Errorf("within a fortnight: %+v", got)
	}
}

func TestShow(t *testing.T) {
	r := newRig(t)
	r.amazon.Put(spapitest.Shipment{
		ID: fba, Status: "SHIPPED", Centre: "ONT8", Plan: plan1, Inbound: in1, Parcels: []string{"1ZA"}, Window: [2]string{"2026-07-01T00:00Z", "2026-07-08T00:00Z"},
		Items: []spapitest.Item{{SKU: "A", Shipped: 60}, {SKU: "B", Shipped: 40}},
	})
	d, err := r.source.Show(context.Background(), fba+"U000001")
	if err != nil || d.Status != "SHIPPED" || len(d.Boxes) != 2 || d.Boxes[0].Units != 60 || d.Plan != plan1 || len(d.Numbers) != 1 || d.Count.Shipped != 100 || len(d.Unanswered) != 0 || d.Marketplace != "US" {
		t.Errorf("%+v, %v", d, err)
	}
	if _, err := r.source.Show(context.Background(), "FBA15NOBODY01"); !errors.Is(err, ErrUnknown) {
		t.Errorf("unknown: %v", err)
	}
}

// TestWindow checks that the window the seller chose is the estimate of a shipment about which nobody else says when.
func TestWindow(t *testing.T) {
	r := newRig(t)
	r.amazon.Put(spapitest.Shipment{ID: fba, Status: "SHIPPED", Plan: plan1, Inbound: in1, Window: [2]string{"2026-07-01T00:00Z", "2026-07-08T00:00Z"}})
	s, _ := shipment.Shipment{Number: fba, FBA: true, Registered: r.now()}.Apply(r.pull(t, fba)...)
	if s.ETA.String() != "2026-07-08" {
		t.Errorf("estimate %s", s.ETA)
	}
	if b, err := json.Marshal(s); err != nil || len(b) == 0 {
		t.Error(err)
	}
}
