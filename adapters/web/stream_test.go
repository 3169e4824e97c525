package web

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"xiaobao/bot"
)

// TestAnotherProcess: what another process kept in the same log is on the open pages as soon as it is heard of.
func TestAnotherProcess(t *testing.T) {
	var heard func(bot.Place)
	h := newHouse(t, func(c *Config) { c.Heard = func(f func(bot.Place)) { heard = f } })
	s, _ := h.listen(h.visitor(aRoom), aRoom, "", "")
	s.next()
	for i, at := range []bot.Place{makePlace(aRoom), {}} {
		text := "from elsewhere " + strconv.Itoa(i)
		body, err := json.Marshal(makeLine(bot.Delivery{Message: bot.Message{Text: text}}))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.a.Log.Post(t.Context(), makePlace(aRoom), "", text, "", time.Now(), body); err != nil {
			t.Fatal(err)
		}
		heard(bot.Place{Network: Network, Workspace: "local", Room: "another room"})
		heard(bot.Place{Network: "slack", Room: aRoom})
		heard(at)
		if _, _, data := s.next(); !strings.Contains(data, text) {
			t.Errorf("the page was sent %q", data)
		}
	}
}

// A stream reads server-sent events.
type stream struct {
	t    *testing.T
	body io.ReadCloser
	in   *bufio.Scanner
}

func (h *house) listen(c *http.Client, room, after, lastID string) (*stream, int) {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 10*time.Second)
	h.t.Cleanup(cancel)
	req, _ := http.NewRequestWithContext(ctx, "GET", h.url+"/r/"+room+"/events?after="+after, nil)
	if lastID != "" {
		req.Header.Set("Last-Event-ID", lastID)
	}
	res, err := (&http.Client{Jar: c.Jar, Transport: c.Transport}).Do(req)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { res.Body.Close() })
	in := bufio.NewScanner(res.Body)
	in.Buffer(nil, 1<<20)
	return &stream{h.t, res.Body, in}, res.StatusCode
}

// next is the next event: its name, its id and its data. All are empty when the stream has ended.
func (s *stream) next() (event, id, data string) {
	s.t.Helper()
	for s.in.Scan() {
		name, value, _ := strings.Cut(s.in.Text(), ": ")
		switch name {
		case "event":
			event = value
		case "id":
			id = value
		case "data":
			data = value
		case "":
			return event, id, data
		}
	}
	return "", "", ""
}

func (h *house) say(room, id, key, text string) {
	h.t.Helper()
	if _, err := h.a.Send(h.t.Context(), bot.Delivery{ID: id, Place: makePlace(room), Message: bot.Message{Key: key, Text: text}}); err != nil {
		h.t.Fatal(err)
	}
}

func texts(t *testing.T, data string) (reset bool, found []string) {
	t.Helper()
	var b batch
	if err := json.Unmarshal([]byte(data), &b); err != nil {
		t.Fatalf("batch %s: %v", data, err)
	}
	for _, e := range b.Entries {
		found = append(found, e.Message.Text)
	}
	return b.Reset, found
}

func TestStreamShowsWhatWasAndWhatComes(t *testing.T) {
	h := newHouse(t, nil)
	c := h.visitor(aRoom)
	h.say(aRoom, "1", "", "one")
	h.say(aRoom, "2", "card", "two")
	h.say("bbbbbbbbbbbbbbbbbbbb", "3", "", "elsewhere")

	s, _ := h.listen(c, aRoom, "0", "")
	event, id, data := s.next()
	reset, got := texts(t, data)
	if event != "entries" || id != "2.2" || !reset || cmp.Diff([]string{"one", "two"}, got) != "" {
		t.Errorf("at first: %s %s %s", event, id, data)
	}
	h.say(aRoom, "4", "card", "two again")
	h.say(aRoom, "4", "card", "two again") // the same delivery once more
	_, id, data = s.next()
	if reset, got := texts(t, data); id != "4.2" || reset || cmp.Diff([]string{"two again"}, got) != "" {
		t.Errorf("the card was replaced: %s %s", id, data)
	}
	s.body.Close()

	h.say(aRoom, "5", "", "meanwhile")
	s, _ = h.listen(c, aRoom, "0", "4.2")
	_, id, data = s.next()
	if reset, got := texts(t, data); id != "5.5" || reset || cmp.Diff([]string{"meanwhile"}, got) != "" {
		t.Errorf("resumed: %s %s", id, data)
	}

	h.log.erase() // while the page is open
	h.say(aRoom, "6", "", "erased")
	_, id, data = s.next()
	if reset, got := texts(t, data); id != "6.6" || !reset || cmp.Diff([]string{"erased"}, got) != "" {
		t.Errorf("the log was erased: %s %s", id, data)
	}
	for _, after := range []string{"5.5", "999.999", "nonsense"} {
		s, _ = h.listen(c, aRoom, after, "")
		_, id, data = s.next()
		if reset, got := texts(t, data); id != "6.6" || !reset || len(got) != 1 {
			t.Errorf("a page that comes back after %s: %s %s", after, id, data)
		}
	}
}

func TestStreamsAreBounded(t *testing.T) {
	h := newHouse(t, func(c *Config) { c.Streams = mostOpen + 2 })
	c := h.visitor(aRoom)
	first, _ := h.listen(c, aRoom, "0", "")
	first.next()
	for range mostOpen {
		s, _ := h.listen(c, aRoom, "0", "")
		s.next()
	}
	if event, _, _ := first.next(); event != "rest" {
		t.Errorf("the oldest page got %q, want rest", event)
	}
	if event, _, _ := first.next(); event != "" {
		t.Errorf("the oldest page still gets %q", event)
	}
	// mostOpen are left; two more people fit, the third does not.
	for i, want := range []int{200, 200, 503} {
		s, status := h.listen(h.visitor(aRoom), aRoom, "0", "")
		if status != want {
			t.Errorf("page %d more: %d, want %d", i+1, status, want)
		}
		if status == 200 {
			s.next()
		}
	}
}

func TestNobodysKeyReachesAnother(t *testing.T) {
	h := newHouse(t, nil)
	one, two := h.visitor(aRoom), h.visitor(aRoom)
	h.post(one, aRoom, `{"id":"0123456789abcdef","kind":"text","text":"mine"}`)
	from := h.clerk.got[0].From
	u, _ := url.Parse(h.url)
	for _, cookie := range one.Jar.Cookies(u) {
		if strings.Contains(from.ID, cookie.Value) {
			t.Error("the user's id gives the cookie away")
		}
	}
	s, _ := h.listen(two, aRoom, "0", "")
	_, _, data := s.next()
	if strings.Contains(data, from.ID) {
		t.Errorf("another person's page gets a key: %s", data)
	}
	if !strings.Contains(data, `"other":"…"`) || !strings.Contains(data, `"said":{"text":"mine`) {
		t.Errorf("another person's page: %s", data)
	}
	s, _ = h.listen(one, aRoom, "0", "")
	if _, _, data := s.next(); !strings.Contains(data, `"mine":true`) || strings.Contains(data, `"other"`) {
		t.Errorf("one's own page: %s", data)
	}
}

func TestRunEndsCleanly(t *testing.T) {
	defer goleak.VerifyNone(t, goleak.IgnoreCurrent())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := newClerk()
	a, err := New(Config{Listener: l, Log: newMemory(), Logger: quiet()})
	if err != nil {
		t.Fatal(err)
	}
	c.send = a.Send
	gate := make(chan struct{})
	c.gate = gate
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- a.Run(ctx, c.handle) }()

	h := &house{t: t, a: a, clerk: c, url: "http://" + l.Addr().String()}
	client := h.visitor(aRoom)
	s, _ := h.listen(client, aRoom, "0", "")
	s.next()
	posted := make(chan int, 1)
	go func() {
		res, err := client.Post(h.url+"/r/"+aRoom+"/in", "application/json", bytes.NewBufferString(`{"id":"0123456789abcdef","kind":"text","text":"x"}`))
		if err != nil {
			posted <- 0
			return
		}
		res.Body.Close()
		posted <- res.StatusCode
	}()
	<-gate // the post is being handled
	cancel()
	if event, _, _ := s.next(); event != "" {
		t.Errorf("the stream goes on with %s", event)
	}
	close(gate)
	if status := <-posted; status != 204 {
		t.Errorf("the post that was being handled: %d", status)
	}
	if err := <-done; err != nil {
		t.Errorf("Run: %v", err)
	}
	client.CloseIdleConnections()
	http.DefaultClient.CloseIdleConnections()
}
