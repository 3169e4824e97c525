package slack

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"xiaobao/adapters/slack/slacktest"
	"xiaobao/bot"
	"xiaobao/flows"
	"xiaobao/store"
)

// A meter is a Slack in virtual time that allows one message a second to a channel and answers 429 to more.
type meter struct {
	mu      sync.Mutex
	last    map[string]time.Time
	count   int
	tooFast int
	ended   time.Time
	when    map[string]time.Time // by text
	calls   map[string]int       // by token
	refuse  func(token string, w http.ResponseWriter) (refused bool)
}

// RoundTrip implements http.RoundTripper: a connection would not stand still when the clock does.
func (m *meter) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	var form struct{ Channel, Text string }
	if strings.HasPrefix(r.Header.Get("Content-Type"), "application/json") {
		err = json.Unmarshal(body, &form)
	}
	if err != nil {
		return nil, err
	}
	w := httptest.NewRecorder()
	switch {
	case strings.HasSuffix(r.URL.Path, "/auth.test"):
		fmt.Fprintf(w, `{"ok":true,"team_id":%q,"user_id":"U0BOT","bot_id":"B0BOT"}`, slacktest.Team)
	case strings.HasSuffix(r.URL.Path, "/chat.postMessage"):
		m.mu.Lock()
		defer m.mu.Unlock()
		token := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
		m.calls[token]++
		if m.refuse != nil && m.refuse(token, w) {
			break
		}
		now, channel := time.Now(), form.Channel
		if last, ok := m.last[channel]; ok && now.Sub(last) < time.Second {
			m.tooFast++
			w.Header().Set("Retry-After", "1")
			w.WriteHeader(http.StatusTooManyRequests)
			break
		}
		m.last[channel], m.ended, m.when[form.Text] = now, now, now
		m.count++
		fmt.Fprintf(w, `{"ok":true,"channel":%q,"ts":"1.%06d"}`, channel, m.count)
	default:
		w.WriteString(`{"ok":true}`)
	}
	return w.Result(), nil
}

// A virtual is the bot with everything behind it in virtual time.
type virtual struct {
	t         *testing.T
	m         *meter
	a         *Adapter
	b         *bot.Bot
	db        *store.Store
	elsewhere *store.Store // a process that is not connected to Slack and decides what must leave
	stop      context.CancelFunc
	all       sync.WaitGroup
}

func newVirtual(t *testing.T, dir string) *virtual {
	book, words, base := content(t)
	v := &virtual{t: t, m: &meter{last: map[string]time.Time{}, when: map[string]time.Time{}, calls: map[string]int{}}}
	open := func(network string) *store.Store {
		db, err := store.Open(context.Background(), filepath.Join(dir, "x.db"), store.Options{Networks: []string{network}})
		if err != nil {
			t.Fatal(err)
		}
		return db
	}
	v.db, v.elsewhere = open(Network), open("elsewhere")
	a, err := New(Config{BotToken: slacktest.BotToken, SigningSecret: slacktest.SigningSecret, API: "http://slack.example/api/", Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	a.http.Transport = v.m
	v.a = a
	var n atomic.Int64
	v.b = bot.New(bot.Config{
		Book: book, Words: words, Library: flows.Library{Base: base}, Store: v.db, Cases: v.db, Tickets: v.db, Adapters: []bot.Adapter{a}, Log: quiet(), Now: time.Now,
		NewID: func() string { return fmt.Sprintf("id%022d", n.Add(1)) },
	})
	return v
}

func (v *virtual) run() {
	ctx, cancel := context.WithCancel(context.Background())
	v.stop = cancel
	v.all.Go(func() { v.b.Run(ctx) })
	v.all.Go(func() { v.a.Run(ctx, v.b.Handle) })
}

func (v *virtual) end() {
	v.stop()
	v.all.Wait()
	for _, db := range []*store.Store{v.db, v.elsewhere} {
		if err := db.Close(); err != nil {
			v.t.Error(err)
		}
	}
}

// decide decides what must leave, in one turn.
func (v *virtual) decide(event, workspace, channel string, texts ...string) {
	v.t.Helper()
	var out []bot.Outgoing
	for i, text := range texts {
		out = append(out, bot.Outgoing{ID: fmt.Sprint(event, "-", i), Place: makePlace(workspace, channel, ""), Message: bot.Message{Text: text, Lang: "en"}})
	}
	_, err := v.elsewhere.Apply(context.Background(), bot.Key{Tenant: "slack:" + workspace, Case: "case-" + channel, Event: event}, time.Now(), func([]byte) (bot.Turn, error) {
		return bot.Turn{State: []byte(`{}`), Out: out}, nil
	})
	if err != nil {
		v.t.Fatal(err)
	}
}

// sent is when a text was posted.
func (v *virtual) sent(text string) (time.Time, bool) {
	v.m.mu.Lock()
	defer v.m.mu.Unlock()
	at, ok := v.m.when[text]
	return at, ok
}

// wait lets time pass until so many messages were posted, or for so long.
func (v *virtual) wait(count int, most time.Duration) (posted int) {
	for end := time.Now().Add(most); ; {
		v.m.mu.Lock()
		posted = v.m.count
		v.m.mu.Unlock()
		if posted >= count || time.Now().After(end) {
			return posted
		}
		time.Sleep(50 * time.Millisecond)
		synctest.Wait()
	}
}

// S53: 10,000 messages to 1,000 channels leave as fast as one a second to each allows, none of them too fast, in order; somebody in
// another channel, and another workspace's method that is told to wait, notice nothing.
func TestTenThousand(t *testing.T) {
	const channels, each = 1000, 10
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t, dir)
		var all sync.WaitGroup
		for w := range 16 {
			all.Go(func() {
				for c := w; c < channels; c += 16 {
					var texts []string
					for i := range each {
						texts = append(texts, fmt.Sprint("message ", c, " ", i))
					}
					v.decide(fmt.Sprint("e", c), slacktest.Team, fmt.Sprint("C", c), texts...)
				}
			})
		}
		all.Wait()
		begun := time.Now()
		v.run()
		for i := range 8 { // meanwhile, in channels where nothing waits
			time.Sleep(time.Second + 137*time.Millisecond)
			text := fmt.Sprint("urgent ", i)
			at := time.Now()
			v.decide(fmt.Sprint("u", i), slacktest.Team, fmt.Sprint("CURGENT", i), text)
			v.b.Nudge()
			synctest.Wait()
			if sent, ok := v.sent(text); !ok || sent.Sub(at) > 50*time.Millisecond {
				t.Errorf("%q was sent after %v, %v", text, sent.Sub(at), ok)
			}
		}
		v.wait(channels*each+8, time.Minute)
		v.end()
		m := v.m
		took, ideal := m.ended.Sub(begun), (each-1)*time.Second
		if m.tooFast > 0 || m.count != channels*each+8 || took > ideal*103/100 {
			t.Errorf("%d messages in %v, ideally %v; %d were too fast", m.count, took, ideal, m.tooFast)
		}
		for c := range channels {
			for i := 1; i < each; i++ {
				if !m.when[fmt.Sprint("message ", c, " ", i)].After(m.when[fmt.Sprint("message ", c, " ", i-1)]) {
					t.Fatalf("channel %d: message %d is not after the one before", c, i)
				}
			}
		}
		t.Logf("%d messages in %v of virtual time, ideally %v", m.count, took, ideal)
	})
}

// F16: one workspace is told to wait, for a minute, for how long it is not said, or is refused altogether, for ten minutes and with a
// hundred messages behind it. It is not asked earlier than it may be, nor often; nothing of it is lost or out of order; and another
// workspace notices nothing.
func TestToldToWait(t *testing.T) {
	const messages = 100
	for _, c := range []struct {
		name   string
		refuse func(w http.ResponseWriter)
		rest   time.Duration // between two tries, at least
	}{
		{"for a minute", func(w http.ResponseWriter) {
			w.Header().Set("Retry-After", "60")
			w.WriteHeader(http.StatusTooManyRequests)
		}, time.Minute},
		{"without a time", func(w http.ResponseWriter) { w.WriteHeader(http.StatusTooManyRequests) }, unlimited},
		{"in words", func(w http.ResponseWriter) { io.WriteString(w, `{"ok":false,"error":"ratelimited"}`) }, unlimited},
		{"refused", func(w http.ResponseWriter) { io.WriteString(w, `{"ok":false,"error":"invalid_auth"}`) }, time.Minute},
	} {
		t.Run(c.name, func(t *testing.T) {
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				v := newVirtual(t, dir)
				v.a.homes.put(v.a.makeWorkspace(grant{Access: "xoxb-b", Team: "T0BBB", User: "U0BOTB"}, ""))
				for i := range messages / 10 {
					for _, home := range []string{slacktest.Team, "T0BBB"} {
						var texts []string
						for n := range 10 {
							texts = append(texts, fmt.Sprint(home, " ", i, " ", n))
						}
						v.decide(fmt.Sprint(home, i), home, fmt.Sprint("C", home, i), texts...)
					}
				}
				over := time.Now().Add(10 * time.Minute)
				var tries []time.Time
				v.m.refuse = func(token string, w http.ResponseWriter) bool {
					if token != slacktest.BotToken || time.Now().After(over) {
						return false
					}
					tries = append(tries, time.Now())
					c.refuse(w)
					return true
				}
				begun := time.Now()
				v.run()
				if n := v.wait(messages, 9*time.Minute); n != messages {
					t.Errorf("the other workspace got %d of %d", n, messages)
				}
				if took := v.m.ended.Sub(begun); took > 9*time.Second*103/100 {
					t.Errorf("the other workspace had to wait for %v", took)
				}
				if n := v.wait(2*messages, 20*time.Minute); n != 2*messages {
					t.Errorf("%d of %d messages", n, 2*messages)
				}
				v.end()
				// What was under way at once when the first answer came had been sent already.
				for i := 1; i < len(tries); i++ {
					if d := tries[i].Sub(tries[i-1]); d > 0 && d < c.rest {
						t.Errorf("tried again after %v, %v is the least", d, c.rest)
					}
				}
				if len(tries) > 500 || len(tries) == 0 {
					t.Errorf("%d requests were refused", len(tries))
				}
				for i := range messages / 10 {
					for n := 1; n < 10; n++ {
						before, _ := v.sent(fmt.Sprint(slacktest.Team, " ", i, " ", n-1))
						if after, ok := v.sent(fmt.Sprint(slacktest.Team, " ", i, " ", n)); !ok || !after.After(before) {
							t.Errorf("channel %d: message %d is out of order or missing", i, n)
						}
					}
				}
				t.Logf("%d requests were refused in ten minutes", len(tries))
			})
		})
	}
}
