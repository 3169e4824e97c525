package slack

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
	"xiaobao/store"
)

// F7: two hundred ways in which a request is not Slack's own. All of them are turned away, and nothing of them is read.
func TestSignatures(t *testing.T) {
	s, o := slacktest.New(t), &once{}
	serve(t, s, o.handle)
	payload := slacktest.Said(1, "hello")
	_, _, body := slacktest.Wrap("events_api", payload)
	now := time.Now()
	stamp, signature := slacktest.Sign(now, body)
	type change struct {
		name string
		do   func(r *http.Request)
	}
	header := func(name, key string, values ...string) change {
		return change{name, func(r *http.Request) {
			delete(r.Header, key)
			if len(values) > 0 {
				r.Header[key] = values
			}
		}}
	}
	const sig, ts = "X-Slack-Signature", "X-Slack-Request-Timestamp"
	signed := func(at time.Time) change {
		return change{"signed at " + strconv.FormatInt(at.Unix(), 10), func(r *http.Request) {
			stamp, signature := slacktest.Sign(at, body)
			r.Header.Set(ts, stamp)
			r.Header.Set(sig, signature)
		}}
	}
	changes := []change{
		header("no signature", sig), header("no time", ts), header("an empty signature", sig, ""), header("an empty time", ts, ""),
		header("upper case", sig, strings.ToUpper(signature)), header("upper-case digits", sig, "v0="+strings.ToUpper(signature[3:])),
		header("another version", sig, "v1="+signature[3:]), header("no version", sig, signature[3:]), header("two signatures", sig, signature, signature),
		header("two times", ts, stamp, stamp), header("two in one", sig, signature+","+signature), header("a space", sig, "v0= "+signature[3:]), header("a signed time", ts, "+"+stamp), header("a negative time", ts, "-1"),
		header("a fraction", ts, stamp+".0"), header("a far year", ts, "9223372036854775807"), header("a farther year", ts, "292277026596"), header("a word", ts, "now"), header("a hexadecimal time", ts, "0x1"),
		{"another digit", func(r *http.Request) { // of the time it was signed at, which may be a second later than stamp
			own := r.Header.Get(ts)
			r.Header.Set(ts, own[:9]+string('0'+(own[9]-'0'+1)%10))
		}},
		signed(now.Add(-302 * time.Second)), signed(now.Add(400 * time.Second)), signed(time.Unix(0, 0)), signed(time.Date(292277, 1, 1, 0, 0, 0, 0, time.UTC)),
		{"an empty body", func(r *http.Request) { r.Body, r.ContentLength = http.NoBody, 0 }},
		{"chunks", func(r *http.Request) { r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), -1 }},
		{"a body that is too large", func(r *http.Request) {
			large := make([]byte, largestBody+1)
			stamp, signature := slacktest.Sign(now, large)
			r.Header.Set(ts, stamp)
			r.Header.Set(sig, signature)
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(large)), int64(len(large))
		}},
		{"another secret", func(r *http.Request) {
			r.Header.Set(sig, "v0="+strings.Repeat("0", 64))
		}},
		{"a payload in the address", func(r *http.Request) {
			data, _ := json.Marshal(map[string]any{"type": "block_actions"})
			r.URL.Path, r.URL.RawQuery = "/slack/interactive", "payload="+url.QueryEscape(string(data))
			r.Body, r.ContentLength = http.NoBody, 0
		}},
	}
	for n := 1; n < len(signature); n += 9 {
		changes = append(changes, header(fmt.Sprint("cut at ", n), sig, signature[:n]))
	}
	for i := range len(signature) {
		other := []byte(signature)
		other[i] ^= 1
		changes = append(changes, header(fmt.Sprint("signature changed at ", i), sig, string(other)))
	}
	random := rand.New(rand.NewPCG(7, 7))
	for len(changes) < 200 {
		other := bytes.Clone(body)
		bit := random.IntN(8 * len(other))
		other[bit/8] ^= 1 << (bit % 8)
		changes = append(changes, change{fmt.Sprint("body changed at bit ", bit), func(r *http.Request) { r.Body = io.NopCloser(bytes.NewReader(other)) }})
	}
	for _, c := range changes {
		r := s.Request("events_api", payload, 0)
		c.do(r)
		if p := s.Do(r); p.Acked || p.Status < 400 || p.Status >= 500 {
			t.Errorf("%s: answered with %d", c.name, p.Status)
		}
	}
	if len(o.all) > 0 || len(changes) < 200 {
		t.Errorf("heard %+v after %d changes", o.all, len(changes))
	}
	if p := s.Push("events_api", payload, 0); p.Status != 200 || len(o.all) != 1 {
		t.Errorf("the request itself: %d, %d heard", p.Status, len(o.all))
	}
}

// A payload in the address does not count even where the body is signed.
func TestPayloadInAddress(t *testing.T) {
	s, o := slacktest.New(t), &once{}
	serve(t, s, o.handle)
	press := slacktest.Message{Channel: slacktest.DM, Blocks: json.RawMessage(`[{"type":"actions","elements":[{"type":"button","action_id":"a0 next ","text":{"text":"Go"}}]}]`)}.Pressed(1, "Go")
	data, _ := json.Marshal(press)
	r := s.Request("interactive", map[string]any{"type": "nothing"}, 0)
	r.URL.RawQuery = "payload=" + url.QueryEscape(string(data))
	s.Do(r)
	if len(o.all) > 0 {
		t.Errorf("heard %+v", o.all)
	}
	s.Push("interactive", press, 0)
	if len(o.all) != 1 {
		t.Errorf("the same in the body: heard %+v", o.all)
	}
}

// What Slack asks to try an address.
func TestChallenge(t *testing.T) {
	s, o := slacktest.New(t), &once{}
	serve(t, s, o.handle)
	if p := s.Push("events_api", map[string]any{"type": "url_verification", "challenge": "3eZbrw1a", "token": "old"}, 0); string(p.Reply) != `{"challenge":"3eZbrw1a"}` {
		t.Errorf("the challenge was answered with %d %s", p.Status, p.Reply)
	}
	if p := s.Push("slash_commands", map[string]any{"ssl_check": "1", "token": "old"}, 0); p.Status != 200 || len(p.Reply) > 0 {
		t.Errorf("ssl_check was answered with %d %s", p.Status, p.Reply)
	}
	for _, payload := range []any{map[string]any{"type": "something new"}, []any{1}, "x", map[string]any{"type": "event_callback"}} {
		if p := s.Push("events_api", payload, 0); p.Status != 200 && p.Status != 403 {
			t.Errorf("%v was answered with %d", payload, p.Status)
		}
	}
	r := s.Request("events_api", map[string]any{}, 0)
	r.Method = http.MethodGet
	if p := s.Do(r); p.Status != http.StatusMethodNotAllowed {
		t.Errorf("GET was answered with %d", p.Status)
	}
	r = s.Request("events_api", map[string]any{}, 0)
	r.URL.Path = "/slack/debug"
	if p := s.Do(r); p.Status != http.StatusNotFound {
		t.Errorf("an unknown address was answered with %d", p.Status)
	}
	if len(o.all) > 0 {
		t.Errorf("heard %+v", o.all)
	}
}

// F8: a captured request, sent again a thousand times inside the window: one effect, and 2xx without work.
func TestReplay(t *testing.T) {
	s := slacktest.New(t)
	p := newBot(t, s, serve)
	r := s.Request("events_api", slacktest.Said(1, "hi"), 0)
	body, _ := io.ReadAll(r.Body)
	press := s.Request("slash_commands", slacktest.Command(1, slacktest.DM, "help"), 0)
	pressBody, _ := io.ReadAll(press.Body)
	for range 500 {
		r.Body, press.Body = io.NopCloser(bytes.NewReader(body)), io.NopCloser(bytes.NewReader(pressBody))
		if p := s.Do(r); p.Status != 200 {
			t.Fatalf("answered with %d", p.Status)
		}
		if p := s.Do(press); p.Status != 200 {
			t.Fatalf("answered with %d", p.Status)
		}
	}
	p.drain()
	texts := map[string]int{}
	for _, m := range s.Messages(slacktest.DM) {
		texts[m.Text]++
	}
	for text, n := range texts {
		if n > 1 {
			t.Errorf("%d times %q", n, text)
		}
	}
	if len(texts) == 0 {
		t.Error("nothing was answered")
	}
}

// F5: the same event at 0, 3 s, 1 min, 5 min, then hourly 24 times, across three restarts: one effect. And: the first delivery is
// lost, only the second retry arrives: one effect, not none.
func TestRetrySchedule(t *testing.T) {
	s := slacktest.New(t)
	dsn := filepath.Join(t.TempDir(), "x.db")
	base := time.Now()
	times := []time.Duration{0, 3 * time.Second, time.Minute, 5 * time.Minute}
	for h := range 24 {
		times = append(times, 5*time.Minute+time.Duration(h+1)*time.Hour)
	}
	replies := func() (n int) {
		for _, m := range s.Messages(slacktest.DM) {
			if strings.Contains(m.Text, "ten steps") || strings.Contains(m.Text, "Hello") {
				n++
			}
		}
		return n
	}
	for restart := range 4 {
		t.Run(fmt.Sprint("run ", restart), func(t *testing.T) {
			var at atomic.Int64 // read by the bot while it is moved
			at.Store(base.UnixNano())
			now := func() time.Time { return time.Unix(0, at.Load()).UTC() }
			s.Clock(now)
			p := newBotAt(t, s, dsn, now, serve)
			for i, d := range times {
				if i%4 != restart {
					continue
				}
				at.Store(base.Add(d).UnixNano())
				if got := s.Push("events_api", slacktest.Said(1, "hi"), i); !got.Acked {
					t.Errorf("delivery %d after %v was answered with %d", i, d, got.Status)
				}
				p.drain()
			}
			if n := len(s.Messages(slacktest.DM)); n == 0 || restart > 0 && n != len(s.Shown())-edits(s) {
				t.Errorf("%d messages", n)
			}
		})
	}
	first := len(s.Messages(slacktest.DM))
	t.Run("only the second retry", func(t *testing.T) {
		now := func() time.Time { return base.Add(30 * time.Hour) }
		s.Clock(now)
		p := newBotAt(t, s, dsn, now, serve)
		if !s.Push("events_api", slacktest.Said(2, "help"), 2).Acked {
			t.Error("not acknowledged")
		}
		p.drain()
	})
	if n := len(s.Messages(slacktest.DM)); n <= first || replies() == 0 {
		t.Errorf("%d messages after the retry, %d before", n, first)
	}
	before := len(s.Messages(slacktest.DM))
	t.Run("and again", func(t *testing.T) {
		now := func() time.Time { return base.Add(31 * time.Hour) }
		s.Clock(now)
		p := newBotAt(t, s, dsn, now, serve)
		s.Push("events_api", slacktest.Said(2, "help"), 3)
		s.Push("events_api", slacktest.Said(1, "hi"), 3)
		p.drain()
	})
	if n := len(s.Messages(slacktest.DM)); n != before {
		t.Errorf("%d messages after repetitions, %d before", n, before)
	}
}

func edits(s *slacktest.Server) (n int) {
	for _, m := range s.Messages(slacktest.DM) {
		n += m.Edits
	}
	return n
}

// S1, S2: whoever is slow, the acknowledgement is not. What was acknowledged is in the inbox until it was dealt with, and after a restart
// it is dealt with first.
func TestSlow(t *testing.T) {
	s := slacktest.New(t)
	dsn := filepath.Join(t.TempDir(), "x.db")
	db := openStore(t, dsn)
	o := &once{hang: make(chan struct{})}
	hang := o.hang
	a, _ := serve(t, s, o.handle, func(a *Adapter) { a.Keep(db, db); a.patience = 100 * time.Millisecond })
	kept := func() (n int) {
		if err := db.Unhandled(t.Context(), Network, 99, func(_ string, body []byte) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		return n
	}
	for attempt := range 3 {
		p := s.Push("events_api", slacktest.Said(1, "slow"), attempt)
		if !p.Acked || p.After > time.Second {
			t.Errorf("acknowledged: %v after %v", p.Acked, p.After)
		}
	}
	if n := kept(); n != 1 {
		t.Errorf("%d in the inbox", n)
	}
	o.mu.Lock()
	o.hang, o.fail = nil, 1
	o.mu.Unlock()
	close(hang) // the first attempt fails, and it is acknowledged already
	s.Wait("the event to be dealt with", func() bool { return len(o.texts()) == 1 && kept() == 0 })

	// The program ends with something in the inbox.
	if err := db.Receive(t.Context(), Network, "Ev00000002", mustJSON(t, record{"events_api", time.Now(), mustJSON(t, slacktest.Said(2, "left behind"))}), time.Now()); err != nil {
		t.Fatal(err)
	}
	if err := db.Receive(t.Context(), Network, "Ev00000003", []byte(`{"kind":"events_api","payload":{`), time.Now()); err != nil {
		t.Fatal(err)
	}
	_ = a
	serve(t, s, o.handle, func(a *Adapter) { a.Keep(db, db) })
	s.Wait("what was left behind", func() bool { return len(o.texts()) == 2 && kept() == 0 })
}

func mustJSON(t *testing.T, v any) []byte {
	t.Helper()
	data, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// brokenInbox cannot keep anything.
type brokenInbox struct{ *store.Store }

func (brokenInbox) Receive(context.Context, string, string, []byte, time.Time) error {
	return store.ErrFull
}

// Without a place to keep it nothing is acknowledged that was not dealt with, and Slack is told within its three seconds.
func TestSlowAndFull(t *testing.T) {
	s := slacktest.New(t)
	db := openStore(t, filepath.Join(t.TempDir(), "x.db"))
	o := &once{hang: make(chan struct{})}
	serve(t, s, o.handle, func(a *Adapter) { a.Keep(db, brokenInbox{db}); a.patience = 50 * time.Millisecond })
	if p := s.Push("events_api", slacktest.Said(1, "slow"), 0); p.Status != http.StatusServiceUnavailable || p.After > 3*time.Second {
		t.Errorf("answered with %d after %v", p.Status, p.After)
	}
	close(o.hang)
	s.Wait("the event", func() bool { return len(o.texts()) == 1 })
	if !s.Push("events_api", slacktest.Said(1, "slow"), 1).Acked || len(o.texts()) != 1 {
		t.Errorf("delivered again: %q", o.texts())
	}
}

// Too many at once are left to Slack to deliver again.
func TestTooManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := newLanes(3)
		hold := make(chan struct{})
		for i := range 5 {
			if taken := l.run("a", func() { <-hold }); taken != (i < 3) {
				t.Errorf("%d: taken %v", i, taken)
			}
		}
		close(hold)
		synctest.Wait()
		if !l.run("a", func() {}) {
			t.Error("nothing is taken any more")
		}
		l.close()
		if l.run("a", func() {}) {
			t.Error("taken after the end")
		}
	})
}

// Nothing is taken before Run runs, and after it has ended.
func TestNotRunning(t *testing.T) {
	s := slacktest.New(t)
	a, err := New(Config{BotToken: slacktest.BotToken, SigningSecret: slacktest.SigningSecret, API: s.API(), Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: a.Handler()}
	go server.Serve(ln)
	t.Cleanup(func() { server.Close() })
	s.PostTo("http://" + ln.Addr().String())
	if p := s.Push("events_api", slacktest.Said(1, "x"), 0); p.Status != http.StatusServiceUnavailable {
		t.Errorf("before: %d", p.Status)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- a.Run(ctx, ignore) }()
	s.Wait("the desk", func() bool { return a.desk.Load() != nil })
	if p := s.Push("events_api", slacktest.Said(1, "x"), 0); p.Status != 200 {
		t.Errorf("meanwhile: %d", p.Status)
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if p := s.Push("events_api", slacktest.Said(1, "x"), 0); p.Status != http.StatusServiceUnavailable {
		t.Errorf("after: %d", p.Status)
	}
}

// S7, S9: somebody is told when too much fails, and when Slack keeps events back.
func TestAlarms(t *testing.T) {
	var log bytes.Buffer
	now := time.Now()
	h := newHealth(func() time.Time { return now }, textLog(&log))
	for i := range 400 {
		h.note(t.Context(), i%10 > 0)
	}
	if n := strings.Count(log.String(), "ALARM"); n != 1 {
		t.Errorf("%d alarms:\n%s", n, log.String())
	}
	now = now.Add(healthWindow)
	for range 400 {
		h.note(t.Context(), true)
	}
	if n := strings.Count(log.String(), "ALARM"); n != 1 {
		t.Errorf("%d alarms when all is well:\n%s", n, log.String())
	}
	bothWays(t, func(t *testing.T, connect connector) {
		out := &lockedBuffer{}
		s := slacktest.New(t)
		connect(t, s, ignore, func(a *Adapter) { a.Logger = textLog(out) })
		for range 3 {
			if !s.Push("events_api", map[string]any{"type": "app_rate_limited", "team_id": slacktest.Team, "minute_rate_limited": 1764550800, "api_app_id": "A0APP"}, 0).Acked {
				t.Error("not acknowledged")
			}
		}
		s.Wait("the alarm", func() bool { return strings.Contains(out.String(), "app_rate_limited") })
	})
}

var _ bot.Adapter = (*Adapter)(nil)
