package slack

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"xiaobao/adapters/slack/slacktest"
)

// What waits in the inbox is sealed where there is a key. Without its key it stays, and with it it is dealt with.
func TestInboxIsSealed(t *testing.T) {
	s := slacktest.New(t)
	db := openStore(t, filepath.Join(t.TempDir(), "x.db"))
	o := &once{hang: make(chan struct{})}
	hang := o.hang
	slow := func(a *Adapter) { a.Keep(db, db); a.patience = 20 * time.Millisecond }
	serve(t, s, o.handle, slow, func(a *Adapter) { a.Keys = ring(t) })
	if !s.Push("events_api", slacktest.Said(1, "my password is hunter2"), 0).Acked {
		t.Fatal("not acknowledged")
	}
	var kept []string
	list := func() []string {
		kept = nil
		if err := db.Unhandled(t.Context(), Network, 99, func(id string, body []byte) error { kept = append(kept, id+string(body)); return nil }); err != nil {
			t.Fatal(err)
		}
		return kept
	}
	if all := strings.Join(list(), ""); len(kept) != 1 || strings.Contains(all, "hunter2") || strings.Contains(all, "message") {
		t.Errorf("kept as %q", kept)
	}
	sealed := strings.TrimPrefix(kept[0], "Ev00000001")
	o.mu.Lock()
	o.hang = nil
	o.mu.Unlock()
	close(hang)
	s.Wait("the event", func() bool { return len(o.texts()) == 1 && len(list()) == 0 })

	// The same is left behind by a run that was killed, and the key is not there at first.
	if err := db.Receive(t.Context(), Network, "Ev00000001", []byte(sealed), time.Now()); err != nil {
		t.Fatal(err)
	}
	for _, another := range []func(*Adapter){func(a *Adapter) {}, func(a *Adapter) { a.Keys = ring(t, "another key than that one") }} {
		serve(t, s, o.handle, slow, another)
		if len(list()) != 1 {
			t.Error("what cannot be opened is gone")
		}
	}
	serve(t, s, o.handle, slow, func(a *Adapter) { a.Keys = ring(t) })
	s.Wait("what was left behind", func() bool { return len(list()) == 0 })
}
