package main

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/encoding/simplifiedchinese"

	"xiaobao/adapters/hook"
	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

// nobodysCodes turns what the sources' last payloads say into codes that are in no table.
var nobodysCodes = strings.NewReplacer(
	"Delivered_Other", "Teleported_Once", "Delivered_003", "Teleported_001", "delivery_delivered", "teleported_once", "arrived_at_facility", "teleported_once",
	`"Delivered"`, `"Teleported"`, `"delivered"`, `"teleported"`, `"DELIVERED"`, `"TELEPORTED"`, `"in_transit"`, `"teleported"`,
)

// TestHostilePushes: whatever is wrong with what a source posts, the answer is one of those that it should be, and the shipment is as it was or
// as it should be.
func TestHostilePushes(t *testing.T) {
	for name, x := range tellers(t) {
		whole := x.payloads[len(x.payloads)-1]
		gbk, err := simplifiedchinese.GBK.NewEncoder().Bytes(whole)
		if err != nil {
			gbk = whole
		}
		unsigned, other := x, x
		unsigned.sign = func(http.Header, []byte) {}
		other.sign = func(h http.Header, body []byte) { x.sign(h, append([]byte("another "), body...)) }
		if name == "ship24" { // its secret does not depend on what is posted
			other.sign = func(h http.Header, _ []byte) { h.Set("Authorization", "Bearer another "+hookKey) }
		}
		strange, refused := []byte(nobodysCodes.Replace(string(whole))), []int{200}
		if name == "hook" { // who posts in our own form is told
			refused = []int{400, 422}
		}
		for _, c := range []struct {
			name   string
			from   teller
			later  time.Duration // than all of it
			body   []byte
			status []int
			kept   bool
		}{
			{"codes that no table knows", x, 0, strange, refused, name != "hook"},
			{"weeks ahead of our clock", x, -40 * 24 * time.Hour, whole, []int{200}, true},
			{"as it should be", x, 0, whole, []int{200}, true},
			{"not signed", unsigned, 0, whole, []int{401}, false},
			{"signed for something else", other, 0, whole, []int{401}, false},
			{"half of it", x, 0, whole[:len(whole)/2], []int{200, 400, 422}, false},
			{"nothing", x, 0, []byte{}, []int{200, 400, 422}, false},
			{"no JSON", x, 0, []byte("<html>502 Bad Gateway</html>"), []int{200, 400, 422}, false},
			{"JSON of another kind", x, 0, []byte(`[[[["a"]]]]`), []int{200, 400, 422}, false},
			{"in GBK", x, 0, gbk, []int{200}, true},
			{"weeks late", x, 40 * 24 * time.Hour, whole, []int{200}, true},
		} {
			t.Run(name+"/"+c.name, func(t *testing.T) {
				if name == "hook" && c.later != 0 { // its signature is as fresh as the post
					c.from.sign = func(h http.Header, body []byte) {
						h.Set(hook.Header, hook.Sign(ownSecret(t), x.now.Add(c.later), body))
					}
				}
				status, s := c.from.once(t, c.body, c.later)
				ok := false
				for _, want := range c.status {
					ok = ok || status == want
				}
				if !ok || (len(s.Events) > 0) != c.kept {
					t.Errorf("answered %d, and there are %d events", status, len(s.Events))
				}
				switch c.name {
				case "codes that no table knows":
					if c.kept && !slices.ContainsFunc(s.Events, shipment.Event.Strange) || s.Status == shipment.Delivered {
						t.Errorf("it stands at %s with %+v", s.Status, s.Events)
					}
				case "weeks ahead of our clock":
					if s.Status != "" {
						t.Errorf("what is to happen counts already: %s", s.Status)
					}
				}
				for _, e := range s.Events {
					if text := e.Text + e.Place.Name + e.Code; !utf8.ValidString(text) || strings.ContainsRune(text, utf8.RuneError) {
						t.Errorf("%q is no text", text)
					}
				}
			})
		}
	}
}

// once posts one body to somebody who follows the number, so long after all of the source's payloads.
func (x teller) once(t *testing.T, body []byte, later time.Duration) (int, shipment.Shipment) {
	t.Helper()
	ctx := context.Background()
	now := func() time.Time { return x.now.Add(later) }
	db, err := store.Open(ctx, filepath.Join(t.TempDir(), "x.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	u := bot.User{Network: "web", Workspace: "local", ID: "ann", Name: "Ann", Language: "en"}
	id := x.follow(t, db, u, watch.Watched{Shipment: shipment.Shipment{Number: x.number, Source: "hook"}})
	w := watch.New(db, func(context.Context, bot.Incoming) error { return nil }, now, slog.New(slog.DiscardHandler))
	front := httptest.NewServer(w.Hooks(x.hook(now)))
	defer front.Close()
	account := x.account
	if account == "" {
		account = "main"
	}
	r, err := http.NewRequest("POST", front.URL+"/hooks/"+x.hook(now).Name()+"/"+account, bytes.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/json")
	x.sign(r.Header, body)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	is, err := db.Shipment(ctx, u.Tenant(), id, x.number)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, is.Shipment
}
