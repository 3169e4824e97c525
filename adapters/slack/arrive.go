package slack

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"

	"xiaobao/bot"
)

// What arrives, by either transport, goes one way:
//
//	bytes ──► read ──► concerns nobody: acknowledged
//	            │
//	            └──► the person's lane ──► receive ──► kept by the bot: acknowledged
//	                                          │
//	                                          └ not within a second (a slow disk, Slack's own answers): written to the inbox, acknowledged,
//	                                            and dealt with all the same, also after a restart

// An Inbox keeps what was acknowledged and not yet dealt with. The store implements it.
type Inbox interface {
	// Receive keeps body; the same id twice is one.
	Receive(ctx context.Context, network, id string, body []byte, now time.Time) error
	// Received takes it out again.
	Received(ctx context.Context, network, id string) error
	// Unhandled calls f for what is there, the oldest first, at most n.
	Unhandled(ctx context.Context, network string, n int, f func(id string, body []byte) error) error
}

// The times of an arrival. Slack waits for three seconds.
const (
	longestTurn = 10 * time.Second        // for the bot to keep what happened, in one attempt
	patience    = time.Second             // before it is written to the inbox
	lastWord    = 2800 * time.Millisecond // before the transport must have an answer
	staying     = 64                      // goroutines that stay for the next arrival
	mostWaiting = 4096                    // arrivals under way; more are left to Slack to deliver again
	firstAgain  = time.Second             // before what is in the inbox is tried again; it doubles
	lastAgain   = time.Minute
)

// errLater: not now. What is told so by a transport, Slack delivers again.
var errLater = errors.New("slack: not kept in time")

// A desk takes what arrives while the adapter runs.
type desk struct {
	a      *Adapter
	handle handler
	lanes  *lanes
	ctx    context.Context // ends when nothing new should be begun
}

// An arrival is one payload on its way.
type arrival struct {
	desk    *desk
	kind    string
	payload []byte
	o       occurrence
	done    chan struct{} // closed when it was dealt with, or given up; not when it is tried again

	mu    sync.Mutex
	reply any
	err   error
	over  bool // reply and err count
	kept  bool // it is in the inbox
}

// begin reads a payload and puts it into its lane. Payloads must begin in the order in which they came.
func (k *desk) begin(kind string, payload []byte) *arrival {
	v := &arrival{desk: k, kind: kind, payload: payload, done: make(chan struct{})}
	came := k.a.Now()
	o, err := read(kind, payload, k.a.finder(k.ctx))
	switch {
	case errors.Is(err, errStranger):
		v.finish(nil, err)
		return v
	case errors.Is(err, errUnread):
		// Slack would send the same again: what cannot be read now cannot be read then.
		k.a.Logger.WarnContext(k.ctx, "slack: not understood", "kind", kind, "error", err)
		v.finish(nil, nil)
		return v
	case err != nil:
		v.finish(nil, err)
		return v
	case o.nothing():
		v.finish(nil, nil)
		return v
	}
	if o.at.IsZero() {
		o.at = came
	}
	v.o = o
	if !k.lanes.run(o.lane(), v.deal) {
		v.finish(nil, errLater)
	}
	return v
}

// deal does the work. What is in the inbox by then is tried until it is done or the program ends.
func (v *arrival) deal() {
	for again := firstAgain; ; again = min(2*again, lastAgain) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(v.desk.ctx), longestTurn)
		reply, err := v.desk.a.receive(ctx, v.o, v.desk.handle)
		cancel()
		if v.finish(reply, err) {
			return
		}
		v.desk.a.Logger.ErrorContext(v.desk.ctx, "slack: acknowledged and not handled yet", "kind", v.kind, "error", err, "again", again)
		if rest(v.desk.ctx, again) != nil {
			return // it is in the inbox for whoever starts next
		}
	}
}

// finish ends the arrival, and takes it out of the inbox. What failed and stands there is not over: it returns false.
// What will never be there, and somebody was told so, is over.
func (v *arrival) finish(reply any, err error) bool {
	v.mu.Lock()
	kept := v.kept
	if kept && err != nil && !errors.Is(err, errNotThere) {
		v.mu.Unlock()
		return false
	}
	v.reply, v.err, v.over = reply, err, true
	v.mu.Unlock()
	close(v.done)
	if kept {
		v.clear()
	}
	return true
}

// clear takes it out of the inbox. When that fails it is dealt with again after the next start, where it is seen to be old.
func (v *arrival) clear() {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.desk.ctx), longestTurn)
	defer cancel()
	if err := v.desk.a.Inbox.Received(ctx, Network, v.o.id); err != nil {
		v.desk.a.Logger.WarnContext(ctx, "slack: left in the inbox", "error", err)
	}
}

// wait returns what Slack should be told: nil and perhaps a reply when it may be acknowledged, an error when it should deliver
// again. It takes no longer than Slack waits.
func (v *arrival) wait(ctx context.Context) (reply any, err error) {
	select { // mostly it is over soon, without a timer
	case <-v.done:
		return v.reply, v.err
	default:
	}
	timer := time.NewTimer(v.desk.a.patience)
	defer timer.Stop()
	select {
	case <-v.done:
		return v.reply, v.err
	case <-timer.C:
	}
	if v.desk.a.Inbox != nil && v.o.id != "" {
		if err := v.keep(); err == nil {
			return nil, nil
		}
	}
	timer.Reset(lastWord - v.desk.a.patience)
	select {
	case <-v.done:
		return v.reply, v.err
	case <-timer.C:
		return nil, errLater
	}
}

// A record is an arrival as the inbox has it.
type record struct {
	Kind    string          `json:"kind"`
	At      time.Time       `json:"at"`
	Payload json.RawMessage `json:"payload"`
}

// keep writes it to the inbox.
func (v *arrival) keep() error {
	body, err := json.Marshal(record{v.kind, v.o.at, v.payload})
	if err != nil {
		return fmt.Errorf("slack: write an arrival: %w", err)
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(v.desk.ctx), lastWord-v.desk.a.patience)
	defer cancel()
	if err := v.desk.a.Inbox.Receive(ctx, Network, v.o.id, v.desk.a.sealArrival(v.o.id, body), v.desk.a.Now()); err != nil {
		v.desk.a.Logger.ErrorContext(ctx, "slack: not written to the inbox", "error", err)
		return err
	}
	v.mu.Lock()
	v.kept = true
	over, failed := v.over, v.err
	v.mu.Unlock()
	switch {
	case over && failed == nil:
		v.clear()
	case over: // it failed meanwhile: from now on it must not get lost
		v.again()
	}
	return nil
}

// again begins the same once more, behind what came meanwhile.
func (v *arrival) again() {
	next := &arrival{desk: v.desk, kind: v.kind, payload: v.payload, o: v.o, done: make(chan struct{}), kept: true}
	v.desk.lanes.run(v.o.lane(), next.deal) // or else after the next start
}

// sealArrival seals an arrival when there is a key: people type anything.
func (a *Adapter) sealArrival(id string, body []byte) []byte {
	if a.Keys == nil {
		return body
	}
	sealed, _ := json.Marshal(a.Keys.Seal(body, Network, "arrival", id)) // a string
	return sealed
}

func (a *Adapter) openArrival(id string, body []byte) ([]byte, error) {
	var sealed string
	if json.Unmarshal(body, &sealed) != nil {
		return body, nil
	}
	if a.Keys == nil {
		return nil, errors.New("slack: the inbox is sealed and there is no XIAOBAO_KEY")
	}
	return a.Keys.Open(sealed, Network, "arrival", id)
}

// resume deals with what another run acknowledged and left behind, before anything new comes in.
func (k *desk) resume(ctx context.Context) error {
	if k.a.Inbox == nil {
		return nil
	}
	return k.a.Inbox.Unhandled(ctx, Network, mostWaiting, func(id string, body []byte) error {
		body, err := k.a.openArrival(id, body)
		if err != nil { // it stays there until somebody brings the key
			k.a.Logger.ErrorContext(ctx, "slack: something in the inbox cannot be opened with XIAOBAO_KEY", "id", id, "error", err)
			return nil
		}
		var r record
		var o occurrence
		if err = json.Unmarshal(body, &r); err == nil {
			o, err = read(r.Kind, r.Payload, k.a.finder(ctx))
		}
		switch {
		case err != nil && !errors.Is(err, errStranger) && !errors.Is(err, errUnread) && r.Kind != "":
			return fmt.Errorf("slack: read the inbox: %w", err)
		case err != nil || o.nothing():
			k.a.Logger.ErrorContext(ctx, "slack: something in the inbox concerns nobody any more", "id", id, "error", err)
			return k.a.Inbox.Received(ctx, Network, id)
		}
		if o.at.IsZero() {
			o.at = r.At
		}
		v := &arrival{desk: k, kind: r.Kind, payload: r.Payload, o: o, done: make(chan struct{}), kept: true}
		k.lanes.run(o.lane(), v.deal)
		return nil
	})
}

// lanes run what belongs together one after the other and everything else side by side.
type lanes struct {
	mu     sync.Mutex
	last   map[string]chan struct{}
	crew   *bot.Crew
	under  int
	most   int
	closed bool
}

func newLanes(most int) *lanes {
	return &lanes{last: map[string]chan struct{}{}, most: most, crew: bot.NewCrew(staying)}
}

// run runs f in its lane; false when there are too many, or no more are taken.
func (l *lanes) run(key string, f func()) bool {
	done := make(chan struct{})
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.under >= l.most {
		return false // not acknowledged either: it will come again
	}
	l.under++
	before := l.last[key]
	l.last[key] = done
	l.crew.Go(func() {
		if before != nil && key != "" {
			<-before
		}
		f()
		l.mu.Lock()
		l.under--
		if l.last[key] == done {
			delete(l.last, key)
		}
		l.mu.Unlock()
		close(done)
	})
	return true
}

// close takes nothing more and waits for what is under way.
func (l *lanes) close() {
	l.mu.Lock()
	l.closed = true
	l.mu.Unlock()
	l.crew.Close()
}
