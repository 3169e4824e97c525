package discord

import (
	"bytes"
	"context"
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
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"xiaobao/adapters/discord/discordtest"
	"xiaobao/bot"
	"xiaobao/bot/flow"
	"xiaobao/flows"
)

// signedRequests makes requests as Discord signs them, n different ones.
type signedRequests struct {
	key  ed25519.PrivateKey
	body []byte // with a hole for the id and the person
}

func newSigned() *signedRequests {
	p := discordtest.InServer("en-US").Command(1, "say", "text", "help")
	body, _ := json.Marshal(p)
	return &signedRequests{ed25519.NewKeyFromSeed([]byte("a stand-in's key, not a secret!!")), body}
}

// next is the nth request: another interaction, of one of a thousand people.
func (s *signedRequests) next(url string, n int64) *http.Request {
	body := bytes.ReplaceAll(s.body, []byte("1100000000000000001"), []byte(strconv.FormatInt(1100000000000000001+n, 10)))
	body = bytes.ReplaceAll(body, []byte(discordtest.Person), []byte(strconv.FormatInt(1000000000000100000+n%1000, 10)))
	r, _ := http.NewRequest("POST", url, bytes.NewReader(body))
	stamp := strconv.FormatInt(time.Now().Unix(), 10)
	r.Header.Set("X-Signature-Timestamp", stamp)
	r.Header.Set("X-Signature-Ed25519", hex.EncodeToString(ed25519.Sign(s.key, append([]byte(stamp), body...))))
	return r
}

// fire posts b.N interactions over 64 connections and reports how long the first answers took.
func fire(b *testing.B, url string) {
	b.Helper()
	signed := newSigned()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64, MaxConnsPerHost: 64, DialContext: (&net.Dialer{}).DialContext}}
	defer client.CloseIdleConnections()
	var at, failed atomic.Int64
	took := make([][]time.Duration, 64)
	b.ReportAllocs()
	b.ResetTimer()
	var all sync.WaitGroup
	for w := range took {
		all.Go(func() {
			for {
				n := at.Add(1)
				if n > int64(b.N) {
					return
				}
				r := signed.next(url, n)
				began := time.Now()
				resp, err := client.Do(r)
				if err != nil {
					failed.Add(1)
					continue
				}
				io.Copy(io.Discard, resp.Body)
				resp.Body.Close()
				if resp.StatusCode != 200 {
					failed.Add(1)
				}
				took[w] = append(took[w], time.Since(began))
			}
		})
	}
	all.Wait()
	b.StopTimer()
	every := slices.Concat(took...)
	slices.Sort(every)
	if failed.Load() > 0 || len(every) == 0 {
		b.Fatalf("%d failed", failed.Load())
	}
	b.ReportMetric(float64(every[len(every)/2].Microseconds())/1000, "p50-ms")
	b.ReportMetric(float64(every[len(every)*99/100].Microseconds())/1000, "p99-ms")
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "interactions/s")
}

// BenchmarkHTTP is signed interactions over 64 connections: by a handler that only checks the signature, by this adapter with a bot
// that keeps nothing, and by the whole bot on a database that syncs.
func BenchmarkHTTP(b *testing.B) {
	b.Run("signature-only", func(b *testing.B) {
		key := ed25519.NewKeyFromSeed([]byte("a stand-in's key, not a secret!!")).Public().(ed25519.PublicKey)
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			signature, _ := hex.DecodeString(r.Header.Get("X-Signature-Ed25519"))
			if !ed25519.Verify(key, append([]byte(r.Header.Get("X-Signature-Timestamp")), body...), signature) {
				w.WriteHeader(401)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"type":5,"data":{"flags":64}}`)
		}))
		defer s.Close()
		fire(b, s.URL)
	})
	b.Run("read-and-answered", func(b *testing.B) {
		e := newEndpoint(b, func(context.Context, bot.Incoming) error { return nil }, func(a *Adapter) { a.times.thinking = time.Hour })
		fire(b, e.http.URL+Path)
	})
	b.Run("kept", func(b *testing.B) {
		book, words, base := content(b)
		db := database(b)
		var x *bot.Bot
		e := newEndpointAt(b, db, func(ctx context.Context, in bot.Incoming) error { return x.Handle(ctx, in) }, func(a *Adapter) { a.times.thinking = time.Hour })
		var ids atomic.Int64
		x = bot.New(bot.Config{Book: book, Words: words, Library: flows.Library{Base: base}, Store: db, Cases: db, Tickets: db, Adapters: []bot.Adapter{e.a}, Log: quiet(), Now: time.Now,
			NewID: func() string { return fmt.Sprintf("id%022d", ids.Add(1)) }})
		fire(b, e.http.URL+Path)
	})
}

// BenchmarkGateway is from an interaction's arrival over the gateway to its first answer, one after the other.
func BenchmarkGateway(b *testing.B) {
	s := discordtest.New(b)
	connect(b, s, database(b), func(context.Context, bot.Incoming) error { return nil }, func(a *Adapter) { a.times.thinking = time.Hour })
	s.Wait("the connection", func() bool { return s.Links() == 1 })
	at := discordtest.InServer("en-US")
	b.ReportAllocs()
	var took []time.Duration
	for n := 0; b.Loop(); n++ {
		i := s.Do(at.Command(n+1, "status"))
		took = append(took, i.After)
	}
	slices.Sort(took)
	b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "p99-ms")
}

// BenchmarkDraw is a card with the ten steps, from a message to the bytes that leave.
func BenchmarkDraw(b *testing.B) {
	w, err := readWords()
	if err != nil {
		b.Fatal(err)
	}
	_, words, base := content(b)
	var steps []flow.StepState
	for n, id := range []string{"register", "learn", "apply", "sign", "pay", "configure", "prepare", "ship", "track", "feedback"} {
		steps = append(steps, flow.StepState{Step: n + 1, Flow: id})
	}
	_, m, ok := bot.Render(words, flows.Library{Base: base}, flow.Spine{To: flow.To{Person: "discord::1", Lang: "zh-Hans"}, Steps: steps, Next: "register"})
	if !ok {
		b.Fatal("not drawn")
	}
	b.ReportAllocs()
	for b.Loop() {
		out, err := w.draw(m, corner())
		if err != nil {
			b.Fatal(err)
		}
		if _, err := json.Marshal(out.message); err != nil {
			b.Fatal(err)
		}
	}
}
