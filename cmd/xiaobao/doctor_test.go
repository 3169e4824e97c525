package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/seal"
	"xiaobao/store"
)

// TestDoctor: each fault that a person can make when setting Slack up is found, with what to do about it, in both languages.
func TestDoctor(t *testing.T) {
	socket := map[string]string{"SLACK_BOT_TOKEN": slacktest.BotToken, "SLACK_APP_TOKEN": slacktest.AppToken}
	posted := map[string]string{"SLACK_BOT_TOKEN": slacktest.BotToken, "SLACK_SIGNING_SECRET": slacktest.SigningSecret}
	several := map[string]string{
		"SLACK_SIGNING_SECRET": slacktest.SigningSecret, "SLACK_CLIENT_ID": slacktest.ClientID, "SLACK_CLIENT_SECRET": slacktest.ClientSecret,
		"SLACK_REDIRECT_URL": "https://bot.example.com/slack/oauth", "XIAOBAO_KEY": "a key of these tests alone",
	}
	but := func(env map[string]string, changes ...string) map[string]string {
		out := map[string]string{}
		for k, v := range env {
			out[k] = v
		}
		for i := 0; i < len(changes); i += 2 {
			out[changes[i]] = changes[i+1]
		}
		return out
	}
	for _, c := range []struct {
		name   string
		env    map[string]string
		do     func(s *slacktest.Server)
		args   []string
		code   int
		en, zh []string // what is said
	}{
		{name: "nothing set up", en: []string{"No chat network", "docs/slack.md"}, zh: []string{"没有设置聊天平台"}},
		{name: "all is well", env: socket, en: []string{"All is well", "Stand-In (T0TEAM)", "every scope", "Socket Mode is on", "clock is right"}, zh: []string{"一切正常", "权限齐全", "Socket Mode 已开启"}},
		{name: "no bot token", env: map[string]string{"SLACK_APP_TOKEN": slacktest.AppToken}, code: 1, en: []string{"SLACK_BOT_TOKEN is missing", "OAuth & Permissions"}, zh: []string{"缺少 SLACK_BOT_TOKEN"}},
		{name: "a user's token", env: but(socket, "SLACK_BOT_TOKEN", "xoxp-1"), code: 1, en: []string{"not a bot token", "xoxb-"}, zh: []string{"不是机器人令牌"}},
		{name: "swapped", env: but(socket, "SLACK_BOT_TOKEN", slacktest.AppToken, "SLACK_APP_TOKEN", slacktest.BotToken), code: 1, en: []string{"holds an app-level token", "Exchange the two", "1 to mend"}, zh: []string{"填反了", "对调", "有 1 项"}},
		{name: "a bot token twice", env: but(socket, "SLACK_APP_TOKEN", slacktest.BotToken), code: 1, en: []string{"not an app-level token", "connections:write", "1 to mend"}, zh: []string{"不是应用级令牌"}},
		{name: "no way in", env: map[string]string{"SLACK_BOT_TOKEN": slacktest.BotToken}, code: 1, en: []string{"how Slack's events come in", "SLACK_SIGNING_SECRET"}, zh: []string{"接收方式"}},
		{name: "both ways", env: but(socket, "SLACK_SIGNING_SECRET", slacktest.SigningSecret), en: []string{"both set", "some lines above want a look"}, zh: []string{"都已设置", "留意"}},
		{name: "revoked", env: socket, do: func(s *slacktest.Server) { s.Fail("auth.test", slacktest.Fault{Error: "token_revoked"}) }, code: 1, en: []string{"refuses the bot token (token_revoked)", "Install App"}, zh: []string{"拒绝了机器人令牌（token_revoked）"}},
		{name: "a token of nothing", env: but(socket, "SLACK_BOT_TOKEN", "xoxb-wrong"), code: 1, en: []string{"refuses the bot token (invalid_auth)", "copy the token again"}, zh: []string{"拒绝了机器人令牌（invalid_auth）", "重新复制令牌"}},
		{name: "scopes are missing", env: socket, do: func(s *slacktest.Server) { s.Hold("chat:write", "commands", "channels:history") }, code: 1,
			en: []string{"lacks scopes: ", "files:write, im:history", "does not need: channels:history", "install the app again"}, zh: []string{"缺少权限：", "用不到的权限：channels:history"}},
		{name: "Slack is away", env: socket, do: func(s *slacktest.Server) { s.Fail("api.test", slacktest.Fault{Status: 503}) }, code: 1, en: []string{"does not answer", "503"}, zh: []string{"无法连接 Slack"}},
		{name: "nobody there", env: but(socket, "SLACK_API_URL", "http://127.0.0.1:1/api/"), code: 1, en: []string{"does not answer at 127.0.0.1:1", "connection refused", "HTTPS_PROXY"}, zh: []string{"无法连接 Slack（127.0.0.1:1）"}},
		{name: "the clock", env: socket, do: func(s *slacktest.Server) { s.Skew(10 * time.Minute) }, code: 1, en: []string{"clock is off by", "NTP"}, zh: []string{"本机时间相差", "时间同步"}},
		{name: "Socket Mode is off", env: socket, do: func(s *slacktest.Server) {
			s.Fail("apps.connections.open", slacktest.Fault{Error: "link_disabled"})
		}, code: 1, en: []string{"link_disabled", "switch it on"}, zh: []string{"没有开启 Socket Mode"}},
		{name: "a bad app token", env: socket, do: func(s *slacktest.Server) {
			s.Fail("apps.connections.open", slacktest.Fault{Error: "invalid_auth"})
		}, code: 1, en: []string{"app-level token (invalid_auth)", "connections:write"}, zh: []string{"拒绝了应用级令牌"}},
		{name: "ghosts", env: socket, args: []string{"--connect"}, do: func(s *slacktest.Server) { s.Ghosts(4) }, en: []string{"counts 4 other connections", "make a new one"}, zh: []string{"另有 4 个连接"}},
		{name: "no ghosts", env: socket, args: []string{"--connect"}, en: []string{"No other connection"}, zh: []string{"没有其他连接"}},
		{name: "not running", env: posted, args: []string{"--listen", "127.0.0.1:1"}, en: []string{"Nobody answers at http://127.0.0.1:1/slack/events", "Start Xiaobao"}, zh: []string{"没有应答"}},
		{name: "a short secret", env: but(posted, "SLACK_SIGNING_SECRET", "abc"), args: []string{"--listen", "127.0.0.1:1"}, en: []string{"does not look like one"}, zh: []string{"格式不对"}},
		{name: "half of an app for several", env: but(several, "SLACK_CLIENT_SECRET", "", "XIAOBAO_KEY", ""), args: []string{"--listen", "127.0.0.1:1"}, code: 1, en: []string{"SLACK_CLIENT_SECRET, XIAOBAO_KEY", "openssl rand"}, zh: []string{"还缺少：SLACK_CLIENT_SECRET"}},
		{name: "a short key", env: but(several, "XIAOBAO_KEY", "short"), args: []string{"--listen", "127.0.0.1:1"}, code: 1, en: []string{"XIAOBAO_KEY: ", "too short"}, zh: []string{"openssl rand"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			for lang, want := range map[string][]string{"en": c.en, "zh": c.zh} {
				s := slacktest.New(t)
				t.Setenv("SLACK_API_URL", s.API())
				for _, name := range []string{"SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "SLACK_SIGNING_SECRET", "SLACK_CLIENT_ID", "SLACK_CLIENT_SECRET", "SLACK_REDIRECT_URL", "XIAOBAO_KEY"} {
					t.Setenv(name, c.env[name])
				}
				if base := c.env["SLACK_API_URL"]; base != "" {
					t.Setenv("SLACK_API_URL", base)
				}
				if c.do != nil {
					c.do(s)
				}
				code, out, errs := doctor(t, time.Now, append([]string{"--lang", lang, "--database", filepath.Join(t.TempDir(), "x.db")}, c.args...)...)
				if code != c.code {
					t.Errorf("%s: ended with %d\n%s%s", lang, code, out, errs)
				}
				for _, w := range want {
					if !strings.Contains(out+errs, w) {
						t.Errorf("%s: %q is not in\n%s%s", lang, w, out, errs)
					}
				}
				for _, secret := range []string{slacktest.BotToken, slacktest.AppToken, slacktest.SigningSecret, slacktest.ClientSecret, "ticket"} {
					if strings.Contains(out+errs, secret) {
						t.Errorf("%q is in\n%s%s", secret, out, errs)
					}
				}
				if len(s.Messages(slacktest.DM)) > 0 {
					t.Error("something was sent")
				}
			}
		})
	}
}

func doctor(t *testing.T, now func() time.Time, args ...string) (int, string, string) {
	t.Helper()
	var out, errs strings.Builder
	code := run(context.Background(), outside{strings.NewReader(""), &out, &errs, now}, append([]string{"doctor"}, args...))
	return code, out.String(), errs.String()
}

// TestDoctorAsksTheProgram: over HTTP the running program is asked whether it knows the same secret.
func TestDoctorAsksTheProgram(t *testing.T) {
	s := slacktest.New(t)
	t.Setenv("SLACK_API_URL", s.API())
	t.Setenv("SLACK_BOT_TOKEN", slacktest.BotToken)
	t.Setenv("SLACK_SIGNING_SECRET", slacktest.SigningSecret)
	args := fresh(t, "")
	p := start(t, time.Now, args...)
	s.PostTo(p.url)
	s.Wait("the program", func() bool {
		return s.Push("events_api", map[string]any{"type": "url_verification", "challenge": "x"}, 0).Acked
	})
	at := strings.Replace(strings.TrimPrefix(p.url, "http://"), "localhost", "127.0.0.1", 1)
	if code, out, errs := doctor(t, time.Now, "--lang", "en", "--listen", at, "--database", databaseOf(args)); code != 0 || !strings.Contains(out, "the same signing secret") || !strings.Contains(out, "opens") {
		t.Errorf("%d\n%s%s", code, out, errs)
	}
	t.Setenv("SLACK_SIGNING_SECRET", strings.Repeat("f", 32))
	if code, out, _ := doctor(t, time.Now, "--lang", "en", "--listen", at, "--database", databaseOf(args)); code != 1 || !strings.Contains(out, "another signing secret") {
		t.Errorf("another secret: %d\n%s", code, out)
	}
	other := httptest.NewServer(http.NotFoundHandler())
	defer other.Close()
	if code, out, _ := doctor(t, time.Now, "--lang", "en", "--listen", strings.TrimPrefix(other.URL, "http://"), "--database", databaseOf(args)); code != 1 || !strings.Contains(out, "404") {
		t.Errorf("another program: %d\n%s", code, out)
	}
}

// TestDoctorAndWorkspaces: installations whose tokens were refused or cannot be opened are named.
func TestDoctorAndWorkspaces(t *testing.T) {
	s := slacktest.New(t)
	for name, value := range map[string]string{
		"SLACK_API_URL": s.API(), "SLACK_SIGNING_SECRET": slacktest.SigningSecret, "SLACK_CLIENT_ID": slacktest.ClientID, "SLACK_CLIENT_SECRET": slacktest.ClientSecret,
		"SLACK_REDIRECT_URL": "http://127.0.0.1:1/slack/oauth", "XIAOBAO_KEY": "a key of these tests alone",
	} {
		t.Setenv(name, value)
	}
	dsn := filepath.Join(t.TempDir(), "x.db")
	ask := func(want ...string) {
		t.Helper()
		_, out, errs := doctor(t, time.Now, "--lang", "en", "--listen", "127.0.0.1:1", "--database", dsn)
		for _, w := range want {
			if !strings.Contains(out+errs, w) {
				t.Errorf("%q is not in\n%s%s", w, out, errs)
			}
		}
	}
	db, err := store.Open(t.Context(), dsn, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ask("0 workspaces", "/slack/install")
	ring, err := seal.NewRing("a key of these tests alone")
	if err != nil {
		t.Fatal(err)
	}
	other, err := seal.NewRing("a key that is not there")
	if err != nil {
		t.Fatal(err)
	}
	for id, sealed := range map[string]string{
		"T0GOOD":   ring.Seal([]byte(`{"access":"`+slacktest.BotToken+`","team":"T0GOOD","user":"U1"}`), "slack:T0GOOD", "slack grant", "T0GOOD"),
		"T0BAD":    ring.Seal([]byte(`{"access":"xoxb-gone","team":"T0BAD","user":"U1"}`), "slack:T0BAD", "slack grant", "T0BAD"),
		"T0SEALED": other.Seal([]byte(`{"access":"xoxb-x","team":"T0SEALED","user":"U1"}`), "slack:T0SEALED", "slack grant", "T0SEALED"),
		"T0MOVED":  ring.Seal([]byte(`{"access":"xoxb-x","team":"T0GOOD","user":"U1"}`), "slack:T0GOOD", "slack grant", "T0GOOD"),
	} {
		if err := db.KeepWorkspace(t.Context(), "slack", id, sealed, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	ask("4 workspaces", "T0BAD: Slack refuses its token (invalid_auth)", "T0SEALED: its tokens cannot be opened", "T0MOVED: its tokens cannot be opened", "XIAOBAO_KEY=new,old")
}

// TestDoctorOfDatabase: a database that cannot be opened.
func TestDoctorOfDatabase(t *testing.T) {
	for lang, want := range map[string]string{"en": "does not open", "zh": "无法打开"} {
		code, out, _ := doctor(t, time.Now, "--lang", lang, "--database", filepath.Join(t.TempDir(), "no", "such", "folder", "x.db"))
		if code != 1 || !strings.Contains(out, want) {
			t.Errorf("%d\n%s", code, out)
		}
		broken := write(t, "broken.db", strings.Repeat("this is no database ", 500))
		if code, out, _ := doctor(t, time.Now, "--lang", lang, "--database", broken); code != 1 || !strings.Contains(out, want) {
			t.Errorf("%d\n%s", code, out)
		}
		if code, out, _ := doctor(t, time.Now, "--lang", lang, "--listen", "nonsense", "--database", filepath.Join(t.TempDir(), "x.db")); code != 1 || !strings.Contains(out, "listen") {
			t.Errorf("%d\n%s", code, out)
		}
	}
}
