package main

import (
	"database/sql"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
)

// BenchmarkSlack is the program as it ships, with Slack posting signed answers of many people over 64 connections and taking the replies:
// events per second, acknowledgements, the most memory it took, and its processor time for 1,000 events until the last reply has left. Each
// event makes it close a card and post the next; there are so many people that hardly anything has to wait for its conversation's second.
// It needs Linux.
//
//	go test ./cmd/xiaobao -run xxx -bench Slack -benchtime 20000x
func BenchmarkSlack(b *testing.B) {
	if b.N == 1 {
		return // only to find out how much
	}
	c := slacktest.NewCrowd()
	defer c.Close()
	b.Setenv("SLACK_BOT_TOKEN", slacktest.BotToken)
	b.Setenv("SLACK_SIGNING_SECRET", slacktest.SigningSecret)
	b.Setenv("SLACK_API_URL", c.API())
	file := filepath.Join(b.TempDir(), "x.db")
	p := startProgram(b, shipped(b), time.Now(), "--listen", "127.0.0.1:0", "--database", file, "--log", "error")
	base := "http://127.0.0.1" + regexp.MustCompile(`:\d+$`).FindString(p.url)
	for ready := false; !ready; { // it asks who it is before it takes anything
		t, err := c.Deliver(slacktest.Order{Base: base, Kind: "nobody", Events: 1, People: 1, Connections: 1})
		if err != nil {
			b.Fatal(err)
		}
		ready = t.Acked == 1
	}
	deliver := func(kind string, events, people int) slacktest.Tally {
		b.Helper()
		t, err := c.Deliver(slacktest.Order{Base: base, Kind: kind, Events: events, People: people, Connections: 64})
		if err != nil || t.Acked != events {
			b.Fatalf("%d of %d were acknowledged: %v\n%s", t.Acked, events, err, p.errs)
		}
		return t
	}
	const people = 5000
	deliver("begin", 3*people, people)
	sent(b, file)
	before, _ := usage(b, p.child.Pid)
	posted := c.Posted()
	b.ResetTimer()
	t := deliver("turn", b.N, people)
	b.StopTimer()
	sent(b, file)
	after, _ := usage(b, p.child.Pid)
	b.ReportMetric(float64(c.Posted()-posted)/float64(b.N), "sends/event")
	b.ReportMetric(float64(b.N)/t.Took.Seconds(), "events/s")
	b.ReportMetric(float64(t.P50.Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(t.P99.Microseconds())/1000, "p99-ms")
	b.ReportMetric((after-before).Seconds()/float64(b.N)*1000, "cpu-s/1000")
	b.ReportMetric(peak(b, p.child.Pid), "peak-MB")
	p.stop()
}

// sent waits until everything has left.
func sent(b *testing.B, file string) {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for left := 1; left > 0; <-look.C {
		if err := db.QueryRow(`SELECT COUNT(*) FROM outbox`).Scan(&left); err != nil {
			b.Fatal(err)
		}
	}
}

// peak is the most memory a process has had, in megabytes.
func peak(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Skip("no /proc: ", err)
	}
	m := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	if m == nil {
		b.Fatal("the system does not say how much memory there was")
	}
	kb, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return kb / 1024
}
