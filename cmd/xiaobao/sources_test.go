package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/adapters/aftership/aftershiptest"
	"xiaobao/adapters/hook"
	"xiaobao/adapters/track17/track17test"
	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/docs"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

const (
	parcel  = "YT2229521272164446"
	hookKey = "a key of this installation that is long enough"
)

// scans is a track_info with scans that happened so many hours before the opening.
func scans(list ...any) string {
	var events []any
	for i := 0; i < len(list); i += 3 {
		at := opening.Add(-time.Duration(list[i].(int)) * time.Hour).Format(time.RFC3339)
		events = append([]any{map[string]any{
			"time_iso": at, "description": list[i+2], "location": "LOS ANGELES, US", "sub_status": list[i+1],
			"address": map[string]any{"country": "US"},
		}}, events...)
	}
	last := list[len(list)-2].(string)
	main, _, _ := strings.Cut(last, "_")
	info, _ := json.Marshal(map[string]any{
		"latest_status": map[string]any{"status": main, "sub_status": last},
		"tracking":      map[string]any{"providers": []any{map[string]any{"provider": map[string]any{"key": 190008}, "events": events}}},
	})
	return string(info)
}

// TestSeventeenTrack: with a key in the environment somebody pastes a number into the chat, it is registered, the push
// arrives, and the news appears: once, in their language.
func TestSeventeenTrack(t *testing.T) {
	for lang, say := range map[string]struct{ hello, follow, followed, held, advice, delivered string }{
		"en": {"hello", "Follow It", "I follow that number now", parcel + " has a problem: Customs ask for information", "Customs want more information.", parcel + " is delivered"},
		"zh": {"你好", "跟踪它", "", "货件 " + parcel + " 出现异常：海关要求补资料", "海关要补资料。", "货件 " + parcel + " 已签收"},
	} {
		t.Run(lang, func(t *testing.T) {
			api := track17test.New(t)
			t.Setenv("XIAOBAO_17TRACK_KEY", track17test.Key)
			p := start(t, clockFrom(opening), fresh(t, "17track:\n  url: "+api.URL+"\n  pushes: true\n")...)
			v := visit(t, p, lang)
			v.say(say.hello)
			v.say(parcel)
			v.press(followLabel(t, v, say.follow))
			v.see(parcel)
			eventually(t, "the number to be registered", func() bool { return len(api.Calls("register")) > 0 })

			api.Knows(parcel, scans(3, "InTransit_PickedUp", "揽收", 1, "InTransit_CustomsRequiringInformation", "Held"))
			url := p.url + "/hooks/17track/main"
			if status := track17test.Post(t, url, api.Pushed(parcel), func([]byte) string { return strings.Repeat("0", 64) }); status != 401 {
				t.Errorf("a forged push: %d", status)
			}
			for range 3 {
				if status := api.Push(t, url, parcel); status != 200 {
					t.Fatalf("the push: %d", status)
				}
			}
			v.see(say.held)
			v.see(say.advice)
			api.Knows(parcel, scans(3, "InTransit_PickedUp", "揽收", 1, "InTransit_CustomsRequiringInformation", "Held", 0, "Delivered_Other", "Delivered"))
			if status := api.Push(t, url, parcel); status != 200 {
				t.Fatalf("the push: %d", status)
			}
			if n := v.see(say.delivered).told(say.held); n != 1 {
				t.Errorf("the hold was told %d times:\n%s", n, v.sees())
			}
		})
	}
}

// told is how many messages say something.
func (r room) told(text string) (n int) {
	for _, e := range r {
		if e.Message != nil && strings.Contains(e.Message.Text, text) {
			n++
		}
	}
	return n
}

// followLabel finds the button by which a number is followed, whatever it is called in that language.
func followLabel(t *testing.T, v *visitor, label string) string {
	t.Helper()
	found := ""
	v.await("a button to follow the number", func(r room) bool {
		for _, e := range r {
			if e.Message == nil {
				continue
			}
			for _, a := range e.Message.Actions {
				if a.ID == "watch" {
					found = a.Label
				}
			}
		}
		return found != ""
	})
	if label != "" && label != found {
		t.Logf("the button is called %q", found)
	}
	return found
}

// eventually waits for something outside the room.
func eventually(t testing.TB, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !ok(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("waited for %s", what)
		}
	}
}

// TestPushSurvives: a push that was acknowledged is told although the power went at once, and told once although it comes again.
func TestPushSurvives(t *testing.T) {
	api := track17test.New(t)
	t.Setenv("XIAOBAO_17TRACK_KEY", track17test.Key)
	args := fresh(t, "17track:\n  url: "+api.URL+"\n  pushes: true\n")
	p := startChild(t, opening, args...)
	v := visit(t, p, "en")
	v.say("hello")
	v.say(parcel)
	v.press(followLabel(t, v, "Follow It"))
	eventually(t, "the number to be registered", func() bool { return len(api.Calls("register")) > 0 })
	for i, c := range []struct {
		scans string
		see   string
	}{
		{scans(3, "InTransit_PickedUp", "x", 1, "InTransit_CustomsRequiringInformation", "Held"), "has a problem: Customs ask for information"},
		{scans(3, "InTransit_PickedUp", "x", 1, "InTransit_CustomsRequiringInformation", "Held", 0, "Delivered_Other", "Delivered"), "is delivered"},
	} {
		api.Knows(parcel, c.scans)
		if status := api.Push(t, p.url+"/hooks/17track/main", parcel); status != 200 {
			t.Fatal(status)
		}
		p.kill()
		p = startChild(t, opening.Add(time.Duration(i+1)*time.Minute), args...)
		v.look(p)
		if status := api.Push(t, p.url+"/hooks/17track/main", parcel); status != 200 {
			t.Fatal(status)
		}
		if n := v.see(parcel + " " + c.see).told(parcel + " " + c.see); n != 1 {
			t.Errorf("%q was told %d times", c.see, n)
		}
	}
}

// TestOperatorsHearOfAQuotaThatRunsOut: before nothing can be followed any more the log and the operators' page say so, in their language.
func TestOperatorsHearOfAQuotaThatRunsOut(t *testing.T) {
	api := track17test.New(t)
	api.Remain(12)
	t.Setenv("XIAOBAO_17TRACK_KEY", track17test.Key)
	p := start(t, clockFrom(opening), append(fresh(t, "17track:\n  url: "+api.URL+"\n"), "--log", "warn")...)
	p.errs.await(t, "the log to say so", p.ended, func(s string) bool { return strings.Contains(s, "what=quota left=12 of=1000") })
	for lang, want := range map[string]string{"en": "Only 12 of 1000 numbers can still be registered", "zh": "注册额度只剩 12 个，共 1000 个"} {
		eventually(t, "the operators' page to say so: "+want, func() bool {
			r, err := http.NewRequest("GET", p.url+"/admin/sources", nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Header.Set("Accept-Language", lang)
			res, err := http.DefaultClient.Do(r)
			if err != nil {
				t.Fatal(err)
			}
			defer res.Body.Close()
			body, err := io.ReadAll(res.Body)
			return err == nil && strings.Contains(string(body), want)
		})
	}
}

// TestOlderFollowButton: the button below an older paste follows nothing, least of all its own token.
func TestOlderFollowButton(t *testing.T) {
	p := start(t, clockFrom(opening), fresh(t, "")...)
	v := visit(t, p, "en")
	v.say("hello")
	v.say("track FWD2026112601")
	v.see("FWD2026112601:")
	older := v.button("Follow It")
	v.say("track FWD2026112602")
	v.see("FWD2026112602:")
	v.send(older)
	v.see("I cannot find any number to track")
	v.press("Follow It")
	v.see("Shipment FWD2026112602")
}

// TestHookUnderFire: sixteen post events without a pause while the power goes again and again. Every event that was acknowledged is
// there in the end, once, and every hold was told once.
func TestHookUnderFire(t *testing.T) {
	const kills, senders, numbers = 12, 16, 8
	t.Setenv("XIAOBAO_HOOK_KEY", hookKey)
	args := fresh(t, "")
	h, err := hook.New([]string{hookKey}, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	secret := h.Secret("web:local")
	at := opening
	p := startChild(t, at, args...)
	v := visit(t, p, "en")
	v.say("hello")
	list := make([]string, numbers)
	for i := range list {
		list[i] = fmt.Sprintf("FWD%08d", i)
		v.say("track " + list[i])
		v.see(list[i] + ":") // the offer to follow it
		v.press(followLabel(t, v, "Follow It"))
		v.see("Shipment " + list[i])
	}
	var url atomic.Value
	url.Store(p.url)
	var mu sync.Mutex
	acked := map[string]bool{} // number and place
	over, stop := context.WithCancel(t.Context())
	var all sync.WaitGroup
	for w := range senders {
		all.Go(func() {
			client := &http.Client{Timeout: 5 * time.Second}
			for n := 0; over.Err() == nil; n++ {
				number, place := list[(w+n)%numbers], fmt.Sprintf("hub %d-%d", w, n)
				status, extra := "IN_TRANSIT", ""
				if n == 0 && w < numbers {
					status, extra, place = "CUSTOMS", `,"exception":true,"reason":"info_required"`, "hold "+number
				}
				body := fmt.Appendf(nil, `{"events":[{"number":%q,"at":%q,"status":%q,"place":%q,"country":"US"%s}]}`, number, opening.Add(-time.Hour).Format(time.RFC3339), status, place, extra)
				for over.Err() == nil { // until it is acknowledged
					r, _ := http.NewRequest("POST", url.Load().(string)+"/hooks/hook/web:local", bytes.NewReader(body))
					r.Header.Set(hook.Header, hook.Sign(secret, opening.Add(time.Minute), body))
					resp, err := client.Do(r)
					if err != nil {
						time.Sleep(5 * time.Millisecond)
						continue
					}
					_, _ = io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
					if resp.StatusCode == http.StatusOK {
						mu.Lock()
						acked[number+" "+place] = true
						mu.Unlock()
						break
					}
				}
			}
		})
	}
	dice := rand.New(rand.NewPCG(7, 2026))
	for range kills {
		time.Sleep(time.Duration(50+dice.IntN(250)) * time.Millisecond) // the moment is what is tried
		p.kill()
		at = at.Add(5 * time.Second)
		p = startChild(t, at, args...)
		url.Store(p.url)
	}
	time.Sleep(200 * time.Millisecond)
	stop()
	all.Wait()
	v.look(p)
	for _, n := range list {
		if told := v.see(n + " has a problem: Customs ask for information").told(n + " has a problem: Customs ask for information"); told != 1 {
			t.Errorf("the hold of %s was told %d times", n, told)
		}
	}
	p.stop()
	db, err := store.Open(t.Context(), databaseOf(args), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	there, err := db.WatchedAs(t.Context(), list)
	if err != nil || len(there) != numbers {
		t.Fatal(len(there), err)
	}
	kept := map[string]int{}
	for _, x := range there {
		for _, e := range x.Shipment.Events {
			kept[x.Shipment.Number+" "+e.Place.Name]++
		}
	}
	lost := 0
	for what := range acked {
		if kept[what] != 1 {
			lost++
		}
	}
	if lost > 0 {
		t.Errorf("%d of %d acknowledged events are not there once", lost, len(acked))
	}
	t.Logf("%d events were acknowledged over %d power cuts", len(acked), kills)
}

// TestOwnHook: events of one's own, signed with the tenant's secret, by the command that the documents name and by hand.
func TestOwnHook(t *testing.T) {
	t.Setenv("XIAOBAO_HOOK_KEY", hookKey)
	p := start(t, clockFrom(opening), fresh(t, "")...)
	v := visit(t, p, "en")
	v.say("hello")
	v.say("track FWD2026112601")
	v.press(followLabel(t, v, "Follow It"))
	v.see("Shipment FWD2026112601")
	code, out, errs := command(t, "", "hooks", "secret", "web:local")
	if code != 0 || errs != "" || !strings.Contains(out, "/hooks/hook/web:local") {
		t.Fatalf("%d %s %s", code, out, errs)
	}
	_, rest, _ := strings.Cut(out, "secret:")
	secret := strings.TrimSpace(strings.Split(rest, "\n")[0])
	body := fmt.Appendf(nil, `{"events":[{"number":"fwd 2026112601","at":%q,"status":"CUSTOMS","reason":"info_required","exception":true,"place":"Los Angeles","country":"US"}]}`,
		opening.Add(-time.Hour).Format(time.RFC3339))
	post := func(body []byte, at time.Time) (int, string) {
		r, _ := http.NewRequest("POST", p.url+"/hooks/hook/web:local", bytes.NewReader(body))
		r.Header.Set(hook.Header, hook.Sign(secret, at, body))
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		answer, _ := io.ReadAll(resp.Body)
		return resp.StatusCode, string(answer)
	}
	if status, answer := post(body, opening.Add(-time.Hour)); status != 401 || !strings.Contains(answer, "clock") {
		t.Errorf("an old signature: %d %s", status, answer)
	}
	if status, answer := post([]byte(`{"events":[{"number":"A"}]}`), opening); status != 400 || !strings.Contains(answer, `events[0].at: missing`) {
		t.Errorf("a mistake: %d %s", status, answer)
	}
	if status, answer := post(body, opening); status != 200 || !strings.Contains(answer, `"shipments":1,"news":1`) {
		t.Fatalf("%d %s", status, answer)
	}
	v.see("FWD2026112601 has a problem: Customs ask for information")

	// What is told before somebody follows the number is there at once.
	ahead := fmt.Appendf(nil, `{"events":[{"number":"FWD2026112609","at":%q,"scheme":"upu","code":"EMC","place":"Shenzhen","country":"CN"}]}`, opening.Add(-2*time.Hour).Format(time.RFC3339))
	if status, answer := post(ahead, opening); status != 200 || !strings.Contains(answer, `"unknown":1`) {
		t.Fatalf("%d %s", status, answer)
	}
	v.say("track FWD2026112609")
	v.say("yes")
	v.see("Shipment FWD2026112609")
	v.see("Departed")

	file := write(t, "events.json", docs.EventsExample)
	var o bytes.Buffer
	if code := run(t.Context(), outside{strings.NewReader(""), &o, &o, clockFrom(opening)}, []string{"hooks", "send", file, "--to", p.url}); code != 0 || !strings.Contains(o.String(), `"events":3`) {
		t.Errorf("%d %s", code, o.String())
	}
	for _, c := range []struct {
		args []string
		code int
		says string
	}{
		{[]string{"hooks", "example"}, 0, "FWD2026112601"}, {[]string{"hooks", "schema"}, 0, "json-schema.org"}, {[]string{"hooks", "key"}, 0, ""},
		{[]string{"hooks", "send", "/nowhere"}, 1, "cannot be read"}, {[]string{"hooks", "send", file, "--to", "http://127.0.0.1:1"}, 1, "could not be posted"},
	} {
		if code, out, errs := command(t, "", c.args...); code != c.code || !strings.Contains(out+errs, c.says) {
			t.Errorf("%v: %d %s%s", c.args, code, out, errs)
		}
	}
	os.Unsetenv("XIAOBAO_HOOK_KEY")
	if code, _, errs := command(t, "", "hooks", "secret"); code != 1 || !strings.Contains(errs, "xiaobao hooks key") {
		t.Errorf("without a key: %d %s", code, errs)
	}
	os.Setenv("XIAOBAO_HOOK_KEY", "short")
	if code, _, errs := command(t, "", "hooks", "secret"); code != 1 || !strings.Contains(errs, "at least 32") {
		t.Errorf("a short key: %d %s", code, errs)
	}
}

// TestAfterShip: AfterShip beside 17TRACK is only told about what it is asked about; its webhook counts all the same.
func TestAfterShip(t *testing.T) {
	api := aftershiptest.New(t)
	t.Setenv("XIAOBAO_AFTERSHIP_KEY", aftershiptest.Key)
	t.Setenv("XIAOBAO_AFTERSHIP_SECRET", aftershiptest.Secret)
	p := start(t, clockFrom(opening), fresh(t, "aftership:\n  url: "+api.URL+"\n")...)
	v := visit(t, p, "en")
	v.say("hello")
	v.say(parcel)
	v.press(followLabel(t, v, "Follow It"))
	v.see("Shipment " + parcel)
	body := fmt.Appendf(nil, `{"event":"tracking_update","event_id":"e","ts":%d,"msg":{"tracking_number":%q,"tag":"Exception","checkpoints":[{"checkpoint_time":%q,"tag":"Exception","subtag":"Exception_012","message":"damaged","city":"LA","country_iso3":"USA"}]}}`,
		opening.Add(-time.Minute).Unix(), parcel, opening.Add(-time.Hour).Format(time.RFC3339))
	for range 2 {
		r, _ := http.NewRequest("POST", p.url+"/hooks/aftership/main", bytes.NewReader(body))
		r.Header.Set("aftership-hmac-sha256", aftershiptest.Sign(aftershiptest.Secret, body))
		resp, err := http.DefaultClient.Do(r)
		if err != nil || resp.StatusCode != 200 {
			t.Fatal(resp, err)
		}
		resp.Body.Close()
	}
	v.see(parcel + " has a problem")
}

// BenchmarkHook is a push from the post to the durable acknowledgement, over HTTP and 64 connections, with the whole program behind
// it on SQLite: each event is new to one of 10,000 shipments. The news that comes of it is handed over at the same time, to cases
// whose people are not here.
func BenchmarkHook(b *testing.B) {
	for _, each := range []int{1, 10} {
		b.Run(fmt.Sprint("events=", each), func(b *testing.B) {
			b.Setenv("XIAOBAO_HOOK_KEY", hookKey)
			args := fresh(b, "")
			numbers := followed(b, databaseOf(args), 10_000)
			p := start(b, clockFrom(opening), args...)
			h, err := hook.New([]string{hookKey}, time.Now)
			if err != nil {
				b.Fatal(err)
			}
			secret := h.Secret("web:local")
			client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64}}
			took := make([]time.Duration, b.N)
			var next atomic.Int64
			var all sync.WaitGroup
			b.ResetTimer()
			for range 64 {
				all.Go(func() {
					for i := int(next.Add(1)) - 1; i < b.N; i = int(next.Add(1)) - 1 {
						var body bytes.Buffer
						for k := range each {
							n := i*each + k
							fmt.Fprintf(&body, `,{"number":%q,"at":%q,"status":"IN_TRANSIT","place":"hub %d","country":"CN"}`,
								numbers[n%len(numbers)], opening.Add(-time.Duration(n%1000)*time.Minute).Format(time.RFC3339), n)
						}
						doc := []byte(`{"events":[` + body.String()[1:] + `]}`)
						r, _ := http.NewRequest("POST", p.url+"/hooks/hook/web:local", bytes.NewReader(doc))
						r.Header.Set(hook.Header, hook.Sign(secret, opening, doc))
						began := time.Now()
						resp, err := client.Do(r)
						if err != nil {
							b.Error(err)
							return
						}
						_, _ = io.Copy(io.Discard, resp.Body)
						resp.Body.Close()
						if took[i] = time.Since(began); resp.StatusCode != 200 {
							b.Error(resp.Status)
							return
						}
					}
				})
			}
			all.Wait()
			b.StopTimer()
			slices.Sort(took)
			b.ReportMetric(float64(b.N*each)/b.Elapsed().Seconds(), "events/s")
			b.ReportMetric(float64(took[len(took)/2].Microseconds()), "p50-µs")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds()), "p99-µs")
		})
	}
}

// followed fills a database with shipments that are followed by cases of ten.
func followed(b *testing.B, path string, n int) (numbers []string) {
	b.Helper()
	ctx := context.Background()
	db, err := store.Open(ctx, path, store.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	for i := range n {
		numbers = append(numbers, fmt.Sprintf("FWD%09d", i))
	}
	var all sync.WaitGroup
	for w := range 64 {
		all.Go(func() {
			for c := w; c < n/10; c += 64 {
				u := bot.User{Network: "web", Workspace: "local", ID: fmt.Sprint("user", c), Name: "Ann", Language: "en"}
				id, err := db.Join(ctx, u, fmt.Sprint("case", c), opening)
				if err == nil {
					_, err = db.Apply(ctx, bot.Key{Tenant: u.Tenant(), Case: id, Event: "web:" + u.ID}, opening, func([]byte) (bot.Turn, error) {
						return bot.Turn{State: fmt.Appendf(nil, `{"spec":%d,"seed":"s","turn":1}`, flow.Spec)}, nil
					})
				}
				for i := range 10 {
					if err == nil {
						_, err = db.PutShipment(ctx, watch.Watched{Tenant: u.Tenant(), Case: id, Shipment: shipment.Shipment{
							Number: numbers[c*10+i], Source: "hook", Registered: opening.Add(-24 * time.Hour),
						}})
					}
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	all.Wait()
	return numbers
}

// TestDoctorLooksAtTracking: keys that work, keys that do not, a quota that runs out, and an address that nobody outside knows.
func TestDoctorLooksAtTracking(t *testing.T) {
	seventeen, after := track17test.New(t), aftershiptest.New(t)
	t.Setenv("XIAOBAO_17TRACK_KEY", track17test.Key)
	t.Setenv("XIAOBAO_AFTERSHIP_KEY", aftershiptest.Key)
	t.Setenv("XIAOBAO_AFTERSHIP_SECRET", aftershiptest.Secret)
	t.Setenv("XIAOBAO_HOOK_KEY", hookKey)
	config := "17track: {url: " + seventeen.URL + "}\naftership: {url: " + after.URL + "}\n"
	look := func(lang, config string, wants ...string) {
		t.Helper()
		args := fresh(t, config)
		_, out, errs := command(t, "", args[0], args[1], "doctor", "--lang", lang, "--database", databaseOf(args))
		for _, want := range wants {
			if !strings.Contains(out, want) {
				t.Errorf("%q is not in:\n%s%s", want, out, errs)
			}
		}
		if strings.Contains(out, track17test.Key) || strings.Contains(out, aftershiptest.Key) || strings.Contains(out, hookKey) {
			t.Errorf("a key was printed:\n%s", out)
		}
	}
	look("en", config+"public: https://bot.example.com\n", "17TRACK: the key works; 1,000 of 1,000", "AfterShip: the key works", "your own system posts is taken at https://bot.example.com/hooks/hook/web:local")
	seventeen.Remain(7)
	look("zh", config, "注册额度只剩 7", "AfterShip：密钥可用", "外网怎么访问本机")
	seventeen.Fail("getquota", track17test.Fault{Status: 401, Code: -18010002})
	look("en", config, "17TRACK does not work: 17TRACK refuses the account (-18010002, invalid key)")
	t.Setenv("XIAOBAO_HOOK_KEY", "short")
	look("en", config, "Tracking cannot be set up: XIAOBAO_HOOK_KEY")
}

// TestUnknownCode: a code that no table knows is kept with its event, shown in the carrier's words, counted for the operator, and
// changes no status.
func TestUnknownCode(t *testing.T) {
	api := track17test.New(t)
	t.Setenv("XIAOBAO_17TRACK_KEY", track17test.Key)
	p := start(t, clockFrom(opening), fresh(t, "17track:\n  url: "+api.URL+"\n")...)
	v := visit(t, p, "en")
	v.say("hello")
	v.say("track " + parcel)
	v.see(parcel + ":")
	v.press("Follow It")
	v.see("Shipment " + parcel)
	eventually(t, "the number to be registered", func() bool { return len(api.Calls("register")) > 0 })
	api.Knows(parcel, scans(3, "InTransit_PickedUp", "x", 1, "Teleported_Once", "Beamed up by Scotty"))
	for range 3 {
		if status := api.Push(t, p.url+"/hooks/17track/main", parcel); status != 200 {
			t.Fatal(status)
		}
	}
	v.see("Picked up")
	v.see("Beamed up by Scotty")
	resp, err := http.Get(p.url + "/admin/sources")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	page, _ := io.ReadAll(resp.Body)
	for _, want := range []string{"<code>Teleported_Once</code>", "Beamed up by Scotty", `<td class="number">1</td>`} {
		if !strings.Contains(string(page), want) {
			t.Errorf("%q is not on the operators' page:\n%s", want, page)
		}
	}
}

// TestRefusedNumbers: what 17TRACK says against a number is on its card, with what to do; a quota that is used up is not the number's
// fault, and it is followed once there is room.
func TestRefusedNumbers(t *testing.T) {
	for lang, say := range map[string]struct{ hello, postcode, advice, quota, told string }{
		"en": {"hello", "The carrier wants the destination postcode too", "we do not keep addresses", "the tracking account has no registrations left", "The operator has been told."},
		"zh": {"你好", "承运商查询还要目的地邮编", "这里不保存地址", "查询账户的额度已用完", "已提醒运营者"},
	} {
		t.Run(lang, func(t *testing.T) {
			api := track17test.New(t)
			t.Setenv("XIAOBAO_17TRACK_KEY", track17test.Key)
			api.Refuse("AB12345678", -18010018)
			p := start(t, clockFrom(opening), fresh(t, "17track: {url: "+api.URL+"}\n")...)
			v := visit(t, p, lang)
			v.say(say.hello)
			follow := func(n string) {
				v.say("track " + n)
				v.await("the offer", func(r room) bool { return strings.Contains(r.String(), n+":") || strings.Contains(r.String(), n+"：") })
				v.press(followLabel(t, v, ""))
			}
			follow("AB12345678")
			v.see(say.postcode)
			v.see(say.advice)
			api.Remain(0)
			follow("CD12345678")
			v.see(say.quota)
			v.see(say.told)
		})
	}
}
