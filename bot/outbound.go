package bot

import (
	"context"
	"sync"
	"time"
)

// An outbound is what this process is sending: a queue for each place, and what has been sent and not yet settled.
type outbound struct {
	bot    *Bot
	mu     sync.Mutex
	queues map[Place][]*Delivery // present while someone works on the place
	busy   map[string]bool       // by id: a lease that ran out must not make us send twice at the same time
	over   map[string]bool       // by id: what was settled while something is being claimed; nil while nothing is

	reserved int             // room that is kept for what may come now
	ctx      context.Context // of the sends; nil until Run
	stop     context.CancelFunc
	closing  bool
	quiet    chan struct{} // closed when nothing is under way; nil while nobody waits for that
	space    chan struct{} // closed when there is room again; nil while there is
	slots    chan struct{}
	settles  chan *Settlement
	done     chan struct{}
	workers  *Crew // one at each place that is served
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
	o.closing, o.done, o.workers = false, make(chan struct{}), NewCrew(o.bot.Sending)
	go o.settle(o.ctx)
	for p := range o.queues {
		o.work(p)
	}
}

// close lets what is being sent finish, gives back what was not begun, and returns when everything is settled.
func (o *outbound) close() {
	o.mu.Lock()
	o.closing = true
	o.mu.Unlock()
	timer := time.AfterFunc(10*time.Second, o.stop)
	for !o.idle() {
		o.workers.Wait()
	}
	o.workers.Close()
	timer.Stop()
	close(o.settles)
	<-o.done
	o.stop()
	o.mu.Lock()
	o.settles = make(chan *Settlement, cap(o.settles))
	o.mu.Unlock()
}

// idle says whether no place is served. Then none is from now on.
func (o *outbound) idle() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	if len(o.queues) > 0 {
		return false
	}
	o.ctx = nil
	return true
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
			if !o.busy[d.ID] && !o.over[d.ID] {
				o.busy[d.ID] = true
				queue = append(queue, d)
			}
		}
		if len(queue) == had {
			continue
		}
		o.queues[place] = queue
		if !served && o.ctx != nil {
			o.work(place)
		}
	}
}

// work lets somebody serve a place.
func (o *outbound) work(p Place) {
	ctx := o.ctx
	o.workers.Go(func() { o.serve(ctx, p) })
}

// claim sends what a claim brings, but for what was settled since it began: that was read before it was gone, when its lease had run out.
func (o *outbound) claim(fetch func() ([]Delivery, error)) (n int, err error) {
	o.settledSince(map[string]bool{})
	defer o.settledSince(nil)
	ds, err := fetch()
	o.send(ds)
	return len(ds), err
}

func (o *outbound) settledSince(over map[string]bool) {
	o.mu.Lock()
	o.over = over
	o.mu.Unlock()
}

// mostUnderWay is how many deliveries may be under way in this process. More stay in the outbox: a network that is slow, or down, must not
// fill the memory.
const mostUnderWay = 256

// room is how many more may come. When there is none, Run is nudged as soon as there is.
func (o *outbound) room() int {
	n := mostUnderWay - len(o.busy) - o.reserved
	if n <= 0 && o.space == nil {
		o.space = make(chan struct{})
	}
	return max(n, 0)
}

// full says whether there is no room.
func (o *outbound) full() bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.room() == 0
}

// reserve keeps room for up to n deliveries that may come now, and says for how many; they must be released when they have come, or not.
func (o *outbound) reserve(n int) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	n = min(n, o.room())
	o.reserved += n
	return n
}

func (o *outbound) release(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.reserved -= n
	o.tell()
}

// longestPause is how long a turn waits for room. It is short: what people say must be kept at once, whatever the networks do.
const longestPause = 50 * time.Millisecond

// admit reserves room for what a turn makes, about one delivery. Where there is none it waits a little: at full load turns and sends then go
// at the same pace, and nothing makes a detour through the outbox.
func (o *outbound) admit(ctx context.Context) bool {
	if o.reserve(1) == 1 {
		return true
	}
	timer := time.NewTimer(longestPause)
	defer timer.Stop()
	for o.reserve(1) == 0 { // somebody else may have been faster
		o.mu.Lock()
		space := o.space
		o.mu.Unlock()
		if space == nil {
			continue
		}
		select {
		case <-space:
		case <-timer.C:
			return false
		case <-ctx.Done():
			return false
		}
	}
	return true
}

// tell tells those who wait in Drain that nothing is under way any more, and those who wait for room that there is enough of it again.
func (o *outbound) tell() {
	n := len(o.busy) + o.reserved
	if o.quiet != nil && n == 0 {
		close(o.quiet)
		o.quiet = nil
	}
	if o.space != nil && n <= mostUnderWay*7/8 {
		close(o.space)
		o.space = nil
		o.bot.Nudge()
	}
}

// silence returns a channel that is closed when nothing is under way any more, and whether something is.
func (o *outbound) silence() (<-chan struct{}, bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.quiet == nil {
		o.quiet = make(chan struct{})
	}
	return o.quiet, len(o.busy)+o.reserved > 0
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
		id := batch[i].Delivery.ID
		delete(o.busy, id)
		if o.over != nil {
			o.over[id] = true
		}
	}
	o.tell()
	o.mu.Unlock()
}
