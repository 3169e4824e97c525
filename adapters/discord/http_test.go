package discord

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
	"xiaobao/store"
)

// endpoint is an adapter in HTTP mode behind a real server, and a Discord that posts to it.
type endpoint struct {
	t    testing.TB
	s    *discordtest.Server
	a    *Adapter
	http *httptest.Server
}

func newEndpoint(t testing.TB, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) *endpoint {
	return newEndpointAt(t, database(t), handle, change...)
}

func newEndpointAt(t testing.TB, db *store.Store, handle func(context.Context, bot.Incoming) error, change ...func(*Adapter)) *endpoint {
	e := &endpoint{t: t, s: discordtest.New(t)}
	e.s.Endpoint("https://xiaobao.example" + Path)
	key, err := hex.DecodeString(e.s.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	e.a, _ = connect(t, e.s, db, handle, append(change, func(a *Adapter) { a.HTTP, a.key = true, ed25519.PublicKey(key) })...)
	mux := http.NewServeMux()
	mux.Handle(Path, e.a.Handler())
	e.http = httptest.NewServer(mux)
	t.Cleanup(e.http.Close)
	e.s.Wait("it to run", func() bool { return e.a.identity().app != "" && e.a.running() })
	return e
}

// post sends an interaction as Discord does and gives its answer to the stand-in.
func (e *endpoint) post(payload map[string]any, at time.Time, change ...func(*http.Request)) (*http.Response, []byte) {
	e.t.Helper()
	i := e.s.Begin(payload)
	body, _ := json.Marshal(payload)
	r, _ := http.NewRequest("POST", e.http.URL+Path, bytes.NewReader(body))
	e.s.Sign(r, at, body)
	for _, f := range change {
		f(r)
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		e.t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		e.t.Fatal(err)
	}
	if resp.StatusCode == 200 && payload["type"] != typePing {
		if faults := e.s.Answered(i, answer); len(faults) > 0 {
			e.t.Errorf("refused: %q", faults)
		}
	}
	return resp, answer
}

func ping() map[string]any {
	p := discordtest.InServer("en-US").Command(1, "status")
	p["type"] = typePing
	delete(p, "data")
	return p
}

// In HTTP mode the gateway stays closed, and answers come by REST as they do otherwise.
func TestHTTPMode(t *testing.T) {
	e := newEndpoint(t, func(context.Context, bot.Incoming) error { return nil })
	resp, answer := e.post(ping(), time.Now())
	if resp.StatusCode != 200 || string(answer) != `{"type":1}` || !strings.HasPrefix(resp.Header.Get("Content-Type"), "application/json") {
		t.Errorf("to a ping: %d %s", resp.StatusCode, answer)
	}
	if _, answer := e.post(discordtest.InServer("en-US").Command(2, "status"), time.Now()); !strings.Contains(string(answer), `"type":5`) {
		t.Errorf("to a command: %s", answer)
	}
	if _, err := e.a.Send(t.Context(), bot.Delivery{ID: "a", Place: corner(), Message: text("an answer"), Attempt: 1}); err != nil {
		t.Error(err)
	}
	if m := e.s.Messages(discordtest.Channel); len(m) != 1 || m[0].Only != discordtest.Person || !strings.Contains(m[0].Reads(), "an answer") {
		t.Errorf("seen %+v", m)
	}
	if n := len(e.s.Identified()); n != 0 {
		t.Errorf("identified %d times", n)
	}
	if f := e.s.Refused(); len(f) > 0 {
		t.Errorf("refused: %q", f)
	}
}

// An application with an endpoint gets nothing over the gateway: the program says so instead of waiting in vain.
func TestNeverBoth(t *testing.T) {
	s := discordtest.New(t)
	s.Endpoint("https://xiaobao.example" + Path)
	_, ended := connect(t, s, database(t), (&ears{}).handle)
	if err := <-ended; !errors.Is(err, errEndpoint) {
		t.Errorf("ended with %v", err)
	}
}

// F7: nothing that Discord did not sign now is let in, and nothing of it is read.
func TestSignatures(t *testing.T) {
	var heard atomic.Int64
	e := newEndpoint(t, func(context.Context, bot.Incoming) error { heard.Add(1); return nil })
	set := func(name, value string) func(*http.Request) {
		return func(r *http.Request) { r.Header.Set(name, value) }
	}
	command := func(n int) map[string]any { return discordtest.InServer("en-US").Command(n, "status") }
	for name, c := range map[string]struct {
		at     time.Duration
		change func(*http.Request)
		status int
	}{
		"too old":                  {-301 * time.Second, nil, 401},
		"from the future":          {301 * time.Second, nil, 401},
		"far future":               {200 * 365 * 24 * time.Hour, nil, 401},
		"no signature":             {0, func(r *http.Request) { r.Header.Del("X-Signature-Ed25519") }, 401},
		"no time":                  {0, func(r *http.Request) { r.Header.Del("X-Signature-Timestamp") }, 401},
		"two signatures":           {0, func(r *http.Request) { r.Header.Add("X-Signature-Ed25519", r.Header.Get("X-Signature-Ed25519")) }, 401},
		"two times":                {0, func(r *http.Request) { r.Header.Add("X-Signature-Timestamp", "1") }, 401},
		"short":                    {0, set("X-Signature-Ed25519", "00"), 401},
		"not hex":                  {0, set("X-Signature-Ed25519", strings.Repeat("zz", 64)), 401},
		"zeros":                    {0, set("X-Signature-Ed25519", strings.Repeat("00", 64)), 401},
		"another time":             {0, set("X-Signature-Timestamp", "1764550801"), 401},
		"a time that is no number": {0, set("X-Signature-Timestamp", "now"), 401},
		"a negative time":          {0, set("X-Signature-Timestamp", "-5"), 401},
		"one bit of the body": {0, func(r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			body[10] ^= 1
			r.Body = io.NopCloser(bytes.NewReader(body))
		}, 401},
		"something after the body": {0, func(r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			body = append(body, ' ')
			r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		}, 401},
		"GET":                    {0, func(r *http.Request) { r.Method = "GET" }, 405},
		"a payload in the query": {0, func(r *http.Request) { r.URL.RawQuery = "payload={}" }, 200},
		"chunked":                {0, func(r *http.Request) { r.ContentLength = -1 }, 200},
		"upper case": {0, func(r *http.Request) {
			r.Header.Set("X-Signature-Ed25519", strings.ToUpper(r.Header.Get("X-Signature-Ed25519")))
		}, 200},
	} {
		t.Run(name, func(t *testing.T) {
			before := heard.Load()
			change := c.change
			if change == nil {
				change = func(*http.Request) {}
			}
			resp, _ := e.post(command(int(time.Now().UnixNano()%1e9)), time.Now().Add(c.at), change)
			if resp.StatusCode != c.status {
				t.Errorf("%d, want %d", resp.StatusCode, c.status)
			}
			if c.status != 200 && heard.Load() != before {
				t.Error("it was heard")
			}
		})
	}
	// Every bit of the signature and of the time counts.
	body, _ := json.Marshal(command(5))
	r, _ := http.NewRequest("POST", "http://x"+Path, nil)
	e.s.Sign(r, time.Now(), body)
	good := r.Header.Get("X-Signature-Ed25519")
	if !e.a.verified(r.Header, body) {
		t.Fatal("what Discord signed is refused")
	}
	raw, _ := hex.DecodeString(good)
	for bit := range len(raw) * 8 {
		flipped := bytes.Clone(raw)
		flipped[bit/8] ^= 1 << (bit % 8)
		r.Header.Set("X-Signature-Ed25519", hex.EncodeToString(flipped))
		if e.a.verified(r.Header, body) {
			t.Fatalf("with bit %d of the signature changed it is let in", bit)
		}
	}
	big := bytes.Repeat([]byte("x"), largestRequest+1)
	r, _ = http.NewRequest("POST", e.http.URL+Path, bytes.NewReader(big))
	e.s.Sign(r, time.Now(), big)
	if resp, err := http.DefaultClient.Do(r); err != nil || resp.StatusCode != 413 {
		t.Errorf("a body that is too large: %v %v", resp, err)
	}
}

// F8: what was signed once and is sent again a hundred times is one thing to the bot, by its id.
func TestReplay(t *testing.T) {
	ids := map[string]int{}
	var e *endpoint
	ears := &ears{}
	e = newEndpoint(t, ears.handle)
	p, at := discordtest.InServer("en-US").Command(1, "status"), time.Now()
	for range 100 {
		if resp, _ := e.post(p, at); resp.StatusCode != 200 {
			t.Fatalf("%d", resp.StatusCode)
		}
	}
	for _, in := range ears.inputs() {
		ids[in.ID]++
	}
	if len(ids) != 1 {
		t.Errorf("heard as %v", ids)
	}
}

// Whatever the load, the answer comes in time; what is still being kept goes on behind it.
func TestHTTPDeferred(t *testing.T) {
	goOn := make(chan struct{})
	var kept atomic.Int64
	e := newEndpoint(t, func(context.Context, bot.Incoming) error { <-goOn; kept.Add(1); return nil }, func(a *Adapter) { a.times.first = 100 * time.Millisecond })
	began := time.Now()
	_, answer := e.post(discordtest.InServer("en-US").Command(1, "status"), time.Now())
	if d := time.Since(began); d > time.Second || !strings.Contains(string(answer), `"type":5`) {
		t.Errorf("after %v: %s", d, answer)
	}
	close(goOn)
	e.s.Wait("it to be kept", func() bool { return kept.Load() == 1 })
}
