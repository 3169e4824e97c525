package spapi

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/shipment"
)

// TestOfficialErrors sends every error that Amazon publishes for the operations used through a request, and checks what is made of it: its
// kind, its code, its words, and how often it was asked.
func TestOfficialErrors(t *testing.T) {
	text, err := os.ReadFile("testdata/errors.json")
	if err != nil {
		t.Fatal(err)
	}
	var cases []struct {
		Operation string
		Status    int
		Body      json.RawMessage
	}
	if err := json.Unmarshal(text, &cases); err != nil || len(cases) < 25 {
		t.Fatalf("%d cases, %v", len(cases), err)
	}
	kinds := map[int]error{400: ErrInvalid, 401: ErrDenied, 403: ErrDenied, 404: ErrUnknown, 413: ErrInvalid, 415: ErrInvalid, 429: ErrBusy, 500: ErrDown, 503: ErrDown}
	for _, tt := range cases {
		asked := 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPost {
				_, _ = w.Write([]byte(`{"access_token":"Atza|x","expires_in":3600}`))
				return
			}
			asked++
			w.WriteHeader(tt.Status)
			_, _ = w.Write(tt.Body)
		}))
		c := newClock()
		s, err := New(Config{Accounts: []Account{{Region: "na", ClientID: "a", ClientSecret: "b", RefreshToken: "c", API: server.URL}}, LWA: server.URL, Now: c.now, Sleep: c.sleep})
		if err != nil {
			t.Fatal(err)
		}
		err = s.accounts[0].do(context.Background(), request{operation: tt.Operation, path: "/x"}, &struct{}{})
		server.Close()
		var f *Fault
		if !errors.As(err, &f) || f.Kind != kinds[tt.Status] || f.HTTP != tt.Status || f.Code == "" || f.Message == "" {
			t.Errorf("%s %d: %v", tt.Operation, tt.Status, err)
		}
		want := 1
		switch f.Kind {
		case ErrDenied:
			want = 2
		case ErrBusy, ErrDown:
			want = mostTries
		}
		if asked != want {
			t.Errorf("%s %d: asked %d times, want %d", tt.Operation, tt.Status, asked, want)
		}
	}
}

// TestFaultsLoseNothing checks, for any faults at any time, that after they are over the shipment stands where it would stand without
// them: what was answered in between was right, and what was not is caught up.
func TestFaultsLoseNothing(t *testing.T) {
	x := spapitest.Shipment{ID: fba, Status: "WORKING", Centre: "ONT8", Plan: plan1, Inbound: in1, Bill: "AMZDCN203A900BD3", Items: []spapitest.Item{{SKU: "A", Shipped: 60}, {SKU: "B", Shipped: 40}}}
	all := []spapitest.Milestone{
		{At: "2026-06-12T10:00:00Z", Code: "BOOKING_CONFIRMED"}, {At: "2026-06-13T10:00:00Z", Code: "DEPARTED"}, {At: "2026-06-14T10:00:00Z", Code: "CUSTOMS_EXCEPTION", SubCode: "PGA_HOLD"},
		{At: "2026-06-15T10:00:00Z", Code: "CUSTOMS_CLEARED"}, {At: "2026-06-16T10:00:00Z", Code: "OUT_FOR_DELIVERY"},
	}
	statuses := []string{"WORKING", "SHIPPED", "SHIPPED", "IN_TRANSIT", "IN_TRANSIT", "IN_TRANSIT", "RECEIVING", "CLOSED"}
	operations := []string{"token", "getShipments", "getShipmentItemsByShipmentId", "listInboundPlans", "getInboundPlan", "getShipment", "getShipmentTracking"}
	play := func(t *testing.T, fault func(r *rig, look int)) shipment.Shipment {
		r := newRig(t)
		x := x
		x.Items = slices.Clone(x.Items)
		s := shipment.Shipment{Number: fba, FBA: true, Carriage: shipment.Ocean, Registered: r.now()}
		look := func() {
			events, _ := r.try(fba)
			s, _ = s.Apply(events...)
			r.pass(12 * time.Hour)
		}
		for i, status := range statuses {
			x.Status = status
			if status == "CLOSED" {
				x.Items[0].Received, x.Items[1].Received = 60, 38
			}
			r.amazon.Put(x)
			r.amazon.Track("AMZDCN203A900BD3", spapitest.Tracked{Milestones: all[:min(i, len(all))]})
			if i == 6 { // its plan must have been met before it arrives: nobody walks afterwards
				r.amazon.Mend()
				r.pass(deniedFor)
				x.Status = "IN_TRANSIT"
				r.amazon.Put(x)
				r.amazon.Track("AMZDCN203A900BD3", spapitest.Tracked{Milestones: all[:3]})
				look()
				r.amazon.Track("AMZDCN203A900BD3", spapitest.Tracked{Milestones: all})
				x.Status = status
				r.amazon.Put(x)
			}
			fault(r, i)
			look()
		}
		r.amazon.Mend()
		for range 3 {
			look()
		}
		return s
	}
	told := func(s shipment.Shipment) (list []string) {
		for _, e := range s.Events {
			if !e.Standing {
				list = append(list, line(e))
			}
		}
		return list
	}
	want := play(t, func(*rig, int) {})
	if want.Status != shipment.Closed || want.Count.Short() != 2 || len(told(want)) != 5 {
		t.Fatalf("without faults: %s %+v %v", want.Status, want.Count, told(want))
	}
	rapid.Check(t, func(rt *rapid.T) {
		got := play(t, func(r *rig, look int) {
			for range rapid.IntRange(0, 3).Draw(rt, "faults") {
				how := spapitest.Break(rapid.IntRange(int(spapitest.Quota), int(spapitest.FalseSuccess)).Draw(rt, "how"))
				if how == spapitest.Slow || how == spapitest.Huge { // they take real time
					how = spapitest.Half
				}
				r.amazon.Break(rapid.SampledFrom(operations).Draw(rt, "operation"), rapid.IntRange(1, 3).Draw(rt, "times"), how)
			}
		})
		if got.Status != want.Status || got.Count != want.Count || !slices.Equal(told(got), told(want)) {
			rt.Fatalf("got %s %+v\n%s\nwant %s %+v\n%s", got.Status, got.Count, strings.Join(told(got), "\n"), want.Status, want.Count, strings.Join(told(want), "\n"))
		}
	})
}
