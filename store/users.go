package store

import "sync"

// users remembers who works on which case, so that not every line somebody types asks the database. What it holds may be out
// of date for a moment when several processes share a database; see Apply, which looks again before it writes. Where
// nobody can tell whether another process wrote, there is none: all methods of a nil *users know nothing.
type users struct {
	mu         sync.Mutex
	young, old map[userKey]member // the old ones are forgotten as a whole when the young ones have become too many
	times      int64              // how often all was forgotten
}

type userKey struct{ tenant, id string }

// member is what is kept about a user.
type member struct{ caseID, role, name, language, zone string }

// mostUsers is how many users are remembered in each of the two generations.
const mostUsers = 4096

// find returns what is remembered, or how often all was forgotten by now, for keep.
func (u *users) find(tenant, id string) (m member, ok bool, times int64) {
	if u == nil {
		return m, false, 0
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	k := userKey{tenant, id}
	if m, ok = u.young[k]; !ok {
		m, ok = u.old[k]
	}
	return m, ok, u.times
}

// keep remembers what was read after find said times, unless all was forgotten meanwhile: then it may be out of date already.
func (u *users) keep(tenant, id string, m member, times int64) {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	if u.times != times {
		return
	}
	if u.young == nil {
		u.young = map[userKey]member{}
	}
	u.young[userKey{tenant, id}] = m
	if len(u.young) >= mostUsers {
		u.old, u.young = u.young, nil
	}
}

// forget forgets everybody.
func (u *users) forget() {
	if u == nil {
		return
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.times++
	u.young, u.old = nil, nil
}
