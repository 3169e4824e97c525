package main

import (
	"bytes"
	"context"
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
	if code, errs := serve(); code != 1 || !strings.Contains(errs, "SLACK_APP_TOKEN is not") {
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

func TestManifestCommand(t *testing.T) {
	code, out, errs := command(t, "", "slack", "manifest")
	if code != 0 || errs != "" || !strings.Contains(out, "socket_mode_enabled: true") || !strings.Contains(out, "/xiaobao") {
		t.Errorf("%d %q\n%s", code, errs, out)
	}
}
