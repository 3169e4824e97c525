package timeline_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/timeline"
	"xiaobao/bot"
	"xiaobao/locales"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/store"
)

var noon = time.Date(2026, 12, 10, 12, 0, 0, 0, time.UTC)

// door is the pages on a real database, served over HTTP.
type door struct {
	*testing.T
	db    *store.Store
	pages *timeline.Pages
	srv   *httptest.Server
	now   time.Time
	ids   int
}

func open(t *testing.T) *door {
	t.Helper()
	db, err := store.Open(context.Background(), filepath.Join(t.TempDir(), "x.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	w, err := locales.Load()
	if err != nil {
		t.Fatal(err)
	}
	d := &door{T: t, db: db, now: noon}
	d.srv = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { d.pages.ServeHTTP(rw, r) }))
	t.Cleanup(d.srv.Close)
	d.pages, err = timeline.New(timeline.Config{
		Notes: db.Notes("timeline"), Shipments: db, Words: w, Languages: w.Languages(), Base: d.srv.URL,
		Now: func() time.Time { return d.now }, NewID: func() string { d.ids++; return fmt.Sprintf("unguessable%08d", d.ids) },
		Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	return d
}

var ann = bot.User{Network: "web", Workspace: "local", ID: "ann", Name: "Ann Private", Zone: "Asia/Shanghai"}

// keep makes ann's case watch a shipment.
func (d *door) keep(number string, events ...shipment.Event) (caseID string) {
	d.Helper()
	ctx := context.Background()
	id, err := d.db.Join(ctx, ann, "case1", noon)
	if err != nil {
		d.Fatal(err)
	}
	if _, err := d.db.Apply(ctx, bot.Key{Tenant: ann.Tenant(), Case: id, Event: "made"}, noon, func([]byte) (bot.Turn, error) { return bot.Turn{State: []byte(`{"name":"Ann Private"}`)}, nil }); err != nil && err != bot.ErrSeen {
		d.Fatal(err)
	}
	s, _ := shipment.Shipment{Number: number, Source: "hook", FBA: true, Registered: noon}.Apply(events...)
	if ok, err := d.db.PutShipment(ctx, watch.Watched{Tenant: ann.Tenant(), Case: id, Shipment: s}); !ok || err != nil {
		d.Fatalf("put: %v %v", ok, err)
	}
	return id
}

func (d *door) share(caseID, number string) string {
	d.Helper()
	url, ends, err := d.pages.Share(context.Background(), bot.Delivery{Tenant: ann.Tenant(), Case: caseID, Call: &bot.Call{From: ann}}, number)
	if err != nil || ends.Sub(d.now) != 30*24*time.Hour {
		d.Fatalf("share: %v, ends %v", err, ends)
	}
	return url
}

func (d *door) get(url, lang string) (int, string, http.Header) {
	d.Helper()
	req, _ := http.NewRequest(http.MethodGet, url, nil)
	req.Header.Set("Accept-Language", lang)
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		d.Fatal(err)
	}
	defer res.Body.Close()
	body, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(body), res.Header
}

func at(hours int, status shipment.Status, text string) shipment.Event {
	when := noon.Add(time.Duration(hours-100) * time.Hour)
	return shipment.Event{Key: fmt.Sprint(hours), Number: "FBA15ABCDEFG", Status: status, At: when, Seen: when, TZKnown: true, Text: text}
}

// TestTimeline shows one shipment in both languages, without what the source wrote about people.
func TestTimeline(t *testing.T) {
	d := open(t)
	id := d.keep("FBA15ABCDEFG", at(1, shipment.PickedUp, ""), at(20, shipment.Exception, "signed by Mr. Zhang, 138 0013 8000"), at(30, shipment.Customs, "<script>alert(1)</script>"))
	url := d.share(id, "FBA15ABCDEFG")
	for lang, want := range map[string][]string{
		"en-US,en;q=0.9":        {"Shipment FBA15ABCDEFG", "In customs", `<li class="done">Picked up`, `<li class="active" aria-current="step">In customs`, "not Amazon", "As of"},
		"zh-CN,zh;q=0.9,en;q=1": {"货件 FBA15ABCDEFG", `<html lang="zh-Hans">`, "不是亚马逊"},
	} {
		code, body, h := d.get(url, lang)
		if code != 200 {
			t.Fatalf("%s: %d", lang, code)
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: no %q in\n%s", lang, w, body)
			}
		}
		for _, private := range []string{"Zhang", "138", "Ann", "alert(1)"} {
			if strings.Contains(body, private) {
				t.Errorf("%s: the page tells %q", lang, private)
			}
		}
		if h.Get("X-Robots-Tag") == "" || h.Get("Referrer-Policy") != "no-referrer" || !strings.Contains(h.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("headers %v", h)
		}
	}
	if _, body, _ := d.get(url+"?lang=zh-Hans", "en"); !strings.Contains(body, "货件 FBA15ABCDEFG") {
		t.Error("the language that was asked for is not shown")
	}
}

// TestLinkEnds by itself, with the case, and when it is not whole.
func TestLinkEnds(t *testing.T) {
	d := open(t)
	id := d.keep("FBA15ABCDEFG")
	url := d.share(id, "FBA15ABCDEFG")
	gone := func(what, url string) {
		t.Helper()
		code, body, _ := d.get(url, "zh")
		if code != 404 || !strings.Contains(body, "链接已过期") {
			t.Errorf("%s: %d\n%s", what, code, body)
		}
	}
	gone("cut", url[:len(url)-1])
	gone("nothing", d.srv.URL+timeline.Root)
	gone("another's number", d.share(id, "FBA15OTHERXX"))
	res, err := http.Post(url, "text/plain", nil)
	if err != nil || res.StatusCode != 405 {
		t.Errorf("POST: %v %v", res.StatusCode, err)
	}
	d.now = noon.Add(30*24*time.Hour + time.Second)
	gone("expired", url)
	d.now = noon
	if code, _, _ := d.get(url, "en"); code != 200 {
		t.Fatalf("before it ends: %d", code)
	}
	if err := d.db.Erase(context.Background(), ann.Tenant(), id); err != nil {
		t.Fatal(err)
	}
	gone("erased", url)
}

// TestList shows all shipments of a case with filters, each leading to its timeline.
func TestList(t *testing.T) {
	d := open(t)
	d.keep("FBA15ABCDEFG", at(1, shipment.PickedUp, ""))
	id := d.keep("1Z5R89390357567127", at(1, shipment.PickedUp, ""), at(2, shipment.Customs, ""))
	url := d.share(id, "")
	_, body, _ := d.get(url, "en")
	for _, want := range []string{"Shipments: All (2)", "FBA15ABCDEFG", "1Z5R89390357567127"} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q in\n%s", want, body)
		}
	}
	link := func(body, text string) string {
		t.Helper()
		m := regexp.MustCompile(`href="([^"]+)"[^>]*>` + regexp.QuoteMeta(text) + `<`).FindStringSubmatch(body)
		if m == nil {
			t.Fatalf("no link %q in\n%s", text, body)
		}
		return d.srv.URL + strings.ReplaceAll(m[1], "&amp;", "&")
	}
	_, customs, _ := d.get(link(body, "Customs"), "en")
	if strings.Contains(customs, "FBA15ABCDEFG") || !strings.Contains(customs, "1Z5R89390357567127") {
		t.Errorf("the filter shows\n%s", customs)
	}
	_, one, _ := d.get(link(customs, "1Z5R89390357567127"), "en")
	if !strings.Contains(one, "Shipment 1Z5R89390357567127") {
		t.Errorf("the row leads to\n%s", one)
	}
	if _, again, _ := d.get(link(one, "All shipments"), "en"); !strings.Contains(again, "Shipments: All (2)") {
		t.Error("there is no way back to the list")
	}
}
