package admin

import (
	"context"
	"errors"
	"log/slog"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

func TestSourcesPage(t *testing.T) {
	var fails error
	sources := []Source{
		{Name: "17track", Followed: 41, Pushed: 7, Answered: noon, Warnings: []Warning{{Kind: "quota", Left: 12, Of: 1000}}},
		{Name: "another", Warnings: []Warning{{Kind: "quota", Of: 500}}},
		{Name: "amazon too", Warnings: []Warning{{Kind: "authorisation", Account: "<shop>", On: "2026-07-31"}, {Kind: "secret", Account: "shop", On: "2026-06-01", Over: true}}},
		{Name: "amazon", Stopped: "the refresh token was revoked <authorise again>", Since: noon.Add(-time.Hour)},
		{Name: "aftership", Failures: 6, Until: noon.Add(time.Minute)},
		{Name: "ship24", Failures: 2},
	}
	codes := []Code{{Source: "17track", Code: "Warp_Drive", Times: 12, Latest: noon, Example: "<script>货件</script>"}}
	h, err := New(Config{
		Tickets: newDesk(), Answer: newDesk().answer, Now: func() time.Time { return noon }, Logger: slog.New(slog.DiscardHandler),
		Sources: func(context.Context) ([]Source, []Code, error) { return sources, codes, fails },
	})
	if err != nil {
		t.Fatal(err)
	}
	ask := func(lang string) (int, string) {
		r := httptest.NewRequest("GET", "http://localhost:8080/admin/sources", nil)
		r.RemoteAddr = "127.0.0.1:5555"
		r.Header.Set("Accept-Language", lang)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Code, w.Body.String()
	}
	for lang, want := range map[string][]string{
		"en": {"Tracking sources", ">41<", ">7<", "Stopped since", "revoked &lt;authorise again&gt;", "Left alone until", "Failed 2 times", "Well", "Not yet", "Warp_Drive", ">12<", "&lt;script&gt;货件",
			"Only 12 of 1000 numbers", "quota of 500 numbers is used up", "&lt;shop&gt;: The seller must authorise the app again before 2026-07-31", "secret ended on 2026-06-01"},
		"zh": {"查询来源", "起已停用", "暂停查询到", "连续失败 2 次", "正常", "还没有", "不认识的代码", "Warp_Drive",
			"只剩 12 个，共 1000 个", "注册额度已用完（共 500 个）", "请在 2026-07-31 前让卖家重新授权", "密钥已于 2026-06-01 到期"},
	} {
		code, body := ask(lang)
		if code != 200 {
			t.Errorf("%s: %d", lang, code)
		}
		for _, w := range want {
			if !strings.Contains(body, w) {
				t.Errorf("%s: %q is missing", lang, w)
			}
		}
		if strings.Contains(body, "<script>") {
			t.Error("what a source said is in the page as it came")
		}
	}
	sources, codes = nil, nil
	if _, body := ask("en"); !strings.Contains(body, "No source is connected") || !strings.Contains(body, "No unknown codes") {
		t.Error("empty lists say nothing")
	}
	fails = errors.New("the database is away")
	if code, body := ask("en"); code < 500 || strings.Contains(body, "database is away") {
		t.Errorf("%d when it cannot be read", code)
	}
	without := open(t, "")
	if res, body := without.ask("GET", "/admin/sources", ""); res.StatusCode != 404 || strings.Contains(body, "/admin/sources\"") {
		t.Errorf("without sources: %d", res.StatusCode)
	}
}
