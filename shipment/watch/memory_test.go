package watch_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync"
	"testing"
	"time"

	"xiaobao/bot"
	"xiaobao/shipment"
	"xiaobao/shipment/watch"
	"xiaobao/shipment/watch/watchtest"
)

// memory is a store in memory that passes the suite of stores; broken makes the next operations fail. The clock of
// synctest and a database do not go together.
type memory struct {
	mu     sync.Mutex
	cases  map[string]bool
	rows   map[[3]string][]byte
	meta   map[[3]string]watch.Watched
	leases map[string]lease
	codes  map[[2]string]watch.Code
	stops  map[string]watch.Stopped
	warned map[string]string
	early  map[string][]shipment.Event // by tenant and number
	broken func() error
	writes int
	reads  int
}

type lease struct {
	holder string
	until  time.Time
}

func newMemory() *memory {
	return &memory{
		cases: map[string]bool{}, rows: map[[3]string][]byte{}, meta: map[[3]string]watch.Watched{}, leases: map[string]lease{},
		codes: map[[2]string]watch.Code{}, stops: map[string]watch.Stopped{}, warned: map[string]string{}, early: map[string][]shipment.Event{}, broken: func() error { return nil },
	}
}

func (m *memory) lock() func() {
	m.mu.Lock()
	return m.mu.Unlock
}

func (m *memory) counts() (writes, reads int) {
	defer m.lock()()
	return m.writes, m.reads
}

func (m *memory) read(k [3]string) (watch.Watched, error) {
	raw, ok := m.rows[k]
	if !ok {
		return watch.Watched{}, bot.ErrGone
	}
	m.reads++
	w := m.meta[k]
	return w, json.Unmarshal(raw, &w)
}

func (m *memory) Shipment(_ context.Context, tenant, caseID, number string) (watch.Watched, error) {
	defer m.lock()()
	return m.read([3]string{tenant, caseID, number})
}

func (m *memory) WatchedAs(_ context.Context, numbers []string) ([]watch.Watched, error) {
	defer m.lock()()
	return m.list(func(k [3]string, _ watch.Watched) bool { return slices.Contains(numbers, k[2]) })
}

func (m *memory) DropShipments(_ context.Context, caseID string, numbers []string) error {
	defer m.lock()()
	for k := range m.rows {
		if k[1] == caseID && slices.Contains(numbers, k[2]) {
			delete(m.rows, k)
			delete(m.meta, k)
		}
	}
	return m.broken()
}

func (m *memory) list(want func([3]string, watch.Watched) bool) (list []watch.Watched, err error) {
	if err := m.broken(); err != nil {
		return nil, err
	}
	for k, meta := range m.meta {
		if want(k, meta) {
			w, err := m.read(k)
			if err != nil {
				return nil, err
			}
			list = append(list, w)
		}
	}
	return list, nil
}

func (m *memory) PutShipment(_ context.Context, w watch.Watched) (bool, error) {
	defer m.lock()()
	return m.put(w)
}

func (m *memory) put(w watch.Watched) (bool, error) {
	if err := m.broken(); err != nil {
		return false, err
	}
	if !m.cases[w.Case] {
		return false, bot.ErrGone
	}
	k := [3]string{w.Tenant, w.Case, w.Shipment.Number}
	if m.meta[k].Version != w.Version {
		return false, nil
	}
	raw, err := json.Marshal(w)
	if err != nil {
		return false, err
	}
	m.rows[k] = raw
	meta := watch.Watched{Tenant: w.Tenant, Case: w.Case, Version: w.Version + 1, Due: w.Due, Look: w.Look}
	meta.Shipment.Source = w.Shipment.Source
	m.meta[k] = meta
	m.writes++
	return true, nil
}

func (m *memory) PutShipments(_ context.Context, list []watch.Watched) ([]bool, error) {
	defer m.lock()()
	written := make([]bool, len(list))
	for i, w := range list {
		ok, err := m.put(w)
		if err != nil && !errors.Is(err, bot.ErrGone) {
			return nil, err
		}
		written[i] = ok
	}
	return written, nil
}

func in(of watch.Whose, source string) bool { return slices.Contains(of.Sources, source) != of.Others }

func (m *memory) DueShipments(_ context.Context, of watch.Whose, now time.Time, n int) ([]watch.Watched, error) {
	defer m.lock()()
	list, err := m.list(func(_ [3]string, meta watch.Watched) bool {
		return !meta.Due.IsZero() && !meta.Due.After(now) && in(of, meta.Shipment.Source)
	})
	slices.SortFunc(list, func(a, b watch.Watched) int {
		return cmp.Or(a.Due.Compare(b.Due), cmp.Compare(a.Case, b.Case), cmp.Compare(a.Shipment.Number, b.Shipment.Number))
	})
	return list[:min(n, len(list))], err
}

func (m *memory) NextShipment(_ context.Context, of watch.Whose) (next time.Time, ok bool, err error) {
	defer m.lock()()
	for _, meta := range m.meta {
		if !meta.Due.IsZero() && in(of, meta.Shipment.Source) && (!ok || meta.Due.Before(next)) {
			next, ok = meta.Due, true
		}
	}
	return next, ok, nil
}

func (m *memory) Stirred() <-chan struct{} { return nil }

func (m *memory) AnyShipment(context.Context) (bool, error) {
	defer m.lock()()
	for _, meta := range m.meta {
		if !meta.Due.IsZero() || !meta.Look.IsZero() {
			return true, nil
		}
	}
	return false, m.broken()
}

func (m *memory) Looks(_ context.Context, source string, f func(string, time.Time)) error {
	defer m.lock()()
	if err := m.broken(); err != nil {
		return err
	}
	keys := slices.SortedFunc(maps.Keys(m.meta), func(a, b [3]string) int { return cmp.Compare(a[2], b[2]) })
	for _, k := range keys {
		if meta := m.meta[k]; meta.Shipment.Source == source && !meta.Look.IsZero() {
			f(k[2], meta.Look)
		}
	}
	return nil
}

func (m *memory) Following(_ context.Context, source string, numbers []string) (map[string]bool, error) {
	defer m.lock()()
	found := map[string]bool{}
	for k, meta := range m.meta {
		if meta.Shipment.Source == source && !meta.Look.IsZero() && slices.Contains(numbers, k[2]) {
			found[k[2]] = true
		}
	}
	return found, m.broken()
}

func (m *memory) MoveLooks(_ context.Context, source string, looks []watch.Look) ([]bool, error) {
	defer m.lock()()
	moved := make([]bool, len(looks))
	if err := m.broken(); err != nil {
		return nil, err
	}
	for i, l := range looks {
		for k, meta := range m.meta {
			if k[2] == l.Number && meta.Shipment.Source == source && !meta.Look.IsZero() {
				meta.Look = l.At
				m.meta[k] = meta
				moved[i] = true
				m.writes++
			}
		}
	}
	return moved, nil
}

func (m *memory) Lease(_ context.Context, name, holder string, now, until time.Time) (bool, error) {
	defer m.lock()()
	if err := m.broken(); err != nil {
		return false, err
	}
	if l, ok := m.leases[name]; ok && l.holder != holder && l.until.After(now) {
		return false, nil
	}
	m.leases[name] = lease{holder, until}
	return true, nil
}

func (m *memory) Release(_ context.Context, name, holder string) error {
	defer m.lock()()
	if m.leases[name].holder == holder {
		delete(m.leases, name)
	}
	return nil
}

func (m *memory) CountCodes(_ context.Context, now time.Time, codes []watch.Code) error {
	defer m.lock()()
	for _, c := range codes {
		k := [2]string{c.Source, c.Code}
		old, ok := m.codes[k]
		if c.First = now; ok {
			c.First = old.First
		}
		c.Times += old.Times
		c.Latest = now
		m.codes[k] = c
	}
	return nil
}

func (m *memory) Codes(_ context.Context, n int) ([]watch.Code, error) {
	defer m.lock()()
	list := slices.SortedFunc(maps.Values(m.codes), func(a, b watch.Code) int {
		return cmp.Or(b.Latest.Compare(a.Latest), cmp.Compare(a.Source, b.Source), cmp.Compare(a.Code, b.Code))
	})
	return list[:min(n, len(list))], nil
}

func (m *memory) StopSource(_ context.Context, source, reason string, now time.Time) (bool, error) {
	defer m.lock()()
	if old, ok := m.stops[source]; ok && old.Reason == reason {
		return false, nil
	}
	m.stops[source] = watch.Stopped{Source: source, Reason: reason, At: now}
	return true, nil
}

func (m *memory) StartSource(_ context.Context, source string) error {
	defer m.lock()()
	delete(m.stops, source)
	return nil
}

func (m *memory) StoppedSources(context.Context) ([]watch.Stopped, error) {
	defer m.lock()()
	return slices.SortedFunc(maps.Values(m.stops), func(a, b watch.Stopped) int { return cmp.Compare(a.Source, b.Source) }), nil
}

func (m *memory) KeepEarly(_ context.Context, tenant string, events []shipment.Event, _ time.Time) error {
	defer m.lock()()
	for _, e := range events {
		of, key := tenant+" "+e.Number, e.MakeKey(e.Number)
		if !slices.ContainsFunc(m.early[of], func(x shipment.Event) bool { return x.MakeKey(x.Number) == key }) {
			m.early[of] = append(m.early[of], e)
		}
	}
	return m.broken()
}

func (m *memory) Early(_ context.Context, tenant, number string) ([]shipment.Event, error) {
	defer m.lock()()
	return slices.Concat(m.early[" "+number], m.early[tenant+" "+number]), m.broken()
}

func (m *memory) Warned(_ context.Context, what, mark string) (bool, error) {
	defer m.lock()()
	old, ok := m.warned[what]
	m.warned[what] = mark
	return !ok || old != mark, nil
}

func TestMemory(t *testing.T) {
	watchtest.Store(t, func(t *testing.T) (watch.Store, func(t *testing.T) (string, string)) {
		m := newMemory()
		return m, func(*testing.T) (string, string) {
			id := fmt.Sprint("case", len(m.cases))
			m.cases[id] = true
			return "web:local", id
		}
	})
}
