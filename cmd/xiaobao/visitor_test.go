package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"xiaobao/bot"
)

// A visitor is somebody with a browser, as the server sees them: cookies, posts, and the stream of what the room shows.
type visitor struct {
	t       testing.TB
	url     string
	lang    string
	cookies []*http.Cookie
	room    string
	client  *http.Client
	leave   func()
	clock   *standing // what goes on while the visitor waits for news; nil: time just passes

	mu      sync.Mutex
	shown   map[int64]*entry
	mark    string        // where the stream is
	changed chan struct{} // closed at the next change
}

// An entry is one line of the room.
type entry struct {
	Order   int64        `json:"order"`
	Key     string       `json:"key"`
	Message *bot.Message `json:"message"`
	Files   []struct {
		Block int    `json:"block"`
		URL   string `json:"url"`
		Size  int    `json:"size"`
		Drawn string `json:"drawn"`
	} `json:"files"`
	Other string `json:"other"`
	Mine  bool   `json:"mine"`
	Said  *struct {
		Name string `json:"name"`
		Text string `json:"text"`
	} `json:"said"`
	raw   string
	times int // how often it was changed
}

// visit opens the chat as somebody new who reads lang, and looks at the room from then on.
func visit(t testing.TB, p *program, lang string) *visitor {
	t.Helper()
	v := &visitor{t: t, lang: lang, shown: map[int64]*entry{}, changed: make(chan struct{})}
	v.client = &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	t.Cleanup(func() {
		if v.leave != nil {
			v.leave()
		}
		v.client.CloseIdleConnections()
	})
	v.url = p.url
	r := v.get("/")
	v.room = strings.TrimPrefix(r.Header.Get("Location"), "/r/")
	v.get("/r/" + v.room)
	v.look(p)
	return v
}

// tab is the same person with the room open a second time.
func (v *visitor) tab() *visitor {
	v.t.Helper()
	w := &visitor{t: v.t, url: v.url, lang: v.lang, cookies: v.cookies, room: v.room, client: v.client, shown: map[int64]*entry{}, changed: make(chan struct{})}
	w.look(&program{url: v.url})
	v.t.Cleanup(func() { w.leave() })
	return w
}

// look opens the stream, also again after the program was started again.
func (v *visitor) look(p *program) {
	v.t.Helper()
	if v.leave != nil {
		v.leave()
	}
	v.url = p.url
	ctx, cancel := context.WithCancel(context.Background())
	req := v.request(ctx, "GET", "/r/"+v.room+"/events", nil)
	if v.mark != "" {
		req.Header.Set("Last-Event-ID", v.mark)
	}
	r, err := v.client.Do(req)
	if err != nil || r.StatusCode != 200 {
		cancel()
		v.t.Fatalf("look at the room: %v %v", r, err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		defer r.Body.Close()
		v.read(r.Body)
	}()
	v.leave = func() { cancel(); <-done }
}

func (v *visitor) read(body io.Reader) {
	lines := bufio.NewScanner(body)
	lines.Buffer(nil, 16<<20)
	id, data := "", ""
	for lines.Scan() {
		field, value, _ := strings.Cut(lines.Text(), ": ")
		switch {
		case field == "id":
			id = value
		case field == "data":
			data = value
		case lines.Text() == "" && data != "":
			v.take(id, data)
			data = ""
		}
	}
}

func (v *visitor) take(id, data string) {
	var batch struct {
		Reset   bool     `json:"reset"`
		Entries []*entry `json:"entries"`
	}
	if json.Unmarshal([]byte(data), &batch) != nil {
		return
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	if id != "" {
		v.mark = id
	}
	if batch.Reset {
		clear(v.shown)
	}
	for _, e := range batch.Entries {
		raw, _ := json.Marshal(e)
		e.raw = string(raw)
		if old := v.shown[e.Order]; old != nil {
			if e.times = old.times; e.raw != old.raw {
				e.times++
			}
		}
		v.shown[e.Order] = e
	}
	close(v.changed)
	v.changed = make(chan struct{})
}

// room is what a visitor sees, from the first line to the last.
type room []*entry

func (v *visitor) sees() room {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.now()
}

func (v *visitor) now() room {
	var all room
	for _, e := range v.shown {
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *entry) int { return cmp.Compare(a.Order, b.Order) })
	return all
}

// await waits until the room is as it should be.
func (v *visitor) await(what string, ok func(room) bool) room {
	v.t.Helper()
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for {
		v.mu.Lock()
		all, changed := v.now(), v.changed
		v.mu.Unlock()
		if ok(all) {
			return all
		}
		select {
		case <-changed:
		case <-timer.C:
			lines := strings.Split(strings.TrimSpace(all.String()), "\n")
			v.t.Fatalf("waited for %s; the room ends with:\n%s\n%#v", what, strings.Join(lines[max(0, len(lines)-40):], "\n"), all.prompt())
		}
	}
}

// see waits for a text.
func (v *visitor) see(text string) room {
	v.t.Helper()
	return v.await(fmt.Sprintf("%q", text), func(r room) bool { return strings.Contains(r.String(), text) })
}

// prompt is the newest card that waits for this visitor; nil when nothing is asked.
func (r room) prompt() *entry {
	for _, e := range slices.Backward(r) {
		if e.Message != nil && e.Other == "" && e.Message.Expect != "" {
			return e
		}
	}
	return nil
}

// find is the button of that name: on the prompt, or on the newest message that has it.
func (r room) find(label string) (a bot.Action, ok bool) {
	list := slices.Clone(r)
	if p := r.prompt(); p != nil {
		list = append(list, p)
	}
	for _, e := range slices.Backward(list) {
		if e.Message == nil || e.Other != "" {
			continue
		}
		for _, b := range e.Message.Blocks {
			for _, i := range b.Items {
				if i.ID != "" && strings.HasPrefix(i.Text, label) { // a step on the panel is a button that opens it
					return bot.Action{ID: "open", Value: i.ID}, true
				}
			}
		}
		for _, a := range e.Message.Actions {
			if len(a.Options) == 0 && a.Label == label {
				return a, true
			}
			var values []string
			parts := strings.Split(label, " + ")
			for _, o := range a.Options {
				if slices.Contains(parts, o.Label) {
					values = append(values, o.Value)
				}
			}
			if len(values) == len(parts) {
				a.Value = strings.Join(values, "\n")
				return a, true
			}
		}
	}
	return bot.Action{}, false
}

// said are the lines people typed, as the room shows them.
func (r room) said() (lines []string) {
	for _, e := range r {
		if e.Said != nil {
			lines = append(lines, e.Said.Text)
		}
	}
	return lines
}

// files are the names of the documents, in order.
func (r room) files() (names []string) {
	for _, e := range r {
		if e.Message == nil {
			continue
		}
		for _, b := range e.Message.Blocks {
			if b.File != nil {
				names = append(names, b.File.Name)
			}
		}
	}
	return names
}

// String is everything that can be read in the room.
func (r room) String() string {
	var b strings.Builder
	for _, e := range r {
		for _, s := range e.texts() {
			fmt.Fprintln(&b, s)
		}
	}
	return b.String()
}

// GoString says what can be done with a card.
func (e *entry) GoString() string {
	if e == nil {
		return "(nothing is asked)"
	}
	var b strings.Builder
	fmt.Fprintf(&b, "(%s; buttons: %q", e.Message.Text, e.labels())
	if f := e.Message.Form; f != nil {
		for _, f := range f.Fields {
			fmt.Fprintf(&b, "; %s %q", f.ID, f.Value)
			for _, o := range f.Options {
				fmt.Fprintf(&b, " [%s]", o.Label)
			}
		}
	}
	return b.String() + ")"
}

// texts is everything that can be read in an entry.
func (e *entry) texts() (all []string) {
	add := func(list ...string) {
		for _, s := range list {
			if s != "" {
				all = append(all, s)
			}
		}
	}
	if e.Said != nil {
		add("> " + e.Said.Text)
	}
	if e.Message == nil {
		return all
	}
	add(e.Message.Text)
	for _, b := range e.Message.Blocks {
		add(b.Text)
		for _, f := range b.Facts {
			add(f.Label, f.Value)
		}
		for _, i := range b.Items {
			add(i.Text)
		}
		if b.Table != nil {
			add(b.Table.Head...)
			for _, row := range b.Table.Rows {
				add(row...)
			}
		}
		if b.File != nil {
			add(b.File.Name, b.File.Note)
		}
	}
	if f := e.Message.Form; f != nil {
		add(f.Title, f.Send)
		for _, f := range f.Fields {
			add(f.Label, f.Ask, f.Help, f.Example, f.Value, f.Fault)
			for _, o := range f.Options {
				add(o.Label, o.Hint)
			}
		}
	}
	add(e.labels()...)
	return all
}

// labels are what stands on an entry's buttons and options.
func (e *entry) labels() (all []string) {
	for _, a := range e.Message.Actions {
		if a.Label != "" {
			all = append(all, a.Label)
		}
		for _, o := range a.Options {
			all = append(all, o.Label)
		}
	}
	return all
}

// ---- what goes in
