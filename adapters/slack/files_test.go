package slack

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
)

// F9: a forged address of a file brings nothing and takes no token anywhere; a file of somebody else, one that is not there and one whose
// address has run out are answered alike; and Slack does not deliver them again and again.
func TestForgedFiles(t *testing.T) {
	bothWays(t, func(t *testing.T, connect connector) {
		s, o := slacktest.New(t), &once{}
		connect(t, s, o.handle)
		var stolen atomic.Int32
		thief := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { stolen.Add(1); w.Write([]byte("canary")) }))
		t.Cleanup(thief.Close)
		good := s.Serve("mine.csv", []byte("a"))
		host, _, _ := strings.Cut(strings.TrimPrefix(good, "http://"), "/")
		aside := strings.TrimPrefix(thief.URL, "http://")
		var first string
		for i, x := range []struct {
			name, url string
			status    int
		}{
			{"not there", "http://" + host + "/files/none.csv", 0},
			{"somebody else's", good, http.StatusForbidden},
			{"ran out", good, http.StatusGone},
			{"sends to the sign-in page", good, http.StatusFound},
			{"up and down", "http://" + host + "/files/../api/auth.test", 0},
			{"encoded up", "http://" + host + "/files/%2e%2e%2fapi%2fauth.test", 0},
			{"another host", thief.URL + "/x.csv", 0},
			{"the host as a name", "http://" + host + "@" + aside + "/x.csv", 0},
			{"the host in front", "http://files.slack.com." + aside + "/x.csv", 0},
			{"slack without a lock", "http://files.slack.com/x.csv", 0},
			{"a file of this machine", "file:///etc/passwd", 0},
			{"no address", "http://[::1", 0},
			{"another drive", "https://drive.example/d/1", 0},
		} {
			t.Run(x.name, func(t *testing.T) {
				if x.status != 0 {
					s.Fail("files", slacktest.Fault{Status: x.status})
				}
				told := len(s.Messages(slacktest.DM))
				event := slacktest.Event(10+i, map[string]any{"type": "message", "subtype": "file_share", "channel": slacktest.DM, "channel_type": "im", "user": slacktest.Person, "ts": "1764550800.000100",
					"files": []any{map[string]any{"name": "../../etc/list.csv", "mimetype": "text/csv", "mode": "hosted", "url_private": x.url}}})
				if !s.Push("events_api", event, 0).Acked {
					t.Error("it was not acknowledged, so that Slack delivers it for ever")
				}
				answers := s.Messages(slacktest.DM)[told:]
				if len(answers) != 1 || answers[0].Only != slacktest.Person || !strings.Contains(answers[0].Text, "upload it here") {
					t.Fatalf("told %+v", answers)
				}
				if first == "" {
					first = answers[0].Text
				}
				if answers[0].Text != first {
					t.Errorf("answered %q, what is not there %q", answers[0].Text, first)
				}
			})
		}
		if slices.ContainsFunc(o.all, func(in bot.Incoming) bool { _, ok := in.What.(bot.File); return ok }) {
			t.Errorf("something was taken for a file: %+v", o.all)
		}
		if n := stolen.Load(); n > 0 {
			t.Errorf("%d requests reached the other host", n)
		}
	})
}

// A form that was acknowledged before its file was fetched, and whose file is gone by then, is not tried for ever: the person is told, once.
func TestFileGoneMeanwhile(t *testing.T) {
	s, o := slacktest.New(t), &once{}
	db := openStore(t, filepath.Join(t.TempDir(), "x.db"))
	own, err := readWords()
	if err != nil {
		t.Fatal(err)
	}
	view, err := own.modal(sheet{place: home(), lang: "zh-Hans", form: bot.Form{Token: "tok", Title: "箱单", Send: "提交", Fields: []bot.Field{{ID: "boxes", Kind: bot.AreaField, Label: "箱单", File: true}}}})
	if err != nil {
		t.Fatal(err)
	}
	s.Set(slacktest.Person, slacktest.Profile{Name: "Lin", Locale: "zh-CN", Zone: "Asia/Shanghai"})
	sent := slacktest.Sent(1, mustJSON(t, view), map[string]string{"boxes": "U1", "boxes#file": s.API() + "gone.csv"})
	shown := sent["view"].(map[string]any)
	id := fmt.Sprintf("view-%s-%s", shown["id"], shown["hash"])
	if err := db.Receive(t.Context(), Network, id, mustJSON(t, record{"interactive", time.Now(), mustJSON(t, sent)}), time.Now()); err != nil {
		t.Fatal(err)
	}
	serve(t, s, o.handle, func(a *Adapter) { a.Keep(db, db) })
	s.Wait("the inbox to be empty", func() bool {
		n := 0
		if err := db.Unhandled(t.Context(), Network, 99, func(string, []byte) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		return n == 0
	})
	if told := s.Messages(slacktest.DM); len(told) != 1 || !strings.Contains(told[0].Text, "这个文件打不开") || len(o.all) > 0 {
		t.Errorf("told %+v, heard %+v", told, o.all)
	}
}
