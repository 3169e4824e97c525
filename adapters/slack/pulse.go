package slack

import (
	"cmp"
	"net/http"
	"path"
	"slices"
	"sync"
	"time"

	"xiaobao/bot"
)

// pulse counts what whoever watches the program wants to know.
type pulse struct {
	now func() time.Time

	mu    sync.Mutex
	links int
	down  time.Time // since when there is no connection
	calls map[called]int64
	waits [len(bot.PulseWaits) + 1]int64
	sum   time.Duration
}

type called struct {
	method string
	status int
}

func newPulse(now func() time.Time) *pulse {
	return &pulse{now: now, down: now(), calls: map[called]int64{}}
}

// link notes that a connection began (1) or ended (-1).
func (p *pulse) link(by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.links += by; p.links == 0 {
		p.down = p.now()
	}
}

// acked notes how long an acknowledgement took.
func (p *pulse) acked(d time.Duration) {
	n := 0
	for n < len(bot.PulseWaits) && d > bot.PulseWaits[n] {
		n++
	}
	p.mu.Lock()
	p.waits[n]++
	p.sum += d
	p.mu.Unlock()
}

// called notes a request. What is no method of the Web API is a file.
func (p *pulse) called(r *http.Request, resp *http.Response) {
	c := called{method: "file"}
	if r.Method == http.MethodPost && path.Base(path.Dir(r.URL.Path)) == "api" {
		c.method = path.Base(r.URL.Path)
	}
	if resp != nil {
		c.status = resp.StatusCode
	}
	p.mu.Lock()
	p.calls[c]++
	p.mu.Unlock()
}

// Pulse implements bot.Pulsing. Over HTTP it is down while Run does not run: Slack is turned away then.
func (a *Adapter) Pulse() bot.Pulse {
	p := a.pulse
	p.mu.Lock()
	defer p.mu.Unlock()
	out := bot.Pulse{Links: p.links, Waits: slices.Clone(p.waits[:]), WaitsSum: p.sum}
	if up := p.links > 0 || a.Posted() && a.desk.Load() != nil; !up {
		out.Down = p.down
	}
	for c, n := range p.calls {
		out.Calls = append(out.Calls, bot.CallCount{Method: c.method, Status: c.status, Count: n})
	}
	slices.SortFunc(out.Calls, func(a, b bot.CallCount) int {
		return cmp.Or(cmp.Compare(a.Method, b.Method), cmp.Compare(a.Status, b.Status))
	})
	return out
}
