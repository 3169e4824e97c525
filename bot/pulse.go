package bot

import (
	"cmp"
	"slices"
	"sync"
	"time"
)

// A Pulse is how an adapter is doing, for whoever watches the program.
type Pulse struct {
	Down     time.Time     // since when nothing can arrive from the network; zero: it can
	Links    int           // connections to the network that are open
	Calls    []CallCount   // requests to the network
	Waits    []int64       // acknowledgements by how long they took: as many up to each of PulseWaits, and at last those that took longer
	WaitsSum time.Duration // of all of them
}

// A CallCount is how many requests went to a method of a network, and with which status they were answered.
type CallCount struct {
	Method string
	Status int // 0: not answered
	Count  int64
}

// PulseWaits are the bounds between which acknowledgements are counted.
var PulseWaits = [...]time.Duration{5 * time.Millisecond, 20 * time.Millisecond, 50 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 3 * time.Second}

// A Pulsing adapter says how it is doing. It must not block.
type Pulsing interface {
	Pulse() Pulse
}

// A Meter counts for a Pulse what an adapter asks of its network, and how long its acknowledgements take. The zero Meter is ready.
type Meter struct {
	mu    sync.Mutex
	calls map[CallCount]int64 // with Count zero
	waits [len(PulseWaits) + 1]int64
	sum   time.Duration
}

// Called counts a request, and the status it was answered with; 0: it was not.
func (m *Meter) Called(method string, status int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.calls == nil {
		m.calls = map[CallCount]int64{}
	}
	m.calls[CallCount{Method: method, Status: status}]++
}

// Acked counts an acknowledgement.
func (m *Meter) Acked(d time.Duration) {
	n := 0
	for n < len(PulseWaits) && d > PulseWaits[n] {
		n++
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.waits[n]++
	m.sum += d
}

// Read puts what was counted into a Pulse, the requests in order.
func (m *Meter) Read(p *Pulse) {
	m.mu.Lock()
	defer m.mu.Unlock()
	p.Waits, p.WaitsSum = slices.Clone(m.waits[:]), m.sum
	for c, n := range m.calls {
		c.Count = n
		p.Calls = append(p.Calls, c)
	}
	slices.SortFunc(p.Calls, func(a, b CallCount) int {
		return cmp.Or(cmp.Compare(a.Method, b.Method), cmp.Compare(a.Status, b.Status))
	})
}

// Repeats is how often something came that was applied before, since the program began.
func (b *Bot) Repeats() int64 { return b.repeats.Load() }
