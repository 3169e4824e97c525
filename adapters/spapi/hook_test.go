package spapi

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/shipment/watch"
)

// TestHook checks that a notification makes the source be asked, under the number and under the shipment that travels as it, and that nothing
// else does anything.
func TestHook(t *testing.T) {
	milestone, err := os.ReadFile("testdata/milestone.json")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t)
	r.amazon.Put(spapitest.Shipment{ID: fba, Status: "SHIPPED", Plan: plan1, Inbound: in1, Bill: "AMZDCN203A900BD3"})
	r.pull(t, fba)
	bill := strings.Replace(string(milestone), `"aftn": "AFTN987654321"`, `"houseBillOfLadingNumber": "amzdcn203a900bd3"`, 1)
	for _, tt := range []struct {
		name, key, body string
		look            []string
		status          int // of the refusal
	}{
		{"as it is", "secret", string(milestone), []string{"AFTN987654321"}, 0},
		{"in EventBridge's envelope", "secret", `{"version":"0","detail-type":"x","source":"aws.partner/x","detail":` + string(milestone) + `}`, []string{"AFTN987654321"}, 0},
		{"of a leg of a shipment", "secret", bill, []string{"AMZDCN203A900BD3", fba}, 0},
		{"another type", "secret", `{"NotificationType":"ANY_OFFER_CHANGED","Payload":{}}`, nil, 200},
		{"no number", "secret", `{"notificationType":"SHIPMENT_TRACKING_MILESTONE_CHANGED","payload":{}}`, nil, 200},
		{"no JSON", "secret", `hello`, nil, 200},
		{"a wrong key", "guess", string(milestone), nil, 401},
		{"no key", "", string(milestone), nil, 401},
	} {
		req := httptest.NewRequest(http.MethodPost, "/hooks/amazon/main", strings.NewReader(tt.body))
		if tt.key != "" {
			req.Header.Set(HookHeader, tt.key)
		}
		push, err := r.source.Hook("secret").Read(req)
		var refused *watch.Rejected
		if errors.As(err, &refused) != (tt.status != 0) || refused != nil && refused.Status != tt.status {
			t.Errorf("%s: %v", tt.name, err)
		}
		if !slices.Equal(push.Look, tt.look) || len(push.Events) != 0 {
			t.Errorf("%s: looks at %v, want %v; events %v", tt.name, push.Look, tt.look, push.Events)
		}
	}
	req := httptest.NewRequest(http.MethodPost, "/hooks/amazon/main", strings.NewReader(string(milestone)))
	if _, err := r.source.Hook("").Read(req); err == nil {
		t.Error("a hook without a key took a notification")
	}
}

func TestSubscribe(t *testing.T) {
	r := newRig(t)
	if err := r.source.Subscribe(context.Background(), EventBridge("444455556666", "us-east-1")); err != nil {
		t.Fatal(err)
	}
	if got := r.amazon.Subscriptions(); !slices.Equal(got, []string{"SHIPMENT_TRACKING_MILESTONE_CHANGED 2026-01-30 destination-444455556666"}) {
		t.Errorf("subscribed %v", got)
	}
}
