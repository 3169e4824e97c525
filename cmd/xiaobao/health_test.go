package main

import (
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
)

// TestHealth: the program says that it runs, that it is ready, and what it counts; when it has had no connection for a minute it says
// that it is not ready, and why.
func TestHealth(t *testing.T) {
	s := slacktest.New(t)
	t.Setenv("SLACK_BOT_TOKEN", slacktest.BotToken)
	t.Setenv("SLACK_APP_TOKEN", slacktest.AppToken)
	t.Setenv("SLACK_API_URL", s.API())
	var ahead atomic.Int64
	now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
	p := start(t, now, fresh(t, "")...)
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	get := func(path, token string) (int, string) {
		t.Helper()
		r, err := http.NewRequest(http.MethodGet, strings.TrimRight(p.url, "/")+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	for attempt := range 2 {
		if !s.Push("events_api", slacktest.Said(1, "hi"), attempt).Acked {
			t.Fatal("not acknowledged")
		}
	}
	s.Wait("an answer", func() bool { return len(s.Messages(slacktest.DM)) > 0 })
	if code, text := get("/healthz", ""); code != http.StatusOK || text != "ok\n" {
		t.Errorf("healthz: %d %q", code, text)
	}
	if code, text := get("/readyz", ""); code != http.StatusOK || text != "ready\n" {
		t.Errorf("readyz: %d %q", code, text)
	}
	code, text := get("/metrics", "")
	if code != http.StatusOK {
		t.Fatalf("metrics: %d %q", code, text)
	}
	for _, line := range []string{
		"# TYPE xiaobao_ack_seconds histogram\n", "xiaobao_repeats_total 1\n", "xiaobao_outbox_ambiguous 0\n", `xiaobao_connected{network="slack"} 1` + "\n",
		`xiaobao_connections{network="slack"} 1` + "\n", `xiaobao_calls_total{network="slack",method="chat.postMessage",status="200"} `, `xiaobao_ack_seconds_bucket{network="slack",le="+Inf"} 2` + "\n", `xiaobao_ack_seconds_count{network="slack"} 2` + "\n",
	} {
		if !strings.Contains(text, line) {
			t.Errorf("metrics have no %q:\n%s", line, text)
		}
	}
	s.Fail("apps.connections.open", manyRefusals()...)
	s.Break()
	s.Wait("no connection", func() bool { return s.Links() == 0 })
	s.Wait("the program to notice", func() bool {
		_, text := get("/metrics", "")
		return strings.Contains(text, `connected{network="slack"} 0`)
	})
	if code, _ := get("/readyz", ""); code != http.StatusOK {
		t.Errorf("a moment without a connection: %d", code)
	}
	ahead.Store(int64(2 * time.Minute))
	if code, text := get("/readyz", ""); code != http.StatusServiceUnavailable || !strings.Contains(text, "slack: not connected since ") {
		t.Errorf("two minutes without a connection: %d %q", code, text)
	}
	if code, _ := get("/healthz", ""); code != http.StatusOK {
		t.Errorf("healthz: %d", code)
	}
	p.stop()
}

func manyRefusals() []slacktest.Fault {
	all := make([]slacktest.Fault, 1000)
	for i := range all {
		all[i] = slacktest.Fault{Status: 503}
	}
	return all
}

// TestMetricsNeedTheToken: where operators have a token, the numbers are behind it, and for whoever checks readiness nothing changes.
func TestMetricsNeedTheToken(t *testing.T) {
	t.Setenv("XIAOBAO_OPERATOR_TOKEN", "a-long-random-token")
	p := start(t, clockFrom(opening), fresh(t, "")...)
	for _, c := range []struct {
		path, said, host string
		want             int
	}{
		{"/metrics", "", "", 401}, {"/metrics", "Bearer another", "", 401}, {"/metrics", "a-long-random-token", "", 401}, {"/metrics", "Bearer a-long-random-token", "", 200},
		{"/readyz", "", "10.0.0.7", 200}, {"/healthz", "", "10.0.0.7", 200},
	} {
		r, err := http.NewRequest(http.MethodGet, strings.TrimRight(p.url, "/")+c.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", c.said)
		r.Host = c.host
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != c.want {
			t.Errorf("%s with %q: %d, not %d", c.path, c.said, resp.StatusCode, c.want)
		}
	}
	p.stop()
}
