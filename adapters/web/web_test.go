package web

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"xiaobao/bot"
)

const aRoom = "aaaaaaaaaaaaaaaaaaaa"

// A house is a running chat with the scripted bot behind it.
type house struct {
	t     *testing.T
	a     *Adapter
	clerk *clerk
	log   *memory
	url   string
}

func newHouse(t *testing.T, change func(*Config)) *house {
	t.Helper()
	h := &house{t: t, clerk: newClerk(), log: newMemory()}
	c := Config{Log: h.log, Logger: quiet()}
	if change != nil {
		change(&c)
	}
	a, err := New(c)
	if err != nil {
		t.Fatal(err)
	}
	h.a, h.clerk.send = a, a.Send
	ctx, cancel := context.WithCancel(t.Context())
	server := httptest.NewServer(a.Handler(ctx, h.clerk.handle))
	t.Cleanup(func() { cancel(); server.Close() })
	h.url = server.URL
	return h
}

// visitor is a browser that has opened the room.
func (h *house) visitor(room string) *http.Client {
	h.t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.t.Fatal(err)
	}
	c := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	res, err := c.Get(h.url + "/r/" + room)
	if err != nil {
		h.t.Fatal(err)
	}
	res.Body.Close()
	h.t.Cleanup(c.CloseIdleConnections)
	return c
}

func (h *house) post(c *http.Client, room, body string, header ...string) (int, string) {
	h.t.Helper()
	req, _ := http.NewRequest("POST", h.url+"/r/"+room+"/in", strings.NewReader(body))
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	if host := req.Header.Get("Host"); host != "" {
		req.Host = host
	}
	res, err := c.Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	defer res.Body.Close()
	b, _ := io.ReadAll(res.Body)
	return res.StatusCode, string(b)
}

func TestHomeLeadsToARoomOfOnesOwn(t *testing.T) {
	h := newHouse(t, nil)
	jar, _ := cookiejar.New(nil)
	c := &http.Client{Jar: jar}
	defer c.CloseIdleConnections()
	var rooms []string
	for range 2 {
		res, err := c.Get(h.url + "/")
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		rooms = append(rooms, res.Request.URL.Path)
	}
	if !regexp.MustCompile(`^/r/[0-9a-z]{16,}$`).MatchString(rooms[0]) || rooms[0] != rooms[1] {
		t.Errorf("rooms of two visits: %q, want the same room twice", rooms)
	}

	res, err := http.Get(h.url + "/r/" + aRoom)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	cookies := res.Cookies()
	if len(cookies) != 1 || cookies[0].Name != userCookie || !cookies[0].HttpOnly || cookies[0].SameSite != http.SameSiteStrictMode || len(cookies[0].Value) < 16 {
		t.Errorf("cookies of a first visit: %v", cookies)
	}
}

func TestAVisitFromAnotherSiteKeepsTheCookies(t *testing.T) {
	h := newHouse(t, nil)
	req, _ := http.NewRequest("GET", h.url+"/r/"+aRoom, nil)
	req.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if len(res.Cookies()) > 0 || !strings.Contains(string(body), "url=/r/"+aRoom+"?here") {
		t.Errorf("first step from another site: cookies %v, body %s; want no cookies and one step more", res.Cookies(), body)
	}
}

func TestWhatIsPostedReachesTheBot(t *testing.T) {
	h := newHouse(t, nil)
	c := h.visitor(aRoom)
	u, _ := url.Parse(h.url)
	c.Jar.SetCookies(u, []*http.Cookie{{Name: nameCookie, Value: url.QueryEscape("小明\u202e\n x")}})
	long := strings.Repeat("长", 100_000)
	quoted, _ := json.Marshal(long)
	for _, tt := range []struct {
		body string
		want bot.Input
	}{
		{`{"id":"0123456789abcde0","kind":"text","text":"你好","zone":"Asia/Shanghai"}`, bot.Text{Text: "你好"}},
		{`{"id":"0123456789abcde1","kind":"press","token":"t","action":"a","values":["x","y"]}`, bot.Press{Token: "t", Action: "a", Values: []string{"x", "y"}}},
		{`{"id":"0123456789abcde2","kind":"submit","token":"t","fields":{"a":"1\n2"}}`, bot.Submit{Token: "t", Values: map[string]string{"a": "1\n2"}}},
		{`{"id":"0123456789abcde3","kind":"file","name":"a.csv","type":"text/csv","data":"YSxi"}`, bot.File{Name: "a.csv", Type: "text/csv", Data: []byte("a,b")}},
		{`{"id":"0123456789abcde4","kind":"text","text":` + string(quoted) + `}`, bot.Text{Text: long}},
	} {
		if status, body := h.post(c, aRoom, tt.body, "Accept-Language", "zh-TW,zh;q=0.9"); status != 204 || body != "" {
			t.Fatalf("post %.80s: %d %s", tt.body, status, body)
		}
		got := h.clerk.got[len(h.clerk.got)-1]
		if diff := cmp.Diff(tt.want, got.What); diff != "" {
			t.Errorf("post %.80s (-want +got):\n%.300s", tt.body, diff)
		}
		if got.To != makePlace(aRoom) || got.From.Name != "小明 x" || got.From.Language != "zh-Hans" || got.From.Network != "web" || got.From.Workspace != "local" {
			t.Errorf("post %.80s: from %+v to %+v", tt.body, got.From, got.To)
		}
	}
	if z := h.clerk.got[0].From.Zone; z != "Asia/Shanghai" {
		t.Errorf("zone %q", z)
	}
	n := len(h.clerk.got)
	h.post(c, aRoom, `{"id":"0123456789abcde0","kind":"text","text":"你好"}`)
	if len(h.clerk.got) != n {
		t.Error("the same id was applied twice")
	}
	h.post(h.visitor(aRoom), aRoom, `{"id":"0123456789abcde0","kind":"text","text":"你好"}`)
	if len(h.clerk.got) != n+1 {
		t.Error("another person's id was taken for a repeat")
	}
}

func TestWhatIsRefused(t *testing.T) {
	h := newHouse(t, nil)
	c := h.visitor(aRoom)
	good := `{"id":"0123456789abcdef","kind":"text","text":"x"}`
	for _, tt := range []struct {
		name   string
		client *http.Client
		body   string
		header []string
		status int
		says   string
	}{
		{"too large", c, `{"id":"0123456789abcdef","kind":"text","text":"` + strings.Repeat("x", mostPosted) + `"}`, nil, 413, "too large"},
		{"too large, in Chinese", c, `"` + strings.Repeat("x", mostPosted) + `"`, []string{"Accept-Language", "zh"}, 413, "太大"},
		{"not JSON", c, `{`, nil, 400, "could not be read"},
		{"no id", c, `{"kind":"text"}`, nil, 400, "could not be read"},
		{"an unknown kind", c, `{"id":"0123456789abcdef","kind":"dance"}`, nil, 400, "could not be read"},
		{"nobody", http.DefaultClient, good, nil, 401, "cookie"},
		{"from another origin", c, good, []string{"Sec-Fetch-Site", "cross-site"}, 403, ""},
		{"from another origin, older browser", c, good, []string{"Origin", "https://evil.example"}, 403, ""},
		{"under another name", c, good, []string{"Host", "evil.example"}, 421, "hosts"},
	} {
		status, body := h.post(tt.client, aRoom, tt.body, tt.header...)
		if status != tt.status || !strings.Contains(body, tt.says) {
			t.Errorf("%s: %d %.200s, want %d and %q", tt.name, status, body, tt.status, tt.says)
		}
	}
	if status, _ := h.post(c, "short", good); status != 404 {
		t.Errorf("a room that cannot be: %d", status)
	}
	if len(h.clerk.got) != 0 {
		t.Errorf("the bot heard of %d things that were refused", len(h.clerk.got))
	}

	h.clerk.fail = 1
	status, body := h.post(c, aRoom, good)
	if status != 503 || !strings.Contains(body, "will be sent again") || !strings.Contains(body, "01234567") || strings.Contains(body, "database") {
		t.Errorf("the bot failed: %d %s", status, body)
	}
	if status, _ := h.post(c, aRoom, good); status != 204 || len(h.clerk.got) != 1 {
		t.Errorf("sent again: %d, %d applied", status, len(h.clerk.got))
	}
}

func TestHostsThatAreKnown(t *testing.T) {
	for host, want := range map[string]bool{
		"127.0.0.1:8080": true, "localhost": true, "LOCALHOST:1": true, "[::1]:8080": true, "[::1]": true,
		"chat.example.com": true, "chat.example.com:443": true, "10.0.0.5:8080": true,
		"10.0.0.5:9": false, "evil.com": false, "localhost.evil.com": false, "127.0.0.1.nip.io": false, "": false,
	} {
		if got := allowed(host, []string{"Chat.example.com", "10.0.0.5:8080"}); got != want {
			t.Errorf("%q allowed: %v, want %v", host, got, want)
		}
	}
}

func TestHeaders(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.Beside = map[string]http.Handler{"/admin/": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "beside") })}
	})
	c := h.visitor(aRoom)
	for _, path := range []string{"/r/" + aRoom, "/admin/", "/static/x/chat.js", "/nowhere"} {
		res, err := c.Get(h.url + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		policy := res.Header.Get("Content-Security-Policy")
		if !strings.Contains(policy, "default-src 'none'") || strings.Contains(policy, "unsafe") ||
			res.Header.Get("X-Content-Type-Options") != "nosniff" || res.Header.Get("Referrer-Policy") != "no-referrer" || res.Header.Get("X-Frame-Options") != "DENY" {
			t.Errorf("%s: headers %v", path, res.Header)
		}
	}
	res, err := c.Get(h.url + "/static/" + h.a.page.hash + "/chat.js")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("Content-Type") + " " + res.Header.Get("Cache-Control"); got != "text/javascript; charset=utf-8 public, max-age=31536000, immutable" {
		t.Errorf("script: %s", got)
	}
}

// TestOpen: programs post from anywhere, under any name; the rest stays behind its guard.
func TestOpen(t *testing.T) {
	h := newHouse(t, func(c *Config) {
		c.Open = map[string]http.Handler{"/hooks/": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { io.WriteString(w, "open") })}
	})
	for path, want := range map[string]int{"/hooks/a/b": 200, "/": http.StatusForbidden, "/hooks": http.StatusTemporaryRedirect} {
		req, _ := http.NewRequest("POST", h.url+path, strings.NewReader("{}"))
		req.Host = "tunnel.example.net"
		req.Header.Set("Origin", "https://elsewhere.example")
		req.Header.Set("Sec-Fetch-Site", "cross-site")
		res, err := http.DefaultTransport.RoundTrip(req)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if got := res.StatusCode; got != want && !(want == http.StatusForbidden && got == http.StatusMisdirectedRequest) {
			t.Errorf("%s: %d, want %d", path, got, want)
		}
	}
}

func TestFilesAreForTheirRoomOnly(t *testing.T) {
	h := newHouse(t, nil)
	c := h.visitor(aRoom)
	_, err := h.a.Send(t.Context(), bot.Delivery{ID: "1", Place: makePlace(aRoom), Message: bot.Message{Text: "f", Blocks: []bot.Block{
		{Kind: bot.Paragraph, Text: "here"},
		{Kind: bot.Attached, File: &bot.Document{Name: "01-plan b.html", Type: "text/html", Data: []byte("<script>")}},
	}}})
	if err != nil {
		t.Fatal(err)
	}
	s, _ := h.listen(c, aRoom, "0", "")
	_, _, data := s.next()
	var b batch
	if err := json.Unmarshal([]byte(data), &b); err != nil || len(b.Entries) != 1 || len(b.Entries[0].Files) != 1 || b.Entries[0].Message.Blocks[1].File.Data != nil {
		t.Fatalf("the page gets %s", data)
	}
	f := b.Entries[0].Files[0]
	res, err := c.Get(h.url + f.URL)
	if err != nil {
		t.Fatal(err)
	}
	body, _ := io.ReadAll(res.Body)
	res.Body.Close()
	if string(body) != "<script>" || f.Size != len(body) || res.Header.Get("Content-Type") != "application/octet-stream" || res.Header.Get("Content-Disposition") != `attachment; filename="01-plan b.html"` {
		t.Errorf("file: %q %v", body, res.Header)
	}
	for _, path := range []string{strings.Replace(f.URL, "aaaa", "bbbb", 1), strings.Replace(f.URL, "/1/01", "/0/01", 1), strings.Replace(f.URL, "plan", "other", 1)} {
		res, err := c.Get(h.url + path)
		if err != nil {
			t.Fatal(err)
		}
		res.Body.Close()
		if res.StatusCode != 404 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
}

func TestSendSaysWhenItFailed(t *testing.T) {
	h := newHouse(t, nil)
	h.log.broken = true
	_, err := h.a.Send(t.Context(), bot.Delivery{ID: "1", Place: makePlace(aRoom), Message: bot.Message{Text: "x"}})
	if o, _ := bot.Fate(err, 1); o != bot.Deferred {
		t.Errorf("a broken log: %v, want to be tried again", err)
	}
	_, err = h.a.Send(t.Context(), bot.Delivery{ID: "2", Place: makePlace(aRoom), Call: &bot.Call{}})
	if o, _ := bot.Fate(err, 1); o != bot.Refused {
		t.Errorf("a call: %v, want never", err)
	}
}

func TestARoomIsPrivateWhileOnePersonReads(t *testing.T) {
	h := newHouse(t, nil)
	body := `{"id":"0123456789abcdef","kind":"text","text":"x"}`
	h.post(h.visitor(aRoom), aRoom, body)
	if !h.a.Capabilities(makePlace(aRoom)).Private {
		t.Error("one person: not private")
	}
	h.post(h.visitor(aRoom), aRoom, body)
	if h.a.Capabilities(makePlace(aRoom)).Private {
		t.Error("two people: private")
	}
}

func TestNames(t *testing.T) {
	for in, want := range map[string]string{
		"  小明 ": "小明", "a\u202eb\u2066c": "abc", "a\tb\nc": "a b c", "": "", strings.Repeat("👨‍👩‍👧", 50): strings.Repeat("👨‍👩‍👧", 40), "\x00": "",
	} {
		if got := cleanName(in); got != want {
			t.Errorf("cleanName(%q) = %q, want %q", in, got, want)
		}
	}
}

func TestNewRefusesNothingToKeepIn(t *testing.T) {
	if _, err := New(Config{}); err == nil {
		t.Error("no error without a log")
	}
	a, err := New(Config{Log: newMemory()})
	if err != nil {
		t.Fatal(err)
	}
	if err := a.Run(t.Context(), nil); err == nil || errors.Is(err, context.Canceled) {
		t.Errorf("Run without a listener: %v", err)
	}
	if id := a.NewID(); !validRoom.MatchString(id) {
		t.Errorf("an id of its own, %q, is not a room", id)
	}
}
