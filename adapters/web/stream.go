package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"sync"
	"time"

	"xiaobao/bot"
)

const (
	mostShown = 500 // entries a page shows: the newest
	mostOpen  = 4   // streams of one browser: it allows six connections to a host, and posts need some of them
)

// A batch is one event of the stream: entries that are new or have changed since From. Its id is Seq, the newest of them,
// so that a stream that broke is resumed without a gap. Reset: forget what is shown, this is all there is.
type batch struct {
	Reset   bool    `json:"reset,omitempty"`
	Entries []shown `json:"entries"`
}

// serveStream sends what the room shows and then every change of it, until the page goes away. There are no heartbeats:
// between two changes nothing happens at all.
func (a *Adapter) serveStream(closing context.Context, w http.ResponseWriter, r *http.Request) {
	room, reader, ok := a.visitor(w, r)
	if !ok {
		return
	}
	page, ok := a.hub.open(room, reader.ID)
	if !ok {
		w.Header().Set("Retry-After", "10")
		a.refuse(w, r, http.StatusServiceUnavailable, "error_many", "")
		return
	}
	defer a.hub.leave(page)

	conn := http.NewResponseController(w)
	conn.SetReadDeadline(time.Time{})
	w.Header().Set("Content-Type", "text/event-stream; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Accel-Buffering", "no")

	seq, fresh := startAt(r), true
	for {
		next, b, err := a.changes(r.Context(), room, reader, seq)
		if err != nil {
			if r.Context().Err() == nil {
				a.Logger.Error("web: stream", "room", short(room), "err", err)
			}
			return // the page asks again
		}
		if fresh || b.Reset || len(b.Entries) > 0 {
			if err := write(conn, w, "entries", strconv.FormatInt(next, 10), b); err != nil {
				return
			}
		}
		seq, fresh = next, false
		select {
		case <-page.wake:
		case <-page.rest:
			write(conn, w, "rest", "", nil)
			return
		case <-r.Context().Done():
			return
		case <-closing.Done():
			return
		}
	}
}

// changes reads what changed after seq. When the log is younger than the page (it was erased or replaced), it starts over.
func (a *Adapter) changes(ctx context.Context, room string, reader bot.User, seq int64) (int64, batch, error) {
	place := makePlace(room)
	entries, err := a.Log.Since(ctx, place, seq, mostShown)
	if err != nil {
		return seq, batch{}, fmt.Errorf("web: read log: %w", err)
	}
	b := batch{Entries: []shown{}, Reset: seq == 0}
	if len(entries) == 0 && seq > 0 {
		newest, err := a.Log.Since(ctx, place, 0, mostShown)
		if err != nil {
			return seq, batch{}, fmt.Errorf("web: read log: %w", err)
		}
		if last(newest) < seq {
			seq, b.Reset, entries = 0, true, newest
		}
	}
	for _, e := range entries {
		s, err := show(e, room, reader)
		if err != nil {
			a.Logger.Error("web: entry left out", "room", short(room), "err", err)
			continue
		}
		b.Entries = append(b.Entries, s)
	}
	return max(seq, last(entries)), b, nil
}

func last(entries []bot.Entry) (seq int64) {
	for _, e := range entries {
		seq = max(seq, e.Seq)
	}
	return seq
}

// startAt is where the page left off: the browser's own Last-Event-ID, or what the page says.
func startAt(r *http.Request) int64 {
	for _, s := range []string{r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")} {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && n > 0 {
			return n
		}
	}
	return 0
}

// write sends one event. A page that does not take it within half a minute is given up; it will be back.
func write(conn *http.ResponseController, w http.ResponseWriter, event, id string, data any) error {
	body, err := json.Marshal(data)
	if err != nil {
		return err
	}
	conn.SetWriteDeadline(time.Now().Add(30 * time.Second))
	if id != "" {
		id = "id: " + id + "\n"
	}
	if _, err := fmt.Fprintf(w, "event: %s\n%sdata: %s\n\n", event, id, body); err != nil {
		return err
	}
	return conn.Flush()
}

// A hub knows the open pages, so that Send can wake those that show the room.
type hub struct {
	most int

	mu    sync.Mutex
	n     int
	rooms map[string]map[*open]bool
	users map[string][]*open         // oldest first
	seen  map[string]map[string]bool // users that were seen in a room since the start
}

// An open is one open page. Both channels hold at most one signal.
type open struct {
	room, user string
	wake       chan struct{} // something changed
	rest       chan struct{} // go to sleep until looked at again
}

func newHub(most int) *hub {
	return &hub{most: most, rooms: map[string]map[*open]bool{}, users: map[string][]*open{}, seen: map[string]map[string]bool{}}
}

// open adds a page; false when there are too many. A browser with many pages open lets the oldest rest.
func (h *hub) open(room, user string) (*open, bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.n >= h.most {
		return nil, false
	}
	o := &open{room: room, user: user, wake: make(chan struct{}, 1), rest: make(chan struct{}, 1)}
	h.n++
	if h.rooms[room] == nil {
		h.rooms[room] = map[*open]bool{}
	}
	h.rooms[room][o] = true
	h.users[user] = append(h.users[user], o)
	for _, old := range h.users[user][:max(0, len(h.users[user])-mostOpen)] {
		signal(old.rest)
	}
	h.note(room, user)
	return o, true
}

func (h *hub) leave(o *open) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.n--
	delete(h.rooms[o.room], o)
	if len(h.rooms[o.room]) == 0 {
		delete(h.rooms, o.room)
	}
	var others []*open
	for _, p := range h.users[o.user] {
		if p != o {
			others = append(others, p)
		}
	}
	if h.users[o.user] = others; len(others) == 0 {
		delete(h.users, o.user)
	}
}

// wake tells every page that shows the room to look into the log.
func (h *hub) wake(room string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for o := range h.rooms[room] {
		signal(o.wake)
	}
}

// meet notes that a user was seen in a room.
func (h *hub) meet(room, user string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.note(room, user)
}

func (h *hub) note(room, user string) {
	users := h.seen[room]
	if users == nil {
		if len(h.seen) >= 10_000 { // only a hint: forgetting it is better than growing
			clear(h.seen)
		}
		users = map[string]bool{}
		h.seen[room] = users
	}
	if len(users) < 2 {
		users[user] = true
	}
}

func (h *hub) alone(room string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.seen[room]) < 2
}

func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
