package discordtest

import (
	"bufio"
	"bytes"
	"crypto/ed25519"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// A Crowd is a Discord for benchmarks: it takes whatever is said and remembers only how much, and it delivers signed interactions of many
// people over many connections at once. It refuses nothing and checks nothing.
type Crowd struct {
	front *httptest.Server
	key   ed25519.PrivateKey
	said  atomic.Int64
}

// An Order is what a Crowd delivers.
type Order struct {
	URL         string // where interactions are posted to
	Events      int    // different interactions
	People      int
	Connections int
	Repeat      int // each so many-th interaction is delivered twice; 0: none
}

// A Tally is how an Order went.
type Tally struct {
	Took       time.Duration
	P50, P99   time.Duration // of the first answers
	Deliveries int
	Deferred   int // deliveries that were answered with a deferral
	Again      int // the person was told to do it once more, and did
	Refused    int // answered with another status than 200
	Said       int64
}

// NewCrowd starts one; Close ends it.
func NewCrowd() *Crowd {
	c := &Crowd{key: ed25519.NewKeyFromSeed([]byte("a stand-in's key, not a secret!!"))}
	c.front = httptest.NewServer(http.HandlerFunc(c.serve))
	return c
}

// Close ends it.
func (c *Crowd) Close() { c.front.Close() }

// API is the base of the REST interface.
func (c *Crowd) API() string { return c.front.URL + "/api/v10" }

func (c *Crowd) serve(w http.ResponseWriter, r *http.Request) {
	io.Copy(io.Discard, r.Body)
	w.Header().Set("Content-Type", "application/json")
	switch path := strings.TrimPrefix(r.URL.Path, "/api/v10"); {
	case path == "/applications/@me":
		fmt.Fprintf(w, `{"id":%q,"name":"Crowd","bot":{"id":%q},"interactions_endpoint_url":"https://x.example/"}`, App, Bot)
	case strings.HasSuffix(path, "/commands"):
		io.WriteString(w, "[]")
	case r.Method == http.MethodDelete:
		w.WriteHeader(http.StatusNoContent)
	default:
		fmt.Fprintf(w, `{"id":"%d"}`, 1300000000000000000+c.said.Add(1))
	}
}

// Deliver delivers an order and returns when all of it was answered.
func (c *Crowd) Deliver(o Order) (Tally, error) {
	var next atomic.Int64
	var mu sync.Mutex
	var t Tally
	var failed error
	var took []time.Duration
	before, start := c.said.Load(), time.Now()
	var all sync.WaitGroup
	for range o.Connections {
		all.Go(func() {
			s := &sender{o: o, key: c.key}
			err := s.run(&next)
			mu.Lock()
			defer mu.Unlock()
			took = append(took, s.took...)
			t.Deferred, t.Again, t.Refused = t.Deferred+s.deferred, t.Again+s.again, t.Refused+s.refused
			if err != nil {
				failed = err
			}
		})
	}
	all.Wait()
	t.Took, t.Deliveries, t.Said = time.Since(start), len(took), c.said.Load()-before
	slices.Sort(took)
	if len(took) > 0 {
		t.P50, t.P99 = took[len(took)/2], took[len(took)*99/100]
	}
	return t, failed
}

// A sender is one connection.
type sender struct {
	o                        Order
	key                      ed25519.PrivateKey
	took                     []time.Duration
	deferred, again, refused int
}

func (s *sender) run(next *atomic.Int64) error {
	host, path, _ := strings.Cut(strings.TrimPrefix(s.o.URL, "http://"), "/")
	conn, err := net.Dial("tcp", host)
	if err != nil {
		return err
	}
	defer conn.Close()
	read := bufio.NewReaderSize(conn, 4096)
	var out bytes.Buffer
	for {
		n := int(next.Add(1)) - 1
		if n >= s.o.Events {
			return nil
		}
		body, err := json.Marshal(s.o.event(n))
		if err != nil {
			return err
		}
		left := 1
		if s.o.Repeat > 0 && n%s.o.Repeat == 0 {
			left = 2
		}
		for left > 0 {
			at := strconv.FormatInt(time.Now().Unix(), 10)
			signature := hex.EncodeToString(ed25519.Sign(s.key, append([]byte(at), body...)))
			out.Reset()
			fmt.Fprintf(&out, "POST /%s HTTP/1.1\r\nHost: bot\r\nContent-Type: application/json\r\nX-Signature-Timestamp: %s\r\nX-Signature-Ed25519: %s\r\nContent-Length: %d\r\n\r\n", path, at, signature, len(body))
			out.Write(body)
			begun := time.Now()
			if _, err := conn.Write(out.Bytes()); err != nil {
				return err
			}
			resp, err := http.ReadResponse(read, nil)
			if err != nil {
				return err
			}
			answer, err := io.ReadAll(resp.Body)
			if err != nil {
				return err
			}
			s.took = append(s.took, time.Since(begun))
			switch {
			case resp.StatusCode != http.StatusOK:
				s.refused++
				left--
			case bytes.HasPrefix(answer, []byte(`{"type":5`)):
				s.deferred++
				left--
			default: // it was not kept, and the answer says so
				if s.again++; s.again > s.o.Events {
					return fmt.Errorf("discordtest: interaction %d is never kept: %s", n, answer)
				}
			}
		}
	}
}

// event is the nth interaction: somebody begins step 1, and then answers its first question and goes back, so that every turn closes a card
// and opens the next.
func (o Order) event(n int) map[string]any {
	at := Where{Guild: Guild, Channel: Channel, User: strconv.Itoa(1000000000000100000 + n%o.People), Locale: "en-US"}
	switch round := n / o.People; {
	case round == 0:
		return at.Command(n, "step", "number", "1")
	case round%2 == 1:
		return at.Command(n, "say", "text", "FBA")
	default:
		return at.Command(n, "say", "text", "back")
	}
}
