package main

import (
	"bytes"
	"context"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/simplifiedchinese"

	"xiaobao/adapters/hook"
	"xiaobao/adapters/spapi"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
)

// theFaults are what goes wrong between sources and us.
var theFaults = []string{"429", "5xx", "slow", "half an answer", "wrong signature", "duplicates", "days late", "clock in the future", "GBK", "unknown code"}

// A cell is what a source does about a fault: either it is tried, or it is written why it cannot happen.
type cell struct {
	why string
	try func(t *testing.T)
}

// TestEveryFaultOfEverySource tries every fault with every source of the program, with what it is asked and with what it tells by itself. A
// source or a fault without a cell fails.
func TestEveryFaultOfEverySource(t *testing.T) {
	asked, telling := programSources(t)
	table := map[string]map[string]cell{}
	for name, build := range stands() {
		table[name+" asked"] = askedCells(name, build)
	}
	for name, x := range tellers(t) {
		table[name+" tells"] = toldCells(name, x)
	}
	table[spapi.Name+" tells"] = notifiedCells()
	var rows []string
	for _, name := range asked {
		rows = append(rows, name+" asked")
	}
	for _, name := range telling {
		rows = append(rows, name+" tells")
	}
	slices.Sort(rows)
	if have := slices.Sorted(maps.Keys(table)); !slices.Equal(have, rows) {
		t.Errorf("there are cells for\n%q\nand the program has\n%q", have, rows)
	}
	for _, row := range rows {
		for _, fault := range theFaults {
			c, ok := table[row][fault]
			if !ok || (c.why == "") == (c.try == nil) {
				t.Errorf("%s, %s: neither tried nor is it written why not", row, fault)
			} else if c.try != nil {
				t.Run(row+"/"+fault, func(t *testing.T) { t.Parallel(); c.try(t) })
			}
		}
	}
}

// askedCells are the cells of a source that is asked.
func askedCells(name string, build func(t *testing.T, now func() time.Time) stand) map[string]cell {
	start := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	set := func(t *testing.T) (*road, stand) {
		r := newRoad(t, start.Add(30*time.Hour))
		s := build(t, r.now)
		return r, s
	}
	recovers := func(fault string) cell {
		return cell{try: func(t *testing.T) {
			r, s := set(t)
			s.knows(scan{start, "picked", "Shenzhen"}, scan{start.Add(24 * time.Hour), "delivered", "Los Angeles"})
			s.fail(fault)
			r.begin(s.number, name, s.source)
			eventually(t, "it to be asked", func() bool { return s.calls() > 0 })
			is := r.until("it to be asked again", s.calls, func(x shipment.Shipment) bool { return x.Status == shipment.Delivered })
			if len(is.Events) != 2 || s.calls() < 2 {
				t.Errorf("after %d calls there are %d events: %+v", s.calls(), len(is.Events), is.Events)
			}
			for _, secret := range s.secrets {
				if strings.Contains(r.log.String(), secret) {
					t.Errorf("a secret is in the log:\n%s", r.log)
				}
			}
		}}
	}
	const noServer = "it is no server: it makes its answers up in this process, by our clock"
	cells := map[string]cell{
		"429": recovers("429"), "5xx": recovers("5xx"), "slow": recovers("slow"), "half an answer": recovers("half an answer"),
		"wrong signature": {why: "its answers carry no signature: whom we ask is known by TLS"},
		"duplicates": {try: func(t *testing.T) {
			r, s := set(t)
			s.knows(scan{start, "picked", "Shenzhen"})
			r.begin(s.number, name, s.source)
			eventually(t, "the first look", func() bool { return r.shipment().Status != "" })
			s.knows(scan{start, "picked", "Shenzhen"}, scan{start, "picked", "Shenzhen"}, scan{start.Add(30 * time.Hour), "delivered", "Los Angeles"}, scan{start.Add(30 * time.Hour), "delivered", "Los Angeles"})
			r.until("the delivery", s.calls, func(x shipment.Shipment) bool { return x.Over() })
			looks := func(n int) { // that are kept: a number is not asked about again before that
				for last := s.calls() + n + 1; s.calls() < last; {
					calls := s.calls()
					r.clock.Add(int64(2 * time.Hour))
					r.w.Nudge()
					eventually(t, "another look", func() bool { return s.calls() > calls })
				}
			}
			r.clock.Add(int64(60 * 24 * time.Hour)) // there is nothing more to come
			looks(1)
			is, _ := r.settled(whatever)
			looks(3)
			after, told := r.settled(whatever)
			if len(after.Events) != len(is.Events) || len(told) == 0 || len(slices.Compact(slices.Sorted(slices.Values(told)))) != len(told) {
				t.Errorf("%d events, and then %d; told %q", len(is.Events), len(after.Events), told)
			}
		}},
		"days late": {try: func(t *testing.T) {
			for _, days := range []int{0, 10} {
				r, s := set(t)
				s.knows(scan{start, "picked", "Shenzhen"})
				r.begin(s.number, name, s.source)
				eventually(t, "the first look", func() bool { return r.shipment().Status != "" })
				_, before := r.settled(whatever)
				s.knows(scan{start, "picked", "Shenzhen"}, scan{start.Add(31 * time.Hour), "delivered", "Los Angeles"})
				r.clock.Add(int64(2*time.Hour) + int64(days)*int64(24*time.Hour))
				r.w.Nudge()
				_, told := r.settled(func(x shipment.Shipment) bool { return x.Status == shipment.Delivered })
				if told = told[len(before):]; (len(told) == 0) != (days > 7) {
					t.Errorf("a delivery that is heard of %d days later: told %q", days, told)
				}
			}
		}},
		"clock in the future": {try: func(t *testing.T) {
			r, s := set(t)
			s.knows(scan{start, "picked", "Shenzhen"}, scan{start.Add(20 * 24 * time.Hour), "delivered", "Los Angeles"})
			r.begin(s.number, name, s.source)
			eventually(t, "the look", func() bool { return len(r.shipment().Events) == 2 })
			if is, _ := r.settled(whatever); is.Status != shipment.PickedUp {
				t.Errorf("what is to happen counts already: %s", is.Status)
			}
		}},
		"GBK": {try: func(t *testing.T) {
			r, s := set(t)
			s.knows(scan{start, "picked", "深圳"})
			s.fail("GBK")
			r.begin(s.number, name, s.source)
			eventually(t, "the look", func() bool { return len(r.shipment().Events) > 0 })
			if is := r.shipment(); is.Events[0].Place.Name != "深圳" || s.calls() != 1 {
				t.Errorf("after %d calls: %+v", s.calls(), is.Events)
			}
		}},
		"unknown code": {try: func(t *testing.T) {
			r, s := set(t)
			s.knows(scan{start, "picked", "Shenzhen"}, scan{start.Add(24 * time.Hour), "strange", "Los Angeles"})
			r.begin(s.number, name, s.source)
			eventually(t, "the look", func() bool { return len(r.shipment().Events) == 2 })
			if is, _ := r.settled(whatever); is.Status != shipment.PickedUp || !is.Events[1].Strange() {
				t.Errorf("it stands at %s with %+v", is.Status, is.Events)
			}
			codes, err := r.db.Codes(context.Background(), 9)
			if err != nil || len(codes) != 1 || codes[0].Source != name {
				t.Errorf("counted %+v, %v", codes, err)
			}
		}},
	}
	if name == "simulator" {
		for _, fault := range []string{"429", "5xx", "slow", "half an answer", "wrong signature", "days late", "clock in the future", "GBK"} {
			cells[fault] = cell{why: noServer}
		}
		cells["unknown code"] = cell{why: "its codes stand beside their statuses in its own story: TestStory"}
	}
	return cells
}

// toldCells are the cells of a source that tells what happened.
func toldCells(name string, x teller) map[string]cell {
	whole := x.payloads[len(x.payloads)-1]
	at := func(t *testing.T, later time.Duration) teller {
		y := x
		if name == "hook" { // its signature is as fresh as the post
			y.sign = func(h http.Header, body []byte) { h.Set(hook.Header, hook.Sign(ownSecret(t), x.now.Add(later), body)) }
		}
		return y
	}
	// one posts a body, and checks the answer and whether anything was kept of it.
	one := func(later time.Duration, body []byte, from func(teller) teller, statuses []int, kept bool, look func(*testing.T, shipment.Shipment)) cell {
		return cell{try: func(t *testing.T) {
			y := at(t, later)
			if from != nil {
				y = from(y)
			}
			status, is := y.once(t, body, later)
			if !slices.Contains(statuses, status) || (len(is.Events) > 0) != kept {
				t.Errorf("answered %d, and there are %d events", status, len(is.Events))
			}
			if look != nil {
				look(t, is)
			}
		}}
	}
	forged := func(y teller) teller {
		z := y
		z.sign = func(h http.Header, body []byte) { y.sign(h, append([]byte("another "), body...)) }
		if name == "ship24" { // its secret does not depend on what is posted
			z.sign = func(h http.Header, _ []byte) { h.Set("Authorization", "Bearer another "+hookKey) }
		}
		return z
	}
	refused := []int{200}
	if name == "hook" { // who posts in our own form is told
		refused = []int{400, 422}
	}
	gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes(whole)
	if err != nil {
		gbk = whole
	}
	const nothingAsked = "nothing is asked here: it posts, and comes again when it is not answered with 2xx"
	return map[string]cell{
		"429": {why: nothingAsked}, "5xx": {why: nothingAsked},
		"slow": {try: func(t *testing.T) {
			r := newRoad(t, x.now)
			r.begin(x.number, "hook", nil)
			if status := x.dribble(t, r.w, r.now, whole); status != 200 || len(r.shipment().Events) == 0 {
				t.Errorf("answered %d, and there are %d events", status, len(r.shipment().Events))
			}
		}},
		"half an answer":  one(0, whole[:len(whole)/2], nil, []int{200, 400, 422}, false, nil),
		"wrong signature": one(0, whole, forged, []int{401}, false, nil),
		"duplicates": {try: func(t *testing.T) {
			var order []int
			for i := range x.payloads {
				order = append(order, i, i, i)
			}
			_, said := x.play(t, 1, order)
			for line, times := range said {
				if times != 1 {
					t.Errorf("told %d times: %s", times, line)
				}
			}
		}},
		"days late": {try: func(t *testing.T) {
			for _, later := range []time.Duration{0, 10 * 24 * time.Hour} {
				r := newRoad(t, x.now)
				r.begin(x.number, "hook", nil)
				front := httptest.NewServer(r.w.Hooks(x.hook(r.now)))
				before := 0
				for i, body := range x.payloads {
					if i == 1 {
						_, told := r.settled(whatever)
						before = len(told)
						r.clock.Add(int64(later))
					}
					y := at(t, r.now().Sub(x.now))
					y.post(t, front.URL, body)
					r.settled(whatever)
				}
				front.Close()
				_, told := r.settled(whatever)
				if told = told[before:]; len(x.payloads) > 1 && (len(told) == 0) != (later > 0) {
					t.Errorf("%s later: told %q", later, told)
				}
			}
		}},
		"clock in the future": one(-40*24*time.Hour, whole, nil, []int{200}, true, func(t *testing.T, is shipment.Shipment) {
			if is.Status != "" {
				t.Errorf("what is to happen counts already: %s", is.Status)
			}
		}),
		"GBK": one(0, gbk, nil, []int{200}, true, nil),
		"unknown code": one(0, []byte(nobodysCodes.Replace(string(whole))), nil, refused, name != "hook", func(t *testing.T, is shipment.Shipment) {
			if name != "hook" && !slices.ContainsFunc(is.Events, shipment.Event.Strange) || is.Status == shipment.Delivered {
				t.Errorf("it stands at %s with %+v", is.Status, is.Events)
			}
		}),
	}
}

// dribble posts a body in pieces.
func (x teller) dribble(t *testing.T, w *watch.Watch, now func() time.Time, body []byte) int {
	t.Helper()
	front := httptest.NewServer(w.Hooks(x.hook(now)))
	defer front.Close()
	in, out := io.Pipe()
	go func() {
		for piece := range slices.Chunk(body, 1+len(body)/9) {
			_, _ = out.Write(piece)
		}
		out.Close()
	}()
	account := x.account
	if account == "" {
		account = "main"
	}
	r, err := http.NewRequest("POST", front.URL+"/hooks/"+x.hook(now).Name()+"/"+account, in)
	if err != nil {
		t.Fatal(err)
	}
	x.sign(r.Header, body)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	return resp.StatusCode
}

// notifiedCells are the cells of Amazon's notifications, which are not believed: they only have Amazon asked.
func notifiedCells() map[string]cell {
	start := time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC)
	// tries posts notifications, in pieces, to somebody who follows the number, and says how they were answered, how often it was noted that
	// Amazon is to be asked, what was told, and how the shipment stands.
	tries := func(t *testing.T, key string, change func([]byte) []byte, times int) (status, noted int, told []string, is shipment.Shipment) {
		body, err := os.ReadFile("../../adapters/spapi/testdata/milestone.json")
		if err != nil {
			t.Fatal(err)
		}
		if change != nil {
			body = change(body)
		}
		r := newRoad(t, start.Add(30*time.Hour))
		s := amazonStand(t, r.now)
		s.knows(scan{start, "picked", "Shenzhen"})
		r.begin(s.number, spapi.Name, s.source)
		eventually(t, "the first look", func() bool { return r.shipment().Status != "" })
		_, before := r.settled(whatever)
		r.clock.Add(int64(20 * time.Minute)) // sooner than the next look
		s.knows(scan{start, "picked", "Shenzhen"}, scan{start.Add(30 * time.Hour), "delivered", "Los Angeles"})
		h := s.source.(*spapi.Source).Hook(hookKey)
		x := teller{hook: func(func() time.Time) watch.Webhook { return h }, sign: func(h http.Header, _ []byte) { h.Set(spapi.HookHeader, key) }}
		for range times {
			version := r.version()
			status = x.dribble(t, r.w, r.now, body)
			if r.version() == version { // what is noted is written before the answer
				continue
			}
			noted++
			r.settled(shipment.Shipment.Over)
		}
		is, told = r.settled(whatever)
		return status, noted, told[len(before):], is
	}
	good := func(change func([]byte) []byte, times int) cell {
		return cell{try: func(t *testing.T) {
			status, noted, told, is := tries(t, hookKey, change, times)
			if status != 200 || noted == 0 || !is.Over() || len(told) != 1 {
				t.Errorf("answered %d, noted %d times, told %q, and it stands at %s", status, noted, told, is.Status)
			}
		}}
	}
	useless := func(key string, change func([]byte) []byte, want int) cell {
		return cell{try: func(t *testing.T) {
			status, noted, told, _ := tries(t, key, change, 1)
			if status != want || noted != 0 || len(told) != 0 {
				t.Errorf("answered %d, noted %d times, told %q", status, noted, told)
			}
		}}
	}
	inGBK := func(b []byte) []byte {
		b, err := simplifiedchinese.GBK.NewEncoder().Bytes(bytes.ReplaceAll(b, []byte("Austin"), []byte("奥斯汀")))
		if err != nil {
			panic(err)
		}
		return b
	}
	another := func(b []byte) []byte {
		return bytes.ReplaceAll(b, []byte("SHIPMENT_TRACKING_MILESTONE_CHANGED"), []byte("SHIPMENT_TELEPORTED"))
	}
	const nothingAsked = "nothing is asked here: it posts, and comes again when it is not answered with 2xx"
	const onlyAsks = "of a notification nothing but the number is read: what Amazon then answers is the row above"
	return map[string]cell{
		"429": {why: nothingAsked}, "5xx": {why: nothingAsked}, "days late": {why: onlyAsks}, "clock in the future": {why: onlyAsks},
		"slow": good(nil, 1), "duplicates": good(nil, 3), "GBK": good(inGBK, 1),
		"half an answer":  useless(hookKey, func(b []byte) []byte { return b[:len(b)/2] }, 200),
		"wrong signature": useless("another", nil, 401),
		"unknown code":    useless(hookKey, another, 200),
	}
}
