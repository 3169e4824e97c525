package slack

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
)

// A bare bot is as little as can be done with an event in Go: the signature, a struct of its own, one row that is synced with whatever else
// waits, the acknowledgement, and one reply of fixed text. It knows nobody, remembers nothing and cannot fail. What the whole bot takes is
// compared with it, in the same run on the same machine.
type bare struct {
	signs *signatures
	rows  chan bareRow
	posts chan string // channels that want a reply
	api   string
}

type bareRow struct {
	id, who string
	body    []byte
	kept    chan error
}

func newBare(b *testing.B, api string) *bare {
	b.Helper()
	db, err := sql.Open("sqlite", "file:"+filepath.Join(b.TempDir(), "bare.db")+"?_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)")
	if err != nil {
		b.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	if _, err := db.Exec(`CREATE TABLE seen (id TEXT PRIMARY KEY, who TEXT, body BLOB) WITHOUT ROWID`); err != nil {
		b.Fatal(err)
	}
	h := &bare{signs: newSignatures(slacktest.SigningSecret), rows: make(chan bareRow, connections), posts: make(chan string, 1<<16), api: api}
	var all sync.WaitGroup
	all.Go(func() { h.write(b, db) })
	for range 16 {
		all.Go(func() { h.post(b) })
	}
	b.Cleanup(func() {
		close(h.rows)
		close(h.posts)
		all.Wait()
		db.Close()
	})
	return h
}

// write keeps rows, all that wait with one sync.
func (h *bare) write(b *testing.B, db *sql.DB) {
	insert, err := db.Prepare(`INSERT OR IGNORE INTO seen VALUES (?, ?, ?)`)
	if err != nil {
		b.Error(err)
		return
	}
	defer insert.Close()
	for first := range h.rows {
		group := []bareRow{first}
		for more := true; more && len(group) < connections; {
			select {
			case r, ok := <-h.rows:
				if more = ok; ok {
					group = append(group, r)
				}
			default:
				more = false
			}
		}
		tx, err := db.BeginTx(context.Background(), nil)
		if err == nil {
			kept := tx.Stmt(insert)
			for _, r := range group {
				if _, err = kept.Exec(r.id, r.who, r.body); err != nil {
					break
				}
			}
		}
		if err == nil {
			err = tx.Commit()
		}
		for _, r := range group {
			r.kept <- err
		}
	}
}

func (h *bare) post(b *testing.B) {
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}}
	for channel := range h.posts {
		body, err := json.Marshal(map[string]string{"channel": channel, "text": strings.Repeat("What is asked next, with its buttons. ", 50)}) // as long as a card
		if err != nil {
			b.Error(err)
			return
		}
		r, err := http.NewRequest(http.MethodPost, h.api+"chat.postMessage", bytes.NewReader(body))
		if err != nil {
			b.Error(err)
			return
		}
		r.Header.Set("Content-Type", "application/json; charset=utf-8")
		r.Header.Set("Authorization", "Bearer "+slacktest.BotToken)
		resp, err := client.Do(r)
		if err != nil {
			b.Error(err)
			return
		}
		io.Copy(io.Discard, resp.Body)
		resp.Body.Close()
	}
}

func (h *bare) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, status := readBody(r)
	if status == 0 && !h.signs.valid(r.Header, body, time.Now()) {
		status = http.StatusUnauthorized
	}
	if status != 0 {
		w.WriteHeader(status)
		return
	}
	var event struct {
		ID    string `json:"event_id"`
		Team  string `json:"team_id"`
		Event struct {
			Type, User, Channel, Text, TS string
		}
	}
	if err := json.Unmarshal(body, &event); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	row := bareRow{id: event.ID, who: event.Event.User, body: body, kept: make(chan error, 1)}
	h.rows <- row
	if err := <-row.kept; err != nil {
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	h.posts <- event.Event.Channel
}

// BenchmarkBare is the bare bot. BenchmarkHTTP/turn is the whole one beside it.
//
//	go test ./adapters/slack -run xxx -bench 'Bare|HTTP/turn' -benchtime 20000x
func BenchmarkBare(b *testing.B) {
	if b.N == 1 {
		return // only to find out how much
	}
	l := startLoad(b)
	h := newBare(b, l.api)
	front := httptest.NewServer(h)
	defer front.Close()
	measure(b, l, slacktest.Order{Base: front.URL, Kind: "turn", People: 1000})
}
