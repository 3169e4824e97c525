package store

import "sync/atomic"

// An alarm wakes those who sleep until the next thing is due, when something earlier came up.
type alarm struct {
	until atomic.Int64  // when the sleepers will wake by themselves
	bell  chan struct{} // holds a token when they should wake now
}

func newAlarm() *alarm {
	a := &alarm{bell: make(chan struct{}, 1)}
	a.until.Store(never)
	return a
}

// before says whether the sleepers would sleep past a moment.
func (a *alarm) before(at int64) bool { return at < a.until.Load() }

// set wakes the sleepers when they would sleep past a moment.
func (a *alarm) set(at int64) {
	if a.before(at) {
		a.ring()
	}
}

func (a *alarm) ring() {
	select {
	case a.bell <- struct{}{}:
	default:
	}
}
