package store

import (
	"context"
	"sync"
)

// turnstile lets one goroutine at a time through per key, in no particular order of arrival. Keys nobody waits for cost
// nothing. The zero value is ready.
type turnstile struct {
	mu    sync.Mutex
	gates map[string]*gate
}

type gate struct {
	free chan struct{} // holds one token while nobody is inside
	n    int           // who is inside or waits
}

// enter waits for the key, or for ctx to end. The caller must call leave when it returned nil.
func (t *turnstile) enter(ctx context.Context, key string) error {
	t.mu.Lock()
	g := t.gates[key]
	if g == nil {
		if t.gates == nil {
			t.gates = map[string]*gate{}
		}
		g = &gate{n: 1}
		t.gates[key] = g
		t.mu.Unlock()
		return nil
	}
	if g.free == nil {
		g.free = make(chan struct{}, 1)
	}
	g.n++
	t.mu.Unlock()
	select {
	case <-g.free:
		return nil
	case <-ctx.Done():
		t.mu.Lock()
		t.drop(key, g)
		t.mu.Unlock()
		return ctx.Err()
	}
}

func (t *turnstile) leave(key string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	g := t.gates[key]
	t.drop(key, g)
	if g.n > 0 {
		g.free <- struct{}{}
	}
}

func (t *turnstile) drop(key string, g *gate) {
	if g.n--; g.n == 0 {
		delete(t.gates, key)
	}
}
