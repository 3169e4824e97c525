package spapi

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/locales"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
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

// TestCalls checks the sheets that people see, with an account and without one.
func TestCalls(t *testing.T) {
	body, err := os.ReadFile("testdata/topics.json")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	r.amazon.AllowSolicitation(order)
	r.amazon.Topics("B08PD3JNPF", string(body))
	call := func(s *Source, name string, args map[string]string) (string, map[string]string) {
		t.Helper()
		got, err := Calls(s)[name](context.Background(), bot.Delivery{Tenant: "web:local", Case: "c", Call: &bot.Call{ID: "1", Name: name, Args: args}, Decided: r.now()})
		if err != nil || got.Show == nil || got.Case != "c" || got.Fault != "" {
			t.Fatalf("%s: %+v, %v", name, got, err)
		}
		var said []string
		say := func(l flow.Line) {
			if l.ID != "value.known" && l.ID != "" {
				said = append(said, l.ID)
			}
			for _, a := range l.Args {
				said = append(said, a.Text)
			}
		}
		for _, p := range got.Show.Sheet.Parts {
			if p.Heading != nil {
				say(*p.Heading)
			}
			for _, l := range p.Text {
				say(l)
			}
			if p.Table != nil {
				for _, row := range p.Table.Rows {
					for _, l := range row {
						say(l)
					}
				}
			}
		}
		return strings.Join(said, " "), got.Values
	}
	many := strings.Repeat("123-1111111-1111111, ", 19) + order + ", 123-2222222-2222222, 123-3333333-3333333"
	said, values := call(r.source, "amazon.ask", map[string]string{"orders": many})
	for _, want := range []string{"123-1111111-1111111 amazon.asked.not_now", order + " amazon.asked.asked", "amazon.asked.more 2", "amazon.asked.note"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing from %s", want, said)
		}
	}
	if values["asked_buyers"] != "1" || strings.Contains(said, "by_hand") {
		t.Errorf("values %v, said %s", values, said)
	}
	said, _ = call(r.source, "amazon.voices", map[string]string{"items": "B08PD3JNPF, B000000000"})
	for _, want := range []string{"amazon.voices.item B08PD3JNPF US 2024-03-22 2024-09-22", "Assembly/Installation 36", "amazon.voices.bad", "amazon.voices.none B000000000"} {
		if !strings.Contains(said, want) {
			t.Errorf("%q is missing from %s", want, said)
		}
	}
	r.amazon.Deny("getItemReviewTopics", true)
	r.amazon.Deny("getSolicitationActionsForOrder", true)
	if said, _ = call(r.source, "amazon.voices", map[string]string{"items": "B08PD3JNPF"}); !strings.Contains(said, "amazon.voices.denied B08PD3JNPF") {
		t.Error(said)
	}
	if said, _ = call(r.source, "amazon.ask", map[string]string{"orders": order}); !strings.Contains(said, "amazon.asked.note amazon.asked.by_hand "+order+" amazon.asked.denied") {
		t.Error(said)
	}
	for name, want := range map[string]string{"amazon.ask": "amazon.asked.by_hand", "amazon.voices": "amazon.voices.by_hand"} {
		if said, _ := call(nil, name, map[string]string{"orders": order, "items": "B08PD3JNPF"}); said != want {
			t.Errorf("without an account: %s", said)
		}
	}
}

// TestWordsAreThere checks that every message of this room stands in both catalogues, and none besides.
func TestWordsAreThere(t *testing.T) {
	words, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	source, err := os.ReadFile("calls.go")
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, m := range regexp.MustCompile(`"(amazon\.[a-z]+\.[a-z_]+)"`).FindAllStringSubmatch(string(source), -1) {
		ids = append(ids, m[1])
	}
	for _, a := range []Asked{AskedNow, AskedNot, AskedUnsure, AskedDenied, AskedFailed, AskedFault} {
		ids = append(ids, "amazon.asked."+string(a))
	}
	for _, lang := range words.Languages() {
		for _, id := range ids {
			if _, ok := words.Text(lang, id); !ok {
				t.Errorf("%s has no %s", lang, id)
			}
		}
	}
}

// TestWarnings: an operator is warned of each end 30, 14 and 7 days before, and when it is over, with a mark of its own each time.
func TestWarnings(t *testing.T) {
	on := shipment.Date{Year: 2026, Month: 7, Day: 31}
	r := newRig(t, func(c *Config) { c.Accounts[0].Reauthorise, c.Accounts[0].RotateSecret = on, on.Add(100) })
	marks := map[string][]int{}
	for days := 40; days >= -2; days-- {
		list, err := r.source.Warnings(context.Background(), on.Add(-days).In(time.UTC).Add(5*time.Hour))
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range list {
			if x.Kind != watch.Authorisation || x.Days != days || x.On != on || x.Account == "" {
				t.Errorf("%d days before: %+v", days, x)
			}
			marks[x.Key+"|"+x.Mark] = append(marks[x.Key+"|"+x.Mark], days)
		}
	}
	var first []int
	for _, days := range marks {
		first = append(first, days[0])
	}
	slices.Sort(first)
	if !slices.Equal(first, []int{-1, 7, 14, 30}) {
		t.Errorf("another mark begins at %v days: %v", first, marks)
	}
}
