package discord

import "sync"

// lanes run what belongs together one after the other and everything else side by side.
type lanes struct {
	mu   sync.Mutex
	last map[string]chan struct{}
}

func newLanes() *lanes { return &lanes{last: map[string]chan struct{}{}} }

func (l *lanes) run(key string, f func()) {
	done := make(chan struct{})
	l.mu.Lock()
	before := l.last[key]
	l.last[key] = done
	l.mu.Unlock()
	go func() {
		if before != nil {
			<-before
		}
		defer func() {
			l.mu.Lock()
			if l.last[key] == done {
				delete(l.last, key)
			}
			l.mu.Unlock()
			close(done)
		}()
		f()
	}()
}
