package store

import "sync"

// recent remembers the events that were applied last, so that one that comes again at once, as most that come again do,
// costs nothing. The zero value is ready.
type recent struct {
	mu         sync.Mutex
	young, old map[string]struct{}
}

// mostRecent is how many events are remembered in each of the two generations.
const mostRecent = 4096

func (r *recent) has(event string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.young[event]
	if !ok {
		_, ok = r.old[event]
	}
	return ok
}

func (r *recent) keep(event string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.young == nil {
		r.young = map[string]struct{}{}
	}
	r.young[event] = struct{}{}
	if len(r.young) >= mostRecent {
		r.old, r.young = r.young, nil
	}
}

// A memory keeps the documents that were written last, so that a lively case is not read again for every event. What it
// holds may be out of date: another process may have written. Whoever uses it writes under the version it was read with,
// and forgets the case when that fails.
type memory struct {
	limit int // bytes of documents in each of the two generations

	mu       sync.Mutex
	young    map[string]remembered
	old      map[string]remembered // forgotten as a whole when the young ones become old
	youngest int                   // bytes in young
}

type remembered struct {
	version int64
	tenant  string
	state   string
	empty   bool // there is no document yet
}

func (m *memory) recall(caseID string) (remembered, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if r, ok := m.young[caseID]; ok {
		return r, true
	}
	r, ok := m.old[caseID]
	return r, ok
}

func (m *memory) keep(caseID string, r remembered) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.young == nil {
		m.young = map[string]remembered{}
	}
	m.youngest += len(r.state) - len(m.young[caseID].state)
	m.young[caseID] = r
	if m.youngest > m.limit {
		m.old, m.young, m.youngest = m.young, nil, 0
	}
}

func (m *memory) forget(caseID string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.youngest -= len(m.young[caseID].state)
	delete(m.young, caseID)
	delete(m.old, caseID)
}
