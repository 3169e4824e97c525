package main

import (
	"bytes"
	"context"
	"net/http"
	"strings"
	"testing"

	"xiaobao/adapters/slack/slacktest"
)

// TestSlack: with both tokens in the environment the same command talks in Slack and serves the web chat, on one database.
func TestSlack(t *testing.T) {
	s := slacktest.New(t)
	s.Set(slacktest.Person, slacktest.Profile{Name: "林", Locale: "zh-CN", Zone: "Asia/Shanghai"})
	t.Setenv("SLACK_BOT_TOKEN", slacktest.BotToken)
	t.Setenv("SLACK_APP_TOKEN", slacktest.AppToken)
	t.Setenv("SLACK_API_URL", s.API())
	p := start(t, clockFrom(opening), fresh(t, "")...)
	if !strings.Contains(p.out.String(), "Slack: connecting") {
		t.Errorf("it does not say that it connects:\n%s", p.out)
	}
	for attempt := range 2 {
		if !s.Push("events_api", slacktest.Said(1, "你好"), attempt).Acked {
			t.Fatal("not acknowledged")
		}
	}
	button := func(label string) (payload map[string]any) {
		for _, m := range s.Messages(slacktest.DM) {
			if found := m.Pressed(2, label); found != nil {
				payload = found
			}
		}
		return payload
	}
	s.Wait("the steps", func() bool { return button("1. 注册亚马逊卖家账号") != nil })
	if !s.Push("interactive", button("1. 注册亚马逊卖家账号"), 0).Acked {
		t.Fatal("not acknowledged")
	}
	s.Wait("the first question", func() bool { return button("发往亚马逊仓") != nil })
	s.Push("events_api", slacktest.Event(5, map[string]any{"type": "app_home_opened", "user": slacktest.Person, "tab": "home"}), 0)
	s.Wait("the Home tab", func() bool { return len(s.Homes(slacktest.Person)) > 0 })
	page := string(s.Homes(slacktest.Person)[0])
	for _, text := range []string{"待您处理", "您的货打算怎么走？", "注册亚马逊卖家账号", "货件：全部（0）", "免打扰", "更新于"} {
		if !strings.Contains(page, text) {
			t.Errorf("the Home tab has no %q:\n%s", text, page)
		}
	}
	if f := s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}

	v := visit(t, p, "en")
	v.say("hi")
	v.see("Your ten steps")

	if code := p.stop(); code != 0 || p.errs.String() != "" {
		t.Errorf("ended with %d and wrote:\n%s", code, p.errs)
	}
}

// TestSlackEnds: Socket Mode is switched off, or half of the tokens are missing: the program says so.
func TestSlackEnds(t *testing.T) {
	s := slacktest.New(t)
	t.Setenv("SLACK_BOT_TOKEN", slacktest.BotToken)
	t.Setenv("SLACK_API_URL", s.API())
	serve := func() (int, string) {
		var out, errs bytes.Buffer
		code := run(context.Background(), outside{strings.NewReader(""), &out, &errs, clockFrom(opening)}, fresh(t, ""))
		return code, errs.String()
	}
	if code, errs := serve(); code != 1 || !strings.Contains(errs, "SLACK_APP_TOKEN (Socket Mode) or SLACK_SIGNING_SECRET") {
		t.Errorf("half of the tokens: %d %q", code, errs)
	}
	t.Setenv("SLACK_APP_TOKEN", slacktest.AppToken)
	s.Fail("auth.test", slacktest.Fault{Error: "token_revoked"})
	if code, errs := serve(); code != 1 || !strings.Contains(errs, "refuses SLACK_BOT_TOKEN") {
		t.Errorf("a token that was revoked: %d %q", code, errs)
	}
	go func() {
		s.Wait("the connection", func() bool { return s.Links() == 1 })
		s.Disconnect("link_disabled")
	}()
	if code, errs := serve(); code != 1 || !strings.Contains(errs, "Socket Mode is switched off") {
		t.Errorf("switched off: %d %q", code, errs)
	}
}

// TestSlackOverHTTP: with a signing secret instead of an app-level token Slack posts to the same address as the web chat, under any name,
// and the page's own checks stay as they are.
func TestSlackOverHTTP(t *testing.T) {
	s := slacktest.New(t)
	s.Set(slacktest.Person, slacktest.Profile{Name: "林", Locale: "zh-CN", Zone: "Asia/Shanghai"})
	t.Setenv("SLACK_BOT_TOKEN", slacktest.BotToken)
	t.Setenv("SLACK_SIGNING_SECRET", slacktest.SigningSecret)
	t.Setenv("SLACK_API_URL", s.API())
	t.Setenv("XIAOBAO_LISTEN", "127.0.0.1:0")
	now := clockFrom(opening)
	s.Clock(now)
	var args []string
	for _, a := range fresh(t, "") {
		if a != "--listen" && !strings.HasPrefix(a, "127.0.0.1") {
			args = append(args, a)
		}
	}
	p := start(t, now, args...)
	if !strings.Contains(p.out.String(), "waiting for what Slack posts") {
		t.Errorf("it does not say that it waits:\n%s", p.out)
	}
	s.PostTo(p.url)
	s.Wait("the program to take what is posted", func() bool {
		return s.Push("events_api", map[string]any{"type": "url_verification", "challenge": "x"}, 0).Acked
	})
	for attempt := range 2 {
		r := s.Request("events_api", slacktest.Said(1, "你好"), attempt)
		r.Host = "bot.example.com"
		if got := s.Do(r); !got.Acked {
			t.Fatalf("answered with %d", got.Status)
		}
	}
	s.Wait("the steps", func() bool {
		for _, m := range s.Messages(slacktest.DM) {
			if m.Pressed(2, "1. 注册亚马逊卖家账号") != nil {
				return true
			}
		}
		return false
	})
	forged := s.Request("events_api", slacktest.Said(2, "forged"), 0)
	forged.Header.Set("X-Slack-Signature", "v0="+strings.Repeat("0", 64))
	if got := s.Do(forged); got.Status != http.StatusUnauthorized {
		t.Errorf("a forged request: %d", got.Status)
	}
	page, err := http.NewRequest(http.MethodGet, p.url+"/", nil)
	if err != nil {
		t.Fatal(err)
	}
	page.Host = "bot.example.com"
	if got := s.Do(page); got.Status != http.StatusMisdirectedRequest {
		t.Errorf("the page under another name: %d", got.Status)
	}
	if code := p.stop(); code != 0 || p.errs.String() != "" && strings.Contains(p.errs.String(), "ERROR") {
		t.Errorf("ended with %d and wrote:\n%s", code, p.errs)
	}
}

func TestManifestCommand(t *testing.T) {
	code, out, errs := command(t, "", "slack", "manifest")
	if code != 0 || errs != "" || !strings.Contains(out, "socket_mode_enabled: true") || !strings.Contains(out, "/xiaobao") {
		t.Errorf("%d %q\n%s", code, errs, out)
	}
}
