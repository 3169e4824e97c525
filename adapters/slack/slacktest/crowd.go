package slacktest

import (
	"bufio"
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Crowd is a Slack for benchmarks: it takes whatever is posted and remembers only how much, and it delivers signed events of many people
// over many connections at once. It refuses nothing and checks nothing.
type Crowd struct {
	front  *httptest.Server
	posted atomic.Int64
	waits  sync.Map // by channel: whoever waits for its next message
}

// An Order is what a Crowd delivers.
type Order struct {
	Base        string // where the bot is posted to
	Kind        string // "begin": they come and begin step 1; "turn": they answer and go back; "reply": the same, one by one until it is answered; "nobody": chatter in a channel
	From        int    // the first event
	Events      int
	People      int
	Connections int
	Repeat      int // each so many-th event is delivered twice
}

// A Tally is how an Order went.
type Tally struct {
	Took       time.Duration
	P50, P99   time.Duration // of the acknowledgements
	Acked      int
	Refused    int
	Reply50    time.Duration // from the event to the reply
	Reply99    time.Duration
	Deliveries int
}

// NewCrowd starts one; Close ends it.
func NewCrowd() *Crowd {
	c := &Crowd{}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", c.serve)
	c.front = httptest.NewServer(mux)
	return c
}

// Close ends it.
func (c *Crowd) Close() { c.front.Close() }

// API is the base of the Web API.
func (c *Crowd) API() string { return c.front.URL + "/api/" }

// Posted is how many messages were posted or edited.
func (c *Crowd) Posted() int64 { return c.posted.Load() }

func (c *Crowd) serve(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	var what struct{ Channel, TS, User string }
	if json.Unmarshal(body, &what) != nil { // a form
		form, _ := url.ParseQuery(string(body))
		what.User = form.Get("user")
	}
	answer := `{"ok":true}`
	switch r.PathValue("method") {
	case "auth.test":
		answer = `{"ok":true,"team":"Crowd","team_id":"` + Team + `","user_id":"` + Bot + `","bot_id":"` + BotID + `"}`
	case "users.info":
		answer = `{"ok":true,"user":{"id":"` + what.User + `","tz":"Asia/Shanghai","locale":"zh-CN","profile":{"display_name":"Lin"}}}`
	case "chat.postMessage", "chat.update":
		n := c.posted.Add(1)
		if waiting, ok := c.waits.Load(what.Channel); ok {
			select {
			case waiting.(chan time.Time) <- time.Now():
			default:
			}
		}
		ts := what.TS
		if ts == "" {
			ts = fmt.Sprintf("1800000000.%06d", n)
		}
		answer = `{"ok":true,"channel":"` + what.Channel + `","ts":"` + ts + `"}`
	}
	w.Header().Set("Content-Type", "application/json")
	io.WriteString(w, answer)
}

// Deliver delivers an order and returns when all of it was answered.
func (c *Crowd) Deliver(o Order) (Tally, error) {
	var next atomic.Int64
	var mu sync.Mutex
	var t Tally
	var failed error
	var took, replies []time.Duration
	start := time.Now()
	var all sync.WaitGroup
	for range o.Connections {
		all.Go(func() {
			w := &sender{c: c, o: o}
			err := w.run(&next)
			mu.Lock()
			defer mu.Unlock()
			took, replies = append(took, w.took...), append(replies, w.replies...)
			t.Acked, t.Refused = t.Acked+w.acked, t.Refused+w.refused
			if err != nil {
				failed = err
			}
		})
	}
	all.Wait()
	t.Took, t.Deliveries = time.Since(start), len(took)
	slices.Sort(took)
	slices.Sort(replies)
	if len(took) > 0 {
		t.P50, t.P99 = took[len(took)/2], took[len(took)*99/100]
	}
	if len(replies) > 0 {
		t.Reply50, t.Reply99 = replies[len(replies)/2], replies[len(replies)*99/100]
	}
	return t, failed
}

// A sender is one connection.
type sender struct {
	c              *Crowd
	o              Order
	took, replies  []time.Duration
	acked, refused int
}

func (s *sender) run(next *atomic.Int64) error {
	conn, err := net.Dial("tcp", strings.TrimPrefix(s.o.Base, "http://"))
	if err != nil {
		return err
	}
	defer conn.Close()
	read, mac := bufio.NewReaderSize(conn, 4096), hmac.New(sha256.New, []byte(SigningSecret))
	var out bytes.Buffer
	for {
		n := int(next.Add(1)) - 1
		if n >= s.o.Events {
			return nil
		}
		person := (s.o.From + n) % s.o.People
		channel := fmt.Sprintf("D%07d", person)
		var replied chan time.Time
		if s.o.Kind == "reply" {
			replied = make(chan time.Time, 8)
			s.c.waits.Store(channel, replied)
		}
		deliveries := 1
		if s.o.Repeat > 0 && n%s.o.Repeat == 0 {
			deliveries = 2
		}
		for range deliveries {
			body := s.o.Event(s.o.From+n, person, channel)
			at := strconv.FormatInt(time.Now().Unix(), 10)
			mac.Reset()
			mac.Write([]byte("v0:" + at + ":"))
			mac.Write(body)
			out.Reset()
			fmt.Fprintf(&out, "POST /slack/events HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nX-Slack-Request-Timestamp: %s\r\nX-Slack-Signature: v0=%s\r\nContent-Length: %d\r\n\r\n",
				at, hex.EncodeToString(mac.Sum(nil)), len(body))
			out.Write(body)
			begun := time.Now()
			if _, err := conn.Write(out.Bytes()); err != nil {
				return err
			}
			resp, err := http.ReadResponse(read, nil)
			if err != nil {
				return err
			}
			if _, err := io.Copy(io.Discard, resp.Body); err != nil {
				return err
			}
			s.took = append(s.took, time.Since(begun))
			if resp.StatusCode == http.StatusOK {
				s.acked++
			} else {
				s.refused++
			}
			if replied != nil {
				s.replies = append(s.replies, (<-replied).Sub(begun))
				s.c.waits.Delete(channel)
			}
		}
	}
}

// Event is the nth event: a person answers a question and goes back, so that every turn closes a card and opens the next. The fields are
// those that Slack sends.
func (o Order) Event(n, person int, channel string) []byte {
	text := []string{"返回", "FBA"}[(n/o.People)%2]
	switch {
	case o.Kind == "begin":
		text = []string{"hi", "1", "FBA"}[min(n/o.People, 2)]
	case o.Kind == "nobody":
		channel = "C0OPS"
	}
	kind := "im"
	if o.Kind == "nobody" {
		kind = "channel"
	}
	return fmt.Appendf(nil, `{"token":"ZZZZZZWSxiZZZ2yIvs3peJ","team_id":"T0TEAM","context_team_id":"T0TEAM","context_enterprise_id":null,"api_app_id":"A0APP","event":{"type":"message","user":"U%07d","ts":"1800000000.%06d","client_msg_id":"5a1e2c1e-8d0e-4e2c-9c55-%012d","text":"%s","team":"T0TEAM","blocks":[{"type":"rich_text","block_id":"kJq","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":"%s"}]}]}],"channel":"%s","event_ts":"1800000000.%06d","channel_type":"%s"},"type":"event_callback","event_id":"Ev%s%010d","event_time":1800000000,"authorizations":[{"enterprise_id":null,"team_id":"T0TEAM","user_id":"U0BOT","is_bot":true,"is_enterprise_install":false}],"is_ext_shared_channel":false,"event_context":"4-eyJldCI6Im1lc3NhZ2UiLCJ0aWQiOiJUMFRFQU0iLCJhaWQiOiJBMEFQUCIsImNpZCI6IkQwMDAwMDAwIn0"}`,
		person, n, n, text, text, channel, n, kind, o.Kind[:2], n)
}
