package slack

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
)

// TestTypedLongAgoInSlack: Slack delivers for a day. A word that was typed two hours ago, before the question that is asked now, does not
// answer it; the person is told, once, and the question stands.
func TestTypedLongAgoInSlack(t *testing.T) {
	s := slacktest.New(t)
	now := time.Now
	p := newBotAt(t, s, filepath.Join(t.TempDir(), "x.db"), now, serve)
	s.Push("events_api", slacktest.Said(1, "hi"), 0)
	p.drain()
	s.Push("events_api", slacktest.Said(2, "start 1"), 0)
	p.drain()
	asked := len(s.Messages(slacktest.DM))
	for attempt := range 2 {
		if !s.Push("events_api", slacktest.Late(slacktest.Said(3, "FBA"), now().Add(-2*time.Hour)), attempt).Acked {
			t.Fatal("not acknowledged")
		}
		p.drain()
	}
	all := s.Messages(slacktest.DM)
	if len(all) != asked+1 || !strings.Contains(all[len(all)-1].Text, "has only just reached me") {
		t.Errorf("%d messages after %d, the last is %q", len(all), asked, all[len(all)-1].Text)
	}
	s.Push("events_api", slacktest.Said(4, "FBA"), 0)
	p.drain()
	if after := s.Messages(slacktest.DM); len(after) == len(all) {
		t.Error("the same word now is no answer")
	}
}
