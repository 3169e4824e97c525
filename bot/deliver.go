package bot

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
	"strconv"
	"sync"
	"time"

	"xiaobao/bot/flow"
)

// Run sends what must leave and wakes what is due, until ctx ends; then it lets what is under way finish for up to ten
// seconds and returns nil. It sleeps until the earliest thing that is due or until a turn made something: at rest it does
// nothing at all.
//
//	Handle ──leased──► outbound: one queue per place, in order ──► Adapter.Send ──► settle, in batches
//	                     ▲                                                            │ deferred: later, with all behind it
//	Run ─► Claim ────────┘  what came back, what waited behind others, what is late   │ refused: kept for the operator
//	    └► Due ──► Handle(Woken)                                                      ▼
func (b *Bot) Run(ctx context.Context) error {
	b.held.open(ctx)
	defer b.held.close()
	var rested int64 // the last turn before the last rest
	for ctx.Err() == nil {
		b.claim(ctx)
		late := b.ring(ctx)
		if last := b.turned.Load(); b.Rested != nil && last != rested && b.Now().UnixMicro()-last >= restful.Microseconds() {
			b.Rested()
			rested = last
		}
		b.sleep(ctx, late)
	}
	return nil
}

// restful is how long nothing must have happened for Config.Rested.
const restful = 15 * time.Second

// claimed is how many deliveries or timers are fetched at once.
const claimed = 128

func (b *Bot) claim(ctx context.Context) {
	for ctx.Err() == nil {
		n := min(claimed, b.held.room())
		if n <= 0 {
			return // it nudges when there is room
		}
		ds, err := b.Store.Claim(ctx, b.Now(), n)
		if err != nil {
			b.fault(ctx, "claim deliveries", err)
			return
		}
		b.held.send(ds)
		if len(ds) < n {
			b.held.tell()
			return
		}
	}
}

// ring handles the timers that are due, each once however late it is. It says whether one could not be handled.
func (b *Bot) ring(ctx context.Context) (failed bool) {
	for ctx.Err() == nil && !failed {
		timers, err := b.Store.Due(ctx, b.Now(), claimed)
		if err != nil {
			b.fault(ctx, "fetch timers", err)
			return true
		}
		for _, t := range timers {
			in := Incoming{
				ID: "timer:" + t.Name + ":" + strconv.FormatInt(t.At.UnixMicro(), 36), At: t.At,
				What: Woken{Case: t.Case, Tenant: t.Tenant, Name: t.Name},
			}
			if err := b.Handle(ctx, in); err != nil {
				b.fault(ctx, "handle a timer", err, "case", t.Case, "timer", t.Name)
				failed = true
			}
		}
		if len(timers) < claimed {
			return failed
		}
	}
	return failed
}

// longestSleep is how long Run trusts that nothing has changed: another process on the same database may have written
// something without this one hearing of it.
const longestSleep = 20 * time.Second

// sleep waits for the next thing that is due, for a nudge, or for the end. After a failure it looks again in a second.
func (b *Bot) sleep(ctx context.Context, failed bool) {
	now := b.Now()
	at, ok, err := b.Store.NextDue(ctx, now)
	if err != nil && ctx.Err() == nil {
		b.fault(ctx, "look what is due next", err)
		failed = true
	}
	wait := longestSleep
	if ok && b.held.room() > 0 {
		wait = min(max(at.Sub(now), 0), longestSleep)
	}
	if failed {
		wait = time.Second
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-ctx.Done():
	case <-b.nudge:
	case <-b.Store.Wake():
	case <-timer.C:
	}
}

func (b *Bot) fault(ctx context.Context, doing string, err error, more ...any) {
	if ctx.Err() == nil {
		b.Log.ErrorContext(ctx, doing, append(more, "error", err)...)
	}
}

// An outbound is what this process is sending: a queue for each place, and what has been sent and not yet settled.
type outbound struct {
	bot     *Bot
	mu      sync.Mutex
	queues  map[Place][]*Delivery // present while someone works on the place
	busy    map[string]bool       // by id: a lease that ran out must not make us send twice at the same time
	ctx     context.Context       // of the sends; nil until Run
	stop    context.CancelFunc
	closing bool
	quiet   chan struct{} // closed when nothing is under way; nil while nobody waits for that
	space   chan struct{} // closed when much less is under way; nil while it is not too much
	slots   chan struct{}
	settles chan *Settlement
	done    chan struct{}
	workers sync.WaitGroup
}

func newOutbound(b *Bot) *outbound {
	return &outbound{
		bot: b, queues: map[Place][]*Delivery{}, busy: map[string]bool{},
		slots: make(chan struct{}, b.Sending), settles: make(chan *Settlement, 4*b.Sending),
	}
}

// open begins to send, what came before too.
func (o *outbound) open(ctx context.Context) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.ctx, o.stop = context.WithCancel(context.WithoutCancel(ctx))
	o.closing, o.done = false, make(chan struct{})
	go o.settle(o.ctx)
	for p := range o.queues {
		o.workers.Add(1)
		go o.serve(o.ctx, p)
	}
}

// close lets what is being sent finish, gives back what was not begun, and returns when everything is settled.
func (o *outbound) close() {
	o.mu.Lock()
	o.closing = true
	o.mu.Unlock()
	timer := time.AfterFunc(10*time.Second, o.stop)
	o.workers.Wait()
	timer.Stop()
	close(o.settles)
	<-o.done
	o.stop()
	o.mu.Lock()
	o.ctx, o.settles = nil, make(chan *Settlement, cap(o.settles))
	o.mu.Unlock()
}

// send puts deliveries at the end of their places' queues. They are the outbound's from now on.
func (o *outbound) send(ds []Delivery) {
	if len(ds) == 0 {
		return
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	for i := 0; i < len(ds); {
		place := ds[i].Place
		queue, served := o.queues[place]
		if queue == nil {
			queue = make([]*Delivery, 0, len(ds)-i)
		}
		had := len(queue)
		for ; i < len(ds) && ds[i].Place == place; i++ {
			d := &ds[i]
			if !o.busy[d.ID] {
				o.busy[d.ID] = true
				queue = append(queue, d)
			}
		}
		if len(queue) == had {
			continue
		}
		o.queues[place] = queue
		if !served && o.ctx != nil {
			o.workers.Add(1)
			go o.serve(o.ctx, place)
		}
	}
}

// mostUnderWay is how many deliveries may be under way in this process. More stay in the outbox: a network that is slow, or down, must not
// fill the memory.
const mostUnderWay = 1024

// room is how many more may come. When there is none, Run is nudged as soon as there is.
func (o *outbound) room() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n := mostUnderWay - len(o.busy)
	if n <= 0 && o.space == nil {
		o.space = make(chan struct{})
	}
	return n
}

// longestPause is how long a turn waits for room. It is short: what people say must be kept at once, whatever the networks do.
const longestPause = 25 * time.Millisecond

// admit says whether what a turn makes may come. Where there is no room it waits a little: at full load turns and sends then go at
// the same pace, and nothing makes a detour through the outbox.
func (o *outbound) admit(ctx context.Context) bool {
	if o.room() > 0 {
		return true
	}
	o.mu.Lock()
	space := o.space
	o.mu.Unlock()
	if space == nil {
		return true
	}
	timer := time.NewTimer(longestPause)
	defer timer.Stop()
	select {
	case <-space:
		return true
	case <-timer.C:
	case <-ctx.Done():
	}
	return false
}

// tell wakes those who wait in Drain, to look again.
func (o *outbound) tell() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quiet != nil && len(o.busy) == 0 {
		close(o.quiet)
		o.quiet = nil
	}
}

// Drain waits until everything that turns have decided so far has left, or been put off. Run must be running.
func (b *Bot) Drain(ctx context.Context) error {
	for {
		quiet, busy := b.held.silence()
		if !busy {
			now := b.Now()
			at, ok, err := b.Store.NextDue(ctx, now)
			if err != nil {
				return fmt.Errorf("bot: look what is due next: %w", err)
			}
			if !ok || at.After(now) {
				return nil
			}
			b.Nudge()
		}
		select {
		case <-quiet:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// silence returns a channel that is closed when nothing is under way any more, and whether something is.
func (o *outbound) silence() (<-chan struct{}, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quiet == nil {
		o.quiet = make(chan struct{})
	}
	return o.quiet, len(o.busy) > 0
}

// next takes the first delivery of a place; none: the place is no longer served.
func (o *outbound) next(p Place) (d *Delivery, closing bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	queue := o.queues[p]
	if len(queue) == 0 {
		delete(o.queues, p)
		return nil, false
	}
	o.queues[p] = queue[1:]
	return queue[0], o.closing
}

// serve sends what waits at a place, in order. What cannot be sent now holds up everything behind it.
func (o *outbound) serve(ctx context.Context, p Place) {
	defer o.workers.Done()
	var natives map[string]string // cards sent in this run, which later deliveries do not know of yet
	var late *Settlement
	for {
		d, closing := o.next(p)
		if d == nil {
			return
		}
		if d.Native == "" && d.Message.Key != "" {
			d.Native = natives[d.Message.Key]
		}
		if card := natives[d.Message.Under]; card != "" {
			d.Under = card
		}
		s := &Settlement{Delivery: *d, Outcome: Deferred}
		switch {
		case late != nil:
			s.Retry, s.Reason = late.Retry, "behind "+late.Delivery.ID
		case closing:
			s.Retry, s.Reason = o.bot.Now(), "shutting down"
		default:
			o.slots <- struct{}{}
			o.bot.deliver(ctx, s)
			<-o.slots
		}
		if s.Outcome == Deferred || s.Outcome == Unsure {
			if late == nil {
				late = s
			}
		} else if s.Native != "" && d.Message.Key != "" {
			if natives == nil {
				natives = map[string]string{}
			}
			natives[d.Message.Key] = s.Native
		}
		o.settles <- s
	}
}

// settle records outcomes: whatever came in while the last batch was being written is the next one.
func (o *outbound) settle(ctx context.Context) {
	defer close(o.done)
	settles := o.settles
	var batch []Settlement
	for s := range settles {
		batch = append(batch[:0], *s)
		for more := true; more && len(batch) < claimed; {
			select {
			case s, ok := <-settles:
				if more = ok; ok {
					batch = append(batch, *s)
				}
			default:
				more = false
			}
		}
		o.record(ctx, batch)
		o.settled(batch)
		clear(batch)
	}
}

// record writes down how deliveries went, again and again until it is written: what is not settled stays leased, and
// everything behind it would wait for the end of the lease. At the end of the program one failure is enough.
func (o *outbound) record(ctx context.Context, batch []Settlement) {
	for wait := 100 * time.Millisecond; ; wait = min(2*wait, 5*time.Second) {
		err := o.bot.Store.Settle(ctx, o.bot.Now(), batch...)
		if err == nil {
			return
		}
		o.bot.fault(ctx, "settle deliveries", err, "count", len(batch))
		o.mu.Lock()
		closing := o.closing
		o.mu.Unlock()
		if closing || ctx.Err() != nil {
			return
		}
		timer := time.NewTimer(wait)
		select {
		case <-timer.C:
		case <-ctx.Done():
		}
		timer.Stop()
	}
}

func (o *outbound) settled(batch []Settlement) {
	o.mu.Lock()
	for i := range batch {
		delete(o.busy, batch[i].Delivery.ID)
	}
	if o.space != nil && len(o.busy) <= mostUnderWay*3/4 {
		close(o.space)
		o.space = nil
		o.bot.Nudge()
	}
	o.mu.Unlock()
	o.tell()
}

// longestSend is how long one delivery may take.
const longestSend = 30 * time.Second

// deliver makes one attempt and says in s how it went.
func (b *Bot) deliver(ctx context.Context, s *Settlement) {
	d := &s.Delivery
	s.Outcome = Sent
	start := b.Now()
	err := b.attempt(ctx, s)
	if err != nil {
		var wait time.Duration
		s.Outcome, wait = Fate(err, d.Attempt)
		s.Reason = err.Error()
		if s.Outcome != Refused {
			s.Retry = b.Now().Add(wait)
		}
	}
	level := slog.LevelDebug
	switch s.Outcome {
	case Refused:
		level = slog.LevelError
	case Deferred, Unsure:
		level = slog.LevelWarn
	}
	if b.Log.Enabled(ctx, level) {
		b.Log.Log(ctx, level, "delivery", "outcome", string(s.Outcome), "place", d.Place.String(), "case", d.Case, "id", d.ID, "attempt", d.Attempt, "took", b.Now().Sub(start), "reason", s.Reason)
	}
}

func (b *Bot) attempt(ctx context.Context, s *Settlement) (err error) {
	defer func() {
		if r := recover(); r != nil {
			b.Log.ErrorContext(ctx, "a send panicked", "panic", fmt.Sprint(r), "place", s.Delivery.Place.String(), "stack", string(debug.Stack()))
			err = fmt.Errorf("panic: %v", r)
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, longestSend)
	defer cancel()
	d := s.Delivery
	if d.Call != nil {
		return b.perform(ctx, d)
	}
	a := b.adapters[d.Place.Network]
	if a == nil {
		// Another process may be connected to it, or this one when it is started again: a chat in the terminal shares the
		// database of the web chat.
		return fmt.Errorf("the network %q is not connected", d.Place.Network)
	}
	r, err := a.Send(ctx, d)
	s.Native = r.Native
	if r.Fallback != "" {
		b.Log.DebugContext(ctx, "fallback", "place", d.Place.String(), "id", d.ID, "fallback", r.Fallback)
	}
	return err
}

// say sends a line to a place without keeping it: for what must not leave a trace. It is tried once.
func (b *Bot) say(ctx context.Context, id string, place Place, u User, l flow.Line) error {
	a := b.adapters[place.Network]
	if a == nil {
		return fmt.Errorf("the network %q is not connected", place.Network)
	}
	p := b.render.reader(flow.To{Person: u.Key(), Name: u.Name, Lang: u.Language, Zone: u.Zone})
	m := p.message()
	m.Text = p.say(l)
	for i, m := range Fit(m, a.Capabilities(place), b.Words).Messages {
		if _, err := a.Send(ctx, Delivery{ID: outgoingID(Key{Event: id}, i), Tenant: u.Tenant(), Place: place, Message: m, Attempt: 1, Decided: b.Now()}); err != nil {
			return err
		}
	}
	return nil
}
