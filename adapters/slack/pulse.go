package slack

import (
	"net/http"
	"path"
	"sync"
	"time"

	"xiaobao/bot"
)

// pulse counts what whoever watches the program wants to know.
type pulse struct {
	bot.Meter
	now func() time.Time

	mu    sync.Mutex
	links int
	down  time.Time // since when there is no connection
}

func newPulse(now func() time.Time) *pulse { return &pulse{now: now, down: now()} }

// link notes that a connection began (1) or ended (-1).
func (p *pulse) link(by int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.links += by; p.links == 0 {
		p.down = p.now()
	}
}

// called notes a request. What is no method of the Web API is a file.
func (p *pulse) called(r *http.Request, resp *http.Response) {
	method, status := "file", 0
	if r.Method == http.MethodPost && path.Base(path.Dir(r.URL.Path)) == "api" {
		method = path.Base(r.URL.Path)
	}
	if resp != nil {
		status = resp.StatusCode
	}
	p.Called(method, status)
}

// Pulse implements bot.Pulsing. Over HTTP it is down while Run does not run: Slack is turned away then.
func (a *Adapter) Pulse() (out bot.Pulse) {
	p := a.pulse
	p.Read(&out)
	p.mu.Lock()
	defer p.mu.Unlock()
	out.Links = p.links
	if up := p.links > 0 || a.Posted() && a.desk.Load() != nil; !up {
		out.Down = p.down
	}
	return out
}
