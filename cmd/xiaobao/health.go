package main

import (
	"context"
	"crypto/subtle"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"strings"
	"time"

	"xiaobao/bot"
	"xiaobao/store"
)

// How long something may be wrong before the program says that it is not ready.
const (
	longestDown    = time.Minute
	longestOverdue = 5 * time.Minute
)

// watched is what the pages for machines look at.
type watched struct {
	now     func() time.Time
	began   time.Time
	backlog func(context.Context, time.Time) (store.Backlog, error)
	repeats func() int64
	doors   []bot.Adapter
}

// healthz says that the program runs.
func healthz(w http.ResponseWriter, _ *http.Request) { answerLines(w, http.StatusOK, "ok") }

// readyz says whether the program can do what it is for: 200, or 503 and a line for everything that is wrong.
func (d *watched) readyz(w http.ResponseWriter, r *http.Request) {
	var faults []string
	now := d.now()
	b, err := d.backlog(r.Context(), now)
	switch {
	case err != nil:
		faults = append(faults, "database: cannot be read")
	case !b.Overdue.IsZero() && now.Sub(b.Overdue) > longestOverdue:
		faults = append(faults, "outbox: something is due since "+b.Overdue.UTC().Format(time.RFC3339)+" and nobody sends it")
	}
	for _, door := range d.doors {
		p, ok := pulseOf(door)
		if ok && !p.Down.IsZero() && now.Sub(p.Down) > longestDown {
			faults = append(faults, door.Name()+": not connected since "+p.Down.UTC().Format(time.RFC3339))
		}
	}
	if len(faults) > 0 {
		answerLines(w, http.StatusServiceUnavailable, faults...)
		return
	}
	answerLines(w, http.StatusOK, "ready")
}

func pulseOf(a bot.Adapter) (bot.Pulse, bool) {
	p, ok := a.(bot.Pulsing)
	if !ok {
		return bot.Pulse{}, false
	}
	return p.Pulse(), true
}

func answerLines(w http.ResponseWriter, status int, lines ...string) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	io.WriteString(w, strings.Join(lines, "\n")+"\n") // whoever does not read it asks again
}

// guarded lets in only who names the token.
func guarded(token string, h http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		said, ok := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		if !ok || subtle.ConstantTimeCompare([]byte(said), []byte(token)) != 1 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			http.Error(w, "the operators' token is needed", http.StatusUnauthorized)
			return
		}
		h(w, r)
	})
}

// metrics writes numbers in the text format of Prometheus. Nothing in them is anybody's.
func (d *watched) metrics(w http.ResponseWriter, r *http.Request) {
	now := d.now()
	b, err := d.backlog(r.Context(), now)
	if err != nil {
		answerLines(w, http.StatusServiceUnavailable, "database: cannot be read")
		return
	}
	var t gauges
	t.one("xiaobao_up_seconds", "gauge", "how long the program has run", now.Sub(d.began).Seconds())
	t.one("xiaobao_repeats_total", "counter", "what came again and was applied before", float64(d.repeats()))
	t.one("xiaobao_outbox_waiting", "gauge", "deliveries that are not settled", float64(b.Waiting))
	t.one("xiaobao_outbox_ambiguous", "gauge", "deliveries that may have arrived already", float64(b.Doubtful))
	t.one("xiaobao_outbox_oldest_seconds", "gauge", "age of the oldest delivery that should have left", age(now, b.Oldest))
	t.one("xiaobao_outbox_overdue_seconds", "gauge", "how long a delivery has been due that nobody has taken", age(now, b.Overdue))
	t.one("xiaobao_undeliverable", "gauge", "deliveries that cannot be made, on the operators' page", float64(b.Refused))
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	t.one("xiaobao_heap_bytes", "gauge", "bytes in use on the heap", float64(mem.HeapAlloc))
	t.one("xiaobao_goroutines", "gauge", "goroutines", float64(runtime.NumGoroutine()))
	pulses := map[string]bot.Pulse{}
	var names []string
	for _, door := range d.doors {
		if p, ok := pulseOf(door); ok {
			pulses[door.Name()] = p
			names = append(names, door.Name())
		}
	}
	t.family("xiaobao_connected", "gauge", "1 while something can arrive from the network")
	for _, n := range names {
		connected := 0.0
		if pulses[n].Down.IsZero() {
			connected = 1
		}
		t.add("xiaobao_connected", fmt.Sprintf(`network=%q`, n), connected)
	}
	t.family("xiaobao_connections", "gauge", "open connections to the network")
	for _, n := range names {
		t.add("xiaobao_connections", fmt.Sprintf(`network=%q`, n), float64(pulses[n].Links))
	}
	t.family("xiaobao_calls_total", "counter", "requests to the network; status 0 was not answered, 429 was told to wait")
	for _, n := range names {
		for _, c := range pulses[n].Calls {
			t.add("xiaobao_calls_total", fmt.Sprintf(`network=%q,method=%q,status="%d"`, n, c.Method, c.Status), float64(c.Count))
		}
	}
	t.family("xiaobao_ack_seconds", "histogram", "from an arrival to its acknowledgement")
	for _, n := range names {
		t.histogram("xiaobao_ack_seconds", fmt.Sprintf(`network=%q`, n), pulses[n])
	}
	w.Header().Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	w.Header().Set("Cache-Control", "no-store")
	io.WriteString(w, t.String()) // whoever does not read it asks again
}

// age is how long ago something was, in seconds; 0 when it was not.
func age(now, at time.Time) float64 {
	if at.IsZero() {
		return 0
	}
	return max(0, now.Sub(at).Seconds())
}

// gauges is a text in Prometheus's format.
type gauges struct{ strings.Builder }

func (g *gauges) family(name, kind, help string) {
	fmt.Fprintf(g, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, kind)
}

func (g *gauges) one(name, kind, help string, value float64) {
	g.family(name, kind, help)
	fmt.Fprintf(g, "%s %v\n", name, value)
}

func (g *gauges) add(name, labels string, value float64) {
	fmt.Fprintf(g, "%s{%s} %v\n", name, labels, value)
}

func (g *gauges) histogram(name, labels string, p bot.Pulse) {
	var all int64
	for i, n := range p.Waits {
		all += n
		bound := "+Inf"
		if i < len(bot.PulseWaits) {
			bound = fmt.Sprint(bot.PulseWaits[i].Seconds())
		}
		g.add(name+"_bucket", labels+fmt.Sprintf(`,le=%q`, bound), float64(all))
	}
	g.add(name+"_sum", labels, p.WaitsSum.Seconds())
	g.add(name+"_count", labels, float64(all))
}
