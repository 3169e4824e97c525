package slack

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
	"xiaobao/seal"
	"xiaobao/store"
)

var (
	teamA = slacktest.Home{Team: "T0AAA", Bot: "U0BOTA", BotID: "B0A"}
	teamB = slacktest.Home{Team: "T0BBB", Bot: "U0BOTB", BotID: "B0B"}
	orgE  = slacktest.Home{Enterprise: "E0ORG", Bot: "W0BOT", BotID: "B0E"}
)

// A browser installs the app.
type browser struct {
	t      *testing.T
	s      *slacktest.Server
	client *http.Client
}

func newBrowser(t *testing.T, s *slacktest.Server) *browser {
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	client := &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(client.CloseIdleConnections)
	return &browser{t, s, client}
}

func (b *browser) get(path string, header ...string) (*http.Response, string) {
	b.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.s.Base()+path, nil)
	if err != nil {
		b.t.Fatal(err)
	}
	if len(header) > 0 {
		r.Header.Set(header[0], header[1])
	}
	resp, err := b.client.Do(r)
	if err != nil {
		b.t.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		b.t.Fatal(err)
	}
	return resp, string(body)
}

// begin opens the installation page and returns the state that Slack would bring back.
func (b *browser) begin() (state string) {
	b.t.Helper()
	resp, body := b.get("/slack/install")
	to, err := url.Parse(resp.Header.Get("Location"))
	if err != nil || resp.StatusCode != http.StatusFound || !strings.HasPrefix(to.String(), authorizePage) {
		b.t.Fatalf("the installation page: %d %v %s", resp.StatusCode, to, body)
	}
	q := to.Query()
	if q.Get("client_id") != slacktest.ClientID || q.Get("scope") != slacktest.AllScopes || q.Get("redirect_uri") != "http://127.0.0.1/slack/oauth" || len(q.Get("state")) < 26 {
		b.t.Errorf("sent to %v", to)
	}
	return q.Get("state")
}

func (b *browser) install(h slacktest.Home) {
	b.t.Helper()
	code := fmt.Sprint("code-", h.Team, h.Enterprise)
	b.s.Offer(code, h)
	if resp, body := b.get("/slack/oauth?" + url.Values{"code": {code}, "state": {b.begin()}}.Encode()); resp.StatusCode != http.StatusOK {
		b.t.Fatalf("installed with %d:\n%s", resp.StatusCode, body)
	}
}

func ring(t testing.TB, secrets ...string) *seal.Ring {
	t.Helper()
	if len(secrets) == 0 {
		secrets = []string{"a secret of these tests only"}
	}
	r, err := seal.NewRing(secrets...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// several connects an app that several workspaces install.
func several(db *store.Store, more ...func(*Adapter)) connector {
	return func(t *testing.T, s *slacktest.Server, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) (*Adapter, <-chan error) {
		t.Helper()
		return run(t, s, Config{
			SigningSecret: slacktest.SigningSecret, ClientID: slacktest.ClientID, ClientSecret: slacktest.ClientSecret, RedirectURL: "http://127.0.0.1/slack/oauth",
			Keys: ring(t), Vault: db, Inbox: db,
		}, handle, append(change, more...)...)
	}
}

func TestInstall(t *testing.T) {
	s, o := slacktest.New(t), &once{}
	dsn := filepath.Join(t.TempDir(), "x.db")
	db := openStore(t, dsn)
	now := time.Now()
	a, _ := several(db, func(a *Adapter) { a.Now = func() time.Time { return now } })(t, s, o.handle)
	s.Clock(func() time.Time { return now })
	if p := s.Push("events_api", slacktest.At(teamA, slacktest.Said(1, "too early")), 0); p.Status != http.StatusForbidden || !p.NoRetry {
		t.Errorf("before it is installed: %d", p.Status)
	}
	now = now.Add(recheck)
	b := newBrowser(t, s)
	resp, _ := b.get("/slack/install")
	if c := resp.Cookies(); len(c) != 1 || !c[0].HttpOnly || c[0].SameSite != http.SameSiteLaxMode || len(c[0].Value) < 40 {
		t.Errorf("the cookie is %+v", c)
	}
	b.install(teamA)
	b.install(orgE)
	if !s.Push("events_api", slacktest.At(teamA, slacktest.Said(2, "hello")), 0).Acked || len(o.all) != 1 || o.all[0].From.Tenant() != "slack:T0AAA" {
		t.Fatalf("heard %+v", o.all)
	}
	if _, err := a.Send(t.Context(), bot.Delivery{ID: "d1", Place: o.all[0].To, Message: text("hi"), Attempt: 1}); err != nil {
		t.Fatal(err)
	}
	if m := s.Messages(slacktest.DM); len(m) != 1 || m[0].Home != "T0AAA" {
		t.Errorf("sent %+v", m)
	}
	if _, err := a.Send(t.Context(), bot.Delivery{ID: "d2", Place: makePlace("T0NONE", slacktest.DM, ""), Message: text("hi"), Attempt: 1}); !isNever(err) {
		t.Errorf("where it is not installed: %v", err)
	}

	// Nothing in the database, in its files or in the log of it can be read.
	for token := range s.Tokens() {
		for _, name := range []string{dsn, dsn + "-wal"} {
			if data, err := os.ReadFile(name); err == nil && strings.Contains(string(data), token) {
				t.Errorf("%s holds a token", name)
			}
		}
	}

	// Another process, with another key in front, knows the same workspaces, and seals them anew.
	other, _ := several(db, func(a *Adapter) { a.Keys = ring(t, "the next secret of these tests", "a secret of these tests only") })(t, s, o.handle)
	if other.homes.get("T0AAA") == nil || other.homes.get("E0ORG") == nil {
		t.Error("another process does not know the workspaces")
	}
	several(db, func(a *Adapter) { a.Keys = ring(t, "the next secret of these tests") })(t, s, o.handle)
	if !s.Push("events_api", slacktest.At(teamA, slacktest.Said(3, "with the next key")), 0).Acked {
		t.Error("not sealed with the next key")
	}
}

func isNever(err error) bool { o, _ := bot.Fate(err, 1); return o == bot.Refused }

// S62, X9: a state is good once, for ten minutes, and in the browser that began; nothing of the request stands on the page.
func TestInstallRefused(t *testing.T) {
	s := slacktest.New(t)
	db := openStore(t, filepath.Join(t.TempDir(), "x.db"))
	now := time.Now()
	a, _ := several(db, func(a *Adapter) { a.Now = func() time.Time { return now } })(t, s, ignore)
	attack := "<script>alert(1)</script>"
	mine, theirs := newBrowser(t, s), newBrowser(t, s)
	for _, c := range []struct {
		name string
		do   func() (*http.Response, string)
		want int
	}{
		{"no cookie", func() (*http.Response, string) {
			state := mine.begin()
			return newBrowser(t, s).get("/slack/oauth?code=c&state=" + state)
		}, 400},
		{"the cookie of another browser", func() (*http.Response, string) {
			state := mine.begin()
			theirs.begin()
			return theirs.get("/slack/oauth?code=c&state=" + state)
		}, 400},
		{"used", func() (*http.Response, string) {
			s.Offer("c", teamA)
			state := mine.begin()
			mine.get("/slack/oauth?code=c&state=" + state)
			s.Offer("c", teamA)
			return mine.get("/slack/oauth?code=c&state=" + state)
		}, 400},
		{"too late", func() (*http.Response, string) {
			state := mine.begin()
			now = now.Add(grantTime)
			return mine.get("/slack/oauth?code=c&state=" + state)
		}, 400},
		{"invented", func() (*http.Response, string) {
			mine.begin()
			return mine.get("/slack/oauth?code=c&state=" + url.QueryEscape(attack))
		}, 400},
		{"two states", func() (*http.Response, string) {
			state := mine.begin()
			return mine.get("/slack/oauth?code=c&state=" + state + "&state=" + state)
		}, 400},
		{"not allowed by the person", func() (*http.Response, string) {
			return mine.get("/slack/oauth?error=" + url.QueryEscape(attack) + "&state=" + mine.begin())
		}, 200},
		{"a code that Slack does not know", func() (*http.Response, string) {
			return mine.get("/slack/oauth?code=" + url.QueryEscape(attack) + "&state=" + mine.begin())
		}, 502},
		{"a workspace that is not on the list", func() (*http.Response, string) {
			a.Allowed = []string{"T0AAA"}
			s.Offer("b", teamB)
			before := len(s.Tokens())
			resp, body := mine.get("/slack/oauth?code=b&state=" + mine.begin())
			if len(s.Tokens()) != before {
				t.Error("its token was not handed back")
			}
			return resp, body
		}, 403},
	} {
		resp, body := c.do()
		if resp.StatusCode != c.want || strings.Contains(body, "script") || !strings.Contains(resp.Header.Get("Content-Security-Policy"), "default-src 'none'") {
			t.Errorf("%s: %d %q\n%s", c.name, resp.StatusCode, resp.Header.Get("Content-Security-Policy"), body)
		}
	}
	if a.homes.get("T0BBB") != nil {
		t.Error("a workspace that is not on the list is served")
	}
	if _, body := mine.get("/slack/oauth", "Accept-Language", "zh-CN,zh;q=0.9"); !strings.Contains(body, "请重新开始") {
		t.Errorf("in Chinese:\n%s", body)
	}
}

// S64: a token is refreshed once, two hours before its end, whoever needs it; one that has ended is waited for.
func TestRotation(t *testing.T) {
	s := slacktest.New(t)
	db := openStore(t, filepath.Join(t.TempDir(), "x.db"))
	var clock atomic.Int64
	now := func() time.Time { return time.Unix(clock.Load(), 0) }
	clock.Store(time.Now().Unix())
	s.Clock(now)
	fast := func(a *Adapter) { a.Now, a.pace.now, a.people.now = now, now, now }
	a, _ := several(db, fast)(t, s, ignore)
	home := teamA
	home.Expires = 12 * time.Hour
	newBrowser(t, s).install(home)
	other, _ := several(db, fast)(t, s, ignore) // another process on the same database
	refreshed := func() int { return len(s.Calls("oauth.v2.access")) - 1 }
	n := 0
	send := func(a *Adapter) error {
		n++
		_, err := a.Send(t.Context(), bot.Delivery{ID: fmt.Sprint("d", n), Place: makePlace("T0AAA", fmt.Sprint("D", n), ""), Message: text("x"), Attempt: 1})
		return err
	}
	if err := send(a); err != nil || refreshed() != 0 {
		t.Errorf("fresh: %v, %d refreshes", err, refreshed())
	}
	clock.Add(int64((10*time.Hour + time.Minute).Seconds()))
	s.Fail("oauth.v2.access", slacktest.Fault{Status: 503})
	if err := send(a); err != nil || refreshed() != 1 {
		t.Errorf("a refresh that fails while the token is good: %v, %d refreshes", err, refreshed())
	}
	if err := send(a); err != nil || refreshed() != 1 {
		t.Errorf("and at once again: %v, %d refreshes", err, refreshed())
	}
	clock.Add(60)
	var all sync.WaitGroup
	for i := range 20 {
		n++
		id := fmt.Sprint("p", n)
		from := []*Adapter{a, other}[i%2]
		all.Go(func() {
			if _, err := from.Send(t.Context(), bot.Delivery{ID: id, Place: makePlace("T0AAA", "D"+id, ""), Message: text("x"), Attempt: 1}); err != nil {
				t.Errorf("meanwhile: %v", err)
			}
		})
	}
	all.Wait()
	if refreshed() != 2 {
		t.Errorf("%d refreshes in two processes, one of them failed", refreshed())
	}
	// The token has ended: everybody waits for one refresh.
	s.End("T0AAA")
	clock.Add(int64((13 * time.Hour).Seconds()))
	for range 10 {
		n++
		id := fmt.Sprint("q", n)
		all.Go(func() {
			if _, err := a.Send(t.Context(), bot.Delivery{ID: id, Place: makePlace("T0AAA", "D"+id, ""), Message: text("x"), Attempt: 1}); err != nil {
				t.Errorf("after its end: %v", err)
			}
		})
	}
	all.Wait()
	if refreshed() != 3 {
		t.Errorf("%d refreshes", refreshed())
	}
	if err := send(other); err != nil || refreshed() != 3 {
		t.Errorf("the other process reads what this one kept: %v, %d refreshes", err, refreshed())
	}
	// Ended, and Slack cannot be reached: later, not never.
	s.End("T0AAA")
	clock.Add(int64((13 * time.Hour).Seconds()))
	s.Fail("oauth.v2.access", slacktest.Fault{Status: 503})
	for range 2 {
		if o, wait := bot.Fate(send(a), 1); o != bot.Deferred || wait < time.Second {
			t.Errorf("the outcome is %q in %v", o, wait)
		}
	}
	if refreshed() != 4 {
		t.Errorf("%d refreshes: it must rest", refreshed())
	}
	clock.Add(61)
	if err := send(a); err != nil {
		t.Errorf("when it can be reached again: %v", err)
	}
	// A restart finds the newest pair.
	third, _ := several(db, fast)(t, s, ignore)
	if err := send(third); err != nil || refreshed() != 5 {
		t.Errorf("after a restart: %v, %d refreshes", err, refreshed())
	}
}

// stubborn cannot erase at first.
type stubborn struct {
	*store.Store
	fail atomic.Int64
}

func (s *stubborn) EraseTenant(ctx context.Context, network, id string) error {
	if s.fail.Add(-1) >= 0 {
		return errors.New("the disk is full")
	}
	return s.Store.EraseTenant(ctx, network, id)
}

// S65, X16, B27: uninstalling takes the tokens at once and everything else within a minute, and nobody else notices.
func TestUninstall(t *testing.T) {
	for name, event := range map[string]map[string]any{
		"uninstalled": {"type": "app_uninstalled"}, "revoked": {"type": "tokens_revoked", "tokens": map[string]any{"oauth": []string{"U1"}, "bot": []string{teamA.Bot}}},
	} {
		t.Run(name, func(t *testing.T) {
			s := slacktest.New(t)
			dsn := filepath.Join(t.TempDir(), "x.db")
			db := openStore(t, dsn)
			vault := &stubborn{Store: db}
			vault.fail.Store(1)
			p := newBotAt(t, s, dsn, time.Now, several(db, func(a *Adapter) { a.Vault = vault; a.erasePause = 20 * time.Millisecond }))
			b := newBrowser(t, s)
			b.install(teamA)
			b.install(teamB)
			for i, h := range []slacktest.Home{teamA, teamB} {
				if !s.Push("events_api", slacktest.At(h, slacktest.Said(10+i, "hi")), 0).Acked {
					t.Fatal("not acknowledged")
				}
			}
			p.drain()
			if !s.Push("events_api", slacktest.At(teamA, slacktest.Event(20, map[string]any{"type": "tokens_revoked", "tokens": map[string]any{"oauth": []string{"U1"}}})), 0).Acked || p.a.homes.get("T0AAA") == nil {
				t.Error("a person's own token is not ours")
			}
			left := time.Now()
			if !s.Push("events_api", slacktest.At(teamA, slacktest.Event(21, event)), 0).Acked {
				t.Error("not acknowledged")
			}
			if _, err := db.Workspace(t.Context(), Network, "T0AAA"); !errors.Is(err, bot.ErrGone) {
				t.Errorf("the token is still kept when it is acknowledged: %v", err)
			}
			if _, err := p.a.Send(t.Context(), bot.Delivery{ID: "late", Place: makePlace("T0AAA", slacktest.DM, ""), Message: text("x"), Attempt: 1}); !isNever(err) {
				t.Errorf("sent to it: %v", err)
			}
			cases := func() map[string]int {
				n := map[string]int{}
				if err := db.EachCase(t.Context(), func(tenant, _ string, _ []byte) error { n[tenant]++; return nil }); err != nil {
					t.Fatal(err)
				}
				return n
			}
			s.Wait("the erasure", func() bool { return cases()["slack:T0AAA"] == 0 })
			if d := time.Since(left); d > time.Minute || cases()["slack:T0BBB"] != 1 {
				t.Errorf("after %v: %v", d, cases())
			}
			if !s.Push("events_api", slacktest.At(teamB, slacktest.Said(30, "help")), 0).Acked {
				t.Error("the other workspace is not heard any more")
			}
			// It comes back, and nothing of before is there.
			p.a.homes.mu.Lock()
			clear(p.a.homes.unknown)
			p.a.homes.mu.Unlock()
			b.install(teamA)
			if !s.Push("events_api", slacktest.At(teamA, slacktest.Said(31, "hi")), 0).Acked {
				t.Error("not heard after it came back")
			}
			p.drain()
			if cases()["slack:T0AAA"] != 1 {
				t.Errorf("after it came back: %v", cases())
			}
		})
	}
}

// A workspace that left while the program was down, or whose erasure was not finished, is erased at the next start.
func TestErasedAfterRestart(t *testing.T) {
	s := slacktest.New(t)
	db := openStore(t, filepath.Join(t.TempDir(), "x.db"))
	if _, err := db.Join(t.Context(), bot.User{Network: Network, Workspace: "T0AAA", ID: "U1"}, "case", time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.KeepWorkspace(t.Context(), Network, "T0AAA", "sealed", time.Now()), db.LeaveWorkspace(t.Context(), Network, "T0AAA", time.Now())); err != nil {
		t.Fatal(err)
	}
	several(db)(t, s, ignore)
	s.Wait("the erasure", func() bool {
		_, err := db.Read(t.Context(), "slack:T0AAA", "case")
		return errors.Is(err, bot.ErrGone)
	})
}

// The operator's own workspace: nothing is erased, nothing is sent, and the log says what to do.
func TestOwnUninstalled(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o, out := slacktest.New(t), &once{}, &lockedBuffer{}
		a, _ := connect(t, s, o.handle, func(a *Adapter) { a.Logger = textLog(out) })
		if !s.Push("events_api", slacktest.Event(1, map[string]any{"type": "app_uninstalled"}), 0).Acked {
			t.Error("not acknowledged")
		}
		s.Wait("the alarm", func() bool { return strings.Contains(out.String(), "install it again") })
		if _, err := a.Send(t.Context(), bot.Delivery{ID: "d", Place: home(), Message: text("x"), Attempt: 1}); !isNever(err) {
			t.Errorf("sent: %v", err)
		}
	})
}

// S14: what is signed and not for an installation of ours.
func TestStrangers(t *testing.T) {
	s, o := slacktest.New(t), &once{}
	db := openStore(t, filepath.Join(t.TempDir(), "x.db"))
	several(db)(t, s, o.handle)
	newBrowser(t, s).install(teamA)
	other := slacktest.At(teamA, slacktest.Said(1, "x"))
	other["api_app_id"] = "A0OTHER"
	unnamed := slacktest.Said(2, "x")
	unnamed["team_id"] = ""
	for _, payload := range []map[string]any{other, unnamed, slacktest.At(teamB, slacktest.Said(3, "x"))} {
		if p := s.Push("events_api", payload, 0); p.Status != http.StatusForbidden || !p.NoRetry {
			t.Errorf("%v: %d", payload["event_id"], p.Status)
		}
	}
	if len(o.all) > 0 {
		t.Errorf("heard %+v", o.all)
	}
}
