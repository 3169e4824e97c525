package track17_test

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"xiaobao/adapters/track17"
	"xiaobao/adapters/track17/track17test"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/shipment/watch/watchtest"
)

var update = flag.Bool("update", false, "write testdata/*.golden again")

var now = time.Date(2026, 8, 1, 12, 0, 0, 0, time.UTC)

// lines is a log that can be read.
type lines struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func source(t testing.TB, base string) (*track17.Source, *lines) {
	t.Helper()
	log := &lines{}
	return track17.New(track17.Config{
		Key: track17test.Key, Base: base, Pace: 1000, Client: &http.Client{Timeout: 5 * time.Second},
		Now: func() time.Time { return now }, Log: slog.New(slog.NewTextHandler(log, nil)),
	}), log
}

func number(n string) shipment.Number {
	return shipment.Number{Number: n, Registered: time.Date(2026, 6, 20, 0, 0, 0, 0, time.UTC)}
}

// read is what a push of a file says.
func read(t testing.TB, s *track17.Source, body []byte) (watch.Push, error) {
	t.Helper()
	r := httptest.NewRequest("POST", "/hooks/17track/main", bytes.NewReader(body))
	r.Header.Set("sign", track17test.Sign(body))
	return s.Read(r)
}

// TestPayloads turns each payload into events and compares them with the golden file beside it.
func TestPayloads(t *testing.T) {
	s, _ := source(t, "http://127.0.0.1:1")
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < 10 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		push, err := read(t, s, body)
		got := watchtest.Describe(push.Events, push.Look, err)
		golden := strings.TrimSuffix(name, ".json") + ".golden"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil || got != string(want) {
			t.Errorf("%s: %v\ngot:\n%s\nwant:\n%s", name, err, got, want)
		}
	}
}

// TestPayloadsInAnyOrder: the journey's four pushes, each three times, in any order.
func TestPayloadsInAnyOrder(t *testing.T) {
	s, _ := source(t, "http://127.0.0.1:1")
	var all [][]shipment.Event
	for _, name := range []string{"journey-1", "journey-2", "journey-3", "journey-4", "gbk"} {
		body, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			t.Fatal(err)
		}
		push, err := read(t, s, body)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, push.Events)
	}
	watchtest.Payloads(t, shipment.Shipment{Number: "YT2229521272164446", Source: track17.Name}, all...)
	watchtest.Payloads(t, shipment.Shipment{Number: "YT2229521272164446", Source: track17.Name, FBA: true}, all...)

	end := shipment.Shipment{Number: "YT2229521272164446", Registered: number("").Registered}
	for _, p := range all {
		end, _ = end.Apply(p...)
	}
	if end.Status != shipment.Delivered || end.ETA.String() != "2026-07-02" || end.Exception {
		t.Errorf("in the end: %s, estimate %s, exception %t", end.Status, end.ETA, end.Exception)
	}
}

// TestSign has the vectors of the research: the scheme of the documents, computed.
func TestSign(t *testing.T) {
	for _, v := range []struct{ key, body, sign string }{
		{"123456ABCDEF", `{"event":"TRACKING_STOPPED","data":{"number":"RR123456789CN","carrier":3011,"tag":null}}`, "31e7dfc82db22bdf9d2265b526d17c9f158249d72e3ac3891cd6288141bf7b1d"},
		{"123456ABCDEF", `{"event":"TRACKING_UPDATED","data":{"number":"RR123456789CN","carrier":3011,"tag":null}}`, "45acb4a6f4a194a6ac1f0f712182c4e314b1ae9399941ea086987408f3166994"},
		{"K", `{"event":"TRACKING_UPDATED","data":{"number":"YT2229521272164446","carrier":190008,"tag":"订单-1"}}`, "4a6d951fb3ebd7133f4d62e70d21720d86051e8b821aa7f9b85b28a45a17c73f"},
	} {
		s := track17.New(track17.Config{Key: v.key})
		post := func(body, sign string) error {
			r := httptest.NewRequest("POST", "/hooks/17track/main", strings.NewReader(body))
			if sign != "" {
				r.Header.Set("sign", sign)
			}
			_, err := s.Read(r)
			return err
		}
		if err := post(v.body, v.sign); err != nil {
			t.Errorf("%s: %v", v.body, err)
		}
		wrong := []string{strings.ToUpper(v.sign), v.sign[1:], v.sign + "0", "x", strings.Repeat("0", 64), " " + v.sign}
		for i := range v.sign {
			flipped := []byte(v.sign)
			flipped[i] ^= 1
			wrong = append(wrong, string(flipped))
		}
		for _, sign := range wrong {
			if rejected(post(v.body, sign)) != http.StatusUnauthorized {
				t.Errorf("sign %q was taken", sign)
			}
		}
		if rejected(post(v.body+" ", v.sign)) != http.StatusUnauthorized {
			t.Error("a body with one more space was taken")
		}
	}
}

func rejected(err error) int {
	var r *watch.Rejected
	if errors.As(err, &r) {
		return r.Status
	}
	return 0
}

// TestUnsigned: without a sign nothing is believed; "stopped" makes us look for ourselves.
func TestUnsigned(t *testing.T) {
	s, _ := source(t, "http://127.0.0.1:1")
	updated, _ := os.ReadFile("testdata/journey-1.json")
	stopped, _ := os.ReadFile("testdata/stopped.json")
	for _, c := range []struct {
		body   string
		status int
		look   int
	}{{string(updated), 401, 0}, {string(stopped), 0, 1}, {"{", 401, 0}, {"", 401, 0}, {`{"event":"TRACKING_STOPPED"}`, 401, 0}, {`{"event":"TRACKING_STOPPED","data":{"number":7}}`, 401, 0}} {
		push, err := s.Read(httptest.NewRequest("POST", "/", strings.NewReader(c.body)))
		if rejected(err) != c.status || len(push.Look) != c.look || len(push.Events) != 0 {
			t.Errorf("%.40q: %v, look at %v, %d events", c.body, err, push.Look, len(push.Events))
		}
	}
	// signed, and of no use: acknowledged, so that it does not come for ever
	for _, body := range []string{"", "[]", `{"event":"TRACKING_UPDATED","data":{}}`, `{"event":"SOMETHING","data":{"number":"X1"}}`, `{"event":"TRACKING_UPDATED","data":{"number":"X1","track_info":"?"}}`} {
		if _, err := read(t, s, []byte(body)); rejected(err) != http.StatusOK {
			t.Errorf("%q: %v", body, err)
		}
	}
}

// TestKnows: what 17TRACK is asked to follow.
func TestKnows(t *testing.T) {
	s, _ := source(t, "http://127.0.0.1:1")
	for n, want := range map[string]bool{
		"YT2229521272164446": true, "RB123456785CN": true, "1Z999AA10123456784": true, "TBA123456789000": true, "123456789012": true, "ABC-123": true,
		"SIMAUS00000001": false, "SIM12345": false, "FBA15DJ9S3J5": false, "AMZDCN203A900BD3": false, "AFTN987654321": false, "MSKU4538324": false, "FBA15ABCDEFGU000001": false,
		"WF1234ABCD-1234-ABCD-1234-1234ABCD5678": false, "SHIP12345": true, "FBATEST1": true,
		"": false, "ABCDEF": false, "1234": false, "顺丰123456": false, strings.Repeat("1", 51): false, "12 34567": false,
	} {
		if got := s.Knows(n); got != want {
			t.Errorf("%s: %t", n, got)
		}
	}
}

// TestPull registers what is new, reads what is known, and never asks about more than forty at once.
func TestPull(t *testing.T) {
	api := track17test.New(t)
	s, _ := source(t, api.URL)
	ctx := context.Background()
	if err := s.Register(ctx, []shipment.Number{number("YT2229521272164446"), number("RB123456785CN"), number("1Z999AA10123456784"), {Number: "X1234567", Carrier: "2151"}}); err != nil {
		t.Fatal(err)
	}
	if c := api.Calls("register")[0]; fmt.Sprint(c.Carriers) != "[190008 3011 0 2151]" {
		t.Errorf("registered with carriers %v: the documented ones where the number tells, and the one that is named", c.Carriers)
	}
	events, err := s.Pull(ctx, []shipment.Number{number("YT2229521272164446")})
	if len(events) != 0 || err != nil {
		t.Errorf("nothing is known yet: %v, %v", events, err)
	}
	api.Knows("YT2229521272164446", trackInfo(t, "journey-4"))
	events, err = s.Pull(ctx, []shipment.Number{number("YT2229521272164446"), number("LP00112233445566")})
	if err != nil || len(events) != 8 || events[0].Number != "YT2229521272164446" {
		t.Errorf("%d events, %v", len(events), err)
	}
	if r := api.Calls("register"); len(r) != 2 || r[1].Numbers[0] != "LP00112233445566" {
		t.Errorf("what was not registered was not registered: %v", r)
	}
	var many []shipment.Number
	for i := range 100 {
		many = append(many, number(fmt.Sprintf("AB%08d", i)))
	}
	if err := s.Register(ctx, many); err != nil {
		t.Fatal(err)
	}
	if err := s.Release(ctx, many); err != nil || !api.Stopped("AB00000099") {
		t.Fatal(err)
	}
	if err := s.Register(ctx, many[:1]); err != nil || api.Stopped("AB00000000") {
		t.Errorf("a number that was let go and is wanted again is still stopped: %v", err)
	}
	for _, c := range api.Calls("") {
		if len(c.Numbers) > 40 {
			t.Errorf("%s with %d numbers", c.Operation, len(c.Numbers))
		}
	}
	if q, err := s.Quota(ctx); err != nil || q.Remain != 895 || q.Total != 1000 {
		t.Errorf("%+v, %v", q, err)
	}
}

// TestQuotaRunsOut: an operator is warned when less than a tenth of the account's numbers is left, and when none is.
func TestQuotaRunsOut(t *testing.T) {
	api := track17test.New(t)
	s, _ := source(t, api.URL)
	for left, mark := range map[int]string{1000: "", 100: "", 99: "low", 1: "low", 0: "used"} {
		api.Remain(left)
		list, err := s.Warnings(t.Context(), time.Time{})
		if err != nil || len(list) != 1 || list[0].Mark != mark || list[0].Left != left || list[0].Of != 1000 || list[0].Kind != watch.Quota {
			t.Errorf("%d left: %+v, %v", left, list, err)
		}
	}
	api.Fail("getquota", track17test.Fault{Status: 503})
	if list, err := s.Warnings(t.Context(), time.Time{}); err == nil {
		t.Errorf("no answer: %+v", list)
	}
}

// trackInfo is the track_info of a payload.
func trackInfo(t testing.TB, name string) string {
	t.Helper()
	body, err := os.ReadFile("testdata/" + name + ".json")
	if err != nil {
		t.Fatal(err)
	}
	var push struct {
		Data struct {
			Info json.RawMessage `json:"track_info"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &push); err != nil {
		t.Fatal(err)
	}
	return string(push.Data.Info)
}

// TestPace: as many calls as 17TRACK takes, and what it says when they are too many.
func TestPace(t *testing.T) {
	api := track17test.New(t)
	api.Pace()
	api.Has("AB12345678", 0)
	ask := []shipment.Number{number("AB12345678")}
	s := track17.New(track17.Config{Key: track17test.Key, Base: api.URL})
	for range 5 {
		if _, err := s.Pull(context.Background(), ask); err != nil {
			t.Fatal(err)
		}
	}
	hasty, _ := source(t, api.URL)
	var err error
	for range 10 {
		if _, err = hasty.Pull(context.Background(), ask); err != nil {
			break
		}
	}
	if err == nil || !strings.Contains(err.Error(), "too many requests") {
		t.Errorf("the stand-in does not mind: %v", err)
	}
}

// TestGivenUp: a number that 17TRACK gave up on the way is followed again, once.
func TestGivenUp(t *testing.T) {
	api := track17test.New(t)
	s, _ := source(t, api.URL)
	ctx := context.Background()
	api.Knows("RB123456785CN", trackInfo(t, "expired"))
	api.Knows("YT2229521272164446", trackInfo(t, "journey-4"))
	for _, n := range []string{"RB123456785CN", "YT2229521272164446"} {
		api.GiveUp(n)
		if _, err := read(t, s, fmt.Appendf(nil, `{"event":"TRACKING_STOPPED","data":{"number":%q,"carrier":0}}`, n)); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if _, err := s.Pull(ctx, []shipment.Number{number("RB123456785CN"), number("YT2229521272164446")}); err != nil {
			t.Fatal(err)
		}
	}
	if api.Stopped("RB123456785CN") || !api.Stopped("YT2229521272164446") || len(api.Calls("retrack")) != 1 {
		t.Errorf("retracked: %v", api.Calls("retrack"))
	}
}

// TestEveryCode: each of the fifty codes does what its row says, whether it comes for a number, for the call, or in the data of a
// call whose own code is 0.
func TestEveryCode(t *testing.T) {
	rows, err := readCSV("errors.csv")
	if err != nil || len(rows) != 50 {
		t.Fatalf("%d codes, %v", len(rows), err)
	}
	for _, row := range rows {
		code, _ := strconv.Atoi(row[0])
		if code == 0 {
			continue
		}
		plane, do, sub := row[1], row[2], row[3]
		t.Run(row[0], func(t *testing.T) {
			api := track17test.New(t)
			s, log := source(t, api.URL)
			ctx := context.Background()
			if plane != "number" {
				for _, inData := range []bool{false, true} {
					api.Fail("gettrackinfo", track17test.Fault{Code: code, InData: inData})
					_, err := s.Pull(ctx, []shipment.Number{number("AB12345678")})
					_, stopped := watch.IsStop(err)
					if err == nil || stopped != (do == "stop") || !strings.Contains(err.Error(), row[0]) {
						t.Errorf("for the call (in data: %t): %v, stopped %t", inData, err, stopped)
					}
				}
			}
			api.Refuse("AB12345678", code)
			events, err := s.Pull(ctx, []shipment.Number{number("AB12345678"), number("CD12345678")})
			if _, ok := err.(watch.Faults); err != nil && !ok {
				t.Fatalf("for a number: %v: the other numbers of the call do not count", err)
			}
			var one error
			if f, ok := err.(watch.Faults); ok {
				if one = f["AB12345678"]; len(f) != 1 {
					t.Errorf("faults of %v", f)
				}
			}
			switch do {
			case "fine", "wait", "register", "quota", "tomorrow":
				if one != nil {
					t.Errorf("for a number: %v", one)
				}
			case "tell", "drop":
				if !watch.IsDeclined(one) {
					t.Errorf("for a number: %v, want it declined", one)
				}
			default:
				if one == nil || watch.IsDeclined(one) {
					t.Errorf("for a number: %v, want it tried again", one)
				}
			}
			if told := len(events) == 1 && events[0].Sub == sub; told != (sub != "") {
				t.Errorf("told %+v, want %q", events, sub)
			}
			if alarmed := strings.Contains(log.String(), "level=ERROR"); alarmed != (do == "drop" || do == "quota" || do == "tomorrow") {
				t.Errorf("the operator's log: %s", log)
			}
		})
	}
}

func readCSV(name string) ([][]string, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		return nil, err
	}
	return rows[1:], nil
}

// TestQuota: when nothing more can be registered, what is registered is read on, the person is told, and it is tried again later.
func TestQuota(t *testing.T) {
	api := track17test.New(t)
	clock := now
	log := &lines{}
	s := track17.New(track17.Config{Key: track17test.Key, Base: api.URL, Pace: 1000, Now: func() time.Time { return clock }, Log: slog.New(slog.NewTextHandler(log, nil))})
	ctx := context.Background()
	api.Knows("YT2229521272164446", trackInfo(t, "journey-4"))
	api.Remain(0)
	ask := []shipment.Number{number("YT2229521272164446"), number("AB12345678"), number("AB12345679")}
	for range 3 {
		events, err := s.Pull(ctx, ask)
		if err != nil || len(events) != 10 || events[9].Sub != "quota_used_up" || events[9].Status != "" || events[9].Strange() {
			t.Fatalf("%d events, %v", len(events), err)
		}
	}
	if n := len(api.Calls("register")); n != 1 {
		t.Errorf("%d registrations were tried", n)
	}
	if strings.Count(log.String(), "level=ERROR") != 1 {
		t.Errorf("the operator is told once:\n%s", log)
	}
	api.Remain(100)
	clock = clock.Add(7 * time.Hour)
	if events, err := s.Pull(ctx, ask); err != nil || len(events) != 8 {
		t.Errorf("%d events, %v", len(events), err)
	}
	api.Fail("register", track17test.Fault{Code: -18019907}) // for the whole call
	if events, err := s.Pull(ctx, []shipment.Number{ask[0], number("AB12345670")}); len(events) != 9 || err != nil {
		t.Errorf("the day's limit: %d events, %v", len(events), err)
	}
}

// TestFaults: what breaks between us and them.
func TestFaults(t *testing.T) {
	api := track17test.New(t)
	s, _ := source(t, api.URL)
	api.Knows("YT2229521272164446", trackInfo(t, "journey-4"))
	ask := []shipment.Number{number("YT2229521272164446")}
	never := make(chan struct{})
	defer close(never)
	for name, f := range map[string]track17test.Fault{
		"429": {Status: 429}, "500": {Status: 500}, "502 in HTML": {Status: 502, Body: "<html>Bad Gateway"}, "half an answer": {Cut: 300},
		"nothing": {Body: " "}, "HTML": {Body: "<html>welcome to our captive portal"}, "another shape": {Body: `{"code":0,"data":[1,2]}`},
		"a text for a code": {Body: `{"code":"0"}`}, "deep": {Body: strings.Repeat("[", 1<<20)}, "a new code": {Code: -19999999},
		"slow": {Hang: never},
	} {
		t.Run(name, func(t *testing.T) {
			api.Fail("gettrackinfo", f)
			ctx := context.Background()
			if f.Hang != nil {
				short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
				defer cancel()
				ctx = short
			}
			events, err := s.Pull(ctx, ask)
			if err == nil || len(events) != 0 {
				t.Errorf("%d events, %v", len(events), err)
			}
			if _, stopped := watch.IsStop(err); stopped {
				t.Errorf("the account was stopped: %v", err)
			}
			if strings.Contains(err.Error(), track17test.Key) {
				t.Errorf("the key is in the error: %v", err)
			}
			if events, err := s.Pull(context.Background(), ask); err != nil || len(events) != 8 {
				t.Errorf("afterwards: %d events, %v", len(events), err)
			}
		})
	}
	t.Run("GBK", func(t *testing.T) {
		body, _ := os.ReadFile("testdata/gbk.json")
		_, data, _ := bytes.Cut(body, []byte(`"data":`))
		data = data[:bytes.LastIndexByte(data, '}')]
		api.Fail("gettrackinfo", track17test.Fault{Body: `{"code":0,"data":{"accepted":[` + string(data) + `],"rejected":[]}}`})
		events, err := s.Pull(context.Background(), ask)
		if err != nil || len(events) != 1 || events[0].Text != "快件已由 云途 揽收" {
			t.Errorf("%+v, %v", events, err)
		}
	})
	t.Run("a wrong key", func(t *testing.T) {
		s := track17.New(track17.Config{Key: "WRONG", Base: api.URL})
		_, err := s.Pull(context.Background(), ask)
		if reason, stopped := watch.IsStop(err); !stopped || !strings.Contains(reason, "-18010002") {
			t.Errorf("%v", err)
		}
	})
}

// TestRegisteringFailsAlone: what was read of a batch counts although a number of it could not be registered.
func TestRegisteringFailsAlone(t *testing.T) {
	api := track17test.New(t)
	s, _ := source(t, api.URL)
	api.Knows("YT2229521272164446", trackInfo(t, "journey-4"))
	for i, f := range []track17test.Fault{{Status: 500}, {Cut: 20}, {Code: -19999999}, {Code: -18010002}} {
		missing := fmt.Sprint("AB1234567", i)
		api.Fail("register", f)
		events, err := s.Pull(context.Background(), []shipment.Number{number("YT2229521272164446"), number(missing)})
		if f.Code == -18010002 {
			if _, stops := watch.IsStop(err); !stops {
				t.Errorf("a key that was revoked: %v", err)
			}
			continue
		}
		if failed, ok := err.(watch.Faults); !ok || len(failed) != 1 || failed[missing] == nil || watch.IsDeclined(failed[missing]) || len(events) != 8 {
			t.Errorf("%+v: %d events, %v", f, len(events), err)
		}
	}
}

// FuzzRead: whatever is posted, signed or not, makes no panic, and what it tells has a number and can be applied.
func FuzzRead(f *testing.F) {
	files, _ := filepath.Glob("testdata/*.json")
	for _, name := range files {
		body, _ := os.ReadFile(name)
		f.Add(body)
	}
	f.Add([]byte(`{"event":"TRACKING_UPDATED","data":{"number":"A1","track_info":{"tracking":{"providers":[{"events":[{"time_utc":"20260101"}]}]}}}}`))
	s, _ := source(f, "http://127.0.0.1:1")
	f.Fuzz(func(t *testing.T, body []byte) {
		push, err := read(t, s, body)
		if err != nil && rejected(err) == 0 {
			t.Fatalf("an error without an answer: %v", err)
		}
		if rejected(err) == http.StatusUnauthorized {
			t.Fatal("a good signature was not taken")
		}
		watchtest.Sane(t, push.Events, now)
		_, _ = s.Read(httptest.NewRequest("POST", "/", bytes.NewReader(body)))
	})
}
