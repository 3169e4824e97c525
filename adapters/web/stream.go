package web

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"xiaobao/bot"
)

const (
	mostShown = 500 // entries a page shows: the newest
	mostOpen  = 4   // streams of one browser: it allows six connections to a host, and posts need some of them
)

// A batch is one event of the stream: entries that are new or have changed. Its id is the mark of the newest of them, so that
// a stream that broke is resumed without a gap. Reset: forget what is shown, this is all there is.
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

	at, fresh := startAt(r), true
	for {
		next, b, err := a.changes(r.Context(), room, reader, at)
		if err != nil {
			if r.Context().Err() == nil {
				a.Logger.Error("web: stream", "room", short(room), "err", err)
			}
			return // the page asks again
		}
		if fresh || len(b.Entries) > 0 || next != at {
			if err := write(conn, w, "entries", next.String(), b); err != nil {
				return
			}
		}
		at, fresh = next, false
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

// A mark is how far a page has come: the newest entry it has, by both its positions.
type mark struct{ seq, order int64 }

func (m mark) String() string { return fmt.Sprintf("%d.%d", m.seq, m.order) }

func parseMark(s string) (m mark, ok bool) {
	seq, order, found := strings.Cut(s, ".")
	if !found {
		return mark{}, false
	}
	var err1, err2 error
	m.seq, err1 = strconv.ParseInt(seq, 10, 64)
	m.order, err2 = strconv.ParseInt(order, 10, 64)
	if err1 != nil || err2 != nil || m.seq <= 0 {
		return mark{}, false
	}
	return m, true
}

// startAt is where the page left off: the browser's own Last-Event-ID, or what the page says.
func startAt(r *http.Request) mark {
	for _, s := range []string{r.Header.Get("Last-Event-ID"), r.URL.Query().Get("after")} {
		if m, ok := parseMark(s); ok {
			return m
		}
	}
	return mark{}
}

// changes reads what changed since at. Where the entry at is gone the log was erased: then the page starts over.
func (a *Adapter) changes(ctx context.Context, room string, reader bot.User, at mark) (mark, batch, error) {
	place := makePlace(room)
	entries, err := a.Log.Since(ctx, place, max(0, at.seq-1), mostShown+1)
	if err != nil {
		return at, batch{}, fmt.Errorf("web: read log: %w", err)
	}
	b := batch{Entries: []shown{}}
	i := slices.IndexFunc(entries, func(e bot.Entry) bool { return e.Order == at.order })
	switch {
	case i < 0:
		b.Reset = true
		if at.seq > 0 {
			if entries, err = a.Log.Since(ctx, place, 0, mostShown); err != nil {
				return at, batch{}, fmt.Errorf("web: read log: %w", err)
			}
		}
		at = mark{}
	case entries[i].Seq == at.seq:
		entries = slices.Delete(entries, i, i+1) // the page has it
	}
	for _, e := range entries {
		if e.Seq > at.seq {
			at = mark{e.Seq, e.Order}
		}
		s, err := show(e, room, reader)
		if err != nil {
			a.Logger.Error("web: entry left out", "room", short(room), "err", err)
			continue
		}
		b.Entries = append(b.Entries, s)
	}
	return at, b, nil
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

// wakeAll tells every page.
func (h *hub) wakeAll() {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, room := range h.rooms {
		for o := range room {
			signal(o.wake)
		}
	}
}

// heard wakes the pages that show what another process has changed.
func (a *Adapter) heard(p bot.Place) {
	switch p.Network {
	case Network:
		a.hub.wake(p.Room)
	case "":
		a.hub.wakeAll()
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
