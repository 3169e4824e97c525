package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"xiaobao/adapters/aftership"
	"xiaobao/adapters/aftership/aftershiptest"
	"xiaobao/adapters/simulator"
	"xiaobao/adapters/spapi"
	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/adapters/track17"
	"xiaobao/adapters/track17/track17test"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// A stand is a source that is asked, before what stands in for its vendor.
type stand struct {
	source  watch.Source
	number  string
	secrets []string
	calls   func() int         // so far
	knows   func(list ...scan) // from now on
	fail    func(fault string) // at the next call
}

// A scan is something that happened: it was picked, moved, held, released or delivered, or something strange.
type scan struct {
	at    time.Time
	what  string
	place string
}

type object = map[string]any

// stands are the sources that are asked, by their names.
func stands() map[string]func(*testing.T, func() time.Time) stand {
	return map[string]func(*testing.T, func() time.Time) stand{
		spapi.Name: amazonStand, track17.Name: track17Stand, aftership.Name: aftershipStand, simulator.Name: simulatorStand,
	}
}

var discard = slog.New(slog.DiscardHandler)

// impatient is how long these sources wait for an answer.
const impatient = 200 * time.Millisecond

func amazonStand(t *testing.T, now func() time.Time) stand {
	api := spapitest.New(now)
	t.Cleanup(api.Close)
	api.Unpaced()
	s, err := spapi.New(spapi.Config{
		Accounts: []spapi.Account{{Name: "shop", Region: "na", Marketplaces: []string{"US"}, ClientID: spapitest.ClientID, ClientSecret: spapitest.ClientSecret, RefreshToken: spapitest.RefreshToken, API: api.URL}},
		LWA:      api.TokenURL(), Now: now, Sleep: func(ctx context.Context, _ time.Duration) error { return ctx.Err() }, Timeout: impatient, Log: discard,
	})
	if err != nil {
		t.Fatal(err)
	}
	const number, operation = "AFTN987654321", "getShipmentTracking"
	return stand{
		source: s, number: number, secrets: []string{spapitest.ClientSecret, spapitest.RefreshToken, "Atza|"},
		calls: func() int { return api.Calls(operation) },
		knows: func(list ...scan) {
			var x spapitest.Tracked
			for _, e := range list {
				code := map[string]string{"picked": "PICKED_UP", "delivered": "DELIVERED", "strange": "TELEPORTED"}[e.what]
				x.Milestones = append(x.Milestones, spapitest.Milestone{At: e.at.Format(time.RFC3339), Code: code, City: e.place, Country: "CN"})
			}
			api.Track(number, x)
		},
		fail: func(fault string) {
			how := map[string]spapitest.Break{"429": spapitest.Quota, "5xx": spapitest.Down, "slow": spapitest.Slow, "half an answer": spapitest.Half, "GBK": spapitest.GBK}[fault]
			api.Break(operation, 1, how)
		},
	}
}

func track17Stand(t *testing.T, now func() time.Time) stand {
	api := track17test.New(t)
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	client, calls := counted("/gettrackinfo")
	s := track17.New(track17.Config{Key: track17test.Key, Base: api.URL, Pace: 1000, Client: client, Now: now, Log: discard})
	const number = "YT2229521272164446"
	var info atomic.Value
	return stand{
		source: s, number: number, secrets: []string{track17test.Key}, calls: calls,
		knows: func(list ...scan) {
			var events []any
			last := ""
			for _, e := range slices.Backward(list) { // the newest first
				code := map[string]string{"picked": "InTransit_PickedUp", "moved": "InTransit_Departure", "held": "InTransit_CustomsRequiringInformation", "released": "InTransit_CustomsReleased", "delivered": "Delivered_Other", "strange": "Teleported_Once"}[e.what]
				events = append(events, object{"time_iso": e.at.Format(time.RFC3339), "description": e.what, "location": e.place, "sub_status": code})
				last = code
			}
			text, _ := json.Marshal(object{"latest_status": object{"status": "InTransit", "sub_status": last}, "tracking": object{"providers": []any{object{"events": events}}}})
			info.Store(text)
			api.Knows(number, string(text))
		},
		fail: func(fault string) {
			f := map[string]track17test.Fault{"429": {Status: 429}, "5xx": {Status: 503}, "slow": {Hang: never}, "half an answer": {Cut: 90}}[fault]
			if fault == "GBK" {
				f.Body = inGBK(t, object{"code": 0, "data": object{"accepted": []any{object{"number": number, "track_info": json.RawMessage(info.Load().([]byte))}}, "rejected": []any{}}})
			}
			api.Fail("gettrackinfo", f)
		},
	}
}

func aftershipStand(t *testing.T, now func() time.Time) stand {
	api := aftershiptest.New(t)
	never := make(chan struct{})
	t.Cleanup(func() { close(never) })
	client, calls := counted("/trackings")
	s := aftership.New(aftership.Config{Key: aftershiptest.Key, Secret: aftershiptest.Secret, Base: api.URL, Pace: 1000, Client: client, Now: now, Log: discard})
	const number = "YT2229521272164446"
	var known atomic.Value
	return stand{
		source: s, number: number, secrets: []string{aftershiptest.Key, aftershiptest.Secret}, calls: calls,
		knows: func(list ...scan) {
			points := []any{}
			for _, e := range list {
				code := map[string]string{"picked": "InTransit_002", "moved": "InTransit_007", "held": "Exception_004", "released": "InTransit_005", "delivered": "Delivered_001", "strange": "Teleported_001"}[e.what]
				points = append(points, object{"checkpoint_time": e.at.Format(time.RFC3339), "message": e.what, "location": e.place, "subtag": code, "tag": code[:len(code)-4]})
			}
			text, _ := json.Marshal(object{"tracking_number": number, "tag": "InTransit", "subtag": "InTransit_001", "checkpoints": points})
			known.Store(text)
			api.Knows(number, string(text))
		},
		fail: func(fault string) {
			f := map[string]aftershiptest.Fault{"429": {Status: 429}, "5xx": {Status: 503}, "slow": {Hang: never}, "half an answer": {Cut: 90}}[fault]
			if fault == "GBK" {
				f.Body = inGBK(t, object{"meta": object{"code": 200}, "data": object{"trackings": []any{json.RawMessage(known.Load().([]byte))}}})
			}
			api.Fail(f)
		},
	}
}

// simulatorStand knows nothing but what it makes up.
func simulatorStand(_ *testing.T, now func() time.Time) stand {
	var calls atomic.Int64
	return stand{
		source: counting{simulator.New(1, now), &calls}, number: simulator.NewNumberTo(shipment.Ocean, "US", "faults"), // far from over when it is followed
		calls: func() int { return int(calls.Load()) }, knows: func(...scan) {}, fail: func(string) {},
	}
}

type counting struct {
	*simulator.Carrier
	calls *atomic.Int64
}

func (c counting) Pull(ctx context.Context, numbers []shipment.Number) ([]shipment.Event, error) {
	c.calls.Add(1)
	return c.Carrier.Pull(ctx, numbers)
}

// counted is a client that counts the requests whose path ends so, answered or not.
func counted(path string) (*http.Client, func() int) {
	n := &requests{path: path}
	return &http.Client{Timeout: impatient, Transport: n}, func() int { return int(n.sent.Load()) }
}

type requests struct {
	path string
	sent atomic.Int64
}

func (n *requests) RoundTrip(r *http.Request) (*http.Response, error) {
	if strings.HasSuffix(r.URL.Path, n.path) {
		n.sent.Add(1)
	}
	return http.DefaultTransport.RoundTrip(r)
}

func inGBK(t *testing.T, what any) string {
	text, err := json.Marshal(what)
	if err == nil {
		text, err = simplifiedchinese.GBK.NewEncoder().Bytes(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
