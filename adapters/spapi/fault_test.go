package spapi

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xiaobao/adapters/spapi/spapitest"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// TestFaults checks, fault by fault, what becomes of a look at one shipment.
func TestFaults(t *testing.T) {
	for _, tt := range []struct {
		name  string
		on    string
		times int
		how   spapitest.Break
		kind  error // of the error; nil: the look succeeds
		calls int   // requests of the operation
	}{
		{"quota for a moment", "getShipments", 2, spapitest.Quota, nil, 3},
		{"quota with a time", "getShipments", 1, spapitest.QuotaWait, nil, 2},
		{"quota for long", "getShipments", 99, spapitest.Quota, ErrBusy, 2 * mostTries},
		{"500 once", "getShipments", 1, spapitest.Down, nil, 2},
		{"500 for long", "getShipments", 99, spapitest.Down, ErrDown, 2 * mostTries},
		{"503 that asks for an hour", "getShipments", 99, spapitest.Unavailable, ErrDown, 2},
		{"half an answer", "getShipments", 1, spapitest.Half, nil, 2},
		{"half an answer for long", "getShipments", 99, spapitest.Half, ErrDown, 2 * mostTries},
		{"broken JSON", "getShipments", 1, spapitest.Torn, nil, 2},
		{"GBK", "getShipments", 1, spapitest.GBK, nil, 1},
		{"nine megabytes", "getShipments", 99, spapitest.Huge, ErrTooLarge, 2},
		{"a connection that is closed", "getShipments", 1, spapitest.Reset, nil, 2},
		{"a token that is refused once", "getShipments", 1, spapitest.BadToken, nil, 2},
		{"no role", "getShipments", 99, spapitest.NoRole, ErrDenied, 2},
		{"no token for a moment", "token", 3, spapitest.Down, nil, 0},
		{"no token for long", "token", 4, spapitest.Down, ErrDown, 0},
		{"the tracking of a leg fails", "getShipmentTracking", 99, spapitest.Down, nil, mostTries},
		{"plans are not allowed", "listInboundPlans", 99, spapitest.NoRole, nil, 2},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newRig(t)
			r.amazon.Put(spapitest.Shipment{ID: fba, Status: "SHIPPED", Plan: plan1, Inbound: in1, Parcels: []string{"1ZA"}})
			r.amazon.Break(tt.on, tt.times, tt.how)
			events, err := r.try(fba)
			switch {
			case tt.kind == nil && err != nil:
				t.Fatalf("got error %v", err)
			case tt.kind == nil && (len(events) == 0 || events[0].Status != shipment.PickedUp):
				t.Fatalf("got %v", events)
			case tt.kind != nil && !errors.Is(first(err), tt.kind):
				t.Fatalf("got error %v, want %v", err, tt.kind)
			}
			if got := r.amazon.Calls(tt.on); tt.on != "token" && got != tt.calls {
				t.Errorf("%d requests, want %d; slept %v", got, tt.calls, r.slept)
			}
			if strings.Contains(r.log.String(), "Atza|") || strings.Contains(r.log.String(), "Atzr|") || strings.Contains(r.log.String(), spapitest.ClientSecret) {
				t.Errorf("a secret in the log:\n%s", r.log)
			}
		})
	}
}

// first is an error, or one of several.
func first(err error) error {
	var f watch.Faults
	if errors.As(err, &f) {
		for _, one := range f {
			return one
		}
	}
	return err
}

// TestRetryAfterForLong checks that the watcher is told how long Amazon wants to be left alone, and that Amazon is.
func TestRetryAfterForLong(t *testing.T) {
	r := newRig(t)
	r.amazon.Break("getShipmentTracking", 1, spapitest.Unavailable)
	_, err := r.try("AFTN987654321")
	var f *Fault
	if !errors.As(first(err), &f) || f.Wait != time.Hour || f.RequestID == "" {
		t.Errorf("got %v", err)
	}
	if n := r.amazon.Calls("getShipmentTracking"); n != 1 {
		t.Errorf("%d requests after Amazon asked for an hour", n)
	}
}

// TestSlow checks that an answer that does not come is given up, in the program's own time.
func TestSlow(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Timeout = 50 * time.Millisecond })
	r.amazon.Track("AFTN987654321", spapitest.Tracked{Milestones: []spapitest.Milestone{{At: "2026-06-12T01:00:00Z", Code: "SHIPPED"}}})
	r.amazon.Break("getShipmentTracking", 1, spapitest.Slow)
	if events := r.pull(t, "AFTN987654321"); len(events) != 1 {
		t.Errorf("after one slow answer: %v", events)
	}
	r.amazon.Break("getShipmentTracking", 99, spapitest.Slow)
	if _, err := r.try("AFTN987654321"); !errors.Is(first(err), ErrDown) {
		t.Errorf("got %v", err)
	}
}

// TestStopped checks that an authorisation that ended stops the account: the operator hears of it once, with what to do, and no
// request leaves any more.
func TestStopped(t *testing.T) {
	for code, want := range map[string]string{"invalid_grant": "authorise the app again", "invalid_client": "client secret", "unauthorized_client": "authorise this app"} {
		t.Run(code, func(t *testing.T) {
			r := newRig(t)
			r.amazon.Put(spapitest.Shipment{ID: fba, Status: "RECEIVING"})
			r.pull(t, fba)
			r.amazon.Revoke(code)
			r.pass(2 * time.Hour)
			_, err := r.try(fba)
			reason, stop := watch.IsStop(err)
			if !stop || !strings.Contains(reason, want) || !strings.Contains(reason, "shop") || !errors.Is(err, ErrStopped) {
				t.Fatalf("got %v; reason %q", err, reason)
			}
			before := r.amazon.AllCalls()
			r.amazon.Revoke("") // Amazon would take it again; the program does not ask
			for range 20 {
				r.pass(time.Hour)
				if _, err := r.try(fba, "AFTN987654321", "MSKU4538324"); !errors.Is(err, ErrStopped) {
					t.Fatalf("got %v", err)
				}
			}
			if got := r.amazon.AllCalls() - before; got != 0 {
				t.Errorf("%d requests left after the account was stopped", got)
			}
			if n := strings.Count(r.log.String(), "level=ERROR"); n != 1 {
				t.Errorf("the operator was told %d times:\n%s", n, r.log)
			}
			if r.source.Accounts()["shop"] == nil {
				t.Error("the account is not told as stopped")
			}
			again, err := New(r.config)
			if err != nil {
				t.Fatal(err)
			}
			if events, err := again.Pull(context.Background(), []shipment.Number{r.number(fba)}); err != nil || len(events) == 0 {
				t.Errorf("after a restart: %v, %v", events, err)
			}
		})
	}
}

// TestOneTokenForAll checks that however many ask at once, one token is made, and that it is used until shortly before its end.
func TestOneTokenForAll(t *testing.T) {
	r := newRig(t)
	a := r.source.accounts[0]
	var wg sync.WaitGroup
	for range 50 {
		wg.Go(func() {
			if _, err := a.token(context.Background(), scopeSeller); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := r.amazon.Calls("token"); n != 1 {
		t.Errorf("%d tokens for fifty who asked at once", n)
	}
	r.pass(58 * time.Minute)
	_, _ = a.token(context.Background(), scopeSeller)
	if n := r.amazon.Calls("token"); n != 1 {
		t.Errorf("%d tokens after 58 minutes", n)
	}
	r.pass(90 * time.Second)
	_, _ = a.token(context.Background(), scopeSeller)
	if n := r.amazon.Calls("token"); n != 2 {
		t.Errorf("%d tokens after 59 minutes and a half", n)
	}
}

// TestLoginIsDown checks that a login that fails is not hammered, and recovers.
func TestLoginIsDown(t *testing.T) {
	r := newRig(t)
	r.amazon.Put(spapitest.Shipment{ID: fba, Status: "RECEIVING"})
	r.amazon.Break("token", 12, spapitest.Down)
	for range 20 {
		if _, err := r.try(fba); err == nil {
			t.Fatal("a look without a token succeeded")
		}
	}
	if n := r.amazon.Calls("token"); n != 1+len(tokenWaits) {
		t.Errorf("%d requests for a token within the pause", n)
	}
	for range 10 {
		r.pass(time.Minute)
		if _, err := r.try(fba); err == nil {
			return
		}
	}
	t.Errorf("never recovered after %d requests", r.amazon.Calls("token"))
}

// TestSomebodyGoesAway checks that a look whose caller gave up leaves the account as it was.
func TestSomebodyGoesAway(t *testing.T) {
	r := newRig(t)
	r.amazon.Put(spapitest.Shipment{ID: fba, Status: "RECEIVING"})
	r.amazon.Break("token", 1, spapitest.Slow)
	ctx, cancel := context.WithCancel(context.Background())
	time.AfterFunc(30*time.Millisecond, cancel)
	if _, err := r.source.Pull(ctx, []shipment.Number{r.number(fba)}); !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	r.pull(t, fba) // at once: nothing is remembered against Amazon
}

// TestDenied checks that an operation the account may not use is left alone for an hour, that the operator is told which role it takes,
// and that the rest goes on.
func TestDenied(t *testing.T) {
	r := newRig(t)
	r.amazon.Put(spapitest.Shipment{ID: fba, Status: "SHIPPED"})
	r.amazon.Deny("listInboundPlans", true)
	for range 10 {
		if events := r.pull(t, fba); len(events) != 1 {
			t.Fatalf("got %v", events)
		}
		r.pass(5 * time.Minute)
	}
	if n := r.amazon.Calls("listInboundPlans"); n != 2 {
		t.Errorf("%d requests of a denied operation within the hour, want 2: one with a fresh token", n)
	}
	if !strings.Contains(r.log.String(), `role="Amazon Fulfillment"`) {
		t.Errorf("the role is not told:\n%s", r.log)
	}
	r.amazon.Deny("listInboundPlans", false)
	r.pass(time.Hour)
	r.pull(t, fba)
	if n := r.amazon.Calls("listInboundPlans"); n < 3 {
		t.Error("it was never asked again")
	}
}

// TestGrantless checks both ways the Tracking API may want its token.
func TestGrantless(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Accounts[0].Grantless = true })
	r.amazon.Grantless()
	r.amazon.Track("AFTN987654321", spapitest.Tracked{Milestones: []spapitest.Milestone{{At: "2026-06-12T01:00:00Z", Code: "SHIPPED"}}})
	if events := r.pull(t, "AFTN987654321"); len(events) != 1 {
		t.Errorf("got %v", events)
	}
	seller := newRig(t)
	seller.amazon.Grantless()
	if _, err := seller.try("AFTN987654321"); !errors.Is(first(err), ErrDenied) {
		t.Errorf("a seller's token where a grantless one is wanted: %v", err)
	}
}

// TestSeveralAccounts checks that a number is found wherever it is, that it is then asked there first, and that the end of one account is
// not the end of the other.
func TestSeveralAccounts(t *testing.T) {
	c := newClock()
	one, two := spapitest.New(c.now), spapitest.New(c.now)
	defer one.Close()
	defer two.Close()
	// Each server makes its own tokens, so each account needs its own login: a door that sends a request on by its refresh token.
	login := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		to := one
		if r.PostForm.Get("client_id") == "second" {
			to = two
		}
		r.PostForm.Set("client_id", spapitest.ClientID)
		res, err := http.PostForm(to.TokenURL(), r.PostForm)
		if err != nil {
			t.Error(err)
			return
		}
		defer res.Body.Close()
		w.WriteHeader(res.StatusCode)
		_, _ = io.Copy(w, res.Body)
	}))
	defer login.Close()
	account := func(name, id, api string) Account {
		return Account{Name: name, Region: "na", Marketplaces: []string{"US"}, ClientID: id, ClientSecret: spapitest.ClientSecret, RefreshToken: spapitest.RefreshToken, API: api}
	}
	s, err := New(Config{Accounts: []Account{account("one", "first", one.URL), account("two", "second", two.URL)}, LWA: login.URL, Now: c.now, Sleep: c.sleep, Jitter: func() float64 { return 0 }})
	if err != nil {
		t.Fatal(err)
	}
	one.Put(spapitest.Shipment{ID: "FBA15A000001", Status: "RECEIVING"})
	two.Put(spapitest.Shipment{ID: "FBA15A000002", Status: "RECEIVING"})
	ask := func(numbers ...string) ([]string, error) {
		var list []shipment.Number
		for _, n := range numbers {
			list = append(list, shipment.Number{Number: n, Registered: c.now()})
		}
		events, err := s.Pull(context.Background(), list)
		var got []string
		for _, e := range events {
			got = append(got, e.Number)
		}
		return got, err
	}
	for range 2 {
		got, err := ask("FBA15A000001", "FBA15A000002")
		if err != nil || !slices.Equal(got, []string{"FBA15A000001", "FBA15A000002"}) {
			t.Fatalf("got %v, %v", got, err)
		}
	}
	if n := one.Calls("getShipments"); n != 2 {
		t.Errorf("the first account was asked %d times, want 2", n)
	}
	one.Revoke("invalid_grant")
	c.pass(2 * time.Hour)
	got, err := ask("FBA15A000001", "FBA15A000002")
	var f watch.Faults
	if !errors.As(err, &f) || !errors.Is(f["FBA15A000001"], ErrStopped) || f["FBA15A000002"] != nil || !slices.Equal(got, []string{"FBA15A000002"}) {
		t.Errorf("one account stopped: %v, %v", got, err)
	}
}

// TestOneOperationIsNotAll checks that containers nobody may ask about do not keep shipments from being asked about: the watcher must not
// take it for a failure of the whole source. Only a login that fails is one.
func TestOneOperationIsNotAll(t *testing.T) {
	r := newRig(t)
	r.amazon.Deny("getShipmentTracking", true)
	var f watch.Faults
	if _, err := r.try("MSKU4538324", "AMZDCN203A900BD3"); !errors.As(err, &f) || len(f) != 2 || !errors.Is(f["MSKU4538324"], ErrDenied) {
		t.Errorf("not allowed: %v", err)
	}
	r = newRig(t)
	r.amazon.Break("getShipmentTracking", 99, spapitest.Down)
	if _, err := r.try("MSKU4538324"); !errors.As(err, &f) || !errors.Is(f["MSKU4538324"], ErrDown) {
		t.Errorf("down: %v", err)
	}
	r = newRig(t)
	r.amazon.Break("token", 99, spapitest.Down)
	if _, err := r.try("MSKU4538324", "FBA15DJ9S3J5"); err == nil || errors.As(err, &f) || !errors.Is(err, ErrDown) {
		t.Errorf("nobody can log in: %v", err)
	}
}

// TestLongLook checks that a look ends in time, and that what was not asked is told to come soon.
func TestLongLook(t *testing.T) {
	r := newRig(t)
	r.amazon.Pace("getShipmentTracking", 0.25, 1) // four seconds each
	var numbers []string
	for i := range 40 {
		n := fmt.Sprintf("AFTN%09d", i)
		numbers = append(numbers, n)
		r.amazon.Track(n, spapitest.Tracked{Milestones: []spapitest.Milestone{{At: "2026-06-12T01:00:00Z", Code: "SHIPPED"}}})
	}
	before := r.now()
	events, err := r.try(numbers...)
	took := r.now().Sub(before)
	var f watch.Faults
	if !errors.As(err, &f) || len(events)+len(f) != 40 || len(events) < 5 {
		t.Fatalf("%d answered, %d not: %v", len(events), len(f), err)
	}
	if took > longestPull+30*time.Second {
		t.Errorf("the look took %s", took)
	}
	for i, n := range numbers {
		if (f[n] != nil) == slices.ContainsFunc(events, func(e shipment.Event) bool { return e.Number == n }) {
			t.Errorf("number %d was answered and failed, or neither", i)
		}
	}
}

// TestManyLooksAtOnce checks, under the race detector above all, that looks and people who wait can ask at the same time.
func TestManyLooksAtOnce(t *testing.T) {
	r := newRig(t)
	r.amazon.Unpaced()
	manyPlans(r, 12)
	var wg sync.WaitGroup
	for i := range 8 {
		wg.Go(func() {
			ask := r.source.Pull
			if i%2 == 1 {
				ask = r.source.Hurry
			}
			for j := range 12 {
				numbers := []shipment.Number{r.number(fmt.Sprintf("FBA15W%06d", (i+j)%12)), r.number(fmt.Sprintf("FBA15W%06d", j))}
				events, err := ask(context.Background(), numbers)
				if err != nil || len(events) == 0 {
					t.Errorf("%v, %v", events, err)
				}
				r.source.Accounts()
			}
		})
	}
	wg.Wait()
	if n := r.amazon.Calls("token"); n != 1 {
		t.Errorf("%d tokens", n)
	}
}

// TestMarketplaceOfNobody checks that a marketplace the account does not sell in costs one request an hour and no more, and takes nothing
// away from the others.
func TestMarketplaceOfNobody(t *testing.T) {
	r := newRig(t, func(c *Config) { c.Accounts[0].Marketplaces = []string{"MX", "US"} })
	var numbers []string
	for i := range 40 {
		numbers = append(numbers, fmt.Sprintf("FBA15X%06d", i))
		r.amazon.Put(spapitest.Shipment{ID: numbers[i], Status: "CANCELLED"})
	}
	for range 5 {
		if events := r.pull(t, numbers...); len(events) != 40 {
			t.Fatalf("%d of 40 answered", len(events))
		}
		r.pass(10 * time.Minute)
	}
	if n := r.amazon.Calls("getShipments"); n != 6 {
		t.Errorf("%d requests for five looks, want 6: one of them elsewhere", n)
	}
	if !strings.Contains(r.log.String(), "marketplace=MX") {
		t.Errorf("the marketplace is not named:\n%s", r.log)
	}
}

// TestErrorsInSuccess checks that an answer that says 200 and holds only errors is no answer.
func TestErrorsInSuccess(t *testing.T) {
	r := newRig(t)
	r.amazon.Put(spapitest.Shipment{ID: fba, Status: "CANCELLED"})
	r.amazon.Break("getShipments", 1, spapitest.FalseSuccess)
	if events := r.pull(t, fba); len(events) != 1 || r.amazon.Calls("getShipments") != 2 {
		t.Errorf("%v after %d requests", events, r.amazon.Calls("getShipments"))
	}
}

// TestLookThatHangs checks that an Amazon that stops answering in the middle of a look does not take with it what it answered before.
func TestLookThatHangs(t *testing.T) {
	r := newRig(t)
	r.amazon.Unpaced()
	r.source.patience = 300 * time.Millisecond
	r.amazon.Put(spapitest.Shipment{ID: fba, Status: "RECEIVING", Items: []spapitest.Item{{SKU: "A", Shipped: 1}}})
	r.amazon.Track("AFTN1", spapitest.Tracked{Milestones: []spapitest.Milestone{{At: "2026-06-12T01:00:00Z", Code: "SHIPPED"}}})
	r.amazon.Break("getShipmentItemsByShipmentId", 1, spapitest.Slow)
	events, err := r.try("AFTN1", fba)
	var f watch.Faults
	if !errors.As(err, &f) || f[fba] == nil || f["AFTN1"] != nil || len(events) != 2 {
		t.Errorf("%v, %v", events, err)
	}
	r.amazon.Break("getShipments", 1, spapitest.Slow)
	if events, err := r.try("AFTN1", fba); !errors.As(err, &f) || f[fba] == nil || len(events) != 1 {
		t.Errorf("%v, %v", events, err)
	}
	r.amazon.Break("getShipmentTracking", 1, spapitest.Slow)
	if _, err := r.try("AFTN1", fba, "AFTN2"); !errors.As(err, &f) || len(f) != 3 {
		t.Errorf("%v", err)
	}
}
