package admin

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"xiaobao/bot"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

// desk is what operators work on, in memory.
type desk struct {
	open      []bot.Ticket
	questions []bot.Unanswered
	refusals  []bot.Refusal
	replayed  []string
	answers   []string
	fails     error // of everything
}

func (d *desk) OpenTickets(context.Context, int) ([]bot.Ticket, error) { return d.open, d.fails }

func (d *desk) Ticket(_ context.Context, id string) (bot.Ticket, error) {
	for _, t := range d.open {
		if t.ID == id {
			return t, d.fails
		}
	}
	return bot.Ticket{}, bot.ErrGone
}

func (d *desk) UnansweredTop(context.Context, int) ([]bot.Unanswered, error) {
	return d.questions, d.fails
}
func (d *desk) Refusals(context.Context, int) ([]bot.Refusal, error) { return d.refusals, d.fails }

func (d *desk) Replay(_ context.Context, id string, _ time.Time) error {
	d.replayed = append(d.replayed, id)
	return d.fails
}

func (d *desk) answer(_ context.Context, id, by, text string) error {
	if d.fails != nil {
		return d.fails
	}
	d.answers = append(d.answers, id+"|"+by+"|"+text)
	return nil
}

func newDesk() *desk {
	return &desk{
		open: []bot.Ticket{{
			ID: "T-1A2B3C4D", Name: "小明", Lang: "zh-Hans", Flow: "register", Question: "<b>执照</b>过期了怎么办？", Opened: noon.Add(-3 * time.Hour),
			Pack: bot.Message{Lang: "en", Blocks: []bot.Block{
				{Kind: bot.Heading, Text: "Evidence"}, {Kind: bot.Paragraph, Text: "<script>x</script>", Tone: bot.Warn},
				{Kind: bot.Facts, Facts: []bot.Fact{{Label: "Company", Value: "Xiaobao"}}},
				{Kind: bot.List, Items: []bot.Item{{Text: "Licence", Mark: bot.Done}}},
				{Kind: bot.Grid, Table: &bot.Table{Head: []string{"A"}, Rows: [][]string{{"1"}}}},
				{Kind: bot.Paste, Text: "to paste"}, {Kind: bot.Note, Text: "source", Link: "javascript:alert(1)"}, {Kind: bot.Note, Text: "source", Link: "https://example.com/a"},
				{Kind: bot.Attached, File: &bot.Document{Name: "pack.md", Type: "text/html", Data: []byte("# pack")}}, {Kind: bot.Divider},
			}},
		}},
		questions: []bot.Unanswered{{Lang: "en", Question: "what about drones?", Count: 7, Last: noon}},
		refusals:  []bot.Refusal{{ID: "d9", Place: bot.Place{Network: "slack", Room: "C1"}, Text: "Your shipment", Reason: "channel_not_found", At: noon}},
	}
}

type site struct {
	t       *testing.T
	desk    *desk
	handler http.Handler
	from    string
	header  http.Header
	nudged  int
}

func open(t *testing.T, token string) *site {
	t.Helper()
	s := &site{t: t, desk: newDesk(), from: "127.0.0.1:5555", header: http.Header{}}
	h, err := New(Config{
		Tickets: s.desk, Answer: s.desk.answer, Token: token, Now: func() time.Time { return noon }, Logger: slog.New(slog.DiscardHandler),
		Title: func(lang, flow string) string { return lang + " title of " + flow }, Replay: func() { s.nudged++ },
	})
	if err != nil {
		t.Fatal(err)
	}
	s.handler = h
	return s
}

func (s *site) ask(method, path, form string) (*http.Response, string) {
	s.t.Helper()
	r := httptest.NewRequest(method, "http://localhost:8080"+path, strings.NewReader(form))
	r.RemoteAddr = s.from
	maps.Copy(r.Header, s.header)
	if host := s.header.Get("Host"); host != "" {
		r.Host = host
	}
	if form != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	res := w.Result()
	body, _ := io.ReadAll(res.Body)
	return res, string(body)
}

func TestPagesShowWhatWaits(t *testing.T) {
	s := open(t, "")
	for _, tt := range []struct {
		path string
		want []string
	}{
		{"/admin/", []string{"T-1A2B3C4D", "小明", "&lt;b&gt;执照", "3 h", "en title of register", "(1) Xiaobao"}},
		{"/admin/ticket/T-1A2B3C4D", []string{"Evidence", "&lt;script&gt;", "Company", "Licence", "<td dir=\"auto\">1</td>", "to paste", `href="https://example.com/a"`, "pack.md", "The seller reads Chinese"}},
		{"/admin/questions", []string{"what about drones?", ">7<", "English"}},
		{"/admin/refused", []string{"Your shipment", "channel_not_found", "slack", "Send Again"}},
	} {
		res, body := s.ask("GET", tt.path, "")
		if res.StatusCode != 200 || res.Header.Get("Content-Security-Policy") == "" || res.Header.Get("Cache-Control") != "no-store" {
			t.Errorf("%s: %d %v", tt.path, res.StatusCode, res.Header)
		}
		for _, want := range tt.want {
			if !strings.Contains(body, want) {
				t.Errorf("%s does not say %q:\n%s", tt.path, want, body)
			}
		}
		for _, never := range []string{"<script", "<b>执照", `href="javascript`, "ZgotmplZ"} {
			if strings.Contains(body, never) {
				t.Errorf("%s holds %q", tt.path, never)
			}
		}
	}
	if _, body := s.ask("GET", "/admin/ticket/T-1A2B3C4D/file/8", ""); body != "# pack" {
		t.Errorf("the file is %q", body)
	}
	for _, path := range []string{"/admin/ticket/T-NONE", "/admin/nothing", "/admin/ticket/T-1A2B3C4D/file/1", "/admin/ticket/T-1A2B3C4D/file/99"} {
		if res, _ := s.ask("GET", path, ""); res.StatusCode != 404 {
			t.Errorf("%s: %d, want 404", path, res.StatusCode)
		}
	}
	if res, _ := s.ask("GET", "/admin", ""); res.Header.Get("Location") != Root {
		t.Error("/admin does not lead to the pages")
	}
	s.desk.open, s.desk.questions, s.desk.refusals = nil, nil, nil
	for path, want := range map[string]string{"/admin/": "Nobody is waiting", "/admin/questions": "No question", "/admin/refused": "Every message"} {
		if _, body := s.ask("GET", path, ""); !strings.Contains(body, want) {
			t.Errorf("%s, empty, does not say %q", path, want)
		}
	}
}

func TestLanguageIsSwitched(t *testing.T) {
	s := open(t, "")
	s.header.Set("Accept-Language", "zh-CN")
	if _, body := s.ask("GET", "/admin/", ""); !strings.Contains(body, "等人回答") || !strings.Contains(body, "zh-Hans title of register") {
		t.Errorf("in Chinese:\n%s", body)
	}
	res, _ := s.ask("GET", "/admin/language?to=en&back=/admin/refused", "")
	if res.Header.Get("Location") != "/admin/refused" || len(res.Cookies()) != 1 {
		t.Fatalf("to English: %v", res.Header)
	}
	s.header.Set("Cookie", res.Cookies()[0].String())
	if _, body := s.ask("GET", "/admin/", ""); !strings.Contains(body, "Waiting for a Human") {
		t.Errorf("in English:\n%s", body)
	}
	for _, back := range []string{"//evil.example", "https://evil.example", "/admin/../x", `/admin/\evil`, ""} {
		if res, _ := s.ask("GET", "/admin/language?to=en&back="+url.QueryEscape(back), ""); res.Header.Get("Location") != Root {
			t.Errorf("back to %q leads to %s", back, res.Header.Get("Location"))
		}
	}
}

func TestAnswering(t *testing.T) {
	s := open(t, "")
	res, _ := s.ask("POST", "/admin/ticket/T-1A2B3C4D", url.Values{"text": {" 先换证 "}, "name": {"Li\n Lei"}}.Encode())
	if res.StatusCode != 303 || res.Header.Get("Location") != "/admin/?done=T-1A2B3C4D" || !slices.Equal(s.desk.answers, []string{"T-1A2B3C4D|Li Lei|先换证"}) {
		t.Errorf("answered: %d %v, %q", res.StatusCode, res.Header, s.desk.answers)
	}
	s.header.Set("Cookie", res.Cookies()[0].String())
	if _, body := s.ask("GET", "/admin/ticket/T-1A2B3C4D", ""); !strings.Contains(body, `value="Li Lei"`) {
		t.Error("the name is not remembered")
	}
	if _, body := s.ask("GET", "/admin/?done=T-1A2B3C4D", ""); !strings.Contains(body, "T-1A2B3C4D is answered") {
		t.Errorf("not told that it is done:\n%s", body)
	}

	both := url.Values{"text": {"what I wrote"}, "name": {"Li"}}.Encode()
	for _, tt := range []struct {
		form   string
		err    error
		status int
		says   string
		keeps  bool
	}{
		{url.Values{"text": {" "}, "name": {"Li"}}.Encode(), nil, 422, "Please write", false},
		{url.Values{"text": {"what I wrote"}}.Encode(), nil, 422, "Please write", true},
		{both, bot.ErrAnswered, 409, "faster", true},
		{both, errors.New("disk full: /var/secret"), 503, "still here", true},
		{both, bot.ErrGone, 404, "not here", false},
		{"text=" + strings.Repeat("x", 300<<10), nil, 413, "too long", false},
	} {
		s := open(t, "")
		desk := s.desk
		h, err := New(Config{Tickets: desk, Answer: func(context.Context, string, string, string) error { return tt.err }, Logger: slog.New(slog.DiscardHandler)})
		if err != nil {
			t.Fatal(err)
		}
		s.handler = h
		res, body := s.ask("POST", "/admin/ticket/T-1A2B3C4D", tt.form)
		if res.StatusCode != tt.status || !strings.Contains(body, tt.says) || strings.Contains(body, "secret") {
			t.Errorf("%v: %d, want %d and %q:\n%s", tt.err, res.StatusCode, tt.status, tt.says, body)
		}
		if tt.keeps && !strings.Contains(body, "what I wrote") {
			t.Errorf("%v: what was typed is lost", tt.err)
		}
	}
}

func TestReplay(t *testing.T) {
	s := open(t, "")
	res, _ := s.ask("POST", "/admin/refused/d9", "x=1")
	if res.StatusCode != 303 || !slices.Equal(s.desk.replayed, []string{"d9"}) || s.nudged != 1 {
		t.Errorf("replay: %d %q, nudged %d", res.StatusCode, s.desk.replayed, s.nudged)
	}
	s.desk.fails = errors.New("disk full")
	for _, path := range []string{"/admin/", "/admin/questions", "/admin/refused"} {
		if res, body := s.ask("GET", path, ""); res.StatusCode != 503 || strings.Contains(body, "disk") {
			t.Errorf("%s with a broken store: %d", path, res.StatusCode)
		}
	}
}

func TestOtherOriginsCannotPost(t *testing.T) {
	s := open(t, "")
	s.header.Set("Sec-Fetch-Site", "cross-site")
	if res, _ := s.ask("POST", "/admin/refused/d9", "x=1"); res.StatusCode != 403 || len(s.desk.replayed) > 0 {
		t.Errorf("from another site: %d", res.StatusCode)
	}
}

func TestWithoutATokenOnlyThisMachineGetsIn(t *testing.T) {
	for _, tt := range []struct {
		from, host, forwarded string
		status                int
	}{
		{"127.0.0.1:1", "localhost:8080", "", 200},
		{"127.0.0.1:1", "127.0.0.1", "", 200},
		{"[::1]:1", "[::1]:8080", "", 200},
		{"[::ffff:127.0.0.1]:1", "localhost", "", 200},
		{"192.168.1.7:1", "192.168.1.5:8080", "", 403},
		{"192.168.1.7:1", "localhost", "", 403},
		{"127.0.0.1:1", "chat.example.com", "", 403},
		{"127.0.0.1:1", "localhost", "203.0.113.9", 403},
		{"", "localhost", "", 403},
	} {
		s := open(t, "")
		s.from = tt.from
		s.header.Set("Host", tt.host)
		if tt.forwarded != "" {
			s.header.Set("X-Forwarded-For", tt.forwarded)
		}
		for _, path := range []string{"/admin/", "/admin/ticket/T-1A2B3C4D", "/admin/questions", "/admin/refused"} {
			res, body := s.ask("GET", path, "")
			if res.StatusCode != tt.status || tt.status == 403 && (strings.Contains(body, "小明") || !strings.Contains(body, "token")) {
				t.Errorf("%s from %s to %s, forwarded %q: %d, want %d", path, tt.from, tt.host, tt.forwarded, res.StatusCode, tt.status)
			}
		}
	}
}

func TestTheTokenLetsIn(t *testing.T) {
	s := open(t, "right horse")
	s.from = "192.168.1.7:1"
	if res, body := s.ask("GET", "/admin/", ""); res.StatusCode != 401 || strings.Contains(body, "小明") {
		t.Errorf("without it: %d", res.StatusCode)
	}
	if res, _ := s.ask("POST", "/admin/refused/d9", "x=1"); res.StatusCode != 401 || len(s.desk.replayed) > 0 {
		t.Errorf("a post without it: %d", res.StatusCode)
	}
	if res, _ := s.ask("POST", "/admin/login", "token=wrong"); res.StatusCode != 401 || len(res.Cookies()) > 0 {
		t.Errorf("a wrong one: %d", res.StatusCode)
	}
	res, _ := s.ask("POST", "/admin/login", "token=right+horse")
	if res.StatusCode != 303 || len(res.Cookies()) != 1 || !res.Cookies()[0].HttpOnly || strings.Contains(res.Cookies()[0].Value, "right") {
		t.Fatalf("the right one: %d %v", res.StatusCode, res.Cookies())
	}
	s.header.Set("Cookie", res.Cookies()[0].String())
	if res, body := s.ask("GET", "/admin/", ""); res.StatusCode != 200 || !strings.Contains(body, "小明") || !strings.Contains(body, "/admin/logout") {
		t.Errorf("with it: %d", res.StatusCode)
	}
	if res, _ := s.ask("POST", "/admin/logout", "x=1"); res.Cookies()[0].MaxAge >= 0 {
		t.Error("leaving keeps the cookie")
	}
	other := open(t, "another horse")
	other.header.Set("Cookie", s.header.Get("Cookie"))
	if res, _ := other.ask("GET", "/admin/", ""); res.StatusCode != 401 {
		t.Errorf("the cookie of another token: %d", res.StatusCode)
	}

	s.header.Del("Cookie")
	slow := 0
	for range 10 {
		if res, _ := s.ask("POST", "/admin/login", "token=guess"); res.StatusCode == 429 {
			slow++
		}
	}
	if slow < 5 {
		t.Errorf("of ten guesses in a row %d were slowed down", slow)
	}
}

func TestWords(t *testing.T) {
	w, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	zh, en := w["zh-Hans"], w["en"]
	if a, b := slices.Sorted(maps.Keys(zh)), slices.Sorted(maps.Keys(en)); !slices.Equal(a, b) {
		t.Errorf("names differ:\nzh-Hans %q\nen      %q", a, b)
	}
	for name := range en {
		if strings.Count(zh[name], "%s") != strings.Count(en[name], "%s") || zh[name] == "" || en[name] == "" {
			t.Errorf("%s: %q and %q", name, zh[name], en[name])
		}
	}
	files, err := pagesFS.ReadDir("pages")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		b, _ := pagesFS.ReadFile("pages/" + f.Name())
		for _, m := range regexp.MustCompile(`\.W "(\w+)"`).FindAllStringSubmatch(string(b), -1) {
			if en[m[1]] == "" {
				t.Errorf("%s says %q, which is no word", f.Name(), m[1])
			}
		}
	}
}
